"""Are the features of a reference what they are said to be?"""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.references.features import breath_rate


@pytest.mark.parametrize("seed", range(4))
def test_the_breath_rate_of_an_irregular_breath_is_its_cycles_over_the_time(seed):
    fs, rng = 4.0, np.random.default_rng(seed)
    ends = np.cumsum(np.r_[0.0, 5.0 * (1 + 0.15 * rng.standard_normal(80))])
    time = np.arange(0, ends[-1], 1 / fs)
    cycles = np.interp(time, ends, np.arange(ends.size))
    belt = np.cos(2 * np.pi * cycles) + 0.2 * rng.standard_normal(time.size)
    half = time.size // 2
    rate = breath_rate([belt[:half], belt[half:]], fs)
    assert rate == pytest.approx(cycles[-1] / time[-1], abs=1 / time[-1])
