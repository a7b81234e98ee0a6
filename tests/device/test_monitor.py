"""Does the monitor know what is happening on the wire, and forget what is past?"""

from __future__ import annotations

import pytest

from monitors import fed_monitor
from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.port import Chunk
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import Truth, VirtualBoard


def test_the_monitor_knows_force_rate_and_counts():
    monitor = fed_monitor()
    assert monitor.force_g == pytest.approx(5.0, abs=0.6)
    assert monitor.fs == pytest.approx(80.0, rel=0.01)
    counts = monitor.counts()
    assert counts["samples"] == pytest.approx(2400, abs=2)
    assert counts["missing"] == counts["damaged"] == counts["resets"] == 0


def test_the_monitor_forgets_what_is_older_than_a_minute():
    monitor = fed_monitor(seconds=200.0)
    assert monitor.n_samples > 15_000
    assert len(monitor.recent) <= 65 * 80


def test_too_much_force_is_told_at_the_first_sample_and_not_at_each():
    heard = []
    monitor = Monitor(LineReader, scale=Scale(4200.0, 84213.0), max_force_g=30.0, on_force=heard.append)
    board = VirtualBoard(Truth(force_g=40.0), seed=1)
    for k in range(100):
        if k == 40:
            board.set_stage("hand")
        before = len(heard)
        monitor.take(Chunk((k + 1) * 50_000, b"".join(board.advance(0.05))))
        if k == 40:
            assert len(heard) == before + 1
    assert 1 <= len(heard) <= 2
    assert heard[0] > 30


def test_a_replugged_device_is_read_afresh_and_its_losses_are_kept():
    monitor = fed_monitor(seconds=5.0)
    monitor.take(Chunk(6_000_000, news="lost"))
    assert not monitor.is_connected
    monitor.take(Chunk(7_000_000, news="found"))
    board = VirtualBoard(seed=2)
    monitor.take(Chunk(8_000_000, b"".join(board.advance(1.0))))
    assert monitor.is_connected
    assert monitor.counts()["samples"] == pytest.approx(480, abs=2)
    assert monitor.counts()["damaged"] <= 1
