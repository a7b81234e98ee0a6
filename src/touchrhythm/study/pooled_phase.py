"""What is the common lag over a study, and for which therapists?

**Conventions.** `z` holds one complex mean phasor per session, as in `rotation`; `therapist` one code
per session. Lags are positive after the signal's peak, known only modulo one cycle.

- `pooled_lag` : lag and its consistency, with bootstrap over sessions
- `therapist_rotation_tests` : one row per therapist
- `resultant_interval` : interval of the figure that a rotation test tests
- `population_phase` : the figure that speaks for therapists in general
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_fraction, check_rng
from touchrhythm.estimates import check_codes, rank_pvalue, t_quantile
from touchrhythm.session import NullRange
from touchrhythm.study.rotation import (
    FEWEST_SESSIONS,
    ComplexArray,
    RotationResult,
    check_phases,
    check_phasors,
    check_weights,
    rotation_test,
    turned_phasors,
)

__all__ = [
    "PooledLag",
    "Population",
    "TherapistRow",
    "pooled_lag",
    "population_phase",
    "resultant_interval",
    "therapist_rotation_tests",
]

FEWEST_THERAPISTS = 3


@dataclass(frozen=True)
class PooledLag:
    """Lag that the sessions share, and how much they share it.

    Attributes
    ----------
    resultant, resultant_low, resultant_high : float
        Length of the weighted mean phasor.
    lag_cycles, lag_cycles_low, lag_cycles_high : float
        Its angle in cycles, -0.5 to 0.5; the interval may reach beyond, and is NaN where it would
        cover half a cycle or more.
    lag_s, lag_low_s, lag_high_s : float
        The same in seconds, by the weighted mean period.
    consistency, consistency_low, consistency_high : float
        Length of the mean of the sessions' directions, each counted once: 1 where every session has
        the same phase.
    consistency_null : NullRange
        The same from sessions without a common phase.
    level : float
        Confidence level.
    n_sessions, n_boot : int
        Sessions; bootstrap samples.
    reason : str
        Why the lag has no interval; "" where it has one.
    """

    resultant: float
    resultant_low: float
    resultant_high: float
    lag_cycles: float
    lag_cycles_low: float
    lag_cycles_high: float
    lag_s: float
    lag_low_s: float
    lag_high_s: float
    consistency: float
    consistency_low: float
    consistency_high: float
    consistency_null: NullRange
    level: float
    n_sessions: int
    n_boot: int
    reason: str


@dataclass(frozen=True)
class TherapistRow:
    """One therapist's own rotation test; `test` is None with fewer than 4 sessions, see `reason`."""

    therapist: str
    n_sessions: int
    resultant: float
    lag_cycles: float
    test: RotationResult | None
    reason: str


@dataclass(frozen=True)
class Population:
    """Mean over therapists: what may be said of therapists in general.

    Attributes
    ----------
    following, ci_low, ci_high : float
        Mean over therapists of the component of each one's mean phasor along the declared phase, or,
        where none was declared, along the common phase of the *other* therapists; 0 without
        following, 1 at most. The t interval over therapists needs a declared phase; else NaN.
    pvalue : float
        One-sided: t test over therapists (declared phase, at least 3), or random rotation of whole
        therapists (at least 4).
    direction : str
        ``"declared phase"`` or ``"phase of the other therapists"``.
    n_therapists, n_sessions : int
        What it rests on.
    level : float
        Confidence level.
    reason : str
        Why interval or p-value are missing; "" where both are there.
    """

    following: float
    ci_low: float
    ci_high: float
    pvalue: float
    direction: str
    n_therapists: int
    n_sessions: int
    level: float
    reason: str


