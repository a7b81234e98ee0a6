"""Tables of taps as stopwatches and programs write them: the times are read, never the numbers of the taps."""

import re

import numpy as np
import pytest

from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io.taps import load_taps

BORIS_OLD = (
    "Observation id\tobs1\n\nObservation date\t2024-01-01 10:00:00\nDescription\t\nMedia file(s)\n\n"
    "Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tComment\tStatus\n"
    "1.5\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTART\n1.7\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTOP\n"
    "8.25\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTART\n8.4\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTOP\n"
    "15\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTART\n16\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTOP\n"
)
BORIS = (
    "Observation id,Observation date,Observation duration,Observation type,Source,Time offset (s),Subject,Behavior,"
    "Behavioral category,Behavior type,Time,Media file name\n"
    "o,2024,60,Live,,0,No focal subject,hand on,,START,0.5,NA\n"
    + "".join(f"o,2024,60,Live,,0,No focal subject,tap,,POINT,{onset},NA\n" for onset in (1.5, 8.25, 15))
    + "o,2024,60,Live,,0,No focal subject,hand on,,STOP,50.5,NA\n"
)
JSPSYCH = (
    '"rt","stimulus","response","trial_type","trial_index","time_elapsed"\n'
    '"","","","preload","0","120"\n"350","<p>go, now</p>"," ","html-keyboard-response","1","1500"\n'
    '"null","x","null","html-keyboard-response","2","4000"\n"700","x"," ","html-keyboard-response","3","8250"\n'
    '"700","x"," ","html-keyboard-response","4","15000"\n'
)


@pytest.mark.parametrize(
    "text",
    [
        "tap,onset\n1,1.5\n2,8.25\n3,15\n",
        "Nr;Zeit (s)\n1;1,5\n2;8,25\n3;15,0\n",
        "#,time\n1,1.5\n2,8.25\n3,15\n",
        "tap,t\n3,1.5\n4,8.25\n5,15\n",
        "1\t1.5\n2\t8.25\n3\t15\n",
        "Lap,Split,Lap time\n1,00:01.50,00:01.50\n2,00:08.25,00:06.75\n3,00:15.00,00:06.75\n",
        "Lap,Lap time,Split\n3,00:06.75,00:15.00\n2,00:06.75,00:08.25\n1,00:01.50,00:01.50\n",
        "Runde;Rundenzeit;Gesamt\n1;0:01,50;0:01,50\n2;0:06,75;0:08,25\n3;0:06,75;0:15,00\n",
        "Ronde;Tijd;Totaal\n1;0'01\"50;0'01\"50\n2;0'06\"75;0'08\"25\n3;0'06\"75;0'15\"00\n",
        "Lap;Split;Total\n1;1,50;1,50\n2;6,75;8,25\n3;6,75;15,00\n",  # here the split is the lap
        "Lap,Lap Time\n1,00:01.50\n2,00:06.75\n3,00:06.75\n",
        "Lap,Lap Time\n3,00:06.75\n2,00:06.75\n1,00:01.50\n",
        "1.500000\t1.500000\ttap\n8.250000\t8.250000\ttap\n15.000000\t15.000000\ttap\n",
        "1,5\t1,5\t1\n8,25\t8,25\t2\n\\\t100\t200\n15,0\t15,0\t\n",
        "1.5\t1.5\ttap\n4\t6\thand on\n8.25\t8.25\ttap\n15\t15\ttap\n",
        BORIS_OLD,
        BORIS,
        JSPSYCH,
        "key_resp.keys,key_resp.rt,key_resp.started\n\"['space', 'space', 'space']\",\"[0.5, 7.25, 14]\",1\n,,\n",
        "trial,key_resp.keys,key_resp.rt,key_resp.started\n0,space,0.5,1\n1,space,1.25,7\n2,None,,9\n3,space,1,14\n",
        "time,state\n1.5,down\n1.7,up\n8.25,down\n8.3,up\n15,down\n15.2,up\n",
        "timestamp_ms;key;event\n1500;a;keydown\n1700;a;keyup\n8250;a;keydown\n8300;a;keyup\n15000;a;keydown\n",
        "time,tap\n1.5,1\n1.7,0\n8.25,1\n8.3,0\n15,1\n15.2,0\n",
        "time,button\n0,0\n1.5,1\n1.6,1\n1.7,0\n8.25,1\n8.3,0\n15,1\n",
        "onset\tduration\ttrial_type\n0.5\t0\thand on\n1.5\t0\ttap\n8.25\t0\ttap\n15\t0\ttap\n",
    ],
)
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
