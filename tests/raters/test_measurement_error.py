"""Does the error of measurement hold the truth, and count raters only where asked?"""

import numpy as np
import pytest
import scipy

from ratings import holding_gap, ratings
from touchrhythm.raters.measurement_error import (
    smallest_detectable_change,
    standard_error_of_measurement,
    subject_sd,
    within_subject_sd,
)


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
