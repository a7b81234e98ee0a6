"""Is the study test exact, does it find what follows, and does it say what it cannot tell?"""

import re

import numpy as np
import pytest
import scipy

from agreement_tables import zar_phasors
from touchrhythm.report.study.taps import rotation_sentences
from touchrhythm.study.phasors import stouffer_sum
from touchrhythm.study.pooled_phase import (
    pooled_lag,
    population_phase,
    resultant_interval,
    therapist_rotation_tests,
)
from touchrhythm.study.rotation import ROTATION_FORMS as FORMS
from touchrhythm.study.rotation import lag_phase, leave_one_out, rotation_test
from touchrhythm.study.session_permutation import permute_sessions
from touchrhythm.words.methods import PERMUTATION_VALIDITY, ROTATION_FORMS


def unrelated(n, rng):
    """Phasors of sessions without following: any length, uniform angle."""
    return rng.beta(2, 3, n) * np.exp(2j * np.pi * rng.random(n))


def following(n, rng, *, lag=0.6, spread=0.4):
    return rng.beta(3, 3, n) * np.exp(1j * (lag + spread * rng.standard_normal(n)))


def within_bounds(count, runs, share=0.05, error=0.0005):
    low, high = scipy.stats.binom.ppf([error, 1 - error], runs, share)
    return low <= count <= high


@pytest.mark.parametrize("form", ["undirected", "directional", "axial"])
@pytest.mark.parametrize("n", [4, 6, 12])
def test_studies_without_following_are_called_so_in_95_percent(form, n):
    rng = np.random.default_rng(n)
    found = 0
    for _ in range(400):
        z, taps = unrelated(n, rng), rng.integers(5, 60, n)
        phase = rng.random(n) if form == "directional" else None
        test = rotation_test(z, weights=taps, phase=phase, axial=form == "axial", n_rotations=199, rng=rng)
        found += test.pvalue <= 0.05
    assert within_bounds(found, 400)


def test_followers_are_found_and_a_declared_phase_helps():
    rng = np.random.default_rng(1)
    plain = declared = 0
    for _ in range(100):
        z = following(5, rng, spread=0.9)
        plain += rotation_test(z, n_rotations=199, rng=rng).pvalue <= 0.05
        declared += rotation_test(z, phase=0.6, n_rotations=199, rng=rng).pvalue <= 0.05
    assert declared > plain > 30


def test_flipped_polarity_is_invisible_to_the_first_form_and_seen_by_the_axial():
    rng = np.random.default_rng(2)
    z = following(10, rng, spread=0.2) * rng.choice([-1.0, 1.0], 10)
    assert rotation_test(z, rng=1).pvalue > 0.05
    assert rotation_test(z, axial=True, rng=1).pvalue < 0.001
    assert "polarity" in ROTATION_FORMS["axial"] and tuple(ROTATION_FORMS) == FORMS


def test_a_follower_whose_lag_is_random_has_no_common_phase_and_is_not_called_one_who_did_not_follow():
    rng = np.random.default_rng(3)
    result = rotation_test(0.9 * np.exp(2j * np.pi * rng.random(12)), rng=1)
    assert result.pvalue > 0.05
    said = " ".join(rotation_sentences(result))
    assert "no common phase" in said
    assert "That does not say that nobody followed" in said


def test_a_common_phase_is_said_with_its_lag():
    rng = np.random.default_rng(4)
    z = following(12, rng, spread=0.3)
    said = rotation_sentences(rotation_test(z, rng=1), lag=pooled_lag(z, period=np.full(12, 7.5), rng=1))
    assert "keep a common phase" in said[0]
    assert "s after the peak" in said[1]


def test_the_directional_test_is_one_sided():
    z = following(10, np.random.default_rng(5), spread=0.2)
    assert rotation_test(z, phase=0.6, rng=1).pvalue == 0.0001
    assert rotation_test(z, phase=0.6 + np.pi, rng=1).pvalue > 0.99


def test_phase_of_a_lag_depends_on_each_sessions_rate():
    assert lag_phase(1.0, [0.1, 0.2]) == pytest.approx([0.2 * np.pi, 0.4 * np.pi])
    assert lag_phase(0.0, [0.1], polarity=-1) == pytest.approx([np.pi])
    with pytest.raises(ValueError, match="polarity must be 1"):
        lag_phase(0.0, [0.1], polarity=0)
    with pytest.raises(ValueError, match="above 0 Hz"):
        lag_phase(0.0, [np.nan])


def test_p_is_one_plus_count_over_one_plus_rotations():
    result = rotation_test(np.full(8, 0.9), n_rotations=999, rng=1)
    assert result.pvalue == 0.001
    assert result.n_rotations == 999


