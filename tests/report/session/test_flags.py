"""Does a session's page claim only what ran on this recording, and the same number everywhere?"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from analyses import make
from touchrhythm.analysis.recipe import analyze
from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.flags import artefact_sentences, checks_made
from touchrhythm.report.session.page import page_of
from touchrhythm.report.session.terminal import summary_lines
from touchrhythm.report.session.verdict import verdict
from touchrhythm.session import Count, Recording, Session, Taps

NEVER_RAN = ("none of the usual ones", "Harmonics of slower rhythms:", "Number of simulated", "The edges of")


@cache
def refused(duration: float = 90.0, *, taps: int = 0, counts: int = 0, step: float = 1.0) -> Analysis:
    """A recording that gives no answer; `step` 0 is a constant one."""
    x = 5.0 + step * 0.01 * np.random.default_rng(1).standard_normal(int(duration * 20))
    tapped = (Taps(np.arange(1, taps + 1) * 7.0, "E01"),) if taps else ()
    counted = tuple(Count(9, 0.0, 60.0, "E01") for _ in range(counts))
    info = {"entities": {"sub": "S01", "ses": "02", "task": "palpation"}, "kind": "palpation"}
    return analyze(Session(Recording(x, 20.0, ("force",), ("g",)), tapped, counted, info=info), rng=1)


def figures(answer: Analysis) -> dict[str, tuple[str, str]]:
    return {figure.label: (figure.value, figure.interval) for figure in verdict(answer).figures}


def test_checks_that_never_ran_are_not_said_to_have_been_made() -> None:
    said = "\n".join((*checks_made(refused()), *artefact_sentences(refused()), *summary_lines(refused())))
    assert not [claim for claim in NEVER_RAN if claim in said]
    assert "Not made, as there is no answer that they could limit" in said
    assert "folded into the band was raised" not in said and "would be folded" not in said


def test_checks_that_ran_say_what_they_found() -> None:
    said = "\n".join(checks_made(make("gaps")))
    assert "108 s left out (flat stretches (12 s), lost contact (30 s)" in said
    assert "Length: 8:12 min usable; 10:00 or more is advised." in said
    assert "none, the strongest is 22 dB above the background" in said
    assert "Whether pressing the button shakes the sensor: R1, p = .41." in said
    assert "could not be tested" not in said
    assert "Harmonics of slower rhythms: the rhythm in the band is none." in said
    assert "Harmonics of slower rhythms: not asked" in "\n".join(checks_made(make("none")))


@pytest.mark.parametrize("step", [1.0, 0.0])
def test_gaps_are_said_to_be_absent_only_where_they_were_looked_for(step: float) -> None:
    said = "\n".join(checks_made(refused(step=step)))
    assert ("flat stretches: none." in said) == (step > 0)
    assert ("not looked for, as the signal holds nothing that varies" in said) == (step == 0)
    assert ("left out" in verdict(refused(step=step)).methods) == (step > 0)


def test_a_check_that_raised_a_flag_is_not_among_those_that_were_not_made() -> None:
    answer = refused()
    assert "aliasing" in {flag.code for flag in answer.flags}
    (folded,) = (check for check in checks_made(answer) if "folded" in check)
    assert folded.endswith("possible, see above.")


def test_what_was_perceived_comes_from_what_was_done() -> None:
    nobody = figures(refused())
    assert nobody["Perceived rate"] == ("not recorded", "no taps, no counts")
    assert nobody["Agreement"] == ("not assessed", "no taps")
    tapped = figures(refused(taps=10))
    assert tapped["Perceived rate"] == ("not assessed", "10 taps, no usable signal to hold them against")
    assert tapped["Agreement"] == ("not assessed", "no usable signal")
    assert figures(refused(counts=1))["Perceived rate"][0] == "9.0 cpm"


def test_a_page_without_an_answer_shows_the_signal_and_says_what_to_do() -> None:
    text = page_of(refused()).replace("\u00a0", " ")
    assert re.search(r'<svg[^>]*aria-labelledby="signal-title', text)
    assert (
        "What to do: record again, with the hand at rest for 10 minutes or more; at least 2 minutes" in text
    )
    constant = page_of(refused(step=0.0))
    assert "What to do: see that the sensor is connected" in constant and "signal-title" not in constant


def test_the_header_tells_what_a_lab_book_would_ask() -> None:
    text = page_of(refused(taps=10))
    for label, value in (("Subject", "S01"), ("Session", "02"), ("Examiner", "E01"), ("Status", "no answer")):
        assert f"<dt>{label}</dt><dd>{value}</dd>" in text
    assert text.index('<dl class="labbook">') < text.index("What limits the answer")


@pytest.mark.parametrize("kind", ["rhythm", "edge", "gaps"])
def test_the_picture_names_the_rate_that_the_sentence_names(kind: str) -> None:
    sentence = re.search(r"rhythm at ([\d.]+) ", verdict(make(kind)).sentences[0])
    assert sentence is not None
    assert f"{sentence[1]}, in the band" in page_of(make(kind))


def test_a_narrow_interval_gives_the_picture_its_second_digit_too() -> None:
    answer = make("rhythm_alone")
    assert answer.rate is not None
    narrow = replace(answer, rate=replace(answer.rate, rate_cpm=8.0621, low_cpm=8.034, high_cpm=8.091))
    assert "There is a rhythm at 8.06 " in verdict(narrow).sentences[0]
    assert "8.06, in the band" in page_of(narrow) and "8.1, in the band" not in page_of(narrow)


def test_a_session_s_page_leads_back_to_its_study() -> None:
    text = page_of(make("no_answer"), study_page="../group.html")
    assert '<a href="../group.html">Back to the study</a>' in text
    assert "Back to the study" not in page_of(make("no_answer"))


@pytest.mark.parametrize("kind", ["rhythm", "no_answer"])
def test_the_contents_lead_to_every_section(kind: str) -> None:
    text = page_of(make(kind))
    sections = re.findall(r'<h2 id="(h-\w+)"', text)
    contents = re.search(r'<nav class="contents".*?</nav>', text, re.DOTALL)
    assert contents is not None
    assert ["h-answer", *re.findall(r'href="#([^"]+)"', contents[0])] == sections
