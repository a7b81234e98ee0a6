"""How does a channel follow a reference? Both over time, and gain, delay and coherence of the two.

**Conventions.** Draws an answer of `Analysis.references`, computes nothing. Time as min:s.

- `plot_reference` : the reference on the time axis of the signal
- `plot_coupling` : gain and delay over time, open where the two hardly go together
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from touchrhythm.analysis.results import Analysis
from touchrhythm.plotting.style import BAND, INK, MUTED, axes_or_new, shade_cuts, tidy, time_axis
from touchrhythm.references.explained import Reference
from touchrhythm.words import say
from touchrhythm.words.pictures import LABELS

__all__ = ["plot_coupling", "plot_reference"]

TOGETHER = 0.5  # coherence below which a delay says little


def plot_reference(
    analysis: Analysis, reference: Reference, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """The reference over time, as it was held against the signal.

    Parameters
    ----------
    analysis : Analysis
    reference : Reference
        One of `analysis.references`, with a series.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the reference has no series.
    """
    ax = axes_or_new(ax)
    series = reference.series
    if series is None:
        raise ValueError(f"reference {reference.channel!r} has no series to draw")
    shade_cuts(ax, analysis.quality.cuts, 0.0, analysis.duration)
    time = np.arange(series.x.size) / series.fs
    ax.plot(time, series.x, **{"color": INK, "linewidth": 0.7, **kwargs})
    tidy(ax, x=say(LABELS, "time"), y=reference.channel)
    time_axis(ax, 0, analysis.duration)
    return ax


def plot_coupling(
    analysis: Analysis, reference: Reference, what: str, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """Gain or delay over time; dots are open where the two hardly go together.

    Parameters
    ----------
    analysis : Analysis
    reference : Reference
        With a coupling.
    what : {"gain", "delay_s"}
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the reference has no coupling.
    """
    ax = axes_or_new(ax)
    coupling = reference.coupling
    if coupling is None:
        raise ValueError(f"reference {reference.channel!r} has no coupling to draw")
    values = getattr(coupling, what)
    firm = coupling.coherence >= TOGETHER
    ax.plot(coupling.time, values, **{"color": MUTED, "linewidth": 0.8, **kwargs})
    dots: dict[str, Any] = {"color": BAND, "marker": "o", "markersize": 3, "linestyle": "none"}
    ax.plot(coupling.time[firm], values[firm], **dots)
    ax.plot(coupling.time[~firm], values[~firm], markerfacecolor="white", **dots)
    tidy(ax, x=say(LABELS, "time"), y=say(LABELS, what))
    time_axis(ax, 0, analysis.duration)
    return ax
