"""Does a session go through its steps, is each of them kept, and does it end well whatever happens?"""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from recording import Memory, Silent, record_virtual, short_script
from touchrhythm.device.monitor import Monitor
from touchrhythm.device.port import Chunk, Device
from touchrhythm.device.recorder import MonotonicClock, Recorder, greet
from touchrhythm.device.session_protocol import run_session
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.errors import PortLost
from touchrhythm.io.journal import cut_session, list_pieces, read_journal
from touchrhythm.io.journal_decode import decode_journal
from touchrhythm.io.journal_records import read_records
from touchrhythm.participants import KINDS
from touchrhythm.settings import Settings


def recorder_on(board=None, sink=None):
    clock = SimulatedClock()
    source = VirtualSource(board or VirtualBoard(seed=1), clock)
    recorder = Recorder(source, sink or Memory(), clock_us=clock.us, monitor=Monitor(LineReader))
    recorder.start()
    return recorder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "journal.txt"
    talk = Silent({"Did you": "no", "How sure": "70"})
    board, _ = record_virtual(path, talk=talk)
    return path, read_records(path), talk, board


def test_the_steps_come_in_order_and_each_is_kept(whole):
    _, journal, _, _ = whole
    events = [
        (mark.event, mark.facts.get("name"), mark.facts.get("state"))
        for mark in journal.marks
        if mark.event in ("step", "tare", "hand on", "start", "stop", "hand off", "end")
    ]
    assert events == [
        ("step", "warm-up", "skipped"),
        ("step", "tare", "begin"),
        ("step", "tare", "end"),
        ("tare", None, None),
        ("step", "unloaded", "begin"),
        ("step", "unloaded", "end"),
        ("step", "dead weight", "begin"),
        ("step", "dead weight", "end"),
        ("hand on", None, None),
        ("start", None, None),
        ("stop", None, None),
        ("hand off", None, None),
        ("end", None, None),
    ]


def test_what_was_skipped_is_kept_with_its_reason(whole):
    _, journal, _, _ = whole
    skipped = [mark.facts for mark in journal.marks_of("step") if mark.facts["state"] == "skipped"]
    assert skipped == [{"event": "step", "name": "warm-up", "state": "skipped", "reason": "test"}]


def test_margins_are_as_long_as_asked_and_the_tapping_within_its_limits(whole):
    _, journal, _, _ = whole
    at = {name: journal.marks_of(name)[0].host_us / 1e6 for name in ("hand on", "start", "stop", "hand off")}
    assert at["start"] - at["hand on"] == pytest.approx(30.0, abs=0.1)
    assert at["hand off"] - at["stop"] == pytest.approx(30.0, abs=0.1)
    assert 90.0 <= at["stop"] - at["start"] <= 120.2


def test_the_length_is_drawn_anew_each_time():
    lengths = []
    for seed in range(5):
        recorder = recorder_on(VirtualBoard(Truth(fs=10, tapper="none"), seed=seed))
        script = short_script(unloaded=0.0, dead_weight=0.0, margin=1.0, tapping=(10.0, 60.0))
        run_session(recorder, script, Silent(), rng=random.Random(seed))
        marks = {name: at for at, name, _ in recorder._sink.marks}
        lengths.append((marks["stop"] - marks["start"]) / 1e6)
    assert len({round(one, 1) for one in lengths}) == 5
    assert min(lengths) >= 10 and max(lengths) <= 60.2


def test_a_blind_screen_tells_no_number_once_the_hand_is_on(whole):
    _, _, talk, _ = whole
    begin = next(i for i, one in enumerate(talk.said) if "Put the hand on" in one)
    end = next(i for i, one in enumerate(talk.said) if one.startswith("The recording is over"))
    during = talk.said[begin : end + 1]
    assert not any(character.isdigit() for line in during for character in line)
    assert during.count("*") == 3  # start, stop, over


def test_felt_nothing_is_an_answer(whole):
    path, _, _, _ = whole
    assert read_journal(path).info["answers"] == {"felt_nothing": True, "confidence": 70.0}


def test_an_answer_left_open_is_no_answer(tmp_path):
    record_virtual(tmp_path / "j.txt")
    assert read_journal(tmp_path / "j.txt").info["answers"] == {"felt_nothing": None, "confidence": None}


def test_the_pieces_before_the_trial_are_recordings_of_their_own(whole):
    path, journal, _, board = whole
    decoded = decode_journal(journal, path)
    pieces = {piece.name: piece for piece in list_pieces(journal, decoded)}
    assert list(pieces) == ["trial", "unloaded", "dead weight"]
    weight = cut_session(journal, decoded, pieces["dead weight"], path)
    grams = (weight.recording.data[:, 0] - board.truth.zero_counts) / board.truth.counts_per_gram
    assert np.nanmean(grams) == pytest.approx(20.0, abs=0.05)
    assert weight.taps == ()
    assert weight.recording.duration == pytest.approx(25.0, abs=0.2)  # 20 s were asked for


