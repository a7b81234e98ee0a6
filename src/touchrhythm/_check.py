"""Is an argument what it must be? Each rule stands here once, in words.

**Conventions.** ``check_`` functions return the checked value in its plain form, or raise
`ValueError` or `TypeError` with what must hold, what was found and the likely slip.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from touchrhythm.units import hz_to_cpm

__all__ = [
    "FloatArray",
    "check_band",
    "check_duration",
    "check_fraction",
    "check_fs",
    "check_onset",
    "check_rng",
    "check_signal",
    "likely_slip",
]

FloatArray = npt.NDArray[np.float64]


def check_signal(x: npt.ArrayLike, name: str = "x") -> FloatArray:
    """One channel as float64, shape (n_samples,); NaN marks missing samples, infinity is refused."""
    try:
        array = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must hold numbers, got {type(x).__name__}") from None
    if array.ndim != 1:
        raise ValueError(f"{name} must be one channel, shape (n_samples,), got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must hold samples, got an empty array")
    if np.isinf(array).any():
        raise ValueError(
            f"{name} must be finite or NaN, got infinity at sample {int(np.argmax(np.isinf(array)))}"
        )
    return array


def check_fs(fs: float) -> float:
    """Sampling rate in Hz: finite and above 0."""
    value = _number(fs, "fs")
    if not value > 0:
        raise ValueError(f"fs must be above 0 Hz, got {value:g} Hz")
    return value


def check_band(band: tuple[float, float], fs: float) -> tuple[float, float]:
    """Band (low, high) in Hz: above 0, increasing, below half the sampling rate."""
    try:
        low, high = (_number(edge, "band") for edge in band)
    except (TypeError, ValueError) as error:
        raise type(error)(f"band must be two numbers (low, high) in Hz, got {band!r}") from None
    if not low > 0:
        raise ValueError(f"band must start above 0 Hz, got {low:g} Hz")
    if not low < high:
        raise ValueError(f"band must be (low, high) with low below high, got ({low:g}, {high:g}) Hz")
    if not high < fs / 2:
        hint = " (is the band in cycles per minute?)" if low >= 1 else ""
        raise ValueError(
            f"band must end below half the sampling rate, got {high:g} Hz with fs={fs:g} Hz{hint}"
        )
    if low >= 1:
        raise ValueError(
            f"band must lie below 1 Hz, got ({low:g}, {high:g}) Hz"
            f" (cycles per minute? {low:g}–{high:g} cpm is {low / hz_to_cpm(1.0):.3g}–{high / hz_to_cpm(1.0):.3g} Hz)"
        )
    return low, high


def check_duration(duration: float, needed: float, band: tuple[float, float]) -> None:
    """Refuse a recording that is too short for a rate in the band."""
    if duration < needed:
        low, high = hz_to_cpm(band[0]), hz_to_cpm(band[1])
        raise ValueError(
            f"the longest usable stretch lasts {duration:.0f} s; a rate in {low:g}–{high:g} cpm needs at least {needed:.0f} s"
        )


def check_onset(onset: npt.ArrayLike, name: str = "onset") -> FloatArray:
    """Times in seconds, shape (n,): finite and increasing."""
    try:
        array = np.asarray(onset, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must hold times in seconds, got {type(onset).__name__}") from None
    if array.ndim != 1:
        raise ValueError(f"{name} must be a list of times, shape (n,), got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be finite, got {array[~np.isfinite(array)][0]} at position {int(np.argmin(np.isfinite(array)))}"
        )
    step = np.diff(array)
    if (step <= 0).any():
        at = int(np.argmax(step <= 0))
        what = "twice the same time" if step[at] == 0 else "a step back"
        raise ValueError(f"{name} must increase, got {what}: {array[at]:g} s, then {array[at + 1]:g} s")
    return array


def check_fraction(value: float, name: str) -> float:
    """A share strictly between 0 and 1."""
    share = _number(value, name)
    if not 0 < share < 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {share:g}")
    return share


def check_rng(rng: np.random.Generator | int | None) -> np.random.Generator:
    """A random generator from a generator or a seed (SPEC 7)."""
    if isinstance(rng, bool) or not (rng is None or isinstance(rng, int | np.integer | np.random.Generator)):
        raise TypeError(
            f"rng must be a seed (whole number) or numpy.random.Generator, got {type(rng).__name__}"
        )
    return np.random.default_rng(rng)


def likely_slip(name: str, known: Sequence[str]) -> str:
    """What was likely meant by a name that is not known, to end a sentence with; "" where nothing is near.

    >>> likely_slip("Forse", ["force", "breathing"])
    " (did you mean 'force'?)"
    """
    plain = {word.casefold(): word for word in reversed(known)}
    near = difflib.get_close_matches(name.casefold(), plain, n=1)
    return f" (did you mean {plain[near[0]]!r}?)" if near else ""


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool | str | bytes):
        raise TypeError(f"{name} must be a number, got {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}") from None
    if not np.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return number
