"""What do the lines above the data say that a known program wrote?

**Conventions.** Lines and columns are counted from 0. Each recogniser looks at the first lines of a text and
answers with a `Preamble`, or with None where another program wrote it. What a program is known to write is
"stated": it is not guessed again from the numbers.

- `Preamble` : names, units, roles, rate and rails that stand above the data
- `recognise` : text → `Preamble` or None
- `headed` : text with one plain line of names in place of what stood above the data
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from touchrhythm.errors import BadFile
from touchrhythm.io.content import Source, parse_json, quoted_cells
from touchrhythm.io.stated_rate import number_of, stated_rates
from touchrhythm.words.columns import role_of, time_unit_of

__all__ = ["Preamble", "headed", "recognise"]

HEAD = 1 << 16  # bytes in which a preamble ends
OPENSIGNALS_ROLES = {
    "resp": "breathing",
    "respbit": "breathing",
    "rip": "breathing",
    "pzt": "breathing",
    "piezo": "breathing",
    "ecg": "pulse",
    "ecgbit": "pulse",
    "bvp": "pulse",
    "ppg": "pulse",
    "fsr": "force",
    "loadcell": "force",
    "force": "force",
    "temp": "temperature",
    "ntc": "temperature",
}

EMPATICA = {
    "BVP": ("pulse", ""),
    "TEMP": ("temperature", "°C"),
    "HR": ("heart rate", "bpm"),
    "EDA": ("skin conductance", "µS"),
}


@dataclass(frozen=True)
class Preamble:
    """What stands above the data.

    Attributes
    ----------
    program : str
        Who wrote the file.
    names, units : tuple of str
        One per column; `units` may be empty.
    rates : tuple of (float, str)
        Sampling rate in Hz and the words that state it.
    roles, rails : mapping
        By column: what it holds; the highest count of its converter.
    tick : float or None
        Seconds of one count of the time column.
    use_time : bool
        False where the times are not those of the samples (arrival in packets) and the rate counts.
    blocks : tuple of (int, float)
        First row of each block, and seconds from the start of the first.
    annotations : tuple of (int, str)
        Row and text of each comment.
    notes : tuple of str
        Sentences on what was left out.
    """

    program: str
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    rates: tuple[tuple[float, str], ...] = ()
    roles: Mapping[int, str] = field(default_factory=dict)
    rails: Mapping[int, float] = field(default_factory=dict)
    tick: float | None = None
    use_time: bool = True
    blocks: tuple[tuple[int, float], ...] = ()
    annotations: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.units:  # a damaged line may hold more or fewer than there are names
            units = (*self.units, *[""] * len(self.names))[: len(self.names)]
            object.__setattr__(self, "units", units)


Found = tuple[Preamble, int, str]  # what stands above, the first line of data, and the separator


def recognise(source: Source) -> tuple[Preamble, bytes] | None:
    """What a known program wrote above the data, and the text with one plain line of names; None: unknown."""
    head = source.data[:HEAD].decode(errors="replace").split("\n")
    for reader in READERS:
        found = reader(head)
        if found is not None:
            preamble, first, separator = found
            if preamble.program == "Empatica E4":
                preamble = _by_name_of_file(preamble, source.path.stem.split(".")[0].upper())
            return preamble, headed(source.data, first, preamble.names, separator)
    return None


def headed(data: bytes, first: int, names: tuple[str, ...], separator: str) -> bytes:
    """Text from a line on, below a line of names; as many lines as before, so that messages count right."""
    at = 0
    for _ in range(first):
        at = data.find(b"\n", at) + 1 or len(data)  # cut off before its first row
    title = separator.join('"' + name.replace('"', "'") + '"' for name in names) if names else ""
    return b"\n" * max(0, first - 1) + title.encode() + b"\n" * min(1, first) + data[at:]


def _opensignals(lines: list[str]) -> Found | None:
    """OpenSignals and BITalino: a JSON object per device behind #, tab between columns."""
    if not lines[0].startswith("#") or "Text File Format" not in lines[0]:
        return None
    stop = next((k for k, line in enumerate(lines) if "EndOfHeader" in line), None)
    text = next((line.lstrip("# ") for line in lines[1:5] if "{" in line), "")
    if stop is None or not text:
        return None
    try:
        devices = list(parse_json(text.encode(), "the header").values())
    except (BadFile, AttributeError):
        return None
    about = devices[0] if devices and isinstance(devices[0], dict) else {}
    first = lines[stop + 1].rstrip().split("\t") if stop + 1 < len(lines) else []
    names = [
        str(name) for device in devices if isinstance(device, dict) for name in _listed(device, "column")
    ]
    labels = [str(name) for name in _listed(about, "label")]
    if len(names) != len(first):
        names = ["nSeq", *[f"D{k}" for k in range(1, len(first) - len(labels))], *labels]
    rate = about.get("sampling rate")
    rates = ((float(rate), f'"sampling rate": {rate}'),) if isinstance(rate, int | float) and rate > 0 else ()
    at = {name: k for k, name in enumerate(names)}
    sensors = dict(zip(labels, map(str, _listed(about, "sensor")), strict=False))
    roles = {
        at[name]: _sensor_role(sensor)
        for name, sensor in sensors.items()
        if name in at and _sensor_role(sensor)
    }
    roles |= {k: "counter" for k, name in enumerate(names) if name.lower() == "nseq"}
    roles |= {k: "trigger" for k, name in enumerate(names) if re.fullmatch(r"[IO]\d|DI|D\d", name)}
    bits = about.get("resolution")
    bits = [bits] * len(labels) if isinstance(bits, int) else _listed(about, "resolution")
    tops = zip(labels, bits[-len(labels) :] if labels else [], strict=False)
    rails = {at[name]: 2.0**n - 1 for name, n in tops if name in at and isinstance(n, int) and 4 < n <= 24}
    preamble = Preamble("OpenSignals", tuple(names), (), rates, roles, rails, use_time=False)
    return preamble, stop + 1, "\t"


