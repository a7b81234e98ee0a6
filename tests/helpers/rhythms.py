"""Recordings of known rhythm and known noise."""

from __future__ import annotations

import numpy as np

from touchrhythm.simulate.signals import mix_at_snr, simulate_noise, simulate_rhythm

BAND = (0.1, 0.2)


FS = 10.0


def rhythmic(
    rate_cpm: float, *, snr_db: float = 10, cv: float = 0.0, seed: int = 1, seconds: float = 300
) -> np.ndarray:
    n = round(seconds * FS)
    rng = np.random.default_rng(seed)
    wave, _ = simulate_rhythm(n, fs=FS, rate_cpm=rate_cpm, cv=cv, rng=rng)
    return mix_at_snr(wave, simulate_noise(n, fs=FS, rng=rng), fs=FS, band=BAND, snr_db=snr_db)


def noise(seed: int = 1, seconds: float = 300, colour: str = "pink") -> np.ndarray:
    return simulate_noise(round(seconds * FS), fs=FS, colour=colour, rng=seed)
