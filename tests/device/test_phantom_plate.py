"""Is the phantom's plate found, told its rate once for the whole session, watched, and brought to rest?"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from recording import needs_pty, run, start_touchrhythm, wait_for
from touchrhythm.cli import devices, record_people
from touchrhythm.device import phantom_plate as plates
from touchrhythm.device.port import Device
from touchrhythm.device.pty_board import PtyBoard
from touchrhythm.device.touch_line import frame
from touchrhythm.device.virtual import VirtualBoard
from touchrhythm.io.journal_records import read_records

HEADER = frame("H,1,fw=phantom-1.0,lines=1")
KIND = ["--kind", "phantom", "--skip", "all", "--yes"]
SHORT = ["--virtual", "--margin", "2", "--tap-minutes", "0.2"]

pytestmark = needs_pty


class PretendedPlate:
    """A pseudo terminal that speaks as phantom_plate.ino does; a context manager.

    Opening its port resets it, as an Uno's does (not with `capacitor`): it hears nothing for `boot`
    seconds, then says `header` (None: never says anything). `pause` lies between two bytes that it
    sends; the first `deaf` rates are lost on the way; `answers` is what it replies to a rate.
    """

    def __init__(self, *, boot=0.3, header=HEADER, pause=0.0, deaf=0, answers=b"ok\n", capacitor=False):
        import pty
        import tty

        self.boot, self.header, self.pause, self.deaf, self.answers = boot, header, pause, deaf, answers
        self.capacitor = capacitor
        self.heard: list[bytes] = []
        self.n_opened = 0
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        os.set_blocking(self.master, False)
        self.name = os.ttyname(slave)
        os.close(slave)  # from now on the terminal knows whether somebody has it open
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.vanish()

    @property
    def rates(self) -> list[bytes]:
        return [one for one in self.heard if one.startswith(b"r")]

    def vanish(self) -> None:
        if not self.stop.is_set():
            self.stop.set()
            self.thread.join()
            os.close(self.master)

    def say(self, data: bytes) -> None:
        for piece in [data[k : k + 1] for k in range(len(data))] if self.pause else [data]:
            os.write(self.master, piece)
            time.sleep(self.pause)

    def _run(self) -> None:
        is_open, rest = False, b""
        while not self.stop.wait(0.01):
            data = self._hear()
            if data is None:
                is_open = False
                continue
            if not is_open:
                is_open, rest = True, b""
                self.n_opened += 1
                if not self.capacitor:
                    data = self._start()
            *lines, rest = (rest + (data or b"")).split(b"\n")
            for line in filter(None, lines):
                self._obey(line)

    def _hear(self) -> bytes | None:
        """What came; None while nobody has the port open."""
        try:
            return os.read(self.master, 256) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def _start(self) -> bytes:
        self.stop.wait(self.boot)
        self._hear()  # said to a board that was booting
        if self.header is not None:
            self.say(self.header)
        return b""

    def _obey(self, line: bytes) -> None:
        if self.header is None:
            return
        self.heard.append(line)
        if line.startswith(b"r") and self.deaf:
            self.deaf -= 1
        elif line == b"?":
            self.say(self.header + b"ok\n")
        else:
            self.say(b"ok\n" if line == b"r0.00" else self.answers)


def record(folder: Path, plate: PretendedPlate, *words: object) -> int:
    return run(
        "record", folder / "s", *KIND, "--phantom-port", plate.name, "--truth-file", folder / "t", *words
    )


def journal_of(folder: Path):
    (path,) = folder.glob("s/sourcedata/*/*/*/journal.txt")
    return read_records(path)


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param({"boot": 1.5}, marks=pytest.mark.long),
        {"pause": 0.002},
        pytest.param({"boot": 3.2}, marks=pytest.mark.long),
        {"deaf": 1},
    ],
    ids=["boots", "dribbles", "boots after the question", "loses a command"],
)
def test_the_plate_gets_its_true_rate_and_rests_at_the_end(tmp_path, ways):
    with PretendedPlate(**ways) as plate:
        assert record(tmp_path, plate, *SHORT) == 0
    truth = json.loads((tmp_path / "t").read_text())
    asked = b"r%.2f" % (truth["rate_cpm"] or 0.0)
    assert plate.rates == [asked] * (1 + ways.get("deaf", 0)) + [b"r0.00"]
    assert journal_of(tmp_path).header["phantom_sha256"] == truth["sha256"]


def test_a_plate_that_did_not_boot_is_asked_who_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(plates, "BOOT_S", 0.3)
    with PretendedPlate(capacitor=True, pause=0.001) as plate:
        assert record(tmp_path, plate, *SHORT) == 0
    assert b"?" in plate.heard and len(plate.rates) == 2


def test_the_port_is_opened_once_and_held_to_the_end(tmp_path):
    with PretendedPlate() as plate:
        assert record(tmp_path, plate, *SHORT) == 0
    assert plate.n_opened == 1


@pytest.mark.parametrize(
    ("ways", "words"),
    [
        ({"header": None}, "nothing came from {name} in 0.9 s, even when asked"),
        ({"header": frame("H,1,fw=touchref-1.0,boot=2,lines=3")}, "it says fw=touchref-1.0; did --port and"),
        pytest.param(
            {"header": frame("D,7,87500,123456,0")},
            "it speaks as a touchrhythm sensor does; did --port and",
            marks=pytest.mark.long,
        ),
        ({"header": b"Hello, this is a modem.\r\n"}, "it says 'Hello, this is a modem."),
        pytest.param(
            {"header": bytes(range(128, 256))}, "is not the phantom's plate: it says", marks=pytest.mark.long
        ),
        ({"answers": b"no\n"}, "refused what it was told"),
        pytest.param({"answers": b""}, "did not confirm what it was told", marks=pytest.mark.long),
    ],
    ids=["silent", "sensor", "running sensor", "modem", "garbage", "refuses", "mute"],
)
def test_what_is_no_plate_is_named_and_nothing_is_left(tmp_path, capsys, monkeypatch, ways, words):
    monkeypatch.setattr(plates, "BOOT_S", 0.3)
    monkeypatch.setattr(plates, "ANSWER_S", 0.2)
    moving = {"rate_cpm": 8.25, "salt": "00" * 16}  # a plate that is to stand still does so already
    monkeypatch.setattr("touchrhythm.cli.record_people.draw_phantom", lambda band: moving)
    with PretendedPlate(**ways) as plate:
        assert record(tmp_path, plate, *SHORT) == 66
    (line,) = capsys.readouterr().err.splitlines()
    assert words.format(name=plate.name) in line
    assert not re.search(r"\d+\.\d\d", line)  # no sentence tells the rate
    assert not list(tmp_path.iterdir())


def test_a_missing_sensor_drops_the_truth_and_stops_the_plate(tmp_path, capsys):
    with PretendedPlate() as plate:
        consent = ["--examiner-consent", "record"]
        assert record(tmp_path, plate, "--port", "/dev/ttyNONE", *consent) == 66
    assert "no port '/dev/ttyNONE'" in capsys.readouterr().err
    assert plate.rates[-1] == b"r0.00"
    assert not (tmp_path / "t").exists()  # no session came of it, so the next one may draw anew


@pytest.mark.long
def test_the_plate_moves_beside_a_sensor_on_a_port(tmp_path):
    board = PtyBoard(VirtualBoard(seed=1))
    words = ["--port", board.name, "--examiner-consent", "record", "--margin", "0.3", "--tap-minutes", "0.01"]
    try:
        with PretendedPlate() as plate:
            assert record(tmp_path, plate, *words) == 0
    finally:
        board.close()
    assert len(plate.rates) == 2 and plate.rates[-1] == b"r0.00"
    assert journal_of(tmp_path).is_ended


def test_auto_leaves_the_plates_own_port_alone(tmp_path, monkeypatch, capsys):
    found = (Device("/dev/ttyNONE1", vid=0x2341), Device("/dev/ttyNONE2", vid=0x2341))
    monkeypatch.setattr(devices, "list_ports", lambda: found)
    monkeypatch.setattr(record_people, "open_plate", lambda name: None)
    words = ["--kind", "phantom", "--yes", "--examiner-consent", "record", "--port", "auto"]
    words += ["--phantom-port", "/dev/ttyNONE1", "--truth-file", tmp_path / "t"]
    assert run("record", tmp_path / "s", *words) == 66
    assert "no port '/dev/ttyNONE2'" in capsys.readouterr().err


@pytest.mark.parametrize("what", ["started anew", pytest.param("is gone", marks=pytest.mark.long)])
def test_a_plate_that_forgets_its_rate_ends_the_session(tmp_path, capsys, what):
    with PretendedPlate() as plate:

        def fail() -> None:
            wait_for(lambda: any(tmp_path.glob("s/sourcedata/*/*/*/journal.txt")))
            time.sleep(0.3)
            if what == "started anew":
                plate.say(HEADER)
            else:
                plate.vanish()

        failing = threading.Thread(target=fail)
        failing.start()
        words = ["--virtual", "--speed", "20", "--margin", "5", "--tap-minutes", "10"]
        assert record(tmp_path, plate, *words) == 74
        failing.join()
    assert f"the phantom's plate on {plate.name} {what}" in capsys.readouterr().err
    journal = journal_of(tmp_path)
    assert what in journal.marks_of("abort")[0].facts["reason"]
    assert list(tmp_path.glob("s/sub-PHA01/ses-01/beh/*_physio.tsv.gz"))  # what came before is sealed
    assert (tmp_path / "t").exists()  # and was true


def test_ctrl_c_brings_the_plate_to_rest(tmp_path):
    with PretendedPlate() as plate:
        words = ["--virtual", "--speed", "20", "--tap-minutes", "60", "--phantom-port", plate.name]
        process = start_touchrhythm("record", tmp_path / "s", *KIND, *words, "--truth-file", tmp_path / "t")
        wait_for(lambda: any(tmp_path.glob("s/sourcedata/*/*/*/journal.txt")), seconds=30)
        assert len(plate.rates) == 1
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert len(plate.rates) == 2 and plate.rates[-1] == b"r0.00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kind", "null", "--phantom-port", "loop://"], "--phantom-port belongs to --kind phantom"),
        (["--kind", "null", "--truth-file", "t"], "--truth-file belongs to --kind phantom"),
        (["--kind", "phantom"], "needs --truth-file"),
    ],
)
def test_options_that_do_not_go_together_are_told(tmp_path, capsys, words, said):
    assert run("record", tmp_path / "s", "--virtual", "--skip", "all", *words) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
