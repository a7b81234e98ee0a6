"""Which numbers stand in each block of a text, and which of its lines do not fit?

**Conventions.** A block ends with a line. Columns are counted from 0, lines from 1. What does not fit is kept in
its place as NaN, counted, and judged at the end over the whole file.

- `TextBlocks` : text and layout → numbers, clocks, words, strays
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import ClockColumn
from touchrhythm.io.content import Source
from touchrhythm.io.fixed_point import fixed_point_numbers
from touchrhythm.io.sniff import CLOCK, COMMENT, Layout, column_label, kind_of, slip_of, split_fields
from touchrhythm.words.columns import ERRORS, FALSE, MISSING, TRUE

__all__ = ["TextBlocks"]

BLOCK = 1 << 18  # bytes; small enough to stay in the processor's cache
MOST_STRAY = 0.1  # fraction of rows that may hold words, or of a column that may hold text
NEWLINE = 10
MOST_WALKED = 100  # lines around an odd one that are read one by one
MOST_RAGGED = 0.02  # fraction of rows of a log without names that may be torn; below names each row must fit
MOST_EMPTY = (
    0.4  # fraction of empty lines in a single column that are missing samples; more set the rows apart
)
MOST_WORDS = 64  # different words in a column of which they are kept
EVIDENCE = 5  # values in a row that make a column of text one of numbers
FLAG = tuple(re.compile(rb"(?i)\b(?:" + "|".join(words).encode() + rb")\b") for words in (FALSE, TRUE))
NUMERIC = ("number", "flag", "odd", "empty")


class _Restart(Exception):
    """A column turned out to hold something else than its first rows."""


class TextBlocks:
    """The rows of a text, read block by block."""

    def __init__(self, source: Source, layout: Layout) -> None:
        self.source, self.layout = source, layout
        self.kinds = list(layout.kinds)
        self.n = len(layout.kinds)
        self._empty_lines = 0
        self._is_first = True
        self._missing = _missing_pattern(layout.separator)

    def read(self, start: int, stop: int, progress: Callable[[float], None] | None = None) -> None:
        """Read the text from one byte to another.

        Raises
        ------
        BadFile
            If more lines or fields do not fit than strays would be.
        """
        data = self.source.data
        self._count_empty(data[start:stop] if self.n == 1 else b"")
        stop = start + len(data[start:stop].rstrip()) if self._empty_lines else stop
        while True:
            try:
                self._reset(data.count(b"\n", start, stop) + 1)
                at = start
                while at < stop:
                    end = data.find(b"\n", min(at + BLOCK, stop), stop) + 1 or stop
                    self._read_block(data[at:end])
                    at = end
                    if progress is not None:
                        progress((at - start) / (stop - start))
                break
            except _Restart:
                continue
        self._judge()

    def n_rows(self) -> int:
        """How many rows there are."""
        return self._rows

    def kept(self) -> list[int]:
        """Columns that hold numbers or clock times."""
        return [
            k
            for k, kind in enumerate(self.kinds)
            if kind in ("number", "flag", "clock", "odd")
            or (kind == "empty" and np.isfinite(self._data[: self._rows, k]).any())
        ]

    def data(self) -> FloatArray:
        """Values of the kept columns, shape (n_rows, n_kept)."""
        for k, clock in self._clocks.items():
            self._data[: self._rows, k] = clock.seconds()
        keep = self.kept()
        whole = self._data[: self._rows]
        return whole if len(keep) == self.n else whole[:, keep]

    def stray(self) -> npt.NDArray[np.bool_]:
        """Which rows stand for a line that did not fit."""
        mask = np.zeros(self._rows, dtype=bool)
        mask[self._stray_rows] = True
        return mask

    def words(self) -> dict[str, list[str]]:
        """Columns of text that hold few different words."""
        return {
            self.layout.header[k] or f"column{k + 1}": words
            for k, words in self._words.items()
            if len(words) == self._rows
        }

    def lost_seconds(self) -> dict[int, str]:
        """By column, a clock time that shows hours and minutes only; "" where none does."""
        return {k: clock.lost_seconds() for k, clock in self._clocks.items()}

    def notes(self) -> list[str]:
        """Sentences on columns left out and on lines and fields that did not fit."""
        told = []
        if self._empty_lines:
            told.append(f"{_lines(self._empty_lines, 'empty ')} taken as missing samples")
        for k, kind in enumerate(self.kinds):
            label = column_label(self.layout, k)
            if kind == "text":
                text = self._first_text.get(k, "")
                told.append(f"{label} holds text ({text[:30]!r}) and was left out{slip_of(text)}")
            elif kind == "empty" and self.layout.header[k] and k not in self.kept():
                told.append(f"{label} holds no values and was left out")
        strays = sorted([*self._words_only, *self._ragged])
        if strays:
            many = "1 line holds" if len(strays) == 1 else f"{len(strays)} lines hold"
            told.append(f"{many} no row of numbers (line {strays[0][0]}: {strays[0][1][:40]!r})")
        for k, cells in self._bad.items():
            many = (
                "1 value that is no number" if len(cells) == 1 else f"{len(cells)} values that are no numbers"
            )
            verb = "was" if len(cells) == 1 else "were"
            told.append(
                f"{column_label(self.layout, k)}: {many} ({cells[0][1][:30]!r} in line {cells[0][0]}) {verb} taken as missing"
            )
        return told

    def _reset(self, n_lines: int) -> None:
        self._data = np.empty((n_lines, self.n))
        self._rows, self._line, self._walked = 0, self.layout.first + 1, 0
        self._stray_rows: list[int] = []
        self._words_only: list[tuple[int, str]] = []
        self._ragged: list[tuple[int, str]] = []
        self._bad: dict[int, list[tuple[int, str]]] = {}
        self._clocks = {k: ClockColumn() for k, kind in enumerate(self.kinds) if kind == "clock"}
        self._text = [k for k, kind in enumerate(self.kinds) if kind == "text"]
        self._words: dict[int, list[str]] = {k: [] for k in self._text}
        self._known: dict[int, dict[str, str]] = {k: {} for k in self._text}
        self._first_text: dict[int, str] = {}

    def _count_empty(self, text: bytes) -> None:
        """In a table of one column an empty line is a missing sample, unless every other line is empty."""
        text = text.rstrip()
        empty = (
            len(re.findall(rb"(?m)^[ \t]*$", text))
            if b"\n\n" in text or b"\n " in text or b"\n\t" in text
            else 0
        )
        self._empty_lines = empty if empty <= MOST_EMPTY * text.count(b"\n") else 0

    def _read_block(self, block: bytes) -> None:
        if self._empty_lines:
            block = re.sub(rb"(?m)^[ \t]*$(?=\n)", b"nan", block)
        found = self._loaded(block)
        if found is None:
            tidy = self._tidied(block)
            found = None if tidy is None else self._loaded(tidy)
        n_lines = block.count(b"\n")
        if found is None and n_lines > MOST_WALKED and self._walked < MOST_STRAY * self._rows + MOST_WALKED:
            for piece in _pieces(block):  # few of them hold an odd line
                self._read_block(piece)
            return
        if found is None:
            self._walked += n_lines
            self._walk(block)
        else:
            self._data[self._rows : self._rows + len(found)] = found
            self._rows += len(found)
        self._line += n_lines

    def _loaded(self, block: bytes) -> FloatArray | None:
        """All numbers of a block in one go, or None."""
        separator, others = self.layout.separator, bool(self._clocks or self._text)
        if separator == " ":
            block, separator = _tabbed(block), "\t"
        if not others:
            plain_numbers = fixed_point_numbers(
                block, separator=separator, decimal=self.layout.decimal, n_columns=self.n
            )
            if plain_numbers is not None:
                return plain_numbers
        if self.layout.decimal == ",":
            if separator == ",":
                return None
            if b"." in block and (
                not others or "odd" in self.kinds
            ):  # 1.234,5: a mark that may set thousands apart
                return None
            plain = block.replace(b",", b".")
        else:
            plain = block
        if not plain.strip():
            return np.empty((0, self.n))
        if others and not self._is_rectangular(block, separator.encode()):
            return None
        columns = [k for k, kind in enumerate(self.kinds) if kind in NUMERIC]
        if not columns:
            return None
        try:
            loaded = np.loadtxt(
                io.BytesIO(plain),
                delimiter=separator,
                usecols=columns if others else None,
                comments=None,
                ndmin=2,
                encoding="utf-8",
            )
        except ValueError:
            return None
        if loaded.shape[1] != len(columns):
            return None
        return self._with_others(block, separator, loaded, columns) if others else loaded

    def _with_others(
        self, block: bytes, separator: str, loaded: FloatArray, columns: list[int]
    ) -> FloatArray | None:
        """The numbers with room for clocks and words, which are taken from the same lines."""
        lines = [line for line in block.decode().split("\n") if line]
        if len(lines) != len(loaded):
            return None
        texts = {
            k: [line.split(separator, k + 1)[k].strip(' "') for line in lines]
            for k in (*self._clocks, *self._text)
        }
        try:
            for k, clock in self._clocks.items():
                clock.add(texts[k])
        except ValueError:
            if len(self._clocks) > 1:
                raise BadFile(
                    self.source.path, "two columns of clock times, of which one holds something else"
                ) from None
            return None
        for k in self._text:
            self._add_words(k, texts[k])
        out = np.zeros((len(loaded), self.n))
        out[:, columns] = loaded
        return out

    def _is_rectangular(self, block: bytes, mark: bytes) -> bool:
        """Whether every line holds the same number of separators."""
        skeleton = block.translate(None, bytes(set(range(256)) - {mark[0], 10}))
        row = mark * (self.n - 1) + b"\n"
        skeleton = skeleton if skeleton.endswith(b"\n") else skeleton + b"\n"
        return skeleton == row * (len(skeleton) // len(row))

    def _tidied(self, block: bytes) -> bytes | None:
        """Text with nan where a field is missing, without quotes and comments; None where only walking helps."""
        lower = block.lower()
        for error in ERRORS:
            if (token := error.encode()) in lower:
                block = re.sub(re.escape(token), b"nan", block, flags=re.IGNORECASE)
        if b"#" in block or b"%" in block or b"//" in block:
            block = re.sub(rb"(?m)^[ \t]*(?:#|%|//).*(?:\n|\Z)", b"", block)
        if b'"' in block:
            block = block.replace(b'"', b"")
        separator = self.layout.separator.encode()
        if block.translate(None, b"0123456789+.,eE \r\n\t" + separator):
            block = self._missing.sub(b"nan", block)
        if "flag" in self.kinds:
            block = FLAG[1].sub(b"1", FLAG[0].sub(b"0", block))
        return _filled(block, separator) if self.n > 1 and separator != b" " else block

    def _walk(self, block: bytes) -> None:
        """Numbers line by line: slower, but it knows the place of whatever is wrong."""
        clocks: dict[int, list[str]] = {k: [] for k in self._clocks}
        texts: dict[int, list[str]] = {k: [] for k in self._text}
        for k, line in enumerate(block.decode().split("\n"), start=self._line):
            if not line.strip() or COMMENT.match(line):
                continue
            fields = split_fields(line, self.layout.separator)
            if len(fields) == self.n + 1 and not fields[-1]:
                fields = fields[:-1]
            is_stray = len(fields) != self.n or self._row(k, fields, line)
            if len(fields) != self.n:
                self._note_stray(k, fields, line)
                self._data[self._rows] = np.nan
            if is_stray:
                self._stray_rows.append(self._rows)
            for column, said in clocks.items():
                good = not is_stray and CLOCK.fullmatch(fields[column])
                said.append(fields[column] if good else "")
            for column, said in texts.items():
                said.append(fields[column] if len(fields) == self.n else "")
            self._rows += 1
        for column, said in clocks.items():
            self._clocks[column].add(_carried(said))
        for column, said in texts.items():
            self._add_words(column, said)

    def _row(self, k: int, fields: list[str], line: str) -> bool:
        """Put the numbers of a line in their row; True where the line is none of the table's."""
        n_good, is_stray = 0, False
        for column, text in enumerate(fields):
            kind, meant = kind_of(text, self.layout.decimal), self.kinds[column]
            value = float("nan")
            if meant == "text":
                self._data[self._rows, column] = value
                continue
            if meant == "clock":
                if kind != "clock":
                    is_stray = True
                    self._bad.setdefault(column, []).append((k, text))
                n_good += kind == "clock"
            elif kind == "number":
                value, n_good = (
                    float(text.replace(",", ".") if self.layout.decimal == "," else text),
                    n_good + 1,
                )
            elif kind == "flag":
                value, n_good = float(text.lower() in TRUE), n_good + 1
            elif kind == "missing":
                n_good += 1
            elif meant == "empty":
                self.kinds[column] = "text"
                raise _Restart
            else:
                self._refuse_header(k, fields, column)
                is_stray = is_stray or column == 0
                self._bad.setdefault(column, []).append((k, text))
            self._data[self._rows, column] = value
        if is_stray or not n_good:
            self._data[self._rows] = np.nan
            return True
        return False

    def _refuse_header(self, k: int, fields: list[str], column: int) -> None:
        names = [name.lower() for name in self.layout.header]
        if any(names) and [field.lower() for field in fields] == names:
            raise _refused(self.source, self.layout, column, fields, k)

    def _note_stray(self, k: int, fields: list[str], line: str) -> None:
        kinds = {kind_of(field, self.layout.decimal) for field in fields}
        held = self._ragged if kinds & {"number", "clock", "odd"} else self._words_only
        held.append((k, line.strip()))

    def _add_words(self, column: int, texts: list[str]) -> None:
        """Keep the words of a column, while there are few different ones; refuse a column that turns to numbers."""
        known = self._known[column]
        self._first_text.setdefault(column, next((text for text in texts if text), ""))
        middle = texts[len(texts) // 2 : len(texts) // 2 + EVIDENCE]
        if len(middle) == EVIDENCE and all(kind_of(text, self.layout.decimal) == "number" for text in middle):
            self.kinds[column] = "number"
            raise _Restart
        if len(known) <= MOST_WORDS:
            self._words[column] += [known.setdefault(text, text) for text in texts]

    def _judge(self) -> None:
        """Refuse a table in which more does not fit than strays would be."""
        for column, cells in sorted(self._bad.items()):
            if len(cells) > MOST_STRAY * self._rows:
                line, text = cells[0]
                fields = split_fields(self.source.data.decode().split("\n")[line - 1], self.layout.separator)
                if self.kinds[column] == "clock":
                    label = column_label(self.layout, column)
                    raise BadFile(
                        self.source.path, f"{label}: a clock time must be h:m:s, got {text!r}", line
                    )
                raise _refused(self.source, self.layout, column, fields, line)
        ragged = 0.0 if any(self.layout.header) else MOST_RAGGED
        for held, most in ((self._ragged, ragged), (self._words_only, MOST_STRAY)):
            if len(held) > most * self._rows:
                line, text = held[0]
                raise BadFile(
                    self.source.path, _ragged(split_fields(text, self.layout.separator), self.n, text), line
                )


def _pieces(block: bytes) -> Iterator[bytes]:
    """A block in pieces of `MOST_WALKED` lines."""
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == NEWLINE)[MOST_WALKED - 1 :: MOST_WALKED] + 1
    bounds = [0, *ends.tolist(), len(block)]
    yield from (block[a:b] for a, b in pairwise(bounds) if a < b)


