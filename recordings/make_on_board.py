"""Make a recording that went the whole way: python recordings/make_on_board.py NAME [FOLDER]

A simulated hand → the real sketch in simavr → a port → ``touchrhythm record``, with somebody at the
keyboard → the journal → the sealed dataset, and the truth. The board goes on when the recorder has read
what it sent, and the recorder's clock is the board's true time: so a busy machine does no harm, and a
fast one is done sooner than life. firmware_notes/simulated_board says what must be installed.
"""

import contextlib
import json
import mmap
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchrhythm import simulate_session
from touchrhythm.cli import devices, main
from touchrhythm.device.events import Sample
from touchrhythm.device.recorder import MonotonicClock
from touchrhythm.io.journal import list_pieces
from touchrhythm.io.journal_decode import decode_journal, make_reader
from touchrhythm.io.journal_records import read_records
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse_session

ROOT = Path(__file__).resolve().parents[1]
COUNTS_PER_GRAM, ZERO_COUNTS = 4200.0, 84213.0
HZ, VALUES_PER_S = 16e6, 80.0
ON_S, RESTS_S = 25.0, 30.0  # of the board: the hand is put on, and Enter is pressed
SLACK_S, QUIET_S, PRESS_S = 6.0, 3.0, 0.15  # hand on after the end; start to first press; length of a press
NOTHING = {"rate_cpm": None, "force_g": 5.0, "sensor_noise_g": 0.005}
EXAMINER, READINGS = "E01", 8
SLOWED = {
    "force": "(Its converter is asked for 13 values a second\nonly, so that the journal is small;"
    " a real HX711 gives about 80, or 10.)",
    "pulse": "(It was asked for 50 values a second, so\nthat the journal is small; without being asked it sends 200.)",
}
RHYTHM = NOTHING | {"rate_cpm": 8.0, "snr_db": 8.0, "tapper": "follow", "tap_jitter": 0.08}


@dataclass(frozen=True)
class Take:
    """A recording to make: the hand, the board, and the words for ``record``."""

    what: str
    seed: int
    hand: dict
    kind: str = "palpation"
    margin_s: float = 120.0
    tapping_s: float = 420.0
    defines: tuple[str, ...] = ("-DSENSOR=HX711",)
    chip_per_s: float = 13.17
    ppm: float = 1500.0
    latency_ms: float = 16.0
    pulled: tuple[tuple[float, float], ...] = ()  # seconds of the board, and for how long
    signal: str = "force"
    values_per_s: float = VALUES_PER_S

    @property
    def length_s(self):
        """How long the hand is on."""
        return RESTS_S - ON_S + 2 * self.margin_s + self.tapping_s + SLACK_S


TAKES = {
    "example": Take(
        "A hand of 5 g that slips for 18 s; the examiner follows what is there, half a second late.",
        20261124,
        RHYTHM
        | {
            "cv": 0.1,
            "modulation_sd": 0.3,
            "breathing_cpm": 14.5,
            "contact_loss": ((405.0, 18.0),),
            "lag_s": 0.6,
        },
    ),
    "no-rhythm": Take(
        "A hand, breathing, and no rhythm; the examiner keeps a beat of their own.",
        7,
        NOTHING | {"breathing_cpm": 15.5, "tapper": "guess"},
    ),
    "slow-breathing": Take(
        "A person who breathes at 8 a minute, with a belt that shows it; the examiner feels the breath.",
        3,
        NOTHING | {"breathing_cpm": 8.0, "breathing_level": 60.0, "references": True, "tapper": "breathing"},
        defines=("-DSENSOR=HX711", "-DSECOND_CHANNEL=BELT"),
    ),
    "null-weight": Take(
        "A dead weight of 20 g and nobody there: the apparatus alone, which creeps a little.",
        5,
        NOTHING | {"force_g": 20.0, "background_g": 0.004, "creep_g": 0.05},
        kind="null",
        margin_s=0.0,
        tapping_s=330.0,
    ),
    "pulled-cable": Take(
        "The cable is pulled in mid-session and put back after 8 s: the board starts anew on another port.",
        8,
        RHYTHM | {"rate_cpm": 9.3, "cv": 0.08, "breathing_cpm": 15.0},
        pulled=((330.0, 8.0),),
    ),
    "pulse": Take(
        "A pulse whose beats rise and fall in height, some of them spoilt; the examiner follows, half a second late.",
        6,
        {
            "rate_cpm": 8.4,
            "rate_cv": 0.1,
            "height": 0.2,
            "heart_rate_bpm": 66.0,
            "bad_fraction": 0.01,
            "tapper": "follow",
        },
        margin_s=90.0,
        tapping_s=300.0,
        defines=("-DSENSOR=PULSE_ANALOG", "-DSAMPLES_PER_S=50"),
        signal="pulse",
        values_per_s=400.0,
    ),
}


