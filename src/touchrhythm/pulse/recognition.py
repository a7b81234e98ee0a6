"""Is this a pulse wave, an ECG, or neither?

**Conventions.** One channel in, "pulse", "ecg" or "" out. Asked where nobody said what a channel is, and to name
the likely slip where what was said cannot be.

- `recognise` : what a channel looks like
- `may_be_ecg` : whether a channel that nobody named may be an ECG
- `is_narrow` : whether its beats are spikes, as those of an ECG
"""

from __future__ import annotations

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.pulse.beats import LOWEST_FS, Beats, find_beats
from touchrhythm.pulse.detection import DETECTION_BAND, filtered

__all__ = ["is_narrow", "may_be_ecg", "recognise"]

SEGMENT = 20.0  # s of each spectrum that is averaged
LOOKED_AT = 120.0  # s in the middle of the recording
FEWEST_BEATS = 20
MOST_BAD = 0.3  # of the beats of something that is a pulse
BEATING = 0.8  # of the variance lies between .5 and 6 Hz where nothing but a pulse is in a channel
T_WAVE = (0.12, 0.5)  # s (at 60 beats per minute) after the R wave, in which the chambers recover
T_HEIGHT = 0.03  # of the R wave, at the least; and standard errors above the mean beat's noise
T_ERRORS = 6.0
T_WIDTH = 0.06  # s at half of its height, at the least: what rings after a knock is shorter
NARROW = 0.075  # s (at 60 beats per minute) that a QRS complex stays above half of its height, at the most


def recognise(x: FloatArray, fs: float, *, alone: bool) -> str:
    """What a channel looks like: "pulse", "ecg", or "" for neither.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
    fs : float
    alone : bool
        Whether the beats must make up most of what varies, as in a pulse channel, and not in a force that beats.

    Examples
    --------
    >>> from touchrhythm.simulate.pulse import simulate_pulse
    >>> recognise(simulate_pulse(duration_s=60, rng=1).x, 100.0, alone=True)
    'pulse'
    """
    middle, half = x.size // 2, round(LOOKED_AT / 2 * fs)
    part = x[max(0, middle - half) : middle + half]
    if fs < LOWEST_FS["pulse"] or (alone and not _is_mostly_beating(part, fs)):
        return ""
    beats = find_beats(part, fs=fs)
    if _are_beats(beats):
        return "ecg" if is_narrow(part, beats, fs) else "pulse"
    if fs < LOWEST_FS["ecg"]:
        return ""
    beats = find_beats(part, fs=fs, kind="ecg")
    return "ecg" if _are_beats(beats) and is_narrow(part, beats, fs) else ""


def may_be_ecg(x: FloatArray, fs: float) -> bool:
    """Whether sharp narrow complexes come at the pace of a heart, each followed by a smooth T wave.

    Knocks, steps and glitches may be as sharp and as regular; nothing recovers after them.
    """
    middle, half = x.size // 2, round(LOOKED_AT / 2 * fs)
    part = x[max(0, middle - half) : middle + half]
    known = np.flatnonzero(~np.isnan(part))
    if fs < LOWEST_FS["ecg"] or known.size < 10 * fs:
        return False
    beats = find_beats(part, fs=fs, kind="ecg")
    if not _are_beats(beats):
        return False
    whole = np.interp(np.arange(part.size), known, part[known])
    wave = filtered(whole, fs, (DETECTION_BAND[0], min(30.0, 0.4 * fs)))
    return _is_spiky(wave, beats, fs) and _has_t_wave(wave, beats, fs)


def _is_spiky(wave: FloatArray, beats: Beats, fs: float) -> bool:
    """Whether the mean beat lies beyond half of its largest excursion, up or down, for no longer than a QRS complex."""
    mean, period = _around_beats(wave, beats, fs)
    away = np.abs(mean - np.median(mean))
    return bool((away > away.max() / 2).mean() * period < NARROW * period**0.5)


def _has_t_wave(wave: FloatArray, beats: Beats, fs: float) -> bool:
    pace = float(np.nanmedian(beats.interval_s)) ** 0.5
    offset = np.arange(round(T_WAVE[0] * pace * fs), round(T_WAVE[1] * pace * fs)) / fs
    time = beats.time_s[beats.good]
    rows = np.interp(time[:, None] + offset, np.arange(wave.size) / fs, wave)
    mean, error = rows.mean(axis=0), float(np.median(rows.std(axis=0))) / time.size**0.5
    least = max(T_HEIGHT * float(np.median(beats.height[beats.good])), T_ERRORS * error)
    for upright in (mean, -mean):
        _, found = scipy.signal.find_peaks(upright, prominence=least, width=T_WIDTH * fs)
        if found["widths"].size:
            return True
    return False


def is_narrow(x: FloatArray, beats: Beats, fs: float) -> bool:
    """Whether the mean beat is a spike, far shorter than any pulse wave."""
    mean, period = _around_beats(x, beats, fs)
    above = float((mean > (mean.max() + mean.min()) / 2).mean()) * period
    return bool(min(above, period - above) < NARROW * period**0.5)


def _around_beats(x: FloatArray, beats: Beats, fs: float) -> tuple[FloatArray, float]:
    """The mean beat, from .3 of a period before it, and the period (s)."""
    period = float(np.nanmedian(beats.interval_s))
    offset = np.arange(round(-0.3 * period * fs), round(0.7 * period * fs)) / fs
    time = beats.time_s[beats.good & (beats.time_s > period) & (beats.time_s < beats.duration - period)]
    mean: FloatArray = np.nanmean(np.interp(time[:, None] + offset, np.arange(x.size) / fs, x), axis=0)
    return mean, period


def _are_beats(beats: Beats) -> bool:
    return bool(beats.good.sum() >= FEWEST_BEATS and beats.bad_fraction <= MOST_BAD)


def _is_mostly_beating(x: FloatArray, fs: float) -> bool:
    known = x[~np.isnan(x)]
    if known.size < 10 * fs or not np.ptp(known) > 0:
        return False
    freq, power = _mean_spectrum(known, fs)
    inside = (freq >= DETECTION_BAND[0]) & (freq <= DETECTION_BAND[1])
    return bool(power[inside].sum() >= BEATING * power.sum())


def _mean_spectrum(x: FloatArray, fs: float) -> tuple[FloatArray, FloatArray]:
    """Frequencies and one-sided power of Hann windows of 20 s that overlap by half (Welch), without a trend.

    Every force is looked at in this way, and loading scipy.signal for it costs more than all the rest.
    """
    t = np.arange(x.size) - (x.size - 1) / 2
    level = x - x.mean()
    level -= (level @ t) / (t @ t) * t
    n = min(x.size, round(SEGMENT * fs))
    parts = np.lib.stride_tricks.sliding_window_view(level, n)[:: n - n // 2]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    power = (np.abs(np.fft.rfft((parts - parts.mean(axis=1, keepdims=True)) * window)) ** 2).mean(axis=0)
    power[1 : (n + 1) // 2] *= 2  # all but the level and the Nyquist frequency stand for two
    return np.asarray(np.fft.rfftfreq(n, 1 / fs)), np.asarray(power)
