"""Which sessions does a study hold, who was in them, and what belongs to each?

**Conventions.** A study is a BIDS dataset; or recordings with a small table that says who and what,
one row per file and rater: ``file, subject, rater, session, kind[, taps][, fs][, expected_cpm]
[, felt_nothing][, confidence][, truth_cpm]`` (a confidence from 0 to 1, or ``confidence_percent`` from
0 to 100; a truth of 0: the phantom stood still); or sessions in memory. Kinds: palpation, null, rigid, phantom, tap-only. What was recorded before a trial (unloaded,
dead weight) is found too, as "unloaded" and "null".

- `find_sessions` : study → `FoundSessions`
- `unsealed_journals` : what was recorded and not sealed
- `files_digest` : one hash for all files of a session
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from touchrhythm.errors import BadFile, NoSuchInput, TouchRhythmError
from touchrhythm.estimates import NAN
from touchrhythm.io.content import (
    digest_of,
    open_json,
    open_regular,
    open_text,
    parse_json,
    refuse_irregular,
    shown,
)
from touchrhythm.io.sealed_hashes import changed_recordings
from touchrhythm.io.sidecar import entities_of, inherited, physio_files
from touchrhythm.io.small_tables import Row, read_rows
from touchrhythm.participants import KIND_OF_TASK, KINDS, check_harmless
from touchrhythm.session import Session
from touchrhythm.study.withdrawal import withdrawn_before
from touchrhythm.words.numbers import joined

__all__ = [
    "FoundSessions",
    "SessionRef",
    "files_digest",
    "find_sessions",
    "session_digest",
    "unsealed_journals",
]

REQUIRED = ("file", "subject", "rater", "session", "kind")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
NO_WORDS, YES_WORDS = ("", "no", "false", "0", "n/a"), ("yes", "true", "1")


@dataclass(frozen=True)
class SessionRef:
    """Where a session is, and what is known of it before it is read.

    `place` names it below the study folder; `taps` holds (rater, path) from a table; `plan_sha256` is the
    hash in the journal's first line, or in the sidecar where there is no journal; `problem` says why
    it cannot be analysed.
    """

    id: str
    place: str
    path: str
    subject: str
    session: str
    kind: str
    raters: tuple[str, ...] = ()
    taps: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    fs: float = NAN
    expected_cpm: float = NAN
    felt_nothing: bool | None = None
    confidence: float = NAN
    truth_cpm: float = NAN
    plan_sha256: str = ""
    state: str = ""
    problem: str = ""


@dataclass(frozen=True)
class FoundSessions:
    """The sessions of a study in a fixed order; `root` is None where they came in memory.

    `withdrawn` says how often somebody withdrew, and how many recordings went with them; `changed` names
    the recordings of which a file changed after it was sealed.
    """

    name: str
    root: Path | None
    is_bids: bool
    refs: tuple[SessionRef, ...]
    sessions: tuple[Session, ...] = ()
    withdrawn: tuple[int, int] = (0, 0)
    changed: tuple[str, ...] = ()


def find_sessions(source: str | Path | Sequence[Session]) -> FoundSessions:
    """All sessions of a study.

    Parameters
    ----------
    source : str, Path or sequence of Session
        Folder of a BIDS dataset, folder that holds a table, a table, or sessions.

    Raises
    ------
    NoSuchInput
        If there is nothing, or no session in it.
    BadFile
        If the table lacks a column or a line cannot be used.
    """
    if not isinstance(source, str | Path):
        return _in_memory(source)
    place = Path(source)
    if place.is_file():
        return _from_table(place)
    if not place.is_dir():
        refuse_irregular(place)
        raise NoSuchInput(f"{place}: there is no such folder or table")
    if (place / "dataset_description.json").is_file() or any(place.glob("sub-*")):
        return _from_bids(place)
    tables = [entry for entry in sorted(place.iterdir()) if _is_session_table(entry)]
    if len(tables) == 1:
        return _from_table(tables[0])
    if tables:
        raise NoSuchInput(
            f"{place}: several tables name sessions ({', '.join(table.name for table in tables)}); name one of them"
        )
    raise NoSuchInput(
        f"{place}: no BIDS dataset (sub-*/…) and no table with the columns {', '.join(REQUIRED)} that says who"
        " and what the recordings are"
    )


def _in_memory(sessions: Sequence[Session]) -> FoundSessions:
    kept = tuple(sessions)
    if not kept or not all(isinstance(session, Session) for session in kept):
        raise TypeError("a study is a folder, a table, or a sequence of Session with at least one in it")
    refs = []
    for number, session in enumerate(kept, start=1):
        given = dict(session.info.get("entities", {}))
        kind = str(session.info.get("kind") or KIND_OF_TASK.get(given.get("task", ""), "palpation"))
        refs.append(
            SessionRef(
                id="_".join(f"{key}-{value}" for key, value in given.items()) or f"session-{number:05d}",
                place="",
                path="",
                subject=str(given.get("sub", f"{number:02d}")),
                session=str(given.get("ses", "01")),
                kind=kind,
                raters=tuple(taps.rater for taps in session.taps),
            )
        )
    if len({ref.id for ref in refs}) < len(refs):
        raise ValueError("sessions must differ in their entities (sub, ses, run), two have the same")
    return FoundSessions("sessions in memory", None, False, tuple(refs), kept)


# -- BIDS ------------------------------------------------------------------------------------------


def _from_bids(root: Path) -> FoundSessions:
    groups: dict[tuple[str, str], list[Path]] = {}
    for path in physio_files(root):
        stem = "_".join(f"{k}-{v}" for k, v in entities_of(path).items() if k != "recording")
        groups.setdefault((str(path.parent), stem), []).append(path)
    refs = [_bids_ref(root, stem, paths) for (_, stem), paths in groups.items()]
    refs += _unsealed(root, {ref.id for ref in refs})
    refs += _in_capitals(root)
    if not refs:
        raise NoSuchInput(f"{root}: a BIDS dataset without any recording (sub-*/**/*_physio.tsv.gz)")
    ordered = tuple(sorted(refs, key=lambda ref: (ref.id, not _is_at_home(ref), ref.place)))
    name, gone = shown(root.resolve().name), withdrawn_before(root)
    return FoundSessions(name, root, True, ordered, withdrawn=gone, changed=changed_recordings(root))


def _bids_ref(root: Path, stem: str, paths: list[Path]) -> SessionRef:
    entities = entities_of(paths[0])
    main = min(paths, key=lambda path: (_recording_rank(path), path.name))
    state = _journal_state(root, entities, stem)
    files = list(paths)
    for path in paths:
        files += inherited(path, "physio")
    events = main.with_name(f"{stem}_events.tsv")
    if events.is_file():
        files += [events, *inherited(events, "events")]
    files += [state] if state.is_file() else []
    return SessionRef(
        id=stem,
        place=shown(paths[0].parent.relative_to(root).as_posix()),
        path=str(main),
        subject=entities.get("sub", ""),
        session=entities.get("ses", "01"),
        kind=KIND_OF_TASK.get(entities.get("task", ""), "palpation"),
        files=tuple(str(file) for file in sorted(set(files))),
        plan_sha256=_plan_of(state.with_name("journal.txt"), inherited(main, "physio")),
        state=str(state) if state.is_file() else "",
    )


def _is_at_home(ref: SessionRef) -> bool:
    """Whether its folders are those that its files' names say, and no copy of them."""
    told = [part for part in ref.id.split("_") if part.startswith(("sub-", "ses-"))]
    return ref.place.split("/")[: len(told)] == told


