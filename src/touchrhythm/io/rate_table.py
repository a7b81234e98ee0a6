"""What does a table of counts and rates say, as people type it?

**Conventions.** One row per subject and rater (and session). Columns, by name: subject, rater,
[session], rate_cpm or count and duration_s, [measured_cpm], [expected_cpm], also in German, Dutch and French;
rates in cycles per minute, durations in seconds or as "3 min", or with the count: "27/3min". Comma, semicolon or tab between cells; with semicolon or tab a comma
may also be the decimal sign, as spreadsheets write it in many countries.

- `read_rate_table` : file → `RateTable`
- `parse_rate_table` : text → `RateTable`
"""

from __future__ import annotations

import hashlib
import re
import statistics
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchrhythm.errors import BadFile, NoSuchInput
from touchrhythm.io.columns import split_unit
from touchrhythm.io.content import open_regular, plain_cell, quoted_cells
from touchrhythm.io.spreadsheet import SHEETS, sheet_as_text
from touchrhythm.io.taps import COLUMNS, COUNT, duration_seconds
from touchrhythm.participants import alike_codes, check_harmless
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.session import read_only
from touchrhythm.units import count_to_cpm, cpm_to_hz, hz_to_cpm
from touchrhythm.words.columns import plain, time_unit_of

__all__ = ["parse_rate_table", "read_rate_table"]

_NAMES = {  # without accents, in lower case; English, German, Dutch, French
    "subject": (
        *("subject", "subject_id", "participant", "participant_id", "patient", "proband", "probandin"),
        *("versuchsperson", "teilnehmer", "teilnehmerin", "proefpersoon", "deelnemer", "sujet"),
    ),
    "rater": (
        *(
            "rater",
            "rater_id",
            "therapist",
            "examiner",
            "observer",
            "untersucher",
            "untersucherin",
            "therapeut",
        ),
        *("therapeutin", "behandler", "onderzoeker", "behandelaar", "examinateur", "praticien", "therapeute"),
    ),
    "session": ("session", "session_id", "visit", "run", "trial", "sitzung", "termin", "sessie", "seance"),
    "rate_cpm": ("rate_cpm", "rate", "cpm", "perceived_cpm"),
    "count": COLUMNS["count"],
    "duration_s": ("duration_s", *COLUMNS["duration"]),
    "measured_cpm": ("measured_cpm", "measured", "sensor_cpm", "gemessen", "gemeten", "mesure"),
    "expected_cpm": ("expected_cpm", "expected", "erwartet", "verwacht", "attendu"),
}
_HOME = {spelling: name for name, spellings in _NAMES.items() for spelling in spellings}
NOTED = re.compile(r"\d\s*(?:/|\b(?:in|en)\b)\s*\d", re.I)  # count and duration in one cell
MOST = 1e6  # of anything that is counted or timed
HIGHEST = 2.0  # Hz
_MISSING = {"", "n/a", "na", "nan", "-", "."}
_NOTHING = {"none", "nothing", "felt nothing", "no", "no rhythm"}


def read_rate_table(path: str | Path) -> RateTable:
    """Read a table of counts or rates.

    Parameters
    ----------
    path : str or Path
        CSV or TSV file, as a spreadsheet saves it.

    Raises
    ------
    NoSuchInput
        If there is no such file.
    BadFile
        If it is no text table, or a line cannot be used; the message names line and column.
    """
    place = Path(path)
    if place.is_dir():
        raise NoSuchInput(f"{path} is a folder; compare needs a table (.csv or .tsv)")
    if not place.exists():
        raise NoSuchInput(f"there is no file {path}")
    if place.suffix.lower() in SHEETS:
        sheet = sheet_as_text(place)
        return parse_rate_table(sheet.data.decode(), name=str(path), sha256=sheet.sha256)
    with open_regular(place) as file:
        content = file.read()
    return parse_rate_table(
        _text_of(content, path), name=str(path), sha256=hashlib.sha256(content).hexdigest()
    )


