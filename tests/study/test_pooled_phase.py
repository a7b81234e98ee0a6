"""Are a study's common phase, its lag and its intervals what their formulas say?"""

import numpy as np
import pytest
import scipy

from touchrhythm.study.pooled_phase import _widened, pooled_lag
from touchrhythm.study.rotation import rotation_test


def test_the_figure_is_the_mean_weighted_by_taps():
    rng = np.random.default_rng(5)
    z, taps = rng.beta(3, 3, 9) * np.exp(1j * (0.6 + 0.4 * rng.standard_normal(9))), np.arange(1.0, 10.0)
    mean = np.average(z, weights=taps)
    found = rotation_test(z, weights=taps, n_rotations=99, rng=1)
    assert (found.resultant, found.phase) == pytest.approx((abs(mean), np.angle(mean)))
    and_one_without_taps = rotation_test([*z, -1.0], weights=[*taps, 0.0], n_rotations=99, rng=1)
    assert and_one_without_taps.resultant == pytest.approx(abs(mean))


def test_an_axis_stands_at_half_of_the_doubled_angle():
    z = 0.5 * np.exp(1j * (0.4 + np.pi * np.array([0, 1, 0, 1, 1, 0])))
    assert rotation_test(z, axial=True, n_rotations=99, rng=1).phase == pytest.approx(0.4)


@pytest.mark.parametrize("n", [4, 5, 10, 20, 200])
def test_bootstrap_quantiles_are_widened_for_few_sessions(n):
    # Hesterberg (2015): Φ(-t · √(n/(n - 1))) in the place of α/2
    tail = scipy.stats.norm.cdf(-scipy.stats.t.ppf(0.975, n - 1) * np.sqrt(n / (n - 1)))
    assert _widened(0.95, n) == pytest.approx((tail, 1 - tail))


def test_consistency_knows_nothing_of_how_closely_each_session_followed():
    found = pooled_lag([0.1, 0.9, 0.3, 0.5, 0.2], period=np.full(5, 7.5), n_boot=299, rng=1)
    assert (found.consistency_low, found.consistency, found.consistency_high) == pytest.approx((1, 1, 1))
    assert found.resultant_low < 0.4 < found.resultant_high
