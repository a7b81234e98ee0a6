"""Does planning predict what studies then find, and does it say so?"""

import re

import numpy as np
import pytest
import scipy

from touchrhythm.planning.power import Expected, plan_power, simulate_phasors
from touchrhythm.planning.precision import Ratings, plan_width
from touchrhythm.plotting.planning import plot_power, plot_widths
from touchrhythm.report.planning import power_sentences
from touchrhythm.signal.filtering import analytic_trace
from touchrhythm.simulate.session import simulate_cycles, simulate_session, simulate_taps
from touchrhythm.study.rotation import rotation_test
from touchrhythm.tapping.agreement import tap_agreement_of

QUICK = {"n_studies": 300, "n_pool": 60}


FEW = Expected(jitter=0.2, lag_spread_s=0.0, margin_s=20.0)


def binomial(rate, runs, miss=1e-3):
    return tuple(scipy.stats.binom.ppf(one, runs, rate) / runs for one in (miss / 2, 1 - miss / 2))


SHARED = Expected(jitter=0.25, lag_spread_s=0.5, followed=0.7, margin_s=20.0)


MINUTES, TAPPERS, RECORDINGS = 3, 8, 48


@pytest.fixture(scope="module")
def full():
    """Raw recordings at 20 Hz through the whole tap analysis: phasors, taps, who followed (48 x 8)."""
    rng = np.random.default_rng(20261124)
    duration, e = 60 * MINUTES + 2 * SHARED.margin_s, SHARED
    z, n, follows = [], [], []
    for _ in range(RECORDINGS):
        rate = rng.uniform(*e.rate_cpm)
        session = simulate_session(
            duration_s=duration, rate_cpm=rate, snr_db=e.snr_db, fs=20.0, cv=e.signal_cv, rng=rng
        )
        trace = analytic_trace(session.recording.data[:, 0], fs=20.0, band=(0.1, 0.2))
        peak = np.array(session.info["truth"]["peak_s"])
        for _ in range(TAPPERS):
            follows.append(rng.random() < e.followed)
            beat = peak if follows[-1] else simulate_cycles(duration, rate_cpm=rate, cv=e.tapper_cv, rng=rng)
            lag = max(0.0, e.lag_s + e.lag_spread_s * rng.standard_normal())
            span = (e.margin_s, duration - e.margin_s)
            onset = simulate_taps(beat, span=span, lag_s=lag, jitter=e.jitter, missed=e.missed, rng=rng)
            found = tap_agreement_of(onset, trace, n_surrogates=19, rng=rng)
            z.append(np.exp(1j * found.phase).mean())
            n.append(found.n_taps)
    shape = (RECORDINGS, TAPPERS)
    return np.reshape(z, shape), np.reshape(n, shape), np.reshape(follows, shape)


@pytest.mark.long
def test_predicted_power_is_that_of_full_simulations_with_another_seed(full):
    """64 studies of 6 sessions, each session in one study only; 3 points are allowed to the prediction."""
    z, n, _ = full
    row = plan_power(
        SHARED, n_sessions=[6], tapping_s=[60 * MINUTES], n_studies=1500, n_pool=250, rng=1
    ).rows[0]
    assert 0.25 < row.power < 0.75  # where a wrong prediction would show
    rng = np.random.default_rng(8)
    hits = [
        rotation_test(z[k : k + 6, tapper], weights=n[k : k + 6, tapper], rng=rng).pvalue <= 0.05
        for tapper in range(TAPPERS)
        for k in range(0, RECORDINGS, 6)
    ]
    low, high = binomial(row.power - 0.03, len(hits))[0], binomial(row.power + 0.03, len(hits))[1]
    assert low <= np.mean(hits) <= high


@pytest.mark.long
@pytest.mark.parametrize("kind", [True, False])
def test_the_phasors_have_the_length_of_those_of_full_simulations(full, kind):
    z, n, follows = full
    quick = simulate_phasors(120, SHARED, tapping_s=60 * MINUTES, rng=2)
    one, other = np.abs(z[follows == kind]), np.abs(quick.z[quick.follows == kind])
    error = np.hypot(one.std() / one.size**0.5, other.std() / other.size**0.5)
    assert abs(one.mean() - other.mean()) < 4 * error  # tappers on one signal are not quite independent
    assert np.median(quick.n_taps) == pytest.approx(np.median(n), abs=1)


