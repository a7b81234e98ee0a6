"""A second recording and a second clock are brought to the times of the first."""

import numpy as np
import pytest

from touchrhythm.io.joining import day_seconds, moved, on_clock, with_reference
from touchrhythm.session import Recording, Session, Taps


def test_a_reference_lies_where_its_offset_says():
    here = Session(Recording(np.zeros(600), 10.0, ("force",)))
    time = np.arange(3000) / 100
    there = Session(Recording(np.sin(2 * np.pi * 0.2 * time), 100.0, ("belt",)))
    joined = with_reference(here, there, 5.0).recording
    belt, t = joined.channel("belt"), np.arange(600) / 10 - 5.0
    known = np.isfinite(belt)
    assert np.flatnonzero(known)[0] == 50 and known.sum() == 300
    np.testing.assert_allclose(belt[known], np.sin(2 * np.pi * 0.2 * t[known]), atol=0.02)
    assert joined.roles == ("force", "breathing")


def test_recordings_that_do_not_overlap_are_refused():
    one = Session(Recording(np.zeros(100), 10.0, ("force",)))
    with pytest.raises(ValueError, match="they do not overlap"):
        with_reference(one, Session(Recording(np.ones(100), 10.0, ("belt",))), 60.0)


def test_clock_times_run_on_over_midnight():
    taps = (Taps([30.0, 86_390.0], "R1"),)
    np.testing.assert_allclose(on_clock(taps, day_seconds("23:59:40"))[0].onset, [10.0, 50.0])


def test_a_watch_that_was_started_later():
    np.testing.assert_allclose(moved((Taps([1.0, 2.5]),), 20.0)[0].onset, [21.0, 22.5])
