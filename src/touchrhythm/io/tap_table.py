"""Which column of a table holds the times of the taps, and which rows are taps?

**Conventions.** A column is the onset because its name says so, or because nothing else can be; one that numbers the
rows never is. Of two columns of which one is the running sum of the other, the sum is the onset. Where a row says
that a key went down or up, the rows that say down are taps.

- `tap_cells` : header and rows → the cells that hold onsets, and sentences on what was chosen
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io.clocks import UNITS
from touchrhythm.io.columns import split_unit
from touchrhythm.io.small_tables import Row
from touchrhythm.units import clock_to_seconds
from touchrhythm.words.columns import is_time_name, role_of, split_words, time_unit_of
from touchrhythm.words.tap_tables import (
    DOWN,
    KINDS,
    LAP_TIME,
    NO_RATER,
    ONSET,
    RATER,
    SIDE_COLUMNS,
    SPLIT,
    START,
    TAP_NAMES,
    UP,
)

__all__ = ["TapCell", "seconds_of", "tap_cells"]

LEAST_NUMBERED = 8  # rows of 1, 2, 3, … that number the taps where nothing names them as times
LABEL = 2  # column of the labels of Audacity
LEAST_SUMMED = 3  # rows in which one column is the running sum of the other
LEAST_FOR_UNIT = 5  # taps of one rater whose intervals show in which unit they cannot be
APART = (0.2, 120.0)  # s; nobody taps a slow rhythm at a shorter or a longer median interval
MOST_BACK = 0.2  # fraction of steps back; more are no slip of order
NO_PRESS = ("", "None", "null")
DOUBLE_PRESS = 0.06  # in any unit; what is nearer may be one press
ROUNDING = 0.011  # s, twice the last digit of a stopwatch


@dataclass(frozen=True)
class TapCell:
    """Who tapped, the onset as it is written, seconds of its unit, and the line."""

    rater: str
    text: str
    scale: float
    line: int


@dataclass(frozen=True)
class _Table:
    path: Path
    names: tuple[str, ...]  # without units, lower case
    titles: tuple[str, ...]
    scales: tuple[float, ...]
    rows: list[Row]

    def column(self, k: int) -> list[str]:
        """Fields of a column, "" where they are missing."""
        return [row.field(k) for row in self.rows]

    def seconds(self, k: int) -> FloatArray | None:
        """Times of a column in seconds, NaN where missing; None where it holds anything else."""
        try:
            values = [seconds_of(text, self.scales[k]) if text else np.nan for text in self.column(k)]
        except ValueError:
            return None
        return np.array(values) if np.isfinite(values).any() else None

    def first(self, words: Sequence[str]) -> int | None:
        """The first column of which the whole name is one of these words."""
        return next((k for k, name in enumerate(self.names) if name in words), None)


def seconds_of(text: str, scale: float = 1.0) -> float:
    r"""Seconds of an onset: a number times its unit, or h:m:s, m:s, m's".

    Raises
    ------
    ValueError
        If it is neither.

    >>> seconds_of("02:13.59"), seconds_of("2'13\"59"), seconds_of("1500", 1e-3)
    (133.59, 133.59, 1.5)
    """
    watch = re.fullmatch(r"(\d+)['′](\d\d)[\"″.](\d+)", text.strip())
    if watch:
        return clock_to_seconds(f"{watch[1]}:{watch[2]}.{watch[3]}")
    return clock_to_seconds(text) if ":" in text else float(text.replace(",", ".")) * scale


def tap_cells(
    path: Path, header: tuple[str, ...], rows: list[Row], rater: str, chosen: str | None = None
) -> tuple[list[TapCell], tuple[str, ...]]:
    """Cells that hold onsets, in the order of the file, and sentences on what was chosen.

    Parameters
    ----------
    path : Path
        For messages.
    header : tuple of str
        Names of the columns; empty where there are none.
    rows : list of Row
    rater : str
        Who tapped, where the table does not tell.
    chosen : str, optional
        The column that the user names, with a unit where the table tells none: "onset (ms)".

    Raises
    ------
    BadFile
        If no column can hold onsets.
    Undecided
        If several can.
    """
    width = max((len(row.fields) for row in rows), default=0)
    if not header and width > 1:
        rows = [row for row in rows if not row.text.startswith("\\")]  # the pitch of an Audacity label
    plain = [split_unit(name) for name in header] or [("", "")] * max(1, width)
    names = tuple(" ".join(name.removesuffix(f"_{unit}").lower().split()) for name, unit in plain)
    scales = tuple(UNITS[time_unit_of(unit) or _unit_of_name(name) or "s"] for name, unit in plain)
    table = _Table(path, names, tuple(header) or ("",) * len(names), scales, rows)
    told: list[str] = []
    listed = _lists(table, rater, chosen)
    if listed:
        return listed, ()
    if chosen is not None:
        table, column = _as_chosen(table, chosen)
        table = _taps_only(table, column, told)
        return list(_newest_first(list(_cells(table, column, rater)), table, told)), tuple(told)
    onset_column = _onset_column(table, told)
    if onset_column is None:
        return list(_per_rater(table)), tuple(told)
    column = onset_column
    if header and names[column] in LAP_TIME and table.first(SPLIT) is None:
        return _summed(table, column, rater, told), tuple(told)
    table = _taps_only(table, column, told)
    cells = _newest_first(list(_cells(table, column, rater)), table, told)
    _refuse_intervals(table, column, cells)
    if not (plain[column][1] or _unit_of_name(names[column])):
        _ask_for_unit(table, column, cells)
    return cells, tuple(told)


def _refuse_intervals(table: _Table, column: int, cells: list[TapCell]) -> None:
    """Refuse times that fall as often as they rise, as those from tap to tap do."""
    if len(cells) < LEAST_FOR_UNIT or len({cell.rater for cell in cells}) > 1:
        return
    try:
        onset = [seconds_of(cell.text, cell.scale) for cell in cells]
    except ValueError:
        return
    back = [k for k, (a, b) in enumerate(pairwise(onset)) if b < a]
    if len(back) > MOST_BACK * (len(onset) - 1):
        name = table.titles[column]
        raise BadFile(
            table.path,
            f"the times{f' in column {name}' if name else ''} must rise, but {len(back)} of {len(onset)} fall behind the one"
            f" above (got {cells[back[0] + 1].text} below {cells[back[0]].text}). Are they the times from tap to tap? Then"
            " call the column interval",
            cells[back[0] + 1].line,
        )


def _ask_for_unit(table: _Table, column: int, cells: list[TapCell]) -> None:
    """Ask where the intervals fit no seconds, and the table names no unit."""
    if len(cells) < LEAST_FOR_UNIT or any(":" in cell.text for cell in cells):
        return
    by_rater: dict[str, list[float]] = {}
    try:
        for cell in cells:
            by_rater.setdefault(cell.rater, []).append(seconds_of(cell.text))
    except ValueError:
        return
    between = np.concatenate([np.diff(np.sort(times)) for times in by_rater.values()])
    between = between[between > DOUBLE_PRESS]
    apart = float(np.median(between)) if between.size else APART[0]
    if APART[0] <= apart <= APART[1]:
        return
    fits = [unit for unit in ("ms", "us", "min") if APART[0] <= apart * UNITS[unit] <= APART[1]]
    if fits:
        name = table.titles[column] or str(column)
        raise Undecided(
            table.path,
            f"the taps are {apart:g} apart, and nothing says in which unit",
            tuple(f"--tap-column '{name} ({unit})'" for unit in (fits[0], "s")),
        )


def _unit_of_name(name: str) -> str | None:
    """Unit in a name that a program always writes so: time_elapsed of jsPsych is in milliseconds."""
    return "ms" if name.strip().lower() == "time_elapsed" else None


def _as_chosen(table: _Table, chosen: str) -> tuple[_Table, int]:
    """The table with the unit that was named, and the column."""
    name, unit = split_unit(chosen)
    bare = " ".join(name.lower().split())
    if chosen in table.titles:
        return table, table.titles.index(chosen)
    if bare in table.names and bare:
        column = table.names.index(bare)
    elif bare.isdecimal() and int(bare) < len(table.names):
        column = int(bare)
    else:
        raise BadFile(table.path, f"no column {chosen!r} for the taps, the table has {table.titles}", 1)
    scale = UNITS.get(time_unit_of(unit) or "", table.scales[column])
    scales = (*table.scales[:column], scale, *table.scales[column + 1 :])
    return dataclasses.replace(table, scales=scales), column


def _onset_column(table: _Table, told: list[str]) -> int | None:
    """The column of onsets; None where each column holds the taps of another rater."""
    if len(table.names) == 1 or not table.rows:
        _refuse_numbers(table, 0)
        return 0
    if not table.titles[0] and not any(table.titles):
        return _unnamed(table, told)
    if {"trial_index", "time_elapsed"} <= set(table.names):  # jsPsych
        return table.names.index("time_elapsed")
    for words in (ONSET, START):
        column = table.first(words)
        if column is not None:
            return column
    summed = _running_sum(table)
    if summed is not None:
        told.append(
            f"column {table.titles[summed]} is the running sum of the lap times: it was read as the onsets"
        )
        return summed
    column = table.first(SPLIT)
    if column is None:
        times = [
            k for k, name in enumerate(table.names) if is_time_name(name) and table.seconds(k) is not None
        ]
        laps = [k for k, name in enumerate(table.names) if name in LAP_TIME and not _numbers_rows(table, k)]
        column = next(iter(times + laps), None)
    if column is None:
        taps = [k for k, name in enumerate(table.names) if name in TAP_NAMES and not _numbers_rows(table, k)]
        column = next(iter(taps), None)
    if column is None and table.first(RATER) is not None:
        column = _only_times(table)
    return column


def _only_times(table: _Table) -> int:
    """The one column that holds times and does not number the rows."""
    fits = [
        k for k in range(len(table.names)) if table.seconds(k) is not None and not _numbers_rows(table, k)
    ]
    fits = [k for k in fits if k != table.first(RATER)]
    if len(fits) == 1:
        return fits[0]
    if not fits:
        raise BadFile(table.path, f"no column holds the times of the taps, the table has {table.titles}", 1)
    raise Undecided(
        table.path,
        f"the times of the taps can stand in {' or in '.join(table.titles[k] for k in fits)}",
        tuple(f"--tap-column {_quoted(table.titles[k])}" for k in fits),
    )


def _unnamed(table: _Table, told: list[str]) -> int:
    """The onsets in columns without names: start, end and label as Audacity writes them, or number and time."""
    starts, ends = table.seconds(0), table.seconds(1)
    first = table.rows[0]
    refused = BadFile(
        table.path,
        f"one onset per line, or a header with a column onset, got {first.text[:50]!r}",
        first.line,
    )
    if starts is None or any(len(row.fields) != len(first.fields) for row in table.rows):
        raise refused
    if _numbers_rows(table, 0, least=LEAST_SUMMED) and ends is not None and len(first.fields) == 2:
        told.append("the first column numbers the taps; the second was read as the onsets")
        return 1
    if ends is None or "\t" not in first.text or len(first.fields) > LABEL + 1:
        raise refused
    if np.isnan(starts).any() or np.isnan(ends).any() or (ends < starts).any():
        raise refused
    if len(first.fields) == 2 and (ends > starts).any():
        raise refused
    told.append("start, end and label of each line (Audacity): the start was read as the onset")
    return 0


def _numbers_rows(table: _Table, k: int, least: int = LEAST_SUMMED) -> bool:
    """Whether a column holds nothing but 1, 2, 3, … (or 0, 1, 2, …), up or down."""
    texts = [text for text in table.column(k) if text]
    if len(texts) < least or not all(re.fullmatch(r"[#]?\d{1,18}\.?", text) for text in texts):
        return False
    numbers = [int(text.strip("#.")) for text in texts]
    steps = {b - a for a, b in pairwise(numbers)}
    return steps in ({1}, {-1}) and min(numbers) in (0, 1)


def _refuse_numbers(table: _Table, k: int) -> None:
    """Refuse numbers of taps where times are wanted."""
    is_named = table.names[k] in TAP_NAMES or role_of(table.names[k]) == "counter"
    if is_named and table.names[k] in ONSET:
        return
    if _numbers_rows(table, k, least=LEAST_SUMMED if is_named else LEAST_NUMBERED):
        name = f"column {table.titles[k]}" if table.titles[k] else "the file"
        numbers = table.column(k)
        raise BadFile(
            table.path, f"{name} numbers the taps ({numbers[0]}, {numbers[1]}, …) and holds no times"
        )


def _running_sum(table: _Table) -> int | None:
    """The column whose steps another one holds, newest last or newest first."""
    times = {k: table.seconds(k) for k in range(len(table.names)) if not _numbers_rows(table, k)}
    known = {k: x for k, x in times.items() if x is not None and not np.isnan(x).any()}
    for k, total in known.items():
        if total.size < LEAST_SUMMED:
            continue
        for column, lap in known.items():
            if column == k:
                continue
            for a, b in ((total, lap), (total[::-1], lap[::-1])):
                if (np.abs(np.diff(a) - b[1:]) <= ROUNDING).all() and (b[1:] >= 0).all() and b[1:].any():
                    return k
    return None


def _summed(table: _Table, column: int, rater: str, told: list[str]) -> list[TapCell]:
    """Onsets as the running sum of lap times, which is all that the table holds."""
    cells = list(_cells(table, column, rater))
    numbered = next((k for k in range(len(table.names)) if _numbers_rows(table, k)), None)
    if numbered is not None:
        numbers = [int(text.strip("#.")) for text in table.column(numbered) if text]
        cells = cells[::-1] if numbers[0] > numbers[-1] else cells
    total, out = 0.0, []
    for cell in cells:
        try:
            total += seconds_of(cell.text, cell.scale)
        except ValueError:
            raise BadFile(table.path, f"a lap must be a time, got {cell.text[:40]!r}", cell.line) from None
        out.append(TapCell(cell.rater, repr(round(total, 6)), 1.0, cell.line))
    told.append(
        f"column {table.titles[column]} holds the times from tap to tap; onsets are their running sum from the start of"
        " the watch"
    )
    return out


def _newest_first(cells: list[TapCell], table: _Table, told: list[str]) -> list[TapCell]:
    """The cells in order, where the table runs backwards from its last tap to its first."""
    if len(cells) < LEAST_SUMMED or len({cell.rater for cell in cells}) > 1:
        return cells
    try:
        onset = [seconds_of(cell.text, cell.scale) for cell in cells]
    except ValueError:
        return cells
    if all(b < a for a, b in pairwise(onset)):
        told.append("the taps stand newest first; they were turned round")
        return cells[::-1]
    return cells


def _taps_only(table: _Table, column: int, told: list[str]) -> _Table:
    """The rows that are taps: those that say tap, press or down where others say something else."""
    kept = np.ones(len(table.rows), dtype=bool)
    for k, name in enumerate(table.names):
        words = [" ".join(split_words(row.field(k))) for row in table.rows]
        found = set(words) - {""}
        if k == column or not found:
            continue
        if name in KINDS or (not table.titles[k] and k == LABEL):
            keep = _of_kind(table, k, words)
        elif found <= DOWN | UP and found & DOWN and found & UP:
            keep = [word in DOWN and (at == 0 or words[at - 1] not in DOWN) for at, word in enumerate(words)]
        elif name == "rt" and "trial_index" in table.names:  # jsPsych: nobody pressed where there is none
            keep = [bool(word) for word in words]
        else:
            _refuse_turns(table, k, column, words)
            continue
        left_out = int((kept & ~np.array(keep)).sum())
        if left_out and name != "trial_type":
            what = "1 row is no tap" if left_out == 1 else f"{left_out} rows are no taps"
            told.append(f"{what} by column {table.titles[k] or k} and left out")
        kept &= keep
    rows = [row for row, is_tap in zip(table.rows, kept, strict=True) if is_tap]
    return dataclasses.replace(table, rows=rows)


def _refuse_turns(table: _Table, k: int, column: int, words: list[str]) -> None:
    """Refuse two words in turn of which one always follows shortly: a press and its release in words not known."""
    onset = None if k == table.first(RATER) else table.seconds(column)
    if len(set(words)) != 2 or len(words) < 2 * LEAST_SUMMED or onset is None or np.isnan(onset).any():
        return
    gaps = np.diff(onset)
    held, apart = float(np.median(gaps[::2])), float(np.median(gaps[1::2]))
    if all(a != b for a, b in pairwise(words)) and not 0.5 < held / max(apart, 1e-9) < 2:
        raise BadFile(
            table.path,
            f"column {table.titles[k] or k} holds {words[0]} and {words[1]} in turn, as a press and its release do: leave the"
            " rows of the presses, or call them down and up",
            table.rows[0].line,
        )


def _of_kind(table: _Table, k: int, words: list[str]) -> list[bool]:
    """Which rows are taps by a column of kinds of event."""
    found = set(words) - {""}
    if not found <= {"0", "1"} and all(
        re.fullmatch(r"\d+", word) for word in found
    ):  # labels that number the taps
        return [True] * len(words)
    if found & (UP | DOWN) and found <= UP | DOWN:
        return [word in DOWN for word in words]
    taps = {word for word in found if _is_tap(word)}
    if taps or table.names[k] == "trial_type":
        return [word in taps for word in words]
    if len(found) > 1:
        raise BadFile(
            table.path,
            f"column {table.titles[k] or k} holds {', '.join(sorted(found)[:5])}: none of them says that it is a tap;"
            " leave the rows that are taps, or call them tap",
        )
    return [True] * len(words)


def _is_tap(word: str) -> bool:
    parts = word.split()
    said = role_of(word) == "button" or {"keyboard", "button"} & set(parts)
    return bool(said) and not set(parts) & UP


def _cells(table: _Table, column: int, rater: str) -> Iterator[TapCell]:
    """Onsets of one column, each with its rater."""
    who = table.first(RATER)
    for row in table.rows:
        if row.is_missing(column):
            continue
        named = "" if who is None else row.field(who)
        named = "" if named.lower() in NO_RATER else named
        yield TapCell(named or rater, row.fields[column], table.scales[column], row.line)


def _per_rater(table: _Table) -> Iterator[TapCell]:
    """Onsets of a table with one column per rater; columns that number the rows are none."""
    for k, (name, title) in enumerate(zip(table.names, table.titles, strict=True)):
        if _numbers_rows(table, k) or role_of(name) == "counter" or name in SIDE_COLUMNS:
            continue
        for row in table.rows:
            if not row.is_missing(k):
                yield TapCell(split_unit(title)[0], row.fields[k], table.scales[k], row.line)


def _lists(table: _Table, rater: str, chosen: str | None) -> list[TapCell]:
    """Onsets in lists within a cell, or as a start and a reaction time, as PsychoPy writes its keys."""
    found = [k for k, name in enumerate(table.names) if name == "rt" or name.endswith(".rt")]
    found = [k for k in found if any(table.column(k)) and (chosen is None or table.titles[k] == chosen)]
    if not found or "trial_index" in table.names:
        return []
    listed = [k for k in found if any(text.startswith("[") and "," in text for text in table.column(k))]
    if len(found) > 1 and len(listed) != 1:
        raise Undecided(
            table.path,
            f"the taps can stand in {' or in '.join(table.titles[k] for k in found)}",
            tuple(f"--tap-column {_quoted(table.titles[k])}" for k in found),
        )
    rt = (listed or found)[0]
    stem = table.names[rt].removesuffix("rt")
    began = table.first((f"{stem}started", f"{stem}tstartrefresh"))
    filled = [row for row in table.rows if row.field(rt)]
    if began is None and len(filled) > 1:
        raise BadFile(
            table.path,
            f"{table.titles[rt]} holds times from the start of each trial, and no column says when the trials started",
        )
    return [cell for row in filled for cell in _reactions(table, row, rt, began, rater)]


def _reactions(table: _Table, row: Row, rt: int, began: int | None, rater: str) -> list[TapCell]:
    """Onsets of one row: the start of its trial, and one reaction time or a list of them."""
    text = row.field(rt)
    try:
        times = [word.strip() for word in text.strip("[]").split(",")]
        start = float(row.field(began)) if began is not None and row.field(began) else 0.0
        return [TapCell(rater, repr(start + float(t)), 1.0, row.line) for t in times if t not in NO_PRESS]
    except (ValueError, TypeError):
        raise BadFile(
            table.path, f"{table.titles[rt]} must hold times, got {text[:40]!r}", row.line
        ) from None


def _quoted(name: str) -> str:
    return f"'{name}'" if re.search(r"[^\w.-]", name) else name
