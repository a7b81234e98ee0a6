"""Do rates agree over a study? Bias and limits, therapists together, each therapist alone.

**Conventions.** Nothing is computed here. Every figure stands with its interval, its numbers and what chance gives.

- `rate_sentences`, `icc_sentence` : what the answer says of rates
- `pooled_sentence`, `pooled_details` : all therapists against what was measured
- `together_sentences` : the therapists with one another
- `therapist_table`, `therapist_remarks` : each therapist alone
- `two_therapists_table`, `pair_table` : who tapped beside whom
"""

from __future__ import annotations

from collections.abc import Sequence

from touchrhythm.raters.loam import PermutedLoam
from touchrhythm.raters.results import PairComparison, RateComparison
from touchrhythm.report.comparison.answer import comparison_answer, pair_remarks, pair_title
from touchrhythm.report.page import Table
from touchrhythm.study.rates import PooledRates, WithEachOther
from touchrhythm.study.rows import PairRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.estimates import said_limits
from touchrhythm.words.methods import LIMIT_FORMS
from touchrhythm.words.numbers import (
    bounded,
    counted,
    differs,
    fixed,
    interval,
    is_known,
    p_number,
    p_words,
)
from touchrhythm.words.study import MEASURES, RATES
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS, PAGE

__all__ = [
    "belonging_sentences",
    "icc_sentence",
    "pair_table",
    "pooled_details",
    "pooled_sentence",
    "rate_sentences",
    "therapist_remarks",
    "therapist_table",
    "together_sentences",
    "two_therapists_table",
]

LEVEL = 0.05
MOST_PAIRS = 400  # rows of a table


def rate_sentences(result: StudyResult) -> tuple[str, ...]:
    """Bias and limits over all therapists, and whether rates belong to their subjects."""
    pooled = result.answers.rates.pooled[0]
    if pooled.limits is None:
        why = pooled.reason.split("; ")[0] or say(
            RATES, "too_few_rates"
        )  # the limits' own reason comes first
        return (say(RATES, "no_limits", why=why),)
    return (pooled_sentence(pooled), *belonging_sentences(pooled))


def icc_sentence(result: StudyResult) -> str:
    """Absolute agreement of single therapists, the planned figure."""
    comparison = result.answers.rates.comparison
    if comparison is None or not comparison.icc:
        why = say(RATES, "no_rates_of_therapists") if comparison is None else comparison.reason
        return say(RATES, "no_icc", why=why)
    icc = next(form for form in comparison.icc if form.quantity == "icc_a1")
    return say(
        RATES,
        "icc",
        icc=bounded(icc.estimate),
        low=bounded(icc.ci_low),
        high=bounded(icc.ci_high),
        subjects=counted(icc.n_subjects, "subject"),
        therapists=counted(icc.n_raters, "therapist"),
    )


def pooled_sentence(pooled: PooledRates) -> str:
    """Bias and limits over all therapists."""
    limits, measure = pooled.limits, MEASURES[pooled.measure]
    if limits is None:
        return say(RATES, "no_pooled_limits", measure=measure, why=pooled.reason)
    said = said_limits(limits)
    faster, slower = say(RATES, "faster"), say(RATES, "slower")
    return say(
        RATES,
        "limits",
        differs=differs(limits.bias.estimate, said.decimals, faster, slower),
        measure=measure,
        bias=said.bias,
        bias_interval=said.bias_interval,
        lower=said.lower,
        upper=said.upper,
        lowest=said.lowest,
        highest=said.highest,
        subjects=counted(limits.n_subjects, "subject"),
        pairs=counted(limits.n_pairs, "pair"),
    )


def belonging_sentences(pooled: PooledRates) -> tuple[str, ...]:
    """Whether perceived rates belong to their subjects, where that was tested."""
    permuted = pooled.swap
    if permuted is None:
        return ()
    said = say(
        RATES,
        "belong" if permuted.pvalue <= LEVEL else "belonging_not_shown",
        apart=f"{permuted.distance:.2f}",
        chance=f"{permuted.null.median:.2f}",
        low=f"{permuted.null.low:.2f}",
        high=f"{permuted.null.high:.2f}",
        p=p_words(permuted.pvalue),
    )
    return (said,)


