"""What does the spectrum look like, beside the background that was fitted?

**Conventions.** Draws on `ax` (made if None) and returns it; nothing is computed. Frequencies in
cycles per minute on a logarithmic axis.

- `plot_spectrum`
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from touchrhythm.analysis.results import Analysis
from touchrhythm.plotting.style import (
    BAND,
    CHANCE,
    FONT_SIZE,
    INK,
    MUTED,
    SIGNAL,
    axes_or_new,
    legend,
    tidy,
)
from touchrhythm.rhythm.peaks import LOOK_CPM, Peak
from touchrhythm.rhythm.periodicity import Spectrum
from touchrhythm.units import hz_to_cpm
from touchrhythm.words import say
from touchrhythm.words.numbers import rate_alone
from touchrhythm.words.pictures import LABELS
from touchrhythm.words.session_estimates import TABLE

__all__ = ["plot_spectrum"]

TICKS = (2, 3, 4, 6, 8, 10, 12, 15, 20, 30)
MOST_NAMES = 5

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def plot_spectrum(analysis: Analysis, *, ax: Axes | None = None, **kwargs: Any) -> Axes:
    """Draw the spectrum from 2 to 36 cpm, the best fit without a rhythm with its 95 % range, and name the peaks.

    Parameters
    ----------
    analysis : Analysis
        With a periodicity result.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if None.
    **kwargs
        To the line of the spectrum.

    Returns
    -------
    matplotlib Axes
    """
    ax = axes_or_new(ax, height=3.4)
    if analysis.periodicity is None:
        raise ValueError(f"analysis must have a spectrum to draw, it has none: {analysis.reason}")
    spectrum, (low, high) = analysis.periodicity.spectrum, analysis.settings.band_cpm
    rate = hz_to_cpm(spectrum.freq)
    ax.axvspan(
        low,
        high,
        color=BAND,
        alpha=0.1,
        linewidth=0,
        zorder=0,
        label=say(LABELS, "band", low=f"{low:g}", high=f"{high:g}"),
    )
    ax.fill_between(rate, spectrum.low, spectrum.high, color=CHANCE, linewidth=0, label=say(LABELS, "null"))
    ax.plot(
        rate,
        spectrum.background,
        color=MUTED,
        linewidth=1.2,
        linestyle="--",
        label=say(LABELS, "background"),
    )
    ax.plot(
        rate,
        spectrum.density,
        **{"color": SIGNAL, "linewidth": 1.1, "label": say(LABELS, "spectrum"), **kwargs},
    )
    ax.set_xscale("log")
    ax.set_yscale("log")
    _frequency_axis(ax)
    _height(ax, spectrum)
    _name_peaks(ax, analysis)
    unit = analysis.unit or say(LABELS, "units")
    tidy(ax, x=say(LABELS, "frequency"), y=say(LABELS, "density", unit=unit))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _power_of_ten(value)))
    legend(ax)
    return ax


def _power_of_ten(value: float) -> str:
    """A tick of a logarithmic axis as plain text, which is set in a fraction of the time of a formula.

    >>> _power_of_ten(0.001), _power_of_ten(10.0), _power_of_ten(20.0)
    ('10⁻³', '10¹', '20')
    """
    power = math.log10(value) if value > 0 else 0.5
    is_whole = math.isclose(power, round(power), abs_tol=1e-9)
    return f"10{str(round(power)).translate(SUPERSCRIPT)}" if is_whole else f"{value:g}"


def _frequency_axis(ax: Axes) -> None:
    ax.set_xlim(*LOOK_CPM)
    ax.xaxis.set_major_locator(FixedLocator(TICKS))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_locator(NullLocator())


def _height(ax: Axes, spectrum: Spectrum) -> None:
    """Room for the spectrum, its background, and names above."""
    shown = (hz_to_cpm(spectrum.freq) >= LOOK_CPM[0]) & (hz_to_cpm(spectrum.freq) <= LOOK_CPM[1])
    values = np.concatenate([spectrum.density[shown], spectrum.low[shown], spectrum.high[shown]])
    values = values[np.isfinite(values) & (values > 0)]
    if values.size:
        bottom, top = float(values.min()), float(values.max())
        ax.set_ylim(bottom / 1.5, top * (top / bottom) ** 0.22)


def _name_peaks(ax: Axes, analysis: Analysis) -> None:
    """Write the strongest peaks above the curve, names that would collide on different heights."""
    assert analysis.periodicity is not None
    spectrum = analysis.periodicity.spectrum
    bottom, top = ax.get_ylim()
    peaks = sorted(analysis.peaks[:MOST_NAMES], key=lambda peak: peak.freq)
    ends: list[float] = [-np.inf, -np.inf, -np.inf]
    for peak in peaks:
        name, at = _peak_name(peak, analysis), float(np.log(hz_to_cpm(peak.freq) / LOOK_CPM[0]))
        half = 0.5 * len(name) * 0.0125 * float(np.log(LOOK_CPM[1] / LOOK_CPM[0]))
        middle = min(max(at, half), float(np.log(LOOK_CPM[1] / LOOK_CPM[0])) - half)
        row = next((k for k, end in enumerate(ends) if middle - half > end), len(ends) - 1)
        ends[row] = middle + half
        height = float(np.interp(peak.freq, spectrum.freq, spectrum.density))
        text_y = top * (top / bottom) ** (-0.02 - 0.065 * row)
        ax.annotate(
            name,
            xy=(hz_to_cpm(peak.freq), height),
            xytext=(float(LOOK_CPM[0] * np.exp(middle)), text_y),
            ha="center",
            va="top",
            fontsize=FONT_SIZE,
            color=BAND if peak.place == "in" else INK,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2},
        )


def _peak_name(peak: Peak, analysis: Analysis) -> str:
    """What a peak is called; the one in the band by the measured rate, with the digits of the sentences."""
    rate = rate_alone(*map(hz_to_cpm, (peak.freq, peak.low, peak.high)), band=analysis.settings.band_cpm)
    if peak.place == "in":
        if analysis.rate is not None:
            rate = rate_alone(analysis.rate.rate_cpm, analysis.rate.low_cpm, analysis.rate.high_cpm)
        return say(LABELS, "in_band", rate=rate)
    if not peak.label:
        return say(LABELS, "outside", rate=rate)
    return say(LABELS, "outside_named", label=say(TABLE, peak.label), rate=rate)
