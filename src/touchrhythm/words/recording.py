"""What do the recorder and the assistant's view say to people, and what is asked before and after a session?

**Conventions.** Tables of messages with named fields, filled by `touchrhythm.words.say`. A bell stands
before what must be heard at once.

- `RECORDING` : what is said while a session is recorded and sealed
- `PEOPLE` : who is there, and what they agreed to
- `PHANTOM` : the phantom's plate; no sentence tells a rate
- `JOURNALS` : what watching and recovering a journal say
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["JOURNALS", "PEOPLE", "PHANTOM", "RECORDING"]

RECORDING: Mapping[str, str] = MappingProxyType(
    {
        "begins": "{who}; room for {minutes:.0f} minutes; journal {journal}",
        "begins_with_much_room": "{who}; room for a day and more; journal {journal}",
        "subject": "subject {code}",
        "examiner": "examiner {code}",
        "session": "session {code}",
        "assistant": "the assistant looks on, in another terminal: {command}",
        "not_begun": "stopped before the recording began; nothing was written",
        "fault": "the journal is kept; make the recording of it: {command}",
        "not_sealed": "the journal is kept, but was not sealed: {reason}",
        "try_again": "try again: {command}",
        "note": "note: {text}",
        "trouble": "touchrhythm: {reason}; what came before is kept and sealed",
        "next": "next: {command}",
        "no_weights": "a {signal} sensor has no zero and bears no weight",
        "why_stopped": "Why was the session stopped?",
        "too_much_force": "\aTOO MUCH FORCE: {force_g:.0f} g. Lighter!",
        "lost": "\aTHE DEVICE IS GONE: look at the cable. The recording goes on when it is back",
        "silent": "\aTHE DEVICE HAS FALLEN SILENT: does it have power, does its sketch run?",
        "slept": "\aTHE COMPUTER SLEPT OR WAS HELD UP: what came meanwhile is lost; switch its sleep off",
        "found": "the device is back; the recording goes on, with a gap",
        "no_taps": "no taps: the sketch has no button, and there is no terminal to be typed at",
        "keyboard": "taps come from the keyboard: {latency_ms:.2f} ms from the system to the stamp,"
        " plus 5–30 ms of the keyboard itself",
        "keyboard_unmeasured": "taps come from the keyboard: not measurable here from the system to the stamp,"
        " plus 5–30 ms of the keyboard itself",
    }
)

PEOPLE: Mapping[str, str] = MappingProxyType(
    {
        "subject": "Subject's code (Enter: a new one)",
        "examiner": "Examiner's code",
        "subject_consent": "What did the subject agree to? Some of: record analyse share",
        "examiner_consent": "What did the examiner agree to? Some of: record analyse share",
        "expected_rate": "Which rate does the examiner expect, in cycles per minute? (Enter: none)",
    }
)

PHANTOM: Mapping[str, str] = MappingProxyType(
    {
        "set_by_hand": "no --phantom-port: somebody who leaves the room must set the plate as {path} says",
        "not_at_rest": "note: the phantom's plate on {port} did not confirm that it rests; unplug it",
    }
)

JOURNALS: Mapping[str, str] = MappingProxyType(
    {
        "sealed": "{state}; the journal is unchanged",
        "youngest": "the youngest journal: {path}",
        "blind": "for the assistant only: this session is blind, the examiner must not see this view",
        "ended": "the recording has ended",
        "goes_on": "stopped watching; the recording goes on",
    }
)
