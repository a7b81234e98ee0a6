"""Simulation: what is put in is what the truth says, measured with nothing but NumPy."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import scipy

from touchrhythm.simulate.session import simulate_session


def test_the_same_seed_gives_the_same_session_and_parts_do_not_disturb_each_other() -> None:
    one, two = (simulate_session(duration_s=120, rng=5) for _ in range(2))
    assert np.array_equal(one.recording.data, two.recording.data)
    assert not np.array_equal(one.recording.data, simulate_session(duration_s=120, rng=6).recording.data)
    with_breath = simulate_session(duration_s=120, breathing_cpm=15.0, rng=5)
    assert with_breath.info["truth"]["peak_s"] == one.info["truth"]["peak_s"]
    difference = with_breath.recording.channel(0) - one.recording.channel(0)
    freq, density = scipy.signal.periodogram(difference, fs=80.0)
    assert freq[density.argmax()] == pytest.approx(0.25, abs=0.03)


def test_the_truth_is_plain_and_holds_the_realised_rate() -> None:
    session = simulate_session(duration_s=600, rate_cpm=8.0, snr_db=3.0, tapper="follow", rng=1)
    truth = session.info["truth"]
    assert json.loads(json.dumps(truth)) == truth
    peaks = truth["peak_s"]
    assert truth["realised_rate_cpm"] == pytest.approx(
        60 * (len(peaks) - 1) / (peaks[-1] - peaks[0]), rel=0.01
    )
    assert session.recording.duration == 600
    assert session.recording.channel("force").mean() == pytest.approx(5.0, abs=0.2)
    assert session.recording.units == ("g",)
    assert simulate_session(rate_cpm=None, rng=1).info["truth"]["realised_rate_cpm"] is None


def test_taps_keep_the_margins_and_every_rater_has_his_own() -> None:
    session = simulate_session(tapper=("follow", "guess", "random"), raters=("A", "B", "C"), rng=3)
    assert [one.rater for one in session.taps] == ["A", "B", "C"]
    for one in session.taps:
        assert one.onset[0] >= 120
        assert one.onset[-1] <= 480
    assert session.info["truth"]["tappers"] == {"A": "follow", "B": "guess", "C": "random"}
    assert session.annotations[0].duration == 360


def test_gaps_steps_and_lost_contact_stand_where_they_were_put() -> None:
    session = simulate_session(
        duration_s=300, gaps=((50, 10),), steps=((100, 3.0),), contact_loss=((200, 20),), creep_g=0.5, rng=1
    )
    force, time = session.recording.channel(0), np.arange(300 * 80) / 80
    assert session.gaps.tolist() == [[50, 60]]
    assert force[(time > 100) & (time < 110)].mean() - force[(time > 90) & (time < 100)].mean() > 2.5
    assert np.abs(force[(time >= 200) & (time < 220)]).max() < 0.05


def test_a_press_shakes_the_sensor_above_1_hz() -> None:
    shaken = simulate_session(duration_s=300, tapper="follow", press_g=0.2, rng=1)
    calm = simulate_session(duration_s=300, tapper="follow", rng=1)
    difference = np.abs(shaken.recording.channel(0) - calm.recording.channel(0))
    at = (shaken.taps[0].onset * 80).astype(int)
    assert difference[at].min() > 0.1
    assert np.median(difference) < 1e-3


def test_reference_channels_are_recorded_where_asked_for() -> None:
    session = simulate_session(breathing_cpm=15.0, pulse_cpm=68.0, references=True, rng=1)
    assert session.recording.channels == ("force", "breathing", "pulse")
    freq, density = scipy.signal.periodogram(session.recording.channel("pulse"), fs=80.0)
    assert 60 * freq[density.argmax()] == pytest.approx(68, abs=3)


def test_breathing_stands_as_high_over_the_background_as_asked_for() -> None:
    level = []
    for seed in range(10):
        quiet, loud = (
            simulate_session(
                rate_cpm=None,
                breathing_cpm=cpm,
                breathing_level=50,
                breathing_cv=0.05,
                sensor_noise_g=0,
                rng=seed,
            )
            for cpm in (None, 15.0)
        )
        freq, under = scipy.signal.welch(quiet.recording.channel(0), fs=80.0, nperseg=16_000)
        _, over = scipy.signal.welch(loud.recording.channel(0), fs=80.0, nperseg=16_000)
        near = (freq > 0.2) & (freq < 0.3)
        level.append(over[near].max() / np.median(under[near]))
    assert 20 < np.median(level) < 60  # Welch's coarser look flattens the peak


def test_wrong_arguments_are_refused_in_words() -> None:
    for wrong, words in (
        ({"tapper": "follow", "rate_cpm": None}, "needs something to follow"),
        ({"tapper": "dance"}, "tapper must be one of"),
        ({"tapper": ("follow", "guess")}, "one per rater, got 2 for 1 raters"),
        ({"noise": "purple"}, "colour must be a number or one of"),
        ({"rate_cpm": -3.0}, "rate_cpm must be above 0"),
        ({"cv": 1.5}, "cv must be a share"),
        ({"duration_s": 0.0}, "at least two samples"),
        ({"margin_s": 400.0, "tapper": "follow"}, "margin_s must leave time to tap"),
        ({"missed": 1.0, "tapper": "follow"}, "missed must be a share"),
        ({"fs": -1.0}, "fs must be above 0"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)):
            simulate_session(**wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        simulate_session(rate=8.0)  # type: ignore[call-arg]
