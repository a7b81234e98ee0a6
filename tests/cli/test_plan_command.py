"""Does plan print, draw, seal, and answer wrong words in one line?"""

import json

import pytest

from touchrhythm.cli import main
from touchrhythm.planning.power import Expected
from touchrhythm.planning.precision import Ratings
from touchrhythm.planning.sealed_plan import read_plan

QUICK_WORDS = ["--sessions", "6", "--minutes", "2", "--margin", "20", "--studies", "100"]


def test_the_command_prints_draws_and_seals(tmp_path, capsys):
    plan, picture = tmp_path / "plan.toml", tmp_path / "plan.svg"
    words = [*QUICK_WORDS, "--lag", "0", "1.5", "--polarity", "trough", "--primary", "directional"]
    assert (
        main(["plan", *words, "--seal", str(plan), "--exclude", "hand lost", "--picture", str(picture)]) == 0
    )
    out = capsys.readouterr().out
    sealed = read_plan(plan)
    assert sealed.sha256 in out and out.startswith("sessions\tminutes\tpower\tlow\thigh\n6\t2\t")
    assert (sealed.n_sessions, sealed.tapping_s, sealed.polarity, sealed.exclusions) == (
        6,
        120,
        -1,
        ("hand lost",),
    )
    assert "<svg" in picture.read_text("utf-8")
    assert main(["plan", *words, "--seal", str(plan)]) == 73
    assert "nothing was overwritten" in capsys.readouterr().err
    assert read_plan(plan) == sealed


def test_json_holds_the_table(tmp_path, capsys):
    assert main(["plan", *QUICK_WORDS, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["results"]
    assert found["quantity"] == "power" and found["rows"][0]["n_studies"] == 100
    assert main(["plan", "--primary", "icc", "--subjects", "10", "--studies", "100", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["rows"][0]["n_subjects"] == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--minutes", "0"], "--minutes must lie above 0 min and not above 240 min, got 0 min"),
        (["--minutes", "0.1"], "sessions with 0.1 min of tapping hardly ever hold them"),
        (["--seal", "x.toml"], "--sessions must be one number in a plan that is sealed, got none"),
        (["--seal", "x.toml", "--sessions", "5", "8"], "--sessions must be one number"),
        (["--title", "x"], "say where with --seal"),
        (["--primary", "directional"], "needs --lag and --polarity"),
        (["--sessions", "3"], "at least 4"),
        (["--band", "0.1", "0.2"], "did you mean 6 12"),
        (["--jitter", "20"], "--jitter must lie between 0 and 2"),
        (["--power", "80"], "--power must lie between 0 and 1, got 80"),
        (["--follower-lag", "99"], "--follower-lag must lie between 0 and 30, got 99"),
        (
            ["--primary", "icc", "--icc", "0.8", "--rater-share", "0.3"],
            "--icc and --rater-share must be shares",
        ),
        ([*QUICK_WORDS, "--picture", "x.pdf"], "must end in .svg or .png"),
        (["--ratio", "1:2"], "one tap a cycle only"),
        (["--primary", "icc", "--width", "-1"], "--width must be a width above 0, got -1"),
    ],
)
def test_wrong_words_are_answered_in_one_line(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *words]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_commands_defaults_are_those_of_the_library():
    from touchrhythm.cli import build_parser

    args, expected, ratings = build_parser().parse_args(["plan"]), Expected(), Ratings()
    assert tuple(args.rate) == expected.rate_cpm
    for option, value in (
        ("jitter", expected.jitter),
        ("missed", expected.missed),
        ("follower_lag", expected.lag_s),
        ("lag_spread", expected.lag_spread_s),
        ("followed", expected.followed),
        ("signal_cv", expected.signal_cv),
        ("tapper_cv", expected.tapper_cv),
        ("snr_db", expected.snr_db),
        ("margin", expected.margin_s),
        ("icc", ratings.icc),
        ("rater_share", ratings.rater_fraction),
        ("between_sd", ratings.between_cpm),
        ("within_sd", ratings.within_cpm),
    ):
        assert getattr(args, option) == value, option
