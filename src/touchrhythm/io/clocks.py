"""How many seconds is it by this clock? Columns of clock times and of device times → seconds.

**Conventions.** Texts are h:m:s, m:s or an ISO date with a time; only differences count. Numbers
are in a unit of `UNITS`, seconds each.

- `clock_seconds` : clock times → seconds, midnight and dates taken into account
- `unwrapped` : a counter of milliseconds or microseconds that began again from 0
- `UNITS` : seconds of each unit of time
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.io.sniff import CLOCK
from touchrhythm.units import clock_to_seconds

__all__ = ["UNITS", "clock_seconds", "unwrapped"]

DAY = clock_to_seconds("24:0:0")
UNITS = {
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
    "min": clock_to_seconds("1:0"),
    "h": clock_to_seconds("1:0:0"),
    "d": DAY,
}
WRAP = 2.0**32  # ticks at which millis() and micros() begin again


def clock_seconds(texts: list[str]) -> FloatArray:
    """Seconds of clock times, shape (n,); after midnight the count goes on.

    Raises
    ------
    ValueError
        With the text and its position, if one is no clock time.

    >>> clock_seconds(["23:59:59.5", "0:00:00.5"])
    array([86399.5, 86400.5])
    """
    out = np.empty(len(texts))
    dated = True
    for k, text in enumerate(texts):
        hit = CLOCK.fullmatch(text)
        if hit is None:
            raise ValueError(f"a clock time must be h:m:s, got {text!r}", k)
        seconds = clock_to_seconds(hit["time"])
        if hit["half"]:
            seconds = seconds % (DAY / 2) + (DAY / 2 if hit["half"].lower() == "pm" else 0.0)
        days = _days(hit["date"]) if hit["days"] is None else int(hit["days"])
        dated = dated and days is not None
        out[k] = seconds + DAY * (days or 0) - _offset(hit["zone"])
    if not dated:
        out += DAY * np.concatenate(([0], np.cumsum(np.diff(out) < -DAY / 2)))
    return out


def unwrapped(time: FloatArray) -> tuple[FloatArray, int]:
    """Ticks with each step back by about 2³² undone, and how many there were."""
    back = np.diff(time) < -0.9 * WRAP
    if not back.any():
        return time, 0
    return time + WRAP * np.concatenate(([0], np.cumsum(back))), int(back.sum())


def _offset(zone: str | None) -> float:
    """Seconds by which clocks of a zone are ahead; a recording may run through the change of summer time."""
    if zone is None or zone == "Z":
        return 0.0
    ahead = clock_to_seconds(f"{zone[1:3]}:{zone[-2:]}:0")
    return -ahead if zone[0] == "-" else ahead


def _days(text: str | None) -> int | None:
    """Number of a day written year first; None for dates whose order cannot be told."""
    if text is None or not re.match(r"\d{4}", text):
        return None
    try:
        return date(*(int(part) for part in re.split(r"[-/.]", text))).toordinal()
    except ValueError:
        return None
