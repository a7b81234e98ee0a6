"""What stands out of the background anywhere in 2–36 cycles per minute?

**Conventions.** Frequencies in Hz; amplitudes in units of the signal.

- `Peak` : one oscillation, with its interval and place
- `inside_peak`, `name_peaks` : the one in the band; all of a recording, most prominent first
- `strongest_peak` : what "the strongest" means, of all or of those outside the band
- `harmonic_source` : the slower rhythm of which an in-band peak is probably a harmonic
- `hidden_source` : the same, where the slower one does not stand out by itself
- `multiple_source` : a weaker slower one that it is just two or three times of
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.estimates import normal_quantile
from touchrhythm.rhythm import whittle
from touchrhythm.rhythm.amplitude import Strength, bin_power
from touchrhythm.rhythm.background import GUARD, STATISTIC_NEEDED
from touchrhythm.rhythm.likelihood_ratio import SpectralFit
from touchrhythm.signal.spectrum import LOWEST, SpectralComponent
from touchrhythm.units import cpm_to_hz, hz_to_cpm

__all__ = [
    "Peak",
    "harmonic_source",
    "hidden_source",
    "inside_peak",
    "multiple_source",
    "name_peaks",
    "strongest_peak",
    "weighted_interval",
]

LOOK_CPM = (2.0, 36.0)
BREATHING_CPM = (9.5, 25.0)
# Twice the log-likelihood gain that a slower rhythm must bring whose place its harmonic tells: less than
# `STATISTIC_NEEDED`, as a handful of places is looked at and not all below the band.
SOURCE_NEEDED = 5.0
CLOSE = 0.005  # Hz from twice or three times a weaker rhythm, at the most, or it is not said to be that


@dataclass(frozen=True)
class Peak:
    """An oscillation that stands out of the background, anywhere in 2–36 cpm.

    `freq`, `low`, `high` (95 % interval) and `width` (half width at half maximum) in Hz,
    `prominence_db` over the background, `amplitude` in units of the signal, `place` one of
    "in", "below", "above" the band; `label` a plain word for what usually lies there
    ("breathing-like", "harmonic-like", ""), never a finding.
    """

    freq: float
    low: float
    high: float
    width: float
    prominence_db: float
    amplitude: float
    place: str
    label: str = ""


def weighted_interval(value: FloatArray, weight: FloatArray, half_step: float) -> tuple[float, float]:
    """Central 95 % of grid values with weights that sum to 1, each value spread over its step."""
    order = np.argsort(value, kind="stable")
    cumulated = np.cumsum(weight[order])
    low = value[order][min(int(np.searchsorted(cumulated, 0.025)), value.size - 1)]
    high = value[order][min(int(np.searchsorted(cumulated, 0.975)), value.size - 1)]
    return float(low - half_step), float(high + half_step)


def inside_peak(spectral: SpectralFit, strength: Strength, interval: tuple[float, float, float]) -> Peak:
    """The best oscillation in the band or its guard strip, however weak.

    Parameters
    ----------
    spectral : SpectralFit
    strength : Strength
        Of that oscillation.
    interval : tuple of float
        Its frequency and interval (freq, low, high) in Hz.
    """
    (freq, low, high), band = interval, spectral.blocks.band
    place = "below" if freq < band[0] else "above" if freq > band[1] else "in"
    width = float(spectral.model.width[spectral.best])
    return Peak(freq, low, high, width, strength.prominence_db, strength.amplitude, place)


def name_peaks(spectral: SpectralFit, inside: Peak) -> tuple[Peak, ...]:
    """Oscillations in 2–36 cpm that statistic enough likelihood, most prominent first.

    Parameters
    ----------
    spectral : SpectralFit
    inside : Peak
        The best in-band oscillation; listed if it statistics as much as those outside must.
    """
    found = [_outside_peak(spectral, group) for group in _groups(spectral)]
    found = [peak for peak in found if cpm_to_hz(LOOK_CPM[0]) <= peak.freq <= cpm_to_hz(LOOK_CPM[1])]
    if spectral.statistic[spectral.best] >= STATISTIC_NEEDED:
        found.append(inside)
    found.sort(key=lambda peak: -peak.prominence_db)
    resolution = 1 / spectral.model.grid.longest
    return tuple(replace(peak, label=_label(peak, found, resolution)) for peak in found)


def strongest_peak(peaks: Iterable[Peak], *, outside_band: bool = False) -> Peak | None:
    """The peak that stands highest above the background, None where there is none.

    Prominence and not amplitude: under a background that falls with frequency the largest amplitude is
    commonly a slow swing that barely stands out of the noise.

    Parameters
    ----------
    peaks : iterable of Peak
    outside_band : bool, default False
        Whether only what lies below or above the band is looked at.
    """
    considered = (peak for peak in peaks if not (outside_band and peak.place == "in"))
    return max(considered, key=lambda peak: peak.prominence_db, default=None)


def _label(peak: Peak, others: list[Peak], resolution: float) -> str:
    if any(_is_harmonic(peak, neighbour, resolution) for neighbour in others):
        return "harmonic-like"
    if peak.place != "in" and BREATHING_CPM[0] <= hz_to_cpm(peak.freq) <= BREATHING_CPM[1]:
        return "breathing-like"
    return ""


def harmonic_source(inside: Peak, peaks: tuple[Peak, ...], resolution: float) -> float | None:
    """Frequency of a stronger sub-band rhythm of which `inside` is two or three times, or None.

    Parameters
    ----------
    inside : Peak
        The best in-band oscillation.
    peaks : tuple of Peak
        What stands out, as `name_peaks` returns it.
    resolution : float
        Hz: one over the longest block.
    """
    if inside.place != "in":
        return None
    slower = [peak for peak in peaks if peak.place == "below" and _is_harmonic(inside, peak, resolution)]
    return slower[0].freq if slower else None


def hidden_source(spectral: SpectralFit, inside: Peak) -> float | None:
    """Frequency of a stronger sub-band rhythm at a half or a third of `inside` that is no peak by itself, or None.

    In a few minutes a rhythm of three to five cycles a minute has too few cycles to stand out of a background that
    rises towards it, while its harmonic does.

    Parameters
    ----------
    spectral : SpectralFit
    inside : Peak
        The best in-band oscillation.
    """
    model, background = spectral.model, spectral.background
    resolution = 1 / model.grid.longest
    lowest, highest = max(LOWEST, 2.5 * resolution), spectral.blocks.band[0] - GUARD[0]
    steps = 0.25 * resolution * np.arange(-3, 4)
    centre = np.concatenate([inside.freq / k + steps for k in (2, 3)])
    centre = centre[(centre >= lowest) & (centre <= highest)]
    if inside.place != "in" or centre.size == 0:
        return None
    slower = model.grid.expected(
        [SpectralComponent("lorentzian", c, 0.25 * resolution) for c in centre.tolist()]
    )
    beside = np.vstack((background.spectra, model.inside_spectra[spectral.best]))
    penalty = np.append(background.penalty, 0.0)
    count, start = model.grid.weight, spectral.theta[spectral.best]
    rows = np.repeat(spectral.spectrum[None], centre.size, axis=0)
    alone = whittle.fit_rows(rows[:1], beside, count, penalty=penalty, start=start)
    both = whittle.fit_rows(rows, beside, count, penalty=penalty, start=alone.theta[0], extra=slower)
    best = int(both.loss.argmin())
    gains = 2 * float(alone.loss[0] - both.loss[best]) >= SOURCE_NEEDED
    return float(centre[best]) if gains and both.theta[best, -1] > both.theta[best, -2] else None


def multiple_source(inside: Peak, peaks: tuple[Peak, ...], resolution: float) -> float | None:
    """Frequency of a slower rhythm, weaker than `inside`, of which that is just two or three times, or None.

    A harmonic may be stronger than its fundamental; but so may a rhythm of its own lie there by chance, so that this
    is to be named and decides nothing.

    Parameters
    ----------
    inside, peaks, resolution
        As in `harmonic_source`.
    """
    if inside.place != "in":
        return None
    slower = (peak for peak in peaks if peak.place == "below" and peak.amplitude <= inside.amplitude)
    return next((peak.freq for peak in slower if _is_multiple(inside, peak, resolution, CLOSE)), None)


def _is_harmonic(peak: Peak, other: Peak, resolution: float) -> bool:
    """Whether 2 or 3 times a stronger peak's frequency lies within two standard errors, or the resolution."""
    return other.amplitude > peak.amplitude and _is_multiple(peak, other, resolution, math.inf)


