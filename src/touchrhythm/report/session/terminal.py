"""What does the terminal print?

**Conventions.** Plain text, one string per line, no colour codes.

- `summary_lines`
"""

from __future__ import annotations

from collections.abc import Iterator

from touchrhythm.analysis.results import Analysis, CountAgreement
from touchrhythm.report.session.answer import headline_and_details
from touchrhythm.report.session.finding import elsewhere
from touchrhythm.report.session.flags import worded_flags
from touchrhythm.report.session.key_figures import rate_digits
from touchrhythm.report.session.pulse import series_rows
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, fixed, interval, is_known, p_words, percent, rate_alone
from touchrhythm.words.session_estimates import TABLE
from touchrhythm.words.terminal import TERMINAL

__all__ = ["summary_lines"]

NAME_WIDTH, VALUE_WIDTH, BETWEEN_WIDTH = 20, 13, 18

Line = tuple[str, str, str, str]


def summary_lines(analysis: Analysis, report: str | None = None) -> list[str]:
    """The answer as the terminal prints it; `report` is where the page was written, if it was."""
    lines = list(headline_and_details(analysis)[0])
    figures = list(_figures(analysis))
    width = max([NAME_WIDTH, *(len(name) for name, *_ in figures)])
    table = [_line(width, *figure) for figure in figures]
    flags = [f"{'!' if flag.severity < 3 else '-'} {flag.text}" for flag in worded_flags(analysis)]
    seed = (
        say(TERMINAL, "generator")
        if analysis.seed is None
        else say(TERMINAL, "seed", seed=str(analysis.seed))
    )
    foot = seed if report is None else say(TERMINAL, "report", seed=seed, report=report)
    return [*lines, "", *table, *([""] if table else []), *flags, foot]


def _line(width: int, name: str, value: str, between: str, noise: str) -> str:
    apart = " " if len(between) <= BETWEEN_WIDTH else "  "
    return f"  {name:<{width}} {value:<{VALUE_WIDTH}} {between:<{BETWEEN_WIDTH}}{apart}{noise}".rstrip()


def _cpm(rate: str) -> str:
    return say(TERMINAL, "cpm", rate=rate)


def _figures(analysis: Analysis) -> Iterator[Line]:
    low, high = (f"{end:g}" for end in analysis.settings.band_cpm)
    if analysis.periodicity is not None:
        name = say(TERMINAL, "rhythm", low=low, high=high)
        yield name, p_words(analysis.periodicity.pvalue), _prominence(analysis), ""
    yield from _rates(analysis)
    if analysis.pulse is not None and is_known(analysis.pulse.rate_bpm):
        pulse = analysis.pulse
        good = say(TERMINAL, "good_beats", good=percent(1 - pulse.beats.bad_fraction))
        heart, between = fixed(pulse.rate_bpm, 0), interval(*pulse.rate_range_bpm, 0)
        yield say(TERMINAL, "heart_rate"), say(TERMINAL, "bpm", rate=heart), between, good
    yield from series_rows(analysis)
    for taps in analysis.taps:
        yield from _taps(taps, is_one_of_many=len(analysis.taps) > 1)
    yield from map(_count, analysis.counts)
    peak = elsewhere(analysis)
    if peak is not None:
        what = say(TERMINAL, "in_brackets", what=say(TABLE, peak.label or peak.place))
        rate = rate_alone(*map(hz_to_cpm, (peak.freq, peak.low, peak.high)), band=analysis.settings.band_cpm)
        yield say(TERMINAL, "elsewhere"), _cpm(rate), what, ""


def _prominence(analysis: Analysis) -> str:
    test = analysis.periodicity
    assert test is not None
    if not test.inside:
        return say(TERMINAL, "no_peak")
    if not is_known(test.prominence_db):
        return ""
    null, prominence = test.prominence_null_db, fixed(test.prominence_db, 1)
    if not is_known(null.high):
        return say(TERMINAL, "prominence", prominence=prominence)
    median, most = fixed(null.median, 1), fixed(null.high, 1)
    return say(TERMINAL, "prominence_beside", prominence=prominence, median=median, most=most)


def _count(count: CountAgreement) -> Line:
    beside = ""
    if is_known(count.measured_cpm):
        code = "beside_rhythm" if count.measured_is_rhythm else "beside_trace"
        beside = say(TERMINAL, code, rate=fixed(count.measured_cpm, 1))
    coarse = say(TERMINAL, "by_counting", coarse=fixed(count.quantisation_cpm, 2))
    return say(TERMINAL, "count", rater=count.rater), _cpm(fixed(count.rate_cpm, 1)), coarse, beside


def _rates(analysis: Analysis) -> Iterator[Line]:
    count, noise = analysis.cycle_count, ""
    if count is not None and is_known(count.null_cpm.low):
        null = count.null_cpm
        between = interval(null.low, null.high, 1)
        noise = say(TERMINAL, "filtered_noise", median=fixed(null.median, 1), interval=between)
    if analysis.rate is not None:
        rate = analysis.rate
        value, between = rate_digits(rate.rate_cpm, rate.low_cpm, rate.high_cpm)
        yield say(TERMINAL, "measured"), _cpm(value), between, noise
    elif count is not None:
        value = fixed(count.rate_cpm, 1)
        yield say(TERMINAL, "trace_only"), _cpm(value), say(TERMINAL, "not_a_rate"), noise


def _taps(taps: TapAgreement, *, is_one_of_many: bool) -> Iterator[Line]:
    def name(code: str) -> str:
        if is_one_of_many:
            return say(TERMINAL, f"{code}_of", rater=taps.rater)
        return say(TERMINAL, code)

    value, between = rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)
    if value:
        yield name("tap_rate"), _cpm(value), between, ""
    if is_known(taps.resultant):
        null, chance = taps.resultant_null, ""
        if is_known(null.high):
            chance = say(TERMINAL, "chance", median=bounded(null.median), most=bounded(null.high))
        p = p_words(taps.pvalue) if is_one_of_many and is_known(taps.pvalue) else ""
        yield name("consistency"), bounded(taps.resultant), chance, p
