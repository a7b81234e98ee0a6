"""How are channels of a second file, and taps on another clock, put beside a recording?

**Conventions.** Times in seconds from the first sample of the recording; an offset is the time, on that clock, at
which the other one shows 0.

- `with_reference` : a session with the channels of another one
- `on_clock`, `moved` : taps as clock times, and by an offset; `day_seconds` : a clock time as a number
"""

from __future__ import annotations

import dataclasses

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.io.clocks import UNITS, clock_seconds
from touchrhythm.io.inspect import Understood
from touchrhythm.session import Recording, Session, Taps

__all__ = ["day_seconds", "moved", "on_clock", "with_reference"]

FASTER = 1.5  # times the rate of the recording, from which a reference is averaged before it is brought to its times


def with_reference(session: Session, other: Session, offset: float) -> Session:
    """The session with the channels of another one, brought to its times.

    Parameters
    ----------
    session, other : Session
    offset : float
        Second of the recording at which the other one begins; negative where it began before.

    Raises
    ------
    ValueError
        If the two do not overlap.
    """
    here, there = session.recording, other.recording
    time = np.arange(here.n_samples) / here.fs
    columns = [
        _brought(there.data[:, k], there.fs, time - offset, here.fs) for k in range(len(there.channels))
    ]
    if not any(np.isfinite(column).any() for column in columns):
        raise ValueError(
            f"the reference lasts {there.duration:g} s and begins {offset:g} s after the recording of {here.duration:g} s:"
            " they do not overlap"
        )
    names = tuple(f"{name}_2" if name in here.channels else name for name in there.channels)
    joined = Recording(
        np.column_stack((here.data, *columns)),
        here.fs,
        here.channels + names,
        here.units + there.units,
        here.start_time,
        here.roles + there.roles,
        here.people + there.people,
    )
    told = f"{', '.join(names)} from {other.info.get('source', 'a second file')}, which began at {offset:g} s"
    info = dict(session.info) | {"import_notes": (*session.info.get("import_notes", ()), told)}
    first, second = session.info.get("understood"), other.info.get("understood")
    if isinstance(first, Understood) and isinstance(second, Understood):
        beside = [
            dataclasses.replace(channel, name=name)
            for channel, name in zip(second.channels, names, strict=True)
        ]
        info["understood"] = dataclasses.replace(
            first, channels=(*first.channels, *beside), notes=(*first.notes, told, *second.notes)
        )
    return dataclasses.replace(session, recording=joined, info=info)


def on_clock(taps: tuple[Taps, ...], began: float) -> tuple[Taps, ...]:
    """Taps given as seconds of the day, from the time of day at which the recording began; midnight may lie between."""
    return tuple(Taps(np.sort((tapped.onset - began) % UNITS["d"]), tapped.rater) for tapped in taps)


def moved(taps: tuple[Taps, ...], offset: float) -> tuple[Taps, ...]:
    """Taps of a watch that was started `offset` seconds after the recording."""
    return tuple(Taps(tapped.onset + offset, tapped.rater) for tapped in taps)


def day_seconds(text: str) -> float:
    """Second of the day of a clock time like 10:15:03.5, with or without its date."""
    return float(clock_seconds([text.strip()])[0] % UNITS["d"])


def _brought(x: FloatArray, fs: float, time: FloatArray, rate: float) -> FloatArray:
    """Values at other times by straight lines, NaN outside and in gaps; a faster channel is averaged first."""
    if fs > FASTER * rate:
        width = 2 * (round(fs / rate) // 2) + 1  # odd, so that nothing is moved in time
        kernel = np.ones(width) / width
        x = np.convolve(np.pad(x, (width // 2, width - 1 - width // 2), mode="edge"), kernel, mode="valid")
    own = np.arange(x.size) / fs
    found = np.interp(time, own, x, left=np.nan, right=np.nan)
    return np.asarray(found, dtype=np.float64)
