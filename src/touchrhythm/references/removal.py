"""What is left of a signal when what it follows is taken out, with gain and delay that change slowly?

One fixed filter leaves the reference in a signal whose coupling drifts, and a hand that lifts a little
changes the gain at once. The design therefore holds each series at its lags, the same wave with gains
that change slowly (its two quadratures: a change of the delay is a change between them), and one step of
the gain where it fits best. Whatever is done to the signal is done to each of its surrogates, the place of
the step included: taking out makes a hole in the spectrum that surrogates must have too.

**Conventions.** Blocks are treated one by one; rows are the signal or surrogates of it; Hz and seconds.

- `Removal` : the design of one recording
- `design_removal` : from the features that are to be taken out
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.references.drift import aligned, moved, slow_changes, span_about
from touchrhythm.references.features import WAVE, Feature, band_filtered

__all__ = ["Removal", "design_removal"]

WAVE_LAGS = np.arange(-8.0, 8.01, 1.0)
KEPT = 1e-3  # of the largest singular value: directions with less are not in the band
STEP_EVERY = 10.0  # s between the places at which a step of the gain is tried
STEP_MARGIN = 40.0  # s from the ends of a block in which it is not


@dataclass(frozen=True, eq=False)
class Removal:
    """How references are taken out of the blocks of one recording.

    `bases`: orthonormal columns of each block, shape (n, n_columns); `steps`: for each place of a step two
    more, shape (n_places, n, 2); `span` in Hz.
    """

    bases: tuple[FloatArray, ...]
    steps: tuple[FloatArray, ...]
    fs: float
    span: tuple[float, float]

    def of(self, pieces: Sequence[FloatArray]) -> list[FloatArray]:
        """Rows without what the references explain, block by block; each of shape (n_rows, n)."""
        return [
            self._without(piece, basis, steps)
            for piece, basis, steps in zip(pieces, self.bases, self.steps, strict=True)
        ]

    def _without(self, rows: FloatArray, basis: FloatArray, steps: FloatArray) -> FloatArray:
        inside = band_filtered(rows, self.fs, *self.span)
        weight = inside @ basis
        left = rows - weight @ basis.T
        if not steps.size:
            return left
        inside = inside - weight @ basis.T
        more = np.tensordot(inside, steps, axes=(1, 1))
        best = (more**2).sum(axis=2).argmax(axis=1)
        chosen = more[np.arange(len(rows)), best]
        for row, place, weights in zip(left, best, chosen, strict=True):
            row -= steps[place] @ weights
        return np.asarray(left)


def design_removal(
    features: Sequence[Feature],
    signal: Sequence[FloatArray],
    *,
    fs: float,
    band: tuple[float, float],
    with_step: bool = True,
) -> Removal:
    """Columns that are fitted to a signal and taken out.

    Parameters
    ----------
    features : sequence of Feature
        Of one row: the series to be taken out.
    signal : sequence of ndarray, each of shape (n,)
        The signal block by block; it says by which delay it follows each of them.
    fs : float
    band : tuple of float
    with_step : bool, default True
        Whether the gain of waves may also change at once, at one place per block.
    """
    span = span_about(band)
    drifting = [aligned(feature, signal, fs=fs, span=span) for feature in features if feature.drifts]
    bases, steps = [], []
    for block in range(len(features[0].pieces)):
        columns = []
        for feature in features:
            series = feature.pieces[block][0]
            columns += _lagged(series, WAVE_LAGS if feature.name == WAVE else feature.lags_s, fs)
        waves = [wave[block][0] for wave in drifting]
        for wave in waves:
            for slow in slow_changes(wave.size, fs):
                columns += [slow * wave.real, slow * wave.imag]
        basis = _orthonormal(band_filtered(np.array(columns), fs, *span))
        bases.append(basis)
        steps.append(_stepped(waves, basis, fs, span) if with_step and waves else np.zeros((0, 0, 0)))
    return Removal(tuple(bases), tuple(steps), fs, span)


def _lagged(series: np.ndarray, lags_s: Sequence[float] | FloatArray, fs: float) -> list[FloatArray]:
    found = []
    for part in (series.real, series.imag) if np.iscomplexobj(series) else (series,):
        for lag in lags_s:
            found.append(moved(part, round(lag * fs)))
    return found


def _orthonormal(columns: FloatArray) -> FloatArray:
    """Orthonormal basis of the rows of `columns`, as columns; directions without power are dropped."""
    size = np.sqrt((columns**2).sum(axis=1, keepdims=True))
    left, singular, _ = np.linalg.svd((columns / np.maximum(size, 1e-12)).T, full_matrices=False)
    return np.asarray(left[:, singular > KEPT * singular[0]])


def _stepped(
    waves: Sequence[np.ndarray], basis: FloatArray, fs: float, span: tuple[float, float]
) -> FloatArray:
    """Both quadratures of the first wave from each place on, beside what the basis holds; (n_places, n, 2)."""
    n = waves[0].size
    margin, every = round(STEP_MARGIN * fs), round(STEP_EVERY * fs)
    places = range(margin, n - margin, every)
    after = np.array([np.arange(n) >= place for place in places], dtype=np.float64)
    if not len(after):
        return np.zeros((0, 0, 0))
    rows = np.concatenate([after * wave for wave in (waves[0].real, waves[0].imag)])
    rows = band_filtered(rows, fs, *span)
    rows -= (rows @ basis) @ basis.T
    pairs = np.stack(np.split(rows, 2), axis=2)
    return np.asarray(np.linalg.qr(pairs)[0])
