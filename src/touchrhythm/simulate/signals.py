"""What do a known rhythm and a known background look like? Arrays of known truth.

**Conventions.** Arrays of shape (n,) at `fs` Hz; phases in cycles, a peak at every whole number;
times in seconds from the first sample. Everything random takes `rng`; same seed, same numbers.

- `simulate_cycles` : peak times of a rhythm whose cycle lengths vary
- `simulate_rhythm` : its wave and its phase
- `simulate_noise` : backgrounds of any colour
- `in_band_power`, `mix_at_snr` : rhythm and background at a stated ratio
"""

from __future__ import annotations

import numpy as np
import scipy

from touchrhythm._check import FloatArray, check_band, check_fs, check_rng
from touchrhythm.units import cpm_to_hz

__all__ = ["in_band_power", "mix_at_snr", "simulate_cycles", "simulate_noise", "simulate_rhythm"]

Rng = np.random.Generator | int | None

EXPONENTS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
AR_CORNER = 0.1  # Hz
KNEE, KNEE_STEEPNESS = 0.05, 3.0  # Hz, exponent of the power above the knee
MODULATION_CORNER = 0.017  # Hz; amplitude changes over about a minute
RAMP = 3.0  # seconds in which a train comes and goes


def simulate_cycles(
    duration: float,
    *,
    rate_cpm: float,
    cv: float = 0.05,
    drift: float = 0.0,
    tempo_memory: float = 0.0,
    rng: Rng = None,
) -> FloatArray:
    """Peak times of a rhythm whose cycle lengths are drawn one by one.

    Parameters
    ----------
    duration : float
        Seconds to cover; peaks reach at least one cycle beyond on both sides.
    rate_cpm : float
        Mean rate in cycles per minute.
    cv : float, default 0.05
        Coefficient of variation of the cycle length (log-normal).
    drift : float, default 0.0
        Share by which the cycle length grows from start to end; negative: it shrinks.
    tempo_memory : float, default 0.0
        Correlation of each cycle length with the last; 0: independent.
    rng : Generator or int, optional
        Source of randomness.

    Returns
    -------
    ndarray, shape (n_cycles,)
        Increasing, in seconds; the first ones lie before 0, the last ones after `duration`.

    Raises
    ------
    ValueError
        If the rate is not above 0, or `cv`, `drift` or `tempo_memory` outside their range.

    Examples
    --------
    >>> simulate_cycles(20.0, rate_cpm=10.0, cv=0.0, rng=1).round(2)
    array([-7.66, -1.66,  4.34, 10.34, 16.34, 22.34, 28.34])
    """
    rng = check_rng(rng)
    if not rate_cpm > 0:
        raise ValueError(f"rate_cpm must be above 0 cpm, got {rate_cpm:g}")
    if not 0 <= cv < 1:
        raise ValueError(f"cv must be a share of the cycle length from 0 to below 1, got {cv:g}")
    if not (-1 < drift < 2 and -1 < tempo_memory < 1):
        raise ValueError(
            f"drift must lie in (-1, 2) and tempo_memory in (-1, 1), got {drift:g}, {tempo_memory:g}"
        )
    period = 1 / cpm_to_hz(rate_cpm)
    n = int((duration / period + 4) / (1 - min(0.9, abs(drift) / 2 + cv))) + 20
    shape = scipy.signal.lfilter([1.0], [1.0, -tempo_memory], rng.standard_normal(n))
    spread = np.log1p(cv**2) ** 0.5
    length = period * np.exp(spread * (1 - tempo_memory**2) ** 0.5 * shape - spread**2 / 2)
    if drift:
        length *= 1 + drift * (np.clip(np.cumsum(length) / duration, 0, 1) - 0.5)
    peak = np.cumsum(length) - length[0] - (1 + rng.uniform()) * length[0]
    kept: FloatArray = peak[: int(np.searchsorted(peak, duration)) + 2]
    return kept


