"""Backgrounds: a known one is found, a rhythm is never taken for one, and copies look like it."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from touchrhythm.rhythm.background import (
    GUARD,
    circle_lines,
    component_dictionary,
    fit_background,
    modulation,
    simulate_surrogates,
)
from touchrhythm.signal.spectrum import SpectralComponent

BAND = (0.1, 0.2)
FS = 2.5
MODEL = component_dictionary((750,), FS, BAND)
GRID = MODEL.grid


def expected(components: dict[SpectralComponent, float]) -> np.ndarray:
    return np.array(list(components.values())) @ GRID.expected(tuple(components))


def test_in_band_oscillations_cover_the_band_and_its_guard_strip() -> None:
    narrow = MODEL.width == MODEL.width.min()
    assert MODEL.centre.min() == pytest.approx(BAND[0] - GUARD[0])
    assert MODEL.centre.max() == pytest.approx(BAND[1] + GUARD[1])
    assert np.diff(MODEL.centre[narrow]).max() <= 0.5 / GRID.longest + 1e-12
    np.testing.assert_array_equal(
        MODEL.in_band, (MODEL.centre >= BAND[0] - 1e-9) & (MODEL.centre <= BAND[1] + 1e-9)
    )


def test_oscillations_outside_never_have_their_centre_in_the_band_or_its_guard() -> None:
    centre = np.array([component.centre for component in MODEL.outside])
    assert ((centre <= BAND[0] - GUARD[0] + 1e-9) | (centre >= BAND[1] + GUARD[1] - 1e-9)).all()
    for component in MODEL.outside:
        apart = max(BAND[0] - component.centre, component.centre - BAND[1])
        assert component.width <= max(0.25 / GRID.longest, apart) * 1.002


def test_the_pool_of_the_same_lengths_is_made_once() -> None:
    assert component_dictionary((750,), FS, BAND) is MODEL


@pytest.mark.parametrize(
    "truth",
    [
        {SpectralComponent("white", 0, 0): 1.0},
        {SpectralComponent("relaxation", 0, 0.012): 0.8, SpectralComponent("white", 0, 0): 0.2},
        {SpectralComponent("steep", 0, 0.03): 0.9, SpectralComponent("white", 0, 0): 0.1},
        {SpectralComponent("relaxation", 0, 0.02): 1.0},
        {SpectralComponent("rising", 0, 0.055): 1.0, SpectralComponent("white", 0, 0): 0.02},
        {SpectralComponent("steeply rising", 0, 0.17): 1.0},
    ],
    ids=[
        "white",
        "relaxation and white",
        "steep between corners",
        "relaxation between corners",
        "rising between corners",
        "steeply rising below its corner",
    ],
)
def test_a_smooth_spectrum_is_explained_without_oscillations(truth: dict[SpectralComponent, float]) -> None:
    spectrum = expected(truth)
    fit = fit_background(spectrum, MODEL)
    assert fit.oscillations == ()
    inside = (GRID.freq > 0.08) & (GRID.freq < 0.24)
    np.testing.assert_allclose(fit.mixture[inside] / spectrum[inside], 1, atol=0.12)


class PinkBehindHighPass(SpectralComponent):
    """1/f noise behind a Butterworth high-pass: `centre` is 0, `width` its corner, `kind` its order."""

    def envelope(self, lag: np.ndarray) -> np.ndarray:
        order = int(self.kind)
        freq = scipy.fft.rfftfreq(16 * lag.size, lag[1])[1:]
        density = freq ** (2 * order - 1) / (freq ** (2 * order) + self.width ** (2 * order))
        covariance = scipy.fft.irfft(np.concatenate(([0.0], density)))[: lag.size]
        return np.asarray(covariance / covariance[0])


@pytest.mark.parametrize(("order", "corner"), [(1, 0.03), (1, 0.1), (1, 0.5), (2, 0.16)])
def test_what_an_ac_coupled_sensor_leaves_is_explained_without_oscillations(
    order: int, corner: float
) -> None:
    spectrum = GRID.expected((PinkBehindHighPass(str(order), 0.0, corner),))[0]
    fit = fit_background(spectrum, MODEL)
    assert fit.oscillations == ()
    inside = (GRID.freq > 0.1) & (GRID.freq < 0.2)
    ratio = fit.mixture[inside] / spectrum[inside]
    assert ratio.mean() == pytest.approx(1, abs=0.15)
    np.testing.assert_allclose(ratio / ratio.mean(), 1, atol=0.15)


@pytest.mark.parametrize("corner", [0.1, 0.16])
def test_the_valley_below_a_steep_high_pass_is_not_filled(corner: float) -> None:
    spectrum = GRID.expected((PinkBehindHighPass("2", 0.0, corner),))[0]
    below = GRID.freq < 0.08
    ratio = (fit_background(spectrum, MODEL).mixture / spectrum)[below]
    assert ratio.max() < 4  # the spectrum itself falls to a hundredth of what it is in the band
    assert ratio.min() > 0.5


def test_weights_held_off_zero_do_not_fill_the_valley_below_a_high_pass() -> None:
    short = component_dictionary((300,), FS, BAND)
    in_band = (short.grid.freq >= BAND[0]) & (short.grid.freq <= BAND[1])
    for component in (SpectralComponent("white", 0, 0), PinkBehindHighPass("2", 0.0, 0.16)):
        fit = fit_background(short.grid.expected((component,))[0], short)
        free = ~short.is_broadband
        assert (fit.theta_interior[: fit.n_smooth][free] > 0).all()
        assert ((fit.theta_interior @ fit.spectra) / fit.mixture)[in_band].max() < 1.401


def test_breathing_is_found_outside_and_explained() -> None:
    breathing = SpectralComponent("lorentzian", 0.262, 0.006)
    spectrum = expected(
        {
            SpectralComponent("relaxation", 0, 0.012): 0.5,
            SpectralComponent("white", 0, 0): 0.2,
            breathing: 0.6,
        }
    )
    fit = fit_background(spectrum, MODEL)
    strongest = max(
        range(fit.n_smooth, len(fit.components)), key=lambda k: fit.theta[k] * fit.spectra[k].max()
    )
    assert fit.components[strongest].centre == pytest.approx(0.262, abs=0.004)
    # so well that nothing in the band is left that would pass for a rhythm
    inside = (GRID.freq > 0.1) & (GRID.freq < 0.2)
    np.testing.assert_allclose(fit.mixture[inside] / spectrum[inside], 1, atol=0.25)


@pytest.mark.parametrize("rate", [0.101, 0.12, 0.15, 0.199])
@pytest.mark.parametrize("width", [0.0008, 0.005, 0.01])
def test_a_strong_rhythm_is_never_swallowed_by_the_background(rate: float, width: float) -> None:
    smooth = {SpectralComponent("relaxation", 0, 0.012): 0.5, SpectralComponent("white", 0, 0): 0.3}
    rhythm = SpectralComponent("lorentzian", rate, width)
    spectrum = expected(smooth | {rhythm: 3.0})
    fit = fit_background(spectrum, MODEL)
    peak = int(np.abs(GRID.freq - rate).argmin())
    assert all(abs(component.centre - rate) > 2 * width for component in fit.oscillations)
    assert fit.mixture[peak] < 0.35 * spectrum[peak]


def test_copies_have_the_spectrum_that_they_are_made_from() -> None:
    components = (
        SpectralComponent("white", 0, 0),
        SpectralComponent("relaxation", 0, 0.012),
        SpectralComponent("steep", 0, 0.06),
        SpectralComponent("lorentzian", 0.25, 0.003),
        SpectralComponent("gaussian", 0.3, 0.05),
    )
    theta = np.array([0.3, 1.0, 0.5, 0.4, 0.2])
    copies = simulate_surrogates(1500, components, theta, GRID, np.random.default_rng(1))
    ratio = GRID.tapered(copies).mean(axis=0) / (theta @ GRID.expected(components))
    assert np.abs(ratio - 1).max() < 5 / np.sqrt(1500)


@pytest.mark.parametrize("n", [300, 750, 2250])
def test_neighbours_on_a_circle_have_the_exact_covariance(n: int) -> None:
    narrowest = 0.25 * FS / n
    lags = np.arange(n) / FS
    alone = [
        SpectralComponent("white", 0, 0),
        SpectralComponent("relaxation", 0, 0.003),  # at two minutes a tenth of it is left from end to end
        SpectralComponent("steep", 0, 0.01),
        SpectralComponent("rising", 0, 0.03),
        SpectralComponent("steeply rising", 0, 0.1),
        SpectralComponent("lorentzian", 0.25, narrowest),
        SpectralComponent("lorentzian", 2.5 * FS / n + 0.02, narrowest),
        SpectralComponent("gaussian", 0.04, 0.05),
    ]
    for mixture in ([component] for component in alone):
        check_covariance(n, mixture, np.ones(1), lags)
    check_covariance(n, alone, np.array([1e-4, 1.0, 0.5, 0.3, 0.3, 100.0, 30.0, 0.2]), lags)


def check_covariance(n: int, mixture: list[SpectralComponent], theta: np.ndarray, lags: np.ndarray) -> None:
    power = circle_lines(n, mixture, theta, FS)
    assert power.min() >= 0
    found = scipy.fft.irfft(power)[:n] * 2 * (power.size - 1)
    truth = sum(
        t * c.envelope(lags) * np.cos(2 * np.pi * c.centre * lags)
        for t, c in zip(theta, mixture, strict=True)
    )
    np.testing.assert_allclose(found, truth, atol=1e-7 * theta.sum())


def test_a_circle_is_twice_as_long_as_the_block_where_that_is_enough() -> None:
    components = (*MODEL.smooth, SpectralComponent("lorentzian", 0.25, 0.25 / GRID.longest))
    assert circle_lines(750, components, np.ones(len(components)), FS).size == 751
    slow_line = (SpectralComponent("lorentzian", 0.04, 0.002),)
    assert circle_lines(300, slow_line, np.ones(1), FS).size > 301


def test_copies_of_two_minutes_have_the_power_of_each_smooth_shape() -> None:
    model = component_dictionary((300,), FS, BAND)
    for component, expected_one in zip(model.smooth[:11], model.smooth_spectra[:11], strict=True):
        copies = simulate_surrogates(800, (component,), np.ones(1), model.grid, np.random.default_rng(7))
        ratio = model.grid.tapered(copies).mean(axis=0) / expected_one
        # some ten independent ordinates, 800 copies: the mean ratio has an SD of about 1 %
        assert ratio[model.grid.freq < 0.1].mean() == pytest.approx(1.0, abs=0.04), component


def test_copies_come_block_by_block_and_do_not_fit_at_their_ends() -> None:
    model = component_dictionary((300, 500), FS, BAND)
    components, theta = (SpectralComponent("relaxation", 0, 0.003),), np.ones(1)
    one, other = simulate_surrogates(400, components, theta, model.grid, np.random.default_rng(2))
    assert one.shape == (400, 300) and other.shape == (400, 500)
    # on a circle of the block's own length, first and last sample would be neighbours
    neighbours, ends = np.mean((other[:, 1] - other[:, 0]) ** 2), np.mean((other[:, -1] - other[:, 0]) ** 2)
    assert ends > 20 * neighbours


def test_the_same_generator_makes_the_same_copies() -> None:
    components, theta = (SpectralComponent("white", 0, 0),), np.ones(1)
    a, b = (simulate_surrogates(3, components, theta, GRID, np.random.default_rng(3))[0] for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_noise_twice_as_loud_in_its_second_half_is_seen_to_be() -> None:
    rng = np.random.default_rng(4)
    loud = np.where(np.arange(750) < 375, 1.0, 2.0)
    x = loud * rng.standard_normal(750)
    x /= x.std()
    fit = fit_background(GRID.tapered([x[None]])[0], MODEL)
    factors = modulation((x,), fit, MODEL)
    assert factors is not None
    (factor,) = factors
    assert np.mean(factor**2) == pytest.approx(1.0)
    assert factor[400:].mean() / factor[:350].mean() == pytest.approx(2.0, rel=0.25)


def test_the_loudness_of_steady_noise_is_left_nearly_alone() -> None:
    rng = np.random.default_rng(5)
    spread = []
    for _ in range(30):
        x = rng.standard_normal(750)
        fit = fit_background(GRID.tapered([x[None]])[0], MODEL)
        factors = modulation((x,), fit, MODEL)
        spread.append(0.0 if factors is None else float(np.std(factors[0])))
    assert np.median(spread) < 0.1


def test_a_drift_does_not_make_the_ends_loud() -> None:
    largest = []
    for seed in range(10):
        noise = np.random.default_rng((3, seed)).standard_normal((2, 750))
        x = np.cumsum(scipy.signal.lfilter([1.0], [1.0, -0.96], noise[0])) + 0.1 * noise[1]
        x = (x - x.mean()) / x.std()
        factors = modulation((x,), fit_background(GRID.tapered([x[None]])[0], MODEL), MODEL)
        largest.append(1.0 if factors is None else factors[0].max())
    # the step from the last sample round to the first, taken for noise, makes them 2 and more in most
    assert max(largest) < 1.7


def test_slow_amplitudes_multiply_the_copies() -> None:
    amplitude = (np.linspace(0, 2, 750),)
    components, theta = (SpectralComponent("white", 0, 0),), np.ones(1)
    plain = simulate_surrogates(5, components, theta, GRID, np.random.default_rng(6))
    modulated = simulate_surrogates(5, components, theta, GRID, np.random.default_rng(6), amplitude=amplitude)
    np.testing.assert_allclose(modulated[0], plain[0] * amplitude[0])


def test_a_broad_hump_costs_less_in_a_short_recording() -> None:
    short = component_dictionary((300,), FS, BAND)
    plateau = {SpectralComponent("gaussian", 0.2, 0.12): 1.0, SpectralComponent("white", 0, 0): 0.05}
    for model in (short, MODEL):
        spectrum = np.array(list(plateau.values())) @ model.grid.expected(tuple(plateau))
        fit = fit_background(spectrum, model)
        inside = (model.grid.freq > 0.1) & (model.grid.freq < 0.2)
        np.testing.assert_allclose(fit.mixture[inside] / spectrum[inside], 1, atol=0.4)
