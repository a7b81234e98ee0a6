"""Do simulated cycles, rhythms and noise have the truth asked for?"""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.simulate.session import (
    in_band_power,
    mix_at_snr,
    simulate_cycles,
    simulate_noise,
    simulate_rhythm,
)
from touchrhythm.simulate.signals import AR_CORNER, KNEE, KNEE_STEEPNESS

BAND = (0.1, 0.2)


def test_cycle_lengths_have_the_rate_and_the_spread_asked_for() -> None:
    length = np.diff(simulate_cycles(200_000.0, rate_cpm=8.0, cv=0.1, rng=1))
    assert length.mean() == pytest.approx(7.5, rel=0.005)
    assert length.std() / length.mean() == pytest.approx(0.1, rel=0.03)
    assert np.corrcoef(length[1:], length[:-1])[0, 1] == pytest.approx(0, abs=0.03)


def test_tempo_memory_correlates_neighbouring_cycles_and_keeps_the_spread() -> None:
    length = np.diff(simulate_cycles(200_000.0, rate_cpm=8.0, cv=0.15, tempo_memory=0.7, rng=1))
    assert length.std() / length.mean() == pytest.approx(0.15, rel=0.05)
    assert np.corrcoef(length[1:], length[:-1])[0, 1] == pytest.approx(0.7, abs=0.04)


def test_drift_makes_the_last_cycles_longer_by_its_share() -> None:
    peak = simulate_cycles(1000.0, rate_cpm=8.0, cv=0.0, drift=0.3, rng=1)
    length = np.diff(peak)
    assert length[-3] / length[2] == pytest.approx(1.15 / 0.85, rel=0.02)


def test_cycles_cover_the_time_asked_for_whatever_they_do() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        peak = simulate_cycles(
            300.0, rate_cpm=9.0, cv=rng.uniform(0, 0.6), drift=rng.uniform(-0.5, 0.9), rng=seed
        )
        assert peak[0] <= 0
        assert peak[-1] >= 300.0


def test_a_rhythm_peaks_at_whole_cycles_and_its_phase_gives_its_rate() -> None:
    wave, phase = simulate_rhythm(60_000, fs=100.0, rate_cpm=8.0, cv=0.1, rng=1)
    assert (np.diff(phase) > 0).all()
    assert wave == pytest.approx(np.cos(2 * np.pi * phase))
    tops = scipy.signal.find_peaks(wave)[0]
    assert np.abs(phase[tops] - np.round(phase[tops])).max() < 0.01
    steady, turns = simulate_rhythm(6000, fs=10.0, rate_cpm=8.0, cv=0.0, rng=1)
    assert steady.size == 6000
    assert (turns[-1] - turns[0]) / 599.9 == pytest.approx(8.0 / 60, rel=1e-9)


@pytest.mark.parametrize(
    ("colour", "slope"), [("white", 0.0), ("pink", -1.0), ("brown", -2.0), (0.5, -0.5), (1.7, -1.7)]
)
def test_noise_has_the_slope_of_its_colour(colour: str | float, slope: float) -> None:
    x = np.stack([simulate_noise(20_000, fs=20.0, colour=colour, rng=seed) for seed in range(20)])
    freq, density = scipy.signal.welch(x, fs=20.0, nperseg=4000)
    used = (freq > 0.02) & (freq < 5)
    found = np.polyfit(np.log(freq[used]), np.log(density.mean(axis=0)[used]), 1)[0]
    assert found == pytest.approx(slope, abs=0.06)


# (colour, a frequency, another, power at the first over that at the second) by the formula of each
@pytest.mark.parametrize(
    ("colour", "low", "high", "ratio"),
    [
        ("ar", AR_CORNER / 2, 10 * AR_CORNER, (1 + 10**2) / (1 + 0.5**2)),
        ("knee", KNEE / 2, 4 * KNEE, (1 + 4**KNEE_STEEPNESS) / (1 + 0.5**KNEE_STEEPNESS)),
        ("mixed", 0.03, 3.0, (1 / 0.03 + 1 / 0.3) / (1 / 3.0 + 1 / 0.3)),
    ],
)
def test_coloured_noise_falls_as_its_formula_says(colour: str, low: float, high: float, ratio: float) -> None:
    x = np.stack([simulate_noise(20_000, fs=20.0, colour=colour, rng=seed) for seed in range(40)])
    freq, density = scipy.signal.welch(x, fs=20.0, nperseg=4000)
    at = [density.mean(axis=0)[np.abs(freq / one - 1) < 0.2].mean() for one in (low, high)]
    assert at[0] / at[1] == pytest.approx(ratio, rel=0.2)


def test_noise_is_no_circle() -> None:
    ends = [
        (x[0] - x[-1]) ** 2 for x in (simulate_noise(2000, fs=5.0, colour="brown", rng=s) for s in range(200))
    ]
    assert np.mean(ends) > 0.5  # a circle would close with the step of one sample


@pytest.mark.parametrize("colour", ["white", "pink", "brown", "ar", "knee", "mixed"])
@pytest.mark.parametrize("snr_db", [-3.0, 6.0])
def test_the_ratio_of_rhythm_to_background_is_the_one_of_this_very_recording(
    colour: str, snr_db: float
) -> None:
    noise = simulate_noise(6000, fs=20.0, colour=colour, rng=1)
    wave, _ = simulate_rhythm(6000, fs=20.0, rate_cpm=8.0, cv=0.1, rng=2)
    mixed = mix_at_snr(wave, noise, fs=20.0, band=BAND, snr_db=snr_db)
    ratio = in_band_power(mixed - noise, fs=20.0, band=BAND) / in_band_power(noise, fs=20.0, band=BAND)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=1e-9)


def test_in_band_power_of_white_noise_is_its_share_of_the_band() -> None:
    power = [
        in_band_power(simulate_noise(6000, fs=10.0, colour="white", rng=s), fs=10.0, band=BAND)
        for s in range(200)
    ]
    assert np.mean(power) == pytest.approx(0.1 / 5, rel=0.03)