def pooled_details(pooled: PooledRates) -> tuple[str, ...]:
    """Form, percent scale, proportional bias, concordance, counting and equivalence beside the limits."""
    said = []
    if pooled.limits is not None:
        said.append(say(RATES, "form", form=LIMIT_FORMS[pooled.limits.form]))
    if pooled.percent is not None:
        lower, upper = pooled.percent.lower, pooled.percent.upper
        said.append(
            say(
                RATES,
                "percent",
                lower=fixed(lower.estimate, 0),
                upper=fixed(upper.estimate, 0),
                lowest=fixed(lower.ci_low, 0),
                highest=fixed(upper.ci_high, 0),
            )
        )
    said += _proportional(pooled)
    if pooled.agreement is not None:
        estimate, low, high = (
            bounded(value)
            for value in (pooled.agreement.estimate, pooled.agreement.ci_low, pooled.agreement.ci_high)
        )
        said.append(say(RATES, "concordance", estimate=estimate, low=low, high=high))
    if pooled.quantisation_cpm > 0:
        said.append(say(RATES, "counting", cpm=f"{pooled.quantisation_cpm:.2f}"))
    return (*said, *_equivalence(pooled))


def _proportional(pooled: PooledRates) -> list[str]:
    slope = pooled.slope
    if slope is None:
        return []
    shown = "slope_grows" if slope.estimate > 0 else "slope_falls"
    return [
        say(
            RATES,
            "slope_not_shown" if slope.ci_low <= 0 <= slope.ci_high else shown,
            slope=fixed(slope.estimate, 2),
            interval=interval(slope.ci_low, slope.ci_high, 2),
        )
    ]


def _equivalence(pooled: PooledRates) -> list[str]:
    found = pooled.equivalence
    if found is None:
        return []
    delta = f"{found.delta:g}"
    if found.limits_within:
        return [say(RATES, "equivalent", measure=MEASURES[pooled.measure], delta=delta)]
    return [say(RATES, "equivalent_on_average" if found.mean_within else "not_equivalent", delta=delta)]


# -- therapists together ---------------------------------------------------------------------------------------


def together_sentences(result: StudyResult) -> tuple[str, ...]:
    """Scope, ICC, limits with the mean of all, error of measurement: all therapists together."""
    found = result.answers.rates.comparison
    if found is None:
        return (say(RATES, "no_single_therapist"),)
    said = list(comparison_answer(found))
    said += _loam(found, result.answers.rates.loam_permuted)
    if found.sem is not None and found.change is not None:
        said.append(
            say(
                RATES,
                "measurement_error",
                sem=f"{found.sem.estimate:.2f}",
                sem_low=f"{found.sem.ci_low:.2f}",
                sem_high=f"{found.sem.ci_high:.2f}",
                change=f"{found.change.estimate:.2f}",
                change_low=f"{found.change.ci_low:.2f}",
                change_high=f"{found.change.ci_high:.2f}",
            )
        )
    if found.reason:
        said.append(say(RATES, "together_without", why=found.reason))
    return tuple(said)


def _loam(found: RateComparison, permuted: PermutedLoam | None) -> list[str]:
    loam = found.loam
    if loam is None:
        return []
    said = say(
        RATES,
        "loam",
        repeated=say(RATES, "loam_repeated") if found.repeated else "",
        loam=f"{loam.estimate:.2f}",
        low=f"{loam.ci_low:.2f}",
        high=f"{loam.ci_high:.2f}",
        subjects=counted(loam.n_subjects, "subject"),
        therapists=counted(loam.n_raters, "therapist"),
    )
    if permuted is None:
        return [f"{said} {say(RATES, 'loam_no_chance')}"]
    chance = say(
        RATES,
        "loam_shown" if permuted.pvalue <= LEVEL else "loam_not_shown",
        chance=f"{permuted.null.median:.2f}",
        low=f"{permuted.null.low:.2f}",
        high=f"{permuted.null.high:.2f}",
        p=p_words(permuted.pvalue),
    )
    return [f"{said} {chance}"]


# -- each therapist alone --------------------------------------------------------------------------------------


def therapist_table(pairs: Sequence[PairComparison]) -> Table:
    """Each therapist against what was measured, against the others, and against what was expected."""
    rows = [_pair_cells(pair) for pair in pairs[:MOST_PAIRS]]
    more = len(pairs) - len(rows)
    note = say(PAGE, "more_rows", n=more, tables="group_estimates.tsv") if more > 0 else ""
    return Table(say(CAPTIONS, "therapists"), COLUMNS["therapists"], rows, kind="sessions", note=note)


