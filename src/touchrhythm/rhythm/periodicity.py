"""Is there a rhythm in the band?

The wide-band spectrum is explained twice, by its background alone and by the background with one
more oscillation inside the band; twice the log-likelihood statistic is held against the same statistic in
surrogates of the recording that have the background and no rhythm. Band-passed data play no part.

**Conventions.** Arrays and Hz in, one `PeriodicityResult` out; amplitudes in units of the signal.

- `periodicity_test` : from an array
- `periodicity_of` : from spectral already gathered

References
----------
Davison A. C., Hinkley D. V. (1997). Bootstrap Methods and their Application, ch. 4.
Phipson B., Smyth G. K. (2010). Permutation p-values should never be zero. Stat. Appl. Genet.
Mol. Biol. 9, 39.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_rng
from touchrhythm.estimates import counted_pvalue
from touchrhythm.rhythm.amplitude import amplitude_bound, null_strength, strength_of
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import (
    Ratios,
    SpectralFit,
    fit_spectrum,
    further_spectra,
    likelihood_ratios,
    surrogate_parts,
)
from touchrhythm.rhythm.peaks import (
    Peak,
    harmonic_source,
    hidden_source,
    inside_peak,
    multiple_source,
    name_peaks,
    weighted_interval,
)
from touchrhythm.session import NullRange, read_only

__all__ = ["FIRST_SURROGATES", "Peak", "PeriodicityResult", "Spectrum", "periodicity_of", "periodicity_test"]

FIRST_SURROGATES = 199  # all fitted; more are made only where they can decide
CLEARLY_NOT = 0.2  # share of surrogates that reach the recording beyond which no more are made
BATCH = 400


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The wide-band spectrum that was tested, with what it was tested against.

    `freq` in Hz; densities in squared units of the signal per Hz; all of shape (n_freq,).
    `background` is the fitted spectrum without an in-band rhythm; `low` and `high` bound 95 % of
    the spectra of surrogates without a rhythm, frequency by frequency.
    """

    freq: FloatArray
    density: FloatArray
    background: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, eq=False)
class PeriodicityResult:
    """Answer to "is there a rhythm in the band?", with how much there is and what noise gives.

    Attributes
    ----------
    pvalue : float
        (1 + surrogates as extreme) / (1 + surrogates), corrected for searching the whole band.
    statistic : float
        Twice the log-likelihood statistic of the best in-band oscillation; 0 if the best one lies
        outside the band.
    freq, freq_low, freq_high : float
        Centre of the best oscillation in Hz, with its 95 % interval.
    width : float
        Half width at half maximum in Hz.
    inside : bool
        Whether the best oscillation lies inside the band (False: just outside, at its edge).
    pvalue_with_edge : float
        As `pvalue`, for an oscillation in the band or in the narrow strip just outside of it.
    at_edge : bool
        Whether the interval of its centre reaches across an edge of the band.
    prominence_db, band_fraction : float
        Peak over background in dB; share of the band's power. With `prominence_null_db`,
        `band_fraction_null`: the same from surrogates.
    amplitude, amplitude_low, amplitude_high : float
        Amplitude of the oscillation (half of peak to peak) in units of the signal, 95 % interval.
    amplitude_bound : float
        Largest amplitude of a rhythm that would still be compatible with the recording (95 %).
    noise_rms : float
        Root mean square of the background inside the band, units of the signal.
    harmonic_of : float or None
        Frequency in Hz of the slower rhythm of which this is probably a harmonic.
    multiple_of : float or None
        Frequency in Hz of a slower and weaker rhythm that stands out and of which this is two or three times.
    n_surrogates, n_exceed : int
        Noise surrogates made; how many reached the observed statistic.
    duration, n_segments : float, int
        Seconds used; segments they came in.
    skipped_s : float
        Seconds in segments that were too short to be used.
    spectrum : Spectrum
        The spectrum that was tested.
    peaks : tuple of Peak
        What else stands out in 2–36 cpm, strongest first; the in-band one included.
    statistic_limit : float
        The statistic that 5 % of the surrogates reach.
    nonstationary_fraction : float
        Share of the time in which the noise has less than half or more than twice its usual power.
    """

    pvalue: float
    statistic: float
    freq: float
    freq_low: float
    freq_high: float
    width: float
    inside: bool
    pvalue_with_edge: float
    at_edge: bool
    prominence_db: float
    prominence_null_db: NullRange
    band_fraction: float
    band_fraction_null: NullRange
    amplitude: float
    amplitude_low: float
    amplitude_high: float
    amplitude_bound: float
    noise_rms: float
    harmonic_of: float | None
    n_surrogates: int
    n_exceed: int
    duration: float
    n_segments: int
    skipped_s: float
    spectrum: Spectrum
    peaks: tuple[Peak, ...]
    statistic_limit: float = float("nan")
    nonstationary_fraction: float = 0.0
    multiple_of: float | None = None


