"""Simulation: what is put in is what the truth says, measured with nothing but NumPy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import scipy

from touchrhythm.cli import main
from touchrhythm.simulate.session import (
    in_band_power,
    mix_at_snr,
    simulate_cycles,
    simulate_noise,
    simulate_random_taps,
    simulate_rhythm,
    simulate_session,
    simulate_taps,
)
from touchrhythm.simulate.signals import AR_CORNER, KNEE, KNEE_STEEPNESS
from touchrhythm.simulate.study import StudyDesign, simulate_study

BAND = (0.1, 0.2)


def test_cycle_lengths_have_the_rate_and_the_spread_asked_for() -> None:
    length = np.diff(simulate_cycles(200_000.0, rate_cpm=8.0, cv=0.1, rng=1))
    assert length.mean() == pytest.approx(7.5, rel=0.005)
    assert length.std() / length.mean() == pytest.approx(0.1, rel=0.03)
    assert np.corrcoef(length[1:], length[:-1])[0, 1] == pytest.approx(0, abs=0.03)


def test_tempo_memory_correlates_neighbouring_cycles_and_keeps_the_spread() -> None:
    length = np.diff(simulate_cycles(200_000.0, rate_cpm=8.0, cv=0.15, tempo_memory=0.7, rng=1))
    assert length.std() / length.mean() == pytest.approx(0.15, rel=0.05)
    assert np.corrcoef(length[1:], length[:-1])[0, 1] == pytest.approx(0.7, abs=0.04)


def test_drift_makes_the_last_cycles_longer_by_its_share() -> None:
    peak = simulate_cycles(1000.0, rate_cpm=8.0, cv=0.0, drift=0.3, rng=1)
    length = np.diff(peak)
    assert length[-3] / length[2] == pytest.approx(1.15 / 0.85, rel=0.02)


def test_cycles_cover_the_time_asked_for_whatever_they_do() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        peak = simulate_cycles(
            300.0, rate_cpm=9.0, cv=rng.uniform(0, 0.6), drift=rng.uniform(-0.5, 0.9), rng=seed
        )
        assert peak[0] <= 0
        assert peak[-1] >= 300.0


def test_a_rhythm_peaks_at_whole_cycles_and_its_phase_gives_its_rate() -> None:
    wave, phase = simulate_rhythm(60_000, fs=100.0, rate_cpm=8.0, cv=0.1, rng=1)
    assert (np.diff(phase) > 0).all()
    assert wave == pytest.approx(np.cos(2 * np.pi * phase))
    tops = scipy.signal.find_peaks(wave)[0]
    assert np.abs(phase[tops] - np.round(phase[tops])).max() < 0.01
    steady, turns = simulate_rhythm(6000, fs=10.0, rate_cpm=8.0, cv=0.0, rng=1)
    assert steady.size == 6000
    assert (turns[-1] - turns[0]) / 599.9 == pytest.approx(8.0 / 60, rel=1e-9)


@pytest.mark.parametrize(
    ("colour", "slope"), [("white", 0.0), ("pink", -1.0), ("brown", -2.0), (0.5, -0.5), (1.7, -1.7)]
)
def test_noise_has_the_slope_of_its_colour(colour: str | float, slope: float) -> None:
    x = np.stack([simulate_noise(20_000, fs=20.0, colour=colour, rng=seed) for seed in range(20)])
    freq, density = scipy.signal.welch(x, fs=20.0, nperseg=4000)
    used = (freq > 0.02) & (freq < 5)
    found = np.polyfit(np.log(freq[used]), np.log(density.mean(axis=0)[used]), 1)[0]
    assert found == pytest.approx(slope, abs=0.06)


# (colour, a frequency, another, power at the first over that at the second) by the formula of each
@pytest.mark.parametrize(
    ("colour", "low", "high", "ratio"),
    [
        ("ar", AR_CORNER / 2, 10 * AR_CORNER, (1 + 10**2) / (1 + 0.5**2)),
        ("knee", KNEE / 2, 4 * KNEE, (1 + 4**KNEE_STEEPNESS) / (1 + 0.5**KNEE_STEEPNESS)),
        ("mixed", 0.03, 3.0, (1 / 0.03 + 1 / 0.3) / (1 / 3.0 + 1 / 0.3)),
    ],
)
def test_coloured_noise_falls_as_its_formula_says(colour: str, low: float, high: float, ratio: float) -> None:
    x = np.stack([simulate_noise(20_000, fs=20.0, colour=colour, rng=seed) for seed in range(40)])
    freq, density = scipy.signal.welch(x, fs=20.0, nperseg=4000)
    at = [density.mean(axis=0)[np.abs(freq / one - 1) < 0.2].mean() for one in (low, high)]
    assert at[0] / at[1] == pytest.approx(ratio, rel=0.2)


def test_noise_is_no_circle() -> None:
    ends = [
        (x[0] - x[-1]) ** 2 for x in (simulate_noise(2000, fs=5.0, colour="brown", rng=s) for s in range(200))
    ]
    assert np.mean(ends) > 0.5  # a circle would close with the step of one sample


@pytest.mark.parametrize("colour", ["white", "pink", "brown", "ar", "knee", "mixed"])
@pytest.mark.parametrize("snr_db", [-3.0, 6.0])
def test_the_ratio_of_rhythm_to_background_is_the_one_of_this_very_recording(
    colour: str, snr_db: float
) -> None:
    noise = simulate_noise(6000, fs=20.0, colour=colour, rng=1)
    wave, _ = simulate_rhythm(6000, fs=20.0, rate_cpm=8.0, cv=0.1, rng=2)
    mixed = mix_at_snr(wave, noise, fs=20.0, band=BAND, snr_db=snr_db)
    ratio = in_band_power(mixed - noise, fs=20.0, band=BAND) / in_band_power(noise, fs=20.0, band=BAND)
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=1e-9)


def test_in_band_power_of_white_noise_is_its_share_of_the_band() -> None:
    power = [
        in_band_power(simulate_noise(6000, fs=10.0, colour="white", rng=s), fs=10.0, band=BAND)
        for s in range(200)
    ]
    assert np.mean(power) == pytest.approx(0.1 / 5, rel=0.03)


def test_a_follower_taps_after_the_peaks_with_the_lag_and_jitter_asked_for() -> None:
    peak = simulate_cycles(60_000.0, rate_cpm=8.0, cv=0.05, rng=1)
    onset = simulate_taps(peak, span=(100, 59_000), lag_s=0.6, jitter=0.1, missed=0.1, rng=2)
    nearest = peak[np.abs(onset[:, None] - peak[None]).argmin(axis=1)]
    assert np.mean(onset - nearest) == pytest.approx(0.6, abs=0.03)
    assert np.std(onset - nearest) == pytest.approx(0.75, rel=0.05)
    assert onset.size / (58_900 / 7.5) == pytest.approx(0.9, rel=0.02)


def test_random_taps_are_as_many_as_the_rate_says_and_never_two_at_once() -> None:
    onset = simulate_random_taps(8.0, span=(0, 60_000), rng=1)
    assert onset.size == pytest.approx(8000 * np.exp(-0.3 / 7.5), rel=0.03)
    assert np.diff(onset).min() >= 0.3


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


# -- a whole study --------------------------------------------------------------------------------------

TINY = "--therapists 1 --subjects 2 --sessions 1 --duration 100 --margin 20 --fs 5"


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_study_has_the_sessions_controls_and_followers_of_its_design() -> None:
    design = StudyDesign(
        n_therapists=3, n_subjects=20, n_sessions=2, followed=0.7, with_rhythm=0.5, n_null=2, n_rigid=4,
        n_phantom=9, n_broken=5, duration_s=60, margin_s=10, fs=5,
    )  # fmt: skip
    sessions = list(simulate_study(design, rng=1))
    truths = [one.info["truth"] for one in sessions[: design.n_palpation]]
    assert len(sessions) == design.n_recordings == 120 + 15
    assert sum(one["broken"] for one in truths) == 5
    rhythm = [one for one in truths if one["rhythm"]]
    assert len(rhythm) == pytest.approx(60, abs=17)  # 3 SD
    assert sum(one["followed"] for one in rhythm) == pytest.approx(0.7 * len(rhythm), abs=12)
    assert not any(one["followed"] for one in truths if not one["rhythm"])
    phantoms = [one for one in sessions if one.info["kind"] == "phantom"]
    assert sum(one.info["truth"]["rhythm"] for one in phantoms) == 5
    rigid = [one.taps[0].rater for one in sessions if one.info["kind"] == "rigid"]
    assert rigid == ["E01", "E02", "E03", "E01"]


def test_which_phantoms_move_cannot_be_counted_along() -> None:
    orders = set()
    for seed in range(20):
        design = StudyDesign(n_therapists=1, n_subjects=1, n_phantom=4, duration_s=40, margin_s=5, fs=5)
        moves = [one.info["truth"]["rhythm"] for one in simulate_study(design, rng=seed)][1:]
        assert sum(moves) == 2
        orders.add(tuple(moves))
    assert len(orders) >= 4  # of 6


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_subjects": 0}, "n_subjects must be a whole number of at least 1, got 0"),
        ({"n_null": -1}, "n_null must be a whole number of at least 0, got -1"),
        ({"n_broken": 9}, "n_broken must be at most the 8 palpation sessions, got 9"),
        ({"rate_cpm": 40.0}, "rate_cpm must lie within 6.5 and 11.5, got 40"),
        ({"lag_spread_s": -1.0}, "lag_spread_s must be at least 0, got -1"),
        ({"followed": 1.2}, "followed must"),
    ],
)
def test_a_design_that_cannot_be_is_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        StudyDesign(**wrong)  # type: ignore[arg-type]


def test_the_same_seed_writes_the_same_study_and_keeps_its_truth_outside(here: Path) -> None:
    for name in ("one", "two"):
        assert main(["simulate", name, "--study", *TINY.split(), "--phantom", "2", "--broken", "1"]) == 0
    one, two = files_in(here / "one"), files_in(here / "two")
    one.pop("dataset_description.json"), two.pop("dataset_description.json")  # holds the folder's name
    assert one == two
    assert files_in(here / "one-truths") == files_in(here / "two-truths")
    design = json.loads((here / "one-truths" / "design.json").read_text("utf-8"))
    assert design["seed"] == 0 and design["design"]["n_phantom"] == 2
    assert len(list((here / "one-truths").glob("*_truth.json"))) == 2
    assert b"Nobody was touched" in one["README.md"]


@pytest.mark.parametrize("taken", ["trial", "trial-truths"])
def test_a_study_is_never_written_over_or_into_another(
    here: Path, capsys: pytest.CaptureFixture[str], taken: str
) -> None:
    (here / taken).mkdir()
    (here / taken / "precious").write_text("precious")
    assert main(["simulate", "trial", "--study", *TINY.split()]) == 73
    assert f"{taken}: is there already" in capsys.readouterr().err
    assert list(files_in(here)) == [str(Path(taken) / "precious")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--null 3", "--null is for a whole study: say --study, too"),
        ("--truths t", "--truths is for a whole study"),
        ("--study --tapper follow", "--tapper is for a single session"),
        ("--study --no-rhythm", "--no-rhythm is for a single session"),
        ("--study --breathing 14", "--breathing is for a single session"),
        ("--study --truths x/inside", "outside of the study folder"),
        ("--study --duration 100", "margin_s must leave time to tap"),
        ("--study --seed -1", "--seed must be 0 or above"),
        ("--study --fs 0", "fs must be above 0"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_is_written(
    here: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert main(["simulate", "x", *words.split()]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1
    assert not list(here.iterdir())


def test_a_plan_that_is_not_there_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "x", "--study", "--plan", "no.toml"]) == 66
    assert "no.toml" in capsys.readouterr().err and not list(here.iterdir())