def _listed(about: dict[str, Any], key: str) -> list[Any]:
    """What a header lists under a key; nothing where it holds no list."""
    held = about.get(key)
    return held if isinstance(held, list) else []


def _sensor_role(sensor: str) -> str:
    return OPENSIGNALS_ROLES.get(sensor.lower()) or role_of(sensor)


def _acqknowledge(lines: list[str]) -> Found | None:
    """AcqKnowledge text: name, rate, number of channels, then name and unit of each, labels, sample counts."""
    hit = re.match(r"\s*(\d+) channels?\s*$", lines[2]) if len(lines) > 4 else None
    if hit is None or not re.search(r"/\s*sample|samples?/", lines[1]):
        return None
    n = int(hit[1])
    at = 3 + 2 * n
    mark = next((sign for sign in ("\t", ",") if len(lines) > at and sign in lines[at]), "")
    labels = [label.strip(' "') for label in lines[at].rstrip("\r\n").split(mark)] if mark else []
    if not mark or "CH" not in lines[at].upper() or len(lines) <= at + 1:
        return None
    own = labels[1:] if time_unit_of(labels[0]) else labels
    said = [(lines[3 + 2 * k].strip(), lines[4 + 2 * k].strip()) for k in range(n)]
    first = at + 1
    counts = lines[first].strip(" \t,\r").split(mark)
    if len(counts) == len(own) - own.count("") and len(set(counts)) == 1 and counts[0].isdigit():
        first += 1  # samples of each channel
    names = tuple(name for name, _ in said[: len(own)])
    units = tuple(unit for _, unit in said[: len(own)])
    if len(own) < len(labels):
        names, units = ("time", *names), (time_unit_of(labels[0]) or "", *units)
    return Preamble("AcqKnowledge", names, units, stated_rates(lines[:2])), first, mark


