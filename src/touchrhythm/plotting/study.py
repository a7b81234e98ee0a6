"""What do many sessions look like? Limits, rates by subject, phasors of a study, confidence.

**Conventions.** Every ``plot_`` function takes `ax` (a new figure if None, never a window), draws,
computes nothing, and returns `ax`. Rates in cycles per minute, phases with 0 at the signal's peak, or the trough where that was declared.

- `plot_limits` : differences against means, with limits of agreement and their intervals
- `plot_rates` : every reported rate by subject
- `plot_session_phasors` : each session's mean phasor, with the circle that chance reaches
- `plot_beside` : perceived rates against another rate, by therapist
- `plot_confidence` : fraction of right answers against confidence
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from touchrhythm.plotting.style import (
    BAND,
    CHANCE,
    FONT_SIZE,
    INK,
    MUTED,
    SIGNAL,
    axes_or_new,
    legend,
    rater_style,
    tidy,
)
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.raters.results import MEASURED, PairComparison
from touchrhythm.raters.signal_detection import ConfidenceCalibration
from touchrhythm.study.rotation import RotationResult
from touchrhythm.words import say
from touchrhythm.words.estimates import said_limits
from touchrhythm.words.study_page import AXES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "legend_room",
    "plot_beside",
    "plot_confidence",
    "plot_limits",
    "plot_rates",
    "plot_session_phasors",
]

LETTERS_THAT_FIT = 80
LEGEND_COLUMNS = 7
LEGEND_LINE = 0.18  # inches


def plot_limits(pair: PairComparison, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw differences against means with bias, limits of agreement and the interval of each.

    Parameters
    ----------
    pair : PairComparison
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the points.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.2)
    if pair.limits is not None:
        said = said_limits(pair.limits)
        lines = (
            (pair.limits.bias, "-", BAND, say(AXES, "bias", value=said.bias)),
            (pair.limits.upper, "--", CHANCE, say(AXES, "limit", value=said.upper)),
            (pair.limits.lower, "--", CHANCE, say(AXES, "limit", value=said.lower)),
        )
        for estimate, style, colour, label in lines:
            ax.axhspan(estimate.ci_low, estimate.ci_high, color=colour, alpha=0.3, linewidth=0)
            ax.axhline(estimate.estimate, color=INK, linestyle=style, linewidth=1.1)
            ax.annotate(
                label,
                (1.0, estimate.estimate),
                xycoords=("axes fraction", "data"),
                xytext=(-2, 2),
                textcoords="offset points",
                ha="right",
                va="bottom",
                fontsize=FONT_SIZE,
                color=INK,
            )
    ax.axhline(0.0, color=MUTED, linewidth=0.6, linestyle=":")
    points = {"color": rater_style(0)[0], "marker": "o", "linestyle": "none", "markersize": 4.5, "alpha": 0.8}
    ax.plot(pair.mean, pair.difference, **{**points, **kwargs})
    ax.margins(x=0.05, y=0.1)
    low, high = ax.get_xlim()
    ax.set_xlim(low, high + 0.14 * (high - low))
    second = say(AXES, "measured_rate") if pair.second == MEASURED else pair.second
    tidy(
        ax,
        x=say(AXES, "mean_of", first=pair.first, second=second),
        y=say(AXES, "minus", first=pair.first, second=pair.second),
    )
    return ax


def plot_rates(table: RateTable, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw every reported and measured rate by subject, in the order of the table.

    Parameters
    ----------
    table : RateTable
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the points of the raters.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.0)
    subjects = list(dict.fromkeys(table.subject))
    place = np.array([subjects.index(name) for name in table.subject], dtype=np.float64)
    raters = sorted(set(table.rater))
    step = 0.6 / max(len(raters), 1)
    known = np.isfinite(table.measured_cpm)
    if known.any():
        style: dict[str, Any] = {
            "color": SIGNAL,
            "marker": "_",
            "linestyle": "none",
            "markersize": 11,
            "label": say(AXES, "measured"),
        }
        ax.plot(place[known], table.measured_cpm[known], **style)
    for number, name in enumerate(raters):
        own = np.array([who == name for who in table.rater])
        colour, marker = rater_style(number)
        shift = (number - (len(raters) - 1) / 2) * step
        points = {"color": colour, "marker": marker, "linestyle": "none", "markersize": 4.5, "label": name}
        ax.plot(place[own] + shift, table.rate_cpm[own], **{**points, **kwargs})
    tidy(ax, x=say(AXES, "subject"), y=say(AXES, "cpm"))
    letters = len(subjects) * (2 + max(len(name) for name in subjects))
    every = -(-letters // LETTERS_THAT_FIT)
    ax.set_xticks(range(0, len(subjects), every), subjects[::every])
    legend(ax, columns=LEGEND_COLUMNS)
    return ax


def plot_beside(
    table: RateTable, other: npt.ArrayLike, *, name: str, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw each perceived rate against another rate, with the line on which both are equal.

    Parameters
    ----------
    table : RateTable
        Perceived rates and who perceived them.
    other : array_like, shape (n_rows,)
        The other rate in cpm, NaN where there is none.
    name : str
        What it is, such as "expected rate".
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the points.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.0, width=3.2)
    x, y = np.asarray(other, dtype=np.float64), np.asarray(table.rate_cpm)
    both = np.isfinite(x) & np.isfinite(y)
    if both.any():
        ends = min(x[both].min(), y[both].min()), max(x[both].max(), y[both].max())
        ax.plot(ends, ends, color=MUTED, linewidth=0.8, linestyle="--")
    for number, rater in enumerate(sorted(set(table.rater))):
        own = both & np.array([who == rater for who in table.rater])
        colour, marker = rater_style(number)
        points = {"color": colour, "marker": marker, "linestyle": "none", "markersize": 4.5, "label": rater}
        ax.plot(x[own], y[own], **{**points, "alpha": 0.8, **kwargs})
    tidy(ax, x=say(AXES, "rate_cpm", name=name), y=say(AXES, "perceived_rate"))
    return ax


def legend_room(table: RateTable) -> float:
    """Inches that the legend of `plot_rates` needs above its first line."""
    lines = -(-(len(set(table.rater)) + 1) // LEGEND_COLUMNS)  # the raters, and "measured"
    return LEGEND_LINE * (lines - 1)


def plot_session_phasors(
    z: npt.ArrayLike,
    result: RotationResult | None = None,
    *,
    event: str = "peak",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw each session's mean phasor as a point in the unit circle.

    Parameters
    ----------
    z : array_like of complex, shape (n_sessions,)
        Mean phasors; the angle 0 (the signal's peak) points up, later goes clockwise.
    result : RotationResult, optional
        Undirected test, drawn as the pooled phasor and the circle that it stays within in 95 % of
        studies without a common phase (its upper 97.5 % point).
    event : str, default "peak"
        What is at angle 0.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the points.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.2, width=3.2)
    points = np.asarray(z, dtype=np.complex128)
    turn = np.linspace(0.0, 2 * np.pi, 181)
    ax.plot(np.sin(turn), np.cos(turn), color=MUTED, linewidth=0.8)
    ax.plot([0, 0], [0, 1], color=MUTED, linewidth=0.6, linestyle=":")
    if result is not None:
        edge = result.resultant_null.high
        ax.fill(
            edge * np.sin(turn),
            edge * np.cos(turn),
            color=CHANCE,
            linewidth=0,
            label=say(AXES, "pooled_chance"),
        )
        tip = (result.resultant * math.sin(result.phase), result.resultant * math.cos(result.phase))
        ax.annotate("", tip, (0.0, 0.0), arrowprops={"arrowstyle": "-|>", "color": BAND, "linewidth": 2.0})
        ax.plot([], [], color=BAND, linewidth=2.0, label=say(AXES, "pooled"))
    style = {
        "color": rater_style(0)[0],
        "marker": "o",
        "linestyle": "none",
        "markersize": 4.5,
        "label": say(AXES, "session"),
    }
    ax.plot(points.imag, points.real, **{**style, **kwargs})
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.annotate(
        event, (0, 1), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=FONT_SIZE, color=INK
    )
    ax.legend(loc="upper left", bbox_to_anchor=(0.85, 1.0), fontsize=FONT_SIZE, frameon=False)
    return ax


def plot_confidence(found: ConfidenceCalibration, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the fraction of right answers against stated confidence, with intervals.

    Parameters
    ----------
    found : ConfidenceCalibration
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the points.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.2, width=3.4)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle="--", label=say(AXES, "as_sure_as_right"))
    below, above = found.bin_right - found.bin_low, found.bin_high - found.bin_right
    style = {"color": rater_style(0)[0], "marker": "o", "linestyle": "none", "markersize": 5, "capsize": 2}
    ax.errorbar(found.bin_confidence, found.bin_right, yerr=[below, above], **{**style, **kwargs})
    for x, y, n in zip(found.bin_confidence, found.bin_high, found.bin_n, strict=True):
        ax.annotate(
            f"{n:.0f}", (x, y), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=FONT_SIZE
        )
    ax.set_xlim(-0.03, 1.03)
    ax.set_ylim(-0.03, 1.08)
    tidy(ax, x=say(AXES, "confidence"), y=say(AXES, "fraction_right"))
    legend(ax)
    return ax
