"""Which fields stand in the rows of a small table that may hold words (taps, counts, events)?

**Conventions.** Lines are counted from 1. The header is the first row in which no field begins
like a number; it may be missing.

- `read_rows` : text → header and rows
- `plain_lines` : text → lines that are no comments
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from touchrhythm.io.content import Source, plain_cell
from touchrhythm.io.sniff import COMMENT, MISSING, split_fields

__all__ = ["Row", "plain_lines", "read_rows"]


NUMBER_SIGN = re.compile(r'\s*"?#"?[\t,;]')  # the name of a column of numbers, no comment
MOST_ABOVE = 60  # lines above the names of a table of BORIS


@dataclass(frozen=True)
class Row:
    """Fields of a line, the line as it stands, and its number."""

    fields: tuple[str, ...]
    text: str
    line: int

    def field(self, k: int) -> str:
        """A field, "" where it is missing."""
        return "" if self.is_missing(k) else plain_cell(self.fields[k])

    def is_missing(self, k: int) -> bool:
        """Whether a field is not there, or says so."""
        return k >= len(self.fields) or self.fields[k].lower() in MISSING


def plain_lines(source: Source) -> list[Row]:
    """Lines that are neither blank nor comments, each as one field."""
    lines = enumerate(source.data.decode().split("\n"), start=1)
    return [
        Row((line,), line.strip(), k)
        for k, line in lines
        if line.strip() and (not COMMENT.match(line) or NUMBER_SIGN.match(line))
    ]


def read_rows(source: Source) -> tuple[tuple[str, ...], list[Row]]:
    """Header (empty where there is none) and rows of a small table."""
    lines = _below_preamble(plain_lines(source))
    separator = _separator([row.fields[0] for row in lines])
    rows = [
        Row(
            tuple(split_fields(row.fields[0], separator)) if separator else (row.text.strip('"'),),
            row.text,
            row.line,
        )
        for row in lines
    ]
    if rows and not any(re.match(r"[+-]?[.,]?\d", field) for field in rows[0].fields) and any(rows[0].fields):
        return rows[0].fields, rows[1:]
    return (), rows


def _below_preamble(lines: list[Row]) -> list[Row]:
    """The lines from the names on, where BORIS writes what it knows of the observation above them."""
    for at, row in enumerate(lines[:MOST_ABOVE]):
        names = {name.strip().strip('"').lower() for name in re.split(r"[\t,;]", row.fields[0])}
        if {"behavior", "behaviour"} & names and {"time", "start (s)"} & names:
            return lines[at:]
    return lines


def _separator(lines: list[str]) -> str:
    """Tab, semicolon or comma, whichever stands in every line; "" for one field a line."""
    for mark in ("\t", ";"):
        if lines and all(mark in line for line in lines):
            return mark
    if not lines or not all("," in line for line in lines):
        return ""
    if all(re.fullmatch(r"\s*[\d:]+,\d+\s*", line) for line in lines):  # decimal commas
        return ""
    return ","
