"""Whose rows stand in the tables of a study? Found, and left out.

**Conventions.** A table is text with a header; columns that name people are `participant_id`,
`subject`, `rater` or `examiner`. Lines that stay are kept byte for byte.

- `rows_leaving`, `without_rows` : tables at the root of a study
- `files_of_person` : recordings that a table names beside a person
- `has_person` : whether a table names a person
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from touchrhythm.errors import TouchRhythmError
from touchrhythm.io.content import raw_bytes

__all__ = ["Leaving", "files_of_person", "has_person", "rows_leaving", "without_rows"]

TABLES = (".tsv", ".csv", ".txt")
PERSON = ("participant_id", "subject", "sub", "rater", "examiner")
FILES = ("file", "taps", "filename")
PARTICIPANTS = "participants.tsv"


@dataclass(frozen=True)
class Leaving:
    """Codes and files that leave."""

    codes: frozenset[str]
    files: frozenset[Path]


@dataclass(frozen=True)
class _Table:
    lines: list[str]
    header: list[str]
    mark: str

    def cells(self, line: str, names: tuple[str, ...]) -> list[str]:
        """Cells of a line in the columns of these names."""
        cells = [cell.strip().strip('"') for cell in line.strip("\r\n").split(self.mark)]
        return [cells[k] for k, name in enumerate(self.header) if name in names and k < len(cells)]


def _table(path: Path) -> _Table | None:
    if path.suffix.lower() not in TABLES or path.is_symlink():
        return None
    try:
        lines = raw_bytes(path).decode("utf-8-sig").splitlines(keepends=True)
    except (TouchRhythmError, UnicodeDecodeError):
        return None
    first = lines[0].strip("\r\n") if lines else ""
    mark = next((sign for sign in ("\t", ";", ",") if sign in first), "\t")
    return _Table(lines, [cell.strip().strip('"').lower() for cell in first.split(mark)], mark)


def has_person(path: Path, code: str) -> bool:
    """Whether a row of a table is of a person."""
    table = _table(path)
    return table is not None and any(code in table.cells(line, PERSON) for line in table.lines[1:])


def files_of_person(path: Path, code: str) -> set[Path]:
    """Files that the rows of a person name, beside the table."""
    table = _table(path)
    if table is None:
        return set()
    rows = [line for line in table.lines[1:] if _names(table, line, frozenset({code}), PERSON)]
    return {path.parent / file for line in rows for file in table.cells(line, FILES) if file}


def rows_leaving(path: Path, root: Path, leaving: Leaving) -> int:
    """How many rows of a table at the root leave; 0 for what is no such table."""
    table = _table(path) if path.parent == root else None
    return 0 if table is None else sum(_leaves(path, table, line, leaving) for line in table.lines[1:])


def without_rows(path: Path, root: Path, leaving: Leaving) -> bytes:
    """The table without those rows; all else stays as it is."""
    raw, table = raw_bytes(path), _table(path)
    if table is None:
        return raw
    mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    kept = table.lines[:1] + [line for line in table.lines[1:] if not _leaves(path, table, line, leaving)]
    return mark + "".join(kept).encode()


def _leaves(path: Path, table: _Table, line: str, leaving: Leaving) -> bool:
    columns = PERSON[:1] if path.name == PARTICIPANTS else PERSON
    if _names(table, line, leaving.codes, columns):
        return True
    return any(path.parent / file in leaving.files for file in table.cells(line, FILES) if file)


def _names(table: _Table, line: str, codes: frozenset[str], columns: tuple[str, ...]) -> bool:
    return any(cell.removeprefix("sub-") in codes for cell in table.cells(line, columns))
