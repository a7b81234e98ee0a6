"""Is the press of the button seen in the fast residual, and nowhere else?"""

from __future__ import annotations

import numpy as np
import pytest

from irregular_rhythms import BAND, inside, rhythm
from touchrhythm.tapping.agreement import tap_agreement
from touchrhythm.tapping.press_artefact import residual_energy


def test_the_residual_knows_nothing_of_slow_rhythms_and_all_of_fast_ones() -> None:
    time = np.arange(6000) / 50.0
    slow = residual_energy(5 + np.cos(2 * np.pi * 0.2 * time), fs=50.0)
    fast = residual_energy(np.cos(2 * np.pi * 6.0 * time), fs=50.0)
    assert slow is not None
    assert fast is not None
    assert slow.at(np.arange(10.0, 100.0)).max() < 1e-4
    assert fast.at(np.arange(10.0, 100.0)) == pytest.approx(0.5, rel=0.2)
    assert residual_energy(np.zeros(1000), fs=3.0) is None


def test_a_press_shows_from_a_quarter_second_before_its_tap_to_half_a_second_after() -> None:
    time = np.arange(3000) / 50.0
    press = np.where((time >= 30.0) & (time < 30.5), np.cos(2 * np.pi * 8.0 * time), 0.0)
    residual = residual_energy(press, fs=50.0)
    assert residual is not None
    energy = residual.at(np.array([29.4, 29.9, 30.2, 30.7, 30.8]))
    assert energy[[0, 4]] == pytest.approx(0.0, abs=1e-12)
    assert energy[1] > 0.5 * energy[2] > 0.1 and energy[3] < 0.2 * energy[2]


def test_slow_sampling_and_missing_samples_leave_the_leakage_test_unanswered() -> None:
    x, peak = rhythm()
    assert np.isnan(tap_agreement(inside(peak), x[::5], fs=2.0, band=BAND, rng=1).press_artefact_pvalue)
    gap = np.where((np.arange(1000) > 300) & (np.arange(1000) < 330), np.nan, 1.0)
    residual = residual_energy(gap, fs=10.0)
    assert residual is not None
    at = residual.at(np.array([20.0, 31.0, 34.0]))
    assert np.isnan(at).tolist() == [False, True, False]
