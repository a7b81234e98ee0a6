"""Which stretches of a channel are no measurement, and why?

**Conventions.** One channel in, stretches in seconds out. What is found here is cut out (set to
NaN) before any figure is made; nothing is repaired. The channel is its own yardstick: a stretch
is cut only where it lies far outside what the rest of the recording does, so that noise of any
colour, heavy tails and coarse steps are left alone. Work is done in chunks: memory beyond the
data does not grow with the sampling rate.

- `find_cuts` : stretches that are no measurement, with their labels
- `apply_cuts` : the channel with these stretches set to NaN
- `find_stuck`, `at_limits`, `long_runs` : where it stands still, stuck at its end or frozen
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_fs, check_signal
from touchrhythm.session import Annotation, runs_of
from touchrhythm.signal.level_shifts import CHUNK, block_levels, find_level_cuts, part_spikes

__all__ = [
    "CHUNK",
    "CUT_LABELS",
    "Quality",
    "apply_cuts",
    "at_limits",
    "find_cuts",
    "find_stuck",
    "long_runs",
]

CUT_LABELS = ("gap", "saturated", "no contact", "flat", "jump", "spike")  # the first that holds is the label
LONGEST_GAP = 0.5  # s of missing samples that are still interpolated


@dataclass(frozen=True)
class Quality:
    """What was left out of one channel, and why; times in seconds.

    Attributes
    ----------
    duration : float
        Length of the recording, gaps included.
    usable : float
        Seconds that the rhythm test used.
    cuts : tuple of Annotation
        Stretches cut out, in order; `label` one of "gap", "jump", "saturated", "no contact",
        "flat", "spike", "too short" (valid, but between two cuts and shorter than a segment must be).
    n_interpolated : int
        Samples in gaps so short, and in spikes, that they were interpolated.
    timing : str
        How the samples were timed: "device", "times in file", "sampling rate given", "host".
    import_notes : tuple of str
        Sentences on what was unusual on reading.
    """

    duration: float
    usable: float
    cuts: tuple[Annotation, ...]
    n_interpolated: int
    timing: str
    import_notes: tuple[str, ...]


def find_cuts(
    x: npt.ArrayLike,
    fs: float,
    *,
    limits: tuple[float, float] | None = None,
    max_gap: float = LONGEST_GAP,
) -> tuple[Annotation, ...]:
    """Stretches of a channel that are no measurement.

    - "gap": no samples for longer than `max_gap`
    - "saturated": stuck at the highest or lowest value, or at or beyond `limits`
    - "flat": frozen at another value, far longer than runs of equal values last elsewhere
    - "jump": a step of the level far outside what this channel's own steps do; a short stretch
      around it is cut, so that both sides are segments of their own
    - "spike": a few wild samples, no longer than `max_gap`, after which the level is what it was; only
      these are cut, so that they are interpolated and do not split the recording
    - "no contact": between jumps, at the end of the range, and far quieter than under the hand

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One channel; NaN where missing.
    fs : float
        Sampling rate in Hz.
    limits : tuple of float, optional
        Lowest and highest value that the sensor can give, in the unit of `x`, where known.
    max_gap : float, default 0.5
        Seconds of missing samples that are still interpolated, and so no cut; longest spike.

    Returns
    -------
    tuple of Annotation
        In order, without overlap; onset and duration in seconds.

    Raises
    ------
    ValueError
        If no sample is a number, or all are equal.

    Examples
    --------
    >>> x = np.sin(np.arange(2000) / 50.0)
    >>> x[500:800] = np.nan
    >>> find_cuts(x, 100.0)
    (Annotation(onset=5.0, duration=3.0, label='gap'),)
    """
    signal, rate = check_signal(x), check_fs(fs)
    blocks = block_levels(signal, rate)
    lowest, highest = float(np.fmin.reduce(blocks.low)), float(np.fmax.reduce(blocks.high))
    if np.isnan(lowest):
        raise ValueError(f"the channel must hold numbers, all {signal.size} samples are missing")
    if lowest == highest:
        raise ValueError(f"the channel must vary, all samples are {lowest:g} (is the sensor connected?)")
    found: dict[str, np.ndarray] = {}
    found["gap"] = long_runs(signal, np.isnan, int(max_gap * rate + 1e-9) + 1)
    if limits is not None:
        found["limits"] = at_limits(signal, rate, _checked_limits(limits))
    if blocks.size < 4 or (blocks.low == blocks.high).any():
        found["saturated"], found["flat"] = find_stuck(signal, rate, lowest, highest)
    if not is_few_levels(signal):
        jumps, found["no contact"] = find_level_cuts(blocks, rate, _smallest_step(signal))
        found["jump"], found["spike"] = part_spikes(signal, jumps, rate, max_gap)
        _join_stuck(found, signal, lowest)
    return _in_order(found, signal.size, rate)


def apply_cuts(x: npt.ArrayLike, fs: float, cuts: Iterable[Annotation]) -> FloatArray:
    """The channel with the samples of each cut set to NaN; a copy only where something is cut.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
    fs : float
        Sampling rate in Hz.
    cuts : iterable of Annotation
        As `find_cuts` returns them.

    Returns
    -------
    ndarray, shape (n_samples,)

    Examples
    --------
    >>> apply_cuts([1.0, 2.0, 3.0, 4.0], 1.0, [Annotation(1.0, 2.0, "jump")])
    array([ 1., nan, nan,  4.])
    """
    signal, rate = check_signal(x), check_fs(fs)
    out = signal
    for cut in cuts:
        start, stop = round(cut.onset * rate), round((cut.onset + cut.duration) * rate)
        if not np.isnan(signal[max(0, start) : max(0, stop)]).all():
            out = signal.copy() if out is signal else out
            out[max(0, start) : max(0, stop)] = np.nan
    return out


def _join_stuck(found: dict[str, np.ndarray], x: FloatArray, lowest: float) -> None:
    """A stretch that a jump leads into and that stands still: unloaded at the lowest value, else saturated."""
    stuck = found.get("saturated", np.zeros((0, 2), dtype=np.intp))
    left = np.ones(len(stuck), dtype=bool)
    for k, (start, stop) in enumerate(stuck):
        for stretch in found["no contact"]:
            if stretch[0] <= start and stop <= stretch[1] and 2 * (stop - start) >= stretch[1] - stretch[0]:
                left[k] = x[start] != lowest
                if left[k]:
                    stuck[k], stretch[0] = stretch, stretch[1]
    found["saturated"] = stuck[left]
    found["no contact"] = found["no contact"][found["no contact"][:, 0] < found["no contact"][:, 1]]


def _checked_limits(limits: tuple[float, float]) -> tuple[float, float]:
    low, high = float(limits[0]), float(limits[1])
    if not low < high:
        raise ValueError(f"limits must be (low, high) with low below high, got ({low:g}, {high:g})")
    return low, high


def _smallest_step(x: FloatArray) -> float:
    """Smallest difference above 0 between neighbours, in stretches all over the channel."""
    smallest = np.inf
    for start in np.linspace(0, max(0, x.size - 2000), 10).astype(int):
        step = np.abs(np.diff(x[start : start + 2000]))
        smallest = min(smallest, float(np.min(step[step > 0], initial=np.inf)))
    return smallest if np.isfinite(smallest) else 0.0


def _in_order(found: dict[str, np.ndarray], n_samples: int, fs: float) -> tuple[Annotation, ...]:
    """Stretches without overlap: where several labels hold, the first in `CUT_LABELS`."""
    labelled = {("saturated" if name == "limits" else name, name): runs for name, runs in found.items()}
    edges = np.unique(np.concatenate([[0, n_samples], *(runs.ravel() for runs in found.values())]))
    edges = edges[edges <= n_samples]
    rank = np.full(edges.size - 1, len(CUT_LABELS))
    for (label, _), runs in labelled.items():
        if len(runs):
            k = np.searchsorted(runs[:, 0], edges[:-1], side="right") - 1
            inside = (k >= 0) & (edges[:-1] < runs[k, 1])
            rank[inside] = np.minimum(rank[inside], CUT_LABELS.index(label))
    cuts = []
    new = np.flatnonzero(np.concatenate(([True], rank[1:] != rank[:-1])))
    for first, last in zip(new, [*new[1:], rank.size], strict=True):
        if rank[first] < len(CUT_LABELS):
            start, stop = int(edges[first]), int(edges[last])
            cuts.append(Annotation(start / fs, (stop - start) / fs, CUT_LABELS[rank[first]]))
    return tuple(cuts)


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
