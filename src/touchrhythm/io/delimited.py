"""Which numbers stand in this table? Text and its layout → columns of numbers.

The text is read in blocks. A block of plain decimals is read by `touchrhythm.io.fixed_point`, one with exponents by
`numpy.loadtxt`; one that both refuse is tidied (quotes, missing marks, comments) and tried again, and only then walked through line by line. So a whole
file is judged, and one odd line costs one block.

**Conventions.** Columns come as float64, shape (n_rows, n_columns), NaN where a field is missing; clock times
are seconds. Rows and columns are counted from 0 here and from 1 in messages. A line that does not fit keeps its
place as a row of NaN and is marked in `stray`.

- `read_columns` : text → `Columns`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io.blocks_of_text import TextBlocks
from touchrhythm.io.content import Source, open_text
from touchrhythm.io.preamble import Preamble
from touchrhythm.io.shape_of_text import in_rows
from touchrhythm.io.sniff import COMMENT, Layout, column_label, kind_of, layout_below, sniff, split_fields
from touchrhythm.io.thousands import check_thousands

__all__ = ["Columns", "read_columns"]

LARGE = 1 << 24  # bytes of text that are not kept for the sake of messages
MOST_ACROSS, MOST_LINES = 100, 3  # columns and rows of a table that lies on its side
MOST_LAST_WORDS = 20  # lines below the data
MOST_INFINITE = 0.1  # fraction of a column; more infinite values are no overflow


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of numbers with the names that stand above them ("" where none does).

    `position` is the column of the file each came from, `clock` those that held clock times, `line` tells the
    line of the file (from 1) that a row stands in, `stray` the rows whose line did not fit, `words` the columns
    of text by their name, one word per row.
    """

    names: tuple[str, ...]
    second: tuple[str, ...]
    data: FloatArray
    position: tuple[int, ...]
    clock: frozenset[int]
    line: Callable[[int], int]
    rates: tuple[tuple[float, str], ...]
    import_notes: tuple[str, ...]
    arrival: FloatArray | None = None
    stray: npt.NDArray[np.bool_] | None = None
    words: dict[str, list[str]] = field(default_factory=dict)
    separator: str = ""
    decimal: str = "."
    preamble: Preamble | None = None
    format: str = "table"


def read_columns(
    source: Source,
    preamble: Preamble | None = None,
    progress: Callable[[float], None] | None = None,
) -> Columns:
    """Columns of a table as text.

    Parameters
    ----------
    source : Source
        The text; below a `preamble` it begins with one line of names.
    preamble : Preamble, optional
        What a known program stated above the data.
    progress : callable, optional
        Called with the fraction that has been read.

    Raises
    ------
    BadFile
        With line, column and value, if a field holds no number or a row has too many fields.
    """
    layout = sniff(source) if preamble is None else layout_below(source, preamble)
    notes = [*source.import_notes, *layout.import_notes, *(preamble.notes if preamble else ())]
    start = _offset(source.data, layout.first)
    stop = _without_torn_line(source.data, start, layout, notes)
    stop = _without_last_words(source.data, start, stop, layout, notes)
    blocks = TextBlocks(source, layout)
    blocks.read(start, stop, progress)
    notes += blocks.notes()
    _refuse_lying(source, layout, blocks.n_rows())
    keep = blocks.kept()
    data = blocks.data()
    _refuse_lost_seconds(source, layout, blocks.lost_seconds())
    check_thousands(source, (start, stop), layout, keep, data)
    data = _without_empty_rows(data, notes)
    _mark_infinite(source, layout, keep, data, notes)
    return Columns(
        tuple(layout.header[k] for k in keep),
        tuple(layout.second[k] for k in keep) if layout.second else (),
        data,
        tuple(keep),
        frozenset(i for i, k in enumerate(keep) if layout.kinds[k] == "clock"),
        _line_finder(source, layout, preamble),
        layout.rates,
        tuple(notes),
        stray=blocks.stray()[: len(data)],
        words=blocks.words(),
        separator=layout.separator,
        decimal=layout.decimal,
        preamble=preamble,
        format="table" if preamble is None else preamble.program,
    )


def _refuse_lying(source: Source, layout: Layout, n_rows: int) -> None:
    """Refuse a table whose samples stand beside each other."""
    if len(layout.kinds) > MOST_ACROSS and n_rows <= MOST_LINES:
        raise BadFile(
            source.path,
            f"{n_rows} rows of {len(layout.kinds)} columns: samples must stand below each other (turn the table)",
            layout.first + 1,
        )


