"""What was recorded in this XDF file (Lab Streaming Layer)?

**Conventions.** Each stream of numbers keeps its own time stamps, on the clock of the recording computer; a gap stays
one. Streams of texts are marks. All is brought to the fastest stream.

- `read_xdf` : ``.xdf`` or ``.xdfz`` → `Session`
"""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm.errors import BadFile, words_of
from touchrhythm.io.content import Source, open_bytes
from touchrhythm.io.extras import load_extra
from touchrhythm.io.streams import Stream, session_of_streams
from touchrhythm.session import Annotation, Session
from touchrhythm.signal.resampling import to_uniform

__all__ = ["read_xdf"]

MARK = b"XDF:"


def read_xdf(path: Path) -> Session:
    """Session of the streams and markers of an XDF file.

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be opened, pyxdf is not installed, or the content is no XDF.
    """
    raw, digest = open_bytes(path)
    pyxdf = load_extra(path, "pyxdf", "pyxdf")
    if raw[:4] != MARK:
        raise BadFile(path, "is no XDF file: it does not begin with XDF:")
    logging.getLogger("pyxdf").setLevel(logging.CRITICAL)  # what it says of damage is said here in words
    try:
        streams, _ = pyxdf.load_xdf(io.BytesIO(raw))
        channels = [channel for stream in streams for channel in _channels(stream)]
        marks = [mark for stream in streams for mark in _marks(stream)]
    except Exception as error:  # a damaged stream fails wherever it is used
        told = words_of(error, 100)
        raise BadFile(path, f"is damaged, or no XDF file ({told})") from None
    return session_of_streams(Source(path, b"", digest), "XDF", channels, marks, "times in file")


def _first(info: Any, name: str) -> str:
    """The text of an element, "" where it is not there."""
    found = info.get(name) if isinstance(info, dict) else None
    return str(found[0] or "") if isinstance(found, list) and found else ""


def _channels(stream: Any) -> list[Stream]:
    """Channels of a stream of numbers, on an even grid."""
    time, data = np.asarray(stream["time_stamps"], dtype=np.float64), stream["time_series"]
    if isinstance(data, list) or time.size < 2:
        return []
    info = stream["info"]
    rate = float(_first(info, "nominal_srate") or 0)
    if rate == 0 and np.asarray(data).dtype.kind not in "f":
        return []  # numbers sent now and then are marks
    grid = to_uniform(time, np.asarray(data, dtype=np.float64).reshape(time.size, -1))
    labels = _described(info)
    name, n = _first(info, "name") or "stream", grid.data.shape[1]
    out = []
    for k in range(n):
        label, unit = labels[k] if k < len(labels) else ("", "")
        label = label or (name if n == 1 else f"{name}_{k + 1}")
        out.append(Stream(label, unit, grid.data[:, k].copy(), grid.fs, float(time[0])))
    return out


def _described(info: Any) -> list[tuple[str, str]]:
    """Label and unit of each channel, as far as the stream describes them."""
    place = info
    for name in ("desc", "channels"):
        found = place.get(name) if isinstance(place, dict) else None
        place = found[0] if isinstance(found, list) and found else None
    listed = place.get("channel", []) if isinstance(place, dict) else []
    return [
        (_first(channel, "label") or _first(channel, "name"), _first(channel, "unit")) for channel in listed
    ]


def _marks(stream: Any) -> list[Annotation]:
    """Marks of a stream of texts, or of whole numbers that come now and then."""
    data, time = stream["time_series"], np.asarray(stream["time_stamps"], dtype=np.float64)
    if not isinstance(data, list):
        array = np.asarray(data)
        if float(_first(stream["info"], "nominal_srate") or 0) > 0 or array.dtype.kind == "f":
            return []
        data = array.reshape(time.size, -1).tolist()
    texts = [" ".join(str(word) for word in row if str(word)) for row in data]
    return [Annotation(at, 0.0, text) for at, text in zip(time.tolist(), texts, strict=True)]
