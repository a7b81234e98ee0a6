"""How do baseline, height and interval of the beats go on over time?

Beats come unevenly; the rhythm test wants an even grid. Monotone cubic interpolation (PCHIP) leads through the
beats without overshoot. An interval belongs to the middle of its two beats. Where one beat is missing the line
goes on across it (and the beat is counted); where more are, there is a gap.

**Conventions.** Seconds from the recording's first sample; the grid runs at 4 Hz; NaN in gaps.

- `PulseSeries` : the three series
- `pulse_series` : from beats
- `sampled_by_beats` : what else is read at each beat, on the same grid

References
----------
Fritsch F. N., Carlson R. E. (1980). Monotone piecewise cubic interpolation. SIAM J. Numer. Anal. 17, 238.
Berger R. D. et al. (1986). An efficient algorithm for spectral analysis of heart rate variability.
IEEE Trans. Biomed. Eng. 33, 900.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_fs, check_signal
from touchrhythm.pulse.beats import Beats
from touchrhythm.session import read_only

__all__ = ["SERIES_FS", "PulseSeries", "pulse_series", "sampled_by_beats"]

SERIES_FS = 4.0  # Hz
ACROSS = 2.4  # median intervals: a distance of two beats (one missing), with its variability
TWO_INTERVALS = (1.6, 2.4)  # of the median: a distance that is two intervals


@dataclass(frozen=True, eq=False)
class PulseSeries:
    """The three series of a pulse wave, each of shape (n_grid,) at `fs` Hz from second 0, NaN in gaps.

    `baseline` in units of the wave (feet of the beats), `height` in % of its median, `interval` in seconds.
    `time` (n_grid,) in seconds; `n_bridged` beats across which one of the series was led.
    """

    time: FloatArray
    fs: float
    baseline: FloatArray
    height: FloatArray
    interval: FloatArray
    n_bridged: int


def pulse_series(beats: Beats, x: npt.ArrayLike, *, fs: float) -> PulseSeries:
    """Baseline, height and interval of the good beats on a grid of 4 Hz.

    Parameters
    ----------
    beats : Beats
        As `find_beats` returns them.
    x : array_like, shape (n_samples,)
        The wave they were found in; it says how long the recording lasts and where it has gaps.
    fs : float
        Its sampling rate in Hz.

    Returns
    -------
    PulseSeries

    Raises
    ------
    ValueError
        If fewer than 3 beats are good.

    Examples
    --------
    >>> from touchrhythm.pulse.beats import find_beats
    >>> from touchrhythm.simulate.pulse import simulate_pulse
    >>> pulse = simulate_pulse(duration_s=60, fs=50, rng=1)
    >>> series = pulse_series(find_beats(pulse.x, fs=50), pulse.x, fs=50)
    >>> series.height.size, round(float(np.nanmedian(series.height)), -1)
    (240, 100.0)
    """
    signal, fs = check_signal(x), check_fs(fs)
    good = beats.good
    if good.sum() < 3:
        raise ValueError(f"the series of a pulse need at least 3 good beats, got {int(good.sum())}")
    grid = np.arange(int(signal.size / fs * SERIES_FS)) / SERIES_FS
    time = beats.time_s[good]
    usual = float(np.nanmedian(np.diff(time)))
    longest = ACROSS * usual
    middle, interval = _intervals(time, usual)
    height = 100 * beats.height[good] / np.median(beats.height[good])
    return PulseSeries(
        time=read_only(grid),
        fs=SERIES_FS,
        baseline=read_only(_led(grid, beats.onset_s[good], beats.foot[good], longest)),
        height=read_only(_led(grid, time, height, longest)),
        interval=read_only(_led(grid, middle, interval, longest)),
        n_bridged=int(((np.diff(time) > 1.5 * usual) & (np.diff(time) <= longest)).sum()),
    )


def sampled_by_beats(beats: Beats, values: FloatArray, n: int) -> FloatArray:
    """What was read at each good beat, led across `n` points at 4 Hz as the series of a pulse are.

    Parameters
    ----------
    beats : Beats
        At least three of them good.
    values : ndarray, shape (n_good,)
        One for each good beat; NaN where there is none.
    n : int
    """
    time = beats.time_s[beats.good]
    known = ~np.isnan(values)
    longest = ACROSS * float(np.nanmedian(np.diff(time)))
    return _led(np.arange(n) / SERIES_FS, time[known], values[known], longest)


def _intervals(time: FloatArray, usual: float) -> tuple[FloatArray, FloatArray]:
    """Middle and length of each interval; a distance of two is halved, a longer one is none."""
    step = np.diff(time)
    local = scipy.ndimage.median_filter(step, size=min(11, step.size), mode="nearest")
    local = np.clip(local, 0.6 * usual, 1.6 * usual)
    double = (step > TWO_INTERVALS[0] * local) & (step < TWO_INTERVALS[1] * local)
    single = (step > 0.5 * local) & (step <= 1.45 * local)
    length = np.where(double, step / 2, step)
    used = double | single
    return (time[:-1] + step / 2)[used], length[used]


def _led(grid: FloatArray, time: FloatArray, values: FloatArray, longest: float) -> FloatArray:
    """Monotone interpolation through the points; NaN between points more than `longest` apart.

    At its ends the recording holds parts of beats: the first and last value hold there, for `longest` at the most.
    """
    out = np.full(grid.size, np.nan)
    parts = np.flatnonzero(np.diff(time) > longest) + 1
    for piece in np.split(np.arange(time.size), parts):
        if piece.size >= 2:
            inside = slice(*np.searchsorted(grid, (time[piece[0]], time[piece[-1]]), side="left"))
            out[inside] = scipy.interpolate.PchipInterpolator(time[piece], values[piece])(grid[inside])
    known = np.flatnonzero(~np.isnan(out))
    if known.size:
        reach = int(longest * SERIES_FS)
        if known[0] <= reach:
            out[: known[0]] = out[known[0]]
        if out.size - 1 - known[-1] <= reach:
            out[known[-1] + 1 :] = out[known[-1]]
    return out
