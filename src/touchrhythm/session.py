"""What was recorded? The types that travel: `Recording`, `Taps`, `Session`; and `NullRange`.

**Conventions.** Times are seconds from the first sample of the recording. Data are float64, shape
(n_samples, n_channels), on a uniform grid, NaN where nothing valid was recorded. All types are
frozen and checked at birth; their arrays are read-only. No analysis happens here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray, check_fs, check_onset, likely_slip
from touchrhythm.words.columns import person_of, roles_of
from touchrhythm.words.program import how_to_install

__all__ = [
    "Annotation",
    "Count",
    "NullRange",
    "Recording",
    "Session",
    "Taps",
    "check_taps_inside",
    "read_only",
    "runs_of",
]


def read_only(array: Any) -> FloatArray:
    """Float64 copy of `array` that cannot be written; one that already cannot is passed through."""
    given: FloatArray = np.asarray(array, dtype=np.float64)
    untouchable = not given.flags.writeable and given.base is None
    if id(given) == id(array) and untouchable:
        return given
    out: FloatArray = np.array(given, dtype=np.float64, order="C", copy=True)
    out.flags.writeable = False
    return out


def runs_of(mask: np.ndarray) -> np.ndarray:
    """Start and stop (exclusive) of each run of True, shape (n_runs, 2).

    >>> runs_of(np.array([False, True, True, False, True]))
    array([[1, 3],
           [4, 5]])
    """
    flags = np.asarray(mask, dtype=bool)
    if flags.size == 0:
        return np.zeros((0, 2), dtype=np.intp)
    edges = np.flatnonzero(flags[1:] != flags[:-1]) + 1
    bounds = np.concatenate(([0], edges, [flags.size]))
    first = 0 if flags[0] else 1
    return np.column_stack((bounds[first:-1:2], bounds[first + 1 :: 2]))


@dataclass(frozen=True)
class NullRange:
    """What noise gives for a figure: median and central 95 % range, in the figure's own unit."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Any) -> NullRange:
        """Median and central 95 % range of null copies; NaN copies are left out."""
        array = np.asarray(values, dtype=np.float64)
        array = array[np.isfinite(array)]
        if array.size == 0:
            return cls(float("nan"), float("nan"), float("nan"))
        low, median, high = np.quantile(array, (0.025, 0.5, 0.975))
        return cls(float(median), float(low), float(high))


