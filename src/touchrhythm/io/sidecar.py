"""What do the JSON files beside a BIDS recording say?

**Conventions.** A sidecar holds for every file below its folder whose name has its entities; the
nearest one wins, key by key (BIDS inheritance). Beside the keys of BIDS these are understood:

- in a column's description ``CountsPerGram`` (number, not 0) and ``ZeroCounts`` (number, default
  0): a straight calibration line, applied on reading; the file keeps the raw counts
- ``Role`` and ``Person`` : what the column holds and whose it is (`touchrhythm.words.columns`)
- ``Timing`` : how samples were timed; ``ReadingNotes`` : what was unusual before sealing
- ``Info`` : whatever else the session's info held; ``TouchRhythmSchemaVersion`` : whole number

- `entities_of` : file name → entities
- `physio_files` : dataset → its recordings
- `read_sidecar` : all that holds for a ``_physio`` file → `Sidecar`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchrhythm.errors import BadFile
from touchrhythm.io.content import open_json
from touchrhythm.io.stated_rate import check_rate_of_file
from touchrhythm.participants import check_harmless
from touchrhythm.words.columns import person_of, roles_of

__all__ = [
    "SCHEMA_VERSION",
    "Sidecar",
    "dataset_root",
    "entities_of",
    "inherited",
    "physio_files",
    "read_sidecar",
]

SCHEMA_VERSION = 1
LATEST_S = 1e11  # further from the start than any clock's zero
PART = re.compile(r"([a-zA-Z]+)-([0-9a-zA-Z]+)")


@dataclass(frozen=True)
class Sidecar:
    """What holds for a ``_physio`` file; `found` are the JSON files it comes from, the nearest last."""

    fs: float
    start_time: float
    columns: tuple[str, ...]
    units: tuple[str, ...]
    calibration: Mapping[str, tuple[float, float]]
    keys: Mapping[str, Any]
    found: tuple[Path, ...]
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


def entities_of(path: str | Path) -> dict[str, str]:
    """Entities of a BIDS file name, in order.

    >>> entities_of("sub-01_task-palpation_run-02_physio.tsv.gz")
    {'sub': '01', 'task': 'palpation', 'run': '02'}
    """
    parts = (PART.fullmatch(part) for part in Path(path).name.split(".")[0].split("_")[:-1])
    return {hit.group(1): hit.group(2) for hit in parts if hit}


def dataset_root(path: Path) -> Path:
    """Folder of the dataset a file lies in; its own folder where there is none."""
    for folder in list(path.absolute().parents)[:5]:
        if (folder / "dataset_description.json").is_file():
            return folder
    return path.absolute().parent


def physio_files(root: Path) -> list[Path]:
    """Recordings below the subjects' folders of a dataset, in order; links back into it, or above it, are not followed."""
    here, found = root.resolve(), []
    for folder in root.glob("sub-*"):
        there = folder.resolve()
        if folder.is_symlink() and (there == here or there in here.parents or here in there.parents):
            continue
        found += [
            path
            for path in folder.glob("**/*_physio.tsv*")
            if path.name.endswith(("_physio.tsv", "_physio.tsv.gz"))
        ]
    return sorted(found)


def inherited(path: Path, suffix: str) -> list[Path]:
    """JSON files of this suffix that hold for a file, the nearest last."""
    own, root = entities_of(path), dataset_root(path)
    folders = [folder for folder in path.absolute().parents if folder == root or root in folder.parents]
    found = []
    for folder in reversed(folders):
        names = [
            file
            for file in folder.glob("*.json")
            if file.name in (f"{suffix}.json",) or file.name.endswith(f"_{suffix}.json")
        ]
        fits = [file for file in names if entities_of(file).items() <= own.items()]
        found += sorted(fits, key=lambda file: (len(entities_of(file)), file.name))
    return found


def read_sidecar(path: Path) -> Sidecar:
    """All that holds for a ``_physio`` file.

    Raises
    ------
    BadFile
        If there is no sidecar, or it lacks or garbles what BIDS requires.
    """
    found = inherited(path, "physio")
    if not found:
        wanted = path.name.split(".")[0] + ".json"
        raise BadFile(
            path, f"there is no {wanted} beside it, which must tell SamplingFrequency, StartTime and Columns"
        )
    keys: dict[str, Any] = {}
    for file in found:
        keys.update(open_json(file))
    names = ", ".join(file.name for file in found)
    fs = _number(found[-1], keys, "SamplingFrequency", names)
    check_rate_of_file(found[-1], fs, "SamplingFrequency")
    start = _number(found[-1], keys, "StartTime", names) if "StartTime" in keys else 0.0
    if abs(start) > LATEST_S:
        raise BadFile(found[-1], f"StartTime must be seconds, got {start:g}")
    columns = keys.get("Columns")
    if not isinstance(columns, list) or not columns or not all(isinstance(name, str) for name in columns):
        what = "is missing" if columns is None else f"must be a list of names, got {columns!r}"
        raise BadFile(found[-1], f"Columns {what} (looked in {names})")
    if len(set(columns)) < len(columns):
        raise BadFile(found[-1], f"Columns must have different names, got {columns}")
    _check_channels(found[-1], columns)
    units = tuple(str(_described(keys, name).get("Units", "")) for name in columns)
    calibration = {
        name: line for name in columns if (line := _calibration(found[-1], keys, name)) is not None
    }
    said = [_described(keys, name) for name in columns]
    roles = tuple(
        str(about.get("Role", role)) for about, role in zip(said, roles_of(columns, units), strict=True)
    )
    people = tuple(
        str(about.get("Person", person_of(name))) for about, name in zip(said, columns, strict=True)
    )
    return Sidecar(fs, start, tuple(columns), units, calibration, keys, tuple(found), roles, people)


def _check_channels(path: Path, columns: list[str]) -> None:
    for name in columns:
        try:
            check_harmless(name, "channel", may_divide=True)
        except ValueError as error:
            raise BadFile(path, str(error)) from None


def _number(path: Path, keys: Mapping[str, Any], name: str, looked: str) -> float:
    if name not in keys:
        raise BadFile(path, f"{name} is missing (looked in {looked})")
    return _finite(path, keys[name], name)


def _finite(path: Path, value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise BadFile(path, f"{name} must be a number, got {value!r}")
    return float(value)


def _described(keys: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = keys.get(name)
    return found if isinstance(found, dict) else {}


def _calibration(path: Path, keys: Mapping[str, Any], name: str) -> tuple[float, float] | None:
    """Counts per gram and counts at zero of a column, where it is calibrated."""
    about = _described(keys, name)
    if "CountsPerGram" not in about:
        return None
    per_gram = _finite(path, about["CountsPerGram"], f"CountsPerGram of {name}")
    if per_gram == 0:
        raise BadFile(path, f"CountsPerGram of {name} must not be 0")
    return per_gram, _finite(path, about.get("ZeroCounts", 0.0), f"ZeroCounts of {name}")
