"""The study page: the answer first, everything accounted for, nothing loaded, nothing swallowed."""

import dataclasses
import gc
import html
import json
import re

import numpy as np
import pytest

from made_studies import phasors, session_row, study_of, tap_row
from touchrhythm.errors import BadFile
from touchrhythm.plotting.study_page import study_pictures
from touchrhythm.plotting.svg import unhurried_collector
from touchrhythm.report.study.answer import study_answer, study_figures
from touchrhythm.report.study.files import write_study
from touchrhythm.report.study.flags import study_flags
from touchrhythm.report.study.flow import study_flow
from touchrhythm.report.study.grras import ITEMS, fill_grras, grras_template, read_grras
from touchrhythm.report.study.methods import study_methods
from touchrhythm.report.study.page import study_page
from touchrhythm.settings import Settings
from touchrhythm.simulate.session import simulate_session
from touchrhythm.study.estimates import estimates_of
from touchrhythm.study.run import analyze_study
from touchrhythm.study.tables import write_tables
from touchrhythm.words.estimates import said_limits, significant
from touchrhythm.words.numbers import p_words


@pytest.fixture(scope="module")
def result():
    rows = [session_row(k, z) for k, z in enumerate(phasors(9, 1, follow=0.9))]
    rows.append(session_row(20, taps=(), state="broken", reason="cut <off> & torn", found=False))
    rows.append(session_row(21, kind="null", taps=(), found=False, pvalue=0.4))
    rows.append(session_row(22, kind="phantom", taps=(), truth_cpm=8.0, felt_nothing=False))
    return study_of(rows, name="a <b> study")


@pytest.fixture(scope="module")
def page(result):
    return study_page(result)


def test_the_page_begins_with_the_answer_in_words(result, page):
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert headings[:3] == ["The answer", "What limits the answer", "The plan"]
    assert headings[-2:] == ["Reporting checklist (GRRAS)", "Methods"]
    assert "the taps follow the signal: they keep a common phase with it" in page.split("</section>")[0]
    assert study_answer(result)[1].startswith("Over 9 sessions")


def written(result, folder, table):
    """The lines of a table that a study writes, each by its columns."""
    write_tables(result, folder)
    header, *lines = (line.split("\t") for line in (folder / table).read_text().splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]


def sources():
    """Sessions with a rhythm of every source; the tapping made two, in one of which a reference explains it too."""
    told = {"made_by_tapping": False, "made_by_tapping_pvalue": 0.4}
    made = {"made_by_tapping": True, "made_by_tapping_pvalue": 0.01}
    named = {"reference": "belt"}
    own = {"own_rate_cpm": 7.5, "own_low_cpm": 7.4, "own_high_cpm": 7.6}
    given = [
        made,
        named | made | {"reference_verdict": "explained"},
        *[named | told | {"reference_verdict": "explained"}] * 3,
        named | own | {"reference_verdict": "both"},
        named | told | own | {"reference_verdict": "own"},
        named | {"reference_verdict": "cannot be told"},
        {"found": False, "pvalue": 0.6, "rate_cpm": float("nan")},
        {},
    ]
    tapped = (tap_row(0.5, pvalue=0.01),)
    return [session_row(k, taps=tapped, **more) for k, more in enumerate(given)]


def test_the_flow_counts_each_rhythm_once_by_what_makes_it():
    steps = {step: (number, why) for step, number, why in study_flow(study_of(sources()))}
    made, left, *split = [number for step, (number, _) in steps.items() if step.startswith("… …")]
    assert split == [3, 1, 1, 1, 1] and sum(split) == left == 7
    assert (made, made + left) == (2, steps["… with a rhythm in the band"][0])
    assert "can be told in 6 of 9" in steps["… … of these made by the tapping"][1]
    nothing = study_flow(study_of([session_row(1, found=False, pvalue=0.6)]))
    assert not any(step.startswith("… …") for step, *_ in nothing)


