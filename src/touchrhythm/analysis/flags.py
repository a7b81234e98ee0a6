"""What limits an answer? One table of codes, severities and conditions; the words stand in `words.flags`.

**Conventions.** Rates and bands in cpm, times in seconds. Severity 1 is the most serious, 3 a note. A code that
is more serious in some cases than in others has a line for each. To add a flag: a line in `RULES`, and the
sentence of the same code in `words.flags`.

- `RULES` : the table
- `list_flags` : all that limits an analysis, most serious first
- `control_of` : which control a session is
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from touchrhythm.analysis.pulse import LONGEST_GAP
from touchrhythm.analysis.references import MOST_OF_IT, UntriedMultiple, untried_multiples
from touchrhythm.analysis.results import Analysis, Flag
from touchrhythm.participants import KIND_OF_TASK
from touchrhythm.pulse.beats import LOWEST_FS
from touchrhythm.rhythm.peaks import Peak, strongest_peak
from touchrhythm.settings import Settings
from touchrhythm.signal.aliasing import Alias, aliasing_warnings, mains_at, named_with_places
from touchrhythm.units import band_to_hz, cpm_to_hz, hz_to_cpm
from touchrhythm.words.columns import NO_WAVE

__all__ = ["ENOUGH", "RULES", "Case", "Rule", "control_of", "list_flags"]

PRESS_ARTEFACT_LEVEL = 0.05
MIN_MARGIN = 60.0  # s
FEW_SURROGATES = 199
ENOUGH = 0.98  # of the advised length: seconds that are lost at the ends make no recording a short one
UNSTEADY = 0.1  # share of the time with unusual noise that is worth saying
MANY_TESTS = 3  # tests of agreement from which their number is worth saying
COARSE_COUNT = 1.0  # cpm
STRONG = 33.0  # dB over the background, beside which the test errs on the high side
WORTH_SAYING = 1.0  # s left out
MUCH_LEFT_OUT = 0.1  # of the recording
LEAK = 0.01  # of a rhythm's amplitude outside the band that the filter lets through
SOME_BAD, MANY_BAD = 0.02, 0.1  # of the beats
RESOLVED = 1.0  # over the length: rates closer than that are one for a recording
NEARLY_ALL = 0.95  # of the time analysed: what a reference lacks at the ends is not worth saying
FASTEST_BREATH = 45.0  # per minute, at rest
CONTROLS = ("null", "unloaded", "rigid", "phantom", "tap-only")
TOUCHED = ("palpation", "other")
WITHOUT_PEOPLE = ("null", "unloaded")

Values = Mapping[str, Any]


class Case(NamedTuple):
    """What the conditions look at: the analysis without its flags, the session's info, what is known already."""

    analysis: Analysis
    info: Mapping[str, Any]
    control: str
    told: tuple[tuple[str, Values], ...]
    role: str
    unknown: tuple[str, ...]


class Rule(NamedTuple):
    """One line of the table.

    Attributes
    ----------
    code, severity
        As they stand in the flag.
    of : function
        What of a case is looked at, one after the other: the test, each rater's taps, ...
    when : function
        The condition: (one of these, case) → bool.
    values : function
        The numbers of the flag where the condition holds.
    """

    code: str
    severity: int
    of: Callable[[Case], Iterable[Any]]
    when: Callable[[Any, Case], bool]
    values: Callable[[Any, Case], Values]


def list_flags(
    analysis: Analysis,
    info: Mapping[str, Any],
    told: tuple[tuple[str, Values], ...] = (),
    *,
    role: str = "",
    unknown: tuple[str, ...] = (),
) -> tuple[Flag, ...]:
    """All that limits an analysis, most serious first.

    Parameters
    ----------
    analysis : Analysis
        Without its flags.
    info : mapping
        Of the session.
    told : tuple of (str, mapping)
        Code and numbers of what is known already: taps that could not be judged at all.
    role : str, default ""
        What the analysed channel holds.
    unknown : tuple of str
        Other channels of which nobody said what they hold; each may be breathing.
    """
    case = Case(analysis, info, control_of(info), told, role, unknown)
    flags = [
        Flag(rule.code, rule.severity, dict(rule.values(subject, case)))
        for rule in RULES
        for subject in rule.of(case)
        if rule.when(subject, case)
    ]
    return tuple(sorted(flags, key=lambda flag: flag.severity))


