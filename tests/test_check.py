"""The porter: what goes in comes out plain, what must not go in is told why."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from touchrhythm._check import (
    check_band,
    check_duration,
    check_fraction,
    check_fs,
    check_onset,
    check_rng,
    check_signal,
)

NAN, INF = float("nan"), float("inf")


def test_a_signal_comes_out_as_float64_with_its_gaps() -> None:
    out = check_signal([1, NAN, 3])
    assert out.dtype == np.float64
    np.testing.assert_array_equal(out, [1.0, NAN, 3.0])


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (["a"], TypeError, "x must hold numbers, got list"),
        ("force", TypeError, "x must hold numbers, got str"),
        ([[1.0, 2.0]], ValueError, "x must be one channel, shape (n_samples,), got shape (1, 2)"),
        (3.0, ValueError, "x must be one channel, shape (n_samples,), got shape ()"),
        ([], ValueError, "x must hold samples, got an empty array"),
        ([1.0, 2.0, -INF], ValueError, "x must be finite or NaN, got infinity at sample 2"),
    ],
)
def test_what_is_no_channel_is_refused(x: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        check_signal(x)


def test_a_refusal_names_the_argument() -> None:
    with pytest.raises(ValueError, match=re.escape("reference must hold samples, got an empty array")):
        check_signal([], "reference")


@pytest.mark.parametrize(
    ("fs", "error", "message"),
    [
        (0, ValueError, "fs must be above 0 Hz, got 0 Hz"),
        (-80.0, ValueError, "fs must be above 0 Hz, got -80 Hz"),
        (NAN, ValueError, "fs must be finite, got nan"),
        (INF, ValueError, "fs must be finite, got inf"),
        ("80", TypeError, "fs must be a number, got '80'"),
        (True, TypeError, "fs must be a number, got True"),
        (None, TypeError, "fs must be a number, got NoneType"),
    ],
)
def test_what_is_no_sampling_rate_is_refused(fs: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        check_fs(fs)
    assert check_fs(80) == 80.0


@pytest.mark.parametrize(
    ("band", "fs", "error", "message"),
    [
        ((0.0, 0.2), 10.0, ValueError, "band must start above 0 Hz, got 0 Hz"),
        ((0.2, 0.1), 10.0, ValueError, "band must be (low, high) with low below high, got (0.2, 0.1) Hz"),
        ((0.1, 0.1), 10.0, ValueError, "band must be (low, high) with low below high, got (0.1, 0.1) Hz"),
        (
            (0.1, 0.2),
            0.3,
            ValueError,
            "band must end below half the sampling rate, got 0.2 Hz with fs=0.3 Hz",
        ),
        (
            (6, 12),
            10.0,
            ValueError,
            "band must end below half the sampling rate, got 12 Hz with fs=10 Hz (is the band in cycles per minute?)",
        ),
        (
            (6, 12),
            100.0,
            ValueError,
            "band must lie below 1 Hz, got (6, 12) Hz (cycles per minute? 6–12 cpm is 0.1–0.2 Hz)",
        ),
        ((0.1,), 10.0, ValueError, "band must be two numbers (low, high) in Hz, got (0.1,)"),
        (("0.1", 0.2), 10.0, TypeError, "band must be two numbers (low, high) in Hz, got ('0.1', 0.2)"),
        (0.1, 10.0, TypeError, "band must be two numbers (low, high) in Hz, got 0.1"),
        ((0.1, NAN), 10.0, ValueError, "band must be two numbers (low, high) in Hz, got (0.1, nan)"),
    ],
)
def test_what_is_no_band_is_refused_with_the_likely_slip(
    band: Any, fs: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        check_band(band, fs)


def test_a_band_comes_out_as_two_numbers() -> None:
    assert check_band([0.1, 0.2], 10.0) == (0.1, 0.2)  # type: ignore[arg-type]


def test_too_short_a_recording_is_told_how_long_it_must_be() -> None:
    message = "the longest usable stretch lasts 62 s; a rate in 6–12 cpm needs at least 120 s"
    with pytest.raises(ValueError, match=re.escape(message)):
        check_duration(62.0, 120.0, (0.1, 0.2))
    check_duration(120.0, 120.0, (0.1, 0.2))


@pytest.mark.parametrize(
    ("onset", "error", "message"),
    [
        (["early"], TypeError, "onset must hold times in seconds, got list"),
        ([[1.0]], ValueError, "onset must be a list of times, shape (n,), got shape (1, 1)"),
        ([1.0, NAN, 3.0], ValueError, "onset must be finite, got nan at position 1"),
        ([1.0, 1.0], ValueError, "onset must increase, got twice the same time: 1 s, then 1 s"),
        ([1.0, 3.0, 2.0], ValueError, "onset must increase, got a step back: 3 s, then 2 s"),
    ],
)
def test_what_are_no_times_is_refused(onset: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        check_onset(onset)


def test_no_taps_at_all_are_times_too() -> None:
    assert check_onset([]).shape == (0,)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 5])
def test_a_share_lies_strictly_between_0_and_1(share: float) -> None:
    with pytest.raises(ValueError, match=re.escape(f"alpha must lie between 0 and 1, got {share:g}")):
        check_fraction(share, "alpha")


def test_the_same_seed_makes_the_same_generator_and_a_generator_is_passed_through() -> None:
    assert check_rng(7).random() == check_rng(np.int64(7)).random()
    given = np.random.default_rng(1)
    assert check_rng(given) is given


@pytest.mark.parametrize("rng", [True, 1.5, "seed", np.random.RandomState(1)])
def test_what_is_no_source_of_randomness_is_refused(rng: Any) -> None:
    message = f"rng must be a seed (whole number) or numpy.random.Generator, got {type(rng).__name__}"
    with pytest.raises(TypeError, match=re.escape(message)):
        check_rng(rng)
