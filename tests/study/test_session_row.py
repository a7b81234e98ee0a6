"""The row that a study keeps of a session: it says what the session's own page says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from touchrhythm.analysis.results import Analysis
from touchrhythm.io import opening
from touchrhythm.report.session.finding import elsewhere
from touchrhythm.session import Recording, Session, Taps
from touchrhythm.settings import Settings
from touchrhythm.simulate.signals import simulate_noise
from touchrhythm.study.find import SessionRef
from touchrhythm.study.rows import row_from_plain
from touchrhythm.study.session_row import packed, seed_of, session_row

FS = 10.0
TIME = np.arange(3000) / FS
QUICK = Settings(n_surrogates=19, n_bootstrap=50)
REF = SessionRef("a", "", "", "S01", "01", "palpation")


def test_the_strongest_rhythm_is_the_same_one_on_page_row_and_picture() -> None:
    """Under a falling background the larger swing stands out less than the smaller one above it."""
    slow, fast = 2.0 * np.cos(2 * np.pi * 3 / 60 * TIME), 0.5 * np.cos(2 * np.pi * 25 / 60 * TIME)
    x = 2.0 * simulate_noise(TIME.size, fs=FS, colour="brown", rng=1) + slow + fast
    kept: list[Analysis] = []
    session = Session(Recording(x, FS, ("force",), ("g",)))
    row = session_row(REF, QUICK, ("", ""), 1, packed(session), kept.append)
    beside = elsewhere(kept[0])
    assert beside is not None and kept[0].traces is not None
    larger = max(kept[0].peaks, key=lambda peak: peak.amplitude)
    assert 60 * beside.freq == pytest.approx(25, abs=0.1) and 60 * larger.freq == pytest.approx(3, abs=0.1)
    assert row["strongest_cpm"] == pytest.approx(60 * beside.freq) and row["strongest_place"] == "above"
    assert kept[0].traces.leak_freq == beside.freq


def test_a_recording_is_read_once_for_all_its_raters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = tmp_path / "force.csv"
    x = simulate_noise(TIME.size, fs=FS, rng=1) + np.cos(2 * np.pi * 8 / 60 * TIME)
    rows = [f"{time:.2f},{value:.4f}" for time, value in zip(100.0 + TIME, x, strict=True)]
    recording.write_text("time,force\n" + "\n".join(rows) + "\n")
    taps = []
    for number, rater in enumerate(("E01", "E02", "E03")):
        tapped = tmp_path / f"{rater}.csv"
        onset = 100.0 + np.arange(70, 230, 7.5) + number
        tapped.write_text("onset,rater\n" + "".join(f"{one},{rater}\n{one + 0.2},E09\n" for one in onset))
        taps.append((rater, str(tapped)))
    reads = []
    real = opening.open_table
    monkeypatch.setattr(
        opening, "open_table", lambda *given, **named: reads.append(given) or real(*given, **named)
    )
    ref = SessionRef("a", "", str(recording), "S01", "01", "palpation", taps=tuple(taps))
    row = session_row(ref, QUICK, ("", ""), 1)
    assert row["state"] == "analysed", row["reason"]
    assert [told["rater"] for told in row["taps"]] == ["E01", "E02", "E03"]
    assert [told["n_taps"] for told in row["taps"]] == [22, 22, 22]
    assert len(reads) == 1


def row_of(x: np.ndarray, belt: np.ndarray) -> dict[str, Any]:
    recording = Recording(np.column_stack([x, belt]), FS, ("force", "breathing"), ("g", "V"))
    return session_row(REF, QUICK, ("", ""), 1, packed(Session(recording)))


def test_the_row_holds_the_word_of_the_reference_that_decides() -> None:
    rng = np.random.default_rng(2)
    turn = (
        2
        * np.pi
        * np.cumsum(8 / 60 * (1 + 0.1 * simulate_noise(TIME.size, fs=FS, colour="brown", rng=3)))
        / FS
    )
    belt = np.cos(turn) + 0.1 * rng.standard_normal(TIME.size)
    noise = simulate_noise(TIME.size, fs=FS, rng=1)
    row = row_of(noise + 1.5 * np.cos(turn), belt)
    assert (row["found"], row["reference"], row["reference_verdict"]) == (True, "breathing", "explained")
    assert row["own_rate_cpm"] is None and row["made_by_tapping"] is None
    quiet = row_of(noise, belt)
    assert (quiet["found"], quiet["reference"], quiet["reference_verdict"]) == (False, "", "")


def test_the_row_holds_the_rate_of_a_rhythm_of_its_own() -> None:
    belt = np.cos(2 * np.pi * 11 / 60 * TIME) + 0.1 * np.random.default_rng(2).standard_normal(TIME.size)
    own = 1.5 * np.cos(2 * np.pi * 8 / 60 * TIME)
    row = row_of(simulate_noise(TIME.size, fs=FS, rng=1) + own, belt)
    assert (row["reference"], row["reference_verdict"]) == ("breathing", "own")
    assert row["own_low_cpm"] <= row["own_rate_cpm"] <= row["own_high_cpm"]
    assert row["own_rate_cpm"] == pytest.approx(8, abs=0.3)


def test_the_row_holds_what_its_word_does_not_rest_on() -> None:
    rhythm = simulate_noise(TIME.size, fs=FS, rng=1) + 1.5 * np.cos(2 * np.pi * 8.1 / 60 * TIME)
    belt = np.cos(2 * np.pi * 2.7 / 60 * TIME) + 0.1 * np.random.default_rng(3).standard_normal(TIME.size)
    third = row_of(rhythm, belt)
    assert (third["reference_verdict"], third["untried_multiple"]) == ("own", "3 × 2.7 = 8.1")
    assert third["reference_time_fraction"] == 1
    half = np.cos(2 * np.pi * 11 / 60 * TIME) + 0.1 * np.random.default_rng(3).standard_normal(TIME.size)
    half[0.5 * TIME[-1] < TIME] = np.nan
    part = row_of(rhythm, half)
    assert part["reference_verdict"] == "own" and part["untried_multiple"] == ""
    assert part["reference_time_fraction"] == pytest.approx(0.5, abs=0.02)
    assert row_from_plain(part).rests_on_part and not row_from_plain(third).rests_on_part


def test_the_row_says_that_the_tapping_made_the_rhythm() -> None:
    time = np.arange(6000) / FS
    onset = np.arange(150.0, 450.0, 7.5)
    pushed = sum(np.exp(-0.5 * ((time - one - 0.5) / 1.0) ** 2) for one in onset)
    x = 0.2 * simulate_noise(time.size, fs=FS, rng=1) + 2 * pushed
    session = Session(Recording(x, FS, ("force",), ("g",)), taps=(Taps(onset, "E01"),))
    row = session_row(REF, QUICK, ("", ""), 1, packed(session))
    assert row["found"] and row["made_by_tapping"] is True and row["made_by_tapping_pvalue"] <= 0.05


def test_the_seed_of_a_session_is_that_of_its_data_and_of_the_study() -> None:
    seeds = {seed_of(0, "a" * 64), seed_of(0, "b" * 64), seed_of(1, "a" * 64)}
    assert len(seeds) == 3 and all(0 <= seed < 2**63 for seed in seeds)
    assert seed_of(0, "a" * 64) == seed_of(0, "a" * 64)
