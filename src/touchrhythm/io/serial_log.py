"""Which numbers does this serial log hold? Lines of sketches and balances, with or without the monitor's times.

**Conventions.** The lines are read by `touchrhythm.device.line_grammar`, as they are live. Arrival times are
seconds; they are those of the computer, not of the device. A line that does not fit keeps its place as a row of
NaN and is marked in `stray`.

- `is_serial_log` : whether the lines look like that
- `as_pulse_sketch` : names for the three columns of a pulse sketch
- `read_serial_log` : text → `Columns`
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from touchrhythm.device.line_grammar import NUMBER, Line, parse_line, split_stamp
from touchrhythm.device.line_layout import PULSE_SKETCH, LineLayout, RowMaker, find_layout, is_pulse_sketch
from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import clock_seconds
from touchrhythm.io.content import Source
from touchrhythm.io.delimited import Columns
from touchrhythm.io.preamble import Preamble
from touchrhythm.words.columns import is_unit

__all__ = ["as_pulse_sketch", "is_serial_log", "read_serial_log"]

HEX = re.compile(r"\s*0[xX][0-9a-fA-F]+\s*")
LIGHTS = frozenset(
    ("r", "red", "g", "green")
)  # the other lights of a pulse oximeter, beside its infrared one
CELLS = re.compile(r"\s*[-+]?[\d.]+\s*,")  # a line that begins with a number and a comma is a row of cells


def is_serial_log(source: Source) -> bool:
    """Whether at least half of the first lines carry an arrival time, labels or a unit beside values, or hex numbers."""
    lines = [line for line in source.data[:20_000].decode(errors="replace").split("\n")[:200] if line.strip()]
    hits = sum(
        1 for line in lines if split_stamp(line)[0] is not None or HEX.fullmatch(line) or _is_labelled(line)
    )
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
    layout = find_layout(read.said, read.parsed)
    made = [] if layout is None else _rows(layout, read)
    fits = [row is not None for row in made]
    if layout is None or 2 * sum(fits) < len(fits):
        raise BadFile(
            source.path, f"only {sum(fits)} of {len(read.said)} lines hold the same columns of numbers"
        )
    is_kept = [row is not None and not row.values for row in made]  # said between rows, held in the next one
    rows = [k for k in range(_first(read, layout, fits), len(fits)) if not is_kept[k]]
    rows = [k for k in rows if fits[k] or not _is_other(read.parsed[k])]
    order = layout.order
    data = np.full((len(rows), len(order)), np.nan)
    stray = np.zeros(len(rows), dtype=bool)
    for at, k in enumerate(rows):
        row = made[k]
        if row is None:
            stray[at] = True
        else:
            data[at] = row.values
    data[np.isinf(data)] = np.nan  # a number too large for any sensor is a damaged one: missing, in its place
    data = data[:, order]
    arrival = None
    if all(read.stamps):
        arrival = clock_seconds([str(read.stamps[k]) for k in rows])
    return Columns(
        tuple(layout.labels[k] for k in order) if layout.labels else ("",) * len(order),
        tuple(layout.units[k] for k in order) if layout.units else (),
        data,
        tuple(range(len(order))),
        frozenset(),
        lambda row: read.numbers[rows[row]],
        (),
        (*source.import_notes, *_left_out(read, fits)),
        arrival,
        stray,
        format="serial log",
        preamble=_oximeter([layout.labels[k] for k in order] if layout.labels else []),
    )


def _oximeter(labels: list[str]) -> Preamble | None:
    """What the columns are where a sketch prints the lights of a pulse oximeter: the wave is the infrared one."""
    names = [label.lower() for label in labels]
    if "ir" not in names or not LIGHTS & set(names):
        return None
    roles = {k: "light" for k, name in enumerate(names) if name in LIGHTS} | {names.index("ir"): "pulse"}
    roles |= {k: "bookkeeping" for k, name in enumerate(names) if name in ("hz", "fps")}
    return Preamble("serial log", roles=roles)


def as_pulse_sketch(columns: Columns) -> Columns:
    """Three nameless columns of a pulse sketch by their names, the wave first; others as they are."""
    x = columns.data
    if any(columns.names) or x.shape[1] != len(PULSE_SKETCH[0]) or not is_pulse_sketch(x):
        return columns
    order = LineLayout(len(PULSE_SKETCH[0]), *PULSE_SKETCH).order
    return replace(
        columns,
        names=tuple(PULSE_SKETCH[0][k] for k in order),
        second=tuple(PULSE_SKETCH[1][k] for k in order),
        data=x[:, order],
        position=tuple(columns.position[k] for k in order),
    )


class _Lines:
    """Lines of a log with their numbers, arrival times and values; equal forms are read by one pattern."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self.numbers = [k for k, _ in lines]
        self.texts = [line for _, line in lines]
        self.stamps: list[str | None] = []
        self.said: list[str] = []
        self.parsed: list[Line | None] = []
        pattern: re.Pattern[str] | None = None
        like: Line | None = None
        for text in self.texts:
            stamp, said = split_stamp(text)
            self.stamps.append(stamp)
            self.said.append(said)
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


def _rows(layout: LineLayout, read: _Lines) -> list[Line | None]:
    maker = RowMaker(layout)
    if layout.has_decimal_comma:
        return [maker.take(text) for text in read.said]
    return [maker.take_line(line) for line in read.parsed]


def _first(read: _Lines, layout: LineLayout, fits: list[bool]) -> int:
    """The first line that is a sample: those above it that begin with the same label have lost their value."""
    first = fits.index(True)
    label = layout.labels[0].lower() if layout.labels else ""
    while label and first and label in read.texts[first - 1].lower():
        first -= 1
    return first


def _is_other(line: Line | None) -> bool:
    """Whether a line holds one labelled value of its own: an event between the samples, no lost sample."""
    return line is not None and len(line.values) == 1 and bool(line.labels[0])


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
