"""What does each picture show, for those who cannot see it?

**Conventions.** A short `title`, and a `text` that states the finding with its numbers.

- `PictureWords`
- `picture_words` : title and text of every picture of an analysis, by name
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from touchrhythm.analysis.references import drawn_reference
from touchrhythm.analysis.results import Analysis
from touchrhythm.references.explained import Reference
from touchrhythm.report.session.answer import feature_words
from touchrhythm.report.session.finding import elsewhere, finding, place, tap_finding_of
from touchrhythm.report.session.key_figures import rate_digits
from touchrhythm.report.session.pulse import pulse_pictures, series_name
from touchrhythm.rhythm.peaks import LOOK_CPM
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm
from touchrhythm.words import say
from touchrhythm.words.flags import CUTS
from touchrhythm.words.numbers import (
    bounded,
    fixed,
    is_known,
    joined,
    lag_words,
    p_words,
    percent,
    rate_alone,
    rate_words,
    time_words,
)
from touchrhythm.words.pictures import PICTURES
from touchrhythm.words.session import RHYTHM
from touchrhythm.words.session_estimates import TABLE

__all__ = ["PictureWords", "picture_words"]


class PictureWords(NamedTuple):
    """Words of one picture: `title` names it, `text` says what it shows."""

    title: str
    text: str


def picture_words(analysis: Analysis) -> dict[str, PictureWords]:
    """Words of the pictures that an analysis has, by the name of the picture, in the order of the page."""
    words = {"timeline": _words("timeline", _timeline(analysis))}
    if analysis.traces is not None:
        title = "signal" if analysis.periodicity is None else "signal_filtered"
        words["signal"] = _words(title, _signal(analysis))
    if analysis.traces is not None and analysis.periodicity is not None:
        is_tapped = any(taps.onset.size for taps in analysis.taps)
        words["zoom"] = _words("zoom", say(PICTURES, "zoom_text_taps" if is_tapped else "zoom_text"))
    reference = drawn_reference(analysis)
    if reference is not None:
        words["reference"] = _words("reference", _reference(reference))
    if analysis.periodicity is not None:
        words["spectrum"] = _words("spectrum", _spectrum(analysis))
    if analysis.time_course is not None:
        words["rate"] = _words("rate", _rate(analysis))
    if any(taps.onset.size for taps in analysis.taps):
        said = " ".join(_phases(taps, analysis) for taps in analysis.taps)
        words["phases"] = _words("phases", said + say(PICTURES, "circle"))
        words["asynchrony"] = _words("asynchrony", " ".join(map(_asynchrony, analysis.taps)))
    words |= {name: PictureWords(title, text) for name, title, text in pulse_pictures(analysis)}
    return words


def _words(title: str, text: str) -> PictureWords:
    return PictureWords(say(PICTURES, title), text)


def _reference(reference: Reference) -> str:
    """Names the feature that decides, and what was said of it."""
    what = feature_words(reference)
    known = is_known(reference.rate_cpm) and reference.shared
    rate = reference.rate_cpm if known else float(hz_to_cpm(reference.freq))
    return say(
        PICTURES,
        "reference_text",
        what=what[0].upper() + what[1:],
        rate=say(RHYTHM, "cpm_apart", rate=fixed(rate, 1)),
        verdict=say(PICTURES, f"reference_{reference.verdict}"),
    )


def _timeline(analysis: Analysis) -> str:
    cuts, quality, length = analysis.quality.cuts, analysis.quality, time_words(analysis.duration)
    kinds = Counter(cut.label for cut in cuts)
    parts = []
    for label, n in kinds.items():
        seconds = time_words(sum(cut.duration for cut in cuts if cut.label == label))
        name = CUTS.get(label, label)
        if n == 1:
            parts.append(say(PICTURES, "cut_one", label=name, time=seconds))
        else:
            parts.append(say(PICTURES, "cut_many", label=name, n=n, time=seconds))
    if quality.usable == 0:
        if not parts:
            return say(PICTURES, "nothing_used", length=length)
        return say(PICTURES, "nothing_used_cut", length=length, parts=joined(parts))
    used = say(PICTURES, "used", used=time_words(quality.usable), length=length)
    if parts:
        return say(PICTURES, "cut", used=used, parts=joined(parts))
    is_whole = quality.usable >= analysis.duration - 1
    return say(PICTURES, "nothing_cut" if is_whole else "nothing_cut_blocks", used=used)


def _signal(analysis: Analysis) -> str:
    traces, length = analysis.traces, time_words(analysis.duration)
    assert traces is not None
    channel = say(PICTURES, "channel", channel=analysis.channel, length=length)
    if np.isfinite(traces.low).any():
        low, high = (f"{end:.4g}" for end in (np.nanmin(traces.low), np.nanmax(traces.high)))
        high = f"{high} {analysis.unit}".rstrip()
        fields = {"channel": analysis.channel, "length": length, "low": low, "high": high}
        pulse, code = analysis.pulse, "channel_range"
        if pulse is not None and pulse.answering:
            code, fields["series"] = "series_over", series_name(pulse.answering, pulse.signal)
        channel = say(PICTURES, code, **fields)
    if analysis.periodicity is None:
        return say(PICTURES, "signal_alone", channel=channel)
    leak = ""
    if is_known(traces.leak_freq, traces.leak_gain):
        rate = fixed(hz_to_cpm(traces.leak_freq), 1)
        leak = say(PICTURES, "leak", gain=percent(traces.leak_gain), rate=rate)
    marked = "".join(map(_marked, analysis.taps))
    return say(PICTURES, "signal_and_trace", channel=channel, leak=leak, taps=marked)


def _marked(taps: TapAgreement) -> str:
    if taps.n_taps == 1:
        return say(PICTURES, "one_marked", rater=taps.rater)
    return say(PICTURES, "marked", rater=taps.rater, n=taps.n_taps)


def _spectrum(analysis: Analysis) -> str:
    found = finding(analysis)
    low, high = (f"{end:g}" for end in LOOK_CPM)
    return say(
        PICTURES,
        "spectrum_text",
        low=low,
        high=high,
        band="–".join(f"{end:g}" for end in analysis.settings.band_cpm),
        finding=_peak(analysis),
        other=_elsewhere(analysis),
        bent=say(PICTURES, "bent") if found in ("rhythm", "edge") else "",
        pointwise=say(PICTURES, "pointwise"),
    )


def _peak(analysis: Analysis) -> str:
    test, found = analysis.periodicity, finding(analysis)
    rate = rate_words(*place(analysis), band=analysis.settings.band_cpm)
    assert test is not None
    prominence, p = fixed(test.prominence_db, 1), p_words(test.pvalue)
    if found == "rhythm":
        return say(PICTURES, "peak_rhythm", rate=rate, prominence=prominence, p=p)
    if found == "edge":
        return say(PICTURES, "peak_edge", rate=rate, prominence=prominence)
    if found in ("harmonic", "outside"):
        return say(PICTURES, f"peak_{found}", rate=rate)
    return say(PICTURES, "peak_none", p=p)


def _elsewhere(analysis: Analysis) -> str:
    peak = elsewhere(analysis)
    if peak is None:
        return say(PICTURES, "nothing_else")
    rate = rate_alone(*map(hz_to_cpm, (peak.freq, peak.low, peak.high)), band=analysis.settings.band_cpm)
    side = say(PICTURES, peak.place)
    if not peak.label:
        return say(PICTURES, "elsewhere", rate=rate, side=side)
    return say(PICTURES, "elsewhere_named", rate=rate, label=say(TABLE, peak.label), side=side)


def _rate(analysis: Analysis) -> str:
    course = analysis.time_course
    assert course is not None
    known = course.rate_cpm[np.isfinite(course.rate_cpm)]
    code = "of_rhythm" if analysis.rate is not None else "of_trace"
    what = say(PICTURES, code, window=f"{course.window:g}")
    if known.size:
        low, high = fixed(float(known.min()), 1), fixed(float(known.max()), 1)
        what = say(PICTURES, "runs", what=what, low=low, high=high)
    if not is_known(course.fraction):
        return say(PICTURES, "rate_text", what=what)
    share, null = percent(course.fraction), course.fraction_null
    if not is_known(null.median, null.high):
        return say(PICTURES, "rate_share", what=what, share=share)
    median, most = percent(null.median), percent(null.high)
    return say(PICTURES, "rate_share_beside", what=what, share=share, median=median, most=most)


def _phases(taps: TapAgreement, analysis: Analysis) -> str:
    if not is_known(taps.resultant):
        return say(PICTURES, "no_phases", rater=taps.rater, n=taps.n_taps)
    found, null, chance, lag = tap_finding_of(taps, analysis), taps.resultant_null, "", ""
    if is_known(null.high):
        chance = say(PICTURES, "chance", low=bounded(null.low), high=bounded(null.high))
    if found == "follow":
        lag = say(PICTURES, "on_average", lag=lag_words(taps.lag_s))
    verdict = f"verdict_{found}" if found in ("follow", "unrelated") else "not_judged"
    return say(
        PICTURES,
        "phases_text",
        rater=taps.rater,
        n=taps.n_taps,
        consistency=bounded(taps.resultant),
        chance=chance,
        verdict=say(PICTURES, verdict),
        lag=lag,
    )


def _asynchrony(taps: TapAgreement) -> str:
    rate, between = rate_digits(taps.rate_cpm, taps.rate_low_cpm, taps.rate_high_cpm)
    tapped = say(PICTURES, "taps_at", rater=taps.rater, rate=rate)
    if between:
        tapped = say(PICTURES, "taps_at_between", rater=taps.rater, rate=rate, interval=between)
    off, chance, mean, null = "", "", taps.asynchrony_mean_s, taps.asynchrony_sd_null_s
    if is_known(mean, taps.asynchrony_sd_s):
        code = "after_peak" if mean >= 0 else "before_peak"
        off = say(PICTURES, code, time=fixed(abs(mean), 2), sd=fixed(taps.asynchrony_sd_s, 2))
        if is_known(null.median):
            chance = say(PICTURES, "chance_sd", median=fixed(null.median, 2), low=fixed(null.low, 2))
    return say(PICTURES, "asynchrony_text", taps=tapped, off=off, chance=chance)
