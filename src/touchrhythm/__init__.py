"""touchrhythm: is there a slow rhythm under the hand, and do taps follow it?

A number that noise would have produced just as well never leaves this toolkit without saying so.
The public names below are loaded on first use: importing the package loads no matplotlib and no
pyserial.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Analysis": "analysis",
    "BadFile": "errors",
    "Count": "session",
    "PeriodicityResult": "periodicity",
    "RateEstimate": "rate",
    "Recording": "session",
    "Session": "session",
    "Settings": "settings",
    "TapAgreement": "tapping",
    "Taps": "session",
    "TouchRhythmError": "errors",
    "analyze": "recipe",
    "bandpass": "filtering",
    "estimate_rate": "rate",
    "periodicity_test": "periodicity",
    "read_session": "io",
    "simulate_session": "simulate",
    "tap_agreement": "tapping",
    "write_report": "report",
    "write_session": "io",
}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:
    from touchrhythm.analysis import Analysis
    from touchrhythm.errors import BadFile, TouchRhythmError
    from touchrhythm.filtering import bandpass
    from touchrhythm.io import read_session, write_session
    from touchrhythm.periodicity import PeriodicityResult, periodicity_test
    from touchrhythm.rate import RateEstimate, estimate_rate
    from touchrhythm.recipe import analyze
    from touchrhythm.report import write_report
    from touchrhythm.session import Count, Recording, Session, Taps
    from touchrhythm.settings import Settings
    from touchrhythm.simulate import simulate_session
    from touchrhythm.tapping import TapAgreement, tap_agreement


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'touchrhythm' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"touchrhythm.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
