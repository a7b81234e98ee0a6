"""Does the recorder say the right thing to the people in the room, and survive them and their computer?"""

from __future__ import annotations

import ast
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from recording import (
    COMMANDS,
    Memory,
    Silent,
    needs_posix,
    needs_pty,
    record_virtual,
    run,
    short_script,
    wait_for,
)
from touchrhythm.cli import build_parser, console
from touchrhythm.cli.console import Console, StopRequest
from touchrhythm.cli.record_options import with_study_file
from touchrhythm.cli.record_people import ask_people
from touchrhythm.device import port as ports
from touchrhythm.device.live_view import LiveView, text_frame
from touchrhythm.device.monitor import Monitor
from touchrhythm.device.port import Chunk, Device, PortReader
from touchrhythm.device.qualification import check_device
from touchrhythm.device.recorder import MonotonicClock, Recorder
from touchrhythm.device.sketch_lines import PlainReader
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import VirtualBoard
from touchrhythm.errors import CannotWrite
from touchrhythm.io.journal_records import read_records
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.participants import KINDS
from touchrhythm.plotting.live_window import LiveWindow
from touchrhythm.words.session_protocol import words_of

# ---- what is said -------------------------------------------------------------------------------


def said_in(tmp_path, **changes):
    talk = Silent()
    record_virtual(tmp_path / "j.txt", talk=talk, script=short_script(**changes))
    return talk.said


def test_nobody_who_touches_nothing_is_asked_what_was_felt(tmp_path):
    said = said_in(tmp_path, kind=KINDS["tap-only"])
    assert not [one for one in said if "feel" in one or ("hand off" in one and "Keep" not in one)]
    assert any("without touching the sensor" in one for one in said)


def test_a_null_recording_says_how_long_it_lasts_and_when_it_is_over(tmp_path):
    said = said_in(tmp_path, kind=KINDS["null"])
    assert "It is recorded alone, for 2 min 30 s to 3 min: touch nothing" in said
    assert said[-2:] == ["*", "The recording is over"]
    assert said.count("*") == 1


def test_the_dead_weight_is_taken_off_before_the_hand_is_put_on(tmp_path):
    assert any(one.startswith("Take the dead weight off. Put the hand on") for one in said_in(tmp_path))


def test_a_trial_without_dead_weight_speaks_of_none(tmp_path):
    assert not [one for one in said_in(tmp_path, dead_weight=0.0) if "dead weight" in one]


@pytest.mark.parametrize(
    ("taps", "start"),
    [("device", "press the button"), ("keyboard", "press the space bar"), ("count", "count the cycles")],
)
def test_the_start_names_what_is_to_be_done(taps, start):
    words = words_of(KINDS["palpation"], taps)
    assert words.start.startswith(f"START: {start}")
    assert words.stop.startswith("STOP counting" if taps == "count" else "STOP tapping")


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("taps", ["device", "keyboard", "count", "none"])
def test_no_word_of_a_trial_holds_a_number(kind, taps):
    assert not any(letter.isdigit() for line in words_of(KINDS[kind], taps) for letter in line)


def test_a_blind_examiner_practises_with_force_alone():
    monitor = Monitor(LineReader)
    board = VirtualBoard(seed=1)
    for k in range(100):
        monitor.take(Chunk(k * 50_000, b"".join(board.advance(0.05)) or b" "))
    view = LiveView(monitor)
    shown = text_frame(view, force_only=True)
    assert shown.startswith("force")
    assert not [word for word in ("cpm", "presses", ":", "samples") if word in shown]
    assert "cpm" in text_frame(view)


def test_a_console_that_knows_few_characters_gets_plain_ones():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    console.calm_streams()
    stream.reconfigure(errors="plainly")
    stream.write("8.0–8.2 cpm ± 0.1 · ≤ 30 g \udcfc ü")
    stream.flush()
    assert raw.getvalue() == b"8.0-8.2 cpm +/- 0.1 ; <= 30 g ? ?"


