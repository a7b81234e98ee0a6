"""MNE gets a session in SI with its marks, and gives it back."""

import importlib
import sys

import numpy as np
import pytest

from touchrhythm.io.handover import from_mne, to_mne
from touchrhythm.session import Annotation, Count, Recording, Session, Taps

RNG = np.random.default_rng(5)


def made(n=2000, fs=50.0):
    data = RNG.normal(size=(n, 5)) + np.array([250, 1000, 2, 850, 500])
    data[100:150] = np.nan
    data[300:310, 1] = np.nan
    return Session(
        Recording(data, fs, ("force", "grip", "ecg", "rr_interval", "acc_x"), ("g", "mN", "mV", "ms", "g")),
        (Taps([5.5, 12.25, 30.0], "AB"), Taps([6.0])),
        (Count(3, 5, 20, "AB"),),
        (Annotation(1.5, 2, "hand on"),),
    )


@pytest.fixture
def mne():
    return pytest.importorskip("mne", reason="MNE is not installed")


def test_mne_gets_si_values_where_the_unit_is_known(mne):
    session = made()
    raw = to_mne(session)
    factors = [9.80665e-3, 1e-3, 1e-3, 1e-3, 9.80665]
    np.testing.assert_allclose(raw.get_data(), (session.recording.data * factors).T, rtol=1e-12)
    assert raw.info["sfreq"] == 50 and raw.ch_names == list(session.recording.channels)
    marks = [(a["onset"], a["duration"], a["description"]) for a in raw.annotations]
    assert (5.5, 0, "tap AB") in marks and (6.0, 0, "tap") in marks and (2.0, 1.0, "BAD_missing") in marks


def test_a_session_comes_back_from_mne(mne):
    session = made()
    back = from_mne(to_mne(session))
    assert back.recording.units == ("N", "N", "V", "s", "")
    np.testing.assert_array_equal(np.isnan(back.recording.data), np.isnan(session.recording.data))
    assert {taps.rater: taps.onset.tolist() for taps in back.taps} == {
        "AB": [5.5, 12.25, 30.0],
        "rater": [6.0],
    }
    assert (back.counts, back.annotations) == (session.counts, session.annotations)


def test_the_times_of_a_cropped_recording_count_from_its_first_sample(mne):
    back = from_mne(to_mne(made()).crop(5, 20))
    assert {taps.rater: taps.onset.tolist() for taps in back.taps} == {"AB": [0.5, 7.25], "rater": [1.0]}
    assert back.recording.n_samples == 751


def test_what_was_made_up_in_a_gap_is_missing_again(mne):
    raw = to_mne(made())
    raw.apply_function(lambda x: np.nan_to_num(x), picks="all", verbose="error")
    back = from_mne(raw)
    assert back.gaps.tolist() == [[2.0, 3.0]]


def test_a_file_that_mne_saved_keeps_units(mne, tmp_path):
    to_mne(made()).save(tmp_path / "a_raw.fif", fmt="double", verbose="error")
    back = from_mne(mne.io.read_raw_fif(tmp_path / "a_raw.fif", verbose="error"))
    assert back.recording.units == ("N", "N", "V", "s", "")
    assert len(back.taps) == 2


def test_without_mne_the_answer_is_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mne", None)
    with pytest.raises(ImportError, match=r"pip.* install mne"):
        to_mne(made())
    assert importlib.import_module("touchrhythm").to_mne is to_mne
