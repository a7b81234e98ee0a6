"""Files in, files out: one reader and writer per format, chosen by suffix.

- `read_session` : a recording in any form it comes in → `Session`
- `write_session` : `Session` → BIDS dataset
- `write_table`, `convert` : `Session` → CSV, TSV, text or ``.npy``; file → file
- `read_taps`, `read_counts` : what was tapped and counted, from files of their own
"""

from __future__ import annotations

from touchrhythm.io.bids_write import write_session
from touchrhythm.io.opening import READERS, read_session
from touchrhythm.io.table_write import convert, write_table
from touchrhythm.io.taps import parse_count, read_counts, read_taps

__all__ = [
    "READERS",
    "convert",
    "parse_count",
    "read_counts",
    "read_session",
    "read_taps",
    "write_session",
    "write_table",
]
