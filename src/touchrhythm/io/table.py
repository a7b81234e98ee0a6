"""What was recorded in this table (CSV, TSV, text)?

**Conventions.** Tables are read tolerantly; what was unusual is told in ``Session.info``. Column and channel
numbers count from 0, lines from 1. The time of the first sample is 0. A rate is declared (by the user) or stated
(in the file with its unit); where times are there too, the two must agree.

- `open_table` : text in columns → `Session`, and what the table's own clock showed at its first sample
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io.clocks import UNITS, unwrapped
from touchrhythm.io.columns import TimeColumn, UnclearTime, channel_names, counts_up, find_time, split_unit
from touchrhythm.io.content import Source
from touchrhythm.io.delimited import Columns, read_columns
from touchrhythm.io.inspect import TableFacts
from touchrhythm.io.interval_list import even_intervals
from touchrhythm.io.labchart import read_labchart
from touchrhythm.io.long_table import one_sensor
from touchrhythm.io.matlab import read_mat, read_npz
from touchrhythm.io.preamble import recognise
from touchrhythm.io.presses_in_tables import BUTTONS, comments_of, presses_of, words_of
from touchrhythm.io.rails import find_rails, is_stuck, without_rails
from touchrhythm.io.scanner_logs import read_scanner_log
from touchrhythm.io.serial_log import as_pulse_sketch, is_serial_log, read_serial_log
from touchrhythm.io.shape_of_text import in_rows
from touchrhythm.io.spreadsheet import open_sheet_or_text
from touchrhythm.io.stated_rate import check_rate_of_file
from touchrhythm.session import Annotation, Recording, Session, Taps
from touchrhythm.signal.resampling import BadTimes, UniformData, to_uniform
from touchrhythm.words.columns import is_time_name, is_unit, person_of, roles_of

__all__ = ["open_table"]

ARRAYS = {".mat": read_mat, ".npz": read_npz}
LOOKED_AT = 1 << 22  # bytes, in which the first lines are counted
LOOKED_AT_FIRST = 1000  # rows before all the rest
MOST_COLUMNS = 4096
DISAGREE = 0.05  # fraction by which a rate that the file states and its times may differ
MAY_COUNT = (
    "",
    "counter",
    "bookkeeping",
    "trigger",
)  # roles of columns that number the samples, if they count up


@dataclass(frozen=True, eq=False)
class _Timed:
    """Rows with their times in seconds from the first (None: the rate is known), and how they were timed."""

    time: FloatArray | None
    rows: np.ndarray
    timing: str
    import_notes: tuple[str, ...]
    arrival: bool = False


@dataclass(frozen=True)
class _Rate:
    """A sampling rate in Hz, the words that state it, and whether the user declared it."""

    fs: float
    words: str
    declared: bool


def open_table(
    path: str | Path,
    *,
    fs: float | None,
    time: str | int | None,
    time_unit: str | None,
    button: str | int | None,
    rater: str,
    sensor: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Session, float]:
    """Session of a table as text.

    Parameters
    ----------
    path : str or Path
        The file.
    fs : float or None
        Sampling rate in Hz, for tables without a time column.
    time : str, int or None
        Name or number of the time column; "none": do not use any. None: found by its name, or
        a first column that rises steadily.
    time_unit : str or None
        "s", "ms", "us", "min", "h" or "d"; None: from the header, else from the steps.
    button : str, int or None
        Channel with a button's level; None: one named so that has two levels.
    rater : str
        Who pressed the button.
    sensor : str, optional
        Where one column names the sensor of each row: the channel to read, as ``value_1``.
    progress : callable, optional
        Told the fraction that is read.

    Returns
    -------
    session : Session
    start : float
        What the table's own clock showed at its first sample, in seconds.

    Raises
    ------
    NoSuchInput, BadFile
        If the file cannot be opened, or its content cannot be used.
    Undecided
        If it can be read in more than one way.
    ValueError
        If `time`, `time_unit` or `button` does not fit the table.
    """
    source, columns = _read(path, progress)
    columns = even_intervals(source.path, one_sensor(source.path, columns, sensor), time, fs)
    named = _Names.of(columns)
    rate = _rate(source.path, columns, fs)
    found = _time_of(source.path, columns, named, time=time, time_unit=time_unit, rate=rate)
    kept, left_out = _channels(columns, named, found)
    if not kept:
        raise BadFile(
            source.path,
            f"no channel{' beside the time' if found.column is not None else ''}: {_why_none(columns, left_out)}",
        )
    timed = _timed(source.path, columns, named, found, rate)
    data = columns.data if len(kept) == columns.data.shape[1] else columns.data[:, kept]
    data = data[timed.rows] if len(timed.rows) < len(data) else data
    columns = dataclasses.replace(columns, data=np.empty((0, columns.data.shape[1])))  # the rest is let go
    labels, told = channel_names([named.names[k] for k in kept], [columns.position[k] for k in kept])
    roles = tuple("" if named.roles[k] == "counter" else named.roles[k] for k in kept)  # it did not count
    data, rails, cut = _without_rails(columns, data, labels, roles, [columns.position[k] for k in kept])
    grid = _uniform(source.path, columns, timed, data, rate)
    if np.isnan(grid.data).all():
        raise BadFile(source.path, f"no numbers in any of the channels {labels}, all values are missing")
    recording = Recording(
        grid.data,
        grid.fs,
        labels,
        tuple(named.units[k] for k in kept),
        roles=roles,
        people=tuple(person_of(label) for label in labels),
    )
    marks = _marks(columns, recording, data, timed, button, rater)
    notes = (*marks.import_notes, *timed.import_notes, *told, *cut, *grid.import_notes, *marks.sentences)
    info: dict[str, Any] = {
        "source": source.name,
        "sha256": source.sha256,
        "timing": timed.timing,
        "entities": {},
        "import_notes": notes,
        "facts": _facts(columns, named, found, rate, dict(zip(labels, kept, strict=True)), rails, left_out),
    }
    return Session(recording, taps=marks.taps, annotations=marks.annotations, info=info), grid.start


@dataclass(frozen=True)
class _Marks:
    """Taps and annotations that stand in a table, what is still to be told of it, and of its buttons."""

    taps: tuple[Taps, ...]
    annotations: tuple[Annotation, ...]
    import_notes: tuple[str, ...]
    sentences: tuple[str, ...]


def _marks(
    columns: Columns,
    recording: Recording,
    data: FloatArray,
    timed: _Timed,
    button: str | int | None,
    rater: str,
) -> _Marks:
    """Taps of buttons, else of comments, else of words; comments and words that are no taps are annotations."""
    time = np.arange(len(data)) / recording.fs if timed.time is None else timed.time - timed.time[0]
    taps, sentences = presses_of(recording, data, time, button, rater)
    said = () if columns.preamble is None else columns.preamble.annotations
    tapped, annotations = comments_of(said, timed.rows, time)
    (worded, remarks), used = words_of(columns.words, timed.rows, time)
    notes = [
        note for note in columns.import_notes if not any(f"({name}) holds text" in note for name in used)
    ]
    if not taps:
        taps = tuple(Taps(onset, rater) for onset in (tapped, worded) if onset is not None)[:1]
    return _Marks(taps, (*annotations, *remarks), tuple(notes), sentences)


def _read(path: str | Path, progress: Callable[[float], None] | None) -> tuple[Source, Columns]:
    suffix = Path(path).suffix.lower()
    if suffix in ARRAYS:
        return ARRAYS[suffix](Path(path))
    source = in_rows(open_sheet_or_text(path))
    _refuse_width(source)
    for reader in (read_labchart, read_scanner_log, recognise):
        found = reader(source)
        if found is not None:
            preamble, data = found
            whole = dataclasses.replace(source, data=data)
            return _without_text(source), read_columns(whole, preamble, progress)
    columns = read_serial_log(source) if is_serial_log(source) else read_columns(source, None, progress)
    return _without_text(source), as_pulse_sketch(columns)


def _without_text(source: Source) -> Source:
    """What names a file; the text of an hour is as large as its numbers, and is let go."""
    return dataclasses.replace(source, data=b"")


@dataclass(frozen=True)
class _Names:
    """Names, units and roles of the columns."""

    names: list[str]
    units: list[str]
    roles: list[str]

    @classmethod
    def of(cls, columns: Columns) -> _Names:
        """From names with units in them, a row of units, and what a known program states."""
        plain = [split_unit(name) for name in columns.names]
        names = [name for name, _ in plain]
        second = [unit.strip("[](){} ") for unit in columns.second] if columns.second else [""] * len(names)
        units = [below or unit for below, (_, unit) in zip(second, plain, strict=True)]
        units = [unit or _unit_beside(columns, at) for at, unit in zip(columns.position, units, strict=True)]
        stated = columns.preamble.roles if columns.preamble is not None else {}
        said = roles_of(names, units)
        roles = [stated.get(at) or role for at, role in zip(columns.position, said, strict=True)]
        return cls(names, units, roles)


def _unit_beside(columns: Columns, at: int) -> str:
    """The unit that stands in a column of its own behind a nameless one, the same in every row: "12.5,g"."""
    said = set(columns.words.get(f"column{at + 2}", ()))
    word = said.pop() if len(said) == 1 else ""
    return word if word and is_unit(word) else ""


def _rate(path: Path, columns: Columns, fs: float | None) -> _Rate | None:
    """The sampling rate that is declared, else the one that the file states."""
    if fs is not None:
        return _Rate(fs, f"--fs {fs:g}", True)
    if len(columns.rates) > 1:
        said = ", ".join(f"{rate:g} Hz ({words})" for rate, words in columns.rates)
        raise Undecided(
            path,
            f"two sampling rates are stated: {said}",
            tuple(f"--fs {rate:g}" for rate, _ in columns.rates),
        )
    if not columns.rates:
        return None
    stated, words = columns.rates[0]
    return _Rate(check_rate_of_file(path, stated, f"the sampling rate in the file ({words})"), words, False)


def _time_of(
    path: Path,
    columns: Columns,
    named: _Names,
    *,
    time: str | int | None,
    time_unit: str | None,
    rate: _Rate | None,
) -> TimeColumn:
    """The time column, and what it takes to read it."""
    if isinstance(time, str) and time in columns.names:
        time = columns.names.index(time)
    preamble = columns.preamble
    if preamble is not None and not preamble.use_time and time is None and rate is not None:
        return TimeColumn(None, how="stated")
    if preamble is not None and preamble.tick is not None:
        columns.data[:, 0] *= preamble.tick
    fs = None if rate is None else rate.fs
    try:
        found = find_time(
            columns.data, named.names, named.units, columns.clock, time=time, time_unit=time_unit, fs=fs
        )
    except UnclearTime as error:
        raise Undecided(path, str(error), error.options) from None
    if time is None:
        _refuse_two_clocks(path, columns, named, found)
    return found


def _refuse_two_clocks(path: Path, columns: Columns, named: _Names, found: TimeColumn) -> None:
    """Ask where several runs stand side by side, each with times of its own that differ."""
    if found.column is None or not named.names[found.column]:
        return
    first = columns.data[:, found.column]
    for k, name in enumerate(named.names):
        if k == found.column or name != named.names[found.column]:
            continue
        apart = np.nanmax(np.abs(columns.data[:, k] - first), initial=0.0)
        if apart > 0.5 * float(np.nanmedian(np.abs(np.diff(first)))):
            both = [columns.names[column] for column in (found.column, k)]
            raise Undecided(
                path,
                f"two columns of times that differ, {' and '.join(both)}: name that of the channel that is meant, or save"
                " one run alone",
                tuple(f"--time {shlex.quote(title)} --channel NAME" for title in both),
            )


def _why_none(columns: Columns, left_out: tuple[tuple[str, str], ...]) -> str:
    told = [note for note in columns.import_notes if note.startswith("column")]
    return "; ".join([*told, *(f"{name} {why}" for name, why in left_out)]) or "there is no other column"


def _channels(
    columns: Columns, named: _Names, found: TimeColumn
) -> tuple[list[int], tuple[tuple[str, str], ...]]:
    """Columns that are channels, and why each other one is none."""
    n = columns.data.shape[1]
    others = [k for k in range(n) if k != found.column and k not in columns.clock]
    kept, left_out = [], []
    for k in others:
        name = named.names[k] or f"column{columns.position[k] + 1}"
        x = columns.data[:, k]
        if named.roles[k] == "time" or (_only_rises(x) and (is_time_name(named.names[k]) or _is_epoch(x))):
            left_out.append((name, "holds times"))
        elif named.roles[k] in MAY_COUNT and _counts(named, k, x):
            left_out.append((name, "counts the samples"))
        else:
            kept.append(k)
    clocks = [k for k in columns.clock if k != found.column]
    left_out += [(named.names[k] or f"column{columns.position[k] + 1}", "holds clock times") for k in clocks]
    return kept, tuple(left_out)


def _counts(named: _Names, k: int, x: FloatArray) -> bool:
    stated = named.roles[k] == "counter" and not _varies(x)
    return stated or counts_up(named.names[k], x)


def _varies(x: FloatArray) -> bool:
    """Whether a column that is called a counter takes other steps than one that counts, skips and wraps."""
    steps = np.diff(x[np.isfinite(x)])
    return not (steps.size and np.mean(steps > 0) > 0.9)


def _only_rises(x: FloatArray) -> bool:
    head = x[:LOOKED_AT_FIRST]
    if (head[1:] < head[:-1]).any():  # as of most signals: the rest need not be looked at
        return False
    steps = np.diff(x[np.isfinite(x)])
    return bool(steps.size and (steps >= 0).all() and steps.any())


def _is_epoch(x: FloatArray) -> bool:
    """Whether numbers are seconds, milliseconds or finer since 1970, in this century."""
    first = float(np.nanmin(x))
    return any(9.4e8 * scale < first < 4.1e9 * scale for scale in (1.0, 1e3, 1e6, 1e9)) and first % 1 == 0


def _timed(path: Path, columns: Columns, named: _Names, found: TimeColumn, rate: _Rate | None) -> _Timed:
    n_rows, stray = len(columns.data), columns.stray
    if found.column is None and columns.arrival is not None and rate is None:
        rows = np.arange(n_rows) if stray is None else _in_place(columns.arrival, stray)
        lost = () if stray is None else _said_strays(stray[rows], "are missing samples")
        told = ("times are those of arrival at the computer, not of the device", *lost)
        return _Timed(columns.arrival[rows] - columns.arrival[rows[0]], rows, "host", told, arrival=True)
    if found.column is None:
        if rate is None:
            raise _ask_rate(path, columns, named)
        everything = np.arange(n_rows)
        time = _time_in_blocks(path, columns, everything / rate.fs)
        timing = "sampling rate given" if rate.declared else "sampling rate in file"
        return _Timed(time, everything, timing, _said_strays(stray, "are missing samples"))
    told_list = list(found.import_notes)
    ticks, n_wraps = columns.data[:, found.column], 0
    if found.unit in ("ms", "us"):
        ticks, n_wraps = unwrapped(ticks)
    if n_wraps:
        told_list.append(
            f"the clock began again from 0 after 2^32 {found.unit} ({n_wraps}×); the count was carried on"
        )
    moved = _time_in_blocks(path, columns, ticks, restart=True)
    ticks = ticks if moved is None else moved
    rows = _rows_with_time(columns.data, ticks, found.column, told_list, stray)
    told_list += _said_strays(stray, "were left out")
    seconds = (ticks if rows.size == ticks.size else ticks[rows]) * UNITS[found.unit]
    coarse = found.column in columns.clock and bool((seconds[1:] == seconds[:-1]).any())
    if coarse:
        told_list.append("clock times repeat; samples between gaps were taken to be evenly spaced")
    timing = "device" if columns.arrival is not None else "times in file"
    return _Timed(seconds, rows, timing, tuple(told_list), arrival=coarse)


def _ask_rate(path: Path, columns: Columns, named: _Names) -> Undecided:
    names = tuple(name or f"column{k + 1}" for k, name in enumerate(named.names))
    return Undecided(
        path,
        "no time column found and no sampling rate given: say fs (on the command line --fs), or which column"
        f" is the time; the columns are {names}"
        + "".join(f"; {note}" for note in columns.import_notes if note.startswith(("column", "a SCAN"))),
        ("--fs HZ",),
    )


def _in_place(arrival: FloatArray, stray: np.ndarray) -> np.ndarray:
    """Rows that are samples, and those without numbers that stand where a sample is missing by the times around."""
    good = np.flatnonzero(~stray)
    keep = ~stray
    if good.size > 2 and good.size < stray.size:
        step = float(np.median(np.diff(arrival[good])))
        for before, after in zip(good[:-1][np.diff(good) > 1], good[1:][np.diff(good) > 1], strict=True):
            n_lost = round(float(arrival[after] - arrival[before]) / step) - 1 if step > 0 else 0
            keep[before + 1 : min(after, before + 1 + n_lost)] = True
    return np.flatnonzero(keep)


def _said_strays(stray: np.ndarray | None, verb: str) -> tuple[str, ...]:
    n = 0 if stray is None else int(stray.sum())
    return () if n == 0 else (f"{n} {'row' if n == 1 else 'rows'} without numbers {verb}",)


def _time_in_blocks(
    path: Path, columns: Columns, time: FloatArray, *, restart: bool = False
) -> FloatArray | None:
    """Times with each block moved to where it began; None where the rate alone will do."""
    blocks = () if columns.preamble is None else columns.preamble.blocks
    if not blocks:
        return time if restart else None
    out = time.copy()
    bounds = [*(row for row, _ in blocks), len(time)]
    for (row, offset), stop in zip(blocks, bounds[1:], strict=True):
        if row < stop and (not restart or row == 0 or time[row] < time[row - 1]):
            out[row:stop] = time[row:stop] - time[row] + offset
    if (np.diff(out) < 0).any():
        raise BadFile(path, "its blocks overlap: one begins before the one before it ends")
    return out


def _rows_with_time(
    data: FloatArray, ticks: FloatArray, column: int, told: list[str], stray: np.ndarray | None
) -> np.ndarray:
    """Rows without those that do not fit, hold nothing at all, or stand there twice."""
    nothing = np.isnan(data[:, 0])
    for beside in data.T[1:]:
        nothing &= np.isnan(beside)
    odd = np.zeros(len(data), dtype=bool) if stray is None else stray
    rows = np.flatnonzero(~nothing & ~odd)
    if (empty := int((nothing & ~odd).sum())) > 0:
        told.append(f"{empty} empty rows were left out")
    own = ticks if rows.size == ticks.size else ticks[rows]
    timeless = int(np.argmin(np.isnan(own)))
    if timeless:
        told.append(f"{_rows(timeless)} above the first time left out")
        rows, own = rows[timeless:], own[timeless:]
    same = np.flatnonzero(own[1:] == own[:-1])
    if same.size:
        a, b = data[rows[same]], data[rows[same + 1]]
        twice = same[((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=1)]
        if 0 < twice.size == same.size and twice.size < 0.01 * len(rows) + 2:
            told.append(f"{_rows(twice.size)} that stood there twice read once")
            rows = np.delete(rows, twice + 1)
    return rows


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n} rows"


def _uniform(
    path: Path, columns: Columns, timed: _Timed, data: FloatArray, rate: _Rate | None
) -> UniformData:
    if timed.time is None:
        assert rate is not None
        return UniformData(data, rate.fs, 0.0, 0, ())
    try:
        grid = to_uniform(timed.time, data, arrival=timed.arrival)
    except BadTimes as error:
        line = None if error.sample is None else columns.line(int(timed.rows[error.sample]))
        raise BadFile(path, str(error), line) from None
    if rate is None or 0.98 < rate.fs / grid.fs < 1.02:
        return grid
    if not rate.declared and abs(rate.fs / grid.fs - 1) > DISAGREE:
        raise Undecided(
            path,
            f"the times show {grid.fs:.6g} Hz, but the file states {rate.fs:g} Hz ({rate.words})",
            (f"--fs {grid.fs:.6g}", f"--time none --fs {rate.fs:g}"),
        )
    whose = "given" if rate.declared else "stated in the file"
    told = f"the rate {whose} is {rate.fs:g} Hz, but the times show {grid.fs:.6g} Hz; the times were used"
    return UniformData(grid.data, grid.fs, grid.start, grid.n_missing, (*grid.import_notes, told))


def _without_rails(
    columns: Columns, data: FloatArray, labels: tuple[str, ...], roles: tuple[str, ...], position: list[int]
) -> tuple[FloatArray, dict[str, dict[float, int]], tuple[str, ...]]:
    """Samples without those at an end of a converter's scale, which and how many, and a sentence for each."""
    tops = {} if columns.preamble is None else columns.preamble.rails
    rails: dict[str, dict[float, int]] = {}
    told = []
    for k, label in enumerate(labels):
        found = {} if roles[k] in BUTTONS else find_rails(data[:, k], top=tops.get(position[k]))
        if is_stuck(data[:, k]):
            told.append(
                f"{label}: every sample is {data[0, k]:.10g}, the end of a converter's scale (is the sensor connected?)"
            )
        if not found:
            continue
        data = data.copy() if not rails else data
        data[:, k] = without_rails(data[:, k], found)
        rails[label] = found
        told += [
            f"{label}: {n} samples at {value:.10g}, the end of a converter's scale, measure nothing and were cut"
            for value, n in found.items()
        ]
    return data, rails, tuple(told)


