"""Do ICC, error of measurement and concordance say what they promise, also with cells missing?"""

import itertools
import re

import numpy as np
import pytest
import scipy

from agreement_tables import PEFR, SHROUT_FLEISS
from touchrhythm.raters.concordance import concordance
from touchrhythm.raters.loam import loam, permute_loam
from touchrhythm.raters.measurement_error import (
    smallest_detectable_change,
    standard_error_of_measurement,
    subject_sd,
    within_subject_sd,
)
from touchrhythm.raters.reliability import ICC_FORMS, icc, icc_forms
from touchrhythm.raters.variance_components import draw_components, fit_components


def ratings(n, k, *, subject=1.0, rater=0.3, residual=0.7, rng):
    return (
        8
        + subject * rng.standard_normal((n, 1))
        + rater * rng.standard_normal((1, k))
        + residual * rng.standard_normal((n, k))
    )


def holding_gap(x, share, rng):
    """Copy with a share of cells missing, every subject and rater kept."""
    gap = x.copy()
    gap[rng.random(x.shape) < share] = np.nan
    gap[np.isnan(gap).all(axis=1), 0] = x[np.isnan(gap).all(axis=1), 0]
    return gap


def test_forms_are_named_in_words():
    for form, words in ICC_FORMS.items():
        assert icc(SHROUT_FLEISS, form=form).method.startswith(words)
    assert "ICC(2,1)" in ICC_FORMS["A,1"]


def test_all_forms_at_once_equal_each_form_alone():
    assert icc_forms(SHROUT_FLEISS) == tuple(icc(SHROUT_FLEISS, form=form) for form in ICC_FORMS)


@pytest.mark.parametrize("form", ["1,1", "A,1", "C,1", "1,k", "A,k", "C,k"])
def test_shift_and_scale_change_nothing(form):
    one, two = icc(SHROUT_FLEISS, form=form), icc(3 * SHROUT_FLEISS + 1e6, form=form)
    assert two.estimate == pytest.approx(one.estimate, abs=1e-7)
    assert two.ci_low == pytest.approx(one.ci_low, abs=1e-7)


def test_missing_cells_are_labelled_and_keep_every_subject():
    gap = SHROUT_FLEISS.copy()
    gap[0, 0] = np.nan
    found = icc(gap, n_boot=99)
    assert found.n_subjects == 6
    assert found.n_sessions == 23
    assert "REML with 1 missing cells" in found.method
    assert "bootstrap" in found.method


def test_bootstrap_interval_equals_the_f_interval_on_a_complete_table():
    """The generalised interval of a ratio of mean squares is the F interval; 799 draws."""
    x = ratings(12, 4, rng=np.random.default_rng(1))
    drawn = draw_components(x, n_boot=799, rng=2)
    low, high = np.quantile(drawn[:, 0] / (drawn[:, 0] + drawn[:, 2]), (0.025, 0.975))
    exact = icc(x, form="C,1")
    assert (low, high) == (pytest.approx(exact.ci_low, abs=0.05), pytest.approx(exact.ci_high, abs=0.03))


def test_reml_with_missing_cells_finds_the_components():
    rng = np.random.default_rng(3)
    parts = []
    for _ in range(60):
        fit = fit_components(holding_gap(ratings(40, 6, rng=rng), 0.2, rng))
        parts.append((fit.subject, fit.rater, fit.residual))
    mean, error = np.mean(parts, axis=0), np.std(parts, axis=0) / 60**0.5
    assert np.all(np.abs(mean - np.array([1.0, 0.09, 0.49])) < 3.3 * error)


def test_an_icc_below_zero_is_shown_and_not_cut_off():
    x = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.1], [2.2, 1.0]])
    assert icc(x, form="C,1").estimate < -0.9
    assert fit_components(x, raters=False).subject < 0


