"""Which reference channels belong to a session, and what do they explain of its rhythm?

- `reference_columns` : which channels are references
- `held_references` : the references, each beside the channel
- `references_of` : one answer per reference, and one of all that explain together
- `with_time_fractions` : the answers with how much of the time each rests on
- `residual_trace` : what is left without all of them, as taps are held against it
- `deciding_reference`, `judged_reference` : the one that says what makes the rhythm; else one that does not
- `drawn_reference` : the one that decides, for the page
- `resting_on` : the references that this word rests on
- `untried_multiples`, `nearest_untried` : where a rhythm called one of its own lies at a multiple of a breath that was not tried
- `tapped_on` : what of a reference taps are held against
- `taps_on_references` : whom the taps follow: a reference, or what is left without it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.analysis.reference_series import ReferenceSeries, reference_series
from touchrhythm.analysis.results import Analysis
from touchrhythm.references.explained import (
    BandSeries,
    Held,
    Reference,
    ReferenceChannel,
    attribute_held,
    explain,
    explain_together,
    explains_beyond,
    hold,
    surrogates_for,
)
from touchrhythm.references.judgement import WORDS
from touchrhythm.rhythm.likelihood_ratio import SpectralFit
from touchrhythm.session import Annotation, Recording, Taps
from touchrhythm.settings import FEWEST_TAPS, Settings
from touchrhythm.signal.artifacts import find_cuts
from touchrhythm.signal.filtering import AnalyticTrace, analytic_trace
from touchrhythm.tapping.agreement import TapAgreement, tap_agreement
from touchrhythm.units import band_to_hz
from touchrhythm.words.columns import REFERENCES
from touchrhythm.words.numbers import is_known

__all__ = [
    "MOST_OF_IT",
    "WITHOUT",
    "deciding_reference",
    "drawn_reference",
    "held_references",
    "judged_reference",
    "nearest_untried",
    "reference_columns",
    "references_of",
    "residual_trace",
    "resting_on",
    "tapped_on",
    "taps_on_references",
    "untried_multiples",
    "with_time_fractions",
]

WITHOUT = "without "
STILL = ("gap", "flat", "saturated", "no contact")  # cuts of a channel that shows nothing
# s, of a cycle in the band: what stands still no longer may be the clipped crest of a breath
LONGEST_CREST = 10.0
SLIPPED = 0.25  # of the spread elsewhere: what moves by more than that is there
# of the time analysed: with less, the time that was not compared is more than half of the time that was, and a rhythm
# with another maker then would still be found over the whole
MOST_OF_IT = 2 / 3
CYCLE = 60.0  # cycles per minute times seconds

# Small multiples of a breath's rate at which nothing was made of it to compare with: once, twice and half are tried.
# Larger numbers are left out, as some ratio of larger numbers lies near any rate.
UNTRIED = (
    Fraction(3),
    Fraction(4),
    Fraction(1, 3),
    Fraction(1, 4),
    Fraction(3, 2),
    Fraction(2, 3),
)
DECIDING = ("explained", "both", "cannot be told")  # the word that is said first, in this order


def held_references(
    recording: Recording,
    x: FloatArray,
    spectral: SpectralFit,
    *,
    column: int,
    settings: Settings,
    rng: np.random.Generator,
    series: Mapping[int, ReferenceSeries] | None = None,
) -> list[Held]:
    """The references of a session, each beside the channel that is analysed.

    Parameters
    ----------
    recording : Recording
    x : ndarray, shape (n_samples,)
        The channel that is analysed, NaN where cut.
    spectral : SpectralFit
        Of that channel.
    column : int
        Which one it is.
    settings : Settings
    rng : numpy.random.Generator
    series : mapping, optional
        What of each column can move the channel, where that is known already; else it is made of the recording.
    """
    columns = reference_columns(recording, settings)
    streams = rng.spawn(len(columns))
    channels = {}
    for k in columns:
        if k == column:
            continue
        try:
            channels[k] = _channel(
                recording, k, reference_series(recording, k) if series is None else series[k]
            )
        except ValueError:
            continue
    needed = surrogates_for(list(channels.values()))
    held = []
    for k, stream in zip(columns, streams, strict=True):
        if k not in channels:
            continue
        try:
            held.append(_held(channels[k], x, recording.fs, spectral, settings, needed, stream))
        except ValueError:
            continue  # a reference that never varies, or never together with the channel, explains nothing: it is a flag
    return held


def references_of(
    held: Sequence[Held], *, freq: float, found: bool, settings: Settings, rng: np.random.Generator
) -> tuple[tuple[Reference, ...], Reference | None]:
    """What each reference channel explains, and what several of them explain jointly.

    Parameters
    ----------
    held : sequence of Held
        As `held_references` returns them.
    freq : float
        Where the channel's in-band peak is, in Hz.
    found : bool
        Whether a rhythm was found.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Reference, Reference or None
        The second where more than one reference explains something.
    """
    alpha = settings.alpha
    followed = attribute_held(held, alpha=alpha) if found and held else [None] * len(held)
    answers = [
        explain(reference, freq=freq, alpha=alpha, found=found, rng=rng, attributed=attributed)
        for reference, attributed in zip(held, followed, strict=True)
    ]
    sharing = [(reference, answer) for reference, answer in zip(held, answers, strict=True) if answer.shared]
    if len(sharing) < 2:
        return tuple(answers), None
    together = [reference for reference, _ in sharing]
    jointly = explain_together(together, freq=freq, alpha=alpha, found=found, rng=rng)
    beyond = {
        id(answer): explains_beyond(
            reference, [other for other in sharing if other[1] is not answer], alpha=alpha
        )
        for reference, answer in sharing
    }
    return tuple(replace(answer, beyond_others=beyond.get(id(answer))) for answer in answers), jointly


def with_time_fractions(
    references: Sequence[Reference], jointly: Reference | None, recording: Recording, analysed_s: float
) -> tuple[tuple[Reference, ...], Reference | None]:
    """The answers with the fraction of the time that they rest on: where the reference was there, and moved.

    Parameters
    ----------
    references : sequence of Reference
    jointly : Reference or None
        As `references_of` returns them; together they rest on the time of the one that was there least.
    recording : Recording
        As it was recorded.
    analysed_s : float
        Seconds of the signal that were analysed.
    """
    told = tuple(
        replace(reference, time_fraction=_time_fraction(reference, recording, analysed_s))
        for reference in references
    )
    if jointly is not None:
        least = min(reference.time_fraction for reference in told if reference.shared)
        jointly = replace(jointly, time_fraction=least)
    return told, jointly


def _time_fraction(reference: Reference, recording: Recording, analysed_s: float) -> float:
    if reference.series is None:
        return float("nan")
    x = recording.data[:, recording.index(reference.channel)]
    held, fs = np.isfinite(reference.series.x), reference.series.fs
    for cut in find_cuts(x, recording.fs):
        if cut.label in STILL and cut.duration > LONGEST_CREST and not _still_moves(x, cut, recording.fs):
            held[round(cut.onset * fs) : round((cut.onset + cut.duration) * fs)] = False
    return min(1.0, float(held.sum()) / fs / analysed_s)


def _still_moves(x: FloatArray, cut: Annotation, fs: float) -> bool:
    """Whether a channel that seems to have lost contact still moves there: a belt that slipped records less, not nothing."""
    if cut.label != "no contact":
        return False
    inside = np.zeros(x.size, dtype=bool)
    inside[round(cut.onset * fs) : round((cut.onset + cut.duration) * fs)] = True
    there, beside = x[inside & np.isfinite(x)], x[~inside & np.isfinite(x)]
    return bool(there.size and beside.size) and _spread(there) >= SLIPPED * _spread(beside)


def _spread(x: FloatArray) -> float:
    """Width of the middle 80 %: the edge of a stretch, where the level steps, does not count."""
    low, high = np.quantile(x, (0.1, 0.9))
    return float(high - low)


def residual_trace(left: BandSeries, settings: Settings) -> AnalyticTrace:
    """What is left of a signal without its references, filtered to the band."""
    band = band_to_hz(settings.band_cpm)
    return analytic_trace(left.x, fs=left.fs, band=band, max_gap=settings.max_interpolated_gap)


def taps_on_references(
    references: Sequence[Reference], taps: Sequence[Taps], settings: Settings, rng: np.random.Generator
) -> tuple[TapAgreement, ...]:
    """Each rater's taps against each reference, and against what is left of the signal without it.

    `reference` of an answer is named as `tapped_on` says. A reference is held whether a rhythm was found or not: an
    examiner who taps to their own breathing does so without one, too.
    """
    return tuple(
        agreement
        for reference in references
        for held in tapped_on(reference)
        for rater in taps
        if len(rater) >= FEWEST_TAPS
        for agreement in _one_agreement(rater, held.name, held.held, settings, rng)
    )


class TappedOn(NamedTuple):
    """What of a reference taps are held against.

    `name` is the channel's, of a pulse with its `series` ("finger (height)"), and with `WITHOUT` before it where
    it is what is left of the signal without the reference (`is_left`).
    """

    name: str
    series: str
    is_left: bool
    held: BandSeries


def tapped_on(reference: Reference) -> tuple[TappedOn, ...]:
    """What of a reference taps are held against; a pulse's wave is not: nobody taps at each beat."""
    found = [
        TappedOn(f"{reference.channel} ({series})" if series else reference.channel, series, False, held)
        for series, held in reference.slow.items()
    ]
    if reference.left is not None:
        found.append(TappedOn(WITHOUT + reference.channel, "", True, reference.left))
    return tuple(found)


