"""What do the rates of a study say beside bias and limits, in words?

Proportional bias, percent, quantisation, therapists together, and whether perceived rates follow what
was expected or how somebody breathed.

**Conventions.** Nothing is computed here. Every figure stands with its interval, its numbers and what
chance gives; what was not recorded is said to be so.

- `pooled_details` : beside the limits over all therapists
- `together_sentences` : the therapists with one another
- `expectation_sentences`, `breathing_sentences` : what perceived rates go with
"""

from __future__ import annotations

from touchrhythm.raters.limits import LIMIT_FORMS
from touchrhythm.raters.loam import PermutedLoam
from touchrhythm.raters.results import RateComparison
from touchrhythm.report.comparison.answer import comparison_answer
from touchrhythm.study.association import Association
from touchrhythm.study.rates import MEASURES, PooledRates
from touchrhythm.study.run import StudyResult
from touchrhythm.words.numbers import bounded, counted, fixed, interval, p_words

__all__ = ["breathing_sentences", "expectation_sentences", "pooled_details", "together_sentences"]

LEVEL = 0.05


def pooled_details(pooled: PooledRates) -> tuple[str, ...]:
    """Percent scale, proportional bias, concordance, quantisation and equivalence beside the limits."""
    said = []
    if pooled.limits is not None:
        said.append(f"Form of the limits: {LIMIT_FORMS[pooled.limits.form]}.")
    if pooled.percent is not None:
        low, high = pooled.percent.lower, pooled.percent.upper
        said.append(
            f"In percent of the mean of both the limits are {fixed(low.estimate, 0)} and {fixed(high.estimate, 0)} %, and"
            f" may reach {fixed(low.ci_low, 0)} and {fixed(high.ci_high, 0)} %."
        )
    said += _proportional(pooled)
    if pooled.agreement is not None:
        one = pooled.agreement
        said.append(
            f"Concordance {_bounded(one.estimate, one.ci_low, one.ci_high)}; 1 is full agreement, 0 none beyond chance."
        )
    if pooled.quantisation_cpm > 0:
        said.append(
            f"Counting whole cycles alone brings ±{pooled.quantisation_cpm:.2f} cycles per minute into a difference"
            " (1.96 SD)."
        )
    return (*said, *_equivalence(pooled))


def _proportional(pooled: PooledRates) -> list[str]:
    slope = pooled.slope
    if slope is None:
        return []
    size = f"{fixed(slope.estimate, 2)} per cycle per minute ({interval(slope.ci_low, slope.ci_high, 2)})"
    if slope.ci_low <= 0 <= slope.ci_high:
        return [f"It was not shown that the difference grows or falls with the rate: {size}."]
    way, side = ("grows", "perceived") if slope.estimate > 0 else ("falls", "measured")
    return [
        f"The difference {way} with the rate, {size}: one bias does not hold for all rates, and limits in percent may fit"
        f" better. It also arises where the {side} rates simply spread more."
    ]


def _equivalence(pooled: PooledRates) -> list[str]:
    one = pooled.equivalence
    if one is None:
        return []
    delta = f"±{one.delta:g} cycles per minute, the difference set beforehand as not mattering"
    if one.limits_within:
        return [f"Single perceived rates are equivalent to {MEASURES[pooled.measure]} within {delta}."]
    if one.mean_within:
        return [f"On average, but not singly, perceived rates are equivalent within {delta}."]
    return [f"Neither single perceived rates nor their mean are shown to be equivalent within {delta}."]


def together_sentences(result: StudyResult) -> tuple[str, ...]:
    """Scope, ICC, limits with the mean of all, error of measurement: all therapists together."""
    found = result.answers.rates.comparison
    if found is None:
        return ()
    said = list(comparison_answer(found))
    if found.loam is not None:
        said.append(_loam(found, result.answers.rates.loam_permuted))
    if found.sem is not None and found.change is not None:
        sem, change = found.sem, found.change
        said.append(
            f"Standard error of measurement {sem.estimate:.2f} cycles per minute ({sem.ci_low:.2f} to {sem.ci_high:.2f});"
            f" two rates of a subject by two therapists must differ by more than {change.estimate:.2f}"
            f" ({change.ci_low:.2f} to {change.ci_high:.2f}) to be told apart (smallest detectable change)."
        )
    if found.reason:
        said.append(f"Therapists together: {found.reason}.")
    return tuple(said)


