"""How does a journal become a recording that lasts? Journal → BIDS, the journal left as it is.

Done when a recording stops, and again by ``recover`` from whatever a crash has left: both call the
same function, so they give the same files.

**Conventions.** The journal stays under ``sourcedata/``, beside a ``session.json`` whose ``state`` is
"recording", "complete" or "recovered". The trial is written as raw counts with its calibration in the
sidecar; unloaded and dead-weight minutes become recordings of their own. Nothing is overwritten. The
``session.json`` keeps the hashes of all of it; it comes last, so what was cut short is known by it.

- `seal_journal` : write a journal's pieces into a study folder
- `journal_folder`, `study_of` : where a journal lies, and which study it belongs to
- `remove_ballasts` : what killed recorders have left
- `write_state` : the ``session.json`` beside a journal
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchrhythm._version import __version__
from touchrhythm.errors import BadFile, CannotWrite, NoSuchInput, TouchRhythmError
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.content import open_json, raw_bytes
from touchrhythm.io.journal import cut_session, entities_of, list_pieces
from touchrhythm.io.journal_decode import decode_journal
from touchrhythm.io.journal_records import Journal, is_being_written, read_records
from touchrhythm.io.sealed_hashes import hashes_of
from touchrhythm.io.writing import as_json, copy_verified, inside, make_folder, remove_leftovers, write_over
from touchrhythm.session import Session

__all__ = [
    "Sealed",
    "journal_folder",
    "remove_ballasts",
    "seal_journal",
    "stem_of",
    "study_of",
    "write_state",
]

STATE_VERSION = 1
JOURNAL, STATE, BALLAST = "journal.txt", "session.json", "journal.txt.ballast"


@dataclass(frozen=True)
class Sealed:
    """What came of a journal.

    Attributes
    ----------
    files : tuple of Path
        Recordings written, the trial first.
    state : str
        "complete" or "recovered".
    import_notes : tuple of str
        Sentences on what was torn, lost or left out.
    """

    files: tuple[Path, ...]
    state: str
    import_notes: tuple[str, ...]


def stem_of(entities: Mapping[str, str]) -> str:
    """The name that all files of a recording begin with.

    >>> stem_of({"sub": "S01", "ses": "01", "task": "palpation", "run": "01"})
    'sub-S01_ses-01_task-palpation_run-01'
    """
    return "_".join(f"{key}-{entities[key]}" for key in ("sub", "ses", "task", "run"))


def journal_folder(study: str | Path, entities: Mapping[str, str]) -> Path:
    """Folder of a journal inside a study."""
    names = (f"sub-{entities['sub']}", f"ses-{entities['ses']}", stem_of(entities))
    return inside(Path(study), "sourcedata", *names)


def remove_ballasts(study: str | Path) -> None:
    """Remove what killed recorders had kept aside for a full disk; those at work keep theirs."""
    for ballast in Path(study).glob(f"sourcedata/sub-*/ses-*/*/{BALLAST}"):
        if not is_being_written(ballast.with_name(JOURNAL)):
            with contextlib.suppress(OSError):
                ballast.unlink()


def study_of(journal: str | Path) -> Path:
    """The study folder that a journal lies in.

    Raises
    ------
    NoSuchInput
        If it lies outside of any ``sourcedata`` folder.
    """
    path = Path(journal).absolute()
    for folder in path.parents:
        if folder.name == "sourcedata":
            return folder.parent
    raise NoSuchInput(
        f"{journal} lies in no study's sourcedata folder; say where to write: recover JOURNAL OUT"
    )


def seal_journal(path: str | Path, study: str | Path) -> Sealed:
    """Write what a journal holds into a study folder, as BIDS recordings.

    Parameters
    ----------
    path : str or Path
        The journal; it is only read. From outside the study it is copied into ``sourcedata/``.
    study : str or Path
        The study folder; made if need be.

    Returns
    -------
    Sealed

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be read, or holds no sample.
    CannotWrite
        If it is still being written, or was sealed before.
    """
    path = Path(path)
    if is_being_written(path):
        raise CannotWrite(
            f"{path} is still being recorded; stop the recorder first (one Ctrl-C ends it well)"
        )
    journal = read_records(path)
    decoded = decode_journal(journal, path)
    study = Path(study)
    home = journal_folder(study, entities_of(journal))
    state = "complete" if journal.is_ended else "recovered"
    pieces = list_pieces(journal, decoded)
    targets = [_target(study, entities_of(journal, piece.name)) for piece in pieces]
    # also what a run left that was killed beside another journal; what is held by a running one stays
    remove_leftovers(study / "sourcedata", deep=True)
    _refuse_sealed(home, targets)
    _bring_home(path, home)
    import_notes: tuple[str, ...] = decoded.import_notes
    for piece, target in zip(pieces, targets, strict=True):
        if target.exists():
            continue  # a seal that was cut short got as far as this
        try:
            session = cut_session(journal, decoded, piece, path)
        except BadFile as error:
            import_notes += (error.message,)
            continue
        write_session(session, study, columns=_columns(session))
        import_notes += tuple(note for note in session.info["import_notes"] if note not in import_notes)
    files = tuple(target for target in targets if target.exists())
    own = [home / JOURNAL, *(beside for file in files for beside in _own_files(file))]
    known = open_json(home / STATE).get("sha256") if _state_in(home) in ("complete", "recovered") else None
    write_state(
        home,
        journal,
        state,
        files=[file.relative_to(study).as_posix() for file in files],
        import_notes=import_notes,
        hashes=hashes_of(study, own) | (known if isinstance(known, dict) else {}),
    )
    (home / BALLAST).unlink(missing_ok=True)
    return Sealed(files, state, import_notes)


def _refuse_sealed(home: Path, targets: list[Path]) -> None:
    """Refuse a journal that was sealed, and recordings that are not of it."""
    there = [target for target in targets if target.exists()]
    if not there:
        return
    is_whole = len(there) == len(targets) and _state_in(home) in ("complete", "recovered")
    if is_whole or not (home / JOURNAL).is_file():
        raise CannotWrite(
            f"{there[0]} is there already: this journal was sealed before; nothing is overwritten"
        )


def _state_in(home: Path) -> str:
    try:
        return str(open_json(home / STATE).get("state"))
    except TouchRhythmError:
        return ""


def _own_files(physio: Path) -> list[Path]:
    """A recording's own files: samples, their sidecar, and the events with theirs."""
    stem = physio.name.removesuffix("_physio.tsv.gz")
    names = [physio.name, f"{stem}_physio.json"]
    names += [f"{stem.split('_recording-')[0]}_events.{ending}" for ending in ("tsv", "json")]
    return [path for path in map(physio.with_name, names) if path.is_file()]


