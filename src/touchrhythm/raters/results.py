"""What does a comparison of rates consist of? Its types, its tidy rows, its plain form.

**Conventions.** Rates in cpm; differences are first side minus second. Every figure becomes one row
with its interval, its method in words and its numbers.

- `RateComparison` : all answers about one table; `rows`, `to_dict`
- `PairComparison`, `Side` : two sides held against one another; one side alone
- `ComparisonEstimate` : one figure, and of whom it tells
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from touchrhythm._check import FloatArray
from touchrhythm.estimates import Estimate
from touchrhythm.plain_types import to_plain
from touchrhythm.raters.limits import Equivalence, LimitsOfAgreement
from touchrhythm.raters.rater_permutation import RaterPermutation
from touchrhythm.words import say
from touchrhythm.words.rate_methods import RATE_METHODS

__all__ = ["EXPECTED", "MEASURED", "ComparisonEstimate", "PairComparison", "RateComparison", "Side"]

MEASURED = "measured"
EXPECTED = "expected"
CPM, PERCENT, NO_UNIT = "cpm", "%", ""
COLUMNS = (
    "comparison",
    "quantity",
    "estimate",
    "ci_low",
    "ci_high",
    "unit",
    "method",
    "n_subjects",
    "n_raters",
    "n_sessions",
)


@dataclass(frozen=True, kw_only=True)
class ComparisonEstimate(Estimate):
    """One figure of a comparison as one tidy row; NaN where there is none."""

    comparison: str

    def cells(self) -> dict[str, Any]:
        """The figure as one tidy row."""
        return {name: getattr(self, name) for name in COLUMNS}


@dataclass(frozen=True)
class Side:
    """One rater's (or the measured) rates: how they spread, and how many answers there were.

    `subject_sd` is the spread of subject means, `within_sd` that of repeated sessions of a subject,
    `change` the smallest detectable one; None where the table cannot tell.
    """

    name: str
    n_felt_nothing: int
    n_missing: int
    subject_sd: Estimate | None
    within_sd: Estimate | None
    change: Estimate | None


@dataclass(frozen=True, eq=False)
class PairComparison:
    """Two sides held against one another, by subject and session.

    Attributes
    ----------
    first, second : str
        Names of the sides; differences are first - second.
    limits, percent_limits : LimitsOfAgreement or None
        In cpm, and in percent of the mean of both.
    agreement : Estimate or None
        Concordance correlation.
    slope : Estimate or None
        Proportional bias.
    swap : RaterPermutation or None
        Whether rates belong to their subjects.
    equivalence : Equivalence or None
        Only where a delta was set.
    quantisation_cpm : float
        1.96 SD that counting whole cycles alone brings into a difference; 0 where nothing was counted.
    subject, mean, difference : tuple of str, ndarray, ndarray, shape (n_pairs,)
        The pairs, for the picture.
    n_pairs : int
        Pairs of rates.
    reason : str
        Why figures are missing; "" where none are.
    """

    first: str
    second: str
    limits: LimitsOfAgreement | None
    percent_limits: LimitsOfAgreement | None
    agreement: Estimate | None
    slope: Estimate | None
    swap: RaterPermutation | None
    equivalence: Equivalence | None
    quantisation_cpm: float
    subject: tuple[str, ...]
    mean: FloatArray
    difference: FloatArray
    n_pairs: int
    reason: str

    @property
    def name(self) -> str:
        """The pair's name, such as ``"A - measured"``."""
        return f"{self.first} - {self.second}"


