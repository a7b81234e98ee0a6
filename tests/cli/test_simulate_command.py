"""Does simulate refuse what cannot be meant, and write nothing then?"""

from __future__ import annotations

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
        ("--study --duration 100", "margin_s must leave time to tap"),
        ("--study --seed -1", "--seed must be 0 or above"),
        ("--study --fs 0", "fs must be above 0"),
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
