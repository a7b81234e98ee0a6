"""Which reader opens this file, and what is added to what it holds?

**Conventions.** The suffix decides (`READERS`), the full name for BIDS and journals. Taps and
counts given beside the file replace none that are in it, unless they are of the same rater.

- `read_session` : a file, with taps and counts from elsewhere → `Session`
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchrhythm._check import FloatArray, check_fs
from touchrhythm.errors import BadFile, NoSuchInput, Undecided
from touchrhythm.io.acq import read_acq
from touchrhythm.io.bids import is_bids_name, read_bids
from touchrhythm.io.content import refuse_irregular
from touchrhythm.io.edf import read_edf
from touchrhythm.io.inspect import TableFacts, understand
from touchrhythm.io.joining import day_seconds, moved, on_clock
from touchrhythm.io.numpy_array import read_array
from touchrhythm.io.table import open_table
from touchrhythm.io.taps import COUNT, load_taps, parse_count, presses, read_counts
from touchrhythm.io.xdf import read_xdf
from touchrhythm.participants import check_harmless
from touchrhythm.session import Count, Recording, Session, Taps

__all__ = ["READERS", "TapClock", "read_session"]

READERS = {
    ".csv": "table",
    ".tsv": "table",
    ".txt": "table",
    ".dat": "table",
    ".log": "table",
    ".npy": "array",
    ".npz": "table",
    ".mat": "table",
    ".xlsx": "table",
    ".ods": "table",
    ".edf": "edf",
    ".bdf": "edf",
    ".xdf": "xdf",
    ".acq": "acq",
}
RARER = dict.fromkeys(  # exports, scanner logs, and other spreadsheets
    (".asc", ".lvm", ".resp", ".puls", ".ecg", ".prn", ".xls", ".xlsm", ".xlsb"), "table"
)
FORMATS = {  # what each reader reads, and where its times come from
    "bids": ("BIDS recording", "by SamplingFrequency in the sidecar"),
    "journal": ("journal of record", "times of the device"),
}
STREAMS = {
    "edf": read_edf,
    "xdf": read_xdf,
    "acq": read_acq,
}  # readers of files that hold rates, names and units themselves
LARGEST = 1e150  # beyond it squares of samples are no numbers
SAME_START = 0.5  # s; a clock that begins nearer to 0 than this is that of the recording
ADVICE = {
    ".json": "name the _physio.tsv.gz file beside it",
}


@dataclass(frozen=True)
class TapClock:
    """On which clock, and in which column, the taps of a file stand.

    `column` names the onsets (None: found by name); `offset` is the second of the recording at which the watch
    was started; with `is_time_of_day` they are clock times, and the recording began at `start_time` (None: as its
    own clock says).
    """

    column: str | None = None
    offset: float = 0.0
    is_time_of_day: bool = False
    start_time: str | None = None


def read_session(
    path: str | Path,
    *,
    fs: float | None = None,
    time: str | int | None = None,
    time_unit: str | None = None,
    channel: str | int | Sequence[str | int] | None = None,
    taps: str
    | Path
    | Mapping[str, str | Path]
    | Taps
    | Sequence[Taps]
    | Sequence[float]
    | FloatArray
    | None = None,
    counts: str | Path | Iterable[Count] | None = None,
    rater: str = "rater",
    tap_clock: TapClock | None = None,
    sensor: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Session:
    """Session of a file: table, array, BIDS recording or journal.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv``, ``.txt``, ``.dat``, ``.log`` (all also ``.gz``), ``.npy``, a BIDS
        ``_physio.tsv`` or ``_physio.tsv.gz``, or a ``journal.txt``.
    fs : float, optional
        Sampling rate in Hz, needed where the file holds no times. Where it does, the times count.
    time : str or int, optional
        Time column of a table, by name or number (from 0); "none": use no time column.
    time_unit : str, optional
        "s", "ms", "us", "min", "h" or "d"; default: from the header, else from the steps.
    channel : str, int or sequence of them, optional
        Channels to keep, by name or number (from 0); default all.
    taps : str, Path, mapping, Taps, sequence of Taps or of onsets, optional
        Taps beside the file: a file that `read_taps` understands, the name of a channel that
        holds a button's level, a mapping of raters to files with their taps, `Taps`, or onsets in
        seconds. Default: those in the file.
    counts : str, Path or iterable of Count, optional
        Counts: a file that `read_counts` understands, words like "27 in 180 s from 0:30", or
        `Count`.
    rater : str, default "rater"
        Who tapped or counted, where nothing else tells.
    tap_clock : TapClock, optional
        On which clock the taps of a file stand; default: on that of the recording.
    sensor : str, optional
        Where one column of a table names the sensor of each row: the one to read, as ``value_1``.
    progress : callable, optional
        Called with the fraction of a table that has been read.

    Returns
    -------
    Session
        What was unusual stands in ``info["import_notes"]``.

    Raises
    ------
    NoSuchInput
        If a file does not exist or may not be opened.
    BadFile
        If its content cannot be used; the message names line, column and value.
    ValueError
        If an argument does not fit the file.
    """
    file = Path(path)
    rate = None if fs is None else check_fs(fs)
    kind = _kind(file)
    button = taps if isinstance(taps, str) and not Path(taps).is_file() else None
    start = 0.0
    try:
        if kind == "table":
            session, start = open_table(
                file,
                fs=rate,
                time=time,
                time_unit=time_unit,
                button=button,
                rater=rater,
                sensor=sensor,
                progress=progress,
            )
        else:
            session = _read_other(kind, file, rate, time, time_unit)
            session = session if button is None else _with_button(session, button, rater)
    except ValueError as error:
        raise _no_such_taps(error, button) from None
    taps = None if button is not None else taps
    if isinstance(taps, Mapping):
        for who, tapped in taps.items():
            session = _with_taps(session, Path(tapped), who, start, tap_clock)
    else:
        session = _with_taps(session, taps, rater, start, tap_clock)
    session = _with_counts(session, counts, rater)
    _check_content(session, file)
    return _understood(session if channel is None else _only(session, channel), kind, file)


def _understood(session: Session, kind: str, file: Path) -> Session:
    """The session with what was understood of its file in the place of the facts that its reader left."""
    info = dict(session.info)
    facts = info.pop("facts", None)
    if not isinstance(facts, TableFacts):
        name, time = FORMATS.get(kind, (kind, ""))
        facts = TableFacts(name, time or str(info.get("timing", "")), "stated")
    info["understood"] = understand(dataclasses.replace(session, info=info), facts, file)
    return dataclasses.replace(session, info=info)


def _check_content(session: Session, file: Path) -> None:
    """Refuse what no device writes, and names that are paths or formulas."""
    names = [(name, "channel") for name in session.recording.channels]
    names += [(taps.rater, "rater") for taps in session.taps]
    names += [(count.rater, "rater") for count in session.counts]
    for name, what in names:
        try:
            check_harmless(name, what, may_divide=what == "channel")
        except ValueError as error:
            raise BadFile(file, str(error)) from None
    data = session.recording.data
    largest = max(np.nanmax(data, initial=0.0), -np.nanmin(data, initial=0.0))
    if largest > LARGEST:
        raise BadFile(file, f"holds {largest:g}, which no sensor gives")


def _kind(file: Path) -> str:
    """Which reader a file's name calls for."""
    name = file.name.lower()
    if is_bids_name(file):
        return "bids"
    if name == "journal.txt" or name.endswith((".journal.txt", ".journal")):
        return "journal"
    if name.endswith("_events.tsv"):
        raise BadFile(file, "holds events; open the _physio.tsv.gz file beside it, which finds them")
    suffix = Path(name.removesuffix(".gz")).suffix
    if suffix in READERS or suffix in RARER:
        return (READERS | RARER)[suffix]
    if not file.exists() or file.is_dir():
        what = "is a folder; name a recording in it" if file.is_dir() else "no such file"
        raise NoSuchInput(f"{file}: {what}")
    known = ", ".join(READERS)
    hint = f"; {ADVICE[suffix]}" if suffix in ADVICE else ""
    raise BadFile(
        file,
        f"files ending in {suffix or 'nothing'} are not read{hint} (known: {known}, BIDS _physio.tsv.gz)",
    )


