"""How much of the spread lies between subjects, between raters, and in the rest? REML, cells may be missing.

**Conventions.** Ratings `x` have shape (n_subjects, n_raters), NaN where a cell is missing. The
components may come out negative, as the analysis of variance lets them; for complete tables they
equal its estimates (McGraw & Wong 1996), so one definition serves both.

- `fit_components` : subject, rater and residual variance, and the mean
- `MeanSquares` : analysis of variance of a complete table
- `draw_components` : components that could have given the table, for intervals
"""

from __future__ import annotations

import itertools
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
        least = 1e-20 * float((x**2).sum())  # below this it is rounding, not spread
        columns, within = (v if v > least else 0.0 for v in (columns, within))
        rest = within - columns if within - columns > least else 0.0
        return cls(
            rows / (n - 1), columns / (k - 1), rest / ((n - 1) * (k - 1)), within / (n * (k - 1)), n, k
        )


@dataclass(frozen=True, eq=False)
class _Sums:
    """What the likelihood needs of one or many tables with the same cells: counts, sums, squares."""

    mask: FloatArray
    pairs: FloatArray
    row_n: FloatArray
    row_sum: FloatArray
    column_n: FloatArray
    column_sum: FloatArray
    square: FloatArray
    shift: FloatArray

    @classmethod
    def of(cls, x: FloatArray) -> _Sums:
        """Sums of tables of shape (n_tables, n, k)."""
        mask = np.isfinite(x[0]).astype(np.float64)
        shift = np.nanmean(x, axis=(1, 2))
        y = np.where(mask > 0, x - shift[:, None, None], 0.0)
        pairs = (mask[:, :, None] * mask[:, None, :]).reshape(len(mask), -1)
        square = np.einsum("tij,tij->t", y, y)
        return cls(mask, pairs, mask.sum(1), y.sum(2), mask.sum(0), y.sum(1), square, shift)

    def ratios(self, point: FloatArray) -> FloatArray:
        """Variance ratios of subjects and raters at a point of the search, shape (..., 2)."""
        lowest = np.array([-1.0 / self.row_n.max(), -1.0 / self.column_n.max()])
        return np.asarray(lowest[: point.shape[-1]] + np.exp(np.minimum(point, 50.0)))

    def point(self, near: FloatArray) -> FloatArray:
        """The point of the search at which the variance ratios are `near`."""
        return np.asarray(np.log(near + np.array([1.0 / self.row_n.max(), 1.0 / self.column_n.max()])))


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
    sums = _Sums.of(array[None])
    if sums.row_n.sum() < 4 or sums.square[0] <= 0:
        raise ValueError("variance components need at least 4 values that are not all equal")
    if not (sums.row_n > 1).any():
        raise ValueError("variance components need at least one subject with two values")
    start = sums.point(np.array([0.5, 0.3]))[: 1 + raters]

    def objective(point: FloatArray) -> float:
        return float(_deviance(sums, sums.ratios(point[None])).deviance[0])

    found = scipy.optimize.minimize(
        objective,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 2000},
    )
    at = sums.ratios(found.x[None])
    fit = _deviance(sums, at)
    residual = float(fit.residual[0])
    return Components(
        subject=float(at[0, 0]) * residual,
        rater=float(at[0, 1]) * residual if raters else 0.0,
        residual=residual,
        mean=float(fit.mean[0] + sums.shift[0]),
        mean_se=float(np.sqrt(residual / fit.precision[0])),
    )


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """REML deviance, residual variance, mean and its precision; each (n_tables,)."""

    deviance: FloatArray
    residual: FloatArray
    mean: FloatArray
    precision: FloatArray


