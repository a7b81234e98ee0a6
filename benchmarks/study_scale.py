"""What does a study of many sessions cost, in a pool and on Dask, after a kill, and for 100 000 sessions?

    python benchmarks/study_scale.py [--sizes 100 1000] [--workers 2] [--duration 600] [--fs 80] [--surrogates 199] [--pool-only]

For each size a simulated study is written (4 therapists, six of ten sessions followed); then, each in processes of
its own: all of it in a pool of processes, with tables and study page; again from the kept rows; a run that is killed
by SIGKILL, workers and all, after about a third, and taken up again; and the same on a local Dask cluster with as
many workers of one thread. A straight line through the sizes is drawn on to 100 000 sessions. Simulating is not
counted, nor is starting the cluster. Writes ``results/study_scale.tsv``; needs Linux, and the extra "dask".
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results" / "study_scale.tsv"
MANY = 100_000
COLUMNS = (
    "sessions",
    "pool_s",
    "pool_cpu_s",
    "tables_and_page_s",
    "peak_main_MB",
    "peak_worker_MB",
    "again_s",
    "kept_at_kill",
    "killed_and_resumed_s",
    "dask_s",
    "dask_speed",
    "page_of_one_session_s",
    "page_MB",
)


def main() -> None:
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    given = options()
    if given.job:
        print(json.dumps(JOBS[given.job](given)))
        return
    rows = [measured(given, size) for size in given.sizes]
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows({name: f"{value:.4g}" for name, value in row.items()} for row in rows)
        if len(rows) > 1:
            writer.writerow(extrapolated(rows))


def extrapolated(rows: list[dict[str, float]]) -> dict[str, str]:
    """A row for many sessions, each figure with the straight line that it lies on."""
    row = {"sessions": f"{MANY} (extrapolated)"}
    for name in ("pool_s", "pool_cpu_s", "tables_and_page_s", "peak_main_MB", "again_s"):
        slope, start = line([row["sessions"] for row in rows], [row[name] for row in rows])
        row[name] = f"{start + slope * MANY:.3g} ({start:.3g} + {slope:.3g} a session)"
    print("  ".join(f"{name} {value}" for name, value in row.items()))
    return row


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--duration", type=float, default=600.0)
    parser.add_argument("--fs", type=float, default=80.0)
    parser.add_argument("--surrogates", type=int, default=199)
    parser.add_argument("--pool-only", action="store_true", help="no kill and no Dask")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--study", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(given: argparse.Namespace, size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as place:
        study = Path(place) / "study"
        told(given, "make", study, size)
        row = {"sessions": size} | told(given, "pool", study, Path(place) / "pool")
        row |= told(given, "again", study, Path(place) / "pool")
        row |= told(given, "one", study, Path(place) / "one")
        if not given.pool_only:
            row |= killed(given, study, Path(place) / "killed", row["pool_s"] / 3)
            row |= told(given, "dask", study, Path(place) / "dask")
            row["dask_speed"] = row["pool_s"] / row["dask_s"]
    print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
    return row


def words(given: argparse.Namespace, job: str, study: Path, out: object) -> list[str]:
    numbers = ["--workers", given.workers, "--duration", given.duration, "--fs", given.fs]
    numbers += ["--surrogates", given.surrogates, "--job", job, "--study", study, "--out", out]
    return [sys.executable, __file__, *map(str, numbers)]


def told(given: argparse.Namespace, job: str, study: Path, out: object) -> dict[str, float]:
    done = subprocess.run(words(given, job, study, out), check=True, stdout=subprocess.PIPE, text=True)
    last = done.stdout.splitlines()[-1]
    print(job, last, file=sys.stderr, flush=True)
    return json.loads(last)


def killed(given: argparse.Namespace, study: Path, out: Path, seconds: float) -> dict[str, float]:
    """A run that is killed after so many seconds, and the one that goes on from there."""
    began = time.perf_counter()
    process = subprocess.Popen(
        words(given, "pool", study, out), stdout=subprocess.DEVNULL, start_new_session=True
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    first = time.perf_counter() - began
    kept = sum(1 for path in out.rglob("cache/**/*") if path.is_file())
    second = told(given, "pool", study, out)
    return {"kept_at_kill": kept, "killed_and_resumed_s": first + second["pool_s"]}


# -- what is done in a process of its own -------------------------------------------------------------------


def make(given: argparse.Namespace) -> dict[str, float]:
    from touchrhythm.simulate.study import StudyDesign, simulate_study, write_study_sessions

    size = int(given.out)
    design = StudyDesign(
        n_therapists=4,
        n_subjects=-(-size // 4),
        followed=0.6,
        with_rhythm=0.8,
        duration_s=given.duration,
        fs=given.fs,
    )
    numbered = zip(range(size), simulate_study(design, rng=1), strict=False)
    write_study_sessions((session for _, session in numbered), given.study)
    return {}


def in_pool(given: argparse.Namespace) -> dict[str, float]:
    with ProcessPoolExecutor(given.workers, mp_context=multiprocessing.get_context("spawn")) as executor:
        row = analysed(given, executor)
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    row["pool_cpu_s"] = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    row["peak_main_MB"], row["peak_worker_MB"] = own.ru_maxrss / 1024, others.ru_maxrss / 1024
    return row


def analysed(given: argparse.Namespace, executor: object) -> dict[str, float]:
    from touchrhythm.report.study.files import write_study
    from touchrhythm.settings import Settings
    from touchrhythm.study.run import analyze_study

    began = time.perf_counter()
    found = analyze_study(
        given.study, Settings(n_surrogates=given.surrogates), out=given.out, executor=executor
    )
    middle = time.perf_counter()
    page = write_study(found, given.out)
    end = time.perf_counter()
    return {
        "pool_s": end - began,
        "tables_and_page_s": end - middle,
        "page_MB": page.stat().st_size / 1e6,
    }


def again(given: argparse.Namespace) -> dict[str, float]:
    return {"again_s": analysed(given, None)["pool_s"]}


def one_page(given: argparse.Namespace) -> dict[str, float]:
    """Reading, analysis and page of one session, the second of two: the first loads what all need."""
    from touchrhythm import Settings, analyze, read_session, write_report

    best = 0.0
    for number, path in enumerate(sorted(Path(given.study).rglob("*_physio.tsv.gz"))[:2]):
        began = time.perf_counter()
        write_report(
            analyze(read_session(path), Settings(n_surrogates=given.surrogates), rng=0),
            f"{given.out}{number}.html",
        )
        best = time.perf_counter() - began
    return {"page_of_one_session_s": best}


def on_dask(given: argparse.Namespace) -> dict[str, float]:
    from distributed import Client, LocalCluster

    from touchrhythm.study.run import keep_freed_memory

    with (
        LocalCluster(
            n_workers=given.workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
        client.get_executor(pure=False) as executor,
    ):
        client.register_worker_callbacks(keep_freed_memory)  # as `touchrhythm study --scheduler` does
        return {"dask_s": analysed(given, executor)["pool_s"]}


JOBS = {"make": make, "pool": in_pool, "again": again, "one": one_page, "dask": on_dask}


def line(x: list[float], y: list[float]) -> tuple[float, float]:
    """Slope and start of the least-squares line."""
    import numpy as np

    slope, start = np.polyfit(x, y, 1)
    return float(slope), float(start)


if __name__ == "__main__":
    main()
