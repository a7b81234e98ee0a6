"""Taps beside a force: of people who follow nothing, of followers, and of people whose tapping moves the sensor.

Two minutes without taps on either side of five minutes of tapping; noise, rates, irregularity and sizes are drawn.
"""

from __future__ import annotations

import numpy as np
from moved_signals import BAND, RATES, Moved, mixed, noise
from taps_calibration import Case

from touchrhythm.simulate.session import simulate_cycles, simulate_random_taps, simulate_taps
from touchrhythm.simulate.signals import in_band_power, simulate_rhythm, slow_amplitude

MARGIN, TAPPED = 120.0, 300.0
DURATION = 2 * MARGIN + TAPPED
SPAN = (MARGIN, MARGIN + TAPPED)
PRESSES = (0.05, 0.2, 1.0, 2.0, 3.0)  # s
LARGEST_DB = (8.0, 14.0)  # over the noise in the band while tapping: the test finds the rhythm in 95 of 100
HABITS = {
    "CV 5": Case(tapper=0.05),
    "CV 10": Case(tapper=0.10),
    "CV 20": Case(tapper=0.20),
    "CV 5, jitter 15, missed 10": Case(tapper=0.05, jitter=0.15, missed=0.1),
    "CV 10, slows down by 30 %": Case(tapper=0.10, drift=0.3),
    "random taps": Case(kind="random"),
}
WAXING = ("steady", "waxes by .5", "waxes by 1", "rate drifts by 30 %", "trains of 60 s")
Array = np.ndarray
Rng = np.random.Generator


def _beside_belt(both: bool, rng: Rng) -> tuple[Moved, dict[str, Array]]:
    """A force that breathing moves, and, if `both`, a rhythm of its own; phases of the two in cycles."""
    fs = float(rng.choice(RATES))
    n = int(DURATION * fs)
    rate = rng.uniform(7, 9)
    breath, breathed = simulate_rhythm(n, fs=fs, rate_cpm=rate, cv=rng.uniform(0.05, 0.15), rng=rng)
    apart = rng.choice((-1, 1)) * rng.uniform(1.5, 2)
    own, moved = simulate_rhythm(n, fs=fs, rate_cpm=rate + apart, cv=rng.uniform(0.05, 0.15), rng=rng)
    t = np.arange(n) / fs
    felt = np.interp(t - rng.uniform(0, 3), t, breath)
    if both:
        felt = felt + 10 ** rng.uniform(-0.2, 0.2) * own
    belt = breath / breath.std() + rng.uniform(0.05, 0.2) * noise(n, fs, rng)
    return Moved(mixed(felt, fs, rng.uniform(3, 9), rng), belt, fs), {"breath": breathed, "own": moved}


def _peaks(phase: Array, fs: float) -> Array:
    return np.interp(np.arange(np.ceil(phase[0]), phase[-1]), phase, np.arange(phase.size) / fs)


def unrelated_taps(habit: str, both: bool, rng: Rng) -> tuple[Moved, Array]:
    """Taps of somebody who knows nothing of breathing or force."""
    moved, _ = _beside_belt(both, rng)
    case, rate = HABITS[habit], rng.uniform(6.5, 9.5)
    if case.kind == "random":
        return moved, simulate_random_taps(rate, span=SPAN, rng=rng)
    beat = simulate_cycles(DURATION, rate_cpm=rate, cv=case.tapper, drift=case.drift, rng=rng)
    return moved, simulate_taps(beat, span=SPAN, lag_s=0.0, jitter=case.jitter, missed=case.missed, rng=rng)


def taps_beside_belt(followed: str, both: bool, rng: Rng) -> tuple[Moved, Array]:
    """Taps of somebody who follows the breath, or the force's own rhythm, with 15 % of jitter and 10 % missed."""
    moved, phases = _beside_belt(both, rng)
    peak = _peaks(phases[followed], moved.fs)
    return moved, simulate_taps(peak, span=SPAN, lag_s=0.5, jitter=0.15, missed=0.1, rng=rng)


def pressed(width: float, before: bool, rng: Rng) -> tuple[Array, float, Array]:
    """Noise with a push of `width` seconds at each tap: force, samples/s, taps."""
    fs = float(rng.choice(RATES)) if width > 0.1 else 80.0
    n = int(DURATION * fs)
    cv = rng.uniform(0.05, 0.12)
    beat = simulate_cycles(DURATION, rate_cpm=rng.uniform(6.8, 9.5), cv=cv, rng=rng)
    onset = simulate_taps(beat, span=SPAN, lag_s=0.0, jitter=0.0, missed=0.0, rng=rng)
    shape = rng.integers(3)
    time, wave = np.arange(n) / fs, np.zeros(n)
    for tap, size in zip(onset, np.exp(0.2 * rng.standard_normal(onset.size)), strict=True):
        phase = (time - (tap - width if before else tap)) / width
        inside = (phase > 0) & (phase < 1)
        push = (np.sin(np.pi * phase), np.minimum(1, 5 * np.minimum(phase, 1 - phase)), 1 - phase)[shape]
        wave += size * np.where(inside, push, 0.0)
    background = noise(n, fs, rng)
    tapped = (time > SPAN[0]) & (time < SPAN[1])
    power = in_band_power(background, fs=fs, band=BAND) / in_band_power(wave[tapped], fs=fs, band=BAND)
    return background + (10 ** (rng.uniform(*LARGEST_DB) / 10) * power) ** 0.5 * wave, fs, onset


def followed_rhythm(waxing: str, rng: Rng) -> tuple[Array, float, Array]:
    """A rhythm that is there all the time, and somebody who follows it: force, samples/s, taps."""
    fs = float(rng.choice(RATES))
    n = int(DURATION * fs)
    drift = 0.3 if "drifts" in waxing else 0.0
    cv = rng.uniform(0.03, 0.12)
    wave, phase = simulate_rhythm(n, fs=fs, rate_cpm=rng.uniform(7, 9), cv=cv, drift=drift, rng=rng)
    change = {"waxes by .5": 0.5, "waxes by 1": 1.0}.get(waxing, 0.0)
    size = slow_amplitude(n, fs, change, (60.0, 60.0) if "trains" in waxing else None, rng)
    onset = simulate_taps(_peaks(phase, fs), span=SPAN, lag_s=0.5, jitter=0.15, missed=0.1, rng=rng)
    return mixed(size * wave, fs, rng.uniform(3, 9), rng), fs, onset
