"""Do the rates in a table agree: raters with one another, and with what was measured?

**Conventions.** Rates in cpm. Two sides are held together by subject and session; differences are
first minus second. Limits, concordance, the spread between subjects and the swap p-value always
stand together: two raters who name their favourite rate agree well and know nothing.

- `compare_rates` : table → `RateComparison`
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from touchrhythm._check import FloatArray, check_rng
from touchrhythm._version import __version__
from touchrhythm.errors import BadFile
from touchrhythm.estimates import Estimate
from touchrhythm.raters.concordance import concordance
from touchrhythm.raters.limits import equivalence, limits_of_agreement, proportional_bias
from touchrhythm.raters.loam import loam
from touchrhythm.raters.measurement_error import (
    smallest_detectable_change,
    standard_error_of_measurement,
    subject_sd,
    within_subject_sd,
)
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.raters.rater_permutation import permute_raters
from touchrhythm.raters.reliability import icc_forms
from touchrhythm.raters.results import EXPECTED, MEASURED, PairComparison, RateComparison, Side
from touchrhythm.session import read_only
from touchrhythm.units import count_quantisation_cpm
from touchrhythm.words import say
from touchrhythm.words.rate_methods import RATE_METHODS

__all__ = ["compare_rates"]

Answer = TypeVar("Answer")
Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class _Rates:
    """One side's rates by subject and session, with the seconds counted over."""

    key: tuple[Key, ...]
    rate: FloatArray
    duration: FloatArray

    @property
    def subject(self) -> list[str]:
        return [key[0] for key in self.key]


@dataclass(frozen=True, eq=False)
class _Input:
    """Two sides, row by row; `paired` says whether rows belong together."""

    first: str
    second: str
    subject: list[str]
    x: FloatArray
    y: FloatArray
    quantisation_cpm: float
    paired: bool = True


@dataclass
class _Reasons:
    """Tries figures and keeps the sentences of those that cannot be had."""

    said: list[str] = field(default_factory=list)

    def tried(self, figure: Callable[[], Answer]) -> Answer | None:
        try:
            return figure()
        except ValueError as error:
            if str(error) not in self.said:
                self.said.append(str(error))
            return None

    @property
    def text(self) -> str:
        return "; ".join(self.said)


def compare_rates(
    table: RateTable,
    *,
    delta: float | None = None,
    n_permutations: int = 9999,
    n_boot: int = 499,
    rng: np.random.Generator | int | None = 0,
) -> RateComparison:
    """Agreement of the raters in a table with one another and with the measured rate.

    Parameters
    ----------
    table : RateTable
        From `touchrhythm.io.rate_table`.
    delta : float, optional
        Largest difference in cpm that would not matter, set before the data.
    n_permutations, n_boot : int
        Swaps of subjects; tables drawn where cells are missing.
    rng : Generator, int or None, default 0
        Random generator or seed.

    Returns
    -------
    RateComparison
        What cannot be computed is missing, with a reason.

    Raises
    ------
    ValueError
        If delta is not above 0.
    BadFile
        If there is nothing to compare: one rater, nothing measured and nothing repeated.
    """
    if delta is not None and not (math.isfinite(delta) and delta > 0):
        raise ValueError(f"delta must be above 0 cpm, got {delta:g}")
    raters = sorted(set(table.rater))
    keys = list(zip(table.subject, table.session, strict=True))
    repeated = len(set(keys)) > len(set(table.subject))
    known = {name: _known(table, name, table.rate_cpm) for name in raters}
    inputs = list(_inputs(table, known))
    if not inputs and not repeated:
        raise BadFile(
            table.name,
            f"nothing to compare: one rater ({raters[0]}), no measured_cpm and no repeated sessions",
        )
    generator = check_rng(rng)
    pairs = tuple(_pair(pair_input, delta, n_permutations, generator) for pair_input in inputs)
    together = _Reasons()
    figures = _together(known, n_boot, generator, together)
    sides = [_side(table, name, known[name]) for name in raters]
    if np.isfinite(table.measured_cpm).any():
        sides.append(_measured_side(table))
    return RateComparison(
        sides=tuple(sides),
        pairs=pairs,
        **figures,
        n_subjects=len(set(table.subject)),
        n_sessions=len(set(keys)),
        n_rows=len(table.line),
        repeated=repeated,
        delta=delta,
        reason=together.text,
        name=table.name,
        sha256=table.sha256,
        notes=table.notes,
        seed=int(rng) if isinstance(rng, int | np.integer) else None,
        version=__version__,
    )


