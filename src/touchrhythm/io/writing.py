"""How does a file get onto the disk whole, once, and never over another?

**Conventions.** Content is written aside (a hidden ``….part`` in the same folder), brought to the disk,
and moved into place; the folder is brought to the disk too. What a killed run left aside is removed
by the next one that writes into the folder. A number is written as the shortest decimal that reads
back equal; a missing one as ``n/a``. Text for a cell of a table never begins a formula.

- `write_new` : a file that must not be there yet
- `write_over` : a file of ours that may be replaced
- `copy_verified` : a file once more, compared by its hash
- `made_aside` : a whole folder that takes its place when all is in it
- `file_name`, `inside` : a name for what is called so; a path made of names, which must lie inside its folder
- `remove_leftovers` : what killed runs have left
- `cell`, `decimals`, `as_json` : values → text
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import AlreadyThere, CannotWrite
from touchrhythm.io.content import digest_of, open_regular
from touchrhythm.io.locks import try_lock
from touchrhythm.participants import SEPARATORS, is_misread

__all__ = [
    "as_json",
    "cell",
    "copy_verified",
    "decimals",
    "file_name",
    "inside",
    "made_aside",
    "make_folder",
    "refuse_existing",
    "remove_leftovers",
    "write_new",
    "write_over",
]

ROWS = 1 << 15  # rows turned into text at a time
CHUNK = 1 << 20
TOKEN_BYTES = 4
LEFTOVER = re.compile(r"\..*\.part")
SURE_AFTER_S = 60.0  # on Windows a file is unlocked for a moment before it is moved
LONGEST_PLAIN = 150  # characters of a name that is made of what something is called
LONGEST_NAME = 255  # bytes of a file's name that usual file systems take
NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*' + re.escape(SEPARATORS) + "]")
RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?")  # of Windows

_looked_through: set[str] = set()


# -- files -----------------------------------------------------------------------------------------


def write_new(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file that is not there yet.

    Parameters
    ----------
    path : Path
    content : bytes
    mode : int, default 0o666
        Who may do what with it, less the umask.

    Raises
    ------
    CannotWrite
        If it is there already, or cannot be made.
    """
    refuse_existing(path)
    with _aside(path, lambda file: file.write(content), mode) as aside:
        _link(aside, path)


def write_over(path: Path, content: bytes) -> None:
    """Write a file, in place of one of the same name if there is one, in one step.

    Raises
    ------
    CannotWrite
        If it cannot be made, or is a folder.
    """
    if path.is_dir():
        raise CannotWrite(f"{path} is a folder; a file's name is needed")
    with _aside(path, lambda file: file.write(content), 0o666) as aside:
        os.replace(aside, path)


def copy_verified(source: Path, target: Path) -> str:
    """Copy a file to where none is, and compare the copy by its hash.

    Parameters
    ----------
    source, target : Path

    Returns
    -------
    str
        SHA-256 of both.

    Raises
    ------
    CannotWrite
        If `target` is there already, cannot be made, or did not come out the same.
    NoSuchInput
        If `source` is no regular file that can be opened.
    """
    refuse_existing(target)
    wanted = hashlib.sha256()

    def copy(file: IO[bytes]) -> None:
        with open_regular(source, is_limited=False) as original:
            while piece := original.read(CHUNK):
                wanted.update(piece)
                file.write(piece)

    with _aside(target, copy, 0o666) as aside:
        found = digest_of(aside)
        if found != wanted.hexdigest():
            raise CannotWrite(f"{target}: the copy differs from {source}; is the disk failing?")
        _link(aside, target)
    return found


def _link(aside: Path, path: Path) -> None:
    """Move a file to where none is, in one step."""
    try:
        os.link(aside, path)  # fails where the file has appeared meanwhile
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without links
        refuse_existing(path)
        os.rename(aside, path)


@contextmanager
def _aside(path: Path, fill: Callable[[IO[bytes]], object], mode: int) -> Iterator[Path]:
    """A new file of the same folder, filled and on the disk; gone at the end if it was not moved."""
    folder = path.parent
    if str(folder) not in _looked_through:
        _looked_through.add(str(folder))
        remove_leftovers(folder)
    aside = None
    try:
        aside, descriptor = _open_aside(folder, mode)
        with os.fdopen(descriptor, "wb") as file:
            fill(file)
            file.flush()
            os.fsync(descriptor)
            if os.name != "nt":  # held until it is moved, so that nobody takes it for a leftover
                yield aside
        if os.name == "nt":
            yield aside
        _sync_folder(folder)
    except FileNotFoundError as error:
        lacks = f"there is no folder {folder}" if not folder.is_dir() else _why(error)
        raise CannotWrite(f"{path}: cannot be written ({lacks})") from None
    except OSError as error:
        raise CannotWrite(f"{path}: cannot be written ({_why(error)})") from None
    finally:
        if aside is not None:
            with contextlib.suppress(OSError):
                os.unlink(aside)


def _open_aside(folder: Path, mode: int) -> tuple[Path, int]:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        aside = folder / f".{secrets.token_hex(TOKEN_BYTES)}.part"
        try:
            descriptor = os.open(aside, flags, mode)
        except FileExistsError:
            continue
        if try_lock(descriptor) and aside.exists():
            return aside, descriptor
        os.close(descriptor)  # another run was quick to take it for a leftover
        with contextlib.suppress(OSError):
            os.unlink(aside)


def _why(error: OSError) -> str:
    return error.strerror or str(error)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        with contextlib.suppress(OSError):  # some network file systems cannot
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


