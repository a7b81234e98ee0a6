"""How is a session analysed? `analyze`: the recipe, read aloud.

Of a pulse, find the beats and take the series that answers. Cut what is no measurement; thin out and cut into blocks; test for a rhythm; estimate its rate only
where one was found; count the filtered trace beside its noise null; follow it over time; hold the
taps, the counts and the reference channels against it; say what limits all this.

**Conventions.** A session and settings in, one `Analysis` out. A recording that cannot answer gives an
`Analysis` with a reason, not an exception.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from touchrhythm._check import FloatArray, check_rng
from touchrhythm._version import __version__
from touchrhythm.analysis.band_test import BandTest, band_test
from touchrhythm.analysis.drawn_traces import DrawnTraces, draw_envelope, draw_traces, is_blank
from touchrhythm.analysis.flags import control_of, list_flags
from touchrhythm.analysis.named_channels import check_named, signal_column
from touchrhythm.analysis.pulse import PulseAnswer, at_even_height, looks_of_a_force, read_pulse
from touchrhythm.analysis.reference_series import ReferenceSeries
from touchrhythm.analysis.references import (
    held_references,
    reference_columns,
    references_of,
    residual_trace,
    taps_on_references,
    with_time_fractions,
)
from touchrhythm.analysis.results import Analysis, CountAgreement
from touchrhythm.errors import Undecided
from touchrhythm.io.inspect import Understood
from touchrhythm.references.explained import BandSeries, Reference, residual_of
from touchrhythm.rhythm.amplitude import detection_power
from touchrhythm.rhythm.blocks import Blocks, cut_into_blocks
from touchrhythm.rhythm.periodicity import PeriodicityResult
from touchrhythm.rhythm.rate import RateEstimate, bootstrap_samples, rate_of
from touchrhythm.rhythm.timecourse import CycleCount, TimeCourse, count_cycles, follow_rate
from touchrhythm.session import Annotation, Recording, Session
from touchrhythm.settings import Settings
from touchrhythm.signal.aliasing import folded_to
from touchrhythm.signal.artifacts import Quality, apply_cuts, find_cuts
from touchrhythm.signal.decimation import segments
from touchrhythm.signal.filtering import AnalyticTrace, analytic_trace
from touchrhythm.tapping.agreement import TapAgreement, rater_agreement, tap_agreement_of
from touchrhythm.tapping.press_artefact import residual_energy
from touchrhythm.tapping.press_rhythm import UNKNOWN, PressRhythm, press_rhythm
from touchrhythm.units import band_to_hz, count_quantisation_cpm, count_to_cpm, hz_to_cpm
from touchrhythm.words.columns import NO_WAVE, REFERENCES

__all__ = ["analyze", "choose_channel"]

Told = tuple[str, Mapping[str, Any]]  # code and numbers of a flag
FOLLOWED_SURROGATES = 99  # surrogates that are followed over time
# each part draws from a stream of its own, so that one more rater changes no other figure
PARTS = ("test", "noise", "rhythm", "references", "taps", "pairs")


def analyze(
    session: Session, settings: Settings | None = None, *, rng: np.random.Generator | int | None = None
) -> Analysis:
    """Answer whether a session holds a rhythm, how fast, for how long, and whether the taps follow it.

    Parameters
    ----------
    session : Session
        As `read_session` or `simulate_session` returns it.
    settings : Settings, optional
        What was set beforehand; `Settings()` by default.
    rng : numpy.random.Generator or int, optional
        Generator or seed of all surrogates. The same seed gives the same answer.

    Returns
    -------
    Analysis
        With `periodicity` None and the `reason` where the recording cannot answer.

    Raises
    ------
    ValueError
        If the settings name a channel that the recording does not have, or that is no signal.
    Undecided
        If the settings name no channel, and more than one can be meant.
    """
    settings = Settings() if settings is None else settings
    seed = int(rng) if isinstance(rng, int | np.integer) else None
    streams = dict(zip(PARTS, check_rng(rng).spawn(len(PARTS)), strict=True))
    recording = session.recording
    check_named(session, settings)
    column = choose_channel(recording, settings, str(session.info.get("source", "this recording")))
    given = _given(session, column, settings, streams)
    answers, taps, refused = _answered(session, column, given, streams)
    held = taps_on_references(answers.references, session.taps, settings, streams["references"])
    analysis = Analysis(
        **answers._asdict(),
        taps_on_references=held,
        taps=taps,
        rater_pairs=_pairs(session, settings, streams["pairs"]),
        counts=_counts(session, answers),
        quality=_quality(given),
        flags=(),
        reason=given.reason,
        channel=recording.channels[column],
        unit=given.session.recording.units[column],
        duration=recording.duration,
        fs=recording.fs,
        source=_source(session),
        settings=settings,
        seed=seed,
        version=__version__,
        about=_about(session),
        pulse=given.pulse,
        reading=_reading(session, recording.channels[column]),
    )
    unknown = _unknown_channels(recording, column, settings)
    flags = list_flags(analysis, session.info, refused, role=recording.roles[column], unknown=unknown)
    return replace(analysis, flags=flags)


class _Given(NamedTuple):
    """What the recipe works on: the channel, or the series of a pulse that answers, in a session of its own."""

    session: Session
    settings: Settings
    raw: FloatArray
    x: FloatArray  # without the cuts
    cuts: tuple[Annotation, ...]
    blocks: Blocks | None
    tested: BandTest | None
    reason: str
    pulse: PulseAnswer | None = None
    # of a series of beats: what can move it, by column
    references: Mapping[int, ReferenceSeries] | None = None


def _given(
    session: Session, column: int, settings: Settings, streams: Mapping[str, np.random.Generator]
) -> _Given:
    pulse = read_pulse(session, column, settings, streams)
    if pulse is not None:
        x = pulse.session.recording.data[:, column]
        parts = (pulse.cuts, pulse.blocks, pulse.tested, pulse.reason, pulse.answer, pulse.references)
        return _Given(pulse.session, pulse.settings, x, x, *parts)
    raw = session.recording.data[:, column]
    cuts, x, blocks, reason = _prepared(raw, session.recording.fs, settings)
    tested = None
    if blocks is not None:
        tested = band_test(blocks, settings, rng=streams["test"], noise=streams["noise"])
    return _Given(session, settings, raw, x, cuts, blocks, tested, reason)


def _answered(
    session: Session, column: int, given: _Given, streams: dict[str, np.random.Generator]
) -> tuple[_Answers, tuple[TapAgreement, ...], tuple[Told, ...]]:
    """What the channel says, and what taps that were held against it say."""
    x, settings, fs = given.x, given.settings, given.session.recording.fs
    if given.tested is None:
        return _Answers(traces=None if is_blank(x) else draw_envelope(x, fs)), (), ()
    # one filtering for all that is drawn, counted and held against taps
    band = given.tested.spectral.blocks.band
    trace = analytic_trace(x, fs=fs, band=band, max_gap=settings.max_interpolated_gap)
    answers, press = _answers(given, given.tested, trace, column, streams)
    references, jointly = with_time_fractions(
        answers.references,
        answers.references_jointly,
        session.recording,
        given.tested.spectral.blocks.duration,
    )
    answers = answers._replace(references=references, references_jointly=jointly)
    # whether a press shakes the sensor is seen in the wave, not in its series
    shaken = x
    if given.pulse is not None:
        wave = session.recording
        shaken = at_even_height(wave.data[:, column], wave.fs, given.pulse.grid)
    against = _tapped_on(answers, trace, settings)
    taps, refused = _taps(session, shaken, against, settings, streams["taps"])
    told = (*refused, *_folded(given, answers, column), *_beating(session, column, settings))
    told += _unused(given, answers, column)
    taps = tuple(replace(agreement, press_rhythm=press.get(agreement.rater, UNKNOWN)) for agreement in taps)
    return answers, taps, told


def _tapped_on(answers: _Answers, trace: AnalyticTrace, settings: Settings) -> AnalyticTrace | None:
    """What taps are held against; None where the residual was declared, and there is none."""
    if settings.taps_against == "signal":
        return trace
    left = answers.residual
    return None if left is None else residual_trace(left, settings)


def _folded(given: _Given, answers: _Answers, column: int) -> tuple[Told, ...]:
    """A pulse or tremor that sampling would fold to just where a rhythm was found; not asked of a series of beats."""
    test, is_made_of_beats = answers.periodicity, given.session.recording.roles[column] in NO_WAVE
    if answers.rate is None or test is None or given.pulse is not None or is_made_of_beats:
        return ()
    width = (test.freq_high - test.freq_low) / 2
    alias = folded_to(given.x, test.freq, fs=given.session.recording.fs, width=width)
    return (
        () if alias is None else (("may_be_alias", {"source": alias.source, "arithmetic": alias.arithmetic}),)
    )


def _unused(given: _Given, answers: _Answers, column: int) -> tuple[Told, ...]:
    """Reference channels that could not be held against the signal."""
    recording, held = given.session.recording, {reference.channel for reference in answers.references}
    names = (recording.channels[k] for k in reference_columns(recording, given.settings) if k != column)
    unused = [name for name in names if name not in held]
    breathes = [name for name in unused if recording.roles[recording.index(name)] == "breathing"]
    told = [("reference_unused", name) for name in unused] + [("breathing_unused", name) for name in breathes]
    return tuple((code, {"channel": name}) for code, name in told)


def _beating(session: Session, column: int, settings: Settings) -> tuple[Told, ...]:
    looks = looks_of_a_force(session.recording, column, settings)
    channel = session.recording.channels[column]
    return (("beats_like_pulse", {"channel": channel, "signal": looks}),) if looks else ()


def _source(session: Session) -> dict[str, str]:
    names = {"name": "source", "sha256": "sha256"}
    return {key: str(session.info[name]) for key, name in names.items() if session.info.get(name)}


def _reading(session: Session, channel: str) -> dict[str, Any]:
    """What was understood of the session's file; nothing where it was none."""
    understood = session.info.get("understood")
    if not isinstance(understood, Understood):
        return {}
    return understood.to_dict() | {"one_line": understood.one_line(channel)}


