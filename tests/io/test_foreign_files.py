"""Files of many makes are read right, or asked about with the option that decides: none is silently wrong."""

import numpy as np
import pytest
from tests.helpers.foreign_files import FILES, B, X

from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io import read_session


def save(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "name", [name for name, file in FILES.items() if not file.options and not file.refused]
)
def test_it_is_read_as_it_was_laid_out(tmp_path, name):
    file = FILES[name]
    session = read_session(save(tmp_path, name, file.content), **file.keywords)
    recording = session.recording
    assert recording.fs == pytest.approx(file.fs, rel=2e-3)
    assert recording.channels == file.channels
    assert abs(recording.n_samples - file.n) <= (2 if session.info["timing"] == "host" else 0)
    if file.roles is not None:
        assert recording.roles == file.roles
    if file.unit is not None:
        assert recording.units[0] == file.unit
    assert int(np.isnan(recording.data[:, 0]).sum()) == file.missing
    assert sum(n for _, n in session.info["understood"].channels[0].at_rail) == file.rails
    assert len(session.annotations) == file.annotations
    assert sum(map(len, session.taps)) == file.taps


@pytest.mark.parametrize(
    "name",
    [
        "excel_de.csv",
        "labchart.txt",
        "acqknowledge.txt",
        "nan_in_place.txt",
        "minutes.csv",
        "json_lines.txt",
        "midnight.csv",
        "toa5.dat",
    ],
)
def test_its_samples_are_those_that_were_written(tmp_path, name):
    recording = read_session(save(tmp_path, name, FILES[name].content), **FILES[name].keywords).recording
    known = np.isfinite(recording.data[:, 0])
    np.testing.assert_allclose(recording.data[known, 0], X[known], atol=0.006)
    if len(recording.channels) > 1:
        np.testing.assert_allclose(recording.data[:, 1], B, atol=0.006)


@pytest.mark.parametrize("name", [name for name, file in FILES.items() if file.options])
def test_where_two_readings_fit_it_asks(tmp_path, name):
    path = save(tmp_path, name, FILES[name].content)
    with pytest.raises(Undecided) as caught:
        read_session(path, **FILES[name].keywords)
    assert caught.value.options == FILES[name].options


@pytest.mark.parametrize("name", [name for name, file in FILES.items() if file.refused])
def test_what_cannot_be_used_is_refused(tmp_path, name):
    with pytest.raises(BadFile, match=FILES[name].refused.replace("?", r"\?")):
        read_session(save(tmp_path, name, FILES[name].content), **FILES[name].keywords)


def test_there_are_enough_of_them():
    assert len(FILES) >= 80
