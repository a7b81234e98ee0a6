"""Could the apparatus, the examiner's own body or the press of the button explain a study's answer?

**Conventions.** Rates in cpm. Controls: null (dead weight), unloaded, rigid (a hand on a rigid
object), phantom (known truth), tap-only (taps without touching).

- `answer_controls` : rows → `Controls`
- `read_truths`, `unsealed` : truth files of phantoms → rows that hold them, by the hash in the journal
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from touchrhythm.errors import NoSuchInput, TouchRhythmError
from touchrhythm.io.content import open_json
from touchrhythm.participants import hash_truth
from touchrhythm.raters.signal_detection import (
    ConfidenceCalibration,
    Detection,
    confidence_calibration,
    score_trials,
)
from touchrhythm.settings import Settings
from touchrhythm.study.phasors import StoufferResult, stouffer_sum
from touchrhythm.study.rotation import FEWEST_SESSIONS, RotationResult, rotation_test
from touchrhythm.study.rows import SessionRow
from touchrhythm.tapping.press_rhythm import LEVEL as MADE_LEVEL

__all__ = [
    "CONTROL_KINDS",
    "Control",
    "Controls",
    "MadeByTapping",
    "PhantomTrial",
    "PressArtefacts",
    "answer_controls",
    "read_truths",
    "unsealed",
]

CONTROL_KINDS = ("null", "unloaded", "rigid", "tap-only", "phantom")


@dataclass(frozen=True)
class Control:
    """Sessions of one control kind: in how many a rhythm was found, beside what chance gives.

    `pvalue` is the chance of at least so many at the level `alpha`; `rates_cpm` those found.
    """

    kind: str
    n_sessions: int
    n_answered: int
    n_found: int
    expected: float
    pvalue: float
    rates_cpm: tuple[float, ...]


@dataclass(frozen=True)
class PressArtefacts:
    """Whether the fast residual is larger at taps than at shifted times, over sessions of a kind."""

    kind: str
    n_sessions: int
    n_below_alpha: int
    median_ratio: float
    joint: StoufferResult | None


@dataclass(frozen=True)
class MadeByTapping:
    """In how many sessions with taps and a rhythm the rhythm is there only while somebody taps.

    `n_told` of the `n_sessions` have margins long enough to tell. Where the tapping makes none, about `expected`
    at the most are told so, and `pvalue` is the chance of at least `n_made`; NaN where none can tell.
    """

    kind: str
    n_sessions: int
    n_told: int
    n_made: int
    expected: float
    pvalue: float


@dataclass(frozen=True)
class PhantomTrial:
    """A phantom session whose truth is known: 0 cpm stood still; what sensor and rater said."""

    id: str
    rater: str
    truth_cpm: float
    in_band: bool
    found: bool
    measured_cpm: float
    tapped_cpm: float
    felt: bool | None
    confidence: float


@dataclass(frozen=True, eq=False)
class Controls:
    """All controls of a study.

    Attributes
    ----------
    kinds : tuple of Control
        One per kind that there is, apart from phantoms.
    leakage : tuple of PressArtefacts
        Over palpation sessions, and over tap-only sessions.
    made : tuple of MadeByTapping
        Over palpation sessions, and over tap-only sessions: there it tells how often the tapping alone makes a rhythm.
    made_followed : MadeByTapping or None
        Over palpation sessions whose taps follow by their own test.
    tap_only : RotationResult or None
        A phase that tap-only sessions have in common would be leakage.
    trials : tuple of PhantomTrial
        Unsealed phantom sessions.
    n_sealed : int
        Phantom sessions whose truth is not known.
    sensor, rater : Detection or None
        Moving against still phantoms: by the rhythm test (truth in the band), and by the raters.
    confidence : ConfidenceCalibration or None
        How sure the raters were, and how often right.
    reasons : tuple of str
        What could not be answered, and why.
    """

    kinds: tuple[Control, ...]
    leakage: tuple[PressArtefacts, ...]
    tap_only: RotationResult | None
    trials: tuple[PhantomTrial, ...]
    n_sealed: int
    sensor: Detection | None
    rater: Detection | None
    confidence: ConfidenceCalibration | None
    reasons: tuple[str, ...]
    made: tuple[MadeByTapping, ...] = ()
    made_followed: MadeByTapping | None = None


def answer_controls(
    rows: Sequence[SessionRow], settings: Settings, *, rng: np.random.Generator | int | None = None
) -> Controls:
    """What the control sessions of a study say.

    Parameters
    ----------
    rows : sequence of SessionRow
    settings : Settings
        Band and level.
    rng : Generator, int or None
        Source of randomness of the rotations.
    """
    reasons: list[str] = []
    trials = tuple(
        trial
        for row in rows
        if row.kind == "phantom" and row.state == "analysed"
        for trial in _trials(row, settings)
    )
    kinds = tuple(
        _control(kind, own, settings.alpha)
        for kind in CONTROL_KINDS[:-1]
        if (own := [row for row in rows if row.kind == kind])
    )
    followed = [row for row in rows if any(tapped.pvalue <= settings.alpha for tapped in row.taps)]
    sealed = [row for row in rows if row.kind == "phantom" and not np.isfinite(row.truth_cpm)]
    return Controls(
        kinds=kinds,
        leakage=tuple(
            artefacts
            for kind in ("palpation", "tap-only")
            if (artefacts := _leakage(rows, kind, settings.alpha)) is not None
        ),
        tap_only=_tap_only(rows, reasons, rng),
        trials=trials,
        n_sealed=len(sealed),
        sensor=_scored(_once(trials), "found", "sensor on phantoms", reasons),
        rater=_scored(trials, "felt", "raters on phantoms", reasons),
        confidence=_confidence(trials, reasons),
        reasons=tuple(reasons),
        made=tuple(found for kind in ("palpation", "tap-only") if (found := _made(rows, kind)) is not None),
        made_followed=_made(followed, "palpation"),
    )


def _control(kind: str, rows: Sequence[SessionRow], alpha: float) -> Control:
    answered = [row for row in rows if row.state == "analysed" and np.isfinite(row.pvalue)]
    found = [row for row in answered if row.found]
    pvalue = float(scipy.special.bdtrc(len(found) - 1, len(answered), alpha)) if found else 1.0
    return Control(
        kind,
        len(rows),
        len(answered),
        len(found),
        alpha * len(answered),
        pvalue if answered else float("nan"),
        tuple(row.rate_cpm for row in found),
    )


def _leakage(rows: Sequence[SessionRow], kind: str, alpha: float) -> PressArtefacts | None:
    """One p-value per session: the smallest of its raters', corrected for their number."""
    pvalues, ratios = [], []
    for row in rows:
        known = [tapped for tapped in row.taps if np.isfinite(tapped.press_artefact_pvalue)]
        if row.kind == kind and row.state == "analysed" and known:
            pvalues.append(min(1.0, len(known) * min(tapped.press_artefact_pvalue for tapped in known)))
            ratios += [tapped.press_artefact_ratio for tapped in known]
    if not pvalues:
        return None
    joint = stouffer_sum(pvalues) if len(pvalues) >= FEWEST_SESSIONS else None
    below = sum(pvalue <= alpha for pvalue in pvalues)
    return PressArtefacts(kind, len(pvalues), below, float(np.nanmedian(ratios)), joint)


