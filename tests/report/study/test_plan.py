"""Planned or exploratory: the study page says which, line by line, and never calls planned what was not."""

import dataclasses
import json

import numpy as np
import pytest

from made_studies import phasors, session_row, study_of
from touchrhythm.cli import main
from touchrhythm.planning.sealed_plan import FILE_NAMES, Plan, read_plan, seal_plan
from touchrhythm.report.study.answer import study_answer
from touchrhythm.report.study.files import write_study
from touchrhythm.report.study.flags import study_flags
from touchrhythm.report.study.flow import study_flow
from touchrhythm.report.study.grras import fill_grras
from touchrhythm.report.study.page import study_page
from touchrhythm.report.study.plan import study_standing
from touchrhythm.settings import Settings
from touchrhythm.simulate.study import StudyDesign, break_recording, simulate_study, write_study_sessions
from touchrhythm.study.estimates import estimates_of
from touchrhythm.study.find import find_sessions
from touchrhythm.words.plan import LINES

SHA, OTHER = "ab" * 32, "cd" * 32
PLAN = Plan(primary="axial", n_sessions=9, exclusions=("fever on the day",), title="Nine <b>", sha256=SHA)


def rows_of(n, *, sha=SHA, first=0, follow=0.9, **more):
    arms = phasors(n, 1, follow=follow)
    return [session_row(first + k, z, plan_sha256=sha, tapping_s=300.0, **more) for k, z in enumerate(arms)]


def by_line(result, plan=PLAN):
    return {row.line: row for row in study_standing(result, plan).rows}


def test_every_line_is_shown_with_what_was_planned_done_and_whether_it_was_followed():
    page = study_page(study_of(rows_of(9), primary="axial", plan_sha256=SHA), plan=PLAN)
    section = page.split('id="h-plan"')[1].split("</section>")[0]
    settings = (FILE_NAMES.get(name, name) for name in Settings().to_dict())
    for line in (*settings, "primary", "seed", "n_sessions", "min_taps", "exclusions"):
        assert f'<th scope="row">{line}</th>' in section
    assert "to be told by the authors" in section and "fever on the day" in section
    assert SHA in section and "no number given" in section
    assert "not followed" not in section
    assert "<b>" not in section


def test_a_plan_that_was_followed_makes_the_primary_endpoint_planned_and_nothing_else():
    result = study_of(rows_of(9), primary="axial", plan_sha256=SHA)
    first = study_answer(result, PLAN)[0]
    assert "first line of every palpation session (9)" in first
    assert "Every line that can be checked was followed" in first
    assert "everything else on this page is exploratory" in first
    page = study_page(result, plan=PLAN)
    headings = [part.split("</h2>")[0] for part in page.split("<h2")[1:]]
    assert not any("exploratory" in one for one in headings if "Taps against" in one)
    for name in ("Lags", "Rates", "Therapist by therapist", "Controls"):
        assert any(name in one and "exploratory" in one for one in headings)


@pytest.mark.parametrize(
    ("primary", "settings", "line"),
    [
        ("undirected", Settings(), "primary"),
        ("axial", Settings(alpha=0.1), "alpha"),
        ("axial", Settings(band_cpm=(5, 11)), "band_cpm"),
    ],
)
def test_another_test_than_the_planned_one_is_exploratory(primary, settings, line):
    result = study_of(rows_of(9), settings, primary=primary, plan_sha256=SHA)
    standing = study_standing(result, PLAN)
    assert not standing.is_planned
    assert by_line(result)[line].followed is False
    assert (
        "1 line of it was not followed" in standing.sentence
        and "all figures are exploratory" in standing.sentence
    )
    assert any(f"Not as planned: {LINES[line]} (" in text for _, text in study_flags(result, PLAN))


def test_more_sessions_than_planned_are_named_in_the_first_paragraph():
    standing = study_standing(study_of(rows_of(12), primary="axial", plan_sha256=SHA), PLAN)
    assert "not followed (number of sessions)" in standing.sentence


def test_only_sessions_that_carry_the_hash_are_in_the_primary_test():
    """Sessions of another plan, or of none, do not change its p; over all of them it is a sensitivity."""
    own = rows_of(9, follow=0.0)
    late = rows_of(30, first=50, sha="", follow=0.95) + rows_of(5, first=90, sha=OTHER, follow=0.95)
    alone = study_of(own, primary="axial", plan_sha256=SHA).answers
    mixed = study_of(own + late, primary="axial", plan_sha256=SHA)
    follow = mixed.answers.follow
    assert follow.pvalue == alone.follow.pvalue > 0.05
    assert follow.everyone.n_sessions == 44 and follow.everyone.pvalue <= 0.001
    assert mixed.answers.n_beside_plan == 35
    assert mixed.answers.rates.pooled[0].n_sessions == 9
    standing = study_standing(mixed, PLAN)
    assert standing.sentence.startswith("Exploratory in part")
    assert "9 of 44 palpation sessions" in standing.sentence
    assert ("… not recorded under the plan", 35, "exploratory, not in the planned test") in study_flow(mixed)
    assert any("the same test says otherwise" in text for _, text in study_flags(mixed, PLAN))
    assert "all sessions, planned or not" in study_page(mixed, plan=PLAN)


