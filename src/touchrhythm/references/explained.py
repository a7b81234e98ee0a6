"""What does a reference channel (breathing, pulse) explain of a rhythm, and is there one beside it?

**Conventions.** Channels on one grid, NaN where missing; frequencies in Hz, rates in cpm.

- `Reference` : the answer about one channel, or about several together
- `Folded` : where the beats of a heart fold what is faster than they are
- `Coupling`, `BandSeries` : gain and delay over time; a series on the grid of the blocks
- `ReferenceChannel` : a reference channel as it is handed in
- `surrogates_for` : how many surrogates so many features need
- `attribute_held` : what of several references is followed, asked side by side
- `explain` : coherence, attribution, what is left, and the word for it
- `explains_beyond` : whether one does so beyond others
- `residual_of` : what is left of a signal without several channels
- `explain_together` : the same of several channels that explain jointly
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.estimates import NAN
from touchrhythm.references.attribution import Attribution, SourceFit, attribute, fit_source, name_of
from touchrhythm.references.features import OF_BREATHING, WAVE, MovingSeries, band_filtered, breath_rate
from touchrhythm.references.judgement import Attributed, Judgement, attribute_all, judge, take_out
from touchrhythm.references.removal import design_removal
from touchrhythm.rhythm.background import STATISTIC_NEEDED
from touchrhythm.rhythm.blocks import Blocks, cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import SpectralFit, fit_spectrum
from touchrhythm.rhythm.rate import line_of
from touchrhythm.session import read_only
from touchrhythm.signal.decimation import decimated_segments
from touchrhythm.signal.filtering import analytic_rows
from touchrhythm.signal.spectrum import coherence, detrended
from touchrhythm.units import hz_to_cpm

__all__ = [
    "FOLDED",
    "BandSeries",
    "Coupling",
    "Folded",
    "Held",
    "Reference",
    "ReferenceChannel",
    "attribute_held",
    "explain",
    "explain_together",
    "explains_beyond",
    "hold",
    "residual_of",
    "surrogates_for",
]

FOLDED = "folded"  # the series of a reference as the beats of a heart sample it
N_SOURCE_SURROGATES = 99
PER_FEATURE = 25  # surrogates, where there are more features than these can tell by Holm's first step
COUPLING_STEP = 5.0  # s between two values of gain and delay
COUPLING_SMOOTH = 20.0  # s, standard deviation over which they are averaged
COUPLING_WIDTH = 0.02  # Hz about the rhythm in which they are followed


@dataclass(frozen=True, eq=False)
class Coupling:
    """How a channel follows a reference about one frequency, over time.

    `time` in seconds; `gain` in units of the channel per standard deviation of the reference; `delay_s` by
    which the channel comes after it; `coherence` 0–1 of the stretch around; all of shape (n_times,).
    """

    time: FloatArray
    gain: FloatArray
    delay_s: FloatArray
    coherence: FloatArray


@dataclass(frozen=True, eq=False)
class BandSeries:
    """A series on an even grid from second 0: `x` shape (n,) at `fs` Hz, NaN where there is none."""

    x: FloatArray
    fs: float


@dataclass(frozen=True)
class Folded:
    """Where a rhythm appears in a series that the beats of a heart sample; all in cycles per minute.

    `main_cpm` of the reference, above half of `heart_cpm`; it appears at its distance from `times` the heart rate,
    between `low_cpm` and `high_cpm` as the heart slows and hastens. `is_at_rhythm`: whether the rhythm found lies
    there.
    """

    main_cpm: float
    heart_cpm: float
    times: int
    low_cpm: float
    high_cpm: float
    is_at_rhythm: bool = False

    @property
    def arithmetic(self) -> str:
        """Where it appears, as a sum: "38.0 − 30.0 = 8.0"."""
        heart, main = round(self.heart_cpm, 1), round(self.main_cpm, 1)
        at = f"{self.times} × {heart:.1f}" if self.times > 1 else f"{heart:.1f}"
        more, less = (at, f"{main:.1f}") if self.times * heart >= main else (f"{main:.1f}", at)
        return f"{more} − {less} = {abs(self.times * heart - main):.1f}"


@dataclass(frozen=True, eq=False)
class Reference:
    """What a reference channel explains of the band.

    Attributes
    ----------
    channel, kind, person : str
        Its name, what it is ("breathing", "pulse", …) and whose ("subject", "examiner" or "").
    verdict : str or None
        "explained", "both", "own" or "cannot be told"; None where no rhythm was found.
    own_rate_cpm, own_low_cpm, own_high_cpm : float
        Rate of the rhythm beside the reference with its 95 % interval; NaN where none is claimed. Of "own" it is the
        signal's, unless the wave goes with it by itself (p ≤ alpha before Holm); where it "cannot be told", that of
        another rhythm beside the one that cannot.
    rate_cpm : float
        In-band rate of what is followed; NaN where nothing is.
    main_cpm : float
        Mean rate of breathing, in the band or not; NaN of other references.
    shared : tuple of str
        Features that the channel follows, the one that explains most first: "wave", "depth", "half the rate",
        "height" … What moves one of them leaks into the others.
    band_power_fraction_left : float
        Fraction of the band's power that is left when the reference is taken out.
    detectable_fraction : float
        A reference that explains less than this of the band's power would not have been told from chance.
    beyond_others : bool or None
        Where several references explain: whether this one does so beyond the others.
    freq : float
        Where the channel's in-band peak is, in Hz.
    coherence, coherence_null : float
        Magnitude-squared coherence there, with its 95 % chance level.
    pvalue_after : float
        The rhythm test on what is left.
    distance_cpm, resolution_cpm, needed_s : float
        Where two rates are too close: their distance, what this recording can keep apart, and the seconds
        that would keep them apart (infinite: none would); NaN elsewhere.
    folded : Folded or None
        Where the beats that sample the channel fold the reference into the band; None elsewhere.
    time_fraction : float
        Fraction of the time analysed in which the channel was there, neither missing nor stuck at one value.
    attributions : tuple of Attribution
        All features that were tried.
    coupling : Coupling or None
        Gain and delay over time about the rhythm.
    series, left : BandSeries or None
        The reference on the grid of the signal's blocks, and what is left of the signal without it.
    followed : BandSeries or None
        What of the reference is followed most (the first of `shared`; else its wave), filtered to the band and of
        unit spread, as `coupling` holds it against the signal.
    slow : mapping of str to BandSeries
        What of it is slow enough to be tapped on: the channel itself under "", of a pulse its "baseline", "height"
        and "interval", nothing where no beats were found in it.
    """

    channel: str
    kind: str
    person: str
    verdict: str | None
    own_rate_cpm: float
    own_low_cpm: float
    own_high_cpm: float
    rate_cpm: float
    shared: tuple[str, ...]
    band_power_fraction_left: float
    detectable_fraction: float
    beyond_others: bool | None
    freq: float
    coherence: float
    coherence_null: float
    pvalue_after: float
    main_cpm: float = NAN
    distance_cpm: float = NAN
    resolution_cpm: float = NAN
    needed_s: float = NAN
    folded: Folded | None = None
    time_fraction: float = NAN
    attributions: tuple[Attribution, ...] = ()
    coupling: Coupling | None = None
    series: BandSeries | None = None
    left: BandSeries | None = None
    followed: BandSeries | None = None
    slow: Mapping[str, BandSeries] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ReferenceChannel:
    """A reference channel as it is handed in.

    `series` holds what can move a signal, by name, each of shape (n_samples,) at the signal's rate: the
    channel itself under "", of a pulse its "baseline", "height" and "interval"; under `FOLDED` what the beats that
    sample the signal make of it, which `folded` says in numbers.
    """

    name: str
    kind: str
    person: str
    series: dict[str, FloatArray]
    folded: Folded | None = None


@dataclass(frozen=True, eq=False)
class Held:
    """A signal and a reference on common blocks, with the reference's surrogates drawn."""

    channel: ReferenceChannel
    spectral: SpectralFit
    fits: tuple[SourceFit, ...]

    @cached_property
    def main(self) -> SourceFit:
        """The first of its series."""
        return self.fits[0]


