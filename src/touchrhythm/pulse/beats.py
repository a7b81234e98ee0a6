"""When does the heart beat, and which of its beats are fit to measure by?

A pulse wave is timed where it rises through half of its height: there it is steepest, so that noise
moves the time least. An ECG is timed at the crest of its R wave. Both fall between the samples.

**Conventions.** Arrays and Hz in; times in seconds from the first sample, heights in units of the wave.

- `Beats` : beats, which of them are good, and why the others are not
- `find_beats` : from a wave

References
----------
Charlton P. H. et al. (2022). Detecting beats in the photoplethysmogram: benchmarking open-source
algorithms. Physiol. Meas. 43, 085007.
Pelaez-Coca M. D. et al. (2022). Impact of the PPG sampling rate in the pulse rate variability indices
evaluating several fiducial points in different pulse waveforms. IEEE J. Biomed. Health Inform. 26, 539.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_fs, check_signal
from touchrhythm.pulse.detection import (
    DETECTION_BAND,
    SHORTEST,
    Candidates,
    choose_beats,
    filtered,
    find_complexes,
    find_rises,
    highest_within,
    is_inverted,
    local_period,
    working_wave,
)
from touchrhythm.pulse.fiducials import Found, baseline_of, shapes_of, time_beats
from touchrhythm.pulse.quality import Shapes, classify_beats, regularity, steps_of_all, valid_intervals
from touchrhythm.session import read_only
from touchrhythm.signal.decimation import segments
from touchrhythm.units import period_to_cpm

__all__ = ["KINDS", "LOWEST_FS", "Beats", "find_beats"]

KINDS = ("pulse", "ecg")
LOWEST_FS = {"pulse": 25.0, "ecg": 50.0}  # samples per second
SMOOTH = {"pulse": 9.0, "ecg": 40.0}  # Hz; below it the wave is timed and its height is read
LONGEST_GAP = 0.12  # s of missing samples inside a beat that are interpolated
SHAPE_BAND = (0.5, 10.0)  # Hz; in it the wave shows which way it points
SHORTEST_STRETCH = 4.0  # s in which a period can be seen
RISE = 0.25  # s (at 60 beats per minute) before the steepest place, in which the foot is looked for
QRS_SHAPE = 0.14  # s on both sides of an R wave; its shape
SHAPE_FROM, SHAPE_TO, SHAPE_POINTS = -0.2, 0.55, 40  # of a period about the beat; its shape
NOTHING = 1e-9  # of the largest value; what is less is rounding
USUAL = 0.7  # quantile of the sizes that says how high a beat is over the whole recording


@dataclass(frozen=True, eq=False)
class Beats:
    """Heart beats of one wave; all arrays of shape (n_beats,).

    Attributes
    ----------
    time_s : ndarray
        When: the half-height upstroke (pulse) or the R wave (ECG), in seconds.
    good : ndarray of bool
        Whether the beat is a measurement.
    reason : ndarray of str
        Why not: "template", "ectopic", "extra", "interval", "clipped", "flat", "finger off"; "" for good beats.
    height : ndarray
        From the curve through the feet (pulse) or the level before it (ECG) up to the crest, in units of the wave.
    onset_s, foot : ndarray
        When and where (units of the wave) the beat sets out.
    interval_s : ndarray
        Seconds since the beat before; NaN where one of the two is bad, or one between them was missed.
    n_missed : int
        Beats that must have been between those found, where there was a signal.
    kind : str
        "pulse" or "ecg".
    inverted : bool
        Whether the wave points downwards; heights and feet are of the wave turned upright.
    duration : float
        Seconds of the recording.
    gap_s : float
        Seconds of it without a signal, or with too little between two gaps.
    step_s : ndarray, shape (n_steps,)
        Seconds between successive beats of the heart, good or not, where they can be told.
    regularity : str
        "regular", "irregular" or "bigeminal" (every second beat comes early).
    """

    time_s: FloatArray
    good: np.ndarray
    reason: np.ndarray
    height: FloatArray
    onset_s: FloatArray
    foot: FloatArray
    interval_s: FloatArray
    n_missed: int
    kind: str
    inverted: bool
    duration: float
    gap_s: float
    step_s: FloatArray
    regularity: str

    def __len__(self) -> int:
        return self.time_s.size

    @property
    def rate_bpm(self) -> float:
        """Mean heart rate over all valid intervals, in beats per minute; NaN without any.

        Of a heart out of step over the steps of all its beats: its good beats are those that happen to be in step.
        """
        counted = self._counted
        return float(period_to_cpm(counted.mean())) if counted.size else float("nan")

    @property
    def rate_range_bpm(self) -> tuple[float, float]:
        """Heart rate that 2.5 and 97.5 % of the intervals counted stay above, in beats per minute."""
        counted = self._counted
        if not counted.size:
            return float("nan"), float("nan")
        high, low = np.quantile(counted, (0.025, 0.975))
        return float(period_to_cpm(low)), float(period_to_cpm(high))

    @property
    def _counted(self) -> FloatArray:
        valid: FloatArray = self.interval_s[~np.isnan(self.interval_s)]
        return valid if self.regularity == "regular" else self.step_s

    @property
    def bad_fraction(self) -> float:
        """Fraction of the beats that there must have been which are bad or were missed; NaN without beats."""
        expected = len(self) + self.n_missed
        return float((~self.good).sum() + self.n_missed) / expected if expected else float("nan")

    @property
    def counts(self) -> dict[str, int]:
        """How many beats were left out for which reason; "missed" are those not found at all."""
        names, number = np.unique(self.reason[~self.good], return_counts=True)
        counted = {str(name): int(n) for name, n in zip(names, number, strict=True)}
        return counted | ({"missed": self.n_missed} if self.n_missed else {})

    def __repr__(self) -> str:
        return f"Beats({len(self)} at {self.rate_bpm:.1f} per minute, {self.bad_fraction:.1%} bad)"


def find_beats(x: npt.ArrayLike, *, fs: float, kind: str = "pulse") -> Beats:
    """Heart beats of a pulse wave or an ECG, with sub-sample times, and which of them are good.

    Parameters
    ----------
    x : array_like, shape (n_samples,)
        One channel: photoplethysmogram, piezo, cuff or ear clip (upright or inverted, AC or DC coupled), or an
        ECG; NaN marks gaps.
    fs : float
        Sampling rate in Hz; at least 25 for a pulse wave, 50 for an ECG.
    kind : str, default "pulse"
        "pulse" or "ecg".

    Returns
    -------
    Beats
        Empty where there is nothing like a beat.

    Raises
    ------
    ValueError
        If the sampling rate is too low, or `kind` unknown.

    Examples
    --------
    >>> from touchrhythm.simulate.pulse import PulseModel, simulate_pulse
    >>> pulse = simulate_pulse(PulseModel(heart_rate_bpm=66), duration_s=120, fs=50, rng=1)
    >>> beats = find_beats(pulse.x, fs=50)
    >>> bool(abs(beats.rate_bpm - pulse.heart_rate_bpm) < 1)
    True
    """
    signal, fs = check_signal(x), check_fs(fs)
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")
    if fs < LOWEST_FS[kind]:
        raise ValueError(
            f"beats of {'an ECG' if kind == 'ecg' else 'a pulse wave'} need at least {LOWEST_FS[kind]:g}"
            f" samples per second, got {fs:g}"
        )
    stretches = _Stretches.cut(signal, fs, kind)
    found, inverted = stretches.beats()
    upright = -signal if inverted else signal
    if found.time.size < 3:
        return _empty(kind, inverted, signal.size / fs, stretches.length_s)
    shapes = Shapes(found.time, found.onset, found.crest - found.foot, found.shape)
    reason = classify_beats(shapes, upright, fs=fs, kind=kind)
    good = reason == ""
    interval, n_missed = valid_intervals(found.time, good, stretches.ends)
    steps = steps_of_all(found.time, reason, stretches.ends)
    return Beats(
        time_s=read_only(found.time),
        good=_frozen(good),
        reason=_frozen(reason),
        height=read_only(_heights(found, good, kind)),
        onset_s=read_only(found.onset),
        foot=read_only(found.foot),
        interval_s=read_only(interval),
        n_missed=n_missed,
        kind=kind,
        inverted=inverted,
        duration=signal.size / fs,
        gap_s=signal.size / fs - stretches.length_s,
        step_s=read_only(steps),
        regularity=regularity(steps),
    )


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _empty(kind: str, inverted: bool, duration: float, length: float) -> Beats:
    nothing = read_only(np.zeros(0))
    return Beats(
        nothing,
        _frozen(np.zeros(0, dtype=bool)),
        _frozen(np.zeros(0, dtype="<U12")),
        nothing,
        nothing,
        nothing,
        nothing,
        0,
        kind,
        inverted,
        duration,
        duration - length,
        nothing,
        "regular",
    )


def _heights(found: Found, good: np.ndarray, kind: str) -> FloatArray:
    """Crest over the curve from foot to foot, so that a rising baseline does not make a beat higher."""
    own: FloatArray = found.crest - found.foot
    if kind == "ecg" or good.sum() < 2:
        return own
    onset = found.onset[good]
    level = baseline_of(onset, found.foot[good], found.crest_time)
    near = np.searchsorted(onset, found.crest_time).clip(1, onset.size - 1)
    inside = (found.crest_time >= onset[0]) & (found.crest_time <= onset[-1])
    between = onset[near] - onset[near - 1] < 2.5 * np.median(np.diff(onset))
    height: FloatArray = np.where(good & inside & between, found.crest - level, own)
    return height


@dataclass(frozen=True, eq=False)
class _Stretches:
    """Stretches without gaps at the working rate: where they begin (s), their wave, and what is in it."""

    kind: str
    fs: float
    onset: tuple[float, ...]
    wave: tuple[FloatArray, ...]
    rate: float
    smooth_to: float

    @classmethod
    def cut(cls, x: FloatArray, fs: float, kind: str) -> _Stretches:
        onset, wave, rate = [], [], fs
        for start, stop in segments(x, fs=fs, max_gap=LONGEST_GAP):
            if stop - start >= SHORTEST_STRETCH * fs:
                piece = x[start:stop]
                missing = np.isnan(piece)
                if missing.any():
                    at = np.arange(piece.size)
                    piece = np.interp(at, at[~missing], piece[~missing])
                working, rate = working_wave(piece, fs)
                if np.ptp(piece) > NOTHING * np.abs(piece).max():
                    onset.append(start / fs)
                    wave.append(working)
        return cls(kind, fs, tuple(onset), tuple(wave), rate, min(SMOOTH[kind], 0.4 * fs))

    @property
    def ends(self) -> tuple[tuple[float, float], ...]:
        """First and last second of each stretch."""
        return tuple(
            (onset, onset + wave.size / self.rate) for onset, wave in zip(self.onset, self.wave, strict=True)
        )

    @property
    def length_s(self) -> float:
        """Seconds of all stretches."""
        return sum(last - first for first, last in self.ends)

    def beats(self) -> tuple[Found, bool]:
        """All beats, and whether the wave was turned upright for it."""
        nothing = np.zeros(0)
        none = Found(nothing, nothing, nothing, nothing, nothing, np.zeros((0, SHAPE_POINTS)))
        if not self.wave:
            return none, False
        banded = [filtered(wave, self.rate, DETECTION_BAND) for wave in self.wave]
        smooth = [filtered(wave, self.rate, (0.0, self.smooth_to)) for wave in self.wave]
        turned = self._is_turned(banded, smooth)
        sign = -1.0 if turned else 1.0
        banded, smooth = [sign * wave for wave in banded], [sign * wave for wave in smooth]
        periods = [self._period(wave) for wave in banded]
        candidates = [self._candidates(i, banded[i]) for i in range(len(banded))]
        usual = _usual_size(candidates, periods, self.rate)
        width = float(np.median(np.concatenate([period for _, period in periods])))
        offset = np.linspace(SHAPE_FROM, SHAPE_TO, SHAPE_POINTS) * width
        if self.kind == "ecg":
            offset = np.linspace(-QRS_SHAPE, QRS_SHAPE, SHAPE_POINTS)
        parts = []
        for i, found in enumerate(candidates):
            period = np.interp(found.steep, *periods[i])
            kept = choose_beats(found, period, self.rate, kind=self.kind, usual=usual, wave=banded[i])
            kept = kept[found.size[kept] > 1e3 * NOTHING * np.ptp(smooth[i])]
            part = Candidates(*(values[kept] for values in found))
            timed = time_beats(part, smooth[i], self.rate, self.kind, reach=RISE * width**0.5)
            timed = timed.without_ends(smooth[i].size / self.rate)
            shape = shapes_of(banded[i] if self.kind == "pulse" else smooth[i], timed.time, self.rate, offset)
            onset = self.onset[i]
            parts.append(
                timed._replace(
                    time=timed.time + onset,
                    onset=timed.onset + onset,
                    crest_time=timed.crest_time + onset,
                    shape=shape,
                )
            )
        return Found(*(np.concatenate(values) for values in zip(*parts, strict=True))), turned

    def _period(self, banded: FloatArray) -> tuple[FloatArray, FloatArray]:
        if self.kind == "pulse":
            return local_period(banded, self.rate)
        # the energy of the QRS complexes repeats as the beats do, whatever the T wave does
        energy = np.abs(np.gradient(banded))
        return local_period(scipy.ndimage.gaussian_filter1d(energy, 0.05 * self.rate), self.rate)

    def _candidates(self, i: int, banded: FloatArray) -> Candidates:
        return (
            find_rises(banded, self.rate) if self.kind == "pulse" else find_complexes(self.wave[i], self.rate)
        )

    def _is_turned(self, banded: list[FloatArray], smooth: list[FloatArray]) -> bool:
        longest = int(np.argmax([wave.size for wave in banded]))
        if self.kind == "pulse":
            return is_inverted(filtered(self.wave[longest], self.rate, SHAPE_BAND), self.rate)
        wave = smooth[longest] - scipy.ndimage.uniform_filter1d(smooth[longest], round(0.6 * self.rate))
        windows = wave[: wave.size // round(2 * self.rate) * round(2 * self.rate)].reshape(
            -1, round(2 * self.rate)
        )
        return bool(np.median(windows.max(axis=1) + windows.min(axis=1)) < 0)


def _usual_size(
    candidates: list[Candidates], periods: list[tuple[FloatArray, FloatArray]], rate: float
) -> float:
    """Size of a beat over the whole recording."""
    sizes = []
    for found, period in zip(candidates, periods, strict=True):
        if found.size.size:
            radius = np.maximum(SHORTEST, 0.6 * np.interp(found.steep, *period))
            sizes.append(found.size[highest_within(found.steep / rate, found.size, radius)])
    return float(np.quantile(np.concatenate(sizes), USUAL)) if sizes else 0.0
