"""Which samples, button edges and losses do these bytes from the device hold?

`LineReader` turns the bytes of "touch line 1" into events, without a port and without the host's
clock. Every split of one byte stream gives the same events. A line is used if its form, its
CRC-16/CCITT-FALSE checksum, its channels' ranges and its place in the run (`sequence`) all fit.

**Conventions.** Bytes in, events out, in the order of the stream; a sample that must wait for
the next line comes one line later. Times and runs as in `events`.

- `LineReader` : feed it bytes, get events
- `frame` : a line body with its checksum, as a device sends it
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections import Counter
from dataclasses import dataclass, field

from touchrhythm.device.baud_rate import GarbledWatch
from touchrhythm.device.events import (
    Channel,
    Damaged,
    Edge,
    Event,
    Garbled,
    Header,
    Reset,
    Sample,
    Status,
    parse_channels,
)
from touchrhythm.device.sequence import PERIOD_EVERY, REPEATED, WRAP, Plausibility, clock_step

__all__ = [
    "LONGEST_LINE",
    "Channel",
    "Counts",
    "Damaged",
    "Edge",
    "Event",
    "Garbled",
    "Header",
    "LineReader",
    "Reset",
    "Sample",
    "Status",
    "frame",
    "is_framed",
]

LONGEST_LINE = 250
"""Characters that a line may have; longer ones are refused whole."""
UNHARMED = ("first line", "unfinished", REPEATED)
"""Lines that are not used, though nothing was damaged: cut where a stream begins or ends, or sent twice."""
MOST_WAITING = 64
LATEST_US = 600_000_000
EARLIEST_US = -10_000_000

_DATA_BYTES = b"0123456789ABCDEF,-*DBS\r\n"
_CHECKSUM = re.compile(rb"(.*)\*([0-9A-F]{4})", re.DOTALL)
_NUMBERS = re.compile(rb"[DBS](?:,-?[0-9]{1,10}){3,}")
_LEVELS = {b"0*": 0, b"1*": 1}


def frame(body: str | bytes) -> bytes:
    r"""The line that a device sends for `body`: checksum and line end added.

    >>> frame("D,7,87500,123456,0")
    b'D,7,87500,123456,0*0219\n'
    """
    raw = body.encode("ascii") if isinstance(body, str) else body
    return b"%s*%04X\n" % (raw, crc_hqx(raw, 0xFFFF))


@dataclass
class Counts:
    """What a reader has seen so far.

    `missing` are sequence numbers skipped within runs: `txdrop` of them the device did not send
    (it says so once a second), the rest was lost on the way or came damaged.
    """

    lines: int = 0
    samples: int = 0
    edges: int = 0
    edges_lost: int = 0
    resets: int = 0
    missing: int = 0
    txdrop: int = 0
    adcmiss: int = 0
    damaged: Counter[str] = field(default_factory=Counter)

    @property
    def n_damaged(self) -> int:
        """Lines that came damaged; where a stream is joined or left in mid-line, nothing was damaged."""
        return sum(n for reason, n in self.damaged.items() if reason not in UNHARMED)

    @property
    def n_repeated(self) -> int:
        """Lines that the driver handed over twice; they are used once."""
        return self.damaged[REPEATED]


class LineReader:
    """Reader of "touch line 1".

    Attributes
    ----------
    header : dict of str to str
        All header fields of the present boot.
    channels : tuple of Channel
        Raw columns in order; empty until the header came.
    counts : Counts
        What was seen so far.

    Examples
    --------
    >>> reader = LineReader()
    >>> stream = frame("D,0,1000,5,0") + frame("D,1,13500,6,0") + frame("D,2,26000,7,0")
    >>> reader.feed(stream[:20], arrival=0.00)
    []
    >>> [event.values for event in reader.feed(stream[20:], arrival=0.03)]
    [(5,), (6,), (7,)]
    """

    def __init__(self) -> None:
        self.header: dict[str, str] = {}
        self.channels: tuple[Channel, ...] = ()
        self.counts = Counts()
        self._judge = Plausibility()
        self._tail = b""
        self._is_first = True
        self._boot: str | None = None
        self._edge: Edge | None = None
        self._waiting: list[tuple[Edge | Status, bytes]] = []
        self._status: Status | None = None
        self._watch = GarbledWatch()
        self._arrival = 0.0

    @property
    def run(self) -> int:
        """Number of the present run, from 0; each reset adds one."""
        return self._judge.run

    def feed(self, data: bytes, arrival: float) -> list[Event]:
        """Events that these bytes complete.

        Parameters
        ----------
        data : bytes
            What came, in any portions.
        arrival : float
            Host time in seconds, never going back; handed on with the events.

        Returns
        -------
        list of Event
            In the order of the stream.
        """
        out: list[Event] = []
        self._arrival = arrival
        joined = self._tail + data
        is_plain = not joined.translate(None, _DATA_BYTES)
        out.extend(self._watch.feed(data, is_plain, arrival))
        if b"\r" in joined:
            joined = joined.replace(b"\r\n", b"\n")
        *lines, tail = joined.split(b"\n")
        self._tail = tail[: LONGEST_LINE + 2]
        if lines:
            self.counts.lines += len(lines)
            self._read_lines(lines, is_plain, arrival, out)
            self.counts.missing = self._judge.missing
        return out

    def close(self) -> list[Event]:
        """Events at the end of the stream; whatever was never confirmed comes as `Damaged`."""
        out: list[Event] = []
        line, self._tail = self._tail, b""
        arrival = self._arrival
        if line:
            whole = _CHECKSUM.fullmatch(line)
            if whole and _is_checksum(whole[1], whole[2]):
                self._read_line(line, arrival, out)
            else:
                out.append(Damaged("unfinished", line, arrival))
        self._add(self._judge.close(), out)
        for event, text in self._waiting:
            self._damage("implausible", text, event.arrival, out)
        self._waiting.clear()
        return out

    def _read_lines(self, lines: list[bytes], is_plain: bool, arrival: float, out: list[Event]) -> None:
        """The quick way for samples that follow the last one; every other line takes the long way."""
        judge, append, new, taken = self._judge, out.append, tuple.__new__, 0
        keep = judge.recent.append
        channels = self.channels
        n_fields = len(channels) + 4 if is_plain and channels else 0
        low, high = channels[0][3:] if len(channels) == 1 else (0, 0)
        last_seq, last_t, shortest, longest, width = self._quick_step()
        run = judge.run
        for line in lines:
            body = line[:-5]
            fields = line.split(b",")
            try:
                if len(fields) == n_fields and int(fields[-1][2:], 16) == crc_hqx(body, 0xFFFF):
                    seq, t_us, level = int(fields[1]), int(fields[2]), _LEVELS[fields[-1][:2]]
                    if n_fields == 5:
                        value = int(fields[3])
                        values: tuple[int, ...] = (value,)
                        fits = len(fields[3]) == width and low <= value <= high
                    else:
                        values = tuple(map(int, fields[3:-1]))
                        fits = _width(fields[3:-1]) == width and _are_in_range(values, channels)
                    if (
                        fits
                        and seq - last_seq == 1
                        and shortest <= t_us - last_t <= longest
                        and seq % PERIOD_EVERY  # now and then the long way, which follows the period
                        and fields[0] == b"D"
                    ):
                        last = new(Sample, (seq, t_us, values, level, arrival, run))
                        append(last)
                        judge.last = last
                        keep(last)
                        last_seq, last_t, taken = seq, t_us, taken + 1
                        continue
            except (ValueError, LookupError):
                pass
            self._read_line(line, arrival, out)
            last_seq, last_t, shortest, longest, width = self._quick_step()
            run = judge.run
        self.counts.samples += taken

    def _quick_step(self) -> tuple[int, int, float, float, int]:
        """Sequence, clock and width that the next sample follows; impossible while anything is unsettled."""
        judge = self._judge
        if judge.last is None or judge.last.t_us is None or judge.held is not None or not judge.is_settled():
            return 0, 0, 1.0, 0.0, -1
        return judge.last.seq, judge.last.t_us, 0.5 * judge.period, 1.5 * judge.period, judge.width

    def _read_line(self, line: bytes, arrival: float, out: list[Event]) -> None:
        if line.endswith(b"\r"):
            line = line[:-1]
        if not line:
            return
        is_first, self._is_first = self._is_first, False
        whole = _CHECKSUM.fullmatch(line)
        if len(line) > LONGEST_LINE:
            reason = "too long"
        elif whole is None:
            reason = "format"
        elif not _is_checksum(whole[1], whole[2]):
            reason = "checksum"
        else:
            reason = self._read_body(whole[1], line, arrival, out)
        if reason:
            self._damage("first line" if is_first else reason, line[:LONGEST_LINE], arrival, out)
        if self._waiting and self._judge.is_settled():
            waiting, self._waiting = self._waiting, []
            for event, text in waiting:
                self._settle(event, text, out)

    def _read_body(self, body: bytes, line: bytes, arrival: float, out: list[Event]) -> str:
        """Read one line whose checksum fits; the reason if it cannot be used, else ''."""
        if body.startswith(b"H,"):
            return self._read_header(body, arrival, out)
        if not _NUMBERS.fullmatch(body):
            return "format"
        kind, (seq, t_us, *rest) = body[:1], map(int, body[2:].split(b","))
        if not (0 <= seq < WRAP and 0 <= t_us < WRAP):
            return "format"
        if kind == b"D":
            return self._read_sample(seq, t_us, rest, body, line, arrival, out)
        if kind == b"B" and len(rest) == 1 and rest[0] in (0, 1):
            event: Edge | Status = Edge(seq, t_us, rest[0], arrival, 0)
        elif kind == b"S" and len(rest) == 2 and min(rest) >= 0:
            event = Status(seq, t_us, rest[0], rest[1], arrival, 0)
        else:
            return "format"
        self._waiting.append((event, line))
        if len(self._waiting) > MOST_WAITING:
            first, text = self._waiting.pop(0)
            self._damage("implausible", text, first.arrival, out)
        return ""

    def _read_sample(
        self, seq: int, t_us: int, rest: list[int], body: bytes, line: bytes, arrival: float, out: list[Event]
    ) -> str:
        last = self._judge.last
        known = len(self.channels) or (len(last.values) if last else max(1, len(rest) - 1))
        if len(rest) != known + 1 or rest[-1] not in (0, 1):
            return "format"
        values = tuple(rest[:-1])
        if not _are_in_range(values, self.channels):
            return "implausible"
        sample = Sample(seq, t_us, values, rest[-1], arrival, 0)
        self._add(self._judge.judge(sample, _width(body.split(b",")[3:-1]), line), out)
        return ""

    def _read_header(self, body: bytes, arrival: float, out: list[Event]) -> str:
        try:
            parts = body.decode("ascii").split(",")
        except UnicodeDecodeError:
            return "format"
        if parts[1] != "1" or not all("=" in part for part in parts[2:]):
            return "format"
        fields = dict(part.split("=", 1) for part in parts[2:])
        boot = fields.get("boot", self._boot)
        if boot != self._boot:
            if self._boot is not None:
                self._judge.new_boot(f"boot {self._boot} is over, boot {boot} began")
                self.header = {}
            self._boot = boot
        self.header = {**self.header, **fields}
        self.channels = parse_channels(self.header) or self.channels
        out.append(Header(fields, arrival))
        return ""

    def _settle(self, event: Edge | Status, text: bytes, out: list[Event]) -> None:
        """Accept an edge or a status that fits the run that is now known."""
        event = event._replace(run=self._judge.run)
        fits = self._fits_edge(event) if isinstance(event, Edge) else self._fits_status(event)
        if fits:
            out.append(event)
        else:
            self._damage("implausible", text, event.arrival, out)

    def _is_near(self, t_us: int) -> bool:
        last = self._judge.last
        return last is not None and EARLIEST_US <= clock_step(t_us, last.t_us or 0) <= LATEST_US

    def _fits_edge(self, edge: Edge) -> bool:
        before = self._edge if self._edge and self._edge.run == edge.run else None
        skipped = edge.n - 1 - (before.n if before else 0 if edge.run else edge.n - 1)
        if not (self._is_near(edge.t_us) and edge.n > 0 and 0 <= skipped <= 64):
            return False
        if before and clock_step(edge.t_us, before.t_us) <= 0:
            return False
        self._edge = edge
        self.counts.edges += 1
        self.counts.edges_lost += skipped
        return True

    def _fits_status(self, status: Status) -> bool:
        last = self._judge.last
        before = self._status if self._status and self._status.run == status.run else None
        if last is None or not self._is_near(status.t_us):
            return False
        if before and (status.txdrop < before.txdrop or status.adcmiss < before.adcmiss):
            return False
        if not -64 <= clock_step(status.seq, last.seq) <= 1_000_000:
            return False
        self.counts.txdrop += status.txdrop - (before.txdrop if before else 0)
        self.counts.adcmiss += status.adcmiss - (before.adcmiss if before else 0)
        self._status = status
        return True

    def _add(self, events: list[Event], out: list[Event]) -> None:
        for event in events:
            if isinstance(event, Damaged):
                self.counts.damaged[event.reason] += 1
            elif isinstance(event, Reset):
                self.counts.resets += 1
                if not event.reason.startswith("boot"):
                    self._boot = None
            elif isinstance(event, Sample):
                self.counts.samples += 1
        out.extend(events)

    def _damage(self, reason: str, text: bytes, arrival: float, out: list[Event]) -> None:
        self.counts.damaged[reason] += 1
        out.append(Damaged(reason, text, arrival))


def _width(texts: list[bytes]) -> int:
    return sum(map(len, texts))


def _are_in_range(values: tuple[int, ...], channels: tuple[Channel, ...]) -> bool:
    return all(c.low <= v <= c.high for v, c in zip(values, channels, strict=False))


def _is_checksum(body: bytes, text: bytes) -> bool:
    return crc_hqx(body, 0xFFFF) == int(text, 16)


def is_framed(line: bytes) -> bool:
    """Whether this is a line of "touch line 1" whose checksum fits.

    >>> is_framed(frame("D,7,87500,123456,0").rstrip())
    True
    """
    whole = _CHECKSUM.fullmatch(line.rstrip(b"\r"))
    return whole is not None and line[:2] in (b"D,", b"B,", b"S,", b"H,") and _is_checksum(whole[1], whole[2])
