"""Do the rates belong to these subjects? One side's rates held against the other side of another subject.

**Conventions.** `x` and `y` are paired values of shape (n_rows,), `subject` the code of each row.
Two raters who both name their favourite rate agree well and know nothing: their rates fit any
other subject just as well. Swapping shows it.

- `permute_raters` : p-value of the closeness of x and y within subjects
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from touchrhythm._check import check_rng
from touchrhythm.estimates import TIE, check_codes, check_pairs, rank_pvalue
from touchrhythm.session import NullRange

__all__ = ["RaterPermutation", "permute_raters"]

FEWEST_SUBJECTS = 4


@dataclass(frozen=True)
class RaterPermutation:
    """Distance between both sides within subjects beside that of swapped subjects.

    Attributes
    ----------
    distance : float
        Root mean square of the difference of subject means.
    null : NullRange
        The same with subjects swapped.
    pvalue : float
        Share of swaps at least as close, (1 + count)/(1 + swaps); with all permutations tried,
        the exact share.
    n_subjects, n_permutations : int
        Subjects; swaps tried.
    exact : bool
        Whether all permutations were tried.
    """

    distance: float
    null: NullRange
    pvalue: float
    n_subjects: int
    n_permutations: int
    exact: bool


def permute_raters(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    subject: Any,
    n_permutations: int = 9999,
    rng: np.random.Generator | int | None = None,
) -> RaterPermutation:
    """Whether x and y are closer within a subject than between subjects.

    Parameters
    ----------
    x, y : array_like, shape (n_rows,)
        Values of both sides; rows with a NaN are left out.
    subject : sequence, shape (n_rows,)
        Code of each row's subject; repeated rows are averaged first.
    n_permutations : int, default 9999
        Random permutations of subjects; all are tried where there are no more than this.
    rng : Generator, int or None
        Random generator or seed.

    Returns
    -------
    RaterPermutation
        One-sided: small where the rates belong to the subjects.

    Raises
    ------
    ValueError
        If there are fewer than 4 subjects with both values.

    Examples
    --------
    >>> permute_raters([6.0, 7.0, 8.0, 9.0], [6.1, 7.2, 8.1, 9.3], subject=list("abcd")).pvalue
    0.041666666666666664
    """
    a, b = check_pairs(x, y)
    both = np.isfinite(a) & np.isfinite(b)
    code = check_codes(subject, a.size, "subject")[both]
    _, code = np.unique(code, return_inverse=True)
    size = np.bincount(code)
    if size.size < FEWEST_SUBJECTS:
        raise ValueError(
            f"swapping needs at least {FEWEST_SUBJECTS} subjects with both values, got {size.size}"
        )
    first, second = np.bincount(code, a[both]) / size, np.bincount(code, b[both]) / size
    exact = math.factorial(size.size) <= n_permutations + 1
    order = _all_orders(size.size) if exact else _random_orders(size.size, n_permutations, check_rng(rng))
    distance = np.sqrt(((first - second[order]) ** 2).mean(axis=1))
    own = float(np.sqrt(((first - second) ** 2).mean()))
    # all orders hold the one that was recorded: there it is counted already
    as_close = int(np.count_nonzero(distance <= own + TIE * max(own, 1.0)))
    pvalue = as_close / len(order) if exact else rank_pvalue(-own, -distance)
    return RaterPermutation(own, NullRange.of(distance), pvalue, size.size, len(order), exact)


def _all_orders(n: int) -> npt.NDArray[np.intp]:
    return np.array(list(itertools.permutations(range(n))), dtype=np.intp)


def _random_orders(n: int, n_permutations: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    return rng.permuted(np.tile(np.arange(n), (n_permutations, 1)), axis=1)
