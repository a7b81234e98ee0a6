"""How well are the beats of a pulse found, and what is read of its series?

    python benchmarks/pulse.py [beats] [timing] [bad] [series] [leaks] [level] [speed] [--count N] [--real FILE.csv]

Simulated waves of known truth (`touchrhythm.simulate.pulse`), fresh seeds. "beats": sensitivity and precision beside
the PPG methods of NeuroKit2 where it is installed, in one run on the same waves; `--real` adds a table with columns
ECG and PPG at 100 samples/s, the R waves of NeuroKit2 being the truth. "timing": error of the intervals and of the heart
rate. "bad": planted bad beats that were masked, good ones that were. "series": 10 min with one series modulated; found,
rate right, named right. "leaks": what one series shows in the others. "level": unmodulated pulses called rhythmic, by each series and
after Holm. "speed": CPU of 10 min at 100 samples/s. One row per figure in ``results/pulse.tsv``, replaced by name.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scipy

from touchrhythm.analysis.pulse import holm, read_pulse
from touchrhythm.pulse.beats import find_beats
from touchrhythm.pulse.series import pulse_series
from touchrhythm.rhythm.periodicity import periodicity_test
from touchrhythm.session import Recording, Session
from touchrhythm.settings import SERIES, Settings
from touchrhythm.simulate.pulse import PulseModel, SimulatedPulse, simulate_pulse

RESULTS = Path(__file__).parent / "results" / "pulse.tsv"
COLUMNS = ("figure", "cell", "n", "value", "low", "high", "bar")
BAND, NEAR = (0.1, 0.2), 0.15  # Hz; s between a beat and its truth
SHAPES = ("pulse", "plain", "notched")
LEVEL_CELLS = ((5, False), (5, True), (10, False), (10, True))  # minutes, AC-coupled
METHODS = ("elgendi", "charlton", "charlton2024")  # bishop takes minutes per wave


class Row(NamedTuple):
    """One figure, with its interval and the bar it is held to."""

    figure: str
    cell: str
    n: int
    value: float
    low: float = float("nan")
    high: float = float("nan")
    bar: str = ""


def share(figure: str, cell: str, count: int, n: int, bar: str = "") -> Row:
    """A share with its exact 95 % interval."""
    exact = scipy.stats.binomtest(count, n).proportion_ci(method="exact")
    return Row(figure, cell, n, count / n, exact.low, exact.high, bar)


def matched(
    found: np.ndarray, truth: np.ndarray, optional: np.ndarray, duration: float
) -> tuple[float, float]:
    """Sensitivity for `truth`, and precision, where beats at `optional` times count neither way."""
    if found.size < 5:
        return 0.0, 0.0
    delay = np.median([found[np.argmin(np.abs(found - beat))] - beat for beat in truth])
    expected, either = truth + delay, np.concatenate((truth, optional)) + delay
    inner = (expected > 2) & (expected < duration - 2)
    seen = np.abs(expected[inner, None] - found).min(axis=1) < NEAR
    mine = found[(found > 2) & (found < duration - 2)]
    right = np.abs(mine[:, None] - either).min(axis=1) < NEAR
    return float(seen.mean()), float(right.mean())


def methods() -> dict[str, Callable[[np.ndarray, int], np.ndarray]]:
    """Our detector, and those of NeuroKit2 where it is installed; the wave is turned upright for all."""
    found: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
        "touchrhythm": lambda x, fs: find_beats(x, fs=fs).time_s
    }
    if importlib.util.find_spec("neurokit2") is not None:
        import neurokit2

        def peaks(x: np.ndarray, fs: int, method: str) -> np.ndarray:
            clean = "elgendi" if method == "elgendi" else method
            try:
                wave = neurokit2.ppg_clean(x, sampling_rate=fs, method=clean)
            except ValueError:
                wave = neurokit2.ppg_clean(x, sampling_rate=fs)
            return (
                np.asarray(neurokit2.ppg_findpeaks(wave, sampling_rate=fs, method=method)["PPG_Peaks"]) / fs
            )

        found |= {f"neurokit2 {name}": lambda x, fs, name=name: peaks(x, fs, name) for name in METHODS}
    return found


def waves(count: int) -> Iterator[tuple[str, SimulatedPulse, int]]:
    """Waves of three shapes, 45 to 150 beats per minute, 20 to 5 dB; and with 6 % of bad beats."""
    for number in range(count):
        rng = np.random.default_rng([1, number])
        fs = int(rng.choice([25, 50, 100, 200]))
        common = {
            "kind": SHAPES[number % 3],
            "heart_rate_bpm": float(rng.uniform(45, 150)),
            "coupling_hz": (None, 0.5)[number % 2],
        }
        clean = PulseModel(**common, snr_db=float(rng.choice([5, 10, 20])))
        yield (
            "clean",
            simulate_pulse(clean, duration_s=120, fs=fs, rng=np.random.default_rng([2, number])),
            fs,
        )
        spoilt = PulseModel(**common, bad_fraction=0.06)
        yield (
            "6 % bad",
            simulate_pulse(spoilt, duration_s=120, fs=fs, rng=np.random.default_rng([3, number])),
            fs,
        )


def beats(count: int, real: str | None) -> Iterator[Row]:
    scores: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for cell, pulse, fs in waves(count):
        for name, find in methods().items():
            at = find(pulse.x, fs)
            sure, spoilt = pulse.beat_s[pulse.bad == ""], pulse.beat_s[pulse.bad != ""]
            scores[cell, name].append(matched(at, sure, spoilt, 120.0))
    if real is not None:
        import neurokit2

        table = np.genfromtxt(real, delimiter=",", names=True)
        clean = neurokit2.ecg_clean(table["ECG"], sampling_rate=100)
        truth = neurokit2.ecg_peaks(clean, sampling_rate=100)[1]["ECG_R_Peaks"] / 100
        for name, find in methods().items():
            score = matched(find(table["PPG"], 100), truth, np.zeros(0), table.size / 100)
            scores["recorded at rest", name].append(score)
    for (cell, name), found in scores.items():
        mean = np.mean(found, axis=0)
        for what, value in zip(("sensitivity", "precision"), mean, strict=True):
            yield Row(what, f"{cell}, {name}", len(found), float(value), bar="best of neurokit2")


def timing(count: int) -> Iterator[Row]:
    for kind in SHAPES:
        errors, rates = [], 0
        for number in range(count):
            rate = float(np.random.default_rng([4, number]).uniform(50, 100))
            pulse = simulate_pulse(
                PulseModel(kind=kind, heart_rate_bpm=rate),
                duration_s=200,
                fs=50,
                rng=np.random.default_rng([5, number]),
            )
            found = find_beats(pulse.x, fs=50)
            good = found.time_s[found.good]
            delay = np.median([good[np.argmin(np.abs(good - beat))] - beat for beat in pulse.beat_s])
            truth = pulse.beat_s[np.abs(good[:, None] - delay - pulse.beat_s).argmin(axis=1)]
            steps = np.diff(good), np.diff(truth)
            errors.append((steps[0] - steps[1])[np.abs(steps[0] - steps[1]) < NEAR])
            rates += abs(found.rate_bpm - pulse.heart_rate_bpm) <= 1
        sd = 1000 * float(np.concatenate(errors).std())
        yield Row("SD of the error of an interval, ms", f"{kind}, 50 samples/s, 20 dB", count, sd, bar="<= 5")
        yield share("heart rate within 1 per minute", kind, rates, count, ">= .99")


def bad(count: int) -> Iterator[Row]:
    total: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for number in range(count):
        model = PulseModel(
            kind=SHAPES[number % 3],
            heart_rate_bpm=float(np.random.default_rng([6, number]).uniform(50, 110)),
            bad_fraction=0.06,
            coupling_hz=(None, 0.5)[number % 2],
        )
        pulse = simulate_pulse(model, duration_s=300, fs=100, rng=np.random.default_rng([7, number]))
        found = find_beats(pulse.x, fs=100)
        clean = pulse.beat_s[pulse.bad == ""]
        delay = np.median([found.time_s[np.argmin(np.abs(found.time_s - beat))] - beat for beat in clean])
        good, near = found.time_s[found.good] - delay, 0.2 * np.median(np.diff(pulse.beat_s))
        for beat, kind in zip(pulse.beat_s, pulse.bad.tolist(), strict=True):
            if 2 < beat < 298:
                total[kind] += 1
                lost[kind] += not (np.abs(good - beat) < near).any()
    for kind in sorted(total):
        if kind:
            yield share("planted bad beats masked", kind, lost[kind], total[kind], ">= .95")
    planted = [kind for kind in total if kind]
    n = sum(total[kind] for kind in planted)
    yield share("planted bad beats masked", "all kinds", sum(lost[kind] for kind in planted), n, ">= .95")
    yield share("good beats masked", "all", lost[""], total[""], "<= .02")


def series(count: int) -> Iterator[Row]:
    settings = Settings(n_surrogates=199, n_bootstrap=50, signal="pulse")
    for name, size in (("height", 0.2), ("interval", 0.05), ("baseline", 0.5)):
        told = []
        for number in range(count):
            rng = np.random.default_rng([8, number])
            model = PulseModel(
                rate_cpm=float(rng.uniform(6.5, 11.5)),
                heart_rate_bpm=float(rng.uniform(50, 100)),
                breathing_cpm=float(rng.uniform(12.5, 20)),
                # an AC-coupled sensor cannot hold the baseline
                coupling_hz=None if number % 2 or name == "baseline" else 0.5,
                kind=SHAPES[number % 3],
                **{name: size},
            )
            pulse = simulate_pulse(model, duration_s=600, fs=100, rng=np.random.default_rng([9, number]))
            streams = dict(zip(("test", "noise", "rhythm"), rng.spawn(3), strict=True))
            read = read_pulse(Session(Recording(pulse.x, 100.0, ("ppg",))), 0, settings, streams)
            answer = read.answer.series
            is_found = answer[name].pvalue_adjusted <= 0.05
            rate = answer[name].rate
            is_right = rate is not None and abs(rate.rate_cpm - pulse.rate_cpm) <= 0.1
            told.append((is_found, is_right, read.answer.answering == name))
        hits = np.sum(told, axis=0)
        for what, hit in zip(("found", "found, rate within .1", "named right"), hits, strict=True):
            yield share(f"modulated series {what}", f"{name} {size:.0%}", int(hit), count, ">= .95")


def leaks(count: int) -> Iterator[Row]:
    """What one series that is modulated, and nothing else, shows in the others; bounds are the least and the most."""
    for name, size in (("height", 0.2), ("interval", 0.05)):
        for corner in (None, 0.1, 0.5):
            seen = np.array([leaked(name, size, corner, number) for number in range(count)])
            for other, shares in zip(SERIES, seen.T, strict=True):
                coupling = "DC" if corner is None else f"AC at {corner:g} Hz"
                cell = f"{name} {size:.0%} into {other}, {coupling}"
                yield Row(
                    "modulation leaked, of that planted", cell, count, *np.quantile(shares, (0.5, 0, 1))
                )


def leaked(name: str, size: float, corner: float | None, number: int) -> list[float]:
    """Modulation of each series at the rhythm planted in one, as a share of what was planted."""
    rng = np.random.default_rng([12, number])
    model = PulseModel(
        rate_cpm=float(rng.uniform(6.5, 11.5)),
        rate_cv=0.01,
        heart_rate_bpm=float(rng.uniform(50, 100)),
        breathing_cpm=None,
        height_sd=0.0,
        interval_sd=0.002,
        baseline_sd=0.0,
        coupling_hz=corner,
        kind=SHAPES[number % 3],
        **{name: size},
    )
    pulse = simulate_pulse(model, duration_s=300, fs=50, rng=rng)
    found = find_beats(pulse.x, fs=50)
    grid = pulse_series(found, pulse.x, fs=50)
    rhythm = scipy.signal.hilbert(np.interp(grid.time, np.arange(pulse.x.size) / 50, pulse.rhythm))
    height, interval = np.median(found.height[found.good]), np.nanmean(grid.interval)
    units = {"baseline": height, "height": 100.0, "interval": interval}
    return [_share_of(rhythm, getattr(grid, other) / units[other]) / size for other in SERIES]


def _share_of(rhythm: np.ndarray, x: np.ndarray) -> float:
    known = ~np.isnan(x)
    waves = np.column_stack((rhythm.real[known], rhythm.imag[known]))
    return float(np.hypot(*np.linalg.lstsq(waves, x[known] - x[known].mean(), rcond=None)[0]))


def level(count: int) -> Iterator[Row]:
    """Unmodulated pulses; the bar of a cell is the 99.9 % family-wise binomial bound of .06."""
    pooled: dict[str, list[bool]] = defaultdict(list)
    for minutes, is_coupled in LEVEL_CELLS:
        cell: dict[str, list[bool]] = defaultdict(list)
        for number in range(count):
            for name, value in unmodulated(minutes, is_coupled, number).items():
                cell[name].append(value <= 0.05)
        yield from cell_rows(cell, f"{minutes} min, {'AC' if is_coupled else 'DC'}")
        for name, called in cell.items():
            pooled[name] += called
    yield from pooled_rows(pooled)


def unmodulated(minutes: int, is_coupled: bool, number: int) -> dict[str, float]:
    """P-values of the series of one pulse without a rhythm, breathing beside; its own seed for each."""
    key = [minutes, int(is_coupled), number]
    rng = np.random.default_rng([10, *key])
    model = PulseModel(
        heart_rate_bpm=float(rng.uniform(50, 100)),
        breathing_cpm=float(rng.uniform(12.5, 20)),
        coupling_hz=0.5 if is_coupled else None,
        kind=SHAPES[number % 3],
    )
    pulse = simulate_pulse(model, duration_s=60.0 * minutes, fs=50, rng=np.random.default_rng([11, *key]))
    grid = pulse_series(find_beats(pulse.x, fs=50), pulse.x, fs=50)
    p = {name: _pvalue(getattr(grid, name), rng) for name in SERIES}
    return p | {"any, after Holm": min(holm(p).values())}


def cell_rows(cell: dict[str, list[bool]], label: str) -> Iterator[Row]:
    for name, called in cell.items():
        n = len(called)
        top = int(scipy.stats.binom(n, 0.06).isf(0.001 / 16)) / n
        yield share("unmodulated called rhythmic", f"{name}, {label}", sum(called), n, f"<= {top:.3f}")


def pooled_rows(pooled: dict[str, list[bool]]) -> Iterator[Row]:
    figure = "unmodulated called rhythmic, pooled"
    for name, called in pooled.items():
        yield share(figure, name, sum(called), len(called), "<= .06" if "Holm" in name else ".04-.06")
    single = [is_called for name in SERIES for is_called in pooled[name]]
    yield share(figure, "each single series", sum(single), len(single), ".04-.06")


def _pvalue(x: np.ndarray, rng: np.random.Generator) -> float:
    return periodicity_test(x, fs=4.0, band=BAND, rng=rng, n_surrogates=199).pvalue


def speed() -> Iterator[Row]:
    pulse = simulate_pulse(PulseModel(rate_cpm=8, height=0.2), duration_s=600, fs=100, rng=1)
    start = time.process_time()
    grid = pulse_series(find_beats(pulse.x, fs=100), pulse.x, fs=100)
    beats_s = time.process_time() - start
    for name in SERIES:
        periodicity_test(getattr(grid, name), fs=4.0, band=BAND, rng=1, n_surrogates=999)
    yield Row("CPU s, beats and series", "10 min at 100 samples/s", 1, beats_s)
    yield Row(
        "CPU s, with three tests of 999",
        "10 min at 100 samples/s",
        1,
        time.process_time() - start,
        bar="<= 2",
    )


def keep(rows: list[Row]) -> None:
    """Write the rows; older ones of the same figure and cell are replaced."""
    new = {(row.figure, row.cell) for row in rows}
    old = []
    if RESULTS.exists():
        with RESULTS.open(encoding="utf-8") as file:
            old = [
                row for row in csv.DictReader(file, delimiter="\t") if (row["figure"], row["cell"]) not in new
            ]
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
        table.writeheader()
        table.writerows(old)
        for row in rows:
            told = {
                name: f"{part:.4g}" if isinstance(part, float) else part
                for name, part in row._asdict().items()
            }
            table.writerow({name: "" if part == "nan" else part for name, part in told.items()})


def main() -> None:
    parts = {"timing": timing, "bad": bad, "series": series, "leaks": leaks, "level": level}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", default=["beats", *parts, "speed"])
    parser.add_argument("--count", type=int, default=40, help="waves of each kind (default 40)")
    parser.add_argument("--real", help="table with columns ECG and PPG at 100 samples/s")
    args = parser.parse_args()
    for name in args.parts:
        if name == "beats":
            rows = list(beats(args.count, args.real))
        else:
            rows = list(speed() if name == "speed" else parts[name](args.count))
        keep(rows)
        for row in rows:
            print(
                f"{row.figure}, {row.cell}: {row.value:.4g} ({row.n}; {row.low:.3g}-{row.high:.3g}) {row.bar}",
                flush=True,
            )


if __name__ == "__main__":
    main()
