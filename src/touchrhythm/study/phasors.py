"""What of each session enters the tap tests? One phasor, and whether it stands out in its own session.

**Conventions.** One phasor per session, weighted by its taps; where several raters tapped in one
session their phasors are joined first, since they are not independent of one another.

- `phasors_of` : the sessions that enter the tap test
- `stouffer_sum` : the sessions' own p-values joined
- `own_phases` : in how many sessions taps keep a phase of their own, whichever it is
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.study.rotation import FEWEST_SESSIONS, ComplexArray, check_weights
from touchrhythm.study.rows import SessionRow
from touchrhythm.units import cpm_to_hz

__all__ = ["OwnPhases", "Phasors", "StoufferResult", "own_phases", "phasors_of", "stouffer_sum"]

ABOVE = 0.025  # share of unrelated sessions above the upper end of their chance range


@dataclass(frozen=True, eq=False)
class Phasors:
    """One phasor per session, shape (n_sessions,), and one per session and rater.

    `rate_hz` is the rate of the filtered signal while there were taps.
    """

    rows: tuple[SessionRow, ...]
    z: ComplexArray
    weight: FloatArray
    rate_hz: FloatArray
    pvalue: FloatArray
    by_rater: tuple[tuple[str, int, complex, float], ...]  # rater, session number, phasor, taps


@dataclass(frozen=True)
class OwnPhases:
    """Sessions whose taps keep a phase more consistently than unrelated taps do in 97.5 of 100.

    It asks neither for a declared phase nor for one that the sessions have in common. `pvalue` is the
    binomial chance of at least `n_above` of `n_sessions`.
    """

    n_sessions: int
    n_above: int
    expected: float
    pvalue: float


def phasors_of(
    rows: Sequence[SessionRow],
    kind: str = "palpation",
    *,
    min_taps: int = FEWEST_TAPS,
    with_made: bool = False,
) -> Phasors:
    """Phasors of the sessions of a kind that have taps enough, rhythm or not.

    Parameters
    ----------
    rows : sequence of SessionRow
    kind : str, default "palpation"
    min_taps : int, default 5
        Fewer usable taps of a rater do not enter.
    with_made : bool, default False
        Whether sessions enter whose rhythm the tapping made: that tapping follows it always.
    """
    asked = [row for row in rows if row.kind == kind and row.state == "analysed"]
    enough = [_with_taps(row, min_taps) for row in asked if with_made or not row.made_by_tapping]
    kept = tuple(row for row in enough if row.taps)
    z, weight, rate, pvalue, own = [], [], [], [], []
    for number, row in enumerate(kept):
        arms = np.array([tapped.resultant * np.exp(1j * tapped.phase) for tapped in row.taps])
        taps = np.array([tapped.n_taps for tapped in row.taps], dtype=np.float64)
        z.append(complex((taps * arms).sum() / taps.sum()))
        weight.append(float(taps.sum()))
        rate.append(_signal_rate(row))
        pvalue.append(row.taps[0].pvalue if len(row.taps) == 1 else float("nan"))
        own += [
            (tapped.rater, number, complex(arm), float(tapped.n_taps))
            for tapped, arm in zip(row.taps, arms, strict=True)
        ]
    return Phasors(
        kept,
        np.array(z, dtype=np.complex128),
        np.array(weight),
        np.array(cpm_to_hz(np.array(rate))) if rate else np.zeros(0),
        np.array(pvalue),
        tuple(own),
    )


def _with_taps(row: SessionRow, min_taps: int) -> SessionRow:
    """The row without raters whose taps are too few."""
    taps = tuple(tapped for tapped in row.taps if tapped.n_taps >= min_taps)
    return row if len(taps) == len(row.taps) else dataclasses.replace(row, taps=taps)


def _signal_rate(row: SessionRow) -> float:
    """Rate of the filtered signal in cpm: while there were taps, else the count of the whole."""
    known = [
        tapped.signal_cpm for tapped in row.taps if np.isfinite(tapped.signal_cpm) and tapped.signal_cpm > 0
    ]
    return float(np.mean(known)) if known else row.cycle_count_cpm


def own_phases(found: Phasors) -> OwnPhases:
    """In how many sessions taps keep a phase of their own.

    Sessions with one rater, each held against its own chance range.

    Raises
    ------
    ValueError
        If fewer than 4 sessions have a chance range.
    """
    taps = [row.taps[0] for row in found.rows if len(row.taps) == 1]
    known = [tapped for tapped in taps if np.isfinite(tapped.null_high)]
    if len(known) < FEWEST_SESSIONS:
        raise ValueError(f"at least {FEWEST_SESSIONS} sessions are needed, got {len(known)}")
    above = sum(tapped.resultant > tapped.null_high for tapped in known)
    pvalue = float(scipy.stats.binom.sf(above - 1, len(known), ABOVE))
    return OwnPhases(len(known), above, ABOVE * len(known), pvalue)


@dataclass(frozen=True)
class StoufferResult:
    """Stouffer's sum of the sessions' own p-values.

    Valid where each session's p-value is; it also finds followers whose phase differs from session
    to session. `statistic` is standard normal without following.
    """

    statistic: float
    pvalue: float
    n_sessions: int


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
