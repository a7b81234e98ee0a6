"""What stands in the sheets of this spreadsheet? Asked in a process of its own, which may not outgrow its limits.

The library that reads spreadsheets makes a sheet as wide and long as its farthest cell says, and ends the whole program
where memory does not suffice. As a script (without anything of this package, so that it starts at once): content on
stdin, JSON on stdout.

- `sheets_apart` : content → texts of sheets, and how many numbers each has
"""

from __future__ import annotations

import datetime
import io
import json
import os
import subprocess
import sys
from typing import Any

__all__ = ["sheets_apart"]

LONGEST_S = 120.0
HOUR, MINUTE = datetime.timedelta(hours=1), datetime.timedelta(minutes=1)


def sheets_apart(raw: bytes, most: int) -> dict[str, tuple[int, str]]:
    """Of each sheet, by its name: how many numbers it has, and its rows as text with tabs between the cells.

    Parameters
    ----------
    raw : bytes
        The whole file.
    most : int
        Bytes of memory that reading it may take.

    Raises
    ------
    ValueError
        If it is damaged, or no spreadsheet.
    MemoryError
        If it takes more memory, or longer than two minutes.
    """
    words = [sys.executable, "-P", __file__, str(most)]
    places = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            words, input=raw, capture_output=True, timeout=LONGEST_S, check=False, env=os.environ | places
        )
    except subprocess.TimeoutExpired:
        raise MemoryError from None
    if done.returncode:
        raise MemoryError
    found = json.loads(done.stdout)
    if "error" in found:
        raise ValueError(found["error"])
    return {name: (n, text) for name, n, text in found["sheets"]}


def _main(raw: bytes, most: int) -> dict[str, Any]:
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import python_calamine

        book = python_calamine.load_workbook(io.BytesIO(raw))
        return {"sheets": [_sheet(book, name) for name in book.sheet_names]}
    except MemoryError:
        raise
    except BaseException as error:  # of Rust (a panic is no Exception), or of what a damaged file makes of it
        return {"error": " ".join(str(error).split())[:100] or "no reason was given"}


def _sheet(book: Any, name: str) -> tuple[str, int, str]:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
    return name, _n_numbers(rows), "\n".join("\t".join(map(_cell, row)) for row in rows)


def _n_numbers(rows: list[list[Any]]) -> int:
    return sum(
        isinstance(value, int | float) and not isinstance(value, bool) for row in rows for value in row
    )


def _cell(value: Any) -> str:
    """A cell as the reader of tables takes it."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(value % HOUR, MINUTE)
        return f"{value // HOUR}:{minutes:02d}:{seconds.total_seconds():09.6f}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, datetime.time):
        return value.isoformat("microseconds")
    return " ".join(str(value).split())


if __name__ == "__main__":
    sys.stdout.buffer.write(json.dumps(_main(sys.stdin.buffer.read(), int(sys.argv[1]))).encode())
