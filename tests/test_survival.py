"""What is left of a recording after a crash, a pulled cable, a full disk, a stalled host?

Nothing that was received a tenth of a second ago may be gone, and nothing may be there that was not sent.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from recording import (
    WEIGHT,
    errors_in_dataset,
    needs_posix,
    needs_pty,
    quiet_truth,
    record_virtual,
    run,
    short_script,
    start_touchrhythm,
    touchrhythm,
    wait_for,
)
from touchrhythm.device.events import Reset, Sample
from touchrhythm.device.monitor import Monitor
from touchrhythm.device.port import Chunk, Device, PortReader, open_port
from touchrhythm.device.pty_board import PtyBoard
from touchrhythm.device.recorder import MonotonicClock, Recorder
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.io.journal import read_journal
from touchrhythm.io.journal_decode import decode_journal
from touchrhythm.io.journal_records import read_records
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.io.seal import seal_journal
from touchrhythm.io.sealed_hashes import changes_of, find_seals

NULL = ["--kind", "null", "--yes", "--skip", "all", "--margin", "60", "--tap-minutes", "1"]


def journals(study: Path) -> list[Path]:
    return sorted(study.glob("sourcedata/sub-*/*/*/journal.txt"))


def samples_in(data: bytes) -> list[Sample]:
    reader = LineReader()
    events = reader.feed(data, 1.0) + reader.close()
    return [one for one in events if type(one) is Sample]


def sent_samples(board: PtyBoard) -> dict[tuple[int, int], float]:
    """What the board put on the wire: (sequence, device time) → value."""
    rows = [line.split(b"*")[0].split(b",") for _, line in board.sent if line.startswith(b"D")]
    return {(int(row[1]), int(row[2])): float(row[3]) for row in rows}


# ---- killed ------------------------------------------------------------------------------------


LOST_S = 0.1


def unread(board: PtyBoard) -> bytes:
    """What the terminal still holds: sent, and not taken by a program that is dead."""
    os.set_blocking(board._slave, False)
    found = b""
    with contextlib.suppress(BlockingIOError):
        while piece := os.read(board._slave, 4096):
            found += piece
    return found


def due_samples(board: PtyBoard, killed: float, left: bytes) -> list[int]:
    """Numbers of the samples that a recorder killed then must have kept: taken from the terminal, and sent `LOST_S` before.

    Whatever else the machine does stays out of it: what the recorder had no time to take is still in the
    terminal, and as long as the board was held up in the last second the recorder may have been, too.
    """
    times = [at for at, _ in board.sent if killed - 1.0 < at <= killed]
    held_up = max(np.diff(times), default=0.0)
    sent = [(at, int(line.split(b",")[1])) for at, line in board.sent if line.startswith(b"D")]
    whole = [line for line in left.splitlines() if line.startswith(b"D,") and b"*" in line]
    untaken = int(whole[0].split(b",")[1]) if whole else sent[-1][1] + 1
    return [seq for at, seq in sent if at < killed - LOST_S - held_up and seq < untaken - 1]


def has_begun(folder: Path) -> bool:
    """Whether samples of the trial itself have come."""
    return any(path.read_bytes().partition(b"hand on")[2].count(b"\nR ") > 3 for path in journals(folder))


def kill_once(folder: Path, moment: float) -> int:
    """Record from a board, kill −9 at a moment, compare with what the board sent.

    Gives the number of samples that had to be kept.
    """
    board = PtyBoard(VirtualBoard(Truth(tapper="none"), seed=int(moment * 1000)))
    process = start_touchrhythm("record", folder, "--port", board.name, *NULL)
    try:
        wait_for(lambda: has_begun(folder), seconds=30)
        time.sleep(moment)
        killed = time.monotonic()
    finally:
        process.kill()
        process.communicate()
        with board._lock:  # it sends no more
            left = unread(board)
            due = due_samples(board, killed, left)
        board.close()
    journal = read_records(journals(folder)[0])
    assert not journal.is_ended
    got = samples_in(b"".join(one.data for one in journal.received))
    sent = sent_samples(board)
    assert got and all(sent[(one.seq, one.t_us)] == one.values[0] for one in got)  # nothing false
    assert not due or got[-1].seq >= due[-1]
    seqs = [one.seq for one in got]
    assert seqs == list(range(seqs[0], seqs[-1] + 1))
    sealed = seal_journal(journals(folder)[0], folder)
    assert sealed.state == "recovered" and sealed.files
    return len(due)


@needs_pty
@pytest.mark.parametrize("moment", [0.7])
def test_killed_at_a_random_moment_at_most_a_tenth_of_a_second_is_lost(tmp_path, moment):
    assert kill_once(tmp_path, moment) > 0


@needs_pty
@pytest.mark.long
def test_killed_at_50_random_moments_at_most_a_tenth_of_a_second_is_lost(tmp_path):
    rng = random.Random(7)
    n_due = [kill_once(tmp_path / str(k), rng.uniform(0.0, 1.5)) for k in range(50)]
    assert sum(one > 0 for one in n_due) > 40


# ---- power cut ---------------------------------------------------------------------------------


def short_journal(path: Path) -> Path:
    record_virtual(path, script=short_script(unloaded=5.0, dead_weight=5.0, margin=5.0, tapping=(20.0, 20.0)))
    return path


def test_cut_off_anywhere_in_its_last_4096_bytes_a_journal_seals(tmp_path):
    whole = short_journal(tmp_path / "whole" / "journal.txt").read_bytes()
    complete = {
        (one.seq, one.t_us): one.values for one in samples_in(_received(tmp_path / "whole" / "journal.txt"))
    }
    rng = random.Random(1)
    for cut in [1, 2, 4095, *rng.sample(range(3, 4095), 4)]:
        torn = tmp_path / str(cut) / "journal.txt"
        torn.parent.mkdir()
        torn.write_bytes(whole[:-cut])
        got = samples_in(_received(torn))
        assert all(complete[(one.seq, one.t_us)] == one.values for one in got)
        sealed = seal_journal(torn, tmp_path / f"study{cut}")
        assert len(sealed.files) == 3
        assert torn.read_bytes() == whole[:-cut]


@pytest.mark.long
@pytest.mark.parametrize("cut", [1, 700, 2500, 4096])
def test_what_is_recovered_from_a_torn_journal_is_a_valid_dataset(tmp_path, cut):
    whole = short_journal(tmp_path / "whole" / "journal.txt").read_bytes()
    torn = tmp_path / "journal.txt"
    torn.write_bytes(whole[:-cut])
    seal_journal(torn, tmp_path / "study")
    assert errors_in_dataset(tmp_path / "study") == []


@pytest.mark.long
def test_cut_off_at_every_one_of_its_last_4096_bytes_it_decodes(tmp_path):
    path = tmp_path / "journal.txt"
    sink = JournalWriter(path, {}, min_free=0, ballast=0)
    board = VirtualBoard(seed=1)
    for k in range(80):
        sink.write_received((k + 1) * 50_000, b"".join(board.advance(0.05)))
    sink.close()
    complete = decode_journal(read_records(path), path)
    content = path.read_bytes()
    torn = tmp_path / "torn.txt"
    torn.write_bytes(content)
    for cut in range(1, 4097):
        os.truncate(torn, len(content) - cut)
        decoded = decode_journal(read_records(torn), torn)
        n = decoded.time.size
        assert n >= complete.time.size - cut / 30 - 5
        assert np.array_equal(decoded.values, complete.values[:n])
        assert np.abs(decoded.time - complete.time[:n]).max() < 0.02


def _received(path: Path) -> bytes:
    return b"".join(one.data for one in read_records(path).received)


# ---- disk full ---------------------------------------------------------------------------------


@needs_posix
def test_a_file_that_may_not_grow_ends_the_recording_and_keeps_all_before(tmp_path):
    import resource

    limit = 1_500_000

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    study = tmp_path / "study"
    words = ["record", study, *WEIGHT, "--tap-minutes", "20"]
    done = touchrhythm(*words, preexec_fn=small_files)
    assert done.returncode == 74, done.stderr
    assert "took no more" in done.stderr and "all before it is kept" in done.stderr
    journal = journals(study)[0]
    assert limit - 4000 < journal.stat().st_size <= limit
    session = read_journal(journal)
    assert session.recording.duration > 300
    assert not journal.with_name("journal.txt.ballast").exists()


@needs_posix
@pytest.mark.long
def test_a_full_disk_still_takes_the_closing_record(tmp_path):
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(mount)], capture_output=True)
    if done.returncode:
        pytest.skip("a small disk can only be mounted by root; the file-size limit is tested instead")
    try:
        words = ["record", mount / "s", *WEIGHT, "--tap-minutes", "20"]
        done = touchrhythm(*words, "--min-free-mb", "0")
        assert done.returncode == 74, done.stderr
        journal = read_records(journals(mount / "s")[0])
        assert "disk full" in journal.marks_of("end")[0].facts["reason"]
        assert read_journal(journals(mount / "s")[0]).recording.duration > 200
    finally:
        subprocess.run(["umount", str(mount)], check=True)


# ---- cable, resets, clocks ---------------------------------------------------------------------


@needs_pty
@pytest.mark.parametrize("where", ["same name", pytest.param("other name", marks=pytest.mark.long)])
def test_a_pulled_cable_leaves_a_gap_and_the_recording_goes_on(tmp_path, where):
    link = str(tmp_path / "ttyBOARD")
    board = PtyBoard(VirtualBoard(quiet_truth(), seed=1), link=link if where == "same name" else None)
    name = link if where == "same name" else board.name
    clock = MonotonicClock()

    def elsewhere(_: Device):
        return open_port(board.name) if board._master is not None and board.name != name else None

    reader = PortReader(
        open_port(name), clock_us=clock.us, reopen=None if where == "same name" else elsewhere
    )
    path = tmp_path / "journal.txt"
    recorder = Recorder(
        reader, JournalWriter(path, {}, min_free=0), clock_us=clock.us, monitor=Monitor(LineReader)
    )
    recorder.start()
    spare = None
    try:
        assert recorder.wait(1.5)
        board.pull()
        assert recorder.wait(1.0)
        if where == "other name":
            spare = os.openpty()  # takes the number that has become free
        board.plug()
        assert recorder.wait(1.5)
    finally:
        recorder.stop()
        board.close()
        for end in spare or ():
            os.close(end)
    journal = read_records(path)
    assert [one.event for one in journal.marks] == ["port open", "port lost", "port found", "end"]
    session = read_journal(path)
    gaps = session.gaps[np.diff(session.gaps, axis=1)[:, 0] > 0.5]
    assert gaps.shape == (1, 2)
    assert 0.8 < gaps[0, 1] - gaps[0, 0] < 2.0
    assert set(np.unique(session.recording.data[np.isfinite(session.recording.data)])) == {84213.0}
    assert any("cable or device was gone" in one for one in session.info["import_notes"])


@needs_pty
def test_a_pulled_cable_is_told_at_once_also_on_a_blind_screen(tmp_path):
    link = str(tmp_path / "ttyBOARD")
    board = PtyBoard(VirtualBoard(quiet_truth(), seed=1), link=link)
    process = start_touchrhythm("record", tmp_path / "s", "--port", link, *NULL)
    try:
        wait_for(lambda: any(b"hand on" in one.read_bytes() for one in journals(tmp_path / "s")), seconds=30)
        board.pull()
        wait_for(lambda: b"port lost" in journals(tmp_path / "s")[0].read_bytes())
        board.plug()
        wait_for(lambda: b"port found" in journals(tmp_path / "s")[0].read_bytes())
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        board.close()
    assert "THE DEVICE IS GONE" in err and "the device is back" in err
    assert process.returncode == 0, err


class Tampered(VirtualSource):
    """A virtual board on a bad line: `tamper` gets each chunk's number and bytes."""

    def __init__(self, board, clock, tamper):
        super().__init__(board, clock)
        self.tamper, self.n, self.sent = tamper, 0, b""

    def get(self, timeout):
        chunk = super().get(timeout)
        if chunk is None:
            return None
        self.n += 1
        self.sent += chunk.data
        return Chunk(chunk.host_us, self.tamper(self.n, chunk.data, self.board))


