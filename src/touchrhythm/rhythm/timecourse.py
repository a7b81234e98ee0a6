"""For how long does the rhythm last, and what does a plain filter count?

**Conventions.** A spectral fit in, and the session's band-passed trace; rates in cpm and times in seconds from the recording's start out. All
figures come with the same figure from surrogates of the recording without a rhythm.

- `count_cycles` : cycles of the band-passed trace, beside its noise null
- `follow_rate` : rate over time, and the fraction of time in which the rhythm stands out
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm.likelihood_ratio import SpectralFit
from touchrhythm.rhythm.rate import BootstrapSamples, RateEstimate, centre_of, narrow_trace, whitening_of
from touchrhythm.session import NullRange, read_only, runs_of
from touchrhythm.signal.filtering import AnalyticTrace, bandpass_rows, cycles_passed
from touchrhythm.units import hz_to_cpm

__all__ = ["CycleCount", "TimeCourse", "count_cycles", "follow_rate"]

STEP = 15.0  # s between windows
N_TAPERS = 3
SLOW = 3.0  # times slower than the band is drift
PADDED = 4  # lines of a window's spectrum per Fourier line
LEVEL = 0.95
NOTHING = 1e-14  # of the largest singular value: what is less is rounding
FOLLOW_WIDTH = 0.018  # Hz, of the band in which a rate is followed where no rhythm was shown


@dataclass(frozen=True)
class CycleCount:
    """Cycles of the band-passed trace: what any filter hands out, beside what noise gives.

    `rate_cpm` is `count` over `duration` (s); `null_cpm` the same figure from surrogates of this
    recording without a rhythm.
    """

    count: float
    duration: float
    rate_cpm: float
    null_cpm: NullRange


@dataclass(frozen=True, eq=False)
class TimeCourse:
    """Rate over time, and for how much of the time the rhythm stands out.

    `time` (s, centres of windows `window` s long), `rate_cpm`, `low_cpm`, `high_cpm` (95 %; NaN
    where no rhythm was shown), `detected` (1.0 or 0.0), all of shape (n_windows,). `fraction` of the
    windows in which the rhythm stands out of noise at the 5 % level of one window, beside
    `fraction_null` of surrogates; `episodes` shape (n_episodes, 2): start and stop in seconds of
    unbroken stretches.
    """

    time: FloatArray
    rate_cpm: FloatArray
    low_cpm: FloatArray
    high_cpm: FloatArray
    detected: FloatArray
    window: float
    fraction: float
    fraction_null: NullRange
    episodes: FloatArray


def count_cycles(
    trace: AnalyticTrace, spectral: SpectralFit, surrogates: Sequence[FloatArray], *, edge: float = 5.0
) -> CycleCount:
    """Count the upward zero crossings of the band-passed trace.

    Parameters
    ----------
    trace : AnalyticTrace
        The band-passed channel; counted in the segments that the rhythm was looked for in.
    spectral : SpectralFit
    surrogates : sequence of ndarray, each of shape (n_surrogates, n)
        Surrogates without a rhythm, one array per block; they go through the same filter.
    edge : float, default 5.0
        Seconds at each end of a segment that are not counted.
    """
    cycles, seconds = 0.0, 0.0
    for segment in spectral.blocks.segments:
        inside = trace.between(segment.onset + edge, segment.onset + segment.duration - edge)
        whole, span = _crossings(trace.x[None, inside])
        cycles, seconds = cycles + float(whole[0]), seconds + float(span[0]) / trace.fs
    fs, band = spectral.blocks.fs, spectral.blocks.band
    skip, null_cycles, null_seconds = round(edge * fs), np.zeros(1), np.zeros(1)
    for piece in surrogates:
        filtered = bandpass_rows(piece, fs=fs, band=band)
        whole, span = _crossings(filtered[:, skip : piece.shape[1] - skip])
        null_cycles, null_seconds = null_cycles + whole, null_seconds + span / fs
    null = NullRange.of(hz_to_cpm(null_cycles / null_seconds))
    return CycleCount(cycles, seconds, hz_to_cpm(cycles / seconds), null)


def _crossings(trace: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Whole cycles between the first and last upward zero crossing, and the samples between these."""
    up = (trace[:, :-1] < 0) & (trace[:, 1:] >= 0)
    n = up.shape[1]
    first, last = up.argmax(axis=1), n - 1 - up[:, ::-1].argmax(axis=1)
    at = _crossed_at(trace, last) - _crossed_at(trace, first)
    return np.maximum(up.sum(axis=1) - 1.0, 0.0), np.maximum(at, 1.0)


