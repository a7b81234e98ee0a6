"""Wrong input is answered with one clear sentence: file, line or column, value, likely slip."""

import contextlib
import gzip
import re
import time

import numpy as np
import pytest

from foreign_files import FILES
from touchrhythm.errors import BadFile, NoSuchInput, TouchRhythmError
from touchrhythm.io import read_session
from touchrhythm.io.opening import READERS

GOOD = "time,force\n0.0,1\n0.1,2\n0.2,4\n0.3,4\n"

TEXTS = [
    ("empty.csv", b"", None, "the file is empty"),
    ("blank.csv", b" \n\n", None, "the file holds nothing but white space"),
    (
        "words.csv",
        "hello world\nthis is text\n",
        1,
        "no numbers in columns found, the text begins with 'hello world' (columns are told apart by comma, semicolon, tab, space or |)",
    ),
    (
        "delimiter.csv",
        "a^b\n1^2\n2^3\n",
        1,
        "no numbers in columns found, the text begins with 'a^b' (columns are told apart by comma, semicolon, tab, space or |)",
    ),
    ("word.csv", GOOD.replace("0.1,2", "0.1,abc"), 3, "column 2 (force) must hold numbers, got 'abc'"),
    (
        "unit.csv",
        GOOD.replace("0.1,2", "0.1,2 g"),
        3,
        "column 2 (force) must hold numbers, got '2 g' (a unit beside the number? it belongs in the header)",
    ),
    (
        "units.csv",
        re.sub(r",(\d)", r",\1 g", GOOD),
        None,
        "no channel beside the time: column 2 (force) holds text ('1 g') and was left out (a unit beside the number? it belongs in the header)",
    ),
    (
        "wide.csv",
        GOOD.replace("0.1,2", "0.1,2,3"),
        3,
        "3 columns where the table has 2, one too many from '3': '0.1,2,3'",
    ),
    (
        "narrow.csv",
        "time,force,temp\n0.0,1,1\n0.1,2\n0.2,3,3\n0.3,3,3\n",
        3,
        "2 columns where the table has 3: '0.1,2'",
    ),
    (
        "header.csv",
        "time,force,temp\n0.0,1\n0.1,2\n0.2,4\n",
        2,
        "2 columns here, but the header in line 1 names 3 columns",
    ),
    (
        "headers.csv",
        GOOD + GOOD,
        6,
        "column 1 (time) must hold numbers, got 'time' (a second header, or two files in one?)",
    ),
    (
        "two_files.csv",
        GOOD + GOOD.removeprefix("time,force\n"),
        6,
        "time runs backwards, from 0.3 s to 0 s (two recordings in one file, or a board that restarted?)",
    ),
    (
        "thousands.csv",
        "time;force\n0;1.234,5\n0,1;1.234,7\n0,2;1.234,7\n",
        2,
        "column 2 (force) must hold numbers, got '1.234,5' (thousands set apart? the marks must go)",
    ),
    (
        "thousands_time.csv",
        "time (ms);force\n" + "".join(f"{k:,};{k % 9}\n".replace(",", ".") for k in range(0, 3000, 50)),
        22,
        "column 1 (time (ms)) holds '1.000' beside '950' (thousands set apart? the marks must go)",
    ),
    (
        "thousands_force.csv",
        "time,force\n" + "".join(f'{k / 10},"{980 + 5 * k:,}"\n' for k in range(30)),
        None,
        "no channel beside the time: column 2 (force) holds text ('980') and was left out (thousands set apart? the marks must go)",
    ),
    (
        "results_below.csv",
        GOOD + "Mean,2.75\n",
        6,
        "column 1 (time) must hold numbers, got 'Mean' (a line of results below the data? it must go)",
    ),
    (
        "durations.csv",
        "Time,Force\n" + "".join(f"{k / 10} sec,{k}\n" for k in range(9)),
        None,
        "no time column found and no sampling rate given: say fs (on the command line --fs), or which column is the time; the columns are ('Force',); column 1 (Time) holds text ('0.0 sec') and was left out (a unit beside the number? it belongs in the header)",
    ),
    (
        "all_missing.csv",
        "time,force\n0.0,\n0.1,\n0.2,\n",
        None,
        "no channel beside the time: column 2 (force) holds no values and was left out",
    ),
    (
        "all_nan.csv",
        "time,force\n0.0,nan\n0.1,nan\n0.2,nan\n",
        None,
        "no channel beside the time: column 2 (force) holds no values and was left out",
    ),
    ("time_only.csv", "time\n0.0\n0.1\n0.2\n", None, "no channel beside the time: there is no other column"),
    (
        "infinite.csv",
        GOOD.replace("0.1,2", "0.1,inf"),
        3,
        "column 2 (force) must hold finite numbers, got infinity",
    ),
    (
        "backwards.csv",
        "# one\n\n" + GOOD.replace("0.2", "0.05"),
        6,
        "time runs backwards, from 0.1 s to 0.05 s (two recordings in one file, or a board that restarted?)",
    ),
    (
        "reversed.csv",
        "time,force\n3,1\n2,2\n1,4\n0,4\n",
        None,
        "time runs backwards from the first sample to the last (is the table in reverse order?)",
    ),
    (
        "twice.csv",
        GOOD.replace("0.2", "0.1"),
        4,
        "the time 0.1 s stands twice; 1 of 4 times do (too few decimals? without the time column a sampling rate will do)",
    ),
    ("stopped.csv", "time,force\n3,1\n3,2\n3,4\n", None, "all samples have the same time, 3 s"),
    ("no_time.csv", GOOD.replace("0.2,4", ",4"), 4, "a sample has no time"),
    (
        "seconds.csv",
        "time (s),force\n0,1\n10,2\n20,3\n",
        None,
        "samples are 10 s apart (are the times in milliseconds or microseconds?)",
    ),
    (
        "no_rate.csv",
        "force\n1\n2\n4\n",
        None,
        "no time column found and no sampling rate given: say fs (on the command line --fs), or which column is the time; the columns are ('force',)",
    ),
    (
        "clock.csv",
        "clock,force\n10:00:00.0,1\n10:00:00.1,2\n10:00:xx,3\n10:00:00.3,4\n",
        4,
        "column 1 (clock): a clock time must be h:m:s, got '10:00:xx'",
    ),
    (
        "picture.csv",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
        None,
        "binary content, not text: byte 0x1a at position 6",
    ),
    (
        "zeros.csv",
        b"time,force\n0.0,1\n0.1,\x00\x002\n" + b"0.2,3\n" * 3,
        3,
        "binary content, not text: a zero byte at position 21",
    ),
    (
        "cut.csv.gz",
        gzip.compress(GOOD.encode())[:-9],
        None,
        "gzip data are damaged or cut off (Compressed file ended before the end-of-stream marker was reached)",
    ),
    (
        "sheet.xlsx",
        "PK",
        None,
        "is damaged, locked, or no spreadsheet (Cannot detect file format)",
    ),
    (
        "odd.foo",
        "1",
        None,
        f"files ending in .foo are not read (known: {', '.join(READERS)}, BIDS _physio.tsv.gz)",
    ),
    (
        "x_events.tsv",
        "onset\tduration\n",
        None,
        "holds events; open the _physio.tsv.gz file beside it, which finds them",
    ),
    (
        "log.txt",
        "10:00:00.000 -> 1\n10:00:00.100 -> 1,2\n10:00:00.200 -> 1,2,3\n",
        None,
        "only 1 of 3 lines hold the same columns of numbers",
    ),
]