def control_of(info: Mapping[str, Any]) -> str:
    """Which control a session is by what was stored with it, else by the task that names its file; "" for none."""
    kind = str(info.get("kind") or "").lower()
    entities = info.get("entities")
    task = str(entities.get("task") or "").lower() if isinstance(entities, Mapping) else ""
    found = (KIND_OF_TASK.get(name, name) for name in (kind, task))
    return "" if kind in TOUCHED else next((name for name in found if name in CONTROLS), "")


def _session(case: Case) -> Iterable[Any]:
    return (case.analysis,)


def _test(case: Case) -> Iterable[Any]:
    return () if case.analysis.periodicity is None else (case.analysis.periodicity,)


def _answered(case: Case) -> Iterable[Any]:
    return () if case.analysis.periodicity is None else (case.analysis,)


def _references(case: Case) -> Iterable[Any]:
    return () if case.analysis.periodicity is None else case.analysis.references


def _pulse(case: Case) -> Iterable[Any]:
    return () if case.analysis.pulse is None else (case.analysis.pulse,)


def _beats_not_used(pulse: Any, case: Case) -> Values:
    return {"fraction": pulse.beats.bad_fraction, "reasons": pulse.beats.counts}


def _taps(case: Case) -> Iterable[Any]:
    return case.analysis.taps


def _counts(case: Case) -> Iterable[Any]:
    return case.analysis.counts


def _told(code: str) -> Callable[[Case], Iterable[Any]]:
    return lambda case: (values for name, values in case.told if name == code)


def _strong_neighbour(case: Case) -> Iterable[Any]:
    """The most prominent rhythm outside the band, where it is strong enough to disturb the test."""
    beside = strongest_peak(case.analysis.peaks, outside_band=True)
    return () if beside is None or beside.prominence_db < STRONG else (beside,)


def _always(_: Any, case: Case) -> bool:
    return True


def _is_found(_: Any, case: Case) -> bool:
    return case.analysis.found


def _is_not_found(_: Any, case: Case) -> bool:
    return not case.analysis.found


def _nothing(_: Any, case: Case) -> Values:
    return {}


def _as_told(values: Values, case: Case) -> Values:
    return values


def _is_significant(test: Any, case: Case) -> bool:
    return bool(test.pvalue <= case.analysis.settings.alpha)


def _lost(analysis: Analysis) -> float:
    return sum(cut.duration for cut in analysis.quality.cuts)


def _lost_by_kind(analysis: Analysis, case: Case) -> Values:
    kinds: dict[str, float] = defaultdict(float)
    for cut in analysis.quality.cuts:
        kinds[cut.label] += cut.duration
    return {"seconds": _lost(analysis), "kinds": dict(sorted(kinds.items()))}


def _shortness(analysis: Analysis, case: Case) -> Values:
    values = {"duration": analysis.quality.usable, "needed": analysis.settings.short_duration}
    power = analysis.detection_power
    return values if math.isnan(power) else values | {"detection_power": power}


def _aliases(case: Case) -> tuple[Alias, ...]:
    if case.role in NO_WAVE:  # made of beats: nothing sampled it at the rate of its grid
        return ()
    if case.role == "pulse" and case.analysis.periodicity is None and case.analysis.fs < LOWEST_FS["pulse"]:
        return ()  # too slow for a wave: that is the reason given, and what else would be folded is idle
    try:
        return aliasing_warnings(case.analysis.fs, band_to_hz(case.analysis.settings.band_cpm))
    except ValueError:
        return ()  # the band does not fit this sampling rate at all: that is the reason given


def _folded(case: Case) -> Iterable[Any]:
    """Faster rhythms that sampling may fold into the band, in words; none where there are none."""
    found = _aliases(case)
    return (named_with_places(found),) if found else ()


