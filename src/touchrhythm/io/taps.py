"""When did the raters press, and what did they count?

**Conventions.** Onsets are seconds from the first sample of the recording. Taps that stand out of
order are sorted, and presses less than 50 ms apart are one: both are told, nothing else is
repaired. A time before the recording, or a value that is no time, is an error with its line.

- `read_taps`, `load_taps` : onsets per rater from a file; the second also returns what was unusual
- `read_counts`, `parse_count` : "27 in 180 s from 0:30", from a file or a text
- `duration_seconds` : "3 min", "180" or "3:00" → seconds
- `presses`, `is_button` : taps from the level of a button
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.clocks import UNITS
from touchrhythm.io.columns import split_unit
from touchrhythm.io.small_tables import Row, plain_lines, read_rows
from touchrhythm.io.spreadsheet import open_sheet_or_text
from touchrhythm.io.tap_table import TapCell, seconds_of, tap_cells
from touchrhythm.participants import alike_codes
from touchrhythm.session import Count, Taps
from touchrhythm.units import clock_to_seconds, count_to_cpm, cpm_to_hz
from touchrhythm.words.columns import plain, time_unit_of

__all__ = [
    "COUNT",
    "duration_seconds",
    "is_button",
    "load_taps",
    "parse_count",
    "presses",
    "read_counts",
    "read_taps",
]

DOUBLE_PRESS = 0.05  # s; presses nearer to each other than this are one
TIME = r"[\d:.,]+"
COUNT = re.compile(
    r"(?:(?P<rater>[^:]+?)\s*:\s*)?(?P<count>[+-]?\d+(?:\.\d+)?)\s*(?:cycles?|taps?|x|mal|keer|fois)?\s*"
    rf"(?:\bin\b|\ben\b|/)\s*(?P<duration>{TIME})\s*(?P<unit>[^\W\d]+)??"
    rf"(?:\s+(?:from|ab|vanaf|d[eè]s)\s+(?P<onset>{TIME})\s*(?P<onset_unit>[^\W\d]+)?)?",
    re.IGNORECASE,
)
LASTED = re.compile(rf"({TIME})\s*([^\W\d]*)")
COLUMNS = {  # names without accents, in lower case
    "count": (
        "count",
        "counts",
        "cycles",
        "anzahl",
        "zahl",
        "gezahlt",
        "aantal",
        "geteld",
        "nombre",
        "compte",
    ),
    "onset": ("onset", "start", "from", "begin", "beginn", "anfang", "ab", "aanvang", "vanaf", "debut"),
    "duration": ("duration", "seconds", "dauer", "duur", "duree"),
    "rater": (
        "rater",
        "examiner",
        "untersucher",
        "untersucherin",
        "onderzoeker",
        "examinateur",
        "examinatrice",
    ),
}
FASTEST = 2.0  # cycles per second that nobody counts


def read_taps(path: str | Path, *, rater: str = "rater") -> tuple[Taps, ...]:
    """Taps of a file, one entry per rater.

    One onset per line; or a table with a column ``onset`` (or ``time``, ``tap``) and perhaps
    ``rater``; or one column of onsets per rater. Units from the header ("onset (ms)"), else
    seconds; also m:s. In a table with ``trial_type`` only the rows "tap" count. Also laps and
    splits of a stopwatch, labels of Audacity, and tables of BORIS, PsychoPy and jsPsych.

    Parameters
    ----------
    path : str or Path
        The file.
    rater : str, default "rater"
        Who tapped, where the file does not tell.

    Returns
    -------
    tuple of Taps

    Raises
    ------
    NoSuchInput, BadFile
        If the file cannot be opened, or a field is no time.

    Warns
    -----
    UserWarning
        If taps stood out of order, or double presses were made one.
    """
    taps, import_notes = load_taps(path, rater=rater)
    for sentence in import_notes:
        warnings.warn(sentence, stacklevel=2)
    return taps


def load_taps(
    path: str | Path, *, rater: str = "rater", column: str | None = None
) -> tuple[tuple[Taps, ...], tuple[str, ...]]:
    """Taps of a file as `read_taps`, and sentences on what was unusual; `column` names the onsets."""
    source = open_sheet_or_text(path)
    header, rows = read_rows(source)
    cells, told = tap_cells(Path(path), header, rows, rater, column)
    import_notes = [*source.import_notes, *told]
    by_rater: dict[str, list[float]] = {}
    for cell in cells:
        by_rater.setdefault(cell.rater, []).append(_seconds(Path(path), cell))
    if not by_rater:
        raise BadFile(path, "no taps found")
    for same in alike_codes(by_rater):
        raise BadFile(
            path,
            f"{' and '.join(map(repr, same))}: the same rater? Write one rater the same way in every row",
        )
    taps = tuple(Taps(_tidied(np.array(times), who, import_notes), who) for who, times in by_rater.items())
    return taps, tuple(import_notes)


def read_counts(path: str | Path, *, rater: str = "rater") -> tuple[Count, ...]:
    """Counts of a file: lines like "27 in 180 s from 0:30" or "27/3min", or a table count, onset, duration[, rater].

    The names of its columns may be English, German, Dutch or French ("Start;Dauer;Anzahl"), with units ("Dauer
    (min)"); cells may hold "0:30", "3 min", or "27/3min" where there is no duration.

    Raises
    ------
    NoSuchInput, BadFile
        If the file cannot be opened, or a line holds no count.

    See Also
    --------
    parse_count : one such text.
    """
    source = open_sheet_or_text(path)
    header, rows = read_rows(source)
    columns = _count_columns(header)
    out = []
    for row in rows if columns else plain_lines(source):
        try:
            out.append(_count_of_row(row, columns, rater) if columns else parse_count(row.text, rater=rater))
        except ValueError as error:
            raise BadFile(path, str(error), row.line) from None
    return tuple(out)


def parse_count(text: str, *, rater: str = "rater") -> Count:
    """Count from words like "27 in 180 s from 0:30" or "AB: 9 in 1 min".

    Raises
    ------
    ValueError
        If the words do not fit.

    >>> parse_count("27 in 180 s from 0:30")
    Count(count=27, onset=30.0, duration=180.0, rater='rater')
    """
    hit = COUNT.fullmatch(text.strip())
    if hit is None:
        raise ValueError(f"a count must read like '27 in 180 s from 0:30', got {text.strip()[:50]!r}")
    onset = 0.0 if hit["onset"] is None else _with_unit(hit["onset"], hit["onset_unit"])
    return _count(hit["count"], onset, _with_unit(hit["duration"], hit["unit"]), hit["rater"] or rater)


def is_button(level: npt.ArrayLike) -> bool:
    """Whether a channel holds two levels, as a button does."""
    x = np.asarray(level, dtype=np.float64)
    x = x[~np.isnan(x)]
    return (
        x.size > 0
        and np.unique(x[:: max(1, x.size // 20_000)]).size <= 2
        and bool(x.min() < x.max() and ((x == x.min()) | (x == x.max())).all())
    )


def presses(level: npt.ArrayLike, time: npt.ArrayLike) -> tuple[FloatArray, tuple[str, ...]]:
    """Onsets of presses from the level of a button, and sentences on what was unusual.

    Presses are where the level rises; where it rests high (a pull-up), where it falls.

    Parameters
    ----------
    level : array_like, shape (n_samples,)
        Level of the button; between two levels, half way up counts.
    time : array_like, shape (n_samples,)
        Seconds from the first sample.

    Returns
    -------
    onset : ndarray, shape (n_taps,)
    import_notes : tuple of str

    Raises
    ------
    ValueError
        If the level is constant, or is not at one of two levels for nine tenths of the time.
    """
    x, t = np.asarray(level, dtype=np.float64), np.asarray(time, dtype=np.float64)
    known = ~np.isnan(x)
    x, t = x[known], t[known]
    if x.size == 0 or x.min() == x.max():
        raise ValueError("its level never changes")
    share = (x - x.min()) / (x.max() - x.min())
    between = float(np.mean((share > 0.2) & (share < 0.8)))
    if between > 0.1:
        raise ValueError(f"it lies between two levels for {100 * between:.0f} % of the time")
    high = share > 0.5
    import_notes: list[str] = []
    if np.mean(high) > 0.5:
        high = ~high
        import_notes.append("the button rests at its high level; presses were taken where it falls")
    return _tidied(t[1:][high[1:] & ~high[:-1]], "the button", import_notes), tuple(import_notes)


def _tidied(onset: FloatArray, who: str, import_notes: list[str]) -> FloatArray:
    """Onsets in order, double presses made one."""
    steps = np.diff(onset)
    if (steps < 0).any():
        at = int(np.argmax(steps < 0))
        import_notes.append(
            f"taps of {who} stood out of order ({onset[at + 1]:g} s after {onset[at]:g} s) and were sorted"
        )
        onset = np.sort(onset)
    kept: list[float] = []
    for press in onset.tolist():
        if not kept or press - kept[-1] >= DOUBLE_PRESS:
            kept.append(press)
    if len(kept) < onset.size:
        n = onset.size - len(kept)
        many = "1 tap" if n == 1 else f"{n} taps"
        import_notes.append(
            f"{many} of {who} came within 50 ms of the one before (double press?) and count as one"
        )
    return np.array(kept)


def _seconds(path: Path, cell: TapCell) -> float:
    try:
        seconds = seconds_of(cell.text, cell.scale)
    except ValueError:
        seconds = float("nan")
    if not np.isfinite(seconds):
        raise BadFile(path, f"a tap must be a time in seconds, got {cell.text[:40]!r}", cell.line)
    if seconds < 0:
        raise BadFile(path, f"taps must not start before the recording, got {cell.text}", cell.line)
    return seconds


def _count_columns(header: tuple[str, ...]) -> dict[str, tuple[int, str]]:
    """Column and unit of each name that is known; empty where no column holds counts."""
    found: dict[str, tuple[int, str]] = {}
    for k, title in enumerate(header):
        name, unit = split_unit(title)
        for column, names in COLUMNS.items():
            if plain(name).strip().removesuffix(f"_{unit}") in names:
                found.setdefault(column, (k, time_unit_of(unit) or "s"))
    return found if "count" in found else {}


def _count_of_row(row: Row, columns: dict[str, tuple[int, str]], rater: str) -> Count:
    text = {name: row.field(k) for name, (k, _) in columns.items()}
    unit = {name: unit for name, (_, unit) in columns.items()}
    onset = duration_seconds(text.get("onset") or "0", unit.get("onset", "s"))
    who = text.get("rater") or rater
    noted = COUNT.fullmatch(text["count"])
    if noted and not text.get("duration"):
        return _count(noted["count"], onset, _with_unit(noted["duration"], noted["unit"]), who)
    if not text.get("duration"):
        raise ValueError("a count needs its duration, a column duration in seconds")
    return _count(text["count"], onset, duration_seconds(text["duration"], unit["duration"]), who)


def duration_seconds(text: str, unit: str = "s") -> float:
    """Seconds of a stretch of time as people note it; `unit` holds where none stands beside the number.

    Raises
    ------
    ValueError
        If the words are no time.

    >>> duration_seconds("3 min"), duration_seconds("3:00"), duration_seconds("1,5", "min")
    (180.0, 180.0, 90.0)
    """
    hit = LASTED.fullmatch(text.strip())
    if hit is None:
        raise ValueError(f"a time must be in seconds or m:s, got {text.strip()[:40]!r}")
    return _with_unit(hit[1], hit[2] or unit)


def _count(text: str, onset: float, duration: float, rater: str) -> Count:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"a count must be a whole number, got {text!r}") from None
    if not (number >= 0 and number.is_integer()):
        raise ValueError(f"a count must be a whole number of cycles, got {text}")
    if not duration > 0:
        raise ValueError(f"a count must last longer than 0 s, got {duration:g} s")
    if cpm_to_hz(count_to_cpm(number, duration)) > FASTEST:
        raise ValueError(
            f"{number:g} cycles in {duration:g} s are too many (were these minutes? then say min)"
        )
    return Count(int(number), onset, duration, rater)


def _with_unit(text: str, unit: str | None) -> float:
    if ":" in text:
        return clock_to_seconds(text)
    known = time_unit_of(unit or "s")
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"a time must be in seconds or m:s, got {text!r}") from None
    if known is None:
        raise ValueError(f"a time must be in seconds, minutes or m:s, got {text} {unit}")
    return value * UNITS[known]
