"""How does a session go to MNE-Python, and come back from it?

**Conventions.** Where the unit is known, data are in SI as MNE keeps them (g and mN → N, mV → V, ms → s); other channels
stay as they are. All channels are of type ``misc``. Annotations carry taps ("tap", or "tap" and the rater), counts
("count 27 AB") and named stretches; "BAD_missing" marks stretches without any sample.

- `to_mne` : `Session` → ``mne.io.RawArray``
- `from_mne` : any ``mne.io.Raw`` → `Session`
"""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm.io.content import Source
from touchrhythm.io.streams import Stream, marks_of, session_of_streams
from touchrhythm.session import Annotation, Session
from touchrhythm.units import si_unit
from touchrhythm.words.columns import split_words
from touchrhythm.words.program import how_to_install

__all__ = ["from_mne", "to_mne"]

MISSING = "BAD_missing"  # MNE passes over stretches whose name begins with BAD
STANDARD_G = 9.80665  # m/s² of the g of an accelerometer
CODES = {  # numbers of units in the FIF standard
    "m": 1,
    "s": 3,
    "A": 4,
    "K": 5,
    "Hz": 101,
    "N": 102,
    "Pa": 103,
    "V": 107,
    "T": 112,
    "°C": 114,
}
UNITS = {code: unit for unit, code in CODES.items()}


def to_mne(session: Session) -> Any:
    """A session as MNE keeps one.

    Parameters
    ----------
    session : Session
        Its taps, counts and named stretches become annotations.

    Returns
    -------
    mne.io.RawArray
        Data of shape (n_channels, n_samples), in SI where the unit is known; NaN where samples are missing.

    Raises
    ------
    ImportError
        If MNE is not installed; the message holds the line that installs it.
    """
    mne = _mne()
    recording = session.recording
    units = [_si(name, unit) for name, unit in zip(recording.channels, recording.units, strict=True)]
    info = mne.create_info(list(recording.channels), recording.fs, "misc", verbose="error")
    for channel, (unit, _) in zip(info["chs"], units, strict=True):
        channel["unit"] = CODES.get(unit, channel["unit"])
    raw = mne.io.RawArray(
        recording.data.T * np.array([[factor] for _, factor in units]), info, verbose="error"
    )
    missing = [Annotation(start, stop - start, MISSING) for start, stop in session.gaps.tolist()]
    marks = sorted([*marks_of(session), *missing], key=lambda mark: mark.onset)
    raw.set_annotations(
        mne.Annotations(
            [mark.onset for mark in marks],
            [mark.duration for mark in marks],
            [mark.label for mark in marks],
        ),
        verbose="error",
    )
    return raw


def from_mne(raw: Any) -> Session:
    """Session of what MNE holds.

    Annotations "tap" or "tap" and a rater are taps, "count 27" counts over their duration, all others named
    stretches; what "BAD_missing" covers is missing.

    Parameters
    ----------
    raw : mne.io.BaseRaw
        Cropped or not; times count from its first sample.

    Returns
    -------
    Session
        Units are those that MNE states (V, T, N, s, …), "" where it states none.

    Raises
    ------
    BadFile
        If no channel holds a sample, or a mark lies outside.
    """
    fs = float(raw.info["sfreq"])
    data = np.array(raw.get_data(verbose="error"), dtype=np.float64)
    first = float(raw.first_samp) / fs
    marks = [
        Annotation(max(0.0, float(onset) - first), float(duration), str(label))
        for onset, duration, label in zip(
            raw.annotations.onset, raw.annotations.duration, raw.annotations.description, strict=True
        )
    ]
    for mark in marks:
        if mark.label == MISSING:
            data[:, round(mark.onset * fs) : round((mark.onset + mark.duration) * fs)] = np.nan
    streams = [
        Stream(str(channel["ch_name"]), UNITS.get(int(channel["unit"]), ""), x, fs)
        for channel, x in zip(raw.info["chs"], data, strict=True)
    ]
    names = [str(name) for name in raw.filenames if name]
    source = Source(Path(names[0] if names else "MNE recording"), b"", "")
    session = session_of_streams(
        source, "MNE", streams, [mark for mark in marks if mark.label != MISSING], "sampling rate given"
    )
    info = {key: value for key, value in session.info.items() if key != "facts"}  # they are of a file
    return dataclasses.replace(session, info=info)


def _mne() -> Any:
    try:
        return importlib.import_module("mne")
    except ImportError:
        raise ImportError(f"to_mne needs MNE, which is not installed: {how_to_install('mne')}") from None


def _si(name: str, unit: str) -> tuple[str, float]:
    """SI unit of a channel and the factor to it; g on an accelerometer is no weight."""
    if unit.strip() == "g" and any(word.startswith("acc") for word in split_words(name)):
        return "m/s²", STANDARD_G
    return si_unit(unit)