def test_no_sample_of_a_piece_shows_what_came_before_or_after_it(whole):
    path, journal, _, board = whole
    decoded = decode_journal(journal, path)
    for piece, force in zip(list_pieces(journal, decoded), (5.0, 0.0, 20.0), strict=True):
        counts = cut_session(journal, decoded, piece, path).recording.data[:, 0]
        grams = (counts - board.truth.zero_counts) / board.truth.counts_per_gram
        assert np.abs(grams - force).max() < 1.0, piece.name


def test_two_minutes_of_dead_weight_leave_enough_for_an_answer_also_after_a_jolt(tmp_path):
    from touchrhythm.analysis.recipe import analyze

    script = short_script(unloaded=0.0, dead_weight=120.0, margin=1.0, tapping=(1.0, 1.0))
    record_virtual(tmp_path / "j.txt", script=script)
    journal = read_records(tmp_path / "j.txt")
    decoded = decode_journal(journal, tmp_path / "j.txt")
    session = cut_session(journal, decoded, list_pieces(journal, decoded)[1], tmp_path / "j.txt")
    data = session.recording.data.copy()
    data[:80] += 30_000.0  # a hand that was still there for a second
    jolted = replace(session, recording=replace(session.recording, data=data))
    analysis = analyze(jolted, Settings(n_surrogates=19, n_bootstrap=50), rng=0)
    assert analysis.reason == "" and analysis.periodicity is not None
    assert any(cut.label == "jump" for cut in analysis.quality.cuts)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_session_goes_through(tmp_path, kind):
    header = {"kind": kind, "task": KINDS[kind].task, "has_taps": KINDS[kind].has_taps}
    _, recorder = record_virtual(
        tmp_path / "j.txt",
        script=short_script(kind=KINDS[kind], unloaded=0.0, dead_weight=0.0, tapping=(60.0, 60.0)),
        header=header,
    )
    assert recorder.trouble is None
    session = read_journal(tmp_path / "j.txt")
    assert session.info["entities"]["task"] == KINDS[kind].task
    assert bool(session.taps) == KINDS[kind].has_taps
    force = float(np.nanmean(session.recording.data))
    expected = {"dead weight": 20.0, "hand": 5.0, "rigid": 5.0, "unloaded": 0.0}[KINDS[kind].stage]
    assert force == pytest.approx(expected, abs=0.2)


def test_presses_outside_the_tapping_are_left_out_and_counted(tmp_path):
    board = VirtualBoard(Truth(tapper="none"), seed=1)

    class Early(Silent):
        def say(self, text):
            super().say(text)
            if text.startswith("STOP"):
                board._presses.append(board.now + 10.0)

    record_virtual(tmp_path / "j.txt", board=board, talk=Early())
    session = read_journal(tmp_path / "j.txt")
    assert session.taps == ()
    assert "1 press outside the tapping is left out" in session.info["import_notes"]


def test_asking_to_stop_ends_the_session_at_once_and_closes_the_journal(tmp_path):
    sink = Memory()
    recorder = recorder_on(sink=sink)

    class Impatient(Silent):
        def say(self, text):
            if text.startswith("START"):
                recorder.should_stop.set()

    assert run_session(recorder, short_script(), Impatient()) is False
    recorder.stop("stopped by the operator")
    assert sink.is_closed
    assert sink.marks[-1][1] == "end"
    assert sink.marks[-1][2]["reason"] == "stopped by the operator"
    recorder.stop("again")
    assert [name for _, name, _ in sink.marks].count("end") == 1


def test_a_full_sink_ends_the_session_and_is_the_trouble():
    sink = Memory(room=400)
    recorder = recorder_on(sink=sink)
    assert run_session(recorder, short_script(), Silent()) is False
    assert "disk is full" in str(recorder.trouble)
    assert recorder.wait(1.0) is False
    recorder.stop("disk full")
    assert sink.is_closed


class FallsSilent(VirtualSource):
    """Says nothing from 2 to 20 s and from 30 s on."""

    def get(self, timeout):
        chunk = super().get(timeout)
        return chunk if chunk and not (2e6 < chunk.host_us < 20e6 or chunk.host_us > 30e6) else None


