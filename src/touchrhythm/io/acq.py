"""What was recorded in this AcqKnowledge file (BIOPAC)?

- `read_acq` : ``.acq`` → `Session`
"""

from __future__ import annotations

import io
import logging
from pathlib import Path

import numpy as np

from touchrhythm.errors import BadFile, words_of
from touchrhythm.io.content import Source, open_bytes
from touchrhythm.io.extras import load_extra
from touchrhythm.io.streams import Stream, session_of_streams
from touchrhythm.session import Annotation, Session

__all__ = ["read_acq"]

MOST_AGAIN = 8_000  # readings of what was read before; each byte may begin the kinds of thousands of channels


class _Bounded(io.BytesIO):
    """Content in which a reader may go back only as often as one does that finds what its headers say."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        self._left, self._furthest = MOST_AGAIN + len(raw) // 10_000, 0

    @property
    def is_spent(self) -> bool:
        """Whether it went back more often."""
        return self._left < 0

    def read(self, size: int | None = -1, /) -> bytes:
        self._left -= self.tell() < self._furthest
        if self.is_spent:
            raise ValueError
        found = super().read(size)
        self._furthest = max(self._furthest, self.tell())
        return found


def read_acq(path: Path) -> Session:
    """Session of the channels and event markers of an AcqKnowledge file.

    Raises
    ------
    NoSuchInput, BadFile
        If it cannot be opened, bioread is not installed, or the content is no AcqKnowledge file.
    """
    raw, digest = open_bytes(path)
    bioread = load_extra(path, "bioread", "bioread")
    logging.getLogger("bioread").setLevel(logging.CRITICAL)  # what it says of damage is said here in words
    file = _Bounded(raw)
    try:
        found = bioread.read(file)
        streams = [
            Stream(
                str(channel.name).strip(),
                str(channel.units).strip(),
                np.asarray(channel.data, dtype=np.float64),
                float(channel.samples_per_second),
            )
            for channel in found.channels
        ]
        rate = float(found.samples_per_second)
        marks = [
            Annotation(float(marker.sample_index) / rate, 0.0, " ".join(str(marker.text or "").split()))
            for marker in found.event_markers or []
        ]
    except Exception as error:  # a damaged header fails wherever it is used
        told = words_of(error, 100)
        told = (
            "its headers lead nowhere" if file.is_spent else told
        )  # bioread goes on after an error, to another
        raise BadFile(path, f"is damaged, or no AcqKnowledge file ({told})") from None
    return session_of_streams(
        Source(path, b"", digest), "AcqKnowledge file", streams, marks, "sampling rate given"
    )
