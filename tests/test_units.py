"""Units: the numbers a clinician would work out by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest

from touchrhythm.units import (
    band_to_hz,
    clock_to_seconds,
    count_quantisation_cpm,
    count_to_cpm,
    counts_to_grams,
    cpm_to_hz,
    hz_to_cpm,
    minutes_seconds,
    period_to_cpm,
)


@pytest.mark.parametrize(("cpm", "hz"), [(6.0, 0.1), (12.0, 0.2), (90.0, 1.5)])
def test_cycles_per_minute_and_hertz_are_turned_into_one_another(cpm: float, hz: float) -> None:
    assert cpm_to_hz(cpm) == pytest.approx(hz, rel=1e-15)
    assert hz_to_cpm(hz) == pytest.approx(cpm, rel=1e-15)


def test_arrays_of_rates_are_turned_element_by_element() -> None:
    np.testing.assert_allclose(hz_to_cpm(np.array([0.1, 0.15])), [6.0, 9.0], rtol=1e-15)


def test_band_and_period_and_counts_become_rates() -> None:
    assert band_to_hz((6, 12)) == (0.1, 0.2)
    assert period_to_cpm(7.5) == 8.0
    assert count_to_cpm(27, 180.0) == 9.0


def test_quantisation_of_a_count_is_that_of_simulated_whole_counts() -> None:
    # whole cycles of an 8.3 cpm rhythm that begins anywhere, reported for one minute by someone who
    # starts and stops counting on a cycle: the error is the difference of two uniform phases
    rng = np.random.default_rng(1)
    error = count_to_cpm(1.0, 60.0) * (rng.random(200_000) - rng.random(200_000))
    assert count_quantisation_cpm(60.0) == pytest.approx(1.96 * error.std(), rel=0.01)


def test_counts_become_grams_along_the_calibration_line() -> None:
    assert counts_to_grams(1500.0, counts_per_gram=100.0, zero_counts=1000.0) == 5.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (95, "1:35"), (-5, "-0:05"), (3600, "60:00")]
)
def test_time_is_shown_as_minutes_and_seconds(seconds: float, text: str) -> None:
    assert minutes_seconds(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"), [("95.5", 95.5), ("1:35.5", 95.5), ("0:01:35,5", 95.5), (" 1:00:00 ", 3600.0)]
)
def test_clock_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert clock_to_seconds(text) == seconds


@pytest.mark.parametrize("text", ["1:2:3:4", "1:x", "", "1::2"])
def test_what_is_no_time_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"a time must be h:m:s, m:s or s, got {text!r}")):
        clock_to_seconds(text)
