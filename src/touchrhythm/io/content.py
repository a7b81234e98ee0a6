"""What stands in this file? Bytes, text, JSON or TOML, with the place of whatever is wrong with it.

**Conventions.** Text comes out as UTF-8 bytes without byte order mark, lines ending in a plain
newline; files ending in ``.gz`` are unpacked. Lines are counted from 1. Only regular files are opened,
and none that is larger, unpacked, than ``TOUCHRHYTHM_MAX_MB`` (512 unless set). JSON and TOML come from
anywhere, so their depth, size and numbers have limits too.

- `open_regular`, `raw_bytes`, `digest_of` : a regular file as it is; its SHA-256, however large it is
- `refuse_irregular`, `check_folder` : what to say of a name that is no file, or no folder
- `check_count`, `check_unpacked`, `limit_bytes`, `too_large` : the limit, for what grows when it is opened
- `open_bytes`, `open_text` : the content of a file, unpacked
- `open_json`, `open_toml`, `parse_json` : what a file, or a line of one, says
- `quoted_cells` : the cells of a line of which some stand in quotes
- `plain_cell` : a cell of a table without the apostrophe that keeps spreadsheets from running it
- `Source` : text with the digest of the file it came from
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import json
import os
import re
import stat
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchrhythm.errors import BadFile, NoSuchInput
from touchrhythm.participants import is_misread

__all__ = [
    "LIMIT",
    "Source",
    "check_count",
    "check_folder",
    "check_unpacked",
    "digest_of",
    "limit_bytes",
    "open_bytes",
    "open_json",
    "open_regular",
    "open_text",
    "open_toml",
    "parse_json",
    "plain_cell",
    "quoted_cells",
    "raw_bytes",
    "refuse_irregular",
    "shown",
    "too_large",
]

HEAD = 4096  # bytes looked at to tell text from binary
MOST_CONTROLS = 0.05  # share of control characters in text
PLAIN_CONTROLS = b"\t\n\r\f\x1b"
LIMIT = "TOUCHRHYTHM_MAX_MB"
MOST_MB = 512
PIECE = 1 << 20
FLOAT_BYTES = 8
GZIP = 31  # zlib's word for gzip's header and the widest window
MOST_NOTES = 32 << 20  # bytes of JSON or TOML: sidecars, plans and rows have a thousandth of it
MOST_DEPTH = 64
MOST_DIGITS = 100  # of a whole number: more is no quantity, and no float holds more than 308
KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "is a folder, not a file"),
    (stat.S_ISFIFO, "is a pipe, not a file; write what comes through it into a file first"),
    (stat.S_ISSOCK, "is a socket, not a file"),
    (lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode), "is a device, not a file"),
)
STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, eq=False)
class Source:
    """Text of a file as UTF-8 bytes, the SHA-256 of the file itself, and what was unusual."""

    path: Path
    data: bytes
    sha256: str
    import_notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """File name without folders."""
        return shown(self.path.name)


def shown(name: str) -> str:
    """A file's name as text that can be written: bytes that are no UTF-8 become a question mark."""
    return name.encode("utf-8", "replace").decode()


def plain_cell(text: str) -> str:
    """A cell as it was before `touchrhythm.io.writing.cell` kept other programs from misreading it.

    >>> [plain_cell(one) for one in ("'=1+1", "'quoted", "''=1")]
    ['=1+1', "'quoted", "'=1"]
    """
    rest = text.lstrip("'")
    return text[1:] if rest != text and is_misread(rest) else text


def quoted_cells(line: str, separator: str) -> list[str]:
    """Cells of one line, blanks and quotes around them taken off.

    >>> quoted_cells('1; "a;b"', ";")
    ['1', 'a;b']
    """
    try:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    except csv.Error:  # a cell longer than csv takes
        cells = line.split(separator)
    return [cell.strip() for cell in cells]


def open_bytes(path: str | Path) -> tuple[bytes, str]:
    """Content of a file, unpacked if its name ends in .gz, and the SHA-256 of the file itself.

    Raises
    ------
    NoSuchInput
        If there is no such file, it is no regular file, or it may not be opened.
    BadFile
        If it is empty, larger than the limit, or its gzip data are damaged.
    """
    path = Path(path)
    raw = raw_bytes(path)
    if not raw:
        raise BadFile(path, "the file is empty")
    digest = hashlib.sha256(raw).hexdigest()
    if path.suffix.lower() == ".gz" or raw[:2] == b"\x1f\x8b":
        raw = _unpacked(path, raw)
        if not raw:
            raise BadFile(path, "the file is empty once unpacked")
    return raw, digest


def raw_bytes(path: Path) -> bytes:
    """Bytes of a regular file as they are, within the limit.

    Raises
    ------
    NoSuchInput, BadFile
        As `open_regular`; also if it cannot be read.
    """
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise NoSuchInput(f"{path}: cannot be read ({_reason(error)})") from None


def digest_of(path: Path) -> str:
    """SHA-256 of a regular file, of any size.

    Raises
    ------
    NoSuchInput
        If there is no such file, it is no regular file, or it cannot be read.
    """
    try:
        with open_regular(path, is_limited=False) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise NoSuchInput(f"{path}: cannot be read ({_reason(error)})") from None


