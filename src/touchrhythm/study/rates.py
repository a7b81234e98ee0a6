"""Do perceived and measured rates agree over a study, and do therapists agree with one another?

**Conventions.** Rates in cpm. The perceived rate is that of the taps, else that of the reported
counts. Measured rates are the rate where a rhythm was found; as sensitivity the cycle count of the
filtered trace in all sessions, which filtered noise has too. Limits over all therapists weigh subjects
alike.

- `answer_rates` : rows → `RateAnswers`
- `rate_table` : rows → the table that `compare_rates` takes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.estimates import Estimate
from touchrhythm.raters.compare_rates import compare_rates
from touchrhythm.raters.concordance import concordance
from touchrhythm.raters.limits import (
    Equivalence,
    LimitsOfAgreement,
    equivalence,
    limits_of_agreement,
    proportional_bias,
)
from touchrhythm.raters.loam import PermutedLoam, permute_loam
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.raters.rater_permutation import RaterPermutation, permute_raters
from touchrhythm.raters.results import RateComparison
from touchrhythm.session import read_only
from touchrhythm.study.association import Associations, answer_associations
from touchrhythm.study.rows import SessionRow
from touchrhythm.units import count_quantisation_cpm

__all__ = ["MEASURES", "PooledRates", "RateAnswers", "WithEachOther", "answer_rates", "rate_table"]

MEASURES = ("rhythm", "count")  # measured rates: of a rhythm that was found, of the filtered trace
LEVEL = 0.05

Answer = TypeVar("Answer")


@dataclass(frozen=True, eq=False)
class PooledRates:
    """All therapists' perceived rates against one kind of measured rate; differences perceived - measured.

    `percent` are the limits in percent of the mean of both; `quantisation_cpm` the 1.96 SD that counting
    whole cycles brings into a difference, 0 where all rates are of taps.
    """

    measure: str
    limits: LimitsOfAgreement | None
    percent: LimitsOfAgreement | None
    equivalence: Equivalence | None
    quantisation_cpm: float
    agreement: Estimate | None
    slope: Estimate | None
    swap: RaterPermutation | None
    subject: tuple[str, ...]
    mean: FloatArray
    difference: FloatArray
    n_sessions: int
    n_raters: int
    reason: str


@dataclass(frozen=True)
class WithEachOther:
    """Sessions with two raters: who agrees with whom at the level .05 of one test each.

    `table` counts sessions by (with each other, with the sensor); a session counts as "with the
    sensor" where the taps of at least one rater do. `n_unknown` could not be judged, or the tapping made their rhythm.
    """

    table: tuple[tuple[int, int], tuple[int, int]]
    n_sessions: int
    n_unknown: int


@dataclass(frozen=True, eq=False)
class RateAnswers:
    """Agreement of rates.

    Attributes
    ----------
    table : RateTable
        One row per session and rater, measured where a rhythm was found that the tapping did not make.
    comparison : RateComparison or None
        Therapist by therapist, with one another, and with what they expected.
    pooled : tuple of PooledRates
        All therapists together against each of `MEASURES`.
    pairs : WithEachOther or None
        Where two raters tapped in one session.
    loam_permuted : PermutedLoam or None
        What the limits of agreement with the mean are when subjects are swapped.
    associations : Associations
        Whether perceived rates go with what was expected, and with breathing.
    reasons : tuple of str
        What could not be answered, and why.
    """

    table: RateTable
    comparison: RateComparison | None
    pooled: tuple[PooledRates, ...]
    pairs: WithEachOther | None
    reasons: tuple[str, ...]
    loam_permuted: PermutedLoam | None
    associations: Associations


def answer_rates(
    rows: Sequence[SessionRow],
    *,
    seed: int = 0,
    delta_cpm: float | None = None,
    form: str | None = None,
) -> RateAnswers:
    """Agreement of perceived with measured rates, of therapists with one another and with their expectation.

    Parameters
    ----------
    rows : sequence of SessionRow
    seed : int, default 0
        Seed of swaps and bootstrap.
    delta_cpm : float, optional
        Difference that would not matter, set before the data.
    form : str, optional
        Form of the limits over all therapists; by default as the data ask for.
    """
    kept = [row for row in rows if row.kind == "palpation" and row.state == "analysed" and row.raters]
    table = rate_table(kept)
    reasons: list[str] = []
    comparison = None
    if table.line:
        try:
            comparison = compare_rates(table, delta=delta_cpm, rng=seed)
        except BadFile as error:
            reasons.append(f"rates of single therapists: {error.message}")
    return RateAnswers(
        table=table,
        comparison=comparison,
        pooled=tuple(_pooled(kept, measure, seed, delta_cpm, form) for measure in MEASURES),
        pairs=_with_each_other(kept),
        reasons=tuple(reasons),
        loam_permuted=None if comparison is None or comparison.loam is None else _loam_permuted(table, seed),
        associations=answer_associations(table, _breathing(kept), seed=seed),
    )


def _breathing(rows: Sequence[SessionRow]) -> dict[str, FloatArray]:
    """Breathing rates by who breathed, one row per session and rater."""
    lines = [row for row in rows for _ in row.raters]
    return {
        "subject": np.array([row.breathing_cpm for row in lines], dtype=np.float64),
        "examiner": np.array([row.examiner_breathing_cpm for row in lines], dtype=np.float64),
    }


def _loam_permuted(table: RateTable, seed: int) -> PermutedLoam | None:
    """Over each subject's mean, as the limits themselves."""
    code, rate = np.array(list(zip(table.subject, table.rater, strict=True))), table.rate_cpm
    code, rate = code[np.isfinite(rate)], rate[np.isfinite(rate)]
    subjects, row = np.unique(code[:, 0], return_inverse=True)
    raters, column = np.unique(code[:, 1], return_inverse=True)
    place, shape = row * raters.size + column, (subjects.size, raters.size)
    size = np.bincount(place, minlength=subjects.size * raters.size).astype(np.float64)
    size[size == 0] = np.nan
    means = np.bincount(place, rate, minlength=size.size) / size
    try:
        return permute_loam(means.reshape(shape), rng=seed)
    except ValueError:
        return None


