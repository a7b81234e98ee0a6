"""Do raters feel what is there, and only that? Trials of known truth: d′, criterion, confidence.

**Conventions.** `present` says per trial whether there was a rhythm (phantom on, plates moving),
`felt` what the rater answered: True, False ("felt nothing": an answer), or None where no answer was
given (missing, and counted). Confidence is 0–1.

- `detection` : hits, false alarms, d′ and criterion of counts
- `score_trials` : the same of trials
- `confidence_calibration` : is the rater right as often as they are sure?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_fraction
from touchrhythm.estimates import Estimate, check_pairs, normal_quantile, t_quantile
from touchrhythm.session import read_only
from touchrhythm.words import say
from touchrhythm.words.rate_methods import DETECTION_METHODS

__all__ = ["ConfidenceCalibration", "Detection", "confidence_calibration", "detection", "score_trials"]

FEWEST_TRIALS = 20
PRIOR = 2 / 3


@dataclass(frozen=True)
class Detection:
    """How well presence is told from absence, and which way the rater leans.

    Attributes
    ----------
    hits, misses, false_alarms, correct_rejections, n_no_answer : int
        Counts of trials; `n_no_answer` had no answer and are in none of the others.
    hit_rate, false_alarm_rate : Estimate
        Raw shares with their intervals.
    d_prime : Estimate
        Sensitivity: 0 where presence makes no difference to the answers.
    criterion : Estimate
        Bias: above 0 the rater leans to "felt nothing", below 0 to "felt it".
    corrected : bool
        Whether a raw share was 0 or 1, so that d′ rests on the correction.
    too_few : bool
        Whether a class has fewer than 20 trials, where the intervals' coverage was not shown.
    """

    hits: int
    misses: int
    false_alarms: int
    correct_rejections: int
    n_no_answer: int
    hit_rate: Estimate
    false_alarm_rate: Estimate
    d_prime: Estimate
    criterion: Estimate
    corrected: bool
    too_few: bool


@dataclass(frozen=True, eq=False)
class ConfidenceCalibration:
    """Confidence beside the share of right answers.

    Attributes
    ----------
    overconfidence : Estimate
        Mean confidence minus share right: above 0 is too sure.
    discrimination : Estimate
        Chance that a right answer was given with more confidence than a wrong one (area under the
        type-2 curve); .5 says that confidence tells nothing. NaN where all or none were right.
    bin_confidence, bin_right, bin_low, bin_high, bin_n : ndarray, shape (n_bins,)
        Mean confidence, share right with its interval, and trials, by bins of equal width; empty
        bins are left out.
    n : int
        Trials with both.
    """

    overconfidence: Estimate
    discrimination: Estimate
    bin_confidence: FloatArray
    bin_right: FloatArray
    bin_low: FloatArray
    bin_high: FloatArray
    bin_n: FloatArray
    n: int


def detection(
    hits: int,
    misses: int,
    false_alarms: int,
    correct_rejections: int,
    *,
    level: float = 0.95,
    n_no_answer: int = 0,
) -> Detection:
    """Sensitivity d′ and criterion of yes–no answers, with intervals.

    Parameters
    ----------
    hits, misses : int
        Trials with a rhythm, felt and not felt.
    false_alarms, correct_rejections : int
        Trials without a rhythm, felt and not felt.
    level : float, default 0.95
        Confidence level.
    n_no_answer : int, default 0
        Trials without an answer, only carried along.

    Returns
    -------
    Detection
        Shares of 0 and 1 are corrected by the log-linear rule, (k + 0.5)/(n + 1), applied always.

    Raises
    ------
    ValueError
        If a count is negative or not whole, or one class has no trial.

    Notes
    -----
    Each share gets the interval of a Beta(k + 2/3, n - k + 2/3) distribution, turned into normal
    scores; the two are joined by the method of variance estimates recovery (MOVER). By exact
    enumeration this holds the true d′ and criterion in 93–97 % wherever both true shares lie in
    .10–.90 and each class has 20 trials or more; towards shares of 0 or 1 it covers more.

    References
    ----------
    Hautus MJ (1995) Corrections for extreme proportions and their biasing effects on estimated
    values of d′. Behav Res Methods 27:46–51. Zou GY, Donner A (2008) Construction of confidence
    limits about effect measures: a general approach. Stat Med 27:1693–1702.

    Examples
    --------
    >>> found = detection(18, 2, 6, 14)
    >>> [round(v, 2) for v in (found.d_prime.estimate, found.d_prime.ci_low, found.d_prime.ci_high)]
    [1.68, 0.85, 2.66]
    """
    check_fraction(level, "level")
    counts = {
        "hits": hits,
        "misses": misses,
        "false_alarms": false_alarms,
        "correct_rejections": correct_rejections,
    }
    for name, value in counts.items():
        if isinstance(value, bool) or int(value) != value or value < 0:
            raise ValueError(f"{name} must be a whole number not below 0, got {value!r}")
    present, absent = hits + misses, false_alarms + correct_rejections
    if present < 1 or absent < 1:
        raise ValueError(
            f"d′ needs trials with and without a rhythm, got {present} with and {absent} without"
        )
    n = present + absent
    yes, no = _share(hits, present, level), _share(false_alarms, absent, level)
    z_yes, z_no = (scipy.special.ndtri(np.array(share)) for share in (yes, no))
    score = [(hits + 0.5) / (present + 1), (false_alarms + 0.5) / (absent + 1)]
    z_yes[0], z_no[0] = scipy.special.ndtri(score)
    shares, scores = say(DETECTION_METHODS, "share"), say(DETECTION_METHODS, "score")
    return Detection(
        int(hits),
        int(misses),
        int(false_alarms),
        int(correct_rejections),
        int(n_no_answer),
        _estimate("hit_rate", _shown(hits, present, level), level, present, shares),
        _estimate("false_alarm_rate", _shown(false_alarms, absent, level), level, absent, shares),
        _estimate("d_prime", _difference(z_yes, z_no), level, n, scores),
        _estimate("criterion", _leaning(z_yes, z_no), level, n, scores),
        0 in counts.values(),
        min(present, absent) < FEWEST_TRIALS,
    )


def _estimate(name: str, values: tuple[float, float, float], level: float, n: int, method: str) -> Estimate:
    return Estimate(name, float(values[0]), float(values[1]), float(values[2]), level, method, 0, 1, n)


def _share(k: int, n: int, level: float) -> tuple[float, float, float]:
    tails = scipy.special.betaincinv(k + PRIOR, n - k + PRIOR, [(1 - level) / 2, (1 + level) / 2])
    return (k + 0.5) / (n + 1), float(tails[0]), float(tails[1])


def _shown(k: int, n: int, level: float) -> tuple[float, float, float]:
    """Raw share with its interval, which reaches 0 or 1 where the share does."""
    low, high = _share(k, n, level)[1:]
    return k / n, low if k else 0.0, high if k < n else 1.0


def _difference(first: FloatArray, second: FloatArray) -> tuple[float, float, float]:
    value = first[0] - second[0]
    return (
        value,
        value - np.hypot(first[0] - first[1], second[2] - second[0]),
        value + np.hypot(first[2] - first[0], second[0] - second[1]),
    )


def _leaning(first: FloatArray, second: FloatArray) -> tuple[float, float, float]:
    value = -(first[0] + second[0]) / 2
    return (
        value,
        value - np.hypot(first[2] - first[0], second[2] - second[0]) / 2,
        value + np.hypot(first[0] - first[1], second[0] - second[1]) / 2,
    )


def score_trials(present: Sequence[Any], felt: Sequence[Any], *, level: float = 0.95) -> Detection:
    """Sensitivity and criterion of a series of trials.

    Parameters
    ----------
    present : sequence of bool, shape (n_trials,)
        Whether there was a rhythm.
    felt : sequence of bool or None, shape (n_trials,)
        The answer: True felt it, False "felt nothing", None no answer.
    level : float, default 0.95
        Confidence level.

    Raises
    ------
    TypeError
        If an entry is not True, False or (in `felt`) None.
    ValueError
        If lengths differ, or one class has no answered trial.

    >>> score_trials([True, True, False, False], [True, False, False, None]).n_no_answer
    1
    """
    if len(present) != len(felt):
        raise ValueError(f"present and felt must have one length, got {len(present)} and {len(felt)}")
    truth = [_flag(value, "present", at, False) for at, value in enumerate(present)]
    answer = [_flag(value, "felt", at, True) for at, value in enumerate(felt)]
    pairs = list(zip(truth, answer, strict=True))
    return detection(
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
        level=level,
        n_no_answer=answer.count(None),
    )


def _flag(value: Any, name: str, at: int, may_be_none: bool) -> bool | None:
    if value is None and may_be_none:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    allowed = "True, False or None" if may_be_none else "True or False"
    raise TypeError(f"{name} must hold {allowed}, got {value!r} at trial {at + 1}")


def confidence_calibration(
    confidence: npt.ArrayLike, right: npt.ArrayLike, *, n_bins: int = 5, level: float = 0.95
) -> ConfidenceCalibration:
    """Whether a rater is right as often as they are sure.

    Parameters
    ----------
    confidence : array_like, shape (n_trials,)
        Stated chance of being right, 0–1; NaN where none was stated.
    right : array_like, shape (n_trials,)
        1 where the answer was right, 0 where wrong, NaN where there was none.
    n_bins : int, default 5
        Bins of equal width from 0 to 1.
    level : float, default 0.95
        Confidence level.

    Raises
    ------
    ValueError
        If confidence lies outside 0–1 (percent?), `right` is not 0 or 1, or fewer than 5 trials
        have both.

    References
    ----------
    Brier GW (1950) Verification of forecasts expressed in terms of probability. Mon Weather Rev
    78:1–3. Hanley JA, McNeil BJ (1982) The meaning and use of the area under a ROC curve. Radiology
    143:29–36. Galvin SJ et al (2003) Type 2 tasks in the theory of signal detectability. Psychon
    Bull Rev 10:843–876.

    Examples
    --------
    >>> found = confidence_calibration([0.9, 0.8, 0.9, 0.6, 0.7, 0.9], [1, 0, 1, 0, 1, 0])
    >>> round(found.overconfidence.estimate, 2)
    0.3
    """
    check_fraction(level, "level")
    stated, true = check_pairs(confidence, right)
    both = np.isfinite(stated) & np.isfinite(true)
    stated, true = stated[both], true[both]
    if stated.size < 5:
        raise ValueError(f"calibration needs at least 5 trials with answer and confidence, got {stated.size}")
    if (stated < 0).any() or (stated > 1).any():
        worst = stated[(stated < 0) | (stated > 1)][0]
        raise ValueError(f"confidence must lie in 0–1, got {worst:g} (percent?)")
    if not np.isin(true, (0.0, 1.0)).all():
        raise ValueError("right must hold 1 (right) or 0 (wrong)")
    n, gap = stated.size, stated - true
    half = t_quantile(level, n - 1) * float(gap.std(ddof=1)) / n**0.5
    mean = float(gap.mean())
    over = _estimate(
        "overconfidence",
        (mean, mean - half, mean + half),
        level,
        n,
        say(DETECTION_METHODS, "overconfidence"),
    )
    rows = _bins(stated, true, int(n_bins), level)
    return ConfidenceCalibration(
        overconfidence=over,
        discrimination=_type_two(stated, true, level),
        bin_confidence=read_only(rows[0]),
        bin_right=read_only(rows[1]),
        bin_low=read_only(rows[2]),
        bin_high=read_only(rows[3]),
        bin_n=read_only(rows[4]),
        n=n,
    )


def _type_two(stated: FloatArray, true: FloatArray, level: float) -> Estimate:
    """Area under the type-2 curve with a logit interval (variance of Hanley & McNeil 1982)."""
    good, bad = stated[true == 1], stated[true == 0]
    method = say(DETECTION_METHODS, "discrimination")
    if not (good.size and bad.size):
        why = say(DETECTION_METHODS, "nothing_to_discriminate")
        return _estimate("discrimination", (np.nan, np.nan, np.nan), level, stated.size, why)
    above = np.sign(good[:, None] - bad[None, :])
    area = float((above + 1).mean() / 2)
    soft = (area * good.size * bad.size + 0.5) / (good.size * bad.size + 1)
    q1, q2 = soft / (2 - soft), 2 * soft**2 / (1 + soft)
    variance = (soft * (1 - soft) + (good.size - 1) * (q1 - soft**2) + (bad.size - 1) * (q2 - soft**2)) / (
        good.size * bad.size
    )
    half = normal_quantile(level) * variance**0.5 / (soft * (1 - soft))
    low, high = scipy.special.expit(scipy.special.logit(soft) + np.array([-half, half]))
    return _estimate("discrimination", (area, low, high), level, stated.size, method)


def _bins(stated: FloatArray, true: FloatArray, n_bins: int, level: float) -> FloatArray:
    """Confidence, share right, its bounds and count of each bin, shape (5, n_bins)."""
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1, got {n_bins}")
    place = np.minimum((stated * n_bins).astype(np.intp), n_bins - 1)
    rows = []
    for number in np.unique(place):
        own = place == number
        count, hits = int(own.sum()), int(true[own].sum())
        rows.append((float(stated[own].mean()), *_shown(hits, count, level), float(count)))
    return read_only(np.array(rows).T)
