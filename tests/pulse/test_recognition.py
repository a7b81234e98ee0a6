"""Is this a pulse wave, an ECG, or neither?"""

import numpy as np
import pytest
import scipy

from touchrhythm.pulse.recognition import _mean_spectrum


@pytest.mark.parametrize(("n", "fs"), [(12_000, 100.0), (1581, 13.17), (999, 99.9), (501, 50.1)])
def test_the_spectrum_that_is_looked_at_is_welch_s(n, fs):
    x = np.cumsum(np.random.default_rng(n).standard_normal(n))
    freq, power = _mean_spectrum(x, fs)
    known, density = scipy.signal.welch(scipy.signal.detrend(x), fs, nperseg=min(n, round(20 * fs)))
    np.testing.assert_array_equal(freq, known)
    np.testing.assert_allclose(power / power.sum(), density / density.sum(), atol=1e-14)
