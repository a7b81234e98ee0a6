"""How does a command speak and listen, where may it write a page, and with which code does it end?

**Conventions.** Exit codes as the BIDS execution specification has them (sysexits.h). stdout carries results
only; everything else is one line on stderr. One Ctrl-C (or a hang-up, or a polite kill) ends a recording well;
it is taken note of and never interrupts a write. A page of ours may be replaced by a newer one, nothing else is
ever overwritten.

- `tell`, `progress`, `show_warning`, `own_up` : lines on stderr
- `without_options` : a command line that can take options anew
- `is_foreseen`, `exit_code_of` : exceptions to codes
- `UsageError`, `usage_errors` : what was typed wrong
- `calm_streams`, `one_thread` : what is set before a command runs
- `Console`, `StopRequest` : questions, one sound, and Ctrl-C as a wish
- `check_page`, `free_page` : where a page may be written
- `ending` : what ends the help of a command: lines to copy, then more
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import itertools
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TextIO

from touchrhythm.errors import (
    CannotWrite,
    NoSuchInput,
    PortLost,
    TouchRhythmError,
    Undecided,
    WorkerLost,
    words_of,
)
from touchrhythm.words.program import called_as, command_line

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
    "Console",
    "StopRequest",
    "UsageError",
    "calm_streams",
    "check_page",
    "ending",
    "exit_code_of",
    "free_page",
    "is_foreseen",
    "one_thread",
    "own_up",
    "progress",
    "show_warning",
    "tell",
    "tell_failure",
    "usage_errors",
    "without_options",
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

NO_PLACE = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP)  # what was typed leads nowhere
PLAIN = {"–": "-", "−": "-", "…": "...", "≤": "<=", "≥": ">=", "±": "+/-", "·": ";", "×": "x", "°": " deg "}
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
TYPED_AHEAD_S = 1.0  # after an answer, in which the next one may have been typed already
PAGE_HEAD = 4096  # bytes in which a page of ours names its maker


class UsageError(Exception):
    """What was typed cannot be meant: an option's value, or options that do not go together."""


@contextmanager
def usage_errors(args: Any = None, options: Mapping[str, str] | None = None) -> Iterator[None]:
    """Turn the `ValueError` of a value that was typed into a `UsageError` that names the option.

    Parameters
    ----------
    args : argparse.Namespace, optional
        What was typed: ``n_sessions`` is what --sessions sets, ``duration_s`` what --duration sets.
    options : mapping of str to str, optional
        Parameters whose options are called otherwise. Of one that is typed in minutes the message's seconds
        become minutes.
    """
    try:
        yield
    except ValueError as error:
        raise UsageError(_in_options(str(error), args, options or {})) from error


# What may be a parameter in a message: the words that it begins with, and any with an underscore.
PARAMETER = re.compile(r"^[a-z]+(?= must | and \w+ must )|\b(?<!-)[a-z]+(?:_[a-z0-9]+)+\b")


def _in_options(message: str, args: Any, options: Mapping[str, str]) -> str:
    if any(option.endswith("minutes") and parameter in message for parameter, option in options.items()):
        message = re.sub(r"\b([\d.]+(?:e[+-]?\d+)?) s\b", _in_minutes, message)

    def option_of(found: re.Match[str]) -> str:
        name = found[0]
        bare = re.sub(r"_(s|cpm|db|g|hz)$", "", name)
        for typed in (name, bare, name.removeprefix("n_"), bare.removeprefix("n_")):
            if name not in options and hasattr(args, typed):
                return f"--{typed.replace('_', '-')}"
        return options.get(name, name)

    return PARAMETER.sub(option_of, message)


def _in_minutes(seconds: re.Match[str]) -> str:
    from touchrhythm.units import SECONDS_PER_MINUTE  # not needed where nothing fails

    return f"{float(seconds[1]) / SECONDS_PER_MINUTE:g} min"


