"""Does a name or number from a file do no harm, whatever the command, and get a sentence with its place?"""

import json
import os
import shutil
import signal
import socket

import numpy as np
import pytest

from recording import WEIGHT
from touchrhythm.cli import main
from touchrhythm.io.table_write import write_table
from touchrhythm.simulate.session import simulate_session

HEADER = {
    "touchrhythm": "journal",
    "schema_version": 1,
    "subject": "S01",
    "session": "01",
    "run": "01",
    "task": "palpation",
}
NO_NAMES = (
    "../../../escaped",
    "/escaped",
    "a..b",
    "a/b",
    "a\\b",
    "C:\\escaped",
    "nul\0",
    "line\nend",
    "x" * 300,
    "a∕b",
    "a／b",
    "=1+1",
    "@SUM(1)",
    "+1",
    "-1",
    "\u202eabc",
    "a\tb",
)
NO_ENTITIES = (*NO_NAMES, "CON:", "S.", "S ", "é")


def run(capsys, *words):
    code = main([str(word) for word in words])
    return code, capsys.readouterr().err


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("name", NO_ENTITIES, ids=ascii)
@pytest.mark.parametrize("fact", ["subject", "session", "task", "run", "signal"])
def test_recover_writes_nothing_for_a_name_that_is_none(tmp_path, capsys, fact, name):
    journal = tmp_path / "in" / "journal.txt"
    journal.parent.mkdir()
    journal.write_text(json.dumps(HEADER | {fact: name}) + "\nR 1000 D\n")
    code, err = run(capsys, "recover", journal, tmp_path / "in" / "a" / "b" / "out")
    assert code == 65
    assert "journal.txt, line 1: " + fact in err
    assert everything(tmp_path) == ["in", "in/journal.txt"]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"calibration": "4200"}, "calibration must be an object"),
        ({"calibration": False}, "calibration must be an object"),
        ({"calibration": {"force": False}}, "the calibration of 'force' must be an object"),
        ({"calibration": {"force": {"counts_per_gram": 0, "zero_counts": 1}}}, "other than 0"),
        ({"calibration": {"force": {"counts_per_gram": 1, "zero_counts": [1]}}}, "needs zero_counts"),
        ({"format": {"kind": "plain", "n_columns": -1}}, "n_columns must be 1 to 256"),
        ({"format": {"kind": "plain", "n_columns": 1, "time_unit": "ms"}}, "a column beside the time's"),
        ({"format": [1]}, "format must be an object"),
        ({"blind": "yes"}, "blind must be true or false"),
        ({"max_force_g": "30"}, "max_force_g must be a number"),
        ({"examiner": "=1+1"}, "a spreadsheet takes for a formula"),
        ({"schema_version": 2}, "later than 1"),
    ],
)
def test_a_first_line_that_cannot_be_meant_is_refused(tmp_path, capsys, facts, said):
    journal = tmp_path / "journal.txt"
    journal.write_text(json.dumps(HEADER | facts) + "\n")
    for words in (("recover", journal, tmp_path / "out"), ("analyze", journal), ("watch", journal, "--once")):
        code, err = run(capsys, *words)
        assert (code, said in err) == (65, True), err


def test_marks_that_cannot_be_meant_are_left_out_and_told(tmp_path):
    from touchrhythm.io.journal_records import read_records

    journal = tmp_path / "journal.txt"
    odd = (
        {"event": "answer", "value": True},
        {"event": "tare", "zero_counts": -1},
        {"event": "count", "count": 7},
        {},
        [],
        {"event": "count", "count": 7, "begin_us": 5, "end_us": 2},
        {"event": "step"},
    )
    lines = [json.dumps(HEADER), *(f"M 5 {json.dumps(facts)}" for facts in odd)]
    lines += [f"R 1{'0' * 5000} x", "M 7 " + "[" * 100_000, 'M 8 {"event": "end"}']
    journal.write_text("\n".join(lines) + "\n")
    found = read_records(journal)
    assert [mark.event for mark in found.marks] == ["end"]
    assert len(found.import_notes) == len(odd) + 2


