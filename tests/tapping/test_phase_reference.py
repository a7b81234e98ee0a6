"""Is slow tempo warped away and jitter left, and does a missed tap turn no phase?"""

from __future__ import annotations

import numpy as np
import pytest

from irregular_rhythms import BAND, FS, rhythm
from touchrhythm.signal.filtering import analytic_trace
from touchrhythm.tapping.phase_reference import reference_of_taps, reference_of_trace, warp_of


def test_a_slow_down_is_warped_away_and_jitter_is_left() -> None:
    for cv, low, high in ((0.0, 0.0, 0.04), (0.1, 0.04, 0.11)):  # the band-pass takes half of the jitter
        x, _ = rhythm(cv=cv, drift=0.3)
        reference = reference_of_trace(analytic_trace(x, fs=FS, band=BAND), edge=5.0, polarity=1, multiple=1)
        interval = np.diff(warp_of(reference).forth(reference.event))
        plain = np.diff(reference.event)
        assert low <= interval.std() / interval.mean() <= high
        trend = np.polyfit(np.arange(interval.size), interval, 1)[0] * interval.size
        assert abs(trend) < 0.4 * np.polyfit(np.arange(plain.size), plain, 1)[0] * plain.size
    time = np.linspace(10, 590, 50)
    assert warp_of(reference).back(warp_of(reference).forth(time)) == pytest.approx(time)


def test_noise_without_tempo_leaves_time_as_it_is_or_increasing() -> None:
    for seed in range(30):
        x = np.cumsum(np.random.default_rng(seed).standard_normal(1300))
        reference = reference_of_trace(analytic_trace(x, fs=FS, band=BAND), edge=5.0, polarity=1, multiple=1)
        assert (np.diff(warp_of(reference).tau) > 0).all()


def test_a_slipped_cycle_does_not_bend_time() -> None:
    bent = []
    for seed in range(20):
        x, _ = rhythm(cv=0.03, seed=seed)
        x = x + 0.3 * np.random.default_rng(seed).standard_normal(x.size)
        time = np.arange(x.size) / FS
        x[(time > 150) & (time < 157)] *= -1  # half a cycle is lost, and with it the count of cycles
        reference = reference_of_trace(analytic_trace(x, fs=FS, band=BAND), edge=5.0, polarity=1, multiple=1)
        warp = warp_of(reference)
        bent.append(np.abs(warp.tau - warp.time).max())
    assert np.median(bent) < 1.0


def test_a_missed_tap_of_the_other_rater_does_not_turn_the_phase() -> None:
    beat = np.arange(10.0, 300.0, 7.5)
    reference = reference_of_taps(np.delete(beat, 15), duration=310.0)
    assert reference.unit_at(beat).real.min() > 0.99
    pause = reference_of_taps(np.delete(beat, slice(10, 18)), duration=310.0)
    assert np.isnan(pause.unit_at(np.array([beat[13]])))[0]