def hold(
    x: FloatArray,
    channel: ReferenceChannel,
    *,
    fs: float,
    band: tuple[float, float],
    rng: np.random.Generator,
    spectral: SpectralFit | None = None,
    min_duration: float = 120.0,
    max_gap: float = 0.5,
    n_surrogates: int = N_SOURCE_SURROGATES,
) -> Held:
    """Bring a signal and a reference onto common blocks and draw the reference's surrogates.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        The signal, NaN where cut.
    channel : ReferenceChannel
    fs : float
    band : tuple of float
    rng : numpy.random.Generator
    spectral : SpectralFit, optional
        Of the signal; used where the reference has no gaps of its own.
    min_duration, max_gap : float
        Seconds, as in `periodicity_test`.
    n_surrogates : int, default 99
        Of each source; `surrogates_for` says how many several references need.

    Raises
    ------
    ValueError
        If no stretch in which both are valid is long enough, or the reference is constant.
    """
    missing = np.zeros(x.size, dtype=bool)
    for series in channel.series.values():
        missing |= np.isnan(series)
    both = np.where(missing, np.nan, x) if missing.any() else x
    if spectral is None or (missing & np.isfinite(x)).any():
        spectral = fit_spectrum(
            cut_into_blocks(both, fs=fs, band=band, min_duration=min_duration, max_gap=max_gap)
        )
    fits = []
    for name, series in channel.series.items():
        pieces = _on_blocks(np.where(np.isnan(both), np.nan, series), fs, spectral.blocks, max_gap)
        source = MovingSeries(name, pieces, breathes=_breathes(channel, name))
        fits.append(fit_source(source, spectral.blocks, n_surrogates, rng))
    return Held(channel, spectral, tuple(fits))


