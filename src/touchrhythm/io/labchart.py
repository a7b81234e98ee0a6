"""What does a LabChart text export hold? Blocks, comments and channels.

Each block begins with its own lines ``Interval=``, ``ExcelDateTime=``, ``TimeFormat=``, ``ChannelTitle=``,
``Range=``, ``UnitName=``, ``TopValue=``, ``BottomValue=``; the time column may be missing, and a comment stands
at the end of the row in which it was made, as ``#* text`` (all channels) or ``#2 text``.

- `read_labchart` : text → `Preamble` and a plain table, or None
"""

from __future__ import annotations

import re

from touchrhythm.errors import Undecided
from touchrhythm.io.content import Source
from touchrhythm.io.preamble import Preamble
from touchrhythm.io.stated_rate import stated_rates
from touchrhythm.units import clock_to_seconds

__all__ = ["read_labchart"]

KEY = re.compile(
    rb"(?:Interval|ExcelDateTime|TimeFormat|DateFormat|ChannelTitle|Range|UnitName|TopValue|BottomValue)="
)
COMMENT = re.compile(rb"[\t ]#(\*|\d+)[ \t]*([^\n]*)(?=\n|$)")
DAY = clock_to_seconds("24:0:0")


def read_labchart(source: Source) -> tuple[Preamble, bytes] | None:
    """Preamble of a LabChart export and its rows as a plain table; None where another program wrote it.

    Raises
    ------
    Undecided
        If blocks follow each other and nothing tells how long the pauses are.
    """
    data = source.data
    if not KEY.match(data.lstrip()[:40]) or b"ChannelTitle=" not in data[:4096]:
        return None
    keys, rows, n_above, rest = _block(data)
    titles, units = keys.get("ChannelTitle", []), keys.get("UnitName", [])
    rates, starts, offsets = stated_rates([f"Interval= {keys.get('Interval', [''])[0]}"]), [0], [_day(keys)]
    parts, comments, n_rows = [], [], 0
    while True:
        plain, said = _without_comments(rows)
        comments += [(n_rows + row, text) for row, text in said]
        parts.append(plain)
        n_rows += plain.count(b"\n")
        if not rest:
            break
        keys, rows, _, rest = _block(rest)
        starts.append(n_rows)
        offsets.append(_day(keys))
    n_before = len(parts[0].split(b"\n", 1)[0].split(b"\t")) - len(titles)
    before = ("time", "date")[: max(0, n_before)]  # the date only where DateFormat= asked for it
    names = (*before, *titles)
    units = [*units, *[""] * len(titles)][: len(titles)]
    blocks = _placed(source, starts, offsets)
    preamble = Preamble(
        "LabChart",
        names,
        (*("s", "")[: len(before)], *units),
        rates,
        blocks=blocks,
        annotations=tuple(comments),
    )
    title = "\t".join('"' + name.replace('"', "'") + '"' for name in names).encode()
    return preamble, b"\n" * max(0, n_above - 1) + title + b"\n" + b"".join(parts)


def _block(data: bytes) -> tuple[dict[str, list[str]], bytes, int, bytes]:
    """Keys of a block, its rows, how many lines stand above them, and what follows the block."""
    keys: dict[str, list[str]] = {}
    at = n = 0
    while at < len(data):
        stop = data.find(b"\n", at) % (len(data) + 1)
        line = data[at:stop]
        if not KEY.match(line) and line.strip():
            break
        if b"=" in line:
            name, _, text = line.decode().partition("=")
            keys[name] = [field.strip() for field in text.strip("\t\r ").split("\t")]
        at, n = stop + 1, n + 1
    following = data.find(b"\nInterval=", at)
    if following < 0:
        return keys, data[at:], n, b""
    return keys, data[at : following + 1], n, data[following + 1 :]


def _without_comments(rows: bytes) -> tuple[bytes, list[tuple[int, str]]]:
    """Rows without comments and tabs at their ends, and the comments with the row each stands in."""
    rows = re.sub(rb"\n{2,}", b"\n", rows.strip(b"\n")) + b"\n"
    said = []
    if b"#" in rows:
        counted = at = 0
        for hit in COMMENT.finditer(rows):
            counted += rows.count(b"\n", at, hit.start())
            at = hit.start()
            said.append((counted, hit[2].decode().strip()))
        rows = COMMENT.sub(b"", rows)
    while b"\t\n" in rows:
        rows = rows.replace(b"\t\n", b"\n")
    return rows, said


def _day(keys: dict[str, list[str]]) -> float | None:
    """Seconds of the day number at which a block began."""
    try:
        return float(keys["ExcelDateTime"][0]) * DAY
    except (KeyError, ValueError, IndexError):
        return None


def _placed(source: Source, starts: list[int], offsets: list[float | None]) -> tuple[tuple[int, float], ...]:
    if len(starts) == 1:
        return ()
    known = [offset for offset in offsets if offset is not None]
    if len(known) < len(offsets):
        raise Undecided(
            source.path,
            f"{len(starts)} blocks, and no ExcelDateTime= tells how long the pauses between them are; export one block"
            " alone, or join them by the sampling rate",
            ("--time none --fs HZ",),
        )
    return tuple((row, round(offset - known[0], 3)) for row, offset in zip(starts, known, strict=True))
