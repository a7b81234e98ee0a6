"""Are these bytes text at all, or binary data or the wrong baud rate?

**Conventions.** Text is printable ASCII with tab, carriage return and line feed.

- `GarbledWatch` : tells while bytes come in
- `unprintable` : counts
"""

from __future__ import annotations

from touchrhythm.device.events import Event, Garbled

__all__ = ["GARBLED_FRACTION", "GARBLED_LEAST_BYTES", "GarbledWatch", "unprintable"]

GARBLED_FRACTION = 0.2
GARBLED_WINDOW_S = 2.0
GARBLED_LEAST_BYTES = 20

_PRINTABLE = bytes(range(32, 127)) + b"\t\r\n"


def unprintable(data: bytes) -> int:
    """Number of bytes that are no ASCII text."""
    return len(data.translate(None, _PRINTABLE))


class GarbledWatch:
    """Tells once in two seconds if the bytes are no text."""

    def __init__(self) -> None:
        self._start, self._total, self._odd = 0.0, 0, 0

    def feed(self, data: bytes, is_text: bool, arrival: float) -> list[Event]:
        """Count these bytes; a finding comes with the first bytes after the two seconds."""
        found: list[Event] = []
        if arrival - self._start >= GARBLED_WINDOW_S:
            if self._total >= GARBLED_LEAST_BYTES and self._odd > GARBLED_FRACTION * self._total:
                found = [Garbled(self._odd / self._total, arrival)]
            self._start, self._total, self._odd = arrival, 0, 0
        self._total += len(data)
        if not is_text:
            self._odd += unprintable(data)
        return found
