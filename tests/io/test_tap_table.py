"""Tables of taps as stopwatches and programs write them: the times are read, never the numbers of the taps."""

import re

import numpy as np
import pytest

from tap_texts import TAPS
from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io.taps import load_taps


@pytest.mark.parametrize("text", TAPS)
def test_onsets_are_found_in_tables_of_stopwatches_and_programs(tmp_path, text):
    path = tmp_path / "taps.csv"
    path.write_text(text, encoding="utf-8")
    (taps,), _ = load_taps(path, rater="AB")
    assert taps.rater == "AB"
    np.testing.assert_allclose(taps.onset, [1.5, 8.25, 15], atol=1e-9)


def test_a_column_that_numbers_the_taps_is_no_rater(tmp_path):
    path = tmp_path / "taps.csv"
    path.write_text("tap,AB,CD\n1,1.5,2\n2,8.25,9\n3,15,\n")
    taps, _ = load_taps(path)
    assert [(one.rater, one.onset.tolist()) for one in taps] == [("AB", [1.5, 8.25, 15]), ("CD", [2, 9])]


def test_what_was_chosen_among_columns_and_rows_is_told(tmp_path):
    path = tmp_path / "taps.csv"
    path.write_text("Lap,Lap time,Split\n3,00:06.75,00:15.00\n2,00:06.75,00:08.25\n1,00:01.50,00:01.50\n")
    assert load_taps(path)[1] == (
        "column Split is the running sum of the lap times: it was read as the onsets",
        "the taps stand newest first; they were turned round",
    )
    path.write_text("time,state\n1.5,down\n1.7,up\n")
    assert load_taps(path)[1] == ("1 row is no tap by column state and left out",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tap\n1\n2\n3\n4\n", "column tap numbers the taps (1, 2, …) and holds no times"),
        ("\n".join(map(str, range(1, 12))), "the file numbers the taps (1, 2, …) and holds no times"),
        ("1\t1\tAB\n2\t2\tCD\n9\t9\tAB\n", "column 2 holds ab, cd: none of them says that it is a tap"),
        ("trial,rt\n1,0.5\n2,0.7\n", "rt holds times from the start of each trial, and no column says when"),
        ("onset,rater\n1,AB\n9,ab\n", "'AB' and 'ab': the same rater?"),
    ],
)
def test_what_can_be_no_times_is_refused(tmp_path, text, message):
    path = tmp_path / "taps.csv"
    path.write_text(text)
    with pytest.raises(BadFile, match=re.escape(message)):
        load_taps(path)


@pytest.mark.parametrize(("factor", "unit"), [(1e3, "ms"), (1e6, "us"), (1 / 60, "min")])
def test_a_unit_that_nothing_tells_is_asked_for_and_taken_from_the_answer(tmp_path, factor, unit):
    onset = np.array([1.5, 8.25, 15, 21, 29, 36])
    path = tmp_path / "taps.csv"
    path.write_text("onset\n" + "".join(f"{factor * one!r}\n" for one in onset.tolist()))
    with pytest.raises(Undecided, match="and nothing says in which unit") as refused:
        load_taps(path)
    assert refused.value.options == (f"--tap-column 'onset ({unit})'", "--tap-column 'onset (s)'")
    (taps,), _ = load_taps(path, column=f"onset ({unit})")
    np.testing.assert_allclose(taps.onset, onset)
    assert load_taps(path, column="onset (s)")[0][0].onset[1] == pytest.approx(8.25 * factor)


def test_a_column_of_times_is_asked_for_where_two_can_be_meant(tmp_path):
    path = tmp_path / "taps.csv"
    path.write_text("rater,first value,second value\nAB,1.5,2.5\nAB,8.25,19\nAB,15,40\n")
    with pytest.raises(Undecided) as refused:
        load_taps(path)
    assert refused.value.options == ("--tap-column 'first value'", "--tap-column 'second value'")
    (taps,), _ = load_taps(path, column="first value")
    assert taps.onset.tolist() == [1.5, 8.25, 15]


def test_a_number_too_long_for_any_count_of_taps_is_not_counted_with(tmp_path):
    (tmp_path / "taps.csv").write_text(f"tap,onset\n1,1.5\n2{'0' * 5000},8.25\n3,15\n")
    assert load_taps(tmp_path / "taps.csv")[0][0].onset.tolist() == [1.5, 8.25, 15]


LAPS = (8.1, 7.23, 7.91, 7.02, 8.3, 7.4, 7.77, 7.1, 8.2)


@pytest.mark.parametrize("text", ["{}", "value\n{}", "nr;Zeit\n{}"])
def test_times_from_tap_to_tap_are_not_sorted_into_onsets(tmp_path, text):
    path = tmp_path / "taps.csv"
    rows = [f"{k};{lap}" if "nr" in text else str(lap) for k, lap in enumerate(LAPS, start=1)]
    path.write_text(text.format("\n".join(rows)))
    with pytest.raises(BadFile, match=r"must rise, but 4 of 9 fall .* call the column interval"):
        load_taps(path)
    path.write_text("interval\n" + "\n".join(map(str, LAPS)))
    (taps,), _ = load_taps(path)
    np.testing.assert_allclose(taps.onset, np.cumsum(LAPS))


@pytest.mark.parametrize(
    ("down", "up", "known"),
    [
        ("appuyé", "relâché", True),
        ("gedrückt", "losgelassen", True),
        ("premuto", "rilasciato", True),
        ("p", "q", False),
    ],
)
def test_a_press_and_its_release_are_one_tap(tmp_path, down, up, known):
    path = tmp_path / "taps.csv"
    path.write_text(
        "temps;état\n" + "".join(f"{t};{down}\n{t + 0.2};{up}\n" for t in (1.5, 8.25, 15, 22)), "utf-8"
    )
    if known:
        (taps,), _ = load_taps(path)
        assert taps.onset.tolist() == [1.5, 8.25, 15, 22]
    else:
        with pytest.raises(BadFile, match="holds p and q in turn, as a press and its release do"):
            load_taps(path)


def test_two_raters_who_tap_in_turn_are_no_press_and_release(tmp_path):
    path = tmp_path / "taps.csv"
    path.write_text("rater;onset\n" + "".join(f"A;{t}\nB;{t + 0.2}\n" for t in (1.5, 8.25, 15, 22)))
    taps, _ = load_taps(path)
    assert [(one.rater, one.onset[0]) for one in taps] == [("A", 1.5), ("B", 1.7)]


def test_minutes_with_a_decimal_comma_are_one_time(tmp_path):
    path = tmp_path / "taps.txt"
    path.write_text("0:01,50\n0:08,25\n1:15,00\n")
    assert load_taps(path)[0][0].onset.tolist() == [1.5, 8.25, 75]
