"""Are variance components found again, also where cells are missing?"""

import numpy as np
import pytest

from ratings import holding_gap, ratings
from touchrhythm.raters.reliability import icc
from touchrhythm.raters.variance_components import draw_components, fit_components


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
