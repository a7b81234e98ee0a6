"""When did somebody press a key? Taps without a button on the board: second choice, and labelled so.

The board's own button is stamped by the clock that stamps the force. A key goes through keyboard, USB
and system first; what can be measured of that here (from the system having the key to its stamp) is
measured, the keyboard's own 5–30 ms is not.

- `KeyListener` : calls a function at each key, at once, while it is entered
- `HeldKeys` : which keys are presses, and which the repeats of one that is held
- `measure_key_latency` : what the part after the system costs, in milliseconds
"""

from __future__ import annotations

import contextlib
import os
import select
import statistics
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

__all__ = ["HeldKeys", "KeyListener", "measure_key_latency"]

ESCAPE = b"\x1b"
WINDOWS_PREFIXES = "\x00\xe0"
REPEAT_US = 120_000  # a held key repeats itself about every 33 ms
FIRST_REPEAT_US = 1_100_000  # after at most a second


class KeyListener:
    """Listens to a terminal key by key; a context manager.

    Parameters
    ----------
    on_key : callable
        Called from a thread with each character, as soon as it is there.
    descriptor : int, optional
        Terminal to listen to; default is standard input. Not used on Windows.
    """

    def __init__(self, on_key: Callable[[str], None], descriptor: int | None = None) -> None:
        self._on_key = on_key
        self._descriptor = descriptor
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._before: Any = None

    def __enter__(self) -> KeyListener:
        if os.name == "nt":
            self._begin(self._listen_windows)
            return self
        descriptor = sys.stdin.fileno() if self._descriptor is None else self._descriptor
        self._descriptor = descriptor
        if os.isatty(descriptor):
            import termios
            import tty

            self._before = termios.tcgetattr(descriptor)
            tty.setcbreak(descriptor, termios.TCSANOW)
        self._begin(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=1.0)
        if self._before is not None:
            import termios

            with contextlib.suppress(termios.error):  # the terminal has been closed
                termios.tcflush(self._descriptor or 0, termios.TCIFLUSH)
                termios.tcsetattr(self._descriptor or 0, termios.TCSANOW, self._before)

    def _begin(self, listen: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=listen, name="keys", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._descriptor is not None
        while not self._stop.is_set():
            ready, _, _ = select.select([self._descriptor], [], [], 0.05)
            if not ready:
                continue
            try:
                data = os.read(self._descriptor, 64)
            except OSError:
                return
            if not data:
                return
            if data.startswith(ESCAPE):
                continue  # an arrow or function key
            for character in data.decode(errors="replace"):
                self._on_key(character)

    def _listen_windows(self) -> None:
        import msvcrt

        console: Any = msvcrt
        while not self._stop.is_set():
            if console.kbhit():
                character = console.getwch()
                if character in WINDOWS_PREFIXES and console.kbhit():
                    console.getwch()  # an arrow or function key, and its number
                else:
                    self._on_key(character)
            else:
                time.sleep(0.001)


class HeldKeys:
    """Tells presses from the repeats of a key that is held.

    A held key comes again after a first wait of 0.2 to 1 s, and then about 30 times a second. Whether a key
    that comes within that wait is a second press or the first repeat, only what comes next can say.

    Examples
    --------
    >>> keys = HeldKeys()
    >>> [keys.press(round(1e6 * s)) for s in (0.0, 0.5, 0.53, 0.56)]  # held for half a second
    [[0], [], [], []]
    >>> [keys.press(round(1e6 * s)) for s in (7.0, 7.5, 14.0)]  # pressed twice, then once more
    [[7000000], [], [7500000, 14000000]]
    """

    def __init__(self) -> None:
        self._last = -FIRST_REPEAT_US
        self._is_held = False
        self._doubtful: int | None = None

    def press(self, now_us: int) -> list[int]:
        """A key has come; gives the times of all presses that are certain now."""
        since, self._last = now_us - self._last, now_us
        if since < REPEAT_US:  # a repeat, and so was the one before it
            self._doubtful = None
            self._is_held = True
            return []
        certain = self.settle()
        if since < FIRST_REPEAT_US and not self._is_held:
            self._doubtful = now_us
            return certain
        self._is_held = False
        return [*certain, now_us]

    def settle(self) -> list[int]:
        """Nothing more has come: what was in doubt was a press."""
        doubtful, self._doubtful = self._doubtful, None
        return [] if doubtful is None else [doubtful]


def measure_key_latency(n: int = 30) -> float | None:
    """Median milliseconds from the system having a key to its stamp; None without pseudo terminals."""
    if os.name != "posix":
        return None
    import pty

    stamps: list[int] = []
    came = threading.Event()

    def on_key(_: str) -> None:
        stamps.append(time.perf_counter_ns())
        came.set()

    master, slave = pty.openpty()
    delays = []
    try:
        with KeyListener(on_key, slave):
            for _ in range(n):
                came.clear()
                began = time.perf_counter_ns()
                os.write(master, b" ")
                if not came.wait(1.0):
                    return None
                delays.append((stamps[-1] - began) / 1e6)
    finally:
        os.close(master)
        os.close(slave)
    return statistics.median(delays)
