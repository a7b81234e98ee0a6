"""MATLAB and NumPy files of several arrays: channels by their names, nothing run, nothing guessed."""

import random

import numpy as np
import pytest
import scipy

from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io import read_session
from touchrhythm.io.mat_variables import mat_variables

RNG = np.random.default_rng(12)
FORCE, BELT = RNG.normal(size=(2, 400))
TIME = np.arange(400) / 20


def mat(folder, **variables):
    path = folder / "a.mat"
    scipy.io.savemat(path, variables)
    return path


def npz(folder, **variables):
    path = folder / "a.npz"
    np.savez(path, **variables)
    return path


@pytest.mark.parametrize("save", [mat, npz])
def test_variables_are_channels_by_their_names(tmp_path, save):
    session = read_session(save(tmp_path, force=FORCE, breathing=BELT, fs=20.0))
    assert session.recording.channels == ("force", "breathing")
    assert session.recording.roles == ("force", "breathing")
    assert session.recording.fs == 20
    np.testing.assert_array_equal(session.recording.data, np.column_stack((FORCE, BELT)))
    read = session.info["understood"]
    assert (read.time, read.time_how) == ("by the sampling rate (fs)", "stated")


@pytest.mark.parametrize("save", [mat, npz])
def test_a_variable_named_as_the_time_is_the_time(tmp_path, save):
    session = read_session(save(tmp_path, time_s=TIME, force=FORCE))
    assert session.recording.channels == ("force",)
    assert session.recording.fs == pytest.approx(20)
    session = read_session(save(tmp_path, time_ms=1000 * TIME, force=FORCE))
    assert session.recording.fs == pytest.approx(20)


def test_fields_of_a_structure_and_columns_of_a_matrix_are_channels(tmp_path):
    session = read_session(mat(tmp_path, rec={"force": FORCE, "srate": 20.0}))
    assert session.recording.channels == ("force",)
    session = read_session(mat(tmp_path, data=np.column_stack((FORCE, BELT)), fs=20.0))
    assert session.recording.channels == ("data_1", "data_2")


def labchart(folder, rate):
    return mat(
        folder,
        data=np.concatenate((FORCE, BELT))[None, :],
        datastart=np.array([[1.0], [401.0]]),
        dataend=np.array([[400.0], [800.0]]),
        titles=np.array(["Force ", "Belt  "]),
        unittext=np.array(["N ", "mV"]),
        unittextmap=np.array([[1.0], [2.0]]),
        samplerate=np.full((2, 1), rate),
    )


@pytest.mark.parametrize("rate", [0.0, -20.0, 1e300, np.nan, np.inf])
def test_a_rate_that_no_sensor_has_is_refused_and_a_given_one_taken(tmp_path, rate):
    with pytest.raises(BadFile, match=r"samplerate.* must be 0.0001 to 1e.07 Hz, got"):
        read_session(labchart(tmp_path, rate))
    assert read_session(labchart(tmp_path, rate), fs=20.0).recording.fs == 20


def test_exports_of_labchart_are_read_with_their_names_and_units(tmp_path):
    recording = read_session(labchart(tmp_path, 20.0)).recording
    assert (recording.channels, recording.units, recording.fs) == (("Force", "Belt"), ("N", "mV"), 20)
    assert recording.roles == ("force", "breathing")
    np.testing.assert_array_equal(recording.data, np.column_stack((FORCE, BELT)))


def test_exports_of_acqknowledge_are_read_with_their_names_and_units(tmp_path):
    path = mat(
        tmp_path,
        data=np.column_stack((FORCE, BELT)),
        labels=np.array(["Force      ", "Respiration"]),
        units=np.array(["g    ", "Volts"]),
        isi=50.0,
        isi_units="ms",
        start_sample=0.0,
    )
    recording = read_session(path).recording
    assert (recording.channels, recording.units) == (("Force", "Respiration"), ("g", "Volts"))
    assert recording.fs == pytest.approx(20)
    assert recording.roles == ("force", "breathing")


@pytest.mark.parametrize("save", [mat, npz])
def test_without_a_rate_or_times_the_rate_is_asked_for(tmp_path, save):
    with pytest.raises(Undecided) as refused:
        read_session(save(tmp_path, force=FORCE))
    assert refused.value.options == ("--fs HZ",)


def test_pickled_arrays_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("code in a file was run",))

    path = npz(tmp_path, force=FORCE, trap=np.array([Trap()], dtype=object))
    with pytest.raises(BadFile, match="is damaged, or holds more than arrays of numbers"):
        read_session(path, fs=20)