def _text_of(content: bytes, path: str | Path) -> str:
    if content[:4] == b"PK\x03\x04":
        raise BadFile(path, "this is a spreadsheet file, not text; save the sheet as CSV")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:4096]:
        raise BadFile(path, "this is no text; a table must be CSV or TSV")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def parse_rate_table(text: str, *, name: str = "table", sha256: str = "") -> RateTable:
    r"""Table of rates from its text.

    Parameters
    ----------
    text : str
        The table, header line first; blank lines and lines that start with # are passed over.
    name : str, default "table"
        What messages call it.
    sha256 : str, default ""
        Hash that is kept with it.

    Raises
    ------
    BadFile
        If a column is missing, a cell is no number, or rows repeat without a session column.

    Examples
    --------
    >>> table = parse_rate_table("subject;rater;rate_cpm\ns1;A;7,5\ns1;B;8,0\n")
    >>> table.rater, table.rate_cpm
    (('A', 'B'), array([7.5, 8. ]))
    """
    lines = [
        (at, line)
        for at, line in enumerate(text.splitlines(), start=1)
        if line.strip(" \t;,") and not line.lstrip().startswith("#")
    ]
    if lines and lines[0][1].lower().startswith("sep="):
        lines = lines[1:]
    if not lines:
        raise BadFile(name, "the table is empty")
    mark = _delimiter(lines[0][1])
    header = quoted_cells(lines[0][1], mark)
    is_noted = any(NOTED.search(line) for _, line in lines[1:])
    columns = _columns(header, name, lines[0][0], is_noted=is_noted)
    rows = [_Row.of(quoted_cells(line, mark), header, columns, mark, name, at) for at, line in lines[1:]]
    rows = [row for row in rows if row.cells]
    if not rows:
        raise BadFile(name, "the table has a header but no rows")
    _refuse_alike(rows, name)
    _refuse_repeats(rows, "session" in columns, name)
    table = _assemble(rows, name, sha256, _notes(header, columns, rows))
    _refuse_units(table)
    return table


def _delimiter(header: str) -> str:
    return max("\t;,", key=header.count)


def _columns(header: list[str], name: str, at: int, *, is_noted: bool) -> dict[str, int]:
    """Position of each known column."""
    found: dict[str, int] = {}
    for position, title in enumerate(header):
        known = _known(title)
        if known in found:
            raise BadFile(name, f"two columns mean {known}: {header[found[known]]!r} and {title!r}", at)
        if known is not None:
            found[known] = position
    for needed in ("subject", "rater"):
        if needed not in found:
            raise BadFile(
                name,
                f"no column {needed!r}; the first line must name the columns, got {', '.join(header)}",
                at,
            )
    timed = is_noted or "duration_s" in found
    if "rate_cpm" not in found and not ("count" in found and timed):
        raise BadFile(
            name,
            f"needs a column rate_cpm, or both count and duration_s, got {', '.join(header)}",
            at,
        )
    return found


def _known(title: str) -> str | None:
    """What a column holds; a duration may name its unit: "Dauer (min)"."""
    known = _HOME.get(plain(title).strip().replace(" ", "_"))
    bare, unit = split_unit(title)
    if (
        known is None
        and time_unit_of(unit)
        and _HOME.get(plain(bare).strip().removesuffix(f"_{unit}")) == "duration_s"
    ):
        return "duration_s"
    return known


@dataclass(frozen=True)
class _Row:
    """One line: its cells by column, with what names a cell in a message."""

    cells: dict[str, str]
    mark: str
    name: str
    line: int
    unit: str = "s"

    @classmethod
    def of(
        cls, cells: list[str], header: list[str], columns: dict[str, int], mark: str, name: str, line: int
    ) -> _Row:
        extra = [cell for cell in cells[len(header) :] if cell]
        if extra or len(cells) < max(columns.values()) + 1:
            hint = " (a decimal comma? then separate cells by semicolons)" if mark == "," and extra else ""
            raise BadFile(name, f"has {len(cells)} cells, the header {len(header)}{hint}", line)
        known = {column: cells[position] for column, position in columns.items()}
        at = columns.get("duration_s")
        unit = "s" if at is None else time_unit_of(split_unit(header[at])[1]) or "s"
        return cls(known | _noted(known), mark, name, line, unit)

    def code(self, column: str) -> str:
        text = " ".join(self.cells.get(column, "").split())
        if not text and column in self.cells:
            raise BadFile(self.name, f"column {column} is empty", self.line)
        try:
            return check_harmless(plain_cell(text), column)
        except ValueError as error:
            raise BadFile(self.name, str(error), self.line) from None

    def number(self, column: str, low: float = 0.0) -> float:
        """The number in a cell, NaN where it is missing."""
        text = self.cells.get(column, "")
        if text.lower() in _MISSING:
            return float("nan")
        plain = text.replace(",", ".") if self.mark != "," or text.count(",") == 1 else text
        try:
            value = float(plain)
        except ValueError:
            raise BadFile(self.name, f"column {column} must hold a number, got {text!r}", self.line) from None
        if not np.isfinite(value) or value < low:
            raise BadFile(self.name, f"column {column} must not be below {low:g}, got {text!r}", self.line)
        if value > MOST:
            raise BadFile(self.name, f"column {column} must not be above {MOST:g}, got {text!r}", self.line)
        return value

    def duration(self) -> float:
        """Seconds in the cell of the duration, "180", "3 min" or "3:00", NaN where it is missing."""
        text = self.cells.get("duration_s", "")
        if self.unit == "s" and not re.search(r"[a-z:]", text, re.I):
            return self.number("duration_s")
        if text.lower() in _MISSING:
            return float("nan")
        try:
            return duration_seconds(text, self.unit)
        except ValueError as error:
            raise BadFile(self.name, f"column duration_s: {error}", self.line) from None

    def rate(self) -> tuple[float, float, bool]:
        """Rate in cpm, seconds counted over, and whether nothing was felt."""
        said = {self.cells.get(column, "").lower() for column in ("rate_cpm", "count")}
        if said & _NOTHING:
            return float("nan"), float("nan"), True
        rate, count, duration = self.number("rate_cpm"), self.number("count"), self.duration()
        if np.isfinite(count):
            rate = self.counted(rate, count, duration)
        else:
            duration = float("nan")
        if np.isfinite(rate) and cpm_to_hz(rate) > HIGHEST:
            raise BadFile(
                self.name,
                f"{rate:g} cycles per minute where slow rhythms are expected (is a decimal sign lost?)",
                self.line,
            )
        return (float("nan"), duration, True) if rate == 0 else (rate, duration, False)

    def counted(self, rate: float, count: float, duration: float) -> float:
        if count != round(count):
            raise BadFile(self.name, f"column count must hold whole cycles, got {count:g}", self.line)
        if not np.isfinite(duration):
            raise BadFile(self.name, "a count needs its duration_s", self.line)
        if duration < 5:
            raise BadFile(
                self.name,
                f"duration_s is {duration:g}; seconds are expected (were these minutes?)",
                self.line,
            )
        found = count_to_cpm(count, duration)
        if np.isfinite(rate) and abs(rate - found) > 0.05 + 0.01 * found:
            raise BadFile(
                self.name,
                f"rate_cpm {rate:g} and {count:g} cycles in {duration:g} s ({found:.2f} cpm) differ",
                self.line,
            )
        return found


