"""Forces that breathing, a pulse or the tapping moves, and the channel that recorded it: what the figures are made from.

Each recording draws its noise (white, pink, brown, AR(1)), sampling rate, irregularity (5-15 %), belt noise (5-20 %),
delay (0-3 s) and SNR (3-9 dB) by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from touchrhythm.references.features import main_rate
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse
from touchrhythm.simulate.signals import in_band_power, simulate_noise, simulate_rhythm
from touchrhythm.units import cpm_to_hz

BAND = (0.1, 0.2)
RATES = (13.17, 20.0, 25.0)  # samples/s
COUPLINGS = ("constant", "gain", "delay", "lift", "slip")
PULSES = ("pulse height", "pulse rate")
KINDS = (*COUPLINGS, "harmonic", "depth", "half", *PULSES)
SEEN = 25.0  # Hz to which a recorded breath is averaged
Array = np.ndarray
Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Moved:
    """A force, the channel beside it that recorded what moves it, and that channel's name."""

    force: Array
    reference: Array
    fs: float
    name: str = "belt"


@dataclass(frozen=True, eq=False)
class Breath:
    """A breath that was recorded: `x` at `SEEN` Hz, `freq` its main rate in Hz."""

    x: Array
    freq: float


Maker = Callable[[float, Rng], Moved]  # from seconds


def noise(n: int, fs: float, rng: Rng) -> Array:
    """Of unit variance, of one of four colours."""
    kind = rng.integers(4)
    if kind < 3:
        return simulate_noise(n, fs=fs, colour=("white", "pink", "brown")[kind], rng=rng)
    pole = np.exp(-2 * np.pi * rng.uniform(0.02, 0.3) / fs)
    x = scipy.signal.lfilter([1], [1, -pole], rng.standard_normal(n + 1000))[1000:]
    return x / x.std()


def mixed(wave: Array, fs: float, snr_db: float, rng: Rng) -> Array:
    """A wave in noise, `snr_db` of power in the band."""
    background = noise(wave.size, fs, rng)
    power = in_band_power(background, fs=fs, band=BAND) / in_band_power(wave, fs=fs, band=BAND)
    return np.sqrt(10 ** (snr_db / 10) * power) * wave + background


def slow(n: int, fs: float, rng: Rng, corner: float) -> Array:
    """A series of unit variance that changes more slowly than `corner` Hz."""
    freq = np.fft.rfftfreq(n, 1 / fs)
    lines = rng.standard_normal(freq.size) + 1j * rng.standard_normal(freq.size)
    x = np.fft.irfft(np.exp(-0.5 * (freq / corner) ** 2) * (freq > 0) * lines, n)
    return x / x.std()


def _coupled(coupling: str, wave: Array, fs: float, rng: Rng) -> tuple[Array, Array]:
    """What a wave does to the force, and to the belt."""
    t, delay = np.arange(wave.size) / fs, rng.uniform(0, 3)
    belt, force = wave / wave.std(), np.interp(t - delay, t, wave)
    change = t > t[-1] * rng.uniform(0.3, 0.7)
    if coupling == "gain":
        force = force * (1 + 0.4 * slow(wave.size, fs, rng, 0.003))
    elif coupling == "delay":
        force = np.interp(t - delay - slow(wave.size, fs, rng, 0.003), t, wave)
    elif coupling == "lift":
        force = force * np.where(change, rng.uniform(0.3, 0.6), 1)
    elif coupling == "slip":
        belt = belt * np.where(change, rng.uniform(0.3, 0.6), 1) + rng.uniform(-1, 1) * change
    return force, belt


def _other_features(kind: str, n: int, fs: float, rng: Rng) -> tuple[Array, Array]:
    """What another feature of breathing than its wave does to the force, and the belt."""
    t, delay, cv = np.arange(n) / fs, rng.uniform(0, 3), rng.uniform(0.05, 0.15)
    if kind == "harmonic":
        belt, phase = simulate_rhythm(n, fs=fs, rate_cpm=rng.uniform(3.8, 4.6), cv=cv, rng=rng)
        return np.interp(t - delay, t, np.cos(4 * np.pi * phase + 1)), belt
    wave, phase = simulate_rhythm(n, fs=fs, rate_cpm=rng.uniform(15, 17.5), cv=cv, rng=rng)
    if kind == "half":
        return np.cos(np.pi * phase + rng.uniform(0, 6)), (1 + 0.3 * np.cos(np.pi * phase)) * wave
    depth, _ = simulate_rhythm(n, fs=fs, rate_cpm=rng.uniform(6.5, 8), cv=rng.uniform(0.05, 0.15), rng=rng)
    return np.interp(t - delay, t, depth), (1 + 0.4 * depth) * wave


