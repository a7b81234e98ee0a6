"""Is a sealed plan what was sealed, and is it told whether it was followed?"""

import dataclasses
import hashlib
import json
import re

import pytest

from touchrhythm.errors import BadFile, CannotWrite, NoSuchInput
from touchrhythm.planning.sealed_plan import (
    FILE_NAMES,
    Plan,
    StudyFacts,
    check_followed,
    read_plan,
    seal_plan,
)
from touchrhythm.settings import Settings

PLAN = Plan(
    settings=Settings(band_cpm=(5.0, 11.0), lag_s=(0.0, 1.5), polarity=-1, references=("breathing",)),
    primary="directional",
    n_sessions=8,
    n_subjects=4,
    n_therapists=2,
    tapping_s=300,
    exclusions=('the sensor "slipped"', "die Hand ließ los"),
    title="Größe \\ Ruhe",
)


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "plan.toml"
    return path, seal_plan(path, PLAN)


def test_what_is_read_is_what_was_sealed(sealed):
    path, plan = sealed
    assert read_plan(path) == plan
    assert dataclasses.replace(plan, sha256="") == PLAN


def test_the_hash_is_over_the_values_and_can_be_made_by_anyone(sealed):
    """The recipe in other words: canonical JSON of the lines, SHA-256."""
    import tomllib

    path, plan = sealed
    lines = tomllib.loads(path.read_text("utf-8"))
    lines = {
        name: value for name, value in lines.items() if name not in ("schema_version", "registry", "seal")
    }
    text = json.dumps({"plan": lines, "schema_version": 1}, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == plan.sha256


def test_a_sealed_plan_is_never_overwritten(sealed):
    path, _ = sealed
    before = path.read_bytes()
    with pytest.raises(CannotWrite, match="nothing was overwritten"):
        seal_plan(path, Plan())
    assert path.read_bytes() == before


def test_the_same_plan_has_the_same_hash_wherever_it_is_sealed(sealed, tmp_path):
    assert seal_plan(tmp_path / "code" / "again.toml", PLAN).sha256 == sealed[1].sha256


def lines_of(path):
    text = path.read_text("utf-8")
    return [line for line in text.split("[seal]")[0].splitlines() if " = " in line and line[0] != "#"]


CHANGES = {
    "title": '"another"',
    "primary": '"axial"',
    "band_cpm": "[5.0, 12.0]",
    "channel": '"pulse"',
    "references": '"none"',
    "signal": '"ecg"',
    "series": '"height"',
    "lag_s": "[0.0, 2.0]",
    "polarity": "1",
    "ratio": "[1, 2]",
    "taps_against": '"residual"',
    "exclusions": '["the sensor \\"slipped\\""]',
    "alpha": "0.06",
    "tolerance_share": "0.2",
    "delta_cpm": "0.5",
    "n_copies": "199",
    "n_rate_copies": "100",
}


def test_a_change_of_any_line_is_seen_and_named(sealed):
    path, _ = sealed
    text, names = path.read_text("utf-8"), []
    for line in lines_of(path):
        name, value = line.split(" = ", 1)
        if name in ("schema_version", "registry"):
            continue
        new = CHANGES.get(name) or repr(float(value) + 10 if "." in value else int(value) + 10)
        path.write_text(text.replace(f"{line}\n", f"{name} = {new}\n"), "utf-8")
        with pytest.raises(BadFile, match=re.escape(f"changed after it was sealed: {name};")):
            read_plan(path)
        path.write_text(text.replace(f"{line}\n", ""), "utf-8")
        with pytest.raises(BadFile, match="changed after it was sealed: "):
            read_plan(path)
        names.append(name)
    assert len(names) == 28
    path.write_text(text, "utf-8")
    read_plan(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('sha256 = "', 'sha256 = "0', "the hash of its content is"),
        ("[seal]", "[other]", "it has no [seal]"),
        ("[seal]", "[seal", "damaged"),
        ("[seal]", "blinded = false\n[seal]", "blinded (added)"),
        ("alpha = 0.05", "alpha = 7", "alpha must lie between 0 and 1"),
        ("alpha = 0.05", "alpha = nan", "alpha must be finite"),
        ("schema_version = 1", "schema_version = 2", "later version"),
        ("schema_version = 1", "schema_version = true", "must be 1"),
        ('registry = ""', "registry = 5", "registry must be a text"),
    ],
)
def test_what_is_no_sealed_plan_is_refused_in_words(sealed, old, new, said):
    path, _ = sealed
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadFile, match=re.escape(said)):
        read_plan(path)


