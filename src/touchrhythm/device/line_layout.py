"""Which columns do these lines make together? The one layout of what a sketch prints, live and in files.

A line alone does not say all: whether ``12,83`` is one number or two, what the names above a table were, that
``72,833,512`` is what a pulse sketch prints (heart rate, interval, wave), or that ``B72`` and ``Q833`` belong to
the ``S512`` around them.

- `find_layout` : lines → `LineLayout`
- `RowMaker` : line → row of that layout
- `is_pulse_sketch` : whether three nameless columns are those of a pulse sketch
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm.device.line_grammar import Line, parse_line
from touchrhythm.words.columns import NO_WAVE, is_unit, roles_of

__all__ = ["PULSE_SKETCH", "LineLayout", "RowMaker", "find_layout", "is_pulse_sketch"]

PULSE_SKETCH = (("heart_rate", "beat_interval", "pulse"), ("bpm", "ms", ""))
MOST_HELD = 32
LEAST_ROWS = 10  # by which a pulse sketch is known
LEAST_OFTEN = 2  # lines of one name that make a column; a single one is an event
TIES = 0.9
_WHOLE_AND_REST = re.compile(r"[-+]?\d+,(\d+)")
_TITLE = re.compile(r"(.*\S)\s*[\[(]([^\[\]()]{1,12})[\])]")


@dataclass(frozen=True)
class LineLayout:
    """What a row holds.

    Attributes
    ----------
    n_columns : int
        Numbers of a row, in the order in which they are printed.
    labels, units : tuple of str
        Of each column; empty where no column has one.
    leader : str
        Where each line holds one named value: the name whose lines make the rows, the others keep their last
        value. "" where each line is a row.
    has_decimal_comma : bool
        Whether a comma between digits is a decimal one.
    """

    n_columns: int
    labels: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    leader: str = ""
    has_decimal_comma: bool = False

    @property
    def order(self) -> tuple[int, ...]:
        """Columns with the waves first: what a sketch has reckoned (heart rate, interval) is no signal.

        Of the lights of an oximeter the one comes first that is the pulse.
        """
        roles = roles_of(self.labels or ("",) * self.n_columns)
        beside = ("light", "bookkeeping") if "light" in roles else ()
        return tuple(sorted(range(self.n_columns), key=lambda k: (roles[k] in NO_WAVE, roles[k] in beside)))


class RowMaker:
    """Makes rows of lines, and keeps what lines between them say.

    Parameters
    ----------
    layout : LineLayout
        What a row holds.
    """

    def __init__(self, layout: LineLayout) -> None:
        self._layout = layout
        self._held = [float("nan")] * layout.n_columns

    def take(self, text: str) -> Line | None:
        """The row that this line makes, as printed; no values where it is kept for the next row; None if stray."""
        layout = self._layout
        if layout.has_decimal_comma:
            text = text.replace(",", ".")
        return self.take_line(parse_line(text))

    def take_line(self, found: Line | None) -> Line | None:
        """The same for a line that has been parsed."""
        layout = self._layout
        if found is None:
            return None
        if layout.leader:
            if len(found.values) > 1 or found.labels[0] not in layout.labels:
                return None
            self._held[layout.labels.index(found.labels[0])] = found.values[0]
            values = tuple(self._held) if found.labels[0] == layout.leader else ()
            return Line(values, layout.labels, layout.units)
        if len(found.values) != layout.n_columns or (any(found.labels) and found.labels != layout.labels):
            return None
        return found


def find_layout(texts: Sequence[str], parsed: Sequence[Line | None] | None = None) -> LineLayout | None:
    """The layout that most of these lines share, or None where fewer than half are rows of numbers.

    `parsed` are the lines as `parse_line` reads them, where that has been done.
    """
    comma = _is_decimal_comma(texts)
    if comma:
        lines = [parse_line(text.replace(",", ".")) for text in texts]
    else:
        lines = [parse_line(text) for text in texts] if parsed is None else list(parsed)
    rows = [line for line in lines if line is not None]
    if not rows or 2 * len(rows) < len(texts):
        return None
    held = _held(rows)
    if held is not None:
        return held
    n_columns, labels = Counter((len(row.values), row.labels) for row in rows).most_common(1)[0][0]
    full = [row for row in rows if len(row.values) == n_columns and row.labels == labels]
    units = Counter(row.units for row in full).most_common(1)[0][0]
    if not any(labels):
        labels, units = _named(texts, lines, full, units)
    return LineLayout(
        n_columns,
        labels if any(labels) else (),
        units if any(units) else (),
        has_decimal_comma=comma,
    )


def _is_decimal_comma(texts: Sequence[str]) -> bool:
    """Whether all lines are like 12,83, and some like 12,03: no second number begins with a zero."""
    hits = [_WHOLE_AND_REST.fullmatch(text.strip()) for text in texts if text.strip()]
    rests = [hit[1] for hit in hits if hit is not None]
    return (
        len(rests) > 0.9 * len(hits)
        and len({len(rest) for rest in rests}) == 1
        and len(rests[0]) > 1
        and any(rest[0] == "0" for rest in rests)
    )


def _held(rows: list[Line]) -> LineLayout | None:
    """The layout of lines that hold one named value each, under several names in turn."""
    single = [row for row in rows if len(row.values) == 1 and row.labels[0]]
    many = Counter(row.labels[0] for row in single)
    names = [name for name, n in many.items() if n >= LEAST_OFTEN]  # in the order in which they came
    if not 2 <= len(names) <= MOST_HELD or 2 * len(single) < len(rows):
        return None
    most = max(many.values())
    leader = [name for name in names if many[name] >= TIES * most][-1]  # the last one of a turn
    units = [next((row.units[0] for row in single if row.labels[0] == name), "") for name in names]
    return LineLayout(len(names), tuple(names), tuple(units) if any(units) else (), leader)


def _named(
    texts: Sequence[str], lines: list[Line | None], rows: list[Line], units: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of nameless columns: from the line above them, or because a pulse sketch prints such numbers."""
    n_columns = len(units)
    first = next(k for k, line in enumerate(lines) if line is rows[0])
    for text in reversed(texts[:first]):
        cells = [cell.strip() for cell in re.split("[,;\t]", text.strip())]
        if n_columns > 1 and len(cells) == n_columns and all(cell[:1].isalpha() for cell in cells):
            titles = [_TITLE.fullmatch(cell) for cell in cells]
            named = [hit if hit is not None and is_unit(hit[2]) else None for hit in titles]
            labels = tuple(cell if hit is None else hit[1] for cell, hit in zip(cells, named, strict=True))
            return labels, tuple(
                unit if hit is None else hit[2] for unit, hit in zip(units, named, strict=True)
            )
    return PULSE_SKETCH if is_pulse_sketch([row.values for row in rows]) else (("",) * n_columns, units)


def is_pulse_sketch(rows: npt.ArrayLike) -> bool:
    """Whether three columns are beats per minute, milliseconds between beats, and a wave.

    The first two are whole, stay while the third moves, and agree with each other as far as a mean of ten beats
    agrees with the last.
    """
    x = np.asarray(rows, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] != 3 or x.shape[0] < LEAST_ROWS:
        return False
    x = x[np.isfinite(x).all(axis=1)]
    beating = x[x[:, 0] > 0]
    if 2 * beating.shape[0] < max(x.shape[0], 1) or np.any(x[:, :2] % 1):
        return False
    bpm, ms = beating[:, 0], beating[:, 1]
    fit = (bpm >= 25) & (bpm <= 240) & (np.abs(np.log(np.maximum(bpm * ms, 1.0) / 60_000)) < 0.4)
    moves = np.count_nonzero(np.diff(x, axis=0), axis=0)
    return bool(fit.mean() > 0.8 and moves[:2].max() < 0.5 * moves[2])
