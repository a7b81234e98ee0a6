"""Lines of sketches, balances and plotters give values, labels and units; other lines give nothing."""

import math

import pytest

from touchrhythm.device.line_grammar import parse_line

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
def test_a_line_gives_values_labels_and_units(line, values, labels, units):
    assert parse_line(line) == (values, labels, units)


def test_an_overflow_is_a_missing_value():
    found = parse_line("force: ovf g")
    assert found is not None and math.isnan(found.values[0])


@pytest.mark.parametrize(
    "line",
    ["ets Jan 8 2013", "Tare done, offset=8402311", "Ready!", "12:30", "a 1 b 2", '{"a": [1]}', "1e999", ""],
)
def test_other_lines_give_nothing(line):
    assert parse_line(line) is None