def _deviance(sums: _Sums, ratios: FloatArray) -> _Likelihood:
    """REML likelihood of each table at its variance ratios, shape (n_tables, 1 or 2)."""
    grown = 1 + ratios[:, :1] * sums.row_n
    good = grown.min(axis=1) > 0
    grown = np.where(good[:, None], grown, 1.0)
    c = ratios[:, :1] / grown
    weight = sums.row_n.sum() - c @ sums.row_n**2
    weighted = sums.row_sum.sum(1) - (c * sums.row_n * sums.row_sum).sum(1)
    square = sums.square - (c * sums.row_sum**2).sum(1)
    log_det = np.log(grown).sum(1)
    if ratios.shape[1] > 1:
        k = sums.column_n.size
        z1 = sums.column_n - (c * sums.row_n) @ sums.mask
        zy = sums.column_sum - (c * sums.row_sum) @ sums.mask
        inner = np.diag(sums.column_n) - (c @ sums.pairs).reshape(-1, k, k)
        value, vector = np.linalg.eigh(np.eye(k) + ratios[:, 1, None, None] * inner)
        good &= value[:, 0] > 0
        value = np.where(good[:, None], value, 1.0)
        p1, py = (np.einsum("tij,ti->tj", vector, z) for z in (z1, zy))
        scale = ratios[:, 1:] / value
        weight, weighted = weight - (scale * p1**2).sum(1), weighted - (scale * p1 * py).sum(1)
        square = square - (scale * py**2).sum(1)
        log_det = log_det + np.log(value).sum(1)
    good &= weight > 0
    weight = np.where(good, weight, 1.0)
    rest, df = np.maximum(square - weighted**2 / weight, 1e-300), sums.row_n.sum() - 1
    deviance = np.where(good, log_det + np.log(weight) + df * np.log(rest), np.inf)
    return _Likelihood(deviance, rest / df, weighted / weight, weight)


def _search(sums: _Sums, start: FloatArray, *, finest: float = 0.01) -> FloatArray:
    """Variance components of many tables at once, shape (n_tables, 3), by a shrinking pattern of points."""
    width = start.size
    steps = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=width)))
    steps = steps[np.abs(steps).sum(1) > 0]
    point = np.tile(start, (sums.square.size, 1))
    step = np.ones(len(point))
    best = _deviance(sums, sums.ratios(point)).deviance
    for _ in range(200):
        if (step < finest).all():
            break
        tried = [_deviance(sums, sums.ratios(point + step[:, None] * move)).deviance for move in steps]
        which = np.argmin(tried, axis=0)
        lowest = np.min(tried, axis=0)
        better = lowest < best - 1e-9
        point = np.where(better[:, None], point + step[:, None] * steps[which], point)
        best = np.where(better, lowest, best)
        step = np.where(better, step, step / 2)
    ratios = sums.ratios(point)
    residual = _deviance(sums, ratios).residual
    rater = ratios[:, 1] if width > 1 else np.zeros(len(point))
    return np.column_stack((ratios[:, 0] * residual, rater * residual, residual))


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
    truth = np.array([max(fit.subject, 0.0), max(fit.rater, 0.0), fit.residual])
    gap = np.where(np.isfinite(array), 0.0, np.nan)
    sums = _Sums.of(gap + _tables(truth, (int(n_boot), *array.shape), generator))
    fits = _search(sums, sums.point(truth[:2] / truth[2])[: 1 + raters])
    size = np.array([1 / np.mean(1 / sums.row_n), 1 / np.mean(1 / sums.column_n)])
    error = _mean_squares(fits, size) / _mean_squares(truth[None], size)
    own = _mean_squares(np.array([[fit.subject, fit.rater, fit.residual]]), size)
    drawn = own / np.maximum(error, 1e-12)
    return np.column_stack(
        ((drawn[:, 0] - drawn[:, 2]) / size[0], (drawn[:, 1] - drawn[:, 2]) / size[1] * raters, drawn[:, 2])
    )


def _mean_squares(parts: FloatArray, size: FloatArray) -> FloatArray:
    subject, rater, residual = parts.T
    return np.column_stack((residual + size[0] * subject, residual + size[1] * rater, residual))


def _tables(parts: FloatArray, shape: tuple[int, int, int], rng: np.random.Generator) -> FloatArray:
    """Tables drawn from variances of subjects, raters and residual."""
    t, n, k = shape
    subject, rater, residual = np.sqrt(parts)
    table = residual * rng.standard_normal(shape)
    table += subject * rng.standard_normal((t, n, 1))
    table += rater * rng.standard_normal((t, 1, k))
    return np.asarray(table, dtype=np.float64)
