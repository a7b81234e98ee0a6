"""What was recorded in this BIDS session?

**Conventions.** Opening a ``_physio.tsv`` or ``_physio.tsv.gz`` file finds its sidecars (inherited
ones too), its ``_events.tsv``, and other recordings of the same session, which are joined as
channels where rate, length and start agree. In the files event onsets count from the same zero as
``StartTime``, which is taken off them here: in a `Session` they are seconds from the first sample. Rows
with ``trial_type`` "tap" (of other programs also "button press" and the like) are taps of ``rater``, rows
"count" are counts, others annotations. A calibration in the sidecar is applied on reading (see `touchrhythm.io.sidecar`).

- `read_bids` : ``_physio`` file → `Session`
- `write_session` : the way back, from `touchrhythm.io.bids_write`
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.content import open_json, open_text, plain_cell, shown
from touchrhythm.io.sealed_hashes import changes_for
from touchrhythm.io.sidecar import SCHEMA_VERSION, Sidecar, entities_of, inherited, read_sidecar
from touchrhythm.io.small_tables import Row, read_rows
from touchrhythm.participants import check_harmless
from touchrhythm.session import Annotation, Count, Recording, Session, Taps
from touchrhythm.units import counts_to_grams
from touchrhythm.words.columns import person_of, role_of, split_words

__all__ = ["is_bids_name", "read_bids", "write_session"]

CHANGED = {"changed": "was changed after it was sealed", "missing": "was sealed and is missing"}
LONGEST_PRESS = 1.0  # s; what lasts longer is a stretch of tapping
ENDINGS = ("_physio.tsv.gz", "_physio.tsv")


@dataclass(frozen=True, eq=False)
class _Physio:
    """Data of one file, calibrated, and what was unusual."""

    data: FloatArray
    units: tuple[str, ...]
    sidecar: Sidecar
    sha256: str
    import_notes: tuple[str, ...]


def is_bids_name(path: str | Path) -> bool:
    """Whether a file is named as a BIDS physio recording."""
    return Path(path).name.endswith(ENDINGS)


def read_bids(path: str | Path) -> Session:
    """Session of a BIDS ``_physio`` file with all that belongs to it.

    Parameters
    ----------
    path : str or Path
        ``…_physio.tsv`` or ``…_physio.tsv.gz``.

    Returns
    -------
    Session

    Raises
    ------
    NoSuchInput, BadFile
        If a file cannot be opened, or its content cannot be used.
    """
    path = Path(path)
    physio = _read_physio(path)
    keys, own = physio.sidecar.keys, entities_of(path)
    data, channels, units = physio.data, physio.sidecar.columns, physio.units
    import_notes = [*_strings(keys.get("ReadingNotes")), *physio.import_notes]
    import_notes += [f"{change.place} {CHANGED[change.what]}" for change in changes_for(path)]
    for beside in _siblings(path, own):
        data, channels, units = _joined(path, physio, beside, data, channels, units, import_notes)
    n_own = len(physio.sidecar.columns)
    pairs = list(zip(channels, units, strict=True))[n_own:]
    recording = Recording(
        data,
        physio.sidecar.fs,
        channels,
        units,
        physio.sidecar.start_time,
        physio.sidecar.roles + tuple(role_of(name, unit) for name, unit in pairs),
        physio.sidecar.people + tuple(person_of(name) for name, _ in pairs),
    )
    is_own = "TouchRhythmSchemaVersion" in keys
    taps, counts, annotations = _events(path, own, physio.sidecar.start_time, import_notes, is_own=is_own)
    info: dict[str, Any] = dict(keys["Info"]) if isinstance(keys.get("Info"), dict) else {}
    info |= {
        "source": shown(path.name),
        "sha256": physio.sha256,
        "timing": str(keys.get("Timing", "sampling rate given")),
        "entities": own,
        "import_notes": tuple(import_notes),
    }
    try:
        return Session(recording, taps, counts, annotations, info)
    except ValueError as error:  # an event outside the recording
        raise BadFile(_events_path(path, own), str(error)) from None


def _read_physio(path: Path) -> _Physio:
    source = open_text(path)
    sidecar = read_sidecar(path)
    import_notes = list(source.import_notes)
    version = sidecar.keys.get("TouchRhythmSchemaVersion", SCHEMA_VERSION)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        import_notes.append(
            f"written by a later version (schema {version}, here {SCHEMA_VERSION}); what is new was not read"
        )
    body, above, first = source.data, 0, source.data.split(b"\n", 1)[0].decode()
    fields = first.split("\t")
    if tuple(fields) == sidecar.columns:
        import_notes.append(
            "the first line holds the column names, which BIDS keeps out of the file; it was left out"
        )
        body, above = body[len(first.encode()) + 1 :], 1
    elif len(fields) != len(sidecar.columns):
        names = ", ".join(sidecar.columns)
        raise BadFile(
            path,
            f"{len(fields)} columns, but Columns in {sidecar.found[-1].name} names {len(sidecar.columns)}: {names}",
            1,
        )
    data = _numbers(path, body, sidecar, above)
    if np.isnan(data).all():
        raise BadFile(path, f"no numbers in any of the columns {sidecar.columns}, all values are missing")
    units = list(sidecar.units)
    for name, (per_gram, zero) in sidecar.calibration.items():
        k = sidecar.columns.index(name)
        data[:, k] = counts_to_grams(data[:, k], counts_per_gram=per_gram, zero_counts=zero)
        units[k] = "g"
        if np.isinf(data[:, k]).any():
            raise BadFile(sidecar.found[-1], f"CountsPerGram of {name} makes numbers beyond all measure")
    return _Physio(data, tuple(units), sidecar, source.sha256, tuple(import_notes))


def _numbers(path: Path, body: bytes, sidecar: Sidecar, above: int) -> FloatArray:
    text = body.replace(b"n/a", b"nan")
    try:
        data = np.loadtxt(io.BytesIO(text), delimiter="\t", comments=None, ndmin=2, encoding="utf-8")
    except ValueError:
        data = None
    if data is not None and data.shape[1] == len(sidecar.columns) and not np.isinf(data).any():
        return data
    for k, line in enumerate(body.decode().split("\n"), start=1 + above):
        _check_line(path, line, k, sidecar.columns)
    raise BadFile(path, "the table cannot be read as numbers")


def _check_line(path: Path, line: str, k: int, columns: tuple[str, ...]) -> None:
    if not line.strip():
        return
    fields = line.split("\t")
    if len(fields) != len(columns):
        raise BadFile(
            path, f"{len(fields)} columns where the table has {len(columns)}: {line.strip()[:50]!r}", k
        )
    for name, field in zip(columns, fields, strict=True):
        try:
            bad = field != "n/a" and np.isinf(float(field))
        except ValueError:
            bad = True
        if bad:
            raise BadFile(path, f"column {name} must hold numbers or n/a, got {field[:40]!r}", k)


def _siblings(path: Path, own: dict[str, str]) -> list[Path]:
    """Other recordings of the same session, by name."""
    rest = {key: value for key, value in own.items() if key != "recording"}
    found = [
        sibling
        for ending in ENDINGS
        for sibling in path.parent.glob(f"*{ending}")
        if sibling.name != path.name
    ]
    return sorted(
        sibling
        for sibling in found
        if rest and {k: v for k, v in entities_of(sibling).items() if k != "recording"} == rest
    )


def _joined(
    path: Path,
    physio: _Physio,
    other: Path,
    data: FloatArray,
    channels: tuple[str, ...],
    units: tuple[str, ...],
    import_notes: list[str],
) -> tuple[FloatArray, tuple[str, ...], tuple[str, ...]]:
    """Data with the channels of another recording of the session, where the two fit."""
    try:
        found = _read_physio(other)
    except BadFile as error:
        import_notes.append(f"{other.name} was left out: {error.message}")
        return data, channels, units
    here, there = physio.sidecar, found.sidecar
    if (here.fs, here.start_time, len(data)) != (there.fs, there.start_time, len(found.data)):
        import_notes.append(
            f"{other.name} was left out: {len(found.data)} samples at {there.fs:g} Hz from {there.start_time:g} s,"
            f" {path.name} has {len(data)} at {here.fs:g} Hz from {here.start_time:g} s"
        )
        return data, channels, units
    label = entities_of(other).get("recording", "other")
    names = tuple(f"{label}_{name}" if name in channels else name for name in there.columns)
    if set(names) & set(channels):
        import_notes.append(f"{other.name} was left out: it names the same channels {names}")
        return data, channels, units
    return np.column_stack((data, found.data)), channels + names, units + found.units


def _events_path(path: Path, own: dict[str, str]) -> Path:
    stem = "_".join(f"{key}-{value}" for key, value in own.items() if key != "recording")
    return path.with_name(f"{stem}_events.tsv")


def _events(
    path: Path, own: dict[str, str], start: float, import_notes: list[str], *, is_own: bool
) -> tuple[tuple[Taps, ...], tuple[Count, ...], tuple[Annotation, ...]]:
    events = _events_path(path, own)
    if not own or not events.is_file():
        return (), (), ()
    header, rows = read_rows(open_text(events))
    if "onset" not in header:
        raise BadFile(events, f"the header must name onset and duration, got {header}", 1)
    onsets: dict[str, list[tuple[float, int]]] = {rater: [] for rater in _raters(events)}
    counts: list[Count] = []
    annotations: list[Annotation] = []
    for row in rows:
        values = {name: row.field(k) for k, name in enumerate(header)}
        onset = _from_first_sample(_time(events, row, values, "onset"), start)
        kind, rater = values.get("trial_type", ""), values.get("rater") or "rater"
        _check_code(events, rater, row.line)
        if kind.lower() == "tap" or (not is_own and _says_press(kind, values.get("duration", ""))):
            onsets.setdefault(rater, []).append((onset, row.line))
        elif kind.lower() == "count" and values.get("count"):
            counts.append(
                Count(
                    _whole(events, row, values["count"]), onset, _time(events, row, values, "duration"), rater
                )
            )
        else:
            duration = _time(events, row, values, "duration") if values.get("duration") else 0.0
            annotations.append(Annotation(onset, duration, kind or values.get("value") or "event"))
    taps = tuple(_taps(events, rater, times, import_notes) for rater, times in onsets.items())
    return taps, tuple(counts), tuple(annotations)


def _says_press(kind: str, duration: str) -> bool:
    """Whether another program's word for a short event says that a key was pressed, and nothing else: "button press"."""
    words = split_words(kind)
    is_press = bool(words) and all(role_of(word) == "button" for word in words)
    try:
        return is_press and float(duration or 0) <= LONGEST_PRESS
    except ValueError:
        return False