def test_perfect_agreement_is_one():
    x = np.array([[6.0, 6.0], [7.0, 7.0], [9.0, 9.0]])
    assert [one.estimate for one in icc_forms(x)] == [1.0] * 6


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([[1.0, 2.0]], "at least 2 subjects and 2 raters, got 1 and 2 (are rows and columns swapped?)"),
        ([[1.0], [2.0]], "at least 2 subjects and 2 raters, got 2 and 1"),
        ([1.0, 2.0], "shape (n_subjects, n_raters), got shape (2,)"),
        ([[1.0, np.inf], [2.0, 3.0]], "finite or NaN, got infinity"),
        ([[1.0, np.nan], [2.0, np.nan]], "a rater without any rating: column 1"),
        ([[5.0, 5.0], [5.0, 5.0]], "without any spread there is no correlation"),
    ],
)
def test_unusable_ratings_are_refused_with_the_reason(x, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        icc(x)


def test_unknown_form_is_refused_with_the_list():
    with pytest.raises(ValueError, match=re.escape("one of 1,1, A,1, C,1")):
        icc(SHROUT_FLEISS, form="2,1")


@pytest.mark.parametrize("form", ["1,1", "A,1", "C,1"])
def test_icc_interval_holds_the_truth(form):
    """95 % of 400 tables of 15 subjects x 5 raters, binomial bounds at .0005 each side."""
    rng = np.random.default_rng(4)
    truth = {"1": 1 / 1.58, "A": 1 / 1.58, "C": 1 / 1.49}[form[0]]
    hit = 0
    for _ in range(400):
        x = ratings(15, 5, rng=rng)
        if form == "1,1":
            x = 8 + rng.standard_normal((15, 1)) + 0.58**0.5 * rng.standard_normal((15, 5))
        found = icc(x, form=form)
        hit += found.ci_low <= truth <= found.ci_high
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 400, 0.95)
    assert low <= hit <= high


@pytest.mark.long
@pytest.mark.parametrize("form", ["A,1", "C,1"])
def test_bootstrap_interval_holds_the_truth_with_missing_cells(form):
    rng = np.random.default_rng(5)
    truth, hit = {"A": 1 / 1.58, "C": 1 / 1.49}[form[0]], 0
    for _ in range(100):
        found = icc(holding_gap(ratings(12, 5, rng=rng), 0.15, rng), form=form, n_boot=199, rng=rng)
        hit += found.ci_low <= truth <= found.ci_high
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 100, 0.95)
    assert low <= hit <= high


def test_loam_is_the_spread_about_the_mean_of_raters():
    x = ratings(30, 4, rng=np.random.default_rng(6))
    error = x - x.mean(axis=1, keepdims=True)
    assert loam(x).estimate == pytest.approx(1.959964 * np.sqrt((error**2).sum() / x.size), rel=1e-6)


def test_loam_interval_holds_the_truth():
    rng = np.random.default_rng(7)
    truth = 1.959964 * np.sqrt(4 / 5 * (0.3**2 + 0.7**2))
    hits = sum(f.ci_low <= truth <= f.ci_high for f in (loam(ratings(15, 5, rng=rng)) for _ in range(400)))
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 400, 0.95)
    assert low <= hits <= high


def test_loam_with_missing_cells_is_near_the_complete_one():
    rng = np.random.default_rng(8)
    x = ratings(25, 4, rng=rng)
    found = loam(holding_gap(x, 0.1, rng), n_boot=99)
    assert found.estimate == pytest.approx(loam(x).estimate, rel=0.15)
    assert found.ci_low < found.estimate < found.ci_high


def test_error_of_measurement_counts_rater_differences_only_when_asked():
    x = ratings(40, 4, rater=2.0, rng=np.random.default_rng(9))
    with_raters, without = (standard_error_of_measurement(x, form=form) for form in "AC")
    assert with_raters.estimate > 1.2
    assert without.estimate == pytest.approx(0.7, abs=0.1)
    assert smallest_detectable_change(without).estimate == pytest.approx(2.7718 * without.estimate, rel=1e-4)


def test_error_of_measurement_with_missing_cells_is_labelled():
    x = holding_gap(ratings(20, 4, rng=np.random.default_rng(10)), 0.1, np.random.default_rng(1))
    found = standard_error_of_measurement(x, form="C", n_boot=49)
    assert found.ci_low < found.estimate < found.ci_high
    assert "bootstrap" in found.method


@pytest.mark.long
def test_error_of_measurement_interval_holds_the_truth_with_missing_cells():
    rng = np.random.default_rng(21)
    hit = 0
    for _ in range(100):
        x = holding_gap(ratings(15, 4, rng=rng), 0.1, rng)
        found = standard_error_of_measurement(x, form="C", n_boot=199, rng=rng)
        hit += found.ci_low <= 0.7 <= found.ci_high
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 100, 0.95)
    assert low <= hit <= high


def test_within_subject_sd_of_one_rating_each_is_refused():
    with pytest.raises(ValueError, match="at least one subject with two values"):
        within_subject_sd([1.0, 2.0], subject=["a", "b"])


