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

import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from touchrhythm.errors import BadFile
from touchrhythm.io.content import open_regular, parse_json
from touchrhythm.io.journal_schema import LATEST_US, NO_JOURNAL, SCHEMA_VERSION, check_header, why_no_mark
from touchrhythm.io.locks import try_lock

__all__ = [
    "SCHEMA_VERSION",
    "Journal",
    "JournalTail",
    "Mark",
    "Received",
    "escape",
    "is_being_written",
    "read_records",
    "unescape",
    "wait_for_header",
]

MOST_TOLD = 20  # lines that cannot be read, one by one
LONGEST_STAMP = len(str(LATEST_US))

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
        self._n_unread = 0
        self._file = open_regular(self.path)

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
        if self._n_unread > MOST_TOLD:
            self.import_notes.append(f"{self._n_unread - MOST_TOLD} further lines cannot be read")
        if not rest:
            return []
        if self.header is None:
            raise BadFile(self.path, NO_JOURNAL, line=1)
        self.import_notes.append(f"line {self._line + 1} is torn: the recording ended without stop")
        match = re.match(rb"R (\d{1,%d}) " % LONGEST_STAMP, rest)
        if not match or int(match[1]) > LATEST_US:
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
        record = _parse(self.path, line)
        if isinstance(record, str):
            self._n_unread += 1
            if self._n_unread <= MOST_TOLD:
                self.import_notes.append(f"line {self._line} {record}: {line[:40]!r}")
            return None
        return record


def _check_header(path: Path, line: bytes) -> dict[str, Any]:
    try:
        found = parse_json(line, path, line=1)
    except BadFile as error:
        if not line.lstrip().startswith(b'{"touchrhythm"'):
            raise BadFile(path, NO_JOURNAL, line=1) from None
        raise BadFile(path, f"the first line cannot be read: {error.message}", line=1) from None
    return check_header(path, found)


def _parse(path: Path, line: bytes) -> Received | Mark | str:
    """The record of a line; what is wrong with it where it is none."""
    kind, _, rest = line.partition(b" ")
    stamp, space, body = rest.partition(b" ")
    if not stamp.isdigit() or not space or kind not in (b"R", b"M"):
        return "cannot be read"
    if len(stamp) > LONGEST_STAMP or int(stamp) > LATEST_US:
        return "has a time that cannot be"
    if kind == b"R":
        return Received(int(stamp), unescape(body)) if _PAYLOAD.fullmatch(body) else "cannot be read"
    try:
        facts = parse_json(body, path)
    except BadFile:
        return "cannot be read"
    return why_no_mark(facts) or Mark(int(stamp), facts)


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
        raise BadFile(path, NO_JOURNAL, line=1)
    marks = tuple(record for record in records if isinstance(record, Mark))
    import_notes = list(tail.import_notes)
    if not any(mark.event == "end" for mark in marks):
        import_notes.append("the journal has no closing record: it ended without stop")
    received = tuple(record for record in records if isinstance(record, Received))
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


def wait_for_header(tail: JournalTail, *, patience: float = 5.0) -> list[Received | Mark]:
    """Poll until the first line is there; gives the records that came with it."""
    until = time.monotonic() + patience
    records = tail.poll()
    while tail.header is None and time.monotonic() < until:
        time.sleep(0.05)
        records += tail.poll()
    return records
