"""Are bad beats masked, and good ones kept?"""

from collections import Counter

import numpy as np
import pytest

from touchrhythm.pulse.beats import find_beats
from touchrhythm.pulse.quality import Shapes, classify_beats, valid_intervals
from touchrhythm.simulate.pulse import BAD_KINDS, PulseModel, simulate_pulse


def masked(pulse, beats):
    """Number of true beats by what was done to them, and how many of these no good beat was found at."""
    truth = pulse.beat_s
    delay = np.median([beats.time_s[np.argmin(np.abs(beats.time_s - t))] - t for t in truth[pulse.bad == ""]])
    good = beats.time_s[beats.good] - delay
    near = 0.2 * np.median(np.diff(truth))
    total, lost = Counter(), Counter()
    for time, bad in zip(truth, pulse.bad.tolist(), strict=True):
        if 2 < time < beats.duration - 2:
            total[bad] += 1
            lost[bad] += not (np.abs(good - time) < near).any()
    return total, lost


def test_planted_bad_beats_are_masked_and_good_ones_kept():
    total, lost = Counter(), Counter()
    for rng in range(6):
        model = PulseModel(heart_rate_bpm=52 + 9 * rng, bad_fraction=0.08, coupling_hz=(None, 0.5)[rng % 2])
        pulse = simulate_pulse(model, duration_s=240, rng=rng)
        found = masked(pulse, find_beats(pulse.x, fs=100))
        total, lost = total + found[0], lost + found[1]
    planted = [kind for kind in total if kind]
    assert set(planted) == set(BAD_KINDS)
    assert sum(lost[kind] for kind in planted) >= 0.95 * sum(total[kind] for kind in planted)
    assert lost[""] <= 0.02 * total[""]


@pytest.mark.parametrize(
    ("kind", "reasons"),
    [
        ("ectopic", {"ectopic", "template", "interval"}),
        ("clipped", {"clipped", "template"}),
        ("missed", {"missed"}),
    ],
)
def test_a_bad_beat_is_told_by_its_kind(kind, reasons):
    model = PulseModel(bad_fraction=0.05, bad_kinds=(kind,), height_sd=0.02)
    pulse = simulate_pulse(model, duration_s=240, rng=3)
    counts = find_beats(pulse.x, fs=100).counts
    told = sum(counts.get(reason, 0) for reason in reasons)
    assert told >= 0.9 * (pulse.bad == kind).sum()
    assert sum(counts.values()) - told <= 0.02 * pulse.beat_s.size


@pytest.mark.parametrize("modulation", [{"height": 0.3}, {"interval": 0.08}, {"baseline": 0.5}])
def test_a_modulated_pulse_keeps_its_beats(modulation):
    pulse = simulate_pulse(PulseModel(rate_cpm=8, **modulation), duration_s=240, rng=3)
    assert find_beats(pulse.x, fs=100).bad_fraction < 0.02


def test_a_distance_of_two_intervals_is_a_missed_beat_and_no_interval():
    time = np.array([0.0, 1, 2, 3, 5, 6, 7, 8, 9])
    interval, missed = valid_intervals(time, np.ones(9, dtype=bool), ((0.0, 9.0),))
    assert missed == 1
    assert np.isnan(interval[[0, 4]]).all() and (interval[[1, 2, 3, 5, 6, 7, 8]] == 1).all()


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("extra", lambda time: np.insert(time, 51, time[50] + 0.4)),
        ("ectopic", lambda time: time - 0.3 * (np.arange(100) == 50)),
    ],
)
def test_beats_out_of_time_are_told_from_the_variability_of_the_heart(reason, change):
    rng = np.random.default_rng(2)
    time = change(np.cumsum(0.85 + 0.03 * rng.standard_normal(100)))
    shape = np.tile(np.sin(np.arange(40.0)), (time.size, 1))
    beats = Shapes(time, time - 0.1, np.ones(time.size), shape)
    x = rng.standard_normal(round(time[-1] * 100) + 100)
    told = classify_beats(beats, x, fs=100, kind="pulse")
    at = np.flatnonzero(told != "")
    assert told[at].tolist() == [reason]
    assert abs(at[0] - 50.5) <= 0.5


@pytest.mark.parametrize("width_s", [0.1, 0.3])
@pytest.mark.parametrize("size", [1.0, 3.0])
def test_bursts_of_motion_make_no_good_beats(size, width_s):
    passed = wrong = lost = clean = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        model = PulseModel(heart_rate_bpm=55 + 12 * seed, rate_cpm=8, height=0.15)
        x = simulate_pulse(model, duration_s=120, rng=seed).x
        still = find_beats(x, fs=100)
        burst = np.zeros(x.size, dtype=bool)
        for start in range(1000, 11_000, 2000):
            part = slice(start, start + 300)
            smooth = np.convolve(rng.standard_normal(400), np.ones(round(100 * width_s)), "same")[:300]
            x[part] += size * smooth / smooth.std()
            burst[part] = True
        beats = find_beats(x, fs=100)
        near = np.abs(beats.time_s[:, None] - still.time_s).argmin(axis=1)
        is_off = np.abs(beats.time_s - still.time_s[near]) > 0.06
        is_off |= np.abs(beats.height / still.height[near] - 1) > 0.5
        wrong, passed = wrong + is_off.sum(), passed + (is_off & beats.good).sum()
        away = still.time_s[
            ~np.convolve(burst, np.ones(200), "same").astype(bool)[(100 * still.time_s).astype(int)]
        ]
        clean += away.size
        lost += (np.abs(away[:, None] - beats.time_s[beats.good]).min(axis=1) > 0.05).sum()
    assert wrong > 50 and passed <= 0.05 * wrong
    assert lost <= 0.02 * clean


def test_a_height_that_trebles_and_a_heart_that_speeds_up_cost_no_beats():
    slow, fast = (
        simulate_pulse(PulseModel(heart_rate_bpm=rate), duration_s=120, fs=50, rng=3).x for rate in (65, 105)
    )
    for x in (slow * np.geomspace(1, 3, slow.size), np.concatenate((slow, 3 * fast))):
        assert find_beats(x, fs=50).bad_fraction < 0.02
