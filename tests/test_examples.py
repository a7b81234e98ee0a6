"""Do the tutorial scripts run, and do they teach what they promise? And are the recordings what they are said to be?"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from touchrhythm import Settings, analyze, read_session
from touchrhythm.io.seal import seal_journal

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
RECORDINGS = sorted(path.parent for path in (ROOT / "recordings").glob("*/dataset_description.json"))
FORCES = [folder for folder in RECORDINGS if folder.name != "pulse"]
ON_BOARD = [folder for folder in RECORDINGS if next(folder.rglob("journal.txt"), None)]


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    """What a script prints, run in a folder of its own with warnings as errors; each is run once."""
    known = {}

    def of(name):
        if name not in known:
            command = [sys.executable, "-W", "error", str(ROOT / "examples" / f"{name}.py")]
            folder = tmp_path_factory.mktemp(name)
            environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
            done = subprocess.run(
                command, cwd=folder, capture_output=True, encoding="utf-8", env=environment, check=False
            )
            assert done.returncode == 0, done.stderr
            known[name] = done.stdout
        return known[name]

    return of


SLOW = ("how_long",)  # simulates many sessions
NEEDS = {"neurokit": "neurokit2"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(path.stem, marks=pytest.mark.long if path.stem in SLOW else ()) for path in EXAMPLES],
)
def test_an_example_runs_without_a_warning(output, name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} is not installed")
    assert output(name).strip()


def test_your_file_finds_the_rhythm_of_the_example(output):
    low, high = map(float, re.search(r"per minute \(([\d.]+) to ([\d.]+)\)", output("your_file")).groups())
    truth = json.loads((ROOT / "recordings/example/sourcedata/truth.json").read_text("utf-8"))
    assert low <= truth["realised_rate_cpm"] <= high


def test_taps_shows_that_an_equal_rate_is_not_agreement(output):
    rows = dict(line.split(maxsplit=1) for line in output("taps").splitlines()[2:])
    rate, pvalue = ({name: float(row.split()[k]) for name, row in rows.items()} for k in (0, 3))
    assert pvalue["A"] <= 0.05 < min(pvalue["B"], pvalue["C"])
    assert abs(rate["A"] - rate["B"]) < 0.5


@pytest.mark.long
def test_how_long_finds_more_in_longer_sessions(output):
    found = [int(share) for share in re.findall(r"(\d+)%", output("how_long"))]
    assert len(found) == 2 and found[0] <= found[1] and found[1] >= 80


def test_neurokit_counts_what_is_measured_where_there_is_a_rhythm(output):
    pytest.importorskip("neurokit2", reason="neurokit2 is not installed")
    counted, measured = (
        float(rate) for rate in re.findall(r"([\d.]+) (?:a|cycles per) minute", output("neurokit"))
    )
    assert counted == pytest.approx(measured, rel=0.1)


def test_two_raters_agree_with_one_another_and_with_nothing_else(output):
    widths = {
        name: float(high) - float(low)
        for name, low, high in re.findall(
            r"^(.+): 95 % .* (-?[\d.]+) and (-?[\d.]+) cpm", output("two_raters"), re.M
        )
    }
    assert widths["T1 - T2"] < 0.5 * min(widths["T1 - measured"], widths["T2 - measured"])
    assert "favourite rate" in output("two_raters")


# -- recordings ---------------------------------------------------------------------------------------------


def of_recording(folder):
    session = read_session(next(folder.rglob("*_physio.tsv.gz")))
    truth = json.loads((folder / "sourcedata" / "truth.json").read_text("utf-8"))
    return session, truth


def test_there_are_recordings_and_they_are_small():
    names = ["example", "gaps", "no-rhythm", "null-weight", "pulled-cable", "pulse", "slow-breathing"]
    assert [folder.name for folder in RECORDINGS] == names
    for folder in RECORDINGS:
        most = 1_250_000 if folder.name == "pulse" else 700_000  # beats need 50 samples a second
        assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < most


def rate_of_what_was_used(analysis, truth):
    """Realised rate over the stretches that were not cut out: their cycles over their time."""
    edges = [0.0]
    for cut in sorted(analysis.quality.cuts, key=lambda cut: cut.onset):
        edges += [cut.onset, cut.onset + cut.duration]
    stretches = np.reshape([*edges, analysis.duration], (-1, 2))
    peak = np.array(truth["peak_s"])
    cycles = np.diff(np.interp(stretches, peak, np.arange(peak.size)))
    return 60 * cycles.sum() / np.diff(np.clip(stretches, peak[0], peak[-1])).sum()


def test_the_pulse_answers_as_its_truth_demands():
    session, truth = of_recording(ROOT / "recordings" / "pulse")
    analysis = analyze(session, Settings(n_surrogates=199), rng=0)
    assert analysis.pulse.answering == "height" and analysis.pulse.said_by == "name"
    assert analysis.pulse.beats.rate_bpm == pytest.approx(truth["heart_rate_bpm"], abs=0.5)
    assert analysis.rate.low_cpm <= truth["realised_rate_cpm"] <= analysis.rate.high_cpm
    assert analysis.taps[0].pvalue <= 0.05 < analysis.taps[0].press_artefact_pvalue


@pytest.mark.parametrize("folder", FORCES, ids=lambda folder: folder.name)
def test_a_recording_answers_as_its_truth_demands(folder):
    session, truth = of_recording(folder)
    analysis = analyze(session, Settings(n_surrogates=199), rng=0)
    assert session.recording.units[0] == "g"
    force = np.nanmedian(session.recording.channel("force"))
    assert 19 < force < 21 if folder.name == "null-weight" else 3 < force < 8
    if truth["rhythm"]:
        assert analysis.rate.low_cpm <= rate_of_what_was_used(analysis, truth) <= analysis.rate.high_cpm
    elif folder.name in ("no-rhythm", "null-weight"):
        assert analysis.rate is None
    else:
        assert analysis.references[0].pvalue_after > 0.05  # the belt explains what is there
    pvalues = {taps.rater: taps.pvalue for taps in analysis.taps}
    assert all((pvalues[rater] > 0.05) == (kind == "guess") for rater, kind in truth["tappers"].items())


@pytest.mark.parametrize("folder", ON_BOARD, ids=lambda folder: folder.name)
def test_a_recording_from_a_board_is_what_its_journal_holds(folder, tmp_path):
    (journal,) = folder.rglob("journal.txt")
    copy = tmp_path / "journal.txt"
    copy.write_bytes(journal.read_bytes())
    sealed = seal_journal(copy, tmp_path / "study")
    (file,) = folder.rglob("*_physio.tsv.gz")
    assert [file.read_bytes()] == [again.read_bytes() for again in sealed.files]


@pytest.mark.parametrize("folder", ON_BOARD, ids=lambda folder: folder.name)
def test_a_recording_from_a_board_has_its_presses_where_they_were(folder):
    session, truth = of_recording(folder)
    pressed = np.array(truth["press_s"])
    for begin, end in truth["cable_away_s"]:
        pressed = pressed[(pressed < begin) | (pressed > end + 1)]
    onset = session.taps[0].onset if session.taps else np.zeros(0)
    assert len(onset) <= len(truth["press_s"])
    assert all(np.abs(onset - one).min() < 0.01 for one in pressed)  # the clock's error on a busy machine


def test_the_recordings_without_a_board_can_be_made_anew(tmp_path):
    spec = importlib.util.spec_from_file_location("make", ROOT / "recordings" / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    make.main(tmp_path)
    for folder in sorted(set(RECORDINGS) - set(ON_BOARD)):
        (old, truth), (new, again) = of_recording(folder), of_recording(tmp_path / folder.name)
        step = 1.01 / make.COUNTS_PER_GRAM  # one count: other library versions
        assert np.allclose(old.recording.data[:, 0], new.recording.data[:, 0], atol=step, equal_nan=True)
        assert again["realised_rate_cpm"] == pytest.approx(truth["realised_rate_cpm"], nan_ok=True)
        assert [taps.rater for taps in old.taps] == [taps.rater for taps in new.taps]
