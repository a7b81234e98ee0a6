"""Reference channels: what breathing explains is taken out, what it does not explain stays."""

from __future__ import annotations

import re

import numpy as np
import pytest

from touchrhythm.references.explained import Reference, explain, kind_of
from touchrhythm.simulate.signals import simulate_noise, simulate_rhythm

BAND = (0.1, 0.2)
FS = 10.0
N = 3000
NAN = float("nan")


def noise(seed: int) -> np.ndarray:
    return simulate_noise(N, fs=FS, colour="pink", rng=seed)


def rhythm(rate: float, seed: int, cv: float = 0.05) -> np.ndarray:
    return simulate_rhythm(N, fs=FS, rate_cpm=rate, cv=cv, rng=seed)[0]


def held_against(x: np.ndarray, reference: np.ndarray, rate: float = 8.0, channel: str = "belt") -> Reference:
    return explain(
        x, reference, fs=FS, band=BAND, freq=rate / 60, channel=channel, rng=np.random.default_rng(1)
    )


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        ("respiratory", "breathing"),
        ("RSP", "breathing"),
        ("Belt_1", "breathing"),
        ("CO2", "breathing"),
        ("PPG", "pulse"),
        ("ecg lead II", "pulse"),
        ("trigger", "other"),
        ("temperature", "other"),
        ("force", ""),
        ("hand", ""),
    ],
)
def test_a_channels_name_says_what_it_is(channel: str, kind: str) -> None:
    assert kind_of(channel) == kind


def test_breathing_in_the_band_that_was_recorded_too_is_explained() -> None:
    breath = rhythm(8.0, 1)
    result = held_against(breath + 0.3 * noise(2), 2 * breath + 0.05 * noise(3))
    assert result.kind == "breathing"
    assert result.coherence > 0.9 > result.coherence_null
    assert result.band_power_fraction_left < 0.3
    assert result.pvalue_after > 0.05


def test_a_lag_of_some_seconds_and_another_sign_are_explained_too() -> None:
    breath = rhythm(8.0, 4)
    result = held_against(-np.roll(breath, 30) + 0.3 * noise(5), breath + 0.02 * noise(6))
    assert result.band_power_fraction_left < 0.3
    assert result.pvalue_after > 0.05


def test_a_rhythm_of_its_own_is_left_standing() -> None:
    result = held_against(rhythm(8.0, 7) + 0.3 * noise(8), rhythm(15.0, 9) + 0.1 * noise(10))
    assert result.coherence < result.coherence_null
    assert result.band_power_fraction_left > 0.7
    assert result.pvalue_after <= 0.02


def test_only_the_part_that_is_shared_is_taken_out() -> None:
    breath = rhythm(7.0, 11, cv=0.0)
    own = rhythm(10.5, 12, cv=0.0)
    result = held_against(breath + own + 0.2 * noise(13), breath + 0.05 * noise(14), rate=10.5)
    assert 0.3 < result.band_power_fraction_left < 0.7
    assert result.pvalue_after <= 0.02


def test_gaps_in_either_channel_are_left_out() -> None:
    breath = simulate_rhythm(6000, fs=FS, rate_cpm=8.0, rng=15)[0]
    x = breath + 0.3 * simulate_noise(6000, fs=FS, rng=16)
    reference = breath + 0.05 * simulate_noise(6000, fs=FS, rng=17)
    x[1000:1100] = NAN
    reference[3000:3200] = NAN
    result = held_against(x, reference)
    assert result.band_power_fraction_left < 0.3
    assert np.isfinite([result.coherence, result.pvalue_after]).all()


def test_a_reference_that_never_coincides_for_long_is_refused() -> None:
    x, reference = noise(18), noise(19)
    x[:1500], reference[1500:] = NAN, NAN
    with pytest.raises(ValueError, match=re.escape("x must hold numbers, got only NaN")):
        held_against(x, reference)
    reference[1000:1600] = 1.0
    x[1100:] = noise(18)[1100:]
    with pytest.raises(ValueError, match=re.escape("a rate in 6–12 cpm needs at least 120 s")):
        held_against(x, reference)


@pytest.mark.parametrize("level", [0.0, 3.0])
def test_a_reference_that_never_varies_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="must vary, got a constant"):
        held_against(noise(20), np.full(N, level))
