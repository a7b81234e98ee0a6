"""How large is the error of one rating, and how different are the subjects?

**Conventions.** Ratings `x` of several raters have shape (n_subjects, n_raters), NaN where a cell is
missing; repeated values of one rater have shape (n,) with the `subject` of each. Results are in the
unit of the values.

- `standard_error_of_measurement` : the error of one rating
- `within_subject_sd` : spread of repeated values of one subject
- `smallest_detectable_change` : what error alone would not bring
- `subject_sd` : spread between subjects
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_fraction
from touchrhythm.estimates import (
    Estimate,
    check_codes,
    check_pairs,
    check_ratings,
    normal_quantile,
    sums_of_variances,
)
from touchrhythm.raters.variance_components import MeanSquares, draw_components, fit_components
from touchrhythm.words import say
from touchrhythm.words.rate_methods import RATE_METHODS

__all__ = [
    "smallest_detectable_change",
    "standard_error_of_measurement",
    "subject_sd",
    "within_subject_sd",
]


def standard_error_of_measurement(
    x: npt.ArrayLike,
    *,
    form: str = "A",
    level: float = 0.95,
    n_boot: int = 499,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Standard deviation of one rating about its subject's true value, in the unit of `x`.

    Parameters
    ----------
    x : array_like, shape (n_subjects, n_raters)
        Ratings, NaN where a cell is missing.
    form : {"A", "C"}, default "A"
        "A" counts differences between raters as error, "C" does not.
    level : float, default 0.95
        Confidence level.
    n_boot, rng
        As in `icc`; only used where cells are missing.

    Returns
    -------
    Estimate
        Interval by the modified large-sample method (exact for "C"), or by bootstrap.

    Raises
    ------
    ValueError
        If the form is unknown or there are fewer than 2 subjects or raters.

    References
    ----------
    de Vet HCW, Terwee CB, Knol DL, Bouter LM (2006) When to use agreement versus reliability
    measures. J Clin Epidemiol 59:1033–1039.
    """
    if form not in ("A", "C"):
        raise ValueError(f"form must be 'A' (absolute agreement) or 'C' (consistency), got {form!r}")
    check_fraction(level, "level")
    array = check_ratings(x)
    n, k = array.shape
    raters = say(RATE_METHODS, "raters_counted" if form == "A" else "raters_left_out")
    if np.isfinite(array).all():
        ms = MeanSquares.of(array)
        weights = [1 / n, (n - 1) / n] if form == "A" else [0.0, 1.0]
        variance = sums_of_variances(weights, [ms.columns, ms.residual], [k - 1, (n - 1) * (k - 1)], level)
        method = say(RATE_METHODS, "sem", raters=raters)
    else:
        variance = _sem_incomplete(array, form, level, n_boot, rng)
        method = say(RATE_METHODS, "sem_incomplete", raters=raters, n=n_boot)
    value, low, high = (float(np.sqrt(v)) for v in variance)
    return Estimate(
        f"sem_{form.lower()}", value, low, high, level, method, n, k, int(np.isfinite(array).sum())
    )


def _sem_incomplete(
    x: FloatArray, form: str, level: float, n_boot: int, rng: np.random.Generator | int | None
) -> tuple[float, float, float]:
    rater = 1.0 if form == "A" else 0.0
    fit = fit_components(x)
    drawn = draw_components(x, n_boot=n_boot, rng=rng) @ np.array([0.0, rater, 1.0])
    low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2))
    return max(fit.residual + rater * fit.rater, 0.0), max(float(low), 0.0), max(float(high), 0.0)


def smallest_detectable_change(error: Estimate) -> Estimate:
    """Smallest change that error alone would not bring in 95 of 100 pairs: 1.96 · √2 · error.

    Parameters
    ----------
    error : Estimate
        From `standard_error_of_measurement` or `within_subject_sd`.

    >>> import numpy as np
    >>> sd = within_subject_sd([5.0, 7.0, 6.0, 6.5], subject=["a", "a", "b", "b"])
    >>> round(smallest_detectable_change(sd).estimate / sd.estimate, 3)
    2.772
    """
    factor = normal_quantile(0.95) * 2**0.5
    method = say(RATE_METHODS, "change", quantity=error.quantity, method=error.method)
    return error.scaled(factor, "smallest_detectable_change", method)


def within_subject_sd(x: npt.ArrayLike, *, subject: Any, level: float = 0.95) -> Estimate:
    """Standard deviation of repeated values of one subject, pooled over subjects.

    Parameters
    ----------
    x : array_like, shape (n,)
        Values; NaN is left out.
    subject : sequence, shape (n,)
        Code of the subject of each value.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Estimate
        With the chi-square interval; in the unit of `x`.

    Raises
    ------
    ValueError
        If no subject has two values.
    """
    check_fraction(level, "level")
    values, _ = check_pairs(x, x)
    code = check_codes(subject, values.size, "subject")[np.isfinite(values)]
    values = values[np.isfinite(values)]
    used, code = np.unique(code, return_inverse=True)
    n = np.bincount(code)
    df = values.size - used.size
    if df < 1:
        raise ValueError("a within-subject SD needs at least one subject with two values")
    rest = values - (np.bincount(code, values) / n)[code]
    variance = sums_of_variances([1.0], [float(rest @ rest) / df], [df], level)
    value, low, high = (float(np.sqrt(v)) for v in variance)
    method = say(RATE_METHODS, "within_subject")
    return Estimate("within_subject_sd", value, low, high, level, method, int(used.size), 1, values.size)


def subject_sd(x: npt.ArrayLike, *, level: float = 0.95) -> Estimate:
    """Standard deviation of the subjects' means: how different the subjects are said to be.

    Parameters
    ----------
    x : array_like, shape (n_subjects,)
        One value (or mean) per subject.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Estimate
        With the chi-square interval; in the unit of `x`.

    Raises
    ------
    ValueError
        If there are fewer than 2 subjects.
    """
    check_fraction(level, "level")
    values, _ = check_pairs(x, x)
    values = values[np.isfinite(values)]
    if values.size < 2:
        raise ValueError(f"a spread between subjects needs at least 2 subjects, got {values.size}")
    variance = sums_of_variances([1.0], [float(values.var(ddof=1))], [values.size - 1], level)
    value, low, high = (float(np.sqrt(v)) for v in variance)
    method = say(RATE_METHODS, "subject_sd")
    return Estimate("subject_sd", value, low, high, level, method, values.size, 1, values.size)
