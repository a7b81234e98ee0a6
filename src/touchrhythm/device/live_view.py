"""What does the assistant see while it is recorded? Force with its target or the heart, losses, time, room left.

For the assistant's screen or terminal; never for a blinded examiner. `plotting.live_window` draws it
where there is a screen; here it is plain text for a terminal.

**Conventions.** Force in grams where calibrated, else counts. The filtered trace is causal: it lags
behind by the delay that is shown beside it.

- `CausalBand` : a band-pass that knows no future, and its delay
- `RunningBeats` : the beats of the last seconds
- `LiveView` : what to show, from a `Monitor`
- `text_frame` : one screen of it as text
"""

from __future__ import annotations

import textwrap
import time
from typing import Any

import numpy as np

from touchrhythm.device.monitor import Monitor
from touchrhythm.pulse.beats import LOWEST_FS, Beats, find_beats
from touchrhythm.settings import Settings
from touchrhythm.units import SECONDS_PER_MINUTE, band_to_hz, minutes_seconds
from touchrhythm.words import say
from touchrhythm.words.devices import LIVE

__all__ = ["SHOWN_S", "CausalBand", "LiveView", "RunningBeats", "text_frame"]

SHOWN_S = 30.0
FILTER_FS = 8.0
CONTACT_G = 1.0
BEATS_S = 10.0
BEATS_EVERY_S = 1.0
MOST_BAD = 0.5  # of what is like a beat; with more there is no heart rate to tell


class CausalBand:
    """A band-pass of order 2 that goes forward only.

    Parameters
    ----------
    band_cpm : tuple of (low, high), optional
        Band in cycles per minute; that of `Settings` if left out.
    fs : float, default 8.0
        Rate of the values it is fed with, in Hz.
    """

    def __init__(self, band_cpm: tuple[float, float] | None = None, fs: float = FILTER_FS) -> None:
        import scipy

        band_cpm = self.band_cpm = Settings().band_cpm if band_cpm is None else band_cpm
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


