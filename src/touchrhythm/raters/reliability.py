"""Do raters agree on the rate? Intraclass correlation, in all its named forms.

**Conventions.** Ratings `x` have shape (n_subjects, n_raters), NaN where a cell is missing, in any
unit; rows must be different subjects (repeated sessions of one subject are no new subjects). Forms
are those of McGraw & Wong (1996): ``"1"`` each subject seen by other raters, ``"A"`` absolute
agreement, ``"C"`` consistency; ``",1"`` a single rating, ``",k"`` the mean of the k ratings.

- `icc` : one form with its interval; `icc_forms` : all six
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_fraction
from touchrhythm.estimates import Estimate, check_ratings
from touchrhythm.raters.variance_components import MeanSquares, draw_components, fit_components
from touchrhythm.words import say
from touchrhythm.words.rate_methods import ICC_FORMS, ICC_INTERVALS, RATE_METHODS

__all__ = ["icc", "icc_forms"]


def icc(
    x: npt.ArrayLike,
    *,
    form: str = "A,1",
    level: float = 0.95,
    n_boot: int = 499,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Intraclass correlation of several raters, with its interval and its form in words.

    Parameters
    ----------
    x : array_like, shape (n_subjects, n_raters)
        Ratings, NaN where a cell is missing.
    form : {"A,1", "C,1", "1,1", "A,k", "C,k", "1,k"}, default "A,1"
        Which ICC; `ICC_FORMS` holds each in words.
    level : float, default 0.95
        Confidence level.
    n_boot : int, default 499
        Tables drawn for the interval where cells are missing.
    rng : Generator, int or None, default 0
        Only used where cells are missing.

    Returns
    -------
    Estimate
        Complete tables: analysis of variance and F intervals. With missing cells: REML and a
        parametric bootstrap (`draw_components`), and `method` says so.

    Raises
    ------
    ValueError
        If the form is unknown, there are fewer than 2 subjects or raters, or nothing varies.

    Notes
    -----
    The interval of ICC(A,k) is that of ICC(A,1) stepped up by Spearman and Brown, as R's psych and
    pingouin give it. Recomputing Satterthwaite's degrees of freedom at ICC(A,k) changes nothing,
    because a = k·ICC(A,1)/(n(1 - ICC(A,1))) = ICC(A,k)/(n(1 - ICC(A,k))); R's irr puts k·ICC(A,k) in
    that place, which is why its limits differ (0.0394 and 0.9286 beside 0.0711 and 0.9272 for the
    table below).

    References
    ----------
    McGraw KO, Wong SP (1996) Forming inferences about some intraclass correlation coefficients.
    Psychol Methods 1:30–46. Shrout PE, Fleiss JL (1979) Intraclass correlations: uses in assessing
    rater reliability. Psychol Bull 86:420–428.

    Examples
    --------
    >>> x = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = icc(x, form="A,1")
    >>> round(found.estimate, 2), round(found.ci_low, 3), round(found.ci_high, 3)
    (0.29, 0.019, 0.761)
    """
    if form not in ICC_FORMS:
        raise ValueError(f"form must be one of {', '.join(ICC_FORMS)}, got {form!r}")
    return _forms(x, (form,), level, n_boot, rng)[0]


