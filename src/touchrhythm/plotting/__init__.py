"""How do the results look? Pictures of an `Analysis`.

**Conventions.** Every ``plot_`` function takes `ax` (a new figure if None, never a window), draws,
computes nothing, and returns `ax`. Time as min:s, rates in cycles per minute.

- `plot_timeline`, `plot_signal`, `plot_filtered`, `plot_zoom`, `plot_rate` : over time
- `plot_spectrum` : over frequency
- `plot_phases`, `plot_asynchrony`, `plot_tap_rate` : taps
"""

from __future__ import annotations

from touchrhythm.plotting.frequency import plot_spectrum
from touchrhythm.plotting.over_time import plot_filtered, plot_rate, plot_signal, plot_timeline, plot_zoom
from touchrhythm.plotting.tapped import plot_asynchrony, plot_phases, plot_tap_rate

__all__ = [
    "plot_asynchrony",
    "plot_filtered",
    "plot_phases",
    "plot_rate",
    "plot_signal",
    "plot_spectrum",
    "plot_tap_rate",
    "plot_timeline",
    "plot_zoom",
]
