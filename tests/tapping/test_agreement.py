"""Taps against a signal. Truth: closed forms, plain loops, and taps whose making is known."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from irregular_rhythms import BAND, FS, Array, inside, rhythm
from touchrhythm.simulate.session import simulate_cycles, simulate_session, simulate_taps
from touchrhythm.simulate.signals import wave_of
from touchrhythm.tapping.agreement import TapAgreement, rater_agreement, tap_agreement


def agreement(onset: Array, x: Array, **how: Any) -> TapAgreement:
    return tap_agreement(onset, x, fs=FS, band=BAND, **{"rng": 1, "n_surrogates": 199, **how})


def test_taps_half_a_second_after_the_peaks_have_that_lag_and_nothing_else() -> None:
    x, peak = rhythm(cv=0.03)
    found = agreement(inside(peak) + 0.5, x)
    assert found.resultant > 0.99
    assert found.lag_s == pytest.approx(0.5, abs=0.05)
    assert found.lag_low_s < 0.5 < found.lag_high_s
    assert found.lag_cycles == pytest.approx(0.5 / 7.5, abs=0.01)
    assert found.asynchrony_mean_s == pytest.approx(0.5, abs=0.05)
    assert found.asynchrony_sd_s < 0.1
    assert found.f_measure == 1.0
    assert found.ratio == pytest.approx(1, abs=0.01)
    assert found.ratio_low < 1 < found.ratio_high
    assert found.n_dropped == 0


def test_the_lag_is_right_whatever_the_rate_of_sampling() -> None:
    peak = simulate_cycles(600.0, rate_cpm=8.0, cv=0.03, rng=2)
    for fs in (2.0, 80.0, 1000.0):
        x = wave_of(peak, int(600 * fs), fs)[0]
        found = tap_agreement(inside(peak) + 0.7, x, fs=fs, band=BAND, rng=1)
        assert found.lag_s == pytest.approx(0.7, abs=0.05)


def test_troughs_are_followed_where_declared() -> None:
    x, peak = rhythm(cv=0.03)
    found = agreement(inside(peak) + 0.5, -x, polarity=-1, lag=(0.0, 1.5))
    assert found.statistic_name == "V"
    assert found.lag_s == pytest.approx(0.5, abs=0.05)
    assert found.v_statistic > 0.98
    wrong = agreement(inside(peak) + 0.5, -x, polarity=1, lag=(0.0, 1.5))
    assert wrong.v_statistic < 0.1


def test_one_tap_every_second_cycle_leaves_r_intact_and_two_need_the_doubled_angle() -> None:
    x, peak = rhythm(cv=0.05)
    kept = inside(peak)
    half = agreement(kept[::2] + 0.5, x, ratio=(1, 2))
    assert half.resultant > 0.98
    assert half.ratio == pytest.approx(0.5, abs=0.01)
    assert half.f_measure == 1.0
    double = np.sort(np.concatenate((kept, (kept[:-1] + kept[1:]) / 2))) + 0.5
    assert agreement(double, x).resultant < 0.1
    found = agreement(double, x, ratio=(2, 1))
    assert found.resultant > 0.95
    assert found.ratio == pytest.approx(2, abs=0.03)
    assert found.lag_s == pytest.approx(0.5, abs=0.1)
    assert found.lag_cycles == pytest.approx(0.5 / 7.5, abs=0.015)
    assert found.f_measure > 0.9


def test_the_tap_rate_is_intervals_over_time() -> None:
    x, peak = rhythm()
    onset = inside(peak)
    found = agreement(onset, x)
    assert found.rate_cpm == pytest.approx(60 * (onset.size - 1) / (onset[-1] - onset[0]))
    assert found.rate_low_cpm < found.rate_cpm < found.rate_high_cpm


def test_with_margins_taps_are_shifted_and_chance_plays_no_part() -> None:
    x, peak = rhythm()
    onset = inside(peak) + 0.3
    one, two = agreement(onset, x, rng=1), agreement(onset, x, rng=2)
    assert one.method == "linear shift"
    assert one.pvalue == two.pvalue
    assert one.margin_s == pytest.approx(min(onset[0] - 5, 595 - onset[-1]), abs=4)
    assert one.n_shifts == round(4 * one.margin_s)
    assert one.pvalue < 0.05


def test_without_margins_two_nulls_are_asked_and_the_seed_settles_the_answer() -> None:
    x, peak = rhythm(duration=400.0)
    onset = simulate_taps(peak, span=(8, 392), jitter=0.1, rng=5)
    one, again, other = (agreement(onset, x, rng=seed) for seed in (1, 1, 2))
    assert one.method == "circular shift and surrogate tapper"
    assert one.pvalue == again.pvalue
    assert one.resultant_null == again.resultant_null
    assert one.resultant_null != other.resultant_null
    assert one.pvalue < 0.05


def test_a_perfect_follower_of_an_irregular_rhythm_can_be_judged() -> None:
    x, peak = rhythm(cv=0.12)
    found = agreement(inside(peak) + 0.3, x)
    assert found.reason == ""
    assert found.pvalue < 0.05


def test_two_metronomes_cannot_be_judged_and_the_reason_is_given() -> None:
    x, _ = rhythm(cv=0.01)
    other = simulate_cycles(600.0, rate_cpm=8.0, cv=0.01, rng=9)
    found = agreement(inside(other), x)
    assert np.isnan(found.pvalue)
    assert "taps that do not belong reach R = " in found.reason
    assert found.resultant > 0.8  # what others would have called agreement


def test_without_a_declared_lag_and_polarity_only_r_is_tested() -> None:
    x, peak = rhythm()
    for how in ({}, {"polarity": 1}, {"lag": (0.0, 1.0)}):
        found = agreement(inside(peak), x, **how)
        assert found.statistic_name == "R"
        assert np.isnan(found.v_statistic)
        assert np.isnan(found.v_statistic_null.median)


def test_scores_stand_beside_chance_levels_that_unrelated_taps_have() -> None:
    seen = {"r": [], "f": [], "sd": []}
    for seed in range(20):
        x, _ = rhythm(seed=seed)
        other = inside(simulate_cycles(600.0, rate_cpm=8.0, cv=0.15, rng=100 + seed))
        found = agreement(other, x)
        seen["r"].append((found.resultant_null.low, found.resultant, found.resultant_null.high))
        seen["f"].append((found.f_null.low, found.f_measure, found.f_null.high))
        sd = found.asynchrony_sd_null_s
        seen["sd"].append((sd.low, found.asynchrony_sd_s, sd.high))
    for rows in seen.values():
        low, value, high = np.array(rows).T
        assert np.mean((low <= value) & (value <= high)) >= 0.8  # 95 % nominal, 20 runs
    assert 0.25 < np.median([row[1] for row in seen["f"]]) < 0.4  # one third by chance at 1/6


def test_taps_in_gaps_and_near_edges_are_dropped_and_counted() -> None:
    x, peak = rhythm()
    x = x.copy()
    x[2500:2800] = np.nan
    onset = inside(peak, 0.0, 600.0)
    found = agreement(onset, x)
    lost = (onset < 5) | (onset > 595) | ((onset > 245) & (onset < 285))
    assert found.n_dropped == pytest.approx(lost.sum(), abs=1)
    assert found.n_taps + found.n_dropped == onset.size
    assert found.phase.size == found.asynchrony.size == found.onset.size == found.n_taps
    assert found.rate_cpm == pytest.approx(
        60 * (onset.size - 1) / (onset[-1] - onset[0])
    )  # taps in gaps are taps
    assert found.ratio == pytest.approx(1, abs=0.02)


def test_the_scale_and_the_offset_of_the_signal_do_not_matter() -> None:
    x, peak = rhythm()
    onset = simulate_taps(peak, span=(130, 470), jitter=0.2, rng=7)
    noisy = x + np.random.default_rng(8).standard_normal(x.size)
    one, two = agreement(onset, noisy), agreement(onset, 1e4 + 300 * noisy)
    assert one.resultant == pytest.approx(two.resultant, rel=1e-6)
    assert one.pvalue == two.pvalue


def test_a_follower_of_a_drifting_rhythm_has_ratio_1_with_a_narrow_interval() -> None:
    held, width = 0, []
    for seed in range(40):
        x, peak = rhythm(cv=0.05, drift=0.3, seed=seed)
        found = agreement(simulate_taps(peak, span=(60, 540), jitter=0.05, missed=0.0, rng=seed + 1000), x)
        held += found.ratio_low <= 1 <= found.ratio_high
        width.append(found.ratio_high - found.ratio_low)
    assert held >= 36
    assert np.median(width) < 0.05


def test_two_raters_are_compared_by_the_same_code() -> None:
    _, peak = rhythm(cv=0.12)
    one = simulate_taps(peak, span=(60, 540), jitter=0.05, missed=0.0, rng=1)
    two = simulate_taps(peak, span=(60, 540), lag_s=0.9, jitter=0.05, missed=0.0, rng=2)
    found = rater_agreement(two, one, duration=600.0, raters=("B", "A"), rng=1)
    assert (found.rater, found.reference) == ("B", "A")
    assert found.resultant > 0.85
    assert found.lag_s == pytest.approx(0.4, abs=0.2)
    assert found.pvalue < 0.05
    assert np.isnan(found.press_artefact_pvalue)
    stranger = inside(simulate_cycles(600.0, rate_cpm=8.0, cv=0.12, rng=77), 60, 540)
    assert rater_agreement(stranger, one, duration=600.0, rng=1).pvalue > 0.05


def test_pressing_that_shakes_the_sensor_is_told_from_following() -> None:
    honest, shaken = [], []
    for seed in range(25):
        for kept, press in ((honest, 0.0), (shaken, 0.1)):
            session = simulate_session(
                duration_s=400, fs=25.0, cv=0.1, pulse_cpm=68.0, tapper="follow", press_g=press, rng=seed
            )
            force = session.recording.channel(0)
            kept.append(tap_agreement(session.taps[0].onset, force, fs=25.0, band=BAND, rng=1))
    assert np.mean([one.press_artefact_pvalue <= 0.05 for one in shaken]) >= 0.95
    assert np.median([one.press_artefact_ratio for one in shaken]) > 1.3
    assert np.mean([one.press_artefact_pvalue <= 0.05 for one in honest]) <= 0.2  # 5 % nominal, 25 runs
    assert np.median([one.press_artefact_ratio for one in honest]) == pytest.approx(1, abs=0.05)


def test_too_few_taps_and_wrong_arguments_are_refused_in_words() -> None:
    x, peak = rhythm()
    onset = inside(peak)
    for change, words in (
        ({"onset": onset[:4]}, "taps can be judged from 5 usable ones, got 4"),
        (
            {"onset": np.array([1.0, 2.0, 3.0, 4.0, 100.0])},
            "got 1 (4 of 5 lie in a gap or too near to an edge)",
        ),
        ({"onset": onset * 1000}, "are the taps in milliseconds?"),
        ({"onset": onset[::-1]}, "onset must increase"),
        ({"polarity": 2}, "polarity must be 1 (peaks), -1 (troughs) or None"),
        ({"lag": (1.5, 0.0)}, "lag must be (shortest, longest)"),
        ({"ratio": (2, 2)}, "ratio must be in lowest terms"),
        ({"ratio": (0, 1)}, "two whole numbers"),
        ({"tolerance_fraction": 0.7}, "up to one half"),
        ({"band": (6.0, 12.0)}, "cycles per minute"),
        ({"x": x[:100]}, "the recording at 10 s"),
        ({"x": np.full(6000, np.nan)}, "longest usable stretch lasts 0 s"),
    ):
        given: dict[str, Any] = {"onset": onset, "x": x, "fs": FS, "band": BAND, **change}
        with pytest.raises(ValueError, match=re.escape(words)):
            tap_agreement(given.pop("onset"), given.pop("x"), **given)
    with pytest.raises(TypeError):
        agreement(onset, x, tolerence=0.1)
    with pytest.raises(ValueError, match="the other rater must have at least 5 taps, got 3"):
        rater_agreement(onset, onset[:3], duration=600.0)


def test_a_constant_signal_has_no_phase_to_follow() -> None:
    _, peak = rhythm()
    with pytest.raises(ValueError, match="taps can be judged from 5 usable ones, got 0"):
        agreement(inside(peak), np.full(6000, 5.0))