def _from_first_sample(onset: float, start: float) -> float:
    """Seconds from the first sample, to the nanosecond, of an onset that counts from the zero of ``StartTime``."""
    return round(onset - start, 9) if start else onset


def _raters(events: Path) -> list[str]:
    """Raters whom the sidecar of the events names, also those who never tapped."""
    names: list[str] = []
    for sidecar in inherited(events, "events"):
        about = open_json(sidecar).get("rater")
        levels = about.get("Levels") if isinstance(about, dict) else None
        names = [plain_cell(name) for name in levels] if isinstance(levels, dict) else names
    for name in names:
        _check_code(events, name)
    return names


def _check_code(events: Path, rater: str, line: int | None = None) -> None:
    try:
        check_harmless(rater, "rater")
    except ValueError as error:
        raise BadFile(events, str(error), line) from None


def _taps(events: Path, rater: str, times: list[tuple[float, int]], import_notes: list[str]) -> Taps:
    if any(b[0] < a[0] for a, b in itertools.pairwise(times)):
        import_notes.append(f"taps of {rater} in {events.name} stood out of order and were sorted")
    times = sorted(times)
    for (a, _), (b, line) in itertools.pairwise(times):
        if a == b:
            raise BadFile(events, f"rater {rater} taps twice at {a:g} s", line)
    return Taps(np.array([onset for onset, _ in times]), rater)


def _time(path: Path, row: Row, values: dict[str, str], name: str) -> float:
    try:
        seconds = float(values[name])
    except (KeyError, ValueError):
        raise BadFile(path, f"{name} must be seconds, got {values.get(name) or 'n/a'!r}", row.line) from None
    if not np.isfinite(seconds):
        raise BadFile(path, f"{name} must be finite, got {values[name]}", row.line)
    return seconds


def _whole(path: Path, row: Row, text: str) -> int:
    if not text.isdecimal():
        raise BadFile(path, f"count must be a whole number, got {text!r}", row.line)
    return int(text)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(entry) for entry in value) if isinstance(value, list) else ()
