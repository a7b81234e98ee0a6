"""What does a recording look like, frequency by frequency, and what would it look like?

**Conventions.** Frequencies in Hz. A `Grid` holds all that depends on the lengths of the blocks and
the sampling rate only: tapers, ordinates, and the *exact expected tapered spectrum* of any shape
with a known autocovariance (the debiased Whittle likelihood of Sykulski et al. 2019), so that
leakage is modelled instead of feared. Shapes have variance 1; densities are two-sided.

- `SpectralComponent` : white, relaxation, rising or broadband component, or line: a building block of a spectrum
- `block_lengths`, `Grid` : blocks of a recording and their ordinates
- `row_batches` : rows that are worked on together
- `detrended` : a block without its level, slope and creep
- `coherence` : what two channels share at a frequency

References
----------
Sykulski A. M., Olhede S. C., Guillaumin A. P., Lilly J. M., Early J. J. (2019). The debiased
Whittle likelihood. Biometrika 106, 251–266.
Riedel K. S., Sidorenko A. (1995). Minimum bias multiple taper spectral estimation. IEEE Trans.
Signal Process. 43, 188–195.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.session import read_only

__all__ = ["Block", "Grid", "SpectralComponent", "block_lengths", "coherence", "detrended", "row_batches"]

N_TAPERS = 3
LOWEST = 0.02  # Hz; slower is drift
HIGHEST = 0.6  # Hz
HELD_IN_CACHE = 1 << 16  # samples
BLOCK = 1000.0  # s; longer stretches are cut into equal blocks whose spectra are averaged
# Weights and corners (in units of the lowest one) of the relaxations whose sum rises with frequency at first: the
# partial fractions of f² / ((f² + c²)(f² + 16 c²)) and f⁴ / ((f² + c²)(f² + 25/16 c²)(f² + 9 c²)).
RISING = {
    "rising": ((-1 / 3, 1.0), (4 / 3, 4.0)),
    "steeply rising": ((17 / 16, 1.0), (-125 / 56, 1.25), (243 / 112, 3.0)),
}


class SpectralComponent(NamedTuple):
    """A spectrum of variance 1: `kind`, centre and half width at half maximum in Hz.

    Kinds: "white"; "relaxation" (Ornstein–Uhlenbeck, corner `width`); "steep" (Matérn 3/2, corner
    `width`); "rising" (f² / ((f² + c²)(f² + d²)) with c = `width`, d = 4 c: what a high-pass leaves of a
    relaxation) and "steeply rising" (f⁴, behind two high-passes), both without what sampling folds down onto
    frequency 0; "lorentzian" and "gaussian" about `centre`.
    """

    kind: str
    centre: float
    width: float

    def envelope(self, lag: FloatArray) -> FloatArray:
        """Autocovariance but for the cosine of an oscillation, shape (n_lags,).

        Parameters
        ----------
        lag : ndarray, shape (n_lags,)
            0, 1, 2 ... sampling intervals, in seconds.
        """
        decay = 2 * np.pi * self.width * lag
        if self.kind == "white":
            return np.asarray(lag == 0, dtype=np.float64)
        if self.kind in ("relaxation", "lorentzian"):
            return np.asarray(np.exp(-decay))
        if self.kind == "steep":
            return np.asarray((1 + decay) * np.exp(-decay))
        if self.kind in RISING:
            return _rising(decay, RISING[self.kind])
        # standard deviation of a Gaussian of this half width
        return np.asarray(np.exp(-0.5 * (decay / np.sqrt(2 * np.log(2))) ** 2))

    def covariance(self, lag: FloatArray) -> FloatArray:
        """Autocovariance at lags as `envelope` takes them, shape (n_lags,)."""
        envelope = self.envelope(lag)
        return envelope if self.centre == 0 else np.asarray(envelope * np.cos(2 * np.pi * self.centre * lag))


def _rising(decay: FloatArray, parts: tuple[tuple[float, float], ...]) -> FloatArray:
    """Autocovariance of a sum of relaxations that is nothing at frequency 0; `decay` is 2π · lowest corner · lag."""
    covariance = np.sum([weight * np.exp(-corner * decay) for weight, corner in parts], axis=0)
    # Sampling folds the tail, which falls as 1/f², down onto all frequencies: a floor of a fifth of the top, in the
    # very valley that this component is for. Signals were low-passed before they were thinned out and have none.
    floor = sum(weight / np.tanh(0.5 * corner * decay[1]) for weight, corner in parts)
    covariance[0] -= floor
    return np.asarray(covariance / covariance[0])


def block_lengths(n_samples: int, fs: float) -> tuple[int, ...]:
    """Lengths in samples of the equal blocks into which a stretch is cut (fast Fourier lengths).

    >>> block_lengths(1500, 2.5)
    (1500,)
    >>> block_lengths(4500, 2.5)
    (2250, 2250)
    """
    count = max(1, int(np.ceil(n_samples / fs / BLOCK)))
    length = n_samples // count
    while scipy.fft.next_fast_len(length) != length:
        length -= 1
    return (length,) * count


def row_batches(n_rows: int, n: int) -> Iterator[slice]:
    """Rows of `n` samples, as many at a time as stay in the processor's cache (half a megabyte).

    >>> [(some.start, some.stop) for some in row_batches(100, 1500)]
    [(0, 43), (43, 86), (86, 100)]
    """
    at_a_time = max(1, HELD_IN_CACHE // n)
    for start in range(0, n_rows, at_a_time):
        yield slice(start, min(start + at_a_time, n_rows))


class Block:
    """Tapers, ordinates and lag window of blocks that have one length.

    Attributes
    ----------
    n, fs, duration : int, float, float
        Samples, Hz, seconds.
    tapers : ndarray, shape (n_tapers, n)
        Sine tapers (Riedel & Sidorenko 1995), each of unit energy.
    index : ndarray of int, shape (n_freq,)
        Fourier ordinates used.
    freq : ndarray, shape (n_freq,)
        Their frequencies in Hz.
    """

    def __init__(self, n: int, fs: float) -> None:
        self.n, self.fs, self.duration = n, fs, n / fs
        step = np.arange(1, n + 1) * (np.pi / (n + 1))
        tapers = np.sin(np.outer(np.arange(1, N_TAPERS + 1), step))
        self.tapers = tapers / np.sqrt((tapers**2).sum(axis=1, keepdims=True))
        all_index = np.arange(1, n // 2)
        freq = all_index / self.duration
        use = (freq >= max(LOWEST, 2.5 / self.duration)) & (freq <= HIGHEST)
        self.index, self.freq = all_index[use], freq[use]
        spread = (np.abs(scipy.fft.fft(self.tapers, 2 * n, axis=1)) ** 2).mean(axis=0)
        self._lag_window = scipy.fft.ifft(spread).real[:n]
        self._lag = np.arange(n) / fs

    def expected(self, components: Sequence[SpectralComponent]) -> FloatArray:
        """Exact expected tapered spectrum of each shape, shape (n_components, n_freq)."""
        out = np.empty((len(components), self.freq.size))
        envelopes: dict[tuple[str, float], FloatArray] = {}
        for start in range(0, len(components), 32):
            some = components[start : start + 32]
            cov = self._cosines(np.array([component.centre for component in some]))
            for row, component in zip(cov, some, strict=True):
                key = component.kind, component.width
                if key not in envelopes:
                    envelopes[key] = component.envelope(self._lag) * self._lag_window
                row *= envelopes[key]
            transform = 2 * scipy.fft.rfft(cov, 2 * self.n, axis=1).real - cov[:, :1]
            out[start : start + 32] = transform[:, 2 * self.index]
        return np.maximum(out, 1e-12)

    def _cosines(self, centre: FloatArray) -> FloatArray:
        """Cosine of each frequency at all lags, shape (n_centres, n), by the addition theorem: one in 64 is computed."""
        stride = 64
        coarse = np.exp(2j * np.pi * centre[:, None] * self._lag[::stride])[:, :, None]
        fine = np.exp(2j * np.pi * centre[:, None] * self._lag[:stride])[:, None, :]
        turn = coarse.real * fine.real - coarse.imag * fine.imag
        return np.asarray(turn.reshape(len(centre), -1)[:, : self.n])

    def tapered(self, x: FloatArray) -> FloatArray:
        """Tapered periodogram, averaged over tapers; (n_rows, n) in, (n_rows, n_freq) out."""
        total = np.zeros((len(x), self.index.size))
        used = slice(self.index[0], self.index[-1] + 1)
        for some in row_batches(len(x), self.n):
            for taper in self.tapers.astype(x.dtype):
                z = scipy.fft.rfft(x[some] * taper, axis=1, overwrite_x=True)[:, used]
                total[some] += z.real**2 + z.imag**2
        return total / N_TAPERS


class Grid:
    """All ordinates of a recording that comes in blocks of one or more lengths.

    Attributes
    ----------
    fs : float
    lengths : tuple of int
        Samples of each block, in the order of time.
    blocks : tuple of Block
        One per distinct length, in the order of first appearance.
    members : tuple of tuple of int
        Which blocks of the recording have that length.
    freq, weight : ndarray, shape (n_freq,)
        Ordinates of all distinct lengths in a row; number of blocks averaged in each.
    """

    def __init__(self, lengths: tuple[int, ...], fs: float) -> None:
        self.fs, self.lengths = fs, lengths
        distinct = tuple(dict.fromkeys(lengths))
        self.blocks = tuple(Block(n, fs) for n in distinct)
        self.members = tuple(tuple(i for i, n in enumerate(lengths) if n == length) for length in distinct)
        self.freq = read_only(np.concatenate([block.freq for block in self.blocks]))
        self.weight = read_only(
            np.concatenate(
                [np.full(b.freq.size, len(m)) for b, m in zip(self.blocks, self.members, strict=True)]
            )
        )

    @property
    def longest(self) -> float:
        """Seconds of the longest block: 1 over the best resolution."""
        return max(block.duration for block in self.blocks)

    @property
    def duration(self) -> float:
        """Seconds of all blocks."""
        return sum(self.lengths) / self.fs

    def expected(self, components: Sequence[SpectralComponent]) -> FloatArray:
        """Expected spectrum of each shape on all ordinates, shape (n_components, n_freq)."""
        return np.concatenate([block.expected(components) for block in self.blocks], axis=1)

    def tapered(self, pieces: Sequence[FloatArray]) -> FloatArray:
        """Averaged spectra of recordings given block by block.

        Parameters
        ----------
        pieces : sequence of ndarray, each of shape (n_rows, length of the block)

        Returns
        -------
        ndarray, shape (n_rows, n_freq)
        """
        rows = []
        for block, members in zip(self.blocks, self.members, strict=True):
            total = np.sum([block.tapered(pieces[i]) for i in members], axis=0)
            rows.append(total / len(members))
        return np.concatenate(rows, axis=1)

    def tapered_parts(self, pieces: Sequence[FloatArray], n_parts: int) -> FloatArray:
        """What each part of the blocks adds to the averaged spectra, shape (n_parts, n_rows, n_freq).

        Block i belongs to part i modulo `n_parts`; the sum over parts is what `tapered` returns.
        """
        rows = []
        for block, members in zip(self.blocks, self.members, strict=True):
            total = np.zeros((n_parts, len(pieces[0]), block.freq.size))
            for i in members:
                total[i % n_parts] += block.tapered(pieces[i])
            rows.append(total / len(members))
        return np.concatenate(rows, axis=2)


@lru_cache(maxsize=64)
def _trend_bases(n: int, fs: float) -> tuple[FloatArray, ...]:
    time = np.arange(n) / fs
    line = np.column_stack((np.ones(n), time / time[-1] - 0.5))
    bases = [line]
    for constant in np.geomspace(10.0, n / fs / 2, 10):
        bases.append(np.column_stack((line, np.exp(-time / constant))))
    return tuple(np.asarray(np.linalg.qr(basis)[0]) for basis in bases)


def detrended(x: FloatArray, fs: float) -> FloatArray:
    """Block without level, slope and one exponential creep, by least squares; shape (n,)."""
    best: FloatArray = x - x.mean()
    smallest = np.inf
    for basis in _trend_bases(x.size, fs):
        rest = x - basis @ (basis.T @ x)
        size = float(rest @ rest)
        if size < smallest:
            best, smallest = rest, size
    return best


def coherence(a: FloatArray, b: FloatArray, *, fs: float, freq: float) -> tuple[float, float]:
    """Magnitude-squared coherence of two channels at a frequency, and its 95 % chance level.

    Multitaper estimate with 7 sine tapers per block of at most a quarter of the length.

    Parameters
    ----------
    a, b : ndarray, shape (n_samples,)
        Channels on one grid without NaN.
    fs, freq : float
        Hz.

    Returns
    -------
    coherence, chance : float
    """
    n = a.size
    k = np.arange(1, 8)[:, None]
    tapers = np.sin(np.pi * k * np.arange(1, n + 1) / (n + 1))
    wave = np.exp(-2j * np.pi * freq * np.arange(n) / fs)
    za, zb = (tapers * (a - a.mean())) @ wave, (tapers * (b - b.mean())) @ wave
    cross = np.abs(np.vdot(za, zb)) ** 2
    value = cross / (np.vdot(za, za).real * np.vdot(zb, zb).real)
    return float(value), float(1 - 0.05 ** (1 / (len(k) - 1)))
