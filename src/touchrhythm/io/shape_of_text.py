"""Does this text hold its rows as lines? Line ends inside quotes, and one long line of numbers.

- `in_rows` : text → text with one row a line
"""

from __future__ import annotations

import dataclasses
import re

from touchrhythm.io.content import Source

__all__ = ["in_rows"]

HEAD = 1 << 16  # bytes in which names stand
QUOTED = re.compile(rb'(?<![^,;\t|\n])"[^"\n]{0,200}(?:\n[^"\n]{0,200}){1,4}"(?![^,;\t|\n])')
SIGNS = (
    ("\N{MINUS SIGN}".encode(), b"-"),
    ("\N{NO-BREAK SPACE}".encode(), b" "),
    ("\N{NARROW NO-BREAK SPACE}".encode(), b" "),
)
LONG = 100  # numbers in a line that make it a column
MOST_LINES = 3


def in_rows(source: Source) -> Source:
    """Text with line ends inside quoted names taken out, and a single long line of numbers as a column.

    A true minus sign becomes a hyphen, blanks that do not break a line plain ones.
    """
    for sign, plain in SIGNS:
        if sign in source.data:
            source = dataclasses.replace(source, data=source.data.replace(sign, plain))
    head = source.data[:HEAD]
    if b'"' in head and QUOTED.search(head):
        joined = QUOTED.sub(lambda hit: hit[0].replace(b"\n", b" "), head)
        return dataclasses.replace(source, data=joined + source.data[HEAD:])
    lines = [line for line in source.data[:HEAD].split(b"\n") if line.strip()]
    if len(lines) <= MOST_LINES and _has_few_lines(source.data):
        return _as_column(source)
    return source


def _has_few_lines(data: bytes) -> bool:
    at = -1
    for _ in range(MOST_LINES + 1):
        at = data.find(b"\n", at + 1)
        if at < 0:
            return True
    return False


def _as_column(source: Source) -> Source:
    lines = [line.strip() for line in source.data.split(b"\n") if line.strip()]
    last = lines[-1]
    mark = next((sign for sign in (b";", b"\t", b",", b" ") if last.count(sign) >= LONG), b"")
    fields = last.split() if mark == b" " else [field.strip() for field in last.split(mark)] if mark else []
    fields = fields[:-1] if fields and not fields[-1] else fields
    name = fields.pop(0) if fields and re.fullmatch(rb'"?[A-Za-z][^\d]*"?', fields[0]) else b""
    if len(fields) < LONG or not all(
        re.fullmatch(rb"[-+]?[\d.,]+(?:[eE][-+]?\d+)?|nan|NaN|", field) for field in fields
    ):
        return source
    above = [line for line in lines[:-1] if line.startswith((b"#", b"%"))]
    if len(above) < len(lines) - 1:
        return source
    note = f"one line of {len(fields)} numbers was read as a column"
    above = [*above, name] if name else above
    data = b"\n".join([*above, *(field or b"nan" for field in fields)]) + b"\n"
    return dataclasses.replace(source, data=data, import_notes=(*source.import_notes, note))
