"""What was measured and what happened, as a journal tells it? Journal → Session.

**Conventions.** The grid is uniform, in the recorder's time; a grid point without a received sample on
both sides within 1.6 periods is NaN, and segments are never glued. The trial is the stretch from
"hand on" to "hand off"; what was recorded before (unloaded, dead weight) are pieces of their own.
Time 0 is the first sample of a piece.

- `read_journal` : the trial as a `Session`, force in grams where a calibration is known
- `list_pieces`, `cut_session` : the stretches of a journal, and one of them in raw counts
- `apply_calibration` : counts to grams
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.errors import BadFile
from touchrhythm.io.content import digest_of, shown
from touchrhythm.io.journal_decode import Decoded, decode_journal
from touchrhythm.io.journal_records import Journal, read_records
from touchrhythm.participants import KIND_OF_TASK
from touchrhythm.session import Annotation, Count, Recording, Session, Taps
from touchrhythm.units import counts_to_grams
from touchrhythm.words.columns import signal_by_name

__all__ = ["Piece", "apply_calibration", "cut_session", "list_pieces", "read_journal"]

MOST_POINTS = 100_000_000  # a day of ten channels at 100 samples/s
LARGEST_STEP = 1.6  # sample periods between two samples that are still neighbours
NOMINAL_WITHIN = 0.005  # of the declared rate: then the declared rate is the grid's
DECIMALS = 1  # of a count, on the grid
STRAY_S = 1.0  # after the announced stop, in which a press still belongs to the tapping
TASKS = {"unloaded": "unloaded", "dead weight": "deadweight", "unfinished": "unfinished"}


@dataclass(frozen=True)
class Piece:
    """A stretch of a journal: seconds of the recorder's clock, and what it is."""

    name: str
    begin: float
    end: float


def read_journal(path: str | Path) -> Session:
    """The trial of a journal as a session: hand on to hand off, whatever else it holds or lacks.

    Parameters
    ----------
    path : str or Path
        A journal, whole or torn.

    Returns
    -------
    Session
        Force in grams where the journal knows a calibration, else in counts; `info` says what was
        import_notes.

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If it is no journal, or holds no sample.
    """
    journal = read_records(path)
    decoded = decode_journal(journal, path)
    pieces = list_pieces(journal, decoded)
    return apply_calibration(cut_session(journal, decoded, pieces[0], path))


def list_pieces(journal: Journal, decoded: Decoded) -> tuple[Piece, ...]:
    """Stretches of a journal: the trial first, then what was recorded before it.

    A session that was stopped ends there, whatever came while the reason was typed.
    A guided session that ended before "hand on" has no trial: all of it is then "unfinished". Without
    a guide there are no marks, and everything is the trial.
    """
    first, last = float(decoded.time[0]), float(decoded.time[-1])
    on = journal.marks_of("hand on")
    off = journal.marks_of("hand off") or journal.marks_of("abort")
    begin = on[0].host_us / 1e6 if on else first
    end = off[-1].host_us / 1e6 if off else last
    if not decoded.time[(decoded.time >= begin) & (decoded.time <= end)].size:
        begin, end = first, last
    name = "unfinished" if journal.header.get("guided") and not on else "trial"
    pieces = [Piece(name, max(begin, first), min(end, last))]
    for name in ("unloaded", "dead weight"):
        marks = [mark for mark in journal.marks_of("step") if mark.facts.get("name") == name]
        edges = {mark.facts.get("state"): mark.host_us / 1e6 for mark in marks}
        if "begin" in edges and "end" in edges and on:
            pieces.append(Piece(name, edges["begin"], edges["end"]))
    return tuple(pieces)


