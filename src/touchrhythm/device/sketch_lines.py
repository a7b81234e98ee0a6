"""What do sketches say that just print numbers, and is this stream one of them?

Such a stream has no checksum, no sequence number and mostly no clock: a lost line leaves no
trace, and time is when a line arrived. It is read, and labelled so: the reader's `header` says
`timing` and `loss detection`, and every report prints them.

**Conventions.** Columns are split by comma, semicolon, tab or space; `label:value` names a
column; lines without numbers are skipped, and so is the first line, which may be torn.

- `guess_format` : what a stretch of bytes is, as a `Guess` with a sentence
- `PlainReader` : like `lines.LineReader`, for numbers
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from touchrhythm.device.baud_rate import GARBLED_FRACTION, GARBLED_LEAST_BYTES, GarbledWatch, unprintable
from touchrhythm.device.events import Channel, Damaged, Event, Garbled, Reset, Sample
from touchrhythm.device.line_grammar import LONGEST_LINE, parse_line
from touchrhythm.device.line_layout import LineLayout, RowMaker, find_layout
from touchrhythm.device.sequence import REPEATED, Plausibility
from touchrhythm.device.touch_line import Counts, is_framed

__all__ = ["Guess", "PlainReader", "guess_format", "parse_numbers"]

LEAST_LINES = 3
LEAST_FOR_TIME = 5
MOST_LINES = 2000
"""Lines that are judged, the newest ones: a fast device sends a hundred thousand while it is greeted."""
US_PER_TICK = {"ms": 1000, "us": 1}
_INFINITE = float("inf")


@dataclass(frozen=True)
class Guess:
    """What a stretch of bytes is.

    `kind` is "framed" (touch line 1), "plain" (numbers), "garbled", "text" or "silent";
    `time_unit` is "ms" or "us" where the first column looks like the device's clock (a proposal:
    ask before it is used), else None.
    """

    kind: str
    message: str
    n_columns: int = 0
    labels: tuple[str, ...] = ()
    time_unit: str | None = None
    units: tuple[str, ...] = ()
    leader: str = ""
    has_decimal_comma: bool = False


def parse_numbers(line: str) -> tuple[tuple[float, ...], tuple[str, ...]] | None:
    """Numbers of one line and their labels ('' where there is none), or None if it is not a row of numbers.

    >>> parse_numbers("force:12.5, belt: 3")
    ((12.5, 3.0), ('force', 'belt'))
    >>> parse_numbers("12,5;3 g")
    ((12.5, 3.0), ('', ''))
    >>> parse_numbers("HX711 ready") is None
    True
    """
    found = parse_line(line)
    return None if found is None else (found.values, found.labels)


def guess_format(data: bytes, duration: float | None = None) -> Guess:
    """What these first bytes of a device are.

    Parameters
    ----------
    data : bytes
        A few seconds of what came.
    duration : float, optional
        Seconds in which it came; helps to tell milliseconds from microseconds.

    Returns
    -------
    Guess
        Kind, a sentence for the person, and the columns of plain numbers.
    """
    if not data.strip():
        return Guess(
            "silent", "the device sends nothing (is the sketch running, and is this the right port?)"
        )
    lines = data.split(b"\n")
    if any(is_framed(line) for line in lines):
        return Guess("framed", "the device speaks touch line 1")
    odd = unprintable(data) / len(data)
    if len(data) >= GARBLED_LEAST_BYTES and odd > GARBLED_FRACTION:
        return Guess("garbled", Garbled(odd, 0.0).message)
    whole = [_text(line) for line in lines[1:-1][-MOST_LINES:] if line.strip()]
    layout = find_layout([_text(lines[0]), *whole] if len(lines) <= MOST_LINES else whole)  # it may be torn
    rows = [] if layout is None else [row for row in map(RowMaker(layout).take, whole) if row and row.values]
    if layout is None or len(rows) < LEAST_LINES:
        return Guess("text", f"the device sends text, but no rows of numbers: {_excerpt(whole or lines)}")
    return _guess_columns(layout, [row.values for row in rows], duration)


def _text(line: bytes) -> str:
    """A line as text, no longer than is worth reading."""
    return line[: LONGEST_LINE + 1].decode("utf-8", "replace")


def _excerpt(lines: list[str] | list[bytes]) -> str:
    text = next((line for line in lines if line.strip()), "")
    return repr(text.strip()[:40] if isinstance(text, str) else text.decode("ascii", "replace").strip()[:40])


def _guess_columns(layout: LineLayout, rows: list[tuple[float, ...]], duration: float | None) -> Guess:
    n_columns = layout.n_columns
    may_have_clock = n_columns > 1 and not layout.leader
    unit = _time_unit([values[0] for values in rows], duration) if may_have_clock else None
    what = f"plain numbers in {n_columns} column{'s' if n_columns > 1 else ''}, without checksum or sequence"
    if unit:
        name = "milliseconds" if unit == "ms" else "microseconds"
        what += f"; the first column looks like the device's clock in {name}"
    return Guess(
        "plain", what, n_columns, layout.labels, unit, layout.units, layout.leader, layout.has_decimal_comma
    )


def _time_unit(column: list[float], duration: float | None) -> str | None:
    """Unit of a first column that rises as steadily as a clock; a mere counter is none."""
    if len(column) < LEAST_FOR_TIME or not all(value.is_integer() for value in column):
        return None
    steps = sorted(later - earlier for earlier, later in itertools.pairwise(column))
    middle = steps[len(steps) // 2]
    if not (steps[0] > 0 and middle > 1 and steps[len(steps) // 10] >= middle / 2):
        return None
    if steps[len(steps) * 9 // 10] > 2 * middle:
        return None
    if duration:
        per_second = (column[-1] - column[0]) / duration
        return "ms" if 500 < per_second < 2000 else "us" if 500e3 < per_second < 2000e3 else None
    return "ms" if middle < 1000 else "us"


class PlainReader:
    """Reader of sketches that print numbers; used like `lines.LineReader`.

    Parameters
    ----------
    n_columns : int
        Columns of a whole line; lines with other numbers of columns are damaged.
    labels : tuple of str, optional
        Names of the columns.
    time_unit : {"ms", "us"}, optional
        Unit of the first column where it is the device's clock and someone said so.
    units : tuple of str, optional
        Units of the columns, as the lines say.
    leader : str, optional
        Name whose lines make the rows where each line holds one named value; see `line_layout.LineLayout`.
    has_decimal_comma : bool, default False
        Whether a comma between digits is a decimal one.

    Raises
    ------
    ValueError
        If no value column is left, or the unit is unknown.

    Examples
    --------
    >>> reader = PlainReader(n_columns=2)
    >>> [event.values for event in reader.feed(b"2;7" + bytes([10]) + b"3;8" + bytes([10]), arrival=0.1)]
    [(3.0, 8.0)]
    >>> reader.header["timing"], reader.header["loss detection"]
    ('host', 'none')
    """

    def __init__(
        self,
        *,
        n_columns: int,
        labels: tuple[str, ...] = (),
        time_unit: str | None = None,
        units: tuple[str, ...] = (),
        leader: str = "",
        has_decimal_comma: bool = False,
    ) -> None:
        if time_unit not in (None, *US_PER_TICK):
            raise ValueError(f"time_unit must be 'ms', 'us' or None, got {time_unit!r}")
        n_values = n_columns - (time_unit is not None)
        if n_values < 1:
            raise ValueError(
                f"n_columns must leave a column of values, got {n_columns} with time_unit={time_unit!r}"
            )
        layout = LineLayout(n_columns, labels, units, leader, has_decimal_comma)
        self._rows = RowMaker(layout)
        self._order = [k for k in layout.order if k >= n_columns - n_values]
        names, known = [*labels, *[""] * n_columns], [*units, *[""] * n_columns]
        self.channels = tuple(
            Channel(names[k] or f"value{at}", known[k] or "number", "plain", -_INFINITE, _INFINITE)
            for at, k in enumerate(self._order, start=1)
        )
        self.header = {"timing": "device" if time_unit else "host", "loss detection": "none"}
        self.counts = Counts()
        self._us = US_PER_TICK.get(time_unit or "", 0)
        self._judge, self._watch = Plausibility(is_numbered=False), GarbledWatch()
        self._tail, self._is_first, self._arrival, self._seq = b"", True, 0.0, 0

    @property
    def run(self) -> int:
        """Number of the present run; always 0 without a device clock."""
        return self._judge.run

    def feed(self, data: bytes, arrival: float) -> list[Event]:
        """Events that these bytes complete; see `lines.LineReader.feed`."""
        self._arrival = arrival
        out = self._watch.feed(data, False, arrival)
        *lines, tail = (self._tail + data).split(b"\n")
        self._tail = tail[: LONGEST_LINE + 2]
        self.counts.lines += len(lines)
        for line in lines:
            is_first, self._is_first = self._is_first, False
            if line.strip() and not is_first:
                out.extend(self._read_line(line.rstrip(b"\r"), arrival))
        self._count(out)
        return out

    def close(self) -> list[Event]:
        """Events at the end of the stream; a last line without its end is torn."""
        out: list[Event] = [Damaged("unfinished", self._tail, self._arrival)] if self._tail.strip() else []
        self._tail = b""
        out.extend(self._judge.close())
        self._count(out)
        return out

    def _read_line(self, line: bytes, arrival: float) -> list[Event]:
        if len(line) > LONGEST_LINE:
            return [Damaged("too long", line[:LONGEST_LINE], arrival)]
        row = self._rows.take(_text(line))
        if row is None:
            return [Damaged("format", line, arrival)]
        if not row.values:  # kept for the next row
            return []
        seq, self._seq = self._seq, self._seq + 1
        values, shown = row.values, tuple(row.values[k] for k in self._order)
        if not self._us:
            return [Sample(seq, None, shown, None, arrival, 0)]
        if not 0 <= values[0] < 2**53:
            return [Damaged("format", line, arrival)]
        t_us = int(values[0]) * self._us % 2**32
        sample = Sample(seq, t_us, shown, None, arrival, 0)
        if self._judge.is_repeated(sample):
            self._seq = seq
            return [Damaged(REPEATED, line, arrival)]
        return self._judge.judge(sample, len(line), line)

    def _count(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Sample):
                self.counts.samples += 1
            elif isinstance(event, Damaged):
                self.counts.damaged[event.reason] += 1
            elif isinstance(event, Reset):
                self.counts.resets += 1