def _toa5(lines: list[str]) -> Found | None:
    """Campbell loggers: environment, names, units, kind of average."""
    if not lines[0].lstrip('"').startswith("TOA5") or len(lines) < 5:
        return None
    names, units = quoted_cells(lines[1], ","), quoted_cells(lines[2], ",")
    roles = {k: "counter" for k, name in enumerate(names) if name.upper() == "RECORD"}
    units = ["" if unit in ("TS", "RN") else unit for unit in units]
    return Preamble("Campbell TOA5", tuple(names), tuple(units), roles=roles), 4, ","


def _physiobank(lines: list[str]) -> Found | None:
    """PhysioBank CSV: names, then units, in single quotes."""
    if not lines[0].startswith("'") or len(lines) < 3 or not lines[1].startswith("'"):
        return None
    mark = "\t" if "\t" in lines[0] else ","
    names, units = ([cell.strip(" '\r") for cell in line.split(mark)] for line in lines[:2])
    units = ["" if ":" in unit else unit for unit in units]
    names[0] = "time"
    return Preamble("PhysioBank", tuple(names), tuple(units)), 2, mark


def _shimmer(lines: list[str]) -> Found | None:
    """Shimmer: sep=, names, RAW or CAL, units."""
    at = 1 if lines[0].lower().startswith(("sep=", '"sep=')) else 0
    mark = "\t" if at < len(lines) and "\t" in lines[at] else ","
    if len(lines) < at + 4:
        return None
    rows = [[cell.strip(' "\r') for cell in line.rstrip("\t,\r ").split(mark)] for line in lines[at : at + 3]]
    if len({len(row) for row in rows}) != 1 or not set(rows[1]) <= {"CAL", "RAW", "UNCAL"}:
        return None
    names = [re.sub(r"^Shimmer_\w{4}_", "", name) for name in rows[0]]
    return (
        Preamble("Shimmer", tuple(names), tuple("" if unit == "no_units" else unit for unit in rows[2])),
        at + 3,
        mark,
    )


def _openbci(lines: list[str]) -> Found | None:
    """OpenBCI: rate in a comment; the times are those of packets that came in."""
    if not lines[0].startswith("%OpenBCI"):
        return None
    first = next((k for k, line in enumerate(lines) if line.strip() and line[0] != "%"), None)
    if first is None:
        return None
    rates = stated_rates([line for line in lines[:first] if "rate" in line.lower()])
    n = lines[first].count(",") + 1
    if re.match(r"\s*[A-Za-z]", lines[first]):
        names, first = [name.strip() for name in lines[first].split(",")], first + 1
    else:
        names = [
            "Sample Index",
            *[f"EXG Channel {k}" for k in range(n - 5)],
            *[f"Accel Channel {k}" for k in range(3)],
        ]
        names = [*names[: n - 1], "Timestamp"]
    roles = {k: "counter" for k, name in enumerate(names) if name == "Sample Index"}
    roles |= {
        k: "trigger" for k, name in enumerate(names) if re.match(r"Other|Not Used|Digital|Marker", name)
    }
    roles |= {k: "time" for k, name in enumerate(names) if name.startswith("Timestamp")}
    units = tuple(
        "uV" if name.startswith("EXG") else "g" if name.startswith("Accel") else "" for name in names
    )
    roles |= {k: "motion" for k, name in enumerate(names) if name.startswith("Accel")}
    return Preamble("OpenBCI", _different(names), units, rates, roles, use_time=not rates), first, ","


def _empatica(lines: list[str]) -> Found | None:
    """Empatica E4: start as an epoch, then the rate, once per column; or, of IBI.csv, times of beats and intervals."""
    rows = [[cell.strip() for cell in line.split(",")] for line in lines[:3]]
    if (
        len(rows) == 3
        and len(rows[0]) == 2
        and rows[0][1] == "IBI"
        and re.fullmatch(r"1\d{9}(\.\d+)?", rows[0][0])
    ):
        return Preamble("Empatica E4", ("time", "IBI"), ("s", "s"), roles={1: "interval"}), 1, ","
    if (
        len(rows) < 3
        or not all(re.fullmatch(r"1\d{9}(\.0+)?", cell) for cell in rows[0])
        or len(set(rows[1])) != 1
    ):
        return None
    if not re.fullmatch(r"\d{1,3}\.0+", rows[1][0]) or len(rows[0]) != len(rows[1]):
        return None
    rate = float(rows[1][0])
    names = ("signal",) if len(rows[0]) == 1 else tuple(f"axis{k}" for k in range(1, len(rows[0]) + 1))
    return Preamble("Empatica E4", names, (), ((rate, f"second row: {rows[1][0]}"),)), 2, ","


