"""Does a line mean the same, whoever printed it, and does no line make the reader stall?"""

from __future__ import annotations

import math
import time

import pytest

from touchrhythm.device import line_grammar
from touchrhythm.device.line_grammar import LONGEST_LINE, parse_line, split_stamp

LINES = [
    ("12.35", (12.35,), ("",), ("",)),
    ("one reading:\t12.3\t| average:\t12.1", (12.3, 12.1), ("one reading", "average"), ("", "")),
    ("Load_cell output val: 12.35", (12.35,), ("Load_cell output val",), ("",)),
    (
        "Reading: 12.35 lbs calibration_factor: -7050.00",
        (12.35, -7050),
        ("Reading", "calibration_factor"),
        ("lbs", ""),
    ),
    ("Reading: 12.35 g", (12.35,), ("Reading",), ("g",)),
    ("Read 12345", (12345,), ("Read",), ("",)),
    (">force:12.35", (12.35,), ("force",), ("",)),
    (">force:1627551892497:12.35|g", (12.35,), ("force",), ("g",)),
    ('{"t":60,"force":12.35}', (60, 12.35), ("t", "force"), ("", "")),
    ("weight:12.35 g", (12.35,), ("weight",), ("g",)),
    ("X: 1.5\tY: 1.0\tZ: 9.8", (1.5, 1, 9.8), ("X", "Y", "Z"), ("", "", "")),
    ("S617", (617,), ("pulse",), ("",)),
    ("IR=12345, BPM=72.00, Avg BPM=70", (12345, 72, 70), ("IR", "BPM", "Avg BPM"), ("", "", "")),
    (" R[12345] IR[12346] G[0] Hz[50.1]", (12345, 12346, 0, 50.1), ("R", "IR", "G", "Hz"), ("", "", "", "")),
    ("0x3039", (12345,), ("",), ("",)),
    (
        "1500,12.35,lbs,1234,24.56,24.50,",
        (1500, 12.35, 1234, 24.56, 24.5),
        ("",) * 5,
        ("", "lbs", "", "", ""),
    ),
    ("ST,GS,+  12.3 g", (12.3,), ("",), ("g",)),
    ("S S     12.35 g", (12.35,), ("",), ("g",)),
    ("N     +   12.345 g  ", (12.345,), ("",), ("g",)),
    ("12,5;3 g", (12.5, 3), ("", ""), ("", "g")),
]


@pytest.mark.parametrize(("line", "values", "labels", "units"), LINES)
def test_a_line_gives_values_labels_and_units(
    line: str, values: tuple[float, ...], labels: tuple[str, ...], units: tuple[str, ...]
) -> None:
    assert parse_line(line) == (values, labels, units)


def test_an_overflow_is_a_missing_value() -> None:
    found = parse_line("force: ovf g")
    assert found is not None and math.isnan(found.values[0])


@pytest.mark.parametrize(
    ("text", "values", "labels", "units"),
    [
        ("one reading:\t12.8\t| average:\t12.9", (12.8, 12.9), ("one reading", "average"), ("", "")),
        ("Reading: 13.26 lbs factor: -7050.00", (13.26, -7050.0), ("Reading", "factor"), ("lbs", "")),
        ("IR=12716, BPM=72.00, Avg BPM=70", (12716, 72, 70), ("IR", "BPM", "Avg BPM"), ("", "", "")),
        (" R[105] IR[98] G[0] Hz[50.1]", (105, 98, 0, 50.1), ("R", "IR", "G", "Hz"), ("", "", "", "")),
        (">force:1627551892437:12.5|g", (12.5,), ("force",), ("g",)),
        ('{"t":140,"force":13.08,"sensor":"left"}', (140, 13.08), ("t", "force"), ("", "")),
        ("3500,12.45,lbs,1245,24.5,", (3500, 12.45, 1245, 24.5), ("", "", "", ""), ("", "lbs", "", "")),
        ("Kraft: 12,5 N; Gurt: 3,25", (12.5, 3.25), ("Kraft", "Gurt"), ("N", "")),
        ("Force [mN]: 5", (5,), ("Force",), ("mN",)),
        ("value 1: 5 value 2: 6", (5, 6), ("value 1", "value 2"), ("", "")),
        ("HX711: weight: 5 g", (5,), ("HX711 weight",), ("g",)),
        ("ST,GS,+  12.6 g", (12.6,), ("",), ("g",)),
        ("US,NT,-  0.4kg", (-0.4,), ("",), ("kg",)),
        ("N     +   12.863 g  ", (12.863,), ("",), ("g",)),
        ("   13.11 g ?", (13.11,), ("",), ("g",)),
        ("(12.5, 3)", (12.5, 3), ("", ""), ("", "")),
        ("T: 23.1°C, F: 3 mN", (23.1, 3), ("T", "F"), ("°C", "mN")),
        ("Q833", (833,), ("beat_interval",), ("ms",)),
        ("Read 12345", (12345,), ("Read",), ("",)),
        ("12:34:56.789 -> Force: 4.97 g", (4.97,), ("Force",), ("g",)),
        ("[2026-11-27 12:34:56.789] 0x1F", (31,), ("",), ("",)),
    ],
)
def test_values_names_and_units_of_a_line_are_told_apart(
    text: str, values: tuple[float, ...], labels: tuple[str, ...], units: tuple[str, ...]
) -> None:
    assert parse_line(text) == (values, labels, units)


def test_an_empty_cell_keeps_its_place() -> None:
    found = parse_line("1,,3")
    assert found is not None and found.values[0] == 1 and found.values[1] != found.values[1]
    assert found.values[2] == 3


@pytest.mark.parametrize(
    "text",
    [
        "ets Jan 8 2013",
        "Tare done, offset=8402311",
        "12:34:56 x",
        "IP: 192.168.1.4",
        "0,ERR",
        "Ready!",
        "a:b",
        "12:30",
        "a 1 b 2",
        '{"a": [1]}',
    ],
)
def test_what_is_no_row_of_numbers_is_none(text: str) -> None:
    assert parse_line(text) is None


def test_the_stamp_of_a_monitor_is_no_part_of_the_line() -> None:
    assert split_stamp("12:34:56.789 -> 1,2") == ("12:34:56.789", "1,2")
    assert split_stamp("[Fri Nov 27 12:34:56.7 2026] x") == ("12:34:56.7", "x")
    assert split_stamp("12:34") == (None, "12:34")


def test_a_line_above_the_longest_holds_no_numbers() -> None:
    cells = ",".join(["1"] * (LONGEST_LINE // 2))
    assert parse_line(cells) is not None
    assert parse_line(cells + ",1,1") is None


CHATTER = (
    "a",
    "a:",
    "a b ",
    "1",
    "1 ",
    "1,",
    "1;",
    "1 g ",
    "a[1",
    "a:1 ",
    "{",
    "ST,",
    ">a:1",
    " ",
    "1,1 ",
    "|a",
)


@pytest.mark.parametrize("piece", CHATTER)
def test_the_time_that_a_line_takes_grows_no_faster_than_its_length(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_grammar, "LONGEST_LINE", 10**6)
    text = piece * (40_000 // len(piece)) + "!"
    began = time.process_time()
    parse_line(text)
    assert time.process_time() - began < 1.0  # a quadratic parser takes half a minute
