"""Which figures are there, each with its interval, what noise gives, and its method?

**Conventions.** One row per figure; numbers, not text; NaN where there is none. Rates in cpm.

- `Row`, `table_rows` : the table
- `row_cells` : one row as text, to the digits that its interval supports
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from touchrhythm.analysis.results import Analysis, CountAgreement, Reference
from touchrhythm.report.session.finding import elsewhere
from touchrhythm.rhythm.periodicity import PeriodicityResult
from touchrhythm.session import NullRange
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm, minutes_seconds
from touchrhythm.words.numbers import bounded, decimals_for, fixed, interval, is_known, p_number

__all__ = ["Row", "row_cells", "table_rows"]

NAN = float("nan")
NO_NULL = NullRange(NAN, NAN, NAN)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One figure: `estimate` with `low`–`high` (95 %), `null` from noise, `pvalue`, `unit`, `method`.

    `part` groups rows ("rhythm", "rate", "taps R1" …); `bounded` marks figures that cannot exceed 1.
    """

    part: str
    name: str
    estimate: float
    low: float = NAN
    high: float = NAN
    null: NullRange = NO_NULL
    pvalue: float = NAN
    unit: str = ""
    method: str = ""
    bounded: bool = False


def table_rows(analysis: Analysis) -> tuple[Row, ...]:
    """Every figure of an analysis, in the order of the page."""
    rows: list[Row] = []
    if analysis.periodicity is not None:
        rows += _rhythm_rows(analysis, analysis.periodicity)
        rows += _rate_rows(analysis)
    for reference in analysis.references:
        rows += _reference_rows(reference)
    for taps in analysis.taps:
        rows += _tap_rows(taps, f"taps {taps.rater}")
    for pair in analysis.rater_pairs:
        rows += _pair_rows(pair)
    for count in analysis.counts:
        rows += _count_rows(count)
    return tuple(rows)


def row_cells(row: Row) -> tuple[str, str, str, str, str, str]:
    """Name, estimate, interval, noise, p and method of a row as text."""
    own, null = _decimals(row, row.low, row.high), _decimals(row, row.null.low, row.null.high)
    decimals = own if is_known(row.low, row.high) else null
    estimate = _said(row.estimate, decimals, row.bounded)
    between = _between(row.low, row.high, decimals, row.bounded)
    noise = _said(row.null.median, null, row.bounded)
    if noise and is_known(row.null.low, row.null.high):
        noise = f"{noise} ({_between(row.null.low, row.null.high, null, row.bounded)})"
    unit = f" {row.unit}" if row.unit and estimate else ""
    return row.name, f"{estimate}{unit}", between, noise, p_number(row.pvalue), row.method


def _decimals(row: Row, low: float, high: float) -> int:
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


def _rhythm_rows(analysis: Analysis, test: PeriodicityResult) -> Iterator[Row]:
    row, (low, high) = partial(Row, part="rhythm"), analysis.settings.band_cpm
    likelihood, copies = "Whittle likelihood", f"{test.n_surrogates} noise copies"
    yield row(
        name=f"Test of a rhythm in {low:g}–{high:g} cpm",
        estimate=test.statistic,
        pvalue=test.pvalue,
        method=f"likelihood ratio, {copies}",
    )
    best = "Centre of the peak" if analysis.rate is not None else "Best candidate (not shown to be a rhythm)"
    yield _frequency(best, test.freq, test.freq_low, test.freq_high)
    yield row(name="Half width of the peak", estimate=hz_to_cpm(test.width), unit="cpm", method=likelihood)
    fitted = partial(row, method=f"fitted spectra, {copies}")
    yield fitted(
        name="Prominence over the background",
        estimate=test.prominence_db,
        null=test.prominence_null_db,
        unit="dB",
    )
    yield fitted(
        name="Share of the band's power",
        estimate=test.band_fraction,
        null=test.band_fraction_null,
        bounded=True,
    )
    yield from _size_rows(analysis, test)
    if (peak := elsewhere(analysis)) is not None:
        name = f"Strongest rhythm elsewhere ({peak.label or peak.place + ' the band'})"
        yield _frequency(name, peak.freq, peak.low, peak.high)


def _frequency(name: str, freq: float, low: float, high: float) -> Row:
    cpm = [hz_to_cpm(one) for one in (freq, low, high)]
    return Row(
        part="rhythm",
        name=name,
        estimate=cpm[0],
        low=cpm[1],
        high=cpm[2],
        unit="cpm",
        method="Whittle likelihood",
    )


def _size_rows(analysis: Analysis, test: PeriodicityResult) -> Iterator[Row]:
    scale, unit = (1000.0, "mg") if analysis.unit == "g" else (1.0, analysis.unit)
    row = partial(Row, part="rhythm", unit=unit)
    yield row(
        name="Amplitude (half of peak to peak)",
        estimate=scale * test.amplitude,
        low=scale * test.amplitude_low,
        high=scale * test.amplitude_high,
        method="fitted spectra",
    )
    bound, noise = scale * test.amplitude_bound, scale * test.noise_rms
    yield row(name="Largest amplitude still compatible", estimate=bound, method="95 % bound")
    yield row(name="Noise in the band (root mean square)", estimate=noise, method="fitted background")


