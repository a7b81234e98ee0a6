"""Do published tables come out? Numbers in print to half their last digit, computed ones to 1e-6."""

import numpy as np
import pytest

from agreement_tables import PEFR, SHROUT_FLEISS, cardiac, zar_phasors
from touchrhythm.estimates import normal_quantile, sums_of_variances
from touchrhythm.raters.concordance import concordance
from touchrhythm.raters.limits import limits_of_agreement
from touchrhythm.raters.measurement_error import within_subject_sd
from touchrhythm.raters.reliability import icc
from touchrhythm.raters.variance_components import MeanSquares, fit_components
from touchrhythm.study.rotation import rotation_test

WRIGHT, MINI = PEFR[:, 0], PEFR[:, 2]
PEOPLE = [*range(17)]


def printed(text):
    """A printed number with half a unit of its last digit as tolerance."""
    decimals = len(text.partition(".")[2])
    return pytest.approx(float(text), abs=0.5 * 10.0**-decimals + 1e-12)


# Shrout & Fleiss (1979), table 3 and text; intervals: R psych 2.2.9 and irr 0.84.1 (four printed digits).
@pytest.mark.parametrize(
    ("form", "value", "computed", "low", "high"),
    [
        ("1,1", ".17", 0.165742, "-0.1329", "0.7226"),
        ("A,1", ".29", 0.289764, "0.0188", "0.7611"),
        ("C,1", ".71", 0.714841, "0.3425", "0.9459"),
        ("1,k", ".44", 0.442797, "-0.8844", "0.9124"),
        ("A,k", ".62", 0.620051, "0.0711", "0.9272"),
        ("C,k", ".91", 0.909315, "0.6757", "0.9859"),
    ],
)
def test_shrout_and_fleiss_1979(form, value, computed, low, high):
    found = icc(SHROUT_FLEISS, form=form)
    assert found.estimate == printed(value)
    assert found.estimate == pytest.approx(computed, abs=1e-6)
    assert (found.ci_low, found.ci_high) == (printed(low), printed(high))


def test_shrout_and_fleiss_1979_mean_squares():
    found = MeanSquares.of(SHROUT_FLEISS)
    assert found.rows == printed("11.24")
    assert found.within == printed("6.26")
    assert found.columns == printed("32.49")
    assert found.residual == printed("1.02")


def test_bland_and_altman_1986_peak_flow():
    found = limits_of_agreement(WRIGHT, MINI, subject=PEOPLE)
    assert found.bias.estimate == printed("-2.1")
    assert found.bias.estimate == pytest.approx(-2.117647, abs=1e-6)
    assert found.sd_total == printed("38.8")
    assert found.sd_total == pytest.approx(38.765130, abs=1e-6)
    half = 1.959964 * 38.765130
    assert found.upper.estimate - found.lower.estimate == pytest.approx(2 * half, abs=1e-4)
    # The paper takes 2 SD and rounds before it adds: hold its limits to that, +-0.35.
    assert found.bias.estimate - 2 * found.sd_total == pytest.approx(-79.7, abs=0.35)
    assert found.bias.estimate + 2 * found.sd_total == pytest.approx(75.5, abs=0.35)
    assert (found.bias.ci_low, found.bias.ci_high) == (printed("-22.0"), printed("17.8"))


def test_carkeet_2015_exact_intervals_on_peak_flow():
    found = limits_of_agreement(WRIGHT, MINI, subject=PEOPLE)
    assert (found.lower.ci_low, found.lower.ci_high) == (printed("-124.2"), printed("-53.1"))
    assert (found.upper.ci_low, found.upper.ci_high) == (printed("48.9"), printed("119.9"))


def test_bland_and_altman_1986_repeatability_and_corrected_sd():
    for first, second, coefficient in ((0, 1, "43.2"), (2, 3, "56.4")):
        both = np.concatenate((PEFR[:, first], PEFR[:, second]))
        sd = within_subject_sd(both, subject=PEOPLE * 2).estimate
        # Printed: 2 SD of differences whose mean is taken as 0, SD rounded to one decimal before it is doubled.
        assert 2 * 2**0.5 * sd == pytest.approx(float(coefficient), abs=0.1 + 1e-9)
    found = limits_of_agreement(
        np.concatenate((PEFR[:, 0], PEFR[:, 1])),
        np.concatenate((PEFR[:, 2], PEFR[:, 3])),
        subject=PEOPLE * 2,
        form="constant",
    )
    assert found.sd_between == printed("33.2")
    assert found.sd_total == printed("37.7")


