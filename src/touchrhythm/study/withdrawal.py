"""Who leaves a study, and what goes with them? The one place where recorded data are deleted.

**Conventions.** A person is a code: a subject, or an examiner, with whom every session they tapped in
goes. Results over the whole study were made with their data, so they go too and are made again.
The order is results first, recordings last: as long as anything is left, the code is still found,
so a run that was cut short is finished by running it again. The record of it holds no code.

- `find_traces` : code → `Traces`, nothing is touched
- `withdraw` : traces → gone → `Withdrawal`
- `withdrawn_before` : how often, and how much, by the study's own record
"""

from __future__ import annotations

import datetime
import gzip
import math
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from touchrhythm.errors import CannotWrite, NoSuchInput, TouchRhythmError
from touchrhythm.io.content import check_folder, digest_of, limit_bytes, open_json, open_regular, raw_bytes
from touchrhythm.io.journal_records import is_being_written
from touchrhythm.io.sealed_hashes import LIST_NAME, forget
from touchrhythm.io.writing import as_json, make_folder, remove_leftovers, write_over
from touchrhythm.study.withdrawal_tables import (
    Leaving,
    files_of_person,
    has_person,
    rows_leaving,
    without_rows,
)

__all__ = ["Traces", "Withdrawal", "find_traces", "withdraw", "withdrawn_before"]

OURS = ("derivatives", "touchrhythm")
KEPT_IN_OURS = ("dataset_description.json", ".bidsignore")
HISTORY = (".git", ".datalad")
RECORD = Path("sourcedata") / "withdrawals.tsv"
PENDING = Path("sourcedata") / "withdrawal_pending.json"
SEALED = Path(LIST_NAME)
COLUMNS = "date\trecordings\tfiles\trows"
PHYSIO = ("_physio.tsv", "_physio.tsv.gz")
FREE = (".md", ".txt", ".json", ".toml", ".html", ".tsv", ".csv", ".gz", ".zip")
COUNTED = ("recordings", "files", "rows")
GZIP_MARK, ZIP_MARK = b"\x1f\x8b", b"PK\x03\x04"
PIECE = 1 << 20
LONGEST_WORD = 512  # bytes that are looked at again with the next piece; codes have at most 100 characters
UNREADABLE = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    RuntimeError,
    NotImplementedError,
    ValueError,
)


@dataclass(frozen=True)
class Traces:
    """What a study holds of a person.

    Attributes
    ----------
    study : Path
    code : str
        Without ``sub-``.
    files : tuple of Path
        To be deleted, in this order.
    rows : tuple of (Path, int)
        Tables to be written anew without so many rows.
    leaving : Leaving
        Whose rows these are.
    by_hand : tuple of str
        What only people can change, and why.
    """

    study: Path
    code: str
    files: tuple[Path, ...]
    rows: tuple[tuple[Path, int], ...]
    leaving: Leaving
    by_hand: tuple[str, ...]


@dataclass(frozen=True)
class Withdrawal:
    """What was removed; `record` is the file in which that it was is noted, without the code."""

    n_recordings: int
    n_files: int
    n_rows: int
    record: Path
    left_to_do: tuple[str, ...]
    made_again: bool


