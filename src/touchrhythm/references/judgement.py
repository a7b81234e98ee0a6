"""What makes the rhythm: the references that were recorded, or something of its own?

Four words. *explained*: the signal follows the reference, and nothing is left that stands out. *both*: it
follows it, and beside it there is a rhythm of its own. *own*: it does not follow it, and the rhythm is
left. *cannot be told*: neither; or two rates lie so close that a recording of this length cannot keep them
apart. Two narrow lines of half widths w₁ and w₂ are told apart in T seconds where their centres differ by
more than 1/T + w₁ + w₂; a rhythm whose cycle lengths vary by CV has w = π·CV²·rate.

**Conventions.** The signal as a `SpectralFit`, references as sources on the grid of its blocks;
frequencies in Hz, times in seconds.

- `WORDS` : the four words
- `Judgement` : of one reference, or of several together
- `Attributed` : which features of sources are followed
- `attribute_all` : that of several references that are asked side by side
- `judge` : attribution, what is left, and the word
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.estimates import NAN, holm_adjusted
from touchrhythm.references.attribution import (
    Attribution,
    SourceFit,
    attribute,
    nearest_wave,
)
from touchrhythm.references.drift import IN_STEP
from touchrhythm.references.features import WAVE, Feature, band_filtered
from touchrhythm.references.removal import Removal, design_removal
from touchrhythm.rhythm.background import STATISTIC_NEEDED
from touchrhythm.rhythm.blocks import Blocks
from touchrhythm.rhythm.likelihood_ratio import (
    SpectralFit,
    affordable,
    fit_spectrum,
    null_surrogates,
    parts_of,
)
from touchrhythm.rhythm.periodicity import PeriodicityResult, periodicity_of
from touchrhythm.rhythm.rate import (
    BootstrapSamples,
    RateEstimate,
    advance_between,
    bootstrap_samples,
    line_of,
    rate_of,
)

__all__ = [
    "WORDS",
    "Attributed",
    "Judgement",
    "Separation",
    "TakenOut",
    "attribute_all",
    "judge",
    "take_out",
]

WORDS = ("explained", "both", "own", "cannot be told")
N_SURROGATES = 199
N_BOOTSTRAP = 100
IN_SIGHT = (0.02, 0.6)  # Hz, of a feature whose spectrum is fitted
FAR = 3.0  # times what can be kept apart: rates so far from each other need no closer look
MOST = (
    0.5  # of the band's power: what explains so much is followed, though cycles slip where the rhythm is weak
)


@dataclass(frozen=True)
class Separation:
    """Distance of a rhythm from the nearest reference, and what can be kept apart, in Hz.

    `needed_s`: seconds of recording that would keep them apart; infinite where none would.
    """

    distance: float
    resolution: float
    needed_s: float

    @property
    def is_resolved(self) -> bool:
        """Whether this recording can keep the two apart."""
        return self.distance >= self.resolution


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a reference, or several together, explain of a rhythm.

    Attributes
    ----------
    word : str
        One of `WORDS`.
    attributions : tuple of Attribution
        Every feature that was tried.
    shared : tuple of Attribution
        Those that the signal follows (Holm), the one that explains most first.
    fraction_left : float
        Of the band's power after taking the reference out.
    detectable_fraction : float
        Of the band's power: a reference that explains less of it would not have been told from chance.
    left : PeriodicityResult
        The rhythm test on what is left.
    own_rate : RateEstimate or None
        Rate of the rhythm that is left, of the signal's where no reference is followed; None where none is claimed.
        Beside a rhythm that cannot be told from a reference there may be one of its own, too.
    separation : Separation or None
        Why it cannot be told; None where two rates do not stand in the way.
    rate : float
        In-band rate in Hz of what is followed, the one nearest to the signal's; NaN where there is none.
    rest : tuple of ndarray
        What is left of the signal, block by block, in units of the blocks.
    """

    word: str
    attributions: tuple[Attribution, ...]
    shared: tuple[Attribution, ...]
    fraction_left: float
    detectable_fraction: float
    left: PeriodicityResult
    own_rate: RateEstimate | None
    separation: Separation | None
    rate: float
    rest: tuple[FloatArray, ...]


class Attributed(NamedTuple):
    """How well each feature of sources is followed, and whether that stands (Holm), in the order of the sources."""

    found: list[Attribution]
    stands: list[bool]


def attribute_all(
    asked: Sequence[tuple[SpectralFit, Sequence[SourceFit]]], *, alpha: float
) -> list[Attributed]:
    """Hold signals against the features of several references, none of which is named by being one of many.

    Parameters
    ----------
    asked : sequence of (SpectralFit, sequence of SourceFit)
        Each reference's sources, with the signal on the blocks that they have in common.
    alpha : float
        Chance that any feature of any reference is said to be followed where none is (Holm over all of them).

    Returns
    -------
    list of Attributed
        One per reference.
    """
    level = alpha / sum(len(fit.features) for _, fits in asked for fit in fits)
    found = [
        [
            attribution
            for fit in fits
            for attribution in attribute(
                spectral.blocks.pieces, fit, fs=spectral.blocks.fs, band=spectral.blocks.band, level=level
            )
        ]
        for spectral, fits in asked
    ]
    family = [attribution for reference in found for attribution in reference]
    adjusted = iter(holm_adjusted([attribution.pvalue for attribution in family]))
    stands = [[next(adjusted) <= alpha for _ in reference] for reference in found]
    return [
        Attributed(reference, _beyond_waves(spectral.blocks, fits, follows, alpha))
        for (spectral, fits), reference, follows in zip(asked, found, stands, strict=True)
    ]