def icc_forms(
    x: npt.ArrayLike,
    *,
    level: float = 0.95,
    n_boot: int = 499,
    rng: np.random.Generator | int | None = 0,
) -> tuple[Estimate, ...]:
    """All six forms of the intraclass correlation, in the order of `ICC_FORMS`.

    Parameters are those of `icc`.

    >>> [round(form.estimate, 2) for form in icc_forms([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8],
    ...     [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    return _forms(x, tuple(ICC_FORMS), level, n_boot, rng)


def _forms(
    x: npt.ArrayLike,
    forms: tuple[str, ...],
    level: float,
    n_boot: int,
    rng: np.random.Generator | int | None,
) -> tuple[Estimate, ...]:
    check_fraction(level, "level")
    array = check_ratings(x)
    # looked for here: squares may not come out as 0
    if (np.nanmax(array, axis=0) == np.nanmin(array, axis=0)).all():
        if np.nanmax(array) == np.nanmin(array):
            raise ValueError("all ratings are equal: without any spread there is no correlation")
        raise ValueError(
            "each rater gives all subjects the same rating: without any spread between subjects there is no correlation"
        )
    missing = int(np.isnan(array).sum())
    kinds = {form[0] for form in forms}
    if missing:
        single = _incomplete(array, kinds, level, n_boot, rng)
    else:
        ms = MeanSquares.of(array)
        single = {kind: _complete(ms, kind, level) for kind in kinds}
    rows, k = int(np.isfinite(array).sum()), array.shape[1]
    found = []
    for form in forms:
        value, low, high = (_step_up(v, k) if form[2] == "k" else v for v in single[form[0]])
        method = say(RATE_METHODS, "icc", form=ICC_FORMS[form], interval=ICC_INTERVALS[form[0]])
        if missing:
            method = say(RATE_METHODS, "icc_incomplete", form=ICC_FORMS[form], missing=missing, n=n_boot)
        name = f"icc_{form[0].lower()}{form[2]}"
        found.append(Estimate(name, value, low, high, level, method, len(array), k, rows))
    return tuple(found)


def _step_up(value: float, k: int) -> float:
    """Spearman–Brown: the reliability of the mean of k ratings."""
    below = 1 + (k - 1) * value
    return -np.inf if below <= 0 else k * value / below


def _complete(ms: MeanSquares, kind: str, level: float) -> tuple[float, float, float]:
    if kind == "A":
        return _absolute(ms, level)
    rest, df = (ms.within, ms.n * (ms.k - 1)) if kind == "1" else (ms.residual, (ms.n - 1) * (ms.k - 1))
    if rest <= 0:
        return 1.0, 1.0, 1.0
    # the ratio of two mean squares is F up to a factor that the correlation fixes (McGraw and Wong 1996, table 7)
    ratio, tail = ms.rows / rest, (1 - level) / 2
    low = ratio / scipy.special.fdtri(ms.n - 1, df, 1 - tail)
    high = ratio * scipy.special.fdtri(df, ms.n - 1, 1 - tail)
    value, bottom, top = (float((f - 1) / (f + ms.k - 1)) for f in (ratio, low, high))
    return value, bottom, top


def _absolute(ms: MeanSquares, level: float) -> tuple[float, float, float]:
    """ICC(A,1) with the interval of McGraw & Wong (1996), table 7."""
    n, k, rows, columns, rest = ms.n, ms.k, ms.rows, ms.columns, ms.residual
    if rest + columns <= 0:
        return 1.0, 1.0, 1.0
    value = (rows - rest) / (rows + (k - 1) * rest + k * (columns - rest) / n)
    if value >= 1:
        return 1.0, np.nan, np.nan
    a = k * value / (n * (1 - value))
    b = 1 + a * (n - 1)
    # Satterthwaite's degrees of freedom of the sum of two mean squares in the denominator
    df = (a * columns + b * rest) ** 2 / (
        (a * columns) ** 2 / (k - 1) + (b * rest) ** 2 / ((n - 1) * (k - 1))
    )
    tail = (1 - level) / 2
    f_low = scipy.special.fdtri(n - 1, df, 1 - tail)
    f_high = scipy.special.fdtri(df, n - 1, 1 - tail)
    both = k * columns + (k * n - k - n) * rest
    low = n * (rows - f_low * rest) / (f_low * both + n * rows)
    high = n * (f_high * rows - rest) / (both + n * f_high * rows)
    return float(value), float(low), float(high)


def _incomplete(
    x: FloatArray, kinds: set[str], level: float, n_boot: int, rng: np.random.Generator | int | None
) -> dict[str, tuple[float, float, float]]:
    """REML estimates and bootstrap intervals of the single-rating forms, one fit for each model."""
    found = {}
    for two_way, members in ((False, kinds & {"1"}), (True, kinds & {"A", "C"})):
        if not members:
            continue
        fit = fit_components(x, raters=two_way)
        own = np.array([[fit.subject, fit.rater, fit.residual]])
        drawn = draw_components(x, n_boot=n_boot, raters=two_way, rng=rng)
        for kind in members:
            low, high = np.quantile(_ratio(drawn, kind), ((1 - level) / 2, (1 + level) / 2))
            found[kind] = float(_ratio(own, kind)[0]), float(low), float(high)
    return found


def _ratio(parts: FloatArray, kind: str) -> FloatArray:
    subject, rater, residual = parts.T
    return np.asarray(subject / (subject + residual + (rater if kind == "A" else 0.0)))
