"""How far does one of several raters lie from the mean of all? Limits of agreement with the mean.

**Conventions.** Ratings `x` have shape (n_subjects, n_raters), NaN where a cell is missing.

- `loam` : half width of the limits, with its interval
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from touchrhythm._check import check_share
from touchrhythm.estimates import Estimate, check_ratings, normal_quantile, sums_of_variances
from touchrhythm.raters.variance_components import draw_components, fit_components

__all__ = ["loam"]


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
    check_share(level, "level")
    check_share(share, "share")
    array = check_ratings(x)
    n, k = array.shape
    if np.isfinite(array).all():
        error = array - array.mean(1, keepdims=True)
        columns = n * float((error.mean(0) ** 2).sum())
        rest = float((error**2).sum()) - columns
        squares = [columns / (k - 1), max(rest, 0.0) / ((n - 1) * (k - 1))]
        weights = [(k - 1) / (n * k), (n - 1) * (k - 1) / (n * k)]
        variance = sums_of_variances(weights, squares, [k - 1, (n - 1) * (k - 1)], level)
        method = "limits of agreement with the mean of all raters; modified large-sample interval (Christensen et al. 2020)"
    else:
        fit = fit_components(array)
        drawn = draw_components(array, n_boot=n_boot, rng=rng)[:, 1:].sum(1)
        low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2))
        value, low, high = (max((k - 1) / k * float(v), 0.0) for v in (fit.rater + fit.residual, low, high))
        variance = (value, low, high)
        method = f"limits of agreement with the mean of all raters; REML, parametric bootstrap interval ({n_boot} tables)"
    value, low, high = (normal_quantile(share) * v**0.5 for v in variance)
    return Estimate("loam", value, low, high, level, method, n, k, int(np.isfinite(array).sum()))
