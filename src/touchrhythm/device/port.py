"""Which serial ports are there, and how are their bytes read without losing any?

The only module that imports pyserial.

**Conventions.** A port is named as the system names it (`/dev/ttyACM0`, ``COM3``) or by a URL
(`socket://host:port`, `loop://`). Bytes come in whatever chunks the system hands out; nothing is
split into lines here. A device is remembered by its USB serial number, else by its VID:PID, else
by its name. What goes wrong is a `TouchRhythmError` with the remedy in its sentence.

- `list_ports` : what is plugged in, and which look like a board of ours
- `find_port` : the port at which a remembered device is now
- `open_port` : an exclusive `Port` to read chunks from
- `PortReader` : a thread that reads, stamps and hands on, and looks for the device when it is gone
"""

from __future__ import annotations

import contextlib
import errno
import queue
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from touchrhythm.errors import NoSuchInput, PortLost, TouchRhythmError

__all__ = [
    "Chunk",
    "Device",
    "Port",
    "PortBusy",
    "PortReader",
    "find_port",
    "list_ports",
    "open_port",
]

# Vendors of the chips on Arduino-class boards: Arduino, Arduino.org, FTDI, Silicon Labs, WCH,
# Prolific, Adafruit, SparkFun, Espressif, Raspberry Pi, PJRC.
BOARD_VENDORS = {0x2341, 0x2A03, 0x0403, 0x10C4, 0x1A86, 0x067B, 0x239A, 0x1B4F, 0x303A, 0x2E8A, 0x16C0}


class PortBusy(PortLost):
    """A port is there but another program holds it."""

    def __init__(self, port: str) -> None:
        super().__init__(port, 0.0)
        self.args = (
            f"{port} is in use by another program"
            " (a second recorder, or the serial monitor of an editor?); close it and try again",
        )


@dataclass(frozen=True)
class Device:
    """A device on a port, and how to know it again.

    Attributes
    ----------
    port : str
        Name of the port.
    description : str
        What the system calls it.
    vid, pid : int or None
        USB vendor and product number; None for what is not on USB.
    serial_number : str or None
        USB serial number; many cheap boards have none.
    """

    port: str
    description: str = ""
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None

    @property
    def is_likely_board(self) -> bool:
        """Whether its USB chip is one that Arduino-class boards carry."""
        return self.vid in BOARD_VENDORS

    def is_same_device(self, other: Device) -> bool:
        """Whether `other` is this device, maybe on another port.

        >>> Device("COM3", "", 0x2341, 0x43, "A1").is_same_device(Device("COM7", "", 0x2341, 0x43, "A1"))
        True
        """
        if self.serial_number and other.serial_number:
            return (self.vid, self.pid, self.serial_number) == (other.vid, other.pid, other.serial_number)
        if self.vid is not None or other.vid is not None:
            return (self.vid, self.pid) == (other.vid, other.pid)
        return self.port == other.port

    def to_dict(self) -> dict[str, Any]:
        """Plain form, as the journal stores it."""
        return asdict(self)


def list_ports() -> tuple[Device, ...]:
    """Devices on the serial ports, likely boards first, then by name."""
    from serial.tools import list_ports as listing

    found = [
        Device(listed.device, listed.description or "", listed.vid, listed.pid, listed.serial_number or None)
        for listed in listing.comports()
    ]
    return tuple(sorted(found, key=lambda device: (not device.is_likely_board, device.port)))


def find_port(device: Device, *, ports: Callable[[], tuple[Device, ...]] = list_ports) -> str | None:
    """Name of the port at which a remembered device is now; None where it is not found.

    With a serial number the device is known for certain; without one it is taken only if exactly
    one device of its kind is plugged in. A port by URL or outside the system's list keeps its name.
    """
    if "://" in device.port:
        return device.port
    here = ports()
    same = [plugged for plugged in here if device.is_same_device(plugged)]
    if len(same) == 1:
        return same[0].port
    named = [plugged for plugged in same if plugged.port == device.port]
    if named:
        return named[0].port
    known = device.vid is not None
    return None if known or same else device.port


