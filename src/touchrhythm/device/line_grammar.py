"""Which numbers does one line hold, as sketches, balances and plotters print it? The one grammar, live and in files.

Understood are numbers split by comma, semicolon, tab or space; ``label: value`` and ``label=value`` with units
behind; ``>label:value|unit`` and ``>label:time:value|unit`` (Teleplot); ``R[105000] IR[98000]``; one flat JSON
object; ``S512`` (pulse sketches); ``Read 12345``; what balances print (``ST,GS,+  12.3 g``, ``S S  12.3 g``,
``N  +  12.3 g``); 0x1F. A line that holds anything else is no row of numbers.

- `parse_line` : text → `Line`, or None
"""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

__all__ = ["Line", "parse_line"]

NUMBER = r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|(?i:nan|ovf|inf|infinity))"
UNIT = r"[A-Za-zµμ%°][A-Za-zµμ%°/²0-9^]{0,6}"
_VALUE = re.compile(rf"(?:([^\d\s:;,][^:;,]*):)?({NUMBER})({UNIT})?")
_UNIT = re.compile(r"[A-Za-zµμ%°]{1,4}")
_BRACKETED = re.compile(rf"([A-Za-z]\w*)\[({NUMBER})\]")
_TELEPLOT = re.compile(rf">([^:|]+):(?:(\d{{6,}}):)?({NUMBER})(?:[§|](\S+))?(?:\|\S*)?")
_LETTERED = re.compile(r"([SBQ])(-?\d+)")
_WORDED = re.compile(rf"([A-Za-z][A-Za-z ]{{1,30}}?)\s+({NUMBER})(?:\s+({UNIT}))?")
_BALANCE = re.compile(
    rf"(?:(?:ST|US|OL|S|N|G|T|NT|SI|SD|D)[ ,]*){{0,3}}([-+]?)\s*({NUMBER})\s*(?:(kg|mg|g|N|mN|lb|lbs|oz))?"
)
_LETTERS = {"S": "signal", "B": "bpm", "Q": "ibi"}
MISSING = ("nan", "ovf", "inf", "infinity")


class Line(NamedTuple):
    """Values of a line with their labels and units; "" where there is none."""

    values: tuple[float, ...]
    labels: tuple[str, ...]
    units: tuple[str, ...]


def parse_line(line: str) -> Line | None:
    """Numbers of one line, or None if it is not a row of numbers.

    >>> parse_line("Force: 4.97 g")
    Line(values=(4.97,), labels=('Force',), units=('g',))
    >>> parse_line("IR=105000, BPM=72.00, Avg BPM=70").labels
    ('IR', 'BPM', 'Avg BPM')
    >>> parse_line(">force:1627551892437:12.5|g")
    Line(values=(12.5,), labels=('force',), units=('g',))
    >>> parse_line("HX711 ready") is None
    True
    """
    text = line.strip()
    for form in (_teleplot, _json, _bracketed, _lettered, _row, _balance, _worded):
        found = form(text)
        if found is not None:
            return None if any(math.isinf(value) for value in found.values) else found
    return None


def _number(text: str) -> float:
    bare = text.lower().lstrip("+-")
    if bare in MISSING:
        return float("nan")
    return float(int(text, 16)) if "0x" in bare[:2] else float(text)


def _teleplot(text: str) -> Line | None:
    hit = _TELEPLOT.fullmatch(text)
    return None if hit is None else Line((_number(hit[3]),), (hit[1].strip(),), (hit[4] or "",))


def _json(text: str) -> Line | None:
    if not (text.startswith("{") and text.endswith("}")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    pairs = [(str(key), value) for key, value in found.items() if value is None or _is_number(value)]
    if not pairs or len(pairs) < len(found):
        return None
    values = tuple(float("nan") if value is None else float(value) for _, value in pairs)
    return Line(values, tuple(key for key, _ in pairs), ("",) * len(pairs))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _bracketed(text: str) -> Line | None:
    found = _BRACKETED.findall(text)
    if not found or _BRACKETED.sub("", text).strip(" ,;\t"):
        return None
    return Line(
        tuple(_number(value) for _, value in found), tuple(name for name, _ in found), ("",) * len(found)
    )


def _lettered(text: str) -> Line | None:
    hit = _LETTERED.fullmatch(text)
    return None if hit is None else Line((float(hit[2]),), (_LETTERS[hit[1]],), ("",))


def _row(text: str) -> Line | None:
    """Numbers side by side, each perhaps with a label before and a unit behind."""
    joined = re.sub(r"\s*[:=]\s*", ":", text.replace("|", "\t"))
    if re.search(rf"[^\d\s:;,][^:;,\d]*:{NUMBER}", joined):
        joined = re.sub(rf"({NUMBER})\s+({UNIT})\s+(?=[^\d\s:;,][^:;,]*:)", r"\1 \2;", joined)
    if ";" in joined or "\t" in joined:
        decimal = joined if re.search(r"\d\.\d", joined) else joined.replace(",", ".")
        tokens = [
            part
            for token in re.split(r"[;\t]" if decimal is not joined else r"[;\t,]", decimal)
            for part in _words(token)
        ]
    elif re.fullmatch(r"[-+]?\d+,\d+", joined) and _is_one_number(joined):
        tokens = [joined.replace(",", ".")]
    else:
        tokens = [part for token in joined.split(",") for part in _words(token)]
    values, labels, units = [], [], []
    for token in tokens:
        found = _VALUE.fullmatch(token)
        if found:
            values.append(_number(found[2]))
            labels.append((found[1] or "").strip())
            units.append(found[3] or "")
        elif values and _UNIT.fullmatch(token):
            units[-1] = units[-1] or token
        else:
            return None
    return Line(tuple(values), tuple(labels), tuple(units)) if values else None


def _is_one_number(text: str) -> bool:
    """Whether 12,05 is one number with a decimal comma: a zero after the comma, which no second number begins with."""
    after = text.partition(",")[2]
    return len(after) > 1 and after[0] == "0"


def _balance(text: str) -> Line | None:
    hit = _BALANCE.fullmatch(text)
    if hit is None:
        return None
    value = _number(hit[2])
    return Line((-value if hit[1] == "-" else value,), ("",), (hit[3] or "",))


def _worded(text: str) -> Line | None:
    """One word or two and a number, as in ``Read 12345``."""
    hit = _WORDED.fullmatch(text)
    if hit is None or len(hit[1].split()) > 1:
        return None
    return Line((_number(hit[2]),), (hit[1].strip(),), (hit[3] or "",))


def _words(token: str) -> list[str]:
    """Split at spaces, but not those within a label."""
    return re.findall(r"[^\d\s:][^:]*?:\S+|\S+", token)
