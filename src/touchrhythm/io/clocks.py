"""How many seconds is it by this clock? Columns of clock times and of device times → seconds.

**Conventions.** Texts are h:m:s, m:s or a date with a time; only differences count. Numbers are in a unit of
`UNITS`, seconds each.

- `ClockColumn` : clock times as they come in blocks → seconds, midnight and dates taken into account
- `clock_seconds` : the same for a list of texts
- `unwrapped` : a counter of milliseconds or microseconds that began again from 0
- `UNITS` : seconds of each unit of time
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray
from touchrhythm.io.sniff import CLOCK
from touchrhythm.units import clock_to_seconds

__all__ = ["UNITS", "ClockColumn", "clock_seconds", "unwrapped"]

Chars = npt.NDArray[np.uint8]
DAY = clock_to_seconds("24:0:0")
HOUR = clock_to_seconds("1:0:0")
UNITS = {
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "ns": 1e-9,
    "min": clock_to_seconds("1:0"),
    "h": HOUR,
    "d": DAY,
}
WRAP = 2.0**32  # ticks at which millis() and micros() begin again
DIGITS = 15  # of a fraction of a second: what stands behind them is below the precision of floats
ZERO, NINE = 48, 57
MOST_FORMS = 400  # ways of writing a time in one block; more are no column of times
LEAST_REPEATED = 2  # rows that show the same minute where a spreadsheet dropped the seconds


class ClockColumn:
    """Clock times of a column, handed over block by block."""

    def __init__(self) -> None:
        self._seconds: list[FloatArray] = []
        self._dated, self._short, self._with_date, self._sample = True, True, False, ""

    def add(self, texts: list[str]) -> None:
        """Take the next texts.

        Raises
        ------
        ValueError
            With the text and its position, if one is no clock time.
        """
        out = np.empty(len(texts))
        lengths = np.fromiter(map(len, texts), dtype=np.intp, count=len(texts))
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length)
            joined = "".join(texts[k] for k in rows.tolist()).encode("latin-1", "replace")
            chars = np.frombuffer(joined, dtype=np.uint8).reshape(rows.size, length)
            out[rows] = self._decoded(chars, rows, texts)
        self._seconds.append(out)

    def seconds(self) -> FloatArray:
        """Seconds of all times; after midnight (or the full hour, where hours are missing) the count goes on."""
        out = np.concatenate(self._seconds) if self._seconds else np.zeros(0)
        if not self._dated and out.size:
            back = HOUR if self._short else DAY
            out += back * np.concatenate(([0], np.cumsum(np.diff(out) < -back / 2)))
        return out

    def lost_seconds(self) -> str:
        """A time as it stands there, if the column shows hours and minutes only; else "".

        A time of two parts beside a date has lost its seconds; so has one that stands in several rows, which
        m:s without decimals would not in a recording.
        """
        if not self._short or not self._seconds:
            return ""
        steps = np.diff(np.concatenate(self._seconds))
        repeats = steps.size > 0 and float(np.mean(steps == 0)) > 1 - 1 / LEAST_REPEATED
        return self._sample if self._with_date or repeats else ""

    def _decoded(self, chars: Chars, rows: npt.NDArray[np.intp], texts: list[str]) -> FloatArray:
        """Seconds of texts of one length, form by form."""
        is_digit = (chars >= ZERO) & (chars <= NINE)
        form = np.where(is_digit, np.uint8(ZERO), chars)
        out = np.empty(len(chars))
        if (form == form[0]).all():
            forms, which = form[:1], np.zeros(len(form), dtype=np.intp)
        else:
            forms, which = np.unique(form.view(f"V{form.shape[1]}").ravel(), return_inverse=True)
        if len(forms) > MOST_FORMS:
            raise ValueError(f"a clock time must be h:m:s, got {texts[int(rows[0])]!r}", int(rows[0]))
        for k in range(len(forms)):
            members = np.flatnonzero(which == k)
            first = texts[int(rows[members[0]])]
            hit = CLOCK.fullmatch(first)
            if hit is None:
                raise ValueError(f"a clock time must be h:m:s, got {first!r}", int(rows[members[0]]))
            out[members] = self._of_form(hit, chars[members])
        return out

    def _of_form(self, hit: re.Match[str], chars: Chars) -> FloatArray:
        seconds, at, n_parts = np.zeros(len(chars)), hit.start("time"), 0
        for part in hit["time"].replace(",", ".").split(":"):
            seconds = seconds * clock_to_seconds("1:0") + _number(chars, at, part)
            at, n_parts = at + len(part) + 1, n_parts + 1
        self._short = self._short and n_parts == 2 and "." not in hit["time"] and "," not in hit["time"]
        self._sample = self._sample or hit[0]
        self._with_date = self._with_date or hit["date"] is not None
        if hit["half"]:
            seconds = seconds % (DAY / 2) + (DAY / 2 if hit["half"].lower() == "pm" else 0.0)
        if hit["zone"] and hit["zone"] != "Z":
            start, sign = hit.start("zone"), -1 if hit["zone"][0] == "-" else 1
            hours, minutes = _number(chars, start + 1, "00"), _number(chars, hit.end("zone") - 2, "00")
            seconds = seconds - sign * (hours * HOUR + minutes * clock_to_seconds("1:0"))
        days = self._days(hit, chars)
        self._dated = self._dated and days is not None
        return seconds if days is None else seconds + DAY * days

    def _days(self, hit: re.Match[str], chars: Chars) -> FloatArray | None:
        """Number of each day, where the date is written year first; None where its order cannot be told."""
        if hit["days"] is not None:
            return _number(chars, hit.start("days"), hit["days"])
        if hit["date"] is None or not re.match(r"\d{4}", hit["date"]):
            return None
        at, parts = hit.start("date"), []
        for part in re.split(r"[-/.]", hit["date"]):
            parts.append(_number(chars, at, part))
            at += len(part) + 1
        whole, which = np.unique(np.column_stack(parts).astype(int), axis=0, return_inverse=True)
        try:
            days = np.array([date(*row).toordinal() for row in whole.tolist()], dtype=np.float64)
        except ValueError:
            return None
        found: FloatArray = days[which.ravel()]
        return found


def clock_seconds(texts: list[str]) -> FloatArray:
    """Seconds of clock times, shape (n,); after midnight the count goes on.

    Raises
    ------
    ValueError
        With the text and its position, if one is no clock time.

    >>> clock_seconds(["23:59:59.5", "0:00:00.5"])
    array([86399.5, 86400.5])
    """
    column = ClockColumn()
    column.add(texts)
    return column.seconds()


def unwrapped(time: FloatArray) -> tuple[FloatArray, int]:
    """Ticks with each step back by about 2³² undone, and how many there were."""
    back = np.diff(time) < -0.9 * WRAP
    if not back.any():
        return time, 0
    return time + WRAP * np.concatenate(([0], np.cumsum(back))), int(back.sum())


def _number(chars: Chars, at: int, part: str) -> FloatArray:
    """Numbers that stand at one place in all texts, as in "07" or "12.345"."""
    whole, _, fraction = part.partition(".")
    fraction = fraction[:DIGITS]
    value = np.zeros(len(chars))
    for k in range(len(whole)):
        value = value * 10 + (chars[:, at + k] - float(ZERO))
    if fraction:
        below = np.zeros(len(chars))
        for k in range(len(fraction)):
            below = below * 10 + (chars[:, at + len(whole) + 1 + k] - float(ZERO))
        value += below / 10.0 ** len(fraction)
    return value
