"""BIDS recordings are read with all that belongs to them, and wrong ones named."""

import gzip
import json
import re

import numpy as np
import pytest

from touchrhythm.errors import BadFile
from touchrhythm.io import read_session, write_session
from touchrhythm.session import Annotation, Count

STEM = "sub-01_task-palpation"
BASE = {"SamplingFrequency": 20, "StartTime": 0, "Columns": ["force", "respiratory"]}
X = np.round(np.random.default_rng(1).normal(5, 1, (1200, 2)), 4)


def text(data):
    return "".join("\t".join("n/a" if np.isnan(v) else repr(float(v)) for v in row) + "\n" for row in data)


def save(folder, name, content):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    content = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def physio(folder, sidecar=BASE, data=X, stem=STEM, ending="_physio.tsv.gz"):
    if sidecar is not None:
        save(folder, f"{stem}_physio.json", sidecar)
    return save(folder, f"{stem}{ending}", text(data))


@pytest.mark.parametrize("ending", ["_physio.tsv.gz", "_physio.tsv"])
def test_a_recording_is_read_with_its_sidecar(tmp_path, ending):
    data = X.copy()
    data[100:200] = np.nan
    sidecar = BASE | {"StartTime": 2.5, "force": {"Units": "g"}}
    session = read_session(physio(tmp_path, sidecar, data, ending=ending))
    np.testing.assert_array_equal(session.recording.data, data)
    assert session.recording.fs == 20
    assert session.recording.start_time == 2.5
    assert session.recording.channels == ("force", "respiratory")
    assert session.recording.units == ("g", "")
    assert session.info["entities"] == {"sub": "01", "task": "palpation"}
    assert session.info["import_notes"] == ()
    np.testing.assert_array_equal(session.gaps, [[5.0, 10.0]])


def test_the_nearest_of_inherited_sidecars_wins_key_by_key(tmp_path):
    stem = "sub-01_ses-02_task-palpation_recording-force"
    save(tmp_path, "dataset_description.json", {"Name": "x", "BIDSVersion": "1.10.0"})
    save(tmp_path, "physio.json", {"SamplingFrequency": 1, "StartTime": 0})
    save(
        tmp_path,
        "task-palpation_recording-force_physio.json",
        {"SamplingFrequency": 2, "Columns": ["a", "b"], "a": {"Units": "V"}},
    )
    save(tmp_path, "task-rest_physio.json", {"SamplingFrequency": 99})
    save(tmp_path, "sub-01/sub-01_physio.json", {"SamplingFrequency": 20})
    save(
        tmp_path,
        "sub-01/ses-02/sub-01_ses-02_physio.json",
        {"Columns": ["force", "belt"], "force": {"Units": "g"}},
    )
    save(tmp_path, "sub-01/ses-02/beh/sub-01_ses-01_physio.json", {"SamplingFrequency": 77})
    path = physio(tmp_path / "sub-01/ses-02/beh", None, stem=stem)
    recording = read_session(path).recording
    assert recording.fs == 20
    assert recording.channels == ("force", "belt")
    assert recording.units == ("g", "")


def test_a_sidecar_outside_of_the_dataset_does_not_count(tmp_path):
    save(tmp_path, "physio.json", BASE)
    save(tmp_path / "study", "dataset_description.json", {"Name": "x"})
    path = physio(tmp_path / "study/sub-01/beh", None)
    with pytest.raises(BadFile, match=re.escape(f"there is no {STEM}_physio.json beside it")):
        read_session(path)


def test_the_calibration_in_the_sidecar_gives_grams_and_leaves_the_file(tmp_path):
    sidecar = BASE | {"force": {"Units": "count", "CountsPerGram": 812.5, "ZeroCounts": 1031}}
    counts = np.round(1031 + 812.5 * X)
    path = physio(tmp_path, sidecar, counts)
    before = path.read_bytes()
    recording = read_session(path).recording
    np.testing.assert_array_equal(recording.data[:, 0], (counts[:, 0] - 1031) / 812.5)
    np.testing.assert_array_equal(recording.data[:, 1], counts[:, 1])
    assert recording.units == ("g", "")
    assert path.read_bytes() == before


def test_events_become_taps_counts_and_annotations(tmp_path):
    path = physio(tmp_path)
    save(
        tmp_path,
        f"{STEM}_events.tsv",
        "onset\tduration\ttrial_type\trater\tcount\n0\t0\thand on\tn/a\tn/a\n2.5\t0\ttap\tAB\tn/a\n3\tn/a\ttap\tCD\tn/a\n"
        "9\t0\ttap\tAB\tn/a\n10\t30\tcount\tAB\t4\n12\t20\ttapping\tn/a\tn/a\n",
    )
    session = read_session(path)
    assert [(one.rater, one.onset.tolist()) for one in session.taps] == [("AB", [2.5, 9.0]), ("CD", [3.0])]
    assert session.counts == (Count(4, 10.0, 30.0, "AB"),)
    assert session.annotations == (Annotation(0.0, 0.0, "hand on"), Annotation(12.0, 20.0, "tapping"))


