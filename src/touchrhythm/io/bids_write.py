"""How is a session laid down as a BIDS recording that the official validator passes?

**Conventions.** One ``_physio.tsv.gz`` (a single gzip member without name and time, no header
line, ``n/a`` where missing) with its sidecar, and ``_events.tsv`` with its own where there are
taps, counts or annotations; the files of the dataset above them where they are missing. No date
is written. Reading gives back equal numbers. Nothing is overwritten; the ``_physio`` file comes
last, so a recording that has one is whole.

- `write_session` : session → folder
- `check_participants` : whether a row can be added to the participants of a study
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from touchrhythm._version import __version__
from touchrhythm.errors import BadFile, CannotWrite
from touchrhythm.io.content import open_text, raw_bytes
from touchrhythm.io.locks import hold
from touchrhythm.io.sidecar import SCHEMA_VERSION
from touchrhythm.io.writing import (
    as_json,
    cell,
    decimals,
    inside,
    make_folder,
    refuse_existing,
    write_new,
    write_over,
)
from touchrhythm.participants import check_harmless
from touchrhythm.plain_types import to_plain
from touchrhythm.session import Recording, Session
from touchrhythm.words.columns import person_of, role_of

__all__ = ["BIDS_VERSION", "check_participants", "write_session"]

BIDS_VERSION = "1.10.0"
LEVEL = 3  # of gzip: three times as fast as 6, files a tenth larger
ENTITIES = ("sub", "ses", "task", "run", "recording")
RESERVED = (
    "SamplingFrequency",
    "StartTime",
    "Columns",
    "TouchRhythmSchemaVersion",
    "Timing",
    "ReadingNotes",
    "Info",
)
LONGEST_ENTITY = 50  # so that five of them still name a file
COUNTS = ("count", "counts")  # units of a channel that a calibration may still be applied to
KEPT_APART = ("source", "sha256", "timing", "entities", "import_notes", "examiner", "started", "understood")
TASK = "A hand rests on a person, or on a control; a button is pressed at each cycle that is felt."
SAME_ZERO = "Seconds, from the same zero as StartTime of the recording."
EVENT_COLUMNS = {
    "onset": "Seconds from the first sample of the recording.",
    "duration": "Seconds; 0 for what has no length.",
    "trial_type": "tap: a press of the button; count: cycles counted over the duration; else a named stretch.",
    "rater": "Who tapped or counted, as a code.",
    "count": "Cycles counted over the duration.",
}
README = """\
# Recordings of touch

Force or pulse under a resting hand, with the taps of those who felt for a rhythm, as a BIDS
dataset. `sub-*/**/beh/*_physio.tsv.gz` hold the samples (tab-separated, no header; the columns,
their units and the sampling rate stand in the `.json` beside each), `*_events.tsv` the taps,
counts and named stretches in seconds from the first sample. Missing samples are `n/a`.

Read one in R with `read.delim(gzfile(f), header = FALSE, na.strings = "n/a")`, in Python with
`pandas.read_csv(f, sep="\\t", names=columns, na_values="n/a")`.
"""


def write_session(
    session: Session,
    folder: str | Path,
    *,
    columns: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Write a session into a BIDS dataset, which is made where there is none.

    Subject, session, task, run and recording are taken from ``session.info["entities"]``; without
    them the file is ``sub-01_task-palpation_physio.tsv.gz``.

    Parameters
    ----------
    session : Session
        The session. Samples are written as they are, in the units of the recording.
    folder : str or Path
        Root of the dataset.
    columns : mapping, optional
        Further keys of the sidecar for a channel, as ``{"force": {"CountsPerGram": 812.5,
        "ZeroCounts": 1031}}`` for raw counts with their calibration (see
        `touchrhythm.io.sidecar`). For channels in counts these two are also taken from
        ``session.info["calibration"]``, as ``{"force": {"counts_per_gram": 812.5,
        "zero_counts": 1031}}``.

    Returns
    -------
    Path
        The ``_physio.tsv.gz`` file.

    Raises
    ------
    CannotWrite
        If this recording is there already, or the disk does not play along.
    ValueError
        If an entity, label or channel cannot be written as BIDS.
    """
    entities = _checked_entities(session)
    extra = _checked_columns(session, columns or {})
    _check_words(session)
    root = Path(folder)
    names = [f"{key}-{entities[key]}" for key in ("sub", "ses") if key in entities]
    place = inside(root, *names, "beh")
    stem = place / "_".join(f"{key}-{entities[key]}" for key in ENTITIES if key in entities)
    plain = place / "_".join(
        f"{key}-{entities[key]}" for key in ENTITIES if key in entities and key != "recording"
    )
    files = {Path(f"{stem}_physio.json"): as_json(_sidecar(session, entities["task"], extra))}
    if session.taps or session.counts or session.annotations:
        files[Path(f"{plain}_events.json")] = as_json(_events_sidecar(session, entities["task"]))
        files[Path(f"{plain}_events.tsv")] = _events(session).encode()
    files[Path(f"{stem}_physio.tsv.gz")] = gzip.compress(
        decimals(session.recording.data).encode(), compresslevel=LEVEL, mtime=0
    )
    for path in reversed(files):
        if not _is_same(path, files[path]):
            refuse_existing(path)
    make_folder(place)
    with hold(root):
        _dataset(root, f"sub-{entities['sub']}")
    _write_all(files)
    return list(files)[-1]