def test_only_the_registrys_number_comments_and_spaces_may_change(sealed):
    path, plan = sealed
    text = path.read_text("utf-8").replace('registry = ""', 'registry = "osf.io/ab12c"')
    text = text.replace("band_cpm = [5.0, 11.0]", "band_cpm=[5,11] # as agreed")
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_plan(path) == dataclasses.replace(plan, registry="osf.io/ab12c")


def test_a_new_seal_is_another_plan(sealed, tmp_path):
    other = seal_plan(tmp_path / "b.toml", dataclasses.replace(PLAN, settings=Settings(), primary="axial"))
    assert other.sha256 != sealed[1].sha256


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(NoSuchInput, match="no such file"):
        read_plan(tmp_path / "none.toml")
    with pytest.raises(NoSuchInput, match="is a folder, not a file"):
        read_plan(tmp_path)
    binary = tmp_path / "x.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFile, match="must be UTF-8"):
        read_plan(binary)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"primary": "best"}, "primary must be one of"),
        ({"primary": "directional"}, "needs a declared lag and polarity"),
        ({"n_sessions": 0}, "n_sessions must be a whole number of at least 1"),
        ({"n_sessions": 8.0}, "n_sessions must be a whole number"),
        ({"min_taps": 4}, "min_taps must be a whole number of at least 5"),
        ({"seed": -1}, "seed must be"),
        ({"delta_cpm": 0}, "delta_cpm must be a number above 0"),
        ({"tapping_s": float("inf")}, "tapping_s must be a number above 0"),
        ({"title": "two\nlines"}, "one line of plain text"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(values, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        Plan(**values)


def test_the_exclusions_must_be_a_list():
    with pytest.raises(TypeError, match="list of sentences"):
        Plan(exclusions="one rule")


FOLLOWED = StudyFacts(
    primary="directional",
    seed=0,
    n_sessions=8,
    n_carrying=8,
    n_subjects=4,
    n_therapists=2,
    shortest_tapping_s=301.0,
    fewest_taps=22,
)


def not_followed(facts, settings=PLAN.settings):
    return {row.line for row in check_followed(PLAN, settings, facts) if row.followed is False}


def test_an_analysis_by_the_plan_follows_every_line_that_a_tool_can_tell():
    rows = check_followed(PLAN, PLAN.settings, FOLLOWED)
    assert {row.line for row in rows if row.followed is not True} == {"exclusions"}
    assert all(row.followed is None for row in rows if row.line == "exclusions")
    assert {row.line for row in rows} >= {FILE_NAMES.get(name, name) for name in PLAN.settings.to_dict()}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"primary": "undirected"}, "primary"),
        ({"seed": 1}, "seed"),
        ({"n_carrying": 7}, "sessions recorded under this plan"),
        ({"n_subjects": 5}, "n_subjects"),
        ({"n_therapists": 3}, "n_therapists"),
        ({"shortest_tapping_s": 299.0}, "tapping_s"),
        ({"fewest_taps": 4}, "min_taps"),
        ({"delta_cpm": 0.5}, "delta_cpm"),
    ],
)
def test_each_line_that_was_not_followed_is_named(change, line):
    assert not_followed(dataclasses.replace(FOLLOWED, **change)) == {line}


def test_more_sessions_than_planned_are_no_following():
    """Going on until it fits is the oldest way to a significant result."""
    assert not_followed(dataclasses.replace(FOLLOWED, n_sessions=9, n_carrying=9)) == {"n_sessions"}


def test_each_setting_that_differs_is_named():
    for name, value in (("band_cpm", (6.0, 12.0)), ("alpha", 0.01), ("lag_s", (0.0, 2.0)), ("ratio", (1, 2))):
        assert not_followed(FOLLOWED, dataclasses.replace(PLAN.settings, **{name: value})) == {name}


def test_what_is_not_known_is_left_open():
    bare = StudyFacts(primary="directional", seed=0, n_sessions=8, n_carrying=8)
    rows = {row.line: row for row in check_followed(PLAN, PLAN.settings, bare)}
    assert rows["n_subjects"].followed is None and rows["tapping_s"].done == "not known"


def test_a_study_without_sessions_follows_no_plan():
    assert "sessions recorded under this plan" in not_followed(
        dataclasses.replace(FOLLOWED, n_sessions=0, n_carrying=0)
    )
