"""Where does the level of a channel jump, and where has the hand left the sensor?

**Conventions.** Levels are means over blocks of 0.25 s; steps are differences of levels two
blocks apart, here and over blocks of 1 s. A step is a jump only where it lies far outside what
the steps of this channel do, judged by the tail of their own distribution, so that heavy-tailed
noise and random walks have none. Stretches are sample indexes, shape (n, 2), stop exclusive.

- `block_levels` : lowest, highest and mean value of each block, in one pass
- `find_level_cuts` : jumps, and stretches without contact
- `part_spikes` : of the jumps, the few wild samples after which the level is what it was

References
----------
Hill, B. M. (1975). A simple general approach to inference about the tail of a distribution.
Annals of Statistics 3, 1163-1174.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.session import runs_of

__all__ = ["BlockLevels", "block_levels", "find_level_cuts", "part_spikes"]

CHUNK = 1 << 16  # samples worked on at a time; they stay in the processor's cache
BLOCK = 0.25  # s
COARSE = 4  # blocks in a coarse one
OUTSIDE = 12.0  # times the usual step, at least
APART = 2.5  # times the next smaller step, at least
RARE = 30.0  # s; steps that come more often are the channel's own
BY_CHANCE = 1e-3  # jumps that the tail of the ordinary steps may make in a recording
STEPS_OF_SENSOR = 6.0  # times the smallest step of the sensor, at least
AROUND = 120  # blocks on each side that say what is usual there
LOCAL = 8.0  # times the usual step around it
QUIET = 0.5  # of the liveliness under the hand, or less, is no contact
LIVELY = 10.0  # s and
LIVELY_FRACTION = 0.1  # of the recording that the liveliest stretch must last
WINDOW = 5.0  # s, windows in which a hand that leaves slowly is looked for
FEWEST_WINDOWS = 12
OFF = 1.5  # times the range of levels under the hand, outside of it
SIDE = 1.0  # s on each side of a jump that say whether the level has changed
BACK = 0.2  # of the largest deviation, or less, between the sides is no change
OUTLIER = 6.0  # times the usual deviation on the sides, and
OUTLIER_FRACTION = 0.02  # of the largest one, is no measurement
TOO_SHORT = 3.0  # s between two jumps that are no stretch of their own


@dataclass(frozen=True, eq=False)
class BlockLevels:
    """Lowest, highest and mean value of blocks of `size` samples, each of shape (n_blocks,).

    NaN where a block holds no number; the last block may be shorter.
    """

    size: int
    low: FloatArray
    high: FloatArray
    mean: FloatArray


def block_levels(x: FloatArray, fs: float) -> BlockLevels:
    """Blocks of 0.25 s of a channel, shape (n_samples,), at `fs` Hz."""
    size = max(1, round(BLOCK * fs))
    n = -(-x.size // size)
    low, high, mean = np.empty(n), np.empty(n), np.empty(n)
    many = max(1, CHUNK // size)
    for first in range(0, n, many):
        last = min(first + many, n)
        piece = x[first * size : last * size]
        if piece.size < (last - first) * size:
            piece = np.concatenate((piece, np.full((last - first) * size - piece.size, np.nan)))
        _fill(piece.reshape(-1, size), low[first:last], high[first:last], mean[first:last])
    return BlockLevels(size, low, high, mean)


def _fill(table: FloatArray, low: FloatArray, high: FloatArray, mean: FloatArray) -> None:
    np.minimum.reduce(table, axis=1, out=low)
    np.maximum.reduce(table, axis=1, out=high)
    np.add.reduce(table, axis=1, out=mean)
    mean /= table.shape[1]
    part = np.flatnonzero(np.isnan(mean))
    if part.size:
        rows = table[part]
        there = ~np.isnan(rows)
        count = there.sum(axis=1)
        low[part] = np.fmin.reduce(rows, axis=1)
        high[part] = np.fmax.reduce(rows, axis=1)
        total = np.where(there, rows, 0.0).sum(axis=1)
        mean[part] = np.where(count > 0, total / np.maximum(count, 1), np.nan)


def find_level_cuts(blocks: BlockLevels, fs: float, smallest_step: float) -> tuple[np.ndarray, np.ndarray]:
    """Jumps, and stretches without contact.

    Parameters
    ----------
    blocks : BlockLevels
        Of the channel.
    fs : float
        Sampling rate in Hz.
    smallest_step : float
        Smallest difference between two values that the sensor gives.

    Returns
    -------
    jumps, no_contact : ndarray of int, shape (n, 2)
        In samples.
    """
    seconds = blocks.size / fs
    jumps = _jumps(blocks.mean, seconds, smallest_step)
    coarse = _coarse(blocks.mean)
    for start, stop in _jumps(coarse, COARSE * seconds, smallest_step) * COARSE:
        if not ((jumps[:, 0] < stop) & (jumps[:, 1] > start)).any():
            jumps = np.concatenate((jumps, [(start, stop)]))
    jumps = _joined(jumps[np.argsort(jumps[:, 0])], TOO_SHORT / 2 / seconds)
    away = _no_contact(blocks, jumps, seconds) + _hand_off(blocks.mean, seconds)
    kept = [jump for jump in jumps.tolist() if not any(a <= jump[1] and jump[0] <= b for a, b in away)]
    return _in_samples(kept, blocks.size), _in_samples(away, blocks.size)


def part_spikes(x: FloatArray, jumps: np.ndarray, fs: float, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """Jumps that change the level, and wild samples after which it is what it was.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        The channel.
    jumps : ndarray of int, shape (n, 2)
        As `find_level_cuts` returns them.
    fs : float
        Sampling rate in Hz.
    longest : float
        Seconds; more wild samples than that in one jump are no spike.

    Returns
    -------
    jumps, spikes : ndarray of int, shape (n, 2)
        In samples; a spike has one sample more on each side than is wild.
    """
    kept, spikes = [], []
    side, more = max(4, round(SIDE * fs)), max(2, round(BLOCK * fs))
    for jump in jumps.tolist():
        start, stop = jump[0] - more, jump[1] + more
        parts = [(start + a - 1, start + b + 1) for a, b in runs_of(_outliers(x, start, stop, side))]
        whole = parts and start <= parts[0][0] and parts[-1][1] <= stop
        if whole and sum(b - a for a, b in parts) <= longest * fs:
            spikes += parts
        elif whole:
            kept.append((min(jump[0], parts[0][0]), max(jump[1], parts[-1][1])))
        else:
            kept.append(jump)
    return _in_samples(kept, 1), _in_samples(spikes, 1)


def _outliers(x: FloatArray, start: int, stop: int, side: int) -> np.ndarray:
    """Which samples of a jump lie far off the line between its sides; none where these are not level."""
    nothing = np.zeros(stop - start, dtype=bool)
    at = np.arange(start - side, stop + side)
    if at[0] < 0 or at[-1] >= x.size:
        return nothing
    values = x[start - side : stop + side]
    before, after = _median(values[:side]), _median(values[-side:])
    off = np.abs(values - np.interp(at, (start - side / 2, stop + side / 2), (before, after)))
    largest = float(np.nanmax(off[side:-side], initial=0.0))
    if not abs(after - before) < BACK * largest:
        return nothing
    usual = 1.4826 * _median(np.concatenate((off[:side], off[-side:])))
    wild: np.ndarray = off[side:-side] > max(OUTLIER * usual, OUTLIER_FRACTION * largest)
    return wild


def _in_samples(stretches: list[tuple[int, int]] | list[list[int]], size: int) -> np.ndarray:
    return np.array(stretches, dtype=np.intp).reshape(-1, 2) * size


def _coarse(mean: FloatArray) -> FloatArray:
    n = mean.size // COARSE
    out: FloatArray = mean[: n * COARSE].reshape(n, COARSE).mean(axis=1)
    return out


def _jumps(mean: FloatArray, seconds: float, smallest_step: float) -> np.ndarray:
    """Blocks (start, stop) around each jump."""
    nothing = np.zeros((0, 2), dtype=np.intp)
    if mean.size < 40:
        return nothing
    step = np.abs(mean[2:] - mean[:-2])
    known = ~np.isnan(step)
    if not known.any():
        return nothing
    usual = 1.4826 * float(np.median(step[known]))
    floor = max(OUTSIDE * usual, STEPS_OF_SENSOR * smallest_step)
    step[~known] = 0.0
    peaks = np.flatnonzero(_is_peak(step))
    order = peaks[np.argsort(-step[peaks], kind="stable")]
    n = _n_outside(step[order], floor, int(mean.size * seconds / RARE))
    found = [k for k in order[:n] if step[k] >= LOCAL * _usual_around(step, known, int(k))]
    return np.array([(k, k + 3) for k in sorted(found)], dtype=np.intp).reshape(-1, 2)


def _is_peak(step: FloatArray) -> np.ndarray:
    """Whether a step is above 0 and not smaller than the two on each side."""
    padded = np.concatenate(([0.0, 0.0], step, [0.0, 0.0]))
    highest = np.maximum.reduce([padded[k : k + step.size] for k in (0, 1, 3, 4)])
    peak: np.ndarray = (step > 0) & (step >= highest)
    return peak


def _n_outside(sizes: FloatArray, floor: float, most: int) -> int:
    """How many of the steps, largest first, lie outside what the smaller ones would make."""
    for n in range(min(max(2, most), sizes.size), 0, -1):
        rest = sizes[n:]
        if sizes[n - 1] < floor or (rest.size and sizes[n - 1] < APART * rest[0]):
            continue
        if sizes[n - 1] >= _tail_bound(rest):
            return n
    return 0


def _tail_bound(sizes: FloatArray) -> float:
    """Size that the tail of these steps, largest first, exceeds once in 1000 recordings (Hill)."""
    k = int(np.clip(sizes.size // 20, 10, 200))
    if sizes.size <= k or sizes[k] <= 0:
        return 0.0
    shape = float(np.mean(np.log(sizes[:k] / sizes[k])))
    return float(sizes[k] * (k / BY_CHANCE) ** min(shape, 2.0))


def _usual_around(step: FloatArray, known: np.ndarray, at: int) -> float:
    near = slice(max(0, at - AROUND), at + AROUND)
    values = step[near][known[near]]
    return 1.4826 * float(np.median(values))


def _joined(stretches: np.ndarray, apart: float) -> np.ndarray:
    """Stretches in order, with those less than `apart` from one another made one."""
    out: list[list[int]] = []
    for start, stop in stretches.tolist():
        if out and start - out[-1][1] < apart:
            out[-1][1] = max(out[-1][1], stop)
        else:
            out.append([start, stop])
    return np.array(out, dtype=np.intp).reshape(-1, 2)


def _no_contact(blocks: BlockLevels, jumps: np.ndarray, seconds: float) -> list[tuple[int, int]]:
    """Quiet stretches at the end of the range, from one jump to the next, jumps included."""
    if len(jumps) == 0:
        return []
    n = blocks.mean.size
    starts, stops = jumps[:, 0].tolist(), jumps[:, 1].tolist()
    inner = list(zip([0, *stops], [*starts, n], strict=True))
    outer = list(zip([0, *starts], [*stops, n], strict=True))
    level, life, spread = (
        np.array(column) for column in zip(*(_nature(blocks, *span) for span in inner), strict=True)
    )
    lasts = np.array([stop - start for start, stop in inner]) * seconds
    alive = np.flatnonzero((lasts >= max(LIVELY, LIVELY_FRACTION * n * seconds)) & np.isfinite(life))
    if alive.size == 0:
        return []
    hand = alive[np.argmax(life[alive])]
    quiet = (life < QUIET * life[hand]) | (spread < QUIET * spread[hand])
    held = level[~quiet & np.isfinite(level)]
    outside = (level < held.min()) | (level > held.max()) if held.size else np.zeros(level.size, dtype=bool)
    return [outer[k] for k in np.flatnonzero(quiet & outside)]


def _nature(blocks: BlockLevels, start: int, stop: int) -> tuple[float, float, float]:
    """Median level, step and range of some blocks; NaN where there is nothing."""
    mean = blocks.mean[start:stop]
    return (
        _median(mean),
        _median(np.abs(mean[2:] - mean[:-2])),
        _median(blocks.high[start:stop] - blocks.low[start:stop]),
    )


def _median(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else float("nan")


def _hand_off(mean: FloatArray, seconds: float) -> list[tuple[int, int]]:
    """Quiet stretches of 10 s or more far outside the levels under the hand, however slowly entered."""
    width = max(4, round(WINDOW / seconds))
    n = mean.size // width
    if n < FEWEST_WINDOWS:
        return []
    table = mean[: n * width].reshape(n, width)
    known = np.isfinite(table).all(axis=1)
    if known.sum() < FEWEST_WINDOWS:
        return []
    level = np.median(table, axis=1)
    life = np.median(np.abs(table[:, 2:] - table[:, :-2]), axis=1)
    lively = known & (life >= QUIET * np.quantile(life[known], 0.75))
    low, high = np.quantile(level[lively], (0.1, 0.9))
    far = OFF * (high - low)
    quiet = (
        known & (life < QUIET / 2 * np.median(life[lively])) & ((level < low - far) | (level > high + far))
    )
    away = []
    outside = (mean < low - far / 2) | (mean > high + far / 2)
    for first, last in runs_of(quiet):
        if (last - first) * width * seconds >= LIVELY:
            away.append(_widened(outside, int(first * width), int(last * width)))
    return away


def _widened(outside: np.ndarray, start: int, stop: int) -> tuple[int, int]:
    """The stretch, extended over all neighbours that are outside as well, and one block more."""
    inside = np.flatnonzero(~outside)
    before, after = inside[inside < start], inside[inside >= stop]
    return int(before[-1]) if before.size else 0, int(after[0]) + 1 if after.size else outside.size
