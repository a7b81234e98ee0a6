"""Do the tests and intervals of agreement hold what they promise?

    python benchmarks/agreement_calibration.py [--part NAME …] [--runs-share 1.0] [--out FILE]

Parts: rotation (false alarms of the study tests, 48 cells of sessions with the true phase of the signal),
filtered (the same with a noisy sensor, band-passed), power (followers), limits (coverage of limits of
agreement), ratings (ICC, LOAM, concordance, with and without missing cells), swap (false alarms), trials
(d-prime and criterion, by exact enumeration), lag (coverage of the pooled lag). Each row of the table has
a rate, its number of runs, the 95 % binomial interval, and the nominal value. Each part takes 1–2 CPU minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import scipy
from taps_calibration import NULLS, Case, simulate

from touchrhythm._check import FloatArray
from touchrhythm.raters.concordance import concordance
from touchrhythm.raters.limits import limits_of_agreement
from touchrhythm.raters.loam import loam
from touchrhythm.raters.rater_permutation import permute_raters
from touchrhythm.raters.reliability import icc
from touchrhythm.raters.signal_detection import detection
from touchrhythm.simulate.signals import simulate_cycles
from touchrhythm.simulate.taps import simulate_taps
from touchrhythm.study.phasors import stouffer_sum
from touchrhythm.study.pooled_phase import pooled_lag
from touchrhythm.study.rotation import rotation_test
from touchrhythm.tapping.phase_reference import reference_of_trace
from touchrhythm.units import period_to_cpm

OUT = Path(__file__).parent / "results" / "agreement_calibration.tsv"
HEADER = "part\tcell\tfigure\trate\tlow\thigh\truns\tnominal\tmean_width"
DESIGNS = {
    "4 x 5 min": (4, 5),
    "5 x 5 min": (5, 5),
    "8 x 5 min": (8, 5),
    "12 x 5 min": (12, 5),
    "12 x 1 min": (12, 1),
    "8 x 10 min": (8, 10),
}
EVENT_NULLS = [name for name, case in NULLS.items() if case.rhythm and not case.raters][:8]
Z = 1.959964

Row = tuple[str, str, str, int, int, float, float]  # part, cell, figure, hits, runs, nominal, mean width


def line(row: Row) -> str:
    part, cell, figure, hits, runs, nominal, width = row
    low, high = scipy.stats.beta.ppf([0.025, 0.975], [hits, hits + 1], [runs - hits + 1, runs - hits])
    ends = (f"{v:.4f}" for v in (np.nan_to_num(low), np.nan_to_num(high, nan=1.0)))
    wide, nominal_text = ("" if np.isnan(v) else f"{v:.4g}" for v in (width, nominal))
    return "\t".join((part, cell, figure, f"{hits / runs:.4f}", *ends, str(runs), nominal_text, wide))


def true_session(
    case: Case, minutes: float, rng: np.random.Generator, lag: float = 0.5
) -> tuple[complex, int]:
    """Mean phasor of the signal's own phase at the taps, and their number."""
    duration = minutes * 60.0
    rate = float(period_to_cpm(rng.uniform(6.3, 9.0)))
    common = {"tempo_memory": case.memory, "drift": case.drift}
    peak = simulate_cycles(duration, rate_cpm=rate, cv=case.signal, rng=rng, **common)
    beat = (
        peak if case.follows else simulate_cycles(duration, rate_cpm=rate, cv=case.tapper, rng=rng, **common)
    )
    onset = simulate_taps(
        beat, span=(0.0, duration), lag_s=lag, jitter=case.jitter, missed=case.missed, rng=rng
    )
    phase = 2 * np.pi * np.interp(onset, peak, np.arange(peak.size))
    return complex(np.exp(1j * phase).mean()), onset.size