def test_the_checklist_holds_the_planned_numbers_and_the_blinding_and_asks_for_the_rest():
    rows = rows_of(9)
    rows[0] = dataclasses.replace(rows[0], blind=True)
    result = study_of(rows, primary="axial", plan_sha256=SHA)
    items = {item.number: item for item in fill_grras(result, {}, PLAN)}
    assert "The sealed plan set 9 sessions" in items[6].text and items[6].state == "open"
    assert "1 of 9 palpation sessions, not recorded in 8" in items[8].text and items[8].state == "open"
    assert fill_grras(result, {8: "a week apart"}, PLAN)[7].state == "given"
    assert not fill_grras(study_of(rows_of(9)), {})[7].text


def test_a_plan_that_no_session_carries_plans_nothing():
    result = study_of(rows_of(9, sha=""), primary="axial", plan_sha256=SHA)
    standing = study_standing(result, PLAN)
    assert "first line of none of 9 palpation sessions" in standing.sentence
    assert not standing.is_planned and standing.sentence.startswith("Exploratory:")
    assert np.isfinite(result.answers.follow.pvalue), "it is still answered, as exploratory"


def test_sessions_that_carry_a_plan_that_was_not_named_are_told():
    first = study_answer(study_of(rows_of(4) + rows_of(5, first=50, sha="")))[0]
    assert first.startswith("Exploratory: no sealed plan was named")
    assert "4 of 9 palpation sessions carry the hash of a plan: name its file" in first
    assert "carry the hash" not in study_answer(study_of(rows_of(9, sha="")))[0]


def test_three_planned_sessions_among_many_do_not_make_a_primary_answer():
    result = study_of(rows_of(3) + rows_of(20, first=50, sha=""), plan_sha256=SHA)
    assert np.isnan(result.answers.follow.pvalue)
    assert "cannot be answered" in study_answer(result)[1]


def test_a_plan_that_is_not_this_studys_is_refused():
    with pytest.raises(ValueError, match="hashes differ"):
        study_page(study_of(rows_of(9), plan_sha256=OTHER), plan=PLAN)


@pytest.mark.parametrize(
    ("primary", "quantities"), [("limits", {"bias", "limit_lower", "limit_upper"}), ("icc", {"icc_a1"})]
)
def test_an_endpoint_of_the_rates_is_primary_and_comes_first(primary, quantities):
    rows = [
        row
        for k, rater in enumerate(("E01", "E02", "E03"))
        for row in (
            session_row(
                100 * k + n, taps=(made_tap(n, k, rater),), subject=f"S{n:02d}", rate_cpm=8 + n % 9 / 5
            )
            for n in range(9)
        )
    ]
    result = study_of(rows, primary=primary)
    found = estimates_of(result.answers)
    assert {row.quantity for row in found if row.role == "primary"} == quantities
    assert found[0].role == "primary"
    second = study_answer(result)[1]
    assert ("ICC(A,1)" in second) if primary == "icc" else ("perceived rate is on average" in second)


def made_tap(n, k, rater):
    from made_studies import tap_row

    return tap_row(0.3 * np.exp(1j * n), rater=rater, rate=8 + n % 9 / 5 + 0.1 * ((n + k) % 3))


def test_fewer_taps_than_planned_do_not_enter_the_tap_tests():
    rows = rows_of(9)
    rows[0] = dataclasses.replace(rows[0], taps=(dataclasses.replace(rows[0].taps[0], n_taps=19),))
    result = study_of(rows, primary="axial", plan_sha256=SHA, min_taps=20)
    assert len(result.answers.follow.phasors.rows) == 8
    plan = dataclasses.replace(PLAN, min_taps=20)
    assert by_line(result, plan)["min_taps"].followed is True
    assert ("… with too few taps", 1, "fewer than 20 usable taps of any rater") in study_flow(result)
    assert by_line(study_of(rows, primary="axial", plan_sha256=SHA), plan)["min_taps"].followed is False


# -- by commands -----------------------------------------------------------------------------------