def pooled_lag(
    z: npt.ArrayLike,
    *,
    period: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    level: float = 0.95,
    n_boot: int = 1999,
    rng: np.random.Generator | int | None = None,
) -> PooledLag:
    """Lag common to the sessions and its consistency, with bootstrap over sessions.

    Parameters
    ----------
    z : array_like of complex, shape (n_sessions,)
        Mean phasor of each session.
    period : array_like, shape (n_sessions,)
        Mean period of the signal in each session, in seconds.
    weights : array_like, shape (n_sessions,), optional
        Taps per session; by default all sessions weigh alike.
    level : float, default 0.95
        Confidence level; quantiles are widened for few sessions (Hesterberg 2015).
    n_boot : int, default 1999
        Bootstrap samples.
    rng : Generator, int or None
        Random generator or seed.

    Raises
    ------
    ValueError
        If there are fewer than 4 sessions, or a period is not above 0.

    Notes
    -----
    In simulations with phase SDs of 0.3 and 0.8 rad the 95 % interval of the lag held the true one
    in 90 % of studies with 5 sessions, 92 % with 8, 94 % with 12 and 20.

    References
    ----------
    Hesterberg TC (2015) What teachers should know about the bootstrap. Am Stat 69:371–386.
    """
    check_fraction(level, "level")
    phasors = check_phasors(z)
    n, generator = phasors.size, check_rng(rng)
    scale = check_weights(weights, n)
    length = np.asarray(period, dtype=np.float64)
    if length.shape != (n,) or not (np.isfinite(length).all() and (length > 0).all()):
        raise ValueError("period must hold one time above 0 s per session")
    unit = np.exp(1j * np.angle(phasors))
    pick = generator.integers(0, n, (int(n_boot), n))
    drawn = (scale[pick] * phasors[pick]).sum(1) / np.maximum(scale[pick].sum(1), 1e-300)
    mean = complex((scale * phasors).sum() / scale.sum())
    ends = _widened(level, n)
    angle = np.angle(mean)
    turn = (angle + np.quantile(np.angle(drawn * np.exp(-1j * angle)), ends)) / (2 * np.pi)
    known = turn[1] - turn[0] < 0.5
    low, high = (float(v) if known else float("nan") for v in turn)
    r_low, r_high = np.quantile(np.abs(drawn), ends)
    c_low, c_high = np.quantile(np.abs(unit[pick].mean(1)), ends)
    seconds, lag = float(scale @ length / scale.sum()), float(angle / (2 * np.pi))
    null = np.abs(np.exp(2j * np.pi * generator.random((int(n_boot), n))).mean(1))
    return PooledLag(
        resultant=abs(mean),
        resultant_low=float(r_low),
        resultant_high=float(r_high),
        lag_cycles=lag,
        lag_cycles_low=low,
        lag_cycles_high=high,
        lag_s=seconds * lag,
        lag_low_s=seconds * low,
        lag_high_s=seconds * high,
        consistency=float(abs(unit.mean())),
        consistency_low=float(c_low),
        consistency_high=float(c_high),
        consistency_null=NullRange.of(null),
        level=level,
        n_sessions=n,
        n_boot=int(n_boot),
        reason="" if known else "the interval of the phase covers half a cycle or more: no common lag",
    )


def resultant_interval(
    z: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    phase: npt.ArrayLike | None = None,
    axial: bool = False,
    level: float = 0.95,
    n_boot: int = 1999,
    rng: np.random.Generator | int | None = None,
) -> tuple[float, float]:
    """Bootstrap interval over sessions of the figure that `rotation_test` tests.

    Parameters
    ----------
    z, weights, phase, axial
        As in `rotation_test`.
    level, n_boot, rng
        As in `pooled_lag`.

    Returns
    -------
    (float, float)
        Without a declared phase the figure is a length, so that its interval never reaches 0:
        whether there is a common phase is asked by the test alone.
    """
    check_fraction(level, "level")
    arms, scale = turned_phasors(z, weights, phase=phase, axial=axial)
    pick = check_rng(rng).integers(0, arms.size, (int(n_boot), arms.size))
    drawn = (scale[pick] * arms[pick]).sum(1) / np.maximum(scale[pick].sum(1), 1e-300)
    ends = np.quantile(np.abs(drawn) if phase is None else drawn.real, _widened(level, arms.size))
    return float(ends[0]), float(ends[1])


def _widened(level: float, n: int) -> tuple[float, float]:
    """Bootstrap quantiles that are as wide as the t distribution asks for."""
    t = t_quantile(level, n - 1) * (n / (n - 1)) ** 0.5
    tail = float(scipy.special.ndtr(-t))
    return tail, 1 - tail


def _groups(codes: Any, n: int) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Group number of each session, and the groups' names in alphabetical order."""
    if isinstance(codes, str) or not hasattr(codes, "__len__"):
        raise TypeError(f"therapist must hold one code per session, got {codes!r}")
    names = [str(code) for code in codes]
    check_codes(names, n, "therapist")
    order = sorted(set(names))
    return np.array([order.index(name) for name in names], dtype=np.intp), order