def deciding_reference(analysis: Analysis) -> Reference | None:
    """The reference, or several together, that says what makes the rhythm; None where none does."""
    jointly = analysis.references_jointly
    if jointly is not None:
        return jointly
    told = [reference for reference in analysis.references if reference.verdict in DECIDING]
    return min(told, key=lambda reference: DECIDING.index(str(reference.verdict)), default=None)


def judged_reference(analysis: Analysis) -> Reference | None:
    """The reference whose word holds for the recording: the deciding one, else the first that was judged."""
    judged = [reference for reference in analysis.references if reference.verdict is not None]
    return deciding_reference(analysis) or next(iter(judged), None)


def resting_on(analysis: Analysis) -> list[Reference]:
    """The references that the word rests on: those that decide, else all that the rhythm does not go with."""
    deciding = deciding_reference(analysis)
    if deciding is not None and deciding.kind != "several":
        return [deciding]
    return [
        reference
        for reference in analysis.references
        if reference.verdict is not None and (deciding is None or reference.shared)
    ]


class UntriedMultiple(NamedTuple):
    """A rhythm that lies at `times` the rate `main_cpm` of a breath; `rate_cpm` is the rhythm's."""

    reference: Reference
    times: Fraction
    main_cpm: float
    rate_cpm: float

    @property
    def arithmetic(self) -> str:
        """Where that is, as a product, to digits that agree with the rate: "3 × 2.7 = 8.1"."""
        products = ((n, round(self.main_cpm, n), float(self.times) * round(self.main_cpm, n)) for n in (1, 2))
        agreeing = (shown for shown in products if round(shown[2], 1) == round(self.rate_cpm, 1))
        main = round(self.main_cpm, 2)
        n, main, product = next(agreeing, (2, main, float(self.times) * main))
        return f"{self.times} × {main:.{n}f} = {product:.{n}f}"


