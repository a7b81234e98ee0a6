"""What does a pulse wave of known truth look like? Beats, their modulation, noise, and what goes wrong.

The heart is an integral pulse frequency modulator: a beat falls wherever the integral of the
instantaneous rate passes a whole number. Each beat sends the same wave (a systolic and a reflected
bump); heights, intervals and the baseline under it carry slow modulations, breathing and 1/f noise.

**Conventions.** Rates in cycles (or beats) per minute, times in seconds from the first sample; heights
and baseline in units of the mean beat height. Same seed, same wave; each part draws from its own stream.

- `PulseModel` : what is put in
- `simulate_pulse` : the wave, with its true beats
- `simulate_pulse_session` : a session of it, with taps

References
----------
Mateo J., Laguna P. (2000). Improved heart rate variability signal analysis from the beat occurrence
times according to the IPFM model. IEEE Trans. Biomed. Eng. 47, 985.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import scipy

from touchrhythm._check import FloatArray, check_fs, check_rng
from touchrhythm.session import Recording, Session, Taps
from touchrhythm.simulate.signals import simulate_noise, simulate_rhythm
from touchrhythm.simulate.taps import simulate_taps
from touchrhythm.units import cpm_to_hz, hz_to_cpm

Rng = np.random.Generator | int | None

__all__ = ["BAD_KINDS", "PulseModel", "SimulatedPulse", "simulate_pulse", "simulate_pulse_session"]

BAD_KINDS = ("motion", "missed", "extra", "ectopic", "clipped", "flat", "finger off")
# delay, widths before and after its crest (s at 60 beats per minute) and size of the bumps a beat is made of
BUMPS = {
    "pulse": ((0.17, 0.055, 0.085, 1.0), (0.33, 0.06, 0.08, 0.3), (0.45, 0.1, 0.13, 0.22)),
    "plain": ((0.20, 0.065, 0.11, 1.0), (0.36, 0.08, 0.14, 0.45)),
    "notched": ((0.15, 0.05, 0.075, 1.0), (0.42, 0.07, 0.1, 0.45)),
    "ecg": (
        (-0.16, 0.022, 0.022, 0.12),
        (-0.028, 0.008, 0.008, -0.12),
        (0.0, 0.009, 0.009, 1.0),
        (0.03, 0.009, 0.009, -0.25),
        (0.28, 0.05, 0.04, 0.28),
    ),
}
NOISE_BAND = 25.0  # Hz; the signal-to-noise ratio counts noise below it
BASELINE_HIGHEST = 0.4  # Hz; what moves the baseline is slow
MARGIN = 120.0  # s without taps at both ends
LEAD = 20.0  # s before the first sample, in which filters settle
FINE = 4.0  # Hz, of the slow series
MOTION_HEIGHT = 1.2  # SD of a motion artefact, in beat heights
OFF_BEATS = 6  # beats that a lifted finger, a flat or a clipped stretch lasts


@dataclass(frozen=True, kw_only=True)
class PulseModel:
    """What a simulated pulse wave is made of.

    Attributes
    ----------
    heart_rate_bpm : float
        Mean beats per minute.
    rate_cpm, rate_cv : float or None, float
        The slow rhythm, in cycles per minute, and the variation of its cycles; None: there is none.
    height, interval, baseline : float
        Amplitude by which the rhythm modulates each, as a fraction (of the mean height, interval, height).
    breathing_cpm : float or None
        Breathing, which modulates all three by `breathing` (height, interval, baseline).
    breathing : tuple of float
        Amplitudes as fractions.
    height_sd, interval_sd, baseline_sd : float
        Standard deviation of the 1/f noise in each.
    snr_db : float or None
        Variance of the wave over that of the noise in 0–25 Hz, in decibels; None: no noise.
    coupling_hz : float or None
        Corner of a first-order high-pass (AC coupling); None: DC coupled.
    kind : str
        "pulse", "plain" (no notch), "notched" (a strong second wave) or "ecg".
    inverted : bool
        Whether the wave points downwards, as reflected light does.
    bad_fraction, bad_kinds
        Fraction of beats spoilt, and how (see `BAD_KINDS`).
    """

    heart_rate_bpm: float = 70.0
    rate_cpm: float | None = None
    rate_cv: float = 0.03
    height: float = 0.0
    interval: float = 0.0
    baseline: float = 0.0
    breathing_cpm: float | None = 15.0
    breathing: tuple[float, float, float] = (0.05, 0.03, 0.1)
    height_sd: float = 0.05
    interval_sd: float = 0.02
    baseline_sd: float = 0.2
    snr_db: float | None = 20.0
    coupling_hz: float | None = 0.5
    kind: str = "pulse"
    inverted: bool = False
    bad_fraction: float = 0.0
    bad_kinds: tuple[str, ...] = BAD_KINDS

    def __post_init__(self) -> None:
        if not 20 <= self.heart_rate_bpm <= 250:
            raise ValueError(
                f"heart_rate_bpm must lie between 20 and 250 beats per minute, got {self.heart_rate_bpm:g}"
            )
        if self.kind not in BUMPS:
            raise ValueError(f"kind must be one of {tuple(BUMPS)}, got {self.kind!r}")
        for name in ("height", "interval", "baseline", "bad_fraction"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be a fraction from 0 to below 1, got {getattr(self, name):g}"
                    " (is it in percent?)"
                )
        unknown = [kind for kind in self.bad_kinds if kind not in BAD_KINDS]
        if unknown:
            raise ValueError(f"bad_kinds must be among {BAD_KINDS}, got {unknown[0]!r}")


@dataclass(frozen=True, eq=False)
class SimulatedPulse:
    """A simulated wave with its truth.

    `x` (n_samples,): the wave, in mean beat heights; `beat_s` (n_beats,): when each heart beat's wave
    sets out (s); `bad` (n_beats,): "" or how the beat was spoilt; `rhythm` (n_samples,): the slow
    rhythm, 0 where there is none; `rate_cpm`: its realised mean rate, or None; `heart_rate_bpm`: realised.
    """

    x: FloatArray
    beat_s: FloatArray
    bad: np.ndarray
    rhythm: FloatArray
    rate_cpm: float | None
    heart_rate_bpm: float


def simulate_pulse(
    model: PulseModel | None = None, *, duration_s: float = 600.0, fs: float = 100.0, rng: Rng = None
) -> SimulatedPulse:
    """Pulse wave (or ECG) of known truth.

    Parameters
    ----------
    model : PulseModel, optional
        What is put in; `PulseModel()` by default.
    duration_s, fs : float
        Length in seconds, sampling rate in Hz.
    rng : numpy.random.Generator or int, optional

    Returns
    -------
    SimulatedPulse

    Examples
    --------
    >>> pulse = simulate_pulse(PulseModel(heart_rate_bpm=60), duration_s=60, fs=50, rng=1)
    >>> pulse.x.size, 58 <= pulse.beat_s.size <= 62
    (3000, True)
    """
    model = PulseModel() if model is None else model
    fs = check_fs(fs)
    streams = dict(zip(("slow", "noise", "bad", "rhythm", "breath"), check_rng(rng).spawn(5), strict=True))
    slow = _slow_series(model, duration_s + 2 * LEAD, streams)
    grid = np.arange(slow.rhythm.size) / FINE - LEAD
    beat, fine_phase = _beat_times(model, slow, grid)
    height = np.interp(beat, grid, slow.height)
    spoilt = _Spoilt.drawn(model, beat, height, duration_s, streams["bad"])
    time = np.arange(round((duration_s + 2 * LEAD) * fs)) / fs - LEAD
    wave = _summed(model, spoilt, time, fs) + np.interp(time, grid, slow.baseline)
    if model.coupling_hz is not None:
        wave = scipy.signal.sosfilt(
            scipy.signal.butter(1, model.coupling_hz, "highpass", fs=fs, output="sos"), wave - wave[0]
        )
    inside = slice(round(LEAD * fs), round(LEAD * fs) + round(duration_s * fs))
    x = np.asarray(wave[inside], dtype=np.float64)
    x = spoilt.disturbed(x + _noise(model, x, fs, streams["noise"]), fs, streams["bad"])
    shown = (spoilt.beat >= 0) & (spoilt.beat < duration_s)
    ends = np.interp((0.0, duration_s), grid, fine_phase)
    return SimulatedPulse(
        x=-x if model.inverted else x,
        beat_s=spoilt.beat[shown],
        bad=spoilt.bad[shown],
        rhythm=np.interp(time[inside], grid, slow.rhythm),
        rate_cpm=slow.rate_cpm,
        heart_rate_bpm=float(hz_to_cpm((ends[1] - ends[0]) / duration_s)),
    )


def simulate_pulse_session(
    model: PulseModel | None = None,
    *,
    duration_s: float = 600.0,
    fs: float = 100.0,
    tapper: str | None = None,
    rng: Rng = None,
) -> Session:
    """Session of known truth: a pulse wave (channel "pulse" or "ecg"), breathing where there is some, and taps.

    Parameters
    ----------
    model : PulseModel, optional
        What is put in; `PulseModel()` by default.
    duration_s, fs : float
        Length in seconds, sampling rate in Hz.
    tapper : str or None, default None
        "follow": one rater taps half a second after each peak of the slow rhythm; None: nobody taps.
    rng : numpy.random.Generator or int, optional

    Raises
    ------
    ValueError
        If somebody is to follow a rhythm that is not there.

    Examples
    --------
    >>> simulate_pulse_session(PulseModel(rate_cpm=8, height=0.2), duration_s=300, tapper="follow", rng=1)
    Session(Recording(pulse: 300.0 s at 100 Hz), rater (18 taps))
    """
    model = PulseModel() if model is None else model
    wave_rng, taps_rng = check_rng(rng).spawn(2)
    pulse = simulate_pulse(model, duration_s=duration_s, fs=fs, rng=wave_rng)
    name = "ecg" if model.kind == "ecg" else "pulse"
    recording = Recording(pulse.x, fs, (name,))
    inner = pulse.rhythm[1:-1]
    peak = (1 + np.flatnonzero((inner > pulse.rhythm[:-2]) & (inner >= pulse.rhythm[2:]))) / fs
    truth = {
        "rhythm": pulse.rate_cpm is not None,
        "realised_rate_cpm": pulse.rate_cpm,
        "heart_rate_bpm": pulse.heart_rate_bpm,
        "bad_beats": int((pulse.bad != "").sum()),
        "peak_s": [round(float(time), 4) for time in peak],
        "beat_s": [round(float(time), 4) for time in pulse.beat_s],
        "parameters": {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(model).items()
        },
    }
    taps: tuple[Taps, ...] = ()
    if tapper is not None:
        if tapper != "follow" or model.rate_cpm is None:
            raise ValueError(f"tapper={tapper!r} needs something to follow, but there is no such rhythm")
        margin = min(MARGIN, duration_s / 4)
        onset = simulate_taps(peak, lag_s=0.5, span=(margin, duration_s - margin), rng=taps_rng)
        taps = (Taps(onset, "rater"),)
    return Session(recording, taps, info={"source": "simulated", "truth": truth})


@dataclass(frozen=True, eq=False)
class _Slow:
    """Slow series at `FINE` Hz, relative to their means."""

    rhythm: FloatArray
    height: FloatArray
    heart_rate: FloatArray
    baseline: FloatArray
    rate_cpm: float | None


def _slow_series(model: PulseModel, duration: float, streams: dict[str, np.random.Generator]) -> _Slow:
    n = round(duration * FINE)
    rhythm, breath, rate = np.zeros(n), np.zeros(n), None
    if model.rate_cpm is not None:
        rhythm, phase = simulate_rhythm(
            n, fs=FINE, rate_cpm=model.rate_cpm, cv=model.rate_cv, rng=streams["rhythm"]
        )
        lead = round(LEAD * FINE)
        gained = phase[n - lead] - phase[lead]
        rate = float(hz_to_cpm(gained / (n - 2 * lead) * FINE))
    if model.breathing_cpm is not None:
        breath, _ = simulate_rhythm(n, fs=FINE, rate_cpm=model.breathing_cpm, cv=0.08, rng=streams["breath"])
    own = [simulate_noise(n, fs=FINE, colour="pink", rng=streams["slow"]) for _ in range(3)]
    own[2] = scipy.signal.sosfiltfilt(scipy.signal.butter(2, BASELINE_HIGHEST, fs=FINE, output="sos"), own[2])
    height, interval, baseline = (
        modulation * rhythm + by_breath * breath + sd * noise
        for modulation, by_breath, sd, noise in zip(
            (model.height, model.interval, model.baseline),
            model.breathing,
            (model.height_sd, model.interval_sd, model.baseline_sd),
            own,
            strict=True,
        )
    )
    return _Slow(rhythm, np.maximum(0.05, 1 + height), 1 / np.maximum(0.3, 1 + interval), baseline, rate)


def _beat_times(model: PulseModel, slow: _Slow, grid: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Times at which the integral of the heart rate passes whole numbers, and that integral on the grid."""
    rate = cpm_to_hz(model.heart_rate_bpm) * slow.heart_rate / slow.heart_rate.mean()
    phase = np.concatenate(([0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 / FINE)))
    beat = np.interp(np.arange(1, int(phase[-1]) + 1), phase, grid)
    return beat, phase


