"""What limits a study's answer, and what could explain it away?

**Conventions.** Severity 1 (could overturn the answer) to 3 (should be known). Nothing is computed here.

- `study_flags` : flags in words, most serious first
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from touchrhythm.estimates import Estimate
from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.raters.limits import FEWEST_SUBJECTS
from touchrhythm.report.study.controls import control_sentence
from touchrhythm.report.study.flow import rhythm_source, said_doubts
from touchrhythm.report.study.plan import palpation_rows, study_standing
from touchrhythm.report.study.taps import has_common_phase
from touchrhythm.study.rates import RateAnswers
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.estimates import said_limits
from touchrhythm.words.methods import PERMUTATION_VALIDITY
from touchrhythm.words.numbers import bounded, counted, fixed, is_known, joined, p_words, percent
from touchrhythm.words.plan import LINES
from touchrhythm.words.study import APPARATUS, FLAGS, LACKING

__all__ = ["study_flags"]

LEVEL = 0.05
MOST_NAMES = 3  # of broken recordings

Flag = tuple[int, str]


def study_flags(result: StudyResult, plan: Plan | None = None) -> tuple[Flag, ...]:
    """What limits the answer: severity and sentence, most serious first."""
    flags = [
        *_apparatus(result),
        *_press(result),
        *_robustness(result),
        *_scope(result),
        *_people(result),
        *_plan(result, plan),
    ]
    return tuple(sorted(flags, key=lambda flag: flag[0]))


def _apparatus(result: StudyResult) -> Iterator[Flag]:
    controls = {control.kind: control for control in result.answers.controls.kinds}
    for kind, control in controls.items():
        if control.n_found and control.pvalue <= LEVEL:
            yield 1, say(FLAGS, "apparatus", found=control_sentence(control), so=APPARATUS[kind])
    lacking = [place for kind, place in LACKING.items() if kind not in controls]
    if lacking:
        yield 2, say(FLAGS, "no_controls", lacking=joined(lacking))


def _press(result: StudyResult) -> Iterator[Flag]:
    for artefacts in result.answers.controls.leakage:
        if artefacts.joint is not None and artefacts.joint.pvalue <= LEVEL:
            p = p_words(artefacts.joint.pvalue, has_floor=False)
            yield 1, say(FLAGS, "press", kind=artefacts.kind, p=p, ratio=f"{artefacts.median_ratio:.2f}")
    made = result.answers.controls.made_followed
    if made is not None and made.n_made:
        sessions, expected = counted(made.n_told, "session"), f"{made.expected:.1f}"
        more_than_chance = made.pvalue <= LEVEL
        said = say(FLAGS, "made_followed", n_made=made.n_made, sessions=sessions, expected=expected)
        yield 1 if more_than_chance else 2, said
    test = result.answers.controls.tap_only
    if test is not None and test.pvalue <= LEVEL:
        yield 1, say(FLAGS, "tap_only", p=p_words(test.pvalue))


def _robustness(result: StudyResult) -> Iterator[Flag]:
    found, alpha = result.answers.follow, result.settings.alpha
    is_shown = has_common_phase(result)
    if is_shown and found.left_out and max(found.left_out) > alpha:
        yield 1, say(FLAGS, "one_session", p=p_words(max(found.left_out)))
    for swap in found.swaps:
        if is_shown and swap.pvalue > alpha:
            yield (
                2,
                say(
                    FLAGS,
                    "other_sessions",
                    p=p_words(swap.pvalue),
                    resultant=bounded(swap.resultant),
                    high=bounded(swap.resultant_null.high),
                    validity=PERMUTATION_VALIDITY[swap.scope],
                ),
            )
    if found.population is not None and found.population.reason and is_shown:
        yield 2, say(FLAGS, "in_general", why=found.population.reason)
    n_joined = sum(len(row.taps) > 1 for row in found.phasors.rows)
    if n_joined:
        yield 3, say(FLAGS, "joined", sessions=counted(n_joined, "session"))


def _scope(result: StudyResult) -> Iterator[Flag]:
    times, gone = result.found.withdrawn
    if times:
        withdrawals, recordings = counted(times, "withdrawal"), counted(gone, "recording")
        yield 3, say(FLAGS, "withdrawals", withdrawals=withdrawals, recordings=recordings)
    broken = [row.id for row in result.rows if row.state == "broken"]
    if broken:
        names = joined(broken[:MOST_NAMES])
        if len(broken) > MOST_NAMES:
            names = say(FLAGS, "and_others", names=", ".join(broken[:MOST_NAMES]))
        yield 2, say(FLAGS, "broken", recordings=counted(len(broken), "recording"), names=names)
    changed = result.found.changed
    if changed:
        names = joined(list(changed[:MOST_NAMES]))
        if len(changed) > MOST_NAMES:
            names = say(FLAGS, "and_others", names=", ".join(changed[:MOST_NAMES]))
        yield 2, say(FLAGS, "changed", recordings=counted(len(changed), "recording"), names=names)
    yield from _limits(result)
    if result.answers.controls.n_sealed:
        sessions = counted(result.answers.controls.n_sealed, "phantom session")
        yield 3, say(FLAGS, "sealed", sessions=sessions)
    reasons = (
        *result.answers.follow.reasons,
        *result.answers.controls.reasons,
        *result.answers.rates.reasons,
        *result.answers.rates.associations.reasons,
    )
    for reason in reasons:
        yield 3, say(FLAGS, "not_answered", why=reason)


def _limits(result: StudyResult) -> Iterator[Flag]:
    """Limits of agreement that say little: of few subjects, or with intervals about as wide as themselves."""
    limits = result.answers.rates.pooled[0].limits
    if limits is None or not limits.too_few_subjects:
        return
    if limits.n_subjects < FEWEST_SUBJECTS:
        yield 2, say(FLAGS, "few_subjects", n=limits.n_subjects, fewest=FEWEST_SUBJECTS)
        return
    spanned = (limits.upper.ci_high - limits.upper.ci_low) / (limits.upper.estimate - limits.lower.estimate)
    yield 2, say(FLAGS, "wide_limits", n=limits.n_subjects, percent=percent(spanned))


def _people(result: StudyResult) -> Iterator[Flag]:
    rows = palpation_rows(result)
    n_simulated = sum(row.simulated for row in result.rows)
    if n_simulated:
        yield 1, say(FLAGS, "simulated", n=n_simulated, recordings=counted(len(result.rows), "recording"))
    n_silent = sum(row.consent == "not recorded" for row in rows)
    if n_silent:
        yield 3, say(FLAGS, "no_consent", sessions=counted(n_silent, "palpation session"))
    found = [row for row in rows if row.has_rhythm]
    explained = [row for row in found if rhythm_source(row) == "explained"]
    if explained:
        channels = joined(sorted({row.reference for row in explained})[:MOST_NAMES])
        sessions = counted(len(found), "session")
        said = say(FLAGS, "explained", n=len(explained), sessions=sessions, channels=channels)
        n_part = sum(row.rests_on_part for row in explained)
        yield 2, say(FLAGS, "explained_part", said=said, n=n_part) if n_part else said
    own = [row for row in found if rhythm_source(row) in ("own", "both")]
    if doubts := said_doubts(own):
        yield 2, say(FLAGS, "own_in_doubt", sessions=counted(len(own), "session"), doubts="; ".join(doubts))
    codes = Counter(code for row in rows for code in row.flags)
    if codes["no_breathing"]:
        yield 2, say(FLAGS, "no_breathing", sessions=counted(codes["no_breathing"], "palpation session"))


def _plan(result: StudyResult, plan: Plan | None) -> Iterator[Flag]:
    if not result.plan_sha256:
        yield 3, say(FLAGS, "no_plan")
        return
    n_beside = sum(
        (bool(row.plan_sha256) or row.state != "broken") and row.plan_sha256 != result.plan_sha256
        for row in palpation_rows(result, analysed=False)
    )
    if n_beside:
        yield 2, say(FLAGS, "beside_plan", sessions=counted(n_beside, "palpation session"))
    everyone, alpha = result.answers.follow.everyone, result.settings.alpha
    own = result.answers.follow.pvalue
    if everyone is not None and is_known(own) and (everyone.pvalue <= alpha) != (own <= alpha):
        p = p_words(everyone.pvalue, has_floor=result.answers.follow.primary != "stouffer")
        yield 2, say(FLAGS, "all_say_otherwise", p=p, sessions=counted(everyone.n_sessions, "session"))
    yield from _rates_everyone(result)
    deviations = [
        say(
            FLAGS,
            "planned_and_done",
            line=LINES.get(row.line, row.line),
            planned=row.planned,
            done=row.done,
        )
        for row in study_standing(result, plan).deviations
    ]
    if deviations:
        yield 2, say(FLAGS, "not_as_planned", lines=joined(deviations))


def _rates_everyone(result: StudyResult) -> Iterator[Flag]:
    """The planned figure of the rates beside the same over all sessions."""
    own, every = result.answers.rates, result.answers.rates_everyone
    if every is None:
        return
    if result.answers.primary == "limits":
        here, there = own.pooled[0].limits, every.pooled[0].limits
        if here is not None and there is not None:
            planned, over_all = said_limits(here), said_limits(there)
            yield (
                2,
                say(
                    FLAGS,
                    "limits_over_all",
                    lower=over_all.lower,
                    upper=over_all.upper,
                    pairs=counted(there.n_pairs, "pair"),
                    planned_lower=planned.lower,
                    planned_upper=planned.upper,
                    n_planned=here.n_pairs,
                ),
            )
        return
    here_icc, there_icc = _icc(own), _icc(every)
    if here_icc is not None and there_icc is not None:
        yield (
            2,
            say(
                FLAGS,
                "icc_over_all",
                icc=fixed(there_icc.estimate, 2),
                sessions=counted(there_icc.n_sessions, "session"),
                planned=fixed(here_icc.estimate, 2),
                n_planned=here_icc.n_sessions,
            ),
        )


def _icc(found: RateAnswers) -> Estimate | None:
    """ICC(A,1) of the therapists, where there is one."""
    forms = () if found.comparison is None else found.comparison.icc
    return next((form for form in forms if form.quantity == "icc_a1"), None)
