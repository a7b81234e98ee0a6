"""Signals of irregular cycles to tap on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from touchrhythm.simulate.session import simulate_cycles
from touchrhythm.simulate.signals import wave_of

FS, BAND = 10.0, (0.1, 0.2)


Array = NDArray[np.float64]


def rhythm(
    *, cv: float = 0.1, duration: float = 600.0, seed: int = 1, drift: float = 0.0
) -> tuple[Array, Array]:
    """A clean rhythm and the times of its peaks."""
    peak = simulate_cycles(duration, rate_cpm=8.0, cv=cv, drift=drift, rng=seed)
    return wave_of(peak, int(duration * FS), FS)[0], peak


def inside(peak: Array, low: float = 130.0, high: float = 470.0) -> Array:
    return peak[(peak > low) & (peak < high)]
