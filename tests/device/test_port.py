"""Do bytes get from a port to the recorder, whatever the port does? And is the device any good?"""

from __future__ import annotations

import errno
import os
import re
import socket
import threading
import time

import numpy as np
import pytest
import scipy

from recording import needs_pty, quiet_truth, wait_for
from touchrhythm.device import port as ports
from touchrhythm.device.calibration import WeightReading, fit_calibration, scale_of
from touchrhythm.device.events import Damaged, Edge, Header, Reset, Sample, Status
from touchrhythm.device.keyboard_taps import KeyListener, measure_key_latency
from touchrhythm.device.live_view import CausalBand, LiveView, text_frame
from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.port import (
    Chunk,
    Device,
    PortBusy,
    PortReader,
    find_port,
    list_ports,
    open_port,
    permission_remedy,
)
from touchrhythm.device.pty_board import PtyBoard
from touchrhythm.device.qualification import check_device
from touchrhythm.device.recorder import MonotonicClock, greet
from touchrhythm.device.touch_line import LineReader
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.errors import NoSuchInput, PortLost
from touchrhythm.participants import (
    KINDS,
    Consent,
    check_code,
    check_consent,
    draw_phantom,
    hash_truth,
    next_code,
    read_covers,
)
from touchrhythm.plotting.live_window import LiveWindow

UNO = Device("/dev/ttyACM0", "Arduino Uno", 0x2341, 0x0043, "A1B2")


# ---- the virtual board -------------------------------------------------------------------------


def test_the_virtual_board_speaks_touch_line_1_without_a_damaged_line():
    board = VirtualBoard(seed=2)
    board.set_stage("hand")
    board.set_stage("tapping")
    reader = LineReader()
    events = reader.feed(b"".join(board.advance(120.0)), 120.0) + reader.close()
    kinds = {type(one) for one in events}
    assert kinds == {Header, Sample, Edge, Status}
    assert reader.counts.samples == pytest.approx(120 * 80, abs=1)
    assert reader.channels[0].name == "force"
    assert reader.header["rate"] == "80"


def test_the_same_seed_gives_the_same_bytes_at_any_step():
    stages = ("hand", "tapping")
    streams = []
    for step in (0.05, 0.5):
        board = VirtualBoard(seed=5)
        for stage in stages:
            board.set_stage(stage)
        streams.append(b"".join(b"".join(board.advance(step)) for _ in range(round(30 / step))))
    short, long = sorted(streams, key=len)
    assert long.startswith(short[:-200])


def test_the_virtual_rhythm_is_at_the_rate_that_was_chosen():
    board = VirtualBoard(
        Truth(rate_cpm=9.0, cycle_cv=0.0, noise_g=0.0, wander_g=0.0, breathing_g=0.0), seed=1
    )
    board.set_stage("hand")
    reader = LineReader()
    events = reader.feed(b"".join(board.advance(600.0)), 600.0)
    force = np.array([one.values[0] for one in events if type(one) is Sample])
    spectrum = np.abs(np.fft.rfft(force - force.mean()))
    freq = np.fft.rfftfreq(force.size, 1 / 80)
    assert freq[spectrum.argmax()] * 60 == pytest.approx(9.0, abs=0.1)


def test_a_board_with_a_fast_clock_stamps_fast():
    board = VirtualBoard(quiet_truth(), ppm=2000)
    reader = LineReader()
    samples = [one for one in reader.feed(b"".join(board.advance(100.0)), 1.0) if type(one) is Sample]
    span = (samples[-1].t_us - samples[0].t_us) / 1e6
    assert span / (len(samples) - 1) == pytest.approx(1 / 80, rel=1e-5)
    assert len(samples) == pytest.approx(8016, abs=2)


def test_a_question_is_answered_with_the_header_and_p_gives_plain_numbers():
    board = VirtualBoard(seed=1)
    board.advance(1.0)
    board.receive(b"?")
    assert b"".join(board.advance(0.02)).startswith(b"H,1,fw=virtual")
    board.receive(b"p")
    assert all(re.fullmatch(rb"-?\d+\r\n", line) for line in board.advance(1.0))


