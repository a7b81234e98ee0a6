"""Do taps follow a signal, or one another?

Taps are no independent angles: a regular tapper who knows nothing of the signal looks "in phase"
to every test that treats them so. Here every score stands beside the same score of taps that do
not belong, and the p-value is the rank among those.

**Conventions.** Tap times `onset` in seconds from the first sample of the signal; phases in
radians, 0 at a peak (a trough where `polarity` is -1); positive lags: the tap comes after.

- `tap_agreement` : one rater's taps against a signal
- `tap_agreement_of` : the same, from a trace that is there already
- `rater_agreement` : one rater's taps against another's

References
----------
Harris K. D. (2020). A shift test for independence in generic time series. arXiv:2012.06862.
Fisher N. I. (1993). Statistical Analysis of Circular Data, ch. 4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchrhythm._check import FloatArray, check_fs, check_onset, check_rng, check_signal
from touchrhythm.session import NullRange, check_taps_inside, read_only
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.signal.filtering import AnalyticTrace, analytic_trace
from touchrhythm.tapping.phase_reference import PhaseReference, reference_of_taps, reference_of_trace
from touchrhythm.tapping.press_artefact import Residual, residual_energy
from touchrhythm.tapping.press_rhythm import UNKNOWN, PressRhythm
from touchrhythm.tapping.shift_test import Scores, scores_of, shifted_taps
from touchrhythm.tapping.statistics import (
    expected_taps,
    judge,
    null_ranges,
    press_artefact_of,
    tap_lags,
    tap_rates,
)
from touchrhythm.tapping.tapper import fit_tapper

__all__ = [
    "Declared",
    "TapAgreement",
    "check_declared",
    "rater_agreement",
    "tap_agreement",
    "tap_agreement_of",
]


@dataclass(frozen=True, eq=False)
class TapAgreement:
    """One rater's taps against a signal (or against another rater's taps).

    Every score stands beside its chance level: the same score from taps that do not belong
    (``…_null``, a `NullRange`; shifts of less than an interval are left out of it). `pvalue` belongs
    to `statistic_name` ("R", or "V" where a lag window and polarity were declared) by `method`
    ("linear shift" where the margins allow, else "circular shift and surrogate tapper"); NaN with
    a sentence in `reason` where it cannot be judged.

    Attributes
    ----------
    rater, reference : str
        Who tapped; what the taps were held against ("signal", or another rater's code).
    n_taps, n_dropped : int
        Taps used; taps too near to an edge or inside a gap.
    rate_cpm, rate_low_cpm, rate_high_cpm : float
        Rate of all taps, those that were dropped included, with its 95 % interval (an upper end
        of infinity: so uneven that there is none).
    ratio, ratio_low, ratio_high : float
        Tap rate over signal rate, from tap to tap, with its 95 % interval.
    ratio_declared : tuple of int
        n:m ratio set beforehand, (1, 1) by default.
    resultant, resultant_null : float, NullRange
        R, the mean phasor's length (0–1).
    v_statistic, v_statistic_null : float, NullRange
        V, the largest mean cosine over the declared lags; NaN where none was declared.
    lag_s, lag_low_s, lag_high_s, lag_cycles : float
        Mean phase of the taps after the signal's peak, in seconds and cycles (modulo one cycle).
    asynchrony_mean_s, asynchrony_sd_s, asynchrony_sd_null_s
        To the nearest cycle; its SD beside chance.
    f_measure, f_null, tolerance_fraction : float, NullRange, float
        F-measure at ± this share of the local period, beside chance.
    pvalue, statistic_name, method, n_shifts, margin_s
        The test; `margin_s` the seconds of record used on either side.
    press_artefact_pvalue, press_artefact_ratio : float
        Whether the residual above about 1 Hz is larger at taps than at shifted times, and its ratio.
    timekeeper_cv, motor_cv : float
        Wing–Kristofferson split of the taps' variability, as shares of the period.
    phase, asynchrony : ndarray, shape (n_taps,)
        Phase of the signal at each tap (radians, 0 = peak), and asynchrony in seconds.
    onset : ndarray, shape (n_taps,)
        The taps used, in seconds.
    reason : str
        Why there is no p-value; "" where there is one.
    press_rhythm : PressRhythm
        Whether the rhythm is there only while somebody taps; all NaN where that cannot be told.
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
    v_statistic: float
    v_statistic_null: NullRange
    lag_s: float
    lag_low_s: float
    lag_high_s: float
    lag_cycles: float
    asynchrony_mean_s: float
    asynchrony_sd_s: float
    asynchrony_sd_null_s: NullRange
    f_measure: float
    f_null: NullRange
    tolerance_fraction: float
    pvalue: float
    statistic_name: str
    method: str
    n_shifts: int
    margin_s: float
    press_artefact_pvalue: float
    press_artefact_ratio: float
    timekeeper_cv: float
    motor_cv: float
    phase: FloatArray
    asynchrony: FloatArray
    onset: FloatArray
    reason: str
    press_rhythm: PressRhythm = UNKNOWN

    @property
    def keeps_ratio(self) -> bool:
        """Whether the taps per cycle can be those that were declared; True where they are not known."""
        declared = self.ratio_declared[0] / self.ratio_declared[1]
        return not (self.ratio_low > declared or self.ratio_high < declared)


def tap_agreement(
    onset: npt.ArrayLike,
    x: npt.ArrayLike,
    *,
    fs: float,
    band: tuple[float, float],
    polarity: int | None = None,
    lag: tuple[float, float] | None = None,
    ratio: tuple[int, int] = (1, 1),
    tolerance_fraction: float = 1 / 6,
    edge: float = 5.0,
    rater: str = "rater",
    n_surrogates: int = 999,
    rng: np.random.Generator | int | None = None,
) -> TapAgreement:
    """Agreement of one rater's taps with a signal, beside that of taps that do not belong.

    Parameters
    ----------
    onset : array_like, shape (n_taps,)
        Tap times in seconds from the first sample, increasing.
    x : array_like, shape (n_samples,)
        One channel; NaN marks missing samples.
    fs : float
        Sampling rate in Hz.
    band : tuple of float
        Edges (low, high) in Hz of the band whose phase is taken.
    polarity : int, optional
        1: taps belong to peaks, -1: to troughs. Only where declared before the data.
    lag : tuple of float, optional
        Shortest and longest lag in seconds, declared before the data. With a polarity it makes V,
        the largest mean cosine over these lags, the statistic that is tested.
    ratio : tuple of int, default (1, 1)
        Taps to cycles (n, m), declared before the data.
    tolerance_fraction : float, default 1/6
        Share of the local period within which a tap hits.
    edge : float, default 5.0
        Seconds at both ends of every stretch in which phases are not used.
    rater : str, default "rater"
        Who tapped.
    n_surrogates : int, default 999
        Surrogate tappers, where margins are too short for the shift test.
    rng : Generator or int, optional
        Source of randomness (used only there).

    Returns
    -------
    TapAgreement

    Raises
    ------
    ValueError
        If fewer than five taps can be used, a tap lies outside the signal, the signal has no
        stretch long enough, or an argument is outside its range.

    Examples
    --------
    >>> from touchrhythm.simulate.session import simulate_session
    >>> session = simulate_session(tapper="follow", cv=0.1, snr_db=6.0, rng=4)
    >>> force = session.recording.channel("force")
    >>> taps = session.taps[0].onset
    >>> found = tap_agreement(taps, force, fs=80.0, band=(0.1, 0.2), rng=1)
    >>> found.method, found.pvalue < 0.05
    ('linear shift', True)
    """
    times, signal = check_onset(onset), check_signal(x)
    check_taps_inside(times, signal.size / check_fs(fs))
    return tap_agreement_of(
        times,
        analytic_trace(signal, fs=fs, band=band),
        residual=residual_energy(signal, fs=fs),
        polarity=polarity,
        lag=lag,
        ratio=ratio,
        tolerance_fraction=tolerance_fraction,
        edge=edge,
        rater=rater,
        n_surrogates=n_surrogates,
        rng=rng,
    )


def tap_agreement_of(
    onset: npt.ArrayLike,
    trace: AnalyticTrace,
    *,
    residual: Residual | None = None,
    polarity: int | None = None,
    lag: tuple[float, float] | None = None,
    ratio: tuple[int, int] = (1, 1),
    tolerance_fraction: float = 1 / 6,
    edge: float = 5.0,
    rater: str = "rater",
    n_surrogates: int = 999,
    rng: np.random.Generator | int | None = None,
) -> TapAgreement:
    """Agreement of one rater's taps with a trace that was filtered already.

    Parameters
    ----------
    onset : array_like, shape (n_taps,)
        Tap times in seconds, increasing.
    trace : AnalyticTrace
        As `analytic_trace` returns it.
    residual : Residual, optional
        As `residual_energy` returns it; None: no test for a press artefact.
    polarity, lag, ratio, tolerance_fraction, edge, rater, n_surrogates, rng
        As in `tap_agreement`.

    Returns
    -------
    TapAgreement
    """
    declared = check_declared(polarity, lag, ratio, tolerance_fraction)
    reference = reference_of_trace(trace, edge=edge, polarity=polarity or 1, multiple=ratio[0])
    names = (str(rater), "signal")
    return _agreement(check_onset(onset), reference, declared, residual, names, n_surrogates, check_rng(rng))


def rater_agreement(
    onset: npt.ArrayLike,
    other: npt.ArrayLike,
    *,
    duration: float,
    lag: tuple[float, float] | None = None,
    ratio: tuple[int, int] = (1, 1),
    tolerance_fraction: float = 1 / 6,
    raters: tuple[str, str] = ("rater", "other"),
    n_surrogates: int = 999,
    rng: np.random.Generator | int | None = None,
) -> TapAgreement:
    """Agreement of one rater's taps with another's, who lends the phase: one cycle from tap to tap.

    Parameters
    ----------
    onset, other : array_like, shape (n_taps,)
        Tap times in seconds of the rater and of the other, increasing.
    duration : float
        Seconds of the recording.
    lag, ratio, tolerance_fraction, n_surrogates, rng
        As in `tap_agreement`; a declared lag window makes V the statistic that is tested.
    raters : tuple of str
        Who tapped, and who lent the phase.

    Returns
    -------
    TapAgreement

    Raises
    ------
    ValueError
        If either has fewer than five taps that can be used.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> beat = np.cumsum(rng.normal(7.5, 0.9, 60))
    >>> taps = beat[10:50] + rng.normal(0.3, 0.4, 40)
    >>> rater_agreement(taps, beat, duration=470.0, rng=1).pvalue < 0.05
    True
    """
    times, beats = check_onset(onset), check_onset(other, "other")
    check_taps_inside(times, duration)
    check_taps_inside(beats, duration)
    if beats.size < FEWEST_TAPS:
        raise ValueError(f"the other rater must have at least {FEWEST_TAPS} taps, got {beats.size}")
    declared = check_declared(None if lag is None else 1, lag, ratio, tolerance_fraction)
    reference = reference_of_taps(beats, duration=duration, multiple=ratio[0])
    names = (str(raters[0]), str(raters[1]))
    return _agreement(times, reference, declared, None, names, n_surrogates, check_rng(rng))


def _agreement(
    onset: FloatArray,
    reference: PhaseReference,
    declared: Declared,
    residual: Residual | None,
    names: tuple[str, str],
    n_surrogates: int,
    rng: np.random.Generator,
) -> TapAgreement:
    inside = onset[(onset >= reference.start) & (onset <= reference.stop)]
    used = inside[np.isfinite(reference.unit_at(inside))]
    if used.size < FEWEST_TAPS or reference.event.size < 2:
        raise ValueError(
            f"taps can be judged from {FEWEST_TAPS} usable ones, got {used.size}"
            f" ({onset.size - used.size} of {onset.size} lie in a gap or too near to an edge)"
        )
    expected = expected_taps(used, reference, declared.ratio[1])

    def scored(trains: FloatArray) -> Scores:
        share = declared.tolerance_fraction
        return scores_of(trains, reference, lags=declared.lags, tolerance_fraction=share, expected=expected)

    stack = shifted_taps(inside, reference, n_surrogates=n_surrogates, rng=rng)
    null, seen = tuple(scored(trains) for trains in stack.trains), scored(inside[None])
    lags, tapper = tap_lags(used, reference, declared.ratio[0]), fit_tapper(onset)
    return TapAgreement(
        **tap_rates(onset, used, reference, declared.ratio[0])._asdict(),
        **lags._asdict(),
        **judge(seen, null, stack, directed=declared.lags.size > 0)._asdict(),
        **press_artefact_of(inside, stack, residual)._asdict(),
        **null_ranges(seen, null, stack)._asdict(),
        rater=names[0],
        reference=names[1],
        n_taps=used.size,
        n_dropped=onset.size - used.size,
        ratio_declared=declared.ratio,
        asynchrony_mean_s=float(lags.asynchrony.mean()),
        tolerance_fraction=declared.tolerance_fraction,
        method=stack.method,
        n_shifts=sum(len(trains) for trains in stack.trains),
        margin_s=stack.margin,
        timekeeper_cv=tapper.timekeeper_cv,
        motor_cv=tapper.motor_cv,
        onset=read_only(used),
    )


LAG_STEP = 0.25  # seconds between the lags that V looks at


@dataclass(frozen=True)
class Declared:
    """Polarity (1, -1 or None), lag window in seconds or None, n:m ratio, tolerance share."""

    polarity: int | None
    lag: tuple[float, float] | None
    ratio: tuple[int, int]
    tolerance_fraction: float

    @property
    def lags(self) -> FloatArray:
        """Lags that V looks at; none where polarity and window were not both declared."""
        if self.polarity is None or self.lag is None:
            return np.zeros(0)
        low, high = self.lag
        return np.linspace(low, high, max(1, math.ceil((high - low) / LAG_STEP - 1e-9)) + 1)


def check_declared(
    polarity: int | None, lag: tuple[float, float] | None, ratio: tuple[int, int], tolerance_fraction: float
) -> Declared:
    """Check what was declared.

    Raises
    ------
    ValueError
        If a value is outside its range.

    Examples
    --------
    >>> check_declared(1, (0.0, 0.5), (1, 1), 0.2).lags
    array([0.  , 0.25, 0.5 ])
    """
    if polarity not in (None, 1, -1):
        raise ValueError(f"polarity must be 1 (peaks), -1 (troughs) or None, got {polarity!r}")
    if lag is not None and not (len(lag) == 2 and np.isfinite(lag).all() and lag[0] <= lag[1]):
        raise ValueError(f"lag must be (shortest, longest) in seconds, got {lag!r}")
    if len(ratio) != 2 or any(not float(number).is_integer() or number < 1 for number in ratio):
        raise ValueError(f"ratio must be two whole numbers (taps, cycles) from 1, got {ratio!r}")
    if math.gcd(int(ratio[0]), int(ratio[1])) != 1:
        raise ValueError(f"ratio must be in lowest terms, got {ratio[0]}:{ratio[1]}")
    if not 0 < tolerance_fraction <= 0.5:
        raise ValueError(
            f"tolerance_fraction must be a share of the period up to one half, got {tolerance_fraction:g}"
        )
    return Declared(polarity, lag, (int(ratio[0]), int(ratio[1])), float(tolerance_fraction))
