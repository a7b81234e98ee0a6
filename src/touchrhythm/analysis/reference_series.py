"""What of a reference channel can move a signal? The channel itself; of a pulse its series; what the heart folds.

A series of beats is sampled by the heart: what is faster than half of the heart rate comes out of it at its distance
from a multiple of that rate, as a breath of 30 per minute does at 8 beside a heart at 38. What that looks like is
made as it comes about: the reference is read at the beats.

**Conventions.** Channels and Hz in; series by name out, "" the channel itself; rates in cycles per minute.

- `ReferenceSeries` : the series of one channel, and what of it is folded
- `reference_series` : at the rate of the recording
- `beside_beats` : on the grid of the series of a pulse, with what its heart folds into the band
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.pulse.beats import Beats, find_beats
from touchrhythm.pulse.series import SERIES_FS, pulse_series, sampled_by_beats
from touchrhythm.references.explained import FOLDED, Folded
from touchrhythm.references.features import band_filtered, main_rate
from touchrhythm.session import Recording
from touchrhythm.settings import SERIES
from touchrhythm.signal.decimation import decimated_segments
from touchrhythm.units import cpm_to_hz, hz_to_cpm, period_to_cpm
from touchrhythm.words.columns import signal_by_name

__all__ = ["ReferenceSeries", "beside_beats", "reference_series"]

LONGEST_BRIDGED = 5.0  # s
MULTIPLES = (1, 2)  # of the heart rate, about which a rhythm is folded
FASTEST = 0.9  # Hz, of a main rhythm that is looked for; its harmonics and the heart lie above
ABOUT = (0.6, 1.6)  # of the main rate, what is read at the beats
SLOWLY = 30.0  # s over which the heart rate is averaged, before its range is taken
BESIDE = 0.5  # cycles per minute by which a folded rhythm may miss the band


@dataclass(frozen=True, eq=False)
class ReferenceSeries:
    """Series of a reference channel by name, each of shape (n,), and what of it the heart folds into the band."""

    series: dict[str, FloatArray]
    folded: Folded | None = None


def reference_series(recording: Recording, k: int) -> ReferenceSeries:
    """Series of a channel at the rate of the recording.

    Parameters
    ----------
    recording : Recording
    k : int
        Column of the channel.
    """
    x, fs = recording.data[:, k], recording.fs
    beats = _beats(recording, k)
    series = {} if beats is None else _beat_series(beats, x, fs, np.arange(x.size) / fs)
    return ReferenceSeries(series or {"": x})


def beside_beats(
    recording: Recording, k: int, beats: Beats, *, n: int, band_cpm: tuple[float, float]
) -> ReferenceSeries:
    """Series of a channel on the grid of the series of a pulse, with what its heart folds into the band.

    Parameters
    ----------
    recording : Recording
        As it was recorded.
    k : int
        Column of the channel.
    beats : Beats
        Of the pulse.
    n : int
        Points of the grid, which runs at 4 Hz.
    band_cpm : tuple of float
        The band in cpm.
    """
    x, fs = recording.data[:, k], recording.fs
    own = _beats(recording, k)
    time = np.arange(n) / SERIES_FS
    series = {} if own is None else _beat_series(own, x, fs, time)
    series = series or {"": _slowed(x, fs, time)}
    main = own.rate_bpm if own is not None and "" not in series else _main_rate(x, fs)
    folded = _folded(main, beats, band_cpm)
    if folded is not None:
        series |= {FOLDED: _read_at_beats(x, fs, beats, main=main, n=n)}
    return ReferenceSeries(series, folded)


def _beats(recording: Recording, k: int) -> Beats | None:
    """Beats of a pulse; None of any other channel, and where none can be found."""
    if recording.roles[k] != "pulse":
        return None
    kind = signal_by_name(recording.channels[k], "pulse")
    try:
        return find_beats(recording.data[:, k], fs=recording.fs, kind=kind)
    except ValueError:
        return None


def _beat_series(beats: Beats, x: FloatArray, fs: float, time: FloatArray) -> dict[str, FloatArray]:
    """Baseline, height and interval of a pulse's beats at these times; nothing where too few beats are good.

    A slow rhythm is not in the pulse wave but in these. Where beats are missing for `LONGEST_BRIDGED` at the most
    the line goes on across, so that one bad beat does not end a stretch.
    """
    try:
        found = pulse_series(beats, x, fs=fs)
    except ValueError:
        return {}
    series = {}
    for name in SERIES:
        values = getattr(found, name)
        known = np.flatnonzero(np.isfinite(values))
        if known.size < 2:
            continue
        line = np.interp(time, found.time[known], values[known])
        after = np.searchsorted(found.time[known], time)
        left = found.time[known][np.maximum(after - 1, 0)]
        right = found.time[known][np.minimum(after, known.size - 1)]
        series[name] = np.where(right - left > LONGEST_BRIDGED, np.nan, line)
    return series


def _slowed(x: FloatArray, fs: float, time: FloatArray) -> FloatArray:
    out = np.full(time.size, np.nan)
    for part in decimated_segments(x, fs=fs, target=2 * SERIES_FS):
        inside = (time >= part.onset) & (time <= part.onset + (part.x.size - 1) / part.fs)
        out[inside] = np.interp(time[inside] - part.onset, np.arange(part.x.size) / part.fs, part.x)
    return out


def _main_rate(x: FloatArray, fs: float) -> float:
    """Where a wave has most of its power, in cycles per minute; NaN of one that is nowhere."""
    parts = decimated_segments(x, fs=fs, target=2 * SERIES_FS)
    longest = max(parts, key=lambda part: part.x.size, default=None)
    if longest is None or longest.x.size < SLOWLY * longest.fs or np.ptp(longest.x) == 0:
        return float("nan")
    return float(hz_to_cpm(main_rate([longest.x[None]], longest.fs, highest=FASTEST)[0]))


def _folded(main: float, beats: Beats, band_cpm: tuple[float, float]) -> Folded | None:
    """What the heart makes of a rhythm of `main` cycles per minute, where that lies in the band."""
    heart = beats.rate_bpm
    if not main > heart / 2:
        return None
    slow, fast = _slow_range(beats)
    low, high = band_cpm
    for times in MULTIPLES:
        ends = sorted((times * slow - main, times * fast - main))
        nearest, farthest = min(map(abs, ends)), max(map(abs, ends))
        if ends[0] <= 0 <= ends[1]:
            nearest = 0.0
        if nearest <= high + BESIDE and farthest >= low - BESIDE:
            return Folded(main, heart, times, nearest, farthest)
    return None


def _slow_range(beats: Beats) -> tuple[float, float]:
    """Heart rate that stays above 2.5 and 97.5 % of its means over `SLOWLY`."""
    interval = beats.interval_s[~np.isnan(beats.interval_s)]
    n = max(1, min(interval.size, round(SLOWLY / float(interval.mean()))))
    mean = scipy.ndimage.uniform_filter1d(interval, n, mode="nearest")
    high, low = np.quantile(mean, (0.025, 0.975))
    return float(period_to_cpm(low)), float(period_to_cpm(high))


def _read_at_beats(x: FloatArray, fs: float, beats: Beats, *, main: float, n: int) -> FloatArray:
    """The main rhythm of a channel as the beats of a heart sample it, on the grid of its series."""
    time, missing = np.arange(x.size) / fs, np.isnan(x)
    whole = np.interp(time, time[~missing], x[~missing])
    low, high = (part * float(cpm_to_hz(main)) for part in ABOUT)
    wave = band_filtered(whole[None], fs, low, min(high, 0.45 * fs))[0]
    at = beats.time_s[beats.good]
    values = np.interp(at, time, wave)
    values[np.interp(at, time, missing.astype(np.float64)) > 0] = np.nan
    return sampled_by_beats(beats, values, n)
