"""Is every byte on the disk, once, and is what failed never pretended?"""

from __future__ import annotations

import errno
import re
import threading

import pytest

from recording import wait_for
from touchrhythm.errors import CannotWrite
from touchrhythm.io.journal_records import JournalTail, Received, is_being_written, read_records
from touchrhythm.io.journal_writer import DiskFull, JournalWriter


def writer(path, header=None, **options):
    return JournalWriter(path, header or {}, **({"min_free": 0, "ballast": 0} | options))


def test_each_batch_is_on_the_disk_before_the_next_one(tmp_path):
    sink = writer(tmp_path / "j.txt")
    tail = JournalTail(tmp_path / "j.txt")
    tail.poll()
    for k in range(20):
        sink.write_received(k, b"%d\n" % k)
        assert tail.poll() == [Received(k, b"%d\n" % k)]
    tail.close()
    sink.close()


def test_the_disk_is_synced_each_second_and_at_every_mark(tmp_path):
    synced = []
    sink = writer(tmp_path / "j.txt", sync=lambda fd: synced.append(fd))
    before = len(synced)
    for k in range(40):  # 4 s in steps of 0.1 s
        sink.write_received(1_000_000 + k * 100_000, b"x")
        due = before + 1 + k // 10
        wait_for(lambda due=due: len(synced) == due)
    sink.write_mark(5_000_000, "tap", {"source": "keyboard"})
    assert len(synced) - before == 5
    sink.close()


@pytest.mark.parametrize("by_mark", [False, True])
def test_what_comes_while_the_disk_is_synced_is_in_the_file_at_once(tmp_path, by_mark):
    slow, may_end = threading.Event(), threading.Event()
    path = tmp_path / "j.txt"
    sink = writer(path, sync=lambda _: slow.is_set() and may_end.wait(10))
    slow.set()
    marking = threading.Thread(target=sink.write_mark, args=(0, "tap"))
    if by_mark:
        marking.start()
        wait_for(lambda: b"tap" in path.read_bytes())
    for k in range(5):
        sink.write_received(2_000_000 * k, b"x%d" % k)
        assert b"x%d" % k in path.read_bytes()
    may_end.set()
    if by_mark:
        marking.join()
    sink.close()
    with pytest.raises(DiskFull, match="journal is closed"):
        sink.write_received(1, b"x")


def test_a_sync_that_fails_behind_the_scenes_is_told_at_the_next_write(tmp_path):
    def sync(descriptor):
        if b"x0" in path.read_bytes():
            raise OSError(5, "Input/output error")

    path = tmp_path / "j.txt"
    sink = writer(path, sync=sync)
    sink.write_received(2_000_000, b"x0")
    wait_for(lambda: sink._trouble)
    with pytest.raises(DiskFull, match="cannot be synced to the disk: input/output error"):
        sink.write_received(2_000_001, b"x1")
    sink.close()


def test_an_existing_file_is_never_overwritten(tmp_path):
    path = tmp_path / "j.txt"
    path.write_text("precious")
    with pytest.raises(CannotWrite, match="is there already; nothing is overwritten"):
        writer(path)
    assert path.read_text() == "precious"


def test_two_writers_on_one_file_are_refused_and_the_first_goes_on(tmp_path):
    path = tmp_path / "j.txt"
    first = writer(path)
    with pytest.raises(CannotWrite, match="another recorder is writing it"):
        writer(path)
    assert is_being_written(path)
    first.write_received(5, b"abc")
    first.close()
    assert not is_being_written(path)
    assert read_records(path).received == (Received(5, b"abc"),)


def test_a_nearly_full_disk_is_refused_at_the_start(tmp_path):
    with pytest.raises(CannotWrite, match="MB free before a recording starts"):
        writer(tmp_path / "j.txt", min_free=1 << 60)
    assert not (tmp_path / "j.txt").exists()


def test_a_folder_that_cannot_be_made_is_a_clear_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        CannotWrite, match=re.escape(f"the folder {tmp_path / 'file' / 'sub'} cannot be made")
    ):
        writer(tmp_path / "file" / "sub" / "j.txt")


def test_after_a_failed_sync_nothing_is_pretended(tmp_path):
    calls = []

    def sync(descriptor):
        calls.append(descriptor)
        if len(calls) > 1:
            raise OSError(5, "Input/output error")

    sink = writer(tmp_path / "j.txt", sync=sync)
    with pytest.raises(DiskFull, match="cannot be synced"):
        sink.write_mark(0, "tap")
    with pytest.raises(DiskFull):
        sink.write_received(1, b"x")
    sink.close()


def test_the_ballast_goes_when_the_journal_closes(tmp_path):
    sink = writer(tmp_path / "j.txt", ballast=10_000)
    assert (tmp_path / "j.txt.ballast").stat().st_size == 10_000
    sink.close()
    assert [one.name for one in tmp_path.iterdir()] == ["j.txt"]


def test_a_disk_too_full_for_the_first_line_keeps_nothing_and_says_why(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("touchrhythm.io.journal_writer.os.write", full)
    path = tmp_path / "Study" / "journal.txt"
    with pytest.raises(CannotWrite) as refused:
        JournalWriter(path, {}, min_free=0)
    assert str(refused.value) == f"{path} cannot be written: no space left on device"
    assert list(tmp_path.iterdir()) == []