def _by_name_of_file(preamble: Preamble, stem: str) -> Preamble:
    """Empatica tells by the file's name alone what it measured."""
    if preamble.names != ("signal",) or stem not in EMPATICA:
        return preamble
    role, unit = EMPATICA[stem]
    return dataclasses.replace(preamble, names=(stem,), units=(unit,), roles={0: role})


def _xsens(lines: list[str]) -> Found | None:
    """Xsens: comments with the update rate, PacketCounter and SampleTimeFine, whose tick depends on the device."""
    at = next((k for k, line in enumerate(lines[:40]) if line.startswith("PacketCounter")), None)
    if at is None:
        return None
    mark = next((sign for sign in ("\t", ";", ",") if sign in lines[at]), ",")
    names = [name.strip() for name in lines[at].rstrip("\r").split(mark)]
    rates = stated_rates(lines[:at])
    roles = {k: "counter" for k, name in enumerate(names) if name == "PacketCounter"}
    fine = [k for k, name in enumerate(names) if name == "SampleTimeFine"]
    roles |= dict.fromkeys(fine, "time")
    return Preamble("Xsens", tuple(names), (), rates, roles, use_time=not rates), at + 1, mark


def _moor(lines: list[str]) -> Found | None:
    """moorVMS: a text of keys above a row of names that begins with the time."""
    if not any(re.search(r"moor ?(VMS|LAB|Soft)", line, re.IGNORECASE) for line in lines[:5]):
        return None
    for at, line in enumerate(lines[:60]):
        fields = [cell.strip(' "\r') for cell in re.split(r"[\t;,]", line)]
        if len(fields) > 1 and re.match(r"time\b", fields[0], re.IGNORECASE):
            mark = next(sign for sign in "\t;," if sign in line)
            rates = stated_rates(lines[:at])
            return Preamble("moorVMS", tuple(fields), (), rates), at + 1, mark
    return None


def _labview(lines: list[str]) -> Found | None:
    """LabVIEW measurement files (.lvm): keys, and below the second end of header the names; a comment stands last."""
    ends = [k for k, line in enumerate(lines) if line.startswith("***End_of_Header***")]
    if not lines[0].startswith("LabVIEW Measurement") or not ends or ends[-1] + 1 >= len(lines):
        return None
    at = ends[-1] + 1
    names = [cell.strip() for cell in lines[at].rstrip("\r").split("\t")]
    names = names[:-1] if names[-1] == "Comment" else names
    keys = dict(line.rstrip("\r\t").split("\t", 1) for line in lines[:at] if "\t" in line.rstrip("\r\t"))
    step = number_of(keys.get("Delta_X", "").split("\t")[0] or "0")
    rates = (
        ((1 / step, f"Delta_X {step:g} s"),)
        if step and keys.get("X_Dimension", "Time").startswith("Time")
        else ()
    )
    names = ["time" if name == "X_Value" else name for name in names]
    return (
        Preamble("LabVIEW", tuple(names), tuple("s" if name == "time" else "" for name in names), rates),
        at + 1,
        "\t",
    )


def _different(names: list[str]) -> tuple[str, ...]:
    out: list[str] = []
    for name in names:
        n = names[: len(out)].count(name)
        out.append(f"{name} {n + 1}" if n else name)
    return tuple(out)


READERS: tuple[Callable[[list[str]], Found | None], ...] = (
    _opensignals,
    _acqknowledge,
    _toa5,
    _physiobank,
    _shimmer,
    _openbci,
    _empatica,
    _xsens,
    _moor,
    _labview,
)
