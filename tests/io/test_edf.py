"""EDF and BDF: what another program wrote is read, and a session comes back as it went out."""

import numpy as np
import pytest

from touchrhythm.errors import BadFile, CannotWrite
from touchrhythm.io import convert, read_session
from touchrhythm.io.edf import write_edf
from touchrhythm.session import Annotation, Count, Recording, Session, Taps

edfio = pytest.importorskip("edfio")
RNG = np.random.default_rng(3)


def made(fs=13.17, n=1001, rater="AB"):
    data = np.column_stack((250 + 40 * RNG.normal(size=n), RNG.normal(size=n)))
    data[100:160] = np.nan
    data[300:310, 1] = np.nan
    return Session(
        Recording(data, fs, ("force", "breathing"), ("g", "mV")),
        (Taps([1.5, 8.25, 15.125], rater), Taps([2, 9], "CD")),
        (Count(9, 10, 30, "AB"),),
        (Annotation(0.5, 2, "hand on"),),
    )


@pytest.mark.parametrize("fs", [10, 13.17, 12.5, 79.98734211, 256, 1000, 1 / 3])
@pytest.mark.parametrize(("suffix", "bits"), [("edf", 16), ("bdf", 24)])
def test_a_session_comes_back_at_any_rate(tmp_path, fs, suffix, bits):
    session = made(fs, n=max(1001, int(50 * fs)))
    back = read_session(write_edf(session, tmp_path / f"a.{suffix}"))
    there, here = session.recording, back.recording
    assert (here.channels, here.units, here.n_samples) == (there.channels, there.units, there.n_samples)
    assert here.roles == ("force", "breathing")
    assert here.fs == pytest.approx(fs, rel=1e-6)
    np.testing.assert_array_equal(np.isnan(here.data), np.isnan(there.data))
    step = 1.1 * np.nanmax(np.ptp(np.nan_to_num(there.data), axis=0)) / 2**bits
    assert np.nanmax(np.abs(here.data - there.data)) < 2 * step
    assert [(one.rater, one.onset.tolist()) for one in back.taps] == [
        ("AB", [1.5, 8.25, 15.125]),
        ("CD", [2, 9]),
    ]
    assert (back.counts, back.annotations) == (session.counts, session.annotations)


def test_a_foreign_file_of_several_rates_is_brought_to_the_highest(tmp_path):
    wave = np.sin(np.arange(6000) / 100)
    signals = [
        edfio.EdfSignal(wave, 100, label="ECG", physical_dimension="mV"),
        edfio.EdfSignal(np.arange(600) / 10, 10, label="Thorax", physical_dimension="uV"),
    ]
    edfio.Edf(
        signals, annotations=[edfio.EdfAnnotation(3, None, "Start"), edfio.EdfAnnotation(4.5, None, "tap")]
    ).write(tmp_path / "a.edf")
    session = read_session(tmp_path / "a.edf")
    recording = session.recording
    assert (recording.channels, recording.units, recording.fs) == (("ECG", "Thorax"), ("mV", "uV"), 100)
    assert recording.roles == ("pulse", "breathing")
    np.testing.assert_allclose(recording.data[:5900, 1], np.arange(5900) / 100, atol=2e-3)
    assert session.taps[0].onset.tolist() == [4.5]
    assert session.annotations == (Annotation(3, 0, "Start"),)
    assert session.info["import_notes"] == ("channels of lower rates were brought to 100 Hz: Thorax (10 Hz)",)
    assert session.info["understood"].format == "EDF"


def test_a_damaged_or_interrupted_file_is_refused_in_words(tmp_path):
    path = write_edf(made(), tmp_path / "a.edf")
    whole = path.read_bytes()
    for content in (b"no EDF", whole[:100], whole[:300], b"x" * 3000):
        path.write_bytes(content)
        with pytest.raises(BadFile, match="EDF"):
            read_session(path)
    path.write_bytes(whole[:192] + b"EDF+D" + whole[197:])
    with pytest.raises(BadFile, match="has interruptions"):
        read_session(path)


def test_convert_writes_edf_by_its_suffix(tmp_path):
    rows = "".join(f"{k / 10},{k % 7}\n" for k in range(200))
    (tmp_path / "a.csv").write_text("time,force\n" + rows)
    (path,) = convert(tmp_path / "a.csv", tmp_path / "b.bdf")
    np.testing.assert_allclose(read_session(path).recording.data[:, 0], np.arange(200) % 7, atol=1e-5)


def test_nothing_is_overwritten_and_other_names_are_refused(tmp_path):
    path = write_edf(made(), tmp_path / "a.edf")
    with pytest.raises(CannotWrite):
        write_edf(made(), path)
    with pytest.raises(ValueError, match=r"must end in \.edf or \.bdf"):
        write_edf(made(), tmp_path / "a.txt")
