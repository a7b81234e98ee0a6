"""A rhythm that the tapping makes is told from one that was there all the time."""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import fit_spectrum, null_surrogates
from touchrhythm.rhythm.rate import bootstrap_samples
from touchrhythm.simulate.signals import in_band_power, simulate_noise, simulate_rhythm, slow_amplitude
from touchrhythm.tapping.press_rhythm import UNKNOWN, PressRhythm, press_rhythm

FS = 20.0
BAND = (0.1, 0.2)
MARGIN, TAPPED = 120.0, 300.0
N = int((2 * MARGIN + TAPPED) * FS)
TIME = np.arange(N) / FS


def held(x: np.ndarray, onset: np.ndarray, seed: int) -> PressRhythm:
    rng = np.random.default_rng(seed)
    spectral = fit_spectrum(cut_into_blocks(x, fs=FS, band=BAND))
    samples = bootstrap_samples(spectral, 199, rng)
    noise = null_surrogates(spectral, 199, rng, beside_rhythm=True)
    return press_rhythm(spectral, onset, samples, noise)


def taps_of(rng: np.random.Generator, rate: float = 8.0) -> np.ndarray:
    steps = 60 / rate * np.exp(0.1 * rng.standard_normal(80))
    onset = MARGIN + rng.uniform(0, 7) + np.cumsum(steps)
    return onset[onset < MARGIN + TAPPED]


def pressed(seed: int, width: float, *, before: bool, decibels: float = 8.0) -> tuple[np.ndarray, np.ndarray]:
    """Noise, and a push of `width` seconds at each tap, so much over the noise in the band while tapping."""
    rng = np.random.default_rng(seed)
    onset = taps_of(rng)
    wave = np.zeros(N)
    for tap in onset:
        phase = (TIME - (tap - width if before else tap)) / width
        wave += np.where((phase > 0) & (phase < 1), np.sin(np.pi * phase), 0.0)
    noise = simulate_noise(N, fs=FS, colour="pink", rng=rng)
    inside = (TIME > MARGIN) & (TIME < MARGIN + TAPPED)
    # from 8 dB on the test finds the rhythm nearly always
    power = in_band_power(noise, fs=FS, band=BAND) / in_band_power(wave[inside], fs=FS, band=BAND)
    return wave * (10 ** (decibels / 10) * power) ** 0.5 + noise, onset


def followed(
    seed: int, waxing: float, *, rate: float = 8.5, lag: float = 0.5, jitter: float = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """A rhythm that waxes and wanes all the time, and taps `lag` seconds after each peak, give or take `jitter`."""
    rng = np.random.default_rng(seed)
    wave, phase = simulate_rhythm(N, fs=FS, rate_cpm=rate, cv=0.05, rng=rng)
    peaks = np.interp(np.arange(np.ceil(phase[0]), phase[-1]), phase, TIME)
    onset = peaks + lag + jitter * rng.standard_normal(peaks.size)
    size = slow_amplitude(N, FS, waxing, None, rng)
    x = size * wave + 0.8 * simulate_noise(N, fs=FS, colour="pink", rng=rng)
    return x, np.sort(onset[(onset > MARGIN) & (onset < MARGIN + TAPPED)])


@pytest.mark.parametrize(("width", "before"), [(1.0, False), (3.0, True)])
def test_a_rhythm_of_pushes_is_made_by_the_tapping(width: float, before: bool) -> None:
    told = [held(*pressed(seed, width, before=before), seed) for seed in range(5)]
    assert sum(found.is_made for found in told) >= 4
    assert np.median([found.ratio for found in told]) > 3


def test_pushes_that_make_the_recording_much_louder_are_told_too() -> None:
    told = [held(*pressed(30 + seed, 0.2, before=True, decibels=14.0), seed) for seed in range(5)]
    assert sum(found.is_made for found in told) >= 4, told


@pytest.mark.parametrize(("width", "before"), [(0.1, True), (0.3, False)])
def test_short_pushes_are_told_by_their_area(width: float, before: bool) -> None:
    told = [held(*pressed(50 + seed, width, before=before), seed) for seed in range(3)]
    assert sum(found.is_pushed for found in told) >= 2, told
    assert np.median([found.push_fraction for found in told]) == pytest.approx(0.9, abs=0.15)


@pytest.mark.parametrize("rate", [6.5, 11.0])
def test_a_rhythm_that_is_followed_closely_has_no_pushes_at_any_rate(rate: float) -> None:
    found = held(*followed(60, 0.0, rate=rate, lag=0.0, jitter=0.05), 1)
    assert found.locked_fraction > 0.8
    assert abs(found.push_fraction) < 0.25
    assert not found.is_made


def test_knocks_beside_a_rhythm_are_not_said_to_make_it() -> None:
    x, onset = followed(70, 0.0)
    knocked = x + 1.5 * np.exp(-0.5 * ((TIME[:, None] - onset - 0.1) / 0.06) ** 2).sum(axis=1)
    before, after = held(x, onset, 1), held(knocked, onset, 1)
    assert before.push_fraction < after.push_fraction < 0.5
    assert not after.is_made


def test_a_rhythm_that_does_not_keep_step_with_the_taps_is_not_made_by_them() -> None:
    x, onset = followed(80, 0.0, jitter=0.0)
    rng = np.random.default_rng(80)
    inside = (TIME > MARGIN) & (TIME < MARGIN + TAPPED)
    noise = 0.8 * simulate_noise(N, fs=FS, colour="pink", rng=rng)
    only_then = np.where(inside, x, noise)
    loose = np.sort(onset + 1.5 * rng.standard_normal(onset.size))
    close, far = held(only_then, onset, 1), held(only_then, loose, 1)
    assert close.is_made
    assert far.pvalue <= 0.05 and far.locked_fraction < 0.8
    assert not far.is_made


@pytest.mark.parametrize("waxing", [0.0, 0.6])
def test_an_honest_follower_is_not_accused(waxing: float) -> None:
    told = [held(*followed(seed, waxing), seed) for seed in range(5)]
    assert sum(found.is_made for found in told) <= 1


@pytest.mark.long
@pytest.mark.parametrize("waxing", [0.0, 0.5, 1.0])
def test_honest_followers_are_accused_in_6_of_100_at_most(waxing: float) -> None:
    n = 60
    accused = sum(held(*followed(1000 + seed, waxing), seed).is_made for seed in range(n))
    assert accused <= 8  # a binomial of .06 and 60 exceeds 8 once in 100


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "before"), [(0.2, False), (0.3, True), (1.0, False), (2.0, False), (3.0, True)]
)
def test_pushes_are_told_in_9_of_10(width: float, before: bool) -> None:
    n = 40
    told = sum(held(*pressed(2000 + seed, width, before=before), seed).is_made for seed in range(n))
    assert told >= 31  # a binomial of .9 and 40 falls below 31 once in 100


def test_without_margins_nothing_is_said() -> None:
    x, onset = pressed(9, 1.0, before=False)
    first, last = int((onset[0] - 10) * FS), int((onset[-1] + 10) * FS)
    found = held(x[first:last], onset - first / FS, 1)
    assert found == UNKNOWN or not found.is_known
    assert not found.is_made