def _recording_rank(path: Path) -> int:
    label = entities_of(path).get("recording", "")
    return (
        0 if label in ("force", "") else 2 if label in ("breathing", "respiratory", "cardiac", "pulse") else 1
    )


def _plan_of(journal: Path, sidecars: Sequence[Path]) -> str:
    """Hash of the plan that a session was recorded under; a journal goes before what a sidecar says."""
    if journal.is_file():
        with open_regular(journal, is_limited=False) as file:
            first = file.readline(1 << 16)
        try:
            found = parse_json(first, journal, line=1)
        except BadFile:
            return ""
        return str(found.get("plan_sha256") or "") if isinstance(found, dict) else ""
    for path in reversed(sidecars):
        info = _json_of(path).get("Info")
        if isinstance(info, dict) and "plan_sha256" in info:
            return str(info["plan_sha256"] or "")
    return ""


def _journal_state(root: Path, entities: dict[str, str], stem: str) -> Path:
    """The ``session.json`` beside the journal that a recording was sealed from."""
    folder = root / "sourcedata" / f"sub-{entities.get('sub')}" / f"ses-{entities.get('ses', '01')}"
    return folder / stem / "session.json"


def _unsealed(root: Path, known: set[str]) -> list[SessionRef]:
    """Journals that no recording was made of."""
    refs = []
    known_by = ("journal.txt", "session.json")
    folders = {path.parent for name in known_by for path in root.glob(f"sourcedata/sub-*/ses-*/*/{name}")}
    for folder in sorted(folders):
        journal, path, stem = folder / known_by[0], folder / known_by[1], folder.name
        state = _json_of(path) if path.is_file() else {}
        if stem in known or state.get("files"):
            continue
        entities = entities_of(f"{stem}_physio.tsv.gz")
        why = f"a journal that was not sealed (touchrhythm recover {journal.relative_to(root)})"
        refs.append(
            SessionRef(
                id=stem,
                place="",
                path="",
                subject=entities.get("sub", ""),
                session=entities.get("ses", "01"),
                kind=str(state.get("kind") or KIND_OF_TASK.get(entities.get("task", ""), "palpation")),
                raters=(str(state["examiner"]),) if state.get("examiner") else (),
                files=(str(path if path.is_file() else journal),),
                plan_sha256=_plan_of(journal, ()),
                problem=why,
            )
        )
    return refs