def _made(rows: Sequence[SessionRow], kind: str) -> MadeByTapping | None:
    """Each rater's taps are asked, so that a session's level is that of one rater times their number."""
    own = [row for row in rows if row.kind == kind and row.state == "analysed" and row.found and row.taps]
    if not own:
        return None
    told = [row for row in own if row.made_by_tapping is not None]
    levels = [min(1.0, MADE_LEVEL * len(row.taps)) for row in told]
    n_made = sum(row.made_by_tapping is True for row in told)
    pvalue = float(scipy.stats.binom.sf(n_made - 1, len(told), max(levels))) if told else float("nan")
    return MadeByTapping(kind, len(own), len(told), n_made, sum(levels), pvalue)


def _tap_only(
    rows: Sequence[SessionRow], reasons: list[str], rng: np.random.Generator | int | None
) -> RotationResult | None:
    own = [row for row in rows if row.kind == "tap-only" and row.state == "analysed" and row.taps]
    if not own:
        return None
    z = [
        sum(tapped.n_taps * tapped.resultant * np.exp(1j * tapped.phase) for tapped in row.taps)
        / sum(tapped.n_taps for tapped in row.taps)
        for row in own
    ]
    weights = [sum(tapped.n_taps for tapped in row.taps) for row in own]
    try:
        return rotation_test(np.array(z), weights=weights, rng=rng)
    except ValueError as error:
        reasons.append(f"tap-only sessions: {error}")
        return None


