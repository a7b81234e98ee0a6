"""What was recorded, and what was left of it? Pictures over time.

**Conventions.** Each function draws on `ax` (made if None) and returns it; nothing is computed.

- `plot_timeline` : which parts were used
- `plot_signal` : the whole recording as a min–max envelope
- `plot_filtered` : the trace filtered to the band, with the taps
- `plot_zoom` : a stretch with signal, filtered trace and taps
- `plot_rate` : rate over time
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from touchrhythm._check import FloatArray
from touchrhythm.analysis.results import Analysis, DrawnTraces
from touchrhythm.plotting.style import (
    BAND,
    CHANCE,
    FONT_SIZE,
    INK,
    MUTED,
    SIGNAL,
    axes_or_new,
    bins,
    broken,
    legend,
    rater_style,
    shade_cuts,
    shown_cuts,
    tidy,
    time_axis,
)
from touchrhythm.session import runs_of
from touchrhythm.words import say
from touchrhythm.words.flags import CUTS
from touchrhythm.words.pictures import LABELS
from touchrhythm.words.pulse import PULSE

__all__ = ["plot_filtered", "plot_rate", "plot_signal", "plot_timeline", "plot_zoom"]

FEW_POINTS = 2400  # a trace with more is drawn as an envelope


def plot_timeline(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw which parts of the recording were used, which were left out, and why.

    Parameters
    ----------
    analysis : Analysis
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the bar of the whole recording.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=0.9)
    colour = "#bcd9ea" if analysis.quality.usable > 0 else CHANCE
    whole = {"facecolors": colour, "edgecolor": "none", **kwargs}
    ax.broken_barh([(0, analysis.duration)], (0, 1), **whole)
    for cut in shown_cuts(analysis.quality.cuts, 0.0, analysis.duration):
        ax.broken_barh(
            [(cut.onset, cut.duration)],
            (0, 1),
            facecolors="white",
            edgecolor=INK,
            hatch="////",
            linewidth=0.5,
        )
    if analysis.quality.usable == 0:
        ax.text(0, 1.12, say(LABELS, "nothing_used"), fontsize=FONT_SIZE, color=INK)
    else:
        _name_cuts(ax, analysis)
    ax.set_ylim(0, 1.9)
    ax.set_yticks([])
    tidy(ax, x=say(LABELS, "time"), y="")
    ax.spines["left"].set_visible(False)
    time_axis(ax, 0, analysis.duration)
    return ax


def _name_cuts(ax: Axes, analysis: Analysis) -> None:
    """Write what a cut is above it, where there is room."""
    free_from = -np.inf
    for cut in shown_cuts(analysis.quality.cuts, 0.0, analysis.duration):
        label = CUTS.get(cut.label, cut.label)
        width = analysis.duration * 0.0105 * (len(label) + 1)
        left = min(max(cut.onset + cut.duration / 2 - width / 2, 0), analysis.duration - width)
        if left > free_from:
            ax.text(left + width / 2, 1.12, label, fontsize=FONT_SIZE, color=INK, ha="center")
            free_from = left + width


def plot_signal(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the whole recording as a min–max envelope, cuts shaded.

    Parameters
    ----------
    analysis : Analysis
        With traces.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the envelope.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax)
    traces = _traces(analysis)
    shade_cuts(ax, analysis.quality.cuts, 0.0, analysis.duration)
    time, low, high = bins(traces.time, traces.low, traces.high)
    ax.fill_between(time, low, high, **{"color": SIGNAL, "linewidth": 0.6, **kwargs})
    tidy(ax, x=say(LABELS, "time"), y=_drawn(analysis))
    time_axis(ax, 0, analysis.duration)
    return ax


def plot_filtered(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the trace filtered to the band, its edge zones shaded, and the taps as ticks.

    Parameters
    ----------
    analysis : Analysis
        With traces.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the trace.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax)
    traces = _traces(analysis)
    shade_cuts(ax, analysis.quality.cuts, 0.0, analysis.duration)
    if traces.trace.x.size > FEW_POINTS:
        time, low, high = bins(traces.trace.time, traces.trace.x, traces.trace.x)
        ax.fill_between(time, low, high, **{"color": BAND, "linewidth": 0.6, **kwargs})
    else:
        ax.plot(traces.trace.time, traces.trace.x, **{"color": BAND, "linewidth": 0.9, **kwargs})
    _shade_edges(ax, traces)
    _draw_taps(ax, analysis)
    low_cpm, high_cpm = analysis.settings.band_cpm
    tidy(
        ax,
        x=say(LABELS, "time"),
        y=_named(say(LABELS, "band_axis", low=f"{low_cpm:g}", high=f"{high_cpm:g}"), analysis.unit),
    )
    time_axis(ax, 0, analysis.duration)
    legend(ax)
    return ax


def _shade_edges(ax: Axes, traces: DrawnTraces) -> None:
    """Shade the ends of each unbroken part of the filtered trace, where the filter still rings."""
    label: str | None = say(LABELS, "ringing")
    for first, stop in runs_of(np.isfinite(traces.trace.x)):
        start, end = traces.trace.time[first], traces.trace.time[stop - 1]
        edge = min(traces.edge_duration, (end - start) / 2)
        for left in (start, end - edge):
            ax.axvspan(left, left + edge, color=CHANCE, alpha=0.45, linewidth=0, zorder=0, label=label)
            label = None


def _draw_taps(ax: Axes, analysis: Analysis, start: float = -np.inf, stop: float = np.inf) -> None:
    """Taps as ticks, one row per rater below the trace."""
    raters = [taps for taps in analysis.taps if taps.onset.size]
    if not raters:
        return
    low, high = ax.get_ylim()
    step = 0.14 * (high - low)
    ax.set_ylim(low - step * len(raters), high)
    for number, taps in enumerate(raters):
        colour, _ = rater_style(number)
        inside = taps.onset[(taps.onset >= start) & (taps.onset <= stop)]
        row = low - step * (number + 0.55)
        ax.vlines(
            inside,
            row - 0.4 * step,
            row + 0.4 * step,
            color=colour,
            linewidth=1.1,
            label=say(LABELS, "taps", rater=taps.rater),
        )
        if len(raters) > 1:
            _name_row(ax, row, taps.rater)


def _name_row(ax: Axes, row: float, name: str) -> None:
    """Whose row of taps it is, for those who cannot tell the colours."""
    ax.text(
        0.005,
        row,
        name,
        transform=ax.get_yaxis_transform(),
        fontsize=FONT_SIZE,
        color=INK,
        ha="left",
        va="center",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )


def plot_zoom(
    analysis: Analysis, start: float, stop: float, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Draw a stretch: signal, the filtered trace moved onto its level, and taps.

    Parameters
    ----------
    analysis : Analysis
        With traces.
    start, stop : float
        Seconds.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the filtered trace.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the stretch has no length, or the analysis no traces.
    """
    if not 0 <= start < stop:
        raise ValueError(f"start must lie before stop, and both after 0 s, got {start:g} to {stop:g} s")
    ax = axes_or_new(ax)
    traces = _traces(analysis)
    shade_cuts(ax, analysis.quality.cuts, start, stop)
    raw = _inside(traces.time, start, stop)
    ax.fill_between(
        traces.time[raw],
        traces.low[raw],
        traces.high[raw],
        color="#b3b3b3",
        edgecolor="#8a8a8a",
        linewidth=0.6,
        label=say(LABELS, "signal"),
    )
    part = _inside(traces.trace.time, start, stop)
    level = _level(traces, raw)
    style = {"color": BAND, "linewidth": 1.6, "label": say(LABELS, "filtered"), **kwargs}
    ax.plot(traces.trace.time[part], traces.trace.x[part] + level, **style)
    _draw_taps(ax, analysis, start, stop)
    tidy(ax, x=say(LABELS, "time"), y=_drawn(analysis))
    time_axis(ax, start, stop, most_ticks=7)
    legend(ax)
    return ax