def _known(table: RateTable, rater: str, values: FloatArray) -> _Rates:
    at = [n for n, name in enumerate(table.rater) if name == rater and np.isfinite(values[n])]
    return _Rates(tuple((table.subject[n], table.session[n]) for n in at), values[at], table.duration[at])


def _inputs(table: RateTable, known: dict[str, _Rates]) -> Iterator[_Input]:
    """Raters with the measured rate, raters with one another, reported with expected rates."""
    for second, column in ((MEASURED, table.measured_cpm), (EXPECTED, table.expected_cpm)):
        if second == EXPECTED:
            yield from _rater_pairs(known)
        for rater, side in known.items():
            at = [n for n, name in enumerate(table.rater) if name == rater]
            other = dict(zip(((table.subject[n], table.session[n]) for n in at), column[at], strict=True))
            y = np.array([other[key] for key in side.key])
            both = np.isfinite(y)
            if both.any():
                subject = [key[0] for key, ok in zip(side.key, both, strict=True) if ok]
                noise = _quantisation(side.duration[both])
                yield _Input(rater, second, subject, side.rate[both], y[both], noise)


def _rater_pairs(known: dict[str, _Rates]) -> Iterator[_Input]:
    for (first, left), (second, right) in itertools.combinations(known.items(), 2):
        in_left = {key: n for n, key in enumerate(left.key)}
        in_right = {key: n for n, key in enumerate(right.key)}
        shared = [key for key in left.key if key in in_right]
        if shared:
            i, j = [in_left[key] for key in shared], [in_right[key] for key in shared]
            noise = math.hypot(_quantisation(left.duration[i]), _quantisation(right.duration[j]))
            subject = [key[0] for key in shared]
            yield _Input(first, second, subject, left.rate[i], right.rate[j], noise)
        elif set(left.subject) & set(right.subject):
            yield _unpaired(first, second, left, right)


def _unpaired(first: str, second: str, left: _Rates, right: _Rates) -> _Input:
    """Sides that share subjects but no session: all rows of both, none of them a pair."""
    gap = np.full(len(left.key), np.nan), np.full(len(right.key), np.nan)
    noise = math.hypot(_quantisation(left.duration), _quantisation(right.duration))
    return _Input(
        first,
        second,
        left.subject + right.subject,
        np.concatenate((left.rate, gap[1])),
        np.concatenate((gap[0], right.rate)),
        noise,
        paired=False,
    )


def _quantisation(duration: FloatArray) -> float:
    """Root mean square over rows of what counting alone brings, in cpm."""
    noise = [count_quantisation_cpm(float(d)) if np.isfinite(d) else 0.0 for d in duration]
    return float(np.sqrt(np.mean(np.square(noise)))) if noise else 0.0


def _pair(
    sides: _Input, delta: float | None, n_permutations: int, rng: np.random.Generator
) -> PairComparison:
    reasons = _Reasons()
    subject, x, y = sides.subject, sides.x, sides.y
    form = None if sides.paired else "constant"
    limits = reasons.tried(lambda: limits_of_agreement(x, y, subject=subject, form=form))
    if not sides.paired:
        reasons.said.insert(0, say(RATE_METHODS, "no_session_in_common"))
        subject, x, y = _subject_means(subject, x, y)
    middle = (x + y) / 2
    percent = slope = None
    if sides.paired and limits is not None:
        percent = limits_of_agreement(100 * (x - y) / middle, np.zeros(x.size), subject=subject)
        slope = reasons.tried(lambda: proportional_bias(x, y, subject=subject))
    return PairComparison(
        first=sides.first,
        second=sides.second,
        limits=limits,
        percent_limits=percent,
        agreement=reasons.tried(lambda: concordance(_by_session(subject, x), _by_session(subject, y))),
        slope=slope,
        swap=reasons.tried(
            lambda: permute_raters(x, y, subject=subject, n_permutations=n_permutations, rng=rng)
        ),
        equivalence=None if delta is None or limits is None else equivalence(limits, delta),
        quantisation_cpm=sides.quantisation_cpm,
        subject=tuple(subject),
        mean=read_only(middle),
        difference=read_only(x - y),
        n_pairs=x.size,
        reason=reasons.text,
    )