def _tabbed(block: bytes) -> bytes:
    """Text with one tab in the place of white space between fields."""
    return re.sub(rb"(?m)^\t|\t$", b"", re.sub(rb"[ \t]+", b"\t", block))


def _missing_pattern(separator: str) -> re.Pattern[bytes]:
    """What stands for a missing value, between two separators."""
    tokens = sorted((token for token in MISSING if token and token not in ERRORS), key=len, reverse=True)
    edge = rb"[^\n\t ]" if separator in " \t" else rb"[^\n " + re.escape(separator.encode()) + rb"]"
    words = b"|".join(re.escape(token.encode()) for token in tokens)
    return re.compile(rb"(?<!" + edge + rb")(?:" + words + rb")(?!" + edge + rb")", re.IGNORECASE)


def _filled(block: bytes, mark: bytes) -> bytes:
    """Text with nan in empty fields; blank lines and those of marks alone are as they are."""
    if b" " in block:
        block = re.sub(rb"[ ]*(" + re.escape(mark) + rb"|\n)[ ]*", rb"\1", block)
    for _ in range(2 if mark + mark in block else 0):
        block = block.replace(mark + mark, mark + b"nan" + mark)
    block = block.replace(mark + b"\n", mark + b"nan\n").replace(b"\n" + mark, b"\nnan" + mark)
    block = b"nan" + block if block.startswith(mark) else block
    return block + b"nan" if block.endswith(mark) else block