def _about(session: Session) -> dict[str, Any]:
    """What a lab book would ask, as far as the session knows."""
    info = session.info
    given = info.get("entities")
    entities: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    raters = sorted({taps.rater for taps in session.taps} | {count.rater for count in session.counts})
    facts = {
        "subject": entities.get("sub"),
        "session": entities.get("ses"),
        "examiner": info.get("examiner") or ", ".join(raters),
        "date": str(info.get("started") or "")[:16].replace("T", " "),
        "kind": control_of(info) or info.get("kind") or entities.get("task"),
        "device": info.get("device"),
        "blind": info.get("blind"),
        "simulated": info.get("simulated") is True or isinstance(info.get("truth"), Mapping),
        "taps": {taps.rater: len(taps) for taps in session.taps if len(taps)},
    }
    return {name: value for name, value in facts.items() if value}


def choose_channel(recording: Recording, settings: Settings, source: str = "this recording") -> int:
    """Column to analyse: the one set, else the only one that can be meant.

    That is the only force; without one the only channel that is not known to be something else (a reference,
    a button, a counter); without such a one the only pulse, else the only channel there is.

    Raises
    ------
    ValueError
        If the channel that was set is not there, or counts samples or time.
    Undecided
        If more than one can be meant.
    """
    if settings.channel is not None:
        return signal_column(recording, settings.channel)
    pulses, signals = (
        [k for k, role in enumerate(recording.roles) if role in wanted] for wanted in (("pulse",), REFERENCES)
    )
    choices = (_free_channels(recording, settings), pulses, signals, list(range(len(recording.channels))))
    meant = next(columns for columns in choices if columns)
    if len(meant) == 1:
        return meant[0]
    names = tuple(recording.channels[k] for k in meant)
    raise Undecided(
        source,
        f"which channel is the signal under the hand? It can be {', '.join(names)}",
        tuple(f"--channel {shlex.quote(name)}" for name in names),
    )