def cut_session(journal: Journal, decoded: Decoded, piece: Piece, path: str | Path) -> Session:
    """One piece of a journal on a uniform grid, in raw counts.

    Raises
    ------
    BadFile
        If fewer than two samples lie in it.
    """
    inside = (decoded.time >= piece.begin) & (decoded.time <= piece.end)
    if inside.sum() < 2:
        raise BadFile(path, f"the {piece.name} must hold samples, got {int(inside.sum())}")
    time = decoded.time[inside]
    fs = _grid_rate(time, decoded.segment[inside], decoded.rate)
    n_points = (time[-1] - time[0]) * fs * decoded.values.shape[1]
    if not n_points < MOST_POINTS:
        raise BadFile(
            path, f"the {piece.name} lasts {time[-1] - time[0]:.0f} s by its times; was a line of it damaged?"
        )
    data = _grid(time, decoded.values[inside], decoded.segment[inside], fs)
    data = np.round(data, DECIMALS)
    start = float(time[0])
    duration = data.shape[0] / fs
    recording = Recording(data, fs, decoded.channels, decoded.units)
    taps, dropped = _taps(journal, decoded, piece, start, duration)
    import_notes = decoded.import_notes
    if dropped:
        import_notes += (
            "1 press outside the tapping is left out"
            if dropped == 1
            else f"{dropped} presses outside the tapping are left out",
        )
    if piece.name == "unfinished":
        import_notes += ("the session ended before the hand was put on: this is the apparatus alone",)
    return Session(
        recording,
        taps,
        _counts(journal, start, duration),
        _annotations(journal, start, duration),
        _info(journal, decoded, piece, path, import_notes),
    )


def _grid_rate(time: FloatArray, segment: np.ndarray, rate: float | None) -> float:
    """Rate of the uniform grid: the declared one where the samples agree."""
    step = np.diff(time)
    same = segment[1:] == segment[:-1]
    typical = float(np.median(step[same])) if same.any() else float(np.median(step))
    near = same & (step < LARGEST_STEP * typical)
    measured = float(near.sum() / step[near].sum()) if near.any() else 1.0 / typical
    return rate if rate and abs(rate - measured) <= NOMINAL_WITHIN * measured else float(f"{measured:.4g}")


def _grid(time: FloatArray, values: FloatArray, segment: np.ndarray, fs: float) -> FloatArray:
    """Data on the uniform grid that begins at the first sample."""
    step = np.diff(time)
    same = segment[1:] == segment[:-1]
    at = time[0] + np.arange(int(np.floor((time[-1] - time[0]) * fs + 1e-6)) + 1) / fs
    right = np.clip(np.searchsorted(time, at, side="right"), 1, time.size - 1)
    is_gap = (step > LARGEST_STEP / fs) | ~same
    data = np.column_stack([np.interp(at, time, column) for column in values.T])
    on_sample = np.minimum(np.abs(at - time[right - 1]), np.abs(time[right] - at)) < 1e-3 / fs
    data[is_gap[right - 1] & ~on_sample] = np.nan
    return data


def _span(journal: Journal, event: str) -> float | None:
    marks = journal.marks_of(event)
    return marks[0].host_us / 1e6 if marks else None


def _taps(
    journal: Journal, decoded: Decoded, piece: Piece, start: float, duration: float
) -> tuple[tuple[Taps, ...], int]:
    """Taps inside the announced tapping, and how many presses lay outside of it."""
    if piece.name != "trial" or not journal.header.get("has_taps", True):
        return (), 0
    by_key = [mark.host_us / 1e6 for mark in journal.marks_of("tap")]
    source = journal.header.get("taps") or "device"
    onset = (
        decoded.presses if source == "device" or (not by_key and source != "keyboard") else np.array(by_key)
    )
    onset = np.unique(np.asarray(onset, dtype=np.float64))
    begin, end = _span(journal, "start"), _span(journal, "stop")
    keep = (onset >= (piece.begin if begin is None else begin)) & (
        onset <= (piece.end if end is None else end + STRAY_S)
    )
    keep &= (onset >= start) & (onset <= start + duration)
    times = np.round(onset[keep] - start, 6)
    rater = str(journal.header.get("examiner") or "rater")
    return ((Taps(times, rater),) if times.size else ()), int((~keep).sum())


def _counts(journal: Journal, start: float, duration: float) -> tuple[Count, ...]:
    rater = str(journal.header.get("examiner") or "rater")
    found = []
    for mark in journal.marks_of("count"):
        onset = mark.facts["begin_us"] / 1e6 - start
        length = (mark.facts["end_us"] - mark.facts["begin_us"]) / 1e6
        if onset >= 0 and onset + length <= duration + 1.0:
            found.append(Count(int(mark.facts["count"]), round(onset, 6), round(length, 6), rater))
    return tuple(found)


