"""Are beats told from their second waves, and does the wave point upwards?"""

import numpy as np
import pytest
import scipy

from touchrhythm.pulse.beats import find_beats

COUPLINGS = {"DC": None, "AC": (1, 0.5), "AC of second order": (2, 0.7), "slope": (1, 30.0)}


def wave(*, second, heart_rate, coupling, rng, fs=100, duration_s=60):
    """A pulse wave whose second wave is so high, with the times of its beats."""
    rng = np.random.default_rng(rng)
    beat_s = np.cumsum(60 / heart_rate * (1 + 0.03 * rng.standard_normal(int(duration_s * heart_rate / 60))))
    t = np.arange(duration_s * fs) / fs
    since = t - beat_s[:, None]
    pace = (60 / heart_rate) ** 0.5
    first = np.exp(-0.5 * ((since / pace - 0.18) / np.where(since < 0.18 * pace, 0.055, 0.08)) ** 2)
    x = (first + second * np.exp(-0.5 * ((since / pace - 0.48) / 0.09) ** 2)).sum(axis=0)
    if COUPLINGS[coupling] is not None:
        x = scipy.signal.sosfilt(
            scipy.signal.butter(*COUPLINGS[coupling], "highpass", fs=fs, output="sos"), x
        )
    return x + 0.05 * x.std() * rng.standard_normal(x.size), beat_s


@pytest.mark.parametrize(
    ("coupling", "second"),
    [*((coupling, second) for coupling in list(COUPLINGS)[:3] for second in (0.0, 0.75)), ("slope", 0.4)],
)
@pytest.mark.parametrize("heart_rate", [45, 80, 110])
def test_a_second_wave_of_any_height_neither_turns_the_wave_nor_counts_as_a_beat(
    second, heart_rate, coupling
):
    x, beat_s = wave(second=second, heart_rate=heart_rate, coupling=coupling, rng=heart_rate)
    beats, turned = find_beats(x, fs=100), find_beats(-x, fs=100)
    assert not beats.inverted and turned.inverted
    np.testing.assert_allclose(turned.time_s, beats.time_s, atol=1e-9)
    delay = np.median([beats.time_s[np.argmin(np.abs(beats.time_s - t))] - t for t in beat_s])
    inner = beats.time_s[(beats.time_s > 2) & (beats.time_s < 55)]
    expected = beat_s[(beat_s + delay > 2) & (beat_s + delay < 55)] + delay
    assert abs(inner.size - expected.size) <= 1
    assert (np.abs(inner[:, None] - expected).min(axis=1) < 0.15).mean() > 0.97
