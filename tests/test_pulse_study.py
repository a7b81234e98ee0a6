"""A study of pulses asks about one series, declared beforehand, and keeps heart rate and good beats."""

import re

import pytest

from touchrhythm.io import write_session
from touchrhythm.report.study.answer import rhythm_sentence
from touchrhythm.report.study.methods import study_methods, study_works
from touchrhythm.settings import Settings
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse_session
from touchrhythm.study.run import analyze_study
from touchrhythm.study.tables import write_tables

QUICK = {"n_surrogates": 19, "n_bootstrap": 50}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pulses")
    for number in (1, 2):
        model = PulseModel(rate_cpm=8, height=0.3, heart_rate_bpm=60 + 5 * number)
        session = simulate_pulse_session(model, duration_s=180, fs=50, tapper="follow", rng=number)
        entities = {"sub": f"S{number:02}", "ses": "01", "task": "palpation"}
        write_session(type(session)(session.recording, session.taps, info={"entities": entities}), root)
    return root


@pytest.mark.parametrize("settings", [Settings(**QUICK), Settings(signal="pulse", **QUICK)])
def test_an_undeclared_series_is_refused_with_the_way_out(folder, settings):
    with pytest.raises(ValueError, match=re.escape("say --series height")):
        analyze_study(folder, settings, rng=1)


def test_rows_hold_heart_rate_good_beats_and_series(folder, tmp_path):
    result = analyze_study(folder, Settings(series="height", **QUICK), rng=1, out=tmp_path)
    assert [row.series for row in result.rows] == ["height", "height"]
    assert [round(row.heart_rate_bpm) for row in result.rows] == [65, 70]
    assert all(row.good_beats > 0.95 for row in result.rows)
    write_tables(result, tmp_path)
    head, first, *_ = (tmp_path / "group_sessions.tsv").read_text("utf-8").splitlines()
    cells = dict(zip(head.split("\t"), first.split("\t"), strict=True))
    assert cells["series"] == "height" and float(cells["heart_rate_bpm"]) == pytest.approx(65, abs=1)


def test_answer_and_methods_say_that_it_is_a_pulse_and_which_series(folder):
    result = analyze_study(folder, Settings(series="height", **QUICK), rng=1)
    said = rhythm_sentence(result)
    assert "In 2 palpation sessions the signal is the height of the pulse" in said
    assert "68 times per minute (65 to 70)" in said or "67 times per minute (65 to 70)" in said
    methods = study_methods(result)
    assert "smoothed upstroke" in methods and "the series was declared beforehand" in methods
    assert any(work.startswith("Lipponen") for work in study_works(result))
