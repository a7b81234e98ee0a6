"""Which column is the time, in what unit, and what are the others called?

**Conventions.** Column numbers count from 0, as channel numbers do. How a thing is known is one of "declared" (by
the user), "stated" (in the file), "shown" (by the values, beyond doubt).

- `split_unit` : "force (g)" → name and unit
- `find_time` : the column that holds the time, its unit, and how that is known
- `counts_up` : whether a column numbers the rows
- `channel_names` : names that are all there and all different
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.io.clocks import UNITS, WRAP
from touchrhythm.words.columns import (
    WEAK_TIME,
    is_time_name,
    is_unit,
    plain,
    role_of,
    split_words,
    time_unit_of,
)

__all__ = ["TimeColumn", "UnclearTime", "channel_names", "counts_up", "find_time", "split_unit"]

BRACKETS = re.compile(
    r"^(.*?)\s*[\[(]\s*([^\])]*?)\s*[\])]\s*(?:Run #?\d+|Data ?set \d+)?\s*$", re.IGNORECASE
)
SLASH = re.compile(r"^(.+?)\s+/\s+(\S{1,8})$")
COMMA = re.compile(r"^(.+?),\s*(\S{1,8})$")
IN = re.compile(r"^(.+?)\s+(?:in|en)\s+(\S{1,12})$", re.IGNORECASE)
SUFFIX = re.compile(
    r"^.+[_ .](mg|g|mN|N|mV|V|mbar|kPa|hPa|Pa|counts?|ms|mSec|msec|us|µs|usec|s|sec|Sec|min|Min|ns)$"
)
RATES = (
    0.4,
    20_000.0,
)  # Hz; slower samples hold no rhythm of 12 cycles per minute, faster ones no sensor sends
LIKELY = (1.0, 2500.0)  # Hz; sensors under a hand
LENGTHS = (10.0, 3 * UNITS["d"])  # s
SITTING = UNITS["h"] * 12  # s; a recording is hardly longer
MOST_LOOKED_AT = 10_000  # rows before all the rest
SHORTEST = 1.0  # s of a recording that somebody may have made to try things
FRACTIONS = (4.0, 240.0)  # Hz; fractions that are seconds at any rate between
LEAST_RECORDED = 2 * UNITS["min"]  # s; less holds no answer
ODD_TICKS = re.compile(r"[x*]?\s*\d|(?:tic|tick|sample|frame|count|clock)s?$", re.IGNORECASE)
MIXED = 0.9  # fraction of steps that must be the same in a counter
LEAST_COUNTED = 20  # rows that show that an unnamed column counts
SPREADSHEET_DAYS = (36_526, 73_051)  # this century


class UnclearTime(ValueError):
    """Times that can be read in two units; `options` decide."""

    def __init__(self, message: str, options: tuple[str, ...]) -> None:
        self.options = options
        super().__init__(message)


@dataclass(frozen=True)
class TimeColumn:
    """Which column holds the time (None: none does), in which unit, how that is known, and what is worth telling."""

    column: int | None
    unit: str = "s"
    import_notes: tuple[str, ...] = ()
    how: str = "stated"
    why: str = ""


def split_unit(name: str) -> tuple[str, str]:
    """Name and unit of a column; a unit after an underscore stays part of the name.

    >>> split_unit("force (g)"), split_unit("Time [ms]"), split_unit("force_g"), split_unit("PPG"), split_unit("Zeit in s")
    (('force', 'g'), ('Time', 'ms'), ('force_g', 'g'), ('PPG', ''), ('Zeit', 's'))
    """
    text = " ".join(name.strip().strip('"').split())
    hit = BRACKETS.match(text)
    if hit and hit.group(1):
        return hit.group(1).strip(), hit.group(2).strip()
    for pattern in (SLASH, COMMA, IN):
        hit = pattern.match(text)
        if hit and is_unit(hit.group(2)):
            return hit.group(1).strip(), hit.group(2).strip()
    suffix = SUFFIX.match(text)
    return text, suffix.group(1) if suffix else ""


def channel_names(names: list[str], position: list[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that are all there and all different, and a sentence for each that was changed."""
    out: list[str] = []
    told: list[str] = []
    for name, at in zip(names, position, strict=True):
        wanted = name or ("signal" if len(names) == 1 else f"column{at + 1}")
        new, n = wanted, 2
        while new in out:
            new, n = f"{wanted}_{n}", n + 1
        if new != wanted:
            told.append(f"the name {wanted!r} stands above two columns; the later one was called {new!r}")
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
    UnclearTime
        If its values can be read in two units, and nothing tells which.
    ValueError
        If `time` names no column, or `time_unit` no unit of time.
    """
    given = None if time_unit is None else time_unit_of(time_unit)
    if time_unit is not None and given is None:
        raise ValueError(f"time_unit must be one of {', '.join(UNITS)}, got {time_unit!r}")
    if time == "none":
        return TimeColumn(None, how="declared")
    column = _chosen(time, names) if time is not None else _named(data, names, units, clock)
    if column is None and data.shape[1] > 1 and _proposed(names[0], data[:, 0], fs):
        column = 0
    if column is None:
        return TimeColumn(None)
    how = "declared" if time is not None else "stated" if names[column] else "shown"
    if column in clock:
        return TimeColumn(column, how=how if names[column] else "shown", why="clock times")
    if given is not None:
        return TimeColumn(column, given, how="declared", why=f"--time-unit {given}")
    unit = time_unit_of(units[column]) or _unit_in(names[column])
    _refuse_ticks(column, names[column], units[column], data[:, column], unit)
    if unit is not None:
        return TimeColumn(column, unit, how=how, why=f"unit {unit} in its name")
    return _shown(column, names[column], data[:, column], fs)


def counts_up(name: str, values: FloatArray, *, least: int = LEAST_COUNTED) -> bool:
    """Whether a column does nothing but number the rows: whole numbers by the same step, that may wrap.

    >>> counts_up("packet", np.arange(600) % 192.0), counts_up("", np.arange(30.0)), counts_up("", np.ones(30))
    (True, True, False)
    """
    known = values[np.isfinite(values)]
    named = role_of(name) == "counter"
    if known.size < (3 if named else least) or (known % 1 != 0).any():
        return False
    steps = np.diff(known)
    step = float(np.median(steps))
    if step == 0 or (abs(step) != 1 and not named):
        return False
    same = float(np.mean(steps == step))
    back = steps[np.sign(steps) != np.sign(step)]
    back = back[back != 0]
    wraps_alike = back.size == 0 or float(np.ptp(back)) <= 0.05 * abs(float(back.mean()))
    return same > MIXED and wraps_alike


def _named(data: FloatArray, names: list[str], units: list[str], clock: frozenset[int]) -> int | None:
    """The column that is named as the time: one whose unit is told and that rises, else a clock, else the first."""
    named = [k for k, name in enumerate(names) if name and k not in clock and is_time_name(name)]
    named = [k for k in named if "".join(split_words(names[k])) not in WEAK_TIME or _rises(data[:, k])]
    if len(named) == 1 and not clock:
        return named[0]
    sure = [k for k in named if time_unit_of(units[k]) and _rises_always(data[:, k])]
    if sure and (clock or len(sure) < len(named)):
        return sure[0]
    if clock:
        return min(clock)
    return named[0] if named else None


def _refuse_ticks(column: int, name: str, unit: str, values: FloatArray, known: str | None) -> None:
    """Ask where a time is counted in what is no unit of time: hundredths, frames, or digits of a clock side by side."""
    label = f"the time column ({name})" if name else f"column {column + 1}"
    if known is None and ODD_TICKS.match(unit):
        raise UnclearTime(f"{label} counts in {unit!r}, which is no unit of time", ("--time none --fs HZ",))
    # most columns show within their first rows that they are none; a time passes 59 seconds before the others are copied
    if not (values[:MOST_LOOKED_AT] % 100 >= 60).any() and _is_packed_clock(values[np.isfinite(values)]):
        raise UnclearTime(
            f"{label} holds hours, minutes and seconds without marks between them ({values[0]:.10g})",
            ("--time none --fs HZ",),
        )


def _is_packed_clock(values: FloatArray) -> bool:
    """Whether numbers like 100059.9, 100100.0 are clock times: no pair of digits passes 59, and 40 are passed over."""
    some = values[:: max(1, values.size // MOST_LOOKED_AT)]
    if values.size < 2 or (some % 100 >= 60).any() or values.max() < 100:
        return False
    steps, seconds = np.diff(values), values % 100
    over = (np.diff(seconds) < 0) & (steps > 0)
    passes = bool(over.any()) and bool((steps[over] >= 40).all())
    return passes and bool((seconds < 60).all() and (values // 100 % 100 < 60).all())


def _unit_in(name: str) -> str | None:
    """Unit that stands in a name as a word of its own: time_ms, millis, Zeit Sekunden."""
    words = [word for word in re.findall(r"[^\W\d_]+", plain(name)) if word]
    units = [unit for word in words if (unit := time_unit_of(word)) is not None]
    return units[-1] if len(units) == 1 else None


def _chosen(time: str | int, names: list[str]) -> int:
    if isinstance(time, str) and time in names:
        return names.index(time)
    bare = [split_unit(name)[0] for name in names]
    if isinstance(time, str) and split_unit(time)[0] in bare:
        return bare.index(split_unit(time)[0])
    if isinstance(time, int) or time.isdecimal():
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


def _rises_always(values: FloatArray) -> bool:
    steps = np.diff(values[np.isfinite(values)])
    return bool(steps.size and (steps > 0).all())


def _proposed(name: str, values: FloatArray, fs: float | None) -> bool:
    """Whether a first column rises as steadily as a clock does, and is no row number."""
    if name and (role_of(name) or is_unit(name)):
        return False
    steps = np.diff(values[~np.isnan(values)])
    if steps.size < 10 or np.isnan(values).mean() > 0.1:
        return False
    steps = steps[steps > -0.9 * WRAP]
    middle = float(np.median(steps))
    if middle <= 0 or (steps <= 0).any():
        return False
    if (steps == 1).all():  # row numbers, or milliseconds: nothing tells
        return False
    return float(np.mean(np.abs(steps - middle) < 0.5 * middle)) > 0.9


def _shown(column: int, name: str, values: FloatArray, fs: float | None) -> TimeColumn:
    """Unit of a time column that does not tell it, from its steps: the only one that makes a recording of it.

    Fractions of a second are what a column of times holds where no unit is said; whole numbers may be counts of
    any unit.
    """
    known = values[~np.isnan(values)]
    step = float(np.median(np.abs(np.diff(known)))) if known.size > 1 else 0.0
    what = (
        f"the time column ({name})"
        if name
        else f"column {column + 1} rises steadily; it was taken as the time and"
    )
    verb = "does not tell its unit;" if name else ""
    if fs is not None:
        fits = [unit for unit in ("s", "ms", "us") if 0.67 < step * UNITS[unit] * fs < 1.5]
        if fits:
            return TimeColumn(column, fits[0], how="shown", why=f"steps of {step:g} at {fs:g} Hz")
    unit, unsure = _unit_of_steps(known, step)
    if unsure:
        marked = shlex.quote(name) if name else str(column)
        raise UnclearTime(
            f"{what.replace('; it was taken as the time and', '')} can be in {' or in '.join(unsure)}: {known.size} rows in"
            f" steps of {step:g}"
            + "".join(
                f"; {word} makes {known.size * step * UNITS[word]:.4g} s at {1 / (step * UNITS[word]):.4g} Hz"
                for word in unsure
            ),
            tuple(f"--time {marked} --time-unit {word}" for word in unsure),
        )
    sure = unit == "s" and is_time_name(name)
    text = f"{what} {verb} steps of {step:g} were read as {unit}"
    told = () if sure else (" ".join(text.split()),)
    return TimeColumn(column, unit, told, how="shown", why=f"steps of {step:g} read as {unit}")


def _unit_of_steps(known: FloatArray, step: float) -> tuple[str, tuple[str, ...]]:
    """Unit of times that rise by `step`, and the units between which nothing decides."""
    if (
        known.size
        and known.min() >= SPREADSHEET_DAYS[0]
        and known.max() < SPREADSHEET_DAYS[1]
        and 0 < step < 1e-4
    ):
        return "d", ()
    rate = {unit: 1 / (step * UNITS[unit]) if step else 0.0 for unit in UNITS}
    length = {unit: known.size * step * UNITS[unit] for unit in UNITS}
    whole = bool((known == np.rint(known)).all())
    if not whole and step < 1:
        return _unit_of_fractions(rate, length)
    rated = [unit for unit in ("s", "ms", "us", "ns") if RATES[0] <= rate[unit] <= RATES[1]]
    likely = [unit for unit in rated if LIKELY[0] <= rate[unit] <= LIKELY[1] and length[unit] >= SHORTEST]
    if not likely or all(length[unit] > SITTING for unit in likely):
        likely = [unit for unit in rated if LENGTHS[0] <= length[unit] <= LENGTHS[1]] or rated
    if likely:
        return likely[0], tuple(likely) if len(likely) > 1 else ()
    if step >= 1e6:
        return "ns", ()
    if step >= 1000:
        return "us", ()
    return ("ms" if step > 1 or (whole and step == 1) else "s"), ()


def _unit_of_fractions(rate: dict[str, float], length: dict[str, float]) -> tuple[str, tuple[str, ...]]:
    """Seconds, where fractions rise as those of a recording do; what they would be else is asked."""
    if FRACTIONS[0] <= rate["s"] and (rate["s"] <= FRACTIONS[1] or length["s"] >= LEAST_RECORDED):
        return "s", ()
    others = [
        unit
        for unit in ("ms", "min", "h", "d")
        if FRACTIONS[0] <= rate[unit] <= LIKELY[1] and LEAST_RECORDED / 2 <= length[unit] <= LENGTHS[1]
    ]
    if not others:
        return "s", ()
    rated = [unit for unit in ("s", "ms", "min", "h", "d") if RATES[0] <= rate[unit] <= RATES[1]]
    fits = [unit for unit in rated if unit == "s" or unit in others]
    return others[0], tuple(fits if len(fits) > 1 else rated if len(rated) > 1 else (others[0], "s"))