def find_traces(study: str | Path, code: str) -> Traces:
    """Everything in a study that a person has left.

    Parameters
    ----------
    study : str or Path
        Study folder.
    code : str
        Code of a subject or an examiner, with or without ``sub-``.

    Returns
    -------
    Traces

    Raises
    ------
    NoSuchInput
        If there is no study, or nobody of that code in it.
    TouchRhythmError
        If one of their journals is being written.
    """
    root = Path(study)
    name = code.strip().removeprefix("sub-")
    check_folder(root)
    if not re.fullmatch(r"[A-Za-z0-9]+", name):
        raise NoSuchInput(f"{code!r} is no code: letters and digits such as S01")
    _refuse_other(root, name)
    words = _words_of(name)
    every = [path for path in _walk(root) if path.relative_to(root) not in (PENDING, RECORD, SEALED)]
    own = {path for path in every if _is_of_subject(path.relative_to(root), name)}
    own |= _sessions_tapped(root, every, name, own)
    own |= _named_in_tables(root, every, name)
    own |= {path for path in every if path.name.endswith(".part") and _holds(path, words)}  # of a killed run
    leaving = Leaving(frozenset({name, *_emptied(root, every, own)}), frozenset(own))
    rows = tuple((path, n) for path in every if path not in own and (n := rows_leaving(path, root, leaving)))
    results = {path for path in every if path.relative_to(root).parts[0] == "derivatives"} - own
    theirs = {path for path in results if _holds(path, words)}
    aggregates = {path for path in results if _is_aggregate(path.relative_to(root))}
    if not (own or rows or theirs or (root / PENDING).is_file()):
        raise NoSuchInput(f"{root}: nobody with the code {name} (codes are {_codes_there(root)})")
    _refuse_live(own)
    ordered = sorted(theirs | aggregates) + sorted(own, key=_order)
    done = {*ordered, *(path for path, _ in rows)}
    by_hand = (*_copies(root, own, set(every) - done), *_by_hand(root, every, done, words))
    return Traces(root, name, tuple(ordered), rows, leaving, by_hand)


def withdraw(traces: Traces) -> Withdrawal:
    """Remove what was found, and note that something was withdrawn.

    Parameters
    ----------
    traces : Traces
        From `find_traces`.

    Raises
    ------
    CannotWrite
        If a file cannot be removed or written; running it again goes on from there.
    """
    root = traces.study
    remove_leftovers(root, deep=True)
    counts = _begun(traces)
    try:
        forget(
            root, traces.files
        )  # first: a run that is cut short leaves files to remove, and no list of them
        for path in traces.files:
            path.unlink(missing_ok=True)
        _remove_empty(traces)
        for path, _ in traces.rows:
            write_over(path, without_rows(path, root, traces.leaving))
        _note(root / RECORD, counts)
        (root / PENDING).unlink()
    except OSError as error:
        raise CannotWrite(
            f"{error.filename}: cannot be removed ({error.strerror}); what was removed so far is gone, run it again"
        ) from None
    return Withdrawal(
        counts["recordings"],
        counts["files"],
        counts["rows"],
        root / RECORD,
        traces.by_hand,
        any(path.relative_to(root).parts[: len(OURS)] == OURS for path in traces.files),
    )


def _remove_empty(traces: Traces) -> None:
    """Folders in which nothing is left: of these files, and of an earlier run that got no further."""
    above = {parent for path in traces.files for parent in path.parents}
    for name, _, _ in os.walk(traces.study, topdown=False):
        folder = Path(name)
        place = folder.relative_to(traces.study)
        if (
            place.parts
            and (folder in above or _is_of_subject(place, traces.code))
            and not any(folder.iterdir())
        ):
            folder.rmdir()


def _begun(traces: Traces) -> dict[str, int]:
    """What this withdrawal removes; of one that was cut short, what it set out to remove."""
    pending = traces.study / PENDING
    if pending.is_file():
        found = open_json(pending)
        return {name: n if isinstance(n := found.get(name), int) else 0 for name in COUNTED}
    counts = {
        "recordings": len(
            {_stem(path) for path in traces.files if _is_recording(path.relative_to(traces.study))}
        ),
        "files": len(traces.files),
        "rows": sum(number for _, number in traces.rows),
    }
    make_folder(pending.parent)
    write_over(pending, as_json(counts | {"code": traces.code}))
    return counts


def _refuse_other(root: Path, name: str) -> None:
    """One withdrawal at a time: the notes of one that was cut short are not mixed with another's."""
    try:
        code = open_json(root / PENDING)["code"]
    except (TouchRhythmError, KeyError):
        return
    if code != name:
        raise TouchRhythmError(f"the withdrawal of {code} was cut short; run it again before that of {name}")


# -- what is theirs ----------------------------------------------------------------------------------


