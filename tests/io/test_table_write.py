"""What is written reads back equal, and nothing is ever overwritten."""

import gzip
import json
import os
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from touchrhythm.errors import BadFile, CannotWrite
from touchrhythm.io import convert, read_counts, read_session, read_taps, write_session, write_table
from touchrhythm.io.writing import decimals
from touchrhythm.session import Annotation, Count, Recording, Session, Taps

NUMBERS = st.one_of(
    st.floats(-1e9, 1e9),
    st.floats(-1e150, 1e150),
    st.just(float("nan")),
    st.integers(-(2**40), 2**40).map(float),
)


def session(**info):
    x = np.random.default_rng(1).normal(5, 1, (1200, 2))
    x[100:200] = np.nan
    x[300, 1] = np.nan
    x[:4, 0] = (1 / 3, 1e-7, -0.0, 1e22)
    return Session(
        Recording(x, 20.0, ("force", "respiratory"), ("g", ""), 0.0),
        (Taps([1.5, 8.1 / 3, 20.0], "AB"), Taps([], "CD"), Taps([1.5], "EF")),
        (Count(7, 0.0, 30.0, "AB"), Count(0, 0.1, 30.0, "CD")),
        (Annotation(0.0, 0.0, "hand on"), Annotation(2.0, 50.5, "tapping")),
        {
            "timing": "device",
            "import_notes": ("3 samples were missing",),
            "kind": "null",
            "answers": {"felt": None},
        }
        | info,
    )


def assert_equal(a, b):
    np.testing.assert_array_equal(a.recording.data, b.recording.data)
    assert (a.recording.fs, a.recording.channels, a.recording.units, a.recording.start_time) == (
        b.recording.fs,
        b.recording.channels,
        b.recording.units,
        b.recording.start_time,
    )
    assert [(one.rater, one.onset.tolist()) for one in a.taps] == [
        (one.rater, one.onset.tolist()) for one in b.taps
    ]
    assert (a.counts, a.annotations) == (b.counts, b.annotations)


def test_a_session_reads_back_equal(tmp_path):
    made = session()
    path = write_session(made, tmp_path / "study")
    assert path == tmp_path / "study/sub-01/beh/sub-01_task-palpation_physio.tsv.gz"
    read = read_session(path)
    assert_equal(made, read)
    assert read.info["timing"] == "device"
    assert read.info["import_notes"] == ("3 samples were missing",)
    assert read.info["kind"] == "null"
    assert read.info["answers"] == {"felt": None}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=hnp.arrays(
        np.float64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6), elements=NUMBERS
    ),
    fs=st.floats(1e-3, 1e5),
    start=st.floats(-1e6, 1e6),
)
def test_any_number_reads_back_equal(tmp_path_factory, data, fs, start):
    made = Session(
        Recording(
            np.vstack((data, np.zeros(data.shape[1]))),
            fs,
            tuple(f"c{k}" for k in range(data.shape[1])),
            (),
            start,
        )
    )
    assert_equal(made, read_session(write_session(made, tmp_path_factory.mktemp("study"))))


@settings(max_examples=100, deadline=None)
@given(NUMBERS)
def test_decimals_are_the_shortest_that_read_back_equal(value):
    text = decimals(np.array([[value]])).strip()
    if np.isnan(value):
        assert text == "n/a"
    else:
        assert float(text) == value
        assert len(text) <= len(repr(value))
        assert not text.endswith(".0")


def test_entities_name_folders_and_files(tmp_path):
    entities = {"recording": "force", "run": "02", "sub": "S01", "ses": "03", "task": "rest"}
    path = write_session(session(entities=entities), tmp_path)
    assert (
        path == tmp_path / "sub-S01/ses-03/beh/sub-S01_ses-03_task-rest_run-02_recording-force_physio.tsv.gz"
    )
    assert (path.parent / "sub-S01_ses-03_task-rest_run-02_events.tsv").is_file()
    assert read_session(path).info["entities"] == {
        "sub": "S01",
        "ses": "03",
        "task": "rest",
        "run": "02",
        "recording": "force",
    }


