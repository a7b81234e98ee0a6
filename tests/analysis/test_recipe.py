"""`analyze`: all answers about a session in one, and each honest about what it cannot say."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from touchrhythm.analysis.recipe import analyze, choose_channel
from touchrhythm.analysis.results import Analysis
from touchrhythm.errors import Undecided
from touchrhythm.session import Count, Recording, Session, Taps
from touchrhythm.settings import Settings
from touchrhythm.simulate.session import simulate_session

QUICK = Settings(n_surrogates=99, n_bootstrap=50)
NAN = float("nan")


@cache
def analysed(**given: Any) -> Analysis:
    given = {"duration_s": 300, "fs": 20.0, "rng": 1} | given
    return analyze(simulate_session(**given), QUICK, rng=1)


def session_of(x: np.ndarray, fs: float = 10.0, **parts: Any) -> Session:
    return Session(Recording(x, fs, ("force",), ("g",)), **parts)


def codes(analysis: Analysis) -> list[str]:
    return [flag.code for flag in analysis.flags]


def numbers(analysis: Analysis) -> dict[str, Any]:
    """Everything but what depends on who tapped."""
    plain = analysis.to_dict()
    for name in ("taps", "rater_pairs", "flags"):
        del plain[name]
    return plain


def test_a_rhythm_is_found_with_its_rate_and_all_that_stands_beside_it() -> None:
    analysis = analysed(rate_cpm=8.0, snr_db=9)
    assert analysis.found and analysis.periodicity is not None and analysis.rate is not None
    truth = simulate_session(duration_s=300, fs=20.0, rng=1, rate_cpm=8.0, snr_db=9).info["truth"]
    assert analysis.rate.low_cpm <= truth["realised_rate_cpm"] <= analysis.rate.high_cpm
    assert analysis.periodicity.amplitude_low <= truth["amplitude_g"] <= analysis.periodicity.amplitude_high
    assert analysis.cycle_count is not None and analysis.time_course is not None
    assert analysis.reason == "" and analysis.quality.usable == pytest.approx(300, abs=6)
    assert (analysis.channel, analysis.unit, analysis.fs) == ("force", "g", 20.0)
    assert analysis.peaks[0].place == "in"


@pytest.mark.parametrize("seed", range(4))
def test_what_is_drawn_is_what_is_counted_and_tapped_on(seed: int) -> None:
    analysis = analysed(rate_cpm=None, tapper="guess", rng=seed, duration_s=240)
    count, (taps,) = analysis.cycle_count, analysis.taps
    assert analysis.traces is not None and count is not None
    trace, edge = analysis.traces.trace, QUICK.edge
    ((start, stop),) = trace.segments
    x = trace.x[trace.between(start + edge, stop - edge)]
    up = np.flatnonzero((x[:-1] < 0) & (x[1:] >= 0))
    assert count.count == up.size - 1
    assert count.duration == pytest.approx((up[-1] - up[0]) / trace.fs, abs=1 / trace.fs)
    at = trace.time
    seen = np.interp(taps.onset, at, np.cos(np.angle(trace.z)))
    np.testing.assert_allclose(np.cos(taps.phase), seen, atol=0.02)


def test_without_a_rhythm_the_rate_is_withheld_and_the_count_stands_beside_noise() -> None:
    analysis = analysed(rate_cpm=None)
    assert not analysis.found and analysis.rate is None
    assert analysis.periodicity is not None and analysis.periodicity.pvalue > 0.05
    count = analysis.cycle_count
    assert count is not None and count.null_cpm.low <= count.rate_cpm <= count.null_cpm.high
    assert analysis.time_course is not None and np.isnan(analysis.time_course.low_cpm).all()
    assert np.isfinite(analysis.periodicity.amplitude_bound)


@pytest.mark.parametrize(
    ("x", "reason"),
    [
        (np.full(6000, 5.0), "must vary"),
        (np.full(6000, NAN), "must hold numbers"),
        (np.random.default_rng(1).standard_normal(620), "needs at least 120 s"),
    ],
    ids=["constant", "all missing", "a minute"],
)
def test_what_cannot_answer_gives_the_reason_and_no_number(x: np.ndarray, reason: str) -> None:
    analysis = analyze(session_of(x), QUICK, rng=1)
    assert reason in analysis.reason
    assert analysis.periodicity is None and analysis.rate is None
    assert analysis.cycle_count is None and analysis.time_course is None
    assert not analysis.found and analysis.peaks == ()
    assert json.loads(json.dumps(analysis.to_dict()))["periodicity"] is None
    assert analysis.reason in repr(analysis)


def test_a_band_that_the_sampling_rate_does_not_allow_is_a_reason_too() -> None:
    x = np.random.default_rng(1).standard_normal(400)
    analysis = analyze(session_of(x, fs=0.5), QUICK, rng=1)
    assert "fs must be at least" in analysis.reason


def test_an_unknown_channel_is_refused() -> None:
    session = session_of(np.random.default_rng(1).standard_normal(3000))
    message = "no channel 'forse', the recording has ('force',)"
    with pytest.raises(ValueError, match=re.escape(message)):
        analyze(session, replace(QUICK, channel="forse"), rng=1)


@pytest.mark.parametrize(
    ("channels", "settings", "column"),
    [
        (("breathing", "force"), {}, 1),
        (("trigger", "PPG", "hand"), {}, 2),
        (("force", "hand"), {"channel": "hand"}, 1),
        (("force", "hand"), {"channel": 1}, 1),
        (("hand", "force"), {}, 1),
        (("left", "right"), {"references": ("left",)}, 1),
        (("ecg", "belt"), {}, 0),
    ],
)
def test_the_channel_is_the_one_set_or_the_only_one_that_is_no_reference(
    channels: tuple[str, ...], settings: dict[str, Any], column: int
) -> None:
    recording = Recording(np.zeros((10, len(channels))), 10.0, channels)
    assert choose_channel(recording, Settings(**settings)) == column


def test_breathing_recorded_beside_it_is_said_to_explain_a_rhythm_that_it_explains() -> None:
    rng = np.random.default_rng(2)
    plain = simulate_session(duration_s=300, fs=20.0, rate_cpm=8.0, snr_db=12, rng=2)
    x = plain.recording.channel("force")
    wave = simulate_session(duration_s=300, fs=20.0, rate_cpm=8.0, snr_db=60, rng=2).recording
    breath = wave.channel("force") + 1e-3 * rng.standard_normal(x.size)
    both = Session(Recording(np.column_stack((x, breath)), 20.0, ("force", "respiratory"), ("g", "")))
    analysis = analyze(both, QUICK, rng=1)
    assert analysis.periodicity is not None and analysis.periodicity.pvalue <= 0.05
    (reference,) = analysis.references
    assert reference.channel == "respiratory" and reference.coherence > reference.coherence_null
    assert reference.pvalue_after > 0.05
    assert "reference_explains" in codes(analysis) and "no_breathing" not in codes(analysis)


def test_breathing_elsewhere_explains_nothing() -> None:
    analysis = analysed(rate_cpm=8.0, snr_db=9, breathing_cpm=16.0, references=True)
    (reference,) = analysis.references
    assert reference.pvalue_after <= 0.05
    assert "reference_explains" not in codes(analysis)


def test_a_reference_that_never_varies_is_left_out() -> None:
    x = np.column_stack((np.random.default_rng(3).standard_normal(3000), np.full(3000, 2.0)))
    analysis = analyze(Session(Recording(x, 10.0, ("force", "belt"))), QUICK, rng=1)
    assert analysis.references == () and analysis.periodicity is not None


def test_flags_say_what_limits_the_answer_the_most_serious_first() -> None:
    analysis = analysed(rate_cpm=8.0, snr_db=9, gaps=((140.0, 5.0),))
    assert {"short", "left_out", "no_breathing", "n_surrogates"} <= set(codes(analysis))
    severity = [flag.severity for flag in analysis.flags]
    assert severity == sorted(severity)


def test_a_rhythm_just_outside_is_not_found_and_said_to_be_outside() -> None:
    analysis = analysed(rate_cpm=12.15, cv=0.0, snr_db=12)
    assert not analysis.found and analysis.rate is None
    assert "outside" in codes(analysis)


@pytest.mark.parametrize(("strength", "said"), [(0.3, False), (60.0, True)])
def test_a_rhythm_far_above_the_rest_is_said_to_disturb_the_test(strength: float, said: bool) -> None:
    time = np.arange(6000) / 10
    noise = np.random.default_rng(6).standard_normal(time.size)
    analysis = analyze(session_of(noise + strength * np.cos(2 * np.pi * 0.26 * time)), QUICK, rng=1)
    assert ("strong_neighbour" in codes(analysis)) is said


def test_a_harmonic_of_a_slower_rhythm_is_no_rhythm_found() -> None:
    time = np.arange(6000) / 10
    x = np.random.default_rng(4).standard_normal(time.size)
    x += 3 * np.cos(2 * np.pi * 0.07 * time) + np.cos(2 * np.pi * 0.14 * time + 1)
    analysis = analyze(session_of(x), QUICK, rng=1)
    assert analysis.periodicity is not None and analysis.periodicity.pvalue <= 0.05
    assert analysis.periodicity.harmonic_of == pytest.approx(0.07, abs=0.002)
    assert not analysis.found and analysis.rate is None
    assert codes(analysis)[0] == "harmonic"


def test_gaps_steps_and_lost_contact_are_cut_out_and_listed() -> None:
    analysis = analysed(
        duration_s=600, gaps=((140.0, 5.0),), contact_loss=((300.0, 10.0),), rate_cpm=8.0, snr_db=9
    )
    labels = [cut.label for cut in analysis.quality.cuts]
    assert "gap" in labels and ("no contact" in labels or "saturated" in labels)
    assert analysis.periodicity is not None and analysis.periodicity.n_segments == 3
    assert analysis.quality.usable < 590


def test_a_stretch_between_cuts_that_is_too_short_is_listed() -> None:
    x = np.random.default_rng(5).standard_normal(3000)
    x[1500:1550] = NAN
    x[2000:2050] = NAN
    analysis = analyze(session_of(x), QUICK, rng=1)
    assert [cut.label for cut in analysis.quality.cuts].count("too short") == 2
    assert analysis.periodicity is not None
    assert analysis.periodicity.skipped_s == pytest.approx(45 + 95, abs=1)


def test_reported_counts_stand_beside_the_measured_rate_with_their_quantisation() -> None:
    session = simulate_session(duration_s=300, fs=20.0, rate_cpm=8.0, cv=0.02, snr_db=12, rng=1)
    counted = replace(session, counts=(Count(24, 60.0, 180.0, "R1"), Count(9, 60.0, 60.0, "R2")))
    analysis = analyze(counted, QUICK, rng=1)
    first, second = analysis.counts
    assert first.rate_cpm == 8.0 and first.measured_is_rhythm
    assert first.measured_cpm == pytest.approx(8.0, abs=0.3)
    assert second.quantisation_cpm == pytest.approx(0.8, abs=0.01)


def test_each_rater_is_held_against_the_signal_and_against_the_others() -> None:
    analysis = analysed(rate_cpm=8.0, snr_db=9, tapper=("follow", "guess"), raters=("R1", "R2"))
    assert [one.rater for one in analysis.taps] == ["R1", "R2"]
    assert len(analysis.rater_pairs) == 1


def test_one_more_rater_changes_no_other_figure() -> None:
    session = simulate_session(
        duration_s=300,
        fs=20.0,
        rate_cpm=8.0,
        snr_db=3,
        tapper=("follow", "guess"),
        raters=("R1", "R2"),
        rng=3,
    )
    alone = analyze(replace(session, taps=session.taps[:1]), QUICK, rng=7)
    together = analyze(session, QUICK, rng=7)
    nobody = analyze(replace(session, taps=()), QUICK, rng=7)
    assert numbers(alone) == numbers(together) == numbers(nobody)
    assert alone.to_dict()["taps"][0] == together.to_dict()["taps"][0]


def test_too_few_taps_are_told_and_spoil_nothing() -> None:
    session = simulate_session(duration_s=300, fs=20.0, rate_cpm=8.0, snr_db=6, rng=1)
    few = replace(session, taps=(Taps([100.0, 110.0, 120.0], "R1"),))
    analysis = analyze(few, QUICK, rng=1)
    assert analysis.taps == ()
    (flag,) = [flag for flag in analysis.flags if flag.code == "few_taps"]
    assert flag.values["rater"] == "R1" and flag.values["n"] == 3


def test_one_seed_gives_one_answer_to_the_byte_and_is_written_down() -> None:
    session = simulate_session(duration_s=300, fs=20.0, rate_cpm=8.0, tapper="follow", rng=5)
    first, again = (json.dumps(analyze(session, QUICK, rng=11).to_dict()) for _ in range(2))
    assert first == again
    assert json.loads(first)["seed"] == 11
    other = analyze(session, QUICK, rng=12).to_dict()
    statistic = json.loads(first)["periodicity"]["statistic"]
    assert other["periodicity"]["statistic"] == pytest.approx(statistic, rel=1e-9)


def test_all_of_it_is_plain_json_and_what_does_not_exist_is_null() -> None:
    plain = analysed(rate_cpm=None).to_dict()
    text = json.dumps(plain, allow_nan=False)
    assert json.loads(text) == plain
    assert plain["rate"] is None and set(plain["time_course"]["low_cpm"]) == {None}
    assert "spectrum" not in plain["periodicity"] and "traces" not in plain
    assert plain["settings"]["band_cpm"] == [6.0, 12.0]


def test_it_shows_itself_in_one_honest_line_and_a_small_table() -> None:
    found, none = analysed(rate_cpm=8.0, snr_db=9), analysed(rate_cpm=None)
    assert re.fullmatch(
        r"Analysis\(force: p = 0\.01 for a rhythm in 6–12 cpm, \d\.\d\d cpm \(.*\), 0 raters\)", repr(found)
    )
    assert "no rate" in repr(none)
    page = found._repr_html_()
    assert page.startswith("<table>") and "rate_cpm" in page and "<script" not in page


def test_a_channel_name_cannot_smuggle_markup_into_a_notebook() -> None:
    x = np.random.default_rng(6).standard_normal(3000)
    session = Session(Recording(x, 10.0, ("<script>alert(1)</script>",)))
    assert "<script" not in analyze(session, QUICK, rng=1)._repr_html_()


def test_a_row_of_a_table_holds_the_main_figures() -> None:
    row = analysed(rate_cpm=None).to_row()
    assert row["found"] is False and row["rate_cpm"] is None
    assert row["noise_low_cpm"] < row["noise_high_cpm"]
    pandas = pytest.importorskip("pandas")
    frame = analysed(rate_cpm=None).to_frame()
    assert isinstance(frame, pandas.DataFrame) and list(frame.columns) == list(row)


@pytest.mark.parametrize(
    ("info", "control"),
    [
        ({"kind": "null"}, "null"),
        ({"kind": "tap-only"}, "tap-only"),
        ({"entities": {"task": "deadweight"}}, "null"),
        ({"entities": {"task": "taponly"}}, "tap-only"),
        ({"kind": "palpation", "entities": {"task": "rigid"}}, ""),
        ({"entities": {"task": "palpation"}}, ""),
        ({}, ""),
    ],
)
def test_a_control_is_flagged_by_what_was_stored_with_it(info: dict[str, Any], control: str) -> None:
    analysis = analyze(session_of(np.ones(600), info=info), QUICK, rng=1)
    found = [flag.values["kind"] for flag in analysis.flags if flag.code == "control"]
    assert found == ([control] if control else [])


@pytest.mark.parametrize("channels", [("A1", "A2"), ("belt", "resp"), ("force left", "force right")])
def test_two_channels_that_can_be_meant_are_asked_about(channels: tuple[str, ...]) -> None:
    session = Session(Recording(np.ones((600, 2)), 10.0, channels), info={"source": "a.csv"})
    with pytest.raises(Undecided) as caught:
        analyze(session, QUICK, rng=1)
    assert caught.value.options == tuple(f"--channel {shlex.quote(name)}" for name in channels)
    assert analyze(session, replace(QUICK, channel=channels[1]), rng=1).channel == channels[1]


@pytest.mark.parametrize(
    ("channels", "chosen"),
    [
        (("belt", "force"), "force"),
        (("A1", "temperature"), "A1"),
        (("gain", "fsr_response"), "fsr_response"),
        (("Atmung", "Kraft"), "Kraft"),
        (("ppg", "button"), "ppg"),
    ],
)
def test_the_only_channel_that_can_be_meant_is_analysed(channels: tuple[str, ...], chosen: str) -> None:
    session = Session(Recording(np.ones((600, 2)), 10.0, channels))
    assert analyze(session, QUICK, rng=1).channel == chosen


def test_a_counter_is_refused_as_a_signal() -> None:
    session = Session(Recording(np.column_stack((np.arange(600), np.ones(600))), 10.0, ("packet", "force")))
    with pytest.raises(ValueError, match="channel 'packet' is a counter, no signal"):
        analyze(session, replace(QUICK, channel="packet"), rng=1)


def test_a_belt_that_never_varies_is_there_and_says_nothing() -> None:
    data = simulate_session(duration_s=150, fs=10.0, rng=1, rate_cpm=None).recording.data[:, :1]
    session = Session(
        Recording(np.column_stack((data, np.full(len(data), 3.0))), 10.0, ("force", "breathing"))
    )
    flags = {flag.code: flag.values for flag in analyze(session, QUICK, rng=1).flags}
    assert flags["no_breathing"] == {"unused": ("breathing",)}
    assert flags["reference_unused"] == {"channel": "breathing"}


def test_breathing_is_not_denied_beside_a_channel_that_nobody_named() -> None:
    data = simulate_session(duration_s=150, fs=10.0, rng=1, rate_cpm=None).recording.data[:, :1]
    session = Session(Recording(np.column_stack((data, data)), 10.0, ("force", "A2")))
    flags = {flag.code: flag.values for flag in analyze(session, QUICK, rng=1).flags}
    assert flags["no_breathing"] == {"unknown": ("A2",)}
    said = analyze(session, replace(QUICK, references=("A2",)), rng=1)
    assert {flag.code: flag.values for flag in said.flags}.get("no_breathing", {}) == {}


def test_a_sealed_plan_is_not_denied() -> None:
    planned = analyze(session_of(np.ones(600), info={"plan_sha256": "ab" * 32}), QUICK, rng=1)
    assert "plan_unchecked" in codes(planned) and "plan_absent" not in codes(planned)


def test_a_breathing_channel_that_is_analysed_is_told() -> None:
    recorded = simulate_session(duration_s=150, fs=10.0, rng=1, rate_cpm=None).recording
    session = Session(Recording(recorded.data[:, :1], 10.0, ("RSP",)))
    found = codes(analyze(session, QUICK, rng=1))
    assert "is_breathing" in found and "no_breathing" not in found
