"""How strong is the oscillation, and how strong could one be that was not found?

**Conventions.** Frequencies in Hz; amplitudes (half of peak to peak of a sine of that power) in
units of the signal; densities of unit-variance blocks.

- `Strength`, `strength_of` : prominence, share of the band's power, amplitude with interval
- `null_strength` : prominence and share in surrogates without a rhythm
- `amplitude_bound` : the largest amplitude still compatible with the recording
- `detection_power` : how often a rhythm with half of the band's power would have been found
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.estimates import normal_quantile
from touchrhythm.rhythm.background import STATISTIC_NEEDED, fit_background, simulate_surrogates
from touchrhythm.rhythm.likelihood_ratio import Ratios, SpectralFit, likelihood_ratios
from touchrhythm.session import NullRange
from touchrhythm.signal.spectrum import SpectralComponent

__all__ = [
    "Strength",
    "amplitude_bound",
    "band_of",
    "bin_power",
    "detection_power",
    "null_strength",
    "strength_of",
]

TAPERED = (
    7 / 6
)  # variance of a power under 3 sine tapers, which weigh the middle more, over that of all of it
LEAST_ERROR = 0.05  # of the power: 2.5 % of the amplitude


class Strength(NamedTuple):
    """Of one oscillation; see `PeriodicityResult` for the meaning of each figure."""

    prominence_db: float
    band_fraction: float
    amplitude: float
    amplitude_low: float
    amplitude_high: float
    noise_rms: float


def band_of(spectral: SpectralFit) -> np.ndarray:
    """Which ordinates lie in the band, shape (n_freq,)."""
    freq, (low, high) = spectral.model.grid.freq, spectral.blocks.band
    return np.asarray((freq >= low) & (freq <= high))


def bin_power(spectral: SpectralFit) -> FloatArray:
    """Power that one unit of density in an ordinate stands for, averaged over blocks; (n_freq,)."""
    grid = spectral.model.grid
    total = sum(grid.lengths)
    per_block = [
        np.full(block.freq.size, 2 * len(members) / total)
        for block, members in zip(grid.blocks, grid.members, strict=True)
    ]
    return np.concatenate(per_block)


def strength_of(spectral: SpectralFit) -> Strength:
    """How strong the best in-band oscillation is.

    The amplitude is that of the power above the background in the oscillation's surroundings; its
    interval holds the realised amplitude in this recording, and widens with the noise under it.
    """
    theta = spectral.theta[spectral.best]
    background = theta[:-1] @ spectral.background.spectra
    shape = spectral.model.inside_spectra[spectral.best]
    peak, band, unit = theta[-1] * shape, band_of(spectral), bin_power(spectral)
    freq, model = spectral.model.grid.freq, spectral.model
    reach = 4 * model.width[spectral.best] + 2.5 / model.grid.longest
    around = np.abs(freq - model.centre[spectral.best]) <= reach
    covered = float((unit * _as_recorded(spectral))[around].sum())
    power = float((unit * (spectral.spectrum - background))[around].sum()) / covered
    spread = background**2 + 2 * background * peak
    noise = float(np.sqrt(TAPERED * (unit**2 / model.grid.weight * spread)[around].sum())) / covered
    sd = float(np.hypot(noise, power * max(_disagreement(spectral), LEAST_ERROR)))
    half = normal_quantile(0.95) * sd
    edges = np.array([power, power - half, power + half])
    amplitude, low, high = spectral.blocks.scale * np.sqrt(2 * np.maximum(edges, 0.0))
    return Strength(
        prominence_db=float(10 * np.log10(1 + (peak / background).max())),
        band_fraction=float((unit * peak)[band].sum() / (unit * (peak + background))[band].sum()),
        amplitude=float(amplitude),
        amplitude_low=float(low),
        amplitude_high=float(high),
        noise_rms=float(spectral.blocks.scale * np.sqrt((unit * background)[band].sum())),
    )


def _as_recorded(spectral: SpectralFit) -> FloatArray:
    """Spectrum of the best oscillation of unit power; the narrowest stands for a steady line."""
    model, best = spectral.model, spectral.best
    spectrum: FloatArray = model.inside_spectra[best]
    if model.width[best] == model.width.min():
        spectrum = model.grid.expected([SpectralComponent("lorentzian", float(model.centre[best]), 1e-9)])[0]
    return spectrum


def _disagreement(spectral: SpectralFit) -> float:
    """Relative spread of the power over the centres and widths that explain the recording."""
    power, weight = spectral.theta[:, -1], spectral.weight
    mean = float(weight @ power)
    variance = float(weight @ power**2) - mean**2
    return float(np.sqrt(max(variance, 0.0))) / mean if mean > 0 else 0.0


def null_strength(spectral: SpectralFit, ratios: Ratios) -> tuple[NullRange, NullRange]:
    """Prominence in dB and share of the band's power in surrogates (all rows but the first)."""
    background = spectral.background.theta_interior @ spectral.background.spectra
    band, unit = band_of(spectral), bin_power(spectral)
    components = spectral.model.inside_spectra
    highest = (components / background).max(axis=1)
    in_band = components[:, band] @ unit[band]
    theta, best = ratios.theta[1:], ratios.best[1:]
    prominence = 10 * np.log10(1 + theta * highest[best])
    power = theta * in_band[best]
    share = power / (power + float((unit * background)[band].sum()))
    return NullRange.of(prominence), NullRange.of(share)


