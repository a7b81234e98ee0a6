"""How does the recorder speak to people, and how do they stop it?

**Conventions.** Talk goes to stderr. One Ctrl-C (or a hang-up, or a polite kill) ends a recording well;
it is taken note of and never interrupts a write.

- `Console` : lines, questions, one sound
- `StopRequest` : Ctrl-C as a wish
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any

from touchrhythm.cli.console import tell

__all__ = ["Console", "StopRequest"]


TYPED_AHEAD_S = 1.0  # after an answer, in which the next one may have been typed already


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
        Answers known beforehand, by the beginning of the question.
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
        for begin, answer in self._answers.items():
            if question.startswith(begin):
                return answer
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
