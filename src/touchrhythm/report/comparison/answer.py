"""What does a comparison of rates say? Its answer, its limits and its methods in words.

**Conventions.** Nothing is computed here that is not in the `RateComparison`. Agreement is never
said without what two raters who know nothing would reach.

- `comparison_answer` : the sentences of the answer
- `pair_sentences`, `pair_remarks` : what each pair says, and what qualifies it
- `comparison_flags` : what limits the answer
- `comparison_methods`, `comparison_references` : for a paper
"""

from __future__ import annotations

from touchrhythm.estimates import Estimate
from touchrhythm.raters.limits import FEWEST_SUBJECTS, LIMIT_FORMS, LimitsOfAgreement
from touchrhythm.raters.results import EXPECTED, MEASURED, PairComparison, RateComparison
from touchrhythm.words.comparison import pair_title
from touchrhythm.words.numbers import (
    bounded,
    counted,
    decimals_for,
    differs,
    fixed,
    interval,
    is_known,
    joined,
    p_words,
)

__all__ = [
    "comparison_answer",
    "comparison_flags",
    "comparison_methods",
    "comparison_references",
    "limits_caption",
    "pair_remarks",
    "pair_sentences",
]

LEVEL = 0.05


def comparison_answer(found: RateComparison) -> tuple[str, ...]:
    """The answer in two to five sentences: raters together, then each kind of pair."""
    said = [_scope(found)]
    if found.icc:
        said.append(_together(found))
    for kind, words in (
        (MEASURED, "the measured rate"),
        (EXPECTED, "the rate expected beforehand"),
        ("", ""),
    ):
        pairs = [pair for pair in found.pairs if _kind(pair) == kind]
        if len(pairs) == 1:
            said += pair_sentences(pairs[0])[:2]
        elif pairs:
            said.append(_several(pairs, words))
    if not found.pairs:
        said += _repeats(found)
    return tuple(said)


def _kind(pair: PairComparison) -> str:
    return pair.second if pair.second in (MEASURED, EXPECTED) else ""


def _scope(found: RateComparison) -> str:
    sessions = f", {counted(found.n_sessions, 'session')}" if found.repeated else ""
    return (
        f"{counted(found.n_rows, 'row')}: {counted(found.n_subjects, 'subject')},"
        f" {counted(len(found.raters), 'rater')}{sessions}."
    )


def _bounded_estimate(one: Estimate) -> str:
    words = f"{bounded(one.ci_low)}{' to ' if one.ci_low < 0 else '–'}{bounded(one.ci_high)}"
    return f"{bounded(one.estimate)} ({words})"


def _together(found: RateComparison) -> str:
    one = next(e for e in found.icc if e.quantity == "icc_a1")
    low, high = max(one.ci_low, 0.0), min(max(one.ci_high, 0.0), 1.0)
    tail = f"between {100 * low:.0f} and {100 * high:.0f} % of the spread of the rates lies between subjects"
    if one.ci_low <= 0:
        tail = f"which does not rule out that no spread lies between subjects (at most {100 * high:.0f} %)"
    mean = ", on each subject's mean over sessions" if found.repeated else ""
    head = f"Among the {len(found.raters)} raters, ICC(A,1), absolute agreement of single raters{mean}, is"
    if not one.ci_low < one.ci_high:
        return f"{head} {bounded(one.estimate)}."
    return f"{head} {_bounded_estimate(one)}: {tail}."


def _several(pairs: list[PairComparison], words: str) -> str:
    """One sentence for many pairs: for how many the rates belong to their subjects."""
    tested = [pair for pair in pairs if pair.swap is not None]
    what = "raters" if words else "pairs of raters"
    near = f"the reported rates lie closer to {words}" if words else "rates lie closer to one another"
    if not tested:
        return f"For none of the {len(pairs)} {what} could it be tested whether {near} within a subject."
    yes = [pair for pair in tested if pair.swap is not None and pair.swap.pvalue <= LEVEL]
    names = [pair.first if words else f"{pair.first} with {pair.second}" for pair in yes]
    who = f" ({joined(names)})" if 0 < len(names) <= 6 else ""
    tests = f"{counted(len(tested), 'test')}, not corrected for their number"
    if not yes:
        return (
            f"For none of the {len(tested)} {what} was it shown that {near} within a subject than between subjects"
            f" (swap p above .05; {tests}); two who name a favourite rate, and feel nothing, agree like this."
        )
    return (
        f"{'All' if len(yes) == len(tested) else len(yes)} of {len(tested)} {what}{who}: {near} within a subject"
        f" than between subjects (swap p ≤ .05; {tests})."
    )