def simulated(take):
    """The session under the hand; the examiner begins a little late and ends a little early."""
    if take.signal == "pulse":
        model = PulseModel(**{name: value for name, value in take.hand.items() if name != "tapper"})
        parts = {"tapper": take.hand["tapper"], "fs": take.values_per_s, "rng": take.seed}
        return simulate_pulse_session(model, duration_s=take.length_s, **parts)
    margin = RESTS_S - ON_S + take.margin_s + QUIET_S if "tapper" in take.hand else None
    hand = take.hand | {"duration_s": take.length_s, "margin_s": margin, "raters": (EXAMINER,)}
    return simulate_session(**hand, fs=take.values_per_s, rng=take.seed)


def lay_out(take, session, work):
    """Files for the harness: what the sensors feel, and who pulls and presses when."""
    data = session.recording.data
    before = np.random.default_rng(take.seed).standard_normal(round(ON_S * take.values_per_s))
    if take.signal == "pulse":
        low, high = np.percentile(data[:, 0], (1, 99))
        beats = np.concatenate([0.01 * before, (data[:, 0] - low) / (high - low)])
        np.savetxt(work / "force.txt", 1500 + 2000 * beats, fmt="%.2f")
    else:
        force = np.concatenate([take.hand["sensor_noise_g"] * before, data[:, 0], [0.0]])
        np.savetxt(work / "force.txt", ZERO_COUNTS + COUNTS_PER_GRAM * force, fmt="%.2f")
    if data.shape[1] > 1:
        np.savetxt(work / "belt.txt", 2500 + 600 * np.concatenate([0 * before, data[:, 1]]), fmt="%.2f")
    lines = [f"{1e3 * at:.3f} pull {1e3 * length:.0f}" for at, length in take.pulled]
    for taps in session.taps:
        for press in ON_S + taps.onset:
            lines += [f"{1e3 * press:.3f} press", f"{1e3 * (press + PRESS_S):.3f} release"]
    (work / "script.txt").write_text("\n".join(lines) + "\n")


