"""Which stretches of a channel are no measurement, and why?

**Conventions.** One channel in, stretches in seconds out. What is found here is cut out (set to
NaN) before any figure is made; nothing is repaired.
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm.session import Annotation

__all__ = ["Quality"]


@dataclass(frozen=True)
class Quality:
    """What was left out of one channel, and why; times in seconds.

    Attributes
    ----------
    duration : float
        Length of the recording, gaps included.
    usable : float
        Seconds that the rhythm test used.
    cuts : tuple of Annotation
        Stretches cut out, in order; `label` one of "gap", "jump", "saturated", "no contact",
        "flat", "too short" (valid, but between two cuts and shorter than a segment must be).
    n_interpolated : int
        Samples in gaps so short that they were interpolated.
    timing : str
        How the samples were timed: "device", "times in file", "sampling rate given", "host".
    crooked : tuple of str
        Sentences on what was crooked on reading.
    """

    duration: float
    usable: float
    cuts: tuple[Annotation, ...]
    n_interpolated: int
    timing: str
    crooked: tuple[str, ...]