def _in_capitals(root: Path) -> list[SessionRef]:
    """Folders that people would take for a subject's, and that hold recordings which would not be found."""
    return [
        SessionRef(
            id=shown(folder.name),
            place=shown(folder.name),
            path="",
            subject="",
            session="01",
            kind="palpation",
            problem=f"the folder of a subject must begin with sub- in small letters, got {shown(folder.name)}; rename it",
        )
        for folder in sorted(set(root.glob("[sS][uU][bB]-*")) - set(root.glob("sub-*")))
        if any(folder.glob("**/*_physio.tsv*"))
    ]


def unsealed_journals(found: FoundSessions) -> list[Path]:
    """Journals of a study that no recording was made of, where they lie."""
    return [Path(ref.files[0]).with_name("journal.txt") for ref in found.refs if ref.files and not ref.path]


def _json_of(path: Path) -> dict[str, Any]:
    try:
        return open_json(path)
    except TouchRhythmError:
        return {}


# -- a table that says who and what ---------------------------------------------------------------------


def _is_session_table(path: Path) -> bool:
    if path.suffix.lower() not in TABLE_SUFFIXES or not path.is_file():
        return False
    with open_regular(path, is_limited=False) as file:
        first = file.readline(1 << 12).decode("utf-8-sig", errors="replace").lower()
    words = {word.strip().strip('"') for word in first.replace(";", ",").replace("\t", ",").split(",")}
    return set(REQUIRED) <= words


def _from_table(path: Path) -> FoundSessions:
    header, rows = read_rows(open_text(path))
    names = [name.strip().lower() for name in header]
    lacking = [name for name in REQUIRED if name not in names]
    if lacking:
        are = "is" if len(lacking) == 1 else "are"
        raise BadFile(
            path, f"the header must name {joined(list(REQUIRED))}; {joined(lacking)} {are} missing", 1
        )
    if not rows:
        raise NoSuchInput(f"{path}: the table names no session")
    by_file: dict[str, list[tuple[Row, dict[str, str]]]] = {}
    for row in rows:
        cells = {name: row.field(k).strip() for k, name in enumerate(names)}
        by_file.setdefault(cells["file"], []).append((row, cells))
    refs = _told_apart({file: _table_ref(path, file, lines) for file, lines in by_file.items()})
    ordered = tuple(sorted(refs, key=lambda ref: ref.id))
    gone = withdrawn_before(path.parent)
    return FoundSessions(shown(path.resolve().parent.name), path.parent, False, ordered, withdrawn=gone)


def _table_ref(table: Path, file: str, lines: list[tuple[Row, dict[str, str]]]) -> SessionRef:
    row, first = lines[0]
    if not file or not first["subject"]:
        raise BadFile(table, "a session needs a file and a subject", row.line)
    kind = first["kind"].lower() or "palpation"
    if kind not in KINDS:
        raise BadFile(table, f"kind must be one of {', '.join(KINDS)}, got {first['kind']!r}", row.line)
    for later, cells in lines[1:]:
        if any(cells[name] != first[name] for name in ("subject", "session", "kind")):
            raise BadFile(
                table, f"{file} stands in two rows with different subject, session or kind", later.line
            )
    raters = [cells["rater"] or "rater" for _, cells in lines]
    _check_codes(table, lines)
    if len(set(raters)) < len(raters):
        raise BadFile(table, f"{file} stands in two rows with the same rater", lines[-1][0].line)
    folder = table.parent
    taps = tuple(
        (rater, str(folder / cells["taps"]))
        for rater, (_, cells) in zip(raters, lines, strict=True)
        if cells.get("taps")
    )
    session = first["session"] or "01"
    return SessionRef(
        id=f"sub-{first['subject']}_ses-{session}_{Path(file).name.split('.')[0]}",
        place="",
        path=str(folder / file),
        subject=first["subject"],
        session=session,
        kind=kind,
        raters=tuple(raters) if KINDS[kind].has_taps else (),
        taps=taps,
        files=(str(folder / file), *(name for _, name in taps)),
        fs=_number(table, row, first, "fs"),
        expected_cpm=_number(table, row, first, "expected_cpm"),
        felt_nothing=_yes_no(table, row, first),
        confidence=_confidence(table, row, first),
        truth_cpm=_number(table, row, first, "truth_cpm"),
    )


