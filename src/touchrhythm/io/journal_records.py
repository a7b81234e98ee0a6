r"""What did the port say, byte by byte, and when? The file that a recording is while it runs.

A journal is text, one record a line, only ever appended to:

- line 1 : a JSON object, the facts known before: ``{"touchrhythm": "journal", "schema_version": 1, …}``
- ``R <host_us> <bytes>`` : bytes as received; ``\\``, ``\n``, ``\r`` and ``\xHH`` stand for a backslash,
  line ends and what is not printable ASCII
- ``M <host_us> <JSON object>`` : a mark; its ``event`` says what happened

**Conventions.** `host_us` is microseconds of a clock that only goes forward, 0 where the journal
begins. Every record is written by one unbuffered append, so a killed recorder loses nothing that it
had received; the disk is synced each second and at every mark. No record closes a journal: one
without an "end" mark reads "ended without stop". An existing file is never opened for writing.

- `JournalTail` : follows a journal, growing or torn, record by record
- `read_records` : all of it at once, with a sentence for everything that was unusual
- `is_being_written` : whether a recorder holds it now
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from touchrhythm.errors import BadFile, NoSuchInput

__all__ = [
    "SCHEMA_VERSION",
    "Journal",
    "JournalTail",
    "Mark",
    "Received",
    "escape",
    "is_being_written",
    "read_records",
    "reason_of",
    "try_lock",
    "unescape",
    "wait_for_header",
]

SCHEMA_VERSION = 1
LOCK_OFFSET = 1 << 40  # far behind any end, so that locking it on Windows keeps nobody from reading

_NEEDS_ESCAPE = re.compile(rb"[^ -\[\]-~]|\\")
_ESCAPED = re.compile(rb"\\(?:x([0-9a-f]{2})|([nr\\]))")
_NAMES = {b"\n": b"\\n", b"\r": b"\\r", b"\\": b"\\\\"}
_BYTES = {b"n": b"\n", b"r": b"\r", b"\\": b"\\"}
_PAYLOAD = re.compile(rb"(?:[ -\[\]-~]|\\(?:x[0-9a-f]{2}|[nr\\]))*")


class Received(NamedTuple):
    """Bytes from the port and when they came."""

    host_us: int
    data: bytes


class Mark(NamedTuple):
    """Something that happened, beside the bytes; `facts` holds ``event`` and what belongs to it."""

    host_us: int
    facts: dict[str, Any]

    @property
    def event(self) -> str:
        """What happened, in a word."""
        return str(self.facts.get("event", ""))


@dataclass(frozen=True)
class Journal:
    """All that a journal holds.

    Attributes
    ----------
    header : dict
        The facts of its first line.
    received : tuple of Received
        Bytes, in order.
    marks : tuple of Mark
        Marks, in order.
    import_notes : tuple of str
        Sentences on what was torn or could not be read.
    """

    header: dict[str, Any]
    received: tuple[Received, ...] = ()
    marks: tuple[Mark, ...] = ()
    import_notes: tuple[str, ...] = field(default_factory=tuple)

    def marks_of(self, event: str) -> tuple[Mark, ...]:
        """Marks of one kind."""
        return tuple(mark for mark in self.marks if mark.event == event)

    @property
    def is_ended(self) -> bool:
        """Whether the recorder closed it."""
        return bool(self.marks_of("end"))


def escape(data: bytes) -> bytes:
    r"""Bytes as one line of printable ASCII.

    >>> escape(b"D,1\n\xff")
    b'D,1\\n\\xff'
    """
    return _NEEDS_ESCAPE.sub(lambda found: _NAMES.get(found[0]) or b"\\x%02x" % found[0][0], data)


def unescape(text: bytes) -> bytes:
    r"""Bytes that `escape` made a line of.

    >>> unescape(escape(b"\\x41\r\n"))
    b'\\x41\r\n'
    """
    return _ESCAPED.sub(
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else _BYTES[found[2]], text
    )


class JournalTail:
    """Follows a journal: each `poll` gives the records that were added, also while it grows.

    Parameters
    ----------
    path : str or Path
        The journal.

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If its first line is complete and not that of a journal, or of a later schema.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.header: dict[str, Any] | None = None
        self.import_notes: list[str] = []
        self._rest = b""
        self._line = 0
        try:
            self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise NoSuchInput(f"{self.path} cannot be read: {reason_of(error)}") from error

    def poll(self) -> list[Received | Mark]:
        """Records added since the last call."""
        pieces = [self._rest]
        while piece := self._file.read(1 << 20):
            pieces.append(piece)
        *lines, self._rest = b"".join(pieces).split(b"\n")
        found = (self._take(line) for line in lines)
        return [record for record in found if record is not None]

    def finish(self) -> list[Received | Mark]:
        """What a torn last line still holds: bytes as far as they go, never a guess; then close."""
        rest, self._rest = self._rest, b""
        self.close()
        if not rest:
            return []
        if self.header is None:
            raise BadFile(self.path, _NO_JOURNAL, line=1)
        self.import_notes.append(f"line {self._line + 1} is torn: the recording ended without stop")
        match = re.match(rb"R (\d+) ", rest)
        if not match:
            return []
        payload = _PAYLOAD.match(rest, match.end())
        data = unescape(payload[0]) if payload else b""
        return [Received(int(match[1]), data)] if data else []

    def close(self) -> None:
        """Close the file; the journal itself stays as it is."""
        self._file.close()

    def _take(self, line: bytes) -> Received | Mark | None:
        self._line += 1
        if self._line == 1:
            self.header = _check_header(self.path, line)
            return None
        record = _parse(line)
        if record is None:
            self.import_notes.append(f"line {self._line} cannot be read: {line[:40]!r}")
        return record