@pytest.mark.parametrize("name", [name for name in NO_NAMES if not set(name) & set("\0\n\t")], ids=ascii)
@pytest.mark.parametrize("column", ["subject", "session", "rater"])
def test_a_study_table_names_no_path_and_no_formula(tmp_path, capsys, column, name):
    row = {"file": "a.csv", "subject": "S01", "session": "1", "rater": "T1", "kind": "palpation"} | {
        column: name
    }
    table = tmp_path / "deep" / "er" / "table.csv"
    table.parent.mkdir(parents=True)
    table.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n", encoding="utf-8")
    code, err = run(capsys, "study", table, "--pages")
    assert code == 65
    assert f"table.csv, line 2: the {column} " in err and "give it a plain code" in err
    assert everything(tmp_path) == ["deep", "deep/er", "deep/er/table.csv"]


@pytest.mark.parametrize("column", ["subject", "rater", "session"])
def test_compare_names_the_line_of_a_code_that_is_a_formula(tmp_path, capsys, column):
    rows = [["subject", "rater", "session", "rate_cpm"]]
    rows += [[f"S{k}", rater, "1", f"{7 + k / 10}"] for k in range(6) for rater in "AB"]
    rows[3][rows[0].index(column)] = "=cmd|' /C calc'!A0"
    table = tmp_path / "t.csv"
    table.write_text("\n".join(map(",".join, rows)))
    code, err = run(capsys, "compare", table)
    assert code == 65 and f"line 4: the {column} " in err


def test_a_rate_beyond_all_measure_has_its_line(tmp_path, capsys):
    table = tmp_path / "t.csv"
    rows = [f"S{k},{rater},{8 + k / 10},{'1e308' if k == 3 else 8}" for k in range(8) for rater in "AB"]
    table.write_text("subject,rater,rate_cpm,measured_cpm\n" + "\n".join(rows))
    code, err = run(capsys, "compare", table)
    assert code == 65 and "line 8: column measured_cpm" in err


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': .T",
        b"{'descr': 'O', 'shape': (1,)}",
        b"((((((",
        b"\xff\xfe{",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }",
    ],
)
def test_a_damaged_array_header_is_told(tmp_path, capsys, header):
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 80)
    code, err = run(capsys, "analyze", path, "--fs", "10")
    assert code == 65 and "no NumPy array" in err


