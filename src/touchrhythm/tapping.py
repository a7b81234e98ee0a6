"""Do taps follow a signal, or one another?

**Conventions.** Tap times `onset` in seconds from the first sample of the signal.
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm._check import FloatArray
from touchrhythm.session import NullRange

__all__ = ["TapAgreement"]


@dataclass(frozen=True, eq=False)
class TapAgreement:
    """One rater's taps against a signal (or against another rater's taps).

    Every score stands beside its chance level: the same score from taps that do not belong
    (`_null`, a `NullRange`). `pvalue` belongs to `statistic_name` ("R", or "V" where a lag window
    and polarity were declared) by `method` ("linear shift" where the margins allow, else
    "circular shift and surrogate tapper"); NaN with a sentence in `reason` where it cannot be judged.

    Attributes
    ----------
    rater, reference : str
        Who tapped; what the taps were held against ("signal", or another rater's code).
    n_taps, n_dropped : int
        Taps used; taps too near to an edge or inside a gap.
    rate_cpm, rate_low_cpm, rate_high_cpm : float
        Tap rate with its 95 % interval.
    ratio, ratio_low, ratio_high : float
        Tap rate over signal rate with its 95 % interval.
    ratio_declared : tuple of int
        n:m ratio set beforehand, (1, 1) by default.
    resultant, resultant_null : float, NullRange
        R, the mean phasor's length (0–1).
    directed, directed_null : float, NullRange
        V, the largest mean cosine over the declared lags; NaN where none was declared.
    lag_s, lag_low_s, lag_high_s, lag_cycles : float
        Mean phase of the taps after the signal's peak, in seconds and cycles (modulo one cycle).
    asynchrony_mean_s, asynchrony_sd_s, asynchrony_sd_null_s
        To the nearest cycle; its SD beside chance.
    f_measure, f_null, tolerance_share : float, NullRange, float
        F-measure at ± this share of the local period, beside chance.
    pvalue, statistic_name, method, n_shifts, margin_s
        The test; `margin_s` the seconds of record used on either side.
    leakage_pvalue, leakage_ratio : float
        Whether the residual above about 1 Hz is larger at taps than at shifted times, and its ratio.
    timekeeper_cv, motor_cv : float
        Wing–Kristofferson split of the taps' variability, as shares of the period.
    phase, asynchrony : ndarray, shape (n_taps,)
        Phase of the signal at each tap (radians, 0 = peak), and asynchrony in seconds.
    onset : ndarray, shape (n_taps,)
        The taps used, in seconds.
    reason : str
        Why there is no p-value; "" where there is one.
    """

    rater: str
    reference: str
    n_taps: int
    n_dropped: int
    rate_cpm: float
    rate_low_cpm: float
    rate_high_cpm: float
    ratio: float
    ratio_low: float
    ratio_high: float
    ratio_declared: tuple[int, int]
    resultant: float
    resultant_null: NullRange
    directed: float
    directed_null: NullRange
    lag_s: float
    lag_low_s: float
    lag_high_s: float
    lag_cycles: float
    asynchrony_mean_s: float
    asynchrony_sd_s: float
    asynchrony_sd_null_s: NullRange
    f_measure: float
    f_null: NullRange
    tolerance_share: float
    pvalue: float
    statistic_name: str
    method: str
    n_shifts: int
    margin_s: float
    leakage_pvalue: float
    leakage_ratio: float
    timekeeper_cv: float
    motor_cv: float
    phase: FloatArray
    asynchrony: FloatArray
    onset: FloatArray
    reason: str