def _inside(time: FloatArray, start: float, stop: float) -> slice:
    return slice(int(np.searchsorted(time, start)), int(np.searchsorted(time, stop, side="right")))


def _level(traces: DrawnTraces, part: slice) -> float:
    """Where the signal lies in a stretch, so that the filtered trace can be laid over it."""
    middle = (traces.low[part] + traces.high[part]) / 2
    return float(np.nanmedian(middle)) if np.isfinite(middle).any() else 0.0


def plot_rate(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the rate over time with its uncertainty; filled dots where the rhythm stands out.

    Parameters
    ----------
    analysis : Analysis
        With a time course.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax)
    course = analysis.time_course
    if course is None:
        raise ValueError(f"analysis must have a time course to draw, it has none: {analysis.reason}")
    low, high = analysis.settings.band_cpm
    ax.axhspan(low, high, color=BAND, alpha=0.07, linewidth=0, zorder=0)
    shade_cuts(ax, analysis.quality.cuts, 0.0, analysis.duration)
    time, rate, rate_low, rate_high = broken(course.time, course.rate_cpm, course.low_cpm, course.high_cpm)
    style = {"color": BAND, "linewidth": 1.2, **kwargs}
    if np.isfinite(course.low_cpm).any():
        ax.fill_between(
            time, rate_low, rate_high, color=BAND, alpha=0.22, linewidth=0, label=say(LABELS, "interval")
        )
    ax.plot(time, rate, **style)
    clear = course.detected > 0.5
    dots: dict[str, Any] = {"markersize": 5, "linestyle": "none", "color": BAND, "zorder": 3}
    ax.plot(course.time[clear], course.rate_cpm[clear], marker="o", label=say(LABELS, "stands_out"), **dots)
    ax.plot(
        course.time[~clear],
        course.rate_cpm[~clear],
        marker="o",
        markerfacecolor="white",
        label=say(LABELS, "does_not"),
        **dots,
    )
    if analysis.rate is not None:
        ax.axhline(
            analysis.rate.rate_cpm,
            color=INK,
            linewidth=0.9,
            linestyle="--",
            label=say(LABELS, "measured_rate"),
        )
    _mark_episodes(ax, course.episodes, low, high)
    tidy(ax, x=say(LABELS, "time"), y=say(LABELS, "rate"))
    time_axis(ax, 0, analysis.duration)
    legend(ax)
    return ax


