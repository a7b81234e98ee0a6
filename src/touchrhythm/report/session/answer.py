"""What is the answer, in sentences that a clinician understands and a statistician accepts?

**Conventions.** Each statement has a rank: the three most important make the verdict, the others
stand below it as details, all in the order of reading. Rates in cycles per minute.

- `statements` : all sentences of an analysis with their rank
- `headline_and_details` : the two or three that are the verdict, and the others
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from touchrhythm.analysis.results import Analysis, CountAgreement, Reference
from touchrhythm.report.session.finding import (
    MIN_TAPS,
    control,
    elsewhere,
    explains,
    finding,
    flag_values,
    is_apparatus_alone,
    is_short,
    place,
    tap_finding,
)
from touchrhythm.rhythm.peaks import LOOK_CPM, Peak
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import cpm_to_hz, hz_to_cpm
from touchrhythm.words.numbers import (
    amount,
    amount_words,
    bounded,
    fixed,
    is_known,
    joined,
    lag_words,
    p_words,
    percent,
    rate_words,
    spelled,
    time_words,
)

__all__ = ["Statement", "headline_and_details", "noise_copies", "rhythm_like", "statements"]

N_HEADLINES = 3
CONTROLS = {
    "null": "a dead weight on the sensor, so whatever is found is the apparatus",
    "unloaded": "nothing on the sensor, so whatever is found is the apparatus",
    "rigid": (
        "the hand on a rigid object, so whatever is found is the examiner (breathing, pulse, sway) or the apparatus"
    ),
    "phantom": "the hand on a phantom, so whatever is found is its motion, the examiner or the apparatus",
    "tap-only": "taps but no hand on the sensor, so whatever is found is the tapping or the apparatus",
}
FEW_TAPS = 12  # with fewer, chance alone reaches a high consistency, however regular they are
SAME = 0.5  # coherence from which a channel is said to have the same rhythm, not to share some of it


class Statement(NamedTuple):
    """One sentence (or two that belong together) and how much it matters, 0 the most."""

    rank: int
    text: str


def headline_and_details(analysis: Analysis) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The two or three sentences of the verdict, and the others, each in the order of reading."""
    said = list(statements(analysis))
    chosen = sorted(range(len(said)), key=lambda at: (said[at].rank, at))[:N_HEADLINES]
    headline = tuple(said[at].text for at in sorted(chosen))
    return headline, tuple(one.text for at, one in enumerate(said) if at not in chosen)


def statements(analysis: Analysis) -> Iterator[Statement]:
    """All sentences of an analysis, in the order of reading."""
    if kind := control(analysis):
        yield Statement(-1, f"Nobody was touched: this is a control with {CONTROLS.get(kind, kind)}.")
    if finding(analysis) == "no answer":
        yield Statement(0, f"No answer: {spelled(analysis.reason.rstrip('.'))}.")
        yield Statement(
            1, "No rate and no p-value are given: from such a recording the filter alone would make them up."
        )
        return
    yield Statement(0, _rhythm(analysis))
    yield from _references(analysis)
    yield from _taps(analysis)
    yield from _counts(analysis)
    yield from _how_much(analysis)
    yield from _what_else(analysis)


def rhythm_like(peak: Peak) -> str:
    """What usually lies where a peak lies, as a clause, or ""."""
    return _LIKE.get(peak.label, "")


_LIKE = {
    "breathing-like": "; this is where breathing usually lies",
    "harmonic-like": "; it is most simply a harmonic of a slower one",
    "pulse-like": "; this is where the pulse usually lies",
}


def noise_copies(analysis: Analysis) -> str:
    """How many noise copies were as extreme, as a clause that starts with "which"."""
    test = analysis.periodicity
    if test is None:
        return ""
    if test.n_exceed == 0:
        return f"which none of {test.n_surrogates} noise copies of this recording matches"
    verb = "matches" if test.n_exceed == 1 else "match"
    return f"which {test.n_exceed} of {test.n_surrogates} noise copies of this recording {verb}"


def _band(analysis: Analysis, joint: str = "–") -> str:
    low, high = analysis.settings.band_cpm
    return f"{low:g}{joint}{high:g}"


