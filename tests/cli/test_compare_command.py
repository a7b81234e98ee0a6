"""Does a typed table get a clear answer, and a wrong one a clear refusal?"""

import argparse
import json
import re

import numpy as np
import pytest

from touchrhythm.cli import compare_command, main
from touchrhythm.cli.console import UsageError
from touchrhythm.errors import BadFile, CannotWrite, NoSuchInput
from touchrhythm.io.rate_table import parse_rate_table, read_rate_table
from touchrhythm.plotting.study import plot_confidence, plot_limits, plot_rates, plot_session_phasors
from touchrhythm.raters.compare_rates import compare_rates
from touchrhythm.raters.results import MEASURED
from touchrhythm.report.comparison.answer import (
    comparison_answer,
    comparison_flags,
    comparison_methods,
    limits_caption,
    pair_sentences,
)
from touchrhythm.report.comparison.page import comparison_page, write_comparison_report
from touchrhythm.words.estimates import said_limits


def table_text(kind, *, subjects=12, sessions=2, raters=("anna", "ben"), seed=1, mark=",", point="."):
    """Counts over 180 s of raters who follow what was measured, or name their favourite rate."""
    rng = np.random.default_rng(seed)
    rows = [mark.join(("subject", "rater", "session", "count", "duration_s", "measured_cpm"))]
    for subject in range(subjects):
        own = rng.normal(8, 1.2)
        for session in range(sessions):
            rate = own + rng.normal(0, 0.5)
            for rater in raters:
                said = (rate if kind == "follow" else 8) + rng.normal(0, 0.5)
                measured = f"{rate:.2f}".replace(".", point)
                cells = (f"s{subject:02d}", rater, str(session), str(round(3 * said)), "180", measured)
                rows.append(mark.join(cells))
    return "\n".join(rows) + "\n"


def compared(kind, **options):
    return compare_rates(parse_rate_table(table_text(kind, **options)), n_permutations=999)


def pair_of(found, first, second):
    return next(pair for pair in found.pairs if (pair.first, pair.second) == (first, second))


SIMPLE = "subject,rater,rate_cpm\n" + "".join(
    f"s{i},A,{6 + 0.4 * i}\ns{i},B,{6.2 + 0.4 * i + 0.1 * (-1) ** i}\n" for i in range(8)
)


def test_raters_who_follow_are_told_from_raters_who_name_a_favourite():
    follow, guess = (pair_of(compared(kind), "anna", MEASURED) for kind in ("follow", "guess"))
    assert follow.swap.pvalue <= 0.002
    assert guess.swap.pvalue > 0.05
    assert follow.agreement.ci_low > 0.5
    assert guess.agreement.ci_low < 0.1
    assert "belong to their subjects" in " ".join(pair_sentences(follow))
    assert "name a favourite rate" in " ".join(pair_sentences(guess))


def test_limits_agreement_spread_and_swap_always_stand_together():
    quantities = {(row.comparison, row.quantity) for row in compared("guess").rows()}
    for figure in ("limit_lower", "limit_upper", "concordance", "swap_pvalue", "rms_difference_swapped"):
        assert ("anna - ben", figure) in quantities
    assert {("anna", "subject_sd"), ("ben", "subject_sd"), ("measured", "subject_sd")} <= quantities


def test_repeated_sessions_use_the_repeated_forms():
    found = compared("follow")
    pair = pair_of(found, "anna", "ben")
    assert pair.limits.form == "one-way"
    assert (pair.limits.n_subjects, pair.limits.n_pairs) == (12, 24)
    assert "King" in pair.agreement.method
    assert all(side.within_sd is not None for side in found.sides)


def test_one_row_per_subject_and_rater_needs_no_session_column():
    found = compare_rates(parse_rate_table(SIMPLE))
    assert pair_of(found, "A", "B").limits.form == "single"
    assert not found.repeated
    assert found.n_subjects == 8


def test_repeated_rows_without_a_session_are_refused_with_both_lines():
    text = "subject,rater,rate_cpm\ns1,A,7\ns1,B,8\ns2,A,7\ns1,A,9\n"
    words = "table, line 5: subject s1 and rater A are already in line 2; repeated rows need a column session"
    with pytest.raises(BadFile, match=re.escape(words)):
        parse_rate_table(text)


