"""How regular is a tapper, and how would he tap if he followed nothing?

A tapper's own clock adds an error to every interval (it accumulates), his hand one to every tap
(it does not): Wing and Kristofferson's two-process model, fitted to the taps alone. How the two
share the variability is poorly known from a few dozen taps, so surrogate tappers draw it from
what the taps leave possible.

**Conventions.** Times in seconds, shape (n_taps,); spreads as shares of the tapper's period.

- `fit_tapper` : the model, with the weight of every split of the variability
- `surrogate_taps` : tappers like this one who follow nothing
- `mean_with_error` : mean of serially dependent values
- `interval_with_error` : mean interval between taps

References
----------
Wing A. M., Kristofferson A. B. (1973). Response delays and the timing of discrete motor
responses. Percept. Psychophys. 14, 5.
Patterson H. D., Thompson R. (1971). Recovery of inter-block information when block sizes are
unequal. Biometrika 58, 545.
Newey W. K., West K. D. (1987). A simple, positive semi-definite, heteroskedasticity and
autocorrelation consistent covariance matrix. Econometrica 55, 703.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.estimates import t_quantile

__all__ = ["TapperModel", "fit_tapper", "interval_with_error", "mean_with_error", "surrogate_taps"]

# Share of an interval's variance that is the clock's; the rest is the hand's, twice.
SHARES = np.concatenate(([0.0], 1 / (1 + 2 / np.geomspace(1e-3, 1e2, 25)), [1.0]))

LEVEL = 0.95
MISSED = 1.6  # typical intervals from which on a tap was missed in between


@dataclass(frozen=True, eq=False)
class TapperModel:
    """A timekeeper with a hand.

    `step` shape (n_taps - 1,): cycles from tap to tap (2 where one was missed); `period` the
    tapper's own; `design` shape (n_taps - 1, n_terms): what his mean tempo is made of; `weight`
    and `variance` shape (n_shares,): how well each split explains the taps and the variance of an
    interval it then has; `timekeeper_cv`, `motor_cv`: the split on average.
    """

    onset: FloatArray
    step: FloatArray
    design: FloatArray
    period: float
    weight: FloatArray
    variance: FloatArray
    timekeeper_cv: float
    motor_cv: float


def fit_tapper(onset: FloatArray, *, trend: int = 0) -> TapperModel:
    """Fit timekeeper and hand to taps by restricted maximum likelihood.

    Parameters
    ----------
    onset : ndarray, shape (n_taps,)
        At least five taps.
    trend : int, default 0
        Power up to which the tempo may change with time: 0 steady, 1 steadily slower or faster.

    Returns
    -------
    TapperModel
    """
    interval = np.diff(onset)
    step = _cycles_between(interval)
    n, terms = interval.size, 1 + min(trend, max(0, interval.size - 4))
    place = np.cumsum(step) - step / 2
    design = step[:, None] * np.vander(place / place[-1] - 0.5, terms, increasing=True)
    loglik, variance, period = (np.empty(SHARES.size) for _ in range(3))
    for at, share in enumerate(SHARES):
        factor = _factor(step, share)
        both = _solved(factor, np.column_stack((design, interval)))
        tempo, white = both[:, :terms], both[:, terms]
        information = tempo.T @ tempo
        size = np.linalg.solve(information, tempo.T @ white)
        period[at] = size[0]
        rss = max(float(((white - tempo @ size) ** 2).sum()), 1e-12 * float(white @ white))
        variance[at] = rss / (n - terms)
        logdet = 2 * np.log(factor[-1]).sum() + np.linalg.slogdet(information)[1]
        loglik[at] = -0.5 * (logdet + (n - terms) * np.log(rss))
    weight = np.exp(loglik - loglik.max())
    weight /= weight.sum()
    mean = float(weight @ period)
    clock = float(weight @ (SHARES * variance)) ** 0.5 / mean
    hand = float(weight @ ((1 - SHARES) / 2 * variance)) ** 0.5 / mean
    return TapperModel(onset, step, design, mean, weight, variance, clock, hand)


def surrogate_taps(model: TapperModel, *, n_surrogates: int, rng: np.random.Generator) -> FloatArray:
    """Taps of tappers like this one, with his mean tempo and his misses, from a random start.

    Parameters
    ----------
    model : TapperModel
    n_surrogates : int
    rng : Generator

    Returns
    -------
    ndarray, shape (n_surrogates, n_taps)
    """
    n, terms = model.design.shape
    interval, out = np.diff(model.onset), np.zeros((n_surrogates, n + 1))
    which = rng.choice(SHARES.size, n_surrogates, p=model.weight)
    for at in np.unique(which):
        rows = np.flatnonzero(which == at)
        share = SHARES[at]
        size = (model.variance[at] * (n - terms) / rng.chisquare(n - terms, (rows.size, 1))) ** 0.5
        clock = (share * model.step) ** 0.5 * rng.standard_normal((rows.size, n))
        hand = ((1 - share) / 2) ** 0.5 * rng.standard_normal((rows.size, n + 1))
        error = size * (clock + np.diff(hand, axis=1))
        factor = _factor(model.step, share)
        tempo = _solved(factor, model.design)
        found = np.linalg.lstsq(tempo, _solved(factor, (interval - error).T), rcond=None)[0]
        out[rows, 1:] = np.cumsum(error + (model.design @ found).T, axis=1)
    centre = (model.onset - model.onset[0]).mean()
    start: FloatArray = (
        model.onset[0] + centre - out.mean(axis=1) + model.period * rng.uniform(-0.5, 0.5, n_surrogates)
    )
    taps: FloatArray = out + start[:, None]
    return taps


def mean_with_error(values: FloatArray) -> tuple[float, float]:
    """Mean of serially dependent values, and the half width of its 95 % interval.

    The long-run variance is Newey and West's, with a bandwidth of 1.3 times the root of the number;
    the quantile is Student's with as many degrees of freedom as such a bandwidth leaves.

    Parameters
    ----------
    values : ndarray, shape (n,)

    Returns
    -------
    mean, half_width : float
        The half width is NaN below three values.
    """
    n = values.size
    mean = float(values.mean()) if n else np.nan
    if n < 3:
        return mean, np.nan
    reach = min(n - 1, max(1, round(1.3 * n**0.5)))
    error = values - mean
    weight = 1 - np.arange(1, reach) / reach
    spread = float(error @ error) / n
    spread += 2 * sum(w * float(error[lag:] @ error[:-lag]) / n for lag, w in enumerate(weight, 1))
    quantile = t_quantile(LEVEL, max(2.0, 1.5 * n / reach))
    return mean, float(quantile * (max(spread, 0.0) / n) ** 0.5)


def interval_with_error(time: FloatArray) -> tuple[float, float]:
    """Mean interval between taps, and the half width of its 95 % interval.

    Two errors are worked out and the larger one is taken: that of dependent intervals
    (`mean_with_error`), which assumes nothing but needs many, and that of the fitted timekeeper
    and hand who misses taps as often as he did. A habit that did not show is in neither.

    Parameters
    ----------
    time : ndarray, shape (n_taps,)
        Seconds, or cycles of a reference; at least five.

    Returns
    -------
    mean, half_width : float
        In units of `time`.
    """
    mean, half = mean_with_error(np.diff(time))
    if not np.median(np.diff(time)) > 0:
        return mean, half
    model = fit_tapper(time)
    n, cycles = model.step.size, float(model.step.sum())
    spread = (
        float(model.weight @ (model.variance * (SHARES * cycles + 1 - SHARES))) / (cycles * model.period) ** 2
    )
    made = n / cycles
    spread += (1 - made) / made / cycles
    return mean, max(half, t_quantile(LEVEL, n - 1) * spread**0.5 * mean)


def _cycles_between(interval: FloatArray) -> FloatArray:
    """Cycles from tap to tap: more than one where taps were missed.

    A tap that comes late makes one interval long and the next one short; a missed one does not. So
    each interval is judged by itself and together with what its two neighbours lack.
    """
    length = interval / np.median(interval)
    lack = np.concatenate(([0.0], length - np.maximum(1.0, np.floor(length + 0.25)), [0.0]))
    joint = length + (lack[:-2] + lack[2:]) / 2
    step: FloatArray = np.maximum(1.0, np.floor(joint + 2 - MISSED))
    return step


def _factor(step: FloatArray, share: float) -> FloatArray:
    """Banded Cholesky factor of the covariance of intervals, for a unit variance of one cycle's.

    An interval of several cycles holds several errors of the clock and still two of the hand.
    """
    band = np.zeros((2, step.size))
    band[0, 1:] = -(1 - share) / 2
    band[1] = share * step + (1 - share) + 1e-9
    factor: FloatArray = scipy.linalg.cholesky_banded(band, lower=False, check_finite=False)
    return factor


def _solved(factor: FloatArray, values: FloatArray) -> FloatArray:
    """Whitened values: the factor's transpose solved for them, along the first axis."""
    lower = np.zeros_like(factor)
    lower[0] = factor[1]
    lower[1, :-1] = factor[0, 1:]
    out: FloatArray = scipy.linalg.solve_banded((1, 0), lower, values, check_finite=False)
    return out
