"""Which numbers does one line hold, as sketches, balances and plotters print it? The one grammar, live and in files.

Understood are numbers split by comma, semicolon, tab or space; ``label: value`` and ``label=value`` with units
behind; ``>label:value|unit`` and ``>label:time:value|unit`` (Teleplot); ``R[105000] IR[98000]``; one flat JSON
object; ``S512``, ``B72`` and ``Q833`` (pulse sketches); ``Read 12345``; ``(12.5, 3)``; what balances print
(``ST,GS,+  12.3 g``, ``S S  12.3 g``, ``N  +  12.3 g``); 0x1F. The time that a serial monitor puts before a
line is no part of it. A line that holds anything else is no row of numbers, nor is one above `LONGEST_LINE`.

**Conventions.** The time that a line takes grows with its length and no faster: whoever is on the wire cannot
make the reader stall.

- `parse_line` : text → `Line`, or None
- `split_stamp` : the monitor's time and the line behind it
"""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

from touchrhythm.words.columns import FORCE_UNITS, MISSING, is_unit

__all__ = ["LONGEST_LINE", "NUMBER", "STAMP", "Line", "parse_line", "split_stamp"]

LONGEST_LINE = 1000
"""Characters that a line may have; longer ones hold no row of numbers."""
NUMBER = r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|(?i:nan|ovf|inf|infinity))"
UNIT = r"[A-Za-zµμ%°][A-Za-zµμ%°/²0-9^]{0,6}"
TIME = r"(?:\d{4}-\d\d?-\d\d?[ T]|\d\d?[./]\d\d?[./]\d{2,4}[ T])?\d\d?:\d\d:\d\d(?:[.,]\d+)?"
STAMP = re.compile(
    rf"\s*(?:\[?({TIME})\]?\s*->|\[({TIME})\]|\[\w{{3}} \w{{3}} +\d+ (\d\d:\d\d:\d\d(?:\.\d+)?) \d{{4}}\])\s?"
)
_NUMBER = re.compile(NUMBER)
_WITH_UNIT = re.compile(rf"({NUMBER})({UNIT})?")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")
_SEPARATOR = re.compile(r"[,;\t]")
_IN_BRACKETS = re.compile(r"(.*\S)\s*[\[(]([^\[\]()]{1,8})[\])]")
_UNIT = re.compile(rf"({NUMBER})({UNIT})?")
_UNIT = re.compile(UNIT)
_CELL_UNIT = re.compile(r"[A-Za-zµμ%°]{1,4}")
_BRACKETED = re.compile(rf"\b([A-Za-z]\w{{0,30}})\[({NUMBER})\]")
_TELEPLOT = re.compile(rf">([^:|]+):(?:(\d{{6,}}):)?({NUMBER})(?:[§|]([^\s|]+))?(?:\|\S*)?")
_LETTERED = re.compile(r"([SBQ])(-?\d+)")
_WORDED = re.compile(rf"([A-Za-z]+) ({NUMBER})(?: ({UNIT}))?")
_BALANCE = re.compile(
    rf"(?:(?:ST|US|OL|GS|NT|SI|SD|[SNGTD])[ ,]{{0,2}}){{0,3}}([-+]?) ?({NUMBER})"
    r" ?(kg|mg|g|ct|N|mN|gf|kgf|lb|lbs|oz)?(?: ?[?*NGT]){0,2}"  # behind it: unstable, net, gross
)
_LETTERS = {"S": ("pulse", ""), "B": ("heart_rate", "bpm"), "Q": ("beat_interval", "ms")}
_NO_FINGER = re.compile(r"[\s,;]+no finger\s*[?!.]*$", re.IGNORECASE)  # what oximeter sketches add to a row
NOT_NUMBERS = ("nan", "ovf", "inf", "infinity")


class Line(NamedTuple):
    """Values of a line with their labels and units; "" where there is none."""

    values: tuple[float, ...]
    labels: tuple[str, ...]
    units: tuple[str, ...]


def split_stamp(text: str) -> tuple[str | None, str]:
    """The time that a serial monitor put before a line, and the line; None where there is no such time.

    >>> split_stamp("12:34:56.789 -> Force: 4.97 g")
    ('12:34:56.789', 'Force: 4.97 g')
    >>> split_stamp("4.97")
    (None, '4.97')
    """
    hit = STAMP.match(text)
    return (None, text) if hit is None else (hit[1] or hit[2] or hit[3], text[hit.end() :])


def parse_line(line: str) -> Line | None:
    """Numbers of one line, or None if it is not a row of numbers.

    >>> parse_line("Force: 4.97 g")
    Line(values=(4.97,), labels=('Force',), units=('g',))
    >>> parse_line("IR=105000, BPM=72.00, Avg BPM=70").labels
    ('IR', 'BPM', 'Avg BPM')
    >>> parse_line(">force:1627551892437:12.5|g")
    Line(values=(12.5,), labels=('force',), units=('g',))
    >>> parse_line("Kraft: 12,5 N")
    Line(values=(12.5,), labels=('Kraft',), units=('N',))
    >>> parse_line("HX711 ready") is None
    True
    """
    if len(line) > LONGEST_LINE:
        return None
    text = _NO_FINGER.sub("", split_stamp(line)[1].strip())
    for form in (_teleplot, _json, _bracketed, _lettered, _row, _balance, _worded):
        found = form(text)
        if found is not None:
            return None if any(math.isinf(value) for value in found.values) else found
    return None


def _number(text: str) -> float:
    bare = text.lower().lstrip("+-")
    if bare in NOT_NUMBERS:
        return float("nan")
    return float(int(text, 16)) if "0x" in bare[:2] else float(text)


