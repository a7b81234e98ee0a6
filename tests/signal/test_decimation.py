"""Decimation: what is in the band stays, what is not does not fold into it, and gaps split."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.signal import decimation
from touchrhythm.signal.decimation import (
    PASSBAND,
    STOPBAND_DB,
    _every,
    _lowpass,
    decimate,
    decimated_segments,
    segments,
)

RATES = [10.0, 25.0, 33.3, 50.0, 60.0, 80.0, 100.0, 128.0, 250.0, 500.0, 1000.0]
NAN = float("nan")


@pytest.mark.parametrize("fs", RATES)
def test_a_slow_sine_comes_out_as_the_same_sine_at_a_few_hertz(fs: float) -> None:
    time = np.arange(int(200 * fs)) / fs
    for freq in (0.05, 0.15, 0.45, 0.6):
        y, fs_out = decimate(np.cos(2 * np.pi * freq * time + 0.3), fs=fs)
        assert 2.5 <= fs_out <= 5.0
        assert abs(fs / fs_out - round(fs / fs_out)) < 1e-9
        at = np.arange(y.size) / fs_out
        inner = (at > 15) & (at < 185)
        expected = np.cos(2 * np.pi * freq * at + 0.3)
        # 80 dB of stop band mean as small a ripple in the pass band, twice over
        np.testing.assert_allclose(y[inner], expected[inner], atol=5e-4)


@pytest.mark.parametrize("fs", [10.0, 50.0, 100.0, 1000.0])
def test_whatever_would_fold_below_the_pass_band_edge_is_80_db_down(fs: float) -> None:
    time = np.arange(int(300 * fs)) / fs
    fs_out = decimate(np.zeros(time.size), fs=fs)[1]
    worst = 0.0
    for k in range(1, int(fs / 2 / fs_out) + 1):
        for folded in (0.02, 0.1, 0.15, 0.2, 0.6):
            for freq in (k * fs_out - folded, k * fs_out + folded):
                if freq < fs / 2 and k in (1, 2, 3, int(fs / 2 / fs_out)):
                    y, _ = decimate(np.sin(2 * np.pi * freq * time), fs=fs)
                    worst = max(worst, float(np.abs(y[20:-20]).max()))
    assert worst < 2e-4  # 80 dB is 1e-4; two stages may add up


def test_tremor_at_10_hz_does_not_appear_in_the_band() -> None:
    time = np.arange(100 * 300) / 100.0
    y, _ = decimate(5 * np.sin(2 * np.pi * 10.15 * time), fs=100.0)
    assert np.abs(y[20:-20]).max() < 5e-4


def test_a_channel_that_is_slow_already_is_left_as_it_is() -> None:
    x = np.random.default_rng(1).standard_normal(400)
    y, fs_out = decimate(x, fs=2.0)
    assert fs_out == 2.0
    np.testing.assert_array_equal(y, x)
    assert y is not x


def test_chunks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    x = np.cumsum(rng.standard_normal(70_001))
    x[rng.integers(100, 69_000, 300)] = NAN
    whole, _ = decimate(x, fs=100.0)
    monkeypatch.setattr(decimation, "CHUNK", 4096)
    pieces, _ = decimate(x, fs=100.0)
    np.testing.assert_allclose(pieces, whole, rtol=0, atol=1e-9 * np.nanmax(np.abs(x)))


def test_stretches_do_not_depend_on_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(5000)
    for start in rng.integers(0, 4900, 60):
        x[start : start + rng.integers(1, 80)] = NAN
    whole = segments(x, fs=100.0)
    for chunk in (7, 100, 1024):
        monkeypatch.setattr(decimation, "CHUNK", chunk)
        np.testing.assert_array_equal(segments(x, fs=100.0), whole)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([1, 2, 3], [[0, 3]]),
        ([NAN, 1, NAN], [[1, 2]]),
        ([1, NAN, 2], [[0, 3]]),
        ([1, NAN, NAN, NAN, 2], [[0, 1], [4, 5]]),
        ([NAN, NAN], np.zeros((0, 2))),
    ],
)
def test_stretches_begin_and_end_with_a_number_and_split_at_long_gaps(x: list[float], expected: list) -> None:
    np.testing.assert_array_equal(segments(np.array(x, dtype=float), fs=1.0, max_gap=2.0), expected)


def test_a_gap_of_half_a_second_is_interpolated_and_a_longer_one_splits() -> None:
    x = np.ones(1000)
    x[500:505] = NAN
    assert len(segments(x, fs=10.0)) == 1
    x[505] = NAN
    assert len(segments(x, fs=10.0)) == 2


def test_short_dropouts_are_bridged_in_a_straight_line() -> None:
    time = np.arange(3000) / 10
    x = 0.2 * time
    x[700:704] = NAN
    y, fs_out = decimate(x, fs=10.0)
    np.testing.assert_allclose(y, 0.2 * np.arange(y.size) / fs_out, atol=0.01)


def test_each_stretch_is_decimated_by_itself_and_keeps_its_place_in_time() -> None:
    time = np.arange(100 * 400) / 100.0
    x = np.cos(2 * np.pi * 0.15 * time)
    x[15_000:20_050] = NAN
    first, second = decimated_segments(x, fs=100.0)
    assert (first.onset, second.onset) == (0.0, 200.5)
    assert first.duration == pytest.approx(150.0, abs=1 / first.fs)
    for one in (first, second):
        at = one.onset + np.arange(one.x.size) / one.fs
        inner = slice(40, -40)
        np.testing.assert_allclose(one.x[inner], np.cos(2 * np.pi * 0.15 * at)[inner], atol=5e-4)


def test_crumbs_between_gaps_are_no_stretches() -> None:
    x = np.full(1000, NAN)
    x[::20] = 1.0
    assert decimated_segments(x, fs=10.0) == ()


@pytest.mark.parametrize(("fs", "factor"), [(80.0, 8), (20.0, 2), (13.17, 5), (1000.0, 100), (7.3, 2)])
def test_the_low_pass_and_the_thinning_are_those_of_scipy(fs, factor):
    low, high = PASSBAND, max(fs / factor - PASSBAND, 1.1 * PASSBAND)
    n_taps, beta = scipy.signal.kaiserord(STOPBAND_DB, (high - low) / (fs / 2))
    half = -(-(n_taps // 2 + 1) // factor) * factor
    taps = scipy.signal.firwin(2 * half + 1, (low + high) / 2, window=("kaiser", beta), fs=fs)
    np.testing.assert_allclose(_lowpass(fs, factor), taps, rtol=0, atol=1e-15)
    x = np.random.default_rng(0).standard_normal(7 * taps.size + 3)
    lead = 2 * half // factor
    kept = _every(x, taps, factor)
    np.testing.assert_allclose(
        kept, scipy.signal.upfirdn(taps, x, 1, factor)[lead : lead + kept.size], rtol=0, atol=1e-14
    )
    assert kept.size == (x.size - taps.size) // factor + 1
