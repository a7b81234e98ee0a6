"""Which figures are there, each with its interval, what noise gives, and its method?

**Conventions.** One row per figure; numbers, not text; NaN where there is none. Rates in cpm.

- `Row`, `table_rows` : the table
- `row_cells` : one row as text, to the digits that its interval supports
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from touchrhythm.analysis import Analysis, CountAgreement, Reference
from touchrhythm.periodicity import PeriodicityResult
from touchrhythm.session import NullRange
from touchrhythm.tapping import TapAgreement
from touchrhythm.units import hz_to_cpm, minutes_seconds
from touchrhythm.verdict.state import elsewhere
from touchrhythm.wording import bounded, decimals_for, fixed, interval, is_known, p_number

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
    return max(decimals_for(low, high), 1 if row.unit in _AT_LEAST_TENTHS else 0)


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
    low, high = analysis.settings.band_cpm
    copies, unit, scale = f"{test.n_copies} noise copies", analysis.unit, 1.0
    if unit == "g":
        unit, scale = "mg", 1000.0
    best = "Centre of the peak" if analysis.rate is not None else "Best candidate (not shown to be a rhythm)"
    yield Row(
        part="rhythm",
        name=f"Test of a rhythm in {low:g}–{high:g} cpm",
        estimate=test.statistic,
        pvalue=test.pvalue,
        method=f"likelihood ratio, {copies}",
    )
    yield Row(
        part="rhythm",
        name=best,
        estimate=hz_to_cpm(test.freq),
        low=hz_to_cpm(test.freq_low),
        high=hz_to_cpm(test.freq_high),
        unit="cpm",
        method="Whittle likelihood",
    )
    yield Row(
        part="rhythm",
        name="Half width of the peak",
        estimate=hz_to_cpm(test.width),
        unit="cpm",
        method="Whittle likelihood",
    )
    yield Row(
        part="rhythm",
        name="Prominence over the background",
        estimate=test.prominence_db,
        null=test.prominence_null_db,
        unit="dB",
        method=f"fitted spectra, {copies}",
    )
    yield Row(
        part="rhythm",
        name="Share of the band's power",
        estimate=test.band_share,
        null=test.band_share_null,
        bounded=True,
        method=f"fitted spectra, {copies}",
    )
    yield Row(
        part="rhythm",
        name="Amplitude (half of peak to peak)",
        estimate=scale * test.amplitude,
        low=scale * test.amplitude_low,
        high=scale * test.amplitude_high,
        unit=unit,
        method="fitted spectra",
    )
    yield Row(
        part="rhythm",
        name="Largest amplitude still compatible",
        estimate=scale * test.amplitude_bound,
        unit=unit,
        method="95 % bound",
    )
    yield Row(
        part="rhythm",
        name="Noise in the band (root mean square)",
        estimate=scale * test.noise_rms,
        unit=unit,
        method="fitted background",
    )
    peak = elsewhere(analysis)
    if peak is not None:
        name = f"Strongest rhythm elsewhere ({peak.label or peak.place + ' the band'})"
        yield Row(
            part="rhythm",
            name=name,
            estimate=hz_to_cpm(peak.freq),
            low=hz_to_cpm(peak.low),
            high=hz_to_cpm(peak.high),
            unit="cpm",
            method="Whittle likelihood",
        )


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
            method=f"phase advance, {rate.n_copies} copies",
        )
        yield Row(
            part="rate",
            name="Variation of the cycles (coefficient of variation)",
            estimate=rate.cv,
            bounded=True,
            method="best fit",
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
            estimate=course.share,
            null=course.share_null,
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
        estimate=reference.band_power_share_left,
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
    n, m = taps.ratio_declared
    tested = f"{taps.method}, {taps.n_shifts} shifts" if is_known(taps.pvalue) else taps.reason
    r_p, v_p = (taps.pvalue, NAN) if taps.statistic_name == "R" else (NAN, taps.pvalue)
    yield Row(
        part=part,
        name="Tap rate",
        estimate=taps.rate_cpm,
        low=taps.rate_low_cpm,
        high=taps.rate_high_cpm,
        unit="cpm",
        method=f"{taps.n_taps} taps, {taps.n_dropped} not used",
    )
    yield Row(
        part=part,
        name=f"Taps per cycle ({n}:{m} declared)",
        estimate=taps.ratio,
        low=taps.ratio_low,
        high=taps.ratio_high,
        method="tap rate over signal rate",
    )
    yield Row(
        part=part,
        name="Phase consistency R",
        estimate=taps.resultant,
        null=taps.resultant_null,
        pvalue=r_p,
        bounded=True,
        method=tested if taps.statistic_name == "R" else "mean phasor",
    )
    if is_known(taps.directed):
        yield Row(
            part=part,
            name="Mean cosine V at the declared lags",
            estimate=taps.directed,
            null=taps.directed_null,
            pvalue=v_p,
            bounded=True,
            method=tested if taps.statistic_name == "V" else "declared lags",
        )
    yield Row(
        part=part,
        name="Lag after the signal's peak",
        estimate=taps.lag_s,
        low=taps.lag_low_s,
        high=taps.lag_high_s,
        unit="s",
        method="angle of the mean phasor, modulo one cycle",
    )
    yield Row(
        part=part,
        name="Asynchrony, mean",
        estimate=taps.asynchrony_mean_s,
        unit="s",
        method="to the nearest cycle",
    )
    yield Row(
        part=part,
        name="Asynchrony, standard deviation",
        estimate=taps.asynchrony_sd_s,
        null=taps.asynchrony_sd_null_s,
        unit="s",
        method="to the nearest cycle",
    )
    yield Row(
        part=part,
        name=f"F-measure within {taps.tolerance_share:.2g} of a period",
        estimate=taps.f_measure,
        null=taps.f_null,
        bounded=True,
        method="taps matched one to one",
    )
    if is_known(taps.leakage_pvalue):
        yield Row(
            part=part,
            name="Shaking of the sensor at taps (ratio)",
            estimate=taps.leakage_ratio,
            pvalue=taps.leakage_pvalue,
            method="residual above 1 Hz at shifted times",
        )
    yield Row(
        part=part,
        name="Timekeeper variation of the taps",
        estimate=taps.timekeeper_cv,
        bounded=True,
        method="Wing and Kristofferson",
    )
    yield Row(
        part=part,
        name="Motor variation of the taps",
        estimate=taps.motor_cv,
        bounded=True,
        method="Wing and Kristofferson",
    )


def _pair_rows(pair: TapAgreement) -> Iterator[Row]:
    part = f"{pair.rater} with {pair.reference}"
    tested = f"{pair.method}, {pair.n_shifts} shifts" if is_known(pair.pvalue) else pair.reason
    yield Row(
        part=part,
        name="Phase consistency R",
        estimate=pair.resultant,
        null=pair.resultant_null,
        pvalue=pair.pvalue,
        bounded=True,
        method=tested,
    )
    yield Row(
        part=part,
        name=f"Lag after the taps of {pair.reference}",
        estimate=pair.lag_s,
        low=pair.lag_low_s,
        high=pair.lag_high_s,
        unit="s",
        method="angle of the mean phasor, modulo one cycle",
    )
    yield Row(
        part=part,
        name="F-measure",
        estimate=pair.f_measure,
        null=pair.f_null,
        bounded=True,
        method=f"within {pair.tolerance_share:.2g} of a period",
    )


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