@pytest.mark.parametrize("n_made", [0, 1, 6, 7])
def test_the_numbers_of_the_flow_add_up_and_agree_with_the_answer(n_made):
    silent = session_row(40, found=False, pvalue=0.6, rate_cpm=float("nan"), taps=(tap_row(0.1),))
    few = session_row(41, taps=(tap_row(0.1, n=3),), made_by_tapping=True)
    felt = session_row(42, felt_nothing=True)
    result = study_of([*pressers(n_made), silent, few, felt])
    steps = {step: number for step, number, _ in study_flow(result)}
    left, made = steps["… … left"], steps["… … of these made by the tapping"]
    assert made + left == steps["… with a rhythm in the band"] and made == n_made + 1
    assert sum(number for step, number in steps.items() if step.startswith("… … …")) == left
    (said,) = [text for text in study_answer(result) if "was found in" in text]
    assert f"was found in {left} of {steps['… analysed']}" in said and f"In {made} more" in said
    gone = ("… in which nothing was felt", "… with too few taps", "… whose rhythm the tapping made")
    tested = steps["In the primary test"]
    assert steps["… analysed"] - sum(steps.get(step, 0) for step in gone) == tested
    assert tested - steps["… of these without a rhythm"] == 6


def test_followers_of_a_rhythm_that_the_tapping_made_are_flagged_beside_what_chance_gives():
    flags = {text: severity for severity, text in study_flags(study_of(sources()))}
    (said,) = [text for text in flags if "made by the tapping" in text]
    assert said.startswith("In 2 of 6 sessions whose taps keep step with the signal") and "about 0.3" in said
    assert flags[said] == 1
    assert any("In 3 of 7 sessions with a rhythm it is that of a reference (belt)" in text for text in flags)
    honest = [dataclasses.replace(row, made_by_tapping=False) for row in sources()]
    assert not any("made by the tapping" in text for _, text in study_flags(study_of(honest)))


def pressers(n_made, n_others=6):
    """Sessions whose rhythm the tapping made, all in one phase, beside others that follow nothing."""
    made = {"made_by_tapping": True, "made_by_tapping_pvalue": 0.005, "rate_cpm": 6.5}
    own = phasors(n_others, 1)
    rows = [session_row(k, taps=(tap_row(0.9, rate=6.5, pvalue=0.001),), **made) for k in range(n_made)]
    return rows + [session_row(20 + k, z, made_by_tapping=False) for k, z in enumerate(own)]


def test_no_number_of_a_study_counts_a_rhythm_that_the_tapping_made(tmp_path):
    result = study_of(pressers(6))
    said, figures = " ".join(study_answer(result)), study_figures(result)
    assert "that the tapping did not make was found in 6 of 12 palpation sessions" in said
    assert "In 6 more there is one only while somebody taps" in said and "(8.0 to 8.5)" in said
    assert (figures[1].value, figures[1].interval) == ("6 of 12", "6 more made by the tapping")
    follow = result.answers.follow
    assert len(follow.phasors.rows) == 6 and follow.n_made == 6 and follow.pvalue > 0.05
    assert follow.with_made.pvalue <= 0.001 and follow.with_made.n_sessions == 12
    assert "Not asked of 6 sessions" in said and "in no number of sessions" in study_methods(result)
    assert {row.quantity: row.n_sessions for row in estimates_of(result.answers)}["resultant_with_made"] == 12
    steps = {step: (number, why) for step, number, why in study_flow(result)}
    assert steps["… whose rhythm the tapping made"][0] == 6 == steps["In the primary test"][0]
    assert steps["… with a rhythm in the band"] == (12, "found at the level set")
    assert steps["… … of these made by the tapping"][0] == 6 == steps["… … left"][0]
    assert [pooled.n_sessions for pooled in result.answers.rates.pooled] == [6, 6]
    assert "with 6 more whose rhythm the tapping made" in text_of(study_page(result))
    cells = written(result, tmp_path, "group_taps.tsv")
    assert [line["made_by_tapping"] for line in cells].count("true") == 6


def test_a_study_of_nothing_but_made_rhythms_has_none():
    result = study_of(pressers(7, 0))
    said = " ".join(study_answer(result))
    assert "that the tapping did not make was found in 0 of 7" in said
    assert "got 0 without the 7 whose rhythm the tapping made" in said
    assert study_figures(result)[1].value == "0 of 7"


def test_the_headline_says_of_how_many_rhythms_a_reference_is_the_maker():
    result = study_of(sources())
    (said,) = [text for text in study_answer(result) if "was found in" in text]
    assert (
        "was found in 7 of 10" in said
        and "Of these 7, in 3 it is that of a reference (belt), in 1 there" in said
    )
    assert study_figures(result)[1].interval == "of which 3 that of a reference; 2 more made by the tapping"
    assert "Of these" not in " ".join(study_answer(study_of([session_row(1)])))


