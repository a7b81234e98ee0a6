"""What is the answer? Which sentences are said, with which numbers, and which of them first.

**Conventions.** Each statement has a rank: the three most important make the verdict, the others
stand below it as details, all in the order of reading. Rates in cycles per minute. The sentences
themselves stand in `words.session` and `words.taps`.

- `statements` : all sentences of an analysis with their rank
- `feature_words` : what of a reference is followed
- `headline_and_details` : the two or three that are the verdict, and the others
"""

from __future__ import annotations

from collections.abc import Iterator
from math import floor
from typing import NamedTuple

from touchrhythm.analysis.references import (
    MOST_OF_IT,
    WITHOUT,
    deciding_reference,
    nearest_untried,
    resting_on,
    tapped_on,
)
from touchrhythm.analysis.results import Analysis, CountAgreement, Reference
from touchrhythm.estimates import holm_adjusted
from touchrhythm.references.attribution import Attribution, nearest_wave
from touchrhythm.references.explained import FOLDED
from touchrhythm.references.features import WAVE
from touchrhythm.report.session.finding import (
    control,
    elsewhere,
    finding,
    flag_values,
    is_apparatus_alone,
    is_short,
    place,
    tapping_made_it,
)
from touchrhythm.report.session.pulse import answering_series, found_words, none_words, pulse_sentences
from touchrhythm.report.session.taps import tap_sentences
from touchrhythm.rhythm.peaks import LOOK_CPM
from touchrhythm.tapping.press_rhythm import PressRhythm
from touchrhythm.units import clock_to_seconds, cpm_to_hz, hz_to_cpm
from touchrhythm.words import say
from touchrhythm.words.numbers import (
    amount,
    amount_words,
    bounded,
    fixed,
    interval,
    is_known,
    joined,
    outside_decimals,
    p_words,
    percent,
    rate_alone,
    rate_words,
    spelled,
    time_words,
)
from touchrhythm.words.pulse import PULSE
from touchrhythm.words.references import FEATURES, MADE_BY, TIMES, WAYS, WHOSE
from touchrhythm.words.session import CONTROLS, RHYTHM
from touchrhythm.words.taps import TAPS

__all__ = ["Statement", "feature_words", "headline_and_details", "statements", "whose"]

N_HEADLINES = 3
HARMONIC = ("wave", "second harmonic")  # features by which a harmonic of a slower breath is followed
NEAR = 0.05  # of the multiple of a rate
BESIDE_CPM = (
    0.3  # from the rhythm found; one of several references that is farther off is named with its rate
)
LONGEST_ADVISED = clock_to_seconds("120:00")  # a longer recording is not advised


class Statement(NamedTuple):
    """One sentence (or two that belong together) and how much it matters, 0 the most."""

    rank: int
    text: str