def test_bland_and_altman_1999_cardiac_output_true_value_varies():
    """Default form; bias 0.7092 weighs by subjects (by pairs it would be 0.6022)."""
    subject, rv, ic = cardiac()
    found = limits_of_agreement(rv, ic, subject=subject)
    assert (found.lower.estimate, found.upper.estimate) == (printed("-1.297"), printed("2.715"))
    assert (found.lower.ci_low, found.upper.ci_high) == (printed("-2.663"), printed("4.081"))
    assert found.bias.estimate == printed("0.7092")
    assert (rv - ic).mean() == printed("0.6022")
    assert found.n_pairs == 60


def test_bland_and_altman_1999_cardiac_output_true_value_constant():
    """Confirmed by SimplyAgree 0.3.0, data type "reps"."""
    subject, rv, ic = cardiac()
    found = limits_of_agreement(rv, ic, subject=subject, form="constant")
    assert found.sd_between**2 == printed("0.9127")
    assert found.sd_total == printed("1.0519")
    assert (found.lower.estimate, found.upper.estimate) == (printed("-1.3524"), printed("2.7708"))
    assert (found.lower.ci_low, found.upper.ci_high) == (printed("-2.699"), printed("4.118"))


def test_parker_2016_mixed_model_on_cardiac_output():
    """REML of d ~ 1 + (1 | subject); confirmed by lme4 1.1.31 and statsmodels."""
    subject, rv, ic = cardiac()
    found = limits_of_agreement(rv, ic, subject=subject, form="mixed")
    assert found.bias.estimate == pytest.approx(0.704521, abs=1e-6)
    assert found.sd_between**2 == pytest.approx(0.872806, abs=1e-5)
    assert found.sd_within**2 == pytest.approx(0.170802, abs=1e-6)
    assert found.sd_total == pytest.approx(1.021572, abs=2e-6)
    assert (found.lower.estimate, found.upper.estimate) == (printed("-1.298"), printed("2.707"))


def test_carkeet_factor_agrees_with_nist_handbook_7_2_6_3():
    """One-sided normal tolerance factor, n 43, share .90, confidence .99: 1.8740."""
    import scipy

    factor = scipy.stats.nct.ppf(0.99, 42, scipy.stats.norm.ppf(0.90) * 43**0.5) / 43**0.5
    assert factor == printed("1.8740")
    # A two-sided share of .80 has the same 90 % point, a two-sided level of .98 the same .99 bound.
    values = np.random.default_rng(1).normal(size=43)
    found = limits_of_agreement(values, np.zeros(43), subject=range(43), share=0.80, level=0.98)
    assert (found.upper.ci_high - values.mean()) / values.std(ddof=1) == printed("1.8740")


def test_lin_1989_with_the_correction_of_2000_on_peak_flow():
    """Confirmed by SimplyAgree's ccc.xy."""
    found = concordance(WRIGHT, MINI)
    assert found.estimate == printed("0.94274")
    assert (found.ci_low, found.ci_high) == (printed("0.85049"), printed("0.97873"))


def test_christensen_2020_limits_with_the_mean_on_the_jones_2011_ultrasound_set():
    """40 subjects, 5 observers, sigma_B .285, sigma_E .579 -> 1.131 (1.010, 1.816), as the R package loamr prints."""
    n, k, observer, error = 40, 5, 0.285**2, 0.579**2
    squares = [error + n * observer, error]
    weights = [(k - 1) / (n * k), (n - 1) * (k - 1) / (n * k)]
    variance = sums_of_variances(weights, squares, [k - 1, (n - 1) * (k - 1)], 0.95)
    value, low, high = (normal_quantile(0.95) * v**0.5 for v in variance)
    assert value == printed("1.131")
    assert (low, high) == (printed("1.010"), pytest.approx(1.816, abs=0.001))


def test_zar_2010_second_order_sample():
    """Example 26.8: X -0.52734, 152 degrees; rotation test p .0002."""
    z = zar_phasors()
    assert z.mean().real == printed("-0.52734")
    test = rotation_test(z, rng=1, n_rotations=99_999)
    assert test.resultant == printed("0.59634")
    assert np.rad2deg(test.phase) == printed("152")
    assert test.pvalue == printed(".0002")


def test_reml_equals_the_analysis_of_variance_on_a_complete_table():
    fit = fit_components(SHROUT_FLEISS)
    ms = MeanSquares.of(SHROUT_FLEISS)
    assert fit.subject == pytest.approx((ms.rows - ms.residual) / 4, rel=1e-6)
    assert fit.rater == pytest.approx((ms.columns - ms.residual) / 6, rel=1e-6)
    assert fit.residual == pytest.approx(ms.residual, rel=1e-6)
