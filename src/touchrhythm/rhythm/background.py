"""What would this recording look like without a rhythm in the band?

The background is an *additive* mixture with non-negative weights: white noise, relaxations, what a high-pass
leaves of these, smooth penalised broadband components, and any number of oscillations outside the band. None of its parts can make a
narrow in-band peak, so a strong rhythm is never taken for background; and oscillations outside are
chosen while in-band ones compete, so that none of them stands in for the rhythm.

**Conventions.** Frequencies in Hz, spectra of blocks of unit variance.

- `ComponentDictionary` : all components that a recording of these block lengths may be made of
- `fit_background` : the most likely background of one spectrum
- `modulation` : slow changes of the whitened recording's power
- `circle_lines`, `simulate_surrogates` : recordings with this background and no rhythm

References
----------
Davies R. B., Harte D. S. (1987). Tests for Hurst effect. Biometrika 74, 95–101.
James W., Stein C. (1961). Estimation with quadratic loss. Proc. 4th Berkeley Symp. 1, 361.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.rhythm import whittle
from touchrhythm.signal.spectrum import HIGHEST, LOWEST, Grid, SpectralComponent, row_batches

__all__ = [
    "Background",
    "ComponentDictionary",
    "circle_lines",
    "component_dictionary",
    "fit_background",
    "modulation",
    "simulate_surrogates",
]

CORNERS = (0.003, 0.012, 0.05, 0.2)  # Hz, of relaxations
STEEP_CORNERS = (0.01, 0.06, 0.2)  # Hz, of steep relaxations
# kinds and corners in Hz of components that rise with frequency: what AC-coupled sensors leave of the others
RISING = (("rising", 0.04), ("rising", 0.16), ("steeply rising", 0.18))
BROADBAND_WIDTH = 0.05  # Hz, half width of the broadband components
BROADBAND_STEP = 0.04  # Hz between broadband components
BROADBAND_PENALTY = (
    5.0  # log-likelihood that a broadband component as high as the rest of the background costs
)
FULL_PENALTY = (
    450.0  # s from which that is so; in shorter recordings a true broadband component could not pay for it
)
WIDTHS = (0.0025, 0.005, 0.01)  # Hz, half widths of in-band oscillations beside the narrowest
OUTSIDE_WIDTHS = (0.0025, 0.005, 0.01, 0.02, 0.03)
GUARD = (0.006, 0.010)  # Hz below and above the band in which an oscillation is "at the edge"
STATISTIC_NEEDED = 14.0  # twice the log-likelihood gain that an oscillation outside must bring
MAX_PEAKS = 8
BARRIER = 1.0  # weight of the logarithm that holds weights off zero where surrogates are made
MOST_LIFT = (
    0.4  # share by which that may raise the background in the band; it is held to less where more would come
)
ENDS = 10.0  # s at each end of a block that do not tell how its power changes
LONGEST_CIRCLE = 8  # times the block
ROUNDING = 1e-9


class ComponentDictionary:
    """All components that recordings of these block lengths, in this band, may be made of.

    Attributes
    ----------
    grid : Grid
    band : tuple of float
    smooth, outside, inside : tuple of SpectralComponent
        Background; oscillations outside the band; those in the band and its guard strip.
    smooth_spectra, outside_spectra, inside_spectra : ndarray, shape (n_components, n_freq)
    all_spectra : ndarray, shape (n_outside + n_inside, n_freq)
    is_broadband : ndarray of bool, shape (n_smooth,)
    centre, width : ndarray, shape (n_inside,)
    in_band : ndarray of bool, shape (n_inside,)
        False in the guard strip.
    """

    def __init__(self, lengths: tuple[int, ...], fs: float, band: tuple[float, float]) -> None:
        self.grid, self.band = Grid(lengths, fs), band
        resolution = 1 / self.grid.longest
        broad = np.arange(BROADBAND_STEP, 0.45, BROADBAND_STEP)
        self.smooth = (
            SpectralComponent("white", 0.0, 0.0),
            *(SpectralComponent("relaxation", 0.0, corner) for corner in CORNERS),
            *(SpectralComponent("steep", 0.0, corner) for corner in STEEP_CORNERS),
            *(SpectralComponent(kind, 0.0, corner) for kind, corner in RISING),
            *(SpectralComponent("gaussian", float(centre), BROADBAND_WIDTH) for centre in broad),
        )
        self.is_broadband = np.array([component.kind == "gaussian" for component in self.smooth])
        self.outside = tuple(_outside_components(band, resolution))
        self.inside = tuple(_inside_components(band, resolution))
        self.smooth_spectra = self.grid.expected(self.smooth)
        self.all_spectra = self.grid.expected((*self.outside, *self.inside))
        self.outside_spectra = self.all_spectra[: len(self.outside)]
        self.inside_spectra = self.all_spectra[len(self.outside) :]
        self.centre = np.array([component.centre for component in self.inside])
        self.width = np.array([component.width for component in self.inside])
        self.in_band = (self.centre >= band[0] - 1e-9) & (self.centre <= band[1] + 1e-9)


@lru_cache(maxsize=16)
def component_dictionary(
    lengths: tuple[int, ...], fs: float, band: tuple[float, float]
) -> ComponentDictionary:
    """The `ComponentDictionary` of these block lengths, kept for the next recording of the same lengths."""
    return ComponentDictionary(lengths, fs, band)


def _inside_components(band: tuple[float, float], resolution: float) -> list[SpectralComponent]:
    low, high = band[0] - GUARD[0], band[1] + GUARD[1]
    narrowest = 0.25 * resolution
    components = []
    for width in (narrowest, *(w for w in WIDTHS if w > 1.4 * narrowest)):
        steps = int(np.ceil((high - low) / max(0.5 * resolution, 0.5 * width)))
        components += [
            SpectralComponent("lorentzian", float(c), width) for c in np.linspace(low, high, steps + 1)
        ]
    return components


def _outside_components(band: tuple[float, float], resolution: float) -> list[SpectralComponent]:
    narrowest = 0.25 * resolution
    sides = ((max(LOWEST, 2.5 * resolution), band[0] - GUARD[0]), (band[1] + GUARD[1], HIGHEST))
    components = []
    for width in (narrowest, *(w for w in OUTSIDE_WIDTHS if w > 1.4 * narrowest)):
        step = max(0.5 * resolution, 0.5 * width)
        for start, stop in sides:
            for centre in np.arange(start, stop + 1e-9, step):
                apart = max(band[0] - centre, centre - band[1])
                if width > 0.2 * centre + narrowest or (width > narrowest and width > 1.001 * apart):
                    continue
                components.append(SpectralComponent("lorentzian", float(centre), width))
                if width > narrowest:
                    components.append(SpectralComponent("gaussian", float(centre), width))
    return components


@dataclass(frozen=True, eq=False)
class Background:
    """Fitted background of one spectrum.

    `components`, `spectra` (n_components, n_freq), `penalty`, `theta` (n_components,) and `mixture` (n_freq,);
    the first `n_smooth` components are the smooth ones, the rest oscillations outside the band.
    `theta_interior` are weights held off zero, from which surrogates are made.
    """

    components: tuple[SpectralComponent, ...]
    spectra: FloatArray
    penalty: FloatArray
    theta: FloatArray
    mixture: FloatArray
    theta_interior: FloatArray
    n_smooth: int

    @property
    def oscillations(self) -> tuple[SpectralComponent, ...]:
        """Oscillations outside the band."""
        return self.components[self.n_smooth :]


def fit_background(spectrum: FloatArray, model: ComponentDictionary) -> Background:
    """Most likely background of one spectrum, shape (n_freq,), without in-band oscillations."""
    count, smooth = model.grid.weight, model.smooth_spectra
    n_smooth = len(smooth)
    free = whittle.fit_sparse(
        spectrum, smooth[~model.is_broadband], count, penalty=np.zeros((~model.is_broadband).sum())
    )
    # A broadband component pays in units of the weight at which it would matter; short recordings show too
    # little of its shape to pay in full.
    level = (free.mixture / smooth).min(axis=1)
    price = BROADBAND_PENALTY * min(1.0, model.grid.longest / FULL_PENALTY) ** 1.5
    penalty = np.where(model.is_broadband, price / level, 0.0)
    start = np.zeros(n_smooth)
    start[~model.is_broadband] = free.theta
    fit = whittle.fit_sparse(spectrum, smooth, count, penalty=penalty, start=start + 1e-3 * level)
    # In-band oscillations compete for the peaks and are then left out: a rhythm's skirt is no breathing.
    chosen = _choose_peaks(spectrum, model, fit, penalty)
    components = (*model.smooth, *(model.outside[j] for j in chosen))
    spectra = np.vstack((smooth, model.outside_spectra[chosen]))
    penalty = np.concatenate((penalty, np.zeros(len(chosen))))
    fit = whittle.fit_sparse(spectrum, spectra, count, penalty=penalty)
    keep = (np.arange(len(components)) < n_smooth) | (fit.theta > 0)
    components = tuple(component for component, kept in zip(components, keep, strict=True) if kept)
    spectra, penalty = spectra[keep], penalty[keep]
    fit = fit._replace(theta=fit.theta[keep])
    interior = _held_off_zero(spectrum, spectra, fit, penalty, model)
    return Background(components, spectra, penalty, fit.theta, fit.mixture, interior, n_smooth)


def _held_off_zero(
    spectrum: FloatArray,
    spectra: FloatArray,
    fit: whittle.Fit,
    penalty: FloatArray,
    model: ComponentDictionary,
) -> FloatArray:
    """Weights from which surrogates are drawn, (n_components,): none of a free component is 0.

    Those of sparse weights show likelihood ratios that are too large, by what refitting the components that
    are missing in them brings.
    """
    barrier = np.zeros(len(spectra))
    barrier[: model.is_broadband.size][~model.is_broadband] = BARRIER
    interior = whittle.fit_interior(
        spectrum, spectra, model.grid.weight, penalty=penalty, start=fit.theta, barrier=barrier
    )
    # Where the spectrum has a valley, as below the corner of a high-pass, each component that is held off zero
    # adds to it, and all of them together would fill it up to the band.
    freq, (low, high) = model.grid.freq, model.band
    in_band = (freq >= low) & (freq <= high)
    lift = float((interior.mixture / fit.mixture)[in_band].max()) - 1
    share = 1.0 if lift <= MOST_LIFT else MOST_LIFT / lift
    return np.asarray(fit.theta + share * (interior.theta - fit.theta))


def _choose_peaks(
    spectrum: FloatArray, model: ComponentDictionary, fit: whittle.Fit, penalty: FloatArray
) -> list[int]:
    """Indexes into `model.outside` of oscillations that pay, chosen greedily while in-band ones compete."""
    count, spectra = model.grid.weight, model.smooth_spectra
    components = (*model.outside, *model.inside)
    candidates = model.all_spectra
    n_outside = len(model.outside)
    chosen: list[int] = []
    for _ in range(MAX_PEAKS):
        gains = whittle.screen(spectrum[None], fit.mixture[None], candidates, count)[0]
        best = None
        padded = np.concatenate((penalty, np.zeros(len(chosen) + 1)))
        for j in _promising(gains, components, n_outside):
            trial = whittle.fit_sparse(
                spectrum, np.vstack((spectra, candidates[j])), count, penalty=padded, max_iter=6
            )
            if best is None or trial.loss < best[0].loss:
                best = trial, j
        if best is None or 2 * (fit.loss - best[0].loss) < STATISTIC_NEEDED:
            break
        fit = best[0]
        chosen.append(best[1])
        spectra = np.vstack((spectra, candidates[best[1]]))
    return [j for j in chosen if j < n_outside]


def _promising(gains: FloatArray, components: Sequence[SpectralComponent], n_outside: int) -> list[int]:
    """The best few candidates of different kind, width and side."""
    seen: dict[tuple[str, float, bool], int] = {}
    for j in np.argsort(gains)[::-1][:400]:
        seen.setdefault((components[j].kind, components[j].width, bool(j >= n_outside)), int(j))
        if len(seen) >= 8:
            break
    return list(seen.values())


def modulation(
    pieces: Sequence[FloatArray],
    background: Background,
    model: ComponentDictionary,
    *,
    smoothing: float = 5.0,
) -> tuple[FloatArray, ...] | None:
    """Slow changes of amplitude of the whitened blocks, shrunk by what a constant one would show.

    Parameters
    ----------
    pieces : sequence of ndarray, each of shape (length of the block,)
    background : Background
    model : ComponentDictionary
    smoothing : float, default 5.0
        Standard deviation in seconds of the Gaussian that smooths the power.

    Returns
    -------
    tuple of ndarray or None
        Amplitude factors with mean square 1 over all blocks; None where nothing changes.
    """
    grid = model.grid
    smoothed = [_local_power(x, background, model, smoothing) for x in pieces]
    joined = np.concatenate(smoothed)
    mean = joined.mean()
    # Relative variance that a constant amplitude shows: a Gaussian's modulus has (π - 2)/2 of its squared mean,
    # the kernel averages 4 √π · smoothing · bandwidth independent values, and squaring counts it four times.
    by_chance = (np.pi - 2) / (2 * (HIGHEST - grid.freq.min()) * smoothing * np.sqrt(np.pi))
    # positive-part shrinkage (James and Stein 1961): only what exceeds chance is given to the surrogates
    left = max(0.0, 1 - 1.3 * by_chance / (joined / mean).var())
    if left == 0:
        return None
    power = [np.maximum(1 + np.sqrt(left) * (v / mean - 1), 0.05) for v in smoothed]
    total = np.concatenate(power).mean()
    return tuple(np.sqrt(v / total) for v in power)


def _local_power(
    x: FloatArray, background: Background, model: ComponentDictionary, smoothing: float
) -> FloatArray:
    """Power of the whitened block about each sample, from mean moduli: single spikes do not make it."""
    fs = model.grid.fs
    block = next(b for b in model.grid.blocks if b.n == x.size)
    start = sum(b.freq.size for b in model.grid.blocks[: model.grid.blocks.index(block)])
    mixture = background.mixture[start : start + block.freq.size]
    ends = int(ENDS * fs)  # faded, as the step from the last sample to the first is large after a drift
    fade = np.sin(0.5 * np.pi * (np.arange(ends) + 0.5) / ends) ** 2
    faded = x - x.mean()
    faded[:ends] *= fade
    faded[-ends:] *= fade[::-1]
    z = np.zeros(x.size // 2 + 1, dtype=np.complex128)
    z[block.index] = scipy.fft.rfft(faded)[block.index] / np.sqrt(mixture)
    size = np.abs(scipy.fft.irfft(z, x.size))
    reach = int(4 * smoothing * fs)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (fs * smoothing)) ** 2)
    trusted = np.ones(x.size)
    trusted[:ends] = trusted[-ends:] = 0
    weight, smoothed = _smoothed(trusted, kernel), _smoothed(size * trusted, kernel)
    return np.asarray((smoothed / np.maximum(weight, 1e-3 * kernel.sum())) ** 2)


def _smoothed(x: FloatArray, kernel: FloatArray) -> FloatArray:
    """Convolution with a kernel of odd length, as long as `x`: zeros are all around."""
    whole = x.size + kernel.size - 1
    n = scipy.fft.next_fast_len(whole, real=True)
    both = scipy.fft.irfft(scipy.fft.rfft(x, n) * scipy.fft.rfft(kernel, n), n)
    start = kernel.size // 2
    return np.asarray(both[start : start + x.size])


def simulate_surrogates(
    n_rows: int,
    components: Sequence[SpectralComponent],
    theta: FloatArray,
    grid: Grid,
    rng: np.random.Generator,
    *,
    amplitude: tuple[FloatArray, ...] | None = None,
) -> list[FloatArray]:
    """Gaussian recordings with a given spectrum, block by block.

    Each block is cut from a circle on which its samples have the exact covariance of the components
    (`circle_lines`).

    Parameters
    ----------
    n_rows : int
    components, theta : sequence of SpectralComponent, ndarray of shape (n_components,)
    grid : Grid
    rng : numpy.random.Generator
    amplitude : tuple of ndarray, optional
        Slow amplitude factors, one array per block, as `modulation` returns them.

    Returns
    -------
    list of ndarray, one per block, each of shape (n_rows, length of the block)
    """
    scales = {}
    for n in dict.fromkeys(grid.lengths):
        power = circle_lines(n, components, theta, grid.fs)
        scale = np.sqrt(power / 2) * (2 * (power.size - 1))
        scale[[0, -1]] *= np.sqrt(2)  # lines that are real
        scales[n] = scale
    pieces = []
    for i, n in enumerate(grid.lengths):
        scale, piece = scales[n], np.empty((n_rows, n))
        for some in row_batches(n_rows, 2 * scale.size):
            noise = rng.standard_normal((some.stop - some.start, 2 * scale.size)).view(np.complex128)
            noise *= scale
            piece[some] = scipy.fft.irfft(noise, axis=1, overwrite_x=True)[:, :n]
        pieces.append(piece if amplitude is None else piece * amplitude[i])
    return pieces


def circle_lines(n: int, components: Sequence[SpectralComponent], theta: FloatArray, fs: float) -> FloatArray:
    """Power on each line of a circle on which any `n` neighbours have the exact covariance of a mixture.

    Circulant embedding (Davies and Harte 1987): the covariance up to half of the circle, mirrored. The circle is
    twice as long as the block, or longer where that took negative power: under a slow line that outlasts the block.

    Parameters
    ----------
    n : int
        Samples.
    components, theta : sequence of SpectralComponent, ndarray of shape (n_components,)
    fs : float
        Hz.

    Returns
    -------
    ndarray, shape (half of the circle + 1,)
        Of the lines from 0 to fs / 2, those between counted once of two.
    """
    size = n
    while True:
        size *= 2
        lag = np.arange(size // 2 + 1) / fs
        covariance = np.zeros(lag.size)
        for weight, component in zip(theta, components, strict=True):
            covariance += weight * component.covariance(lag)
        power = scipy.fft.rfft(np.concatenate((covariance, covariance[-2:0:-1]))).real / size
        # what is negative by rounding is none
        if power.min() >= -ROUNDING * power.mean() or size >= LONGEST_CIRCLE * n:
            return np.asarray(np.maximum(power, 0))
