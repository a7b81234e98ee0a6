"""Do the taps of a session fit the signals of other sessions just as well?

**Conventions.** The phase of a signal is kept as one byte each half second, 255 where there is none.

- `permute_sessions` : taps of one session against the signal of another
- `session_permutation_of` : rows → swaps over all sessions, and within subjects
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_rng
from touchrhythm.estimates import check_codes, rank_pvalue
from touchrhythm.session import NullRange
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.study.rotation import ComplexArray, check_phasors, check_weights
from touchrhythm.study.rows import NO_PHASE, SessionRow

__all__ = ["SessionPermutation", "permute_sessions", "session_permutation_of"]


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


def session_permutation_of(
    rows: Sequence[SessionRow], weight: FloatArray, rng: np.random.Generator
) -> tuple[SessionPermutation, ...]:
    """Taps held against the signals of other sessions, and against those of other sessions of the subject.

    Parameters
    ----------
    rows : sequence of SessionRow
        Sessions with taps.
    weight : ndarray, shape (n_sessions,)
        Taps of each.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If the phases were not kept, or not every tapping falls on every signal.
    """
    if not all(row.phase_bytes for row in rows):
        raise ValueError("the signals' phases are not kept in a study of this size")
    table = _permutation_table(rows)
    if not np.isfinite(table).all():
        raise ValueError(
            "the recordings differ so much in length that not every tapping falls on every signal"
        )
    subjects = [row.subject for row in rows]
    swaps = [permute_sessions(table, weights=weight, rng=rng)]
    if len(set(subjects)) < len(subjects) and len(set(subjects)) > 1:
        swaps.append(permute_sessions(table, weights=weight, groups=subjects, rng=rng))
    return tuple(swaps)


def _permutation_table(rows: Sequence[SessionRow]) -> ComplexArray:
    """Mean phasor of each signal (column) at each session's taps (row); NaN below 5 usable taps."""
    units = [_unit_of(row) for row in rows]
    table = np.full((len(rows), len(rows)), np.nan, dtype=np.complex128)
    for i, row in enumerate(rows):
        onset = np.array(row.onset)
        for j, unit in enumerate(units):
            place = np.round(onset * rows[j].phase_fs).astype(np.intp)
            at = unit[place[place < unit.size]]
            at = at[np.isfinite(at)]
            if at.size >= FEWEST_TAPS:
                table[i, j] = at.mean()
    return table


def _unit_of(row: SessionRow) -> ComplexArray:
    code = np.frombuffer(base64.b64decode(row.phase_bytes), dtype=np.uint8)
    unit = np.exp(2j * np.pi * code / NO_PHASE)
    return np.asarray(np.where(code == NO_PHASE, np.nan, unit))


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
        Not the primary test: `touchrhythm.words.methods.PERMUTATION_VALIDITY` says what it can and cannot tell.

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
