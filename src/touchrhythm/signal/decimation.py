"""How is a recording brought to a few samples a second without folding anything into the band?

**Conventions.** One channel, shape (n_samples,), NaN where missing. Work is done in chunks: memory
beyond the data does not grow with the sampling rate.

- `segments` : stretches without gaps, as sample indexes
- `decimate` : one stretch, low-passed and thinned out
- `decimated_segments` : both, for a whole channel
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy

from touchrhythm._check import FloatArray

__all__ = ["Segment", "decimate", "decimated_segments", "segments"]

CHUNK = 1 << 18  # samples worked on at a time
PASSBAND = 0.65  # Hz that a decimated channel keeps untouched
STOPBAND_DB = 80.0  # how far down everything is that would fold into the pass band


@dataclass(frozen=True, eq=False)
class Segment:
    """A stretch without gaps: `x` at `fs` Hz, first sample at `onset` seconds of the recording."""

    onset: float
    x: FloatArray
    fs: float

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.x.size / self.fs


def segments(x: FloatArray, *, fs: float, max_gap: float = 0.5) -> np.ndarray:
    """Start and stop (exclusive) of stretches whose gaps last `max_gap` seconds at most.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        One channel; NaN marks missing samples.
    fs : float
        Sampling rate in Hz.
    max_gap : float, default 0.5
        Longest run of NaN in seconds that does not split a stretch.

    Returns
    -------
    ndarray of int, shape (n_segments, 2)

    Examples
    --------
    >>> segments(np.array([1.0, np.nan, 2.0, np.nan, np.nan, 3.0]), fs=1.0, max_gap=1.0)
    array([[0, 3],
           [5, 6]])
    """
    edges: list[np.ndarray] = []
    missing = True
    for start in range(0, x.size, CHUNK):
        mask = np.isnan(x[start : start + CHUNK])
        change = np.flatnonzero(mask[1:] != mask[:-1]) + (start + 1)
        if bool(mask[0]) != missing:
            change = np.concatenate(([start], change))
        edges.append(change)
        missing = bool(mask[-1])
    bounds = np.concatenate(edges)
    if bounds.size % 2:
        bounds = np.concatenate((bounds, [x.size]))
    runs = bounds.reshape(-1, 2)
    if len(runs) < 2:
        return runs
    split = np.flatnonzero(runs[1:, 0] - runs[:-1, 1] > max_gap * fs + 1e-9)
    return np.column_stack(
        (runs[np.concatenate(([0], split + 1)), 0], runs[np.concatenate((split, [len(runs) - 1])), 1])
    )


def decimate(x: FloatArray, *, fs: float, target: float = 2.5) -> tuple[FloatArray, float]:
    """A stretch without long gaps, low-passed (zero phase) and thinned out to `target` Hz or a little more.

    Short runs of NaN inside are interpolated. Sample k of the result stands at k / fs_out seconds.
    Everything that would fold below 0.65 Hz is at least 80 dB down.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        One stretch; must begin and end with a number.
    fs, target : float
        Sampling rate, and the rate wanted, in Hz.

    Returns
    -------
    y : ndarray, shape (n_out,)
    fs_out : float
        ``fs`` over a whole number, at least `target` where `fs` is.
    """
    first = max(1, int(fs / (4 * target) + 1e-9))
    second = max(1, int(fs / first / target + 1e-9))
    y = x
    for factor in (first, second):
        if factor > 1:
            y = _thin(y, fs, factor)
            fs = fs / factor
    return (_filled(x, 0, x.size, x.size) if y is x else y), fs


def decimated_segments(
    x: FloatArray, *, fs: float, target: float = 2.5, max_gap: float = 0.5
) -> tuple[Segment, ...]:
    """Every stretch of a channel that holds at least a few samples, decimated by itself.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
    fs, target, max_gap : float
        As in `segments` and `decimate`.

    Returns
    -------
    tuple of Segment
    """
    out = []
    for start, stop in segments(x, fs=fs, max_gap=max_gap):
        if stop - start > 4 * fs / target:
            y, fs_out = decimate(x[start:stop], fs=fs, target=target)
            out.append(Segment(float(start / fs), y, fs_out))
    return tuple(out)


def _thin(x: FloatArray, fs: float, factor: int) -> FloatArray:
    taps = _lowpass(fs, factor)
    half = taps.size // 2
    n_out = (x.size - 1) // factor + 1
    out = np.empty(n_out)
    step = max(1, CHUNK // factor)
    for start in range(0, n_out, step):
        stop = min(start + step, n_out)
        piece = _extended(x, start * factor - half, (stop - 1) * factor + half + 1)
        out[start:stop] = _every(piece, taps, factor)[: stop - start]
    return out


def _every(x: FloatArray, taps: FloatArray, factor: int) -> FloatArray:
    """Every `factor`-th value of the valid convolution with symmetric taps: none but those kept are computed."""
    n_out = (x.size - taps.size) // factor + 1
    ahead = -(-taps.size // factor)
    wide = np.zeros((n_out + ahead) * factor)
    wide[: x.size] = x[: wide.size]
    phases = np.ascontiguousarray(wide.reshape(-1, factor).T)  # so that each step runs over neighbours
    out, product = np.zeros(n_out), np.empty(n_out)
    for k, tap in enumerate(taps):
        row, shift = k % factor, k // factor
        np.multiply(phases[row, shift : shift + n_out], tap, out=product)
        out += product
    return out


@lru_cache(maxsize=64)
def _lowpass(fs: float, factor: int) -> FloatArray:
    """Kaiser-windowed low-pass whose half length is a whole number of output samples.

    Written out (Oppenheim & Schafer 2009, eqs 7.75 and 7.76): scipy.signal would double the time that a
    command takes to start.
    """
    fs_out = fs / factor
    low, high = PASSBAND, max(fs_out - PASSBAND, 1.1 * PASSBAND)
    beta = 0.1102 * (STOPBAND_DB - 8.7)
    n_taps = int(np.ceil((STOPBAND_DB - 7.95) / 2.285 / (np.pi * (high - low) / (fs / 2)) + 1))
    half = -(-(n_taps // 2 + 1) // factor) * factor
    at = np.arange(-half, half + 1)
    window = scipy.special.i0(beta * np.sqrt(1 - (at / half) ** 2)) / scipy.special.i0(beta)
    cutoff = (low + high) / 2 / (fs / 2)
    taps = cutoff * np.sinc(cutoff * at) * window
    return np.asarray(taps / taps.sum())


def _extended(x: FloatArray, start: int, stop: int) -> FloatArray:
    """Samples start to stop of `x`, gaps filled, mirrored about its first and last value outside."""
    before, after = max(0, -start), max(0, stop - x.size)
    inner = _filled(x, max(0, start), min(stop, x.size), max(before, after) + 1)
    if before == 0 and after == 0:
        return inner
    padded: FloatArray = np.pad(inner, (before, after), mode="reflect", reflect_type="odd")
    return padded


def _filled(x: FloatArray, start: int, stop: int, margin: int) -> FloatArray:
    """Copy of samples start to stop with NaN interpolated from the numbers on both sides."""
    piece = x[start:stop]
    mask = np.isnan(piece)
    if not mask.any():
        return np.array(piece, dtype=np.float64)
    low, high = max(0, start - margin), min(x.size, stop + margin)
    while low > 0 and np.isnan(x[low]):
        low -= 1
    while high < x.size and np.isnan(x[high - 1]):
        high += 1
    wide = np.array(x[low:high], dtype=np.float64)
    good = np.flatnonzero(~np.isnan(wide))
    bad = np.flatnonzero(np.isnan(wide))
    wide[bad] = np.interp(bad, good, wide[good])
    return wide[start - low : stop - low]
