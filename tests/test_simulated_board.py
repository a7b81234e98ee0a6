"""The sketch of `firmware_notes/touch_reference`, compiled and run in simavr, against the truth.

Sketch and harness are built in this run. Without the tools the file is skipped with the reason;
where the environment says CI it fails instead.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from simulated_board import HZ, MISSING
from touchrhythm.device.clock import fit_clock, unwrap_device_time, wire_time
from touchrhythm.device.touch_line import Damaged, Edge, Event, Header, LineReader, Reset, Sample, Status
from touchrhythm.pulse.beats import find_beats
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse

NOTES = Path(__file__).parents[1] / "firmware_notes"
SKETCH = NOTES / "touch_reference" / "touch_reference.ino"
PHANTOM = NOTES / "phantom_plate" / "phantom_plate.ino"
BUILD = NOTES / "simulated_board" / "build.sh"
if MISSING and not os.environ.get("CI"):
    pytest.skip(
        f"the simulated board needs {', '.join(MISSING)}"
        " (apt install gcc-avr avr-libc arduino-core-avr libsimavr-dev libelf-dev)",
        allow_module_level=True,
    )

LINE = re.compile(
    rb"(D,\d{1,10},\d{1,10}(,-?\d{1,7}){1,2},[01]|B,\d+,\d+,[01]|S,\d+,\d+,\d+,\d+|H,1(,[a-z0-9_]+=[^,*]+)+)\*[0-9A-F]{4}"
)


def _build(*args: object) -> None:
    done = subprocess.run(
        ["sh", str(BUILD), *map(str, args)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr, done.stderr


@dataclass
class Board:
    """A folder with a harness, from which sketches are built and run."""

    folder: Path
    built: dict[tuple[str, ...], Path] = field(default_factory=dict)

    def sketch(self, *defines: str, source: Path = SKETCH) -> Path:
        key = (str(source), *defines)
        if key not in self.built:
            self.built[key] = self.folder / f"{len(self.built)}.elf"
            _build("sketch", source, self.built[key], *defines)
        return self.built[key]

    def run(self, elf: Path, seconds: float, *options: object, script: str = "") -> Run:
        name = self.folder / f"run{time.monotonic_ns()}"
        script_file, out, truth = (name.with_suffix(suffix) for suffix in (".script", ".bin", ".truth"))
        script_file.write_text(script)
        command = [
            self.folder / "harness",
            "-e",
            elf,
            "-t",
            seconds,
            "-s",
            script_file,
            "-o",
            out,
            "-T",
            truth,
        ]
        done = subprocess.run(
            [*map(str, command), *map(str, options)], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        assert '"crashed": 0' in done.stderr and '"switched_off": 0' in done.stderr
        return Run(out.read_bytes(), truth.read_text())


class Run:
    """What came over the wire, read; and what was true."""

    def __init__(self, data: bytes, truth: str) -> None:
        self.data = data
        self.reader = LineReader()
        self.events: list[Event] = [*self.reader.feed(data, 0.0), *self.reader.close()]
        self.truth = [line.split(",") for line in truth.splitlines()]

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]

    def conversions(self) -> list[tuple[float, int]]:
        """Time and value of each conversion of the load cell chip."""
        return [(int(row[1]) / HZ, int(row[2])) for row in self.truth if row[0] == "C"]

    def sums(self, readings: int = 8) -> list[tuple[float, int]]:
        """Time and value of each sum of analogue readings, as the chip's 10 bits make them."""
        rows = [(int(row[1]) / HZ, int(row[2]) * 0x3FF // 5000) for row in self.truth if row[0] == "A0"]
        groups = [rows[k : k + readings] for k in range(0, len(rows) - readings + 1, readings)]
        return [(group[0][0], sum(value for _, value in group)) for group in groups]

    def happened(self, what: str) -> list[float]:
        return [int(row[1]) / HZ for row in self.truth if row[0] == "E" and row[2] == what]


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    if MISSING:
        pytest.fail(f"the simulated board is never skipped in CI, but there is no {', '.join(MISSING)}")
    folder = tmp_path_factory.mktemp("board")
    _build("harness", folder / "harness")
    yield Board(folder)


def check_samples(run: Run, true: list[tuple[float, int]], *, within_s: float = 1e-3) -> None:
    """Every sample is the true value of its number, at its time; none is missing in between."""
    samples = run.of(Sample)
    assert len(samples) > 50
    wrong = [s for s in samples if s.values[0] != true[s.seq][1]]
    assert not wrong
    late = np.array([s.t_us * 1e-6 - true[s.seq][0] for s in samples])
    assert late.min() > -3e-4  # its clock starts 0.2 ms after power-on
    assert late.max() < within_s
    assert [s.seq for s in samples] == list(range(samples[0].seq, samples[-1].seq + 1))
    assert run.reader.counts.missing == 0 and not run.reader.counts.damaged


def check_losses(run: Run) -> None:
    """At every status line, what the device says it dropped is what the host did not see."""
    seen = np.array([s.seq for s in run.of(Sample)])
    told = run.of(Status)
    assert len(told) >= 3
    for status in told:
        assert status.txdrop == status.seq - np.count_nonzero(seen < status.seq)


TAPS = "".join(f"{1000 + 1500 * k} press\n{1150 + 1500 * k} release\n" for k in range(4))
GLITCHES = "".join(
    f"{1500 + 300 * k} glitch {us}\n" for k, us in enumerate([20, 50, 200, 500, 1000, 2000, 3000])
)


@pytest.mark.parametrize(
    ("defines", "wave"), [(("-DSENSOR=HX711",), ""), (("-DSENSOR=ANALOG",), "2500,1500,8,30")]
)
def test_samples_are_the_waveform_and_button_times_are_true(
    board: Board, defines: tuple[str, ...], wave: str
) -> None:
    script = TAPS + GLITCHES.replace("1500 ", "1400 ")
    run = board.run(board.sketch(*defines), 7, *(["-a", wave] if wave else []), script=script)
    check_samples(run, run.sums() if wave else run.conversions())
    check_losses(run)
    edges = run.of(Edge)
    assert [edge.level for edge in edges] == [1, 0] * 4
    assert [edge.n for edge in edges] == list(range(1, 9))
    true = sorted([*run.happened("press"), *run.happened("release")])
    assert np.max(np.abs(np.array([edge.t_us for edge in edges]) * 1e-6 - true)) < 1e-3
    in_samples = [s.button for s in run.of(Sample)]
    assert 4 * 10 < sum(in_samples) < 4 * 16


def test_glitches_alone_are_no_press(board: Board) -> None:
    burst = "".join(f"{3000 + 4 * k} glitch 1500\n" for k in range(20))
    run = board.run(board.sketch("-DSENSOR=HX711"), 5, script=GLITCHES + burst)
    assert len(run.happened("glitch")) == 27
    assert not run.of(Edge)
    assert sum(s.button for s in run.of(Sample)) == 0


def test_noise_and_full_scale_come_through_unchanged(board: Board) -> None:
    run = board.run(board.sketch("-DSENSOR=HX711"), 4, "-a", "-8000000,500000,30,3000")
    check_samples(run, run.conversions())
    assert min(s.values[0] for s in run.of(Sample)) == -8388608


@pytest.mark.long
def test_the_i2c_converter_gives_the_waveform_too(board: Board) -> None:
    run = board.run(board.sketch("-DSENSOR=NAU7802"), 4, script="1000 press\n1200 release\n")
    assert not run.reader.counts.damaged and run.reader.counts.missing == 0
    true = run.conversions()
    times = np.array([t for t, _ in true])
    for sample in run.of(Sample):
        close = np.flatnonzero(np.abs(times - sample.t_us * 1e-6) < 2e-3)  # it is asked every 0.5 ms
        assert sample.values[0] in [true[k][1] for k in close]
    assert len(run.of(Sample)) > 250
    assert abs(run.of(Edge)[0].t_us * 1e-6 - run.happened("press")[0]) < 1e-3
    assert run.reader.channels[0].device == "nau7802"


def test_a_pulse_sensor_travels_along(board: Board) -> None:
    run = board.run(board.sketch("-DSENSOR=HX711", "-DSECOND_CHANNEL=PULSE"), 4, "-b", "100000,2000,60,100")
    check_samples(run, run.conversions(), within_s=1.5e-3)
    light = [(int(row[1]) / HZ, int(row[2])) for row in run.truth if row[0] == "P"]
    times = np.array([t for t, _ in light])
    for sample in run.of(Sample)[3:]:
        newest = int(np.searchsorted(times, sample.t_us * 1e-6))
        assert sample.values[1] in [value for _, value in light[newest - 1 : newest + 1]]
    assert run.reader.channels[1][:3] == ("pulse", "count", "max30102")


@pytest.mark.parametrize("sensor", ["PULSE_ANALOG", "MAX30102"])
def test_a_pulse_wave_goes_in_and_its_beats_come_out(board: Board, sensor: str) -> None:
    made = simulate_pulse(PulseModel(heart_rate_bpm=75), duration_s=30, fs=500, rng=1)
    chip = sensor == "MAX30102"
    wave = 100_000 + 2000 * made.x / np.std(made.x) if chip else 2500 + 500 * made.x / np.std(made.x)
    source = board.folder / f"{sensor}.wave"
    np.savetxt(source, wave, fmt="%.2f")
    run = board.run(board.sketch(f"-DSENSOR={sensor}"), 20, "-v" if chip else "-w", source, "-W", 500)
    samples = run.of(Sample)[1:]
    fs = 100 if chip else 200
    assert run.reader.channels[0][:2] == ("pulse", "count") and run.reader.header["rate"] == str(fs)
    counts = run.reader.counts
    assert counts.missing == counts.txdrop <= 2 and counts.adcmiss == 0 and not counts.n_damaged
    times = np.array([sample.t_us for sample in samples]) * 1e-6
    steps = np.diff(times) / np.diff([sample.seq for sample in samples])
    assert np.max(np.abs(steps - 1 / fs)) < 4e-4  # no beat jitters by when a sample was fetched
    if chip:
        light = [int(row[2]) for row in run.truth if row[0] == "P"]
        values = [int(sample.values[0]) for sample in samples]
        first = next(k for k in range(9) if light[k] == values[0])
        numbers = [sample.seq - samples[0].seq for sample in samples]
        assert values == [light[first + k] for k in numbers]
    found = find_beats([sample.values[0] for sample in samples], fs=fs)
    assert abs(found.rate_bpm - 75) < 1 and found.bad_fraction < 0.1


@pytest.mark.parametrize(
    "defines",
    [
        ("-DSENSOR=PULSE",),
        ("-DSENSOR=BELT",),
        ("-DSENSOR=NONE",),
        ("-DSENSOR=HX71",),
        ("-DSECOND_CHANNEL=HX711",),
        ("-DSECOND_CHANNEL=MAX30102",),
        ("-DSENSOR=MAX30102", "-DSECOND_CHANNEL=PULSE"),
    ],
)
def test_a_sensor_that_is_not_known_or_does_not_fit_does_not_compile(
    board: Board, defines: tuple[str, ...]
) -> None:
    with pytest.raises(AssertionError, match=r"must be|share one address"):
        board.sketch(*defines)


def test_a_second_channel_travels_along(board: Board) -> None:
    elf = board.sketch("-DSENSOR=HX711", "-DSECOND_CHANNEL=BELT")
    run = board.run(elf, 4, "-b", "2500,1000,15,0")
    check_samples(run, run.conversions(), within_s=1.5e-3)
    belt = [int(row[2]) * 0x3FF // 5000 for row in run.truth if row[0] == "A1"]
    assert all(s.values[1] == belt[s.seq] for s in run.of(Sample))
    assert [channel.name for channel in run.reader.channels] == ["force", "belt"]


@pytest.mark.parametrize(
    ("rate", "baud", "drops"),
    [(80, 115200, False), (300, 115200, False), pytest.param(300, 57600, True, marks=pytest.mark.long)],
)
def test_what_the_device_dropped_is_what_the_host_misses(
    board: Board, rate: int, baud: int, drops: bool
) -> None:
    elf = board.sketch("-DSENSOR=ANALOG", f"-DSAMPLES_PER_S={rate}", f"-DBAUD={baud}")
    run = board.run(elf, 7, "-a", "2500,1000,8,5", script=TAPS)
    check_losses(run)
    assert not run.reader.counts.damaged
    samples = run.of(Sample)
    true = run.sums()
    assert all(s.values[0] == true[s.seq][1] for s in samples)
    assert samples[-1].seq > 6.8 * rate
    assert (run.of(Status)[-1].txdrop > 100) if drops else (run.of(Status)[-1].txdrop <= 12)
    assert [edge.n for edge in run.of(Edge)] == list(range(1, 9))  # edges are never dropped
    assert len(run.of(Header)) == 3


def test_damage_and_resets_give_gaps_and_no_false_sample(board: Board) -> None:
    script = (
        TAPS
        + "1800 corrupt 3\n2600 drop 20\n3300 drop 90\n3900 garbage 200\n4200 drop 1\n"
        + "5000 reset\n6900 corrupt 40\n7300 drop 35\n7700 reset\n"
    )
    run = board.run(board.sketch("-DSENSOR=HX711"), 9, script=script)
    true = run.conversions()
    resets = run.happened("reset")
    starts = [0, *(next(k for k, (t, _) in enumerate(true) if t > reset) for reset in resets)]
    samples = run.of(Sample)
    assert sorted({s.run for s in samples}) == [0, 1, 2]
    assert all(s.values[0] == true[starts[s.run] + s.seq][1] for s in samples)
    assert [event.reason for event in run.of(Reset)] == [
        "boot 0 is over, boot 1 began",
        "boot 1 is over, boot 2 began",
    ]
    assert 5 <= run.reader.counts.missing <= 20
    assert run.of(Damaged)
    lost = len(true) - len(samples)
    assert lost < 3 * 8 + 20 + 3


def test_a_board_whose_cable_was_pulled_is_silent_and_starts_anew(board: Board) -> None:
    script = "1000 press\n1200 release\n2500 pull 1500\n3000 press\n3200 release\n5000 press\n5200 release\n"
    run = board.run(board.sketch("-DSENSOR=HX711"), 7, script=script)
    (pulled,), (plugged,) = run.happened("pull"), run.happened("plug")
    assert plugged - pulled == pytest.approx(1.5, abs=0.01)
    true = run.conversions()
    start = next(k for k, (t, _) in enumerate(true) if t > plugged)
    samples = run.of(Sample)
    assert {s.run for s in samples} == {0, 1}
    assert all(s.values[0] == true[s.seq + start * s.run][1] for s in samples)
    assert all(true[s.seq][0] < pulled for s in samples if s.run == 0)
    assert len(run.of(Reset)) == 1
    edges = run.of(Edge)
    assert [edge.run for edge in edges] == [0, 0, 1, 1]
    assert edges[2].t_us * 1e-6 == pytest.approx(5.0 - plugged, abs=1e-3)


@pytest.mark.long
def test_a_board_that_runs_through_the_wrap_of_its_clock_loses_nothing(board: Board) -> None:
    run = board.run(
        board.sketch("-DSENSOR=HX711"), 6, "-c", 2**32 - 3_000_000, script="1000 press\n5000 release\n"
    )
    samples = run.of(Sample)
    assert samples[0].t_us > 2**31 > samples[-1].t_us
    assert run.reader.counts.missing == 0 and not run.of(Reset) and not run.reader.counts.damaged
    seconds = unwrap_device_time([s.t_us for s in samples], [s.seq / 81.0 for s in samples])
    true = np.array([t for t, _ in run.conversions()])[: len(samples)]
    off = (seconds - seconds[0]) - (true - true[0])
    assert np.max(np.abs(off)) < 1e-3
    both = unwrap_device_time([edge.t_us for edge in run.of(Edge)], [0.0, 4.0])
    assert np.diff(both)[0] == pytest.approx(4.0, abs=1e-3)


@pytest.mark.long
def test_a_resonator_off_by_2000_ppm_is_measured_on_the_way(board: Board) -> None:
    run = board.run(board.sketch("-DSENSOR=HX711"), 20, "-k", 2000)
    hz = HZ * 1.002
    ends = {int(row[2]): int(row[1]) / hz for row in run.truth if row[0] == "L"}
    reader, pairs, at = LineReader(), [], 0
    for number, line in enumerate(run.data.split(b"\n")[:-1]):
        at += len(line) + 1
        pairs += [(e.t_us, e.arrival) for e in reader.feed(line + b"\n", ends[at]) if isinstance(e, Sample)]
        assert number < 10_000
    device = unwrap_device_time(*zip(*pairs, strict=True))
    clock = fit_clock(device, [arrival for _, arrival in pairs], constant=wire_time(30, 115200))
    assert clock.ppm == pytest.approx(2000, abs=40)  # lines grow by 4 digits meanwhile: 0.35 ms in 20 s
    true = np.array([int(row[1]) / hz for row in run.truth if row[0] == "C"])[: len(device)]
    assert np.median(np.abs(clock.to_host(device) - true)) < 1e-3


@pytest.mark.long
def test_two_runs_are_the_same_to_the_byte(board: Board) -> None:
    elf = board.sketch("-DSENSOR=HX711")
    script = TAPS + "1800 corrupt 3\n2900 garbage 200\n3500 reset\n"
    first, second = (board.run(elf, 5, "-a", "400000,60000,8,300", script=script) for _ in range(2))
    assert first.data == second.data
    assert first.truth == second.truth


@pytest.mark.long
def test_every_line_is_in_the_documented_form(board: Board) -> None:
    run = board.run(board.sketch("-DSENSOR=HX711"), 11, "-c", 4_200_000_000, script=TAPS)
    empty, *lines, _ = run.data.split(b"\n")
    assert empty == b""  # ends a line that a reset has torn
    assert all(LINE.fullmatch(line) for line in lines)
    assert max(map(len, lines)) < 60
    kinds = b"".join(line[:1] for line in lines)
    assert kinds.count(b"H") == 6 and kinds.count(b"S") == 10
    assert {"fw", "boot", "lines", "ch1", "settle_us", "rate", "every_s"} <= set(run.reader.header)
    assert run.reader.header["rate"] == "81"


def test_commands_ask_for_the_header_and_switch_to_plain_numbers(board: Board) -> None:
    script = "1000 command ?\n2000 command p\n3000 command f\n"
    run = board.run(board.sketch("-DSENSOR=HX711"), 4, script=script)
    assert len(run.of(Header)) == 9
    plain = [line for line in run.data.split(b"\n") if re.fullmatch(rb"\d{6},[01]", line)]
    assert 75 <= len(plain) <= 85
    assert run.of(Status)[-1].txdrop == 0
    true = run.conversions()
    assert all(s.values[0] == true[s.seq][1] for s in run.of(Sample))


@pytest.mark.parametrize(
    ("right", "wrong"), [("crc = 0xFFFF", "crc = 0x1D0F"), ("(crc, *c)", "(crc, *c ^ 1)"), ("txdrop++;", ";")]
)
def test_a_sketch_with_a_broken_promise_does_not_pass_these_checks(
    board: Board, right: str, wrong: str
) -> None:
    text = SKETCH.read_text()
    assert right in text
    broken = board.folder / f"broken_{re.sub('[^a-z]', '', right)}.ino"
    broken.write_text(text.replace(right, wrong))
    elf = board.sketch("-DSENSOR=ANALOG", "-DSAMPLES_PER_S=300", "-DBAUD=57600", source=broken)
    run = board.run(elf, 4, "-a", "2500,1000,8,5")
    with pytest.raises(AssertionError):
        check_losses(run)
        assert len(run.of(Sample)) > 50


@pytest.mark.long
def test_pyserial_reads_the_board_from_a_pty(board: Board) -> None:
    serial = pytest.importorskip("serial")
    elf, truth = board.sketch("-DSENSOR=HX711"), board.folder / "pty.truth"
    command = [board.folder / "harness", "-e", elf, "-t", 6, "-p", "-r", 3, "-T", truth]
    with subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        name = next(line.split()[1] for line in process.stdout if line.startswith("pty "))
        drain = threading.Thread(target=process.stdout.read, daemon=True)
        drain.start()
        reader, events, asked = LineReader(), [], False
        with serial.Serial(name, 115200, timeout=0.05, exclusive=True) as port:
            deadline = time.monotonic() + 30
            while process.poll() is None and time.monotonic() < deadline:
                try:
                    data = port.read(max(1, port.in_waiting))
                except (OSError, serial.SerialException):
                    break
                events += reader.feed(data, time.monotonic())
                if reader.counts.samples > 100 and not asked:
                    asked = True
                    port.write(b"?")
        assert process.wait(timeout=30) == 0
    drain.join(timeout=5)
    true = [int(row.split(",")[2]) for row in truth.read_text().splitlines() if row.startswith("C,")]
    samples = [event for event in events if isinstance(event, Sample)]
    assert len(samples) > 300
    assert all(s.values[0] == true[s.seq] for s in samples)
    assert len([event for event in events if isinstance(event, Header)]) >= 6


@pytest.mark.parametrize("actuator", ["SERVO", pytest.param("COIL", marks=pytest.mark.long)])
def test_the_phantom_moves_at_the_rate_that_it_is_told(board: Board, actuator: str) -> None:
    typed = "r40;a40;r20.0;rx;"  # 20 cpm; the first and the last are refused
    script = "".join(f"{100 + 20 * k} command {character}\n" for k, character in enumerate(typed))
    run = board.run(board.sketch(f"-DACTUATOR={actuator}", source=PHANTOM), 10, script=script)
    lines = run.data.decode().split("\n")
    assert [line for line in lines if line in ("ok", "no")] == ["no", "ok", "ok", "no"]
    cycles = [re.fullmatch(r"P,(\d+),(\d+)\*[0-9A-F]{4}", line) for line in lines if line.startswith("P")]
    assert [int(cycle[1]) for cycle in cycles if cycle] == [1, 2, 3]
    assert np.diff([int(cycle[2]) for cycle in cycles if cycle]) == pytest.approx(3e6, abs=25_000)
    assert run.of(Header)
