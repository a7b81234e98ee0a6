"""What does `analyze` say of a pulse: its heart rate, and the series that holds the rhythm?"""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from touchrhythm.analysis.pulse import holm
from touchrhythm.analysis.recipe import analyze
from touchrhythm.errors import NotAPulse
from touchrhythm.report.session.verdict import verdict
from touchrhythm.session import Recording, Session, Taps
from touchrhythm.settings import Settings
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse, simulate_pulse_session
from touchrhythm.simulate.signals import simulate_noise

QUICK = {"n_surrogates": 59, "n_bootstrap": 50}


def session(x, fs=100.0, name="ppg", **more):
    return Session(Recording(x, fs, (name,)), **more)


@cache
def pulse_of(seed=1, duration_s=240.0, **model):
    return simulate_pulse(PulseModel(**model), duration_s=duration_s, fs=100, rng=seed)


def answer(x, name="ppg", fs=100.0, **settings):
    return analyze(session(x, fs, name), Settings(**(QUICK | settings)), rng=1)


@pytest.mark.parametrize(("series", "modulation"), [("height", 0.2), ("interval", 0.05), ("baseline", 0.5)])
def test_the_series_that_holds_the_rhythm_answers_at_its_rate(series, modulation):
    truth = pulse_of(rate_cpm=8, coupling_hz=None, **{series: modulation})
    analysis = answer(truth.x)
    pulse = analysis.pulse
    assert analysis.found and pulse.answering == series
    assert analysis.rate.rate_cpm == pytest.approx(truth.rate_cpm, abs=0.1)
    assert pulse.beats.rate_bpm == pytest.approx(truth.heart_rate_bpm, abs=1)
    assert pulse.series[series].modulation == pytest.approx(modulation, rel=0.25)
    assert analysis.periodicity.pvalue == pulse.series[series].pvalue_adjusted
    assert analysis.unit == {"height": "%", "interval": "ms", "baseline": ""}[series]


def test_a_pulse_without_a_rhythm_has_a_heart_rate_and_no_rate():
    truth = pulse_of(seed=4)
    analysis = answer(truth.x)
    assert not analysis.found and analysis.rate is None and analysis.reason == ""
    assert analysis.pulse.beats.rate_bpm == pytest.approx(truth.heart_rate_bpm, abs=1)
    assert set(analysis.pulse.series) == {"baseline", "height", "interval"}
    smallest = min(found.pvalue_adjusted for found in analysis.pulse.series.values())
    assert analysis.periodicity.pvalue == smallest


def test_a_declared_series_is_tested_alone_by_the_p_value_it_has_among_others():
    x = pulse_of(seed=4).x
    among, alone = answer(x), answer(x, series="interval")
    assert list(alone.pulse.series) == ["interval"] and alone.pulse.declared
    assert alone.pulse.series["interval"].pvalue == among.pulse.series["interval"].pvalue
    assert alone.periodicity.pvalue == alone.pulse.series["interval"].pvalue


def test_holm_multiplies_by_the_tests_that_are_left():
    assert holm({"a": 0.01, "b": 0.02, "c": 0.5}) == {"a": 0.03, "b": 0.04, "c": 0.5}
    assert holm({"a": 0.4}) == {"a": 0.4}


def test_taps_are_held_against_the_series_that_answers():
    truth = pulse_of(rate_cpm=8, rate_cv=0.15, height=0.25, duration_s=300.0)
    peaks = (
        np.flatnonzero((truth.rhythm[1:-1] > truth.rhythm[:-2]) & (truth.rhythm[1:-1] >= truth.rhythm[2:]))
        / 100
    )
    onset = (
        peaks[(peaks > 60) & (peaks < 180)] + 0.5 + np.random.default_rng(1).normal(0, 0.15, 16)[: peaks.size]
    )
    analysis = analyze(session(truth.x, taps=(Taps(onset, "T1"),)), Settings(**QUICK), rng=1)
    assert analysis.taps[0].pvalue < 0.05
    assert analysis.taps[0].lag_s == pytest.approx(0.5, abs=0.4)


def test_json_holds_the_promised_keys():
    told = json.loads(json.dumps(answer(pulse_of(rate_cpm=8, height=0.2).x).to_dict()))["pulse"]
    assert {"rate_bpm", "n_beats", "bad_fraction", "series"} <= set(told)
    assert {"pvalue", "pvalue_adjusted", "rate", "modulation"} <= set(told["series"]["height"])
    assert told["series"]["height"]["rate"]["rate_cpm"] == pytest.approx(8, abs=0.3)


def test_a_force_has_no_pulse():
    x = simulate_noise(6000, fs=25, rng=1)
    assert answer(x, "force", 25.0).pulse is None
    with pytest.raises(NotAPulse, match="series 'height' was declared, but channel 'force' is no pulse"):
        answer(x, "force", 25.0, series="height")


