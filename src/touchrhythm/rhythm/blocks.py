"""How is a channel cut into blocks that can be tested?

**Conventions.** One channel with NaN in gaps in; detrended blocks of unit variance at a few Hz out.
Blocks never reach across a gap; segments shorter than `min_duration` are left out and counted.

- `Blocks` : the blocks, where they stand, and what a unit of them is
- `cut_into_blocks` : from a channel, or with a clear refusal
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray, check_band, check_duration, check_fs, check_signal
from touchrhythm.signal.decimation import Segment, decimated_segments
from touchrhythm.signal.spectrum import block_lengths, detrended
from touchrhythm.units import hz_to_cpm

__all__ = ["Blocks", "cut_into_blocks"]

LOWEST_BAND, HIGHEST_BAND = 0.025, 0.5  # Hz; outside there is no room for a background on both sides
TARGET = 2.5  # Hz


@dataclass(frozen=True, eq=False)
class Blocks:
    """Detrended blocks of one channel.

    Attributes
    ----------
    pieces : tuple of ndarray
        One array per block; together of unit variance.
    onset : tuple of float
        Seconds from the recording's start to the first sample of each block.
    fs : float
        Hz.
    scale : float
        What 1 is in units of the signal.
    band : tuple of float
        Hz.
    segments : tuple of Segment
        The decimated segments, in units of the signal, that the blocks were cut from.
    skipped : float
        Seconds in segments too short to be used.
    """

    pieces: tuple[FloatArray, ...]
    onset: tuple[float, ...]
    fs: float
    scale: float
    band: tuple[float, float]
    segments: tuple[Segment, ...]
    skipped: float

    @property
    def lengths(self) -> tuple[int, ...]:
        """Samples in each block."""
        return tuple(piece.size for piece in self.pieces)

    @property
    def duration(self) -> float:
        """Seconds in all blocks."""
        return sum(self.lengths) / self.fs


def cut_into_blocks(
    x: FloatArray,
    *,
    fs: float,
    band: tuple[float, float],
    min_duration: float = 120.0,
    max_gap: float = 0.5,
) -> Blocks:
    """Blocks of a channel that a rhythm in `band` can be looked for in.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        One channel; NaN marks gaps.
    fs : float
        Sampling rate in Hz.
    band : tuple of float
        Band (low, high) in Hz.
    min_duration, max_gap : float
        Seconds: shortest segment used; longest gap that is interpolated.

    Raises
    ------
    ValueError
        If the channel is all NaN or constant, no segment is long enough, or the band or the
        sampling rate does not allow an answer.
    """
    x, fs = check_signal(x), check_fs(fs)
    band = check_rhythm_band(band, fs)
    found = decimated_segments(x, fs=fs, target=TARGET, max_gap=max_gap)
    longest = max((segment.duration for segment in found), default=0.0)
    if longest == 0 and np.isnan(x).all():
        raise ValueError("x must hold numbers, got only NaN")
    check_duration(longest + 1 / fs, min_duration, band)
    used = tuple(segment for segment in found if segment.duration + 1 / fs >= min_duration)
    pieces, onset = [], []
    for stretch in used:
        start = 0
        for n in block_lengths(stretch.x.size, stretch.fs):
            pieces.append(detrended(stretch.x[start : start + n], stretch.fs))
            onset.append(stretch.onset + start / stretch.fs)
            start += n
    scale = float(np.sqrt(np.mean(np.concatenate(pieces) ** 2)))
    _check_varies(used, scale)
    skipped = sum(segment.duration for segment in found if segment.duration + 1 / fs < min_duration)
    return Blocks(
        tuple(piece / scale for piece in pieces), tuple(onset), used[0].fs, scale, band, used, skipped
    )


def check_rhythm_band(band: tuple[float, float], fs: float) -> tuple[float, float]:
    """Band in Hz in which a rhythm can be tested against its surroundings."""
    low, high = check_band(band, fs)
    if low < LOWEST_BAND or high > HIGHEST_BAND:
        raise ValueError(
            f"band must lie within {hz_to_cpm(LOWEST_BAND):g}–{hz_to_cpm(HIGHEST_BAND):g} cpm to leave a background"
            f" on both sides, got {hz_to_cpm(low):g}–{hz_to_cpm(high):g} cpm"
        )
    if fs < 2.4 * high + 0.2:
        raise ValueError(
            f"fs must be at least {2.4 * high + 0.2:.2g} Hz to test a band up to {high:g} Hz, got {fs:g} Hz"
        )
    return low, high


def _check_varies(used: tuple[Segment, ...], scale: float) -> None:
    largest = max(float(np.abs(segment.x).max()) for segment in used)
    if scale <= 1e-9 * largest or scale == 0:
        raise ValueError(f"the signal must vary, got a constant (every sample is {used[0].x[0]:g})")