def simulate_rhythm(
    n: int,
    *,
    fs: float,
    rate_cpm: float,
    cv: float = 0.05,
    drift: float = 0.0,
    tempo_memory: float = 0.0,
    rng: Rng = None,
) -> tuple[FloatArray, FloatArray]:
    """Sine of unit amplitude with varying cycle lengths, and its phase.

    Parameters
    ----------
    n : int
        Samples.
    fs : float
        Sampling rate in Hz.
    rate_cpm, cv, drift, tempo_memory, rng
        As in `simulate_cycles`.

    Returns
    -------
    wave : ndarray, shape (n,)
    phase : ndarray, shape (n,)
        In cycles, increasing; the wave peaks at every whole number. The realised mean rate is
        the phase gained over the time passed.

    Examples
    --------
    >>> wave, phase = simulate_rhythm(600, fs=1.0, rate_cpm=6.0, cv=0.0, rng=1)
    >>> round(float(phase[-1] - phase[0]), 3)
    59.9
    """
    fs = check_fs(fs)
    peak = simulate_cycles(n / fs, rate_cpm=rate_cpm, cv=cv, drift=drift, tempo_memory=tempo_memory, rng=rng)
    return wave_of(peak, n, fs)


def wave_of(peak: FloatArray, n: int, fs: float) -> tuple[FloatArray, FloatArray]:
    """Sine and phase (cycles) whose peaks stand at given times."""
    phase = np.interp(np.arange(n) / fs, peak, np.arange(peak.size, dtype=np.float64))
    wave: FloatArray = np.cos(2 * np.pi * phase)
    return wave, phase


def simulate_noise(n: int, *, fs: float, colour: str | float = "pink", rng: Rng = None) -> FloatArray:
    """Gaussian background of unit variance without any rhythm.

    Parameters
    ----------
    n : int
        Samples.
    fs : float
        Sampling rate in Hz.
    colour : str or float, default "pink"
        "white", "pink" (power falls as 1/f), "brown" (1/f²), any exponent as a number, "ar" (flat,
        then 1/f² above 0.1 Hz), "knee" (flat, then 1/f³ above 0.05 Hz) or "mixed" (1/f with as
        much white noise at 0.3 Hz). Cut out of a stretch twice as long, so that its ends do not
        fit each other.
    rng : Generator or int, optional

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        On an unknown colour.

    Examples
    --------
    >>> bool(abs(simulate_noise(1000, fs=10.0, colour="ar", rng=1).std() - 1) < 1e-9)
    True
    """
    rng, fs = check_rng(rng), check_fs(fs)
    long = scipy.fft.next_fast_len(2 * max(2, n), real=True)
    freq = scipy.fft.rfftfreq(long, 1 / fs)
    gain = np.zeros(freq.size)
    gain[1:] = _amplitude(freq[1:], colour)
    spectrum = gain * (rng.standard_normal(freq.size) + 1j * rng.standard_normal(freq.size))
    x = scipy.fft.irfft(spectrum, long)[:n]
    noise: FloatArray = (x - x.mean()) / x.std()
    return noise


def in_band_power(x: FloatArray, *, fs: float, band: tuple[float, float]) -> float:
    """Power of a channel inside a band, from its Hann-tapered spectrum, in squared units of `x`.

    Parameters
    ----------
    x : ndarray, shape (n,)
    fs : float
        Sampling rate in Hz.
    band : tuple of float
        Edges (low, high) in Hz.

    Returns
    -------
    float

    Examples
    --------
    >>> wave, _ = simulate_rhythm(6000, fs=10.0, rate_cpm=8.0, cv=0.0, rng=1)
    >>> round(in_band_power(wave, fs=10.0, band=(0.1, 0.2)), 3)
    0.5
    """
    low, high = check_band(band, fs)
    taper = scipy.signal.windows.hann(x.size)
    density = np.abs(scipy.fft.rfft(taper * scipy.signal.detrend(x))) ** 2
    freq = scipy.fft.rfftfreq(x.size, 1 / fs)
    inside = (freq >= low) & (freq <= high)
    return float(2 * density[inside].sum() / (x.size * (taper**2).sum()))


