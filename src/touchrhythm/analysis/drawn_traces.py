"""What is drawn of a channel: its envelope, and the one filtered trace?

**Conventions.** One channel and its band-passed trace in; a min–max envelope beside that trace out, times in
seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm.peaks import Peak, strongest_peak
from touchrhythm.session import read_only
from touchrhythm.signal.filtering import AnalyticTrace, design_bandpass, edge_duration, response

__all__ = ["DrawnTraces", "draw_envelope", "draw_traces", "envelope", "is_blank"]

MOST_BINS = 3000


@dataclass(frozen=True, eq=False)
class DrawnTraces:
    """What the pictures show of the signal.

    `time`, `low`, `high` (n_bins,): the raw channel as a min–max envelope, at most 3000 bins, NaN
    where cut. `trace`: the band-passed channel, the same one that is counted and tapped on.
    `edge_duration` is how far the filter's ringing reaches, in seconds (1 % of its peak);
    `leak_freq`, `leak_gain`: the most prominent oscillation outside the band and the fraction of its
    amplitude that the filter lets through (NaN where there is none).
    """

    time: FloatArray
    low: FloatArray
    high: FloatArray
    trace: AnalyticTrace
    edge_duration: float
    leak_freq: float
    leak_gain: float


def envelope(x: FloatArray, fs: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Centres, smallest and largest value of at most 3000 equal bins; NaN where a bin is empty.

    >>> envelope(np.arange(4.0), 2.0)[1:]
    (array([0., 1., 2., 3.]), array([0., 1., 2., 3.]))
    """
    starts = np.unique(np.linspace(0, x.size, min(MOST_BINS, x.size), endpoint=False).astype(np.intp))
    low, high = np.fmin.reduceat(x, starts), np.fmax.reduceat(x, starts)
    stops = np.append(starts[1:], x.size)
    return (starts + stops) / (2 * fs), low, high


def draw_traces(
    x: FloatArray, trace: AnalyticTrace, peaks: Sequence[Peak], *, fs: float, band: tuple[float, float]
) -> DrawnTraces:
    """Envelope of a channel beside its band-passed trace.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        NaN where cut.
    trace : AnalyticTrace
        The same channel, band-passed.
    peaks : sequence of Peak
        What stands out; the most prominent outside the band is held against the filter.
    fs : float
    band : tuple of float
    """
    time, low, high = envelope(x, fs)
    sos = design_bandpass(band, fs=trace.fs)
    beside = strongest_peak(peaks, outside_band=True)
    leak_freq, leak_gain = float("nan"), float("nan")
    if beside is not None:
        leak_freq, leak_gain = beside.freq, float(response(sos, np.array([beside.freq]), fs=trace.fs)[0])
    return DrawnTraces(
        time=read_only(time),
        low=read_only(low),
        high=read_only(high),
        trace=trace,
        edge_duration=edge_duration(sos, fs=trace.fs),
        leak_freq=leak_freq,
        leak_gain=leak_gain,
    )


def is_blank(x: FloatArray) -> bool:
    """Whether a channel holds nothing that varies, and so nothing to draw."""
    return not np.fmax.reduce(x) > np.fmin.reduce(x)


def draw_envelope(x: FloatArray, fs: float) -> DrawnTraces:
    """Envelope of a channel that gave no answer, without any band-passed trace.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        NaN where cut.
    fs : float
    """
    time, low, high = envelope(x, fs)
    nothing = AnalyticTrace(np.full(1, np.nan, dtype=np.complex128), fs, np.zeros((0, 2)))
    unknown = float("nan")
    return DrawnTraces(read_only(time), read_only(low), read_only(high), nothing, unknown, unknown, unknown)
