"""Do bytes get from a port to the recorder, whatever the port does? And is the device any good?"""

from __future__ import annotations

import errno
import re
import socket
import threading
import time

import pytest

from recording import needs_pty, quiet_truth, wait_for
from touchrhythm.device import port as ports
from touchrhythm.device.events import Sample
from touchrhythm.device.port import (
    Device,
    PortBusy,
    PortReader,
    find_port,
    list_ports,
    open_port,
    permission_remedy,
)
from touchrhythm.device.pty_board import PtyBoard
from touchrhythm.device.recorder import MonotonicClock
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import VirtualBoard
from touchrhythm.errors import NoSuchInput, PortLost

UNO = Device("/dev/ttyACM0", "Arduino Uno", 0x2341, 0x0043, "A1B2")


def test_a_device_is_known_by_serial_number_on_any_port():
    moved = Device("/dev/ttyACM3", "Arduino Uno", 0x2341, 0x0043, "A1B2")
    twin = Device("/dev/ttyACM0", "Arduino Uno", 0x2341, 0x0043, "ZZZZ")
    assert find_port(UNO, ports=lambda: (twin, moved)) == "/dev/ttyACM3"
    assert find_port(UNO, ports=lambda: (twin,)) is None


def test_without_serial_number_one_of_a_kind_is_taken_and_two_are_not_guessed():
    clone = Device("/dev/ttyUSB0", "CH340", 0x1A86, 0x7523)
    moved = Device("/dev/ttyUSB1", "CH340", 0x1A86, 0x7523)
    other = Device("/dev/ttyUSB2", "CH340", 0x1A86, 0x7523)
    assert find_port(clone, ports=lambda: (moved,)) == "/dev/ttyUSB1"
    assert find_port(clone, ports=lambda: (moved, other)) is None
    assert find_port(clone, ports=lambda: (clone, other)) == "/dev/ttyUSB0"


def test_a_port_by_url_keeps_its_name():
    assert find_port(Device("socket://host:1"), ports=tuple) == "socket://host:1"


def test_likely_boards_come_first(monkeypatch):
    from serial.tools import list_ports as listing
    from serial.tools.list_ports_common import ListPortInfo

    def port(name, vid):
        one = ListPortInfo(name)
        one.vid, one.pid = vid, 1 if vid else None
        return one

    monkeypatch.setattr(listing, "comports", lambda: [port("/dev/ttyS0", None), port("/dev/ttyZ9", 0x2341)])
    found = list_ports()
    assert [one.port for one in found] == ["/dev/ttyZ9", "/dev/ttyS0"]
    assert [one.is_likely_board for one in found] == [True, False]


def test_a_missing_port_says_which_there_are():
    with pytest.raises(NoSuchInput, match=re.escape("no port '/dev/ttyNONE' that can be opened")):
        open_port("/dev/ttyNONE")


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EACCES, NoSuchInput, "may not be opened by this user"),
        (errno.EBUSY, PortBusy, "in use by another"),
    ],
)
def test_a_refused_port_comes_with_the_remedy(monkeypatch, number, kind, words):
    import serial

    def refuse(*_, **__):
        raise serial.SerialException(number, "could not open port")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(kind, match=words):
        open_port("/dev/ttyACM0")


@pytest.mark.parametrize(
    ("platform", "word"), [("linux", "dialout"), ("darwin", "cu."), ("win32", "device manager")]
)
def test_the_remedy_fits_the_system(platform, word):
    assert word in permission_remedy(platform)


def test_loop_url_gives_back_what_is_written():
    port = open_port("loop://")
    try:
        port.write(b"hello")
        assert port.read() == b"hello"
    finally:
        port.close()


