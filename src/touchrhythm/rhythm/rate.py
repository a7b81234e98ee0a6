"""How fast is the rhythm in the band, given that there is one?

The estimand is the *realised mean rate*: cycles that really passed, divided by time. It is read off
the phase advance of the whitened signal in a narrow band about the best oscillation. Its interval
comes from surrogates that hold a rhythm like the one found, drawn over all the centres, widths and
powers that explain the recording, so that not knowing these is part of it; of these the surrogates are
kept in which the rhythm shows as clearly as in the recording (approximate Bayesian computation).

**Conventions.** Arrays and Hz in; rates in cpm out.

- `estimate_rate` : from an array
- `rate_of` : from spectral already gathered

References
----------
Beaumont M. A., Zhang W., Balding D. J. (2002). Approximate Bayesian computation in population genetics.
Genetics 162, 2025–2035.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_rng
from touchrhythm.rhythm import whittle
from touchrhythm.rhythm.background import simulate_surrogates
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import SpectralFit, affordable, fit_spectrum
from touchrhythm.session import read_only
from touchrhythm.signal.filtering import cycles_passed
from touchrhythm.signal.spectrum import HIGHEST, LOWEST, row_batches
from touchrhythm.units import hz_to_cpm

__all__ = [
    "BootstrapSamples",
    "RateEstimate",
    "advance_between",
    "bootstrap_samples",
    "centre_of",
    "estimate_rate",
    "line_of",
    "narrow_trace",
    "rate_of",
    "whitening_of",
]

LEVEL = 0.95
FILTER_WIDTHS = (0.008, 0.012, 0.018, 0.027, 0.04)  # Hz, standard deviations of the narrow band
CANDIDATES = 3  # surrogates drawn for each one kept
CANDIDATES_ALIKE = 2  # the same where their widths were brought near before
POWER_SPREAD = 0.3  # standard deviation of the drawn log power
WIDTH_SPREAD = 0.4  # the same of the log width: the grid of widths is coarse
WIDTH_GUESS = 0.7  # the same where it is the phase that chooses among them
WIDENED = (-1.0, 0.0, 1.0, 2.0, 3.0, 4.0)  # log factors that are tried on the widths for that
FEW = 12  # surrogates with each
WANDER = (20.0, 60.0)  # s over which the phase may stray from a steady advance
WANDER_STEP = 2.0  # s between the phases that are looked at
WANDER_WIDTH = 0.02  # Hz, standard deviation of the band in which it is followed
SLOW_LINES = 16
MODULATION = (
    0.2,
    0.35,
    0.6,
    1.2,
)  # standard deviations of the slow amplitude changes in surrogates, tried in turn
FADING = 0.1  # share of the surrogates that must fade as deeply as the recording
DEEPEST = 0.1  # quantile of the envelope, over its root mean square, that says how deeply
FADE_WIDTH = 0.018  # Hz, of the band in which fades are looked for
FADE_EDGE = 10.0  # s at the ends of a block in which they are not
REACH = 8.6  # widths from the centre of a Gaussian band beyond which it passes less than 1e-16
LOSS_CAP = 0.01  # Hz; a slipped cycle counts no more than this when the filter is chosen


@dataclass(frozen=True)
class RateEstimate:
    """Realised mean rate of the most prominent in-band oscillation, given that there is one.

    `rate_cpm` with its interval `low_cpm`–`high_cpm` at `level`; `cv` the cycle-to-cycle
    coefficient of variation that the width of the peak speaks for (about .03 at the least, as a
    narrower peak cannot be told; of .1 it shows about .085, of .2 about .13); `filter_width` the
    half width in Hz of the narrow band in which the phase was followed; `duration` the seconds that
    the rate is about.
    """

    rate_cpm: float
    low_cpm: float
    high_cpm: float
    level: float
    cv: float
    filter_width: float
    duration: float
    n_surrogates: int


@dataclass(frozen=True, eq=False)
class BootstrapSamples:
    """Surrogates of a recording that hold a rhythm like its own.

    `pieces`: one array (n_surrogates, n) per block; `phase`: the rhythm's true phase in cycles, likewise;
    `centre` (n_surrogates,): where the rhythm was found again in each, in Hz.
    """

    pieces: tuple[FloatArray, ...]
    phase: tuple[FloatArray, ...]
    centre: FloatArray


def estimate_rate(
    x: npt.ArrayLike,
    *,
    fs: float,
    band: tuple[float, float],
    rng: np.random.Generator | int | None = None,
    n_surrogates: int = 200,
    min_duration: float = 120.0,
    max_gap: float = 0.5,
) -> RateEstimate:
    """Estimate the realised mean rate of the most prominent in-band oscillation.

    The estimate and its interval hold *given that there is a rhythm*; that there is one is for
    `periodicity_test` to say.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One channel; NaN marks gaps.
    fs : float
        Sampling rate in Hz.
    band : tuple of float
        Band (low, high) in Hz.
    rng : numpy.random.Generator or int, optional
        Generator or seed of the surrogates.
    n_surrogates : int, default 200
        Surrogates that the interval is read from.
    min_duration, max_gap : float
        Seconds: shortest segment used (120); longest gap that is interpolated (0.5).

    Returns
    -------
    RateEstimate

    Raises
    ------
    ValueError
        If the recording cannot answer, or an argument is out of range.

    Examples
    --------
    >>> time = np.arange(3000) / 10
    >>> noise = np.random.default_rng(0).standard_normal(time.size)
    >>> rate = estimate_rate(np.sin(2 * np.pi * 0.14 * time) + noise, fs=10.0, band=(0.1, 0.2), rng=1)
    >>> rate.low_cpm < 8.4 < rate.high_cpm
    True
    """
    if n_surrogates < 50:
        raise ValueError(f"n_surrogates must be at least 50 for an interval, got {n_surrogates}")
    blocks = cut_into_blocks(
        np.asarray(x, dtype=np.float64), fs=fs, band=band, min_duration=min_duration, max_gap=max_gap
    )
    spectral = fit_spectrum(blocks)
    return rate_of(spectral, bootstrap_samples(spectral, n_surrogates, check_rng(rng)))


def rate_of(spectral: SpectralFit, surrogates: BootstrapSamples) -> RateEstimate:
    """Rate of spectral that was gathered already; see `estimate_rate`."""
    blocks, model = spectral.blocks, spectral.model
    whitening = whitening_of(spectral)
    true = _true_advance(surrogates.phase, blocks.fs)
    best = None
    for width, followed in zip(FILTER_WIDTHS, _advances(surrogates, blocks.fs, whitening), strict=True):
        error = np.abs(followed - true)
        # capped: one slipped cycle would outweigh every other error and always choose the widest filter
        loss = float(np.minimum(error, LOSS_CAP).mean())
        if best is None or loss < best[0]:
            best = loss, width, error
    assert best is not None
    _, width, error = best
    centre = centre_of(spectral)
    trace = narrow_trace([piece[None] for piece in blocks.pieces], blocks.fs, whitening, centre, width)
    freq = float(_advance(trace, blocks.fs)[0])
    half = float(np.quantile(error, LEVEL))
    cv = np.sqrt(model.width / (np.pi * model.centre))
    return RateEstimate(
        rate_cpm=hz_to_cpm(freq),
        low_cpm=hz_to_cpm(freq - half),
        high_cpm=hz_to_cpm(freq + half),
        level=LEVEL,
        cv=float(spectral.weight @ cv),
        filter_width=width,
        duration=blocks.duration,
        n_surrogates=surrogates.centre.size,
    )


def bootstrap_samples(
    spectral: SpectralFit, n_surrogates: int, rng: np.random.Generator, *, wander_alike: bool = False
) -> BootstrapSamples:
    """Surrogates with a rhythm whose centre, width and power explain this recording about as well.

    Cycle lengths vary independently; the amplitude waxes and wanes slowly by a fifth, or by more
    where the recording's own rhythm fades more deeply than that: in a fade the phase is lost, and
    cycles slip. Up to three times as many are drawn, fewer of very long recordings; those are kept
    whose statistic and whose certainty about centre and width are nearest to the recording's own.

    With `wander_alike` those whose phase wanders as far as the recording's own, of widths that are drawn more
    freely: a rhythm that is hardly in noise says more by its phase than by the width of its line.
    """
    own = [piece[None] for piece in spectral.blocks.pieces]
    whitening, centre = whitening_of(spectral), centre_of(spectral)
    faded = _faded(own, spectral.blocks.fs, whitening, centre)[0]
    for modulation_sd in MODULATION:
        surrogates = _surrogates_modulated(spectral, n_surrogates, modulation_sd, rng, wander_alike)
        fades = _faded(surrogates.pieces, spectral.blocks.fs, whitening, surrogates.centre)
        if (fades <= faded).mean() >= FADING:
            break
    return surrogates


def _faded(
    pieces: Sequence[FloatArray], fs: float, whitening: dict[int, FloatArray], centre: FloatArray
) -> FloatArray:
    """What is left of the rhythm's envelope in the weakest tenth of the time, over its usual size; (n_rows,)."""
    skip = round(FADE_EDGE * fs)
    traces = narrow_trace(pieces, fs, whitening, centre, FADE_WIDTH)
    envelope = np.concatenate([np.abs(z[:, skip : z.shape[1] - skip : 4]) for z in traces], axis=1)
    usual = np.sqrt((envelope**2).mean(axis=1))
    return np.asarray(np.quantile(envelope, DEEPEST, axis=1) / usual)