@dataclass(frozen=True, eq=False)
class Recording:
    """One continuous capture on a uniform grid.

    Parameters
    ----------
    data : array_like, shape (n_samples, n_channels)
        Samples; NaN marks what is missing. One channel may come as shape (n_samples,).
    fs : float
        Sampling rate in Hz.
    channels : tuple of str
        One name per column, all different.
    units : tuple of str, optional
        One unit per column; "" where unknown.
    start_time : float, default 0.0
        Time of the first sample in seconds, as BIDS `StartTime`.
    roles : tuple of str, optional
        What each column holds, as `touchrhythm.words.columns.role_of` names it: "force", "breathing",
        "pulse", "button", …; "" where unknown. Default: what its name and unit say.
    people : tuple of str, optional
        Whose each column is: "subject", "examiner", or "" where unknown. Default: what its name says.

    Raises
    ------
    ValueError
        If shapes, names and units do not fit each other, or `fs` is not above 0.
    """

    data: FloatArray
    fs: float
    channels: tuple[str, ...]
    units: tuple[str, ...] = ()
    start_time: float = 0.0
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        data = self.data if isinstance(self.data, np.ndarray) else np.asarray(self.data, dtype=np.float64)
        if data.ndim == 1:
            data = data[:, None]
        data = read_only(data)
        if data.ndim != 2 or data.shape[0] == 0 or data.shape[1] == 0:
            raise ValueError(f"data must have shape (n_samples, n_channels), got {data.shape}")
        if np.isinf(data).any():
            raise ValueError("data must be finite or NaN, got infinity")
        channels = (
            (self.channels,) if isinstance(self.channels, str) else tuple(str(name) for name in self.channels)
        )
        units = ("",) * len(channels) if not self.units else tuple(str(unit) for unit in self.units)
        if len(channels) != data.shape[1]:
            raise ValueError(
                f"channels must name each column of data, got {len(channels)} names for {data.shape[1]} columns"
            )
        if len(set(channels)) != len(channels):
            raise ValueError(f"channels must have different names, got {channels}")
        if len(units) != len(channels):
            raise ValueError(
                f"units must hold one unit per channel, got {len(units)} for {len(channels)} channels"
            )
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "fs", check_fs(self.fs))
        object.__setattr__(self, "channels", channels)
        object.__setattr__(self, "units", units)
        object.__setattr__(self, "start_time", float(self.start_time))
        named = roles_of(channels, units)
        steady = (
            role if role != "counter" or _is_steady(x) else "" for role, x in zip(named, data.T, strict=True)
        )
        object.__setattr__(self, "roles", _per_channel("roles", self.roles, channels) or tuple(steady))
        people = _per_channel("people", self.people, channels)
        object.__setattr__(self, "people", people or tuple(person_of(name) for name in channels))

    @property
    def n_samples(self) -> int:
        """Number of samples, gaps included."""
        return int(self.data.shape[0])

    @property
    def duration(self) -> float:
        """Length in seconds, gaps included."""
        return self.n_samples / self.fs

    def index(self, channel: str | int) -> int:
        """Column of a channel given by name, by name and unit ("force (g)"), or by number (from 0).

        Raises
        ------
        ValueError
            If there is no such channel.
        """
        with_units = [f"{name} ({unit})" for name, unit in zip(self.channels, self.units, strict=True)]
        for names in (list(self.channels), with_units):
            if channel in names:
                return names.index(str(channel))
        if isinstance(channel, str) and not channel.lstrip("-").isdecimal():
            raise ValueError(
                f"no channel {channel!r}, the recording has {self.channels}{likely_slip(channel, self.channels)}"
            )
        number = int(channel)
        if not 0 <= number < len(self.channels):
            raise ValueError(
                f"no channel number {number}, the recording has 0 to {len(self.channels) - 1}: {self.channels}"
            )
        return number

    def channel(self, channel: str | int) -> FloatArray:
        """One channel, shape (n_samples,), as a read-only view."""
        return self.data[:, self.index(channel)]

    def to_frame(self) -> Any:
        """All channels as a pandas table: one row per sample, one column per channel, such as "force (g)".

        Returns
        -------
        pandas.DataFrame
            Its index "time (s)" counts from the first sample, as taps do.

        Raises
        ------
        ImportError
            If pandas is not installed; the message holds the line that installs it.
        """
        try:
            pandas = importlib.import_module("pandas")
        except ImportError:
            raise ImportError(
                f"to_frame needs pandas, which is not installed: {how_to_install('pandas')}"
            ) from None
        names = [
            f"{name} ({unit})" if unit else name for name, unit in zip(self.channels, self.units, strict=True)
        ]
        time = pandas.Index(np.arange(self.n_samples) / self.fs, name="time (s)")
        return pandas.DataFrame(self.data.copy(), index=time, columns=names)

    def __repr__(self) -> str:
        return f"Recording({', '.join(self.channels)}: {self.duration:.1f} s at {self.fs:g} Hz)"


def _per_channel(what: str, given: tuple[str, ...], channels: tuple[str, ...]) -> tuple[str, ...]:
    if given and len(given) != len(channels):
        raise ValueError(
            f"{what} must hold one word per channel, got {len(given)} for {len(channels)} channels"
        )
    return tuple(str(word) for word in given)


def _is_steady(x: FloatArray) -> bool:
    """Whether a channel changes by the same amount from sample to sample, as a counter does."""
    steps = np.diff(x)
    return bool(steps.size and steps[0] and (steps == steps[0]).all())