def _is_multiple(peak: Peak, other: Peak, resolution: float, most: float) -> bool:
    sd = (other.high - other.low) / (2 * normal_quantile(0.95))
    return any(abs(peak.freq - k * other.freq) <= min(max(2 * k * sd, resolution), most) for k in (2, 3))


def _groups(spectral: SpectralFit) -> list[list[int]]:
    """Oscillations outside the band that overlap, as indexes into the background's components."""
    background = spectral.background
    numbers = list(range(background.n_smooth, len(background.components)))
    numbers.sort(key=lambda k: background.components[k].centre)
    groups: list[list[int]] = []
    for k in numbers:
        if background.theta[k] <= 0:
            continue
        if groups and _overlap(background.components[groups[-1][-1]], background.components[k], spectral):
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def _overlap(a: SpectralComponent, b: SpectralComponent, spectral: SpectralFit) -> bool:
    return abs(a.centre - b.centre) < a.width + b.width + 1.5 / spectral.model.grid.longest


def _outside_peak(spectral: SpectralFit, group: list[int]) -> Peak:
    """One oscillation outside the band, made of overlapping components of the background."""
    background, model = spectral.background, spectral.model
    strongest = max(group, key=lambda k: background.theta[k] * background.spectra[k].max())
    component = background.components[strongest]
    freq, low, high = _centre_of(spectral, group, component)
    power = background.theta[group] @ background.spectra[group]
    smooth = np.delete(background.theta, group) @ np.delete(background.spectra, group, axis=0)
    around = np.abs(model.grid.freq - freq) <= 4 * component.width + 2.5 / model.grid.longest
    above = float((bin_power(spectral) * (spectral.spectrum - smooth))[around].sum())
    return Peak(
        freq=freq,
        low=low,
        high=high,
        width=component.width,
        prominence_db=float(10 * np.log10(1 + (power / smooth).max())),
        amplitude=float(spectral.blocks.scale * np.sqrt(2 * max(above, 0.0))),
        place="below" if freq < spectral.blocks.band[0] else "above",
    )


def _centre_of(
    spectral: SpectralFit, group: list[int], component: SpectralComponent
) -> tuple[float, float, float]:
    """Centre and 95 % interval in Hz, from the likelihood of components like `component` put beside it."""
    background, model = spectral.background, spectral.model
    reach = 3 * component.width + 2 / model.grid.longest
    alternatives = [
        j
        for j, beside in enumerate(model.outside)
        if (beside.kind, beside.width) == (component.kind, component.width)
        and abs(beside.centre - component.centre) <= reach
    ]
    rest = np.delete(np.arange(len(background.components)), group)
    fit = whittle.fit_rows(
        np.repeat(spectral.spectrum[None], len(alternatives), axis=0),
        background.spectra[rest],
        model.grid.weight,
        penalty=background.penalty[rest],
        start=background.theta[rest],
        extra=model.outside_spectra[alternatives],
        max_iter=15,
    )
    weight = np.exp(fit.loss.min() - fit.loss)
    weight /= weight.sum()
    centre = np.array([model.outside[j].centre for j in alternatives])
    step = float(np.diff(centre).min()) if centre.size > 1 else 0.5 / model.grid.longest
    return float(weight @ centre), *weighted_interval(centre, weight, 0.5 * step)
