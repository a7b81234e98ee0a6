"""What of one session may leave the lab? Its samples, its taps, and facts of known kind.

**Conventions.** Facts are taken from a list of what is known to be harmless, and checked to be what
they should be; all else is left. Samples stay raw, with their calibration.

- `read_source` : files → `SourceSession`
- `why_not` : why it may not be shared
- `bare_sessions` : what is written of it
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile, TouchRhythmError
from touchrhythm.io.bids import read_bids
from touchrhythm.io.content import open_json, open_text
from touchrhythm.io.sidecar import Sidecar, entities_of, read_sidecar
from touchrhythm.participants import COVERS, KINDS
from touchrhythm.session import Annotation, Count, Recording, Session, Taps
from touchrhythm.study.share_codes import Codes, PlainNames

__all__ = ["Plain", "SourceSession", "bare_sessions", "read_source", "why_not"]

CHANNELS = (
    *"force cardiac respiratory trigger breathing pulse ppg button temperature pressure".split(),
    *"signal red infrared ir ecg x y z".split(),
    *(f"column{k}" for k in range(1, 33)),
)
UNITS = ("", *"g mg kg mN N mV V uV µV count counts Pa hPa kPa mbar bar °C C K a.u. au % s ms".split())
RECORDINGS = ("force", "breathing", "respiratory", "cardiac", "pulse", "ppg")
TASKS = (*(kind.task for kind in KINDS.values()), "deadweight", "unloaded", "unfinished", "rest")
LABELS = (
    "tapping",
    "hand on",
    "hand off",
    "port lost",
    "port found",
    "abort",
    "force above maximum",
    "device silent",
    "warning",
    "event",
)
TIMINGS = ("device", "host", "times in file", "sampling rate given")
HASHES = ("plan_sha256", "phantom_sha256")
NUMBERS = ("expected_rate_cpm",)


@dataclass(frozen=True, eq=False)
class SourceSession:
    """A session of the study: its files, the main one first, and what it says of itself."""

    stem: str
    paths: tuple[Path, ...]
    subject: str
    session: str
    kind: str
    info: Mapping[str, Any]
    raters: tuple[str, ...]
    is_virtual: bool


class Plain:
    """Shared names of codes, channels, units and labels; counts what was replaced."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.channel = PlainNames(CHANNELS, "channel")
        self.unit = PlainNames(UNITS, "unit")
        self.recording = PlainNames(RECORDINGS, "other")
        self.task = PlainNames(TASKS, "other")
        self.label = PlainNames(LABELS, "event")
        self.run = PlainNames([f"{k:0{width}d}" for width in (1, 2, 3) for k in range(1, 1000)], "90")
        self.timing = PlainNames(TIMINGS, "as recorded ")

    def changed(self) -> dict[str, int]:
        """How many names of each kind were replaced."""
        kinds = {
            "name of a channel": self.channel,
            "name of a unit": self.unit,
            "name of a recording": self.recording,
            "name of a task": self.task,
            "label of an event": self.label,
            "name of a run": self.run,
            "note on timing": self.timing,
        }
        return {name: names.n_changed for name, names in kinds.items() if names.n_changed}


def read_source(study: Path, stem: str, paths: list[Path]) -> SourceSession:
    """A session with all that is needed to judge it.

    Raises
    ------
    BadFile
        If it cannot be read.
    """
    ordered = sorted(paths, key=lambda path: (_rank(path), path.name))
    session = read_bids(ordered[0])
    for beside in ordered[1:]:
        read_sidecar(beside)
        _samples(beside, read_sidecar(beside))
    entities = entities_of(ordered[0])
    state = _state(study, entities, stem)
    info = session.info
    tasks = {kind.task: kind.name for kind in KINDS.values()}
    kind = str(info.get("kind") or state.get("kind") or tasks.get(entities.get("task", ""), "palpation"))
    who = [taps.rater for taps in session.taps] + [counted.rater for counted in session.counts]
    return SourceSession(
        stem,
        tuple(ordered),
        entities["sub"],
        entities.get("ses", ""),
        kind,
        info,
        tuple(dict.fromkeys(who)),
        state.get("virtual") is True
        or info.get("simulated") is True
        or isinstance(info.get("truth"), Mapping),
    )


def _rank(path: Path) -> int:
    return {"force": 0, "": 1}.get(entities_of(path).get("recording", ""), 2)


def _state(study: Path, entities: Mapping[str, str], stem: str) -> dict[str, Any]:
    folder = study / "sourcedata" / f"sub-{entities['sub']}" / f"ses-{entities.get('ses', '01')}"
    try:
        return open_json(folder / stem / "session.json")
    except TouchRhythmError:
        return {}


def why_not(source: SourceSession, *, consent_elsewhere: bool) -> str:
    """Why a session may not be shared; "" where it may."""
    kind = KINDS.get(source.kind)
    there = {
        "subject": kind is None or kind.has_subject,
        "examiner": kind is None or kind.has_examiner or bool(source.raters),
    }
    recorded = source.info.get("consent")
    recorded = recorded if isinstance(recorded, Mapping) else {}
    for who in sorted(recorded, key=lambda asked: (asked not in there, asked == "examiner")):
        given = recorded[who]
        covers = given.get("covers") if isinstance(given, Mapping) else None
        if not isinstance(covers, list | tuple) or "share" not in covers:
            person = who if who in there else "person"
            return f"the {person}'s consent does not cover sharing"
    lacking = [who for who, is_there in there.items() if is_there and who not in recorded]
    if lacking and not (source.is_virtual or consent_elsewhere):
        return f"no consent of the {' and the '.join(lacking)} is recorded"
    return ""