# -- folders -----------------------------------------------------------------------------------------


@contextmanager
def made_aside(out: Path, *, label: str) -> Iterator[Path]:
    """A folder that takes its place when all is in it, and is gone when anything goes wrong.

    Parameters
    ----------
    out : Path
        Folder that is not there yet, or is empty.
    label : str
        Begins the hidden name that it has meanwhile; what a killed run left under it is removed first.

    Raises
    ------
    CannotWrite
        If it cannot be made or moved.
    """
    place = out.resolve()
    make_folder(place.parent)
    remove_leftovers(place.parent, label=label)
    aside = place.parent / f".{label}-{secrets.token_hex(TOKEN_BYTES)}.part"
    held = None
    try:
        make_folder(aside)
        held = _held_folder(aside)
        yield aside
        if out.exists():
            out.rmdir()
        os.rename(aside, place)
        _sync_folder(place.parent)
    except OSError as error:
        raise CannotWrite(f"{out}: cannot be written ({_why(error)})") from None
    finally:
        if held is not None:
            os.close(held)
        shutil.rmtree(aside, ignore_errors=True)


def _held_folder(folder: Path) -> int | None:
    if os.name != "posix":
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try_lock(descriptor)
    return descriptor


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are missing.

    Raises
    ------
    CannotWrite
        If a file is in the way, or it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise CannotWrite(f"{path}: is a file, a folder is needed") from None
    except OSError as error:
        raise CannotWrite(f"{path}: the folder cannot be made ({_why(error)})") from None


def refuse_existing(path: Path) -> None:
    """Raise CannotWrite if a file is there already."""
    if os.path.lexists(path):
        raise _exists(path)


def _exists(path: Path) -> AlreadyThere:
    return AlreadyThere(f"{path}: is there already; nothing was overwritten")


# -- leftovers -----------------------------------------------------------------------------------------


def remove_leftovers(folder: Path, *, label: str = "", deep: bool = False) -> int:
    """Remove what killed runs have left aside; what a running one is writing stays.

    Parameters
    ----------
    folder : Path
        Where to look.
    label : str, default ""
        Only hidden names that begin with this.
    deep : bool, default False
        Also in all folders below.

    Returns
    -------
    int
        How many were removed.
    """
    removed = 0
    for name, folders, files in os.walk(folder):
        for entry in [*folders, *files]:
            if LEFTOVER.fullmatch(entry) and entry.startswith(f".{label}"):
                removed += _remove_left(Path(name) / entry)
        folders[:] = [entry for entry in folders if not LEFTOVER.fullmatch(entry)] if deep else []
    return removed


def _remove_left(path: Path) -> bool:
    """Remove one of them, unless somebody holds it."""
    try:
        if path.is_symlink():
            return False
        if os.name == "nt":
            if time.time() - path.stat().st_mtime < SURE_AFTER_S:
                return False
        else:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                if not try_lock(descriptor):
                    return False
            finally:
                os.close(descriptor)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError:
        return False
    return True


# -- names and cells -----------------------------------------------------------------------------------


def inside(folder: Path, *names: str) -> Path:
    """The path that names make below a folder, on every system, and nowhere else.

    Parameters
    ----------
    folder : Path
    *names : str
        One for each folder below, the file's last. Each is a name, never a path.

    Returns
    -------
    Path

    Raises
    ------
    CannotWrite
        If a name is a path, cannot be a name on every system, or leads outside.

    >>> inside(Path("study"), "sub-01", "page.html").as_posix()
    'study/sub-01/page.html'
    """
    for name in names:
        wrong = _why_no_name(name)
        if wrong:
            raise CannotWrite(f"{name[:60]!r} cannot be the name of a file or folder: {wrong}")
    path = folder.joinpath(*names)
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
    except OSError as error:  # a circle of links, or a path that is too long
        raise CannotWrite(f"{path}: cannot be written ({_why(error)})") from None
    if not is_inside:
        raise CannotWrite(f"{path}: leads out of {folder} (is a folder in it a link?); nothing was written")
    return path


def _why_no_name(name: str) -> str:
    bad = NOT_IN_NAMES.search(name)
    if bad:
        return f"it has {bad[0]!r}"
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "it is no text"
    if not 0 < length <= LONGEST_NAME:
        return f"it must have 1 to {LONGEST_NAME} bytes, got {length}"
    if name.endswith((".", " ")):
        return "it ends in a dot or a space"
    return "it is reserved on Windows" if RESERVED.fullmatch(name) else ""


def file_name(text: str) -> str:
    """A name that every system takes, for what is called so; two that differ do not become one.

    >>> file_name("sub-S01_ses-01"), file_name("a:b") == file_name("a?b")
    ('sub-S01_ses-01', False)
    """
    plain = re.sub(r"[^\w.-]", "-", text)[:LONGEST_PLAIN]
    if plain == text and not _why_no_name(plain):
        return plain
    return f"{plain.strip('.')}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def cell(text: str) -> str:
    """Text for a cell of a table; an apostrophe stands before what other programs would not take as text.

    A spreadsheet runs what begins a formula, and R takes T and F for true and false. Our readers take
    the apostrophe off again (`touchrhythm.io.content.plain_cell`).

    >>> [cell(one) for one in ("rest", "=1+1", "-2", "'quoted", "T")]
    ['rest', "'=1+1", "'-2", "'quoted", "'T"]
    """
    return f"'{text}" if is_misread(text.lstrip("'")) else text


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
