"""How fast are the taps, at what phase do they come, and how likely is that by chance?

**Conventions.** Times in seconds, phases in cycles of the reference; every interval has 95 % and
minds that neighbouring taps depend on each other (`tapper.mean_with_error`).

- `tap_rates`, `tap_lags` : what the taps do
- `expected_taps` : how many one who follows would have made
- `null_ranges` : scores beside their chance levels
- `judge`, `press_artefact_of` : p-values
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.estimates import rank_pvalue
from touchrhythm.session import NullRange
from touchrhythm.tapping.phase_reference import PhaseReference
from touchrhythm.tapping.press_artefact import Residual
from touchrhythm.tapping.shift_test import Scores, Stack, nearest_event
from touchrhythm.tapping.tapper import interval_with_error, mean_with_error
from touchrhythm.units import hz_to_cpm

__all__ = [
    "Lags",
    "NullRanges",
    "PressArtefact",
    "Rates",
    "TapJudgement",
    "expected_taps",
    "judge",
    "null_ranges",
    "press_artefact_of",
    "tap_lags",
    "tap_rates",
]

TOO_REGULAR = 0.9  # chance 95 % point of R beyond which nothing can be judged
FEWEST_NULLS = 50  # tap trains that do not belong, or nothing is said


class Rates(NamedTuple):
    """Tap rate in cpm and its ratio to the reference's, with intervals."""

    rate_cpm: float
    rate_low_cpm: float
    rate_high_cpm: float
    ratio: float
    ratio_low: float
    ratio_high: float


class Lags(NamedTuple):
    """Mean lag with its interval, and phase (radians) and asynchrony (s) of every tap."""

    lag_s: float
    lag_low_s: float
    lag_high_s: float
    lag_cycles: float
    phase: FloatArray
    asynchrony: FloatArray


class TapJudgement(NamedTuple):
    """The p-value, the statistic it belongs to, and why there is none."""

    pvalue: float
    statistic_name: str
    reason: str


class NullRanges(NamedTuple):
    """R, V, SD of the asynchrony (s) and F-measure, each with its chance level."""

    resultant: float
    resultant_null: NullRange
    v_statistic: float
    v_statistic_null: NullRange
    asynchrony_sd_s: float
    asynchrony_sd_null_s: NullRange
    f_measure: float
    f_null: NullRange


class PressArtefact(NamedTuple):
    """Whether the fast residual is larger at taps than at shifted times."""

    press_artefact_pvalue: float
    press_artefact_ratio: float


def tap_rates(onset: FloatArray, used: FloatArray, reference: PhaseReference, multiple: int) -> Rates:
    """Rate of all taps, and ratio of tap rate to reference rate where the reference has a phase.

    The ratio is taken from tap to tap: it is one over the mean number of cycles that pass between
    two taps, so that a tempo that both share takes nothing from it.
    """
    rate = _inverse(*interval_with_error(onset))
    passed = np.diff(reference.cycles_at(used)) / multiple
    passed = passed[np.diff(reference.stretch_at(used)) == 0]
    enough = passed.size > 2
    ratio = (
        _inverse(*interval_with_error(np.concatenate(([0.0], np.cumsum(passed)))))
        if enough
        else (np.nan,) * 3
    )
    slow, low, high = (float(hz_to_cpm(freq)) for freq in rate)
    return Rates(slow, low, high, *ratio)


def tap_lags(used: FloatArray, reference: PhaseReference, multiple: int) -> Lags:
    """Circular mean lag behind the reference, modulo one cycle.

    Its interval is the mean direction's, from the dependent errors sin(phase - mean) / R (Fisher
    1993, made block-aware); where it would reach round the circle it is the whole circle.
    """
    unit = reference.unit_at(used)
    mean = unit.mean()
    direction = float(np.angle(mean))
    _, half = mean_with_error(np.sin(np.angle(unit) - direction) / abs(mean))
    half = min(half, np.pi) if np.isfinite(half) else np.pi
    passed = np.diff(reference.cycles_at(used))
    same = np.diff(reference.stretch_at(used)) == 0
    period = float(np.diff(used)[same].sum() / passed[same].sum()) if same.any() else np.nan
    turn = period / (2 * np.pi)
    return Lags(
        direction * turn,
        (direction - half) * turn,
        (direction + half) * turn,
        direction / (2 * np.pi) / multiple,
        np.angle(unit),
        nearest_event(used, reference)[1],
    )


