"""What was measured, where, and on which grid? From arrival times to usable stretches."""

from __future__ import annotations

from touchrhythm.sampling.decimation import decimate
from touchrhythm.sampling.grid import UniformData, to_uniform
from touchrhythm.sampling.validity import Quality, find_cuts

__all__ = [
    "Quality",
    "UniformData",
    "decimate",
    "find_cuts",
    "to_uniform",
]
