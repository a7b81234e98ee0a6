"""Does the power that `plan` predicts come true in full simulations with another seed?

    python benchmarks/planning_accuracy.py [--recordings 800] [--studies 4000] [--cell NAME …] [--out FILE]

Full: raw recordings at 20 Hz (`simulate_session`), ten tappers each, through the whole tap analysis
(`tap_agreement_of`) to the phasor and taps that a study keeps, then studies drawn from these sessions through
`rotation_test`. Predicted: `plan_power` with another seed. Both come with their standard errors, which hold that
the studies share sessions; z is the difference in these. `--full-seed` and `--plan-seed` repeat it elsewhere.
A cell takes about one CPU minute.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from touchrhythm.planning.power import Expected, plan_power
from touchrhythm.signal.filtering import analytic_trace
from touchrhythm.simulate.session import simulate_cycles, simulate_session, simulate_taps
from touchrhythm.study.rotation import lag_phase, rotation_test
from touchrhythm.tapping.agreement import tap_agreement_of
from touchrhythm.units import SECONDS_PER_MINUTE, band_to_hz, cpm_to_hz

OUT = Path(__file__).parent / "results" / "planning_accuracy.tsv"
HEADER = "cell\tform\tsessions\tminutes\tpredicted\tfull\tdifference\tse_predicted\tse_full\tz\tn_full_sessions\tn_studies"
BAND = band_to_hz((6.0, 12.0))
CELLS = {
    "jitter 30 %, lag 0.5 ± 0.5 s": (Expected(), 5.0),
    "jitter 25 %, follows in 7 of 10": (Expected(jitter=0.25, followed=0.7), 5.0),
    "jitter 20 %, 0 dB, lag ± 1 s": (Expected(jitter=0.2, snr_db=0.0, lag_spread_s=1.0), 3.0),
    "jitter 30 %, signal CV 5 %, short margins": (Expected(signal_cv=0.05, margin_s=20.0), 3.0),
}
SIZES = (5, 8, 12)
TAPPERS = 10
FORMS = ("undirected", "directional", "axial")


def full_recording(
    expected: Expected, minutes: float, tappers: int, rng: np.random.Generator
) -> list[tuple[complex, int, float]]:
    """Sessions of several tappers on one raw recording, through the tap analysis."""
    duration = SECONDS_PER_MINUTE * minutes + 2 * expected.margin_s
    rate = rng.uniform(*expected.rate_cpm)
    session = simulate_session(
        duration_s=duration,
        rate_cpm=rate,
        snr_db=expected.snr_db,
        fs=20.0,
        cv=expected.signal_cv,
        rng=rng,
    )
    trace = analytic_trace(session.recording.data[:, 0], fs=20.0, band=BAND)
    peak = np.array(session.info["truth"]["peak_s"])
    span = (expected.margin_s, duration - expected.margin_s)
    found = []
    for _ in range(tappers):
        follows = rng.random() < expected.followed
        lag = max(0.0, expected.lag_s + expected.lag_spread_s * rng.standard_normal())
        beat = peak if follows else simulate_cycles(duration, rate_cpm=rate, cv=expected.tapper_cv, rng=rng)
        onset = simulate_taps(
            beat, span=span, lag_s=lag, jitter=expected.jitter, missed=expected.missed, rng=rng
        )
        agreement = tap_agreement_of(onset, trace, n_surrogates=19, rng=rng)
        found.append(
            (
                complex(np.exp(1j * agreement.phase).mean()),
                agreement.n_taps,
                float(cpm_to_hz(agreement.rate_cpm / agreement.ratio)),
            )
        )
    return found


def full_pool(
    expected: Expected, minutes: float, recordings: int, tappers: int, seed: int
) -> list[np.ndarray]:
    """Phasors, taps and rates, shape (recordings, tappers) each."""
    rng = np.random.default_rng([seed, 99])
    found = [full_recording(expected, minutes, tappers, rng) for _ in range(recordings)]
    return [np.array([[session[k] for session in row] for row in found]) for k in range(3)]


def power_of(pool: list[np.ndarray], n: int, form: str, lag: float, studies: int, seed: int) -> float:
    """Share of studies with p <= .05; the sessions of a study come from different recordings."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(studies):
        pick = rng.choice(len(pool[0]), n, replace=False), rng.integers(0, pool[0].shape[1], n)
        z, taps, rate = (part[pick] for part in pool)
        how = {"directional": {"phase": lag_phase(lag, rate)}, "axial": {"axial": True}}.get(form, {})
        hits += rotation_test(z, weights=taps, n_rotations=999, rng=rng, **how).pvalue <= 0.05
    return hits / studies


def spread_of(pool: list[np.ndarray], n: int, form: str, lag: float, parts: int = 8) -> float:
    """Standard error of a power that comes from the recordings being so many: parts of them compared."""
    rows = np.array_split(np.arange(len(pool[0])), parts)
    powers = [power_of([part[k] for part in pool], n, form, lag, 300, j) for j, k in enumerate(rows)]
    return float(np.std(powers, ddof=1) / parts**0.5)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recordings", type=int, default=800)
    parser.add_argument("--full-seed", type=int, default=2)
    parser.add_argument("--plan-seed", type=int, default=1)
    parser.add_argument("--form", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--studies", type=int, default=4000)
    parser.add_argument("--cell", nargs="+", choices=list(CELLS), default=list(CELLS))
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args(argv)
    lines = [HEADER]
    for name in args.cell:
        expected, minutes = CELLS[name]
        began = time.process_time()
        pool = full_pool(expected, minutes, args.recordings, TAPPERS, seed=args.full_seed)
        for form in args.form:
            table = plan_power(
                expected,
                n_sessions=SIZES,
                tapping_s=[SECONDS_PER_MINUTE * minutes],
                form=form,
                n_studies=args.studies,
                rng=args.plan_seed,
            )
            for row in table.rows:
                came = power_of(pool, row.n_sessions, form, expected.lag_s, args.studies, 5)
                error = spread_of(pool, row.n_sessions, form, expected.lag_s)
                error = max(error, (came * (1 - came) / args.studies) ** 0.5)
                own = (row.high - row.low) / 2 / 1.96
                figures = (
                    row.power,
                    came,
                    row.power - came,
                    own,
                    error,
                    (row.power - came) / np.hypot(own, error),
                )
                cells = "\t".join(f"{figure:.3f}" for figure in figures)
                lines.append(
                    f"{name}\t{form}\t{row.n_sessions}\t{minutes:g}\t{cells}\t{pool[0].size}\t{args.studies}"
                )
                print(lines[-1], flush=True)
        print(f"{name}: {time.process_time() - began:.0f} CPU s", file=sys.stderr)
    args.out.parent.mkdir(exist_ok=True)
    args.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
