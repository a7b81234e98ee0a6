"""Which of these named arrays are channels, which the time, which the rate? Variables → columns.

**Conventions.** Variables are what a ``.mat`` or ``.npz`` file holds: names and arrays. Those as long as the longest
are channels (or the time), single numbers named fs, sampling_rate and the like are the rate in Hz.

- `columns_of` : variables → `touchrhythm.io.delimited.Columns`
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.content import check_count
from touchrhythm.io.delimited import Columns

__all__ = ["columns_of", "matrix_columns"]

RATE_NAMES = (
    "fs",
    "srate",
    "sr",
    "samplerate",
    "samplingrate",
    "samplingfrequency",
    "fsample",
    "freq",
    "frequency",
    "hz",
    "sfreq",
    "rate",
)  # in lower case, without marks
LEAST_SAMPLES = 8  # a shorter vector is a parameter


def columns_of(path: Path, variables: Mapping[str, Any], what: str) -> Columns:
    """Columns of variables that hold numbers.

    Raises
    ------
    BadFile
        If none is a channel.
    Undecided
        If arrays of different lengths could be the recording.
    """
    check_count(path, sum(value.size for value in variables.values() if isinstance(value, np.ndarray)))
    arrays = {name: array for name, value in variables.items() if (array := _numbers(value)) is not None}
    rates = tuple(
        (float(array.flat[0]), name)
        for name, array in arrays.items()
        if array.size == 1 and "".join(sign for sign in name.lower() if sign.isalnum()) in RATE_NAMES
    )
    series = {name: _upright(array) for name, array in arrays.items() if array.size >= LEAST_SAMPLES}
    if not series:
        held = ", ".join(variables) or "nothing"
        raise BadFile(path, f"holds no array of samples (variables: {held})")
    lengths = sorted({len(array) for array in series.values()}, reverse=True)
    longest = [name for name, array in series.items() if len(array) == lengths[0]]
    rest = [name for name in series if name not in longest]
    names, blocks = [], []
    for name in longest:
        block = series[name]
        names += [name] if block.shape[1] == 1 else [f"{name}_{k + 1}" for k in range(block.shape[1])]
        blocks.append(block)
    notes = [
        f"{name} has {len(series[name])} samples beside {lengths[0]} of the others; it was not read"
        for name in rest
    ]
    return matrix_columns(np.column_stack(blocks), tuple(names), rates=rates, notes=tuple(notes), what=what)


def matrix_columns(
    data: FloatArray,
    names: tuple[str, ...],
    *,
    units: tuple[str, ...] = (),
    rates: tuple[tuple[float, str], ...] = (),
    notes: tuple[str, ...] = (),
    what: str,
) -> Columns:
    """Columns of a matrix whose columns are named."""
    data = np.where(np.isinf(data), np.nan, data)
    return Columns(
        names,
        units,
        data,
        tuple(range(len(names))),
        frozenset(),
        lambda row: row + 1,
        rates,
        notes,
        format=what,
    )


def _numbers(value: Any) -> FloatArray | None:
    """Float64 of an array of numbers; None for anything else."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf" or array.ndim > 2 or array.size == 0:
        return None
    return np.atleast_1d(array).astype(np.float64)


def _upright(array: FloatArray) -> FloatArray:
    """Samples by channels, whichever way the array lies."""
    matrix = array.reshape(len(array), -1)
    return matrix.T if matrix.shape[1] > matrix.shape[0] else matrix
