"""What does recording cost, how large is the journal, what does kill -9 cost, how fast is the live view?

Run: python benchmarks/recorder.py [seconds]. Linux or macOS (a pseudo terminal stands for the port).
Writes benchmarks/results/recorder.tsv; CPU is of the whole process, in percent of one core.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from touchrhythm.device.live_view import LiveView, text_frame
from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.port import Chunk
from touchrhythm.device.pty_board import PtyBoard
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.io.journal_records import read_records
from touchrhythm.plotting.live_window import LiveWindow

RESULTS = Path(__file__).parent / "results" / "recorder.tsv"

RECORD = """
import sys, time
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.monitor import Monitor
from touchrhythm.device.port import PortReader, open_port
from touchrhythm.device.recorder import MonotonicClock, Recorder
from touchrhythm.io.journal_writer import JournalWriter
clock = MonotonicClock()
reader = PortReader(open_port(sys.argv[1]), clock_us=clock.us)
sink = JournalWriter(sys.argv[2], {})
recorder = Recorder(reader, sink, clock_us=clock.us, monitor=Monitor(LineReader))
recorder.start()
recorder.wait(1.0)
before = time.process_time()
recorder.wait(float(sys.argv[3]))
print(time.process_time() - before, flush=True)
recorder.stop()
"""

READLINE = """
import sys, time, serial
port = serial.Serial(sys.argv[1], 115200, timeout=1)
out = open(sys.argv[2], "w")
until = time.monotonic() + float(sys.argv[3])
before = time.process_time()
while time.monotonic() < until:
    line = port.readline().decode(errors="replace").strip()
    if line.startswith("D"):
        parts = line.split("*")[0].split(",")
        out.write(f"{time.time()},{int(parts[2])},{float(parts[3])}\\n")
print(time.process_time() - before, flush=True)
"""


def cost(program: str, fs: float, seconds: float, folder: Path) -> tuple[float, float]:
    """CPU percent and file megabytes an hour of a program that records from a board."""
    board = PtyBoard(VirtualBoard(Truth(fs=fs), seed=1), step=0.002)
    path = folder / f"{random.random()}.txt"
    try:
        words = [sys.executable, "-c", program, board.name, str(path), str(seconds)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    finally:
        board.close()
    size = path.stat().st_size * 3600 / (seconds + (1.0 if program is RECORD else 0.0)) / 1e6
    return 100 * float(done.stdout) / seconds, size


def lost_at_kill(program: str, folder: Path, n: int) -> tuple[float, float]:
    """Median and largest age in seconds of what a killed program had not kept."""
    ages, rng = [], random.Random(1)
    for k in range(n):
        board = PtyBoard(VirtualBoard(Truth(), seed=k))
        path = folder / f"kill{program is RECORD}{k}.txt"
        process = subprocess.Popen(
            [sys.executable, "-c", program, board.name, str(path), "60"], stdout=subprocess.DEVNULL
        )
        while not path.exists() or (program is RECORD and path.stat().st_size < 2000):
            time.sleep(0.02)
        time.sleep(1.5 + rng.uniform(0.0, 1.5))
        process.kill()
        killed = time.monotonic()
        process.wait()
        board.close()
        kept = _last_time(path, program is RECORD)
        missed = [
            at for at, line in board.sent if line.startswith(b"D") and at < killed and _time_of(line) > kept
        ]
        ages.append(killed - missed[0] if missed else 0.0)
    return float(np.median(ages)), max(ages)


def _time_of(line: bytes) -> int:
    return int(line.split(b",")[2])


def _last_time(path: Path, is_journal: bool) -> int:
    if is_journal:
        data = b"".join(part.data for part in read_records(path).received)
        lines = [line for line in data.split(b"\n")[:-1] if line.startswith(b"D")]
        return _time_of(lines[-1]) if lines else -1
    rows = path.read_text().split("\n")[:-1]
    return int(rows[-1].split(",")[1]) if rows else -1


def live_frames(seconds: float, *, window: bool) -> float:
    """CPU percent of 20 frames a second at 80 samples a second, drawn without a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    truth = Truth()
    clock = SimulatedClock()
    board = VirtualBoard(truth, seed=1)
    board.set_stage("hand")
    source = VirtualSource(board, clock)
    chunks: list[Chunk] = []
    while clock.us() < (60 + seconds) * 1e6:
        chunk = source.get(0.05)
        if chunk is not None:
            chunks.append(chunk)
    monitor = Monitor(LineReader, scale=Scale(truth.counts_per_gram, truth.zero_counts))
    view = LiveView(monitor)
    for chunk in chunks[:1200]:
        monitor.take(chunk)
    figure = Figure(figsize=(9, 5))
    FigureCanvasAgg(figure)
    picture = LiveWindow(view, figure) if window else None
    before, began = time.process_time(), time.monotonic()
    for k, chunk in enumerate(chunks[1200:]):
        time.sleep(max(0.0, began + 0.05 * k - time.monotonic()))  # 20 frames a second
        monitor.take(chunk)
        if picture is not None:
            picture.draw_frame()
        else:
            text_frame(view)
    return 100 * (time.process_time() - before) / ((len(chunks) - 1200) * 0.05)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    rows: list[tuple[str, str, float, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for fs in (80.0, 300.0):
            cpu, size = cost(RECORD, fs, seconds, folder)
            rows.append((f"recorder with journal, {fs:g} samples/s", "CPU % of one core", cpu, "5 at 80"))
            rows.append((f"journal, {fs:g} samples/s", "MB an hour", size, "20 at 80"))
        cpu, size = cost(READLINE, 80.0, seconds, folder)
        rows.append(("readline loop, 80 samples/s", "CPU % of one core", cpu, ""))
        for what, program in (("recorder", RECORD), ("readline loop", READLINE)):
            median, worst = lost_at_kill(program, folder, 5)
            rows.append((f"{what} after kill -9", "s lost, median", median, ""))
            rows.append((f"{what} after kill -9", "s lost, worst of 5", worst, "1"))
    rows.append(("live window, 20 frames/s", "CPU % of one core", live_frames(seconds, window=True), "30"))
    rows.append(("text view, 20 frames/s", "CPU % of one core", live_frames(seconds, window=False), "30"))
    lines = ["what\tunit\tmeasured\tgoal"]
    lines += [f"{what}\t{unit}\t{value:.3g}\t{goal}" for what, unit, value, goal in rows]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
