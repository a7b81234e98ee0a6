"""Does the filter that is written out do what scipy.signal's does?"""

import numpy as np
import pytest
import scipy

from touchrhythm.signal.recursive_filter import blockwise, butterworth_bandpass, gain_of, there_and_back

CASES = [
    (4, (0.1, 0.2), 10.0),
    (4, (0.1, 0.2), 2.5),
    (1, (0.1, 0.2), 8.0),
    (2, (3.0, 4.5), 10.0),
    (3, (0.02, 0.4), 10.0),  # so wide that two of the poles are real
    (5, (1.0, 4.0), 10.0),
    (7, (0.02, 1.0), 4.0),
]


@pytest.mark.parametrize(("order", "band", "fs"), CASES)
def test_the_sections_have_the_gain_of_scipy(order, band, fs):
    theirs = scipy.signal.butter(order, band, "bandpass", fs=fs, output="sos")
    freq, gain = scipy.signal.freqz_sos(theirs, worN=501, fs=fs)
    np.testing.assert_allclose(
        gain_of(butterworth_bandpass(order, band, fs), freq, fs=fs), gain, rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(("order", "band", "fs"), CASES)
@pytest.mark.parametrize("n", [1, 63, 64, 65, 1777])
def test_rows_come_out_as_from_sosfiltfilt(order, band, fs, n):
    rows = np.random.default_rng(n).standard_normal((3, n)).cumsum(axis=1) + 100
    theirs = scipy.signal.butter(order, band, "bandpass", fs=fs, output="sos")
    expected = scipy.signal.sosfiltfilt(theirs, rows, padlen=0)
    cascade = blockwise(butterworth_bandpass(order, band, fs))
    size = np.abs(rows - rows[:, :1]).max() + 1
    np.testing.assert_allclose(there_and_back(cascade, rows), expected, rtol=0, atol=1e-10 * size)
    np.testing.assert_array_equal(
        there_and_back(cascade, rows[0]), there_and_back(cascade, rows[:1])[0], strict=True
    )


def test_the_poles_lie_inside_the_circle_and_a_constant_does_not_pass():
    for order, band, fs in CASES:
        sos = butterworth_bandpass(order, band, fs)
        assert max(abs(np.roots(section[3:])).max() for section in sos) < 1
        assert abs(gain_of(sos, np.array([0.0]), fs=fs)[0]) < 1e-9