_NO_JOURNAL = (
    "the first line must be the JSON header of a touchrhythm journal"
    " (is this another file, or one torn within its first line?)"
)


def _check_header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        header = json.loads(line)
    except ValueError:
        header = None
    if not isinstance(header, dict) or header.get("touchrhythm") != "journal":
        raise BadFile(path, _NO_JOURNAL, line=1)
    version = header.get("schema_version")
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise BadFile(
            path,
            f"journal schema {version!r} is later than {SCHEMA_VERSION}, the latest known here; a newer touchrhythm reads it",
            line=1,
        )
    return header


def _parse(line: bytes) -> Received | Mark | None:
    kind, _, rest = line.partition(b" ")
    stamp, space, body = rest.partition(b" ")
    if not stamp.isdigit() or not space:
        return None
    if kind == b"R":
        payload = _PAYLOAD.fullmatch(body)
        return Received(int(stamp), unescape(body)) if payload else None
    try:
        facts = json.loads(body) if kind == b"M" else None
    except ValueError:
        return None
    return Mark(int(stamp), facts) if isinstance(facts, dict) and "event" in facts else None


def read_records(path: str | Path) -> Journal:
    """All records of a journal, torn or whole.

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If it is no journal.
    """
    tail = JournalTail(path)
    try:
        records = tail.poll() + tail.finish()
    finally:
        tail.close()
    if tail.header is None:
        raise BadFile(path, _NO_JOURNAL, line=1)
    marks = tuple(one for one in records if isinstance(one, Mark))
    import_notes = list(tail.import_notes)
    if not any(mark.event == "end" for mark in marks):
        import_notes.append("the journal has no closing record: it ended without stop")
    received = tuple(one for one in records if isinstance(one, Received))
    return Journal(dict(tail.header), received, marks, tuple(import_notes))


def is_being_written(path: str | Path) -> bool:
    """Whether a recorder holds this journal now."""
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except OSError:
        return False
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def try_lock(descriptor: int) -> bool:
    """Take the lock for as long as the descriptor is open; False if another holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(descriptor, LOCK_OFFSET, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def reason_of(error: Exception) -> str:
    """The system's own word for what went wrong."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def wait_for_header(tail: JournalTail, *, patience: float = 5.0) -> list[Received | Mark]:
    """Poll until the first line is there; gives the records that came with it."""
    until = time.monotonic() + patience
    records = tail.poll()
    while tail.header is None and time.monotonic() < until:
        time.sleep(0.05)
        records += tail.poll()
    return records
