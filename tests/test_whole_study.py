"""Does the README's whole study, command by command, end in a page that says what is true?"""

import contextlib
import csv
import io
import json
import re
import shlex
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from touchrhythm.cli import main
from touchrhythm.planning.sealed_plan import read_plan

README = (Path(__file__).resolve().parents[1] / "README.md").read_text("utf-8")
SECTION = re.search(r"^## A whole study\n(.*?)^## ", README, re.M | re.S)[1]
COMMANDS = [
    line.removeprefix("python3 run.py -- ")
    for line in re.search(r"^```sh study\n(.*?)^```", SECTION, re.M | re.S)[1].splitlines()
]
SMALL = "--therapists 3 --subjects 4 --sessions 1 --duration 480 --fs 10"
pytestmark = pytest.mark.long


def said_by(line):
    """Exit code and stdout of a command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(shlex.split(line))
    return code, out.getvalue()


def table(path):
    return list(csv.DictReader(path.read_text("utf-8").splitlines(), delimiter="\t"))


def by_id(rows):
    return {row["id"]: row for row in rows}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder in which the commands were run, in order, and what each of them said."""
    place = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return place, [said_by(line) for line in COMMANDS]


@pytest.fixture(scope="module")
def truth(whole):
    return by_id(table(whole[0] / "trial-truths" / "truth.tsv"))


@pytest.fixture(scope="module")
def results(whole):
    return whole[0] / "trial" / "derivatives" / "touchrhythm"


@pytest.fixture(scope="module")
def page(results):
    return (results / "group.html").read_text("utf-8")


@pytest.fixture(scope="module")
def sessions(results):
    return by_id(table(results / "group_sessions.tsv"))


# -- plan, seal, simulate --------------------------------------------------------------------------


def test_every_command_works_in_an_empty_folder(whole):
    names = ["plan", "plan", "simulate", "withdraw", "study", "share"]
    assert [line.split()[0] for line in COMMANDS] == names
    assert [code for code, _ in whole[1]] == [0, 0, 0, 0, 65, 0]


def test_the_power_that_the_readme_names_is_the_one_that_is_planned(whole):
    n, minutes, percent = re.search(
        r"(\d+) sessions of (\d+) min reach about (\d+) % power", SECTION
    ).groups()
    power = next(line for line in whole[1][0][1].splitlines() if line.startswith(f"{n}\t{minutes}\t"))
    assert float(power.split("\t")[2]) == pytest.approx(float(percent) / 100, abs=0.02)


def test_every_palpation_session_carries_the_sealed_plan(whole):
    sealed = read_plan(whole[0] / "plan.toml").sha256
    cards = list((whole[0] / "trial").glob("sub-S*/**/*_physio.json"))
    assert len(cards) == 72
    assert {json.loads(card.read_text())["Info"]["plan_sha256"] for card in cards} == {sealed}


def test_the_study_folder_tells_nobody_what_is_true(whole, truth):
    for path in (whole[0] / "trial").glob("sub-*/**/*.json"):
        assert not {"truth", "followed", "salt"} & set(json.loads(path.read_text()).get("Info", {}))
    assert Counter(one["kind"] for one in truth.values()) == {
        "palpation": 80,
        "null": 4,
        "rigid": 4,
        "tap-only": 6,
        "phantom": 20,
    }
    moving = [one["rate_cpm"] != "n/a" for one in truth.values() if one["kind"] == "phantom"]
    assert sum(moving) == 10 and moving != [True, False] * 10


# -- what the page says, against the truth -----------------------------------------------------------


def test_the_flow_shows_what_was_recorded_broken_and_withdrawn(sessions, truth):
    assert set(sessions) == {name for name in truth if "sub-S07" not in name}
    broken = {name for name, one in truth.items() if one["broken"] == "true"}
    assert len(broken) == 2
    assert {name for name, row in sessions.items() if row["state"] == "broken"} == broken
    assert Counter(row["state"] for row in sessions.values()) == {"analysed": 104, "broken": 2}


def test_the_flow_stands_in_the_answer_of_the_command(whole):
    flow = whole[1][4][1]
    for title, number in (
        ("Recordings found", 106),
        ("Cannot be read", 2),
        ("Palpation sessions", 72),
        ("… analysed", 70),
        ("In the primary test", 70),
    ):
        assert re.search(rf"^ +{title} +{number}\b", flow, re.M), title


def test_measured_rates_are_the_true_ones(sessions, truth):
    for name, row in sessions.items():
        if row["kind"] in ("palpation", "phantom") and row["state"] == "analysed":
            true = truth[name]["rate_cpm"]
            assert (row["found"] == "true") == (true != "n/a"), name
            if true != "n/a":
                assert float(row["rate_cpm"]) == pytest.approx(float(true), abs=0.1), name


def test_following_is_found_and_its_lag_is_the_true_one(results, truth, sessions):
    rows = {row["quantity"]: row for row in table(results / "group_estimates.tsv") if row["part"] == "taps"}
    primary = [row for row in table(results / "group_estimates.tsv") if row["role"] == "primary"]
    assert [row["quantity"] for row in primary] == ["resultant_directional"]
    assert float(primary[0]["pvalue"]) <= 0.001 and primary[0]["n_sessions"] == "70"
    lags = [float(truth[name]["lag_s"]) for name in sessions if truth[name]["lag_s"] != "n/a"]
    lag = rows["lag_s"]
    assert float(lag["ci_low"]) < np.mean(lags) < float(lag["ci_high"])