def _walk(root: Path) -> Iterator[Path]:
    """All files of a study in a fixed order; links are not followed."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in HISTORY)
        links = [name for name in names if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in sorted(files + links))


def _words_of(name: str) -> re.Pattern[bytes]:
    """The code as a word of its own; one without letters only where it says what it is."""
    text = re.escape(name)
    alone = rf"(?<![A-Za-z0-9]){text}(?![A-Za-z0-9])"
    if name.isdigit():
        alone = rf'(?<![A-Za-z0-9])sub-{text}(?![A-Za-z0-9])|"(?:subject|examiner|rater)"\s*:\s*"{text}"'
    return re.compile(alone.encode())


def _is_of_subject(place: Path, name: str) -> bool:
    """Whether a path names the person."""
    told = rf"(?:^|_)sub-{re.escape(name)}(?:[_.]|$)"
    if not name.isdigit():
        told += rf"|(?<![A-Za-z0-9-]){re.escape(name)}(?![A-Za-z0-9])"
    return any(re.search(told, part) for part in place.parts)


def _sessions_tapped(root: Path, every: list[Path], name: str, own: set[Path]) -> set[Path]:
    """Files of the sessions in which somebody of that code examined or tapped."""
    stems: set[str] = set()
    for path in every:
        place = path.relative_to(root)
        if path in own or place.parts[0] == "derivatives":
            continue
        if path.name == "session.json" and _examiner(path) == name:
            stems.add(_shared_stem(place.parent.name))
        elif path.name.endswith("_events.tsv") and has_person(path, name):
            stems.add(_shared_stem(path.name))
    return {
        path
        for path in every
        if any(
            _shared_stem(part) in stems for part in path.relative_to(root).parts if part.startswith("sub-")
        )
    }


def _named_in_tables(root: Path, every: list[Path], name: str) -> set[Path]:
    """Recordings and taps that a table at the root names beside the person."""
    named = {path for table in every if table.parent == root for path in files_of_person(table, name)}
    return {path for path in every if path in named}


def _emptied(root: Path, every: list[Path], own: set[Path]) -> set[str]:
    """Subjects of whom nothing stays."""
    subjects: dict[str, bool] = {}
    for path in every:
        top = path.relative_to(root).parts[0]
        if top.startswith("sub-"):
            subjects[top[4:]] = subjects.get(top[4:], False) or path not in own
    return {subject for subject, stays in subjects.items() if not stays}


def _shared_stem(name: str) -> str:
    """Subject, session and run of a name: the pieces of one recording session share them."""
    parts = dict(part.split("-", 1) for part in name.split(".")[0].split("_") if "-" in part)
    keys = ("sub", "ses", "run") if {"ses", "run"} & set(parts) else ("sub", "task")
    return "_".join(f"{key}-{parts[key]}" for key in keys if key in parts) if len(parts) > 1 else name


def _examiner(path: Path) -> str:
    try:
        return str(open_json(path).get("examiner") or "")
    except TouchRhythmError:
        return ""


def _is_aggregate(place: Path) -> bool:
    """Whether a file of ours speaks of the study as a whole."""
    inner = place.parts[len(OURS) :]
    if place.parts[: len(OURS)] != OURS or inner[-1] in KEPT_IN_OURS:
        return False
    return not inner[0].startswith("sub-") and inner[0] != "cache"


def _holds(path: Path, words: re.Pattern[bytes]) -> bool:
    """Whether name or content has the code, compressed files unpacked; one too large to look through may have it."""
    if words.search(os.fsencode(path.name)):
        return True
    try:
        with open_regular(path, is_limited=False) as file:
            return _in_stream(file, words) or _in_packed(file, words)
    except TouchRhythmError:  # no file of bytes
        return False
    except UNREADABLE:
        return False


def _in_packed(file: IO[bytes], words: re.Pattern[bytes]) -> bool:
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    if head[:2] == GZIP_MARK:
        return _in_stream(gzip.open(file), words, limit_bytes())
    if head != ZIP_MARK:
        return False
    with zipfile.ZipFile(file) as packed:
        names = packed.namelist()
        if words.search("\n".join(names).encode("utf-8", "replace")):
            return True
        return any(_in_stream(packed.open(name), words, limit_bytes()) for name in names)


def _in_stream(stream: IO[bytes] | gzip.GzipFile, words: re.Pattern[bytes], most: float = math.inf) -> bool:
    """Whether a stream has one of the words, piece by piece; one that is longer than `most` bytes counts as if."""
    before, piece, size = b"", stream.read(PIECE), 0
    while piece:
        size += len(piece)
        if size > most:
            return True
        following = stream.read(PIECE)
        text = before + piece
        for found in words.finditer(text):  # at the seams a longer word may only have been cut
            if (found.start() or not before) and (found.end() < len(text) or not following):
                return True
        before, piece = text[-LONGEST_WORD:], following
    return False


def _refuse_live(own: set[Path]) -> None:
    for path in own:
        if path.name == "journal.txt" and is_being_written(path):
            raise TouchRhythmError(f"{path} is being recorded; stop the recorder first")


def _codes_there(root: Path) -> str:
    names = {folder.name[4:] for base in (root, root / "sourcedata") for folder in base.glob("sub-*/")}
    return ", ".join(sorted(names)) or "none"


def _order(path: Path) -> tuple[bool, str]:
    """What an examiner's session is found by goes last."""
    return path.name == "session.json" or path.name.endswith("_events.tsv"), str(path)


