"""Does a signal follow a reference more than it would follow an unrelated one of the same kind?

The fit of the band-limited signal on a feature of the reference is held against the same fit on
parametric surrogates of the reference: its own fitted background with a rhythm like its own, whose phase
knows nothing of the signal, and the features made anew of each. A wave may be followed with one gain and
delay, or, in step, with such as change slowly: the better of the two counts, of surrogates too. Shifted references are too blunt where
two rates lie close, phase-randomised ones too liberal (Faes 2004).

**Conventions.** Series as one array per block; frequencies in Hz.

- `Attribution` : how well the signal follows one feature, and what chance gives
- `attribute` : that of all features of a source
- `nearest_wave` : the wave that is followed best, among attributions

References
----------
Faes L., Pinna G. D., Porta A., Maestri R., Nollo G. (2004). Surrogate data analysis for assessing the
significance of the coherence function. IEEE Trans. Biomed. Eng. 51, 1156.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.references.drift import IN_STEP, aligned, cycles_slipped, slow_changes, span_about
from touchrhythm.references.features import WAVE, Feature, MovingSeries, features_of
from touchrhythm.rhythm.blocks import Blocks
from touchrhythm.rhythm.likelihood_ratio import SpectralFit, fit_spectrum
from touchrhythm.rhythm.rate import bootstrap_samples

__all__ = ["Attribution", "SourceFit", "attribute", "fit_source", "nearest_wave"]

TAPER = 0.1  # of a block that is faded at its ends before the fit
MOST_CHANGES = 12  # slow cosines; a drift that is slower still is enough to be told by in a long recording
RIDGE = 1e-4  # of the mean diagonal: lags closer than the band resolves must not blow up


@dataclass(frozen=True)
class Attribution:
    """How well a signal follows one feature of a source.

    `fraction` of the band's power that the feature explains by one gain and delay, and `detectable`, what it
    must explain to stand beside the other features; `pvalue` (1 + k)/(1 + n), of a wave also with gain and
    delay that change.
    """

    source: str
    feature: str
    fraction: float
    detectable: float
    pvalue: float

    @property
    def name(self) -> str:
        """The series of a pulse by its own name, a feature of breathing by the feature's."""
        return name_of(self.source, self.feature)


def name_of(source: str, feature: str) -> str:
    """The series of a pulse by its own name, a feature of breathing by the feature's."""
    return source if source and feature == WAVE else feature


def nearest_wave(attributions: Iterable[Attribution]) -> Attribution | None:
    """The wave with the smallest p-value; None where no wave was tried."""
    waves = (attribution for attribution in attributions if attribution.feature == WAVE)
    return min(waves, key=lambda attribution: attribution.pvalue, default=None)


@dataclass(frozen=True, eq=False)
class SourceFit:
    """A source with its spectrum fitted and its surrogates drawn: `rows` holds the source first."""

    source: MovingSeries
    spectral: SpectralFit
    features: tuple[Feature, ...]


def fit_source(
    source: MovingSeries, blocks: Blocks, n_surrogates: int, rng: np.random.Generator
) -> SourceFit:
    """Fit a source's spectrum and make the features of it and of its surrogates.

    Parameters
    ----------
    source : MovingSeries
    blocks : Blocks
        Of the signal; the source's pieces lie on the same grid.
    n_surrogates : int
    rng : numpy.random.Generator
    """
    scale = float(np.sqrt(np.mean(np.concatenate(source.pieces) ** 2)))
    pieces = tuple(piece / scale for piece in source.pieces)
    spectral = fit_spectrum(replace(blocks, pieces=pieces, scale=scale))
    drawn = bootstrap_samples(spectral, n_surrogates, rng, wander_alike=True)
    rows = [np.vstack((own[None], more)) for own, more in zip(pieces, drawn.pieces, strict=True)]
    made = features_of(rows, blocks.fs, breathes=source.breathes, is_series=bool(source.name))
    return SourceFit(replace(source, pieces=pieces), spectral, made)


def attribute(
    pieces: Sequence[FloatArray], fit: SourceFit, *, fs: float, band: tuple[float, float], level: float
) -> list[Attribution]:
    """Hold a signal against each feature of a source.

    Parameters
    ----------
    pieces : sequence of ndarray, each of shape (n,)
        The signal, block by block.
    fit : SourceFit
    fs : float
    band : tuple of float
    level : float
        At which a feature counts as followed, the number of features considered.
    """
    found = []
    for feature in fit.features:
        fraction = explained_fraction(pieces, feature, fs=fs, band=band)
        score = _score(fraction)
        if feature.name == WAVE:
            score = np.maximum(score, _score_in_step(pieces, feature, fs, band))
        found.append(
            Attribution(
                fit.source.name,
                feature.name,
                float(fraction[0]),
                _fraction_at(fraction, float(np.quantile(score[1:], 1 - level))),
                (1 + int((score[1:] >= score[0]).sum())) / score.size,
            )
        )
    return found


