"""Is every message about a session said, and is each said with its fields?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from analyses import ALL_FLAGS, KINDS, WORDED_ONLY, analysis, make
from touchrhythm import words
from touchrhythm.analysis.flags import RULES
from touchrhythm.analysis.results import Analysis, Flag
from touchrhythm.report.session.flags import flag_text
from touchrhythm.report.session.page import page_of
from touchrhythm.report.session.terminal import summary_lines
from touchrhythm.report.session.verdict import verdict
from touchrhythm.words.flags import ARTEFACT, CHECKS, CUTS, FLAGS
from touchrhythm.words.pictures import LABELS, PICTURES
from touchrhythm.words.session import CONTROLS, KEY, RHYTHM
from touchrhythm.words.session_estimates import TABLE
from touchrhythm.words.session_methods import METHODS, WORKS
from touchrhythm.words.session_page import SESSION_PAGE
from touchrhythm.words.taps import TAPS
from touchrhythm.words.terminal import TERMINAL

TOPICS: Mapping[str, Mapping[str, str]] = {
    "rhythm": RHYTHM,
    "controls": CONTROLS,
    "key figures": KEY,
    "taps": TAPS,
    "flags": FLAGS,
    "cuts": CUTS,
    "checks": CHECKS,
    "artefact": ARTEFACT,
    "methods": METHODS,
    "works": WORKS,
    "table": TABLE,
    "terminal": TERMINAL,
    "pictures": PICTURES,
    "labels": LABELS,
    "page": SESSION_PAGE,
}
DRAWN = (
    "rhythm",
    "both",
    "gaps",
    "none",
    "none_at_the_edge",
    "no_answer",
    "taps_unjudged",
    "none_taps",
    "no_answer_no_traces",
)


@pytest.fixture(scope="module")
def said() -> set[str]:
    """The templates of all messages that are said about all kinds of analyses."""
    heard: set[str] = set()

    def listen(text: str) -> frozenset[str]:
        heard.add(text)
        return words_of(text)

    words_of = words.fields_of
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(words, "fields_of", listen)
        for answer in (*map(make, KINDS), *(build() for build in WORDED_ONLY.values())):
            say_all(answer)
        for flag in ALL_FLAGS:
            flag_text(flag, make("rhythm"))
        for kind in DRAWN:
            page_of(make(kind))
        page_of(WORDED_ONLY["bare"]())
        page_of(make("three_raters"), study_page="../group.html")
    return heard


def say_all(answer: Analysis) -> None:
    """The terminal's words, and the page's without its pictures, which cost the time."""
    summary_lines(answer, "page.html")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "touchrhythm.report.session.page.pictures_of", lambda answer, words: dict.fromkeys(words, "")
        )
        page_of(answer)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_message_is_said_about_some_session(topic: str, said: set[str]) -> None:
    of_a_pulse = (
        "heart_rate",
        "bpm",
        "good_beats",
        "no_breathing",
        "series_over",
        "series_of",
        "bridged",
    )  # held by tests/report/session/test_pulse.py
    unsaid = [code for code, text in TOPICS[topic].items() if text not in said and code not in of_a_pulse]
    assert not unsaid, " ".join(unsaid)


@pytest.mark.parametrize("topic", TOPICS)
def test_messages_name_their_fields(topic: str) -> None:
    for code, text in TOPICS[topic].items():
        assert all(field.isidentifier() for field in words.fields_of(text)), code


def test_every_flag_that_can_be_raised_has_a_sentence() -> None:
    assert {rule.code for rule in RULES} <= FLAGS.keys()
    assert {rule.code for rule in RULES} == {flag.code for flag in ALL_FLAGS}


def test_a_flag_of_one_code_is_said_by_its_numbers_alone() -> None:
    answer = analysis(flags=(Flag("ratio", 3, {"rater": "R1", "ratio": 1.98}),))
    other = replace(answer, flags=(Flag("ratio", 3, {"rater": "R2", "ratio": 0.5}),))
    assert (
        verdict(answer).flags[0].text.replace("R1", "R2").replace("1.98", "0.50")
        == verdict(other).flags[0].text
    )
