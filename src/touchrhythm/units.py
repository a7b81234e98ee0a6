"""How are cycles per minute, Hz, periods, counts and grams turned into one another?

**Conventions.** `cpm` is cycles per minute, `freq` is Hz, `period` is seconds, `force_g` is the
weight in grams that presses as hard (1 g weighs 9.80665 mN). This is the only module in which a
60 may stand.

- `cpm_to_hz`, `hz_to_cpm`, `period_to_cpm`, `band_to_hz` : rates
- `count_to_cpm`, `count_quantisation_cpm` : counts over a stretch of time
- `counts_to_grams` : force
- `si_unit` : the SI unit behind a unit as devices write it, and the factor to it
- `minutes_seconds`, `clock_to_seconds` : time as people write it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # a help text needs this module, and shall not wait for numpy
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "band_to_hz",
    "clock_to_seconds",
    "count_quantisation_cpm",
    "count_to_cpm",
    "counts_to_grams",
    "cpm_to_hz",
    "hz_to_cpm",
    "minutes_seconds",
    "period_to_cpm",
    "si_unit",
]

SECONDS_PER_MINUTE = 60.0

NEWTON_PER_GRAM = 9.80665e-3
SI = {  # units in lower case; grams and pounds are weights, as a force sensor gives them
    "n": ("N", 1.0),
    "newton": ("N", 1.0),
    "mn": ("N", 1e-3),
    "kn": ("N", 1e3),
    "mg": ("N", 1e-3 * NEWTON_PER_GRAM),
    "kg": ("N", 1e3 * NEWTON_PER_GRAM),
    "lb": ("N", 453.59237 * NEWTON_PER_GRAM),
    "lbs": ("N", 453.59237 * NEWTON_PER_GRAM),
    "oz": ("N", 28.349523125 * NEWTON_PER_GRAM),
    **dict.fromkeys(("g", "gf", "gram", "grams"), ("N", NEWTON_PER_GRAM)),
    **dict.fromkeys(("v", "volt", "volts"), ("V", 1.0)),
    "mv": ("V", 1e-3),
    "uv": ("V", 1e-6),
    "nv": ("V", 1e-9),
    **dict.fromkeys(("s", "sec", "seconds"), ("s", 1.0)),
    **dict.fromkeys(("ms", "msec"), ("s", 1e-3)),
    "us": ("s", 1e-6),
    "a": ("A", 1.0),
    "ma": ("A", 1e-3),
    "pa": ("Pa", 1.0),
    "hpa": ("Pa", 1e2),
    "mbar": ("Pa", 1e2),
    "kpa": ("Pa", 1e3),
    "bar": ("Pa", 1e5),
    "mmhg": ("Pa", 133.322387415),
    "cmh2o": ("Pa", 98.0665),
    "mm": ("m", 1e-3),
    "cm": ("m", 1e-2),
    "m": ("m", 1.0),
    "um": ("m", 1e-6),
    "hz": ("Hz", 1.0),
}

Number = TypeVar("Number", float, "npt.NDArray[np.float64]")


def cpm_to_hz(rate_cpm: Number) -> Number:
    """Frequency in Hz of a rate in cycles per minute.

    >>> cpm_to_hz(6.0)
    0.1
    """
    return rate_cpm / SECONDS_PER_MINUTE


def hz_to_cpm(freq: Number) -> Number:
    """Rate in cycles per minute of a frequency in Hz.

    >>> hz_to_cpm(0.125)
    7.5
    """
    return freq * SECONDS_PER_MINUTE


def period_to_cpm(period: Number) -> Number:
    """Rate in cycles per minute of a period in seconds.

    >>> period_to_cpm(7.5)
    8.0
    """
    return SECONDS_PER_MINUTE / period


def band_to_hz(band_cpm: tuple[float, float]) -> tuple[float, float]:
    """Band (low, high) in Hz of a band in cycles per minute.

    >>> band_to_hz((6.0, 12.0))
    (0.1, 0.2)
    """
    return cpm_to_hz(float(band_cpm[0])), cpm_to_hz(float(band_cpm[1]))


def count_to_cpm(count: float, duration: float) -> float:
    """Rate in cycles per minute of a count of cycles over `duration` seconds.

    >>> count_to_cpm(27, 180.0)
    9.0
    """
    return count / duration * SECONDS_PER_MINUTE


def count_quantisation_cpm(duration: float) -> float:
    """Half width (1.96 SD) of the error that counting whole cycles alone brings, in cpm.

    A whole count of a steady rhythm with a random phase at both ends is off by a triangular
    error between -1 and 1 cycle, whose standard deviation is 1/sqrt(6).

    >>> round(count_quantisation_cpm(60.0), 2)
    0.8
    """
    return count_to_cpm(1.96 / 6.0**0.5, duration)


def counts_to_grams(counts: Number, counts_per_gram: float, zero_counts: float) -> Number:
    """Force in grams of raw converter counts, by a straight calibration line.

    >>> counts_to_grams(1500.0, counts_per_gram=100.0, zero_counts=1000.0)
    5.0
    """
    return (counts - zero_counts) / counts_per_gram


def si_unit(unit: str) -> tuple[str, float]:
    """SI unit and the factor that brings values to it; a unit that is not known stays, with a factor of 1.

    >>> si_unit("mN"), si_unit("µV"), si_unit("°C")
    (('N', 0.001), ('V', 1e-06), ('°C', 1.0))
    """
    bare = unit.strip(" []()")
    return SI.get(bare.replace("µ", "u").replace("μ", "u").lower(), (bare, 1.0))


def minutes_seconds(seconds: float) -> str:
    """Time as min:s, for people.

    >>> minutes_seconds(95)
    '1:35'
    """
    sign = "-" if seconds < 0 else ""
    minutes, rest = divmod(round(abs(seconds)), round(SECONDS_PER_MINUTE))
    return f"{sign}{minutes}:{rest:02d}"


def clock_to_seconds(text: str) -> float:
    """Seconds of a clock time as h:m:s, m:s or s, fractions allowed.

    Raises
    ------
    ValueError
        If a part is no number, or there are more than three.

    >>> clock_to_seconds("1:35.5")
    95.5
    """
    parts = text.strip().replace(",", ".").split(":")
    if len(parts) > 3:
        raise ValueError(f"a time must be h:m:s, m:s or s, got {text!r}")
    seconds = 0.0
    for part in parts:
        try:
            seconds = seconds * SECONDS_PER_MINUTE + float(part)
        except ValueError:
            raise ValueError(f"a time must be h:m:s, m:s or s, got {text!r}") from None
    return seconds
