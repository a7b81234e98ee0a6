"""Controls: in how many a rhythm was found, beside what chance gives."""

import math

import pytest

from made_studies import session_row, tap_row
from touchrhythm.settings import Settings
from touchrhythm.study.controls import answer_controls


@pytest.mark.parametrize(("n", "n_found"), [(8, 0), (8, 1), (8, 3)])
def test_rhythms_in_dead_weights_are_counted_against_the_level_of_the_test(n, n_found):
    rows = [session_row(k, kind="null", found=k < n_found, raters=()) for k in range(n)]
    (control,) = answer_controls(rows, Settings(alpha=0.1), rng=0).kinds
    expected = sum(math.comb(n, k) * 0.1**k * 0.9 ** (n - k) for k in range(n_found, n + 1))
    assert (control.n_answered, control.n_found, control.expected) == (n, n_found, pytest.approx(0.1 * n))
    assert control.pvalue == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n_raters", "level"), [(1, 0.05), (2, 0.1)])
def test_rhythms_made_by_tapping_alone_are_counted_against_the_level_of_the_press_test(n_raters, level):
    taps = tuple(tap_row(0.1, rater=f"E{k:02d}") for k in range(n_raters))
    told = [session_row(k, kind="tap-only", taps=taps, made_by_tapping=k < 3) for k in range(8)]
    untold = [
        session_row(9, kind="tap-only", taps=taps),
        session_row(10, kind="tap-only", taps=taps, found=False),
    ]
    found = answer_controls([*told, *untold], Settings(), rng=0)
    (made,) = found.made
    expected = sum(math.comb(8, k) * level**k * (1 - level) ** (8 - k) for k in range(3, 9))
    assert (made.kind, made.n_sessions, made.n_told, made.n_made) == ("tap-only", 9, 8, 3)
    assert made.expected == pytest.approx(8 * level) and made.pvalue == pytest.approx(expected, rel=1e-9)
    assert found.made_followed is None


def test_where_no_margin_can_tell_there_is_no_chance_figure():
    rows = [session_row(k, kind="tap-only", taps=(tap_row(0.1),)) for k in range(4)]
    (made,) = answer_controls(rows, Settings(), rng=0).made
    assert (made.n_sessions, made.n_told, made.n_made) == (4, 0, 0) and math.isnan(made.pvalue)
