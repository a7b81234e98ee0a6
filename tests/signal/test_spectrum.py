"""Spectra: what is expected is what quadratic forms and many recordings give."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.signal.spectrum import (
    BLOCK,
    Block,
    Grid,
    SpectralComponent,
    block_lengths,
    coherence,
    detrended,
)

FS = 2.5
SHAPES = (
    SpectralComponent("white", 0.0, 0.0),
    SpectralComponent("relaxation", 0.0, 0.012),
    SpectralComponent("steep", 0.0, 0.06),
    SpectralComponent("rising", 0.0, 0.03),
    SpectralComponent("steeply rising", 0.0, 0.1),
    SpectralComponent("lorentzian", 0.15, 0.005),
    SpectralComponent("gaussian", 0.25, 0.03),
)


def test_white_noise_of_variance_1_is_expected_to_be_1_everywhere() -> None:
    expected = Block(750, FS).expected((SHAPES[0],))
    np.testing.assert_allclose(expected, 1.0, rtol=1e-12)


def autocovariance(component: SpectralComponent, lag: np.ndarray) -> np.ndarray:
    return np.asarray(component.envelope(lag) * np.cos(2 * np.pi * component.centre * lag))


@pytest.mark.parametrize("component", SHAPES, ids=lambda component: component.kind)
def test_the_expected_spectrum_is_the_quadratic_form_of_the_covariance(component: SpectralComponent) -> None:
    block = Block(240, FS)
    covariance = scipy.linalg.toeplitz(autocovariance(component, np.arange(block.n) / FS))
    waves = np.exp(-2j * np.pi * np.outer(block.freq, np.arange(block.n) / FS))
    exact = np.zeros(block.freq.size)
    for taper in block.tapers:
        rows = waves * taper
        exact += np.einsum("fi,ij,fj->f", rows, covariance, rows.conj()).real / len(block.tapers)
    np.testing.assert_allclose(block.expected((component,))[0], exact, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["lorentzian", "gaussian", "relaxation"])
def test_the_width_of_a_peak_is_its_half_width_at_half_maximum(kind: str) -> None:
    component = SpectralComponent(kind, 0.0 if kind == "relaxation" else 0.15, 0.01)
    lag = np.arange(2000) * 0.25  # s
    at = component.centre + np.array([0.0, 0.005, 0.01])
    density = 2 * np.cos(2 * np.pi * np.outer(at, lag)) @ component.covariance(lag) - 1
    assert density[0] > density[1] > density[2]
    assert density[2] / density[0] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("fs", [2.5, 3.0])
@pytest.mark.parametrize(
    ("kind", "corner", "corners", "power"),
    [
        ("rising", 0.03, (1.0, 4.0), 2),
        ("rising", 0.2, (1.0, 4.0), 2),
        ("steeply rising", 0.1, (1.0, 1.25, 3.0), 4),
    ],
)
def test_a_rising_spectrum_is_its_closed_form_without_what_sampling_folds_onto_0(
    kind: str, corner: float, corners: tuple[float, ...], power: int, fs: float
) -> None:
    def unscaled(freq: np.ndarray) -> np.ndarray:
        return np.asarray(freq**power / np.prod([freq**2 + (corner * c) ** 2 for c in corners], axis=0))

    area = 2 * scipy.integrate.quad(lambda f: float(unscaled(np.array(f))), 0, np.inf, epsabs=0, limit=200)[0]
    freq = np.array([0.0, 0.01, 0.03, 0.1, 0.2, 0.6, 1.0])
    # the tail, which falls as 1/f², beyond the last fold is that of an integral
    folds, tail = np.arange(-4000, 4001) * fs, 2 / (4000.5 * fs) / fs
    folded = unscaled(freq[:, None] + folds).sum(axis=1) + tail
    density = (folded - folded[0]) / (area - fs * folded[0])
    component = SpectralComponent(kind, 0.0, corner)
    lag = np.arange(4000) / fs
    sampled = (2 * np.cos(2 * np.pi * np.outer(freq, lag)) @ component.covariance(lag) - 1) / fs
    assert component.covariance(lag)[0] == pytest.approx(1.0, abs=1e-12)
    np.testing.assert_allclose(sampled, density, rtol=1e-6, atol=1e-9)


def test_tapers_are_orthonormal_sine_tapers() -> None:
    tapers = Block(301, FS).tapers
    np.testing.assert_allclose(tapers @ tapers.T, np.eye(3), atol=1e-12)


def test_the_tapered_spectrum_of_noise_is_on_average_the_expected_one() -> None:
    rng = np.random.default_rng(1)
    block = Block(300, FS)
    keep = np.exp(-2 * np.pi * 0.05 / FS)
    shock = rng.standard_normal((2000, 300)) * np.sqrt(1 - keep**2)
    shock[:, 0] /= np.sqrt(1 - keep**2)
    x = scipy.signal.lfilter([1.0], [1.0, -keep], shock, axis=1)
    ratio = block.tapered(x).mean(axis=0) / block.expected((SpectralComponent("relaxation", 0.0, 0.05),))[0]
    # each ordinate is the mean of 2000 spectra of at least 2 degrees of freedom: SD 1/sqrt(2000)
    assert np.abs(ratio - 1).max() < 4.5 / np.sqrt(2000)


def test_a_sine_stands_at_its_frequency_with_its_power() -> None:
    block = Block(750, FS)
    x = 3 * np.cos(2 * np.pi * 0.15 * np.arange(750) / FS + 0.4)
    spectrum = block.tapered(x[None])[0]
    assert block.freq[spectrum.argmax()] == pytest.approx(0.15, abs=1 / 300)
    # the tapers' far side lobes beyond the ordinates hold a millionth
    assert 2 * spectrum.sum() / 750 == pytest.approx(4.5, rel=1e-5)


def test_ordinates_leave_out_drift_and_what_is_fast() -> None:
    long, short = Block(750, FS), Block(250, FS)
    assert long.freq.min() >= 0.02 and long.freq.max() <= 0.6
    assert short.freq.min() >= 2.5 / 100


@pytest.mark.parametrize("n", [300, 750, 2499, 2500, 2501, 7501, 90_013])
def test_blocks_are_equal_no_longer_than_the_limit_and_lose_little(n: int) -> None:
    lengths = block_lengths(n, FS)
    assert len(set(lengths)) == 1
    assert lengths[0] / FS <= BLOCK
    assert 0.96 * n < sum(lengths) <= n


def test_a_grid_averages_blocks_of_one_length_and_keeps_others_apart() -> None:
    grid = Grid((300, 400, 300), FS)
    rng = np.random.default_rng(2)
    pieces = [rng.standard_normal((4, n)) for n in grid.lengths]
    spectra = grid.tapered(pieces)
    one, other = Block(300, FS), Block(400, FS)
    np.testing.assert_allclose(
        spectra[:, : one.freq.size], (one.tapered(pieces[0]) + one.tapered(pieces[2])) / 2
    )
    np.testing.assert_allclose(spectra[:, one.freq.size :], other.tapered(pieces[1]))
    assert set(grid.weight[: one.freq.size]) == {2.0} and set(grid.weight[one.freq.size :]) == {1.0}
    assert (grid.longest, grid.duration) == (160.0, 400.0)


@pytest.mark.parametrize("constant", [None, 10.0, 60.0, 150.0])
def test_level_slope_and_exponential_creep_are_taken_out(constant: float | None) -> None:
    time = np.arange(750) / FS
    x = 1000 + 0.5 * time + (0 if constant is None else 30 * np.exp(-time / constant))
    # time constants lie on a grid with steps of a third: what is left is small beside 30
    assert np.abs(detrended(x, FS)).max() < 1.0


def test_a_slow_rhythm_outlives_detrending() -> None:
    time = np.arange(300) / FS
    wave = np.sin(2 * np.pi * 0.1 * time + 1)
    rest = detrended(wave + 5 + 0.1 * time, FS)
    assert rest @ wave / (wave @ wave) == pytest.approx(1.0, abs=0.05)


def test_coherence_is_1_with_itself_and_by_chance_above_its_level_in_5_percent() -> None:
    rng = np.random.default_rng(3)
    a = rng.standard_normal(750)
    assert coherence(a, 3 * a + 1, fs=FS, freq=0.15)[0] == pytest.approx(1.0)
    above = 0
    for _ in range(1000):
        value, chance = coherence(*rng.standard_normal((2, 400)), fs=FS, freq=0.15)
        above += value > chance
    low, high = scipy.stats.binom(1000, 0.05).ppf([0.0005, 0.9995])
    assert low <= above <= high


def test_coherence_of_a_common_part_is_the_share_of_its_power() -> None:
    rng = np.random.default_rng(4)
    values = []
    for _ in range(200):
        common, own, other = rng.standard_normal((3, 750))
        values.append(coherence(2 * common + own, 2 * common + other, fs=FS, freq=0.15)[0])
    # true coherence (4/5)² = 0.64; the estimate from 7 tapers is biased up by about (1 - .64)²/7
    assert np.mean(values) == pytest.approx(0.64 + 0.36**2 / 7, abs=4 * np.std(values) / np.sqrt(200))
