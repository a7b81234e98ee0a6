"""How strong is the oscillation, and how strong could one be that was not found?

**Conventions.** Frequencies in Hz; amplitudes (half of peak to peak of a sine of that power) in
units of the signal; densities of unit-variance blocks.

- `Strength`, `strength_of` : prominence, share of the band's power, amplitude with interval
- `null_strength` : prominence and share in copies without a rhythm
- `amplitude_bound` : the largest amplitude still compatible with the recording
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm.background import GAIN_NEEDED
from touchrhythm.rhythm.likelihood_ratio import Evidence, Ratios
from touchrhythm.session import NullRange
from touchrhythm.signal.spectrum import Shape

__all__ = ["Strength", "amplitude_bound", "band_of", "bin_power", "null_strength", "strength_of"]

NORMAL_95_TWO_SIDED = 1.959964
NORMAL_95_ONE_SIDED = 1.644854
TAPERED = (
    7 / 6
)  # variance of a power under 3 sine tapers, which weigh the middle more, over that of all of it
LEAST_ERROR = 0.05  # of the power: 2.5 % of the amplitude


class Strength(NamedTuple):
    """Of one oscillation; see `PeriodicityResult` for the meaning of each figure."""

    prominence_db: float
    band_share: float
    amplitude: float
    amplitude_low: float
    amplitude_high: float
    noise_rms: float


def band_of(evidence: Evidence) -> np.ndarray:
    """Which ordinates lie in the band, shape (n_freq,)."""
    freq, (low, high) = evidence.model.grid.freq, evidence.blocks.band
    return np.asarray((freq >= low) & (freq <= high))


def bin_power(evidence: Evidence) -> FloatArray:
    """Power that one unit of density in an ordinate stands for, averaged over blocks; (n_freq,)."""
    grid = evidence.model.grid
    total = sum(grid.lengths)
    per_block = [
        np.full(block.freq.size, 2 * len(members) / total)
        for block, members in zip(grid.blocks, grid.members, strict=True)
    ]
    return np.concatenate(per_block)


def strength_of(evidence: Evidence) -> Strength:
    """How strong the best in-band oscillation is.

    The amplitude is that of the power above the background in the oscillation's surroundings; its
    interval holds the realised amplitude in this recording, and widens with the noise under it.
    """
    theta = evidence.theta[evidence.best]
    background = theta[:-1] @ evidence.background.spectra
    shape = evidence.model.inside_spectra[evidence.best]
    peak, band, unit = theta[-1] * shape, band_of(evidence), bin_power(evidence)
    freq, model = evidence.model.grid.freq, evidence.model
    reach = 4 * model.width[evidence.best] + 2.5 / model.grid.longest
    around = np.abs(freq - model.centre[evidence.best]) <= reach
    covered = float((unit * _as_recorded(evidence))[around].sum())
    power = float((unit * (evidence.spectrum - background))[around].sum()) / covered
    spread = background**2 + 2 * background * peak
    noise = float(np.sqrt(TAPERED * (unit**2 / model.grid.weight * spread)[around].sum())) / covered
    sd = float(np.hypot(noise, power * max(_disagreement(evidence), LEAST_ERROR)))
    edges = np.array([power, power - NORMAL_95_TWO_SIDED * sd, power + NORMAL_95_TWO_SIDED * sd])
    amplitude, low, high = evidence.blocks.scale * np.sqrt(2 * np.maximum(edges, 0.0))
    return Strength(
        prominence_db=float(10 * np.log10(1 + (peak / background).max())),
        band_share=float((unit * peak)[band].sum() / (unit * (peak + background))[band].sum()),
        amplitude=float(amplitude),
        amplitude_low=float(low),
        amplitude_high=float(high),
        noise_rms=float(evidence.blocks.scale * np.sqrt((unit * background)[band].sum())),
    )


def _as_recorded(evidence: Evidence) -> FloatArray:
    """Spectrum of the best oscillation of unit power; the narrowest stands for a steady line."""
    model, best = evidence.model, evidence.best
    spectrum: FloatArray = model.inside_spectra[best]
    if model.width[best] == model.width.min():
        spectrum = model.grid.expected([Shape("lorentzian", float(model.centre[best]), 1e-9)])[0]
    return spectrum


def _disagreement(evidence: Evidence) -> float:
    """Relative spread of the power over the centres and widths that explain the recording."""
    power, weight = evidence.theta[:, -1], evidence.weight
    mean = float(weight @ power)
    variance = float(weight @ power**2) - mean**2
    return float(np.sqrt(max(variance, 0.0))) / mean if mean > 0 else 0.0


def null_strength(evidence: Evidence, ratios: Ratios) -> tuple[NullRange, NullRange]:
    """Prominence in dB and share of the band's power in copies (all rows but the first)."""
    background = evidence.background.theta_interior @ evidence.background.spectra
    band, unit = band_of(evidence), bin_power(evidence)
    shapes = evidence.model.inside_spectra
    highest = (shapes / background).max(axis=1)
    in_band = shapes[:, band] @ unit[band]
    theta, best = ratios.theta[1:], ratios.best[1:]
    prominence = 10 * np.log10(1 + theta * highest[best])
    power = theta * in_band[best]
    share = power / (power + float((unit * background)[band].sum()))
    return NullRange.of(prominence), NullRange.of(share)


def amplitude_bound(evidence: Evidence) -> float:
    """Largest amplitude of an in-band oscillation that the recording does not rule out (95 %).

    For oscillations of each centre in the band and of the narrowest and a middling width, the weight
    that lies 1.645 standard errors above its best value, the background fitted anew for each; the
    largest of these. The standard error is that of a realised amplitude: it grows with the noise
    under the oscillation and with the product of both. Where an oscillation clearly stands out, the
    upper end of its own interval.
    """
    if evidence.gain[evidence.best] >= GAIN_NEEDED:
        return strength_of(evidence).amplitude_high
    model, background = evidence.model, evidence.background
    fitted = np.isfinite(evidence.gain)
    typical = background.theta_interior @ background.spectra
    widths = np.unique(model.width)
    some = model.in_band & np.isin(model.width, widths[[0, len(widths) // 2]])
    shapes = model.inside_spectra[some]
    count = model.grid.weight
    # the part of each shape that the background cannot make, in units of standard deviations
    whitened = background.spectra / typical * np.sqrt(count)
    own = shapes / typical * np.sqrt(count)
    price = np.diag(_prior_precision(evidence))
    inverse = np.linalg.inv(whitened @ whitened.T + price)
    free = own - (own @ whitened.T) @ inverse @ whitened
    excess = (evidence.spectrum / typical - 1) * np.sqrt(count)
    norm = (free * own).sum(axis=1)
    estimate = np.maximum(free @ excess / norm, 0.0)
    known = fitted[some] & (evidence.theta[some, -1] > 0)
    estimate[known] = np.maximum(estimate[known], evidence.theta[some, -1][known])
    bound = estimate.copy()
    for _ in range(20):
        spread = TAPERED * (free**2 * (1 + 2 * bound[:, None] * shapes / typical)).sum(axis=1)
        bound = estimate + NORMAL_95_ONE_SIDED * np.sqrt(spread) / norm
    return float(evidence.blocks.scale * np.sqrt(2 * bound.max()))


def _prior_precision(evidence: Evidence) -> FloatArray:
    """Curvature that keeps weights near their fitted value where penalty or bound holds them, (n_shapes,)."""
    theta = np.maximum(evidence.background.theta_interior, 1e-12)
    return 1 / (4 * theta**2) + 1e-12