QUICK = Settings(n_surrogates=19, n_bootstrap=50)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A study that was recorded under a sealed plan; one of its recordings is cut off."""
    place = tmp_path_factory.mktemp("sealed")
    plan = Plan(settings=QUICK, primary="axial", seed=3, n_sessions=4, n_subjects=2, n_therapists=2)
    plan = seal_plan(place / "plan.toml", plan)
    design = StudyDesign(duration_s=200, margin_s=20, fs=8, n_subjects=2, plan_sha256=plan.sha256)
    write_study_sessions(simulate_study(design, rng=1), place / "study", truths=place / "truths")
    break_recording(sorted((place / "study").rglob("sub-S02*_physio.tsv.gz"))[0])
    return place


def told(capsys, *words):
    code = main(["study", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)["results"][0]


def test_the_plan_is_taken_where_the_command_line_says_nothing(sealed, capsys):
    code, entry = told(capsys, sealed / "study", "--plan", sealed / "plan.toml", "--out", sealed / "out")
    assert code == 65, "one recording is broken"
    assert (entry["primary"], entry["seed"]) == ("axial", 3)
    assert entry["settings"] == QUICK.to_dict()
    lines = {line["line"]: line["followed"] for line in entry["plan"]["lines"]}
    assert {name for name, said in lines.items() if said != "followed"} <= {"min_taps"}  # no test, no taps
    assert lines["sessions recorded under this plan"] == "followed", (
        "also the broken one: its journal or sidecar tells"
    )
    table = (sealed / "out" / "group_plan.tsv").read_text().splitlines()
    assert table[0] == "line\tplanned\tdone\tfollowed" and len(table) == 1 + len(lines)
    about = json.loads((sealed / "out" / "group_plan.json").read_text())
    assert all(about[name]["Description"] for name in table[0].split("\t"))


def test_what_the_command_line_says_against_the_plan_is_done_and_told(sealed, capsys):
    words = ("--plan", sealed / "plan.toml", "--out", sealed / "out", "--alpha", "0.1", "--min-taps", "6")
    _, entry = told(capsys, sealed / "study", *words)
    lines = {line["line"]: line for line in entry["plan"]["lines"]}
    assert (lines["alpha"]["planned"], lines["alpha"]["done"]) == ("0.05", "0.1")
    assert lines["alpha"]["followed"] == "not followed"
    assert entry["plan"]["primary_is_planned"] is False
    assert {row["standing"] for row in entry["estimates"]} == {"exploratory"}


def test_without_the_plan_no_table_of_an_older_run_is_left(sealed, tmp_path):
    result = study_of(rows_of(9), primary="axial", plan_sha256=SHA)
    write_study(result, tmp_path, plan=PLAN)
    header, first, *_ = (tmp_path / "group_estimates.tsv").read_text().splitlines()
    assert dict(zip(header.split("\t"), first.split("\t"), strict=True))["standing"] == "planned"
    assert (tmp_path / "group_plan.tsv").is_file()
    write_study(study_of(rows_of(9)), tmp_path)
    assert not (tmp_path / "group_plan.tsv").exists() and not (tmp_path / "group_plan.json").exists()
    assert "\tplanned\t" not in (tmp_path / "group_estimates.tsv").read_text()


def test_a_journal_goes_before_what_a_sidecar_says(sealed):
    """A hash that is written into a sidecar afterwards makes no session a planned one."""
    sha = read_plan(sealed / "plan.toml").sha256
    ref = find_sessions(sealed / "study").refs[0]
    assert ref.plan_sha256 == sha
    folder = sealed / "study" / "sourcedata" / "sub-S01" / "ses-01" / ref.id
    folder.mkdir(parents=True)
    for header, expected in (({"plan_sha256": OTHER}, OTHER), ({}, ""), ({"plan_sha256": sha}, sha)):
        (folder / "journal.txt").write_text(json.dumps({"touchrhythm": "journal"} | header) + "\n")
        (folder / "session.json").write_text('{"files": ["x"]}')
        assert find_sessions(sealed / "study").refs[0].plan_sha256 == expected


@pytest.mark.parametrize(("primary", "figure"), [("limits", "limit_lower"), ("icc", "icc_a1")])
def test_an_endpoint_of_the_rates_stands_also_over_sessions_that_were_not_planned(primary, figure):
    own = [
        dataclasses.replace(
            row, raters=(who,), taps=(dataclasses.replace(row.taps[0], rater=who, rate_cpm=row.rate_cpm),)
        )
        for who, first in (("E01", 0), ("E02", 20))
        for row in rows_of(9, first=first)
    ]
    late = rows_of(20, first=50, sha="")
    alone = study_of(own, primary=primary, plan_sha256=SHA)
    mixed = study_of(own + late, primary=primary, plan_sha256=SHA)
    rows = {row.quantity: row for row in estimates_of(mixed.answers) if row.quantity.startswith(figure)}
    before = next(
        row for row in estimates_of(alone.answers) if row.quantity == figure and row.role == "primary"
    )
    every = next(one for one in estimates_of(mixed.answers) if one.quantity == f"{figure}_all_sessions")
    assert every.role == "sensitivity" and "also those not recorded under the plan" in every.method
    assert every.n_sessions > before.n_sessions
    primaries = [
        one for one in estimates_of(mixed.answers) if one.quantity == figure and one.role == "primary"
    ]
    assert primaries[0].estimate == before.estimate and rows
    assert any("Over all sessions, planned or not" in text for _, text in study_flags(mixed, PLAN))
    assert not any("_all_sessions" in one.quantity for one in estimates_of(alone.answers))
