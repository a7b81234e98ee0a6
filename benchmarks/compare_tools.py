"""touchrhythm beside what a researcher would otherwise pick, on the same recordings, in one run.

    pip install ".[benchmark]" && python benchmarks/compare_tools.py

Writes ``results/compare_tools.tsv`` and ``results/compare_tools.png``: CPU time and memory on two recordings,
how often each prints a rate inside 6–12 cycles per minute for noise that has no rhythm, and how far its rate is
from the realised one where there is a rhythm. Linux only (memory is read from /proc). About five minutes.
"""

import argparse
import csv
import importlib.metadata
from pathlib import Path

import numpy as np
from measure import in_fresh_process
from routes import ROUTES, answer

from touchrhythm import simulate_session

RESULTS = Path(__file__).resolve().parent / "results"
FS, DURATION = 50.0, 300.0
NOISES = (
    {"noise": "white"},
    {"noise": "pink"},
    {"noise": "brown"},
    {"noise": "pink", "breathing_cpm": 15.0, "breathing_level": 10.0},
)
PACKAGES = ("numpy", "scipy", "neurokit2", "biosppy", "mne", "astropy")


def force(seed, duration=DURATION, fs=FS, **truth):
    session = simulate_session(duration_s=duration, fs=fs, rng=np.random.default_rng(seed), **truth)
    return np.array(session.recording.data[:, 0]), session.info["truth"]["realised_rate_cpm"]


def noise_recordings(n):
    for kind, parts in enumerate(NOISES):
        for number in range(n):
            yield force([1, kind, number], rate_cpm=None, **parts)[0]


def rhythm_recordings(n):
    for number in range(n):
        rng = np.random.default_rng([2, number])
        cv = (0.0, 0.05, 0.1)[number % 3]
        yield force([3, number], rate_cpm=float(rng.uniform(6.8, 11.2)), snr_db=6.0, cv=cv)


def prepared(route, duration, fs):
    """A call to be measured: packages are loaded and have run once, the data are there."""
    answer(route, force(0, 200.0, 20.0)[0], 20.0)
    x, _ = force(1, duration, fs)
    return lambda: answer(route, x, fs)


def spoiled(route):
    """Words for what a route says to a constant, and to a good recording in which one sample is missing."""
    constant, _ = answer(route, np.full(int(FS * DURATION), 5.0), FS)
    x, truth = force(4, rate_cpm=8.0, snr_db=10.0)
    x[2000] = np.nan
    rate, _ = answer(route, x, FS)
    return (
        "no answer" if constant is None else f"{constant:.1f}",
        "no answer"
        if rate is None
        else f"{rate:.1f}" + (" (right)" if abs(rate - truth) < 0.3 else " (wrong)"),
    )


def compare(route, noises, rhythms):
    false_alarms = np.mean([answer(route, x, FS)[1] for x in noises])
    answers = [(answer(route, x, FS), truth) for x, truth in rhythms]
    errors = [abs(rate - truth) for (rate, _), truth in answers if rate is not None]
    short = in_fresh_process(prepared, route, 600.0, 100.0)
    long = in_fresh_process(prepared, route, 3600.0, 1000.0)
    constant, missing = spoiled(route)
    return {
        "tool": route,
        "cpu_s_10min_100Hz": f"{short[0]:.3f}",
        "memory_MB_10min_100Hz": f"{short[1]:.0f}",
        "cpu_s_1h_1kHz": f"{long[0]:.2f}",
        "memory_MB_1h_1kHz": f"{long[1]:.0f}",
        "rate_printed_for_noise_percent": f"{100 * false_alarms:.1f}",
        "rhythm_named_percent": f"{100 * np.mean([claims for (_, claims), _ in answers]):.1f}",
        "median_rate_error_cpm": f"{np.median(errors):.3f}",
        "largest_rate_error_cpm": f"{np.max(errors):.2f}",
        "constant_signal": constant,
        "one_sample_missing": missing,
    }


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = (
        ("rate_printed_for_noise_percent", "prints a rate for noise, %", False),
        ("median_rate_error_cpm", "median rate error, cpm", False),
        ("cpu_s_1h_1kHz", "CPU time, 1 h at 1 kHz, s", True),
        ("memory_MB_1h_1kHz", "memory beyond the data, MB", True),
    )
    names = [row["tool"] for row in rows][::-1]
    colours = ["#0072b2" if name == "touchrhythm" else "#b8bec4" for name in names]
    figure, axes = plt.subplots(1, len(panels), figsize=(11, 2.9), sharey=True, layout="constrained")
    for ax, (column, title, is_log) in zip(axes, panels, strict=True):
        values = [float(row[column]) for row in rows][::-1]
        bars = ax.barh(names, [max(value, 0.01) for value in values], color=colours)
        ax.bar_label(
            bars,
            [f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in values],
            padding=3,
            fontsize=9,
        )
        ax.set_title(title, fontsize=10)
        ax.set_xscale("log" if is_log else "linear")
        ax.margins(x=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recordings", type=int, default=60, help="noise recordings of each of four kinds")
    n = parser.parse_args().recordings
    noises, rhythms = list(noise_recordings(n)), list(rhythm_recordings(2 * n))
    rows = []
    for route in ROUTES:
        rows.append(compare(route, noises, rhythms))
        print(rows[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    with open(RESULTS / "compare_tools.tsv", "w", newline="", encoding="utf-8") as file:
        versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
        file.write(
            f"# {len(noises)} noise and {len(rhythms)} rhythm recordings of 5 min at 50 Hz; {versions}\n"
        )
        writer = csv.DictWriter(file, rows[0], delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    draw(rows, RESULTS / "compare_tools.png")


if __name__ == "__main__":
    main()
