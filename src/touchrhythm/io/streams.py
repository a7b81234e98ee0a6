"""How do channels of different rates, with their marks, become one session?

**Conventions.** Times in seconds from the first sample. All channels are brought to the highest rate among them by
straight lines; a slower one holds nothing new between its samples. Marks that say "tap" are taps, those that say
"count 27" counts over their duration, all others annotations.

- `Stream` : samples of one channel as a device gave them
- `session_of_streams` : streams and marks → `Session`
- `marks_of` : taps, counts and annotations of a session → marks, the way back
- `TAP`, `COUNT`, `MISSING`, `ENDED` : how a session's own marks are written by programs that know texts only
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.columns import channel_names, counts_up, split_unit
from touchrhythm.io.content import Source
from touchrhythm.io.inspect import TableFacts
from touchrhythm.io.rails import find_rails, without_rails
from touchrhythm.io.taps import is_button, presses
from touchrhythm.session import Annotation, Count, Recording, Session, Taps
from touchrhythm.words.columns import person_of, role_of

__all__ = ["COUNT", "ENDED", "MISSING", "TAP", "Stream", "marks_of", "session_of_streams"]

TAP, COUNT, MISSING, ENDED = "tap", "count", "missing", "end of recording"
SAME_RATE = 1e-9  # relative
MOST_SAMPLES = 1 << 28  # of all channels at the highest rate: 2 GB


@dataclass(frozen=True, eq=False)
class Stream:
    """A channel: name, unit, samples, rate in Hz, and the second at which it began."""

    name: str
    unit: str
    data: FloatArray
    fs: float
    start: float = 0.0


def session_of_streams(
    source: Source, what: str, streams: Sequence[Stream], marks: Sequence[Annotation], timing: str
) -> Session:
    """Session of channels and marks.

    Raises
    ------
    BadFile
        If there is no channel, or a mark lies outside.
    """
    filled = _filled(source, streams)
    base = max(filled, key=lambda stream: (stream.fs, stream.data.size))
    marks = [dataclasses.replace(mark, onset=mark.onset - base.start) for mark in marks]
    n = _length(base, marks)
    if n * len(filled) > MOST_SAMPLES:
        raise BadFile(
            source.path, f"holds {n * len(filled):.3g} samples, at most {MOST_SAMPLES:.3g} are read"
        )
    labels, told = channel_names([split_unit(stream.name)[0] for stream in filled], list(range(len(filled))))
    data = np.empty((n, len(filled)))
    for k, stream in enumerate(filled):
        data[:, k] = _brought(stream, base, n)
        _make_holes(data[:, k], labels[k], base.fs, marks)
    roles = [role_of(label, stream.unit) for label, stream in zip(labels, filled, strict=True)]
    rails, cut = _cut_at_rails(data, labels, roles)
    keep = [k for k in range(len(filled)) if len(filled) == 1 or not _counts(roles[k], labels[k], data[:, k])]
    recording = Recording(
        data if len(keep) == len(filled) else data[:, keep],
        base.fs,
        tuple(labels[k] for k in keep),
        tuple(filled[k].unit for k in keep),
        roles=tuple(roles[k] for k in keep),
        people=tuple(person_of(labels[k]) for k in keep),
    )
    taps, counts, rest = _sorted_marks(marks)
    taps, pressed = (taps, ()) if taps else _of_button(recording)
    left_out = tuple((labels[k], "counts the samples") for k in range(len(labels)) if k not in keep)
    by = f"by the sampling rate ({base.fs:.6g} Hz)"
    info = {
        "source": source.name,
        "sha256": source.sha256,
        "timing": timing,
        "entities": {},
        "import_notes": (*source.import_notes, *told, *_on_rates(filled, base), *cut, *pressed),
        "facts": TableFacts(what, by, "stated", rails=rails, left_out=left_out),
    }
    return _made(source, recording, (taps, counts, rest), info)


def _filled(source: Source, streams: Sequence[Stream]) -> list[Stream]:
    """Channels that hold samples, at rates that can be."""
    filled = [stream for stream in streams if stream.data.size and np.isfinite(stream.data).any()]
    if not filled:
        raise BadFile(source.path, "holds no channel with samples")
    for stream in filled:
        if not (0 < stream.fs < math.inf and math.isfinite(stream.start)):
            told = f"{stream.name!r} has a sampling rate of {stream.fs:g} Hz from {stream.start:g} s on"
            raise BadFile(source.path, f"{told}, which cannot be")
    return filled


def marks_of(session: Session) -> list[Annotation]:
    """Taps, counts and named stretches of a session as marks that `session_of_streams` takes back."""
    marks = list(session.annotations)
    for taps in session.taps:
        label = TAP if taps.rater == "rater" else f"{TAP} {taps.rater}"
        marks += [Annotation(onset, 0.0, label) for onset in taps.onset.tolist()]
    for count in session.counts:
        label = f"{COUNT} {count.count}" + ("" if count.rater == "rater" else f" {count.rater}")
        marks.append(Annotation(count.onset, count.duration, label))
    return marks


def _made(
    source: Source,
    recording: Recording,
    marks: tuple[tuple[Taps, ...], tuple[Count, ...], tuple[Annotation, ...]],
    info: dict[str, Any],
) -> Session:
    try:
        return Session(recording, *marks, info)
    except ValueError as error:  # a mark outside the recording
        raise BadFile(source.path, str(error)) from None


def _counts(role: str, label: str, x: FloatArray) -> bool:
    return role == "counter" and counts_up(label, x)


def _cut_at_rails(
    data: FloatArray, labels: Sequence[str], roles: Sequence[str]
) -> tuple[dict[str, dict[float, int]], list[str]]:
    """Make samples at an end of a converter's scale missing; which and how many, and a sentence for each."""
    rails = {
        label: {} if role in ("button", "trigger") else find_rails(x)
        for x, label, role in zip(data.T, labels, roles, strict=True)
    }
    for k, label in enumerate(labels):
        if rails[label]:
            data[:, k] = without_rails(data[:, k], rails[label])
    told = [
        f"{label}: {count} samples at {value:.10g}, the end of a converter's scale, measure nothing and were cut"
        for label, found in rails.items()
        for value, count in found.items()
    ]
    return rails, told


