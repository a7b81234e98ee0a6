"""What is said of the taps of a session: do they follow the rhythm, and what else could it be?

**Conventions.** Nothing is computed here. A rank stands beside each sentence, 0 the most important.

- `tap_sentences` : each rater against the signal, beside what chance gives, and raters against one another
"""

from __future__ import annotations

from collections.abc import Iterator

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.finding import flag_values, is_at_other_rate, tap_finding, tap_finding_of
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.words import say
from touchrhythm.words.numbers import (
    bounded,
    fixed,
    is_known,
    joined,
    lag_words,
    p_words,
    percent,
    rate_words,
)
from touchrhythm.words.taps import TAPS

__all__ = ["tap_sentences"]

FEW_TAPS = 12  # with fewer, chance alone reaches a high consistency, however regular they are


def tap_sentences(analysis: Analysis) -> Iterator[tuple[int, str]]:
    """What is said of the taps: rank and sentence, in the order of reading."""
    if len(analysis.taps) == 1:
        yield 2, _one_rater(analysis.taps[0], analysis)
    elif analysis.taps:
        yield 2, _raters(analysis)
    if judged := [taps for taps in analysis.taps if is_known(taps.pvalue)]:
        yield 6, _chance(judged)
        if len(judged) > 1:
            yield 9, _by_chance(len(judged), analysis.settings.alpha)
    for pair in analysis.rater_pairs:
        yield 4, _pair(pair, analysis.settings.alpha)


def _is_shaken(taps: TapAgreement, alpha: float) -> bool:
    return is_known(taps.press_artefact_pvalue) and taps.press_artefact_pvalue <= alpha


def _is_residual(analysis: Analysis) -> bool:
    return analysis.settings.taps_against == "residual"


def _trace(analysis: Analysis) -> str:
    if _is_residual(analysis):
        return say(TAPS, "residual")
    return say(TAPS, "measured_rhythm" if analysis.rate is not None else "filtered_trace")


def _at_ratio(taps: TapAgreement, analysis: Analysis) -> str:
    """Why taps that keep a place on the wave are not said to follow it: another number to a cycle than declared."""
    is_rhythm = analysis.rate is not None and not _is_residual(analysis)
    return say(
        TAPS,
        "ratio_rhythm" if is_rhythm and not is_at_other_rate(taps, analysis) else "ratio",
        whose=_whose(taps, analysis),
        p=p_words(taps.pvalue),
        rate=fixed(taps.rate_cpm, 1),
        signal=fixed(taps.rate_cpm / taps.ratio, 1),
        ratio=bounded(taps.ratio),
        declared="{}:{}".format(*taps.ratio_declared),
        **({} if is_rhythm and not is_at_other_rate(taps, analysis) else {"trace": _filtered(analysis)}),
    )


def _filtered(analysis: Analysis) -> str:
    return say(TAPS, "residual" if _is_residual(analysis) else "filtered_trace")


def _at_other_rate(taps: TapAgreement, analysis: Analysis) -> str:
    """Why taps that keep step with the filtered trace are not said to follow the rhythm that was found in it."""
    rate = analysis.rate
    assert rate is not None
    return say(
        TAPS,
        "other",
        whose=_whose(taps, analysis),
        p=p_words(taps.pvalue),
        rate=rate_words(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm),
        rhythm=rate_words(rate.rate_cpm, rate.low_cpm, rate.high_cpm),
    )


def _whose(taps: TapAgreement, analysis: Analysis) -> str:
    alone = flag_values(analysis, "few_taps") is None
    return say(TAPS, "the_taps") if alone else say(TAPS, "taps_of", rater=taps.rater)


def _reason(taps: TapAgreement) -> str:
    return taps.reason.rstrip(".") or say(TAPS, "no_test")


def _lacks_margins(taps: TapAgreement, analysis: Analysis) -> bool:
    return any(flag.code == "no_margins" and flag.values["rater"] == taps.rater for flag in analysis.flags)


def _one_rater(taps: TapAgreement, analysis: Analysis) -> str:
    alpha = analysis.settings.alpha
    found, p = tap_finding_of(taps, analysis), p_words(taps.pvalue)
    whose = _whose(taps, analysis)
    if found == "follow":
        doubt = "" if analysis.rate is not None or _is_residual(analysis) else say(TAPS, "doubt_noise")
        doubt += say(TAPS, "doubt_button") if _is_shaken(taps, alpha) else ""
        doubt += (
            say(TAPS, "doubt_margins") if analysis.rate is not None and _lacks_margins(taps, analysis) else ""
        )
        trace, lag = _trace(analysis), lag_words(taps.lag_s)
        return say(TAPS, "follow", whose=whose, trace=trace, p=p, lag=lag, doubt=doubt)
    if found == "ratio":
        return _at_ratio(taps, analysis)
    if found == "other":
        return _at_other_rate(taps, analysis)
    if found == "made":
        return say(TAPS, "made", whose=whose)
    if found == "unrelated":
        rate = _equal_rate(taps, analysis)
        if _is_residual(analysis):
            return say(TAPS, "unrelated_residual", whose=whose, p=p)
        if rate:
            return say(TAPS, "unrelated_equal", whose=whose, p=p, rate=rate)
        return say(TAPS, "unrelated", whose=whose, p=p)
    if found == "few":
        return say(TAPS, "few", n=taps.n_taps, needed=FEWEST_TAPS)
    if found == "regular" and taps.n_taps < FEW_TAPS:
        return say(TAPS, "few_regular", n=taps.n_taps)
    return say(TAPS, "regular") if found == "regular" else say(TAPS, "unjudged", reason=_reason(taps))


