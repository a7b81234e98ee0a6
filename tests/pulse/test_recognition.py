"""Is this a pulse wave, an ECG, or neither?"""

import numpy as np
import pytest
import scipy

from touchrhythm.pulse.recognition import _mean_spectrum, may_be_ecg
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse


@pytest.mark.parametrize(("n", "fs"), [(12_000, 100.0), (1581, 13.17), (999, 99.9), (501, 50.1)])
def test_the_spectrum_that_is_looked_at_is_welch_s(n, fs):
    x = np.cumsum(np.random.default_rng(n).standard_normal(n))
    freq, power = _mean_spectrum(x, fs)
    known, density = scipy.signal.welch(scipy.signal.detrend(x), fs, nperseg=min(n, round(20 * fs)))
    np.testing.assert_array_equal(freq, known)
    np.testing.assert_allclose(power / power.sum(), density / density.sum(), atol=1e-14)


def knocks(*, kind, fs, rng, duration_s=100):
    """What is as sharp and as regular as an ECG, and none: knocks that die away, steps that ring, glitches."""
    rng = np.random.default_rng(rng)
    t = np.arange(duration_s * fs) / fs
    at = np.cumsum(rng.uniform(0.5, 1.2) * (1 + 0.03 * rng.standard_normal(2 * duration_s)))
    since = t - at[at < duration_s - 1, None]
    after = since.clip(0)
    shape = {
        "knock": np.exp(-after / 0.05),
        "step": np.exp(-after / 0.08) * np.sin(2 * np.pi * 9 * after),
        "glitch": (after < 0.012).astype(float),
    }[kind]
    return 3 * np.where(since >= 0, shape, 0).sum(axis=0) + 0.3 * rng.standard_normal(t.size)


@pytest.mark.parametrize("heart_rate", [50, 72, 105])
@pytest.mark.parametrize("fs", [100, 250])
def test_an_ecg_may_be_one_however_its_lead_lies_and_its_baseline_wanders(heart_rate, fs):
    pulse = simulate_pulse(PulseModel(heart_rate_bpm=heart_rate, kind="ecg"), duration_s=100, fs=fs, rng=5)
    wander = np.cumsum(np.random.default_rng(1).standard_normal(pulse.x.size)) / pulse.x.size**0.5
    assert may_be_ecg(pulse.x + wander, fs) and may_be_ecg(-pulse.x, fs)


@pytest.mark.parametrize("kind", ["knock", "step", "glitch"])
@pytest.mark.parametrize("fs", [100, 250])
def test_what_is_sharp_and_regular_alone_is_no_ecg(kind, fs):
    assert not any(may_be_ecg(knocks(kind=kind, fs=fs, rng=rng), fs) for rng in range(4))


def test_noise_breathing_and_a_pulse_are_no_ecg():
    rng = np.random.default_rng(2)
    white = rng.standard_normal(12_000)
    breathing = np.sin(2 * np.pi * 0.25 * np.arange(12_000) / 100) + 0.05 * white
    pulse = simulate_pulse(PulseModel(), duration_s=120, fs=100, rng=5).x
    for x in (white, np.cumsum(white), breathing, pulse, np.full(12_000, np.nan), np.zeros(12_000)):
        assert not may_be_ecg(x, 100.0)
