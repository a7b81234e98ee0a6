"""Which numbers stand in this table? Text and its layout → columns of numbers.

**Conventions.** Columns come as float64, shape (n_rows, n_columns), NaN where a field is missing;
clock times are seconds. Rows and columns are counted from 0 here and from 1 in messages.

- `read_columns` : text → `Columns`
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import clock_seconds
from touchrhythm.io.content import Source
from touchrhythm.io.sniff import COMMENT, ERRORS, Layout, kind_of, sniff, split_fields

__all__ = ["Columns", "read_columns"]

LAST_BEFORE, THOUSAND = 500, 1000  # whole numbers that stand beside 1.000 where marks set thousands apart
MOST_LAST_WORDS = 20  # lines below the data
TOKENS = (b"N/A", b"NA", b"null", b"NULL", b"None", b"--", b"missing")


@dataclass(frozen=True, eq=False)
class Columns:
    """Columns of numbers with the names that stand above them ("" where none does).

    `position` is the column of the file each came from, `clock` those that held clock times,
    `line` tells the line of the file (from 1) that a row stands in.
    """

    names: tuple[str, ...]
    second: tuple[str, ...]
    data: FloatArray
    position: tuple[int, ...]
    clock: frozenset[int]
    line: Callable[[int], int]
    rate: float | None
    import_notes: tuple[str, ...]
    arrival: FloatArray | None = None


def read_columns(source: Source) -> Columns:
    """Columns of a table as text.

    Raises
    ------
    BadFile
        With line, column and value, if a field holds no number or a row has too many fields.
    """
    layout = sniff(source)
    import_notes = [*source.import_notes, *layout.import_notes]
    body = source.data[_offset(source.data, layout.first) :]
    body = _without_torn_line(body, layout, import_notes)
    body = _without_last_words(body, layout, import_notes)
    body = _with_empty_cells(body, layout, import_notes)
    keep = [k for k, kind in enumerate(layout.kinds) if kind in ("number", "flag", "clock", "odd")]
    import_notes += _left_out(body, layout)
    data = _fast(body, layout, keep)
    if data is None:
        data = _walk(source, body, layout, keep)
    _check_thousands(source, body, layout, keep, data)
    data = _without_empty_rows(data, import_notes)
    if np.isinf(data).any():
        row, column = np.argwhere(np.isinf(data))[0]
        at = _line_of(source, layout, int(row))
        raise BadFile(
            source.path, f"{_column(layout, keep[column])} must hold finite numbers, got infinity", at
        )
    return Columns(
        tuple(layout.header[k] for k in keep),
        tuple(layout.second[k] for k in keep) if layout.second else (),
        data,
        tuple(keep),
        frozenset(i for i, k in enumerate(keep) if layout.kinds[k] == "clock"),
        lambda row: _line_of(source, layout, row),
        layout.rate,
        tuple(import_notes),
    )


def _left_out(body: bytes, layout: Layout) -> list[str]:
    """A sentence for each column that holds no numbers."""
    told = []
    first = split_fields(body.split(b"\n", 1)[0].decode(), layout.separator)
    for k, kind in enumerate(layout.kinds):
        if kind == "text":
            told.append(
                f"{_column(layout, k)} holds text ({first[k][:30]!r}) and was left out{_slip(first[k])}"
            )
        elif kind == "empty" and layout.header[k]:
            told.append(f"{_column(layout, k)} holds no values and was left out")
    return told


def _offset(data: bytes, line: int) -> int:
    at = 0
    for _ in range(line):
        at = data.index(b"\n", at) + 1
    return at


def _line_of(source: Source, layout: Layout, row: int) -> int:
    """Line, from 1, of a row, blank lines and comments counted."""
    for k, line in enumerate(source.data.decode().split("\n")[layout.first :]):
        if line.strip() and not COMMENT.match(line):
            if row == 0:
                return layout.first + k + 1
            row -= 1
    return layout.first + 1


def _without_torn_line(body: bytes, layout: Layout, import_notes: list[str]) -> bytes:
    """Text without a last line that ends in the middle of a row."""
    if body.endswith(b"\n"):
        return body
    at = body.rfind(b"\n") + 1
    fields = split_fields(body[at:].decode(), layout.separator)
    if at and body[at:].strip() and len(fields) < len(layout.kinds) and not COMMENT.match(body[at:].decode()):
        import_notes.append(
            f"the last line ends after {len(fields)} of {len(layout.kinds)} columns and was left out"
        )
        return body[:at]
    return body


def _without_last_words(body: bytes, layout: Layout, import_notes: list[str]) -> bytes:
    """Text without lines of words below the data ("End of recording")."""
    stop = len(body.rstrip())
    words: list[str] = []
    while stop > 0 and len(words) < MOST_LAST_WORDS:
        start = body.rfind(b"\n", 0, stop) + 1
        line = body[start:stop].decode()
        kinds = {kind_of(one, layout.decimal) for one in split_fields(line, layout.separator)}
        if COMMENT.match(line) or kinds & {"number", "clock", "flag", "odd", "missing"}:
            break
        words.append(line.strip())
        stop = len(body[:start].rstrip())
    if not words or stop == 0:
        return body
    many = "1 line" if len(words) == 1 else f"{len(words)} lines"
    import_notes.append(f"{many} of words below the data ({words[-1][:40]!r}) left out")
    return body[:stop] + b"\n"


def _with_empty_cells(body: bytes, layout: Layout, import_notes: list[str]) -> bytes:
    """In a table of one column an empty line is a missing sample, unless every other line is empty."""
    text = body.rstrip()
    if len(layout.kinds) > 1 or not (empty := len(re.findall(rb"(?m)^[ \t]*$", text))):
        return body
    if empty > 0.4 * text.count(b"\n"):
        return body
    many = "1 empty line was" if empty == 1 else f"{empty} empty lines were"
    import_notes.append(f"{many} taken as missing samples")
    return re.sub(rb"(?m)^[ \t]*$", b"nan", text) + b"\n"


def _fast(body: bytes, layout: Layout, keep: list[int]) -> FloatArray | None:
    """All numbers in one go, or None where the table has to be walked through line by line."""
    if {"clock", "flag", "odd"} & set(layout.kinds):
        return None
    if b"#" in body or b"%" in body or b"//" in body:
        if any(one.encode() in body.lower() for one in ERRORS):
            return None
        body = re.sub(rb"(?m)^[ \t]*(#|%|//).*$", b"", body)
    if b'"' in body:
        if layout.separator == "," and layout.decimal == ",":
            return None
        body = body.replace(b'"', b"")
    if layout.decimal == ",":
        body = body.replace(b",", b".")
    body = body.replace(b"n/a", b"nan")
    whole = len(keep) == len(layout.kinds)
    if not whole and not _is_rectangular(body, layout):
        return None
    columns = None if whole else keep
    found = _loaded(body, layout.separator, columns)
    return _loaded(_filled(body, layout.separator), layout.separator, columns) if found is None else found


def _loaded(body: bytes, separator: str, columns: list[int] | None) -> FloatArray | None:
    delimiter = None if separator == " " else separator
    try:
        return np.loadtxt(
            io.BytesIO(body), delimiter=delimiter, usecols=columns, comments=None, ndmin=2, encoding="utf-8"
        )
    except ValueError:
        return None


def _filled(body: bytes, separator: str) -> bytes:
    """Text with nan where a field is missing."""
    for token in TOKENS:
        if token in body:
            body = re.sub(rb"(?<![^\t;|, \n])" + re.escape(token) + rb"(?![^\t;|, \n])", b"nan", body)
    if separator != " ":
        mark = separator.encode()
        for _ in range(2 if mark + mark in body else 0):
            body = body.replace(mark + mark, mark + b"nan" + mark)
        body = body.replace(mark + b"\n", mark + b"nan\n").replace(b"\n" + mark, b"\nnan" + mark)
        body = b"nan" + body if body.startswith(mark) else body
        body = body + b"nan" if body.endswith(mark) else body
    return body


def _is_rectangular(body: bytes, layout: Layout) -> bool:
    """Whether every line holds the same number of separators (blank lines and white space: not told)."""
    if layout.separator == " " or b"\n\n" in body:
        return False
    buffer = np.frombuffer(body if body.endswith(b"\n") else body + b"\n", dtype=np.uint8)
    ends = np.flatnonzero(buffer == ord("\n"))
    marks = np.flatnonzero(buffer == ord(layout.separator))
    n = len(layout.kinds) - 1
    if marks.size != n * ends.size:
        return False
    table = marks.reshape(-1, n)
    return bool((table[:, -1] < ends).all() and (table[1:, 0] > ends[:-1]).all())


def _walk(source: Source, body: bytes, layout: Layout, keep: list[int]) -> FloatArray:
    """Numbers line by line: slower, but it knows the place of whatever is wrong."""
    values: list[list[float]] = []
    clocks: dict[int, list[str]] = {k: [] for k in keep if layout.kinds[k] == "clock"}
    at: list[int] = []
    for k, line in enumerate(body.decode().split("\n"), start=layout.first + 1):
        if not line.strip() or COMMENT.match(line):
            continue
        fields = split_fields(line, layout.separator)
        if len(fields) != len(layout.kinds):
            raise BadFile(source.path, _ragged(fields, layout, line), k)
        for column, texts in clocks.items():
            texts.append(fields[column])
        values.append([_number(source, layout, k, column, fields) for column in keep])
        at.append(k)
    data = np.array(values, dtype=np.float64)
    for column, texts in clocks.items():
        try:
            data[:, keep.index(column)] = clock_seconds(texts)
        except ValueError as error:
            where = at[int(error.args[1])] if len(error.args) > 1 else None
            raise BadFile(source.path, f"{_column(layout, column)}: {error.args[0]}", where) from None
    return data


def _number(source: Source, layout: Layout, k: int, column: int, fields: list[str]) -> float:
    text = fields[column]
    kind = kind_of(text, layout.decimal)
    if kind == "number":
        return float(text.replace(",", ".") if layout.decimal == "," else text)
    if kind == "missing" or layout.kinds[column] == "clock":
        return float("nan")
    if kind == "flag":
        return float(text.lower() == "true")
    raise BadFile(
        source.path,
        f"{_column(layout, column)} must hold numbers, got {text[:40]!r}{_slip(text) or _second_header(layout, fields)}",
        k,
    )


def _check_thousands(source: Source, body: bytes, layout: Layout, keep: list[int], data: FloatArray) -> None:
    """Refuse a column like 950, 1.000, 1.050, whose mark sets thousands apart and would be read as a decimal sign."""
    for i, k in enumerate(keep):
        near = data[:, i][np.isfinite(data[:, i])]
        below = (near >= LAST_BEFORE) & (near < THOUSAND) & (near == np.rint(near))
        if layout.kinds[k] != "number" or not (below.any() and (np.abs(near) < 2).any()):
            continue
        lines = [one for one in body.decode().split("\n") if one.strip() and not COMMENT.match(one)]
        fields = [split_fields(one, layout.separator)[k] for one in lines]
        marked = [one for one in fields if re.fullmatch(r"[+-]?\d{1,3}[.,]\d{3}", one)]
        plain = [one for one in fields if re.fullmatch(r"[+-]?\d{1,3}", one)]
        known = [one for one in fields if kind_of(one, layout.decimal) == "number"]
        if marked and plain and len(marked) + len(plain) == len(known):
            raise BadFile(
                source.path,
                f"{_column(layout, k)} holds {marked[0]!r} beside {max(plain, key=int)!r} (thousands set apart? the"
                " marks must go)",
                _line_of(source, layout, fields.index(marked[0])),
            )


def _slip(text: str) -> str:
    """The likely reason why a field is no number."""
    if re.fullmatch(r"[+-]?\d{1,3}([.,' ]\d{3})*[.,]?\d*", text):
        return " (thousands set apart? the marks must go)"
    if re.match(r"[+-]?[\d.,]+\s*[^\d\s.,:;]{1,5}$", text):
        return " (a unit beside the number? it belongs in the header)"
    return ""


def _second_header(layout: Layout, fields: list[str]) -> str:
    kinds = [kind_of(one, layout.decimal) for one in fields]
    words = all(kind == "text" for kind in kinds)
    if kinds[0] == "text" and not words:
        return " (a line of results below the data? it must go)"
    return " (a second header, or two files in one?)" if words and len(fields) > 1 else ""


def _ragged(fields: list[str], layout: Layout, line: str) -> str:
    n = len(layout.kinds)
    if len(fields) > n:
        return f"{len(fields)} columns where the table has {n}, one too many from {fields[n]!r}: {line.strip()[:50]!r}"
    return f"{len(fields)} columns where the table has {n}: {line.strip()[:50]!r}"


def _column(layout: Layout, column: int) -> str:
    name = layout.header[column]
    return f"column {column + 1} ({name})" if name else f"column {column + 1}"


def _without_empty_rows(data: FloatArray, import_notes: list[str]) -> FloatArray:
    """Data without rows at the end that hold nothing, as spreadsheets leave them."""
    if data.shape[1] < 2 or not np.isnan(data[-1]).all():
        return data
    full = np.flatnonzero(~np.isnan(data).all(axis=1))
    stop = int(full[-1]) + 1 if full.size else data.shape[0]
    if stop < data.shape[0]:
        import_notes.append(f"{data.shape[0] - stop} empty rows at the end were left out")
    return data[:stop]
