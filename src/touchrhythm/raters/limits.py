"""How far apart may two rates lie? Limits of agreement that respect repeated sessions.

**Conventions.** `x` and `y` are paired values of shape (n_rows,), `subject` the code of each row;
differences are x - y, in the unit of the values. Limits hold 95 % of differences by default and
each stands with its interval. The bias is weighted by subjects: every subject counts once.

- `limits_of_agreement` : bias and limits, in four forms
- `equivalence` : do the differences lie within ±delta?
- `proportional_bias` : does the difference grow with the rate?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from touchrhythm._check import FloatArray, check_fraction
from touchrhythm.estimates import (
    Estimate,
    check_codes,
    check_pairs,
    normal_quantile,
    sums_of_variances,
    t_quantile,
)
from touchrhythm.raters.variance_components import fit_components
from touchrhythm.words import methods, say
from touchrhythm.words.rate_methods import RATE_METHODS

__all__ = [
    "LIMIT_FORMS",
    "Equivalence",
    "LimitsOfAgreement",
    "equivalence",
    "limits_of_agreement",
    "proportional_bias",
]

LIMIT_FORMS = ("one-way", "single", "constant", "mixed")

FEWEST_SUBJECTS = 8
WIDEST_FRACTION = 0.6


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Bias and limits of agreement, each with its interval.

    Attributes
    ----------
    bias, lower, upper : Estimate
        Mean difference x - y weighted by subjects, and the limits.
    sd_total, sd_between, sd_within : float
        SD of a single difference; of the subjects' mean differences (in the mixed form: of the
        subject effect); of differences within a subject (NaN with one pair per subject).
    form : str
        One of `LIMIT_FORMS`.
    share : float
        Share of differences that the limits hold.
    n_subjects, n_pairs : int
        Subjects; rows used.
    mean_pairs : float
        Harmonic mean of rows per subject.
    """

    bias: Estimate
    lower: Estimate
    upper: Estimate
    sd_total: float
    sd_between: float
    sd_within: float
    form: str
    share: float
    n_subjects: int
    n_pairs: int
    mean_pairs: float

    @property
    def too_few_subjects(self) -> bool:
        """Under 8 subjects, or a limit's interval wider than 0.6 of the way between the limits."""
        width = self.upper.ci_high - self.upper.ci_low
        span = self.upper.estimate - self.lower.estimate
        return self.n_subjects < FEWEST_SUBJECTS or width > WIDEST_FRACTION * span


@dataclass(frozen=True)
class Equivalence:
    """Whether differences stay within ±delta.

    `limits_within`: both limits, with the outer ends of their intervals, lie within ±delta, so two
    readings may stand for one another. `mean_within`: the 90 % interval of the bias lies within
    ±delta (two one-sided tests at .05), which says nothing about single readings.
    """

    delta: float
    limits_within: bool
    mean_within: bool


@dataclass(frozen=True, eq=False)
class _BySubject:
    """Rows of one value, by subject: sizes, means, and the pooled variance within subjects."""

    size: FloatArray
    mean: FloatArray
    within: float
    df: int

    @classmethod
    def of(cls, values: FloatArray, code: npt.NDArray[np.intp]) -> _BySubject:
        _, code = np.unique(code, return_inverse=True)
        size = np.bincount(code).astype(np.float64)
        mean = np.bincount(code, values) / size
        df = int(values.size - size.size)
        rest = values - mean[code]
        return cls(size, mean, float(rest @ rest) / df if df else 0.0, df)

    @property
    def harmonic(self) -> float:
        return float(1 / np.mean(1 / self.size))