def test_raw_counts_are_written_with_their_calibration_and_read_in_grams(tmp_path):
    counts = np.arange(1000.0, 2200.0)
    made = Session(
        Recording(counts, 20.0, ("force",), ("count",)),
        info={"calibration": {"force": {"counts_per_gram": 100.0, "zero_counts": 1000.0}}},
    )
    path = write_session(made, tmp_path / "a")
    other = write_session(
        Session(made.recording), tmp_path / "b", columns={"force": {"CountsPerGram": 100, "ZeroCounts": 1000}}
    )
    assert gzip.decompress(path.read_bytes()).split()[:2] == [b"1000", b"1001"]
    for one in (read_session(path), read_session(other)):
        np.testing.assert_array_equal(one.recording.data[:, 0], (counts - 1000) / 100)
        assert one.recording.units == ("g",)
    again = write_session(read_session(path), tmp_path / "c")
    np.testing.assert_array_equal(read_session(again).recording.data, read_session(path).recording.data)


def test_writing_twice_gives_the_same_bytes_without_dates_or_folders(tmp_path):
    first, second = (write_session(session(), tmp_path / name / "study") for name in ("one", "two"))
    for a in sorted((tmp_path / "one").rglob("*")):
        if a.is_file():
            b = tmp_path / "two" / a.relative_to(tmp_path / "one")
            assert a.read_bytes() == b.read_bytes()
            assert str(tmp_path).encode() not in a.read_bytes()
    raw = first.read_bytes()
    assert raw[3] == 0  # no name
    assert raw[4:8] == bytes(4)  # no time
    assert second.read_bytes() == raw


def test_a_recording_that_is_there_is_never_overwritten(tmp_path):
    path = write_session(session(), tmp_path)
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    with pytest.raises(
        CannotWrite, match="^" + re.escape(f"{path}: is there already; nothing was overwritten") + "$"
    ):
        write_session(session(), tmp_path)
    assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before


def test_a_second_subject_joins_the_dataset_and_leaves_the_rest(tmp_path):
    write_session(session(), tmp_path)
    (tmp_path / "participants.tsv").write_text("participant_id\tage\nsub-01\t34\n")
    (tmp_path / "README.md").write_text("Ours.\n")
    write_session(session(entities={"sub": "02"}), tmp_path)
    write_session(session(entities={"sub": "02", "run": "2"}), tmp_path)
    assert (tmp_path / "participants.tsv").read_text() == "participant_id\tage\nsub-01\t34\nsub-02\tn/a\n"
    assert (tmp_path / "README.md").read_text() == "Ours.\n"


def test_two_recordings_of_a_session_share_its_events(tmp_path):
    force = write_session(session(entities={"recording": "force"}), tmp_path)
    made = session(entities={"recording": "breathing"})
    other = Session(
        Recording(made.recording.data[:, 1], 20.0, ("belt",)),
        made.taps,
        made.counts,
        made.annotations,
        made.info,
    )
    write_session(other, tmp_path)
    assert read_session(force).recording.channels == ("force", "respiratory", "belt")


def test_a_failure_half_way_leaves_no_half_recording(tmp_path, monkeypatch):
    link, calls = os.link, []

    def full(a, b):
        calls.append(b)
        if str(b).endswith("_physio.tsv.gz"):
            raise OSError(28, "No space left on device")
        return link(a, b)

    def no_rename(a, b):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("touchrhythm.io.writing.os.link", full)
    monkeypatch.setattr("touchrhythm.io.writing.os.rename", no_rename)
    with pytest.raises(CannotWrite, match=re.escape("cannot be written (No space left on device)")):
        write_session(session(), tmp_path)
    assert [one.name for one in tmp_path.rglob("*") if one.is_file() and "sub-01" in one.name] == []
    assert not list(tmp_path.rglob("*.part"))


