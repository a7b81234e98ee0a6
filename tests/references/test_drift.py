"""A feature is brought to the delay of the signal, each row to its own, across all blocks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from touchrhythm.references.drift import DELAYS, aligned, moved, slow_changes
from touchrhythm.references.features import Feature
from touchrhythm.simulate.signals import simulate_rhythm

FS = 4.0
SPAN = (0.07, 0.25)
ENDS = (0, 1000, 2400)


def blocks_of(x: np.ndarray) -> list[np.ndarray]:
    return [x[..., first:last] for first, last in itertools.pairwise(ENDS)]


def test_a_series_comes_later_and_has_nothing_where_it_has_not_begun() -> None:
    x = np.arange(1.0, 7.0)
    assert moved(x, 2).tolist() == [0, 0, 1, 2, 3, 4]
    assert moved(np.stack((x, 2 * x)), -4).tolist() == [[5, 6, 0, 0, 0, 0], [10, 12, 0, 0, 0, 0]]
    assert moved(x, 0).tolist() == x.tolist()


@pytest.mark.parametrize("delay_s", [-4.0, 0.0, 2.5])
def test_each_row_is_brought_to_the_delay_at_which_the_signal_goes_with_it(delay_s: float) -> None:
    wave, _ = simulate_rhythm(ENDS[-1], fs=FS, rate_cpm=8.0, cv=0.15, rng=1)
    early = moved(wave, round(2.0 * FS))
    signal = moved(wave, round(delay_s * FS))
    feature = Feature("wave", tuple(blocks_of(np.stack((wave, early)))), (0.0,), True)
    inside = np.concatenate(aligned(feature, blocks_of(signal), fs=FS, span=SPAN), axis=1).real
    at_ends = round(10 * FS)  # where blocks begin and end, what was moved in is missing
    kept = np.concatenate(
        [np.arange(first + at_ends, last - at_ends) for first, last in ((0, 1000), (1000, 2400))]
    )
    for row in inside[:, kept]:
        assert np.corrcoef(row, signal[kept])[0, 1] > 0.98
    assert DELAYS[0] <= delay_s - 2.0


def test_changes_are_slower_than_a_two_hundredth_of_a_hertz_and_independent() -> None:
    n = round(600 * FS)
    cosines = slow_changes(n, FS)
    assert cosines.shape == (6, n)
    assert cosines @ cosines.T / n == pytest.approx(np.eye(6) / 2, abs=1e-12)
    # a cosine of 5 mHz passes 0 at the most six times in 600 s
    assert [int((np.diff(np.sign(row)) != 0).sum()) for row in cosines] == [1, 2, 3, 4, 5, 6]
    assert len(slow_changes(round(3600 * FS), FS, most=12)) == 12
