"""Is a sealed recording still what was sealed? Hashes of its files, taken then and now.

Sealing writes the SHA-256 of the journal and of the recording's own files into the ``session.json``
beside the journal; a shared dataset, which has no journals, has one list for all of it. Participants,
scans, results and notes may change and are in neither.

**Conventions.** Places are relative to the study folder, with ``/``.

- `hashes_of` : files → their hashes by place
- `write_list`, `forget` : the list of a dataset without journals; what was withdrawn leaves both
- `find_seals` : all seals of a study
- `changes_of`, `changes_for`, `changed_recordings` : what seals no longer hold for
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchrhythm.errors import NoSuchInput, TouchRhythmError
from touchrhythm.io.content import digest_of, open_json
from touchrhythm.io.sidecar import dataset_root, entities_of
from touchrhythm.io.writing import as_json, write_new, write_over

__all__ = [
    "LIST_NAME",
    "Change",
    "Seal",
    "changed_recordings",
    "changes_for",
    "changes_of",
    "find_seals",
    "forget",
    "hashes_of",
    "write_list",
]

LIST_NAME = "files_sha256.json"
KEY = "sha256"
DIGEST = re.compile(r"[0-9a-f]{64}")
LIST_SCHEMA = 1


@dataclass(frozen=True)
class Seal:
    """What was sealed: places and hashes, by which version, and the file that says so.

    `hashes` is empty for what was sealed before there were hashes.
    """

    path: Path
    hashes: Mapping[str, str]
    version: str

    @property
    def journal(self) -> Path:
        """The journal beside it."""
        return self.path.with_name("journal.txt")


@dataclass(frozen=True)
class Change:
    """A file that is no longer what was sealed."""

    place: str
    what: str  # "changed" or "missing"


def hashes_of(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by its place."""
    return {path.relative_to(root).as_posix(): digest_of(path) for path in files}


def write_list(root: Path, files: Iterable[Path]) -> Path:
    """Write the list of a dataset without journals.

    Raises
    ------
    CannotWrite
        If it is there already, or cannot be made.
    """
    path = root / LIST_NAME
    write_new(path, as_json({"schema_version": LIST_SCHEMA, KEY: hashes_of(root, files)}))
    return path


def find_seals(root: Path) -> list[Seal]:
    """All seals of a study or a shared dataset, in a fixed order; damaged ones hold nothing."""
    places = [*sorted(root.glob("sourcedata/sub-*/ses-*/*/session.json")), root / LIST_NAME]
    seals = [_seal(path) for path in places if path.is_file()]
    return [seal for seal in seals if seal is not None]


def _seal(path: Path) -> Seal | None:
    """A seal; None where nothing was sealed as yet."""
    try:
        state = open_json(path)
    except TouchRhythmError:
        return Seal(path, {}, "")
    if path.name != LIST_NAME and state.get("state") not in ("complete", "recovered"):
        return None
    listed = state.get(KEY)
    known = {
        place: digest
        for place, digest in (listed.items() if isinstance(listed, dict) else ())
        if isinstance(digest, str) and DIGEST.fullmatch(digest) and _is_place(place)
    }
    return Seal(path, known, str(state.get("software") or ""))


def _is_place(place: str) -> bool:
    """Whether a place stays inside of the study."""
    return not place.startswith("/") and not re.search(r"[\\\x00]|(?:^|/)\.\.(?:/|$)|^[A-Za-z]:", place)


def changes_of(root: Path, seal: Seal) -> list[Change]:
    """What a seal no longer holds for."""
    return list(_changes(root, seal, seal.hashes))


def _changes(root: Path, seal: Seal, places: Iterable[str]) -> Iterator[Change]:
    for place in places:
        path = root / place
        try:
            found = digest_of(path)
        except NoSuchInput:
            found = ""
        if found != seal.hashes[place]:
            yield Change(place, "changed" if found else "missing")


def changed_recordings(root: Path) -> tuple[str, ...]:
    """Names of the recordings of which a sealed file, or the journal, is no longer what it was."""
    found: set[str] = set()
    for seal in find_seals(root):
        for change in changes_of(root, seal):
            name = change.place.rpartition("/")[2]
            found.add(seal.path.parent.name if name == "journal.txt" else _stem(name))
    return tuple(sorted(found))


def _stem(name: str) -> str:
    return re.split(r"_recording-|_physio\.|_events\.", name)[0]


def changes_for(recording: Path) -> list[Change]:
    """What has changed of one recording and its journal since they were sealed; none where nothing was sealed."""
    root = dataset_root(recording)
    entities = entities_of(recording)
    if "sub" not in entities:
        return []
    folder = root / "sourcedata" / f"sub-{entities['sub']}" / f"ses-{entities.get('ses', '01')}"
    place = recording.absolute().relative_to(root).as_posix()
    stem = _stem(recording.name)
    for path in [*sorted(folder.glob("*/session.json")), root / LIST_NAME]:
        seal = _seal(path) if path.is_file() else None
        if seal is not None and place in seal.hashes:
            own = [name for name in seal.hashes if _belongs(name, stem)]
            return list(_changes(root, seal, own))
    return []


def _belongs(place: str, stem: str) -> bool:
    name = place.rpartition("/")[2]
    return name == "journal.txt" or name.startswith((f"{stem}_", f"{stem}."))


def forget(root: Path, removed: Collection[Path]) -> None:
    """Take files that were removed on purpose out of all seals.

    Raises
    ------
    CannotWrite
        If a seal cannot be written.
    """
    gone = {path.relative_to(root).as_posix() for path in removed}
    for seal in find_seals(root):
        if gone & set(seal.hashes):
            state: dict[str, Any] = open_json(seal.path)
            state[KEY] = {place: digest for place, digest in seal.hashes.items() if place not in gone}
            write_over(seal.path, as_json(state))
