"""What limits the answer, what was looked at, and could it be an artefact? Which sentences, with which numbers.

**Conventions.** A `Flag` carries a code and numbers (rates and bands in cpm, times in seconds); its one sentence
stands in `words.flags`. A code without words is an error, so that none is dropped silently. A check is said to
have been made only where it was made on this recording, and then with what it showed.

- `flag_text` : the sentence of one flag
- `worded_flags` : all flags of an analysis, most serious first
- `checks_made` : what was looked at in this recording, and what it showed
- `artefact_sentences` : what speaks for or against an artefact
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from touchrhythm.analysis.flags import STRONG
from touchrhythm.analysis.results import Analysis, Flag, Reference, Settings
from touchrhythm.estimates import NAN
from touchrhythm.report.page import FlagLine
from touchrhythm.report.session.finding import (
    elsewhere,
    finding,
    flag_values,
    is_apparatus_alone,
)
from touchrhythm.report.session.pulse import reasons_of
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm, minutes_seconds
from touchrhythm.words import fields_of, say
from touchrhythm.words.flags import ARTEFACT, CHECKS, CUTS, FLAGS
from touchrhythm.words.numbers import (
    bounded,
    fixed,
    interval,
    is_known,
    joined,
    outside_decimals,
    p_number,
    p_words,
    percent,
    rate_alone,
    time_words,
)
from touchrhythm.words.pulse import PULSE
from touchrhythm.words.references import TIMES

__all__ = ["artefact_sentences", "checks_made", "flag_text", "worded_flags"]

MOST_NAMED = 6

Values = Mapping[str, Any]


def worded_flags(analysis: Analysis) -> tuple[FlagLine, ...]:
    """All flags in words, most serious first; flags of one severity keep their order."""
    flags = sorted(analysis.flags, key=lambda flag: flag.severity)
    return tuple(FlagLine(flag.severity, flag_text(flag, analysis)) for flag in flags)


def flag_text(flag: Flag, analysis: Analysis) -> str:
    """The sentence of one flag.

    Raises
    ------
    ValueError
        If there are no words for the flag's code, or a number that its words need is missing.
    """
    code = _variant(flag)
    if code not in FLAGS:
        raise ValueError(f"flag code must be one of {', '.join(sorted(FLAGS))}, got {code!r}")
    try:
        fields = {name: _said(name, flag.values, analysis) for name in fields_of(FLAGS[code])}
    except KeyError as error:
        raise ValueError(
            f"flag {flag.code!r} must carry {error.args[0]!r}, got {', '.join(flag.values) or 'no values'}"
        ) from None
    return say(FLAGS, code, **fields)


def _variant(flag: Flag) -> str:
    """Which of the sentences of a flag is said; most have one."""
    if flag.code == "no_breathing" and flag.values.get("unknown"):
        return "no_breathing_unknown"
    if flag.code == "no_breathing" and flag.values.get("unused"):
        return "no_breathing_unused"
    return "few_taps_one" if flag.code == "few_taps" and flag.values.get("n") == 1 else flag.code


def _said(name: str, values: Values, analysis: Analysis) -> str:
    """A field of a flag's sentence as text: by the field's name, whichever flag it is in."""
    if name in _DERIVED:
        return _DERIVED[name](values, analysis)
    return _FORMATS.get(name, str)(values[name])


def _band(band: tuple[float, float]) -> str:
    return f"{band[0]:g}–{band[1]:g}"


def _over_the_edge(low: float, high: float, analysis: Analysis) -> str:
    return interval(low, high, outside_decimals(low, high, analysis.settings.band_cpm))


def _several(sentences: Any) -> str:
    given = [sentences] if isinstance(sentences, str) else list(map(str, sentences))
    return "; ".join(sentence.rstrip(". ") for sentence in given)


def _kinds(kinds: Mapping[str, float]) -> str:
    return ", ".join(
        say(
            CUTS, "kind_and_time", kind=say(CUTS, label) if label in CUTS else label, time=time_words(seconds)
        )
        for label, seconds in kinds.items()
    )


def _names(names: Any) -> str:
    names = list(names)
    if len(names) <= MOST_NAMED:
        return joined(names)
    return say(CUTS, "more_names", names=", ".join(names[:MOST_NAMED]), n=len(names) - MOST_NAMED)


_FORMATS: Mapping[str, Callable[[Any], str]] = {
    "band": _band,
    "coherence": bounded,
    "duration": minutes_seconds,
    "fraction": percent,
    "fs": lambda rate: f"{rate:g}",
    "gain": percent,
    "kinds": _kinds,
    "left": percent,
    "needed": minutes_seconds,
    "longest": lambda seconds: f"{seconds:g}",
    "nyquist": lambda rate: fixed(rate, 0),
    "of": lambda rate: fixed(rate, 1),
    "prominence": lambda decibel: fixed(decibel, 0),
    "pvalue": p_words,
    "quantisation": lambda rate: fixed(rate, 2),
    "ratio": lambda ratio: fixed(ratio, 2),
    "reasons": reasons_of,
    "seconds": lambda seconds: fixed(seconds, 0),
    "sentences": _several,
    "sha256": lambda text: text[:12],
    "sources": _several,
    "share": percent,
    "unknown": _names,
    "unused": _names,
}
_DERIVED: Mapping[str, Callable[[Values, Analysis], str]] = {
    "declared": lambda values, analysis: ":".join(map(str, analysis.settings.ratio)),
    "called": lambda values, analysis: say(PULSE, f"kind_{values['signal']}"),
    "folded": lambda values, analysis: interval(values["low"], values["high"], 0),
    "many": lambda values, analysis: say(TIMES, values["times"]),
    "interval": lambda values, analysis: _over_the_edge(values["low"], values["high"], analysis),
    "part": lambda values, analysis: percent(values["seconds"] / analysis.duration),
    "rate": lambda values, analysis: rate_alone(values["rate"], NAN, NAN, band=analysis.settings.band_cpm),
    "set_band": lambda values, analysis: _band(analysis.settings.band_cpm),
    "step": lambda values, analysis: p_number(1 / (values["n"] + 1)),
    "total": lambda values, analysis: fixed(analysis.duration, 0),
    "usual_band": lambda values, analysis: _band(Settings().band_cpm),
}


def checks_made(analysis: Analysis) -> tuple[str, ...]:
    """What was looked at in this recording, and what it showed."""
    return tuple(_checks(analysis))


def _checks(analysis: Analysis) -> Iterator[str]:
    yield from _recording_checks(analysis)
    if analysis.periodicity is None:
        if flag_values(analysis, "aliasing") is not None:
            yield say(CHECKS, "aliasing")
        yield say(CHECKS, "no_answer")
    else:
        yield from _rhythm_checks(analysis)
    for code in ("plan_absent", "plan_unchecked"):
        if flag_values(analysis, code) is not None:
            yield say(CHECKS, code)
    for taps in analysis.taps:
        if is_known(taps.press_artefact_pvalue):
            yield say(CHECKS, "press", rater=taps.rater, pvalue=p_words(taps.press_artefact_pvalue))
        else:
            yield say(CHECKS, "press_not_run", rater=taps.rater)
    if analysis.counts:
        coarsest = max(count.quantisation_cpm for count in analysis.counts)
        yield say(CHECKS, "counts", quantisation=fixed(coarsest, 2))


def _recording_checks(analysis: Analysis) -> Iterator[str]:
    quality = analysis.quality
    if analysis.periodicity is None:
        yield say(CHECKS, "length_refused", reason=analysis.reason.rstrip("."))
    else:
        needed = minutes_seconds(analysis.settings.short_duration)
        yield say(CHECKS, "length", usable=minutes_seconds(quality.usable), needed=needed)
    if quality.cuts:
        seconds: dict[str, float] = {}
        for cut in quality.cuts:
            seconds[cut.label] = seconds.get(cut.label, 0.0) + cut.duration
        yield say(CHECKS, "cuts", seconds=fixed(sum(seconds.values()), 0), kinds=_kinds(seconds))
    else:
        yield say(CHECKS, "cuts_none" if analysis.traces is not None else "cuts_not_run")
    if quality.timing == "sampling rate given":
        yield say(CHECKS, "timing_sampling_rate")
    else:
        yield say(CHECKS, "timing", timing=quality.timing)


def _rhythm_checks(analysis: Analysis) -> Iterator[str]:
    test, found, band = analysis.periodicity, finding(analysis), _band(analysis.settings.band_cpm)
    assert test is not None
    if flag_values(analysis, "aliasing") is not None:
        yield say(CHECKS, "aliasing")
    else:
        yield say(CHECKS, "aliasing_none", fs=f"{analysis.fs:g}")
    edge = {"edge": "edge", "outside": "edge_outside"}.get(found, "edge_none")
    yield say(CHECKS, edge, set_band=band)
    harmonic = {"harmonic": "harmonic", "rhythm": "harmonic_none", "edge": "harmonic_none"}
    yield say(CHECKS, harmonic.get(found, "harmonic_not_run"))
    yield _neighbour(analysis)
    if test.nonstationary_fraction > 0:
        yield say(CHECKS, "noise", share=percent(test.nonstationary_fraction))
    else:
        yield say(CHECKS, "noise_steady")
    yield say(CHECKS, "surrogates", n=test.n_surrogates)
    if analysis.references:
        yield say(
            CHECKS, "references", channels=_names(reference.channel for reference in analysis.references)
        )
    elif flag_values(analysis, "is_breathing") is not None:
        yield say(CHECKS, "references_itself")
    else:
        yield say(CHECKS, "references_alone" if is_apparatus_alone(analysis) else "references_none")


def _neighbour(analysis: Analysis) -> str:
    peak = elsewhere(analysis)
    if peak is None:
        return say(CHECKS, "neighbour_none")
    code = "neighbour" if peak.prominence_db >= STRONG else "neighbour_weak"
    return say(CHECKS, code, prominence=fixed(peak.prominence_db, 0))


def artefact_sentences(analysis: Analysis) -> tuple[str, ...]:
    """What speaks for or against an artefact; nothing where there is no answer that could be one."""
    return () if analysis.periodicity is None else tuple(_artefacts(analysis))


def _artefacts(analysis: Analysis) -> Iterator[str]:
    yield from (_pressing(taps, analysis.settings.alpha) for taps in analysis.taps)
    aliasing = [flag_text(flag, analysis) for flag in analysis.flags if flag.code == "aliasing"]
    yield from aliasing or [say(ARTEFACT, "aliasing_none", fs=f"{analysis.fs:g}")]
    traces = analysis.traces
    if traces is not None and is_known(traces.leak_freq, traces.leak_gain):
        rate = rate_alone(hz_to_cpm(traces.leak_freq), NAN, NAN, band=analysis.settings.band_cpm)
        yield say(ARTEFACT, "leak", gain=percent(traces.leak_gain), rate=rate)
    yield from (_reference(reference) for reference in analysis.references)
    alone = is_apparatus_alone(analysis)
    known = alone or flag_values(analysis, "is_breathing") is not None
    unused = [flag_text(flag, analysis) for flag in analysis.flags if flag.code == "reference_unused"]
    yield from unused
    if not analysis.references and not known and not unused:
        yield say(ARTEFACT, "no_reference" if analysis.pulse is None else "no_breathing")
    if alone or analysis.pulse is None:
        yield say(ARTEFACT, "alone" if alone else "apparatus")


def _reference(reference: Reference) -> str:
    fields = {
        "channel": reference.channel,
        "kind": reference.kind or say(ARTEFACT, "kind_unknown"),
        "coherence": bounded(reference.coherence),
        "rate": fixed(hz_to_cpm(reference.freq), 1),
        "chance": bounded(reference.coherence_null),
    }
    if reference.verdict is None:
        return say(ARTEFACT, "reference_unasked", **fields)
    left, verdict = percent(reference.band_power_fraction_left), say(ARTEFACT, reference.verdict)
    return say(ARTEFACT, "reference", **fields, left=left, verdict=verdict)


def _pressing(taps: TapAgreement, alpha: float) -> str:
    if not is_known(taps.press_artefact_pvalue):
        return say(ARTEFACT, "press_not_run", rater=taps.rater)
    return say(
        ARTEFACT,
        "press",
        shaken=say(ARTEFACT, "is_shaken" if taps.press_artefact_pvalue <= alpha else "is_not_shaken"),
        rater=taps.rater,
        ratio=fixed(taps.press_artefact_ratio, 2),
        pvalue=p_words(taps.press_artefact_pvalue),
    )
