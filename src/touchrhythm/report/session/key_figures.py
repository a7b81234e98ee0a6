"""Which four figures are the answer at a glance?

**Conventions.** Each figure is text ready to print: a label, the value, its interval, and what noise
gives. A rate that was not shown to exist is never the value, only the "count of the filtered trace".

- `four_figures` : rhythm in the band, measured rate, perceived rate, agreement
- `rate_digits` : a rate and its interval to the digit that the interval supports
"""

from __future__ import annotations

from collections.abc import Mapping

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.page import KeyFigure
from touchrhythm.report.session.finding import finding, flag_values, is_explained, tap_finding_of
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, decimals_for, fixed, interval, is_known, lag_words, p_words
from touchrhythm.words.session import KEY

__all__ = ["four_figures", "rate_digits"]

_TONES: Mapping[str, str] = {"rhythm": "yes", "outside": "no", "none": "no"}
_TAP_TONES: Mapping[str, str] = {"follow": "yes", "unrelated": "no"}


def four_figures(analysis: Analysis) -> tuple[KeyFigure, KeyFigure, KeyFigure, KeyFigure]:
    """Rhythm in the band? · measured rate · perceived rate · agreement."""
    return _rhythm(analysis), _measured(analysis), _perceived(analysis), _agreement(analysis)


def rate_digits(rate: float, low: float, high: float) -> tuple[str, str]:
    """A rate and its interval to the digit that the interval supports, hundredths at most.

    >>> rate_digits(8.0211, 7.93, 8.11)
    ('8.02', '7.93–8.11')
    """
    decimals = min(decimals_for(low, high), 2)
    return fixed(rate, decimals), interval(low, high, decimals)


def _cpm(rate: str) -> str:
    return say(KEY, "cpm", rate=rate)


def _rhythm(analysis: Analysis) -> KeyFigure:
    low, high = (f"{end:g}" for end in analysis.settings.band_cpm)
    label, test, found = say(KEY, "rhythm", low=low, high=high), analysis.periodicity, finding(analysis)
    value, tone = say(KEY, f"answer_{found}"), _TONES.get(found, "open")
    if test is None:
        return KeyFigure(label, value, "", "", tone)
    p = p_words(test.pvalue)
    if found == "rhythm" and is_explained(analysis):
        value, tone = say(KEY, "as_reference"), "open"
    if not test.inside:
        return KeyFigure(label, value, say(KEY, "p_no_peak", p=p), "", tone)
    null, noise, shown = test.prominence_null_db, "", say(KEY, "p", p=p)
    if is_known(null.high):
        noise = say(KEY, "noise_db", median=fixed(null.median, 1), most=fixed(null.high, 1))
    if is_known(test.prominence_db):
        shown = say(KEY, "p_prominence", p=p, prominence=fixed(test.prominence_db, 1))
    return KeyFigure(label, value, shown, noise, tone)


def _measured(analysis: Analysis) -> KeyFigure:
    count, noise, label = analysis.cycle_count, "", say(KEY, "measured")
    if count is not None and is_known(count.null_cpm.low):
        null = count.null_cpm
        between = interval(null.low, null.high, 1)
        noise = say(KEY, "filtered_noise", median=fixed(null.median, 1), interval=between)
    if analysis.rate is not None:
        rate = analysis.rate
        value, between = rate_digits(rate.rate_cpm, rate.low_cpm, rate.high_cpm)
        return KeyFigure(label, _cpm(value), say(KEY, "interval", interval=between), noise, "yes")
    if count is None:
        return KeyFigure(label, say(KEY, "none"), "", "", "open")
    trace = say(KEY, "trace", rate=fixed(count.rate_cpm, 1))
    return KeyFigure(label, say(KEY, "none_shown"), trace, noise, "no")


def _n_taps(n: int) -> str:
    return say(KEY, "one_tap") if n == 1 else say(KEY, "taps", n=n)


