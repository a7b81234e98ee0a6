"""Is a tapper of known kind found again, and do surrogates tap like him?"""

from __future__ import annotations

import numpy as np
import pytest

from touchrhythm.simulate.session import simulate_cycles, simulate_taps
from touchrhythm.tapping.tapper import (
    SHARES,
    fit_tapper,
    interval_with_error,
    mean_with_error,
    surrogate_taps,
)


def test_the_split_into_clock_and_hand_is_found_again() -> None:
    split = []
    for seed in range(20):
        peak = simulate_cycles(1500.0, rate_cpm=8.0, cv=0.08, rng=seed)
        model = fit_tapper(simulate_taps(peak, span=(0, 1500), jitter=0.06, missed=0.05, rng=seed + 1000))
        split.append((model.timekeeper_cv, model.motor_cv, model.period))
    clock, hand, period = np.mean(split, axis=0)
    assert clock == pytest.approx(0.08, abs=0.01)
    assert hand == pytest.approx(0.06, abs=0.01)
    assert period == pytest.approx(7.5, rel=0.01)


def test_the_fitted_tapper_is_the_dense_restricted_likelihood() -> None:
    onset = simulate_taps(
        simulate_cycles(300.0, rate_cpm=8.0, rng=3), span=(0, 300), jitter=0.1, missed=0.1, rng=4
    )
    model = fit_tapper(onset)
    interval, step = np.diff(onset), model.step
    n, loglik = interval.size, []
    for share in SHARES:
        cover = np.diag(share * step + (1 - share) + 1e-9)
        cover -= (1 - share) / 2 * (np.eye(n, k=1) + np.eye(n, k=-1))
        inverse = np.linalg.inv(cover)
        information = step @ inverse @ step
        rest = interval - step * (step @ inverse @ interval) / information
        rss = rest @ inverse @ rest
        loglik.append(
            -0.5 * np.linalg.slogdet(cover)[1] - 0.5 * np.log(information) - 0.5 * (n - 1) * np.log(rss)
        )
    weight = np.exp(np.array(loglik) - max(loglik))
    assert model.weight == pytest.approx(weight / weight.sum(), abs=1e-6)


def test_surrogate_tappers_have_the_rate_and_the_spread_of_the_tapper() -> None:
    onset = simulate_taps(
        simulate_cycles(600.0, rate_cpm=8.0, cv=0.05, rng=3), span=(0, 600), jitter=0.1, missed=0.0, rng=4
    )
    model = fit_tapper(onset)
    copies = surrogate_taps(model, n_surrogates=2000, rng=np.random.default_rng(1))
    interval = np.diff(copies, axis=1)
    assert interval.mean() == pytest.approx(np.diff(onset).mean(), rel=0.005)
    assert interval.std(axis=1).mean() == pytest.approx(np.diff(onset).std(), rel=0.1)
    start = (copies.mean(axis=1) - onset.mean()) / model.period
    assert np.abs(start).max() <= 0.5
    assert start.std() == pytest.approx(1 / 12**0.5, rel=0.05)


def test_a_late_tap_is_told_from_a_missed_one() -> None:
    beat = np.arange(0.0, 300.0, 7.5)
    late = beat.copy()
    late[20] += 4.5  # the interval before is 1.6 typical ones, the next 0.4
    assert (fit_tapper(late).step == 1).all()
    missed = fit_tapper(np.delete(beat, 20)).step
    assert missed[19] == 2
    assert missed.sum() == beat.size - 1


def test_surrogate_tappers_keep_the_slow_down_of_the_tapper_where_asked() -> None:
    onset = simulate_cycles(600.0, rate_cpm=8.0, cv=0.02, drift=0.4, rng=3)
    later = []
    for trend in (0, 1):
        interval = np.diff(
            surrogate_taps(fit_tapper(onset, trend=trend), n_surrogates=500, rng=np.random.default_rng(1))
        )
        half = interval.shape[1] // 2
        later.append(interval[:, half:].mean() / interval[:, :half].mean())
    assert later[0] == pytest.approx(1, abs=0.02)
    plain = np.diff(onset)
    assert later[1] == pytest.approx(
        plain[plain.size // 2 :].mean() / plain[: plain.size // 2].mean(), abs=0.03
    )


def test_the_interval_of_the_mean_holds_the_truth_for_dependent_values() -> None:
    held = 0
    for seed in range(300):
        hand = np.random.default_rng(seed).standard_normal(101)
        mean, half = mean_with_error(1.0 + np.diff(hand))  # almost all variance cancels
        held += abs(mean - 1.0) <= half
        assert half < 0.35  # 0.28 is what independent values of this spread would give
    assert held >= 0.93 * 300


def test_the_interval_of_the_tap_rate_holds_the_tappers_own_rate() -> None:
    held = {5: 0, 10: 0}
    for minutes in held:
        for seed in range(200):
            own = simulate_cycles(minutes * 60.0, rate_cpm=8.0, cv=0.08, rng=seed)
            onset = simulate_taps(own, span=(0, minutes * 60), jitter=0.08, missed=0.0, rng=seed + 999)
            mean, half = interval_with_error(onset)
            held[minutes] += abs(mean - 7.5) <= half
    assert all(one >= 0.92 * 200 for one in held.values())


def test_the_intervals_of_taps_are_those_of_95_percent() -> None:
    """Long series of independent values: the half width is 1.96 standard errors, give or take what they are."""
    rng = np.random.default_rng(40)
    ratio = []
    for _ in range(60):
        values = rng.standard_normal(2000)
        ratio.append(mean_with_error(values)[1] / (values.std() / 2000**0.5))
    assert np.mean(ratio) == pytest.approx(
        1.99, abs=0.06
    )  # 1.67 at 90 %; t with 51 degrees of freedom: 2.007
    held = sum(
        abs(mean - 7.5) <= half
        for mean, half in (
            interval_with_error(np.cumsum(7.5 + 0.4 * rng.standard_normal(30))) for _ in range(800)
        )
    )
    assert 0.93 * 800 <= held <= 0.98 * 800  # 90 % intervals hold fewer than .93 of 800 but once in 700
