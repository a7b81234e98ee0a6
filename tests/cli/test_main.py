"""What does the command line say, where, and with which exit code?

Run in this process wherever possible; `tests/test_determinism.py` and the end of this file start new ones.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from touchrhythm import __version__, simulate_session
from touchrhythm.cli import build_parser, main
from touchrhythm.words.program import CALLED_AS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = next((ROOT / "recordings" / "example").rglob("*_physio.tsv.gz"))
FEW = ["--surrogates", "99"]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Commands write into the current folder: give each test one of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOUCHRHYTHM_DEBUG", raising=False)


@pytest.fixture
def run(capsys):
    """Run a command line; (exit code, stdout, stderr)."""

    def one(*words):
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        assert "Traceback" not in told.err + told.out
        return code, told.out, told.err

    return one


@pytest.fixture(scope="session")
def quick(tmp_path_factory):
    """Recordings of 150 s at 10 Hz, one with a strong rhythm and one without, as tables."""
    folder = tmp_path_factory.mktemp("quick")
    for name, rate in (("rhythm", 9.0), ("noise", None)):
        session = simulate_session(duration_s=150, fs=10.0, rate_cpm=rate, snr_db=15, rng=1)
        force = session.recording.data[:, 0]
        rows = [f"{k / 10},{value:.5f}" for k, value in enumerate(force)]
        (folder / f"{name}.csv").write_text("\n".join(["time,force", *rows]) + "\n")
    return folder


def table(name, force, fs=10.0, header="time,force"):
    rows = [f"{k / fs:.4f},{value}" for k, value in enumerate(force)]
    Path(name).write_text("\n".join([header, *rows]) + "\n")
    return name


def one_line(text):
    return len(text.strip().splitlines()) == 1


# -- the everyday -------------------------------------------------------------------------------------------


def test_without_a_command_the_usage_is_wrong(run):
    code, out, err = run()
    assert (code, out) == (2, "") and "COMMAND" in err


def test_version_goes_to_stdout(run):
    assert run("--version") == (0, f"touchrhythm {__version__}\n", "")


COMMANDS = sorted(build_parser()._subparsers._group_actions[0].choices)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples_that_it_takes(run, command):
    code, out, err = run(command, "--help")
    assert code == 0 and err == ""
    before, examples = out.split("examples:\n")
    assert before.startswith(f"usage: touchrhythm {command} ") and before.split("\n\n")[1].endswith(
        (".", "?")
    )
    lines = [line.strip() for line in examples.splitlines() if line.startswith("  touchrhythm")]
    assert lines and all(line.startswith(f"touchrhythm {command}") for line in lines)
    for line in lines:
        assert build_parser().parse_args(shlex.split(line)[1:]).command == command


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_names_the_program_as_it_was_called(run, monkeypatch, command):
    monkeypatch.setenv(CALLED_AS, "python3 run.py --")
    _, out, _ = run(*command.split(), "--help")
    assert out.startswith(f"usage: python3 run.py -- {command}".rstrip())
    assert not re.findall(rf"touchrhythm (?:COMMAND|{'|'.join(COMMANDS)})\b", out)


def test_a_wrong_word_leads_to_the_help_by_a_line_to_paste(run, monkeypatch):
    monkeypatch.setenv(CALLED_AS, "python3 run.py --")
    code, _, err = run("compare", "x.csv", "--nope")
    assert code == 2 and "(see python3 run.py -- compare --help)" in err


@pytest.mark.parametrize("words", [("analyze", "x.csv", "--rep", "p.html"), ("record", "out", "--virt")])
def test_an_option_is_never_guessed_from_its_beginning(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "") and one_line(err)


def test_help_fits_a_narrow_terminal_but_leaves_examples_whole(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "58")
    _, out, _ = run("compare", "--help")
    long = [line for line in out.splitlines() if len(line) > 58]
    assert long and all(line.startswith("  touchrhythm compare ") for line in long)


def test_analyze_answers_in_words_with_the_seed(run, quick):
    code, out, err = run("analyze", quick / "rhythm.csv", *FEW)
    assert code == 0
    assert "There is a rhythm at" in out and "cycles per minute" in out
    assert out.rstrip().endswith("seed 0")
    assert err == ""


def test_no_rhythm_is_an_answer(run, quick):
    code, out, _ = run("analyze", quick / "noise.csv", *FEW)
    assert code == 0 and "No rhythm can be told from noise" in out


def test_json_is_one_object_with_one_result_per_file(run, quick):
    code, out, err = run("analyze", quick / "rhythm.csv", quick / "noise.csv", "--json", *FEW, "--seed", 5)
    answer = json.loads(out)
    assert code == 0 and err == ""
    assert answer["schema_version"] == 1
    assert [Path(result["file"]).name for result in answer["results"]] == ["rhythm.csv", "noise.csv"]
    assert [result["seed"] for result in answer["results"]] == [5, 5]
    assert list(answer["results"][0]) == sorted(answer["results"][0])


def test_json_is_ascii_so_that_any_console_takes_it(run, quick):
    _, out, _ = run("analyze", quick / "rhythm.csv", "--json", *FEW)
    assert out.isascii()


def test_a_report_is_written_and_named(run, quick):
    code, out, _ = run("analyze", quick / "rhythm.csv", "--report", "page.html", *FEW)
    assert code == 0 and "report: page.html" in out
    assert "<!DOCTYPE html>" in Path("page.html").read_text("utf-8")[:100]


def test_a_report_of_ours_is_replaced(run, quick):
    for _ in range(2):
        assert run("analyze", quick / "rhythm.csv", "--report", "page.html", *FEW)[0] == 0


def test_demo_answers_and_says_where_the_page_is(run):
    code, out, err = run("demo")
    assert code == 0
    assert "There is a rhythm at 8.0" in out and "The taps follow" in out
    assert str(Path("touchrhythm-demo.html").resolve()) in out
    assert "example session" in err
    assert Path("touchrhythm-demo.html").stat().st_size < 1_500_000


def test_demo_leaves_a_page_of_others_alone(run):
    Path("touchrhythm-demo.html").write_text("my own notes")
    code, out, _ = run("demo")
    assert code == 0 and "touchrhythm-demo-2.html" in out
    assert Path("touchrhythm-demo.html").read_text() == "my own notes"


def test_settings_reach_the_answer(run, quick):
    words = ["--band", 5, 13, "--alpha", 0.01, "--channel", "force", "--ratio", "1:2", "--lag", 0, 2]
    code, out, _ = run("analyze", quick / "rhythm.csv", "--json", *FEW, *words, "--polarity", "trough")
    settings = json.loads(out)["results"][0]["settings"]
    assert code == 0
    assert settings["band_cpm"] == [5.0, 13.0] and settings["alpha"] == 0.01
    assert settings["channel"] == "force" and settings["ratio"] == [1, 2]
    assert settings["lag_s"] == [0.0, 2.0] and settings["polarity"] == -1


def test_taps_and_counts_beside_the_file(run, quick):
    Path("taps.txt").write_text("\n".join(str(20 + 6.5 * k) for k in range(15)))
    words = ["--taps", "taps.txt", "--counts", "18 in 120 s from 0:10", "--rater", "AB"]
    code, out, _ = run("analyze", quick / "rhythm.csv", "--json", *FEW, *words)
    result = json.loads(out)["results"][0]
    assert code == 0
    assert [taps["rater"] for taps in result["taps"]] == ["AB"]
    assert result["counts"][0]["rate_cpm"] == 9.0


# -- files --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("out", ["session.csv", "session.tsv", "session.npy", "dataset"])
def test_what_simulate_writes_can_be_analysed(run, out):
    words = ["--duration", 150, "--fs", 10, "--snr-db", 15, "--tapper", "follow", "--seed", 3]
    code, files, err = run("simulate", out, *words)
    assert code == 0 and "seed 3: a rhythm at" in err
    recording, *beside = files.splitlines()
    assert any(name.endswith("_truth.json") for name in beside)
    rate = ["--fs", 10] if out.endswith(".npy") else []
    taps = [word for name in beside if "_taps" in name for word in ("--taps", name)]
    code, answer, _ = run("analyze", recording, *rate, *taps, "--json", *FEW)
    result = json.loads(answer)["results"][0]
    truth = json.loads(Path(beside[-1]).read_text("utf-8"))
    assert code == 0 and result["taps"]
    assert result["rate"]["rate_cpm"] == pytest.approx(truth["realised_rate_cpm"], abs=0.3)


def test_the_same_seed_simulates_the_same_session(run):
    for name in ("a.csv", "b.csv", "c.csv"):
        run("simulate", name, "--duration", 20, "--seed", 1 if name != "c.csv" else 2)
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes() != Path("c.csv").read_bytes()


def test_convert_writes_another_form_that_reads_the_same(run, quick):
    assert run("convert", quick / "rhythm.csv", "out.tsv") == (0, "out.tsv\n", "")
    one, two = (
        np.loadtxt(name, delimiter=d, skiprows=1)
        for name, d in ((quick / "rhythm.csv", ","), ("out.tsv", "\t"))
    )
    assert np.array_equal(one, two)


@pytest.mark.parametrize("words", [["simulate", "x.csv", "--duration", "20"], ["convert", EXAMPLE, "x.csv"]])
def test_nothing_is_overwritten(run, words):
    Path("x.csv").write_text("precious")
    code, _, err = run(*words)
    assert code == 73 and one_line(err) and "x.csv" in err
    assert Path("x.csv").read_text() == "precious"


@pytest.mark.parametrize("word", ["--rate=-3", "--duration=0", "--fs=0", "--seed=x"])
def test_a_session_that_cannot_be_simulated_is_a_usage_error(run, word):
    code, _, err = run("simulate", "x.csv", word)
    assert code == 2 and one_line(err) and not Path("x.csv").exists()


# -- wrong input: a sentence each, no traceback, nothing lost -----------------------------------------------

BAD_FILES = {
    "missing": (66, "no such file"),
    "folder": (66, "folder"),
    "empty": (65, "empty"),
    "binary": (65, ""),
    "words": (65, ""),
    "column too many": (65, "line 4"),
    "backwards": (65, ""),
    "all missing": (65, "no values"),
    "constant": (0, "No answer"),
    "20 s": (0, "120 s"),
}


def bad_file(kind):
    """A file that is wrong in one way, made in the current folder."""
    name = f"{kind.replace(' ', '-')}.csv"
    noise = np.random.default_rng(0).standard_normal(3000).round(4)
    if kind == "folder":
        Path(name).mkdir()
    elif kind == "empty":
        Path(name).write_bytes(b"")
    elif kind == "binary":
        Path(name).write_bytes(bytes(range(256)) * 40)
    elif kind == "words":
        Path(name).write_text("time,force\n" + "".join(f"{k},soft\n" for k in range(500)))
    elif kind == "column too many":
        table(name, noise)
        lines = Path(name).read_text().splitlines()
        Path(name).write_text("\n".join([*lines[:3], lines[3] + ",7", *lines[4:]]))
    elif kind == "backwards":
        times = np.arange(3000) / 10
        times[1500:] -= 100
        rows = [f"{time:.1f},{value}" for time, value in zip(times, noise, strict=True)]
        Path(name).write_text("\n".join(["time,force", *rows]))
    elif kind == "all missing":
        table(name, ["n/a"] * 3000)
    elif kind == "constant":
        table(name, [5.0] * 3000)
    elif kind == "20 s":
        table(name, noise[:200])
    return name


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_gets_a_clear_sentence(run, kind):
    name = bad_file(kind)
    code, words = BAD_FILES[kind]
    got, out, err = run("analyze", name, *FEW)
    assert got == code, err
    said = out if code == 0 else err
    assert words in said
    if code:
        assert out == "" and one_line(err) and name in err


@pytest.mark.parametrize("kind", ["constant", "20 s"])
def test_no_figure_leaves_where_there_is_no_answer(run, kind):
    code, out, _ = run("analyze", bad_file(kind), "--json", *FEW)
    result = json.loads(out)["results"][0]
    assert code == 0 and result["reason"]
    assert result["periodicity"] is None and result["rate"] is None and result["cycle_count"] is None


USAGE = {
    "reversed band": (["--band", "12", "6"], "did you mean 6 12"),
    "band in Hz": (["--band", "0.1", "0.2"], "did you mean 6 12"),
    "band below 0": (["--band", "-1", "6"], ""),
    "alpha": (["--alpha", "5"], "--alpha must lie between 0 and 1"),
    "channel": (["--channel", "forse"], "no channel 'forse'"),
    "reference": (["--references", "belt"], "no channel 'belt'"),
    "option": (["--chanel", "force"], "--chanel"),
    "ratio": (["--ratio", "two"], "such as 1:2"),
    "lag": (["--lag", "3", "1"], "lag"),
    "polarity without lag": (["--polarity", "peak"], "--polarity needs --lag"),
    "seed": (["--seed", "-1"], "seed"),
    "surrogates": (["--surrogates", "3"], "--surrogates must be"),
    "counts": (["--counts", "many"], "27 in 180 s from 0:30"),
    "number": (["--alpha", "small"], "alpha"),
}


@pytest.mark.parametrize("kind", USAGE)
def test_wrong_usage_gets_one_line_and_exit_code_2(run, quick, kind):
    options, words = USAGE[kind]
    code, out, err = run("analyze", quick / "rhythm.csv", *options)
    assert (code, out) == (2, ""), err
    assert one_line(err) and words in err


def test_a_band_beyond_half_the_sampling_rate_gets_no_answer(run, quick):
    code, out, _ = run("analyze", quick / "rhythm.csv", "--band", 6, 400)
    assert code == 0 and out.startswith("No answer: ") and "band" in out.splitlines()[0]


TAPS = {
    "outside": ([20 + 30 * k for k in range(15)], 65, "recording"),
    "before": ([-5, 10, 20], 65, "before"),
    "words": (["now", "then"], 65, "time"),
}


@pytest.mark.parametrize("kind", TAPS)
def test_bad_taps_get_a_clear_sentence(run, quick, kind):
    onsets, code, words = TAPS[kind]
    Path("taps.txt").write_text("\n".join(str(onset) for onset in onsets))
    got, out, err = run("analyze", quick / "rhythm.csv", "--taps", "taps.txt", *FEW)
    assert (got, out) == (code, ""), err
    assert one_line(err) and "taps.txt" in err and words in err


def test_taps_in_milliseconds_or_seconds_are_asked_about_with_lines_to_paste(run, quick):
    Path("taps.txt").write_text("\n".join(str(20_000 + 6500 * k) for k in range(15)))
    code, out, err = run("analyze", quick / "rhythm.csv", "--taps", "taps.txt", *FEW)
    assert (code, out) == (2, "")
    first, *lines = err.splitlines()
    assert "taps.txt" in first and "unit" in first
    assert len(lines) == 2 and all("--tap-column" in line for line in lines)


@pytest.mark.parametrize("onsets", [[30.0, 50.0, 40.0, 60.0, 60.0, 70.0, 80.0], [30.0, 40.0, 50.0]])
def test_crooked_taps_are_told_not_refused(run, quick, onsets):
    Path("taps.txt").write_text("\n".join(str(onset) for onset in onsets))
    code, out, _ = run("analyze", quick / "rhythm.csv", "--taps", "taps.txt", *FEW)
    assert code == 0 and "taps" in out


def test_missing_taps_are_no_input(run, quick):
    code, out, err = run("analyze", quick / "rhythm.csv", "--taps", "nowhere.txt")
    assert (code, out) == (66, "") and one_line(err) and "nowhere.txt" in err


@pytest.mark.parametrize("option", [["--taps", "taps.txt"], ["--report", "page.html"]])
def test_what_belongs_to_one_file_is_refused_with_several(run, quick, option):
    code, out, err = run("analyze", quick / "rhythm.csv", quick / "noise.csv", *option)
    assert (code, out) == (2, "") and one_line(err)


@pytest.mark.parametrize("place", ["nowhere/page.html", ".", "page.csv", "notes.html"])
def test_a_page_that_cannot_be_written_is_told_before_the_work(run, quick, place):
    Path("notes.html").write_text("<p>mine</p>")
    code, out, err = run("analyze", quick / "rhythm.csv", "--report", place)
    assert (code, out) == (73, "") and one_line(err)
    assert Path("notes.html").read_text() == "<p>mine</p>"


def test_a_closed_folder_is_told(run, quick, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # as root, no folder is closed
    code, out, err = run("analyze", quick / "rhythm.csv", "--report", "page.html")
    assert (code, out) == (73, "") and one_line(err) and "no permission to write into" in err


def test_one_bad_file_does_not_stop_the_rest(run, quick):
    bad = bad_file("words")
    code, out, err = run("analyze", quick / "rhythm.csv", bad, "nowhere.csv", quick / "noise.csv", *FEW)
    assert code == 65
    assert out.count("seed 0") == 2 and "rhythm.csv" in out and "noise.csv" in out
    assert bad in err and "nowhere.csv" in err and len(err.strip().splitlines()) == 2


def test_only_missing_files_end_with_no_input(run, quick):
    assert run("analyze", "nowhere.csv", quick / "noise.csv", *FEW)[0] == 66


def test_a_pattern_that_no_shell_resolved_is_resolved(run, quick):
    code, out, _ = run("analyze", quick / "*.csv", "--json", *FEW)
    assert code == 0 and len(json.loads(out)["results"]) == 2


# -- our own fault, and the world's -------------------------------------------------------------------------


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_of_ours_is_owned_up_to(monkeypatch, capsys, quick, debug):
    monkeypatch.setattr("touchrhythm.analysis.recipe.cut_into_blocks", lambda *args, **kwargs: 1 / 0)
    if debug:
        monkeypatch.setenv("TOUCHRHYTHM_DEBUG", "1")
    assert main(["analyze", str(quick / "rhythm.csv")]) == 1
    err = capsys.readouterr().err
    assert "fault of its own" in err and "TOUCHRHYTHM_DEBUG=1" in err and "ZeroDivisionError" in err
    assert ("Traceback" in err) is debug


def test_interrupting_is_quiet(monkeypatch, run, quick):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("touchrhythm.analysis.recipe.cut_into_blocks", interrupted)
    assert run("analyze", quick / "rhythm.csv") == (130, "", "")


def test_a_full_disk_is_an_input_output_error(monkeypatch, run, quick):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device", "page.html")

    monkeypatch.setattr("touchrhythm.write_report", full)  # first: it is loaded on being asked for
    monkeypatch.setattr("touchrhythm.report.session.page.write_report", full)
    code, _, err = run("analyze", quick / "rhythm.csv", "--report", "page.html", *FEW)
    assert code == 74 and err == "touchrhythm: page.html: no space left on device\n"


def child(*words, **changes):
    environment = {**os.environ, **changes.pop("env", {})}
    command = [sys.executable, "-m", "touchrhythm", *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, env=environment, **changes)


def test_a_closed_pipe_is_quiet():
    process = subprocess.Popen(
        [sys.executable, "-m", "touchrhythm", "analyze", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert err == b""


def test_a_console_without_our_letters_gets_a_question_mark_not_an_error(quick):
    done = child("analyze", quick / "rhythm.csv", *FEW, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0 and b"UnicodeEncodeError" not in done.stderr
    assert b"There is a rhythm" in done.stdout


def test_no_progress_and_no_colour_where_there_is_no_terminal(quick):
    done = child("analyze", quick / "rhythm.csv", *FEW)
    assert (
        done.stderr == b"" and b"\r" not in done.stdout.replace(b"\r\n", b"\n") and b"\x1b" not in done.stdout
    )


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from touchrhythm.cli import main; main(['--help']);"
        "print(sorted({'numpy', 'scipy', 'matplotlib', 'serial'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