def amplitude_bound(spectral: SpectralFit) -> float:
    """Largest amplitude of an in-band oscillation that the recording does not rule out (95 %).

    For oscillations of each centre in the band and of the narrowest and a middling width, the weight
    that lies 1.645 standard errors above its best value, the background fitted anew for each; the
    largest of these. The standard error is that of a realised amplitude: it grows with the noise
    under the oscillation and with the product of both. Where an oscillation clearly stands out, the
    upper end of its own interval.
    """
    if spectral.statistic[spectral.best] >= STATISTIC_NEEDED:
        return strength_of(spectral).amplitude_high
    model, background = spectral.model, spectral.background
    fitted = np.isfinite(spectral.statistic)
    typical = background.theta_interior @ background.spectra
    widths = np.unique(model.width)
    some = model.in_band & np.isin(model.width, widths[[0, len(widths) // 2]])
    components = model.inside_spectra[some]
    count = model.grid.weight
    # the part of each shape that the background cannot make, in units of standard deviations
    whitened = background.spectra / typical * np.sqrt(count)
    own = components / typical * np.sqrt(count)
    price = np.diag(_prior_precision(spectral))
    inverse = np.linalg.inv(whitened @ whitened.T + price)
    free = own - (own @ whitened.T) @ inverse @ whitened
    excess = (spectral.spectrum / typical - 1) * np.sqrt(count)
    norm = (free * own).sum(axis=1)
    estimate = np.maximum(free @ excess / norm, 0.0)
    known = fitted[some] & (spectral.theta[some, -1] > 0)
    estimate[known] = np.maximum(estimate[known], spectral.theta[some, -1][known])
    bound, one_sided_95 = estimate.copy(), normal_quantile(0.90)
    for _ in range(20):
        spread = TAPERED * (free**2 * (1 + 2 * bound[:, None] * components / typical)).sum(axis=1)
        bound = estimate + one_sided_95 * np.sqrt(spread) / norm
    return float(spectral.blocks.scale * np.sqrt(2 * bound.max()))


def _prior_precision(spectral: SpectralFit) -> FloatArray:
    """Curvature that keeps weights near their fitted value where penalty or bound holds them, (n_components,)."""
    theta = np.maximum(spectral.background.theta_interior, 1e-12)
    return 1 / (4 * theta**2) + 1e-12


CV = 0.05
TRIED, SURROGATES_OF_EACH = 4, 50


def detection_power(
    spectral: SpectralFit, surrogates: Sequence[FloatArray], rng: np.random.Generator
) -> float:
    """Share of surrogates in which an added rhythm with half of the band's power would be found.

    The rhythm has a random rate in the band, cycle lengths that vary by 5 %, and as much power as the
    background has inside the band. It is found where its statistic exceeds what 5 % of the surrogates of
    such recordings reach: the rhythm itself raises the background that these are made from.

    Parameters
    ----------
    spectral : SpectralFit
    surrogates : sequence of ndarray, each of shape (n_surrogates, n)
        Surrogates without a rhythm, one array per block.
    rng : numpy.random.Generator
    """
    background = spectral.background.theta_interior @ spectral.background.spectra
    power = float((bin_power(spectral) * background)[band_of(spectral)].sum())
    (low, high), fs, n_rows = spectral.blocks.band, spectral.blocks.fs, len(surrogates[0])
    margin = min(0.1 * (high - low), 0.5 / spectral.model.grid.longest)
    freq = rng.uniform(low + margin, high - margin, (n_rows, 1))
    pieces = []
    for piece in surrogates:
        walk = CV * np.sqrt(freq / fs) * rng.standard_normal(piece.shape)
        phase = rng.uniform(size=(n_rows, 1)) + np.cumsum(freq / fs + walk, axis=1)
        pieces.append(piece + np.sqrt(2 * power) * np.cos(2 * np.pi * phase))
    spectra = spectral.model.grid.tapered(pieces)
    ratios = likelihood_ratios(spectra, spectral.background, spectral.model)
    inside = spectral.model.in_band[ratios.best]
    return float((inside & (ratios.statistic >= _limit(spectral, spectra[:TRIED], rng))).mean())


def _limit(spectral: SpectralFit, spectra: FloatArray, rng: np.random.Generator) -> float:
    """Gain that 5 % of the surrogates of recordings with these spectra reach."""
    model, statistics = spectral.model, []
    for spectrum in spectra:
        background = fit_background(spectrum, model)
        surrogates = simulate_surrogates(
            SURROGATES_OF_EACH, background.components, background.theta_interior, model.grid, rng
        )
        ratios = likelihood_ratios(model.grid.tapered(surrogates), background, model)
        statistics.append(np.where(model.in_band[ratios.best], ratios.statistic, 0.0))
    return float(np.quantile(np.concatenate(statistics), 0.95))
