"""Do perceived rates follow expectation or breathing? Calibrated, and blind to favourite rates."""

import dataclasses

import numpy as np
import pytest
import scipy

from made_studies import session_row, study_of, tap_row
from touchrhythm.raters.loam import loam, permute_loam
from touchrhythm.report.study.associations import breathing_sentences, expectation_sentences
from touchrhythm.report.study.page import study_page
from touchrhythm.report.study.rates import (
    pooled_details,
    together_sentences,
)
from touchrhythm.session import Annotation, Recording, Session
from touchrhythm.settings import Settings
from touchrhythm.simulate.session import simulate_session
from touchrhythm.study.association import associate
from touchrhythm.study.breathing import breathing_rate, breathing_rates
from touchrhythm.study.estimates import estimates_of
from touchrhythm.study.rates import rate_table
from touchrhythm.study.run import analyze_study


def made(rng, *, n=8, k=3, m=2, follow=0.0, nested=False):
    """Perceived and other rates with subjects and favourites on both sides, which have nothing to do with each other."""
    own, other = rng.normal(0, 1, n), rng.normal(0, 1, n)
    favourite = rng.normal(8, 1.5, k)
    x, y, subject, rater = [], [], [], []
    for s in range(n):
        for r in range(k):
            for _ in range(m if not nested or s % k == r else 0):
                said = other[s] + rng.standard_normal()
                y.append(said + favourite[r])  # who likes fast rates also expects them
                x.append(favourite[r] + own[s] + follow * said + rng.standard_normal())
                subject.append(f"S{s}")
                rater.append(f"E{r}")
    return np.array(x), np.array(y), {"subject": subject, "rater": rater}


def p_of(x, y, codes, rng, **more):
    return associate(x, y, other="expected rate", rng=rng, n_permutations=199, **codes, **more).pvalue


def bounds(n, share, tail=5e-4):
    return scipy.stats.binom.ppf([tail, 1 - tail], n, share)


@pytest.mark.parametrize(
    "design",
    [
        {},
        *(pytest.param(one, marks=pytest.mark.long) for one in ({"n": 12, "nested": True}, {"k": 1, "m": 1})),
    ],
)
def test_rates_that_have_nothing_to_do_with_each_other_are_called_associated_in_five_percent(design):
    rng = np.random.default_rng(1)
    n = 300
    p = np.array([p_of(*made(rng, **design), rng) for _ in range(n)])
    for level in (0.05, 0.2, 0.5):
        low, high = bounds(n, level)
        assert low <= (p <= level).sum() <= high


def test_sessions_taken_for_independent_would_be_wrong_far_more_often():
    rng = np.random.default_rng(2)
    p = [scipy.stats.pearsonr(*made(rng)[:2], alternative="greater").pvalue for _ in range(100)]
    assert np.mean(np.array(p) <= 0.05) > 0.3


@pytest.mark.long
def test_who_finds_what_was_expected_is_told_and_the_interval_holds_the_truth():
    rng = np.random.default_rng(3)
    far = [made(rng, n=400, follow=1.0) for _ in range(4)]
    true = np.mean(
        [associate(x, y, other="o", rng=rng, n_permutations=19, **codes).correlation for x, y, codes in far]
    )
    n = 200
    found = [
        associate(x, y, other="o", rng=rng, n_permutations=199, **codes)
        for x, y, codes in (made(rng, n=12, follow=1.0) for _ in range(n))
    ]
    assert sum(one.pvalue <= 0.05 for one in found) > 0.9 * n
    inside = sum(one.ci_low < true < one.ci_high for one in found)
    assert scipy.stats.binom.ppf(1e-3, n, 0.93) <= inside <= n - 1


@pytest.mark.long
def test_what_is_held_constant_explains_nothing_any_more():
    """Expected rates that follow the measured ones go with the perceived ones only through these."""
    rng = np.random.default_rng(4)
    p, n = [], 150
    for _ in range(n):
        x, y, codes = made(rng, n=12, follow=1.0)
        expected = y + rng.standard_normal(y.size)
        p.append((p_of(x, expected, codes, rng), p_of(x, expected, codes, rng, given=y)))
    alone, held = np.array(p).T
    assert (alone <= 0.05).mean() > 0.8
    assert (held <= 0.05).sum() <= bounds(n, 0.07)[1]


def test_too_few_subjects_or_one_and_the_same_rate_are_refused():
    rng = np.random.default_rng(5)
    x, y, codes = made(rng, n=3)
    with pytest.raises(ValueError, match="at least 4 subjects who met the same therapists are needed, got 3"):
        p_of(x, y, codes, rng)
    x, y, codes = made(rng)
    favourite = np.array([float(name[1:]) for name in codes["rater"]])
    with pytest.raises(ValueError, match="does not vary within any therapist"):
        p_of(x, favourite, codes, rng)


