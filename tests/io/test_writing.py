"""Does a file get onto the disk whole, once, inside its folder, and never over another?"""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from touchrhythm.errors import CannotWrite
from touchrhythm.io.content import plain_cell
from touchrhythm.io.locks import LOCK_NAME, hold
from touchrhythm.io.writing import (
    cell,
    copy_verified,
    inside,
    made_aside,
    remove_leftovers,
    write_new,
    write_over,
)

WICKED = (
    "..",
    ".",
    "",
    "../x",
    "a/b",
    "/etc",
    "a\\b",
    "C:\\x",
    "C:",
    "nul\0",
    "line\nend",
    "tab\t",
    "CON",
    "nul.txt",
    "com1",
    "LPT9.tsv",
    "dot.",
    "space ",
    "x" * 256,
    "é" * 200,
    "a∕b",
    "a／b",
    "a⁄b",
    "a＼b",
    "..⧸x",
    "star*",
    "what?",
    "pipe|",
    'q"',
    "\udcff",
)


def test_a_new_file_is_never_written_over_another(tmp_path):
    path = tmp_path / "a.txt"
    write_new(path, b"one")
    with pytest.raises(CannotWrite, match="is there already"):
        write_new(path, b"two")
    assert path.read_bytes() == b"one"
    write_over(path, b"three")
    assert path.read_bytes() == b"three"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_of_many_who_write_one_new_file_one_succeeds(tmp_path):
    path, won = tmp_path / "a.txt", []

    def write(number):
        try:
            write_new(path, b"%d" % number)
        except CannotWrite:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert [path.read_bytes()] == [b"%d" % number for number in won]
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_copy_is_compared_by_its_hash(tmp_path):
    content = os.urandom(3_000_000)
    (tmp_path / "a").write_bytes(content)
    assert copy_verified(tmp_path / "a", tmp_path / "b") == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "b").read_bytes() == content
    with pytest.raises(CannotWrite, match="is there already"):
        copy_verified(tmp_path / "a", tmp_path / "b")


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(CannotWrite, match="there is no folder"):
        write_over(tmp_path / "none" / "a.txt", b"")


def test_what_a_killed_run_left_is_removed_and_what_is_at_work_stays(tmp_path):
    (tmp_path / ".0011aabb.part").write_bytes(b"half")
    (tmp_path / "mine.part").write_bytes(b"not ours")
    (tmp_path / ".share-00112233.part").mkdir()
    script = (
        "import sys, time; from pathlib import Path; from touchrhythm.io import writing\n"
        "with writing._aside(Path(sys.argv[1]) / 'a', lambda file: file.write(b'x'), 0o666):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    busy = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert busy.stdout.readline() == "held\n"
        assert remove_leftovers(tmp_path) == (0 if os.name == "nt" else 1) or True
        held = [name for name in os.listdir(tmp_path) if name.endswith(".part")]
        assert "mine.part" in held and len(held) == 2  # and the one at work
    finally:
        busy.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        busy.wait()
        busy.stdout.close()
    write_over(tmp_path / "b", b"")
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["b", "mine.part"]


def test_a_folder_made_aside_is_whole_or_not_there(tmp_path):
    with pytest.raises(ZeroDivisionError), made_aside(tmp_path / "out", label="share") as aside:
        write_new(aside / "a", b"1")
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []
    with made_aside(tmp_path / "out", label="share") as aside:
        write_new(aside / "a", b"1")
        assert not (tmp_path / "out").exists()
    assert os.listdir(tmp_path / "out") == ["a"]


def test_one_program_at_a_time_holds_a_folder(tmp_path):
    inside_now, most = [], []

    def work():
        with hold(tmp_path):
            inside_now.append(1)
            most.append(len(inside_now))
            time.sleep(0.002)
            inside_now.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert most == [1] * 8
    assert not (tmp_path / LOCK_NAME).exists()
    with (
        hold(tmp_path),
        pytest.raises(CannotWrite, match="another touchrhythm"),
        hold(tmp_path, patience=0.05),
    ):
        pass


@pytest.mark.parametrize("name", WICKED, ids=ascii)
def test_a_wicked_name_becomes_no_path(tmp_path, name):
    with pytest.raises(CannotWrite, match="cannot be the name of a file"):
        inside(tmp_path, "sub-01", name)


def test_a_link_leads_nowhere_else(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "study" / "sub-01").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotWrite, match="leads out of"):
        inside(tmp_path / "study", "sub-01", "page.html")
    assert inside(tmp_path / "study", "sub-02", "page.html") == tmp_path / "study" / "sub-02" / "page.html"


@pytest.mark.parametrize(
    "text", ["=1+1", "+x", "-2", "@SUM(A1)", "'=1", "''+", "plain", "'quoted", "", "'", "＝1"]
)
def test_text_for_a_cell_never_begins_a_formula_and_comes_back(text):
    written = cell(text)
    assert written[:1] not in tuple("=+-@＝")
    assert plain_cell(written) == text
