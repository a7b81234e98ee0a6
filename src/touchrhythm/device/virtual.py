"""What would a board send? One made of nothing but Python, of chosen truth, speaking "touch line 1".

For the demo, for tests, and for people without hardware. Samples are made by the board's own
clock, so an hour can be had in seconds; the same seed gives the same bytes at any speed.

**Conventions.** Force in grams, a pulse in counts, times in seconds of the device's true time, device stamps in
microseconds of its own (maybe wrong) clock, modulo 2**32.

- `Truth` : what is under the sensor, and how good the sensor is
- `VirtualBoard` : truth → bytes, and `?`, `p`, `f` answered
- `VirtualSource` : a board read without any port, on a clock of its own; runs everywhere
"""

from __future__ import annotations

import math
import random
import time
from collections import deque
from dataclasses import dataclass

from touchrhythm.device.port import Chunk, Device
from touchrhythm.device.touch_line import frame
from touchrhythm.device.virtual_pulse import HeartBeats
from touchrhythm.units import cpm_to_hz

__all__ = ["SimulatedClock", "Truth", "VirtualBoard", "VirtualSource"]

WRAP = 1 << 32
PRESS_S = 0.12
HEADER_EVERY_S = 10.0
HIGHEST_COUNTS = 8184  # of the sum of eight readings of an ADC of 10 bits


@dataclass(frozen=True)
class Truth:
    """What the virtual board measures.

    Attributes
    ----------
    fs : float
        Samples per second of the device's clock.
    rate_cpm : float or None
        Rhythm under the hand in cycles per minute; None for none.
    rhythm_g, cycle_cv : float
        Its amplitude in grams and the coefficient of variation of its cycles.
    breathing_cpm, breathing_g : float
        Breathing beside it.
    force_g, wander_g : float
        Mean force of the hand and standard deviation of its slow wandering.
    noise_g : float
        Standard deviation of the sensor's noise.
    dead_weight_g : float
        Mass of the weight put on where a dead weight is asked for.
    counts_per_gram, zero_counts : float
        The converter.
    tapper : str
        "follow" (the rhythm, with a lag), "guess" (a rate of their own) or "none".
    tap_lag, tap_jitter : float
        Lag behind the rhythm's peak and its standard deviation in seconds.
    signal : str
        What the sensor is for: "force", "pulse" or "ecg". A pulse is there while a hand is on it.
    heart_rate_bpm : float
        Beats per minute.
    pulse_height, pulse_interval : float
        Fractions by which the rhythm changes the height and the interval of beats.
    pulse_counts, pulse_noise_counts : float
        Height of a mean beat, and standard deviation of the noise on it, in counts.
    """

    fs: float = 80.0
    rate_cpm: float | None = 8.0
    rhythm_g: float = 0.15
    cycle_cv: float = 0.05
    breathing_cpm: float = 15.0
    breathing_g: float = 0.15
    force_g: float = 5.0
    wander_g: float = 0.08
    noise_g: float = 0.03
    dead_weight_g: float = 20.0
    counts_per_gram: float = 4200.0
    zero_counts: float = 84213.0
    tapper: str = "follow"
    tap_lag: float = 0.5
    tap_jitter: float = 0.4
    signal: str = "force"
    heart_rate_bpm: float = 70.0
    pulse_height: float = 0.2
    pulse_interval: float = 0.05
    pulse_counts: float = 1500.0
    pulse_noise_counts: float = 30.0


class _Cycles:
    """Phase of a rhythm whose cycle lengths vary, one step after the other."""

    def __init__(self, rate_cpm: float, cv: float, rng: random.Random) -> None:
        self._freq = cpm_to_hz(rate_cpm)
        self._cv = cv
        self._rng = rng
        self._now = self._freq
        self.phase = rng.random()

    def step(self, seconds: float) -> bool:
        """Go on; True where a new cycle began."""
        self.phase += self._now * seconds
        if self.phase < 1.0:
            return False
        self.phase -= 1.0
        self._now = self._freq / max(0.3, self._rng.gauss(1.0, self._cv))
        return True


