"""What does a MATLAB or NumPy file of several arrays hold?

**Conventions.** No code in a file is ever run: NumPy's pickled arrays and MATLAB's objects are refused. Layouts of
LabChart (``data``, ``datastart``, ``titles``) and AcqKnowledge (``data``, ``labels``, ``isi``) are known; else variables
are channels by their names (see `touchrhythm.io.variables`).

- `read_mat`, `read_npz` : file → columns of a table
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm.errors import BadFile, Undecided, words_of
from touchrhythm.io.clocks import UNITS
from touchrhythm.io.content import Source, check_unpacked, limit_bytes, open_bytes, too_large
from touchrhythm.io.delimited import Columns
from touchrhythm.io.mat_variables import mat_variables
from touchrhythm.io.variables import columns_of, matrix_columns
from touchrhythm.words.columns import time_unit_of

__all__ = ["read_mat", "read_npz"]

HDF5 = b"\x89HDF"
MOST_VARIABLES = 4096


def read_mat(path: Path) -> tuple[Source, Columns]:
    """Columns of a ``.mat`` file up to version 7.

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be opened, is of version 7.3, or holds no samples.
    Undecided
        If it holds several blocks.
    """
    raw, digest = open_bytes(path)
    if raw[:4] == HDF5 or raw[:19] == b"MATLAB 7.3 MAT-file" or raw[512:516] == HDF5:
        raise BadFile(path, "is a MATLAB file of version 7.3; save it with save(name, '-v7')")
    try:
        found = mat_variables(raw, limit_bytes())
    except ValueError as error:
        raise BadFile(path, f"is damaged, or no MATLAB file ({error})") from None
    except MemoryError:
        raise too_large(path, "its numbers take more") from None
    variables = {name: value for name, value in found.items() if not name.startswith("__")}
    source = Source(path, b"", digest)
    try:
        if {"data", "datastart", "dataend", "titles"} <= set(variables):
            return source, _labchart(path, variables)
        if {"data", "labels", "isi"} <= set(variables):
            return source, _acqknowledge(path, variables)
    except (
        ValueError,
        TypeError,
        IndexError,
        OverflowError,
    ) as error:  # arrays of other kinds than that program's
        raise BadFile(path, f"is a damaged export of LabChart or AcqKnowledge ({error})") from None
    return source, columns_of(path, _flat(variables), "MATLAB file")


def read_npz(path: Path) -> tuple[Source, Columns]:
    """Columns of a ``.npz`` file; pickled arrays are never loaded.

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be opened, or holds no samples.
    """
    raw, digest = open_bytes(path)
    try:
        check_unpacked(path, raw)
        with np.load(io.BytesIO(raw), allow_pickle=False) as packed:
            variables = {name: packed[name] for name in packed.files[:MOST_VARIABLES]}
    except BadFile:
        raise
    except Exception as error:  # NumPy parses headers as Python: whatever that raises, the file is damaged
        told = words_of(error, 100)
        raise BadFile(path, f"is damaged, or holds more than arrays of numbers ({told})") from None
    return Source(path, b"", digest), columns_of(path, variables, "NumPy arrays")


def _flat(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables, and the fields of structures by their own names."""
    out: dict[str, Any] = {}
    for name, value in variables.items():
        if isinstance(value, dict):
            out |= {
                part if part not in variables else f"{name}_{part}": inner for part, inner in value.items()
            }
        else:
            out[name] = value
    return out


def _texts(value: Any) -> list[str]:
    """Lines of a character array or of a cell array of texts."""
    return [
        str(np.asarray(cell).flat[0] if np.asarray(cell).size else "").strip()
        for cell in np.asarray(value).ravel()
    ]


def _labchart(path: Path, variables: Mapping[str, Any]) -> Columns:
    """Channels of LabChart's export: all samples in one row, and where each channel begins and ends in it."""
    start, stop = np.atleast_2d(variables["datastart"]), np.atleast_2d(variables["dataend"])
    if start.shape[1] > 1:
        raise BadFile(path, f"holds {start.shape[1]} blocks; export one of them")
    flat, titles = np.asarray(variables["data"], dtype=np.float64).ravel(), _texts(variables["titles"])
    rate = np.asarray(variables.get("samplerate", []), dtype=np.float64).ravel()
    bounds = [(int(a) - 1, int(b)) for a, b in zip(start[:, 0], stop[:, 0], strict=True)]
    kept = [k for k, (a, b) in enumerate(bounds) if 0 <= a < b <= flat.size]
    lengths = {bounds[k][1] - bounds[k][0] for k in kept}
    if not kept or len(lengths) > 1 or rate.size <= kept[0]:
        raise BadFile(path, "LabChart channels of different rates, or none; export them at one rate")
    units = _texts(variables["unittext"]) if "unittext" in variables else []
    which = np.asarray(variables.get("unittextmap", []), dtype=np.float64).ravel()
    named = tuple(
        units[int(which[k]) - 1] if k < which.size and 0 < which[k] <= len(units) else "" for k in kept
    )
    data = np.column_stack([flat[slice(*bounds[k])] for k in kept])
    names = tuple(titles[k] if k < len(titles) else "" for k in kept)
    return matrix_columns(
        data, names, units=named, rates=((float(rate[kept[0]]), "samplerate"),), what="LabChart MATLAB file"
    )


def _acqknowledge(path: Path, variables: Mapping[str, Any]) -> Columns:
    """Channels of AcqKnowledge's export: samples by channels, labels, units, and the interval between samples."""
    data = np.asarray(variables["data"], dtype=np.float64)
    names = tuple(_texts(variables["labels"]))
    units = tuple(_texts(variables["units"])) if "units" in variables else ("",) * len(names)
    step = float(np.asarray(variables["isi"]).flat[0])
    said = (_texts(variables["isi_units"]) or [""])[0] if "isi_units" in variables else ""
    unit = time_unit_of(said)
    if unit is None or not step > 0:
        raise Undecided(
            path, f"the interval between samples is {step:g} {said}, in no known unit", ("--fs HZ",)
        )
    if data.ndim != 2 or data.shape[1] != len(names) or len(units) != len(names):
        raise BadFile(path, f"data of shape {data.shape} but {len(names)} labels and {len(units)} units")
    rates = ((1 / (step * UNITS[unit]), f"isi {step:g} {said}"),)
    return matrix_columns(data, names, units=units, rates=rates, what="AcqKnowledge MATLAB file")
