"""Do the taps of a session fit the signals of other sessions just as well?

**Conventions.** The phase of a signal is kept as one byte each half second, 255 where there is none.

- `session_permutation_of` : rows → swaps over all sessions, and within subjects
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np

from touchrhythm._check import FEWEST_TAPS, FloatArray
from touchrhythm.study.rotation import ComplexArray
from touchrhythm.study.rows import NO_PHASE, SessionRow
from touchrhythm.study.secondary_tests import SessionPermutation, permute_sessions

__all__ = ["session_permutation_of"]


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
