"""Tables as Excel, MATLAB, R, the Arduino monitor and NeuroKit users have them are read alike."""

import gzip
import re

import numpy as np
import pytest

from touchrhythm.errors import BadFile
from touchrhythm.io import read_session

FS = 50
T = np.arange(200) / FS
X = 5 + np.round(np.sin(T), 3)


def rows(separator=",", decimal=".", time=T, digits=3):
    lines = (
        separator.join((f"{a:.{digits}f}", f"{b:.3f}", f"{2 * b:.3f}")) for a, b in zip(time, X, strict=True)
    )
    return "\n".join(lines).replace(".", decimal) + "\n"


def save(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


LAYOUTS = {
    "comma.csv": "time,force,temp\n" + rows(),
    "excel_german.csv": "time;force;temp\n" + rows(";", ","),
    "tab_windows.tsv": ("time\tforce\ttemp\n" + rows("\t")).replace("\n", "\r\n"),
    "old_mac.txt": ("time\tforce\ttemp\n" + rows("\t")).replace("\n", "\r"),
    "spaces.txt": "time force temp\n" + rows("   "),
    "spaces_decimal_comma.txt": "time force temp\n" + rows("  ", ","),
    "pipe.txt": "time|force|temp\n" + rows("|"),
    "comma_space.csv": "time, force, temp\n" + rows(", "),
    "bom.csv": "\ufefftime,force,temp\n" + rows(),
    "utf16.csv": ("time;force;temp\n" + rows(";", ",")).encode("utf-16"),
    "utf16_unmarked.csv": ("time,force,temp\n" + rows()).encode("utf-16-le"),
    "packed.csv.gz": gzip.compress(("time,force,temp\n" + rows()).encode()),
    "packed_unsaid.csv": gzip.compress(("time,force,temp\n" + rows()).encode()),
    "quoted.csv": '"time","force","temp"\n' + rows(),
    "quoted_values.csv": '"time","force","temp"\n' + re.sub(r"([\d.]+)", r'"\1"', rows()),
    "quoted_decimal_comma.csv": '"time","force","temp"\n'
    + re.sub(r"([\d.]+)", r'"\1"', rows()).replace(".", ","),
    "comments.csv": "# made by a sketch\n% and more\ntime,force,temp\n" + rows(),
    "comments_inside.csv": "time,force,temp\n" + rows().replace("\n1.000", "\n# half way\n\n1.000"),
    "names_in_comment.csv": "# time,force,temp\n" + rows(),
    "matlab.txt": "% time force temp\n"
    + "\n".join(f"  {a:.7e}   {b:.7e}   {2 * b:.7e}" for a, b in zip(T, X, strict=True)),
    "r_write_csv.csv": '"","time","force","temp"\n'
    + "".join(f'"{k + 1}",{line}\n' for k, line in enumerate(rows().split())),
    "r_write_table.txt": '"time" "force" "temp"\n'
    + "".join(f'"{k + 1}" {line}\n' for k, line in enumerate(rows(" ").rstrip().split("\n"))),
    "pandas.csv": ",time,force,temp\n" + "".join(f"{k},{line}\n" for k, line in enumerate(rows().split())),
    "trailing_commas.csv": "time,force,temp,\n" + rows().replace("\n", ",\n"),
    "arduino_trailing.txt": "time,force,temp\n" + rows().replace("\n", ",\n"),
    "empty_rows_below.csv": "time,force,temp\n" + rows() + ",,\n,,\n",
    "preamble.csv": "Device: FX-3, serial 17\nSubject: S01\n\ntime,force,temp\n" + rows(),
    "units_row.csv": "time,force,temp\ns,g,degC\n" + rows(),
    "ms_bracket.csv": "time (ms),force,temp\n" + rows(time=T * 1000),
    "ms_suffix.csv": "time_ms,force,temp\n" + rows(time=T * 1000),
    "us.csv": "micros,force,temp\n" + rows(time=T * 1e6, digits=0),
    "minutes.csv": "time [min],force,temp\n" + rows(time=T / 60, digits=9),
    "epoch.csv": "timestamp,force,temp\n" + rows(time=1.7e9 + T),
    "time_last.csv": "force,temp,time\n"
    + "".join(f"{b:.3f},{2 * b:.3f},{a:.3f}\n" for a, b in zip(T, X, strict=True)),
    "iso.csv": "datetime,force,temp\n"
    + "".join(
        f"2024-05-01T23:59:{58 + a:06.3f},{b:.3f},{2 * b:.3f}\n"
        if a < 2
        else f"2024-05-02T00:00:{a - 2:06.3f}Z,{b:.3f},{2 * b:.3f}\n"
        for a, b in zip(T, X, strict=True)
    ),
    "clock_over_midnight.csv": "clock;force;temp\n"
    + "".join(
        f"{23 if a < 2 else 0}:{59 if a < 2 else 0}:{(58 + a) % 60:06.3f};{b:.3f};{2 * b:.3f}\n"
        for a, b in zip(T, X, strict=True)
    ),
    "am_pm.csv": "time,force,temp\n"
    + "".join(
        f"11:59:{58 + a:06.3f} AM,{b:.3f},{2 * b:.3f}\n"
        if a < 2
        else f"12:00:{a - 2:06.3f} PM,{b:.3f},{2 * b:.3f}\n"
        for a, b in zip(T, X, strict=True)
    ),
    "date_clock_spaces.txt": "".join(
        f"2024-05-01 10:00:{a:06.3f} {b:.3f} {2 * b:.3f}\n" for a, b in zip(T, X, strict=True)
    ),
    "labchart.txt": "Interval=\t0.02 s\nExcelDateTime=\t4.5e4\t01/01/2024\nChannelTitle=\tforce\ttemp\nRange=\t10 V\t10 V\n"
    + rows("\t"),
    "acqknowledge.txt": "rec.acq\n20 msec/sample\n2 channels\nmin,force,temp\n,200,200\n"
    + rows(time=T / 60, digits=9),
    "summer_time_ends.csv": "datetime,force,temp\n"
    + "".join(
        f"2024-10-27T0{2 if a >= 2 else 3 - 1}:{'59:' + format(58 + a, '06.3f') + '+02:00' if a < 2 else '00:' + format(a - 2, '06.3f') + '+01:00'},{b:.3f},{2 * b:.3f}\n"
        for a, b in zip(T, X, strict=True)
    ),
    "timedelta.csv": "time,force,temp\n"
    + "".join(
        f"{'0 days 23:59:' + format(58 + a, '09.6f') if a < 2 else '1 days 00:00:' + format(a - 2, '09.6f')},{b:.3f},{2 * b:.3f}\n"
        for a, b in zip(T, X, strict=True)
    ),
    "spreadsheet_days.csv": "time;force;temp\n" + rows(";", ",", time=45_356 + T / 86_400, digits=12),
    "nanoseconds.csv": "timestamp,force,temp\n"
    + "".join(
        f"{round(1.7e9 * 1e9) + round(a * 1e9)},{b:.3f},{2 * b:.3f}\n" for a, b in zip(T, X, strict=True)
    ),
    "words_below.csv": "time,force,temp\n" + rows() + "End of recording\nSaved by: the device\n\n",
    "plotter.log": "".join(
        f"time:{a:.3f},force:{b:.3f},temp:{2 * b:.3f}\n" for a, b in zip(T, X, strict=True)
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_samples(tmp_path, name):
    session = read_session(save(tmp_path, name, LAYOUTS[name]))
    recording = session.recording
    assert recording.fs == pytest.approx(FS, rel=1e-6)
    np.testing.assert_allclose(recording.data, np.column_stack((X, 2 * X)), atol=1e-12)
    if name != "date_clock_spaces.txt":
        assert recording.channels == ("force", "temp")
    assert session.info["timing"] == "times in file"
    assert session.info["source"] == name
    assert len(session.info["sha256"]) == 64


def test_units_are_read_from_brackets_suffixes_and_a_second_header(tmp_path):
    header = "Time (ms),force [g],load_mN,PPG / mV,temp\n"
    body = "".join(f"{20 * k},{k},{k},{k},{k}\n" for k in range(50))
    recording = read_session(save(tmp_path, "a.csv", header + body)).recording
    assert recording.channels == ("force", "load_mN", "PPG", "temp")
    assert recording.units == ("g", "mN", "mV", "")
    recording = read_session(save(tmp_path, "b.csv", LAYOUTS["units_row.csv"])).recording
    assert recording.units == ("g", "degC")


def test_lights_of_an_oximeter_and_what_it_reckons_leave_one_wave(tmp_path):
    lines = [
        "time,spo2,PR,IR,RED",
        *(f"{k / 50:.2f},97,72,{1000 + k % 40},{900 + k % 40}" for k in range(200)),
    ]
    recording = read_session(save(tmp_path, "oximeter.csv", "\n".join(lines))).recording
    assert recording.roles == ("saturation", "heart rate", "pulse", "light")


def test_a_table_without_times_takes_the_rate_that_is_given(tmp_path):
    path = save(tmp_path, "neurokit.csv", "ECG,PPG,RSP\n" + "".join(f"{b},{2 * b},{3 * b}\n" for b in X))
    session = read_session(path, fs=100)
    assert session.recording.channels == ("ECG", "PPG", "RSP")
    assert session.recording.fs == 100
    assert session.info["timing"] == "sampling rate given"
    np.testing.assert_array_equal(session.recording.data[:, 0], X)


def test_a_rate_written_in_a_comment_is_used(tmp_path):
    path = save(tmp_path, "obci.txt", "%Sample Rate = 250.0 Hz\n" + "".join(f"{b}\n" for b in X))
    assert read_session(path).recording.fs == 250


@pytest.mark.parametrize(
    "content",
    [
        "force\n" + "".join(f"{b:.2f}\n".replace(".", ",") for b in X),
        "".join(f"{b:.2f}\n".replace(".", ",") for b in X),
    ],
)
def test_one_column_with_decimal_commas_is_one_column(tmp_path, content):
    recording = read_session(save(tmp_path, "a.csv", content), fs=50).recording
    np.testing.assert_allclose(recording.data[:, 0], X, atol=0.005)


def test_two_columns_of_whole_numbers_are_two_columns(tmp_path):
    session = read_session(save(tmp_path, "a.csv", "".join(f"{10 * k},{500 + k % 7}\n" for k in range(100))))
    assert session.recording.fs == 100
    np.testing.assert_array_equal(session.recording.data[:, 0], 500 + np.arange(100) % 7)
    assert session.info["import_notes"] == (
        "column 1 rises steadily; it was taken as the time and steps of 10 were read as ms",
    )


def test_row_numbers_are_neither_times_nor_a_channel(tmp_path):
    path = save(tmp_path, "a.csv", "sample,force\n" + "".join(f"{k},{b}\n" for k, b in enumerate(X)))
    assert read_session(path, fs=50).recording.channels == ("force",)
    with pytest.raises(BadFile, match="no time column found and no sampling rate given"):
        read_session(path)


def test_the_time_column_and_its_unit_can_be_said(tmp_path):
    path = save(tmp_path, "a.csv", "force,when\n" + "".join(f"{b},{20 * k}\n" for k, b in enumerate(X)))
    by_name = read_session(path, time="when", time_unit="ms")
    by_number = read_session(path, time=1, time_unit="ms")
    assert by_name.recording.fs == by_number.recording.fs == 50
    assert by_name.recording.channels == ("force",)
    with pytest.raises(
        ValueError,
        match=re.escape("no column 'clock' for the time, the table has ('force', 'when') (or say 'none')"),
    ):
        read_session(path, time="clock")
    with pytest.raises(
        ValueError, match=re.escape("time_unit must be one of s, ms, us, ns, min, h, d, got 'fortnight'")
    ):
        read_session(path, time="when", time_unit="fortnight")


def test_a_time_column_can_be_left_unused(tmp_path):
    path = save(tmp_path, "a.csv", "time,force\n" + "".join(f"{k // 7},{b}\n" for k, b in enumerate(X)))
    session = read_session(path, time="none", fs=80)
    assert session.recording.channels == ("force",)
    assert session.recording.fs == 80


def test_times_win_over_a_nominal_rate_and_say_so(tmp_path):
    path = save(tmp_path, "a.csv", "time,force\n" + "".join(f"{k / 93:.6f},{b}\n" for k, b in enumerate(X)))
    session = read_session(path, fs=80)
    assert session.recording.fs == pytest.approx(93, rel=1e-5)
    assert session.info["import_notes"][-1].startswith("the rate given is 80 Hz, but the times show 93")


@pytest.mark.parametrize("token", ["", "NA", "n/a", "NaN", "nan", "null", "None", "#N/A", "--", "-"])
def test_missing_values_are_gaps_however_they_are_written(tmp_path, token):
    lines = [f"{a:.2f},{token if k % 50 < 10 else b},{b}" for k, (a, b) in enumerate(zip(T, X, strict=True))]
    session = read_session(save(tmp_path, "a.csv", "time,force,temp\n" + "\n".join(lines)))
    np.testing.assert_array_equal(np.isnan(session.recording.data[:, 0]), np.arange(200) % 50 < 10)
    np.testing.assert_array_equal(session.recording.data[:, 1], X)


def test_columns_of_words_are_left_out_and_told(tmp_path):
    lines = [f"{a:.2f},{b},{'rest' if a < 2 else 'tap'}" for a, b in zip(T, X, strict=True)]
    session = read_session(save(tmp_path, "a.csv", "time,force,phase\n" + "\n".join(lines)))
    assert session.recording.channels == ("force",)
    assert session.info["import_notes"] == ("column 3 (phase) holds text ('rest') and was left out",)


def test_latin_1_is_read_and_told(tmp_path):
    session = read_session(
        save(
            tmp_path,
            "a.csv",
            ("time;Kraft µ\n" + "".join(f"{a};{b}\n" for a, b in zip(T, X, strict=True))).encode("latin-1"),
        )
    )
    assert session.recording.channels == ("Kraft µ",)
    assert session.info["import_notes"] == ("byte 0xb5 in line 1 is no UTF-8; the text was read as Latin-1",)


def test_a_file_cut_off_in_its_last_line_loses_that_line_only(tmp_path):
    session = read_session(save(tmp_path, "a.csv", ("time,force,temp\n" + rows())[:-8]))
    assert session.recording.n_samples == 199
    assert session.info["import_notes"] == ("the last line ends after 2 of 3 columns and was left out",)


def test_zero_bytes_at_the_end_are_left_out_and_told(tmp_path):
    session = read_session(save(tmp_path, "a.csv", b"time,force,temp\n" + rows().encode() + bytes(4096)))
    assert session.recording.n_samples == 200
    assert session.info["import_notes"] == ("the file ends in 4096 zero bytes (power lost while writing?)",)


def test_a_row_that_stands_there_twice_is_read_once(tmp_path):
    lines = rows().split()
    lines.insert(70, lines[70])
    session = read_session(save(tmp_path, "a.csv", "time,force,temp\n" + "\n".join(lines)))
    np.testing.assert_allclose(session.recording.data[:, 0], X)
    assert session.info["import_notes"] == ("1 row that stood there twice read once",)


def test_a_microsecond_counter_that_begins_again_is_carried_on(tmp_path):
    ticks = (4_294_000_000 + 20_000 * np.arange(200)) % 2**32
    body = "".join(f"{a},{b}\n" for a, b in zip(ticks, X, strict=True))
    session = read_session(save(tmp_path, "a.csv", "micros,force\n" + body))
    assert session.recording.fs == 50
    np.testing.assert_array_equal(session.recording.data[:, 0], X)
    assert session.info["import_notes"] == (
        "the clock began again from 0 after 2^32 us (1×); the count was carried on",
    )


def test_the_serial_monitor_s_times_are_those_of_arrival(tmp_path):
    rng = np.random.default_rng(4)
    arrived = np.arange(1000) / 80 + rng.uniform(0, 0.01, 1000)
    lines = [
        f"10:23:{10 + a:06.3f} -> force:{b:.2f},btn:{int(0.2 < a % 3 < 0.5)}"
        for a, b in zip(arrived, 5 + np.sin(arrived), strict=True)
    ]
    lines.insert(0, "10:23:09.990 -> 12")
    lines.insert(300, "10:23:13.700 -> sensor ready")
    session = read_session(save(tmp_path, "monitor.txt", "\n".join(lines)))
    assert session.recording.fs == pytest.approx(80, rel=1e-3)
    assert session.recording.channels == ("force", "btn")
    assert session.info["timing"] == "host"
    assert session.info["import_notes"][:2] == (
        "2 lines of 1002 without the usual numbers left out",
        "times are those of arrival at the computer, not of the device",
    )
    assert len(session.taps[0]) == 5 - 1 + (arrived[-1] % 3 > 0.2)
    np.testing.assert_allclose(session.taps[0].onset % 3, 0.2, atol=0.03)


def test_clock_times_in_whole_seconds_are_spread_evenly(tmp_path):
    body = "".join(f"10:{k // 1200:02d}:{k // 20 % 60:02d},{k}\n" for k in range(6000))
    session = read_session(save(tmp_path, "a.csv", "Time,force\n" + body))
    assert session.recording.fs == pytest.approx(20, rel=1e-3)
    assert (
        "clock times repeat; samples between gaps were taken to be evenly spaced"
        in session.info["import_notes"]
    )


def test_two_columns_of_one_name_are_kept_apart(tmp_path):
    body = "".join(f"{a},{b},{2 * b}\n" for a, b in zip(T, X, strict=True))
    session = read_session(save(tmp_path, "a.csv", "time,force,force\n" + body))
    assert session.recording.channels == ("force", "force_2")
    assert session.info["import_notes"] == (
        "the name 'force' stands above two columns; the later one was called 'force_2'",
    )


def test_channels_can_be_chosen_by_name_or_number(tmp_path):
    path = save(tmp_path, "comma.csv", LAYOUTS["comma.csv"])
    assert read_session(path, channel="temp").recording.channels == ("temp",)
    assert read_session(path, channel=1).recording.channels == ("temp",)
    assert read_session(path, channel=["temp", "force"]).recording.channels == ("temp", "force")
    with pytest.raises(
        ValueError, match=re.escape("no channel 'forse', the recording has ('force', 'temp')")
    ):
        read_session(path, channel="forse")


def test_arrays_are_read_with_the_rate_that_is_given(tmp_path):
    np.save(tmp_path / "one.npy", X.astype(np.float32))
    np.save(tmp_path / "two.npy", np.column_stack((X, 2 * X)))
    np.save(tmp_path / "lying.npy", np.vstack((X, 2 * X)))
    assert read_session(tmp_path / "one.npy", fs=10).recording.channels == ("signal",)
    two, lying = (read_session(tmp_path / name, fs=10) for name in ("two.npy", "lying.npy"))
    np.testing.assert_array_equal(two.recording.data, lying.recording.data)
    assert lying.info["import_notes"] == (
        "the array of shape (2, 200) was read as 200 samples of 2 channels",
    )


def test_reading_twice_gives_the_same_session(tmp_path):
    path = save(tmp_path, "comma.csv", LAYOUTS["comma.csv"])
    a, b = read_session(path), read_session(path)
    assert dict(a.info) == dict(b.info)
    np.testing.assert_array_equal(a.recording.data, b.recording.data)
    assert str(tmp_path) not in str(dict(a.info))


@pytest.mark.parametrize("error", ["#N/A", "#NV", "#DIV/0!", "#WERT!", "#VALUE!", "#n/a"])
def test_a_spreadsheet_s_error_is_a_missing_sample_and_no_comment(tmp_path, error):
    values = [f"{b}" for b in X]
    values[20:23] = [error] * 3
    recording = read_session(save(tmp_path, "a.csv", "force\n" + "\n".join(values) + "\n"), fs=50).recording
    assert recording.n_samples == X.size
    assert np.flatnonzero(np.isnan(recording.data[:, 0])).tolist() == [20, 21, 22]


def test_an_empty_cell_of_a_single_column_is_a_missing_sample(tmp_path):
    values = [f"{b}" for b in X]
    values[20], values[30:32] = "", ["", " "]
    session = read_session(save(tmp_path, "a.csv", "force\n" + "\n".join(values) + "\n\n\n"), fs=50)
    assert session.recording.n_samples == X.size
    assert np.flatnonzero(np.isnan(session.recording.data[:, 0])).tolist() == [20, 30, 31]
    assert session.info["import_notes"] == ("3 empty lines were taken as missing samples",)
    spaced = read_session(save(tmp_path, "b.csv", "force\n" + "\n\n".join(f"{b}" for b in X) + "\n"), fs=50)
    np.testing.assert_array_equal(spaced.recording.data[:, 0], X)


def test_a_line_of_words_above_two_columns_does_not_make_them_one(tmp_path):
    body = "".join(f"{3217 + 50 * k},{20_000 + k % 7}\n" for k in range(100))
    session = read_session(save(tmp_path, "putty.log", "=~=~=~= log 2024.03.05 =~=~=~=\n" + body))
    np.testing.assert_array_equal(session.recording.data[:, 0], 20_000 + np.arange(100) % 7)
    assert session.recording.fs == pytest.approx(20)


def test_a_column_called_min_that_stands_still_is_no_time(tmp_path):
    path = save(tmp_path, "a.log", "".join(f"Force:{b:.3f},Min:0,Max:10\n" for b in X))
    assert read_session(path, fs=50).recording.channels == ("Force", "Min", "Max")


@pytest.mark.parametrize("line", ["20 msec/sample", "Sampling Rate: 50 Hz"])
def test_a_rate_written_above_the_columns_is_used(tmp_path, line):
    path = save(tmp_path, "a.txt", f"rec.acq\n{line}\nforce\n" + "".join(f"{b}\n" for b in X))
    assert read_session(path).recording.fs == 50
