"""Controls: in how many a rhythm was found, beside what chance gives."""

import math

import pytest

from made_studies import session_row
from touchrhythm.settings import Settings
from touchrhythm.study.controls import answer_controls


@pytest.mark.parametrize(("n", "n_found"), [(8, 0), (8, 1), (8, 3)])
def test_rhythms_in_dead_weights_are_counted_against_the_level_of_the_test(n, n_found):
    rows = [session_row(k, kind="null", found=k < n_found, raters=()) for k in range(n)]
    (control,) = answer_controls(rows, Settings(alpha=0.1), rng=0).kinds
    expected = sum(math.comb(n, k) * 0.1**k * 0.9 ** (n - k) for k in range(n_found, n + 1))
    assert (control.n_answered, control.n_found, control.expected) == (n, n_found, pytest.approx(0.1 * n))
    assert control.pvalue == pytest.approx(expected, rel=1e-9)
