"""What was the truth of a phantom session, once it may be known?

The truth of a phantom is drawn by the recorder and kept away from the study; its salted hash stands
in the journal's first line. A truth file counts only for the session whose hash it gives.

**Conventions.** Rates in cpm; 0 for a phantom that stood still.

- `read_truths` : truth files → rates by hash
- `unsealed` : rows with their truths
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from touchrhythm.errors import NoSuchInput, TouchRhythmError
from touchrhythm.io.content import open_json
from touchrhythm.participants import hash_truth
from touchrhythm.study.rows import SessionRow

__all__ = ["read_truths", "unsealed"]


def read_truths(folder: str | Path | None) -> dict[str, float]:
    """True rates by their hashes, from the truth files (JSON with ``rate_cpm`` and ``salt``) of a folder.

    Raises
    ------
    NoSuchInput
        If there is no such folder.
    """
    if folder is None:
        return {}
    place = Path(folder)
    if not place.is_dir():
        raise NoSuchInput(f"{place}: there is no folder of truth files")
    found: dict[str, float] = {}
    for path in sorted(place.rglob("*.json")):
        try:
            truth = open_json(path)
            rate = truth["rate_cpm"]
            found[hash_truth(truth)] = 0.0 if rate is None else float(rate)
        except (TouchRhythmError, ValueError, KeyError, TypeError):
            continue  # another file
    return found


def unsealed(rows: Sequence[SessionRow], truths: Mapping[str, float]) -> tuple[SessionRow, ...]:
    """Rows of phantom sessions with the truth whose hash their journal holds; the others as they are."""
    return tuple(
        dataclasses.replace(row, truth_cpm=truths[row.phantom_sha256])
        if row.phantom_sha256 in truths
        else row
        for row in rows
    )
