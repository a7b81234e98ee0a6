"""What does a plan look like? Power against sessions, interval widths against subjects.

**Conventions.** Every ``plot_`` function takes `ax` (a new figure if None, never a window), draws,
computes nothing, and returns `ax`.

- `plot_power` : power against the number of sessions, a line for each tapping time
- `plot_widths` : width of an interval against the number of subjects
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from touchrhythm.planning.power import PowerTable
from touchrhythm.planning.precision import WidthTable
from touchrhythm.plotting.style import CHANCE, INK, MUTED, axes_or_new, legend, rater_style, tidy
from touchrhythm.units import SECONDS_PER_MINUTE
from touchrhythm.words import say
from touchrhythm.words.plan import PICTURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_power", "plot_widths"]


def plot_power(table: PowerTable, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw power with the interval of the simulation, and the power wanted.

    Parameters
    ----------
    table : PowerTable
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the lines.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.0)
    for number, seconds in enumerate(sorted({row.tapping_s for row in table.rows})):
        own = [row for row in table.rows if row.tapping_s == seconds]
        colour, marker = rater_style(number)
        style = {"color": colour, "marker": marker, "markersize": 5.0, "linewidth": 1.3}
        style["label"] = say(PICTURES, "tapping", minutes=f"{seconds / SECONDS_PER_MINUTE:g}")
        n = [row.n_sessions for row in own]
        ax.vlines(n, [row.low for row in own], [row.high for row in own], color=colour, linewidth=1.0)
        ax.plot(n, [row.power for row in own], **{**style, **kwargs})
    ax.axhline(
        table.wanted,
        color=INK,
        linewidth=0.8,
        linestyle="--",
        label=say(PICTURES, "wanted", value=f"{table.wanted:g}"),
    )
    ax.axhline(
        table.alpha,
        color=MUTED,
        linewidth=0.6,
        linestyle=":",
        label=say(PICTURES, "level", value=f"{table.alpha:g}"),
    )
    ax.set_ylim(0.0, 1.02)
    tidy(ax, x=say(PICTURES, "sessions"), y=say(PICTURES, "power"))
    legend(ax)
    return ax


def plot_widths(table: WidthTable, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the median width and the one that 9 of 10 studies stay below.

    Parameters
    ----------
    table : WidthTable
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line of medians.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.0)
    n = [row.n_subjects for row in table.rows]
    most = [row.width_90 for row in table.rows]
    middle = [row.width for row in table.rows]
    colour, marker = rater_style(0)
    ax.fill_between(n, middle, most, color=CHANCE, alpha=0.3, linewidth=0, label=say(PICTURES, "nine_of_ten"))
    style = {
        "color": colour,
        "marker": marker,
        "markersize": 5.0,
        "linewidth": 1.3,
        "label": say(PICTURES, "median"),
    }
    ax.plot(n, middle, **{**style, **kwargs})
    if table.wanted is not None:
        ax.axhline(
            table.wanted,
            color=INK,
            linewidth=0.8,
            linestyle="--",
            label=say(PICTURES, "wanted", value=f"{table.wanted:g}"),
        )
    ax.set_ylim(bottom=0.0)
    width = say(PICTURES, "width_in", unit=table.unit) if table.unit else say(PICTURES, "width")
    tidy(ax, x=say(PICTURES, "subjects"), y=width)
    legend(ax)
    return ax
