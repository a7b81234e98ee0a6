"""What may leave the lab? A study folder → a BIDS dataset without anything that names people.

Nothing is copied as it is: each recording is read, and written anew from what is known to be
harmless (samples, sampling rate, calibration, taps, known labels). So what nobody has thought of
stays at home. What was left out, and why, stands in ``not_shared.tsv``.

**Conventions.** Times are relative. A session with a person in it is shared only where everybody in
it has agreed to sharing. The dataset is made aside and moved into place: whole, or not at all.

- `share_study` : study → `Shared`
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchrhythm._version import __version__
from touchrhythm.errors import CannotWrite, NoSuchInput, TouchRhythmError
from touchrhythm.io.bids import read_bids
from touchrhythm.io.bids_write import BIDS_VERSION, write_session
from touchrhythm.io.content import check_folder, open_regular, shown
from touchrhythm.io.sealed_hashes import LIST_NAME as SEALED_NAME
from touchrhythm.io.sealed_hashes import write_list
from touchrhythm.io.sidecar import entities_of, physio_files
from touchrhythm.io.table_write import write_table
from touchrhythm.io.writing import as_json, made_aside, write_new
from touchrhythm.participants import KINDS
from touchrhythm.session import Session
from touchrhythm.study.share_codes import (
    Codes,
    check_mapping_place,
    check_no_key_file,
    new_codes,
    plain_codes,
    write_mapping,
)
from touchrhythm.study.shared_session import Plain, SourceSession, bare_sessions, read_source, why_not

__all__ = ["LeftOut", "Shared", "share_study"]

LIST_NAME = "not_shared.tsv"
NAME = "Recordings of touch"
FOLDERS = {
    "sourcedata": ("journals and device files", "hold dates, ports and serial numbers"),
    "derivatives": (
        "results",
        "hold dates, paths or names of files; they can be made again from what is shared",
    ),
    "code": ("code and plans", "free text"),
    "logs": ("logs", "hold dates and paths"),
}
KEPT_AT_ROOT = (
    "dataset_description.json",
    "participants.tsv",
    "participants.json",
    "README.md",
    ".bidsignore",
    SEALED_NAME,
)


@dataclass(frozen=True)
class LeftOut:
    """What was not shared, why, and how many of it."""

    what: str
    why: str
    number: int


@dataclass(frozen=True)
class Shared:
    """A shared dataset.

    Attributes
    ----------
    folder : Path
        Where it is.
    n_sessions, n_subjects : int
        What it holds.
    left_out : tuple of LeftOut
        What it does not hold.
    mapping : Path or None
        Where the mapping of new codes is.
    """

    folder: Path
    n_sessions: int
    n_subjects: int
    left_out: tuple[LeftOut, ...]
    mapping: Path | None


def share_study(
    study: str | Path,
    out: str | Path,
    *,
    mapping: str | Path | None = None,
    consent_elsewhere: bool = False,
    decimal_comma: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Shared:
    """Write what may leave the lab into a new folder.

    Parameters
    ----------
    study : str or Path
        Folder of a BIDS dataset; it is only read.
    out : str or Path
        Folder that is not there yet, or is empty.
    mapping : str or Path, optional
        Give everybody a new code, and keep the mapping in this file, outside of every study.
    consent_elsewhere : bool, default False
        Share sessions whose consent is not recorded in the study, since it is kept elsewhere and
        was looked up. Where consent is recorded, it alone counts.
    decimal_comma : bool, default False
        Also write each recording as a table with decimal commas, under ``derivatives/tables``.
    progress : callable, optional
        Told (done, total) after each session.

    Returns
    -------
    Shared

    Raises
    ------
    NoSuchInput
        If there is no study.
    BadFile
        If a file in the study says who is who.
    CannotWrite
        If `out` holds something, lies inside the study, or cannot be made.
    TouchRhythmError
        If a code is none and no mapping was asked for, or nothing may be shared.
    """
    study, out = Path(study), Path(out)
    _check_places(study, out, None if mapping is None else Path(mapping))
    check_no_key_file(study)
    groups = _groups(study)
    left: Counter[tuple[str, str]] = Counter()
    kept: list[SourceSession] = []
    for stem, paths in groups.items():
        try:
            session = read_source(study, stem, paths)
        except TouchRhythmError:
            left["session", "cannot be read"] += 1
            continue
        refusal = why_not(session, consent_elsewhere=consent_elsewhere)
        if refusal:
            left["session", refusal] += 1
        else:
            kept.append(session)
    if not kept:
        told = "; ".join(f"{number} × {why}" for (_, why), number in sorted(left.items()))
        raise TouchRhythmError(f"{study}: no session may be shared ({told})")
    codes = _codes(kept, is_new=mapping is not None)
    left.update(_other_files(study, groups))
    kept_apart = None if mapping is None else Path(mapping)
    with made_aside(out, label="share") as aside:
        _write_all(aside, kept, codes, left, decimal_comma, progress)
        if kept_apart is not None:
            write_mapping(kept_apart, codes)
    rows = tuple(LeftOut(*key, number) for key, number in sorted(left.items()))
    subjects = len({source.subject for source in kept})
    return Shared(out, len(kept), subjects, rows, kept_apart)


def _check_places(study: Path, out: Path, mapping: Path | None) -> None:
    check_folder(study)
    if not any(study.glob("sub-*/")):
        raise NoSuchInput(f"{study}: no BIDS dataset (sub-*/…); convert makes one of other recordings")
    here, there = study.resolve(), out.resolve()
    if here == there or here in there.parents or there in here.parents:
        raise CannotWrite(f"{out}: must lie outside of the study folder, and not above it")
    if os.path.lexists(out) and not (out.is_dir() and not any(out.iterdir())):
        raise CannotWrite(f"{out}: is there already; nothing was overwritten")
    if mapping is not None:
        check_mapping_place(mapping, study, out)


def _groups(study: Path) -> dict[str, list[Path]]:
    """Files of each recording session, under what their names have in common."""
    found: dict[str, list[Path]] = {}
    for path in physio_files(study):
        stem = "_".join(f"{key}-{value}" for key, value in entities_of(path).items() if key != "recording")
        found.setdefault(stem, []).append(path)
    for paths in found.values():
        folders = sorted({path.parent.relative_to(study).as_posix() for path in paths})
        if len(folders) > 1:
            raise TouchRhythmError(
                f"{study}: recordings of the same names lie in {' and in '.join(map(shown, folders))}; which of them is the"
                " copy cannot be told, remove it or rename its files"
            )
    if not found:
        raise NoSuchInput(f"{study}: a BIDS dataset without any recording (sub-*/**/*_physio.tsv.gz)")
    return found


def _codes(kept: list[SourceSession], *, is_new: bool) -> Codes:
    raters = [rater for source in kept for rater in source.raters]
    sessions = [(source.subject, source.session) for source in kept]
    if not is_new:
        return plain_codes([source.subject for source in kept], raters, sessions)
    prefixes: dict[str, str] = {}
    for source in kept:
        kind = KINDS.get(source.kind)
        prefix = kind.prefix if kind is not None and not kind.has_subject else "S"
        prefixes[source.subject] = prefix if prefixes.get(source.subject, prefix) == prefix else "S"
    return new_codes(prefixes, raters, sessions)


def _other_files(study: Path, groups: Mapping[str, list[Path]]) -> Counter[tuple[str, str]]:
    """What lies in the study beside recordings and their events, and why it stays there."""
    known = {path for paths in groups.values() for path in paths}
    found: Counter[tuple[str, str]] = Counter()
    for folder, _, files in os.walk(study):
        top = Path(folder).relative_to(study).parts[:1]
        for name in files:
            path = Path(folder) / name
            if top and top[0] in FOLDERS:
                found[FOLDERS[top[0]]] += 1
            elif name.endswith("_scans.tsv"):
                found["scans file", "holds dates"] += 1
            elif not top and name == "participants.tsv":
                found.update({("column of participants.tsv", "tells of people"): _further_columns(path)})
            elif not top and name in ("dataset_description.json", "README.md"):
                found["description", "free text: a plain one stands in its place"] += 1
            elif path not in known and not _is_rewritten(name, top):
                found["other file", "not known to be harmless"] += 1
    return +found


def _is_rewritten(name: str, top: tuple[str, ...]) -> bool:
    if not top:
        return name in KEPT_AT_ROOT or name.endswith(("_physio.json", "_events.json"))
    return name.endswith(("_physio.json", "_events.tsv", "_events.json"))


def _further_columns(path: Path) -> int:
    with open_regular(path, is_limited=False) as file:
        return file.readline(1 << 16).count(b"\t")


# -- writing ------------------------------------------------------------------------------------------


def _write_all(
    root: Path,
    kept: list[SourceSession],
    codes: Codes,
    left: Counter[tuple[str, str]],
    decimal_comma: bool,
    progress: Callable[[int, int], None] | None,
) -> None:
    _root_files(root, decimal_comma)
    plain = Plain(codes)
    for done, session in enumerate(_in_shared_order(kept, codes), start=1):
        for bare, columns, notes in bare_sessions(session, plain):
            path = write_session(bare, root, columns=columns)
            if decimal_comma:
                _write_comma_table(path, root)
            left["reading notes", "free text"] += notes
        if progress is not None:
            progress(done, len(kept))
    for what, number in plain.changed().items():
        left[what, "not known to be harmless: a plain name stands in its place"] += number
    left += Counter()  # without what there is none of
    write_new(root / LIST_NAME, _list_of(left).encode())
    write_list(root, sorted(root.glob("sub-*/**/*.*")))


def _in_shared_order(kept: list[SourceSession], codes: Codes) -> Iterator[SourceSession]:
    """Sessions in the order of their new codes, so that the old order shows nowhere."""
    yield from sorted(
        kept,
        key=lambda source: (
            codes.subject[source.subject],
            codes.session[source.subject, source.session],
            source.stem,
        ),
    )


def _root_files(root: Path, decimal_comma: bool) -> None:
    about: dict[str, Any] = {
        "Name": NAME,
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "touchrhythm", "Version": __version__}],
    }
    write_new(root / "dataset_description.json", as_json(about))
    ignored = [LIST_NAME, SEALED_NAME] + (["derivatives/"] if decimal_comma else [])
    write_new(root / ".bidsignore", ("\n".join(ignored) + "\n").encode())


def _write_comma_table(path: Path, root: Path) -> None:
    """The recording as a spreadsheet in a decimal-comma country opens it, calibrated."""
    session: Session = read_bids(path)
    name = path.name.removesuffix("_physio.tsv.gz")
    write_table(session, root / "derivatives" / "tables" / f"{name}.csv", decimal_comma=True)


def _list_of(left: Counter[tuple[str, str]]) -> str:
    lines = ["what\twhy\tnumber"]
    lines += ["\t".join((*key, str(number))) for key, number in sorted(left.items())]
    return "\n".join(lines) + "\n"