def _summed(model: PulseModel, spoilt: _Spoilt, time: FloatArray, fs: float) -> FloatArray:
    """Waves of all beats on the time grid; a faster heart sends shorter waves."""
    out = np.zeros(time.size)
    pace = 1.0 if model.kind == "ecg" else (1 / cpm_to_hz(model.heart_rate_bpm)) ** 0.5
    for delay, before, after, size in BUMPS[model.kind]:
        reach = round(5 * max(before, after) * pace * fs) + 1
        centre = np.rint((spoilt.beat + delay * pace - time[0]) * fs).astype(int)
        index = centre[:, None] + np.arange(-reach, reach + 1)
        kept = (index >= 0) & (index < time.size)
        off = time[np.clip(index, 0, time.size - 1)] - spoilt.beat[:, None] - delay * pace
        width = np.where(off < 0, before, after) * pace
        bump = size * spoilt.height[:, None] * np.exp(-0.5 * (off / width) ** 2)
        np.add.at(out, index[kept], bump[kept])
    return out


def _noise(model: PulseModel, wave: FloatArray, fs: float, rng: np.random.Generator) -> FloatArray:
    if model.snr_db is None:
        return np.zeros(wave.size)
    beats = scipy.signal.sosfiltfilt(scipy.signal.butter(2, 0.4, "highpass", fs=fs, output="sos"), wave)
    in_band = float(np.var(beats)) / 10 ** (model.snr_db / 10)
    sd = (in_band * fs / 2 / NOISE_BAND) ** 0.5
    return np.asarray(sd * rng.standard_normal(wave.size))


