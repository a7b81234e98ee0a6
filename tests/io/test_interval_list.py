"""Lists of intervals between beats become even series, and a column that may be one is asked about."""

import numpy as np
import pytest

from touchrhythm.errors import BadFile, Undecided
from touchrhythm.io import read_session


def beats(n=300):
    """Intervals in s of a heart at about 70 that follows a wave of 8 cycles/min, and the time of each beat."""
    time, out = 0.0, []
    for _ in range(n):
        out.append(0.85 + 0.05 * np.sin(2 * np.pi * 8 / 60 * time))
        time += out[-1]
    return np.array(out), np.cumsum(out)


def holds_the_wave(session):
    recording = session.recording
    first = beats()[0][0]
    time = np.arange(recording.n_samples) / recording.fs + first
    truth = 0.85 + 0.05 * np.sin(2 * np.pi * 8 / 60 * (time - 0.85))
    assert recording.fs == pytest.approx(4.0) and recording.roles == ("interval",)
    assert recording.units == ("s",) and recording.duration == pytest.approx(255, abs=2)
    np.testing.assert_allclose(recording.data[:, 0], truth, atol=0.006)
    assert any("intervals between beats" in note for note in session.info["import_notes"])


@pytest.mark.parametrize(
    ("header", "scale", "digits"),
    [("RR", 1000, 0), ("RR-interval [ms]", 1000, 0), ("IBI (s)", 1, 4), ("R-R", 1, 3), ("rri", 1000, 1)],
)
def test_a_named_list_is_an_even_series(tmp_path, header, scale, digits):
    rows = [f"{value * scale:.{digits}f}" for value in beats()[0]]
    (tmp_path / "a.txt").write_text("\n".join([header, *rows]) + "\n")
    holds_the_wave(read_session(tmp_path / "a.txt"))


@pytest.mark.parametrize(("scale", "digits", "unit"), [(1000, 0, "ms"), (1, 3, "s")])
def test_a_bare_column_that_may_be_intervals_is_asked_about_and_read_when_told(tmp_path, scale, digits, unit):
    (tmp_path / "a.txt").write_text("".join(f"{value * scale:.{digits}f}\n" for value in beats()[0]))
    with pytest.raises(Undecided, match=f"beats in {unit}") as refused:
        read_session(tmp_path / "a.txt")
    assert refused.value.options == ("--fs HZ", "--time intervals")
    holds_the_wave(read_session(tmp_path / "a.txt", time="intervals"))
    assert read_session(tmp_path / "a.txt", fs=10).recording.n_samples == 300


@pytest.mark.parametrize("header", ["", "Time (s)\tRR (ms)\n", "time,rr\n"])
def test_times_of_beats_beside_intervals_keep_their_gaps(tmp_path, header):
    interval, time = beats()
    time[150:] += 20.0
    mark = "," if "," in header else "\t"
    rows = "".join(f"{t:.3f}{mark}{value * 1000:.0f}\n" for t, value in zip(time, interval, strict=True))
    (tmp_path / "a.txt").write_text(header + rows)
    recording = read_session(tmp_path / "a.txt").recording
    assert recording.duration == pytest.approx(time[-1] - time[0], abs=0.5)
    assert np.isnan(recording.data[:, 0]).sum() / recording.fs == pytest.approx(20.9, abs=0.6)


def test_an_interval_that_no_heart_makes_is_time_without_a_value(tmp_path):
    values = beats()[0] * 1000
    values[100] = 9000
    (tmp_path / "a.txt").write_text("RR\n" + "".join(f"{value:.0f}\n" for value in values))
    session = read_session(tmp_path / "a.txt")
    assert np.isnan(session.recording.data).sum() / 4 == pytest.approx(9.85, abs=0.6)
    assert any("time without a value" in note for note in session.info["import_notes"])


def test_intervals_that_a_device_repeats_at_even_times_stay_samples(tmp_path):
    rows = "".join(f"{k / 10:.1f},{600 + k % 200}\n" for k in range(600))
    (tmp_path / "a.csv").write_text("time,ibi\n" + rows)
    assert read_session(tmp_path / "a.csv").recording.fs == pytest.approx(10)


def test_samples_are_no_intervals_even_when_they_are_said_to_be(tmp_path):
    (tmp_path / "a.txt").write_text("".join(f"{k % 7 - 3}\n" for k in range(200)))
    with pytest.raises(BadFile, match="no intervals between beats"):
        read_session(tmp_path / "a.txt", time="intervals")


def test_a_list_that_spans_more_than_any_heart_was_recorded_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("RR\n" + "800\n900\n" * 50 + "1e14\n")
    with pytest.raises(BadFile, match="must span less than 31 days"):
        read_session(tmp_path / "a.txt")


@pytest.mark.parametrize("first", ["8" * 98, "1e30", "-5", "0"])
def test_a_first_interval_of_any_length_moves_no_beat(tmp_path, first):
    rows = [f"{value * 1000:.0f}" for value in beats()[0]]
    (tmp_path / "a.txt").write_text("\n".join(["RR", first, *rows[1:]]) + "\n")
    (tmp_path / "b.txt").write_text("\n".join(["RR", *rows]) + "\n")
    odd, plain = (read_session(tmp_path / name).recording for name in ("a.txt", "b.txt"))
    np.testing.assert_allclose(odd.data[12:, 0], plain.data[12:, 0], atol=1e-3)  # PCHIP looks two beats far
