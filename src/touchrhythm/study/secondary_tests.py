"""Does the answer about a study hold when it is asked in other ways?

**Conventions.** `z` holds one complex mean phasor per session, as in `rotation`. These are
sensitivity analyses beside the primary test; each says when it is valid.

- `leave_one_out` : the rotation test without each session in turn
- `stouffer_sum` : sessions' own p-values joined
- `permute_sessions` : taps of one session against the signal of another
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_rng
from touchrhythm.estimates import check_codes, rank_pvalue
from touchrhythm.session import NullRange
from touchrhythm.study.rotation import (
    FEWEST_SESSIONS,
    check_phases,
    check_phasors,
    check_weights,
    rotation_test,
)

__all__ = [
    "SessionPermutation",
    "StoufferResult",
    "leave_one_out",
    "permute_sessions",
    "stouffer_sum",
]


@dataclass(frozen=True)
class StoufferResult:
    """Stouffer's sum of the sessions' own p-values.

    Valid where each session's p-value is; it also finds followers whose phase differs from session
    to session. `statistic` is standard normal without following.
    """

    statistic: float
    pvalue: float
    n_sessions: int


@dataclass(frozen=True)
class SessionPermutation:
    """Taps held against the signals of other sessions.

    `scope` is "all sessions" or "within groups", which makes it valid under other conditions: see
    `touchrhythm.words.methods.PERMUTATION_VALIDITY`.
    """

    resultant: float
    resultant_null: NullRange
    pvalue: float
    scope: str
    n_sessions: int
    n_permutations: int


def leave_one_out(
    z: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    phase: npt.ArrayLike | None = None,
    axial: bool = False,
    n_rotations: int = 9999,
    rng: np.random.Generator | int | None = None,
) -> FloatArray:
    """p-value of `rotation_test` without each session in turn, shape (n_sessions,).

    Parameters are those of `rotation_test`. At least 5 sessions are needed. A p-value that rises
    much without one session says that the answer rests on it.

    Raises
    ------
    ValueError
        If there are fewer than 5 sessions, or as in `rotation_test`.
    """
    phasors = check_phasors(z, minimum=FEWEST_SESSIONS + 1)
    n = phasors.size
    scale = check_weights(weights, n)
    turn = None if phase is None else np.broadcast_to(check_phases(phase, n), (n,))
    generator = check_rng(rng)
    found = []
    for keep in ~np.eye(n, dtype=bool):
        one = rotation_test(
            phasors[keep],
            weights=scale[keep],
            phase=None if turn is None else turn[keep],
            axial=axial,
            n_rotations=n_rotations,
            rng=generator,
        )
        found.append(one.pvalue)
    return np.array(found)


def stouffer_sum(
    pvalues: npt.ArrayLike, *, weights: npt.ArrayLike | None = None, n_surrogates: int = 999
) -> StoufferResult:
    """Stouffer's weighted sum of the sessions' one-sided p-values.

    Parameters
    ----------
    pvalues : array_like, shape (n_sessions,)
        p-value of each session's own test, above 0.
    weights : array_like, shape (n_sessions,), optional
        Weights, commonly the root of the number of taps; by default all alike.
    n_surrogates : int, default 999
        Null copies behind each p-value; a p of 1 counts as half a copy less.

    Raises
    ------
    ValueError
        If there are fewer than 4 sessions, or a p-value lies outside (0, 1].

    References
    ----------
    Stouffer SA et al (1949) The American Soldier, vol 1. Princeton University Press.

    >>> round(stouffer_sum([0.04, 0.3, 0.11, 0.2]).pvalue, 4)
    0.0149
    """
    p = np.asarray(pvalues, dtype=np.float64)
    if p.ndim != 1 or p.size < FEWEST_SESSIONS:
        raise ValueError(f"a study test needs at least {FEWEST_SESSIONS} sessions, got {p.size}")
    if not ((p > 0) & (p <= 1)).all():
        raise ValueError("pvalues must lie above 0 and not above 1 (leave sessions without one out)")
    scale = check_weights(weights, p.size)
    score = -scipy.special.ndtri(np.minimum(p, 1 - 0.5 / (1 + int(n_surrogates))))
    value = float(scale @ score / np.sqrt(scale @ scale))
    return StoufferResult(value, float(scipy.special.ndtr(-value)), p.size)


def permute_sessions(
    table: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    groups: Any = None,
    n_permutations: int = 9999,
    rng: np.random.Generator | int | None = None,
) -> SessionPermutation:
    """Taps of each session held against the signal of another one: a sensitivity analysis.

    Parameters
    ----------
    table : array_like of complex, shape (n_sessions, n_sessions)
        Entry [i, j] is the mean phasor of the signal of session j at the taps of session i.
    weights : array_like, shape (n_sessions,), optional
        Taps per session; by default all sessions weigh alike.
    groups : sequence, shape (n_sessions,), optional
        Swap only within these groups (one subject, or one rate).
    n_permutations : int, default 9999
        Random permutations.
    rng : Generator, int or None
        Random generator or seed.

    Returns
    -------
    SessionPermutation
        Not the primary test: `valid_when` says what it can and cannot tell.

    Raises
    ------
    ValueError
        If the table is not square and finite, there are fewer than 4 sessions, or no group has two.
    """
    square = np.asarray(table, dtype=np.complex128)
    if square.ndim != 2 or square.shape[0] != square.shape[1]:
        raise ValueError(f"table must have shape (n_sessions, n_sessions), got {square.shape}")
    if not np.isfinite(square).all():
        raise ValueError("table must be finite: every taps against every signal")
    n = check_phasors(np.diag(square)).size
    scale = check_weights(weights, n)
    code = np.zeros(n, dtype=np.intp) if groups is None else check_codes(groups, n, "groups")
    if np.bincount(code).max() < 2:
        raise ValueError("swapping needs a group of at least two sessions")
    generator, swaps = check_rng(rng), int(n_permutations)
    order = np.empty((swaps, n), dtype=np.intp)
    for number in range(int(code.max()) + 1):
        member = np.flatnonzero(code == number)
        order[:, member] = generator.permuted(np.tile(member, (swaps, 1)), axis=1)
    null = np.abs(square[np.arange(n), order] @ scale) / scale.sum()
    own = float(abs(np.diag(square) @ scale) / scale.sum())
    pvalue = rank_pvalue(own, null)
    scope = "all sessions" if groups is None else "within groups"
    return SessionPermutation(own, NullRange.of(null), pvalue, scope, n, swaps)
