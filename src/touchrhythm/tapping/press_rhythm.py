"""Is the rhythm there only while somebody taps?

Whoever leans on the sensor at each tap makes a rhythm that the taps then follow perfectly. A slow press
shows nothing above 1 Hz, but the margins, where nobody taps, do: a rhythm that the tapping makes is not in
them. The power at the rhythm while tapping over that in the margins is held against bootstrap samples of
the recording, whose rhythm waxes and wanes as the recording's own does; and the margins against surrogates
without a rhythm. Both must speak: more while tapping than waxing and waning explains, and in the margins
no more than noise.

Two more signs come from the taps themselves. A rhythm of pushes keeps step with the taps and is as even as they are,
whereas one that waxes and wanes, or is followed by hand, does not so closely: without that step the ratio does not
count. And a push shorter than about a second stands out of the slow force around it; what its area, once at each tap,
makes in the narrow band follows from that, and where it is most of the rhythm, the ratio is not needed.

**Conventions.** Times in seconds; rows are recordings.

- `PressRhythm` : the ratio, the fractions and their p-values
- `press_rhythm` : from the fitted recording and the times of the taps
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.estimates import NAN, counted_pvalue
from touchrhythm.rhythm.blocks import Blocks
from touchrhythm.rhythm.likelihood_ratio import SpectralFit
from touchrhythm.rhythm.rate import BootstrapSamples, centre_of, narrow_trace, whitening_of

__all__ = ["PressRhythm", "press_rhythm"]

WIDTH = 0.012  # Hz, standard deviation of the band about the rhythm: it rings over 1 / (2π·0.012) = 13 s
APART = 20.0  # s between the tapping and what counts as margin
WITHIN = 8.0  # s after the first and before the last tap that do not count as tapping
EDGE = 5.0  # s at the ends of a block
LEAST_MARGIN = 60.0  # s of margins in all, or nothing is said
LEAST_TAPPED = 60.0  # s
LEVEL = 0.05  # of the ratio, and of the pushes' area
LOCKED = 0.8  # of the rhythm's power while tapping that keeps step with the taps, or the ratio is not heard
PUSHED = 0.5  # of the same, that short pushes must make to be what makes the rhythm
REACH = 0.8  # s before and after a tap in which a short push lies
BESIDE = 0.5  # s on either side of that, through which the line runs that it stands out of
MOST_BENT = 0.7  # of a rhythm's amplitude that its own bend at the taps seems to make, or it is too fast
# p above which the margins hold no more than noise: a rhythm of its own that waxes and wanes so much that the
# ratio speaks still has more power there than nearly all surrogates
MARGIN_LEVEL = 0.01


@dataclass(frozen=True)
class PressRhythm:
    """Whether a rhythm is there only while somebody taps.

    `ratio` of the power at the rhythm while tapping to that in the margins; `pvalue` that a rhythm that
    waxes and wanes has one as large; `pvalue_margins` that noise alone has as much power in the margins, from
    `n_surrogates`. `locked_fraction` of the rhythm's power while tapping that keeps step with the taps, whatever
    their lag; `push_fraction` of it that short pushes at the taps make by their area, and `pvalue_push` that the
    signal has as large an area at taps without a push. All NaN where the margins are too short to tell.
    """

    ratio: float
    pvalue: float
    pvalue_margins: float
    locked_fraction: float
    push_fraction: float
    pvalue_push: float
    n_surrogates: int = 199

    @property
    def is_pushed(self) -> bool:
        """Whether short pushes at the taps make the rhythm, and the margins hold no more than noise."""
        return self._is_quiet and self.push_fraction >= PUSHED and self.pvalue_push <= LEVEL

    @property
    def is_made(self) -> bool:
        """Whether the rhythm is made by the tapping, or comes with it."""
        only_then = self.pvalue <= LEVEL and self.locked_fraction >= LOCKED
        return self.is_pushed or (self._is_quiet and only_then)

    @property
    def _is_quiet(self) -> bool:
        return self.pvalue_margins > max(MARGIN_LEVEL, 1 / (1 + self.n_surrogates))

    @property
    def is_known(self) -> bool:
        """Whether the margins were long enough to tell."""
        return self.pvalue == self.pvalue


UNKNOWN = PressRhythm(NAN, NAN, NAN, NAN, NAN, NAN)


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

    pieces = [piece[None] for piece in blocks.pieces]
    own, own_margin = powers(pieces, centre)
    area, areas = (_push_area(blocks, some, onset) for some in (pieces, samples.pieces))
    locked, pushed = _fractions_of_taps(spectral, onset, tapped, float(area[0]))
    steady, steady_margin = powers(samples.pieces, samples.centre)
    _, quiet = powers(noise, np.repeat(centre, len(noise[0])))
    quiet = quiet / min(1.0, _loudness(spectral, margin))
    ratio = own / own_margin
    return PressRhythm(
        ratio=float(ratio[0]),
        pvalue=counted_pvalue(int((steady / steady_margin >= ratio).sum()), steady.size),
        pvalue_margins=counted_pvalue(int((quiet >= own_margin).sum()), quiet.size),
        locked_fraction=locked,
        push_fraction=pushed,
        pvalue_push=counted_pvalue(int((np.abs(areas) >= np.abs(area)).sum()), areas.size),
        n_surrogates=quiet.size,
    )


def _push_kernel(fs: float) -> tuple[np.ndarray, FloatArray]:
    """Samples about a tap and their weights: a push's area in seconds above the line through what is beside it."""
    lag = np.arange(-round((REACH + BESIDE) * fs), round((REACH + BESIDE) * fs) + 1)
    inside = np.abs(lag) <= REACH * fs
    line = np.vander(lag / fs, 2)
    weight = inside / fs
    weight[~inside] -= line[inside].sum(axis=0) @ np.linalg.pinv(line[~inside]) / fs
    return lag, weight