def tampered(path, tamper):
    clock = SimulatedClock()
    board = VirtualBoard(seed=4)
    source = Tampered(board, clock, tamper)
    script = short_script(unloaded=0.0, dead_weight=0.0, margin=10.0, tapping=(60.0, 60.0))
    record_virtual(path, board=board, source=source, script=script)
    return source


def test_a_reset_in_mid_trial_begins_a_new_segment_and_loses_nothing(tmp_path):
    def reset(n, data, board):
        if n == 1000:
            board.reset()
        return data

    path = tmp_path / "journal.txt"
    source = tampered(path, reset)
    decoded = decode_journal(read_records(path), path)
    assert decoded.segment.max() == 1
    assert decoded.counts["resets"] == 1
    reader = LineReader()
    truth = reader.feed(source.sent, 1.0) + reader.close()
    assert sum(isinstance(one, Reset) for one in truth) == 1
    assert decoded.time.size >= sum(type(one) is Sample for one in truth) - 1
    steps = np.diff(decoded.time)
    assert steps.min() > 0 and steps.max() < 0.1
    session = read_journal(path)
    assert np.isnan(session.recording.data).sum() <= 4
    assert len(session.taps[0]) > 5


def test_the_device_clock_wraps_without_a_trace(tmp_path):
    path = tmp_path / "journal.txt"
    clock = SimulatedClock()
    board = VirtualBoard(seed=1, micros_start=2**32 - 100_000_000)
    record_virtual(path, board=board, source=VirtualSource(board, clock))
    stamps = [one.t_us for one in samples_in(_received(path))]
    assert min(np.diff(stamps)) < -4e9  # it did wrap
    session = read_journal(path)
    assert np.isfinite(session.recording.data).all()
    assert not session.info["import_notes"]


