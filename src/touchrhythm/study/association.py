"""Do perceived rates follow what was expected, or how somebody breathed, rather than what was measured?

Rates of one therapist with one subject are averaged and taken from that therapist's mean, so that a
favourite rate counts for nothing. Chance is what comes out when one side is given to other subjects:
the same exchange for all therapists, and only among subjects who met the same therapists, so that
neither repeated sessions nor therapists who saw the same person are taken for independent spectral.

**Conventions.** Rates in cpm, one row per session and rater; NaN where a side is missing.

- `associate` : two sides → `Association`
- `answer_associations` : a table of rates, expectations and breathing → `Associations`
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.estimates import rank_pvalue, t_quantile
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.session import NullRange

__all__ = ["MULTIPLES", "Association", "Associations", "answer_associations", "associate"]

FEWEST_SUBJECTS = 4
FEWEST_EXCHANGES = 20  # fewer cannot reach p = .05
N_PERMUTATIONS = 4999
LEVEL = 0.95
MULTIPLES = (1.0, 0.5, 2.0)  # of a breathing rate, that a perceived rate may follow
NO_SPREAD = 1e-12


@dataclass(frozen=True)
class Association:
    """How perceived rates go with another rate, beside what swapped subjects give.

    Attributes
    ----------
    other : str
        Name of the other rate.
    correlation, ci_low, ci_high : float
        Within therapists, over therapist and subject; interval by a jackknife over subjects of Fisher's z.
    null : NullRange
        The correlation with subjects swapped.
    pvalue : float
        Share of swaps with at least this correlation, (1 + count)/(1 + swaps).
    distance_cpm, distance_null : float, NullRange
        Root mean square difference in cpm; the same with subjects swapped. NaN for a partial one.
    n_subjects, n_raters, n_sessions, n_permutations : int
        What it rests on.
    """

    other: str
    correlation: float
    ci_low: float
    ci_high: float
    null: NullRange
    pvalue: float
    distance_cpm: float
    distance_null: NullRange
    n_subjects: int
    n_raters: int
    n_sessions: int
    n_permutations: int


@dataclass(frozen=True)
class Associations:
    """What perceived rates go with.

    Attributes
    ----------
    expected, measured : Association or None
        The rate expected beforehand, and the measured one in the sessions in which a rate was expected.
    held : tuple of Association
        Expected rate with the measured one held constant, and the other way round.
    breathing : dict
        Associations by who breathed, "subject" or "examiner": first with the breathing rate, its half
        and its double, then with breathing where the measured rate is held constant, and with the
        measured rate where breathing is.
    n_expected, n_breathing : int, dict
        Rows with an expected rate; with a breathing rate, by who breathed.
    reasons : tuple of str
        What could not be answered, and why.
    """

    expected: Association | None
    measured: Association | None
    held: tuple[Association, ...]
    breathing: Mapping[str, tuple[Association, ...]]
    n_expected: int
    n_breathing: Mapping[str, int]
    reasons: tuple[str, ...]

    @property
    def all(self) -> tuple[Association, ...]:
        """Every association, in the order in which they are listed."""
        with_breathing = (answer for person in self.breathing.values() for answer in person)
        simple = (answer for answer in (self.expected, self.measured) if answer is not None)
        return (*simple, *self.held, *with_breathing)


@dataclass(frozen=True, eq=False)
class _Cells:
    """Means by subject and therapist, (n_subjects, n_raters), NaN where one of the sides is missing."""

    sides: tuple[FloatArray, ...]
    n_sessions: int

    @classmethod
    def of(cls, sides: Sequence[FloatArray], subject: Sequence[str], rater: Sequence[str]) -> _Cells:
        known = np.isfinite(np.array(sides)).all(axis=0)
        who, row = np.unique(np.array(subject)[known], return_inverse=True)
        by, column = np.unique(np.array(rater)[known], return_inverse=True)
        place = row * by.size + column
        size = np.bincount(place, minlength=who.size * by.size).astype(np.float64)
        size[size == 0] = np.nan
        sums = [np.bincount(place, side[known], minlength=size.size) / size for side in sides]
        return cls(tuple(total.reshape(who.size, by.size) for total in sums), int(known.sum()))

    def without(self, subject: int) -> _Cells:
        """The same without one subject, and without raters who met nobody else."""
        sides = [np.delete(side, subject, axis=0) for side in self.sides]
        met = np.isfinite(sides[0]).any(axis=0)
        return _Cells(tuple(side[:, met] for side in sides), self.n_sessions)

    def centred(self) -> tuple[FloatArray, FloatArray]:
        """Sides from each therapist's mean, 0 where missing; the first two without what the others explain."""
        parts = [np.nan_to_num(side - np.nanmean(side, axis=0)) for side in self.sides]
        x, y, *given = parts
        for covariate in given:
            power = float((covariate * covariate).sum())
            if power > NO_SPREAD:
                x, y = (side - float((side * covariate).sum()) / power * covariate for side in (x, y))
        return x, y

    def correlation(self) -> float:
        x, y = self.centred()
        spread = math.sqrt(float((x * x).sum()) * float((y * y).sum()))
        return float((x * y).sum()) / spread if spread > NO_SPREAD else math.nan

    def blocks(self) -> list[npt.NDArray[np.intp]]:
        """Subjects who met the same therapists."""
        met = np.isfinite(self.sides[0])
        _, code = np.unique(met, axis=0, return_inverse=True)
        return [np.flatnonzero(code.ravel() == block) for block in range(int(code.max()) + 1)]


