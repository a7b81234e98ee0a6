"""How is a journal written so that nothing which came is ever lost?

**Conventions.** The format is that of `journal_records`. Every record is one unbuffered append; the
disk is synced each second and at every mark. No append waits for a sync: what the port says during one
(a slow disk needs half a second) would be lost with the process. Safe to use from several threads.

- `JournalWriter` : the sink that a recorder writes to
- `DiskFull` : the disk took no more
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from touchrhythm.errors import CannotWrite, TouchRhythmError
from touchrhythm.io.journal_records import SCHEMA_VERSION, escape, is_being_written
from touchrhythm.io.locks import reason_of, try_lock

__all__ = ["DiskFull", "JournalWriter"]

BALLAST_BYTES = 1_000_000
MIN_FREE_BYTES = 100_000_000
SYNC_EVERY_US = 1_000_000


class DiskFull(TouchRhythmError):
    """The disk took no more; what was written before stands."""


class JournalWriter:
    """Appends records to a new journal; the sink of a recorder.

    Parameters
    ----------
    path : str or Path
        The file to make; its folder is made if need be.
    header : mapping
        Facts of the first line, as JSON has them.
    min_free : int, default 100_000_000
        Refuse to start with fewer bytes free on the disk.
    ballast : int, default 1_000_000
        Bytes kept aside, and given up for the closing record when the disk is full.
    sync : callable, default os.fsync
        What syncs a file descriptor; tests look at it.

    Raises
    ------
    CannotWrite
        If the file is there already, cannot be made, or the disk is nearly full.
    """

    def __init__(
        self,
        path: str | Path,
        header: Mapping[str, Any],
        *,
        min_free: int = MIN_FREE_BYTES,
        ballast: int = BALLAST_BYTES,
        sync: Callable[[int], None] = os.fsync,
    ) -> None:
        self.path = Path(path)
        self._sync = sync
        self._lock = threading.RLock()
        self._synced_us = 0
        self._is_full = False
        self._is_open = False
        self._trouble = ""  # why a sync failed
        self._wanted = threading.Event()
        self._syncer: threading.Thread | None = None
        made = self._make_folder(min_free)
        try:
            self._fd = self._create()
        except CannotWrite:
            _drop_empty(made)
            raise
        self._is_open = True
        self._ballast = self.path.with_name(self.path.name + ".ballast")
        first = {"touchrhythm": "journal", "schema_version": SCHEMA_VERSION, **header}
        try:
            self._append(json.dumps(first, ensure_ascii=False).encode(errors="replace") + b"\n")
            self._put_ballast(ballast)
            self._sync(self._fd)
            _sync_folder(self.path.parent)
        except (OSError, DiskFull) as error:
            self.close()
            self.path.unlink(missing_ok=True)  # nothing was recorded, and its number stays free
            _drop_empty(made)
            cause = error.__cause__ if isinstance(error, DiskFull) and error.__cause__ else error
            raise CannotWrite(f"{self.path} cannot be written: {reason_of(cause)}") from error

    def _make_folder(self, min_free: int) -> list[Path]:
        """Make the folder; gives what was made, the innermost first."""
        folder = self.path.absolute().parent
        missing: list[Path] = []
        try:
            missing = [place for place in (folder, *folder.parents) if not place.exists()]
            free = shutil.disk_usage(missing[-1].parent if missing else folder).free
            if free >= min_free:
                folder.mkdir(parents=True, exist_ok=True)
                return missing
        except OSError as error:
            _drop_empty(missing)
            raise CannotWrite(f"the folder {self.path.parent} cannot be made: {reason_of(error)}") from error
        raise CannotWrite(
            f"the disk must have {min_free / 1e6:.0f} MB free before a recording starts,"
            f" got {free / 1e6:.0f} MB at {self.path.parent}"
        )

    def _create(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(self.path, flags, 0o644)
        except FileExistsError as error:
            busy = " and another recorder is writing it" if is_being_written(self.path) else ""
            raise CannotWrite(f"{self.path} is there already{busy}; nothing is overwritten") from error
        except OSError as error:
            raise CannotWrite(f"{self.path} cannot be made: {reason_of(error)}") from error
        if not try_lock(descriptor):
            os.close(descriptor)
            raise CannotWrite(f"{self.path} is held by another recorder")
        return descriptor

    def _put_ballast(self, size: int) -> None:
        if size > 0:
            with open(self._ballast, "wb") as file:
                file.write(os.urandom(size))
                file.flush()
                os.fsync(file.fileno())

    def write_received(self, host_us: int, data: bytes) -> None:
        """Append bytes as they came from the port.

        Raises
        ------
        DiskFull
            If the disk took no more; the closing record is written then, if at all possible.
        """
        with self._lock:
            self._append(b"R %d %s\n" % (host_us, escape(data)))
            if not self._synced_us <= host_us < self._synced_us + SYNC_EVERY_US:
                self._synced_us = host_us
                self._ask_for_sync()

    def write_mark(self, host_us: int, event: str, facts: Mapping[str, Any] | None = None) -> None:
        """Append a mark, and sync it to the disk before returning.

        Raises
        ------
        DiskFull
            If the disk took no more.
        """
        record = json.dumps({"event": event, **(facts or {})}, ensure_ascii=False).encode(errors="replace")
        with self._lock:
            self._append(b"M %d %s\n" % (host_us, record))
            self._synced_us = host_us
        self._flush()
        if self._trouble:
            raise DiskFull(self._trouble)

    def free_bytes(self) -> int:
        """Bytes that are left on the disk."""
        return shutil.disk_usage(self.path.parent).free

    def close(self) -> None:
        """Sync, unlock, drop the ballast; closing twice does no harm."""
        with self._lock:
            was_open, self._is_open = self._is_open, False
            self._wanted.set()
            if self._syncer is not None:
                self._syncer.join()
            if was_open:
                with contextlib.suppress(OSError):
                    self._sync(self._fd)
                os.close(self._fd)
        self._ballast.unlink(missing_ok=True)

    def _append(self, record: bytes) -> None:
        if self._trouble:
            raise DiskFull(self._trouble)
        if self._is_full or not self._is_open:
            raise DiskFull(
                f"{self.path} is closed: the disk was full" if self._is_full else "journal is closed"
            )
        done = 0
        try:
            while done < len(record):
                done += os.write(self._fd, record[done:])
        except OSError as error:
            self._is_full = True
            self._write_last_words(error, torn=done > 0)
            raise DiskFull(f"{self.path} took no more: {reason_of(error)}; all before it is kept") from error

    def _ask_for_sync(self) -> None:
        """Have the disk synced by another thread, once for all that ask meanwhile."""
        if self._syncer is None:
            self._syncer = threading.Thread(target=self._keep_synced, name="journal sync", daemon=True)
            self._syncer.start()
        self._wanted.set()

    def _keep_synced(self) -> None:
        while self._wanted.wait() and self._is_open:
            self._wanted.clear()
            self._flush()

    def _flush(self) -> None:
        try:
            self._sync(self._fd)
        except OSError as error:
            self._trouble = f"{self.path} cannot be synced to the disk: {reason_of(error)}"

    def _write_last_words(self, error: OSError, *, torn: bool) -> None:
        self._ballast.unlink(missing_ok=True)
        words = json.dumps({"event": "end", "reason": f"disk full ({reason_of(error)})"}).encode()
        with contextlib.suppress(OSError):
            if torn:
                os.write(self._fd, b"\n")
            os.write(self._fd, b"M %d %s\n" % (self._synced_us, words))
            self._sync(self._fd)


def _drop_empty(folders: list[Path]) -> None:
    """Remove folders that a recording which never began has made, so that its number stays free."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
