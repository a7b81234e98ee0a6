"""How long from a file to its answer, with touchrhythm and with what a researcher would otherwise pick?

    python benchmarks/from_file.py [--python VENV/bin/python] [--lengths 10min 1h 1h-fast 24h] [--repeat 2]

The same CSV (time and force; a followed rhythm beside breathing) is given to each tool in a process of its own.
CPU seconds and peak memory are those of the whole process, imports included, with linear algebra in one thread;
reading and answering also apart. touchrhythm tests against 999 surrogates and gives an interval; the others print a
rate (`routes.py`). `--python` is an interpreter that has pandas, polars, SciPy, NeuroKit2, BioSPPy, peakutils and MNE;
without it, tools that are not installed are left out. A tool that takes longer than `--timeout` seconds is stopped
and the row says so. All byte code is written first, as pip does for what it installs. Writes ``results/from_file.tsv``,
which names the kind of machine, and the table in the README; about ten minutes. Linux only.
"""

import argparse
import compileall
import csv
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "from_file.tsv"
README = HERE.parent / "README.md"
MARKS = "<!-- from_file -->\n", "<!-- end -->"
SHOWN = {
    "10min": "10 min at 80 Hz",
    "1h": "1 h at 100 Hz",
    "1h-fast": "1 h at 1 kHz",
    "24h": "24 h at 100 Hz",
}
LENGTHS = {
    "10min": (600.0, 80.0),
    "1h": (3600.0, 100.0),
    "1h-fast": (3600.0, 1000.0),
    "24h": (86400.0, 100.0),
}
# tool: who reads the file, and the route of routes.py that answers
TOOLS = {
    "touchrhythm": ("touchrhythm", ""),
    "pandas + SciPy": ("pandas", "SciPy decimate first"),
    "polars + SciPy": ("polars", "SciPy decimate first"),
    "pandas + NeuroKit2": ("pandas", "NeuroKit2 peaks"),
    "pandas + BioSPPy": ("pandas", "BioSPPy resp"),
    "pandas + MNE": ("pandas", "MNE multitaper"),
}
YARDSTICK = "pandas + SciPy"
LIBRARIES = ("numpy", "scipy", "pandas", "polars", "neurokit2", "biosppy", "mne")
COLUMNS = (
    "length",
    "tool",
    "cpu_s",
    "times_pandas_scipy",
    "wall_s",
    "reading_cpu_s",
    "answering_cpu_s",
    "peak_MB",
    "rate_cpm",
)
ROWS_WRITTEN_AT_ONCE = 1 << 18


