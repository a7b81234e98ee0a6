"""Many sessions, one phase: do taps follow the signal across a study?"""

from __future__ import annotations

from touchrhythm.pooling.phase import pooled_lag, population_phase, therapist_rotation_tests
from touchrhythm.pooling.rotation import RotationResult, lag_phase, rotation_test
from touchrhythm.pooling.swap import swap_rates

__all__ = [
    "RotationResult",
    "lag_phase",
    "pooled_lag",
    "population_phase",
    "rotation_test",
    "swap_rates",
    "therapist_rotation_tests",
]
