"""Is this device fit for a study? Rate, loss, noise, drift, saturation, a rhythm of its own, the button.

**Conventions.** One recording of the untouched sensor (nothing or a dead weight on it), in counts, on a
uniform grid; force figures in milligrams where a calibration is known, else in counts. Each finding is
"good", "limit" or "bad"; the worst one is the verdict.

- `Finding`, `DeviceQualification` : what was found, and the verdict in words
- `check_device` : the figures of a recording → `DeviceQualification`
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from touchrhythm.units import SECONDS_PER_MINUTE, band_to_hz, hz_to_cpm

__all__ = ["DeviceQualification", "Finding", "check_device"]

VERDICTS = {"good": "fit", "limit": "fit with limits", "bad": "not fit"}
LEAST_RHYTHM_S = 120.0
LEAST_DRIFT_S = 60.0  # in less, noise and a slow wave look like a drift
BOUNCE_S = 0.03


@dataclass(frozen=True)
class Finding:
    """One figure with its grade: "good", "limit" or "bad"."""

    name: str
    value: float | None
    unit: str
    grade: str
    words: str


@dataclass(frozen=True)
class DeviceQualification:
    """All findings; `verdict` is "fit", "fit with limits" or "not fit"."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> str:
        """The worst grade, in words."""
        order = ("good", "limit", "bad")
        worst = max((order.index(one.grade) for one in self.findings), default=0)
        return VERDICTS[order[worst]]

    def to_dict(self) -> dict[str, Any]:
        """Plain form, as ``--json`` prints it."""
        return {"verdict": self.verdict, "findings": [vars(one) for one in self.findings]}


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
    rng: int = 0,
) -> DeviceQualification:
    """Judge a recording of an untouched sensor.

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
    rng : int, default 0
        Seed of the rhythm test's copies.

    Returns
    -------
    DeviceQualification
    """
    x = np.asarray(counts, dtype=np.float64)
    valid = x[np.isfinite(x)]
    findings = [_rate(fs, declared_fs, timing), _loss(x.size, n_missing, n_dropped, n_damaged, sees_losses)]
    scale, unit = (1e3 / abs(counts_per_gram), "mg") if counts_per_gram else (1.0, "counts")
    received = x if samples is None else np.asarray(samples, dtype=np.float64)
    findings += [_noise(received, scale, unit), _drift(x, fs, scale, unit), _saturation(valid, limits)]
    findings.append(_rhythm(x, fs, rng))
    if np.size(presses) or n_pressed:
        findings.append(_button(np.asarray(presses, dtype=np.float64), n_pressed))
    return DeviceQualification(tuple(findings))


def _rate(fs: float, declared: float | None, timing: str) -> Finding:
    words = f"{fs:.4g} samples/s"
    if timing != "device":
        return Finding("rate", fs, "Hz", "limit", f"{words}, timed by arrival: losses cannot be seen")
    if fs < 10:
        return Finding("rate", fs, "Hz", "bad", f"{words}: tremor and pulse can fold into the band")
    if fs < 40:
        return Finding("rate", fs, "Hz", "limit", f"{words}: hand tremor may fold into the band")
    if declared and abs(fs - declared) > 0.02 * declared:
        return Finding("rate", fs, "Hz", "limit", f"{words}, but {declared:g} are declared")
    return Finding("rate", fs, "Hz", "good", words)


def _loss(n: int, missing: int, dropped: int, damaged: int, sees_losses: bool) -> Finding:
    if not sees_losses:
        words = f"cannot be seen, the samples have no numbers; {damaged} of the lines damaged"
        return Finding("loss", None, "%", "limit", words)
    share = missing / max(n, 1)
    grade = "good" if share <= 0.001 else "limit" if share <= 0.02 else "bad"
    words = (
        f"{missing} of {n} samples missing ({100 * share:.2f} %), {dropped} of them dropped by the device,"
        f" {damaged} lines damaged"
    )
    return Finding("loss", 100 * share, "%", grade, words)