def test_same_seed_same_p_and_session_order_does_not_matter_to_the_figure():
    z = unrelated(9, np.random.default_rng(6))
    assert rotation_test(z, rng=7) == rotation_test(z, rng=7)
    assert rotation_test(z[::-1], rng=7).resultant == pytest.approx(rotation_test(z, rng=7).resultant)


def test_long_studies_are_rotated_in_pieces_with_the_same_law():
    z = unrelated(2000, np.random.default_rng(8))
    null = rotation_test(z, n_rotations=999, rng=1).resultant_null
    expected = np.sqrt((np.abs(z) ** 2).sum()) / 2000 * np.sqrt(np.log(2))
    assert null.median == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize(
    ("z", "options", "words"),
    [
        ([0.5, 0.5, 0.5], {}, "at least 4 sessions, got 3"),
        ([0.5, np.nan, 0.5, 0.5], {}, "z must be finite"),
        ([5.0, 3.0, 9.0, 4.0], {}, "must not be longer than 1, got 9 (a sum instead of a mean?)"),
        ([[0.5, 0.5], [0.5, 0.5]], {}, "shape (n_sessions,), got (2, 2)"),
        ([0.5] * 4, {"weights": [1, 2]}, "one number per session, got shape (2,) for 4 sessions"),
        ([0.5] * 4, {"weights": [0, 0, 0, 0]}, "not all 0"),
        ([0.5] * 4, {"phase": 0.1, "axial": True}, "either directional (phase) or axial"),
        ([0.5] * 4, {"phase": [0.1, 0.2]}, "one finite angle in radians, or one per session"),
        ([0.5] * 4, {"n_rotations": 10}, "at least 99"),
    ],
)
def test_unusable_studies_are_refused_with_the_reason(z, options, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        rotation_test(z, **options)


def test_leaving_one_out_shows_which_sessions_carry_the_answer():
    z = 0.6 * np.exp(1j * np.array([0.0, 0.1, -0.1, 0.05, 2.1, 4.2]))
    p = leave_one_out(z, n_rotations=1999, rng=1)
    assert p.shape == (6,)
    assert p[:4].min() > 2 * p[4:].max()
    assert leave_one_out(zar_phasors(), phase=np.deg2rad(152), n_rotations=499, rng=1).max() < 0.02
    with pytest.raises(ValueError, match="at least 5 sessions, got 4"):
        leave_one_out(z[:4])


def test_stouffers_sum_is_calibrated_on_p_values_of_copies():
    rng = np.random.default_rng(9)
    found = sum(
        stouffer_sum((1 + rng.integers(0, 1000, 6)) / 1000, n_surrogates=999).pvalue <= 0.05
        for _ in range(1000)
    )
    assert within_bounds(found, 1000)


def test_stouffers_sum_survives_a_p_of_one_and_refuses_a_p_of_zero():
    assert 0 < stouffer_sum([1.0, 1.0, 0.001, 0.001]).pvalue < 1
    with pytest.raises(ValueError, match="above 0"):
        stouffer_sum([0.0, 0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="at least 4 sessions, got 2"):
        stouffer_sum([0.1, 0.2])


def test_swapping_sessions_finds_own_pairs_and_says_when_it_is_valid():
    rng = np.random.default_rng(10)
    table = 0.3 * np.exp(2j * np.pi * rng.random((8, 8)))
    np.fill_diagonal(table, 0.6 * np.exp(0.5j))
    found = permute_sessions(table, n_permutations=499, rng=1)
    assert found.pvalue <= 0.01
    within = permute_sessions(table, groups=[0, 0, 0, 0, 1, 1, 1, 1], n_permutations=99, rng=1)
    assert (found.scope, within.scope) == tuple(PERMUTATION_VALIDITY)


def test_swapping_sessions_needs_a_full_square_table():
    with pytest.raises(ValueError, match="n_sessions, n_sessions"):
        permute_sessions(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="every taps against every signal"):
        permute_sessions(np.full((4, 4), np.nan))
    with pytest.raises(ValueError, match="a group of at least two"):
        permute_sessions(np.full((4, 4), 0.3), groups=list("abcd"))


def test_pooled_lag_holds_the_true_lag():
    rng = np.random.default_rng(11)
    hit = known = 0
    for _ in range(300):
        found = pooled_lag(following(8, rng, spread=0.5), period=np.full(8, 7.5), n_boot=299, rng=rng)
        if not found.reason:
            known += 1
            hit += found.lag_low_s <= 0.6 / (2 * np.pi) * 7.5 <= found.lag_high_s
    assert known > 290
    assert 0.91 <= hit / known <= 0.985


def test_a_lag_spread_over_the_cycle_has_no_interval_but_a_reason():
    found = pooled_lag(
        0.5 * np.exp(2j * np.pi * np.arange(6) / 6 + 0.1j), period=np.full(6, 8.0), n_boot=199, rng=1
    )
    assert np.isnan(found.lag_low_s)
    assert "no common lag" in found.reason
    assert found.consistency <= found.consistency_null.high


def test_pooled_lag_needs_periods():
    with pytest.raises(ValueError, match="one time above 0 s per session"):
        pooled_lag([0.5] * 4, period=[7.0, 7.0, 0.0, 7.0])


def test_each_therapist_has_a_row_also_with_too_few_sessions():
    rng = np.random.default_rng(12)
    z = np.concatenate((following(6, rng, spread=0.2), unrelated(3, rng)))
    rows = therapist_rotation_tests(z, therapist=["T2"] * 6 + ["T1"] * 3, n_rotations=499, rng=1)
    assert [row.therapist for row in rows] == ["T1", "T2"]
    assert rows[0].test is None
    assert rows[0].reason == "3 of at least 4 sessions"
    assert rows[1].test.pvalue == 0.002


def test_a_claim_about_therapists_in_general_is_calibrated():
    rng = np.random.default_rng(13)
    therapist = np.repeat(np.arange(5), 4).tolist()
    declared = general = 0
    for _ in range(400):
        z = unrelated(20, rng)
        declared += population_phase(z, therapist=therapist, phase=0.4).pvalue <= 0.05
        general += population_phase(z, therapist=therapist, n_rotations=199, rng=rng).pvalue <= 0.05
    assert within_bounds(declared, 400)
    assert within_bounds(general, 400)


def test_one_good_therapist_does_not_speak_for_all():
    """The study test says that somebody followed; the population figure keeps its doubt."""
    rng = np.random.default_rng(14)
    z = np.concatenate((following(20, rng, spread=0.2), unrelated(20, rng)))
    therapist = ["A"] * 20 + ["B"] * 7 + ["C"] * 7 + ["D"] * 6
    assert rotation_test(z, phase=0.6, rng=1).pvalue <= 0.001
    found = population_phase(z, therapist=therapist, phase=0.6)
    assert found.ci_low < 0 < found.ci_high
    assert found.n_therapists == 4


def test_two_therapists_say_nothing_of_therapists_in_general():
    found = population_phase([0.5, 0.4, 0.5, 0.4], therapist=list("aabb"), phase=0.0)
    assert np.isnan(found.ci_low)
    assert "2 of at least 3 therapists" in found.reason


def test_the_interval_of_the_directional_figure_holds_the_true_one():
    """400 studies of 12 sessions: 95 % intervals hold the expected component in 91 to 98 of 100."""
    rng = np.random.default_rng(5)
    truth = float(np.mean(following(40000, rng, spread=0.5).real))
    held = 0
    for _ in range(400):
        low, high = resultant_interval(following(12, rng, spread=0.5), phase=0.0, n_boot=299, rng=rng)
        held += low <= truth <= high
    assert 0.91 <= held / 400 <= 0.98


def test_every_p_of_permutations_and_rotations_counts_the_study_itself():
    rng = np.random.default_rng(20)
    z = 0.9 * np.exp(0.3j + 0.02j * rng.standard_normal(24))
    table = np.where(np.eye(24), 0.9, 0.01 * np.exp(2j * np.pi * rng.random((24, 24))))
    therapist = np.repeat(np.arange(12), 2).tolist()
    assert permute_sessions(table, n_permutations=99, rng=1).pvalue == 1 / 100
    assert rotation_test(z, n_rotations=99, rng=1).pvalue == 1 / 100
    assert rotation_test(z, axial=True, n_rotations=99, rng=1).pvalue == 1 / 100
    assert population_phase(z, therapist=therapist, n_rotations=99, rng=1).pvalue == 1 / 100


def test_swapping_sessions_is_one_sided():
    """Own pairs that fit less than any others are no evidence of following."""
    table = np.full((8, 8), 0.5 + 0j)
    np.fill_diagonal(table, 0.01 * np.exp(2j * np.pi * np.arange(8) / 8))
    assert permute_sessions(table, n_permutations=99, rng=1).pvalue > 0.9


@pytest.mark.parametrize("sign", [1, -1])
def test_the_declared_phase_of_therapists_is_tested_on_one_side_with_students_t(sign):
    rng = np.random.default_rng(21)
    part = sign * (0.2 + 0.15 * rng.standard_normal(6))
    found = population_phase(part, therapist=list("abcdef"), phase=0.0)
    expected = scipy.stats.ttest_1samp(part, 0.0, alternative="greater")
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)
    low, high = expected.confidence_interval().low, scipy.stats.ttest_1samp(part, 0.0).confidence_interval()
    assert (found.ci_low, found.ci_high) == pytest.approx((high.low, high.high), rel=1e-9) and low > high.low
