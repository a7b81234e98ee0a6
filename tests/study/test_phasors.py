"""Phasors of a study's sessions, and how many sessions keep a phase of their own."""

import dataclasses
import math

import pytest

from made_studies import session_row, tap_row
from touchrhythm.study.phasors import own_phases, phasors_of


@pytest.mark.parametrize(("n", "above"), [(10, 0), (10, 1), (10, 4), (40, 2)])
def test_sessions_above_their_chance_range_are_counted_against_the_binomial(n, above):
    """At least so many of n at 2.5 %, by plain counting."""
    taps = [dataclasses.replace(tap_row(0.5), null_high=0.4 if k < above else 0.6) for k in range(n)]
    found = own_phases(phasors_of([session_row(k, taps=(one,)) for k, one in enumerate(taps)]))
    expected = sum(math.comb(n, k) * 0.025**k * 0.975 ** (n - k) for k in range(above, n + 1))
    assert (found.n_sessions, found.n_above) == (n, above)
    assert found.pvalue == pytest.approx(expected, rel=1e-9)


def test_a_session_with_too_few_taps_has_no_phasor():
    rows = [session_row(k, taps=(tap_row(0.5, n=n),)) for k, n in enumerate((4, 5, 40))]
    assert [row.id for row in phasors_of(rows).rows] == [rows[1].id, rows[2].id]
