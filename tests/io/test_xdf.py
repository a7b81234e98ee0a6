"""XDF files as LabRecorder writes them: streams, their labels and units, markers on one clock."""

import struct

import numpy as np
import pytest

from touchrhythm.errors import BadFile
from touchrhythm.io import read_session
from touchrhythm.session import Annotation

pytest.importorskip("pyxdf")


def chunk(tag, content):
    body = struct.pack("<H", tag) + content
    return b"\x04" + struct.pack("<I", len(body)) + body


def header(number, name, rate, form, channels):
    described = "".join(
        f"<channel><label>{label}</label><unit>{unit}</unit></channel>" for label, unit in channels
    )
    text = (
        f"<?xml version='1.0'?><info><name>{name}</name><type>x</type><channel_count>{len(channels)}</channel_count>"
        f"<nominal_srate>{rate}</nominal_srate><channel_format>{form}</channel_format>"
        f"<desc><channels>{described}</channels></desc></info>"
    )
    return chunk(2, struct.pack("<I", number) + text.encode())


def samples(number, times, rows, pack):
    body = b"".join(b"\x08" + struct.pack("<d", t) + pack(row) for t, row in zip(times, rows, strict=True))
    return chunk(3, struct.pack("<I", number) + b"\x04" + struct.pack("<I", len(times)) + body)


def footer(number, times):
    text = (
        f"<?xml version='1.0'?><info><first_timestamp>{times[0]}</first_timestamp>"
        f"<last_timestamp>{times[-1]}</last_timestamp><sample_count>{len(times)}</sample_count></info>"
    )
    return chunk(6, struct.pack("<I", number) + text.encode())


def xdf(path):
    time, slow, marks = (
        5000 + np.arange(600) / 10,
        5000 + np.arange(300) / 5,
        [5001.5, 5008.25, 5015.0, 5020.0],
    )
    force = np.column_stack((np.sin(time), np.cos(time)))
    doubles = lambda row: struct.pack(f"<{len(row)}d", *row)  # noqa: E731
    texts = lambda row: b"\x01" + bytes([len(row)]) + row.encode()  # noqa: E731
    path.write_bytes(
        b"XDF:"
        + chunk(1, b"<?xml version='1.0'?><info><version>1.0</version></info>")
        + header(1, "Plate", 10, "double64", [("force", "N"), ("A1", "V")])
        + header(2, "Belt", 5, "double64", [("breathing", "mV")])
        + header(3, "Keys", 0, "string", [("", "")])
        + samples(1, time, force, doubles)
        + samples(2, slow, slow[:, None] - 5000, doubles)
        + samples(3, marks, ["tap", "tap", "tap", "hand off"], texts)
        + footer(1, time)
        + footer(2, slow)
        + footer(3, marks)
    )
    return force


def test_streams_and_markers_stand_on_one_clock(tmp_path):
    force = xdf(tmp_path / "a.xdf")
    session = read_session(tmp_path / "a.xdf")
    recording = session.recording
    assert (recording.channels, recording.units) == (("force", "A1", "breathing"), ("N", "V", "mV"))
    assert recording.fs == pytest.approx(10)
    np.testing.assert_allclose(recording.data[:, :2], force, atol=1e-6)
    np.testing.assert_allclose(recording.data[:590, 2], np.arange(590) / 10, atol=1e-6)
    np.testing.assert_allclose(session.taps[0].onset, [1.5, 8.25, 15], atol=1e-6)
    assert session.annotations == (Annotation(pytest.approx(20), 0, "hand off"),)


def test_a_damaged_file_is_refused_in_words(tmp_path):
    path = tmp_path / "a.xdf"
    for content in (b"no XDF", b"XDF:", b"XDF:" + bytes(50)):
        path.write_bytes(content)
        with pytest.raises(BadFile):
            read_session(path)
