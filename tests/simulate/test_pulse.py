"""Is a simulated pulse what its model says?"""

import numpy as np
import pytest

from touchrhythm.simulate.pulse import PulseModel, simulate_pulse, simulate_pulse_session


def test_the_heart_beats_at_its_rate_and_the_rhythm_at_its_own():
    pulse = simulate_pulse(PulseModel(heart_rate_bpm=64, rate_cpm=8, interval=0.1), duration_s=600, rng=1)
    beats_per_minute = 60 * (pulse.beat_s.size - 1) / (pulse.beat_s[-1] - pulse.beat_s[0])
    assert pulse.heart_rate_bpm == pytest.approx(beats_per_minute, abs=0.2)
    assert pulse.rate_cpm == pytest.approx(8, abs=0.2)
    crossings = np.flatnonzero((pulse.rhythm[1:] >= 0) & (pulse.rhythm[:-1] < 0)).size
    assert crossings == pytest.approx(10 * pulse.rate_cpm, abs=1)


def test_noise_has_the_stated_ratio_below_25_hz():
    clean = simulate_pulse(PulseModel(snr_db=None), duration_s=120, fs=200, rng=3)
    noisy = simulate_pulse(PulseModel(snr_db=10), duration_s=120, fs=200, rng=3)
    power = np.abs(np.fft.rfft(noisy.x - clean.x)) ** 2
    below = np.fft.rfftfreq(noisy.x.size, 1 / 200) <= 25
    noise = 2 * power[below].sum() / noisy.x.size**2
    assert 10 * np.log10(clean.x.var() / noise) == pytest.approx(10, abs=0.3)


def test_the_fraction_of_bad_beats_is_planted_and_the_others_are_as_they_were():
    clean = simulate_pulse(PulseModel(), duration_s=300, rng=3)
    spoilt = simulate_pulse(PulseModel(bad_fraction=0.1), duration_s=300, rng=3)
    assert (spoilt.bad != "").mean() == pytest.approx(0.1, abs=0.03)
    assert np.isin(spoilt.beat_s[spoilt.bad == ""], clean.beat_s).all()


def test_fractions_in_percent_are_refused_with_a_hint():
    with pytest.raises(ValueError, match="is it in percent"):
        PulseModel(height=20)
    with pytest.raises(ValueError, match="kind must be one of"):
        PulseModel(kind="piezo")
    with pytest.raises(ValueError, match="heart_rate_bpm must lie between"):
        PulseModel(heart_rate_bpm=1.2)


def test_a_session_of_a_pulse_holds_its_truth_and_taps_that_follow():
    model = PulseModel(rate_cpm=8, height=0.2)
    session = simulate_pulse_session(model, duration_s=300, tapper="follow", rng=1)
    assert session.recording.channels == ("pulse",) and session.recording.roles == ("pulse",)
    assert session.info["truth"]["realised_rate_cpm"] == pytest.approx(8, abs=0.3)
    assert 15 < len(session.taps[0]) < 25
    with pytest.raises(ValueError, match="needs something to follow"):
        simulate_pulse_session(duration_s=120, tapper="follow", rng=1)
