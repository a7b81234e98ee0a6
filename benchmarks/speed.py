"""How long does it take, and how much memory: python benchmarks/speed.py

Writes ``results/speed.tsv``: CPU seconds and peak memory beyond the data, each in a process of its own, with linear
algebra in one thread as the commands have it. Linux only (memory is read from /proc).
"""

import compileall
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import in_fresh_process

RESULTS = Path(__file__).resolve().parent / "results"
BAND = (0.1, 0.2)


def pink(duration, fs, seed=1):
    """Force of a hand with a pink background and breathing, made in pieces: a day at 100 Hz fits in memory."""
    from touchrhythm import simulate_session

    piece = simulate_session(duration_s=min(duration, 3600.0), fs=fs, breathing_cpm=15.0, rng=seed)
    x = np.array(piece.recording.data[:, 0])
    return np.tile(x, int(np.ceil(duration / 3600.0)))[: int(duration * fs)]


def without_surrogates(duration, fs):
    """Cuts, decimation, blocks, spectrum, fitted background, statistic: all but the surrogates."""
    from touchrhythm.rhythm.blocks import cut_into_blocks
    from touchrhythm.rhythm.likelihood_ratio import fit_spectrum
    from touchrhythm.signal.artifacts import apply_cuts, find_cuts

    def call(x, fs):
        y = apply_cuts(x, fs, find_cuts(x, fs))
        return fit_spectrum(cut_into_blocks(y, fs=fs, band=BAND))

    call(pink(300.0, 20.0), 20.0)
    x = pink(duration, fs)
    return lambda: call(x, fs)


def whole(duration, fs, tapper):
    from touchrhythm import analyze, simulate_session

    analyze(simulate_session(duration_s=200, fs=20.0, tapper=tapper, rng=1), rng=0)
    session = simulate_session(duration_s=duration, fs=fs, tapper=tapper, cv=0.1, rng=1)
    return lambda: analyze(session, rng=0)


def beside(duration, fs, references):
    """A session with a rhythm; where asked, with a breathing belt and a pulse wave beside the force."""
    from touchrhythm import analyze, simulate_session

    given = {"cv": 0.1, "breathing_cpm": 15.0, "pulse_cpm": 70.0, "references": references, "rng": 1}
    analyze(simulate_session(duration_s=200, fs=20.0, **given), rng=0)
    session = simulate_session(duration_s=duration, fs=fs, **given)
    return lambda: analyze(session, rng=0)


def report(duration, fs):
    from touchrhythm import analyze, simulate_session
    from touchrhythm.report.session.page import page_of

    analysis = analyze(simulate_session(duration_s=duration, fs=fs, tapper="follow", rng=1), rng=0)
    page_of(analysis)
    return lambda: page_of(analysis)


def command(*words):
    """Best wall seconds of five starts of a command, in a folder of its own."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, *words], check=True, capture_output=True, cwd=folder)
        best = min(best, time.perf_counter() - start)
    return best


JOBS = (
    ("without surrogates, 1 h at 1 kHz", without_surrogates, (3600.0, 1000.0)),
    ("without surrogates, 24 h at 100 Hz", without_surrogates, (86400.0, 100.0)),
    ("analyze, 10 min at 80 Hz, 999 surrogates, no taps", whole, (600.0, 80.0, None)),
    ("analyze, 10 min at 80 Hz, 999 surrogates, taps", whole, (600.0, 80.0, "follow")),
    ("analyze, 1 h at 1 kHz, 999 surrogates, no taps", whole, (3600.0, 1000.0, None)),
    ("session of a study: 10 min at 20 Hz, 999 surrogates, taps", whole, (600.0, 20.0, "follow")),
    ("10 min at 80 Hz, no references", beside, (600.0, 80.0, False)),
    ("10 min at 80 Hz, one breathing channel and one pulse channel more", beside, (600.0, 80.0, True)),
    ("report page, 10 min at 80 Hz", report, (600.0, 80.0)),
)


def main():
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    compileall.compile_dir(Path(__file__).resolve().parent.parent / "src", quiet=1)
    rows = [
        ("import touchrhythm", f"{command('-c', 'import touchrhythm'):.3f} (wall)", ""),
        ("touchrhythm demo, page included", f"{command('-m', 'touchrhythm', 'demo'):.3f} (wall)", ""),
        ("touchrhythm --help", f"{command('-m', 'touchrhythm', '--help'):.3f} (wall)", ""),
    ]
    for name, function, given in JOBS:
        cpu, memory = min(in_fresh_process(function, *given) for _ in range(3))
        rows.append((name, f"{cpu:.3f}", f"{memory:.0f}"))
        print(*rows[-1], sep="\t", flush=True)
    RESULTS.mkdir(exist_ok=True)
    with open(RESULTS / "speed.tsv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("what", "cpu_s", "memory_beyond_data_MB"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
