"""Recordings without a rhythm in 6-12 cycles per minute, of many kinds and from many generators.

Each family makes a channel of any length from a random generator; a recording is known by its
family, its length in minutes and its number, so that any of them can be made again:
``make_recording("jumps", minutes=5, number=17)``.

`FAMILIES` lists them. `modelled` says that the spectrum is (nearly) one that the toolkit's
background is built of and the process Gaussian; the others are outside: other spectra, no Gaussian,
no stationarity. Rhythms outside the band keep at least 0.5 cpm, and two lines of the spectrum, away
from it. Densities of breathing and the like are over that of the background where they peak.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

BAND = (0.1, 0.2)

Maker = Callable[[int, float, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Family:
    """A kind of noise: its name, how it is made, at how many samples per second, with gaps or not."""

    name: str
    make: Maker
    fs: float
    modelled: bool
    gaps: bool = False


def make_recording(name: str, *, minutes: float, number: int) -> tuple[np.ndarray, float]:
    """Recording `number` of a family, shape (n_samples,), and its sampling rate."""
    family = FAMILIES[name]
    seed = (zlib.crc32(name.encode()), round(60 * minutes), number)
    rng = np.random.default_rng(seed)
    n = round(60 * minutes * family.fs)
    x = family.make(n, family.fs, rng)
    return (with_gaps(x, family.fs, rng) if family.gaps else x), family.fs


def with_gaps(x: np.ndarray, fs: float, rng: np.random.Generator) -> np.ndarray:
    """Channel with some short dropouts and, where two usable stretches are left, one long gap."""
    x, seconds = x.copy(), x.size / fs
    for start in rng.uniform(0.02 * seconds, 0.98 * seconds, rng.poisson(seconds / 60)):
        at = int(start * fs)
        x[at : at + 1 + int(rng.uniform(0, 0.4) * fs)] = np.nan
    if seconds >= 290:
        longest = seconds - 2 * 124
        gap = rng.uniform(1, min(30.0, longest))
        start = rng.uniform(124, seconds - 124 - gap)
        x[int(start * fs) : int((start + gap) * fs)] = np.nan
    return x


def unit(x: np.ndarray) -> np.ndarray:
    """Zero mean, unit variance."""
    return (x - x.mean()) / x.std()


def coloured(n: int, fs: float, rng: np.random.Generator, power: Callable) -> np.ndarray:
    """Gaussian noise of any spectrum, cut out of a circle four times as long."""
    size = scipy.fft.next_fast_len(4 * n, real=True)
    freq = scipy.fft.rfftfreq(size, 1 / fs)
    freq[0] = freq[1]
    z = rng.standard_normal((2, freq.size)) * np.sqrt(power(freq))
    z[:, 0] = 0
    return unit(scipy.fft.irfft(z[0] + 1j * z[1], size)[:n])


def power_law(exponent: float) -> Maker:
    return lambda n, fs, rng: coloured(n, fs, rng, lambda f: f**-exponent)


def high_passed(corner: float, order: int = 1) -> Maker:
    """Power laws of f**-0.5 to f**-1.5 behind the high-pass of an AC-coupled sensor, Butterworth, corner in Hz."""

    def make(n, fs, rng):
        exponent = rng.uniform(0.5, 1.5)
        return coloured(n, fs, rng, lambda f: f**-exponent / (1 + (corner / f) ** (2 * order)))

    return make


def white_high_passed(n, fs, rng):
    """White noise behind a Butterworth high-pass of second order at .16 Hz."""
    return coloured(n, fs, rng, lambda f: 1 / (1 + (0.16 / f) ** 4))


def bent_power_law(n, fs, rng):
    """A power law that falls more steeply above 0.12 Hz."""
    slow, fast = rng.uniform(0, 1), rng.uniform(2.5, 4)
    return coloured(n, fs, rng, lambda f: f**-slow / (1 + (f / 0.12) ** (fast - slow)))


def plateau(n, fs, rng):
    """Flat to 0.33 Hz, then nearly nothing."""
    steepness, floor = rng.uniform(8, 16), 10 ** rng.uniform(-3, -1.5)
    return coloured(n, fs, rng, lambda f: 1 / (1 + (f / 0.33) ** steepness) + floor)


def dip(n, fs, rng):
    """1/f noise that lacks most of its power about one frequency in the band."""
    centre, sd, depth = rng.uniform(0.12, 0.18), rng.uniform(0.015, 0.03), rng.uniform(0.7, 0.95)
    return coloured(n, fs, rng, lambda f: (1 - depth * np.exp(-0.5 * ((f - centre) / sd) ** 2)) / f)


def relaxation(n: int, fs: float, rng: np.random.Generator, corner: float) -> np.ndarray:
    """Autoregression of order 1, started from its own distribution."""
    keep = np.exp(-2 * np.pi * corner / fs)
    shock = rng.standard_normal(n) * np.sqrt(1 - keep**2)
    shock[0] /= np.sqrt(1 - keep**2)
    return scipy.signal.lfilter([1.0], [1.0, -keep], shock)


def relaxation_any(n, fs, rng):
    return relaxation(n, fs, rng, np.exp(rng.uniform(np.log(0.005), np.log(0.3))))


def relaxation_and_white(n, fs, rng):
    slow = relaxation(n, fs, rng, rng.uniform(0.01, 0.05))
    return slow + rng.uniform(0.2, 1.0) * np.sqrt(fs / 10) * rng.standard_normal(n)


def broad_resonance(n, fs, rng):
    """Autoregression of order 2 whose hump is as wide as the band: no rhythm."""
    centre, half_width = rng.uniform(0.1, 0.25), rng.uniform(0.06, 0.1)
    radius = np.exp(-2 * np.pi * half_width / fs)
    denominator = [1.0, -2 * radius * np.cos(2 * np.pi * centre / fs), radius**2]
    lead = int(60 * fs)
    return unit(scipy.signal.lfilter([1.0], denominator, rng.standard_normal(n + lead))[lead:])


def knee(n, fs, rng):
    corner, steepness = rng.uniform(0.03, 0.12), rng.uniform(2.0, 4.0)
    x = coloured(n, fs, rng, lambda f: 1 / (1 + (f / corner) ** steepness))
    return x + 0.1 * np.sqrt(fs / 10) * rng.standard_normal(n)


def long_memory(n, fs, rng):
    """Fractionally integrated noise, d = 0.4, by its own moving average of 100 s and more."""
    rate = 10.0
    size = round(n / fs * rate) + 1
    lags = np.arange(1, size)
    weights = np.concatenate(([1.0], np.cumprod((lags - 1 + 0.4) / lags)))
    x = scipy.signal.fftconvolve(rng.standard_normal(2 * size), weights)[size : 2 * size]
    return unit(_at_rate(x, rate, n, fs))


def _at_rate(x, rate, n, fs):
    return x if rate == fs and x.size == n else np.interp(np.arange(n) / fs, np.arange(x.size) / rate, x)


def creep(n, fs, rng):
    """Pink noise on a logarithmic or power-law creep that is many times larger."""
    time = np.arange(n) / fs
    if rng.random() < 0.5:
        curve = np.log1p(time / rng.uniform(0.5, 20.0))
    else:
        curve = (time + rng.uniform(0.5, 5.0)) ** rng.uniform(0.1, 0.5)
    size = rng.choice([-1, 1]) * rng.uniform(3, 15)
    return power_law(1.0)(n, fs, rng) + size * unit(curve)


def jumps(n, fs, rng):
    """Poisson jumps, 0.5 to 3 a minute, on noise."""
    size = rng.standard_normal(n) * (rng.random(n) < rng.uniform(0.5, 3) / 60 / fs)
    return np.cumsum(size) + rng.uniform(0.1, 0.5) * relaxation(n, fs, rng, 0.3)


def telegraph(n, fs, rng):
    """Two levels, switched at random every 3 to 30 s on average, and white noise."""
    switches = rng.random(n) < 1 / rng.uniform(3, 30) / fs
    return 1 - 2.0 * (np.cumsum(switches) % 2) + 0.3 * np.sqrt(fs / 10) * rng.standard_normal(n)


def loudness_steps(n, fs, rng):
    """Noise whose variance changes at once, by up to 16 times, a few times."""
    edges = np.sort(rng.integers(0, n, rng.integers(1, 5)))
    level = np.exp(rng.uniform(0, np.log(4), edges.size + 1))
    return level[np.searchsorted(edges, np.arange(n), side="right")] * power_law(0.7)(n, fs, rng)


def loudness_slow(n, fs, rng):
    """Noise whose loudness wanders by a factor of about 2 over half a minute or longer."""
    slow = relaxation(n, fs, rng, 0.005)
    slow = scipy.ndimage.uniform_filter1d(slow, int(10 * fs), mode="nearest")
    return np.exp(0.7 * slow) * relaxation(n, fs, rng, 0.05)


def coarse(n, fs, rng):
    """Pink noise of which the converter shows but a few steps."""
    return np.round(power_law(1.0)(n, fs, rng) * rng.uniform(0.7, 3.0) + rng.random())


def heavy_tails(n, fs, rng):
    """A relaxation driven by Student t with 3 degrees of freedom."""
    keep = np.exp(-2 * np.pi * 0.04 / fs)
    lead = int(60 * fs)
    return unit(scipy.signal.lfilter([1.0], [1.0, -keep], rng.standard_t(3, n + lead))[lead:])


def laplace_walk(n, fs, rng):
    """Random walk with Laplace steps ten times a second."""
    size = round(n / fs * 10) + 1
    walk = np.cumsum(rng.laplace(size=size))
    return _at_rate(walk, 10.0, n, fs)


def spikes(n, fs, rng):
    """Pink noise with knocks: some a minute, 5 to 30 times as high as the noise, 0.1 to 0.5 s long."""
    x = power_law(1.0)(n, fs, rng)
    for at in rng.integers(0, n, rng.poisson(rng.uniform(0.5, 4) * n / fs / 60)):
        x[at : at + 1 + int(rng.uniform(0.1, 0.5) * fs)] += rng.choice([-1, 1]) * rng.uniform(5, 30)
    return x


def shots(n, fs, rng):
    """Shot noise: some 4 to 12 one-sided pulses a minute, each gone within seconds."""
    time = np.arange(0, 40, 1 / fs)
    rise, fall = rng.uniform(0.2, 1.0), rng.uniform(1.5, 6.0)
    pulse = np.exp(-time / fall) - np.exp(-time / rise)
    lead = time.size
    hits = rng.exponential(size=n + lead) * (rng.random(n + lead) < rng.uniform(4, 12) / 60 / fs)
    x = scipy.signal.fftconvolve(hits, pulse)[lead : lead + n]
    return unit(x) + 0.1 * np.sqrt(fs / 10) * rng.standard_normal(n)


def cycles(n, fs, rng, rate_cpm, cv):
    """Phase in cycles of a rhythm whose cycle lengths are independent."""
    period = 60.0 / np.asarray(rate_cpm, dtype=float)
    count = int(n / fs / np.min(period) * 1.8) + 40
    length = (
        np.interp(np.arange(count) / count * 1.5, [0, 1], np.broadcast_to(period, 2))
        if period.ndim
        else period
    )
    length = length * np.maximum(0.3, 1 + cv * rng.standard_normal(count))
    edge = np.concatenate(([0.0], np.cumsum(length))) - rng.uniform(0, 1) * length[0]
    return np.interp(np.arange(n) / fs, edge, np.arange(count + 1))


def breath_amplitude(phase, rng, spread):
    """Amplitude that differs from breath to breath."""
    size = np.maximum(0.1, 1 + spread * rng.standard_normal(int(phase[-1]) + 4))
    return np.interp(phase, np.arange(size.size), size)


def density(x, fs, rate_cpm):
    """Largest power density within 15 % of a rate, and the median of that surrounding."""
    step = max(1, int(fs / 5))
    thin = scipy.signal.decimate(x, step, ftype="fir") if step > 1 else x
    n = thin.size
    tapers = np.sin(np.outer(np.arange(1, 4), np.arange(1, n + 1)) * np.pi / (n + 1)) * np.sqrt(2 / (n + 1))
    power = (np.abs(scipy.fft.rfft(tapers * (thin - thin.mean()), axis=1)) ** 2).mean(axis=0) * step / fs
    freq = scipy.fft.rfftfreq(n, step / fs)
    near = np.abs(freq * 60 / rate_cpm - 1) < max(0.15, 2.5 * 60 / (n * step / fs) / rate_cpm)
    return power[near].max(), np.median(power[near])


def beside(background, wave, fs, rate_cpm, ratio):
    """Background with a wave whose peak density is `ratio` times that of the background there."""
    peak, _ = density(wave, fs, rate_cpm)
    _, floor = density(background, fs, rate_cpm)
    return background + wave * np.sqrt(ratio * floor / peak)


def breathing(low: float, high: float, exponent: float = 1.0) -> Maker:
    """Breathing at 13-20 cpm with harmonics, its amplitude changing, `low` to `high` times the background."""

    def make(n, fs, rng):
        rate = rng.uniform(13, 20)
        phase = cycles(n, fs, rng, rate, rng.uniform(0.02, 0.1))
        wave = (
            np.cos(2 * np.pi * phase)
            + 0.4 * np.cos(4 * np.pi * phase + 1)
            + 0.15 * np.cos(6 * np.pi * phase + 2)
        )
        wave *= breath_amplitude(phase, rng, 0.25)
        ratio = np.exp(rng.uniform(np.log(low), np.log(high)))
        return beside(power_law(exponent)(n, fs, rng), wave, fs, rate, ratio)

    return make


def breathing_high_passed(n, fs, rng):
    """Breathing at 13-20 cpm from an AC-coupled sensor, 3 to 30 times its noise."""
    corner, rate = np.exp(rng.uniform(np.log(0.03), np.log(0.5))), rng.uniform(13, 20)
    phase = cycles(n, fs, rng, rate, rng.uniform(0.02, 0.1))
    wave = breath_amplitude(phase, rng, 0.25) * (np.cos(2 * np.pi * phase) + 0.3 * np.cos(4 * np.pi * phase))
    ratio = np.exp(rng.uniform(np.log(3), np.log(30)))
    return beside(high_passed(corner)(n, fs, rng), wave, fs, rate, ratio)


def breathing_drift(n, fs, rng):
    """Breathing that drifts from 14 to 18 per minute, or back."""
    ends = (14.0, 18.0) if rng.random() < 0.5 else (18.0, 14.0)
    time = np.linspace(0, 1, n)
    rate = ends[0] + (ends[1] - ends[0]) * time
    phase = np.cumsum(rate / 60 / fs) + 0.02 * np.cumsum(rng.standard_normal(n)) / np.sqrt(fs)
    wave = np.cos(2 * np.pi * phase) + 0.3 * np.cos(4 * np.pi * phase + 1)
    return beside(power_law(1.0)(n, fs, rng), wave, fs, 16.0, rng.uniform(5, 20))


def line(n, fs, rng):
    """A pure line at 14-18 cpm, 20 dB over the background."""
    rate = rng.uniform(14, 18)
    wave = np.cos(2 * np.pi * (rate / 60 * np.arange(n) / fs + rng.random()))
    return beside(power_law(1.0)(n, fs, rng), wave, fs, rate, 100.0)


def slow_breathing(harmonic: float) -> Maker:
    """Breathing at 3-5 per minute; with a harmonic, that one falls into the band."""

    def make(n, fs, rng):
        rate = rng.uniform(3.2, 4.9)
        phase = cycles(n, fs, rng, rate, 0.03)
        wave = breath_amplitude(phase, rng, 0.15) * np.cos(2 * np.pi * phase)
        wave = wave + harmonic * np.cos(4 * np.pi * phase + 1)
        return beside(power_law(1.0)(n, fs, rng), wave, fs, rate, rng.uniform(5, 30))

    return make


def stomach(n, fs, rng):
    """The stomach's 3 per minute, waxing and waning, nearly a sine."""
    rate = rng.uniform(2.6, 3.4)
    phase = cycles(n, fs, rng, rate, 0.05)
    wave = (1 + 0.4 * relaxation(n, fs, rng, 0.004)) * np.cos(2 * np.pi * phase)
    return beside(power_law(1.0)(n, fs, rng), wave, fs, rate, rng.uniform(5, 30))