def test_a_table_of_sixty_thousand_columns_is_refused_at_once(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text((",".join(["1"] * 60_000) + "\n") * 20)
    code, err = run(capsys, "analyze", path, "--fs", "10")
    assert code == 65 and "has 60000 columns, at most 4096" in err


@pytest.mark.parametrize(
    ("key", "value"), [("SamplingFrequency", 1e300), ("StartTime", 1e300), ("SamplingFrequency", 1e-300)]
)
def test_a_rate_or_time_that_cannot_be_is_refused(tmp_path, capsys, key, value):
    keys = {"SamplingFrequency": 10, "StartTime": 0, "Columns": ["force"]} | {key: value}
    (tmp_path / "sub-S1_task-x_physio.json").write_text(json.dumps(keys))
    (tmp_path / "sub-S1_task-x_physio.tsv").write_text("1\n2\n" * 1000)
    code, err = run(capsys, "analyze", tmp_path / "sub-S1_task-x_physio.tsv")
    assert code == 65 and f"physio.json: {key} must be" in err


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_file_whose_name_is_no_utf_8_is_read_and_reported(tmp_path, capsys):
    session = simulate_session(duration_s=150, rate_cpm=8.0, snr_db=3.0, fs=10.0, rng=1)
    write_table(session, tmp_path / "a.csv")
    odd = os.path.join(os.fsencode(tmp_path), b"force\xff.csv")
    os.rename(tmp_path / "a.csv", odd)
    page = tmp_path / "page.html"
    code, err = run(
        capsys, "analyze", os.fsdecode(odd), "--channel", "force", "--report", page, "--surrogates", "99"
    )
    assert code == 0, err
    assert "force?.csv" in page.read_text("utf-8")


def test_values_beyond_all_measure_are_refused(tmp_path, capsys):
    np.save(tmp_path / "a.npy", np.full(3000, 1e200) * np.sin(np.arange(3000)))
    code, err = run(capsys, "analyze", tmp_path / "a.npy", "--fs", "10")
    assert code == 65 and "which no sensor gives" in err


def test_a_single_line_without_end_is_refused_in_words(tmp_path, capsys):
    path = tmp_path / "a.resp"
    path.write_text("1 2 40 280 " + "2250 x" * 200_000)
    code, err = run(capsys, "analyze", path, "--fs", "10")
    assert code == 65 and "no numbers in columns" in err


# -- what is no file --------------------------------------------------------------------------------

BARE = (*WEIGHT, "--margin", "20", "--tap-minutes", "0.2")
FEW = ("--surrogates", "19")
DOORS = (
    ("analyze", "A", "--channel", "force", *FEW, "--taps", "ODD"),
    ("analyze", "A", "--channel", "force", *FEW, "--counts", "ODD"),
    ("analyze", "A", "--reference-file", "ODD.csv", "--reference-offset", "0"),
    ("inspect", "ODD.csv"),
    ("convert", "ODD.csv", "b.tsv"),
    ("compare", "ODD"),
    ("study", "ODD"),
    ("study", "STUDY", "--plan", "ODD"),
    ("record", "OUT", "--virtual", "--yes", "--study", "ODD"),
    ("record", "OUT", *BARE, "--plan", "ODD"),
    ("record", "OUT", *BARE, "--calibration", "ODD"),
    ("check", "--virtual", "--calibration", "ODD"),
    ("simulate", "OUT", "--study", "--plan", "ODD"),
    ("recover", "ODD", "OUT"),
    ("watch", "ODD", "--once"),
    ("verify", "ODD"),
    ("share", "ODD", "OUT"),
    ("withdraw", "S01", "--yes", "--study", "ODD"),
)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doors")
    session = simulate_session(duration_s=150, rate_cpm=8.0, snr_db=3.0, fs=10.0, rng=1)
    write_table(session, folder / "a.csv")
    assert main(["record", str(folder / "study"), *BARE]) == 0
    return folder


@pytest.fixture
def at_once():
    """Ends a test that waits for what never comes."""

    def give_up(*_):
        raise TimeoutError("waited for what never comes")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    yield
    signal.alarm(0)


def make_odd(path, what):
    if what == "pipe":
        os.mkfifo(path)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(path.name)  # a path may be too long for one
    elif what == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()


@pytest.mark.skipif(os.name == "nt", reason="has no such files")
@pytest.mark.parametrize("what", ["pipe", "socket", "device", "folder"])
def test_what_is_no_file_is_refused_at_every_door(room, tmp_path, monkeypatch, capsys, at_once, what):
    monkeypatch.chdir(tmp_path)
    for name in ("ODD", "ODD.csv"):
        make_odd(tmp_path / name, what)
    places = {"A": room / "a.csv", "STUDY": room / "study"}
    for door in DOORS:
        words = [str(places.get(word, word)) for word in door]
        code, err = run(capsys, *words)
        assert code == 66, (door, err)
        assert len(err.strip().splitlines()) == 1 and "fault" not in err
    assert everything(tmp_path) == ["ODD", "ODD.csv"]


@pytest.mark.skipif(os.name == "nt", reason="has no such files")
@pytest.mark.parametrize("what", ["pipe", pytest.param("device", marks=pytest.mark.long)])
@pytest.mark.parametrize(
    "pattern",
    [
        "*_physio.tsv.gz",
        "participants.tsv",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("*_physio.json", "*_events.tsv", "session.json", "journal.txt", "dataset_*.json")
        ),
    ],
)
def test_what_is_no_file_inside_a_study_stops_no_command_for_ever(
    room, tmp_path, capsys, at_once, pattern, what
):
    study = shutil.copytree(room / "study", tmp_path / "study")
    path = min(study.rglob(pattern))
    path.unlink()
    make_odd(path, what)
    for words in (
        ("verify", study),
        ("study", study, *FEW),
        ("share", study, tmp_path / "out"),
        ("record", study, *BARE),
        ("withdraw", "NUL01", "--yes", "--study", study),
    ):
        code, err = run(capsys, *words)
        assert code in (0, 65, 66, 73, 74) and "fault" not in err, (words, err)


# -- what is typed ----------------------------------------------------------------------------------

