"""Do simulated tappers tap as they were asked to?"""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.simulate.session import simulate_cycles, simulate_random_taps, simulate_taps


def test_a_follower_taps_after_the_peaks_with_the_lag_and_jitter_asked_for() -> None:
    peak = simulate_cycles(60_000.0, rate_cpm=8.0, cv=0.05, rng=1)
    onset = simulate_taps(peak, span=(100, 59_000), lag_s=0.6, jitter=0.1, missed=0.1, rng=2)
    nearest = peak[np.abs(onset[:, None] - peak[None]).argmin(axis=1)]
    assert np.mean(onset - nearest) == pytest.approx(0.6, abs=0.03)
    assert np.std(onset - nearest) == pytest.approx(0.75, rel=0.05)
    assert onset.size / (58_900 / 7.5) == pytest.approx(0.9, rel=0.02)


def test_random_taps_are_as_many_as_the_rate_says_and_never_two_at_once() -> None:
    onset = simulate_random_taps(8.0, span=(0, 60_000), rng=1)
    assert onset.size == pytest.approx(8000 * np.exp(-0.3 / 7.5), rel=0.03)
    assert np.diff(onset).min() >= 0.3
