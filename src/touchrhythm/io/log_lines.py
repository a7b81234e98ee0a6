"""What stands in each line of a serial log: a row of numbers, a remark, or a damaged row?

The lines are read by `touchrhythm.device.line_grammar`, as they are live. Where all lines of a batch differ from
the usual one by plain numbers only, one pattern reads them together; a batch with anything else is read line by line.

**Conventions.** Lines are counted from 1. Arrival times are those of the computer, in seconds.

- `usual_layout` : text → the layout that most of its lines share
- `read_lines` : text and layout → `LogLines`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.device.line_grammar import NUMBER, STAMP, Line, parse_line, split_stamp
from touchrhythm.device.line_layout import LineLayout, RowMaker, find_layout
from touchrhythm.io.clocks import ClockColumn

__all__ = ["LogLines", "read_lines", "usual_layout"]

BATCH = 1 << 15  # bytes; a batch with an odd line is read line by line
LONG = 64  # characters, of a line
MOST_LOOKED_AT = 4000  # lines by which the layout is known: half of them the first, half spread over the rest
PLAIN = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"


@dataclass(frozen=True, eq=False)
class LogLines:
    """Lines of a log, blank ones left out.

    `values` has shape (n_lines, n_columns), NaN where a line is no row; `fits` tells the rows, `is_held` lines whose
    values are kept for the next row, `is_other` lines with one named value of their own; `number` is the line of the
    file; `arrival` is None where a line has no time.
    """

    values: FloatArray
    fits: npt.NDArray[np.bool_]
    is_held: npt.NDArray[np.bool_]
    is_other: npt.NDArray[np.bool_]
    number: npt.NDArray[np.int32]
    arrival: FloatArray | None
    before: tuple[str, ...] = field(default=())  # texts above the first row


def usual_layout(data: bytes) -> LineLayout | None:
    """Layout that most lines share, by the first ones and by others spread over the whole; None where there is none."""
    first = data[: 200 * MOST_LOOKED_AT].split(b"\n")[: MOST_LOOKED_AT // 2]
    rest = data[sum(map(len, first)) + len(first) :]
    n_more, piece = MOST_LOOKED_AT // 100, 100 * LONG
    spread = [rest[at : at + piece].split(b"\n")[1:-1] for at in range(0, len(rest), len(rest) // n_more + 1)]
    if len(rest) <= n_more * piece:
        spread = [rest.split(b"\n")]
    lines = [
        line.decode() for line in [*first, *(line for piece in spread for line in piece)] if line.strip()
    ]
    return find_layout([split_stamp(line)[1] for line in lines])


def read_lines(data: bytes, layout: LineLayout) -> LogLines:
    """All lines of a log.

    Raises
    ------
    ValueError
        If a time of arrival is none.
    """
    reader, number = _Reader(layout), 0
    for batch in _batches(data):
        lines = batch.decode().split("\n")
        texts = [(k, line) for k, line in enumerate(lines, start=number + 1) if line.strip()]
        number += len(lines)
        if texts:
            reader.add([k for k, _ in texts], [line for _, line in texts])
    return reader.lines()


def _batches(data: bytes) -> Iterator[bytes]:
    """The text in pieces that end before the end of a line."""
    at = 0
    while at < len(data):
        end = data.find(b"\n", at + BATCH)
        end = len(data) if end < 0 else end
        yield data[at:end]
        at = end + 1


class _Batch(NamedTuple):
    values: FloatArray
    fits: npt.NDArray[np.bool_]
    is_held: npt.NDArray[np.bool_]
    is_other: npt.NDArray[np.bool_]
    stamps: list[str | None]


class _Reader:
    """Takes batches of lines; a pattern is made of the first line that is a usual row."""

    def __init__(self, layout: LineLayout) -> None:
        self._layout, self._maker = layout, RowMaker(layout)
        self._pattern: re.Pattern[str] | None = None
        self._is_open = not (layout.leader or layout.has_decimal_comma)  # whether a pattern may still be made
        self._clock: ClockColumn | None = ClockColumn()
        self._parts: list[tuple[npt.NDArray[Any], ...]] = []
        self._before: list[str] = []
        self._has_row = False

    def add(self, numbers: list[int], texts: list[str]) -> None:
        """Take the lines of a batch."""
        batch = self._together(texts) or self._one_by_one(texts)
        self._has_row = self._has_row or bool(batch.fits.any())
        self._parts.append(
            (batch.values, batch.fits, batch.is_held, batch.is_other, np.array(numbers, dtype=np.int32))
        )
        if self._clock is not None and all(batch.stamps):
            self._clock.add([str(stamp) for stamp in batch.stamps])
        else:
            self._clock = None

    def lines(self) -> LogLines:
        """All lines that were taken."""
        if not self._parts:
            nothing = np.zeros(0, dtype=bool)
            return LogLines(np.zeros((0, 1)), nothing, nothing, nothing, np.zeros(0, dtype=np.int32), None)
        values, fits, held, other, number = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        arrival = None if self._clock is None else self._clock.seconds()
        return LogLines(values, fits, held, other, number, arrival, tuple(self._before))

    def _together(self, texts: list[str]) -> _Batch | None:
        """A batch of which every line is a usual row, or None."""
        if self._pattern is None:
            return None
        hits = self._pattern.findall("\n".join(texts))
        if len(hits) != len(texts):
            return None
        n = self._layout.n_columns
        columns = list(zip(*hits, strict=True))
        values = np.column_stack(
            [np.fromiter(map(float, column), np.float64, len(hits)) for column in columns[-n:]]
        )
        stamps = [a or b or c for a, b, c in zip(*columns[:-n], strict=True)]
        everyone = np.ones(len(texts), dtype=bool)
        return _Batch(values, everyone, ~everyone, ~everyone, stamps)

    def _one_by_one(self, texts: list[str]) -> _Batch:
        values = np.full((len(texts), self._layout.n_columns), np.nan)
        fits, held, other = (np.zeros(len(texts), dtype=bool) for _ in range(3))
        stamps = []
        for k, text in enumerate(texts):
            stamp, said = split_stamp(text)
            stamps.append(stamp)
            parsed = parse_line(said)
            row = self._maker.take(said) if self._layout.has_decimal_comma else self._maker.take_line(parsed)
            fits[k] = row is not None
            held[k] = row is not None and not row.values
            other[k] = (
                row is None and parsed is not None and len(parsed.values) == 1 and bool(parsed.labels[0])
            )
            if row is not None and row.values:
                values[k] = row.values
                self._make_pattern(said, row)
            elif row is None and not self._has_row and not fits[:k].any():
                self._before.append(text)
        return _Batch(values, fits, held, other, stamps)

    def _make_pattern(self, said: str, line: Line) -> None:
        if self._is_open:
            self._is_open = False
            self._pattern = _pattern_of(said, line)


def _pattern_of(text: str, line: Line) -> re.Pattern[str] | None:
    """A pattern for lines that differ from this one by plain numbers only; None where labels hold numbers too."""
    gaps = re.split(NUMBER, text.strip())
    if len(gaps) != len(line.values) + 1 or ("," in "".join(gaps) and not any(line.labels)):
        return None
    escaped = [re.sub(r"(?:\\?\s)+", r"[ \\t]*", re.escape(gap)) for gap in gaps]
    return re.compile(rf"(?m)^(?:{STAMP.pattern})?[ \t]*" + PLAIN.join(escaped) + r"[ \t]*$")
