"""Do limits of agreement hold what they promise, and refuse what would deceive?"""

import re

import numpy as np
import pytest
import scipy

from touchrhythm.raters.limits import LIMIT_FORMS, equivalence, limits_of_agreement, proportional_bias

Z = 1.959964


def sessions(n, rng, *, subject=0.8, within=0.6, least=2, most=6):
    """Differences of n subjects with 2-6 sessions each about a bias of 0.3."""
    code = np.repeat(np.arange(n), rng.integers(least, most + 1, n))
    return 0.3 + subject * rng.standard_normal(n)[code] + within * rng.standard_normal(code.size), code


def covered(n, runs, rng, *, form=None, **spread):
    """Share of runs in which the upper limit's interval holds the true upper limit."""
    total = np.hypot(spread.get("subject", 0.8), spread.get("within", 0.6))
    hit = 0
    for _ in range(runs):
        difference, code = sessions(n, rng, **spread)
        found = limits_of_agreement(difference, np.zeros(difference.size), subject=code, form=form)
        hit += found.upper.ci_low <= 0.3 + Z * total <= found.upper.ci_high
    return hit / runs


@pytest.mark.parametrize("n", [8, 12, 20, 30])
def test_default_interval_holds_the_true_limit(n):
    assert 0.93 - 0.015 <= covered(n, 600, np.random.default_rng(n)) <= 0.98 + 0.01


def test_mixed_form_holds_the_true_limit():
    assert 0.92 <= covered(12, 150, np.random.default_rng(1), form="mixed") <= 0.99


def test_exact_interval_of_independent_pairs_holds_the_true_limit():
    rng = np.random.default_rng(2)
    hit = 0
    for _ in range(500):
        found = limits_of_agreement(0.3 + rng.standard_normal(8), np.zeros(8), subject=range(8))
        hit += found.lower.ci_low <= 0.3 - Z <= found.lower.ci_high
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 500, 0.95)
    assert low <= hit <= high


def test_treating_sessions_as_subjects_would_hold_far_less():
    """Why repeated rows are refused without their subject: coverage falls below 85 %."""
    rng = np.random.default_rng(3)
    hit = 0
    for _ in range(300):
        difference, _ = sessions(12, rng)
        found = limits_of_agreement(difference, np.zeros(difference.size), subject=range(difference.size))
        hit += found.upper.ci_low <= 0.3 + Z <= found.upper.ci_high
    assert hit / 300 < 0.85


def test_the_form_is_chosen_from_the_rows():
    rng = np.random.default_rng(4)
    x = rng.normal(8, 1, 12)
    assert limits_of_agreement(x, x + 1, subject=range(12)).form == "single"
    assert limits_of_agreement(x, x + rng.normal(0, 1, 12), subject=[0, 1, 2, 3, 4, 5] * 2).form == "one-way"


def test_bias_counts_every_subject_once():
    x = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 4.0])
    found = limits_of_agreement(x, np.zeros(6), subject=["a", "a", "a", "a", "b", "c"])
    assert found.bias.estimate == pytest.approx((1 + 2 + 4) / 3)
    assert "weighted by subjects" in found.bias.method


def test_rows_with_one_side_missing_are_left_out():
    x = np.array([6.0, 7.0, 8.0, np.nan, 9.0])
    y = np.array([6.5, 7.1, np.nan, 7.0, 9.2])
    assert limits_of_agreement(x, y, subject=list("abcde")).n_pairs == 3


def test_few_subjects_are_said_to_be_too_few():
    rng = np.random.default_rng(5)
    for n, few in ((5, True), (30, False)):
        difference, code = sessions(n, rng)
        found = limits_of_agreement(difference, np.zeros(difference.size), subject=code)
        assert found.too_few_subjects is few


@pytest.mark.parametrize(
    ("subject", "form", "words"),
    [
        (["a", "a", "b", "b", "c", "c"], "single", "needs one pair per subject, got 6 pairs of 3 subjects"),
        (["a", "b", "c", "d", "e", "f"], "one-way", "needs subjects with repeated pairs"),
        (["a", "b", "c", "d", "e", "f"], "constant", "repeated values on both sides"),
        (["a", "a", "a", "b", "b", "b"], None, "at least 3 subjects with both values, got 2"),
        (["a", "b", "c"], None, "one code per row, got 3 codes for 6 rows"),
        (["a", "b", "c", "d", "e", "f"], "bland", f"one of {', '.join(LIMIT_FORMS)}"),
    ],
)
def test_rows_that_do_not_fit_a_form_are_refused(subject, form, words):
    x = np.array([6.0, 7.0, 8.0, 9.0, 7.5, 6.5])
    with pytest.raises(ValueError, match=re.escape(words)):
        limits_of_agreement(x, x[::-1], subject=subject, form=form)