def test_simulated_time_passes_no_faster_than_the_speed():
    clock = SimulatedClock(speed=20.0)
    source = VirtualSource(VirtualBoard(seed=1), clock)
    began = time.monotonic()
    while clock.us() < 4_000_000:
        source.get(0.1)
    assert time.monotonic() - began >= 0.19
    with pytest.raises(ValueError, match="speed must be above 0"):
        SimulatedClock(0.0)


# ---- ports -------------------------------------------------------------------------------------


def test_a_device_is_known_by_serial_number_on_any_port():
    moved = Device("/dev/ttyACM3", "Arduino Uno", 0x2341, 0x0043, "A1B2")
    twin = Device("/dev/ttyACM0", "Arduino Uno", 0x2341, 0x0043, "ZZZZ")
    assert find_port(UNO, ports=lambda: (twin, moved)) == "/dev/ttyACM3"
    assert find_port(UNO, ports=lambda: (twin,)) is None


def test_without_serial_number_one_of_a_kind_is_taken_and_two_are_not_guessed():
    clone = Device("/dev/ttyUSB0", "CH340", 0x1A86, 0x7523)
    moved = Device("/dev/ttyUSB1", "CH340", 0x1A86, 0x7523)
    other = Device("/dev/ttyUSB2", "CH340", 0x1A86, 0x7523)
    assert find_port(clone, ports=lambda: (moved,)) == "/dev/ttyUSB1"
    assert find_port(clone, ports=lambda: (moved, other)) is None
    assert find_port(clone, ports=lambda: (clone, other)) == "/dev/ttyUSB0"


def test_a_port_by_url_keeps_its_name():
    assert find_port(Device("socket://host:1"), ports=tuple) == "socket://host:1"


def test_likely_boards_come_first(monkeypatch):
    from serial.tools import list_ports as listing
    from serial.tools.list_ports_common import ListPortInfo

    def port(name, vid):
        one = ListPortInfo(name)
        one.vid, one.pid = vid, 1 if vid else None
        return one

    monkeypatch.setattr(listing, "comports", lambda: [port("/dev/ttyS0", None), port("/dev/ttyZ9", 0x2341)])
    found = list_ports()
    assert [one.port for one in found] == ["/dev/ttyZ9", "/dev/ttyS0"]
    assert [one.is_likely_board for one in found] == [True, False]


def test_a_missing_port_says_which_there_are():
    with pytest.raises(NoSuchInput, match=re.escape("no port '/dev/ttyNONE' that can be opened")):
        open_port("/dev/ttyNONE")


@pytest.mark.parametrize(
    ("number", "kind", "words"),
    [
        (errno.EACCES, NoSuchInput, "may not be opened by this user"),
        (errno.EBUSY, PortBusy, "in use by another"),
    ],
)
def test_a_refused_port_comes_with_the_remedy(monkeypatch, number, kind, words):
    import serial

    def refuse(*_, **__):
        raise serial.SerialException(number, "could not open port")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(kind, match=words):
        open_port("/dev/ttyACM0")


@pytest.mark.parametrize(
    ("platform", "word"), [("linux", "dialout"), ("darwin", "cu."), ("win32", "device manager")]
)
def test_the_remedy_fits_the_system(platform, word):
    assert word in permission_remedy(platform)


def test_loop_url_gives_back_what_is_written():
    port = open_port("loop://")
    try:
        port.write(b"hello")
        assert port.read() == b"hello"
    finally:
        port.close()


def test_a_socket_is_read_in_chunks_and_its_end_is_a_lost_port():
    server = socket.create_server(("127.0.0.1", 0))
    name = f"socket://127.0.0.1:{server.getsockname()[1]}"
    sent = b"".join(VirtualBoard(seed=1).advance(5.0))

    def serve():
        connection, _ = server.accept()
        connection.recv(1)
        connection.sendall(sent)
        time.sleep(0.2)
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    port = open_port(name)
    port.write(b"?")
    got, n_reads = b"", 0
    with pytest.raises(PortLost, match="stopped answering"):
        while True:
            got += port.read()
            n_reads += 1
    thread.join()
    server.close()
    port.close()
    assert got == sent
    assert n_reads < 100  # not byte by byte


