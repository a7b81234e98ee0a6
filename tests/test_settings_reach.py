"""Every setting reaches all the work it is about: with another value, each of these answers is another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
import pytest

from touchrhythm.analysis.recipe import analyze
from touchrhythm.analysis.results import Analysis
from touchrhythm.session import Count, Recording, Session, Taps
from touchrhythm.settings import Settings
from touchrhythm.simulate.signals import simulate_noise, simulate_rhythm

FS = 5.0
CHANNELS = ("force", "breathing belt", "elbow")
Part = Callable[[Analysis], Any]


@cache
def session(gap_in: tuple[str, ...] = CHANNELS) -> Session:
    """Two segments (130 s and 289 s) with a second between them, two raters, a belt and a third channel."""
    n = round(420 * FS)
    wave, phase = simulate_rhythm(n, fs=FS, rate_cpm=8.0, cv=0.05, rng=1)
    belt = np.sin(2 * np.pi * 8.9 / 60 * np.arange(n) / FS) + 0.3 * simulate_noise(n, fs=FS, rng=2)
    force = wave + 0.5 * belt + 0.7 * simulate_noise(n, fs=FS, rng=3)
    elbow = simulate_noise(n, fs=FS, rng=4)
    data = np.column_stack((force, belt, elbow))
    for name in gap_in:
        data[round(130 * FS) : round(131 * FS), CHANNELS.index(name)] = np.nan
    rng = np.random.default_rng(5)
    peak = np.interp(np.arange(3, int(phase[-1]) - 2), phase, np.arange(n) / FS)
    onset = np.sort(peak + rng.normal(0.6, 0.3, peak.size))
    taps = (Taps(onset, "E01"), Taps(np.sort(onset + rng.normal(0.2, 0.5, onset.size)), "E02"))
    counts = (Count(40, 0.0, 300.0, "E01"),)
    return Session(Recording(data, FS, CHANNELS, ("g", "au", "g")), taps=taps, counts=counts)


@cache
def answer(gap_in: tuple[str, ...] = CHANNELS, **given: Any) -> Analysis:
    return analyze(
        session(gap_in),
        Settings(**({"channel": "force", "n_surrogates": 39, "n_bootstrap": 50} | given)),
        rng=1,
    )


def periodicity(analysis: Analysis) -> Any:
    assert analysis.periodicity is not None
    return analysis.periodicity.statistic, analysis.periodicity.n_surrogates


def rate(analysis: Analysis) -> Any:
    return None if analysis.rate is None else (analysis.rate.low_cpm, analysis.rate.n_surrogates)


def count(analysis: Analysis) -> Any:
    assert analysis.cycle_count is not None
    return analysis.cycle_count.duration


def count_of_noise(analysis: Analysis) -> Any:
    assert analysis.cycle_count is not None
    return analysis.cycle_count.null_cpm


def course(analysis: Analysis) -> Any:
    assert analysis.time_course is not None
    return analysis.time_course.time.size


def usable(analysis: Analysis) -> Any:
    return analysis.quality.usable


def cuts(analysis: Analysis) -> Any:
    return analysis.quality.cuts


def drawn(analysis: Analysis) -> Any:
    assert analysis.traces is not None
    return analysis.traces.trace.x.tobytes()


def tapped(analysis: Analysis) -> Any:
    return [(found.resultant, found.lag_s, found.n_taps) for found in analysis.taps]


def statistic(analysis: Analysis) -> Any:
    return [found.v_statistic for found in analysis.taps]


def ratio(analysis: Analysis) -> Any:
    return [found.ratio_declared for found in analysis.taps]


def hits(analysis: Analysis) -> Any:
    return [found.f_measure for found in analysis.taps]


def hits_of_raters(analysis: Analysis) -> Any:
    return [found.f_measure for found in analysis.rater_pairs]


def references(analysis: Analysis) -> Any:
    return [(found.channel, found.coherence, found.band_power_fraction_left) for found in analysis.references]


def flags(analysis: Analysis) -> Any:
    return [flag.code for flag in analysis.flags]


def channel(analysis: Analysis) -> Any:
    return analysis.channel


def found(analysis: Analysis) -> Any:
    return analysis.found


def detection_power(analysis: Analysis) -> Any:
    return analysis.detection_power


# field: settings beside it, its other value, all that must not stay as it was
REACHES: dict[str, tuple[Mapping[str, Any], Any, tuple[Part, ...]]] = {
    "band_cpm": ({}, (7.0, 11.0), (periodicity, count, drawn, tapped, references, flags)),
    "alpha": ({}, 0.001, (rate, found)),
    "channel": ({}, "elbow", (channel, periodicity, drawn, tapped, references)),
    "references": ({}, ("elbow",), (references,)),
    "n_surrogates": ({}, 59, (periodicity, count_of_noise)),
    "n_bootstrap": ({}, 70, (rate,)),
    "min_duration": ({}, 140.0, (usable, cuts, periodicity, count)),
    "short_duration": ({"alpha": 0.001}, 300.0, (flags, detection_power)),
    "max_interpolated_gap": ({}, 2.0, (usable, cuts, periodicity, drawn, tapped)),
    "edge": ({}, 20.0, (count, count_of_noise, tapped)),
    "window": ({}, 90.0, (course,)),
    "lag_s": ({"polarity": 1}, (0.0, 1.0), (statistic,)),
    "polarity": ({}, -1, (tapped,)),
    "ratio": ({}, (2, 1), (ratio, tapped)),
    "taps_against": ({}, "residual", (tapped,)),
    "tolerance_fraction": ({}, 0.05, (hits, hits_of_raters)),
}


OF_A_PULSE = ("signal", "series")  # held by tests/analysis/test_pulse.py


def test_every_setting_is_asked_about() -> None:
    asked = {*REACHES, *OF_A_PULSE}
    assert asked == {field.name for field in fields(Settings)}


@pytest.mark.parametrize("field", REACHES)
def test_another_value_is_another_answer(field: str) -> None:
    beside, value, parts = REACHES[field]
    usual, other = answer(**beside), answer(**beside, **{field: value})
    same = [part.__name__ for part in parts if repr(part(usual)) == repr(part(other))]
    assert not same


@pytest.mark.parametrize(("field", "value"), [("min_duration", 140.0), ("max_interpolated_gap", 2.0)])
def test_a_gap_of_a_reference_alone_is_judged_by_the_same_settings(field: str, value: float) -> None:
    """Nothing else hangs on it here, so that the reference cannot have changed by way of the channel."""
    usual, other = answer(("breathing belt",)), answer(("breathing belt",), **{field: value})
    assert periodicity(usual) == periodicity(other)
    assert references(usual) != references(other)
