"""What does an EDF or BDF file hold, and how is a session written as one?

**Conventions.** Annotations of EDF+ carry taps ("tap", or "tap" and the rater), counts ("count 27 AB") and named
stretches. A record holds whole samples at any rate: its length is chosen so. The last record is filled, samples that
are missing are held, and annotations say so; reading takes both back. EDF keeps 16 bits of each sample, BDF 24.

- `read_edf` : ``.edf`` or ``.bdf`` → `Session`
- `write_edf` : the way back
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile, words_of
from touchrhythm.io.content import Source, open_bytes
from touchrhythm.io.extras import load_extra
from touchrhythm.io.streams import ENDED, MISSING, Stream, marks_of, session_of_streams
from touchrhythm.io.writing import make_folder, refuse_existing, write_new
from touchrhythm.session import Annotation, Session, runs_of
from touchrhythm.words.columns import plain

__all__ = ["read_edf", "write_edf"]

HEADER = 256  # bytes
RESERVED = slice(192, 197)
LONGEST_LABEL = 16
MOST_IN_RECORD = 30_000  # samples of all channels: a record has at most 61,440 bytes
LONGEST_RECORD = 100.0  # s


def read_edf(path: Path) -> Session:
    """Session of an EDF, EDF+, BDF or BDF+ file.

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be opened, edfio is not installed, or the content is no EDF or cut off.
    """
    raw, digest = open_bytes(path)
    edfio = load_extra(path, "edfio", "edfio")
    is_bdf = raw[:1] == b"\xff"
    if len(raw) < HEADER or not (is_bdf or raw[:8].strip() == b"0"):
        raise BadFile(path, "is no EDF or BDF file: it does not begin with their mark")
    if raw[RESERVED] in (b"EDF+D", b"BDF+D"):
        raise BadFile(
            path, "has interruptions (EDF+D); export it as continuous, or each stretch as its own file"
        )
    try:
        read = edfio.read_bdf if is_bdf else edfio.read_edf
        found = read(io.BytesIO(raw))
        streams = [
            Stream(
                signal.label.strip(),
                signal.physical_dimension.strip(),
                _physical(signal),
                float(signal.sampling_frequency),
            )
            for signal in found.signals
        ]
        marks = [
            Annotation(float(mark.onset), float(mark.duration or 0), str(mark.text))
            for mark in found.annotations
        ]
    except Exception as error:  # a damaged header fails wherever it is used
        told = words_of(error, 100)
        raise BadFile(path, f"is damaged, or no EDF or BDF file ({told})") from None
    what = "BDF" if is_bdf else "EDF"
    return session_of_streams(Source(path, b"", digest), what, streams, marks, "sampling rate given")


def _physical(signal: Any) -> FloatArray:
    return np.asarray(signal.data, dtype=np.float64)


def write_edf(session: Session, path: str | Path) -> Path:
    """Write a session as EDF+ (``.edf``, 16 bits a sample) or BDF+ (``.bdf``, 24 bits).

    Parameters
    ----------
    session : Session
        Its taps, counts and named stretches become annotations.
    path : str or Path
        ``.edf`` or ``.bdf``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CannotWrite
        If the file is there already, or cannot be made.
    BadFile
        If edfio is not installed.
    ValueError
        On an unknown suffix.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix not in (".edf", ".bdf"):
        raise ValueError(f"an EDF file must end in .edf or .bdf, got {file.name!r}")
    refuse_existing(file)
    edfio = load_extra(file, "edfio", "edfio")
    buffer = io.BytesIO()
    _edf_of(session, edfio, is_bdf=suffix == ".bdf").write(buffer)
    make_folder(file.parent)
    write_new(file, buffer.getvalue())
    return file


def _edf_of(session: Session, edfio: Any, *, is_bdf: bool) -> Any:
    """What edfio writes of a session."""
    recording = session.recording
    whole, signal = (edfio.Bdf, edfio.BdfSignal) if is_bdf else (edfio.Edf, edfio.EdfSignal)
    per_record, seconds = _record(recording.fs, len(recording.channels))
    n_filled = -recording.n_samples % per_record
    held = [_held(x) for x in recording.data.T]
    signals = [
        signal(
            np.concatenate((x, np.full(n_filled, x[-1]))),
            per_record / seconds,
            label=label,
            physical_dimension=plain(unit).encode("ascii", "ignore").decode()[:8]
            if not unit.isascii()
            else unit[:8],
            physical_range=_range(x),
        )
        for x, label, unit in zip(held, _labels(recording.channels), recording.units, strict=True)
    ]
    marks = [edfio.EdfAnnotation(mark.onset, mark.duration, mark.label) for mark in _marks(session, n_filled)]
    return whole(signals, data_record_duration=seconds, annotations=marks)


def _record(fs: float, n_channels: int) -> tuple[int, float]:
    """Samples in a record, and its seconds as the 8 characters of the header hold them, with the smallest error."""
    most = max(1, min(MOST_IN_RECORD // n_channels, math.floor(LONGEST_RECORD * fs)))
    n = np.arange(1, most + 1)
    seconds = np.array([float(f"{count / fs:.8f}"[:8]) for count in n.tolist()])
    error = np.where(seconds > 0, np.abs(n / np.where(seconds > 0, seconds, 1) / fs - 1), np.inf)
    enough = np.flatnonzero((error <= max(float(error.min()), 1e-12)) & (seconds > 0))
    best = int(enough[np.argmin(np.abs(seconds[enough] - 1))])
    return int(n[best]), float(seconds[best])


def _held(x: FloatArray) -> FloatArray:
    """A channel with missing samples held at the last that was there."""
    known = np.isfinite(x)
    if not known.any():
        return np.zeros(x.size)
    at = np.maximum.accumulate(np.where(known, np.arange(x.size), -1))
    return np.asarray(x[np.where(at < 0, int(np.argmax(known)), at)], dtype=np.float64)


def _range(x: FloatArray) -> tuple[float, float]:
    """Range that the 8 characters of the header can hold, around all samples."""
    low, high = float(x.min()), float(x.max())
    margin = 1e-3 * max(high - low, abs(low), abs(high), 1e-3)
    unit = 10.0 ** math.floor(math.log10(margin))
    low, high = (math.floor(low / unit) - 1) * unit, (math.ceil(high / unit) + 1) * unit
    return float(f"{low:.4g}"), float(f"{high:.4g}")


def _labels(channels: tuple[str, ...]) -> list[str]:
    """Names of at most 16 ASCII characters, all different."""
    out: list[str] = []
    for name in channels:
        label = plain(name).encode("ascii", "replace").decode() if not name.isascii() else name
        label, n = label[:LONGEST_LABEL], 2
        while label in out:
            label, n = f"{label[: LONGEST_LABEL - len(str(n)) - 1]}_{n}", n + 1
        out.append(label)
    return out


def _marks(session: Session, n_filled: int) -> list[Annotation]:
    """Taps, counts, stretches, and what was filled in, as marks."""
    recording = session.recording
    marks = marks_of(session)
    for x, label in zip(recording.data.T, _labels(recording.channels), strict=True):
        for start, stop in (runs_of(np.isnan(x)) / recording.fs).tolist():
            marks.append(Annotation(start, stop - start, f"{MISSING}: {label}"))
    if n_filled:
        marks.append(Annotation(recording.duration, 0.0, ENDED))
    return sorted(marks, key=lambda mark: mark.onset)
