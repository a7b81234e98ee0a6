"""Does a pulse sensor go the whole way: recorded, sealed and analysed, and never weighed?"""

from __future__ import annotations

import json
import re

import pytest

from recording import needs_pty, run
from touchrhythm.analysis.recipe import analyze
from touchrhythm.device.pty_board import PtyBoard
from touchrhythm.device.virtual import Truth, VirtualBoard
from touchrhythm.io import read_session
from touchrhythm.io.journal_records import read_records

SHORT = ["--virtual", "--unloaded", "5", "--margin", "10", "--tap-minutes", "4", "--skip-reason", "short"]


def record(folder, *words):
    assert run("record", folder, *SHORT, *words) == 0
    (trial,) = folder.glob("sub-S01/ses-01/beh/*palpation*_physio.tsv.gz")
    return trial


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return record(tmp_path_factory.mktemp("pulse"), "--signal", "pulse", "--seed", "2")


def test_a_pulse_is_sealed_as_a_pulse_in_counts(trial):
    assert trial.name.endswith("_recording-pulse_physio.tsv.gz")
    recording = read_session(trial).recording
    assert (recording.channels, recording.units, recording.roles) == (("pulse",), ("count",), ("pulse",))
    assert recording.fs == 200


def test_steps_that_a_pulse_has_no_use_for_are_stored_as_skipped(trial):
    study = trial.parents[3]
    (journal,) = study.glob("sourcedata/sub-*/*/*/journal.txt")
    skipped = {
        step["step"]: step["reason"]
        for step in json.loads(journal.with_name("session.json").read_text())["skipped"]
    }
    assert skipped["tare"] == skipped["dead-weight"] == "a pulse sensor has no zero and bears no weight"
    begun = {
        mark.facts["name"]
        for mark in read_records(journal).marks_of("step")
        if mark.facts["state"] == "begin"
    }
    assert begun == {"unloaded"}
    assert not read_records(journal).marks_of("tare")


def test_heart_rate_and_the_rhythm_in_the_height_are_found_in_what_was_sealed(trial):
    analysis = analyze(read_session(trial))
    assert analysis.pulse.beats.rate_bpm == pytest.approx(70, abs=1.5)
    assert analysis.pulse.series["height"].pvalue_adjusted < 0.05
    assert analysis.pulse.series["height"].rate.rate_cpm == pytest.approx(8.0, abs=0.3)


def test_a_pulse_without_a_rhythm_has_a_heart_rate_and_no_rhythm(tmp_path):
    analysis = analyze(read_session(record(tmp_path, "--signal", "pulse", "--no-rhythm", "--seed", "1")))
    assert analysis.pulse.beats.rate_bpm == pytest.approx(70, abs=1.5)
    assert min(answer.pvalue_adjusted for answer in analysis.pulse.series.values()) > 0.05


def test_an_ecg_is_recorded_as_one(tmp_path):
    recording = read_session(record(tmp_path, "--signal", "ecg")).recording
    assert recording.channels == ("ecg",)


def test_a_calibration_named_for_a_pulse_is_refused(tmp_path, capsys):
    assert run("record", tmp_path, *SHORT, "--signal", "pulse", "--calibration", "x.json") == 2
    assert "--calibration belongs to a force; this device measures a pulse" in capsys.readouterr().err
    assert run("calibrate", tmp_path / "b", "--virtual", "--signal", "ecg") == 2
    assert "only a force has a calibration; this device measures an ECG" in capsys.readouterr().err


def test_check_judges_a_pulse_on_the_skin(capsys):
    assert run("check", "--virtual", "--signal", "pulse", "--seconds", "20") == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[-1] == "fit"
    assert re.search(r"pulse +2[1-5] beats", said.out)
    assert re.search(r"heart rate  (69|70|71) beats per minute", said.out)
    assert "on the skin" in said.err


def test_watch_shows_the_heart_of_a_pulse(trial, capsys):
    assert run("watch", trial.parents[3], "--once") == 0
    assert re.search(r"heart +(6[5-9]|7[0-5])\.\d per minute . 1[0-3] beats", capsys.readouterr().out)


@needs_pty
@pytest.mark.parametrize(
    ("truth", "said", "message"),
    [
        ({"signal": "pulse", "fs": 200.0}, "force", "the device calls its first channel 'pulse'"),
        ({}, "pulse", "the device calls its first channel 'force'"),
    ],
)
def test_a_sensor_that_is_not_what_was_said_is_refused(tmp_path, capsys, truth, said, message):
    board = PtyBoard(VirtualBoard(Truth(**truth), seed=1))
    try:
        assert run("check", "--port", board.name, "--seconds", "1", "--signal", said) == 2
    finally:
        board.close()
    assert f"--signal {said}: {message}" in capsys.readouterr().err


@needs_pty
def test_a_pulse_sensor_is_known_by_what_it_says(capsys):
    board = PtyBoard(VirtualBoard(Truth(signal="pulse", fs=200.0), seed=1))
    board.board.set_stage("hand")
    try:
        assert run("check", "--port", board.name, "--seconds", "1") == 0
    finally:
        board.close()
    assert "leave the sensor on the skin" in capsys.readouterr().err


@needs_pty
@pytest.mark.long
def test_a_sketch_of_bare_numbers_is_a_pulse_where_that_is_said(tmp_path):
    board = PtyBoard(VirtualBoard(Truth(signal="pulse", fs=200.0), seed=1, framed=False))
    words = ["--signal", "pulse", "--skip", "all", "--margin", "0.5", "--tap-minutes", "0.02", "--yes"]
    try:
        assert run("record", tmp_path, "--port", board.name, "--kind", "null", *words) == 0
    finally:
        board.close()
    (trial,) = tmp_path.glob("sub-*/ses-01/beh/*_recording-pulse_physio.tsv.gz")
    assert read_session(trial).recording.channels == ("pulse",)