def rate_table(rows: Sequence[SessionRow]) -> RateTable:
    """One row per session and rater: perceived, measured and expected rate.

    What was expected is asked of the examiner, who is the first rater of a session.

    Parameters
    ----------
    rows : sequence of SessionRow
        Palpation sessions that were analysed.
    """
    lines = [(row, rater) for row in rows for rater in row.raters]
    perceived = [_perceived(row, rater) for row, rater in lines]
    nothing = tuple(
        bool(row.felt_nothing) and not np.isfinite(rate)
        for (row, _), (rate, _) in zip(lines, perceived, strict=True)
    )
    return RateTable(
        subject=tuple(row.subject for row, _ in lines),
        rater=tuple(rater for _, rater in lines),
        session=tuple(row.id for row, _ in lines),
        rate_cpm=read_only([rate for rate, _ in perceived]),
        measured_cpm=read_only([row.rhythm_cpm for row, _ in lines]),
        expected_cpm=read_only(
            [row.expected_cpm if rater == row.raters[0] else float("nan") for row, rater in lines]
        ),
        duration=read_only([seconds for _, seconds in perceived]),
        felt_nothing=nothing,
        line=tuple(range(1, len(lines) + 1)),
        name="sessions of the study",
        sha256="",
        notes=(),
    )


def _perceived(row: SessionRow, rater: str) -> tuple[float, float]:
    """Rate of the taps, else of the counts with the seconds they were taken over; NaN where there is none."""
    for tapped in row.taps:
        if tapped.rater == rater:
            return tapped.rate_cpm, float("nan")
    counts = [count for count in row.counts if count.rater == rater]
    if not counts:
        return float("nan"), float("nan")
    seconds = sum(count.duration for count in counts)
    return sum(count.rate_cpm * count.duration for count in counts) / seconds, seconds


