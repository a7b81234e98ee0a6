"""Settings that name a channel which is not there are refused before anything is computed."""

import re

import numpy as np
import pytest

from touchrhythm.analysis.named_channels import check_named, misfits
from touchrhythm.analysis.recipe import analyze
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