def _loam(found: RateComparison, swapped: PermutedLoam | None) -> str:
    one = found.loam
    if one is None:
        return ""
    mean = ", on each subject's mean over sessions," if found.repeated else ""
    text = (
        f"Limits of agreement with the mean: 95 % of single therapists' rates{mean} lie within"
        f" ±{one.estimate:.2f} cycles per minute of the mean of all therapists ({one.ci_low:.2f} to {one.ci_high:.2f};"
        f" {counted(one.n_subjects, 'subject')}, {counted(one.n_raters, 'therapist')})"
    )
    if swapped is None:
        return f"{text}; what chance gives cannot be said, too few subjects have two rates."
    chance = f"±{swapped.null.median:.2f} ({swapped.null.low:.2f}–{swapped.null.high:.2f})"
    tail = (
        "therapists who know nothing of the subject are farther apart"
        if swapped.pvalue <= LEVEL
        else "so therapists who know nothing of the subject would come as near"
    )
    return f"{text}. With their rates given to other subjects it is {chance}: {tail} ({p_words(swapped.pvalue)})."


def expectation_sentences(result: StudyResult) -> tuple[str, ...]:
    """Did they find what they expected? Expected and measured rate side by side."""
    found = result.answers.rates.associations
    if not found.n_expected:
        return ("Expected rates were not recorded: whether they found what they expected cannot be asked.",)
    if found.expected is None:
        return (
            f"Whether they found what they expected cannot be said: {'; '.join(found.reasons)}"
            f" ({counted(found.n_expected, 'rate')} expected).",
        )
    said = [f"Perceived and expected rate: {_goes(found.expected, 'what was expected')}"]
    if found.measured is None:
        said.append(
            "Beside it, perceived and measured rate in these sessions: too few measured rates to say."
        )
        return tuple(said)
    said.append(
        f"Beside it, perceived and measured rate in these sessions: {_goes(found.measured, 'what was measured')}"
    )
    by_expected, by_measured = (one.pvalue <= LEVEL for one in (found.expected, found.measured))
    if by_expected:
        said.append(
            "So they found what they expected"
            + (
                ", and also what was measured."
                if by_measured
                else "; that they found what was measured was not shown."
            )
        )
    return tuple(said)


def breathing_sentences(result: StudyResult) -> tuple[str, ...]:
    """Do perceived rates follow how subject or examiner breathed, its half or its double?"""
    found = result.answers.rates.associations
    said = []
    for who in ("subject", "examiner"):
        n = found.n_breathing.get(who, 0)
        if not n:
            said.append(f"The {who}'s breathing rate was not recorded, or nothing stood out in its channel.")
            continue
        each = found.breathing.get(who, ())
        if not each:
            said.append(
                f"Whether perceived rates follow the {who}'s breathing cannot be said: {'; '.join(found.reasons)}"
                f" ({counted(n, 'rate')} with breathing)."
            )
            continue
        said.append(f"Perceived rate and the {who}'s breathing rate: {_goes(each[0], 'breathing')}")
        said.append(
            f"How far they lie from the {who}'s breathing rate, its half and its double stands in the table; to lie near one"
            " of several multiples is easily had by chance."
        )
    return tuple(said)


def _goes(one: Association, what: str) -> str:
    said = (
        "perceived rates go with" if one.pvalue <= LEVEL else "it was not shown that perceived rates go with"
    )
    return (
        f"{said} {what} (correlation {bounded(one.correlation)}, by chance up to {bounded(one.null.high)},"
        f" {p_words(one.pvalue)}; {counted(one.n_sessions, 'rate')}, {counted(one.n_subjects, 'subject')},"
        f" {counted(one.n_raters, 'therapist')})."
    )


def _bounded(value: float, low: float, high: float) -> str:
    return f"{bounded(value)} ({_limits(low, high)})"


def _limits(low: float, high: float) -> str:
    return f"{bounded(low)} to {bounded(high)}"
