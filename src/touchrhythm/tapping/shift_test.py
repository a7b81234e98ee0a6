"""How often would taps that do not belong score as well?

With record on both sides of the tapping, the taps are shifted as one block over it (linear shift
test): no model, no seam. Without, they are rotated round the record, and replaced by surrogate
tappers who keep the tapper's own rate and its steady change; the larger of the two p-values counts.
To shift and to rotate, time is warped so that the reference keeps its tempo. Both are calibrated by
simulation, not exact.

**Conventions.** Stacks of tap trains have shape (n_trains, n_taps), seconds; scores shape
(n_trains,), NaN where fewer than half of the taps meet a phase.

- `scores_of` : every score of a stack of tap trains
- `shifted_taps` : stacks of taps that do not belong

References
----------
Harris K. D. (2020). A shift test for independence in generic time series. arXiv:2012.06862.
Yuan A. E., Shou W. (2024). A rigorous and versatile statistical test for correlations between
stationary time series. PLoS Biol. 22, e3002758.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.tapping.phase_reference import PhaseReference, warp_of
from touchrhythm.tapping.tapper import fit_tapper, surrogate_taps

__all__ = ["Scores", "Stack", "scores_of", "shifted_taps"]

STEP = 0.5  # seconds between offsets
MOST_SHIFTS = 3000  # beyond these the offsets stand wider apart
BATCH = 1 << 18  # taps scored at a time
SHORTEST_MARGIN: float = 60.0  # seconds of record on either side that a linear shift needs
LINEAR, FALLBACK = "linear shift", "circular shift and surrogate tapper"


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of tap trains: R, V (NaN where not declared), SD of the asynchrony (s), F-measure."""

    resultant: FloatArray
    v_statistic: FloatArray
    asynchrony_sd: FloatArray
    f_measure: FloatArray


@dataclass(frozen=True, eq=False)
class Stack:
    """Taps that do not belong: the `method`, its stacks of trains, seconds of `margin` used.

    `apart` marks the trains of each stack that were moved by an interval or more: shifts of less
    are nearly the taps themselves, and no measure of what chance gives. They count in the p-value.
    """

    method: str
    trains: tuple[FloatArray, ...]
    apart: tuple[np.ndarray, ...]
    margin: float


def shifted_taps(
    onset: FloatArray, reference: PhaseReference, *, n_surrogates: int, rng: np.random.Generator
) -> Stack:
    """Stacks of taps that do not belong to the reference.

    Parameters
    ----------
    onset : ndarray, shape (n_taps,)
        Between the first and last second that has a phase.
    reference : PhaseReference
    n_surrogates : int
        Surrogate tappers, where they are needed.
    rng : Generator

    Returns
    -------
    Stack
        One stack by linear shift, or two (circular shift, surrogate tappers). The offset 0 is
        left out of the shifts.
    """
    warp = warp_of(reference)
    start, stop = warp.forth(np.array([reference.start, reference.stop]))
    tau = warp.forth(onset)
    margin, interval = float(min(tau[0] - start, stop - tau[-1])), float(np.median(np.diff(tau)))
    if margin >= SHORTEST_MARGIN:
        step = max(STEP, margin / (MOST_SHIFTS / 2))
        # Offset 0 is the recording itself, which the rank counts already. Both directions reach equally far, so
        # that no shift leaves the record (Harris 2020: linear shifts need no seam).
        reach = np.arange(1, int(margin / step + 1e-9) + 1) * step
        offset = np.concatenate((-reach[::-1], reach))
        apart = np.abs(offset) >= interval
        return Stack(LINEAR, (warp.back(tau + offset[:, None]),), (apart,), float(reach[-1]))
    # Too little margin: a rotation has a seam, and a surrogate tapper is a model. Neither is trusted alone, the
    # larger p counts.
    step = max(STEP, (stop - start) / MOST_SHIFTS)
    offset = np.arange(step, stop - start - step / 2, step)
    rotated = start + (tau - start + offset[:, None]) % (stop - start)
    drawn = surrogate_taps(fit_tapper(onset, trend=1), n_surrogates=n_surrogates, rng=rng)
    trains = (warp.back(np.sort(rotated, axis=1)), np.sort(drawn, axis=1))
    apart = np.minimum(offset, stop - start - offset) >= interval
    return Stack(FALLBACK, trains, (apart, np.ones(n_surrogates, dtype=bool)), max(0.0, margin))


