"""How strong: amplitudes of known sines, the noise beside them, and a bound where none is found."""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.rhythm.periodicity import PeriodicityResult, periodicity_test
from touchrhythm.simulate.signals import mix_at_snr, simulate_noise, simulate_rhythm

BAND = (0.1, 0.2)
FS = 10.0
N = 3000


def answer(x: np.ndarray, seed: int = 1, fs: float = FS) -> PeriodicityResult:
    return periodicity_test(x, fs=fs, band=BAND, rng=seed, n_surrogates=19)


def mixed(seed: int, *, snr_db: float, cv: float = 0.0, colour: str = "white") -> tuple[np.ndarray, float]:
    rng = np.random.default_rng(seed)
    wave, _ = simulate_rhythm(N, fs=FS, rate_cpm=rng.uniform(6.5, 11.5), cv=cv, rng=rng)
    noise = simulate_noise(N, fs=FS, colour=colour, rng=rng)
    x = mix_at_snr(wave, noise, fs=FS, band=BAND, snr_db=snr_db)
    return x, float(np.sqrt(2 * np.mean((x - noise) ** 2)))


@pytest.mark.parametrize("size", [1e-6, 0.02, 5.0, 3e4])
def test_the_amplitude_is_in_units_of_the_signal(size: float) -> None:
    x, amplitude = mixed(1, snr_db=20)
    result = answer(100 * size + size * x)
    assert result.amplitude == pytest.approx(size * amplitude, rel=0.08)
    assert result.amplitude_low <= size * amplitude <= result.amplitude_high
    assert result.amplitude_low > 0.8 * size * amplitude


def test_the_noise_beside_it_is_that_of_the_background_in_the_band() -> None:
    rng = np.random.default_rng(2)
    # white noise of variance 1 at 10 samples/s has 0.1 / 5 of it in 6–12 cpm
    found = [answer(rng.standard_normal(N), seed).noise_rms for seed in range(20)]
    assert np.mean(found) == pytest.approx(np.sqrt(0.1 / 5), rel=0.06)


def test_share_of_the_bands_power_and_prominence_grow_with_the_rhythm() -> None:
    results = [[answer(mixed(seed, snr_db=snr)[0]) for seed in range(2000, 2008)] for snr in (0, 6, 12)]
    shares = [np.median([one.band_fraction for one in group]) for group in results]
    # power of the rhythm over that of both: 1/2, 4/5, 16/17; single recordings spread by about 0.1
    np.testing.assert_allclose(shares, [0.5, 0.8, 0.94], atol=0.1)
    prominence = [np.median([one.prominence_db for one in group]) for group in results]
    assert np.all(np.diff(prominence) > 3)


def test_noise_copies_give_a_range_for_prominence_and_share() -> None:
    result = answer(mixed(4, snr_db=10)[0])
    for null, own in (
        (result.prominence_null_db, result.prominence_db),
        (result.band_fraction_null, result.band_fraction),
    ):
        assert 0 <= null.low <= null.median <= null.high < own


def test_the_interval_holds_the_realised_amplitude() -> None:
    # 95 % expected; 60 recordings: 51 or more with probability .998
    held = 0
    for seed in range(60):
        x, amplitude = mixed(100 + seed, snr_db=10, cv=0.05, colour="pink")
        result = answer(x, seed)
        held += result.amplitude_low <= amplitude <= result.amplitude_high
    assert held >= 51


def test_a_weak_rhythm_is_not_stronger_than_the_bound() -> None:
    # at least 95 % expected; 60 recordings: 51 or more with probability .998
    bounded = 0
    for seed in range(60):
        x, amplitude = mixed(200 + seed, snr_db=-5, cv=0.05 if seed % 2 else 0.0, colour="pink")
        bounded += answer(x, seed).amplitude_bound >= amplitude
    assert bounded >= 51


def test_the_bound_is_of_use_it_shrinks_with_length() -> None:
    rng = np.random.default_rng(5)
    short = [answer(rng.standard_normal(1500), seed).amplitude_bound for seed in range(10)]
    long = [answer(rng.standard_normal(12_000), seed).amplitude_bound for seed in range(10)]
    assert np.median(long) < 0.6 * np.median(short)
