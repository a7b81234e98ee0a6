"""What does a pulse channel say: how fast is the heart, and which of its series holds the slow rhythm?

The wave becomes beats, the beats three series; each series that exists is tested by itself, and the p-values are
adjusted for their number (Holm). The rest of the recipe then reads the series that answers as it would a force.

**Conventions.** A session in; a `PulseReading` out, which holds the series in a recording of its own at 4 Hz.
Modulation is the amplitude of the rhythm as a fraction: of the mean interval, or of the median height (for height
and baseline).

- `signal_of` : what the channel is, and who says so
- `read_pulse` : beats, series, tests
- `shares` : whether two series hold one rhythm
- `at_even_height` : the wave without what its height does

References
----------
Holm S. (1979). A simple sequentially rejective multiple test procedure. Scand. J. Statist. 6, 65.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.analysis.band_test import BandTest, band_test
from touchrhythm.analysis.reference_series import ReferenceSeries, beside_beats
from touchrhythm.errors import NotAPulse
from touchrhythm.estimates import NAN, holm_adjusted
from touchrhythm.plain_types import to_plain
from touchrhythm.pulse.beats import Beats, find_beats
from touchrhythm.pulse.recognition import may_be_ecg, recognise
from touchrhythm.pulse.series import SERIES_FS, PulseSeries, pulse_series
from touchrhythm.rhythm.blocks import Blocks, cut_into_blocks
from touchrhythm.rhythm.periodicity import PeriodicityResult
from touchrhythm.rhythm.rate import RateEstimate, bootstrap_samples, rate_of
from touchrhythm.session import Annotation, Recording, Session, read_only, runs_of
from touchrhythm.settings import SERIES, Settings
from touchrhythm.signal.filtering import analytic_trace
from touchrhythm.units import band_to_hz, cpm_to_hz
from touchrhythm.words.columns import signal_by_name

__all__ = [
    "PulseAnswer",
    "PulseReading",
    "SeriesAnswer",
    "at_even_height",
    "read_pulse",
    "shares",
    "signal_of",
]

LONGEST_GAP = 8.0  # s without good beats that a series is led across; counted, and said
MOST_BAD = 0.5  # of the beats; with more, nothing is read from the others
# of the beats in a stretch that is read although most others are bad: it must look like a pulse
MOST_BAD_IN_PART = 0.3
FEWEST_BEATS = 30
LOWEST_BEAT = 0.2  # of the median height, below which a beat is not scaled up further
HARDLY = 0.8  # of the beats are bad: noise that rises and falls is not known from a pulse among artefacts
CHANCE = 0.03  # of the rises in noise look like one another
SHOWN = 60.0  # s of the wave that are drawn
UNITS = {"height": "%", "interval": "ms"}
# Of the modulation of the first, what an AC-coupled sensor (0.1 and 0.5 Hz, three shapes of beats, 50 to 100 beats per
# minute) shows of it in the second at the most: .35, .69 and .51 of 72 waves (benchmarks/pulse.py, "leaks").
LEAKS = {("height", "baseline"): 0.35, ("interval", "baseline"): 0.7, ("interval", "height"): 0.55}
CALLED = {"pulse": "a pulse wave", "ecg": "an ECG"}
CUT_OFF = ("clipped", "flat")  # beats that were there to be seen, but for their crests
CONSTANT = "the channel must vary, all samples are {:g} (is the sensor connected?)"
NO_WAVE_AT_ALL = " (is it a heart rate, and no wave? then --signal force takes it as it is)"
SLOWEST_WAVE = 5.0  # samples per second, below which numbers made of beats are written, and no wave


@dataclass(frozen=True, eq=False)
class SeriesAnswer:
    """What one series says.

    `pvalue` of its own test, `pvalue_adjusted` for the number of series tested; `rate` where a rhythm was found at the
    adjusted level; `modulation` with its 95 % interval, and `modulation_bound` that a rhythm of which nothing was
    found stays below (95 %), as fractions; `test` the test itself; `filtered` the band-passed series (n_grid,), NaN
    in gaps.
    """

    pvalue: float
    pvalue_adjusted: float
    rate: RateEstimate | None
    modulation: float
    modulation_low: float
    modulation_high: float
    modulation_bound: float
    test: PeriodicityResult
    filtered: FloatArray


@dataclass(frozen=True, eq=False)
class PulseAnswer:
    """What a pulse channel says.

    Attributes
    ----------
    signal, said_by : str
        "pulse" or "ecg"; "settings", "name" or "looks".
    beats : Beats
    series : mapping
        A `SeriesAnswer` by name; empty where too few beats are good.
    answering : str
        The series that answers: the declared one, else the one with the smallest adjusted p-value.
    declared : bool
        Whether it was declared.
    grid : PulseSeries or None
        The three series.
    wave, wave_onset, wave_fs
        The minute of the wave that is drawn, the second it begins at, and its rate in Hz.
    bridged_s : float
        Seconds without good beats that the answering series was led across.
    looks : str
        "pulse" or "ecg" where the channel is not what it was taken for, but this; else "".
    leaks_from : tuple of str
        Series not declared that hold the rhythm of the declared one, and could put it there behind an AC-coupled
        sensor.
    """

    signal: str
    said_by: str
    beats: Beats
    series: Mapping[str, SeriesAnswer]
    answering: str
    declared: bool
    grid: PulseSeries | None
    wave: FloatArray
    wave_onset: float
    wave_fs: float
    bridged_s: float = 0.0
    looks: str = ""
    leaks_from: tuple[str, ...] = ()

    @property
    def rate_bpm(self) -> float:
        """Heart rate in beats per minute; NaN where too few beats are good, as anything but a pulse has some."""
        return NAN if self.grid is None else self.beats.rate_bpm

    @property
    def rate_range_bpm(self) -> tuple[float, float]:
        """Between which rates 95 % of the beats lie; NaN as the rate is."""
        return (NAN, NAN) if self.grid is None else self.beats.rate_range_bpm

    def may_leak(self, name: str) -> bool:
        """Whether what this series does is no more than the answering one puts into it behind an AC-coupled sensor."""
        return _may_leak(self.answering, self.series[self.answering], name, self.series[name])

    def to_dict(self) -> dict[str, Any]:
        """Plain types with stable keys; arrays are left out."""
        low, high = self.rate_range_bpm
        parts: tuple[str, ...] = ("pvalue", "pvalue_adjusted", "rate", "modulation")
        parts += ("modulation_low", "modulation_high", "modulation_bound")
        return {
            "signal": self.signal,
            "said_by": self.said_by,
            "rate_bpm": to_plain(self.rate_bpm),
            "rate_low_bpm": to_plain(low),
            "rate_high_bpm": to_plain(high),
            "n_beats": len(self.beats),
            "inverted": self.beats.inverted,
            "regularity": self.beats.regularity,
            "gap_s": to_plain(self.beats.gap_s),
            "bad_fraction": to_plain(self.beats.bad_fraction),
            "bad_beats": to_plain(self.beats.counts),
            "bridged_s": to_plain(self.bridged_s),
            "answering": self.answering or None,
            "declared": self.declared,
            "leaks_from": list(self.leaks_from),
            "series": {
                name: {part: to_plain(getattr(found, part)) for part in parts}
                for name, found in self.series.items()
            },
        }


def _may_leak(source: str, of: SeriesAnswer, name: str, into: SeriesAnswer) -> bool:
    return into.modulation <= LEAKS.get((source, name), 0.0) * of.modulation


class PulseReading(NamedTuple):
    """A pulse channel made ready for the recipe: `session` and `settings` hold the answering series at 4 Hz.

    `references` what can move that series, by column. `tested` is None, and `reason` says why, where nothing can be
    answered.
    """

    answer: PulseAnswer | None
    session: Session
    settings: Settings
    blocks: Blocks | None
    tested: BandTest | None
    cuts: tuple[Annotation, ...]
    reason: str
    references: Mapping[int, ReferenceSeries] = {}


def signal_of(recording: Recording, column: int, settings: Settings) -> tuple[str, str]:
    """What a channel is ("force", "pulse" or "ecg"), and who says so ("settings", "name" or "looks")."""
    if settings.signal is not None:
        return settings.signal, "settings"
    named = signal_by_name(recording.channels[column], recording.roles[column])
    if named:
        return named, "name"
    seen = recognise(recording.data[:, column], recording.fs, alone=True)
    return seen or "force", "looks"


def looks_of_a_force(recording: Recording, column: int, settings: Settings) -> str:
    """What a channel beats like that nobody declared to be a force: "pulse" or "ecg", or "" for neither."""
    named = signal_by_name(recording.channels[column], recording.roles[column])
    if settings.signal is not None or named not in ("", "force"):
        return ""
    x = recording.data[:, column]
    seen = recognise(x, recording.fs, alone=True) if named else ""
    # a force by its name is spared the search, which costs as much as all else
    return seen or ("ecg" if not named and may_be_ecg(x, recording.fs) else "")


def read_pulse(
    session: Session, column: int, settings: Settings, streams: Mapping[str, np.random.Generator]
) -> PulseReading | None:
    """Beats, heart rate and tested series of a pulse channel; None where the channel is a force.

    Parameters
    ----------
    session : Session
    column : int
        Of the channel.
    settings : Settings
    streams : mapping
        Generators by name; "test", "noise" and "rhythm" are used.

    Raises
    ------
    NotAPulse
        If a series was declared for a channel that is none.
    """
    recording = session.recording
    signal, said_by = signal_of(recording, column, settings)
    name = recording.channels[column]
    if signal == "force":
        if settings.series is not None:
            raise NotAPulse(
                f"series {settings.series!r} was declared, but channel {name!r} is no pulse"
                " (--signal pulse says that it is one; --channel names another)"
            )
        return None
    x, fs = recording.data[:, column], recording.fs
    refused = PulseReading(None, session, settings, None, None, (), "")
    if np.fmin.reduce(x) == np.fmax.reduce(x):
        return refused._replace(reason=CONSTANT.format(x[~np.isnan(x)][0]))
    try:
        beats = find_beats(x, fs=fs, kind=signal)
    except ValueError as error:
        return refused._replace(reason=str(error) + ("" if fs >= SLOWEST_WAVE else NO_WAVE_AT_ALL))
    shown = _shown(x, fs, beats)
    answer = PulseAnswer(signal, said_by, beats, {}, "", settings.series is not None, None, *shown)
    looks = recognise(x, fs, alone=False)
    if looks and looks != signal:
        reason = f"channel {name!r} looks like {CALLED[looks]}, not like {CALLED[signal]} (--signal {looks} reads it so)"
        return refused._replace(answer=replace(answer, looks=looks), reason=reason)
    reason = _unfit(beats, name, seen=bool(looks), lasting=settings.min_duration)
    if reason:
        return refused._replace(answer=answer, reason=reason)
    grid = pulse_series(beats, x, fs=fs)
    return _read_series(replace(answer, grid=grid), session, column, settings, streams)


def at_even_height(x: FloatArray, fs: float, grid: PulseSeries | None) -> FloatArray:
    """A pulse wave whose beats are brought to one height.

    Where the height rises and falls so does all that is fast in the wave, and taps that follow it would seem to shake
    the sensor.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        The wave.
    fs : float
    grid : PulseSeries or None
        Its series; without them the wave is left as it is.
    """
    if grid is None or not np.isfinite(grid.height).sum() > 1:
        return x
    known = np.isfinite(grid.height)
    size = np.interp(np.arange(x.size) / fs, grid.time[known], grid.height[known]) / 100
    return np.asarray((x - np.nanmedian(x)) / np.maximum(size, LOWEST_BEAT))


def _unfit(beats: Beats, name: str, *, seen: bool, lasting: float) -> str:
    """Why nothing can be read from these beats; "" where something can."""
    counts = sorted(beats.counts.items(), key=lambda item: -item[1])
    is_cut_off = bool(counts) and counts[0][0] in CUT_OFF
    if len(beats) == 0 or (not (seen or is_cut_off) and beats.good.sum() < max(10, CHANCE * len(beats))):
        return (
            f"no beats of a heart can be seen in channel {name!r} (is the sensor on the skin? is it a force? then"
            " --signal force)"
        )
    if beats.good.sum() >= FEWEST_BEATS and (beats.bad_fraction <= MOST_BAD or _is_good_for(lasting, beats)):
        return ""
    why = ", ".join(f"{reason} {n}" for reason, n in counts)
    is_doubted = not (seen or is_cut_off) and beats.bad_fraction > HARDLY
    return (
        f"only {math.floor(100 * (1 - beats.bad_fraction))} % of the beats in channel {name!r} can be used, at least half"
        f" are needed ({why}; press lightly and evenly, keep the hand at rest, keep the wave off both ends of the range"
        f"{'; or is it no pulse at all? then --signal force' if is_doubted else ''})"
    )


def _is_good_for(seconds: float, beats: Beats) -> bool:
    """Whether a stretch is that long and a pulse as others are, as where the finger was off for the rest."""
    time = beats.time_s[beats.good]
    parts = np.split(time, np.flatnonzero(np.diff(time) > LONGEST_GAP) + 1)
    long = [part for part in parts if part[-1] - part[0] >= seconds]
    usual = float(np.nanmedian(beats.interval_s)) if long else NAN
    for part in long:
        found = ((beats.time_s >= part[0]) & (beats.time_s <= part[-1])).sum()
        if part.size >= (1 - MOST_BAD_IN_PART) * max(found, (part[-1] - part[0]) / usual):
            return True
    return False


class _Tested(NamedTuple):
    x: FloatArray
    unit: float  # what a modulation is a fraction of
    blocks: Blocks
    found: BandTest


def _read_series(
    answer: PulseAnswer,
    session: Session,
    column: int,
    settings: Settings,
    streams: Mapping[str, np.random.Generator],
) -> PulseReading:
    """Test the series, choose the one that answers, and make a recording of it."""
    tested, reason = _tested(answer, settings, streams, (settings.series,) if settings.series else SERIES)
    if not tested:
        return PulseReading(answer, session, settings, None, None, (), reason)
    adjusted = holm({name: candidate.found.test.pvalue for name, candidate in tested.items()})
    bridging = replace(settings, max_interpolated_gap=max(LONGEST_GAP, settings.max_interpolated_gap))
    rhythm = _own_streams(streams["rhythm"])
    series = {
        name: _series_answer(candidate, adjusted[name], bridging, rhythm[name])
        for name, candidate in tested.items()
    }
    chosen = settings.series or _first(series, settings.alpha)
    leaks_from: tuple[str, ...] = ()
    if settings.series and series[chosen].rate is not None:
        leaks_from = _leaks_from(answer, chosen, series[chosen], bridging, streams)
    answering = tested[chosen]
    bridged, cuts = _gaps(answering.x, bridging.max_interpolated_gap)
    test = replace(answering.found.test, pvalue=series[chosen].pvalue_adjusted)
    held = {
        k: beside_beats(session.recording, k, answer.beats, n=answering.x.size, band_cpm=settings.band_cpm)
        for k in _references(session.recording, column, settings)
    }
    return PulseReading(
        replace(answer, series=series, answering=chosen, bridged_s=bridged, leaks_from=leaks_from),
        Session(
            _slow_recording(session.recording, column, answering.x, chosen), session.taps, info=session.info
        ),
        replace(bridging, references=tuple(session.recording.channels[k] for k in held)),
        answering.blocks,
        answering.found._replace(test=test),
        cuts,
        "",
        held,
    )


def _gaps(x: FloatArray, longest: float) -> tuple[float, tuple[Annotation, ...]]:
    """Seconds that a series is led across, and the stretches that are too long for that."""
    missing = runs_of(np.isnan(x)) / SERIES_FS
    length = missing[:, 1] - missing[:, 0]
    # the recording begins and ends with part of a beat: no gap
    inner = (missing[:, 0] > 0) & (missing[:, 1] < x.size / SERIES_FS)
    cuts = tuple(
        Annotation(float(start), float(stop - start), "no beats")
        for (start, stop), lasts in zip(missing, length, strict=True)
        if lasts > longest
    )
    return float(length[(length <= longest) & inner].sum()), cuts


def _tested(
    answer: PulseAnswer, settings: Settings, streams: Mapping[str, np.random.Generator], names: Sequence[str]
) -> tuple[dict[str, _Tested], str]:
    """Each series that exists and is asked about, tested; and why the last one was not."""
    grid, beats = answer.grid, answer.beats
    assert grid is not None
    height = float(np.median(beats.height[beats.good]))
    units = {"baseline": height, "height": 100.0, "interval": 1000 * float(np.nanmean(grid.interval))}
    values = {"baseline": grid.baseline, "height": grid.height, "interval": 1000 * grid.interval}
    # each series draws from a stream of its own, so that one declared alone has the p-value it has among others
    own = {part: _own_streams(streams[part]) for part in ("test", "noise")}
    tested, reason = {}, ""
    for name in names:
        try:
            blocks = cut_into_blocks(
                values[name],
                fs=SERIES_FS,
                band=band_to_hz(settings.band_cpm),
                min_duration=settings.min_duration,
                max_gap=max(LONGEST_GAP, settings.max_interpolated_gap),
            )
        except ValueError as error:
            reason = str(error)
        else:
            found = band_test(blocks, settings, rng=own["test"][name], noise=own["noise"][name])
            found = found._replace(test=_below(found.test, beats.rate_bpm / 2))
            tested[name] = _Tested(values[name], units[name], blocks, found)
    return tested, reason


def _own_streams(rng: np.random.Generator) -> dict[str, np.random.Generator]:
    return dict(zip(SERIES, rng.spawn(len(SERIES)), strict=True))


def _leaks_from(
    answer: PulseAnswer,
    declared: str,
    found: SeriesAnswer,
    settings: Settings,
    streams: Mapping[str, np.random.Generator],
) -> tuple[str, ...]:
    """Series that were not declared, hold the same rhythm, and move so much that the declared one may be their leak."""
    names = [name for name in SERIES if (name, declared) in LEAKS]
    tested, _ = _tested(answer, settings, streams, names)
    rhythm = _own_streams(streams["rhythm"])
    others = {
        name: _series_answer(candidate, candidate.found.test.pvalue, settings, rhythm[name])
        for name, candidate in tested.items()
    }
    return tuple(
        name
        for name, other in others.items()
        if shares(other, found) and _may_leak(name, other, declared, found)
    )


def shares(series: SeriesAnswer, other: SeriesAnswer) -> bool:
    """Whether two series hold a rhythm of one rate, as far as their intervals tell."""
    own, beside = series.rate, other.rate
    if own is None or beside is None:
        return False
    return own.low_cpm <= beside.high_cpm and own.high_cpm >= beside.low_cpm


def _below(test: PeriodicityResult, nyquist_cpm: float) -> PeriodicityResult:
    """A test whose peaks are those that the heart can show: above half of its rate all are mirror images."""
    highest = cpm_to_hz(nyquist_cpm)
    return replace(test, peaks=tuple(peak for peak in test.peaks if peak.freq <= highest))


def holm(pvalues: Mapping[str, float]) -> dict[str, float]:
    """P-values adjusted for their number (Holm 1979).

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    return dict(zip(pvalues, holm_adjusted(list(pvalues.values())), strict=True))


