"""Is there a rhythm in the band? The calibrated test, and how much rhythm there is."""

from __future__ import annotations

from touchrhythm.periodicity.rhythm_test import PeriodicityResult, periodicity_test

__all__ = [
    "PeriodicityResult",
    "periodicity_test",
]
