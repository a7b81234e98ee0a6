"""Do marks set thousands apart here, which would be read as decimal signs?

- `check_thousands` : refuse a column like 950, 1.000, 1.050
"""

from __future__ import annotations

import re

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.content import Source
from touchrhythm.io.sniff import COMMENT, Layout, column_label, kind_of, split_fields

__all__ = ["check_thousands"]

FIRST = 1000  # values looked at before all the rest
LAST_BEFORE, THOUSAND = 500, 1000  # whole numbers that stand beside 1.000 where marks set thousands apart


def check_thousands(
    source: Source, span: tuple[int, int], layout: Layout, keep: list[int], data: FloatArray
) -> None:
    """Refuse a column like 950, 1.000, 1.050, whose mark sets thousands apart.

    Such a column holds whole numbers from 500 to 999 and values from 1 to 2, none between 0 and 1, and it falls
    from one to the next row where it passes 1000. Only then are its texts looked at.
    """
    for i, k in enumerate(keep):
        if layout.kinds[k] != "number" or not _may_be(data[:, i]):
            continue
        lines = [
            line
            for line in source.data[span[0] : span[1]].decode().split("\n")
            if line.strip() and not COMMENT.match(line)
        ]
        rows = [split_fields(line, layout.separator) for line in lines]
        fields = [row[k] for row in rows if len(row) > k]
        marked = [field for field in fields if re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}", field)]
        plain = [field for field in fields if re.fullmatch(r"[+-]?\d{1,3}", field)]
        known = [field for field in fields if kind_of(field, layout.decimal) == "number"]
        if marked and plain and len(marked) + len(plain) == len(known):
            at = next(
                n
                for n, line in enumerate(source.data.decode().split("\n")[layout.first :])
                if marked[0] in line
            )
            raise BadFile(
                source.path,
                f"{column_label(layout, k)} holds {marked[0]!r} beside {max(plain, key=int)!r} (thousands set apart? the"
                " marks must go)",
                layout.first + at + 1,
            )


def _may_be(x: FloatArray) -> bool:
    first = np.abs(x[:FIRST])
    if ((first > 0) & (first < 1)).any():  # 0.5 is no count of thousands
        return False
    below = (x >= LAST_BEFORE) & (x < THOUSAND)
    if not below.any() or (x[below] % 1 != 0).any():
        return False
    near = x[np.isfinite(x)]
    size = np.abs(near)
    return bool(
        ((size >= 1) & (size < 2)).any()
        and not ((size > 0) & (size < 1)).any()
        and (near[1:] < near[:-1]).any()
    )
