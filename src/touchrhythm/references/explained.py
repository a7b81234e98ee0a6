"""What does a reference channel (breathing, pulse) explain of the band?

**Conventions.** Channels on one grid, NaN where missing; frequencies in Hz.

- `Reference` : the answer about one channel
- `kind_of` : what a channel's name says that it is
- `explain` : coherence at a frequency, and the band after taking out what the channel explains
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.rhythm.blocks import cut_into_blocks
from touchrhythm.rhythm.likelihood_ratio import fit_spectrum
from touchrhythm.rhythm.periodicity import periodicity_of
from touchrhythm.signal.decimation import decimated_segments
from touchrhythm.signal.spectrum import Block, coherence, detrended
from touchrhythm.words.columns import NO_SIGNAL, REFERENCES, role_of

__all__ = ["Reference", "explain", "kind_of"]

REACH = 10.0  # s by which the channel may lead or lag
N_SURROGATES = 199


@dataclass(frozen=True)
class Reference:
    """What a reference channel explains of the band.

    `coherence` at `freq` (Hz) with its 95 % chance level `coherence_null`; `band_power_fraction_left` the
    share of the band's power left after taking out what the channel explains; `pvalue_after`
    the rhythm test on what is left.
    """

    channel: str
    kind: str
    freq: float
    coherence: float
    coherence_null: float
    band_power_fraction_left: float
    pvalue_after: float


def kind_of(channel: str) -> str:
    """What a channel's name says that it is: "breathing", "pulse", "other" (no signal), or "".

    >>> kind_of("respiratory"), kind_of("PPG"), kind_of("force")
    ('breathing', 'pulse', '')
    """
    role = role_of(channel)
    if role in REFERENCES:
        return role
    return "other" if role in NO_SIGNAL else ""


def explain(
    x: FloatArray,
    reference: FloatArray,
    *,
    fs: float,
    band: tuple[float, float],
    freq: float,
    channel: str,
    rng: np.random.Generator,
    min_duration: float = 120.0,
    max_gap: float = 0.5,
) -> Reference:
    """Hold a channel against a reference channel.

    What the reference explains is its best linear combination with leads and lags of up to 10 s
    (least squares, segment by segment).

    Parameters
    ----------
    x, reference : ndarray, shape (n_samples,)
    fs : float
    band : tuple of float
    freq : float
        Where the channel's in-band peak is.
    channel : str
        Name of the reference.
    rng : numpy.random.Generator
    min_duration, max_gap : float
        Seconds, as in `periodicity_test`.

    Raises
    ------
    ValueError
        If no stretch in which both are valid is long enough, or one of them is constant.
    """
    missing = np.isnan(reference)
    both = x if not missing.any() else np.where(missing, np.nan, x)
    blocks = cut_into_blocks(both, fs=fs, band=band, min_duration=min_duration, max_gap=max_gap)
    other = np.where(np.isnan(both), np.nan, reference)
    found = {
        round(one.onset, 3): one for one in decimated_segments(other, fs=fs, target=2.5, max_gap=max_gap)
    }
    pairs = [(one.x, found[round(one.onset, 3)].x) for one in blocks.segments]
    rate = blocks.fs
    for _, part in pairs:
        level = float(np.abs(part).max())
        if part.std() <= 1e-9 * level or level == 0:
            raise ValueError(f"reference must vary, got a constant (every sample is {part[0]:g})")
    rests = [_unexplained(a, b, rate) for a, b in pairs]
    longest = max(range(len(pairs)), key=lambda i: pairs[i][0].size)
    value, chance = coherence(*(detrended(part, rate) for part in pairs[longest]), fs=rate, freq=freq)
    before = sum(_band_power(detrended(a, rate), rate, band) for a, _ in pairs)
    after = sum(_band_power(rest, rate, band) for rest in rests)
    joined = np.concatenate([np.append(rest, np.full(round(rate * (max_gap + 1)), np.nan)) for rest in rests])
    left = cut_into_blocks(joined, fs=rate, band=band, min_duration=min_duration - 1, max_gap=max_gap)
    test = periodicity_of(fit_spectrum(left), rng=rng, n_surrogates=N_SURROGATES)
    return Reference(channel, kind_of(channel), freq, value, chance, float(after / before), test.pvalue)


def _unexplained(x: FloatArray, reference: FloatArray, fs: float) -> FloatArray:
    x, reference = detrended(x, fs), detrended(reference, fs)
    reach = round(REACH * fs)
    padded = np.pad(reference, reach)
    lagged = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)[: x.size]
    normal = lagged.T @ lagged
    normal[np.diag_indices_from(normal)] += 1e-6 * np.trace(normal) / len(normal)
    weights = scipy.linalg.solve(normal, lagged.T @ x, assume_a="pos")
    return np.asarray(x - lagged @ weights)


def _band_power(x: FloatArray, fs: float, band: tuple[float, float]) -> float:
    block = Block(x.size, fs)
    inside = (block.freq >= band[0]) & (block.freq <= band[1])
    return float(block.tapered(x[None])[0, inside].sum())
