"""Rows that stand as one long line, or whose names run over line ends."""

from pathlib import Path

import pytest

from touchrhythm.io.content import Source
from touchrhythm.io.shape_of_text import in_rows


def rows_of(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    shaped = in_rows(Source(Path("a.csv"), data, ""))
    return shaped.data, shaped.import_notes


@pytest.mark.parametrize("mark", [",", ";", "\t", " ", " , ", ";  "])
@pytest.mark.parametrize("number", ["1.25", "-3e5", "nan", "+7"])
def test_one_long_line_of_numbers_becomes_a_column(mark: str, number: str) -> None:
    data, notes = rows_of((mark.join([number] * 150) + "\n").encode())
    assert data == (number + "\n").encode() * 150
    assert notes == ("one line of 150 numbers was read as a column",)


def test_an_empty_field_in_a_long_line_keeps_its_place() -> None:
    data, _ = rows_of(b"force," + b"1,,2," * 60 + b",")
    assert data.split() == [b"force", *[b"1", b"nan", b"2"] * 60, b"nan"]


def test_decimal_commas_in_a_long_line_stay() -> None:
    assert rows_of(b"1,5;" * 120)[0] == b"1,5\n" * 120


@pytest.mark.parametrize(
    "line",
    [b"1,2,x," * 60, b"1," * 98, b"1 2," * 120, b"a,b," * 100, b"," * 3_000_000, b"1-2," * 1_000_000],
    ids=["a word", "few", "two in a field", "words", "empty", "no numbers"],
)
def test_other_long_lines_stay_as_they_are(line: bytes) -> None:
    assert rows_of(line) == (line, ())
