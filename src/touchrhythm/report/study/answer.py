"""What does a study say? Its answer, its flow, its limits and its methods in words.

**Conventions.** Nothing is computed here that is not in the `StudyResult`. Where no common phase was
found that is said, and never that nobody followed. A study without a sealed plan is exploratory.

- `study_answer` : the sentences of the answer
- `study_figures` : the four figures beside it
- `study_flow` : how many sessions went where, and why
- `study_flags` : what limits the answer, most serious first
- `study_methods`, `study_references` : for a paper
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.report.study.controls import phantom_sentences
from touchrhythm.report.study.plan import palpation_rows, study_standing
from touchrhythm.report.study.rotation import rotation_sentences
from touchrhythm.study.answers import TAP_TESTS
from touchrhythm.study.rates import MEASURES, PooledRates
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words.numbers import (
    bounded,
    counted,
    decimals_for,
    differs,
    fixed,
    interval,
    is_known,
    p_words,
)

__all__ = [
    "palpation_rows",
    "study_answer",
    "study_figures",
    "study_flow",
    "study_methods",
    "study_references",
]

FORM_WORDS = {
    "undirected": "random rotation of the sessions' mean phasors (any common phase)",
    "directional": "random rotation of the sessions' mean phasors, along the phase declared beforehand",
    "axial": "random rotation of the sessions' axes (either polarity)",
    "stouffer": "Stouffer's sum of the sessions' own p-values",
}


def study_answer(result: StudyResult, plan: Plan | None = None) -> tuple[str, ...]:
    """The answer in four to nine sentences: whether it was planned, then the primary endpoint, then the rest.

    Parameters
    ----------
    result : StudyResult
    plan : Plan, optional
        The sealed plan, whose lines are held against what was done.
    """
    primary, trials = result.answers.primary, phantom_sentences(result)
    if not palpation_rows(result, analysed=False):
        none = "There is no palpation session: whether taps follow a signal, and whether rates agree, cannot be answered."
        return (study_standing(result, plan).sentence, *trials, none)
    taps, rates = _follow(result), _rates(result)
    if primary == "limits":
        rest = (*rates, *taps, _rhythms(result))
    elif primary == "icc":
        rest = (_icc(result), *taps, _rhythms(result), *rates)
    else:
        rest = (*taps, _rhythms(result), *rates)
    return (study_standing(result, plan).sentence, *rest, *trials)


def _follow(result: StudyResult) -> tuple[str, ...]:
    found = result.answers.follow
    if not is_known(found.pvalue):
        return (f"Whether the taps follow the signal cannot be answered: {found.reason}.",)
    if found.primary == "stouffer" and found.stouffer is not None:
        one = found.stouffer
        said = "show" if one.pvalue <= result.settings.alpha else "do not show"
        return (
            f"Over {counted(one.n_sessions, 'session')} the sessions' own tests together {said} that taps follow the"
            f" signal in some of them ({p_words(one.pvalue)}).",
        )
    ends = found.intervals.get(found.primary)
    said_all = rotation_sentences(
        found.tests[found.primary], alpha=result.settings.alpha, lag=found.lag, interval=ends
    )
    if found.pvalue > result.settings.alpha:
        said_all = (*said_all, *_one_by_one(result))
    if result.settings.polarity == -1:
        return tuple(one.replace(" the peak", " the trough") for one in said_all)
    return said_all


def _one_by_one(result: StudyResult) -> tuple[str, ...]:
    """What the sessions say one by one, where they have no phase in common."""
    found, alpha = result.answers.follow, result.settings.alpha
    directed = any(one.statistic == "V" for row in found.phasors.rows for one in row.taps)
    at = " at the declared lag" if directed else ""
    said = []
    if found.stouffer is not None:
        pvalue = found.stouffer.pvalue
        what = f"show no following{at} either"
        if pvalue <= alpha:
            what = f"do show that taps follow{at} in some of them, without a phase that they have in common"
        said.append(
            f"The sessions' own tests together {what} ({p_words(pvalue)}; a sensitivity, not the primary test)."
        )
    if found.own is not None:
        own = found.own
        tail = ": taps follow in some of them, at no lag that is common to all" if own.pvalue <= alpha else ""
        said.append(
            f"In {own.n_above} of {counted(own.n_sessions, 'session')} the taps keep a phase, whichever it is, more"
            f" consistently than unrelated taps do in 97.5 of 100; chance gives {own.expected:.1f}"
            f" ({p_words(own.pvalue)}; a sensitivity){tail}."
        )
    return tuple(said)


def _icc(result: StudyResult) -> str:
    """Absolute agreement of single therapists, the planned figure."""
    comparison = result.answers.rates.comparison
    if comparison is None or not comparison.icc:
        why = comparison.reason if comparison is not None else "no rates of therapists to compare"
        return f"Agreement of the therapists with one another (ICC) cannot be given: {why}."
    one = next(each for each in comparison.icc if each.quantity == "icc_a1")
    return (
        f"ICC(A,1), absolute agreement of single therapists on each subject's mean rate, is {one.estimate:.2f}"
        f" ({one.ci_low:.2f} to {one.ci_high:.2f}; {counted(one.n_subjects, 'subject')},"
        f" {counted(one.n_raters, 'therapist')}); 0 is what therapists reach who know nothing of the subject."
    )


def _rhythms(result: StudyResult) -> str:
    low, high = result.settings.band_cpm
    rows = [row for row in palpation_rows(result) if is_known(row.pvalue)]
    if not rows:
        return "In no palpation session could be asked whether there is a rhythm."
    found = [row for row in rows if row.found]
    chance = result.settings.alpha * len(rows)
    rates = ""
    if found:
        middle = np.median([row.rate_cpm for row in found])
        rates = f", at {middle:.1f} in the middle ({min(r.rate_cpm for r in found):.1f} to {max(r.rate_cpm for r in found):.1f})"  # fmt: skip
    return (
        f"A rhythm between {low:g} and {high:g} cycles per minute was found in {len(found)} of"
        f" {counted(len(rows), 'palpation session')}{rates}; noise alone gives about {chance:.1f}."
    )


def _rates(result: StudyResult) -> tuple[str, ...]:
    pooled = result.answers.rates.pooled[0]
    if pooled.limits is None:
        why = pooled.reason.split("; ")[0] or "too few rates"  # the limits' own reason comes first
        return (f"Limits of agreement between perceived and measured rate cannot be given: {why}.",)
    return (pooled_sentence(pooled), *_belonging(pooled))


def pooled_sentence(pooled: PooledRates) -> str:
    """Bias and limits over all therapists."""
    limits = pooled.limits
    if limits is None:
        return f"Against {MEASURES[pooled.measure]}: no limits, {pooled.reason}."
    bias, lower, upper = limits.bias, limits.lower, limits.upper
    digits = decimals_for(bias.ci_low, bias.ci_high)
    return (
        f"The perceived rate is on average {differs(bias.estimate, digits, 'faster', 'slower')}"
        f" {MEASURES[pooled.measure]} (difference {fixed(bias.estimate, digits)}, 95 % interval"
        f" {interval(bias.ci_low, bias.ci_high, digits)}); 95 % of single differences lie between"
        f" {fixed(lower.estimate, 1)} and {fixed(upper.estimate, 1)}, limits that may reach {fixed(lower.ci_low, 1)}"
        f" and {fixed(upper.ci_high, 1)} ({counted(limits.n_subjects, 'subject')}, {counted(limits.n_pairs, 'pair')})."
    )


def _belonging(pooled: PooledRates) -> tuple[str, ...]:
    swap = pooled.swap
    if swap is None:
        return ()
    apart = f"{swap.distance:.2f} apart, {swap.null.median:.2f} ({swap.null.low:.2f}–{swap.null.high:.2f}) when subjects are swapped"  # fmt: skip
    if swap.pvalue <= 0.05:
        return (f"The perceived rates belong to their subjects ({apart}; {p_words(swap.pvalue)}).",)
    return (
        f"It was not shown that the perceived rates belong to their subjects ({apart}; {p_words(swap.pvalue)}):"
        " who names a favourite rate, and feels nothing, agrees like this.",
    )


def study_figures(result: StudyResult) -> tuple[tuple[str, str, str, str], ...]:
    """Four figures: label, value, interval, what chance gives."""
    found = result.answers.follow
    rows = [row for row in palpation_rows(result) if is_known(row.pvalue)]
    test = found.tests.get(found.primary)
    follow = (
        "Do taps follow?",
        p_words(found.pvalue) if is_known(found.pvalue) else "cannot be said",
        "",
        "",
    )
    if test is not None:
        chance = f"chance up to {bounded(test.resultant_null.high)}"
        ends = found.intervals.get(found.primary)
        between = "" if ends is None else f" ({bounded(ends[0])} to {bounded(ends[1])})"
        follow = (*follow[:2], f"pooled consistency {bounded(test.resultant)}{between}", chance)
    n_found = sum(row.found for row in rows)
    rhythm = ("Sessions with a rhythm", f"{n_found} of {len(rows)}", "", f"noise gives {result.settings.alpha * len(rows):.1f}")  # fmt: skip
    return follow, rhythm, _lag_figure(result), _limits_figure(result)


def _lag_figure(result: StudyResult) -> tuple[str, str, str, str]:
    found = result.answers.follow
    is_common = is_known(found.pvalue) and found.pvalue <= result.settings.alpha
    if found.lag is None or not is_common:
        return "Common lag", "none shown", "", "a lag needs a common phase"
    low, high = found.lag.lag_low_s, found.lag.lag_high_s
    return "Common lag", f"{fixed(found.lag.lag_s, 1)} s", f"{interval(low, high, 1)} s", "modulo one cycle"


def _limits_figure(result: StudyResult) -> tuple[str, str, str, str]:
    pooled = result.answers.rates.pooled[0]
    if pooled.limits is None:
        return "Limits of agreement", "cannot be given", "", pooled.reason.split("; ")[0]
    low, high = pooled.limits.lower, pooled.limits.upper
    chance = "" if pooled.swap is None else f"swapped subjects: {p_words(pooled.swap.pvalue)}"
    value = f"{fixed(low.estimate, 1)} to {fixed(high.estimate, 1)}"
    return (
        "Limits of agreement",
        value,
        f"may reach {fixed(low.ci_low, 1)} and {fixed(high.ci_high, 1)} cpm",
        chance,
    )


def study_flow(result: StudyResult) -> tuple[tuple[str, int, str], ...]:
    """What became of the sessions: step, number, why."""
    rows = result.rows
    palpation = palpation_rows(result, analysed=False)
    answered = palpation_rows(result)
    tested = result.answers.follow.phasors.rows
    kinds = Counter(row.kind for row in rows if row.kind != "palpation")
    flow = []
    times, gone = result.found.withdrawn
    if times:
        why = f"{counted(times, 'withdrawal')} before this analysis; in none of the other numbers"
        flow.append(("Removed, as somebody withdrew", gone, why))
    flow.append(("Recordings found", len(rows), ""))
    for state, title in (("broken", "Cannot be read"), ("excluded", "Left out")):
        own = [row for row in rows if row.state == state]
        flow.append((title, len(own), _reasons(own)))
    flow += [(f"Control: {kind}", kinds[kind], "") for kind in sorted(kinds)]
    flow.append(("Palpation sessions", len(palpation), ""))
    for state, title in (("broken", "… that cannot be read"), ("excluded", "… left out")):
        flow.append((title, sum(row.state == state for row in palpation), "counted above"))
    silent = [row for row in palpation if row.state == "no answer"]
    flow.append(("… without an answer", len(silent), _reasons(silent)))
    flow.append(("… analysed", len(answered), ""))
    flow.append(("… with a rhythm in the band", sum(row.found for row in answered), "found at the level set"))
    nothing = [row for row in answered if row.felt_nothing and not row.taps]
    flow.append(("… in which nothing was felt", len(nothing), "an answer, without taps to test"))
    least = result.min_taps
    few = [row for row in answered if row not in nothing and all(one.n_taps < least for one in row.taps)]
    flow.append(("… without taps enough", len(few), f"fewer than {least} usable taps of any rater"))
    if result.answers.n_beside_plan:
        tested_or_not = [row for row in answered if row not in nothing and row not in few]
        late = [row for row in tested_or_not if row.plan_sha256 != result.plan_sha256]
        flow.append(("… not recorded under the plan", len(late), "exploratory, not in the planned test"))
    name = "primary" if result.answers.primary in TAP_TESTS else "tap"
    why = "with or without a rhythm" if is_known(result.answers.follow.pvalue) else "too few for a test"
    flow.append((f"In the {name} test", len(tested), why))
    quiet = sum(not row.found for row in tested)
    flow.append(("… of these without a rhythm", quiet, "taps held against the filtered trace"))
    return tuple(flow)


def _reasons(rows: list[SessionRow]) -> str:
    """Reasons with their numbers, the most frequent first."""
    counts = Counter(row.reason for row in rows)
    said = [f"{reason} ({number})" if number > 1 else reason for reason, number in counts.most_common(4)]
    more = len(counts) - 4
    return "; ".join(said) + (f"; and {more} more reasons" if more > 0 else "")


def study_methods(result: StudyResult) -> str:
    """A paragraph for a paper, free to use (CC0)."""
    settings, found = result.settings, result.answers.follow
    low, high = settings.band_cpm
    text = [
        f"Sessions were analysed with touchrhythm {result.version}. Each recording was tested for a rhythm between"
        f" {low:g} and {high:g} cycles per minute against {settings.n_surrogates} copies of its own fitted background"
        f" without a rhythm (level {settings.alpha:g}); taps were held against the phase of the signal filtered to"
        " this band, whether a rhythm was found or not.",
        f"The {'primary' if result.answers.primary in TAP_TESTS else 'leading'} test of taps was {FORM_WORDS[found.primary]}"
        + (" (9999 rotations)" if found.primary != "stouffer" else "")
        + ": without following, the phase between taps and signal is uniform in each session and independent of the"
        " others, whatever happens inside a session. Sessions were weighted by taps; raters of one session were joined"
        " first.",
    ]
    if settings.lag_s is not None:
        words = {1: "peak", -1: "trough", None: "undeclared event"}[settings.polarity]
        text.append(
            f"A lag of {settings.lag_s[0]:g} to {settings.lag_s[1]:g} s after the {words} was declared."
        )
    if found.lag is not None:
        text.append(
            f"The common lag and the figure of each test have bootstrap intervals over sessions ({found.lag.n_boot} samples)."
        )
    text.append(
        "Limits of agreement between perceived and measured rate: one-way random effects on subject means with MOVER"
        " intervals where sessions repeat, exact ones where each subject has one pair; the bias weighs subjects alike."
        " Whether rates belong to their subjects was tested by giving them to other subjects."
    )
    if result.answers.rates.comparison is not None and result.answers.rates.comparison.loam is not None:
        text.append(
            "Several therapists: limits of agreement with the mean (Christensen et al. 2020), beside those of therapists"
            " whose rates were given to other subjects."
        )
    text += _expected_and_withdrawn(result)
    text.append(f"Seed {result.seed}; each session's own seed comes from it and the hash of its data.")
    return " ".join(text)


def _expected_and_withdrawn(result: StudyResult) -> list[str]:
    text = []
    if result.answers.follow.own is not None:
        text.append(
            "Sessions whose taps keep a phase, whichever it is, beyond the 97.5 % point of unrelated taps were counted"
            " against the binomial of chance."
        )
    goes = result.answers.rates.associations
    if goes.n_expected or any(goes.n_breathing.values()):
        text.append(
            "Whether perceived rates go with expected ones or with breathing: correlation of means by subject and"
            " therapist, taken from each therapist's mean; jackknife interval over subjects; chance by exchanging"
            " subjects who met the same therapists, for all therapists alike. A breathing rate is the phase advance of"
            " the strongest oscillation of its channel while there were taps."
        )
    times, gone = result.found.withdrawn
    if times:
        text.append(
            f"{counted(gone, 'recording')} had been removed on {counted(times, 'withdrawal')} of consent."
        )
    return text


def study_references() -> tuple[str, ...]:
    """The works that the methods name."""
    return (
        "Bland JM, Altman DG (1999) Measuring agreement in method comparison studies. Stat Methods Med Res 8:135–160",
        "Christensen HS et al. (2020) On Jones et al.'s method for extending Bland–Altman plots to limits of agreement with"
        " the mean for multiple observers. BMC Med Res Methodol 20:304",
        "Harris KD (2020) A shift test for independence in generic time series. arXiv:2012.06862",
        "Hautus MJ (1995) Corrections for extreme proportions and their biasing effects on estimated values of d′."
        " Behav Res Methods 27:46–51",
        "Kottner J et al. (2011) Guidelines for reporting reliability and agreement studies (GRRAS) were proposed."
        " J Clin Epidemiol 64:96–106",
        "Moore BR (1980) A modification of the Rayleigh test for vector data. Biometrika 67:175–180",
        "Stouffer SA et al. (1949) The American Soldier, vol 1. Princeton University Press",
        "Zou GY (2013) Confidence interval estimation for the Bland–Altman limits of agreement. Stat Methods Med Res"
        " 22:630–642",
    )
