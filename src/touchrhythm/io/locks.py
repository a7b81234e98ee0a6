"""Who else is at work on this file? Locks that end with the program that holds them.

**Conventions.** A lock is of the system, not a file that says so: whoever is killed holds nothing any
more. Locks are advisory, and of one computer.

- `try_lock` : take the lock of an open file, or not
- `hold` : wait for a lock while files are changed that several programs share
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from touchrhythm.errors import CannotWrite

__all__ = ["LOCK_NAME", "hold", "reason_of", "try_lock"]

LOCK_OFFSET = 1 << 40  # far behind any end, so that locking it on Windows keeps nobody from reading
LOCK_NAME = ".lock.part"  # one that a killed program left is removed like all that it left aside
PATIENCE_S = 30.0
LOOK_EVERY_S = 0.02


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


@contextmanager
def hold(folder: Path, *, patience: float = PATIENCE_S) -> Iterator[None]:
    """Hold a folder's lock: one program at a time reads, changes and writes what is shared in it.

    Parameters
    ----------
    folder : Path
        A folder that is there. The lock's file is gone afterwards.
    patience : float, default 30.0
        Seconds to wait for another program.

    Raises
    ------
    CannotWrite
        If another holds it for longer, or the folder cannot be written to.
    """
    path = folder / LOCK_NAME
    descriptor = _wait(path, patience)
    try:
        yield
    finally:
        # Removed while it is held: who waits for this file finds that it is no longer the one of that name.
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def _wait(path: Path, patience: float) -> int:
    until = time.monotonic() + patience
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except PermissionError:
            if os.name != "nt" or time.monotonic() > until:  # Windows: another is just removing it
                raise CannotWrite(f"{path.parent}: cannot be written to (permission denied)") from None
            time.sleep(LOOK_EVERY_S)
            continue
        except OSError as error:
            raise CannotWrite(f"{path.parent}: cannot be written to ({reason_of(error)})") from None
        if try_lock(descriptor) and _is_still(path, descriptor):
            return descriptor
        os.close(descriptor)
        if time.monotonic() > until:
            raise CannotWrite(
                f"{path.parent}: another touchrhythm is writing here for {patience:g} s; try again"
            )
        time.sleep(LOOK_EVERY_S)


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the locked file is still the one of that name, and not one that was removed meanwhile."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return False


def reason_of(error: BaseException) -> str:
    """The system's own word for what went wrong."""
    return (getattr(error, "strerror", None) or str(error)).lower()