def test_equivalence_of_single_readings_needs_both_limits_inside():
    rng = np.random.default_rng(6)
    x = rng.normal(0, 0.1, 40)
    close = limits_of_agreement(x, np.zeros(40), subject=range(40))
    assert equivalence(close, 0.5).limits_within
    assert not equivalence(close, 0.1).limits_within
    assert equivalence(close, 0.1).mean_within
    with pytest.raises(ValueError, match="delta must be above 0, got 0"):
        equivalence(close, 0.0)


def test_mean_equivalence_is_two_one_sided_tests_at_five_percent():
    """At the very edge the means pass in 5 % of studies, binomial bounds."""
    rng = np.random.default_rng(7)
    passed = 0
    for _ in range(1000):
        found = limits_of_agreement(rng.normal(0.5, 0.5, 30), np.zeros(30), subject=range(30))
        passed += equivalence(found, 0.5).mean_within
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 1000, 0.05)
    assert low <= passed <= high


def test_proportional_bias_is_found_and_not_invented():
    rng = np.random.default_rng(8)
    true = rng.normal(8, 1.5, 40)
    grown = proportional_bias(1.5 * true + rng.normal(0, 0.3, 40), true, subject=range(40))
    assert grown.ci_low > 0.3
    found = 0
    for _ in range(400):
        base = rng.normal(8, 1, 20)
        one = proportional_bias(
            base + rng.normal(0, 0.5, 20), base + rng.normal(0, 0.5, 20), subject=range(20)
        )
        found += one.ci_low > 0 or one.ci_high < 0
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 400, 0.05)
    assert low <= found <= high


def test_limits_that_rest_on_too_little_say_so():
    rng = np.random.default_rng(4)
    few, wide, many = (
        limits_of_agreement(rng.standard_normal(n), np.zeros(n), subject=range(n), form="single")
        for n in (7, 9, 60)
    )
    span = wide.upper.estimate - wide.lower.estimate
    assert wide.n_subjects >= 8 and wide.upper.ci_high - wide.upper.ci_low > 0.6 * span
    assert few.too_few_subjects and wide.too_few_subjects and not many.too_few_subjects


def test_rows_per_subject_are_counted_by_their_harmonic_mean():
    code = np.repeat(np.arange(4), (1, 2, 4, 4))
    found = limits_of_agreement(np.arange(11.0), np.zeros(11), subject=code)
    assert found.mean_pairs == pytest.approx(2.0)  # 4 / (1 + 1/2 + 1/4 + 1/4)


def test_proportional_bias_is_the_regression_of_the_textbook():
    rng = np.random.default_rng(31)
    x, y = rng.normal(8, 1, 7), rng.normal(8, 1.4, 7)
    found = proportional_bias(x, y, subject=range(7))
    line = scipy.stats.linregress((x + y) / 2, x - y)
    half = scipy.stats.t.ppf(0.975, 7 - 2) * line.stderr
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx(
        (line.slope, line.slope - half, line.slope + half), rel=1e-9
    )


@pytest.mark.parametrize("form", ["one-way", "constant"])
def test_the_bias_of_repeated_pairs_has_as_many_degrees_of_freedom_as_subjects_less_one(form):
    rng = np.random.default_rng(32)
    code = np.repeat(np.arange(6), 3)
    x, y = rng.normal(8, 1, 18), rng.normal(8, 1, 18)
    found = limits_of_agreement(x, y, subject=code, form=form)
    means = (x - y).reshape(6, 3).mean(axis=1)
    low, high = scipy.stats.ttest_1samp(means, 0.0).confidence_interval(0.95)
    assert (found.bias.ci_low, found.bias.ci_high) == pytest.approx((low, high), rel=1e-9)


def test_the_limits_of_repeated_pairs_join_two_chi_squared_intervals():
    """Zou 2013: MOVER over the variance of subject means (n - 1) and within subjects (pairs - n)."""
    rng = np.random.default_rng(33)
    code = np.repeat(np.arange(6), 3)
    x = rng.normal(8, 1, 18)
    found = limits_of_agreement(x, np.zeros(18), subject=code, form="one-way")
    table = x.reshape(6, 3)
    between, within = table.mean(axis=1).var(ddof=1), table.var(axis=1, ddof=1).mean()
    parts = ((1.0, between, 5), (2 / 3, within, 12))
    total = sum(weight * square for weight, square, _ in parts)
    reach = sum(
        (weight * square * (df / scipy.stats.chi2.ppf(0.025, df) - 1)) ** 2 for weight, square, df in parts
    )
    high = (total + reach**0.5) ** 0.5
    sem = Z * (between / 6) ** 0.5
    expected = found.upper.estimate + np.hypot(sem, Z * (high - total**0.5))
    assert found.upper.ci_high == pytest.approx(expected, rel=1e-6)
