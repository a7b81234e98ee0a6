"""What does a comparison of rates say? Its answer, its limits and its methods in words.

**Conventions.** Nothing is computed here that is not in the `RateComparison`. Agreement is never
said without what two raters who know nothing would reach.

- `comparison_answer` : the sentences of the answer
- `pair_title`, `pair_sentences`, `pair_remarks` : a pair, what it says, and what qualifies it
- `comparison_flags` : what limits the answer
- `comparison_methods` : for a paper
"""

from __future__ import annotations

from touchrhythm.estimates import Estimate
from touchrhythm.raters.limits import FEWEST_SUBJECTS, LimitsOfAgreement
from touchrhythm.raters.results import EXPECTED, MEASURED, PairComparison, RateComparison
from touchrhythm.words import say
from touchrhythm.words.comparison import ANSWER, FLAGS, PAGE, PAIR, SIDES
from touchrhythm.words.estimates import said_limits
from touchrhythm.words.methods import COMPARISON_METHODS, LIMIT_FORMS
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
    percent,
)

__all__ = [
    "comparison_answer",
    "comparison_flags",
    "comparison_methods",
    "icc_of",
    "limits_caption",
    "pair_remarks",
    "pair_sentences",
    "pair_title",
]

LEVEL = 0.05
MOST_NAMES = 6


def pair_title(first: str, second: str) -> str:
    """The pair as a heading.

    >>> pair_title("T1", "measured")
    'T1 and the measured rate'
    """
    named = SIDES[second] if second in (MEASURED, EXPECTED) else second
    return say(SIDES, "pair", first=first, second=named)


def comparison_answer(found: RateComparison) -> tuple[str, ...]:
    """The answer in two to five sentences: raters together, then each kind of pair."""
    said = [_scope(found)]
    icc = icc_of(found)
    if icc is not None:
        said.append(_together(found, icc))
    for kind in (MEASURED, EXPECTED, ""):
        pairs = [pair for pair in found.pairs if _kind(pair) == kind]
        if len(pairs) == 1:
            said += pair_sentences(pairs[0])[:2]
        elif pairs:
            said.append(_several(pairs, kind))
    if not found.pairs:
        said += _repeats(found)
    return tuple(said)


def icc_of(found: RateComparison) -> Estimate | None:
    """Absolute agreement of single raters, where there is one."""
    return next((form for form in found.icc if form.quantity == "icc_a1"), None)


def _kind(pair: PairComparison) -> str:
    return pair.second if pair.second in (MEASURED, EXPECTED) else ""


def _scope(found: RateComparison) -> str:
    rows, subjects = counted(found.n_rows, "row"), counted(found.n_subjects, "subject")
    raters = counted(len(found.raters), "rater")
    if not found.repeated:
        return say(ANSWER, "scope", rows=rows, subjects=subjects, raters=raters)
    sessions = counted(found.n_sessions, "session")
    return say(ANSWER, "scope_repeated", rows=rows, subjects=subjects, raters=raters, sessions=sessions)


def _together(found: RateComparison, icc: Estimate) -> str:
    said = bounded(icc.estimate)
    if icc.ci_low < icc.ci_high:
        said = say(ANSWER, "icc_interval", icc=said, interval=_bounded_interval(icc))
        least, most = (f"{100 * min(max(end, 0.0), 1.0):.0f}" for end in (icc.ci_low, icc.ci_high))
        if icc.ci_low <= 0:
            said = say(ANSWER, "icc_not_shown", icc=said, most=most)
        else:
            said = say(ANSWER, "icc_between", icc=said, least=least, most=most)
    return say(ANSWER, "icc_repeated" if found.repeated else "icc", n=len(found.raters), icc=said)


def _bounded_interval(estimate: Estimate) -> str:
    low, high = bounded(estimate.ci_low), bounded(estimate.ci_high)
    return say(PAGE, "between", low=low, high=high) if estimate.ci_low < 0 else f"{low}–{high}"


