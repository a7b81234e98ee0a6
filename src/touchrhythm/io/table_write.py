"""How is a session handed to other programs as a table or an array?

**Conventions.** The first column is ``time (s)`` from the first sample, names carry their units.
Numbers are the shortest decimals that read back equal. Nothing is overwritten. Taps and counts,
where there are any, go into a file of their own beside the table.

- `write_table` : the recording → ``.csv``, ``.tsv``, ``.txt`` or ``.npy``
- `write_taps` : taps → table of onset and rater
- `convert` : file → file or BIDS dataset
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.edf import write_edf
from touchrhythm.io.opening import read_session
from touchrhythm.io.writing import decimals, make_folder, refuse_existing, write_new
from touchrhythm.session import Session

__all__ = ["convert", "write_table", "write_taps"]

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
EDF = (".edf", ".bdf")
GAPS = ("n/a", "interpolate")


def write_table(
    session: Session, path: str | Path, *, decimal_comma: bool = False, gaps: str = "n/a"
) -> Path:
    """Write a recording as a table, or as an array of samples by channels (``.npy``).

    Parameters
    ----------
    session : Session
        The session; its taps and counts are not written (see `write_taps`, `convert`).
    path : str or Path
        ``.csv``, ``.tsv``, ``.txt`` (each also ``.gz``) or ``.npy``. An array holds neither
        times nor names: whoever reads it must know the sampling rate.
    decimal_comma : bool, default False
        Write 0,5 for 0.5, and semicolons between the columns of a ``.csv``, as spreadsheets in
        many countries expect it.
    gaps : {"n/a", "interpolate"}, default "n/a"
        Missing samples are written as n/a (NaN in an array), or filled by a straight line for
        programs that cannot do without; values at the ends are then repeated.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CannotWrite
        If it is there already, or cannot be made.
    ValueError
        On an unknown suffix or `gaps`.
    """
    file = Path(path)
    if gaps not in GAPS:
        raise ValueError(f"gaps must be 'n/a' or 'interpolate', got {gaps!r}")
    suffix = Path(file.name.removesuffix(".gz")).suffix.lower()
    if suffix not in (*SEPARATORS, ".npy"):
        raise ValueError(f"a table must end in {', '.join(SEPARATORS)} or .npy, got {file.name!r}")
    refuse_existing(file)
    recording = session.recording
    data = recording.data if gaps == "n/a" else _filled(recording.data)
    if suffix == ".npy":
        buffer = io.BytesIO()
        np.save(
            buffer, data[:, 0] if data.shape[1] == 1 else data, allow_pickle=False
        )  # (n, 1) is n channels to some
        content = buffer.getvalue()
    else:
        content = _text(
            session, data, ";" if decimal_comma and suffix == ".csv" else SEPARATORS[suffix], decimal_comma
        )
    if file.name.endswith(".gz"):
        content = gzip.compress(content, compresslevel=3, mtime=0)
    make_folder(file.parent)
    write_new(file, content)
    return file


def write_taps(session: Session, path: str | Path) -> Path:
    """Write the taps of a session as a table of onset (s) and rater, that `read_taps` reads.

    Raises
    ------
    CannotWrite
        If the file is there already, or cannot be made.
    """
    file = Path(path)
    separator = SEPARATORS.get(file.suffix.lower(), ",")
    rows = sorted((onset, taps.rater) for taps in session.taps for onset in taps.onset.tolist())
    lines = [separator.join(("onset", "rater"))]
    lines += [
        separator.join((repr(onset).removesuffix(".0"), _quoted(rater, separator))) for onset, rater in rows
    ]
    make_folder(file.parent)
    write_new(file, ("\n".join(lines) + "\n").encode())
    return file


def _write_counts(session: Session, file: Path) -> Path:
    separator = SEPARATORS.get(file.suffix.lower(), ",")
    lines = [separator.join(("count", "onset", "duration", "rater"))]
    for count in session.counts:
        fields = (str(count.count), repr(count.onset), repr(count.duration), _quoted(count.rater, separator))
        lines.append(separator.join(fields))
    write_new(file, ("\n".join(lines) + "\n").encode())
    return file


def convert(
    source: str | Path,
    target: str | Path,
    *,
    fs: float | None = None,
    time: str | int | None = None,
    time_unit: str | None = None,
    sensor: str | None = None,
    decimal_comma: bool = False,
    gaps: str = "n/a",
) -> tuple[Path, ...]:
    """Write what a file holds in another form.

    Parameters
    ----------
    source : str or Path
        Anything that `read_session` opens.
    target : str or Path
        A table or array (by its suffix; taps and counts go beside it, as ``…_taps`` and
        ``…_counts``), ``.edf`` or ``.bdf``, or the folder of a BIDS dataset.
    fs, time, time_unit, sensor
        As in `read_session`, where the source does not tell.
    decimal_comma, gaps
        As in `write_table`.

    Returns
    -------
    tuple of Path
        The files, the recording first.

    Raises
    ------
    NoSuchInput, BadFile, CannotWrite, ValueError
        As `read_session`, `write_table` and `write_session`.
    """
    session = read_session(source, fs=fs, time=time, time_unit=time_unit, sensor=sensor)
    if sensor is not None:
        session.recording.index(sensor)  # of a table that is no list of sensors it names nothing
    out = Path(target)
    suffix = Path(out.name.removesuffix(".gz")).suffix.lower()
    if not suffix:
        return (write_session(session, out),)
    if suffix in EDF:
        return (write_edf(session, out),)
    stem = out.name.removesuffix(".gz").removesuffix(suffix)
    beside = ".csv" if suffix == ".npy" else suffix
    extra = {
        name: out.with_name(f"{stem}_{name}{beside}") for name in ("taps", "counts") if getattr(session, name)
    }
    for file in extra.values():
        refuse_existing(file)
    files = [write_table(session, out, decimal_comma=decimal_comma, gaps=gaps)]
    if "taps" in extra:
        files.append(write_taps(session, extra["taps"]))
    if "counts" in extra:
        files.append(_write_counts(session, extra["counts"]))
    return tuple(files)


def _text(session: Session, data: FloatArray, separator: str, decimal_comma: bool) -> bytes:
    recording = session.recording
    names = [
        f"{name} ({unit})" if unit else name
        for name, unit in zip(recording.channels, recording.units, strict=True)
    ]
    header = separator.join(_quoted(name, separator) for name in ["time (s)", *names])
    rows = decimals(np.column_stack((np.arange(len(data)) / recording.fs, data)), separator=separator)
    return (header + "\n" + (rows.replace(".", ",") if decimal_comma else rows)).encode()


def _quoted(text: str, separator: str) -> str:
    return '"' + text.replace('"', '""') + '"' if separator in text or '"' in text else text


def _filled(data: FloatArray) -> FloatArray:
    """Data with straight lines across what is missing."""
    out = data.copy()
    for column in out.T:
        missing = np.isnan(column)
        if missing.any() and not missing.all():
            at = np.arange(column.size)
            column[missing] = np.interp(at[missing], at[~missing], column[~missing])
    return out
