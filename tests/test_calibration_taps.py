"""Do unrelated tappers stay unrelated, and are followers found? Simulated truth, fixed seeds.

The cases are those of `benchmarks/taps_calibration.py`, whose full map stands in
`benchmarks/results/taps_calibration.tsv`.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import scipy


def _benchmark() -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / "taps_calibration.py"
    spec = importlib.util.spec_from_file_location("taps_calibration", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = _benchmark()
SHORT = ("both CV 10", "tapper 3 + jitter 15, signal 5", "common slow-down 30 %, CV 10")


def at_most(runs: int, share: float, cells: int) -> float:
    """Share that binomial chance exceeds in one of a thousand maps of so many cells."""
    return float(scipy.stats.binom.ppf(1 - 0.001 / cells, runs, share)) / runs


def at_least(runs: int, share: float, cells: int) -> float:
    return float(scipy.stats.binom.ppf(0.001 / cells, runs, share)) / runs


def test_unrelated_tappers_are_called_following_in_5_of_100() -> None:
    p = [bench.pvalues(bench.CASES[name], 5, 120.0, runs=50, seed=31)[:, :2] for name in SHORT]
    for cell in p:
        assert (np.mean(cell <= 0.05, axis=0) <= at_most(50, 0.05, 6)).all()
    pooled = np.concatenate(p)
    for level in (0.05, 0.2, 0.5):
        share = np.mean(pooled <= level, axis=0)
        assert (share <= at_most(150, level, 6)).all()
        assert (share >= at_least(150, 0.4 * level, 6)).all()  # not bought by never answering


@pytest.mark.long
def test_without_margins_they_are_called_following_in_at_most_10_of_100() -> None:
    p = np.concatenate([bench.pvalues(bench.CASES[name], 5, 0.0, runs=25, seed=32)[:, :2] for name in SHORT])
    assert (np.mean(p <= 0.05, axis=0) <= at_most(75, 0.05, 2)).all()


def test_rayleigh_calls_nine_of_ten_unrelated_metronomes_in_phase() -> None:
    p = bench.pvalues(bench.CASES["both CV 2"], 5, 120.0, runs=40, seed=33)
    assert np.mean(p[:, 2] <= 0.05) > 0.9
    assert np.mean(p[:, 0] <= 0.05) <= at_most(40, 0.05, 1)
    assert np.isnan(p[:, 0]).mean() > 0.2  # often nothing can be said, and nothing is


def test_a_follower_is_found() -> None:
    p = bench.pvalues(bench.CASES["follower jitter 10, signal CV 10"], 5, 120.0, runs=40, seed=34)
    found = np.mean(p[:, :2] <= 0.05, axis=0)
    assert found[0] >= at_least(40, 0.90, 2)
    assert found[1] >= at_least(40, 0.97, 2)


@pytest.mark.long
@pytest.mark.parametrize(
    ("minutes", "margin", "runs"), [(5, 120.0, 100), (10, 120.0, 60), (5, 0.0, 60), (10, 0.0, 30)]
)
def test_every_scenario_of_unrelated_tappers_keeps_its_level(
    minutes: float, margin: float, runs: int
) -> None:
    names = list(bench.NULLS)
    cells = np.stack(
        [bench.pvalues(bench.CASES[name], minutes, margin, runs=runs, seed=35)[:, :2] for name in names]
    )
    share = np.mean(cells <= 0.05, axis=1)
    worst = 0.07 if margin else 0.10
    for name, one in zip(names, share, strict=True):
        assert (one <= at_most(runs, worst, 2 * len(names))).all(), (name, one)
    pooled = np.mean(cells <= 0.05, axis=(0, 1))
    assert (pooled <= at_most(runs * len(names), 0.055, 2)).all(), pooled
    assert (pooled >= at_least(runs * len(names), 0.04 if margin else 0.025, 2)).all(), pooled
    if margin:
        assert (np.mean(cells <= 0.01, axis=(0, 1)) <= at_most(runs * len(names), 0.012, 2)).all()


@pytest.mark.long
@pytest.mark.parametrize("name", list(bench.HARDER))
def test_odder_tappers_and_sensors_keep_the_level(name: str) -> None:
    p = bench.pvalues(bench.CASES[name], 5, 120.0, runs=80, seed=36)[:, :2]
    assert (np.mean(p <= 0.05, axis=0) <= at_most(80, 0.07, 2 * len(bench.HARDER))).all()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "minutes", "by_r", "by_v"),
    [
        ("follower jitter 20, signal CV 10", 5, 0.52, 0.84),
        ("follower jitter 20, signal CV 10", 10, 0.75, 0.98),
        ("follower jitter 10, signal CV 10", 5, 0.93, 0.99),
        ("follower jitter 10, signal CV 10", 10, 0.97, 0.995),
        ("follower jitter 20, signal CV 5", 5, 0.21, 0.53),
        ("follower jitter 20, signal CV 5", 10, 0.33, 0.66),
        ("two raters of one rhythm, jitter 20", 5, 0.20, 0.38),
        ("two raters of one rhythm, jitter 20", 10, 0.47, 0.67),
    ],
)
def test_followers_are_found_as_often_as_known(name: str, minutes: float, by_r: float, by_v: float) -> None:
    found = np.mean(
        bench.pvalues(bench.CASES[name], minutes, 120.0, runs=100, seed=37)[:, :2] <= 0.05, axis=0
    )
    assert found[0] >= at_least(100, by_r, 16)
    assert found[1] >= at_least(100, by_v, 16)
