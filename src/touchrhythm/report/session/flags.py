"""What limits the answer, in words?

**Conventions.** A `Flag` carries a code and numbers (rates and bands in cpm, times in seconds); here
each code has its one sentence. A code without words is an error, so that none is dropped silently.

- `flag_text` : the sentence of one flag
- `worded_flags` : all flags of an analysis, most serious first
- `checks_made` : what was looked for, said where nothing was found
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from touchrhythm.analysis.results import Analysis, Flag, Settings
from touchrhythm.units import minutes_seconds
from touchrhythm.words.numbers import (
    bounded,
    counted,
    fixed,
    interval,
    joined,
    p_number,
    p_words,
    percent,
    time_words,
)

__all__ = ["SEVERITIES", "WordedFlag", "checks_made", "flag_text", "worded_flags"]

SEVERITIES = {1: "serious", 2: "caution", 3: "note"}

MOST_NAMED = 6

Values = Mapping[str, Any]


@dataclass(frozen=True)
class WordedFlag:
    """A flag with its sentence: `code`, `severity` (1 most serious to 3), its word, and `text`."""

    code: str
    severity: int
    severity_word: str
    text: str


def worded_flags(analysis: Analysis) -> tuple[WordedFlag, ...]:
    """All flags in words, most serious first; flags of one severity keep their order."""
    flags = sorted(analysis.flags, key=lambda flag: flag.severity)
    return tuple(
        WordedFlag(flag.code, flag.severity, _severity_word(flag), flag_text(flag, analysis))
        for flag in flags
    )


def flag_text(flag: Flag, analysis: Analysis) -> str:
    """The sentence of one flag.

    Raises
    ------
    ValueError
        If there are no words for the flag's code, or a number that its words need is missing.
    """
    if flag.code not in _TEXTS:
        raise ValueError(f"flag code must be one of {', '.join(sorted(_TEXTS))}, got {flag.code!r}")
    try:
        return _TEXTS[flag.code](flag.values, analysis)
    except KeyError as error:
        raise ValueError(
            f"flag {flag.code!r} must carry {error.args[0]!r}, got {', '.join(flag.values) or 'no values'}"
        ) from None


def checks_made(analysis: Analysis) -> tuple[str, ...]:
    """What was looked for in this recording."""
    low, high = analysis.settings.band_cpm
    checks = [
        "length of the recording",
        "gaps, jumps, saturation, lost contact and flat stretches",
        "how the samples were timed, and whether lost samples would be noticed",
        "faster rhythms (pulse, tremor) folded into the band by slow sampling",
        f"rhythms at the edges of {low:g}–{high:g} cpm and just outside",
        "harmonics of slower rhythms",
        "rhythms beside the band so strong that they disturb the test",
        "changes of the noise over time",
        "number of noise copies",
        "breathing and other reference channels",
        "a plan made before the data",
    ]
    if analysis.taps:
        checks.append("whether pressing the button shakes the sensor")
    if analysis.counts:
        checks.append("how coarse the reported counts are")
    return tuple(checks)


def _severity_word(flag: Flag) -> str:
    if flag.severity not in SEVERITIES:
        raise ValueError(f"severity must be 1, 2 or 3, got {flag.severity!r} with flag {flag.code!r}")
    return SEVERITIES[flag.severity]


def _short(values: Values, analysis: Analysis) -> str:
    return (
        f"Short: {minutes_seconds(values['duration'])} min of usable signal, where"
        f" {minutes_seconds(values['needed'])} or more is advised; a weak rhythm may be missed and the rate is less certain."
    )


def _left_out(values: Values, analysis: Analysis) -> str:
    kinds, seconds = ", ".join(_kinds(values["kinds"])), values["seconds"]
    share = percent(seconds / analysis.duration)
    return f"{seconds:.0f} s of {analysis.duration:.0f} s ({share}) left out{f': {kinds}' if kinds else ''}."


def _kinds(kinds: Any) -> Iterable[str]:
    if isinstance(kinds, str):
        return (kinds,)
    pairs = kinds.items() if isinstance(kinds, Mapping) else kinds
    return (
        pair if isinstance(pair, str) else f"{_CUT_WORDS.get(pair[0], pair[0])} ({time_words(pair[1])})"
        for pair in pairs
    )


_CUT_WORDS = {
    "gap": "no data",
    "jump": "jumps",
    "spike": "spikes",
    "no contact": "lost contact",
    "flat": "flat stretches",
    "saturated": "saturation",
    "too short": "stretches too short to be used",
}


def _aliasing(values: Values, analysis: Analysis) -> str:
    return f"Sampling may fold faster rhythms into the band: {_sentences(values)}"


def _import_notes(values: Values, analysis: Analysis) -> str:
    return f"On reading the file: {_sentences(values)}"


def _sentences(values: Values) -> str:
    given = values["sentences"]
    sentences = [given] if isinstance(given, str) else [str(one) for one in given]
    return "; ".join(one.rstrip(". ") for one in sentences) + "."


def _no_breathing(values: Values, analysis: Analysis) -> str:
    if values.get("unknown"):
        return (
            f"None of the channels {joined(list(values['unknown']))} is known to be breathing; if one is, say"
            " --references NAME. Until then a slow breath cannot be told from any other rhythm here."
        )
    return "Breathing was not recorded, so a slow breath cannot be told from any other rhythm here."


def _reference_explains(values: Values, analysis: Analysis) -> str:
    return (
        f"The {values['channel']} channel shares the rhythm (coherence {bounded(values['coherence'])}): what was"
        " measured under the hand may be just that."
    )


def _edge(values: Values, analysis: Analysis) -> str:
    return (
        f"The interval of the rhythm ({interval(values['low'], values['high'], 1)} cpm) reaches outside the band"
        f" {_band(analysis)}."
    )


def _outside(values: Values, analysis: Analysis) -> str:
    return f"The nearest rhythm, at {fixed(values['rate'], 1)} cpm, lies outside the band {_band(analysis)}."


def _harmonic(values: Values, analysis: Analysis) -> str:
    return f"The peak in the band is probably a harmonic of a slower rhythm at {fixed(values['of'], 1)} cpm."


def _timing_host(values: Values, analysis: Analysis) -> str:
    return (
        "Samples were timed by the computer on arrival, not by the device: rates and lags are less certain."
    )


def _no_loss_detection(values: Values, analysis: Analysis) -> str:
    return "The file has no sample times or counters: lost samples would not be noticed, and would shift the rate."


def _leakage(values: Values, analysis: Analysis) -> str:
    return (
        f"The sensor is shaken when {values['rater']} presses ({p_words(values['pvalue'])}): agreement of these taps"
        " with the signal may come from the button itself."
    )


def _nonstationary(values: Values, analysis: Analysis) -> str:
    return (
        f"The noise changes over time ({percent(values['share'])} of the recording differs from the rest): the test"
        " allows for slow changes of its power, not of its colour."
    )


def _strong_neighbour(values: Values, analysis: Analysis) -> str:
    return (
        f"The rhythm at {fixed(values['rate'], 1)} cpm stands {fixed(values['prominence'], 0)} dB above the background: beside"
        " one so strong, the test takes 7 to 8 of 100 recordings without a rhythm for one with, not 5."
    )


def _n_surrogates(values: Values, analysis: Analysis) -> str:
    n = int(values["n"])
    return f"Only {counted(n, 'noise copy', 'noise copies')}: p moves in steps of {p_number(1 / (n + 1))}, none smaller is possible."


def _no_margins(values: Values, analysis: Analysis) -> str:
    return (
        f"Too little signal before and after the taps of {values['rater']} (2 min on either side is advised): a weaker"
        " test of agreement was used."
    )


def _ratio(values: Values, analysis: Analysis) -> str:
    n, m = analysis.settings.ratio
    return (
        f"{values['rater']} taps {fixed(values['ratio'], 2)} times per cycle, where {n}:{m} was set beforehand; other"
        " ratios are not tested, as one of several fits by chance too often."
    )


def _few_taps(values: Values, analysis: Analysis) -> str:
    return f"Only {counted(int(values['n']), 'tap')} of {values['rater']} could be used: too few to judge agreement."


def _counts_coarse(values: Values, analysis: Analysis) -> str:
    return f"The count of {values['rater']} is coarse: counting whole cycles can be wrong by ±{fixed(values['quantisation'], 2)} cpm by itself."


def _band_changed(values: Values, analysis: Analysis) -> str:
    (low, high), (usual_low, usual_high) = values["band"], Settings().band_cpm
    return (
        f"The band was set to {low:g}–{high:g} cpm instead of {usual_low:g}–{usual_high:g}: the answer holds only if it was"
        " chosen before the data were seen."
    )


def _plan_absent(values: Values, analysis: Analysis) -> str:
    return "No plan was sealed before the data: band, level and test may have been chosen after looking."


def _plan_unchecked(values: Values, analysis: Analysis) -> str:
    return (
        f"The recording carries the hash of a plan sealed before it ({values['sha256'][:12]}…); whether this analysis"
        " follows that plan was not checked."
    )


def _channel_chosen(values: Values, analysis: Analysis) -> str:
    names = list(values["among"])
    shown = (
        joined(names)
        if len(names) <= MOST_NAMED
        else f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    )
    why = (
        "could hold the signal"
        if values["free"]
        else "are there, none of them named as the signal under the hand"
    )
    return (
        f"{len(names)} channels {why} ({shown}): {values['channel']}, the first, was analysed. Say which one is meant (on"
        " the command line --channel)."
    )


def _is_breathing(values: Values, analysis: Analysis) -> str:
    return (
        f"The channel analysed, {values['channel']}, is breathing by its name: a rhythm in it is the breath."
    )


def _leak(values: Values, analysis: Analysis) -> str:
    return (
        f"The filter lets through {percent(values['gain'])} of the amplitude of the rhythm at {fixed(values['rate'], 1)}"
        " cpm, outside the band: the filtered trace shows some of it."
    )


def _tests(values: Values, analysis: Analysis) -> str:
    return f"{counted(int(values['n']), 'test')} of agreement made; the more there are, the sooner one falls below the level by chance."


def _no_null_recording(values: Values, analysis: Analysis) -> str:
    return "No recording of the sensor on a dead weight was given: a rhythm of the apparatus cannot be ruled out."


def _control(values: Values, analysis: Analysis) -> str:
    return f"A control session ({values['kind']}): its answer says nothing about a person."


def _band(analysis: Analysis) -> str:
    low, high = analysis.settings.band_cpm
    return f"{low:g}–{high:g} cpm"


_TEXTS: dict[str, Callable[[Values, Analysis], str]] = {
    "aliasing": _aliasing,
    "band_changed": _band_changed,
    "channel_chosen": _channel_chosen,
    "control": _control,
    "counts_coarse": _counts_coarse,
    "import_notes": _import_notes,
    "edge": _edge,
    "few_taps": _few_taps,
    "harmonic": _harmonic,
    "is_breathing": _is_breathing,
    "leak": _leak,
    "leakage": _leakage,
    "left_out": _left_out,
    "n_surrogates": _n_surrogates,
    "no_breathing": _no_breathing,
    "no_loss_detection": _no_loss_detection,
    "no_margins": _no_margins,
    "no_null_recording": _no_null_recording,
    "nonstationary": _nonstationary,
    "outside": _outside,
    "plan_absent": _plan_absent,
    "plan_unchecked": _plan_unchecked,
    "ratio": _ratio,
    "reference_explains": _reference_explains,
    "short": _short,
    "strong_neighbour": _strong_neighbour,
    "tests": _tests,
    "timing_host": _timing_host,
}
