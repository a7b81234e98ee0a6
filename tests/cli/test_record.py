"""Do the recording commands do what they say, and say what is wrong, on any path and with any input?"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import tty
from pathlib import Path

import numpy as np
import pytest

from recording import (
    AGREED,
    WEIGHT,
    errors_in_dataset,
    needs_posix,
    needs_pty,
    run,
    start_touchrhythm,
    touchrhythm,
    wait_for,
)
from touchrhythm.device.pty_board import PtyBoard
from touchrhythm.device.virtual import Truth, VirtualBoard
from touchrhythm.io import read_session
from touchrhythm.io.journal import read_journal
from touchrhythm.io.journal_records import read_records
from touchrhythm.participants import hash_truth
from touchrhythm.study.run import analyze_study
from touchrhythm.words.program import CALLED_AS

SHORT = [
    "--virtual",
    "--tare",
    "2",
    "--unloaded",
    "10",
    "--dead-weight",
    "10",
    "--margin",
    "10",
    "--tap-minutes",
    "1",
]
TRIAL = ["--virtual", "--skip", "all", "--margin", "2", "--tap-minutes", "0.2"]
BARE = [*WEIGHT, "--margin", "2", "--tap-minutes", "0.2"]


WRONG_STUDIES = {
    "typed": {"margin": "two"},
    "blind": {"blind": "no"},
    "nested": {"margin": {"minutes": 2}},
}


def journal_in(study: Path) -> Path:
    (found,) = study.glob("sourcedata/sub-*/*/*/journal.txt")
    return found


def state_of(study: Path) -> dict[str, object]:
    return json.loads(journal_in(study).with_name("session.json").read_text())


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a whole") / "Stüdie mit Leerzeichen"
    answers = ["--confidence", "70", "--felt-nothing", "--expected-rate", "10", "--seed", "3"]
    assert run("record", folder, *SHORT, *answers) == 0
    return folder


def test_a_whole_session_without_hardware_is_read_back_in_grams(study):
    (trial,) = study.glob("sub-S01/ses-01/beh/*_task-palpation_run-01_recording-force_physio.tsv.gz")
    session = read_session(trial)
    assert session.recording.units == ("g",)
    assert np.nanmean(session.recording.data) == pytest.approx(5.0, abs=0.2)
    assert session.recording.duration == pytest.approx(80.0, abs=0.2)
    assert len(session.taps[0]) > 4 and session.taps[0].rater == "E01"
    labels = [one.label for one in session.annotations]
    assert labels == ["hand on", "tapping", "hand off"]


def test_the_sealed_file_holds_raw_counts_and_the_sidecar_the_calibration(study):
    import gzip

    (trial,) = study.glob("sub-S01/ses-01/beh/*palpation*_physio.tsv.gz")
    first = float(gzip.decompress(trial.read_bytes()).split(b"\n")[0])
    assert first == pytest.approx(84213 + 5 * 4200, abs=4200)
    sidecar = json.loads(Path(str(trial).replace(".tsv.gz", ".json")).read_text())
    assert sidecar["force"]["CountsPerGram"] == 4200.0
    assert sidecar["Info"]["answers"] == {"confidence": 70.0, "felt_nothing": True}
    assert sidecar["Info"]["expected_rate_cpm"] == 10.0
    assert sidecar["Timing"] == "device"


def test_the_journal_reads_as_the_sealed_recording_does(study):
    (trial,) = study.glob("sub-S01/ses-01/beh/*palpation*_physio.tsv.gz")
    live, sealed = read_session(journal_in(study)), read_session(trial)
    assert live.recording.fs == sealed.recording.fs
    assert np.allclose(live.recording.data, sealed.recording.data, atol=1e-9)
    assert np.allclose(live.taps[0].onset, sealed.taps[0].onset, atol=1e-9)


def test_the_state_and_the_first_line_tell_who_what_and_whether(study):
    state, header = state_of(study), read_records(journal_in(study)).header
    assert state["state"] == "complete" and state["schema_version"] == 1
    assert state["skipped"] == [{"step": "warm-up", "reason": "simulated"}]
    assert len(state["files"]) == 3
    assert header["kind"] == "palpation" and header["virtual"] is True and header["blind"] is True


def test_the_official_validator_passes_every_seal(study):
    assert errors_in_dataset(study) == []
    assert sum(str(path).endswith("_physio.tsv.gz") for path in study.rglob("*")) == 3


def test_the_same_seed_gives_the_same_recording(study, tmp_path):
    assert run("record", tmp_path / "again", *SHORT, "--seed", "3") == 0
    (one,) = study.glob("sub-S01/ses-01/beh/*palpation*_physio.tsv.gz")
    (two,) = (tmp_path / "again").glob("sub-S01/ses-01/beh/*palpation*_physio.tsv.gz")
    assert one.read_bytes() == two.read_bytes()


def test_recover_rebuilds_the_same_files_from_the_journal(study, tmp_path, capsys):
    assert run("recover", journal_in(study), tmp_path / "rebuilt") == 0
    capsys.readouterr()
    for path in study.glob("sub-S01/ses-01/beh/*"):
        assert (tmp_path / "rebuilt" / path.relative_to(study)).read_bytes() == path.read_bytes()
    copied = journal_in(tmp_path / "rebuilt")
    assert copied.read_bytes() == journal_in(study).read_bytes()


def test_recover_overwrites_nothing_and_says_so(study, capsys):
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    assert run("recover", journal_in(study)) == 73
    assert "sealed before; nothing is overwritten" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in study.rglob("*") if path.is_file()} == before


def test_recover_of_a_torn_journal_says_what_is_missing(study, tmp_path, capsys):
    torn = tmp_path / "journal.txt"
    torn.write_bytes(journal_in(study).read_bytes()[:-3000])
    assert run("recover", torn, tmp_path / "out") == 0
    said = capsys.readouterr()
    assert "ended without stop" in said.err and "recovered; the journal is unchanged" in said.err
    assert len(said.out.splitlines()) == 3
    assert state_of(tmp_path / "out")["state"] == "recovered"


def test_a_seal_that_was_cut_short_is_completed(study, tmp_path):
    half = tmp_path / "half"
    shutil.copytree(study, half)
    (path,) = half.glob("sub-S01/ses-01/beh/*unloaded*_physio.tsv.gz")
    path.unlink()
    path.with_name(path.name.replace(".tsv.gz", ".json")).unlink()
    assert run("recover", journal_in(half)) == 0
    (whole,) = study.glob("sub-S01/ses-01/beh/*unloaded*_physio.tsv.gz")
    assert path.read_bytes() == whole.read_bytes()


def test_codes_and_sessions_are_handed_out(tmp_path):
    for _ in range(2):
        assert run("record", tmp_path, *BARE) == 0
    assert run("record", tmp_path, *BARE, "--subject", "NUL01") == 0
    found = sorted(path.parent.name for path in tmp_path.glob("sourcedata/sub-*/*/*/journal.txt"))
    assert found == [
        "sub-NUL01_ses-01_task-null_run-01",
        "sub-NUL01_ses-02_task-null_run-01",
        "sub-NUL02_ses-01_task-null_run-01",
    ]


def test_a_phantoms_truth_is_kept_elsewhere_and_its_hash_in_the_first_line(tmp_path):
    truth = tmp_path / "elsewhere" / "truth.json"
    words = ["--virtual", "--kind", "phantom", "--skip", "all", "--margin", "5", "--tap-minutes", "1"]
    assert run("record", tmp_path / "study", *words, "--truth-file", truth) == 0
    header = read_records(journal_in(tmp_path / "study")).header
    kept = json.loads(truth.read_text())
    assert header["phantom_sha256"] == hash_truth(kept) == kept["sha256"]
    assert kept["salt"] not in "".join(
        path.read_text(errors="replace")
        for path in (tmp_path / "study").rglob("*")
        if path.suffix in (".txt", ".json")
    )


def test_a_phantom_moves_in_the_band_of_the_plan(tmp_path, monkeypatch):
    from touchrhythm.participants import draw_phantom
    from touchrhythm.planning.sealed_plan import Plan, seal_plan
    from touchrhythm.settings import Settings

    asked = []
    monkeypatch.setattr(
        "touchrhythm.cli.record_people.draw_phantom", lambda band: asked.append(band) or draw_phantom(band)
    )
    seal_plan(tmp_path / "plan.toml", Plan(settings=Settings(band_cpm=(13.0, 20.0)), n_sessions=8))
    words = ["--virtual", "--kind", "phantom", "--skip", "all", "--margin", "5", "--tap-minutes", "1"]
    words += ["--truth-file", tmp_path / "truth.json", "--plan", tmp_path / "plan.toml"]
    assert run("record", tmp_path / "study", *words) == 0
    assert asked == [(13.0, 20.0)]


def test_a_phantoms_truth_may_not_lie_in_the_study(tmp_path, capsys):
    words = ["--virtual", "--kind", "phantom", "--truth-file", tmp_path / "study" / "truth.json"]
    assert run("record", tmp_path / "study", *words) == 2
    assert "must lie outside of the study folder" in capsys.readouterr().err


def test_the_plans_hash_stands_in_the_first_line(tmp_path):
    from touchrhythm.planning.sealed_plan import Plan, seal_plan

    plan = tmp_path / "plan.toml"
    sealed = seal_plan(plan, Plan(n_sessions=8))
    assert run("record", tmp_path / "study", *BARE, "--plan", plan) == 0
    header = read_records(journal_in(tmp_path / "study")).header
    assert header["plan_sha256"] == sealed.sha256


def test_a_study_file_gives_defaults_and_the_command_line_wins(tmp_path):
    file = tmp_path / "study.json"
    file.write_text(json.dumps({"examiner": "E07", "margin": 3, "tap-minutes": [0.2, 0.2], "max_force": 25}))
    words = ["--virtual", "--skip", "all", "--study", file, "--max-force", "30"]
    assert run("record", tmp_path / "study", *words) == 0
    header = read_records(journal_in(tmp_path / "study")).header
    assert header["examiner"] == "E07"
    assert header["max_force_g"] == 30.0  # typed, though it is the default as well


def test_nothing_typed_wins_over_a_study_file_though_it_is_the_default(tmp_path):
    file = tmp_path / "study.json"
    file.write_text(json.dumps({"skip_reason": "warm since morning", "skip": ["tare"]}))
    words = ["--virtual", "--study", file, "--skip-reason", "", "--margin", "1", "--tap-minutes", "0.1"]
    assert run("record", tmp_path / "study", *words) == 0
    marks = read_records(journal_in(tmp_path / "study")).marks_of("step")
    assert {mark.facts.get("reason") for mark in marks if mark.facts["state"] == "skipped"} == {"simulated"}


def test_what_comes_next_is_a_line_to_paste_wherever_the_study_lies(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(CALLED_AS, "python3 run.py --")
    study = tmp_path / "a study of mine"
    assert run("record", study, "--virtual", "--skip", "all", "--margin", "1", "--tap-minutes", "0.1") == 0
    said = capsys.readouterr()
    (line,) = [line for line in said.err.splitlines() if line.startswith("next: ")]
    words = shlex.split(line.removeprefix("next: "))
    assert words == ["python3", "run.py", "--", "analyze", said.out.splitlines()[0]]


@pytest.mark.parametrize("percent", ["1", "2", "0", "100"])
def test_a_confidence_arrives_in_the_study_as_it_was_asked_in_percent(tmp_path, percent):
    words = ["--virtual", "--skip", "all", "--margin", "1", "--tap-minutes", "0.1", "--confidence", percent]
    assert run("record", tmp_path / "study", *words) == 0
    (session,) = [read_session(path) for path in (tmp_path / "study").rglob("*_physio.tsv.gz")]
    assert session.info["answers"]["confidence"] == float(percent)
    (row,) = analyze_study([session]).rows
    assert row.confidence == float(percent) / 100


def test_a_step_of_no_length_is_kept_as_skipped(tmp_path):
    words = [
        "--virtual",
        "--tare",
        "0",
        "--unloaded",
        "0",
        "--skip",
        "dead-weight",
        "--skip-reason",
        "broken",
    ]
    assert run("record", tmp_path, *words, "--margin", "2", "--tap-minutes", "0.2") == 0
    assert state_of(tmp_path)["skipped"] == [
        {"step": step, "reason": "broken"} for step in ("warm-up", "tare", "unloaded", "dead-weight")
    ]


def test_too_much_force_warns_at_once_and_is_kept(tmp_path, capsys):
    words = ["--virtual", "--skip", "all", "--margin", "2", "--tap-minutes", "0.2", "--max-force", "3"]
    assert run("record", tmp_path / "study", *words) == 0
    assert "TOO MUCH FORCE" in capsys.readouterr().err
    assert read_records(journal_in(tmp_path / "study")).marks_of("warning")
    session = read_journal(journal_in(tmp_path / "study"))
    assert "force above maximum" in {one.label for one in session.annotations}


def test_a_heavy_dead_weight_is_no_hand_that_presses_too_hard(tmp_path, capsys):
    assert run("record", tmp_path, *BARE, "--max-force", "10") == 0
    assert "TOO MUCH FORCE" not in capsys.readouterr().err
    assert not read_records(journal_in(tmp_path)).marks_of("warning")


def test_practice_and_an_open_screen_are_recorded_as_such(tmp_path):
    words = [
        "--virtual",
        "--skip",
        "all",
        "--margin",
        "2",
        "--tap-minutes",
        "0.2",
        "--practice",
        "3",
        "--not-blind",
    ]
    assert run("record", tmp_path, *words) == 0
    journal = read_records(journal_in(tmp_path))
    assert journal.header["blind"] is False
    practice = [mark for mark in journal.marks_of("step") if mark.facts["name"] == "practice"]
    assert (practice[1].host_us - practice[0].host_us) / 1e6 == pytest.approx(3.0, abs=0.3)


def test_watch_in_a_window_needs_a_screen(study, capsys, monkeypatch):
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "backend", "agg")
    assert run("watch", journal_in(study), "--window") == 66
    assert "no screen to open a window on" in capsys.readouterr().err


@needs_posix
def test_one_ctrl_c_ends_well_and_keeps_why(tmp_path):
    words = ["record", tmp_path, *WEIGHT, "--speed", "20", "--tap-minutes", "60"]
    process = start_touchrhythm(*words, "--abort-reason", "the weight fell off")
    wait_for(lambda: any(tmp_path.glob("sourcedata/sub-*/*/*/journal.txt")), seconds=30)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    journal = read_records(journal_in(tmp_path))
    assert journal.marks_of("abort")[0].facts["reason"] == "the weight fell off"
    assert journal.marks_of("end")[0].facts["reason"] == "stopped by the operator"
    assert state_of(tmp_path)["state"] == "complete"
    assert state_of(tmp_path)["abort_reason"] == "the weight fell off"
    assert len(out.splitlines()) == 1


@needs_pty
def test_a_session_on_a_real_port_with_consent_goes_through(tmp_path):
    board = PtyBoard(VirtualBoard(Truth(), seed=1))
    try:
        words = [
            "record",
            tmp_path,
            "--port",
            board.name,
            "--skip",
            "all",
            "--margin",
            "0.5",
            "--tap-minutes",
            "0.04",
        ]
        done = touchrhythm(*words, "--yes", "--examiner", "E02", *AGREED)
    finally:
        board.close()
    assert done.returncode == 0, done.stderr
    assert state_of(tmp_path)["consent"] == {
        "subject": {"given": True, "covers": ["record", "analyse"]},
        "examiner": {"given": True, "covers": ["record"]},
    }
    session = read_session(done.stdout.splitlines()[0])
    assert session.recording.units == ("count",)  # no calibration is known for this device
    assert session.recording.duration == pytest.approx(3.4, abs=0.5)


@needs_pty
@pytest.mark.parametrize(
    ("line", "after_s"),
    [(b"a" * 40_000 + b"\n", 2.0), pytest.param(b"512,3\n" * 3000, 5.0, marks=pytest.mark.long)],
)
def test_ctrl_c_is_heard_while_a_foreign_device_chatters(tmp_path, line, after_s):
    master, slave = os.openpty()
    tty.setraw(slave)
    is_over = threading.Event()

    def chatter():
        os.set_blocking(master, False)
        while not is_over.is_set():
            if select.select([], [master], [], 0.1)[1]:
                with contextlib.suppress(BlockingIOError):
                    os.write(master, line)

    talker = threading.Thread(target=chatter)
    talker.start()
    try:
        process = start_touchrhythm("record", tmp_path, "--port", os.ttyname(slave), "--yes", *AGREED)
        time.sleep(after_s)
        if process.poll() is None:  # else it has said by itself that this is no device
            process.send_signal(signal.SIGINT)
        process.communicate(
            timeout=6.0
        )  # it ends within a second; a loaded machine needs longer to leave Python
    finally:
        is_over.set()
        talker.join()
        os.close(master)
        os.close(slave)


class Person:
    """The record command on a terminal of its own; `hear` waits for words, `type` answers."""

    def __init__(self, *words: object) -> None:
        import pty

        from recording import COMMANDS

        self.said = b""
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMANDS, *map(str, words)],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
        )
        os.close(slave)

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        os.close(self._master)

    def hear(self, words: bytes) -> None:
        until = time.monotonic() + 30
        while words not in self.said and time.monotonic() < until:
            if select.select([self._master], [], [], 0.2)[0]:
                self.said += os.read(self._master, 4096)
        assert words in self.said, self.said

    def type(self, words: bytes) -> None:
        os.write(self._master, words)

    def end(self) -> int:
        self.process.communicate(timeout=30)
        return self.process.returncode


QUICK_TRIAL = ["--skip", "all", "--margin", "0.3", "--subject", "S01", "--examiner", "E02", *AGREED]


@needs_pty
@pytest.mark.long
def test_counts_per_interval_are_asked_for_and_kept_with_their_interval(tmp_path):
    board = PtyBoard(VirtualBoard(Truth(tapper="none"), seed=1))
    words = ["record", tmp_path, "--port", board.name, *QUICK_TRIAL, "--tap-minutes", "0.02"]
    try:
        with Person(*words, "--taps", "count", "--count-every", "0.65", "--expected-rate", "8") as person:
            person.hear(b"press Enter when it rests")
            person.type(b"\n")
            person.hear(b"How many cycles in interval 1 of 2?")
            person.type(b"2.5\n")
            person.hear(b"Please type a whole number from 0 to 1000, or only Enter; got '2.5'")
            person.type(b"3\n4\n")
            person.hear(b"Did you feel")
            person.type(b"\n\n")
            assert person.end() == 0, person.said
    finally:
        board.close()
    session = read_journal(journal_in(tmp_path))
    assert [one.count for one in session.counts] == [3, 4]
    first, second = (one.duration for one in session.counts)
    assert 0.5 < first < 1.0
    assert first + second == pytest.approx(1.2, abs=0.3)
    assert session.taps == ()


@needs_pty
def test_ctrl_c_while_asked_beforehand_writes_nothing(tmp_path):
    with Person("record", tmp_path / "s", "--port", "loop://", *QUICK_TRIAL) as person:
        person.hear(b"Which rate does the examiner expect")
        person.process.send_signal(signal.SIGINT)
        assert person.end() == 130
        person.hear(b"nothing was written")
    assert not (tmp_path / "s").exists()


@needs_pty
def test_a_stopped_session_ends_where_it_was_stopped_whatever_comes_while_the_reason_is_typed(tmp_path):
    board = PtyBoard(VirtualBoard(Truth(tapper="none"), seed=1))
    words = ["record", tmp_path, "--port", board.name, *QUICK_TRIAL, "--expected-rate", "8"]
    try:
        with Person(*words) as person:
            person.hear(b"press Enter when it rests")
            person.type(b"\n")
            person.hear(b"START")
            person.process.send_signal(signal.SIGINT)
            person.hear(b"Why was the session stopped?")
            time.sleep(1.5)
            person.type(b"a telephone rang\n")
            assert person.end() == 0, person.said
    finally:
        board.close()
    journal = read_records(journal_in(tmp_path))
    (stopped,) = journal.marks_of("abort")
    assert stopped.facts["reason"] == "a telephone rang"
    late = journal.received[-1].host_us - stopped.host_us
    assert late > 1.4e6  # the journal holds what came meanwhile
    session = read_journal(journal_in(tmp_path))
    begin = journal.marks_of("hand on")[0].host_us
    assert session.recording.duration == pytest.approx((stopped.host_us - begin) / 1e6, abs=0.1)


@needs_pty
@pytest.mark.long
def test_a_sketch_of_plain_numbers_has_no_button_and_says_so(tmp_path, capsys):
    board = PtyBoard(VirtualBoard(Truth(tapper="none"), seed=1, framed=False))
    words = ["record", tmp_path, "--port", board.name, *QUICK_TRIAL, "--yes", "--tap-minutes", "0.01"]
    try:
        assert run(*words, "--taps", "device") == 2
        assert "has no button" in capsys.readouterr().err
        assert not list(tmp_path.iterdir())
        assert run(*words) == 0
    finally:
        board.close()
    assert "no taps: the sketch has no button" in capsys.readouterr().err
    assert read_records(journal_in(tmp_path)).header["taps"] == "none"


@needs_pty
@pytest.mark.long
def test_keyboard_taps_and_answers_are_taken_from_the_terminal(tmp_path):
    board = PtyBoard(VirtualBoard(Truth(tapper="none"), seed=1))
    words = ["record", tmp_path, "--port", board.name, "--skip", "all", "--margin", "0.5"]
    words += ["--tap-minutes", "0.05", "--taps", "keyboard", *AGREED, "--examiner", "E02"]
    try:
        with Person(*words, "--expected-rate", "8") as person:
            person.hear(b"Subject's code (Enter: a new one) [S01]: ")
            person.type(b"S07\n")
            person.hear(b"press Enter when it rests")
            person.type(b"\n")
            person.hear(b"START")
            for _ in range(3):
                time.sleep(0.6)
                person.type(b"    ")  # held for a while, a key repeats itself
            person.hear(b"Did you feel")
            person.type(b"perhaps\n")
            person.hear(b"Please type yes or no, or only Enter; got 'perhaps'")
            person.type(b"no\n")
            person.hear(b"How sure")
            person.type(b"400\n")
            person.hear(b"Please type a number from 0 to 100, or only Enter; got '400'")
            person.type(b"40\n")
            assert person.end() == 0, person.said
    finally:
        board.close()
    said = person.said
    assert b"from the system to the stamp" in said
    during = said[said.index(b"press Enter when it rests") : said.index(b"Did you feel")]
    assert b"START" in during and b"STOP" in during
    assert not re.search(rb"[0-9]|\x1b", during), "a blind screen tells no number and draws nothing"
    session = read_journal(journal_in(tmp_path))
    assert len(session.taps[0]) == 3
    assert np.diff(session.taps[0].onset) == pytest.approx([0.6, 0.6], abs=0.15)
    assert session.info["answers"] == {"felt_nothing": True, "confidence": 40.0}
    assert session.info["entities"]["sub"] == "S07"


@pytest.mark.parametrize("kind", ["palpation", "rigid", "phantom", "tap-only"])
def test_nobody_is_recorded_without_consent(tmp_path, capsys, kind):
    words = [
        "record",
        tmp_path / "s",
        "--port",
        "loop://",
        "--kind",
        kind,
        "--yes",
        "--truth-file",
        tmp_path / "t",
    ]
    assert run(*words) == 2
    assert "consent to be recorded is needed" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["record", "{study}", "--port", "/dev/ttyNONE", "--kind", "null", "--yes"],
            66,
            "no port '/dev/ttyNONE'",
        ),
        (["record", "{study}", "--port", "auto", "--kind", "null", "--yes"], 66, "exactly one board"),
        (["record", "{study}", *BARE, "--tap-minutes", "3", "2"], 2, "--tap-minutes must be"),
        (["record", "{study}", *BARE, "--margin", "-1"], 2, "--margin must be at least 0, got -1"),
        (["record", "{study}", *BARE, "--speed", "0"], 2, "speed must be above 0"),
        (["record", "{study}", *BARE, "--rate", "900"], 2, "--rate must lie between"),
        (["record", "{study}", *BARE, "--subject", "Anna"], 2, "the subject code must be"),
        (["record", "{study}", *BARE, "--plan", "{none}"], 66, "no such file"),
        (["record", "{study}", *BARE, "--study", "{none}"], 66, "no such file"),
        (["record", "{study}", *BARE, "--study", "{text}"], 65, "must be a JSON object"),
        (["record", "{study}", *BARE, "--study", "{odd}"], 65, "no option 'colour'"),
        (["record", "{study}", *BARE, "--calibration", "{odd}"], 65, "file that calibrate has written"),
        (["record", "{text}", *BARE], 73, "is no folder"),
        (["record", "{study}", *BARE, "--min-free-mb", "1e12"], 73, "MB free before a recording starts"),
        (["record", "{study}", *BARE, "--tap-minutes", "inf"], 2, "--tap-minutes must be"),
        (["record", "{study}", *BARE, "--max-force", "nan"], 2, "--max-force must be above 0, got nan"),
        (["record", "{study}", *BARE, "--confidence", "500"], 2, "at least 0 and at most 100, got 500"),
        (["record", "{study}", *BARE, "--expected-rate", "-3"], 2, "--expected-rate must be above 0"),
        (["record", "{study}", *BARE, "--count-every", "5"], 2, "belongs to --taps count"),
        (["record", "{study}", *BARE, "--session", "ä1"], 2, "--session must be letters and digits"),
        (["record", "", *BARE], 2, "OUT must name the study folder"),
        (["record", "{study}", *TRIAL, "--taps", "keyboard"], 2, "needs a terminal to be typed at"),
        (["record", "{study}", *BARE, "--study", "{typed}"], 65, "invalid float value: 'two'"),
        (["record", "{study}", *BARE, "--study", "{blind}"], 65, "blind must be true or false, got 'no'"),
        (
            ["record", "{study}", *BARE, "--study", "{nested}"],
            65,
            "margin must be a number, a text or a list",
        ),
        (["check", "--virtual", "--seconds", "inf"], 2, "--seconds must be above 0"),
        (["check", "--virtual", "--presses", "-1"], 2, "--presses must not be negative"),
        (["calibrate", "{study}", "--virtual", "--masses", "0", "5", "nan"], 2, "masses must be"),
        (["calibrate", "{study}", "--virtual", "--seconds", "inf"], 2, "--seconds must be"),
        (["calibrate", "", "--virtual"], 2, "OUT must name the study folder"),
        (["watch", "{text}", "--target", "6", "4"], 2, "--target must be"),
        (["record", "{study}"], 2, "--port"),
        (["recover", "{none}"], 66, "no journal at"),
        (["recover", "{text}", "{study}"], 65, "JSON header of a touchrhythm journal"),
        (["recover", "{text}"], 66, "sourcedata"),
        (["watch", "{none}", "--once"], 66, "no such file"),
        (["watch", "{text}", "--once"], 65, "JSON header"),
        (["check", "--virtual", "--seconds", "0"], 2, "--seconds must be above 0"),
        (["calibrate", "{study}", "--virtual", "--masses", "5"], 2, "at least three different masses"),
        (["calibrate", "{text}", "--virtual"], 73, "cannot be made"),
        (["check", "--port", "loop://", "--virtual"], 2, "not allowed with"),
    ],
)
def test_wrong_input_gets_one_clear_line_and_its_exit_code(tmp_path, capsys, monkeypatch, words, code, said):
    from touchrhythm.cli import devices

    monkeypatch.setattr(devices, "list_ports", tuple)
    names = {
        "study": tmp_path / "study",
        "none": tmp_path / "none",
        "text": tmp_path / "text",
        "odd": tmp_path / "odd",
    }
    names["text"].write_text("just words\n")
    names["odd"].write_text('{"colour": "red"}')
    for name, content in WRONG_STUDIES.items():
        names[name] = tmp_path / name
        names[name].write_text(json.dumps(content))
    before = {path: path.read_bytes() for path in (names["text"], names["odd"])}
    assert run(*[word.format(**names) for word in words]) == code
    err = capsys.readouterr().err
    assert said in err.replace("\n", " ")
    assert "Traceback" not in err and "fault of its own" not in err
    assert len([line for line in err.splitlines() if not line.startswith(("usage", " "))]) == 1
    assert {path: path.read_bytes() for path in before} == before
    assert not list(tmp_path.rglob("journal.txt"))


# ---- the other commands ------------------------------------------------------------------------


def test_ports_prints_a_table_or_json(capsys, monkeypatch):
    from touchrhythm.cli import devices
    from touchrhythm.device.port import Device

    monkeypatch.setattr(devices, "list_ports", lambda: (Device("COM3", "Uno", 0x2341, 0x43, "A1"),))
    assert run("ports") == 0
    assert re.search(r"board\?  COM3  Uno  2341:0043 A1", capsys.readouterr().out)
    assert run("ports", "--json") == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["likely_board"] is True


def test_check_ends_in_a_verdict(capsys):
    assert run("check", "--virtual", "--seconds", "130") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "fit"
    assert [line.split()[1] for line in lines[:-1]] == ["rate", "loss", "noise", "drift", "saturation", "own"]


def test_check_misses_the_presses_that_were_announced(capsys):
    assert run("check", "--virtual", "--seconds", "10", "--presses", "3", "--json") == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    button = next(one for one in result["findings"] if one["name"] == "button")
    assert button["grade"] == "bad" and button["words"].startswith("none of 3 presses came")
    assert result["verdict"] == "not fit"


def test_check_as_json_grades_a_short_look_as_limited(capsys):
    assert run("check", "--virtual", "--seconds", "10", "--json") == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["verdict"] == "fit with limits"


def test_calibrate_writes_beside_the_recordings_and_record_uses_it(tmp_path, capsys):
    assert run("calibrate", tmp_path, "--virtual", "--seconds", "2", "--settle", "1") == 0
    said = capsys.readouterr().out
    file = tmp_path / "sourcedata" / "calibration" / "calibration-01.json"
    assert str(file) in said and "hysteresis" in said
    line = json.loads(file.read_text())
    assert line["counts_per_gram"] == pytest.approx(4200.0, rel=1e-3)
    assert line["schema_version"] == 1
    assert run("record", tmp_path, *BARE, "--calibration", file) == 0
    header = read_records(journal_in(tmp_path)).header
    assert header["calibration"]["force"]["from"] == "calibration-01.json"
    assert run("calibrate", tmp_path, "--virtual", "--seconds", "2", "--settle", "1") == 0
    assert file.with_name("calibration-02.json").exists()
    assert json.loads(file.read_text()) == line
    file.unlink()
    assert run("calibrate", tmp_path, "--virtual", "--seconds", "2", "--settle", "1") == 0
    assert file.with_name("calibration-03.json").exists()  # the second is not overwritten


@needs_posix
def test_ctrl_c_while_calibrating_writes_nothing(tmp_path):
    process = start_touchrhythm("calibrate", tmp_path, "--virtual", "--speed", "1", "--seconds", "60")
    wait_for(lambda: (tmp_path / "sourcedata" / "calibration").exists(), seconds=30)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "no calibration was written" in err
    assert not list(tmp_path.rglob("*.json"))


@needs_pty
@pytest.mark.long
def test_a_device_that_speaks_and_then_says_nothing_is_not_checked(tmp_path, capsys):
    class OnlyItsHeader(VirtualBoard):
        def advance(self, seconds, *, txdrop=0):
            return [line for line in super().advance(seconds) if line.startswith(b"H")]

    board = PtyBoard(OnlyItsHeader(seed=1))
    try:
        assert run("check", "--port", board.name, "--seconds", "1") == 66
    finally:
        board.close()
    err = capsys.readouterr().err
    assert f"{board.name} fell silent" in err and "journal.txt" not in err


def test_watch_shows_a_journal_once_and_warns_who_may_look(study, capsys):
    assert run("watch", journal_in(study), "--once") == 0
    said = capsys.readouterr()
    assert re.search(r"force +-?\d", said.out) and "lost 0.00 %" in said.out
    assert "for the assistant only" in said.err


@needs_pty
@pytest.mark.long
def test_watch_follows_a_recording_and_ends_with_it(tmp_path):
    words = ["record", tmp_path, *WEIGHT, "--speed", "20", "--margin", "20"]
    recorder = start_touchrhythm(*words, "--tap-minutes", "0.5")
    wait_for(lambda: any(tmp_path.glob("sourcedata/sub-*/*/*/journal.txt")), seconds=30)
    watcher = start_touchrhythm("watch", journal_in(tmp_path))
    out, err = watcher.communicate(timeout=60)
    recorder.communicate(timeout=60)
    assert watcher.returncode == 0, err
    assert "the recording has ended" in err
    assert re.search(r"force +(19\.[89]|20\.[01])", out)


@needs_posix
def test_recover_refuses_a_journal_that_is_being_recorded(tmp_path):
    words = ["record", tmp_path, *WEIGHT, "--speed", "5", "--tap-minutes", "60"]
    recorder = start_touchrhythm(*words)
    try:
        found = "sourcedata/sub-*/*/*/journal.txt"
        wait_for(lambda: any(one.stat().st_size > 9000 for one in tmp_path.glob(found)), seconds=30)
        assert run("recover", journal_in(tmp_path)) == 73
    finally:
        recorder.kill()
        recorder.communicate()
    assert run("recover", journal_in(tmp_path)) == 0
