"""Which uniform grid do these samples lie on, and where is it empty?

**Conventions.** Times are seconds and belong to the samples (device time or times in a file), or
to their arrival at the host (`arrival=True`). The rate is taken from the times, never from a
nominal rate: a converter sold as 80 samples a second was measured at 92 to 94.

- `to_uniform` : samples at any increasing times → uniform grid, NaN in gaps
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_fs
from touchrhythm.session import runs_of
from touchrhythm.units import minutes_seconds

__all__ = ["BadTimes", "UniformData", "to_uniform"]

SLOWEST_STEP = 2.5  # s; slower samples cannot show 12 cycles per minute
FASTEST_STEP = 2e-6  # s; no sensor is read faster
MOST_POINTS = 20_000_000  # of a grid, and so many more for each sample: a longer one is empty, its times jump
MOST_EMPTY = 20
ON_GRID = 0.02  # of a period: samples nearer than this to the grid are kept as they are


class BadTimes(ValueError):
    """Sample times that no grid can be made of; `sample` counts from 0 (None: all of them)."""

    def __init__(self, message: str, sample: int | None = None) -> None:
        self.sample = sample
        super().__init__(message)


@dataclass(frozen=True, eq=False)
class UniformData:
    """Samples on a uniform grid.

    Attributes
    ----------
    data : ndarray, shape (n_samples, n_channels)
        NaN in gaps.
    fs : float
        Rate of the grid in Hz.
    start : float
        Time of the first sample in seconds, on the clock of the times given.
    n_missing : int
        Grid points without a sample of their own, gaps included.
    import_notes : tuple of str
        Sentences on what was irregular.
    """

    data: FloatArray
    fs: float
    start: float
    n_missing: int
    import_notes: tuple[str, ...]


def to_uniform(
    time: npt.ArrayLike,
    data: npt.ArrayLike,
    *,
    fs: float | None = None,
    max_gap: float = 0.5,
    arrival: bool = False,
) -> UniformData:
    """Samples at increasing times, brought to a uniform grid; gaps become NaN.

    Samples that lie on a grid already (within 2 % of a period, or within the resolution of the
    times) are kept as they are; else values are interpolated linearly. Stretches without samples
    up to `max_gap` (or three sample periods) are interpolated, longer ones are NaN.

    Parameters
    ----------
    time : array_like, shape (n_samples,)
        Seconds, increasing.
    data : array_like, shape (n_samples,) or (n_samples, n_channels)
        Samples; NaN where missing.
    fs : float, optional
        Rate of the grid in Hz; default is the rate that the times show.
    max_gap : float, default 0.5
        Seconds without a sample that are still interpolated.
    arrival : bool, default False
        Times are those of arrival at the host: they may repeat, and samples between gaps are
        taken to be evenly spaced.

    Returns
    -------
    UniformData

    Raises
    ------
    BadTimes
        If times run backwards, repeat, are missing or cannot be seconds. A `ValueError` that
        carries the sample.

    Examples
    --------
    >>> grid = to_uniform([0.0, 0.1, 0.2, 0.4], [1.0, 2.0, 3.0, 5.0])
    >>> grid.fs, grid.data[:, 0]
    (10.0, array([1., 2., 3., 4., 5.]))
    """
    t = np.asarray(time, dtype=np.float64)
    x = np.asarray(data, dtype=np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if t.ndim != 1 or x.ndim != 2 or x.shape[0] != t.size:
        raise ValueError(f"time must hold one time per sample, got {t.shape} times for {x.shape} samples")
    steps = _checked_steps(t, arrival)
    start = float(t[0])
    t = t - start if start != 0 else t
    if arrival:
        _check_pace(float(t[-1]) / (t.size - 1))
        t = _evenly_spaced(t, max_gap)
    steps = np.diff(t) if arrival or start != 0 else steps
    step = float(np.median(steps))
    if not arrival:
        _check_pace(step)
    longest = max(max_gap, 3 * step)
    if t[-1] / step * x.size / t.size > MOST_POINTS + MOST_EMPTY * x.size:
        raise BadTimes(
            f"{t.size} samples {step:.3g} s apart span {t[-1]:.4g} s; do the times jump here?",
            int(np.argmax(steps)) + 1,
        )
    index, period = _grid_index(t, steps, step, longest)
    rate = _plain_rate(1 / period, int(index[-1]) + 1) if fs is None else check_fs(fs)
    on_grid = _is_on_grid(t, index, rate)
    grid = _placed(x, index, longest * rate) if on_grid else _interpolated(t, x, rate, longest)
    told = (*_told_gaps(t, steps, longest), *_told_missing(steps, index, longest))
    if not on_grid:
        told = (*told, _told_uneven(t, step, rate))
    return UniformData(grid, rate, start, int(index[-1]) + 1 - t.size, told)


def _checked_steps(t: FloatArray, arrival: bool) -> FloatArray:
    """Steps from sample to sample, of times that a grid can be made of."""
    if t.size < 2:
        raise BadTimes(f"at least two samples are needed to know the sampling rate, got {t.size}")
    if not np.isfinite(t).all():
        at = int(np.argmin(np.isfinite(t)))
        raise BadTimes("a sample has no time", at)
    steps = np.diff(t)
    if steps.min() <= 0:
        _refuse_steps(t, steps, arrival)
    return steps


def _check_pace(step: float) -> None:
    if step > SLOWEST_STEP:
        raise BadTimes(f"samples are {step:.6g} s apart (are the times in milliseconds or microseconds?)")
    if step < FASTEST_STEP:
        raise BadTimes(
            f"samples are only {step:.3g} s apart (are the times in days, as spreadsheets store them?)"
        )


def _refuse_steps(t: FloatArray, steps: FloatArray, arrival: bool) -> None:
    """Refuse times that stand still or run backwards; times of arrival may repeat."""
    if not steps.any():
        raise BadTimes(f"all samples have the same time, {t[0]:.10g} s")
    if (steps < 0).all():
        raise BadTimes(
            "time runs backwards from the first sample to the last (is the table in reverse order?)"
        )
    if (steps < 0).any():
        at = int(np.argmax(steps < 0)) + 1
        raise BadTimes(
            f"time runs backwards, from {t[at - 1]:.10g} s to {t[at]:.10g} s"
            " (two recordings in one file, or a board that restarted?)",
            at,
        )
    if not arrival and not steps.all():
        at = int(np.argmin(steps)) + 1
        raise BadTimes(
            f"the time {t[at]:.10g} s stands twice; {int(np.sum(steps == 0))} of {t.size} times do"
            " (too few decimals? without the time column a sampling rate will do)",
            at,
        )


def _evenly_spaced(t: FloatArray, max_gap: float) -> FloatArray:
    """Times of arrival → times on a straight line within each run without a gap."""
    steps = np.diff(t)
    resolution = float(np.median(steps[steps > 0]))
    limit = max(max_gap, 5 * float(t[-1]) / (t.size - 1), 1.5 * resolution)
    bounds = np.concatenate(([0], np.flatnonzero(steps > limit) + 1, [t.size]))
    index = np.arange(t.size, dtype=np.float64)
    common = _pooled_slope(t, index, bounds)
    out = np.empty_like(t)
    for start, stop in itertools.pairwise(bounds):
        t_run, i_run = t[start:stop], index[start:stop]
        slope = common if stop - start < 1000 else _pooled_slope(t_run, i_run, np.array([0, stop - start]))
        out[start:stop] = t_run.mean() + slope * (i_run - i_run.mean())
    back = np.diff(out) <= 0
    if back.any():
        raise BadTimes("times of arrival jump too wildly to be put in order", int(np.argmax(back)) + 1)
    even: FloatArray = out - out[0]
    return even


def _pooled_slope(t: FloatArray, index: np.ndarray, bounds: np.ndarray) -> float:
    """Seconds per index by least squares, one line per run, all of the same slope."""
    above = below = 0.0
    for start, stop in itertools.pairwise(bounds):
        i = index[start:stop] - index[start:stop].mean()
        above += float(i @ t[start:stop])
        below += float(i @ i)
    return above / below if below > 0 else float(t[-1] / index[-1])


def _grid_index(t: FloatArray, steps: FloatArray, step: float, longest: float) -> tuple[np.ndarray, float]:
    """Grid point of each sample, and the period of the grid in seconds."""
    if (
        steps.min() > 0.5 * step and steps.max() < 1.5 * step
    ):  # each sample has the next place: nothing to count
        places = np.arange(t.size)
        return places, _pooled_slope(t, places, np.array([0, t.size]))
    count = np.maximum(1, np.rint(steps / step)).astype(np.int64)
    late = np.flatnonzero((count > 1) & (steps <= longest))
    if late.size:  # after a late sample the times go on as before; after a missing one they do not
        count[late] = np.clip(_shifts(t, late, step), 1, count[late])
    index = np.concatenate(([0], np.cumsum(count)))
    bounds = np.concatenate(([0], np.flatnonzero(steps > longest) + 1, [t.size]))
    period = _pooled_slope(t, index.astype(np.float64), bounds)
    gaps = np.flatnonzero(steps > longest)
    if gaps.size:  # count gaps again with the better period
        count[gaps] = np.maximum(1, np.rint(steps[gaps] / period))
        index = np.concatenate(([0], np.cumsum(count)))
    return index, period


def _shifts(t: FloatArray, at: np.ndarray, step: float) -> np.ndarray:
    """Steps from sample to next sample, from the medians of eight times on each side."""
    near = np.arange(8)
    after = t[np.minimum(at[:, None] + 1 + near, t.size - 1)] - step * np.minimum(
        near, t.size - 2 - at[:, None]
    )
    before = t[np.maximum(at[:, None] - near, 0)] + step * np.minimum(near, at[:, None])
    shift: np.ndarray = np.rint((np.median(after, axis=1) - np.median(before, axis=1)) / step)
    return shift.astype(np.int64)


def _plain_rate(rate: float, n_samples: int) -> float:
    """The rate with the fewest digits that drifts by less than 1 % of a sample over the recording."""
    allowed = 0.01 * rate / n_samples
    for digits in range(16):
        for plain in (float(f"{rate:.{digits}e}"), 1 / float(f"{1 / rate:.{digits}e}")):
            if abs(plain - rate) < allowed:
                return plain
    return rate


def _is_on_grid(t: FloatArray, index: np.ndarray, rate: float) -> bool:
    """Whether samples lie on the grid already, to 2 % of a period or the resolution of the times."""
    off = index / rate
    np.subtract(t, off, out=off)
    spread = float(off.max() - off.min()) / 2
    few = np.unique(np.diff(t[:100_000]).round(6))
    resolution = float(np.diff(few).min()) if few.size > 1 else 0.0
    return spread <= max(ON_GRID / rate, resolution if resolution < 0.5 / rate else 0.0)


def _placed(x: FloatArray, index: np.ndarray, longest: float) -> FloatArray:
    """Samples put on their grid points; up to `longest` empty points in a row are interpolated."""
    n = int(index[-1]) + 1
    if n == x.shape[0]:
        return x
    out = np.full((n, x.shape[1]), np.nan)
    out[index] = x
    empty = np.ones(n, dtype=bool)
    empty[index] = False
    for start, stop in runs_of(empty):
        if stop - start + 1 > longest + 1e-6:
            empty[start:stop] = False
    fill = np.flatnonzero(empty)
    for column in range(x.shape[1] if fill.size else 0):
        out[fill, column] = np.interp(fill, index, x[:, column])
    return out


def _interpolated(t: FloatArray, x: FloatArray, rate: float, longest: float) -> FloatArray:
    """Values at k / rate by straight lines between samples, NaN inside gaps."""
    n = int(t[-1] * rate + 1e-6) + 1
    grid = np.arange(n) / rate
    out = np.column_stack([np.interp(grid, t, x[:, column]) for column in range(x.shape[1])])
    for at in np.flatnonzero(np.diff(t) > longest):
        first, last = np.searchsorted(grid, (t[at] + 0.5 / rate, t[at + 1] - 0.5 / rate))
        out[first:last] = np.nan
    return out


def _told_gaps(t: FloatArray, steps: FloatArray, longest: float) -> tuple[str, ...]:
    gaps = np.flatnonzero(steps > longest)
    if gaps.size == 0:
        return ()
    worst = gaps[np.argmax(steps[gaps])]
    many = "1 gap" if gaps.size == 1 else f"{gaps.size} gaps"
    return (
        f"{many} without samples, {steps[gaps].sum():.1f} s in all,"
        f" the longest {steps[worst]:.1f} s at {minutes_seconds(float(t[worst]))}",
    )


def _told_missing(steps: FloatArray, index: np.ndarray, longest: float) -> tuple[str, ...]:
    n = 0 if index[-1] + 1 == index.size else int((np.diff(index) - 1)[steps <= longest].sum())
    if n == 0:
        return ()
    many = "1 sample was" if n == 1 else f"{n} samples were"
    return (f"{many} missing here and there ({100 * n / (index[-1] + 1):.2g} %) and interpolated",)


def _told_uneven(t: FloatArray, step: float, rate: float) -> str:
    low, high = np.quantile(np.diff(t), (0.01, 0.99))
    edges = np.linspace(0, t.size - 1, 11).astype(int) if t.size > 1000 else np.array([0, t.size - 1])
    rates = np.diff(edges) / np.diff(t[edges])
    wander = ""
    if rates.max() > 1.01 * rates.min() and high < 2 * step:
        wander = f"; the rate wanders between {rates.min():.4g} and {rates.max():.4g} samples/s"
    return (
        f"samples are unevenly spaced (steps of {1000 * low:.4g} to {1000 * high:.4g} ms)"
        f" and were interpolated onto a grid of {rate:.6g} Hz{wander}"
    )