@pytest.mark.parametrize(("name", "content", "line", "message"), TEXTS, ids=[one[0] for one in TEXTS])
def test_each_slip_is_named_with_its_place_and_value(tmp_path, name, content, line, message):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    where = str(path) if line is None else f"{path}, line {line}"
    with pytest.raises(BadFile, match="^" + re.escape(f"{where}: {message}") + "$") as caught:
        read_session(path)
    assert caught.value.line == line
    assert path.read_bytes() == before


ARRAYS = [
    (
        "rateless.npy",
        np.ones(5),
        {},
        "an array holds no times: give its sampling rate in Hz (fs, on the command line --fs)",
    ),
    (
        "cube.npy",
        np.ones((5, 2, 2)),
        {"fs": 10},
        "must hold numbers, shape (n_samples,) or (n_samples, n_channels), got shape (5, 2, 2)",
    ),
    (
        "words.npy",
        np.array(["a", "b"]),
        {"fs": 10},
        "must hold numbers, shape (n_samples,) or (n_samples, n_channels), got shape (2,)",
    ),
    ("nan.npy", np.full(5, np.nan), {"fs": 10}, "the array of shape (5,) holds no numbers"),
    ("inf.npy", np.array([1, 2, np.inf]), {"fs": 10}, "must hold finite numbers, got infinity in row 2"),
]


