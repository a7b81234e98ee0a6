"""Can this sample, whose checksum fits, have followed the one before?

A 16-bit checksum lets about 1 in 65 000 lines with a lost byte through. So a sample must also
continue its run: sequence number and device clock advance together, and no lone value stands ten
times higher or lower than both neighbours by one digit more or less, which is what a lost or
doubled byte in a number looks like. What does not continue is held until the next line settles it:
two lines that follow each other are a gap or a new run, one alone is damage. A driver may hand over the same
bytes twice: a sample that is in everything like one of the last seconds is a repeat, no new run.

**Conventions.** Clock and sequence differences are taken modulo 2**32.
"""

from __future__ import annotations

from collections import deque

from touchrhythm.device.events import Damaged, Event, Reset, Sample

__all__ = ["REPEATED", "Plausibility", "clock_step"]

WRAP = 1 << 32
HALF = 1 << 31
LONGEST_PERIOD_US = 10_000_000
SHORTEST_PERIOD_US = 50
REPEATED = "repeated"
REPEATED_WITHIN_S = 2.0
BOOT_US = 10_000_000
"""A board that starts anew may send the same samples again, but not so soon, and early by its own clock."""
MOST_RECENT = 4096
PERIOD_EVERY = 128
LONE_LEVEL = 1000
"""A lone value is judged only where a neighbour has at least this magnitude, in counts."""


def clock_step(later_us: int, earlier_us: int) -> int:
    """Signed difference of two 32-bit times in microseconds, in -2**31 to 2**31 - 1.

    >>> clock_step(5, 4294967295)
    6
    """
    return (later_us - earlier_us + HALF) % WRAP - HALF