def build(take, work):
    """Compile harness and sketch."""
    sketch = (ROOT / "firmware_notes/touch_reference/touch_reference.ino", work / "touch.elf", *take.defines)
    for words in (("harness", work / "harness"), ("sketch", *sketch)):
        command = ["sh", ROOT / "firmware_notes/simulated_board/build.sh", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def shared_clock(path):
    """Nanoseconds of the board's true time, as a function."""
    with open(path, "rb") as file:
        shown = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    return lambda: int.from_bytes(shown[:8], sys.byteorder)


def touchrhythm_by_the_board_s_time(words):
    """``touchrhythm`` as it is, in the board's folder, but for the clock."""
    now_ns = shared_clock("clock")
    devices.MonotonicClock = lambda: MonotonicClock(now_ns)
    return main(words)


@dataclass
class Board:
    """The running board; ``board`` in its folder always leads to its present port."""

    take: Take
    work: Path

    def __enter__(self):
        take, work = self.take, self.work
        command = "./harness -e touch.elf -p -n clock -s script.txt -T truth.csv -w force.txt"
        command += f" -W {take.values_per_s} -f {take.chip_per_s} -k {take.ppm} -l {take.latency_ms}"
        command += f" -t {ON_S + take.length_s + 60}" + " -v belt.txt" * (work / "belt.txt").exists()
        self.process = subprocess.Popen(command.split(), cwd=work, stdout=subprocess.PIPE, text=True)
        plugged = threading.Event()
        self.follower = threading.Thread(target=self._follow, args=(plugged,), daemon=True)
        self.follower.start()
        plugged.wait(30)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.follower.join()
        self.process.stdout.close()

    def _follow(self, plugged):
        link = self.work / "board"
        for line in self.process.stdout:
            link.unlink(missing_ok=True)
            if line.startswith("pty"):
                link.symlink_to(line.split()[1])
            plugged.set()

    def wait_until(self, seconds):
        """Wait until so many seconds of the board have passed."""
        shown = shared_clock(self.work / "clock")
        while shown() < seconds * 1e9 and self.process.poll() is None:
            time.sleep(0.005)


def words_for_record(take, study):
    """The command that records."""
    words = ["record", str(study), "--port", "./board", "--kind", take.kind]
    words += ["--skip", "warm-up", "unloaded", "dead-weight", "--skip-reason", "simulated board"]
    words += ["--margin", f"{take.margin_s:g}", "--tap-minutes", f"{take.tapping_s / 60:g}"]
    words += ["--min-free-mb", "10"]
    if take.signal == "force":  # a pulse has neither zero nor calibration
        words += ["--tare", "10", "--calibration", "calibration.json"]
    if take.kind == "null":
        return [*words, "--dead-weight-g", f"{take.hand['force_g']:g}"]
    words += ["--subject", "S01", "--examiner", EXAMINER, "--expected-rate", "10"]
    return [*words, "--consent", "record analyse share", "--examiner-consent", "record analyse share"]


def record(take, study, board):
    """Run ``record`` in a terminal and answer what it asks; gives all that was on the screen."""
    line = {"counts_per_gram": COUNTS_PER_GRAM, "zero_counts": ZERO_COUNTS - 800, "u95_mg": 12.0}
    (board.work / "calibration.json").write_text(json.dumps(line))  # its zero is old: the tare finds the new
    mine, theirs = os.openpty()
    command = [sys.executable, __file__, *words_for_record(take, study)]
    pipes = {"stdin": theirs, "stderr": theirs, "stdout": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=board.work, **pipes) as process:
        os.close(theirs)
        screen = converse(mine, board)
    os.close(mine)
    if process.returncode:
        raise RuntimeError(f"record ended with {process.returncode}:\n{screen}")
    return screen


def converse(terminal, board):
    """Answer each question as it comes, the first when the hand rests."""
    answers = (("press Enter", ""), ("feel", "yes"), ("sure", "80"))
    screen, answered = "", 0
    with contextlib.suppress(OSError):  # the other side has closed
        while piece := os.read(terminal, 4096):
            screen += piece.decode(errors="replace")
            for question, answer in answers:
                at = screen.find(question, answered)
                if at >= 0 and screen.endswith(": "):
                    board.wait_until(RESTS_S)
                    os.write(terminal, answer.encode() + b"\n")
                    answered = len(screen)
    return screen


def truth_of(take, session, study, work):
    """What was put in, in seconds of the sealed recording."""
    path = next(study.rglob("journal.txt"))
    journal = read_records(path)
    decoded = decode_journal(journal, path)
    piece = list_pieces(journal, decoded)[0]
    length = piece.end - piece.begin
    reader = make_reader(journal.header["format"])
    events = [event for part in journal.received for event in reader.feed(part.data, part.host_us / 1e6)]
    first = [event for event in events if type(event) is Sample][np.searchsorted(decoded.time, piece.begin)]
    rows = [row.split(",") for row in (work / "truth.csv").read_text().splitlines()]
    hz = HZ * (1 + take.ppm * 1e-6)
    zero = conversions(take, rows)[first.seq] / hz  # true time of the first sample
    presses = [int(row[1]) / hz - zero for row in rows if row[0] == "E" and row[2] == "press"]
    truth = dict(session.info["truth"])
    peak = np.array(truth["peak_s"]) + ON_S - zero
    if truth["rhythm"]:
        begin, end = np.interp([0.0, length], peak, np.arange(peak.size))
        truth["realised_rate_cpm"] = 60 * (end - begin) / length
    truth["peak_s"] = np.round(peak[(peak >= 0) & (peak <= length)], 6).tolist()
    truth["press_s"] = np.round(presses, 6).tolist()
    truth["cable_away_s"] = [[round(at - zero, 3), round(at - zero + gone, 3)] for at, gone in take.pulled]
    if take.signal == "pulse":
        beat = np.array(truth["beat_s"]) + ON_S - zero
        truth["beat_s"] = np.round(beat[(beat >= 0) & (beat <= length)], 4).tolist()
        truth["tappers"] = {EXAMINER: take.hand["tapper"]}
    else:
        losses = truth["parameters"]["contact_loss"]
        truth["parameters"]["contact_loss"] = [[round(at + ON_S - zero, 3), gone] for at, gone in losses]
        truth |= {"counts_per_gram": COUNTS_PER_GRAM, "zero_counts": ZERO_COUNTS}
    truth["seed"] = take.seed
    truth["board"] = {"sketch": "firmware_notes/touch_reference", "defines": list(take.defines)}
    truth["board"] |= {"resonator_ppm": take.ppm}
    if take.signal == "force":
        truth["board"] |= {"conversions_per_s": take.chip_per_s}
    truth["board"] |= {"usb_latency_ms": take.latency_ms, "time_of_first_sample_s": round(zero, 6)}
    return truth


def conversions(take, rows):
    """The cycle in which each sample was taken, by its number."""
    if take.signal == "pulse":  # the sketch sums eight readings
        return [int(row[1]) for row in rows if row[0] == "A0"][::READINGS]
    return [int(row[1]) for row in rows if row[0] == "C"]


def describe(name, take, study):
    """Say in the dataset's own README how it was made."""
    words = shlex.join(["touchrhythm", *words_for_record(take, Path(name))])
    text = (
        f"# {name}\n\n{take.what}\n\nSimulated, so that the truth is known (`sourcedata/truth.json`):\n"
        "nobody was touched. Yet it went the whole way: the sketch of `firmware_notes/touch_reference` ran in a\n"
        f"simulated board, and `touchrhythm` recorded it from a port. {SLOWED[take.signal]}\n\n"
        f"    python recordings/make_on_board.py {name} FOLDER\n\nwhich starts the board and types\n\n    {words}\n\n"
        "The journal that was written meanwhile lies untouched in `sourcedata`; the recording is made of it.\n\n"
    )
    files = (study / "README.md").read_text("utf-8").replace("# Recordings of touch", "## The files")
    (study / "README.md").write_text(text + files, "utf-8")


def run(take, study, work):
    """Record a take into a study folder, with its other files in ``work``; gives truth and screen."""
    session = simulated(take)
    lay_out(take, session, work)
    build(take, work)
    with Board(take, work) as board:
        screen = record(take, study, board)
    return truth_of(take, session, study, work), screen


def make(name, folder):
    """Make the recording ``folder/name``, which must not be there yet."""
    study = Path(folder).resolve() / name
    if study.exists():
        raise SystemExit(f"{study} is there already; nothing is overwritten")
    with tempfile.TemporaryDirectory(prefix="board-") as work:
        truth, screen = run(TAKES[name], study, Path(work))
    (study / "sourcedata" / "truth.json").write_text(json.dumps(truth, indent=1, sort_keys=True) + "\n")
    describe(name, TAKES[name], study)
    print(study, screen, sep="\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["record"]:  # in the process that `record` above has started
        raise SystemExit(touchrhythm_by_the_board_s_time(sys.argv[1:]))
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in TAKES:
        raise SystemExit(f"python recordings/make_on_board.py NAME [FOLDER], NAME one of {', '.join(TAKES)}")
    make(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ROOT / "recordings")