def test_version_73_is_refused_with_the_way_out(tmp_path):
    path = tmp_path / "a.mat"
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(BadFile, match=r"is a MATLAB file of version 7\.3; save it with save\(name, '-v7'\)"):
        read_session(path)


@pytest.mark.parametrize("save", [mat, npz])
def test_a_file_cut_anywhere_is_refused_in_words(tmp_path, save):
    path = save(tmp_path, force=FORCE, fs=20.0)
    whole = path.read_bytes()
    for stop in (1, 3, 50, 128, 200, len(whole) // 2, len(whole) - 9):
        path.write_bytes(whole[:stop])
        with pytest.raises(BadFile):
            read_session(path, fs=20)


def test_a_file_without_samples_names_what_it_holds(tmp_path):
    with pytest.raises(BadFile, match=r"holds no array of samples \(variables: fs, note\)"):
        read_session(npz(tmp_path, fs=20.0, note=np.array("hand on")))


def same(ours, theirs):
    """Whether a value is the one that SciPy reads."""
    theirs = np.asarray(theirs)
    if theirs.dtype.names:
        assert set(ours) == set(theirs.dtype.names)
        return all(same(ours[name], theirs.flat[0][name]) for name in ours)
    if theirs.dtype == object:
        return ours.shape == theirs.shape and all(map(same, ours.flat, theirs.flat))
    if theirs.dtype.kind == "U":
        return [text.strip() for text in ours] == [str(text).strip() for text in theirs.ravel()]
    return ours.dtype.kind == theirs.dtype.kind and np.array_equal(ours, theirs)


@pytest.mark.parametrize("how", [{}, {"do_compression": True}, {"format": "4"}])
def test_variables_are_those_that_scipy_reads(tmp_path, how):
    variables = {
        "matrix": RNG.normal(size=(3, 4)),
        "whole": np.arange(-3, 3, dtype="i2" if "format" not in how else "f8")[None, :],
        "one": np.array([[2.5]]),
        "text": np.array(["abc", "de "]),
    }
    if "format" not in how:
        cells = np.empty((2, 2), object)
        cells[:] = [["a", np.arange(3.0)[None, :]], [np.zeros((0, 0)), "béta"]]
        inner = {"a": FORCE[None, :5], "b": {"c": np.array(["x"])}}
        variables |= {
            "cells": cells,
            "inner": inner,
            "waves": RNG.normal(size=(2, 3)) + 1j,
            "cube": RNG.normal(size=(2, 3, 4)),
            "single": np.float32(RNG.normal(size=(4, 1))),
            "yes": np.array([[True, False]]),
        }
    scipy.io.savemat(tmp_path / "a.mat", variables, **how)
    ours = mat_variables((tmp_path / "a.mat").read_bytes(), 1 << 20)
    theirs = scipy.io.loadmat(tmp_path / "a.mat")
    assert set(ours) == set(variables)
    assert all(same(ours[name], theirs[name]) for name in variables)


def test_no_damage_ends_in_anything_but_a_value_error_or_a_limit(tmp_path):
    rng = random.Random(7)
    mat(tmp_path, rec={"force": FORCE[:20], "label": np.array(["a", "b"], object)}, fs=20.0, text="abc")
    whole = (tmp_path / "a.mat").read_bytes()
    refused = 0
    for _ in range(3000):
        raw = bytearray(whole)
        for _ in range(rng.choice((1, 2, 8))):
            raw[rng.randrange(len(raw))] = rng.choice((0, 1, 0x80, 0xFF, rng.randrange(256)))
        try:
            mat_variables(bytes(raw), 1 << 20)
        except (ValueError, MemoryError):
            refused += 1
    assert 500 < refused < 3000


def test_what_claims_or_unpacks_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("TOUCHRHYTHM_MAX_MB", "4")
    many = np.zeros(1_000_000)
    scipy.io.savemat(tmp_path / "a.mat", {"force": many}, do_compression=True)
    np.savez_compressed(tmp_path / "a.npz", force=many)
    np.savez_compressed(tmp_path / "b.npz", force=many.astype("i1"))
    np.save(tmp_path / "b.npy", many.astype("i1"))
    for name in ("a.mat", "a.npz", "b.npz", "b.npy"):
        with pytest.raises(
            BadFile, match=r"more than the limit of 4 MB \(set TOUCHRHYTHM_MAX_MB to raise it\)"
        ):
            read_session(tmp_path / name, fs=20)
