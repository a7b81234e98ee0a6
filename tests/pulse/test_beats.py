"""Are the beats of a simulated heart found where they are, whatever the sensor?"""

import re

import numpy as np
import pytest

from touchrhythm.pulse.beats import find_beats
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse


def held_against(beats, truth):
    """Sensitivity, precision (beats within 150 ms of each other) and the good beats' errors of interval, s."""
    delay = np.median([beats.time_s[np.argmin(np.abs(beats.time_s - t))] - t for t in truth])
    expected = truth + delay
    inside = (expected > 1) & (expected < beats.duration - 1)
    found = beats.time_s[(beats.time_s > 1) & (beats.time_s < beats.duration - 1)]
    sensitivity = (np.abs(expected[inside, None] - beats.time_s).min(axis=1) < 0.15).mean()
    precision = (np.abs(found[:, None] - expected).min(axis=1) < 0.15).mean()
    good = beats.time_s[beats.good]
    match = np.abs(good[:, None] - expected).argmin(axis=1)
    error = np.diff(good) - np.diff(expected[match])
    return sensitivity, precision, error[np.diff(match) == 1]


@pytest.mark.parametrize("heart_rate", [36, 70, 115, 178, 215])
@pytest.mark.parametrize("fs", [25, 128, 2000])
@pytest.mark.parametrize("kind", ["pulse", "plain", "notched"])
def test_every_beat_is_found_from_35_to_215_per_minute(heart_rate, fs, kind):
    model = PulseModel(heart_rate_bpm=heart_rate, kind=kind)
    pulse = simulate_pulse(model, duration_s=90, fs=fs, rng=5)
    beats = find_beats(pulse.x, fs=fs)
    sensitivity, precision, _ = held_against(beats, pulse.beat_s)
    assert sensitivity > 0.98 and precision > 0.98
    assert (~beats.good).sum() + beats.n_missed <= max(
        2, 0.02 * len(beats)
    )  # the second wave of a beat before the first
    assert abs(beats.rate_bpm - pulse.heart_rate_bpm) < 1


@pytest.mark.parametrize("fs", [50, 250, 1000])
@pytest.mark.parametrize("heart_rate", [40, 75, 140])
def test_r_waves_are_found_in_an_ecg(fs, heart_rate):
    pulse = simulate_pulse(PulseModel(heart_rate_bpm=heart_rate, kind="ecg"), duration_s=60, fs=fs, rng=5)
    beats = find_beats(pulse.x, fs=fs, kind="ecg")
    sensitivity, precision, error = held_against(beats, pulse.beat_s)
    assert sensitivity > 0.98 and precision > 0.98 and beats.bad_fraction < 0.03
    assert error.std() < 0.004


@pytest.mark.parametrize("coupling_hz", [None, 0.1, 0.5])
@pytest.mark.parametrize("inverted", [False, True])
def test_an_inverted_or_ac_coupled_wave_gives_the_same_beats(coupling_hz, inverted):
    pulse = simulate_pulse(PulseModel(coupling_hz=coupling_hz, inverted=inverted), duration_s=60, rng=2)
    beats = find_beats(pulse.x, fs=100)
    assert beats.inverted is inverted
    assert min(held_against(beats, pulse.beat_s)[:2]) == 1
    assert np.median(beats.height) == pytest.approx(1, abs=0.15)  # the simulated height


def test_intervals_at_50_samples_per_second_and_20_db_err_by_5_ms_at_most():
    errors = [
        held_against(find_beats(pulse.x, fs=50), pulse.beat_s)[2]
        for pulse in (
            simulate_pulse(PulseModel(snr_db=20), duration_s=200, fs=50, rng=rng) for rng in range(3)
        )
    ]
    assert np.concatenate(errors).std() < 0.005


def test_a_missing_stretch_splits_the_beats_and_makes_none_of_them_bad():
    pulse = simulate_pulse(
        PulseModel(heart_rate_bpm=60, interval_sd=0.0, breathing_cpm=None), duration_s=60, rng=1
    )
    x = pulse.x.copy()
    x[2000:3000] = np.nan
    beats = find_beats(x, fs=100)
    assert not ((beats.time_s > 20) & (beats.time_s < 30)).any()
    assert beats.bad_fraction == 0 and beats.gap_s == pytest.approx(10)
    assert np.nanmax(beats.interval_s) < 1.2


@pytest.mark.parametrize(
    "x", [np.ones(3000), np.zeros(3000), np.full(3000, np.nan), np.repeat([0.0, 1.0], 1500)]
)
def test_where_nothing_beats_no_good_beat_is_found(x):
    beats = find_beats(x, fs=100)
    assert beats.good.sum() < 3
    assert np.isnan(beats.rate_bpm)


def test_noise_has_no_good_beats():
    beats = find_beats(np.random.default_rng(1).standard_normal(12_000), fs=100)
    assert beats.bad_fraction > 0.9


def test_too_few_samples_per_second_are_refused():
    with pytest.raises(
        ValueError, match=re.escape("a pulse wave need at least 25 samples per second, got 10")
    ):
        find_beats(np.zeros(100), fs=10)
    with pytest.raises(ValueError, match="kind must be one of"):
        find_beats(np.zeros(100), fs=100, kind="ppg")


def test_counts_and_rate_speak_of_the_arrays():
    pulse = simulate_pulse(PulseModel(bad_fraction=0.05), duration_s=120, rng=4)
    beats = find_beats(pulse.x, fs=100)
    assert sum(beats.counts.values()) == (~beats.good).sum() + beats.n_missed
    assert beats.bad_fraction == pytest.approx(sum(beats.counts.values()) / (len(beats) + beats.n_missed))
    low, high = beats.rate_range_bpm
    assert low < beats.rate_bpm < high
    assert not np.isnan(beats.interval_s[1:][beats.good[1:] & beats.good[:-1]]).all()
    assert np.isnan(beats.interval_s[~beats.good]).all()


def out_of_step(early, *, heart_rate=60, seed=1, duration_s=180):
    """A pulse wave in which some beats come a quarter of an interval early, after which the heart pauses."""
    rng = np.random.default_rng(seed)
    interval = 60 / heart_rate
    beat_s = np.arange(0.5, duration_s, interval)
    is_early = early(np.arange(beat_s.size), rng)
    beat_s = beat_s - 0.25 * interval * is_early + 0.01 * interval * rng.standard_normal(beat_s.size)
    since = np.arange(duration_s * 100) / 100 - beat_s[:, None]
    bump = np.exp(-0.5 * ((since - 0.18) / np.where(since < 0.18, 0.055, 0.08)) ** 2)
    x = (np.where(is_early, 0.8, 1.0)[:, None] * bump).sum(axis=0)
    return x + 0.02 * rng.standard_normal(x.size)


@pytest.mark.parametrize(
    ("early", "regularity"),
    [
        (lambda n, rng: n % 2 == 1, "bigeminal"),
        (lambda n, rng: n % 3 == 1, "irregular"),
        (lambda n, rng: rng.random(n.size) < 0.3, "irregular"),
        (lambda n, rng: n < 0, "regular"),
        (lambda n, rng: n % 40 == 7, "regular"),
    ],
)
@pytest.mark.parametrize("heart_rate", [52, 64])
def test_the_heart_rate_is_that_of_all_beats_where_the_heart_is_out_of_step(early, regularity, heart_rate):
    beats = find_beats(out_of_step(early, heart_rate=heart_rate), fs=100)
    assert beats.rate_bpm == pytest.approx(heart_rate, rel=0.02)
    assert beats.regularity == regularity