def check_folder(path: Path) -> None:
    """Raise NoSuchInput if this is no folder."""
    if not path.is_dir():
        found = "is a file, a folder is needed" if path.exists() else "there is no such folder"
        raise NoSuchInput(f"{path}: {found}")


def refuse_irregular(path: Path) -> None:
    """Raise NoSuchInput if something is there that is no regular file."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return
    for is_kind, what in KINDS:
        if is_kind(mode):
            raise NoSuchInput(f"{path}: {what}")


def open_regular(path: Path, *, is_limited: bool = True) -> io.FileIO:
    """A file that is open for reading, if it is a regular one; nothing is waited for.

    Parameters
    ----------
    path : Path
    is_limited : bool, default True
        Refuse one that is larger than the limit.

    Raises
    ------
    NoSuchInput
        If there is no such file, it is no regular file, or it may not be opened.
    BadFile
        If it is larger than the limit.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise NoSuchInput(f"{path}: no such file{_similar(path)}") from None
    except (OSError, ValueError) as error:
        refuse_irregular(path)  # the system's word for a socket or a folder is no help
        raise NoSuchInput(f"{path}: cannot be opened ({_reason(error)})") from None
    try:
        about = os.fstat(descriptor)
        for is_kind, what in KINDS:
            if is_kind(about.st_mode):
                raise NoSuchInput(f"{path}: {what}")
        if is_limited and about.st_size > limit_bytes():
            raise too_large(path, f"is {about.st_size / 1e6:.0f} MB large")
        return open(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def limit_bytes() -> int:
    """Most bytes that a file may hold, packed or not."""
    try:
        return int(float(os.environ.get(LIMIT, MOST_MB)) * 1_000_000)
    except (ValueError, OverflowError):
        return MOST_MB * 1_000_000


def too_large(path: str | Path, what: str) -> BadFile:
    """The refusal of what is beyond the limit, with the way to raise it."""
    limit = limit_bytes() / 1e6
    return BadFile(path, f"{what}, more than the limit of {limit:g} MB (set {LIMIT} to raise it)")


def check_count(path: Path, n_numbers: int) -> None:
    """Raise BadFile if so many numbers would be more than the limit in the form that is computed with."""
    if n_numbers * FLOAT_BYTES > limit_bytes():
        raise too_large(path, f"holds {n_numbers:.3g} numbers, {n_numbers * FLOAT_BYTES / 1e6:.0f} MB")


def check_unpacked(path: Path, raw: bytes) -> None:
    """Raise BadFile if a zip archive says that it holds more than the limit.

    What reads members by `zipfile` gets no more of them than they say.
    """
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        size = sum(member.file_size for member in packed.infolist())
    if size > limit_bytes():
        raise too_large(path, f"holds {size / 1e6:.0f} MB once unpacked")


def _unpacked(path: Path, raw: bytes) -> bytes:
    """Content of all gzip members, no further than the limit."""
    pieces: list[bytes] = []
    size, at, most = 0, 0, limit_bytes()
    member = zlib.decompressobj(wbits=GZIP)
    try:
        while at < len(raw) or member.unconsumed_tail:
            feed = member.unconsumed_tail
            if not feed:
                feed = raw[at : at + PIECE]
                at += len(feed)
            pieces.append(member.decompress(feed, PIECE))
            size += len(pieces[-1])
            if size > most:
                raise too_large(path, f"holds more than {size / 1e6:.0f} MB once unpacked")
            if member.eof:  # further members may follow, or zeros of a padded disk
                at -= len(member.unused_data)
                if not raw[at : at + PIECE].strip(b"\0"):
                    return b"".join(pieces)
                member = zlib.decompressobj(wbits=GZIP)
        pieces.append(member.flush())
    except zlib.error as error:
        raise BadFile(path, f"gzip data are damaged or cut off ({error})") from None
    if not member.eof:
        raise BadFile(
            path,
            "gzip data are damaged or cut off (Compressed file ended before the end-of-stream marker was reached)",
        )
    return b"".join(pieces)


def open_text(path: str | Path) -> Source:
    """Text of a file.

    UTF-8 and UTF-16 are told apart by their marks; other text is read as Latin-1, and says so.

    Raises
    ------
    NoSuchInput, BadFile
        As `open_bytes`; also if the content is binary.
    """
    raw, digest = open_bytes(path)
    import_notes: list[str] = []
    data = _as_utf8(Path(path), raw, import_notes)
    if data.endswith(b"\0"):
        stripped = data.rstrip(b"\0")
        import_notes.append(
            f"the file ends in {len(data) - len(stripped)} zero bytes (power lost while writing?)"
        )
        data = stripped
    at = data.find(b"\0")
    if at >= 0:
        raise BadFile(path, f"binary content, not text: a zero byte at position {at}", _line(data, at))
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data or data.isspace():
        raise BadFile(path, "the file holds nothing but white space")
    return Source(Path(path), data, digest, tuple(import_notes))


def open_json(path: str | Path) -> dict[str, Any]:
    """JSON object of a file.

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If it is not UTF-8, no JSON, no object, or beyond the limits of `parse_json`.
    """
    raw, _ = open_bytes(path)
    found = parse_json(raw, path)
    if not isinstance(found, dict):
        raise BadFile(path, f"JSON must hold an object {{…}}, got a {type(found).__name__}")
    return found


def parse_json(raw: bytes, path: str | Path, *, line: int | None = None) -> Any:
    """What JSON says, from a file that may hold anything. NaN, which is no JSON, is read as null.

    Parameters
    ----------
    raw : bytes
    path : str or Path
        Where it stands.
    line : int, optional
        The line of `path` that it is, where it is not the whole file.

    Raises
    ------
    BadFile
        If it is not UTF-8, no JSON, nested deeper than 64, larger than 32 MB, or has a number that is none.
    """
    _check_shape(raw, path, "JSON", line)
    text = _utf8(raw, path, "JSON", line)
    try:
        found = json.loads(text, parse_int=_whole, parse_float=_real, parse_constant=_constant)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()  # a lone half of a pair can never be written
    except json.JSONDecodeError as error:
        place = error.lineno if line is None else line
        raise BadFile(path, f"broken JSON: {error.msg} at column {error.colno}", place) from None
    except UnicodeEncodeError:
        raise BadFile(path, "JSON holds half of a character (a lone surrogate)", line) from None
    except RecursionError:
        raise BadFile(path, f"JSON is nested deeper than {MOST_DEPTH}", line) from None
    except ValueError as error:
        raise BadFile(path, f"JSON {error}", line) from None
    return found


def open_toml(path: str | Path) -> dict[str, Any]:
    """TOML of a file.

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If it is not UTF-8, no TOML, or beyond the limits of `parse_json`.
    """
    raw, _ = open_bytes(path)
    _check_shape(raw, path, "TOML", None)
    try:
        return tomllib.loads(_utf8(raw, path, "TOML", None), parse_float=_real)
    except tomllib.TOMLDecodeError as error:
        raise BadFile(path, f"broken TOML: {error}") from None
    except RecursionError:
        raise BadFile(path, f"TOML is nested deeper than {MOST_DEPTH}") from None
    except ValueError as error:
        raise BadFile(path, f"TOML cannot be read: {error}") from None


def _check_shape(raw: bytes, path: str | Path, what: str, line: int | None) -> None:
    """Refuse what is too large or nested too deeply, before anything is built of it."""
    if len(raw) > MOST_NOTES:
        raise BadFile(
            path, f"{what} must not be larger than {MOST_NOTES >> 20} MiB, got {len(raw) >> 20}", line
        )
    if raw.count(b"[") + raw.count(b"{") <= MOST_DEPTH:
        return
    depth = 0
    for found in STRING_OR_BRACKET.finditer(raw):
        if found[0] in b"[{":
            depth += 1
            if depth > MOST_DEPTH:
                place = _line(raw, found.start()) if line is None else line
                raise BadFile(path, f"{what} is nested deeper than {MOST_DEPTH}", place)
        elif found[0] in b"]}":
            depth -= 1


def _utf8(raw: bytes, path: str | Path, what: str, line: int | None) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _line(raw, error.start) if line is None else line
        raise BadFile(path, f"{what} must be UTF-8, got byte 0x{raw[error.start]:02x}", place) from None


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"has a whole number of {len(text)} digits, at most {MOST_DIGITS} are a quantity")
    return int(text)


