"""What does a study of many sessions cost? Sessions per second, memory, resuming, and 100 000 sessions.

    python benchmarks/study_scale.py [--sizes 20 60] [--workers 1] [--duration 600] [--fs 80] [--copies 199]

Writes simulated studies of growing size, analyses each, then again from the kept rows, and fits a
straight line through the sizes: time and peak memory of 100 000 sessions are extrapolated from it.
Run one size at a time in a process of its own, so that peaks do not add up.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MANY = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--duration", type=float, default=600.0)
    parser.add_argument("--fs", type=float, default=80.0)
    parser.add_argument("--copies", type=int, default=199)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(one_size(args)))
        return
    rows = [measured(args, size) for size in args.sizes]
    print("sessions  first s  CPU s  again s  answers+page s  peak MB  sessions/s")
    for row in rows:
        print(
            f"{row['n']:8d} {row['first']:8.1f} {row['cpu']:6.1f} {row['again']:8.2f} {row['page']:15.2f}"
            f" {row['peak_mb']:8.0f} {row['n'] / row['first']:11.2f}"
        )
    if len(rows) > 1:
        for name, unit in (("first", "s"), ("again", "s"), ("peak_mb", "MB")):
            slope, start = line([row["n"] for row in rows], [row[name] for row in rows])
            print(
                f"{name}: {start:.3g} + {slope:.3g} a session; {MANY} sessions: {start + slope * MANY:.4g} {unit}"
            )


def measured(args: argparse.Namespace, size: int) -> dict[str, float]:
    words = [sys.executable, __file__, "--one", str(size), "--workers", str(args.workers)]
    words += ["--duration", str(args.duration), "--fs", str(args.fs), "--copies", str(args.copies)]
    return json.loads(
        subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    )


def one_size(args: argparse.Namespace) -> dict[str, float]:
    from touchrhythm.report.study_files import write_study
    from touchrhythm.settings import Settings
    from touchrhythm.simulate.study import StudyDesign, simulate_study, write_study_sessions
    from touchrhythm.study.run import analyze_study

    settings = Settings(n_copies=args.copies)
    subjects = -(-args.one // 4)
    design = StudyDesign(
        n_therapists=4,
        n_subjects=subjects,
        followed=0.6,
        with_rhythm=0.8,
        duration_s=args.duration,
        fs=args.fs,
    )
    with tempfile.TemporaryDirectory() as place:
        write_study_sessions(simulate_study(design, rng=1), place)
        out = Path(place) / "derivatives" / "touchrhythm"
        began, cpu = time.perf_counter(), cpu_seconds()
        with pool(args.workers) as executor:
            analyze_study(place, settings, out=out, executor=executor)
        first, cpu = time.perf_counter() - began, cpu_seconds() - cpu
        began = time.perf_counter()
        found = analyze_study(place, settings, out=out)
        again = time.perf_counter() - began
        began = time.perf_counter()
        write_study(found)
        page = time.perf_counter() - began
        assert found.n_resumed == len(found.rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"n": len(found.rows), "first": first, "cpu": cpu, "again": again, "page": page, "peak_mb": peak}


def cpu_seconds() -> float:
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def pool(workers: int):
    if workers == 1:
        import contextlib

        return contextlib.nullcontext(None)
    return concurrent.futures.ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def line(x: list[int], y: list[float]) -> tuple[float, float]:
    """Slope and start of the least-squares line."""
    import numpy as np

    slope, start = np.polyfit(x, y, 1)
    return float(slope), float(start)


if __name__ == "__main__":
    main()