def mix_at_snr(
    rhythm: FloatArray, background: FloatArray, *, fs: float, band: tuple[float, float], snr_db: float
) -> FloatArray:
    """Background plus the rhythm, scaled to a stated ratio of their powers inside the band.

    The ratio holds for these two arrays, not on average. A rhythm most of whose power lies outside
    the band counts with its whole power.

    Parameters
    ----------
    rhythm, background : ndarray, shape (n,)
    fs : float
        Sampling rate in Hz.
    band : tuple of float
        Edges (low, high) in Hz.
    snr_db : float
        Ratio in decibels.

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> wave, _ = simulate_rhythm(6000, fs=10.0, rate_cpm=8.0, rng=1)
    >>> noise = simulate_noise(6000, fs=10.0, rng=2)
    >>> mixed = mix_at_snr(wave, noise, fs=10.0, band=(0.1, 0.2), snr_db=3.0)
    >>> ratio = in_band_power(mixed - noise, fs=10.0, band=(0.1, 0.2)) / in_band_power(
    ...     noise, fs=10.0, band=(0.1, 0.2)
    ... )
    >>> round(float(10 * np.log10(ratio)), 6)
    3.0
    """
    inside = in_band_power(rhythm, fs=fs, band=band)
    power = inside if inside > 0.5 * float(np.var(rhythm)) else float(np.var(rhythm))
    wanted = in_band_power(background, fs=fs, band=band) * 10 ** (snr_db / 10)
    mixed: FloatArray = background + rhythm * (wanted / power) ** 0.5
    return mixed


def slow_amplitude(
    n: int, fs: float, modulation_sd: float, episodes_s: tuple[float, float] | None, rng: np.random.Generator
) -> FloatArray:
    """Amplitude of a rhythm over time: waxes by `modulation_sd` (SD of its logarithm), comes in trains.

    `episodes_s`: mean seconds on and off, exponentially distributed, with ramps of 3 s.
    """
    amplitude = np.ones(n)
    if modulation_sd:
        freq = scipy.fft.rfftfreq(2 * n, 1 / fs)
        gain = np.exp(-0.5 * (freq / MODULATION_CORNER) ** 2)
        gain[0] = 0.0
        size = rng.standard_normal(freq.size) + 1j * rng.standard_normal(freq.size)
        slow = scipy.fft.irfft(gain * size, 2 * n)[:n]
        amplitude *= np.exp(modulation_sd * slow / slow.std())
    if episodes_s is not None:
        lengths = rng.exponential(np.tile(episodes_s, int(n / fs / sum(episodes_s) * 4) + 20))
        edges = np.cumsum(lengths) - rng.uniform() * episodes_s[0]
        inside = np.searchsorted(edges, np.arange(n) / fs) % 2 == 0
        width = max(1, int(RAMP * fs))
        amplitude *= scipy.ndimage.uniform_filter1d(inside.astype(np.float64), width, mode="nearest")
    return amplitude


def _amplitude(freq: FloatArray, colour: str | float) -> FloatArray:
    if isinstance(colour, str) and colour in EXPONENTS:
        colour = EXPONENTS[colour]
    if not isinstance(colour, str):
        power = freq ** -float(colour)
    elif colour == "ar":
        power = 1 / (1 + (freq / AR_CORNER) ** 2)
    elif colour == "knee":
        power = 1 / (1 + (freq / KNEE) ** KNEE_STEEPNESS)
    elif colour == "mixed":
        power = 1 / freq + 1 / 0.3
    else:
        known = (*EXPONENTS, "ar", "knee", "mixed")
        raise ValueError(f"colour must be a number or one of {known}, got {colour!r}")
    amplitude: FloatArray = power**0.5
    return amplitude
