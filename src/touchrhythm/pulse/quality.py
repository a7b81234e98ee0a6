"""Which beats are no measurement, and why?

First the wave of each beat is looked at: stuck at a rail, frozen, faint, or of another shape than the
recording's other beats. Then the intervals between the beats that are left: one that came early, one that was
none, one that is missing. Thresholds follow the recording's own variability.

**Conventions.** Times in seconds; a reason per beat, "" for a good one. A beat that was never found is no
row; it is counted where an interval holds more than one beat.

- `Shapes` : what the beats are judged by
- `classify_beats` : the reason why each beat is bad
- `valid_intervals` : time since the beat before, where it is one interval
- `regularity`, `steps_of_all` : whether the heart is in step, and the steps of all its beats, fit to measure by or not

References
----------
Lipponen J. A., Tarvainen M. P. (2019). A robust algorithm for heart rate variability time series
artefact correction using novel beat classification. J. Med. Eng. Technol. 43, 173.
Orphanidou C. et al. (2015). Signal-quality indices for the electrocardiogram and photoplethysmogram.
IEEE J. Biomed. Health Inform. 19, 832.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from touchrhythm._check import FloatArray

__all__ = ["REASONS", "Shapes", "classify_beats", "regularity", "steps_of_all", "valid_intervals"]

REASONS = ("clipped", "flat", "finger off", "template", "extra", "ectopic", "interval")
LEAST_CORRELATION = {"pulse": 0.8, "ecg": 0.66}  # Orphanidou 2015: .86 and .66 of the average beat
HEIGHTS = (0.4, 2.2)  # of the running median; outside, the beat is of another kind
FAINT = 0.2  # of the median height over the recording: the finger is hardly on the sensor
NEIGHBOURS = 11
FEWEST_FOR_SPREAD = 20  # good beats, of which their own spread is read
MINUTE = 61  # beats
SPREADS = 10.0  # own standard deviations of the correlation below its median over a minute
LEAST_UNLIKE = 0.08  # of the correlation below it
HEIGHT_SPREADS = 4.5  # own standard deviations of the log height from the median of a minute
LEAST_HEIGHT_AWAY = 0.8  # of the log height (a factor of 1.8): sighs and slow trends reach it
AMONG_BAD = 0.5  # of both limits, between bad beats
STILL = 0.06  # s, shortest run of equal samples that may be a rail or a frozen value
STILL_AT_RAIL = 0.08  # s at the very highest or lowest value of the recording
STILL_FACTOR = 4.0  # times the longest run that a beat of this recording usually holds
WINDOW = 91  # beats over which the variability is measured (Lipponen 2019)
ALPHA = 5.2  # quartile deviations
SLOPE, OFFSET = 0.13, 0.17  # of the line beyond which a pair of changes is ectopic
LEAST_CHANGE = 0.15  # of the median interval: smaller changes are variability, however regular the heart
LONG_OR_SHORT = 3.0  # thresholds from the running median
OTHER_SHAPES = ("clipped", "flat", "finger off", "template")
LONGEST_RUN = 3  # beats of another shape in a row that may be those of a heart out of step
LARGE_CHANGE = 0.2  # of the mean, between successive intervals: more than breathing does
ALTERNATING = 0.8  # of the intervals lie between two opposite large changes
RESTLESS = 0.1  # of the mean; half of the changes are larger where the heart is out of step throughout
OFTEN_LARGE = 0.12  # of the changes; an early beat makes three of them
ONE_INTERVAL = (0.55, 1.45)  # of the running median; beyond, the distance is not one interval


class Shapes(NamedTuple):
    """Beats to be judged: time and onset (s), height from foot to crest, and the wave about each, mean removed."""

    time: FloatArray
    onset: FloatArray
    height: FloatArray
    shape: FloatArray


def classify_beats(beats: Shapes, x: FloatArray, *, fs: float, kind: str) -> np.ndarray:
    """Reason why each beat is bad, "" for good ones.

    Parameters
    ----------
    beats : Shapes
    x : ndarray, shape (n_samples,)
        The wave as recorded (upright), NaN in gaps.
    fs : float
    kind : str
        "pulse" or "ecg".

    Returns
    -------
    ndarray of str, shape (n_beats,)
    """
    reason = np.full(beats.time.size, "", dtype="<U12")
    for label, where in _still(beats.time, x, fs).items():
        reason[where & (reason == "")] = label
    reason[(beats.height < FAINT * np.median(beats.height)) & (reason == "")] = "finger off"
    usual = _running_median(beats.height)
    other = (beats.height < HEIGHTS[0] * usual) | (beats.height > HEIGHTS[1] * usual)
    alike = _correlation(beats.shape, reason == "")
    other |= alike < LEAST_CORRELATION[kind]
    reason[other & (reason == "")] = "template"
    _judge_by_own_spread(beats, alike, reason)
    _judge_intervals(beats.time, reason)
    return reason


def valid_intervals(
    time: FloatArray, good: np.ndarray, ends: tuple[tuple[float, float], ...]
) -> tuple[FloatArray, int]:
    """Seconds since the beat before, NaN where that is not one interval; and how many beats were missed.

    Parameters
    ----------
    time : ndarray, shape (n_beats,)
    good : ndarray of bool, shape (n_beats,)
    ends : tuple
        First and last second of each stretch in which there could be beats.
    """
    interval = np.full(time.size, np.nan)
    kept = np.flatnonzero(good)
    if kept.size < 2:
        return interval, 0
    step = np.diff(time[kept])
    usual = _running_median(step, np.median(step))
    single = (step > ONE_INTERVAL[0] * usual) & (step < ONE_INTERVAL[1] * usual)
    interval[kept[1:][single]] = step[single]
    around = np.interp(time, time[kept[1:]], usual)
    edge, n_missed = float(np.median(step)), 0
    for first, last in ends:
        # what lies between stretches is no signal, and no beat was missed there
        inside = np.flatnonzero((time >= first) & (time < last))
        if not inside.size:
            n_missed += int((last - first) / edge)
            continue
        steps, beside = np.diff(time[inside]), around[inside[1:]]
        missed = np.maximum(0, np.rint(steps / beside) - 1)
        missed[steps < ONE_INTERVAL[1] * beside] = 0
        outer = (time[inside[0]] - first) / edge - 1, (last - time[inside[-1]]) / edge - 1
        n_missed += int(missed.sum()) + sum(int(max(0.0, part)) for part in outer)
    return interval, n_missed


def steps_of_all(time: FloatArray, reason: np.ndarray, ends: tuple[tuple[float, float], ...]) -> FloatArray:
    """Seconds between successive beats of the heart, good or not, without stretches in which none can be told.

    Runs of bad shapes (motion, a lifted finger) are left out with their time, as are distances over beats that were
    not found; not the pause that makes up for an early beat. A bad shape within an interval is no beat of its own.
    """
    is_bad = np.isin(reason, OTHER_SHAPES)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_bad.astype(int), [0]))))
    told = np.ones(time.size, dtype=bool)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        told[start:stop] = stop - start <= LONGEST_RUN
    usual = float(np.mean(np.diff(time))) if time.size > 1 else np.inf
    lone = np.flatnonzero(is_bad & told)
    lone = lone[(lone > 0) & (lone < time.size - 1)]
    within = time[lone + 1] - time[lone - 1] < ONE_INTERVAL[1] * usual
    kept = np.delete(np.arange(time.size), lone[within])
    if kept.size < 3:
        return np.zeros(0)
    step, starts = np.diff(time[kept]), np.array([first for first, _ in ends])
    stretch = np.searchsorted(starts, time[kept], side="right")
    used = told[kept[1:]] & told[kept[:-1]] & (stretch[1:] == stretch[:-1])
    # between the quartiles: under bigeminy these are the short and the long step, and missed beats do not move them
    middle = float(np.mean(np.quantile(step[used], (0.25, 0.75)))) if used.any() else np.inf
    pair = np.minimum(np.append(np.inf, step[1:] + step[:-1]), np.append(step[1:] + step[:-1], np.inf))
    used &= (step < ONE_INTERVAL[1] * middle) | ((step < 2 * middle) & (pair < 2 * ONE_INTERVAL[1] * middle))
    found: FloatArray = step[used]
    return found


def regularity(steps: FloatArray) -> str:
    """Whether successive steps of the heart are "regular", "irregular" or "bigeminal" (every second beat is early)."""
    if steps.size < FEWEST_FOR_SPREAD:
        return "regular"
    change = np.diff(steps) / np.mean(steps)
    large = np.abs(change) > LARGE_CHANGE
    turning = large[1:] & large[:-1] & (change[1:] * change[:-1] < 0)
    if turning.mean() > ALTERNATING:
        return "bigeminal"
    return "irregular" if np.median(np.abs(change)) > RESTLESS or large.mean() > OFTEN_LARGE else "regular"


def _running_median(values: FloatArray, usual: float | None = None, *, size: int = NEIGHBOURS) -> FloatArray:
    found: FloatArray = scipy.ndimage.median_filter(values, size=min(size, values.size), mode="nearest")
    # a run of bad beats may outnumber the good ones around it; the recording's own median bounds it
    return found if usual is None else np.clip(found, 0.6 * usual, 1.6 * usual)


def _judge_by_own_spread(beats: Shapes, alike: FloatArray, reason: np.ndarray) -> None:
    """Mark beats that are further from the others than this recording's own beats are, as motion makes some (in place).

    A burst outnumbers the beats around it, so that it is held against what is usual over a minute; a beat with bad
    ones on both sides is held against narrower limits.
    """
    good = np.flatnonzero(reason == "")
    if good.size < FEWEST_FOR_SPREAD:
        return
    likeness, height = (
        values - np.interp(beats.time, beats.time[good], _running_median(values[good], size=MINUTE))
        for values in (alike, np.log(np.maximum(beats.height, 1e-300)))
    )
    unlike = max(LEAST_UNLIKE, SPREADS * _spread(likeness[good]))
    away = max(LEAST_HEIGHT_AWAY, HEIGHT_SPREADS * _spread(height[good]))
    other = (np.abs(height) > away) | (likeness < -unlike)
    among = _bad_on_both_sides((reason != "") | other)
    other |= among & ((np.abs(height) > AMONG_BAD * away) | (likeness < -AMONG_BAD * unlike))
    reason[other & (reason == "")] = "template"


def _spread(values: FloatArray) -> float:
    """Standard deviation of normal values by their median distance from the median."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def _bad_on_both_sides(bad: np.ndarray) -> np.ndarray:
    """Whether one of the two beats before and one of the two after each is bad."""
    padded = np.pad(bad, 2)
    n = bad.size
    found: np.ndarray = (padded[:n] | padded[1 : n + 1]) & (padded[3 : n + 3] | padded[4 : n + 4])
    return found