@needs_pty
def test_two_programs_on_one_port_are_refused():
    board = PtyBoard(VirtualBoard(seed=1))
    try:
        first = open_port(board.name)
        with pytest.raises(PortBusy, match="in use by another program"):
            open_port(board.name)
        first.close()
        open_port(board.name).close()
    finally:
        board.close()


@needs_pty
def test_every_byte_that_was_sent_is_read_in_order():
    board = PtyBoard(VirtualBoard(quiet_truth(), seed=1), speed=10)
    clock = MonotonicClock()
    reader = PortReader(open_port(board.name), clock_us=clock.us)
    try:
        lines = LineReader()
        samples, until = [], time.monotonic() + 1.5
        while time.monotonic() < until:
            chunk = reader.get(0.1)
            if chunk is not None:
                samples += [one for one in lines.feed(chunk.data, chunk.host_us / 1e6) if type(one) is Sample]
    finally:
        reader.close()
        board.close()
    seqs = [one.seq for one in samples]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert len(seqs) > 800
    assert lines.counts.damaged.total() == 0


@needs_pty
def test_a_pulled_cable_is_noticed_and_the_device_found_again(tmp_path):
    link = tmp_path / "ttyBOARD"
    board = PtyBoard(VirtualBoard(quiet_truth(), seed=1), link=str(link))
    clock = MonotonicClock()
    reader = PortReader(open_port(str(link)), clock_us=clock.us)
    chunks = []
    try:
        wait_for(lambda: any(one.data for one in _drain(reader, chunks)))
        board.pull()
        wait_for(lambda: any(one.news == "lost" for one in _drain(reader, chunks)))
        board.plug()
        wait_for(lambda: any(one.news == "found" for one in _drain(reader, chunks)))
        n_before = len(chunks)
        wait_for(lambda: any(one.data for one in _drain(reader, chunks)[n_before:]))
    finally:
        reader.close()
        board.close()


def _drain(reader, into):
    """What has come; bounded, for a board at 80 samples a second always has more."""
    for _ in range(20):
        chunk = reader.get(0.02)
        if chunk is None:
            break
        into.append(chunk)
    return into


@needs_pty
def test_a_device_that_comes_back_is_read_at_its_own_baud_rate(tmp_path, monkeypatch):
    link = str(tmp_path / "ttyBOARD")
    board = PtyBoard(VirtualBoard(seed=1), link=link)
    opened = []
    real = ports.open_port
    monkeypatch.setattr(ports, "open_port", lambda name, **how: opened.append(how) or real(name, **how))
    reader = PortReader(real(link, baudrate=57600), clock_us=MonotonicClock().us)
    try:
        board.pull()
        wait_for(lambda: (chunk := reader.get(0.05)) is not None and chunk.news == "lost")
        board.plug()
        wait_for(lambda: (chunk := reader.get(0.05)) is not None and chunk.news == "found")
    finally:
        reader.close()
        board.close()
    assert opened and all(how == {"baudrate": 57600} for how in opened)


def test_a_device_that_stays_away_is_given_up_after_a_while():
    class Gone:
        device = Device("gone")

        def read(self):
            raise PortLost("gone", 1.0)

        def close(self):
            pass

    reader = PortReader(Gone(), clock_us=MonotonicClock().us, reopen=lambda device: None, patience=0.1)
    try:
        news = []
        wait_for(lambda: [one.news for one in _drain(reader, news)] == ["lost", "given up"])
    finally:
        reader.close()


# ---- greeting ----------------------------------------------------------------------------------


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


# ---- monitor and live view ---------------------------------------------------------------------


def fed_monitor(seconds=30.0, **truth):
    board = VirtualBoard(Truth(**truth), seed=1)
    board.set_stage("hand")
    monitor = Monitor(LineReader, scale=Scale(board.truth.counts_per_gram, board.truth.zero_counts))
    for k in range(round(seconds / 0.05)):
        monitor.take(Chunk(round((k + 1) * 5e4), b"".join(board.advance(0.05))))
    return monitor


