"""Shared by the recording tests: boards, journals and the command line, without any hardware."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.recorder import Recorder, greet
from touchrhythm.device.session_protocol import Script, run_session
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.errors import TouchRhythmError
from touchrhythm.io.journal_decode import describe_format, make_reader
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.participants import KINDS

needs_pty = pytest.mark.skipif(os.name != "posix", reason="pseudo terminals need Linux or macOS")
needs_posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and limits")

COMMANDS = """
import sys
import touchrhythm.cli as cli
cli.COMMAND_MODULES = ("touchrhythm.cli.recording_commands",)
sys.exit(cli.main(sys.argv[1:]))
"""

QUICK = ["--skip", "warm-up", "unloaded", "dead-weight", "--tare", "0.3", "--margin", "1", "--yes"]
WEIGHT = ["--virtual", "--kind", "null", "--skip", "all"]  # a dead weight on the virtual board, at once
AGREED = ["--consent", "record analyse", "--examiner-consent", "record"]


class Silent:
    """Talk that nobody hears; questions get their defaults or the answers handed in."""

    def __init__(self, answers: dict[str, str] | None = None) -> None:
        self.said: list[str] = []
        self.answers = answers or {}

    def say(self, text: str) -> None:
        self.said.append(text)

    def ask(self, question: str, default: str) -> str:
        self.said.append(question)
        for begin, answer in self.answers.items():
            if question.startswith(begin):
                return answer
        return default

    def sound(self) -> None:
        self.said.append("*")


def touchrhythm(*words: object, **kwargs: object) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", COMMANDS, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        **kwargs,
    )


def start_touchrhythm(*words: object) -> subprocess.Popen[str]:
    """Start one command and leave it running."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMANDS, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*words: object) -> int:
    """Run one command in this process; its exit code."""
    import touchrhythm.cli as cli

    before = cli.COMMAND_MODULES
    cli.COMMAND_MODULES = ("touchrhythm.cli.recording_commands",)
    try:
        return cli.main([str(word) for word in words])
    finally:
        cli.COMMAND_MODULES = before


def errors_in_dataset(folder: Path) -> list[object]:
    """What the official validator calls an error in a dataset; skips where it is not installed."""
    beside = Path(sys.executable).with_name("bids-validator-deno")
    program = str(beside) if beside.exists() else shutil.which("bids-validator-deno")
    if program is None:
        pytest.skip("the BIDS validator is not installed (pip install bids-validator-deno)")
    done = subprocess.run([program, "--json", str(folder)], capture_output=True, text=True)
    issues = json.loads(done.stdout)["issues"]["issues"]
    errors = [one for one in issues if one.get("severity") == "error"]
    assert done.returncode == (16 if errors else 0), done.stderr
    return errors


def record_virtual(
    path: Path,
    *,
    board: VirtualBoard | None = None,
    script: Script | None = None,
    talk: Silent | None = None,
    header: dict[str, object] | None = None,
    source: VirtualSource | None = None,
    rng: random.Random | None = None,
) -> tuple[VirtualBoard, Recorder]:
    """A whole guided session on a virtual board, as fast as it goes; the journal is at `path`."""
    board = board or VirtualBoard(seed=1)
    clock = source._clock if source is not None else SimulatedClock()
    source = source or VirtualSource(board, clock)
    greeting = greet(source, clock_us=clock.us)
    form = describe_format(greeting.guess)
    truth = board.truth
    line = {"counts_per_gram": truth.counts_per_gram, "zero_counts": truth.zero_counts + 500}
    facts = {"kind": "palpation", "task": "palpation", "format": form, "guided": True, "subject": "S01"}
    facts |= {"examiner": "E01", "session": "01", "run": "01", "calibration": {"force": line}}
    sink = JournalWriter(path, facts | (header or {}), min_free=0, ballast=0, sync=lambda descriptor: None)
    scale = Scale(line["counts_per_gram"], line["zero_counts"])
    monitor = Monitor(lambda: make_reader(form), scale=scale)
    recorder = Recorder(source, sink, clock_us=clock.us, monitor=monitor)
    recorder.start(greeting.chunks)
    script = script or short_script()
    is_whole = run_session(recorder, script, talk or Silent(), set_stage=board.set_stage, rng=rng)
    recorder.stop("complete" if is_whole else "stopped by the operator")
    return board, recorder


def short_script(**changes: object) -> Script:
    """A session of a few simulated minutes."""
    facts = {"warm_up": 0.0, "tare": 5.0, "unloaded": 20.0, "dead_weight": 20.0, "margin": 30.0}
    facts |= {"tapping": (90.0, 120.0), "skipped": (("warm-up", "test"),), "dead_weight_g": 20.0}
    return Script(**({"kind": KINDS["palpation"]} | facts | changes))


def wait_for(condition, *, seconds: float = 10.0) -> None:
    """Wait until something is so, or fail."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def quiet_truth(**changes: object) -> Truth:
    """A sensor without noise, so that any false sample would stand out."""
    return Truth(**({"noise_g": 0.0, "wander_g": 0.0, "tapper": "none"} | changes))


class Memory:
    """A sink in memory; `room` records fit."""

    def __init__(self, room: int = 10**9) -> None:
        self.received: list[tuple[int, bytes]] = []
        self.marks: list[tuple[int, str, dict[str, object]]] = []
        self.room = room
        self.is_closed = False

    def _take(self) -> None:
        self.room -= 1
        if self.room < 0:
            raise TouchRhythmError("the disk is full")

    def write_received(self, host_us, data):
        self._take()
        self.received.append((host_us, data))

    def write_mark(self, host_us, event, facts=None):
        self._take()
        self.marks.append((host_us, event, dict(facts or {})))

    def free_bytes(self):
        return 6_000_000

    def close(self):
        self.is_closed = True
