"""How is this table laid out: separator, decimal sign, header, kinds of columns?

**Conventions.** Only the first lines are looked at. Lines are counted from 0 here and from 1 in
messages. A separator of one space stands for any white space.

- `sniff` : text → `Layout`
- `layout_below` : the same where a known program wrote the names
- `column_label`, `slip_of` : words for messages
- `split_fields` : one line → its fields
- `kind_of` : what one field holds
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass, field

from touchrhythm.errors import BadFile
from touchrhythm.io.content import Source, quoted_cells
from touchrhythm.io.preamble import Preamble
from touchrhythm.io.stated_rate import stated_rates
from touchrhythm.words.columns import ERRORS, FALSE, MISSING, TRUE, is_unit, role_of

__all__ = [
    "COMMENT",
    "ERRORS",
    "MISSING",
    "Layout",
    "column_label",
    "kind_of",
    "layout_below",
    "slip_of",
    "sniff",
    "split_fields",
]

HEAD = 1 << 18  # bytes looked at
MOST_ROWS = 300
SEPARATORS = ("\t", ";", "|", ",", " ")
LONGEST_CELL = 1000  # characters of a clock, or of a number with marks for thousands
COMMENT = re.compile(
    rf"\s*(#(?!{'|'.join(re.escape(word[1:]) for word in ERRORS if word[0] == '#')})|%|//|=~=~)",
    re.IGNORECASE,
)
THOUSANDS = {
    ".": re.compile(r"[+-]?\d{1,3}(?:[' ]\d{3})+(?:\.\d+)?"),
    ",": re.compile(r"[+-]?\d{1,3}(?:[.' ]\d{3})+(?:,\d+)?"),
}
NUMBER = {
    ".": re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?i:inf|infinity)"),
    ",": re.compile(r"[+-]?(?:\d+(?:,\d*)?|,\d+)(?:[eE][+-]?\d+)?|[+-]?(?i:inf|infinity)"),
}
CLOCK = re.compile(
    r"(?:(?P<days>\d+) days? )?(?:(?P<date>\d{4}-\d\d?-\d\d?|\d{4}/\d\d?/\d\d?|\d\d?[- ][A-Za-z]{3}[- ]\d{4}|\d\d?[./-]\d\d?[./-]\d{2,4})[T ]+)?"
    r"(?P<time>\d{1,3}:\d\d?(?::\d\d?)?(?:[.,]\d+)?)\s*(?P<half>[AaPp][Mm])?(?P<zone>Z|[+-]\d\d:?\d\d)?"
)


@dataclass(frozen=True)
class Layout:
    """How a table is laid out.

    `header` holds one name per column ("" where there is none), `second` the fields of a second
    header line (units) or nothing, `kinds` one of "number", "flag", "clock", "text", "odd", "empty"
    per column, `first` the first line of data, `rates` the sampling rates written above the data, each with
    the words that state it.
    """

    separator: str
    decimal: str
    header: tuple[str, ...]
    kinds: tuple[str, ...]
    first: int
    second: tuple[str, ...] = ()
    rates: tuple[tuple[float, str], ...] = ()
    import_notes: tuple[str, ...] = field(default=())


def sniff(source: Source) -> Layout:
    """Layout of a table.

    Raises
    ------
    BadFile
        If no line holds numbers in columns, or the header does not fit them.
    """
    lines = source.data[:HEAD].decode(errors="replace").split("\n")
    lines = lines[:-1] or lines if len(source.data) > HEAD else lines  # a single line may be longer than that
    rows = [(k, line) for k, line in enumerate(lines) if line.strip() and not COMMENT.match(line)][:MOST_ROWS]
    rows = rows[1:] if rows and rows[0][1].lower().strip('" ').startswith("sep=") else rows
    best = max(
        (_Trial(separator, decimal, rows) for separator, decimal in _candidates()), key=lambda t: t.score
    )
    if best.score[0] == 0:
        k, line = rows[0] if rows else (0, lines[0])
        raise BadFile(
            source.path,
            f"no numbers in columns found, the text begins with {line.strip()[:50]!r}"
            " (columns are told apart by comma, semicolon, tab, space or |)",
            k + 1,
        )
    return _layout(source, best, lines)


def layout_below(source: Source, preamble: Preamble) -> Layout:
    """Layout of a table whose first line of text holds the names that a known program gave.

    Raises
    ------
    BadFile
        If the rows do not hold as many columns.
    """
    lines = source.data[:HEAD].decode(errors="replace").split("\n")
    lines = lines[:-1] or lines if len(source.data) > HEAD else lines  # a single line may be longer than that
    at = next((k for k, line in enumerate(lines) if line.strip()), 0)
    rows = [(k, line) for k, line in enumerate(lines) if line.strip() and k > at][:MOST_ROWS]
    n = len(preamble.names)
    trials = [_Trial(separator, decimal, rows) for separator, decimal in _candidates()]
    fitting = [trial for trial in trials if trial.score[0] > 0 and trial.n in (n, n + 1)]
    if not fitting:
        raise BadFile(
            source.path, f"no rows of {n} columns below the names that {preamble.program} wrote", at + 2
        )
    best = max(fitting, key=lambda trial: (trial.n == n, trial.score))
    extra = [""] * (best.n - n)
    kinds = _column_kinds(best)
    second = (*preamble.units, *extra) if preamble.units else ()
    return Layout(
        best.separator,
        best.decimal,
        (*preamble.names, *extra),
        kinds,
        best.rows[best.first][0],
        second,
        preamble.rates,
    )


def column_label(layout: Layout, column: int) -> str:
    """A column by number and name, as messages call it."""
    name = layout.header[column]
    return f"column {column + 1} ({name})" if name else f"column {column + 1}"


def slip_of(text: str) -> str:
    """The likely reason why a field is no number."""
    if re.fullmatch(r"[+-]?\d{1,3}([.,' ]\d{3})*[.,]?\d*", text):
        return " (thousands set apart? the marks must go)"
    if re.match(r"[+-]?[\d.,]+\s*[^\d\s.,:;]{1,5}$", text):
        return " (a unit beside the number? it belongs in the header)"
    return ""


def split_fields(line: str, separator: str) -> list[str]:
    """Fields of a line, without the blanks and quotes around them."""
    if separator == " ":
        return [cell.strip('"') for cell in line.split()]
    if '"' in line:
        return quoted_cells(line, separator)
    return [cell.strip() for cell in line.split(separator)]


def kind_of(text: str, decimal: str) -> str:
    """What a field holds: "number", "missing", "flag", "clock", "text" or "odd" (thousands set apart)."""
    if NUMBER[decimal].fullmatch(text):
        return "number"
    if len(text) > LONGEST_CELL:
        return "text"
    if THOUSANDS[decimal].fullmatch(text):
        return "odd"
    lower = text.lower()
    if lower in MISSING:
        return "missing"
    if lower in TRUE or lower in FALSE:
        return "flag"
    return "clock" if CLOCK.fullmatch(text) else "text"


def _candidates() -> list[tuple[str, str]]:
    return [(separator, ".") for separator in SEPARATORS] + [(separator, ",") for separator in "\t;| ,"]


class _Trial:
    """One way to read the rows, and how well it does."""

    def __init__(self, separator: str, decimal: str, rows: list[tuple[int, str]]) -> None:
        self.separator, self.decimal, self.rows = separator, decimal, rows
        self.fields = [split_fields(line, separator) for _, line in rows]
        self.kinds = [[kind_of(cell, decimal) for cell in fields] for fields in self.fields]
        if decimal == "," and separator == ",":  # only where quotes keep the two apart
            self.kinds = [
                [("text" if '"' not in line else kind) for kind in kinds]
                for kinds, (_, line) in zip(self.kinds, rows, strict=True)
            ]
        holds = [bool({"number", "clock", "flag", "odd"} & set(kinds)) for kinds in self.kinds]
        counts = Counter(len(kinds) for kinds, data in zip(self.kinds, holds, strict=True) if data)
        self.n = max(counts, key=lambda n: (counts[n], n)) if counts else 0
        self.is_data = [data and len(kinds) == self.n for data, kinds in zip(holds, self.kinds, strict=True)]
        self.first = self._first()
        self.score = self._score()

    def _first(self) -> int:
        """First row of data: it holds no words, or the next two are data as well."""
        for k, data in enumerate(self.is_data):
            if data and ("text" not in self.kinds[k] or all(self.is_data[k : k + 3])):
                return k
        return self.is_data.index(True) if any(self.is_data) else 0

    def _score(self) -> tuple[float, int, int, int]:
        kinds, data = self.kinds[self.first :], self.is_data[self.first :]
        known = [
            sum(kind != "text" for kind in row) / len(row)
            for row, is_row in zip(kinds, data, strict=True)
            if is_row
        ]
        share = round(sum(known) / len(kinds), 2) if kinds else 0.0
        alone = (
            self.separator in ", " and self.decimal == "," and self.n == 1 and _is_decimal_comma(self.rows)
        )
        order = _candidates().index((self.separator, self.decimal))
        return share, int(alone), int(self.n > 1), -order


def _is_decimal_comma(rows: list[tuple[int, str]]) -> bool:
    """Whether lines like 12,05 hold one number each: a header of one name, or a zero after the comma."""
    texts = [line.strip() for _, line in rows]
    pairs = [text.split(",") for text in texts if re.fullmatch(r"[+-]?\d+,\d+", text)]
    if len(pairs) < len(texts) - 1 or not pairs:
        return False
    before = [int(pair[0]) for pair in pairs]
    if len(before) > 2 and all(a < b for a, b in itertools.pairwise(before)):
        return False  # a clock and a whole number
    if not NUMBER[","].fullmatch(texts[0]):
        return "," not in texts[0]
    return any(len(after) > 1 and after[0] == "0" for _, after in pairs)


def _layout(source: Source, best: _Trial, lines: list[str]) -> Layout:
    first_line = best.rows[best.first][0]
    kinds = _column_kinds(best)
    above = [(best.rows[k][0], fields) for k, fields in enumerate(best.fields[: best.first])]
    remarks = [line for line in lines[:first_line] if COMMENT.match(line)]
    second: tuple[str, ...] = ()
    import_notes: list[str] = []
    if len(above) > 1 and len(above[-1][1]) == best.n == len(above[-2][1]) and _are_units(above[-1][1]):
        second = tuple(above.pop()[1])
    header = _header(source, best, kinds, above, remarks, first_line, import_notes)
    if len(above) > 1:
        import_notes.append(f"{len(above) - 1} lines above the column names were left out")
    preamble = [lines[k] for k, _ in above[:-1]]
    return Layout(
        best.separator,
        best.decimal,
        header,
        kinds,
        first_line,
        second,
        stated_rates([*remarks, *preamble]),
        tuple(import_notes),
    )


def _column_kinds(best: _Trial) -> tuple[str, ...]:
    rows = [kinds for kinds, data in zip(best.kinds, best.is_data, strict=True) if data]
    out = []
    for column in zip(*rows, strict=True):
        count = Counter(kind for kind in column if kind != "missing")
        out.append(count.most_common(1)[0][0] if count else "empty")
    return tuple(out)


def _are_units(fields: list[str]) -> bool:
    known = [unit for unit in fields if unit]
    return bool(known) and all(is_unit(unit) for unit in known)


def _header(
    source: Source,
    best: _Trial,
    kinds: tuple[str, ...],
    above: list[tuple[int, list[str]]],
    remarks: list[str],
    first_line: int,
    import_notes: list[str],
) -> tuple[str, ...]:
    none = ("",) * best.n
    if not above:
        return _from_remark(best, remarks) or none
    at, names = next(
        (row for row in reversed(above) if len(row[1]) == best.n and _may_be_names(row[1], best.decimal)),
        above[-1],
    )
    if best.separator == " " and len(names) != best.n:  # "Time (s) Force (g)"
        text = next(line for k, line in best.rows if k == at)
        if best.n == 1 and role_of(*_with_unit(text)):
            return (text.strip(),)
        names = [name.strip('"') for name in re.sub(r"\s+(?=[\[(])", "", text).split()]
    if len(names) == best.n + 1 and not names[-1]:
        names = names[:-1]
    if len(names) == best.n - 1 and kinds[-1] == "empty":
        names = [*names, ""]
    if len(names) == best.n - 1 and _counts_rows(best):
        names = ["", *names]
    if len(names) == best.n:
        return tuple(names)
    if len(names) == 1 or (best.separator == " " and len(names) > best.n):
        import_notes.append(
            f"line {at + 1} ({' '.join(names)[:40]!r}) does not name the columns and was left out"
        )
        return none
    raise BadFile(
        source.path,
        f"{_columns(best.n)} here, but the header in line {at + 1} names {_columns(len(names))}",
        first_line + 1,
    )


def _with_unit(text: str) -> tuple[str, str]:
    """A name and the unit in the brackets behind it."""
    hit = re.fullmatch(r"(.*?)\s*[\[(]([^\])]*)[\])]\s*", text.strip())
    return (hit[1], hit[2]) if hit else (text.strip(), "")


def _may_be_names(fields: list[str], decimal: str) -> bool:
    """Whether fields name columns, one of them by a word that is known: "Time 10:00:00" does not."""
    values = {"number", "clock"} & {kind_of(field, decimal) for field in fields}
    return not values and any(role_of(field) for field in fields)


def _columns(n: int) -> str:
    return "1 column" if n == 1 else f"{n} columns"


def _counts_rows(best: _Trial) -> bool:
    """Whether the first column is 1, 2, 3 … or 0, 1, 2 … as R and pandas write it."""
    first = [fields[0] for fields, data in zip(best.fields, best.is_data, strict=True) if data]
    return all(number.isdecimal() for number in first) and all(
        int(b) - int(a) == 1 for a, b in itertools.pairwise(first)
    )


def _from_remark(best: _Trial, remarks: list[str]) -> tuple[str, ...] | None:
    """Names in the last comment line above the data, where it names each column."""
    if not remarks:
        return None
    text = COMMENT.sub("", remarks[-1], count=1)
    numbered = best.separator != " " and text.lstrip(" ").startswith(best.separator)  # "#;time;force"
    text = f"#{text.rstrip()}" if numbered else text.strip()
    names = split_fields(re.sub(r"\s+(?=[\[(])", "", text) if best.separator == " " else text, best.separator)
    is_names = len(names) == best.n and all(kind_of(name, best.decimal) == "text" for name in names)
    return tuple(names) if is_names and (best.n > 1 or " " not in text) else None