def _is_recording(place: Path) -> bool:
    return place.name.endswith(PHYSIO) and place.parts[0] not in ("derivatives", "sourcedata")


def _stem(path: Path) -> str:
    return path.name.split("_recording-")[0].split("_physio")[0]


# -- what is left ------------------------------------------------------------------------------------


def _copies(root: Path, own: set[Path], others: set[Path]) -> Iterator[str]:
    """Files of other names that hold what a recording of theirs holds."""
    recordings = [path for path in own if _is_recording(path.relative_to(root)) and path.is_file()]
    digests = {digest_of(path): path for path in sorted(recordings, reverse=True)}
    sizes = {path.stat().st_size for path in digests.values()}
    for path in sorted(others):
        if path.is_file() and path.stat().st_size in sizes and (twin := digests.get(digest_of(path))):
            yield (
                f"{path.relative_to(root).as_posix()} holds the same data as {twin.relative_to(root).as_posix()}; if it is"
                " a copy, remove it by hand"
            )


def _by_hand(root: Path, every: list[Path], done: set[Path], words: re.Pattern[bytes]) -> Iterator[str]:
    for path in every:
        is_text = path.suffix.lower() in FREE and not path.name.endswith(PHYSIO)
        if path not in done and is_text and _holds(path, words):
            yield f"{path.relative_to(root).as_posix()} has the code; change it by hand"
        if path not in done and path.is_symlink() and path.is_dir():
            yield f"{path.relative_to(root).as_posix()} is a link to a folder; what it leads to was not looked through"
        if path.is_symlink() and path in done:
            yield f"{path.relative_to(root).as_posix()} was a link; what it led to is still there"
        elif path in done and path.is_file() and path.stat().st_nlink > 1 and path.name.endswith(PHYSIO):
            yield f"{path.relative_to(root).as_posix()} has a second name on this disk (a hard link), which still holds it"
    for name in HISTORY:
        if (root / name).exists():
            yield f"{name}: the history of versions still holds what was removed"
    yield "backups, and copies that were shared, are not reached"


def withdrawn_before(study: str | Path) -> tuple[int, int]:
    """How often somebody withdrew from a study, and how many recordings went with them."""
    try:
        lines = raw_bytes(Path(study) / RECORD).decode().splitlines()[1:]
    except (TouchRhythmError, UnicodeDecodeError):
        return 0, 0
    numbers = [cells[1] for line in lines if len(cells := line.split("\t")) > 1 and cells[1].isdecimal()]
    return len(numbers), sum(map(int, numbers))


def _note(path: Path, counts: dict[str, int]) -> None:
    """A line that something was withdrawn: the day and how much, no code."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    before = raw_bytes(path) if path.is_file() else f"{COLUMNS}\n".encode()
    line = "\t".join((today, *(str(counts[name]) for name in ("recordings", "files", "rows"))))
    make_folder(path.parent)
    write_over(path, before + f"{line}\n".encode())
