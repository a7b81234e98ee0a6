"""Is there a rhythm in the band?

**Conventions.** Arrays and Hz in, one `PeriodicityResult` out.
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm._check import FloatArray
from touchrhythm.session import NullRange

__all__ = ["Peak", "PeriodicityResult", "Spectrum"]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The wide-band spectrum that was tested, with what it was tested against.

    `freq` in Hz; densities in squared units of the signal per Hz; all of shape (n_freq,).
    `background` is the fitted spectrum without an in-band rhythm; `low` and `high` bound 95 % of
    the spectra of copies without a rhythm, frequency by frequency.
    """

    freq: FloatArray
    density: FloatArray
    background: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Peak:
    """An oscillation that stands out of the background, anywhere in 2–36 cpm.

    `freq`, `low`, `high` (95 % interval) and `width` (half width at half maximum) in Hz,
    `prominence_db` over the background, `amplitude` in units of the signal, `place` one of
    "in", "below", "above" the band; `label` a plain word for what usually lies there
    ("breathing-like", "pulse-like", ""), never a finding.
    """

    freq: float
    low: float
    high: float
    width: float
    prominence_db: float
    amplitude: float
    place: str
    label: str = ""


@dataclass(frozen=True, eq=False)
class PeriodicityResult:
    """Answer to "is there a rhythm in the band?", with how much there is and what noise gives.

    Attributes
    ----------
    pvalue : float
        (1 + copies as extreme) / (1 + copies), corrected for searching the whole band.
    statistic : float
        Twice the log-likelihood gain of the best in-band oscillation; 0 if the best one lies
        outside the band.
    freq, freq_low, freq_high : float
        Centre of the best oscillation in Hz, with its 95 % interval.
    width : float
        Half width at half maximum in Hz.
    inside : bool
        Whether the best oscillation lies inside the band (False: just outside, at its edge).
    at_edge : bool
        Whether the interval of its centre reaches across an edge of the band.
    prominence_db, band_share : float
        Peak over background in dB; share of the band's power. With `prominence_null_db`,
        `band_share_null`: the same from noise copies.
    amplitude, amplitude_low, amplitude_high : float
        Amplitude of the oscillation (half of peak to peak) in units of the signal, 95 % interval.
    amplitude_bound : float
        Largest amplitude of a rhythm that would still be compatible with the recording (95 %).
    noise_rms : float
        Root mean square of the background inside the band, units of the signal.
    harmonic_of : float or None
        Frequency in Hz of the slower rhythm of which this is probably a harmonic.
    n_copies, n_exceed : int
        Noise copies made; how many reached the observed statistic.
    duration, n_segments : float, int
        Seconds used; segments they came in.
    skipped_s : float
        Seconds in segments that were too short to be used.
    spectrum : Spectrum
        The spectrum that was tested.
    peaks : tuple of Peak
        What else stands out in 2–36 cpm, strongest first; the in-band one included.
    """

    pvalue: float
    statistic: float
    freq: float
    freq_low: float
    freq_high: float
    width: float
    inside: bool
    at_edge: bool
    prominence_db: float
    prominence_null_db: NullRange
    band_share: float
    band_share_null: NullRange
    amplitude: float
    amplitude_low: float
    amplitude_high: float
    amplitude_bound: float
    noise_rms: float
    harmonic_of: float | None
    n_copies: int
    n_exceed: int
    duration: float
    n_segments: int
    skipped_s: float
    spectrum: Spectrum
    peaks: tuple[Peak, ...]