def scores_of(
    trains: FloatArray,
    reference: PhaseReference,
    *,
    lags: FloatArray,
    tolerance_fraction: float,
    expected: float,
) -> Scores:
    """Scores of a stack of tap trains.

    Parameters
    ----------
    trains : ndarray, shape (n_trains, n_taps)
        Increasing along each row; NaN for taps beyond the record.
    reference : PhaseReference
    lags : ndarray, shape (n_lags,)
        Lags in seconds over which V looks for its largest mean cosine; empty: no V.
    tolerance_fraction : float
        Share of the local period within which a tap hits.
    expected : float
        Taps that one who follows would make in the stretch that was tapped.

    Returns
    -------
    Scores
    """
    rows = max(1, BATCH // max(1, trains.shape[1]))
    parts = [trains[at : at + rows] for at in range(0, len(trains), rows)]
    scored = [_scores(part, reference, lags, tolerance_fraction, expected) for part in parts]
    return Scores(*(np.concatenate(score) for score in zip(*scored, strict=True)))


def _scores(
    trains: FloatArray,
    reference: PhaseReference,
    lags: FloatArray,
    tolerance_fraction: float,
    expected: float,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    unit = reference.unit_at(trains)
    met = np.isfinite(unit)
    enough = met.sum(axis=1) * 2 >= trains.shape[1]
    resultant = np.where(enough, np.abs(_row_mean(unit, met)), np.nan)
    directed = np.full(len(trains), np.nan)
    if len(lags):
        late = [reference.unit_at(trains - lag) for lag in lags]
        directed = np.max([_row_mean(phasors, np.isfinite(phasors)).real for phasors in late], axis=0)
        directed = np.where(enough, directed, np.nan)
    spread, f_measure = _event_scores(trains, met, reference, tolerance_fraction, expected)
    return resultant, directed, np.where(enough, spread, np.nan), np.where(enough, f_measure, np.nan)


def nearest_event(time: FloatArray, reference: PhaseReference) -> tuple[np.ndarray, FloatArray]:
    """Number of the nearest cycle of each time, and the seconds that the time comes after it."""
    event = reference.event
    after = np.clip(np.searchsorted(event, time), 1, event.size - 1)
    nearest = np.where(time - event[after - 1] < event[after] - time, after - 1, after)
    return nearest, time - event[nearest]


def _row_mean(values: npt.NDArray[np.complex128], known: np.ndarray) -> npt.NDArray[np.complex128]:
    total = np.where(known, values, 0).sum(axis=1)
    mean: npt.NDArray[np.complex128] = total / np.maximum(known.sum(axis=1), 1)
    return mean


def _event_scores(
    trains: FloatArray, met: np.ndarray, reference: PhaseReference, tolerance_fraction: float, expected: float
) -> tuple[FloatArray, FloatArray]:
    """SD of the asynchrony and F-measure of each train."""
    nothing = np.full(len(trains), np.nan)
    if reference.event.size < 2:
        return nothing, nothing
    nearest, late = nearest_event(np.where(met, trains, 0.0), reference)
    n = np.maximum(met.sum(axis=1), 1)
    late = np.where(met, late, 0.0)
    spread = np.maximum((late**2).sum(axis=1) / n - (late.sum(axis=1) / n) ** 2, 0.0) ** 0.5
    hit = met & (np.abs(late) <= tolerance_fraction * reference.period[nearest])
    again = hit[:, 1:] & hit[:, :-1] & (nearest[:, 1:] == nearest[:, :-1])
    hits = hit.sum(axis=1) - again.sum(axis=1)
    return spread, np.minimum(1.0, 2 * hits / (n + expected))
