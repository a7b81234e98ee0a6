"""How does a virtual board look to a program that opens a port? As a pseudo terminal.

For trying the recorder through the system's own terminal layer, on Linux and macOS: the cable can be
pulled and put back, foreign bytes can be put on the wire, and a host that does not read makes it drop
whole lines and count them, as the real sketch does.

- `PtyBoard` : a virtual board behind a pseudo terminal
"""

from __future__ import annotations

import contextlib
import os
import threading
import time

from touchrhythm.device.virtual import VirtualBoard

__all__ = ["PtyBoard"]


class PtyBoard:
    """A virtual board behind a pseudo terminal, sending from a thread in real time times `speed`.

    Parameters
    ----------
    board : VirtualBoard
        The board.
    speed : float, default 1.0
        How many of its seconds pass in a real one.
    link : str, optional
        A symbolic link that always leads to its present terminal, as a port name that stays.
    step : float, default 0.0125
        Real seconds between two bursts of lines.

    Raises
    ------
    OSError
        On a system without pseudo terminals (Windows): use `VirtualSource`.
    """

    def __init__(
        self, board: VirtualBoard, *, speed: float = 1.0, link: str | None = None, step: float = 0.0125
    ) -> None:
        if os.name != "posix":
            raise OSError("pseudo terminals need Linux or macOS; a VirtualSource works everywhere")
        self.board = board
        self.txdrop = 0
        self.sent: list[tuple[float, bytes]] = []
        self._speed, self._link, self._step = speed, link, step
        self._rest = b""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._master: int | None = None
        self.name = ""
        self.plug()
        self._thread = threading.Thread(target=self._run, name="virtual board", daemon=True)
        self._thread.start()

    def plug(self) -> str:
        """Connect: a new terminal; returns its name."""
        import pty
        import tty

        with self._lock:
            master, slave = pty.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            self.name = os.ttyname(slave)
            self._slave: int | None = slave
            self._master, self._rest = master, b""
            if self._link is not None:
                if os.path.lexists(self._link):
                    os.unlink(self._link)
                os.symlink(self.name, self._link)
        return self.name

    def pull(self) -> None:
        """Pull the cable: the terminal is gone for whoever reads it."""
        with self._lock:
            for end in (self._master, self._slave):
                if end is not None:
                    os.close(end)
            self._master = self._slave = None
            if self._link is not None and os.path.lexists(self._link):
                os.unlink(self._link)

    def close(self) -> None:
        """Switch off."""
        self._stop.set()
        self._thread.join(timeout=2.0)
        self.pull()

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(self._step):
            now = time.monotonic()
            lines = self.board.advance((now - last) * self._speed, txdrop=self.txdrop)
            last = now
            with self._lock:
                if self._master is not None:
                    self._listen(self._master)
                    self._send(self._master, lines)

    def _listen(self, master: int) -> None:
        with contextlib.suppress(OSError):  # nothing was said
            self.board.receive(os.read(master, 64))

    def _send(self, master: int, lines: list[bytes]) -> None:
        """Send whole lines; what finds no room is dropped and counted, as the board does it."""
        if self._rest:
            self._rest = self._rest[self._put(master, self._rest) :]
        for line in lines:
            done = 0 if self._rest else self._put(master, line)
            if done:
                self._rest = line[done:]
                self.sent.append((time.monotonic(), line))
            else:
                self.txdrop += line.startswith(b"D")

    def _put(self, master: int, data: bytes) -> int:
        try:
            return os.write(master, data)
        except OSError:
            return 0  # no room, or nobody there
