"""How many sessions, and how long? Power of the study test, by simulation.

Power of the study test is predicted at the level of session phasors: sessions are simulated (a
sensor with a rhythm in noise, band-passed as in an analysis; a tapper who follows or not), each is
reduced to its mean phasor, and studies drawn from these go through the toolkit's own rotation test.

**Conventions.** Rates in cpm, times in seconds, shares from 0 to 1. Every figure comes with the
number of simulated studies behind it; the same seed gives the same table.

- `Expected` : what is expected of tappers and signals
- `simulate_phasors` : sessions → phasors
- `plan_power` : power against sessions and tapping time → `PowerTable`
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy

from touchrhythm._check import FloatArray, check_fraction, check_rng
from touchrhythm.estimates import t_quantile
from touchrhythm.settings import BAND_CPM, FEWEST_TAPS
from touchrhythm.signal.filtering import analytic_trace, phasor
from touchrhythm.simulate.session import in_band_power, simulate_cycles, simulate_noise, simulate_taps
from touchrhythm.simulate.signals import wave_of
from touchrhythm.study.rotation import FEWEST_SESSIONS, ComplexArray, lag_phase, rotation_test
from touchrhythm.units import band_to_hz

__all__ = [
    "FORMS",
    "Expected",
    "PowerRow",
    "PowerTable",
    "SessionPool",
    "check_whole",
    "plan_power",
    "simulate_phasors",
]

FORMS = ("undirected", "directional", "axial")
FS = 4.0  # Hz: the band ends far below
TAPPERS = 30  # on each simulated signal
PARTS = 10  # of the pool of sessions, whose powers show how sure the mean of them is
FEWEST_STUDIES = 100
MOST = 1_000_000
LONGEST = 14_400.0  # seconds of tapping in a session


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Which tappers and signals are expected.

    Parameters
    ----------
    jitter : float, default 0.3
        SD of each tap's own error, as a share of the mean cycle.
    missed : float, default 0.1
        Share of cycles without a tap.
    lag_s, lag_spread_s : float, default 0.5 and 0.5
        Mean lag of the taps, and its SD from session to session; a lag is never below 0.
    followed : float, default 1.0
        Share of sessions in which the rhythm is followed; in the others the tapper keeps an own
        beat of the same mean rate.
    rate_cpm : tuple of float, default (6.7, 9.5)
        Lowest and highest mean rate of a session.
    signal_cv, tapper_cv : float, default 0.1
        Coefficient of variation of the cycles; of the beat of one who does not follow.
    snr_db : float, default 3.0
        Power of the rhythm over that of the background inside the band.
    margin_s : float, default 120.0
        Seconds recorded before and after the tapping.

    Raises
    ------
    ValueError
        If a value is outside its range.
    """

    jitter: float = 0.3
    missed: float = 0.1
    lag_s: float = 0.5
    lag_spread_s: float = 0.5
    followed: float = 1.0
    rate_cpm: tuple[float, float] = (6.7, 9.5)
    signal_cv: float = 0.1
    tapper_cv: float = 0.1
    snr_db: float = 3.0
    margin_s: float = 120.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate_cpm", tuple(float(rate) for rate in self.rate_cpm))
        for name, low, high in (
            ("jitter", 0, 2),
            ("missed", 0, 0.9),
            ("lag_s", 0, 30),
            ("lag_spread_s", 0, 30),
            ("followed", 0, 1),
            ("signal_cv", 0, 0.5),
            ("tapper_cv", 0, 0.5),
            ("snr_db", -30, 60),
            ("margin_s", 0, 3000),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must lie between {low:g} and {high:g}, got {value:g}")
        if len(self.rate_cpm) != 2 or not 0 < self.rate_cpm[0] <= self.rate_cpm[1]:
            raise ValueError(f"rate_cpm must be (lowest, highest) above 0, got {self.rate_cpm}")


@dataclass(frozen=True, eq=False)
class SessionPool:
    """Simulated sessions, shape (n,) each: phasor, taps, rate of the signal in Hz, who followed, which signal."""

    z: ComplexArray
    n_taps: FloatArray
    rate_hz: FloatArray
    follows: np.ndarray
    signal: np.ndarray


@dataclass(frozen=True)
class PowerRow:
    """Power of one design.

    `low` and `high` are the 95 % interval of the simulation itself, which is finite in its studies
    and in the sessions that they are drawn from.
    """

    n_sessions: int
    tapping_s: float
    power: float
    low: float
    high: float
    n_studies: int


@dataclass(frozen=True)
class PowerTable:
    """Power of the designs asked for, and what it rests on."""

    rows: tuple[PowerRow, ...]
    form: str
    alpha: float
    wanted: float
    expected: Expected
    band_cpm: tuple[float, float]
    seed: int

    def enough(self) -> tuple[PowerRow, ...]:
        """For each tapping time the smallest design that reaches the power wanted."""
        first: dict[float, PowerRow] = {}
        for row in sorted(self.rows, key=lambda design: design.n_sessions):
            if row.power >= self.wanted:
                first.setdefault(row.tapping_s, row)
        return tuple(first[key] for key in sorted(first))

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return {**asdict(self), "quantity": "power", "enough": [asdict(row) for row in self.enough()]}


def simulate_phasors(
    n: int,
    expected: Expected,
    *,
    tapping_s: float,
    band_cpm: tuple[float, float] = BAND_CPM,
    edge: float = 5.0,
    n_tappers: int = TAPPERS,
    rng: np.random.Generator | int | None = None,
) -> SessionPool:
    """Mean phasors of simulated sessions with at least 5 usable taps, of tappers who follow and who do not.

    Parameters
    ----------
    n : int
        Simulated signals.
    expected : Expected
    tapping_s : float
        Seconds of tapping in a session.
    band_cpm, edge
        As in `Settings`.
    n_tappers : int, default 30
        Tappers on each signal, each with an own lag and own errors: what differs between sessions
        is mostly the tapping, and a signal costs far more than its taps.
    rng : Generator or int, optional

    Returns
    -------
    SessionPool
        Followers, and where `expected.followed` is below 1 as many who keep their own beat.

    Raises
    ------
    ValueError
        If so short a tapping hardly ever holds 5 taps.
    """
    generator = check_rng(rng)
    kinds = [kind for kind, share in ((True, expected.followed), (False, 1 - expected.followed)) if share > 0]
    drawn: list[tuple[complex, int, float, bool, int]] = []
    for number in range(n):
        found = _sessions(expected, tapping_s, band_cpm, edge, kinds * n_tappers, generator)
        drawn += [(*session, number) for session in found]
    kept = [session for session in drawn if session[1] >= FEWEST_TAPS]
    if len(kept) < 0.2 * len(drawn):
        raise ValueError(
            f"tapping_s must be long enough for the {FEWEST_TAPS} taps that a test needs, but sessions with"
            f" {tapping_s:g} s of tapping hardly ever hold them"
        )
    z, taps, rate, follows, signal = (np.array(part) for part in zip(*kept, strict=True))
    return SessionPool(z, taps.astype(np.float64), rate, follows, signal)


def _sessions(
    expected: Expected,
    tapping_s: float,
    band_cpm: tuple[float, float],
    edge: float,
    follows: Sequence[bool],
    rng: np.random.Generator,
) -> list[tuple[complex, int, float, bool]]:
    """Phasor, taps, rate of the signal and kind of tapper, for each tapper on one signal."""
    duration = tapping_s + 2 * expected.margin_s
    span = (expected.margin_s, expected.margin_s + tapping_s)
    rate = float(rng.uniform(*expected.rate_cpm))
    peak = simulate_cycles(duration, rate_cpm=rate, cv=expected.signal_cv, rng=rng)
    trace = analytic_trace(
        _sensor(peak, duration, expected.snr_db, band_cpm, rng), fs=FS, band=band_to_hz(band_cpm)
    )
    unit, fs = phasor(trace, edge=edge), trace.fs
    inside = unit[max(0, round(span[0] * fs)) : round(span[1] * fs)]
    steps = inside[1:] * np.conj(inside[:-1])
    steps = steps[np.isfinite(steps)]
    own = float(np.angle(steps).mean() / (2 * np.pi) * fs) if steps.size else 0.0
    found = []
    for kind in follows:
        lag = max(0.0, expected.lag_s + expected.lag_spread_s * float(rng.standard_normal()))
        beat = peak if kind else simulate_cycles(duration, rate_cpm=rate, cv=expected.tapper_cv, rng=rng)
        onset = simulate_taps(
            beat, span=span, lag_s=lag, jitter=expected.jitter, missed=expected.missed, rng=rng
        )
        at = _between(unit, onset * fs)
        usable = at.size if own > 0 else 0
        found.append((complex(at.mean()) if usable else 0j, usable, own, kind))
    return found


def _between(unit: ComplexArray, place: FloatArray) -> ComplexArray:
    """Unit phasors between samples, where there are any."""
    low = np.clip(place.astype(np.intp), 0, unit.size - 2)
    share = place - low
    found = (1 - share) * unit[low] + share * unit[low + 1]
    found = found[np.isfinite(found)]
    return np.asarray(found / np.maximum(np.abs(found), 1e-300))


def _sensor(
    peak: FloatArray, duration: float, snr_db: float, band_cpm: tuple[float, float], rng: np.random.Generator
) -> FloatArray:
    n = round(duration * FS)
    band = band_to_hz(band_cpm)
    wave, _ = wave_of(peak, n, FS)
    noise = simulate_noise(n, fs=FS, colour="pink", rng=rng)
    under = in_band_power(noise, fs=FS, band=band)
    over = in_band_power(wave, fs=FS, band=band)
    gain = (10 ** (snr_db / 10) * under / max(over, 1e-12)) ** 0.5
    return np.asarray(gain * wave + noise)


def plan_power(
    expected: Expected,
    *,
    n_sessions: Sequence[int] = (5, 8, 12, 20),
    tapping_s: Sequence[float] = (300.0,),
    form: str = "undirected",
    alpha: float = 0.05,
    wanted: float = 0.8,
    declared_lag_s: float | None = None,
    band_cpm: tuple[float, float] = BAND_CPM,
    n_studies: int = 2000,
    n_pool: int = 300,
    rng: int = 0,
) -> PowerTable:
    """Power of the study test, for each number of sessions and tapping time.

    Parameters
    ----------
    expected : Expected
        Who is expected to tap, and on what.
    n_sessions : sequence of int
        Sessions in all; at least 4.
    tapping_s : sequence of float
        Seconds of tapping in each session.
    form : {"undirected", "directional", "axial"}
        The rotation test that is to be primary.
    alpha, wanted : float
        Level, and power wanted.
    declared_lag_s : float, optional
        Lag that will be declared (the middle of its window); the expected one by default.
    band_cpm : tuple of float
        Band of the analysis.
    n_studies, n_pool : int
        Simulated studies per design, rounded down to tens, and simulated signals, with 30
        tappers each, that they are drawn from.
    rng : int, default 0
        Seed.

    Raises
    ------
    ValueError
        If a value is outside its range, or sessions are too short to hold 5 taps.

    Notes
    -----
    Held against full simulations (raw recordings at 20 Hz through the whole tap analysis, another
    seed) by a benchmark that comes with the source, ``benchmarks/planning_accuracy.py``.
    """
    check_fraction(alpha, "alpha")
    check_fraction(wanted, "wanted")
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}, got {form!r}")
    sizes = [check_whole(n, "n_sessions", FEWEST_SESSIONS) for n in n_sessions]
    n_studies = PARTS * (check_whole(n_studies, "n_studies", FEWEST_STUDIES) // PARTS)
    check_whole(n_pool, "n_pool", 50)
    low, high = expected.rate_cpm
    if not band_cpm[0] <= low <= high <= band_cpm[1]:
        raise ValueError(
            f"the rates expected must lie in the band {band_cpm[0]:g}–{band_cpm[1]:g} cpm, got {low:g}–{high:g} cpm"
        )
    lag = expected.lag_s if declared_lag_s is None else float(declared_lag_s)
    rows = []
    for place, seconds in enumerate(sorted({float(duration) for duration in tapping_s})):
        if not 0 < seconds <= LONGEST:
            raise ValueError(f"tapping_s must lie above 0 s and not above {LONGEST:g} s, got {seconds:g} s")
        streams = np.random.default_rng([rng, place]).spawn(2)
        pool = simulate_phasors(n_pool, expected, tapping_s=seconds, band_cpm=band_cpm, rng=streams[0])
        for n in sorted(set(sizes)):
            hits = _hits(pool, n, form, alpha, lag, expected.followed, n_studies, streams[1])
            rows.append(PowerRow(n, seconds, hits.sum() / n_studies, *_interval(hits, n_studies), n_studies))
    return PowerTable(tuple(rows), form, alpha, wanted, expected, band_cpm, rng)


def _hits(
    pool: SessionPool,
    n: int,
    form: str,
    alpha: float,
    lag: float,
    followed: float,
    n_studies: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Significant studies, drawn from each of `PARTS` parts of the pool in turn; shape (PARTS,).

    The phase of one who does not follow is uniform: it is drawn anew.
    """
    phase = lag_phase(lag, pool.rate_hz)
    part = pool.signal % PARTS
    kinds = [
        [np.flatnonzero((part == k) & (pool.follows == kind)) for kind in (False, True)] for k in range(PARTS)
    ]
    hits = np.zeros(PARTS)
    for study in range(n_studies):
        from_part = kinds[study % PARTS]
        own = (rng.random(n) < followed).astype(int)
        pick = np.array([from_part[kind][rng.integers(from_part[kind].size)] for kind in own])
        z = np.where(own == 1, pool.z[pick], pool.z[pick] * np.exp(2j * np.pi * rng.random(n)))
        test = rotation_test(
            z,
            weights=pool.n_taps[pick],
            phase=phase[pick] if form == "directional" else None,
            axial=form == "axial",
            n_rotations=999,
            rng=rng,
        )
        hits[study % PARTS] += test.pvalue <= alpha
    return hits


def _interval(hits: np.ndarray, n: int) -> tuple[float, float]:
    """95 % interval of a simulated power: of the studies (Clopper–Pearson), or of the sessions that they share.

    The second is a t interval over the parts of the pool; the wider one counts.
    """
    total = hits.sum()
    low = scipy.special.betaincinv(total, n - total + 1, 0.025) if total else 0.0
    high = scipy.special.betaincinv(total + 1, n - total, 0.975) if total < n else 1.0
    powers = hits / (n / PARTS)
    half = t_quantile(0.95, PARTS - 1) * powers.std(ddof=1) / PARTS**0.5
    return float(max(0.0, min(low, total / n - half))), float(min(1.0, max(high, total / n + half)))


def check_whole(value: int, name: str, lowest: int) -> int:
    """A whole number of at least `lowest`."""
    if isinstance(value, bool) or int(value) != value or not lowest <= value <= MOST:
        raise ValueError(f"{name} must be a whole number of at least {lowest}, got {value!r}")
    return int(value)
