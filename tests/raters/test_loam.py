"""Are limits of agreement with the mean the spread about the mean of raters?"""

import itertools

import numpy as np
import pytest
import scipy

from ratings import holding_gap, ratings
from touchrhythm.raters.loam import loam, permute_loam


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


def test_limits_of_many_raters_that_are_swapped_count_themselves():
    true = np.linspace(6, 12, 10)[:, None]
    assert permute_loam(true + np.zeros(3), n_permutations=99, rng=1).pvalue == 1 / 100
