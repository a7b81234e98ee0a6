"""Whittle fits: known mixtures come back, and the end point is an end point."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.rhythm import whittle
from touchrhythm.signal.spectrum import Block, SpectralComponent

BLOCK = Block(750, 2.5)
SHAPES = BLOCK.expected(
    (
        SpectralComponent("white", 0.0, 0.0),
        SpectralComponent("relaxation", 0.0, 0.012),
        SpectralComponent("steep", 0.0, 0.06),
        SpectralComponent("gaussian", 0.3, 0.05),
        SpectralComponent("lorentzian", 0.25, 0.005),
    )
)
TRUE = np.array([0.3, 0.5, 0.0, 0.0, 0.2])
COUNT = np.ones(BLOCK.freq.size)
FREE = np.zeros(len(SHAPES))


def noisy(seed: int, n: int = 1) -> np.ndarray:
    """Spectra of three tapers: gamma with 3 degrees about the mixture (neighbours independent)."""
    rng = np.random.default_rng(seed)
    return (TRUE @ SHAPES) * rng.gamma(3.0, 1 / 3, (n, BLOCK.freq.size))


def test_the_likelihood_is_whittles() -> None:
    mixture, spectra, count = np.array([1.0, 2.0]), np.array([[1.0, 1.0], [2.0, 0.5]]), np.array([1.0, 3.0])
    by_hand = [1.0 + 3 * (np.log(2) + 0.5), 2.0 + 3 * (np.log(2) + 0.25)]
    np.testing.assert_allclose(whittle.negative_log_likelihood(mixture, spectra, count), by_hand)


@pytest.mark.parametrize("seed", range(5))
def test_weights_at_least_zero_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # neighbours are nearly alike, some weights are far from zero and some held at it by a price
    rows = np.cumsum(rng.standard_normal((20, 200)), axis=0) + 3.0
    normal = rows @ rows.T + 1e-3 * np.eye(20)
    spectrum = np.maximum(rng.standard_normal(20), 0) @ rows + rng.standard_normal(200)
    pull = rows @ spectrum - 50 * rng.uniform(size=20)
    root = np.linalg.cholesky(normal)
    truth = scipy.optimize.nnls(root.T, scipy.linalg.solve_triangular(root, pull, lower=True))[0]
    for start in (np.zeros(20), np.ones(20), truth):
        np.testing.assert_allclose(whittle.nonnegative(normal, pull, start), truth, rtol=1e-7, atol=1e-9)
    assert (truth == 0).any() and (truth > 0).any()


def test_a_spectrum_without_noise_gives_back_its_weights() -> None:
    fit = whittle.fit_sparse(TRUE @ SHAPES, SHAPES, COUNT, penalty=FREE)
    np.testing.assert_allclose(fit.mixture, TRUE @ SHAPES, rtol=2e-3)
    np.testing.assert_allclose(fit.theta, TRUE, atol=5e-3)


@pytest.mark.parametrize("seed", range(5))
def test_the_sparse_fit_ends_where_no_weight_can_gain(seed: int) -> None:
    spectrum = noisy(seed)[0]
    fit = whittle.fit_sparse(spectrum, SHAPES, COUNT, penalty=FREE, max_iter=60)
    slope = SHAPES @ (COUNT / fit.mixture * (1 - spectrum / fit.mixture))
    used = fit.theta > 0
    assert used.any() and (fit.theta >= 0).all()
    # weighted by the weight itself, a slope is what a relative change of it would gain
    assert np.abs(slope * fit.theta).max() < 0.5
    assert (slope[~used] * (fit.mixture / SHAPES[~used]).min(axis=1) > -0.5).all()
    assert fit.loss <= whittle.negative_log_likelihood(TRUE @ SHAPES, spectrum, COUNT) + 1e-6


def test_a_price_keeps_a_shape_out_that_gains_less() -> None:
    spectrum = noisy(6)[0]
    price = np.array([0.0, 0.0, 0.0, 1e6, 0.0])
    assert whittle.fit_sparse(spectrum, SHAPES, COUNT, penalty=price).theta[3] < 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_the_batch_fit_reaches_what_the_sparse_fit_reaches(seed: int) -> None:
    spectra = noisy(seed, 20)
    batch = whittle.fit_rows(spectra, SHAPES, COUNT, penalty=FREE, start=TRUE + 0.01)
    for row, spectrum in enumerate(spectra):
        alone = whittle.fit_sparse(spectrum, SHAPES, COUNT, penalty=FREE, max_iter=60)
        assert batch.loss[row] == pytest.approx(float(alone.loss), abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_the_batch_fit_ends_where_no_weight_can_gain(seed: int) -> None:
    spectra = noisy(seed + 20, 20)
    fit = whittle.fit_rows(spectra, SHAPES, COUNT, penalty=FREE, start=TRUE)
    slope = (COUNT / fit.mixture * (1 - spectra / fit.mixture)) @ SHAPES.T
    used = fit.theta > 0
    assert (fit.theta >= 0).all() and used.any(axis=1).all() and not used.all()
    assert np.abs(slope * fit.theta).max() < 0.2
    level = (fit.mixture[:, None] / SHAPES).min(axis=2)
    assert (slope * level)[~used].min() > -0.2


def test_a_row_is_fitted_alike_whatever_rows_stand_beside_it() -> None:
    spectra = noisy(7, 6)
    together = whittle.fit_rows(spectra, SHAPES, COUNT, penalty=FREE, start=TRUE + 0.01)
    for row in range(6):
        alone = whittle.fit_rows(spectra[row : row + 1], SHAPES, COUNT, penalty=FREE, start=TRUE + 0.01)
        np.testing.assert_allclose(alone.loss[0], together.loss[row], rtol=1e-9)
        np.testing.assert_allclose(alone.mixture[0], together.mixture[row], rtol=1e-6)


def test_one_more_shape_per_row_gains_what_a_fit_of_all_shapes_gains() -> None:
    spectra = noisy(8, 8)
    extra = BLOCK.expected([SpectralComponent("lorentzian", 0.11 + 0.01 * k, 0.005) for k in range(8)])
    spectra += 0.1 * extra
    plain = whittle.fit_rows(spectra, SHAPES, COUNT, penalty=FREE, start=TRUE + 0.01)
    more = whittle.fit_rows(spectra, SHAPES, COUNT, penalty=FREE, start=plain.theta, extra=extra)
    assert more.theta.shape == (8, 6)
    for row in range(8):
        alone = whittle.fit_sparse(
            spectra[row], np.vstack((SHAPES, extra[row])), COUNT, penalty=np.zeros(6), max_iter=60
        )
        assert more.loss[row] == pytest.approx(float(alone.loss), abs=0.05)


def test_blocks_that_an_ordinate_averages_count() -> None:
    spectrum = noisy(9)
    once = whittle.fit_rows(spectrum, SHAPES, COUNT, penalty=FREE, start=TRUE + 0.01)
    twice = whittle.fit_rows(spectrum, SHAPES, 2 * COUNT, penalty=FREE, start=TRUE + 0.01)
    assert twice.loss[0] == pytest.approx(2 * once.loss[0], abs=0.1)


def test_a_barrier_holds_weights_off_zero_and_balances_the_slope() -> None:
    spectrum = noisy(10)[0]
    barrier = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    fit = whittle.fit_interior(spectrum, SHAPES, COUNT, penalty=FREE, start=TRUE, barrier=barrier)
    assert (fit.theta[:3] > 0).all()
    pull = fit.theta * (SHAPES @ (COUNT / fit.mixture * (spectrum / fit.mixture - 1)))
    np.testing.assert_allclose(pull[:3], -barrier[:3], atol=0.15)


def test_the_screen_is_zero_where_nothing_stands_out_and_near_the_gain_where_something_does() -> None:
    mixture = (TRUE @ SHAPES)[None]
    candidates = BLOCK.expected(
        [SpectralComponent("lorentzian", c, 0.005) for c in np.arange(0.1, 0.2, 0.004)]
    )
    np.testing.assert_allclose(whittle.screen(mixture, mixture, candidates, COUNT), 0, atol=1e-12)
    spectrum = mixture + 3 * mixture[0, 100] / candidates[12].max() * candidates[12]
    screened = whittle.screen(spectrum, mixture, candidates, COUNT)[0]
    assert abs(int(screened.argmax()) - 12) <= 1
    heights = np.geomspace(0.01, 100, 400)[:, None] * mixture[0, 100] / candidates[12].max()
    loss = whittle.negative_log_likelihood(mixture + heights * candidates[12], spectrum, COUNT)
    gain = 2 * (whittle.negative_log_likelihood(mixture, spectrum, COUNT)[0] - loss.min())
    assert 0.3 * gain < screened[12] < 1.5 * gain


def test_the_screen_does_not_see_dips() -> None:
    mixture = (TRUE @ SHAPES)[None]
    assert whittle.screen(0.3 * mixture, mixture, SHAPES, COUNT).max() == 0