@needs_pty
@pytest.mark.long
@pytest.mark.parametrize("fs", [80.0, 300.0, 1000.0])
def test_a_host_that_stalls_for_4_s_reads_nothing_false_and_its_losses_are_known(tmp_path, fs):
    board = PtyBoard(VirtualBoard(Truth(fs=fs, tapper="none"), seed=2))
    process = start_touchrhythm("record", tmp_path, "--port", board.name, *NULL)
    try:
        wait_for(lambda: any(b"hand on" in one.read_bytes() for one in journals(tmp_path)), seconds=30)
        time.sleep(1.5)
        process.send_signal(signal.SIGSTOP)
        time.sleep(4.0)
        process.send_signal(signal.SIGCONT)
        time.sleep(3.0)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
    finally:
        process.kill()
        board.close()
    counts = read_records(journals(tmp_path)[0]).marks_of("end")[0].facts["counts"]
    got = samples_in(_received(journals(tmp_path)[0]))
    sent = sent_samples(board)
    assert all(sent[(one.seq, one.t_us)] == one.values[0] for one in got)
    assert counts["missing"] == counts["dropped by device"] == got[-1].seq - got[0].seq + 1 - len(got)
    if fs == 1000.0:
        assert counts["missing"] > 100  # more than the system's buffer holds
    session = read_journal(journals(tmp_path)[0])
    assert np.isnan(session.recording.data).sum() == pytest.approx(counts["missing"], abs=8)


