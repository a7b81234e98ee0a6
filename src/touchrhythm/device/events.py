"""What can a line from the device turn out to be?

The types that the readers in `touch_line` and `sketch_lines` hand out, in the order of the bytes.

**Conventions.** `t_us` is the device's clock as sent: unsigned 32 bit microseconds, which wrap
(`clock.unwrap_device_time` undoes that). `arrival` is the host's time in seconds that was passed
with the bytes in which the line ended. `run` counts the device's resets from 0: within one run
the sequence number and the device's clock go on; across runs nothing does.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "Channel",
    "Damaged",
    "Edge",
    "Event",
    "Garbled",
    "Header",
    "Reset",
    "Sample",
    "Status",
    "parse_channels",
]


_RANGES = {
    "hx711": (-(1 << 23), (1 << 23) - 1),
    "nau7802": (-(1 << 23), (1 << 23) - 1),
    "adc": (0, 65535),
    "max30102": (0, (1 << 18) - 1),
}
_ANY = (-(1 << 31), (1 << 31) - 1)


class Sample(NamedTuple):
    """One conversion: raw values of all channels and the button's level at that time."""

    seq: int
    t_us: int | None
    values: tuple[float, ...]
    button: int | None
    arrival: float
    run: int


class Edge(NamedTuple):
    """A button edge; `t_us` is the first contact, `level` 1 means pressed."""

    n: int
    t_us: int
    level: int
    arrival: float
    run: int


class Status(NamedTuple):
    """What the device itself lost since its start: lines not sent, conversions not read."""

    seq: int
    t_us: int
    txdrop: int
    adcmiss: int
    arrival: float
    run: int


class Header(NamedTuple):
    """One header line as names and values."""

    fields: dict[str, str]
    arrival: float


class Reset(NamedTuple):
    """The device started anew; stands before the first sample of the new run."""

    reason: str
    run: int
    arrival: float


class Damaged(NamedTuple):
    """A line that is not used, with the reason."""

    reason: str
    text: bytes
    arrival: float


class Garbled(NamedTuple):
    """More than a fifth of the bytes of two seconds are not text."""

    share: float
    arrival: float

    @property
    def message(self) -> str:
        """The finding as a sentence."""
        return (
            f"{self.share:.0%} of the bytes are unprintable: binary data or wrong baud rate"
            " (is the sketch at 115200 baud, and is this the right port?)"
        )


Event = Sample | Edge | Status | Header | Reset | Damaged | Garbled


class Channel(NamedTuple):
    """A raw column as the header names it; values outside `low` to `high` cannot be."""

    name: str
    unit: str
    device: str
    low: float
    high: float


def parse_channels(fields: dict[str, str]) -> tuple[Channel, ...]:
    """Channels that header fields `ch1=name:unit:device` (and `range1=low..high`) declare.

    >>> parse_channels({"ch1": "force:count:hx711"})[0].high
    8388607
    """
    channels: list[Channel] = []
    while text := fields.get(f"ch{len(channels) + 1}"):
        name, unit, device = (*text.split(":"), "", "")[:3]
        low, high = _RANGES.get(device, _ANY)
        declared = re.fullmatch(r"(-?\d+)\.\.(-?\d+)", fields.get(f"range{len(channels) + 1}", ""))
        if declared:
            low, high = int(declared[1]), int(declared[2])
        channels.append(Channel(name, unit or "count", device, low, high))
    return tuple(channels)