def _perceived(analysis: Analysis) -> KeyFigure:
    """What was perceived, by what was done: taps that were judged, counts, taps that could not be, or nothing."""
    if len(analysis.taps) == 1:
        taps = analysis.taps[0]
        value, between = rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)
        shown = n_taps = _n_taps(taps.n_taps)
        if between:
            shown = say(KEY, "interval_taps", interval=between, taps=n_taps)
        return _felt(_cpm(value) if value else say(KEY, "none"), shown)
    if analysis.taps:
        rates = ", ".join(f"{taps.rater} {_tap_rate(taps)}" for taps in analysis.taps)
        return _felt(_range([taps.rate_cpm for taps in analysis.taps]), rates)
    if analysis.counts:
        coarse, n = fixed(max(count.quantisation_cpm for count in analysis.counts), 2), len(analysis.counts)
        shown = say(KEY, "one_count", coarse=coarse) if n == 1 else say(KEY, "counts", n=n, coarse=coarse)
        return _felt(_range([count.rate_cpm for count in analysis.counts]), shown)
    label, tapped = say(KEY, "perceived"), _tapped(analysis)
    if flag_values(analysis, "few_taps") is not None:
        return KeyFigure(label, say(KEY, "not_known"), say(KEY, "few_usable"), "", "open")
    if tapped:
        held = say(KEY, "not_held", taps=_n_taps(tapped))
        return KeyFigure(label, say(KEY, "not_assessed"), held, "", "open")
    return KeyFigure(label, say(KEY, "not_recorded"), say(KEY, "nobody"), "", "open")


def _tapped(analysis: Analysis) -> int:
    """Taps in the recording, judged or not."""
    return sum(analysis.about.get("taps", {}).values())


def _felt(value: str, shown: str) -> KeyFigure:
    return KeyFigure(say(KEY, "perceived"), value, shown, say(KEY, "steady"), "open")


def _tap_rate(taps: TapAgreement) -> str:
    return rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)[0]


def _range(rates: list[float]) -> str:
    low, high = fixed(min(rates), 1), fixed(max(rates), 1)
    return _cpm(low if low == high else f"{low}–{high}")


def _agreement(analysis: Analysis) -> KeyFigure:
    label = say(KEY, "agreement")
    if len(analysis.taps) == 1:
        return _one_agreement(analysis.taps[0], analysis)
    if analysis.taps:
        return _agreements(analysis)
    known = [count for count in analysis.counts if is_known(count.measured_cpm)]
    if known:
        gap = fixed(max(abs(count.rate_cpm - count.measured_cpm) for count in known), 1)
        is_rhythm = all(count.measured_is_rhythm for count in analysis.counts)
        beside = say(KEY, "beside_rate" if is_rhythm else "beside_trace")
        return KeyFigure(label, say(KEY, "apart", gap=gap), beside, say(KEY, "not_agreement"), "open")
    if flag_values(analysis, "few_taps") is not None:
        why = say(KEY, "few_usable")
    else:
        why = say(KEY, "no_signal" if _tapped(analysis) or analysis.counts else "no_taps")
    return KeyFigure(label, say(KEY, "not_assessed"), why, "", "open")


def _agreements(analysis: Analysis) -> KeyFigure:
    everyone = analysis.taps
    n = sum(tap_finding_of(taps, analysis) == "follow" for taps in everyone)
    tone = "yes" if n == len(everyone) else "open" if n else "no"
    each = ", ".join(f"{taps.rater} {p_words(taps.pvalue)}" for taps in everyone)
    chance = [taps.resultant_null.high for taps in everyone if is_known(taps.resultant_null.high)]
    noise = say(KEY, "chance_most", most=bounded(max(chance))) if chance else ""
    value = say(KEY, "follow_of", n=n, all=len(everyone))
    return KeyFigure(say(KEY, "agreement"), value, each, noise, tone)


def _one_agreement(taps: TapAgreement, analysis: Analysis) -> KeyFigure:
    found, null = tap_finding_of(taps, analysis), taps.resultant_null
    shown = [p_words(taps.pvalue)] if is_known(taps.pvalue) else []
    if is_known(taps.resultant):
        shown.append(say(KEY, "consistency", consistency=bounded(taps.resultant)))
    if found == "follow":
        shown.append(lag_words(taps.lag_s))
    noise = ""
    if is_known(null.high):
        noise = say(KEY, "chance", median=bounded(null.median), most=bounded(null.high))
    tone = _TAP_TONES.get(found, "open")
    return KeyFigure(say(KEY, "agreement"), say(KEY, f"tap_{found}"), "; ".join(shown), noise, tone)