def _annotations(journal: Journal, start: float, duration: float) -> tuple[Annotation, ...]:
    """Hand on, hand off, the announced tapping, warnings and losses, in order."""
    found = []
    begin, end = _span(journal, "start"), _span(journal, "stop")
    if begin is not None:
        stop = start + duration if end is None else end
        found.append(Annotation(round(begin - start, 6), round(stop - begin, 6), "tapping"))
    for mark in journal.marks:
        label = mark.event
        if label in ("hand on", "hand off", "port lost", "port found", "abort"):
            found.append(Annotation(round(mark.host_us / 1e6 - start, 6), 0.0, label))
        elif label == "warning":
            what = str(mark.facts.get("what", "warning"))
            found.append(Annotation(round(mark.host_us / 1e6 - start, 6), 0.0, what))
    inside = [annotation for annotation in found if -0.1 <= annotation.onset <= duration + 0.1]
    end = round(duration, 6)
    inside = [
        Annotation(min(max(annotation.onset, 0.0), end), annotation.duration, annotation.label)
        for annotation in inside
    ]
    return tuple(sorted(inside, key=lambda annotation: (annotation.onset, annotation.label)))


def calibration_of(journal: Journal, channels: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Calibration per channel: the line known before, with the zero of this session's tare.

    That of the force belongs to the first channel, however a sketch calls it; a pulse weighs nothing.
    """
    if signal_by_name(channels[0]) in ("pulse", "ecg"):
        return {}
    known = journal.header.get("calibration") or {}
    found = {str(name): dict(line) for name, line in known.items()}
    if "force" in found and "force" not in channels:
        found[channels[0]] = found.pop("force")
    tares = journal.marks_of("tare")
    zeros = tares[-1].facts.get("zero_counts", []) if tares else []
    for line, zero in zip(found.values(), zeros, strict=False):
        line["zero_counts"] = zero
        line["zero_from"] = "tare of this session"
    return found


def apply_calibration(session: Session) -> Session:
    """The session with force in grams where its `info` holds a calibration; else as it is."""
    known = session.info.get("calibration") or {}
    recording = session.recording
    if not any(name in known for name in recording.channels):
        return session
    data, units = recording.data.copy(), list(recording.units)
    for i, name in enumerate(recording.channels):
        if name in known:
            line = known[name]
            data[:, i] = counts_to_grams(data[:, i], line["counts_per_gram"], line["zero_counts"])
            units[i] = "g"
    scaled = Recording(data, recording.fs, recording.channels, tuple(units), recording.start_time)
    return Session(scaled, session.taps, session.counts, session.annotations, session.info)


def entities_of(journal: Journal, piece: str = "trial") -> dict[str, str]:
    """BIDS entities of a piece of a journal, without prefixes."""
    header = journal.header
    task = TASKS.get(piece) or str(header.get("task") or "palpation")
    return {
        "sub": str(header.get("subject") or "X00"),
        "ses": str(header.get("session") or "01"),
        "task": task,
        "run": str(header.get("run") or "01"),
        "recording": str(header.get("signal") or "force"),
    }


def _info(
    journal: Journal, decoded: Decoded, piece: Piece, path: str | Path, import_notes: tuple[str, ...]
) -> dict[str, Any]:
    header = journal.header
    answers = {mark.facts["question"]: mark.facts.get("value") for mark in journal.marks_of("answer")}
    info: dict[str, Any] = {
        "source": shown(Path(path).name),
        "sha256": digest_of(Path(path)),
        "import_notes": import_notes,
        "timing": decoded.timing,
        "kind": KIND_OF_TASK[TASKS[piece.name]] if piece.name in TASKS else header.get("kind"),
        "entities": entities_of(journal, piece.name),
        "calibration": calibration_of(journal, decoded.channels),
        "answers": answers if piece.name == "trial" else {},
        "lost": dict(decoded.counts),
    }
    for name in (
        "plan_sha256",
        "phantom_sha256",
        "consent",
        "blind",
        "expected_rate_cpm",
        "examiner",
        "started",
    ):
        if header.get(name) is not None:
            info[name] = header[name]
    if (header.get("format") or {}).get("kind") == "plain":
        info["loss_detection"] = "none"
    return info | ({"simulated": True} if header.get("virtual") is True else {})