def _several(pairs: list[PairComparison], kind: str) -> str:
    """One sentence for many pairs: for how many the rates belong to their subjects."""
    tested = [pair for pair in pairs if pair.swap is not None]
    other = say(SIDES, "expected_beforehand" if kind == EXPECTED else "measured")
    if not tested:
        if not kind:
            return say(ANSWER, "untested_pairs", n=len(pairs))
        return say(ANSWER, "untested", n=len(pairs), other=other)
    belong = [pair for pair in tested if pair.swap is not None and pair.swap.pvalue <= LEVEL]
    tests, level = counted(len(tested), "test"), bounded(LEVEL)
    n = len(tested)
    if not belong:
        if not kind:
            return say(ANSWER, "none_pairs", n=n, level=level, tests=tests)
        return say(ANSWER, "none", n=n, other=other, level=level, tests=tests)
    names = [
        pair.first if kind else say(ANSWER, "with", first=pair.first, second=pair.second) for pair in belong
    ]
    listed = say(ANSWER, "names", names=joined(names)) if len(names) <= MOST_NAMES else ""
    shown = len(belong)
    if shown == n and not kind:
        return say(ANSWER, "every_pair", n=n, names=listed, level=level, tests=tests)
    if shown == n:
        return say(ANSWER, "every", n=n, names=listed, other=other, level=level, tests=tests)
    if not kind:
        return say(ANSWER, "some_pairs", shown=shown, n=n, names=listed, level=level, tests=tests)
    return say(ANSWER, "some", shown=shown, n=n, names=listed, other=other, level=level, tests=tests)


def _repeats(found: RateComparison) -> list[str]:
    said = []
    for side in found.sides:
        if side.within_sd is not None and side.change is not None:
            sd = side.within_sd
            digits = decimals_for(sd.ci_low, sd.ci_high)
            said.append(
                say(
                    ANSWER,
                    "repeats",
                    rater=side.name,
                    sd=fixed(sd.estimate, digits),
                    interval=interval(sd.ci_low, sd.ci_high, digits),
                    change=fixed(side.change.estimate, digits),
                )
            )
    return said


# -- each pair -------------------------------------------------------------------------------------------------


def pair_sentences(pair: PairComparison) -> tuple[str, ...]:
    """What a pair says: limits, belonging, concordance, and what qualifies them."""
    said = []
    if pair.limits is not None:
        said.append(_limits(pair, pair.limits))
    if pair.swap is not None:
        said.append(
            say(
                PAIR,
                "belong" if pair.swap.pvalue <= LEVEL else "belonging_not_shown",
                apart=f"{pair.swap.distance:.2f}",
                chance=f"{pair.swap.null.median:.2f}",
                low=f"{pair.swap.null.low:.2f}",
                high=f"{pair.swap.null.high:.2f}",
                p=p_words(pair.swap.pvalue),
            )
        )
    if pair.agreement is not None:
        estimate, between = bounded(pair.agreement.estimate), _bounded_interval(pair.agreement)
        said.append(say(PAIR, "concordance", estimate=estimate, interval=between))
    return (*said, *pair_remarks(pair))


def pair_remarks(pair: PairComparison) -> tuple[str, ...]:
    """What qualifies the figures of a pair."""
    said = []
    if pair.slope is not None and (pair.slope.ci_low > 0 or pair.slope.ci_high < 0):
        said.append(_proportional(pair, pair.slope))
    if pair.quantisation_cpm > 0:
        said.append(say(PAIR, "counting", cpm=f"{pair.quantisation_cpm:.2f}"))
    if pair.equivalence is not None:
        delta = f"{pair.equivalence.delta:g}"
        by_means = "equivalent_means" if pair.equivalence.mean_within else "not_equivalent"
        said.append(say(PAIR, "equivalent" if pair.equivalence.limits_within else by_means, delta=delta))
    if pair.reason:
        said.append(say(PAIR, "note", why=pair.reason))
    return tuple(said)


def _limits(pair: PairComparison, limits: LimitsOfAgreement) -> str:
    said = said_limits(limits)
    other = say(PAIR, "other", rater=pair.second)
    if pair.second in (MEASURED, EXPECTED):
        other = say(PAIR, "measured" if pair.second == MEASURED else "expected")
    more, less = say(PAIR, "more"), say(PAIR, "less")
    return say(
        PAIR,
        "limits",
        first=pair.first,
        differs=differs(limits.bias.estimate, said.decimals, more, less),
        other=other,
        bias=said.bias,
        bias_interval=said.bias_interval,
        lower=said.lower,
        upper=said.upper,
        lowest=said.lowest,
        highest=said.highest,
        subjects=counted(limits.n_subjects, "subject"),
        pairs=counted(limits.n_pairs, "pair"),
    )


def _proportional(pair: PairComparison, slope: Estimate) -> str:
    grows = slope.estimate > 0
    second = say(SIDES, "measured") if pair.second == MEASURED else pair.second
    spreads = pair.first if grows else second
    size, between = f"{abs(slope.estimate):.2f}", interval(slope.ci_low, slope.ci_high, 2)
    if pair.percent_limits is None:
        return say(PAIR, "grows" if grows else "falls", slope=size, interval=between, spreads=spreads)
    return say(
        PAIR,
        "grows_percent" if grows else "falls_percent",
        slope=size,
        interval=between,
        spreads=spreads,
        lower=fixed(pair.percent_limits.lower.estimate, 0),
        upper=fixed(pair.percent_limits.upper.estimate, 0),
    )