def _is_same(path: Path, content: bytes) -> bool:
    """Whether this is there already, for another recording of the session or from a run that was cut short."""
    is_samples = path.name.endswith("_physio.tsv.gz")
    return not is_samples and path.is_file() and raw_bytes(path) == content


def _write_all(files: Mapping[Path, bytes]) -> None:
    """All files or none: what was written is taken back if one cannot be."""
    done: list[Path] = []
    try:
        for path, content in files.items():
            if not _is_same(path, content):
                write_new(path, content)
                done.append(path)
    except CannotWrite:
        for path in done:
            path.unlink(missing_ok=True)
        raise


def _checked_entities(session: Session) -> dict[str, str]:
    given = {str(key): str(value) for key, value in dict(session.info.get("entities", {})).items()}
    unknown = sorted(set(given) - set(ENTITIES))
    if unknown:
        raise ValueError(f"entities must be among {', '.join(ENTITIES)}, got {', '.join(unknown)}")
    entities = {"sub": "01", "task": "palpation"} | given
    for key, value in entities.items():
        if not re.fullmatch(r"[0-9A-Za-z]+", value):
            raise ValueError(f"the entity {key} must be letters and digits, got {value[:60]!r}")
        if len(value) > LONGEST_ENTITY:
            raise ValueError(
                f"the entity {key} must have at most {LONGEST_ENTITY} characters, got {len(value)}"
            )
    return entities