class Plausibility:
    """Judge of the samples of one stream; `judge` returns what became certain by this sample.

    Parameters
    ----------
    is_numbered : bool, default True
        Whether the device sent the sequence numbers; else whoever reads counted the lines.

    Attributes
    ----------
    recent : deque of Sample
        Samples of this run that a driver may hand over again.
    last : Sample or None
        Newest sample accepted in this run.
    width : int
        Characters that its values took on the wire.
    held : tuple or None
        Sample that waits for the next one, its width, text and the reason why it waits.
    period : float
        Microseconds between samples, followed slowly; 0 until known.
    run : int
        Number of the present run.
    missing : int
        Sequence numbers that were skipped within runs.
    """

    def __init__(self, *, is_numbered: bool = True) -> None:
        self.recent: deque[Sample] = deque(maxlen=MOST_RECENT)
        self._is_numbered = is_numbered
        self.last: Sample | None = None
        self.width = 0
        self.held: tuple[Sample, int, bytes, str] | None = None
        self.period = 0.0
        self.run = 0
        self.missing = 0
        self._boot_change = ""

    def new_boot(self, reason: str) -> None:
        """The header tells of another start: what comes next must not be joined to the last run."""
        self._boot_change = reason
        self.period = 0.0

    def judge(self, sample: Sample, width: int, text: bytes) -> list[Event]:
        """Events that this sample settles: held ones first, then itself unless it must wait."""
        if self.is_repeated(sample):
            return [Damaged(REPEATED, text, sample.arrival)]
        out = self._settle_held(sample)
        last = self.last
        if last is None or self._boot_change:
            self.held = (sample, width, text, "start")
        elif not self._continues(last, sample):
            self.held = (sample, width, text, "jump")
        elif _is_tenfold(last, self.width, sample, width):
            self.held = (sample, width, text, "lone")
        else:
            out.append(self._accept(sample, width))
        return out

    def is_repeated(self, sample: Sample) -> bool:
        """Whether this very sample came a moment ago."""
        if self._boot_change:
            return False
        if self.held is not None and self._is_same(self.held[0], sample):
            return True
        back_us = 0 if self.last is None else -clock_step(_t(sample), _t(self.last))
        if self.last is None or back_us < 0 or (back_us > REPEATED_WITHIN_S * 1e6 and _t(sample) < BOOT_US):
            return False
        since = sample.arrival - REPEATED_WITHIN_S
        for earlier in reversed(self.recent):
            if earlier.arrival < since:
                return False
            if self._is_same(earlier, sample):
                return True
        return False

    def _is_same(self, earlier: Sample, sample: Sample) -> bool:
        return (
            earlier.t_us == sample.t_us
            and earlier.values == sample.values
            and earlier.button == sample.button
            and (earlier.seq == sample.seq or not self._is_numbered)
        )

    def is_settled(self) -> bool:
        """Whether a run is known and nothing waits that may start another."""
        return (
            self.last is not None and not self._boot_change and (self.held is None or self.held[3] == "lone")
        )

    def close(self) -> list[Event]:
        """At the end of the stream: what still waits was never confirmed."""
        held, self.held = self.held, None
        if held is None:
            return []
        sample, _, text, why = held
        return [Damaged("lone value" if why == "lone" else "implausible", text, sample.arrival)]

    def _settle_held(self, sample: Sample) -> list[Event]:
        if self.held is None:
            return []
        held, width, text, why = self.held
        self.held = None
        if why == "lone":
            return self._settle_lone(held, width, text, sample)
        last = None if self._boot_change else self.last
        if last is not None and self._continues(last, sample):
            fits = _is_ahead(held, last) and (
                self._continues(held, sample) or self._is_late(last, held, sample)
            )
        elif self.period and self._continues(held, sample):
            fits = True
        else:
            fits = _may_start(held, sample)
            self.period = _step_us(held, sample) if fits else self.period
        if not fits:
            return [Damaged("implausible", text, held.arrival)]
        return [*self._start_run(held), self._accept(held, width)]

    def _start_run(self, first: Sample) -> list[Event]:
        """A reset if `first` does not go on in the present run, else nothing."""
        reason, self._boot_change = self._boot_change, ""
        if self.last is None or (not reason and self._is_same_run(self.last, first)):
            return []
        self.run += 1
        self.last = None
        self.recent.clear()
        return [Reset(reason or "sequence or clock started anew", self.run, first.arrival)]

    def _settle_lone(self, held: Sample, width: int, text: bytes, sample: Sample) -> list[Event]:
        last = self.last
        if last is None or not self._continues(last, sample):
            return [Damaged("lone value", text, held.arrival)]
        if _is_lone(last.values, held.values, sample.values):
            return [Damaged("lone value", text, held.arrival)]
        return [self._accept(held, width)]

    def _accept(self, sample: Sample, width: int) -> Sample:
        last, sample = self.last, sample._replace(run=self.run)
        if last is not None:
            step = (sample.seq - last.seq) % WRAP
            self.missing += step - 1
            if step == 1 and sample.seq % PERIOD_EVERY == 0 and self._continues(last, sample):
                self.period += (_step_us(last, sample) - self.period) / 4
        self.last, self.width = sample, width
        self.recent.append(sample)
        return sample

    def _continues(self, earlier: Sample, later: Sample) -> bool:
        if not self.period:
            return _may_start(earlier, later)
        if not _is_ahead(later, earlier):
            return False
        step = (later.seq - earlier.seq) % WRAP
        passed = (_t(later) - _t(earlier)) % WRAP
        off = passed - step * self.period  # beyond a wrap nothing is known: such a gap must be confirmed
        return abs(off) <= (0.5 + 0.02 * step) * self.period

    def _is_late(self, last: Sample, held: Sample, sample: Sample) -> bool:
        """A sample between two others that its device took up to a period too early or too late."""
        if not _is_ahead(sample, held):
            return False
        off = (_t(held) - _t(last)) % WRAP - (held.seq - last.seq) % WRAP * self.period
        return abs(off) <= self.period and 0 < clock_step(_t(sample), _t(held)) < 2 * self.period

    def _is_same_run(self, earlier: Sample, later: Sample) -> bool:
        """Sequence and clock both went on, and the clock by no less than the sequence asks for."""
        step = (later.seq - earlier.seq) % WRAP
        passed = clock_step(_t(later), _t(earlier))
        return _is_ahead(later, earlier) and passed > 0 and passed >= 0.25 * step * self.period


def _t(sample: Sample) -> int:
    assert sample.t_us is not None
    return sample.t_us


def _step_us(earlier: Sample, later: Sample) -> float:
    return ((_t(later) - _t(earlier)) % WRAP) / ((later.seq - earlier.seq) % WRAP)


def _is_ahead(later: Sample, earlier: Sample) -> bool:
    return 1 <= (later.seq - earlier.seq) % WRAP < HALF


def _may_start(earlier: Sample, later: Sample) -> bool:
    """Two lines that may be neighbours at a rate not known yet."""
    step = (later.seq - earlier.seq) % WRAP
    return 1 <= step <= 64 and SHORTEST_PERIOD_US <= _step_us(earlier, later) <= LONGEST_PERIOD_US


def _is_tenfold(last: Sample, width: int, sample: Sample, new_width: int) -> bool:
    if width == new_width:
        return False
    return any(_differ(a, b) for a, b in zip(last.values, sample.values, strict=False))


def _is_lone(before: tuple[float, ...], held: tuple[float, ...], after: tuple[float, ...]) -> bool:
    return any(
        _differ(a, b) and _differ(b, c) and not _differ(a, c)
        for a, b, c in zip(before, held, after, strict=False)
    )


def _differ(a: float, b: float) -> bool:
    larger = max(abs(a), abs(b))
    return larger >= LONE_LEVEL and abs(a - b) > larger / 2