def test_a_device_that_falls_silent_is_told_once_each_time():
    clock, sink, told = SimulatedClock(), Memory(), []
    source = FallsSilent(VirtualBoard(seed=1), clock)
    recorder = Recorder(source, sink, clock_us=clock.us, monitor=Monitor(LineReader))
    recorder.on_news = lambda chunk: told.append((chunk.news, chunk.host_us / 1e6))
    recorder.start()
    assert recorder.wait(50.0)
    assert [news for news, _ in told] == ["silent", "silent"]
    assert [at for _, at in told] == pytest.approx([7.0, 35.0], abs=0.2)
    warnings = [facts for _, event, facts in sink.marks if event == "warning"]
    assert warnings == [{"what": "device silent"}] * 2


def test_a_device_that_stays_away_ends_the_session():
    recorder = recorder_on()
    recorder._take(Chunk(1_000_000, news="lost"))
    assert recorder.wait(0.5)
    recorder._take(Chunk(2_000_000, news="given up"))
    assert isinstance(recorder.trouble, PortLost)
    assert [name for _, name, _ in recorder._sink.marks][-2:] == ["port lost", "port given up"]


def test_a_mark_is_on_the_disk_before_anything_is_said():
    order = []

    class Sink(Memory):
        def write_mark(self, host_us, event, facts=None):
            order.append(event)

    class Talk(Silent):
        def say(self, text):
            order.append(text.split(":")[0].split(" ")[0])

    run_session(recorder_on(sink=Sink()), short_script(), Talk())
    assert order.index("start") < order.index("START")
    assert order.index("stop") < order.index("STOP")


def test_the_recorder_waits_by_its_own_clock_whatever_the_date_does():
    now = [5_000_000_000]
    clock = MonotonicClock(lambda: now[0])
    now[0] += 1_500_000_000
    assert clock.us() == 1_500_000


def test_minutes_left_are_told():
    assert recorder_on().minutes_left(1000.0) == pytest.approx(100.0)


def test_what_came_while_greeting_is_in_the_journal():
    sink = Memory()
    clock = SimulatedClock()
    source = VirtualSource(VirtualBoard(seed=1), clock)
    recorder = Recorder(source, sink, clock_us=clock.us, monitor=Monitor(LineReader))
    recorder.start((Chunk(5, b"abc"), Chunk(9, b"def")))
    assert sink.received == [(5, b"abc"), (9, b"def")]
    assert sink.marks[0][0] == 5
    assert sink.marks[0][2]["device"]["port"] == "virtual"


def test_a_thread_reads_while_nobody_waits():
    """A source with a thread of its own is written down while people are being asked."""
    sink = Memory()
    clock = MonotonicClock()

    class Slow:
        threaded = True
        device = Device("slow")
        n = 0

        def get(self, timeout):
            import time

            time.sleep(0.005)
            self.n += 1
            return Chunk(clock.us(), b"x") if self.n < 50 else None

        def write(self, data):
            pass

        def close(self):
            pass

    recorder = Recorder(Slow(), sink, clock_us=clock.us, monitor=Monitor(LineReader))
    recorder.start()
    import time

    until = time.monotonic() + 5
    while len(sink.received) < 49 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(sink.received) == 49
    recorder.stop()
    assert sink.marks[-1][1] == "end"


def greeting_of(source, clock):
    return greet(source, clock_us=clock.us, patience=0.5, answer=0.3)


def test_a_board_is_greeted_and_its_first_bytes_are_kept():
    clock = SimulatedClock()
    greeting = greeting_of(VirtualSource(VirtualBoard(seed=1), clock), clock)
    assert greeting.guess.kind == "framed"
    assert greeting.data.startswith(b"H,1,fw=virtual")


def test_a_board_that_booted_long_ago_is_asked():
    clock = SimulatedClock()
    board = VirtualBoard(seed=1)
    board.advance(3.0)
    greeting = greeting_of(VirtualSource(board, clock), clock)
    assert greeting.guess.kind == "framed"
    assert b"H,1,ch1=force" in greeting.data


def test_a_plain_sketch_is_recognised():
    clock = SimulatedClock()
    source = VirtualSource(VirtualBoard(seed=1, framed=False), clock)
    assert greet(source, clock_us=clock.us).guess.kind == "plain"


@pytest.mark.parametrize(("kind", "bytes_per_step"), [("silent", b""), ("garbled", bytes(range(128, 256)))])
def test_silence_and_garbage_are_named(kind, bytes_per_step):
    clock = SimulatedClock()

    class Odd(VirtualSource):
        def get(self, timeout):
            clock.advance(50_000)
            return Chunk(clock.us(), bytes_per_step) if bytes_per_step else None

    source = Odd(VirtualBoard(seed=1), clock)
    assert greet(source, clock_us=clock.us).guess.kind == kind