def surrogates_for(channels: Sequence[ReferenceChannel]) -> int:
    """How many surrogates of each source tell its features where several references are asked side by side.

    The smallest p-value must lie below the level over the number of all features, or none could ever stand.

    Parameters
    ----------
    channels : sequence of ReferenceChannel
    """
    n = sum(
        1 + len(OF_BREATHING) if _breathes(channel, name) else 1
        for channel in channels
        for name in channel.series
    )
    return max(N_SOURCE_SURROGATES, PER_FEATURE * n - 1) if len(channels) > 1 else N_SOURCE_SURROGATES


def _breathes(channel: ReferenceChannel, name: str) -> bool:
    return channel.kind == "breathing" and not name


def _on_blocks(series: FloatArray, fs: float, blocks: Blocks, max_gap: float) -> tuple[FloatArray, ...]:
    """A series at the blocks' rate, cut where the blocks are; refused where it never varies."""
    parts = {
        round(part.onset, 3): part.x
        for part in decimated_segments(series, fs=fs, target=blocks.fs, max_gap=max_gap)
    }
    pieces = []
    for onset, n in zip(blocks.onset, blocks.lengths, strict=True):
        start = max(key for key in parts if key <= onset + 1e-3)
        first = round((onset - start) * blocks.fs)
        piece = parts[start][first : first + n]
        level = float(np.abs(piece).max(initial=0.0))
        if piece.size < n or level == 0 or piece.std() <= 1e-9 * level:
            raise ValueError("reference must vary, and be valid where the channel is")
        pieces.append(detrended(piece, blocks.fs))
    return tuple(pieces)


def explain(
    held: Held,
    *,
    freq: float,
    alpha: float,
    found: bool,
    rng: np.random.Generator,
    attributed: Attributed | None = None,
) -> Reference:
    """Say what a reference explains of a rhythm that was found.

    Parameters
    ----------
    held : Held
    freq : float
        Where the signal's in-band peak is, in Hz.
    alpha : float
        Level of the tests.
    found : bool
        Whether a rhythm was found; without one there is no verdict.
    rng : numpy.random.Generator
    attributed : Attributed, optional
        What of it is followed, where several references are asked side by side (`attribute_held`).
    """
    answer = _described(held, freq)
    if not found:
        return answer
    judged = judge(held.spectral, held.fits, alpha=alpha, rng=rng, attributed=attributed)
    left = _on_grid(judged.rest, held.spectral.blocks)
    answer = replace(_with_judgement(answer, judged), left=left, **_followed(held, judged, freq))
    return answer if held.channel.folded is None else _where_folded(answer, held, held.channel.folded)


def attribute_held(held: Sequence[Held], *, alpha: float) -> list[Attributed]:
    """What of each of several references a signal follows: one family of tests, however many references there are.

    Parameters
    ----------
    held : sequence of Held
        At least one.
    alpha : float
    """
    return attribute_all([(reference.spectral, reference.fits) for reference in held], alpha=alpha)


def explain_together(
    held: Sequence[Held],
    *,
    freq: float,
    alpha: float,
    found: bool,
    rng: np.random.Generator,
    attributed: Sequence[Attributed] | None = None,
) -> Reference | None:
    """What several references explain jointly; None where they do not lie on the same blocks.

    Parameters
    ----------
    held : sequence of Held
    freq, alpha, found, rng
        As in `explain`: where no rhythm was found there is no verdict.
    attributed : sequence of Attributed, optional
        What of each is followed; else they are asked as the only ones.
    """
    first = held[0]
    if any(reference.spectral.blocks.lengths != first.spectral.blocks.lengths for reference in held):
        return None
    names = " + ".join(reference.channel.name for reference in held)
    answer = replace(
        _described(first, freq),
        channel=names,
        kind="several",
        person="",
        coupling=None,
        coherence=NAN,
        coherence_null=NAN,
    )
    if not found:
        return answer
    fits = [fit for reference in held for fit in reference.fits]
    each = attribute_held(held, alpha=alpha) if attributed is None else attributed
    joined = Attributed(
        [feature for of in each for feature in of.found], [stands for of in each for stands in of.stands]
    )
    judged = judge(first.spectral, fits, alpha=alpha, rng=rng, attributed=joined)
    return _with_judgement(answer, judged)