def _crossed_at(trace: FloatArray, sample: np.ndarray) -> FloatArray:
    """Where between this sample of each row and the next the line through both is 0."""
    row = np.arange(len(trace))
    value = trace[row, sample]
    return np.asarray(sample + value / np.where(value == 0, 1, value - trace[row, sample + 1]))


def follow_rate(
    spectral: SpectralFit,
    surrogates: Sequence[FloatArray],
    *,
    rate: RateEstimate | None = None,
    rhythm: BootstrapSamples | None = None,
    window: float = 60.0,
) -> TimeCourse:
    """Rate in windows over time, and in which of them the rhythm stands out.

    A window stands out where the largest in-band ordinate of its whitened spectrum exceeds that of
    95 % of the windows of surrogates. The rate is the phase advance within the window; its
    uncertainty that of windows of `rhythm` surrogates that stand out likewise.

    Parameters
    ----------
    spectral : SpectralFit
    surrogates : sequence of ndarray, each of shape (n_surrogates, n)
        Surrogates without a rhythm, one array per block.
    rate, rhythm : RateEstimate, BootstrapSamples, optional
        Where a rhythm was shown: its rate, and surrogates that hold it.
    window : float, default 60.0
        Seconds.
    """
    windows = _Windows(spectral, window)
    typical = [windows.spectra(i, piece) for i, piece in enumerate(surrogates)]
    n_windows = sum(spectra.shape[0] * spectra.shape[1] for spectra in typical)
    level = sum(spectra.sum(axis=(0, 1)) for spectra in typical) / n_windows
    null = np.concatenate([(spectra / level).max(axis=2) for spectra in typical], axis=1)
    del typical
    limit = float(np.quantile(null, LEVEL))
    own = windows.largest([piece[None] for piece in spectral.blocks.pieces], level)[0]
    detected = own > limit
    width = FOLLOW_WIDTH if rate is None else max(rate.filter_width, FOLLOW_WIDTH)
    followed = windows.rates([piece[None] for piece in spectral.blocks.pieces], centre_of(spectral), width)[0]
    half = np.full(followed.size, np.nan)
    if rhythm is not None:
        true = windows.true_advance(rhythm.phase)
        error = np.abs(windows.rates(rhythm.pieces, rhythm.centre, width) - true)
        clear = windows.largest(rhythm.pieces, level) > limit
        half = np.where(detected, _quantile(error[clear]), _quantile(error[~clear]))
    time = windows.time
    return TimeCourse(
        time=read_only(time),
        rate_cpm=read_only(hz_to_cpm(followed)),
        low_cpm=read_only(hz_to_cpm(followed - half)),
        high_cpm=read_only(hz_to_cpm(followed + half)),
        detected=read_only(detected.astype(np.float64)),
        window=window,
        fraction=float(detected.mean()),
        fraction_null=NullRange.of((null > limit).mean(axis=1)),
        episodes=read_only(_episodes(time, detected)),
    )


def _quantile(error: FloatArray) -> float:
    return float(np.quantile(error, LEVEL)) if error.size else float("nan")


def _episodes(time: FloatArray, detected: np.ndarray) -> FloatArray:
    apart = np.flatnonzero(np.diff(time) > 1.5 * STEP) + 1
    episodes = []
    for part in np.split(np.arange(time.size), apart):
        for start, stop in runs_of(detected[part]):
            episodes.append((time[part[start]] - STEP / 2, time[part[stop - 1]] + STEP / 2))
    return np.array(episodes, dtype=np.float64).reshape(-1, 2)


def _slow(length: int, cycles: float) -> FloatArray:
    """Orthonormal line and half cosines of up to so many cycles in a window, shape (length, n).

    Taken out of each window: the drift of a hand is so much stronger than all else that it would
    leak through the tapers into the band.
    """
    at = (np.arange(length) + 0.5) / length
    cosines = np.cos(np.pi * np.outer(at, np.arange(int(2 * cycles + 1e-9) + 1)))
    return np.asarray(np.linalg.qr(np.column_stack((at, cosines)))[0])


