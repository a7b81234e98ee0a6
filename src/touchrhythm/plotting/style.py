"""How do the pictures look: colours, sizes, axes?

**Conventions.** Colours of Okabe and Ito, told apart by colour-blind readers; each state carries a
word or a shape beside its colour. Sizes in inches and points at print size; text 9 pt or more.

- `axes_or_new` : the axes to draw on
- `time_axis`, `tidy`, `shown_cuts`, `shade_cuts`, `legend` : what all pictures share
- `broken` : lines that do not run across gaps
- `bins` : a long trace as a min–max envelope that a page can hold
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator, NullLocator, ScalarFormatter

from touchrhythm._check import FloatArray
from touchrhythm.session import Annotation
from touchrhythm.units import clock_to_seconds, minutes_seconds

__all__ = [
    "BAND",
    "CHANCE",
    "FONT_SIZE",
    "INK",
    "LEGEND_COLUMNS",
    "MUTED",
    "RATERS",
    "SIGNAL",
    "axes_or_new",
    "bins",
    "broken",
    "legend",
    "rater_style",
    "shade_cuts",
    "shown_cuts",
    "tidy",
    "time_axis",
]

INK = "#222222"
SIGNAL = "#4d4d4d"
BAND = "#0072B2"
CHANCE = "#d0d0d0"
MUTED = "#6b6b6b"
RATERS = (("#D55E00", "o"), ("#CC79A7", "s"), ("#009E73", "^"), ("#E69F00", "D"))
FONT_SIZE = 9.0
LEGEND_COLUMNS = 4
WIDTH = 7.0  # inches, the width of an A4 page between its margins
MOST_BINS = 1200
MOST_CUTS = 300  # shaded on one picture
LONG_STEP = 1.6  # times the usual step is a gap
TIME_STEPS = tuple(
    map(
        clock_to_seconds,
        [
            "1",
            "2",
            "5",
            "10",
            "20",
            "30",
            "1:00",
            "2:00",
            "5:00",
            "10:00",
            "20:00",
            "30:00",
            "1:00:00",
            "2:00:00",
            "4:00:00",
        ],
    )
)


def axes_or_new(ax: Axes | None, *, height: float = 2.4, width: float = WIDTH) -> Axes:
    """The given axes, or those of a new figure that no window shows."""
    if ax is not None:
        return ax
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure.add_subplot()


def rater_style(number: int) -> tuple[str, str]:
    """Colour and marker of the n-th rater."""
    return RATERS[number % len(RATERS)]


def tidy(ax: Axes, *, x: str, y: str) -> None:
    """Name the axes and take away what carries no information."""
    ax.set_xlabel(x, fontsize=FONT_SIZE, color=INK)
    ax.set_ylabel(y, fontsize=FONT_SIZE, color=INK)
    ax.tick_params(labelsize=FONT_SIZE, colors=INK, length=3)
    if isinstance(formatter := ax.yaxis.get_major_formatter(), ScalarFormatter):
        formatter.set_useOffset(False)  # whole numbers at the ticks, none to be added in one's head
        formatter.set_scientific(False)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(MUTED)


def time_axis(ax: Axes, start: float, stop: float, *, most_ticks: int = 9) -> None:
    """Time from `start` to `stop` seconds, ticks at round times written as min:s."""
    step = next((step for step in TIME_STEPS if (stop - start) / step <= most_ticks), TIME_STEPS[-1])
    ax.set_xlim(start, stop)
    ax.xaxis.set_major_locator(MultipleLocator(step))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: minutes_seconds(float(value))))
    ax.xaxis.set_minor_locator(NullLocator())


def shown_cuts(cuts: Iterable[Annotation], start: float, stop: float) -> list[Annotation]:
    """Cuts between `start` and `stop`, those that no eye could part drawn as one and called by the longest of them.

    >>> shown_cuts([Annotation(1.0, 1.0, "jump"), Annotation(2.5, 1.5, "gap")], 0.0, 1000.0)
    [Annotation(onset=1.0, duration=3.0, label='gap')]
    >>> len(shown_cuts([Annotation(10.0, 20.0, "gap"), Annotation(30.0, 20.0, "flat")], 0.0, 1000.0))
    2
    """
    near = (stop - start) / MOST_CUTS
    shown: list[Annotation] = []
    for cut in sorted(cuts, key=lambda cut: cut.onset):
        end = cut.onset + cut.duration
        if end < start or cut.onset > stop:
            continue
        last = shown[-1] if shown else cut
        touches = bool(shown) and cut.onset - (last.onset + last.duration) < near
        if touches and (cut.label == last.label or min(cut.duration, last.duration) < near):
            longest = cut if cut.duration > last.duration else last
            until = max(end, last.onset + last.duration)
            shown[-1] = replace(last, duration=until - last.onset, label=longest.label)
        else:
            shown.append(cut)
    return shown


def shade_cuts(ax: Axes, cuts: Iterable[Annotation], start: float, stop: float) -> None:
    """Shade and hatch stretches that were left out."""
    for cut in shown_cuts(cuts, start, stop):
        ax.axvspan(
            cut.onset,
            cut.onset + cut.duration,
            facecolor="#eeeeee",
            edgecolor="#9a9a9a",
            hatch="////",
            linewidth=0,
            zorder=0,
        )


def legend(ax: Axes, *, columns: int = LEGEND_COLUMNS) -> None:
    """A legend above the axes, so that it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        ax.legend(
            handles,
            labels,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=columns,
            fontsize=FONT_SIZE,
            frameon=False,
            borderaxespad=0.2,
            handlelength=1.6,
            columnspacing=1.4,
        )


def bins(
    time: FloatArray, low: FloatArray, high: FloatArray, most: int = MOST_BINS
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Lowest and highest value in at most so many bins; a bin without any value stays NaN."""
    if time.size <= most:
        return time, low, high
    edges = np.linspace(0, time.size, most + 1).astype(np.intp)[:-1]
    lowest: npt.NDArray[np.float64] = np.fmin.reduceat(low, edges)
    highest: npt.NDArray[np.float64] = np.fmax.reduceat(high, edges)
    return time[edges], lowest, highest


def broken(time: FloatArray, *values: FloatArray) -> tuple[FloatArray, ...]:
    """Time and values with a NaN wherever a step is much longer than usual, so that no line bridges a gap.

    >>> broken(np.array([0.0, 1.0, 2.0, 9.0]), np.array([5.0, 6.0, 7.0, 8.0]))[1]
    array([ 5.,  6.,  7., nan,  8.])
    """
    step = np.diff(time)
    if step.size == 0:
        return (time, *values)
    at = np.flatnonzero(step > LONG_STEP * np.median(step)) + 1
    return tuple(np.insert(series, at, np.nan) for series in (time, *values))