@dataclass(frozen=True, eq=False)
class RateComparison:
    """All that a table of rates says about agreement.

    Attributes
    ----------
    sides : tuple of Side
        Raters in alphabetical order, then the measured rate.
    pairs : tuple of PairComparison
        Raters with the measured rate, raters with one another, reported with expected rates.
    icc, loam, sem, change : Estimates or None
        All raters together, over subject means; None with fewer than 2 raters in common.
    n_subjects, n_sessions, n_rows : int
        Subjects, subject-sessions and rows of the table.
    repeated : bool
        Whether subjects have several sessions.
    delta : float or None
        Difference in cpm set before the data as too small to matter.
    reason : str
        Why the raters have no figures in common; "" where they have.
    name, sha256, notes, seed, version
        The table, what was unusual in it, and what made this answer.
    """

    sides: tuple[Side, ...]
    pairs: tuple[PairComparison, ...]
    icc: tuple[Estimate, ...]
    loam: Estimate | None
    sem: Estimate | None
    change: Estimate | None
    n_subjects: int
    n_sessions: int
    n_rows: int
    repeated: bool
    delta: float | None
    reason: str
    name: str
    sha256: str
    notes: tuple[str, ...]
    seed: int | None
    version: str

    @property
    def raters(self) -> tuple[str, ...]:
        """Names of the raters."""
        return tuple(side.name for side in self.sides if side.name != MEASURED)

    def rows(self) -> tuple[ComparisonEstimate, ...]:
        """Every figure as one tidy row: raters together, pairs, sides."""
        rows: list[ComparisonEstimate] = []
        for form in self.icc:
            rows.append(_row("all raters", form, NO_UNIT))
        for estimate in (self.loam, self.sem, self.change):
            if estimate is not None:
                rows.append(_row("all raters", estimate, CPM))
        for pair in self.pairs:
            rows += _pair_rows(pair)
        for side in self.sides:
            for estimate in (side.subject_sd, side.within_sd, side.change):
                if estimate is not None:
                    rows.append(_row(side.name, estimate, CPM))
        return tuple(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain types with stable keys; NaN becomes None."""
        return {
            "table": self.name,
            "sha256": self.sha256,
            "n_subjects": self.n_subjects,
            "n_sessions": self.n_sessions,
            "n_rows": self.n_rows,
            "raters": list(self.raters),
            "felt_nothing": {side.name: side.n_felt_nothing for side in self.sides if side.name != MEASURED},
            "delta_cpm": self.delta,
            "equivalence": {
                pair.name: asdict(pair.equivalence) for pair in self.pairs if pair.equivalence is not None
            },
            "estimates": [to_plain(row.cells()) for row in self.rows()],
            "without_figures": {pair.name: pair.reason for pair in self.pairs if pair.reason}
            | ({"all raters": self.reason} if self.reason else {}),
            "notes": list(self.notes),
            "seed": self.seed,
            "version": self.version,
        }


def _row(comparison: str, estimate: Estimate, unit: str, prefix: str = "") -> ComparisonEstimate:
    own = replace(estimate, quantity=prefix + estimate.quantity, unit=unit)
    return ComparisonEstimate(comparison=comparison, **own.figures())


def _pair_rows(pair: PairComparison) -> list[ComparisonEstimate]:
    rows = []
    for limits, unit, prefix in ((pair.limits, CPM, ""), (pair.percent_limits, PERCENT, "percent_")):
        if limits is not None:
            ends = (limits.bias, limits.lower, limits.upper)
            rows += [_row(pair.name, estimate, unit, prefix) for estimate in ends]
    for estimate in (pair.agreement, pair.slope):
        if estimate is not None:
            rows.append(_row(pair.name, estimate, NO_UNIT))
    if pair.swap is not None:
        rows += _permutation_rows(pair, pair.swap)
    if pair.quantisation_cpm > 0:
        method = say(RATE_METHODS, "quantisation")
        rows.append(_bare(pair, "count_quantisation", pair.quantisation_cpm, CPM, method))
    return rows


def _permutation_rows(pair: PairComparison, swap: RaterPermutation) -> list[ComparisonEstimate]:
    which = say(RATE_METHODS, "all" if swap.exact else "random")
    given = say(RATE_METHODS, "swapped", which=which, n=swap.n_permutations)
    by_chance = say(RATE_METHODS, "rms_swapped", given=given)
    chance = _bare(pair, "rms_difference_swapped", swap.null.median, CPM, by_chance)
    return [
        _bare(pair, "swap_pvalue", swap.pvalue, NO_UNIT, given),
        _bare(pair, "rms_difference", swap.distance, CPM, say(RATE_METHODS, "rms")),
        replace(chance, ci_low=swap.null.low, ci_high=swap.null.high),
    ]


def _bare(pair: PairComparison, quantity: str, value: float, unit: str, method: str) -> ComparisonEstimate:
    """Row of a figure without an interval."""
    n_subjects = len(set(pair.subject))
    estimate = Estimate(
        quantity, value, method=method, n_subjects=n_subjects, n_raters=2, n_sessions=pair.n_pairs
    )
    return _row(pair.name, estimate, unit)
