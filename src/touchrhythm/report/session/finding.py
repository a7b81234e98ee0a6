"""What do the results amount to? One word for each question, before any sentence is made.

**Conventions.** Results in, one of a few fixed words out; rates in cpm.

- `finding` : rhythm, edge, harmonic, outside, none, or no answer
- `tap_finding` : follow, in step at another ratio than the declared, made (by the tapping), unrelated, regular, few, or unjudged
- `tap_finding_of`, `is_at_other_rate` : the same beside the rhythm that was found, which taps may keep no step with
- `is_explained` : whether the rhythm is that of a reference
- `control`, `is_apparatus_alone` : whether nobody was touched, whether no hand was there
- `place`, `elsewhere`, `flag_values`, `is_short` : where it lies and what else there is
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from touchrhythm.analysis.flags import ENOUGH, WITHOUT_PEOPLE
from touchrhythm.analysis.references import deciding_reference
from touchrhythm.analysis.results import Analysis
from touchrhythm.rhythm.peaks import Peak, strongest_peak
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm
from touchrhythm.words.numbers import is_known

__all__ = [
    "Finding",
    "TapFinding",
    "control",
    "elsewhere",
    "finding",
    "flag_values",
    "is_apparatus_alone",
    "is_at_other_rate",
    "is_explained",
    "is_short",
    "place",
    "tap_finding",
    "tap_finding_of",
    "tapping_made_it",
]

Finding = Literal["rhythm", "edge", "harmonic", "outside", "none", "no answer"]
TapFinding = Literal["follow", "other", "ratio", "made", "unrelated", "regular", "few", "unjudged"]

CYCLE = 60.0  # cycles per minute times seconds
REGULAR = 0.9  # chance reaches this consistency: one recording holds no evidence


def finding(analysis: Analysis) -> Finding:
    """What was found in the band."""
    test = analysis.periodicity
    if test is None:
        return "no answer"
    if not test.inside:
        return "outside" if test.pvalue_with_edge <= analysis.settings.alpha else "none"
    if test.pvalue > analysis.settings.alpha:
        return "none"
    if test.harmonic_of is not None:
        return "harmonic"
    low, high = analysis.settings.band_cpm
    rate, rate_low, rate_high = place(analysis)
    if not low <= rate <= high:
        return "outside"
    at_edge = bool(test.at_edge) or rate_low < low or rate_high > high
    return "edge" if at_edge else "rhythm"


def place(analysis: Analysis) -> tuple[float, float, float]:
    """Rate of the best oscillation with its interval in cpm: the rate estimate, else the peak's centre."""
    if analysis.rate is not None:
        return analysis.rate.rate_cpm, analysis.rate.low_cpm, analysis.rate.high_cpm
    test = analysis.periodicity
    if test is None:
        return float("nan"), float("nan"), float("nan")
    return hz_to_cpm(test.freq), hz_to_cpm(test.freq_low), hz_to_cpm(test.freq_high)


def elsewhere(analysis: Analysis) -> Peak | None:
    """The strongest rhythm outside the band, None where nothing stands out there."""
    return strongest_peak(analysis.peaks, outside_band=True)


def is_short(analysis: Analysis) -> bool:
    """Whether clearly less was usable than the settings recommend."""
    return analysis.quality.usable < ENOUGH * analysis.settings.short_duration


def tap_finding(taps: TapAgreement, alpha: float) -> TapFinding:
    """What the taps of one rater amount to."""
    if taps.press_rhythm.is_made:
        return "made"
    if is_known(taps.pvalue):
        if taps.pvalue > alpha:
            return "unrelated"
        return "follow" if taps.keeps_ratio else "ratio"
    if taps.n_taps < FEWEST_TAPS:
        return "few"
    return "regular" if taps.resultant_null.high > REGULAR else "unjudged"


def tap_finding_of(taps: TapAgreement, analysis: Analysis) -> TapFinding:
    """The same beside the rhythm that was found: taps at another rate do not follow it, whatever the trace does."""
    found = tap_finding(taps, analysis.settings.alpha)
    is_residual = analysis.settings.taps_against == "residual"
    return "other" if found == "follow" and not is_residual and is_at_other_rate(taps, analysis) else found


def is_at_other_rate(taps: TapAgreement, analysis: Analysis) -> bool:
    """Whether the taps, as many to a cycle as declared, cannot run at the rate of the rhythm that was found.

    The two intervals must exclude each other, the rhythm's being that of the time in which there were taps, and the
    two must part by a whole cycle meanwhile.
    """
    rate, course = analysis.rate, analysis.time_course
    if rate is None or taps.onset.size < 2:
        return False
    start, stop = float(taps.onset[0]), float(taps.onset[-1])
    drift = 0.0
    if course is not None:
        meanwhile = course.rate_cpm[(course.time >= start) & (course.time <= stop)]
        known = meanwhile[np.isfinite(meanwhile)]
        drift = float(known.mean()) - rate.rate_cpm if known.size else 0.0
    cycles = taps.ratio_declared[1] / taps.ratio_declared[0]
    low, high = sorted((rate.low_cpm, rate.high_cpm))
    low, high = low + min(drift, 0.0), high + max(drift, 0.0)
    is_apart = cycles * taps.rate_low_cpm > high or cycles * taps.rate_high_cpm < low
    gap = abs(cycles * taps.rate_cpm - rate.rate_cpm - drift)
    return is_apart and gap * (stop - start) > CYCLE


def tapping_made_it(analysis: Analysis) -> TapAgreement | None:
    """The taps that the rhythm comes and goes with, None where there are none."""
    return next((taps for taps in analysis.taps if taps.press_rhythm.is_made), None)


def is_explained(analysis: Analysis) -> bool:
    """Whether the rhythm is that of a reference, and nothing is left without it."""
    reference = deciding_reference(analysis)
    return reference is not None and reference.verdict == "explained"


def flag_values(analysis: Analysis, code: str) -> Mapping[str, Any] | None:
    """Numbers of the first flag with this code, None where it was not raised."""
    return next((flag.values for flag in analysis.flags if flag.code == code), None)


def control(analysis: Analysis) -> str:
    """Which control the session is, "" where somebody was touched."""
    return str((flag_values(analysis, "control") or {}).get("kind", ""))


def is_apparatus_alone(analysis: Analysis) -> bool:
    """Whether no hand was there at all, whose breath or pulse could be in the recording."""
    return control(analysis) in WITHOUT_PEOPLE