def _surrogates_modulated(
    spectral: SpectralFit,
    n_surrogates: int,
    modulation_sd: float,
    rng: np.random.Generator,
    wander_alike: bool,
) -> BootstrapSamples:
    blocks = spectral.blocks
    n_drawn = affordable(blocks, (CANDIDATES_ALIKE if wander_alike else CANDIDATES) * n_surrogates)
    n_surrogates = min(n_surrogates, n_drawn)
    # Rejection step of approximate Bayesian computation (Beaumont et al. 2002): what is kept looks as clear as
    # the recording, so that the interval is that of recordings like it.
    if wander_alike:
        own = _wander(spectral, [piece[None] for piece in blocks.pieces], centre_of(spectral))
        wider = _widening(spectral, modulation_sd, float(own.mean()), rng)
        drawn = _drawn(spectral, n_drawn, modulation_sd, (wider, WIDTH_GUESS), rng)
        looks = _wander(spectral, drawn.pieces, drawn.centre)
        looks, own = looks / looks.std(axis=0), own / looks.std(axis=0)
    else:
        drawn = _drawn(spectral, n_drawn, modulation_sd, (0.0, WIDTH_SPREAD), rng)
        centre, looks = _clarity(spectral, spectral.model.grid.tapered(drawn.pieces))
        own = _clarity(spectral, spectral.spectrum[None])[1]
        drawn = replace(drawn, centre=centre)
    kept = np.sort(np.argsort(((looks - own) ** 2).sum(axis=1), kind="stable")[:n_surrogates])
    if kept.size == n_drawn:  # as of a day: no copies of what is large already
        return drawn
    return BootstrapSamples(
        tuple(piece[kept] for piece in drawn.pieces),
        tuple(phase[kept] for phase in drawn.phase),
        drawn.centre[kept],
    )