def associate(
    x: FloatArray,
    y: FloatArray,
    *,
    subject: Sequence[str],
    rater: Sequence[str],
    other: str,
    given: FloatArray | None = None,
    rng: np.random.Generator,
    n_permutations: int = N_PERMUTATIONS,
) -> Association:
    """Hold perceived rates against another rate.

    Parameters
    ----------
    x, y : ndarray, shape (n_rows,)
        Perceived rates, and the others; rows with a NaN are left out.
    subject, rater : sequence of str, shape (n_rows,)
    other : str
        Name of the other rate.
    given : ndarray, shape (n_rows,), optional
        A third rate that is held constant (linearly, within therapists); the chance range is then
        approximate.
    rng : numpy.random.Generator
        Source of the swaps.
    n_permutations : int, default 4999

    Raises
    ------
    ValueError
        If there are too few subjects to swap, or one side does not vary within any therapist.
    """
    cells = _Cells.of([x, y] if given is None else [x, y, given], subject, rater)
    n_subjects, n_raters = cells.sides[0].shape
    blocks = cells.blocks() if n_subjects else []
    ways = math.prod(math.factorial(min(block.size, 20)) for block in blocks)
    if n_subjects < FEWEST_SUBJECTS or ways < FEWEST_EXCHANGES:
        raise ValueError(
            f"perceived rate and {other}: at least {FEWEST_SUBJECTS} subjects who met the same therapists are needed,"
            f" got {max((block.size for block in blocks), default=0)}"
        )
    own = cells.correlation()
    if not math.isfinite(own):
        raise ValueError(f"perceived rate and {other}: one of them does not vary within any therapist")
    order = _orders(blocks, n_subjects, n_permutations, rng)
    swapped = _permuted(*cells.centred(), order)
    distance, apart = _distances(cells, order) if given is None else (math.nan, NullRange.of(np.empty(0)))
    low, high = _interval(cells, own)
    return Association(
        other,
        own,
        low,
        high,
        NullRange.of(swapped),
        rank_pvalue(own, swapped),
        distance,
        apart,
        n_subjects,
        n_raters,
        cells.n_sessions,
        n_permutations,
    )


