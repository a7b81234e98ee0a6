"""Which samples stand at the end of a converter's scale, where they measure nothing?

A saturated or failing converter answers with its highest or lowest count. Such samples are cut and told. A
declared or recognised converter names its ends; without one, the ends of common converters count where they are
the extreme and either away from all the rest or piled up. An end that was tared or scaled is known by this alone: one
and the same value, several times, very far from all others.

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
    8388608,
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
    -8388607,
    -8388608,
    -32767,
    -2147483648,
    -999,
    -9999,
    -99999,
    -127,
)
AWAY = 2.0  # half spreads (5th to 95th percentile) of all other samples by which a known rail stands away
FAR = 20.0  # the same for a value that is no rail of a converter but may have been one before it was scaled
LEAST_REPEATED = 3  # samples at such a value
MOST_AT_ZERO = 0.1  # fraction of samples; more zeros are what the sensor shows at rest
LEAST_AT_ERROR = 2  # samples at a small error value (-127) among numbers that are no whole counts
LOOKED_AT = 20_000  # samples from which spreads are estimated
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
    if np.unique(known[:: max(1, known.size // LOOKED_AT)]).size <= 2:
        return {}  # a button
    found = {}
    for extreme, rails in ((float(known.max()), HIGH), (float(known.min()), LOW)):
        at_end = known == extreme
        n = int(at_end.sum())
        declared = top is not None and extreme in (top, 0.0)
        is_known = extreme in rails or declared
        if not is_known and n < LEAST_REPEATED:
            continue
        far = _distance(extreme, known[~at_end], LEAST_SPREAD if is_whole else 0.0)
        if (is_known and _is_rail(at_end, far, extreme, is_whole, declared)) or (
            far > FAR and n >= LEAST_REPEATED
        ):
            found[extreme] = n
    return found


def _is_rail(at_end: np.ndarray, far: float, extreme: float, is_whole: bool, declared: bool) -> bool:
    """Whether samples at an end of a converter's scale stand apart, or are piled up there."""
    if not is_whole and abs(extreme) < LEAST_SCALED:
        return extreme < 0 and far > AWAY and int(at_end.sum()) >= LEAST_AT_ERROR
    if is_whole and (declared or extreme > 0) and _is_piled(at_end):
        return True
    return far > AWAY and not (extreme == 0 and not declared and float(at_end.mean()) > MOST_AT_ZERO)


def without_rails(x: FloatArray, rails: dict[float, int]) -> FloatArray:
    """Channel with NaN in the place of samples at a rail."""
    return np.where(np.isin(x, list(rails)), np.nan, x) if rails else x


def is_stuck(x: FloatArray) -> bool:
    """Whether every sample of a channel is one and the same end of a converter's scale, other than 0."""
    known = x[np.isfinite(x)]
    return bool(known.size and known[0] and known.min() == known.max() and known[0] in (*HIGH, *LOW))


def _distance(extreme: float, rest: FloatArray, least: float) -> float:
    """Distance of an extreme from the nearest of the rest, in half their spread."""
    low, high = np.quantile(rest[:: max(1, rest.size // LOOKED_AT)], (0.05, 0.95))
    nearest = min(abs(float(rest.max()) - extreme), abs(float(rest.min()) - extreme))
    return nearest / (max(float(high - low), least) / 2 or np.inf)


def _is_piled(at_end: np.ndarray) -> bool:
    """Whether samples at an end come in runs, as those of a saturated converter do."""
    runs = at_end[:-2] & at_end[1:-1] & at_end[2:]
    return bool(runs.any()) and float(at_end.mean()) > PILED_FRACTION