def test_the_monitor_knows_force_rate_and_counts():
    monitor = fed_monitor()
    assert monitor.force_g == pytest.approx(5.0, abs=0.6)
    assert monitor.fs == pytest.approx(80.0, rel=0.01)
    counts = monitor.counts()
    assert counts["samples"] == pytest.approx(2400, abs=2)
    assert counts["missing"] == counts["damaged"] == counts["resets"] == 0


def test_the_monitor_forgets_what_is_older_than_a_minute():
    monitor = fed_monitor(seconds=200.0)
    assert monitor.n_samples > 15_000
    assert len(monitor.recent) <= 65 * 80


def test_too_much_force_is_told_at_the_first_sample_and_not_at_each():
    heard = []
    monitor = Monitor(LineReader, scale=Scale(4200.0, 84213.0), max_force_g=30.0, on_force=heard.append)
    board = VirtualBoard(Truth(force_g=40.0), seed=1)
    for k in range(100):
        if k == 40:
            board.set_stage("hand")
        before = len(heard)
        monitor.take(Chunk((k + 1) * 50_000, b"".join(board.advance(0.05))))
        if k == 40:
            assert len(heard) == before + 1
    assert 1 <= len(heard) <= 2
    assert heard[0] > 30


def test_a_replugged_device_is_read_afresh_and_its_losses_are_kept():
    monitor = fed_monitor(seconds=5.0)
    monitor.take(Chunk(6_000_000, news="lost"))
    assert not monitor.is_connected
    monitor.take(Chunk(7_000_000, news="found"))
    board = VirtualBoard(seed=2)
    monitor.take(Chunk(8_000_000, b"".join(board.advance(1.0))))
    assert monitor.is_connected
    assert monitor.counts()["samples"] == pytest.approx(480, abs=2)
    assert monitor.counts()["damaged"] <= 1


def test_the_causal_filter_is_as_late_as_it_says():
    band = CausalBand()
    t = np.arange(0, 400, 1 / 8)
    burst = np.sin(2 * np.pi * np.sqrt(0.1 * 0.2) * t) * np.exp(-(((t - 150) / 40) ** 2))
    out = np.array([band.feed(v) for v in burst])
    middle = [np.sum(t * x**2) / np.sum(x**2) for x in (burst, out)]
    assert middle[1] - middle[0] == pytest.approx(band.delay, abs=0.1)
    assert np.abs(out).max() == pytest.approx(1.0, abs=0.02)


def test_the_text_view_says_force_target_loss_and_delay():
    view = LiveView(fed_monitor())
    frame = text_frame(view, width=100)
    assert re.search(r"force +\d\.\d\d g +on target", frame)
    assert "lost 0.00 %" in frame
    assert "causal: 4.5 s behind" in frame
    assert "last byte" in frame
    assert all(len(line) <= 100 for line in frame.splitlines())


def test_the_text_view_says_no_contact_and_saturation():
    monitor = fed_monitor(force_g=0.0)
    monitor.n_saturated = 3
    frame = text_frame(LiveView(monitor))
    assert "no contact" in frame
    assert "SATURATED: 3 samples" in frame


def test_an_empty_view_is_no_fault():
    assert "force" in text_frame(LiveView(Monitor(LineReader)))


def test_the_window_draws_what_the_text_says():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5))
    FigureCanvasAgg(figure)
    view = LiveView(fed_monitor())
    window = LiveWindow(view, figure)
    before = np.asarray(figure.canvas.buffer_rgba()).copy()
    window.draw_frame()
    after = np.asarray(figure.canvas.buffer_rgba())
    assert (before != after).any()
    x, y = window._force.get_data()
    assert x[-1] == 0 and x[0] >= -31
    assert np.median(y) == pytest.approx(5.0, abs=0.3)


# ---- keys --------------------------------------------------------------------------------------


@needs_pty
def test_keys_come_at_once_and_the_terminal_is_left_as_it_was():
    import pty
    import termios

    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    keys = []
    with KeyListener(keys.append, slave):
        os.write(master, b" x")
        wait_for(lambda: keys == [" ", "x"])
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


@needs_pty
def test_the_latency_of_keys_is_measured():
    assert 0 < measure_key_latency(10) < 1000


# ---- calibration -------------------------------------------------------------------------------


