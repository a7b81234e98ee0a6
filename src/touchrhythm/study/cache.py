"""What was answered already? Rows of sessions, kept so that a study goes on where it stopped.

**Conventions.** One JSON file per session and settings, named by the hash of all that the answer
depends on: files of the session, settings, seed and version. Files are written in one step, so a
killed run leaves whole rows or none.

- `cache_key` : what a row depends on → its name
- `read_row`, `write_row` : from and to the cache
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from touchrhythm._version import __version__
from touchrhythm.errors import TouchRhythmError
from touchrhythm.io.content import open_json
from touchrhythm.io.writing import as_json, make_folder, write_over
from touchrhythm.settings import Settings

__all__ = ["ROW_SCHEMA", "cache_key", "read_row", "write_row"]

ROW_SCHEMA = 2


def cache_key(digest: str, settings: Settings, seed: int) -> str:
    """Name of a row: the hash of its session's files, settings, seed and version.

    >>> cache_key("ab", Settings(), 0) == cache_key("ab", Settings(alpha=0.01), 0)
    False
    """
    told = [ROW_SCHEMA, __version__, digest, settings.to_dict(), seed]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_row(folder: Path, key: str) -> dict[str, Any] | None:
    """A row in plain form; None where there is none, or it is damaged."""
    try:
        stored = open_json(_place(folder, key))
    except TouchRhythmError:
        return None
    if stored.get("schema_version") != ROW_SCHEMA or stored.get("key") != key:
        return None
    row = stored.get("row")
    return row if isinstance(row, dict) else None


def write_row(folder: Path, key: str, row: dict[str, Any]) -> None:
    """Keep a row.

    Raises
    ------
    CannotWrite
        If it cannot be written.
    """
    place = _place(folder, key)
    make_folder(place.parent)
    write_over(place, as_json({"schema_version": ROW_SCHEMA, "key": key, "row": row}))


def _place(folder: Path, key: str) -> Path:
    return folder / "cache" / key[:2] / f"{key}.json"