def test_a_socket_is_read_in_chunks_and_its_end_is_a_lost_port():
    server = socket.create_server(("127.0.0.1", 0))
    name = f"socket://127.0.0.1:{server.getsockname()[1]}"
    sent = b"".join(VirtualBoard(seed=1).advance(5.0))

    def serve():
        connection, _ = server.accept()
        connection.recv(1)
        connection.sendall(sent)
        time.sleep(0.2)
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    port = open_port(name)
    port.write(b"?")
    got, n_reads = b"", 0
    with pytest.raises(PortLost, match="stopped answering"):
        while True:
            got += port.read()
            n_reads += 1
    thread.join()
    server.close()
    port.close()
    assert got == sent
    assert n_reads < 100  # not byte by byte


@needs_pty
def test_two_programs_on_one_port_are_refused():
    board = PtyBoard(VirtualBoard(seed=1))
    try:
        first = open_port(board.name)
        with pytest.raises(PortBusy, match="in use by another program"):
            open_port(board.name)
        first.close()
        open_port(board.name).close()
    finally:
        board.close()


@needs_pty
def test_every_byte_that_was_sent_is_read_in_order():
    board = PtyBoard(VirtualBoard(quiet_truth(), seed=1), speed=10)
    clock = MonotonicClock()
    reader = PortReader(open_port(board.name), clock_us=clock.us)
    try:
        lines = LineReader()
        samples, until = [], time.monotonic() + 1.5
        while time.monotonic() < until:
            chunk = reader.get(0.1)
            if chunk is not None:
                samples += [one for one in lines.feed(chunk.data, chunk.host_us / 1e6) if type(one) is Sample]
    finally:
        reader.close()
        board.close()
    seqs = [one.seq for one in samples]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert len(seqs) > 800
    assert lines.counts.damaged.total() == 0


@needs_pty
def test_a_pulled_cable_is_noticed_and_the_device_found_again(tmp_path):
    link = tmp_path / "ttyBOARD"
    board = PtyBoard(VirtualBoard(quiet_truth(), seed=1), link=str(link))
    clock = MonotonicClock()
    reader = PortReader(open_port(str(link)), clock_us=clock.us)
    chunks = []
    try:
        wait_for(lambda: any(one.data for one in _drain(reader, chunks)))
        board.pull()
        wait_for(lambda: any(one.news == "lost" for one in _drain(reader, chunks)))
        board.plug()
        wait_for(lambda: any(one.news == "found" for one in _drain(reader, chunks)))
        n_before = len(chunks)
        wait_for(lambda: any(one.data for one in _drain(reader, chunks)[n_before:]))
    finally:
        reader.close()
        board.close()


def _drain(reader, into):
    """What has come; bounded, for a board at 80 samples a second always has more."""
    for _ in range(20):
        chunk = reader.get(0.02)
        if chunk is None:
            break
        into.append(chunk)
    return into


@needs_pty
def test_a_device_that_comes_back_is_read_at_its_own_baud_rate(tmp_path, monkeypatch):
    link = str(tmp_path / "ttyBOARD")
    board = PtyBoard(VirtualBoard(seed=1), link=link)
    opened = []
    real = ports.open_port
    monkeypatch.setattr(ports, "open_port", lambda name, **how: opened.append(how) or real(name, **how))
    reader = PortReader(real(link, baudrate=57600), clock_us=MonotonicClock().us)
    try:
        board.pull()
        wait_for(lambda: (chunk := reader.get(0.05)) is not None and chunk.news == "lost")
        board.plug()
        wait_for(lambda: (chunk := reader.get(0.05)) is not None and chunk.news == "found")
    finally:
        reader.close()
        board.close()
    assert opened and all(how == {"baudrate": 57600} for how in opened)


def test_a_device_that_stays_away_is_given_up_after_a_while():
    class Gone:
        device = Device("gone")

        def read(self):
            raise PortLost("gone", 1.0)

        def close(self):
            pass

    reader = PortReader(Gone(), clock_us=MonotonicClock().us, reopen=lambda device: None, patience=0.1)
    try:
        news = []
        wait_for(lambda: [one.news for one in _drain(reader, news)] == ["lost", "given up"])
    finally:
        reader.close()
