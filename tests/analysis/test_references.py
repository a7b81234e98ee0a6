"""Where is a rhythm that no reference makes still in doubt?"""

from __future__ import annotations

import numpy as np
import pytest

from analyses import analysis, reference
from touchrhythm.analysis.recipe import analyze
from touchrhythm.analysis.references import untried_multiples
from touchrhythm.session import Recording, Session
from touchrhythm.settings import Settings
from touchrhythm.signal.artifacts import find_cuts

QUICK = Settings(n_surrogates=99, n_bootstrap=50)


@pytest.mark.parametrize(
    ("main", "said"),
    [
        (2.67, ["3 × 2.67 = 8.01"]),
        (2.01, ["4 × 2.0 = 8.0"]),
        (24.1, ["1/3 × 24.1 = 8.0"]),
        (5.36, ["3/2 × 5.36 = 8.04"]),
        (12.03, ["2/3 × 12.0 = 8.0"]),
        (4.01, []),  # twice, which is tried
        (16.04, []),  # half, which is tried
        (14.3, []),
    ],
)
def test_an_own_rhythm_at_a_small_multiple_of_a_breath_that_was_not_tried_is_told(main, said):
    found = untried_multiples(analysis(references=(reference("own", main_cpm=main),)))
    assert [multiple.arithmetic for multiple in found] == said


def test_beside_a_breath_it_is_the_rhythm_left_that_counts():
    assert untried_multiples(analysis(references=(reference("both", main_cpm=5.0),)))
    assert not untried_multiples(analysis(references=(reference("both", main_cpm=2.67),)))


@pytest.mark.parametrize("verdict", ["explained", "cannot be told"])
def test_where_nothing_of_its_own_is_claimed_there_is_nothing_to_doubt(verdict):
    assert not untried_multiples(analysis(references=(reference(verdict, main_cpm=2.67),)))


@pytest.mark.parametrize(("times", "at"), [(3.0, "3"), (2.6, None)])
def test_a_third_harmonic_that_only_the_force_has_is_doubted_and_another_rate_is_not(times, at):
    fs, rng = 10.0, np.random.default_rng(7)
    cycles = 2.7 / 60 * np.arange(6000) / fs
    belt = np.cos(2 * np.pi * cycles) + 0.1 * rng.standard_normal(cycles.size)
    force = np.cos(2 * np.pi * times * cycles) + rng.standard_normal(cycles.size)
    recording = Recording(np.column_stack((force, belt)), fs, ("force", "belt"), roles=("force", "breathing"))
    found = analyze(Session(recording), QUICK, rng=1)
    (belt_says,) = found.references
    assert (belt_says.verdict, belt_says.main_cpm) == ("own", pytest.approx(2.7, abs=0.05))
    assert next((f.values["times"] for f in found.flags if f.code == "untried_multiple"), None) == at


@pytest.mark.parametrize(
    ("away", "share"), [(np.nan, 0.5), (0.0, 0.8), (0.731, 0.6), ("last", 0.5), ("last", 1.0)]
)
def test_the_time_that_a_belt_was_there_is_told_however_it_went(away, share):
    fs, rng, n = 10.0, np.random.default_rng(8), 6000
    belt = 2 + np.cos(2 * np.pi * 15 / 60 * np.arange(n) / fs) + 0.05 * rng.standard_normal(n)
    force = np.cos(2 * np.pi * 8 / 60 * np.arange(n) / fs) + rng.standard_normal(n)
    stop = round(share * n)
    belt[stop:] = belt[stop - 1] if away == "last" else away
    recording = Recording(np.column_stack((force, belt)), fs, ("force", "belt"), roles=("force", "breathing"))
    found = analyze(Session(recording), QUICK, rng=1)
    assert found.references[0].time_fraction == pytest.approx(share, abs=0.01)
    part = [flag.severity for flag in found.flags if flag.code == "reference_part"]
    assert part == {0.8: [3], 1.0: []}.get(share, [2])


def test_a_belt_that_slipped_records_less_but_was_there():
    fs, rng, n = 10.0, np.random.default_rng(8), 6000
    belt = np.cos(2 * np.pi * 8 / 60 * np.arange(n) / fs) + 0.05 * rng.standard_normal(n)
    force = belt + rng.standard_normal(n)
    belt[2000:] = 0.35 * belt[2000:] - 3.0
    recording = Recording(np.column_stack((force, belt)), fs, ("force", "belt"), roles=("force", "breathing"))
    assert any(cut.label == "no contact" for cut in find_cuts(belt, fs))
    found = analyze(Session(recording), QUICK, rng=1)
    assert found.references[0].time_fraction == pytest.approx(1, abs=0.01)
    assert "reference_part" not in {flag.code for flag in found.flags}


def test_a_belt_that_clips_at_each_crest_was_there_all_the_time():
    fs, rng, n = 10.0, np.random.default_rng(8), 6000
    belt = np.minimum(0.3, np.cos(2 * np.pi * 9 / 60 * np.arange(n) / fs) + 0.05 * rng.standard_normal(n))
    force = np.cos(2 * np.pi * 7 / 60 * np.arange(n) / fs) + rng.standard_normal(n)
    recording = Recording(np.column_stack((force, belt)), fs, ("force", "belt"), roles=("force", "breathing"))
    assert analyze(Session(recording), QUICK, rng=1).references[0].time_fraction == pytest.approx(1, abs=0.01)
