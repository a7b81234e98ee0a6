"""How does the recorder speak to people, and how do they stop it?

**Conventions.** Talk goes to stderr. One Ctrl-C (or a hang-up, or a polite kill) ends a recording well;
it is taken note of and never interrupts a write.

- `Console` : lines, questions, one sound
- `StopRequest` : Ctrl-C as a wish
- `quoted` : a path as it is typed
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from touchrhythm.cli.console import tell

__all__ = ["Console", "StopRequest", "quoted"]


def quoted(path: str | Path) -> str:
    """A path as it is typed on this system, whatever is in its name."""
    return subprocess.list2cmdline([str(path)]) if os.name == "nt" else shlex.quote(str(path))


class StopRequest:
    """Turns Ctrl-C, SIGTERM and SIGHUP into an event; a context manager.

    While a question is open, Ctrl-C leaves the question as well.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self.is_asking = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> StopRequest:
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number is not None:
                    self._before[number] = signal.signal(number, self._hear)
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
        Answers known beforehand, by the beginning of the question.
    """

    def __init__(self, stop: StopRequest, *, asks: bool, answers: dict[str, str] | None = None) -> None:
        self.asks = asks
        self._stop = stop
        self._answers = answers or {}

    def say(self, text: str) -> None:
        """One line."""
        tell(text)

    def sound(self) -> None:
        """One sound, where there is a terminal."""
        if sys.stderr.isatty():
            sys.stderr.write("\a")
            sys.stderr.flush()

    def ask(self, question: str, default: str) -> str:
        """An answer; the default at once where nobody is asked, and after Ctrl-C."""
        for begin, answer in self._answers.items():
            if question.startswith(begin):
                return answer
        if not self.asks or self._stop.event.is_set():
            return default
        sys.stderr.write(f"{question}{f' [{default}]' if default else ''}: ")
        sys.stderr.flush()
        self._stop.is_asking = True
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            line = ""
            tell("")
        finally:
            self._stop.is_asking = False
        return line.strip() or default