def _correlation(shape: FloatArray, trusted: np.ndarray) -> FloatArray:
    """Correlation of each beat's wave with the median wave."""
    if trusted.sum() < 3:
        trusted = np.ones(len(shape), dtype=bool)
    length = np.linalg.norm(shape, axis=1)
    unit = shape / np.maximum(length, 1e-300)[:, None]
    template = np.median(unit[trusted], axis=0)
    template -= template.mean()
    found: FloatArray = unit @ template / max(float(np.linalg.norm(template)), 1e-300)
    return found


def _still(time: FloatArray, x: FloatArray, fs: float) -> dict[str, np.ndarray]:
    """Beats in which the wave stands still: at its end ("clipped") or elsewhere ("flat")."""
    change = np.concatenate(([0], np.flatnonzero(np.diff(x) != 0) + 1, [x.size]))
    length = np.diff(change)
    edges = _edges(time)
    owner = np.searchsorted(edges, (change[:-1] + length / 2) / fs) - 1
    inside = (owner >= 0) & (owner < time.size) & ~np.isnan(x[change[:-1]])
    longest = np.zeros(time.size)
    np.maximum.at(longest, owner[inside], length[inside])
    low, high = np.fmin.reduce(x), np.fmax.reduce(x)
    value = x[change[:-1]]
    at_rail = ((value == low) | (value == high)) & (length >= max(3, STILL_AT_RAIL * fs))
    still = length >= max(3, STILL * fs, STILL_FACTOR * np.median(longest))
    found = {"clipped": np.zeros(time.size, dtype=bool), "flat": np.zeros(time.size, dtype=bool)}
    for at in np.flatnonzero(inside & (at_rail | still)):
        piece = x[slice(*(np.clip(edges[owner[at] : owner[at] + 2] * fs, 0, x.size).astype(int)))]
        at_end = at_rail[at] or value[at] in (np.fmin.reduce(piece), np.fmax.reduce(piece))
        found["clipped" if at_end else "flat"][owner[at]] = True
    return found