@pytest.mark.parametrize(("name", "array", "arguments", "message"), ARRAYS, ids=[one[0] for one in ARRAYS])
def test_an_array_that_is_no_recording_is_refused(tmp_path, name, array, arguments, message):
    np.save(tmp_path / name, array)
    with pytest.raises(BadFile, match="^" + re.escape(f"{tmp_path / name}: {message}") + "$"):
        read_session(tmp_path / name, **arguments)


def test_an_array_that_would_run_code_is_not_opened(tmp_path):
    np.save(tmp_path / "object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(
        BadFile,
        match=re.escape("no NumPy array of numbers (Object arrays cannot be loaded when allow_pickle=False)"),
    ):
        read_session(tmp_path / "object.npy", fs=10)


def test_a_missing_file_is_answered_with_one_of_nearly_the_same_name(tmp_path):
    (tmp_path / "session1.csv").write_text(GOOD)
    path = tmp_path / "sesion1.csv"
    with pytest.raises(NoSuchInput, match=re.escape(f"{path}: no such file (did you mean session1.csv?)")):
        read_session(path)
    path = tmp_path / "nowhere" / "a.csv"
    with pytest.raises(
        NoSuchInput, match=re.escape(f"{path}: no such file (there is no folder {path.parent})")
    ):
        read_session(path)


@pytest.mark.parametrize("name", ["folder", "folder.csv"])
def test_a_folder_is_no_file(tmp_path, name):
    path = tmp_path / name
    path.mkdir()
    with pytest.raises(NoSuchInput, match=re.escape(f"{path}: is a folder")):
        read_session(path)


@pytest.mark.parametrize("fs", [0, -5, float("nan"), "80", True])
def test_a_rate_must_be_a_number_above_0(tmp_path, fs):
    path = tmp_path / "a.csv"
    path.write_text("force\n1\n2\n3\n")
    with pytest.raises((ValueError, TypeError), match=r"^fs must be "):
        read_session(path, fs=fs)


