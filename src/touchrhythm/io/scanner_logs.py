"""What do the physiological logs of MR scanners hold? Siemens, CMRR and Philips files.

**Conventions.** One tic of a Siemens clock is 2.5 ms. Rows that only mark a trigger are no samples. GE files
hold bare numbers and tell nothing; they are read as any column of numbers, with the rate that is given.

- `read_scanner_log` : text → `Preamble` and a plain table, or None
"""

from __future__ import annotations

import re

from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io.content import Source
from touchrhythm.io.preamble import Preamble

__all__ = ["read_scanner_log"]

TIC = 0.0025  # s
CHANNELS = {"RESP": "breathing", "PULS": "pulse", "ECG": "pulse", "EXT": "trigger", "EXT2": "trigger"}
TRIGGER = re.compile(rb"(?m)^[^\n]*_TRIGGER[^\n]*\n?")
TRIGGERS = (b"5000", b"6000")  # marks among the samples of a Siemens log: trigger on and off
PHILIPS = re.compile(rb"(?m)^#\s*(v1raw[^\n]*)$")
PHILIPS_ROLES = {
    "ppu": "pulse",
    "resp": "breathing",
    "vsc": "",
    "v1": "pulse",
    "v2": "pulse",
    "v1raw": "pulse",
    "v2raw": "pulse",
}


def read_scanner_log(source: Source) -> tuple[Preamble, bytes] | None:
    """Preamble and plain table of a scanner's log; None where something else wrote the file."""
    head = source.data[:8192]
    if b"ACQ_TIME_TICS" in head:
        return _cmrr(source)
    if b"LogStartM" in source.data[-4096:] and re.match(rb"\s*\d+ \d+ \d+ \d+ ", head):
        return _siemens(source)
    hit = PHILIPS.search(head)
    return None if hit is None else _philips(source, hit[1].decode().split(), hit.end())


def _cmrr(source: Source) -> tuple[Preamble, bytes]:
    """Columns ACQ_TIME_TICS CHANNEL VALUE [SIGNAL] below a few keys."""
    at = source.data.index(b"ACQ_TIME_TICS")
    stop = source.data.find(b"\n", at) + 1 or len(source.data)  # cut off before its first row
    above = source.data[:at].decode()
    kind = re.search(r"LogDataType\s*=\s*(\w+)", above)
    name = kind[1] if kind else "VALUE"
    rows, n_triggers = _without_triggers(source.data[stop:], above)
    channels = set(re.findall(rb"(?m)^\s*\d+\s+(\w+)", rows[:200_000]))
    if len(channels) > 1:
        raise BadFile(
            source.path,
            f"must hold one channel, got {', '.join(sorted(channel.decode() for channel in channels))}",
        )
    rows = re.sub(rb"(?m)^\s*(\d+)\s+\w+\s+(\S+).*$", rb"\1\t\2", rows)
    notes = (f"{n_triggers} rows that mark triggers are no samples and were left out",) if n_triggers else ()
    roles = {0: "time", 1: CHANNELS.get(name, "")}
    preamble = Preamble("Siemens (CMRR)", ("time", name), ("s", ""), roles=roles, tick=TIC, notes=notes)
    return preamble, b"\n" * (source.data[:stop].count(b"\n") - 1) + b"time\t" + name.encode() + b"\n" + rows


def _without_triggers(rows: bytes, above: str) -> tuple[bytes, int]:
    """Rows without those that only mark a trigger, between the samples; a mark on a sample's own row stays with it."""
    step, first = re.search(r"SampleTime\s*=\s*(\d{1,9})\b", above), re.search(rb"\d{1,18}", rows)
    if step is None or first is None or int(step[1]) < 2:
        return TRIGGER.subn(b"", rows)
    begin, period, n = int(first[0]), int(step[1]), 0

    def kept(hit: re.Match[bytes]) -> bytes:
        nonlocal n
        tic = re.match(rb"\s*(\d{1,18})\b", hit[0])
        is_between = tic is None or (int(tic[1]) - begin) % period != 0
        n += is_between
        return b"" if is_between else hit[0]

    return TRIGGER.sub(kept, rows), n


def _siemens(source: Source) -> tuple[Preamble, bytes]:
    """One line of numbers with triggers among them, and the clocks below it: the rate is what they show."""
    first, _, below = source.data.partition(b"\n")
    text = re.sub(rb"\b5002\b.*?\b6002\b", b" ", first)
    numbers = text.split(b" 5003", 1)[0].split()[4:]
    odd = next((number for number in numbers if not number.isdigit()), None)
    if odd is not None:
        raise BadFile(source.path, f"samples must be whole numbers, got {odd.decode()[:20]!r}", 1)
    samples = [number for number in numbers if number.lstrip(b"0") not in TRIGGERS]
    clocks = dict(re.findall(rb"(Log(?:Start|Stop)MDHTime):\s*(\d{1,18})\b", below))
    if len(clocks) < 2:
        raise Undecided(source.path, "no LogStartMDHTime and LogStopMDHTime below the samples", ("--fs HZ",))
    lasted = (int(clocks[b"LogStopMDHTime"]) - int(clocks[b"LogStartMDHTime"])) / 1000
    if lasted <= 0 or not samples:
        raise BadFile(source.path, f"{len(samples)} samples in {lasted:g} s, by the clocks below them")
    rate = len(samples) / lasted
    kind = source.path.suffix.lower().strip(".").upper()
    name = kind if kind in CHANNELS else "signal"
    words = f"{len(samples)} samples between LogStartMDHTime and LogStopMDHTime, {lasted:g} s"
    notes = (f"{len(numbers) - len(samples)} trigger marks among the samples were left out",)
    preamble = Preamble("Siemens", (name,), (), ((rate, words),), {0: CHANNELS.get(name, "")}, notes=notes)
    return preamble, name.encode() + b"\n" + b"\n".join(samples) + b"\n"


def _philips(source: Source, names: list[str], at: int) -> tuple[Preamble, bytes]:
    """SCANPHYSLOG: names behind #, marks in hexadecimal; the rate stands nowhere (496 or 500 Hz)."""
    kept = [k for k, name in enumerate(names) if not name.startswith("mark")]
    rows = re.sub(rb"(?m)^#.*$", b"", source.data[at:])
    pattern = rb"(?m)^[ \t]*((?:\S+[ \t]+){%d}\S+)(?:[ \t]+[0-9a-fA-F]+)*[ \t]*$" % (len(kept) - 1)
    rows = re.sub(pattern, rb"\1", rows)
    found = [names[k] for k in kept]
    roles = {
        k: PHILIPS_ROLES.get(name, "motion" if re.fullmatch("g[xyz]", name) else "")
        for k, name in enumerate(found)
    }
    notes = ("a SCANPHYSLOG does not tell its rate: 496 Hz with wireless sensors, 500 Hz with wired ones",)
    preamble = Preamble("Philips", tuple(found), roles=roles, notes=notes)
    return preamble, b"\n" * source.data[:at].count(b"\n") + " ".join(found).encode() + rows