def _noise(x: np.ndarray, scale: float, unit: str) -> Finding:
    """Noise from sample to sample: the median absolute difference, which drift and jumps leave alone."""
    step = np.diff(x)
    step = step[np.isfinite(step)]
    if step.size == 0:
        return Finding("noise", None, unit, "bad", "no two samples in a row")
    noise = scale * float(np.median(np.abs(step - np.median(step)))) / 0.6745 / 2**0.5
    if noise == 0:
        return Finding("noise", 0.0, unit, "bad", "the value never changes (is the sensor connected?)")
    words = f"{noise:.3g} {unit} rms from sample to sample"
    if unit != "mg":
        return Finding("noise", noise, unit, "limit", f"{words}; not calibrated, so not judged")
    grade = "good" if noise <= 100 else "limit" if noise <= 500 else "bad"
    return Finding("noise", noise, unit, grade, words)


def _drift(x: np.ndarray, fs: float, scale: float, unit: str) -> Finding:
    at = np.flatnonzero(np.isfinite(x))
    if at.size < 2:
        return Finding("drift", None, f"{unit}/min", "bad", "no two samples")
    if x.size / fs < LEAST_DRIFT_S:
        words = f"not tested: {x.size / fs:.0f} s recorded, {LEAST_DRIFT_S:.0f} s are needed"
        return Finding("drift", None, f"{unit}/min", "limit", words)
    slope = float(np.polyfit(at / fs, x[at] - x[at[0]], 1)[0]) * scale * SECONDS_PER_MINUTE
    words = f"{slope:+.3g} {unit} per minute"
    if unit != "mg":
        return Finding("drift", slope, f"{unit}/min", "good", f"{words}; not calibrated, so not judged")
    grade = "good" if abs(slope) <= 50 else "limit" if abs(slope) <= 500 else "bad"
    more = "" if grade == "good" else " (is it warm yet, and does it lie still?)"
    return Finding("drift", slope, f"{unit}/min", grade, words + more)


def _saturation(valid: np.ndarray, limits: tuple[float, float]) -> Finding:
    low, high = limits
    n = int(((valid <= low) | (valid >= high)).sum())
    share = 100 * n / max(valid.size, 1)
    words = f"{n} samples at the converter's end" if n else "never at the converter's end"
    return Finding("saturation", share, "%", "bad" if n else "good", words)


def _rhythm(x: np.ndarray, fs: float, rng: int) -> Finding:
    """Whether the apparatus has a rhythm of its own in 6 to 12 cycles per minute."""
    from touchrhythm.rhythm.periodicity import periodicity_test

    if x.size / fs < LEAST_RHYTHM_S:
        words = f"not tested: {x.size / fs:.0f} s recorded, {LEAST_RHYTHM_S:.0f} s are needed"
        return Finding("own rhythm", None, "cpm", "limit", words)
    try:
        result = periodicity_test(x, fs=fs, band=band_to_hz((6.0, 12.0)), rng=rng)
    except ValueError as error:
        return Finding("own rhythm", None, "cpm", "limit", f"not tested: {error}")
    rate = float(hz_to_cpm(result.freq))
    if result.pvalue <= 0.01:
        words = f"the apparatus alone shows a rhythm of {rate:.1f} cpm (p = {result.pvalue:.3f})"
        return Finding("own rhythm", rate, "cpm", "bad", words)
    grade = "limit" if result.pvalue <= 0.05 else "good"
    words = f"none distinguishable from noise in 6–12 cpm (p = {result.pvalue:.2f})"
    if grade == "limit":
        words = f"doubtful: {rate:.1f} cpm, p = {result.pvalue:.3f}; check again"
    return Finding("own rhythm", rate, "cpm", grade, words)


def _button(presses: np.ndarray, n_pressed: int | None) -> Finding:
    double = int((np.diff(np.sort(presses)) < BOUNCE_S).sum())
    words = f"{presses.size} presses" + (
        f", {double} of them doubled within 30 ms" if double else ", none doubled"
    )
    if n_pressed is None or n_pressed == presses.size:
        return Finding("button", float(double), "presses", "limit" if double else "good", words)
    if not presses.size:
        words = f"none of {n_pressed} presses came (is the button wired to D2 and ground of this board?)"
        return Finding("button", 0.0, "presses", "bad", words)
    words = words.replace("presses", f"presses of {n_pressed} came", 1)
    return Finding("button", float(double), "presses", "limit", f"{words}; press again and count")
