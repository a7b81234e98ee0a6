"""Is this device fit for a study? Rate, loss, noise, drift, saturation, a rhythm of its own, the button.

**Conventions.** One recording of the untouched sensor (nothing or a dead weight on it), or of a pulse sensor on
the skin: is there a pulse, how fast, how far above the noise, is it cut off? In counts, on a uniform grid; force figures in milligrams where a calibration is known, else in counts. Each finding is
"good", "limit" or "bad"; the worst one is the verdict.

- `Finding`, `DeviceQualification` : what was found, and the verdict
- `check_device` : the figures of a recording → `DeviceQualification`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from touchrhythm.pulse.beats import LOWEST_FS, find_beats
from touchrhythm.pulse.recognition import recognise
from touchrhythm.settings import Settings
from touchrhythm.units import SECONDS_PER_MINUTE, band_to_hz, hz_to_cpm
from touchrhythm.words import say
from touchrhythm.words.devices import FINDINGS

__all__ = ["DeviceQualification", "Finding", "check_device"]

VERDICTS = {"good": "fit", "limit": "fit with limits", "bad": "not fit"}
LEAST_RHYTHM_S = 120.0
LEAST_DRIFT_S = 60.0  # in less, noise and a slow wave look like a drift
BOUNCE_S = 0.03
FEWEST_BEATS = 5
STILL_S = 0.06  # at one end, and the crest is cut off
LEAST_CUT = 1.0  # % of the samples; less are a jolt
FEWEST_STEPS = 30  # values that there are; with fewer the steps of the converter look like a stand
NOISE_FROM = {"pulse": 15.0, "ecg": 60.0}  # Hz; above, hardly anything of a beat is left
NOISE_BAND = 25.0  # Hz; the noise that is under a beat
HEART_RATES = (35.0, 180.0)  # per minute, of people at rest and of those who came running


@dataclass(frozen=True)
class Finding:
    """One figure with its grade: "good", "limit" or "bad"; `words` says its code with its fields."""

    name: str
    value: float | None
    unit: str
    grade: str
    code: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The finding as a sentence."""
        return say(FINDINGS, self.code, **self.fields)

    def to_dict(self) -> dict[str, Any]:
        """Plain form, with the words in the place of their fields."""
        plain = {name: value for name, value in vars(self).items() if name != "fields"}
        return plain | {"words": self.words}