@lru_cache(maxsize=16)
def _transform(
    length: int, fs: float, band: tuple[float, float], slow_cycles: float
) -> tuple[FloatArray, FloatArray]:
    """Tapered Fourier transform on the lines of the band, as two factors, shapes (length, rank) and (rank, n).

    A window holds far fewer numbers within the band than there are samples, or lines of all tapers: through these the
    product costs half.
    """
    k = np.arange(1, N_TAPERS + 1)[:, None]
    tapers = np.sin(np.pi * k * np.arange(1, length + 1) / (length + 1))
    freq = np.fft.rfftfreq(PADDED * length, 1 / fs)
    lines = freq[(freq >= band[0]) & (freq <= band[1])]
    wave = np.exp(-2j * np.pi * np.outer(np.arange(length) / fs, lines))
    both = np.stack((wave.real, wave.imag))  # a real product costs half of a complex one
    transform = (both[:, None] * tapers[None, :, :, None]).transpose(2, 0, 1, 3).reshape(length, -1)
    slow = _slow(length, slow_cycles)
    transform -= slow @ (slow.T @ transform)
    left, size, right = np.linalg.svd(transform, full_matrices=False)
    rank = int((size > NOTHING * size[0]).sum())
    return left[:, :rank], size[:rank, None] * right[:rank]


class _Windows:
    """Windows of the blocks: where they lie, and their in-band spectra."""

    def __init__(self, spectral: SpectralFit, window: float) -> None:
        self.spectral, fs = spectral, spectral.blocks.fs
        self.length = round(window * fs)
        step = round(STEP * fs)
        self.starts = [
            np.arange(0, n - self.length + 1, step) + (n - self.length) % step // 2
            for n in spectral.blocks.lengths
        ]
        slow_cycles = window * spectral.blocks.band[0] / SLOW
        self.inside, self.transform = _transform(self.length, fs, spectral.blocks.band, slow_cycles)

    @property
    def time(self) -> FloatArray:
        """Centres in seconds from the recording's start, shape (n_windows,)."""
        blocks = self.spectral.blocks
        centres = [
            onset + (starts + self.length / 2) / blocks.fs
            for onset, starts in zip(blocks.onset, self.starts, strict=True)
        ]
        return np.concatenate(centres)

    def spectra(self, block: int, rows: FloatArray) -> FloatArray:
        """In-band spectra of the windows of one block, shape (n_rows, n_windows, n_lines)."""
        view = np.lib.stride_tricks.sliding_window_view(rows, self.length, axis=1)[:, self.starts[block]]
        z = view.reshape(-1, self.length) @ self.inside @ self.transform
        z = z.reshape(*view.shape[:2], 2 * N_TAPERS, -1)
        return np.asarray((z**2).sum(axis=2) / N_TAPERS)

    def largest(self, pieces: Sequence[FloatArray], level: FloatArray) -> FloatArray:
        """Largest in-band ordinate over its level of each window, shape (n_rows, n_windows)."""
        return np.concatenate(
            [(self.spectra(i, rows) / level).max(axis=2) for i, rows in enumerate(pieces)], axis=1
        )

    def rates(self, pieces: Sequence[FloatArray], centre: FloatArray, width: float) -> FloatArray:
        """Rate in Hz of each window, shape (n_rows, n_windows)."""
        whitening = whitening_of(self.spectral)
        return self.advance(narrow_trace(pieces, self.spectral.blocks.fs, whitening, centre, width))

    def advance(self, traces: Iterable[np.ndarray]) -> FloatArray:
        """Cycles per second within each window, of analytic traces given block by block."""
        rates = []
        for z, starts in zip(traces, self.starts, strict=True):
            span = self.length - 1
            at, place = np.unique(np.concatenate((starts, starts + span)), return_inverse=True)
            first, last = np.split(cycles_passed(z, at)[:, place], 2, axis=1)
            rates.append((last - first) * self.spectral.blocks.fs / span)
        return np.concatenate(rates, axis=1)

    def true_advance(self, phases: Sequence[FloatArray]) -> FloatArray:
        """The same of phases that are known, in cycles."""
        span = self.length - 1
        rates = [
            (phase[:, starts + span] - phase[:, starts]) * self.spectral.blocks.fs / span
            for phase, starts in zip(phases, self.starts, strict=True)
        ]
        return np.concatenate(rates, axis=1)