def _samples_of(onset: FloatArray, start: float, fs: float) -> np.ndarray:
    """Samples of a block that begins at `start` at which there are taps; outside of it, too."""
    return np.asarray(np.round((onset - start) * fs).astype(int))


def _push_area(blocks: Blocks, pieces: Sequence[FloatArray], onset: FloatArray) -> FloatArray:
    """Area of the mean push at the taps; (n_rows,), times seconds."""
    lag, weight = _push_kernel(blocks.fs)
    total, n_taps = np.zeros((len(pieces[0]), lag.size)), 0
    for piece, start in zip(pieces, blocks.onset, strict=True):
        taps = _samples_of(onset, start, blocks.fs)
        for tap in taps[(taps + lag[0] >= 0) & (taps + lag[-1] < piece.shape[1])]:
            total += piece[:, tap + lag[0] : tap + lag[-1] + 1]
            n_taps += 1
    return np.asarray(total @ weight / max(n_taps, 1))


def _fractions_of_taps(
    spectral: SpectralFit, onset: FloatArray, tapped: Sequence[np.ndarray], area: float
) -> tuple[float, float]:
    """Fractions of the rhythm's power while tapping: what keeps step with the taps, and what pushes of `area` make.

    A rhythm that is followed bends at the taps too, the more the faster it is, and seems to have an area: what the
    rhythm of this size has is taken off.
    """
    blocks, centre, whitening = spectral.blocks, centre_of(spectral), whitening_of(spectral)
    trains: list[FloatArray] = []
    for start, n in zip(blocks.onset, blocks.lengths, strict=True):
        taps = _samples_of(onset, start, blocks.fs)
        count = np.bincount(taps[(taps >= 0) & (taps < n)], minlength=n)
        trains.append(count[None].astype(np.float64) * blocks.fs)
    own, pushes = (
        np.concatenate([trace[0, mask] for trace, mask in zip(traces, tapped, strict=True)])
        for traces in (
            narrow_trace(pieces, blocks.fs, whitening, centre, WIDTH)
            for pieces in (tuple(piece[None] for piece in blocks.pieces), tuple(trains))
        )
    )
    together, power, unit = np.vdot(pushes, own), np.vdot(own, own).real, np.vdot(pushes, pushes).real
    if not unit:  # the taps lie in what was cut out
        return NAN, NAN
    needed = together.real / unit
    lag, weight = _push_kernel(blocks.fs)
    # pushes of area 1 at each cycle have the amplitude 2 · rate
    bend = 2 * float(centre[0]) * float(weight @ np.cos(2 * np.pi * centre[0] * lag / blocks.fs))
    made = (area - bend * needed) / (1 - bend) if bend <= MOST_BENT else NAN
    return float(abs(together) ** 2 / (unit * power)), float(made * together.real / power)


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
