"""How strong a rhythm would this recording have shown?

**Conventions.** Evidence in; shares between 0 and 1 out.

- `detectable_share` : how often a rhythm with half of the band's power would have been found
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm.amplitude import band_of, bin_power
from touchrhythm.rhythm.background import fit_background, simulate_copies
from touchrhythm.rhythm.likelihood_ratio import Evidence, likelihood_ratios

__all__ = ["detectable_share"]

CV = 0.05
TRIED, COPIES_OF_EACH = 4, 50


def detectable_share(evidence: Evidence, copies: Sequence[FloatArray], rng: np.random.Generator) -> float:
    """Share of noise copies in which an added rhythm with half of the band's power would be found.

    The rhythm has a random rate in the band, cycle lengths that vary by 5 %, and as much power as the
    background has inside the band. It is found where its gain exceeds what 5 % of the noise copies of
    such recordings reach: the rhythm itself raises the background that these are made from.

    Parameters
    ----------
    evidence : Evidence
    copies : sequence of ndarray, each of shape (n_copies, n)
        Copies without a rhythm, one array per block.
    rng : numpy.random.Generator
    """
    background = evidence.background.theta_interior @ evidence.background.spectra
    power = float((bin_power(evidence) * background)[band_of(evidence)].sum())
    (low, high), fs, n_rows = evidence.blocks.band, evidence.blocks.fs, len(copies[0])
    margin = min(0.1 * (high - low), 0.5 / evidence.model.grid.longest)
    freq = rng.uniform(low + margin, high - margin, (n_rows, 1))
    pieces = []
    for piece in copies:
        walk = CV * np.sqrt(freq / fs) * rng.standard_normal(piece.shape)
        phase = rng.uniform(size=(n_rows, 1)) + np.cumsum(freq / fs + walk, axis=1)
        pieces.append(piece + np.sqrt(2 * power) * np.cos(2 * np.pi * phase))
    spectra = evidence.model.grid.tapered(pieces)
    ratios = likelihood_ratios(spectra, evidence.background, evidence.model)
    inside = evidence.model.in_band[ratios.best]
    return float((inside & (ratios.gain >= _limit(evidence, spectra[:TRIED], rng))).mean())


def _limit(evidence: Evidence, spectra: FloatArray, rng: np.random.Generator) -> float:
    """Gain that 5 % of the noise copies of recordings with these spectra reach."""
    model, gains = evidence.model, []
    for spectrum in spectra:
        background = fit_background(spectrum, model)
        copies = simulate_copies(
            COPIES_OF_EACH, background.shapes, background.theta_interior, model.grid, rng
        )
        ratios = likelihood_ratios(model.grid.tapered(copies), background, model)
        gains.append(np.where(model.in_band[ratios.best], ratios.gain, 0.0))
    return float(np.quantile(np.concatenate(gains), 0.95))
