"""Filtering: truth is the closed form of the filter, and a sine that passes unchanged."""

from __future__ import annotations

import re

import numpy as np
import pytest
import scipy

from touchrhythm.signal.decimation import decimated_segments
from touchrhythm.signal.filtering import (
    analytic_trace,
    bandpass,
    bandpass_rows,
    cycles_passed,
    design_bandpass,
    edge_duration,
    phasor,
    response,
)

BAND = (0.1, 0.2)


def test_half_of_the_amplitude_passes_at_either_edge_and_all_inside() -> None:
    for fs in (2.0, 10.0, 1000.0):
        gain = response(design_bandpass(BAND, fs=fs), [0.1, 0.14, 0.2, 0.0, 0.4], fs=fs)
        assert gain[[0, 2]] == pytest.approx(0.5, abs=1e-4)
        assert gain[1] > 0.99
        assert gain[3] == 0
        assert gain[4] < 1e-3


def test_ringing_fades_to_half_in_about_5_s_and_to_1_percent_in_40_s() -> None:
    for fs in (4.0, 100.0, 1000.0):
        sos = design_bandpass(BAND, fs=fs)
        assert edge_duration(sos, fs=fs, floor=0.5) == pytest.approx(5.5, abs=0.3)
        assert edge_duration(sos, fs=fs) == pytest.approx(40, abs=1)


def test_edge_duration_is_where_a_filtered_impulse_has_faded() -> None:
    sos = design_bandpass((0.05, 0.3), fs=10.0, order=3)
    impulse = np.zeros(8001)
    impulse[4000] = 1
    envelope = np.abs(scipy.signal.hilbert(scipy.signal.sosfiltfilt(sos, impulse, padlen=0)))
    last = np.flatnonzero(envelope > 0.02 * envelope.max())[-1]
    assert edge_duration(sos, fs=10.0, floor=0.02) == pytest.approx((last - 4000) / 10, abs=0.2)


@pytest.mark.parametrize("fs", [1.0, 3.0, 10.0, 25.3, 80.0, 1000.0])
def test_a_sine_in_the_band_passes_with_its_phase_at_any_rate(fs: float) -> None:
    time = np.arange(int(400 * fs)) / fs
    wave = np.cos(2 * np.pi * 0.14 * time + 1)
    out = bandpass(5 + wave + 3 * np.cos(2 * np.pi * 0.4 * time), fs=fs, band=BAND)
    inside = (time > 60) & (time < 340)
    assert out.size == time.size
    assert np.abs(out - wave)[inside].max() < 0.01


def test_a_thousand_samples_a_second_give_the_direct_filter_on_noise() -> None:
    fs = 1000.0
    x = np.cumsum(np.random.default_rng(1).standard_normal(200_000))
    sos = scipy.signal.butter(4, BAND, "bandpass", fs=fs, output="sos")
    wide = np.pad(x, 80_000, mode="reflect", reflect_type="odd")
    direct = scipy.signal.sosfiltfilt(sos, wide, padlen=0)[80_000:-80_000]
    out = bandpass(x, fs=fs, band=BAND)
    inside = slice(40_000, 160_000)
    assert np.std((out - direct)[inside]) < 5e-3 * np.std(direct[inside])
    assert np.std(out - direct) < 0.1 * np.std(direct)  # the padding mirrors about another last sample


def test_gaps_split_and_short_ones_are_bridged() -> None:
    fs = 20.0
    time = np.arange(int(500 * fs)) / fs
    wave = np.cos(2 * np.pi * 0.14 * time)
    x = wave.copy()
    x[(time >= 100) & (time < 100.3)] = np.nan
    x[(time >= 200) & (time < 230)] = np.nan
    x[(time >= 240) & (time < 250)] = np.nan  # leaves a stretch of 10 s, too short
    out = bandpass(x, fs=fs, band=BAND)
    assert np.isfinite(out[time < 200]).all()
    assert np.isnan(out[(time >= 200) & (time < 250)]).all()
    assert np.isfinite(out[time >= 250]).all()
    assert np.abs(out - wave)[(time > 50) & (time < 160)].max() < 0.03


