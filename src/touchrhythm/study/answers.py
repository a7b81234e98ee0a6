"""Do the taps follow the signal over a study, and what else do its rows say together?

One test is primary; the same question asked in other ways is sensitivity, everything else secondary.
Sessions in which no rhythm was found are in the primary test like all others. Where a sealed plan
was named, and some sessions were recorded under it, taps and rates rest on these alone.

**Conventions.** One phasor per session, see `phasors`.

- `answer_study` : rows → `StudyAnswers`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.settings import FEWEST_TAPS, Settings
from touchrhythm.study.controls import Controls, answer_controls
from touchrhythm.study.phasors import OwnPhases, Phasors, StoufferResult, own_phases, phasors_of, stouffer_sum
from touchrhythm.study.pooled_phase import (
    PooledLag,
    Population,
    TherapistRow,
    pooled_lag,
    population_phase,
    resultant_interval,
    therapist_rotation_tests,
)
from touchrhythm.study.rates import RateAnswers, answer_rates
from touchrhythm.study.rotation import (
    FEWEST_SESSIONS,
    RotationResult,
    lag_phase,
    leave_one_out,
    rotation_test,
)
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.session_permutation import SessionPermutation, session_permutation_of
from touchrhythm.study.whom import Candidate, whom_taps_follow

__all__ = [
    "LEFT_OUT_ROTATIONS",
    "PRIMARY",
    "TAP_TESTS",
    "FollowAnswers",
    "Phasors",
    "StudyAnswers",
    "answer_study",
    "check_primary",
    "phasors_of",
    "planned_rows",
]

TAP_TESTS = ("undirected", "directional", "axial", "stouffer")
PRIMARY = (*TAP_TESTS, "limits", "icc")
LEFT_OUT_ROTATIONS = 999
MOST_LEFT_OUT = 200  # sessions; above, leaving each out in turn costs much and tells little

Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class FollowAnswers:
    """Taps against signals.

    Attributes
    ----------
    primary : str
        The leading test of taps: the primary one, unless a figure of the rates was set primary.
    pvalue : float
        Its p-value; NaN where it could not be made, see `reason`.
    everyone : RotationResult, StoufferResult or None
        The same test over all sessions, also those that were not recorded under the plan.
    tests : dict
        `RotationResult` by form: the primary and the sensitivity ones.
    stouffer : StoufferResult or None
        Sum of the sessions' own p-values.
    left_out : tuple of float
        p-value of the primary rotation test without each session in turn.
    swaps : tuple of SessionPermutation
        Taps against the signals of other sessions.
    lag, therapists, population
        Common lag, one row per therapist, the figure for therapists in general.
    phasors : Phasors
        What the tests were made of.
    reasons : tuple of str
        What could not be answered, and why.
    intervals : mapping
        Bootstrap interval over sessions of each test's figure, by form and by therapist.
    own : OwnPhases or None
        In how many sessions taps keep a phase of their own, whichever it is.
    n_made : int
        Sessions with taps enough that are in none of these tests, as the tapping made their rhythm.
    with_made : RotationResult, StoufferResult or None
        The leading test with these too; None where there are none, or too few in all.
    """

    primary: str
    pvalue: float
    reason: str
    tests: dict[str, RotationResult]
    stouffer: StoufferResult | None
    left_out: tuple[float, ...]
    swaps: tuple[SessionPermutation, ...]
    lag: PooledLag | None
    therapists: tuple[TherapistRow, ...]
    population: Population | None
    phasors: Phasors
    reasons: tuple[str, ...]
    everyone: RotationResult | StoufferResult | None = None
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    own: OwnPhases | None = None
    n_made: int = 0
    with_made: RotationResult | StoufferResult | None = None


@dataclass(frozen=True, eq=False)
class StudyAnswers:
    """All answers over a study: taps, rates, controls.

    `primary` is the one of `PRIMARY` that was set; `n_beside_plan` palpation sessions were not recorded
    under the plan, and are left out of taps and rates, unless none was recorded under it;
    `rates_everyone` are the rates of all sessions, where the primary endpoint is one of the rates. `whom` the taps
    follow: the signal, or a reference, or what is left without it; empty where no session holds a reference.
    """

    follow: FollowAnswers
    rates: RateAnswers
    controls: Controls
    primary: str = "undirected"
    n_beside_plan: int = 0
    rates_everyone: RateAnswers | None = None
    whom: tuple[Candidate, ...] = ()


def answer_study(
    rows: Sequence[SessionRow],
    settings: Settings,
    *,
    primary: str | None = None,
    rng: int = 0,
    plan_sha256: str = "",
    min_taps: int = FEWEST_TAPS,
    delta_cpm: float | None = None,
    limits_form: str | None = None,
) -> StudyAnswers:
    """Ask the study's questions of its rows.

    Parameters
    ----------
    rows : sequence of SessionRow
    settings : Settings
        Declared lag, polarity and ratio make the directional test possible.
    primary : str, optional
        One of `PRIMARY`.
    rng : int, default 0
        Seed of rotations, swaps and bootstrap.
    plan_sha256 : str, default ""
        Hash of the sealed plan: only sessions that carry it are planned.
    min_taps : int, default 5
        Fewer usable taps of a rater do not enter the tap tests.
    delta_cpm : float, optional
        Difference of rates that would not matter, set before the data.
    limits_form : str, optional
        Form of the limits of agreement, see `LIMIT_FORMS`; by default as the data ask for.

    Raises
    ------
    ValueError
        If `primary` is not known, or "directional" without declared lag and polarity.
    """
    primary = check_primary(primary, settings)
    declared = settings.lag_s is not None and settings.polarity is not None
    streams = np.random.default_rng(rng).spawn(4)
    planned = planned_rows(rows, plan_sha256)
    beside = len(rows) - len(planned)
    form = primary if primary in TAP_TESTS else "directional" if declared else "undirected"
    whole = phasors_of(rows, min_taps=min_taps) if beside else None
    own = phasors_of(planned, min_taps=min_taps)
    with_made = phasors_of(planned, min_taps=min_taps, with_made=True)
    how: dict[str, Any] = {"seed": rng, "delta_cpm": delta_cpm, "form": limits_form}
    follow = _follow(own, settings, form, declared, streams[0], (whole, with_made))
    return StudyAnswers(
        follow=follow,
        rates=answer_rates(planned, **how),
        controls=answer_controls(rows, settings, rng=streams[2]),
        primary=primary,
        n_beside_plan=beside,
        rates_everyone=answer_rates(rows, **how) if beside and primary not in TAP_TESTS else None,
        whom=whom_taps_follow(
            planned,
            (own, follow.tests.get(form), follow.pvalue),
            alpha=settings.alpha,
            ratio=settings.ratio,
            min_taps=min_taps,
            rng=streams[3],
        ),
    )


def planned_rows(rows: Sequence[SessionRow], plan_sha256: str) -> list[SessionRow]:
    """Rows without the palpation sessions that do not carry the plan; all rows where none carries it."""
    carrying = any(row.kind == "palpation" and row.plan_sha256 == plan_sha256 for row in rows)
    if not plan_sha256 or not carrying:
        return list(rows)
    return [row for row in rows if row.kind != "palpation" or row.plan_sha256 == plan_sha256]


def check_primary(primary: str | None, settings: Settings) -> str:
    """The primary endpoint: the one set, else "directional" where lag and polarity are declared.

    Raises
    ------
    ValueError
        If it is not one of `PRIMARY`, or "directional" without a declaration.
    """
    declared = settings.lag_s is not None and settings.polarity is not None
    primary = primary or ("directional" if declared else "undirected")
    if primary not in PRIMARY:
        raise ValueError(f"primary must be one of {', '.join(PRIMARY)}, got {primary!r}")
    if primary == "directional" and not declared:
        raise ValueError("a directional test needs a lag window and a polarity, declared before the data")
    return primary


class _Questions:
    """Answers that can be had, and the sentences of those that cannot."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def answer(self, name: str, question: Callable[[], Answer]) -> Answer | None:
        try:
            return question()
        except ValueError as error:
            self.reasons.append(f"{name}: {error}")
            return None


