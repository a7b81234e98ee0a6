"""What do raters report? `RateTable`: one row per subject, session and rater.

- `RateTable` : the columns, as arrays of one length
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm._check import FloatArray

__all__ = ["RateTable"]


@dataclass(frozen=True, eq=False)
class RateTable:
    """Rows of a table of rates, in file order.

    Attributes
    ----------
    subject, rater, session : tuple of str
        Codes as typed; `session` is "" where there is no such column.
    rate_cpm, measured_cpm, expected_cpm : ndarray, shape (n_rows,)
        Rates; NaN where missing, or where nothing was felt.
    duration : ndarray, shape (n_rows,)
        Seconds over which was counted; NaN where a rate was given.
    felt_nothing : tuple of bool
        The answer was "felt nothing" (or a rate or count of 0).
    line : tuple of int
        Line of each row in the file, from 1.
    name, sha256 : str
        Where the table comes from; hash of its bytes, "" where there was no file.
    notes : tuple of str
        What was unusual on reading.
    """

    subject: tuple[str, ...]
    rater: tuple[str, ...]
    session: tuple[str, ...]
    rate_cpm: FloatArray
    measured_cpm: FloatArray
    expected_cpm: FloatArray
    duration: FloatArray
    felt_nothing: tuple[bool, ...]
    line: tuple[int, ...]
    name: str
    sha256: str
    notes: tuple[str, ...]
