"""Do the series hold what was put into the wave, and nothing across gaps?"""

import numpy as np
import pytest

from touchrhythm.pulse.beats import find_beats
from touchrhythm.pulse.series import pulse_series
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse

STILL = {"height_sd": 0.0, "interval_sd": 0.0, "baseline_sd": 0.0, "breathing_cpm": None, "snr_db": None}


def series_of(model, rng=1):
    pulse = simulate_pulse(model, duration_s=180, fs=100, rng=rng)
    return pulse, pulse_series(find_beats(pulse.x, fs=100), pulse.x, fs=100)


def amplitude(series, rhythm):
    """Amplitude of a series' part that goes with the rhythm and its quarter shift."""
    kept = ~np.isnan(series)
    kept[-8:] = False  # the last beat has no foot after it
    wave = rhythm[:: len(rhythm) // series.size][: series.size]
    columns = np.column_stack((wave, np.gradient(wave), np.ones(wave.size)))[kept]
    weights = np.linalg.lstsq(columns, series[kept], rcond=None)[0]
    return (columns[:, :2] @ weights[:2]).std() * 2**0.5


@pytest.mark.parametrize(
    ("name", "planted", "wanted"),
    [("height", 0.2, 20.0), ("interval", 0.05, 0.05 * 60 / 70), ("baseline", 0.4, 0.4)],
)
def test_a_planted_modulation_is_read_back(name, planted, wanted):
    model = PulseModel(rate_cpm=7, rate_cv=0, coupling_hz=None, **{name: planted}, **STILL)
    pulse, series = series_of(model)
    assert amplitude(getattr(series, name), pulse.rhythm) == pytest.approx(wanted, rel=0.12)


def test_a_moving_baseline_makes_no_beat_higher():
    pulse, series = series_of(PulseModel(rate_cpm=8, baseline=0.5, coupling_hz=None, **STILL))
    assert amplitude(series.height, pulse.rhythm) < 2  # % of the height, of a baseline that moves by 50 %
    assert amplitude(series.interval, pulse.rhythm) < 0.004


def test_one_missing_beat_is_bridged_and_counted_and_two_are_a_gap():
    pulse = simulate_pulse(PulseModel(heart_rate_bpm=60, **STILL), duration_s=60, fs=100, rng=1)
    whole = find_beats(pulse.x, fs=100)
    for n_lost, bridged in ((1, 1), (2, 0)):
        x = pulse.x.copy()
        x[round(whole.onset_s[30] * 100) - 5 : round(whole.onset_s[30 + n_lost] * 100) - 15] = np.nan
        series = pulse_series(find_beats(x, fs=100), x, fs=100)
        inside = slice(60, -60)
        for values in (series.baseline, series.height, series.interval):
            assert np.isnan(values[inside]).any() == (not bridged)
        assert series.n_bridged == bridged


def test_too_few_good_beats_are_refused():
    x = np.random.default_rng(1).standard_normal(600)
    with pytest.raises(ValueError, match="need at least 3 good beats"):
        pulse_series(find_beats(x, fs=100), x, fs=100)
