"""What are taps held against? The phase of a signal, or of another rater's taps.

**Conventions.** Times in seconds from the first sample; phases in cycles, a peak (or a tap) at
every whole number; NaN where there is no phase.

- `Reference` : phase on a grid, and the times of its cycles
- `reference_of_trace`, `reference_of_taps` : where it comes from
- `warp_of` : time in which the reference keeps a constant tempo
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.filtering import AnalyticTrace, ComplexArray, phasor
from touchrhythm.session import runs_of

__all__ = ["Reference", "Warp", "reference_of_taps", "reference_of_trace", "warp_of"]

TAPS_RATE = 8.0  # Hz of the grid on which taps become a phase
LONGEST_PAUSE = 3.5  # typical intervals without a tap after which a rater has no phase
SLOWEST = 0.2  # share of the mean tempo below which a fitted tempo is no tempo


@dataclass(frozen=True, eq=False)
class Reference:
    """A phase that taps may follow.

    `unit` shape (n,): unit phasors, sample k at k / fs seconds; `cycles` shape (n,): the same phase
    unwrapped within each of `stretches` (n_stretches, 2 sample indexes). `event` and `period`
    shape (n_events,): times of the cycles and the local period there.
    """

    unit: ComplexArray
    cycles: FloatArray
    fs: float
    stretches: np.ndarray
    event: FloatArray
    period: FloatArray

    @property
    def start(self) -> float:
        """First second that has a phase."""
        return float(self.stretches[0, 0] / self.fs) if len(self.stretches) else np.nan

    @property
    def stop(self) -> float:
        """Last second that has a phase."""
        return float((self.stretches[-1, 1] - 1) / self.fs) if len(self.stretches) else np.nan

    def unit_at(self, time: FloatArray) -> ComplexArray:
        """Phasors at any times, any shape; NaN where there is no phase."""
        place = np.asarray(time) * self.fs
        inside = (place >= 0) & (place <= self.unit.size - 1)
        place = np.where(inside, place, 0.0)
        low = np.minimum(place.astype(np.intp), self.unit.size - 2)
        share = place - low
        at: ComplexArray = self.unit[low] * (1 - share) + self.unit[low + 1] * share
        at[~inside] = np.nan
        return at

    def cycles_at(self, time: FloatArray) -> FloatArray:
        """Unwrapped phase in cycles; NaN where there is none."""
        grid = np.arange(self.cycles.size) / self.fs
        at: FloatArray = np.interp(time, grid, self.cycles, left=np.nan, right=np.nan)
        return at

    def stretch_at(self, time: FloatArray) -> np.ndarray:
        """Number of the stretch that each time lies in or after."""
        number: np.ndarray = np.searchsorted(self.stretches[:, 0] / self.fs, time, side="right")
        return number


@dataclass(frozen=True, eq=False)
class Warp:
    """Time `tau` in which the reference keeps a constant tempo, at seconds `time`; both increasing."""

    time: FloatArray
    tau: FloatArray

    def forth(self, time: FloatArray) -> FloatArray:
        """Seconds to warped seconds."""
        out: FloatArray = np.interp(time, self.time, self.tau)
        return out

    def back(self, tau: FloatArray) -> FloatArray:
        """Warped seconds to seconds; NaN beyond the record."""
        out: FloatArray = np.interp(tau, self.tau, self.time, left=np.nan, right=np.nan)
        return out


def reference_of_trace(trace: AnalyticTrace, *, edge: float, polarity: int, multiple: int) -> Reference:
    """Phase of a band-passed signal.

    Parameters
    ----------
    trace : AnalyticTrace
    edge : float
        Seconds at both ends of every stretch that have no phase.
    polarity : int
        1: cycles are counted from peaks; -1: from troughs.
    multiple : int
        Taps expected in a cycle (n of a declared n:m).

    Returns
    -------
    Reference
    """
    unit = polarity * phasor(trace, edge=edge)
    cycles = np.full(unit.size, np.nan)
    stretches = runs_of(np.isfinite(unit))
    for start, stop in stretches:
        cycles[start:stop] = np.unwrap(np.angle(unit[start:stop])) / (2 * np.pi)
    return _reference(unit**multiple, multiple * cycles, trace.fs, stretches)


def reference_of_taps(onset: FloatArray, *, duration: float, multiple: int = 1) -> Reference:
    """Phase of a rater: one cycle from tap to tap, also across a missed tap; none in a long pause.

    Parameters
    ----------
    onset : ndarray, shape (n_taps,)
        At least two taps. The phase reaches one typical interval beyond the first and last.
    duration : float
        Seconds of the recording.
    multiple : int, default 1
        Taps expected in a cycle (n of a declared n:m).

    Returns
    -------
    Reference
    """
    interval = np.diff(onset)
    typical = float(np.median(interval))
    count = np.concatenate(([0.0], np.cumsum(np.maximum(1.0, np.round(interval / typical)))))
    time = np.concatenate(([onset[0] - typical], onset, [onset[-1] + typical]))
    turns = np.concatenate(([-1.0], count, [count[-1] + 1]))
    grid = np.arange(int(duration * TAPS_RATE) + 1) / TAPS_RATE
    cycles = np.interp(grid, time, turns, left=np.nan, right=np.nan)
    for at in np.flatnonzero(interval > LONGEST_PAUSE * typical):
        cycles[(grid > onset[at]) & (grid < onset[at + 1])] = np.nan
    cycles *= multiple
    return _reference(np.exp(2j * np.pi * cycles), cycles, TAPS_RATE, runs_of(np.isfinite(cycles)))


def _reference(unit: ComplexArray, cycles: FloatArray, fs: float, stretches: np.ndarray) -> Reference:
    """Find the times at which the phase first passes each whole number."""
    event, period = [np.zeros(0)], [np.zeros(0)]
    for start, stop in stretches:
        ahead = np.maximum.accumulate(cycles[start:stop])
        whole = np.arange(np.ceil(ahead[0]), np.floor(ahead[-1]) + 1)
        rising = np.concatenate(([True], np.diff(ahead) > 0))
        found = np.interp(whole, ahead[rising], np.arange(start, stop)[rising] / fs)
        if found.size > 1:
            event.append(found)
            period.append(np.gradient(found))
    return Reference(unit, cycles, fs, stretches, np.concatenate(event), np.concatenate(period))


def warp_of(reference: Reference) -> Warp:
    """Take the slow tempo out: a quadratic fit of the phase, one offset per stretch.

    Only the slow tempo goes; what differs from cycle to cycle stays. Where the fit would stand
    still or run backwards, time is left as it is.

    Parameters
    ----------
    reference : Reference

    Returns
    -------
    Warp
        Both scales have the same length.
    """
    grid = np.arange(reference.cycles.size) / reference.fs
    known = np.isfinite(reference.cycles)
    x = 2 * grid / max(grid[-1], 1e-9) - 1
    offsets = reference.stretch_at(grid[known])[:, None] == np.arange(1, len(reference.stretches) + 1)
    design = np.column_stack((x[known], x[known] ** 2, offsets))
    slope, bend = np.linalg.lstsq(design, reference.cycles[known], rcond=None)[0][:2]
    tempo = slope + 2 * bend * x
    if tempo.min() <= SLOWEST * abs(slope):
        return Warp(grid, grid)
    tau = slope * x + bend * x**2
    return Warp(grid, (tau - tau[0]) / (tau[-1] - tau[0]) * grid[-1])
