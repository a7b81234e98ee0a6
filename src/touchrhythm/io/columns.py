"""Which column is the time, in what unit, and what are the others called?

**Conventions.** Column numbers count from 0, as channel numbers do.

- `split_unit` : "force (g)" → name and unit
- `find_time` : the column that holds the time, and its unit
- `channel_names` : names that are all there and all different
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.io.clocks import UNITS, WRAP

__all__ = ["TimeColumn", "channel_names", "find_time", "is_counter", "split_unit"]

BRACKETS = re.compile(r"^(.*?)\s*[\[(]\s*([^\])]*?)\s*[\])]\s*$")
SLASH = re.compile(r"^(.+?)\s+/\s+(\S{1,8})$")
SUFFIX = re.compile(r"^.+[_ ](mg|g|mN|N|mV|V|mbar|kPa|hPa|Pa|counts?|ms|msec|us|µs|usec|s|sec|ns)$")
SPELLINGS = {
    "s": "s", "sec": "s", "secs": "s", "second": "s", "seconds": "s",
    "ms": "ms", "msec": "ms", "millis": "ms", "millisecond": "ms", "milliseconds": "ms",
    "us": "us", "µs": "us", "μs": "us", "usec": "us", "micros": "us", "microsecond": "us", "microseconds": "us",
    "ns": "ns", "nanoseconds": "ns", "min": "min", "minutes": "min", "h": "h", "hours": "h", "d": "d", "days": "d",
}  # fmt: skip
TIME = re.compile(
    r"(?i:(?:x_?values?|lsl_?timestamp|(?:sample|device|elapsed|relative|host)?[ _]?(?:time|t|timestamps?|zeit|temps|tiempo|tempo)"
    r"|elapsed|clock|date[ _]?time|date|uhrzeit|zeitstempel|s|secs?|seconds?|ms|msecs?|millis|milliseconds?|us|µs|usec"
    r"|micros|microseconds?|min|minutes)(?:[ _]?(?:s|sec|seconds|ms|msec|millis|us|µs|usec|micros|ns|min|h))?)"
)
WEAK = frozenset(("s", "t", "min", "ms", "us", "µs", "sec", "clock", "elapsed"))  # may as well name a signal
LONGEST_STEP = 1e6  # µs; longer steps hold no rhythm, the unit is another
COUNTER = re.compile(
    r"(?i:|unnamed: 0|index|idx|row|rownames|sample|samples|nr|no|n|x|seq|frame|count|id)\.?"
)


@dataclass(frozen=True)
class TimeColumn:
    """Which column holds the time (None: none does), in which unit, and what had to be guessed."""

    column: int | None
    unit: str = "s"
    import_notes: tuple[str, ...] = ()


def split_unit(name: str) -> tuple[str, str]:
    """Name and unit of a column; a unit after an underscore stays part of the name.

    >>> split_unit("force (g)"), split_unit("Time [ms]"), split_unit("force_g"), split_unit("PPG")
    (('force', 'g'), ('Time', 'ms'), ('force_g', 'g'), ('PPG', ''))
    """
    text = name.strip().strip('"').strip()
    hit = BRACKETS.match(text) or SLASH.match(text)
    if hit and hit.group(1):
        return hit.group(1).strip(), hit.group(2).strip()
    suffix = SUFFIX.match(text)
    return text, suffix.group(1) if suffix else ""


def channel_names(names: list[str], position: list[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that are all there and all different, and a sentence for each that was changed."""
    out: list[str] = []
    told: list[str] = []
    for name, at in zip(names, position, strict=True):
        plain = name or ("signal" if len(names) == 1 else f"column{at + 1}")
        new, n = plain, 2
        while new in out:
            new, n = f"{plain}_{n}", n + 1
        if new != plain:
            told.append(f"the name {plain!r} stands above two columns; the later one was called {new!r}")
        out.append(new)
    return tuple(out), tuple(told)