def _checked_columns(
    session: Session, columns: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    for name in session.recording.channels:
        if name in RESERVED or re.search(r"[\t\r\n]", name) or not name.strip():
            raise ValueError(f"a channel cannot be named {name!r} in BIDS")
        check_harmless(name, "channel")
    for name in columns:
        session.recording.index(name)
    return dict(columns)


def _check_words(session: Session) -> None:
    """Refuse labels and raters that would read back as something else."""
    for mark in session.annotations:
        if mark.label.lower() in ("tap", "count", "n/a", "") or mark.label != mark.label.strip():
            raise ValueError(f"an annotation cannot be labelled {mark.label!r} in BIDS events")
    for word in [mark.label for mark in session.annotations] + _raters(session):
        if re.search(r'[\t\r\n"]', word) or not word.strip():
            raise ValueError(f"labels and raters must be words without tab, quote or line end, got {word!r}")
    for rater in _raters(session):
        check_harmless(rater, "rater")


def _raters(session: Session) -> list[str]:
    return [taps.rater for taps in session.taps] + [counted.rater for counted in session.counts]


def _sidecar(session: Session, task: str, extra: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    recording, info = session.recording, session.info
    keys: dict[str, Any] = {
        "SamplingFrequency": recording.fs,
        "StartTime": recording.start_time,
        "PhysioType": "generic",
        "TaskName": task,
        "Columns": list(recording.channels),
        "TouchRhythmSchemaVersion": SCHEMA_VERSION,
        "Timing": str(info.get("timing", "sampling rate given")),
    }
    if info.get("import_notes"):
        keys["ReadingNotes"] = list(info["import_notes"])
    rest = {key: to_plain(value) for key, value in info.items() if key not in KEPT_APART}
    if rest:
        keys["Info"] = rest
    for name, unit in zip(recording.channels, recording.units, strict=True):
        about = (
            {"Description": _description(name)}
            | ({"Units": unit} if unit else {})
            | _belongs(recording, name)
        )
        keys[name] = about | _calibration(session, name, unit) | dict(extra.get(name, {}))
    return keys


def _belongs(recording: Recording, name: str) -> dict[str, str]:
    """What a channel holds and whose it is, where its name and unit do not say it already."""
    k = recording.index(name)
    role, person = recording.roles[k], recording.people[k]
    about = {"Role": role} if role != role_of(name, recording.units[k]) else {}
    return about | ({"Person": person} if person != person_of(name) else {})


def _calibration(session: Session, name: str, unit: str) -> dict[str, float]:
    """Keys of the calibration line that the session's info knows for a channel of raw counts."""
    line = (session.info.get("calibration") or {}).get(name)
    if unit not in COUNTS or not isinstance(line, Mapping) or "counts_per_gram" not in line:
        return {}
    return {
        "CountsPerGram": float(line["counts_per_gram"]),
        "ZeroCounts": float(line.get("zero_counts", 0.0)),
    }


def _description(name: str) -> str:
    return {"force": "Force under the hand.", "respiratory": "Breathing.", "cardiac": "Pulse."}.get(
        name, f"Channel {name}, as recorded."
    )


def _events_sidecar(session: Session, task: str) -> dict[str, Any]:
    about: dict[str, Any] = {name: {"Description": text} for name, text in EVENT_COLUMNS.items()}
    if session.recording.start_time:
        about["onset"]["Description"] = SAME_ZERO
    about["rater"]["Levels"] = {
        cell(rater): f"rater {rater}" for rater in dict.fromkeys(taps.rater for taps in session.taps)
    }
    if not about["rater"]["Levels"]:
        del about["rater"]["Levels"]
    about |= {"TaskName": task, "TaskDescription": TASK}
    about["onset"]["Units"] = about["duration"]["Units"] = "s"
    return about


def _events(session: Session) -> str:
    rows: list[tuple[float, float, str, str, str]] = []
    rows += [(onset, 0.0, "tap", taps.rater, "n/a") for taps in session.taps for onset in taps.onset.tolist()]
    rows += [
        (counted.onset, counted.duration, "count", counted.rater, str(counted.count))
        for counted in session.counts
    ]
    rows += [(mark.onset, mark.duration, mark.label, "n/a", "n/a") for mark in session.annotations]
    start = session.recording.start_time  # onsets count from the same zero as StartTime
    lines = ["\t".join(EVENT_COLUMNS)]
    for onset, duration, kind, rater, count in sorted(rows, key=lambda row: row[0]):
        onset = round(onset + start, 9) if start else onset
        lines.append("\t".join((_short(onset), _short(duration), cell(kind), cell(rater), count)))
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    return repr(float(value)).removesuffix(".0")


def _dataset(root: Path, subject: str) -> None:
    """The files at the root of the dataset, where they are missing, and the subject's row."""
    description = {
        "Name": root.resolve().name or "recordings",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "touchrhythm", "Version": __version__}],
    }
    participants = {"participant_id": {"Description": "Code of the person who was touched."}}
    for name, content in (
        ("dataset_description.json", as_json(description)),
        ("README.md", README.encode()),
        ("participants.json", as_json(participants)),
    ):
        if not (root / name).exists() and not (name == "README.md" and any(root.glob("README*"))):
            write_new(root / name, content)
    _participant(root / "participants.tsv", subject)


def _participant(path: Path, subject: str) -> None:
    """A row for the subject, after those that are there."""
    if not path.exists():
        write_new(path, f"participant_id\n{subject}\n".encode())
        return
    lines, header = _participants(path)
    at = header.index("participant_id")
    if all(_cells(line)[at : at + 1] != [subject] for line in lines[1:]):
        row = [subject if k == at else "n/a" for k in range(len(header))]
        write_over(path, ("\n".join([*lines, "\t".join(row)]) + "\n").encode())


def _participants(path: Path) -> tuple[list[str], list[str]]:
    """Lines of participants.tsv, and the cells of its header."""
    lines = open_text(path).data.decode().rstrip("\n").split("\n")
    header = _cells(lines[0])
    if "participant_id" not in header:
        told = ", ".join(header[:5])[:80]
        raise BadFile(path, f"the header must name participant_id between tabs, got {told!r}", 1)
    return lines, header


def _cells(line: str) -> list[str]:
    """Cells of a line; R writes quotes around them."""
    return [cell.strip().strip('"') for cell in line.split("\t")]


def check_participants(root: Path) -> None:
    """Raise BadFile, or NoSuchInput, where a row could not be added to the participants of a study."""
    path = root / "participants.tsv"
    if path.exists():
        _participants(path)