def test_a_name_or_an_unknown_consent_is_asked_for_again(tmp_path, capsys):
    class Answers(Console):
        def ask(self, question, default):
            return typed.pop(0) or default

    typed = ["Anna", "S07", "", "yes", "record analyse", "record"]
    words = ["record", str(tmp_path), "--port", "COM3", "--expected-rate", "8"]
    args = with_study_file(build_parser().parse_args(words))
    ask_people(args, KINDS["palpation"], Answers(StopRequest(), asks=True), tmp_path)
    assert (args.subject, args.examiner) == ("S07", "E01")
    assert (args.consent, args.examiner_consent) == ("record analyse", "record")
    said = capsys.readouterr().err
    assert "subject code must be" in said and "got 'yes'" in said


@needs_pty
def test_what_was_typed_while_nothing_was_asked_is_no_answer(monkeypatch):
    import pty

    master, slave = pty.openpty()
    with open(slave, encoding="utf-8") as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        os.write(master, b"\nyes\n")
        time.sleep(0.1)
        person = threading.Timer(0.3, os.write, (master, b"no\nagain\n"))
        person.start()
        asked = Console(StopRequest(), asks=True)
        assert asked.ask("Did you feel a rhythm?", "") == "no"
        assert asked.ask("and typed ahead", "") == "again"  # right after an answer, the next may be there
        person.join()
    os.close(master)


@needs_pty
@pytest.mark.long
def test_a_session_whose_terminal_is_closed_is_sealed_all_the_same(tmp_path):
    import pty

    master, slave = pty.openpty()
    words = ["record", tmp_path, "--virtual", "--speed", "20", "--skip", "all", "--tap-minutes", "60"]
    program = (
        f"import os\nos.setsid()\nimport fcntl, termios\nfcntl.ioctl(0, termios.TIOCSCTTY, 0)\n{COMMANDS}"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)], stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    wait_for(lambda: any(tmp_path.glob("sourcedata/sub-*/*/*/journal.txt")), seconds=30)
    time.sleep(1.0)
    os.close(master)
    process.wait(timeout=60)
    (journal,) = tmp_path.glob("sourcedata/sub-*/*/*/journal.txt")
    assert read_records(journal).marks_of("end")[0].facts["reason"] == "stopped by the operator"
    assert list(tmp_path.glob("sub-*/ses-*/beh/*_physio.tsv.gz"))


# ---- the computer -------------------------------------------------------------------------------


class Threaded:
    """A source with a thread; `get` is handed in."""

    threaded = True
    device = Device("COM3")

    def __init__(self, get):
        self.get = get

    def write(self, data):
        pass

    def close(self):
        self.get = lambda timeout: None


