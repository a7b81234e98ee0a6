"""Does each room of the house still do its work? A walk through all of them in half a minute.

`python3 run.py test --quick` runs this file and the examples in the docstrings; so does CI with the oldest
versions of the libraries that are declared.
"""

import csv
import json
import os
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

import touchrhythm as tr
from touchrhythm.cli import main

SOURCE = Path(tr.__file__).parent
BAND = (0.1, 0.2)
COMMANDS = {
    "record": "record lab --virtual --skip all --margin 60 --tap-minutes 3 --rate 9 --seed 1",
    "check": "check --virtual --json",
    "simulate": "simulate trial --study --therapists 2 --subjects 3 --sessions 1 --duration 360 --fs 10"
    " --null 1 --phantom 2 --followed 1 --seed 1",
    "plan": "plan --primary directional --lag 0 1.5 --polarity peak --therapists 2 --subjects 4 --sessions 8"
    " --minutes 5 --studies 100 --surrogates 99 --seal plan.toml",
    "study": "study trial --surrogates 99 --truths trial-truths",
    "share": "share trial trial-shared",
    "withdraw": "withdraw S01 --study trial --yes",
    "compare": "compare counts.csv --report compared.html",
}


def session_of(rate_cpm):
    tapper = "guess" if rate_cpm is None else "follow"
    return tr.simulate_session(
        duration_s=600, fs=10.0, rate_cpm=rate_cpm, snr_db=10, tapper=tapper, raters=("T1",), rng=1
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which each command has been run once, in the order of a study's life."""
    folder, before = tmp_path_factory.mktemp("smoke"), Path.cwd()
    rows = [f"S{k},{rater},{6 + k % 5 + 0.3 * (rater == 'B')}" for k in range(12) for rater in "AB"]
    (folder / "counts.csv").write_text("\n".join(["subject,rater,rate_cpm", *rows]) + "\n")
    os.chdir(folder)
    try:
        for line in COMMANDS.values():
            assert main(shlex.split(line)) == 0, line
    finally:
        os.chdir(before)
    return folder


def table(path):
    return list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t"))


def test_arrays_give_the_rate_that_was_put_in_and_taps_that_follow_it():
    session = session_of(9.0)
    x, fs = session.recording.data[:, 0], session.recording.fs
    assert tr.periodicity_test(x, fs=fs, band=BAND, n_surrogates=99, rng=1).pvalue == 0.01
    assert tr.estimate_rate(x, fs=fs, band=BAND, rng=1).rate_cpm == pytest.approx(9, abs=0.1)
    taps = tr.tap_agreement(session.taps[0].onset, x, fs=fs, band=BAND, n_surrogates=99, rng=1)
    assert taps.pvalue < 0.05


@pytest.mark.parametrize("rate_cpm", [9.0, None])
def test_a_session_goes_to_disk_and_back_to_a_page_that_says_what_is_true(tmp_path, rate_cpm):
    session = tr.read_session(tr.write_session(session_of(rate_cpm), tmp_path))
    analysis = tr.analyze(session, tr.Settings(n_surrogates=99), rng=1)
    assert analysis.found == (rate_cpm is not None)
    tr.write_report(analysis, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.count("<svg") >= 3
    assert ("There is a rhythm at 9.0" in page) == (rate_cpm is not None)
    assert json.loads(json.dumps(analysis.to_dict(), allow_nan=False))["found"] == analysis.found


def test_a_virtual_board_is_recorded_and_read_back_in_grams(place):
    (file,) = (place / "lab").glob("sub-*/*/beh/*_task-palpation_*_physio.tsv.gz")
    session = tr.read_session(file)
    assert session.recording.units == ("g",) and session.taps[0].rater == "E01"
    assert tr.estimate_rate(
        session.recording.data[:, 0], fs=session.recording.fs, band=BAND, rng=1
    ).rate_cpm == pytest.approx(9, abs=0.2)


def test_who_withdraws_leaves_the_study_but_not_what_was_shared_before(place):
    truth = {row["id"]: row for row in table(place / "trial-truths" / "truth.tsv")}
    assert not list((place / "trial").glob("sub-S01")) and not list(
        (place / "trial" / "derivatives").rglob("*.tsv")
    )
    shared = list((place / "trial-shared").glob("sub-*/*/beh/*_physio.tsv.gz"))
    assert len(shared) == len(truth) == 9


def test_a_plan_is_sealed_and_a_comparison_has_its_page(place):
    assert "sha256" in (place / "plan.toml").read_text("utf-8")
    assert "<svg" in (place / "compared.html").read_text("utf-8")


def test_a_study_finds_the_rates_that_were_simulated(place):
    study = tr.analyze_study(place / "trial", tr.Settings(n_surrogates=99))
    palpations = [row for row in study.rows if row.kind == "palpation"]
    assert len(palpations) == 4 and all(row.found for row in palpations)
    truth = {
        row["id"]: float(row["rate_cpm"])
        for row in table(place / "trial-truths" / "truth.tsv")
        if row["kind"] == "palpation"
    }
    assert np.allclose([row.rate_cpm for row in palpations], [truth[row.id] for row in palpations], atol=0.15)


def test_every_room_was_entered(place):
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    entered = {
        name.split(".")[1] for name in sys.modules if name.count(".") >= 2 and name.startswith("touchrhythm.")
    }
    assert rooms - {"words"} <= entered