# -- limits with the mean of all ----------------------------------------------------------------------


def test_raters_who_know_nothing_of_the_subject_are_as_near_when_swapped():
    rng = np.random.default_rng(6)
    n = 300
    p = []
    for _ in range(n):
        x = rng.normal(8, 0.5, (8, 3)) + rng.normal(0, 1, 3)
        x[0, 1] = np.nan
        p.append(permute_loam(x, n_permutations=199, rng=rng).pvalue)
    for level in (0.05, 0.2, 0.5):
        low, high = bounds(n, level)
        assert low <= (np.array(p) <= level).sum() <= high


def test_raters_who_know_the_subject_are_nearer_than_swapped_ones():
    rng = np.random.default_rng(7)
    x = rng.normal(8, 1, (10, 1)) + rng.normal(0, 0.2, (10, 4))
    found = permute_loam(x)
    assert loam(x).estimate < found.null.low and found.pvalue < 0.001
    with pytest.raises(ValueError, match="at least 4 subjects with two ratings, got 3"):
        permute_loam(x[:3])


# -- breathing -----------------------------------------------------------------------------------------


def test_a_breathing_rate_is_that_of_the_breaths():
    error = []
    for seed, rate in enumerate(np.linspace(5, 24, 12)):
        session = simulate_session(duration_s=300, fs=10, breathing_cpm=rate, references=True, rng=seed)
        error.append(breathing_rates(session, (60.0, 240.0))[0] - rate)
    assert np.median(np.abs(error)) < 0.25, "single rates differ: breaths vary by 8 %"
    assert np.isfinite(error).all() and np.max(np.abs(error)) < 1.5


def test_a_belt_that_slipped_has_no_breathing_rate():
    rng = np.random.default_rng(8)
    for slope in (0.0, 0.5, 1.0):
        gain = np.fft.rfftfreq(3000, 0.1)
        gain[0] = gain[1]
        noise = [np.fft.irfft(np.fft.rfft(rng.standard_normal(3000)) * gain**-slope) for _ in range(40)]
        assert sum(np.isfinite(breathing_rate(x, fs=10.0)) for x in noise) <= 4
    assert np.isnan(breathing_rate(np.full(3000, 7.0), fs=10.0))
    assert np.isnan(breathing_rate(np.full(3000, np.nan), fs=10.0))


def test_the_examiners_breathing_is_not_the_subjects():
    time = np.arange(2000) / 10
    data = np.column_stack([np.sin(2 * np.pi * f * time) for f in (0.14, 0.2, 0.3)])
    session = Session(Recording(data, 10.0, ("force", "breathing_examiner", "respiratory")))
    assert breathing_rates(session, (0.0, 0.0)) == pytest.approx((18.0, 12.0), abs=0.05)
    assert np.isnan(breathing_rates(Session(Recording(data[:, :1], 10.0, ("force",))), (0.0, 0.0))).all()


def test_a_session_keeps_how_fast_its_subject_breathed_and_how_long_the_tapping_was():
    made = simulate_session(
        duration_s=200, fs=10, breathing_cpm=15.0, references=True, tapper="follow", margin_s=30.0, rng=3
    )
    announced = dataclasses.replace(made, annotations=(Annotation(40.0, 120.0, "tapping"),))
    bare = dataclasses.replace(made, annotations=())
    for session, seconds in ((bare, made.taps[0].onset[-1] - made.taps[0].onset[0]), (announced, 120.0)):
        row = analyze_study([session], Settings(n_surrogates=19, n_bootstrap=50)).rows[0]
        assert row.breathing_cpm == pytest.approx(15.0, abs=1.0)
        assert np.isnan(row.examiner_breathing_cpm)
        assert row.tapping_s == pytest.approx(seconds)


# -- on the page ---------------------------------------------------------------------------------------


def rows_of(*, n=8, k=3, leads="expected", seed=0, **more):
    """Sessions whose perceived rate follows one thing alone."""
    rng = np.random.default_rng(seed)
    subject = rng.normal(8.5, 1.0, (n, 2))
    rows = []
    for s in range(n):
        for r in range(k):
            known = {
                "measured": subject[s, 0] + rng.normal(0, 0.2),
                "expected": subject[s, 1] + rng.normal(0, 1.0),
                "breathing": rng.normal(16, 2.0),
            }
            led = known[leads] / (2 if leads == "breathing" else 1)
            taps = (tap_row(0.3 * np.exp(1j * s), rater=f"E{r}", rate=led + rng.normal(0, 0.3)),)
            own = {
                "rate_cpm": known["measured"],
                "expected_cpm": known["expected"],
                "breathing_cpm": known["breathing"],
            }
            rows.append(session_row(len(rows), taps=taps, subject=f"S{s}", **(own | more)))
    return rows