def test_a_pulse_without_a_name_is_known_by_its_looks():
    x = pulse_of(seed=4, duration_s=130.0).x
    seen = answer(x, "A1", n_surrogates=19)
    assert seen.pulse.said_by == "looks"
    assert answer(x, "A1", n_surrogates=19, signal="force").pulse is None
    assert answer(simulate_noise(13_000, fs=100, rng=2), "A1", n_surrogates=19).pulse is None


def test_a_force_that_beats_like_a_pulse_is_told_so():
    codes = [flag.code for flag in answer(pulse_of(seed=4).x, name="force").flags]
    assert "beats_like_pulse" in codes
    assert "beats_like_pulse" not in [
        flag.code for flag in answer(pulse_of(seed=4).x, name="force", signal="force").flags
    ]
    noise = simulate_noise(24_000, fs=100.0, rng=1)
    assert "beats_like_pulse" not in [flag.code for flag in answer(noise, name="force").flags]


def test_a_channel_without_a_telling_name_that_may_be_an_ecg_is_told_so():
    ecg = pulse_of(seed=4, kind="ecg").x
    told = [flag for flag in answer(ecg, "ch1").flags if flag.code == "beats_like_pulse"]
    assert [dict(flag.values) for flag in told] == [{"channel": "ch1", "signal": "ecg"}]
    assert "beats_like_pulse" not in [flag.code for flag in answer(ecg, "ch1", signal="force").flags]


def test_what_does_not_beat_has_no_heart_rate():
    pulse = answer(simulate_noise(24_000, fs=100.0, rng=1)).pulse
    assert len(pulse.beats) and np.isnan(pulse.rate_bpm) and pulse.to_dict()["rate_bpm"] is None


def spoilt(x):
    rng, out = np.random.default_rng(3), x.copy()
    for start in range(0, x.size, 1000):
        out[start : start + 900] += np.cumsum(rng.standard_normal(900))
    return out


@pytest.mark.parametrize(
    ("x", "name", "fs", "settings", "reason"),
    [
        (
            lambda: simulate_noise(24_000, fs=100, rng=1),
            "ppg",
            100.0,
            {},
            "no beats of a heart can be seen in channel 'ppg'",
        ),
        (
            lambda: pulse_of(kind="ecg").x,
            "ppg",
            100.0,
            {},
            "looks like an ECG, not like a pulse wave (--signal ecg",
        ),
        (lambda: pulse_of().x, "ecg", 100.0, {}, "looks like a pulse wave, not like an ECG (--signal pulse"),
        (lambda: pulse_of().x[::10], "ppg", 10.0, {}, "need at least 25 samples per second, got 10"),
        (lambda: spoilt(pulse_of().x), "ppg", 100.0, {}, "at least half are needed"),
        (
            lambda: 5 + simulate_noise(24_000, fs=100, rng=5),
            "force",
            100.0,
            {"signal": "pulse"},
            "no beats of a heart can be seen in channel 'force'",
        ),
        (lambda: np.ones(24_000), "ppg", 100.0, {}, "all samples are 1 (is the sensor connected?)"),
        (
            lambda: np.maximum(-pulse_of().x, 0.2),
            "ppg",
            100.0,
            {},
            "can be used, at least half are needed (clipped",
        ),
        (lambda: 72 + pulse_of().x[::100], "pulse", 1.0, {}, "is it a heart rate, and no wave?"),
        (lambda: pulse_of(duration_s=60.0).x, "ppg", 100.0, {}, "needs at least 120 s"),
    ],
    ids=["no beats", "ECG", "PPG", "slow", "bad", "force", "constant", "clipped", "rate", "short"],
)
def test_wrong_input_gets_its_sentence(x, name, fs, settings, reason):
    analysis = answer(x(), name, fs, **settings)
    assert analysis.periodicity is None and not analysis.found
    assert reason in analysis.reason


def test_a_follower_of_the_height_does_not_shake_the_sensor():
    model = PulseModel(rate_cpm=8.0, heart_rate_bpm=69, height=0.3)
    tapped = simulate_pulse_session(model, duration_s=420, fs=50, tapper="follow", rng=3)
    (taps,) = analyze(tapped, Settings(series="height", **QUICK), rng=3).taps
    assert taps.press_artefact_ratio < 1.25  # the beats themselves have 1.6 times the energy there
    assert taps.press_artefact_pvalue > 0.05


