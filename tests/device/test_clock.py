"""Device time against host time: wraps, drift, one-sided delays, stalls."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchrhythm.device.clock import arrival_times, fit_clock, unwrap_device_time, wire_time

HOUR_S = 3600.0


def _hour(
    rng: np.random.Generator, *, ppm: float, duration: float = HOUR_S, wander: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """True host times of the conversions and what the device's clock showed then."""
    host = 1000.0 + np.arange(0.0, duration, 1 / 81.04)
    lost = wander * np.sin(2 * np.pi * (host - 1000.0) / 2400.0) * 2400.0 / (2 * np.pi)
    return host, 3.2 + (host - 1000.0) * (1 + ppm * 1e-6) + lost


def _delays(rng: np.random.Generator, n: int) -> np.ndarray:
    """Scheduling and USB: mostly below 2 ms, sometimes tens of milliseconds, never negative."""
    return rng.exponential(0.0015, n) + rng.exponential(0.03, n) * (rng.random(n) < 0.05)


@pytest.mark.parametrize("ppm", [-2000.0, 0.0, 2000.0])
def test_an_hour_with_a_bad_resonator_is_mapped_within_a_millisecond(ppm: float) -> None:
    rng = np.random.default_rng(11)
    host, device = _hour(rng, ppm=ppm, wander=20e-6)
    constant = wire_time(34, 115200)
    clock = fit_clock(device, host + constant + _delays(rng, host.size), constant=constant)
    error = clock.to_host(device) - host
    assert np.median(np.abs(error)) < 1e-3
    assert np.max(np.abs(error)) < 2e-3
    assert clock.ppm == pytest.approx(ppm, abs=3.0)
    assert clock.steps.size == 0


def test_the_known_delay_is_taken_off_and_named() -> None:
    rng = np.random.default_rng(12)
    host, device = _hour(rng, ppm=300.0, duration=120.0)
    arrival = host + 0.004 + _delays(rng, host.size)
    with_constant = fit_clock(device, arrival, constant=0.004)
    assert with_constant.constant == 0.004
    assert np.median(with_constant.to_host(device) - host) == pytest.approx(0.0, abs=3e-4)
    assert np.median(fit_clock(device, arrival).to_host(device) - host) == pytest.approx(0.004, abs=3e-4)


@pytest.mark.parametrize("at", [0.0, 2.0, 60.0, 301.3, 594.0])
def test_a_host_that_stalls_for_four_seconds_does_not_bend_the_map(at: float) -> None:
    rng = np.random.default_rng(13)
    host, device = _hour(rng, ppm=-1200.0, duration=600.0)
    arrival = host + _delays(rng, host.size)
    stalled = (arrival >= 1000.0 + at) & (arrival < 1004.0 + at)
    arrival[stalled] = 1004.0 + at
    clock = fit_clock(device, arrival)
    assert np.max(np.abs(clock.to_host(device) - host)) < 2e-3
    assert clock.delay.max() > 3.9
    assert clock.steps.size == 0


def test_a_stall_longer_than_a_block_is_let_go_of() -> None:
    rng = np.random.default_rng(14)
    host, device = _hour(rng, ppm=800.0, duration=600.0)
    arrival = host + _delays(rng, host.size)
    stalled = (arrival >= 1200.0) & (arrival < 1240.0)
    arrival[stalled] = 1240.0
    clock = fit_clock(device, arrival)
    assert np.max(np.abs(clock.to_host(device) - host)) < 4e-3


def test_a_host_clock_that_slept_is_a_step_and_not_a_slope() -> None:
    rng = np.random.default_rng(15)
    host, device = _hour(rng, ppm=500.0, duration=600.0)
    shown = host - np.where(host >= 1300.0, 20.0, 0.0)
    clock = fit_clock(device, shown + _delays(rng, host.size))
    away = np.abs(host - 1300.0) > 5.0
    assert np.max(np.abs(clock.to_host(device) - shown)[away]) < 2e-3
    assert clock.steps.size == 1
    assert abs(clock.steps[0] - device[np.searchsorted(host, 1300.0)]) < 6.0
    assert clock.ppm == pytest.approx(500.0, abs=20.0)


def test_a_run_of_a_few_samples_is_mapped_too() -> None:
    clock = fit_clock([1.0, 1.0125], [50.001, 50.0136])
    assert clock.to_host([1.0, 1.0125]) == pytest.approx([50.001, 50.0135], abs=2e-4)