def test_decimal_commas_with_semicolons_give_the_same_answer():
    plain, comma = (
        compare_rates(parse_rate_table(table_text("follow", mark=mark, point=point)), n_permutations=999)
        for mark, point in ((",", "."), (";", ","))
    )
    assert plain.to_dict()["estimates"] == comma.to_dict()["estimates"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_what_spreadsheets_save_is_read(tmp_path, encoding):
    path = tmp_path / "rates.csv"
    path.write_bytes(SIMPLE.replace(",A,", ",Jörg,").replace("\n", "\r\n").encode(encoding))
    assert sorted(set(read_rate_table(path).rater)) == ["B", "Jörg"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "table: the table is empty"),
        ("subject,rater,rate_cpm\n", "a header but no rows"),
        ("a,b,c\n1,2,3\n", "line 1: no column 'subject'; the first line must name the columns, got a, b, c"),
        ("subject,rater,count\ns1,A,5\n", "line 1: needs a column rate_cpm, or both count and duration_s"),
        ("subject,rater,rate_cpm\ns1,A,seven\n", "line 2: column rate_cpm must hold a number, got 'seven'"),
        ("subject,rater,rate_cpm\ns1,A,-7\n", "line 2: column rate_cpm must not be below 0, got '-7'"),
        (
            "subject,rater,rate_cpm\ns1,A,8000\n",
            "line 2: 8000 cycles per minute where slow rhythms are expected (is a decimal sign lost?)",
        ),
        ("subject,rater,rate_cpm\ns1,A,7,5\n", "line 2: has 4 cells, the header 3 (a decimal comma? then"),
        (
            "subject;rater;rate_cpm\ns1;A;1.234,5\n",
            "line 2: column rate_cpm must hold a number, got '1.234,5'",
        ),
        ("subject,rater,rate_cpm\n,A,7\n", "line 2: column subject is empty"),
        ("subject,rater,rate_cpm\n# note\n\ns1,A\n", "line 4: has 2 cells, the header 3"),
        ("subject,rater,rate,cpm\ns1,A,7,7\n", "line 1: two columns mean rate_cpm: 'rate' and 'cpm'"),
        ("subject,rater,count,duration_s\ns1,A,7.5,60\n", "line 2: column count must hold whole cycles"),
        (
            "subject,rater,count,duration_s\ns1,A,27,3\n",
            "duration_s is 3; seconds are expected (were these minutes?)",
        ),
        ("subject,rater,count,duration_s\ns1,A,27,\n", "line 2: a count needs its duration_s"),
        (
            "subject,rater,rate_cpm,count,duration_s\ns1,A,8,27,180\n",
            "rate_cpm 8 and 27 cycles in 180 s (9.00 cpm) differ",
        ),
        (
            "subject,rater,rate_cpm\ns1,A,0.13\ns2,A,0.14\n",
            "cycles per minute are expected (0.135 Hz would be 8.1",
        ),
        ("subject,rater,rate_cpm\ns1,A,480\n", "slow rhythms are expected"),
        (
            "subject,rater,session,rate_cpm\ns1,A,1,7\ns1,A,1,8\n",
            "line 3: subject s1 and rater A in session 1",
        ),
        ("subject,rater,session,rate_cpm\ns1,A,,7\n", "line 2: column session is empty"),
    ],
)
def test_a_wrong_table_is_refused_naming_line_and_column(text, words):
    with pytest.raises(BadFile, match=re.escape(words)):
        parse_rate_table(text)


def test_files_that_are_no_tables_are_refused(tmp_path):
    (tmp_path / "book.csv").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(BadFile, match="save the sheet as CSV"):
        read_rate_table(tmp_path / "book.csv")
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)))
    with pytest.raises(BadFile, match="this is no text"):
        read_rate_table(tmp_path / "noise.csv")
    with pytest.raises(NoSuchInput, match="there is no file"):
        read_rate_table(tmp_path / "none.csv")
    with pytest.raises(NoSuchInput, match="is a folder"):
        read_rate_table(tmp_path)