def _widening(spectral: SpectralFit, modulation_sd: float, own: float, rng: np.random.Generator) -> float:
    """Mean log factor on the widths of the fit with which surrogates wander as far as `own`.

    What an irregular rhythm spreads about its peak, the fit may have told as background: its line is then too narrow.
    """
    strays = []
    for wider in WIDENED:
        drawn = _drawn(spectral, FEW, modulation_sd, (wider, WIDTH_SPREAD), rng)
        strays.append(float(_wander(spectral, drawn.pieces, drawn.centre).mean()))
    return float(np.interp(own, np.maximum.accumulate(strays), WIDENED))


def _drawn(
    spectral: SpectralFit,
    n_drawn: int,
    modulation_sd: float,
    widened: tuple[float, float],
    rng: np.random.Generator,
) -> BootstrapSamples:
    """Surrogates as the fit has them, `centre` being the one that was drawn.

    `widened`: mean and standard deviation of the log factor on the widths of the fit.
    """
    model, blocks = spectral.model, spectral.blocks
    drawn = rng.choice(model.centre.size, n_drawn, p=spectral.weight)
    freq = model.centre[drawn]
    power = spectral.theta[drawn, -1] * np.exp(POWER_SPREAD * rng.standard_normal(n_drawn))
    width = model.width[drawn] * np.exp(widened[0] + widened[1] * rng.standard_normal(n_drawn))
    # Independent cycle lengths make the phase a random walk of cv² · f cycles² per second, whose line is a
    # Lorentzian of half width π · cv² · f.
    cv = np.sqrt(width / (np.pi * freq))
    noise = simulate_surrogates(
        n_drawn,
        spectral.background.components,
        spectral.theta[spectral.best, :-1],
        model.grid,
        rng,
        amplitude=spectral.amplitude,
    )
    phases = []
    for piece in noise:
        n = piece.shape[1]
        phase = _phase(n_drawn, n, blocks.fs, freq, cv, rng)
        size = _modulated(n_drawn, n, modulation_sd, rng)
        for some in row_batches(n_drawn, n):
            piece[some] += np.sqrt(2 * power[some])[:, None] * size[some] * np.cos(2 * np.pi * phase[some])
        phases.append(phase)
    return BootstrapSamples(tuple(noise), tuple(phases), freq)