def _follow(
    found: Phasors,
    settings: Settings,
    primary: str,
    declared: bool,
    rng: np.random.Generator,
    beside: tuple[Phasors | None, Phasors],
) -> FollowAnswers:
    """`beside`: all sessions, where some are not planned, and the planned with those whose rhythm the tapping made."""
    asked, streams = _Questions(), rng.spawn(11)
    whole, with_made = beside
    n_made = len(with_made.rows) - len(found.rows)
    phase = _declared_phase(found, settings) if declared and found.rows else None
    given: dict[str, dict[str, Any]] = {"undirected": {}, "axial": {"axial": True}}
    if phase is not None:
        given["directional"] = {"phase": phase}
    tests = {}
    for form, stream in zip(sorted(given), streams, strict=False):
        test = asked.answer(f"{form} test", lambda f=form, s=stream: _rotation(found, given[f], s))  # type: ignore[misc]
        if test is not None:
            tests[form] = test
    stouffer = asked.answer("sum of the sessions' p-values", lambda: _stouffer(found))
    form = primary if primary in given else "undirected"
    left_out = asked.answer("leave one out", lambda: _left_out(found, given[form], streams[3]))
    pvalue = stouffer.pvalue if primary == "stouffer" and stouffer else float("nan")
    pvalue = tests[primary].pvalue if primary in tests else pvalue
    return FollowAnswers(
        primary=primary,
        pvalue=pvalue,
        reason="" if np.isfinite(pvalue) else _why_none(found, n_made),
        tests=tests,
        stouffer=stouffer,
        left_out=() if left_out is None else tuple(float(pvalue) for pvalue in left_out),
        swaps=_permutations(found, asked, streams[4]),
        lag=asked.answer("common lag", lambda: _lag(found, streams[5])),
        therapists=_therapists(found, phase, streams[6]),
        population=_population(found, phase, asked, streams[7]),
        phasors=found,
        reasons=tuple(asked.reasons),
        everyone=None if whole is None else _everyone(whole, settings, primary, streams[8]),
        n_made=n_made,
        with_made=_everyone(with_made, settings, primary, streams[10]) if n_made else None,
        intervals=_intervals(found, given, tests, streams[9]),
        own=asked.answer("sessions with a phase of their own", lambda: own_phases(found)),
    )