def test_recordings_of_the_same_session_are_joined_where_they_fit(tmp_path):
    one = [*BASE["Columns"]][:1]
    path = physio(tmp_path, BASE | {"Columns": one}, X[:, :1], f"{STEM}_recording-force")
    physio(tmp_path, BASE | {"Columns": ["respiratory"]}, X[:, 1:], f"{STEM}_recording-breathing")
    physio(tmp_path, BASE | {"Columns": one}, 2 * X[:, :1], f"{STEM}_recording-second")
    physio(
        tmp_path,
        BASE | {"Columns": ["cardiac"], "SamplingFrequency": 50},
        X[:, 1:],
        f"{STEM}_recording-pulse",
    )
    physio(tmp_path, BASE | {"Columns": ["other"]}, X[:, 1:], "sub-02_task-palpation_recording-force")
    session = read_session(path)
    assert session.recording.channels == ("force", "respiratory", "second_force")
    np.testing.assert_array_equal(session.recording.data[:, :2], X)
    np.testing.assert_array_equal(session.recording.data[:, 2], 2 * X[:, 0])
    assert session.info["import_notes"] == (
        f"{STEM}_recording-pulse_physio.tsv.gz was left out: 1200 samples at 50 Hz from 0 s,"
        f" {STEM}_recording-force_physio.tsv.gz has 1200 at 20 Hz from 0 s",
    )


def test_a_broken_reference_recording_does_not_hide_the_one_opened(tmp_path):
    path = physio(tmp_path, BASE | {"Columns": ["force"]}, X[:, :1], f"{STEM}_recording-force")
    physio(tmp_path, None, X[:, 1:], f"{STEM}_recording-breathing")
    session = read_session(path)
    assert session.recording.channels == ("force",)
    assert (
        "there is no sub-01_task-palpation_recording-breathing_physio.json beside it"
        in session.info["import_notes"][0]
    )


def test_a_header_line_is_left_out_and_told(tmp_path):
    save(tmp_path, f"{STEM}_physio.json", BASE)
    path = save(tmp_path, f"{STEM}_physio.tsv.gz", "force\trespiratory\n" + text(X))
    session = read_session(path)
    np.testing.assert_array_equal(session.recording.data, X)
    assert session.info["import_notes"][0].startswith("the first line holds the column names")


def test_a_later_schema_is_read_and_told(tmp_path):
    session = read_session(physio(tmp_path, BASE | {"TouchRhythmSchemaVersion": 9}))
    assert session.info["import_notes"] == (
        "written by a later version (schema 9, here 1); what is new was not read",
    )


def test_a_rate_given_beside_the_sidecar_s_is_told_and_not_used(tmp_path):
    session = read_session(physio(tmp_path), fs=80)
    assert session.recording.fs == 20
    assert session.info["import_notes"] == (
        "the rate given is 80 Hz, but the recording says 20 Hz, which was used",
    )


SIDECARS = [
    ('{"SamplingFrequency": 20,\n "StartTime" 0}', 2, "broken JSON: Expecting ':' delimiter at column 14"),
    ('["SamplingFrequency"]', None, "JSON must hold an object {…}, got a list"),
    (b'{"Name":\n "\xe4"}', 2, "JSON must be UTF-8, got byte 0xe4"),
    (
        {"StartTime": 0, "Columns": ["a", "b"]},
        None,
        "SamplingFrequency is missing (looked in sub-01_task-palpation_physio.json)",
    ),
    (BASE | {"SamplingFrequency": "20"}, None, "SamplingFrequency must be a number, got '20'"),
    (BASE | {"SamplingFrequency": 0}, None, "SamplingFrequency must be 0.0001 to 1e+07 Hz, got 0"),
    (BASE | {"StartTime": None}, None, "StartTime must be a number, got None"),
    (
        {"SamplingFrequency": 20, "StartTime": 0},
        None,
        "Columns is missing (looked in sub-01_task-palpation_physio.json)",
    ),
    (
        BASE | {"Columns": "force"},
        None,
        "Columns must be a list of names, got 'force' (looked in sub-01_task-palpation_physio.json)",
    ),
    (BASE | {"Columns": ["a", "a"]}, None, "Columns must have different names, got ['a', 'a']"),
    (BASE | {"force": {"CountsPerGram": 0}}, None, "CountsPerGram of force must not be 0"),
    (
        BASE | {"force": {"CountsPerGram": "many"}},
        None,
        "CountsPerGram of force must be a number, got 'many'",
    ),
]


@pytest.mark.parametrize(("sidecar", "line", "message"), SIDECARS)
def test_a_broken_sidecar_is_named(tmp_path, sidecar, line, message):
    path = physio(tmp_path, sidecar)
    file = tmp_path / f"{STEM}_physio.json"
    where = str(file) if line is None else f"{file}, line {line}"
    with pytest.raises(BadFile, match="^" + re.escape(f"{where}: {message}") + "$"):
        read_session(path)


