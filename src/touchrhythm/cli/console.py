"""How does a command speak, and with which code does it end?

**Conventions.** Exit codes as the BIDS execution specification has them (sysexits.h). stdout carries results
only; everything else is one line on stderr.

- `tell`, `progress`, `show_warning`, `own_up` : lines on stderr
- `is_foreseen`, `exit_code_of`, `sentence_of` : exceptions to codes and sentences
- `UsageError`, `usage_errors` : what was typed wrong
- `calm_streams`, `one_thread` : what is set before a command runs
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from touchrhythm.errors import BadFile, CannotWrite, NoSuchInput, PortLost, TouchRhythmError, Undecided

__all__ = [
    "EXIT_CANNOT_CREATE",
    "EXIT_DATA",
    "EXIT_FAULT",
    "EXIT_INTERRUPTED",
    "EXIT_IO",
    "EXIT_NO_INPUT",
    "EXIT_OK",
    "EXIT_PIPE",
    "EXIT_TRY_AGAIN",
    "EXIT_USAGE",
    "UsageError",
    "calm_streams",
    "exit_code_of",
    "is_foreseen",
    "one_thread",
    "own_up",
    "progress",
    "sentence_of",
    "show_warning",
    "tell",
    "usage_errors",
]

EXIT_OK = 0
EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_DATA = 65
EXIT_NO_INPUT = 66
EXIT_CANNOT_CREATE = 73
EXIT_IO = 74
EXIT_TRY_AGAIN = 75
EXIT_INTERRUPTED = 130
EXIT_PIPE = 141

PLAIN = {"–": "-", "−": "-", "…": "...", "≤": "<=", "≥": ">=", "±": "+/-", "·": ";", "×": "x", "°": " deg "}
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class UsageError(Exception):
    """What was typed cannot be meant: an option's value, or options that do not go together."""


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn the `ValueError` of a value that was typed into a `UsageError`."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from error


def tell(line: str) -> None:
    """One line on stderr; nothing where the terminal has been closed."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


@contextmanager
def progress(line: str) -> Iterator[None]:
    """Show a line while something lasts and wipe it afterwards; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    print(line, end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        print("\r" + " " * len(line) + "\r", end="", file=sys.stderr, flush=True)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """A warning as one line on stderr, in the place of `warnings.showwarning`."""
    tell(f"warning: {message}")


def own_up(error: Exception) -> None:
    """Say that the fault is ours, and with ``TOUCHRHYTHM_DEBUG`` where."""
    if os.environ.get("TOUCHRHYTHM_DEBUG"):
        traceback.print_exception(error)
    tell(
        f"touchrhythm: stopped by a fault of its own, not of yours ({type(error).__name__}: {error});"
        " set TOUCHRHYTHM_DEBUG=1 to see where, and please report it"
    )


def calm_streams() -> None:
    """Let no console refuse a character, coming or going: what it cannot show is written more plainly."""
    codecs.register_error("plainly", _write_plainly)
    for stream, errors in ((sys.stdout, "plainly"), (sys.stderr, "plainly"), (sys.stdin, "replace")):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=errors)


def _write_plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(one, "?") for one in error.object[error.start : error.end]), error.end


def one_thread() -> None:
    """Let linear algebra run in one thread: sums in another order differ in the last digit.

    The same file gives the same bytes on one machine; on arrays of this size one thread is also the
    faster. Without effect where numpy is loaded already.
    """
    if "numpy" not in sys.modules:
        os.environ.update(dict.fromkeys(THREADS, "1"))


def is_foreseen(error: BaseException) -> bool:
    """Whether an exception is the world's or the typist's doing, and not ours."""
    return isinstance(error, TouchRhythmError | UsageError | OSError | MemoryError)


def exit_code_of(error: BaseException) -> int:
    """Exit code of a foreseen exception; 1 for any other."""
    if isinstance(error, UsageError | Undecided):
        return EXIT_USAGE
    if isinstance(error, BadFile):
        return EXIT_DATA
    if isinstance(error, NoSuchInput | FileNotFoundError):
        return EXIT_NO_INPUT
    if isinstance(error, CannotWrite | FileExistsError | PermissionError | IsADirectoryError):
        return EXIT_CANNOT_CREATE
    if isinstance(error, OSError) and error.errno in (errno.EBUSY, errno.EAGAIN):
        return EXIT_TRY_AGAIN
    if isinstance(error, OSError | PortLost):
        return EXIT_IO
    return EXIT_FAULT


def sentence_of(error: BaseException) -> str:
    """The one line that says what happened."""
    if isinstance(error, MemoryError):
        return "not enough memory for this recording"
    if isinstance(error, OSError) and error.strerror:
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return f"{where}{error.strerror[0].lower()}{error.strerror[1:]}"
    return " ".join(str(error).split()) or type(error).__name__