def _edges(time: FloatArray) -> FloatArray:
    """Where each beat's own samples begin: a fifth of an interval before it; the last edge ends the last beat."""
    step = np.minimum(np.diff(time), 2 * np.median(np.diff(time)))
    begin = np.concatenate((time[:1] - 0.2 * step[0], time[1:] - 0.2 * step))
    edges: FloatArray = np.append(begin, time[-1] + 0.8 * step[-1])
    return edges


def _judge_intervals(time: FloatArray, reason: np.ndarray) -> None:
    """Mark beats that came early or are none (in place); extra ones first, as they hide what is left."""
    for label, classify in (
        ("extra", _extra),
        ("ectopic", _ectopic),
        ("extra", _extra),
        ("interval", _short),
    ):
        kept = np.flatnonzero(reason == "")
        if kept.size < 5:
            return
        interval = np.diff(time[kept])
        usual = _running_median(interval, np.median(interval))
        # distances over a missing beat or a gap say nothing about the beats at their ends
        clean = np.where(interval > ONE_INTERVAL[1] * usual, usual, interval)
        reason[kept[classify(interval, clean, usual)]] = label


def _threshold(values: FloatArray, usual: FloatArray) -> FloatArray:
    """Lipponen 2019, eq. 1: a multiple of the quartile deviation over 91 beats."""
    size = min(WINDOW, values.size)
    low, high = (
        scipy.ndimage.percentile_filter(np.abs(values), part, size=size, mode="reflect") for part in (25, 75)
    )
    found: FloatArray = np.maximum(ALPHA * (high - low) / 2, LEAST_CHANGE * usual)
    return found


