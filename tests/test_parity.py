"""Is one default said in one way? Settings, functions, options, their help and their documents must agree."""

import argparse
import inspect
import re
from ast import literal_eval
from dataclasses import fields
from fractions import Fraction

import pytest

import touchrhythm as tr
from touchrhythm.cli import build_parser
from touchrhythm.cli.settings_options import settings_of
from touchrhythm.cli.simulate_command import SESSION_DEFAULTS

SETTINGS = {field.name: field.default for field in fields(tr.Settings)}

# Where a function's parameter means what a setting means: (function, parameter, setting).
SAME = [
    ("touchrhythm.rhythm.periodicity", "periodicity_test", "n_surrogates", "n_surrogates"),
    ("touchrhythm.rhythm.periodicity", "periodicity_test", "min_duration", "min_duration"),
    ("touchrhythm.rhythm.periodicity", "periodicity_test", "max_gap", "max_interpolated_gap"),
    ("touchrhythm.rhythm.periodicity", "periodicity_of", "n_surrogates", "n_surrogates"),
    ("touchrhythm.rhythm.rate", "estimate_rate", "n_surrogates", "n_bootstrap"),
    ("touchrhythm.rhythm.rate", "estimate_rate", "min_duration", "min_duration"),
    ("touchrhythm.rhythm.rate", "estimate_rate", "max_gap", "max_interpolated_gap"),
    ("touchrhythm.signal.decimation", "segments", "max_gap", "max_interpolated_gap"),
    ("touchrhythm.rhythm.blocks", "cut_into_blocks", "min_duration", "min_duration"),
    ("touchrhythm.rhythm.blocks", "cut_into_blocks", "max_gap", "max_interpolated_gap"),
    ("touchrhythm.rhythm.timecourse", "count_cycles", "edge", "edge"),
    ("touchrhythm.rhythm.timecourse", "follow_rate", "window", "window"),
    *(
        ("touchrhythm.tapping.agreement", function, parameter, setting)
        for function in ("tap_agreement", "tap_agreement_of", "rater_agreement")
        for parameter, setting in (
            ("polarity", "polarity"),
            ("lag", "lag_s"),
            ("ratio", "ratio"),
            ("tolerance_fraction", "tolerance_fraction"),
            ("edge", "edge"),
            ("n_surrogates", "n_surrogates"),
        )
        if (function, parameter) not in {("rater_agreement", "polarity"), ("rater_agreement", "edge")}
    ),
]


def default_of(module, function, parameter):
    found = inspect.signature(getattr(__import__(module, fromlist=[function]), function)).parameters[
        parameter
    ]
    return found.default


@pytest.mark.parametrize(("module", "function", "parameter", "setting"), SAME)
def test_a_function_and_the_settings_have_one_default(module, function, parameter, setting):
    assert default_of(module, function, parameter) == SETTINGS[setting]


def options_of(command):
    """Actions of a command's parser, by their first name."""
    commands = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return {action.dest: action for action in commands.choices[command]._actions}


def test_options_that_are_not_given_leave_the_settings_as_they_are():
    assert settings_of(build_parser().parse_args(["analyze", "file.csv"])) == tr.Settings()


@pytest.mark.parametrize(
    ("option", "setting"),
    [("band", "band_cpm"), ("alpha", "alpha"), ("surrogates", "n_surrogates"), ("ratio", "ratio")],
)
def test_the_help_of_analyze_names_the_default(option, setting):
    said = re.search(r"\(default ([^)]+)\)", options_of("analyze")[option].help)[1]
    numbers = [float(part) for part in re.split(r"[ :]", said)]
    default = SETTINGS[setting]
    assert numbers == list(default if isinstance(default, tuple) else (default,))


@pytest.mark.parametrize(
    ("option", "parameter"),
    [
        ("duration", "duration_s"),
        ("rate", "rate_cpm"),
        ("snr_db", "snr_db"),
        ("fs", "fs"),
        ("tapper", "tapper"),
    ],
)
def test_simulate_has_one_default_in_help_option_and_function(option, parameter):
    action = options_of("simulate")[option]
    default = default_of("touchrhythm.simulate.session", "simulate_session", parameter)
    taken = SESSION_DEFAULTS.get(option, action.default)
    assert taken == ("none" if default is None else default)
    said = re.search(r"\(default ([^);]+)", action.help)[
        1
    ]  # what a study takes instead stands behind a semicolon
    assert said == (taken if option == "tapper" else f"{taken:g}")


def documented(target):
    """(names, default as written) of each parameter whose document names a default."""
    text = inspect.getdoc(target).split("Returns\n---")[0].split("Attributes\n---")[0]
    for names, default in re.findall(r"^([a-z_][\w, ]*) : [^\n]*\bdefault (\S[^\n;]*?)[.,;]?$", text, re.M):
        yield names.split(", "), default


FUNCTIONS = [getattr(tr, name) for name in tr.__all__ if name[0].islower() and callable(getattr(tr, name))]


@pytest.mark.parametrize("target", [*FUNCTIONS, tr.Settings, tr.Recording, tr.Taps], ids=lambda t: t.__name__)
def test_documents_name_the_defaults_that_hold(target):
    parameters = inspect.signature(target).parameters
    for names, said in documented(target):
        for name in names:
            default = parameters[name].default
            value = float(Fraction(said)) if re.fullmatch(r"\d+/\d+", said) else literal_eval(said)
            assert value == pytest.approx(default) if isinstance(value, float) else value == default, name


def test_every_setting_is_documented_with_its_default():
    told = {name for names, _ in documented(tr.Settings) for name in names}
    assert told == set(SETTINGS)
