"""What limits a study's answer, and what could explain it away?

**Conventions.** Severity 1 (could overturn the answer) to 3 (should be known). Nothing is computed here.

- `study_flags` : flags in words, most serious first
"""

from __future__ import annotations

from collections.abc import Iterator

from touchrhythm.estimates import Estimate
from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.report.study.controls import control_sentence
from touchrhythm.report.study.plan import LINE_WORDS, palpation_rows, study_standing
from touchrhythm.study.rates import RateAnswers
from touchrhythm.study.run import StudyResult
from touchrhythm.words.numbers import bounded, counted, fixed, is_known, joined, p_words

__all__ = ["study_flags"]

LEVEL = 0.05


def study_flags(result: StudyResult, plan: Plan | None = None) -> tuple[tuple[int, str], ...]:
    """What limits the answer: severity and sentence, most serious first."""
    flags = [
        *_apparatus(result),
        *_leakage(result),
        *_robustness(result),
        *_scope(result),
        *_people(result),
        *_plan(result, plan),
    ]
    return tuple(sorted(flags, key=lambda flag: flag[0]))


def _apparatus(result: StudyResult) -> Iterator[tuple[int, str]]:
    kinds = {one.kind: one for one in result.answers.controls.kinds}
    tails = {
        "null": "the apparatus may have a rhythm of its own",
        "unloaded": "the sensor may have a rhythm of its own",
        "rigid": "the examiner's own breathing, pulse or sway reaches the sensor",
        "tap-only": "tapping alone reaches the sensor",
    }
    for kind, one in kinds.items():
        if one.n_found and one.pvalue <= LEVEL:
            yield 1, f"{control_sentence(one)} So {tails[kind]}."
    lacking = [
        words
        for kind, words in (
            ("null", "a dead weight on the sensor"),
            ("rigid", "the hand on a rigid object"),
            ("tap-only", "taps without touching"),
        )
        if kind not in kinds
    ]
    if lacking:
        yield (
            2,
            f"No control sessions with {joined(lacking)}: what they would have shown cannot be ruled out.",
        )


def _leakage(result: StudyResult) -> Iterator[tuple[int, str]]:
    for one in result.answers.controls.leakage:
        if one.joint is not None and one.joint.pvalue <= LEVEL:
            yield (
                1,
                f"Pressing the button shakes the sensor ({one.kind} sessions, {p_words(one.joint.pvalue)}, median ratio"
                f" {one.median_ratio:.2f}): taps that reach the sensor look like taps that follow it.",
            )
    test = result.answers.controls.tap_only
    if test is not None and test.pvalue <= LEVEL:
        yield (
            1,
            "Taps without touching keep a phase with the signal that chance would not give"
            f" ({p_words(test.pvalue)}): slow leakage of the press.",
        )


def _robustness(result: StudyResult) -> Iterator[tuple[int, str]]:
    found, alpha = result.answers.follow, result.settings.alpha
    is_shown = is_known(found.pvalue) and found.pvalue <= alpha
    if is_shown and found.left_out and max(found.left_out) > alpha:
        yield (
            1,
            f"The answer rests on one session: without it {p_words(max(found.left_out))}.",
        )
    for one in found.swaps:
        if is_shown and one.pvalue > alpha:
            yield (
                2,
                f"Taps held against the signals of other sessions do as well ({p_words(one.pvalue)}; consistency"
                f" {bounded(one.resultant)}, swapped up to {bounded(one.resultant_null.high)}). This check is"
                f" {one.valid_when}.",
            )
    if found.population is not None and found.population.reason and is_shown:
        yield 2, f"For therapists in general: {found.population.reason}."
    shared = sum(len(row.taps) > 1 for row in found.phasors.rows)
    if shared:
        yield (
            3,
            f"In {counted(shared, 'session')} more than one therapist tapped; their phasors were joined into one.",
        )


