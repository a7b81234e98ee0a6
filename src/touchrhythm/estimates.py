"""What is a figure worth? `Estimate`: a number with its interval, its method in words, and its n.

**Conventions.** Intervals are two-sided at `level`; NaN where there is none, and `method` says why.
Ratings are arrays of shape (n_subjects, n_raters), NaN where a cell is missing.

- `Estimate` : one figure, ready to become one tidy row
- `rank_pvalue`, `counted_pvalue` : p-values from surrogates, permutations or rotations
- `holm_adjusted` : p-values adjusted for their number
- `normal_quantile`, `t_quantile` : half widths of two-sided intervals, in standard errors
- `check_ratings`, `check_pairs` : the arrays that agreement is computed from
- `sums_of_variances` : interval of a sum of mean squares (Graybill & Wang 1980)
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.session import NullRange

__all__ = [
    "NO_NULL",
    "Estimate",
    "check_codes",
    "check_pairs",
    "check_ratings",
    "counted_pvalue",
    "holm_adjusted",
    "normal_quantile",
    "rank_pvalue",
    "sums_of_variances",
    "t_quantile",
]

NAN = float("nan")
NO_NULL = NullRange(NAN, NAN, NAN)
LEVEL = 0.95  # of intervals, where no other is asked for
TIE = 1e-12  # scores nearer than this, relative to their size, are one and the same but for rounding


@dataclass(frozen=True)
class Estimate:
    """One figure with its interval, what chance gives, its method in words and its numbers.

    A session, a comparison and a study each add to it what their tables say of a figure beside: what it is about,
    and the part that it plays (`touchrhythm.report.session.estimate_table.SessionEstimate`,
    `touchrhythm.raters.results.ComparisonEstimate`, `touchrhythm.study.estimates.StudyEstimate`).

    Attributes
    ----------
    quantity : str
        Stable name of the figure, such as ``"icc_a1"``.
    estimate, ci_low, ci_high : float
        The figure and its two-sided interval at `level`; NaN where there is none.
    level : float
        Confidence level of the interval.
    method : str
        How figure and interval were made, in words.
    n_subjects, n_raters, n_sessions : int
        What it rests on; `n_sessions` counts subject-sessions (pairs, or rows per rater).
    unit : str
        Unit of figure, interval and null; "" for a bare number, or where the ratings' own is meant.
    null : NullRange
        What chance gives for the figure; NaN where nothing says it.
    pvalue : float
        NaN where nothing was tested.
    """

    quantity: str
    estimate: float
    ci_low: float = NAN
    ci_high: float = NAN
    level: float = LEVEL
    method: str = ""
    n_subjects: int = 0
    n_raters: int = 0
    n_sessions: int = 0
    unit: str = ""
    null: NullRange = NO_NULL
    pvalue: float = NAN

    def scaled(self, factor: float, quantity: str, method: str) -> Estimate:
        """Copy with figure and interval multiplied by a positive `factor`."""
        return replace(
            self,
            quantity=quantity,
            method=method,
            estimate=factor * self.estimate,
            ci_low=factor * self.ci_low,
            ci_high=factor * self.ci_high,
        )

    def figures(self) -> dict[str, Any]:
        """All but what a table adds to it, by name: what another kind of estimate is made from."""
        return {field.name: getattr(self, field.name) for field in fields(Estimate)}


def check_ratings(x: npt.ArrayLike, name: str = "x", *, minimum: int = 2) -> FloatArray:
    """Ratings as float64, shape (n_subjects, n_raters); subjects without any rating are left out."""
    try:
        array = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must hold numbers, got {type(x).__name__}") from None
    if array.ndim != 2:
        raise ValueError(f"{name} must have shape (n_subjects, n_raters), got shape {array.shape}")
    if np.isinf(array).any():
        raise ValueError(f"{name} must be finite or NaN, got infinity")
    array = array[~np.isnan(array).all(axis=1)]
    if array.shape[0] < minimum or array.shape[1] < 2:
        raise ValueError(
            f"{name} needs at least {minimum} subjects and 2 raters, got {array.shape[0]} and {array.shape[1]}"
            + (" (are rows and columns swapped?)" if array.shape[0] < array.shape[1] else "")
        )
    if np.isnan(array).all(axis=0).any():
        raise ValueError(f"{name} has a rater without any rating: column {_first_empty(array)}")
    return array


def _first_empty(array: FloatArray) -> int:
    return int(np.argmax(np.isnan(array).all(axis=0)))


def check_codes(codes: Any, n: int, name: str) -> npt.NDArray[np.intp]:
    """Whole numbers 0, 1, … in the order of first appearance, one per row, from codes of any kind."""
    if isinstance(codes, str) or not hasattr(codes, "__len__"):
        raise TypeError(f"{name} must hold one code per row, got {codes!r}")
    if len(codes) != n:
        raise ValueError(f"{name} must hold one code per row, got {len(codes)} codes for {n} rows")
    seen: dict[Any, int] = {}
    return np.array([seen.setdefault(code, len(seen)) for code in codes], dtype=np.intp)


def check_pairs(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Two float64 arrays of one shape, finite or NaN."""
    pair = []
    for value, name in ((x, "x"), (y, "y")):
        try:
            pair.append(np.asarray(value, dtype=np.float64))
        except (TypeError, ValueError):
            raise TypeError(f"{name} must hold numbers, got {type(value).__name__}") from None
        if np.isinf(pair[-1]).any():
            raise ValueError(f"{name} must be finite or NaN, got infinity")
    if pair[0].shape != pair[1].shape:
        raise ValueError(f"x and y must have one shape, got {pair[0].shape} and {pair[1].shape}")
    return pair[0], pair[1]


