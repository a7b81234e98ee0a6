"""Which four figures are the answer at a glance?

**Conventions.** Each figure is text ready to print: a label, the value, its interval, and what noise
gives. A rate that was not shown to exist is never the value, only the "count of the filtered trace".

- `Figure`
- `four_figures` : rhythm in the band, measured rate, perceived rate, agreement
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.finding import explains, finding, flag_values, tap_finding
from touchrhythm.session import NullRange
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.words.numbers import (
    bounded,
    counted,
    decimals_for,
    fixed,
    interval,
    is_known,
    lag_words,
    p_words,
)

__all__ = ["Figure", "four_figures", "rate_digits"]


@dataclass(frozen=True)
class Figure:
    """One figure of the first row: `label`, `value`, `interval`, `noise` (what noise gives), `tone`.

    `tone` is "yes", "no" or "open": how the figure is coloured; the value says the same in words.
    """

    label: str
    value: str
    interval: str
    noise: str
    tone: str


def four_figures(analysis: Analysis) -> tuple[Figure, Figure, Figure, Figure]:
    """Rhythm in the band? · measured rate · perceived rate · agreement."""
    return _rhythm(analysis), _measured(analysis), _perceived(analysis), _agreement(analysis)


def rate_digits(rate: float, low: float, high: float) -> tuple[str, str]:
    """A rate and its interval to the digit that the interval supports, hundredths at most.

    >>> rate_digits(8.0211, 7.93, 8.11)
    ('8.02', '7.93–8.11')
    """
    decimals = min(decimals_for(low, high), 2)
    return fixed(rate, decimals), interval(low, high, decimals)


_ANSWERS = {
    "rhythm": ("yes", "yes"),
    "edge": ("at the edge", "open"),
    "harmonic": ("a harmonic", "open"),
    "outside": ("no", "no"),
    "none": ("no", "no"),
    "no answer": ("no answer", "open"),
}


def _rhythm(analysis: Analysis) -> Figure:
    low, high = analysis.settings.band_cpm
    label, test = f"Rhythm in {low:g}–{high:g} cpm?", analysis.periodicity
    value, tone = _ANSWERS[finding(analysis)]
    if test is None:
        return Figure(label, value, "", "", tone)
    if (
        any(explains(reference, analysis.settings.alpha) for reference in analysis.references)
        and tone == "yes"
    ):
        value, tone = "yes, as in a reference channel", "open"
    if not test.inside:
        return Figure(label, value, f"{p_words(test.pvalue)}; no peak inside the band", "", tone)
    null = test.prominence_null_db
    noise = f"noise: {fixed(null.median, 1)} dB, up to {fixed(null.high, 1)}" if is_known(null.high) else ""
    prominence = (
        f"; {fixed(test.prominence_db, 1)} dB over the background" if is_known(test.prominence_db) else ""
    )
    return Figure(label, value, f"{p_words(test.pvalue)}{prominence}", noise, tone)


def _measured(analysis: Analysis) -> Figure:
    count = analysis.cycle_count
    noise = ""
    if count is not None and is_known(count.null_cpm.low):
        null = count.null_cpm
        noise = f"filtered noise: {fixed(null.median, 1)} ({interval(null.low, null.high, 1)})"
    if analysis.rate is not None:
        rate = analysis.rate
        value, between = rate_digits(rate.rate_cpm, rate.low_cpm, rate.high_cpm)
        return Figure("Measured rate", f"{value} cpm", f"{between} (95 %)", noise, "yes")
    if count is None:
        return Figure("Measured rate", "none", "", "", "open")
    trace = f"count of the filtered trace: {fixed(count.rate_cpm, 1)} cpm"
    return Figure("Measured rate", "none shown", trace, noise, "no")


def _perceived(analysis: Analysis) -> Figure:
    noise = "steady tapping needs no signal"
    if len(analysis.taps) == 1:
        taps = analysis.taps[0]
        value, between = rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)
        shown = f"{between} (95 %), {counted(taps.n_taps, 'tap')}" if between else counted(taps.n_taps, "tap")
        return Figure("Perceived rate", f"{value} cpm" if value else "none", shown, noise, "open")
    if analysis.taps:
        rates = ", ".join(f"{taps.rater} {_tap_rate(taps)}" for taps in analysis.taps)
        return Figure(
            "Perceived rate", _range([taps.rate_cpm for taps in analysis.taps]), rates, noise, "open"
        )
    if analysis.counts:
        coarse = max(count.quantisation_cpm for count in analysis.counts)
        shown = f"{counted(len(analysis.counts), 'count')}, ±{fixed(coarse, 2)} by counting"
        return Figure(
            "Perceived rate", _range([count.rate_cpm for count in analysis.counts]), shown, noise, "open"
        )
    if analysis.periodicity is None:
        return Figure("Perceived rate", "not assessed", "no usable signal to hold it against", "", "open")
    if flag_values(analysis, "few_taps") is not None:
        return Figure("Perceived rate", "not known", "too few taps could be used", "", "open")
    return Figure("Perceived rate", "not recorded", "no taps, no counts", "", "open")


def _tap_rate(taps: TapAgreement) -> str:
    return rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)[0]


def _range(rates: list[float]) -> str:
    low, high = f"{min(rates):.1f}", f"{max(rates):.1f}"
    return f"{low} cpm" if low == high else f"{low}–{high} cpm"


def _agreement(analysis: Analysis) -> Figure:
    if len(analysis.taps) == 1:
        return _one_agreement(analysis.taps[0], analysis)
    if analysis.taps:
        follow = [one for one in analysis.taps if tap_finding(one, analysis.settings.alpha) == "follow"]
        tone = "yes" if len(follow) == len(analysis.taps) else "open" if follow else "no"
        each = ", ".join(f"{one.rater} {p_words(one.pvalue)}" for one in analysis.taps)
        chance = max(
            (one.resultant_null.high for one in analysis.taps if is_known(one.resultant_null.high)),
            default=None,
        )
        noise = f"chance: consistency up to {bounded(chance)}" if chance is not None else ""
        return Figure("Agreement", f"{len(follow)} of {len(analysis.taps)} follow", each, noise, tone)
    if analysis.counts:
        gaps = [abs(count.rate_cpm - count.measured_cpm) for count in analysis.counts]
        is_rhythm = all(count.measured_is_rhythm for count in analysis.counts)
        known = [gap for gap in gaps if is_known(gap)]
        if known:
            return Figure(
                "Agreement",
                f"{max(known):.1f} cpm apart",
                f"count beside the {'measured rate' if is_rhythm else 'filtered trace'}",
                "an equal rate is not agreement",
                "open",
            )
    if analysis.periodicity is None:
        return Figure("Agreement", "not assessed", "no usable signal", "", "open")
    why = "no taps" if flag_values(analysis, "few_taps") is None else "too few taps could be used"
    return Figure("Agreement", "not assessed", why, "", "open")


def _one_agreement(taps: TapAgreement, analysis: Analysis) -> Figure:
    found = tap_finding(taps, analysis.settings.alpha)
    value, tone = {
        "follow": ("taps follow", "yes"),
        "unrelated": ("none shown", "no"),
        "regular": ("cannot be judged", "open"),
        "few": ("too few taps", "open"),
        "unjudged": ("cannot be judged", "open"),
    }[found]
    null: NullRange = taps.resultant_null
    consistency = f"consistency {bounded(taps.resultant)}" if is_known(taps.resultant) else ""
    shown = "; ".join(filter(None, (p_words(taps.pvalue) if is_known(taps.pvalue) else "", consistency)))
    if found == "follow":
        shown += f"; {lag_words(taps.lag_s)}"
    noise = f"chance: {bounded(null.median)}, up to {bounded(null.high)}" if is_known(null.high) else ""
    return Figure("Agreement", value, shown, noise, tone)