def test_felt_nothing_is_an_answer_and_empty_is_missing():
    found = compare_rates(parse_rate_table(SIMPLE + "s8,A,none\ns9,A,0\ns8,B,\n"))
    sides = {side.name: (side.n_felt_nothing, side.n_missing) for side in found.sides}
    assert sides == {"A": (2, 0), "B": (0, 1)}
    flags = " ".join(comparison_flags(found))
    assert "is an answer, and has no rate: A 2" in flags
    assert "Rates missing: B 1" in flags


def test_unused_columns_are_noted():
    notes = parse_rate_table("subject,rater,rate_cpm,mood\ns1,A,7,x\ns2,A,8,y\n").notes
    assert notes == ("columns not used: mood",)


@pytest.mark.parametrize(
    ("first", "second"), [("01", "1"), ("1", "1.00"), ("S1", "s1"), ("S 01", "S1"), ("sub-02", "2")]
)
@pytest.mark.parametrize("column", ["subject", "rater"])
def test_codes_that_people_take_for_the_same_are_asked_about(column, first, second):
    row = "{},A,{}" if column == "subject" else "x,{},{}"
    rows = f"{row.format(first, 7)}\n{row.format(second, 8)}\n"
    message = (
        f"table, line 3: column {column}: '{first}' (line 2) and '{second}' (line 3): the same {column}?"
    )
    with pytest.raises(BadFile, match="^" + re.escape(message)):
        parse_rate_table("subject,rater,rate_cpm\n" + rows)


def test_codes_that_differ_in_more_than_their_spelling_are_kept_apart():
    codes = ("S1", "S10", "S11", "1-2", "12", "A1", "B1")
    table = parse_rate_table("subject,rater,rate_cpm\n" + "".join(f"{code},A,7\n" for code in codes))
    assert table.subject == codes


def test_counting_is_put_beside_the_limits():
    """1.96 SD of counting over 180 s is 0.267 cpm; two counts add in squares."""
    found = compared("follow")
    assert pair_of(found, "anna", MEASURED).quantisation_cpm == pytest.approx(0.2667, abs=1e-3)
    assert pair_of(found, "anna", "ben").quantisation_cpm == pytest.approx(0.2667 * 2**0.5, abs=1e-3)
    assert compare_rates(parse_rate_table(SIMPLE)).pairs[0].quantisation_cpm == 0


def test_few_subjects_are_said_to_be_too_few():
    assert "Too few subjects" in " ".join(comparison_flags(compared("follow", subjects=5)))
    assert "Too few subjects" not in " ".join(comparison_flags(compared("follow", subjects=25)))


def test_ten_subjects_are_called_imprecise_and_not_fewer_than_some_number():
    flags = " ".join(comparison_flags(compared("follow", subjects=10, sessions=1)))
    assert "Too few subjects" not in flags and "at least 10" not in flags
    assert "imprecise" in flags and "with 10 subjects and more" in flags


def test_the_words_of_the_limits_give_the_digits_of_the_sentence_and_the_picture():
    found = compared("follow")
    pair = pair_of(found, "anna", MEASURED)
    said = said_limits(pair.limits)
    assert f"limits of agreement {said.lower} and {said.upper}," in limits_caption(pair)
    assert f"between {said.lower} and {said.upper}, limits" in pair_sentences(pair)[0]


def test_the_page_shows_four_figures_above_at_most_three_sentences():
    table = parse_rate_table(table_text("follow"))
    page = comparison_page(compare_rates(table, n_permutations=99), table)
    answer = page.split('id="h-answer"')[1].split("</section>")[0]
    assert answer.count("<dt>") == 4 and answer.index("<dl") < answer.index("<p>")
    assert 1 <= answer.count("<p>") <= 3
    contents = page.split("<nav")[1].split("</nav>")[0]
    assert re.findall('href="#([^"]+)"', contents) == re.findall('<h2 id="([^"]+)"', page)[1:]


def test_measured_rates_are_never_taken_for_proven_rhythms():
    assert "told from noise" in " ".join(comparison_flags(compared("follow")))
    assert "told from noise" not in " ".join(comparison_flags(compare_rates(parse_rate_table(SIMPLE))))


def test_equal_columns_raise_the_question_of_a_copy():
    text = "subject,rater,rate_cpm\n" + "".join(f"s{i},{r},{6 + 0.3 * i}\n" for i in range(9) for r in "AB")
    found = compare_rates(parse_rate_table(text))
    assert "was a column copied?" in comparison_flags(found)[0]
    assert [one.estimate for one in found.icc] == [1.0] * 6
    assert "nan" not in " ".join((*comparison_answer(found), *comparison_flags(found)))