def _lines_at_the_rate(case: Case) -> Iterable[Alias]:
    """A line (mains hum) that is folded to just where a rhythm was found, as far as its rate is known."""
    if line := _line_near_the_rate(case):
        alias, is_just_there = line
        if is_just_there:
            yield alias


def _lines_that_wander(case: Case) -> Iterable[Alias]:
    """A line that would be folded to the rhythm if the grid ran a little off its nominal frequency, as it does."""
    if line := _line_near_the_rate(case):
        alias, is_just_there = line
        if not is_just_there:
            yield alias


def _line_near_the_rate(case: Case) -> tuple[Alias, bool] | None:
    """The line that is folded nearest to the rhythm found, and whether to just there.

    What is known of the rate counts, the interval of its centre where that is narrower than the recording resolves.
    """
    test, rate, usable = case.analysis.periodicity, case.analysis.rate, case.analysis.quality.usable
    if (
        test is None
        or not (test.inside and _is_significant(test, case))
        or case.role in NO_WAVE
        or not usable
    ):
        return None
    known = (test.freq, (test.freq_high - test.freq_low) / 2)
    if rate is not None:
        known = float(cpm_to_hz(rate.rate_cpm)), float(cpm_to_hz(rate.high_cpm - rate.low_cpm)) / 2
    return mains_at(known[0], fs=case.analysis.fs, width=min(known[1], RESOLVED / usable))


def _explains(reference: Any, case: Case) -> bool:
    return bool(reference.verdict == "explained")


def _is_there_for_a_part(reference: Any, case: Case) -> bool:
    return reference.verdict is not None and reference.time_fraction < MOST_OF_IT


def _is_there_for_most(reference: Any, case: Case) -> bool:
    return reference.verdict is not None and MOST_OF_IT <= reference.time_fraction < NEARLY_ALL


def _time_there(reference: Any, case: Case) -> Values:
    return {"channel": reference.channel, "share": reference.time_fraction}


def _untried(case: Case) -> Iterable[UntriedMultiple]:
    return untried_multiples(case.analysis)


def _untried_values(found: UntriedMultiple, case: Case) -> Values:
    return {"channel": found.reference.channel, "times": str(found.times), "arithmetic": found.arithmetic}


def _unknown(_: Any, case: Case) -> Values:
    """Channels of breathing that carry no signal, else those that may be breathing for all that is known."""
    if unused := tuple(values["channel"] for values in _told("breathing_unused")(case)):
        return {"unused": unused}
    return {"unknown": case.unknown} if case.unknown else {}


def _breath_is_missed(analysis: Analysis, case: Case) -> bool:
    """Whether somebody breathed, and no channel shows when."""
    is_recorded = case.role == "breathing" or any(
        reference.kind == "breathing" for reference in analysis.references
    )
    return case.control not in WITHOUT_PEOPLE and not is_recorded


def _over_the_edge(case: Case) -> Iterable[tuple[float, float]]:
    """The interval in cpm of a rhythm found that reaches outside the band: that of its rate, else of its centre."""
    test, rate = case.analysis.periodicity, case.analysis.rate
    if test is None or not (test.inside and _is_significant(test, case)):
        return
    low, high = case.analysis.settings.band_cpm
    if rate is not None and not (low <= rate.low_cpm and rate.high_cpm <= high):
        yield rate.low_cpm, rate.high_cpm
    elif test.at_edge:
        yield float(hz_to_cpm(test.freq_low)), float(hz_to_cpm(test.freq_high))


def _rate_of(peak: Peak) -> float:
    return float(hz_to_cpm(peak.freq))