def _wander(spectral: SpectralFit, pieces: Sequence[FloatArray], at: FloatArray) -> FloatArray:
    """Log of how far the phase about `at` Hz strays from a steady advance over each of `WANDER`, (n_rows, n_lags)."""
    fs = spectral.blocks.fs
    ends, step = round(FADE_EDGE * fs), max(1, int(WANDER_STEP * fs))
    phases = []
    for trace in narrow_trace(pieces, fs, whitening_of(spectral), at, WANDER_WIDTH):
        seen = trace[:, ends : trace.shape[1] - ends : step]
        steady = np.exp(-2j * np.pi * at[:, None] * (np.arange(seen.shape[1]) * step / fs))
        phases.append(np.unwrap(np.angle(seen * steady), axis=1))
    strays = []
    for lag in (round(seconds * fs / step) for seconds in WANDER):
        advances = np.concatenate([phase[:, lag:] - phase[:, :-lag] for phase in phases], axis=1)
        strays.append(np.log(np.maximum(advances.std(axis=1), 1e-6)))
    return np.stack(strays, axis=1)


def line_of(spectral: SpectralFit) -> tuple[float, float]:
    """Realised rate of the best oscillation and the half width of its line, both in Hz.

    The rate is the phase advance in a band of `FADE_WIDTH`, without the search and the interval of `rate_of`.
    """
    pieces = [piece[None] for piece in spectral.blocks.pieces]
    trace = narrow_trace(pieces, spectral.blocks.fs, whitening_of(spectral), centre_of(spectral), FADE_WIDTH)
    width = float(spectral.weight @ spectral.model.width)
    return float(_advance(trace, spectral.blocks.fs)[0]), width


def advance_between(spectral: SpectralFit, other: SpectralFit) -> float:
    """By how many cycles per second one recording runs ahead of another, about the other's best oscillation.

    Both must lie on the same blocks; the difference is followed in a band of `FADE_WIDTH`.
    """
    fs, centre = spectral.blocks.fs, centre_of(other)
    traces = [
        narrow_trace([piece[None] for piece in fit.blocks.pieces], fs, whitening_of(fit), centre, FADE_WIDTH)
        for fit in (spectral, other)
    ]
    return float(_advance((z * np.conj(w) for z, w in zip(*traces, strict=True)), fs)[0])