def _facts(
    columns: Columns,
    named: _Names,
    found: TimeColumn,
    rate: _Rate | None,
    kept: dict[str, int],
    rails: dict[str, dict[float, int]],
    left_out: tuple[tuple[str, str], ...],
) -> TableFacts:
    """What is known besides the samples."""
    if found.column is not None:
        name = named.names[found.column] or f"column{columns.position[found.column] + 1}"
        unit = found.unit if found.column not in columns.clock else "clock"
        time, how = f"times in column {name} ({unit})", found.how
    elif rate is not None:
        time, how = f"by the sampling rate ({rate.words})", "declared" if rate.declared else "stated"
    else:
        time, how = "times of arrival at the computer", "stated"
    stated = {} if columns.preamble is None else columns.preamble.roles
    roles = {
        label: ("stated", f"{columns.format} says so")
        for label, k in kept.items()
        if stated.get(columns.position[k])
    }
    return TableFacts(
        columns.format, time, how, "", columns.separator, columns.decimal, roles, rails, left_out
    )


def _refuse_width(source: Source) -> None:
    """Refuse a table of more columns than any device has; a single line of numbers is none."""
    lines = source.data[:LOOKED_AT].split(b"\n", 2)[:2]
    widest = [max(line.count(mark) for mark in b"\t,;") + 1 for line in lines]
    if min(widest) > MOST_COLUMNS and len(lines) > 1:
        raise BadFile(source.path, f"has {widest[0]} columns, at most {MOST_COLUMNS} are read", 1)