def _mark_episodes(ax: Axes, trains: FloatArray, low: float, high: float) -> None:
    """A bar along the foot for each unbroken stretch in which the rhythm stands out."""
    foot = low - 0.14 * (high - low)
    ax.set_ylim(low - 0.28 * (high - low), high + 0.15 * (high - low))
    for number, (start, stop) in enumerate(trains):
        label = say(LABELS, "without_break") if number == 0 else None
        ax.plot([start, stop], [foot, foot], color=INK, linewidth=3, solid_capstyle="butt", label=label)
    ax.axhline(low, color=MUTED, linewidth=0.6, linestyle=":")
    ax.axhline(high, color=MUTED, linewidth=0.6, linestyle=":")


def _traces(analysis: Analysis) -> DrawnTraces:
    if analysis.traces is None:
        raise ValueError("analysis must have traces to draw, it has none")
    return analysis.traces


def _drawn(analysis: Analysis) -> str:
    """What is drawn, with its unit: the series of a pulse that answers, else the channel."""
    if analysis.pulse is not None and analysis.pulse.answering:
        return say(PULSE, f"axis_{analysis.pulse.answering}")
    return _named(analysis.channel, analysis.unit)


def _named(name: str, unit: str) -> str:
    return say(LABELS, "named", name=name, unit=unit) if unit else name