def explains_beyond(held: Held, beside: Sequence[tuple[Held, Reference]], *, alpha: float) -> bool | None:
    """Whether a signal follows a reference also where what others share with it is taken out.

    Parameters
    ----------
    held : Held
    beside : sequence of (Held, Reference)
        The others, with what `explain` said of each.
    alpha : float

    Returns
    -------
    bool or None
        None where no other lies on the same blocks.
    """
    blocks = held.spectral.blocks
    used = [
        feature.row(0)
        for other, answer in beside
        if other.spectral.blocks.lengths == blocks.lengths
        for fit in other.fits
        for feature in fit.features
        if feature.name == WAVE or name_of(fit.source.name, feature.name) in answer.shared
    ]
    if not used:
        return None
    removal = design_removal(used, blocks.pieces, fs=blocks.fs, band=blocks.band)
    rest = [rows[0] for rows in removal.of([piece[None] for piece in blocks.pieces])]
    level = alpha / sum(len(fit.features) for fit in held.fits)
    return any(
        attribution.pvalue <= level
        for fit in held.fits
        for attribution in attribute(rest, fit, fs=blocks.fs, band=blocks.band, level=level)
    )


def residual_of(held: Sequence[Held], *, alpha: float) -> BandSeries:
    """What is left of a signal without its references, whether it holds a rhythm or not.

    Parameters
    ----------
    held : sequence of Held
        At least one; those that do not lie on the blocks of the first are left out.
    alpha : float
        Level at which a feature of a reference, other than its wave, counts as followed and is taken out too.

    Returns
    -------
    BandSeries
        In units of the signal.
    """
    spectral = held[0].spectral
    blocks = spectral.blocks
    fits = [fit for other in held if other.spectral.blocks.lengths == blocks.lengths for fit in other.fits]
    (attributed,) = attribute_all([(spectral, fits)], alpha=alpha)
    rest = take_out(blocks, fits, attributed, every_wave=True).rest
    return _on_grid([blocks.scale * piece for piece in rest], blocks)


def _described(held: Held, freq: float) -> Reference:
    """Coherence and coupling at the signal's rhythm; no verdict yet."""
    blocks = held.spectral.blocks
    longest = int(np.argmax(blocks.lengths))
    series = held.main.source.pieces
    main = NAN
    if held.channel.kind == "breathing":
        main = float(hz_to_cpm(breath_rate(series, blocks.fs)))
    value, chance = coherence(blocks.pieces[longest], series[longest], fs=blocks.fs, freq=freq)
    return Reference(
        channel=held.channel.name,
        kind=held.channel.kind,
        person=held.channel.person,
        verdict=None,
        own_rate_cpm=NAN,
        own_low_cpm=NAN,
        own_high_cpm=NAN,
        rate_cpm=NAN,
        shared=(),
        band_power_fraction_left=NAN,
        detectable_fraction=NAN,
        beyond_others=None,
        freq=freq,
        coherence=value,
        coherence_null=chance,
        pvalue_after=NAN,
        main_cpm=main,
        folded=held.channel.folded,
        coupling=_coupling(blocks, series, freq),
        series=_on_grid(series, blocks),
        slow={
            fit.source.name: _on_grid(fit.source.pieces, blocks)
            for fit in held.fits
            if fit.source.name or held.channel.kind != "pulse"
        },
    )


def _with_judgement(answer: Reference, judged: Judgement) -> Reference:
    own, close = judged.own_rate, judged.separation
    return replace(
        answer,
        verdict=judged.word,
        own_rate_cpm=NAN if own is None else own.rate_cpm,
        own_low_cpm=NAN if own is None else own.low_cpm,
        own_high_cpm=NAN if own is None else own.high_cpm,
        rate_cpm=float(hz_to_cpm(judged.rate)),
        shared=tuple(shared.name for shared in judged.shared),
        band_power_fraction_left=judged.fraction_left,
        detectable_fraction=judged.detectable_fraction,
        pvalue_after=float(judged.left.pvalue),
        distance_cpm=NAN if close is None else float(hz_to_cpm(close.distance)),
        resolution_cpm=NAN if close is None else float(hz_to_cpm(close.resolution)),
        needed_s=NAN if close is None else close.needed_s,
        attributions=judged.attributions,
    )


