"""How far does one of several raters lie from the mean of all? Limits of agreement with the mean.

**Conventions.** Ratings `x` have shape (n_subjects, n_raters), NaN where a cell is missing.

- `loam` : half width of the limits, with its interval
- `permute_loam` : what raters who know nothing of the subject would reach
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_fraction, check_rng
from touchrhythm.estimates import Estimate, check_ratings, normal_quantile, rank_pvalue, sums_of_variances
from touchrhythm.raters.variance_components import draw_components, fit_components
from touchrhythm.session import NullRange
from touchrhythm.words import say
from touchrhythm.words.rate_methods import RATE_METHODS

__all__ = ["PermutedLoam", "loam", "permute_loam"]

FEWEST_SUBJECTS = 4
AT_A_TIME = 1_000_000  # ratings of swapped tables held at a time


@dataclass(frozen=True)
class PermutedLoam:
    """Limits of agreement with the mean where each rater's ratings were given to other subjects.

    `pvalue` is the share of swaps with limits at least as narrow, (1 + count)/(1 + swaps).
    """

    null: NullRange
    pvalue: float
    n_subjects: int
    n_permutations: int


def loam(
    x: npt.ArrayLike,
    *,
    level: float = 0.95,
    share: float = 0.95,
    n_boot: int = 499,
    rng: np.random.Generator | int | None = 0,
) -> Estimate:
    """Half width of the limits of agreement with the mean (LOAM) of several raters.

    Parameters
    ----------
    x : array_like, shape (n_subjects, n_raters)
        Ratings, NaN where a cell is missing.
    level : float, default 0.95
        Confidence level.
    share : float, default 0.95
        Share of ratings that lie within ± this of their subject's mean over raters.
    n_boot, rng
        Only used where cells are missing, as in `icc`.

    Returns
    -------
    Estimate
        Half width in the unit of `x`. Raters count as a sample of raters: with two or three of them
        the interval is wide, and says so rightly.

    Raises
    ------
    ValueError
        If there are fewer than 2 subjects or raters.

    References
    ----------
    Christensen HS, Borgbjerg J, Børty L, Bøgsted M (2020) On Jones et al.'s method for extending
    Bland–Altman plots to limits of agreement with the mean for multiple observers. BMC Med Res
    Methodol 20:304.

    Examples
    --------
    >>> found = loam([[7.0, 7.5, 6.8], [8.1, 8.6, 8.0], [6.2, 7.0, 6.5], [9.0, 9.1, 8.7]])
    >>> round(found.estimate, 2)
    0.53
    """
    check_fraction(level, "level")
    check_fraction(share, "share")
    array = check_ratings(x)
    n, k = array.shape
    if np.isfinite(array).all():
        error = array - array.mean(1, keepdims=True)
        columns = n * float((error.mean(0) ** 2).sum())
        rest = float((error**2).sum()) - columns
        squares = [columns / (k - 1), max(rest, 0.0) / ((n - 1) * (k - 1))]
        weights = [(k - 1) / (n * k), (n - 1) * (k - 1) / (n * k)]
        variance = sums_of_variances(weights, squares, [k - 1, (n - 1) * (k - 1)], level)
        method = say(RATE_METHODS, "loam")
    else:
        fit = fit_components(array)
        drawn = draw_components(array, n_boot=n_boot, rng=rng)[:, 1:].sum(1)
        low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2))
        value, low, high = (max((k - 1) / k * float(v), 0.0) for v in (fit.rater + fit.residual, low, high))
        variance = (value, low, high)
        method = say(RATE_METHODS, "loam_incomplete", n=n_boot)
    value, low, high = (normal_quantile(share) * v**0.5 for v in variance)
    return Estimate("loam", value, low, high, level, method, n, k, int(np.isfinite(array).sum()))


def permute_loam(
    x: npt.ArrayLike,
    *,
    share: float = 0.95,
    n_permutations: int = 4999,
    rng: np.random.Generator | int | None = 0,
) -> PermutedLoam:
    """How near to the mean of all do raters come who know nothing of the subject?

    Each rater's ratings are given to other subjects at random, each rater's by themselves. Two raters
    who name their favourite rate reach narrow limits; swapped, they reach the same.

    Parameters
    ----------
    x : array_like, shape (n_subjects, n_raters)
        Ratings, NaN where a cell is missing; subjects with one rating are left out.
    share : float, default 0.95
        As in `loam`.
    n_permutations : int, default 4999
        Random swaps.
    rng : Generator, int or None, default 0
        Random generator or seed.

    Raises
    ------
    ValueError
        If fewer than 4 subjects have two ratings.

    Examples
    --------
    >>> ratings = [[7.0, 7.5, 6.8], [8.1, 8.6, 8.0], [6.2, 7.0, 6.5], [9.0, 9.1, 8.7], [7.7, 8.0, 7.4]]
    >>> found = permute_loam(ratings, rng=0)
    >>> found.null.low > loam(ratings).estimate, found.pvalue < 0.01
    (True, True)
    """
    check_fraction(share, "share")
    array = check_ratings(x)
    array = array[np.isfinite(array).sum(axis=1) > 1]
    if len(array) < FEWEST_SUBJECTS:
        raise ValueError(
            f"swapping needs at least {FEWEST_SUBJECTS} subjects with two ratings, got {len(array)}"
        )
    generator = check_rng(rng)
    own = float(_mean_square(array[None])[0])
    step = max(1, AT_A_TIME // array.size)
    parts = [min(step, n_permutations - start) for start in range(0, n_permutations, step)]
    square = np.concatenate([_mean_square(_permuted(array, n, generator)) for n in parts])
    null = NullRange.of(normal_quantile(share) * np.sqrt(square))
    return PermutedLoam(null, rank_pvalue(-own, -square), len(array), n_permutations)


def _permuted(array: FloatArray, n: int, rng: np.random.Generator) -> FloatArray:
    """Tables in which each rater's ratings stand with other subjects, (n, n_subjects, n_raters)."""
    tables = np.repeat(array[None], n, axis=0)
    for rater in range(array.shape[1]):
        known = np.flatnonzero(np.isfinite(array[:, rater]))
        tables[:, known, rater] = rng.permuted(np.tile(array[known, rater], (n, 1)), axis=1)
    return tables


def _mean_square(tables: FloatArray) -> FloatArray:
    """Mean squared distance from the subjects' means, as if no cell were missing; (n_tables,).

    The square of the half width of `loam` over its normal quantile, where none is.
    """
    known = np.isfinite(tables)
    n = known.sum(axis=2, keepdims=True)
    mean = np.nansum(tables, axis=2, keepdims=True) / n
    k = tables.shape[2]
    square = np.where(known, (tables - mean) ** 2 * (n / (n - 1)) * ((k - 1) / k), 0.0)
    return np.asarray(square.sum(axis=(1, 2)) / known.sum(axis=(1, 2)))
