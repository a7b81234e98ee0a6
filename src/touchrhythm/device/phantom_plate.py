"""How is the phantom's plate told to move, and how is it noticed that it no longer does?

The plate is a board of its own (``firmware_notes/phantom_plate``). Opening its port may make it boot,
and booting makes it forget its rate: so its port is opened once and held until it is to rest.

**Conventions.** Rates in cycles per minute, 0 for a plate that stands still. No sentence tells a rate.

- `open_plate` : an open `Plate` that has said who it is
- `Plate` : moves, is watched, comes to rest
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from touchrhythm.device.port import Port, open_port
from touchrhythm.device.touch_line import is_framed
from touchrhythm.errors import NoSuchInput, PortLost

__all__ = ["Plate", "open_plate"]

BOOT_S = 2.5  # an Uno boots for about 1.5 s
ANSWER_S = 1.0
QUIET_S = 0.2
TRIES = 3
_FIRMWARE = re.compile(rb"fw=([^,*]+)")


def open_plate(name: str) -> Plate:
    """Open a port and hear the plate on it say who it is.

    Raises
    ------
    NoSuchInput
        If there is no such port, or what is on it is no plate; with what was found instead.
    PortBusy
        If another program holds the port.
    """
    port = open_port(name)
    plate = Plate(port)
    try:
        plate.meet()
    except BaseException:
        port.close()
        raise
    return plate


class Plate:
    """A phantom's plate behind an open port; made by `open_plate`."""

    def __init__(self, port: Port) -> None:
        self._port = port
        self._lines: deque[bytes] = deque()
        self._rest = self._heard = b""
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """Name of its port."""
        return self._port.name

    def meet(self) -> None:
        """Wait for its header, which it sends at boot; then ask for it.

        Raises
        ------
        NoSuchInput
            If something else speaks, or nothing does.
        """
        if self._says_who(BOOT_S):
            return
        for _ in range(TRIES):
            self._port.write(b"\n?\n")
            if self._says_who(ANSWER_S):
                while any(True for _ in self._listen(QUIET_S)):  # the question's own "ok"
                    continue
                return
        raise NoSuchInput(self._what_else())

    def move(self, rate_cpm: float) -> None:
        """Set the rate, again if it is not confirmed.

        Raises
        ------
        NoSuchInput
            If it does not confirm.
        """
        for _ in range(TRIES):
            self._port.write(b"r%.2f\n" % rate_cpm)
            answer = next((line for line in self._listen(ANSWER_S) if line in (b"ok", b"no")), None)
            if answer == b"ok":
                return
        said = "refused" if answer == b"no" else "did not confirm"
        raise NoSuchInput(
            f"the phantom's plate on {self.name} {said} what it was told; press its reset button"
        )

    def watch(self, on_fault: Callable[[str], None]) -> None:
        """Call a function, from a thread and once, with a sentence on why the plate moves no longer."""
        self._thread = threading.Thread(target=self._watch, args=(on_fault,), name="plate", daemon=True)
        self._thread.start()

    def close(self) -> bool:
        """Let it come to rest and give its port back; whether it confirmed. Twice does no harm."""
        if self._is_over.is_set():
            return True
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(timeout=2.0)
        try:
            self.move(0.0)
        except (NoSuchInput, PortLost):
            return False
        finally:
            self._port.close()
        return True

    def _watch(self, on_fault: Callable[[str], None]) -> None:
        while not self._is_over.is_set():
            try:
                is_booted = any(is_framed(line) and line.startswith(b"H,") for line in self._listen(QUIET_S))
            except PortLost:
                on_fault(f"the phantom's plate on {self.name} is gone (cable or device)")
                return
            if is_booted:
                on_fault(f"the phantom's plate on {self.name} started anew and has forgotten its rate")
                return

    def _listen(self, seconds: float) -> Iterator[bytes]:
        """Whole lines, as they come within so many seconds."""
        until = time.monotonic() + seconds
        while True:
            while self._lines:
                yield self._lines.popleft()
            if time.monotonic() >= until:
                return
            data = self._port.read()
            self._heard = (self._heard + data)[:200]
            *lines, rest = (self._rest + data).split(b"\n")
            self._rest = rest[-200:]
            self._lines.extend(line.strip() for line in lines)

    def _says_who(self, seconds: float) -> bool:
        for line in self._listen(seconds):
            if not is_framed(line):
                continue
            if line.startswith(b"H,1,fw=phantom"):
                return True
            firmware = _FIRMWARE.search(line)
            what = (
                f"it says fw={firmware[1].decode()}" if firmware else "it speaks as a touchrhythm sensor does"
            )
            raise NoSuchInput(
                f"{self.name} is not the phantom's plate: {what}; did --port and --phantom-port change places?"
            )
        return False

    def _what_else(self) -> str:
        if not self._heard.strip():
            return (
                f"nothing came from {self.name} in {BOOT_S + TRIES * ANSWER_S:g} s, even when asked"
                " (is this the phantom's port, and is phantom_plate loaded on that board?)"
            )
        text = self._heard.decode("ascii", "replace").strip()[:40]
        return f"{self.name} is not the phantom's plate: it says {text!r} (is phantom_plate loaded on that board?)"