def doubted():
    """Seven sessions of which a reference is said not to be the maker; two at a multiple, one seen for half of the time."""
    named = {"reference": "belt", "reference_verdict": "own", "reference_time_fraction": 1.0}
    given = [{"untried_multiple": "3 × 2.7 = 8.1"}, {"untried_multiple": "4 × 2.1 = 8.4"}]
    given += [{"reference_time_fraction": 0.5}, {}, {}, {}, {}]
    rows = [session_row(k, taps=(tap_row(0.5),), **(named | more)) for k, more in enumerate(given)]
    explained = named | {"reference_verdict": "explained", "reference_time_fraction": 0.41}
    made = {"made_by_tapping": True, "made_by_tapping_pvalue": 0.01, "untried_multiple": "3 × 2.7 = 8.1"}
    return [*rows, session_row(8, **explained), session_row(9, **(named | made))]


def test_a_word_is_counted_with_what_it_does_not_rest_on(tmp_path):
    result = study_of(doubted())
    steps = {step: (number, why) for step, number, why in study_flow(result)}
    untried = "in 2 of 7 it lies at a multiple of a breathing's rate that was not tried"
    part = "the reference was there for less than two thirds of the time"
    number, why = steps["… … … not that of a reference"]
    assert number == 7 and why.endswith(f"; {untried}; in 1 of 7 {part}")
    assert steps["… … … that of a reference"][1].endswith(f"; in 1 of 1 {part}")
    (said,) = [text for text in study_answer(result) if "was found in" in text]
    assert f"in 7 it is not that of a reference, though {untried} and in 1 of 7 {part}" in said
    assert study_figures(result)[1].interval.startswith(
        "of which 1 that of a reference, 1 of them told from part of the time"
    )
    flags = [text for severity, text in study_flags(result) if severity == 2]
    assert any(
        f"Of 7 sessions whose rhythm is said to be its own or not that of a reference: {untried}" in text
        for text in flags
    )
    assert any(
        "left without it. In 1 of these the reference was there for less than" in text for text in flags
    )
    page = text_of(study_page(result))
    for cell in (
        "rhythm not that of belt; it lies at 3 × 2.7 = 8.1, which was not tried",
        "rhythm not that of belt; reference there for only 50 % of the time",
        "rhythm of belt; reference there for only 41 % of the time",
    ):
        assert cell in page, cell
    cells = written(result, tmp_path, "group_sessions.tsv")
    assert [line["untried_multiple"] for line in cells][:3] == ["3 × 2.7 = 8.1", "4 × 2.1 = 8.4", "n/a"]
    assert [line["reference_time_fraction"] for line in cells][1:4] == ["1", "0.5", "1"]


def test_a_word_without_a_doubt_is_counted_without_one():
    result = study_of(sources())
    said = " ".join(
        [*study_answer(result), *(why for *_, why in study_flow(result)), text_of(study_page(result))]
    )
    assert "not tried" not in said and "two thirds" not in said and "part of the time" not in said


def test_the_session_table_says_what_makes_each_rhythm(tmp_path):
    apart = {"own_rate_cpm": 9.0, "own_low_cpm": 8.9, "own_high_cpm": 9.1}
    beside = session_row(10, reference="belt", reference_verdict="cannot be told", **apart)
    result = study_of([*sources(), beside])
    text = text_of(study_page(result))
    for said in (
        "there only while somebody taps (p = .01",
        "rhythm of belt, and one of its own at 7.5 (7.4–7.6)",
        "rhythm not that of belt",
        "rhythm cannot be told from belt",
        "rhythm cannot be told from belt; beside it one of its own at 9.0 (8.9–9.1)",
        "Rhythm made by the tapping in palpation sessions: 2 of 6 sessions",
        "In 3 more it cannot be told",
    ):
        assert said in text, said
    cells = written(result, tmp_path, "group_sessions.tsv")
    assert [line["reference_verdict"] for line in cells][4:9] == [
        "explained",
        "both",
        "own",
        "cannot be told",
        "n/a",
    ]
    assert [line["made_by_tapping"] for line in cells][:3] == ["true", "true", "false"]
    assert (cells[5]["own_rate_cpm"], cells[9]["made_by_tapping"], cells[9]["reference"]) == (
        "7.5",
        "n/a",
        "n/a",
    )