def bare_sessions(
    source: SourceSession, plain: Plain
) -> Iterator[tuple[Session, dict[str, dict[str, float]], int]]:
    """What is written of a session: one bare session per file, its calibration, and notes left out."""
    whole = read_bids(source.paths[0])
    found = [(path, read_sidecar(path)) for path in source.paths]
    start = min(sidecar.start_time for _, sidecar in found)
    entities = _entities(source, plain)
    for number, (path, sidecar) in enumerate(found):
        names = [plain.channel(name) for name in sidecar.columns]
        data = _samples(path, sidecar)
        recording = Recording(
            data,
            sidecar.fs,
            tuple(names),
            tuple(plain.unit(unit) for unit in sidecar.units),
            round(sidecar.start_time - start, 9),
        )
        own = dict(entities)
        label = entities_of(path).get("recording")
        if label is not None:
            own["recording"] = plain.recording(label)
        info = _facts(whole.info) | {
            "entities": own,
            "timing": plain.timing(str(whole.info.get("timing", TIMINGS[3]))),
        }
        info |= {"kind": source.kind if source.kind in KINDS else "other"}
        info |= {"simulated": True} if source.is_virtual else {}
        events = _events(whole, plain) if number == 0 else ((), (), ())
        columns = {
            names[sidecar.columns.index(name)]: {"CountsPerGram": line[0], "ZeroCounts": line[1]}
            for name, line in sidecar.calibration.items()
        }
        notes = sidecar.keys.get("ReadingNotes")
        yield Session(recording, *events, info), columns, len(notes) if isinstance(notes, list) else 0


def _entities(source: SourceSession, plain: Plain) -> dict[str, str]:
    given = entities_of(source.paths[0])
    found = {"sub": plain.codes.subject[source.subject]}
    if source.session:
        found["ses"] = plain.codes.session[source.subject, source.session]
    found["task"] = plain.task(given.get("task", "palpation"))
    if "run" in given:
        found["run"] = plain.run(given["run"])
    return found


def _events(
    whole: Session, plain: Plain
) -> tuple[tuple[Taps, ...], tuple[Count, ...], tuple[Annotation, ...]]:
    code = plain.codes.rater
    return (
        tuple(Taps(taps.onset, code[taps.rater]) for taps in whole.taps),
        tuple(Count(c.count, c.onset, c.duration, code[c.rater]) for c in whole.counts),
        tuple(Annotation(a.onset, a.duration, plain.label(a.label)) for a in whole.annotations),
    )


def _samples(path: Path, sidecar: Sidecar) -> FloatArray:
    """Raw samples of a file, without calibration."""
    lines = open_text(path).data
    first = lines.split(b"\n", 1)[0].decode().split("\t")
    if tuple(first) == sidecar.columns:
        lines = lines.split(b"\n", 1)[1]
    try:
        data = np.loadtxt(
            io.BytesIO(lines.replace(b"n/a", b"nan")),
            delimiter="\t",
            comments=None,
            ndmin=2,
            encoding="utf-8",
        )
    except ValueError as error:
        raise BadFile(path, f"the table cannot be read as numbers: {error}") from None
    if data.shape[1] != len(sidecar.columns) or np.isinf(data).any():
        raise BadFile(path, f"must hold {len(sidecar.columns)} columns of finite numbers")
    return np.asarray(data, dtype=np.float64)


def _facts(info: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of known kind; what is not what it should be is left."""
    found: dict[str, Any] = {}
    for name in HASHES:
        if isinstance(info.get(name), str) and re.fullmatch(r"[0-9a-f]{64}", info[name]):
            found[name] = info[name]
    for name in NUMBERS:
        if _is_number(info.get(name)):
            found[name] = info[name]
    if isinstance(info.get("blind"), bool):
        found["blind"] = info["blind"]
    if info.get("loss_detection") == "none":
        found["loss_detection"] = "none"
    answers = info.get("answers")
    if isinstance(answers, Mapping):
        sure, nothing = answers.get("confidence"), answers.get("felt_nothing")
        found["answers"] = {"confidence": sure if _is_number(sure) else None}
        found["answers"]["felt_nothing"] = nothing if isinstance(nothing, bool) else None
    lost = info.get("lost")
    if isinstance(lost, Mapping):
        found["lost"] = {
            name: lost[name] for name in ("damaged", "missing", "resets") if _is_number(lost.get(name))
        }
    consent = info.get("consent")
    if isinstance(consent, Mapping):
        found["consent"] = {who: _covers(consent[who]) for who in ("subject", "examiner") if who in consent}
    return found


def _covers(given: Any) -> dict[str, Any]:
    covers = given.get("covers") if isinstance(given, Mapping) else ()
    kept = [cover for cover in COVERS if cover in (covers or ())]
    return {"given": bool(kept), "covers": kept}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6