# -- what limits it --------------------------------------------------------------------------------------------


def comparison_flags(found: RateComparison) -> tuple[str, ...]:
    """What limits the answer, most serious first."""
    flags = [
        say(
            FLAGS,
            "copied",
            pair=pair_title(pair.first, pair.second),
            pairs=counted(pair.n_pairs, "pair"),
        )
        for pair in found.pairs
        if pair.n_pairs > 2 and not pair.difference.any()
    ]
    flags += _imprecise(found)
    if any(pair.second == MEASURED for pair in found.pairs):
        flags.append(say(FLAGS, "measured"))
    nothing = [
        say(FLAGS, "side_count", side=side.name, n=side.n_felt_nothing)
        for side in found.sides
        if side.n_felt_nothing
    ]
    if nothing:
        flags.append(say(FLAGS, "felt_nothing", raters=joined(nothing)))
    missing = [
        say(FLAGS, "side_count", side=side.name, n=side.n_missing) for side in found.sides if side.n_missing
    ]
    if missing:
        flags.append(say(FLAGS, "missing", raters=joined(missing)))
    if len(found.raters) in (2, 3) and found.icc:
        flags.append(say(FLAGS, "few_raters", n=len(found.raters)))
    if found.reason:
        flags.append(say(FLAGS, "together", why=found.reason))
    flags += [say(FLAGS, "sentence", note=f"{note[0].upper()}{note[1:]}") for note in found.notes]
    return tuple(flags)


def _imprecise(found: RateComparison) -> list[str]:
    """Limits that rest on few subjects, and limits whose own intervals are wide though the subjects are enough."""
    limits = [pair.limits for pair in found.pairs if pair.limits is not None]
    few = [own for own in limits if own.n_subjects < FEWEST_SUBJECTS]
    wide = [own for own in limits if own.too_few_subjects and own.n_subjects >= FEWEST_SUBJECTS]
    comparisons, flags = counted(len(found.pairs), "comparison"), []
    if few:
        flags.append(say(FLAGS, "few_subjects", n=len(few), comparisons=comparisons, fewest=FEWEST_SUBJECTS))
    if wide:
        spanned = max(
            (own.upper.ci_high - own.upper.ci_low) / (own.upper.estimate - own.lower.estimate) for own in wide
        )
        least = counted(min(own.n_subjects for own in wide), "subject")
        flags.append(
            say(
                FLAGS,
                "wide_limits",
                n=len(wide),
                comparisons=comparisons,
                subjects=least,
                percent=percent(spanned),
            )
        )
    return flags


# -- the picture's words, and the methods ------------------------------------------------------------------------


def limits_caption(pair: PairComparison) -> str:
    """What the limits plot shows, with its numbers, for those who do not see it."""
    title, pairs = pair_title(pair.first, pair.second), counted(pair.n_pairs, "pair")
    if pair.limits is None:
        return say(PAGE, "differences_text", pair=title, pairs=pairs)
    said = said_limits(pair.limits)
    return say(
        PAGE,
        "limits_text",
        pair=title,
        bias=said.bias,
        lower=said.lower,
        upper=said.upper,
        pairs=pairs,
        subjects=counted(pair.limits.n_subjects, "subject"),
    )


def comparison_methods(found: RateComparison) -> str:
    """A paragraph for a paper, free to use (CC0)."""
    forms = dict.fromkeys(LIMIT_FORMS[pair.limits.form] for pair in found.pairs if pair.limits is not None)
    text = [say(COMPARISON_METHODS, "made_with", version=found.version)]
    if forms:
        text.append(say(COMPARISON_METHODS, "limits", forms="; ".join(forms)))
    if any(pair.agreement is not None for pair in found.pairs):
        text.append(say(COMPARISON_METHODS, "concordance_repeated" if found.repeated else "concordance"))
    permuted = [pair.swap for pair in found.pairs if pair.swap is not None]
    if permuted:
        n = say(COMPARISON_METHODS, "all_permutations") if permuted[0].exact else permuted[0].n_permutations
        text.append(say(COMPARISON_METHODS, "permuted", n=n, seed=found.seed))
    if found.icc:
        text.append(say(COMPARISON_METHODS, "together", icc=found.icc[1].method))
    if any(is_known(pair.quantisation_cpm) and pair.quantisation_cpm > 0 for pair in found.pairs):
        text.append(say(COMPARISON_METHODS, "counting"))
    if found.delta is not None:
        text.append(say(COMPARISON_METHODS, "delta", delta=f"{found.delta:g}"))
    return " ".join(text)