def _scope(result: StudyResult) -> Iterator[tuple[int, str]]:
    times, gone = result.found.withdrawn
    if times:
        yield 3, f"{counted(times, 'withdrawal')} removed {counted(gone, 'recording')} before this analysis."
    broken = [row for row in result.rows if row.state == "broken"]
    if broken:
        names = joined([row.id for row in broken[:3]]) + (" and others" if len(broken) > 3 else "")
        yield 2, f"{counted(len(broken), 'recording')} could not be read: {names}."
    pooled = result.answers.rates.pooled[0]
    if pooled.limits is not None and pooled.limits.too_few_subjects:
        yield (
            2,
            f"Too few subjects for limits of agreement ({pooled.limits.n_subjects}): their own intervals are about as"
            " wide as what they bound.",
        )
    if result.answers.controls.n_sealed:
        yield (
            3,
            f"The truth of {counted(result.answers.controls.n_sealed, 'phantom session')} is still sealed.",
        )
    reasons = (
        *result.answers.follow.reasons,
        *result.answers.controls.reasons,
        *result.answers.rates.reasons,
        *result.answers.rates.associations.reasons,
    )
    for reason in reasons:
        yield 3, f"Not answered, {reason}."


def _people(result: StudyResult) -> Iterator[tuple[int, str]]:
    made_up = sum(row.simulated for row in result.rows)
    if made_up:
        yield 1, f"Simulated, nobody was touched: {made_up} of {counted(len(result.rows), 'recording')}."
    silent = sum(row.consent == "not recorded" for row in palpation_rows(result))
    if silent:
        yield 3, f"Consent is not recorded in {counted(silent, 'palpation session')}."
    frequent = {code: 0 for row in palpation_rows(result) for code in row.flags}
    for row in palpation_rows(result):
        for code in row.flags:
            frequent[code] += 1
    if frequent.get("no_breathing"):
        yield (
            2,
            f"Breathing was not recorded in {counted(frequent['no_breathing'], 'palpation session')}: a slow breath"
            " cannot be told from any other rhythm there.",
        )


def _plan(result: StudyResult, plan: Plan | None) -> Iterator[tuple[int, str]]:
    if not result.plan_sha256:
        yield 3, "No sealed plan: band, level and test may have been chosen after looking. Exploratory."
        return
    other = [
        row
        for row in palpation_rows(result, analysed=False)
        if (row.plan_sha256 or row.state != "broken") and row.plan_sha256 != result.plan_sha256
    ]
    if other:
        yield (
            2,
            f"{counted(len(other), 'palpation session')} did not carry the sealed plan's hash when recorded.",
        )
    everyone, alpha = result.answers.follow.everyone, result.settings.alpha
    own = result.answers.follow.pvalue
    if everyone is not None and is_known(own) and (everyone.pvalue <= alpha) != (own <= alpha):
        yield (
            2,
            f"Over all sessions, planned or not, the same test says otherwise ({p_words(everyone.pvalue)},"
            f" {counted(everyone.n_sessions, 'session')}).",
        )
    yield from _rates_everyone(result)
    for line in study_standing(result, plan).deviations:
        yield (
            2,
            f"Not as planned: {LINE_WORDS.get(line.line, line.line)} ({line.planned} planned, {line.done} done).",
        )


def _rates_everyone(result: StudyResult) -> Iterator[tuple[int, str]]:
    """The planned figure of the rates beside the same over all sessions."""
    own, every = result.answers.rates, result.answers.rates_everyone
    if every is None:
        return
    if result.answers.primary == "limits":
        here, there = own.pooled[0].limits, every.pooled[0].limits
        if here is not None and there is not None:
            low, high = (fixed(one.estimate, 1) for one in (there.lower, there.upper))
            planned = " and ".join(fixed(one.estimate, 1) for one in (here.lower, here.upper))
            yield (
                2,
                f"Over all sessions, planned or not, the limits of agreement are {low} and {high} cycles per minute"
                f" ({counted(there.n_pairs, 'pair')}), {planned} over the planned ones ({here.n_pairs}).",
            )
        return
    here_icc, there_icc = _icc(own), _icc(every)
    if here_icc is not None and there_icc is not None:
        yield (
            2,
            f"Over all sessions, planned or not, ICC(A,1) is {fixed(there_icc.estimate, 2)}"
            f" ({counted(there_icc.n_sessions, 'session')}), {fixed(here_icc.estimate, 2)} over the planned ones"
            f" ({here_icc.n_sessions}).",
        )


def _icc(found: RateAnswers) -> Estimate | None:
    """ICC(A,1) of the therapists, where there is one."""
    each = () if found.comparison is None else found.comparison.icc
    return next((one for one in each if one.quantity == "icc_a1"), None)
