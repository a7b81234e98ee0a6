"""What lies between the samples of a smooth trace?

Written out, because loading scipy.interpolate takes longer than filtering; held against it in the tests.

**Conventions.** Real or complex samples at 0, 1, 2, …; positions in samples.

- `CubicSpline` : through all samples, to be asked at any positions

References
----------
de Boor C. (1978). A Practical Guide to Splines. Springer, ch. IV.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray

__all__ = ["CubicSpline"]

Samples = TypeVar("Samples", npt.NDArray[np.float64], npt.NDArray[np.complex128])


class CubicSpline(Generic[Samples]):
    """Cubic spline through at least 4 even samples, shape (n,), "not a knot" at either end.

    >>> CubicSpline(np.arange(5.0) ** 3)(np.array([0.5, 2.0, 3.5]))
    array([ 0.125,  8.   , 42.875])
    """

    def __init__(self, y: Samples) -> None:
        self.y: Samples = y
        self._bend: Samples = _second_derivative(y)

    def __call__(self, at: FloatArray) -> Samples:
        """Values at positions in samples, shape of `at`; the last pieces run on beyond the ends."""
        y, bend = self.y, self._bend
        left = np.clip(at.astype(np.intp), 0, y.size - 2)
        right = left + 1
        after = at - left
        before = 1 - after
        out: Samples = before * y[left] + after * y[right]
        out += ((before**3 - before) * bend[left] + (after**3 - after) * bend[right]) / 6
        return out


def _second_derivative(y: Samples) -> Samples:
    """Of the spline at each sample: its third derivative runs on through the second and the last but one."""
    bend = np.empty_like(y)
    curved = y[:-2] - 2 * y[1:-1] + y[2:]
    bend[1], bend[-2] = curved[0], curved[-1]
    if y.size > 4:
        right = 6 * curved[1:-1]
        right[0] -= bend[1]
        right[-1] -= bend[-2]
        bands = np.full((3, right.size), 1.0)
        bands[1] = 4.0
        bend[2:-2] = scipy.linalg.solve_banded((1, 1), bands, right, check_finite=False)
    bend[0], bend[-1] = 2 * bend[1] - bend[2], 2 * bend[-2] - bend[-3]
    return bend
