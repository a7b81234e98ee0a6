"""How do bytes get from a source to a sink, with marks between them, until somebody says stop?

The recorder knows neither files nor screens: the source is a `PortReader` or a `VirtualSource`, the
sink a `JournalWriter` (or anything with its methods), and the command line joins them.

**Conventions.** All times are microseconds of one clock that only goes forward and is 0 where the
recording begins. The system's date is never looked at while recording.

- `steady_ns` : a clock that nobody can set and that no sleep stops
- `MonotonicClock` : microseconds since it was made
- `greet` : who is there, before a journal is made
- `Recorder` : source → sink, in a thread of its own where the source has one
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from touchrhythm.device.monitor import Monitor
from touchrhythm.device.port import Chunk, Device
from touchrhythm.device.sketch_lines import Guess, guess_format
from touchrhythm.errors import PortLost, TouchRhythmError

__all__ = ["ByteSource", "Greeting", "MonotonicClock", "Recorder", "Sink", "greet", "steady_ns"]

SILENT_US = 5_000_000
HELD_UP_US = 10_000_000
PATIENCE_S = 2.5  # in which a header comes unasked: an Uno boots for about 1.5 s
ANSWER_S = 1.0  # after it was asked


class ByteSource(Protocol):
    """Where chunks come from."""

    threaded: bool

    @property
    def device(self) -> Device:
        """Who is there."""

    def get(self, timeout: float) -> Chunk | None:
        """Next chunk, or None after `timeout` seconds."""

    def write(self, data: bytes) -> None:
        """Send bytes to the device."""

    def close(self) -> None:
        """Give it back."""


class Sink(Protocol):
    """Where records go to."""

    def write_received(self, host_us: int, data: bytes) -> None:
        """Keep bytes as received."""

    def write_mark(self, host_us: int, event: str, facts: Mapping[str, Any] | None = None) -> None:
        """Keep what happened."""

    def free_bytes(self) -> int:
        """Room that is left."""

    def close(self) -> None:
        """Close it."""


def steady_ns() -> int:
    """Nanoseconds of a clock that nobody can set, that goes on while the computer sleeps, and counts finely.

    Python's own monotonic clock stands still in a sleeping Linux or macOS computer, which would glue what
    came before to what came after, and counts in steps of 16 ms on Windows (before Python 3.13).
    """
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    return time.perf_counter_ns()


class MonotonicClock:
    """Microseconds since it was made, by a clock that nobody can set.

    Parameters
    ----------
    now_ns : callable, default steady_ns
        Nanoseconds of a clock that only goes forward.
    """

    def __init__(self, now_ns: Callable[[], int] = steady_ns) -> None:
        self._now_ns = now_ns
        self._began = now_ns()

    def us(self) -> int:
        """Microseconds since it was made."""
        return (self._now_ns() - self._began) // 1000


@dataclass(frozen=True)
class Greeting:
    """What a device said before the recording began.

    Attributes
    ----------
    guess : Guess
        Framed, plain, garbled, text or silent, with a sentence.
    chunks : tuple of Chunk
        What came meanwhile; it belongs into the journal.
    """

    guess: Guess
    chunks: tuple[Chunk, ...]

    @property
    def data(self) -> bytes:
        """All bytes that came."""
        return b"".join(chunk.data for chunk in self.chunks)


def greet(
    source: ByteSource,
    *,
    clock_us: Callable[[], int],
    patience: float = PATIENCE_S,
    answer: float = ANSWER_S,
    should_stop: Callable[[], bool] = lambda: False,
) -> Greeting:
    """Wait for a device to say who it is, and ask it once.

    Opening a port may or may not have reset the board: so wait for its header, then ask with `?`,
    then take what it prints as plain numbers.

    Parameters
    ----------
    source : ByteSource
        Where its bytes come from.
    clock_us : callable
        Microseconds of the recorder's clock.
    patience : float, default 2.5
        Seconds to wait for a header unasked.
    answer : float, default 1.0
        Seconds to wait after asking.
    should_stop : callable, optional
        Whether somebody wants to wait no longer; what has come by then is judged.

    Returns
    -------
    Greeting
        What is there; `guess.kind` is "silent" where nothing came.

    Raises
    ------
    PortLost
        If the device goes away meanwhile.
    """
    chunks: list[Chunk] = []
    start = clock_us()
    until = start + round(patience * 1e6)
    asked = heard = False
    while not should_stop():
        chunk = source.get(0.05)
        if chunk is not None:
            if chunk.news == "lost":
                raise PortLost(source.device.port, (clock_us() - start) / 1e6)
            chunks.append(chunk)
        recent = b"".join(chunk.data for chunk in chunks[-64:])
        if not heard and b"H,1,rate=" in recent:
            heard = True
            until = min(until, clock_us() + 300_000)
        is_running = b"\nD," in recent  # frames, but no header: it booted before, so ask now
        if clock_us() < until and not (is_running and not asked and not heard):
            continue
        if asked or heard:
            break
        asked = True
        source.write(b"?")
        until = clock_us() + round(answer * 1e6)
    return Greeting(guess_format(b"".join(chunk.data for chunk in chunks)), tuple(chunks))


class Recorder:
    """Writes what comes from a source to a sink, and marks between; ends well whatever happens.

    Parameters
    ----------
    source : ByteSource
        Open source; closed by `stop`.
    sink : Sink
        Open sink; closed by `stop`.
    clock_us : callable
        Microseconds of the clock that the source stamps with.
    monitor : Monitor
        What is told everything that comes, for warnings and live figures.

    Attributes
    ----------
    trouble : TouchRhythmError or None
        Why the recording had to end.
    should_stop : threading.Event
        Set by whoever wants it to end.
    on_news : callable
        Told at once when the device has gone, has come back, or has been silent for 5 s ("silent"), and
        when nothing could be recorded for 10 s because the computer slept ("slept").
    """

    def __init__(
        self, source: ByteSource, sink: Sink, *, clock_us: Callable[[], int], monitor: Monitor
    ) -> None:
        self.source = source
        self.monitor = monitor
        self.clock_us = clock_us
        self.trouble: TouchRhythmError | None = None
        self.should_stop = threading.Event()
        self.on_news: Callable[[Chunk], None] = lambda _: None
        self._sink = sink
        self._heard_us = clock_us()
        self._is_silent = False
        self._is_over = threading.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def start(self, before: tuple[Chunk, ...] = ()) -> None:
        """Begin; `before` are chunks that came while the device was greeted."""
        device = self.source.device.to_dict()
        self.mark("port open", {"device": device}, at_us=before[0].host_us if before else None)
        for chunk in before:
            self._take(chunk)
        if self.source.threaded:
            self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
            self._thread.start()

    def wait(self, seconds: float, *, until: Callable[[], bool] | None = None) -> bool:
        """Record on for a while.

        Parameters
        ----------
        seconds : float
            How long, by the recorder's clock.
        until : callable, optional
            Wait no longer once this is true.

        Returns
        -------
        bool
            False if the recording is to end: somebody asked for it, or there is trouble.
        """
        end = self.clock_us() + round(seconds * 1e6)
        while not self.should_stop.is_set() and self.trouble is None:
            left = end - self.clock_us()
            if left <= 0 or (until is not None and until()):
                return True
            if self.source.threaded:
                self.should_stop.wait(min(left / 1e6, 0.05))
            else:
                self._step(min(left / 1e6, 0.05))
        return False

    def mark(self, event: str, facts: Mapping[str, Any] | None = None, *, at_us: int | None = None) -> int:
        """Keep what happened, on the disk before this returns; gives its time."""
        stamp = self.clock_us() if at_us is None else at_us
        try:
            self._sink.write_mark(stamp, event, facts)
        except TouchRhythmError as error:
            self.give_up(error)
        return stamp

    def minutes_left(self, bytes_per_second: float) -> float:
        """Minutes until the disk is full at this rate."""
        from touchrhythm.units import SECONDS_PER_MINUTE

        return self._sink.free_bytes() / max(bytes_per_second, 1.0) / SECONDS_PER_MINUTE

    def stop(self, reason: str = "complete") -> None:
        """Write the closing record, give port and file back; stopping twice does no harm."""
        if self._is_closed:
            return
        self._is_closed = True
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
        self.source.close()
        while self.source.threaded and self.trouble is None and (chunk := self.source.get(0.0)) is not None:
            self._take(chunk)
        self.mark("end", {"reason": reason, "counts": self.monitor.counts()})
        self._sink.close()

    def _run(self) -> None:
        try:
            while not self._is_over.is_set() and self.trouble is None:
                began = self.clock_us()
                self._step(0.1)
                self._note_sleep(began)
        except Exception as error:  # a thread that dies in silence would record nothing from then on
            self.give_up(
                TouchRhythmError(f"the recorder met a fault of its own ({type(error).__name__}: {error})")
            )

    def _note_sleep(self, began_us: int) -> None:
        now = self.clock_us()
        if now - began_us > HELD_UP_US:
            seconds = round((now - began_us) / 1e6, 1)
            self.mark("warning", {"what": "computer slept or was held up", "seconds": seconds}, at_us=now)
            self.on_news(Chunk(now, news="slept"))

    def _step(self, timeout: float) -> None:
        began = self.clock_us()
        chunk = self.source.get(timeout)
        if chunk is not None:
            self._heard_us, self._is_silent = chunk.host_us, False
            self._take(chunk)
            return
        now = self.clock_us()
        if now - began > 1_000_000 + round(timeout * 1e6):
            self._heard_us += now - began  # it was not listened to: that is no silence of the device
        if not self._is_silent and self.monitor.is_connected and now - self._heard_us > SILENT_US:
            self._is_silent = True
            self.mark("warning", {"what": "device silent"}, at_us=now)
            self.on_news(Chunk(now, news="silent"))

    def _take(self, chunk: Chunk) -> None:
        try:
            if chunk.news:
                device = chunk.device.to_dict() if chunk.device is not None else None
                self._sink.write_mark(chunk.host_us, f"port {chunk.news}", {"device": device})
            else:
                self._sink.write_received(chunk.host_us, chunk.data)
        except TouchRhythmError as error:
            self.give_up(error)
            return
        self.monitor.take(chunk)
        if chunk.news:
            self.on_news(chunk)
        if chunk.news == "given up":
            self.give_up(PortLost(self.source.device.port, chunk.host_us / 1e6))

    def give_up(self, error: TouchRhythmError) -> None:
        """End the recording for a trouble that somebody else has seen; the first one counts."""
        if self.trouble is None:
            self.trouble = error