def test_where_nobody_follows_the_power_is_the_level():
    table = plan_power(
        Expected(followed=0.0, margin_s=20.0),
        n_sessions=[6],
        tapping_s=[120],
        n_studies=1000,
        n_pool=500,
        rng=3,
    )
    low, high = binomial(0.05, 1000)
    assert low <= table.rows[0].power <= high


def test_power_grows_with_sessions_and_minutes_and_falls_with_spread():
    weak = Expected(jitter=0.27, lag_spread_s=0.5, margin_s=20.0)
    steady = plan_power(weak, n_sessions=[4, 8, 16], tapping_s=[120], **QUICK, rng=4)
    power = [row.power for row in steady.rows]
    assert power == sorted(power) and power[-1] - power[0] > 0.2
    longer = plan_power(weak, n_sessions=[8], tapping_s=[360], **QUICK, rng=4)
    assert longer.rows[0].power > power[1] + 0.1
    spread = plan_power(
        Expected(jitter=0.27, lag_spread_s=3.0, margin_s=20.0),
        n_sessions=[8],
        tapping_s=[120],
        **QUICK,
        rng=4,
    )
    assert spread.rows[0].power < power[1] - 0.1


def test_declaring_the_right_lag_helps_and_the_wrong_one_harms():
    found = {
        name: plan_power(FEW, n_sessions=[6], tapping_s=[120], form=form, declared_lag_s=lag, **QUICK, rng=5)
        .rows[0]
        .power
        for name, form, lag in (
            ("undirected", "undirected", None),
            ("right", "directional", 0.5),
            ("opposite", "directional", 4.2),
        )
    }
    assert found["right"] > found["undirected"] > found["opposite"]


def test_the_same_seed_gives_the_same_table():
    a, b, c = (plan_power(FEW, n_sessions=[5], tapping_s=[120], **QUICK, rng=seed) for seed in (6, 6, 7))
    assert a == b and a.rows != c.rows


def test_the_smallest_design_that_is_enough_is_named():
    table = plan_power(FEW, n_sessions=[20, 4, 12], tapping_s=[240], **QUICK, wanted=0.8, rng=0)
    (row,) = table.enough()
    assert row == min((one for one in table.rows if one.power >= 0.8), key=lambda one: one.n_sessions)
    assert f"{row.n_sessions} sessions with 4 min" in power_sentences(table)[0]
    nothing = plan_power(
        Expected(followed=0.0, margin_s=20.0), n_sessions=[4], tapping_s=[120], **QUICK, rng=0
    )
    assert power_sentences(nothing)[0].startswith("None of these designs reaches 80%")


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"n_sessions": [3]}, "n_sessions must be a whole number of at least 4"),
        ({"tapping_s": [0.0]}, "tapping_s must lie above 0 s"),
        ({"tapping_s": [float("nan")]}, "tapping_s must lie above 0 s"),
        ({"tapping_s": [8.0]}, "long enough for the 5 taps"),
        ({"form": "rayleigh"}, "form must be one of"),
        ({"alpha": 5}, "alpha must lie between 0 and 1"),
        ({"band_cpm": (3.0, 6.0)}, "must lie in the band 3–6 cpm, got 6.7–9.5 cpm"),
        ({"n_studies": 10}, "n_studies must be a whole number of at least 100"),
    ],
)
def test_a_design_that_cannot_be_meant_is_refused(how, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        plan_power(FEW, **{"n_studies": 100, "n_pool": 50, **how})


@pytest.mark.parametrize(
    "values", [{"jitter": -0.1}, {"followed": 1.2}, {"rate_cpm": (9, 6)}, {"snr_db": float("nan")}]
)
def test_expectations_outside_their_range_are_refused(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        Expected(**values)


def test_pictures_show_what_the_tables_hold():
    table = plan_power(FEW, n_sessions=[4, 8], tapping_s=[120, 240], **QUICK)
    ax = plot_power(table)
    drawn = [list(map(float, line.get_ydata())) for line in ax.get_lines()[:2]]
    assert drawn == [[row.power for row in table.rows if row.tapping_s == s] for s in (120, 240)]
    widths = plan_width("limits", Ratings(), n_subjects=[10, 20], wanted=1.0, n_studies=100)
    line = plot_widths(widths).get_lines()[0]
    assert list(line.get_ydata()) == [row.width for row in widths.rows]
