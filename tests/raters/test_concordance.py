"""Does concordance punish what correlation forgives, and does its interval hold the truth?"""

import numpy as np
import pytest
import scipy

from agreement_tables import PEFR
from touchrhythm.raters.concordance import concordance


def test_concordance_with_repeats_equals_lin_where_there_are_none():
    x, y = PEFR[:, 0], PEFR[:, 2]
    gap = np.full((17, 1), np.nan)
    alone, padded = concordance(x, y), concordance(np.c_[x, gap], np.c_[y, gap])
    assert padded.estimate == pytest.approx(alone.estimate, abs=1e-12)
    assert "King" in padded.method


def test_concordance_punishes_a_shift_and_correlation_does_not():
    rng = np.random.default_rng(11)
    x = 8 + rng.standard_normal(50)
    assert concordance(x, x + 3).estimate < 0.3
    assert concordance(x, x).estimate == pytest.approx(1.0)


def test_guessers_have_no_concordance_however_close_they_are():
    rng = np.random.default_rng(12)
    found = [concordance(rng.normal(8, 0.5, 20), rng.normal(8, 0.5, 20)).estimate for _ in range(200)]
    assert abs(np.median(found)) < 0.05


@pytest.mark.parametrize("sessions", [1, 3])
def test_concordance_interval_holds_the_truth(sessions):
    """15 subjects; z interval (Lin) or jackknife (repeated): 92-98 % of 400."""
    rng = np.random.default_rng(13 + sessions)
    truth = 2.0 / (2.0 + 2 * 0.25 + 0.09)
    hit = 0
    for _ in range(400):
        subject = rng.standard_normal((15, 1))
        x = subject + 0.5 * rng.standard_normal((15, sessions))
        y = subject + 0.5 * rng.standard_normal((15, sessions)) + 0.3
        found = concordance(x[:, 0] if sessions == 1 else x, y[:, 0] if sessions == 1 else y)
        hit += found.ci_low <= truth <= found.ci_high
    assert 0.91 * 400 <= hit <= 0.985 * 400


def test_constant_values_have_no_concordance():
    with pytest.raises(ValueError, match="y does not"):
        concordance([1.0, 2.0, 3.0, 4.0], [5.0] * 4)


def test_the_interval_of_repeated_concordance_is_students_t_over_left_out_subjects():
    rng = np.random.default_rng(34)
    subject = rng.standard_normal((6, 1))
    x, y = (subject + 0.5 * rng.standard_normal((6, 2)) for _ in range(2))
    found = concordance(x, y)
    left = [np.arctanh(concordance(np.delete(x, k, 0), np.delete(y, k, 0)).estimate) for k in range(6)]
    error = (5 / 6 * np.sum((left - np.mean(left)) ** 2)) ** 0.5
    half = scipy.stats.t.ppf(0.975, 5) * error
    middle = np.arctanh(found.estimate)
    assert (found.ci_low, found.ci_high) == pytest.approx((np.tanh(middle - half), np.tanh(middle + half)))