def headline_and_details(analysis: Analysis) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The two or three sentences of the verdict, and the others, each in the order of reading."""
    said = list(statements(analysis))
    chosen = sorted(range(len(said)), key=lambda at: (said[at].rank, at))[:N_HEADLINES]
    headline = tuple(said[at].text for at in sorted(chosen))
    return headline, tuple(statement.text for at, statement in enumerate(said) if at not in chosen)


def statements(analysis: Analysis) -> Iterator[Statement]:
    """All sentences of an analysis, in the order of reading."""
    if kind := control(analysis):
        yield Statement(-1, say(RHYTHM, "control", what=say(CONTROLS, kind) if kind in CONTROLS else kind))
    if kind and analysis.pulse is not None and not analysis.pulse.series:
        yield Statement(0, say(PULSE, "control_none"))
        return
    if finding(analysis) == "no answer":
        yield Statement(0, say(RHYTHM, "no_answer", reason=spelled(analysis.reason.rstrip("."))))
        yield Statement(2, say(RHYTHM, "nothing_given"))
        yield Statement(1, _advice(analysis))
        return
    yield Statement(0, _with_reference(_rhythm(analysis), analysis))
    yield from (Statement(*said) for said in pulse_sentences(analysis))
    yield from _references(analysis)
    yield from (Statement(*said) for said in tap_sentences(analysis))
    yield from _counts(analysis)
    yield from _how_much(analysis)
    yield from _what_else(analysis)


def _advice(analysis: Analysis) -> str:
    """What to do where there is no answer."""
    if analysis.pulse is not None and analysis.pulse.looks:
        return say(PULSE, "do_as_it_is", signal=analysis.pulse.looks)
    if analysis.pulse is not None and analysis.pulse.grid is None:
        return say(PULSE, "do_pulse")
    if "samples per second" in analysis.reason:
        return say(PULSE, "do_faster")
    if analysis.traces is None:
        return say(RHYTHM, "do_sensor")
    settings = analysis.settings
    if analysis.duration >= settings.min_duration and not analysis.quality.cuts:
        return say(RHYTHM, "do_settings")
    advised, needed = time_words(settings.short_duration), time_words(settings.min_duration)
    return say(RHYTHM, "do_length", advised=advised, needed=needed)


def _rhythm(analysis: Analysis) -> str:
    test, found, (rate, low, high) = analysis.periodicity, finding(analysis), place(analysis)
    assert test is not None
    where, p = _where(rate, low, high), p_words(test.pvalue)
    ends = [f"{end:g}" for end in analysis.settings.band_cpm]
    if found == "rhythm" and answering_series(analysis):
        return found_words(analysis, where)
    if found == "rhythm":
        n, k = test.n_surrogates, test.n_exceed
        if k > 1:
            return say(RHYTHM, "found_some", where=where, n=n, k=k, p=p)
        return say(RHYTHM, "found_one" if k else "found_none", where=where, n=n, p=p)
    if found == "edge":
        where = _where_at_edge(analysis)
        return say(RHYTHM, "edge", where=where, p=p, band="–".join(ends))
    if found == "harmonic":
        assert test.harmonic_of is not None
        slower = hz_to_cpm(test.harmonic_of)
        return _harmonic(where, fixed(slower, 1), p, round(rate / slower))
    if found == "outside":
        p = p_words(test.pvalue_with_edge)
        where = rate_words(rate, low, high, band=analysis.settings.band_cpm)
        return say(RHYTHM, "outside", low=ends[0], high=ends[1], where=where, p=p)
    if answering_series(analysis):
        return none_words(analysis)
    return say(RHYTHM, "none", low=ends[0], high=ends[1], p=p)


def _where(rate: float, low: float, high: float) -> str:
    said, _, between = rate_words(rate, low, high).partition(" ")
    if not between:
        return say(RHYTHM, "where_alone", rate=said)
    return say(RHYTHM, "where", rate=said, interval=between.strip("()"))


def _where_at_edge(analysis: Analysis) -> str:
    """The interval that reaches outside, the rate's or else that of the peak's centre, to digits that show it."""
    test, (low, high) = analysis.periodicity, analysis.settings.band_cpm
    assert test is not None
    rate = place(analysis)
    if low <= rate[1] and rate[2] <= high:
        rate = (
            float(hz_to_cpm(test.freq)),
            float(hz_to_cpm(test.freq_low)),
            float(hz_to_cpm(test.freq_high)),
        )
    decimals = outside_decimals(*rate[1:], (low, high))
    return say(RHYTHM, "where", rate=rate_alone(*rate), interval=interval(*rate[1:], decimals))


def _harmonic(where: str, slower: str, p: str, times: int) -> str:
    if times in (2, 3):
        return say(RHYTHM, f"harmonic_{times}", where=where, slower=slower, p=p)
    return say(RHYTHM, "harmonic_n", where=where, slower=slower, p=p, times=times)


def _references(analysis: Analysis) -> Iterator[Statement]:
    if finding(analysis) not in ("rhythm", "edge"):
        for follows, text in _whom_taps_follow(analysis):
            yield Statement(2 if follows else 6, text)
        return
    for reference in analysis.references:
        if reference.verdict == "own" and _hint(analysis, reference) is None:
            yield Statement(3, _own(reference))
    yield from (Statement(7, text) for text in _beside_others(analysis))
    explained = deciding_reference(analysis) is not None
    for follows, text in _whom_taps_follow(analysis):
        yield Statement(2 if explained or follows else 6, text)
    missed = flag_values(analysis, "no_breathing") or {}
    if is_apparatus_alone(analysis) or flag_values(analysis, "is_breathing") is not None:
        return
    if unknown := missed.get("unknown"):
        yield Statement(5, say(RHYTHM, "breathing_unknown", channels=joined(list(unknown))))
    elif unused := missed.get("unused"):
        yield Statement(5, say(RHYTHM, "breathing_unused", channels=joined(list(unused))))
    elif not analysis.references:
        yield Statement(5, say(RHYTHM, "no_breathing"))


def _whom_taps_follow(analysis: Analysis) -> Iterator[tuple[bool, str]]:
    """Each rater against each reference, whether it is followed, and against what is left; p-values after Holm."""
    held = [taps for taps in analysis.taps_on_references if is_known(taps.pvalue)]
    stands = [p <= analysis.settings.alpha for p in holm_adjusted([taps.pvalue for taps in held])]
    follows = {
        (taps.rater, taps.reference): (taps.pvalue, is_true and taps.keeps_ratio, is_true)
        for taps, is_true in zip(held, stands, strict=True)
    }
    for reference in analysis.references:
        for rater in analysis.taps:
            tried = [
                (*follows[rater.rater, on.name], on.series)
                for on in tapped_on(reference)
                if not on.is_left and (rater.rater, on.name) in follows
            ]
            if not tried:
                continue
            # of a pulse, the series that is followed best
            pvalue, is_followed, keeps_step, series = min(tried)
            alone = len(analysis.taps) == 1
            said = say(
                MADE_BY,
                "taps_follow" if is_followed else "taps_ratio" if keeps_step else "taps_not",
                whose=say(TAPS, "the_taps") if alone else say(TAPS, "taps_of", rater=rater.rater),
                what=say(FEATURES, series or "wave", whose=whose(reference)),
                p=p_words(pvalue),
            )
            left = follows.get((rater.rater, WITHOUT + reference.channel))
            if left is None:
                yield is_followed, say(MADE_BY, "taps_alone", said=said)
                continue
            p, follows_left, keeps_step = left
            code = "follow" if follows_left else "ratio" if keeps_step else "not"
            said = say(MADE_BY, f"taps_left_{code}", said=said, signal=analysis.channel, p=p_words(p))
            yield is_followed, said


def _own(reference: Reference) -> str:
    tried = dict.fromkeys(attribution.name for attribution in reference.attributions) or (WAVE,)
    return say(
        MADE_BY,
        "own" if len(tried) > 1 else "own_one_way",
        ways=joined([say(WAYS, name) for name in tried]),
        what=whose(reference),
        detectable=percent(reference.detectable_fraction),
        channel=reference.channel,
        coherence=bounded(reference.coherence),
        chance=bounded(reference.coherence_null),
    )


def _beside_others(analysis: Analysis) -> Iterator[str]:
    """Whether each of several references explains something beyond the others."""
    for reference in analysis.references:
        if reference.beyond_others is not None:
            code = "beyond" if reference.beyond_others else "not_beyond"
            what = whose(reference)
            yield say(MADE_BY, code, what=what[0].upper() + what[1:])


def whose(reference: Reference) -> str:
    """What a reference is, and whose."""
    code = f"{reference.kind}_{reference.person}" if reference.person else reference.kind
    if code in WHOSE:
        return say(WHOSE, code)
    return say(WHOSE, "other", channel=reference.channel)


def _what(analysis: Analysis, reference: Reference) -> str:
    """What of a reference, or of several, is followed: of each the feature that explains most.

    Of several, one that runs at another rate than the rhythm found is named with its own.
    """
    if reference.kind != "several":
        return feature_words(reference)
    named = []
    for sharing in analysis.references:
        if not sharing.shared:
            continue
        what = feature_words(sharing)
        if analysis.rate is not None and abs(sharing.rate_cpm - analysis.rate.rate_cpm) > BESIDE_CPM:
            what = say(MADE_BY, "what_at", what=what, rate=fixed(sharing.rate_cpm, 1))
        named.append(what)
    return joined(named)


def feature_words(reference: Reference) -> str:
    """What of one reference is followed; a harmonic of breathing with the rate that it is a harmonic of."""
    feature = reference.shared[0] if reference.shared else "wave"
    if feature == FOLDED and reference.folded is not None:
        return say(FEATURES, FOLDED, whose=whose(reference), arithmetic=reference.folded.arithmetic)
    times = reference.rate_cpm / reference.main_cpm
    if (
        feature in HARMONIC
        and is_known(times)
        and round(times) in (2, 3)
        and abs(times / round(times) - 1) < NEAR
    ):
        rate = fixed(reference.main_cpm, 1)
        return say(FEATURES, f"harmonic_{round(times)}", whose=whose(reference), rate=rate)
    return say(FEATURES, feature, whose=whose(reference))


def _with_reference(rhythm: str, analysis: Analysis) -> str:
    """The first sentence with what makes the rhythm, where a reference tells, and whether it was there long enough."""
    said = _made_by(rhythm, analysis)
    rests_on = _resting_on(analysis)
    least = min(rests_on, key=lambda reference: reference.time_fraction, default=None)
    if least is None or not least.time_fraction < MOST_OF_IT:
        return said
    return say(
        MADE_BY, "part", rhythm=said.rstrip("."), what=whose(least), share=percent(least.time_fraction)
    )


def _resting_on(analysis: Analysis) -> list[Reference]:
    """The references that the first sentence rests on; none where it names another maker."""
    if flag_values(analysis, "is_alias") is not None or tapping_made_it(analysis) is not None:
        return []
    return resting_on(analysis)


def _made_by_tapping(rhythm: str, press: PressRhythm) -> str:
    """The first sentence where the tapping makes the rhythm: by pushes that are seen, or by when it is there."""
    if press.is_pushed:
        share, p = percent(min(1.0, press.push_fraction)), p_words(press.pvalue_push)
        return say(MADE_BY, "pushes", rhythm=rhythm, share=share, p=p)
    return say(MADE_BY, "tapping", rhythm=rhythm, ratio=fixed(press.ratio, 1), p=p_words(press.pvalue))


def _made_by(rhythm: str, analysis: Analysis) -> str:
    """The first sentence with what makes the rhythm."""
    reference, alias = deciding_reference(analysis), flag_values(analysis, "is_alias")
    if alias is not None:
        source, arithmetic = alias["source"], alias["arithmetic"]
        return say(MADE_BY, "alias", rhythm=rhythm.rstrip("."), source=source, arithmetic=arithmetic)
    made = tapping_made_it(analysis)
    if made is not None:
        return _made_by_tapping(rhythm.rstrip("."), made.press_rhythm)
    if reference is None:
        return _with_hint(rhythm, analysis) or _with_doubt(rhythm, analysis)
    rhythm, what = rhythm.rstrip("."), _what(analysis, reference)
    if reference.verdict == "explained":
        return say(MADE_BY, "explained", rhythm=rhythm, what=what, p=p_words(reference.pvalue_after))
    if reference.verdict == "both":
        own = _own_rate(reference)
        if is_known(reference.rate_cpm):
            rate = fixed(reference.rate_cpm, 1)
            said = say(MADE_BY, "both_at", rhythm=rhythm, what=what, rate=rate, own=own)
        else:
            said = say(MADE_BY, "both", rhythm=rhythm, what=what, own=own)
        said = _with_mean(said, analysis, reference)
        return _with_untried(said, analysis) or said
    folded = reference.folded
    if folded is not None and folded.is_at_rhythm:
        what = whose(reference)
        return say(MADE_BY, "folded", rhythm=rhythm, what=what, arithmetic=folded.arithmetic)
    if not is_known(reference.distance_cpm):
        wave = _hint(analysis, reference)
        if wave is not None:
            return _hinted(rhythm, what, analysis, reference, wave)
        return say(MADE_BY, "untold", rhythm=rhythm, what=what)
    return _too_near(rhythm, what, analysis, reference)


def _with_mean(said: str, analysis: Analysis, reference: Reference) -> str:
    """The first sentence, where the rate it opens with is that of neither of the two rhythms that it names."""
    rate = analysis.rate
    slower, faster = sorted((reference.rate_cpm, reference.own_rate_cpm))
    if rate is None or not (slower < rate.low_cpm and rate.high_cpm < faster):
        return said
    return say(MADE_BY, "both_mean", said=said.rstrip("."), rate=fixed(rate.rate_cpm, 1))


def _with_hint(rhythm: str, analysis: Analysis) -> str:
    """The first sentence where the rhythm is left without a reference that may have part in it; else ""."""
    for reference in analysis.references:
        wave = _hint(analysis, reference)
        if reference.verdict == "own" and wave is not None:
            return _hinted(rhythm.rstrip("."), feature_words(reference), analysis, reference, wave)
    return ""


def _hint(analysis: Analysis, reference: Reference) -> Attribution | None:
    """The wave that goes with the rhythm by itself, whatever else was tried; None where none does."""
    wave = nearest_wave(reference.attributions)
    return None if wave is None or wave.pvalue > analysis.settings.alpha else wave


def _hinted(rhythm: str, what: str, analysis: Analysis, reference: Reference, wave: Attribution) -> str:
    """The first sentence where a wave goes with the rhythm by itself, but not among all that was tried."""
    pvalues = [
        attribution.pvalue
        for tried in analysis.references
        if tried.verdict is not None
        for attribution in tried.attributions
    ]
    among = holm_adjusted(pvalues)[pvalues.index(wave.pvalue)]  # the same for all that have this p
    left = say(MADE_BY, "hinted_nothing")
    if is_known(reference.own_rate_cpm):
        left = say(MADE_BY, "hinted_own", own=_own_rate(reference))
    p, adjusted = p_words(wave.pvalue), p_words(among)
    return say(MADE_BY, "hinted", rhythm=rhythm, what=what, p=p, adjusted=adjusted, left=left)


def _own_rate(reference: Reference) -> str:
    return rate_words(reference.own_rate_cpm, reference.own_low_cpm, reference.own_high_cpm)


def _too_near(rhythm: str, what: str, analysis: Analysis, reference: Reference) -> str:
    """The first sentence where this recording cannot keep two rates apart; another may stand beside them."""
    needed = ""
    if reference.needed_s <= LONGEST_ADVISED:
        needed = say(MADE_BY, "needed", length=time_words(reference.needed_s))
    said = say(
        MADE_BY,
        "close",
        rhythm=rhythm,
        what=what,
        length=time_words(analysis.quality.usable),
        distance=say(RHYTHM, "cpm_apart", rate=fixed(reference.distance_cpm, 2)),
        resolution=fixed(reference.resolution_cpm, 2),
        needed=needed,
    )
    if is_known(reference.own_rate_cpm):
        said = say(MADE_BY, "close_beside", said=said.rstrip("."), own=_own_rate(reference))
    return said


def _with_doubt(rhythm: str, analysis: Analysis) -> str:
    """The first sentence where no reference tells what makes the rhythm: what else it may be, by its rate alone."""
    if finding(analysis) not in ("rhythm", "edge"):
        return rhythm
    if untried := _with_untried(rhythm, analysis):
        return untried
    multiple, alias = flag_values(analysis, "multiple"), flag_values(analysis, "may_be_alias")
    rhythm = rhythm.rstrip(".")
    if multiple is not None:
        times, slower = say(TIMES, str(multiple["times"])), fixed(multiple["of"], 1)
        return say(MADE_BY, "multiple", rhythm=rhythm, times=times, slower=slower)
    if alias is not None:
        source, arithmetic = alias["source"], alias["arithmetic"]
        return say(MADE_BY, "may_be_alias", rhythm=rhythm, source=source, arithmetic=arithmetic)
    return f"{rhythm}."


def _with_untried(rhythm: str, analysis: Analysis) -> str:
    """A sentence that claims a rhythm of its own, with a multiple of a breath that it may be; "" where there is none."""
    nearest = nearest_untried(analysis)
    if nearest is None:
        return ""
    times, what = say(TIMES, str(nearest.times)), whose(nearest.reference)
    arithmetic = nearest.arithmetic
    return say(MADE_BY, "untried", rhythm=rhythm.rstrip("."), times=times, what=what, arithmetic=arithmetic)


def _counts(analysis: Analysis) -> Iterator[Statement]:
    if len(analysis.counts) == 1:
        yield Statement(2, _one_count(analysis.counts[0]))
    elif analysis.counts:
        yield Statement(2, _all_counts(analysis.counts))


def _one_count(count: CountAgreement) -> str:
    said = {
        "rater": count.rater,
        "n": count.count,
        "time": time_words(count.duration),
        "rate": fixed(count.rate_cpm, 1),
        "coarse": fixed(count.quantisation_cpm, 2),
    }
    if not is_known(count.measured_cpm):
        return say(TAPS, "count_alone", **said)
    gap = fixed(abs(count.rate_cpm - count.measured_cpm), 1)
    code = "count_rhythm" if count.measured_is_rhythm else "count_trace"
    return say(TAPS, code, **said, measured=fixed(count.measured_cpm, 1), gap=gap)


def _all_counts(counts: tuple[CountAgreement, ...]) -> str:
    said = {
        "n": len(counts),
        "raters": joined(sorted({count.rater for count in counts})),
        "rates": _from_to([count.rate_cpm for count in counts]),
        "coarse": fixed(max(count.quantisation_cpm for count in counts), 2),
    }
    measured = [count.measured_cpm for count in counts if is_known(count.measured_cpm)]
    if not measured:
        return say(TAPS, "counts_alone", **said)
    code = "counts_rhythm" if all(count.measured_is_rhythm for count in counts) else "counts_trace"
    return say(TAPS, code, **said, measured=_from_to(measured))


def _from_to(rates: list[float]) -> str:
    low, high = fixed(min(rates), 1), fixed(max(rates), 1)
    return low if low == high else f"{low}–{high}"


def _how_much(analysis: Analysis) -> Iterator[Statement]:
    test, course = analysis.periodicity, analysis.time_course
    assert test is not None
    if finding(analysis) not in ("rhythm", "edge"):
        yield from _how_small(analysis)
        return
    if course is not None and is_known(course.fraction):
        share, null = percent(course.fraction), course.fraction_null
        said = say(RHYTHM, "stands_out", share=share)
        if is_known(null.high):
            median, most = percent(null.median), percent(null.high)
            said = say(RHYTHM, "stands_out_beside", share=share, median=median, most=most)
        yield Statement(4, said)
    if is_known(test.amplitude, test.amplitude_low, test.amplitude_high):
        size = amount_words(test.amplitude, test.amplitude_low, test.amplitude_high, analysis.unit)
        rms = amount(test.noise_rms, analysis.unit)
        code, beside = ("amplitude_beside", {"rms": rms}) if rms else ("amplitude", {})
        yield Statement(8, say(RHYTHM, code, amplitude=size, **beside))


def _how_small(analysis: Analysis) -> Iterator[Statement]:
    test, count = analysis.periodicity, analysis.cycle_count
    assert test is not None
    if finding(analysis) == "none" and is_short(analysis):
        power = (flag_values(analysis, "short") or {}).get("detection_power")
        length = time_words(analysis.quality.usable)
        if power is None:
            yield Statement(3, say(RHYTHM, "only_strong", length=length))
        else:
            yield Statement(3, say(RHYTHM, "how_many", length=length, n=fixed(100 * power, 0)))
    if count is not None and is_known(count.null_cpm.median):
        null = count.null_cpm
        rate = rate_words(null.median, null.low, null.high)
        yield Statement(4, say(RHYTHM, "looks_like", rate=rate, count=fixed(count.rate_cpm, 1)))
    if finding(analysis) == "none" and is_known(test.amplitude_bound):
        yield Statement(5, say(RHYTHM, "how_small", amplitude=amount(test.amplitude_bound, analysis.unit)))


def _what_else(analysis: Analysis) -> Iterator[Statement]:
    peak, found = elsewhere(analysis), finding(analysis)
    if peak is None:
        low, high = LOOK_CPM
        if analysis.pulse is not None:  # its series show nothing above half of the heart rate
            high = min(high, floor(analysis.pulse.rate_bpm / 2))
        yield Statement(9, say(RHYTHM, "nothing_else", low=f"{low:g}", high=f"{high:g}"))
        return
    if found == "outside" and peak.low <= cpm_to_hz(place(analysis)[0]) <= peak.high:
        return  # it is the one that the first sentence names
    rate = rate_words(*map(hz_to_cpm, (peak.freq, peak.low, peak.high)), band=analysis.settings.band_cpm)
    like, side = say(RHYTHM, peak.label) if peak.label else "", say(RHYTHM, peak.place)
    if found in ("rhythm", "edge"):
        yield Statement(7, say(RHYTHM, "elsewhere", rate=rate, side=side, like=like))
    else:
        yield Statement(2, say(RHYTHM, "strongest", rate=rate, side=side, like=like))