def test_the_page_loads_nothing_and_runs_nothing(page):
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.replace("http://www.w3.org", ""))
    assert "@import" not in page
    assert len(re.findall(r"<svg[^>]*role=\"img\"", page)) == page.count("<svg") >= 4


def test_names_and_reasons_cannot_become_markup(page):
    assert "<b>" not in page
    assert "<off>" not in page
    assert "cut &lt;off&gt; &amp; torn" in page


def test_the_same_study_gives_the_same_bytes(result, page):
    assert study_page(result) == page


def test_every_recording_is_accounted_for(result):
    flow = {title: number for title, number, _ in study_flow(result)}
    controls = sum(number for title, number in flow.items() if title.startswith("Control"))
    assert flow["Recordings found"] == flow["Palpation sessions"] + controls == len(result.rows)
    assert flow["Palpation sessions"] == flow["… analysed"] + flow["Cannot be read"] + flow["Excluded"]


def test_no_words_claim_more_than_was_tested(result, page):
    text = re.sub(r"<[^>]+>", " ", page).lower()
    for word in ("detected", "craniosacral", "significant", "diagnos", "proves"):
        assert word not in text


def test_session_pages_are_linked_only_where_they_are(result):
    linked = study_page(result, pages={result.rows[0].id: "sub-S00/one.html"})
    assert re.findall(r'<a href="([^"#][^"]*)"', linked) == ["sub-S00/one.html"]


def test_two_hundred_sessions_fit_into_five_megabytes():
    rows = [session_row(k, z) for k, z in enumerate(phasors(200, 1, follow=0.4))]
    big = study_page(study_of(rows))
    assert len(big.encode()) < 5e6
    assert all(row.id in big for row in rows)


def test_a_study_without_any_answer_still_has_a_page():
    for rows in (
        [session_row(1, taps=(), state="broken", reason="empty")],
        [session_row(1, taps=(), state="no answer", reason="recording lasts 62 s", pvalue=np.nan)],
        [session_row(1, kind="null", taps=())],
    ):
        text = study_page(study_of(rows))
        assert "cannot be answered" in text
        assert "nan" not in re.sub(r"<[^>]+>", " ", text).lower().split()


def test_controls_that_are_missing_are_said_to_be_missing():
    result = study_of([session_row(k, z) for k, z in enumerate(phasors(6, 1))])
    assert any("No control sessions" in text for _, text in study_flags(result))


def test_open_checklist_items_are_asked_for_and_given_ones_filled(result, tmp_path):
    items = fill_grras(result, {})
    assert len(items) == len(ITEMS) == 15
    left = [item.number for item in items if item.state == "open"]
    assert left == [3, 4, 6, 7, 8, 12]
    file = tmp_path / "grras.txt"
    file.write_text(grras_template(items).replace("\n3:", "\n3: healthy adults,\nrecruited by post"))
    given = read_grras(file)
    assert given == {3: "healthy adults, recruited by post"}
    assert "healthy adults" in study_page(result, grras=given)
    assert 3 not in [item.number for item in fill_grras(result, given) if item.state == "open"]


@pytest.mark.parametrize(
    ("text", "message"), [("16: x\n", "items 1 to 15"), ("adults\n", "begin with the number")]
)
def test_a_checklist_file_that_cannot_be_meant_is_refused(tmp_path, text, message):
    file = tmp_path / "grras.txt"
    file.write_text(text)
    with pytest.raises(BadFile, match=message):
        read_grras(file)


def test_tables_hold_every_row_and_describe_every_column(result, tmp_path):
    for path in write_tables(result, tmp_path):
        header, *rows = [line.split("\t") for line in path.read_text().rstrip("\n").split("\n")]
        about = json.loads(path.with_suffix(".json").read_text())
        assert all(about[name]["Description"] for name in header)
        assert all(len(row) == len(header) and "nan" not in row and "" not in row for row in rows)
        if path.name == "group_sessions.tsv":
            assert [row[0] for row in rows] == [row.id for row in result.rows]