def _beyond_waves(
    blocks: Blocks, fits: Sequence[SourceFit], stands: Sequence[bool], alpha: float
) -> list[bool]:
    """Which features still stand where the wave of the same source is followed: what moves the wave leaks into them."""
    kept = []
    for fit, follows in _by_source(fits, stands):
        others = [
            feature for feature, is_followed in zip(fit.features[1:], follows[1:], strict=True) if is_followed
        ]
        if follows[0] and others:
            wave = fit.features[0].row(0)
            removal = design_removal([wave], blocks.pieces, fs=blocks.fs, band=blocks.band)
            rest = [rows[0] for rows in removal.of([piece[None] for piece in blocks.pieces])]
            tried = attribute(
                rest, replace(fit, features=tuple(others)), fs=blocks.fs, band=blocks.band, level=alpha
            )
            beyond = {attribution.feature for attribution in tried if attribution.pvalue <= alpha}
            follows[1:] = [feature.name in beyond for feature in fit.features[1:]]
        kept += follows
    return kept


def _by_source(fits: Sequence[SourceFit], stands: Sequence[bool]) -> Iterator[tuple[SourceFit, list[bool]]]:
    """Each source with whether each of its features stands."""
    stood = iter(stands)
    for fit in fits:
        yield fit, [next(stood) for _ in fit.features]


def judge(
    spectral: SpectralFit,
    fits: Sequence[SourceFit],
    *,
    alpha: float,
    rng: np.random.Generator,
    attributed: Attributed | None = None,
) -> Judgement:
    """Judge what sources explain of a signal's rhythm.

    Parameters
    ----------
    spectral : SpectralFit
        Of the signal, in which a rhythm was found.
    fits : sequence of SourceFit
        The sources of one reference, or of several that are taken together.
    alpha : float
        Level of the tests.
    rng : numpy.random.Generator
    attributed : Attributed, optional
        Of these sources, where they are asked beside others; else they are the only ones.
    """
    blocks = spectral.blocks
    if attributed is None:
        (attributed,) = attribute_all([(spectral, fits)], alpha=alpha)
    features, found, stands, removal, rest = take_out(blocks, fits, attributed)
    followed = (attribution for attribution, is_shared in zip(found, stands, strict=True) if is_shared)
    shared = tuple(sorted(followed, key=lambda attribution: -attribution.fraction))
    left, left_fit = _rhythm_left(blocks, rest, removal, rng)
    is_left = left.inside and left.pvalue <= alpha
    lines = _reference_lines(fits, features, stands, blocks)
    close = _too_close(spectral, left_fit if is_left else None, lines, shared)
    word = {(True, True): "both", (True, False): "explained", (False, True): "own"}.get(
        (bool(shared), is_left), "cannot be told"
    )
    if close is not None:
        word = "cannot be told"
    own = None
    nearest = nearest_wave(found)
    if word == "own" and (nearest is None or nearest.pvalue > alpha):
        own = rate_of(spectral, bootstrap_samples(spectral, N_BOOTSTRAP, rng))
    elif is_left and (close is None or _is_apart(left_fit, spectral, lines)):
        own = rate_of(left_fit, _samples_without(removal, left_fit, rng))
    return Judgement(
        word=word,
        attributions=tuple(found),
        shared=shared,
        fraction_left=_band_power(rest, blocks) / _band_power(blocks.pieces, blocks),
        detectable_fraction=max(attribution.detectable for attribution in found),
        left=left,
        own_rate=own,
        separation=close,
        rate=_nearest(lines, line_of(spectral)[0]).rate if lines else NAN,
        rest=rest,
    )


class TakenOut(NamedTuple):
    """Every feature of the sources, how well it is followed, whether that stands (Holm), and what is left without.

    `rest`: block by block, each of shape (n,), in units of the blocks.
    """

    features: list[Feature]
    found: list[Attribution]
    stands: list[bool]
    removal: Removal
    rest: tuple[FloatArray, ...]


def take_out(
    blocks: Blocks, fits: Sequence[SourceFit], attributed: Attributed, *, every_wave: bool = False
) -> TakenOut:
    """Take out of a signal what it follows of sources, each with its wave; where it follows none, all their waves.

    What is not followed is left in beside what is: of a short recording, the waves of three sources are half.

    Parameters
    ----------
    blocks : Blocks
        Of the signal.
    fits : sequence of SourceFit
    attributed : Attributed
        Of all their features.
    every_wave : bool, default False
        Whether waves that are not followed are taken out beside what is, too.
    """
    features = [feature for fit in fits for feature in fit.features]
    found, stands = attributed
    used = []
    for fit, follows in _by_source(fits, stands):
        if every_wave or any(follows) or not any(stands):
            pairs = zip(fit.features, follows, strict=True)
            used += [feature.row(0) for feature, is_shared in pairs if is_shared or feature.name == WAVE]
    removal = design_removal(used, blocks.pieces, fs=blocks.fs, band=blocks.band)
    rest = tuple(rows[0] for rows in removal.of([piece[None] for piece in blocks.pieces]))
    return TakenOut(features, found, stands, removal, rest)