def weights(slope, zero, noise=0.0, back=0.0, rng=None):
    rng = rng or np.random.default_rng(1)
    up = [WeightReading(m, zero + slope * m + noise * rng.normal(), "up") for m in (0, 2, 5, 10, 20)]
    down = [
        WeightReading(m, zero + slope * m + back + noise * rng.normal(), "down") for m in (20, 10, 5, 2, 0)
    ]
    return up + down


def test_a_calibration_finds_the_line_and_the_hysteresis():
    line = fit_calibration(weights(420.0, 8000.0, back=4.2))
    assert line.counts_per_gram == pytest.approx(420.0, rel=1e-9)
    assert line.zero_counts == pytest.approx(8002.1)
    assert line.hysteresis_mg == pytest.approx(10.0)


def test_the_uncertainty_at_5_g_covers_the_truth_in_95_of_100():
    rng = np.random.default_rng(3)
    n = 600
    inside = 0
    for _ in range(n):
        line = fit_calibration(weights(420.0, 8000.0, noise=8.0, rng=rng))
        read = (8000.0 + 5 * 420.0 - line.zero_counts) / line.counts_per_gram
        inside += abs(read - 5.0) * 1e3 <= line.u95_mg
    assert 0.92 <= inside / n <= 0.98  # binomial 99.9 % range around .95 for 600


def test_the_uncertainty_at_5_g_is_that_of_a_regression_line_there():
    rows = weights(420.0, 8000.0, noise=8.0)
    mass = np.array([one.mass_g for one in rows]) - 5.0
    line = scipy.stats.linregress(mass, [one.counts for one in rows])
    expected = scipy.stats.t.ppf(0.975, len(rows) - 2) * line.intercept_stderr / line.slope
    assert fit_calibration(rows).u95_mg == pytest.approx(1e3 * expected, rel=1e-9)


