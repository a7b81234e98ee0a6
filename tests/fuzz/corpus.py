"""Which files does fuzzing begin with? Small real ones of every reader, made by the project's own writers.

- `make_corpus` : folder → a list of `Case`
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchrhythm.cli import main
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.table_write import write_table, write_taps
from touchrhythm.planning.sealed_plan import Plan, seal_plan
from touchrhythm.settings import Settings
from touchrhythm.simulate.session import simulate_session

DURATION_S, FS = 130.0, 5.0


@dataclass(frozen=True)
class Case:
    """A file to damage, among the files it needs, and what reads it."""

    name: str
    reader: str
    folder: Path
    file: Path  # relative to the folder


def make_corpus(root: Path) -> list[Case]:
    """Write the corpus below a folder."""
    session = simulate_session(
        duration_s=DURATION_S, rate_cpm=8.0, snr_db=3.0, fs=FS, breathing_cpm=14.0, references=True, rng=1
    )
    cases = [*_tables(root / "tables", session), *_bids(root / "bids", session), *_study(root / "study")]
    return cases + _small(root / "small", session)


def _tables(folder: Path, session: object) -> list[Case]:
    folder.mkdir(parents=True)
    for name in ("comma.csv", "tab.tsv", "array.npy", "packed.csv.gz"):
        write_table(session, folder / name)
    write_table(session, folder / "decimal_comma.csv", decimal_comma=True)
    force = session.recording.data[:, 0]
    lines = {
        "serial.txt": [f"12:00:{k / FS:06.3f} -> {value:.3f}" for k, value in enumerate(force[:300])],
        "plain.txt": [f"{value:.3f}" for value in force],
        "arduino.log": [f"{k * 100},{value:.2f},{k % 7}" for k, value in enumerate(force)],
        "labchart.txt": [
            "Interval=\t0.2 s",
            "ExcelDateTime=\t4.4e4",
            "ChannelTitle=\tForce\tBelt",
            "Range=\t10 V\t10 V",
            *(f"{k / FS}\t{value}\t{value}" for k, value in enumerate(force)),
        ],
        "opensignals.txt": [
            "# OpenSignals Text File Format",
            '# {"00:07": {"sampling rate": 5, "column": ["nSeq", "I1", "A1"], "resolution": [4, 1, 10]}}',
            "# EndOfHeader",
            *(f"{k % 16}\t0\t{500 + int(value * 10)}" for k, value in enumerate(force)),
        ],
        "scanner.resp": ["1 2 40 280 " + " ".join(str(int(2000 + value * 50)) for value in force) + " 5003"],
        "clock.csv": [
            "time;force;belt",
            *(
                f"2026-03-01 10:{int(k / FS) // 60:02d}:{k / FS % 60:06.3f};{value:.3f};{value:.2f}"
                for k, value in enumerate(force)
            ),
        ],
    }
    for name, text in lines.items():
        (folder / name).write_text("\n".join(text) + "\n", encoding="utf-8")
    return [Case(path.name, "session", folder, Path(path.name)) for path in sorted(folder.iterdir())]


def _bids(folder: Path, session: object) -> list[Case]:
    physio = write_session(session, folder)
    plain = folder / "plain" / physio.name.removesuffix(".gz")
    plain.parent.mkdir()
    plain.write_bytes(gzip.decompress(physio.read_bytes()))
    for path in physio.parent.glob("*.*"):
        if not path.name.endswith(".gz"):
            (plain.parent / path.name).write_bytes(path.read_bytes())
    files = [path for path in sorted(folder.rglob("sub-*.*")) if path.is_file()]
    return [Case(path.name, "bids", folder, path.relative_to(folder)) for path in files]


def _study(folder: Path) -> list[Case]:
    words = [
        "record",
        folder,
        "--virtual",
        "--kind",
        "null",
        "--skip",
        "all",
        "--margin",
        "20",
        "--tap-minutes",
        "0.5",
    ]
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        assert main([str(word) for word in words]) == 0
    (journal,) = folder.rglob("journal.txt")
    state = journal.with_name("session.json").relative_to(folder)
    place = journal.relative_to(folder)
    (sidecar,) = folder.rglob("*_physio.json")
    return [
        Case("journal", "journal", folder, place),
        Case("journal to seal", "seal", folder, place),
        Case("journal in a study", "study", folder, place),
        Case("state", "study", folder, state),
        Case("seal", "verify", folder, state),
        Case("sidecar in a study", "study", folder, sidecar.relative_to(folder)),
        Case("participants", "convert", folder, Path("participants.tsv")),
    ]


def _small(folder: Path, session: object) -> list[Case]:
    folder.mkdir(parents=True)
    write_table(session, folder / "a.csv")
    write_taps(session, folder / "taps.csv")
    (folder / "counts.txt").write_text("T1: 27 cycles in 180 s from 0:30\n20 in 120 s\n")
    (folder / "taps_wide.txt").write_text(
        "T1\tT2\n" + "".join(f"{k * 7.5}\t{k * 7.4 + 1}\n" for k in range(18))
    )
    rates = [f"S{k},{rater},1,{7 + k / 10:.2f},{7.1 + k / 10:.2f}" for k in range(12) for rater in "AB"]
    (folder / "rates.csv").write_text(
        "subject,rater,session,rate_cpm,measured_cpm\n" + "\n".join(rates) + "\n"
    )
    row = "a.csv,S01,T1,1,palpation,taps.csv,10,8,no,0.5,8.1"
    (folder / "study.csv").write_text(
        f"file,subject,rater,session,kind,taps,fs,expected_cpm,felt_nothing,confidence,truth_cpm\n{row}\n"
    )
    seal_plan(folder / "plan.toml", Plan(settings=Settings()))
    options = {"schema_version": 1, "subject": "S01", "tap_minutes": [5], "consent": ["record"], "margin": 60}
    (folder / "options.json").write_text(json.dumps(options))
    calibration = {"schema_version": 1, "counts_per_gram": 4200.5, "zero_counts": 84213, "date": "2026-03-01"}
    (folder / "calibration.json").write_text(json.dumps(calibration))
    np.save(folder / "array.npy", np.zeros((30, 2)))
    readers = {
        "taps.csv": "taps",
        "taps_wide.txt": "taps",
        "counts.txt": "counts",
        "rates.csv": "rates",
        "study.csv": "study table",
        "plan.toml": "plan",
        "options.json": "options",
        "calibration.json": "calibration",
    }
    return [Case(name, reader, folder, Path(name)) for name, reader in readers.items()]


Reader = Callable[[Path, Path], object]