@dataclass(frozen=True)
class DeviceQualification:
    """All findings; `verdict` is "fit", "fit with limits" or "not fit"."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """The worst grade, in words."""
        order = ("good", "limit", "bad")
        worst = max((order.index(finding.grade) for finding in self.findings), default=0)
        return VERDICTS[order[worst]]

    def to_dict(self) -> dict[str, Any]:
        """Plain form, as ``--json`` prints it."""
        return {"verdict": self.verdict, "findings": [finding.to_dict() for finding in self.findings]}


def check_device(
    counts: npt.ArrayLike,
    *,
    fs: float,
    samples: npt.ArrayLike | None = None,
    counts_per_gram: float | None = None,
    declared_fs: float | None = None,
    n_missing: int = 0,
    n_dropped: int = 0,
    n_damaged: int = 0,
    timing: str = "device",
    sees_losses: bool = True,
    limits: tuple[float, float] = (-(2.0**23), 2.0**23 - 1),
    presses: npt.ArrayLike = (),
    n_pressed: int | None = None,
    signal: str = "force",
    rng: int = 0,
) -> DeviceQualification:
    """Judge a recording of an untouched sensor, or of a pulse sensor on the skin.

    Parameters
    ----------
    counts : array_like, shape (n_samples,)
        Raw counts on a uniform grid, NaN in gaps.
    fs : float
        Rate of the grid in Hz.
    samples : array_like, shape (n,), optional
        The same samples as received, in order, for the noise: a grid between samples smooths it.
    counts_per_gram : float, optional
        Calibration; without it noise and drift are in counts and not judged.
    declared_fs : float, optional
        Rate that the device declares.
    n_missing, n_dropped, n_damaged : int
        Samples that never came, of these dropped by the device itself, and lines damaged.
    timing : str, default "device"
        Who timed the samples.
    sees_losses : bool, default True
        Whether samples are numbered, so that a lost one can be seen.
    limits : tuple of (low, high)
        Counts at which the converter is at its end.
    presses : array_like, shape (n_presses,)
        Presses of the button in seconds; none when it was not tried.
    n_pressed : int, optional
        How often the button was pressed, where somebody counted.
    signal : str, default "force"
        "force", "pulse" or "ecg".
    rng : int, default 0
        Seed of the rhythm test's surrogates.

    Returns
    -------
    DeviceQualification
    """
    x = np.asarray(counts, dtype=np.float64)
    valid = x[np.isfinite(x)]
    received = x if samples is None else np.asarray(samples, dtype=np.float64)
    loss = _loss(x.size, n_missing, n_dropped, n_damaged, sees_losses)
    if signal == "force":
        scale, unit = (1e3 / abs(counts_per_gram), "mg") if counts_per_gram else (1.0, "counts")
        findings = [_rate(fs, declared_fs, timing), loss]
        findings += [_noise(received, scale, unit), _drift(x, fs, scale, unit), _saturation(valid, limits)]
        findings.append(_rhythm(x, fs, rng))
    else:
        findings = [_rate_for_beats(fs, declared_fs, timing, signal), loss]
        findings += _pulse(x, received, fs, signal, limits)
    if np.size(presses) or n_pressed:
        findings.append(_button(np.asarray(presses, dtype=np.float64), n_pressed))
    return DeviceQualification(tuple(findings))


def _rate(fs: float, declared: float | None, timing: str) -> Finding:
    told: dict[str, Any] = {"fs": fs}
    if timing != "device":
        return Finding("rate", fs, "Hz", "limit", "rate_by_arrival", told)
    if fs < 10:
        return Finding("rate", fs, "Hz", "bad", "rate_far_too_low", told)
    if fs < 40:
        return Finding("rate", fs, "Hz", "limit", "rate_too_low", told)
    if declared and abs(fs - declared) > 0.02 * declared:
        return Finding("rate", fs, "Hz", "limit", "rate_not_as_declared", told | {"declared": declared})
    return Finding("rate", fs, "Hz", "good", "rate", told)


def _loss(n: int, missing: int, dropped: int, damaged: int, sees_losses: bool) -> Finding:
    if not sees_losses:
        return Finding("loss", None, "%", "limit", "loss_unseen", {"n_damaged": damaged})
    fraction = missing / max(n, 1)
    grade = "good" if fraction <= 0.001 else "limit" if fraction <= 0.02 else "bad"
    told = {"n": n, "n_missing": missing, "n_dropped": dropped, "n_damaged": damaged}
    return Finding("loss", 100 * fraction, "%", grade, "loss", told | {"percent": 100 * fraction})


def _noise(x: np.ndarray, scale: float, unit: str) -> Finding:
    """Noise from sample to sample: the median absolute difference, which drift and jumps leave alone."""
    step = np.diff(x)
    step = step[np.isfinite(step)]
    if step.size == 0:
        return Finding("noise", None, unit, "bad", "no_two_in_a_row")
    noise = scale * float(np.median(np.abs(step - np.median(step)))) / 0.6745 / 2**0.5
    if noise == 0:
        return Finding("noise", 0.0, unit, "bad", "no_noise")
    told = {"noise": noise, "unit": unit}
    if unit != "mg":
        return Finding("noise", noise, unit, "limit", "noise_not_judged", told)
    grade = "good" if noise <= 100 else "limit" if noise <= 500 else "bad"
    return Finding("noise", noise, unit, grade, "noise", told)


def _drift(x: np.ndarray, fs: float, scale: float, unit: str) -> Finding:
    at = np.flatnonzero(np.isfinite(x))
    if at.size < 2:
        return Finding("drift", None, f"{unit}/min", "bad", "no_two")
    if x.size / fs < LEAST_DRIFT_S:
        return Finding(
            "drift", None, f"{unit}/min", "limit", "too_short", _too_short(x.size / fs, LEAST_DRIFT_S)
        )
    slope = float(np.polyfit(at / fs, x[at] - x[at[0]], 1)[0]) * scale * SECONDS_PER_MINUTE
    told = {"slope": slope, "unit": unit}
    if unit != "mg":
        return Finding("drift", slope, f"{unit}/min", "good", "drift_not_judged", told)
    grade = "good" if abs(slope) <= 50 else "limit" if abs(slope) <= 500 else "bad"
    return Finding("drift", slope, f"{unit}/min", grade, "drift" if grade == "good" else "drift_high", told)


def _too_short(duration: float, needed: float) -> dict[str, Any]:
    return {"duration": duration, "needed": needed}


def _saturation(valid: np.ndarray, limits: tuple[float, float]) -> Finding:
    low, high = limits
    n = int(((valid <= low) | (valid >= high)).sum())
    percent = 100 * n / max(valid.size, 1)
    if n:
        return Finding("saturation", percent, "%", "bad", "saturated", {"n": n})
    return Finding("saturation", percent, "%", "good", "not_saturated")


def _rhythm(x: np.ndarray, fs: float, rng: int) -> Finding:
    """Whether the apparatus has a rhythm of its own in the band of the analysis."""
    from touchrhythm.rhythm.periodicity import periodicity_test

    if x.size / fs < LEAST_RHYTHM_S:
        return Finding(
            "own rhythm", None, "cpm", "limit", "too_short", _too_short(x.size / fs, LEAST_RHYTHM_S)
        )
    band_cpm = Settings().band_cpm
    try:
        result = periodicity_test(x, fs=fs, band=band_to_hz(band_cpm), rng=rng)
    except ValueError as error:
        return Finding("own rhythm", None, "cpm", "limit", "own_rhythm_untested", {"reason": str(error)})
    rate_cpm = float(hz_to_cpm(result.freq))
    told = {"rate_cpm": rate_cpm, "pvalue": result.pvalue}
    if result.pvalue <= 0.01:
        return Finding("own rhythm", rate_cpm, "cpm", "bad", "own_rhythm", told)
    if result.pvalue <= 0.05:
        return Finding("own rhythm", rate_cpm, "cpm", "limit", "own_rhythm_doubtful", told)
    told = {"low": band_cpm[0], "high": band_cpm[1], "pvalue": result.pvalue}
    return Finding("own rhythm", rate_cpm, "cpm", "good", "no_own_rhythm", told)


# -- a pulse sensor on the skin ---------------------------------------------------------------------------


def _rate_for_beats(fs: float, declared: float | None, timing: str, kind: str) -> Finding:
    if fs < LOWEST_FS[kind]:
        return Finding(
            "rate", fs, "Hz", "bad", "rate_too_low_for_beats", {"fs": fs, "needed": LOWEST_FS[kind]}
        )
    if timing == "device" and fs < 40 and not declared:
        return Finding("rate", fs, "Hz", "good", "rate", {"fs": fs})
    return _rate(fs, declared, timing)


def _pulse(
    x: np.ndarray, received: np.ndarray, fs: float, kind: str, limits: tuple[float, float]
) -> list[Finding]:
    """Whether there is a pulse, how fast it is, how far above the noise, and whether its crests are cut off."""
    clipping = _cut_off(received, fs, limits)
    if fs < LOWEST_FS[kind]:
        return [clipping]
    looks = recognise(x, fs, alone=False)
    if looks and looks != kind:
        return [Finding("pulse", None, "%", "bad", f"looks_{looks}"), clipping]
    beats = find_beats(x, fs=fs, kind=kind)
    n_good, percent = int(beats.good.sum()), 100 * float(np.nan_to_num(1 - beats.bad_fraction))
    told: dict[str, Any] = {"n": len(beats), "percent": percent}
    if n_good < FEWEST_BEATS or percent < 70:
        if np.nanmax(x) == np.nanmin(x):
            return [Finding("pulse", percent, "%", "bad", "no_noise"), clipping]
        return [Finding("pulse", percent, "%", "bad", "no_pulse", told), clipping]
    low, high = beats.rate_range_bpm
    rate: dict[str, Any] = {"rate_bpm": beats.rate_bpm, "low": low, "high": high}
    is_usual = HEART_RATES[0] <= beats.rate_bpm <= HEART_RATES[1]
    return [
        Finding("pulse", percent, "%", "good" if percent >= 90 else "limit", "pulse", told),
        Finding("heart rate", beats.rate_bpm, "bpm", "good" if is_usual else "limit", "heart_rate", rate),
        _height(float(np.median(beats.height[beats.good])), received, fs, kind),
        clipping,
    ]


def _cut_off(x: np.ndarray, fs: float, limits: tuple[float, float]) -> Finding:
    """Whether crests or feet stand still at the highest or the lowest value, be it the converter's end or not."""
    valid = x[np.isfinite(x)]
    if valid.size < 2 or np.unique(valid).size < FEWEST_STEPS:
        return _saturation(valid, limits)
    least = max(2, round(STILL_S * fs))
    n = 0
    for end in (valid.min(), valid.max()):
        edges = np.flatnonzero(np.diff(np.concatenate(([False], valid == end, [False])).astype(int)))
        lengths = edges[1::2] - edges[::2]
        n += int(lengths[lengths >= least].sum())
    percent = 100 * n / valid.size
    if percent < LEAST_CUT:
        return _saturation(valid, limits)
    return Finding("saturation", percent, "%", "bad", "beats_cut_off", {"percent": percent})