def pulse(n, fs, rng):
    """Sharp beats at 55-80 per minute, modulated by breathing outside the band, on 1/f noise."""
    rate = rng.uniform(55, 80)
    breath = cycles(n, fs, rng, rng.uniform(13.5, 18), 0.05)
    phase = cycles(n, fs, rng, rate, 0.03) + 0.15 * np.sin(2 * np.pi * breath)
    beat = np.exp(4 * (np.cos(2 * np.pi * phase) - 1))
    return power_law(1.0)(n, fs, rng) + rng.uniform(0.5, 3) * unit(beat) * (
        1 + 0.1 * np.sin(2 * np.pi * breath)
    )


FAMILIES = {
    family.name: family
    for family in (
        Family("white", lambda n, fs, rng: rng.standard_normal(n), 10.0, True),
        Family("power 0.5", power_law(0.5), 10.0, False),
        Family("power 1", power_law(1.0), 50.0, False),
        Family("power 1.5", power_law(1.5), 10.0, False),
        Family("power 2", power_law(2.0), 10.0, False),
        Family("relaxation", relaxation_any, 10.0, True),
        Family("relaxation and white", relaxation_and_white, 100.0, True),
        Family("broad resonance", broad_resonance, 10.0, False),
        Family("knee", knee, 20.0, False),
        Family("high-pass .03", high_passed(0.03), 10.0, False),
        Family("high-pass .1", high_passed(0.1), 10.0, False),
        Family("high-pass .5", high_passed(0.5), 10.0, False),
        Family("high-pass .16, order 2", high_passed(0.16, 2), 10.0, False),
        Family("high-pass .08, order 2", high_passed(0.08, 2), 10.0, False),
        Family("high-pass .3, order 2", high_passed(0.3, 2), 10.0, False),
        Family("white, high-pass .16, order 2", white_high_passed, 10.0, False),
        Family("bent power law", bent_power_law, 10.0, False),
        Family("plateau", plateau, 10.0, False),
        Family("dip", dip, 10.0, False),
        Family("long memory", long_memory, 10.0, False),
        Family("creep", creep, 10.0, False),
        Family("jumps", jumps, 10.0, False),
        Family("telegraph", telegraph, 20.0, False),
        Family("loudness in steps", loudness_steps, 10.0, False),
        Family("loudness slow", loudness_slow, 10.0, False),
        Family("coarse", coarse, 25.0, False),
        Family("heavy tails", heavy_tails, 10.0, False),
        Family("laplace walk", laplace_walk, 10.0, False),
        Family("spikes", spikes, 100.0, False),
        Family("shots", shots, 10.0, False),
        Family("breathing 3-10", breathing(3, 10), 20.0, False),
        Family("breathing 10-50", breathing(10, 50, 1.3), 10.0, False),
        Family("breathing drift", breathing_drift, 10.0, False),
        Family("breathing, high-pass", breathing_high_passed, 10.0, False),
        Family("line", line, 10.0, True),
        Family("slow breathing", slow_breathing(0.0), 10.0, False),
        Family("slow breathing, harmonic", slow_breathing(0.35), 10.0, False),
        Family("stomach", stomach, 10.0, False),
        Family("pulse", pulse, 100.0, False),
        Family("power 1 with gaps", power_law(1.0), 1000.0, False, gaps=True),
        Family("breathing with gaps", breathing(3, 10), 100.0, False, gaps=True),
    )
}
