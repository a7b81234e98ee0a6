"""The types that travel: checked at birth, never changed."""

import re
import sys

import numpy as np
import pytest

from touchrhythm.session import Annotation, Count, NullRange, Recording, Session, Taps, runs_of


def recording(n=1000, fs=10.0):
    return Recording(np.arange(float(n)), fs, ("force",), ("g",))


def test_a_recording_copies_its_data_and_keeps_it_read_only():
    data = np.ones((5, 2))
    made = Recording(data, 10.0, ("a", "b"))
    data[0, 0] = 7
    assert made.data[0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        made.data[0, 0] = 2


def test_one_channel_may_come_as_a_vector():
    assert recording().data.shape == (1000, 1)
    assert recording().duration == 100.0
    np.testing.assert_array_equal(recording().channel("force"), np.arange(1000.0))
    np.testing.assert_array_equal(recording().channel(0), np.arange(1000.0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (np.ones((3, 2)), 10.0, ("a",)),
            "channels must name each column of data, got 1 names for 2 columns",
        ),
        ((np.ones((3, 2)), 10.0, ("a", "a")), "channels must have different names, got ('a', 'a')"),
        ((np.ones((3, 1)), 0.0, ("a",)), "fs must be above 0 Hz, got 0 Hz"),
        (
            (np.ones((3, 1)), 10.0, ("a",), ("g", "s")),
            "units must hold one unit per channel, got 2 for 1 channels",
        ),
        ((np.ones((0, 1)), 10.0, ("a",)), "data must have shape (n_samples, n_channels), got (0, 1)"),
        ((np.array([1.0, np.inf]), 10.0, ("a",)), "data must be finite or NaN, got infinity"),
    ],
)
def test_a_recording_that_does_not_fit_itself_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Recording(*arguments)


def test_an_unknown_channel_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=re.escape("no channel 'forse', the recording has ('force',)")):
        recording().channel("forse")
    with pytest.raises(
        ValueError, match=re.escape("no channel number 3, the recording has 0 to 0: ('force',)")
    ):
        recording().channel(3)


def test_taps_in_milliseconds_are_refused_with_a_hint():
    message = "taps end at 61200 s but the recording at 100 s (are the taps in milliseconds?)"
    with pytest.raises(ValueError, match=re.escape(message)):
        Session(recording(), Taps([1000.0, 61200.0]))


def test_taps_in_microseconds_are_refused_with_a_hint():
    message = "taps end at 6.12e+07 s but the recording at 100 s (are the taps in microseconds?)"
    with pytest.raises(ValueError, match=re.escape(message)):
        Session(recording(), Taps([1e6, 6.12e7]))


@pytest.mark.parametrize(
    ("onset", "message"),
    [
        ([1.0, 3.0, 2.0], "onset must increase, got a step back: 3 s, then 2 s"),
        ([1.0, 1.0], "onset must increase, got twice the same time: 1 s, then 1 s"),
        ([1.0, float("nan")], "onset must be finite, got nan at position 1"),
        ([[1.0]], "onset must be a list of times, shape (n,), got shape (1, 1)"),
    ],
)
def test_onsets_that_do_not_increase_are_refused(onset, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Taps(onset)


def test_two_entries_of_one_rater_are_refused():
    with pytest.raises(
        ValueError, match=re.escape("taps must have one entry per rater, got raters ['a', 'a']")
    ):
        Session(recording(), (Taps([1.0], "a"), Taps([2.0], "a")))


def test_a_count_outside_the_recording_is_refused():
    message = "a count must lie inside the recording of 100 s, got 27 in 180 s from 30 s"
    with pytest.raises(ValueError, match=re.escape(message)):
        Session(recording(), counts=(Count(27, 30.0, 180.0),))


def test_gaps_are_where_no_channel_has_a_sample():
    data = np.ones((100, 2))
    data[10:20] = np.nan
    data[30:40, 0] = np.nan
    session = Session(Recording(data, 10.0, ("a", "b")), annotations=(Annotation(0.0, 1.0, "hand on"),))
    np.testing.assert_array_equal(session.gaps, [[1.0, 2.0]])
    with pytest.raises(TypeError):
        session.info["x"] = 1


@pytest.mark.parametrize("n", [0, 1, 2, 17])
def test_runs_hold_exactly_the_true_samples(n):
    mask = np.random.default_rng(n).random(n) < 0.5
    again = np.zeros(n, dtype=bool)
    for start, stop in runs_of(mask):
        assert start < stop
        again[start:stop] = True
    np.testing.assert_array_equal(again, mask)


def test_a_null_range_leaves_out_copies_without_a_figure():
    found = NullRange.of([1.0, 2.0, 3.0, np.nan])
    assert (found.median, found.low, found.high) == (2.0, pytest.approx(1.05), pytest.approx(2.95))
    assert np.isnan(NullRange.of([]).median)


def test_a_frame_has_the_time_as_index_and_units_in_its_names():
    pytest.importorskip("pandas", reason="pandas is an extra (notebook)")
    recording = Recording(np.array([[1.0, 2.0], [np.nan, 3.0]]), 4.0, ("force", "knob"), ("g", ""))
    frame = recording.to_frame()
    assert frame.columns.tolist() == ["force (g)", "knob"] and frame.index.name == "time (s)"
    assert frame.index.tolist() == [0.0, 0.25]
    np.testing.assert_array_equal(frame.to_numpy(), recording.data)
    frame.iloc[0, 0] = 9.0  # a table of one's own
    assert recording.data[0, 0] == 1.0


def test_without_pandas_the_answer_is_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"pip.* install pandas"):
        Recording(np.zeros(3), 1.0, ("force",)).to_frame()
