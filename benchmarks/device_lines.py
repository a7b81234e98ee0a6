"""What does reading a line cost, beside a `readline` loop as people write it?

Run: python benchmarks/device_lines.py [lines]. CPU time of this process, in microseconds a line,
the best of three. The serial port is a pty on Linux and macOS; elsewhere only the parsing is timed.
"""

from __future__ import annotations

import io
import math
import os
import sys
import threading
import time
from collections.abc import Callable

import serial

from touchrhythm.device.clock import fit_clock, unwrap_device_time
from touchrhythm.device.touch_line import LineReader, frame

HEADER = frame("H,1,fw=bench,boot=1,lines=2") + frame("H,1,ch1=force:count:hx711")


def stream(n: int) -> bytes:
    """`n` samples of touch line 1, 30 to 36 bytes each."""
    values = (400_000 + round(60_000 * math.sin(k / 95)) for k in range(n))
    return HEADER + b"".join(frame(f"D,{k},{k * 12340},{value},0") for k, value in enumerate(values))


def best(run: Callable[[], int], n: int) -> float:
    costs = []
    for _ in range(3):
        start = time.process_time()
        assert run() >= n - 1
        costs.append((time.process_time() - start) / n * 1e6)
    return min(costs)


def chunked(data: bytes, size: int) -> int:
    reader = LineReader()
    for at in range(0, len(data), size):
        reader.feed(data[at : at + size], at * 1e-4)
    return reader.counts.samples


def split_and_convert(data: bytes) -> int:
    """Parsing as people write it: no checksum, no sequence, nothing that may fail."""
    rows = []
    for line in io.BytesIO(data):
        text = line.decode().strip()
        if text.startswith("D"):
            parts = text.split("*")[0].split(",")
            rows.append([int(parts[1]), int(parts[2]), float(parts[3]), int(parts[4])])
    return len(rows)


def over_a_port(data: bytes, n: int, read: Callable[[serial.Serial, int], int]) -> float:
    """CPU microseconds a line of a reader on a pty that is filled as fast as it is read."""
    import pty
    import tty

    ours, theirs = pty.openpty()
    tty.setraw(theirs)

    def fill() -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(ours, view[:2048]) :]

    with serial.Serial(os.ttyname(theirs), 115200, timeout=1) as port:
        writer = threading.Thread(target=fill)
        start = time.thread_time()
        writer.start()
        assert read(port, n) >= n - 1
        cost = time.thread_time() - start
        writer.join()
    os.close(ours)
    os.close(theirs)
    return cost / n * 1e6


def read_with_readline(port: serial.Serial, n: int) -> int:
    rows = []
    while len(rows) < n:
        text = port.readline().decode().strip()
        if text.startswith("D"):
            parts = text.split("*")[0].split(",")
            rows.append([int(parts[1]), int(parts[2]), float(parts[3]), int(parts[4])])
    return len(rows)


def read_in_chunks(port: serial.Serial, n: int) -> int:
    reader = LineReader()
    while reader.counts.samples < n - 1:
        reader.feed(port.read(max(1, port.in_waiting)), time.monotonic())
    return reader.counts.samples


def clock_cost(n: int) -> float:
    device = [(k * 12340) % 2**32 for k in range(n)]
    host = [k * 0.01234 * 1.002 + 0.003 for k in range(n)]
    start = time.thread_time()
    fit_clock(unwrap_device_time(device, host), host)
    return time.thread_time() - start


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    data = stream(n)
    print(f"{n} lines, microseconds of CPU a line")
    for size in (64, 256, 1024, 4096):
        print(f"  LineReader, chunks of {size:5d} bytes      {best(lambda s=size: chunked(data, s), n):8.2f}")
    print(f"  split and int(), nothing checked        {best(lambda: split_and_convert(data), n):8.2f}")
    if hasattr(os, "ttyname"):
        few = stream(n // 10)
        print(f"  LineReader over a port, whole batches   {over_a_port(few, n // 10, read_in_chunks):8.2f}")
        print(
            f"  pyserial readline over the same port    {over_a_port(few, n // 10, read_with_readline):8.2f}"
        )
    print(f"clock map of one hour at 81 samples/s: {clock_cost(81 * 3600) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
