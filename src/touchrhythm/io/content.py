"""What stands in this file? Bytes, text or JSON, with the place of whatever is wrong with it.

**Conventions.** Text comes out as UTF-8 bytes without byte order mark, lines ending in a plain
newline; files ending in ``.gz`` are unpacked. Lines are counted from 1.

- `open_bytes`, `open_text`, `open_json` : the content of a file
- `Source` : text with the digest of the file it came from
"""

from __future__ import annotations

import difflib
import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchrhythm.errors import BadFile, NoSuchInput

__all__ = ["Source", "open_bytes", "open_json", "open_text"]

HEAD = 4096  # bytes looked at to tell text from binary
MOST_CONTROLS = 0.05  # share of control characters in text
PLAIN_CONTROLS = b"\t\n\r\f\x1b"


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
        return self.path.name


def open_bytes(path: str | Path) -> tuple[bytes, str]:
    """Content of a file, unpacked if its name ends in .gz, and the SHA-256 of the file itself.

    Raises
    ------
    NoSuchInput
        If there is no such file, it is a folder, or it may not be opened.
    BadFile
        If it is empty, or its gzip data are damaged.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise NoSuchInput(f"{path}: no such file{_similar(path)}") from None
    except (IsADirectoryError, PermissionError, NotADirectoryError, OSError) as error:
        what = "is a folder, not a file" if path.is_dir() else f"cannot be opened ({error.strerror})"
        raise NoSuchInput(f"{path}: {what}") from None
    if not raw:
        raise BadFile(path, "the file is empty")
    digest = hashlib.sha256(raw).hexdigest()
    if path.suffix.lower() == ".gz" or raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise BadFile(path, f"gzip data are damaged or cut off ({error})") from None
        if not raw:
            raise BadFile(path, "the file is empty once unpacked")
    return raw, digest


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
    BadFile
        If it is not UTF-8, no JSON, or no object.
    """
    raw, _ = open_bytes(path)
    try:
        found = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadFile(
            path, f"JSON must be UTF-8, got byte 0x{raw[error.start]:02x}", _line(raw, error.start)
        ) from None
    except json.JSONDecodeError as error:
        raise BadFile(path, f"broken JSON: {error.msg} at column {error.colno}", error.lineno) from None
    if not isinstance(found, dict):
        raise BadFile(path, f"JSON must hold an object {{…}}, got a {type(found).__name__}")
    return found


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
        names = sorted(one.name for one in path.parent.iterdir())
    except OSError:
        return f" (there is no folder {path.parent})"
    close = difflib.get_close_matches(path.name, names, n=1, cutoff=0.8)
    return f" (did you mean {close[0]}?)" if close else ""
