"""p-values and quantiles that all rooms share: closed forms and published values."""

import numpy as np
import pytest
import scipy

from touchrhythm.estimates import counted_pvalue, holm_adjusted, normal_quantile, rank_pvalue, t_quantile


def test_the_recording_counts_among_its_surrogates():
    assert counted_pvalue(0, 999) == 0.001
    assert counted_pvalue(49, 999) == 0.05
    assert counted_pvalue(999, 999) == 1.0


def test_the_rank_is_one_sided_counts_ties_and_leaves_missing_scores_out():
    null = np.array([1.0, 3.0, 0.5, np.nan])
    assert rank_pvalue(2.0, null) == 2 / 4
    assert rank_pvalue(3.0, null) == 2 / 4
    assert rank_pvalue(3.0 + 1e-13, null) == 2 / 4  # equal but for rounding
    assert rank_pvalue(3.1, null) == 1 / 4
    assert rank_pvalue(-9.0, null) == 1.0


def test_the_rank_does_not_depend_on_the_unit():
    null = np.random.default_rng(1).random(99)
    assert rank_pvalue(null[7], null) == rank_pvalue(1e9 * null[7], 1e9 * null)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
def test_quantiles_are_two_sided(level):
    assert normal_quantile(level) == pytest.approx(scipy.stats.norm.interval(level)[1], rel=1e-12)
    for df in (2.0, 7.5, 40):
        assert t_quantile(level, df) == pytest.approx(scipy.stats.t.interval(level, df)[1], rel=1e-12)


def test_adjusted_p_values_reject_what_holm_rejects():
    rng = np.random.default_rng(1)
    for _ in range(50):
        pvalues = rng.random(6) ** 3
        rejected, left = set(), sorted(range(6), key=lambda index: pvalues[index])
        while left and pvalues[left[0]] <= 0.05 / len(
            left
        ):  # as he wrote it: thresholds, from the smallest up
            rejected.add(left.pop(0))
        assert {index for index, p in enumerate(holm_adjusted(pvalues)) if p <= 0.05} == rejected
