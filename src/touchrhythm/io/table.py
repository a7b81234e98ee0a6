"""What was recorded in this table (CSV, TSV, text) or NumPy array?

**Conventions.** Tables are read tolerantly; what was unusual is told in ``Session.info``. Column
and channel numbers count from 0, lines from 1. The time of the first sample is 0.

- `read_table` : text in columns → `Session`
- `read_array` : ``.npy``, shape (n_samples,) or (n_samples, n_channels) → `Session`
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import UNITS, unwrapped
from touchrhythm.io.columns import TimeColumn, channel_names, find_time, is_counter, split_unit
from touchrhythm.io.content import open_bytes, open_text
from touchrhythm.io.delimited import Columns, read_columns
from touchrhythm.io.serial_log import is_serial_log, read_serial_log
from touchrhythm.io.taps import is_button, presses
from touchrhythm.session import Recording, Session, Taps
from touchrhythm.signal.resampling import BadTimes, UniformData, to_uniform

__all__ = ["open_table", "read_array", "read_table"]

BUTTONS = ("button", "btn", "tap", "taps", "press", "taste", "knopf", "marker")


@dataclass(frozen=True, eq=False)
class _Timed:
    """Rows with their times in seconds from the first (None: the rate is known), and how they were timed."""

    time: FloatArray | None
    rows: np.ndarray
    timing: str
    import_notes: tuple[str, ...]
    arrival: bool = False


def read_table(
    path: str | Path,
    *,
    fs: float | None = None,
    time: str | int | None = None,
    time_unit: str | None = None,
    button: str | int | None = None,
    rater: str = "rater",
) -> Session:
    """Session of a table as text.

    Parameters
    ----------
    path : str or Path
        The file.
    fs : float, optional
        Sampling rate in Hz, for tables without a time column.
    time : str or int, optional
        Name or number of the time column; "none": do not use any. Default: found by its name, or
        a first column that rises steadily.
    time_unit : str, optional
        "s", "ms", "us", "min", "h" or "d"; default: from the header, else from the steps.
    button : str or int, optional
        Channel with a button's level; default: one named so that has two levels.
    rater : str, default "rater"
        Who pressed the button.

    Returns
    -------
    Session

    Raises
    ------
    NoSuchInput, BadFile
        If the file cannot be opened, or its content cannot be used.
    ValueError
        If `time`, `time_unit` or `button` does not fit the table.
    """
    return open_table(path, fs=fs, time=time, time_unit=time_unit, button=button, rater=rater)[0]


def open_table(
    path: str | Path,
    *,
    fs: float | None,
    time: str | int | None,
    time_unit: str | None,
    button: str | int | None,
    rater: str,
) -> tuple[Session, float]:
    """Session of a table as `read_table`, and what the table's own clock showed at its first sample (s)."""
    source = open_text(path)
    columns = read_serial_log(source) if is_serial_log(source) else read_columns(source)
    plain = [split_unit(name) for name in columns.names]
    names = [name for name, _ in plain]
    units = (
        [unit for _, unit in plain] if not columns.second else [one.strip("[]() ") for one in columns.second]
    )
    if time is not None and isinstance(time, str) and time in columns.names:
        time = columns.names.index(time)
    rate = columns.rate if fs is None else fs
    found = find_time(columns.data, names, units, columns.clock, time=time, time_unit=time_unit, fs=rate)
    kept = _channels(columns, names, found)
    if not kept:
        why = (
            "; ".join(one for one in columns.import_notes if one.startswith("column"))
            or "there is no other column"
        )
        raise BadFile(source.path, f"no channel beside the time: {why}")
    timed = _timed(source.path, columns, names, found, rate)
    data = columns.data[timed.rows][:, kept] if len(timed.rows) < len(columns.data) else columns.data[:, kept]
    labels, told = channel_names([names[k] for k in kept], [columns.position[k] for k in kept])
    grid = _uniform(source.path, columns, timed, data, rate)
    if np.isnan(grid.data).all():
        raise BadFile(source.path, f"no numbers in any of the channels {labels}, all values are missing")
    recording = Recording(grid.data, grid.fs, labels, tuple(units[k] for k in kept))
    onset, sentences = _pressed(recording, data, timed, button)
    info: dict[str, Any] = {
        "source": source.name,
        "sha256": source.sha256,
        "timing": timed.timing,
        "entities": {},
        "import_notes": (*columns.import_notes, *timed.import_notes, *told, *grid.import_notes, *sentences),
    }
    taps = () if onset is None else (Taps(onset, rater),)
    return Session(recording, taps=taps, info=info), grid.start


