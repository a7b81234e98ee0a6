"""How often is a rhythm found that is there, and how often could it be found at best?

    python benchmarks/power.py [--count 200] [--only plain breathing strong]

Cells of `count` recordings of 5 min: "plain" a rhythm in 1/f noise; "breathing" the same beside
breathing (sine of amplitude 3 against 1/f noise of unit variance, CV 8 %, 15-18 cpm); "strong" and
"edge" rhythms of 15 dB. Rates are uniform in 6.5-11.5 cpm, at the edges the realised rate lies within
0.1 cpm of one. SNR: power of the rhythm over that of the 1/f noise inside 6-12 cpm, in each recording.

Beside each stands the power of an oracle: the largest likelihood gain of one in-band oscillation over
the *true* expected spectrum of everything else, without any fit of a background, at the level at which
5 % (strong, edge: 0.1 %) of its own null simulations lie above. One row per cell is appended to
``results/power.tsv``; cells that are there are skipped.
"""

from __future__ import annotations

import argparse
import csv
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy

from touchrhythm.rhythm.background import component_dictionary
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.periodicity import periodicity_test
from touchrhythm.simulate.signals import mix_at_snr, simulate_noise, simulate_rhythm

RESULTS = Path(__file__).parent / "results" / "power.tsv"
BAND, FS, SECONDS = (0.1, 0.2), 10.0, 300.0
N = round(FS * SECONDS)
BREATH_RATES = np.linspace(15, 18, 7)
HEIGHTS = np.geomspace(0.15, 1000, 40)  # peak over background that the oracle tries
COLUMNS = (
    "scenario",
    "snr_db",
    "cv",
    "n",
    "alpha",
    "power",
    "power_low",
    "power_high",
    "oracle",
    "target",
    "outside",
    "harmonic",
    "cpu_s",
)


class Cell(NamedTuple):
    """One kind of recording, and the least power it is to be found with."""

    scenario: str
    snr_db: float
    cv: float
    target: float | None = None


CELLS = (
    *(Cell("plain", 0, cv, t) for cv, t in ((0.0, 0.92), (0.05, None), (0.1, 0.80), (0.15, None))),
    *(Cell("plain", 3, cv, t) for cv, t in ((0.0, 0.99), (0.05, None), (0.1, 0.95), (0.15, 0.78))),
    *(Cell("plain", 6, cv, t) for cv, t in ((0.0, None), (0.05, None), (0.1, 0.99), (0.15, None))),
    *(Cell("breathing", 0, cv) for cv in (0.0, 0.05, 0.1, 0.15)),
    *(Cell("breathing", 3, cv, t) for cv, t in ((0.0, None), (0.05, 0.90), (0.1, 0.70), (0.15, None))),
    *(Cell("breathing", 6, cv, t) for cv, t in ((0.0, None), (0.05, None), (0.1, 0.93), (0.15, None))),
    *(Cell("strong", 15, cv, 0.99) for cv in (0.0, 0.05, 0.1)),
    *(Cell("lower edge", 15, cv, 0.99) for cv in (0.0, 0.03)),
    *(Cell("upper edge", 15, cv, 0.99) for cv in (0.0, 0.03)),
)


def rate_range(scenario: str) -> tuple[float, float]:
    """Where the realised rate lies, in cpm."""
    return {"lower edge": (6.0, 6.1), "upper edge": (11.9, 12.0)}.get(scenario, (6.0, 12.0))


def make_rhythm(cell: Cell, rng: np.random.Generator) -> np.ndarray:
    low, high = rate_range(cell.scenario)
    nominal = (low, high) if "edge" in cell.scenario else (6.5, 11.5)
    while True:
        wave, phase = simulate_rhythm(N, fs=FS, rate_cpm=rng.uniform(*nominal), cv=cell.cv, rng=rng)
        if low <= 60 * (phase[-1] - phase[0]) * FS / (N - 1) <= high:
            return wave