def _real(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"has a number beyond all measure: {text[:40]}")
    return value


def _constant(text: str) -> None:
    if text != "NaN":
        raise ValueError(f"has {text}, which is no number")


def _as_utf8(path: Path, raw: bytes, import_notes: list[str]) -> bytes:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding).encode()
            except UnicodeDecodeError as error:
                raise BadFile(path, f"the text is damaged at byte {error.start} ({error.reason})") from None
    head = raw[:HEAD]
    if len(head) > 3 and not any(head[1::2]) and all(head[::2]):  # UTF-16 without its mark
        return raw.decode("utf-16-le", errors="replace").encode()
    controls = sum(byte < 32 and byte not in PLAIN_CONTROLS for byte in head.rstrip(b"\0"))
    if controls > MOST_CONTROLS * len(head):
        at = next(k for k, byte in enumerate(head) if byte < 32 and byte not in PLAIN_CONTROLS)
        raise BadFile(path, f"binary content, not text: byte 0x{head[at]:02x} at position {at}")
    if raw.isascii():
        return raw
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        import_notes.append(
            f"byte 0x{raw[at]:02x} in line {_line(raw, at)} is no UTF-8; the text was read as Latin-1"
        )
        return raw.decode("latin-1").encode()
    return raw


def _line(data: bytes, at: int) -> int:
    return data.count(b"\n", 0, at) + 1


def _similar(path: Path) -> str:
    """Hint at a file of nearly the same name in the same folder."""
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except (OSError, ValueError):
        return f" (there is no folder {path.parent})"
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.8)
    return f" (did you mean {close[0]}?)" if close else ""
