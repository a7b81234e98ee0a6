"""How may gain and delay of what a signal follows change while it is recorded?

A hand leans more or less, and a belt creeps: the coupling of a reference drifts. The wave that a signal
follows is brought to the delay at which the two go together best; its two quadratures times slow cosines
are then the changes of gain and delay about it.

**Conventions.** Series as one array per block, shape (n_rows, n), rows being the recording or surrogates
of it; frequencies in Hz, lags in seconds.

- `aligned` : both quadratures of a feature at the delay of the signal
- `cycles_slipped` : by how much the signal runs ahead of it or falls behind
- `slow_changes` : the cosines that their gains may follow
- `moved` : a series that comes later
- `span_about` : where the two are compared
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.references.features import Feature, band_filtered
from touchrhythm.signal.filtering import analytic_rows

__all__ = ["IN_STEP", "aligned", "cycles_slipped", "moved", "slow_changes", "span_about"]

BELOW, ABOVE = 0.03, 0.05  # Hz beside the band in which signal and features are compared
SLOWEST_CHANGE = 0.005  # Hz; gain and delay may change more slowly than this
DELAYS = np.arange(-6.0, 6.01, 0.5)
IN_STEP = 0.5  # cycles by which a signal and what it follows may differ over the recording
SMOOTH = 25.0  # s, standard deviation over which the phase between the two is averaged
END = 15.0  # s at the ends of a block in which it is not known


def span_about(band: tuple[float, float]) -> tuple[float, float]:
    """The band with what lies beside it, in Hz."""
    return max(band[0] - BELOW, 0.01), band[1] + ABOVE


def moved(series: np.ndarray, samples: int) -> np.ndarray:
    """A series, shape (…, n), that comes `samples` later, 0 where it has not begun or has ended."""
    later = np.zeros_like(series)
    if samples >= 0:
        later[..., samples:] = series[..., : series.shape[-1] - samples]
    else:
        later[..., :samples] = series[..., -samples:]
    return later


def slow_changes(n: int, fs: float, most: int | None = None) -> FloatArray:
    """Cosines over `n` samples that change more slowly than `SLOWEST_CHANGE`, shape (n_orders, n); `most` of them."""
    orders = int(2 * n / fs * SLOWEST_CHANGE)
    order = np.arange(1, (orders if most is None else min(orders, most)) + 1)
    return np.asarray(np.cos(np.pi * order[:, None] * (np.arange(n) + 0.5) / n))


def aligned(
    feature: Feature, signal: Sequence[FloatArray], *, fs: float, span: tuple[float, float]
) -> list[np.ndarray]:
    """Both quadratures of each row of a feature, moved to where the signal goes with them best.

    A turn of the phase is a delay of a steady rhythm only; of an irregular one, gain and delay that change are told
    well from those of the wave only where the two lie over each other.

    Parameters
    ----------
    feature : Feature
    signal : sequence of ndarray, each of shape (n,)
    fs : float
    span : tuple of float
        Where they are compared, in Hz.

    Returns
    -------
    list of ndarray, each of shape (n_rows, n), complex
    """
    waves = [_quadratures(piece, fs, span) for piece in feature.pieces]
    inside = [band_filtered(piece[None], fs, *span)[0] for piece in signal]
    lags = [round(lag * fs) for lag in DELAYS]
    explained = [
        np.abs(sum(_crossed(wave, piece, lag) for wave, piece in zip(waves, inside, strict=True))) ** 2
        / sum(_crossed(np.abs(wave) ** 2, np.ones(wave.shape[1]), lag) for wave in waves)
        for lag in lags
    ]
    best = np.argmax(explained, axis=0)
    return [np.stack([moved(row, lags[at]) for row, at in zip(wave, best, strict=True)]) for wave in waves]


def cycles_slipped(
    waves: Sequence[np.ndarray], signal: Sequence[FloatArray], *, fs: float, span: tuple[float, float]
) -> FloatArray:
    """Range of the phase between a signal and each row over the recording, in cycles, shape (n_rows,).

    Parameters
    ----------
    waves : sequence of ndarray, each of shape (n_rows, n)
        As `aligned` returns them.
    signal, fs, span
        As there.
    """
    ends, crossed = round(END * fs), []
    for wave, piece in zip(waves, signal, strict=True):
        product = analytic_rows(band_filtered(piece[None], fs, *span)[0]) * wave.conj()
        # a Gaussian over what is mirrored at the ends: a product of cosine transforms
        n = product.shape[1]
        gain = np.exp(-0.5 * (np.pi * SMOOTH * fs / n * np.arange(n)) ** 2)
        smooth = scipy.fft.idct(scipy.fft.dct(product, axis=1) * gain, axis=1)
        crossed.append(smooth[:, ends : smooth.shape[1] - ends])
    phase = np.unwrap(np.angle(np.concatenate(crossed, axis=1)), axis=1)
    return np.asarray(np.ptp(phase, axis=1) / (2 * np.pi))


def _crossed(rows: np.ndarray, x: FloatArray, samples: int) -> np.ndarray:
    """Product of a signal with each row that comes `samples` later, summed."""
    n = x.size
    product: np.ndarray = (
        rows[:, max(0, -samples) : n - max(0, samples)] @ x[max(0, samples) : n - max(0, -samples)]
    )
    return product


def _quadratures(rows: np.ndarray, fs: float, span: tuple[float, float]) -> np.ndarray:
    if np.iscomplexobj(rows):
        return rows
    return analytic_rows(band_filtered(rows, fs, *span))
