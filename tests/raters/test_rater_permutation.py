"""Does swapping tell raters who know the subject from raters who name a favourite?"""

import numpy as np
import pytest
import scipy

from touchrhythm.raters.rater_permutation import permute_raters


def test_swapping_tells_knowing_from_naming_a_favourite():
    rng = np.random.default_rng(9)
    true = rng.normal(8, 1, 15)
    follows = permute_raters(true + rng.normal(0, 0.3, 15), true, subject=range(15), rng=1)
    assert follows.pvalue == 0.0001
    assert follows.distance < follows.null.low
    guess = [
        permute_raters(rng.normal(8, 0.5, 15), true, subject=range(15), n_permutations=199, rng=rng).pvalue
        <= 0.05
        for _ in range(400)
    ]
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 400, 0.05)
    assert low <= sum(guess) <= high


def test_swapping_few_subjects_tries_every_order():
    found = permute_raters([6.0, 7.0, 8.0, 9.0], [6.0, 7.0, 8.0, 9.0], subject=list("abcd"))
    assert found.exact
    assert found.pvalue == 1 / 24
    with pytest.raises(ValueError, match="at least 4 subjects with both values, got 3"):
        permute_raters([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], subject=list("abc"))


def test_swapping_counts_itself_and_is_one_sided():
    true = np.linspace(6, 12, 15)
    swapped = permute_raters(true, true, subject=range(15), n_permutations=99, rng=1)
    assert not swapped.exact and swapped.pvalue == 1 / 100
    assert permute_raters(true, true[::-1], subject=range(15), n_permutations=99, rng=1).pvalue == 1.0
