"""What do the page and the terminal say of a pulse, with a rhythm and without?"""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from touchrhythm import words
from touchrhythm.analysis.recipe import analyze
from touchrhythm.report.session.flags import artefact_sentences
from touchrhythm.report.session.page import page_of
from touchrhythm.report.session.pulse import pulse_sentences
from touchrhythm.report.session.terminal import summary_lines
from touchrhythm.report.session.verdict import verdict
from touchrhythm.session import Recording, Session
from touchrhythm.settings import Settings
from touchrhythm.simulate.pulse import PulseModel, simulate_pulse
from touchrhythm.words.pulse import PULSE, SERIES_NAMES, SERIES_SHORT

KINDS = {
    "height": ({"rate_cpm": 8, "height": 0.2}, "ppg", {}),
    "interval": (
        {"rate_cpm": 8, "interval": 0.06, "height": 0.2, "bad_fraction": 0.03},
        "ppg",
        {"series": "interval"},
    ),
    "baseline": ({"rate_cpm": 8, "baseline": 0.5, "coupling_hz": None}, "ppg", {}),
    "looks": ({"inverted": True}, "A1", {}),
    "none": ({}, "ppg", {"signal": "pulse"}),
    "ecg": ({"kind": "ecg"}, "ecg", {}),
    "irregular": ({"bad_fraction": 0.15, "bad_kinds": ("ectopic",)}, "ppg", {}),
    "noise": ({"snr_db": -25}, "ppg", {}),
    "unloaded": ({"snr_db": -25}, "ppg", {}),
    "leak": ({"rate_cpm": 8, "height": 0.4, "baseline_sd": 0.02}, "ppg", {"series": "baseline"}),
    "slow": ({}, "ppg", {}),
    "not an ecg": ({}, "ecg", {}),
}


@cache
def answer(kind):
    model, name, settings = KINDS[kind]
    pulse = simulate_pulse(PulseModel(**model), duration_s=200, fs=100, rng=4)
    step = 10 if kind == "slow" else 1
    if kind == "looks":
        pulse.x[5000:5500] = np.nan
    info = {"kind": kind} if kind == "unloaded" else {}
    session = Session(Recording(pulse.x[::step], 100.0 / step, (name,)), info=info)
    return analyze(session, Settings(n_surrogates=59, n_bootstrap=50, **settings), rng=1)


@pytest.mark.parametrize("kind", ["height", "interval", "baseline"])
def test_the_first_sentence_names_the_series_and_its_rate(kind):
    first = verdict(answer(kind)).sentences[0]
    assert first.startswith(f"{SERIES_NAMES[kind]} rises and falls at ")
    assert "cycles per minute" in first
    assert ("adjusted for" in first) == (kind != "interval")  # that one was declared


@pytest.mark.parametrize("kind", ["interval", "height"])
def test_a_list_of_intervals_is_called_the_series_that_it_is(kind):
    pulse = simulate_pulse(PulseModel(rate_cpm=8, **{kind: 0.1}), duration_s=200, fs=100, rng=4)
    grid = np.arange(pulse.beat_s[1], pulse.beat_s[-1], 0.25)
    series = np.interp(grid, pulse.beat_s[1:], np.diff(pulse.beat_s))
    recording = Recording(series, 4.0, ("RR",), ("s",), roles=("interval",))
    about = {"channels": [{"name": "RR", "role": "interval"}]}
    analysis = replace(
        analyze(Session(recording), Settings(n_surrogates=59, n_bootstrap=50), rng=1), reading=about
    )
    first = verdict(analysis).sentences[0]
    assert (
        first.startswith(SERIES_NAMES["interval"]) == (kind == "interval") and "the interval" in first.lower()
    )
    assert not any(flag.code == "aliasing" for flag in analysis.flags)


def test_what_is_no_matter_of_a_pulse_is_not_said_of_it():
    said = " ".join(artefact_sentences(answer("height")))
    assert "No breathing channel was recorded" in said
    assert "pulse channel" not in said and "dead weight" not in said


def test_a_pulse_sampled_too_slowly_is_to_be_recorded_faster():
    said = " ".join(verdict(answer("slow")).sentences)
    assert "need at least 25 samples per second" in said and "100 samples per second or more" in said
    assert "band" not in said.partition("What to do")[2]


def test_a_pulse_that_is_called_an_ecg_is_to_be_analysed_as_one():
    said = " ".join(verdict(answer("not an ecg")).sentences)
    assert "What to do" in said and "--signal pulse" in said and "skin" not in said


def test_a_recording_too_short_is_to_be_a_longer_one():
    pulse = simulate_pulse(PulseModel(), duration_s=60, fs=100, rng=4)
    said = " ".join(verdict(analyze(Session(Recording(pulse.x, 100.0, ("ppg",))), rng=1)).sentences)
    assert "for 10 minutes or more" in said and "skin" not in said


def test_the_heart_rate_stands_beside_it():
    said = " ".join(verdict(answer("height")).sentences)
    rate = answer("height").pulse.beats.rate_bpm
    assert f"The heart beats {rate:.0f} times per minute" in said


def test_the_terminal_has_the_heart_rate_with_a_rhythm_and_without():
    for kind in ("height", "none"):
        rate = answer(kind).pulse.beats.rate_bpm
        assert any(
            re.match(rf"  heart rate +{rate:.0f} per min +\d+–\d+ +\(good beats: \d+ %\)", line)
            for line in summary_lines(answer(kind))
        )