@dataclass(frozen=True, eq=False)
class _Spoilt:
    """Beats with what was done to some of them."""

    beat: FloatArray
    height: FloatArray
    bad: np.ndarray

    @classmethod
    def drawn(
        cls,
        model: PulseModel,
        beat: FloatArray,
        height: FloatArray,
        duration: float,
        rng: np.random.Generator,
    ) -> _Spoilt:
        """Spoil beats at random until the fraction wanted is reached, never next to one another."""
        bad = np.full(beat.size, "", dtype="<U12")
        beat, height = beat.copy(), height.copy()
        inside = np.flatnonzero((beat >= 10) & (beat < duration - 10))
        wanted = model.bad_fraction * inside.size
        taken = np.zeros(beat.size, dtype=bool)
        added: list[tuple[float, float]] = []
        for at in rng.permutation(inside[: -OFF_BEATS - 2] if inside.size > 20 else inside[:0]):
            if (bad != "").sum() + len(added) >= wanted:
                break
            kind = str(rng.choice(model.bad_kinds))
            n = OFF_BEATS if kind in ("clipped", "flat", "finger off") else 1
            if taken[at - 4 : at + n + 4].any():
                continue
            taken[at : at + n] = True
            bad[at : at + n] = "" if kind == "extra" else kind
            step = beat[at] - beat[at - 1]
            if kind == "ectopic":
                beat[at] -= 0.3 * step
                height[at] *= 0.6
            elif kind == "missed":
                height[at] = 0.0
            elif kind == "extra":
                added.append((float(beat[at] + 0.5 * step), 0.8 * float(height[at])))
        times = np.concatenate((beat, [time for time, _ in added]))
        order = np.argsort(times)
        return cls(
            times[order],
            np.concatenate((height, [size for _, size in added]))[order],
            np.concatenate((bad, np.full(len(added), "extra", dtype="<U12")))[order],
        )

    def disturbed(self, x: FloatArray, fs: float, rng: np.random.Generator) -> FloatArray:
        """The wave with what happens to it after the body: motion, rails, a frozen value, a lifted finger."""
        x = x.copy()
        step = float(np.median(np.diff(self.beat)))
        starts = np.flatnonzero((self.bad[1:] != self.bad[:-1]) & (self.bad[1:] != "")) + 1
        for at in starts:
            kind = self.bad[at]
            last = at + np.argmax(np.append(self.bad[at:], "end") != kind) - 1
            part = slice(
                max(0, round((self.beat[at] - 0.05) * fs)), round((self.beat[last] + 0.9 * step) * fs)
            )
            piece = x[part]
            if piece.size == 0:
                continue
            if kind == "motion":
                shake = np.cumsum(rng.standard_normal(piece.size))
                shake -= np.linspace(shake[0], shake[-1], shake.size)
                x[part] += 3 * MOTION_HEIGHT * shake / max(shake.std(), 1e-9)
            elif kind == "clipped":
                x[part] = np.clip(piece, None, np.median(piece) + 0.15)
            elif kind == "flat":
                x[part] = piece[0]
            elif kind == "finger off":
                x[part] = piece[0] - 3 + 0.01 * rng.standard_normal(piece.size)
        return x
