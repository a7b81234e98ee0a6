"""Do lines that belong together become rows of named columns, live as in a file?"""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from touchrhythm.device.line_layout import find_layout
from touchrhythm.device.sketch_lines import Guess, PlainReader, guess_format
from touchrhythm.device.touch_line import Sample
from touchrhythm.io.opening import read_session


def wave(k: int) -> int:
    return round(512 + 200 * math.sin(2 * math.pi * 1.2 * k * 0.02) ** 3 + random.Random(k).uniform(-3, 3))


BEATS = "B72\nQ833\n"
STREAMS = {
    "letters": "".join(f"S{wave(k)}\n" + (BEATS if k % 42 == 5 else "") for k in range(600)),
    "plotter": "".join(f"{72 + k // 400},{833 - 10 * (k // 42 % 3)},{wave(k)}\n" for k in range(600)),
    "labels": "".join(f"BPM:72,IBI:833,PulseSignal:{wave(k)}\n" for k in range(600)),
    "max30105": "".join(f"IR={wave(k)}, BPM=72.00, Avg BPM=70\n" for k in range(600)),
    "lone ir": "".join(f"IR={wave(k)}\n" for k in range(600)),
    "no finger": "".join(
        f"IR={wave(k)}, BPM=72.00, Avg BPM=70{' No finger?' if k % 50 < 5 else ''}\n" for k in range(600)
    ),
    "validity": "".join(
        f"red={k % 9}, ir={wave(k)}, HR=72, HRvalid=1, SPO2=98, SPO2Valid=1\n" for k in range(600)
    ),
    "lights": "".join(f"R={k % 7} G={k % 5} IR={wave(k)}\n" for k in range(600)),
    "colons": "".join(f"Red:{k % 7} IR:{wave(k)}\n" for k in range(600)),
    "turns": "".join(f">force:{wave(k)}|g\n>resp:{k % 7}\n" for k in range(600)),
}
NAMES = {
    "letters": (("pulse", "heart_rate", "beat_interval"), ("number", "bpm", "ms")),
    "plotter": (("pulse", "heart_rate", "beat_interval"), ("number", "bpm", "ms")),
    "labels": (("PulseSignal", "BPM", "IBI"), ("number",) * 3),
    "max30105": (("IR", "BPM", "Avg BPM"), ("number",) * 3),
    "lone ir": (("IR",), ("number",)),
    "no finger": (("IR", "BPM", "Avg BPM"), ("number",) * 3),
    "validity": (("ir", "red", "HRvalid", "SPO2Valid", "HR", "SPO2"), ("number",) * 6),
    "lights": (("IR", "R", "G"), ("number",) * 3),
    "colons": (("IR", "Red"), ("number",) * 2),
    "turns": (("force", "resp"), ("g", "number")),
}


def reader_of(guess: Guess) -> PlainReader:
    return PlainReader(
        n_columns=guess.n_columns,
        labels=guess.labels,
        units=guess.units,
        leader=guess.leader,
        has_decimal_comma=guess.has_decimal_comma,
    )


@pytest.mark.parametrize("name", STREAMS)
def test_wave_heart_rate_and_interval_have_their_names_live_and_in_a_file(name: str, tmp_path: Path) -> None:
    text = STREAMS[name]
    reader = reader_of(guess_format(text.encode(), 12.0))
    assert tuple(channel.name for channel in reader.channels) == NAMES[name][0]
    assert tuple(channel.unit for channel in reader.channels) == NAMES[name][1]
    events = reader.feed(b"torn\n" + text.encode(), 0.0)
    live = np.array([event.values for event in events if isinstance(event, Sample)])
    assert live[:, 0].tolist() == [wave(k) for k in range(600)]
    assert not reader.counts.damaged
    (tmp_path / "log.txt").write_text(text)
    stored = read_session(tmp_path / "log.txt", fs=50.0)
    assert stored.recording.channels == NAMES[name][0]
    np.testing.assert_array_equal(stored.recording.data, live)


def test_numbers_with_a_decimal_comma_are_told_from_two_columns() -> None:
    comma = [f"{12 + k * 0.37 % 3:.2f}".replace(".", ",") for k in range(60)]
    layout = find_layout(comma)
    assert layout is not None and layout.n_columns == 1 and layout.has_decimal_comma
    pair = find_layout([f"{500 + k},{10 + k % 90}" for k in range(60)])
    assert pair is not None and pair.n_columns == 2 and not pair.has_decimal_comma


def test_names_above_a_table_are_its_labels_live() -> None:
    guess = guess_format(
        b"x\nt,Force (mN),belt\n" + b"".join(b"%d,%d,3\n" % (k, 9 - k % 5) for k in range(50))
    )
    assert guess.labels == ("t", "Force", "belt") and guess.units == ("", "mN", "")


def test_three_columns_that_are_no_pulse_keep_their_places() -> None:
    layout = find_layout([f"{70 + k % 9},{820 + k % 31},{wave(k)}" for k in range(200)])
    assert layout is not None and layout.labels == () and layout.order == (0, 1, 2)


def test_a_line_with_other_names_is_no_row() -> None:
    reader = PlainReader(n_columns=1, labels=("force",))
    events = reader.feed(b"x\nforce:1\noffset:8402311\nforce:2\n", 0.0)
    assert [event.values for event in events if isinstance(event, Sample)] == [(1.0,), (2.0,)]
