"""What does the terminal print?

**Conventions.** Plain text, one string per line, no colour codes.

- `summary_lines`
"""

from __future__ import annotations

from collections.abc import Iterator

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.answer import headline_and_details
from touchrhythm.report.session.finding import elsewhere
from touchrhythm.report.session.flags import worded_flags
from touchrhythm.report.session.key_figures import rate_digits
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm
from touchrhythm.words.numbers import bounded, fixed, interval, is_known, p_words

__all__ = ["summary_lines"]

NAME_WIDTH, VALUE_WIDTH, BETWEEN_WIDTH = 20, 13, 18


def summary_lines(analysis: Analysis, report: str | None = None) -> list[str]:
    """The answer as the terminal prints it; `report` is where the page was written, if it was."""
    lines = list(headline_and_details(analysis)[0])
    figures = list(_figures(analysis))
    width = max([NAME_WIDTH, *(len(name) for name, *_ in figures)])
    table = [_line(width, *figure) for figure in figures]
    flags = [f"{'!' if flag.severity < 3 else '-'} {flag.text}" for flag in worded_flags(analysis)]
    seed = "seed: a generator was given" if analysis.seed is None else f"seed {analysis.seed}"
    foot = seed if report is None else f"{seed}; report: {report}"
    return [*lines, "", *table, *([""] if table else []), *flags, foot]


def _line(width: int, name: str, value: str, between: str, noise: str) -> str:
    apart = " " if len(between) <= BETWEEN_WIDTH else "  "
    return f"  {name:<{width}} {value:<{VALUE_WIDTH}} {between:<{BETWEEN_WIDTH}}{apart}{noise}".rstrip()


def _figures(analysis: Analysis) -> Iterator[tuple[str, str, str, str]]:
    test, (low, high) = analysis.periodicity, analysis.settings.band_cpm
    if test is not None:
        null = test.prominence_null_db
        noise = (
            f" (noise {fixed(null.median, 1)}, up to {fixed(null.high, 1)})" if is_known(null.high) else ""
        )
        prominence = (
            f"prominence {fixed(test.prominence_db, 1)} dB{noise}" if is_known(test.prominence_db) else ""
        )
        if not test.inside:
            prominence = "no peak inside the band"
        yield f"rhythm in {low:g}–{high:g} cpm", p_words(test.pvalue), prominence, ""
    yield from _rates(analysis)
    for taps in analysis.taps:
        yield from _taps(taps, f" {taps.rater}" if len(analysis.taps) > 1 else "")
    for count in analysis.counts:
        by_counting = f"±{fixed(count.quantisation_cpm, 2)} by counting"
        kind = "rhythm" if count.measured_is_rhythm else "filtered trace"
        yield (
            f"count of {count.rater}",
            f"{fixed(count.rate_cpm, 1)} cpm",
            by_counting,
            f"({kind}: {fixed(count.measured_cpm, 1)})",
        )
    peak = elsewhere(analysis)
    if peak is not None:
        yield (
            "strongest elsewhere",
            f"{fixed(hz_to_cpm(peak.freq), 1)} cpm",
            f"({peak.label or peak.place + ' the band'})",
            "",
        )


def _rates(analysis: Analysis) -> Iterator[tuple[str, str, str, str]]:
    count, noise = analysis.cycle_count, ""
    if count is not None and is_known(count.null_cpm.low):
        null = count.null_cpm
        noise = f"(filtered noise: {fixed(null.median, 1)}, {interval(null.low, null.high, 1)})"
    if analysis.rate is not None:
        rate = analysis.rate
        value, between = rate_digits(rate.rate_cpm, rate.low_cpm, rate.high_cpm)
        yield "measured rate", f"{value} cpm", between, noise
    elif count is not None:
        yield "filtered trace only", f"{fixed(count.rate_cpm, 1)} cpm", "count, not a rate", noise


def _taps(taps: TapAgreement, whose: str) -> Iterator[tuple[str, str, str, str]]:
    value, between = rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)
    if value:
        yield f"tap rate{whose}", f"{value} cpm", between, ""
    if is_known(taps.resultant):
        null = taps.resultant_null
        chance = f"chance {bounded(null.median)}, up to {bounded(null.high)}" if is_known(null.high) else ""
        yield (
            f"phase consistency{whose}",
            bounded(taps.resultant),
            chance,
            f"{p_words(taps.pvalue)}" if whose and is_known(taps.pvalue) else "",
        )
