"""How does a file get onto the disk whole, once, and never over another?

**Conventions.** Content is written aside and moved into place. A number is written as the shortest
decimal that reads back equal; a missing one as ``n/a``.

- `write_new` : a file that must not be there yet
- `write_over` : a file of ours that may be replaced
- `decimals` : samples → text
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import CannotWrite

__all__ = ["as_json", "decimals", "make_folder", "refuse_existing", "write_new", "write_over"]

ROWS = 1 << 15  # rows turned into text at a time


def write_new(path: Path, content: bytes) -> None:
    """Write a file that is not there yet.

    Raises
    ------
    CannotWrite
        If it is there already, or cannot be made.
    """
    refuse_existing(path)
    aside = _aside(path, content)
    try:
        try:
            os.link(aside, path)  # fails where the file has appeared meanwhile
        except FileExistsError:
            raise _exists(path) from None
        except OSError:  # a file system without links
            refuse_existing(path)
            os.rename(aside, path)
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written ({error.strerror})") from None
    finally:
        aside.unlink(missing_ok=True)


def write_over(path: Path, content: bytes) -> None:
    """Write a file, in place of one of the same name if there is one, in one step."""
    aside = _aside(path, content)
    try:
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise CannotWrite(f"{path}: cannot be written ({error.strerror})") from None


def refuse_existing(path: Path) -> None:
    """Raise CannotWrite if a file is there already."""
    if os.path.lexists(path):
        raise _exists(path)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are missing."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise CannotWrite(f"{path}: is a file, a folder is needed") from None
    except OSError as error:
        raise CannotWrite(f"{path}: the folder cannot be made ({error.strerror})") from None


def as_json(content: Mapping[str, Any]) -> bytes:
    """JSON for people and programs: sorted keys, two spaces, UTF-8."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def decimals(data: FloatArray, *, separator: str = "\t", missing: str = "n/a") -> str:
    r"""Rows of numbers as text, each line ending in a newline.

    >>> decimals(np.array([[0.1, 5.0], [float("nan"), -2.5]]), separator=";")
    '0.1;5\nn/a;-2.5\n'
    """
    pieces = []
    for start in range(0, len(data), ROWS):
        rows = data[start : start + ROWS]
        lines = "\n".join(separator.join(map(repr, row)) for row in rows.tolist()) + "\n"
        lines = lines.replace(".0" + separator, separator).replace(".0\n", "\n")
        pieces.append(lines.replace("nan", missing) if np.isnan(rows).any() else lines)
    return "".join(pieces)


def _exists(path: Path) -> CannotWrite:
    return CannotWrite(f"{path}: is there already; nothing was overwritten")


def _aside(path: Path, content: bytes) -> Path:
    """The content in a new file of the same folder, flushed to the disk."""
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written ({error.strerror})") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise CannotWrite(f"{path}: cannot be written ({error.strerror})") from None
    return Path(name)
