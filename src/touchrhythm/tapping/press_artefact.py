"""Does pressing the button shake the sensor?

The energy of what is left above about 1 Hz is held against the same energy at shifted tap times.
The slow force itself is no spectral: an honest follower's taps stand at a fixed phase of it.

**Conventions.** One channel, shape (n_samples,), NaN where missing; times in seconds.

- `residual_energy` : energy of the fast residual, bin by bin
- `Residual.at` : its mean around any times
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray

__all__ = ["Residual", "residual_energy"]

BIN = 0.5  # seconds; a parabola through each bin takes out what is slower than about 1 Hz
FEWEST = 6  # samples in a bin, or the sampling is too slow to tell
LONGEST_BIN = 1.5  # seconds
BEFORE, AFTER = 0.25, 0.5  # seconds around a tap in which a press would show
CHUNK = 1 << 18


@dataclass(frozen=True, eq=False)
class Residual:
    """Energy above about 1 Hz: `total` shape (n_bins + 1,), summed up to the edges of bins of `width` s.

    `missing` likewise counts the bins without a number.
    """

    total: FloatArray
    missing: FloatArray
    width: float

    def at(self, time: FloatArray) -> FloatArray:
        """Mean energy around each time, any shape; NaN where bins are missing."""
        edges = np.arange(self.total.size, dtype=np.float64)
        low, high = (np.asarray(time) - BEFORE) / self.width, (np.asarray(time) + AFTER) / self.width
        inside = (low >= 0) & (high <= edges[-1])
        low, high = np.where(inside, low, 0.0), np.where(inside, high, 1.0)
        absent = np.interp(np.ceil(high), edges, self.missing) - np.interp(np.floor(low), edges, self.missing)
        energy = (np.interp(high, edges, self.total) - np.interp(low, edges, self.total)) / (high - low)
        return np.where(inside & (absent == 0), energy, np.nan)


def residual_energy(x: FloatArray, *, fs: float) -> Residual | None:
    """Energy of the residual above about 1 Hz.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        One channel at its full sampling rate; NaN marks missing samples.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    Residual or None
        None where the sampling is too slow (below 4 Hz) to hold such a residual.
    """
    size = max(FEWEST, round(BIN * fs))
    if size / fs > LONGEST_BIN + 1e-9:
        return None
    n_bins = x.size // size
    slow = np.linalg.qr(np.vander(np.linspace(-1, 1, size), 3))[0]
    energy = np.empty(n_bins)
    step = max(1, CHUNK // size)
    for start in range(0, n_bins, step):
        stop = min(start + step, n_bins)
        piece = x[start * size : stop * size].reshape(-1, size)
        piece = piece - piece[:, :1]
        kept = np.einsum("ij,ij->i", piece, piece) - ((piece @ slow) ** 2).sum(axis=1)
        energy[start:stop] = kept / (size - 3)
    gone = np.isnan(energy)
    total = np.concatenate(([0.0], np.cumsum(np.where(gone, 0.0, np.maximum(energy, 0.0)))))
    return Residual(total, np.concatenate(([0.0], np.cumsum(gone, dtype=np.float64))), size / fs)