def _intervals(
    found: Phasors, given: Mapping[str, dict[str, Any]], tests: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Of each form's figure, and of each therapist's who has sessions enough for a test."""
    ends = {form: resultant_interval(found.z, weights=found.weight, rng=rng, **given[form]) for form in tests}
    phase = given.get("directional", {}).get("phase")
    for name in sorted({tapped[0] for tapped in found.by_rater}):
        own = [tapped for tapped in found.by_rater if tapped[0] == name]
        if len(own) >= FEWEST_SESSIONS:
            _, number, z, taps = zip(*own, strict=True)
            declared = None if phase is None else phase[list(number)]
            ends[f"therapist {name}"] = resultant_interval(z, weights=taps, phase=declared, rng=rng)
    return ends


def _stouffer(found: Phasors) -> StoufferResult:
    known = np.isfinite(found.pvalue)
    return stouffer_sum(found.pvalue[known], weights=np.sqrt(found.weight[known]))


def _everyone(
    whole: Phasors, settings: Settings, form: str, rng: np.random.Generator
) -> RotationResult | StoufferResult | None:
    """The primary test over more sessions than its own; None where they are too few."""
    how: dict[str, Any] = {"axial": True} if form == "axial" else {}
    if form == "directional" and whole.rows:
        how = {"phase": _declared_phase(whole, settings)}
    try:
        return _stouffer(whole) if form == "stouffer" else _rotation(whole, how, rng)
    except ValueError:
        return None


def _why_none(found: Phasors, n_made: int = 0) -> str:
    needed = f"at least {FEWEST_SESSIONS} sessions with at least {FEWEST_TAPS} usable taps"
    made = f" without the {n_made} whose rhythm the tapping made" if n_made else ""
    return f"a study test needs {needed}, got {len(found.rows)}{made}"


def _rotation(found: Phasors, how: dict[str, Any], rng: np.random.Generator) -> RotationResult:
    return rotation_test(found.z, weights=found.weight, rng=rng, **how)


def _left_out(found: Phasors, how: dict[str, Any], rng: np.random.Generator) -> FloatArray:
    if len(found.rows) > MOST_LEFT_OUT:
        raise ValueError(f"not made above {MOST_LEFT_OUT} sessions, got {len(found.rows)}")
    return leave_one_out(found.z, weights=found.weight, rng=rng, n_rotations=LEFT_OUT_ROTATIONS, **how)


def _declared_phase(found: Phasors, settings: Settings) -> FloatArray:
    """Phase of the middle of the declared lag window; phases count from troughs where those were declared."""
    low, high = settings.lag_s or (0.0, 0.0)
    return settings.ratio[0] * lag_phase((low + high) / 2, found.rate_hz)


def _lag(found: Phasors, rng: np.random.Generator) -> PooledLag:
    if len(found.rows) < FEWEST_SESSIONS:
        raise ValueError(_why_none(found))
    return pooled_lag(found.z, period=1 / found.rate_hz, weights=found.weight, rng=rng)


def _therapists(
    found: Phasors, phase: FloatArray | None, rng: np.random.Generator
) -> tuple[TherapistRow, ...]:
    if not found.by_rater:
        return ()
    rater, number, z, taps = zip(*found.by_rater, strict=True)
    return therapist_rotation_tests(
        np.array(z),
        therapist=rater,
        weights=np.array(taps),
        phase=None if phase is None else phase[list(number)],
        rng=rng,
    )


def _population(
    found: Phasors, phase: FloatArray | None, asked: _Questions, rng: np.random.Generator
) -> Population | None:
    """Over sessions with one rater only: raters of one session do not speak independently."""
    alone = [tapped for tapped in found.by_rater if len(found.rows[tapped[1]].taps) == 1]
    if not alone:
        asked.reasons.append("therapists in general: no session in which one therapist alone tapped")
        return None
    rater, number, z, taps = zip(*alone, strict=True)
    return population_phase(
        np.array(z),
        therapist=rater,
        weights=np.array(taps),
        phase=None if phase is None else phase[list(number)],
        rng=rng,
    )


def _permutations(
    found: Phasors, asked: _Questions, rng: np.random.Generator
) -> tuple[SessionPermutation, ...]:
    if len(found.rows) < FEWEST_SESSIONS:
        return ()
    return (
        asked.answer("swap of sessions", lambda: session_permutation_of(found.rows, found.weight, rng)) or ()
    )