def row_of(result, part, quantity):
    return next(row for row in estimates_of(result.answers) if (row.part, row.quantity) == (part, quantity))


def test_who_found_what_they_expected_is_told_so_beside_what_was_measured():
    result = study_of(rows_of())
    said = " ".join(expectation_sentences(result))
    assert "perceived rates go with what was expected" in said
    assert "it was not shown that perceived rates go with what was measured" in said
    assert "So they found what they expected; that they found what was measured was not shown." in said
    row = row_of(result, "perceived and expected rate", "correlation_within_raters")
    assert row.ci_low < row.estimate < row.ci_high and row.estimate > row.null.high
    assert row.pvalue < 0.01 and (row.n_subjects, row.n_raters, row.n_sessions) == (8, 3, 24)
    page = study_page(result)
    assert 'id="beside-title"' in page, "the picture of both side by side"
    assert "Expectation and breathing" in page and "expected rate, measured rate held constant" in page


def test_who_found_what_was_measured_is_not_told_to_have_found_what_was_expected():
    said = " ".join(expectation_sentences(study_of(rows_of(leads="measured"))))
    assert "it was not shown that perceived rates go with what was expected" in said
    assert (
        "session: perceived" not in said and "perceived rates go with what was measured (correlation" in said
    )
    assert "So they found what they expected" not in said


def test_perceived_rates_that_follow_half_of_the_breathing_are_told():
    result = study_of(rows_of(leads="breathing", k=4, n=10))
    said = " ".join(breathing_sentences(result))
    assert (
        "perceived rates go with breathing" in said
        and "not shown that perceived" not in said.split("half of it")[0]
    )
    half = row_of(result, "perceived and half the subject's breathing rate", "rms_difference")
    assert half.estimate < half.null.low and half.estimate < 0.6
    measured = row_of(
        result,
        "perceived and measured rate, subject's breathing rate held constant",
        "correlation_within_raters",
    )
    assert measured.pvalue > 0.05
    assert "The examiner's breathing rate was not recorded" in said


def test_what_was_not_recorded_is_said_to_be_so():
    nan = float("nan")
    result = study_of(rows_of(expected_cpm=nan, breathing_cpm=nan))
    assert "Expected rates were not recorded" in expectation_sentences(result)[0]
    assert 'id="beside-title"' not in study_page(result)
    assert sum("was not recorded" in one for one in breathing_sentences(result)) == 2


def test_what_was_expected_is_asked_of_the_examiner_alone():
    row = rows_of()[0]
    both = dataclasses.replace(row, taps=(*row.taps, tap_row(0.3, rater="E9")), raters=(*row.raters, "E9"))
    assert np.isfinite(rate_table([both]).expected_cpm).tolist() == [True, False]


def test_several_therapists_stand_beside_what_swapped_ones_reach():
    known, guessed = study_of(rows_of(leads="measured")), study_of(rows_of(leads="breathing"))
    assert "who know nothing of the subject are farther apart" in " ".join(together_sentences(known))
    assert "who know nothing of the subject would come as near" in " ".join(together_sentences(guessed))
    row = row_of(known, "all raters", "loam")
    assert row.ci_low < row.estimate < row.ci_high < row.null.high and row.pvalue < 0.01


def test_limits_stand_with_percent_bias_in_words_and_equivalence():
    result = study_of(rows_of(leads="measured"), delta_cpm=3.0)
    said = " ".join(pooled_details(result.answers.rates.pooled[0]))
    for words in (
        "MOVER intervals (Zou 2013)",
        "In percent of the mean of both",
        "the difference grows or falls with the rate",
        "Concordance",
        "are equivalent to the measured rate",
    ):
        assert words in said
    assert row_of(result, "perceived - rhythm", "percent_limit_upper").unit == "%"
    assert (
        "90 % interval of the bias inside" in row_of(result, "perceived - rhythm", "equivalence_delta").method
    )


def test_the_form_for_replicates_of_a_constant_value_is_an_option():
    rows = rows_of(leads="measured", k=3)
    forms = {
        form: study_of(rows, limits_form=form).answers.rates.pooled[0].limits for form in (None, "constant")
    }
    assert forms[None].form == "one-way" and forms["constant"].form == "constant"
    assert forms[None].upper.estimate != forms["constant"].upper.estimate


def test_an_association_counts_itself_and_is_asked_for_on_one_side():
    rng = np.random.default_rng(30)
    true = rng.normal(8, 1, 12)
    codes = {"subject": [f"S{k}" for k in range(12)], "rater": ["E1"] * 12}
    near = true + 0.01 * rng.standard_normal(12)
    assert p_of(true, near, codes, np.random.default_rng(1)) == 1 / 200
    assert p_of(true, -near, codes, np.random.default_rng(1)) == 1.0