def _score_in_step(
    pieces: Sequence[FloatArray], feature: Feature, fs: float, band: tuple[float, float]
) -> FloatArray:
    """The score of each row with gain and delay that change slowly; none (−∞) where the two are out of step.

    A rate that differs a little looks like a delay that grows without end; a delay that drifts does not.
    """
    span = span_about(band)
    waves = aligned(feature, pieces, fs=fs, span=span)
    ends = np.cumsum([piece.size for piece in pieces])
    cosines = np.split(slow_changes(int(ends[-1]), fs, MOST_CHANGES), ends[:-1], axis=1)
    changing = [
        [slow * part for slow in slowly for part in (wave.real, wave.imag)]
        for wave, slowly in zip(waves, cosines, strict=True)
    ]
    score = _score(explained_fraction(pieces, feature, fs=fs, band=band, changing=changing))
    return np.where(cycles_slipped(waves, pieces, fs=fs, span=span) <= IN_STEP, score, -np.inf)


def _score(fraction: FloatArray) -> FloatArray:
    """Fractions on a scale on which those of surrogates have unit spread, so that two kinds of fit compare."""
    turned = _turned(fraction)
    return np.asarray((turned - turned[1:].mean()) / _spread(turned))


def _fraction_at(fraction: FloatArray, score: float) -> float:
    """The fraction that has a score, on the scale of the surrogates in `fraction`."""
    turned = _turned(fraction)
    return float(np.tanh(max(turned[1:].mean() + score * _spread(turned), 0.0)) ** 2)


def _turned(fraction: FloatArray) -> FloatArray:
    return np.asarray(np.arctanh(np.sqrt(np.clip(fraction, 0.0, 1 - 1e-12))))


def _spread(turned: FloatArray) -> float:
    return max(float(turned[1:].std()), 1e-12)


def explained_fraction(
    pieces: Sequence[FloatArray],
    feature: Feature,
    *,
    fs: float,
    band: tuple[float, float],
    changing: Sequence[Sequence[FloatArray]] | None = None,
) -> FloatArray:
    """R² of the band-limited signal on the lagged feature, of each of its rows; shape (n_rows,).

    Least squares on the Fourier ordinates of the band, where a lag is a turn of the phase: the normal
    equations of all rows are small, and the same for all blocks. `changing`: further series of each block, each of shape (n_rows, n).
    """
    total = 0.0
    gram, moment = np.zeros((1, 1, 1)), np.zeros((1, 1))
    further = [()] * len(pieces) if changing is None else changing
    for x, series, more in zip(pieces, feature.pieces, further, strict=True):
        n = x.size
        window = _faded(n)
        freq = scipy.fft.rfftfreq(n, 1 / fs)
        use = slice(*np.searchsorted(freq, (band[0], np.nextafter(band[1], 1))))
        target = scipy.fft.rfft((x - x.mean()) * window)[use]
        turn = np.exp(-2j * np.pi * np.outer(freq[use], feature.lags_s))
        columns = [_in_band(part, window, use)[:, :, None] * turn for part in _parts(series)]
        columns += [_in_band(part, window, use)[:, :, None] for part in more]
        turned = np.concatenate(columns, axis=2)
        design = np.concatenate((turned.real, turned.imag), axis=1)
        total = total + float((np.abs(target) ** 2).sum())
        gram = gram + design.transpose(0, 2, 1) @ design
        moment = moment + np.concatenate((target.real, target.imag)) @ design
    size = np.trace(gram, axis1=1, axis2=2) / gram.shape[1]
    gram = gram + (RIDGE * size)[:, None, None] * np.eye(gram.shape[1])
    weight = np.linalg.solve(gram, moment[:, :, None])[:, :, 0]
    return np.asarray((weight * moment).sum(axis=1) / total)


def _faded(n: int) -> FloatArray:
    """Tukey window: ones that rise and fall over `TAPER` of the length as half a cosine."""
    from_end = np.minimum(np.arange(n), np.arange(n)[::-1])
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.minimum(2 * from_end / (TAPER * (n - 1)), 1.0)))


def _parts(series: np.ndarray) -> tuple[FloatArray, ...]:
    return (series.real, series.imag) if np.iscomplexobj(series) else (series,)


def _in_band(rows: FloatArray, window: FloatArray, use: slice) -> np.ndarray:
    """Fourier ordinates of the band of each row."""
    return np.asarray(scipy.fft.rfft((rows - rows.mean(axis=1, keepdims=True)) * window, axis=1)[:, use])
