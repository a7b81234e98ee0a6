"""`inspect` says what was understood; what two readings fit is asked with lines that can be pasted."""

import json
import shlex

import pytest
from tests.helpers.foreign_files import FILES

from touchrhythm.cli import main
from touchrhythm.words.program import called_as


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def one(command, name, *words):
        content = FILES[name].content
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        code = main([command, name, *words])
        return code, *capsys.readouterr()

    return one


def test_it_names_format_times_channels_and_how_each_is_known(run):
    code, out, err = run("inspect", "excel_nl.csv")
    assert code == 0 and err == ""
    assert "semicolon between columns, decimal comma" in out
    assert "20 s at 20 Hz, from 0 to 20 s; times in column Tijd (s) [stated]" in out
    assert "Kracht in g: force [stated: its name or unit]" in out and "← analysed" in out
    assert "Ademhaling: breathing" in out


def test_json_holds_the_whole_of_it(run):
    _, out, _ = run("inspect", "rail_24_bit.csv", "--json")
    found = json.loads(out)["results"][0]
    assert found["fs"] == 20 and found["signal"] == "counts"
    assert found["channels"][0]["at_rail"] == [[8388607.0, 5]]


@pytest.mark.parametrize("command", ["inspect", "analyze"])
@pytest.mark.parametrize("name", ["tidy_numbers.csv", "rate_full_scale.txt", "steps_of_one.csv"])
def test_a_question_comes_with_the_lines_that_decide_it(run, command, name):
    code, out, err = run(command, name)
    assert code == 2 and out == ""
    lines = [f"  {called_as()} {command} {name} {option}" for option in FILES[name].options]
    assert err.splitlines()[1:] == lines


def test_a_pasted_line_decides(run):
    _, _, err = run("inspect", "tidy_numbers.csv")
    words = shlex.split(err.splitlines()[1].split(" inspect ")[1])
    code, out, _ = run("inspect", *words)
    assert code == 0 and "value_1: no known kind" in out


@pytest.mark.parametrize("typed", [["--channel", "value", "--json"], ["--channel=value", "--json"]])
def test_a_line_to_paste_names_no_option_twice(run, typed):
    _, _, err = run("inspect", "tidy_numbers.csv", *typed)
    assert err.splitlines()[1] == f"  {called_as()} inspect tidy_numbers.csv --json --channel value_1"
    code, out, _ = run("inspect", *shlex.split(err.splitlines()[1].split(" inspect ")[1]))
    assert code == 0 and json.loads(out)["results"][0]["channels"][0]["name"] == "value_1"


def test_the_lines_of_inspect_keep_the_folder_and_what_was_typed(tmp_path, capsys):
    (tmp_path / "my study").mkdir()
    path = tmp_path / "my study" / "two.csv"
    path.write_text(FILES["sensor_logger.csv"].content)
    assert main(["inspect", str(path), "--time-unit", "ns"]) == 0
    decide = f"{called_as()} analyze {shlex.quote(str(path))} --time-unit ns --channel z"
    assert decide in capsys.readouterr().out


def test_a_column_that_counts_is_refused_as_the_signal_with_the_reason(run):
    code, _, err = run("analyze", "packet_first.csv", "--fs", "20", "--channel", "packet")
    assert code == 2
    assert "column 'packet' is no signal, it counts the samples; the channels are ('force',)" in err


def test_two_signals_are_listed_with_the_lines_of_analyze(run):
    code, out, _ = run("inspect", "sensor_logger.csv")
    assert code == 0 and f"{called_as()} analyze sensor_logger.csv --channel y" in out


def test_the_answer_says_how_the_file_was_read(run):
    code, out, _ = run("analyze", "excel_de.csv", "--surrogates", "99")
    said = "read: 20 s at 20 Hz, times in column Zeit (s); signal Kraft; breathing Atmung"
    assert code == 0 and said in out.splitlines()


def test_a_second_file_gives_the_reference(run, tmp_path):
    (tmp_path / "belt.csv").write_text(
        "time (s),Belt\n" + "".join(f"{k / 10},{k % 30}\n" for k in range(200))
    )
    code, out, _ = run(
        "inspect", "minutes.csv", "--reference-file", "belt.csv", "--reference-offset", "2.5", "--json"
    )
    channels = json.loads(out)["results"][0]["channels"]
    assert code == 0 and [(one["name"], one["role"]) for one in channels] == [
        ("force", "force"),
        ("Belt", "breathing"),
    ]
    code, _, err = run("inspect", "minutes.csv", "--reference-file", "belt.csv")
    assert code == 2 and "--reference-offset S" in err
    code, _, err = run("inspect", "minutes.csv", "--reference-file", "bell.csv")
    assert code == 66 and "bell.csv: no such file (did you mean belt.csv?)" in err


def test_taps_as_clock_times_begin_with_the_recording(run, tmp_path):
    (tmp_path / "taps.txt").write_text("10:00:05.5\n10:00:12\n")
    code, out, _ = run(
        "inspect", "minutes.csv", "--taps", "taps.txt", "--tap-clock", "--start-time", "10:00:00", "--json"
    )
    assert code == 0 and json.loads(out)["results"][0]["taps"] == [["rater", 2]]
    code, _, err = run("inspect", "minutes.csv", "--taps", "taps.txt", "--tap-clock")
    assert code == 2 and "--start-time H:M:S" in err
