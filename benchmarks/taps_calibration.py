"""How often are taps that do not belong called following, and how often is a follower found?

    python benchmarks/taps_calibration.py [--runs 400] [--only NAME …] [--seed 1] [--out FILE]

Unrelated tappers in 14 scenarios and some harder ones, and followers, at 5 and 10 minutes of tapping
with 2 minutes of record on either side ("margins") or with none. Every row of the table is one cell:
share of runs with p at or below .05 for R and for V (lags 0 to 1.5 s, polarity declared), the share
without an answer, and the same for Rayleigh's test, which takes taps for independent angles.
About half an hour of CPU at 400 runs; --only and --margins pick cells, --out replaces their rows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.signal.filtering import AnalyticTrace, analytic_trace
from touchrhythm.simulate.session import simulate_cycles, simulate_noise, simulate_random_taps, simulate_taps
from touchrhythm.simulate.signals import mix_at_snr, slow_amplitude, wave_of
from touchrhythm.tapping.agreement import TapAgreement, rater_agreement, tap_agreement_of
from touchrhythm.units import period_to_cpm

FS = 8.0  # Hz; the phase is taken on a grid of this rate whatever the recording's
BAND = (0.1, 0.2)
LAG = (0.0, 1.5)
MINUTES = (5, 10)
OUT = Path(__file__).parent / "results" / "taps_calibration.tsv"


@dataclass(frozen=True)
class Session:
    """One simulated session: the trace (or another rater's taps) and the taps."""

    onset: FloatArray
    duration: float
    trace: AnalyticTrace | None = None
    other: FloatArray | None = None


@dataclass(frozen=True)
class Case:
    """A rhythm under the sensor, and one who taps.

    `signal`, `tapper`: coefficients of variation of their cycles; `jitter`: the tapper's own error
    as a share of the period; `missed` taps; `memory` of the tempo; `drift` common to both;
    `follows`; `raters`: another rater in place of the sensor; `colour`, `snr_db`, `modulation_sd`, `ratio`
    of the tapper's rate to the signal's, `gaps` of 10 s each; `rhythm` False: background alone.
    """

    signal: float = 0.10
    tapper: float = 0.10
    jitter: float = 0.0
    missed: float = 0.0
    memory: float = 0.0
    drift: float = 0.0
    follows: bool = False
    raters: bool = False
    rhythm: bool = True
    colour: str = "pink"
    snr_db: float = 6.0
    modulation_sd: float = 0.2
    episodes_s: tuple[float, float] | None = None
    ratio: float = 1.0
    gaps: int = 0
    kind: str = "own beat"


NULLS = {
    "both CV 10": Case(),
    "both CV 5": Case(0.05, 0.05),
    "both CV 2": Case(0.02, 0.02),
    "tapper 20, signal 10": Case(0.10, 0.20),
    "both CV 20": Case(0.20, 0.20),
    "tapper 3 + jitter 15, signal 5": Case(0.05, 0.03, jitter=0.15),
    "tapper 5 + jitter 15 + missed 10, signal 10": Case(0.10, 0.05, jitter=0.15, missed=0.1),
    "tapper 5 against noise": Case(tapper=0.05, rhythm=False),
    "tapper 20 against noise": Case(tapper=0.20, rhythm=False),
    "tempo memory .7, CV 15": Case(0.15, 0.15, memory=0.7),
    "common slow-down 30 %, CV 5": Case(0.05, 0.05, drift=0.3),
    "common slow-down 30 %, CV 10": Case(0.10, 0.10, drift=0.3),
    "two tappers CV 10": Case(raters=True),
    "two tappers 5 + jitter 15": Case(0.05, 0.05, jitter=0.15, raters=True),
}
HARDER = {
    "tapper follows breathing": Case(kind="breathing"),
    "tapper at half the rate, both CV 5": Case(0.05, 0.05, ratio=0.5),
    "random taps": Case(kind="random"),
    "tapper 5 against 1/f2": Case(tapper=0.05, rhythm=False, colour="brown"),
    "strong modulation, both CV 10": Case(modulation_sd=1.0),
    "episodes of 30 s, both CV 10": Case(episodes_s=(30.0, 30.0)),
    "slow-down 60 %, CV 10": Case(drift=0.6),
    "metronome, signal CV 10": Case(0.10, 0.0, jitter=0.05),
    "6 gaps of 10 s, both CV 10": Case(gaps=6),
}
POWER = {
    "follower jitter 20, signal CV 10": Case(0.10, jitter=0.2, missed=0.1, follows=True),
    "follower jitter 10, signal CV 10": Case(0.10, jitter=0.1, missed=0.1, follows=True),
    "follower jitter 20, signal CV 5": Case(0.05, jitter=0.2, missed=0.1, follows=True),
    "follower jitter 20, signal CV 10, 0 dB": Case(0.10, jitter=0.2, missed=0.1, follows=True, snr_db=0.0),
    "follower jitter 20, signal CV 10, 6 gaps": Case(0.10, jitter=0.2, missed=0.1, follows=True, gaps=6),
    "two raters of one rhythm, jitter 20": Case(0.10, jitter=0.2, missed=0.1, follows=True, raters=True),
}
CASES = {**NULLS, **HARDER, **POWER}


def simulate(case: Case, minutes: float, margin: float, rng: np.random.Generator) -> Session:
    """Draw one session of a case."""
    duration = minutes * 60 + 2 * margin
    rate = float(period_to_cpm(rng.uniform(6.3, 9.0)))
    n = round(duration * FS)
    common = {"tempo_memory": case.memory, "drift": case.drift}
    peak = simulate_cycles(duration, rate_cpm=rate, cv=case.signal, rng=rng, **common)
    own = simulate_cycles(duration, rate_cpm=rate * case.ratio, cv=case.tapper, rng=rng, **common)
    breath = simulate_cycles(duration, rate_cpm=15.0, cv=0.05, rng=rng)
    span = (margin + 0.01, duration - margin - 0.01)
    beat = {"breathing": breath[::2]}.get(case.kind, peak if case.follows else own)
    how = {"jitter": case.jitter, "missed": case.missed, "rng": rng}
    lag = 0.5 if case.follows else 0.0
    onset = simulate_taps(beat, span=span, lag_s=lag, **how)
    if case.kind == "random":
        onset = simulate_random_taps(rate, span=span, rng=rng)
    if case.raters:
        other = simulate_taps(peak, span=(0.0, duration), lag_s=lag, **how)
        return Session(onset, duration, other=other)
    background = simulate_noise(n, fs=FS, colour=case.colour, rng=rng)
    x = background
    if case.rhythm:
        wave = wave_of(peak, n, FS)[0] * slow_amplitude(n, FS, case.modulation_sd, case.episodes_s, rng)
        x = mix_at_snr(wave, background, fs=FS, band=BAND, snr_db=case.snr_db)
    x = x + 0.5 * wave_of(breath, n, FS)[0]
    for start in rng.uniform(0, duration - 10, case.gaps):
        x[int(start * FS) : int((start + 10) * FS)] = np.nan
    return Session(onset, duration, trace=analytic_trace(x, fs=FS, band=BAND))


def judged(session: Session, *, directed: bool, rng: np.random.Generator) -> TapAgreement:
    """Test one session for R, or for V."""
    lag = LAG if directed else None
    if session.other is not None:
        return rater_agreement(session.onset, session.other, duration=session.duration, lag=lag, rng=rng)
    assert session.trace is not None
    return tap_agreement_of(session.onset, session.trace, polarity=1 if directed else None, lag=lag, rng=rng)


def rayleigh_pvalue(found: TapAgreement) -> float:
    """Rayleigh's test, as if taps were independent angles (Mardia & Jupp 2000, 6.3.2)."""
    n, total = found.n_taps, found.n_taps * found.resultant
    return float(np.exp(np.sqrt(1 + 4 * n + 4 * (n**2 - total**2)) - (1 + 2 * n)))


def pvalues(case: Case, minutes: float, margin: float, *, runs: int, seed: int) -> FloatArray:
    """P-values of R, V and Rayleigh's test, shape (runs, 3); NaN where there is no answer."""
    out = np.full((runs, 3), np.nan)
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        session = simulate(case, minutes, margin, rng)
        found = judged(session, directed=False, rng=rng)
        out[run] = found.pvalue, judged(session, directed=True, rng=rng).pvalue, rayleigh_pvalue(found)
    return out


def _row(name: str, minutes: float, margin: float, *, runs: int, seed: int) -> str:
    began = time.process_time()
    p = pvalues(CASES[name], minutes, margin, runs=runs, seed=seed)
    kind = "power" if name in POWER else "unrelated"
    answered = max(1, int(np.isfinite(p[:, 0]).sum()))
    found = [f"{100 * np.mean(p[:, k] <= level):.1f}" for level in (0.05, 0.01) for k in (0, 1)]
    among = f"{100 * np.sum(p[:, 0] <= 0.05) / answered:.1f}"
    silent, naive = 100 * np.mean(np.isnan(p[:, 0])), 100 * np.mean(p[:, 2] <= 0.05)
    fields = [
        name,
        kind,
        f"{minutes:g}",
        f"{margin:g}",
        str(runs),
        *found,
        among,
        f"{silent:.1f}",
        f"{naive:.1f}",
    ]
    print("\t".join(fields), f"({time.process_time() - began:.1f} CPU s)", file=sys.stderr, flush=True)
    return "\t".join(fields)


HEADER = "scenario\tkind\tminutes\tmargin_s\truns\tR_05\tV_05\tR_01\tV_01\tR_05_among_answered\tno_answer\trayleigh_05"


def main(write: Callable[[str], object] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=list(CASES))
    parser.add_argument("--margins", nargs="*", type=float, default=[120.0, 0.0])
    parser.add_argument("--minutes", nargs="*", type=float, default=list(MINUTES))
    parser.add_argument("--out", type=Path, default=None)
    given = parser.parse_args()
    rows = [HEADER]
    for margin in given.margins:
        for name in given.only:
            rows += [_row(name, m, margin, runs=given.runs, seed=given.seed) for m in given.minutes]
    if given.out is None:
        write("\n".join(rows))
        return
    kept = given.out.read_text(encoding="utf-8").splitlines()[1:] if given.out.exists() else []
    new = {tuple(row.split("\t")[:4]) for row in rows}
    kept = [row for row in kept if tuple(row.split("\t")[:4]) not in new]
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text("\n".join([HEADER, *sorted(kept + rows[1:], key=_place)]) + "\n", encoding="utf-8")


def _place(row: str) -> tuple[float, int, float]:
    """Order of the rows: with margins first, then as the cases stand here."""
    name, _, minutes, margin = row.split("\t")[:4]
    return -float(margin), list(CASES).index(name), float(minutes)


if __name__ == "__main__":
    main()
