"""What is said of a pulse: in the answer, and in its section of the page.

**Conventions.** Words stand in `words.pulse`; nothing is computed.

- `answering_series` : the series that the answer is about
- `found_words`, `none_words` : the first sentence of the answer
- `pulse_sentences` : what stands below it, with its rank
- `methods_words`, `beats_methods` : the methods
- `pulse_section` : facts and table of the page
- `series_rows` : the table of the terminal
- `series_name` : how a series is called
- `pulse_pictures` : titles and texts of the pictures
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from touchrhythm.analysis.pulse import LONGEST_GAP, PulseAnswer, SeriesAnswer, shares
from touchrhythm.analysis.results import Analysis
from touchrhythm.settings import Settings
from touchrhythm.words import say
from touchrhythm.words.numbers import (
    fixed,
    is_known,
    joined,
    p_number,
    p_words,
    percent,
    rate_words,
)
from touchrhythm.words.pulse import PULSE, SERIES_NAMES, SERIES_NAMES_ECG, SERIES_SHORT, SERIES_SHORT_ECG

__all__ = [
    "answering_series",
    "beats_methods",
    "found_words",
    "methods_words",
    "none_words",
    "pulse_pictures",
    "pulse_section",
    "pulse_sentences",
    "series_name",
    "series_rows",
]

TENTHS = 0.095  # a share below which a percentage has a tenth

_said = partial(say, PULSE)

Facts = list[tuple[str, str]]


def answering_series(analysis: Analysis) -> str:
    """The series of a pulse that the answer is about, also where the file held nothing else; "" of other channels."""
    if analysis.pulse is not None:
        return analysis.pulse.answering
    channels = analysis.reading.get("channels", ())
    role = next((channel["role"] for channel in channels if channel["name"] == analysis.channel), "")
    return role if role in SERIES_NAMES else ""


def found_words(analysis: Analysis, where: str) -> str:
    """The sentence that a series of the pulse holds a rhythm at {where}."""
    pulse, test = analysis.pulse, analysis.periodicity
    assert test is not None
    fields = {
        "series": series_name(answering_series(analysis), "" if pulse is None else pulse.signal),
        "where": where,
        "n": test.n_surrogates,
        "p": p_words(test.pvalue),
        "adjusted": "" if pulse is None else _adjusted(pulse),
    }
    if test.n_exceed > 1:
        return _said("found_some", k=test.n_exceed, **fields)
    return _said("found_one" if test.n_exceed else "found_none", **fields)


def none_words(analysis: Analysis) -> str:
    """The sentence that no series of the pulse holds one."""
    pulse, test, (low, high) = analysis.pulse, analysis.periodicity, analysis.settings.band_cpm
    assert test is not None
    signal = "" if pulse is None else pulse.signal
    names = [answering_series(analysis)] if pulse is None else pulse.series
    series = joined([_short(name, signal) for name in names])
    adjusted = "" if pulse is None else _adjusted(pulse)
    p = p_words(test.pvalue)
    return _said(
        "none", low=f"{low:g}", high=f"{high:g}", series=series, p=p, adjusted=adjusted, whose=_whose(signal)
    )


def pulse_sentences(analysis: Analysis) -> Iterator[tuple[int, str]]:
    """Heart rate, and the other series that hold the rhythm, each with its rank."""
    pulse = analysis.pulse
    if pulse is None:
        return
    good = percent(1 - pulse.beats.bad_fraction) if is_known(pulse.beats.bad_fraction) else ""
    if is_known(pulse.rate_bpm):
        yield 3, _said("heart", rate=fixed(pulse.rate_bpm, 0), between=_range(pulse), good=good)
        if pulse.beats.regularity != "regular":
            yield 3, _said(pulse.beats.regularity)
    elif good:
        yield 3, _said("heart_alone", good=good)
    if not analysis.found:
        return
    if pulse.leaks_from:
        sources = joined([_short(name, pulse.signal) for name in pulse.leaks_from])
        holds = _said("hold" if len(pulse.leaks_from) > 1 else "holds")
        yield (
            2,
            _said(
                "declared_leaks", series=series_name(pulse.answering, pulse.signal), names=sources, hold=holds
            ),
        )
    answering = pulse.series[pulse.answering]
    others = [
        name for name in pulse.series if name != pulse.answering and shares(pulse.series[name], answering)
    ]
    for code, leaks in (("also", False), ("leaks", True)):
        names = [_short(name, pulse.signal) for name in others if pulse.may_leak(name) == leaks]
        if names:
            said = {"names": joined(names), "hold": _said("hold" if len(names) > 1 else "holds")}
            series = {"series": _short(pulse.answering, pulse.signal)} if leaks else {}
            yield 8, _said(code, **said, **series)


def methods_words(analysis: Analysis) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How the beats and their series came about, and the works that this names; both empty without tested series."""
    pulse = analysis.pulse
    if pulse is None or not pulse.series:
        return (), ()
    return beats_methods(tuple(pulse.series), analysis.settings, is_ecg=pulse.signal == "ecg")


