"""How fast is the rhythm, and for how long?"""

from __future__ import annotations

from touchrhythm.rate.estimate import RateEstimate, estimate_rate
from touchrhythm.rate.timecourse import TimeCourse, count_cycles, follow_rate

__all__ = [
    "RateEstimate",
    "TimeCourse",
    "count_cycles",
    "estimate_rate",
    "follow_rate",
]