def breath_alone(kind: str, duration: float, rng: Rng) -> Moved:
    """Force that only breathing moves, in the way of `kind`, and the belt that recorded it."""
    fs = float(rng.choice(RATES))
    n = int(duration * fs)
    if kind in COUPLINGS:
        rate, cv = rng.uniform(7, 9), rng.uniform(0.05, 0.15)
        wave, phase = simulate_rhythm(n, fs=fs, rate_cpm=rate, cv=cv, rng=rng)
        uneven = 0.15 * np.cos(4 * np.pi * phase + rng.uniform(0, 6))
        force, belt = _coupled(kind, (wave + uneven) * (1 + 0.2 * slow(n, fs, rng, 0.01)), fs, rng)
    else:
        force, belt = _other_features(kind, n, fs, rng)
        belt = belt / belt.std()
    return Moved(
        mixed(force, fs, rng.uniform(3, 9), rng), belt + rng.uniform(0.05, 0.2) * noise(n, fs, rng), fs
    )


def pulse_alone(kind: str, duration: float, rng: Rng) -> Moved:
    """Force that only the blood pressure moves, whose rhythm is in the height or the rate of a recorded pulse."""
    fs = 50.0
    size, blur = rng.uniform(0.15, 0.35), rng.uniform(0.05, 0.2) / np.sqrt(2)
    moved = {"height": size, "height_sd": size * blur}
    if kind == "pulse rate":
        moved = {"interval": size / 4, "interval_sd": size / 4 * blur}
    model = PulseModel(
        heart_rate_bpm=rng.uniform(55, 90),
        rate_cpm=rng.uniform(7, 9),
        rate_cv=rng.uniform(0.05, 0.15),
        breathing_cpm=rng.uniform(13, 19),
        snr_db=rng.uniform(10, 25),
        **moved,
    )
    pulse = simulate_pulse(model, duration_s=duration, fs=fs, rng=rng)
    t = np.arange(pulse.x.size) / fs
    force = np.interp(t - rng.uniform(0, 3), t, pulse.rhythm)
    return Moved(mixed(force, fs, rng.uniform(3, 9), rng), pulse.x, fs, "pulse")


def recorded_alone(breaths: Sequence[Breath], duration: float, rng: Rng) -> Moved:
    """Force that only a breath moves that was recorded, played so slowly that it lies in the band."""
    fs = float(rng.choice(RATES))
    breath = breaths[rng.integers(len(breaths))]
    slower = cpm_to_hz(rng.uniform(6.8, 7.9)) / breath.freq
    needed = duration * slower * SEEN
    start = rng.uniform(0, max(0.0, breath.x.size - needed))
    n = int(min(duration, (breath.x.size - start) / (slower * SEEN)) * fs)
    wave = np.interp(start + np.arange(n) / fs * slower * SEEN, np.arange(breath.x.size), breath.x)
    force, belt = _coupled(str(rng.choice(COUPLINGS)), wave - wave.mean(), fs, rng)
    return Moved(
        mixed(force, fs, rng.uniform(3, 9), rng), belt + rng.uniform(0.05, 0.2) * noise(n, fs, rng), fs
    )


def breath_of(x: Array, fs: float) -> Breath:
    """A recorded breath as `recorded_alone` takes it."""
    every = max(1, round(fs / SEEN))
    means = x[: x.size // every * every].reshape(-1, every).mean(axis=1)
    time = np.arange(0, (means.size - 1) * every / fs, 1 / SEEN)
    even = np.interp(time, np.arange(means.size) * every / fs, means)
    even = (even - np.median(even)) / even.std()
    return Breath(even, float(main_rate([even[None]], SEEN)[0]))


def two_rhythms(apart: float, snr_db: float, shared: bool, duration: float, rng: Rng) -> Moved:
    """Breathing at 8 and a rhythm `apart` from it; `shared`: the breathing is in the force too."""
    fs = 20.0
    n = int(duration * fs)
    breath, _ = simulate_rhythm(n, fs=fs, rate_cpm=8.0, cv=0.05, rng=rng)
    own, _ = simulate_rhythm(n, fs=fs, rate_cpm=8.0 + apart, cv=0.05, rng=rng)
    force = mixed(own, fs, snr_db, rng)
    if shared:
        background = in_band_power(noise(n, fs, rng), fs=fs, band=BAND)
        force = force + np.sqrt(4 * background / in_band_power(breath, fs=fs, band=BAND)) * breath
    return Moved(force, breath / breath.std() + 0.1 * noise(n, fs, rng), fs)


def alone(kind: str) -> Maker:
    """Recordings in which nothing but what was recorded moves the force."""
    made = pulse_alone if kind in PULSES else breath_alone
    return lambda duration, rng: made(kind, duration, rng)


def pair(apart: float, snr_db: float, shared: bool) -> Maker:
    """Recordings with a rhythm `apart` from the breathing."""
    return lambda duration, rng: two_rhythms(apart, snr_db, shared, duration, rng)
