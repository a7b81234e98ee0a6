"""Do the branches for Windows and macOS call what those systems have? Their own pieces are played here.

A played module has only the names that the real one has, with the real signatures: a wrong name or a
wrong call fails on any system.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import ModuleType
from typing import ClassVar

import pytest

from recording import wait_for
from touchrhythm.cli import console
from touchrhythm.cli.console import StopRequest
from touchrhythm.device import keyboard_taps as taps
from touchrhythm.device import port as ports
from touchrhythm.device.keyboard_taps import KeyListener, measure_key_latency
from touchrhythm.device.port import PortBusy, open_port
from touchrhythm.errors import CannotWrite, NoSuchInput
from touchrhythm.io import journal_records, journal_writer, locks
from touchrhythm.io.journal_records import is_being_written, read_records
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.io.locks import LOCK_OFFSET
from touchrhythm.words import program
from touchrhythm.words.program import quoted


class WindowsOs:
    """`os` as Windows has it, for one module; folders cannot be opened, files are text unless O_BINARY."""

    name = "nt"
    O_BINARY = 1 << 30

    def __getattr__(self, name: str):
        if name in ("openpty", "set_blocking", "ttyname", "getuid", "mkfifo"):
            raise AttributeError(f"Windows has no os.{name}")
        return getattr(os, name)

    def open(self, path, flags, mode=0o777):
        assert flags & self.O_BINARY, "a journal opened as text would get other line ends"
        if os.path.isdir(path):
            raise PermissionError(13, "Permission denied", str(path))
        return os.open(path, flags & ~self.O_BINARY, mode)

    def close(self, descriptor):
        Msvcrt.held.pop(descriptor, None)
        os.close(descriptor)


class Msvcrt(ModuleType):
    """`msvcrt` as its documentation has it: keys of a console, and locks on stretches of a file."""

    LK_UNLCK, LK_LOCK, LK_NBLCK = 0, 1, 2
    held: ClassVar[dict[int, tuple[int, int]]] = {}

    def __init__(self, keys: str = "") -> None:
        super().__init__("msvcrt")
        self._keys = list(keys)

    def kbhit(self) -> bool:
        return bool(self._keys)

    def getwch(self) -> str:
        return self._keys.pop(0)

    def locking(self, fd: int, mode: int, nbytes: int, /) -> None:
        assert (mode, nbytes) == (self.LK_NBLCK, 1)
        place = (os.fstat(fd).st_ino, os.lseek(fd, 0, os.SEEK_CUR))
        assert place[1] == LOCK_OFFSET, "a lock on bytes that are there would keep watchers from reading"
        if place in self.held.values():
            raise OSError(36, "Resource deadlock avoided")
        self.held[fd] = place


@pytest.fixture
def windows(monkeypatch):
    """Modules that ask for the system are told it is Windows."""
    for module in (taps, locks, journal_records, journal_writer, console, program):
        monkeypatch.setattr(module, "os", WindowsOs())
    monkeypatch.setattr(Msvcrt, "held", {})
    monkeypatch.setitem(sys.modules, "msvcrt", Msvcrt())
    monkeypatch.setitem(sys.modules, "fcntl", None)  # importing it is an error
    monkeypatch.setitem(sys.modules, "termios", None)
    return monkeypatch


def test_windows_keys_are_taps_but_arrows_and_function_keys_are_none(windows):
    windows.setitem(sys.modules, "msvcrt", Msvcrt(" x\xe0H\x00;\r"))
    keys: list[str] = []
    with KeyListener(keys.append):
        wait_for(lambda: keys[-1:] == ["\r"])
    assert keys == [" ", "x", "\r"]


def test_windows_tells_no_latency_that_it_cannot_measure(windows):
    assert measure_key_latency() is None


def test_a_journal_on_windows_is_locked_behind_its_end_and_let_go(windows, tmp_path):
    path = tmp_path / "journal.txt"
    sink = JournalWriter(path, {"kind": "null"}, min_free=0)
    assert is_being_written(path)
    with pytest.raises(CannotWrite, match="another recorder is writing it"):
        JournalWriter(path, {}, min_free=0)
    sink.write_received(1000, b"D,1\r\n")
    sink.write_mark(2000, "end")
    sink.close()
    assert not is_being_written(path)
    journal = read_records(path)
    assert journal.received[0].data == b"D,1\r\n" and journal.is_ended
    assert b"\r\n" not in path.read_bytes()


@pytest.mark.parametrize("name", [one for one in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, one)])
def test_whatever_asks_politely_stops_and_is_given_back(name):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with StopRequest() as stop:
        signal.raise_signal(number)
        assert stop.event.wait(1.0)
    assert signal.getsignal(number) is before


def test_windows_has_no_hang_up_and_ctrl_c_still_stops(monkeypatch):
    monkeypatch.delattr(signal, "SIGHUP", raising=False)
    before = signal.getsignal(signal.SIGINT)
    with StopRequest() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.event.wait(1.0)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_path_is_quoted_as_the_system_wants_it(windows):
    path = r"C:\Users\Jörg M\it's a study"
    assert quoted(path) == f'"{path}"'
    windows.setattr(program, "os", os)
    assert quoted("it's") == "'it'\"'\"'s'"


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        ("PermissionError(13, 'Access is denied.', None, 5)", PortBusy, "in use by another program"),
        (
            "FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)",
            NoSuchInput,
            "ports found: COM3",
        ),
        (
            "OSError(22, 'The semaphore timeout period has expired.', None, 121)",
            NoSuchInput,
            "no port 'COM7'",
        ),
    ],
)
def test_what_windows_says_of_a_port_becomes_a_sentence(monkeypatch, raised, kind, words):
    import serial

    def refuse(*_, **__):
        raise serial.SerialException(f"could not open port 'COM7': {raised}")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ports, "list_ports", lambda: (ports.Device("COM3"),))
    with pytest.raises(kind, match=words):
        open_port("COM7")


@pytest.mark.parametrize(("platform", "word"), [("win32", "device manager"), ("darwin", "/dev/cu")])
def test_a_port_that_may_not_be_opened_comes_with_the_systems_own_remedy(monkeypatch, platform, word):
    import serial

    def refuse(*_, **__):
        raise serial.SerialException(13, "could not open port")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(NoSuchInput, match=word):
        open_port("COM7" if platform == "win32" else "/dev/tty.usbmodem1")


def test_the_recorder_starts_without_modules_that_only_posix_has():
    """Every module of the recording commands loads where fcntl, termios, tty, pty and resource are missing."""
    code = (
        "import sys\n"
        "for name in ('fcntl', 'termios', 'tty', 'pty', 'resource', 'pwd', 'grp'):\n"
        "    sys.modules[name] = None\n"
        "from touchrhythm.cli import record, journals, devices, record_people\n"
        "from touchrhythm.device import pty_board\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_windows_has_no_pseudo_terminals_and_is_told_what_there_is_instead(monkeypatch):
    from touchrhythm.device import pty_board
    from touchrhythm.device.virtual import VirtualBoard

    monkeypatch.setattr(pty_board, "os", WindowsOs())
    with pytest.raises(OSError, match="a VirtualSource works everywhere"):
        pty_board.PtyBoard(VirtualBoard())


@pytest.mark.skipif(os.name != "posix", reason="terminals of Linux and macOS")
def test_an_arrow_key_is_no_tap_on_linux_and_macos():
    import pty

    master, slave = pty.openpty()
    keys: list[str] = []
    try:
        with KeyListener(keys.append, slave):
            os.write(master, b"\x1b[A")
            time.sleep(0.2)
            os.write(master, b" ")
            wait_for(lambda: " " in keys)
    finally:
        os.close(master)
        os.close(slave)
    assert keys == [" "]
