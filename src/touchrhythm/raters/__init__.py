"""Do raters agree on rates, with one another, with the sensor and with the truth?"""

from __future__ import annotations

from touchrhythm.raters.compare_rates import compare_rates
from touchrhythm.raters.concordance import concordance
from touchrhythm.raters.limits import equivalence, limits_of_agreement, proportional_bias
from touchrhythm.raters.loam import loam
from touchrhythm.raters.measurement_error import (
    smallest_detectable_change,
    standard_error_of_measurement,
)
from touchrhythm.raters.reliability import icc, icc_forms
from touchrhythm.raters.signal_detection import confidence_calibration, detection

__all__ = [
    "compare_rates",
    "concordance",
    "confidence_calibration",
    "detection",
    "equivalence",
    "icc",
    "icc_forms",
    "limits_of_agreement",
    "loam",
    "proportional_bias",
    "smallest_detectable_change",
    "standard_error_of_measurement",
]
