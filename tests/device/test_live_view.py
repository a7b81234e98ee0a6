"""Does the assistant see what is recorded, and how late?"""

from __future__ import annotations

import re

import numpy as np
import pytest

from monitors import fed_monitor
from touchrhythm.device.live_view import CausalBand, LiveView, text_frame
from touchrhythm.device.monitor import Monitor
from touchrhythm.device.port import Chunk
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import Truth, VirtualBoard


def test_the_causal_filter_is_as_late_as_it_says():
    band = CausalBand()
    t = np.arange(0, 400, 1 / 8)
    burst = np.sin(2 * np.pi * np.sqrt(0.1 * 0.2) * t) * np.exp(-(((t - 150) / 40) ** 2))
    out = np.array([band.feed(v) for v in burst])
    middle = [np.sum(t * x**2) / np.sum(x**2) for x in (burst, out)]
    assert middle[1] - middle[0] == pytest.approx(band.delay, abs=0.1)
    assert np.abs(out).max() == pytest.approx(1.0, abs=0.02)


def test_the_text_view_says_force_target_loss_and_delay():
    view = LiveView(fed_monitor())
    frame = text_frame(view, width=100)
    assert re.search(r"force +\d\.\d\d g +on target", frame)
    assert "lost 0.00 %" in frame
    assert "causal: 4.5 s behind" in frame
    assert "last byte" in frame
    assert all(len(line) <= 100 for line in frame.splitlines())


def test_the_text_view_says_no_contact_and_saturation():
    monitor = fed_monitor(force_g=0.0)
    monitor.n_saturated = 3
    frame = text_frame(LiveView(monitor))
    assert "no contact" in frame
    assert "SATURATED: 3 samples" in frame


def test_an_empty_view_is_no_fault():
    assert "force" in text_frame(LiveView(Monitor(LineReader)))


def pulse_view(seconds=20.0, **truth):
    return LiveView(fed_monitor(seconds, **({"signal": "pulse", "fs": 200.0} | truth)), signal="pulse")


def test_the_text_view_of_a_pulse_says_heart_rate_and_marks_each_beat():
    wave, marks, heart, *_ = text_frame(pulse_view(heart_rate_bpm=66), width=100).splitlines()
    rate, n_beats = re.match(r"heart +([\d.]+) per minute . (\d+) beats in the last 10 s", heart).groups()
    assert float(rate) == pytest.approx(66, abs=2)
    assert marks.count("^") == int(n_beats) == pytest.approx(11, abs=1)
    assert len(wave) == 100 >= len(marks)


def test_a_sensor_off_the_skin_has_no_heart_rate():
    view = pulse_view(pulse_counts=0.0)
    assert "no beat in the last 10 s" in text_frame(view) and "^" not in text_frame(view)


def test_beats_are_looked_for_at_most_once_a_second(monkeypatch):
    from touchrhythm.device import live_view

    looks = []
    find = live_view.find_beats
    monkeypatch.setattr(live_view, "find_beats", lambda x, **how: looks.append(x.size) or find(x, **how))
    board = VirtualBoard(Truth(signal="pulse", fs=200.0), seed=1)
    board.set_stage("hand")
    monitor = Monitor(LineReader)
    view = LiveView(monitor, signal="pulse")
    for k in range(300):
        monitor.take(Chunk(round((k + 1) * 5e4), b"".join(board.advance(0.05))))
        view.update()
    assert 10 <= len(looks) <= 15
    assert max(looks) <= 2020


def test_too_few_samples_for_beats_are_said():
    assert "beats need 25 samples/s" in text_frame(pulse_view(fs=20.0))


def test_whoever_is_blind_sees_the_heart_rate_alone():
    assert len(text_frame(pulse_view(), force_only=True).splitlines()) == 1
