"""Is this table a list of intervals between heart beats (Polar, Kubios), and what is it on an even grid?

**Conventions.** One interval a line, in ms or s, perhaps beside the time of its beat. An interval stands at the beat
that ends it: beats are the cumulative sum, or the times beside them where those agree beat for beat. Between beats
the series runs monotonically (PCHIP), at 4 Hz; an interval that no heart makes is time without a value.

- `even_intervals` : columns → columns ``time`` and the intervals, both in seconds; other tables as they are
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io.clocks import UNITS
from touchrhythm.io.columns import split_unit
from touchrhythm.io.delimited import Columns
from touchrhythm.words.columns import is_time_name, plain, role_of, split_words, time_unit_of

__all__ = ["INTERVALS", "even_intervals"]

INTERVALS = "intervals"  # said of a time column: the values are intervals, their sum is the time
NAMES = frozenset(("rr", "rri", "ibi", "nni", "nn"))
FS = 4.0  # Hz
LEAST = 10  # intervals
SHORTEST, LONGEST = 0.25, 2.5  # s between beats, 240 to 24 a minute
SCALES = {"s": 1.0, "ms": 1e-3}
CLOCKS = (1.0, 1e-3, 1e-6, 1e-9)  # s in a tick of the time beside them
MOST_ODD = 0.1  # fraction of a list that lost contact may have spoilt
MOST_HELD = 0.5  # fraction of equal neighbours; a device that repeats the last interval gives samples
SAME_BEAT = 0.005  # s
MOST_DAYS = 31  # of a list: hearts have been recorded for two weeks
SAME_SPAN = 0.05  # fraction by which times of arrival and the sum of intervals may differ


def even_intervals(path: Path, columns: Columns, time: str | int | None, fs: float | None) -> Columns:
    """Columns of a list of intervals on an even grid; all other tables pass as they are.

    Raises
    ------
    Undecided
        If it may be a list of intervals, and nothing in it says so.
    BadFile
        If it is said to be one, and its values are no such intervals.
    """
    asked = time == INTERVALS and INTERVALS not in columns.names
    columns = columns if asked or time is not None or fs is not None else _time_and_intervals(columns)
    n = columns.data.shape[1]
    is_stated = columns.preamble is not None and "interval" not in columns.preamble.roles.values()
    known = fs is not None or is_stated or columns.arrival is not None
    if known or (time is not None and not asked) or n > 2:
        if asked:
            raise BadFile(path, f"--time {INTERVALS} goes with one column of intervals and without a rate")
        return columns
    column, beside = _where(columns)
    values = columns.data[:, column]
    stated = _is_named(columns.names[column])
    unit = _unit(columns, column, values)
    if unit and beside is not None and (stated or asked or _fits_beats(beside, values * SCALES[unit])):
        found = _beats(values * SCALES[unit], beside)
        return columns if found is None else _even(path, columns, column, found, unit=unit, asked=asked)
    if unit and beside is None and n == 1 and (stated or asked):
        found = _beats(values * SCALES[unit], None)
        return columns if found is None else _even(path, columns, column, found, unit=unit, asked=asked)
    if asked:
        raise BadFile(
            path, f"its values are no intervals between beats, {SHORTEST:g} to {LONGEST:g} s or so many ms"
        )
    if n == 1 and unit and not columns.names[0] and not columns.rates:
        raise Undecided(
            path,
            f"no time column and no sampling rate; its values may be samples, or intervals between beats in {unit}",
            ("--fs HZ", f"--time {INTERVALS}"),
        )
    return columns


def _time_and_intervals(columns: Columns) -> Columns:
    """Of a wider table the time and the intervals alone, where each row is a beat; other tables as they are."""
    names = [split_unit(name)[0] for name in columns.names]
    times = [k for k, name in enumerate(names) if is_time_name(name) or k in columns.clock]
    lists = [k for k, name in enumerate(columns.names) if _is_named(name)]
    if len(names) < 3 or len(times) != 1 or len(lists) != 1 or columns.preamble is not None:
        return columns
    keep = [times[0], lists[0]]
    unit = _unit(columns, keep[1], columns.data[:, keep[1]])
    if not unit or not _fits_beats(columns.data[:, keep[0]], columns.data[:, keep[1]] * SCALES[unit]):
        return columns
    rest = ", ".join(
        columns.names[k] or f"column{columns.position[k] + 1}" for k in range(len(names)) if k not in keep
    )
    return dataclasses.replace(
        columns,
        names=tuple(columns.names[k] for k in keep),
        second=tuple(columns.second[k] for k in keep) if columns.second else (),
        data=columns.data[:, keep],
        position=tuple(columns.position[k] for k in keep),
        clock=frozenset(at for at, k in enumerate(keep) if k in columns.clock),
        import_notes=(
            *columns.import_notes,
            f"each row is a beat; beside the intervals were not read: {rest}",
        ),
    )


def _is_named(name: str) -> bool:
    bare = split_unit(name)[0]
    return role_of(bare) == "interval" or bool(NAMES & {*split_words(bare), plain(bare).replace("-", "")})


def _where(columns: Columns) -> tuple[int, FloatArray | None]:
    """Column of the intervals, and the one beside it that may hold the time."""
    if columns.data.shape[1] == 1:
        return 0, None
    column = 0 if _is_named(columns.names[0]) and not is_time_name(split_unit(columns.names[0])[0]) else 1
    return column, columns.data[:, 1 - column]


def _unit(columns: Columns, column: int, values: FloatArray) -> str:
    """Unit that is stated, else the only one in which hearts beat so; "" where there is none."""
    stated = time_unit_of(split_unit(columns.names[column])[1])
    if stated is None and columns.second:
        stated = time_unit_of(columns.second[column])
    n_known = np.count_nonzero(np.isfinite(values))
    if n_known < LEAST:
        return ""
    for unit, scale in SCALES.items():
        if stated not in (None, unit):
            continue
        n_inside = np.count_nonzero((values >= SHORTEST / scale) & (values <= LONGEST / scale))
        if n_inside / n_known > 1 - MOST_ODD:
            known = values[np.isfinite(values)]
            return "" if np.mean(known[1:] == known[:-1]) > MOST_HELD else unit
    return ""


def _fits_beats(time: FloatArray, interval: FloatArray) -> bool:
    """Whether the steps of the time are the intervals, which then are no samples at even times."""
    return any(_agreeing(time * scale, interval) > 1 - MOST_ODD for scale in CLOCKS) and bool(
        np.nanstd(interval) > SAME_BEAT
    )


def _agreeing(time: FloatArray, interval: FloatArray) -> float:
    return float(np.mean(np.abs(np.diff(time) - interval[1:]) < SAME_BEAT))


def _beats(interval: FloatArray, time: FloatArray | None) -> tuple[FloatArray, FloatArray] | None:
    """Seconds of each beat from the first, with the interval it ends; None where the times beside say otherwise."""
    length = np.where(np.isfinite(interval) & (interval > 0), interval, 0.0)
    length[0] = 0.0  # it ends at the first beat, where time begins
    summed = np.cumsum(length)
    if time is None:
        return summed, interval
    if not np.isfinite(time).all() or (np.diff(time) < 0).any():
        return None
    for scale in CLOCKS:
        seconds = (time - time[0]) * scale
        if _agreeing(seconds, interval) > 1 - MOST_ODD:
            return seconds, interval
        if (
            summed[-1] > 0
            and abs(seconds[-1] / summed[-1] - 1) < SAME_SPAN
            and np.max(np.abs(seconds - summed))
            < 2 * LONGEST  # times of arrival; no even clock follows the sum
        ):
            return summed, interval
    return None


def _even(
    path: Path,
    columns: Columns,
    column: int,
    beats: tuple[FloatArray, FloatArray],
    *,
    unit: str,
    asked: bool,
) -> Columns:
    """The series at 4 Hz, NaN between beats whose interval is none."""
    time, interval = beats
    days = (time[-1] - time[0]) / UNITS["d"]
    if not days < MOST_DAYS:
        raise BadFile(
            path, f"intervals between beats must span less than {MOST_DAYS} days, these span {days:.3g}"
        )
    good = np.isfinite(interval) & (interval >= SHORTEST) & (interval <= LONGEST)
    good &= np.append(True, np.diff(time) > 0)
    at, held = time[good], interval[good]
    if at.size < LEAST:
        raise BadFile(path, f"intervals between beats must end at different times, {at.size} do")
    grid = np.arange(np.floor((time[-1] - time[0]) * FS) + 1) / FS
    series = np.asarray(scipy.interpolate.PchipInterpolator(at, held, extrapolate=False)(grid))
    following = np.clip(np.searchsorted(at, grid), 1, at.size - 1)
    series[at[following] - at[following - 1] > LONGEST] = np.nan
    name = split_unit(columns.names[column])[0]
    told = [
        f"a list of {interval.size} intervals between beats in {unit}: their series was made even at {FS:g} Hz"
    ]
    if not good.all():
        told.append(
            f"{int((~good).sum())} intervals outside {SHORTEST:g} to {LONGEST:g} s are time without a value"
        )
    return dataclasses.replace(
        columns,
        names=(INTERVALS if asked else "time", name if role_of(name) == "interval" else "rr_interval"),
        second=("s", "s"),
        data=np.column_stack((grid, series)),
        position=(0, 1),
        clock=frozenset(),
        rates=(),
        import_notes=(*columns.import_notes, *told),
        arrival=None,
        stray=None,
        format="list of intervals",
    )