def read_array(path: str | Path, *, fs: float | None) -> Session:
    """Session of a ``.npy`` file; it holds no names, and `fs` (Hz) must be given.

    Raises
    ------
    NoSuchInput, BadFile
        If the file cannot be opened, is no array of numbers, or `fs` is missing.
    """
    raw, digest = open_bytes(path)
    name = Path(path).name
    try:
        array = np.load(io.BytesIO(raw), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadFile(path, f"no NumPy array of numbers ({error})") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or array.ndim not in (1, 2):
        shape = getattr(array, "shape", ())
        raise BadFile(
            path, f"must hold numbers, shape (n_samples,) or (n_samples, n_channels), got shape {shape}"
        )
    if fs is None:
        raise BadFile(
            path, "an array holds no times: give its sampling rate in Hz (fs, on the command line --fs)"
        )
    data = array.astype(np.float64).reshape(len(array), -1)
    if data.size == 0 or np.isnan(data).all():
        raise BadFile(path, f"the array of shape {array.shape} holds no numbers")
    if np.isinf(data).any():
        raise BadFile(
            path, f"must hold finite numbers, got infinity in row {int(np.argwhere(np.isinf(data))[0][0])}"
        )
    import_notes: tuple[str, ...] = ()
    if data.shape[1] > data.shape[0]:
        data = data.T
        import_notes = (
            f"the array of shape {array.shape} was read as {data.shape[0]} samples of {data.shape[1]} channels",
        )
    labels, _ = channel_names([""] * data.shape[1], list(range(data.shape[1])))
    info = {
        "source": name,
        "sha256": digest,
        "timing": "sampling rate given",
        "entities": {},
        "import_notes": import_notes,
    }
    return Session(Recording(data, fs, labels), info=info)


def _channels(columns: Columns, names: list[str], found: TimeColumn) -> list[int]:
    """Columns that are neither time nor row numbers."""
    n = columns.data.shape[1]
    others = [k for k in range(n) if k != found.column and k not in columns.clock]
    return [
        k
        for k in others
        if not (is_counter(names[k], columns.data[:, k]) and len(others) > 1)
        and not (
            names[k] and found.column is None and split_unit(names[k])[0].lower() in ("time", "timestamp")
        )
    ]


def _timed(path: Path, columns: Columns, names: list[str], found: TimeColumn, rate: float | None) -> _Timed:
    everything = np.arange(len(columns.data))
    if found.column is None and columns.arrival is not None:
        told = ("times are those of arrival at the computer, not of the device",)
        return _Timed(columns.arrival - columns.arrival[0], everything, "host", told, arrival=True)
    if found.column is None:
        if rate is None:
            raise BadFile(
                path,
                "no time column found and no sampling rate given: say fs (on the command line --fs), or which column"
                f" is the time; the columns are {tuple(name or f'column{k + 1}' for k, name in enumerate(names))}"
                + "".join(f"; {one}" for one in columns.import_notes if one.startswith("column")),
            )
        return _Timed(None, everything, "sampling rate given", ())
    told_list = list(found.import_notes)
    ticks, n_wraps = columns.data[:, found.column], 0
    if found.unit in ("ms", "us"):
        ticks, n_wraps = unwrapped(ticks)
    if n_wraps:
        told_list.append(
            f"the clock began again from 0 after 2^32 {found.unit} ({n_wraps}×); the count was carried on"
        )
    rows = _rows_with_time(columns.data, ticks, found.column, told_list)
    seconds = ticks[rows] * UNITS[found.unit]
    coarse = found.column in columns.clock and bool((np.diff(seconds) == 0).any())
    if coarse:
        told_list.append("clock times repeat; samples between gaps were taken to be evenly spaced")
    timing = "device" if columns.arrival is not None else "times in file"
    return _Timed(seconds, rows, timing, tuple(told_list), arrival=coarse)


def _rows_with_time(data: FloatArray, ticks: FloatArray, column: int, told: list[str]) -> np.ndarray:
    """Rows without those that hold nothing at all, or stand there twice."""
    rows = np.flatnonzero(~np.isnan(data).all(axis=1))
    if len(rows) < len(data):
        told.append(f"{len(data) - len(rows)} empty rows were left out")
    timeless = int(np.argmin(np.isnan(ticks[rows])))
    if timeless:
        told.append(f"{_rows(timeless)} above the first time left out")
        rows = rows[timeless:]
    same = np.flatnonzero(np.diff(ticks[rows]) == 0)
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
    path: Path, columns: Columns, timed: _Timed, data: FloatArray, rate: float | None
) -> UniformData:
    if timed.time is None:
        assert rate is not None
        return UniformData(data, rate, 0.0, 0, ())
    try:
        grid = to_uniform(timed.time, data, arrival=timed.arrival)
    except BadTimes as error:
        line = None if error.sample is None else columns.line(int(timed.rows[error.sample]))
        raise BadFile(path, str(error), line) from None
    if rate is not None and not 0.98 < rate / grid.fs < 1.02:
        told = f"the rate given is {rate:g} Hz, but the times show {grid.fs:.6g} Hz; the times were used"
        return UniformData(grid.data, grid.fs, grid.start, grid.n_missing, (*grid.import_notes, told))
    return grid


def _pressed(
    recording: Recording, data: FloatArray, timed: _Timed, button: str | int | None
) -> tuple[FloatArray | None, tuple[str, ...]]:
    """Onsets of presses on a button channel (None: there is none), from the times as recorded."""
    if button is not None:
        column = recording.index(button)
    else:
        named = [k for k, name in enumerate(recording.channels) if name.lower() in BUTTONS]
        named = [k for k in named if is_button(data[:, k])]
        if not named or len(recording.channels) == 1:
            return None, ()
        column = named[0]
    time = np.arange(len(data)) / recording.fs if timed.time is None else timed.time - timed.time[0]
    try:
        return presses(data[:, column], time)
    except ValueError as error:
        raise ValueError(f"channel {recording.channels[column]!r} is no button: {error}") from None
