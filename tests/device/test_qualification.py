"""Is a device that is fit called fit, and each fault graded?"""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.device.qualification import check_device
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse


def untouched(seconds=150, fs=80.0, noise=60.0, seed=1):
    return 84213 + noise * np.random.default_rng(seed).normal(size=round(seconds * fs))


def grades(qualification):
    return {one.name: one.grade for one in qualification.findings}


def test_a_good_device_is_fit():
    qualification = check_device(untouched(), fs=80.0, counts_per_gram=4200.0, declared_fs=80.0)
    assert qualification.verdict == "fit"
    assert qualification.findings[2].value == pytest.approx(1e3 * 60 / 4200, rel=0.03)


def test_an_apparatus_with_a_rhythm_of_its_own_is_not_fit():
    t = np.arange(150 * 80) / 80
    qualification = check_device(
        untouched() + 200 * np.sin(2 * np.pi * 0.14 * t), fs=80.0, counts_per_gram=4200.0
    )
    assert grades(qualification)["own rhythm"] == "bad"
    assert qualification.verdict == "not fit"


@pytest.mark.parametrize(
    ("changes", "name", "grade"),
    [
        ({"n_missing": 120}, "loss", "bad"),
        ({"n_missing": 10}, "loss", "limit"),
        ({"fs": 8.0}, "rate", "bad"),
        ({"declared_fs": 92.0}, "rate", "limit"),
        ({"timing": "host"}, "rate", "limit"),
        ({"limits": (84000.0, 84250.0)}, "saturation", "bad"),
        ({"presses": [1.0, 1.01, 5.0]}, "button", "limit"),
        ({"presses": [1.0, 3.0, 5.0]}, "button", "good"),
        ({"counts_per_gram": None}, "noise", "limit"),
        ({"counts_per_gram": 100.0}, "noise", "bad"),
    ],
)
def test_each_fault_is_graded(changes, name, grade):
    facts = {"fs": 80.0, "counts_per_gram": 4200.0} | changes
    assert grades(check_device(untouched(seconds=14), **facts))[name] == grade


def test_a_flat_line_is_not_fit():
    assert grades(check_device(np.full(12000, 5.0), fs=80.0))["noise"] == "bad"


def test_drift_is_named_with_its_slope():
    x = untouched() + 4200 * np.arange(12000) / 80 / 60  # 1 g per minute
    found = {one.name: one for one in check_device(x, fs=80.0, counts_per_gram=4200.0).findings}
    assert found["drift"].grade == "bad"
    assert found["drift"].value == pytest.approx(1000.0, rel=0.01)


def on_skin(fs=100.0, **model):
    return 1000 * simulate_pulse(PulseModel(**model), duration_s=60, fs=fs, rng=2).x


@pytest.mark.parametrize(("kind", "said"), [("pulse", "ecg"), ("ecg", "pulse")])
def test_a_wave_that_is_called_another_is_not_fit(kind, said):
    told = check_device(on_skin(kind=kind), fs=100.0, signal=said)
    (found,) = [finding for finding in told.findings if finding.name == "pulse"]
    assert told.verdict == "not fit" and f"--signal {kind} reads it so" in found.words


@pytest.mark.parametrize("kind", ["pulse", "ecg"])
def test_a_pulse_sensor_on_the_skin_is_fit_and_its_heart_rate_told(kind):
    qualification = check_device(
        on_skin(kind=kind, heart_rate_bpm=64), fs=100.0, signal=kind, declared_fs=100.0
    )
    found = {finding.name: finding for finding in qualification.findings}
    assert qualification.verdict == "fit"
    assert found["heart rate"].value == pytest.approx(64, abs=1)
    assert "drift" not in found and "own rhythm" not in found


@pytest.mark.parametrize("fs", [50.0, 200.0])
def test_the_height_of_a_pulse_is_told_in_the_noise_that_was_put_in(fs):
    clean = on_skin(fs=fs, snr_db=None)
    noise_sd = 50.0  # within 0-25 Hz
    noise = noise_sd * (fs / 2 / 25) ** 0.5 * np.random.default_rng(1).normal(size=clean.size)
    found = {finding.name: finding for finding in check_device(clean + noise, fs=fs, signal="pulse").findings}
    assert found["height"].value == pytest.approx(950 / noise_sd, rel=0.15)


@pytest.mark.parametrize(
    ("x", "facts", "name", "grade"),
    [
        (on_skin(snr_db=0.0), {}, "height", "bad"),
        (on_skin(snr_db=8.0), {}, "height", "limit"),
        (np.random.default_rng(1).normal(size=6000), {}, "pulse", "bad"),
        (np.cumsum(np.random.default_rng(1).normal(size=6000)), {}, "pulse", "bad"),
        (np.full(6000, 512.0), {}, "pulse", "bad"),
        (np.clip(on_skin(), None, 300.0), {}, "saturation", "bad"),
        (np.clip(on_skin(), None, 300.0), {"limits": (-1e6, 300.0)}, "saturation", "bad"),
        (on_skin(bad_fraction=0.2, bad_kinds=("motion",)), {}, "pulse", "limit"),
        (on_skin(heart_rate_bpm=190), {}, "heart rate", "limit"),
        (on_skin()[::10], {"fs": 10.0}, "rate", "bad"),
    ],
    ids=["0 dB", "8 dB", "noise", "walk", "flat", "clipped", "rails", "motion", "fast", "10 per s"],
)
def test_each_fault_of_a_pulse_is_graded_and_said(x, facts, name, grade):
    facts = {"fs": 100.0, "signal": "pulse"} | facts
    found = {finding.name: finding for finding in check_device(x, **facts).findings}
    assert found[name].grade == grade
    assert all(finding.words for finding in found.values())
