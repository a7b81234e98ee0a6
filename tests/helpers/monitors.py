"""A monitor that has heard a virtual board."""

from __future__ import annotations

from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.port import Chunk
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import Truth, VirtualBoard


def fed_monitor(seconds=30.0, **truth):
    board = VirtualBoard(Truth(**truth), seed=1)
    board.set_stage("hand")
    monitor = Monitor(LineReader, scale=Scale(board.truth.counts_per_gram, board.truth.zero_counts))
    for k in range(round(seconds / 0.05)):
        monitor.take(Chunk(round((k + 1) * 5e4), b"".join(board.advance(0.05))))
    return monitor