def _repeats(found: RateComparison) -> list[str]:
    said = []
    for side in found.sides:
        if side.within_sd is not None and side.change is not None:
            one = side.within_sd
            digits = decimals_for(one.ci_low, one.ci_high)
            said.append(
                f"{side.name}: between sessions of one subject the rate varies by {fixed(one.estimate, digits)}"
                f" cycles per minute ({interval(one.ci_low, one.ci_high, digits)}, SD); a change below"
                f" {fixed(side.change.estimate, digits)} cannot be told from that."
            )
    return said


def pair_sentences(pair: PairComparison) -> tuple[str, ...]:
    """What a pair says: limits, belonging, concordance, and what qualifies them."""
    return (*_figures(pair), *pair_remarks(pair))


def _figures(pair: PairComparison) -> list[str]:
    said = []
    if pair.limits is not None:
        said.append(_limits(pair, pair.limits))
    if pair.swap is not None:
        said.append(_belonging(pair))
    if pair.agreement is not None:
        said.append(
            f"Concordance {_bounded_estimate(pair.agreement)}; 1 is full agreement, 0 none beyond chance."
        )
    return said


def pair_remarks(pair: PairComparison) -> tuple[str, ...]:
    """What qualifies the figures of a pair."""
    said = []
    if pair.slope is not None and (pair.slope.ci_low > 0 or pair.slope.ci_high < 0):
        said.append(_proportional(pair))
    if pair.quantisation_cpm > 0:
        said.append(
            f"Counting whole cycles alone brings ±{pair.quantisation_cpm:.2f} into a difference (1.96 SD)."
        )
    if pair.equivalence is not None:
        said.append(_equivalence(pair))
    if pair.reason:
        said.append(f"Note: {pair.reason}.")
    return tuple(said)


def _limits(pair: PairComparison, limits: LimitsOfAgreement) -> str:
    bias, lower, upper = limits.bias, limits.lower, limits.upper
    digits = decimals_for(bias.ci_low, bias.ci_high)
    other = {MEASURED: "was measured", EXPECTED: "was expected beforehand"}.get(
        pair.second, f"{pair.second} does"
    )
    return (
        f"{pair.first} reports on average {differs(bias.estimate, digits, 'more', 'less')} {other}"
        f" (difference {fixed(bias.estimate, digits)}, 95 % interval {interval(bias.ci_low, bias.ci_high, digits)});"
        f" 95 % of single differences lie between {fixed(lower.estimate, 1)} and {fixed(upper.estimate, 1)},"
        f" limits that may reach {fixed(lower.ci_low, 1)} and {fixed(upper.ci_high, 1)}"
        f" ({counted(limits.n_subjects, 'subject')}, {counted(limits.n_pairs, 'pair')})."
    )


def _belonging(pair: PairComparison) -> str:
    swap = pair.swap
    if swap is None:
        return ""
    apart = f"{swap.distance:.2f} apart, {swap.null.median:.2f} ({swap.null.low:.2f}–{swap.null.high:.2f}) when subjects are swapped"
    if swap.pvalue <= LEVEL:
        return f"The rates belong to their subjects ({apart}; {p_words(swap.pvalue)})."
    return (
        f"It was not shown that the rates belong to their subjects ({apart}; {p_words(swap.pvalue)}):"
        " two who name a favourite rate, and feel nothing, agree like this."
    )


def _proportional(pair: PairComparison) -> str:
    slope = pair.slope
    if slope is None:
        return ""
    way = "grows" if slope.estimate > 0 else "falls"
    more = (
        pair.first
        if slope.estimate > 0
        else ("the measured rate" if pair.second == MEASURED else pair.second)
    )
    text = (
        f"The difference {way} with the rate, by {abs(slope.estimate):.2f} per cycle per minute"
        f" ({interval(slope.ci_low, slope.ci_high, 2)}), or {more} simply spreads more"
    )
    if pair.percent_limits is not None:
        low, high = pair.percent_limits.lower.estimate, pair.percent_limits.upper.estimate
        text += f"; on the percent scale the limits are {fixed(low, 0)} and {fixed(high, 0)} %"
    return text + "."


def _equivalence(pair: PairComparison) -> str:
    found = pair.equivalence
    if found is None:
        return ""
    if found.limits_within:
        return f"Single reports are equivalent within ±{found.delta:g}: both limits with their intervals lie inside."
    if found.mean_within:
        return f"Single reports are not shown to be equivalent within ±{found.delta:g}; only their means are."
    return f"Neither single reports nor their means are shown to be equivalent within ±{found.delta:g}."