def _pair_cells(pair: PairComparison) -> tuple[str, ...]:
    limits, permuted, same = pair.limits, pair.swap, pair.agreement
    difference = reach = apart = chance = p = concordance = "–"
    if limits is not None:
        said = said_limits(limits)
        difference = say(CELLS, "with_interval", value=said.bias, interval=said.bias_interval)
        reach = say(
            CELLS,
            "two_reaching",
            first=said.lower,
            second=said.upper,
            lowest=said.lowest,
            highest=said.highest,
        )
    if permuted is not None:
        apart, p = f"{permuted.distance:.2f}", p_number(permuted.pvalue)
        between = f"{permuted.null.low:.2f}–{permuted.null.high:.2f}"
        chance = say(CELLS, "with_interval", value=f"{permuted.null.median:.2f}", interval=between)
    if same is not None:
        between = say(CELLS, "between", low=bounded(same.ci_low), high=bounded(same.ci_high))
        concordance = say(CELLS, "with_interval", value=bounded(same.estimate), interval=between)
    n_subjects = str(len(set(pair.subject)))
    n_pairs = str(pair.n_pairs if limits is None else limits.n_pairs)
    title = pair_title(pair.first, pair.second)
    return title, difference, reach, apart, chance, p, concordance, n_subjects, n_pairs


def therapist_remarks(pairs: Sequence[PairComparison]) -> tuple[str, ...]:
    """What qualifies the figures of the pairs, each remark once with the pairs that it holds for."""
    titles: dict[str, list[str]] = {}
    for pair in pairs[:MOST_PAIRS]:
        for remark in pair_remarks(pair):
            titles.setdefault(remark, []).append(pair_title(pair.first, pair.second))
    return tuple(
        say(
            PAGE,
            "remark",
            pairs=", ".join(names) if len(names) < len(pairs) else say(PAGE, "all_pairs"),
            remark=remark,
        )
        for remark, names in titles.items()
    )


# -- who tapped beside whom ------------------------------------------------------------------------------------


def two_therapists_table(found: WithEachOther) -> Table:
    """Sessions with two therapists: whether they agree with each other, and with the sensor."""
    (none, sensor), (each, both) = found.table
    sessions = counted(found.n_sessions, "session")
    caption = say(CAPTIONS, "two_therapists", sessions=sessions)
    if found.n_unknown:
        caption = say(CAPTIONS, "two_therapists_unknown", sessions=sessions, n_unknown=found.n_unknown)
    rows = [
        (say(CELLS, "not_with_each_other"), str(none), str(sensor)),
        (say(CELLS, "with_each_other"), str(each), str(both)),
    ]
    return Table(caption, COLUMNS["two_therapists"], rows)


def pair_table(result: StudyResult) -> Table:
    """Therapists who tapped in one session: phase, ratio of rates, distance to the other's nearest tap."""
    pairs = [(row.id, pair) for row in result.rows for pair in row.pairs]
    rows = [_tapped_pair(name, pair) for name, pair in pairs[:MOST_PAIRS]]
    return Table(say(CAPTIONS, "pairs"), COLUMNS["pairs"], rows, kind="sessions")


def _tapped_pair(name: str, pair: PairRow) -> tuple[str, ...]:
    title = say(CELLS, "pair", session=name.replace("_", " "), rater=pair.rater, other=pair.other)
    consistency = say(CELLS, "with_interval", value=bounded(pair.resultant), interval=bounded(pair.null_high))
    rates = ratio = apart = chance = "–"
    if is_known(pair.other_rate_cpm):
        rates = say(CELLS, "two", first=f"{pair.rate_cpm:.2f}", second=f"{pair.other_rate_cpm:.2f}")
    if is_known(pair.ratio):
        between = interval(pair.ratio_low, pair.ratio_high, 2)
        ratio = say(CELLS, "with_interval", value=f"{pair.ratio:.2f}", interval=between)
    if is_known(pair.asynchrony_s):
        apart = say(CELLS, "plus_minus", value=fixed(pair.asynchrony_s, 2), sd=f"{pair.asynchrony_sd_s:.2f}")
    if is_known(pair.asynchrony_sd_null_low):
        chance = interval(pair.asynchrony_sd_null_low, pair.asynchrony_sd_null_high, 2)
    return title, consistency, p_number(pair.pvalue) or "–", rates, ratio, apart, chance
