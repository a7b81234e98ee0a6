"""Which table stands in this spreadsheet (.xlsx, .xls, .ods)?

**Conventions.** The one sheet that holds numbers, as text with tabs between its cells; dates and times as ISO text,
lengths of time as h:m:s. All else is left to the reader of tables. Formulas count by the value that was saved.

- `sheet_as_text` : file → text of a table
- `open_sheet_or_text` : the same, also of a file that is text already
"""

from __future__ import annotations

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import UNITS
from touchrhythm.io.content import Source, open_bytes, open_text
from touchrhythm.io.extras import load_extra

__all__ = ["SHEETS", "open_sheet_or_text", "sheet_as_text"]

SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
MOST_UNPACKED = 2 << 30  # bytes of XML in a packed file
NOTES = 0.1  # of the numbers of the fullest sheet; one with fewer holds notes


def sheet_as_text(path: Path) -> Source:
    """Text of the sheet that holds numbers.

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be opened, python-calamine is not installed, or not one sheet holds numbers.
    """
    raw, digest = open_bytes(path)
    calamine = load_extra(path, "python_calamine", "python-calamine")
    _check_size(path, raw)
    try:
        book = calamine.load_workbook(io.BytesIO(raw))
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in book.sheet_names
        }
    except Exception as error:  # of Rust, or of what a damaged file makes of it
        told = " ".join(str(error).split())[:100] or type(error).__name__
        raise BadFile(path, f"is damaged, locked, or no spreadsheet ({told})") from None
    numbers = {name: _n_numbers(rows) for name, rows in sheets.items()}
    most = max(numbers.values(), default=0)
    full = {name: rows for name, rows in sheets.items() if numbers[name] > NOTES * most}
    if len(full) != 1:
        what = f"sheets {', '.join(full)} hold numbers" if full else "no sheet holds numbers"
        raise BadFile(path, f"{what}; keep the one sheet of the recording, or save it as CSV")
    ((name, rows),) = full.items()
    text = "\n".join("\t".join(_cell(value) for value in row) for row in rows)
    which = (f"sheet {name} of {len(sheets)} was read",) if len(sheets) > 1 else ()
    return Source(path, text.encode(), digest, which)


def open_sheet_or_text(path: str | Path) -> Source:
    """Text of a spreadsheet's table, or of a file that is text.

    Raises
    ------
    NoSuchInput, BadFile
        As `sheet_as_text` and `touchrhythm.io.content.open_text`.
    """
    place = Path(path)
    return sheet_as_text(place) if place.suffix.lower() in SHEETS else open_text(place)


def _check_size(path: Path, raw: bytes) -> None:
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        return
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        size = sum(member.file_size for member in packed.infolist())
    if size > MOST_UNPACKED:
        raise BadFile(
            path, f"holds {size / 1e6:.0f} MB once unpacked, more than {MOST_UNPACKED / 1e6:.0f} MB"
        )


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
        hours, rest = divmod(value.total_seconds(), UNITS["h"])
        minutes, seconds = divmod(rest, UNITS["min"])
        return f"{hours:.0f}:{minutes:02.0f}:{seconds:09.6f}"
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "microseconds")
    if isinstance(value, datetime.time):
        return value.isoformat("microseconds")
    return " ".join(str(value).split())