def test_equivalence_is_only_judged_where_a_delta_was_set():
    table = parse_rate_table(SIMPLE)
    assert compare_rates(table).pairs[0].equivalence is None
    assert compare_rates(table, delta=2.0).pairs[0].equivalence.limits_within
    assert "not mattering" in comparison_methods(compare_rates(table, delta=2.0))
    with pytest.raises(ValueError, match="delta must be above 0"):
        compare_rates(table, delta=-1.0)


def test_raters_without_a_common_session_are_compared_as_replicates():
    rng = np.random.default_rng(2)
    rows = ["subject,rater,session,rate_cpm"]
    for subject in range(10):
        own = rng.normal(8, 1.5)
        rows += [f"s{subject},A,{day},{own + rng.normal(0, 0.3):.2f}" for day in (1, 2)]
        rows += [f"s{subject},B,{day},{own + rng.normal(0, 0.3):.2f}" for day in (3, 4)]
    pair = compare_rates(parse_rate_table("\n".join(rows))).pairs[0]
    assert pair.limits.form == "constant"
    assert "no session in common" in pair.reason
    assert pair.swap.pvalue < 0.01


def test_a_missing_cell_keeps_the_subject_and_is_labelled():
    lines = SIMPLE.splitlines()
    gone = compare_rates(parse_rate_table("\n".join(lines[:-1])), n_boot=99)
    assert gone.icc[0].n_subjects == 8
    assert "REML with 1 missing cells" in gone.icc[0].method


def test_one_rater_with_sessions_is_held_against_themselves():
    found = compare_rates(
        parse_rate_table(table_text("follow", raters=("anna",)).replace("measured_cpm", "x"))
    )
    assert not found.pairs
    assert "between sessions of one subject the rate varies" in " ".join(comparison_answer(found))


def test_nothing_to_compare_is_said():
    with pytest.raises(BadFile, match="nothing to compare: one rater"):
        compare_rates(parse_rate_table("subject,rater,rate_cpm\ns1,A,7\ns2,A,8\n"))


def test_two_subjects_get_reasons_instead_of_figures():
    found = compare_rates(parse_rate_table("subject,rater,rate_cpm\ns1,A,7\ns1,B,8\ns2,A,7\ns2,B,6\n"))
    assert found.pairs[0].limits is None
    assert "at least 3 subjects" in found.pairs[0].reason
    assert "at least 3 subjects in common, got 2" in found.reason
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_expected_rates_are_held_against_reported_ones():
    text = SIMPLE.replace("rate_cpm\n", "rate_cpm,expected_cpm\n").replace("\ns", ",8\ns")
    text = text.replace("expected_cpm,8\n", "expected_cpm\n").rstrip("\n") + ",8\n"
    found = compare_rates(parse_rate_table(text))
    assert [pair.second for pair in found.pairs] == ["B", "expected", "expected"]


def test_every_answer_has_the_agreed_columns_and_finite_json():
    found = compared("follow")
    plain = found.to_dict()
    assert set(plain["estimates"][0]) == {
        *("comparison", "quantity", "estimate", "ci_low", "ci_high", "unit", "method"),
        *("n_subjects", "n_raters", "n_sessions"),
    }
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def run(*words):
    parser = argparse.ArgumentParser()
    compare_command.add_parsers(parser.add_subparsers())
    args = parser.parse_args(["compare", *map(str, words)])
    return args.run(args)


