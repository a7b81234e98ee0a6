"""Do ICC, error of measurement and concordance say what they promise, also with cells missing?"""

import re

import numpy as np
import pytest
import scipy

from agreement_tables import SHROUT_FLEISS
from ratings import holding_gap, ratings
from touchrhythm.raters.reliability import ICC_FORMS, icc, icc_forms
from touchrhythm.raters.variance_components import fit_components


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


def test_a_mean_of_ratings_that_oppose_one_another_has_no_reliability_at_all():
    opposed = [[1, 2, 3], [3, 1, 2], [2, 3, 1]]  # all subjects alike in the mean: ICC(1,1) = -1/2
    assert icc(opposed, form="1,1").estimate == pytest.approx(-0.5)
    assert icc(opposed, form="1,k").estimate == -np.inf


FAVOURITES = {
    "whole numbers": [[8.0, 9.0]] * 5,
    "numbers that squares do not cancel": [[8.1, 9.3]] * 5,
    "three raters": [[7.0, 8.0, 9.0]] * 4,
    "a cell is missing": [[8.0, 9.0], [8.0, np.nan], [8.0, 9.0], [8.0, 9.0]],
}


@pytest.mark.parametrize("kind", FAVOURITES)
def test_raters_who_each_name_one_rate_for_everybody_have_no_correlation(kind):
    for form in ICC_FORMS:
        with pytest.raises(ValueError, match="each rater gives all subjects the same rating"):
            icc(FAVOURITES[kind], form=form)


@pytest.mark.parametrize("form", ICC_FORMS)
def test_equal_ratings_have_no_correlation(form):
    with pytest.raises(ValueError, match="all ratings are equal"):
        icc([[8.1, 8.1]] * 5, form=form)