TABLES = [
    ("1\t2\t3\n" * 5, 1, f"3 columns, but Columns in {STEM}_physio.json names 2: force, respiratory"),
    ("1,2\n" * 5, 1, f"1 columns, but Columns in {STEM}_physio.json names 2: force, respiratory"),
    ("1\t2\n1\t2\t3\n", 2, "3 columns where the table has 2: '1\\t2\\t3'"),
    ("1\t2\n1\tabc\n", 2, "column respiratory must hold numbers or n/a, got 'abc'"),
    ("force\trespiratory\n1\t2\n1\tabc\n", 3, "column respiratory must hold numbers or n/a, got 'abc'"),
    ("1\t2\ninf\t2\n", 2, "column force must hold numbers or n/a, got 'inf'"),
    (
        "n/a\tn/a\n" * 5,
        None,
        "no numbers in any of the columns ('force', 'respiratory'), all values are missing",
    ),
]


@pytest.mark.parametrize(("content", "line", "message"), TABLES)
def test_a_broken_table_is_named_with_line_and_value(tmp_path, content, line, message):
    save(tmp_path, f"{STEM}_physio.json", BASE)
    path = save(tmp_path, f"{STEM}_physio.tsv.gz", content)
    where = str(path) if line is None else f"{path}, line {line}"
    with pytest.raises(BadFile, match="^" + re.escape(f"{where}: {message}") + "$"):
        read_session(path)


EVENTS = [
    ("time\tduration\n1\t0\n", 1, "the header must name onset and duration, got ('time', 'duration')"),
    ("onset\tduration\ttrial_type\n1\t0\ttap\nn/a\t0\ttap\n", 3, "onset must be seconds, got 'n/a'"),
    ("onset\tduration\ttrial_type\n1\t0\ttap\nsoon\t0\ttap\n", 3, "onset must be seconds, got 'soon'"),
    ("onset\tduration\ttrial_type\n1\t0\ttap\n1\t0\ttap\n", 3, "rater rater taps twice at 1 s"),
    ("onset\tduration\ttrial_type\tcount\n1\t9\tcount\t2.5\n", 2, "count must be a whole number, got '2.5'"),
    ("onset\tduration\ttrial_type\tcount\n1\tn/a\tcount\t2\n", 2, "duration must be seconds, got 'n/a'"),
    (
        "onset\tduration\ttrial_type\n30000\t0\ttap\n",
        None,
        "taps end at 30000 s but the recording at 60 s (are the taps in milliseconds?)",
    ),
]


@pytest.mark.parametrize(("content", "line", "message"), EVENTS)
def test_broken_events_are_named_with_line_and_value(tmp_path, content, line, message):
    path = physio(tmp_path)
    file = save(tmp_path, f"{STEM}_events.tsv", content)
    where = str(file) if line is None else f"{file}, line {line}"
    with pytest.raises(BadFile, match="^" + re.escape(f"{where}: {message}") + "$"):
        read_session(path)


def test_unsorted_events_are_sorted_and_told(tmp_path):
    path = physio(tmp_path)
    save(tmp_path, f"{STEM}_events.tsv", "onset\tduration\ttrial_type\n5\t0\ttap\n1\t0\ttap\n")
    session = read_session(path)
    assert session.taps[0].onset.tolist() == [1.0, 5.0]
    assert session.info["import_notes"] == (
        f"taps of rater in {STEM}_events.tsv stood out of order and were sorted",
    )


@pytest.mark.parametrize("start", [-33.7, 0, 12.5, 1.7e9])
def test_onsets_count_from_the_same_zero_as_the_start_time(tmp_path, start):
    path = physio(tmp_path, BASE | {"StartTime": start})
    rows = "".join(
        f"{start + onset!r}\t{length}\t{kind}\t{count}\n"
        for onset, length, kind, count in (
            (1.5, 0, "tap", "n/a"),
            (2, 6, "count", 3),
            (3, 1, "hand on", "n/a"),
        )
    )
    save(tmp_path, "sub-01_task-palpation_events.tsv", "onset\tduration\ttrial_type\tcount\n" + rows)
    session = read_session(path)
    np.testing.assert_allclose(session.taps[0].onset, [1.5], atol=1e-6)
    assert session.counts[0].onset == pytest.approx(2, abs=1e-6)
    assert session.annotations[0].onset == pytest.approx(3, abs=1e-6)
    again = read_session(write_session(session, tmp_path / "written"))
    np.testing.assert_array_equal(again.taps[0].onset, session.taps[0].onset)
    assert (again.counts, again.annotations) == (session.counts, session.annotations)


@pytest.mark.parametrize(
    ("kind", "is_tap"), [("button press", True), ("keypress", False), ("tap only", False), ("Taste", True)]
)
def test_another_program_s_word_for_a_press_is_a_tap(tmp_path, kind, is_tap):
    path = physio(tmp_path, BASE)
    events = f"onset\tduration\ttrial_type\n0.1\t0\t{kind}\n0.3\t0\t{kind}\n"
    path.with_name(
        path.name.replace("_physio.tsv.gz", "_events.tsv").replace("_physio.tsv", "_events.tsv")
    ).write_text(events)
    session = read_session(path)
    assert [taps.onset.tolist() for taps in session.taps] == ([[0.1, 0.3]] if is_tap else [])
    assert len(session.annotations) == (0 if is_tap else 2)
