"""How strong a rhythm would this recording have shown?

**Conventions.** SpectralFit in; shares between 0 and 1 out.

- `detection_power` : how often a rhythm with half of the band's power would have been found
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm.amplitude import band_of, bin_power
from touchrhythm.rhythm.background import fit_background, simulate_surrogates
from touchrhythm.rhythm.likelihood_ratio import SpectralFit, likelihood_ratios

__all__ = ["detection_power"]

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
