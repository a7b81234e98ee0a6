"""What speaks for a rhythm in the band, and what would noise say?

The recording is one row of the same batch of fits as its surrogates: same code, same stopping rule.

**Conventions.** Frequencies in Hz; spectra of unit-variance blocks; statistics are twice the
log-likelihood.

- `SpectralFit`, `fit_spectrum` : blocks, background, and the statistic of every in-band oscillation
- `likelihood_ratios` : the test statistic of many spectra at once
- `null_surrogates` : recordings like this one without a rhythm
- `surrogate_parts`, `parts_of`, `further_spectra` : only their spectra
- `affordable` : how many surrogates may be held at once
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.rhythm import whittle
from touchrhythm.rhythm.background import (
    Background,
    ComponentDictionary,
    component_dictionary,
    fit_background,
    modulation,
    simulate_surrogates,
)
from touchrhythm.rhythm.blocks import Blocks

__all__ = [
    "Ratios",
    "SpectralFit",
    "affordable",
    "fit_spectrum",
    "further_spectra",
    "likelihood_ratios",
    "null_surrogates",
    "parts_of",
    "surrogate_parts",
]

LOW_SCREEN = (
    0.25  # surrogates whose screened statistic is below this share of the observed one cannot reach it
)
HELD = 6_000_000  # samples of surrogates held at once (48 MB)
FAINTEST = 1e-9  # of the mean power: white noise beside a line that explains all
PARTS = 16  # into which the blocks of long recordings (from four hours on) are shared out
POLISH = 25.0  # statistics above this are checked for a background fit that ended in another valley
FAR_BEHIND = 12.0  # oscillations whose screened statistic is this far below the best one count for nothing,
COARSE = 0.35  # or, where statistics are large and the screen coarse, this share of it


@dataclass(frozen=True, eq=False)
class SpectralFit:
    """A recording, its background, and the statistic of in-band oscillations.

    Attributes
    ----------
    blocks, model, background : Blocks, ComponentDictionary, Background
    spectrum : ndarray, shape (n_freq,)
    amplitude : tuple of ndarray or None
        Slow changes of power, as `background.modulation` returns them.
    best : int
        The in-band (or guard) oscillation with the largest statistic.
    statistic : ndarray, shape (n_inside,)
        Gain of each oscillation that a quick look does not rule out; -inf of the others.
    theta : ndarray, shape (n_inside, n_components + 1)
        Weights of the background and, last, of the oscillation.
    """

    blocks: Blocks
    model: ComponentDictionary
    background: Background
    spectrum: FloatArray
    amplitude: tuple[FloatArray, ...] | None
    best: int
    statistic: FloatArray
    theta: FloatArray

    @property
    def weight(self) -> FloatArray:
        """How well each in-band oscillation explains the recording, summing to 1; (n_inside,)."""
        weight = np.exp(0.5 * (self.statistic - self.statistic[self.best]))
        return np.asarray(weight / weight.sum())


class Ratios(NamedTuple):
    """Gain of the best oscillation of each row, which one it is, and its weight (0 where not fitted)."""

    statistic: FloatArray
    best: np.ndarray
    theta: FloatArray


def fit_spectrum(blocks: Blocks) -> SpectralFit:
    """Fit the background, and every promising in-band oscillation, to a recording."""
    model = component_dictionary(blocks.lengths, blocks.fs, blocks.band)
    spectrum = model.grid.tapered([piece[None] for piece in blocks.pieces])[0]
    background = fit_background(spectrum, model)
    amplitude = modulation(blocks.pieces, background, model)
    count = model.grid.weight
    null = whittle.fit_rows(
        spectrum[None], background.spectra, count, penalty=background.penalty, start=background.theta
    )
    statistics = whittle.screen(spectrum[None], null.mixture, model.inside_spectra, count)[0]
    near = _promising(model, statistics)
    fit = whittle.fit_rows(
        np.repeat(spectrum[None], near.size, axis=0),
        background.spectra,
        count,
        penalty=background.penalty,
        start=null.theta[0],
        extra=model.inside_spectra[near],
        max_iter=20,
    )
    # a line whose skirts explain the noise as well leaves no background at all, and nothing can be whitened by that
    fit.theta[~fit.theta[:, :-1].any(axis=1), 0] = FAINTEST * float(spectrum.mean())
    lowest = _polished(spectrum, background, count, null, fit)
    statistic = np.full(model.centre.size, -np.inf)
    statistic[near] = 2 * (lowest - fit.loss)
    theta = np.zeros((model.centre.size, len(background.spectra) + 1))
    theta[near] = fit.theta
    return SpectralFit(
        blocks, model, background, spectrum, amplitude, int(statistic.argmax()), statistic, theta
    )


def _promising(model: ComponentDictionary, statistics: FloatArray) -> np.ndarray:
    """Oscillations that the screen does not rule out, and those next to the best one of every width."""
    best = int(statistics.argmax())
    behind = max(FAR_BEHIND, COARSE * float(statistics[best]))
    next_to = np.abs(model.centre - model.centre[best]) <= 1 / model.grid.longest + 0.5 * model.width
    return np.flatnonzero((statistics >= statistics[best] - behind) | next_to)


def _polished(
    spectrum: FloatArray, background: Background, count: FloatArray, null: whittle.Fit, fit: whittle.Fit
) -> float:
    again = whittle.fit_rows(
        spectrum[None],
        background.spectra,
        count,
        penalty=background.penalty,
        start=fit.theta[fit.loss.argmin(), :-1],
    )
    return float(min(null.loss[0], again.loss[0]))


def likelihood_ratios(
    spectra: FloatArray, background: Background, model: ComponentDictionary, *, reach: float = 0.0
) -> Ratios:
    """Gain of the best in-band (or guard) oscillation of each spectrum over its own background.

    Parameters
    ----------
    spectra : ndarray, shape (n_rows, n_freq)
    background, model : Background, ComponentDictionary
    reach : float, default 0.0
        Gain that is of interest: rows that a quick look shows to be far below get 0.
    """
    statistic, best = np.zeros(len(spectra)), np.zeros(len(spectra), dtype=np.intp)
    theta = np.zeros(len(spectra))
    typical = background.theta_interior @ background.spectra
    count = model.grid.weight
    rows = np.arange(len(spectra))
    # most surrogates lie far below the recording: what a screen without a fit shows is enough to count them
    if reach > 0:
        quick = whittle.screen(spectra, typical[None], model.inside_spectra, count).max(axis=1)
        rows = np.flatnonzero(quick >= LOW_SCREEN * reach)
    if rows.size == 0:
        return Ratios(statistic, best, theta)
    some = spectra[rows]
    penalty = background.penalty
    # both hypotheses are fitted anew to every surrogate, as they were to the recording: a statistic whose
    # nuisance weights were held would not have the recording's distribution (Davison and Hinkley 1997, ch. 4)
    null = whittle.fit_rows(some, background.spectra, count, penalty=penalty, start=background.theta)
    statistics = whittle.screen(some, null.mixture, model.inside_spectra, count, against=typical)
    chosen = statistics.argmax(axis=1)
    full = whittle.fit_rows(
        some,
        background.spectra,
        count,
        start=null.theta,
        extra=model.inside_spectra[chosen],
        max_iter=20,
        penalty=penalty,
    )
    # a background that settled elsewhere would count as evidence for a rhythm: try again from the other side
    lowest = null.loss.copy()
    large = np.flatnonzero(2 * (null.loss - full.loss) > POLISH)
    if large.size:
        again = whittle.fit_rows(
            some[large], background.spectra, count, penalty=penalty, start=full.theta[large, :-1]
        )
        lowest[large] = np.minimum(lowest[large], again.loss)
    statistic[rows] = np.maximum(2 * (lowest - full.loss), 0.0)
    best[rows], theta[rows] = chosen, full.theta[:, -1]
    return Ratios(statistic, best, theta)


def null_surrogates(
    spectral: SpectralFit, n_surrogates: int, rng: np.random.Generator, *, beside_rhythm: bool = False
) -> list[FloatArray]:
    """Recordings like this one without a rhythm: a list of (n_surrogates, n) arrays, one per block.

    The test needs surrogates of the background that explains *all* of the recording; where a rhythm was
    shown, what noise does is better told by the background beside it (`beside_rhythm`).
    """
    background = spectral.background
    theta = spectral.theta[spectral.best, :-1] if beside_rhythm else background.theta_interior
    return simulate_surrogates(
        n_surrogates, background.components, theta, spectral.model.grid, rng, amplitude=spectral.amplitude
    )


def surrogate_parts(spectral: SpectralFit, n_surrogates: int, rng: np.random.Generator) -> FloatArray:
    """Spectra of surrogates in parts, see `parts_of`; few of them are held as time series."""
    batch, out = affordable(spectral.blocks, n_surrogates), []
    while n_surrogates > 0:
        out.append(parts_of(spectral, null_surrogates(spectral, min(batch, n_surrogates), rng)))
        n_surrogates -= batch
    return np.concatenate(out, axis=1)


def parts_of(spectral: SpectralFit, pieces: Sequence[FloatArray]) -> FloatArray:
    """Spectra of recordings given block by block, shape (n_parts, n_rows, n_freq): their sum over parts.

    One part, but of recordings of many blocks `PARTS`.
    """
    grid = spectral.model.grid
    return grid.tapered_parts(pieces, PARTS if len(grid.lengths) >= PARTS else 1)


def further_spectra(
    spectral: SpectralFit, parts: FloatArray, n_surrogates: int, rng: np.random.Generator
) -> FloatArray:
    """Spectra of more surrogates, (n_surrogates, n_freq), where those of `parts` were the first.

    In a recording of many blocks each is put together of parts of first ones, every part drawn for itself: blocks
    are made independently, so that the part of another surrogate is as good as a new one, and much cheaper.
    """
    n_parts, n_first, _ = parts.shape
    if n_parts == 1:
        (rows,) = surrogate_parts(spectral, n_surrogates, rng)
        return np.asarray(rows)
    drawn = rng.integers(n_first, size=(n_parts, n_surrogates))
    return np.asarray(sum(part[chosen] for part, chosen in zip(parts, drawn, strict=True)))


def affordable(blocks: Blocks, wanted: int) -> int:
    """As many surrogates as are wanted, or as fit into 48 MB, but at least 50."""
    return min(wanted, max(50, HELD // sum(blocks.lengths)))