RULES: tuple[Rule, ...] = (
    Rule("control", 1, _session, lambda _, case: bool(case.control), lambda _, case: {"kind": case.control}),
    Rule(
        "short",
        2,
        _answered,
        lambda given, case: given.quality.usable < ENOUGH * given.settings.short_duration,
        _shortness,
    ),
    Rule(
        "left_out",
        2,
        _session,
        lambda given, case: _lost(given) > max(MUCH_LEFT_OUT * given.duration, WORTH_SAYING),
        _lost_by_kind,
    ),
    Rule(
        "left_out",
        3,
        _session,
        lambda given, case: WORTH_SAYING <= _lost(given) <= MUCH_LEFT_OUT * given.duration,
        _lost_by_kind,
    ),
    Rule(
        "pulse_looks",
        2,
        _pulse,
        lambda pulse, case: pulse.said_by == "looks",
        lambda pulse, case: {"channel": case.analysis.channel, "signal": pulse.signal},
    ),
    Rule(
        "bad_beats",
        2,
        _pulse,
        lambda pulse, case: pulse.grid is not None and pulse.beats.bad_fraction > MANY_BAD,
        _beats_not_used,
    ),
    Rule(
        "bad_beats",
        3,
        _pulse,
        lambda pulse, case: pulse.grid is not None and SOME_BAD < pulse.beats.bad_fraction <= MANY_BAD,
        _beats_not_used,
    ),
    Rule(
        "bridged",
        3,
        _pulse,
        lambda pulse, case: pulse.bridged_s >= WORTH_SAYING,
        lambda pulse, case: {"seconds": pulse.bridged_s, "longest": LONGEST_GAP},
    ),
    Rule(
        "folded_breath",
        2,
        _pulse,
        lambda pulse, case: (
            pulse.answering != ""
            and pulse.beats.rate_bpm - case.analysis.settings.band_cpm[1] < FASTEST_BREATH
        ),
        lambda pulse, case: {
            "nyquist": pulse.beats.rate_bpm / 2,
            "low": pulse.beats.rate_bpm - case.analysis.settings.band_cpm[1],
            "high": pulse.beats.rate_bpm - case.analysis.settings.band_cpm[0],
        },
    ),
    Rule(
        "folded_reference",
        1,
        _references,
        lambda reference, case: reference.folded is not None and reference.folded.is_at_rhythm,
        lambda reference, case: {"channel": reference.channel, "arithmetic": reference.folded.arithmetic},
    ),
    Rule("aliasing", 2, _folded, _always, lambda sources, case: {"fs": case.analysis.fs, "sources": sources}),
    Rule(
        "is_alias",
        1,
        _lines_at_the_rate,
        _always,
        lambda alias, case: {"source": alias.source, "arithmetic": alias.arithmetic},
    ),
    Rule(
        "may_be_alias",
        2,
        _lines_that_wander,
        _always,
        lambda alias, case: {"source": alias.source, "arithmetic": alias.arithmetic},
    ),
    Rule("beats_like_pulse", 2, _told("beats_like_pulse"), _always, _as_told),
    Rule("may_be_alias", 2, _told("may_be_alias"), _always, _as_told),
    Rule("timing_host", 2, _session, lambda given, case: given.quality.timing == "host", _nothing),
    Rule(
        "no_loss_detection",
        3,
        _session,
        lambda given, case: case.info.get("loss_detection") == "none",
        _nothing,
    ),
    Rule(
        "import_notes",
        3,
        _session,
        lambda given, case: bool(given.quality.import_notes),
        lambda given, case: {"sentences": given.quality.import_notes},
    ),
    Rule(
        "edge",
        2,
        _over_the_edge,
        _always,
        lambda ends, case: {"low": ends[0], "high": ends[1]},
    ),
    Rule(
        "outside",
        2,
        _test,
        lambda test, case: not test.inside and test.pvalue_with_edge <= case.analysis.settings.alpha,
        lambda test, case: {"rate": hz_to_cpm(test.freq)},
    ),
    Rule(
        "harmonic",
        1,
        _test,
        lambda test, case: test.harmonic_of is not None and _is_significant(test, case),
        lambda test, case: {"of": hz_to_cpm(test.harmonic_of)},
    ),
    Rule(
        "multiple",
        2,
        _test,
        lambda test, case: (
            test.inside
            and test.harmonic_of is None
            and test.multiple_of is not None
            and _is_significant(test, case)
        ),
        lambda test, case: {"of": hz_to_cpm(test.multiple_of), "times": round(test.freq / test.multiple_of)},
    ),
    Rule(
        "strong_neighbour",
        2,
        _strong_neighbour,
        _is_found,
        lambda peak, case: {"rate": _rate_of(peak), "prominence": peak.prominence_db},
    ),
    Rule(
        "strong_neighbour",
        3,
        _strong_neighbour,
        _is_not_found,
        lambda peak, case: {"rate": _rate_of(peak), "prominence": peak.prominence_db},
    ),
    Rule(
        "reference_explains",
        1,
        _references,
        _explains,
        lambda reference, case: {"channel": reference.channel, "left": reference.band_power_fraction_left},
    ),
    Rule("reference_part", 2, _references, _is_there_for_a_part, _time_there),
    Rule("reference_part", 3, _references, _is_there_for_most, _time_there),
    Rule("untried_multiple", 2, _untried, _always, _untried_values),
    Rule(
        "is_breathing",
        2,
        _answered,
        lambda given, case: case.role == "breathing",
        lambda given, case: {"channel": given.channel},
    ),
    Rule(
        "no_breathing",
        2,
        _answered,
        lambda given, case: given.found and _breath_is_missed(given, case),
        _unknown,
    ),
    Rule(
        "no_breathing",
        3,
        _answered,
        lambda given, case: not given.found and _breath_is_missed(given, case),
        _unknown,
    ),
    Rule(
        "nonstationary",
        3,
        _test,
        lambda test, case: test.nonstationary_fraction > UNSTEADY,
        lambda test, case: {"share": test.nonstationary_fraction},
    ),
    Rule(
        "leak",
        3,
        _answered,
        lambda given, case: given.traces is not None and given.traces.leak_gain > LEAK,
        lambda given, case: {"rate": hz_to_cpm(given.traces.leak_freq), "gain": given.traces.leak_gain},
    ),
    Rule(
        "made_by_tapping",
        1,
        _taps,
        lambda taps, case: taps.press_rhythm.is_made,
        lambda taps, case: {"rater": taps.rater, "ratio": taps.press_rhythm.ratio},
    ),
    Rule(
        "leakage",
        1,
        _taps,
        lambda taps, case: taps.press_artefact_pvalue <= PRESS_ARTEFACT_LEVEL,
        lambda taps, case: {"rater": taps.rater, "pvalue": taps.press_artefact_pvalue},
    ),
    Rule(
        "no_margins",
        2,
        _taps,
        lambda taps, case: taps.margin_s < MIN_MARGIN,
        lambda taps, case: {"rater": taps.rater},
    ),
    Rule(
        "ratio",
        3,
        _taps,
        lambda taps, case: not taps.keeps_ratio,
        lambda taps, case: {"rater": taps.rater, "ratio": taps.ratio},
    ),
    Rule("reference_unused", 2, _told("reference_unused"), _always, _as_told),
    Rule("no_residual", 2, _told("no_residual"), _always, _as_told),
    Rule("few_taps", 2, _told("few_taps"), _always, _as_told),
    Rule(
        "counts_coarse",
        2,
        _counts,
        lambda count, case: count.quantisation_cpm > COARSE_COUNT,
        lambda count, case: {"rater": count.rater, "quantisation": count.quantisation_cpm},
    ),
    Rule(
        "n_surrogates",
        3,
        _session,
        lambda given, case: given.settings.n_surrogates < FEW_SURROGATES,
        lambda given, case: {"n": given.settings.n_surrogates},
    ),
    Rule(
        "band_changed",
        3,
        _session,
        lambda given, case: given.settings.band_cpm != Settings().band_cpm,
        lambda given, case: {"band": given.settings.band_cpm},
    ),
    Rule(
        "tests",
        3,
        _session,
        lambda given, case: len(given.taps) + len(given.rater_pairs) >= MANY_TESTS,
        lambda given, case: {"n": len(given.taps) + len(given.rater_pairs)},
    ),
    Rule(
        "plan_unchecked",
        3,
        _session,
        lambda given, case: bool(case.info.get("plan_sha256")),
        lambda given, case: {"sha256": str(case.info["plan_sha256"])},
    ),
    Rule("plan_absent", 3, _session, lambda given, case: not case.info.get("plan_sha256"), _nothing),
)
