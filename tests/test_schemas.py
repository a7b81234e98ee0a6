"""Is what the commands print with --json what docs/schema says, and are the schemas those of the types?"""

import importlib.util
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from touchrhythm import Recording, Session, analyze, simulate_session, write_session
from touchrhythm.cli import main
from touchrhythm.device.qualification import check_device

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "schema"
RECORDINGS = sorted((ROOT / "recordings").glob("*/sub-*/ses-*/beh/*_task-palpation_*_physio.tsv.gz"))
FEW = ["--surrogates", "99"]


def made():
    spec = importlib.util.spec_from_file_location("make_schemas", FOLDER / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {command.__name__: module.text_of(command) for command in module.COMMANDS}


MADE = made()


def schema_of(command):
    return jsonschema.Draft202012Validator(json.loads((FOLDER / f"{command}.schema.json").read_text("utf-8")))


def no_constants(name):
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture
def printed(tmp_path, monkeypatch, capsys):
    """What a command prints, as strict JSON, after its schema has been asked."""
    monkeypatch.chdir(tmp_path)

    def run(command, *words, code=0):
        assert main([command, *map(str, words), "--json"]) == code
        said = json.loads(capsys.readouterr().out, parse_constant=no_constants)
        schema_of(command).validate(said)
        return said["results"]

    return run


@pytest.mark.parametrize("command", MADE)
def test_a_schema_is_valid_and_that_of_the_types(command):
    stored = (FOLDER / f"{command}.schema.json").read_text("utf-8")
    assert stored == MADE[command], "python docs/schema/make.py writes it anew"
    jsonschema.Draft202012Validator.check_schema(json.loads(stored))


def test_recordings_with_taps_references_and_cuts_print_what_the_schema_says(printed):
    results = printed("analyze", *RECORDINGS, *FEW)
    assert {bool(result["references"]) for result in results} == {True, False}
    assert any(result["quality"]["cuts"] for result in results) and all(result["taps"] for result in results)


def test_two_raters_and_a_count_print_what_the_schema_says(printed, tmp_path):
    session = simulate_session(
        duration_s=300, fs=10.0, snr_db=10, tapper="follow", raters=("T1", "T2"), rng=1
    )
    (result,) = printed(
        "analyze", write_session(session, tmp_path), "--counts", "27 in 180 s from 0:30", *FEW
    )
    assert len(result["rater_pairs"]) == 1 and result["counts"][0]["count"] == 27


@pytest.mark.parametrize(("seconds", "answers"), [(60, False), (150, True)])
def test_without_taps_and_without_an_answer_numbers_that_do_not_exist_are_null(printed, seconds, answers):
    noise = np.random.default_rng(1).normal(size=seconds * 10)
    Path("noise.csv").write_text("force\n" + "\n".join(map(str, noise)) + "\n")
    (result,) = printed("analyze", "noise.csv", "--fs", 10, *FEW)
    assert result["taps"] == [] and (result["periodicity"] is not None) == answers
    assert result["rate"] is None and bool(result["reason"]) != answers


def test_a_session_by_hand_has_the_same_form():
    session = Session(Recording(np.random.default_rng(1).normal(size=(1500, 1)), 10.0, ("force",), ("",)))
    found = {"file": "", **analyze(session, rng=1).to_dict()}
    schema_of("analyze").validate({"schema_version": 1, "results": [found]})


def test_what_the_schema_refuses_is_refused():
    wrong = {"schema_version": 1, "results": [{"file": "a.csv"}]}
    with pytest.raises(jsonschema.ValidationError):
        schema_of("analyze").validate(wrong)


def test_a_comparison_prints_what_the_schema_says(printed):
    rows = [f"S{k},{rater},{6 + k % 4 + 0.3 * (rater == 'B')}" for k in range(8) for rater in "AB"]
    Path("rates.csv").write_text("\n".join(["subject,rater,rate_cpm", *rows]) + "\n")
    assert printed("compare", "rates.csv")[0]["n_subjects"] == 8
    assert printed("compare", "rates.csv", "--delta", 1)[0]["equivalence"]
    Path("few.csv").write_text("subject,rater,rate_cpm\nS1,A,7\nS1,B,8\nS2,A,7\n")
    assert printed("compare", "few.csv")[0]["without_figures"]


def test_a_check_prints_what_the_schema_says(printed):
    assert printed("check", "--virtual", "--seconds", 20)[0]["findings"]


def test_a_check_of_nothing_but_one_value_holds_no_number_that_is_none():
    found = check_device(np.full(400, 100.0), fs=80.0).to_dict()
    json.dumps(found, allow_nan=False)
    schema_of("check").validate({"schema_version": 1, "results": [found]})


def test_a_calibration_prints_what_the_schema_says(printed):
    words = ["--virtual", "--masses", 0, 5, 10, "--settle", 0.1, "--seconds", 1, "--yes"]
    assert printed("calibrate", "study", *words)[0]["counts_per_gram"]


def test_a_plan_prints_what_the_schema_says(printed):
    power = ["--primary", "directional", "--lag", 0, 1.5, "--polarity", "peak", "--sessions", 8]
    power += ["--minutes", 5, "--studies", 100, *FEW]
    assert printed("plan", *power)[0]["quantity"] == "power"
    assert printed("plan", "--primary", "icc", "--subjects", 10, 20, "--studies", 100)[0]["quantity"] == "icc"