def _pooled(
    rows: Sequence[SessionRow], measure: str, seed: int, delta: float | None, form: str | None
) -> PooledRates:
    lines = [
        (row.subject, rater, row.id, perceived, measured, seconds)
        for row in rows
        for rater in row.raters
        for perceived, seconds in (_perceived(row, rater),)
        if np.isfinite(perceived)
        and not row.made_by_tapping  # its rate is that of the taps, however it is measured
        and np.isfinite(measured := row.rhythm_cpm if measure == "rhythm" else row.cycle_count_cpm)
    ]
    subject = tuple(line[0] for line in lines)
    x, y = np.array([line[3] for line in lines]), np.array([line[4] for line in lines])
    reasons: list[str] = []

    def tried(question: Callable[[], Answer]) -> Answer | None:
        try:
            return question()
        except ValueError as error:
            reasons.append(str(error))
            return None

    limits = tried(lambda: limits_of_agreement(x, y, subject=subject, form=form)) if lines else None
    return PooledRates(
        measure=measure,
        limits=limits,
        percent=None if limits is None else _percent(x, y, subject),
        equivalence=None if limits is None or delta is None else equivalence(limits, delta),
        quantisation_cpm=_quantisation([line[5] for line in lines]),
        agreement=tried(lambda: concordance(*_by_subject(subject, x, y))) if lines else None,
        slope=tried(lambda: proportional_bias(x, y, subject=subject)) if lines else None,
        swap=tried(lambda: permute_raters(x, y, subject=subject, rng=seed)) if lines else None,
        subject=subject,
        mean=read_only((x + y) / 2),
        difference=read_only(x - y),
        n_sessions=len({line[2] for line in lines}),
        n_raters=len({line[1] for line in lines}),
        reason="; ".join(dict.fromkeys(reasons)) if lines else "no session has both rates",
    )


def _percent(x: FloatArray, y: FloatArray, subject: Sequence[str]) -> LimitsOfAgreement:
    """Limits of the difference in percent of the mean of both."""
    return limits_of_agreement(200 * (x - y) / (x + y), np.zeros(x.size), subject=subject)


def _quantisation(seconds: Sequence[float]) -> float:
    """Root mean square over rates of what counting alone brings, in cpm; taps bring nothing."""
    noise = [count_quantisation_cpm(duration) if np.isfinite(duration) else 0.0 for duration in seconds]
    return float(np.sqrt(np.mean(np.square(noise)))) if noise else 0.0


def _by_subject(subject: Sequence[str], x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both sides with one row per subject and one column per session, NaN where a subject had fewer."""
    names = list(dict.fromkeys(subject))
    most = max(subject.count(name) for name in names)
    pair = np.full((2, len(names), most), np.nan)
    for i, name in enumerate(names):
        own = [k for k, code in enumerate(subject) if code == name]
        pair[:, i, : len(own)] = x[own], y[own]
    return pair[0], pair[1]


def _with_each_other(rows: Sequence[SessionRow]) -> WithEachOther | None:
    shared = [row for row in rows if row.pairs]
    if not shared:
        return None
    counts = [[0, 0], [0, 0]]
    unknown = 0
    for row in shared:
        together = [pair.pvalue for pair in row.pairs if np.isfinite(pair.pvalue)]
        sensor = [tapped.pvalue for tapped in row.taps if np.isfinite(tapped.pvalue)]
        if row.made_by_tapping or not (together and sensor):
            unknown += 1
            continue
        # several raters make several tests: the smallest counts, corrected for their number
        counts[len(together) * min(together) <= LEVEL][len(sensor) * min(sensor) <= LEVEL] += 1
    return WithEachOther((tuple(counts[0]), tuple(counts[1])), len(shared), unknown)  # type: ignore[arg-type]
