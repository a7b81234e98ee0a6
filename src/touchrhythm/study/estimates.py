"""What are a study's figures, one tidy row each, and how many tests were made?

**Conventions.** Every figure stands with its interval (NaN where there is none), method in words and
numbers. `role` is "primary" for the one endpoint (limits of agreement are three rows), "sensitivity"
the primary question asked in other ways, "secondary" everything else, "control" what could explain
the answer away.

- `estimates_of` : answers → rows
- `count_tests` : secondary tests made
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from touchrhythm.estimates import NAN, NO_NULL, Estimate
from touchrhythm.session import NullRange
from touchrhythm.study.answers import TAP_TESTS, FollowAnswers, StudyAnswers
from touchrhythm.study.association import Association, Associations
from touchrhythm.study.controls import Controls
from touchrhythm.study.phasors import StoufferResult
from touchrhythm.study.pooled_phase import PooledLag, Population
from touchrhythm.study.rates import PooledRates, RateAnswers
from touchrhythm.study.rotation import RotationResult
from touchrhythm.study.whom import Candidate, candidate_words
from touchrhythm.words import say
from touchrhythm.words.methods import ESTIMATES, PERMUTATION_VALIDITY, ROTATION_FORMS
from touchrhythm.words.study import MEASURES

__all__ = ["StudyEstimate", "count_tests", "estimates_of"]

NO_ENDS = (NAN, NAN)
BY_FORMULA = (
    "stouffer_z",
    "stouffer_z_all_sessions",
    "stouffer_z_with_made",
    "sessions_own_phase",
    "following",
    "n_found",
    "n_made_by_tapping",
    "press_artefact_ratio",
)


@dataclass(frozen=True, kw_only=True)
class StudyEstimate(Estimate):
    """One figure of a study: the part that it belongs to, and its role."""

    part: str
    role: str

    def cells(self) -> dict[str, Any]:
        """The figure as one tidy row."""
        return {
            "part": self.part,
            "quantity": self.quantity,
            "estimate": self.estimate,
            "ci_low": self.ci_low,
            "ci_high": self.ci_high,
            "null_low": self.null.low,
            "null_high": self.null.high,
            "pvalue": self.pvalue,
            "unit": self.unit,
            "role": self.role,
            "method": self.method,
            "n_subjects": self.n_subjects,
            "n_raters": self.n_raters,
            "n_sessions": self.n_sessions,
        }

    @property
    def has_floor(self) -> bool:
        """Whether p comes from counting, so that it cannot be below 1/(1 + n); else a formula gives it."""
        return self.quantity not in BY_FORMULA


def estimates_of(answers: StudyAnswers) -> tuple[StudyEstimate, ...]:
    """Every figure of a study, the primary one first."""
    rows = [
        *_follow(answers.follow, answers.primary),
        *_whom(answers.whom),
        *_rates(answers.rates, answers.primary),
        *_rates_everyone(answers.rates_everyone, answers.primary),
        *_controls(answers.controls),
    ]
    return tuple(sorted(rows, key=lambda row: row.role != "primary"))


def count_tests(rows: tuple[StudyEstimate, ...]) -> int:
    """Tests beside the primary one: rows that carry a p-value."""
    return sum(row.role != "primary" and row.pvalue == row.pvalue for row in rows)


# -- taps ----------------------------------------------------------------------------------------------------


def _follow(found: FollowAnswers, primary: str) -> Iterator[StudyEstimate]:
    people = _people(found)
    other = "sensitivity" if primary in TAP_TESTS else "secondary"
    for form, test in found.tests.items():
        yield _rotation(
            "taps",
            f"resultant_{form}",
            test,
            role="primary" if form == primary else other,
            people=people,
            form=ROTATION_FORMS[form],
            ends=found.intervals.get(form, NO_ENDS),
        )
    if found.stouffer is not None:
        role = "primary" if primary == "stouffer" else other
        method = say(ESTIMATES, "stouffer")
        yield _stouffer("stouffer_z", found.stouffer, role=role, method=method, people=people)
    yield from _own_phases(found, people, other)
    yield from _over_more(found, people)
    yield from _robustness(found, people)
    if found.lag is not None:
        yield from _lags(found.lag, people)
    yield from _therapists(found)
    if found.population is not None:
        yield _in_general(found.population, people[0])


def _own_phases(found: FollowAnswers, people: tuple[int, int], role: str) -> Iterator[StudyEstimate]:
    own = found.own
    if own is None:
        return
    yield StudyEstimate(
        part="taps",
        quantity="sessions_own_phase",
        estimate=own.n_above,
        null=NullRange(own.expected, own.expected, own.expected),
        pvalue=own.pvalue,
        unit="sessions",
        role=role,
        method=say(ESTIMATES, "own_phases"),
        n_subjects=people[0],
        n_raters=people[1],
        n_sessions=own.n_sessions,
    )


def _over_more(found: FollowAnswers, people: tuple[int, int]) -> Iterator[StudyEstimate]:
    """The leading test over all sessions, planned or not, and with those whose rhythm the tapping made."""
    test, with_made = found.everyone, found.with_made
    if isinstance(with_made, RotationResult):
        method = say(ESTIMATES, "with_made", method=say(ESTIMATES, "rotation", n=with_made.n_rotations))
        row = _rotation("taps", "resultant_with_made", with_made, role="sensitivity", people=people)
        yield replace(row, method=method)
    elif with_made is not None:
        method = say(ESTIMATES, "with_made", method=say(ESTIMATES, "stouffer"))
        yield _stouffer("stouffer_z_with_made", with_made, role="sensitivity", method=method, people=people)
    if isinstance(test, RotationResult):
        form = say(ESTIMATES, "same_over_all")
        yield _rotation("taps", "resultant_all_sessions", test, role="sensitivity", people=people, form=form)
    elif test is not None:
        method = say(ESTIMATES, "over_all", method=say(ESTIMATES, "stouffer"))
        yield _stouffer("stouffer_z_all_sessions", test, role="sensitivity", method=method, people=people)


def _robustness(found: FollowAnswers, people: tuple[int, int]) -> Iterator[StudyEstimate]:
    """Without one session in turn, and against the signals of other sessions."""
    if found.left_out:
        yield StudyEstimate(
            part="taps",
            quantity="leave_one_out_p",
            estimate=max(found.left_out),
            role="sensitivity",
            method=say(ESTIMATES, "left_out"),
            n_subjects=people[0],
            n_raters=people[1],
            n_sessions=len(found.left_out),
        )
    for swap in found.swaps:
        yield StudyEstimate(
            part="taps",
            quantity="resultant_swapped",
            estimate=swap.resultant,
            null=swap.resultant_null,
            pvalue=swap.pvalue,
            role="sensitivity",
            method=say(ESTIMATES, "other_sessions", validity=PERMUTATION_VALIDITY[swap.scope]),
            n_subjects=people[0],
            n_raters=people[1],
            n_sessions=swap.n_sessions,
        )


def _lags(lag: PooledLag, people: tuple[int, int]) -> Iterator[StudyEstimate]:
    boot = say(ESTIMATES, "lag", n=lag.n_boot)
    reasoned = say(ESTIMATES, "with_reason", method=boot, why=lag.reason) if lag.reason else boot
    for quantity, unit, values, null, method in (
        ("pooled_resultant", "", (lag.resultant, lag.resultant_low, lag.resultant_high), NO_NULL, boot),
        ("lag_s", "s", (lag.lag_s, lag.lag_low_s, lag.lag_high_s), NO_NULL, reasoned),
        (
            "lag_cycles",
            "cycles",
            (lag.lag_cycles, lag.lag_cycles_low, lag.lag_cycles_high),
            NO_NULL,
            reasoned,
        ),
        (
            "lag_consistency",
            "",
            (lag.consistency, lag.consistency_low, lag.consistency_high),
            lag.consistency_null,
            reasoned,
        ),
    ):
        yield StudyEstimate(
            part="taps",
            quantity=quantity,
            estimate=values[0],
            ci_low=values[1],
            ci_high=values[2],
            null=null,
            unit=unit,
            role="secondary",
            method=method,
            n_subjects=people[0],
            n_raters=people[1],
            n_sessions=lag.n_sessions,
        )


def _therapists(found: FollowAnswers) -> Iterator[StudyEstimate]:
    for row in found.therapists:
        part = f"therapist {row.therapist}"
        numbers = [number for rater, number, _, _ in found.phasors.by_rater if rater == row.therapist]
        n_subjects = len({found.phasors.rows[number].subject for number in numbers})
        if row.test is None:
            yield StudyEstimate(
                part=part,
                quantity="resultant",
                estimate=row.resultant,
                role="secondary",
                method=row.reason,
                n_subjects=n_subjects,
                n_raters=1,
                n_sessions=row.n_sessions,
            )
        else:
            ends = found.intervals.get(part, NO_ENDS)
            yield _rotation(part, "resultant", row.test, role="secondary", people=(n_subjects, 1), ends=ends)


def _whom(candidates: Sequence[Candidate]) -> Iterator[StudyEstimate]:
    """Taps against all but the signal, whose test stands above."""
    n_tests = sum(candidate.pvalue == candidate.pvalue for candidate in candidates[1:])
    for candidate in candidates[1:]:
        yield StudyEstimate(
            part=f"taps on {candidate_words(candidate)}",
            quantity="resultant",
            estimate=candidate.resultant,
            null=NullRange(NAN, NAN, candidate.null_high),
            pvalue=candidate.adjusted,
            role="secondary",
            method=say(ESTIMATES, "whom", n=n_tests),
            n_subjects=0,
            n_raters=0,
            n_sessions=candidate.n_sessions,
        )


def _in_general(found: Population, n_subjects: int) -> StudyEstimate:
    method = say(ESTIMATES, "in_general", direction=found.direction)
    if found.reason:
        method = say(ESTIMATES, "with_reason", method=method, why=found.reason)
    return StudyEstimate(
        part="therapists in general",
        quantity="following",
        estimate=found.following,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        pvalue=found.pvalue,
        role="secondary",
        method=method,
        n_subjects=n_subjects,
        n_raters=found.n_therapists,
        n_sessions=found.n_sessions,
    )


def _people(found: FollowAnswers) -> tuple[int, int]:
    """How many subjects and therapists the tests rest on."""
    rows = found.phasors.rows
    return len({row.subject for row in rows}), len({rater for rater, *_ in found.phasors.by_rater})


def _rotation(
    part: str,
    quantity: str,
    test: RotationResult,
    *,
    role: str,
    people: tuple[int, int],
    form: str = "",
    ends: tuple[float, float] = NO_ENDS,
) -> StudyEstimate:
    method = say(ESTIMATES, "rotation", n=test.n_rotations)
    if ends[0] == ends[0]:
        is_length = test.form != "directional"
        method = say(
            ESTIMATES, "bootstrap_of_a_length" if is_length else "bootstrap_over_sessions", method=method
        )
    if form:
        method = say(ESTIMATES, "asks_for", method=method, form=form)
    return StudyEstimate(
        part=part,
        quantity=quantity,
        estimate=test.resultant,
        ci_low=ends[0],
        ci_high=ends[1],
        null=test.resultant_null,
        pvalue=test.pvalue,
        role=role,
        method=method,
        n_subjects=people[0],
        n_raters=people[1],
        n_sessions=test.n_sessions,
    )


def _stouffer(
    quantity: str, test: StoufferResult, *, role: str, method: str, people: tuple[int, int]
) -> StudyEstimate:
    return StudyEstimate(
        part="taps",
        quantity=quantity,
        estimate=float(test.statistic),
        pvalue=test.pvalue,
        role=role,
        method=method,
        n_subjects=people[0],
        n_raters=people[1],
        n_sessions=test.n_sessions,
    )


# -- rates ---------------------------------------------------------------------------------------------------


def _rates(found: RateAnswers, primary: str) -> Iterator[StudyEstimate]:
    for pooled in found.pooled:
        yield from _pooled(pooled, primary)
    yield from _associations(found.associations)
    rows = () if found.comparison is None else found.comparison.rows()
    for row in rows:
        null, pvalue = NO_NULL, row.estimate if row.quantity.endswith("pvalue") else NAN
        if row.quantity == "loam" and found.loam_permuted is not None:
            null, pvalue = found.loam_permuted.null, found.loam_permuted.pvalue
        role = "primary" if primary == "icc" and row.quantity == "icc_a1" else "secondary"
        own = replace(row, null=null, pvalue=pvalue)
        yield StudyEstimate(part=row.comparison, role=role, **own.figures())


def _pooled(found: PooledRates, primary: str) -> Iterator[StudyEstimate]:
    part = f"perceived - {found.measure}"
    role = "secondary" if found.measure == "rhythm" else "sensitivity"
    first = "primary" if primary == "limits" and role == "secondary" else role
    for estimate in (found.agreement, found.slope):
        if estimate is not None:
            yield _against(found, part, estimate, role=role)
    for scale, unit, own, prefix in (
        (found.limits, "cpm", first, ""),
        (found.percent, "%", role, "percent_"),
    ):
        if scale is not None:
            for estimate in (scale.bias, scale.lower, scale.upper):
                yield _against(found, part, estimate, role=own, unit=unit, prefix=prefix)
    yield from _beside_limits(found, part, role)
    permuted = found.swap
    if permuted is not None:
        yield StudyEstimate(
            part=part,
            quantity="rms_difference",
            estimate=permuted.distance,
            null=permuted.null,
            pvalue=permuted.pvalue,
            unit="cpm",
            role=role,
            method=say(ESTIMATES, "permuted", measure=MEASURES[found.measure]),
            n_subjects=permuted.n_subjects,
            n_raters=found.n_raters,
            n_sessions=found.n_sessions,
        )


def _against(
    found: PooledRates, part: str, estimate: Estimate, *, role: str, unit: str = "", prefix: str = ""
) -> StudyEstimate:
    """A figure of all therapists against one kind of measured rate."""
    own = replace(
        estimate,
        quantity=prefix + estimate.quantity,
        unit=unit,
        method=say(ESTIMATES, "against", method=estimate.method, measure=MEASURES[found.measure]),
        n_raters=found.n_raters,
        n_sessions=found.n_sessions,
    )
    return StudyEstimate(part=part, role=role, **own.figures())


def _beside_limits(found: PooledRates, part: str, role: str) -> Iterator[StudyEstimate]:
    values = []
    if found.quantisation_cpm > 0:
        values.append(("count_quantisation", found.quantisation_cpm, say(ESTIMATES, "counting")))
    if found.equivalence is not None:
        inside, not_inside = say(ESTIMATES, "inside"), say(ESTIMATES, "not_inside")
        method = say(
            ESTIMATES,
            "equivalence",
            limits=inside if found.equivalence.limits_within else not_inside,
            bias=inside if found.equivalence.mean_within else not_inside,
        )
        values.append(("equivalence_delta", found.equivalence.delta, method))
    for quantity, value, method in values:
        yield StudyEstimate(
            part=part,
            quantity=quantity,
            estimate=float(value),
            unit="cpm",
            role=role,
            method=method,
            n_subjects=len(set(found.subject)),
            n_raters=found.n_raters,
            n_sessions=found.n_sessions,
        )


def _rates_everyone(found: RateAnswers | None, primary: str) -> Iterator[StudyEstimate]:
    """The planned figure of the rates over all sessions, also those not recorded under the plan."""
    if found is None:
        return
    names = ("bias", "limit_lower", "limit_upper") if primary == "limits" else ("icc_a1",)
    for row in _rates(found, primary):
        if row.role == "primary" and row.quantity in names:
            yield replace(
                row,
                quantity=f"{row.quantity}_all_sessions",
                role="sensitivity",
                method=say(ESTIMATES, "over_all", method=row.method),
            )


def _associations(found: Associations) -> Iterator[StudyEstimate]:
    for association in found.all:
        if not association.other.startswith(("half", "double")):  # the correlation is that of the rate itself
            yield _correlation(association)
        if association.distance_cpm == association.distance_cpm:
            yield StudyEstimate(
                part=f"perceived and {association.other}",
                quantity="rms_difference",
                estimate=association.distance_cpm,
                null=association.distance_null,
                unit="cpm",
                role="secondary",
                method=say(ESTIMATES, "distance"),
                n_subjects=association.n_subjects,
                n_raters=association.n_raters,
                n_sessions=association.n_sessions,
            )


def _correlation(found: Association) -> StudyEstimate:
    method = say(ESTIMATES, "correlation", n=found.n_permutations)
    if "held constant" in found.other:
        method = say(ESTIMATES, "held_constant", method=method)
    return StudyEstimate(
        part=f"perceived and {found.other}",
        quantity="correlation_within_raters",
        estimate=found.correlation,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        null=found.null,
        pvalue=found.pvalue,
        role="secondary",
        method=method,
        n_subjects=found.n_subjects,
        n_raters=found.n_raters,
        n_sessions=found.n_sessions,
    )


# -- controls ------------------------------------------------------------------------------------------------


def _controls(found: Controls) -> Iterator[StudyEstimate]:
    for control in found.kinds:
        yield _of_controls(
            control.kind,
            "n_found",
            float(control.n_found),
            pvalue=control.pvalue,
            method=say(ESTIMATES, "n_found"),
            n_sessions=control.n_answered,
        )
    yield from _press_of_the_button(found)
    if found.tap_only is not None:
        yield _rotation("tap-only sessions", "resultant", found.tap_only, role="control", people=(0, 0))
    for who, scores in (("sensor", found.sensor), ("raters", found.rater)):
        if scores is not None:
            for estimate in (scores.hit_rate, scores.false_alarm_rate, scores.d_prime, scores.criterion):
                yield _phantom(f"phantoms, {who}", estimate)
    if found.confidence is not None:
        for estimate in (found.confidence.overconfidence, found.confidence.discrimination):
            yield _phantom("phantoms, confidence", estimate)


def _press_of_the_button(found: Controls) -> Iterator[StudyEstimate]:
    """Whether it shakes the sensor, and whether it makes the rhythm."""
    for artefacts in found.leakage:
        yield _of_controls(
            artefacts.kind,
            "press_artefact_ratio",
            float(artefacts.median_ratio),
            pvalue=NAN if artefacts.joint is None else artefacts.joint.pvalue,
            method=say(ESTIMATES, "press_too_few" if artefacts.joint is None else "press"),
            n_sessions=artefacts.n_sessions,
        )
    for made in found.made:
        if made.n_told:
            yield _of_controls(
                made.kind,
                "n_made_by_tapping",
                float(made.n_made),
                pvalue=made.pvalue,
                method=say(ESTIMATES, "n_made_by_tapping"),
                n_sessions=made.n_told,
            )


def _of_controls(
    kind: str, quantity: str, estimate: float, *, pvalue: float, method: str, n_sessions: int
) -> StudyEstimate:
    """Row of sessions that stand for nobody: none of their subjects and raters is counted."""
    return StudyEstimate(
        part=f"{kind} sessions",
        quantity=quantity,
        estimate=estimate,
        pvalue=pvalue,
        unit="sessions" if quantity.startswith("n_") else "",
        role="control",
        method=method,
        n_subjects=0,
        n_raters=0,
        n_sessions=n_sessions,
    )


def _phantom(part: str, estimate: Estimate) -> StudyEstimate:
    return StudyEstimate(part=part, role="control", **estimate.figures())
