"""What happens in a session, in which order, and what is said to whom?

Leads through warm-up, tare, unloaded minutes, dead weight, hand on, margin, tapping, margin, hand off.
Each step's begin and end is a mark in the journal; each step left out is stored with its reason.

**Conventions.** Durations in seconds of the recorder's clock. The start of the tapping is announced
here and never set by a rhythm. A blind screen shows no trace, counter, clock or remaining time; what
must be said at once (too much force, a lost cable) is said all the same.

- `Script` : the steps of a session and how long each takes
- `Talk` : how people are spoken to
- `run_session` : leads through it
- `ask_number` : asks until a number or nothing is said
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

from touchrhythm.device.recorder import Recorder
from touchrhythm.participants import Kind
from touchrhythm.words import say
from touchrhythm.words.session_protocol import QUESTIONS, STEPS, said_length, words_of

__all__ = ["Script", "Talk", "ask_number", "run_session"]

SPARE_S = 5.0  # longer than asked: where a jolt spoils an edge, the length that was asked for is left
TRIES = 3
MOST_CYCLES = 1000
DRAWN = (0.8, 1.2)  # times the interval of counting that was asked for
SHORTEST_REST = 1.5  # times an interval; what is left then is one interval more
YES, NO = frozenset(("y", "yes")), frozenset(("n", "no"))
SETTLE_S = 0.5  # between a mark and what changes on the sensor, so that no sample belongs to both sides


class Talk(Protocol):
    """How people are spoken to, and asked."""

    def say(self, text: str) -> None:
        """One line for whoever sits at the screen."""

    def ask(self, question: str, default: str) -> str:
        """An answer in words; the default where nobody is asked."""

    def sound(self) -> None:
        """One sound."""


@dataclass(frozen=True)
class Script:
    """The steps of a session.

    Attributes
    ----------
    kind : Kind
        What kind of session.
    warm_up, tare, unloaded, dead_weight : float
        Seconds of each step; 0 leaves it out. Unloaded and dead weight, which are analysed by themselves,
        go on a little longer.
    skipped : tuple of (step, reason)
        Why steps are left out, as stored.
    dead_weight_g : float or None
        Mass that is put on, where known.
    practice : float
        Seconds in which the examiner sees the force before the trial; 0 for none.
    margin : float
        Seconds of resting hand before and after the tapping.
    tapping : tuple of (shortest, longest)
        Limits in seconds between which the length is drawn at random.
    taps : str
        How cycles are told: "device", "keyboard", "count" or "none".
    count_every : float
        Seconds of the intervals for which counts are asked, drawn up to a fifth around it where the
        examiner is blind; 0 for none.
    asks_answers : bool
        Whether confidence and "felt nothing" are asked after the trial.
    is_blind : bool
        Whether the screen keeps force and time from the examiner.
    """

    kind: Kind
    warm_up: float = 900.0
    tare: float = 10.0
    unloaded: float = 120.0
    dead_weight: float = 120.0
    skipped: tuple[tuple[str, str], ...] = ()
    dead_weight_g: float | None = None
    practice: float = 0.0
    margin: float = 120.0
    tapping: tuple[float, float] = (300.0, 480.0)
    taps: str = "device"
    count_every: float = 0.0
    asks_answers: bool = True
    is_blind: bool = True


class _Stopped(Exception):
    """The recording is to end: somebody asked for it, or there is trouble."""


def run_session(
    recorder: Recorder,
    script: Script,
    talk: Talk,
    *,
    set_stage: Callable[[str], None] = lambda _: None,
    rng: random.Random | None = None,
    show: Callable[[float], None] | None = None,
    listen: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> bool:
    """Lead through a session while the recorder runs.

    Parameters
    ----------
    recorder : Recorder
        Started recorder.
    script : Script
        The steps.
    talk : Talk
        How people are spoken to.
    set_stage : callable, optional
        Told what is to be on the sensor; a virtual board listens.
    rng : random.Random, optional
        Draws the length of the tapping; default is the system's own randomness.
    show : callable, optional
        Records on for so many seconds while it shows the force; used for practice before the trial, and
        throughout where the screen is not blind.
    listen : callable, optional
        Gives a context in which keys are taps; entered while tapping lasts.

    Returns
    -------
    bool
        True if the session went through to its end.
    """
    guide = _Guide(recorder, script, talk, set_stage, rng or random.SystemRandom(), show, listen)
    try:
        guide.prepare()
        guide.trial()
    except _Stopped:
        return False
    guide.questions()
    return True


class _Guide:
    def __init__(
        self,
        recorder: Recorder,
        script: Script,
        talk: Talk,
        set_stage: Callable[[str], None],
        rng: random.Random,
        show: Callable[[float], None] | None,
        listen: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._recorder, self._script, self._talk = recorder, script, talk
        self._set_stage, self._rng, self._show = set_stage, rng, show
        self._listen = listen
        self._intervals: list[tuple[int, int]] = []
        self._words = words_of(script.kind, script.taps)

    def prepare(self) -> None:
        """Warm-up, tare, unloaded and dead-weight minutes, practice."""
        script = self._script
        for name, reason in script.skipped:
            self._recorder.mark("step", {"name": name, "state": "skipped", "reason": reason})
        self._step("warm-up", script.warm_up, "unloaded")
        self._recorder.monitor.begin_mean()
        if self._step("tare", script.tare, "unloaded"):
            self._keep_tare()
        self._step("unloaded", _spared(script.unloaded), "unloaded")
        if script.kind.stage != "dead weight":
            self._put_weight()
            self._step("dead weight", _spared(script.dead_weight), "dead weight")
        if script.practice > 0 and self._show is not None:
            self._set_stage("hand")
            self._talk.say(say(STEPS, "practice", length=said_length(script.practice)))
            self._recorder.mark("step", {"name": "practice", "state": "begin"})
            self._show(script.practice)
            self._recorder.mark("step", {"name": "practice", "state": "end"})

    def trial(self) -> None:
        """Hand on, margin, announced start, tapping, announced stop, margin, hand off."""
        recorder, script = self._recorder, self._script
        kind = script.kind
        is_loaded = script.dead_weight > 0 and script.practice <= 0 and kind.stage != "dead weight"
        hand_on = self._words.hand_on
        self._ask(say(STEPS, "take weight off", hand_on=hand_on) if is_loaded else hand_on)
        self._set_stage(kind.stage)
        self._wait(SETTLE_S)
        recorder.mark("hand on", {"stage": kind.stage, "mass_g": self._mass()})
        if not kind.has_taps:
            shortest, longest = (said_length(2 * script.margin + tapping) for tapping in script.tapping)
            if shortest == longest:
                self._talk.say(say(STEPS, "alone", length=shortest))
            else:
                self._talk.say(say(STEPS, "alone between", shortest=shortest, longest=longest))
        self._wait(script.margin)
        length = self._rng.uniform(*script.tapping)
        recorder.mark("start", {"length_s": round(length, 3)})
        self._announce(self._words.start)
        self._set_stage("tapping" if kind.has_taps else "rest")
        with self._listen():
            self._tapping(length)
        self._set_stage("rest")
        recorder.mark("stop")
        self._announce(self._words.stop)
        self._wait(script.margin)
        recorder.mark("hand off")
        recorder.wait(SETTLE_S)
        self._announce(self._words.over)
        self._set_stage("unloaded")

    def questions(self) -> None:
        """What the examiner says of the trial; felt nothing is an answer."""
        if not self._script.kind.has_taps:
            return
        for number, (begin, end) in enumerate(self._intervals, start=1):
            question = say(QUESTIONS, "count", number=number, total=len(self._intervals))
            count = ask_number(self._talk, question, high=MOST_CYCLES, is_whole=True)
            if count is not None:
                facts = {"count": round(count), "begin_us": begin, "end_us": end}
                self._recorder.mark("count", facts)
        if not self._script.asks_answers or self._script.kind.stage == "unloaded":
            return  # nothing was touched that could be felt
        felt = _ask_yes_or_no(self._talk, say(QUESTIONS, "felt"))
        self._answer("felt_nothing", None if felt is None else not felt)
        confidence_percent = ask_number(self._talk, say(QUESTIONS, "confidence_percent"), high=100.0)
        self._answer("confidence", confidence_percent)  # the journal's name for it, from 0 to 100

    def _answer(self, question: str, value: Any) -> None:
        self._recorder.mark("answer", {"question": question, "value": value})

    def _tapping(self, length: float) -> None:
        if self._script.count_every <= 0:
            self._wait(length)
            return
        left = length
        while left > 0:
            begin, lasts = self._recorder.clock_us(), self._interval(left)
            self._wait(lasts)
            self._intervals.append((begin, self._recorder.clock_us()))
            left -= lasts
            if left > 0:
                self._talk.sound()

    def _interval(self, left: float) -> float:
        """Seconds of the next interval of counting: drawn for the blind, to whom a steady sound would be a clock."""
        every = self._script.count_every * (self._rng.uniform(*DRAWN) if self._script.is_blind else 1.0)
        return left if left < SHORTEST_REST * every else every

    def _step(self, name: str, seconds: float, stage: str) -> bool:
        if seconds <= 0:
            return False
        self._set_stage(stage)
        self._talk.say(say(STEPS, name, length=said_length(seconds)))
        self._recorder.mark("step", {"name": name, "state": "begin", "mass_g": self._mass_of(name)})
        self._wait(seconds)
        self._recorder.mark("step", {"name": name, "state": "end"})
        self._wait(SETTLE_S)
        return True

    def _put_weight(self) -> None:
        if self._script.dead_weight > 0:
            self._ask(say(STEPS, "put weight on"))
            self._set_stage("dead weight")
            self._wait(1.0)

    def _keep_tare(self) -> None:
        zero = self._recorder.monitor.end_mean()
        if zero is None:
            self._talk.say(say(STEPS, "no zero"))
            return
        self._recorder.mark("tare", {"zero_counts": [round(counts, 3) for counts in zero]})
        self._recorder.monitor.set_zero(zero[0])

    def _mass(self) -> float | None:
        return self._script.dead_weight_g if self._script.kind.stage == "dead weight" else None

    def _mass_of(self, step: str) -> float | None:
        return self._script.dead_weight_g if step == "dead weight" else None

    def _ask(self, words: str) -> None:
        self._talk.ask(words, "")
        if self._recorder.should_stop.is_set() or self._recorder.trouble is not None:
            raise _Stopped

    def _announce(self, words: str) -> None:
        if words:
            self._talk.sound()
            self._talk.say(words)

    def _wait(self, seconds: float) -> None:
        if not self._script.is_blind and self._show is not None:
            self._show(seconds)
            seconds = 0.0
        if not self._recorder.wait(seconds):
            raise _Stopped


def _spared(seconds: float) -> float:
    return seconds + SPARE_S if seconds > 0 else 0.0


def ask_number(
    talk: Talk, question: str, *, low: float = 0.0, high: float, is_whole: bool = False
) -> float | None:
    """A number within limits; None where nothing is said, or three times nothing that can be meant."""
    for _ in range(TRIES):
        text = talk.ask(question, "").strip()
        if not text:
            return None
        with contextlib.suppress(ValueError):
            number = float(text.replace(",", "."))
            if low <= number <= high and (not is_whole or number.is_integer()):
                return number
        again = "whole number again" if is_whole else "number again"
        talk.say(say(QUESTIONS, again, low=low, high=high, got=text))
    return None


def _ask_yes_or_no(talk: Talk, question: str) -> bool | None:
    for _ in range(TRIES):
        text = talk.ask(question, "").strip().lower()
        if not text:
            return None
        if text in YES | NO:
            return text in YES
        talk.say(say(QUESTIONS, "yes or no again", got=text))
    return None