def limits_of_agreement(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    subject: Any,
    form: str | None = None,
    level: float = 0.95,
    share: float = 0.95,
) -> LimitsOfAgreement:
    """Bias and limits of agreement of x - y.

    Parameters
    ----------
    x, y : array_like, shape (n_rows,)
        Values of both sides; NaN where missing. Rows need both sides except in the form "constant".
    subject : sequence, shape (n_rows,)
        Code of each row's subject.
    form : {"one-way", "single", "constant", "mixed"}, optional
        See `LIMIT_FORMS`. By default "single" where every subject has one pair, else "one-way".
    level : float, default 0.95
        Confidence level of the intervals.
    share : float, default 0.95
        Share of differences that the limits hold.

    Returns
    -------
    LimitsOfAgreement
        Bias, limits and their intervals.

    Raises
    ------
    ValueError
        If there are fewer than 3 subjects, if "single" meets repeated rows, or if another form
        finds none.

    Notes
    -----
    In simulations with 2–6 sessions per subject the 95 % intervals of the default form held the true
    limit in 97 % of studies with 5 subjects, 94–96 % with 8 to 30; sessions taken for subjects: 76 %.

    References
    ----------
    Bland JM, Altman DG (1999) Measuring agreement in method comparison studies. Stat Methods Med
    Res 8:135–160. Zou GY (2013) Confidence interval estimation for the Bland–Altman limits of
    agreement with multiple observations per individual. Stat Methods Med Res 22:630–642.
    Carkeet A (2015) Exact parametric confidence intervals for Bland–Altman limits of agreement.
    Optom Vis Sci 92:e71–e80. Parker RA et al (2016) Application of mixed effects limits of
    agreement in the presence of multiple sources of variability. PLoS One 11:e0168321.

    Examples
    --------
    >>> x, y = [7.1, 6.4, 8.0, 9.2, 6.6], [6.9, 6.8, 7.1, 9.0, 7.0]
    >>> found = limits_of_agreement(x, y, subject=list("abcde"))
    >>> found.form, round(found.bias.estimate, 2), round(found.upper.estimate, 2)
    ('single', 0.1, 1.16)
    """
    check_fraction(level, "level")
    check_fraction(share, "share")
    if form is not None and form not in LIMIT_FORMS:
        raise ValueError(f"form must be one of {', '.join(LIMIT_FORMS)}, got {form!r}")
    a, b = check_pairs(x, y)
    if a.ndim != 1:
        raise ValueError(f"x and y must have shape (n_rows,), got {a.shape}")
    code = check_codes(subject, a.size, "subject")
    if form == "constant":
        return _constant(a, b, code, level, share)
    both = np.isfinite(a) & np.isfinite(b)
    difference, code = (a - b)[both], code[both]
    rows = _BySubject.of(difference, code) if difference.size else None
    if rows is None or rows.size.size < 3:
        raise ValueError(
            f"limits of agreement need at least 3 subjects with both values, got {0 if rows is None else rows.size.size}"
        )
    form = form or ("single" if rows.df == 0 else "one-way")
    if form == "single" and rows.df:
        raise ValueError(
            f"the form 'single' needs one pair per subject, got {difference.size} pairs of {rows.size.size} subjects"
        )
    if form != "single" and not rows.df:
        raise ValueError(
            f"the form {form!r} needs subjects with repeated pairs, got one pair each; use 'single'"
        )
    if form == "single":
        return _single(rows, level, share)
    return _one_way(rows, level, share) if form == "one-way" else _mixed(difference, code, rows, level, share)


def _single(rows: _BySubject, level: float, share: float) -> LimitsOfAgreement:
    n = rows.mean.size
    z, tail = normal_quantile(share), (1 - level) / 2
    mean, sd = float(rows.mean.mean()), float(rows.mean.std(ddof=1))
    inner, outer = scipy.stats.nct.ppf((tail, 1 - tail), n - 1, z * n**0.5) / n**0.5 if sd else (0.0, 0.0)
    half = t_quantile(level, n - 1) * sd / n**0.5
    ends = [(mean - outer * sd, mean - inner * sd), (mean + inner * sd, mean + outer * sd)]
    return _assemble(
        "single", (mean, half), ends, (sd, sd, float("nan")), z, (n, n, 1.0), level=level, share=share
    )


