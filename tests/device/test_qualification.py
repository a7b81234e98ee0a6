"""Is a device that is fit called fit, and each fault graded?"""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.device.qualification import check_device


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