def make_background(cell: Cell, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """1/f noise, what disturbs beside it, and the rate of breathing."""
    noise = simulate_noise(N, fs=FS, colour="pink", rng=rng)
    if cell.scenario != "breathing":
        return noise, np.zeros(N), 0.0
    rate = float(rng.choice(BREATH_RATES))
    wave, _ = simulate_rhythm(N, fs=FS, rate_cpm=rate, cv=0.08, rng=rng)
    return noise, 3 * wave, rate


def spectrum_of(x: np.ndarray) -> np.ndarray:
    """Tapered spectrum in squared units of the signal, as the test sees it."""
    blocks = cut_into_blocks(x, fs=FS, band=BAND)
    grid = component_dictionary(blocks.lengths, blocks.fs, BAND).grid
    return grid.tapered([piece[None] for piece in blocks.pieces])[0] * blocks.scale**2


class Oracle:
    """Knows the expected spectrum of all but the rhythm; see the module."""

    def __init__(self, breathing: bool, n_null: int = 2000) -> None:
        rng = np.random.default_rng(20)
        self.cell = Cell("breathing" if breathing else "plain", 0, 0)
        blocks = cut_into_blocks(rng.standard_normal(N), fs=FS, band=BAND)
        model = component_dictionary(blocks.lengths, blocks.fs, BAND)
        self.components, self.in_band = model.inside_spectra, model.in_band
        plain = Cell("plain", 0, 0)
        self.noise = np.mean([spectrum_of(make_background(plain, rng)[0]) for _ in range(1000)], axis=0)
        self.breath = {0.0: 0.0}
        for rate in BREATH_RATES if breathing else ():
            waves = (simulate_rhythm(N, fs=FS, rate_cpm=rate, cv=0.08, rng=rng)[0] for _ in range(300))
            self.breath[float(rate)] = 9 * np.mean([spectrum_of(wave) for wave in waves], axis=0)
        null = []
        for _ in range(n_null):
            noise, other, rate = make_background(self.cell, rng)
            null.append(self.gain(noise + other, rate))
        self.null = np.sort(null)

    def gain(self, x: np.ndarray, breath_rate: float) -> float:
        """Twice the largest log-likelihood gain of an in-band oscillation."""
        known = self.noise + self.breath[breath_rate]
        ratio = spectrum_of(x) / known
        shape = self.components / known
        shape = shape / shape.max(axis=1, keepdims=True)
        best = np.zeros(len(shape))
        for height in HEIGHTS:
            over = 1 + height * shape
            best = np.maximum(best, 2 * (ratio * (1 - 1 / over) - np.log(over)).sum(axis=1))
        at = int(best.argmax())
        return float(best[at]) if self.in_band[at] else 0.0

    def limit(self, alpha: float) -> float:
        return float(self.null[int(np.ceil((1 - alpha) * (self.null.size + 1))) - 1])


@lru_cache
def oracle(breathing: bool) -> Oracle:
    return Oracle(breathing)


def run_cell(cell: Cell, count: int) -> dict[str, object]:
    strict = cell.snr_db >= 15
    alpha, n_surrogates = (0.001, 999) if strict else (0.05, 199)
    ideal = oracle(cell.scenario == "breathing")
    limit = ideal.limit(alpha)
    start, found, best, outside, harmonic = time.process_time(), 0, 0, 0, 0
    for number in range(count):
        rng = np.random.default_rng((CELLS.index(cell), number))
        rhythm = make_rhythm(cell, rng)
        noise, other, rate = make_background(cell, rng)
        x = mix_at_snr(rhythm, noise, fs=FS, band=BAND, snr_db=cell.snr_db) + other
        result = periodicity_test(x, fs=FS, band=BAND, rng=number, n_surrogates=n_surrogates)
        called = result.pvalue <= alpha + 1e-12 and result.inside
        found += called and result.harmonic_of is None
        harmonic += called and result.harmonic_of is not None
        outside += not result.inside
        best += ideal.gain(x, rate) > limit
    low, high = clopper_pearson(found, count)
    row = (cell.scenario, cell.snr_db, cell.cv, count, alpha, found / count, low, high, best / count)
    return dict(
        zip(
            COLUMNS,
            (*row, cell.target or "", outside, harmonic, round(time.process_time() - start, 1)),
            strict=True,
        )
    )


def clopper_pearson(k: int, n: int) -> tuple[float, float]:
    beta = scipy.stats.beta
    low = 0.0 if k == 0 else float(beta.ppf(0.025, k, n - k + 1))
    high = 1.0 if k == n else float(beta.ppf(0.975, k + 1, n - k))
    return round(low, 4), round(high, 4)


def done() -> set[tuple[str, float, float]]:
    if not RESULTS.exists():
        return set()
    with RESULTS.open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["scenario"], float(row["snr_db"]), float(row["cv"])) for row in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", nargs="+", help="scenarios")
    given = parser.parse_args()
    made, new = done(), not RESULTS.exists()
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        if new:
            writer.writeheader()
        for cell in CELLS:
            if cell[:3] in made or (given.only and cell.scenario not in given.only):
                continue
            row = run_cell(cell, given.count)
            writer.writerow(row)
            file.flush()
            print(*row.values(), flush=True)


if __name__ == "__main__":
    main()
