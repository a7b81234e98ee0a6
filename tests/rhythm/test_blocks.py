"""Blocks: what can be tested is cut out, what cannot is refused in words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from touchrhythm.rhythm.blocks import cut_into_blocks

BAND = (0.1, 0.2)
NAN = float("nan")


def noise(seconds: float, fs: float = 10.0, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(round(seconds * fs))


def test_blocks_have_unit_variance_together_and_know_what_a_unit_is() -> None:
    x = 5 + 0.3 * noise(600)
    blocks = cut_into_blocks(x, fs=10.0, band=BAND)
    joined = np.concatenate(blocks.pieces)
    assert np.mean(joined**2) == pytest.approx(1.0)
    assert blocks.scale == pytest.approx(np.std(blocks.segments[0].x), rel=0.02)
    assert blocks.duration == pytest.approx(600, abs=5)
    assert (blocks.skipped, blocks.onset) == (0.0, (0.0,))


def test_an_hour_is_cut_into_equal_blocks_that_follow_one_another() -> None:
    blocks = cut_into_blocks(noise(3600), fs=10.0, band=BAND)
    assert len(set(blocks.lengths)) == 1 and len(blocks.lengths) == 4
    np.testing.assert_allclose(np.diff(blocks.onset), blocks.lengths[0] / blocks.fs)


def test_two_stretches_of_150_s_are_both_used_and_never_joined() -> None:
    x = noise(310)
    x[1500:1600] = NAN
    x[1600:] += 1000
    blocks = cut_into_blocks(x, fs=10.0, band=BAND)
    assert blocks.onset == (0.0, 160.0)
    assert all(abs(piece).max() < 10 for piece in blocks.pieces)


def test_a_stretch_that_is_too_short_is_left_out_and_counted() -> None:
    x = noise(310)
    x[2000:2100] = NAN
    blocks = cut_into_blocks(x, fs=10.0, band=BAND)
    assert len(blocks.pieces) == 1
    assert blocks.skipped == pytest.approx(100, abs=0.5)


def test_two_minutes_to_the_sample_are_enough() -> None:
    for fs in (5.0, 10.0, 33.3, 100.0, 1000.0):
        blocks = cut_into_blocks(noise(120, fs), fs=fs, band=BAND)
        assert blocks.duration > 114


def refused(x: np.ndarray, message: str, *, fs: float = 10.0, band: tuple[float, float] = BAND) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        cut_into_blocks(x, fs=fs, band=band)


def test_a_recording_of_a_minute_is_refused() -> None:
    refused(noise(62), "the longest usable stretch lasts 62 s; a rate in 6–12 cpm needs at least 120 s")


def test_three_stretches_of_100_s_are_refused() -> None:
    x = noise(320)
    x[1000:1100] = x[2100:2200] = NAN
    refused(x, "the longest usable stretch lasts 100 s; a rate in 6–12 cpm needs at least 120 s")


def test_all_nan_is_refused() -> None:
    refused(np.full(6000, NAN), "x must hold numbers, got only NaN")


@pytest.mark.parametrize("level", [0.0, 5.0, 1e6, -3.25])
def test_a_constant_signal_is_refused_with_its_value(level: float) -> None:
    refused(np.full(6000, level), f"the signal must vary, got a constant (every sample is {level:g})")


def test_a_constant_signal_with_gaps_is_refused() -> None:
    x = np.full(6000, 2.0)
    x[1000:1002] = NAN
    refused(x, "the signal must vary, got a constant (every sample is 2)")


@pytest.mark.parametrize(
    ("band", "found"), [((0.02, 0.2), "1.2–12"), ((0.1, 0.55), "6–33"), ((0.01, 0.02), "0.6–1.2")]
)
def test_a_band_without_a_background_on_both_sides_is_refused(band: tuple[float, float], found: str) -> None:
    refused(
        noise(300),
        f"band must lie within 1.5–30 cpm to leave a background on both sides, got {found} cpm",
        band=band,
    )


def test_too_slow_a_sampling_rate_is_refused() -> None:
    refused(noise(600, 0.6), "fs must be at least 0.68 Hz to test a band up to 0.2 Hz, got 0.6 Hz", fs=0.6)


def test_infinity_and_tables_are_refused() -> None:
    x = noise(300)
    x[7] = np.inf
    refused(x, "x must be finite or NaN, got infinity at sample 7")
    refused(np.ones((300, 2)), "x must be one channel, shape (n_samples,), got shape (300, 2)")