def find_time(
    data: FloatArray,
    names: list[str],
    units: list[str],
    clock: frozenset[int],
    *,
    time: str | int | None,
    time_unit: str | None,
    fs: float | None,
) -> TimeColumn:
    """The column that holds the time.

    Raises
    ------
    ValueError
        If `time` names no column, or `time_unit` no unit of time.
    """
    if time_unit is not None and time_unit not in SPELLINGS:
        raise ValueError(f"time_unit must be one of {', '.join(UNITS)}, got {time_unit!r}")
    given = None if time_unit is None else SPELLINGS[time_unit]
    if time == "none":
        return TimeColumn(None)
    if time is not None:
        column = _chosen(time, names)
    elif clock:
        column = min(clock)
    else:
        named = [k for k, name in enumerate(names) if name and TIME.fullmatch(name)]
        named = [k for k in named if names[k].lower() not in WEAK or _rises(data[:, k])]
        if not named and not (data.shape[1] > 1 and _proposed(names[0], data[:, 0], fs)):
            return TimeColumn(None)
        column = named[0] if named else 0
    if column in clock:
        return TimeColumn(column)
    unit = given or SPELLINGS.get(units[column]) or SPELLINGS.get(names[column].lower())
    if unit is not None:
        return TimeColumn(column, unit)
    return _guessed(column, names[column], data[:, column], fs)


def is_counter(name: str, values: FloatArray) -> bool:
    """Whether a column does nothing but number the rows."""
    return COUNTER.fullmatch(name) is not None and values.size > 2 and bool((np.diff(values) == 1).all())


def _chosen(time: str | int, names: list[str]) -> int:
    if isinstance(time, str) and time in names:
        return names.index(time)
    plain = [split_unit(name)[0] for name in names]
    if isinstance(time, str) and split_unit(time)[0] in plain:
        return plain.index(split_unit(time)[0])
    if isinstance(time, int) or time.isdigit():
        if 0 <= int(time) < len(names):
            return int(time)
        raise ValueError(
            f"no column number {time} for the time, the table has 0 to {len(names) - 1}: {tuple(names)}"
        )
    raise ValueError(f"no column {time!r} for the time, the table has {tuple(names)} (or say 'none')")


def _rises(values: FloatArray) -> bool:
    """Whether a column runs mainly upwards, as a clock does; one that stands still is the lowest of a plot, say."""
    steps = np.diff(values[~np.isnan(values)])
    return bool(steps.size == 0 or (np.mean(steps > 0) > 0.1 and np.mean(steps < 0) < 0.1))


def _proposed(name: str, values: FloatArray, fs: float | None) -> bool:
    """Whether a first column rises as steadily as a clock does, and is no row number."""
    steps = np.diff(values)
    if steps.size < 10 or np.isnan(steps).any():
        return False
    steps = steps[steps > -0.9 * WRAP]
    middle = float(np.median(steps))
    if middle <= 0 or (steps <= 0).any() or (name and is_counter(name, values)):
        return False
    if (steps == 1).all():
        return fs is None and not COUNTER.fullmatch(name)
    return float(np.mean(np.abs(steps - middle) < 0.5 * middle)) > 0.9


def _is_spreadsheet_date(values: FloatArray, step: float) -> bool:
    """Whether the numbers are days since 1899, as spreadsheets store times: of this century, in steps below 10 s."""
    return bool(values.size and values.min() >= 36_526 and values.max() < 73_051 and 0 < step < 1e-4)


def _guessed(column: int, name: str, values: FloatArray, fs: float | None) -> TimeColumn:
    """Unit of a time column that does not tell it, from its steps."""
    known = values[~np.isnan(values)]
    step = float(np.median(np.abs(np.diff(known)))) if known.size > 1 else 0.0
    whole = bool((known == np.rint(known)).all())
    if fs is not None:
        fits = [unit for unit in ("s", "ms", "us") if 0.67 < step * UNITS[unit] * fs < 1.5]
        if fits:
            return TimeColumn(column, fits[0])
    if _is_spreadsheet_date(known, step):
        unit = "d"
    elif step >= LONGEST_STEP:
        unit = "ns"
    elif step >= 1000:
        unit = "us"
    elif step > 1 or (whole and step == 1):
        unit = "ms"
    else:
        unit = "s"
    what = (
        f"the time column ({name})"
        if name
        else f"column {column + 1} rises steadily; it was taken as the time and"
    )
    sure = unit == "s" and TIME.fullmatch(name) is not None
    verb = "does not tell its unit;" if name else ""
    text = f"{what} {verb} steps of {step:g} were read as {unit}"
    return TimeColumn(column, unit, () if sure else (" ".join(text.split()),))
