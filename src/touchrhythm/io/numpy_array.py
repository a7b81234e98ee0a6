"""What was recorded in this NumPy array?

**Conventions.** Shape (n_samples,) or (n_samples, n_channels); it holds no names and no times. Pickled arrays are never
loaded.

- `read_array` : ``.npy`` → `Session`
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm.errors import BadFile, Undecided, words_of
from touchrhythm.io.columns import channel_names
from touchrhythm.io.content import check_count, open_bytes, shown
from touchrhythm.io.inspect import TableFacts
from touchrhythm.session import Recording, Session

__all__ = ["read_array"]


def read_array(path: str | Path, *, fs: float | None) -> Session:
    """Session of a ``.npy`` file; it holds no names, and `fs` (Hz) must be given.

    Raises
    ------
    NoSuchInput, BadFile
        If the file cannot be opened, is no array of numbers, or `fs` is missing.
    """
    raw, digest = open_bytes(path)
    name = shown(Path(path).name)
    array = _array_of(path, raw)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or array.ndim not in (1, 2):
        shape = getattr(array, "shape", ())
        raise BadFile(
            path, f"must hold numbers, shape (n_samples,) or (n_samples, n_channels), got shape {shape}"
        )
    if fs is None:
        raise Undecided(
            path,
            "an array holds no times: give its sampling rate in Hz (fs, on the command line --fs)",
            ("--fs HZ",),
        )
    check_count(Path(path), array.size)
    del raw
    data = array.astype(np.float64, copy=False).reshape(len(array), -1)
    if data.size == 0 or np.isnan(data).all():
        raise BadFile(path, f"the array of shape {array.shape} holds no numbers")
    if np.isinf(data).any():
        raise BadFile(
            path, f"must hold finite numbers, got infinity in row {int(np.argwhere(np.isinf(data))[0][0])}"
        )
    import_notes: tuple[str, ...] = ()
    if data.shape[1] > data.shape[0]:
        data = data.T
        import_notes = (
            f"the array of shape {array.shape} was read as {data.shape[0]} samples of {data.shape[1]} channels",
        )
    labels, _ = channel_names([""] * data.shape[1], list(range(data.shape[1])))
    info: dict[str, Any] = {
        "source": name,
        "sha256": digest,
        "timing": "sampling rate given",
        "entities": {},
        "import_notes": import_notes,
        "facts": TableFacts("NumPy array", f"by the sampling rate (--fs {fs:g})", "declared"),
    }
    return Session(Recording(data, fs, labels), info=info)


def _array_of(path: str | Path, raw: bytes) -> Any:
    try:
        return np.load(io.BytesIO(raw), allow_pickle=False)
    except (
        Exception
    ) as error:  # NumPy parses the header as Python: whatever that raises, the header is damaged
        raise BadFile(path, f"no NumPy array of numbers ({words_of(error, 100)})") from None