class VirtualBoard:
    """A board whose bytes can be computed.

    Parameters
    ----------
    truth : Truth
        What it measures.
    seed : int, default 0
        Everything random comes from it.
    micros_start : int, default 0
        Its microsecond counter at boot, to have it wrap early.
    ppm : float, default 0.0
        How much too fast its clock runs.
    framed : bool, default True
        Whether it speaks "touch line 1"; else it prints plain numbers.
    """

    def __init__(
        self,
        truth: Truth | None = None,
        *,
        seed: int = 0,
        micros_start: int = 0,
        ppm: float = 0.0,
        framed: bool = True,
    ) -> None:
        self.truth = truth or Truth()
        self.framed = framed
        self.stage = "unloaded"
        self.tapping = False
        self.boot = 1
        self.n_sent = 0
        self.tap_times: list[float] = []
        self.now = 0.0
        self._rng = random.Random(seed)
        self._micros_start = micros_start
        self._speed = 1.0 + ppm * 1e-6
        self._rhythm = _Cycles(self.truth.rate_cpm or 8.0, self.truth.cycle_cv, self._rng)
        self._breath = _Cycles(self.truth.breathing_cpm, 0.1, self._rng)
        self._own = _Cycles((self.truth.rate_cpm or 8.0) * self._rng.uniform(0.8, 1.25), 0.15, self._rng)
        self._wander = 0.0
        self._wave = 0.0
        self._heart = self._new_heart() if self.truth.signal != "force" else None
        self._presses: deque[float] = deque()
        self._start()

    def _start(self) -> None:
        self._booted = self.now
        self._seq = 0
        self._n_edges = 0
        self._pressed_until = -1.0
        self._next_sample = self.now + 1.0 / self.truth.fs
        self._next_status = self.now + 1.0
        self._next_header = self.now + HEADER_EVERY_S
        self._pending: list[bytes] = self.header() if self.framed else [b"touch sensor ready\r\n"]

    def _new_heart(self) -> HeartBeats:
        truth = self.truth
        return HeartBeats(
            truth.signal,
            truth.heart_rate_bpm,
            height=truth.pulse_height,
            interval=truth.pulse_interval,
            rng=self._rng,
        )

    def reset(self) -> None:
        """Boot again, as when the reset button is pressed: sequence and clock start over."""
        self.boot += 1
        self._micros_start = 0
        self._start()

    def set_stage(self, stage: str) -> None:
        """Put something on the sensor: unloaded, dead weight, hand, rigid or tap only.

        "tapping" and "rest" start and stop the tapper, whatever is on the sensor.
        """
        if stage in ("tapping", "rest"):
            self.tapping = stage == "tapping" and self.truth.tapper != "none"
        else:
            self.stage = stage

    def receive(self, data: bytes) -> None:
        """Take bytes from the host: `?` asks for the header, `p` for plain numbers, `f` for frames."""
        for byte in data:
            if byte == ord("p"):
                self.framed = False
            elif byte == ord("f"):
                self.framed = True
            elif byte == ord("?") and self.framed:
                self._pending += self.header()

    def header(self) -> list[bytes]:
        """The header's lines."""
        channel = "ch1=force:count:hx711,settle_us=50000"
        if self._heart is not None:
            channel = f"ch1={self.truth.signal}:count:adc,settle_us=1000,range1=0..{HIGHEST_COUNTS}"
        return [
            frame(f"H,1,fw=virtual-1.0,boot={self.boot},lines=3"),
            frame(f"H,1,{channel}"),
            frame(f"H,1,rate={self.truth.fs:g},every_s={HEADER_EVERY_S:g}"),
        ]

    def micros(self, at: float) -> int:
        """What the board's microsecond counter shows at true time `at`."""
        return (self._micros_start + int((at - self._booted) * self._speed * 1e6)) % WRAP

    def advance(self, seconds: float, *, txdrop: int = 0) -> list[bytes]:
        """Lines that the board sends in the next `seconds`, in order.

        Parameters
        ----------
        seconds : float
            Stretch of true time.
        txdrop : int, default 0
            Lines dropped so far for want of room, reported in the next status line.
        """
        until = self.now + seconds
        lines, self._pending = self._pending, []
        while self._next_sample <= until:
            self._sample(self._next_sample, lines)
            if self.framed and self._next_status <= self._next_sample:
                stamp = self.micros(self._next_sample)
                lines.append(frame(f"S,{self._seq},{stamp},{txdrop},0"))
                self._next_status += 1.0
            if self.framed and self._next_header <= self._next_sample:
                lines += self.header()
                self._next_header += HEADER_EVERY_S
            self._next_sample += 1.0 / self.truth.fs / self._speed
        self.now = until
        self.n_sent += len(lines)
        return lines

    def _sample(self, at: float, lines: list[bytes]) -> None:
        self._move(at)
        while self._presses and self._presses[0] <= at:
            press = self._presses.popleft()
            if press > self._pressed_until:
                self._edge(press, 1, lines)
                self._pressed_until = press + PRESS_S
                self.tap_times.append(press)
        if 0 < self._pressed_until <= at:
            self._edge(self._pressed_until, 0, lines)
            self._pressed_until = -1.0
        raw = self._counts()
        if self.framed:
            level = int(self._pressed_until > 0)
            lines.append(frame(f"D,{self._seq},{self.micros(at)},{raw},{level}"))
        else:
            lines.append(b"%d\r\n" % raw)
        self._seq += 1

    def _edge(self, at: float, level: int, lines: list[bytes]) -> None:
        self._n_edges += 1
        if self.framed:
            lines.append(frame(f"B,{self._n_edges},{self.micros(at)},{level}"))

    def _move(self, at: float) -> None:
        """One sample's step of everything that moves."""
        truth, step = self.truth, 1.0 / self.truth.fs
        keep = math.exp(-step / 10.0)
        self._wander = keep * self._wander + math.sqrt(1 - keep * keep) * self._rng.gauss(0.0, truth.wander_g)
        began = self._rhythm.step(step)
        self._breath.step(step)
        if self._heart is not None:
            self._beat(self._heart, step)
        own_began = self._own.step(step)
        if not self.tapping:
            return
        if own_began if truth.tapper == "guess" or truth.rate_cpm is None else began:
            delay = max(0.05, self._rng.gauss(truth.tap_lag, truth.tap_jitter))
            self._presses.append(at + delay)

    def _beat(self, heart: HeartBeats, step: float) -> None:
        has_rhythm = self.truth.rate_cpm is not None
        self._wave = heart.step(
            step,
            rhythm=math.cos(2 * math.pi * self._rhythm.phase) if has_rhythm else 0.0,
            breath=math.sin(2 * math.pi * self._breath.phase),
            is_touched=self.stage == "hand",
        )

    def _counts(self) -> int:
        truth, force = self.truth, 0.0
        if self._heart is not None:
            noise = self._rng.gauss(0.0, truth.pulse_noise_counts)
            counts = round(HIGHEST_COUNTS / 2 + truth.pulse_counts * self._wave + noise)
            return min(max(counts, 0), HIGHEST_COUNTS)
        breath = truth.breathing_g * math.sin(2 * math.pi * self._breath.phase)
        if self.stage == "dead weight":
            force = truth.dead_weight_g
        elif self.stage in ("hand", "rigid"):
            force = truth.force_g + self._wander + breath
            if self.stage == "hand" and truth.rate_cpm is not None:
                force += truth.rhythm_g * math.cos(2 * math.pi * self._rhythm.phase)
        force += self._rng.gauss(0.0, truth.noise_g)
        return round(truth.zero_counts + truth.counts_per_gram * force)