def _rhythm_left(
    blocks: Blocks, rest: Sequence[FloatArray], removal: Removal, rng: np.random.Generator
) -> tuple[PeriodicityResult, SpectralFit]:
    """The rhythm test on what is left; every surrogate is treated as the recording was."""
    scale = float(np.sqrt(np.mean(np.concatenate(rest) ** 2)))
    pieces = tuple(piece / scale for piece in rest)
    spectral = fit_spectrum(replace(blocks, pieces=pieces, scale=blocks.scale * scale))
    surrogates = removal.of(null_surrogates(spectral, affordable(blocks, N_SURROGATES), rng))
    first = parts_of(spectral, surrogates)
    return periodicity_of(spectral, rng=rng, n_surrogates=first.shape[1], first=first), spectral


class _Line(NamedTuple):
    """A rhythm of a reference in the band: rate and half width in Hz, and the series that has it."""

    rate: float
    width: float
    spectral: SpectralFit


def _reference_lines(
    fits: Sequence[SourceFit], features: Sequence[Feature], stands: Sequence[bool], blocks: Blocks
) -> list[_Line]:
    """What the references have in the band: each wave that has a rhythm there, and each feature that is followed."""
    spectra = [
        fit.spectral for fit in fits if float(fit.spectral.statistic[fit.spectral.best]) >= STATISTIC_NEEDED
    ]
    for feature, is_shared in zip(features, stands, strict=True):
        if is_shared and feature.name != WAVE:
            series = [band_filtered(piece[:1].real, blocks.fs, *IN_SIGHT)[0] for piece in feature.pieces]
            scale = float(np.sqrt(np.mean(np.concatenate(series) ** 2)))
            pieces = tuple(piece / scale for piece in series)
            spectra.append(fit_spectrum(replace(blocks, pieces=pieces, scale=scale)))
    return [_Line(*line_of(spectral), spectral) for spectral in spectra]


def _nearest(lines: Sequence[_Line], rate: float) -> _Line:
    return min(lines, key=lambda line: abs(line.rate - rate))


def _too_close(
    spectral: SpectralFit, left: SpectralFit | None, lines: Sequence[_Line], shared: Sequence[Attribution]
) -> Separation | None:
    """Why the rhythm, or what is left of it, cannot be kept apart from the nearest reference; None if it can.

    A signal that follows a reference is in step with it: then both have one rate, and the tests decide. So it is
    where the reference explains most of the band's power: two unrelated rates never share so much.
    """
    if not lines:
        return None
    duration = spectral.blocks.duration
    if left is not None:
        rate, width = line_of(left)
        nearest = _nearest(lines, rate)
        rest = _separation(abs(nearest.rate - rate), nearest.width + width, duration)
        if shared or not rest.is_resolved:
            return None if rest.is_resolved else rest
    if shared and shared[0].fraction >= MOST:
        return None
    rate, width = line_of(spectral)
    nearest = _nearest(lines, rate)
    if abs(nearest.rate - rate) > FAR * (1 / duration + nearest.width + width):
        return None  # about the reference the signal then holds noise alone, which slips as it likes
    slip = abs(advance_between(spectral, nearest.spectral))
    # beside a rhythm of its own, the phase of the whole advances as the mean of the two
    distance = slip if left is None else max(slip, abs(nearest.rate - rate))
    whole = _separation(distance, nearest.width + width, duration)
    return whole if not whole.is_resolved and slip * duration > IN_STEP else None


def _samples_without(removal: Removal, left: SpectralFit, rng: np.random.Generator) -> BootstrapSamples:
    """Recordings like what is left, treated as the recording was: taking out moves the rate of a rhythm nearby."""
    samples = bootstrap_samples(left, N_BOOTSTRAP, rng)
    return replace(samples, pieces=tuple(removal.of(samples.pieces)))


def _is_apart(left: SpectralFit, spectral: SpectralFit, lines: Sequence[_Line]) -> bool:
    """Whether what is left is neither a reference's rhythm nor the one that cannot be told from it."""
    rate, width = line_of(left)
    others = [(line.rate, line.width) for line in lines] + [line_of(spectral)]
    return all(
        _separation(abs(at - rate), other + width, spectral.blocks.duration).is_resolved
        for at, other in others
    )


def _separation(distance: float, widths: float, duration: float) -> Separation:
    needed = 1 / (distance - widths) if distance > widths else float("inf")
    return Separation(distance, 1 / duration + widths, needed)


def _band_power(pieces: Sequence[FloatArray], blocks: Blocks) -> float:
    return sum(float((band_filtered(piece[None], blocks.fs, *blocks.band) ** 2).sum()) for piece in pieces)
