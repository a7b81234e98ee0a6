"""Which estimates are there, each with its interval, what noise gives, and its method?

**Conventions.** One row per estimate; numbers, not text; NaN where there is none. Rates in cpm.

- `SessionEstimate`, `table_rows` : the table
- `row_cells` : one row as text, to the digits that its interval supports
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from touchrhythm.analysis.results import Analysis, CountAgreement, Reference
from touchrhythm.estimates import NAN, NO_NULL, Estimate
from touchrhythm.report.session.finding import elsewhere
from touchrhythm.rhythm.periodicity import PeriodicityResult
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm, minutes_seconds
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, decimals_for, fixed, interval, is_known, p_number
from touchrhythm.words.session_estimates import TABLE

__all__ = ["SessionEstimate", "row_cells", "table_rows"]


_named = partial(say, TABLE)


@dataclass(frozen=True, kw_only=True)
class SessionEstimate(Estimate):
    """One figure of a session, called by its name in words.

    `part` groups figures ("rhythm", "rate", "taps R1" …); `bounded` marks those that cannot exceed 1.
    """

    part: str
    bounded: bool = False


def table_rows(analysis: Analysis) -> tuple[SessionEstimate, ...]:
    """Every estimate of an analysis, in the order of the page."""
    rows: list[SessionEstimate] = []
    if analysis.periodicity is not None:
        rows += _rhythm_rows(analysis, analysis.periodicity)
        rows += _rate_rows(analysis)
    for reference in analysis.references:
        rows += _reference_rows(reference)
    for taps in analysis.taps:
        rows += _tap_rows(taps, _named("part_taps", rater=taps.rater))
    for pair in analysis.rater_pairs:
        rows += _pair_rows(pair)
    for count in analysis.counts:
        rows += _count_rows(count)
    return tuple(rows)


def row_cells(row: SessionEstimate) -> tuple[str, str, str, str, str, str]:
    """Name, estimate, interval, noise, p and method of a row as text."""
    own, null = _decimals(row, row.ci_low, row.ci_high), _decimals(row, row.null.low, row.null.high)
    decimals = own if is_known(row.ci_low, row.ci_high) else null
    estimate = _said(row.estimate, decimals, row.bounded)
    between = _between(row.ci_low, row.ci_high, decimals, row.bounded)
    noise = _said(row.null.median, null, row.bounded)
    if noise and is_known(row.null.low, row.null.high):
        noise = f"{noise} ({_between(row.null.low, row.null.high, null, row.bounded)})"
    unit = f" {row.unit}" if row.unit and estimate else ""
    return row.quantity, f"{estimate}{unit}", between, noise, p_number(row.pvalue), row.method


def _decimals(row: SessionEstimate, low: float, high: float) -> int:
    if row.bounded:
        return 2
    if not is_known(low, high):
        return _plain_decimals(row.estimate)
    decimals = max(decimals_for(low, high), 1 if row.unit in _AT_LEAST_TENTHS else 0)
    return min(decimals, 2) if row.unit == "cpm" else decimals


_AT_LEAST_TENTHS = ("cpm", "dB", "s")


def _plain_decimals(value: float) -> int:
    return (
        0 if not is_known(value) or abs(value) >= 100 or value == int(value) else 2 if abs(value) < 10 else 1
    )


def _said(value: float, decimals: int, is_bounded: bool) -> str:
    return bounded(value, decimals) if is_bounded and is_known(value) else fixed(value, decimals)


def _between(low: float, high: float, decimals: int, is_bounded: bool) -> str:
    if not is_known(low, high):
        return ""
    return (
        f"{bounded(low, decimals)}–{bounded(high, decimals)}" if is_bounded else interval(low, high, decimals)
    )


def _rhythm_rows(analysis: Analysis, test: PeriodicityResult) -> Iterator[SessionEstimate]:
    row, (low, high) = partial(SessionEstimate, part=_named("part_rhythm")), analysis.settings.band_cpm
    yield row(
        quantity=_named("test", low=f"{low:g}", high=f"{high:g}"),
        estimate=test.statistic,
        pvalue=test.pvalue,
        method=_named("by_ratio", n=test.n_surrogates),
    )
    best = _named("centre" if analysis.rate is not None else "candidate")
    yield _frequency(best, test.freq, test.freq_low, test.freq_high)
    yield row(
        quantity=_named("half_width"), estimate=hz_to_cpm(test.width), unit="cpm", method=_named("by_whittle")
    )
    fitted = partial(row, method=_named("by_spectra", n=test.n_surrogates))
    yield fitted(
        quantity=_named("prominence"), estimate=test.prominence_db, null=test.prominence_null_db, unit="dB"
    )
    yield fitted(
        quantity=_named("band_power"), estimate=test.band_fraction, null=test.band_fraction_null, bounded=True
    )
    yield from _size_rows(analysis, test)
    if (peak := elsewhere(analysis)) is not None:
        what = _named(peak.label or peak.place)
        yield _frequency(_named("elsewhere", what=what), peak.freq, peak.low, peak.high)


def _frequency(name: str, freq: float, low: float, high: float) -> SessionEstimate:
    rate, rate_low, rate_high = (hz_to_cpm(hertz) for hertz in (freq, low, high))
    return SessionEstimate(
        part=_named("part_rhythm"),
        quantity=name,
        estimate=rate,
        ci_low=rate_low,
        ci_high=rate_high,
        unit="cpm",
        method=_named("by_whittle"),
    )


def _size_rows(analysis: Analysis, test: PeriodicityResult) -> Iterator[SessionEstimate]:
    scale, unit = (1000.0, "mg") if analysis.unit == "g" else (1.0, analysis.unit)
    row = partial(SessionEstimate, part=_named("part_rhythm"), unit=unit)
    yield row(
        quantity=_named("amplitude"),
        estimate=scale * test.amplitude,
        ci_low=scale * test.amplitude_low,
        ci_high=scale * test.amplitude_high,
        method=_named("by_fit"),
    )
    bound, noise = scale * test.amplitude_bound, scale * test.noise_rms
    yield row(quantity=_named("bound"), estimate=bound, method=_named("by_bound"))
    yield row(quantity=_named("noise"), estimate=noise, method=_named("by_background"))


def _rate_rows(analysis: Analysis) -> Iterator[SessionEstimate]:
    row = partial(SessionEstimate, part=_named("part_rate"))
    rate, count, course = analysis.rate, analysis.cycle_count, analysis.time_course
    if rate is not None:
        yield row(
            quantity=_named("measured"),
            estimate=rate.rate_cpm,
            ci_low=rate.low_cpm,
            ci_high=rate.high_cpm,
            null=count.null_cpm if count is not None else NO_NULL,
            unit="cpm",
            method=_named("by_advance", n=rate.n_surrogates),
        )
        yield row(quantity=_named("cv"), estimate=rate.cv, bounded=True, method=_named("by_width"))
    if count is not None:
        n, time = fixed(count.count, 0), minutes_seconds(count.duration)
        yield row(
            quantity=_named("count"),
            estimate=count.rate_cpm,
            null=count.null_cpm,
            unit="cpm",
            method=_named("by_count", n=n, time=time),
        )
    if course is not None:
        yield row(
            quantity=_named("stands_out"),
            estimate=course.fraction,
            null=course.fraction_null,
            bounded=True,
            method=_named("by_windows", window=f"{course.window:g}"),
        )


def _reference_rows(reference: Reference) -> Iterator[SessionEstimate]:
    row, name = partial(SessionEstimate, part=_named("part_reference")), reference.channel
    rate, chance = fixed(hz_to_cpm(reference.freq), 1), bounded(reference.coherence_null)
    yield row(
        quantity=_named("coherence", channel=name),
        estimate=reference.coherence,
        bounded=True,
        method=_named("by_coherence", rate=rate, chance=chance),
    )
    yield row(
        quantity=_named("power_left", channel=name),
        estimate=reference.band_power_fraction_left,
        bounded=True,
        method=_named("by_taken_out"),
    )
    yield row(
        quantity=_named("test_left", channel=name),
        estimate=NAN,
        pvalue=reference.pvalue_after,
        method=_named("by_ratio_left"),
    )


def _tap_rows(taps: TapAgreement, part: str) -> Iterator[SessionEstimate]:
    row, (n, m) = partial(SessionEstimate, part=part), taps.ratio_declared
    yield row(
        quantity=_named("tap_rate"),
        estimate=taps.rate_cpm,
        ci_low=taps.rate_low_cpm,
        ci_high=taps.rate_high_cpm,
        unit="cpm",
        method=_named("by_taps", n=taps.n_taps, dropped=taps.n_dropped),
    )
    yield row(
        quantity=_named("ratio", n=n, m=m),
        estimate=taps.ratio,
        ci_low=taps.ratio_low,
        ci_high=taps.ratio_high,
        method=_named("by_rates"),
    )
    yield from _phase_rows(taps, part, _named("lag_signal"))
    yield from _timing_rows(taps, part)
    if is_known(taps.press_artefact_pvalue):
        yield row(
            quantity=_named("shaking"),
            estimate=taps.press_artefact_ratio,
            pvalue=taps.press_artefact_pvalue,
            method=_named("by_residual"),
        )
    split = partial(row, bounded=True, method=_named("by_wing"))
    yield split(quantity=_named("timekeeper"), estimate=taps.timekeeper_cv)
    yield split(quantity=_named("motor"), estimate=taps.motor_cv)


def _phase_rows(taps: TapAgreement, part: str, lag: str) -> Iterator[SessionEstimate]:
    """R, V where it was declared, and the lag; the p-value stands at the statistic that was tested."""
    row, tested = partial(SessionEstimate, part=part), taps.reason
    if is_known(taps.pvalue):
        tested = _named("by_shifts", method=taps.method, n=taps.n_shifts)
    by_v = taps.statistic_name == "V"
    yield row(
        quantity=_named("consistency"),
        estimate=taps.resultant,
        null=taps.resultant_null,
        pvalue=NAN if by_v else taps.pvalue,
        bounded=True,
        method=_named("by_phasor") if by_v else tested,
    )
    if is_known(taps.v_statistic):
        yield row(
            quantity=_named("cosine"),
            estimate=taps.v_statistic,
            null=taps.v_statistic_null,
            pvalue=taps.pvalue if by_v else NAN,
            bounded=True,
            method=tested if by_v else _named("by_lags"),
        )
    yield row(
        quantity=lag,
        estimate=taps.lag_s,
        ci_low=taps.lag_low_s,
        ci_high=taps.lag_high_s,
        unit="s",
        method=_named("by_phasor_angle"),
    )


def _timing_rows(taps: TapAgreement, part: str) -> Iterator[SessionEstimate]:
    row = partial(SessionEstimate, part=part, unit="s", method=_named("by_nearest"))
    yield row(quantity=_named("asynchrony"), estimate=taps.asynchrony_mean_s)
    yield row(quantity=_named("asynchrony_sd"), estimate=taps.asynchrony_sd_s, null=taps.asynchrony_sd_null_s)
    yield _f_row(taps, part)


def _f_row(taps: TapAgreement, part: str) -> SessionEstimate:
    return SessionEstimate(
        part=part,
        quantity=_named("f_measure", fraction=f"{taps.tolerance_fraction:.2g}"),
        estimate=taps.f_measure,
        null=taps.f_null,
        bounded=True,
        method=_named("by_matching"),
    )


def _pair_rows(pair: TapAgreement) -> Iterator[SessionEstimate]:
    part = _named("part_pair", rater=pair.rater, reference=pair.reference)
    yield from _phase_rows(pair, part, _named("lag_taps", rater=pair.reference))
    yield _f_row(pair, part)


def _count_rows(count: CountAgreement) -> Iterator[SessionEstimate]:
    row = partial(SessionEstimate, part=_named("part_count", rater=count.rater), unit="cpm")
    time, onset = minutes_seconds(count.duration), minutes_seconds(count.onset)
    yield row(
        quantity=_named("reported"),
        estimate=count.rate_cpm,
        ci_low=count.rate_cpm - count.quantisation_cpm,
        ci_high=count.rate_cpm + count.quantisation_cpm,
        method=_named("by_rater", n=count.count, time=time, onset=onset),
    )
    yield row(
        quantity=_named("same_stretch"),
        estimate=count.measured_cpm,
        method=_named("by_rhythm" if count.measured_is_rhythm else "by_trace"),
    )