def _height(height: float, x: np.ndarray, fs: float, kind: str) -> Finding:
    """How many times the noise under it a beat is high; the noise by its density above the wave's own range."""
    import scipy

    known = x[np.isfinite(x)]
    freq, density = scipy.signal.welch(known, fs, nperseg=min(known.size, round(4 * fs)))
    above = (freq >= min(NOISE_FROM[kind], 0.35 * fs)) & (freq <= 0.48 * fs)
    noise = (float(np.median(density[above])) * min(NOISE_BAND, fs / 2)) ** 0.5
    ratio = height / noise if noise > 0 else float("inf")
    grade = "good" if ratio >= 10 else "limit" if ratio >= 4 else "bad"
    code = "height" if grade == "good" else "height_low"
    return Finding("height", ratio, "noise SD", grade, code, {"height": height, "ratio": min(ratio, 9999.0)})


def _button(presses: np.ndarray, n_pressed: int | None) -> Finding:
    n_doubled = int((np.diff(np.sort(presses)) < BOUNCE_S).sum())
    came: dict[str, Any] = {"n": presses.size}
    doubled = {"n_doubled": n_doubled} if n_doubled else {}
    if n_pressed is None or n_pressed == presses.size:
        grade, code = ("limit", "button_doubled") if n_doubled else ("good", "button")
        return Finding("button", float(n_doubled), "presses", grade, code, came | doubled)
    told: dict[str, Any] = {"n_pressed": n_pressed}
    if not presses.size:
        return Finding("button", 0.0, "presses", "bad", "button_silent", told)
    code = "button_lost_and_doubled" if n_doubled else "button_lost"
    return Finding("button", float(n_doubled), "presses", "limit", code, told | came | doubled)