def _trials(row: SessionRow, settings: Settings) -> list[PhantomTrial]:
    if not np.isfinite(row.truth_cpm):
        return []
    low, high = settings.band_cpm
    taps = {tapped.rater: tapped for tapped in row.taps}
    trials = []
    for rater in row.raters or ("rater",):
        felt = None if row.felt_nothing is None else not row.felt_nothing
        tapped = taps[rater].rate_cpm if rater in taps else float("nan")
        trials.append(
            PhantomTrial(
                row.id,
                rater,
                row.truth_cpm,
                bool(low <= row.truth_cpm <= high),
                row.found,
                row.rate_cpm,
                tapped,
                felt,
                row.confidence,
            )
        )
    return trials


def _once(trials: Sequence[PhantomTrial]) -> list[PhantomTrial]:
    """One trial per session: several raters do not make several recordings."""
    return list({trial.id: trial for trial in trials}.values())


def _scored(trials: Sequence[PhantomTrial], answer: str, name: str, reasons: list[str]) -> Detection | None:
    """Moving in the band against still; a phantom that moves outside of the band is in neither class."""
    clear = [trial for trial in trials if trial.in_band or trial.truth_cpm == 0]
    if not clear:
        return None
    present = [trial.truth_cpm > 0 for trial in clear]
    said: list[Any] = [getattr(trial, answer) for trial in clear]
    try:
        return score_trials(present, said)
    except ValueError as error:
        reasons.append(f"{name}: {error}")
        return None


def _confidence(trials: Sequence[PhantomTrial], reasons: list[str]) -> ConfidenceCalibration | None:
    asked = [trial for trial in trials if trial.felt is not None and np.isfinite(trial.confidence)]
    if not asked:
        return None
    right = [float(trial.felt == (trial.truth_cpm > 0)) for trial in asked]
    try:
        return confidence_calibration([trial.confidence for trial in asked], right)
    except ValueError as error:
        reasons.append(f"confidence: {error}")
        return None


def read_truths(folder: str | Path | None) -> dict[str, float]:
    """True rates by their hashes, from the truth files (JSON with ``rate_cpm`` and ``salt``) of a folder.

    Raises
    ------
    NoSuchInput
        If there is no such folder.
    """
    if folder is None:
        return {}
    place = Path(folder)
    if not place.is_dir():
        raise NoSuchInput(f"{place}: there is no folder of truth files")
    found: dict[str, float] = {}
    for path in sorted(place.rglob("*.json")):
        try:
            truth = open_json(path)
            rate = truth["rate_cpm"]
            found[hash_truth(truth)] = 0.0 if rate is None else float(rate)
        except (TouchRhythmError, ValueError, KeyError, TypeError):
            continue  # another file
    return found


def unsealed(rows: Sequence[SessionRow], truths: Mapping[str, float]) -> tuple[SessionRow, ...]:
    """Rows of phantom sessions with the truth whose hash their journal holds; the others as they are."""
    return tuple(
        dataclasses.replace(row, truth_cpm=truths[row.phantom_sha256])
        if row.phantom_sha256 in truths
        else row
        for row in rows
    )
