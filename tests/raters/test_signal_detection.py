"""Do d-prime, criterion and confidence hold what they promise?"""

import re

import numpy as np
import pytest
import scipy

from touchrhythm.raters.signal_detection import confidence_calibration, detection, score_trials


def coverage(n_yes, n_no, rates, quantity):
    """Exact coverage at each pair of true shares, by enumeration of all outcomes."""
    low, high = np.empty((2, n_yes + 1, n_no + 1))
    for hits in range(n_yes + 1):
        for alarms in range(n_no + 1):
            one = getattr(detection(hits, n_yes - hits, alarms, n_no - alarms), quantity)
            low[hits, alarms], high[hits, alarms] = one.ci_low, one.ci_high
    found = []
    for yes, no in rates:
        a, b = scipy.stats.norm.ppf([yes, no])
        truth = a - b if quantity == "d_prime" else -(a + b) / 2
        weight = np.outer(
            scipy.stats.binom.pmf(np.arange(n_yes + 1), n_yes, yes),
            scipy.stats.binom.pmf(np.arange(n_no + 1), n_no, no),
        )
        found.append(weight[(low <= truth) & (truth <= high)].sum())
    return np.array(found)


@pytest.mark.parametrize("quantity", ["d_prime", "criterion"])
def test_interval_covers_93_to_97_percent_from_20_trials_a_class(quantity):
    """True shares .10-.90: exact enumeration, so no chance in it; a few points may touch .925."""
    rates = np.random.default_rng(1).uniform(0.1, 0.9, (300, 2))
    for sizes in ((20, 20), (20, 40)):
        found = coverage(*sizes, rates, quantity)
        assert found.min() > 0.925
        assert found.max() < 0.972
        assert np.mean((found >= 0.93) & (found <= 0.97)) > 0.99


def test_interval_covers_more_near_shares_of_0_and_1_never_less():
    rates = [(0.97, 0.03), (0.99, 0.01), (0.5, 0.02), (0.98, 0.5)]
    assert coverage(20, 20, rates, "d_prime").min() > 0.93


def test_d_prime_of_a_textbook_case():
    """Macmillan & Creelman (2005): H .8, F .2 -> d' 1.683, c 0; the correction vanishes with many trials."""
    found = detection(80_000, 20_000, 20_000, 80_000)
    assert found.d_prime.estimate == pytest.approx(1.683, abs=0.001)
    assert found.criterion.estimate == pytest.approx(0.0, abs=1e-9)


def test_shares_of_0_and_1_give_finite_figures_and_say_that_they_are_corrected():
    found = detection(20, 0, 0, 20)
    assert found.corrected
    assert np.isfinite([found.d_prime.estimate, found.d_prime.ci_low, found.d_prime.ci_high]).all()
    assert found.d_prime.estimate == pytest.approx(2 * scipy.stats.norm.ppf(20.5 / 21))
    assert (found.hit_rate.estimate, found.hit_rate.ci_high) == (1.0, 1.0)
    assert (found.false_alarm_rate.estimate, found.false_alarm_rate.ci_low) == (0.0, 0.0)


def test_claiming_absence_is_a_criterion_and_no_insensitivity():
    found = detection(10, 10, 1, 19)
    assert found.criterion.estimate > 0.5
    assert found.d_prime.ci_low > 0.4


def test_guessing_has_no_sensitivity_whatever_the_bias():
    for felt in (2, 10, 18):
        found = detection(felt, 20 - felt, felt, 20 - felt)
        assert found.d_prime.estimate == pytest.approx(0.0)
        assert found.d_prime.ci_low < 0 < found.d_prime.ci_high


def test_felt_nothing_is_an_answer_and_no_answer_is_counted():
    found = score_trials([True, True, True, False, False, False], [True, False, None, False, False, True])
    assert (found.hits, found.misses, found.false_alarms, found.correct_rejections) == (1, 1, 1, 2)
    assert found.n_no_answer == 1
    assert found.too_few


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: detection(5, 5, 0, 0),
            ValueError,
            "trials with and without a rhythm, got 10 with and 0 without",
        ),
        (lambda: detection(-1, 5, 1, 1), ValueError, "hits must be a whole number not below 0, got -1"),
        (lambda: detection(1.5, 5, 1, 1), ValueError, "hits must be a whole number"),
        (lambda: score_trials([True], []), ValueError, "one length, got 1 and 0"),
        (lambda: score_trials([True], ["yes"]), TypeError, "True, False or None, got 'yes' at trial 1"),
        (lambda: score_trials([None], [True]), TypeError, "present must hold True or False, got None"),
        (lambda: confidence_calibration([80.0] * 5, [1] * 5), ValueError, "0–1, got 80 (percent?)"),
        (lambda: confidence_calibration([0.8] * 5, [2] * 5), ValueError, "1 (right) or 0 (wrong)"),
        (lambda: confidence_calibration([0.8] * 3, [1] * 3), ValueError, "at least 5 trials"),
    ],
)
def test_wrong_trials_are_refused_with_the_reason(call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call()


def test_a_calibrated_rater_is_not_called_overconfident():
    rng = np.random.default_rng(2)
    called = 0
    for _ in range(400):
        stated = rng.uniform(0.5, 1.0, 60)
        right = (rng.random(60) < stated).astype(float)
        one = confidence_calibration(stated, right).overconfidence
        called += not one.ci_low <= 0 <= one.ci_high
    low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 400, 0.05)
    assert low <= called <= high


def test_a_rater_who_is_always_sure_is_overconfident_and_does_not_discriminate():
    right = np.tile([1.0, 0.0], 20)
    found = confidence_calibration(np.full(40, 0.95), right)
    assert found.overconfidence.ci_low > 0.25
    assert found.discrimination.estimate == 0.5


def test_discrimination_interval_holds_the_truth():
    """Normal confidence scores d apart have area Phi(d / sqrt 2); 60 trials, 91-99 % of 400."""
    rng = np.random.default_rng(3)
    truth, hit = scipy.stats.norm.cdf(0.8 / 2**0.5), 0
    for _ in range(400):
        right = (rng.random(60) < 0.6).astype(float)
        stated = scipy.special.expit(rng.standard_normal(60) + 0.8 * right)
        one = confidence_calibration(stated, right).discrimination
        hit += one.ci_low <= truth <= one.ci_high
    assert 0.92 * 400 <= hit <= 0.985 * 400


def test_all_answers_right_leave_discrimination_open():
    found = confidence_calibration([0.9, 0.8, 0.9, 0.7, 0.6], [1, 1, 1, 1, 1])
    assert np.isnan(found.discrimination.estimate)
    assert "all answers right" in found.discrimination.method


def test_bins_hold_every_trial_once():
    stated = np.array([0.0, 0.2, 0.39, 0.4, 0.99, 1.0, np.nan])
    found = confidence_calibration(stated, [1, 0, 1, 1, 0, 1, 1])
    assert found.bin_n.sum() == found.n == 6
