"""Settings that name a channel which is not there are refused before anything is computed."""

import re
import shlex

import numpy as np
import pytest

from touchrhythm.analysis.named_channels import check_named, misfits
from touchrhythm.analysis.recipe import analyze, choose_channel
from touchrhythm.errors import Undecided
from touchrhythm.io import convert, read_session
from touchrhythm.session import Recording, Session
from touchrhythm.settings import Settings


def session(*names: str, n: int = 300) -> Session:
    data = np.random.default_rng(0).normal(size=(n, len(names)))
    for column, name in enumerate(names):
        if name == "counter":
            data[:, column] = np.arange(n)
    return Session(Recording(data, 10.0, names))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"channel": "Forse"},
            "no channel 'Forse', the recording has ('force', 'belt', 'counter') (did you mean 'force'?)",
        ),
        ({"references": ("belt", "chest")}, "no channel 'chest', the recording has"),
        ({"references": ("9",)}, "no channel number 9"),
        ({"channel": "counter"}, "channel 'counter' is a counter, no signal"),
    ],
)
def test_a_name_that_is_not_there_is_refused_also_where_nothing_could_be_answered(settings, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        analyze(session("force", "belt", "counter", n=50), Settings(**settings))


def test_what_is_there_by_name_or_number_fits():
    given = Settings(channel="0", references=("belt", "2"))
    assert misfits(session("force", "belt", "counter"), given) == ()
    check_named(session("force"), Settings())


@pytest.mark.parametrize("belt", ["belt", "belt (V)", "1"])
def test_a_reference_is_the_same_by_name_with_unit_and_by_number(belt):
    recording = Recording(np.random.default_rng(0).normal(size=(300, 2)), 10.0, ("plate", "belt"), ("g", "V"))
    given = Settings(references=(belt,))
    check_named(Session(recording), given)
    assert choose_channel(recording, given) == 0
    assert recording.index("plate (g)") == 0


def test_the_channel_of_a_list_of_sensors_is_had_by_the_name_that_is_offered(tmp_path):
    file = tmp_path / "long.csv"
    rows = [f"{k / 10},{side} (g),{k * 7 % 11}" for k in range(300) for side in ("left", "right")]
    file.write_text("time,sensor,value\n" + "\n".join(rows) + "\n")
    with pytest.raises(Undecided) as asked:
        read_session(file)
    for option in asked.value.options:
        _, name = shlex.split(option)
        convert(file, tmp_path / f"{name[0]}.csv", sensor=name)
        check_named(read_session(file, sensor=name), Settings(channel=name))
    with pytest.raises(ValueError, match="no channel 'nosuch'"):
        convert(tmp_path / "l.csv", tmp_path / "again.csv", sensor="nosuch")