def periodicity_test(
    x: npt.ArrayLike,
    *,
    fs: float,
    band: tuple[float, float],
    rng: np.random.Generator | int | None = None,
    n_surrogates: int = 999,
    min_duration: float = 120.0,
    max_gap: float = 0.5,
) -> PeriodicityResult:
    """Test whether a channel holds a rhythm in the band that its background does not explain.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One channel; NaN marks gaps.
    fs : float
        Sampling rate in Hz.
    band : tuple of float
        Band (low, high) in Hz, within 0.025–0.5.
    rng : numpy.random.Generator or int, optional
        Generator or seed of the surrogates.
    n_surrogates : int, default 999
        Surrogates without a rhythm. Where more than a fifth of the first 199 reach the recording's
        statistic, no more are made, and the p-value is worked out from these.
    min_duration, max_gap : float
        Seconds: shortest segment used (120); longest gap that is interpolated (0.5).

    Returns
    -------
    PeriodicityResult

    Raises
    ------
    ValueError
        If the recording cannot answer: too short, constant, all NaN; or an argument is out of range.

    References
    ----------
    Whittle (1953), Ark. Mat. 2, 423; Sykulski et al. (2019), Biometrika 106, 251.

    Examples
    --------
    >>> time = np.arange(3000) / 10
    >>> noise = np.random.default_rng(0).standard_normal(time.size)
    >>> wave = np.sin(2 * np.pi * 0.14 * time)
    >>> result = periodicity_test(wave + noise, fs=10.0, band=(0.1, 0.2), rng=1, n_surrogates=99)
    >>> result.pvalue, round(result.freq, 3)
    (0.01, 0.14)
    """
    if n_surrogates < 19:
        raise ValueError(f"n_surrogates must be at least 19, got {n_surrogates}")
    blocks = cut_into_blocks(
        np.asarray(x, dtype=np.float64), fs=fs, band=band, min_duration=min_duration, max_gap=max_gap
    )
    return periodicity_of(fit_spectrum(blocks), rng=rng, n_surrogates=n_surrogates)


def periodicity_of(
    spectral: SpectralFit,
    *,
    rng: np.random.Generator | int | None = None,
    n_surrogates: int = 999,
    first: FloatArray | None = None,
) -> PeriodicityResult:
    """Test spectral that was gathered already; see `periodicity_test`.

    `first` may hold spectra of some first surrogates, as `likelihood_ratio.parts_of` returns them.
    """
    rng = check_rng(rng)
    parts = _first_surrogates(spectral, first, min(FIRST_SURROGATES, n_surrogates), rng)
    surrogates = parts.sum(axis=0)
    spectra = np.vstack((spectral.spectrum[None], surrogates))
    ratios = likelihood_ratios(spectra, spectral.background, spectral.model)
    place, strength = _place_of(spectral), strength_of(spectral)
    observed = float(ratios.statistic[0]) if place.inside else 0.0
    counted = _count_reached(spectral, ratios, observed, n_surrogates, parts, rng)
    prominence_null, fraction_null = null_strength(spectral, ratios)
    inside = inside_peak(spectral, strength, (place.freq, place.low, place.high))
    peaks = name_peaks(spectral, inside)
    blocks, model = spectral.blocks, spectral.model
    return PeriodicityResult(
        **strength._asdict(),
        pvalue=counted_pvalue(counted.inside, counted.made),
        statistic=observed,
        freq=place.freq,
        freq_low=place.low,
        freq_high=place.high,
        width=float(model.width[spectral.best]),
        inside=place.inside,
        pvalue_with_edge=counted_pvalue(counted.anywhere, counted.made),
        at_edge=place.low < blocks.band[0] or place.high > blocks.band[1],
        prominence_null_db=prominence_null,
        band_fraction_null=fraction_null,
        amplitude_bound=amplitude_bound(spectral),
        harmonic_of=harmonic_source(inside, peaks, 1 / model.grid.longest) or hidden_source(spectral, inside),
        multiple_of=multiple_source(inside, peaks, 1 / model.grid.longest),
        n_surrogates=counted.made,
        n_exceed=counted.inside,
        duration=blocks.duration,
        n_segments=len(blocks.segments),
        skipped_s=blocks.skipped,
        spectrum=_spectrum_of(spectral, surrogates),
        peaks=peaks,
        statistic_limit=float(np.quantile(_inside(spectral, ratios)[1:], 0.95)),
        nonstationary_fraction=_nonstationary_fraction(spectral),
    )