@pytest.fixture
def csv_file(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(table_text("guess"), encoding="utf-8")
    return path


def test_the_command_prints_words_first_and_then_rows(csv_file, capsys):
    assert run(csv_file) == 0
    out = capsys.readouterr().out
    assert out.startswith("48 rows: 12 subjects, 2 raters, 24 sessions.")
    rows = out[out.index("comparison\tquantity") :].splitlines()
    assert {line.count("\t") for line in rows} == {9}


def test_the_command_prints_one_json_object_and_the_same_twice(csv_file, capsys):
    run(csv_file, "--json", "--delta", "1")
    first = capsys.readouterr().out
    run(csv_file, "--json", "--delta", "1")
    assert capsys.readouterr().out == first
    answer = json.loads(first)
    assert answer["schema_version"] == 1
    assert answer["results"][0]["answer"][0].startswith("48 rows")
    assert set(answer["results"][0]["equivalence"]["anna - ben"]) == {"delta", "limits_within", "mean_within"}


def test_rows_for_spreadsheets_with_decimal_commas_read_back(csv_file, tmp_path, capsys):
    run(csv_file, "--decimal-comma", "--table-out", tmp_path / "rows.csv")
    capsys.readouterr()
    lines = (tmp_path / "rows.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("comparison;quantity;estimate")
    assert re.fullmatch(r"-?\d+,\d+", lines[1].split(";")[2])


def test_impossible_options_are_usage_errors(csv_file):
    with pytest.raises(UsageError, match="--delta must be above 0"):
        run(csv_file, "--delta", "0")
    with pytest.raises(UsageError, match="--seed must be 0 or more"):
        run(csv_file, "--seed", "-1")


def test_the_page_is_whole_escaped_and_the_same_twice(tmp_path):
    table = parse_rate_table(table_text("guess").replace("anna", "<b>anna"))
    found = compare_rates(table, n_permutations=99)
    page = comparison_page(found, table)
    assert page == comparison_page(found, table)
    assert "<b>anna" not in page
    assert "<script" not in page
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert page.count("<svg") == 1 + len(found.pairs)
    assert page.count("<title") == 2 + len(found.pairs)
    write_comparison_report(found, table, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8") == page
    with pytest.raises(CannotWrite, match="cannot be written"):
        write_comparison_report(found, table, tmp_path / "no" / "page.html")


def test_plots_draw_on_the_axes_given_and_return_them():
    from matplotlib.figure import Figure

    from touchrhythm.raters.signal_detection import confidence_calibration
    from touchrhythm.study.rotation import rotation_test

    found = compared("follow")
    axes = Figure().subplots(2, 2).ravel()
    z = [0.5, 0.4j, 0.3, 0.6]
    right = confidence_calibration([0.5, 0.6, 0.7, 0.8, 0.9], [1, 0, 1, 1, 0])
    assert plot_limits(found.pairs[0], ax=axes[0]) is axes[0]
    assert plot_rates(parse_rate_table(SIMPLE), ax=axes[1]) is axes[1]
    assert plot_session_phasors(z, rotation_test(z, rng=0), ax=axes[2]) is axes[2]
    assert plot_confidence(right, ax=axes[3]) is axes[3]
    assert plot_limits(found.pairs[0]).get_figure() is not None


@pytest.mark.parametrize(
    "text",
    [
        "subject,rater,count\nP1,A,27/3min\nP1,B,27 in 3 min\n",
        "Proband;Untersucher;Anzahl;Dauer\nP1;A;27;3 min\nP1;B;27;180\n",
        "Proband;Untersucher;Anzahl;Dauer (min)\nP1;A;27;3\nP1;B;27;3,0\n",
        "proefpersoon;onderzoeker;aantal;duur\nP1;A;27;3:00\nP1;B;27;3min\n",
        "Sujet;Examinateur;Nombre;Durée (min)\nP1;A;27;3\nP1;B;27;3\n",
    ],
)
def test_counts_on_paper_are_rates(text):
    table = parse_rate_table(text)
    assert table.rate_cpm.tolist() == [9.0, 9.0] and table.duration.tolist() == [180.0, 180.0]
    assert (table.subject, table.rater) == (("P1", "P1"), ("A", "B"))


@pytest.mark.parametrize("options", [[], ["--decimal-comma"]])
def test_the_template_is_a_table_that_compare_reads(capsys, options):
    assert main(["compare", "--template", *options]) == 0
    printed = capsys.readouterr().out
    table = parse_rate_table(printed)
    assert table.rate_cpm.tolist() == pytest.approx([9.0, 25 / 3]) and table.measured_cpm.tolist() == [
        9.2,
        9.2,
    ]
    assert (";" in printed.splitlines()[3]) == bool(options)


def test_without_a_table_the_way_to_one_is_shown(capsys):
    assert main(["compare"]) == 2
    assert "--template" in capsys.readouterr().err