def _extra(interval: FloatArray, clean: FloatArray, usual: FloatArray) -> np.ndarray:
    """Beats (positions) between two short intervals that together make one."""
    away = _threshold(clean - usual, usual)[:-1]
    both = interval[:-1] + interval[1:]
    shorter = np.minimum(interval[:-1], interval[1:])
    between = (np.abs(both - usual[:-1]) < np.maximum(away, 0.2 * usual[:-1])) & (shorter < 0.75 * usual[:-1])
    at = np.flatnonzero(between) + 1
    # of two candidates next to one another only the first goes
    return at[np.concatenate(([True], np.diff(at) > 1))] if at.size else at


def _ectopic(interval: FloatArray, clean: FloatArray, usual: FloatArray) -> np.ndarray:
    """Beats that came early and were followed by a pause (or the reverse)."""
    change = np.diff(clean) / _threshold(np.diff(clean), usual[1:])
    around = np.pad(change, 1, mode="reflect") if change.size > 1 else np.pad(change, 1)
    before, after = around[:-2], around[2:]
    opposite = np.where(change > 0, np.maximum(before, after), np.minimum(before, after))
    up = (change > 1) & (opposite < -SLOPE * change - OFFSET)
    down = (change < -1) & (opposite > -SLOPE * change + OFFSET)
    early = np.flatnonzero(up) + 1  # change k lies between intervals k and k + 1, that is at beat k + 1
    late = np.flatnonzero(down) + 1
    short = interval < usual
    # the beat that ends a short interval before a long one is the early one
    found = early[short[early - 1]]
    return np.union1d(found, late[~short[late - 1] & ~np.isin(late - 1, found) & ~np.isin(late + 1, found)])


def _short(interval: FloatArray, clean: FloatArray, usual: FloatArray) -> np.ndarray:
    """Beats that end an interval far too short, which no neighbour explains."""
    away = (usual - clean) * 2 / _threshold(clean - usual, usual)
    return np.flatnonzero((away > LONG_OR_SHORT) & (interval < usual)) + 1
