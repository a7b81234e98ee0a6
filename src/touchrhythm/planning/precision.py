"""How many subjects? Width of the interval of ICC and limits of agreement, by simulation.

**Conventions.** Rates in cpm. A width is that of the 95 % interval, end to end: of ICC(A,1), or of
one limit of agreement in the toolkit's default form. The same seed gives the same table.

- `Ratings` : what is expected of the rates
- `plan_width` : width against subjects → `WidthTable`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from touchrhythm.planning.power import FEWEST_STUDIES, check_whole
from touchrhythm.raters.limits import limits_of_agreement
from touchrhythm.raters.reliability import icc

__all__ = ["Ratings", "WidthRow", "WidthTable", "plan_width"]


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """Which rates are expected.

    Parameters
    ----------
    icc : float, default 0.2
        Intraclass correlation ICC(A,1) expected.
    rater_fraction : float, default 0.0
        Share of the variance that is due to raters who rate high or low throughout.
    n_raters : int, default 2
        Raters of each subject.
    between_cpm, within_cpm : float, default 0.8 and 0.6
        SD of the differences between subjects, and of repeated sessions within one.
    n_sessions : int, default 1
        Sessions of each subject.

    Raises
    ------
    ValueError
        If a value is outside its range.
    """

    icc: float = 0.2
    rater_fraction: float = 0.0
    n_raters: int = 2
    between_cpm: float = 0.8
    within_cpm: float = 0.6
    n_sessions: int = 1

    def __post_init__(self) -> None:
        check_whole(self.n_raters, "n_raters", 2)
        check_whole(self.n_sessions, "n_sessions", 1)
        if not (self.icc >= 0 and self.rater_fraction >= 0 and self.icc + self.rater_fraction < 1):
            raise ValueError(
                f"icc and rater_fraction must be shares that sum to less than 1, got {self.icc:g} and {self.rater_fraction:g}"
            )
        if not (self.between_cpm >= 0 and self.within_cpm > 0):
            raise ValueError("between_cpm must not be below 0 and within_cpm must be above 0")


@dataclass(frozen=True)
class WidthRow:
    """Width of the 95 % interval with so many subjects: median, and what 9 of 10 studies stay below."""

    n_subjects: int
    width: float
    width_90: float
    n_studies: int


@dataclass(frozen=True)
class WidthTable:
    """Widths of an interval against subjects, and what they rest on."""

    rows: tuple[WidthRow, ...]
    quantity: str
    unit: str
    wanted: float | None
    expected: Ratings
    seed: int

    def enough(self) -> WidthRow | None:
        """The fewest subjects with which 9 of 10 studies reach the width wanted."""
        fits = [row for row in self.rows if self.wanted is not None and row.width_90 <= self.wanted]
        return min(fits, key=lambda row: row.n_subjects, default=None)

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        enough = self.enough()
        return {**asdict(self), "enough": None if enough is None else asdict(enough)}


def plan_width(
    quantity: str,
    expected: Ratings,
    *,
    n_subjects: Sequence[int] = (10, 20, 40, 80),
    wanted: float | None = None,
    n_studies: int = 400,
    rng: int = 0,
) -> WidthTable:
    """Width of the 95 % interval of ICC(A,1), or of a limit of agreement, against subjects.

    Parameters
    ----------
    quantity : {"icc", "limits"}
    expected : Ratings
    n_subjects : sequence of int
        At least 3 each.
    wanted : float, optional
        Width of the interval that is wanted, end to end.
    n_studies : int, default 400
        Simulated studies per number of subjects.
    rng : int, default 0
        Seed.

    Raises
    ------
    ValueError
        If a value is outside its range.
    """
    draws: dict[str, Callable[[int, Ratings, np.random.Generator], float]] = {
        "icc": _icc_width,
        "limits": _limits_width,
    }
    if quantity not in draws:
        raise ValueError(f"quantity must be one of {', '.join(draws)}, got {quantity!r}")
    if wanted is not None and not wanted > 0:
        raise ValueError(f"wanted must be a width above 0, got {wanted:g}")
    check_whole(n_studies, "n_studies", FEWEST_STUDIES)
    rows = []
    for n in sorted({check_whole(n, "n_subjects", 3) for n in n_subjects}):
        generator = np.random.default_rng([rng, n])
        width = np.array([draws[quantity](n, expected, generator) for _ in range(n_studies)])
        width = np.where(np.isfinite(width), width, np.inf)
        middle, most = (float(quantile) for quantile in np.quantile(width, [0.5, 0.9], method="higher"))
        rows.append(WidthRow(n, middle, most, n_studies))
    return WidthTable(tuple(rows), quantity, "" if quantity == "icc" else "cpm", wanted, expected, rng)


def _icc_width(n: int, expected: Ratings, rng: np.random.Generator) -> float:
    rest = 1 - expected.icc - expected.rater_fraction
    x = expected.icc**0.5 * rng.standard_normal((n, 1))
    x = x + expected.rater_fraction**0.5 * rng.standard_normal((1, expected.n_raters))
    reliability = icc(x + rest**0.5 * rng.standard_normal((n, expected.n_raters)))
    return reliability.ci_high - reliability.ci_low


def _limits_width(n: int, expected: Ratings, rng: np.random.Generator) -> float:
    code = np.repeat(np.arange(n), expected.n_sessions)
    d = expected.between_cpm * rng.standard_normal(n)[code]
    d = d + expected.within_cpm * rng.standard_normal(code.size)
    limits = limits_of_agreement(d, np.zeros(d.size), subject=code)
    return limits.upper.ci_high - limits.upper.ci_low
