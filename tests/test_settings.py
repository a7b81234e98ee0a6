"""Settings: unknown names and values that cannot be meant raise at once."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from touchrhythm.settings import Settings


def test_unknown_names_raise() -> None:
    with pytest.raises(TypeError, match="bandcpm"):
        Settings(bandcpm=(6, 12))  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Settings((6, 12))  # type: ignore[misc]


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().alpha = 0.1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"band_cpm": (0.1, 0.2)},
            "band_cpm must be in cycles per minute, got (0.1, 0.2): did you mean 6 12?",
        ),
        ({"band_cpm": (12, 6)}, "band_cpm must be (low, high) with low below high, got (12, 6)"),
        ({"band_cpm": (0, 6)}, "band_cpm must start above 0, got 0"),
        ({"band_cpm": 6}, "band_cpm must be two numbers (low, high), got 6"),
        ({"band_cpm": (6, 9, 12)}, "band_cpm must be two numbers (low, high), got (6, 9, 12)"),
        ({"alpha": 5}, "alpha must lie between 0 and 1, got 5"),
        ({"tolerance_fraction": 0}, "tolerance_fraction must lie between 0 and 1, got 0"),
        ({"n_surrogates": 18}, "n_surrogates must be a whole number of at least 19, got 18"),
        ({"n_surrogates": 99.5}, "n_surrogates must be a whole number of at least 19, got 99.5"),
        ({"n_surrogates": True}, "n_surrogates must be a whole number of at least 19, got True"),
        ({"n_bootstrap": 10}, "n_bootstrap must be a whole number of at least 50, got 10"),
        ({"edge": -1}, "edge must be 0 s or more, got -1"),
        ({"max_interpolated_gap": float("nan")}, "max_interpolated_gap must be 0 s or more, got nan"),
        ({"min_duration": 60}, "min_duration must be at least 120 s, got 60 s"),
        ({"window": 20}, "window must lie between 30 s and min_duration (120 s), got 20 s"),
        ({"window": 121}, "window must lie between 30 s and min_duration (120 s), got 121 s"),
        ({"polarity": 0}, "polarity must be 1 (peaks), -1 (troughs) or None, got 0"),
        ({"lag_s": (1, 0)}, "lag_s must be (low, high) with low not above high, got (1, 0)"),
        ({"lag_s": 1}, "lag_s must be two numbers (low, high), got 1"),
        ({"ratio": (0, 1)}, "ratio must be two whole numbers above 0, got (0, 1)"),
        ({"ratio": "1:1"}, "ratio must be two whole numbers (taps, cycles), got '1:1'"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_what_was_found(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Settings(**given)


def test_settings_are_written_whole_as_plain_types_and_read_back_equal() -> None:
    settings = Settings(band_cpm=(5, 10), lag_s=(0, 1), references=("belt",), ratio=(2, 1))
    plain = json.loads(json.dumps(settings.to_dict()))
    assert plain["band_cpm"] == [5.0, 10.0] and plain["references"] == ["belt"]
    assert Settings(**plain) == settings


def test_the_defaults_are_the_study_plan_of_the_documentation() -> None:
    settings = Settings()
    assert (settings.band_cpm, settings.alpha, settings.n_surrogates) == ((6.0, 12.0), 0.05, 999)
    assert (settings.min_duration, settings.short_duration, settings.edge) == (120.0, 600.0, 5.0)


def test_an_edge_that_leaves_nothing_of_the_shortest_segment_is_refused() -> None:
    with pytest.raises(
        ValueError, match=re.escape("edge must be less than half of min_duration (120 s), got 60 s")
    ):
        Settings(edge=60.0)
