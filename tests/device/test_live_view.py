"""Does the assistant see what is recorded, and how late?"""

from __future__ import annotations

import re

import numpy as np
import pytest

from monitors import fed_monitor
from touchrhythm.device.live_view import CausalBand, LiveView, text_frame
from touchrhythm.device.monitor import Monitor
from touchrhythm.device.touch_line import LineReader


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
