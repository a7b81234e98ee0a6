"""Which files does fuzzing begin with? Small real ones of every reader, made by the project's own writers or as others write.

- `make_corpus` : folder → a list of `Case`
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from corpus_binary import write_binary

from foreign_files import FILES
from tap_texts import COUNTS, TAPS
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
    words: tuple[str, ...] = ()  # of a command line, for the reader "command"; FOLDER and OUT are filled in
    weight: float = 1.0  # how often it is chosen


def make_corpus(root: Path) -> list[Case]:
    """Write the corpus below a folder."""
    session = simulate_session(
        duration_s=DURATION_S, rate_cpm=8.0, snr_db=3.0, fs=FS, breathing_cpm=14.0, references=True, rng=1
    )
    cases = [*_tables(root / "tables", session), *_bids(root / "bids", session), *_study(root / "study")]
    cases += _small(root / "small", session)
    return [*cases, *_foreign(root / "foreign"), *_binary(root / "binary"), *_commands(cases)]


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


def _foreign(folder: Path) -> list[Case]:
    """What other programs and people write: recordings, taps, counts, intervals between beats."""
    folder.mkdir(parents=True)
    cases = []
    for name, foreign in FILES.items():
        content = foreign.content
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        cases.append(Case(name, "session", folder, Path(name), weight=0.25))
    for reader, texts in (("taps", TAPS), ("counts", COUNTS)):
        for k, text in enumerate(texts):
            (folder / f"{reader}-{k}.csv").write_text(text, encoding="utf-8")
            cases.append(Case(f"{reader}-{k}", reader, folder, Path(f"{reader}-{k}.csv"), weight=0.25))
    beats = [850 + 50 * (k % 8) for k in range(150)]
    lists = {
        "rr.txt": "RR\n" + "\n".join(map(str, beats)),
        "rr_times.txt": "\n".join(f"{k * 0.9:.3f}\t{beat}" for k, beat in enumerate(beats)),
        "pulse_log.txt": "\n".join(f"S{512 + beat % 90}\nB72\nQ{beat}" for beat in beats),
        "pulse_rows.txt": "\n".join(f"72,{beat},{512 + beat % 90}" for beat in beats),
        "pulse_named.txt": "\n".join(f"IR={beat}, BPM=72.00, Avg BPM=70" for beat in beats),
    }
    for name, text in lists.items():
        (folder / name).write_text(text + "\n")
        cases.append(Case(name, "session", folder, Path(name)))
    return cases


def _binary(folder: Path) -> list[Case]:
    """Spreadsheets, arrays and the formats of other programs, as far as their libraries are there."""
    folder.mkdir(parents=True)
    write_binary(folder)
    return [Case(path.name, "session", folder, Path(path.name)) for path in sorted(folder.iterdir())]


def _commands(cases: list[Case]) -> list[Case]:
    """Whole commands on what the readers above read."""
    few = ("--surrogates", "19")
    lines: dict[str, tuple[tuple[str, ...], ...]] = {
        "comma.csv": (
            ("analyze", "FILE", *few, "--report", "OUT/page.html"),
            ("inspect", "FILE"),
            ("analyze", "FOLDER/arduino.log", "--reference-file", "FILE", "--reference-offset", "1", *few),
            ("convert", "FILE", "OUT/back.tsv"),
        ),
        "clock.csv": (("analyze", "FILE", "--json", *few),),
        "taps.csv": (("analyze", "FOLDER/a.csv", "--taps", "FILE", *few),),
        "counts.txt": (("analyze", "FOLDER/a.csv", "--counts", "FILE", *few),),
        "rates.csv": (("compare", "FILE", "--report", "OUT/page.html", "--table-out", "OUT/rows.tsv"),),
        "study.csv": (("study", "FILE", *few, "--pages"),),
        "plan.toml": (
            ("study", "FOLDER/study.csv", "--plan", "FILE", "--surrogates", "19"),
            ("simulate", "OUT/trial", "--study", "--plan", "FILE", "--subjects", "1", "--sessions", "1"),
        ),
        "options.json": (("record", "OUT", "--virtual", "--yes", "--study", "FILE", "--speed", "1000"),),
        "calibration.json": (("check", "--virtual", "--seconds", "30", "--calibration", "FILE"),),
        "journal": (
            ("recover", "FILE", "OUT/study"),
            ("watch", "FILE", "--once"),
            ("analyze", "FILE", *few),
            ("verify", "FOLDER", "--rederive"),
        ),
        "state": (
            ("verify", "FOLDER", "--rederive", "--json"),
            ("share", "FOLDER", "OUT/shared"),
            ("withdraw", "NUL01", "--yes", "--study", "FOLDER"),
            ("study", "FOLDER", *few, "--pages"),
        ),
        "sidecar in a study": (
            ("share", "FOLDER", "OUT/shared", "--recode", "OUT/codes.tsv", "--decimal-comma"),
            ("verify", "FOLDER", "--rederive"),
        ),
        "participants": (
            ("share", "FOLDER", "OUT/shared"),
            ("withdraw", "NUL01", "--yes", "--study", "FOLDER"),
            (
                "record",
                "FOLDER",
                "--virtual",
                "--yes",
                "--kind",
                "null",
                "--skip",
                "all",
                "--tap-minutes",
                "0.2",
            ),
        ),
    }
    return [
        Case(f"{case.name}: {words[0]}", "command", case.folder, case.file, words, weight=0.15)
        for case in cases
        for words in lines.get(case.name, ())
    ]
