"""Taps and counts from wherever people have them."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_texts import COUNTS
from touchrhythm.errors import BadFile, NoSuchInput
from touchrhythm.io import parse_count, read_counts, read_session, read_taps
from touchrhythm.io.taps import load_taps, presses
from touchrhythm.session import Count, Taps

ONSETS = [1.5, 8.25, 15.0]


def save(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def recording(folder, duration=60, fs=20, header="time,force", column=lambda _t: None):
    rows = []
    for k in range(duration * fs):
        extra = column(k / fs)
        rows.append(f"{k / fs},{k % 7}" + ("" if extra is None else f",{extra}"))
    return save(folder, "session.csv", header + "\n" + "\n".join(rows) + "\n")


@pytest.mark.parametrize(
    "text",
    [
        "1.5\n8.25\n15\n",
        "# taps of the first session\n\n1.5\r\n8.25\r\n15",
        "1,5\n8,25\n15,0\n",
        "onset\n1.5\n8.25\n15\n",
        "onset (ms)\n1500\n8250\n15000\n",
        "time_ms\n1500\n8250\n15000\n",
        "0:01.5\n0:08.25\n0:15\n",
        "onset,duration\n1.5,0\n8.25,0\n15,0\n",
        "onset\tduration\ttrial_type\n1.5\t0\ttap\n3\t0\thand on\n8.25\t0\ttap\n15\tn/a\ttap\n",
        "onset;note\n1,5;first\n8,25;\n15;x\n",
    ],
)
def test_onsets_are_read_however_they_are_written(tmp_path, text):
    (taps,) = read_taps(save(tmp_path, "taps.csv", text), rater="AB")
    assert taps.rater == "AB"
    np.testing.assert_allclose(taps.onset, ONSETS)


@pytest.mark.parametrize(
    "text",
    [
        "onset,rater\n1.5,AB\n2,CD\n8.25,AB\n9,CD\n15,AB\n",
        "rater\tonset\nAB\t1.5\nAB\t8.25\nAB\t15\nCD\t2\nCD\t9\n",
        "AB,CD\n1.5,2\n8.25,9\n15,\n",
        "AB\tCD\n1.5\t2\n\t9\n8.25\t\n15\t\n",
    ],
)
def test_several_raters_are_kept_apart(tmp_path, text):
    taps = read_taps(save(tmp_path, "taps.csv", text))
    assert [one.rater for one in taps] == ["AB", "CD"]
    np.testing.assert_array_equal(taps[0].onset, ONSETS)
    np.testing.assert_array_equal(taps[1].onset, [2, 9])


def test_unsorted_taps_are_sorted_and_told(tmp_path):
    path = save(tmp_path, "taps.txt", "8.25\n1.5\n15\n")
    with pytest.warns(
        UserWarning, match=re.escape("taps of rater stood out of order (1.5 s after 8.25 s) and were sorted")
    ):
        (taps,) = read_taps(path)
    np.testing.assert_array_equal(taps.onset, ONSETS)
    session = read_session(recording(tmp_path), taps=path)
    assert session.info["import_notes"] == (
        "taps of rater stood out of order (1.5 s after 8.25 s) and were sorted",
    )


def test_double_presses_count_as_one_and_are_told(tmp_path):
    taps, import_notes = load_taps(save(tmp_path, "taps.txt", "1.5\n1.53\n1.5\n8.25\n8.30\n15\n"))
    np.testing.assert_array_equal(taps[0].onset, [1.5, 8.25, 8.30, 15.0])
    assert import_notes == (
        "taps of rater stood out of order (1.5 s after 1.53 s) and were sorted",
        "2 taps of rater came within 50 ms of the one before (double press?) and count as one",
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("1.5\nabc\n", 2, "a tap must be a time in seconds, got 'abc'"),
        ("onset\n1.5\n-2\n", 3, "taps must not start before the recording, got -2"),
        ("1.5,2\n3,4\n", 1, "one onset per line, or a header with a column onset, got '1.5,2'"),
        ("1.5 2.5\n", 1, "a tap must be a time in seconds, got '1.5 2.5'"),
        ("1.5;2;3\n4;5;6\n", 1, "one onset per line, or a header with a column onset, got '1.5;2;3'"),
        ("onset\nn/a\n", None, "no taps found"),
        ("1:2:3:4\n", 1, "a tap must be a time in seconds, got '1:2:3:4'"),
        ("5\ninf\n", 2, "a tap must be a time in seconds, got 'inf'"),
    ],
)
def test_what_is_no_tap_is_named_with_its_line(tmp_path, text, line, message):
    path = save(tmp_path, "taps.csv", text)
    where = str(path) if line is None else f"{path}, line {line}"
    with pytest.raises(BadFile, match="^" + re.escape(f"{where}: {message}") + "$"):
        read_taps(path)


@pytest.mark.parametrize(("factor", "hint"), [(1e3, "milliseconds"), (1e6, "microseconds")], ids=["ms", "us"])
def test_taps_in_milliseconds_are_refused_with_a_hint(tmp_path, factor, hint):
    path = save(tmp_path, "taps.txt", "".join(f"{one * factor:.0f}\n" for one in [*ONSETS, 55]))
    message = f"{path}: taps end at {55 * factor:g} s but the recording at 60 s (are the taps in {hint}?)"
    with pytest.raises(BadFile, match="^" + re.escape(message) + "$"):
        read_session(recording(tmp_path), taps=path)


def test_taps_after_the_end_are_refused(tmp_path):
    path = save(tmp_path, "taps.txt", "1\n70\n")
    with pytest.raises(BadFile, match=re.escape(f"{path}: taps end at 70 s but the recording at 60 s")):
        read_session(recording(tmp_path), taps=path)


@pytest.mark.parametrize("start", [1000.0, 1.7e9])
def test_taps_on_the_clock_of_the_time_column_are_moved_and_told(tmp_path, start):
    rows = "".join(f"{start + k / 20:.2f},{k % 7}\n" for k in range(1200))
    path = save(tmp_path, "session.csv", "time,force\n" + rows)
    session = read_session(
        path, taps=save(tmp_path, "taps.txt", "".join(f"{start + one}\n" for one in ONSETS))
    )
    np.testing.assert_allclose(session.taps[0].onset, ONSETS, atol=1e-6)
    told = f"taps were on the clock of the time column, which begins at {start:.10g} s, and were moved"
    assert session.info["import_notes"] == (told,)


def test_taps_that_fit_both_clocks_count_from_the_first_sample_and_this_is_told(tmp_path):
    rows = "".join(f"{5 + k / 20:.2f},{k % 7}\n" for k in range(1200))
    path = save(tmp_path, "session.csv", "time,force\n" + rows)
    session = read_session(path, taps=save(tmp_path, "taps.txt", "8\n15\n"))
    np.testing.assert_array_equal(session.taps[0].onset, [8, 15])
    told = "the time column begins at 5 s; taps were taken as seconds from the first sample"
    assert session.info["import_notes"] == (told,)


def test_a_button_channel_of_an_array_gives_taps_too(tmp_path):
    x = np.zeros((1200, 2))
    x[:, 0] = np.arange(1200) % 7
    x[[30, 31, 165], 1] = 1
    np.save(tmp_path / "a.npy", x)
    session = read_session(tmp_path / "a.npy", fs=20, taps="column2", rater="AB")
    assert session.taps[0].rater == "AB"
    np.testing.assert_array_equal(session.taps[0].onset, [1.5, 8.25])


def test_taps_come_as_values_too(tmp_path):
    path = recording(tmp_path)
    by_list = read_session(path, taps=ONSETS, rater="AB").taps
    by_type = read_session(path, taps=Taps(ONSETS, "AB")).taps
    several = read_session(path, taps=(Taps(ONSETS, "AB"), Taps([], "CD"))).taps
    for taps in (by_list[0], by_type[0], several[0]):
        assert taps.rater == "AB"
        np.testing.assert_array_equal(taps.onset, ONSETS)
    assert [one.rater for one in several] == ["AB", "CD"]


def test_a_missing_file_of_taps_is_named(tmp_path):
    path = recording(tmp_path)
    with pytest.raises(
        NoSuchInput, match=re.escape("tapps.csv: no such file with taps, and no channel 'tapps.csv'")
    ):
        read_session(path, taps="tapps.csv")
    with pytest.raises(NoSuchInput, match=re.escape(f"{tmp_path / 'none.csv'}: no such file")):
        read_session(path, taps=tmp_path / "none.csv")


@pytest.mark.parametrize("name", ["button", "BTN", "tap", "marker"])
def test_a_button_column_gives_its_rising_edges(tmp_path, name):
    path = recording(
        tmp_path, header=f"time,force,{name}", column=lambda t: int(any(a <= t < a + 0.3 for a in ONSETS))
    )
    session = read_session(path, rater="AB")
    assert session.recording.channels == ("force", name)
    assert session.taps[0].rater == "AB"
    np.testing.assert_array_equal(session.taps[0].onset, ONSETS)


def test_a_button_that_rests_high_is_pressed_where_it_falls(tmp_path):
    path = recording(
        tmp_path, header="time,force,btn", column=lambda t: int(not any(a <= t < a + 0.3 for a in ONSETS))
    )
    session = read_session(path)
    np.testing.assert_array_equal(session.taps[0].onset, ONSETS)
    assert session.info["import_notes"] == (
        "the button rests at its high level; presses were taken where it falls",
    )


def test_another_column_can_be_named_as_the_button(tmp_path):
    path = recording(
        tmp_path,
        header="time,force,pedal",
        column=lambda t: 1000 * any(a <= t < a + 0.3 for a in ONSETS) + t % 3,
    )
    assert read_session(path).taps == ()
    np.testing.assert_array_equal(read_session(path, taps="pedal").taps[0].onset, ONSETS)
    with pytest.raises(
        ValueError, match=re.escape("channel 'force' is no button: it lies between two levels for")
    ):
        read_session(path, taps="force")


def test_a_button_held_at_the_start_is_no_tap():
    onset, import_notes = presses([1, 1, 0, 0, 0, 1, 0, 0], np.arange(8.0))
    np.testing.assert_array_equal(onset, [5.0])
    assert import_notes == ()
    with pytest.raises(ValueError, match="its level never changes"):
        presses([0, 0, 0], np.arange(3.0))


def test_given_taps_take_the_place_of_the_button_s(tmp_path):
    path = recording(
        tmp_path, header="time,force,btn", column=lambda t: int(any(a <= t < a + 0.3 for a in ONSETS))
    )
    session = read_session(path, taps=[5.0])
    assert len(session.taps) == 1
    np.testing.assert_array_equal(session.taps[0].onset, [5.0])
    assert session.info["import_notes"] == (
        "the taps in the recording by rater were replaced by those given",
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("27 in 180 s from 0:30", Count(27, 30.0, 180.0)),
        ("27 in 3:00 from 30", Count(27, 30.0, 180.0)),
        ("27 cycles in 3 min from 0.5 min", Count(27, 30.0, 180.0)),
        ("AB: 9 in 60 s", Count(9, 0.0, 60.0, "AB")),
        ("0 in 1 minutes", Count(0, 0.0, 60.0)),
    ],
)
def test_counts_are_read_from_words(tmp_path, text, count):
    assert parse_count(text) == count
    assert read_counts(save(tmp_path, "counts.txt", f"# reported\n{text}\n")) == (count,)


def test_counts_are_read_from_a_table(tmp_path):
    path = save(tmp_path, "counts.csv", "count,onset,duration,rater\n7,0,30,AB\n5,0:30,30,CD\n")
    expected = (Count(7, 0.0, 30.0, "AB"), Count(5, 30.0, 30.0, "CD"))
    assert read_counts(path) == expected
    assert read_session(recording(tmp_path), counts=path).counts == expected
    assert read_session(recording(tmp_path), counts="7 in 30 s", rater="AB").counts == expected[:1]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("many\n", 1, "a count must read like '27 in 180 s from 0:30', got 'many'"),
        ("count,onset,duration\n7.5,0,30\n", 2, "a count must be a whole number of cycles, got 7.5"),
        ("count,onset,duration\ninf,0,30\n", 2, "a count must be a whole number of cycles, got inf"),
        ("count,onset,duration\nx,0,30\n", 2, "a count must be a whole number, got 'x'"),
        ("count,onset,duration\n7,0,0\n", 2, "a count must last longer than 0 s, got 0 s"),
        ("count,onset,duration\n7,soon,30\n", 2, "a time must be in seconds or m:s, got 'soon'"),
        ("count,onset\n7,0\n", 2, "a count needs its duration, a column duration in seconds"),
        ("27 in 0 s\n", 1, "a count must last longer than 0 s, got 0 s"),
    ],
)
def test_what_is_no_count_is_named_with_its_line(tmp_path, text, line, message):
    path = save(tmp_path, "counts.csv", text)
    with pytest.raises(BadFile, match="^" + re.escape(f"{path}, line {line}: {message}") + "$"):
        read_counts(path)


def test_a_count_that_reaches_beyond_the_recording_is_refused(tmp_path):
    path = save(tmp_path, "counts.txt", "27 in 180 s from 0:30\n")
    message = f"{path}: a count must lie inside the recording of 60 s, got 27 in 180 s from 30 s"
    with pytest.raises(BadFile, match="^" + re.escape(message) + "$"):
        read_session(recording(tmp_path), counts=path)


@pytest.mark.parametrize("content", COUNTS)
def test_counts_on_paper_are_understood(tmp_path, content):
    assert read_counts(save(tmp_path, "counts.csv", content)) == (Count(27, 30.0, 180.0),)


@pytest.mark.parametrize("content", ["27/3\n", "Start;Dauer;Anzahl\n0;3;27\n"])
def test_a_count_that_nobody_could_make_asks_for_minutes(tmp_path, content):
    with pytest.raises(BadFile, match="were these minutes"):
        read_counts(save(tmp_path, "counts.csv", content))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.integers(500, 60_000), min_size=3, max_size=60),
    start=st.integers(0, 5000),
    form=st.sampled_from(("{:.3f}", "ms", "clock", "comma")),
    end=st.sampled_from(("\n", "\r\n")),
)
def test_onsets_come_back_in_any_form_they_are_written_in(tmp_path, steps, start, form, end):
    onset_ms = start + np.cumsum(steps)
    rows = {
        "{:.3f}": ["onset (s)", *(f"{t / 1000:.3f}" for t in onset_ms)],
        "ms": ["onset (ms)", *(f"{t}" for t in onset_ms)],
        "clock": ["onset", *(f"{t // 60_000}:{t % 60_000 / 1000:06.3f}" for t in onset_ms)],
        "comma": ["onset (s)", *(f"{t / 1000:.3f}".replace(".", ",") for t in onset_ms)],
    }[form]
    (tmp_path / "taps.txt").write_bytes((end.join(rows) + end).encode())
    (taps,) = read_taps(tmp_path / "taps.txt")
    np.testing.assert_allclose(taps.onset, onset_ms / 1000, rtol=0, atol=1e-9)