def _noted(cells: dict[str, str]) -> dict[str, str]:
    """Count and duration of a cell such as "27/3min" or "27 in 3 min"."""
    hit = COUNT.fullmatch(cells.get("count", ""))
    if hit is None or hit["rater"] or hit["onset"] or cells.get("duration_s"):
        return {}
    return {"count": hit["count"], "duration_s": f"{hit['duration']} {hit['unit'] or ''}".strip()}


def _refuse_repeats(rows: list[_Row], has_session: bool, name: str) -> None:
    seen: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row.code("subject"), row.code("rater"), row.code("session"))
        if key in seen:
            who = f"subject {key[0]} and rater {key[1]}"
            if not has_session:
                raise BadFile(
                    name,
                    f"{who} are already in line {seen[key]}; repeated rows need a column session,"
                    " else they would pass for independent subjects",
                    row.line,
                )
            raise BadFile(name, f"{who} in session {key[2]} are already in line {seen[key]}", row.line)
        seen[key] = row.line


def _assemble(rows: list[_Row], name: str, sha256: str, notes: tuple[str, ...]) -> RateTable:
    rate, duration, nothing = zip(*(row.rate() for row in rows), strict=True)
    return RateTable(
        subject=tuple(row.code("subject") for row in rows),
        rater=tuple(row.code("rater") for row in rows),
        session=tuple(row.code("session") for row in rows),
        rate_cpm=read_only(rate),
        measured_cpm=read_only([row.number("measured_cpm") for row in rows]),
        expected_cpm=read_only([row.number("expected_cpm") for row in rows]),
        duration=read_only(duration),
        felt_nothing=nothing,
        line=tuple(row.line for row in rows),
        name=name,
        sha256=sha256,
        notes=notes,
    )


def _notes(header: list[str], columns: dict[str, int], rows: list[_Row]) -> tuple[str, ...]:
    unused = [title for at, title in enumerate(header) if at not in columns.values() and title]
    return (f"columns not used: {', '.join(unused)}",) if unused else ()


def _refuse_alike(rows: list[_Row], name: str) -> None:
    """Refuse codes that people would take for the same: split or merged in silence, both would be wrong."""
    for column in ("subject", "rater", "session"):
        first: dict[str, int] = {}
        for row in rows:
            first.setdefault(row.code(column), row.line)
        for same in alike_codes(first):
            spelled = " and ".join(f"{code!r} (line {first[code]})" for code in same)
            raise BadFile(
                name,
                f"column {column}: {spelled}: the same {column}? Write one {column} the same way in every row; two"
                " need codes that differ in more than zeros, case and blanks",
                first[same[1]],
            )


def _refuse_units(table: RateTable) -> None:
    """Rates in Hz or as periods are most likely a slip of the unit."""
    for column, values in (("rate_cpm", table.rate_cpm), ("measured_cpm", table.measured_cpm)):
        known = values[np.isfinite(values) & (values > 0)]
        if known.size == 0:
            continue
        middle = statistics.median(known.tolist())
        if middle < 1:
            raise BadFile(
                table.name,
                f"column {column} has a median of {middle:g}; cycles per minute are expected"
                f" ({middle:g} Hz would be {hz_to_cpm(middle):.3g} per minute)",
            )
        if cpm_to_hz(middle) > 1:
            raise BadFile(
                table.name,
                f"column {column} has a median of {middle:g} per minute; slow rhythms are expected",
            )
