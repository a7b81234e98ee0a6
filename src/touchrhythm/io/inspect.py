"""What was understood of a file, and how is each thing known?

**Conventions.** A thing is "declared" (by the user), "stated" (in the file), or "shown" (by the values, beyond
doubt); nothing is guessed: what two readings fit is asked. Times in seconds, rates in Hz.

- `Understood` : the whole of it, as `Session.info["understood"]` carries it
- `TableFacts` : what a reader hands over besides the samples
- `understand` : session and facts → `Understood`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm.io.content import open_regular
from touchrhythm.session import Recording, Session
from touchrhythm.units import clock_to_seconds, hz_to_cpm

__all__ = ["ChannelFacts", "TableFacts", "Understood", "understand"]

SEPARATORS = {"\t": "tab", " ": "white space", ",": "comma", ";": "semicolon", "|": "bar"}
FORMATS = {".gz": "gzip", ".npy": "NumPy array"}
BINARY = (".npy", ".npz", ".mat", ".edf", ".bdf", ".xdf", ".acq", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
HEAD = 1024  # bytes; text without a mark has no zero byte in them
DAY, SHORT = clock_to_seconds("24:0:0"), 30.0  # s
MOST_TAPS = 200.0  # a minute
MARKS = (
    (b"\x1f\x8b", "gzip"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"\xef\xbb\xbf", "UTF-8 with mark"),
)


@dataclass(frozen=True)
class TableFacts:
    """What a reader knows besides the samples.

    `time` says where the times come from, `time_how` how that is known; `roles` holds per channel how its role
    is known and why, `rails` the values at the end of a converter's scale with their counts, `left_out` columns
    that are no channels, each with the reason.
    """

    format: str
    time: str
    time_how: str
    encoding: str = ""
    separator: str = ""
    decimal: str = ""
    roles: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rails: Mapping[str, Mapping[float, int]] = field(default_factory=dict)
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ChannelFacts:
    """A channel: `how` and `why` its role is known; range, fraction missing, samples cut at a rail."""

    name: str
    unit: str
    role: str
    person: str
    how: str
    why: str
    low: float | None
    high: float | None
    fraction_missing: float
    at_rail: tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class Understood:
    """What was understood of a file; `options` settle what is not certain."""

    source: str
    format: str
    encoding: str
    separator: str
    decimal: str
    time: str
    time_how: str
    fs: float
    start: float
    duration: float
    channels: tuple[ChannelFacts, ...]
    left_out: tuple[tuple[str, str], ...]
    taps: tuple[tuple[str, int], ...]
    counts: int
    annotations: int
    notes: tuple[str, ...]
    options: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain types, as ``--json`` prints them."""
        return dict(asdict(self))

    def one_line(self, signal: str = "") -> str:
        """The line that `analyze` prints: length, rate, times, and who is what."""
        parts = [f"read: {self.duration:.6g} s at {self.fs:.4g} Hz, {self.time}"]
        if signal:
            parts.append(f"signal {signal}")
        known: dict[str, list[str]] = {}
        for channel in self.channels:
            if channel.name != signal:
                known.setdefault(channel.role or "not known", []).append(channel.name)
        parts += [f"{role} {', '.join(names)}" for role, names in known.items() if role != "not known"]
        if unknown := known.get("not known"):
            parts.append(f"of no known kind: {', '.join(unknown)}")
        parts += [f"{n} taps by {rater}" for rater, n in self.taps]
        return "; ".join(parts)


def understand(session: Session, facts: TableFacts, path: str | Path | None = None) -> Understood:
    """All that was understood of a session's file.

    Parameters
    ----------
    session : Session
    facts : TableFacts
        From the reader.
    path : str or Path, optional
        The file, whose first bytes tell its encoding.
    """
    recording, notes = session.recording, tuple(session.info.get("import_notes", ()))
    return Understood(
        source=str(session.info.get("source", "")),
        format=facts.format,
        encoding=facts.encoding or _encoding(path, notes),
        separator=SEPARATORS.get(facts.separator, facts.separator),
        decimal={".": "point", ",": "comma"}.get(facts.decimal, facts.decimal),
        time=facts.time,
        time_how=facts.time_how,
        fs=recording.fs,
        start=recording.start_time,
        duration=recording.duration,
        channels=tuple(_channel(recording, k, facts) for k in range(len(recording.channels))),
        left_out=facts.left_out,
        taps=tuple((taps.rater, len(taps)) for taps in session.taps),
        counts=len(session.counts),
        annotations=len(session.annotations),
        notes=(*notes, *_implausible(session)),
        options=_options(recording),
    )


def _channel(recording: Recording, k: int, facts: TableFacts) -> ChannelFacts:
    name, x = recording.channels[k], recording.data[:, k]
    role = recording.roles[k]
    how, why = facts.roles.get(
        name, ("stated", "its name or unit") if role else ("", "neither name nor unit says")
    )
    if role == "light":
        why = "a light beside the one whose wave is taken for the pulse"
    known = np.isfinite(x)
    return ChannelFacts(
        name=name,
        unit=recording.units[k],
        role=role,
        person=recording.people[k],
        how=how,
        why=why,
        low=float(np.nanmin(x)) if known.any() else None,
        high=float(np.nanmax(x)) if known.any() else None,
        fraction_missing=round(1 - float(known.mean()), 6),
        at_rail=tuple(facts.rails.get(name, {}).items()),
    )


def _options(recording: Recording) -> tuple[str, ...]:
    """Options that settle which channel is what, where names do not say."""
    unknown = [name for name, role in zip(recording.channels, recording.roles, strict=True) if not role]
    forces = recording.roles.count("force")
    candidates = forces or len(unknown)
    beside = len(unknown) if forces else len(unknown) - 1
    return ("--channel NAME",) * (candidates > 1) + ("--references NAME",) * (beside > 0)


def _implausible(session: Session) -> tuple[str, ...]:
    """What can hardly be meant: said, not changed."""
    recording, told = session.recording, []
    days = recording.duration / DAY
    if recording.fs > 10_000:
        told.append(
            f"{recording.fs:g} samples a second are more than such sensors send (is the unit of time right?)"
        )
    if recording.fs < 0.4:
        told.append(
            f"{recording.fs:g} samples a second cannot show a rhythm of 12 a minute (is the unit of time right?)"
        )
    if recording.duration < SHORT and recording.n_samples >= 1000:
        told.append(
            f"{recording.duration:.3g} s from {recording.n_samples} rows (is the unit of time right? --time-unit)"
        )
    if days > 2:
        told.append(f"a recording of {days:.3g} days (is the unit of time right? --time-unit)")
    for taps in session.taps:
        steps = np.diff(taps.onset)
        if steps.size > 2 and (rate := float(hz_to_cpm(1 / np.median(steps)))) > MOST_TAPS:
            told.append(f"{taps.rater} taps at {rate:.0f} a minute (are these onsets, and in seconds?)")
    return tuple(told)


def _encoding(path: str | Path | None, notes: tuple[str, ...]) -> str:
    if any("Latin-1" in note for note in notes):
        return "Latin-1"
    if path is None or Path(path).suffix.lower() in BINARY or not Path(path).is_file():
        return ""
    with open_regular(Path(path), is_limited=False) as file:
        head = file.read(HEAD)
    plain = "UTF-8" if b"\0" not in head else "UTF-16" if not any(head[1::2]) else ""
    return next((name for mark, name in MARKS if head.startswith(mark)), plain)
