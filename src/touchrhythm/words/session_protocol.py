"""What is said to whom in a session, by what rests on the sensor and how cycles are told?

**Conventions.** Tables of messages with named fields, filled by `touchrhythm.words.say`. Nothing here tells
time, force or a count of the trial: a blind examiner hears it all.

- `STEPS` : what is said before the trial and around it
- `QUESTIONS` : what is asked after it, and how an answer is asked for again
- `Words`, `words_of` : the lines of a trial
- `said_length` : a duration as people say it
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from touchrhythm.units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from touchrhythm.participants import Kind

__all__ = ["QUESTIONS", "STEPS", "Words", "said_length", "words_of"]

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "warm-up": "Leave the sensor powered and untouched: warm-up ({length})",
        "tare": "Nothing on the sensor: its zero is taken ({length})",
        "unloaded": "Nothing on the sensor: the apparatus alone ({length})",
        "put weight on": "Put the dead weight on the sensor, then press Enter",
        "dead weight": "The dead weight rests on the sensor ({length})",
        "practice": "Take everything off the sensor, then practise a light touch ({length})",
        "take weight off": "Take the dead weight off. {hand_on}",
        "no zero": "No sample came during the tare: the zero is not known",
        "alone": "It is recorded alone, for {length}: touch nothing",
        "alone between": "It is recorded alone, for {shortest} to {longest}: touch nothing",
    }
)

QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "count": "How many cycles in interval {number} of {total}? (Enter: not counted)",
        "felt": "Did you feel a rhythm? (yes/no)",
        "confidence_percent": "How sure are you, from 0 to 100?",
        "number again": "Please type a number from {low:g} to {high:g}, or only Enter; got {got!r}",
        "whole number again": "Please type a whole number from {low:g} to {high:g}, or only Enter; got {got!r}",
        "yes or no again": "Please type yes or no, or only Enter; got {got!r}",
    }
)


class Words(NamedTuple):
    """What is said before the hand is put on, at the start, at the stop, and at the end."""

    hand_on: str
    start: str
    stop: str
    over: str


_HAND_ON = {
    "palpation": "Put the hand on, lightly, and let it rest until the start is called; press Enter when it rests",
    "null": "Put the dead weight on the sensor, then press Enter",
    "rigid": "Rest the hand on the rigid object over the sensor, until the start is called; press Enter when it rests",
    "phantom": "Rest the hand on the phantom's plate, until the start is called; press Enter when it rests",
    "tap-only": "Keep the hand off the sensor and the button in reach; then press Enter",
}
_START = {
    "device": "START: press the button at each cycle that you feel",
    "keyboard": "START: press the space bar at each cycle that you feel",
    "count": "START: count the cycles that you feel; each sound ends an interval",
    "none": "START: feel for cycles",
}
_STOP = {"count": "STOP counting.", "none": "STOP."}


def words_of(kind: Kind, taps: str) -> Words:
    """The lines of a trial.

    Parameters
    ----------
    kind : Kind
        Kind of session.
    taps : str
        "device", "keyboard", "count" or "none".

    >>> from touchrhythm.participants import KINDS
    >>> words_of(KINDS["palpation"], "device").stop
    'STOP tapping. Let the hand rest until the next sound'
    """
    hand_on = _HAND_ON[kind.name]
    if not kind.has_taps:
        return Words(hand_on, "", "", "The recording is over")
    stop = _STOP.get(taps, "STOP tapping.")
    if kind.stage == "unloaded":
        start = _START[taps].replace(
            "at each cycle that you feel", "as in a trial, without touching the sensor"
        )
        return Words(
            hand_on, start, f"{stop} Keep the hand off until the next sound", "The recording is over"
        )
    rest = f"{stop} Let the hand rest until the next sound"
    return Words(hand_on, _START[taps], rest, "The recording is over: take the hand off")


def said_length(seconds: float) -> str:
    """A duration as people say it.

    >>> said_length(900.0), said_length(125.0)
    ('15 min', '2 min 5 s')
    """
    minutes, rest = divmod(round(seconds), round(SECONDS_PER_MINUTE))
    parts = (f"{minutes} min" if minutes else "", f"{rest} s" if rest or not minutes else "")
    return " ".join(part for part in parts if part)
