"""Where in a pulse wave (or an ECG) are the beats?

A stretch is brought to about 200 samples/s, so that every constant below is in seconds. Each rise from
a trough to a crest is a candidate; within half of the local period only the highest stays, and the median
of those says how high a beat is around here. What reaches a good part of it is a beat.

**Conventions.** Stretches without gaps, shape (n,); beats as indexes into them.

- `working_wave` : a stretch at the working rate
- `is_inverted` : whether a wave points downwards
- `find_rises`, `find_complexes` : candidates in a pulse wave and in an ECG
- `choose_beats` : which candidates are beats
- `local_period` : how long a beat lasts, by autocorrelation

References
----------
Charlton P. H. et al. (2022). Detecting beats in the photoplethysmogram. Physiol. Meas. 43, 085007.
Pan J., Tompkins W. J. (1985). A real-time QRS detection algorithm. IEEE Trans. Biomed. Eng. 32, 230.
Zong W. et al. (2003). An open-source algorithm to detect onset of arterial blood pressure pulses.
Computers in Cardiology 30, 259.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from touchrhythm._check import FloatArray

__all__ = [
    "Candidates",
    "choose_beats",
    "filtered",
    "find_complexes",
    "find_rises",
    "is_inverted",
    "local_period",
    "working_wave",
]

WORKING = 200.0  # samples per second
DETECTION_BAND = (0.5, 6.0)  # Hz; the fundamental of 35-220 beats per minute and what makes it steep
QRS_BAND = (8.0, 20.0)  # Hz
QRS_WINDOW = 0.1  # s over which the QRS energy is summed
SHORTEST, LONGEST = 0.265, 1.9  # s between beats: 226 and 32 per minute
PERIOD_WINDOW = 12.0  # s, in which the local period is looked for
NEARLY = 0.75  # of the highest autocorrelation; the shortest lag that reaches it is the period
REACHED = {"pulse": 0.45, "ecg": 0.4}  # of the local height, for a candidate to be a beat
FAINT = 0.15  # of the height over the whole recording: below it nothing is a beat, whatever is around
SECOND_WAVE = 0.65  # of a period after a beat, in which only as high a rise is another
NEIGHBOURS = 11
PHASES = 64  # points of the mean beat
QUIET_PART = 0.16  # of a beat, over which the squared slope is averaged: longer than a crest is level
QUIET = 0.15  # of its mean over the beat; where it falls below, the wave rests
LONG_ENOUGH = 0.45  # s between beats; in less there are too few harmonics to show where a wave rests
LARGE_MOVE = 0.4  # of the steepest slope; what ripples before the upstroke is flatter
OFTEN = 0.1  # of the beats follow soon after another: the second waves of this sensor are as high as the first ones
LATEST_WAVE = 0.42  # s from a beat to its second wave, of a heart slower than the next
SLOW = 1.25  # s between beats
NEAR_UPSTROKE = 0.25  # of a beat; a rise further from the upstroke is another wave
STEADY = 1.4  # times; where the period changes by more, the phase of the fundamental tells nothing


class Candidates(NamedTuple):
    """Rises from trough to crest: indexes of both, of the steepest place, and how high they are."""

    trough: np.ndarray
    steep: np.ndarray
    crest: np.ndarray
    size: FloatArray


def working_wave(x: FloatArray, fs: float) -> tuple[FloatArray, float]:
    """A stretch at about 200 samples/s, without shift in time, and that rate."""
    if fs >= 2 * WORKING:
        down = int(fs / WORKING)
        return scipy.signal.resample_poly(x, 1, down, padtype="line"), fs / down
    up = max(1, int(np.ceil(0.75 * WORKING / fs)))
    return (x if up == 1 else scipy.signal.resample_poly(x, up, 1, padtype="line")), fs * up


def filtered(x: FloatArray, fs: float, band: tuple[float, float]) -> FloatArray:
    """Band-passed (a low edge of 0: low-passed) without shift in time."""
    low, high = band
    if low == 0:
        sos = scipy.signal.butter(2, high, "lowpass", fs=fs, output="sos")
    else:
        sos = scipy.signal.butter(2, (low, high), "bandpass", fs=fs, output="sos")
    pad = min(x.size - 1, round(3 * fs))
    out: FloatArray = scipy.signal.sosfiltfilt(sos, x, padlen=pad)
    return out


def is_inverted(wave: FloatArray, fs: float) -> bool:
    """Whether a band-passed pulse wave points downwards.

    The heart ejects after a rest: the first large move after the quietest part of the mean beat is the upstroke. This
    holds however high the second wave is, and behind an AC coupling. A wave that never rests, as of a heart so fast that
    its waves overlap, tells it by its skewness: blood rushes in faster than it leaves, and is up for less time than down.
    """
    period = float(np.median(local_period(wave, fs)[1]))
    mean = _mean_beat(wave, _cycle(wave, fs, period))
    slope = _slope(mean)
    is_resting, first = _first_move(slope)
    if is_resting and period >= LONG_ENOUGH:
        return bool(slope[first] < 0)
    return bool(scipy.stats.skew(mean) + scipy.stats.skew(slope) < 0)


def away_from_upstroke(found: Candidates, wave: FloatArray, fs: float) -> FloatArray:
    """How far each rise of an upright wave lies from the upstroke of its beat, in beats (-.5 to .5).

    Told by the phase of the fundamental, whatever the heights of the first and of the second wave.
    """
    cycle = _cycle(wave, fs, float(np.median(local_period(wave, fs)[1])))
    slope = _slope(_mean_beat(wave, cycle))
    is_resting, first = _first_move(slope)
    at = first if is_resting and slope[first] > 0 else int(np.argmax(slope))
    steepest = (at + int(np.argmax(np.roll(slope, -at)[: round(QUIET_PART * PHASES)])) + 0.5) / PHASES
    away: FloatArray = (cycle[found.steep] - steepest + 0.5) % 1 - 0.5
    return away


def _cycle(wave: FloatArray, fs: float, period: float) -> FloatArray:
    """Where in its beat each sample is (0 to 1, from anywhere), by the phase of the fundamental."""
    narrow = filtered(wave, fs, (0.6 / period, 1.5 / period))
    analytic = scipy.signal.hilbert(narrow, scipy.fft.next_fast_len(narrow.size))[: narrow.size]
    cycle: FloatArray = np.angle(analytic) / (2 * np.pi) % 1
    return cycle


def _mean_beat(wave: FloatArray, cycle: FloatArray) -> FloatArray:
    """Mean of a wave over one beat, shape (PHASES,)."""
    part = (cycle * PHASES).astype(int).clip(0, PHASES - 1)
    number, total = np.bincount(part, minlength=PHASES), np.bincount(part, wave, minlength=PHASES)
    known = np.flatnonzero(number)
    mean: FloatArray = np.interp(np.arange(PHASES), known, total[known] / number[known], period=PHASES)
    return mean


def _slope(mean: FloatArray) -> FloatArray:
    slope: FloatArray = (np.roll(mean, -1) - np.roll(mean, 1)) / 2
    return slope


def _first_move(slope: FloatArray) -> tuple[bool, int]:
    """Whether the mean beat rests anywhere, and where it first moves clearly after its quietest part."""
    around = scipy.ndimage.uniform_filter1d(slope**2, round(QUIET_PART * slope.size), mode="wrap")
    quietest = int(np.argmin(around))
    after = np.abs(np.roll(slope, -quietest))
    first = (quietest + int(np.argmax(after > LARGE_MOVE * after.max()))) % slope.size
    return bool(around[quietest] < QUIET * around.mean()), first


def find_rises(wave: FloatArray, fs: float) -> Candidates:
    """Every rise of a band-passed, upright wave from a trough to the next crest."""
    slope = np.diff(wave)
    rising = slope > 0
    start = np.flatnonzero(rising & ~np.concatenate(([False], rising[:-1])))
    stop = np.flatnonzero(rising & ~np.concatenate((rising[1:], [False]))) + 1
    if start.size == 0:
        nothing = np.zeros(0, dtype=np.intp)
        return Candidates(nothing, nothing, nothing, np.zeros(0))
    top = np.maximum.reduceat(slope, start)  # from a start to the next: falls lie below any rise
    part = np.repeat(np.arange(start.size), np.diff(np.append(start, slope.size)))
    inside = np.arange(start[0], slope.size)
    at_top = inside[slope[start[0] :] == top[part]]
    steep = at_top[np.searchsorted(at_top, start)]
    return Candidates(start, steep, stop, wave[stop] - wave[start])


def find_complexes(x: FloatArray, fs: float) -> Candidates:
    """Every burst of energy between 8 and 20 Hz, as a QRS complex makes; `steep` is its crest."""
    wave = filtered(x, fs, (QRS_BAND[0], min(QRS_BAND[1], 0.42 * fs)))
    width = max(1, round(QRS_WINDOW * fs))
    energy = scipy.ndimage.uniform_filter1d(np.gradient(wave) ** 2, width)
    peak = scipy.signal.argrelmax(energy, order=max(1, round(0.1 * fs)))[0]
    before = np.maximum(0, peak - width)
    return Candidates(before, peak, np.minimum(x.size - 1, peak + width), energy[peak] ** 0.5)


def local_period(wave: FloatArray, fs: float) -> tuple[FloatArray, FloatArray]:
    """Middle of each window (index) and the period (s) that its autocorrelation shows there."""
    step = max(1, int(fs / 50))
    thin, rate = wave[::step], fs / step
    n = min(thin.size, round(PERIOD_WINDOW * rate))
    start = np.arange(0, max(1, thin.size - n + 1), max(1, n // 3))
    windows = thin[start[:, None] + np.arange(n)]
    windows = windows - windows.mean(axis=1, keepdims=True)
    size = scipy.fft.next_fast_len(2 * n)
    power = np.abs(scipy.fft.rfft(windows, size, axis=1)) ** 2
    lags = scipy.fft.irfft(power, size, axis=1)[:, :n] / np.arange(n, 0, -1)
    low, high = round(SHORTEST * rate), min(n - 2, round(LONGEST * rate))
    inner = lags[:, low : high + 1]
    crest = (inner >= lags[:, low - 1 : high]) & (inner >= lags[:, low + 1 : high + 2])
    top = np.where(crest, inner, -np.inf).max(axis=1, keepdims=True)
    first = np.argmax(crest & (inner >= NEARLY * top), axis=1)
    period = np.where(np.isfinite(top[:, 0]), (low + first) / rate, np.nan)
    usual = np.nanmedian(period) if np.isfinite(period).any() else 0.8
    period = scipy.ndimage.median_filter(np.where(np.isnan(period), usual, period), size=5, mode="nearest")
    middle = np.asarray((start + n / 2) * step, dtype=np.float64)
    return middle, np.asarray(period, dtype=np.float64)


def choose_beats(
    found: Candidates, period: FloatArray, fs: float, *, kind: str, usual: float, wave: FloatArray
) -> np.ndarray:
    """Which candidates are beats: positions in `found`.

    Parameters
    ----------
    found : Candidates
    period : ndarray, shape (n_candidates,)
        Local period in s.
    fs : float
    kind : str
        "pulse" or "ecg".
    usual : float
        Size of a beat over the whole recording; 0 where it is not known.
    wave : ndarray, shape (n,)
        The band-passed wave, upright.
    """
    if found.size.size == 0:
        return np.zeros(0, dtype=np.intp)
    kept = _high_enough(found, period, fs, kind, usual, apart=SHORTEST)
    if kind == "ecg" or not _has_second_waves(found.steep[kept] / fs, period):
        return kept
    away = away_from_upstroke(found, wave, fs)
    first = np.flatnonzero(np.abs(away) < NEAR_UPSTROKE)
    if not first.size:
        return kept
    weighted = found.size * np.cos(np.pi * away) ** 2
    upstrokes = Candidates(*(values[first] for values in found._replace(size=weighted)))
    chosen: np.ndarray = first[_high_enough(upstrokes, period[first], fs, kind, 0.0, apart=np.inf)]
    return chosen


def _has_second_waves(time: FloatArray, period: FloatArray) -> bool:
    """Whether beats are followed by others within a period, more often than a heart is out of step."""
    if time.size < 3:
        return False
    is_steady = np.ptp(np.quantile(np.log(period), (0.05, 0.95))) < np.log(STEADY)
    step, usual = np.diff(time), float(np.median(period))
    soon = step < SECOND_WAVE * usual
    # later, and a slow heart: every second beat is early (bigeminy), and both are beats
    return bool(is_steady and soon.mean() > OFTEN and (usual < SLOW or np.median(step[soon]) < LATEST_WAVE))


def _high_enough(
    found: Candidates, period: FloatArray, fs: float, kind: str, usual: float, *, apart: float
) -> np.ndarray:
    """Candidates that reach a good part of the height around, `apart` s or more than half a period from each other."""
    time = found.steep / fs
    sure = highest_within(time, found.size, np.maximum(SHORTEST, 0.6 * period))
    around = scipy.ndimage.median_filter(found.size[sure], size=min(NEIGHBOURS, sure.size), mode="nearest")
    level = np.maximum(np.interp(time, time[sure], around), FAINT / REACHED[kind] * usual)
    enough = np.flatnonzero(found.size >= REACHED[kind] * level)
    kept = enough[highest_within(time[enough], found.size[enough], np.minimum(apart, 0.6 * period[enough]))]
    return _without_second_waves(time, found.size, period, kept)


def _without_second_waves(
    time: FloatArray, size: FloatArray, period: FloatArray, kept: np.ndarray
) -> np.ndarray:
    """Leave out the reflected wave: a clearly smaller rise that follows soon after a beat."""
    if kept.size < 2:
        return kept
    soon = np.diff(time[kept]) < SECOND_WAVE * period[kept[1:]]
    small = size[kept[1:]] < SECOND_WAVE * size[kept[:-1]]
    return kept[np.concatenate(([True], ~(soon & small)))]


def highest_within(time: FloatArray, size: FloatArray, radius: FloatArray) -> np.ndarray:
    """Positions of candidates that no higher one that stays stands nearer to than its `radius` (s)."""
    free, stays = np.ones(time.size, dtype=bool), np.zeros(time.size, dtype=bool)
    low, high = np.searchsorted(time, time - radius), np.searchsorted(time, time + radius)
    for at in np.argsort(-size, kind="stable"):
        if free[at]:
            free[low[at] : high[at]] = False
            stays[at] = True
    return np.flatnonzero(stays)
