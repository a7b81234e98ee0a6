"""Where do a study's rows and figures go? Tidy tables under ``derivatives/touchrhythm/``.

**Conventions.** Tab-separated, one header line, ``n/a`` where there is no number, a JSON sidecar that
describes every column. Numbers are written as the shortest decimal that reads back equal. Files are
replaced in one step; nothing else in the study folder is touched but ``.bidsignore``.

- `results_folder` : where results go
- `write_tables` : the tables of a study
- `write_dataset_files` : what makes the folder a derivative dataset, and the validator look away
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from touchrhythm.io.bids_write import BIDS_VERSION
from touchrhythm.io.content import raw_bytes
from touchrhythm.io.writing import as_json, cell, make_folder, write_over
from touchrhythm.study.estimates import estimates_of
from touchrhythm.study.find import FoundSessions
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.study.whom import Candidate, candidate_words
from touchrhythm.units import count_quantisation_cpm
from touchrhythm.words.study_tables import (
    COUNT_COLUMNS,
    ESTIMATE_COLUMNS,
    PAIR_COLUMNS,
    PLAN_COLUMNS,
    REFERENCE_COLUMNS,
    SESSION_COLUMNS,
    TAP_COLUMNS,
    WHOM_COLUMNS,
)

__all__ = ["results_folder", "write_dataset_files", "write_tables"]

SCHEMA_VERSION = 1
PLACE = Path("derivatives") / "touchrhythm"
IGNORED = ("*.html", "*.txt", "group_*", "cache", "cache/", "cache/**", "**/*.html")
ROOT_IGNORED = ("derivatives/touchrhythm/", "grras.txt")

Cells = Mapping[str, Any]


def results_folder(found: FoundSessions, out: str | Path | None = None) -> Path | None:
    """Folder of a study's results; None for sessions in memory without `out`."""
    if out is not None:
        return Path(out)
    return None if found.root is None else found.root / PLACE


def write_tables(
    result: StudyResult, folder: Path, *, plan: Sequence[Cells] = (), planned: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Write ``group_sessions``, ``_taps``, ``_references``, ``_pairs``, ``_counts``, ``_whom``, ``_estimates``.

    Each with its sidecar.

    Parameters
    ----------
    result : StudyResult
    folder : Path
        Where to.
    plan : sequence of mapping
        Lines of the sealed plan, as `PLAN_COLUMNS` names their cells; where there are some
        ``group_plan`` is written, else an older one is removed.
    planned : sequence of str
        Roles whose figures were planned.

    Returns
    -------
    tuple of Path
        The tables.

    Raises
    ------
    CannotWrite
        If one cannot be written.
    """
    make_folder(folder)

    figures = (
        estimate.cells() | {"standing": "planned" if estimate.role in planned else "exploratory"}
        for estimate in estimates_of(result.answers)
    )
    tables: dict[str, tuple[Mapping[str, str], Iterable[Cells]]] = {
        "group_sessions": (SESSION_COLUMNS, map(_session_cells, result.rows)),
        "group_taps": (TAP_COLUMNS, _entries(result, "taps")),
        "group_references": (REFERENCE_COLUMNS, _on_references(result)),
        "group_whom": (WHOM_COLUMNS, (_whom_cells(candidate, result) for candidate in result.answers.whom)),
        "group_pairs": (PAIR_COLUMNS, _entries(result, "pairs")),
        "group_counts": (COUNT_COLUMNS, _counts(result)),
        "group_estimates": (ESTIMATE_COLUMNS, figures),
    }
    if plan:
        tables["group_plan"] = (PLAN_COLUMNS, plan)
    else:
        for ending in (".tsv", ".json"):
            (folder / f"group_plan{ending}").unlink(missing_ok=True)
    paths = []
    for name, (columns, rows) in tables.items():
        path = folder / f"{name}.tsv"
        write_over(path, _tsv(columns, rows).encode())
        write_over(folder / f"{name}.json", as_json(_sidecar(columns, result)))
        paths.append(path)
    return tuple(paths)


def _entries(result: StudyResult, name: str) -> Iterator[dict[str, Any]]:
    """One line for each entry of this name that a session's row holds."""
    for row in result.rows:
        for entry in getattr(row, name):
            told = {"id": row.id, "subject": row.subject, "kind": row.kind, "of_session": row.kind}
            yield told | {"made_by_tapping": row.made_by_tapping} | _fields(entry)


def _on_references(result: StudyResult) -> Iterator[dict[str, Any]]:
    """`kind` is that of the session in every table; what a reference is stands in a column of its own."""
    for line in _entries(result, "on_references"):
        yield line | {"reference": line["kind"], "kind": line["of_session"]}


def _counts(result: StudyResult) -> Iterator[dict[str, Any]]:
    for line in _entries(result, "counts"):
        yield line | {"quantisation_cpm": count_quantisation_cpm(line["duration"])}


def _fields(row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}


def _whom_cells(candidate: Candidate, result: StudyResult) -> dict[str, Any]:
    return {"what": candidate_words(candidate, result.settings.taps_against)} | _fields(candidate)


def _session_cells(row: SessionRow) -> dict[str, Any]:
    cells = {name: getattr(row, name) for name in SESSION_COLUMNS if name != "n_taps"}
    seed = f"'{row.seed}"  # as text: R and spreadsheets keep 53 of its 64 bits
    return cells | {"seed": seed, "n_taps": sum(tapped.n_taps for tapped in row.taps) if row.raters else None}


def _tsv(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> str:
    lines = ["\t".join(columns)]
    lines += ["\t".join(_cell(row[name]) for name in columns) for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None or value == "" or value != value:
        return "n/a"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(float(value)).removesuffix(".0")
    if isinstance(value, tuple):
        return cell(",".join(str(part) for part in value)) or "n/a"
    text = " ".join(str(value).split())
    return cell(text) if isinstance(value, str) else text


def _sidecar(columns: Mapping[str, str], result: StudyResult) -> dict[str, Any]:
    about: dict[str, Any] = {name: {"Description": text} for name, text in columns.items()}
    return about | {
        "TouchRhythmSchemaVersion": SCHEMA_VERSION,
        "Version": result.version,
        "Seed": result.seed,
        "Settings": result.settings.to_dict(),
        "Primary": result.answers.primary,
        "PlanSha256": result.plan_sha256 or None,
    }


def write_dataset_files(result: StudyResult, folder: Path) -> None:
    """Write what makes the folder a derivative dataset; add lines to the study's ``.bidsignore``.

    Raises
    ------
    CannotWrite
        If one cannot be written.
    """
    make_folder(folder)
    description = {
        "Name": f"{result.name}: rhythm analysis",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "touchrhythm", "Version": result.version}],
    }
    write_over(folder / "dataset_description.json", as_json(description))
    write_over(folder / ".bidsignore", _lines(IGNORED))
    root = result.found.root
    if result.found.is_bids and root is not None and root.resolve() in folder.resolve().parents:
        _add_lines(root / ".bidsignore", ROOT_IGNORED)


def _lines(words: Sequence[str]) -> bytes:
    return ("\n".join(words) + "\n").encode()


def _add_lines(path: Path, wanted: Sequence[str]) -> None:
    """Add lines that are missing, after those that are there."""
    before = raw_bytes(path) if path.is_file() else b""
    lacking = [name for name in wanted if name.encode() not in before.splitlines()]
    if lacking:
        end = b"" if before.endswith(b"\n") or not before else b"\n"
        write_over(path, before + end + _lines(lacking))
