"""Which numbers does this serial log hold? The Arduino monitor's times, and ``label:value`` lines.

**Conventions.** Arrival times are seconds; they are those of the computer, not of the device.
Lines without numbers, and torn ones, are left out and counted.

- `is_serial_log` : whether the lines look like that
- `read_serial_log` : text → `Columns`
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import clock_seconds
from touchrhythm.io.content import Source
from touchrhythm.io.delimited import Columns

__all__ = ["is_serial_log", "read_serial_log"]

ARRIVED = re.compile(r"\s*(\d\d?:\d\d:\d\d[.,]\d+)\s*->\s?(.*)$")
PAIR = re.compile(r"([A-Za-z_µ][\w µ°/%().-]*?)\s*[:=]\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
BETWEEN = re.compile(r"[,;\t ]+")


def is_serial_log(source: Source) -> bool:
    """Whether at least half of the first lines carry an arrival time, or labels with values."""
    lines = [one for one in source.data[:20_000].decode(errors="replace").split("\n")[:200] if one.strip()]
    hits = sum(1 for one in lines if ARRIVED.match(one) or _pairs(one))
    return len(lines) > 0 and 2 * hits > len(lines)


def read_serial_log(source: Source) -> Columns:
    """Columns of a serial log; names are the labels, where there are any.

    Raises
    ------
    BadFile
        If fewer than half of its lines hold the same columns.
    """
    rows: list[tuple[int, str | None, tuple[str, ...], list[float]]] = []
    n_lines = 0
    for k, line in enumerate(source.data.decode().split("\n")):
        if line.strip():
            n_lines += 1
            hit = ARRIVED.match(line)
            names, values = _values(hit.group(2) if hit else line)
            if values:
                rows.append((k + 1, hit.group(1) if hit else None, names, values))
    shape = Counter((when is not None, names, len(values)) for _, when, names, values in rows).most_common(1)
    kept = [row for row in rows if (row[1] is not None, row[2], len(row[3])) == shape[0][0]]
    if 2 * len(kept) < n_lines:
        raise BadFile(source.path, f"only {len(kept)} of {n_lines} lines hold the same columns of numbers")
    (_, names, n), _ = shape[0]
    return Columns(
        names or ("",) * n,
        (),
        np.array([row[3] for row in kept], dtype=np.float64),
        tuple(range(n)),
        frozenset(),
        lambda row: kept[row][0],
        None,
        (*source.import_notes, *_left_out(n_lines - len(kept), n_lines)),
        clock_seconds([str(row[1]) for row in kept]) if kept[0][1] is not None else None,
    )


def _left_out(n: int, n_lines: int) -> tuple[str, ...]:
    many = "1 line" if n == 1 else f"{n} lines"
    return (f"{many} of {n_lines} without the usual numbers left out",) if n else ()


def _values(text: str) -> tuple[tuple[str, ...], list[float]]:
    pairs = _pairs(text)
    if pairs:
        return tuple(name for name, _ in pairs), [float(value) for _, value in pairs]
    fields = [one for one in BETWEEN.split(text.strip()) if one]
    if all(NUMBER.fullmatch(one) for one in fields):
        return (), [float(one) for one in fields]
    return (), []


def _pairs(text: str) -> list[tuple[str, str]]:
    """Labels and values of a line that holds nothing else."""
    found = [(name.strip(" ,;\t"), value) for name, value in PAIR.findall(text)]
    return found if found and not PAIR.sub("", text).strip(" ,;\t") else []