def _read_other(
    kind: str, file: Path, fs: float | None, time: str | int | None, time_unit: str | None
) -> Session:
    """A file that is no table; what it tells itself must not be told again."""
    if (time is not None and time != "none") or time_unit is not None:
        raise ValueError(f"time and time_unit go with tables, not with {file.name}")
    if kind == "array":
        return read_array(file, fs=fs)
    if kind == "bids":
        session = read_bids(file)
    elif kind in STREAMS:
        session = STREAMS[kind](file)
    else:
        from touchrhythm.io.journal import read_journal

        session = read_journal(file)
    if fs is not None and abs(fs / session.recording.fs - 1) > 0.02:
        told = (
            f"the rate given is {fs:g} Hz, but the recording says {session.recording.fs:g} Hz, which was used"
        )
        return _told(session, told)
    return session


def _told(session: Session, *sentences: str) -> Session:
    info = dict(session.info) | {"import_notes": (*session.info.get("import_notes", ()), *sentences)}
    return dataclasses.replace(session, info=info)


def _no_such_taps(error: ValueError, button: str | None) -> Exception:
    if button is not None and "no channel" in str(error):
        refuse_irregular(Path(button))
        return NoSuchInput(f"{button}: no such file with taps, and {error}")
    return error


def _with_button(session: Session, channel: str, rater: str) -> Session:
    """The session with taps from a channel that holds a button's level."""
    recording = session.recording
    level = recording.channel(channel)
    try:
        onset, told = presses(level, np.arange(recording.n_samples) / recording.fs)
    except ValueError as error:
        raise ValueError(f"channel {channel!r} is no button: {error}") from None
    return _told(_replaced(session, (Taps(onset, rater),)), *told)


