"""touchrhythm: is there a slow rhythm under the hand, and do taps follow it?

A number that noise would have produced just as well never leaves this toolkit without saying so.
The public names below are loaded on first use: importing the package loads no matplotlib and no
pyserial.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from touchrhythm._version import __version__

_HOME = {
    "Analysis": "analysis.results",
    "BadFile": "errors",
    "Beats": "pulse.beats",
    "Count": "session",
    "PeriodicityResult": "rhythm.periodicity",
    "RateEstimate": "rhythm.rate",
    "PulseSeries": "pulse.series",
    "Recording": "session",
    "Session": "session",
    "Settings": "settings",
    "TapAgreement": "tapping.agreement",
    "Taps": "session",
    "TouchRhythmError": "errors",
    "StudyResult": "study.run",
    "analyze": "analysis.recipe",
    "analyze_study": "study.run",
    "bandpass": "signal.filtering",
    "estimate_rate": "rhythm.rate",
    "from_mne": "io.handover",
    "find_beats": "pulse.beats",
    "periodicity_test": "rhythm.periodicity",
    "pulse_series": "pulse.series",
    "read_session": "io.opening",
    "simulate_session": "simulate.session",
    "tap_agreement": "tapping.agreement",
    "to_mne": "io.handover",
    "write_report": "report.session.page",
    "write_session": "io.bids_write",
    "write_study": "report.study.files",
}

__all__ = ["__version__", *_HOME]

if TYPE_CHECKING:  # `as` tells type checkers that the name is meant to be imported from here
    from touchrhythm.analysis.recipe import analyze as analyze
    from touchrhythm.analysis.results import Analysis as Analysis
    from touchrhythm.errors import BadFile as BadFile
    from touchrhythm.errors import TouchRhythmError as TouchRhythmError
    from touchrhythm.io.bids_write import write_session as write_session
    from touchrhythm.io.handover import from_mne as from_mne
    from touchrhythm.io.handover import to_mne as to_mne
    from touchrhythm.io.opening import read_session as read_session
    from touchrhythm.pulse.beats import Beats as Beats
    from touchrhythm.pulse.beats import find_beats as find_beats
    from touchrhythm.pulse.series import PulseSeries as PulseSeries
    from touchrhythm.pulse.series import pulse_series as pulse_series
    from touchrhythm.report.session.page import write_report as write_report
    from touchrhythm.report.study.files import write_study as write_study
    from touchrhythm.rhythm.periodicity import PeriodicityResult as PeriodicityResult
    from touchrhythm.rhythm.periodicity import periodicity_test as periodicity_test
    from touchrhythm.rhythm.rate import RateEstimate as RateEstimate
    from touchrhythm.rhythm.rate import estimate_rate as estimate_rate
    from touchrhythm.session import Count as Count
    from touchrhythm.session import Recording as Recording
    from touchrhythm.session import Session as Session
    from touchrhythm.session import Taps as Taps
    from touchrhythm.settings import Settings as Settings
    from touchrhythm.signal.filtering import bandpass as bandpass
    from touchrhythm.simulate.session import simulate_session as simulate_session
    from touchrhythm.study.run import StudyResult as StudyResult
    from touchrhythm.study.run import analyze_study as analyze_study
    from touchrhythm.tapping.agreement import TapAgreement as TapAgreement
    from touchrhythm.tapping.agreement import tap_agreement as tap_agreement


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'touchrhythm' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"touchrhythm.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