def therapist_rotation_tests(
    z: npt.ArrayLike,
    *,
    therapist: Any,
    weights: npt.ArrayLike | None = None,
    phase: npt.ArrayLike | None = None,
    n_rotations: int = 9999,
    rng: np.random.Generator | int | None = None,
) -> tuple[TherapistRow, ...]:
    """Rotation test of each therapist alone, in alphabetical order.

    Parameters
    ----------
    z, weights, phase, n_rotations, rng
        As in `rotation_test`.
    therapist : sequence, shape (n_sessions,)
        Code of each session's therapist.

    Returns
    -------
    tuple of TherapistRow
        A therapist with fewer than 4 sessions has a row without a test.
    """
    phasors = check_phasors(z, minimum=1)
    scale = check_weights(weights, phasors.size)
    code, names = _groups(therapist, phasors.size)
    turn = None if phase is None else np.broadcast_to(np.asarray(phase, dtype=np.float64), phasors.shape)
    generator = check_rng(rng)
    rows = []
    for number, name in enumerate(names):
        own = code == number
        mean = complex((scale[own] * phasors[own]).sum() / max(float(scale[own].sum()), 1e-300))
        n, test, reason = int(own.sum()), None, ""
        if n < FEWEST_SESSIONS:
            reason = f"{n} of at least {FEWEST_SESSIONS} sessions"
        else:
            test = rotation_test(
                phasors[own],
                weights=scale[own],
                phase=None if turn is None else turn[own],
                n_rotations=n_rotations,
                rng=generator,
            )
        rows.append(TherapistRow(name, n, abs(mean), float(np.angle(mean) / (2 * np.pi)), test, reason))
    return tuple(rows)


def population_phase(
    z: npt.ArrayLike,
    *,
    therapist: Any,
    weights: npt.ArrayLike | None = None,
    phase: npt.ArrayLike | None = None,
    level: float = 0.95,
    n_rotations: int = 9999,
    rng: np.random.Generator | int | None = None,
) -> Population:
    """Following in the mean over therapists, each therapist counted once.

    Parameters
    ----------
    z, weights, phase, n_rotations, rng
        As in `rotation_test`; rotations are only used without a declared phase.
    therapist : sequence, shape (n_sessions,)
        Code of each session's therapist.
    level : float, default 0.95
        Confidence level.

    Notes
    -----
    The rotation test asks whether anybody followed; it does not tell what a further therapist would
    do. This figure does, as far as these therapists are a sample of therapists.
    """
    check_fraction(level, "level")
    phasors = check_phasors(z, minimum=1)
    scale = check_weights(weights, phasors.size)
    code, names = _groups(therapist, phasors.size)
    turned = phasors if phase is None else phasors * np.exp(-1j * check_phases(phase, phasors.size))
    total = np.maximum(np.bincount(code, scale), 1e-300)
    arms = np.zeros(len(names), dtype=np.complex128)
    np.add.at(arms, code, scale * turned)
    arms /= total
    if phase is not None:
        value, low, high, pvalue, reason = _declared(arms.real, level)
        direction = "declared phase"
    else:
        value, pvalue, reason = _undeclared(arms, int(n_rotations), check_rng(rng))
        low = high = float("nan")
        direction = "phase of the other therapists"
    return Population(value, low, high, pvalue, direction, len(names), phasors.size, level, reason)


def _declared(part: FloatArray, level: float) -> tuple[float, float, float, float, str]:
    n, value, nan = part.size, float(part.mean()), float("nan")
    if n < FEWEST_THERAPISTS:
        return value, nan, nan, nan, _too_few(n, FEWEST_THERAPISTS)
    error = float(part.std(ddof=1)) / n**0.5
    if error == 0:
        return value, value, value, nan, "all therapists have the same figure"
    half = t_quantile(level, n - 1) * error
    return value, value - half, value + half, float(scipy.special.stdtr(n - 1, -value / error)), ""


def _undeclared(arms: ComplexArray, n_rotations: int, rng: np.random.Generator) -> tuple[float, float, str]:
    n = arms.size
    if n < 2:
        return float("nan"), float("nan"), _too_few(n, FEWEST_SESSIONS)
    value = float(_along_others(arms[None])[0])
    if n < FEWEST_SESSIONS:
        return value, float("nan"), _too_few(n, FEWEST_SESSIONS)
    turned = arms * np.exp(2j * np.pi * rng.random((n_rotations, n)))
    return (
        value,
        rank_pvalue(value, _along_others(turned)),
        "an interval over therapists needs a declared phase",
    )


def _too_few(n: int, needed: int) -> str:
    return f"{n} of at least {needed} therapists: nothing can be said of therapists in general"


def _along_others(arms: ComplexArray) -> FloatArray:
    """Mean over therapists of the component along the others' direction; arms (n_rows, n_therapists)."""
    others = arms.sum(axis=1, keepdims=True) - arms
    return np.asarray((arms * np.exp(-1j * np.angle(others))).real.mean(axis=1))