def counted_pvalue(count: int, n_surrogates: int) -> float:
    """p-value of a recording that `count` of `n_surrogates` reach: (1 + count)/(1 + n_surrogates).

    The recording itself counts among those that are as extreme, so that p is never 0 and no smaller than
    chance allows.

    References
    ----------
    Phipson B, Smyth GK (2010) Permutation p-values should never be zero. Stat Appl Genet Mol Biol 9:39,
    equation 2.

    >>> counted_pvalue(0, 999)
    0.001
    """
    return (1 + int(count)) / (1 + int(n_surrogates))


def rank_pvalue(observed: float, null: FloatArray) -> float:
    """One-sided p-value of a score among those of surrogates: large scores are extreme.

    Parameters
    ----------
    observed : float
        Score of the recording; for one that is extreme where it is small, hand in both with their signs turned.
    null : ndarray, shape (n_surrogates,)
        Scores of surrogates; NaN scores are left out, equal ones count as extreme.

    >>> rank_pvalue(0.8, np.array([0.1, 0.8, 0.3, np.nan]))
    0.5
    """
    known = null[np.isfinite(null)]
    reached = known >= observed - TIE * max(1.0, abs(observed))
    return counted_pvalue(int(np.count_nonzero(reached)), known.size)


def holm_adjusted(pvalues: npt.ArrayLike) -> list[float]:
    """p-values adjusted for their number after Holm (1979): below a level where the hypothesis is rejected at it.

    >>> [round(p, 2) for p in holm_adjusted([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(pvalues, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    return [float(value) for value in adjusted]


def normal_quantile(share: float) -> float:
    """Two-sided standard normal quantile: 1.96 for a share of .95."""
    return float(scipy.special.ndtri((1 + share) / 2))


def t_quantile(level: float, df: float) -> float:
    """Two-sided quantile of Student's t with `df` degrees of freedom, which need not be whole.

    >>> round(t_quantile(0.95, 9), 3)
    2.262
    """
    return float(scipy.special.stdtrit(df, (1 + level) / 2))


def sums_of_variances(
    weights: npt.ArrayLike, mean_squares: npt.ArrayLike, df: npt.ArrayLike, level: float
) -> tuple[float, float, float]:
    """Sum of weighted mean squares with its interval by the modified large-sample method.

    Parameters
    ----------
    weights, mean_squares, df : array_like, shape (n,)
        Positive weights, independent mean squares and their degrees of freedom.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Sum, lower and upper bound; exact for a single term.

    References
    ----------
    Graybill FA, Wang CM (1980) Confidence intervals on nonnegative linear combinations of variances.
    J Am Stat Assoc 75:869–873.

    >>> [round(v, 3) for v in sums_of_variances([1.0], [4.0], [10], 0.95)]
    [4.0, 1.953, 12.319]
    """
    term = np.asarray(weights, dtype=np.float64) * np.asarray(mean_squares, dtype=np.float64)
    n = np.asarray(df, dtype=np.float64)
    below = 1 - n / scipy.special.chdtri(n, (1 - level) / 2)
    above = n / scipy.special.chdtri(n, (1 + level) / 2) - 1
    total = float(term.sum())
    low = total - float(np.hypot.reduce(term * below))
    high = total + float(np.hypot.reduce(term * above))
    return total, max(low, 0.0), high