def expected_taps(used: FloatArray, reference: PhaseReference, cycles_per_tap: int) -> float:
    """Taps of one who follows every time, over the stretch that was tapped."""
    half = float(np.median(reference.period)) / 2 * cycles_per_tap
    first, last = np.searchsorted(reference.event, (used[0] - half, used[-1] + half))
    return max(1.0, float(last - first) / cycles_per_tap)


def judge(observed: Scores, null: tuple[Scores, ...], stack: Stack, *, directed: bool) -> TapJudgement:
    """Rank of the primary statistic among taps that do not belong; the larger one of two stacks."""
    name = "V" if directed else "R"
    chance = [
        drawn.resultant[far & np.isfinite(drawn.resultant)]
        for drawn, far in zip(null, stack.apart, strict=True)
    ]
    fewest = min(scores.size for scores in chance)
    if fewest < FEWEST_NULLS:
        return TapJudgement(
            np.nan, name, f"only {fewest} shifts of the taps meet enough of the signal to compare with"
        )
    level = max(float(np.quantile(scores, 0.95)) for scores in chance)
    if level > TOO_REGULAR:
        reason = (
            f"taps that do not belong reach R = {level:.2f} here: taps so few, or rhythms so regular,"
            " that following cannot be told from having the same rate"
        )
        return TapJudgement(np.nan, name, reason)
    pairs = [(observed.v_statistic, scores.v_statistic) for scores in null]
    if not directed:
        pairs = [(observed.resultant, scores.resultant) for scores in null]
    return TapJudgement(max(rank_pvalue(float(seen[0]), noise) for seen, noise in pairs), name, "")


def press_artefact_of(inside: FloatArray, stack: Stack, residual: Residual | None) -> PressArtefact:
    """P-value and ratio of the fast residual's energy at taps against shifted taps."""
    if residual is None:
        return PressArtefact(np.nan, np.nan)
    observed = _mean_energy(inside[None], residual)[0]
    null = _mean_energy(stack.trains[0], residual)
    null = null[np.isfinite(null)]
    if null.size < FEWEST_NULLS or not np.isfinite(observed):
        return PressArtefact(np.nan, np.nan)
    usual = float(np.median(null))
    ratio = float(observed) / usual if usual > 0 else np.nan
    return PressArtefact(rank_pvalue(float(observed), null), ratio)


def null_ranges(seen: Scores, null: tuple[Scores, ...], stack: Stack) -> NullRanges:
    """Each score beside its chance level, without the shifts that hardly move the taps."""

    def chance(values: list[FloatArray]) -> NullRange:
        kept = [row[far] for row, far in zip(values, stack.apart, strict=True)]
        return NullRange.of(np.concatenate(kept))

    return NullRanges(
        float(seen.resultant[0]),
        chance([scores.resultant for scores in null]),
        float(seen.v_statistic[0]),
        chance([scores.v_statistic for scores in null]),
        float(seen.asynchrony_sd[0]),
        chance([scores.asynchrony_sd for scores in null]),
        float(seen.f_measure[0]),
        chance([scores.f_measure for scores in null]),
    )


def _inverse(mean: float, half: float) -> tuple[float, float, float]:
    """One over a mean, with its interval; infinite where the mean may be 0, NaN below."""
    if not mean > 0:
        return np.nan, np.nan, np.nan
    high = np.inf if half >= mean else 1 / (mean - half)
    return 1 / mean, 1 / (mean + half), high


def _mean_energy(trains: FloatArray, residual: Residual) -> FloatArray:
    energy = residual.at(np.where(np.isfinite(trains), trains, -1.0))
    known = np.isfinite(energy)
    total = np.where(known, energy, 0.0).sum(axis=1)
    return np.where(
        known.sum(axis=1) * 2 >= trains.shape[1], total / np.maximum(known.sum(axis=1), 1), np.nan
    )
