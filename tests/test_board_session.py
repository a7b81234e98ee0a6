"""A session from end to end: the real sketch in simavr, a port, `record` in a terminal, journal, seal, `analyze`.

Everything is that of `recordings/make_on_board.py`, only shorter. Without the tools the file is skipped
with the reason; where the environment says CI it fails instead.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from simulated_board import HZ, MISSING
from touchrhythm import read_session
from touchrhythm.cli import main
from touchrhythm.device.clock import fit_clock, unwrap_device_time
from touchrhythm.device.events import Sample
from touchrhythm.io.journal_decode import make_reader
from touchrhythm.io.journal_records import read_records
from touchrhythm.pulse.beats import find_beats

RECORDINGS = Path(__file__).parents[1] / "recordings"
SPEC = importlib.util.spec_from_file_location("make_on_board", RECORDINGS / "make_on_board.py")
made = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = made
SPEC.loader.exec_module(made)

pytestmark = pytest.mark.long

QUIET = made.RHYTHM | {"noise": "brown", "background_g": 0.01, "sensor_noise_g": 0.0005, "missed": 0.0}
TAKES = {
    "whole": made.Take(
        what="a rhythm, a belt, 81 samples a second, a clock that runs 2000 ppm too fast",
        seed=1,
        hand=QUIET | {"snr_db": 15.0, "breathing_cpm": 15.0, "references": True},
        margin_s=35.0,
        tapping_s=80.0,
        defines=("-DSENSOR=HX711", "-DSECOND_CHANNEL=BELT"),
        chip_per_s=81.04,
        ppm=2000.0,
        latency_ms=4.0,
    ),
    "pulled": made.Take(
        what="a cable that is pulled for 2.5 s, in a session too short for a rate",
        seed=2,
        hand=QUIET | {"rate_cpm": 11.0},
        margin_s=6.0,
        tapping_s=22.0,
        pulled=((47.0, 2.5),),
        latency_ms=4.0,
    ),
    "pulse": made.Take(
        what="a pulse sensor with an analogue output, as fast as the sketch goes by itself",
        seed=3,
        hand={"rate_cpm": 11.0, "height": 0.2, "heart_rate_bpm": 66.0, "snr_db": None, "tapper": "follow"},
        margin_s=6.0,
        tapping_s=22.0,
        defines=("-DSENSOR=PULSE_ANALOG",),
        latency_ms=4.0,
        signal="pulse",
        values_per_s=400.0,
    ),
}


@pytest.fixture(scope="module")
def sessions(tmp_path_factory):
    """Each take, recorded at the same time as the other."""
    if MISSING:
        pytest.fail(f"the simulated board is never skipped in CI, but there is no {', '.join(MISSING)}")

    folder = tmp_path_factory.mktemp("board")

    def one(name):
        work = folder / name
        work.mkdir()
        study = work / "study"
        truth, screen = made.run(TAKES[name], study, work)
        (file,) = study.glob("sub-*/**/*_physio.tsv.gz")
        (journal,) = study.rglob("journal.txt")
        return SimpleNamespace(
            study=study, file=file, journal=journal, truth=truth, screen=screen, work=work, take=TAKES[name]
        )

    with ThreadPoolExecutor(len(TAKES)) as pool:
        return dict(zip(TAKES, pool.map(one, TAKES), strict=True))


def samples_of(session):
    """What the journal holds: samples in order."""
    journal = read_records(session.journal)
    reader = make_reader(journal.header["format"])
    events = [one for part in journal.received for one in reader.feed(part.data, part.host_us / 1e6)]
    return [one for one in events if type(one) is Sample], reader


def true_conversions(session):
    """Time and value of each conversion of the chip, in true seconds since the board was switched on."""
    rows = [line.split(",") for line in (session.work / "truth.csv").read_text().splitlines()]
    hz = HZ * (1 + session.take.ppm * 1e-6)
    return np.array([[int(row[1]) / hz, int(row[2])] for row in rows if row[0] == "C"])


def test_every_sample_in_the_journal_is_the_conversion_of_its_number(sessions):
    session = sessions["whole"]
    samples, reader = samples_of(session)
    true = true_conversions(session)
    assert [one.seq for one in samples] == list(range(samples[0].seq, samples[-1].seq + 1))
    assert all(one.values[0] == true[one.seq, 1] for one in samples)
    assert len(samples) > 81 * 170 and not reader.counts.damaged


def test_the_sealed_force_is_the_waveform_that_was_fed_in(sessions):
    session = sessions["whole"]
    sealed = read_session(session.file).recording
    fed = np.loadtxt(session.work / "force.txt")
    at = session.truth["board"]["time_of_first_sample_s"] + np.arange(len(sealed.data)) / sealed.fs
    felt = (fed[(at * made.VALUES_PER_S).astype(int)] - made.ZERO_COUNTS) / made.COUNTS_PER_GRAM
    assert sealed.units[0] == "g" and sealed.fs == pytest.approx(81, abs=0.1)
    assert sealed.data.shape[0] / sealed.fs == pytest.approx(150.0, abs=2.0)
    off = sealed.channel("force") - felt
    assert not np.isnan(off).any()
    assert np.max(np.abs(off)) < 0.01  # one value of 12.5 ms aside, and between two
    assert abs(np.mean(off)) < 0.001  # the tare has found the zero that the calibration did not know
    belt = np.loadtxt(session.work / "belt.txt")[(at * made.VALUES_PER_S).astype(int)]
    assert np.corrcoef(sealed.channel("belt"), belt)[0, 1] > 0.999


def test_the_sealed_pulse_is_the_wave_that_was_fed_in_and_beats_as_it_did(sessions):
    session = sessions["pulse"]
    sealed = read_session(session.file).recording
    fed = np.loadtxt(
        session.work / "force.txt"
    )  # millivolt; the sketch sums eight readings of 1024 steps in 5 V
    at = session.truth["board"]["time_of_first_sample_s"] + np.arange(len(sealed.data)) / sealed.fs
    felt = fed[(at * session.take.values_per_s).astype(int)] * 8 * 1024 / 5000
    assert sealed.roles == ("pulse",) and sealed.fs == pytest.approx(200, abs=0.5)
    pulse = sealed.channel("pulse")
    known = ~np.isnan(pulse)  # where the line of a press was in the way, a sample is left out and counted
    assert known.mean() > 0.99
    assert np.corrcoef(pulse[known], felt[known])[0, 1] > 0.98  # the clock may be some milliseconds off
    assert abs(np.median((pulse - felt)[known])) < 20
    found = find_beats(pulse, fs=sealed.fs)
    true = np.array(session.truth["beat_s"])
    delay = np.median([found.time_s[np.argmin(np.abs(found.time_s - beat))] - beat for beat in true[2:-2]])
    assert 0.05 < delay < 0.25  # the upstroke comes behind the beat
    assert all(np.abs(found.time_s - beat - delay).min() < 0.05 for beat in true[2:-2])


@pytest.mark.parametrize("name", TAKES)
def test_presses_are_sealed_within_a_millisecond_and_the_clock_s_own_error(sessions, name):
    session = sessions[name]
    away = np.reshape(session.truth["cable_away_s"], (-1, 2))
    pressed = np.array(session.truth["press_s"])
    could = np.array([not ((away[:, 0] - 0.1 < one) & (one < away[:, 1] + 0.6)).any() for one in pressed])
    onset = read_session(session.file).taps[0].onset
    nearest = np.abs(onset[:, None] - pressed).min(axis=0)
    assert could.sum() >= 2 and len(onset) <= len(pressed)
    assert nearest[could].max() < 1e-3 + clock_error(session)


def clock_error(session):
    """Median delay that the maps leave, in seconds: what the clock says of itself."""
    journal = read_records(session.journal)
    lost = [mark.host_us / 1e6 for mark in journal.marks_of("port lost")]
    samples, _ = samples_of(session)
    edges, errors = [0.0, *lost, np.inf], []
    for begin, end in itertools.pairwise(edges):
        part = [sample for sample in samples if begin < sample.arrival <= end]
        host = [sample.arrival for sample in part]
        clock = fit_clock(unwrap_device_time([sample.t_us for sample in part], host), host)
        errors.append(float(np.median(clock.delay)))
    return max(errors)


def test_a_pulled_cable_is_a_gap_of_its_length_and_nothing_else(sessions):
    session = sessions["pulled"]
    sealed = read_session(session.file)
    missing = np.flatnonzero(np.isnan(sealed.recording.channel("force"))) / sealed.recording.fs
    ((begin, end),) = session.truth["cable_away_s"]
    assert begin - 0.1 < missing[0] and missing[-1] < end + 1.0  # found again within half a second or so
    assert np.all(np.diff(missing) < 1.5 / sealed.recording.fs)
    assert missing[-1] - missing[0] > end - begin - 0.2
    assert {"port lost", "port found"} <= {one.label for one in sealed.annotations}
    assert any("cable" in line for line in sealed.info["import_notes"])
    received = b"".join(part.data for part in read_records(session.journal).received)
    assert len(set(re.findall(rb"boot=\d+,", received))) == 2


def test_the_examiner_saw_neither_force_nor_clock_and_was_asked(sessions):
    screen = sessions["whole"].screen
    assert "START" in screen and "STOP" in screen and "How sure are you" in screen
    assert " g" not in screen.split("START")[1].split("STOP")[0]
    answers = read_session(sessions["whole"].file).info["answers"]
    assert answers == {"felt_nothing": False, "confidence": 80.0}


def analyzed(session, capsys):
    """What `analyze` prints as JSON, with no further word."""
    assert main(["analyze", str(session.file), "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["results"]
    return answer


def test_analyze_finds_the_rhythm_that_was_fed_in(sessions, capsys):
    answer = analyzed(sessions["whole"], capsys)
    assert answer["periodicity"]["pvalue"] <= 0.01
    assert (
        answer["rate"]["low_cpm"]
        <= sessions["whole"].truth["realised_rate_cpm"]
        <= answer["rate"]["high_cpm"]
    )
    assert [taps["rater"] for taps in answer["taps"]] == ["E01"]


def test_analyze_says_that_a_session_is_too_short(sessions, capsys):
    answer = analyzed(sessions["pulled"], capsys)
    assert answer["periodicity"] is None and "120 s" in answer["reason"]


@pytest.mark.parametrize("name", TAKES)
def test_recover_makes_the_same_recording_of_the_journal(sessions, name, tmp_path):
    session = sessions[name]
    (tmp_path / "journal.txt").write_bytes(session.journal.read_bytes())
    assert main(["recover", str(tmp_path / "journal.txt"), str(tmp_path / "again")]) == 0
    again = tmp_path / "again" / session.file.relative_to(session.study)
    assert again.read_bytes() == session.file.read_bytes()