def _told_apart(refs: dict[str, SessionRef]) -> list[SessionRef]:
    """Sessions by what the table calls their files: where several have the same id, all of that stands in it."""
    number = Counter(ref.id for ref in refs.values())
    return [
        ref
        if number[ref.id] == 1
        else replace(ref, id=f"sub-{ref.subject}_ses-{ref.session}_{file.replace('/', '-')}")
        for file, ref in refs.items()
    ]


def _check_codes(table: Path, lines: list[tuple[Row, dict[str, str]]]) -> None:
    for row, cells in lines:
        for name in ("subject", "session", "rater"):
            try:
                check_harmless(cells[name], name)
            except ValueError as error:
                raise BadFile(table, str(error), row.line) from None


def _number(table: Path, row: Row, cells: dict[str, str], name: str) -> float:
    text = cells.get(name, "")
    if not text:
        return NAN
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise BadFile(table, f"{name} must be a number, got {text!r}", row.line) from None


def _confidence(table: Path, row: Row, cells: dict[str, str]) -> float:
    """How sure a rater was, as a fraction; the column's name tells the unit, never the number."""
    percent = _number(table, row, cells, "confidence_percent")
    fraction = _number(table, row, cells, "confidence")
    if not (math.isnan(percent) or 0 <= percent <= 100):
        raise BadFile(table, f"confidence_percent must lie between 0 and 100, got {percent:g}", row.line)
    if not (math.isnan(fraction) or 0 <= fraction <= 1):
        slip = "" if fraction < 0 else " (in percent? then the column's name is confidence_percent)"
        raise BadFile(table, f"confidence must lie between 0 and 1, got {fraction:g}{slip}", row.line)
    return fraction if math.isnan(percent) else percent / 100.0


def _yes_no(table: Path, row: Row, cells: dict[str, str]) -> bool | None:
    text = cells.get("felt_nothing", "").lower()
    if not text:
        return None
    if text not in NO_WORDS + YES_WORDS:
        raise BadFile(table, f"felt_nothing must be yes or no, got {text!r}", row.line)
    return text in YES_WORDS


# -- hashes ---------------------------------------------------------------------------------------------


def files_digest(ref: SessionRef, root: Path | None) -> tuple[str, str]:
    """Hash of the data, and one of all that belongs to a session, wherever the study folder lies.

    Raises
    ------
    NoSuchInput
        If a file of the session is gone.
    """
    data = ""
    lines = []
    for name in ref.files:
        found = digest_of(Path(name))
        data = found if name == ref.path else data
        lines.append((_relative(name, root), found))
    return data, _hashed(_facts(ref, root), lines)


def session_digest(ref: SessionRef, session: Session) -> tuple[str, str]:
    """The same for a session in memory."""
    data = hashlib.sha256(session.recording.data.tobytes()).hexdigest()
    taps = [(tapped.rater, tapped.onset.tolist()) for tapped in session.taps]
    recording = session.recording
    told = [repr(sorted((str(k), repr(v)) for k, v in session.info.items() if k != "truth"))]
    return data, _hashed(
        _facts(ref, None),
        [data, recording.fs, recording.channels, recording.units, taps, repr(session.counts), *told],
    )


def _facts(ref: SessionRef, root: Path | None) -> list[str]:
    plain = asdict(ref)
    for name in ("path", "files", "taps", "state"):
        plain.pop(name)
    return [repr(sorted(plain.items())), *(f"{who}:{_relative(name, root)}" for who, name in ref.taps)]


def _relative(name: str, root: Path | None) -> str:
    path = Path(name)
    return path.relative_to(root).as_posix() if root is not None and root in path.parents else path.name


def _hashed(*parts: Iterable[Any]) -> str:
    text = json.dumps([list(part) for part in parts], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