def beats_methods(
    series: tuple[str, ...], settings: Settings, *, is_ecg: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How beats and these series of theirs come about, and the works that this names."""
    several = len(series) > 1
    said = _said(
        "methods_ecg" if is_ecg else "methods",
        series=joined([_short(name, "ecg" if is_ecg else "pulse") for name in series]),
        gap=f"{max(LONGEST_GAP, settings.max_interpolated_gap):g}",
        adjusted=_said("methods_holm" if several else "methods_declared"),
    )
    named = ["fritsch", "lipponen", *(["holm"] if several else []), *(["pan"] if is_ecg else [])]
    return (said,), tuple(_said(f"work_{name}") for name in named)


def pulse_section(analysis: Analysis) -> dict[str, object] | None:
    """Facts, and the table of the series; None where the channel is no pulse."""
    pulse = analysis.pulse
    if pulse is None:
        return None
    rows = [_row(name, series, pulse) for name, series in pulse.series.items()]
    head = [_said(f"column_{name}") for name in ("series", "p", "adjusted", "rate", "modulation")]
    return {
        "heading": _said("section"),
        "facts": _facts(pulse),
        "caption": _said("table"),
        "head": head,
        "rows": rows,
    }


def pulse_pictures(analysis: Analysis) -> Iterator[tuple[str, str, str]]:
    """Name, title and text of each picture of a pulse."""
    pulse = analysis.pulse
    if pulse is None or not len(pulse.beats):
        return
    yield "beats", _said("beats"), _beats(pulse)
    if pulse.series:
        low, high = (f"{end:g}" for end in analysis.settings.band_cpm)
        yield "series", _said("series"), _said("series_text", low=low, high=high)
        parts = "; ".join(_part(_short(name, pulse.signal), series) for name, series in pulse.series.items())
        yield "spectra", _said("spectra"), _said("spectra_text", parts=parts)


def series_name(name: str, signal: str) -> str:
    """How a series is called at the beginning of a sentence; of an ECG the height is that of its R waves."""
    return SERIES_NAMES_ECG.get(name, SERIES_NAMES[name]) if signal == "ecg" else SERIES_NAMES[name]


def series_rows(analysis: Analysis) -> Iterator[tuple[str, str, str, str]]:
    """Each series of a pulse for the terminal: name, p, p adjusted, and rate and modulation, or why there are none."""
    pulse = analysis.pulse
    if pulse is None:
        return
    for name, series in pulse.series.items():
        code = "terminal_answers" if name == pulse.answering and len(pulse.series) > 1 else "terminal_series"
        rate, size = _rate(series), _modulation(series)
        found = (
            _said("terminal_none", size=size)
            if series.rate is None
            else _said("terminal_found", rate=rate, size=size)
        )
        adjusted = (
            _said("terminal_adjusted", p=p_number(series.pvalue_adjusted)) if len(pulse.series) > 1 else ""
        )
        yield _said(code, series=name), p_words(series.pvalue), adjusted, found


def _short(name: str, signal: str) -> str:
    return SERIES_SHORT_ECG.get(name, SERIES_SHORT[name]) if signal == "ecg" else SERIES_SHORT[name]


def _whose(signal: str) -> str:
    return _said("whose_ecg" if signal == "ecg" else "whose_pulse")


def _rate(series: SeriesAnswer) -> str:
    rate = series.rate
    return "" if rate is None else rate_words(rate.rate_cpm, rate.low_cpm, rate.high_cpm)


def _modulation(series: SeriesAnswer) -> str:
    """How much a rhythm moves a series; where none was found, how much it may at the most."""
    if series.rate is None:
        return (
            _said("at_most", most=_percent(series.modulation_bound))
            if is_known(series.modulation_bound)
            else ""
        )
    low, _, _ = _percent(series.modulation_low).partition(" ")
    high = _percent(series.modulation_high)
    return _said("between", size=_percent(series.modulation), low=low, high=high)


def _percent(share: float) -> str:
    """A percentage to a tenth below ten, as modulations of an interval are small."""
    return f"{fixed(100 * share, 1 if share < TENTHS else 0)} %"


def _adjusted(pulse: PulseAnswer) -> str:
    return _said("adjusted", n=len(pulse.series)) if len(pulse.series) > 1 else ""


def _range(pulse: PulseAnswer) -> str:
    return "–".join(fixed(end, 0) for end in pulse.rate_range_bpm)


def _facts(pulse: PulseAnswer) -> Facts:
    beats = pulse.beats
    kind = _said(f"by_{pulse.said_by}", kind=_said(f"kind_{pulse.signal}"))
    facts = [(_said("fact_kind"), _said("turned", taken=kind) if beats.inverted and len(beats) else kind)]
    if is_known(pulse.rate_bpm):
        rate = _said("fact_rate_value", rate=fixed(pulse.rate_bpm, 1), between=_range(pulse))
        facts.append((_said("fact_rate"), rate))
    if is_known(beats.bad_fraction):
        good = percent(1 - beats.bad_fraction)
        facts.append((_said("fact_beats"), _said("fact_beats_value", n=len(beats), good=good)))
    if beats.counts:
        facts.append((_said("fact_bad"), reasons_of(beats.counts)))
    if beats.gap_s >= 1:
        facts.append((_said("fact_gaps"), _said("fact_gaps_value", seconds=fixed(beats.gap_s, 0))))
    return facts


def reasons_of(counts: dict[str, int]) -> str:
    """How many beats were left out for which reason, most first."""
    return ", ".join(f"{reason} {n}" for reason, n in sorted(counts.items(), key=lambda item: -item[1]))


def _row(name: str, series: SeriesAnswer, pulse: PulseAnswer) -> list[str]:
    short = _short(name, pulse.signal)
    called = _said("answers", series=short) if name == pulse.answering else short
    rate = _rate(series) or _said("not_found")
    return [called, p_number(series.pvalue), p_number(series.pvalue_adjusted), rate, _modulation(series)]


def _beats(pulse: PulseAnswer) -> str:
    stop = pulse.wave_onset + pulse.wave.size / pulse.wave_fs
    shown = (pulse.beats.time_s >= pulse.wave_onset) & (pulse.beats.time_s < stop)
    good = int((shown & pulse.beats.good).sum())
    reasons = pulse.beats.reason[shown & ~pulse.beats.good].tolist()
    bad = ""
    if reasons:
        counts = {reason: reasons.count(reason) for reason in reasons}
        bad = _said("beats_bad", n=len(reasons), reasons=reasons_of(counts))
    return _said("beats_text", good=good, bad=bad)


def _part(name: str, series: SeriesAnswer) -> str:
    if series.rate is None:
        return _said("part_none", series=name)
    return _said("part_found", series=name, rate=_rate(series))