def centre_of(spectral: SpectralFit) -> FloatArray:
    """Where the oscillation is found in the recording, in Hz, shape (1,)."""
    return _clarity(spectral, spectral.spectrum[None])[0]


def _clarity(spectral: SpectralFit, spectra: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where the oscillation is found in each spectrum, and how clearly.

    Returns the weighted centre in Hz, (n_rows,), and (n_rows, 3): log statistic, log spread of the centre
    and log width, each in units in which a difference of 1 matters about as much.
    """
    model, count = spectral.model, spectral.model.grid.weight
    background = spectral.theta[spectral.best, :-1] @ spectral.background.spectra
    power = spectral.theta[:, -1].copy()
    power[power <= 0] = power[spectral.best]
    mixtures = background + power[:, None] * model.inside_spectra
    without = whittle.negative_log_likelihood(background, spectra, count)
    each = (np.log(mixtures) @ count) + spectra @ (count / mixtures).T
    statistics = 2 * (without[:, None] - each)
    weight = np.exp(0.5 * (statistics - statistics.max(axis=1, keepdims=True)))
    weight /= weight.sum(axis=1, keepdims=True)
    centre = weight @ model.centre
    spread = np.sqrt(np.maximum(weight @ model.centre**2 - centre**2, 0)) + 0.1 / model.grid.longest
    width = np.exp(weight @ np.log(model.width))
    clarity = np.column_stack(
        (np.log(np.maximum(statistics.max(axis=1), 1)) / 0.2, np.log(spread) / 0.3, np.log(width) / 0.5)
    )
    return np.asarray(centre), clarity


def _phase(
    n_rows: int, n: int, fs: float, freq: FloatArray, cv: FloatArray, rng: np.random.Generator
) -> FloatArray:
    step = freq[:, None] / fs
    phase = rng.standard_normal((n_rows, n))
    phase *= cv[:, None] * np.sqrt(step)
    phase += step
    np.cumsum(phase, axis=1, out=phase)
    phase += rng.uniform(size=(n_rows, 1))
    return phase


def _modulated(n_rows: int, n: int, modulation_sd: float, rng: np.random.Generator) -> FloatArray:
    """Amplitude that waxes and wanes slowly: 31 lines over four times the length, power as 1/f².

    However deep the changes, the power is that of the smallest.
    """
    basis = _slow_lines(n)
    weights = rng.standard_normal((n_rows, len(basis)))
    spread = np.sqrt((weights @ (basis @ basis.T / n) * weights).sum(axis=1, keepdims=True))
    size = ((1 + MODULATION[0] ** 2) / (1 + modulation_sd**2)) ** 0.5
    slow = (weights * (size * modulation_sd / spread)) @ basis
    slow += size
    return np.asarray(slow)


@lru_cache(maxsize=4)
def _slow_lines(n: int) -> FloatArray:
    """Cosines and sines of `_modulated` without their means, each over its number, shape (n_lines, n)."""
    line = np.arange(1, 2 * SLOW_LINES)
    turn = np.pi * np.outer(line, np.arange(n)) / (2 * n)
    basis = np.vstack((np.cos(turn) / line[:, None], np.sin(turn) / line[:, None]))
    return read_only(basis - basis.mean(axis=1, keepdims=True))


def whitening_of(spectral: SpectralFit) -> dict[int, FloatArray]:
    """Filter by block length: one over the background's amplitude, on the lines of twice the length."""
    grid = spectral.model.grid
    background = spectral.theta[spectral.best, :-1] @ spectral.background.spectra
    filters, start = {}, 0
    for block in grid.blocks:
        own = background[start : start + block.freq.size]
        start += block.freq.size
        freq = scipy.fft.rfftfreq(2 * block.n, 1 / grid.fs)
        inside = (freq > 0.75 * LOWEST) & (freq < HIGHEST + 0.05)
        filters[block.n] = np.where(inside, np.exp(-0.5 * np.interp(freq, block.freq, np.log(own))), 0.0)
    return filters


def narrow_trace(
    pieces: Sequence[FloatArray],
    fs: float,
    whitening: dict[int, FloatArray],
    centre: FloatArray,
    width: float,
) -> Iterator[npt.NDArray[np.complex128]]:
    """Analytic signal of each row in a Gaussian band about its centre, block by block and one at a time."""
    for piece in pieces:
        yield _within(_whitened(piece, whitening), fs, centre, width)


def _whitened(piece: FloatArray, whitening: dict[int, FloatArray]) -> npt.NDArray[np.complex128]:
    """Whitened spectrum of each row, (n_rows, n + 1).

    Padded to twice the length, so that the filter's ringing does not run round from end to start.
    """
    n = piece.shape[1]
    return np.asarray(scipy.fft.rfft(piece, 2 * n, axis=1) * whitening[n])


def _within(
    spectrum: npt.NDArray[np.complex128], fs: float, centre: FloatArray, width: float
) -> npt.NDArray[np.complex128]:
    """Analytic signal of each row in a Gaussian band about its centre: the negative frequencies stay 0."""
    n = spectrum.shape[1] - 1
    freq = scipy.fft.rfftfreq(2 * n, 1 / fs)
    first, last = np.searchsorted(freq, (centre.min() - REACH * width, centre.max() + REACH * width))
    freq = freq[first:last]
    trace = np.empty((len(spectrum), n), dtype=np.complex128)
    for some in row_batches(len(spectrum), 4 * n):
        z = np.zeros((some.stop - some.start, 2 * n), dtype=np.complex128)
        gain = np.exp(-0.5 * ((freq - centre[some, None]) / width) ** 2)
        np.multiply(spectrum[some, first:last], gain, out=z[:, first:last])
        trace[some] = scipy.fft.ifft(z, axis=1, overwrite_x=True)[:, :n]
    return trace


def _advances(
    surrogates: BootstrapSamples, fs: float, whitening: dict[int, FloatArray]
) -> tuple[FloatArray, ...]:
    """Cycles per second of each surrogate in a band of each of `FILTER_WIDTHS`; each block is transformed once."""
    cycles = np.zeros((len(FILTER_WIDTHS), surrogates.centre.size))
    seconds = 0.0
    for piece in surrogates.pieces:
        for some in row_batches(len(piece), 4 * piece.shape[1]):
            spectrum, centre = _whitened(piece[some], whitening), surrogates.centre[some]
            for total, width in zip(cycles, FILTER_WIDTHS, strict=True):
                total[some] += _passed(_within(spectrum, fs, centre, width))
        seconds += (piece.shape[1] - 1) / fs
    return tuple(cycles / seconds)


def _advance(traces: Iterable[npt.NDArray[np.complex128]], fs: float) -> FloatArray:
    """Cycles per second that really passed, of each row over all blocks."""
    cycles: FloatArray = np.zeros(1)
    seconds = 0.0
    for z in traces:
        cycles, seconds = cycles + _passed(z), seconds + (z.shape[1] - 1) / fs
    return np.asarray(cycles / seconds)


def _passed(z: npt.NDArray[np.complex128]) -> FloatArray:
    """Cycles from the first to the last sample of each row."""
    return np.diff(cycles_passed(z, (0, z.shape[1] - 1)))[:, 0]


def _true_advance(phases: Sequence[FloatArray], fs: float) -> FloatArray:
    """The same of a phase that is known, in cycles."""
    cycles = sum(phase[:, -1] - phase[:, 0] for phase in phases)
    return np.asarray(cycles / sum((phase.shape[1] - 1) / fs for phase in phases))
