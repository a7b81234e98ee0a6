"""May a journal say this? Its first line and its marks, checked at the one door they come in by.

A journal may come from anywhere and hold anything. What its first line says becomes names of files,
columns and numbers, so a first line that cannot be meant is refused; a mark that cannot be meant is
left out and told, since the samples around it are as good as before.

**Conventions.** What is missing is fine, and so is what is not known here: later versions say more.

- `check_header` : the facts of the first line
- `why_no_mark` : what is wrong with a mark
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from touchrhythm.errors import BadFile
from touchrhythm.participants import check_harmless

__all__ = ["LATEST_US", "NO_JOURNAL", "SCHEMA_VERSION", "check_header", "is_number", "why_no_mark"]

SCHEMA_VERSION = 1
LATEST_US = 10**14  # three years after the journal began
MOST_COLUMNS = 256
MOST_COUNTED = 10**6
ENTITY = re.compile(r"[0-9A-Za-z]{1,50}")
NO_JOURNAL = (
    "the first line must be the JSON header of a touchrhythm journal"
    " (is this another file, or one torn within its first line?)"
)
TEXTS = ("software", "started", "kind", "taps", "examiner", "plan_sha256", "phantom_sha256")
SWITCHES = ("guided", "virtual", "has_taps", "blind")
NUMBERS = ("max_force_g", "expected_rate_cpm")
NAMES = ("subject", "session", "task", "run", "signal")


def check_header(path: Path, header: Any) -> dict[str, Any]:
    """The facts of a first line.

    Parameters
    ----------
    path : Path
        The journal, for the message.
    header : object
        What the line says as JSON.

    Raises
    ------
    BadFile
        If it is no journal's, of a later schema, or has a fact of the wrong kind.
    """
    if not isinstance(header, dict) or header.get("touchrhythm") != "journal":
        raise BadFile(path, NO_JOURNAL, line=1)
    version = header.get("schema_version")
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version <= SCHEMA_VERSION:
        raise BadFile(
            path,
            f"journal schema {version!r} is later than {SCHEMA_VERSION}, the latest known here; a newer touchrhythm reads it",
            line=1,
        )
    for names, what, is_right in (
        (TEXTS, "text", lambda value: isinstance(value, str)),
        (SWITCHES, "true or false", lambda value: isinstance(value, bool)),
        (NUMBERS, "a number", is_number),
        (NAMES, "letters and digits (it names files)", _is_entity),
        (("format", "consent", "calibration"), "an object {…}", lambda value: isinstance(value, dict)),
    ):
        _check_facts(path, header, names, what, is_right)
    if header.get("examiner"):
        try:
            check_harmless(header["examiner"], "examiner")
        except ValueError as error:
            raise BadFile(path, str(error), line=1) from None
    _check_format(path, header.get("format") or {})
    for name, line in (header.get("calibration") or {}).items():
        if why := _why_no_line(line):
            raise BadFile(path, f"the calibration of {name!r} {why}", line=1)
    return header


def _check_facts(
    path: Path, facts: Mapping[str, Any], names: tuple[str, ...], what: str, is_right: Callable[[Any], bool]
) -> None:
    for name in names:
        value = facts.get(name)
        if value is not None and not is_right(value):
            raise BadFile(
                path, f"{name} must be {what}, got {_short(value)}; nothing was made of the journal", line=1
            )


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_entity(value: Any) -> bool:
    return isinstance(value, str) and ENTITY.fullmatch(value) is not None


def _are_texts(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(text, str) for text in value))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _check_format(path: Path, form: Mapping[str, Any]) -> None:
    n_columns, labels, unit = form.get("n_columns"), form.get("labels"), form.get("time_unit")
    if n_columns is not None and not (_is_whole(n_columns) and 0 < n_columns <= MOST_COLUMNS):
        what = f"n_columns must be 1 to {MOST_COLUMNS}, got {_short(n_columns)}"
    elif not _are_texts(labels):
        what = f"labels must be a list of names, got {_short(labels)}"
    elif not _are_texts(form.get("units")) or not isinstance(form.get("leader", ""), str):
        what = "units must be a list of texts, and leader a name"
    elif unit is not None and (unit not in ("ms", "us") or (n_columns or 1) < 2):
        what = f"time_unit must be ms or us, with a column beside the time's, got {_short(unit)}"
    else:
        return
    raise BadFile(path, f"format: {what}", line=1)


def _why_no_line(line: Any) -> str:
    """What is wrong with a line of calibration; "" where it can be used."""
    if not isinstance(line, dict):
        return f"must be an object {{…}} with counts_per_gram and zero_counts, got {_short(line)}"
    if not is_number(line.get("counts_per_gram")) or line["counts_per_gram"] == 0:
        return f"needs counts_per_gram, a number other than 0, got {_short(line.get('counts_per_gram'))}"
    if not is_number(line.get("zero_counts")):
        return f"needs zero_counts, a number, got {_short(line.get('zero_counts'))}"
    return ""


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def why_no_mark(facts: Any) -> str:
    """What is wrong with the facts of a mark; "" where they can be used.

    >>> why_no_mark({"event": "answer", "value": True})
    'an answer needs its question'
    """
    if not isinstance(facts, dict) or not isinstance(facts.get("event"), str):
        return "a mark needs its event"
    event = facts["event"]
    if event == "answer" and not isinstance(facts.get("question"), str):
        return "an answer needs its question"
    if event == "tare":
        zeros = facts.get("zero_counts", [])
        if not isinstance(zeros, list) or not all(is_number(zero) for zero in zeros):
            return f"zero_counts of a tare must be a list of numbers, got {_short(zeros)}"
    if event == "count":
        begin, end, count = (facts.get(name, -1) for name in ("begin_us", "end_us", "count"))
        if not (_is_whole(begin) and _is_whole(end) and 0 <= begin < end <= LATEST_US):
            return "a count needs begin_us before end_us"
        if not (_is_whole(count) and 0 <= count <= MOST_COUNTED):
            return f"a count must be a whole number, got {_short(count)}"
    if event == "step" and not all(isinstance(facts.get(name), str) for name in ("name", "state")):
        return "a step needs its name and state"
    return ""