def test_where_links_are_unknown_files_are_moved(tmp_path, monkeypatch):
    def unknown(_a, _b):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("touchrhythm.io.writing.os.link", unknown)
    assert_equal(read_session(write_session(session(), tmp_path)), session())
    with pytest.raises(CannotWrite, match="is there already; nothing was overwritten"):
        write_session(session(), tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(CannotWrite, match=re.escape(f"{tmp_path / 'sub-01'}")):
        write_session(session(), tmp_path)


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "study").write_text("x")
    with pytest.raises(CannotWrite, match=re.escape(f"{tmp_path / 'study'}")):
        write_session(session(), tmp_path / "study")


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (session(entities={"sub": "S 1"}), "the entity sub must be letters and digits, got 'S 1'"),
        (
            session(entities={"subject": "1"}),
            "entities must be among sub, ses, task, run, recording, got subject",
        ),
        (Session(Recording([1.0, 2.0], 1.0, ("Columns",))), "a channel cannot be named 'Columns' in BIDS"),
        (Session(Recording([1.0, 2.0], 1.0, ("a\tb",))), "a channel cannot be named 'a\\tb' in BIDS"),
        (
            Session(Recording([1.0, 2.0], 1.0, ("a",)), annotations=(Annotation(0.0, 1.0, "tap"),)),
            "an annotation cannot be labelled 'tap' in BIDS events",
        ),
        (
            Session(Recording([1.0, 2.0], 1.0, ("a",)), (Taps([1.0], "A\tB"),)),
            "labels and raters must be words without tab, quote or line end, got 'A\\tB'",
        ),
    ],
)
def test_what_bids_cannot_hold_is_refused_before_anything_is_written(tmp_path, made, message):
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        write_session(made, tmp_path / "study")
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.txt", "a.csv.gz"])
@pytest.mark.parametrize("decimal_comma", [False, True])
def test_a_table_reads_back_equal(tmp_path, name, decimal_comma):
    made = session()
    path = write_table(made, tmp_path / name, decimal_comma=decimal_comma)
    read = read_session(path)
    np.testing.assert_array_equal(read.recording.data, made.recording.data)
    assert (read.recording.fs, read.recording.channels, read.recording.units) == (
        20.0,
        ("force", "respiratory"),
        ("g", ""),
    )
    assert read.info["import_notes"] == ()
    with pytest.raises(CannotWrite, match="is there already; nothing was overwritten"):
        write_table(made, path)


def test_an_array_reads_back_equal(tmp_path):
    made = session()
    read = read_session(write_table(made, tmp_path / "a.npy"), fs=20)
    np.testing.assert_array_equal(read.recording.data, made.recording.data)


def test_gaps_can_be_filled_for_programs_that_need_it(tmp_path):
    data = np.array([np.nan, 1.0, np.nan, np.nan, 4.0, np.nan])
    made = Session(Recording(np.column_stack((data, np.arange(6.0))), 10.0, ("a", "b")))
    read = read_session(write_table(made, tmp_path / "a.csv", gaps="interpolate"))
    np.testing.assert_allclose(read.recording.data[:, 0], [1, 1, 2, 3, 4, 4])
    with pytest.raises(ValueError, match=re.escape("gaps must be 'n/a' or 'interpolate', got 'drop'")):
        write_table(made, tmp_path / "b.csv", gaps="drop")
    with pytest.raises(
        ValueError, match=re.escape("a table must end in .csv, .tsv, .txt or .npy, got 'b.xlsx'")
    ):
        write_table(made, tmp_path / "b.xlsx")


def test_converting_there_and_back_keeps_everything(tmp_path):
    made = session()
    path = write_session(made, tmp_path / "study")
    table, taps, counts = convert(path, tmp_path / "out.csv")
    assert (taps.name, counts.name) == ("out_taps.csv", "out_counts.csv")
    assert [(one.rater, one.onset.tolist()) for one in read_taps(taps)] == [
        ("AB", [1.5, 8.1 / 3, 20.0]),
        ("EF", [1.5]),
    ]
    assert read_counts(counts) == made.counts
    again = read_session(table, taps=taps, counts=counts)
    np.testing.assert_array_equal(again.recording.data, made.recording.data)
    (back,) = convert(table, tmp_path / "study2")
    np.testing.assert_array_equal(read_session(back).recording.data, made.recording.data)
    with pytest.raises(CannotWrite, match=re.escape("out_taps.csv: is there already")):
        (tmp_path / "out.csv").unlink()
        convert(path, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_broken_list_of_participants_is_named_and_left(tmp_path):
    write_session(session(), tmp_path)
    (tmp_path / "participants.tsv").write_text("name\nx\n")
    with pytest.raises(
        BadFile,
        match=re.escape(
            "participants.tsv, line 1: the header must name participant_id between tabs, got 'name'"
        ),
    ):
        write_session(session(entities={"sub": "02"}), tmp_path)
    assert not (tmp_path / "sub-02/beh/sub-02_task-palpation_physio.tsv.gz").exists()


def test_the_sidecar_says_what_a_stranger_needs(tmp_path):
    path = write_session(session(), tmp_path)
    keys = json.loads((path.parent / "sub-01_task-palpation_physio.json").read_text(encoding="utf-8"))
    assert keys["SamplingFrequency"] == 20
    assert keys["StartTime"] == 0
    assert keys["Columns"] == ["force", "respiratory"]
    assert keys["force"] == {"Description": "Force under the hand.", "Units": "g"}
    assert keys["TouchRhythmSchemaVersion"] == 1
