"""Is what came from the port on the disk, all of it, whatever happens to the file?"""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

from recording import record_virtual, short_script
from touchrhythm.analysis.recipe import analyze
from touchrhythm.device.touch_line import frame
from touchrhythm.device.virtual import Truth, VirtualBoard
from touchrhythm.errors import BadFile
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.journal import cut_session, list_pieces, read_journal
from touchrhythm.io.journal_decode import decode_journal
from touchrhythm.io.journal_records import read_records
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.io.opening import read_session
from touchrhythm.settings import Settings


def writer(path, header=None, **options):
    return JournalWriter(path, header or {}, **({"min_free": 0, "ballast": 0} | options))


@pytest.fixture(scope="module")
def session_journal(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "journal.txt"
    board, recorder = record_virtual(path)
    return path, board, recorder


def test_a_journal_of_silence_is_bad_data(tmp_path):
    writer(tmp_path / "j.txt").close()
    with pytest.raises(BadFile, match="must hold samples, got no byte at all"):
        read_journal(tmp_path / "j.txt")


def test_a_torn_journal_gives_the_same_samples_as_far_as_it_goes(tmp_path, session_journal):
    path, _, _ = session_journal
    whole = read_journal(path)
    content = path.read_bytes()
    for cut in (1, 17, 1000, 4001):
        torn = tmp_path / f"torn{cut}.txt"
        torn.write_bytes(content[:-cut])
        session = read_journal(torn)
        n = session.recording.n_samples
        assert n > whole.recording.n_samples - 4096 / 30
        # the clock's map ends a little earlier: its last knots move by a fraction of a sample
        error = np.abs(session.recording.data[: n - 1] - whole.recording.data[: n - 1])[:, 0]
        assert np.nanmedian(error) < 0.005
        assert np.nanmax(error) < 0.2  # five standard deviations of the noise between two samples
        assert len(session.taps[0]) == len(whole.taps[0])


def test_the_trial_is_read_in_grams_with_the_zero_of_the_tare(session_journal):
    path, board, _ = session_journal
    session = read_journal(path)
    assert session.recording.units == ("g",)
    force = session.recording.data[:, 0]
    assert np.nanmean(force) == pytest.approx(board.truth.force_g, abs=0.1)
    assert np.isfinite(force).all()
    assert session.recording.fs == 80.0
    assert session.info["timing"] == "device"
    labels = [one.label for one in session.annotations]
    assert labels == ["hand on", "tapping", "hand off"]


def test_a_session_names_its_journal_without_the_folders_of_this_machine(session_journal):
    path, _, _ = session_journal
    info = read_journal(path).info
    assert info["source"] == path.name
    assert str(path.parent) not in repr(info)


def test_taps_are_where_the_virtual_finger_pressed(session_journal):
    path, board, _ = session_journal
    session = read_journal(path)
    journal = read_records(path)
    start = journal.marks_of("hand on")[0].host_us / 1e6
    truth = np.array(board.tap_times) - start
    truth = truth[(truth > 0) & (truth < session.recording.duration)]
    taps = session.taps[0]
    assert taps.rater == "E01"
    inside = session.annotations[1]
    expected = truth[(truth >= inside.onset) & (truth <= inside.onset + inside.duration + 1)]
    # both clocks are the board's; what is left is the constant of the wire time and the map
    assert len(taps) == expected.size
    assert np.abs(taps.onset - expected).max() < 0.02


def test_lost_samples_are_gaps_and_never_bridged(tmp_path):
    path = tmp_path / "j.txt"
    sink = writer(path)
    board = VirtualBoard(Truth(tapper="none"), seed=3)
    for k in range(200):
        lines = board.advance(0.05)
        if 60 <= k < 90:
            lines = []  # 1.5 s lost on the way
        sink.write_received((k + 1) * 50_000, b"".join(lines) or b" ")
    sink.close()
    session = read_journal(path)
    gaps = session.gaps
    assert gaps.shape == (1, 2)
    assert gaps[0, 1] - gaps[0, 0] == pytest.approx(1.5, abs=0.05)
    assert any("samples were lost" in one for one in session.info["import_notes"])


def test_presses_that_were_lost_on_the_way_are_told(tmp_path, session_journal):
    whole = read_records(session_journal[0])
    sink = writer(tmp_path / "j.txt", whole.header)
    lines = [
        (record.host_us, line) for record in whole.received for line in record.data.splitlines(keepends=True)
    ]
    edges = [k for k, (_, line) in enumerate(lines) if re.match(rb"B,\d+,\d+,[01]\*....\n", line)]
    for k, (host_us, line) in enumerate(lines):
        if k not in edges[6:10]:
            sink.write_received(host_us, line)
    sink.close()
    notes = decode_journal(read_records(tmp_path / "j.txt"), tmp_path / "j.txt").import_notes
    assert "4 changes of the button were lost on the way: taps may be missing" in notes


def test_a_stream_that_is_joined_and_left_in_mid_line_is_not_damaged(tmp_path):
    path = tmp_path / "j.txt"
    sink = writer(path)
    sink.write_received(0, b"9,12345,0*12AB\n")
    board = VirtualBoard(Truth(tapper="none"), seed=3)
    for k in range(40):
        sink.write_received((k + 1) * 50_000, b"".join(board.advance(0.05)) or b" ")
    sink.write_received(2_100_000, b"D,170,21")
    sink.close()
    session = read_journal(path)
    assert session.info["lost"]["damaged"] == 0
    assert not [one for one in session.info["import_notes"] if "damaged" in one]


def test_one_damaged_line_is_told_in_the_singular(tmp_path):
    path = tmp_path / "j.txt"
    sink = writer(path)
    board = VirtualBoard(Truth(tapper="none"), seed=3)
    for k in range(40):
        sink.write_received((k + 1) * 50_000, b"".join(board.advance(0.05)) or b" ")
        if k == 20:
            sink.write_received((k + 1) * 50_000, b"D,1,2,3,0*0000\n")
    sink.close()
    assert "1 line came damaged" in read_journal(path).info["import_notes"]


def test_what_was_recorded_before_the_trial_is_not_called_the_trial(session_journal):
    path, _, _ = session_journal
    journal = read_records(path)
    decoded = decode_journal(journal, path)
    infos = {
        piece.name: cut_session(journal, decoded, piece, path).info for piece in list_pieces(journal, decoded)
    }
    kinds = {name: info["kind"] for name, info in infos.items()}
    assert kinds == {"trial": "palpation", "unloaded": "unloaded", "dead weight": "null"}
    assert infos["unloaded"]["answers"] == {}


def test_times_of_annotations_are_written_with_six_decimals_at_most(session_journal):
    for one in read_journal(session_journal[0]).annotations:
        assert (one.onset, one.duration) == (round(one.onset, 6), round(one.duration, 6))


def test_a_sensor_that_is_not_80_is_read_at_its_own_rate(tmp_path):
    path = tmp_path / "j.txt"
    sink = writer(path)
    board = VirtualBoard(Truth(fs=92.7, tapper="none"), seed=3)
    rows = [one.replace(b"rate=92.7", b"rate=80") for one in board.header()]
    board._pending = [frame(one.split(b"*")[0]) for one in rows]
    for k in range(400):
        sink.write_received((k + 1) * 50_000, b"".join(board.advance(0.05)))
        board._next_header = 1e9
    sink.close()
    session = read_journal(path)
    assert session.recording.fs == pytest.approx(92.7, rel=1e-3)
    assert session.recording.duration == pytest.approx(20.0, abs=0.1)


def test_plain_numbers_are_timed_by_arrival_and_say_so(tmp_path):
    path = tmp_path / "j.txt"
    sink = writer(path, {"format": {"kind": "plain", "n_columns": 1, "labels": [], "time_unit": None}})
    board = VirtualBoard(Truth(tapper="none"), seed=3, framed=False)
    for k in range(400):
        sink.write_received((k + 1) * 50_000, b"".join(board.advance(0.05)))
    sink.close()
    session = read_journal(path)
    assert (session.info["timing"], session.info["loss_detection"]) == ("host", "none")
    assert session.recording.fs == pytest.approx(80.0, rel=0.01)
    write_session(session, tmp_path / "study")
    (kept,) = (tmp_path / "study").rglob("*_physio.tsv.gz")
    flags = {flag.code for flag in analyze(read_session(kept), Settings(n_surrogates=19), rng=1).flags}
    assert {"timing_host", "no_loss_detection"} <= flags
    assert session.taps == ()
    assert session.recording.channels == ("force",)


@pytest.mark.parametrize("labels", [[], ["load"]])
def test_a_calibration_is_applied_to_the_first_column_however_a_sketch_calls_it(tmp_path, labels):
    form = {"kind": "plain", "n_columns": 1, "labels": labels, "time_unit": None}
    line = {"counts_per_gram": 10.0, "zero_counts": 100.0}
    sink = writer(tmp_path / "j.txt", {"format": form, "calibration": {"force": line}})
    for k in range(400):
        sink.write_received(k * 12_500, (b"load:150\n" if labels else b"150\n"))
    sink.close()
    recording = read_journal(tmp_path / "j.txt").recording
    assert recording.units == ("g",)
    assert recording.data == pytest.approx(5.0)


def test_a_guided_session_that_ended_early_is_not_taken_for_a_trial(tmp_path):
    sink = writer(tmp_path / "j.txt", {"guided": True, "kind": "palpation", "task": "palpation"})
    board = VirtualBoard(seed=3)
    for k in range(100):
        sink.write_received((k + 1) * 50_000, b"".join(board.advance(0.05)))
    sink.close()
    session = read_journal(tmp_path / "j.txt")
    assert session.info["entities"]["task"] == "unfinished"
    assert any("before the hand was put on" in one for one in session.info["import_notes"])


def test_an_hour_stays_below_20_megabytes(session_journal):
    path, _, recorder = session_journal
    per_hour = path.stat().st_size / recorder.clock_us() * 1e6 * 3600
    assert per_hour < 20e6


def test_sounds_between_counts_are_no_clock_to_a_blind_examiner(tmp_path):
    from recording import Silent

    script = short_script(count_every=20.0, tapping=(300.0, 300.0))
    talk = Silent({"How many cycles": "3"})
    facts = {"taps": "count"}
    record_virtual(tmp_path / "j.txt", talk=talk, script=script, header=facts, rng=random.Random(1))
    lasted = np.array([one.duration for one in read_journal(tmp_path / "j.txt").counts])
    assert lasted.sum() == pytest.approx(300.0, abs=1.0)
    assert 15.9 < lasted.min() < 18.0
    assert 22.0 < lasted[:-1].max() < 24.2


def test_counts_per_interval_become_counts_of_the_session(tmp_path):
    from recording import Silent

    talk = Silent({"How many cycles": "7"})
    script = short_script(count_every=45.0, is_blind=False)
    record_virtual(tmp_path / "j.txt", talk=talk, script=script, header={"taps": "count"})
    session = read_journal(tmp_path / "j.txt")
    assert {one.count for one in session.counts} == {7}
    assert session.counts[0].duration == pytest.approx(45.0, abs=0.2)
    assert session.counts[0].rater == "E01"