def _carried(texts: list[str]) -> list[str]:
    """Clock times with the one before in the place of a missing one."""
    last = next((text for text in texts if text), "0:00:00")
    out = []
    for text in texts:
        last = text or last
        out.append(last)
    return out


def _refused(source: Source, layout: Layout, column: int, fields: list[str], line: int) -> BadFile:
    """The sentence for a field that holds no number, with the likely reason."""
    text = fields[column]
    kinds = [kind_of(field, layout.decimal) for field in fields]
    words = all(kind == "text" for kind in kinds)
    hint = slip_of(text)
    if not hint and kinds[0] == "text" and not words:
        hint = " (a line of results below the data? it must go)"
    elif not hint and words and (len(fields) > 1 or text.lower() == layout.header[0].lower()):
        hint = " (a second header, or two files in one?)"
    return BadFile(
        source.path, f"{column_label(layout, column)} must hold numbers, got {text[:40]!r}{hint}", line
    )


def _ragged(fields: list[str], n: int, line: str) -> str:
    if len(fields) > n:
        return f"{len(fields)} columns where the table has {n}, one too many from {fields[n]!r}: {line.strip()[:50]!r}"
    return f"{len(fields)} columns where the table has {n}: {line.strip()[:50]!r}"


def _lines(n: int, what: str) -> str:
    return f"1 {what}line was" if n == 1 else f"{n} {what}lines were"