def main():
    given = options()
    if given.job:
        print(json.dumps(job(*given.job)))
        return
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ[name] = "1"
    for folder in (HERE, HERE.parent / "src"):
        compileall.compile_dir(folder, quiet=1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for length in given.lengths:
            path = Path(folder) / f"{length}.csv"
            # in a process of its own: a child's peak memory counts from that of its parent
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                pool.apply(write_csv, (path, *LENGTHS[length]))
            rows += compared(given, length, path)
            path.unlink()
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        file.write(f"# {machine(given.python)}; best of {given.repeat}\n")
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
    into_readme(rows)


def into_readme(rows):
    """CPU seconds (of them reading) and peak memory, tool by length, in place of the table that is there."""
    cells = {(row["tool"], row["length"]): row for row in rows}
    lengths = list(dict.fromkeys(row["length"] for row in rows))
    lines = ["| | " + " | ".join(SHOWN[name] for name in lengths) + " |", "|---" * (1 + len(lengths)) + "|"]
    for tool in TOOLS:
        told = [cell(cells.get((tool, name))) for name in lengths]
        lines.append(f"| {'**touchrhythm**' if tool == 'touchrhythm' else tool} | " + " | ".join(told) + " |")
    text = README.read_text(encoding="utf-8")
    start = text.index(MARKS[0]) + len(MARKS[0])
    stop = text.index(MARKS[1], start)
    README.write_text(text[:start] + "\n".join(lines) + "\n" + text[stop:], encoding="utf-8")


def cell(row):
    if row is None:
        return "not installed"
    if row["cpu_s"] == "":
        return row["rate_cpm"]
    return f"{row['cpu_s']} s ({row['reading_cpu_s']}), {float(row['peak_MB']):.0f} MB"


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default=sys.executable, help="interpreter of the other tools")
    parser.add_argument("--lengths", nargs="+", choices=LENGTHS, default=list(LENGTHS))
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=120.0)
    parser.add_argument("--job", nargs=3, metavar=("TOOL", "FILE", "FS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def write_csv(path, duration, fs):
    """A column of seconds and one of grams, the first hour over and over."""
    import numpy as np

    from touchrhythm import simulate_session

    session = simulate_session(duration_s=min(duration, 3600.0), fs=fs, cv=0.05, breathing_cpm=15.0, rng=1)
    force = np.array(session.recording.data[:, 0])
    n = round(duration * fs)
    with path.open("w", encoding="ascii") as file:
        file.write("time_s,force_g\n")
        for start in range(0, n, ROWS_WRITTEN_AT_ONCE):
            at = np.arange(start, min(start + ROWS_WRITTEN_AT_ONCE, n))
            lines = zip((at / fs).tolist(), force[at % force.size].tolist(), strict=True)
            file.write("".join(f"{second:.4f},{grams:.4f}\n" for second, grams in lines))


def compared(given, length, path):
    """One row for each tool; the tools take turns, so that a busy machine is busy for all of them."""
    best = {}
    for _ in range(given.repeat):
        for tool in TOOLS:
            if best.get(tool, {}).get("cpu_s") == "":
                continue
            found = measured(given, tool, path, LENGTHS[length][1])
            if found and (tool not in best or found["cpu_s"] < best[tool]["cpu_s"]):
                best[tool] = found
    yardstick = best.get(YARDSTICK, {}).get("cpu_s")
    rows = []
    for tool, found in best.items():
        if yardstick and found["cpu_s"]:
            found["times_pandas_scipy"] = found["cpu_s"] / yardstick
        rows.append({"length": length, "tool": tool} | {name: shown(value) for name, value in found.items()})
        print(*(rows[-1].get(name, "") for name in COLUMNS), sep="\t", flush=True)
    return rows


def shown(value):
    return f"{value:.3g}" if isinstance(value, float) else value


def measured(given, tool, path, fs):
    """CPU, wall and memory of one process from start to end; nothing for a tool that is not installed."""
    python = sys.executable if tool == "touchrhythm" else given.python
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [python, __file__, "--job", tool, str(path), str(fs)], stdout=said, stderr=subprocess.DEVNULL
        )
        usage = waited(process, began + given.timeout)
        said.seek(0)
        lines = said.read().splitlines()
    if usage is None:
        return {"cpu_s": "", "rate_cpm": f"stopped after {given.timeout:.0f} s"}
    if not lines:
        return None
    return json.loads(lines[-1]) | {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": time.perf_counter() - began,
        "peak_MB": usage.ru_maxrss / 1024,
    }


def waited(process, until):
    """What the process used, or None where it had to be stopped."""
    while time.perf_counter() < until:
        pid, _, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = 0
            return usage
        time.sleep(0.01)
    process.kill()
    process.wait()
    return None


def machine(python):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}; "
        f"{versions(sys.executable, ('numpy', 'scipy'))}; beside it {versions(python, LIBRARIES)}; load at the end {load:.1f}"
    )


def versions(python, names):
    """Which of these distributions an interpreter has, with their versions."""
    code = (
        "import sys; from importlib.metadata import distributions\n"
        "found = {d.metadata['Name'].lower(): d.version for d in distributions()}\n"
        "print(', '.join(f'{n} {found[n]}' for n in sys.argv[1:] if n in found))"
    )
    return subprocess.run([python, "-c", code, *names], capture_output=True, text=True).stdout.strip()


# -- what is done in a process of its own -------------------------------------------------------------------


def job(tool, path, fs):
    reader, route = TOOLS[tool]
    start = time.process_time()
    data = READERS[reader](path)
    middle = time.process_time()
    rate = whole_answer(data) if tool == "touchrhythm" else plain_answer(route, data, float(fs))
    end = time.process_time()
    return {"reading_cpu_s": middle - start, "answering_cpu_s": end - middle, "rate_cpm": rate}


def read_touchrhythm(path):
    from touchrhythm import read_session

    return read_session(path)


def read_pandas(path):
    import pandas as pd

    return pd.read_csv(path)["force_g"].to_numpy()


def read_polars(path):
    import polars as pl

    return pl.read_csv(path)["force_g"].to_numpy()


READERS = {"touchrhythm": read_touchrhythm, "pandas": read_pandas, "polars": read_polars}


def whole_answer(session):
    from touchrhythm.analysis.recipe import analyze
    from touchrhythm.report.session.terminal import summary_lines

    analysis = analyze(session, rng=0)
    summary_lines(analysis)
    return analysis.rate.rate_cpm if analysis.rate else "none shown"


def plain_answer(route, x, fs):
    from routes import ROUTES

    rate, _ = ROUTES[route](x, fs)
    return float(rate) if rate is not None else "none"


if __name__ == "__main__":
    main()