def test_results_are_replaced_whole_and_a_study_in_memory_needs_a_place(result, tmp_path):
    with pytest.raises(ValueError, match="say where to write"):
        write_study(result)
    first = write_study(result, tmp_path).read_bytes()
    (tmp_path / "group.html").write_text("older")
    assert write_study(result, tmp_path).read_bytes() == first
    about = json.loads((tmp_path / "dataset_description.json").read_text())
    assert about["DatasetType"] == "derivative"
    assert about["GeneratedBy"][0]["Name"] == "touchrhythm"


def followers_of_their_own(n=12):
    """Each session keeps a phase well, none the same; the declared lag is not in it."""
    turn = np.exp(2j * np.pi * np.arange(n) / n)
    return [session_row(k, 0.8 * one) for k, one in enumerate(turn)]


def test_followers_with_a_lag_of_their_own_are_told_apart_from_nobody():
    said = " ".join(study_answer(study_of(followers_of_their_own())))
    assert "no common phase" in said
    assert "In 12 of 12 sessions the taps keep a phase, whichever it is" in said
    assert "chance gives 0.3" in said and "at no lag that is common to all" in said
    nobody = " ".join(study_answer(study_of([session_row(k, z) for k, z in enumerate(phasors(12, 1))])))
    assert "In 0 of 12 sessions the taps keep a phase" in nobody and "common to all" not in nobody


def test_tests_of_a_declared_lag_are_not_said_to_show_that_nobody_followed():
    rows = [
        dataclasses.replace(row, taps=(dataclasses.replace(row.taps[0], statistic="V"),))
        for row in followers_of_their_own()
    ]
    said = " ".join(study_answer(study_of(rows, Settings(lag_s=(0.0, 1.5), polarity=1))))
    assert "show no following at the declared lag either" in said


def test_the_figure_of_a_test_has_an_interval():
    result = study_of([session_row(k, z) for k, z in enumerate(phasors(9, 1, follow=0.9))])
    rows = {(row.part, row.quantity): row for row in estimates_of(result.answers)}
    for key in (
        ("taps", "resultant_undirected"),
        ("taps", "resultant_axial"),
        ("therapist E01", "resultant"),
    ):
        assert rows[key].ci_low < rows[key].estimate < rows[key].ci_high
        assert "bootstrap over sessions" in rows[key].method
    assert "pooled phase consistency .54 (.5" in study_answer(result)[1]


def test_withdrawals_stand_in_the_flow_as_a_number_only(result):
    gone = dataclasses.replace(result, found=dataclasses.replace(result.found, withdrawn=(2, 11)))
    step = study_flow(gone)[0]
    assert step[:2] == ("Removed, as somebody withdrew", 11) and "2 withdrawals" in step[2]
    assert "11 recordings had been removed on 2 withdrawals of consent" in study_methods(gone)
    assert any("2 withdrawals removed 11 recordings" in text for _, text in study_flags(gone))
    assert study_flow(result)[0][0] == "Recordings found"


def test_a_study_of_phantoms_alone_is_answered_for_the_phantoms():
    rows = [
        session_row(
            k, kind="phantom", taps=(), truth_cpm=8.0 * (k % 2), found=bool(k % 2), felt_nothing=k % 2 == 0
        )
        for k in range(24)
    ]
    _, sensor, therapists, rest = study_answer(study_of(rows))
    assert (
        "On phantoms the rhythm test told moving from still: found 12 of 12 that moved, and 0 of 12" in sensor
    )
    assert "the therapists told moving from still: felt 12 of 12" in therapists
    assert rest.startswith("There is no palpation session")
    sealed = study_answer(study_of([dataclasses.replace(row, truth_cpm=float("nan")) for row in rows]))
    assert "What was true of 24 phantom sessions is not known here" in sealed[1]


def test_long_tables_are_folded_and_open_in_print(page):
    section = page.split('id="h-all"')[1].split("</section>")[0]
    assert section.index("<details") < section.index("<table") < section.index("</details>")
    assert re.search(
        r"@media print \{.*details\.fold > \*.*details\.fold::details-content \{ content-visibility: visible",
        page,
        re.DOTALL,
    )


