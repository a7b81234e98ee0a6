"""How is an estimate said, so that text, table and picture give it with the same digits?

**Conventions.** Estimates in, text out; the digits are those that the interval supports. NaN becomes "".

- `significant` : a figure for a table, to three digits
- `between` : two ends, to three digits
- `LimitsSaid`, `said_limits` : limits of agreement
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from touchrhythm.words.numbers import decimals_for, fixed, interval, is_known, minus

__all__ = ["LimitsSaid", "between", "said_limits", "significant"]

NOTHING = 1e-9  # of rates, fractions and scores: what is smaller is the rounding of floats
DIGITS = 3


def significant(value: float) -> str:
    """A figure to three digits, without a power of ten, and what only rounding left as 0.

    >>> significant(-4.44e-16), significant(-0.12345), significant(1234.5), significant(0.5), significant(79)
    ('0', '−0.123', '1234', '0.5', '79')
    """
    if not is_known(value):
        return ""
    if abs(value) < NOTHING:
        return "0"
    decimals = DIGITS - 1 - math.floor(math.log10(abs(value)))
    text = f"{value:.{max(decimals, 0)}f}"
    return minus(text.rstrip("0").rstrip(".") if "." in text else text)


def between(low: float, high: float) -> str:
    """Two ends of an interval or a range, to three digits.

    >>> between(-0.5, 0.25), between(float("nan"), 1.0)
    ('−0.5 to 0.25', '')
    """
    return f"{significant(low)} to {significant(high)}" if is_known(low, high) else ""


class _Bounded(Protocol):
    """A figure with its interval."""

    @property
    def estimate(self) -> float: ...
    @property
    def ci_low(self) -> float: ...
    @property
    def ci_high(self) -> float: ...


class _Limits(Protocol):
    """Limits of agreement: bias and both limits, each with its interval."""

    @property
    def bias(self) -> _Bounded: ...
    @property
    def lower(self) -> _Bounded: ...
    @property
    def upper(self) -> _Bounded: ...


@dataclass(frozen=True)
class LimitsSaid:
    """Limits of agreement as they are said everywhere: in a sentence, a table, a picture and its words."""

    bias: str
    bias_interval: str
    lower: str
    upper: str
    lowest: str
    highest: str
    decimals: int


def said_limits(limits: _Limits) -> LimitsSaid:
    """Limits of agreement with the digits that the bias's interval supports, the limits themselves to one decimal."""
    bias, lower, upper = limits.bias, limits.lower, limits.upper
    decimals = decimals_for(bias.ci_low, bias.ci_high)
    return LimitsSaid(
        bias=fixed(bias.estimate, decimals),
        bias_interval=interval(bias.ci_low, bias.ci_high, decimals),
        lower=fixed(lower.estimate, 1),
        upper=fixed(upper.estimate, 1),
        lowest=fixed(lower.ci_low, 1),
        highest=fixed(upper.ci_high, 1),
        decimals=decimals,
    )
