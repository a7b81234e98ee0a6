"""Over time: where a rhythm comes and goes, that is seen; what a filter counts stands beside noise."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import SpectralFit, fit_spectrum, null_surrogates
from touchrhythm.rhythm.rate import bootstrap_samples, rate_of
from touchrhythm.rhythm.timecourse import CycleCount, TimeCourse, count_cycles, follow_rate
from touchrhythm.signal.filtering import analytic_trace
from touchrhythm.simulate.signals import simulate_noise, simulate_rhythm

BAND = (0.1, 0.2)
FS = 10.0
NAN = float("nan")


def gathered(x: np.ndarray) -> SpectralFit:
    return fit_spectrum(cut_into_blocks(x, fs=FS, band=BAND))


def counted(x: np.ndarray, n_surrogates: int, seed: int, edge: float = 5.0) -> CycleCount:
    spectral, trace = gathered(x), analytic_trace(x, fs=FS, band=BAND)
    surrogates = null_surrogates(spectral, n_surrogates, np.random.default_rng(seed))
    return count_cycles(trace, spectral, surrogates, edge=edge)


def noise(seed: int, seconds: float = 600) -> np.ndarray:
    return simulate_noise(round(seconds * FS), fs=FS, colour="pink", rng=seed)


def follow(spectral: SpectralFit, *, rhythm: bool = False, seed: int = 1) -> TimeCourse:
    rng = np.random.default_rng(seed)
    copies = null_surrogates(spectral, 49, rng, beside_rhythm=rhythm)
    if not rhythm:
        return follow_rate(spectral, copies)
    like = bootstrap_samples(spectral, 80, rng)
    return follow_rate(spectral, copies, rate=rate_of(spectral, like), rhythm=like)


def waves(*rates_cpm: float, seconds: float = 600) -> np.ndarray:
    """A sine whose rate changes in equal parts, without a jump of its phase."""
    rate = np.repeat(rates_cpm, round(seconds * FS) // len(rates_cpm))
    return np.cos(2 * np.pi * np.cumsum(rate) / 60 / FS)


def test_a_steady_rhythm_is_counted_to_the_cycle() -> None:
    count = counted(waves(8.0) + 0.05 * noise(1), 99, 1)
    assert count.rate_cpm == pytest.approx(8.0, abs=0.02)
    assert count.count == round(count.rate_cpm * count.duration / 60)
    # from the first to the last whole cycle, without the edges
    assert 570 < count.duration < 590


def test_a_count_of_noise_lies_where_counts_of_noise_lie() -> None:
    inside, spread = 0, []
    for seed in range(20):
        count = counted(noise(seed, 300), 99, seed)
        inside += count.null_cpm.low <= count.rate_cpm <= count.null_cpm.high
        spread.append(count.null_cpm.high - count.null_cpm.low)
        # what the band-pass makes of noise: Rice's rate, between 8 and 9.5 cpm whatever the noise
        assert 7.8 < count.null_cpm.median < 9.6
    assert inside >= 16  # 19 expected; fewer than 16 have a probability of .003
    assert np.median(spread) > 0.8


def test_edges_are_not_counted() -> None:
    x = waves(8.0, seconds=300) + 0.05 * noise(2, 300)
    near, far = counted(x, 19, 1, edge=5.0), counted(x, 19, 1, edge=60.0)
    assert 0 <= near.duration - far.duration <= 125
    assert far.duration <= 180


def test_a_steady_rhythm_stands_out_all_the_time() -> None:
    course = follow(gathered(waves(8.0) + 0.3 * noise(3)), rhythm=True)
    assert course.fraction > 0.95
    np.testing.assert_allclose(course.rate_cpm, 8.0, atol=0.4)
    assert np.isfinite(course.low_cpm).all()
    assert (course.low_cpm <= course.rate_cpm).all() and (course.rate_cpm <= course.high_cpm).all()
    assert len(course.episodes) == 1
    assert course.episodes[0, 1] - course.episodes[0, 0] > 500


def test_a_rhythm_that_is_there_for_a_third_of_the_time_stands_out_for_about_that() -> None:
    present = np.zeros(6000)
    present[2000:4000] = 1.0
    course = follow(gathered(1.5 * present * waves(8.5) + 0.5 * noise(4)), rhythm=True)
    assert course.fraction == pytest.approx(1 / 3, abs=0.12)
    inside = (course.time > 230) & (course.time < 370)
    assert course.detected[inside].all()
    longest = course.episodes[np.argmax(course.episodes[:, 1] - course.episodes[:, 0])]
    assert longest[0] == pytest.approx(200, abs=40) and longest[1] == pytest.approx(400, abs=40)


def test_a_change_of_rate_is_followed() -> None:
    course = follow(gathered(waves(7.5, 9.0) + 0.1 * noise(5)), rhythm=True)
    early, late = course.time < 260, course.time > 340
    assert np.median(course.rate_cpm[early]) == pytest.approx(7.5, abs=0.2)
    assert np.median(course.rate_cpm[late]) == pytest.approx(9.0, abs=0.2)


def test_windows_hold_the_true_rate_of_an_irregular_rhythm_mostly() -> None:
    held = total = 0
    for seed in range(4):
        wave, phase = simulate_rhythm(6000, fs=FS, rate_cpm=8.5, cv=0.08, rng=seed)
        spectral = gathered(wave + 0.6 * noise(10 + seed))
        course = follow(spectral, rhythm=True)
        at = np.arange(6000) / FS
        start, stop = course.time - course.window / 2, course.time + course.window / 2
        true = 60 * (np.interp(stop, at, phase) - np.interp(start, at, phase)) / course.window
        held += int(((course.low_cpm <= true) & (true <= course.high_cpm)).sum())
        total += true.size
    # neighbouring windows overlap by 45 s: some 40 independent ones of 148
    assert held / total > 0.85


def test_without_a_rhythm_the_rate_has_no_interval() -> None:
    course = follow(gathered(noise(6)))
    assert np.isnan(course.low_cpm).all() and np.isnan(course.high_cpm).all()
    assert np.isfinite(course.rate_cpm).all()


def test_noise_stands_out_as_its_null_says() -> None:
    share, above, null = [], 0, []
    for seed in range(25):
        course = follow(gathered(noise(100 + seed, 300)), seed=seed)
        share.append(course.fraction)
        null.append(course.fraction_null.median)
        above += course.fraction > course.fraction_null.high
    # 5 % of windows by construction; above the upper end of the range in 2.5 % of recordings
    assert np.mean(share) == pytest.approx(0.05, abs=0.05)
    assert above <= 4  # probability of more: .002 at 2.5 %, windows being few


def test_the_drift_of_a_hand_does_not_stand_out() -> None:
    beyond, n = 0, 40
    for seed in range(n):
        rng = np.random.default_rng((5, seed))
        velocity = scipy.signal.lfilter([1.0], [1.0, -0.99], rng.standard_normal(3000))
        spectral = fit_spectrum(
            cut_into_blocks(np.cumsum(velocity) + rng.standard_normal(3000), fs=FS, band=BAND)
        )
        course = follow_rate(spectral, null_surrogates(spectral, 60, rng))
        beyond += course.fraction > course.fraction_null.high
    # 2.5 % are expected beyond; with a plain mean taken out of each window 11 of 40 are
    assert beyond <= scipy.stats.binom.isf(1e-3, n, 0.08)


def test_windows_do_not_reach_across_gaps() -> None:
    x = waves(8.0, seconds=600) + 0.3 * noise(7)
    x[2900:3200] = NAN
    course = follow(gathered(x), rhythm=True)
    inside = (course.time > 290 - 29.9) & (course.time < 320 + 29.9)
    assert not inside.any()
    assert all(stop <= 290 or start >= 320 for start, stop in course.episodes)
