"""AcqKnowledge files through bioread; its own reader is trusted with the format, this side with the meaning."""

import struct
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


def acq_file(channels, marks, *, step_ms, revision=38):
    """An AcqKnowledge 3.7 file: graph header, channel headers, kinds of samples, interleaved samples, marks.

    `channels` are name, unit, divider, samples (whole numbers are scaled by .01 and moved by 5).
    """
    headers = pytest.importorskip("bioread.headers")

    def header(kind, **fields):
        found = kind.for_revision(revision, "<")
        body = found._struct_class()
        for name, value in fields.items():
            setattr(body, name, value)
        return body, found.struct_length

    graph, n_graph = header(
        headers.GraphHeader, lVersion=revision, nChannels=len(channels), dSampleTime=step_ms
    )
    graph.lExtItemHeaderLen = n_graph
    out, kinds = [bytes(graph)], []
    for k, (name, unit, divider, samples) in enumerate(channels):
        is_whole = samples.dtype.kind == "i"
        body, n = header(headers.ChannelHeader, nNum=k, szCommentText=name.encode("latin-1"), nChanOrder=k)
        body.szUnitsText, body.lBufLength, body.nVarSampleDivider = (
            unit.encode("latin-1"),
            len(samples),
            divider,
        )
        body.lChanHeaderLen, body.dAmplScale, body.dAmplOffset = (
            n,
            0.01 if is_whole else 1.0,
            5.0 if is_whole else 0.0,
        )
        out.append(bytes(body))
        kinds.append(struct.pack("<hh", *((2, 2) if is_whole else (8, 1))))
    out += [struct.pack("<hh", 4, 0), *kinds]
    taken = [0] * len(channels)
    for tick in range(max(len(samples) * divider for _, _, divider, samples in channels)):
        for k, (_, _, divider, samples) in enumerate(channels):
            if tick % divider == 0 and taken[k] < len(samples):
                out.append(samples[taken[k]].tobytes())
                taken[k] += 1
    items = []
    for sample, text in marks:
        body, _ = header(headers.MarkerItemHeader, lSample=sample, nTextLength=len(text))
        items.append(bytes(body) + text.encode("latin-1") + b"\0")
    out += [struct.pack("<ii", 8 + sum(map(len, items)), len(items)), *items]
    journal, _ = header(headers.JournalHeader, lJournalLen=0)
    journal.tag = (0x44, 0x33, 0x22, 0x11)
    return b"".join([*out, bytes(journal)])


def test_a_file_laid_out_as_acqknowledge_does_is_read(tmp_path):
    force, belt = np.round(500 * np.sin(np.arange(400) / 9)).astype("<i2"), np.cos(np.arange(200) / 9)
    content = acq_file(
        [("Kraft", "N", 1, force), ("Atmung", "Volts", 2, belt)],
        [(50, "tap"), (130, "tap"), (200, "Hand ab")],
        step_ms=20.0,
    )
    (tmp_path / "a.acq").write_bytes(content)
    session = read_session(tmp_path / "a.acq")
    recording = session.recording
    assert (recording.channels, recording.units) == (("Kraft", "Atmung"), ("N", "Volts"))
    assert (recording.roles, recording.fs, recording.n_samples) == (("force", "breathing"), 50, 400)
    np.testing.assert_allclose(recording.data[:, 0], force * 0.01 + 5)
    np.testing.assert_allclose(recording.data[:-2:2, 1], belt[:-1])
    assert session.taps[0].onset.tolist() == [1.0, 2.6]
    assert session.annotations == (Annotation(4.0, 0, "Hand ab"),)
    for cut in (len(content) // 2, 1500, 300):
        (tmp_path / "a.acq").write_bytes(content[:cut])
        with pytest.raises(BadFile, match="is damaged, or no AcqKnowledge file"):
            read_session(tmp_path / "a.acq")


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


def test_headers_that_lead_nowhere_are_followed_for_a_while_only(tmp_path):
    wave = np.sin(np.arange(200) / 5)
    raw = bytearray(acq_file([("Force", "g", 1, wave)], [], step_ms=20.0))
    raw[10:12] = struct.pack("<h", 3000)  # channels, each of which is looked for at every place
    (tmp_path / "a.acq").write_bytes(raw + bytes(2_000_000))
    with pytest.raises(BadFile, match="is damaged"):
        read_session(tmp_path / "a.acq")
