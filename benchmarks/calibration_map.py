"""Does 5 % mean 5 %? The rhythm test on recordings without a rhythm, family by family.

    python benchmarks/calibration_map.py run [--rounds 6] [--workers 1] [--minutes 5 2 30 10] [--only FAMILY ...]
    python benchmarks/calibration_map.py tell

`run` works through parts of 10 recordings of each family and length (5 of 10 min, 3 of 30 min), round by round
through all cells, appends one row per part to ``results/calibration_parts.tsv`` and skips the parts that are
there, so that it can be stopped at any time and taken up again. Each recording is tested with 39 surrogates, and
once more with 199 where fewer than a quarter of these reach it: shares at .2 and .5 are from the first, those at
.01, .05 and .1 from the second test (whoever has p <= .05 in truth has a quarter of 39 above once in 10,000
times), which takes a third of the time. `tell` adds the rounds that all cells have up to
``results/calibration_map.tsv`` and a picture, with two kinds of bounds from the binomial
distribution at the nominal level: family-wise ones (any of all cells of one kind outside: 5 %) and
plain 95 % ones. A result named as the harmonic of a slower rhythm is no claim of a rhythm and counts
as p = 1; recordings that get no answer are counted.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import scipy
from noise_families import BAND, FAMILIES, make_recording

from touchrhythm.rhythm.periodicity import periodicity_test

RESULTS = Path(__file__).parent / "results"
PARTS = RESULTS / "calibration_parts.tsv"
LEVELS = (0.01, 0.05, 0.1, 0.2, 0.5)
COUNTS = tuple(f"n_{level:g}" for level in LEVELS)
COLUMNS = ("family", "minutes", "part", "n", "refused", "harmonic", *COUNTS, "at_.01", "cpu_s")
PART = {2: 10, 5: 10, 10: 5, 30: 3}
LOOK, DECIDE = 39, 199  # surrogates


def run_part(task: tuple[str, int, int]) -> dict[str, object]:
    """Counts of one part: how many p-values are at or below each level."""
    family, minutes, part = task
    start, pvalues, refused, harmonic = time.process_time(), {}, 0, 0
    for number in range(part * PART[minutes], (part + 1) * PART[minutes]):
        x, fs = make_recording(family, minutes=minutes, number=number)
        try:
            look = decided = periodicity_test(x, fs=fs, band=BAND, rng=number, n_surrogates=LOOK)
            if look.n_exceed < LOOK / 4:
                decided = periodicity_test(x, fs=fs, band=BAND, rng=number, n_surrogates=DECIDE)
        except ValueError:
            refused += 1
            continue
        named = look.harmonic_of is not None
        harmonic += named
        pvalues[number] = (1.0, 1.0) if named else (look.pvalue, decided.pvalue)
    values = np.array(list(pvalues.values()))
    row = {"family": family, "minutes": minutes, "part": part, "n": len(values)}
    row |= {"refused": refused, "harmonic": harmonic}
    for name, level in zip(COUNTS, LEVELS, strict=True):
        row[name] = int((values[:, int(level <= 0.1)] <= level + 1e-12).sum()) if len(values) else 0
    row["at_.01"] = " ".join(str(k) for k, (_, p) in pvalues.items() if p <= 0.01 + 1e-12)
    return row | {"cpu_s": round(time.process_time() - start, 1)}


def list_tasks(rounds: int, lengths: list[int], families: list[str]) -> list[tuple[str, int, int]]:
    """Parts still to be made, round by round, so that all cells grow alike."""
    done = {(row["family"], int(row["minutes"]), int(row["part"])) for row in read_parts()}
    tasks = [(family, minutes, part) for part in range(rounds) for minutes in lengths for family in families]
    return [task for task in tasks if task not in done]


def read_parts() -> list[dict[str, str]]:
    if not PARTS.exists():
        return []
    with PARTS.open(newline="") as file:
        return [row for row in csv.DictReader(file, delimiter="\t") if row["family"] in FAMILIES]


def run(rounds: int, lengths: list[int], families: list[str], workers: int) -> None:
    tasks = list_tasks(rounds, lengths, families)
    RESULTS.mkdir(exist_ok=True)
    new = not PARTS.exists()
    with PARTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        if new:
            writer.writeheader()
        if workers == 1:
            rows = map(run_part, tasks)
        else:
            pool = ProcessPoolExecutor(workers)
            rows = pool.map(run_part, tasks)
        for row in rows:
            writer.writerow(row)
            file.flush()


def whole_rounds(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of the rounds of each length that all families have: a stopped run leaves the last one unfinished."""
    counts = Counter((row["minutes"], row["part"]) for row in rows)
    most = max(counts.values(), default=0)
    return [row for row in rows if counts[row["minutes"], row["part"]] == most]