def _one_way(rows: _BySubject, level: float, share: float) -> LimitsOfAgreement:
    n, mh = rows.mean.size, rows.harmonic
    between = float(rows.mean.var(ddof=1))
    parts = ([1.0, 1 - 1 / mh], [between, rows.within], [n - 1, rows.df])
    sds = (float(between**0.5), float(rows.within**0.5))
    half = t_quantile(level, n - 1) * (between / n) ** 0.5
    counts = (n, int(rows.size.sum()), mh)
    return _mover("one-way", (float(rows.mean.mean()), half), parts, sds, counts, level=level, share=share)


def _mixed(
    difference: FloatArray, code: npt.NDArray[np.intp], rows: _BySubject, level: float, share: float
) -> LimitsOfAgreement:
    _, code = np.unique(code, return_inverse=True)
    table = np.full((rows.size.size, int(rows.size.max())), np.nan)
    place = np.zeros(rows.size.size, dtype=np.intp)
    for value, row in zip(difference, code, strict=True):
        table[row, place[row]] = value
        place[row] += 1
    fit = fit_components(table, raters=False)
    subject = max(fit.subject, 0.0)
    n, mh = rows.mean.size, rows.harmonic
    parts = ([1.0, 1 - 1 / mh], [subject + fit.residual / mh, fit.residual], [n - 1, rows.df])
    bias = (fit.mean, t_quantile(level, n - 1) * fit.mean_se)
    sds = (float(subject**0.5), float(fit.residual**0.5))
    return _mover("mixed", bias, parts, sds, (n, difference.size, mh), level=level, share=share)


def _constant(
    x: FloatArray, y: FloatArray, code: npt.NDArray[np.intp], level: float, share: float
) -> LimitsOfAgreement:
    """Each side's replicates are summarised alone; rows need not be paired."""
    kept = np.intersect1d(code[np.isfinite(x)], code[np.isfinite(y)])
    if kept.size < 3:
        raise ValueError(f"limits of agreement need at least 3 subjects with both values, got {kept.size}")
    first, second = (
        _BySubject.of(v[ok], code[ok]) for v in (x, y) for ok in (np.isfinite(v) & np.isin(code, kept),)
    )
    if not (first.df and second.df):
        raise ValueError(
            "the form 'constant' needs subjects with repeated values on both sides; use 'single'"
        )
    mean, n = first.mean - second.mean, kept.size
    between = float(mean.var(ddof=1))
    weights = [1.0, 1 - 1 / first.harmonic, 1 - 1 / second.harmonic]
    parts = (weights, [between, first.within, second.within], [n - 1, first.df, second.df])
    half = t_quantile(level, n - 1) * (between / n) ** 0.5
    sds = (float(between**0.5), float((first.within + second.within) ** 0.5))
    counts = (n, int(min(first.size.sum(), second.size.sum())), min(first.harmonic, second.harmonic))
    return _mover("constant", (float(mean.mean()), half), parts, sds, counts, level=level, share=share)


def _mover(
    form: str,
    bias: tuple[float, float],
    parts: tuple[list[float], list[float], list[int]],
    sds: tuple[float, float],
    counts: tuple[int, int, float],
    *,
    level: float,
    share: float,
) -> LimitsOfAgreement:
    """Limits whose intervals join those of the bias and of the total variance (MOVER)."""
    # MOVER (Zou 2013): the distances from each part's estimate to its own bound, joined as legs of a right triangle.
    # The bias enters with its normal error: t's wider half is turned back, as the variance has its own bounds.
    z = normal_quantile(share)
    total, low, high = (v**0.5 for v in sums_of_variances(*parts, level=level))
    mean, half = bias
    error = normal_quantile(level) * half / t_quantile(level, counts[0] - 1)
    inner, outer = (float(np.hypot(error, z * (edge - total))) for edge in (low, high))
    upper, lower = mean + z * total, mean - z * total
    ends = [(lower - outer, lower + inner), (upper - inner, upper + outer)]
    return _assemble(form, bias, ends, (total, *sds), z, counts, level=level, share=share)