def _length(base: Stream, marks: Sequence[Annotation]) -> int:
    """Samples up to the mark that ends the recording; what follows only fills the last record."""
    ends = [mark.onset for mark in marks if mark.label == ENDED]
    return min(base.data.size, max(1, round(ends[0] * base.fs))) if ends else base.data.size


def _brought(stream: Stream, base: Stream, n: int) -> FloatArray:
    shift = base.start - stream.start
    if abs(stream.fs / base.fs - 1) < SAME_RATE and abs(shift) * base.fs < 1e-6 and stream.data.size >= n:
        return stream.data[:n]
    own = np.arange(stream.data.size) / stream.fs
    held = np.arange(n) / base.fs + shift
    out = np.asarray(np.interp(held, own, stream.data), dtype=np.float64)
    out[(held < -0.5 / base.fs) | (held > own[-1] + 1 / stream.fs)] = np.nan
    return out


def _make_holes(x: FloatArray, label: str, fs: float, marks: Sequence[Annotation]) -> None:
    """NaN where a mark says that the samples of a channel were filled in."""
    holes = [mark for mark in marks if mark.label == f"{MISSING}: {label}"]
    time, half = np.arange(x.size if holes else 0) / fs, 0.5 / fs
    for mark in holes:
        x[(time > mark.onset - half) & (time < mark.onset + mark.duration - half)] = np.nan


def _on_rates(streams: Sequence[Stream], base: Stream) -> list[str]:
    slower = [stream for stream in streams if abs(stream.fs / base.fs - 1) >= SAME_RATE]
    said = ", ".join(f"{stream.name} ({stream.fs:g} Hz)" for stream in slower)
    return [f"channels of lower rates were brought to {base.fs:g} Hz: {said}"] if slower else []


def _of_button(recording: Recording) -> tuple[tuple[Taps, ...], tuple[str, ...]]:
    """Presses of the first channel that is named as a button and has two levels."""
    for k, role in enumerate(recording.roles):
        x = recording.data[:, k]
        if role == "button" and len(recording.channels) > 1 and is_button(x):
            onset, told = presses(x, np.arange(x.size) / recording.fs)
            return (Taps(onset),), told
    return (), ()


def _sorted_marks(
    marks: Sequence[Annotation],
) -> tuple[tuple[Taps, ...], tuple[Count, ...], tuple[Annotation, ...]]:
    """Taps by rater, counts, and the marks that are neither."""
    onsets: dict[str, list[float]] = {}
    counts: list[Count] = []
    rest: list[Annotation] = []
    for mark in marks:
        count = re.fullmatch(rf"{COUNT} (\d{{1,6}})(?: (.+))?", mark.label)
        if count:
            counts.append(Count(int(count[1]), mark.onset, mark.duration, count[2] or "rater"))
        elif mark.label.lower().startswith(f"{TAP} "):
            onsets.setdefault(mark.label[len(TAP) + 1 :], []).append(mark.onset)
        elif role_of(mark.label) == "button":
            onsets.setdefault("rater", []).append(mark.onset)
        elif mark.label != ENDED and not mark.label.startswith(f"{MISSING}: "):
            rest.append(dataclasses.replace(mark, label=mark.label or "mark"))
    taps = tuple(Taps(np.unique(times), rater) for rater, times in onsets.items())
    return taps, tuple(counts), tuple(rest)
