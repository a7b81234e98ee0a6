"""At what host time did the device's clock show this?

A board's clock is off by up to 2000 ppm and wraps every 71.6 minutes; the way to the host adds
delays that are never negative (transmission, USB, scheduling). So the map from device time to
host time is the lower envelope of their difference: per block of 5 s the pair with the least
delay, then a straight piece between knots every 60 s. The pairs are the record, the map is
derived and can be made again.

**Conventions.** Times in seconds, shape (n,), in order of arrival; `t_us` the device's 32-bit
microseconds as sent. One map serves one run (the stretch between two resets).

- `unwrap_device_time` : seconds without wraps
- `fit_clock` : the map of one run, a `ClockMap`
- `wire_time` : how long a line takes on the wire, the part of the delay that is known
- `arrival_times` : sketches without a clock: regular times from arrival alone
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.units import SECONDS_PER_MINUTE

__all__ = ["ClockMap", "arrival_times", "fit_clock", "unwrap_device_time", "wire_time"]

BLOCK_S = 5.0
KNOT_S = SECONDS_PER_MINUTE
LARGEST_DRIFT = 5e-3
"""Drift that no board's clock exceeds, as a fraction; a faster change is the host's doing."""
STEP_S = 0.1
BITS_PER_BYTE = 10
GAP_PERIODS = 5.0
WRAP_US = 1 << 32


@dataclass(frozen=True, eq=False)
class ClockMap:
    """Host time as a piecewise straight function of device time.

    Attributes
    ----------
    device, host : ndarray, shape (n_knots,)
        Knots, in seconds; beyond the ends the outermost piece goes on.
    constant : float
        Known part of the delay in seconds (wire time), already taken off `host`.
    delay : ndarray, shape (n,)
        What every pair arrived later than the map says, in seconds.
    steps : ndarray, shape (n_steps,)
        Device times at which the host's clock jumped.
    """

    device: FloatArray
    host: FloatArray
    constant: float
    delay: FloatArray
    steps: FloatArray

    @property
    def ppm(self) -> float:
        """How much faster than the host the device's clock runs, in parts per million."""
        device, host = np.diff(self.device), np.diff(self.host)
        steady = np.abs(host - device) <= 2 * LARGEST_DRIFT * device + 1e-9
        return float((device[steady].sum() / host[steady].sum() - 1.0) * 1e6) if steady.any() else 0.0

    def to_host(self, device: npt.ArrayLike) -> FloatArray:
        """Host time of each device time, same shape."""
        return _interpolate(np.asarray(device, dtype=np.float64), self.device, self.host)


def wire_time(n_bytes: float, baud: float) -> float:
    """Seconds that `n_bytes` take on a serial line with 8 data bits, start and stop bit.

    >>> round(wire_time(34, 115200) * 1e3, 2)
    2.95
    """
    if not baud > 0:
        raise ValueError(f"baud must be above 0, got {baud:g}")
    return BITS_PER_BYTE * n_bytes / baud