def comparison_flags(found: RateComparison) -> tuple[str, ...]:
    """What limits the answer, most serious first."""
    flags = [
        f"{pair_title(pair.first, pair.second)} are equal in every one of {counted(pair.n_pairs, 'pair')}: separate reports rarely are"
        " (was a column copied?)."
        for pair in found.pairs
        if pair.n_pairs > 2 and not pair.difference.any()
    ]
    few = [pair for pair in found.pairs if pair.limits is not None and pair.limits.too_few_subjects]
    if few:
        least = min(pair.limits.n_subjects for pair in few if pair.limits is not None)
        why = "fewer than" if least < FEWEST_SUBJECTS else "at least"
        flags.append(
            f"Too few subjects for limits of agreement in {len(few)} of {counted(len(found.pairs), 'comparison')}"
            f" ({why} {FEWEST_SUBJECTS if least < FEWEST_SUBJECTS else least}): the limits' own intervals are"
            " about as wide as what they bound."
        )
    if any(pair.second == MEASURED for pair in found.pairs):
        flags.append(
            "The measured rates are taken as the table has them. Whether each was told from noise is not in a table:"
            " filtered noise has a rate too, and one that is nearly always the same."
        )
    nothing = [f"{side.name} {side.n_felt_nothing}" for side in found.sides if side.n_felt_nothing]
    if nothing:
        flags.append(
            f'"Felt nothing" is an answer, and has no rate: {joined(nothing)}. These rows are not in the figures on rates.'
        )
    missing = [f"{side.name} {side.n_missing}" for side in found.sides if side.n_missing]
    if missing:
        flags.append(f"Rates missing: {joined(missing)}.")
    if len(found.raters) in (2, 3) and found.icc:
        flags.append(
            f"With {len(found.raters)} raters, little can be said of raters in general: intervals of absolute"
            " agreement and of limits with the mean are wide, or hold for these raters only."
        )
    if found.reason:
        flags.append(f"Raters together: {found.reason}.")
    flags += [f"{note[0].upper()}{note[1:]}." for note in found.notes]
    return tuple(flags)


def limits_caption(pair: PairComparison) -> str:
    """What the limits plot shows, with its numbers, for those who do not see it."""
    if pair.limits is None:
        return f"Differences of {pair_title(pair.first, pair.second)} against their mean, {counted(pair.n_pairs, 'pair')}."
    low, high = pair.limits.lower, pair.limits.upper
    return (
        f"Differences of {pair_title(pair.first, pair.second)} against the mean of both, in cycles per minute: bias"
        f" {fixed(pair.limits.bias.estimate, 2)}, limits of agreement {fixed(low.estimate, 2)} and {fixed(high.estimate, 2)},"
        f" {counted(pair.n_pairs, 'pair')} of {counted(pair.limits.n_subjects, 'subject')}."
    )


def comparison_methods(found: RateComparison) -> str:
    """A paragraph for a paper, free to use (CC0)."""
    forms = dict.fromkeys(LIMIT_FORMS[pair.limits.form] for pair in found.pairs if pair.limits is not None)
    text = [f"Rates were compared with touchrhythm {found.version}."]
    if forms:
        text.append(f"Limits of agreement: {'; '.join(forms)}; the bias is weighted by subjects.")
    if any(pair.agreement is not None for pair in found.pairs):
        repeated = " (repeated sessions: King et al. 2007)" if found.repeated else ""
        text.append(f"Concordance after Lin (1989, 2000){repeated}.")
    swaps = [pair.swap for pair in found.pairs if pair.swap is not None]
    if swaps:
        text.append(
            "Whether rates belong to their subjects was tested by giving the rates of one side to other subjects"
            f" ({'all' if swaps[0].exact else swaps[0].n_permutations} permutations of subject means, seed {found.seed})."
        )
    if found.icc:
        text.append(
            f"{found.icc[1].method}. Limits of agreement with the mean after Christensen et al. (2020)."
        )
    if any(is_known(pair.quantisation_cpm) and pair.quantisation_cpm > 0 for pair in found.pairs):
        text.append("The error of counting whole cycles was taken as triangular.")
    if found.delta is not None:
        text.append(
            f"Differences up to {found.delta:g} cycles per minute were set beforehand as not mattering."
        )
    return " ".join(text)


def comparison_references() -> tuple[str, ...]:
    """The works that the methods name."""
    return (
        "Bland JM, Altman DG (1999) Measuring agreement in method comparison studies. Stat Methods Med Res 8:135–160",
        "Carkeet A (2015) Exact parametric confidence intervals for Bland–Altman limits of agreement. Optom Vis Sci 92:e71–e80",
        "Christensen HS et al. (2020) On Jones et al.'s method for extending Bland–Altman plots. BMC Med Res Methodol 20:304",
        "King TS, Chinchilli VM, Carrasco JL (2007) A repeated measures concordance correlation coefficient. Stat Med 26:3095–3113",
        "Lin LI (1989) A concordance correlation coefficient to evaluate reproducibility. Biometrics 45:255–268; 56:324–325",
        "McGraw KO, Wong SP (1996) Forming inferences about some intraclass correlation coefficients. Psychol Methods 1:30–46",
        "Zou GY (2013) Confidence interval estimation for the Bland–Altman limits of agreement. Stat Methods Med Res 22:630–642",
    )
