"""AcqKnowledge files through bioread; its own reader is trusted with the format, this side with the meaning."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from touchrhythm.errors import BadFile
from touchrhythm.io import read_session
from touchrhythm.session import Annotation
from touchrhythm.words.program import how_to_install


def channel(name, units, fs, data):
    return SimpleNamespace(name=name, units=units, samples_per_second=fs, data=data)


def test_channels_of_their_own_rates_and_events_are_read(tmp_path, monkeypatch):
    wave = np.sin(np.arange(2000) / 50)
    found = SimpleNamespace(
        samples_per_second=100.0,
        channels=[channel("Force", "g", 50.0, wave[::2]), channel("RSP, belt", "Volts", 25.0, wave[::4])],
        event_markers=[
            SimpleNamespace(sample_index=150, text="tap"),
            SimpleNamespace(sample_index=825, text="tap"),
            SimpleNamespace(sample_index=1000, text="hand  off"),
        ],
    )
    monkeypatch.setitem(sys.modules, "bioread", SimpleNamespace(read=lambda _file: found))
    (tmp_path / "a.acq").write_bytes(b"x")
    session = read_session(tmp_path / "a.acq")
    recording = session.recording
    assert (recording.fs, recording.units, recording.roles) == (50, ("g", "Volts"), ("force", "breathing"))
    np.testing.assert_array_equal(recording.data[:, 0], wave[::2])
    np.testing.assert_array_equal(recording.data[:-2:2, 1], wave[::4][:-1])
    assert session.taps[0].onset.tolist() == [1.5, 8.25]
    assert session.annotations == (Annotation(10, 0, "hand off"),)


def test_what_is_no_such_file_is_refused_in_words(tmp_path):
    pytest.importorskip("bioread")
    for content in (b"x", bytes(1000), b"\x00\x00\x26\x00\x00\x00" + bytes(5000)):
        (tmp_path / "a.acq").write_bytes(content)
        with pytest.raises(BadFile, match=r"is damaged, or no AcqKnowledge file|holds no channel"):
            read_session(tmp_path / "a.acq")


def test_without_the_library_the_line_that_installs_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bioread", None)
    (tmp_path / "a.acq").write_bytes(b"x")
    with pytest.raises(BadFile) as refused:
        read_session(tmp_path / "a.acq")
    assert refused.value.message.endswith(how_to_install("bioread"))


@pytest.mark.parametrize("fs", [-50.0, 0.0, np.inf, np.nan])
def test_a_rate_that_cannot_be_is_refused(tmp_path, monkeypatch, fs):
    found = SimpleNamespace(
        samples_per_second=100.0, channels=[channel("Force", "g", fs, np.arange(9.0))], event_markers=[]
    )
    monkeypatch.setitem(sys.modules, "bioread", SimpleNamespace(read=lambda _file: found))
    (tmp_path / "a.acq").write_bytes(b"x")
    with pytest.raises(BadFile, match=r"'Force' has a sampling rate of .* which cannot be"):
        read_session(tmp_path / "a.acq")