@dataclass(frozen=True, eq=False)
class Taps:
    """Times at which a rater pressed the button.

    Parameters
    ----------
    onset : array_like, shape (n_taps,)
        Seconds from the first sample of the recording, increasing.
    rater : str, default "rater"
        Who tapped, as a code.
    """

    onset: FloatArray
    rater: str = "rater"

    def __post_init__(self) -> None:
        object.__setattr__(self, "onset", read_only(check_onset(self.onset)))
        object.__setattr__(self, "rater", str(self.rater))

    def __len__(self) -> int:
        return int(self.onset.size)

    def __repr__(self) -> str:
        span = f"{self.onset[0]:.1f}–{self.onset[-1]:.1f} s" if len(self) else "none"
        return f"Taps({self.rater}: {len(self)} taps, {span})"


@dataclass(frozen=True)
class Annotation:
    """A stretch of the recording with a name: onset and duration in seconds, and a label."""

    onset: float
    duration: float
    label: str


@dataclass(frozen=True)
class Count:
    """A number of cycles that a rater reported for a stretch: "27 in 180 s from 0:30"."""

    count: int
    onset: float
    duration: float
    rater: str = "rater"


@dataclass(frozen=True, eq=False)
class Session:
    """A recording with all that belongs to it.

    Parameters
    ----------
    recording : Recording
        The samples.
    taps : tuple of Taps
        One per rater; may be empty.
    counts : tuple of Count
        Reported counts per interval; may be empty.
    annotations : tuple of Annotation
        Named stretches (hand on, hand off, tapping); may be empty.
    info : mapping
        Where it came from: ``source``, ``sha256``, BIDS entities, and under ``import_notes`` a tuple of
        sentences on what was unusual on reading.

    Raises
    ------
    ValueError
        If a tap lies outside the recording.
    """

    recording: Recording
    taps: tuple[Taps, ...] = ()
    counts: tuple[Count, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        taps = (self.taps,) if isinstance(self.taps, Taps) else tuple(self.taps)
        if len({tapped.rater for tapped in taps}) != len(taps):
            raise ValueError(
                f"taps must have one entry per rater, got raters {[tapped.rater for tapped in taps]}"
            )
        for tapped in taps:
            check_taps_inside(tapped.onset, self.recording.duration)
        for count in self.counts:
            if count.onset < 0 or count.onset + count.duration > self.recording.duration + 1.0:
                raise ValueError(
                    f"a count must lie inside the recording of {self.recording.duration:.0f} s,"
                    f" got {count.count} in {count.duration:g} s from {count.onset:g} s"
                )
        object.__setattr__(self, "taps", taps)
        object.__setattr__(self, "counts", tuple(self.counts))
        object.__setattr__(self, "annotations", tuple(self.annotations))
        object.__setattr__(self, "info", MappingProxyType(dict(self.info)))

    @property
    def gaps(self) -> FloatArray:
        """Start and stop in seconds of stretches without any sample, shape (n_gaps, 2)."""
        missing = np.asarray(np.isnan(self.recording.data).all(axis=1))
        return runs_of(missing) / self.recording.fs

    def __repr__(self) -> str:
        raters = ", ".join(f"{tapped.rater} ({len(tapped)} taps)" for tapped in self.taps) or "no taps"
        return f"Session({self.recording!r}, {raters})"


def check_taps_inside(onset: FloatArray, duration: float) -> None:
    """Refuse taps that lie before or after the recording, with the likely slip."""
    if onset.size == 0:
        return
    if onset[0] < 0:
        raise ValueError(f"taps must not start before the recording, got {onset[0]:g} s")
    if onset[-1] > duration:
        hint = ""
        if onset[-1] / 1e6 > duration / 20 and onset[-1] / 1e6 <= duration:
            hint = " (are the taps in microseconds?)"
        elif onset[-1] / 1e3 > duration / 20 and onset[-1] / 1e3 <= duration:
            hint = " (are the taps in milliseconds?)"
        raise ValueError(f"taps end at {onset[-1]:g} s but the recording at {duration:g} s{hint}")
