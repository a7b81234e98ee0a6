"""Does a recording hold the channels that the settings name?

- `check_named` : refuses settings that name what is not there
- `misfits` : the same as a list, for a study, in which another recording may hold it
- `signal_column` : column of a channel that is named as the signal
"""

from __future__ import annotations

from typing import NamedTuple

from touchrhythm.io.inspect import Understood
from touchrhythm.session import Recording, Session
from touchrhythm.settings import Settings

__all__ = ["Misfit", "check_named", "misfits", "signal_column"]

COUNTS = ("counter", "time")  # roles of channels that count samples or time


class Misfit(NamedTuple):
    """A value of a setting that a recording cannot follow, and why."""

    setting: str
    value: str | int
    why: str


def check_named(session: Session, settings: Settings) -> None:
    """Refuse settings that name a channel which the session does not have, or which is no signal.

    Raises
    ------
    ValueError
        With the channels that there are, and the likely slip.
    """
    for misfit in misfits(session, settings):
        raise ValueError(misfit.why)


def misfits(session: Session, settings: Settings) -> tuple[Misfit, ...]:
    """What the settings name and the session does not have; empty where all of it is there."""
    named: list[tuple[str, str | int]] = []
    named += [] if settings.channel is None else [("channel", settings.channel)]
    named += [("references", name) for name in settings.references or ()]
    found = (Misfit(setting, name, _why_not(session, setting, name)) for setting, name in named)
    return tuple(misfit for misfit in found if misfit.why)


def _why_not(session: Session, setting: str, name: str | int) -> str:
    """Why a session cannot follow a name; "" where it can."""
    recording, understood = session.recording, session.info.get("understood")
    left_out = dict(understood.left_out) if isinstance(understood, Understood) else {}
    if name in left_out and name not in recording.channels:
        return f"column {name!r} is no signal, it {left_out[name]}; the channels are {recording.channels}"
    try:
        _ = signal_column(recording, name) if setting == "channel" else recording.index(name)
    except ValueError as error:
        return str(error)
    return ""


def signal_column(recording: Recording, channel: str | int) -> int:
    """Column of the channel that is named as the signal.

    Raises
    ------
    ValueError
        If it is not there, or counts samples or time.
    """
    column = recording.index(channel)
    if recording.roles[column] in COUNTS:
        raise ValueError(
            f"channel {recording.channels[column]!r} is a {recording.roles[column]}, no signal; the others are"
            f" {tuple(name for name in recording.channels if name != recording.channels[column])}"
        )
    return column
