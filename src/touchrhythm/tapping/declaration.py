"""What was set before the data were seen: polarity, lag window, ratio, tolerance.

**Conventions.** Lags in seconds, positive where the tap comes after; ratios are taps to cycles.

- `Declared` : these four, checked
- `check_declared` : from plain arguments
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray

__all__ = ["Declared", "check_declared"]

LAG_STEP = 0.25  # seconds between the lags that V looks at


@dataclass(frozen=True)
class Declared:
    """Polarity (1, -1 or None), lag window in seconds or None, n:m ratio, tolerance share."""

    polarity: int | None
    lag: tuple[float, float] | None
    ratio: tuple[int, int]
    tolerance_fraction: float

    @property
    def lags(self) -> FloatArray:
        """Lags that V looks at; none where polarity and window were not both declared."""
        if self.polarity is None or self.lag is None:
            return np.zeros(0)
        low, high = self.lag
        return np.linspace(low, high, max(1, math.ceil((high - low) / LAG_STEP - 1e-9)) + 1)


def check_declared(
    polarity: int | None, lag: tuple[float, float] | None, ratio: tuple[int, int], tolerance_fraction: float
) -> Declared:
    """Check what was declared.

    Raises
    ------
    ValueError
        If a value is outside its range.

    Examples
    --------
    >>> check_declared(1, (0.0, 0.5), (1, 1), 0.2).lags
    array([0.  , 0.25, 0.5 ])
    """
    if polarity not in (None, 1, -1):
        raise ValueError(f"polarity must be 1 (peaks), -1 (troughs) or None, got {polarity!r}")
    if lag is not None and not (len(lag) == 2 and np.isfinite(lag).all() and lag[0] <= lag[1]):
        raise ValueError(f"lag must be (shortest, longest) in seconds, got {lag!r}")
    if len(ratio) != 2 or any(one != int(one) or one < 1 for one in ratio):
        raise ValueError(f"ratio must be two whole numbers (taps, cycles) from 1, got {ratio!r}")
    if math.gcd(int(ratio[0]), int(ratio[1])) != 1:
        raise ValueError(f"ratio must be in lowest terms, got {ratio[0]}:{ratio[1]}")
    if not 0 < tolerance_fraction <= 0.5:
        raise ValueError(
            f"tolerance_fraction must be a share of the period up to one half, got {tolerance_fraction:g}"
        )
    return Declared(polarity, lag, (int(ratio[0]), int(ratio[1])), float(tolerance_fraction))
