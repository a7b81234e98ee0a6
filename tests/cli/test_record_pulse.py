"""Does a pulse sensor go the whole way: recorded, sealed and analysed, and never weighed?"""

from __future__ import annotations

import json

import pytest

from recording import run
from touchrhythm.analysis.recipe import analyze
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