def test_a_narrow_wave_of_a_fast_heart_is_no_ecg():
    cycles = 150 / 60 * np.arange(9000) / 50
    wave = np.exp(-0.5 * ((cycles % 1 - 0.2) / 0.07) ** 2) + 0.4 * np.exp(
        -0.5 * ((cycles % 1 - 0.5) / 0.1) ** 2
    )
    found = answer(wave + 0.02 * np.random.default_rng(1).standard_normal(9000), fs=50.0, series="height")
    assert found.pulse.beats.rate_bpm == pytest.approx(150, abs=1)


def test_gaps_longer_than_eight_seconds_are_left_out_and_shorter_ones_said():
    x = pulse_of(seed=4).x.copy()
    x[2000:2120] = np.nan
    x[4000:6000] = np.nan
    analysis = answer(x)
    assert [cut.label for cut in analysis.quality.cuts if cut.label != "too short"] == ["no beats"]
    assert 1 < analysis.pulse.bridged_s < 4


def test_a_finger_off_for_more_than_half_of_the_time_leaves_the_other_part():
    truth = pulse_of(duration_s=300.0, rate_cpm=8, height=0.2)
    x = truth.x.copy()
    x[14_500:] = 0.01 * np.random.default_rng(1).standard_normal(x.size - 14_500)
    analysis = answer(x)
    assert analysis.pulse.beats.bad_fraction > 0.5
    assert analysis.found and analysis.rate.rate_cpm == pytest.approx(truth.rate_cpm, abs=0.15)
    assert analysis.quality.cuts[-1].label == "no beats" and analysis.quality.cuts[-1].duration > 150


def test_a_column_of_heart_rates_is_called_one_and_is_no_sampled_pulse():
    heart_rate = 72 + 3 * np.sin(2 * np.pi * 8 / 60 * np.arange(300)) + simulate_noise(300, fs=1, rng=1)
    analysis = answer(heart_rate, "heart_rate", 1.0)
    assert analysis.found and analysis.pulse is None
    assert not {"aliasing", "may_be_alias"} & {flag.code for flag in analysis.flags}


def test_breathing_is_held_against_the_series():
    truth = pulse_of(rate_cpm=7, height=0.2, breathing_cpm=None)
    data = np.column_stack((truth.x, truth.rhythm + 0.2 * simulate_noise(truth.x.size, fs=100, rng=2)))
    both = Session(Recording(data, 100.0, ("ppg", "belt")))
    analysis = analyze(both, Settings(**QUICK, channel="ppg"), rng=1)
    assert [reference.channel for reference in analysis.references] == ["belt"]
    assert analysis.references[0].coherence > 0.8


def beside(truth, fs=100.0, /, channel="ppg", **others):
    names = tuple(others)
    data = np.column_stack((truth, *others.values()))
    return analyze(Session(Recording(data, fs, (channel, *names))), Settings(**QUICK, channel=channel), rng=1)


def slow_heart(**model):
    steady = {"rate_cv": 0.01, "interval_sd": 0.01, "breathing_cpm": None, "coupling_hz": None}
    return pulse_of(seed=5, duration_s=360.0, heart_rate_bpm=38, **steady, **model)


def belt(truth, breath_cpm):
    time = np.arange(truth.x.size) / 100
    return np.sin(2 * np.pi * breath_cpm / 60 * time) + 0.1 * simulate_noise(time.size, fs=100, rng=2)


@pytest.mark.parametrize(
    ("breath", "moved"), [(30.0, {"height": 0.2}), (30.0, {"baseline": 0.4}), (45.0, {"height": 0.2})]
)
def test_a_breath_that_the_heart_folds_into_the_band_is_never_a_rhythm_of_its_own(breath, moved):
    truth = slow_heart(rate_cpm=breath, **moved)
    noise = 0.2 * simulate_noise(truth.x.size, fs=100, rng=2)
    analysis = beside(truth.x, belt=truth.rhythm + noise)
    (reference,) = analysis.references
    assert analysis.found and reference.folded.is_at_rhythm
    assert reference.verdict in ("explained", "cannot be told")
    assert analysis.rate.rate_cpm == pytest.approx(abs(truth.heart_rate_bpm - breath), abs=0.5)
    (flag,) = [flag for flag in analysis.flags if flag.code == "folded_reference"]
    assert flag.severity == 1 and flag.values["arithmetic"] == reference.folded.arithmetic
    first = verdict(analysis).sentences[0]
    assert reference.folded.arithmetic in first and "breathing" in first
    assert json.loads(json.dumps(analysis.to_dict()))["references"][0]["folded"]["is_at_rhythm"]


def test_a_rhythm_where_the_breath_would_be_folded_to_cannot_be_told_and_one_beside_it_can():
    at = slow_heart(rate_cpm=8, height=0.2)
    apart = slow_heart(rate_cpm=11, height=0.2)
    (told,) = beside(at.x, belt=belt(at, 30.0)).references
    (own,) = beside(apart.x, belt=belt(apart, 30.0)).references
    assert told.verdict == "cannot be told" and told.folded.is_at_rhythm
    assert own.verdict == "own" and not own.folded.is_at_rhythm


