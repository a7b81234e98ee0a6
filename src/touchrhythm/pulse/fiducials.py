"""At which moment is a beat, and how high does it rise?

A pulse wave is timed where its smoothed upstroke passes half of its height: a parabola at the crest errs three
times as much (11 instead of 3.5 ms at 50 samples/s and 20 dB). The curve through the feet is taken out before, as a
baseline that moves shifts the half height. An ECG is timed at the crest of its R wave.

**Conventions.** One smoothed stretch without gaps, upright; seconds from its first sample.

- `Found` : time, onset, foot, crest and shape of each beat
- `time_beats` : from candidates
- `baseline_of` : the curve through the feet
- `shapes_of` : the wave about each beat
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.pulse.detection import Candidates

__all__ = ["Found", "baseline_of", "shapes_of", "time_beats"]

AROUND = 0.05  # s by which the crest may lie outside of the rise that was found
LEVEL_BEFORE = (0.09, 0.05)  # s before the R wave, between which the ECG's baseline is read
END = 0.03  # s; a foot or crest nearer to the end of a stretch is no foot or crest


class Found(NamedTuple):
    """What is known of the beats of one or all stretches before they are judged."""

    time: FloatArray
    onset: FloatArray
    foot: FloatArray
    crest: FloatArray  # value
    crest_time: FloatArray
    shape: FloatArray  # (n_beats, n_points)

    def without_ends(self, duration: float) -> Found:
        """Without beats of which the stretch holds a part only."""
        whole = (self.onset > END) & (self.crest_time < duration - END)
        return Found(*(values[whole] for values in self))


def time_beats(part: Candidates, smooth: FloatArray, rate: float, kind: str, *, reach: float) -> Found:
    """Foot, crest and time of each beat in the smoothed wave, in seconds from its first sample."""
    steep, crest = part.steep.tolist(), part.crest.tolist()
    if kind == "ecg":
        places = zip(part.trough.tolist(), crest, strict=True)
        return _gathered([_complex_at(smooth, rate, *place) for place in places])
    first = np.maximum(part.trough, part.steep - round(reach * rate)).tolist()
    upstrokes = [_upstroke_at(smooth, rate, *place) for place in zip(first, steep, crest, strict=True)]
    found = _gathered(upstrokes)
    if found.time.size < 2:
        return found
    # once more without the curve through the feet: a baseline that moves shifts the half height
    level = smooth - baseline_of(found.onset, found.foot, np.arange(smooth.size) / rate)
    again = _gathered([_upstroke_at(level, rate, *place) for place in zip(first, steep, crest, strict=True)])
    feet, crests = (baseline_of(found.onset, found.foot, when) for when in (again.onset, again.crest_time))
    return again._replace(foot=again.foot + feet, crest=again.crest + crests)


def baseline_of(onset: FloatArray, foot: FloatArray, time: FloatArray) -> FloatArray:
    """The baseline under the beats: an Akima curve through their feet, level before the first and after the last.

    A straight line would cut the crests of a slow rhythm: of a baseline that moves by half of the height, 2 % of the
    height would show as a rhythm of the height.
    """
    new = np.concatenate(([True], np.diff(onset) > 0))
    if new.sum() < 3:
        return np.interp(time, onset[new], foot[new])
    curve = scipy.interpolate.Akima1DInterpolator(onset[new], foot[new])
    level: FloatArray = curve(np.clip(time, onset[0], onset[-1]))
    return level


def _gathered(rows: list[tuple[float, float, float, float, float]]) -> Found:
    time, onset, foot, crest, crest_time = np.array(rows, dtype=np.float64).reshape(-1, 5).T
    return Found(time, onset, foot, crest, crest_time, np.zeros((time.size, 0)))


def _upstroke_at(
    smooth: FloatArray, rate: float, trough: int, steep: int, crest: int
) -> tuple[float, float, float, float, float]:
    """Time of the half-height upstroke, foot (time, value) and crest (value, time)."""
    last = min(smooth.size, crest + round(AROUND * rate) + 1)
    foot = trough + int(np.argmin(smooth[trough : steep + 1]))
    top = steep + int(np.argmax(smooth[steep:last]))
    level = (smooth[foot] + smooth[top]) / 2
    above = smooth[foot : top + 1] >= level
    through = foot + np.flatnonzero(above[1:] & ~above[:-1])
    if through.size == 0:
        return steep / rate, foot / rate, float(smooth[foot]), float(smooth[top]), top / rate
    at = int(through[np.argmin(np.abs(through - steep))])
    part = (level - smooth[at]) / (smooth[at + 1] - smooth[at])
    return (at + float(part)) / rate, foot / rate, float(smooth[foot]), float(smooth[top]), top / rate


def _complex_at(
    smooth: FloatArray, rate: float, trough: int, crest: int
) -> tuple[float, float, float, float, float]:
    """Time of the R wave by a parabola through its crest, level before it (time, value), crest (value, time)."""
    top = trough + int(np.argmax(smooth[trough : crest + 1]))
    time = float(top)
    if 0 < top < smooth.size - 1:
        left, middle, right = smooth[top - 1 : top + 2]
        bend = left - 2 * middle + right
        time += float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) if bend < 0 else 0.0
    low, high = (max(0, top - round(before * rate)) for before in LEVEL_BEFORE)
    level = float(np.median(smooth[low : high + 1]))
    return time / rate, max(0.0, time / rate - LEVEL_BEFORE[1]), level, float(smooth[top]), time / rate


def shapes_of(wave: FloatArray, time: FloatArray, rate: float, offset: FloatArray) -> FloatArray:
    """The wave at the same offsets (s) about each beat, mean removed."""
    rows = np.interp(time[:, None] + offset, np.arange(wave.size) / rate, wave)
    return np.asarray(rows - rows.mean(axis=1, keepdims=True))