def bounds(n: int, level: float, n_cells: int) -> tuple[int, int]:
    """Counts that a binomial count of `n` leaves in 5 % of all sets of `n_cells` cells, at most."""
    tail = 0.025 / n_cells
    binomial = scipy.stats.binom(n, level)
    return int(binomial.ppf(tail)), int(binomial.isf(tail))


def add_up(rows: list[dict[str, str]]) -> list[dict[str, object]]:
    """Sums over parts: each cell, each family, each length, and all."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        for key in (
            (row["family"], row["minutes"]),
            (row["family"], "all"),
            ("all", row["minutes"]),
            ("all", "all"),
        ):
            groups[key].append(row)
    table = []
    for (family, minutes), members in groups.items():
        sums = {
            name: sum(int(member[name]) for member in members)
            for name in ("n", "refused", "harmonic", *COUNTS)
        }
        table.append({"family": family, "minutes": minutes} | sums)
    order = [*FAMILIES, "all"]
    table.sort(
        key=lambda row: (
            order.index(row["family"]),
            row["minutes"] == "all",
            len(row["minutes"]),
            row["minutes"],
        )
    )
    kinds = defaultdict(int)
    for row in table:
        kinds[row["family"] == "all", row["minutes"] == "all"] += 1
    for row in table:
        n_cells = len(LEVELS) * kinds[row["family"] == "all", row["minutes"] == "all"]
        row["outside"] = " ".join(_outside(row, n_cells))
    return table


def _outside(row: dict[str, object], n_cells: int) -> list[str]:
    """Levels whose count is above (+) or below (-) the family-wise bounds."""
    found = []
    for name, level in zip(COUNTS, LEVELS, strict=True):
        low, high = bounds(row["n"], level, n_cells)
        if row[name] > high or row[name] < low:
            found.append(f"{level:g}{'+' if row[name] > high else '-'}")
    return found


def tell() -> None:
    table = add_up(whole_rounds(read_parts()))
    shares = [f"share_{level:g}" for level in LEVELS]
    with (RESULTS / "calibration_map.tsv").open("w", newline="") as file:
        file.write(
            f"# {DECIDE} surrogates at .01, .05 and .1, {LOOK} at .2 and .5; "
            f"numpy {np.__version__}, scipy {scipy.__version__}\n"
        )
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(
            ("family", "minutes", "n", "refused", "harmonic", *shares, "low_0.05", "high_0.05", "outside")
        )
        for row in table:
            n = row["n"]
            plain = (scipy.stats.binom(n, 0.05).ppf([0.025, 0.975]) / n).round(4)
            values = [f"{row[name] / n:.4f}" for name in COUNTS]
            writer.writerow(
                (
                    row["family"],
                    row["minutes"],
                    n,
                    row["refused"],
                    row["harmonic"],
                    *values,
                    *plain,
                    row["outside"],
                )
            )
            if "all" in (row["family"], row["minutes"]) or row["outside"]:
                print(f"{row['family']:30s} {row['minutes']:>4s} {n:6d}", *values, row["outside"])
    draw(table)


def draw(table: list[dict[str, object]]) -> None:
    """False alarms at 5 % of each family and length, with family-wise bounds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    cells = [row for row in table if row["family"] != "all" and row["minutes"] != "all"]
    fig, ax = plt.subplots(figsize=(8, 8.8), layout="constrained")
    names = list(FAMILIES)
    for marker, minutes in zip("osD^", ("2", "5", "10", "30"), strict=True):
        own = [row for row in cells if row["minutes"] == minutes]
        ax.plot(
            [100 * row["n_0.05"] / row["n"] for row in own],
            [names.index(row["family"]) for row in own],
            marker,
            alpha=0.7,
            label=f"{minutes} min ({max((row['n'] for row in own), default=0)} each)",
        )
    pooled = {row["family"]: row for row in table if row["minutes"] == "all"}
    for name in names:
        if name in pooled:
            n = pooled[name]["n"]
            low, high = bounds(n, 0.05, len(LEVELS) * len(names))
            ax.plot([100 * low / n, 100 * high / n], [names.index(name)] * 2, color="0.75", lw=6, zorder=0)
            ax.plot(100 * pooled[name]["n_0.05"] / n, names.index(name), "k|", ms=14, mew=2)
    ax.axvline(5, color="k", lw=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlim(0, None)
    ax.set_xlabel("recordings without a rhythm called rhythmic at the 5 % level, %")
    ax.set_title(
        "bars: family-wise bounds of all lengths together; strokes: all lengths together", fontsize=9
    )
    ax.legend(loc="lower right")
    fig.savefig(RESULTS / "calibration_map.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("run", "tell"))
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--minutes", type=int, nargs="+", choices=list(PART), default=[5, 2, 30, 10])
    parser.add_argument("--only", nargs="+", choices=list(FAMILIES), default=list(FAMILIES), metavar="FAMILY")
    given = parser.parse_args()
    if given.what == "run":
        run(given.rounds, given.minutes, given.only, given.workers)
    tell()


if __name__ == "__main__":
    main()
