"""Sample times become a uniform grid, or a sentence that says why not."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchrhythm.signal.resampling import BadTimes, to_uniform


def test_samples_on_a_grid_are_kept_as_they_are():
    x = np.random.default_rng(1).normal(size=(5000, 2))
    grid = to_uniform(np.arange(5000) / 100, x)
    assert grid.fs == 100.0
    assert grid.import_notes == ()
    np.testing.assert_array_equal(grid.data, x)


@pytest.mark.parametrize("fs", [10.0, 93.1, 100.0, 128.0, 1000 / 15, 1000.0])
@pytest.mark.parametrize("start", [0.0, 12.34, 1.7e9])
def test_the_rate_is_read_from_times_rounded_to_the_millisecond(fs, start):
    n = 20_000
    time = np.round(start + np.arange(n) / fs, 3)
    grid = to_uniform(time, np.arange(n, dtype=float))
    assert grid.fs == pytest.approx(fs, rel=1e-6)
    assert grid.data.shape == (n, 1)
    if fs != 1000.0:
        np.testing.assert_array_equal(grid.data[:, 0], np.arange(n))


def test_a_board_sold_as_80_is_read_at_the_93_it_does():
    rng = np.random.default_rng(2)
    rate = 93 + np.cumsum(rng.normal(0, 0.01, 20_000))
    time = np.cumsum(1 / rate) + rng.normal(0, 2e-4, 20_000)
    true = np.sin(2 * np.pi * 0.13 * time)
    grid = to_uniform(time, true)
    assert abs(grid.fs - 1 / np.mean(np.diff(time))) < 0.5
    at = grid.start + np.arange(len(grid.data)) / grid.fs
    # linear interpolation of a 0.13 Hz sine at 93 Hz errs by (2π·0.13/93)²/8 ≈ 1e-5
    np.testing.assert_allclose(grid.data[:, 0], np.sin(2 * np.pi * 0.13 * at), atol=1e-4)
    assert any("unevenly spaced" in one and "wanders between" in one for one in grid.import_notes)


def test_missing_samples_are_interpolated_and_long_gaps_are_not():
    time = np.delete(np.arange(1000) / 50, np.r_[100, 200:203, 400:500])
    grid = to_uniform(time, np.round(time * 50))
    assert grid.fs == 50.0
    assert len(grid.data) == 1000
    missing = np.flatnonzero(np.isnan(grid.data[:, 0]))
    np.testing.assert_array_equal(missing, np.arange(400, 500))
    np.testing.assert_allclose(
        np.delete(grid.data[:, 0], missing), np.delete(np.arange(1000), missing), atol=1e-9
    )
    assert grid.n_missing == 104
    assert grid.import_notes == (
        "1 gap without samples, 2.0 s in all, the longest 2.0 s at 0:08",
        "4 samples were missing here and there (0.4 %) and interpolated",
    )


def test_a_gap_off_the_grid_is_empty_and_both_sides_keep_their_times():
    first, second = np.arange(500) / 100, 10.0037 + np.arange(500) / 100
    time = np.concatenate((first, second))
    grid = to_uniform(time, time)
    at = np.arange(len(grid.data)) / grid.fs
    known = ~np.isnan(grid.data[:, 0])
    assert not known[(at > 5.01) & (at < 9.99)].any()
    assert known[(at < 4.98) | ((at > 10.01) & (at < 14.98))].all()
    np.testing.assert_allclose(grid.data[known, 0], at[known], atol=0.006)


def test_late_samples_are_jitter_and_not_missing_ones():
    rng = np.random.default_rng(3)
    time = np.arange(5000) / 50 + rng.uniform(0, 0.016, 5000)
    grid = to_uniform(time, np.ones(5000))
    assert grid.fs == pytest.approx(50, rel=0.002)
    assert grid.n_missing <= 25


def test_arrival_times_in_bursts_are_spread_evenly_between_gaps():
    fs, n = 80.0, 4000
    sent = np.concatenate((np.arange(n // 2) / fs, 40 + np.arange(n // 2) / fs))
    arrived = np.ceil(sent / 0.016) * 0.016  # USB frames of 16 ms: times repeat
    assert (np.diff(arrived) == 0).any()
    grid = to_uniform(arrived, sent, arrival=True)
    assert grid.fs == pytest.approx(fs, rel=1e-3)
    known = ~np.isnan(grid.data[:, 0])
    at = np.arange(len(grid.data)) / grid.fs
    assert np.abs(grid.data[known, 0] - at[known]).max() < 0.02
    assert not known[(at > 25.5) & (at < 39.5)].any()


@pytest.mark.parametrize(
    ("time", "sample", "message"),
    [
        (
            [0, 0.1, 0.05, 0.2],
            2,
            "time runs backwards, from 0.1 s to 0.05 s (two recordings in one file, or a board that restarted?)",
        ),
        (
            [3.0, 2.0, 1.0],
            None,
            "time runs backwards from the first sample to the last (is the table in reverse order?)",
        ),
        (
            [0, 0.1, 0.1, 0.2],
            2,
            "the time 0.1 s stands twice; 1 of 4 times do (too few decimals? without the time column a sampling rate will do)",
        ),
        ([5, 5, 5], None, "all samples have the same time, 5 s"),
        ([0, 10, 20], None, "samples are 10 s apart (are the times in milliseconds or microseconds?)"),
        (
            [45000.0, 45000.0 + 1e-7, 45000.0 + 2e-7],
            None,
            "samples are only 1e-07 s apart (are the times in days, as spreadsheets store them?)",
        ),
        ([0, np.nan, 1], 1, "a sample has no time"),
        ([0], None, "at least two samples are needed to know the sampling rate, got 1"),
    ],
)
def test_times_that_make_no_grid_are_refused_with_the_sample(time, sample, message):
    with pytest.raises(BadTimes, match="^" + re.escape(message[:30])) as caught:
        to_uniform(time, np.zeros(len(time)))
    assert caught.value.sample == sample
    if "apart" not in message:
        assert str(caught.value) == message


def test_times_and_samples_must_be_as_many():
    with pytest.raises(
        ValueError, match=re.escape("time must hold one time per sample, got (2,) times for (3, 1) samples")
    ):
        to_uniform([0, 1], [1, 2, 3])


@settings(max_examples=40, deadline=None)
@given(
    fs=st.sampled_from([1.0, 12.5, 50.0, 93.1, 250.0]),
    n=st.integers(20, 400),
    dropped=st.sets(st.integers(1, 18)),
    start=st.floats(-1e4, 1e6),
)
def test_samples_that_are_there_come_back_at_their_places(fs, n, dropped, start):
    kept = np.array([k for k in range(n) if k not in dropped or k % 3])
    grid = to_uniform(start + kept / fs, kept.astype(float))
    assert grid.fs == pytest.approx(fs, rel=1e-3)
    assert len(grid.data) == n
    np.testing.assert_allclose(grid.data[kept, 0], kept, atol=1e-3)


def test_times_that_jump_by_years_make_no_grid_of_billions():
    time = np.concatenate((np.arange(100) / 10, 1e9 + np.arange(100) / 10))
    with pytest.raises(BadTimes, match="do the times jump here") as caught:
        to_uniform(time, np.zeros(200))
    assert caught.value.sample == 100