class SimulatedClock:
    """A clock that goes only when told to, and waits at most as long as `speed` demands.

    Parameters
    ----------
    speed : float, default inf
        How many simulated seconds pass in a real one.
    """

    def __init__(self, speed: float = math.inf) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, got {speed:g}")
        self._speed = speed
        self._us = 0
        self._began = time.monotonic()

    def us(self) -> int:
        """Microseconds since it was made."""
        return self._us

    def advance(self, us: int) -> None:
        """Let `us` microseconds pass."""
        self._us += us
        ahead = self._us / 1e6 / self._speed - (time.monotonic() - self._began)
        if ahead > 0.002:
            time.sleep(ahead)


class VirtualSource:
    """A virtual board read without a port: each `get` lets a little simulated time pass.

    Parameters
    ----------
    board : VirtualBoard
        The board.
    clock : SimulatedClock
        The clock that `get` moves on; the recorder is to use the same.
    step : float, default 0.05
        Simulated seconds per chunk.
    """

    threaded = False

    def __init__(self, board: VirtualBoard, clock: SimulatedClock, *, step: float = 0.05) -> None:
        self.board = board
        self.device = Device("virtual", "a board made of nothing but Python", serial_number="virtual")
        self._clock = clock
        self._step_us = round(step * 1e6)

    def get(self, timeout: float) -> Chunk | None:
        """Next chunk; `timeout` bounds the simulated wait in seconds."""
        step = max(1000, min(self._step_us, round(timeout * 1e6)))
        self._clock.advance(step)
        data = b"".join(self.board.advance(step / 1e6))
        return Chunk(self._clock.us(), data) if data else None

    def write(self, data: bytes) -> None:
        """Send bytes to the board."""
        self.board.receive(data)

    def close(self) -> None:
        """Nothing to give back."""
