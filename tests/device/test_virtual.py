"""Does a board made of nothing but Python send what the truth says, as a real one would?"""

from __future__ import annotations

import re
import time

import numpy as np
import pytest

from recording import quiet_truth
from touchrhythm.device.events import Channel, Edge, Header, Sample, Status
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.pulse.beats import find_beats


def test_the_virtual_board_speaks_touch_line_1_without_a_damaged_line():
    board = VirtualBoard(seed=2)
    board.set_stage("hand")
    board.set_stage("tapping")
    reader = LineReader()
    events = reader.feed(b"".join(board.advance(120.0)), 120.0) + reader.close()
    kinds = {type(one) for one in events}
    assert kinds == {Header, Sample, Edge, Status}
    assert reader.counts.samples == pytest.approx(120 * 80, abs=1)
    assert reader.channels[0].name == "force"
    assert reader.header["rate"] == "80"


def test_the_same_seed_gives_the_same_bytes_at_any_step():
    stages = ("hand", "tapping")
    streams = []
    for step in (0.05, 0.5):
        board = VirtualBoard(seed=5)
        for stage in stages:
            board.set_stage(stage)
        streams.append(b"".join(b"".join(board.advance(step)) for _ in range(round(30 / step))))
    short, long = sorted(streams, key=len)
    assert long.startswith(short[:-200])


def test_the_virtual_rhythm_is_at_the_rate_that_was_chosen():
    board = VirtualBoard(
        Truth(rate_cpm=9.0, cycle_cv=0.0, noise_g=0.0, wander_g=0.0, breathing_g=0.0), seed=1
    )
    board.set_stage("hand")
    reader = LineReader()
    events = reader.feed(b"".join(board.advance(600.0)), 600.0)
    force = np.array([one.values[0] for one in events if type(one) is Sample])
    spectrum = np.abs(np.fft.rfft(force - force.mean()))
    freq = np.fft.rfftfreq(force.size, 1 / 80)
    assert freq[spectrum.argmax()] * 60 == pytest.approx(9.0, abs=0.1)


def test_a_board_with_a_fast_clock_stamps_fast():
    board = VirtualBoard(quiet_truth(), ppm=2000)
    reader = LineReader()
    samples = [one for one in reader.feed(b"".join(board.advance(100.0)), 1.0) if type(one) is Sample]
    span = (samples[-1].t_us - samples[0].t_us) / 1e6
    assert span / (len(samples) - 1) == pytest.approx(1 / 80, rel=1e-5)
    assert len(samples) == pytest.approx(8016, abs=2)


def test_a_question_is_answered_with_the_header_and_p_gives_plain_numbers():
    board = VirtualBoard(seed=1)
    board.advance(1.0)
    board.receive(b"?")
    assert b"".join(board.advance(0.02)).startswith(b"H,1,fw=virtual")
    board.receive(b"p")
    assert all(re.fullmatch(rb"-?\d+\r\n", line) for line in board.advance(1.0))


def test_simulated_time_passes_no_faster_than_the_speed():
    clock = SimulatedClock(speed=20.0)
    source = VirtualSource(VirtualBoard(seed=1), clock)
    began = time.monotonic()
    while clock.us() < 4_000_000:
        source.get(0.1)
    assert time.monotonic() - began >= 0.19
    with pytest.raises(ValueError, match="speed must be above 0"):
        SimulatedClock(0.0)


def pulse_of(seconds=120.0, stage="hand", **truth):
    board = VirtualBoard(Truth(**({"signal": "pulse", "fs": 200.0} | truth)), seed=3)
    board.set_stage(stage)
    reader = LineReader()
    events = reader.feed(b"".join(board.advance(seconds)), seconds)
    return reader, np.array([event.values[0] for event in events if type(event) is Sample])


def test_a_virtual_pulse_names_itself_as_the_sketch_does_and_beats_as_it_is_told():
    reader, wave = pulse_of(heart_rate_bpm=80.0)
    assert reader.channels == (Channel("pulse", "count", "adc", 0, 8184),)
    assert reader.counts.n_damaged == 0
    assert find_beats(wave, fs=200.0).rate_bpm == pytest.approx(80, abs=1.5)
    assert wave.min() > 0 and wave.max() < 8184


def test_the_rhythm_of_a_virtual_pulse_is_as_deep_in_the_height_as_it_was_chosen():
    _, wave = pulse_of(240.0, pulse_height=0.3, pulse_interval=0.0, rate_cpm=9.0, cycle_cv=0.0)
    beats = find_beats(wave, fs=200.0)
    turn = np.exp(-2j * np.pi * 9 / 60 * beats.time_s[beats.good])
    height = beats.height[beats.good]
    depth = 2 * abs((turn * (height - height.mean())).mean()) / height.mean()
    assert depth == pytest.approx(0.3, abs=0.06)


def test_nothing_beats_where_nothing_is_touched():
    _, wave = pulse_of(30.0, stage="unloaded")
    assert wave.std() == pytest.approx(30.0, rel=0.05)