def _assemble(
    form: str,
    bias: tuple[float, float],
    ends: list[tuple[float, float]],
    sds: tuple[float, float, float],
    z: float,
    counts: tuple[int, int, float],
    *,
    level: float,
    share: float,
) -> LimitsOfAgreement:
    mean, half = bias
    n, pairs, mh = counts

    def estimate(name: str, value: float, low: float, high: float, words: str) -> Estimate:
        return Estimate(name, value, float(low), float(high), level, words, n, 2, pairs)

    how = say(RATE_METHODS, "bias_mixed" if form == "mixed" else "bias")
    words = methods.LIMIT_FORMS[form]
    return LimitsOfAgreement(
        bias=estimate("bias", mean, mean - half, mean + half, how),
        lower=estimate("limit_lower", mean - z * sds[0], *ends[0], words),
        upper=estimate("limit_upper", mean + z * sds[0], *ends[1], words),
        sd_total=sds[0],
        sd_between=sds[1],
        sd_within=sds[2],
        form=form,
        share=share,
        n_subjects=n,
        n_pairs=pairs,
        mean_pairs=mh,
    )


def equivalence(limits: LimitsOfAgreement, delta: float) -> Equivalence:
    """Whether single differences, and whether the mean difference, stay within ±delta.

    Parameters
    ----------
    limits : LimitsOfAgreement
        From `limits_of_agreement`.
    delta : float
        Largest difference that would not matter, set before the data; in the unit of the values.

    Raises
    ------
    ValueError
        If delta is not above 0.
    """
    if not (np.isfinite(delta) and delta > 0):
        raise ValueError(f"delta must be above 0, got {delta:g}")
    outer = max(-limits.lower.ci_low, limits.upper.ci_high)
    wide = t_quantile(limits.bias.level, limits.n_subjects - 1)
    half = (limits.bias.ci_high - limits.bias.estimate) * t_quantile(0.90, limits.n_subjects - 1) / wide
    return Equivalence(float(delta), outer < delta, abs(limits.bias.estimate) + half < delta)


def proportional_bias(x: npt.ArrayLike, y: npt.ArrayLike, *, subject: Any, level: float = 0.95) -> Estimate:
    """Slope of the difference x - y on the mean of both, over subject means.

    Parameters
    ----------
    x, y, subject
        As in `limits_of_agreement`.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Estimate
        Slope with its t interval; 0 means that differences do not change with the rate. A slope
        also arises where one side spreads more than the other.

    Raises
    ------
    ValueError
        If there are fewer than 4 subjects, or all have the same mean.
    """
    check_fraction(level, "level")
    a, b = check_pairs(x, y)
    code = check_codes(subject, a.size, "subject")
    both = np.isfinite(a) & np.isfinite(b)
    n = np.unique(code[both]).size
    if n < 4:
        raise ValueError(f"a proportional bias needs at least 4 subjects with both values, got {n}")
    first, second = _BySubject.of(a[both], code[both]), _BySubject.of(b[both], code[both])
    mean, difference = (first.mean + second.mean) / 2, first.mean - second.mean
    centred = mean - mean.mean()
    spread = float(centred @ centred)
    if spread <= 1e-20 * max(float(mean @ mean), 1.0):
        raise ValueError("a proportional bias needs subjects with different rates")
    slope = float(centred @ difference) / spread
    rest = difference - difference.mean() - slope * centred
    half = t_quantile(level, n - 2) * (float(rest @ rest) / (n - 2) / spread) ** 0.5
    method = say(RATE_METHODS, "slope")
    return Estimate(
        "proportional_bias", slope, slope - half, slope + half, level, method, n, 2, int(both.sum())
    )
