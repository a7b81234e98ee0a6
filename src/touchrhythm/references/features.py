"""What of a reference channel could move a signal? Its features: the wave, its depth, half its rate.

A belt may move a force sensor by more than its wave: by how deep the breaths are, by every second breath,
by a harmonic that only the chest wall has. Each of these is a series of its own that a signal can follow.

**Conventions.** A series comes as one array per block, shape (n_rows, n), rows being the recording or
surrogates of it; frequencies in Hz, lags in seconds.

- `Feature` : one series with the lags at which a signal may follow it
- `MovingSeries` : a recorded series and how features are made of it
- `features_of` : all features of a source, for any number of rows
- `main_rate` : where breathing has most of its power
- `breath_rate` : its mean rate
- `band_filtered` : zero-phase band-pass with soft edges, of many rows at once
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.signal.filtering import analytic_rows

__all__ = [
    "OF_BREATHING",
    "WAVE",
    "Feature",
    "MovingSeries",
    "band_filtered",
    "breath_rate",
    "features_of",
    "main_rate",
]

WAVE = "wave"
OF_BREATHING = ("second harmonic", "depth", "half the rate")  # its features beside the wave
LOWEST_BREATH, HIGHEST_BREATH = 0.05, 0.6  # Hz, where the main rhythm of a breathing channel is looked for
# Hz, of a breath whose mean rate is told: what is made for 0.05 Hz lets slower ones through
SLOWEST_BREATH = 1 / 30
SLOPE = 0.003  # Hz above that, within which the largest power is that of a drift
FINE = 4096  # points of the transform in which it is looked for
EDGE = 0.006  # Hz, softness of the filters' edges
SOFT = 0.12  # of the main rate, softness of the edges about it: depth that changes faster than the lower edge lets
# through loses one of its two sidebands, and must lose it so slowly that lags of some seconds make up for it
PADDING = 40.0  # s that are mirrored at the ends of a block
WAVE_LAGS = (-5.0, -2.5, 0.0, 2.5, 5.0)  # more of them explain more of a series that is not followed, too
SERIES_LAGS = (-6.0, -3.0, 0.0, 3.0, 6.0)
SQUARE_LAGS = (-3.0, -1.5, 0.0, 1.5, 3.0)
DEPTH_LAGS = tuple(np.arange(-6.0, 6.01, 2.0))
SHALLOWEST = 0.2  # of the mean depth, below which a harmonic is not scaled up further


@dataclass(frozen=True, eq=False)
class Feature:
    """One series that a signal may follow.

    Attributes
    ----------
    name : str
        "wave", "second harmonic", "depth" or "half the rate".
    pieces : tuple of ndarray, each of shape (n_rows, n)
        One array per block; complex where its phase is free.
    lags_s : tuple of float
        By how much the signal may come after it (negative: before), in seconds.
    drifts : bool
        Whether gain and delay may change slowly.
    """

    name: str
    pieces: tuple[np.ndarray, ...]
    lags_s: tuple[float, ...]
    drifts: bool

    def row(self, number: int) -> Feature:
        """The same of one row."""
        pieces = tuple(piece[number : number + 1] for piece in self.pieces)
        return Feature(self.name, pieces, self.lags_s, self.drifts)


@dataclass(frozen=True, eq=False)
class MovingSeries:
    """A recorded series that may move a signal, on the grid of the signal's blocks.

    Attributes
    ----------
    name : str
        "" for a channel as recorded; of a pulse "baseline", "height" or "interval".
    pieces : tuple of ndarray, each of shape (n,)
        One array per block, detrended.
    breathes : bool
        Whether it is breathing, whose depth, second harmonic and half rate count too.
    """

    name: str
    pieces: tuple[FloatArray, ...]
    breathes: bool = False


def features_of(
    pieces: Sequence[FloatArray], fs: float, *, breathes: bool, is_series: bool = False
) -> tuple[Feature, ...]:
    """Features of a source.

    Parameters
    ----------
    pieces : sequence of ndarray, each of shape (n_rows, n)
    fs : float
        Hz.
    breathes : bool
        Whether the channel is breathing.
    is_series : bool, default False
        Whether it is a series of beats, which a signal may follow more slowly.
    """
    lags = SERIES_LAGS if is_series else WAVE_LAGS
    wave = Feature(WAVE, tuple(pieces), lags, True)
    if not breathes:
        return (wave,)
    main = main_rate(pieces, fs)
    harmonic, depth, half = [], [], []
    for piece in pieces:
        analytic = _analytic(piece, fs, main)
        size = np.abs(analytic)
        mean = size.mean(axis=1, keepdims=True)
        harmonic.append((analytic * analytic).real / np.maximum(size, SHALLOWEST * mean))
        depth.append(size - mean)
        half.append(size * np.exp(0.5j * np.unwrap(np.angle(analytic), axis=1)))
    others = zip(OF_BREATHING, (harmonic, depth, half), (SQUARE_LAGS, DEPTH_LAGS, (0.0,)), strict=True)
    return (wave, *(Feature(name, tuple(series), lags_s, True) for name, series, lags_s in others))


def band_filtered(x: np.ndarray, fs: float, low: Any, high: Any, edge: Any = EDGE) -> np.ndarray:
    """Zero-phase band-pass of each row, with Gaussian edges, mirrored at the ends.

    Parameters
    ----------
    x : ndarray, shape (n_rows, n)
    fs : float
    low, high, edge : float or ndarray, shape (n_rows,)
        Hz; `edge` is the standard deviation of the edges.
    """
    n = x.shape[1]
    pad = min(n - 1, int(PADDING * fs))
    head = 2 * x[:, :1] - x[:, pad:0:-1]
    tail = 2 * x[:, -1:] - x[:, -2 : -pad - 2 : -1]
    whole = np.concatenate((head, x, tail), axis=1)
    size = scipy.fft.next_fast_len(whole.shape[1])
    passed = _passed(scipy.fft.rfftfreq(size, 1 / fs), low, high, edge)
    out = scipy.fft.irfft(scipy.fft.rfft(whole, size, axis=1) * passed, size, axis=1)
    return np.asarray(out[:, pad : pad + n])


def _passed(freq: FloatArray, low: Any, high: Any, edge: Any) -> FloatArray:
    low, high, edge = (np.atleast_1d(value)[:, None] for value in (low, high, edge))
    return np.asarray(scipy.special.ndtr((freq - low) / edge) * scipy.special.ndtr((high - freq) / edge))


def _analytic(x: FloatArray, fs: float, main: FloatArray) -> np.ndarray:
    """Analytic signal of each row about its main rate in Hz."""
    low, high = np.maximum(0.03, 0.6 * main), np.minimum(1.6 * main, 0.48 * fs)
    filtered = band_filtered(x, fs, low, high, np.maximum(SOFT * main, EDGE))
    return analytic_rows(filtered)


def breath_rate(pieces: Sequence[FloatArray], fs: float) -> float:
    """Mean rate of breathing in Hz, however irregular: the mean advance of its phase, deep breaths counting more.

    Parameters
    ----------
    pieces : sequence of ndarray, each of shape (n,)
    fs : float
    """
    rows = [piece[None] for piece in pieces]
    main = main_rate(rows, fs, lowest=SLOWEST_BREATH)
    if main[0] < SLOWEST_BREATH + SLOPE:
        main = main_rate(rows, fs)
    turns = 0j
    for row in rows:
        analytic = _analytic(row, fs, main)[0]
        turns += complex((analytic[1:] * analytic[:-1].conj()).sum())
    return float(np.angle(turns) * fs / (2 * np.pi))


def main_rate(
    pieces: Sequence[FloatArray], fs: float, *, lowest: float = LOWEST_BREATH, highest: float = HIGHEST_BREATH
) -> FloatArray:
    """Where the power of each row is largest between `lowest` and `highest` in Hz, shape (n_rows,)."""
    total: Any = 0.0
    freq = scipy.fft.rfftfreq(FINE, 1 / fs)
    for piece in pieces:
        length = min(piece.shape[1], int(80 * fs))
        windows = np.lib.stride_tricks.sliding_window_view(piece, length, axis=1)[:, :: length - length // 2]
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
        parts = (windows - windows.mean(axis=2, keepdims=True)) * hann
        # Welch's estimate by way of the mean autocovariance: the fine grid is then reached once a row, not once a window
        size = scipy.fft.next_fast_len(2 * length, real=True)
        power = (np.abs(scipy.fft.rfft(parts, size, axis=2)) ** 2).mean(axis=1)
        covariance = scipy.fft.irfft(power, size, axis=1)[:, :length]
        density = 2 * scipy.fft.rfft(covariance, FINE, axis=1).real - covariance[:, :1]
        total = total + density * piece.shape[1]
    inside = (freq > lowest) & (freq < min(highest, 0.45 * fs))
    return np.asarray(freq[inside][total[:, inside].argmax(axis=1)])
