"""What stands out of the background anywhere in 2–36 cycles per minute?

**Conventions.** Frequencies in Hz; amplitudes in units of the signal.

- `Peak` : one oscillation, with its interval and place
- `inside_peak`, `name_peaks` : the one in the band; all of a recording, most prominent first
- `harmonic_source` : the slower rhythm of which an in-band peak is probably a harmonic
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm import whittle
from touchrhythm.rhythm.amplitude import NORMAL_95_TWO_SIDED, Strength, bin_power
from touchrhythm.rhythm.background import GAIN_NEEDED
from touchrhythm.rhythm.likelihood_ratio import Evidence
from touchrhythm.signal.spectrum import Shape
from touchrhythm.units import cpm_to_hz, hz_to_cpm

__all__ = ["Peak", "harmonic_source", "inside_peak", "name_peaks", "weighted_interval"]

LOOK_CPM = (2.0, 36.0)
BREATHING_CPM = (9.5, 25.0)


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


def inside_peak(evidence: Evidence, strength: Strength, interval: tuple[float, float, float]) -> Peak:
    """The best oscillation in the band or its guard strip, however weak.

    Parameters
    ----------
    evidence : Evidence
    strength : Strength
        Of that oscillation.
    interval : tuple of float
        Its frequency and interval (freq, low, high) in Hz.
    """
    (freq, low, high), band = interval, evidence.blocks.band
    place = "below" if freq < band[0] else "above" if freq > band[1] else "in"
    width = float(evidence.model.width[evidence.best])
    return Peak(freq, low, high, width, strength.prominence_db, strength.amplitude, place)


def name_peaks(evidence: Evidence, inside: Peak) -> tuple[Peak, ...]:
    """Oscillations in 2–36 cpm that gain enough likelihood, most prominent first.

    Parameters
    ----------
    evidence : Evidence
    inside : Peak
        The best in-band oscillation; listed if it gains as much as those outside must.
    """
    found = [_outside_peak(evidence, group) for group in _groups(evidence)]
    found = [one for one in found if cpm_to_hz(LOOK_CPM[0]) <= one.freq <= cpm_to_hz(LOOK_CPM[1])]
    if evidence.gain[evidence.best] >= GAIN_NEEDED:
        found.append(inside)
    found.sort(key=lambda peak: -peak.prominence_db)
    resolution = 1 / evidence.model.grid.longest
    return tuple(replace(peak, label=_label(peak, found, resolution)) for peak in found)


def _label(peak: Peak, others: list[Peak], resolution: float) -> str:
    if any(_is_harmonic(peak, other, resolution) for other in others):
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
    slower = [one for one in peaks if one.place == "below" and _is_harmonic(inside, one, resolution)]
    return slower[0].freq if slower else None


def _is_harmonic(peak: Peak, other: Peak, resolution: float) -> bool:
    """Whether 2 or 3 times a stronger peak's frequency lies within two standard errors, or the resolution."""
    sd = (other.high - other.low) / (2 * NORMAL_95_TWO_SIDED)
    near = any(abs(peak.freq - k * other.freq) <= max(2 * k * sd, resolution) for k in (2, 3))
    return near and other.amplitude > peak.amplitude


def _groups(evidence: Evidence) -> list[list[int]]:
    """Oscillations outside the band that overlap, as indexes into the background's shapes."""
    background = evidence.background
    numbers = list(range(background.n_smooth, len(background.shapes)))
    numbers.sort(key=lambda k: background.shapes[k].centre)
    groups: list[list[int]] = []
    for k in numbers:
        if background.theta[k] <= 0:
            continue
        if groups and _overlap(background.shapes[groups[-1][-1]], background.shapes[k], evidence):
            groups[-1].append(k)
        else:
            groups.append([k])
    return groups


def _overlap(a: Shape, b: Shape, evidence: Evidence) -> bool:
    return abs(a.centre - b.centre) < a.width + b.width + 1.5 / evidence.model.grid.longest


def _outside_peak(evidence: Evidence, group: list[int]) -> Peak:
    """One oscillation outside the band, made of overlapping shapes of the background."""
    background, model = evidence.background, evidence.model
    strongest = max(group, key=lambda k: background.theta[k] * background.spectra[k].max())
    shape = background.shapes[strongest]
    freq, low, high = _centre_of(evidence, group, shape)
    power = background.theta[group] @ background.spectra[group]
    smooth = np.delete(background.theta, group) @ np.delete(background.spectra, group, axis=0)
    around = np.abs(model.grid.freq - freq) <= 4 * shape.width + 2.5 / model.grid.longest
    above = float((bin_power(evidence) * (evidence.spectrum - smooth))[around].sum())
    return Peak(
        freq=freq,
        low=low,
        high=high,
        width=shape.width,
        prominence_db=float(10 * np.log10(1 + (power / smooth).max())),
        amplitude=float(evidence.blocks.scale * np.sqrt(2 * max(above, 0.0))),
        place="below" if freq < evidence.blocks.band[0] else "above",
    )


def _centre_of(evidence: Evidence, group: list[int], shape: Shape) -> tuple[float, float, float]:
    """Centre and 95 % interval in Hz, from the likelihood of shapes like `shape` put beside it."""
    background, model = evidence.background, evidence.model
    reach = 3 * shape.width + 2 / model.grid.longest
    alternatives = [
        j
        for j, other in enumerate(model.outside)
        if (other.kind, other.width) == (shape.kind, shape.width)
        and abs(other.centre - shape.centre) <= reach
    ]
    rest = np.delete(np.arange(len(background.shapes)), group)
    fit = whittle.fit_rows(
        np.repeat(evidence.spectrum[None], len(alternatives), axis=0),
        background.spectra[rest],
        model.grid.weight,
        penalty=background.penalty[rest],
        start=background.theta_interior[rest],
        extra=model.outside_spectra[alternatives],
        max_iter=15,
    )
    weight = np.exp(fit.loss.min() - fit.loss)
    weight /= weight.sum()
    centre = np.array([model.outside[j].centre for j in alternatives])
    step = float(np.diff(centre).min()) if centre.size > 1 else 0.5 / model.grid.longest
    return float(weight @ centre), *weighted_interval(centre, weight, 0.5 * step)