def _rhythm(analysis: Analysis) -> str:
    test, found = analysis.periodicity, finding(analysis)
    assert test is not None
    rate, low, high = place(analysis)
    where, p = rate_words(rate, low, high).replace(" ", " cycles per minute ", 1), p_words(test.pvalue)
    if found == "rhythm":
        return f"There is a rhythm at {where}, {noise_copies(analysis)} ({p})."
    if found == "edge":
        return f"The rhythm at {where} lies at the edge of the band ({p}): its interval reaches outside {_band(analysis)}."
    if found == "harmonic":
        assert test.harmonic_of is not None
        slower = hz_to_cpm(test.harmonic_of)
        times = round(rate / slower)
        return (
            f"The peak at {where.removesuffix(')')}; {p}) is {_TIMES.get(times, f'{times} times')} {fixed(slower, 1)}: it is most simply the"
            f" {_ORDINALS.get(times, f'{times}th')} harmonic of that slower rhythm, and no rhythm of its own."
        )
    if found == "outside":
        return (
            f"No rhythm was found between {_band(analysis, ' and ')} cycles per minute: the nearest one, at"
            f" {rate_words(rate, low, high)}, lies just outside the band ({p_words(test.pvalue_with_edge)})."
        )
    return f"No rhythm can be told from noise between {_band(analysis, ' and ')} cycles per minute ({p})."


_TIMES = {2: "twice", 3: "three times"}
_ORDINALS = {2: "second", 3: "third"}


def _references(analysis: Analysis) -> Iterator[Statement]:
    if finding(analysis) not in ("rhythm", "edge"):
        return
    for reference in analysis.references:
        rank = 1 if explains(reference, analysis.settings.alpha) else 7
        yield Statement(rank, _reference(reference, analysis.settings.alpha))
    lonely = not analysis.references and not is_apparatus_alone(analysis)
    if lonely and flag_values(analysis, "no_breathing") is flag_values(analysis, "is_breathing") is None:
        yield Statement(5, _no_breathing(flag_values(analysis, "no_breathing")))


def _no_breathing(values: Mapping[str, tuple[str, ...]] | None) -> str:
    if unknown := (values or {}).get("unknown"):
        return f"None of the channels {joined(list(unknown))} is known to be breathing; if one is, say --references NAME."
    return "Breathing was not recorded, so a slow breath cannot be told from any other rhythm here."


def _reference(reference: Reference, alpha: float) -> str:
    name, shared = reference.channel, f"coherence {bounded(reference.coherence)}"
    if explains(reference, alpha):
        same = "has the same rhythm" if reference.coherence >= SAME else "shares this rhythm"
        return f"The {name} channel {same} ({shared}); taking it out leaves nothing that stands out."
    after = f"after taking it out the rhythm still stands out ({p_words(reference.pvalue_after)})"
    if reference.pvalue_after > alpha:
        after = f"yet without it nothing stands out ({p_words(reference.pvalue_after)})"
    if reference.coherence > reference.coherence_null:
        return f"The {name} channel shares part of this rhythm ({shared}, chance up to {bounded(reference.coherence_null)}); {after}."
    return f"The {name} channel does not share this rhythm ({shared}, chance up to {bounded(reference.coherence_null)}); {after}."


def _trace(analysis: Analysis) -> str:
    return "measured rhythm" if analysis.rate is not None else "filtered trace"


def _taps(analysis: Analysis) -> Iterator[Statement]:
    if len(analysis.taps) == 1:
        yield Statement(2, _one_rater(analysis.taps[0], analysis))
    elif analysis.taps:
        yield Statement(2, _raters(analysis))
    if judged := [one for one in analysis.taps if is_known(one.pvalue)]:
        yield Statement(6, _chance(judged))
        if len(judged) > 1:
            yield Statement(9, _by_chance(len(judged), analysis.settings.alpha))
    for pair in analysis.rater_pairs:
        yield Statement(4, _pair(pair, analysis.settings.alpha))


def _one_rater(taps: TapAgreement, analysis: Analysis) -> str:
    found, p = tap_finding(taps, analysis.settings.alpha), p_words(taps.pvalue)
    whose = "The taps" if flag_values(analysis, "few_taps") is None else f"The taps of {taps.rater}"
    if found == "follow":
        doubt = "" if analysis.rate is not None else ", although that trace cannot be told from noise"
        if is_known(taps.press_artefact_pvalue) and taps.press_artefact_pvalue <= analysis.settings.alpha:
            doubt += "; but pressing the button shakes the sensor, which alone could do this"
        return f"{whose} follow the {_trace(analysis)} ({p}), on average {lag_words(taps.lag_s)}{doubt}."
    if found == "unrelated":
        return f"{whose} cannot be told from tapping that knows nothing of the signal ({p}){_equal_rate(taps, analysis)}."
    if found == "few":
        return f"There are too few taps to judge whether they follow the signal ({taps.n_taps}; at least {MIN_TAPS} are needed)."
    if found == "regular" and taps.n_taps < FEW_TAPS:
        return (
            f"Whether the taps follow the signal cannot be judged: there are only {taps.n_taps}, and so few may keep one place"
            " on the wave by chance."
        )
    if found == "regular":
        return (
            "Whether the taps follow the signal cannot be judged: both run so regularly that one recording cannot show"
            " whether one follows the other; several recordings can."
        )
    return f"Whether the taps follow the signal cannot be judged: {taps.reason.rstrip('.') or 'no test was possible'}."


