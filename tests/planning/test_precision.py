"""Is the width of an interval that of its formula, and the fewest subjects named?"""

import pytest

from touchrhythm.planning.precision import Ratings, plan_width
from touchrhythm.report.planning import width_sentences


@pytest.mark.parametrize(("n", "half"), [(11, 0.60), (28, 0.36), (49, 0.27)])
def test_the_width_of_icc_is_that_of_the_large_sample_formula(n, half):
    """Half-width at ICC .2 with two raters: 1.96 (1 - .2)(1 + .2)/sqrt(n - 1) (Bonett 2002)."""
    found = plan_width("icc", Ratings(icc=0.2), n_subjects=[n], n_studies=200).rows[0].width / 2
    assert half == pytest.approx(1.96 * 0.8 * 1.2 / (n - 1) ** 0.5, abs=0.01)
    assert found == pytest.approx(half, rel=0.15 if n == 11 else 0.05)


def test_the_width_of_limits_with_one_session_is_that_of_the_exact_interval():
    """SE of a limit of n independent differences: SD sqrt(1/n + 1.96²/(2(n - 1))) (Bland & Altman 1999)."""
    table = plan_width(
        "limits", Ratings(between_cpm=0.8, within_cpm=0.6), n_subjects=[40, 100], n_studies=200
    )
    for row in table.rows:
        n = row.n_subjects
        assert row.width == pytest.approx(2 * 1.96 * (1 / n + 1.96**2 / (2 * (n - 1))) ** 0.5, rel=0.08)
        assert row.width_90 > row.width


def test_the_fewest_subjects_that_are_enough_are_named():
    table = plan_width("icc", Ratings(), n_subjects=[80, 10, 40], wanted=0.65, n_studies=100)
    assert table.enough().n_subjects == 40
    assert "With 40 subjects" in width_sentences(table)[0]
    assert plan_width("icc", Ratings(), n_subjects=[5], wanted=0.1, n_studies=100).enough() is None
