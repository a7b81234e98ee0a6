"""Which numbers does this serial log hold? Lines of sketches and balances, with or without the monitor's times.

**Conventions.** The lines are read by `touchrhythm.device.line_grammar`, as they are live. Arrival times are
seconds; they are those of the computer, not of the device. A line that does not fit keeps its place as a row of
NaN and is marked in `stray`.

- `is_serial_log` : whether the lines look like that
- `read_serial_log` : text → `Columns`
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from touchrhythm.device.line_grammar import NUMBER, Line, parse_line
from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import clock_seconds
from touchrhythm.io.content import Source
from touchrhythm.io.delimited import Columns
from touchrhythm.words.columns import is_unit

__all__ = ["is_serial_log", "read_serial_log"]

TIME = r"(?:\d{4}-\d\d?-\d\d?[ T]|\d\d?[./]\d\d?[./]\d{2,4}[ T])?\d\d?:\d\d:\d\d(?:[.,]\d+)?"
ARRIVED = re.compile(
    rf"\s*(?:\[?({TIME})\]?\s*->|\[({TIME})\]|\[\w{{3}} \w{{3}} +\d+ (\d\d:\d\d:\d\d(?:\.\d+)?) \d{{4}}\])\s?(.*)$"
)
CELLS = re.compile(r"\s*[-+]?[\d.]+\s*,")  # a line that begins with a number and a comma is a row of cells
Shape = tuple[tuple[str, ...], int]


def is_serial_log(source: Source) -> bool:
    """Whether at least half of the first lines carry an arrival time, or labels or a unit beside their values."""
    lines = [one for one in source.data[:20_000].decode(errors="replace").split("\n")[:200] if one.strip()]
    hits = sum(1 for one in lines if ARRIVED.match(one) or _is_labelled(one))
    return len(lines) > 0 and 2 * hits > len(lines)


def read_serial_log(source: Source) -> Columns:
    """Columns of a serial log; names are the labels, where there are any.

    Raises
    ------
    BadFile
        If fewer than half of its lines hold the same columns.
    """
    lines = source.data.decode().split("\n")
    read = _Lines([(k, line) for k, line in enumerate(lines, start=1) if line.strip()])
    shape, count = Counter(_shape(line) for line in read.parsed if line is not None).most_common(1)[0]
    fits = [line is not None and _shape(line) == shape for line in read.parsed]
    if 2 * count < len(read.parsed) and not _are_events(read.parsed, shape):
        raise BadFile(
            source.path, f"only {count} of {len(read.parsed)} lines hold the same columns of numbers"
        )
    rows = [
        k for k in range(_first(read, shape, fits), len(fits)) if fits[k] or not _is_other(read.parsed[k])
    ]
    data = np.full((len(rows), shape[1]), np.nan)
    stray = np.zeros(len(rows), dtype=bool)
    for at, k in enumerate(rows):
        line = read.parsed[k]
        if fits[k] and line is not None:
            data[at] = line.values
        else:
            stray[at] = True
    first = next(line for line, fit in zip(read.parsed, fits, strict=True) if fit and line is not None)
    arrival = None
    if all(read.stamps):
        arrival = clock_seconds([str(read.stamps[k]) for k in rows])
    return Columns(
        shape[0] or ("",) * shape[1],
        first.units if any(first.units) else (),
        data,
        tuple(range(shape[1])),
        frozenset(),
        lambda row: read.numbers[rows[row]],
        (),
        (*source.import_notes, *_left_out(read, fits)),
        arrival,
        stray,
        format="serial log",
    )


class _Lines:
    """Lines of a log with their numbers, arrival times and values; equal forms are read by one pattern."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self.numbers = [k for k, _ in lines]
        self.texts = [line for _, line in lines]
        self.stamps: list[str | None] = []
        self.parsed: list[Line | None] = []
        pattern: re.Pattern[str] | None = None
        like: Line | None = None
        for text in self.texts:
            hit = ARRIVED.match(text)
            self.stamps.append(None if hit is None else hit[1] or hit[2] or hit[3])
            said = text if hit is None else hit[4]
            same = None if pattern is None else pattern.fullmatch(said)
            if same is not None and like is not None:
                self.parsed.append(Line(tuple(map(float, same.groups())), like.labels, like.units))
                continue
            line = parse_line(said)
            self.parsed.append(line)
            if pattern is None and line is not None:
                pattern, like = _pattern_of(said, line), line


def _pattern_of(text: str, line: Line) -> re.Pattern[str] | None:
    """A pattern for lines that differ from this one by plain numbers only; None where labels hold numbers too."""
    plain = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
    gaps = re.split(NUMBER, text.strip())
    if len(gaps) != len(line.values) + 1 or ("," in "".join(gaps) and not any(line.labels)):
        return None
    escaped = [re.sub(r"(?:\\?\s)+", r"\\s*", re.escape(gap)) for gap in gaps]
    return re.compile(r"\s*" + plain.join(escaped) + r"\s*")


def _shape(line: Line) -> Shape:
    return line.labels if any(line.labels) else (), len(line.values)


def _first(read: _Lines, shape: Shape, fits: list[bool]) -> int:
    """The first line that is a sample: those above it that begin with the same label have lost their value."""
    first = fits.index(True)
    label = shape[0][0].lower() if shape[0] else ""
    while label and first and label in read.texts[first - 1].lower():
        first -= 1
    return first


def _is_other(line: Line | None) -> bool:
    """Whether a line holds one labelled value of its own: an event between the samples, no lost sample."""
    return line is not None and len(line.values) == 1 and bool(line.labels[0])


def _are_events(parsed: list[Line | None], shape: Shape) -> bool:
    return bool(shape[0]) and sum(1 for line in parsed if line is None) < 0.1 * len(parsed) and shape[1] == 1


def _left_out(read: _Lines, fits: list[bool]) -> tuple[str, ...]:
    odd = [k for k, fit in enumerate(fits) if not fit]
    many = "1 line" if len(odd) == 1 else f"{len(odd)} lines"
    return (f"{many} of {len(fits)} without the usual numbers left out",) if odd else ()


def _is_labelled(text: str) -> bool:
    line = parse_line(text)
    return line is not None and (
        any(line.labels)
        or (len(line.values) == 1 and is_unit(line.units[0] or "?") and not CELLS.match(text))
    )