def test_the_terminal_has_each_series_with_its_test_rate_interval_and_modulation():
    lines = "\n".join(summary_lines(answer("height")))
    assert re.search(
        r"  height \(answers\) +p = \.\d+ +adjusted \.\d+ +\d\.\d+ \(\S+\) cpm, by \d+ % \(", lines
    )
    assert re.search(
        r"  interval +p = \S+ +adjusted \S+ +no rhythm found; at most \d\.\d % \(95 % bound\)", lines
    )
    assert "  baseline " in lines
    declared = "\n".join(summary_lines(answer("interval")))
    assert re.search(r"  interval +p = \.\d+ +\d\.\d", declared) and "  height" not in declared


def test_the_page_says_how_much_each_series_may_move_and_calls_none_a_channel():
    page, pulse = page_of(answer("height")), answer("height").pulse
    assert page.count("none found") == sum(series.rate is None for series in pulse.series.values()) > 0
    assert "at most " in page and "The height of the pulse of channel ppg over " in page
    assert "Channel ppg over" not in page and "samples in short gaps" not in page


def test_of_an_ecg_the_r_waves_have_the_height():
    said = " ".join(verdict(answer("ecg")).sentences)
    assert "the height of the R waves" in said and "of the ECG" in said and "the pulse" not in said


@pytest.mark.parametrize(("baseline", "leaks"), [(0.0, True), (0.6, False)])
def test_a_declared_series_that_shows_no_more_than_another_leaks_into_it_is_told_so(baseline, leaks):
    model = PulseModel(
        rate_cpm=8, height=0.4, baseline=baseline, baseline_sd=0.02, coupling_hz=0.5 if leaks else None
    )
    pulse = simulate_pulse(model, duration_s=240, fs=50, rng=2)
    settings = Settings(n_surrogates=59, n_bootstrap=50, series="baseline")
    analysis = analyze(Session(Recording(pulse.x, 50.0, ("ppg",))), settings, rng=1)
    assert analysis.found and list(analysis.pulse.series) == ["baseline"]
    assert ("height" in analysis.pulse.leaks_from) == leaks
    said = "shows no more of the rhythm than the height, which holds it too"
    assert any(said in sentence for sentence in verdict(analysis).sentences) == leaks


def test_without_a_rhythm_all_series_are_named():
    first = verdict(answer("none")).sentences[0]
    assert first.startswith(
        "No rhythm can be told from noise between 6 and 12 cycles per minute in the baseline,"
    )


def test_where_there_are_no_beats_the_sensor_is_advised_upon():
    said = verdict(answer("noise"))
    assert "no beats of a heart" in said.sentences[0]
    assert any("press lightly" in sentence for sentence in said.sentences)


def test_a_control_without_beats_is_as_it_should_be_and_no_advice_is_given():
    said = " ".join(verdict(answer("unloaded")).sentences)
    assert "as it should be" in said and "skin" not in said
    assert "bad_beats" not in {flag.code for flag in answer("unloaded").flags}


@pytest.mark.parametrize(("coupling_hz", "leaks"), [(0.5, True), (None, False)])
def test_a_baseline_that_only_an_ac_coupled_sensor_moves_is_said_to_leak(coupling_hz, leaks):
    model = PulseModel(
        rate_cpm=8, height=0.3, baseline=0.0 if leaks else 0.5, coupling_hz=coupling_hz, baseline_sd=0.02
    )
    pulse = simulate_pulse(model, duration_s=240, fs=50, rng=2)
    analysis = analyze(
        Session(Recording(pulse.x, 50.0, ("ppg",))), Settings(n_surrogates=59, n_bootstrap=50), rng=1
    )
    said = [text for _, text in pulse_sentences(analysis) if text.startswith("Of the other series")]
    assert len(said) == 1 and ("AC-coupled" in said[0]) == leaks


def test_the_page_draws_beats_series_and_spectra():
    page = page_of(answer("height"))
    for title in ("Beats of one minute", "Series of the pulse", "Spectra of the series"):
        assert title in page
    assert "<svg" in page and "the height (answers)" in page


def test_every_message_about_a_pulse_is_said(monkeypatch):
    heard = set()
    fields_of = words.fields_of
    monkeypatch.setattr(words, "fields_of", lambda text: heard.add(text) or fields_of(text))
    for kind in KINDS:
        summary_lines(answer(kind))
        page_of(answer(kind))
    seldom = {"bigeminal", "leaks", "found_one", "found_some", "heart_alone", "also", "hold", "holds"}
    assert not {code for code, text in PULSE.items() if text not in heard} - seldom
    assert set(SERIES_NAMES) == set(SERIES_SHORT)


def test_a_gap_is_a_gap_in_the_pictures_too():
    pulse = simulate_pulse(PulseModel(), duration_s=200, fs=100, rng=4)
    x = pulse.x.copy()
    x[15_000:16_000] = np.nan
    analysis = analyze(
        Session(Recording(x, 100.0, ("ppg",))), Settings(n_surrogates=19, n_bootstrap=50), rng=1
    )
    assert "stretches without good beats" in page_of(analysis)


def test_a_heart_out_of_step_is_said_to_be_so():
    found = answer("irregular")
    assert "It is out of step" in " ".join(verdict(found).sentences)
    bigeminal = replace(found.pulse, beats=replace(found.pulse.beats, regularity="bigeminal"))
    said = " ".join(text for _, text in pulse_sentences(replace(found, pulse=bigeminal)))
    assert "Every second beat comes early" in said


def test_a_gap_is_time_without_a_signal_and_no_bad_beat():
    page = page_of(answer("looks"))
    assert "s, in which no beats are counted" in page and "turned upright" in page
    assert answer("looks").pulse.beats.bad_fraction < 0.02
