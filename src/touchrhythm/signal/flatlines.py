"""Where does a channel stand still: stuck at its end, or frozen?

**Conventions.** One channel, shape (n_samples,); stretches as sample indexes (start, stop), stop
exclusive, shape (n, 2). A coarsely quantised slow signal stands still by nature, so a run of
equal values counts only when it is far longer than the runs this channel makes elsewhere.

- `long_runs` : runs in which a test holds, in chunks
- `find_stuck` : runs stuck at the highest or lowest value, and frozen runs
- `at_limits` : runs at or beyond limits that are known
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.session import runs_of

__all__ = ["CHUNK", "at_limits", "find_stuck", "long_runs"]

CHUNK = 1 << 16  # samples worked on at a time; they stay in the processor's cache
N_WINDOWS = 32  # windows whose lower quartile says how long a run of equal values usually is
FEWEST_LEVELS = 16  # with fewer different values nothing can be said from equal ones
STUCK_AT_END = 0.25  # s, shortest run called saturated
FEWEST_STUCK = 20  # samples in it
STUCK_FACTOR = 10.0  # times the usual run
STEEP_FACTOR = 20.0  # times the runs next to it: a smooth crest or trough has longer neighbours
FLAT = 1.0  # s, shortest run called flat
FLAT_FACTOR = 30.0  # times the usual run
NEARLY_ALL = 0.9  # of the recording in one run is flat whatever the steps
MERGED = 0.5  # s between two stretches at a limit that are taken as one


def long_runs(x: FloatArray, test: Callable[[FloatArray], np.ndarray], shortest: int = 1) -> np.ndarray:
    """Runs of at least `shortest` samples in which `test` holds, shape (n_runs, 2).

    >>> long_runs(np.array([0.0, 1.0, 1.0, 0.0, 1.0]), lambda piece: piece > 0, shortest=2)
    array([[1, 3]])
    """
    found: list[np.ndarray] = []
    for start in range(0, x.size, CHUNK):
        mask = test(x[start : start + CHUNK])
        if mask.any():
            found.append(runs_of(mask) + start)
    if not found:
        return np.zeros((0, 2), dtype=np.intp)
    runs = np.concatenate(found)
    new = np.concatenate(([True], runs[1:, 0] != runs[:-1, 1]))
    ends = np.concatenate((np.flatnonzero(new)[1:] - 1, [len(runs) - 1]))
    runs = np.column_stack((runs[new, 0], runs[ends, 1]))
    kept: np.ndarray = runs[runs[:, 1] - runs[:, 0] >= shortest]
    return kept


def at_limits(x: FloatArray, fs: float, limits: tuple[float, float]) -> np.ndarray:
    """Runs at or beyond the limits (low, high) of the sensor; runs less than 0.5 s apart are one."""
    low, high = limits
    runs = long_runs(x, lambda piece: (piece <= low) | (piece >= high))
    if len(runs) < 2:
        return runs
    new = np.concatenate(([True], runs[1:, 0] - runs[:-1, 1] > MERGED * fs))
    ends = np.concatenate((np.flatnonzero(new)[1:] - 1, [len(runs) - 1]))
    return np.column_stack((runs[new, 0], runs[ends, 1]))


def find_stuck(x: FloatArray, fs: float, lowest: float, highest: float) -> tuple[np.ndarray, np.ndarray]:
    """Runs stuck at the lowest or highest value of the channel, and runs frozen at another.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        One channel, NaN where missing.
    fs : float
        Sampling rate in Hz.
    lowest, highest : float
        Smallest and largest value of `x`.

    Returns
    -------
    saturated, flat : ndarray of int, shape (n, 2)
    """
    shortest = max(2, int(STUCK_AT_END * fs))
    runs, usual = _runs_of_equals(x, shortest, lowest, highest)
    length = runs[:, 1] - runs[:, 0]
    if is_few_levels(x):
        nothing = np.zeros((0, 2), dtype=np.intp)
        return nothing, runs[length >= NEARLY_ALL * x.size]
    value = x[runs[:, 0]]
    at_end = (value == lowest) | (value == highest)
    saturated = at_end & (length >= STUCK_FACTOR * usual) & (length >= max(STUCK_AT_END * fs, FEWEST_STUCK))
    for k in np.flatnonzero(saturated):
        saturated[k] = length[k] >= STEEP_FACTOR * _neighbour(x, *runs[k])
    flat = ~saturated & (length >= FLAT_FACTOR * usual) & (length >= FLAT * fs)
    return runs[saturated], runs[flat]


def is_few_levels(x: FloatArray) -> bool:
    """Whether the channel takes so few values that equal ones say nothing (a button, a coarse sensor)."""
    some = x[:: max(1, x.size // 20_000)]
    return bool(np.unique(some[~np.isnan(some)]).size < FEWEST_LEVELS)


def _pieces(x: FloatArray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Starts and lengths of all runs of equal values, a chunk at a time."""
    begun = 0
    for start in range(0, x.size, CHUNK):
        piece = x[start : start + CHUNK + 1]
        change = np.flatnonzero(piece[1:] != piece[:-1]) + (start + 1)
        if start + CHUNK >= x.size:
            change = np.concatenate((change, [x.size]))
        if change.size:
            starts = np.concatenate(([begun], change[:-1]))
            yield starts, change - starts
            begun = int(change[-1])


def _runs_of_equals(x: FloatArray, shortest: int, lowest: float, highest: float) -> tuple[np.ndarray, float]:
    """Runs of at least `shortest` equal values, and how long a run usually is where the channel lives.

    Usual is the mean length met by a sample (long runs weigh more) in each window, at values other
    than the two ends; of the windows the lower quartile, so that a channel frozen for three
    quarters of its time still shows its nature.
    """
    kept: list[np.ndarray] = []
    weight, square = np.zeros(N_WINDOWS), np.zeros(N_WINDOWS)
    for starts, lengths in _pieces(x):
        value = x[starts]
        window = starts * N_WINDOWS // x.size
        inner = (value > lowest) & (value < highest)
        weight += np.bincount(window, lengths * inner, N_WINDOWS)
        square += np.bincount(window, lengths * inner * lengths.astype(np.float64), N_WINDOWS)
        long = (lengths >= shortest) & ~np.isnan(value)
        if long.any():
            kept.append(np.column_stack((starts[long], starts[long] + lengths[long])))
    runs = np.concatenate(kept) if kept else np.zeros((0, 2), dtype=np.intp)
    lived = weight > 0
    usual = float(np.quantile(square[lived] / weight[lived], 0.25)) if lived.any() else 1.0
    return runs, usual


def _neighbour(x: FloatArray, start: int, stop: int) -> int:
    """Length of the longer of the two runs next to a run, up to its own length."""
    before = x[max(0, start - (stop - start)) : start][::-1]
    after = x[stop : stop + (stop - start)]
    return max(_lead(before), _lead(after))


def _lead(piece: FloatArray) -> int:
    if piece.size == 0:
        return 0
    other = piece != piece[0]
    return int(np.argmax(other)) if other.any() else piece.size