@pytest.mark.parametrize(
    ("name", "tamper"),
    [
        ("3 bytes corrupted", lambda data, rng: _change(data, rng, 3)),
        ("20 bytes dropped", lambda data, rng: _drop(data, rng, 20)),
        ("90 bytes dropped", lambda data, rng: _drop(data, rng, 90)),
        ("90 bytes of rubbish", lambda data, rng: _insert(data, rng, 90)),
    ],
)
def test_bytes_damaged_on_the_way_cost_their_lines_and_nothing_else(tmp_path, name, tamper):
    rng = random.Random(name)

    def now_and_then(n, data, board):
        return tamper(data, rng) if n % 20 == 0 else data

    path = tmp_path / "journal.txt"
    source = tampered(path, now_and_then)
    sent = {(one.seq, one.t_us): one.values for one in samples_in(source.sent)}
    got = samples_in(_received(path))
    assert all(sent[(one.seq, one.t_us)] == one.values for one in got)
    n_hits = source.n // 20
    assert len(sent) - len(got) <= 6 * n_hits
    assert len(got) > 0.7 * len(sent)


def _change(data: bytes, rng: random.Random, n: int) -> bytes:
    out = bytearray(data)
    for at in rng.sample(range(len(out)), min(n, len(out))):
        out[at] ^= rng.randrange(1, 256)
    return bytes(out)


