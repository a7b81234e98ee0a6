"""Which samples and presses do a journal's bytes hold, and when were they taken?

**Conventions.** The device's clock times the samples, mapped to the recorder's clock run by run; a
sketch without a clock is timed by arrival and says so. A reset, a replug and a break in arrival each
begin a new segment.

- `decode_journal` : all samples and button presses on the recorder's clock
- `make_reader`, `describe_format` : the reader for what a device speaks, and how it is stored
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.device.clock import arrival_times, fit_clock, unwrap_device_time, wire_time
from touchrhythm.device.events import Channel, Edge, Garbled, Sample
from touchrhythm.device.sketch_lines import Guess, PlainReader
from touchrhythm.device.touch_line import LineReader
from touchrhythm.errors import BadFile
from touchrhythm.io.journal_records import Journal, Mark, Received

__all__ = ["Decoded", "decode_journal", "describe_format", "make_reader"]

BAUD = 115200


@dataclass
class _Run:
    """Samples of one boot on one connection."""

    t_us: list[int] = field(default_factory=list)
    arrival: list[float] = field(default_factory=list)
    values: list[tuple[float, ...]] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Decoded:
    """All that a journal's bytes say, on the recorder's clock.

    Attributes
    ----------
    time : ndarray, shape (n,)
        Seconds, increasing.
    values : ndarray, shape (n, n_channels)
        Raw counts.
    segment : ndarray of int, shape (n,)
        A new number after each reset, replug or break.
    presses : ndarray, shape (n_presses,)
        First contact of each press of the device's button, in seconds.
    channels : tuple of str
        One name per column.
    units : tuple of str
        Unit of each: "count", or what the lines of a sketch say.
    rate : float or None
        Rate that the device declares.
    timing : str
        "device" or "host".
    counts : dict
        Samples missing and damaged, resets.
    import_notes : tuple of str
        Sentences on what was unusual.
    """

    time: FloatArray
    values: FloatArray
    segment: np.ndarray
    presses: FloatArray
    channels: tuple[str, ...]
    units: tuple[str, ...]
    rate: float | None
    timing: str
    counts: dict[str, int]
    import_notes: tuple[str, ...]


def describe_format(guess: Guess) -> dict[str, Any]:
    """What a device speaks, as the journal's first line keeps it."""
    if guess.kind != "plain":
        return {"kind": "framed"}
    return {
        "kind": "plain",
        "n_columns": guess.n_columns,
        "labels": list(guess.labels),
        "time_unit": guess.time_unit,
        "units": list(guess.units),
        "leader": guess.leader,
        "has_decimal_comma": guess.has_decimal_comma,
    }


def make_reader(form: Mapping[str, Any]) -> LineReader | PlainReader:
    """A fresh reader of the format that `describe_format` gave."""
    if form.get("kind") != "plain":
        return LineReader()
    labels = tuple(str(label) for label in form.get("labels") or ())
    return PlainReader(
        n_columns=int(form.get("n_columns") or 1),
        labels=labels,
        time_unit=form.get("time_unit"),
        units=tuple(str(unit) for unit in form.get("units") or ()),
        leader=str(form.get("leader") or ""),
        has_decimal_comma=form.get("has_decimal_comma") is True,
    )


def decode_journal(journal: Journal, path: str | Path) -> Decoded:
    """All samples and presses of a journal, each run mapped to the recorder's clock.

    Raises
    ------
    BadFile
        If there is no sample in it.
    """
    runs, facts = _read_runs(journal)
    import_notes = list(journal.import_notes) + facts.import_notes
    parts = [_time_run(run, facts.has_clock) for run in runs if len(run.t_us) >= 2]
    if not parts:
        raise BadFile(path, "the journal must hold samples, got " + _what_came(journal))
    width = max({part[1].shape[1] for part in parts}, key=lambda n: sum(p[1].shape[1] == n for p in parts))
    parts = [part for part in parts if part[1].shape[1] == width]
    time, values, segment = _join(parts)
    presses = np.sort(np.concatenate([part[2] for part in parts]))
    names = _channel_names(facts.channels, width, str(journal.header.get("signal") or "force"))
    units = [channel.unit for channel in facts.channels] if len(facts.channels) == width else []
    units = ["count" if unit in ("", "number") else unit for unit in units] or ["count"] * width
    return Decoded(
        time,
        values,
        segment,
        presses,
        names,
        tuple(units),
        facts.rate,
        facts.timing,
        facts.counts,
        tuple(import_notes),
    )


@dataclass
class _Facts:
    channels: tuple[Channel, ...] = ()
    rate: float | None = None
    has_clock: bool = True
    timing: str = "device"
    counts: dict[str, int] = field(default_factory=lambda: {"missing": 0, "damaged": 0, "resets": 0})
    import_notes: list[str] = field(default_factory=list)
    n_repeated: int = 0
    n_edges_lost: int = 0


