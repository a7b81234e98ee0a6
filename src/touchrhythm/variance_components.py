"""How much of the spread lies between subjects, between raters, and in the rest? REML, cells may be missing.

**Conventions.** Ratings `x` have shape (n_subjects, n_raters), NaN where a cell is missing. The
components may come out negative, as the analysis of variance lets them; for complete tables they
equal its estimates (McGraw & Wong 1996), so one definition serves both.

- `fit_components` : subject, rater and residual variance, and the mean
- `MeanSquares` : analysis of variance of a complete table
- `draw_components` : components that could have given the table, for intervals
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_rng
from touchrhythm.estimates import check_ratings

__all__ = ["Components", "MeanSquares", "draw_components", "fit_components"]


@dataclass(frozen=True)
class Components:
    """Variance between subjects, between raters (0 in the one-way model) and residual; the mean.

    `mean_se` is the mean's standard error by generalised least squares.
    """

    subject: float
    rater: float
    residual: float
    mean: float
    mean_se: float


@dataclass(frozen=True)
class MeanSquares:
    """Analysis of variance of a complete table: mean squares of rows, columns, residual, within rows."""

    rows: float
    columns: float
    residual: float
    within: float
    n: int
    k: int

    @classmethod
    def of(cls, x: FloatArray) -> MeanSquares:
        """Mean squares of a complete table of shape (n, k)."""
        n, k = x.shape
        y = x - x.mean()
        rows = k * float((y.mean(1) ** 2).sum())
        columns = n * float((y.mean(0) ** 2).sum())
        within = float(((y - y.mean(1, keepdims=True)) ** 2).sum())
        rest = max(within - columns, 0.0)
        return cls(
            rows / (n - 1), columns / (k - 1), rest / ((n - 1) * (k - 1)), within / (n * (k - 1)), n, k
        )


@dataclass(frozen=True, eq=False)
class _Sums:
    """What the likelihood needs of a table: counts and sums by row and column."""

    mask: FloatArray
    row_n: FloatArray
    row_sum: FloatArray
    column_n: FloatArray
    column_sum: FloatArray
    square: float
    shift: float

    @classmethod
    def of(cls, x: FloatArray) -> _Sums:
        mask = np.isfinite(x).astype(np.float64)
        shift = float(np.nanmean(x))
        y = np.where(mask > 0, x - shift, 0.0)
        return cls(
            mask, mask.sum(1), y.sum(1), mask.sum(0), y.sum(0), float(np.einsum("ij,ij->", y, y)), shift
        )


def fit_components(x: npt.ArrayLike, *, raters: bool = True) -> Components:
    """Variance components by restricted maximum likelihood.

    Parameters
    ----------
    x : array_like, shape (n_subjects, n_raters)
        Ratings, NaN where missing. In the one-way model columns are repeated values in any order.
    raters : bool, default True
        Two-way model with a random effect of the column; False gives the one-way model.

    Returns
    -------
    Components
        Unbounded estimates: a negative one says that the spread is less than chance would give.

    Raises
    ------
    ValueError
        If there are fewer than 2 subjects, 2 columns or 4 values, or no spread at all.

    References
    ----------
    Patterson HD, Thompson R (1971) Recovery of inter-block information when block sizes are unequal.
    Biometrika 58:545–554.

    Examples
    --------
    >>> fit = fit_components([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> round(fit.subject, 3), round(fit.rater, 3), round(fit.residual, 3)
    (2.556, 5.244, 1.019)
    """
    array = check_ratings(x)
    sums = _Sums.of(array)
    if sums.row_n.sum() < 4 or sums.square <= 0:
        raise ValueError("variance components need at least 4 values that are not all equal")
    if not (sums.row_n > 1).any():
        raise ValueError("variance components need at least one subject with two values")
    return _fit(sums, raters)


def _fit(sums: _Sums, raters: bool, tolerance: float = 1e-8) -> Components:
    low_subject, low_rater = -1.0 / sums.row_n.max(), -1.0 / sums.column_n.max()

    def ratios(point: FloatArray) -> tuple[float, float]:
        grown = np.exp(np.minimum(point, 50.0))
        return low_subject + float(grown[0]), (low_rater + float(grown[1])) if raters else 0.0

    def objective(point: FloatArray) -> float:
        return _deviance(sums, *ratios(point))[0]

    start = np.log([0.5 - low_subject, 0.3 - low_rater][: 1 + raters])
    found = scipy.optimize.minimize(
        objective,
        start,
        method="Nelder-Mead",
        options={"xatol": tolerance, "fatol": tolerance / 100, "maxiter": 2000},
    )
    gamma_s, gamma_r = ratios(found.x)
    _, residual, mean, precision = _deviance(sums, gamma_s, gamma_r)
    return Components(
        float(gamma_s * residual),
        float(gamma_r * residual),
        residual,
        float(mean + sums.shift),
        float(np.sqrt(residual / precision)),
    )


def _deviance(sums: _Sums, gamma_s: float, gamma_r: float) -> tuple[float, float, float, float]:
    """REML deviance, residual variance, mean and its precision, at given variance ratios."""
    grown = 1 + gamma_s * sums.row_n
    if grown.min() <= 0:
        return np.inf, np.nan, np.nan, np.nan
    c = gamma_s / grown
    one, both = sums.row_n.sum() - c @ sums.row_n**2, sums.row_sum.sum() - c @ (sums.row_n * sums.row_sum)
    square = sums.square - c @ sums.row_sum**2
    log_det = float(np.log(grown).sum())
    if gamma_r != 0:
        z1 = sums.column_n - sums.mask.T @ (c * sums.row_n)
        zy = sums.column_sum - sums.mask.T @ (c * sums.row_sum)
        inner = np.diag(sums.column_n) - (sums.mask * c[:, None]).T @ sums.mask
        value, vector = np.linalg.eigh(np.eye(len(inner)) + gamma_r * inner)
        if value[0] <= 0:
            return np.inf, np.nan, np.nan, np.nan
        p1, py = vector.T @ z1, vector.T @ zy
        scale = gamma_r / value
        one, both, square = one - scale @ p1**2, both - scale @ (p1 * py), square - scale @ py**2
        log_det += float(np.log(value).sum())
    if one <= 0:
        return np.inf, np.nan, np.nan, np.nan
    mean = both / one
    df = sums.row_n.sum() - 1
    rest = max(square - mean * both, 1e-300)
    return log_det + np.log(one) + df * np.log(rest), float(rest / df), float(mean), float(one)


def draw_components(
    x: npt.ArrayLike,
    *,
    n_boot: int,
    raters: bool = True,
    rng: np.random.Generator | int | None = None,
) -> FloatArray:
    """Components that could have given this table: draws for intervals of any function of them.

    Tables with the same cells missing are drawn from the fit and fitted again. The mean squares of
    each, over those that they were drawn from, are the errors that such a table brings; the mean
    squares of `x` are divided by them. For complete tables these are generalised confidence
    intervals, which for a ratio of two mean squares equal the exact F interval.

    Parameters
    ----------
    x : array_like, shape (n_subjects, n_raters)
        Ratings, NaN where missing.
    n_boot : int
        Number of tables.
    raters : bool, default True
        Two-way or one-way model.
    rng : Generator, int or None
        Random generator or seed.

    Returns
    -------
    ndarray, shape (n_boot, 3)
        Subject, rater and residual variance; quantiles of a function of them bound it.

    References
    ----------
    Weerahandi S (1993) Generalized confidence intervals. J Am Stat Assoc 88:899–905.
    """
    array, generator = check_ratings(x), check_rng(rng)
    fit = fit_components(array, raters=raters)
    sums = _Sums.of(array)
    size = np.array([1 / np.mean(1 / sums.row_n), 1 / np.mean(1 / sums.column_n)])
    truth = np.array([max(fit.subject, 0.0), max(fit.rater, 0.0), fit.residual])
    gap = np.where(sums.mask > 0, 0.0, np.nan)
    fits = np.empty((n_boot, 3))
    for row in fits:
        one = _fit(_Sums.of(gap + _table(truth, array.shape, generator)), raters, tolerance=1e-4)
        row[:] = one.subject, one.rater, one.residual
    error = _mean_squares(fits, size) / _mean_squares(truth[None], size)
    own = _mean_squares(np.array([[fit.subject, fit.rater, fit.residual]]), size)
    drawn = own / np.maximum(error, 1e-12)
    return np.column_stack(
        ((drawn[:, 0] - drawn[:, 2]) / size[0], (drawn[:, 1] - drawn[:, 2]) / size[1] * raters, drawn[:, 2])
    )


def _mean_squares(parts: FloatArray, size: FloatArray) -> FloatArray:
    subject, rater, residual = parts.T
    return np.column_stack((residual + size[0] * subject, residual + size[1] * rater, residual))


def _table(parts: FloatArray, shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """One table drawn from variances of subjects, raters and residual."""
    n, k = shape
    subject, rater, residual = np.sqrt(parts)
    noise = residual * rng.standard_normal((n, k))
    return np.asarray(
        noise + subject * rng.standard_normal((n, 1)) + rater * rng.standard_normal((1, k)), dtype=np.float64
    )