def _subject_means(
    subject: list[str], x: FloatArray, y: FloatArray
) -> tuple[list[str], FloatArray, FloatArray]:
    """One pair per subject that has both: the means of its values."""
    code = np.array(subject)
    both = [
        s
        for s in dict.fromkeys(subject)
        if np.isfinite(x[code == s]).any() and np.isfinite(y[code == s]).any()
    ]
    mean_x, mean_y = (np.array([np.nanmean(v[code == s]) for s in both]) for v in (x, y))
    return both, mean_x, mean_y


def _by_session(subject: list[str], values: FloatArray) -> FloatArray:
    """Values as (n_subjects, most sessions of one), filled with NaN."""
    rows: dict[str, list[float]] = {}
    for name, value in zip(subject, values.tolist(), strict=True):
        rows.setdefault(name, []).append(value)
    table = np.full((len(rows), max(map(len, rows.values()))), np.nan)
    for row, found in zip(table, rows.values(), strict=True):
        row[: len(found)] = found
    return table


def _together(
    known: dict[str, _Rates], n_boot: int, rng: np.random.Generator, reasons: _Reasons
) -> dict[str, Any]:
    """Figures of all raters at once, over each subject's mean."""
    none: dict[str, Any] = {"icc": (), "loam": None, "sem": None, "change": None}
    heard = [side for side in known.values() if side.key]
    if len(heard) < 2:
        return none
    subjects = sorted({name for side in heard for name in side.subject})
    table = np.full((len(subjects), len(heard)), np.nan)
    for column, side in enumerate(heard):
        for row, name in enumerate(subjects):
            own = side.rate[[n for n, s in enumerate(side.subject) if s == name]]
            table[row, column] = own.mean() if own.size else np.nan
    shared = int((np.isfinite(table).sum(axis=1) > 1).sum())
    if shared < 3:
        reasons.said.append(say(RATE_METHODS, "few_in_common", n=shared))
        return none
    forms = reasons.tried(lambda: icc_forms(table, n_boot=n_boot, rng=rng))
    sem: Estimate | None = reasons.tried(lambda: standard_error_of_measurement(table, n_boot=n_boot, rng=rng))
    return {
        "icc": forms or (),
        "loam": reasons.tried(lambda: loam(table, n_boot=n_boot, rng=rng)),
        "sem": sem,
        "change": None if sem is None else smallest_detectable_change(sem),
    }


def _side(table: RateTable, name: str, own: _Rates) -> Side:
    at = [n for n, rater in enumerate(table.rater) if rater == name]
    nothing = sum(table.felt_nothing[n] for n in at)
    return _spread(name, own.subject, own.rate, nothing, len(at) - nothing - own.rate.size)


def _measured_side(table: RateTable) -> Side:
    """Measured rates, one per subject and session: the mean of what its rows say."""
    rows: dict[Key, list[float]] = {}
    for key, value in zip(
        zip(table.subject, table.session, strict=True), table.measured_cpm.tolist(), strict=True
    ):
        rows.setdefault(key, []).append(value)
    known = {key: float(np.nanmean(v)) for key, v in rows.items() if np.isfinite(v).any()}
    return _spread(
        MEASURED, [key[0] for key in known], np.array(list(known.values())), 0, len(rows) - len(known)
    )


def _spread(name: str, subject: list[str], rate: FloatArray, nothing: int, missing: int) -> Side:
    quiet = _Reasons()
    code = np.array(subject)
    means = np.array([rate[code == s].mean() for s in dict.fromkeys(subject)])
    within = quiet.tried(lambda: within_subject_sd(rate, subject=subject))
    return Side(
        name=name,
        n_felt_nothing=nothing,
        n_missing=missing,
        subject_sd=quiet.tried(lambda: subject_sd(means)),
        within_sd=within,
        change=None if within is None else smallest_detectable_change(within),
    )