def test_subject_sd_needs_two_subjects():
    with pytest.raises(ValueError, match="at least 2 subjects, got 1"):
        subject_sd([7.0])


def test_codes_and_values_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one code per row, got 1 codes for 2 rows"):
        within_subject_sd([1.0, 2.0], subject=["a"])


def test_concordance_with_repeats_equals_lin_where_there_are_none():
    x, y = PEFR[:, 0], PEFR[:, 2]
    gap = np.full((17, 1), np.nan)
    alone, padded = concordance(x, y), concordance(np.c_[x, gap], np.c_[y, gap])
    assert padded.estimate == pytest.approx(alone.estimate, abs=1e-12)
    assert "King" in padded.method


def test_concordance_punishes_a_shift_and_correlation_does_not():
    rng = np.random.default_rng(11)
    x = 8 + rng.standard_normal(50)
    assert concordance(x, x + 3).estimate < 0.3
    assert concordance(x, x).estimate == pytest.approx(1.0)


def test_guessers_have_no_concordance_however_close_they_are():
    rng = np.random.default_rng(12)
    found = [concordance(rng.normal(8, 0.5, 20), rng.normal(8, 0.5, 20)).estimate for _ in range(200)]
    assert abs(np.median(found)) < 0.05


@pytest.mark.parametrize("sessions", [1, 3])
def test_concordance_interval_holds_the_truth(sessions):
    """15 subjects; z interval (Lin) or jackknife (repeated): 92-98 % of 400."""
    rng = np.random.default_rng(13 + sessions)
    truth = 2.0 / (2.0 + 2 * 0.25 + 0.09)
    hit = 0
    for _ in range(400):
        subject = rng.standard_normal((15, 1))
        x = subject + 0.5 * rng.standard_normal((15, sessions))
        y = subject + 0.5 * rng.standard_normal((15, sessions)) + 0.3
        found = concordance(x[:, 0] if sessions == 1 else x, y[:, 0] if sessions == 1 else y)
        hit += found.ci_low <= truth <= found.ci_high
    assert 0.91 * 400 <= hit <= 0.985 * 400


def test_constant_values_have_no_concordance():
    with pytest.raises(ValueError, match="y does not"):
        concordance([1.0, 2.0, 3.0, 4.0], [5.0] * 4)


def test_a_mean_of_ratings_that_oppose_one_another_has_no_reliability_at_all():
    opposed = [[1, 2, 3], [3, 1, 2], [2, 3, 1]]  # all subjects alike in the mean: ICC(1,1) = -1/2
    assert icc(opposed, form="1,1").estimate == pytest.approx(-0.5)
    assert icc(opposed, form="1,k").estimate == -np.inf


def test_swapped_limits_are_the_limits_of_the_swapped_tables():
    x = np.array([[7.0, 7.4], [8.1, 8.6], [6.2, 7.0], [9.0, 9.1]])
    orders = list(itertools.permutations(range(4)))
    limits = [loam(np.column_stack((x[:, 0], x[list(order), 1]))).estimate for order in orders]
    found = permute_loam(x, n_permutations=4999, rng=1)
    own = sum(one <= limits[0] + 1e-9 for one in limits) / len(limits)
    assert found.pvalue == pytest.approx(own, abs=0.02)
    assert found.null.median == pytest.approx(np.median(limits), rel=0.05)
    agreeing = np.repeat(np.arange(12.0), 2).reshape(12, 2)
    assert permute_loam(agreeing, n_permutations=99, rng=1).pvalue == 1 / 100


def test_the_interval_of_repeated_concordance_is_students_t_over_left_out_subjects():
    rng = np.random.default_rng(34)
    subject = rng.standard_normal((6, 1))
    x, y = (subject + 0.5 * rng.standard_normal((6, 2)) for _ in range(2))
    found = concordance(x, y)
    left = [np.arctanh(concordance(np.delete(x, k, 0), np.delete(y, k, 0)).estimate) for k in range(6)]
    error = (5 / 6 * np.sum((left - np.mean(left)) ** 2)) ** 0.5
    half = scipy.stats.t.ppf(0.975, 5) * error
    middle = np.arctanh(found.estimate)
    assert (found.ci_low, found.ci_high) == pytest.approx((np.tanh(middle - half), np.tanh(middle + half)))


def test_limits_of_many_raters_that_are_swapped_count_themselves():
    true = np.linspace(6, 12, 10)[:, None]
    assert permute_loam(true + np.zeros(3), n_permutations=99, rng=1).pvalue == 1 / 100
