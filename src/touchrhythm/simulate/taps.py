"""When does a tapper of known kind press the button?

**Conventions.** Times in seconds; shares are of the mean cycle.

- `simulate_taps` : one who follows given cycles, with a lag, jitter, misses and extra taps
- `simulate_random_taps` : one who presses at random
"""

from __future__ import annotations

import numpy as np

from touchrhythm._check import FloatArray, check_onset, check_rng
from touchrhythm.units import cpm_to_hz

__all__ = ["simulate_random_taps", "simulate_taps"]

Rng = np.random.Generator | int | None

REFRACTORY = 0.3  # seconds in which a finger does not press twice


def simulate_taps(
    peak: FloatArray,
    *,
    span: tuple[float, float],
    lag_s: float = 0.5,
    jitter: float = 0.1,
    missed: float = 0.05,
    extra: float = 0.0,
    rng: Rng = None,
) -> FloatArray:
    """Taps of one who follows cycles.

    Parameters
    ----------
    peak : ndarray, shape (n_cycles,)
        Times of the cycles followed, in seconds.
    span : tuple of float
        First and last second in which taps are made.
    lag_s : float, default 0.5
        Seconds between peak and tap.
    jitter : float, default 0.1
        SD of each tap's own error, as a share of the mean cycle; it does not accumulate.
    missed : float, default 0.05
        Share of cycles without a tap.
    extra : float, default 0.0
        Taps at random times, as a share of the cycles.
    rng : Generator or int, optional

    Returns
    -------
    ndarray, shape (n_taps,)
        Increasing, in seconds.

    Raises
    ------
    ValueError
        If a share is outside its range.

    Examples
    --------
    >>> simulate_taps(np.arange(0, 40, 8.0), span=(5, 30), jitter=0.0, missed=0.0, rng=1)
    array([ 8.5, 16.5, 24.5])
    """
    rng, peak = check_rng(rng), check_onset(peak, "peak")
    if not 0 <= missed < 1:
        raise ValueError(f"missed must be a share from 0 to below 1, got {missed:g}")
    if jitter < 0 or extra < 0:
        raise ValueError(f"jitter and extra must not be negative, got {jitter:g} and {extra:g}")
    period = float(np.diff(peak).mean()) if peak.size > 1 else 0.0
    onset = peak + lag_s + jitter * period * rng.standard_normal(peak.size)
    onset = onset[rng.uniform(size=peak.size) >= missed]
    n_more = int(rng.poisson(extra * (span[1] - span[0]) / period)) if extra else 0
    return _pressed(np.concatenate((onset, rng.uniform(*span, n_more))), span)


def simulate_random_taps(rate_cpm: float, *, span: tuple[float, float], rng: Rng = None) -> FloatArray:
    """Taps at random times, as many as `rate_cpm` gives on average.

    Parameters
    ----------
    rate_cpm : float
        Mean rate in cycles per minute.
    span : tuple of float
        First and last second in which taps are made.
    rng : Generator or int, optional

    Returns
    -------
    ndarray, shape (n_taps,)
        Increasing, in seconds.
    """
    rng = check_rng(rng)
    return _pressed(rng.uniform(*span, rng.poisson(cpm_to_hz(rate_cpm) * (span[1] - span[0]))), span)


def _pressed(onset: FloatArray, span: tuple[float, float]) -> FloatArray:
    """Taps inside the span, in order, without those that follow too closely."""
    onset = np.sort(onset[(onset >= span[0]) & (onset <= span[1])])
    kept: list[float] = []
    for tap in onset:
        if not kept or tap - kept[-1] >= REFRACTORY:
            kept.append(float(tap))
    return np.array(kept, dtype=np.float64)