def _equal_rate(taps: TapAgreement, analysis: Analysis) -> str:
    rate = analysis.rate
    if rate is None or taps.rate_high_cpm < rate.low_cpm or taps.rate_low_cpm > rate.high_cpm:
        return ""
    return f", although both run at about {rate.rate_cpm:.0f} per minute: an equal rate is not agreement"


def _raters(analysis: Analysis) -> str:
    found = [(taps, tap_finding(taps, analysis.settings.alpha)) for taps in analysis.taps]
    parts = [_in_short(taps, analysis) for taps, what in found if what != "unrelated"]
    unrelated = [f"{taps.rater} ({p_words(taps.pvalue)})" for taps, what in found if what == "unrelated"]
    if unrelated:
        parts.append(f"{joined(unrelated)} cannot be told from tapping that knows nothing of the signal")
    return f"Of {len(found)} raters, {'; '.join(parts)}."


def _in_short(taps: TapAgreement, analysis: Analysis) -> str:
    found, p = tap_finding(taps, analysis.settings.alpha), p_words(taps.pvalue)
    if found == "follow":
        shaken = (
            is_known(taps.press_artefact_pvalue) and taps.press_artefact_pvalue <= analysis.settings.alpha
        )
        doubt = ", but pressing shakes the sensor" if shaken else ""
        return f"{taps.rater} follows the {_trace(analysis)} ({p}; {lag_words(taps.lag_s)}{doubt})"
    if found == "few":
        return f"{taps.rater} has too few taps to judge ({taps.n_taps})"
    if found == "regular" and taps.n_taps < FEW_TAPS:
        return f"{taps.rater} cannot be judged (only {taps.n_taps} taps)"
    return f"{taps.rater} cannot be judged ({'both run too regularly' if found == 'regular' else taps.reason.rstrip('.')})"


def _chance(raters: list[TapAgreement]) -> str:
    scores = [_score(one) for one in raters]
    name = "mean cosine at the declared lags" if raters[0].statistic_name == "V" else "phase consistency"
    if len(raters) == 1:
        value, low, high = scores[0]
        return (
            f"Unrelated tapping of this regularity reaches a {name} between {low} and {high} in 95 % of cases;"
            f" here it is {value}."
        )
    each = ", ".join(
        f"{one.rater} {value} ({low} to {high})"
        for one, (value, low, high) in zip(raters, scores, strict=True)
    )
    return f"{name.capitalize()}, and between what unrelated tapping of the same regularity lies in 95 % of cases: {each}."


def _score(taps: TapAgreement) -> tuple[str, str, str]:
    """The statistic that was tested and its chance range, as text."""
    value, null = taps.resultant, taps.resultant_null
    if taps.statistic_name == "V":
        value, null = taps.v_statistic, taps.v_statistic_null
    return bounded(value), bounded(null.low), bounded(null.high)


def _by_chance(n: int, alpha: float) -> str:
    share = percent(1 - (1 - alpha) ** n)
    return f"Of {n} tests of unrelated tapping, one or more falls below {bounded(alpha)} by chance in up to {share} of sessions."


def _pair(pair: TapAgreement, alpha: float) -> str:
    found, names = tap_finding(pair, alpha), f"{pair.rater} and {pair.reference}"
    if found == "follow":
        return f"{names} tap in step with one another ({p_words(pair.pvalue)})."
    if found == "unrelated":
        return f"{names} cannot be told from raters who tap without regard to one another ({p_words(pair.pvalue)})."
    return f"Whether {names} tap in step cannot be judged{f': {pair.reason.rstrip(chr(46))}' if pair.reason else ''}."


def _counts(analysis: Analysis) -> Iterator[Statement]:
    if len(analysis.counts) == 1:
        yield Statement(2, _one_count(analysis.counts[0]))
    elif analysis.counts:
        yield Statement(2, _all_counts(analysis.counts))