def test_a_fault_of_our_own_is_not_dressed_up_as_a_bad_file(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text(GOOD)

    def broken(*_args, **_keywords):
        raise RuntimeError("our own fault")

    monkeypatch.setattr("touchrhythm.io.table.to_uniform", broken)
    with pytest.raises(RuntimeError, match="our own fault"):
        read_session(path)


@pytest.mark.parametrize("seed", range(40))
def test_garbage_never_ends_in_anything_but_a_sentence(tmp_path, seed):
    rng = np.random.default_rng(seed)
    content = bytearray((GOOD + "".join(f"{k / 10:.1f},{k % 7}\n" for k in range(4, 60))).encode())
    for _ in range(rng.integers(1, 6)):  # bytes changed, dropped, inserted
        at = int(rng.integers(len(content)))
        kind = rng.integers(3)
        if kind == 0:
            content[at] = int(rng.integers(256))
        elif kind == 1:
            del content[at]
        else:
            content.insert(at, int(rng.integers(256)))
    path = tmp_path / "a.csv"
    path.write_bytes(bytes(content))
    try:
        session = read_session(path)
    except (TouchRhythmError, ValueError) as error:
        assert "a.csv" in str(error)
    else:
        assert np.isfinite(session.recording.data).any()


def test_a_damaged_time_of_a_trigger_in_a_scanner_log_costs_that_row(tmp_path):
    content = FILES["trigger_on_a_sample.log"].content
    (row,) = [line for line in content.splitlines() if "TRIGGER" in line][:1]
    path = tmp_path / "a.log"
    path.write_text(content.replace(row, row.replace("10", "5+0", 1)))
    assert read_session(path).recording.channels == ("PULS",)


@pytest.mark.parametrize("odd", ["é", "9999999999999999999é", "x" * 19 + "漢", "٣٣٣"])
def test_a_word_of_any_script_among_a_scanners_samples_is_quoted(tmp_path, odd):
    (tmp_path / "a.resp").write_text(
        FILES["siemens.resp"].content.replace("1 2 20 2 ", f"1 2 20 2 {odd} ", 1)
    )
    with pytest.raises(BadFile, match=f"samples must be whole numbers, got '{odd[:20]}"):
        read_session(tmp_path / "a.resp")


@pytest.mark.parametrize("cell", ["9", "9.", "9,9", "n/a "])
@pytest.mark.parametrize("above", ["time,", "", 'time,"'])
def test_a_cell_of_any_length_is_read_in_linear_time(tmp_path, above, cell):
    path = tmp_path / "a.csv"
    rows = "".join(f"{k / 10},{k % 7}\n" for k in range(100))
    path.write_text(f"{above}{cell * (200_000 // len(cell))}x\n{rows}")
    began = time.process_time()
    with contextlib.suppress(BadFile):
        read_session(path)
    assert time.process_time() - began < 5  # square time took minutes


@pytest.mark.parametrize("held", ["null", "7", '"words"', "[]", "[null, 3]", "{}"])
@pytest.mark.parametrize("key", ["column", "label", "sensor", "resolution", "sampling rate", "device"])
def test_a_header_in_json_of_other_kinds_ends_in_words(tmp_path, key, held):
    name = "opensignals_plux.txt"
    head, rows = FILES[name].content.split("# EndOfHeader", 1)
    stop = next(at for at in range(len(head) - 1, 0, -1) if head[at] == "}")
    inner = head[: head.rindex("}", 0, stop)]
    (tmp_path / name).write_text(f'{inner}, "{key}": {held}{head[len(inner) :]}# EndOfHeader{rows}')
    with contextlib.suppress(TouchRhythmError):
        read_session(tmp_path / name, fs=20.0)


@pytest.mark.parametrize("units", ["'hh:mm:ss.mmm'", "'hh:mm:ss.mmm','mV','mV','mV'", "'"])
def test_units_of_other_columns_than_there_are_end_in_words(tmp_path, units):
    path = tmp_path / "a.csv"
    names, _, *rows = FILES["physiobank_clock.csv"].content.splitlines()
    path.write_text("\n".join([names, units, *rows]))
    assert read_session(path).recording.channels == ("RESP",)


SOME = ("acqknowledge.txt", "xsens_dot.csv", "trigger_on_a_sample.log")


@pytest.mark.parametrize(
    "name",
    [name if name in SOME else pytest.param(name, marks=pytest.mark.long) for name in sorted(FILES)],
)
def test_a_file_of_another_program_cut_anywhere_ends_in_words(tmp_path, name):
    content = FILES[name].content
    raw = content if isinstance(content, bytes) else content.encode()
    head = raw[: raw.find(b"\n", 200) + 1 or len(raw)]
    for stop in sorted({*range(0, len(head), 41), *(k for k, byte in enumerate(head) if byte == 10)}):
        (tmp_path / name).write_bytes(raw[:stop])
        with contextlib.suppress(TouchRhythmError):
            read_session(tmp_path / name)
