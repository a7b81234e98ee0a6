"""Does the skeleton of all pages escape, order and link what it is given?"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jinja2
import pytest
from markupsafe import Markup

from touchrhythm.report import page as page_module
from touchrhythm.report.page import FlagLine, KeyFigure, Link, Picture, kept, render
from touchrhythm.words import say

BAD = "<script>alert(1)</script>&\"'{{ 7*7 }}"
FIELDS = {
    "version": "0.1.0",
    "title": "A title",
    "heading": "A heading",
    "sentences": ["There is a rhythm at 8.0 (7.9–8.1)."],
}


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of two sections, for the time of a test."""
    from touchrhythm.report import page

    text = (
        '{% extends "base.html" %}'
        '{% from "macros.html" import section, picture, table, flag_list, folded with context %}'
        "{% block sections %}"
        '{% call section("limits", say("limits")) %}{{ flag_list(flags) }}{% endcall %}'
        '{% call section("signal", say("own")) %}{{ picture(shown) }}{{ table("All", ["a", "b"], rows) }}'
        '{% call folded("more") %}<p>inside</p>{% endcall %}{% endcall %}'
        "{% endblock %}"
    )
    environment = page._environment().overlay(
        loader=jinja2.ChoiceLoader([jinja2.DictLoader({"child.html": text}), page._environment().loader])
    )
    monkeypatch.setattr(page, "_environment", lambda: environment)


def made(**changes: object) -> str:
    fields = {
        **FIELDS,
        "flags": [FlagLine(1, "Much.")],
        "shown": Picture(Markup("<svg></svg>"), "Signal", "It moves."),
        "rows": [("x", "1"), ("part",), ("y", "2")],
        **changes,
    }
    return render("child.html", fields, {"own": "A heading of its own"})


@pytest.mark.usefixtures("child")
def test_every_text_is_escaped_and_pictures_are_not() -> None:
    text = made(
        title=BAD,
        heading=BAD,
        sentences=[BAD],
        facts=[(BAD, BAD)],
        source=BAD,
        back=Link(f"javascript\"'>{BAD}", BAD),
        standing=BAD,
        figures=[KeyFigure(BAD, BAD, BAD, BAD, "no")],
        details=[BAD],
        flags=[FlagLine(2, BAD)],
        rows=[(BAD, BAD)],
    )
    assert "<script" not in text and "49" not in text
    assert text.count("&lt;script&gt;") == 17
    assert "<svg></svg>" in text


@pytest.mark.usefixtures("child")
def test_the_contents_link_to_every_section_in_order() -> None:
    text = made()
    contents = re.search(r'<nav class="contents".*?</nav>', text, re.DOTALL)
    assert contents is not None
    assert re.findall(r'href="#([^"]+)">([^<]+)<', contents[0]) == [
        ("h-limits", "What limits the answer"),
        ("h-signal", "A heading of its own"),
    ]
    assert re.findall(r'<h2 id="([^"]+)"', text) == ["h-answer", "h-limits", "h-signal"]


@pytest.mark.usefixtures("child")
def test_the_figures_stand_before_the_sentences() -> None:
    text = made(figures=[KeyFigure("Measured rate", "8.02 cpm", "7.93–8.11", "", "yes")])
    assert text.index("Measured rate") < text.index("There is a rhythm")


@pytest.mark.usefixtures("child")
def test_a_field_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="flags"):
        render("child.html", FIELDS, {"own": ""})


@pytest.mark.usefixtures("child")
def test_the_same_fields_give_the_same_bytes() -> None:
    assert made() == made()


def test_numbers_stay_with_their_units_and_signs() -> None:
    assert kept("8.0 cpm (7.9–8.1), p = .001, 74 % <") == (
        '8.0\u00a0cpm <span class="n">(7.9–8.1)</span>, p\u00a0=\u00a0.001, 74\u00a0% &lt;'
    )


def test_a_message_takes_exactly_its_fields() -> None:
    messages = {"taps": "{n} taps of {rater}"}
    assert say(messages, "taps", n=3, rater="R1") == "3 taps of R1"
    for fields in ({"n": 3}, {"n": 3, "rater": "R1", "more": 1}):
        with pytest.raises(TypeError, match=r"message 'taps' must be given the fields n, rater"):
            say(messages, "taps", **fields)


def test_no_page_is_made_of_strings_in_python() -> None:
    """Only what keeps a range of numbers together is markup; everything else stands in the templates."""
    folder = Path(page_module.__file__).parent
    found = {
        (path.name, node.value)
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search("</[a-z]", node.value)
    }
    assert found == {("page.py", r'<span class="n">\g<0></span>')}
