"""How fast did subject and examiner breathe in this session, where a channel tells?

The rate of a breathing channel is read off the phase advance of its strongest oscillation, while the
rater tapped. A channel in which nothing stands out has no rate: a belt that slipped is noise.

**Conventions.** Roles and people are those of the recording's channels; one of nobody in particular is
the subject's. Rates in cpm, times in seconds, NaN where there is no rate.

- `breathing_rates` : session → rates of subject and examiner
- `breathing_rate` : the rate of one channel
"""

from __future__ import annotations

import numpy as np
import scipy

from touchrhythm._check import FloatArray
from touchrhythm.estimates import NAN
from touchrhythm.session import Session
from touchrhythm.signal.decimation import decimated_segments
from touchrhythm.signal.filtering import cycles_passed
from touchrhythm.units import hz_to_cpm

__all__ = ["breathing_rate", "breathing_rates"]

RANGE = (0.05, 0.75)  # Hz: 3 to 45 cpm
SHORTEST = 60.0  # s
NEAR, WIDEST = 0.25, 0.06  # share of the rate, and Hz, that still belongs to the oscillation
LEAST_FRACTION = 0.6  # of the power in RANGE, that an oscillation is said to stand out
SMOOTHED = 0.01  # Hz


def breathing_rates(session: Session, span: tuple[float, float]) -> tuple[float, float]:
    """Breathing rates of subject and examiner in cpm during a span of seconds; NaN where not recorded.

    Parameters
    ----------
    session : Session
    span : tuple of float
        Start and stop in seconds from the first sample; a span under 60 s takes the whole recording.
    """
    recording = session.recording
    found = [NAN, NAN]
    for column, (role, person) in enumerate(zip(recording.roles, recording.people, strict=True)):
        if role == "breathing":
            who = int(person == "examiner")
            if not np.isfinite(found[who]):
                found[who] = breathing_rate(recording.data[:, column], fs=recording.fs, span=span)
    return found[0], found[1]


def breathing_rate(x: FloatArray, *, fs: float, span: tuple[float, float] = (0.0, 0.0)) -> float:
    """Mean rate in cpm of the oscillation that stands out in 3–45 cpm; NaN where none does.

    Parameters
    ----------
    x : ndarray, shape (n_samples,)
        One channel; NaN marks gaps.
    fs : float
        Sampling rate in Hz.
    span : tuple of float
        Start and stop in seconds; the whole channel where that is under 60 s.

    Examples
    --------
    >>> time = np.arange(3000) / 10
    >>> round(breathing_rate(np.sin(2 * np.pi * 0.25 * time), fs=10.0), 1)
    15.0
    """
    start, stop = (max(0, round(edge * fs)) for edge in span)
    inside = x[start:stop] if stop - start >= SHORTEST * fs else x
    parts = [part for part in decimated_segments(inside, fs=fs) if part.duration >= SHORTEST]
    if not parts:
        return NAN
    longest = max(parts, key=lambda part: part.duration)
    y = scipy.signal.detrend(longest.x)
    centre = _standing_out(y, longest.fs)
    return hz_to_cpm(_mean_rate(y, longest.fs, centre)) if np.isfinite(centre) else NAN


def _standing_out(y: FloatArray, fs: float) -> float:
    """Where most of the power lies, in Hz; NaN where it is spread."""
    n = 4 * y.size
    freq = scipy.fft.rfftfreq(n, 1 / fs)
    power = np.abs(scipy.fft.rfft(y * np.hanning(y.size), n)) ** 2
    smooth = scipy.ndimage.uniform_filter1d(power, max(1, round(SMOOTHED / freq[1])))
    inside = (freq >= RANGE[0]) & (freq <= min(RANGE[1], 0.45 * fs))
    total = float(power[inside].sum())
    if not total > 0:
        return NAN
    centre = float(freq[inside][smooth[inside].argmax()])
    near = np.abs(freq - centre) <= min(NEAR * centre, WIDEST)
    return centre if power[near & inside].sum() >= LEAST_FRACTION * total else NAN


def _mean_rate(y: FloatArray, fs: float, centre: float) -> float:
    """Phase advance in Hz of the oscillation about `centre`, its ends of two cycles left out."""
    n = 2 * y.size
    freq = scipy.fft.fftfreq(n, 1 / fs)
    width = min(NEAR * centre, WIDEST) / 2
    gain = np.exp(-0.5 * ((freq - centre) / width) ** 2)
    trace = scipy.fft.ifft(scipy.fft.fft(y, n) * gain)[: y.size]
    edge = round(2 * fs / centre)
    inner = trace[None, edge : y.size - edge]
    passed = cycles_passed(inner, (0, inner.shape[1] - 1))
    return float(np.diff(passed)[0, 0] / (inner.shape[1] - 1) * fs)