def test_numbers_on_the_page_have_a_minus_sign_and_no_hyphen(result):
    rows = [
        session_row(k, taps=(tap_row(z, rate=7.0 + k / 7),)) for k, z in enumerate(phasors(9, 1, follow=0.9))
    ]
    text = re.sub(
        r"<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", study_page(study_of(rows)), flags=re.DOTALL
    )
    assert "−" in text
    assert not re.search(r"(?<![\w.–-])-\.?\d", text)


def test_rates_that_are_the_same_are_said_to_be_the_same():
    rows = [session_row(k, taps=(tap_row(z, rate=8.0 + k / 10),)) for k, z in enumerate(phasors(9, 1))]
    said = " ".join(
        study_answer(
            study_of(
                [
                    dataclasses.replace(r, rate_cpm=r.taps[0].rate_cpm + (-1) ** k / 5)
                    for k, r in enumerate(rows[:8])
                ]
            )
        )
    )
    assert "on average the same, 0.0" in said and "apart, as the measured rate" in said
    assert "0.0 cycles per minute faster" not in said


def test_recordings_of_one_p_can_be_told_apart_and_are_counted():
    rows = [session_row(k, z, pvalue=0.005) for k, z in enumerate(phasors(9, 1, follow=0.9))]
    picture = study_pictures(study_of(rows))["controls"][0]
    assert ">palpation, 9<" in picture and ">0.01<" in picture
    places = set(
        re.findall(
            r'<use [^>]*?x="[\d.]+" y="([\d.]+)"[^>]*?#D55E00|<use [^>]*y="([\d.]+)"', picture, re.IGNORECASE
        )
    )
    assert len(places) >= 7


def test_drawing_leaves_the_collector_as_it_was():
    for was_on in (True, False):
        (gc.enable if was_on else gc.disable)()
        try:
            with pytest.raises(KeyError), unhurried_collector():
                assert not gc.isenabled()
                raise KeyError
            assert gc.isenabled() is was_on
        finally:
            gc.enable()


def test_why_there_are_no_limits_is_said_once_and_in_short():
    said = study_answer(study_of([session_row(k, z, subject="S01") for k, z in enumerate(phasors(3, 1))]))
    limits = next(one for one in said if "Limits of agreement" in one)
    assert (
        limits.endswith("need at least 3 subjects with both values, got 1.") and "concordance" not in limits
    )
    flow = {
        title: why
        for title, _, why in study_flow(study_of([session_row(k, z) for k, z in enumerate(phasors(3, 1))]))
    }
    assert flow["In the primary test"] == "too few for a test"


def test_taps_before_the_peak_are_said_to_come_before_it():
    early = [session_row(k, z * np.exp(-0.9j)) for k, z in enumerate(phasors(9, 1, follow=0.9))]
    said = " ".join(study_answer(study_of(early)))
    assert re.search(r"On average they come 0\.\d s before the peak \([\d.]+ to [\d.]+, known modulo", said)
    trough = study_answer(study_of(early, Settings(polarity=-1)))
    assert any("before the trough" in one for one in trough)


# -- honest words ----------------------------------------------------------------------------------------------


def text_of(page):
    """What a reader of a page reads, without pictures and styles."""
    bare = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(bare))


def test_the_figures_stand_above_at_most_three_sentences_and_then_the_contents(page):
    answer = page.split('id="h-answer"')[1].split("</section>")[0]
    assert answer.index('class="four"') < answer.index('class="answer"')
    assert answer.count("<dt>") == 4
    assert len(re.findall(r"<p[ >]", answer)) <= 3
    contents = page.split('<nav class="contents"')[1].split("</nav>")[0]
    headings = re.findall(r'<h2 id="([^"]+)"', page)
    assert page.index("<nav") < page.index('id="h-limits"')
    assert re.findall('href="#([^"]+)"', contents) == headings[1:]


def test_what_only_rounding_left_is_printed_as_nothing():
    assert [significant(value) for value in (-4.44e-16, 1e-12, -0.0)] == ["0"] * 3
    rows = [
        session_row(
            k, kind="phantom", taps=(), truth_cpm=8.0 * (k % 2), found=k % 4 > 1, felt_nothing=k % 4 < 2
        )
        for k in range(24)
    ]
    result = study_of(rows)
    (criterion,) = {
        row.estimate
        for row in estimates_of(result.answers)
        if row.part == "phantoms, sensor" and row.quantity == "criterion"
    }
    assert criterion == pytest.approx(0, abs=1e-12)
    assert not re.search(r"\de[−-]\d", text_of(study_page(result)))