def _free_channels(recording: Recording, settings: Settings) -> list[int]:
    """The forces, or else the columns that are not known to be something else."""
    named = [recording.index(name) for name in settings.references or ()]
    free = [k for k in range(len(recording.channels)) if k not in named]
    forces = [k for k in free if recording.roles[k] == "force"]
    return forces or [k for k in free if not recording.roles[k]]


def _unknown_channels(recording: Recording, column: int, settings: Settings) -> tuple[str, ...]:
    """Channels that may be breathing for all that is known; none where one was said to be a reference."""
    named = [recording.index(name) for name in settings.references or ()]
    if any(not recording.roles[k] for k in named):
        return ()
    names = zip(recording.channels, recording.roles, strict=True)
    return tuple(name for k, (name, role) in enumerate(names) if not role and k != column)


class _Answers(NamedTuple):
    """What the channel itself answers; nothing where it cannot."""

    periodicity: PeriodicityResult | None = None
    rate: RateEstimate | None = None
    cycle_count: CycleCount | None = None
    time_course: TimeCourse | None = None
    traces: DrawnTraces | None = None
    references: tuple[Reference, ...] = ()
    references_jointly: Reference | None = None
    residual: BandSeries | None = None
    detection_power: float = float("nan")


def _prepared(
    raw: FloatArray, fs: float, settings: Settings
) -> tuple[tuple[Annotation, ...], FloatArray, Blocks | None, str]:
    """Cuts, the channel without them, its blocks, and why there are none."""
    try:
        cuts = find_cuts(raw, fs, max_gap=settings.max_interpolated_gap)
    except ValueError as error:
        return (), raw, None, str(error)
    x = apply_cuts(raw, fs, cuts)
    try:
        blocks = cut_into_blocks(
            x,
            fs=fs,
            band=band_to_hz(settings.band_cpm),
            min_duration=settings.min_duration,
            max_gap=settings.max_interpolated_gap,
        )
    except ValueError as error:
        return cuts, x, None, str(error)
    return cuts, x, blocks, ""