def test_a_computer_that_slept_says_so_and_keeps_it():
    now = [0]

    def get(timeout):
        if now[0] == 50_000_000_000:
            now[0] += 3_600_000_000_000
            return None
        if now[0] < 3_700_000_000_000:
            now[0] += 1_000_000_000
            return Chunk(now[0] // 1000, b" ")
        return time.sleep(0.01)

    clock, sink, told = MonotonicClock(lambda: now[0]), Memory(), []
    recorder = Recorder(Threaded(get), sink, clock_us=clock.us, monitor=Monitor(LineReader))
    recorder.on_news = lambda chunk: told.append(chunk.news)
    recorder.start()
    wait_for(lambda: "slept" in told)
    recorder.stop()
    warnings = [facts for _, event, facts in sink.marks if event == "warning"]
    assert warnings == [{"what": "computer slept or was held up", "seconds": 3600.0}]


def test_a_fault_in_the_recorder_s_thread_ends_the_session_and_is_told():
    def get(timeout):
        raise RuntimeError("boo")

    sink = Memory()
    recorder = Recorder(Threaded(get), sink, clock_us=MonotonicClock().us, monitor=Monitor(LineReader))
    recorder.start()
    assert recorder.wait(10.0) is False
    assert "RuntimeError: boo" in str(recorder.trouble)
    recorder.stop("fault")
    assert sink.is_closed and sink.marks[-1][1] == "end"


def test_a_fault_in_the_reader_s_thread_is_no_silence():
    class Odd:
        device = Device("odd")

        def read(self):
            raise RuntimeError("boo")

        def close(self):
            pass

    reader = PortReader(Odd(), clock_us=MonotonicClock().us)
    try:
        chunk = reader.get(5.0)
        assert chunk is not None and chunk.news == "given up"
    finally:
        reader.close()


def test_a_list_of_ports_that_breaks_off_while_it_is_read_is_looked_at_again(monkeypatch):
    def torn():
        raise OSError("the device went away")

    monkeypatch.setattr(ports, "find_port", lambda device: torn())
    assert ports._reopen(Device("COM3"), 115200) is None


def test_a_closed_terminal_keeps_nobody_from_recording(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            raise OSError(5, "Input/output error")

        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Gone())
    console.tell("THE DEVICE IS GONE")
    console.Console(StopRequest(), asks=True).sound()


# ---- files --------------------------------------------------------------------------------------


def test_a_recording_that_never_began_leaves_no_folder_and_no_code_taken(tmp_path):
    deep = tmp_path / "study" / "sourcedata" / "sub-S01" / "journal.txt"
    with pytest.raises(CannotWrite, match="MB free before a recording starts"):
        JournalWriter(deep, {}, min_free=1 << 60)
    assert not list(tmp_path.iterdir())


def test_a_path_too_long_is_a_clear_sentence(tmp_path, capsys):
    assert run("record", tmp_path / ("ä" * 300), "--virtual", "--tap-minutes", "0.1") in (73, 74)
    assert "too long" in capsys.readouterr().err


def test_words_in_an_unknown_encoding_are_kept_as_far_as_they_go(tmp_path):
    sink = JournalWriter(tmp_path / "j.txt", {"note": "\udcfc"}, min_free=0, ballast=0)
    sink.write_mark(5, "abort", {"reason": "h\udcfcsteln"})
    sink.close()
    journal = read_records(tmp_path / "j.txt")
    assert journal.marks[0].facts["reason"] == "h?steln"


def test_watch_of_a_study_folder_finds_its_youngest_journal(tmp_path, capsys):
    record_virtual(tmp_path / "sourcedata" / "journal.txt")
    assert run("watch", tmp_path, "--once") == 0
    assert "the youngest journal" in capsys.readouterr().err


def test_recover_of_a_folder_names_what_waits_in_it(tmp_path, capsys):
    (tmp_path / "session.json").write_text('{"state": "recording"}')
    assert run("recover", tmp_path) == 66
    assert str(tmp_path / "journal.txt") in capsys.readouterr().err


# ---- check --------------------------------------------------------------------------------------


def test_a_short_look_judges_no_drift():
    noise = np.random.default_rng(1).normal(0, 100, 80 * 10)
    finding = next(
        one for one in check_device(noise, fs=80.0, counts_per_gram=4200).findings if one.name == "drift"
    )
    assert finding.value is None
    assert finding.words == "not tested: 10 s recorded, 60 s are needed"


def test_presses_that_did_not_all_come_are_counted_in_words():
    noise = np.random.default_rng(1).normal(0, 100, 80 * 130)
    told = check_device(noise, fs=80.0, presses=[3.0, 8.0], n_pressed=3).findings[-1]
    assert told.words == "2 presses of 3 came, none doubled; press again and count"


def test_a_sketch_without_numbered_samples_is_not_said_to_lose_none():
    noise = np.random.default_rng(1).normal(0, 100, 80 * 130)
    loss = check_device(noise, fs=80.0, timing="host", sees_losses=False).findings[1]
    assert loss.grade == "limit" and loss.words.startswith("cannot be seen")
    monitor = Monitor(lambda: PlainReader(n_columns=1))
    monitor.take(Chunk(0, b"1\n2\n3\n"))
    assert "losses cannot be seen" in LiveView(monitor).lines()[1]


# ---- notes --------------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]


def said_by_the_code():
    """All texts of the package, neighbouring literals joined, what is filled in left out."""
    parts = []
    for path in sorted((ROOT / "src" / "touchrhythm").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts.append(node.value)
    return "\n".join(parts)


def test_every_message_that_the_notes_quote_is_printed_by_the_code():
    notes = (ROOT / "firmware_notes" / "troubleshooting.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in notes.splitlines() if line.startswith("| ")]
    quoted = [words for cell in cells for words in re.findall(r'"([^"]+)"', cell)]
    assert len(quoted) > 30
    code = said_by_the_code()
    assert not [words for words in quoted if words not in code]


def test_every_line_of_the_first_session_is_said_by_the_recorder():
    notes = (ROOT / "firmware_notes" / "README.md").read_text(encoding="utf-8")
    table = notes[notes.index("| what is said |") :]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    lines = [words for cell in cells for words in re.findall(r"`([^`]+)`", cell)]
    assert len(lines) >= 9
    code = said_by_the_code()
    assert not [one for one in lines if not all(part in code for part in re.split(r"(?<=off\.) ", one))]


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", text))


def test_every_option_in_the_notes_is_one_of_the_commands():
    known = {"--what"}  # of systemd-inhibit
    for parser in build_parser()._subparsers._group_actions[0].choices.values():
        known |= options_in(parser.format_help())
    for path in sorted((ROOT / "firmware_notes").glob("*.md")):
        assert options_in(path.read_text(encoding="utf-8")) <= known, path.name


def test_links_between_the_notes_lead_somewhere():
    for path in sorted((ROOT / "firmware_notes").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]*)(#[^)]*)?\)", text):
            place = path if not target[0] else path.parent / target[0]
            assert place.exists(), f"{path.name}: {target[0]}"
            if target[1]:
                heads = re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.M)
                anchors = {"#" + re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in heads}
                assert target[1] in anchors, f"{path.name}: {target[1]}"


def test_recover_takes_away_what_a_killed_recorder_kept_for_a_full_disk(tmp_path):
    home = tmp_path / "sourcedata" / "sub-S01" / "ses-01" / "sub-S01_ses-01_task-palpation_run-01"
    record_virtual(home / "journal.txt")
    ballast = home / "journal.txt.ballast"
    ballast.write_bytes(b"kept aside")
    assert run("recover", home / "journal.txt") == 0
    assert not ballast.exists()


def window_on_paper(view):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    return LiveWindow(view, figure)


def unended_journal(folder):
    record_virtual(folder / "journal.txt")
    path = folder / "journal.txt"
    path.write_bytes(path.read_bytes()[:-200])
    return path


def test_a_window_that_was_closed_ends_the_watching(tmp_path, monkeypatch):
    from touchrhythm.cli import journals

    def opened(view):
        window = window_on_paper(view)
        window.is_closed = True
        return window

    monkeypatch.setattr(journals, "open_window", opened)
    assert run("watch", unended_journal(tmp_path), "--window") == 0


@needs_posix
@pytest.mark.parametrize(
    ("state", "words", "code"),
    [("waiting", (), 130), ("text", (), 0), ("window", ("--window",), 0), ("silent", (), 0)],
)
def test_watching_ends_within_a_second_of_ctrl_c(tmp_path, monkeypatch, state, words, code):
    from touchrhythm.cli import journals

    monkeypatch.setattr(journals, "open_window", window_on_paper)
    monkeypatch.setattr(journals, "FRAME_S", 30.0)  # it is not the next picture that is waited for
    monkeypatch.setattr(journals, "is_being_written", lambda _: True)
    path = unended_journal(tmp_path)
    if state == "waiting":
        path.write_bytes(b"")
    if state == "silent":
        monkeypatch.setattr(LiveView, "silent_s", 3600.0)
    reached, pressed, ended = threading.Event(), [], threading.Event()
    waits = "wait_for_header" if state == "waiting" else "_follow"
    original = getattr(journals, waits)

    def waiting(*given, **named):
        reached.set()
        return original(*given, **named)

    def press():
        reached.wait()  # not before: while a module is loaded, an interrupt may be lost
        while not ended.wait(1.0 if not pressed else 20.0):
            pressed.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(journals, waits, waiting)
    presser = threading.Thread(target=press, daemon=True)
    presser.start()
    try:
        assert run("watch", path, *words) == code
    finally:
        ended.set()
        reached.set()
        presser.join()
    assert time.monotonic() - pressed[0] < 5.0  # within a second, where no other program wants the machine
