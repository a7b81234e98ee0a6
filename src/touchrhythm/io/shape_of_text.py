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
    for sign, plain in () if source.data.isascii() else SIGNS:
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
    row = lines[-1]
    mark = next((sign for sign in (b";", b"\t", b",", b" ") if row.count(sign) >= LONG), b"")
    above = [line for line in lines[:-1] if line.startswith((b"#", b"%"))]
    if not mark or len(above) < len(lines) - 1:
        return source
    if mark != b" " and 2 * len(row) < 3 * row.count(mark):  # most fields are empty
        return source
    row = row.removesuffix(mark)
    name = re.match(rb'"?[A-Za-z][^\d]*?"?(?=%s)' % mark, row[:HEAD])
    if name and name[0].strip().lower() != b"nan":
        above.append(name[0].strip())
        row = row[name.end() + 1 :].lstrip(b" ")
    if not _numbers_between(mark).fullmatch(row):
        return source
    column = re.sub(rb" *%s *" % mark if mark != b" " else rb" +", b"\n", row)
    column = re.sub(rb"(?<![^\n])(?=\n|\Z)", b"nan", column)  # an empty field keeps its place
    n_numbers = column.count(b"\n") + 1
    if n_numbers < LONG:
        return source
    note = f"one line of {n_numbers} numbers was read as a column"
    data = b"\n".join([*above, column]) + b"\n"
    return dataclasses.replace(source, data=data, import_notes=(*source.import_notes, note))


def _numbers_between(mark: bytes) -> re.Pattern[bytes]:
    """A row of numbers or empty fields; no field may hold the mark, so that it is read once, however long."""
    digits = rb"\d." if mark == b"," else rb"\d.,"
    number = rb"(?:[-+]?[%s]++(?:[eE][-+]?\d++)?|nan|NaN)?" % digits
    blank, between = (rb"", rb" ++") if mark == b" " else (rb" *+", mark)
    return re.compile(rb"(?:%s%s%s%s)*+%s%s" % (blank, number, blank, between, blank, number))