def _where_folded(answer: Reference, held: Held, folded: Folded) -> Reference:
    """The answer where a reference is folded to where the rhythm lies: that can then not be one of its own."""
    found, own_width = line_of(held.spectral)
    rate = float(hz_to_cpm(found))
    spread = float(hz_to_cpm(own_width + 1 / held.spectral.blocks.duration))
    is_near = folded.low_cpm - spread <= rate <= folded.high_cpm + spread
    for fit in held.fits:
        if fit.source.name == FOLDED and fit.spectral.statistic[fit.spectral.best] >= STATISTIC_NEEDED:
            at, width = line_of(fit.spectral)
            is_near = is_near or abs(float(hz_to_cpm(at)) - rate) <= spread + float(hz_to_cpm(width))
    if not (is_near or FOLDED in answer.shared):
        return answer
    answer = replace(answer, folded=replace(folded, is_at_rhythm=True))
    if answer.verdict not in ("own", "cannot be told"):
        return answer
    return replace(answer, verdict="cannot be told", own_rate_cpm=NAN, own_low_cpm=NAN, own_high_cpm=NAN)


def _followed(held: Held, judged: Judgement, freq: float) -> dict[str, Any]:
    """What of a reference is followed most, and how the signal follows it over time about the rate of that."""
    blocks, fs = held.spectral.blocks, held.spectral.blocks.fs
    source, name = (judged.shared[0].source, judged.shared[0].feature) if judged.shared else (None, WAVE)
    fit = next((fit for fit in held.fits if fit.source.name == source), held.main)
    feature = next(feature for feature in fit.features if feature.name == name)
    rows = [piece[0] for piece in feature.pieces]
    if np.iscomplexobj(rows[0]):  # its phase is free: that at which the signal goes with it best
        inside = [band_filtered(piece[None], fs, *blocks.band)[0] for piece in blocks.pieces]
        turn = np.angle(sum(complex(row @ piece) for row, piece in zip(rows, inside, strict=True)))
        rows = [(row * np.exp(-1j * turn)).real for row in rows]
    drawn = [band_filtered(row[None], fs, *blocks.band)[0] for row in rows]
    spread = float(np.sqrt(np.mean(np.concatenate(drawn) ** 2))) or 1.0
    pieces = tuple(row / spread for row in drawn)
    at = judged.rate if judged.shared and np.isfinite(judged.rate) else freq
    return {"followed": _on_grid(pieces, blocks), "coupling": _coupling(blocks, pieces, at)}


def _on_grid(pieces: Sequence[FloatArray], blocks: Blocks) -> BandSeries:
    """Blocks put at their places from second 0 on."""
    starts = [round(onset * blocks.fs) for onset in blocks.onset]
    x = np.full(starts[-1] + pieces[-1].size, np.nan)
    for start, piece in zip(starts, pieces, strict=True):
        x[start : start + piece.size] = piece
    return BandSeries(read_only(x), blocks.fs)


def _coupling(blocks: Blocks, series: Sequence[FloatArray], freq: float) -> Coupling:
    """Gain and delay about `freq`, averaged over a Gaussian of 20 s."""
    band = freq - COUPLING_WIDTH, freq + COUPLING_WIDTH
    step = max(1, round(COUPLING_STEP * blocks.fs))
    rows: list[FloatArray] = []
    for onset, piece, reference in zip(blocks.onset, blocks.pieces, series, strict=True):
        both = band_filtered(np.vstack((piece, reference)), blocks.fs, *band)
        signal, other = analytic_rows(both)
        products = np.vstack((signal * other.conj(), np.abs(signal) ** 2, np.abs(other) ** 2))
        smooth = COUPLING_SMOOTH * blocks.fs
        averaged = scipy.ndimage.gaussian_filter1d(products.real, smooth, axis=1, mode="nearest")
        turned = scipy.ndimage.gaussian_filter1d(products[0].imag, smooth, mode="nearest")
        cross = (averaged[0] + 1j * turned)[::step]
        power, size = averaged[1, ::step], np.maximum(averaged[2, ::step], 1e-12)
        rows.append(
            np.vstack(
                (
                    onset + np.arange(cross.size) * step / blocks.fs,
                    blocks.scale * np.abs(cross) / size,
                    -np.angle(cross) / (2 * np.pi * freq),
                    np.abs(cross) ** 2 / np.maximum(size * power, 1e-24),
                )
            )
        )
    return Coupling(*(read_only(row) for row in np.concatenate(rows, axis=1)))