def _target(study: Path, entities: Mapping[str, str]) -> Path:
    """The file that a piece becomes, as `write_session` names it."""
    name = f"{stem_of(entities)}_recording-{entities['recording']}_physio.tsv.gz"
    return inside(study, f"sub-{entities['sub']}", f"ses-{entities['ses']}", "beh", name)


def _columns(session: Session) -> dict[str, dict[str, Any]]:
    """Calibration of each channel, as the sidecar holds it."""
    return {
        name: {"CountsPerGram": line["counts_per_gram"], "ZeroCounts": line["zero_counts"]}
        for name, line in session.info["calibration"].items()
        if name in session.recording.channels
    }


def _bring_home(path: Path, home: Path) -> None:
    """The journal in its place: as it is, copied, or a copy that was cut short made whole."""
    if path.absolute().parent == home.absolute():
        return
    target = home / JOURNAL
    if target.is_file() and not is_being_written(target):
        there, whole = raw_bytes(target), raw_bytes(path)
        if there == whole:
            return
        if whole.startswith(there) and _state_in(home) == "":
            write_over(target, whole)
            return
    make_folder(home)
    copy_verified(path, target)


def write_state(
    folder: Path,
    journal: Journal,
    state: str,
    *,
    files: list[str] | None = None,
    import_notes: tuple[str, ...] = (),
    hashes: Mapping[str, str] | None = None,
) -> None:
    """Write the ``session.json`` beside a journal, in one step.

    Parameters
    ----------
    folder : Path
        Where the journal lies.
    journal : Journal
        Its header and marks.
    state : str
        "recording", "complete" or "recovered".
    files : list of str, optional
        Recordings made of it, relative to the study.
    import_notes : tuple of str
        What was unusual.
    hashes : mapping of str to str, optional
        SHA-256 of the journal and of the recordings' own files by their places in the study.
    """
    header = journal.header
    aborts = [mark.facts.get("reason") for mark in journal.marks_of("abort")]
    facts: dict[str, Any] = {
        "schema_version": STATE_VERSION,
        "state": state,
        "software": __version__,
        "sha256": dict(hashes or {}),
        "journal": JOURNAL,
        "files": files or [],
        "import_notes": list(import_notes),
        "abort_reason": aborts[-1] if aborts else None,
        "skipped": [
            {"step": mark.facts.get("name"), "reason": mark.facts.get("reason")}
            for mark in journal.marks_of("step")
            if mark.facts.get("state") == "skipped"
        ],
    }
    for name in (
        "kind",
        "subject",
        "session",
        "examiner",
        "consent",
        "plan_sha256",
        "phantom_sha256",
        "virtual",
    ):
        facts[name] = header.get(name)
    write_over(folder / STATE, as_json(facts))