def _refuse_lost_seconds(source: Source, layout: Layout, shown: dict[int, str]) -> None:
    """Ask where a column of clock times shows no seconds."""
    lost = next(((k, text) for k, text in shown.items() if text), None)
    if lost is not None:
        raise Undecided(
            source.path,
            f"{column_label(layout, lost[0])} shows hours and minutes only ({lost[1]!r}): the seconds were dropped when"
            " the table was saved; format the cells as hh:mm:ss.000 and save again, or read it by its rate",
            ("--time none --fs HZ",),
        )


def _line_finder(source: Source, layout: Layout, preamble: Preamble | None) -> Callable[[int], int]:
    """A function from row to line; it opens a large file again instead of keeping its text."""
    if len(source.data) < LARGE or preamble is not None:
        return lambda row: line_of(source, layout, row)
    path = source.path
    return lambda row: line_of(in_rows(open_text(path)), layout, row)


def line_of(source: Source, layout: Layout, row: int) -> int:
    """Line, from 1, of a row, blank lines and comments counted."""
    for k, line in enumerate(source.data.decode().split("\n")[layout.first :]):
        if line.strip() and not COMMENT.match(line):
            if row == 0:
                return layout.first + k + 1
            row -= 1
    return layout.first + 1


def _offset(data: bytes, line: int) -> int:
    at = 0
    for _ in range(line):
        at = data.find(b"\n", at) + 1 or len(data)
    return at


def _without_torn_line(data: bytes, start: int, layout: Layout, notes: list[str]) -> int:
    """Where the text ends, without a last line that ends in the middle of a row."""
    if data.endswith(b"\n"):
        return len(data)
    at = data.rfind(b"\n") + 1
    last = data[at:].decode()
    fields = split_fields(last, layout.separator)
    if at > start and last.strip() and len(fields) < len(layout.kinds) and not COMMENT.match(last):
        notes.append(
            f"the last line ends after {len(fields)} of {len(layout.kinds)} columns and was left out"
        )
        return at
    return len(data)


def _without_last_words(data: bytes, start: int, stop: int, layout: Layout, notes: list[str]) -> int:
    """Where the text ends, without lines of words below the data ("End of recording")."""
    whole = stop
    words: list[str] = []
    stop = start + len(data[start:stop].rstrip()) if stop - start < 4096 else _stripped(data, stop)
    while stop > start and len(words) < MOST_LAST_WORDS:
        at = max(start, data.rfind(b"\n", start, stop) + 1)
        line = data[at:stop].decode()
        kinds = {kind_of(cell, layout.decimal) for cell in split_fields(line, layout.separator)}
        if COMMENT.match(line) or kinds & {"number", "clock", "flag", "odd", "missing"}:
            break
        words.append(line.strip())
        stop = _stripped(data, at)
    if not words or stop <= start:
        return whole
    many = "1 line" if len(words) == 1 else f"{len(words)} lines"
    notes.append(f"{many} of words below the data ({words[-1][:40]!r}) left out")
    return stop


def _stripped(data: bytes, stop: int) -> int:
    while stop > 0 and data[stop - 1 : stop].isspace():
        stop -= 1
    return stop


def _without_empty_rows(data: FloatArray, notes: list[str]) -> FloatArray:
    """Data without rows at the end that hold nothing, as spreadsheets leave them."""
    if data.shape[1] < 2 or not np.isnan(data[-1]).all():
        return data
    full = np.flatnonzero(~np.isnan(data).all(axis=1))
    stop = int(full[-1]) + 1 if full.size else data.shape[0]
    if stop < data.shape[0]:
        notes.append(f"{data.shape[0] - stop} empty rows at the end were left out")
    return data[:stop]


def _mark_infinite(
    source: Source, layout: Layout, keep: list[int], data: FloatArray, notes: list[str]
) -> None:
    """Infinite values, as an overflow prints them, become missing; many of them are refused."""
    for i, k in enumerate(keep):
        infinite = np.isinf(data[:, i])
        n = int(infinite.sum())
        if n > MOST_INFINITE * len(data):
            at = line_of(source, layout, int(np.argmax(infinite)))
            raise BadFile(
                source.path, f"{column_label(layout, k)} must hold finite numbers, got infinity", at
            )
        if n:
            data[infinite, i] = np.nan
            notes.append(f"{column_label(layout, k)}: {n} infinite values were taken as missing samples")
