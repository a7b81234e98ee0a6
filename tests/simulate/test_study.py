"""Does a simulated study have its design, and keep its truth outside?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from touchrhythm.cli import main
from touchrhythm.simulate.study import StudyDesign, simulate_study

TINY = "--therapists 1 --subjects 2 --sessions 1 --duration 100 --margin 20 --fs 5"


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_study_has_the_sessions_controls_and_followers_of_its_design() -> None:
    design = StudyDesign(
        n_therapists=3,
        n_subjects=20,
        n_sessions=2,
        followed=0.7,
        with_rhythm=0.5,
        n_null=2,
        n_rigid=4,
        n_phantom=9,
        n_broken=5,
        duration_s=60,
        margin_s=10,
        fs=5,
    )
    sessions = list(simulate_study(design, rng=1))
    truths = [one.info["truth"] for one in sessions[: design.n_palpation]]
    assert len(sessions) == design.n_recordings == 120 + 15
    assert sum(one["broken"] for one in truths) == 5
    rhythm = [one for one in truths if one["rhythm"]]
    assert len(rhythm) == pytest.approx(60, abs=17)  # 3 SD
    assert sum(one["followed"] for one in rhythm) == pytest.approx(0.7 * len(rhythm), abs=12)
    assert not any(one["followed"] for one in truths if not one["rhythm"])
    phantoms = [one for one in sessions if one.info["kind"] == "phantom"]
    assert sum(one.info["truth"]["rhythm"] for one in phantoms) == 5
    rigid = [one.taps[0].rater for one in sessions if one.info["kind"] == "rigid"]
    assert rigid == ["E01", "E02", "E03", "E01"]


def test_which_phantoms_move_cannot_be_counted_along() -> None:
    orders = set()
    for seed in range(20):
        design = StudyDesign(n_therapists=1, n_subjects=1, n_phantom=4, duration_s=40, margin_s=5, fs=5)
        moves = [one.info["truth"]["rhythm"] for one in simulate_study(design, rng=seed)][1:]
        assert sum(moves) == 2
        orders.add(tuple(moves))
    assert len(orders) >= 4  # of 6


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_subjects": 0}, "n_subjects must be a whole number of at least 1, got 0"),
        ({"n_null": -1}, "n_null must be a whole number of at least 0, got -1"),
        ({"n_broken": 9}, "n_broken must be at most the 8 palpation sessions, got 9"),
        ({"rate_cpm": 40.0}, "rate_cpm must lie within 6.5 and 11.5, got 40"),
        ({"lag_spread_s": -1.0}, "lag_spread_s must be at least 0, got -1"),
        ({"followed": 1.2}, "followed must"),
    ],
)
def test_a_design_that_cannot_be_is_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        StudyDesign(**wrong)  # type: ignore[arg-type]


def test_the_same_seed_writes_the_same_study_and_keeps_its_truth_outside(here: Path) -> None:
    for name in ("one", "two"):
        assert main(["simulate", name, "--study", *TINY.split(), "--phantom", "2", "--broken", "1"]) == 0
    one, two = files_in(here / "one"), files_in(here / "two")
    one.pop("dataset_description.json"), two.pop("dataset_description.json")  # holds the folder's name
    assert one == two
    assert files_in(here / "one-truths") == files_in(here / "two-truths")
    design = json.loads((here / "one-truths" / "design.json").read_text("utf-8"))
    assert design["seed"] == 0 and design["design"]["n_phantom"] == 2
    assert len(list((here / "one-truths").glob("*_truth.json"))) == 2
    assert b"Nobody was touched" in one["README.md"]


@pytest.mark.parametrize("taken", ["trial", "trial-truths"])
def test_a_study_is_never_written_over_or_into_another(
    here: Path, capsys: pytest.CaptureFixture[str], taken: str
) -> None:
    (here / taken).mkdir()
    (here / taken / "precious").write_text("precious")
    assert main(["simulate", "trial", "--study", *TINY.split()]) == 73
    assert f"{taken}: is there already" in capsys.readouterr().err
    assert list(files_in(here)) == [str(Path(taken) / "precious")]
