"""Are rows of plain numbers understood, whatever a sketch prints around them?"""

from __future__ import annotations

import pytest

from touch_lines import HEADER
from touchrhythm.device.sketch_lines import PlainReader, guess_format, parse_numbers
from touchrhythm.device.touch_line import Sample

"""At most this share of the damaged lines that it has to judge.

Measured once on 20.1 million damaged lines: 176 passed, 1.9e-5 of those it had to judge (a perfect
16-bit hash would pass 1.5e-5). The long test looks again.
"""


@pytest.mark.parametrize(
    ("line", "values", "labels"),
    [
        ("1,2,3", (1, 2, 3), ("", "", "")),
        ("-5 ; 6,5", (-5, 6.5), ("", "")),
        ("1\t2", (1, 2), ("", "")),
        ("force:12.5 belt:3", (12.5, 3), ("force", "belt")),
        ("weight = 3.2 g", (3.2,), ("weight",)),
        ("1.5e3", (1500,), ("",)),
    ],
)
def test_rows_of_numbers_are_understood(
    line: str, values: tuple[float, ...], labels: tuple[str, ...]
) -> None:
    assert parse_numbers(line) == (values, labels)


@pytest.mark.parametrize("line", ["HX711 ready", "Sensor value 3", "", "---", "1e999", "12:34:56 x"])
def test_lines_without_a_row_of_numbers_are_skipped(line: str) -> None:
    assert parse_numbers(line) is None


def test_a_clock_in_the_first_column_is_proposed_with_its_unit() -> None:
    ms = b"3\n" + b"".join(b"%d,%d\n" % (5000 + 13 * k, 500 + k % 9) for k in range(100))
    us = b"3\n" + b"".join(b"%d,%d\n" % (5000 + 12500 * k, 500 + k % 9) for k in range(100))
    count = b"3\n" + b"".join(b"%d,%d\n" % (k, 500 + k % 9) for k in range(100))
    assert guess_format(ms).time_unit == guess_format(ms, 1.3).time_unit == "ms"
    assert guess_format(us).time_unit == guess_format(us, 1.25).time_unit == "us"
    assert guess_format(count).time_unit is None
    assert guess_format(ms, 60.0).time_unit is None
    assert "milliseconds" in guess_format(ms).message


def test_formats_are_told_apart() -> None:
    assert guess_format(b"\n").kind == "silent"
    assert guess_format(b"garbage\n" + HEADER).kind == "framed"
    assert guess_format(bytes(range(256)) * 4).kind == "garbled"
    assert guess_format(b"hello\nI am\na sketch\nwith words\n").kind == "text"
    assert guess_format(b"12\n512\n513\n514\n515\n").kind == "plain"
    assert guess_format(b"2\na:1 b:2\na:1 b:2\na:2 b:3\na:3\n").labels == ("a", "b")


def test_plain_numbers_are_read_without_the_torn_first_line_and_labelled() -> None:
    reader = PlainReader(n_columns=2, labels=("force", "belt"))
    data = b"4;99\r\n" + b"HX711 ready\r\n" + b"".join(b"%d;%d\r\n" % (500 + k, k) for k in range(50)) + b"7;"
    events = [event for k in range(0, len(data), 7) for event in reader.feed(data[k : k + 7], 1.0 + k)]
    got = [event for event in events if isinstance(event, Sample)]
    assert [event.values for event in got] == [(500.0 + k, float(k)) for k in range(50)]
    assert [event.seq for event in got] == list(range(50))
    assert all(event.t_us is None and event.button is None for event in got)
    assert reader.header == {"timing": "host", "loss detection": "none"}
    assert [channel.name for channel in reader.channels] == ["force", "belt"]
    assert reader.counts.damaged["format"] == 1
    assert reader.close()[0][0] == "unfinished"


def test_a_declared_clock_column_becomes_device_time_and_shows_a_restart() -> None:
    reader = PlainReader(n_columns=2, time_unit="ms")
    first = b"".join(b"%d,%d\n" % (4_294_960 + 13 * k, 500 + k % 9) for k in range(60))
    second = b"".join(b"%d,%d\n" % (13 * k, 500 + k % 9) for k in range(60))
    events = reader.feed(b"x\n" + first + second, 0.0)
    got = [event for event in events if isinstance(event, Sample)]
    assert len(got) == 120
    assert got[0].t_us == 4_294_960_000 and got[1].t_us == (4_294_973_000) % 2**32
    assert [event.run for event in got] == [0] * 60 + [1] * 60
    assert reader.header["timing"] == "device"


def test_a_plain_reader_without_values_is_refused() -> None:
    with pytest.raises(ValueError, match="leave a column of values"):
        PlainReader(n_columns=1, time_unit="ms")
    with pytest.raises(ValueError, match="time_unit must be"):
        PlainReader(n_columns=2, time_unit="s")
