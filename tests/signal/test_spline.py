"""Splines: those of scipy, between samples that are real or complex."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.signal.spline import CubicSpline


@pytest.mark.parametrize("n", [4, 5, 6, 50, 3001])
def test_the_spline_is_that_of_scipy(n: int) -> None:
    rng = np.random.default_rng(n)
    at = np.concatenate(([0.0, n - 1.0, n - 0.5], rng.uniform(0, n - 1, 200), np.arange(n)))
    for y in (rng.standard_normal(n), np.cumsum(rng.standard_normal((2, n)), axis=1).T @ np.array([1, 1j])):
        truth = scipy.interpolate.CubicSpline(np.arange(n), y)(at)
        np.testing.assert_allclose(CubicSpline(y)(at), truth, rtol=0, atol=1e-12 * np.abs(y).max())
