"""Which numbers stand in this block of plain decimals? Read as whole numbers, several times as fast as one by one.

**Conventions.** A number like -12.345 is the whole number -12345 divided by 10³. Both are exact in float64 (the
whole number below 2⁵³, the power up to 10²²), and IEEE 754 rounds the one division correctly, so the result is the
float that a parser of single numbers gives. A block that holds anything else is left to such a parser.

- `fixed_point_numbers` : text → numbers, or None
"""

from __future__ import annotations

import warnings

import numpy as np

from touchrhythm._check import FloatArray

__all__ = ["fixed_point_numbers"]

PLAIN = b"0123456789+-\n"
LARGEST = 2**53
POWERS = 10.0 ** np.arange(23)


def fixed_point_numbers(block: bytes, *, separator: str, decimal: str, n_columns: int) -> FloatArray | None:
    r"""Numbers of a block of lines, if it holds nothing but numbers without exponents in equal rows; else None.

    Parameters
    ----------
    block : bytes
        Whole lines.
    separator, decimal : str
        One sign each; between columns and before decimals.
    n_columns : int

    Returns
    -------
    ndarray, shape (n_rows, n_columns), or None

    >>> fixed_point_numbers(b"1,-0.25\n2,10\n", separator=",", decimal=".", n_columns=2)
    array([[ 1.  , -0.25],
           [ 2.  , 10.  ]])
    >>> fixed_point_numbers(b"1,2.5.1\n", separator=",", decimal=".", n_columns=2) is None
    True
    """
    mark, point = (separator.encode() if n_columns > 1 else b"|"), decimal.encode()
    if mark == b" " or mark == point or (n_columns == 1 and block.translate(None, PLAIN + point)):
        return None
    block = block if block.endswith(b"\n") else block + b"\n"
    n_rows = block.count(b"\n")
    if (
        n_columns > 1
        and block.translate(None, PLAIN[:-1] + point) != (mark * (n_columns - 1) + b"\n") * n_rows
    ):
        return None
    fields = block.replace(b"\n", mark)
    digits = fields.translate(None, point)
    # a sign alone is no number; one byte is sought much faster than two
    if any(sign in digits and sign + mark in digits for sign in (b"-", b"+")):
        return None
    whole = _whole_numbers(digits, mark.decode())
    if (
        whole is None
        or whole.size != n_rows * n_columns
        or not -LARGEST < whole.min() <= whole.max() < LARGEST
    ):
        return None
    decimals = _decimals(fields, mark[0], point[0])
    if decimals is None:
        return None
    return np.asarray(whole / POWERS[decimals], dtype=np.float64).reshape(n_rows, n_columns)


def _whole_numbers(text: bytes, mark: str) -> np.ndarray | None:
    """Whole numbers between marks; None, or too few, where something is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # how older versions of NumPy say so
        try:
            whole = np.fromstring(text, dtype=np.int64, sep=mark)
        except ValueError:
            return None
    return whole if whole.size else None


def _decimals(fields: bytes, mark: int, point: int) -> np.ndarray | None:
    """Digits behind the point of each field; None where a field holds two points, or more digits than count."""
    signs = np.frombuffer(fields, dtype=np.uint8)
    ends, points = np.flatnonzero(signs == mark), np.flatnonzero(signs == point)
    if points.size == ends.size and (points < ends).all() and (points[1:] > ends[:-1]).all():
        out = ends - points - 1  # a point in each field
    elif points.size:
        out = np.zeros(ends.size, dtype=np.intp)
        which = np.searchsorted(ends, points)
        if (np.diff(which) == 0).any():
            return None
        out[which] = ends[which] - points - 1
    else:
        out = np.zeros(ends.size, dtype=np.intp)
    return out if out.max() < POWERS.size else None