class Port:
    """An open port: chunks in, a few bytes out.

    Made by `open_port`. `read` waits at most `timeout` seconds and returns what has come, b"" if
    nothing has.
    """

    def __init__(self, serial_port: Any, device: Device, timeout: float) -> None:
        self._serial = serial_port
        self._timeout = timeout
        self._by_url = "://" in device.port
        self._opened = time.monotonic()
        self.device = device

    @property
    def name(self) -> str:
        """Name of the port."""
        return self.device.port

    @property
    def baudrate(self) -> int:
        """Bits per second."""
        return int(self._serial.baudrate)

    def read(self) -> bytes:
        """Whatever bytes have come, after at most the timeout.

        Raises
        ------
        PortLost
            If the device is gone.
        """
        try:
            return self._read_by_url() if self._by_url else self._read_chunk()
        except (OSError, TypeError, AttributeError) as error:  # SerialException is an OSError
            raise PortLost(self.name, time.monotonic() - self._opened) from error

    def write(self, data: bytes) -> None:
        """Send a few bytes to the device.

        Raises
        ------
        PortLost
            If the device is gone.
        """
        try:
            self._serial.write(data)
        except OSError as error:
            raise PortLost(self.name, time.monotonic() - self._opened) from error

    def close(self) -> None:
        """Give the port back; closing twice does no harm."""
        with contextlib.suppress(OSError):  # the device went away first
            self._serial.close()

    def _read_chunk(self) -> bytes:
        waiting = self._serial.in_waiting
        if waiting:
            return bytes(self._serial.read(waiting))
        first = bytes(self._serial.read(1))
        if not first:
            return first
        try:
            waiting = self._serial.in_waiting
            return first + bytes(self._serial.read(waiting)) if waiting else first
        except OSError:
            return first  # the next read tells the loss

    def _read_by_url(self) -> bytes:
        first = bytes(self._serial.read(1))
        if not first:
            return first
        self._serial.timeout = 0  # then read() hands out what is there, however much was asked for
        try:
            return first + bytes(self._serial.read(4096))
        except OSError:
            return first  # the next read tells the loss
        finally:
            self._serial.timeout = self._timeout


def open_port(name: str, *, baudrate: int = 115200, timeout: float = 0.05) -> Port:
    """Open a port for this program alone.

    Parameters
    ----------
    name : str
        `/dev/ttyACM0`, ``COM3``, `socket://host:port` or `loop://`.
    baudrate : int, default 115200
        Bits per second; of no meaning for sockets and pseudo terminals.
    timeout : float, default 0.05
        Longest wait of one `read` in seconds.

    Returns
    -------
    Port
        To be closed by the caller.

    Raises
    ------
    NoSuchInput
        If there is no such port, or it may not be opened; with the remedy.
    PortBusy
        If another program holds it.
    """
    import serial

    try:
        opened = serial.serial_for_url(
            name, baudrate=baudrate, timeout=timeout, write_timeout=1.0, exclusive=True
        )
    except (serial.SerialException, OSError) as error:
        raise _explain(name, error) from error
    except ValueError as error:
        raise NoSuchInput(f"{name} is no port: {error}") from error
    known = [device for device in list_ports() if device.port == name] if "://" not in name else []
    return Port(opened, known[0] if known else Device(name), timeout)


def _explain(name: str, error: Exception) -> TouchRhythmError:
    text = str(error).lower()
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK) or "exclusively lock" in text:
        return PortBusy(name)
    if sys.platform == "win32" and ("permissionerror" in text or "access is denied" in text):
        return PortBusy(name)
    if number in (errno.EACCES, errno.EPERM):
        return NoSuchInput(f"{name} may not be opened by this user; {permission_remedy(sys.platform)}")
    if "://" in name:
        return NoSuchInput(f"nothing answers at {name}; is the other program running?")
    there = ", ".join(device.port for device in list_ports()) or "none"
    return NoSuchInput(f"no port {name!r} that can be opened as a serial port; ports found: {there}")


