"""What limits an answer? Codes and numbers; the words are made in `verdict`.

**Conventions.** Rates and bands in cpm, times in seconds. Severity 1 is the most serious, 3 a note.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from touchrhythm.analysis.results import Analysis, Flag
from touchrhythm.participants import KIND_OF_TASK
from touchrhythm.references.explained import kind_of
from touchrhythm.rhythm.peaks import strongest_peak
from touchrhythm.settings import Settings
from touchrhythm.signal.resampling import aliasing_warnings
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import band_to_hz, hz_to_cpm

__all__ = ["list_flags"]

PRESS_ARTEFACT_LEVEL = 0.05
MIN_MARGIN = 60.0  # s
FEW_SURROGATES = 199
UNSTEADY = 0.1  # share of the time with unusual noise that is worth saying
MANY_TESTS = 3  # tests of agreement from which their number is worth saying
COARSE_COUNT = 1.0  # cpm
STRONG = 33.0  # dB over the background, beside which the test errs on the high side
WORTH_SAYING = 1.0  # s left out
CONTROLS = ("null", "unloaded", "rigid", "phantom", "tap-only")
TOUCHED = ("palpation", "other")
WITHOUT_PEOPLE = ("null", "unloaded")


def list_flags(
    analysis: Analysis, info: Mapping[str, Any], refused: tuple[Flag, ...] = ()
) -> tuple[Flag, ...]:
    """All that limits an analysis, most serious first.

    Parameters
    ----------
    analysis : Analysis
        Without its flags.
    info : mapping
        Of the session.
    refused : tuple of Flag
        What is known already: taps that could not be judged at all, a channel that had to be chosen.
    """
    control = _control(info)
    flags = [
        *([Flag("control", 1, {"kind": control})] if control else []),
        *_of_recording(analysis, info),
        *_of_rhythm(analysis, breathes=control not in WITHOUT_PEOPLE),
        *(flag for one in analysis.taps for flag in _of_taps(one)),
        *refused,
        *_of_counts(analysis),
        *_of_settings(analysis),
        _of_plan(info),
    ]
    return tuple(sorted(flags, key=lambda flag: flag.severity))


def _control(info: Mapping[str, Any]) -> str:
    """Which control a session is by what was stored with it, else by the task that names its file; "" for none."""
    kind = str(info.get("kind") or "").lower()
    entities = info.get("entities")
    task = str(entities.get("task") or "").lower() if isinstance(entities, Mapping) else ""
    found = (KIND_OF_TASK.get(one, one) for one in (kind, task))
    return "" if kind in TOUCHED else next((one for one in found if one in CONTROLS), "")


def _of_recording(analysis: Analysis, info: Mapping[str, Any]) -> Iterator[Flag]:
    quality, settings = analysis.quality, analysis.settings
    if analysis.periodicity is not None and quality.usable < settings.short_duration - 1:
        values = {"duration": quality.usable, "needed": settings.short_duration}
        if not math.isnan(analysis.detection_power):
            values["detection_power"] = analysis.detection_power
        yield Flag("short", 2, values)
    kinds: dict[str, float] = defaultdict(float)
    for cut in quality.cuts:
        kinds[cut.label] += cut.duration
    lost = sum(kinds.values())
    if lost >= WORTH_SAYING:
        severity = 2 if lost > 0.1 * quality.duration else 3
        yield Flag("left_out", severity, {"seconds": lost, "kinds": dict(sorted(kinds.items()))})
    folded = _aliasing(analysis)
    if folded:
        yield Flag("aliasing", 2, {"sentences": folded})
    if quality.timing == "host":
        yield Flag("timing_host", 2)
    if info.get("loss_detection") == "none":
        yield Flag("no_loss_detection", 3)
    if quality.import_notes:
        yield Flag("import_notes", 3, {"sentences": quality.import_notes})


def _aliasing(analysis: Analysis) -> tuple[str, ...]:
    try:
        found = aliasing_warnings(analysis.fs, band_to_hz(analysis.settings.band_cpm))
    except ValueError:
        return ()  # the band does not fit this sampling rate at all: that is the reason given
    return tuple(one.sentence for one in found)


def _of_rhythm(analysis: Analysis, *, breathes: bool) -> Iterator[Flag]:
    test = analysis.periodicity
    if test is None:
        return
    alpha = analysis.settings.alpha
    if test.inside and test.pvalue <= alpha and test.at_edge:
        yield Flag("edge", 2, {"low": hz_to_cpm(test.freq_low), "high": hz_to_cpm(test.freq_high)})
    if not test.inside and test.pvalue_with_edge <= alpha:
        yield Flag("outside", 2, {"rate": hz_to_cpm(test.freq)})
    if test.harmonic_of is not None and test.pvalue <= alpha:
        yield Flag("harmonic", 1, {"of": hz_to_cpm(test.harmonic_of)})
    beside = strongest_peak(test.peaks, outside_band=True)
    if beside is not None and beside.prominence_db >= STRONG:
        values = {"rate": hz_to_cpm(beside.freq), "prominence": beside.prominence_db}
        yield Flag("strong_neighbour", 2 if analysis.found else 3, values)
    for one in analysis.references:
        explains = one.coherence > one.coherence_null and one.pvalue_after > alpha
        if explains and test.inside and test.pvalue <= alpha:
            yield Flag("reference_explains", 1, {"channel": one.channel, "coherence": one.coherence})
    if kind_of(analysis.channel) == "breathing":
        yield Flag("is_breathing", 2, {"channel": analysis.channel})
    elif breathes and not any(one.kind == "breathing" for one in analysis.references):
        yield Flag("no_breathing", 2 if analysis.found else 3)
    if test.nonstationary_fraction > UNSTEADY:
        yield Flag("nonstationary", 3, {"share": test.nonstationary_fraction})
    traces = analysis.traces
    if traces is not None and traces.leak_gain > 0.01:
        yield Flag("leak", 3, {"rate": hz_to_cpm(traces.leak_freq), "gain": traces.leak_gain})


def _of_taps(one: TapAgreement) -> Iterator[Flag]:
    if one.press_artefact_pvalue <= PRESS_ARTEFACT_LEVEL:
        yield Flag("leakage", 1, {"rater": one.rater, "pvalue": one.press_artefact_pvalue})
    if one.margin_s < MIN_MARGIN:
        yield Flag("no_margins", 2, {"rater": one.rater})
    n, m = one.ratio_declared
    if not one.ratio_low <= n / m <= one.ratio_high:
        yield Flag("ratio", 3, {"rater": one.rater, "ratio": one.ratio})


def _of_counts(analysis: Analysis) -> Iterator[Flag]:
    for one in analysis.counts:
        if one.quantisation_cpm > COARSE_COUNT:
            yield Flag("counts_coarse", 2, {"rater": one.rater, "quantisation": one.quantisation_cpm})


def _of_settings(analysis: Analysis) -> Iterator[Flag]:
    settings = analysis.settings
    if settings.n_surrogates < FEW_SURROGATES:
        yield Flag("n_surrogates", 3, {"n": settings.n_surrogates})
    if settings.band_cpm != Settings().band_cpm:
        yield Flag("band_changed", 3, {"band": settings.band_cpm})
    n_tests = len(analysis.taps) + len(analysis.rater_pairs)
    if n_tests >= MANY_TESTS:
        yield Flag("tests", 3, {"n": n_tests})


def _of_plan(info: Mapping[str, Any]) -> Flag:
    sealed = str(info.get("plan_sha256") or "")
    return Flag("plan_unchecked", 3, {"sha256": sealed}) if sealed else Flag("plan_absent", 3)
