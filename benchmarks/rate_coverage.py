"""Does the rate's interval hold the rate, and how wide need it be? Likewise the amplitude and the share of time.

    python benchmarks/rate_coverage.py rate [--count 60]
    python benchmarks/rate_coverage.py amplitude [--count 60]
    python benchmarks/rate_coverage.py share [--count 150]
    python benchmarks/rate_coverage.py tell

"rate": rhythms at 6.5-11.5 cpm of every strength and regularity, in three colours of noise, steady or
waxing and waning, of 2, 5 and 10 min; per cell the median error of the realised mean rate, how often the interval
holds it (among all, and among those in which a rhythm was found at 5 %), its median width, and that
width over the one of the best that can be done knowing the noise's spectrum, the rhythm's power and its
irregularity, but not its rate: of the fixed filters about the centre so found, the one with the
smallest 95 % quantile of its error over 300 simulated recordings.

"amplitude": the interval of the amplitude (root of twice the mean square of the rhythm added), and the
largest amplitude still compatible with the recording, which is to be no smaller than the true one in
95 % of recordings with a weak rhythm.

"share": fraction of the time in which noise stands out, beside its own null.

Rows are appended to ``results/rate_coverage.tsv``, ``amplitude_coverage.tsv``, ``share_coverage.tsv``;
cells that are there are skipped.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy
from noise_families import make_recording

from touchrhythm.rhythm import whittle
from touchrhythm.rhythm.background import component_dictionary
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import SpectralFit, fit_spectrum, null_surrogates
from touchrhythm.rhythm.periodicity import periodicity_of
from touchrhythm.rhythm.rate import bootstrap_samples, narrow_trace, rate_of
from touchrhythm.rhythm.timecourse import follow_rate
from touchrhythm.signal.spectrum import HIGHEST, LOWEST
from touchrhythm.simulate.signals import mix_at_snr, simulate_noise, simulate_rhythm, slow_amplitude

RESULTS = Path(__file__).parent / "results"
BAND, FS = (0.1, 0.2), 10.0
ORACLE_FILTERS = (0.003, 0.005, 0.008, 0.012, 0.018, 0.027, 0.04, 0.06)  # Hz
ORACLE_COUNT = 300


class Cell(NamedTuple):
    """One kind of recording."""

    minutes: int
    colour: str
    snr_db: float
    cv: float
    modulation_sd: float = 0.0


CELLS = (
    *(Cell(5, "pink", snr, cv) for snr in (0, 3, 6, 10, 15, 20) for cv in (0.0, 0.05, 0.1, 0.15)),
    *(Cell(5, "pink", snr, cv, 0.4) for snr in (0, 6, 15) for cv in (0.05, 0.1)),
    *(Cell(5, "pink", snr, cv, 1.0) for snr in (6, 15) for cv in (0.05, 0.1)),
    *(Cell(5, colour, snr, cv) for colour in ("white", "brown") for snr in (0, 6, 15) for cv in (0.05, 0.1)),
    *(Cell(2, "pink", snr, cv) for snr in (3, 10) for cv in (0.0, 0.1)),
    *(Cell(10, "pink", snr, cv) for snr in (3, 10) for cv in (0.0, 0.1)),
)
WEAK = tuple(
    Cell(5, colour, snr, cv) for colour in ("pink", "white") for snr in (-10, -5, 0) for cv in (0.0, 0.1)
)
STRONG = tuple(
    Cell(5, "pink", snr, cv, wax)
    for snr in (3, 10, 20)
    for cv, wax in ((0.0, 0.0), (0.05, 0.4), (0.1, 0.0), (0.15, 0.0))
)
QUIET = ("white", "power 1", "power 2", "relaxation", "breathing 3-10", "loudness slow")


class Truth(NamedTuple):
    """A recording, and what is true of it: phase in cycles of each sample, amplitude of the rhythm."""

    x: np.ndarray
    phase: np.ndarray
    amplitude: float


def make(cell: Cell, number: int) -> Truth:
    rng = np.random.default_rng(
        (
            cell.minutes,
            *cell.colour.encode(),
            round(10 * cell.snr_db) + 10_000,
            round(100 * cell.cv),
            round(10 * cell.modulation_sd),
            number,
        )
    )
    n = round(60 * cell.minutes * FS)
    while True:
        wave, phase = simulate_rhythm(n, fs=FS, rate_cpm=rng.uniform(6.5, 11.5), cv=cell.cv, rng=rng)
        if 6 <= 60 * (phase[-1] - phase[0]) * FS / (n - 1) <= 12:
            break
    wave = wave * slow_amplitude(n, FS, cell.modulation_sd, None, rng)
    noise = simulate_noise(n, fs=FS, colour=cell.colour, rng=rng)
    x = mix_at_snr(wave, noise, fs=FS, band=BAND, snr_db=cell.snr_db)
    return Truth(x, phase, float(np.sqrt(2 * np.mean((x - noise) ** 2))))


def realised_cpm(phase: np.ndarray, spectral: SpectralFit) -> float:
    """Cycles per minute that really passed in the block analysed."""
    start = spectral.blocks.onset[0]
    at = np.array([start, start + (spectral.blocks.lengths[0] - 1) / spectral.blocks.fs])
    first, last = np.interp(at, np.arange(phase.size) / FS, phase)
    return float(60 * (last - first) / (at[1] - at[0]))


def run_rate(cell: Cell, count: int) -> dict[str, object]:
    start, rows = time.process_time(), []
    for number in range(count):
        truth = make(cell, number)
        spectral = fit_spectrum(cut_into_blocks(truth.x, fs=FS, band=BAND))
        test = periodicity_of(spectral, rng=number, n_surrogates=199)
        rate = rate_of(spectral, bootstrap_samples(spectral, 200, np.random.default_rng(number)))
        true = realised_cpm(truth.phase, spectral)
        found = test.inside and test.pvalue <= 0.05 + 1e-12 and test.harmonic_of is None
        rows.append(
            (
                abs(rate.rate_cpm - true),
                rate.low_cpm <= true <= rate.high_cpm,
                rate.high_cpm - rate.low_cpm,
                found,
            )
        )
    error, held, width, found = np.array(rows).T
    chosen = found > 0
    best = best_possible(cell)
    return {
        "n": count,
        "found": int(chosen.sum()),
        "median_error_cpm": round(float(np.median(error)), 4),
        "held": int(held.sum()),
        "held_found": int(held[chosen].sum()),
        "median_width_cpm": round(float(np.median(width)), 4),
        "best_width_cpm": round(2 * best, 4),
        "width_ratio": round(float(np.median(width)) / (2 * best), 3),
        "cpu_s": round(time.process_time() - start, 1),
    }


def best_possible(cell: Cell) -> float:
    """Smallest 95 % quantile of the error of a fixed filter, in cpm, knowing all but the rate."""
    recordings = [make(cell, 10_000 + k) for k in range(ORACLE_COUNT)]
    noise = [make(cell._replace(snr_db=-300), 20_000 + k).x for k in range(ORACLE_COUNT)]
    cut = [cut_into_blocks(recording.x, fs=FS, band=BAND) for recording in recordings]
    fs, n = cut[0].fs, cut[0].lengths[0]
    model = component_dictionary(cut[0].lengths, fs, BAND)
    quiet = [cut_into_blocks(x, fs=FS, band=BAND) for x in noise]
    background = np.mean([model.grid.tapered([b.pieces[0][None]])[0] * b.scale**2 for b in quiet], axis=0)
    pieces = np.stack([b.pieces[0] * b.scale for b in cut])
    spectra = model.grid.tapered([pieces])
    centre = _centres(
        cell, model, background, spectra, np.array([recording.amplitude for recording in recordings])
    )
    freq = scipy.fft.rfftfreq(2 * n, 1 / fs)
    inside = (freq > 0.75 * LOWEST) & (freq < HIGHEST + 0.05)
    whitening = {n: np.where(inside, np.interp(freq, model.grid.freq, background) ** -0.5, 0.0)}
    true = np.array([_realised(recording.phase, n, fs) for recording in recordings])
    best = np.inf
    for width in ORACLE_FILTERS:
        trace = next(narrow_trace([pieces], fs, whitening, centre, width))
        turn = np.angle(trace[:, 1:] * np.conj(trace[:, :-1])).sum(axis=1) / (2 * np.pi)
        error = np.abs(60 * turn * fs / (n - 1) - true)
        best = min(best, float(np.quantile(error, 0.95)))
    return best


def _realised(phase: np.ndarray, n: int, fs: float) -> float:
    last = np.interp((n - 1) / fs, np.arange(phase.size) / FS, phase)
    return float(60 * (last - phase[0]) * fs / (n - 1))


def _centres(cell, model, background, spectra, amplitude) -> np.ndarray:
    """Weighted centre of oscillations of the true width and power, Hz."""
    true_width = np.pi * cell.cv**2 * 0.15
    widths = np.unique(model.width)
    near = model.in_band & (model.width == widths[np.abs(widths - true_width).argmin()])
    components = model.inside_spectra[near]
    out = np.empty(len(spectra))
    for i, (spectrum, size) in enumerate(zip(spectra, amplitude, strict=True)):
        mixtures = background + 0.5 * size**2 * components
        loss = whittle.negative_log_likelihood(mixtures, spectrum, model.grid.weight)
        weight = np.exp(loss.min() - loss)
        out[i] = weight @ model.centre[near] / weight.sum()
    return out


def run_amplitude(cell: Cell, count: int) -> dict[str, object]:
    start, rows = time.process_time(), []
    for number in range(count):
        truth = make(cell, 30_000 + number)
        test = periodicity_of(
            fit_spectrum(cut_into_blocks(truth.x, fs=FS, band=BAND)),
            rng=number,
            n_surrogates=19 if cell.snr_db >= 3 else 199,
        )
        rows.append(
            (
                test.amplitude_low <= truth.amplitude <= test.amplitude_high,
                test.amplitude / truth.amplitude,
                (test.amplitude_high - test.amplitude_low) / truth.amplitude,
                test.amplitude_bound >= truth.amplitude,
                test.amplitude_bound / truth.amplitude,
                test.pvalue <= 0.05 + 1e-12,
                test.freq,
            )
        )
    held, ratio, width, bounded, bound, found, _ = np.array(rows).T
    missed = found == 0
    return {
        "n": count,
        "held": int(held.sum()),
        "median_ratio": round(float(np.median(ratio)), 3),
        "median_width": round(float(np.median(width)), 3),
        "bounded": int(bounded.sum()),
        "not_found": int(missed.sum()),
        "bounded_not_found": int(bounded[missed].sum()),
        "median_bound": round(float(np.median(bound)), 3),
        "cpu_s": round(time.process_time() - start, 1),
    }


def run_share(family: str, count: int) -> dict[str, object]:
    start, rows = time.process_time(), []
    for number in range(count):
        x, fs = make_recording(family, minutes=5, number=50_000 + number)
        spectral = fit_spectrum(cut_into_blocks(x, fs=fs, band=BAND))
        course = follow_rate(spectral, null_surrogates(spectral, 99, np.random.default_rng(number)))
        null = course.fraction_null
        rows.append((course.fraction, null.median, course.fraction > null.high + 1e-12))
    share, median, above = np.array(rows).T
    return {
        "family": family,
        "n": count,
        "mean_share": round(float(share.mean()), 4),
        "median_null": round(float(median.mean()), 4),
        "above_null": int(above.sum()),
        "cpu_s": round(time.process_time() - start, 1),
    }


def append(name: str, key: tuple[str, ...], cells: tuple, runner, count: int) -> None:
    path = RESULTS / name
    rows = read(path)
    made = {tuple(row[part] for part in key) for row in rows}
    for cell in cells:
        given = cell._asdict() if isinstance(cell, Cell) else {"family": cell}
        if tuple(str(given[part]) for part in key) in made:
            continue
        row = given | runner(cell, count)
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row), delimiter="\t", lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(*row.values(), flush=True)


def read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def tell() -> None:
    rows = read(RESULTS / "rate_coverage.tsv")
    total, found = sum(int(r["n"]) for r in rows), sum(int(r["found"]) for r in rows)
    held, held_found = sum(int(r["held"]) for r in rows), sum(int(r["held_found"]) for r in rows)
    print(
        f"rate: all {held}/{total} = {held / total:.4f}, found {held_found}/{found} = {held_found / found:.4f}"
    )
    for column in ("snr_db", "cv", "minutes", "colour", "modulation_sd"):
        for value in sorted({r[column] for r in rows}):
            some = [r for r in rows if r[column] == value]
            n, k = sum(int(r["n"]) for r in some), sum(int(r["found"]) for r in some)
            print(
                f"  {column} {value}: all {sum(int(r['held']) for r in some) / n:.3f} of {n},",
                f"found {sum(int(r['held_found']) for r in some) / max(k, 1):.3f} of {k},",
                f"median width ratio {np.median([float(r['width_ratio']) for r in some]):.2f}",
            )
    draw(rows)


def draw(rows: list[dict[str, str]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    plain = [r for r in rows if (r["minutes"], r["colour"], float(r["modulation_sd"])) == ("5", "pink", 0.0)]
    for cv in sorted({r["cv"] for r in plain}):
        own = [r for r in plain if r["cv"] == cv]
        snr = [float(r["snr_db"]) for r in own]
        label = f"CV {100 * float(cv):g} %"
        axes[0].semilogy(snr, [float(r["median_error_cpm"]) for r in own], "o-", label=label)
        axes[1].plot(snr, [100 * int(r["held"]) / int(r["n"]) for r in own], "o-", label=label)
        axes[2].semilogy(snr, [float(r["median_width_cpm"]) for r in own], "o-", label=label)
        axes[2].semilogy(snr, [float(r["best_width_cpm"]) for r in own], "k:", lw=1)
    axes[1].axhline(95, color="k", lw=0.8)
    for ax, title in zip(
        axes,
        (
            "median error, cpm",
            "interval holds the realised rate, %",
            "median width, cpm (dotted: best possible)",
        ),
        strict=True,
    ):
        ax.set_title(title, fontsize=9)
        ax.set_xlabel("rhythm over noise in 6–12 cpm, dB")
    axes[0].legend(fontsize=8)
    fig.savefig(RESULTS / "rate_coverage.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("rate", "amplitude", "share", "tell"))
    parser.add_argument("--count", type=int, default=60)
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    key = Cell._fields
    if given.what == "rate":
        append("rate_coverage.tsv", key, CELLS, run_rate, given.count)
    elif given.what == "amplitude":
        append("amplitude_coverage.tsv", key, (*WEAK, *STRONG), run_amplitude, given.count)
    elif given.what == "share":
        append("share_coverage.tsv", ("family",), QUIET, run_share, given.count)
    if given.what in ("rate", "tell"):
        tell()


if __name__ == "__main__":
    main()
