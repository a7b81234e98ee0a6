"""Whom do the taps follow over a study: the signal, somebody's breathing or pulse, or what is left without that?

The taps of each session are held against its signal, against each reference channel, and against what is left of the
signal without that channel. Each of these is a candidate with a rotation test of its own over the sessions that hold
it. The signal's is the leading test of the study and keeps its p; the p-values of all others are adjusted for their
number after Holm.

**Conventions.** One phasor per session and candidate, weighted by its taps; raters of one session are joined first.

- `Candidate` : one of those that may be followed, and what the sessions say of it
- `candidate_words` : what it is, in words
- `whom_taps_follow` : all of them, the signal first

References
----------
Holm S. (1979). A simple sequentially rejective multiple test procedure. Scand. J. Stat. 6, 65.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from touchrhythm.estimates import NAN, holm_adjusted
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.study.phasors import Phasors
from touchrhythm.study.rotation import FEWEST_SESSIONS, RotationResult, rotation_test
from touchrhythm.study.rows import ReferenceTapRow, RowOfTaps, SessionRow
from touchrhythm.words import say
from touchrhythm.words.references import FEATURES, WHOSE
from touchrhythm.words.study import WHOM

__all__ = ["Candidate", "candidate_words", "whom_taps_follow"]

# share of sessions with another number of taps per cycle, above which it is no following
MOST_OTHER_RATIOS = 0.5

Identity = tuple[str, str, str, str, bool]  # kind, person, series, channel and is_left of a candidate


@dataclass(frozen=True)
class Candidate:
    """One of those that the taps may follow.

    Attributes
    ----------
    kind, person, series : str
        What it is: "signal", "breathing", "pulse" or "" (another channel, whose name is then `channel`); of whom
        ("subject", "examiner" or ""); and of a pulse "baseline", "height" or "interval".
    channel : str
        Names of the channels that held it.
    is_left : bool
        Whether it is what is left of the signal without that.
    n_sessions : int
        Sessions in which taps were held against it.
    resultant, null_high : float
        Pooled phase consistency, and how far it comes by chance (95 %).
    pvalue, adjusted : float
        Of the rotation test, and after Holm; the signal's stands by itself. NaN with fewer than 4 sessions.
    ratio : float
        Taps per cycle, the median over sessions.
    n_other_ratio : int
        Sessions whose taps per cycle exclude the declared ratio.
    verdict : str
        "follow", "ratio" (in step, at another ratio than the declared), "not shown" or "too few".
    """

    kind: str
    person: str
    series: str
    channel: str
    is_left: bool
    n_sessions: int
    resultant: float = NAN
    null_high: float = NAN
    pvalue: float = NAN
    adjusted: float = NAN
    ratio: float = NAN
    n_other_ratio: int = 0
    verdict: str = "too few"


def whom_taps_follow(
    rows: Sequence[SessionRow],
    leading: tuple[Phasors, RotationResult | None, float],
    *,
    alpha: float,
    ratio: tuple[int, int],
    min_taps: int = FEWEST_TAPS,
    rng: np.random.Generator,
) -> tuple[Candidate, ...]:
    """What the sessions say of all that the taps may follow, the signal first.

    Parameters
    ----------
    rows : sequence of SessionRow
    leading : (Phasors, RotationResult or None, float)
        Phasors of taps against the signal, the leading test of them where it is one of rotation, and its p.
    alpha : float
        Level.
    ratio : tuple of int
        Taps to cycles that were declared.
    min_taps : int, default 5
        Fewer usable taps of a rater do not enter.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Candidate
        Empty where no session holds a reference against which taps were held.
    """
    asked = [row for row in rows if row.kind == "palpation" and row.state == "analysed"]
    held: dict[Identity, list[list[ReferenceTapRow]]] = {}
    for row in asked:
        own: dict[Identity, list[ReferenceTapRow]] = {}
        for tapped in row.on_references:
            # a rhythm that the tapping made stays in what is left, and is followed always
            if tapped.n_taps >= min_taps and not (tapped.is_left and row.made_by_tapping):
                own.setdefault(_identity(tapped), []).append(tapped)
        for key, tapping in own.items():
            held.setdefault(key, []).append(tapping)
    if not held:
        return ()
    keys = sorted(held, key=lambda key: (not key[0], key[0], key[1] != "subject", *key[1:]))
    streams = rng.spawn(len(keys))
    found = [_candidate(key, held[key], ratio, stream) for key, stream in zip(keys, streams, strict=True)]
    tested = [number for number, candidate in enumerate(found) if np.isfinite(candidate.pvalue)]
    adjusted = holm_adjusted([found[number].pvalue for number in tested])
    for number, pvalue in zip(tested, adjusted, strict=True):
        found[number] = replace(found[number], adjusted=pvalue)
    signal = _signal(*leading, ratio)
    return tuple(_judged(candidate, alpha) for candidate in (signal, *found))


def candidate_words(candidate: Candidate, taps_against: str = "signal") -> str:
    """What a candidate is, in words.

    >>> candidate_words(Candidate("breathing", "examiner", "", "belt", True, 8))
    "what is left of the signal without the examiner's breathing"
    """
    if candidate.kind == "signal":
        return say(WHOM, "residual" if taps_against == "residual" else "signal")
    code = "_".join(filter(None, (candidate.kind, candidate.person)))
    whose = say(WHOSE, code) if code in WHOSE else say(WHOSE, "other", channel=candidate.channel)
    what = say(FEATURES, candidate.series or "wave", whose=whose)
    return say(WHOM, "left", what=what) if candidate.is_left else what


def _identity(tapped: ReferenceTapRow) -> Identity:
    """A channel of no known kind is told by its name."""
    name = "" if tapped.kind else tapped.channel
    return tapped.kind, tapped.person, tapped.series, name, tapped.is_left


def _signal(found: Phasors, test: RotationResult | None, pvalue: float, ratio: tuple[int, int]) -> Candidate:
    taps = [tapped for row in found.rows for tapped in row.taps]
    signal = Candidate("signal", "", "", "", False, len(found.rows), pvalue=pvalue, adjusted=pvalue)
    if test is not None:
        signal = replace(signal, resultant=test.resultant, null_high=test.resultant_null.high)
    return replace(signal, **_ratios([list(row.taps) for row in found.rows], ratio)) if taps else signal


def _candidate(
    key: Identity,
    sessions: Sequence[Sequence[ReferenceTapRow]],
    ratio: tuple[int, int],
    rng: np.random.Generator,
) -> Candidate:
    channels = sorted({tapped.channel for tapping in sessions for tapped in tapping})
    kind, person, series, _, is_left = key
    given = Candidate(kind, person, series, ", ".join(channels), is_left, len(sessions))
    given = replace(given, **_ratios(sessions, ratio))
    if len(sessions) < FEWEST_SESSIONS:
        return given
    weight = np.array([sum(tapped.n_taps for tapped in tapping) for tapping in sessions], dtype=np.float64)
    arms = [
        sum(tapped.n_taps * tapped.resultant * np.exp(1j * tapped.phase) for tapped in tapping)
        for tapping in sessions
    ]
    test = rotation_test(np.array(arms) / weight, weights=weight, rng=rng)
    return replace(given, resultant=test.resultant, null_high=test.resultant_null.high, pvalue=test.pvalue)


def _ratios(sessions: Sequence[Sequence[RowOfTaps]], ratio: tuple[int, int]) -> dict[str, Any]:
    """Median taps per cycle, and in how many sessions no rater's can be those that were declared."""
    declared = ratio[0] / ratio[1]
    known = [[tapped.ratio for tapped in tapping if np.isfinite(tapped.ratio)] for tapping in sessions]
    means = [float(np.mean(ratios)) for ratios in known if ratios]
    n_other = sum(
        all(tapped.ratio_low > declared or tapped.ratio_high < declared for tapped in tapping)
        for tapping in sessions
    )
    return {"ratio": float(np.median(means)) if means else NAN, "n_other_ratio": n_other}


def _judged(candidate: Candidate, alpha: float) -> Candidate:
    if not np.isfinite(candidate.pvalue):
        return candidate
    if candidate.adjusted > alpha:
        return replace(candidate, verdict="not shown")
    is_other = candidate.n_other_ratio > MOST_OTHER_RATIOS * candidate.n_sessions
    return replace(candidate, verdict="ratio" if is_other else "follow")
