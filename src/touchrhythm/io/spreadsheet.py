"""Which table stands in this spreadsheet (.xlsx, .xls, .ods)?

**Conventions.** The one sheet that holds numbers, as text with tabs between its cells; dates and times as ISO text,
lengths of time as h:m:s. All else is left to the reader of tables. Formulas count by the value that was saved.

- `sheet_as_text` : file → text of a table
- `open_sheet_or_text` : the same, also of a file that is text already
"""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

from touchrhythm.errors import BadFile
from touchrhythm.io.content import LIMIT, Source, check_unpacked, limit_bytes, open_bytes, open_text
from touchrhythm.io.extras import load_extra
from touchrhythm.io.sheet_rows import sheets_apart

__all__ = ["SHEETS", "open_sheet_or_text", "sheet_as_text"]

SHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
MEMORY = 4  # times the limit of a file that reading its cells may take
UNREADABLE = (ValueError, OSError, EOFError, NotImplementedError, struct.error, zipfile.BadZipFile)
NOTES = 0.1  # of the numbers of the fullest sheet; one with fewer holds notes


def sheet_as_text(path: Path) -> Source:
    """Text of the sheet that holds numbers.

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be opened, python-calamine is not installed, or not one sheet holds numbers.
    """
    raw, digest = open_bytes(path)
    load_extra(path, "python_calamine", "python-calamine")
    try:
        if zipfile.is_zipfile(io.BytesIO(raw)):
            check_unpacked(path, raw)
        sheets = sheets_apart(raw, MEMORY * limit_bytes())
    except UNREADABLE as error:
        raise BadFile(path, f"is damaged, locked, or no spreadsheet ({error})") from None
    except MemoryError:
        told = f"takes more than {MEMORY * limit_bytes() / 1e9:.3g} GB of memory, or two minutes, to read"
        raise BadFile(
            path, f"{told} (is a cell far outside of the table filled? {LIMIT} raises the limit)"
        ) from None
    numbers = {name: n for name, (n, _) in sheets.items()}
    most = max(numbers.values(), default=0)
    full = [name for name in sheets if numbers[name] > NOTES * most]
    if len(full) != 1:
        what = f"sheets {', '.join(full)} hold numbers" if full else "no sheet holds numbers"
        raise BadFile(path, f"{what}; keep the one sheet of the recording, or save it as CSV")
    (name,) = full
    which = (f"sheet {name} of {len(sheets)} was read",) if len(sheets) > 1 else ()
    return Source(path, sheets[name][1].encode(), digest, which)


def open_sheet_or_text(path: str | Path) -> Source:
    """Text of a spreadsheet's table, or of a file that is text.

    Raises
    ------
    NoSuchInput, BadFile
        As `sheet_as_text` and `touchrhythm.io.content.open_text`.
    """
    place = Path(path)
    return sheet_as_text(place) if place.suffix.lower() in SHEETS else open_text(place)
