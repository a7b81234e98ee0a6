"""Do the rows of this table belong to several sensors in turn?

A long ("tidy") table has one column that names the sensor of each row. Read as one channel it is a mixture, so
one sensor must be named, as ``value_1``.

- `one_sensor` : columns → those of one sensor
"""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path

import numpy as np

from touchrhythm.errors import Undecided
from touchrhythm.io.columns import counts_up, split_unit
from touchrhythm.io.delimited import Columns
from touchrhythm.words.columns import is_time_name, split_words

__all__ = ["one_sensor"]

KEYS = frozenset(
    """
    sensor sensors sensorid channel chan ch id name variable device signal type key parameter measure metric
    series label source node topic field axis quantity kanaal naam kanal signal messgroesse messgrosse capteur
    canal voie nom sonde canale sensore nome nombre variabile messstelle fuhler grootheid
    """.split()
)
MOST_SENSORS, LOOKED_AT = 32, 100
LEAST_CHANGES = 0.2  # fraction of rows in which another sensor speaks than in the row before
LEAST_SHARE = 0.02  # fraction of rows of the rarest sensor
NEVER_KEYS = frozenset(("phase", "condition", "event", "marker", "comment", "status", "button"))


def one_sensor(path: Path, columns: Columns, sensor: str | None) -> Columns:
    """Columns of the sensor that is named; all of them where every row is one sensor's.

    Raises
    ------
    Undecided
        If several sensors take turns, and none of them is named.
    """
    found = _key(columns)
    if found is None:
        return columns
    key, levels = found
    values = [k for k in range(len(columns.names)) if _is_value(columns, k, key)]
    names = [split_unit(columns.names[k])[0] or f"column{columns.position[k] + 1}" for k in values]
    kinds = sorted(set(levels), key=lambda level: (len(level), level))
    choices = {
        f"{name}_{level}" if len(names) > 1 or not _is_word(level) else level: level
        for name in names
        for level in kinds
    }
    if sensor is None or sensor not in choices:
        raise Undecided(
            path,
            f"column {key!r} names {len(kinds)} sensors ({', '.join(kinds[:6])}) whose rows stand in turn; they cannot be read"
            " as one channel",
            tuple(f"--channel {shlex.quote(choice)}" for choice in choices),
        )
    return _rows_of(
        columns, key, np.array([level == choices[sensor] for level in levels]), sensor, choices[sensor]
    )


def _rows_of(columns: Columns, key: str, rows: np.ndarray, sensor: str, level: str) -> Columns:
    """The rows of one sensor, its values called by its name."""
    values = [k for k in range(len(columns.names)) if _is_value(columns, k, key)]
    keep = [k for k, name in enumerate(columns.names) if name != key]
    line, kept_rows = columns.line, np.flatnonzero(rows)
    renamed = [
        columns.names[k] if k not in values else _renamed(columns.names[k], sensor, level, len(values))
        for k in keep
    ]
    return dataclasses.replace(
        columns,
        names=tuple(renamed),
        second=tuple(columns.second[k] for k in keep) if columns.second else (),
        data=columns.data[rows][:, keep],
        position=tuple(columns.position[k] for k in keep),
        clock=frozenset(keep.index(k) for k in columns.clock if k in keep),
        line=lambda row: line(int(kept_rows[row])),
        import_notes=(
            *columns.import_notes,
            f"rows of {level} alone were read ({rows.sum()} of {rows.size}), by column {key!r}",
        ),
        stray=None if columns.stray is None else columns.stray[rows],
        words={},
    )


def _renamed(name: str, sensor: str, level: str, n_values: int) -> str:
    unit = split_unit(name)[1]
    plain = sensor if n_values == 1 else f"{split_unit(name)[0]}_{level}"
    return f"{plain} ({unit})" if unit and not str(plain).endswith(unit) else str(plain)


def _is_value(columns: Columns, k: int, key: str) -> bool:
    if counts_up(columns.names[k], columns.data[:, k]):
        return False
    return (
        k not in columns.clock
        and columns.names[k] != key
        and not is_time_name(split_unit(columns.names[k])[0])
    )


def _is_word(level: str) -> bool:
    return not level.replace(".", "").isdigit()


def _key(columns: Columns) -> tuple[str, list[str]] | None:
    """The column that names the sensor of each row, and the names; None where there is none."""
    for name, words in columns.words.items():
        if not any(word[:1].isdigit() for word in words[:LOOKED_AT]) and _takes_turns(
            np.unique(words, return_inverse=True)[1], name, is_text=True
        ):
            return name, words
    for k, name in enumerate(columns.names):
        x = columns.data[:, k]
        if (x[:LOOKED_AT] % 1 != 0).any():  # missing values too: each row has its sensor
            continue
        known = x[np.isfinite(x)]
        if k in columns.clock or known.size < len(x) or not len(x) or (x % 1 != 0).any():
            continue
        levels, which = np.unique(x, return_inverse=True)
        if levels.size <= MOST_SENSORS and _takes_turns(
            which, name, is_text=False, is_numbered=_are_numbers(name, levels)
        ):
            return name, [f"{value:g}" for value in x]
    return None


def _are_numbers(name: str, levels: np.ndarray) -> bool:
    """Whether the levels of a named column are 1, 2, … of a few."""
    return bool(name) and 1 < levels.size <= 8 and bool((levels == np.arange(1, levels.size + 1)).all())


def _takes_turns(which: np.ndarray, name: str, *, is_text: bool, is_numbered: bool = False) -> bool:
    """Whether levels take turns as sensors do: all of them often, and by name or in strict order."""
    n = int(which.max()) + 1 if which.size else 0
    words = set(split_words(name))
    if not 2 <= n <= MOST_SENSORS or words & NEVER_KEYS:
        return False
    changes = float(np.mean(np.diff(which) != 0))
    rarest = float(np.bincount(which).min()) / which.size
    named = bool(words & KEYS)
    if named:
        in_blocks = n <= 8 and rarest > 0.1 and changes > 0
        return (changes > LEAST_CHANGES and rarest > LEAST_SHARE) or in_blocks
    strict = changes == 1 and bool((which[n:] == which[:-n]).all())
    return (is_text or is_numbered) and strict and which.size >= 20
