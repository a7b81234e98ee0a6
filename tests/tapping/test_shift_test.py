"""Are shifted taps scored as plain loops score them, and ranked so that p is never 0?"""

from __future__ import annotations

import numpy as np
import pytest

from irregular_rhythms import BAND, FS, rhythm
from touchrhythm.estimates import rank_pvalue
from touchrhythm.signal.filtering import analytic_trace
from touchrhythm.tapping.phase_reference import reference_of_trace
from touchrhythm.tapping.shift_test import scores_of


def test_scores_are_what_plain_loops_give() -> None:
    x = np.cumsum(np.random.default_rng(3).standard_normal(6000))
    x[2000:2100] = np.nan
    reference = reference_of_trace(analytic_trace(x, fs=FS, band=BAND), edge=5.0, polarity=1, multiple=1)
    trains = np.sort(np.random.default_rng(4).uniform(20, 590, (30, 40)), axis=1)
    lags = np.array([0.0, 0.5, 1.0])
    found = scores_of(trains, reference, lags=lags, tolerance_fraction=0.2, expected=50.0)
    for row, onset in enumerate(trains):
        unit = reference.unit_at(onset)
        known = onset[np.isfinite(unit)]
        assert found.resultant[row] == pytest.approx(abs(np.nanmean(unit)))
        assert found.v_statistic[row] == pytest.approx(
            max(np.nanmean(reference.unit_at(onset - lag)).real for lag in lags)
        )
        nearest = [int(np.argmin(np.abs(reference.event - one))) for one in known]
        late = known - reference.event[nearest]
        assert found.asynchrony_sd[row] == pytest.approx(late.std())
        hits = {k for k, one in zip(nearest, late, strict=True) if abs(one) <= 0.2 * reference.period[k]}
        assert found.f_measure[row] == pytest.approx(2 * len(hits) / (known.size + 50.0))


def test_shifts_that_meet_too_little_signal_are_left_out() -> None:
    x, _ = rhythm()
    x = x.copy()
    x[3000:] = np.nan
    reference = reference_of_trace(analytic_trace(x, fs=FS, band=BAND), edge=5.0, polarity=1, multiple=1)
    trains = np.stack((np.arange(50, 250, 8.0), np.arange(250, 450, 8.0)))
    found = scores_of(trains, reference, lags=np.zeros(0), tolerance_fraction=0.2, expected=25.0)
    assert np.isfinite(found.resultant[0])
    assert np.isnan([found.resultant[1], found.f_measure[1], found.asynchrony_sd[1]]).all()


def test_a_chance_score_as_large_as_the_observed_one_counts_against_it() -> None:
    null = np.array([1.0, 0.5, np.nan, 0.2])
    assert rank_pvalue(1.0, null) == 2 / 4
    assert rank_pvalue(1.1, null) == 1 / 4
    assert rank_pvalue(0.0, null) == 1.0
