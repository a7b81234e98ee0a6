"""Lines as a board sends them in "touch line 1", and what a reader made of them."""

from __future__ import annotations

import math

from touchrhythm.device.touch_line import Event, LineReader, Sample, frame

Row = tuple[int, int, tuple[int, ...], int]


def header(boot: int) -> bytes:
    return (
        frame(f"H,1,fw=touchref-1.0,boot={boot},lines=3")
        + frame("H,1,ch1=force:count:hx711,settle_us=50000")
        + frame("H,1,rate=80,every_s=10")
    )


HEADER = header(42)


def rows(
    n: int, *, start: int = 0, first_us: int = 5000, step: int = 12340, level: int = 400_000
) -> list[Row]:
    return [
        (
            seq,
            (first_us + k * step + seq % 7) % 2**32,
            (round(level * (1 + 0.15 * math.sin(k / 95)) + seq * 37 % 80),),
            int(seq % 640 < 20),
        )
        for k, seq in enumerate(range(start, start + n))
    ]


def body(row: Row) -> bytes:
    return b"D,%d,%d,%s,%d" % (row[0], row[1], b",".join(b"%d" % value for value in row[2]), row[3])


def wire(rows: list[Row]) -> bytes:
    return b"".join(frame(body(row)) for row in rows)


def read(data: bytes, arrival: float = 0.0) -> tuple[LineReader, list[Event]]:
    reader = LineReader()
    return reader, [*reader.feed(data, arrival), *reader.close()]


def samples(events: list[Event]) -> list[Row]:
    return [event[:4] for event in events if isinstance(event, Sample)]  # type: ignore[misc]
