"""What do the components that rise with frequency do to false alarms and to power, on the same recordings?

    python benchmarks/rising_components.py "high-pass .1:5:150" "plain 0 dB 0.1:5:60"

Each cell is a family of ``noise_families.py``, or a rhythm in 1/f noise ("plain", "breathing": as in ``power.py``)
with its ratio to the noise and the CV of its cycles; then minutes and the number of recordings. Every
recording is tested with the background as it is, and with one that has no rising components and whose
weights held off zero may raise it in the band as they will. One row per cell is appended to
``results/rising_components.tsv``: shares of p-values at or below each level, without and with. Surrogates are
made until ten reach the recording, 199 at most: whether p <= .05 is then known exactly. What is named as the
harmonic of a slower rhythm counts as p = 1.
"""

from __future__ import annotations

import argparse
import csv
import zlib
from pathlib import Path

import numpy as np
from noise_families import BAND, make_recording

from touchrhythm.rhythm import background
from touchrhythm.rhythm.amplitude import strength_of
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import fit_spectrum, likelihood_ratios, null_surrogates
from touchrhythm.rhythm.peaks import harmonic_source, hidden_source, inside_peak, name_peaks
from touchrhythm.simulate.signals import mix_at_snr, simulate_noise, simulate_rhythm

RESULTS = Path(__file__).parent / "results" / "rising_components.tsv"
FS = 10.0
LEVELS = (0.01, 0.05, 0.1, 0.2)
BACKGROUNDS = {"without": ((), np.inf), "with": (background.RISING, background.MOST_LIFT)}
COLUMNS = ("cell", "minutes", "n", *(f"{name} {level}" for level in LEVELS for name in BACKGROUNDS))


def make(cell: str, minutes: float, number: int) -> tuple[np.ndarray, float]:
    """Recording `number` of a cell, and its sampling rate."""
    scenario = cell.split()[0]
    if scenario not in ("plain", "breathing") or " dB " not in cell:
        return make_recording(cell, minutes=minutes, number=number)
    snr_db, cv = (float(part) for part in cell.removeprefix(scenario).split(" dB "))
    n = round(60 * FS * minutes)
    seed = (zlib.crc32(scenario.encode()), int(snr_db * 10) + 1000, round(cv * 100), round(minutes), number)
    rng = np.random.default_rng(seed)
    wave, _ = simulate_rhythm(n, fs=FS, rate_cpm=rng.uniform(6.5, 11.5), cv=cv, rng=rng)
    noise = simulate_noise(n, fs=FS, colour="pink", rng=rng)
    x = mix_at_snr(wave, noise, fs=FS, band=BAND, snr_db=snr_db)
    if scenario == "breathing":
        x = x + 3 * simulate_rhythm(n, fs=FS, rate_cpm=rng.uniform(15, 18), cv=0.08, rng=rng)[0]
    return x, FS


def pvalue(x: np.ndarray, fs: float, number: int) -> float:
    """p-value of the rhythm test from as few surrogates as show whether it is above .05."""
    spectral = fit_spectrum(cut_into_blocks(x, fs=fs, band=BAND))
    model, rng = spectral.model, np.random.default_rng(number)
    own = likelihood_ratios(spectral.spectrum[None], spectral.background, model)
    if not model.in_band[own.best[0]]:
        return 1.0
    made = reached = 0
    for size in (20, 40, 60, 79):
        rows = model.grid.tapered(null_surrogates(spectral, size, rng))
        ratios = likelihood_ratios(rows, spectral.background, model, reach=float(own.statistic[0]))
        inside = np.where(model.in_band[ratios.best], ratios.statistic, 0.0)
        reached, made = reached + int((inside >= own.statistic[0]).sum()), made + size
        if reached >= 10:
            break
    value = (1 + reached) / (1 + made)
    if value <= 0.05 + 1e-12:
        centre = float(model.centre[own.best[0]])
        peak = inside_peak(spectral, strength_of(spectral), (centre, centre, centre))
        peaks = name_peaks(spectral, peak)
        if harmonic_source(peak, peaks, 1 / model.grid.longest) or hidden_source(spectral, peak):
            return 1.0
    return value


def run_cell(cell: str, minutes: float, count: int) -> dict[str, object]:
    shares = {}
    for name, (rising, lift) in BACKGROUNDS.items():
        background.RISING, background.MOST_LIFT = rising, lift
        background.component_dictionary.cache_clear()
        values = np.array([pvalue(*make(cell, minutes, number), number) for number in range(count)])
        shares |= {f"{name} {level}": f"{(values <= level + 1e-12).mean():.4f}" for level in LEVELS}
    return {"cell": cell, "minutes": f"{minutes:g}", "n": count} | shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cells", nargs="+", metavar="CELL:MINUTES:COUNT")
    given = parser.parse_args()
    new = not RESULTS.exists()
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        if new:
            writer.writeheader()
        for text in given.cells:
            cell, minutes, count = text.split(":")
            row = run_cell(cell, float(minutes), int(count))
            writer.writerow(row)
            file.flush()
            print(*row.values(), flush=True)


if __name__ == "__main__":
    main()