def test_the_masses_own_uncertainty_is_carried_to_5_g():
    exact = fit_calibration(weights(420.0, 8000.0))
    coins = fit_calibration(weights(420.0, 8000.0), mass_u95_mg=100.0)
    assert exact.u95_mg < 1e-6
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(2000):  # masses wrong by 50 mg SD, the same going up and down
        wrong = dict(zip((0, 2, 5, 10, 20), [0.0, *(0.05 / 0.98 * rng.normal(size=4))], strict=True))
        rows = [WeightReading(m, 8000 + 420 * (m + wrong[m]), way) for way in ("up", "down") for m in wrong]
        line = fit_calibration(rows)
        errors.append((8000 + 420 * 5.0 - line.zero_counts) / line.counts_per_gram - 5.0)
    assert coins.u95_mg == pytest.approx(1.96 * 1e3 * np.std(errors), rel=0.06)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([WeightReading(0, 1.0), WeightReading(5, 2.0)], "at least three readings"),
        ([WeightReading(5, 1.0)] * 4, "of two different masses"),
        ([WeightReading(m, c) for m, c in ((0, 5.0), (5, 1.0), (10, 6.0))], "must follow the masses"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        fit_calibration(rows)


@pytest.mark.parametrize(
    "stored", [{}, {"counts_per_gram": "x", "zero_counts": 0}, {"counts_per_gram": 0, "zero_counts": 0}]
)
def test_a_stored_calibration_without_a_line_is_refused(stored):
    with pytest.raises(ValueError, match="counts_per_gram"):
        scale_of(stored)


# ---- qualification -----------------------------------------------------------------------------------


def untouched(seconds=150, fs=80.0, noise=60.0, seed=1):
    return 84213 + noise * np.random.default_rng(seed).normal(size=round(seconds * fs))


def grades(qualification):
    return {one.name: one.grade for one in qualification.findings}


def test_a_good_device_is_fit():
    qualification = check_device(untouched(), fs=80.0, counts_per_gram=4200.0, declared_fs=80.0)
    assert qualification.verdict == "fit"
    assert qualification.findings[2].value == pytest.approx(1e3 * 60 / 4200, rel=0.03)


def test_an_apparatus_with_a_rhythm_of_its_own_is_not_fit():
    t = np.arange(150 * 80) / 80
    qualification = check_device(
        untouched() + 200 * np.sin(2 * np.pi * 0.14 * t), fs=80.0, counts_per_gram=4200.0
    )
    assert grades(qualification)["own rhythm"] == "bad"
    assert qualification.verdict == "not fit"


@pytest.mark.parametrize(
    ("changes", "name", "grade"),
    [
        ({"n_missing": 120}, "loss", "bad"),
        ({"n_missing": 10}, "loss", "limit"),
        ({"fs": 8.0}, "rate", "bad"),
        ({"declared_fs": 92.0}, "rate", "limit"),
        ({"timing": "host"}, "rate", "limit"),
        ({"limits": (84000.0, 84250.0)}, "saturation", "bad"),
        ({"presses": [1.0, 1.01, 5.0]}, "button", "limit"),
        ({"presses": [1.0, 3.0, 5.0]}, "button", "good"),
        ({"counts_per_gram": None}, "noise", "limit"),
        ({"counts_per_gram": 100.0}, "noise", "bad"),
    ],
)
def test_each_fault_is_graded(changes, name, grade):
    facts = {"fs": 80.0, "counts_per_gram": 4200.0} | changes
    assert grades(check_device(untouched(seconds=14), **facts))[name] == grade


def test_a_flat_line_is_not_fit():
    assert grades(check_device(np.full(12000, 5.0), fs=80.0))["noise"] == "bad"


def test_drift_is_named_with_its_slope():
    x = untouched() + 4200 * np.arange(12000) / 80 / 60  # 1 g per minute
    found = {one.name: one for one in check_device(x, fs=80.0, counts_per_gram=4200.0).findings}
    assert found["drift"].grade == "bad"
    assert found["drift"].value == pytest.approx(1000.0, rel=0.01)


# ---- codes and consent -------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["S01", "ABC123", "07", "ex104"])
def test_plain_codes_are_taken(code):
    assert check_code(code, "subject") == code


@pytest.mark.parametrize("code", ["", "Anna", "JD", "S1", "ABCD12", "S-01", "AB190580", "19800519", "S 01"])
def test_codes_that_tell_of_a_person_are_refused(code):
    with pytest.raises(ValueError, match="the subject code must"):
        check_code(code, "subject")


def test_codes_are_handed_out_without_reusing_one():
    assert next_code("S", []) == "S01"
    assert next_code("S", ["S01", "S09", "E12"]) == "S10"
    assert next_code("", ["01", "02"]) == "03"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_with_a_person_in_it_needs_consent(kind):
    both = {who: Consent(who, ("record",)) for who in ("subject", "examiner")}
    check_consent(KINDS[kind], both)
    if KINDS[kind].has_examiner:
        with pytest.raises(ValueError, match="consent to be recorded is needed"):
            check_consent(KINDS[kind], {})
    else:
        check_consent(KINDS[kind], {})


def test_consent_to_share_is_not_consent_to_record():
    with pytest.raises(ValueError, match="the subject's consent to be recorded"):
        check_consent(KINDS["palpation"], {"subject": Consent("subject", read_covers("share"))})
    with pytest.raises(ValueError, match="got 'yes'"):
        read_covers("yes")


def test_a_phantoms_hash_does_not_tell_its_rate():
    one, two = draw_phantom(), draw_phantom()
    assert hash_truth(one) != hash_truth(two)
    assert hash_truth({"rate_cpm": 8.0, "salt": "a"}) != hash_truth({"rate_cpm": 8.0, "salt": "b"})
    rates = [draw_phantom()["rate_cpm"] for _ in range(400)]
    still = sum(one is None for one in rates)
    inside = sum(one is not None and 6 <= one <= 12 for one in rates)
    assert 40 <= still <= 125 and 180 <= inside <= 300  # 5 standard deviations around .2 and .6


def test_unused_names_of_events_are_not_damaged():
    reader = LineReader()
    board = VirtualBoard(quiet_truth(), seed=1)
    stream = b"".join(board.advance(5.0))
    board.reset()
    stream += b"".join(board.advance(5.0))
    events = reader.feed(stream, 1.0) + reader.close()
    assert sum(isinstance(one, Reset) for one in events) == 1
    assert not [one for one in events if isinstance(one, Damaged)]
