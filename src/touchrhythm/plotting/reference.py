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
from touchrhythm.plotting.style import BAND, INK, MUTED, axes_or_new, legend, shade_cuts, tidy, time_axis
from touchrhythm.references.explained import Reference
from touchrhythm.references.features import WAVE
from touchrhythm.words import say
from touchrhythm.words.pictures import LABELS
from touchrhythm.words.references import FEATURES

__all__ = ["plot_coupling", "plot_reference"]

TOGETHER = 0.5  # coherence below which a delay says little


def plot_reference(
    analysis: Analysis, reference: Reference, *, ax: Axes | None = None, **kwargs: Any
) -> Axes:
    """What of the reference is followed, filtered to the band, beside the signal filtered to it.

    Parameters
    ----------
    analysis : Analysis
    reference : Reference
        One of `analysis.references`, that was judged.
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
        If the reference was not judged.
    """
    ax = axes_or_new(ax)
    series = reference.followed
    if series is None:
        raise ValueError(f"reference {reference.channel!r} was not judged: there is nothing to draw")
    shade_cuts(ax, analysis.quality.cuts, 0.0, analysis.duration)
    time = np.arange(series.x.size) / series.fs
    what = say(FEATURES, reference.shared[0] if reference.shared else WAVE, whose=reference.channel)
    if analysis.traces is not None:
        signal = analysis.traces.trace
        spread = float(np.nanstd(signal.x))
        if spread > 0:
            label = say(LABELS, "signal")
            ax.plot(signal.time, signal.x / spread, color=BAND, linewidth=0.7, alpha=0.7, label=label)
    ax.plot(time, series.x, **{"color": INK, "linewidth": 0.7, "label": what, **kwargs})
    legend(ax)
    tidy(ax, x=say(LABELS, "time"), y=say(LABELS, "in_sd"))
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