def filtered_session(case: Case, minutes: float, rng: np.random.Generator) -> tuple[complex, int]:
    """The same through a noisy sensor and the band-pass."""
    session = simulate(case, minutes, 5.0, rng)
    if session.trace is None:
        raise ValueError("a session without a sensor")
    reference = reference_of_trace(session.trace, edge=5.0, polarity=1, multiple=1)
    unit = reference.unit_at(session.onset)
    unit = unit[np.isfinite(unit)]
    return complex(unit.mean()), unit.size


def studies(
    draw: Callable[[np.random.Generator], tuple[complex, int]], sessions: int, runs: int, seed: list[int]
) -> Iterator[tuple[np.ndarray, FloatArray, np.random.Generator]]:
    for run in range(runs):
        rng = np.random.default_rng([*seed, run])
        z, n = zip(*(draw(rng) for _ in range(sessions)), strict=True)
        yield np.array(z), np.array(n, dtype=np.float64), rng


def _alarms(
    part: str, cell: str, source: Iterator[tuple[np.ndarray, FloatArray, np.random.Generator]]
) -> list[Row]:
    hits = dict.fromkeys(("undirected", "directional", "axial", "stouffer", "rayleigh_pooled"), 0)
    runs = 0
    for z, n, rng in source:
        runs += 1
        declared = 0.4 * np.ones(z.size)
        for name, options in (
            ("undirected", {}),
            ("directional", {"phase": declared}),
            ("axial", {"axial": True}),
        ):
            hits[name] += rotation_test(z, weights=n, n_rotations=199, rng=rng, **options).pvalue <= 0.05
        uniform = (
            1 + rng.integers(0, 200, z.size)
        ) / 200  # what a calibrated test of each session would give
        hits["stouffer"] += stouffer_sum(uniform, n_surrogates=199).pvalue <= 0.05
        total, length = n.sum(), abs((n * z).sum())
        p = np.exp(np.sqrt(1 + 4 * total + 4 * (total**2 - length**2)) - (1 + 2 * total))
        hits["rayleigh_pooled"] += p <= 0.05
    return [(part, cell, name, count, runs, 0.05, np.nan) for name, count in hits.items()]


def rotation(share: float) -> Iterator[Row]:
    for number, name in enumerate(EVENT_NULLS):
        for design, (sessions, minutes) in DESIGNS.items():
            runs = max(int(400 * share), 10)
            source = studies(
                lambda rng, c=NULLS[name], m=minutes: true_session(c, m, rng),
                sessions,
                runs,
                [1, number, sessions, minutes],
            )
            yield from _alarms("rotation", f"{name}; {design}", source)


def filtered(share: float) -> Iterator[Row]:
    for number, name in enumerate(("both CV 5", "tapper 5 against noise", "common slow-down 30 %, CV 5")):
        for sessions in (5, 8):
            runs = max(int(100 * share), 10)
            source = studies(
                lambda rng, c=NULLS[name]: filtered_session(c, 5, rng), sessions, runs, [2, number, sessions]
            )
            yield from _alarms("filtered", f"{name}; {sessions} x 5 min", source)


def power(share: float) -> Iterator[Row]:
    """Followers, by the true phase of the signal; the session's lag, share followed and polarity vary."""
    kinds = {
        "jitter 20 %": (0.2, 0.0, 1.0, False),
        "jitter 30 %, lag 0.5 ± 0.5 s": (0.3, 0.5, 1.0, False),
        "jitter 20 %, follows in 1 of 2": (0.2, 0.0, 0.5, False),
        "jitter 20 %, polarity random": (0.2, 0.0, 1.0, True),
    }
    for number, (name, (jitter, spread, followed, flips)) in enumerate(kinds.items()):
        for design, (sessions, minutes) in DESIGNS.items():
            runs = max(int(200 * share), 10)
            hits = dict.fromkeys(("undirected", "directional", "axial"), 0)
            for run in range(runs):
                rng = np.random.default_rng([3, number, sessions, minutes, run])
                drawn = []
                for _ in range(sessions):
                    case = Case(0.10, 0.10, jitter=jitter, missed=0.1, follows=bool(rng.random() < followed))
                    z, n = true_session(
                        case, minutes, rng, lag=max(0.5 + spread * rng.standard_normal(), 0.0)
                    )
                    drawn.append((-z if flips and rng.random() < 0.5 else z, n))
                z, n = (np.array(column) for column in zip(*drawn, strict=True))
                for form, options in (
                    ("undirected", {}),
                    ("directional", {"phase": 0.41}),
                    ("axial", {"axial": True}),
                ):
                    hits[form] += (
                        rotation_test(z, weights=n, n_rotations=199, rng=rng, **options).pvalue <= 0.05
                    )
            for form, count in hits.items():
                yield ("power", f"{name}; {design}", form, count, runs, np.nan, np.nan)


