"""Which reference channels belong to a session, and what do they explain of its rhythm?

- `references_of` : one answer per reference, and one of all that explain together
"""

from __future__ import annotations

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.pulse.beats import find_beats
from touchrhythm.pulse.series import pulse_series
from touchrhythm.references.explained import Channel, Held, Reference, explain, explain_together, hold
from touchrhythm.rhythm.likelihood_ratio import SpectralFit
from touchrhythm.session import Recording
from touchrhythm.settings import SERIES, Settings
from touchrhythm.units import band_to_hz
from touchrhythm.words.columns import REFERENCES, split_words

__all__ = ["references_of"]

ECG = {"ecg", "ekg"}
LONGEST_BRIDGED = 5.0  # s


def references_of(
    recording: Recording,
    x: FloatArray,
    spectral: SpectralFit,
    *,
    column: int,
    freq: float,
    found: bool,
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[tuple[Reference, ...], Reference | None]:
    """What each reference channel explains, and what several of them explain jointly.

    Parameters
    ----------
    recording : Recording
    x : ndarray, shape (n_samples,)
        The channel that is analysed, NaN where cut.
    spectral : SpectralFit
        Of that channel.
    column : int
        Which one it is.
    freq : float
        Where its in-band peak is, in Hz.
    found : bool
        Whether a rhythm was found.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    tuple of Reference, Reference or None
        The second where more than one reference explains something.
    """
    columns = _columns(recording, settings)
    held = []
    for k, stream in zip(columns, rng.spawn(len(columns)), strict=True):
        if k == column:
            continue
        try:
            held.append(_held(recording, k, x, spectral, settings, stream))
        except ValueError:
            continue  # a reference that never varies, or never together with the channel, explains nothing
    answers = [explain(one, freq=freq, alpha=settings.alpha, found=found, rng=rng) for one in held]
    sharing = [one for one, answer in zip(held, answers, strict=True) if answer.shared]
    if len(sharing) < 2:
        return tuple(answers), None
    for k, one in enumerate(held):
        if one in sharing:
            beside = [other for other in sharing if other is not one]
            answers[k] = explain(one, freq=freq, alpha=settings.alpha, found=found, rng=rng, beside=beside)
    return tuple(answers), explain_together(sharing, freq=freq, alpha=settings.alpha, rng=rng)


def _columns(recording: Recording, settings: Settings) -> list[int]:
    if settings.references is None:
        return [k for k, role in enumerate(recording.roles) if role in REFERENCES]
    return [recording.index(name) for name in settings.references]


def _held(
    recording: Recording,
    k: int,
    x: FloatArray,
    spectral: SpectralFit,
    settings: Settings,
    rng: np.random.Generator,
) -> Held:
    role = recording.roles[k]
    series = _beat_series(recording, k) if role == "pulse" else {}
    if not series:
        series = {"": recording.data[:, k]}
    kind = role if role in REFERENCES else ""
    return hold(
        x,
        Channel(recording.channels[k], kind, recording.people[k], series),
        fs=recording.fs,
        band=band_to_hz(settings.band_cpm),
        rng=rng,
        spectral=spectral,
        min_duration=settings.min_duration,
        max_gap=settings.max_interpolated_gap,
    )


def _beat_series(recording: Recording, k: int) -> dict[str, FloatArray]:
    """Baseline, height and interval of a pulse's beats at the recording's rate; nothing where no beats are found.

    A slow rhythm is not in the pulse wave but in these. Where beats are missing for `LONGEST_BRIDGED` at the most
    the line goes on across, so that one bad beat does not end a stretch.
    """
    x, fs = recording.data[:, k], recording.fs
    words = split_words(recording.channels[k])
    try:
        beats = find_beats(x, fs=fs, kind="ecg" if ECG & set(words) else "pulse")
        found = pulse_series(beats, x, fs=fs)
    except ValueError:
        return {}
    time = np.arange(x.size) / fs
    series = {}
    for name in SERIES:
        values = getattr(found, name)
        known = np.flatnonzero(np.isfinite(values))
        if known.size < 2:
            continue
        line = np.interp(time, found.time[known], values[known])
        after = np.searchsorted(found.time[known], time)
        left = found.time[known][np.maximum(after - 1, 0)]
        right = found.time[known][np.minimum(after, known.size - 1)]
        series[name] = np.where(right - left > LONGEST_BRIDGED, np.nan, line)
    return series
