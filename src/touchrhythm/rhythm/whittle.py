"""Which non-negative mixture of known components is most likely to have made a spectrum?

**Conventions.** `spectra` shape (n_rows, n_freq), `components` shape (n_components, n_freq), weights
theta ≥ 0 of shape (n_rows, n_components); `count` (n_freq,) says how many blocks an ordinate averages.
The Whittle likelihood of a mixture S for a spectrum I is −Σ count · (log S + I / S).

- `negative_log_likelihood`
- `nonnegative` : least squares with weights that are not negative
- `fit_sparse` : one spectrum, by non-negative least squares in turn with reweighting
- `fit_interior` : one spectrum, weights held off zero by a barrier
- `fit_rows` : many spectra at once, by damped Fisher scoring; optionally with one more shape that
  differs from row to row
- `screen` : what adding each of many components would gain, without a fit

References
----------
Lawson C. L., Hanson R. J. (1974). Solving Least Squares Problems. Prentice-Hall.
Whittle P. (1953). Estimation and information in stationary time series. Ark. Mat. 2, 423–434.
Levenberg K. (1944). A method for the solution of certain non-linear problems in least squares. Q. Appl.
Math. 2, 164–168.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from touchrhythm._check import FloatArray

__all__ = [
    "Fit",
    "fit_interior",
    "fit_rows",
    "fit_sparse",
    "negative_log_likelihood",
    "nonnegative",
    "screen",
]

MOST_CHANGES = 50  # of the set of weights above 0, for each weight
TOLERANCE = 0.003  # in log-likelihood; looser fits make tests conservative
LEAST_DAMPING = 1e-6  # share by which information is raised always: neighbouring components are nearly alike
MOST_ROUNDS = 4  # in which negative weights of a batch are taken out
SMALLEST = 1e-300  # of a mixture


class Fit(NamedTuple):
    """Weights, mixture and penalised negative log-likelihood; one row per spectrum, or without rows."""

    theta: FloatArray
    mixture: FloatArray
    loss: FloatArray


def negative_log_likelihood(mixture: FloatArray, spectra: FloatArray, count: FloatArray) -> FloatArray:
    """Negative Whittle log-likelihood along the last axis."""
    return np.asarray(((np.log(mixture) + spectra / mixture) * count).sum(axis=-1))


def fit_sparse(
    spectrum: FloatArray,
    components: FloatArray,
    count: FloatArray,
    *,
    penalty: FloatArray,
    start: FloatArray | None = None,
    max_iter: int = 25,
) -> Fit:
    """Most likely weights ≥ 0 of one spectrum, many of them exactly 0.

    Minimises Σ count (log S + I/S) + penalty · theta by iteratively reweighted non-negative least
    squares on the normal equations, each step halved until it helps.

    Parameters
    ----------
    spectrum, count : ndarray, shape (n_freq,)
    components : ndarray, shape (n_components, n_freq)
    penalty : ndarray, shape (n_components,)
    start : ndarray, shape (n_components,), optional
    max_iter : int, default 25
    """
    # components of one mean, so that no weight is favoured by the unit its component happens to have
    scale = 1 / components.mean(axis=1)
    scaled, price = components * scale[:, None], penalty * scale
    target = np.zeros(len(components))
    if start is None:
        typical = np.exp(np.average(np.log(spectrum), weights=count))
        precision = count / np.maximum(spectrum, 0.3 * typical) ** 2
        target = _weighted_nnls(scaled, spectrum, precision, price, target)
        theta = target + 1e-6 * spectrum.mean()
    else:
        theta = start / scale
    mixture = theta @ scaled
    loss = float(negative_log_likelihood(mixture, spectrum, count) + theta @ price)
    for _ in range(max_iter):
        # An ordinate is exponential with mean S, its variance S²: weighting by count/S² makes the least
        # squares step the scoring step of the Whittle likelihood (Whittle 1953).
        target = _weighted_nnls(scaled, spectrum, count / mixture**2, price, target)
        step, better = 1.0, None
        while step > 0.02 and better is None:
            trial = theta + step * (target - theta)
            trial_mixture = trial @ scaled
            if (trial_mixture > 0).all():
                trial_loss = float(negative_log_likelihood(trial_mixture, spectrum, count) + trial @ price)
                if trial_loss < loss:
                    better = trial, trial_mixture, trial_loss
            step *= 0.5
        if better is None:
            break
        gain = loss - better[2]
        theta, mixture, loss = better
        if gain < 1e-3:
            break
    return Fit(theta * scale, mixture, np.asarray(loss))


def _weighted_nnls(
    components: FloatArray, target: FloatArray, precision: FloatArray, price: FloatArray, start: FloatArray
) -> FloatArray:
    weighted = components * precision
    normal = weighted @ components.T
    # neighbouring components are nearly alike: without a ridge the normal matrix may not be positive
    normal[np.diag_indices_from(normal)] += 1e-9 * np.trace(normal) / len(components)
    return nonnegative(normal, weighted @ target - price, start)


def nonnegative(normal: FloatArray, pull: FloatArray, start: FloatArray) -> FloatArray:
    """Minimum of x · normal x / 2 − pull · x over x ≥ 0.

    Active sets (Lawson & Hanson 1974, ch. 23), on the normal equations. Written out, because loading scipy.optimize
    takes longer than fitting ten minutes; held against it in the tests.

    Parameters
    ----------
    normal : ndarray, shape (n, n)
        Positive definite.
    pull, start : ndarray, shape (n,)
        `start` is not negative.
    """
    x = start.copy()
    own = np.flatnonzero(x > 0)
    smallest = 1e-13 * float(np.abs(pull).max())
    for _ in range(MOST_CHANGES * x.size):
        # LAPACK itself: numpy's checks take longer than it does
        wanted = scipy.linalg.lapack.dposv(normal[own[:, None], own], pull[own])[1] if own.size else pull[:0]
        if own.size and wanted.min() <= 0:
            # as far towards the minimum as no weight falls below 0, and without the one that stops it
            below = np.flatnonzero(wanted <= 0)
            now = x[own]
            reach = now[below] / (now[below] - wanted[below])
            first = int(reach.argmin())
            now += reach[first] * (wanted - now)
            now[below[first]] = 0.0
            x[own] = np.maximum(now, 0.0)
            own = own[now > 0]
            continue
        x[own] = wanted
        rest = pull - normal @ x
        rest[own] = 0.0
        j = int(rest.argmax())
        if rest[j] <= smallest:
            break
        own = np.append(own, j)
    return x


def fit_interior(
    spectrum: FloatArray,
    components: FloatArray,
    count: FloatArray,
    *,
    penalty: FloatArray,
    start: FloatArray,
    barrier: FloatArray,
    max_iter: int = 60,
) -> Fit:
    """As `fit_sparse`, with −barrier · log theta added, so that no weight with a barrier is 0."""
    # the largest weight a component could have without exceeding the mixture anywhere
    level = ((start @ components) / components).min(axis=1)
    eta = np.log(np.maximum(start, 0.1 * level))

    def loss_at(at: FloatArray) -> tuple[float, FloatArray]:
        theta = np.exp(at)
        mixture = theta @ components
        plain = negative_log_likelihood(mixture, spectrum, count)
        return float(plain + theta @ penalty - barrier @ at), mixture

    loss, mixture = loss_at(eta)
    damping = 0.01
    for _ in range(max_iter):
        theta = np.exp(eta)
        precision = count / mixture
        pull = components @ (precision * (spectrum / mixture - 1))
        gradient = theta * (pull - penalty) + barrier
        # expected information of log weights (theta = exp eta): never negative, as the observed one may be
        hessian = (components * (precision / mixture)) @ components.T * np.outer(theta, theta)
        hessian[np.diag_indices_from(hessian)] += damping * (np.diag(hessian) + 0.05) + 1e-6
        trial = eta + np.clip(np.linalg.solve(hessian, gradient), -2, 2)
        trial_loss, trial_mixture = loss_at(trial)
        if trial_loss < loss:
            gain = loss - trial_loss
            eta, loss, mixture, damping = trial, trial_loss, trial_mixture, damping * 0.3
            if gain < 1e-3:
                break
        else:
            damping *= 6
    return Fit(np.exp(eta), mixture, np.asarray(loss))


def fit_rows(
    spectra: FloatArray,
    components: FloatArray,
    count: FloatArray,
    *,
    penalty: FloatArray,
    start: FloatArray,
    extra: FloatArray | None = None,
    max_iter: int = 40,
) -> Fit:
    """Most likely weights ≥ 0 of many spectra at once, many of them exactly 0.

    Fisher scoring over weights that are not negative, with Levenberg damping; a row stops when its loss falls,
    or is about to fall, by less than 0.003.

    Parameters
    ----------
    spectra : ndarray, shape (n_rows, n_freq)
    components : ndarray, shape (n_components, n_freq)
    count : ndarray, shape (n_freq,)
    penalty : ndarray, shape (n_components,)
    start : ndarray, shape (n_components,) or (n_rows, n_components)
    extra : ndarray, shape (n_rows, n_freq), optional
        One more shape for each row, its weight the last column of theta.
    max_iter : int, default 40

    Returns
    -------
    Fit
        theta (n_rows, n_components [+ 1]), mixture (n_rows, n_freq), loss (n_rows,).
    """
    state = _Rows(spectra, components, count, penalty, start, extra)
    for _ in range(max_iter):
        if not state.step():
            break
    return Fit(state.theta, state.mixture, state.loss)


class _Rows:
    """Rows of a batch fit that are still moving, and where each has got to."""

    def __init__(
        self,
        spectra: FloatArray,
        components: FloatArray,
        count: FloatArray,
        penalty: FloatArray,
        start: FloatArray,
        extra: FloatArray | None,
    ) -> None:
        self.spectra, self.components, self.count, self.penalty = spectra, components, count, penalty
        self.extra = extra
        n_rows, n_components = len(spectra), len(components)
        self.theta = np.broadcast_to(start, (n_rows, n_components)).copy()
        if extra is not None:
            self.theta = np.column_stack((self.theta, self._first_weight(extra)))
        # The information of every row is a sum of the same products of components: they are made once, so
        # that a step of all rows is one matrix product.
        first, second = np.triu_indices(n_components)
        self._pair = np.zeros((n_components, n_components), dtype=np.intp)
        self._pair[first, second] = self._pair[second, first] = np.arange(first.size)
        self._products = (components[first] * components[second] * count).T.copy()
        self._counted = (components * count).T.copy()
        self.active = np.arange(n_rows)
        self.damping = np.full(n_rows, 0.01)
        self.mixture, self.loss = self._evaluate(self.theta, self.active)

    def _first_weight(self, extra: FloatArray) -> FloatArray:
        mixture = self.theta @ self.components
        ratio = extra / mixture
        excess = (self.spectra / mixture * ratio).sum(axis=1) / ratio.sum(axis=1) - 1
        return np.asarray(np.maximum(excess, 0.2) / ratio.max(axis=1))

    def _evaluate(self, theta: FloatArray, rows: np.ndarray) -> tuple[FloatArray, FloatArray]:
        n_components = len(self.components)
        mixture = theta[:, :n_components] @ self.components
        if self.extra is not None:
            mixture += theta[:, n_components:] * self.extra[rows]
        np.maximum(mixture, SMALLEST, out=mixture)
        loss = negative_log_likelihood(mixture, self.spectra[rows], self.count)
        return mixture, loss + theta[:, :n_components] @ self.penalty

    def _slope(self, rows: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """Gradient of the log-likelihood, (n_rows, n_weights), and the expected information of the weights."""
        precision = 1 / self.mixture[rows]
        pull = precision * (self.spectra[rows] * precision - 1)
        square = precision * precision
        gradient = pull @ self._counted - self.penalty
        information = (square @ self._products)[:, self._pair]
        if self.extra is None:
            return gradient, information
        own = self.extra[rows]
        gradient = np.column_stack((gradient, (pull * own) @ self.count))
        cross = (square * own) @ self._counted
        n = len(self.components)
        full = np.empty((len(rows), n + 1, n + 1))
        full[:, :n, :n], full[:, n, :n], full[:, :n, n] = information, cross, cross
        full[:, n, n] = (square * own * own) @ self.count
        return gradient, full

    def step(self) -> bool:
        """One scoring step of all rows that still move; False when none does."""
        rows = self.active
        gradient, information = self._slope(rows)
        # Levenberg (1944): a damped diagonal turns a step that does not help towards the gradient
        np.einsum("rjj->rj", information)[...] *= 1 + self.damping[rows, None]
        now = self.theta[rows]
        pull = gradient + (information @ now[..., None])[..., 0]
        theta = _nonnegative_rows(information, pull, (now > 0) | (gradient > 0))
        mixture, loss = self._evaluate(theta, rows)
        better = loss < self.loss[rows]
        moved, worse = rows[better], rows[~better]
        # a row has arrived where a step promises, or brings, no more than the tolerance
        gain = np.minimum((gradient * (theta - now)).sum(axis=1), self.loss[rows] - loss)
        gain[~better] = np.inf
        self.theta[moved], self.mixture[moved], self.loss[moved] = (
            theta[better],
            mixture[better],
            loss[better],
        )
        self.damping[moved] = np.maximum(0.3 * self.damping[moved], LEAST_DAMPING)
        self.damping[worse] = np.maximum(8 * self.damping[worse], 0.05)
        self.active = rows[(gain > TOLERANCE) & (self.damping[rows] < 1e5)]
        return self.active.size > 0


def _nonnegative_rows(normal: FloatArray, pull: FloatArray, free: np.ndarray) -> FloatArray:
    """About the minimum of x · normal x / 2 − pull · x over x ≥ 0 for each row, (n_rows, n_weights).

    Weights that are not `free` are 0, and those that come out negative are taken out in turn. None comes in
    again: that is left to the next step of the fit.
    """
    x, free = np.zeros_like(pull), free.copy()
    rows = np.arange(len(pull))
    for _ in range(MOST_ROUNDS):
        own = free[rows]
        some = normal[rows] * own[:, :, None] * own[:, None, :]
        np.einsum("rjj->rj", some)[...] += ~own
        x[rows] = np.linalg.solve(some, (pull[rows] * own)[..., None])[..., 0]
        negative = x[rows] < 0
        free[rows] &= ~negative
        rows = rows[negative.any(axis=1)]
        if rows.size == 0:
            break
    return np.maximum(x, 0.0)


def screen(
    spectra: FloatArray,
    mixture: FloatArray,
    candidates: FloatArray,
    count: FloatArray,
    *,
    against: FloatArray | None = None,
) -> FloatArray:
    """Approximate gain (twice the log-likelihood) of adding each candidate to each row.

    The whitened spectrum, averaged under the candidate's shape, is taken as a gamma variable with
    as many ordinates as that average holds effectively.

    Parameters
    ----------
    spectra, mixture : ndarray, shape (n_rows, n_freq)
    candidates : ndarray, shape (n_candidates, n_freq)
    count : ndarray, shape (n_freq,)
    against : ndarray, shape (n_freq,), optional
        Mixture that components the averages; by default the first row of `mixture`.

    Returns
    -------
    ndarray, shape (n_rows, n_candidates)
    """
    typical = mixture[0] if against is None else against
    counted = candidates * (count / typical)
    total = counted.sum(axis=1)
    excess = np.maximum((spectra / mixture) @ counted.T / total, 1.0)
    counted *= counted
    # Effective ordinates of a weighted mean of exponentials (Welch–Satterthwaite): (Σ w)² / Σ w²/count
    effective = total**2 / (counted @ (1 / count))
    # log-likelihood ratio of a gamma mean that is `excess` against one that is 1
    return np.asarray(2 * effective * (excess - 1 - np.log(excess)))