def tell(line: str) -> None:
    """One line on stderr; nothing where the terminal has been closed."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def tell_failure(error: BaseException, args: Any, path: str | None = None) -> None:
    """What happened in one line, and below it, where something must be decided, the lines that decide it."""
    tell(f"touchrhythm: {words_of(error)}")
    if isinstance(error, Undecided):
        files = [str(file) for file in getattr(args, "files", ())]
        own = path or str(error.path)
        typed = [
            word for word in getattr(args, "typed", []) if word == own or len(files) < 2 or word not in files
        ]
        for option in error.options:
            tell(f"  {command_line(*without_options(typed, option))} {option}")


def without_options(typed: Sequence[str], said: str) -> list[str]:
    """Words of a command line without the options that are said anew, and without their values.

    >>> without_options(["analyze", "a.csv", "--channel", "b", "--fs=80", "--json"], "--channel c --fs 40")
    ['analyze', 'a.csv', '--json']
    """
    names = [word for word in said.split() if word.startswith("--")]
    out, skips = [], False
    for word in typed:
        name, has_value, _ = word.partition("=")
        is_said = len(name) > 3 and any(option.startswith(name) for option in names) and name.startswith("--")
        if not is_said and not skips:
            out.append(word)
        skips = is_said and not has_value
    return out


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
    return "".join(PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


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
    if isinstance(error, NoSuchInput | FileNotFoundError):
        return EXIT_NO_INPUT
    if isinstance(error, CannotWrite | FileExistsError | PermissionError | IsADirectoryError):
        return EXIT_CANNOT_CREATE
    if isinstance(error, OSError) and error.errno in NO_PLACE:
        return EXIT_CANNOT_CREATE
    if isinstance(error, OSError) and error.errno in (errno.EBUSY, errno.EAGAIN):
        return EXIT_TRY_AGAIN
    if isinstance(error, OSError | PortLost | WorkerLost):
        return EXIT_IO
    if isinstance(error, TouchRhythmError):
        return EXIT_DATA
    return EXIT_FAULT


# -- people at the keyboard ---------------------------------------------------------------------------------


class StopRequest:
    """Turns Ctrl-C, SIGTERM and a closed terminal into an event; a context manager.

    While a question is open, Ctrl-C leaves the question as well. Ctrl-Z does nothing: a recorder that
    is put to sleep records nothing.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.is_asking = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK", "SIGTSTP"):
                number = getattr(signal, name, None)
                if number is not None:
                    heard = signal.SIG_IGN if name == "SIGTSTP" else self._hear
                    self._before[number] = signal.signal(number, heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.event.set()
        if self.is_asking:
            raise KeyboardInterrupt


class Console:
    """Lines on stderr, answers from stdin.

    Parameters
    ----------
    stop : StopRequest
        Set when somebody wants to stop.
    asks : bool
        Whether questions are asked; else every answer is its default.
    answers : dict, optional
        Answers known beforehand, by the question.
    """

    def __init__(self, stop: StopRequest, *, asks: bool, answers: dict[str, str] | None = None) -> None:
        self.asks = asks
        self._stop = stop
        self._answers = answers or {}
        self._answered = -TYPED_AHEAD_S

    def say(self, text: str) -> None:
        """One line."""
        tell(text)

    def sound(self) -> None:
        """One sound, where there is a terminal."""
        if sys.stderr.isatty():
            with contextlib.suppress(OSError):
                sys.stderr.write("\a")
                sys.stderr.flush()

    def ask(self, question: str, default: str) -> str:
        """An answer; the default at once where nobody is asked, and after Ctrl-C."""
        if question in self._answers:
            return self._answers[question]
        if not self.asks or self._stop.event.is_set():
            return default
        if time.monotonic() - self._answered > TYPED_AHEAD_S:
            _forget_typed()
        try:
            self._stop.is_asking = True
            with contextlib.suppress(OSError):
                sys.stderr.write(f"{question}{f' [{default}]' if default else ''}: ")
                sys.stderr.flush()
            line = sys.stdin.readline()
        except OSError:  # the terminal has been closed
            line = ""
        except KeyboardInterrupt:
            line = ""
            tell("")
        finally:
            self._stop.is_asking = False
            self._answered = time.monotonic()
        return line.strip() or default


def _forget_typed() -> None:
    """Drop keys that were pressed while nothing was asked: they are no answers."""
    with contextlib.suppress(OSError, ValueError):
        if not sys.stdin.isatty():
            return
        if os.name == "nt":
            import msvcrt

            console: Any = msvcrt
            while console.kbhit():
                console.getwch()
        else:
            import termios

            with contextlib.suppress(termios.error):
                termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


# -- pages --------------------------------------------------------------------------------------------------


def check_page(path: str | Path) -> Path:
    """The path of a page that may be written.

    Raises
    ------
    CannotWrite
        If it is a folder, its folder is missing or closed to us, or there is a file that is no report of ours.
    """
    page = Path(path)
    if page.is_dir():
        raise CannotWrite(f"{page}: is a folder, a report needs a file name such as {page / 'report.html'}")
    if not page.parent.is_dir():
        raise CannotWrite(f"{page}: there is no folder {page.parent}")
    if not os.access(page.parent, os.W_OK):
        raise CannotWrite(f"{page}: no permission to write into {page.parent.resolve()}")
    if page.suffix.lower() not in (".html", ".htm"):
        raise CannotWrite(f"{page}: a report is a web page, its name must end in .html")
    if page.exists() and not _is_ours(page):
        raise CannotWrite(f"{page}: is there already and is no report of touchrhythm, it is left alone")
    return page


def free_page(folder: Path, stem: str) -> Path:
    """First of ``stem.html``, ``stem-2.html``, … that is free or a page of ours."""
    names = itertools.chain([f"{stem}.html"], (f"{stem}-{number}.html" for number in itertools.count(2)))
    return check_page(next(folder / name for name in names if _may_be_written(folder / name)))


def _may_be_written(page: Path) -> bool:
    return not page.exists() or _is_ours(page)


def _is_ours(page: Path) -> bool:
    if not page.is_file():
        return False
    from touchrhythm.io.content import open_regular

    with open_regular(page, is_limited=False) as file:
        return b"touchrhythm" in file.read(PAGE_HEAD)


# -- help ---------------------------------------------------------------------------------------------------


def ending(*examples: str, more: str = "") -> str:
    """What ends the help of a command: lines to copy, then what else is to be said of it.

    Parameters
    ----------
    *examples : str
        Lines as they are typed behind the program's name.
    more : str, optional
        A paragraph; ``{program}`` stands for the program as it was called.
    """
    program = called_as()
    lines = "\n".join(f"  {program} {line}" for line in examples)
    return "\n\n".join(filter(None, (f"examples:\n{lines}", more.replace("{program}", program))))
