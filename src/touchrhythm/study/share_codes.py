"""Which names may leave the lab? Codes, and words that are known to tell nothing.

**Conventions.** What is not known to be harmless gets a plain name; what a name was stands nowhere
in what is shared. The mapping of new codes to old ones is kept outside of every study folder.

- `Codes` : old codes → shared codes
- `plain_codes`, `new_codes` : codes as they are, or drawn anew
- `write_mapping` : the mapping, for the lab alone
- `PlainNames` : channels, labels and the like
- `check_no_key_file` : refuse a study folder that says who is who
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from touchrhythm.errors import BadFile, CannotWrite, TouchRhythmError
from touchrhythm.io.content import open_text
from touchrhythm.io.writing import make_folder, write_new
from touchrhythm.participants import check_code

__all__ = [
    "Codes",
    "PlainNames",
    "check_mapping_place",
    "check_no_key_file",
    "new_codes",
    "plain_codes",
    "study_above",
    "write_mapping",
]

NO_NAME = "rater"  # what a rater without a code is called on reading
MOST_DIGITS = 4  # of a session or run: more may be a date
KEY_NAMES = re.compile(
    r"(?i)(?:^|[^a-z])(?:key|keys|keyfile|mapping|recoding|codebook|codelist|names|pseudonym\w*|schluessel|schlüssel"
    r"|identit\w*)(?:[^a-z]|$)"
)
KEY_COLUMNS = re.compile(
    r"(?i)(?:full|first|last|family|given|sur|birth)?[ _]?names?|vorname|nachname|birth[ _]?(?:day|date)?|dob|date[ _]of[ _]birth"
    r"|geburts\w+|e?-?mail|phone|telefon|address|adresse|patient[ _]?(?:id|number|name)?|original"
)
TABLES = (".tsv", ".csv", ".txt")
DOCUMENTS = (*TABLES, ".xlsx", ".xls", ".ods", ".json", ".toml", ".yaml", ".docx", ".odt", ".pdf")


@dataclass(frozen=True)
class Codes:
    """Shared codes by old ones: of subjects, raters, and sessions (subject, session)."""

    subject: Mapping[str, str]
    rater: Mapping[str, str]
    session: Mapping[tuple[str, str], str]
    is_new: bool


def plain_codes(subjects: Iterable[str], raters: Iterable[str], sessions: Iterable[tuple[str, str]]) -> Codes:
    """Codes as they are, if all of them tell nothing.

    Raises
    ------
    TouchRhythmError
        If one is no code.
    """
    subjects, raters, sessions = sorted(set(subjects)), sorted(set(raters)), sorted(set(sessions))
    wrong = [f"subject {code!r}" for code in subjects if not _is_code(code)]
    wrong += [f"rater {code!r}" for code in raters if code != NO_NAME and not _is_code(code)]
    wrong += [f"session {number!r}" for _, number in sessions if not _is_number(number)]
    if wrong:
        raise TouchRhythmError(
            f"only codes such as S01 are shared, found {', '.join(dict.fromkeys(wrong))}; --recode MAPPING.tsv gives new"
            " ones and keeps the mapping for you"
        )
    return Codes(
        {code: code for code in subjects},
        {code: code for code in raters},
        {pair: pair[1] for pair in sessions},
        False,
    )


def new_codes(
    prefixes: Mapping[str, str], raters: Iterable[str], sessions: Iterable[tuple[str, str]]
) -> Codes:
    """Codes drawn at random, so that their order tells nothing.

    Parameters
    ----------
    prefixes : mapping
        Letters that the new code of each subject begins with.
    raters : iterable of str
    sessions : iterable of (subject, session)
        Sessions are numbered anew within each subject, in their order.
    """
    shuffled = random.SystemRandom()
    subject: dict[str, str] = {}
    for prefix in sorted(set(prefixes.values())):
        own = sorted(old for old in prefixes if prefixes[old] == prefix)
        shuffled.shuffle(own)
        subject |= {old: f"{prefix}{k:02d}" for k, old in enumerate(own, start=1)}
    who = sorted(set(raters))
    shuffled.shuffle(who)
    rater = {old: f"E{k:02d}" for k, old in enumerate(who, start=1)}
    session: dict[tuple[str, str], str] = {}
    for person in subject:
        pairs = sorted({pair for pair in sessions if pair[0] == person})
        session |= {pair: f"{k:02d}" for k, pair in enumerate(pairs, start=1)}
    return Codes(subject, rater, session, True)


def check_mapping_place(mapping: Path, study: Path, out: Path) -> None:
    """Refuse a mapping that would lie with the data, or over another file.

    Raises
    ------
    CannotWrite
        If it lies inside a study folder or inside `out`, or is there already.
    """
    place = mapping.resolve()
    for folder in (study.resolve(), out.resolve()):
        if folder == place or folder in place.parents:
            raise CannotWrite(
                f"{mapping}: the mapping must lie outside of {folder.name}, or it would travel with the data"
            )
    inside = study_above(place.parent)
    if inside is not None:
        raise CannotWrite(
            f"{mapping}: the mapping must lie outside of every study folder, got one in {inside}"
        )
    if os.path.lexists(mapping):
        raise CannotWrite(f"{mapping}: is there already; nothing was overwritten")


def study_above(folder: Path) -> Path | None:
    """The study folder that a folder is or lies in; None where there is none."""
    for above in (folder, *folder.parents):
        if (above / "dataset_description.json").is_file() or any(above.glob("sub-*/")):
            return above
    return None


def write_mapping(path: Path, codes: Codes) -> None:
    """Write which shared code was which, readable by its owner alone.

    Raises
    ------
    CannotWrite
        If it is there already, or cannot be made.
    """
    lines = ["kind\toriginal\tshared"]
    lines += [f"subject\t{old}\t{new}" for old, new in sorted(codes.subject.items())]
    lines += [f"rater\t{old}\t{new}" for old, new in sorted(codes.rater.items())]
    lines += [
        f"session\tsub-{sub}_ses-{old}\tsub-{codes.subject[sub]}_ses-{new}"
        for (sub, old), new in sorted(codes.session.items())
    ]
    make_folder(path.parent)
    write_new(path, ("\n".join(lines) + "\n").encode(), mode=0o600)


def _is_code(text: str) -> bool:
    try:
        return check_code(text, "") == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    return re.fullmatch(rf"[A-Za-z]{{0,3}}[0-9]{{1,{MOST_DIGITS}}}", text) is not None


class PlainNames:
    """Names of one kind: those known to be harmless stay, others become a plain word with a number.

    >>> names = PlainNames({"force", "pulse"}, "channel")
    >>> [names(one) for one in ("force", "Anna", "pulse", "Bert", "Anna")], names.n_changed
    (['force', 'channel1', 'pulse', 'channel2', 'channel1'], 2)
    """

    def __init__(self, known: Iterable[str], otherwise: str) -> None:
        self._known = frozenset(known)
        self._otherwise = otherwise
        self._given: dict[str, str] = {}

    @property
    def n_changed(self) -> int:
        """How many different names were replaced."""
        return len(self._given)

    def __call__(self, name: str) -> str:
        """The name that is shared."""
        if name in self._known:
            return name
        return self._given.setdefault(name, f"{self._otherwise}{len(self._given) + 1}")


def check_no_key_file(study: Path) -> None:
    """Refuse a study folder in which a file says who is who.

    Raises
    ------
    BadFile
        If a file is named as a key, or a table has columns of codes beside names or birth dates.
    """
    for path in sorted(_documents(study)):
        if KEY_NAMES.search(path.name.split(".")[0]):
            raise BadFile(path, "looks like a key to who is who; it must lie outside of the study folder")
        column = _telling_column(path)
        if column:
            raise BadFile(
                path,
                f"has a column {column!r}, which tells who is who; such a table must lie outside of the study folder",
            )


def _documents(study: Path) -> list[Path]:
    found = []
    for folder, names, files in os.walk(study):
        names[:] = [name for name in names if name not in (".git", ".datalad", "cache")]
        found += [Path(folder) / name for name in files if name.lower().endswith(DOCUMENTS)]
    return found


def _telling_column(path: Path) -> str:
    """The column of a table that names people; "" where there is none."""
    is_data = path.name.endswith(("_physio.tsv", "_events.tsv")) or path.name == "journal.txt"
    if path.suffix.lower() not in TABLES or is_data:
        return ""
    try:
        first = open_text(path).data.split(b"\n", 1)[0].decode().lower()
    except TouchRhythmError:
        return ""
    mark = next((sign for sign in ("\t", ";", ",") if sign in first), None)
    if mark is None:
        return ""
    columns = [column.strip().strip('"') for column in first.split(mark)]
    return next((column for column in columns if KEY_COLUMNS.fullmatch(column)), "")
