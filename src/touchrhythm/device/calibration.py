"""How many counts is a gram, and how well is that known at 5 g?

Weights are put on one after the other, up and down; a straight line is fitted. Raw counts are never
changed: the line is stored beside the recordings and applied on reading.

**Conventions.** Masses in grams, uncertainties in milligrams at 95 %. The zero of the line is that of
the day; each session's tare replaces it.

- `WeightReading` : a mass and the counts it gave
- `fit_calibration` : readings → `Calibration`
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from touchrhythm.estimates import t_quantile

__all__ = ["Calibration", "WeightReading", "fit_calibration"]

TARGET_G = 5.0


@dataclass(frozen=True)
class WeightReading:
    """Mean counts under one mass.

    Attributes
    ----------
    mass_g : float
        What lay on the sensor.
    counts : float
        Mean of the raw counts.
    going : str
        "up" while weights were added, "down" while they were taken off.
    """

    mass_g: float
    counts: float
    going: str = "up"


@dataclass(frozen=True)
class Calibration:
    """A calibration line and how good it is.

    Attributes
    ----------
    counts_per_gram, zero_counts : float
        The line.
    u95_mg : float
        Uncertainty (95 %) of a force of 5 g by this line, in milligrams: scatter and masses.
    largest_residual_mg : float
        Largest distance of a reading from the line.
    hysteresis_mg : float or None
        Largest difference between going up and going down at one mass; None without both.
    mass_u95_mg : float
        Uncertainty (95 %) of the masses that were put on.
    readings : tuple of WeightReading
        What was read.
    """

    counts_per_gram: float
    zero_counts: float
    u95_mg: float
    largest_residual_mg: float
    hysteresis_mg: float | None
    mass_u95_mg: float
    readings: tuple[WeightReading, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain form, as stored."""
        return asdict(self)


def fit_calibration(readings: Sequence[WeightReading], *, mass_u95_mg: float = 0.0) -> Calibration:
    """Straight line through readings of known masses.

    Parameters
    ----------
    readings : sequence of WeightReading
        At least three, of at least two different masses; five masses up and down are better.
    mass_u95_mg : float, default 0.0
        How well each mass is known at 95 %, in milligrams (coins by their nominal mass: about 100;
        weighed on a 0.01 g scale: 12; M1 weights: 3).

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        If there are too few readings, or the counts do not follow the masses.

    Notes
    -----
    The uncertainty at 5 g is the line's confidence interval there (Student's t) and, since the same
    weights go up and down, the share of the masses' own uncertainty that the line lets through at 5 g,
    added in squares.

    References
    ----------
    JCGM 100:2008, Guide to the expression of uncertainty in measurement, H.3 (calibration line).

    Examples
    --------
    >>> line = fit_calibration([WeightReading(m, 1000 + 400 * m) for m in (0, 5, 10)])
    >>> round(line.counts_per_gram, 6), round(line.zero_counts, 6)
    (400.0, 1000.0)
    """
    mass = np.array([reading.mass_g for reading in readings], dtype=np.float64)
    counts = np.array([reading.counts for reading in readings], dtype=np.float64)
    if mass.size < 3 or np.unique(mass).size < 2:
        raise ValueError(
            "a calibration needs at least three readings of two different masses,"
            f" got {mass.size} of {np.unique(mass).size}"
        )
    slope, zero = np.polyfit(mass, counts, 1)
    residual = counts - (zero + slope * mass)
    spread = float(np.ptp(mass))
    if abs(slope) * spread <= 6 * residual.std() or slope == 0:
        raise ValueError(
            f"the counts must follow the masses, got {counts.min():.0f} to {counts.max():.0f} counts"
            f" over {spread:g} g with a scatter of {residual.std():.0f}"
            " (do the weights rest on the sensor, and was the order kept?)"
        )
    u95 = np.hypot(_line_u95(mass, residual), abs(slope) * _mass_fraction(mass) * mass_u95_mg / 1e3)
    return Calibration(
        counts_per_gram=float(slope),
        zero_counts=float(zero),
        u95_mg=float(1e3 * u95 / abs(slope)),
        largest_residual_mg=float(1e3 * np.abs(residual).max() / abs(slope)),
        hysteresis_mg=_hysteresis(readings, float(slope)),
        mass_u95_mg=float(mass_u95_mg),
        readings=tuple(readings),
    )


def _line_u95(mass: np.ndarray, residual: np.ndarray) -> float:
    """Half width of the line's 95 % interval at 5 g, in counts."""
    free = mass.size - 2
    sd = float(np.sqrt((residual**2).sum() / free))
    apart = (TARGET_G - mass.mean()) ** 2 / ((mass - mass.mean()) ** 2).sum()
    return float(t_quantile(0.95, free) * sd * np.sqrt(1 / mass.size + apart))


def _mass_fraction(mass: np.ndarray) -> float:
    """Share of the masses' uncertainty that reaches a force of 5 g; readings of one mass share its error."""
    centred = mass - mass.mean()
    pull = 1 / mass.size + (TARGET_G - mass.mean()) * centred / (centred**2).sum()
    per_mass = [pull[mass == weight].sum() for weight in np.unique(mass) if weight != 0]
    return float(np.sqrt(np.square(per_mass).sum()))


def _hysteresis(readings: Sequence[WeightReading], slope: float) -> float | None:
    found: dict[float, dict[str, list[float]]] = {}
    for reading in readings:
        found.setdefault(reading.mass_g, {}).setdefault(reading.going, []).append(reading.counts)
    apart = [
        abs(float(np.mean(both["up"])) - float(np.mean(both["down"])))
        for both in found.values()
        if "up" in both and "down" in both
    ]
    return 1e3 * max(apart) / abs(slope) if apart else None


def scale_of(stored: Mapping[str, Any]) -> tuple[float, float]:
    """Counts per gram and zero of a stored calibration.

    Raises
    ------
    ValueError
        If they are missing or not usable.
    """
    try:
        slope, zero = float(stored["counts_per_gram"]), float(stored["zero_counts"])
    except (KeyError, TypeError, ValueError):
        raise ValueError("a calibration must hold counts_per_gram and zero_counts as numbers") from None
    if not (np.isfinite(slope) and np.isfinite(zero)) or slope == 0:
        raise ValueError(f"counts_per_gram must be a finite number other than 0, got {slope:g}")
    return slope, zero
