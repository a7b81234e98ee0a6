"""What does the assistant see while it is recorded? Force with its target, losses, time, room left.

For the assistant's screen or terminal; never for a blinded examiner. Drawn by `matplotlib` with
blitting where there is a window, as plain text where there is a terminal.

**Conventions.** Force in grams where calibrated, else counts. The filtered trace is causal: it lags
behind by the delay that is shown beside it.

- `CausalBand` : a band-pass that knows no future, and its delay
- `LiveView` : what to show, from a `Monitor`
- `text_frame` : one screen of it as text
- `LiveWindow`, `open_window` : the same as a moving picture
"""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from touchrhythm.device.monitor import Monitor
from touchrhythm.units import SECONDS_PER_MINUTE, band_to_hz, minutes_seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CausalBand", "LiveView", "LiveWindow", "open_window", "text_frame"]

SHOWN_S = 30.0
FILTER_FS = 8.0
CONTACT_G = 1.0
WINDOW_FS = 20.0
WORDS_EVERY_S = 0.5
WITHOUT_SCREEN = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")


class CausalBand:
    """A band-pass of order 2 that goes forward only.

    Parameters
    ----------
    band_cpm : tuple of (low, high)
        Band in cycles per minute.
    fs : float, default 8.0
        Rate of the values it is fed with, in Hz.
    """

    def __init__(self, band_cpm: tuple[float, float] = (6.0, 12.0), fs: float = FILTER_FS) -> None:
        import scipy

        self._sos = scipy.signal.butter(2, band_to_hz(band_cpm), "bandpass", fs=fs, output="sos")
        self._state: Any = None
        middle = float(np.sqrt(np.prod(band_to_hz(band_cpm))))
        freq = middle * np.array([0.99, 1.01])
        _, response = scipy.signal.freqz_sos(self._sos, worN=freq, fs=fs)
        phase = np.unwrap(np.angle(response))
        self.delay = float(-(phase[1] - phase[0]) / (2 * np.pi * (freq[1] - freq[0])))

    def feed(self, value: float) -> float:
        """Filtered value; the first one is taken as the level from which it starts."""
        import scipy

        if self._state is None:
            self._state = scipy.signal.sosfilt_zi(self._sos) * value
        out, self._state = scipy.signal.sosfilt(self._sos, [value], zi=self._state)
        return float(out[0])