def _drop(data: bytes, rng: random.Random, n: int) -> bytes:
    at = rng.randrange(max(1, len(data) - n))
    return data[:at] + data[at + n :]


def _insert(data: bytes, rng: random.Random, n: int) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(n) + data[at:]


@needs_pty
def test_a_date_set_back_an_hour_changes_nothing(tmp_path, monkeypatch):
    board = PtyBoard(VirtualBoard(quiet_truth(), seed=1))
    clock = MonotonicClock()
    reader = PortReader(open_port(board.name), clock_us=clock.us)
    path = tmp_path / "journal.txt"
    recorder = Recorder(
        reader, JournalWriter(path, {}, min_free=0), clock_us=clock.us, monitor=Monitor(LineReader)
    )
    real = time.time
    try:
        recorder.start()
        recorder.wait(1.0)
        monkeypatch.setattr(time, "time", lambda: real() - 3600.0)
        recorder.wait(1.0)
    finally:
        recorder.stop()
        board.close()
    stamps = [one.host_us for one in read_records(path).received]
    assert stamps == sorted(stamps)
    session = read_journal(path)
    assert 1.7 < session.recording.duration < 60.0  # an hour set back would show; a slow machine waits longer
    assert np.isfinite(session.recording.data).all()


# ---- what is no device, who else is there ------------------------------------------------------


def command_on_pty(tmp_path: Path, feed: bytes | None) -> subprocess.CompletedProcess[str]:
    """Run record on a terminal that says `feed` again and again, or nothing."""
    import pty
    import threading
    import tty

    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    stop = threading.Event()

    def talk() -> None:
        while feed and not stop.wait(0.02):
            with contextlib.suppress(BlockingIOError):
                os.write(master, feed)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        return touchrhythm("record", tmp_path / "study", "--port", os.ttyname(slave), *NULL)
    finally:
        stop.set()
        thread.join()
        os.close(master)
        os.close(slave)


@needs_pty
@pytest.mark.parametrize(
    ("what", "feed", "words"),
    [
        pytest.param("a silent device", None, "nothing came from", marks=pytest.mark.long),
        ("a wrong baud rate", bytes([0xE6, 0x80, 0x1E, 0x98, 0xFE, 0x06, 0x66, 0x9E] * 8), "wrong baud rate"),
        pytest.param("a modem", b"Hello, this is a modem.\r\nReady.\r\n", "", marks=pytest.mark.long),
    ],
)
def test_what_is_no_device_is_named_and_nothing_is_written(tmp_path, what, feed, words):
    done = command_on_pty(tmp_path, feed)
    assert done.returncode == 66, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not journals(tmp_path / "study")


@needs_pty
def test_a_second_recorder_on_the_same_port_is_told_to_try_again(tmp_path):
    board = PtyBoard(VirtualBoard(Truth(tapper="none"), seed=1))
    held = open_port(board.name)
    try:
        done = touchrhythm("record", tmp_path / "study", "--port", board.name, *NULL)
    finally:
        held.close()
        board.close()
    assert done.returncode == 75
    assert "in use by another program" in done.stderr
    assert not journals(tmp_path / "study")