def _read_runs(journal: Journal) -> tuple[list[_Run], _Facts]:
    """Samples and edges, one `_Run` per boot and connection."""
    form = journal.header.get("format") or {}
    facts = _Facts()
    facts.has_clock = form.get("kind") != "plain" or form.get("time_unit") is not None
    facts.timing = "device" if facts.has_clock else "host"
    runs: dict[tuple[int, int], _Run] = {}
    both: list[Received | Mark] = [*journal.received, *journal.marks]
    records = sorted(both, key=lambda entry: entry.host_us)
    reader, connection = make_reader(form), 0
    for record in records:
        if isinstance(record, Mark):
            if record.event == "port lost":
                _sort_events(reader.close(), connection, runs, facts)
                _add_counts(reader, facts)
                reader, connection = make_reader(form), connection + 1
                facts.import_notes.append(f"the cable or device was gone at {record.host_us / 1e6:.1f} s")
        else:
            events = reader.feed(record.data, record.host_us / 1e6)
            _sort_events(events, connection, runs, facts)
    _sort_events(reader.close(), connection, runs, facts)
    _add_counts(reader, facts)
    for name, single, many in (
        ("missing", "1 sample was lost on the way", "samples were lost on the way"),
        ("damaged", "1 line came damaged", "lines came damaged"),
    ):
        if n := facts.counts[name]:
            facts.import_notes.append(single if n == 1 else f"{n} {many}")
    if facts.n_repeated:
        facts.import_notes.append(
            "1 line came twice" if facts.n_repeated == 1 else f"{facts.n_repeated} lines came twice"
        )
    if n := facts.n_edges_lost:
        many = "1 change of the button was" if n == 1 else f"{n} changes of the button were"
        facts.import_notes.append(f"{many} lost on the way: taps may be missing")
    if n := facts.counts["resets"]:
        facts.import_notes.append(f"the device started anew {'once' if n == 1 else f'{n} times'}")
    return [runs[key] for key in sorted(runs)], facts


def _sort_events(
    events: list[Any], connection: int, runs: dict[tuple[int, int], _Run], facts: _Facts
) -> None:
    for event in events:
        if type(event) is Sample:
            run = runs.setdefault((connection, event.run), _Run())
            run.t_us.append(-1 if event.t_us is None else event.t_us)
            run.arrival.append(event.arrival)
            run.values.append(event.values)
        elif isinstance(event, Edge):
            runs.setdefault((connection, event.run), _Run()).edges.append(event)
        elif isinstance(event, Garbled) and event.message not in facts.import_notes:
            facts.import_notes.append(event.message)


def _add_counts(reader: LineReader | PlainReader, facts: _Facts) -> None:
    counts = reader.counts
    facts.counts["missing"] += counts.missing
    facts.counts["damaged"] += counts.n_damaged
    facts.counts["resets"] += counts.resets
    facts.n_repeated += counts.n_repeated
    facts.n_edges_lost += counts.edges_lost
    facts.channels = tuple(reader.channels) or facts.channels
    rate = reader.header.get("rate")
    if rate is not None:
        facts.rate = float(rate)


Timed = tuple[FloatArray, FloatArray, FloatArray, np.ndarray]


def _time_run(run: _Run, has_clock: bool) -> Timed:
    """Times, values, presses and breaks of one run, on the recorder's clock."""
    width = int(np.bincount([len(row) for row in run.values]).argmax())
    keep = np.array([len(row) == width for row in run.values])
    values = np.array([row for row in run.values if len(row) == width], dtype=np.float64)
    arrival = np.array(run.arrival)
    if not has_clock:
        time, part = arrival_times(arrival)
        return time[keep], values, np.zeros(0), part[keep]
    stamps = np.array(run.t_us + [edge.t_us for edge in run.edges], dtype=np.int64)
    hosts = np.concatenate([arrival, [edge.arrival for edge in run.edges]])
    order = np.argsort(hosts, kind="stable")
    device = np.empty(stamps.size)
    device[order] = unwrap_device_time(stamps[order], hosts[order])
    n = arrival.size
    n_bytes = 24 + 9 * width
    clock = fit_clock(device[:n], arrival, constant=wire_time(n_bytes, BAUD))
    pressed = np.array([edge.level == 1 for edge in run.edges], dtype=bool)
    return clock.to_host(device[:n])[keep], values, clock.to_host(device[n:][pressed]), np.zeros(n, int)[keep]


def _join(parts: list[Timed]) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """One run after the other, time always increasing, each break a new segment."""
    times, values, segments, last, number = [], [], [], -np.inf, 0
    for time, value, _, part in parts:
        rises = time > np.maximum.accumulate(np.concatenate(([last], time[:-1])))
        times.append(time[rises])
        values.append(value[rises])
        segments.append(part[rises] + number)
        number += int(part.max(initial=0)) + 1
        last = max(last, float(time.max(initial=last)))
    return np.concatenate(times), np.concatenate(values), np.concatenate(segments)


def _channel_names(channels: tuple[Channel, ...], width: int, signal: str) -> tuple[str, ...]:
    names = tuple(channel.name for channel in channels)
    if (
        names[:1] == ("value1",) and signal not in names
    ):  # a sketch that names nothing: the first is the signal
        names = (signal, *names[1:])
    if len(names) == width and len(set(names)) == width:
        return names
    return (signal,) if width == 1 else tuple(f"channel{i + 1}" for i in range(width))


def _what_came(journal: Journal) -> str:
    n_bytes = sum(len(record.data) for record in journal.received)
    return f"{n_bytes} bytes without two lines in a row that can be read" if n_bytes else "no byte at all"