def _equal_rate(taps: TapAgreement, analysis: Analysis) -> str:
    """The rate at which both run, "" where they do not run at one."""
    rate = analysis.rate
    if rate is None or taps.rate_high_cpm < rate.low_cpm or taps.rate_low_cpm > rate.high_cpm:
        return ""
    return fixed(rate.rate_cpm, 0)


def _raters(analysis: Analysis) -> str:
    found = [(taps, tap_finding_of(taps, analysis)) for taps in analysis.taps]
    parts = [_in_short(taps, analysis) for taps, what in found if what != "unrelated"]
    unrelated = [
        say(TAPS, "rater_p", rater=taps.rater, p=p_words(taps.pvalue))
        for taps, what in found
        if what == "unrelated"
    ]
    if unrelated:
        parts.append(say(TAPS, "raters_unrelated", raters=joined(unrelated)))
    return say(TAPS, "raters", n=len(found), parts="; ".join(parts))


def _in_short(taps: TapAgreement, analysis: Analysis) -> str:
    alpha, rater = analysis.settings.alpha, taps.rater
    found, p = tap_finding_of(taps, analysis), p_words(taps.pvalue)
    if found == "follow":
        code = "rater_follows_shaken" if _is_shaken(taps, alpha) else "rater_follows"
        return say(TAPS, code, rater=rater, trace=_trace(analysis), p=p, lag=lag_words(taps.lag_s))
    if found == "ratio":
        declared = "{}:{}".format(*taps.ratio_declared)
        return say(TAPS, "rater_ratio", rater=rater, p=p, ratio=bounded(taps.ratio), declared=declared)
    if found == "other" and analysis.rate is not None:
        rate, rhythm = fixed(taps.rate_cpm, 1), fixed(analysis.rate.rate_cpm, 1)
        return say(TAPS, "rater_other", rater=rater, p=p, rate=rate, rhythm=rhythm)
    if found == "made":
        return say(TAPS, "rater_made", rater=rater)
    if found == "few":
        return say(TAPS, "rater_few", rater=rater, n=taps.n_taps)
    if found == "regular" and taps.n_taps < FEW_TAPS:
        return say(TAPS, "rater_few_regular", rater=rater, n=taps.n_taps)
    if found == "regular":
        return say(TAPS, "rater_regular", rater=rater)
    return say(TAPS, "rater_unjudged", rater=rater, reason=_reason(taps))


def _chance(raters: list[TapAgreement]) -> str:
    tested = raters[0].statistic_name
    if len(raters) == 1:
        value, low, high = _score(raters[0])
        return say(TAPS, f"chance_{tested}", low=low, high=high, value=value)
    each = []
    for taps in raters:
        value, low, high = _score(taps)
        each.append(say(TAPS, "chance_each", rater=taps.rater, value=value, low=low, high=high))
    return say(TAPS, f"chances_{tested}", each=", ".join(each))


def _score(taps: TapAgreement) -> tuple[str, str, str]:
    """The statistic that was tested and its chance range, as text."""
    value, null = taps.resultant, taps.resultant_null
    if taps.statistic_name == "V":
        value, null = taps.v_statistic, taps.v_statistic_null
    return bounded(value), bounded(null.low), bounded(null.high)


def _by_chance(n: int, alpha: float) -> str:
    return say(TAPS, "by_chance", n=n, alpha=bounded(alpha), share=percent(1 - (1 - alpha) ** n))


def _pair(pair: TapAgreement, alpha: float) -> str:
    found, rater, other = tap_finding(pair, alpha), pair.rater, pair.reference
    if found in ("follow", "unrelated"):
        return say(TAPS, f"pair_{found}", one=rater, other=other, p=p_words(pair.pvalue))
    if found == "ratio":
        return say(TAPS, "pair_ratio", one=rater, other=other, p=p_words(pair.pvalue))
    if pair.reason:
        return say(TAPS, "pair_unjudged_why", one=rater, other=other, reason=pair.reason.rstrip("."))
    return say(TAPS, "pair_unjudged", one=rater, other=other)