def test_a_second_recorder_on_the_same_file_is_refused(tmp_path, capsys):
    words = [*WEIGHT, "--margin", "5", "--tap-minutes", "0.5"]
    again = ["--subject", "NUL01", "--session", "01"]
    assert run("record", tmp_path, *words, *again) == 0
    before = journals(tmp_path)[0].read_bytes()
    capsys.readouterr()
    assert run("record", tmp_path, *words, *again) == 73
    assert "is there already" in capsys.readouterr().err
    assert journals(tmp_path)[0].read_bytes() == before


@needs_posix
def test_a_read_only_folder_is_a_clear_sentence(tmp_path):
    folder = tmp_path / "read-only"
    folder.mkdir()
    is_root = os.getuid() == 0  # for whom modes do not count
    if is_root:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(folder)], capture_output=True)
        if done.returncode:
            pytest.skip("this root may not mount, and modes do not bind root")
    else:
        folder.chmod(0o555)
    try:
        words = ["record", folder / "study", *WEIGHT, "--tap-minutes", "0.5"]
        done = touchrhythm(*words)
        assert done.returncode == 73, done.stderr
        assert re.search(r"cannot be made: (permission denied|read-only file system)", done.stderr)
        assert len(done.stderr.strip().splitlines()) == 1
    finally:
        if is_root:
            subprocess.run(["umount", str(folder)], check=True)


# ---- an hour -----------------------------------------------------------------------------------

HOUR = """
import resource, sys
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.monitor import Monitor
from touchrhythm.device.recorder import Recorder
from touchrhythm.device.virtual import SimulatedClock, VirtualBoard, VirtualSource
from touchrhythm.io.journal_writer import JournalWriter

clock = SimulatedClock()
board = VirtualBoard(seed=1)
board.set_stage("hand")
board.set_stage("tapping")
sink = JournalWriter(sys.argv[1], {}, min_free=0, ballast=0, sync=lambda fd: None)
recorder = Recorder(VirtualSource(board, clock), sink, clock_us=clock.us, monitor=Monitor(LineReader))
recorder.start()
recorder.wait(300.0)
board.tap_times.clear()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
recorder.wait(3300.0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, recorder.monitor.n_samples)
recorder.stop()
"""


@needs_posix
@pytest.mark.long
def test_an_hour_at_80_samples_a_second_needs_no_more_memory_than_5_minutes(tmp_path):
    path = tmp_path / "journal.txt"
    done = subprocess.run(
        [sys.executable, "-c", HOUR, str(path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    growth, n = map(int, done.stdout.split())
    per_kilobyte = 1 if sys.platform.startswith("linux") else 1024
    assert growth / per_kilobyte < 2000  # kB; the samples alone would be 2300, the bytes 11000
    assert n == pytest.approx(3600 * 80, abs=2)
    assert path.stat().st_size < 20e6


def test_recorders_that_begin_at_once_each_get_a_number_or_a_clear_refusal_and_lose_no_row(tmp_path):
    study = tmp_path / "study"
    bare = [*WEIGHT, "--margin", "2", "--tap-minutes", "0.2", "--speed", "60"]
    codes = ["NUL01", "NUL02", "NUL03", "NUL03"]
    busy = [start_touchrhythm("record", study, *bare, "--subject", code) for code in codes]
    told = [one.communicate(timeout=120)[1] for one in busy]
    assert [one.returncode for one in busy[:2]] == [0, 0]
    assert sorted(one.returncode for one in busy[2:]) in ([0, 73], [0, 0])
    refused = [line for line, one in zip(told, busy, strict=True) if one.returncode == 73]
    assert all("is there already" in line and "nothing is overwritten" in line for line in refused)
    rows = (study / "participants.tsv").read_text().split()
    assert sorted(rows) == ["participant_id", "sub-NUL01", "sub-NUL02", "sub-NUL03"]
    seals = find_seals(study)
    assert len(seals) >= 3 and not [change for seal in seals for change in changes_of(study, seal)]