class LiveView:
    """Figures of the moment, from a monitor that is fed elsewhere.

    Parameters
    ----------
    monitor : Monitor
        Fed with the journal's chunks.
    target_g : tuple of (low, high), default (4.0, 6.0)
        Zone of force that the examiner is to keep.
    """

    def __init__(self, monitor: Monitor, *, target_g: tuple[float, float] = (4.0, 6.0)) -> None:
        self.monitor = monitor
        self.target_g = target_g
        self.stage = "waiting"
        self.minutes_left: float | None = None
        self.band = CausalBand()
        self.filtered: list[tuple[float, float]] = []
        self._fed_s = -1.0
        self._grew = time.monotonic()

    def take_stage(self, event: str, name: str, state: str) -> None:
        """Hear a mark: which step the session is in."""
        if event == "step":
            self.stage = name if state == "begin" else self.stage
        elif event in ("hand on", "start", "stop", "hand off", "end", "abort"):
            self.stage = {"start": "tapping", "stop": "margin after", "hand on": "margin before"}.get(
                event, event
            )

    def note_growth(self) -> None:
        """Bytes have come just now."""
        self._grew = time.monotonic()

    @property
    def silent_s(self) -> float:
        """Seconds since the last byte came, by this program's clock."""
        return time.monotonic() - self._grew

    def value(self, counts: float) -> float:
        """Grams where calibrated, else counts."""
        scale = self.monitor.scale
        return counts if scale is None else scale.grams(counts)

    @property
    def unit(self) -> str:
        """Unit of `value`."""
        return "counts" if self.monitor.scale is None else "g"

    def update(self) -> None:
        """Filter what has come since the last call."""
        recent = self.monitor.recent
        step = 1.0 / FILTER_FS
        if self._fed_s < 0 and recent:
            self._fed_s = recent[0][0]
        fresh = [one for one in list(recent)[-4096:] if one[0] > self._fed_s]
        while fresh and fresh[-1][0] - self._fed_s >= step:
            block = [v for t, v in fresh if t <= self._fed_s + step]
            fresh = fresh[len(block) :]
            self._fed_s += step
            if block:
                self.filtered.append((self._fed_s, self.band.feed(self.value(sum(block) / len(block)))))
        del self.filtered[: -int(SHOWN_S * FILTER_FS)]

    def lines(self) -> list[str]:
        """What is to be said, a line each."""
        monitor, counts = self.monitor, self.monitor.counts()
        fs = monitor.fs
        n_all = counts["samples"] + counts["missing"]
        loss = 100 * counts["missing"] / n_all if n_all else 0.0
        elapsed = (monitor.last_byte_s or 0.0) - (monitor.first_s or 0.0)
        lost = f"lost {loss:.2f} % ({counts['dropped by device']} dropped by the device)"
        if not monitor.sees_losses:
            lost = "losses cannot be seen"
        room = (
            ""
            if self.minutes_left is None
            else f" · disk full in {self.minutes_left / SECONDS_PER_MINUTE:.0f} h"
        )
        state = "connected" if monitor.is_connected else "DEVICE GONE"
        found = [
            f"{self.stage} · {minutes_seconds(elapsed)} · {state} · last byte {self.silent_s:.1f} s ago{room}",
            f"{fs or 0:.1f} samples/s · {lost} · damaged {counts['damaged']} · resets {counts['resets']} · presses {counts['presses']}",
        ]
        if monitor.garbled:
            found.append(monitor.garbled)
        if monitor.n_saturated:
            found.append(f"SATURATED: {monitor.n_saturated} samples at the converter's end")
        return found

    def contact(self) -> str:
        """Whether something presses, in words; "" where not calibrated."""
        force = self.monitor.force_g
        if force is None:
            return ""
        low, high = self.target_g
        if force > self.monitor.max_force_g:
            return "TOO MUCH FORCE"
        if force < CONTACT_G:
            return "no contact"
        return "on target" if low <= force <= high else "too light" if force < low else "too heavy"


def text_frame(view: LiveView, *, width: int = 72, force_only: bool = False) -> str:
    """One screen of the live view as plain text.

    Parameters
    ----------
    view : LiveView
        What to show.
    width : int, default 72
        Columns.
    force_only : bool, default False
        Whether to keep back the filtered trace, counts and clock, from one who is to stay blind.

    Returns
    -------
    str
        Lines, joined by line ends.
    """
    view.update()
    last = view.monitor.last
    value = view.value(last.values[0]) if last is not None else float("nan")
    head = f"force {value:8.2f} {view.unit:6s} {view.contact()}"
    bar = _bar(value, view.target_g, width) if view.unit == "g" else ""
    if force_only:
        return "\n".join(part for part in (head, bar) if part)
    wave = _wave(view, width)
    note = f"6–12 cpm, causal: {view.band.delay:.1f} s behind"
    parts = [head, bar, wave, note]
    parts += [row for line in view.lines() for row in textwrap.wrap(line, width)]
    return "\n".join(part for part in parts if part)


def _bar(value: float, target: tuple[float, float], width: int) -> str:
    top = 2.5 * target[1]
    cells = width - 2
    body = []
    for i in range(cells):
        at = top * (i + 0.5) / cells
        in_zone = target[0] <= at <= target[1]
        body.append("#" if at <= value else "=" if in_zone else ".")
    return "[" + "".join(body) + "]"


def _wave(view: LiveView, width: int) -> str:
    """The filtered trace as one line of height marks."""
    marks = " .:-=+*#%@"
    values = np.array([v for _, v in view.filtered[-width:]])
    if values.size < 2:
        return ""
    span = float(np.ptp(values)) or 1.0
    level = ((values - values.min()) / span * (len(marks) - 1)).astype(int)
    return "".join(marks[i] for i in level)


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
        self._force = self._axes(top, f"force ({view.unit})")
        self._wave = self._axes(bottom, f"6–12 cpm ({view.unit}), {view.band.delay:.1f} s behind")
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
