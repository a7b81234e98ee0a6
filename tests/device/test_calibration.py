"""Does a calibration find the line, and is its uncertainty the true one?"""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.device.calibration import WeightReading, fit_calibration, scale_of


def weights(slope, zero, noise=0.0, back=0.0, rng=None):
    rng = rng or np.random.default_rng(1)
    up = [WeightReading(m, zero + slope * m + noise * rng.normal(), "up") for m in (0, 2, 5, 10, 20)]
    down = [
        WeightReading(m, zero + slope * m + back + noise * rng.normal(), "down") for m in (20, 10, 5, 2, 0)
    ]
    return up + down


def test_a_calibration_finds_the_line_and_the_hysteresis():
    line = fit_calibration(weights(420.0, 8000.0, back=4.2))
    assert line.counts_per_gram == pytest.approx(420.0, rel=1e-9)
    assert line.zero_counts == pytest.approx(8002.1)
    assert line.hysteresis_mg == pytest.approx(10.0)


def test_the_uncertainty_at_5_g_covers_the_truth_in_95_of_100():
    rng = np.random.default_rng(3)
    n = 600
    inside = 0
    for _ in range(n):
        line = fit_calibration(weights(420.0, 8000.0, noise=8.0, rng=rng))
        read = (8000.0 + 5 * 420.0 - line.zero_counts) / line.counts_per_gram
        inside += abs(read - 5.0) * 1e3 <= line.u95_mg
    assert 0.92 <= inside / n <= 0.98  # binomial 99.9 % range around .95 for 600


def test_the_uncertainty_at_5_g_is_that_of_a_regression_line_there():
    rows = weights(420.0, 8000.0, noise=8.0)
    mass = np.array([one.mass_g for one in rows]) - 5.0
    line = scipy.stats.linregress(mass, [one.counts for one in rows])
    expected = scipy.stats.t.ppf(0.975, len(rows) - 2) * line.intercept_stderr / line.slope
    assert fit_calibration(rows).u95_mg == pytest.approx(1e3 * expected, rel=1e-9)


def test_the_masses_own_uncertainty_is_carried_to_5_g():
    exact = fit_calibration(weights(420.0, 8000.0))
    coins = fit_calibration(weights(420.0, 8000.0), mass_u95_mg=100.0)
    assert exact.u95_mg < 1e-6
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(2000):  # masses wrong by 50 mg SD, the same going up and down
        wrong = dict(zip((0, 2, 5, 10, 20), [0.0, *(0.05 / 0.98 * rng.normal(size=4))], strict=True))
        rows = [WeightReading(m, 8000 + 420 * (m + wrong[m]), way) for way in ("up", "down") for m in wrong]
        line = fit_calibration(rows)
        errors.append((8000 + 420 * 5.0 - line.zero_counts) / line.counts_per_gram - 5.0)
    assert coins.u95_mg == pytest.approx(1.96 * 1e3 * np.std(errors), rel=0.06)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([WeightReading(0, 1.0), WeightReading(5, 2.0)], "at least three readings"),
        ([WeightReading(5, 1.0)] * 4, "of two different masses"),
        ([WeightReading(m, c) for m, c in ((0, 5.0), (5, 1.0), (10, 6.0))], "must follow the masses"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        fit_calibration(rows)


@pytest.mark.parametrize(
    "stored", [{}, {"counts_per_gram": "x", "zero_counts": 0}, {"counts_per_gram": 0, "zero_counts": 0}]
)
def test_a_stored_calibration_without_a_line_is_refused(stored):
    with pytest.raises(ValueError, match="counts_per_gram"):
        scale_of(stored)
