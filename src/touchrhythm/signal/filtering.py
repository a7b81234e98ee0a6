"""What does a signal look like inside a band, and which phase has it there?

Band-passed noise looks rhythmic whatever it is: what comes out of here is for looking and for
phase, never for deciding whether there is a rhythm.

**Conventions.** One channel, shape (n_samples,), NaN where missing; bands in Hz. Filters are
second-order sections, run forwards and backwards (zero phase). Every stretch without gaps is
filtered by itself and padded by as much as the filter rings; nothing is glued.

- `design_bandpass`, `response`, `edge_duration` : the filter, and what it does
- `bandpass` : the band-passed signal, sample by sample
- `bandpass_rows` : the same of stretches without gaps, one to a row
- `analytic_trace` : amplitude and phase on a grid of a few Hz
- `analytic_rows` : rows that are filtered already, as complex numbers
- `cycles_passed` : how far an analytic signal has turned
- `phasor` : unit phasors of a trace, NaN near the ends of its stretches

References
----------
Gustafsson F. (1996). Determining the initial states in forward-backward filtering. IEEE Trans.
Signal Process. 44, 988.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_band, check_fraction, check_fs, check_signal
from touchrhythm.signal.decimation import decimate, segments
from touchrhythm.signal.recursive_filter import (
    Blockwise,
    blockwise,
    butterworth_bandpass,
    gain_of,
    there_and_back,
)
from touchrhythm.signal.spline import CubicSpline

__all__ = [
    "AnalyticTrace",
    "ComplexArray",
    "analytic_rows",
    "analytic_trace",
    "bandpass",
    "bandpass_rows",
    "cycles_passed",
    "design_bandpass",
    "edge_duration",
    "phasor",
    "response",
]

ComplexArray = npt.NDArray[np.complex128]

ORDER = 4
WORKING_RATE = 10.0  # Hz at which a band below 1 Hz is filtered
TRACE_RATE = 8.0  # Hz of the grid of an analytic trace
HIGHEST_DECIMATED = 1.0  # Hz; bands that reach beyond are filtered at the full rate
CYCLES_NEEDED = 2.0  # of the band's slowest rhythm, or a stretch is too short to filter
PADDING_FLOOR = 1e-3  # the padding covers the ringing down to this share of its peak
CHUNK = 1 << 18


@dataclass(frozen=True, eq=False)
class AnalyticTrace:
    """The band-passed channel as a complex number: its real part is the trace, its angle the phase.

    A session has one: it is drawn, its cycles are counted, taps are held against it and it is lent to the taps of
    other sessions.

    `z` shape (n,), sample k at k / fs seconds of the recording, NaN in gaps; `segments` shape
    (n_segments, 2): start and stop in seconds of the stretches that were filtered.
    """

    z: ComplexArray
    fs: float
    segments: FloatArray

    @property
    def duration(self) -> float:
        """Length in seconds, gaps included."""
        return self.z.size / self.fs

    @property
    def time(self) -> FloatArray:
        """Seconds of the recording, shape (n,)."""
        return np.arange(self.z.size) / self.fs

    @property
    def x(self) -> FloatArray:
        """The band-passed channel itself, shape (n,)."""
        return self.z.real

    def between(self, start: float, stop: float) -> slice:
        """Samples from `start` up to `stop` seconds."""
        return slice(int(np.ceil(start * self.fs - 1e-6)), max(0, int(stop * self.fs + 1e-6)))


def design_bandpass(band: tuple[float, float], *, fs: float, order: int = ORDER) -> FloatArray:
    """Butterworth band-pass as second-order sections.

    Parameters
    ----------
    band : tuple of float
        Edges (low, high) in Hz; run forwards and backwards the filter passes half of the
        amplitude at either.
    fs : float
        Sampling rate in Hz.
    order : int, default 4
        Order of the low-pass prototype.

    Returns
    -------
    ndarray, shape (n_sections, 6)

    Raises
    ------
    ValueError
        If the band is not inside 0 to half the sampling rate, or `order` below 1.

    Examples
    --------
    >>> design_bandpass((0.1, 0.2), fs=10.0).shape
    (4, 6)
    """
    fs = check_fs(fs)
    low, high = check_band(band, fs)
    if not float(order).is_integer() or order < 1:
        raise ValueError(f"order must be a whole number from 1, got {order}")
    return butterworth_bandpass(int(order), (low, high), fs)


def response(sos: FloatArray, freq: npt.ArrayLike, *, fs: float) -> FloatArray:
    """Share of the amplitude that the zero-phase filter passes at each frequency.

    Parameters
    ----------
    sos : ndarray, shape (n_sections, 6)
        As `design_bandpass` returns them.
    freq : array_like
        Frequencies in Hz.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape of `freq`

    Examples
    --------
    >>> sos = design_bandpass((0.1, 0.2), fs=10.0)
    >>> response(sos, [4.3 * 0.1 / 6, 0.1, 0.15], fs=10.0).round(3)
    array([0.003, 0.5  , 1.   ])
    """
    wanted = np.asarray(freq, dtype=np.float64)
    return np.asarray(np.abs(gain_of(sos, wanted, fs=check_fs(fs))) ** 2)


def edge_duration(sos: FloatArray, *, fs: float, floor: float = 0.01) -> float:
    """Time at each end of a zero-phase output that the filter's ringing reaches.

    Parameters
    ----------
    sos : ndarray, shape (n_sections, 6)
        Second-order sections, as `design_bandpass` returns them.
    fs : float
        Sampling rate in Hz.
    floor : float, default 0.01
        Fraction of the envelope's peak below which ringing counts as over.

    Returns
    -------
    float
        Duration in seconds. Results nearer to an edge than this are not used.

    Raises
    ------
    ValueError
        If `floor` is not between 0 and 1.

    Examples
    --------
    >>> round(edge_duration(design_bandpass((0.1, 0.2), fs=10.0), fs=10.0))
    40
    """
    fs, floor = check_fs(fs), check_fraction(floor, "floor")
    decay = -np.log(max(np.abs(np.roots(section[3:])).max() for section in sos))
    half = 1 << int(np.ceil(np.log2(max(8.0, 3.0 * -np.log(floor * 1e-3) / decay))))
    gain = response(sos, np.arange(half) / (2 * half), fs=1.0)
    spectrum = np.concatenate((gain, np.zeros(half)))
    envelope = np.abs(np.fft.ifft(spectrum))[:half]
    return float(np.flatnonzero(envelope > floor * envelope[0])[-1] / fs)


def bandpass(
    x: npt.ArrayLike,
    *,
    fs: float,
    band: tuple[float, float],
    order: int = ORDER,
    max_gap: float = 0.5,
) -> FloatArray:
    """Band-passed signal, zero phase, every stretch without gaps by itself.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One channel; NaN marks missing samples.
    fs : float
        Sampling rate in Hz. High rates are low-passed and thinned out first.
    band : tuple of float
        Edges (low, high) in Hz.
    order : int, default 4
        Of the Butterworth filter, which is run forwards and backwards.
    max_gap : float, default 0.5
        Seconds; shorter gaps are interpolated, longer ones split the signal.

    Returns
    -------
    ndarray, shape (n_samples,)
        NaN in gaps, and in stretches shorter than two cycles of the band's lower edge.

    Raises
    ------
    ValueError
        If no stretch is long enough to be filtered.

    Examples
    --------
    >>> time = np.arange(6000) / 50
    >>> x = 5.0 + np.cos(2 * np.pi * 0.14 * time)
    >>> y = bandpass(x, fs=50.0, band=(0.1, 0.2))
    >>> bool(abs(y - (x - 5.0))[2000:4000].max() < 0.02)
    True
    """
    signal, fs, band = check_signal(x), check_fs(fs), check_band(band, fs)
    target = WORKING_RATE if band[1] <= HIGHEST_DECIMATED else fs
    out = np.full(signal.size, np.nan)
    for start, stop in _long_enough(signal, fs, band, max_gap):
        y, fs_out = decimate(signal[start:stop], fs=fs, target=target)
        filtered = bandpass_rows(y, fs=fs_out, band=band, order=order)
        if fs_out == fs:
            out[start:stop] = filtered
        else:
            _spread(filtered, fs / fs_out, out[start:stop])
    return out


def analytic_trace(
    x: npt.ArrayLike,
    *,
    fs: float,
    band: tuple[float, float],
    order: int = ORDER,
    max_gap: float = 0.5,
) -> AnalyticTrace:
    """Amplitude and phase of the band-passed signal on a grid of a few Hz.

    Parameters
    ----------
    x, fs, band, order, max_gap
        As in `bandpass`.

    Returns
    -------
    AnalyticTrace

    Raises
    ------
    ValueError
        If no stretch is long enough to be filtered.
    """
    signal, fs, band = check_signal(x), check_fs(fs), check_band(band, fs)
    target = WORKING_RATE if band[1] <= HIGHEST_DECIMATED else fs
    rate = max(TRACE_RATE, 16 * band[1])
    z = np.full(max(1, int(signal.size / fs * rate + 1e-6)), np.nan, dtype=np.complex128)
    stretches = []
    for start, stop in _long_enough(signal, fs, band, max_gap):
        thin, fs_thin = decimate(signal[start:stop], fs=fs, target=target)
        y, onset = _analytic(thin, band, fs_thin, order), float(start / fs)
        first = int(np.ceil(onset * rate - 1e-6))
        last = min(z.size - 1, int((onset + (y.size - 1) / fs_thin) * rate + 1e-6))
        at = np.arange(first, last + 1) / rate - onset
        z[first : last + 1] = CubicSpline(y)(at * fs_thin)
        stretches.append((onset, onset + y.size / fs_thin))
    return AnalyticTrace(z, rate, np.array(stretches))


def bandpass_rows(
    rows: FloatArray, *, fs: float, band: tuple[float, float], order: int = ORDER
) -> FloatArray:
    """Band-passed stretches without gaps at a few Hz, zero phase, one to a row.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_samples) or (n_samples,)
    fs, band, order
        As in `bandpass`.

    Returns
    -------
    ndarray, shape of `rows`
    """
    both, pad = _there_and_back(rows, band, fs, order)
    return both[..., pad : pad + rows.shape[-1]]


def analytic_rows(rows: FloatArray) -> ComplexArray:
    """Analytic signal of rows that are filtered already: their real part is the row, their angle its phase.

    Written out, because loading scipy.signal takes as long as reading, testing and answering ten minutes.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_samples) or (n_samples,)

    Returns
    -------
    ndarray of complex, shape of `rows`

    >>> (np.angle(analytic_rows(np.cos(2 * np.pi * np.arange(8) / 8)))[1:4] / (2 * np.pi)).round(3)
    array([0.125, 0.25 , 0.375])
    """
    n = rows.shape[-1]
    half = scipy.fft.rfft(rows, axis=-1)
    half[..., 1 : (n + 1) // 2] *= 2  # all but the level and the Nyquist frequency stand for two
    spectrum = np.zeros(rows.shape, dtype=np.complex128)
    spectrum[..., : half.shape[-1]] = half
    return np.asarray(scipy.fft.ifft(spectrum, axis=-1, overwrite_x=True))


def phasor(trace: AnalyticTrace, *, edge: float = 5.0) -> ComplexArray:
    """Unit phasors of a trace: 1 at a peak, 1j a quarter of a cycle later.

    Parameters
    ----------
    trace : AnalyticTrace
        As `analytic_trace` returns it.
    edge : float, default 5.0
        Seconds at both ends of every stretch in which phases are not used.

    Returns
    -------
    ndarray of complex, shape (n,)
        NaN in gaps and edges, and where the trace is zero.
    """
    out = np.full(trace.z.size, np.nan, dtype=np.complex128)
    for start, stop in trace.segments:
        inside = trace.between(start + edge, stop - edge)
        size = np.abs(trace.z[inside])
        np.divide(trace.z[inside], size, out=out[inside], where=size > 0)
    return out


def cycles_passed(z: ComplexArray, at: npt.ArrayLike) -> FloatArray:
    """Cycles that an analytic signal has turned through when it comes to these samples; only differences count.

    The sum of the angles between neighbours, each within half a cycle, and not a difference of unwrapped phases at
    steps of any size. No angle is taken but at the samples asked for: in between it is enough to count how often the
    phase passes half a cycle, forwards less backwards.

    Parameters
    ----------
    z : ndarray of complex, shape (n_rows, n)
    at : array_like of int, shape (n_at,)
        Samples, increasing.

    Returns
    -------
    ndarray, shape (n_rows, n_at)

    >>> z = np.exp(2j * np.pi * np.array([[0.0, 0.25, 0.375, 0.625, 1.125]]))
    >>> np.diff(cycles_passed(z, [0, 1, 4])).round(3)
    array([[0.25 , 0.875]])
    """
    (n_rows, n), flat = z.shape, z.reshape(-1)
    above = flat.imag >= 0
    # from one row to the next too: one offset for all of a row
    crossed = np.flatnonzero(above[1:] != above[:-1])
    before, after = flat[crossed], flat[crossed + 1]
    turns = before.real * after.imag > before.imag * after.real
    # half a cycle is passed downwards with a turn, or upwards against it
    passed = np.concatenate(([0], np.cumsum(turns.astype(np.intp) - (before.imag < 0))))
    place = np.arange(n_rows)[:, None] * n + np.asarray(at)
    return np.asarray(passed[np.searchsorted(crossed, place)] + np.angle(flat[place]) / (2 * np.pi))


def _long_enough(x: FloatArray, fs: float, band: tuple[float, float], max_gap: float) -> np.ndarray:
    """Stretches that can be filtered, as sample indexes; refuse where there is none."""
    found = segments(x, fs=fs, max_gap=max_gap)
    length = (found[:, 1] - found[:, 0]) / fs
    needed = CYCLES_NEEDED / band[0]
    if not (length >= needed).any():
        longest = float(length.max()) if length.size else 0.0
        raise ValueError(
            f"the longest usable stretch lasts {longest:.0f} s; a band that starts at {band[0]:g} Hz"
            f" needs at least {needed:.0f} s"
        )
    kept: np.ndarray = found[length >= needed]
    return kept


def _there_and_back(
    rows: FloatArray, band: tuple[float, float], fs: float, order: int
) -> tuple[FloatArray, int]:
    """Rows filtered forwards and backwards over a padding long enough, and the samples of padding."""
    cascade, pad = _filter_and_padding(band, fs, order)
    widths = [(0, 0)] * (rows.ndim - 1) + [(pad, pad)]
    level = rows.mean(axis=-1, keepdims=True)
    wide = np.pad(rows - level, widths, mode="reflect", reflect_type="odd")
    return there_and_back(cascade, wide), pad


@lru_cache(maxsize=64)
def _filter_and_padding(band: tuple[float, float], fs: float, order: int) -> tuple[Blockwise, int]:
    """The filter, and the samples on either side that its ringing needs."""
    sos = design_bandpass(band, fs=fs, order=order)
    return blockwise(sos), int(edge_duration(sos, fs=fs, floor=PADDING_FLOOR) * fs) + 1


def _analytic(y: FloatArray, band: tuple[float, float], fs: float, order: int) -> ComplexArray:
    """Analytic signal of one band-passed stretch; the padding takes the seam of the transform."""
    both, pad = _there_and_back(y, band, fs, order)
    n = scipy.fft.next_fast_len(both.size, real=False)
    spectrum = np.zeros(n, dtype=np.complex128)
    half = scipy.fft.rfft(both, n)
    spectrum[: (n + 1) // 2] = 2 * half[: (n + 1) // 2]
    spectrum[0] = half[0]
    z: ComplexArray = scipy.fft.ifft(spectrum)[pad : pad + y.size]
    return z


def _spread(y: FloatArray, factor: float, out: FloatArray) -> None:
    """Values of a slow trace at every sample of the fast one, written into `out`."""
    spline = CubicSpline(y)
    for start in range(0, out.size, CHUNK):
        stop = min(start + CHUNK, out.size)
        out[start:stop] = spline(np.arange(start, stop) / factor)
