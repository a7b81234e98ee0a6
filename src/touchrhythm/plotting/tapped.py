"""Where do the taps lie against the signal?

**Conventions.** Each function draws on `ax` (made if None) and returns it; nothing is computed.

- `plot_phases` : taps of one rater on the circle of the signal's phase
- `plot_asynchrony` : how far from the nearest cycle each tap lies
- `plot_tap_rate` : rate of the taps beside the rate of the signal
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from touchrhythm._check import FloatArray
from touchrhythm.analysis.results import Analysis
from touchrhythm.plotting.style import (
    BAND,
    CHANCE,
    FONT_SIZE,
    INK,
    MUTED,
    axes_or_new,
    broken,
    legend,
    rater_style,
    shade_cuts,
    tidy,
    time_axis,
)
from touchrhythm.session import Annotation
from touchrhythm.units import period_to_cpm
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, is_known, p_words
from touchrhythm.words.pictures import LABELS

__all__ = ["plot_asynchrony", "plot_phases", "plot_tap_rate"]


def plot_phases(analysis: Analysis, *, rater: int = 0, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw one rater's taps on the circle of the signal's phase, peak at the top, clockwise.

    The arrow is the mean phasor; the grey disc ends where the middle 95 % of chance ends.

    Parameters
    ----------
    analysis : Analysis
    rater : int, default 0
        Number of the rater.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the dots.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If there is no such rater.
    """
    if not 0 <= rater < len(analysis.taps):
        raise ValueError(f"rater must be a number from 0 to {len(analysis.taps) - 1}, got {rater}")
    ax = axes_or_new(ax, height=2.6, width=2.4)
    taps, (colour, marker) = analysis.taps[rater], rater_style(rater)
    if is_known(taps.resultant_null.high):
        ax.add_patch(
            Circle((0, 0), taps.resultant_null.high, facecolor=CHANCE, edgecolor=MUTED, linestyle="--")
        )
        _name_chance(ax, taps.resultant_null.high)
    ax.add_patch(Circle((0, 0), 1, fill=False, edgecolor=MUTED, linewidth=0.8))
    dots = {"color": colour, "marker": marker, "markersize": 4, "linestyle": "none", "alpha": 0.55, **kwargs}
    ax.plot(np.sin(taps.phase), np.cos(taps.phase), **dots)
    if is_known(taps.resultant):
        mean = np.exp(1j * taps.phase).mean() if taps.phase.size else 0j
        ax.annotate(
            "",
            xy=(float(np.imag(mean)), float(np.real(mean))),
            xytext=(0, 0),
            arrowprops={
                "arrowstyle": "-|>",
                "color": colour,
                "linewidth": 2.0,
                "mutation_scale": 9,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
    for code, x, y, side, base in _AROUND:
        ax.text(x, y, say(LABELS, code), fontsize=FONT_SIZE, color=INK, ha=side, va=base)
    ax.set(xlim=(-1.65, 1.65), ylim=(-1.35, 1.35), aspect="equal")
    ax.axis("off")
    verdict = p_words(taps.pvalue) if is_known(taps.pvalue) else say(LABELS, "not_judged")
    said = say(LABELS, "consistency", rater=taps.rater, consistency=bounded(taps.resultant), verdict=verdict)
    ax.set_title(said, fontsize=FONT_SIZE, color=INK)
    return ax


_AROUND = (
    ("peak", 0.0, 1.08, "center", "bottom"),
    ("falling", 1.08, 0.0, "left", "center"),
    ("trough", 0.0, -1.08, "center", "top"),
    ("rising", -1.08, 0.0, "right", "center"),
)


def _name_chance(ax: Axes, radius: float) -> None:
    """The word inside the disc where there is room, else below it."""
    inside = radius > 0.5
    y = -radius + 0.06 if inside else -radius - 0.04
    ax.text(
        0,
        y,
        say(LABELS, "chance"),
        fontsize=FONT_SIZE,
        color=INK,
        ha="center",
        va="bottom" if inside else "top",
    )


def plot_asynchrony(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw how far from the nearest cycle of the signal each tap lies, over time.

    Parameters
    ----------
    analysis : Analysis
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the dots.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax)
    shade_cuts(ax, _unheard(analysis), 0.0, analysis.duration)
    ax.axhline(0, color=MUTED, linewidth=0.8)
    for number, taps in enumerate(analysis.taps):
        colour, marker = rater_style(number)
        dots = {"color": colour, "marker": marker, "markersize": 4, "linestyle": "none", **kwargs}
        ax.plot(taps.onset, taps.asynchrony, label=say(LABELS, "taps", rater=taps.rater), **dots)
    tidy(ax, x=say(LABELS, "time"), y=say(LABELS, "after_peak"))
    time_axis(ax, 0, analysis.duration)
    legend(ax)
    return ax


def plot_tap_rate(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the rate from tap to tap beside the rate of the signal.

    Parameters
    ----------
    analysis : Analysis
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the dots.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax)
    shade_cuts(ax, _unheard(analysis), 0.0, analysis.duration)
    course = analysis.time_course
    if course is not None:
        time, rate, low_cpm, high_cpm = broken(course.time, course.rate_cpm, course.low_cpm, course.high_cpm)
        what = "rhythm" if analysis.rate is not None else "trace"
        if np.isfinite(low_cpm).any():
            ax.fill_between(
                time,
                low_cpm,
                high_cpm,
                color=BAND,
                alpha=0.25,
                linewidth=0,
                label=say(LABELS, f"{what}_interval"),
            )
        else:
            ax.plot(time, rate, color=BAND, linewidth=1.2, label=say(LABELS, what))
    for number, taps in enumerate(analysis.taps):
        if taps.onset.size > 1:
            colour, marker = rater_style(number)
            dots = {"color": colour, "marker": marker, "markersize": 3.5, "linewidth": 0.7, **kwargs}
            ax.plot(
                taps.onset[1:],
                _tap_rates(taps.onset, analysis),
                label=say(LABELS, "taps", rater=taps.rater),
                **dots,
            )
    low, high = analysis.settings.band_cpm
    ax.set_ylim(0.4 * low, 1.5 * high)
    tidy(ax, x=say(LABELS, "time"), y=say(LABELS, "rate_cpm"))
    time_axis(ax, 0, analysis.duration)
    legend(ax)
    return ax


def _unheard(analysis: Analysis) -> list[Annotation]:
    """Stretches whose taps were not used; those too short for the rhythm's test are long enough for taps."""
    return [cut for cut in analysis.quality.cuts if cut.label != "too short"]


def _tap_rates(onset: FloatArray, analysis: Analysis) -> FloatArray:
    """Rate from tap to tap; NaN where a cut lies between the two."""
    rate = period_to_cpm(np.diff(onset))
    for cut in _unheard(analysis):
        rate[(onset[:-1] < cut.onset + cut.duration) & (onset[1:] > cut.onset)] = np.nan
    return rate
