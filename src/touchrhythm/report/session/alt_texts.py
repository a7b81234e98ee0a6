"""What does each picture show, for those who cannot see it?

**Conventions.** A short `title`, and a `text` that states the finding with its numbers.

- `PictureWords`
- `picture_words` : title and text of every picture of an analysis, by name
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.finding import elsewhere, finding, place, tap_finding
from touchrhythm.report.session.key_figures import rate_digits
from touchrhythm.rhythm.peaks import LOOK_CPM
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm
from touchrhythm.words.numbers import (
    bounded,
    counted,
    fixed,
    is_known,
    joined,
    lag_words,
    p_words,
    percent,
    rate_words,
    time_words,
)

__all__ = ["PictureWords", "picture_words"]


@dataclass(frozen=True)
class PictureWords:
    """Words of one picture: `title` names it, `text` says what it shows."""

    title: str
    text: str


def picture_words(analysis: Analysis) -> dict[str, PictureWords]:
    """Words of the pictures that an analysis has: timeline, signal, zoom, spectrum, rate, phases, asynchrony."""
    words = {"timeline": PictureWords("Parts of the recording that were used", _timeline(analysis))}
    if analysis.traces is not None:
        title = "Signal" if analysis.periodicity is None else "Signal and filtered trace"
        words["signal"] = PictureWords(title, _signal(analysis))
    if analysis.traces is not None and analysis.periodicity is not None:
        marked = "; taps are marked" if any(taps.onset.size for taps in analysis.taps) else ""
        words["zoom"] = PictureWords("One minute of the signal, twice", f"{_ZOOM}{marked}.")
    if analysis.periodicity is not None:
        words["spectrum"] = PictureWords("Spectrum", _spectrum(analysis))
    if analysis.time_course is not None:
        words["rate"] = PictureWords("Rate over time", _rate(analysis))
    if any(taps.onset.size for taps in analysis.taps):
        said = " ".join(_phases(one, analysis) for one in analysis.taps)
        words["phases"] = PictureWords("Phases of the taps", said + _CIRCLE)
        words["asynchrony"] = PictureWords(
            "Asynchronies and tap rate over time", " ".join(map(_asynchrony, analysis.taps))
        )
    return words


_ZOOM = (
    "Signal and filtered trace over one minute where the filtered trace is of typical size, and over one minute where"
    " it is smallest or the signal is broken"
)


_CIRCLE = (
    " The circle is one cycle of the signal; the arrow is the mean of all taps; the grey disc ends where the middle 95 %"
    " of chance ends."
)
_BENT = (
    " The dashed line is the best fit without a rhythm in the band: it bends up where one is, so the peak stands less high"
    " above it than above the background."
)
_POINTWISE = (
    " The grey band holds 95 % of the spectra without a rhythm, each frequency by itself: one in twenty leaves it by"
    " chance."
)


def _timeline(analysis: Analysis) -> str:
    cuts = analysis.quality.cuts
    used = f"{time_words(analysis.quality.usable)} of {time_words(analysis.duration)} used"
    if analysis.quality.usable == 0:
        used = f"Nothing of {time_words(analysis.duration)} could be used"
    if not cuts and analysis.quality.usable == 0:
        return f"{used}."
    if not cuts:
        rest = (
            ", as many whole blocks of the test as fit"
            if analysis.quality.usable < analysis.duration - 1
            else ""
        )
        return f"Nothing was cut out; {used}{rest}."
    kinds = Counter(cut.label for cut in cuts)
    seconds = {label: sum(cut.duration for cut in cuts if cut.label == label) for label in kinds}
    parts = [
        f"{label} ({counted(n, 'stretch', 'stretches')}, {time_words(seconds[label])})"
        for label, n in kinds.items()
    ]
    return f"{used}; left out: {joined(parts)}."


def _signal(analysis: Analysis) -> str:
    traces = analysis.traces
    assert traces is not None
    text = f"Channel {analysis.channel} over {time_words(analysis.duration)}"
    if np.isfinite(traces.low).any():
        text += (
            f", between {np.nanmin(traces.low):.4g} and {np.nanmax(traces.high):.4g} {analysis.unit}".rstrip()
        )
    if analysis.periodicity is None:
        return f"{text}."
    text += ", and below it the trace filtered to the band, for looking only: a filter makes any noise look rhythmic."
    if is_known(traces.leak_freq, traces.leak_gain):
        text += (
            f" The filter lets through {percent(traces.leak_gain)} of the amplitude of the rhythm at"
            f" {fixed(hz_to_cpm(traces.leak_freq), 1)}, outside the band."
        )
    return text + "".join(f" {counted(one.n_taps, 'tap')} of {one.rater} marked." for one in analysis.taps)


def _spectrum(analysis: Analysis) -> str:
    test, (low, high) = analysis.periodicity, analysis.settings.band_cpm
    assert test is not None
    rate = rate_words(*place(analysis))
    shown = {
        "rhythm": f"The rhythm at {rate} stands {test.prominence_db:.1f} dB above the background beside it ({p_words(test.pvalue)}).",
        "edge": f"The rhythm at {rate} stands {test.prominence_db:.1f} dB above the background beside it, at the edge of the band.",
        "harmonic": f"The peak at {rate} in the band is a harmonic of a slower one.",
        "outside": f"The nearest peak, at {rate}, lies outside the band.",
        "none": f"No peak in the band stands out more than peaks do without a rhythm ({p_words(test.pvalue)}).",
        "no answer": "",
    }[finding(analysis)]
    peak = elsewhere(analysis)
    other = "Nothing else stands out."
    if peak is not None:
        what = f"{peak.label}, " if peak.label else ""
        other = (
            f"The strongest elsewhere is at {fixed(hz_to_cpm(peak.freq), 1)} ({what}{peak.place} the band)."
        )
    bent = _BENT if finding(analysis) in ("rhythm", "edge") else ""
    return f"Spectrum from {LOOK_CPM[0]:g} to {LOOK_CPM[1]:g} cycles per minute, band {low:g}–{high:g}. {shown} {other}{bent}{_POINTWISE}"


def _rate(analysis: Analysis) -> str:
    course = analysis.time_course
    assert course is not None
    known = course.rate_cpm[np.isfinite(course.rate_cpm)]
    whose = (
        "measured rhythm" if analysis.rate is not None else "filtered trace, in which no rhythm was shown,"
    )
    text = f"The rate of the {whose} in windows of {course.window:g} s"
    if known.size:
        text += f" runs from {known.min():.1f} to {known.max():.1f} cycles per minute"
    if is_known(course.fraction):
        text += f". It stands out for {percent(course.fraction)} of the time"
    if is_known(course.fraction_null.median, course.fraction_null.high):
        text += f"; in noise for {percent(course.fraction_null.median)}, up to {percent(course.fraction_null.high)}"
    return text + "."


def _phases(taps: TapAgreement, analysis: Analysis) -> str:
    if not is_known(taps.resultant):
        return f"{taps.rater}: {counted(taps.n_taps, 'tap')}, no phases."
    found = tap_finding(taps, analysis.settings.alpha)
    verdict = {
        "follow": "more than chance",
        "unrelated": "no more than chance",
    }.get(found, "not judged")
    chance = (
        f", chance {bounded(taps.resultant_null.low)} to {bounded(taps.resultant_null.high)}"
        if is_known(taps.resultant_null.high)
        else ""
    )
    lag = f"; on average {lag_words(taps.lag_s)}" if found == "follow" else ""
    return (
        f"{taps.rater}: {counted(taps.n_taps, 'tap')} with a phase consistency of {bounded(taps.resultant)}{chance}:"
        f" {verdict}{lag}."
    )


def _asynchrony(taps: TapAgreement) -> str:
    rate, between = rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)
    text = f"{taps.rater} taps {rate} times per minute{f' ({between})' if between else ''}"
    if is_known(taps.asynchrony_mean_s, taps.asynchrony_sd_s):
        text += f", on average {_off(taps.asynchrony_mean_s)} the nearest peak, standard deviation {fixed(taps.asynchrony_sd_s, 2)} s"
        if is_known(taps.asynchrony_sd_null_s.median):
            null = taps.asynchrony_sd_null_s
            text += f" (chance {fixed(null.median, 2)} s, from {fixed(null.low, 2)})"
    return text + "."


def _off(seconds: float) -> str:
    return f"{fixed(abs(seconds), 2)} s {'after' if seconds >= 0 else 'before'}"
