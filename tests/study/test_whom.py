"""Whom do the taps follow? Those who tap to the examiner's breath are told to, over a study, and nobody else is."""

import dataclasses
import json

import numpy as np
import pytest

from made_studies import session_row, study_of
from touchrhythm.cli import main
from touchrhythm.io import write_session
from touchrhythm.report.study.answer import study_answer
from touchrhythm.report.study.page import study_page
from touchrhythm.session import Recording, Session, Taps
from touchrhythm.settings import Settings
from touchrhythm.simulate.signals import simulate_noise, simulate_rhythm
from touchrhythm.study.find import find_sessions
from touchrhythm.study.phasors import phasors_of
from touchrhythm.study.rows import ReferenceTapRow
from touchrhythm.study.run import analyze_study
from touchrhythm.study.tables import results_folder, write_tables
from touchrhythm.study.whom import whom_taps_follow

FS, N = 8.0, 2400


def recorded(number, follows):
    """A rhythm at 9 in the force, the examiner's breath at 8, the subject's at 11; taps on one of them."""
    series = {
        "force": simulate_rhythm(N, fs=FS, rate_cpm=9.0, cv=0.08, rng=10 * number),
        "breathing_examiner": simulate_rhythm(N, fs=FS, rate_cpm=8.0, cv=0.08, rng=10 * number + 1),
        "breathing_subject": simulate_rhythm(N, fs=FS, rate_cpm=11.0, cv=0.08, rng=10 * number + 2),
    }
    phase, time = series[follows][1], np.arange(N) / FS
    onset = np.interp(np.arange(int(phase[int(60 * FS)]) + 1, int(phase[-int(60 * FS)])), phase, time) + 0.3
    columns = [wave for wave, _ in series.values()]
    columns[0] = columns[0] + 0.3 * simulate_noise(N, fs=FS, rng=10 * number + 3)
    entities = {"sub": f"S{number:02}", "ses": "01", "task": "palpation"}
    recording = Recording(np.column_stack(columns), FS, tuple(series))
    return Session(recording, taps=(Taps(onset, "E01"),), info={"entities": entities})


@pytest.fixture(scope="module")
def breathers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("breathers")
    for number in range(1, 5):
        write_session(recorded(number, "breathing_examiner"), folder)
    settings = Settings(channel="force", n_surrogates=19)
    return folder, analyze_study(folder, settings, rng=0, out=results_folder(find_sessions(folder)))


PEOPLE = ("subject", "examiner", "")


def turned(rng):
    """Phasors of any length at any phase."""
    return rng.random(3) * np.exp(2j * np.pi * rng.random(3))


def held_row(person, z, is_left=False):
    z = complex(z)
    return ReferenceTapRow(
        rater="E01",
        channel="belt",
        kind="breathing",
        person=person,
        series="",
        is_left=is_left,
        n_taps=40,
        resultant=abs(z),
        null_high=0.3,
        phase=float(np.angle(z)),
        pvalue=0.5,
        reason="",
        ratio=1.0,
        ratio_low=0.97,
        ratio_high=1.03,
    )


def by_what(result):
    return {(c.kind, c.person, c.is_left): c for c in result.answers.whom}


def test_taps_on_the_examiners_breath_are_told_to_be_on_it(breathers, tmp_path):
    _, result = breathers
    found = by_what(result)
    examiner = found["breathing", "examiner", False]
    assert (examiner.verdict, examiner.n_sessions) == ("follow", 4) and examiner.adjusted <= 0.05
    assert examiner.ratio == pytest.approx(1, abs=0.05)
    assert {c.verdict for key, c in found.items() if key != ("breathing", "examiner", False)} == {"not shown"}
    assert result.answers.whom[0].pvalue == result.answers.follow.pvalue
    said = " ".join(study_answer(result))
    assert "the taps follow the examiner's breathing (p = " in said
    page = study_page(result)
    assert page.index("Whom do the taps follow?") < page.index("What limits the answer")
    write_tables(result, tmp_path)
    _, *lines = (line.split("\t") for line in (tmp_path / "group_whom.tsv").read_text().splitlines())
    assert {line[0]: line[-1] for line in lines}["the examiner's breathing"] == "follow"
    assert len((tmp_path / "group_references.tsv").read_text().splitlines()) > 10


def test_the_printed_answer_and_the_json_name_each_of_them(breathers, capsys):
    folder, _ = breathers
    command = ["study", str(folder), "--channel", "force", "--surrogates", "19"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "4 of 4 from before" in said
    assert "Whom do the taps follow?" in said and "  the examiner's breathing  " in said
    assert main([*command, "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)["results"][0]
    assert {row["what"]: row["verdict"] for row in entry["whom"]}["the examiner's breathing"] == "follow"


def test_one_tap_for_every_second_breath_is_no_following():
    half = dataclasses.replace(held_row("examiner", 0.9), ratio=0.5, ratio_low=0.48, ratio_high=0.52)
    result = study_of([session_row(k, 0.3 * 1j**k, on_references=(half,)) for k in range(5)])
    examiner = by_what(result)["breathing", "examiner", False]
    assert (examiner.verdict, examiner.n_other_ratio, examiner.ratio) == ("ratio", 5, 0.5)
    assert "at another ratio than the declared" in " ".join(study_answer(result))
    twice = study_of(list(result.rows), Settings(ratio=(1, 2)))
    assert by_what(twice)["breathing", "examiner", False].verdict == "follow"


def test_a_study_without_references_has_no_such_table():
    result = study_of([session_row(k, 0.3) for k in range(5)])
    assert result.answers.whom == () and "Whom do the taps follow" not in study_page(result)


def test_unrelated_taps_follow_any_of_them_at_the_level_set():
    rng, alarms = np.random.default_rng(2), 0
    for _ in range(100):
        rows = [
            session_row(k, 0.3, on_references=tuple(map(held_row, PEOPLE, turned(rng)))) for k in range(6)
        ]
        leading = phasors_of(rows), None, float("nan")
        found = whom_taps_follow(rows, leading, alpha=0.05, ratio=(1, 1), rng=rng)
        assert len(found) == 4
        alarms += any(candidate.verdict == "follow" for candidate in found[1:])
    assert alarms <= 12


def test_what_is_left_of_a_rhythm_that_the_tapping_made_is_not_asked():
    held = (held_row("examiner", 0.9), held_row("examiner", 0.9, is_left=True))
    rows = [session_row(k, 0.9, on_references=held, made_by_tapping=k < 3) for k in range(8)]
    found = by_what(study_of(rows))
    numbers = {key: candidate.n_sessions for key, candidate in found.items()}
    examiner = "breathing", "examiner"
    assert (numbers[*examiner, False], numbers[*examiner, True], numbers["signal", "", False]) == (8, 5, 5)
