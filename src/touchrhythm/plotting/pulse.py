"""What do the beats of a pulse look like, and the series that they make?

**Conventions.** Draws on `ax` (made if None) and returns it; nothing is computed. Times in seconds, frequencies in
cycles per minute.

- `plot_beats` : a minute of the wave with its beats
- `plot_series` : one series with its band-passed form
- `plot_series_spectrum` : its spectrum
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from touchrhythm.analysis.pulse import PulseAnswer
from touchrhythm.analysis.results import Analysis
from touchrhythm.plotting.style import (
    BAND,
    CHANCE,
    MUTED,
    RATERS,
    SIGNAL,
    axes_or_new,
    legend,
    tidy,
    time_axis,
)
from touchrhythm.rhythm.peaks import LOOK_CPM
from touchrhythm.units import hz_to_cpm
from touchrhythm.words import say
from touchrhythm.words.pictures import LABELS
from touchrhythm.words.pulse import PULSE

__all__ = ["plot_beats", "plot_series", "plot_series_spectrum"]

TICKS = (2, 4, 6, 8, 12, 20, 30)
IN_MS = 1000.0


def plot_beats(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw a minute of the wave with its beats: dots where they are good, crosses where not.

    Parameters
    ----------
    analysis : Analysis
        Of a pulse channel.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line of the wave.

    Returns
    -------
    matplotlib Axes
    """
    pulse, ax = _pulse(analysis), axes_or_new(ax, height=1.8)
    time = pulse.wave_onset + np.arange(pulse.wave.size) / pulse.wave_fs
    ax.plot(time, pulse.wave, **{"color": SIGNAL, "linewidth": 0.7, **kwargs})
    beats = pulse.beats
    inside = (beats.time_s >= time[0]) & (beats.time_s <= time[-1])
    for chosen, colour, marker, name in (
        (inside & beats.good, BAND, ".", "good"),
        (inside & ~beats.good, RATERS[0][0], "x", "bad"),
    ):
        at = beats.time_s[chosen]
        if at.size:
            value = np.interp(at, time, pulse.wave)
            ax.plot(at, value, marker, color=colour, markersize=5, linestyle="none", label=say(PULSE, name))
    low, high = np.nanquantile(pulse.wave, (0.03, 0.97))
    ax.set_ylim(low - 0.6 * (high - low), high + 0.6 * (high - low))  # an artefact may run out of the picture
    time_axis(ax, time[0], time[-1])
    tidy(ax, x=say(LABELS, "time"), y=say(PULSE, "axis_wave"))
    legend(ax)
    return ax


def plot_series(analysis: Analysis, *, name: str, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw one series over the whole recording, its band-passed form moved onto its level.

    Parameters
    ----------
    analysis : Analysis
        Of a pulse channel.
    name : str
        "baseline", "height" or "interval".
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line of the series.

    Returns
    -------
    matplotlib Axes
    """
    pulse, ax = _pulse(analysis), axes_or_new(ax, height=1.3)
    grid = pulse.grid
    assert grid is not None
    values = getattr(grid, name) * (IN_MS if name == "interval" else 1.0)
    ax.plot(grid.time, values, **{"color": SIGNAL, "linewidth": 0.6, **kwargs})
    if name in pulse.series:
        level = float(np.nanmedian(values))
        filtered = pulse.series[name].filtered
        ax.plot(grid.time, level + filtered, color=BAND, linewidth=1.1, label=say(LABELS, "filtered"))
    low, high = np.nanquantile(values, (0.002, 0.998))
    ax.set_ylim(low - 0.15 * (high - low), high + 0.15 * (high - low))
    time_axis(ax, 0.0, analysis.duration)
    tidy(ax, x=say(LABELS, "time"), y=say(PULSE, f"axis_{name}"))
    return ax


def plot_series_spectrum(analysis: Analysis, *, name: str, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the spectrum of one series beside the best fit without a rhythm and its 95 % range.

    Parameters
    ----------
    analysis : Analysis
        Of a pulse channel.
    name : str
        "baseline", "height" or "interval".
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line of the spectrum.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=2.0)
    spectrum = _pulse(analysis).series[name].test.spectrum
    rate = hz_to_cpm(spectrum.freq)
    shown = (rate >= LOOK_CPM[0]) & (rate <= LOOK_CPM[1])
    ax.axvspan(*analysis.settings.band_cpm, color=BAND, alpha=0.1, linewidth=0, zorder=0)
    ax.fill_between(rate[shown], spectrum.low[shown], spectrum.high[shown], color=CHANCE, linewidth=0)
    ax.plot(rate[shown], spectrum.background[shown], color=MUTED, linewidth=1.0, linestyle="--")
    ax.plot(rate[shown], spectrum.density[shown], **{"color": SIGNAL, "linewidth": 0.9, **kwargs})
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlim(*LOOK_CPM)
    ax.xaxis.set_major_locator(FixedLocator(TICKS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(NullLocator())
    tidy(ax, x=say(LABELS, "frequency"), y="")
    ax.set_title(say(PULSE, f"axis_{name}"), fontsize=ax.xaxis.label.get_fontsize(), loc="left")
    return ax


def _pulse(analysis: Analysis) -> PulseAnswer:
    if analysis.pulse is None:
        raise ValueError("analysis must be of a pulse channel, it has no pulse")
    return analysis.pulse
