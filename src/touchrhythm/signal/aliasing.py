"""Which faster rhythm may sampling have folded into the band?

A frequency f appears at its distance from the nearest multiple of the sampling rate. Nothing can tell it from a
rhythm in the band afterwards; only a low-pass filter before sampling keeps it out.

**Conventions.** Frequencies in Hz; `fs` is the rate at which the sensor was sampled, before any decimation.

- `Alias` : a source with the sum that shows where it appears
- `aliasing_warnings` : all that can fold into a band
- `named_with_places` : each of them in words
- `mains_at` : the mains that can fold to one rate that was found, near its nominal frequency or off it
- `folded_to` : what can fold to one rate that was found
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy

from touchrhythm._check import FloatArray, check_band, check_fs
from touchrhythm.signal.decimation import segments

__all__ = ["Alias", "aliasing_warnings", "folded_to", "mains_at", "named_with_places"]

SOURCES = (  # what moves a hand or a sensor faster than the band: name, low and high in Hz, harmonics that count
    ("the pulse", 0.7, 3.0, 3),
    ("hand tremor", 4.0, 12.0, 2),
)
ORDINALS = {2: "2nd", 3: "3rd"}
MAINS = (50.0, 60.0)  # Hz; hum and lamps have their harmonics too
MAINS_HARMONICS = 4
MAINS_WANDER = 2e-3  # of the frequency: how far a grid is found from its nominal one
MAINS_TOLERANCE = 4e-4  # of the frequency: what grid and sampling clock are off by
AROUND = 0.5  # Hz about a line that say how much power there is without it
LEAST_DISTANCE = 0.25  # Hz: what is folded lower than this cannot be told from the band
SURE = 1e-4  # chance of as much power without a line


@dataclass(frozen=True)
class Alias:
    """Frequencies (`low` to `high` Hz) of `source` that appear inside the band at `fs` samples a second.

    `multiple` of `fs` that they are folded about; `line` the frequency of a source that has but one, in Hz,
    NaN of a broad one.
    """

    source: str
    low: float
    high: float
    fs: float
    multiple: int = 0
    line: float = float("nan")

    @property
    def arithmetic(self) -> str:
        """Where one line is folded to, as a sum: "|50 − 4 × 12.53| = 0.12 Hz"."""
        folded = abs(self.line - self.multiple * self.fs)
        return f"|{self.line:g} − {self.multiple} × {self.fs:g}| = {folded:.4g} Hz"

    def folded_to(self) -> tuple[float, float]:
        """Where it appears, lowest and highest frequency in Hz."""
        ends = sorted((abs(self.low - self.multiple * self.fs), abs(self.high - self.multiple * self.fs)))
        return ends[0], ends[1]


def named_with_places(found: Iterable[Alias]) -> tuple[str, ...]:
    """Each source once, in words, with where it must lie to be folded: "hand tremor at 9.8–9.9 or 10.1–10.2 Hz"."""
    places: dict[str, list[Alias]] = {}
    for alias in found:
        places.setdefault(alias.source, []).append(alias)
    return tuple(f"{source} {_places(aliases)}" for source, aliases in places.items())


def _places(aliases: list[Alias]) -> str:
    """Of one source: the sum for a line, else the ranges."""
    if not math.isnan(aliases[0].line):
        return f"({aliases[0].arithmetic})"
    ranges = [f"{alias.low:.4g}–{alias.high:.4g}" for alias in aliases]
    return f"at {' or '.join(filter(None, (', '.join(ranges[:-1]), ranges[-1])))} Hz"


def aliasing_warnings(fs: float, band: tuple[float, float]) -> tuple[Alias, ...]:
    """Pulse, tremor and mains frequencies that sampling at `fs` folds into the band.

    Parameters
    ----------
    fs : float
        Rate in Hz at which the sensor was sampled (before any decimation).
    band : tuple of float
        Band (low, high) in Hz.

    Returns
    -------
    tuple of Alias
        One entry per source and multiple of `fs`, lowest frequency first; empty where nothing folds.

    Examples
    --------
    >>> [(alias.low, alias.high) for alias in aliasing_warnings(10.0, (0.1, 0.2)) if alias.source == "hand tremor"]
    [(9.8, 9.9), (10.1, 10.2)]
    >>> aliasing_warnings(80.0, (0.1, 0.2))
    ()
    """
    rate = check_fs(fs)
    low, high = check_band(band, rate)
    broad = ((name, first, last, float("nan")) for name, first, last, _ in _broad())
    found = []
    for source, first, last, line in (*broad, *_mains_lines()):
        for multiple in range(1, int((last + high) / rate) + 1):
            for a, b in (
                (multiple * rate - high, multiple * rate - low),
                (multiple * rate + low, multiple * rate + high),
            ):
                a, b = max(a, first), min(b, last)
                if a < b:
                    found.append(Alias(source, round(a, 6), round(b, 6), rate, multiple, line))
    return tuple(sorted(found, key=lambda alias: (alias.low, alias.source)))


def mains_at(freq: float, *, fs: float, width: float) -> tuple[Alias, bool] | None:
    """The mains hum that sampling folds to a rate, as little off its nominal frequency as may be; None where none.

    Only mains itself is let wander as far as a grid is found to: a harmonic wanders so far that at most sampling rates
    one could be anywhere in a band.

    Parameters
    ----------
    freq : float
        Of the rhythm, in Hz.
    fs : float
        Rate in Hz at which the sensor was sampled.
    width : float
        By how much the rate may be off, in Hz.

    Returns
    -------
    (Alias, bool) or None
        The line with what it must be to be folded there, and whether that is its nominal frequency as far as it is known.
    """
    near = []
    for name, low, high, line in _mains_lines():
        multiple = round(line / fs)
        if not multiple or line == multiple * fs:
            continue  # sampled as it is, or folded to nothing at all: that says nothing of a rhythm
        nominal = abs(line - multiple * fs)
        implied = multiple * fs + math.copysign(freq, line - multiple * fs)
        off = abs(nominal - freq)
        is_just_there = off <= (high - low) / 2 + width
        if is_just_there or (line in MAINS and off <= MAINS_WANDER * line):
            if is_just_there:
                implied = line
            else:
                name = f"mains hum, were it at {implied:.2f} Hz,"
            alias = Alias(name, implied, implied, fs, multiple, round(implied, 2))
            near.append((not is_just_there, off / line, alias))
    if not near:
        return None
    wanders, _, alias = min(near, key=lambda line: line[:2])
    return alias, not wanders


def folded_to(x: FloatArray, freq: float, *, fs: float, width: float) -> Alias | None:
    """The pulse or tremor that sampling would fold to just where a rhythm was found; None where there is none.

    A harmonic is named only where its fundamental stands out of the recording: without that there is no harmonic.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        The channel as sampled; NaN where cut.
    freq : float
        Of the rhythm, in Hz.
    fs : float
    width : float
        Half the interval of `freq`, in Hz.
    """
    for name, first, last, order in _broad():
        for multiple in range(1, int((last + freq) / fs) + 1):
            lines = [
                round(line, 3)
                for line in (multiple * fs - freq, multiple * fs + freq)
                if first <= line <= last and (order == 1 or _stands_out(x, line / order, fs, width / order))
            ]
            if lines:
                either = " or ".join(f"{line:.4g}" for line in lines)
                article = "the " if order > 1 else ""
                return Alias(f"{article}{name} at {either} Hz", lines[0], lines[-1], fs, multiple, lines[0])
    return None


def _broad() -> Iterator[tuple[str, float, float, int]]:
    """Sources with a range: name, lowest and highest frequency in Hz, order; what a lower order covers is left out."""
    for name, low, high, orders in SOURCES:
        yield name.removeprefix("the "), low, high, 1
        for order in range(2, orders + 1):
            first = max(order * low, (order - 1) * high)
            yield f"{ORDINALS[order]} harmonic of {name}", first, order * high, order


def _stands_out(x: FloatArray, freq: float, fs: float, width: float) -> bool:
    """Whether a line at `freq`, folded where it must be, stands out of what is around it."""
    freq = abs(freq - fs * round(freq / fs))
    runs = segments(x, fs=fs)
    if freq < LEAST_DISTANCE or not len(runs):
        return False
    start, stop = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    piece = x[start:stop]
    piece = np.where(np.isnan(piece), np.nanmean(piece), piece)
    lines, power = _periodogram(piece, fs)
    step = fs / piece.size
    near = np.abs(lines - freq) <= width + 1.5 * step
    around = (np.abs(lines - freq) <= AROUND) & ~near & (lines > LEAST_DISTANCE)
    if not near.any() or around.sum() < near.sum():
        return False
    usual = float(np.median(power[around])) / np.log(2)  # the median of an exponential, made its mean
    count = near.sum() / 1.5  # independent lines of a Hann window
    return bool(scipy.special.gammaincc(count, count * float(power[near].mean()) / usual) < SURE)


def _periodogram(x: FloatArray, fs: float) -> tuple[FloatArray, FloatArray]:
    """Frequencies and one-sided power under a Hann window; loading scipy.signal for it costs more than all of a page."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(x.size) / x.size)
    power = np.abs(scipy.fft.rfft((x - x.mean()) * window)) ** 2
    power[1 : (x.size + 1) // 2] *= 2  # all but the level and the Nyquist frequency stand for two
    return np.asarray(scipy.fft.rfftfreq(x.size, 1 / fs)), np.asarray(power)


def _mains_lines() -> list[tuple[str, float, float, float]]:
    """Mains and its harmonics: name, lowest and highest frequency, and the line itself, in Hz."""
    lines = []
    for mains in MAINS:
        for order in range(1, MAINS_HARMONICS + 1):
            line = mains * order
            name = (
                f"mains hum of {mains:g} Hz"
                if order == 1
                else f"harmonic {order} of mains hum of {mains:g} Hz"
            )
            lines.append((name, line * (1 - MAINS_TOLERANCE), line * (1 + MAINS_TOLERANCE), line))
    return lines