def _first_surrogates(
    spectral: SpectralFit, first: FloatArray | None, wanted: int, rng: np.random.Generator
) -> FloatArray:
    """Spectra of the first surrogates, in parts: those given, and as many more as are wanted."""
    missing = wanted - (0 if first is None else first.shape[1])
    more = [surrogate_parts(spectral, missing, rng)] if missing > 0 else []
    return np.concatenate(([] if first is None else [first]) + more, axis=1)


def _inside(spectral: SpectralFit, ratios: Ratios) -> FloatArray:
    """Gain of each row, 0 where the best oscillation lies in the guard strip."""
    return np.where(spectral.model.in_band[ratios.best], ratios.statistic, 0.0)


class _Counted(NamedTuple):
    inside: int
    anywhere: int
    made: int


def _count_reached(
    spectral: SpectralFit,
    ratios: Ratios,
    observed: float,
    n_surrogates: int,
    parts: FloatArray,
    rng: np.random.Generator,
) -> _Counted:
    """How many surrogates reach the recording (row 0 of `ratios`); more are made only where they can decide."""
    anywhere = float(ratios.statistic[0])
    batch = Ratios(*(part[1:] for part in ratios))
    counted = _Counted(0, 0, 0)
    while True:
        counted = _Counted(
            counted.inside + int((_inside(spectral, batch) >= observed).sum()),
            counted.anywhere + int((batch.statistic >= anywhere).sum()),
            counted.made + batch.statistic.size,
        )
        if counted.made >= n_surrogates or counted.inside > CLEARLY_NOT * counted.made:
            return counted
        rows = further_spectra(spectral, parts, min(BATCH, n_surrogates - counted.made), rng)
        batch = likelihood_ratios(rows, spectral.background, spectral.model, reach=anywhere)


def _nonstationary_fraction(spectral: SpectralFit) -> float:
    if spectral.amplitude is None:
        return 0.0
    power = np.concatenate(spectral.amplitude) ** 2
    usual = np.median(power)
    return float(((power < usual / 2) | (power > 2 * usual)).mean())


class _Place(NamedTuple):
    freq: float
    low: float
    high: float
    inside: bool


def _place_of(spectral: SpectralFit) -> _Place:
    """Where the best oscillation lies: its centre refined by a parabola of the statistic, with its interval."""
    model, best = spectral.model, spectral.best
    same = np.flatnonzero(model.width == model.width[best])
    centre, statistic = model.centre[same], spectral.statistic[same]
    at = int(np.flatnonzero(same == best)[0])
    step = float(centre[1] - centre[0])
    freq = float(centre[at])
    if 0 < at < centre.size - 1 and np.isfinite(statistic[at - 1 : at + 2]).all():
        left, middle, right = statistic[at - 1 : at + 2]
        curvature = left - 2 * middle + right
        if curvature < 0:
            freq += step * float(np.clip(0.5 * (left - right) / curvature, -0.5, 0.5))
    low, high = weighted_interval(model.centre, spectral.weight, 0.5 * step)
    low, high = min(low, freq), max(high, freq)
    return _Place(freq, low, high, spectral.blocks.band[0] <= freq <= spectral.blocks.band[1])


def _spectrum_of(spectral: SpectralFit, surrogates: FloatArray) -> Spectrum:
    """Spectrum and background of the longest blocks as one-sided densities."""
    grid = spectral.model.grid
    k = int(np.argmax([block.duration for block in grid.blocks]))
    start = sum(block.freq.size for block in grid.blocks[:k])
    part = slice(start, start + grid.blocks[k].freq.size)
    unit = 2 * spectral.blocks.scale**2 / grid.fs
    low, high = np.quantile(surrogates[:, part], (0.025, 0.975), axis=0)
    return Spectrum(
        *(
            read_only(values)
            for values in (
                grid.freq[part],
                unit * spectral.spectrum[part],
                unit * spectral.background.mixture[part],
                unit * low,
                unit * high,
            )
        )
    )