def test_a_p_value_of_a_formula_is_said_no_smaller_than_the_least_that_is_counted():
    taps = [(tap_row(z, pvalue=1e-6),) for z in phasors(12, 1, follow=0.95)]
    result = study_of([session_row(k, taps=one) for k, one in enumerate(taps)], primary="stouffer")
    assert result.answers.follow.pvalue < 1e-9
    said = " ".join(study_answer(result))
    assert "in some of them (p below .0001)" in said
    text = text_of(study_page(result))
    assert "p below .0001" in text and not re.search(r"\de[−-]\d", text)
    below = [row for row in estimates_of(result.answers) if 0 <= row.pvalue < 1e-4]
    assert below and not any(row.has_floor for row in below)


def test_counted_p_values_are_said_as_they_are():
    assert p_words(1 / 10000) == "p = .0001" and p_words(1 / 100000) == "p = .00001"


def test_picture_text_and_table_give_the_limits_with_the_same_digits():
    rows = [
        session_row(k, taps=(tap_row(z, rate=8 + (k % 7) / 5),))
        for k, z in enumerate(phasors(18, 1, follow=0.9))
    ]
    result = study_of(rows)
    limits = said_limits(result.answers.rates.pooled[0].limits)
    sentence = next(one for one in study_answer(result) if "single differences" in one)
    picture = study_pictures(result)["limits-rhythm"][0]
    assert (
        f"between {limits.lower} and {limits.upper}" in sentence and f"difference {limits.bias}," in sentence
    )
    assert {f"limit {limits.lower}", f"limit {limits.upper}", f"bias {limits.bias}"} <= set(
        re.findall(r">((?:limit|bias) [^<]+)<", picture)
    )


@pytest.mark.parametrize(("n", "said"), [(5, "(5, fewer than 8)"), (10, "with 10 subjects")])
def test_limits_are_called_imprecise_for_the_reason_that_is_true(n, said):
    rng = np.random.default_rng(3)
    rows = [session_row(k, taps=(tap_row(0.3, rate=8 + rng.normal()),), subject=f"S{k}") for k in range(n)]
    flags = [text for _, text in study_flags(study_of(rows)) if "limits of agreement" in text]
    assert any(said in text for text in flags)
    assert not any("Too few" in text for text in flags) or n < 8


def test_a_trough_is_named_everywhere_where_taps_are_held_against_it():
    early = [session_row(k, z * np.exp(-0.9j)) for k, z in enumerate(phasors(9, 1, follow=0.9))]
    result = study_of(early, Settings(polarity=-1))
    assert "before the trough" in text_of(study_page(result)) and "the peak" not in text_of(
        study_page(result)
    )
    svg, _, caption = study_pictures(result)["phasors"]
    assert ">trough<" in svg and "signal's trough" in caption


def test_the_methods_name_the_tests_that_were_made_and_no_other():
    phantoms = [
        session_row(k, kind="phantom", taps=(), truth_cpm=8.0 * (k % 2), found=True, felt_nothing=False)
        for k in range(8)
    ]
    assert "signal-detection trials" in study_methods(study_of(phantoms))
    bare = study_methods(study_of([session_row(k, z) for k, z in enumerate(phasors(6, 1))]))
    for name in ("V statistic", "session permutation test", "signal-detection trials", "binomial of chance"):
        assert (name in bare) == (name == "binomial of chance")
    assert "copies" not in bare and "surrogates" in bare


def test_a_study_and_its_sessions_link_to_one_another(tmp_path):
    session = simulate_session(duration_s=180, fs=8, rate_cpm=8.0, snr_db=6.0, tapper="follow", rng=1)
    result = analyze_study([session], Settings(n_surrogates=19, n_bootstrap=50), rng=0)
    page = write_study(result, tmp_path, pages=True)
    (there,) = re.findall(r'<a href="([^"#][^"]*)"', page.read_text("utf-8"))
    (back,) = re.findall(r'<a href="([^"#][^"]*)"', (tmp_path / there).read_text("utf-8"))
    assert (tmp_path / there).parent.joinpath(back).resolve() == page.resolve()
