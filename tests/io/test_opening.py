"""Files of many makes are read right, or asked about with the option that decides: none is silently wrong."""

from pathlib import Path

import numpy as np
import pytest
from tests.helpers.foreign_files import FILES as PROGRAMS
from tests.helpers.foreign_files import B, X
from tests.helpers.peoples_files import FILES as PEOPLE

from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io import read_session

FILES = PROGRAMS | PEOPLE


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
    if file.n is not None:
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
        "t_min.csv",
        "noon.csv",
        "new_year.csv",
        "missing_nv.csv",
        "labchart_dates.txt",
        "monitor_lost_lines.txt",
        "clock_between_blanks.txt",
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


def test_every_format_in_the_docs_has_its_file():
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "formats.md").read_text("utf-8")
    tables = page.split("\n## What is never done")[0].splitlines()
    rows = [line.strip("|").split("|")[-1] for line in tables if line.startswith("| ")]
    rows = [row for row in rows if row.strip() not in ("file in the tests", "test")]
    named = {name.strip(" `") for row in rows for name in row.split(",")}
    tests = {name for name in named if name.startswith("tests/") and (root / name).is_file()}
    assert len(rows) > 30 and named - tests <= set(FILES)


def test_a_small_file_is_not_kept_and_a_large_one_is_opened_again_for_a_message(tmp_path, monkeypatch):
    monkeypatch.setattr("touchrhythm.io.delimited.LARGE", 0)
    path = save(tmp_path, "backwards.csv", "# one\n\ntime,force\n0.0,1\n0.1,2\n0.05,4\n0.3,4\n")
    with pytest.raises(BadFile, match="time runs backwards") as caught:
        read_session(path)
    assert caught.value.line == 6


@pytest.mark.parametrize("text", ["plain", "holes", "clock", "decimal_comma"])
def test_blocks_give_the_same_samples_as_the_whole(tmp_path, monkeypatch, text):
    rows = {
        "plain": "".join(f"{k / 20:.2f},{x}\n" for k, x in enumerate(X)),
        "holes": "".join(f"{k / 20:.2f},{'' if k % 7 == 3 else x}\n" for k, x in enumerate(X)),
        "clock": "".join(f"9:{k // 1200:02d}:{k / 20 % 60:05.2f},{x}\n" for k, x in enumerate(X)),
        "decimal_comma": "".join(f"{k / 20:.2f};{x}\n".replace(".", ",") for k, x in enumerate(X)),
    }
    path = save(
        tmp_path, "a.csv", ("time;force\n" if text == "decimal_comma" else "time,force\n") + rows[text]
    )
    whole = read_session(path).recording.data
    monkeypatch.setattr("touchrhythm.io.blocks_of_text.BLOCK", 100)
    np.testing.assert_array_equal(read_session(path).recording.data, whole)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_damaged_file_ends_in_a_sentence_or_a_session(tmp_path, name):
    content = FILES[name].content
    raw = (content if isinstance(content, bytes) else content.encode())[:6000]
    for seed in range(2):
        rng, damaged = np.random.default_rng(seed), bytearray(raw)
        for _ in range(4):
            at = int(rng.integers(min(len(damaged), 1200) + 1))
            piece = (b"", b"\n", b'"', b",,", b";", b"#", b"NaN", b"\x07", b"-")[rng.integers(9)]
            damaged[at : at + int(rng.integers(4))] = piece
        try:
            session = read_session(save(tmp_path, name, bytes(damaged)), **FILES[name].keywords)
        except BadFile as error:
            assert name in str(error)
        else:
            assert np.isfinite(session.recording.data).any()