def test_a_breath_below_half_of_the_heart_rate_is_not_folded():
    truth = pulse_of(rate_cpm=8, height=0.2)
    (reference,) = beside(truth.x, belt=belt(truth, 15.0)).references
    assert reference.folded is None and reference.verdict == "own"


def test_without_a_belt_the_breath_that_would_be_folded_is_named():
    flags = {flag.code: flag.values for flag in answer(slow_heart(rate_cpm=30, height=0.2).x).flags}
    assert flags["folded_breath"]["low"] < 30 < flags["folded_breath"]["high"]


def test_nothing_above_half_of_the_heart_rate_is_said_to_stand_out():
    truth = slow_heart(rate_cpm=14, height=0.2)  # whose mirror image stands at 24
    analysis = answer(truth.x, series="height")
    assert any(abs(60 * peak.freq - 14) < 1 for peak in analysis.peaks)
    assert all(60 * peak.freq <= truth.heart_rate_bpm / 2 + 0.5 for peak in analysis.peaks)


@pytest.mark.parametrize("series", ["height", "interval"])
def test_the_pulse_of_the_other_person_is_held_against_the_series(series):
    subject = pulse_of(seed=6, duration_s=300.0, rate_cpm=8, rate_cv=0.0, height=0.2, heart_rate_bpm=64)
    same = {"rate_cpm": 8, "rate_cv": 0.0, series: 0.2 if series == "height" else 0.06}
    examiner = pulse_of(seed=7, duration_s=300.0, heart_rate_bpm=90, **same)
    alone = pulse_of(seed=8, duration_s=300.0, heart_rate_bpm=90)
    (shared,) = beside(subject.x, channel="ppg_subject", ppg_examiner=examiner.x).references
    (unrelated,) = beside(subject.x, channel="ppg_subject", ppg_examiner=alone.x).references
    # both keep time to the second, as two that have nothing to do with each other may: p = .01 to .05
    assert shared.verdict in ("explained", "cannot be told") and shared.person == "examiner"
    most = max(shared.attributions, key=lambda attribution: attribution.fraction)
    assert (most.name, most.fraction > 0.9, most.pvalue <= 0.05) == (series, True, True)
    assert unrelated.verdict == "own"


def test_another_sensor_on_the_same_heart_is_a_reference_only_where_it_is_named():
    x = pulse_of(rate_cpm=8, height=0.2).x
    both = Session(Recording(np.column_stack((x, x)), 100.0, ("ppg", "ppg2")))
    assert analyze(both, Settings(**QUICK, channel="ppg"), rng=1).references == ()
    (named,) = analyze(both, Settings(**QUICK, channel="ppg", references=("ppg2",)), rng=1).references
    assert named.channel == "ppg2"


@pytest.mark.parametrize("name", ["force", "acc_z", "A2"])
def test_any_channel_that_is_named_is_held_against_the_series(name):
    truth = pulse_of(rate_cpm=8, height=0.2)
    data = np.column_stack((truth.x, truth.rhythm + 0.3 * simulate_noise(truth.x.size, fs=100, rng=2)))
    both = Session(Recording(data, 100.0, ("ppg", name)))
    (reference,) = analyze(both, Settings(**QUICK, channel="ppg", references=(name,)), rng=1).references
    assert reference.channel == name and reference.verdict == "explained"


@pytest.mark.parametrize("signal", ["ppg", "force"])
def test_a_reference_that_never_varies_is_said_to_be_of_no_use(signal):
    x = pulse_of(rate_cpm=8, height=0.2).x if signal == "ppg" else simulate_noise(24_000, fs=100, rng=2)
    both = Session(Recording(np.column_stack((x, np.ones(x.size))), 100.0, (signal, "belt")))
    analysis = analyze(both, Settings(**QUICK, channel=signal, references=("belt",)), rng=1)
    assert ("reference_unused", {"channel": "belt"}) in [(flag.code, flag.values) for flag in analysis.flags]


def test_of_a_pulse_too_slow_for_a_wave_no_aliases_are_listed():
    slow = answer(72 + pulse_of().x[::100], "pulse", 1.0)
    assert slow.reason and "aliasing" not in {flag.code for flag in slow.flags}


def test_settings_refuse_what_cannot_be_meant():
    with pytest.raises(ValueError, match="signal must be one of"):
        Settings(signal="ppg")
    with pytest.raises(ValueError, match="series must be one of"):
        Settings(series="amplitude")
    with pytest.raises(ValueError, match="belongs to a pulse"):
        replace(Settings(signal="force"), series="height")
