"""Does simulate refuse what cannot be meant, and write nothing then?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from touchrhythm.cli import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--null 3", "--null is for a whole study: say --study, too"),
        ("--truths t", "--truths is for a whole study"),
        ("--study --tapper follow", "--tapper is for a single session"),
        ("--study --no-rhythm", "--no-rhythm is for a single session"),
        ("--study --breathing 14", "--breathing is for a single session"),
        ("--study --truths x/inside", "outside of the study folder"),
        ("--study --duration 100", "--margin must leave time to tap"),
        ("--study --seed -1", "--seed must be 0 or above"),
        ("--study --fs 0", "--fs must be above 0"),
        ("--heart-rate 70", "--heart-rate is for a pulse: say --signal pulse, too"),
        ("--signal pulse --height 20", "is it in percent?"),
        ("--signal pulse --tapper guess", "--tapper guess is for a force"),
        ("--study --signal pulse", "are for a single session"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert main(["simulate", "x", *words.split()]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    assert not list(here.iterdir())


def test_a_plan_that_is_not_there_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "x", "--study", "--plan", "no.toml"]) == 66
    assert "no.toml" in capsys.readouterr().err and not list(here.iterdir())


def test_a_pulse_is_written_with_its_truth(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--signal", "pulse", "--duration", "60", "--coupling", "0", "--heart-rate", "60"]
    assert main(["simulate", "pulse.csv", *words]) == 0
    assert (here / "pulse.csv").read_text().startswith("time (s),pulse")
    truth = json.loads((here / "pulse_truth.json").read_text())
    assert truth["parameters"]["height"] == 0.2 and truth["parameters"]["coupling_hz"] is None
    assert abs(truth["heart_rate_bpm"] - 60) < 2
