"""Is the page whole, self-contained, the same on every run, and safely written?"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from analyses import KINDS, analysis, make, taps
from touchrhythm.errors import CannotWrite
from touchrhythm.report.session.page import page_of, write_report
from touchrhythm.report.session.pictures import picture_words
from touchrhythm.report.session.verdict import verdict
from touchrhythm.session import Annotation

VOID = {"meta", "link", "br", "img", "hr", "input"}
ONE_HOUR_LIMIT = 1_500_000  # bytes


class Outline(HTMLParser):
    """Elements, headings and text of a page; every element must be closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag) if tag not in VOID else None

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "svg"} & set(self.open):
            self.texts.append(data)


@cache
def page(kind: str) -> str:
    return page_of(make(kind))


@cache
def outline(kind: str) -> Outline:
    parsed = Outline()
    parsed.feed(page(kind))
    parsed.close()
    return parsed


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_well_formed_and_its_headings_are_in_order(kind: str) -> None:
    parsed = outline(kind)
    assert not parsed.open
    assert parsed.headings[0] == 1 and parsed.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(parsed.headings))
    assert len(parsed.ids) == len(set(parsed.ids))


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_loads_nothing_and_runs_nothing(kind: str) -> None:
    text = page(kind)
    assert "<script" not in text and "javascript:" not in text and "@import" not in text
    for tag, attributes in outline(kind).attributes:
        for name, value in attributes.items():
            assert name != "src" and not name.startswith("on")
            if name in ("href", "xlink:href"):
                assert (value or "").startswith("#"), (tag, value)
    assert not re.search(r"url\((?!#)", text)


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_pictures_refer_to_are_there(kind: str) -> None:
    parsed, text = outline(kind), page(kind)
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    assert used <= set(parsed.ids)
    for _, attributes in parsed.attributes:
        for name in (attributes.get("aria-labelledby") or "").split():
            assert name in parsed.ids


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_says_all_that_the_verdict_says(kind: str) -> None:
    one = make(kind)
    said = " ".join(" ".join(outline(kind).texts).replace("\u00a0", " ").split())
    squeezed = re.sub(r"\s+", "", said)
    answer = verdict(one)
    for sentence in (
        *answer.sentences,
        *answer.details,
        *(flag.text for flag in answer.flags),
        answer.methods,
    ):
        assert re.sub(r"\s+", "", sentence) in squeezed
    assert "Not a medical device" in said


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_states_its_finding_in_words(kind: str) -> None:
    text = page(kind)
    words = picture_words(make(kind))
    assert text.count("<svg") == len(words) == text.count('role="img"')
    for name in words:
        described = re.search(rf'<desc id="{name}-text">([^<]+)</desc>', text)
        assert described is not None
        assert re.search(r"\d", described[1]) or name == "zoom"


def test_the_page_has_its_parts_in_order() -> None:
    text = page("rhythm")
    parts = re.findall(r'<section aria-labelledby="h-(\w+)">', text)
    assert parts == [
        "answer",
        "limits",
        "recording",
        "signal",
        "spectrum",
        "rate",
        "taps",
        "artefact",
        "estimates",
        "methods",
    ]


def test_a_page_without_an_answer_shows_no_filtered_trace() -> None:
    text = page("no_answer")
    parts = re.findall(r'<section aria-labelledby="h-(\w+)">', text)
    assert parts == ["answer", "limits", "recording", "signal", "methods"]
    assert "6–12 cpm (g)" not in text
    assert "No limitations found" not in text


def test_no_flags_means_the_checks_are_listed() -> None:
    text = page("none")
    assert "No limitations found by the checks below." in text
    assert "Harmonics of slower rhythms: not asked, as no rhythm was found in the band." in text


