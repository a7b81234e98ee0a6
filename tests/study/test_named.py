"""A channel that no recording of a study holds is told once; one that some hold is told of the others."""

import re

import numpy as np
import pytest

from made_studies import session_row
from touchrhythm.cli import main
from touchrhythm.planning.sealed_plan import Plan, seal_plan
from touchrhythm.session import Recording, Session
from touchrhythm.settings import Settings
from touchrhythm.study.named import refuse_unknown
from touchrhythm.study.run import analyze_study

FS, N = 10.0, 1500
QUICK = {"n_surrogates": 19, "n_bootstrap": 50}


def session(*names: str, seed: int = 0) -> Session:
    return Session(Recording(np.random.default_rng(seed).normal(size=(N, len(names))), FS, names))


def four(*more: str) -> list[Session]:
    """Four sessions of force and belt; the last with more."""
    names = [("force", "belt")] * 3 + [("force", "belt", *more)]
    return [session(*channels, seed=number) for number, channels in enumerate(names)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"channel": "Forse"}, "channel must name a signal, got 'Forse'"),
        ({"channel": 7}, "channel must name a signal, got '7'"),
        ({"references": ("bell",)}, "references must name channels, got 'bell'"),
        ({"references": ("belt", "nosuch")}, "references must name channels, got 'nosuch'"),
        ({"channel": "force", "series": "height"}, "series must be that of a pulse, got 'height'"),
    ],
)
def test_what_no_recording_holds_is_refused_in_one_sentence(settings, said):
    with pytest.raises(ValueError, match=re.escape(said)) as told:
        analyze_study(four(), Settings(**settings, **QUICK))
    assert "none of the 4 recordings that can be read; their channels are 'force' and 'belt'" in str(
        told.value
    )


@pytest.mark.parametrize(
    ("typed", "meant"), [("Forse", "force"), ("BELT", "belt"), ("bell", "belt"), ("zzz", "")]
)
def test_the_likely_slip_is_named(typed, meant):
    rows = [session_row(1, state="broken", channels=("force", "belt"), misfits=(("references", typed),))]
    with pytest.raises(ValueError, match="got") as told:
        refuse_unknown(rows)
    assert str(told.value).endswith(f"(did you mean {meant!r}?)" if meant else "'belt'")
    assert "in no recording that can be read" in str(told.value)


def test_what_some_recordings_hold_is_told_of_the_others_alone():
    result = analyze_study(four("chest"), Settings(references=("belt", "chest"), channel="force", **QUICK))
    reasons = [row.reason for row in result.rows if row.state == "broken"]
    assert reasons == ["no channel 'chest', the recording has ('force', 'belt')"] * 3
    assert result.rows[3].state != "broken"


def test_an_excluded_recording_that_holds_the_name_counts_as_one():
    lacks = {"state": "broken", "misfits": (("channel", "chest"),), "channels": ("force",)}
    has = session_row(2, state="excluded", reason="no consent", channels=("force", "chest"))
    refuse_unknown([session_row(1, **lacks), has])
    with pytest.raises(ValueError, match="no recording that can be read"):
        refuse_unknown([session_row(1, **lacks), session_row(3, state="broken")])


@pytest.fixture
def folder(tmp_path):
    data = np.column_stack([np.arange(N) / FS, np.random.default_rng(1).normal(size=(N, 2)), np.arange(N)])
    lines = ["file,subject,rater,session,kind"]
    for number in (1, 2):
        np.savetxt(
            tmp_path / f"r{number}.csv", data + number, "%.4f", ",", header="time,force,belt,n", comments=""
        )
        lines.append(f"r{number}.csv,S{number},E1,01,palpation")
    (tmp_path / "study.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize(
    "option", [("--channel", "nosuch"), ("--references", "belt,bell"), ("--channel", "n")]
)
def test_a_wrong_name_ends_the_command_as_other_wrong_options_do(folder, capsys, option):
    code = main(["study", str(folder / "study.csv"), *option])
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert f"touchrhythm: {option[0]} must name" in err and "Error" not in err
    assert not (folder / "derivatives" / "touchrhythm" / "group.html").exists()


def test_a_wrong_name_in_the_plan_is_said_to_be_the_plans(folder, capsys):
    plan = folder / "plan.toml"
    seal_plan(plan, Plan(settings=Settings(channel="nosuch"), title="t"))
    assert main(["study", str(folder / "study.csv"), "--plan", str(plan)]) == 2
    assert "touchrhythm: channel of the plan must name a signal, got 'nosuch'" in capsys.readouterr().err


FAULTS = {
    "ours": (KeyError("beats"), "stopped by a fault of touchrhythm's own, not of the recording's ('beats')"),
    "empty": (
        RuntimeError(),
        "stopped by a fault of touchrhythm's own, not of the recording's (no reason was given)",
    ),
    "memory": (MemoryError(), "not enough memory for this recording"),
    "disk": (PermissionError(13, "Permission denied", "a.csv"), "a.csv: permission denied"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_no_reason_that_a_recording_is_left_out_names_a_class_of_python(kind, monkeypatch):
    error, said = FAULTS[kind]

    def fails(*_, **__):
        raise error

    monkeypatch.setattr("touchrhythm.study.session_row.analyze", fails)
    (row,) = analyze_study([session("force")], Settings(**QUICK)).rows
    assert row.state == "broken" and row.reason.startswith(said), row.reason
    assert type(error).__name__ not in row.reason


def test_a_file_that_cannot_be_read_as_the_table_says_is_told_without_a_class_of_python(folder):
    np.save(folder / "r1.npy", np.zeros((5, 2)))
    table = folder / "study.csv"
    table.write_text("file,subject,rater,session,kind,fs\nr1.npy,S1,E1,01,palpation,-3\n")
    (row,) = analyze_study(table, Settings(**QUICK)).rows
    assert row.state == "broken" and row.reason.startswith("fs must be above 0 Hz, got -3 Hz")