def permission_remedy(platform: str) -> str:
    """What to do on this system when a port may not be opened.

    >>> "dialout" in permission_remedy("linux")
    True
    """
    if platform.startswith("linux"):
        return (
            "add the user to the group that owns it (`sudo usermod -a -G dialout $USER`; uucp on Arch),"
            " then log out and in again"
        )
    if platform == "darwin":
        return "open the /dev/cu.… name of the port, and allow the accessory under Privacy & Security"
    return "close other programs that use the port, and check the port's driver in the device manager"


@dataclass(frozen=True)
class Chunk:
    """What a reader hands on: bytes, or the news that the device went or came back.

    Attributes
    ----------
    host_us : int
        When it came: microseconds of the recorder's clock.
    data : bytes
        Bytes as received; empty for news.
    news : str
        "" for bytes, else "lost", "found" or "given up".
    device : Device or None
        For "found": the device, as it is now.
    """

    host_us: int
    data: bytes = b""
    news: str = ""
    device: Device | None = None


class PortReader:
    """Reads a port in a thread, stamps each chunk on arrival, finds the device again when it is gone.

    Parameters
    ----------
    port : Port
        Open port; closed by `close`.
    clock_us : callable
        Microseconds of the recorder's monotonic clock.
    reopen : callable, optional
        Takes a `Device`, returns an open `Port` or None if it is not there; default looks for the
        same device on any port. Tests hand in their own.
    patience : float, default 300.0
        Seconds to look for a lost device.
    """

    threaded = True

    def __init__(
        self,
        port: Port,
        *,
        clock_us: Callable[[], int],
        reopen: Callable[[Device], Port | None] | None = None,
        patience: float = 300.0,
    ) -> None:
        self._port = port
        self._clock_us = clock_us
        self._reopen = reopen or (lambda device: _reopen(device, port.baudrate))
        self._patience = patience
        self._chunks: queue.SimpleQueue[Chunk] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="port reader", daemon=True)
        self._thread.start()

    @property
    def device(self) -> Device:
        """The device that is read."""
        return self._port.device

    def get(self, timeout: float) -> Chunk | None:
        """Next chunk, or None when none has come within `timeout` seconds."""
        try:
            return self._chunks.get(timeout=timeout)
        except queue.Empty:
            return None

    def write(self, data: bytes) -> None:
        """Send a few bytes; silently nothing while the device is gone."""
        with contextlib.suppress(PortLost):
            self._port.write(data)

    def close(self) -> None:
        """Stop reading and give the port back."""
        self._stop.set()
        self._thread.join(timeout=2.0)
        self._port.close()

    def _run(self) -> None:
        try:
            self._read_on()
        except Exception:  # in silence it would look like a device that has nothing to say
            self._chunks.put(Chunk(self._clock_us(), news="given up"))

    def _read_on(self) -> None:
        while not self._stop.is_set():
            try:
                data = self._port.read()
            except PortLost:
                if not self._find_again():
                    return
                continue
            if data:
                self._chunks.put(Chunk(self._clock_us(), data))

    def _find_again(self) -> bool:
        """Announce the loss, look for the device; False when it stays away."""
        self._chunks.put(Chunk(self._clock_us(), news="lost"))
        self._port.close()
        until = time.monotonic() + self._patience
        while not self._stop.wait(0.2):
            port = self._reopen(self._port.device)
            if port is not None:
                self._port = port
                self._chunks.put(Chunk(self._clock_us(), news="found", device=port.device))
                return True
            if time.monotonic() > until:
                self._chunks.put(Chunk(self._clock_us(), news="given up"))
                return False
        return False


def _reopen(device: Device, baudrate: int) -> Port | None:
    try:
        name = find_port(device)
        return None if name is None else open_port(name, baudrate=baudrate)
    except (TouchRhythmError, OSError, TypeError, ValueError):  # the list of ports changes while it is read
        return None
