"""How does the assistant's live view look in a window?

Redrawn in part only (blitting), so that a laptop has time left for recording.

- `LiveWindow` : the live view as a moving picture
- `open_window` : one on the screen, where there is one
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from touchrhythm.device.live_view import SHOWN_S, LiveView

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["LiveWindow", "open_window"]

WINDOW_FS = 20.0
WORDS_EVERY_S = 0.5
WITHOUT_SCREEN = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


class LiveWindow:
    """The live view as a picture that is redrawn in part only.

    Parameters
    ----------
    view : LiveView
        What to show.
    figure : matplotlib Figure, optional
        Drawn on this one; default opens a window.
    """

    def __init__(self, view: LiveView, figure: Any = None) -> None:
        if figure is None:
            import matplotlib.pyplot as plt

            figure = plt.figure("touchrhythm: for the assistant only", figsize=(9, 5))
        self.view = view
        self.figure = figure
        top, bottom = figure.subplots(2, 1, sharex=True)
        figure.subplots_adjust(top=0.86)
        self._force = self._axes(top, f"{view.signal} ({view.unit})")
        low, high = view.band.band_cpm
        wave = f"{low:g}–{high:g} cpm ({view.unit}), {view.band.delay:.1f} s behind"
        self._wave = self._axes(bottom, wave)
        bottom.set_xlabel("seconds")
        if view.unit == "g":
            top.axhspan(*view.target_g, color="0.85")
            top.set_ylim(0, 3 * view.target_g[1])
        self._top, self._bottom = top, bottom
        self._text = figure.text(0.02, 0.9, "", family="monospace", fontsize=9, animated=True)
        self._bare: Any = None
        self._background: Any = None
        self._written = -1.0
        self.is_closed = False
        figure.canvas.mpl_connect("close_event", self._on_close)
        figure.canvas.mpl_connect("draw_event", self._on_draw)
        figure.canvas.draw()

    def _axes(self, ax: Axes, label: str) -> Any:
        ax.set_xlim(-SHOWN_S, 0)
        ax.set_ylabel(label)
        return ax.plot([], [], lw=1, color="0.1", animated=True)[0]

    def _on_close(self, _: Any) -> None:
        self.is_closed = True

    def _on_draw(self, _: Any) -> None:
        self._bare = self.figure.canvas.copy_from_bbox(self.figure.bbox)
        self._write(time.monotonic())

    def _write(self, now: float) -> None:
        """Put the words on the bare picture; drawing letters costs more than drawing traces."""
        canvas = self.figure.canvas
        canvas.restore_region(self._bare)
        self._text.set_text("\n".join(self.view.lines()))
        self.figure.draw_artist(self._text)
        self._background = canvas.copy_from_bbox(self.figure.bbox)
        self._written = now

    def draw_frame(self) -> None:
        """Redraw what moves."""
        self.view.update()
        recent = list(self.view.monitor.recent)
        canvas = self.figure.canvas
        if recent:
            self._set_lines(recent)
        now = time.monotonic()
        if now - self._written > WORDS_EVERY_S:
            self._write(now)
        canvas.restore_region(self._background)
        self._top.draw_artist(self._force)
        self._bottom.draw_artist(self._wave)
        canvas.blit(self.figure.bbox)
        canvas.flush_events()

    def _set_lines(self, recent: list[tuple[float, float]]) -> None:
        fs = self.view.monitor.fs or WINDOW_FS
        every = max(1, round(fs / WINDOW_FS))
        shown = np.array(recent[-int(SHOWN_S * fs) :: every])
        now = recent[-1][0]
        force = np.array([self.view.value(v) for v in shown[:, 1]])
        self._force.set_data(shown[:, 0] - now, force)
        has_moved = self._fit(self._top, force) if self.view.unit != "g" else False
        if self.view.filtered:
            wave = np.array(self.view.filtered)
            self._wave.set_data(wave[:, 0] - now, wave[:, 1])
            has_moved = self._fit(self._bottom, wave[:, 1]) or has_moved
        if has_moved:
            self.figure.canvas.draw()

    def _fit(self, ax: Axes, values: np.ndarray) -> bool:
        """Widen or narrow the vertical range when the trace has left it or fills little of it."""
        low, high = ax.get_ylim()
        least, most = float(values.min()), float(values.max())
        span = max(most - least, 1e-3)
        if low <= least and most <= high and (high - low) < 8 * span:
            return False
        ax.set_ylim(least - span, most + span)
        return True


def open_window(view: LiveView) -> LiveWindow | None:
    """A window with the live view on the screen; None where there is no screen."""
    import matplotlib.pyplot as plt

    if plt.get_backend().lower() in WITHOUT_SCREEN:
        return None
    plt.ion()
    window = LiveWindow(view)
    plt.show(block=False)
    return window