def _answers(
    given: _Given,
    tested: BandTest,
    trace: AnalyticTrace,
    column: int,
    streams: dict[str, np.random.Generator],
) -> tuple[_Answers, dict[str, PressRhythm]]:
    """What the channel says, and for each rater whether the rhythm is there only while they tap."""
    session, x, settings = given.session, given.x, given.settings
    spectral, surrogates, test, _ = tested
    blocks = spectral.blocks
    rate, rhythm, detectable = None, None, float("nan")
    press: dict[str, PressRhythm] = {}
    if tested.is_found(settings.alpha):
        rhythm = bootstrap_samples(spectral, settings.n_bootstrap, streams["rhythm"])
        rate = rate_of(spectral, rhythm)
        surrogates = tested.beside_rhythm()
        press = {taps.rater: press_rhythm(spectral, taps.onset, rhythm, surrogates) for taps in session.taps}
    elif blocks.duration < settings.short_duration:
        fewer = [piece[:FOLLOWED_SURROGATES] for piece in surrogates]
        detectable = detection_power(spectral, fewer, streams["rhythm"])
    rng = streams["references"]
    recording, series = session.recording, given.references
    held = held_references(recording, x, spectral, column=column, settings=settings, rng=rng, series=series)
    references, jointly = references_of(
        held, freq=test.freq, found=rate is not None, settings=settings, rng=rng
    )
    fs = session.recording.fs
    answers = _Answers(
        periodicity=test,
        rate=rate,
        cycle_count=count_cycles(trace, spectral, surrogates, edge=settings.edge),
        time_course=follow_rate(
            spectral,
            [piece[:FOLLOWED_SURROGATES] for piece in surrogates],
            rate=rate,
            rhythm=rhythm,
            window=settings.window,
        ),
        traces=draw_traces(x, trace, test.peaks, fs=fs, band=blocks.band),
        references=references,
        references_jointly=jointly,
        residual=residual_of(held, alpha=settings.alpha)
        if held and settings.taps_against == "residual"
        else None,
        detection_power=detectable,
    )
    return answers, press


