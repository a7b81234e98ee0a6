"""What would a session of known truth look like? For tests, tutorials and planning.

A simulated force is a hand's weight, a coloured background, a rhythm at a stated ratio to that
background, and what disturbs: breathing, pulse, creep, steps, lost contact, gaps, tapping.

**Conventions.** Rates in cycles per minute, force in grams, times in seconds. What was put in is
in ``session.info["truth"]`` as plain types. Each part draws from its own stream of the seed: to
add breathing leaves the background as it was.

- `simulate_session` : a whole session
- `simulate.signals`, `simulate.taps` : the arrays it is made of
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from touchrhythm._check import FloatArray, check_fs, check_rng
from touchrhythm.plain_types import to_plain
from touchrhythm.session import Annotation, Recording, Session, Taps
from touchrhythm.settings import BAND_CPM
from touchrhythm.simulate.signals import (
    in_band_power,
    mix_at_snr,
    simulate_cycles,
    simulate_noise,
    simulate_rhythm,
    slow_amplitude,
    wave_of,
)
from touchrhythm.simulate.taps import simulate_random_taps, simulate_taps
from touchrhythm.units import band_to_hz, cpm_to_hz, hz_to_cpm

__all__ = [
    "in_band_power",
    "mix_at_snr",
    "simulate_cycles",
    "simulate_noise",
    "simulate_random_taps",
    "simulate_rhythm",
    "simulate_session",
    "simulate_taps",
]

TAPPERS = ("follow", "breathing", "guess", "random")
MARGIN = 120.0
GUESSED_CPM = 8.0
PARTS = ("background", "rhythm", "modulation_sd", "breathing", "pulse", "sensor", "taps")
BREATHING_HARMONIC = 0.25
PULSE_SHARPNESS = 4.0
PRESS = 0.15  # seconds that the shake of a press lasts

Stretches = Sequence[tuple[float, float]]


@dataclass(frozen=True, eq=False)
class _Rhythms:
    """Peak times of what goes on in the session; None where there is no such rhythm."""

    followed: FloatArray | None
    breathing: FloatArray | None


def simulate_session(
    *,
    duration_s: float = 600.0,
    rate_cpm: float | None = 8.0,
    snr_db: float = 3.0,
    fs: float = 80.0,
    cv: float = 0.05,
    drift: float = 0.0,
    tempo_memory: float = 0.0,
    modulation_sd: float = 0.0,
    episodes_s: tuple[float, float] | None = None,
    noise: str | float = "pink",
    background_g: float = 0.02,
    force_g: float = 5.0,
    sensor_noise_g: float = 0.002,
    breathing_cpm: float | None = None,
    breathing_level: float = 30.0,
    breathing_cv: float = 0.08,
    pulse_cpm: float | None = None,
    pulse_level: float = 1.0,
    references: bool = False,
    creep_g: float = 0.0,
    steps: Stretches = (),
    contact_loss: Stretches = (),
    gaps: Stretches = (),
    tapper: str | Sequence[str] | None = None,
    raters: Sequence[str] = ("rater",),
    lag_s: float = 0.5,
    tap_jitter: float = 0.1,
    missed: float = 0.05,
    extra: float = 0.0,
    tap_rate_cpm: float | None = None,
    tap_cv: float = 0.05,
    press_g: float = 0.0,
    margin_s: float | None = None,
    rng: np.random.Generator | int | None = None,
) -> Session:
    """Session of known truth: the force under a hand, and taps.

    Parameters
    ----------
    duration_s, fs : float
        Length in seconds and sampling rate in Hz.
    rate_cpm : float or None, default 8.0
        Mean rate of the rhythm; None: there is no rhythm.
    snr_db : float, default 3.0
        Power of the rhythm over power of the background alone, both inside 6–12 cpm and in this
        very recording (breathing, pulse and sensor noise not counted).
    cv, drift, tempo_memory : float
        How the cycle length varies; see `simulate_cycles`.
    modulation_sd : float, default 0.0
        SD of the logarithm of the rhythm's amplitude, which changes over about a minute.
    episodes_s : tuple of float, optional
        Mean seconds for which the rhythm is there and away.
    noise : str or float, default "pink"
        Colour of the background; see `simulate_noise`.
    background_g, sensor_noise_g : float
        SD of the background inside 6–12 cpm, and of the white noise of the sensor, in grams.
    force_g : float, default 5.0
        Weight of the hand in grams.
    breathing_cpm : float or None, default None
        Mean rate of breathing; `breathing_cv` its cycle-to-cycle coefficient of variation,
        `breathing_level` its peak power density over that of the background at this rate.
    pulse_cpm : float or None, default None
        Mean rate of the pulse; `pulse_level` its height over the background's SD inside the band.
    references : bool, default False
        Whether channels "breathing" and "pulse" are recorded beside the force.
    creep_g : float, default 0.0
        Grams by which the reading creeps up, fast at first.
    steps : sequence of (onset, size)
        Jumps of the force: second and grams.
    contact_loss, gaps : sequence of (onset, duration)
        Seconds without contact (force near 0) and without samples (NaN).
    tapper : str, sequence of str or None, default None
        "follow" the rhythm, follow the "breathing", "guess" at a rate of one's own, or "random";
        one for all raters or one each. None: nobody taps.
    raters : sequence of str, default ("rater",)
        Codes of those who tap.
    lag_s, tap_jitter, missed, extra : float
        How they follow; see `simulate_taps`. Jitter, misses and extra taps hold for "guess" too.
    tap_rate_cpm : float or None, default None
        Rate of those who guess or press at random; None takes the rhythm's, or 8.
    tap_cv : float, default 0.05
        Coefficient of variation of a guesser's own beat.
    press_g : float, default 0.0
        Grams by which each tap shakes the sensor.
    margin_s : float or None, default None
        Seconds without taps at both ends; None: 120, or a quarter of a shorter session.
    rng : Generator or int, optional
        Source of randomness; same seed, same session.

    Returns
    -------
    Session
        ``info["truth"]`` holds what was put in, with the realised mean rate over the whole
        recording (``realised_rate_cpm``) and the peak times of the rhythm (``peak_s``).

    Raises
    ------
    ValueError
        If an argument is outside its range, or a tapper is to follow what is not there.

    Examples
    --------
    >>> session = simulate_session(duration_s=300, rate_cpm=8.0, tapper="follow", rng=1)
    >>> session
    Session(Recording(force: 300.0 s at 80 Hz), rater (17 taps))
    >>> round(session.info["truth"]["realised_rate_cpm"], 2)
    8.07
    """
    given = {name: value for name, value in locals().items() if name != "rng"}
    streams = dict(zip(PARTS, check_rng(rng).spawn(len(PARTS)), strict=True))
    check_fs(fs)
    if not duration_s * fs >= 2:
        raise ValueError(f"duration_s must hold at least two samples, got {duration_s:g} s at {fs:g} Hz")
    return _assembled(given, streams)


def _assembled(given: dict[str, Any], streams: dict[str, np.random.Generator]) -> Session:
    n, fs = round(given["duration_s"] * given["fs"]), given["fs"]
    background = simulate_noise(n, fs=fs, colour=given["noise"], rng=streams["background"])
    background *= given["background_g"] / in_band_power(background, fs=fs, band=_band()) ** 0.5
    force, followed, truth = _with_rhythm(background, given, streams)
    breath, breaths = _breathing(background, given, streams["breathing"])
    pulse = _pulse(n, given, streams["pulse"])
    taps = _taps(_Rhythms(followed, breaths), given, streams["taps"])
    force += breath + pulse + given["sensor_noise_g"] * streams["sensor"].standard_normal(n)
    for tapped in taps:
        force += _shake(tapped.onset, n, fs, given["press_g"])
    force = _disturbed(force, given, streams["sensor"])
    truth["parameters"] = {name: to_plain(value) for name, value in given.items()}
    truth["tappers"] = {tapped.rater: kind for tapped, kind in zip(taps, _kinds(given), strict=True)}
    columns = {"force": force}
    if given["references"] and given["breathing_cpm"]:
        columns["breathing"] = _missing(breath / breath.std(), given["gaps"], fs)
    if given["references"] and given["pulse_cpm"]:
        columns["pulse"] = _missing(pulse / pulse.std(), given["gaps"], fs)
    units = ("g", *[""] * (len(columns) - 1))
    recording = Recording(np.column_stack(list(columns.values())), fs, tuple(columns), units)
    return Session(recording, taps, (), _annotations(taps, given), {"source": "simulated", "truth": truth})


def _with_rhythm(
    background: FloatArray, given: dict[str, Any], streams: dict[str, np.random.Generator]
) -> tuple[FloatArray, FloatArray | None, dict[str, Any]]:
    """Force so far, peak times of the rhythm, and the truth about it."""
    n, fs, rate = background.size, given["fs"], given["rate_cpm"]
    force = background + given["force_g"]
    if rate is None:
        return force, None, {"rhythm": False, "realised_rate_cpm": None, "snr_db": None, "peak_s": []}
    variation = {name: given[name] for name in ("cv", "drift", "tempo_memory")}
    peak = simulate_cycles(n / fs, rate_cpm=rate, rng=streams["rhythm"], **variation)
    wave, phase = wave_of(peak, n, fs)
    wave *= slow_amplitude(n, fs, given["modulation_sd"], given["episodes_s"], streams["modulation_sd"])
    force = mix_at_snr(wave, background, fs=fs, band=_band(), snr_db=given["snr_db"]) + given["force_g"]
    rhythm = force - given["force_g"] - background
    inside = peak[(peak >= 0) & (peak <= n / fs)]
    truth = {
        "rhythm": True,
        "realised_rate_cpm": float(hz_to_cpm((phase[-1] - phase[0]) / (n - 1) * fs)),
        "snr_db": float(given["snr_db"]),
        "amplitude_g": float(np.std(rhythm) * 2**0.5),
        "peak_s": [round(float(second), 6) for second in inside],
    }
    return force, peak, truth


def _breathing(
    background: FloatArray, given: dict[str, Any], rng: np.random.Generator
) -> tuple[FloatArray, FloatArray | None]:
    n, fs, rate = background.size, given["fs"], given["breathing_cpm"]
    if rate is None:
        return np.zeros(n), None
    peak = simulate_cycles(n / fs, rate_cpm=rate, cv=given["breathing_cv"], rng=rng)
    first, phase = wave_of(peak, n, fs)
    freq, over = _density(first, fs)
    _, under = _density(background, fs)
    near = np.abs(freq / cpm_to_hz(rate) - 1) < 0.2
    gain = (given["breathing_level"] * np.median(under[near]) / over[near].max()) ** 0.5
    breath: FloatArray = gain * (first + BREATHING_HARMONIC * np.cos(4 * np.pi * phase + 1))
    return breath, peak


def _density(x: FloatArray, fs: float) -> tuple[FloatArray, FloatArray]:
    """Power density with three sine tapers."""
    n = x.size
    order = np.arange(1, 4)[:, None]
    tapers = (2 / (n + 1)) ** 0.5 * np.sin(np.pi * order * np.arange(1, n + 1) / (n + 1))
    density: FloatArray = (np.abs(scipy.fft.rfft(tapers * (x - x.mean()), axis=1)) ** 2).mean(axis=0) / fs
    return scipy.fft.rfftfreq(n, 1 / fs), density


def _pulse(n: int, given: dict[str, Any], rng: np.random.Generator) -> FloatArray:
    if given["pulse_cpm"] is None:
        return np.zeros(n)
    wave, _ = simulate_rhythm(n, fs=given["fs"], rate_cpm=given["pulse_cpm"], cv=0.04, rng=rng)
    beat: FloatArray = np.exp(PULSE_SHARPNESS * (wave - 1))
    pulse: FloatArray = given["pulse_level"] * given["background_g"] * (beat - beat.mean())
    return pulse


def _taps(rhythms: _Rhythms, given: dict[str, Any], rng: np.random.Generator) -> tuple[Taps, ...]:
    duration = float(given["duration_s"])
    margin = _margin(given)
    if not 0 <= margin < duration / 2:
        raise ValueError(f"margin_s must leave time to tap, got {margin:g} s at both ends of {duration:g} s")
    span = (margin, duration - margin)
    rate = given["tap_rate_cpm"] or given["rate_cpm"] or GUESSED_CPM
    how = {"jitter": given["tap_jitter"], "missed": given["missed"], "extra": given["extra"], "span": span}
    taps = []
    for rater, kind in zip(given["raters"], _kinds(given), strict=False):
        if kind == "random":
            onset = simulate_random_taps(rate, span=span, rng=rng)
        elif kind == "guess":
            own = simulate_cycles(duration, rate_cpm=rate, cv=given["tap_cv"], rng=rng)
            onset = simulate_taps(own, lag_s=0.0, rng=rng, **how)
        else:
            peak = rhythms.followed if kind == "follow" else rhythms.breathing
            if peak is None:
                raise ValueError(f"tapper={kind!r} needs something to follow, but there is no such rhythm")
            onset = simulate_taps(peak, lag_s=given["lag_s"], rng=rng, **how)
        taps.append(Taps(onset, rater))
    return tuple(taps)


def _kinds(given: dict[str, Any]) -> tuple[str, ...]:
    tapper, raters = given["tapper"], given["raters"]
    if tapper is None:
        return ()
    kinds = (tapper,) * len(raters) if isinstance(tapper, str) else tuple(tapper)
    for kind in kinds:
        if kind not in TAPPERS:
            raise ValueError(f"tapper must be one of {TAPPERS} or None, got {kind!r}")
    if len(kinds) != len(raters):
        raise ValueError(f"tapper must be one or one per rater, got {len(kinds)} for {len(raters)} raters")
    return kinds


def _margin(given: dict[str, Any]) -> float:
    if given["margin_s"] is not None:
        return float(given["margin_s"])
    return min(MARGIN, float(given["duration_s"]) / 4)


def _annotations(taps: tuple[Taps, ...], given: dict[str, Any]) -> tuple[Annotation, ...]:
    if not taps:
        return ()
    margin = _margin(given)
    return (Annotation(margin, float(given["duration_s"]) - 2 * margin, "tapping"),)


def _shake(onset: FloatArray, n: int, fs: float, press_g: float) -> FloatArray:
    """What presses leave on the sensor: a damped ring at 8 Hz."""
    out = np.zeros(n)
    if press_g:
        out[np.minimum((onset * fs).astype(int), n - 1)] = press_g
        time = np.arange(round(5 * PRESS * fs)) / fs
        out = np.convolve(out, np.exp(-time / PRESS) * np.cos(2 * np.pi * 8 * time))[:n]
    return out


def _disturbed(force: FloatArray, given: dict[str, Any], rng: np.random.Generator) -> FloatArray:
    n, fs = force.size, given["fs"]
    time = np.arange(n) / fs
    out = force + given["creep_g"] * np.log1p(time / 10) / np.log1p(n / fs / 10)
    for onset, size in given["steps"]:
        out[time >= onset] += size
    for onset, duration in given["contact_loss"]:
        lost = (time >= onset) & (time < onset + duration)
        out[lost] = given["sensor_noise_g"] * rng.standard_normal(int(lost.sum()))
    return _missing(out, given["gaps"], fs)


def _missing(x: FloatArray, gaps: Stretches, fs: float) -> FloatArray:
    out = x.copy()
    for onset, duration in gaps:
        out[max(0, round(onset * fs)) : max(0, round((onset + duration) * fs))] = np.nan
    return out


def _band() -> tuple[float, float]:
    return band_to_hz(BAND_CPM)  # where the ratio of rhythm to background is defined
