"""What can go wrong in the world outside: exceptions that carry the facts a caller needs.

A wrong argument is a `ValueError` or `TypeError`. What is the world's fault (a file, a port, a
full disk) is a `TouchRhythmError`; the command line prints its message as one line and turns its
class into an exit code.

- `TouchRhythmError` and its children : what the world did
- `words_of` : any exception in one line
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "AlreadyThere",
    "BadFile",
    "CannotWrite",
    "NoSuchInput",
    "NotAPulse",
    "PortLost",
    "TouchRhythmError",
    "Undecided",
    "words_of",
]


class TouchRhythmError(Exception):
    """The world outside did not play along: a file, a port, a disk.

    Parameters
    ----------
    message : str
        One sentence; bytes of a file's name that are no UTF-8 become a question mark in it.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(message.encode("utf-8", "replace").decode())


class BadFile(TouchRhythmError):
    """A file was read but its content cannot be used.

    Parameters
    ----------
    path : str or Path
        The file.
    message : str
        What must hold, what was found, and the likely slip.
    line : int, optional
        Line of the file, counted from 1.
    """

    def __init__(self, path: str | Path, message: str, line: int | None = None) -> None:
        self.path = Path(path)
        self.line = line
        self.message = message
        where = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{where}: {message}")


class Undecided(BadFile):
    """A file can be read in more than one way, and only the user knows which is meant.

    Parameters
    ----------
    path : str or Path
        The file.
    message : str
        What can be meant, and why the file does not tell.
    options : tuple of str
        Options of the command line, each of which decides: ``("--channel Kraft", "--channel A1")``.
    line : int, optional
        Line of the file, counted from 1.
    """

    def __init__(
        self, path: str | Path, message: str, options: tuple[str, ...], line: int | None = None
    ) -> None:
        self.options = options
        said = message if "--" in message else f"{message}: say {' or '.join(options)}"
        super().__init__(path, said, line)


class NoSuchInput(TouchRhythmError):
    """An input file or folder does not exist or cannot be opened."""


class NotAPulse(TouchRhythmError, ValueError):
    """A series of a pulse was declared for a channel that is none: a wrong argument, or a wrong file among many."""


class CannotWrite(TouchRhythmError):
    """An output cannot be created, or is there already and would be overwritten."""


class AlreadyThere(CannotWrite):
    """An output is there already; nothing was overwritten."""


class WorkerLost(TouchRhythmError):
    """A process or cluster that worked on a study has gone."""


class PortLost(TouchRhythmError):
    """A serial port that was open has gone.

    Parameters
    ----------
    port : str
        Name of the port.
    after_s : float
        Seconds since it was opened.
    """

    def __init__(self, port: str, after_s: float) -> None:
        self.port = port
        self.after_s = after_s
        super().__init__(f"{port} stopped answering {after_s:.1f} s after it was opened")


def words_of(error: BaseException, most: int | None = None) -> str:
    """What an exception says, in one line of at most `most` characters: never the name of its class.

    >>> words_of(OSError(13, "Permission denied", "a.csv")), words_of(EOFError())
    ('a.csv: permission denied', 'no reason was given')
    """
    if isinstance(error, MemoryError):
        return "not enough memory for this recording"
    if isinstance(error, OSError) and error.strerror:
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        return f"{where}{error.strerror[0].lower()}{error.strerror[1:]}"[:most]
    return " ".join(str(error).split())[:most] or "no reason was given"