@pytest.mark.parametrize("start_us", [0, 4_294_967_295 - 5_000_000, 4_294_967_295])
def test_wraps_are_undone_at_any_place(start_us: int) -> None:
    rng = np.random.default_rng(17)
    true_us = start_us + np.arange(0, 3 * 4_294_967_296, 12_500_000)
    host = 5.0 + true_us * 1e-6 * 1.002 + rng.exponential(0.5, true_us.size)
    seconds = unwrap_device_time(true_us % 2**32, host)
    assert seconds - seconds[0] == pytest.approx((true_us - true_us[0]) * 1e-6, abs=1e-6)


@pytest.mark.parametrize("gap_s", [1.0, 2200.0, 4300.0, 10000.0])
def test_a_long_gap_gets_the_wraps_that_the_host_saw_pass(gap_s: float) -> None:
    true_us = np.array([4_000_000_000, 4_000_012_500, 4_000_012_500 + int(gap_s * 1e6)])
    host = np.array([10.0, 10.0125, 10.0125 + gap_s + 4.0])
    assert unwrap_device_time(true_us % 2**32, host)[-1] == pytest.approx(true_us[-1] * 1e-6, abs=1e-6)


def test_an_edge_stamped_before_the_sample_that_came_first_stays_before_it() -> None:
    seconds = unwrap_device_time([4_294_967_000, 200, 4_294_967_290, 12_700], [0.0, 0.01, 0.011, 0.02])
    assert list(np.argsort(seconds)) == [0, 2, 1, 3]


def test_seconds_for_microseconds_are_refused_with_a_hint() -> None:
    with pytest.raises(ValueError, match=re.escape("32-bit microseconds, 0 to 4294967295 (are they seconds")):
        unwrap_device_time([-1], [0.0])
    with pytest.raises(ValueError, match="one shape"):
        unwrap_device_time([1, 2], [0.0])


def test_what_cannot_be_mapped_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two"):
        fit_clock([1.0], [2.0])
    with pytest.raises(ValueError, match="finite"):
        fit_clock([1.0, np.nan], [2.0, 3.0])
    with pytest.raises(ValueError, match="baud must be above 0"):
        wire_time(30, 0)


def test_arrival_alone_gives_regular_times_and_breaks_at_real_gaps_only() -> None:
    rng = np.random.default_rng(18)
    true = 100.0 + np.arange(8000) / 80.0
    true[4000:] += 3.0  # the cable was out: lines are missing
    arrival = true + rng.exponential(0.003, true.size)
    late = (arrival > 120.0) & (arrival < 122.0)
    arrival[late] = 122.0  # the host was busy: lines came late, none is missing
    arrival = np.maximum.accumulate(arrival)
    times, segment = arrival_times(arrival)
    assert segment[-1] == 1 and np.flatnonzero(np.diff(segment)).tolist() == [3999]
    for number in (0, 1):
        here = segment == number
        steps = np.diff(times[here])
        assert np.ptp(steps) < 1e-9
        assert steps[0] == pytest.approx(1 / 80.0, rel=2e-3)
        assert np.median(np.abs(times[here] - true[here])) < 0.06


def test_arrival_that_goes_back_is_refused() -> None:
    with pytest.raises(ValueError, match="must not decrease"):
        arrival_times([1.0, 2.0, 1.5])
    with pytest.raises(ValueError, match="at least two"):
        arrival_times([1.0])


@settings(max_examples=25, deadline=None)
@given(
    ppm=st.floats(-3000, 3000),
    fs=st.floats(10, 500),
    duration=st.floats(30, 120),
    offset=st.floats(-1e5, 1e5),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_steady_clock_behind_delays_is_mapped_in_order_and_within_the_delays(
    ppm: float, fs: float, duration: float, offset: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    host = 50.0 + np.arange(0.0, duration, 1 / fs)
    device = offset + host * (1 + ppm * 1e-6)
    delay = _delays(rng, host.size)
    clock = fit_clock(device, host + delay)
    mapped = clock.to_host(device)
    assert (np.diff(mapped) > 0).all()
    assert np.abs(mapped - host).max() < np.quantile(delay, 0.9) + 2e-3


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(0, 2**32 - 1),
    steps=st.lists(st.integers(1, 2**31), min_size=2, max_size=60),
    stall=st.floats(0, 100),
)
def test_device_time_is_unwrapped_whatever_the_steps(start: int, steps: list[int], stall: float) -> None:
    true_us = start + np.cumsum(steps)
    host = true_us * 1e-6 + stall
    seconds = unwrap_device_time(true_us % 2**32, host)
    assert seconds - seconds[0] == pytest.approx((true_us - true_us[0]) * 1e-6, abs=1e-6)