def _rate_rows(analysis: Analysis) -> Iterator[Row]:
    rate, count, course = analysis.rate, analysis.cycle_count, analysis.time_course
    if rate is not None:
        null = count.null_cpm if count is not None else NO_NULL
        yield Row(
            part="rate",
            name="Measured rate",
            estimate=rate.rate_cpm,
            low=rate.low_cpm,
            high=rate.high_cpm,
            null=null,
            unit="cpm",
            method=f"phase advance, {rate.n_surrogates} copies",
        )
        yield Row(
            part="rate",
            name="Variation of the cycles (coefficient of variation)",
            estimate=rate.cv,
            bounded=True,
            method="from the width of the peak: .03 at the least, rather low from .1 on",
        )
    if count is not None:
        yield Row(
            part="rate",
            name="Count of the filtered trace",
            estimate=count.rate_cpm,
            null=count.null_cpm,
            unit="cpm",
            method=f"{count.count:.0f} cycles in {minutes_seconds(count.duration)} min",
        )
    if course is not None:
        yield Row(
            part="rate",
            name="Share of the time in which it stands out",
            estimate=course.fraction,
            null=course.fraction_null,
            bounded=True,
            method=f"windows of {course.window:g} s",
        )


def _reference_rows(reference: Reference) -> Iterator[Row]:
    part, name = "reference", reference.channel
    null = NullRange(NAN, NAN, reference.coherence_null)
    chance = f"at {fixed(hz_to_cpm(reference.freq), 1)} cpm; chance up to {bounded(null.high)}"
    yield Row(
        part=part, name=f"Coherence with {name}", estimate=reference.coherence, bounded=True, method=chance
    )
    yield Row(
        part=part,
        name=f"Band power left without {name}",
        estimate=reference.band_power_fraction_left,
        bounded=True,
        method="what the channel explains taken out",
    )
    yield Row(
        part=part,
        name=f"Test of a rhythm without {name}",
        estimate=NAN,
        pvalue=reference.pvalue_after,
        method="likelihood ratio on what is left",
    )


def _tap_rows(taps: TapAgreement, part: str) -> Iterator[Row]:
    row, (n, m) = partial(Row, part=part), taps.ratio_declared
    yield row(
        name="Tap rate",
        estimate=taps.rate_cpm,
        low=taps.rate_low_cpm,
        high=taps.rate_high_cpm,
        unit="cpm",
        method=f"{taps.n_taps} taps, {taps.n_dropped} not used",
    )
    yield row(
        name=f"Taps per cycle ({n}:{m} declared)",
        estimate=taps.ratio,
        low=taps.ratio_low,
        high=taps.ratio_high,
        method="tap rate over signal rate",
    )
    yield from _phase_rows(taps, part, "Lag after the signal's peak")
    yield from _timing_rows(taps, part)
    if is_known(taps.press_artefact_pvalue):
        yield row(
            name="Shaking of the sensor at taps (ratio)",
            estimate=taps.press_artefact_ratio,
            pvalue=taps.press_artefact_pvalue,
            method="residual above 1 Hz at shifted times",
        )
    split = partial(row, bounded=True, method="Wing and Kristofferson")
    yield split(name="Timekeeper variation of the taps", estimate=taps.timekeeper_cv)
    yield split(name="Motor variation of the taps", estimate=taps.motor_cv)


def _phase_rows(taps: TapAgreement, part: str, lag: str) -> Iterator[Row]:
    """R, V where it was declared, and the lag; the p-value stands at the statistic that was tested."""
    row = partial(Row, part=part)
    tested = f"{taps.method}, {taps.n_shifts} shifts" if is_known(taps.pvalue) else taps.reason
    by_v = taps.statistic_name == "V"
    yield row(
        name="Phase consistency R",
        estimate=taps.resultant,
        null=taps.resultant_null,
        pvalue=NAN if by_v else taps.pvalue,
        bounded=True,
        method="mean phasor" if by_v else tested,
    )
    if is_known(taps.v_statistic):
        yield row(
            name="Mean cosine V at the declared lags",
            estimate=taps.v_statistic,
            null=taps.v_statistic_null,
            pvalue=taps.pvalue if by_v else NAN,
            bounded=True,
            method=tested if by_v else "declared lags",
        )
    method = "angle of the mean phasor, modulo one cycle"
    yield row(
        name=lag, estimate=taps.lag_s, low=taps.lag_low_s, high=taps.lag_high_s, unit="s", method=method
    )


def _timing_rows(taps: TapAgreement, part: str) -> Iterator[Row]:
    row = partial(Row, part=part, unit="s", method="to the nearest cycle")
    yield row(name="Asynchrony, mean", estimate=taps.asynchrony_mean_s)
    yield row(
        name="Asynchrony, standard deviation",
        estimate=taps.asynchrony_sd_s,
        null=taps.asynchrony_sd_null_s,
    )
    yield _f_row(taps, part)


def _f_row(taps: TapAgreement, part: str) -> Row:
    return Row(
        part=part,
        name=f"F-measure within {taps.tolerance_fraction:.2g} of a period",
        estimate=taps.f_measure,
        null=taps.f_null,
        bounded=True,
        method="taps matched one to one",
    )


def _pair_rows(pair: TapAgreement) -> Iterator[Row]:
    part = f"{pair.rater} with {pair.reference}"
    yield from _phase_rows(pair, part, f"Lag after the taps of {pair.reference}")
    yield _f_row(pair, part)


def _count_rows(count: CountAgreement) -> Iterator[Row]:
    part, kind = (
        f"count {count.rater}",
        "measured rhythm" if count.measured_is_rhythm else "filtered trace, no rhythm shown",
    )
    low, high = count.rate_cpm - count.quantisation_cpm, count.rate_cpm + count.quantisation_cpm
    where = f"{count.count} in {minutes_seconds(count.duration)} from {minutes_seconds(count.onset)}; interval by counting alone"
    yield Row(
        part=part,
        name="Reported count",
        estimate=count.rate_cpm,
        low=low,
        high=high,
        unit="cpm",
        method=where,
    )
    yield Row(
        part=part, name="Rate over the same stretch", estimate=count.measured_cpm, unit="cpm", method=kind
    )