def limits(share: float) -> Iterator[Row]:
    runs = max(int(2000 * share), 10)
    for n in (5, 8, 12, 20, 30):
        for subject, within in ((0.8, 0.6), (0.3, 0.95)):
            rng = np.random.default_rng([4, n, int(10 * subject)])
            total = np.hypot(subject, within)
            found = {"one-way": [0, 0.0], "sessions as subjects": [0, 0.0]}
            for _ in range(runs):
                code = np.repeat(np.arange(n), rng.integers(2, 7, n))
                d = 0.3 + subject * rng.standard_normal(n)[code] + within * rng.standard_normal(code.size)
                for name, who in (("one-way", code), ("sessions as subjects", range(d.size))):
                    limit = limits_of_agreement(d, 0 * d, subject=who).upper
                    found[name][0] += limit.ci_low <= 0.3 + Z * total <= limit.ci_high
                    found[name][1] += limit.ci_high - limit.ci_low
            for name, (hits, width) in found.items():
                yield (
                    "limits",
                    f"{n} subjects, SD {subject:g} between, {within:g} within",
                    name,
                    hits,
                    runs,
                    0.95,
                    width / runs,
                )
    for n in (8, 12, 20):
        rng = np.random.default_rng([5, n])
        hits, width, few = 0, 0.0, max(runs // 10, 10)
        for _ in range(few):
            code = np.repeat(np.arange(n), rng.integers(2, 7, n))
            d = 0.3 + 0.8 * rng.standard_normal(n)[code] + 0.6 * rng.standard_normal(code.size)
            limit = limits_of_agreement(d, 0 * d, subject=code, form="mixed").upper
            hits, width = (
                hits + (limit.ci_low <= 0.3 + Z <= limit.ci_high),
                width + limit.ci_high - limit.ci_low,
            )
        yield ("limits", f"{n} subjects, SD 0.8 between, 0.6 within", "mixed", hits, few, 0.95, width / few)


def _table(n: int, k: int, parts: tuple[float, float, float], rng: np.random.Generator) -> FloatArray:
    subject, rater, residual = parts
    x = subject * rng.standard_normal((n, 1)) + rater * rng.standard_normal((1, k))
    return np.asarray(x + residual * rng.standard_normal((n, k)))


def ratings(share: float) -> Iterator[Row]:
    runs = max(int(1000 * share), 10)
    for n, k in ((11, 2), (28, 2), (49, 2), (15, 3), (15, 5), (40, 4)):
        for icc_a in (0.2, 0.6):
            parts = (icc_a**0.5, (0.2 * (1 - icc_a)) ** 0.5, (0.8 * (1 - icc_a)) ** 0.5)
            rng = np.random.default_rng([6, n, k, int(10 * icc_a)])
            truth = {
                "ICC(A,1)": icc_a,
                "ICC(C,1)": icc_a / (icc_a + 0.8 * (1 - icc_a)),
                "LOAM": Z * ((k - 1) / k * (1 - icc_a)) ** 0.5,
            }
            found = {name: [0, 0.0] for name in truth}
            for _ in range(runs):
                x = _table(n, k, parts, rng)
                for name, estimate in (
                    ("ICC(A,1)", icc(x)),
                    ("ICC(C,1)", icc(x, form="C,1")),
                    ("LOAM", loam(x)),
                ):
                    found[name][0] += estimate.ci_low <= truth[name] <= estimate.ci_high
                    found[name][1] += estimate.ci_high - estimate.ci_low
            for name, (hits, width) in found.items():
                yield ("ratings", f"{n} x {k}, ICC {icc_a:g}", name, hits, runs, 0.95, width / runs)
    yield from _missing(share)
    yield from _concordance(share)


def _missing(share: float) -> Iterator[Row]:
    runs, parts = max(int(100 * share), 10), (0.6**0.5, 0.08**0.5, 0.32**0.5)
    rng = np.random.default_rng(7)
    found = {"ICC(A,1)": [0, 0.0], "ICC(C,1)": [0, 0.0]}
    for _ in range(runs):
        x = _table(15, 4, parts, rng)
        x[rng.random(x.shape) < 0.15] = np.nan
        x[np.isnan(x).all(axis=1), 0] = 0.0
        for name, truth in (("ICC(A,1)", 0.6), ("ICC(C,1)", 0.6 / 0.92)):
            reliability = icc(x, form=name[4:7], n_boot=199, rng=rng)
            found[name][0] += reliability.ci_low <= truth <= reliability.ci_high
            found[name][1] += reliability.ci_high - reliability.ci_low
    for name, (hits, width) in found.items():
        yield ("ratings", "15 x 4, ICC 0.6, 15 % of cells missing", name, hits, runs, 0.95, width / runs)


def _concordance(share: float) -> Iterator[Row]:
    runs = max(int(1000 * share), 10)
    for n in (8, 15, 30):
        for sessions in (1, 3):
            rng = np.random.default_rng([8, n, sessions])
            truth, hits, width = 2.0 / (2.0 + 0.5 + 0.09), 0, 0.0
            for _ in range(runs):
                own = rng.standard_normal((n, 1))
                x, y = (own + 0.5 * rng.standard_normal((n, sessions)) for _ in range(2))
                y = y + 0.3
                agreement = concordance(x[:, 0], y[:, 0]) if sessions == 1 else concordance(x, y)
                hits, width = (
                    hits + (agreement.ci_low <= truth <= agreement.ci_high),
                    width + agreement.ci_high - agreement.ci_low,
                )
            yield (
                "ratings",
                f"{n} subjects, {sessions} sessions",
                "concordance",
                hits,
                runs,
                0.95,
                width / runs,
            )


def swap(share: float) -> Iterator[Row]:
    runs = max(int(1000 * share), 10)
    for n in (6, 12, 25):
        for spread in (0.5, 1.7):
            rng = np.random.default_rng([9, n, int(10 * spread)])
            hits = 0
            for _ in range(runs):
                p = permute_raters(
                    rng.normal(8, spread, n),
                    rng.normal(8, 1.0, n),
                    subject=range(n),
                    n_permutations=199,
                    rng=rng,
                )
                hits += p.pvalue <= 0.05
            yield (
                "swap",
                f"{n} subjects, guesser N(8, {spread:g})",
                "false alarms",
                hits,
                runs,
                0.05,
                np.nan,
            )
    for spread in (0.5, 1.0, 1.7):
        rng = np.random.default_rng([10, int(10 * spread)])
        width = [
            2 * Z * (rng.normal(8, spread, 20) - rng.normal(8, spread, 20)).std(ddof=1) for _ in range(runs)
        ]
        near = [
            concordance(rng.normal(8, spread, 20), rng.normal(8, spread, 20)).estimate > 0.5
            for _ in range(runs)
        ]
        yield (
            "swap",
            f"two guessers N(8, {spread:g}), 20 subjects",
            "concordance above .5",
            sum(near),
            runs,
            np.nan,
            float(np.mean(width)),
        )


def trials(share: float) -> Iterator[Row]:
    """Exact coverage at random true shares; hits are points with coverage of .93–.97."""
    points = max(int(2000 * share), 50)
    for n_yes, n_no in ((20, 20), (20, 40), (25, 25), (30, 30), (50, 50), (100, 100)):
        bounds = _bounds(n_yes, n_no)
        for low, high in ((0.1, 0.9), (0.05, 0.95), (0.02, 0.98)):
            rates = np.random.default_rng([11, n_yes, n_no, int(100 * low)]).uniform(low, high, (points, 2))
            for figure, (bottom, top) in bounds.items():
                found = _exact(bottom, top, rates, figure)
                good = int(((found >= 0.93) & (found <= 0.97)).sum())
                cell = f"{n_yes} + {n_no} trials, shares {low:g}–{high:g}: {found.min():.3f} to {found.max():.3f}, mean {found.mean():.3f}"
                width = float(np.median(top - bottom))
                yield ("trials", cell, f"{figure}, points with .93–.97", good, points, np.nan, width)


def _bounds(n_yes: int, n_no: int) -> dict[str, tuple[FloatArray, FloatArray]]:
    found = {
        name: (np.empty((n_yes + 1, n_no + 1)), np.empty((n_yes + 1, n_no + 1)))
        for name in ("d_prime", "criterion")
    }
    for hits in range(n_yes + 1):
        for alarms in range(n_no + 1):
            scores = detection(hits, n_yes - hits, alarms, n_no - alarms)
            for name, (low, high) in found.items():
                low[hits, alarms], high[hits, alarms] = (
                    getattr(scores, name).ci_low,
                    getattr(scores, name).ci_high,
                )
    return found


def _exact(low: FloatArray, high: FloatArray, rates: FloatArray, figure: str) -> FloatArray:
    out = np.empty(len(rates))
    n_yes, n_no = low.shape[0] - 1, low.shape[1] - 1
    for at, (yes, no) in enumerate(rates):
        a, b = scipy.special.ndtri([yes, no])
        truth = a - b if figure == "d_prime" else -(a + b) / 2
        p_yes = scipy.stats.binom.pmf(np.arange(n_yes + 1), n_yes, yes)
        p_no = scipy.stats.binom.pmf(np.arange(n_no + 1), n_no, no)
        out[at] = p_yes @ ((low <= truth) & (truth <= high)) @ p_no
    return out


def lag(share: float) -> Iterator[Row]:
    runs = max(int(600 * share), 10)
    for n in (5, 8, 12, 20):
        for spread in (0.3, 0.8):
            rng = np.random.default_rng([12, n, int(10 * spread)])
            hits = known = 0
            width = 0.0
            for _ in range(runs):
                z = rng.beta(3, 3, n) * np.exp(1j * (0.6 + spread * rng.standard_normal(n)))
                lag = pooled_lag(z, period=np.full(n, 7.5), n_boot=299, rng=rng)
                if not lag.reason:
                    known += 1
                    hits += lag.lag_low_s <= 0.6 / (2 * np.pi) * 7.5 <= lag.lag_high_s
                    width += lag.lag_high_s - lag.lag_low_s
            cell = f"{n} sessions, phase SD {spread:g} rad, interval given in {known} of {runs}"
            yield ("lag", cell, "lag", hits, max(known, 1), 0.95, width / max(known, 1))


PARTS = {part.__name__: part for part in (rotation, filtered, power, limits, ratings, swap, trials, lag)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--runs-share", type=float, default=1.0)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    for name in given.part:
        began = time.process_time()
        rows = [line(row) for row in PARTS[name](given.runs_share)]
        print(
            f"{name}: {len(rows)} rows, {time.process_time() - began:.0f} CPU s", file=sys.stderr, flush=True
        )
        kept = given.out.read_text(encoding="utf-8").splitlines()[1:] if given.out.exists() else []
        kept = [row for row in kept if row.split("\t")[0] != name]
        order = {part: at for at, part in enumerate(PARTS)}
        every = sorted([*kept, *rows], key=lambda row: order[row.split("\t")[0]])
        given.out.parent.mkdir(exist_ok=True)
        given.out.write_text("\n".join([HEADER, *every]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
