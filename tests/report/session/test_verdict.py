"""Do the words keep the rules of the house, for every kind of answer?"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import replace

import pytest

from analyses import (
    ALL_FLAGS,
    BREATHING,
    KINDS,
    NAN,
    analysis,
    make,
    periodicity,
    reference,
    taps,
    time_course,
)
from touchrhythm.analysis.flags import list_flags
from touchrhythm.analysis.results import Analysis, Flag, Settings
from touchrhythm.report.session.estimate_table import row_cells
from touchrhythm.report.session.finding import finding, tap_finding_of
from touchrhythm.report.session.flags import artefact_sentences, flag_text
from touchrhythm.report.session.pictures import picture_words
from touchrhythm.report.session.taps import _by_chance
from touchrhythm.report.session.terminal import summary_lines
from touchrhythm.report.session.verdict import verdict
from touchrhythm.rhythm.peaks import Peak
from touchrhythm.session import NullRange
from touchrhythm.words.numbers import p_number, percent, rate_words, spelled

FORBIDDEN = ("detect", "craniosacral", "cranial", "significan", "diagnos", "prove", "therap", " nan", "none)")


def words_of(one: Analysis) -> str:
    """All that is ever said about an analysis."""
    said = verdict(one)
    parts = [*said.sentences, *said.details, *said.checks, said.methods, *summary_lines(one, "page.html")]
    parts += [flag.text for flag in said.flags]
    parts += [
        text
        for figure in said.figures
        for text in (figure.label, figure.value, figure.interval, figure.noise)
    ]
    parts += [cell for row in said.rows for cell in row_cells(row)]
    parts += [text for words in picture_words(one).values() for text in (words.title, words.text)]
    parts += artefact_sentences(one)
    return "\n".join(parts)


def sentences(kind: str) -> str:
    return " ".join(verdict(make(kind)).sentences)


def everything(kind: str) -> str:
    said = verdict(make(kind))
    return " ".join([*said.sentences, *said.details])


@pytest.mark.parametrize("kind", KINDS)
def test_no_forbidden_word_is_ever_said(kind: str) -> None:
    text = words_of(make(kind)).lower()
    assert not [word for word in FORBIDDEN if word in text]


@pytest.mark.parametrize("kind", KINDS)
def test_p_is_never_said_to_be_smaller_than_something(kind: str) -> None:
    text = words_of(make(kind))
    assert "<" not in text
    assert not re.search(r"p = (?!\.\d|1\b|not)", text)
    assert not re.search(r"p = \.0+\b", text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_has_two_or_three_sentences_that_spell_the_unit_first(kind: str) -> None:
    said = verdict(make(kind)).sentences
    assert 2 <= len(said) <= 3
    assert all(sentence.endswith(".") and ".." not in sentence for sentence in said)
    first = " ".join(said)
    if "cpm" in first:
        assert first.index("cycles per minute") < first.index("cpm")


@pytest.mark.parametrize("kind", KINDS)
def test_a_rate_is_named_only_where_a_rhythm_was_shown(kind: str) -> None:
    one = make(kind)
    lines = "\n".join(summary_lines(one))
    measured = verdict(one).figures[1]
    if one.rate is None:
        assert "measured rate" not in lines and "Measured rate" not in [
            row.quantity for row in verdict(one).rows
        ]
        assert measured.value in ("none", "none shown")
        assert "There is a rhythm" not in words_of(one)
    if one.rate is None and one.cycle_count is not None:
        assert measured.interval.startswith("count of the filtered trace")
        assert "filtered trace only" in lines


def test_rhythm() -> None:
    assert (
        "There is a rhythm at 8.0 cycles per minute (7.9–8.1), which none of 999 simulated recordings without a rhythm"
        " matches (p = .001)." in sentences("rhythm")
    )
    assert re.search(
        r"The rhythm stands out for \d\d % of the time \(noise: 12 %, up to 31 %\)\.", sentences("rhythm")
    )


def test_copies_that_match_are_counted() -> None:
    assert "which 12 of 999 simulated recordings without a rhythm match (p = .013)" in sentences(
        "rhythm_weak"
    )
    one = analysis(periodicity=periodicity(600.0, 8.02, pvalue=0.002, n_exceed=1))
    assert (
        "which 1 of 999 simulated recordings without a rhythm matches (p = .002)" in verdict(one).sentences[0]
    )


def test_no_rhythm_names_what_noise_looks_like() -> None:
    assert "No rhythm can be told from noise between 6 and 12 cycles per minute (p = .41)." in sentences(
        "none"
    )
    assert (
        "Recordings like this one without any rhythm, filtered the same way, look like 8.7 (7.6–9.9); the count of the"
        " filtered trace is 8.6." in sentences("none")
    )
    assert "A rhythm of more than 35 mg (95 % bound) would have shown." in everything("none")


def test_no_rhythm_in_a_short_recording_says_what_could_have_been_found() -> None:
    said = "With 3 minutes, a rhythm with half of the band's power would have been found in about 62 of 100"
    assert said in sentences("none_short")
    unknown = replace(make("none_short"), flags=(Flag("short", 1, {"duration": 180.0, "needed": 600.0}),))
    unsaid = "With 3 minutes only a strong rhythm would have been found."
    assert unsaid in " ".join(verdict(unknown).sentences)


def test_the_strongest_rhythm_outside_is_named() -> None:
    assert (
        "The strongest rhythm is at 15.2 (15.1–15.3), above the band; this is where breathing usually lies."
        in sentences("none")
    )
    assert "The strongest rhythm elsewhere is at 15.2" in everything("rhythm")
    assert "Nothing else stands out between 2 and 36 cycles per minute." in everything("none_no_peaks")
    named = analysis(periodicity=periodicity(600.0, 8.0, peaks=(replace(BREATHING, label="harmonic-like"),)))
    assert "it is most simply a harmonic of a slower one" in " ".join(
        [*verdict(named).sentences, *verdict(named).details]
    )


def test_a_rhythm_just_outside_is_not_claimed() -> None:
    assert (
        "No rhythm was found between 6 and 12 cycles per minute: the nearest one, at 5.8 (5.7–5.9), lies just outside"
        " the band (p = .001)." in sentences("outside")
    )
    assert verdict(make("outside")).figures[0].value == "no"
    assert finding(make("none_at_the_edge")) == "none"


def test_a_rate_that_came_out_outside_the_band_is_no_rhythm_in_it() -> None:
    one = analysis(rate_cpm=5.9, periodicity=periodicity(600.0, 6.1))
    assert finding(one) == "outside"
    assert "nearest one, at 5.9 (5.8–6.0), lies just outside" in verdict(one).sentences[0]


@pytest.mark.parametrize(
    ("rate", "said"),
    [(12.013, "12.01"), (12.0004, "12.0004"), (5.96, "5.96"), (12.3, "12.3"), (5.9996, "5.9996")],
)
def test_a_rate_said_to_lie_outside_is_never_rounded_to_the_edge(rate: float, said: str) -> None:
    side = "above" if rate > 12 else "below"
    peak = Peak(rate / 60, (rate - 0.1) / 60, (rate + 0.1) / 60, 0.001, 9.0, 0.05, side, "")
    test = replace(
        make("outside").periodicity, freq=peak.freq, freq_low=peak.low, freq_high=peak.high, peaks=(peak,)
    )
    flags = (Flag("outside", 2, {"rate": rate}), Flag("leak", 3, {"rate": rate, "gain": 0.5}))
    one = replace(make("outside"), periodicity=test, flags=flags)
    rates = re.findall(
        r"(?:nearest one, at|nearest rhythm, at|rhythm at) ([\d.]+)", "\n".join(summary_lines(one))
    )
    assert rates == [said] * 3
    assert f"at {said} (" in picture_words(one)["spectrum"].text


def test_a_recording_a_few_seconds_under_the_advice_is_not_short() -> None:
    for usable, is_said in ((596.0, False), (588.0, False), (580.0, True)):
        quality = replace(make("none").quality, usable=usable)
        one = replace(make("none"), quality=quality, detection_power=0.9)
        one = replace(one, flags=list_flags(one, {}))
        said = words_of(one)
        assert ("Short: " in said) is is_said and ("would have been found in about" in said) is is_said


def test_the_name_of_a_channel_stands_as_a_name_as_it_was_given() -> None:
    one = replace(
        make("whom_taps_follow"),
        channel="force_g",
        flags=(Flag("reference_explains", 1, {"channel": "RSP", "left": 0.1}),),
    )
    said = words_of(
        replace(one, references=tuple(replace(given, channel="RSP") for given in one.references[:1]))
    )
    assert "The channel RSP shares the rhythm" in said and "The channel RSP (breathing): explains" in said
    assert "of the channel force_g without it" in words_of(one) and "the force_g" not in words_of(one)


def test_edge() -> None:
    assert (
        "The rhythm at 6.1 cycles per minute (5.99–6.17) lies at the edge of the band (p = .001): its interval reaches"
        " outside 6–12." in sentences("edge")
    )
    assert verdict(make("edge")).figures[0].value == "at the edge"


def test_harmonic() -> None:
    assert (
        "The peak at 6.6 cycles per minute (6.5–6.7) is twice 3.3 (p = .001): it is most simply the second harmonic of"
        " that slower rhythm, and no rhythm of its own." in sentences("harmonic")
    )
    third = periodicity(600.0, 9.9, harmonic_of=3.3 / 60)
    assert (
        "is three times 3.3 (p = .001): it is most simply the third harmonic"
        in verdict(analysis(rate=None, periodicity=third)).sentences[0]
    )


def test_breathing_that_explains_the_rhythm_stands_in_the_first_sentence() -> None:
    first = sentences("breathing_at_8").split(". ")[0:2]
    said = "; it is that of the breathing: taking that out leaves nothing that stands out (p = .62)."
    assert said in verdict(make("breathing_at_8")).sentences[0], first
    assert verdict(make("breathing_at_8")).figures[0].tone == "open"


def test_breathing_that_does_not_go_with_the_rhythm_says_what_would_have_shown() -> None:
    assert (
        "The rhythm does not go with the breathing in the ways that were tried (its wave, twice its rate, its depth and"
        " half its rate): had the breathing made 31 % of the band's power or more in one of them, that would have shown"
        " (belt, coherence .12, chance up to .31)." in everything("breathing_elsewhere")
    )
    assert "does not go with the channel pad in the one way that was tried (its wave): had" in everything(
        "own_in_one_way"
    )


@pytest.mark.parametrize(
    ("verdict_word", "share", "is_doubted"),
    [
        ("own", 0.66, True),
        ("explained", 0.4, True),
        ("both", 0.4, True),
        ("cannot be told", 0.4, True),
        ("own", 0.67, False),
        ("explained", 0.9, False),
        ("own", NAN, False),
    ],
)
def test_a_belt_that_was_there_for_less_than_two_thirds_of_the_time_is_a_doubt_in_the_first_sentence(
    verdict_word: str, share: float, is_doubted: bool
) -> None:
    said = verdict(analysis(references=(reference(verdict_word, time_fraction=share),))).sentences[0]
    assert said.count(f"; but the breathing was there for only {percent(share)} of the time") == is_doubted


def test_of_several_the_one_that_decides_must_have_been_there() -> None:
    pulse = reference("own", kind="pulse", channel="ppg", time_fraction=0.3)
    for whole, is_doubted in ((1.0, False), (0.5, True)):
        breath = reference("explained", time_fraction=whole)
        first = verdict(analysis(references=(pulse, breath))).sentences[0]
        assert ("the breathing was there for only 50 %" in first) is is_doubted and "pulse" not in first


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "third_harmonic_untried",
            "; it may be three times the rate of the breathing (3 × 2.67 = 8.01): whether it goes with that was not tried.",
        ),
        (
            "untried_beside",
            " one of its own at 7.5 (7.4–7.6); it may be one and a half times the rate of the breathing (3/2 × 5.0 = 7.5):"
            " whether it goes with that was not tried.",
        ),
    ],
)
def test_a_rhythm_of_its_own_at_an_untried_multiple_of_a_breath_is_in_doubt(kind: str, said: str) -> None:
    assert said in verdict(make(kind)).sentences[0]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("both", "; beside the depth of the breathing at 8.0 there is one of its own at 7.5 (7.4–7.6)."),
        ("both_unknown", "; beside the depth of the breathing there is one of its own at 7.5 (7.4–7.6)."),
        ("untold", "; whether it is that of the breathing cannot be told: without it nothing stands out"),
        (
            "close",
            "; it cannot be told from the breathing in 10 minutes: the two are 0.12 cycles per minute apart",
        ),
        ("close", "keep 0.23 apart (25 minutes would be enough)."),
        ("close_for_ever", "; it cannot be told from the examiner's breathing in 10 minutes"),
        (
            "hinted",
            "whether the breathing has part in it cannot be told (p = .03 by itself, p = .12 among all ways",
        ),
        ("hinted", "that were tried); without it nothing stands out."),
        ("hinted_own", "that were tried); without it there is one of its own at 9.5 (9.4–9.6)."),
        ("both_mean", "at 7.0 there is one of its own at 9.0 (8.9–9.1), and 8.0 is but a mean of the two."),
        ("close_beside", " would be enough); beside it there is one of its own at 9.5 (9.4–9.6)"),
        (
            "jointly",
            "; it is that of the subject's breathing and the height of the beats of the pulse: taking",
        ),
        (
            "jointly_at_two_rates",
            "; it is that of the subject's breathing and the height of the beats of the pulse at 11.2: taking",
        ),
    ],
)
def test_the_first_sentence_says_what_makes_the_rhythm(kind: str, said: str) -> None:
    assert said in verdict(make(kind)).sentences[0]


def test_a_breath_that_goes_with_the_rhythm_by_itself_is_not_said_not_to() -> None:
    assert "does not go with" in everything("whom_taps_follow")
    assert "does not go with" not in everything("hinted_own")


def test_taps_that_make_a_rhythm_are_not_said_to_follow_it() -> None:
    said = everything("made_by_tapping")
    assert "The taps are not said to follow it" in said
    assert "follow the measured rhythm" not in said
    assert verdict(make("made_by_tapping")).figures[3].value == "made by tapping"
    assert "R1 cannot be judged (the rhythm is there only while R1 taps)" in everything("made_by_one_of_two")


def test_taps_that_keep_step_at_another_ratio_are_not_said_to_know_nothing() -> None:
    said = everything("whom_at_another_ratio")
    assert (
        "The taps keep step with the breathing, but at another ratio than the declared (p = .004); they keep step with what"
        " is left of the channel force without it, but at another ratio than the declared (p = .008)." in said
    )


def test_short_pushes_that_make_a_rhythm_are_said_to_with_their_share() -> None:
    first = verdict(make("made_by_pushes")).sentences[0]
    assert (
        "; short pushes at the taps make 87 % of it while somebody taps (p = .005), and the margins hold no"
        in first
    )
    assert "The taps are not said to follow it" in everything("made_by_pushes")


def test_it_is_said_whom_the_taps_follow() -> None:
    said = everything("whom_taps_follow")
    assert (
        "The taps follow the examiner's breathing (p = .002); they cannot be told from tapping that knows nothing of"
        " what is left of the channel force without it (p = .60)." in said
    )
    assert (
        "The taps cannot be told from tapping that knows nothing of the channel pad (p = .50); they follow what is left"
        " of the channel force without it (p = .003)." in said
    )


def test_of_several_references_each_is_said_to_explain_beyond_the_others_or_not() -> None:
    said = everything("jointly")
    assert "The subject's breathing explains the rhythm beyond the others." in said
    assert "The pulse explains nothing of the rhythm beyond the others." in said


def test_breathing_not_recorded_is_said_once() -> None:
    said = "Breathing was not recorded, so a slow breath cannot be told from any other rhythm here."
    assert "\n".join(summary_lines(make("rhythm"))).count(said) == 1
    unflagged = analysis(flags=())
    assert said in " ".join(verdict(unflagged).sentences)


def test_taps_that_follow() -> None:
    assert "The taps follow the measured rhythm (p = .002), on average 0.6 s after its peak." in sentences(
        "rhythm"
    )
    assert re.search(
        r"Unrelated tapping of this regularity reaches a phase consistency between \.03 and \.31 in 95 % of cases;"
        r" here it is \.\d\d\.",
        everything("rhythm"),
    )


def test_taps_that_follow_a_trace_without_a_rhythm() -> None:
    assert (
        "The taps follow the filtered trace (p = .002), on average 0.6 s after its peak, although that trace cannot be"
        " told from noise." in sentences("none_taps_follow")
    )


def test_an_equal_rate_is_not_agreement() -> None:
    assert (
        "The taps cannot be told from tapping that knows nothing of the signal (p = .38), although both run at about 8"
        " per minute: an equal rate is not agreement." in sentences("taps_do_not")
    )
    apart = analysis(taps=(taps(follows=False, rate_low_cpm=5.0, rate_high_cpm=5.4),))
    assert "knows nothing of the signal (p = .38)." in " ".join(verdict(apart).sentences)


def test_taps_that_cannot_be_judged() -> None:
    assert (
        "Whether the taps follow the signal cannot be judged: both run so regularly that one recording cannot show"
        " whether one follows the other; several recordings can." in sentences("taps_regular")
    )
    assert "cannot be judged: the taps lie outside the usable stretches." in sentences("taps_unjudged")
    assert "too few taps to judge whether they follow the signal (3; at least 5 are needed)" in sentences(
        "taps_few"
    )
    refused = analysis(flags=(Flag("few_taps", 2, {"rater": "R1", "n": 3}),))
    assert verdict(refused).figures[2].interval == "too few taps could be used"


def test_taps_without_margins_leave_open_whether_they_make_the_rhythm() -> None:
    assert "but without margins it cannot be told whether the tapping itself makes that rhythm" in sentences(
        "taps_without_margins"
    )
    assert "without margins" not in sentences("rhythm")


def test_taps_that_shake_the_sensor_are_doubted_where_they_agree() -> None:
    assert "but pressing the button shakes the sensor, which alone could do this" in sentences("taps_leak")
    assert any("is shaken when R1 presses" in one for one in artefact_sentences(make("taps_leak")))


def test_the_declared_statistic_is_the_one_compared_with_chance() -> None:
    assert (
        "a mean cosine at the declared lags between −.20 and .35 in 95 % of cases; here it is .66"
        in everything("taps_directed")
    )
    assert (
        "lags of 0 to 1.5 s after the signal's peak were declared" in verdict(make("taps_directed")).methods
    )


def test_the_flag_of_few_copies_names_the_steps_in_which_p_moves() -> None:
    said = flag_text(Flag("n_surrogates", 2, {"n": 19}), make("rhythm_alone"))
    assert "Only 19 simulated recordings without a rhythm: p moves in steps of .05" in said


def test_several_raters_and_each_with_each() -> None:
    said = sentences("two_raters")
    assert "Of 2 raters, R1 follows the measured rhythm (p = .002; 0.6 s after its peak);" in said
    assert "R2 (p = .38) cannot be told from tapping that knows nothing of the signal." in said
    assert "R1 and R2 tap in step with one another (p = .02)." in said
    assert "by chance in up to 10 % of sessions" in everything("two_raters")
    assert _by_chance(20, 0.05).endswith("in up to 64 % of sessions.")  # 1 - .95²⁰
    assert "R2 (p = .38) and R3 (p = .38) cannot be told" in sentences("three_raters")
    assert (
        "R1 and R3 cannot be told from raters who tap without regard to one another (p = .40)"
        in everything("three_raters")
    )


def test_raters_of_every_kind_beside_one_another() -> None:
    nothing = {"pvalue": NAN, "n_shifts": 0}
    one = analysis(
        taps=(
            taps("R1", n_taps=3, **nothing),
            taps("R2", resultant_null=NullRange(0.5, 0.1, 0.96), **nothing),
            taps("R3", reason="no usable stretch.", **nothing),
        ),
        rater_pairs=(taps("R1", reference="R2", reason="too regular", **nothing),),
    )
    said = " ".join(verdict(one).sentences)
    assert "R1 has too few taps to judge (3)" in said
    assert "R2 cannot be judged (both run too regularly)" in said
    assert "R3 cannot be judged (no usable stretch)" in said
    assert "Whether R1 and R2 tap in step cannot be judged: too regular." in said


def test_counts_carry_their_quantisation() -> None:
    assert (
        "R1 counted 27 in 3 minutes, 9.0 cycles per minute; the measured rhythm ran at 8.0: they differ by 1.0."
        " Counting whole cycles can be wrong by up to 0.27 by itself." in sentences("count")
    )
    said = sentences("counts_none")
    assert (
        "3 counts were reported (R1), 8.0–10.0 cycles per minute beside 8.4–8.6 in the filtered trace" in said
    )
    assert "Counting whole cycles can be wrong by up to 0.80 by itself" in said


def test_no_answer_gives_its_reason_and_no_figure() -> None:
    assert sentences("no_answer").startswith(
        "No answer: the longest usable stretch lasts 62 s; a rate in 6–12 cycles per minute (cpm) needs at least 120 s."
    )
    assert not verdict(make("no_answer")).rows
    assert "p =" not in words_of(make("no_answer"))


def test_the_terminal_block_is_aligned_as_documented() -> None:
    lines = summary_lines(make("rhythm"), "page.html")
    assert "  rhythm in 6–12 cpm   p = .001      prominence 9.4 dB (noise 1.1, up to 4.2)" in lines
    assert "  measured rate        8.02 cpm      7.93–8.11          (filtered noise: 8.7, 7.6–9.9)" in lines
    assert "  tap rate             7.96 cpm      7.80–8.12" in lines
    assert "  strongest elsewhere  15.2 cpm      (breathing-like)" in lines
    assert lines[-1] == "seed 0; report: page.html"
    assert summary_lines(make("rhythm"))[-1] == "seed 0"
    left_out = "! 108 s of 600 s (18 %) left out: lost contact (30 s), no data (22 s)."
    assert left_out in summary_lines(make("gaps"))


CONTROLS = {
    "null": "a dead weight on the sensor, so whatever is found is the apparatus",
    "unloaded": "nothing on the sensor, so whatever is found is the apparatus",
    "rigid": "the hand on a rigid object, so whatever is found is the examiner (breathing, pulse, sway) or the apparatus",
    "phantom": "the hand on a phantom, so whatever is found is its motion, the examiner or the apparatus",
    "tap-only": "taps but no hand on the sensor, so whatever is found is the tapping or the apparatus",
}


@pytest.mark.parametrize("kind", ["rhythm", "none_short", "no_answer"])
@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_says_first_that_nobody_was_touched(control: str, kind: str) -> None:
    one = replace(make(kind), flags=(Flag("control", 1, {"kind": control}),))
    first = f"Nobody was touched: this is a control with {CONTROLS[control]}."
    assert verdict(one).sentences[0] == first == summary_lines(one)[0]
    assert f"A control session ({control}): its answer says nothing about a person." in words_of(one)


@pytest.mark.parametrize("control", ["null", "unloaded"])
def test_where_nobody_is_there_nobody_s_breath_is_missed(control: str) -> None:
    one = replace(make("rhythm_alone"), flags=(Flag("control", 1, {"kind": control}),))
    said = " ".join([*verdict(one).sentences, *verdict(one).details, *artefact_sentences(one)])
    assert "reathing" not in said.replace("breathing-like", "").replace(
        "this is where breathing usually lies", ""
    )
    assert "this recording shows what the apparatus does by itself" in said


def test_taps_are_named_where_those_of_another_rater_were_too_few() -> None:
    one = replace(make("none_taps"), flags=(Flag("few_taps", 2, {"rater": "A", "n": 3}),))
    assert "The taps of R1 cannot be told from tapping" in " ".join(verdict(one).sentences)


def test_equal_counts_are_no_range() -> None:
    one = make("count")
    two = replace(one, counts=(one.counts[0], replace(one.counts[0], rater="R2")))
    assert "(R1 and R2), 9.0 cycles per minute beside 8.0 measured" in " ".join(verdict(two).sentences)


@pytest.mark.parametrize("flag", ALL_FLAGS, ids=lambda flag: flag.code)
def test_every_flag_has_a_sentence_with_its_numbers(flag: Flag) -> None:
    text = flag_text(flag, make("rhythm"))
    assert not text[0].islower() and text.endswith(".") and not text.endswith("..")
    assert not [word for word in FORBIDDEN if word in text.lower()]
    assert "nan" not in text.lower().split()


def test_flags_say_their_numbers() -> None:
    said = {flag.code: flag_text(flag, make("rhythm")) for flag in ALL_FLAGS}
    assert "5:00 min of usable signal, where 10:00 or more" in said["short"]
    assert (
        said["left_out"]
        == "40 s of 600 s (7 %) left out: lost contact (30 s), ends (10 s), stretches without good beats (4 s)."
    )
    assert "At 10 samples/s" in said["aliasing"] and "hand tremor at 10.1–10.2 Hz" in said["aliasing"]
    assert "steps of .01" in said["n_surrogates"]
    assert "taps 1.98 times per cycle, where 1:1 was set beforehand" in said["ratio"]
    assert "3–9 cpm instead of 6–12" in said["band_changed"]
    assert said["import_notes"].endswith("2 times ran backwards; a decimal comma was read.")


def test_flags_stand_most_serious_first() -> None:
    flags = verdict(analysis(flags=ALL_FLAGS)).flags
    assert [flag.severity for flag in flags] == sorted(flag.severity for flag in flags)
    assert {flag.severity for flag in flags} == {1, 2, 3}


def test_a_flag_without_words_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"flag code must be one of .*, got 'moonlight'"):
        verdict(analysis(flags=(Flag("moonlight", 1, {}),)))
    with pytest.raises(ValueError, match="flag 'edge' must carry 'low', got no values"):
        verdict(analysis(flags=(Flag("edge", 1, {}),)))
    with pytest.raises(ValueError, match="severity must be 1, 2 or 3, got 7"):
        verdict(analysis(flags=(Flag("plan_absent", 7, {}),)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_rate_in_the_table_has_an_interval_or_what_noise_gives(kind: str) -> None:
    for row in verdict(make(kind)).rows:
        cells = row_cells(row)
        if row.quantity in (
            "Measured rate",
            "Tap rate",
            "Count of the filtered trace",
            "Reported count",
        ) and (kind != "taps_few"):
            assert cells[2] or cells[3], row.quantity


def test_table_cells_hold_as_many_digits_as_the_interval_supports() -> None:
    cells = {row.quantity: row_cells(row) for row in verdict(make("rhythm")).rows}
    assert cells["Measured rate"][1:4] == ("8.02 cpm", "7.93–8.11", "8.7 (7.6–9.9)")
    assert cells["Amplitude (half of peak to peak)"][1:3] == ("49 mg", "42–56")
    assert cells["Prominence over the background"][1:4] == ("9.4 dB", "", "1.1 (0.0–4.2)")
    assert cells["Phase consistency R"][4] == ".002"


def test_p_is_one_plus_count_over_one_plus_copies() -> None:
    for count, copies, said in (
        (0, 999, ".001"),
        (0, 199, ".005"),
        (9, 199, ".05"),
        (0, 9999, ".0001"),
        (413, 999, ".41"),
    ):
        assert p_number((1 + count) / (1 + copies)) == said
    assert p_number(1.0) == "1" and p_number(0.9999) == ".99"


def test_shares_are_not_rounded_to_all_or_nothing() -> None:
    assert percent(0.999) == "99.9 %" and percent(0.001) == "0.1 %"
    assert rate_words(8.02, NAN, NAN) == "8.0"
    assert spelled("6–12 cycles per minute, 8 cpm") == "6–12 cycles per minute, 8 cpm"


def test_rater_names_and_amounts_may_be_anything() -> None:
    one = analysis(
        unit="",
        taps=(taps("<b>&x"), taps("a rater with quite a long name")),
        time_course=replace(time_course(600.0, 8.0), fraction=NAN),
        settings=Settings(band_cpm=(3.0, 9.0)),
    )
    said = words_of(one)
    assert "units of the signal" in said and "nan" not in said
    assert "a rater with quite a long name" in said


def test_a_rate_is_the_same_number_wherever_it_stands() -> None:
    assert rate_words(9.482, 9.418, 9.546) == "9.48 (9.42–9.55)"
    assert rate_words(8.002, 7.983, 8.021) == "8.00 (7.98–8.02)"
    one = make("rhythm_alone")
    assert one.rate is not None
    narrow = replace(one, rate=replace(one.rate, rate_cpm=8.0021, low_cpm=7.9834, high_cpm=8.0212))
    said = verdict(narrow)
    row = next(row_cells(row) for row in said.rows if row.quantity == "Measured rate")
    assert said.sentences[0].startswith("There is a rhythm at 8.00 cycles per minute (7.98–8.02)")
    assert (said.figures[1].value, said.figures[1].interval) == ("8.00 cpm", "7.98–8.02 (95 %)")
    assert row[1:3] == ("8.00 cpm", "7.98–8.02")
    assert any("8.00 cpm      7.98–8.02" in line for line in summary_lines(narrow))


def test_a_candidate_outside_the_band_lends_no_prominence_to_it() -> None:
    one = make("none_at_the_edge")
    assert "no peak inside the band" in verdict(one).figures[0].interval
    assert any("no peak inside the band" in line for line in summary_lines(one))
    assert "dB" not in verdict(one).figures[0].interval + verdict(one).figures[0].noise


def test_where_breathing_is_what_was_analysed_it_is_not_missed() -> None:
    one = replace(make("rhythm_alone"), channel="RSP", flags=(Flag("is_breathing", 2, {"channel": "RSP"}),))
    text = words_of(one)
    assert "Breathing was not recorded" not in text and "No breathing or pulse" not in text
    assert "The channel analysed, RSP, is breathing by its name: a rhythm in it is the breath." in text


def test_the_picture_of_the_spectrum_says_what_its_dashed_line_is() -> None:
    assert "bends up where one is" in picture_words(make("rhythm"))["spectrum"].text
    assert "bends up" not in picture_words(make("none"))["spectrum"].text


def test_taps_are_said_to_be_marked_only_where_there_are_any() -> None:
    assert "taps are marked" in picture_words(make("rhythm"))["zoom"].text
    assert "taps" not in picture_words(make("rhythm_alone"))["zoom"].text


def test_few_taps_are_not_called_regular() -> None:
    few = taps(n_taps=5, pvalue=NAN, n_shifts=0, resultant_null=NullRange(0.5, 0.1, 0.97))
    said = " ".join(verdict(analysis(taps=(few,))).sentences)
    assert "there are only 5, and so few may keep one place on the wave by chance" in said
    both = " ".join(verdict(analysis(taps=(few, taps(rater="R2")))).sentences)
    assert "R1 cannot be judged (only 5 taps)" in both


@pytest.mark.parametrize(("low", "said"), [(5.8, "5.8–6.3"), (5.97, "5.97–6.30"), (5.9994, "5.999–6.300")])
def test_a_rhythm_at_the_edge_names_the_interval_that_reaches_outside(low, said):
    edge = make("edge")
    found = replace(edge.rate, rate_cpm=6.1, low_cpm=low, high_cpm=6.3)
    inner = replace(edge.periodicity, at_edge=False, freq_low=6.02 / 60, freq_high=6.2 / 60)
    first = verdict(replace(edge, rate=found, periodicity=inner)).sentences[0]
    assert f"6.1 cycles per minute ({said}) lies at the edge" in first


def test_a_stronger_harmonic_and_its_slower_rhythm_are_named_first():
    assert (
        verdict(make("multiple"))
        .sentences[0]
        .endswith("; it is twice a slower one at 4.0 that stands out too, and may be a harmonic of it.")
    )
    assert "the second harmonic of the breathing (twice 4.0)" in verdict(make("breath_2")).sentences[0]
    assert "the third harmonic of the breathing (three times 2.7)" in verdict(make("breath_3")).sentences[0]


def test_tremor_that_sampling_may_fold_to_the_rate_is_named_first():
    first = verdict(make("may_be_alias")).sentences[0]
    assert first.endswith("; sampling would fold hand tremor at 8.17 Hz to just there (a sum).")


def test_taps_at_another_ratio_than_the_declared_do_not_follow():
    said = verdict(make("taps_ratio")).sentences
    assert any("keep step" in sentence and "not said to follow" in sentence for sentence in said)
    assert not any("The taps follow" in sentence for sentence in said)
    raters = " ".join(verdict(make("raters_ratio")).sentences)
    assert "R1 taps .50 times per cycle where 1:1 was declared" in raters


@pytest.mark.parametrize("kind", ["other_rate", "other_rate_of_one", "other_ratio_and_rate"])
def test_taps_at_another_rate_are_not_said_to_keep_step_with_the_rhythm(kind):
    said = everything(kind)
    assert "measured rhythm" not in said
    assert "9.6" in said and re.search(r"(run|taps) at (7\.96|8\.0)", said)
    assert verdict(make(kind)).figures[3].value in ("another rate", "0 of 2 follow", "another ratio")


def test_taps_at_the_rate_of_the_rhythm_or_as_many_to_a_cycle_as_declared_follow_it():
    assert tap_finding_of(taps(), analysis()) == "follow"
    half = taps(rate_cpm=4.01, rate_low_cpm=3.95, rate_high_cpm=4.07, ratio_declared=(1, 2), ratio=0.5)
    half = dataclasses.replace(half, ratio_low=0.49, ratio_high=0.51)
    assert tap_finding_of(half, analysis()) == "follow"
    assert (
        tap_finding_of(
            dataclasses.replace(half, ratio_declared=(1, 1), ratio=1.0, ratio_high=1.1), analysis()
        )
        == "other"
    )
    assert "measured rhythm" in everything("other_ratio")
