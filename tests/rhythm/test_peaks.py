"""Named peaks: everything strong from 2 to 36 cpm, and harmonics called by their name."""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.rhythm.peaks import Peak, harmonic_source, weighted_interval
from touchrhythm.rhythm.periodicity import PeriodicityResult, periodicity_test
from touchrhythm.simulate.signals import simulate_noise

BAND = (0.1, 0.2)
FS = 10.0
TIME = np.arange(3000) / FS


def wave(rate_cpm: float, phase: float = 0.0) -> np.ndarray:
    return np.cos(2 * np.pi * (rate_cpm / 60 * TIME + phase))


def answer(x: np.ndarray) -> PeriodicityResult:
    return periodicity_test(x, fs=FS, band=BAND, rng=1, n_surrogates=99)


def background(seed: int, size: float = 0.3) -> np.ndarray:
    return size * simulate_noise(TIME.size, fs=FS, colour="pink", rng=seed)


def place_of(peaks: tuple[Peak, ...], rate_cpm: float, within: float = 0.15) -> str:
    return next((peak.place for peak in peaks if abs(60 * peak.freq - rate_cpm) < within), "none")


def test_interval_holds_95_percent_of_the_weight_and_half_a_step() -> None:
    value, weight = np.arange(100.0), np.full(100, 0.01)
    low, high = weighted_interval(value, weight, 0.5)
    assert (low, high) == (pytest.approx(2 - 0.5, abs=1), pytest.approx(97 + 0.5, abs=1))
    assert weighted_interval(value, np.eye(100)[7], 0.5) == (6.5, 7.5)


@pytest.mark.parametrize("rate", [2.5, 4.0, 13.5, 16.0, 20.0, 25.0, 30.0])
def test_a_strong_oscillation_outside_the_band_is_named_first_with_its_place(rate: float) -> None:
    result = answer(background(1) + wave(rate))
    strongest = result.peaks[0]
    assert 60 * strongest.freq == pytest.approx(rate, abs=0.1)
    assert 60 * strongest.low <= rate <= 60 * strongest.high
    assert strongest.place == ("below" if rate < 6 else "above")
    assert strongest.amplitude == pytest.approx(1.0, rel=0.25)
    assert result.pvalue > 0.05


def test_what_lies_at_a_breathing_rate_is_called_breathing_like_and_nothing_more() -> None:
    peaks = answer(background(2) + wave(15.0)).peaks
    assert peaks[0].label == "breathing-like"
    assert all(peak.label != "breathing-like" for peak in answer(background(2) + wave(30.0)).peaks)


def test_several_oscillations_are_all_named_the_in_band_one_among_them() -> None:
    peaks = answer(background(3) + wave(3.5) + 0.8 * wave(8.9) + 2 * wave(17.3)).peaks
    assert [place_of(peaks, rate) for rate in (3.5, 8.9, 17.3)] == ["below", "in", "above"]
    prominence = [peak.prominence_db for peak in peaks]
    assert prominence == sorted(prominence, reverse=True)


def test_noise_alone_has_hardly_a_name() -> None:
    count = [len(answer(background(seed)).peaks) for seed in range(20)]
    assert np.mean(count) < 0.5


@pytest.mark.parametrize(("base", "times"), [(4.0, 2), (4.7, 2), (3.1, 3), (2.6, 3)])
def test_a_harmonic_of_a_stronger_slower_rhythm_is_called_that(base: float, times: int) -> None:
    x = background(4) + 2 * wave(base) + 0.7 * wave(times * base, 0.3)
    result = answer(x)
    assert result.harmonic_of is not None
    assert 60 * result.harmonic_of == pytest.approx(base, abs=0.1)


def test_a_rhythm_that_is_no_multiple_is_no_harmonic() -> None:
    result = answer(background(5) + 2 * wave(4.0) + 0.7 * wave(9.4))
    assert result.pvalue <= 0.05
    assert result.harmonic_of is None


def test_a_rhythm_stronger_than_its_half_is_no_harmonic_of_it() -> None:
    result = answer(background(6) + 0.7 * wave(4.2) + 2 * wave(8.4))
    assert result.harmonic_of is None


def peak(freq: float, half: float, amplitude: float, place: str, label: str = "") -> Peak:
    return Peak(freq, freq - half, freq + half, 0.001, 10.0, amplitude, place, label)


def test_only_a_stronger_slower_rhythm_below_the_band_is_named_as_the_source() -> None:
    inside = peak(0.14, 0.001, 1.0, "in")
    resolution = 1 / 300
    below = peak(0.07, 0.001, 2.0, "below")
    assert harmonic_source(inside, (inside, below), resolution) == 0.07
    assert harmonic_source(inside, (peak(0.07, 0.001, 0.5, "below"),), resolution) is None
    assert harmonic_source(inside, (peak(0.28, 0.001, 2.0, "above"),), resolution) is None
    assert harmonic_source(inside, (peak(0.085, 0.001, 2.0, "below"),), resolution) is None
    assert (
        harmonic_source(peak(0.097, 0.001, 1.0, "below"), (peak(0.0485, 0.001, 2.0, "below"),), resolution)
        is None
    )
    assert harmonic_source(inside, (), resolution) is None


def test_harmonics_too_weak_to_be_listed_are_called_harmonics_all_the_same() -> None:
    results = [
        answer(background(seed, size=0.5) + 2 * wave(4.3) + 0.08 * wave(8.6, 0.2)) for seed in range(12)
    ]
    weak = [one for one in results if one.pvalue <= 0.05 and all(peak.place != "in" for peak in one.peaks)]
    assert weak
    assert sum(one.harmonic_of is None for one in weak) <= 1


def test_in_two_minutes_a_harmonic_shows_the_slow_rhythm_that_hides_in_the_noise() -> None:
    named, short, noise = 0, TIME[:1200], 0.45 * np.random.default_rng(8).standard_normal((6, 1200))
    for seed, white in enumerate(noise):
        slow = np.cos(2 * np.pi * (4.0 / 60 * short + 0.1 * seed))
        harmonic = 0.5 * np.cos(2 * np.pi * (8.0 / 60 * short + 0.2 * seed + 0.2))
        result = answer(background(seed, size=0.7)[:1200] + slow + harmonic + white)
        named += result.harmonic_of is not None and abs(60 * result.harmonic_of - 4.0) < 0.3
    assert named >= 5


def test_in_two_minutes_a_rhythm_alone_is_no_harmonic() -> None:
    for seed in range(6):
        rhythm = 0.7 * np.cos(2 * np.pi * (8.0 / 60 * TIME[:1200] + 0.1 * seed))
        assert answer(background(seed, size=0.7)[:1200] + rhythm).harmonic_of is None
