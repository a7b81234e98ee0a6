"""Which samples stand at the end of a converter's scale, where they measure nothing?

A saturated or failing converter answers with its highest or lowest count. Such samples are cut and told. A
declared or recognised converter names its ends; without one, the ends of common converters count where they are
the extreme of whole numbers and either far away from all the rest or piled up.

- `find_rails` : channel → rails and how often each is met
- `without_rails` : the same, cut
- `is_stuck` : whether a channel stands at an end all the time
"""

from __future__ import annotations

import numpy as np

from touchrhythm._check import FloatArray

__all__ = ["find_rails", "is_stuck", "without_rails"]

# 10, 12, 14, 15, 16, 18, 22, 24 and 32 bits; what drivers return for "no answer"
HIGH = (
    255,
    1023,
    4095,
    16383,
    32767,
    65535,
    131071,
    262143,
    2097151,
    4194303,
    8388607,
    16777215,
    2147483647,
    4294967295,
    9999,
    99999,
    999999,
)
LOW = (
    0,
    -1,
    -2048,
    -8192,
    -32768,
    -131072,
    -524288,
    -2097152,
    -8388608,
    -2147483648,
    -999,
    -9999,
    -99999,
    -127,
)
FAR = 20.0  # spreads of all other samples by which a lone rail stands away

PILED_FRACTION = 0.001
LEAST_SPREAD = 1.0  # counts
LEAST_SCALED = 1023.0  # the least end that is believed among numbers that are no whole counts


def find_rails(x: FloatArray, *, top: float | None = None) -> dict[float, int]:
    """Rails that a channel holds, and how many samples stand at each.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
    top : float, optional
        Highest count of the converter, where it is known; its lowest is then 0.
    """
    known = x[np.isfinite(x)]
    if known.size < 10 or known.min() == known.max():
        return {}
    is_whole = not (known[:1000] % 1 != 0).any() and not (known % 1 != 0).any()
    if np.unique(known[:: max(1, known.size // 20_000)]).size <= 2:
        return {}  # a button
    found = {}
    for extreme, rails in ((float(known.max()), HIGH), (float(known.min()), LOW)):
        declared = top is not None and extreme in (top, 0.0)
        if extreme not in rails and not declared:
            continue
        if not is_whole and abs(extreme) < LEAST_SCALED:
            continue
        at_end = known == extreme
        rest = known[~at_end]
        if _is_far(extreme, rest) or (is_whole and _is_piled(at_end) and (declared or extreme > 0)):
            found[extreme] = int(at_end.sum())
    return found


def without_rails(x: FloatArray, rails: dict[float, int]) -> FloatArray:
    """Channel with NaN in the place of samples at a rail."""
    return np.where(np.isin(x, list(rails)), np.nan, x) if rails else x


def is_stuck(x: FloatArray) -> bool:
    """Whether every sample of a channel is one and the same end of a converter's scale, other than 0."""
    known = x[np.isfinite(x)]
    return bool(known.size and known[0] and known.min() == known.max() and known[0] in (*HIGH, *LOW))


def _is_far(extreme: float, rest: FloatArray) -> bool:
    """Whether an extreme stands away from all the rest by many of their spreads."""
    low, high = np.quantile(rest, (0.05, 0.95))
    nearest = float(np.min(np.abs(rest - extreme)))
    return nearest > FAR * max(float(high - low), LEAST_SPREAD) / 2


def _is_piled(at_end: np.ndarray) -> bool:
    """Whether samples at an end come in runs, as those of a saturated converter do."""
    runs = at_end[:-2] & at_end[1:-1] & at_end[2:]
    return bool(runs.any()) and float(at_end.mean()) > PILED_FRACTION
