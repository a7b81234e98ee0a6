"""What wave would a pulse sensor under a finger send? One beat after the other, sample by sample.

The beats have the shape of `touchrhythm.simulate.pulse`. A slow rhythm and the breath change their height and
their interval and the level under them; an AC-coupled front end lets the level pass only in part.

**Conventions.** Values in mean heights of a beat, times in seconds, modulations as fractions.

- `HeartBeats` : slow modulation → wave
"""

from __future__ import annotations

import math
import random

from touchrhythm.simulate.pulse import BUMPS
from touchrhythm.units import cpm_to_hz

__all__ = ["HeartBeats"]

COUPLING_HZ = 0.5
LEAD_S = 0.25  # before a beat falls its wave begins: the P wave of an ECG comes first
LASTS_S = 1.2
BY_BREATH = (0.05, 0.03, 0.1)  # of height, interval and level
BEAT_SD = (0.04, 0.015)  # of height and interval, from beat to beat
LEVEL_BY_RHYTHM = 0.5  # of the modulation of the height


class HeartBeats:
    """A heart and its sensor, stepped in time.

    Parameters
    ----------
    kind : str
        "pulse" or "ecg".
    heart_rate_bpm : float
        Mean beats per minute.
    height, interval : float
        By which fraction the rhythm changes the height and the interval of beats.
    rng : random.Random
        Everything random comes from it.
    """

    def __init__(
        self, kind: str, heart_rate_bpm: float, *, height: float, interval: float, rng: random.Random
    ) -> None:
        self._bumps = BUMPS[kind]
        self._freq = cpm_to_hz(heart_rate_bpm)
        self._by_rhythm = (height, interval)
        self._rng = rng
        self._phase = rng.random()
        self._jitter = 1.0
        self._beats: list[tuple[float, float]] = []  # seconds since each beat set out, and its height
        self._before = 0.0
        self._coupled = 0.0

    def step(self, seconds: float, *, rhythm: float, breath: float, is_touched: bool) -> float:
        """The wave `seconds` later.

        Parameters
        ----------
        seconds : float
            Since the last step.
        rhythm, breath : float
            Where the slow rhythm and the breath are, from -1 to 1.
        is_touched : bool
            Whether there is a finger; without one nothing beats.
        """
        height, interval = (
            1 + by_rhythm * rhythm + by_breath * breath
            for by_rhythm, by_breath in zip(self._by_rhythm, BY_BREATH[:2], strict=True)
        )
        self._phase += self._freq * seconds / interval / self._jitter
        self._beats = [(age + seconds, size) for age, size in self._beats if age < LASTS_S]
        if self._phase >= 1.0:
            self._phase -= 1.0
            self._jitter = max(0.5, self._rng.gauss(1.0, BEAT_SD[1]))
            age = self._phase / self._freq
            self._beats.append((age, max(0.1, height + self._rng.gauss(0.0, BEAT_SD[0]))))
        level = LEVEL_BY_RHYTHM * self._by_rhythm[0] * rhythm + BY_BREATH[2] * breath
        wave = level + sum(size * self._shape(age - LEAD_S) for age, size in self._beats)
        wave = wave if is_touched else 0.0
        self._coupled += wave - self._before
        self._coupled /= 1 + 2 * math.pi * COUPLING_HZ * seconds
        self._before = wave
        return self._coupled

    def _shape(self, age: float) -> float:
        return sum(
            size * math.exp(-0.5 * ((age - delay) / (before if age < delay else after)) ** 2)
            for delay, before, after, size in self._bumps
        )
