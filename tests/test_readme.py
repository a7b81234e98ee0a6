"""Does everything that the README shows work as shown?"""

import csv
import itertools
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest

import touchrhythm
from touchrhythm import read_session, simulate_session
from touchrhythm.cli import build_parser, main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+ ?\w*)\n(.*?)^```", README, re.M | re.S)
COMMANDS = [
    line.removeprefix("python3 run.py -- ")
    for kind, block in BLOCKS
    if kind == "sh"
    for line in block.splitlines()
    if line.startswith("python3 run.py -- ")
]


def blocks(kind):
    return [block for name, block in BLOCKS if name == kind]


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """The files that the README speaks of, small."""
    folder = tmp_path_factory.mktemp("readme")
    session = simulate_session(
        duration_s=240, fs=10.0, snr_db=10, tapper="follow", raters=("T1",), gaps=((100, 2),), rng=1
    )
    rows = [f"{k / 10:.1f},{value:.5f}" for k, value in enumerate(session.recording.data[:, 0])]
    text = "\n".join(["time,force", *rows]).replace(",nan", ",") + "\n"
    for name in ("session", "one", "two", "three"):
        (folder / f"{name}.csv").write_text(text)
    (folder / "samples.txt").write_text("\n".join(row.split(",")[1] for row in rows[:900] * 20))
    (folder / "taps.txt").write_text("\n".join(str(onset) for onset in session.taps[0].onset))
    table = [f"S{k},{rater},{7 + k % 3 + 0.3 * (rater == 'B')}" for k in range(6) for rater in "AB"]
    (folder / "counts.csv").write_text("\n".join(["subject,rater,rate_cpm", *table]))
    return folder, session


@pytest.fixture
def here(material, tmp_path, monkeypatch):
    """A copy of the material as the current folder."""
    shutil.copytree(material[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Path of a recording as `record` wrote it, in counts, with taps."""
    folder = tmp_path_factory.mktemp("recorded")
    words = [
        "record",
        str(folder / "study"),
        "--virtual",
        "--skip",
        "all",
        "--margin",
        "5",
        "--tap-minutes",
        "0.5",
    ]
    assert main(words) == 0
    return str(next(folder.rglob("*_physio.tsv.gz")))


def test_the_two_commands_are_the_first_two_blocks():
    assert BLOCKS[:2] == [("sh", "python3 run.py demo\n"), ("sh", "python3 run.py test\n")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_works_as_written(here, capsys, command):
    assert main(shlex.split(command)) == 0, capsys.readouterr().err


@pytest.mark.long
def test_a_whole_session_without_hardware_ends_in_the_truth(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    record, analyse = [
        line.removeprefix("python3 run.py -- ") for line in blocks("sh session")[0].splitlines()
    ]
    assert main(shlex.split(record)) == 0
    assert capsys.readouterr().out.splitlines()[0] == analyse.split()[-1]
    assert main(shlex.split(analyse)) == 0
    said = capsys.readouterr().out
    assert (
        re.match(r"There is a rhythm at (7\.9|8\.[01])", said)
        and "The taps follow the measured rhythm" in said
    )


def test_the_answer_shown_is_the_answer_given(here, capsys):
    assert main(["demo"]) == 0
    given, shown = capsys.readouterr().out, blocks("text")[0]
    words = [re.sub(r"[\d.]+\d", "#", text) for text in (given, shown)]
    assert words[0].startswith(words[1])
    rate = r"at ([\d.]+) cycles per minute \(([\d.]+)–([\d.]+)\)"
    numbers = [[float(one) for one in re.search(rate, text).groups()] for text in (given, shown)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.02)  # other libraries, other copies of noise


@pytest.mark.parametrize("option", sorted(set(re.findall(r"(?<![\w-])--[a-z][\w-]*", README))))
def test_every_option_named_exists(option):
    if option in ("--help", "--virtual", "--quick"):  # the last is one of run.py
        return
    known = {
        name
        for a in build_parser()._actions
        if a.choices
        for p in a.choices.values()
        for name in p._option_string_actions
    }
    assert option in known


def test_python_runs(here):
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
    assert (here / "report.html").is_file() and (here / "study").is_dir()


def test_pandas_reads_our_files(recorded):
    pytest.importorskip("pandas", reason="pandas is an extra (notebook)")
    names = {"path": recorded}
    exec(compile(blocks("python pandas")[0], "README.md", "exec"), names)
    session = read_session(recorded)
    assert session.recording.units == ("g",) and len(session.taps[0]) > 2
    np.testing.assert_allclose(names["data"]["force"], session.recording.channel("force"), rtol=1e-12)
    assert names["data"].index[1] == pytest.approx(1 / session.recording.fs)
    assert names["taps"]["onset"].tolist() == session.taps[0].onset.tolist()


def test_the_toolkit_hands_our_files_over(recorded):
    pytest.importorskip("pandas", reason="pandas is an extra (notebook)")
    pytest.importorskip("mne", reason="MNE is not installed")
    names = {"path": recorded}
    exec(compile(blocks("python handover")[0], "README.md", "exec"), names)
    force = names["session"].recording.channel("force")
    np.testing.assert_array_equal(names["data"]["force (g)"], force)
    np.testing.assert_allclose(names["raw"].get_data()[0], force * 9.80665e-3)
    assert names["raw"].annotations.count()["tap E01"] == len(names["session"].taps[0])


def in_r(code):
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_reads_our_files(recorded):
    session = read_session(recorded)
    said = in_r(
        f"path <- '{Path(recorded).as_posix()}'\n{blocks('r')[0]}\n"
        "cat(nrow(data), sum(is.na(data$V1)), format(mean(data$V1, na.rm=TRUE), digits=12), nrow(taps))"
    )
    force = session.recording.channel("force")
    assert [int(said[0]), int(said[1]), int(said[3])] == [
        force.size,
        np.isnan(force).sum(),
        len(session.taps[0]),
    ]
    assert float(said[2]) == pytest.approx(np.nanmean(force), rel=1e-9)


@pytest.mark.skipif(shutil.which("octave-cli") is None, reason="Octave is not installed")
def test_octave_reads_the_converted_table(here):
    assert main(["convert", "session.csv", "plain.csv", "--gaps", "interpolate"]) == 0
    code = blocks("matlab")[0] + "printf('%d %d %.10f', size(data), mean(data(:, 2)))"
    done = subprocess.run(["octave-cli", "--eval", code], capture_output=True, text=True, check=True)
    rows, columns, mean = done.stdout.split()
    expected = np.loadtxt("plain.csv", delimiter=",", skiprows=1)
    assert (int(rows), int(columns)) == expected.shape
    assert float(mean) == pytest.approx(expected[:, 1].mean(), rel=1e-8)


def test_a_spreadsheet_with_decimal_commas_gets_them(here):
    assert main(["convert", "session.csv", "tabelle.csv", "--decimal-comma"]) == 0
    header, first = (here / "tabelle.csv").read_text("utf-8").splitlines()[:2]
    assert header.count(";") == 1 and re.fullmatch(r"0(,0)?;-?\d+,\d+", first)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_leads_somewhere(target):
    assert target.startswith("http") or (ROOT / target).exists()


def test_a_package_index_shows_no_link_that_leads_nowhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shown = README
    for one in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        shown = re.sub(one["pattern"], one["replacement"], shown)
    assert not re.findall(r"\]\((?!https?:)", shown) and "![" not in shown
    assert "the example recording,\nprints" in shown
    assert re.findall(r"^#+ .*", shown, re.M) == re.findall(r"^#+ .*", README, re.M)


def test_the_citation_names_the_version_that_the_package_has():
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.M)
    assert cited[1] == touchrhythm.__version__


def table_below(words):
    """Cells of the rows of the first table after these words, without its head."""
    lines = README[README.index(words) :].splitlines()
    first = next(at for at, line in enumerate(lines) if line[:1] == "|")
    rows = itertools.takewhile(lambda line: line[:1] == "|", lines[first + 2 :])
    return [[cell.strip(" *%") for cell in line.split("|")[1:-1]] for line in rows]


def measured(name, head=1):
    """Rows of a table of results, without the `head` lines above it."""
    lines = (ROOT / "benchmarks" / "results" / name).read_text("utf-8").splitlines()[head:]
    return list(csv.DictReader(lines, delimiter="\t"))


def test_the_table_of_tools_is_the_one_that_was_measured():
    rows, told = measured("compare_tools.tsv"), table_below("## Beside what you would use instead")
    assert [cells[0] for cells in told] == [row["tool"] for row in rows]
    for cells, row in zip(told, rows, strict=True):
        assert set(cells) <= set(row.values())


def test_the_table_of_times_from_the_file_is_the_one_that_was_measured():
    rows = measured("from_file.tsv")
    lengths = list(dict.fromkeys(row["length"] for row in rows))
    told = {cells[0]: cells[1:] for cells in table_below("<!-- from_file -->")}
    assert list(told) == list(dict.fromkeys(row["tool"] for row in rows))
    for row in rows:
        cell = told[row["tool"]][lengths.index(row["length"])]
        if not row["cpu_s"]:
            assert cell == row["rate_cpm"]
            continue
        cpu, reading, peak = re.findall(r"[\d.]+", cell)
        assert (cpu, reading) == (row["cpu_s"], row["reading_cpu_s"])
        assert float(peak) == float(row["peak_MB"])


def test_the_false_alarms_told_are_those_that_were_measured():
    rows = {(row["family"], row["minutes"]): row for row in measured("calibration_map.tsv")}
    section = README[README.index("### Does 5 % mean 5 %?") :]
    told = " ".join(section[: section.index("\n## ")].split())

    def share(family, minutes="all"):
        return f"{100 * float(rows[family, minutes]['share_0.05']):.1f}"

    lengths = ", ".join(f"{minutes} min {share('all', minutes)}" for minutes in ("2", "5", "10", "30"))
    kinds = len({family for family, _ in rows} - {"all"})
    assert f"{int(rows['all', 'all']['n']):,} recordings without a rhythm, of {kinds} kinds" in told
    assert f"calls {share('all')} % rhythmic ({lengths})" in told
    first, second = (
        [share(f"high-pass {corner}{order}") for corner in corners]
        for order, corners in (("", (".03", ".1", ".5")), (", order 2", (".08", ".16", ".3")))
    )
    assert f"first order at .03, .1 and .5 Hz {first[0]}, {first[1]} and {first[2]} of 100" in told
    assert f"second order at .08, .16 and .3 Hz {second[0]}, {second[1]} and {second[2]}" in told
    assert f"(white noise behind the one of .16 Hz: {share('white, high-pass .16, order 2')})" in told
    assert f"a valley in the band itself gives {share('dip')} of 100" in told


WHAT_MAKES_IT = {
    "nothing but breathing or pulse moves the force: a rhythm of its own claimed": ("alone", "claims"),
    "… said to be the cause": ("alone", "shared"),
    "a rhythm .5 or 1 beside the breathing: claimed, with its rate": ("beside", "right"),
    "breathing .2 to 1 away that does not move the force: said to do so": ("unrelated", "shared"),
    "tappers who follow nothing: said to follow the force": ("taps, unrelated", "follow the force"),
    "… the belt": ("taps, unrelated", "follow the belt"),
    "… what is left of the force without the belt": ("taps, unrelated", "follow what is left"),
    "a rhythm of pushes (.05 to 3 s) at the taps: made by the tapping": ("press, made", "made"),
    "followers of a rhythm that is there all the time: accused of having made it": ("press, honest", "made"),
}


def test_the_table_of_what_makes_a_rhythm_is_the_one_that_was_measured():
    rows = {
        (row["figure"], row["what"]): row
        for row in measured("references.tsv", head=0)
        if row["cell"] == "all"
    }
    told = {cells[0]: cells[1:] for cells in table_below("<!-- references -->")}
    assert list(told) == list(WHAT_MAKES_IT)
    for label, key in WHAT_MAKES_IT.items():
        value, low, high = (f"{100 * float(rows[key][name]):.1f}" for name in ("value", "low", "high"))
        assert told[label] == [rows[key]["n"], value, f"{low}–{high}"]


def test_pictures_are_small():
    for name in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README):
        assert (ROOT / name).stat().st_size <= 300_000
