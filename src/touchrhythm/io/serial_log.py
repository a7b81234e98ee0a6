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

from touchrhythm.device.line_grammar import parse_line, split_stamp
from touchrhythm.device.line_layout import PULSE_SKETCH, LineLayout, is_pulse_sketch
from touchrhythm.errors import BadFile
from touchrhythm.io.content import Source
from touchrhythm.io.delimited import Columns
from touchrhythm.io.log_lines import LogLines, read_lines, usual_layout
from touchrhythm.words.columns import is_unit

__all__ = ["as_pulse_sketch", "is_serial_log", "read_serial_log"]

HEX = re.compile(r"\s*0[xX][0-9a-fA-F]+\s*")
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
    layout = usual_layout(source.data)
    read = None if layout is None else read_lines(source.data, layout)
    n_fit, n_lines = (0, 0) if read is None else (int(read.fits.sum()), read.fits.size)
    if layout is None or read is None or 2 * n_fit < n_lines or not n_fit:
        n_lines = n_lines or sum(1 for line in source.data.split(b"\n") if line.strip())
        raise BadFile(source.path, f"only {n_fit} of {n_lines} lines hold the same columns of numbers")
    rows = ~read.is_held & (read.fits | ~read.is_other)  # held: said between rows, and part of the next one
    rows[: _first(read, layout)] = False
    order = layout.order
    data = read.values[rows][:, order]
    data[np.isinf(data)] = np.nan  # a number too large for any sensor is a damaged one: missing, in its place
    number = read.number[rows]
    return Columns(
        tuple(layout.labels[k] for k in order) if layout.labels else ("",) * len(order),
        tuple(layout.units[k] for k in order) if layout.units else (),
        data,
        tuple(range(len(order))),
        frozenset(),
        lambda row: int(number[row]),
        (),
        (*source.import_notes, *_left_out(read)),
        None if read.arrival is None else read.arrival[rows],
        ~read.fits[rows],
        format="serial log",
    )


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


def _first(read: LogLines, layout: LineLayout) -> int:
    """The first line that is a sample: those above it that begin with the same label have lost their value."""
    first = int(np.argmax(read.fits))
    label = layout.labels[0].lower() if layout.labels else ""
    before = list(read.before)
    while label and first and before and label in before.pop().lower():
        first -= 1
    return first


def _left_out(read: LogLines) -> tuple[str, ...]:
    n_odd = int((~read.fits).sum())
    many = "1 line" if n_odd == 1 else f"{n_odd} lines"
    return (f"{many} of {read.fits.size} without the usual numbers left out",) if n_odd else ()


def _is_labelled(text: str) -> bool:
    line = parse_line(text)
    return line is not None and (
        any(line.labels)
        or (len(line.values) == 1 and is_unit(line.units[0] or "?") and not CELLS.match(text))
    )