def _taps(
    session: Session, x: FloatArray, trace: AnalyticTrace | None, settings: Settings, rng: np.random.Generator
) -> tuple[tuple[TapAgreement, ...], tuple[Told, ...]]:
    if trace is None:
        return (), (("no_residual", {}),) if session.taps else ()
    found: list[TapAgreement] = []
    refused: list[Told] = []
    residual = residual_energy(x, fs=session.recording.fs) if session.taps else None
    for taps, stream in zip(session.taps, rng.spawn(len(session.taps)), strict=True):
        try:
            agreement = tap_agreement_of(
                taps.onset,
                trace,
                residual=residual,
                rng=stream,
                polarity=settings.polarity,
                lag=settings.lag_s,
                ratio=settings.ratio,
                rater=taps.rater,
                edge=settings.edge,
                tolerance_fraction=settings.tolerance_fraction,
            )
        except ValueError as error:
            refused.append(("few_taps", {"rater": taps.rater, "n": len(taps), "why": str(error)}))
        else:
            found.append(replace(agreement, reference=settings.taps_against))
    return tuple(found), tuple(refused)


def _pairs(session: Session, settings: Settings, rng: np.random.Generator) -> tuple[TapAgreement, ...]:
    pairs = list(combinations(session.taps, 2))
    found = []
    for (first, second), stream in zip(pairs, rng.spawn(len(pairs)), strict=True):
        try:
            agreement = rater_agreement(
                first.onset,
                second.onset,
                duration=session.recording.duration,
                rng=stream,
                raters=(first.rater, second.rater),
                tolerance_fraction=settings.tolerance_fraction,
            )
        except ValueError:
            continue  # too few taps: said for each rater already
        found.append(agreement)
    return tuple(found)


def _counts(session: Session, answers: _Answers) -> tuple[CountAgreement, ...]:
    found = []
    for counted in session.counts:
        measured = _rate_within(answers, counted.onset, counted.onset + counted.duration)
        found.append(
            CountAgreement(
                rater=counted.rater,
                count=counted.count,
                onset=counted.onset,
                duration=counted.duration,
                rate_cpm=count_to_cpm(counted.count, counted.duration),
                quantisation_cpm=count_quantisation_cpm(counted.duration),
                measured_cpm=measured,
                measured_is_rhythm=answers.rate is not None,
            )
        )
    return tuple(found)


def _rate_within(answers: _Answers, start: float, stop: float) -> float:
    """Measured rate over a stretch: of the windows inside it, else of the whole recording."""
    course = answers.time_course
    if course is None:
        return float("nan")
    inside = (course.time >= start) & (course.time <= stop)
    if inside.any():
        return float(np.nanmean(course.rate_cpm[inside]))
    if answers.rate is not None:
        return answers.rate.rate_cpm
    return float("nan") if answers.periodicity is None else float(hz_to_cpm(answers.periodicity.freq))


def _quality(given: _Given) -> Quality:
    session, raw, cuts, blocks = given.session, given.raw, given.cuts, given.blocks
    fs = session.recording.fs
    seconds = {label: sum(cut.duration for cut in cuts if cut.label == label) for label in ("gap", "spike")}
    missing = int(np.count_nonzero(np.isnan(raw))) - round(seconds["gap"] * fs)
    interpolated = max(0, missing) + round(seconds["spike"] * fs)
    too_short = _too_short(blocks, given.x, fs, given.settings)
    return Quality(
        duration=session.recording.duration,
        usable=0.0 if blocks is None else blocks.duration,
        cuts=tuple(sorted((*cuts, *too_short), key=lambda cut: cut.onset)),
        n_interpolated=interpolated,
        timing=str(session.info.get("timing", "sampling rate given")),
        import_notes=tuple(session.info.get("import_notes", ())),
    )


def _too_short(blocks: Blocks | None, x: FloatArray, fs: float, settings: Settings) -> tuple[Annotation, ...]:
    """Valid stretches between cuts that were not used."""
    if blocks is None:
        return ()
    used = {round(segment.onset, 6) for segment in blocks.segments}
    return tuple(
        Annotation(float(start / fs), float((stop - start) / fs), "too short")
        for start, stop in segments(x, fs=fs, max_gap=settings.max_interpolated_gap)
        if round(float(start / fs), 6) not in used
    )