def _series_answer(
    candidate: _Tested, adjusted: float, settings: Settings, rng: np.random.Generator
) -> SeriesAnswer:
    found = candidate.found._replace(test=replace(candidate.found.test, pvalue=adjusted))
    rate = None
    if found.is_found(settings.alpha):
        rate = rate_of(found.spectral, bootstrap_samples(found.spectral, settings.n_bootstrap, rng))
    trace = analytic_trace(
        candidate.x, fs=SERIES_FS, band=band_to_hz(settings.band_cpm), max_gap=settings.max_interpolated_gap
    )
    test = candidate.found.test
    return SeriesAnswer(
        pvalue=test.pvalue,
        pvalue_adjusted=adjusted,
        rate=rate,
        modulation=test.amplitude / candidate.unit,
        modulation_low=test.amplitude_low / candidate.unit,
        modulation_high=test.amplitude_high / candidate.unit,
        modulation_bound=test.amplitude_bound / candidate.unit,
        test=test,
        filtered=read_only(_on_grid(trace.x, trace.fs, candidate.x.size)),
    )


def _on_grid(trace: FloatArray, fs: float, n: int) -> FloatArray:
    return np.interp(np.arange(n) / SERIES_FS, np.arange(trace.size) / fs, trace)


def _first(series: Mapping[str, SeriesAnswer], alpha: float) -> str:
    """The series with the smallest adjusted p-value; of several that hold a rhythm the one that it moves most."""

    def order(name: str) -> tuple[float, float, float]:
        answer = series[name]
        moves = answer.modulation if answer.rate is not None else 0.0
        return answer.pvalue_adjusted, -moves, -answer.test.statistic

    return min(series, key=order)


