"""Which pictures does a page hold?

**Conventions.** One function per picture of the report, each an `<svg>` element.

- `pictures_of` : the pictures of a page, by name
- `zoom_stretches` : which minutes are shown closely
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

from touchrhythm.analysis.references import drawn_reference
from touchrhythm.analysis.results import Analysis
from touchrhythm.plotting.frequency import plot_spectrum
from touchrhythm.plotting.over_time import plot_filtered, plot_rate, plot_signal, plot_timeline, plot_zoom
from touchrhythm.plotting.pulse import plot_beats, plot_series, plot_series_spectrum
from touchrhythm.plotting.reference import plot_coupling, plot_reference
from touchrhythm.plotting.style import FONT_SIZE, INK, LEGEND_COLUMNS, WIDTH, legend
from touchrhythm.plotting.svg import make_room, sheet, svg_of, unhurried_collector
from touchrhythm.plotting.tapped import plot_asynchrony, plot_phases, plot_tap_rate
from touchrhythm.units import clock_to_seconds, minutes_seconds
from touchrhythm.words import say
from touchrhythm.words.pictures import LABELS

__all__ = ["pictures_of", "zoom_stretches"]

ZOOM = clock_to_seconds("1:00")
CIRCLE = 2.2  # inches
LEGEND_ROW = 0.2  # inches
POINTS_PER_INCH = 72
SPECTRA, SIDE = 2.2, 0.03  # inches; part of the width


def pictures_of(analysis: Analysis, words: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """The pictures that have words (title, text), as `<svg>` elements by name, in the order of the words."""
    with unhurried_collector():
        return _pictures(analysis, words)


def _pictures(analysis: Analysis, words: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    figures = {name: _DRAW[name](analysis) for name in words}
    make_room(figures.values())
    return {
        name: svg_of(figures[name], name=name, title=title, text=text)
        for name, (title, text) in words.items()
    }


def zoom_stretches(analysis: Analysis) -> tuple[tuple[float, float], tuple[float, float]]:
    """Start and stop in seconds of a typical minute, and of the worst.

    Typical is a whole minute (with taps, if there are any) where the filtered trace has its usual size. The
    worst is the minute with most of its samples cut out but not all, else the one in which the filtered trace is
    smallest.
    """
    traces = analysis.traces
    assert traces is not None
    length = min(ZOOM, analysis.duration)
    starts = np.arange(0.0, max(analysis.duration - length, 0.0) + 1e-9, length)
    edges = np.searchsorted(traces.trace.time, np.append(starts, starts[-1] + length))
    parts = [traces.trace.x[a:b] for a, b in pairwise(edges)]
    valid = np.array([np.isfinite(part).mean() if part.size else 0.0 for part in parts])
    size = np.array([np.nanstd(part) if np.isfinite(part).any() else np.nan for part in parts])
    whole = np.where(valid == valid.max(), size, np.nan)
    if whole.size > 3:
        whole[[0, -1]] = np.nan  # the filter still rings there
    tapped = np.array([_has_taps(analysis, start, start + length) for start in starts])
    if np.isfinite(whole[tapped]).any():
        whole[~tapped] = np.nan
    typical = int(np.nanargmin(np.abs(whole - np.nanmedian(whole)))) if np.isfinite(whole).any() else 0
    broken = np.where((valid > 0.2) & (valid < 0.98), valid, np.nan)
    worst = np.nanargmin(broken) if np.isfinite(broken).any() else _smallest(size)
    return (starts[typical], starts[typical] + length), (starts[int(worst)], starts[int(worst)] + length)


def _has_taps(analysis: Analysis, start: float, stop: float) -> bool:
    return any(((taps.onset >= start) & (taps.onset < stop)).any() for taps in analysis.taps)


def _smallest(size: np.ndarray) -> int:
    if size.size > 3 and np.isfinite(size[1:-1]).any():
        size = np.concatenate(([np.nan], size[1:-1], [np.nan]))  # the filter still rings at the ends
    return int(np.nanargmin(size)) if np.isfinite(size).any() else 0


def _timeline(analysis: Analysis) -> Figure:
    figure, (ax,) = sheet(0.5, top=0.05)
    plot_timeline(analysis, ax=ax)
    return figure


def _signal(analysis: Analysis) -> Figure:
    if analysis.periodicity is None:
        figure, (ax,) = sheet(1.7, top=0.1)
        plot_signal(analysis, ax=ax)
        return figure
    figure, (above, below) = sheet(1.5, 1.7, top=0.1)
    plot_signal(analysis, ax=above)
    plot_filtered(analysis, ax=below)
    above.set_xlabel("")
    return figure


def _zoom(analysis: Analysis) -> Figure:
    rows = -(-(2 + sum(taps.onset.size > 0 for taps in analysis.taps)) // LEGEND_COLUMNS)
    figure, axes = sheet(1.4, 1.4, top=0.3 + LEGEND_ROW * rows)
    above = POINTS_PER_INCH * LEGEND_ROW * rows  # the legend stands between the first picture and its title
    for ax, (start, stop), name in zip(axes, zoom_stretches(analysis), ("typical", "worst"), strict=True):
        plot_zoom(analysis, start, stop, ax=ax)
        said = say(LABELS, name, start=minutes_seconds(start), stop=minutes_seconds(stop))
        pad = 6 + (above if ax is axes[0] else 0)
        ax.set_title(said, fontsize=FONT_SIZE, color=INK, loc="left", pad=pad)
    axes[0].set_xlabel("")
    if (old := axes[1].get_legend()) is not None:
        old.remove()
    return figure


def _reference(analysis: Analysis) -> Figure:
    reference = drawn_reference(analysis)
    assert reference is not None
    figure, axes = sheet(1.2, 1.0, 1.0)
    plot_reference(analysis, reference, ax=axes[0])
    plot_coupling(analysis, reference, "gain", ax=axes[1])
    plot_coupling(analysis, reference, "delay_s", ax=axes[2])
    for ax in axes[:2]:
        ax.set_xlabel("")
    return figure


def _spectrum(analysis: Analysis) -> Figure:
    figure, (ax,) = sheet(2.9)
    plot_spectrum(analysis, ax=ax)
    return figure


def _rate(analysis: Analysis) -> Figure:
    figure, (ax,) = sheet(1.6)
    plot_rate(analysis, ax=ax)
    legend(ax, columns=6)
    return figure


def _phases(analysis: Analysis) -> Figure:
    raters = [number for number, taps in enumerate(analysis.taps) if taps.onset.size]
    in_row = 3
    rows = -(-len(raters) // in_row)
    figure = Figure(figsize=(WIDTH, CIRCLE * rows))
    for place, number in enumerate(raters):
        row, column = divmod(place, in_row)
        in_this = min(in_row, len(raters) - row * in_row)
        left, bottom = (column + (in_row - in_this) / 2) / in_row, 1 - (row + 1) / rows
        rect = (left, bottom + 0.02 / rows, 1 / in_row, 0.86 / rows)
        plot_phases(analysis, rater=number, ax=figure.add_axes(rect))
    return figure


def _asynchrony(analysis: Analysis) -> Figure:
    figure, (above, below) = sheet(1.2, 1.2)
    plot_asynchrony(analysis, ax=above)
    plot_tap_rate(analysis, ax=below)
    above.set_xlabel("")
    return figure


def _beats(analysis: Analysis) -> Figure:
    figure, (ax,) = sheet(1.5)
    plot_beats(analysis, ax=ax)
    return figure


def _series(analysis: Analysis) -> Figure:
    assert analysis.pulse is not None
    names = list(analysis.pulse.series)
    figure, axes = sheet(*[1.1] * len(names))
    for ax, name in zip(axes, names, strict=True):
        plot_series(analysis, name=name, ax=ax)
        if ax is not axes[-1]:
            ax.set_xlabel("")
    legend(axes[0])
    return figure


def _spectra(analysis: Analysis) -> Figure:
    assert analysis.pulse is not None
    names = list(analysis.pulse.series)
    figure = Figure(figsize=(WIDTH, SPECTRA))
    width = (1 - 2 * SIDE) / len(names)
    for k, name in enumerate(names):
        rect = (SIDE + k * width + SIDE / 2, 0.22, width - SIDE, 0.62)
        plot_series_spectrum(analysis, name=name, ax=figure.add_axes(rect))
    return figure


_DRAW: dict[str, Callable[[Analysis], Figure]] = {
    "timeline": _timeline,
    "signal": _signal,
    "zoom": _zoom,
    "reference": _reference,
    "spectrum": _spectrum,
    "rate": _rate,
    "phases": _phases,
    "asynchrony": _asynchrony,
    "beats": _beats,
    "series": _series,
    "spectra": _spectra,
}
