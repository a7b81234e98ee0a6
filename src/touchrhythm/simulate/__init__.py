"""What would be recorded if the truth were known? Signals, taps, sessions, studies."""

from __future__ import annotations

from touchrhythm.simulate.session import simulate_session

__all__ = [
    "simulate_session",
]