def test_each_table_cell_has_a_header() -> None:
    parsed = outline("three_raters")
    scopes = [attributes.get("scope") for tag, attributes in parsed.attributes if tag == "th"]
    assert scopes and set(scopes) <= {"row", "col", "rowgroup"}
    text = page("three_raters")
    assert "Who agrees with whom" in text and "with the signal" in text
    assert text.count("<table") == text.count("<caption>")


def test_the_page_names_input_seed_version_and_every_setting() -> None:
    one = make("rhythm")
    text = page_of(one)
    assert str(one.source["sha256"]) in text and one.version in text
    for name in one.settings.__dataclass_fields__:
        assert f'<th scope="row">{name}</th>' in text


def test_folders_of_the_input_are_not_told() -> None:
    for given in ("/home/someone/private/x.csv", r"C:\Users\someone\x.csv"):
        text = page_of(analysis(source={"source": given, "sha256": "ab"}))
        assert "someone" not in text and "x.csv" in text


def test_names_from_outside_cannot_break_the_page() -> None:
    bad = "<script>alert(1)</script>&\"'"
    one = analysis(channel=bad, unit="<i>", source={"name": bad}, taps=(taps(bad),))
    text = page_of(one)
    assert "<script" not in text and "<i>" not in text
    parsed = Outline()
    parsed.feed(text)
    assert not parsed.open
    assert page_of(analysis(channel="a$b ${c} $_x")).count("a$b ${c} $_x") >= 1


@pytest.mark.long
@pytest.mark.parametrize("kind", ["gaps", "three_raters"])
def test_the_same_analysis_gives_the_same_bytes(kind: str, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from analyses import make;"
        " from touchrhythm.report.session.page import write_report; write_report(make(sys.argv[2]), sys.argv[3])"
    )
    pages = []
    for seed, zone, lang in (("1", "UTC", "C"), ("2", "Asia/Tokyo", "de_DE.UTF-8")):
        path = tmp_path / f"{seed}.html"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": lang}
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parents[2] / "helpers"), kind, str(path)],
            check=True,
            env=environment,
            cwd=tmp_path,
        )
        pages.append(path.read_bytes())
    assert pages[0] == pages[1]


def test_an_hour_fits_into_its_limit() -> None:
    assert len(page("hour").encode()) <= ONE_HOUR_LIMIT


def test_a_page_is_written_whole_and_replaces_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")
    assert write_report(make("no_answer"), str(path)) == path
    assert path.read_text("utf-8") == page("no_answer")
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"page.html: cannot be written \(there is no folder .*nowhere\)"):
        write_report(make("no_answer"), tmp_path / "nowhere" / "page.html")


def test_a_folder_instead_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="is a folder; a report needs a file name"):
        write_report(make("no_answer"), tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be made read-only there")
def test_a_page_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("touchrhythm.io.writing.os.replace", refuse)
    with pytest.raises(CannotWrite, match=r"page.html: cannot be written \(Permission denied\)"):
        write_report(make("no_answer"), path)
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert stat.S_ISREG(path.stat().st_mode)


def test_many_cuts_are_counted_and_not_all_listed() -> None:
    one = make("gaps")
    cut = one.quality.cuts[2]
    many = replace(one.quality, cuts=tuple(replace(cut, onset=10.0 * n) for n in range(50)))
    text = page_of(replace(one, quality=many))
    assert "and 38 more stretches" in text


def test_an_hour_with_two_thousand_cuts_fits_into_its_limit() -> None:
    one = make("hour")
    cuts = tuple(Annotation(5.0 + 1.8 * n, 0.7, "jump") for n in range(1995))
    text = page_of(replace(one, quality=replace(one.quality, cuts=cuts)))
    assert len(text.encode()) <= ONE_HOUR_LIMIT
    assert "1995 stretches" in text


def test_a_cut_says_how_long_it_was() -> None:
    page = page_of(make("gaps"))
    assert "5:50 to 5:52 (1.5" in page.replace("\u00a0", " ") and "3:24 to 3:54 (30 s)" in page.replace(
        "\u00a0", " "
    )