def unwrap_device_time(t_us: npt.ArrayLike, host: npt.ArrayLike) -> FloatArray:
    """Device time in seconds without the wraps of its 32-bit microseconds.

    Parameters
    ----------
    t_us : array_like, shape (n,)
        Device times as sent, in order of arrival; edges stamped a little before the sample that
        came first are welcome among the samples.
    host : array_like, shape (n,)
        Arrival on the host in seconds. It decides how many wraps lie in a long gap, and may be
        wrong by up to half an hour for that.

    Returns
    -------
    ndarray, shape (n,)
        Seconds since the device's start (of the wrap in which the first one lies).

    Raises
    ------
    ValueError
        If the shapes differ or a time is no 32-bit number.

    Examples
    --------
    >>> unwrap_device_time([4294000000, 1032704], [0.0, 2.0])
    array([4294., 4296.])
    """
    ticks = np.asarray(t_us, dtype=np.int64)
    arrival = np.asarray(host, dtype=np.float64)
    if ticks.ndim != 1 or ticks.shape != arrival.shape:
        raise ValueError(f"t_us and host must have one shape (n,), got {ticks.shape} and {arrival.shape}")
    if ticks.size and not (ticks.min() >= 0 and ticks.max() < WRAP_US):
        raise ValueError("t_us must be 32-bit microseconds, 0 to 4294967295 (are they seconds or unwrapped?)")
    step = (np.diff(ticks) + WRAP_US // 2) % WRAP_US - WRAP_US // 2
    wraps = np.round((np.diff(arrival) * 1e6 - step) / WRAP_US).astype(np.int64)
    total = np.concatenate([ticks[:1], ticks[:1] + np.cumsum(step + wraps * WRAP_US)])
    return np.asarray(total * 1e-6, dtype=np.float64)


def fit_clock(device: npt.ArrayLike, host: npt.ArrayLike, *, constant: float = 0.0) -> ClockMap:
    """Map of one run's device time to host time by the lower envelope of their difference.

    Parameters
    ----------
    device : array_like, shape (n,)
        Device time in seconds, unwrapped.
    host : array_like, shape (n,)
        Arrival on the host in seconds.
    constant : float, default 0.0
        Delay in seconds that every pair has, where it is known (`wire_time` of the line).

    Returns
    -------
    ClockMap
        A delay that all pairs share and nobody named stays in the map.

    Raises
    ------
    ValueError
        If there are fewer than two pairs, or they are not finite.

    References
    ----------
    Moon, Skelly, Towsley (1999), Estimation and removal of clock skew from network delay
    measurements, IEEE INFOCOM: the lower envelope.
    """
    device, host = np.asarray(device, dtype=np.float64), np.asarray(host, dtype=np.float64)
    if device.ndim != 1 or device.shape != host.shape or device.size < 2:
        raise ValueError(
            f"device and host must be pairs, at least two, got shapes {device.shape} and {host.shape}"
        )
    if not (np.isfinite(device).all() and np.isfinite(host).all()):
        raise ValueError("device and host must be finite")
    order = np.argsort(device, kind="stable")
    t, offset = device[order], (host - device)[order]
    slope = 0.0
    for _ in range(2):  # the least of a block is sought along the drift, which the first pass finds
        chosen = _block_minima(t, offset - slope * t)
        chosen = chosen[_are_prompt(t[chosen], offset[chosen])]
        slope = _slope(t[chosen], offset[chosen])
    parts = np.split(chosen, _pieces(t[chosen], offset[chosen]))
    parts = [part for part in parts if part.size > 1] or [chosen[:1]]
    knots = [_fit_piece(t[part], offset[part]) for part in parts]
    at = np.concatenate([k for k, _ in knots])
    mapped = at + np.concatenate([v for _, v in knots])
    delay = host - _interpolate(device, at, mapped)
    return ClockMap(at, mapped - constant, constant, delay, np.array([t[part[0]] for part in parts[1:]]))


def arrival_times(arrival: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Regular sample times from arrival alone, for sketches that send no clock.

    Parameters
    ----------
    arrival : array_like, shape (n,)
        Host time of each line in seconds, not decreasing.

    Returns
    -------
    times : ndarray, shape (n,)
        Straight line through arrival against index, one per segment.
    segment : ndarray of int, shape (n,)
        Number of the segment; a new one begins after a gap of more than 5 sample periods that
        later lines do not make up for (lines that only came late are no gap).

    Raises
    ------
    ValueError
        If there are fewer than two lines, or time goes back.
    """
    host = np.asarray(arrival, dtype=np.float64)
    if host.ndim != 1 or host.size < 2:
        raise ValueError(f"arrival must hold at least two times, shape (n,), got shape {host.shape}")
    if not (np.diff(host) >= 0).all():
        raise ValueError("arrival must not decrease")
    index = np.arange(host.size)
    period = _typical_period(host)
    late = host - period * index
    # the least lateness from here on: a pause that is caught up with later does not raise it
    settled = np.minimum.accumulate(late[::-1])[::-1]
    rise = np.diff(settled)
    segment = np.concatenate([[0], np.cumsum(rise > GAP_PERIODS * period)])
    times = np.empty(host.size)
    for number in range(int(segment[-1]) + 1):
        here = segment == number
        times[here] = _straight(index[here], host[here], period)
    return times, segment


def _typical_period(host: FloatArray) -> float:
    """Sample period: the median over stretches of many lines, which single gaps do not move."""
    stretch = int(min(200, host.size - 1))
    return float(np.median(host[stretch:] - host[:-stretch]) / stretch)


def _straight(index: npt.NDArray[np.int64], host: FloatArray, period: float) -> FloatArray:
    if index.size < 3:
        return np.asarray(host[0] + period * (index - index[0]), dtype=np.float64)
    slope, level = np.polyfit(index - index[0], host - host[0], 1)
    return np.asarray(host[0] + level + slope * (index - index[0]), dtype=np.float64)


def _interpolate(x: FloatArray, at: FloatArray, value: FloatArray) -> FloatArray:
    """Straight pieces through the knots; the outermost pieces go on beyond the ends."""
    piece = np.clip(np.searchsorted(at, x, side="right") - 1, 0, at.size - 2)
    width = at[piece + 1] - at[piece]
    share = np.divide(x - at[piece], width, out=np.zeros_like(x), where=width > 0)
    return np.asarray(value[piece] + share * (value[piece + 1] - value[piece]), dtype=np.float64)


def _block_minima(t: FloatArray, level: FloatArray) -> npt.NDArray[np.int64]:
    """Index of the lowest level in each block of 5 s that holds any."""
    block = np.floor((t - t[0]) / BLOCK_S).astype(np.int64)
    order = np.lexsort((level, block))
    return np.asarray(order[np.unique(block[order], return_index=True)[1]], dtype=np.int64)


def _are_prompt(t: FloatArray, offset: FloatArray) -> npt.NDArray[np.bool_]:
    """Which blocks hold a pair that came promptly; the others stand above blocks before and after.

    A stalled host lifts blocks above both sides; a host clock that jumped lifts one side only.
    """
    past = np.minimum.accumulate(offset - LARGEST_DRIFT * t) + LARGEST_DRIFT * t
    future = np.minimum.accumulate((offset + LARGEST_DRIFT * t)[::-1])[::-1] - LARGEST_DRIFT * t
    return np.asarray(offset - np.maximum(past, future) <= STEP_S, dtype=np.bool_)


def _slope(t: FloatArray, offset: FloatArray) -> float:
    """Median slope between neighbouring blocks, over the drift that a clock can have."""
    if t.size < 2:
        return 0.0
    apart = max(1, t.size // 2)
    rise = (offset[apart:] - offset[:-apart]) / (t[apart:] - t[:-apart])
    rise = rise[np.abs(rise) <= LARGEST_DRIFT]
    return float(np.median(rise)) if rise.size else 0.0


def _pieces(t: FloatArray, offset: FloatArray) -> npt.NDArray[np.int64]:
    """Where the host's clock jumped: more between two blocks than drift and delays explain."""
    jump = np.abs(np.diff(offset)) > STEP_S + LARGEST_DRIFT * np.diff(t)
    return np.asarray(np.flatnonzero(jump) + 1, dtype=np.int64)


def _fit_piece(t: FloatArray, offset: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Knots and values of the low line through block minima, least squares with late blocks let go."""
    if t.size == 1:
        return np.array([t[0], t[0] + BLOCK_S]), np.repeat(offset, 2)
    n_knots = max(2, round((t[-1] - t[0]) / KNOT_S) + 1)
    knots = np.linspace(t[0], t[-1], n_knots)
    hats = np.maximum(0.0, 1.0 - np.abs(t[:, None] - knots[None, :]) / (knots[1] - knots[0]))
    weight = np.ones(t.size)
    centre, value = float(offset.mean()), np.zeros(n_knots)
    bend = np.diff(np.eye(n_knots), 2, axis=0) * 0.1
    for _ in range(8):
        rows = np.vstack([hats * weight[:, None], bend])
        wanted = np.concatenate([(offset - centre) * weight, np.zeros(len(bend))])
        value = np.linalg.lstsq(rows, wanted, rcond=None)[0]
        above = offset - centre - hats @ value
        scale = max(float(np.median(np.abs(above))), 1e-6)
        weight = scale / (scale + np.maximum(above, 0.0))
    return knots, value + centre
