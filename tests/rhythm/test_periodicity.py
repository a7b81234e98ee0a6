"""The rhythm test: what it answers to rhythms and noises of known truth. Levels: test_calibration."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from rhythms import BAND, FS, noise, rhythmic
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import fit_spectrum
from touchrhythm.rhythm.periodicity import PeriodicityResult, periodicity_of, periodicity_test

NAN = float("nan")


def answer(x: np.ndarray, *, n_surrogates: int = 99, seed: int = 1, fs: float = FS) -> PeriodicityResult:
    return periodicity_test(x, fs=fs, band=BAND, rng=seed, n_surrogates=n_surrogates)


@pytest.mark.parametrize("rate", [6.06, 7.3, 8.0, 9.99, 11.7])
def test_a_clear_rhythm_in_the_band_is_found_at_its_rate(rate: float) -> None:
    result = answer(rhythmic(rate, snr_db=6))
    assert result.inside and result.pvalue == 0.01
    assert 60 * result.freq_low <= rate <= 60 * result.freq_high
    assert 60 * result.freq == pytest.approx(rate, abs=0.1)


@pytest.mark.parametrize("rate", [5.9, 12.1])
def test_a_rhythm_just_outside_is_called_outside_and_not_claimed(rate: float) -> None:
    for seed in range(5):
        result = answer(rhythmic(rate, snr_db=10, seed=seed))
        assert not result.inside
        assert result.pvalue == 1.0 and result.statistic == 0.0
        assert result.pvalue_with_edge == 0.01
        assert 60 * result.freq == pytest.approx(rate, abs=0.08)


def test_copies_whose_best_oscillation_lies_outside_the_band_do_not_count_against_one_inside() -> None:
    results = [one for one in (answer(noise(seed)) for seed in range(8)) if one.inside]
    assert len(results) >= 4
    assert all(one.pvalue <= one.pvalue_with_edge for one in results)
    assert any(one.pvalue < one.pvalue_with_edge for one in results)


def test_an_interval_across_an_edge_is_said_to_be_at_the_edge() -> None:
    assert answer(rhythmic(6.06, cv=0.1, seed=3)).at_edge
    assert not answer(rhythmic(9.0)).at_edge


@pytest.mark.parametrize("cv", [0.0, 0.1, 0.15])
def test_the_width_grows_with_the_irregularity(cv: float) -> None:
    widths = [answer(rhythmic(9.0, cv=cv, snr_db=15, seed=seed), n_surrogates=19).width for seed in range(8)]
    # half width of a rhythm whose cycles vary: pi CV² f
    assert np.median(widths) == pytest.approx(max(np.pi * cv**2 * 0.15, 0.25 / 300), rel=0.7)


def test_p_is_never_smaller_than_one_over_all_copies_and_says_how_many_reached() -> None:
    strong = answer(rhythmic(8.0, snr_db=20), n_surrogates=199)
    assert (strong.pvalue, strong.n_exceed, strong.n_surrogates) == (1 / 200, 0, 199)
    for seed in range(6):
        result = answer(noise(seed), n_surrogates=499)
        assert result.pvalue == (1 + result.n_exceed) / (1 + result.n_surrogates)


def test_copies_are_saved_only_where_the_answer_is_clear() -> None:
    made = {}
    for seed in range(12):
        result = answer(noise(seed), n_surrogates=399)
        made.setdefault(result.n_surrogates, []).append(result.n_exceed / result.n_surrogates)
    assert set(made) <= {199, 399}
    assert min(made[199]) > 0.2


def test_one_seed_gives_one_answer_and_another_seed_nearly_the_same() -> None:
    x = rhythmic(8.0, snr_db=-2)
    first, again, other = answer(x, seed=5), answer(x, seed=5), answer(x, seed=6)
    for one in fields(first):
        if one.name not in ("spectrum", "peaks"):
            assert getattr(first, one.name) == getattr(again, one.name)
    np.testing.assert_array_equal(first.spectrum.low, again.spectrum.low)
    assert (first.statistic, first.freq, first.amplitude) == (other.statistic, other.freq, other.amplitude)


@pytest.mark.parametrize("factor", [-1.0, 1e-6, 3e5])
def test_units_sign_and_level_change_nothing_but_units(factor: float) -> None:
    x = rhythmic(8.0, snr_db=0)
    plain, scaled = answer(x), answer(1e3 * factor + factor * x)
    assert scaled.pvalue == plain.pvalue
    assert scaled.freq == pytest.approx(plain.freq, abs=1e-6)
    assert scaled.amplitude == pytest.approx(abs(factor) * plain.amplitude, rel=1e-4)
    assert scaled.noise_rms == pytest.approx(abs(factor) * plain.noise_rms, rel=1e-4)


@pytest.mark.parametrize("fs", [10.0, 60.0, 1000.0])
def test_the_sampling_rate_does_not_matter(fs: float) -> None:
    time = np.arange(round(300 * fs)) / fs
    fine = np.interp(time, np.arange(3000) / FS, rhythmic(8.0, snr_db=6))
    result = answer(fine, fs=fs)
    assert result.pvalue == 0.01
    assert 60 * result.freq == pytest.approx(8.0, abs=0.05)


def test_two_stretches_of_150_s_give_one_answer() -> None:
    x = rhythmic(8.0, snr_db=6, seconds=320)
    x[1500:1700] = NAN
    result = answer(x)
    assert (result.n_segments, result.pvalue) == (2, 0.01)
    assert result.duration == pytest.approx(300, abs=12)
    assert result.skipped_s == 0.0


def test_three_stretches_of_100_s_give_none() -> None:
    x = rhythmic(8.0, seconds=320)
    x[1000:1100] = x[2100:2200] = NAN
    message = "the longest usable stretch lasts 100 s; a rate in 6–12 cpm needs at least 120 s"
    with pytest.raises(ValueError, match=re.escape(message)):
        answer(x)


def test_one_missing_sample_hardly_changes_the_answer() -> None:
    x = rhythmic(8.0, snr_db=3)
    whole = answer(x)
    x[1234] = NAN
    missing = answer(x)
    assert missing.n_segments == 1
    assert missing.freq == pytest.approx(whole.freq, abs=1e-4)
    assert missing.statistic == pytest.approx(whole.statistic, rel=0.05)


def test_half_an_hour_is_answered_block_by_block() -> None:
    result = answer(rhythmic(8.0, snr_db=-3, seconds=1800), n_surrogates=19)
    assert result.pvalue == 0.05
    assert 60 * result.freq == pytest.approx(8.0, abs=0.05)


@pytest.mark.parametrize("rate", [4.0, 15.0, 19.0])
def test_a_strong_oscillation_outside_the_band_does_not_make_a_rhythm_inside(rate: float) -> None:
    time = np.arange(3000) / FS
    found = 0
    for seed in range(12):
        found += answer(noise(seed) + 3 * np.cos(2 * np.pi * rate / 60 * time + seed)).pvalue <= 0.05
    assert found <= 3  # 12 at 5 %: more than 3 have a probability of .002


def test_a_rhythm_beside_breathing_is_found() -> None:
    time = np.arange(3000) / FS
    for seed in range(4):
        result = answer(rhythmic(8.5, snr_db=8, seed=seed) + 3 * np.cos(2 * np.pi * 16 / 60 * time))
        assert result.pvalue <= 0.02
        assert {peak.place for peak in result.peaks} >= {"in", "above"}


def test_the_spectrum_that_was_tested_is_handed_out_as_a_density_of_the_signal() -> None:
    rng = np.random.default_rng(3)
    spectra = [answer(2 * rng.standard_normal(3000), n_surrogates=99).spectrum for _ in range(12)]
    for name in ("density", "background"):
        # white noise of variance 4 at 10 samples/s: 0.8 per Hz, one-sided
        assert np.mean([getattr(one, name).mean() for one in spectra]) == pytest.approx(0.8, rel=0.04)
    outside = [((one.density < one.low) | (one.density > one.high)).mean() for one in spectra]
    # quantiles read from 99 copies: (2.45 + 1) / 100 lie beyond each
    assert np.mean(outside) == pytest.approx(0.069, abs=0.025)
    assert all(not getattr(spectra[0], one.name).flags.writeable for one in fields(spectra[0]))


def test_results_are_frozen() -> None:
    result = answer(noise(), n_surrogates=19)
    with pytest.raises(FrozenInstanceError):
        result.pvalue = 0.0  # type: ignore[misc]


@pytest.mark.parametrize("n_surrogates", [0, 18])
def test_too_few_copies_for_a_p_are_refused(n_surrogates: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"n_surrogates must be at least 19, got {n_surrogates}")):
        answer(noise(), n_surrogates=n_surrogates)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="is the band in cycles per minute"):
        periodicity_test(noise(), fs=FS, band=(6, 12))
    with pytest.raises(TypeError, match="n_copy"):
        periodicity_test(noise(), fs=FS, band=BAND, n_copy=99)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="the signal must vary"):
        answer(np.full(3000, 7.0))
    with pytest.raises(ValueError, match="got only NaN"):
        answer(np.full(3000, NAN))
    spectral = fit_spectrum(cut_into_blocks(noise(), fs=FS, band=BAND))
    with pytest.raises(TypeError, match="rng must be a seed"):
        periodicity_of(spectral, rng="1")  # type: ignore[arg-type]
