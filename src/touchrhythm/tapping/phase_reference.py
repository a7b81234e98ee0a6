"""What are taps held against? The phase of a signal, or of another rater's taps.

**Conventions.** Times in seconds from the first sample; phases in cycles, a peak (or a tap) at
every whole number; NaN where there is no phase.

- `PhaseReference` : phase on a grid, and the times of its cycles
- `reference_of_trace`, `reference_of_taps` : where it comes from
- `warp_of` : time in which the reference keeps a constant tempo

References
----------
James W., Stein C. (1961). Estimation with quadratic loss. Proc. 4th Berkeley Symp. 1, 361.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.session import runs_of
from touchrhythm.signal.filtering import AnalyticTrace, ComplexArray, phasor

__all__ = ["PhaseReference", "Warp", "reference_of_taps", "reference_of_trace", "warp_of"]

TAPS_RATE = 8.0  # Hz of the grid on which taps become a phase
LONGEST_PAUSE = 3.5  # typical intervals without a tap after which a rater has no phase
MISSED = 1.75  # typical intervals from which on a tap was missed in between
SLOWEST = 0.2  # share of the mean tempo below which a fitted tempo is no tempo
SHRINKING = 2.0  # how strongly uncertain terms of the tempo are shrunk
BLOCK = 30.0  # seconds that the tempo's errors are taken to depend on each other


@dataclass(frozen=True, eq=False)
class PhaseReference:
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


def reference_of_trace(trace: AnalyticTrace, *, edge: float, polarity: int, multiple: int) -> PhaseReference:
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
    PhaseReference
    """
    unit = polarity * phasor(trace, edge=edge)
    cycles = np.full(unit.size, np.nan)
    stretches = runs_of(np.isfinite(unit))
    for start, stop in stretches:
        cycles[start:stop] = np.unwrap(np.angle(unit[start:stop])) / (2 * np.pi)
    return _reference(unit**multiple, multiple * cycles, trace.fs, stretches)


def reference_of_taps(onset: FloatArray, *, duration: float, multiple: int = 1) -> PhaseReference:
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
    PhaseReference
    """
    interval = np.diff(onset)
    typical = float(np.median(interval))
    passed = np.maximum(1.0, np.floor(interval / typical + (2 - MISSED)))
    count = np.concatenate(([0.0], np.cumsum(passed)))
    time = np.concatenate(([onset[0] - typical], onset, [onset[-1] + typical]))
    turns = np.concatenate(([-1.0], count, [count[-1] + 1]))
    grid = np.arange(int(duration * TAPS_RATE) + 1) / TAPS_RATE
    cycles = np.interp(grid, time, turns, left=np.nan, right=np.nan)
    for at in np.flatnonzero(interval > LONGEST_PAUSE * typical):
        cycles[(grid > onset[at]) & (grid < onset[at + 1])] = np.nan
    cycles *= multiple
    return _reference(np.exp(2j * np.pi * cycles), cycles, TAPS_RATE, runs_of(np.isfinite(cycles)))


def _reference(unit: ComplexArray, cycles: FloatArray, fs: float, stretches: np.ndarray) -> PhaseReference:
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
    return PhaseReference(unit, cycles, fs, stretches, np.concatenate(event), np.concatenate(period))


def warp_of(reference: PhaseReference) -> Warp:
    """Take the slow tempo out: a parabola through the tempo, shrunk by what chance makes of it.

    Only the slow tempo goes; what differs from cycle to cycle stays. A phase that slips a cycle
    where the signal fades would bend time if the fit were taken as it is; each of its terms is
    shrunk in proportion to its error (James and Stein 1961), which is worked out from blocks of
    30 s. Where the tempo would nearly stop, time is left as it is.

    Parameters
    ----------
    reference : PhaseReference

    Returns
    -------
    Warp
        Both scales have the same length.
    """
    grid = np.arange(reference.cycles.size) / reference.fs
    tempo = np.diff(reference.cycles)
    known = np.isfinite(tempo)
    powers = np.vander(np.linspace(-1, 1, tempo.size), 3, increasing=True)
    shape = powers @ np.linalg.inv(np.linalg.qr(powers[known], mode="r"))
    size = shape[known].T @ tempo[known]
    rest = np.where(known, np.where(known, tempo, 0.0) - shape @ size, 0.0)
    edges = np.arange(0, tempo.size, max(1, int(BLOCK * reference.fs)))
    error = (np.add.reduceat(shape * rest[:, None], edges, axis=0) ** 2).sum(axis=0)
    kept = np.maximum(0.0, 1 - SHRINKING * error / np.maximum(size**2, 1e-300))
    kept[0] = 1.0
    slow = shape @ (kept * size)
    if slow.min() <= SLOWEST * abs(slow.mean()):
        return Warp(grid, grid)
    tau = np.concatenate(([0.0], np.cumsum(slow)))
    return Warp(grid, tau / tau[-1] * grid[-1])