def _teleplot(text: str) -> Line | None:
    hit = _TELEPLOT.fullmatch(text)
    return None if hit is None else Line((_number(hit[3]),), (hit[1].strip(),), (hit[4] or "",))


def _json(text: str) -> Line | None:
    """Numbers of a flat object; text beside them (a sensor's name) is left out."""
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    pairs = [(str(key), value) for key, value in found.items() if not isinstance(value, str)]
    if not pairs or not all(value is None or _is_number(value) for _, value in pairs):
        return None
    values = tuple(float("nan") if value is None else float(value) for _, value in pairs)
    return Line(values, tuple(key for key, _ in pairs), ("",) * len(pairs))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and (value != value or abs(value) < 1e300)


def _bracketed(text: str) -> Line | None:
    found = _BRACKETED.findall(text) if "[" in text else []
    if not found or _BRACKETED.sub("", text).strip(" ,;\t"):
        return None
    return Line(
        tuple(_number(value) for _, value in found), tuple(name for name, _ in found), ("",) * len(found)
    )


def _lettered(text: str) -> Line | None:
    hit = _LETTERED.fullmatch(text)
    if hit is None:
        return None
    name, unit = _LETTERS[hit[1]]
    return Line((float(hit[2]),), (name,), (unit,))


def _balance(text: str) -> Line | None:
    hit = _BALANCE.fullmatch(" ".join(text.split()))
    if hit is None:
        return None
    value = _number(hit[2])
    return Line((-value if hit[1] == "-" else value,), ("",), (hit[3] or "",))


def _worded(text: str) -> Line | None:
    """One word and a number, as in ``Read 12345``."""
    hit = _WORDED.fullmatch(" ".join(text.split()))
    return None if hit is None else Line((_number(hit[2]),), (hit[1],), (hit[3] or "",))


# -- rows: numbers side by side, each perhaps with a label before and a unit behind ------------------------


def _row(text: str) -> Line | None:
    if text[:1] + text[-1:] in ("()", "[]"):
        text = text[1:-1]
    text = text.replace("|", "\t")
    with_points = _DECIMAL_COMMA.sub(".", text)
    if with_points != text and "." not in text:
        found = _read_row(with_points)
        if found is not None and _is_decimal(text, found):
            return found
    return _read_row(text)


def _is_decimal(text: str, found: Line) -> bool:
    """Whether the commas between digits can only be decimal ones, as the row was read."""
    if ";" in text or "\t" in text or all(found.labels):
        return True
    if len(found.values) > 1:
        return all("," in word for word in text.split())  # 12,5 13,5
    after = text.partition(",")[2]  # a second number would not begin with a zero
    return bool(found.units[0]) or (len(after) > 1 and after[0] == "0")


def _read_row(text: str) -> Line | None:
    """Cut at colons: behind each stands a value, before each the label of the next one."""
    row = _Row()
    first, *others = re.split("[:=]", text)
    if not row.take(first, is_last=not others):
        return None
    for k, segment in enumerate(others, start=1):
        if not row.take(segment, is_last=k == len(others)):
            return None
    return Line(tuple(row.values), tuple(row.labels), tuple(row.units)) if row.values else None


class _Row:
    """Cells of one row as they are taken, segment by segment between the colons."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.labels: list[str] = []
        self.units: list[str] = []
        self._label = ""

    def take(self, segment: str, *, is_last: bool) -> bool:
        """Read what stands between two colons; False where it is no part of a row."""
        cells = [cell.split() for cell in _SEPARATOR.split(segment)]
        label = "" if is_last else self._cut_label(cells)
        if label is None:
            return False
        commas = "\t" not in segment
        for k, words in enumerate(cells):
            is_end = k == len(cells) - 1
            if not words and commas and not is_end:
                self._add("nan", "")  # an empty cell keeps its place
            elif not self._take_cell(words):
                return False
        if is_last:
            return not self._label
        self._label = f"{self._label} {label}".strip()
        return True

    def _cut_label(self, cells: list[list[str]]) -> str | None:
        """Take the words that name the next value off the last cell."""
        words = cells[-1]
        at = 0
        while at < len(words) and _WITH_UNIT.fullmatch(words[at]) and (at < len(words) - 1 or self._label):
            at += 1
        if at and at < len(words) - 1 and _is_known_unit(words[at]):
            at += 1
        label = " ".join(words[at:])
        if not label or _NUMBER.fullmatch(label) or not _is_name(label):
            return None
        cells[-1] = words[:at]
        return label

    def _take_cell(self, words: list[str]) -> bool:
        is_first = True
        for word in words:
            hit = _WITH_UNIT.fullmatch(word)
            if hit is not None:
                self._add(hit[1], hit[2] or "")
            elif not self.values or self.units[-1] or word.lower() in MISSING:
                return False
            elif _UNIT.fullmatch(word) if not is_first else _CELL_UNIT.fullmatch(word):
                self.units[-1] = word
            else:
                return False
            is_first = False
        return True

    def _add(self, number: str, unit: str) -> None:
        label, self._label = self._label, ""
        named = _IN_BRACKETS.fullmatch(label)
        if named is not None and not unit and _is_known_unit(named[2]):
            label, unit = named[1], named[2]
        self.values.append(_number(number))
        self.labels.append(label)
        self.units.append(unit)


def _is_known_unit(word: str) -> bool:
    return is_unit(word) or word.lower() in FORCE_UNITS


def _is_name(label: str) -> bool:
    """Whether a word can name a value: neither a digit nor a sign comes first."""
    return label[0].isalpha() or label[0] in "_%°#@$~/("