def _one_count(count: CountAgreement) -> str:
    beside = (
        "the measured rhythm ran at"
        if count.measured_is_rhythm
        else "the filtered trace, where no rhythm was shown, ran at"
    )
    gap = abs(count.rate_cpm - count.measured_cpm)
    return (
        f"{count.rater} counted {count.count} in {time_words(count.duration)}, {fixed(count.rate_cpm, 1)} cycles per"
        f" minute; {beside} {fixed(count.measured_cpm, 1)}: they differ by {fixed(gap, 1)}. Counting whole cycles"
        f" can be wrong by up to {fixed(count.quantisation_cpm, 2)} by itself."
    )


def _all_counts(counts: tuple[CountAgreement, ...]) -> str:
    reported = [count.rate_cpm for count in counts]
    measured = [count.measured_cpm for count in counts if is_known(count.measured_cpm)]
    what = (
        "measured"
        if all(count.measured_is_rhythm for count in counts)
        else "in the filtered trace, where no rhythm was shown,"
    )
    beside = f" beside {_from_to(measured)} {what} over the same stretches" if measured else ""
    coarse = max(count.quantisation_cpm for count in counts)
    raters = joined(sorted({count.rater for count in counts}))
    return (
        f"{len(counts)} counts were reported ({raters}), {_from_to(reported)} cycles per"
        f" minute{beside}. Counting whole cycles can be wrong by up to {fixed(coarse, 2)} by itself."
    )


def _from_to(rates: list[float]) -> str:
    low, high = fixed(min(rates), 1), fixed(max(rates), 1)
    return low if low == high else f"{low}–{high}"


def _how_much(analysis: Analysis) -> Iterator[Statement]:
    test, found, course = analysis.periodicity, finding(analysis), analysis.time_course
    assert test is not None
    if found in ("rhythm", "edge"):
        if course is not None and is_known(course.fraction):
            null = f" (noise: {percent(course.fraction_null.median)}, up to {percent(course.fraction_null.high)})"
            yield Statement(
                4,
                f"It stands out for {percent(course.fraction)} of the time{null if is_known(course.fraction_null.high) else ''}.",
            )
        if is_known(test.amplitude, test.amplitude_low, test.amplitude_high):
            rms = amount(test.noise_rms, analysis.unit)
            beside = f", beside noise of {rms} (root mean square) in the band" if rms else ""
            yield Statement(
                8,
                f"Its amplitude is {amount_words(test.amplitude, test.amplitude_low, test.amplitude_high, analysis.unit)}{beside}.",
            )
        return
    yield from _how_small(analysis)


def _how_small(analysis: Analysis) -> Iterator[Statement]:
    test, count = analysis.periodicity, analysis.cycle_count
    assert test is not None
    if finding(analysis) == "none" and is_short(analysis):
        detection_power = (flag_values(analysis, "short") or {}).get("detection_power")
        length = time_words(analysis.quality.usable)
        text = f"With {length} only a strong rhythm would have been found."
        if detection_power is not None:
            text = (
                f"With {length}, a rhythm with half of the band's power would have been found in about"
                f" {100 * detection_power:.0f} of 100 recordings like this one; a weaker one may be missed."
            )
        yield Statement(3, text)
    if count is not None and is_known(count.null_cpm.median):
        null = count.null_cpm
        yield Statement(
            4,
            "Recordings like this one without any rhythm, filtered the same way, look like"
            f" {rate_words(null.median, null.low, null.high)}; the count of the filtered trace is {fixed(count.rate_cpm, 1)}.",
        )
    if finding(analysis) == "none" and is_known(test.amplitude_bound):
        yield Statement(
            5,
            f"A rhythm of more than {amount(test.amplitude_bound, analysis.unit)} (95 % bound) would have shown.",
        )


def _what_else(analysis: Analysis) -> Iterator[Statement]:
    peak, found = elsewhere(analysis), finding(analysis)
    if peak is None:
        yield Statement(
            9, f"Nothing else stands out between {LOOK_CPM[0]:g} and {LOOK_CPM[1]:g} cycles per minute."
        )
        return
    if found == "outside" and peak.low <= cpm_to_hz(place(analysis)[0]) <= peak.high:
        return  # it is the one that the first sentence names
    rate = rate_words(hz_to_cpm(peak.freq), hz_to_cpm(peak.low), hz_to_cpm(peak.high))
    where = f"{peak.place} the band{rhythm_like(peak)}"
    if found in ("rhythm", "edge"):
        yield Statement(7, f"The strongest rhythm elsewhere is at {rate}, {where}.")
    else:
        yield Statement(2, f"The strongest rhythm is at {rate}, {where}.")