def test_what_stands_in_one_stretch_never_reaches_another() -> None:
    x = np.random.default_rng(2).standard_normal(6000)
    x[3000:3020] = np.nan
    y = x.copy()
    y[:3000] *= 1000
    assert np.array_equal(bandpass(x, fs=10.0, band=BAND)[3020:], bandpass(y, fs=10.0, band=BAND)[3020:])


def test_the_phase_is_zero_at_a_peak_and_missing_near_edges_and_gaps() -> None:
    fs = 50.0
    time = np.arange(int(300 * fs)) / fs
    x = np.cos(2 * np.pi * 0.125 * time)
    x[(time >= 150) & (time < 160)] = np.nan
    trace = analytic_trace(x, fs=fs, band=BAND)
    grid = np.arange(trace.z.size) / trace.fs
    unit = phasor(trace, edge=5.0)
    missing = (grid < 5) | (grid >= 295) | ((grid > 145) & (grid < 165))
    known = (grid >= 5) & (grid < 144.9) | (grid >= 165.1) & (grid < 294.9)
    assert np.isnan(unit[missing]).all()
    assert np.isfinite(unit[known]).all()
    far = known & (np.abs(grid - 155) > 50) & (grid > 45) & (grid < 255)
    assert np.abs(unit - np.exp(2j * np.pi * 0.125 * grid))[far].max() < 0.01


def test_rows_at_a_few_samples_a_second_are_filtered_as_the_whole_channel_is() -> None:
    x = np.cumsum(np.random.default_rng(3).standard_normal(30_000))
    whole = analytic_trace(x, fs=100.0, band=BAND)
    (part,) = decimated_segments(x, fs=100.0)
    rows = bandpass_rows(np.stack((part.x, -part.x)), fs=part.fs, band=BAND)
    assert np.array_equal(rows[1], -rows[0])
    at = np.arange(part.x.size) / part.fs
    inside = (at > 20) & (at < 280)
    assert np.std((np.interp(at, whole.time, whole.x) - rows[0])[inside]) < 0.02 * np.std(rows[0][inside])


def test_a_trace_is_the_band_passed_channel() -> None:
    x = np.cumsum(np.random.default_rng(3).standard_normal(30_000))
    trace = analytic_trace(x, fs=100.0, band=BAND)
    y = bandpass(x, fs=100.0, band=BAND)
    np.testing.assert_allclose(
        trace.x, np.interp(trace.time, np.arange(x.size) / 100, y), atol=0.01 * y.std()
    )


@pytest.mark.parametrize("turns", [0.02, 0.1, 0.45])
def test_cycles_passed_are_the_sum_of_the_angles_between_neighbours_through_all_fades(turns: float) -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((20, 2000)) + 1j * rng.standard_normal((20, 2000))
    slow = (
        scipy.ndimage.uniform_filter1d(noise.real, 15, axis=1) + 1j * noise.imag
    )  # phases slip where it is faint
    z = slow * np.exp(2j * np.pi * turns * np.arange(2000))
    each = np.angle(z[:, 1:] * np.conj(z[:, :-1])) / (2 * np.pi)
    at = np.array([3, 4, 700, 1999])
    expected = np.stack([each[:, 3:stop].sum(axis=1) for stop in at], axis=1)
    passed = cycles_passed(z, at)
    assert np.allclose(passed - passed[:, :1], expected, atol=1e-9)


def test_too_short_or_empty_signals_are_refused_in_words() -> None:
    with pytest.raises(
        ValueError, match=re.escape("the longest usable stretch lasts 15 s; a band that starts")
    ):
        bandpass(np.zeros(150), fs=10.0, band=BAND)
    with pytest.raises(ValueError, match="lasts 0 s"):
        bandpass(np.full(1000, np.nan), fs=10.0, band=BAND)
    with pytest.raises(ValueError, match="cycles per minute"):
        bandpass(np.zeros(1000), fs=10.0, band=(6.0, 12.0))
    with pytest.raises(ValueError, match="order must be a whole number"):
        design_bandpass(BAND, fs=10.0, order=0)
    with pytest.raises(ValueError, match="floor must lie between 0 and 1"):
        edge_duration(design_bandpass(BAND, fs=10.0), fs=10.0, floor=1.0)