def _orders(
    blocks: Sequence[npt.NDArray[np.intp]], n: int, n_permutations: int, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    order = np.tile(np.arange(n), (n_permutations, 1))
    for block in blocks:
        order[:, block] = rng.permuted(np.tile(block, (n_permutations, 1)), axis=1)
    return order


def _permuted(x: FloatArray, y: FloatArray, order: npt.NDArray[np.intp]) -> FloatArray:
    spread = math.sqrt(float((x * x).sum()) * float((y * y).sum()))
    return np.asarray((x @ y.T)[np.arange(len(x)), order].sum(axis=1) / spread)


def _distances(cells: _Cells, order: npt.NDArray[np.intp]) -> tuple[float, NullRange]:
    n = int(np.isfinite(cells.sides[0]).sum())
    x, y = (np.nan_to_num(side) for side in cells.sides[:2])
    squares = float((x * x).sum() + (y * y).sum())
    both = (x @ y.T)[np.arange(len(x)), order].sum(axis=1)
    own = math.sqrt(max(squares - 2 * float((x * y).sum()), 0.0) / n)
    return own, NullRange.of(np.sqrt(np.maximum(squares - 2 * both, 0.0) / n))


def _interval(cells: _Cells, own: float) -> tuple[float, float]:
    """Jackknife over subjects of Fisher's z, t quantile; NaN where leaving one out leaves no spread."""
    n = len(cells.sides[0])
    limit = 1 - 1e-9
    z = math.atanh(min(max(own, -limit), limit))
    without = np.array([cells.without(k).correlation() for k in range(n)])
    if not np.isfinite(without).all():
        return math.nan, math.nan
    pseudo = n * z - (n - 1) * np.arctanh(np.clip(without, -limit, limit))
    half = t_quantile(LEVEL, n - 1) * float(pseudo.std(ddof=1)) / n**0.5
    return math.tanh(z - half), math.tanh(z + half)


def answer_associations(table: RateTable, breathing: Mapping[str, FloatArray], *, seed: int) -> Associations:
    """What the perceived rates of a study go with.

    Parameters
    ----------
    table : RateTable
        Perceived, measured and expected rates.
    breathing : mapping of str to ndarray, shape (n_rows,)
        Breathing rates by who breathed.
    seed : int
        Seed of the swaps.
    """
    asked = _AssociationQuestions(table, np.random.default_rng(seed))
    expected = measured = None
    held: tuple[Association, ...] = ()
    if np.isfinite(table.expected_cpm).any():
        expected = asked.about("expected rate", table.expected_cpm)
        both = np.where(np.isfinite(table.expected_cpm), table.measured_cpm, np.nan)
        measured = asked.about("measured rate", both)
        if expected is not None and measured is not None:
            held = asked.about_both("expected rate", table.expected_cpm)
    found: dict[str, tuple[Association, ...]] = {}
    for who, rate in breathing.items():
        if np.isfinite(rate).any():
            found[who] = asked.about_breathing(who, rate)
    return Associations(
        expected,
        measured,
        held,
        found,
        int(np.isfinite(table.expected_cpm).sum()),
        {who: int(np.isfinite(rate).sum()) for who, rate in breathing.items()},
        tuple(dict.fromkeys(asked.reasons)),
    )


class _AssociationQuestions:
    """Associations that can be had, and the sentences of those that cannot."""

    def __init__(self, table: RateTable, rng: np.random.Generator) -> None:
        self._table, self._rng = table, rng
        self.reasons: list[str] = []

    def about(self, other: str, y: FloatArray, given: FloatArray | None = None) -> Association | None:
        table = self._table
        try:
            return associate(
                table.rate_cpm,
                y,
                subject=table.subject,
                rater=table.rater,
                other=other,
                given=given,
                rng=self._rng,
            )
        except ValueError as error:
            self.reasons.append(str(error))
            return None

    def about_both(self, other: str, rate: FloatArray) -> tuple[Association, ...]:
        """The other rate with the measured one held constant, and the measured one with the other."""
        measured = self._table.measured_cpm
        pair = (
            self.about(f"{other}, measured rate held constant", rate, measured),
            self.about(f"measured rate, {other} held constant", measured, rate),
        )
        return tuple(association for association in pair if association is not None)

    def about_breathing(self, who: str, rate: FloatArray) -> tuple[Association, ...]:
        names = {1.0: "", 0.5: "half the ", 2.0: "double the "}
        each = [self.about(f"{names[times]}{who}'s breathing rate", times * rate) for times in MULTIPLES]
        found = tuple(association for association in each if association is not None)
        if found and np.isfinite(self._table.measured_cpm).any():
            found += self.about_both(f"{who}'s breathing rate", rate)
        return found
