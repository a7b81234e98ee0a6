"""For how long does the rhythm last, and what does a plain filter count?

**Conventions.** Arrays and Hz in; rates in cpm out.
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm._check import FloatArray
from touchrhythm.session import NullRange

__all__ = ["CycleCount", "TimeCourse"]


@dataclass(frozen=True)
class CycleCount:
    """Cycles of the band-passed trace: what any filter hands out, beside what noise gives.

    `rate_cpm` is `count` over `duration` (s); `null_cpm` the same figure from copies of this
    recording without a rhythm.
    """

    count: float
    duration: float
    rate_cpm: float
    null_cpm: NullRange


@dataclass(frozen=True, eq=False)
class TimeCourse:
    """Rate over time, and for how much of the time the rhythm stands out.

    `time` (s, centres of windows `window` s long), `rate_cpm`, `low_cpm`, `high_cpm`,
    `stands_out` (1.0 or 0.0), all of shape (n_windows,); NaN where the window has gaps.
    `share` of the usable time in which the rhythm stands out, beside `share_null` of noise
    copies; `trains` shape (n_trains, 2): start and stop in seconds of unbroken stretches.
    """

    time: FloatArray
    rate_cpm: FloatArray
    low_cpm: FloatArray
    high_cpm: FloatArray
    stands_out: FloatArray
    window: float
    share: float
    share_null: NullRange
    trains: FloatArray