def _with_taps(
    session: Session,
    taps: str | Path | Taps | Sequence[Taps] | Sequence[float] | FloatArray | None,
    rater: str,
    start: float,
    clock: TapClock | None = None,
) -> Session:
    """The session with these taps in place of those of the same raters."""
    if taps is None:
        return session
    path: str | Path | None = None
    told: tuple[str, ...] = ()
    if isinstance(taps, str | Path):
        path = taps
        clock = TapClock() if clock is None else clock
        new, told = load_taps(path, rater=rater, column=clock.column)
        new, moved_by = _on_clock_of(session, new, start, clock)
        told += moved_by
    elif isinstance(taps, Taps):
        new = (taps,)
    elif all(isinstance(entry, Taps) for entry in taps) and len(taps):
        new = tuple(entry for entry in taps if isinstance(entry, Taps))
    else:
        new = (Taps(np.asarray(taps, dtype=np.float64), rater),)
    try:
        return _told(_replaced(session, new), *told)
    except ValueError as error:
        if path is None:
            raise
        raise BadFile(path, str(error)) from None


def _on_clock_of(
    session: Session, taps: tuple[Taps, ...], start: float, clock: TapClock
) -> tuple[tuple[Taps, ...], tuple[str, ...]]:
    """Taps from the first sample on, whatever clock they are on, and what is told of it."""
    if clock.is_time_of_day:
        if clock.start_time is None and abs(start) < SAME_START:
            source = str(session.info.get("source", ""))
            raise Undecided(source, "at what time of day did the recording begin", ("--start-time H:M:S",))
        began = start if clock.start_time is None else day_seconds(clock.start_time)
        return on_clock(taps, began), (
            f"taps were read as clock times, the recording began at {began:.10g} s of the day",
        )
    if clock.offset:
        return moved(taps, clock.offset), (
            f"taps were moved by {clock.offset:g} s, when the watch was started",
        )
    return _on_recording_clock(taps, start, session.recording.duration)


def _replaced(session: Session, new: tuple[Taps, ...]) -> Session:
    """The session with new taps in place of those of the same raters, which is told."""
    names = {tapped.rater for tapped in new}
    gone = sorted({tapped.rater for tapped in session.taps if len(tapped)} & names)
    told = tuple(f"the taps in the recording by {name} were replaced by those given" for name in gone)
    kept = tuple(tapped for tapped in session.taps if tapped.rater not in names)
    return _told(dataclasses.replace(session, taps=kept + new), *told)


def _on_recording_clock(
    taps: tuple[Taps, ...], start: float, duration: float
) -> tuple[tuple[Taps, ...], tuple[str, ...]]:
    """Taps from the first sample on, where they were on the clock of a table that did not begin at 0."""
    onset = np.concatenate([tapped.onset for tapped in taps])
    if (
        abs(start) < SAME_START
        or onset.size == 0
        or (onset < start).any()
        or (onset > start + duration).any()
    ):
        return taps, ()
    if onset.max() <= duration:
        told = f"the time column begins at {start:g} s; taps were taken as seconds from the first sample"
        return taps, (told,)
    told = f"taps were on the clock of the time column, which begins at {start:.10g} s, and were moved"
    return tuple(Taps(tapped.onset - start, tapped.rater) for tapped in taps), (told,)


def _with_counts(session: Session, counts: str | Path | Iterable[Count] | None, rater: str) -> Session:
    """The session with these counts added."""
    if counts is None:
        return session
    path: str | Path | None = None
    if isinstance(counts, str) and COUNT.fullmatch(counts.strip()):
        new: tuple[Count, ...] = (parse_count(counts, rater=rater),)
    elif isinstance(counts, str | Path):
        path = counts
        new = read_counts(path, rater=rater)
    else:
        new = tuple(counts)
    try:
        return dataclasses.replace(session, counts=session.counts + new)
    except ValueError as error:
        if path is None:
            raise
        raise BadFile(path, str(error)) from None


def _only(session: Session, channel: str | int | Sequence[str | int]) -> Session:
    """The session with these channels alone, in this order."""
    recording = session.recording
    wanted = [channel] if isinstance(channel, str | int) else list(channel)
    columns = [recording.index(key) for key in wanted]
    kept = Recording(
        recording.data[:, columns],
        recording.fs,
        tuple(recording.channels[k] for k in columns),
        tuple(recording.units[k] for k in columns),
        recording.start_time,
        tuple(recording.roles[k] for k in columns),
        tuple(recording.people[k] for k in columns),
    )
    return dataclasses.replace(session, recording=kept)