class RunningBeats:
    """Beats of the last `BEATS_S` seconds, looked for anew at most once a second.

    Parameters
    ----------
    kind : str
        "pulse" or "ecg".
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.has_rate = True
        self.wave: np.ndarray = np.zeros(0)
        self._beats: Beats | None = None
        self._looked = -BEATS_EVERY_S

    def look(self, monitor: Monitor) -> None:
        """Find the beats in what came, if a second has gone by since the last time."""
        fs = monitor.fs
        if fs is None or monitor.recent[-1][0] - self._looked < BEATS_EVERY_S:
            return
        self._looked = monitor.recent[-1][0]
        recent = list(monitor.recent)[-round(BEATS_S * fs) :]
        self.wave = np.array([value for _, value in recent])
        self.has_rate = fs >= LOWEST_FS[self.kind]
        found = find_beats(self.wave, fs=fs, kind=self.kind) if self.has_rate else None
        self._beats = found if found is not None and found.bad_fraction <= MOST_BAD else None

    @property
    def place(self) -> np.ndarray:
        """Where in the wave the good beats are, as fractions of its length."""
        beats = self._beats
        return np.zeros(0) if beats is None else beats.time_s[beats.good] / beats.duration

    def words(self) -> str:
        """The heart in one line."""
        if not self.has_rate:
            return say(LIVE, "too_few_samples", needed=LOWEST_FS[self.kind])
        beats = self._beats
        if beats is None or not np.isfinite(beats.rate_bpm):
            return say(LIVE, "no_heart", seconds=BEATS_S)
        return say(LIVE, "heart", rate_bpm=beats.rate_bpm, n=int(beats.good.sum()), seconds=BEATS_S)


class LiveView:
    """Figures of the moment, from a monitor that is fed elsewhere.

    Parameters
    ----------
    monitor : Monitor
        Fed with the journal's chunks.
    target_g : tuple of (low, high), default (4.0, 6.0)
        Zone of force that the examiner is to keep.
    signal : str, default "force"
        What the first channel holds: "force", "pulse" or "ecg".
    """

    def __init__(
        self, monitor: Monitor, *, target_g: tuple[float, float] = (4.0, 6.0), signal: str = "force"
    ) -> None:
        self.monitor = monitor
        self.target_g = target_g
        self.signal = signal
        self.heart = None if signal == "force" else RunningBeats(signal)
        self.stage = say(LIVE, "waiting")
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
            code = {"start": "tapping", "stop": "margin_after", "hand on": "margin_before"}.get(event)
            self.stage = event if code is None else say(LIVE, code)

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
        """Filter what has come since the last call, and look for beats in a pulse."""
        if self.heart is not None:
            self.heart.look(self.monitor)
        recent = self.monitor.recent
        step = 1.0 / FILTER_FS
        if self._fed_s < 0 and recent:
            self._fed_s = recent[0][0]
        fresh = [(time_s, counts) for time_s, counts in list(recent)[-4096:] if time_s > self._fed_s]
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
        n_all = counts["samples"] + counts["missing"]
        percent = 100 * counts["missing"] / n_all if n_all else 0.0
        if monitor.sees_losses:
            lost = say(LIVE, "lost", percent=percent, n_dropped=counts["dropped by device"])
        else:
            lost = say(LIVE, "lost_unseen")
        found = [
            self._state(),
            say(
                LIVE,
                "counts",
                fs=monitor.fs or 0.0,
                lost=lost,
                n_damaged=counts["damaged"],
                n_resets=counts["resets"],
                n_presses=counts["presses"],
            ),
        ]
        if self.heart is not None:
            found.insert(0, self.heart.words())
        if monitor.garbled:
            found.append(monitor.garbled)
        if monitor.n_saturated:
            found.append(say(LIVE, "saturated", n=monitor.n_saturated))
        return found

    def _state(self) -> str:
        monitor = self.monitor
        told = {
            "stage": self.stage,
            "elapsed": minutes_seconds((monitor.last_byte_s or 0.0) - (monitor.first_s or 0.0)),
            "connection": say(LIVE, "connected" if monitor.is_connected else "gone"),
            "silent_s": self.silent_s,
        }
        if self.minutes_left is None:
            return say(LIVE, "state", **told)
        return say(LIVE, "state_with_room", **told, hours=self.minutes_left / SECONDS_PER_MINUTE)

    def contact(self) -> str:
        """Whether something presses, in words; "" where not calibrated."""
        force = self.monitor.force_g
        if force is None:
            return ""
        low, high = self.target_g
        if force > self.monitor.max_force_g:
            return say(LIVE, "too_much")
        if force < CONTACT_G:
            return say(LIVE, "no_contact")
        return say(LIVE, "on_target" if low <= force <= high else "too_light" if force < low else "too_heavy")


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
    if view.heart is not None:
        return _heart_frame(view, view.heart, width, force_only)
    last = view.monitor.last
    value = view.value(last.values[0]) if last is not None else float("nan")
    head = say(LIVE, "force", value=value, unit=view.unit, contact=view.contact())
    bar = _bar(value, view.target_g, width) if view.unit == "g" else ""
    if force_only:
        return "\n".join(part for part in (head, bar) if part)
    wave = _wave(view, width)
    low, high = view.band.band_cpm
    note = say(LIVE, "band", low=low, high=high, delay=view.band.delay)
    parts = [head, bar, wave, note]
    parts += [row for line in view.lines() for row in textwrap.wrap(line, width)]
    return "\n".join(part for part in parts if part)


def _heart_frame(view: LiveView, heart: RunningBeats, width: int, force_only: bool) -> str:
    """The last seconds of the wave, a mark under each beat, and the heart rate."""
    if force_only:
        return heart.words()
    parts = []
    if heart.wave.size > width:
        blocks = [float(block.mean()) for block in np.array_split(heart.wave, width)]
        marked = {min(int(place * width), width - 1) for place in heart.place}
        parts = [
            _marks(np.array(blocks)),
            "".join("^" if k in marked else " " for k in range(width)).rstrip(),
        ]
    return "\n".join(parts + [row for line in view.lines() for row in textwrap.wrap(line, width)])


def _bar(value: float, target: tuple[float, float], width: int) -> str:
    top = 2.5 * target[1]
    cells = width - 2
    body = []
    for cell in range(cells):
        at = top * (cell + 0.5) / cells
        in_zone = target[0] <= at <= target[1]
        body.append("#" if at <= value else "=" if in_zone else ".")
    return "[" + "".join(body) + "]"


def _wave(view: LiveView, width: int) -> str:
    """The filtered trace as one line of height marks."""
    values = np.array([v for _, v in view.filtered[-width:]])
    return "" if values.size < 2 else _marks(values)


def _marks(values: np.ndarray) -> str:
    marks = " .:-=+*#%@"
    span = float(np.ptp(values)) or 1.0
    level = ((values - values.min()) / span * (len(marks) - 1)).astype(int)
    return "".join(marks[height] for height in level)