def untried_multiples(analysis: Analysis) -> tuple[UntriedMultiple, ...]:
    """Where a rhythm that is called one of its own lies at a multiple of a breath's rate that was not tried.

    They agree as far as both are known: the rhythm's rate to half its interval, the breath's to one cycle of the
    recording, each that many times.
    """
    deciding, rate, usable = deciding_reference(analysis), analysis.rate, analysis.quality.usable
    claimed = None if rate is None else (rate.rate_cpm, rate.low_cpm, rate.high_cpm)
    if deciding is not None:
        own = (deciding.own_rate_cpm, deciding.own_low_cpm, deciding.own_high_cpm)
        claimed = own if deciding.verdict != "explained" else None
    if claimed is None or not usable or not is_known(*claimed):
        return ()
    at, low, high = claimed
    return tuple(
        UntriedMultiple(reference, times, reference.main_cpm, at)
        for reference in analysis.references
        if reference.verdict is not None and is_known(reference.main_cpm)
        for times in UNTRIED
        if abs(times * reference.main_cpm - at) <= (high - low) / 2 + float(times) * CYCLE / usable
    )


def nearest_untried(analysis: Analysis) -> UntriedMultiple | None:
    """Of the multiples that were not tried the one that lies nearest; None where there is none."""
    return min(
        untried_multiples(analysis),
        key=lambda found: abs(float(found.times) * found.main_cpm - found.rate_cpm),
        default=None,
    )


def drawn_reference(analysis: Analysis) -> Reference | None:
    """The reference that decides what makes the rhythm, else the first that was judged; None where none was."""
    judged = [
        reference
        for reference in analysis.references
        if reference.verdict is not None and reference.followed is not None and reference.coupling is not None
    ]
    return min(judged, key=lambda reference: WORDS.index(str(reference.verdict)), default=None)


def _one_agreement(
    rater: Taps, name: str, series: BandSeries, settings: Settings, rng: np.random.Generator
) -> list[TapAgreement]:
    try:
        agreement = tap_agreement(
            rater.onset,
            series.x,
            fs=series.fs,
            band=band_to_hz(settings.band_cpm),
            rng=rng,
            ratio=settings.ratio,
            rater=rater.rater,
            edge=settings.edge,
            tolerance_fraction=settings.tolerance_fraction,
        )
    except ValueError:
        return []
    return [replace(agreement, reference=name)]


def reference_columns(recording: Recording, settings: Settings) -> list[int]:
    """Columns of the channels that are references: those named, else those that are known to be."""
    if settings.references is None:
        return [k for k, role in enumerate(recording.roles) if role in REFERENCES]
    return [recording.index(name) for name in settings.references]


def _channel(recording: Recording, k: int, moving: ReferenceSeries) -> ReferenceChannel:
    role = recording.roles[k]
    kind = role if role in REFERENCES else ""
    return ReferenceChannel(recording.channels[k], kind, recording.people[k], moving.series, moving.folded)


def _held(
    channel: ReferenceChannel,
    x: FloatArray,
    fs: float,
    spectral: SpectralFit,
    settings: Settings,
    n_surrogates: int,
    rng: np.random.Generator,
) -> Held:
    return hold(
        x,
        channel,
        fs=fs,
        band=band_to_hz(settings.band_cpm),
        rng=rng,
        spectral=spectral,
        min_duration=settings.min_duration,
        max_gap=settings.max_interpolated_gap,
        n_surrogates=n_surrogates,
    )
