"""What are a study's figures, one tidy row each, and how many tests were made?

**Conventions.** Every figure stands with its interval (NaN where there is none), method in words and
numbers. `role` is "primary" for the one endpoint (limits of agreement are three rows), "sensitivity"
the primary question asked in other ways, "secondary" everything else, "control" what could explain
the answer away.

- `estimates_of` : answers → rows
- `count_tests` : secondary tests made
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from touchrhythm.estimates import Estimate
from touchrhythm.study.answers import TAP_TESTS, FollowAnswers, StudyAnswers
from touchrhythm.study.association import Associations
from touchrhythm.study.controls import Controls
from touchrhythm.study.rates import MEASURES, PooledRates, RateAnswers
from touchrhythm.study.rotation import ROTATION_FORMS, RotationResult

__all__ = ["EstimateRow", "count_tests", "estimates_of"]

NAN = float("nan")
ROTATION = "random rotation of each session's mean phasor, weighted by taps"
BOOT = "interval by bootstrap over sessions"
LENGTH = f"{BOOT}, of a length, which is never 0"
OWN = (
    "sessions whose taps keep a phase, whichever it is, beyond the 97.5 % point of unrelated taps; chance: binomial,"
    " its mean"
)
STOUFFER = "Stouffer's weighted sum of the sessions' own one-sided p-values"
PERMUTED = "chance: one side given to other subjects of the same therapists"
CORRELATION = (
    f"within therapists, over subject and therapist; jackknife interval over subjects; {PERMUTED}, one-sided"
)
LEAK = "residual above about 1 Hz at taps against shifted times; Stouffer's sum over sessions"


@dataclass(frozen=True)
class EstimateRow:
    """One figure of a study as one tidy row."""

    part: str
    quantity: str
    estimate: float
    ci_low: float
    ci_high: float
    null_low: float
    null_high: float
    pvalue: float
    unit: str
    role: str
    method: str
    n_subjects: int
    n_raters: int
    n_sessions: int


def estimates_of(answers: StudyAnswers) -> tuple[EstimateRow, ...]:
    """Every figure of a study, the primary one first."""
    rows = [
        *_follow(answers.follow, answers.primary),
        *_rates(answers.rates, answers.primary),
        *_rates_everyone(answers.rates_everyone, answers.primary),
        *_controls(answers.controls),
    ]
    return tuple(sorted(rows, key=lambda row: row.role != "primary"))


def count_tests(rows: tuple[EstimateRow, ...]) -> int:
    """Tests beside the primary one: rows that carry a p-value."""
    return sum(row.role != "primary" and row.pvalue == row.pvalue for row in rows)


def _follow(found: FollowAnswers, primary: str) -> Iterator[EstimateRow]:
    people = _people(found)
    other = "sensitivity" if primary in TAP_TESTS else "secondary"
    for form, test in found.tests.items():
        role = "primary" if form == primary else other
        ends = found.intervals.get(form, (NAN, NAN))
        yield _rotation("taps", f"resultant_{form}", test, role, people, ROTATION_FORMS[form], ends)
    if found.stouffer is not None:
        one = found.stouffer
        role = "primary" if primary == "stouffer" else other
        yield _row(
            "taps", "stouffer_z", one.statistic, one.pvalue, "", role, STOUFFER, (*people, one.n_sessions)
        )
    if found.own is not None:
        own = found.own
        yield EstimateRow(
            "taps", "sessions_own_phase", own.n_above, NAN, NAN, own.expected, own.expected, own.pvalue, "sessions",
            "sensitivity" if primary in TAP_TESTS else "secondary", OWN, *people, own.n_sessions,
        )  # fmt: skip
    yield from _over_everyone(found, people)
    if found.left_out:
        method = "largest p of the rotation test without one session in turn"
        worst = max(found.left_out)
        yield _row(
            "taps", "leave_one_out_p", worst, NAN, "", "sensitivity", method, (*people, len(found.left_out))
        )
    for swap in found.swaps:
        method = f"taps held against the signals of other sessions: {swap.valid_when}"
        yield EstimateRow(
            "taps", "resultant_swapped", swap.resultant, NAN, NAN, swap.resultant_null.low, swap.resultant_null.high,
            swap.pvalue, "", "sensitivity", method, *people, swap.n_sessions,
        )  # fmt: skip
    yield from _lags(found, people)
    yield from _therapists(found)


def _over_everyone(found: FollowAnswers, people: tuple[int, int]) -> Iterator[EstimateRow]:
    one = found.everyone
    if isinstance(one, RotationResult):
        valid = "the same over all sessions, also those not recorded under the plan"
        yield _rotation("taps", "resultant_all_sessions", one, "sensitivity", people, valid)
    elif one is not None:
        method = f"{STOUFFER}; all sessions, also those not recorded under the plan"
        yield _row("taps", "stouffer_z_all_sessions", one.statistic, one.pvalue, "", "sensitivity", method, (*people, one.n_sessions))  # fmt: skip


def _lags(found: FollowAnswers, people: tuple[int, int]) -> Iterator[EstimateRow]:
    lag = found.lag
    if lag is None:
        return
    boot = f"bootstrap over sessions ({lag.n_boot})"
    for quantity, unit, values in (
        ("pooled_resultant", "", (lag.resultant, lag.resultant_low, lag.resultant_high)),
        ("lag_s", "s", (lag.lag_s, lag.lag_low_s, lag.lag_high_s)),
        ("lag_cycles", "cycles", (lag.lag_cycles, lag.lag_cycles_low, lag.lag_cycles_high)),
        ("lag_consistency", "", (lag.consistency, lag.consistency_low, lag.consistency_high)),
    ):
        method = f"{boot}; {lag.reason}" if lag.reason and quantity.startswith("lag_") else boot
        low, high = (
            (lag.consistency_null.low, lag.consistency_null.high) if "consist" in quantity else (NAN, NAN)
        )
        yield EstimateRow(
            "taps", quantity, *values, low, high, NAN, unit, "secondary", method, *people, lag.n_sessions
        )


def _therapists(found: FollowAnswers) -> Iterator[EstimateRow]:
    for one in found.therapists:
        n = len({found.phasors.rows[number].subject for rater, number, _, _ in found.phasors.by_rater if rater == one.therapist})  # fmt: skip
        if one.test is None:
            yield _row(f"therapist {one.therapist}", "resultant", one.resultant, NAN, "", "secondary", one.reason, (n, 1, one.n_sessions))  # fmt: skip
        else:
            ends = found.intervals.get(f"therapist {one.therapist}", (NAN, NAN))
            yield _rotation(
                f"therapist {one.therapist}", "resultant", one.test, "secondary", (n, 1), ends=ends
            )
    one_for_all = found.population
    if one_for_all is not None:
        method = f"mean over therapists along the {one_for_all.direction}"
        method += f"; {one_for_all.reason}" if one_for_all.reason else ""
        yield EstimateRow(
            "therapists in general", "following", one_for_all.following, one_for_all.ci_low, one_for_all.ci_high,
            NAN, NAN, one_for_all.pvalue, "", "secondary", method, _people(found)[0], one_for_all.n_therapists,
            one_for_all.n_sessions,
        )  # fmt: skip


def _people(found: FollowAnswers) -> tuple[int, int]:
    rows = found.phasors.rows
    return len({row.subject for row in rows}), len({rater for rater, *_ in found.phasors.by_rater})


def _rates(found: RateAnswers, primary: str) -> Iterator[EstimateRow]:
    for pooled in found.pooled:
        yield from _pooled(pooled, primary)
    yield from _associations(found.associations)
    if found.comparison is not None:
        for row in found.comparison.rows():
            is_p = row.quantity.endswith("pvalue")
            low, high, p = NAN, NAN, row.estimate if is_p else NAN
            if row.quantity == "loam" and found.loam_permuted is not None:
                swapped = found.loam_permuted
                low, high, p = swapped.null.low, swapped.null.high, swapped.pvalue
            is_first = primary == "icc" and row.quantity == "icc_a1"
            role = "primary" if is_first else "secondary"
            yield EstimateRow(
                row.comparison, row.quantity, row.estimate, row.ci_low, row.ci_high, low, high,
                p, row.unit, role, row.method, row.n_subjects, row.n_raters,
                row.n_sessions,
            )  # fmt: skip


def _pooled(found: PooledRates, primary: str) -> Iterator[EstimateRow]:
    part = f"perceived - {found.measure}"
    role = "secondary" if found.measure == "rhythm" else "sensitivity"
    tail = f"against {MEASURES[found.measure]}"
    limits = found.limits
    first = "primary" if primary == "limits" and role == "secondary" else role
    lines: list[tuple[Estimate | None, str, str, str]] = [
        (found.agreement, "", role, ""),
        (found.slope, "", role, ""),
    ]
    for scale, unit, own, prefix in ((limits, "cpm", first, ""), (found.percent, "%", role, "percent_")):
        if scale is not None:
            lines += [(one, unit, own, prefix) for one in (scale.bias, scale.lower, scale.upper)]
    for one, unit, own, prefix in lines:
        if one is not None:
            yield EstimateRow(
                part, prefix + one.quantity, one.estimate, one.ci_low, one.ci_high, NAN, NAN, NAN, unit, own,
                f"{one.method}; {tail}", one.n_subjects, found.n_raters, found.n_sessions,
            )  # fmt: skip
    yield from _beside_limits(found, part, role)
    if found.swap is not None:
        one_permutation = found.swap
        method = f"perceived rates given to other subjects; {tail}"
        yield EstimateRow(
            part, "rms_difference", one_permutation.distance, NAN, NAN, one_permutation.null.low, one_permutation.null.high,
            one_permutation.pvalue, "cpm", role, method, one_permutation.n_subjects, found.n_raters, found.n_sessions,
        )  # fmt: skip


def _rates_everyone(found: RateAnswers | None, primary: str) -> Iterator[EstimateRow]:
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
                method=f"{row.method}; all sessions, also those not recorded under the plan",
            )


def _associations(found: Associations) -> Iterator[EstimateRow]:
    lines = [one for one in (found.expected, found.measured) if one is not None] + list(found.held)
    for each in found.breathing.values():
        lines += each
    for one in lines:
        how = f"{CORRELATION} ({one.n_permutations})"
        how += (
            "; third rate held constant linearly, chance approximate" if "held constant" in one.other else ""
        )
        part, n = f"perceived and {one.other}", (one.n_subjects, one.n_raters, one.n_sessions)
        if not one.other.startswith(("half", "double")):  # the same correlation as with the rate itself
            yield EstimateRow(
                part, "correlation_within_raters", one.correlation, one.ci_low, one.ci_high, one.null.low,
                one.null.high, one.pvalue, "", "secondary", how, *n,
            )  # fmt: skip
        if one.distance_cpm == one.distance_cpm:
            apart = one.distance_null
            yield EstimateRow(
                part, "rms_difference", one.distance_cpm, NAN, NAN, apart.low, apart.high, NAN, "cpm",
                "secondary", f"root mean square difference over subject and therapist; {PERMUTED}", *n,
            )  # fmt: skip


def _beside_limits(found: PooledRates, part: str, role: str) -> Iterator[EstimateRow]:
    n = (len(set(found.subject)), found.n_raters, found.n_sessions)
    if found.quantisation_cpm > 0:
        method = "1.96 SD of the error of counting whole cycles (triangular); by design, no interval"
        yield _row(part, "count_quantisation", found.quantisation_cpm, NAN, "cpm", role, method, n)
    if found.equivalence is not None:
        one = found.equivalence
        said = "inside" if one.limits_within else "not inside"
        mean = "inside" if one.mean_within else "not inside"
        method = (
            f"difference set beforehand; limits with their intervals {said}, 90 % interval of the bias {mean}"
        )
        yield _row(part, "equivalence_delta", one.delta, NAN, "cpm", role, method, n)


def _controls(found: Controls) -> Iterator[EstimateRow]:
    for one in found.kinds:
        method = (
            "sessions with a rhythm in the band; interval by chance: the level times the sessions; binomial"
        )
        yield _row(f"{one.kind} sessions", "n_found", one.n_found, one.pvalue, "sessions", "control", method, (0, 0, one.n_answered))  # fmt: skip
    for leak in found.leakage:
        p = NAN if leak.joint is None else leak.joint.pvalue
        method = LEAK if leak.joint else "too few sessions for a sum"
        yield _row(f"{leak.kind} sessions", "press_artefact_ratio", leak.median_ratio, p, "", "control", method, (0, 0, leak.n_sessions))  # fmt: skip
    if found.tap_only is not None:
        yield _rotation("tap-only sessions", "resultant", found.tap_only, "control", (0, 0))
    for who, scores in (("sensor", found.sensor), ("raters", found.rater)):
        if scores is not None:
            for estimate in (scores.hit_rate, scores.false_alarm_rate, scores.d_prime, scores.criterion):
                yield _estimate(f"phantoms, {who}", estimate)
    if found.confidence is not None:
        for estimate in (found.confidence.overconfidence, found.confidence.discrimination):
            yield _estimate("phantoms, confidence", estimate)


def _estimate(part: str, one: Estimate) -> EstimateRow:
    return EstimateRow(
        part, one.quantity, one.estimate, one.ci_low, one.ci_high, NAN, NAN, NAN, "", "control", one.method,
        one.n_subjects, one.n_raters, one.n_sessions,
    )  # fmt: skip


def _rotation(
    part: str,
    quantity: str,
    test: RotationResult,
    role: str,
    people: tuple[int, int],
    valid: str = "",
    ends: tuple[float, float] = (NAN, NAN),
) -> EstimateRow:
    method = f"{ROTATION} ({test.n_rotations})"
    if ends[0] == ends[0]:
        method += f"; {BOOT if test.form == 'directional' else LENGTH}"
    method += f"; asks for {valid}" if valid else ""
    null = test.resultant_null
    return EstimateRow(
        part, quantity, test.resultant, *ends, null.low, null.high, test.pvalue, "", role, method, *people,
        test.n_sessions,
    )  # fmt: skip


def _row(
    part: str,
    quantity: str,
    value: float,
    pvalue: float,
    unit: str,
    role: str,
    method: str,
    n: tuple[int, int, int],
) -> EstimateRow:
    return EstimateRow(part, quantity, float(value), NAN, NAN, NAN, NAN, pvalue, unit, role, method, *n)