def test_sessions_that_were_followed_differ_from_guessed_ones(results, truth):
    p = {"true": [], "false": []}
    for row in table(results / "group_taps.tsv"):
        if truth[row["id"]]["kind"] == "palpation":
            p[truth[row["id"]]["followed"]].append(float(row["pvalue"]))
    assert len(p["true"]) + len(p["false"]) == 70
    assert np.mean(np.array(p["true"]) <= 0.05) > 0.8
    assert np.mean(np.array(p["false"]) <= 0.05) < 0.25


def test_hits_and_false_alarms_on_phantoms_are_the_true_ones(whole, page, truth):
    counts = Counter()
    for name, one in truth.items():
        if one["kind"] == "phantom":
            card = next((whole[0] / "trial").glob(f"sub-*/**/{name}_physio.json"))
            felt = not json.loads(card.read_text())["Info"]["answers"]["felt_nothing"]
            counts[one["rate_cpm"] != "n/a", felt] += 1
    pattern = r"On phantoms {} [^:]*: \w+ (\d+) of (\d+) that moved, and (\d+) of (\d+) that stood still"
    told = tuple(map(int, re.search(pattern.format("the therapists"), page).groups()))
    hits, alarms = counts[True, True], counts[False, True]
    assert told == (hits, hits + counts[True, False], alarms, alarms + counts[False, False])
    assert re.search(pattern.format("the rhythm test"), page).groups() == ("10", "10", "0", "10")


def test_nothing_is_found_on_dead_weights_beyond_chance(page, sessions):
    found = sum(row["found"] == "true" for row in sessions.values() if row["kind"] == "null")
    assert found <= 1
    assert f"On the dead weight a rhythm was found in {found} of 4 sessions" in page


def test_the_page_says_that_nobody_was_touched(page):
    assert "Simulated, nobody was touched: 104 of 106 recordings." in page  # two cannot be read


def test_planned_and_exploratory_are_told_apart(whole, page):
    assert read_plan(whole[0] / "plan.toml").sha256 in page
    answer = page.split("</section>")[0]
    assert "sealed plan" in answer.lower() and "everything else on this page is exploratory" in answer
    # one subject withdrew
    assert "2 lines of it were not followed (number of subjects and number of sessions)" in whole[1][4][1]


def test_the_readme_says_what_the_page_says(whole, page, sessions):
    said = " ".join(whole[1][4][1].split())
    told = " ".join(SECTION.split())
    n, p, lag = re.search(
        r"over the (\d+) sessions .*? \((p = [.\d]+)\), ([.\d]+) s after the peak", told
    ).groups()
    assert f"Over {n} sessions" in said and p in said and f"{lag} s after the peak" in said
    moved, felt, still, wrong = re.search(
        r"of (\d+) phantoms that moved the therapists felt (\d+), of (\d+) that stood still (\d+)", told
    ).groups()
    assert int(moved) == int(still) == 10
    assert re.search(
        rf"On phantoms the therapists [^:]*: felt {felt} of 10 that moved, and {wrong} of 10", page
    )
    assert not [row for row in sessions.values() if row["kind"] == "null" and row["found"] == "true"]


CODE = re.compile(rb"(?<![A-Za-z0-9+])S07(?![A-Za-z0-9+])")  # not three letters among others of packed phases


# -- withdraw, share -----------------------------------------------------------------------------------


def contents(folder):
    """Name and bytes of every file, compressed ones unpacked as far as they go."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = zlib.decompressobj(wbits=31).decompress(data)
            yield path.relative_to(folder).as_posix(), data


def test_the_code_of_who_withdrew_stands_in_no_byte_of_what_remains(whole, truth):
    assert any("S07" in name for name in truth)
    for folder in ("trial", "trial-shared"):
        n = 0
        for name, data in contents(whole[0] / folder):
            n += 1
            assert "S07" not in name and not CODE.search(data), name
        assert n > 300


def test_what_is_shared_is_what_can_be_read(whole):
    shared = list((whole[0] / "trial-shared").glob("sub-*/**/*_physio.tsv.gz"))
    assert len(shared) == 104
    assert "cannot be read" in (whole[0] / "trial-shared" / "not_shared.tsv").read_text("utf-8")


# -- other truths -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """What is said of a study in which nobody follows, and of one with another lag in each session."""
    place, said = tmp_path_factory.mktemp("small"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name, words in (("nobody", "--followed 0"), ("lags", "--followed 1 --lag-spread 5")):
            assert said_by(f"simulate {name} --study {SMALL} {words} --seed 2")[0] == 0
            code, text = said_by(f"study {name} --surrogates 99 --workers 2")
            assert code == 0
            estimates = table(place / name / "derivatives" / "touchrhythm" / "group_estimates.tsv")
            said[name] = text, {row["quantity"]: row for row in estimates if row["part"] == "taps"}
    return said


@pytest.mark.parametrize("name", ["nobody", "lags"])
def test_without_a_common_phase_that_is_said_and_never_that_nobody_followed(small, name):
    said, rows = small[name]
    assert float(rows["resultant_undirected"]["pvalue"]) > 0.05
    assert "no common phase" in said and "That does not say that nobody followed" in said
    assert "keep a common phase" not in said
    assert "exploratory" in said


def test_the_sum_over_sessions_tells_other_lags_from_nobody(small):
    assert float(small["lags"][1]["stouffer_z"]["pvalue"]) < 0.001
    assert "own tests together do show that taps follow in some of them" in small["lags"][0]
    assert float(small["nobody"][1]["stouffer_z"]["pvalue"]) > 0.05
    assert "own tests together show no following either" in small["nobody"][0]
