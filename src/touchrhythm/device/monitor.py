"""What is happening on the wire right now? Figures for warnings and for the assistant's live view.

Nothing here is kept or analysed: it forgets what is older than a minute, so an hour's recording
needs no more room than a minute's.

**Conventions.** Times are seconds of the recorder's clock. Force in grams needs a calibration;
without one it is None, and counts are shown. The first channel is the force.

- `Scale` : counts to grams
- `Monitor` : fed with chunks, asked for figures
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from touchrhythm.device.events import Channel, Edge, Event, Garbled, Sample, Status
from touchrhythm.device.port import Chunk
from touchrhythm.settings import MAX_FORCE_G
from touchrhythm.units import counts_to_grams

__all__ = ["Monitor", "Reader", "Scale"]

RECENT_S = 64.0


class Reader(Protocol):
    """What turns bytes into events: a `LineReader` or a `PlainReader`."""

    counts: Any
    header: dict[str, str]

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Channels named so far."""

    def feed(self, data: bytes, arrival: float) -> list[Event]:
        """Events that end in these bytes."""

    def close(self) -> list[Event]:
        """Events that were held back."""


@dataclass(frozen=True)
class Scale:
    """A straight calibration line: what a count weighs, and which count is zero."""

    counts_per_gram: float
    zero_counts: float

    def grams(self, counts: float) -> float:
        """Force in grams.

        >>> Scale(100.0, 1000.0).grams(1500.0)
        5.0
        """
        return counts_to_grams(counts, self.counts_per_gram, self.zero_counts)


class Monitor:
    """Figures of a recording while it runs.

    Parameters
    ----------
    make_reader : callable
        Gives a fresh reader of the device's format; called again when the device was replugged.
    scale : Scale, optional
        Calibration of the first channel.
    max_force_g : float, default 30.0
        Above this `on_force` is called.
    on_force : callable, optional
        Called with the force in grams at the first sample above `max_force_g`, and again after 2 s.
    """

    def __init__(
        self,
        make_reader: Callable[[], Reader],
        *,
        scale: Scale | None = None,
        max_force_g: float = MAX_FORCE_G,
        on_force: Callable[[float], None] | None = None,
    ) -> None:
        self.scale = scale
        self.on_force = on_force
        self.max_force_g = max_force_g
        self.last: Sample | None = None
        self.last_byte_s: float | None = None
        self.first_s: float | None = None
        self.n_bytes = 0
        self.n_samples = 0
        self.n_presses = 0
        self.n_saturated = 0
        self.has_button = False
        self.is_connected = True
        self.garbled = ""
        self.recent: deque[tuple[float, float]] = deque()
        self._make_reader = make_reader
        self._reader = make_reader()
        self._before = {"missing": 0, "damaged": 0, "resets": 0}
        self._txdrop: int | None = None
        self._dropped = 0
        self._saw_boot = False
        self._warned_s = -1e9
        self._sum: list[float] | None = None
        self._n_sum = 0

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Channels as the device names them."""
        return self._reader.channels

    @property
    def sees_losses(self) -> bool:
        """Whether the device numbers its samples, so that a lost one can be seen."""
        return self._reader.header.get("loss detection") != "none"

    @property
    def force_g(self) -> float | None:
        """Force in grams now; None without a calibration or a sample."""
        if self.scale is None or self.last is None:
            return None
        return self.scale.grams(self.last.values[0])

    @property
    def fs(self) -> float | None:
        """Samples per second over the last seconds; None before there are some."""
        if len(self.recent) < 8:
            return None
        span = self.recent[-1][0] - self.recent[0][0]
        return (len(self.recent) - 1) / span if span > 0.5 else None

    def take(self, chunk: Chunk) -> None:
        """Look at what came."""
        if chunk.news:
            self._hear(chunk.news)
            return
        arrival = chunk.host_us / 1e6
        self.last_byte_s = arrival
        self.n_bytes += len(chunk.data)
        if self.first_s is None:
            self.first_s = arrival
        self._look(self._reader.feed(chunk.data, arrival))

    def counts(self) -> dict[str, int]:
        """What was received and lost so far, for the closing record."""
        now = self._reader.counts
        return {
            "samples": self.n_samples,
            "presses": self.n_presses,
            "missing": self._before["missing"] + now.missing,
            "damaged": self._before["damaged"] + now.n_damaged,
            "dropped by device": self._dropped,
            "resets": self._before["resets"] + now.resets,
        }

    def set_zero(self, zero_counts: float) -> None:
        """Take a new zero for the force, as a tare found it."""
        if self.scale is not None:
            self.scale = replace(self.scale, zero_counts=zero_counts)

    def begin_mean(self) -> None:
        """Start to average all channels, for a tare or a weight."""
        self._n_sum, self._sum = 0, []

    def end_mean(self) -> tuple[float, ...] | None:
        """Mean of each channel in counts since `begin_mean`; None where no sample came."""
        total, self._sum = self._sum, None
        return (
            tuple(sum_of_channel / self._n_sum for sum_of_channel in total) if total and self._n_sum else None
        )

    def _hear(self, news: str) -> None:
        self.is_connected = news == "found"
        if news == "lost":
            self._look(self._reader.close())
            counts = self.counts()
            self._before = {name: counts[name] for name in self._before}
            self._reader = self._make_reader()

    def _look(self, events: list[Event]) -> None:
        for event in events:
            if type(event) is Sample:
                self._see(event)
            elif isinstance(event, Edge):
                self.has_button = True
                self.n_presses += event.level == 1
            elif isinstance(event, Garbled):
                self.garbled = event.message
            elif isinstance(event, Status):
                self._count_drops(event.txdrop)

    def _count_drops(self, txdrop: int) -> None:
        """Add what the device dropped since it was last asked; what it dropped before we came is not ours."""
        if self._txdrop is None:
            self._dropped = txdrop if self._saw_boot else 0
        else:
            self._dropped += txdrop - self._txdrop if txdrop >= self._txdrop else txdrop
        self._txdrop = txdrop

    def _see(self, sample: Sample) -> None:
        if self.last is None:
            self._saw_boot = sample.seq == 0
        self.last = sample
        self.n_samples += 1
        self.has_button = self.has_button or sample.button is not None
        value = sample.values[0]
        self.recent.append((sample.arrival, value))
        while sample.arrival - self.recent[0][0] > RECENT_S:
            self.recent.popleft()
        if self._sum is not None:
            self._add(sample.values)
        channels = self._reader.channels
        if channels and not channels[0].low < value < channels[0].high:
            self.n_saturated += 1
        if self.scale is not None and self.on_force is not None:
            force = self.scale.grams(value)
            if force > self.max_force_g and sample.arrival - self._warned_s > 2.0:
                self._warned_s = sample.arrival
                self.on_force(force)

    def _add(self, values: tuple[float, ...]) -> None:
        if not self._n_sum:
            self._sum = [0.0] * len(values)
        assert self._sum is not None
        if len(values) == len(self._sum):
            self._sum = [a + b for a, b in zip(self._sum, values, strict=True)]
            self._n_sum += 1