def _slow_recording(recording: Recording, column: int, series: FloatArray, name: str) -> Recording:
    """The series in place of its channel; the others are read at its beats where they are asked for."""
    data = np.full((series.size, len(recording.channels)), np.nan)
    data[:, column] = series
    units = tuple(UNITS.get(name, unit) if k == column else unit for k, unit in enumerate(recording.units))
    return replace(recording, data=data, fs=SERIES_FS, units=units)


def _references(recording: Recording, column: int, settings: Settings) -> list[int]:
    """Channels that the series are held against: those named, else what breathes and the pulses of other people.

    Another sensor on the same heart would explain any rhythm of it, and say nothing of what makes it.
    """
    if settings.references is not None:
        return [k for k in map(recording.index, settings.references) if k != column]
    roles, people = recording.roles, recording.people
    return [
        k
        for k in range(len(roles))
        if k != column and (roles[k] == "breathing" or (roles[k] == "pulse" and people[k] != people[column]))
    ]


def _shown(x: FloatArray, fs: float, beats: Beats) -> tuple[FloatArray, float, float]:
    """The minute of the wave that holds most bad beats beside good ones, its onset and rate."""
    n = min(x.size, round(SHOWN * fs))
    onset = 0.0
    if x.size > n and len(beats):
        starts = np.arange(0.0, (x.size - n) / fs + 1e-9, SHOWN / 4)
        bad = beats.time_s[~beats.good]
        counted = np.searchsorted(bad, starts + SHOWN) - np.searchsorted(bad, starts)
        onset = float(starts[int(np.argmax(counted))] if counted.any() else starts[starts.size // 2])
    first = round(onset * fs)
    return read_only(x[first : first + n].copy()), first / fs, fs