TYPED = (
    *("../x", "..", ".", "a/b", "a\\b", "/x", "~", "CON:", "C:\\x", "S.1", "..S01"),
    *("\u202eS01", "S\u200b01", "S01\nS02", "S\t01", "é01", "Ｓ01", "S٠1", "$(id)", "-S01", " "),
    *("=1+1", "+1", "@x", "'=1", "\t=1", "＝1+1", "＋1", "－1", "＠x", "x" * 300),
)


@pytest.mark.parametrize("name", TYPED, ids=ascii)
@pytest.mark.parametrize("option", ["subject", "examiner", "session"])
def test_record_takes_no_code_that_is_a_path_or_a_formula(tmp_path, capsys, option, name):
    kind = ["--kind", "rigid", "--examiner-consent", "record"] if option == "examiner" else []
    code, err = run(capsys, "record", tmp_path / "study", *BARE, *kind, f"--{option}={name}")
    assert code in (2, 73) and len(err.strip().splitlines()) == 1
    assert everything(tmp_path) == []


@pytest.mark.parametrize("name", ["nul01", "NUL001"])
def test_record_asks_about_a_subject_that_would_be_taken_for_one_that_is_there(room, capsys, name):
    before = everything(room)
    code, err = run(capsys, "record", room / "study", *BARE, f"--subject={name}")
    assert (code, "would be taken for NUL01, which is there" in err) == (2, True)
    assert everything(room) == before


@pytest.mark.parametrize("name", [name for name in TYPED if name.strip()], ids=ascii)
def test_no_command_takes_a_wicked_name_for_one_of_its_own_or_fails_on_it(
    room, tmp_path, monkeypatch, capsys, name
):
    place = tmp_path / "deep" / "er"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    study = room / "study"
    before = everything(study)
    doors = [
        ("withdraw", "--yes", "--study", study, "--", name),
        ("plan", f"--primary={name}"),
        ("compare", "--template", f"--report={name}"),
        ("recover", "--", name, "out"),
        ("verify", "--", f"{name}-none"),
        ("share", "--", f"{name}-none", "out"),
    ]
    for words in doors:
        code, err = run(capsys, *words)
        assert (code in (2, 65, 66, 73) or words[0] == "compare") and "fault" not in err, (words, err)
    assert everything(study) == before and everything(tmp_path) == ["deep", "deep/er"]


def test_the_folder_that_one_is_in_has_a_name(tmp_path, monkeypatch, capsys):
    (tmp_path / "trial").mkdir()
    monkeypatch.chdir(tmp_path / "trial")
    few = (
        "--study",
        "--subjects",
        "1",
        "--sessions",
        "1",
        "--therapists",
        "1",
        "--duration",
        "360",
        "--fs",
        "5",
    )
    assert run(capsys, "simulate", ".", *few)[0] == 0
    assert (tmp_path / "trial-truths" / "design.json").is_file()


# -- participants -----------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["id\tage\nS01\t30\n", "participant_id;age\nsub-NUL01;3\n", "", "\0\0\0"])
def test_participants_that_take_no_row_are_told_before_anything_is_recorded(room, tmp_path, capsys, content):
    study = shutil.copytree(room / "study", tmp_path / "study")
    (study / "participants.tsv").write_text(content)
    before = everything(study)
    code, err = run(capsys, "record", study, *BARE)
    assert code == 65 and "participants.tsv" in err
    assert everything(study) == before


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_participants_as_r_and_spreadsheets_write_them_take_a_row(room, tmp_path, capsys, end):
    study = shutil.copytree(room / "study", tmp_path / "study")
    rows = ['"age"\t"participant_id"', '61\t"sub-NUL01"']
    (study / "participants.tsv").write_bytes(("\ufeff" + end.join(rows) + end).encode())
    assert run(capsys, "record", study, *BARE)[0] == 0
    assert run(capsys, "record", study, *BARE, "--subject", "NUL01")[0] == 0
    lines = (study / "participants.tsv").read_text("utf-8-sig").splitlines()
    assert lines == [*rows, "n/a\tsub-NUL02"]


def test_what_may_not_be_shared_is_no_fault_of_the_program(room, tmp_path, capsys):
    study = shutil.copytree(room / "study", tmp_path / "study")
    min(study.rglob("*_physio.json")).write_text("{")
    code, err = run(capsys, "share", study, tmp_path / "out")
    assert (code, "no session may be shared (1 × cannot be read)" in err) == (65, True)
