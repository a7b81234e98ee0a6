"""Is the rhythm there only while somebody taps?

Whoever leans on the sensor at each tap makes a rhythm that the taps then follow perfectly. A slow press
shows nothing above 1 Hz, but the margins, where nobody taps, do: a rhythm that the tapping makes is not in
them. The power at the rhythm while tapping over that in the margins is held against bootstrap samples of
the recording, whose rhythm waxes and wanes as the recording's own does; and the margins against surrogates
without a rhythm. Both must speak: more while tapping than waxing and waning explains, and in the margins
no more than noise.

**Conventions.** Times in seconds; rows are recordings.

- `PressRhythm` : the two p-values and the ratio
- `press_rhythm` : from the fitted recording and the times of the taps
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.estimates import counted_pvalue
from touchrhythm.rhythm.likelihood_ratio import SpectralFit
from touchrhythm.rhythm.rate import BootstrapSamples, centre_of, narrow_trace, whitening_of

__all__ = ["PressRhythm", "press_rhythm"]

WIDTH = 0.012  # Hz, standard deviation of the band about the rhythm: it rings over 1 / (2π·0.012) = 13 s
APART = 20.0  # s between the tapping and what counts as margin
WITHIN = 8.0  # s after the first and before the last tap that do not count as tapping
EDGE = 5.0  # s at the ends of a block
LEAST_MARGIN = 60.0  # s of margins in all, or nothing is said
LEAST_TAPPED = 60.0  # s
LEVEL = 0.05  # of the ratio
MARGIN_LEVEL = (
    0.01  # above which the margins hold no more than noise: a rhythm of its own that waxes and wanes so
)
# much that the ratio speaks still has more power there than nearly all surrogates


@dataclass(frozen=True)
class PressRhythm:
    """Whether a rhythm is there only while somebody taps.

    `ratio` of the power at the rhythm while tapping to that in the margins; `pvalue` that a rhythm that
    waxes and wanes has one as large; `pvalue_margins` that noise alone has as much power in the margins, from
    `n_surrogates`; all NaN where the margins are too short to tell.
    """

    ratio: float
    pvalue: float
    pvalue_margins: float
    n_surrogates: int = 199

    @property
    def is_made(self) -> bool:
        """Whether the rhythm is made by the tapping, or comes with it."""
        return self.pvalue <= LEVEL and self.pvalue_margins > max(MARGIN_LEVEL, 1 / (1 + self.n_surrogates))

    @property
    def is_known(self) -> bool:
        """Whether the margins were long enough to tell."""
        return self.pvalue == self.pvalue


UNKNOWN = PressRhythm(float("nan"), float("nan"), float("nan"))


def press_rhythm(
    spectral: SpectralFit, onset: FloatArray, samples: BootstrapSamples, noise: Sequence[FloatArray]
) -> PressRhythm:
    """Hold the rhythm while somebody taps against the margins.

    Parameters
    ----------
    spectral : SpectralFit
        Of the recording, in which a rhythm was found.
    onset : ndarray, shape (n_taps,)
        Seconds.
    samples : BootstrapSamples
        Of the recording, with its rhythm.
    noise : sequence of ndarray, each of shape (n_surrogates, n)
        Surrogates without a rhythm, one array per block.
    """
    blocks = spectral.blocks
    tapped, margin = _stretches(blocks.onset, blocks.lengths, blocks.fs, onset)
    seconds = [sum(int(mask.sum()) for mask in masks) / blocks.fs for masks in (tapped, margin)]
    if onset.size < 2 or seconds[0] < LEAST_TAPPED or seconds[1] < LEAST_MARGIN:
        return UNKNOWN
    centre = centre_of(spectral)

    def powers(pieces: Sequence[FloatArray], at: FloatArray) -> tuple[FloatArray, FloatArray]:
        traces = narrow_trace(pieces, blocks.fs, whitening_of(spectral), at, WIDTH)
        power = [np.abs(trace) ** 2 for trace in traces]
        return _mean(power, tapped), _mean(power, margin)

    own, own_margin = powers([piece[None] for piece in blocks.pieces], centre)
    steady, steady_margin = powers(samples.pieces, samples.centre)
    _, quiet = powers(noise, np.repeat(centre, len(noise[0])))
    quiet = quiet / min(1.0, _loudness(spectral, margin))
    ratio = own / own_margin
    return PressRhythm(
        ratio=float(ratio[0]),
        pvalue=counted_pvalue(int((steady / steady_margin >= ratio).sum()), steady.size),
        pvalue_margins=counted_pvalue(int((quiet >= own_margin).sum()), quiet.size),
        n_surrogates=quiet.size,
    )


def _loudness(spectral: SpectralFit, masks: Sequence[np.ndarray]) -> float:
    """Power of the surrogates where the masks are, over that of the whole recording.

    Surrogates are as loud as the recording is from time to time. Pushes make it louder while somebody taps, and the
    noise of the margins would seem too quiet beside them.
    """
    if spectral.amplitude is None:
        return 1.0
    return float(_mean([factor[None] ** 2 for factor in spectral.amplitude], masks)[0])


def _stretches(
    starts: Sequence[float], lengths: Sequence[int], fs: float, onset: FloatArray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Which samples of each block lie in the tapping, and which in the margins."""
    tapped, margin = [], []
    for start, n in zip(starts, lengths, strict=True):
        time = start + np.arange(n) / fs
        inner = (time > start + EDGE) & (time < time[-1] - EDGE)
        if onset.size < 2:
            tapped.append(np.zeros(n, dtype=bool))
            margin.append(inner)
            continue
        tapped.append((time > onset[0] + WITHIN) & (time < onset[-1] - WITHIN))
        margin.append(inner & ((time < onset[0] - APART) | (time > onset[-1] + APART)))
    return tapped, margin


def _mean(power: Sequence[FloatArray], masks: Sequence[np.ndarray]) -> FloatArray:
    total = sum(part[:, mask].sum(axis=1) for part, mask in zip(power, masks, strict=True))
    return np.asarray(total / sum(int(mask.sum()) for mask in masks))
