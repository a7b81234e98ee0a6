"""Where do the bytes come from, and who is there? Opening of ports and virtual boards.

- `open_source` : an open source whose device has spoken
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from touchrhythm.cli.console import EXIT_TRY_AGAIN, UsageError, tell, usage_errors
from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.port import Device, PortBusy, PortReader, find_port, list_ports, open_port
from touchrhythm.device.recorder import Greeting, MonotonicClock, Source, greet
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.errors import BadFile, NoSuchInput, TouchRhythmError
from touchrhythm.io.journal_decode import describe_format, make_reader

__all__ = ["Opened", "busy_is_try_again", "open_source"]


class NotADevice(NoSuchInput):
    """Something is on the port, but nothing that can be recorded; or nothing at all."""


@dataclass(frozen=True)
class Opened:
    """An open source.

    Attributes
    ----------
    source : Source
        Where chunks come from.
    clock_us : callable
        The clock that stamps them.
    greeting : Greeting
        What the device said.
    format : dict
        What it speaks, for the journal.
    board : VirtualBoard or None
        The board, where it is virtual.
    """

    source: Source
    clock_us: Callable[[], int]
    greeting: Greeting
    format: dict[str, Any]
    board: VirtualBoard | None

    def monitor(self, scale: Scale | None = None, max_force_g: float = 30.0) -> Monitor:
        """A fresh monitor for what this device speaks."""
        return Monitor(lambda: make_reader(self.format), scale=scale, max_force_g=max_force_g)

    def set_stage(self, stage: str) -> None:
        """Tell a virtual board what is on the sensor; nothing else listens."""
        if self.board is not None:
            self.board.set_stage(stage)


def open_source(args: argparse.Namespace, *, remembered: Path | None = None) -> Opened:
    """Open what the options name, and hear the device speak.

    Parameters
    ----------
    args : argparse.Namespace
        With the options of `record_arguments.add_source_options`.
    remembered : Path, optional
        File in which the study's device is remembered, for ``--port auto``.

    Raises
    ------
    NoSuchInput
        If there is no such port, nothing speaks on it, or what speaks is no device.
    PortBusy
        If another program holds the port.
    """
    if args.virtual:
        return _open_virtual(args)
    clock = MonotonicClock()
    if not args.baud > 0:
        raise UsageError(f"--baud must be above 0, got {args.baud}")
    name = _port_name(args.port, remembered, getattr(args, "phantom_port", None))
    port = open_port(name, baudrate=args.baud)
    source = PortReader(port, clock_us=clock.us)
    try:
        greeting = greet(source, clock_us=clock.us)
        form = _format(greeting, port.name, args.use_time_column)
    except BaseException:
        source.close()
        raise
    return Opened(source, clock.us, greeting, form, None)


def _open_virtual(args: argparse.Namespace) -> Opened:
    with usage_errors():
        clock = SimulatedClock(args.speed)
        if not 0 < args.rate < 40:
            raise ValueError(f"--rate must lie between 0 and 40 cycles per minute, got {args.rate:g}")
    truth = Truth(rate_cpm=None if args.no_rhythm else args.rate, tapper=args.tapper)
    board = VirtualBoard(truth, seed=args.seed)
    source = VirtualSource(board, clock)
    greeting = greet(source, clock_us=clock.us)
    return Opened(source, clock.us, greeting, describe_format(greeting.guess), board)


def _port_name(name: str, remembered: Path | None, phantom: str | None) -> str:
    if name != "auto":
        return name
    free = tuple(one for one in list_ports() if one.port != phantom)
    if remembered is not None and remembered.exists():
        device = _read_device(remembered)
        found = find_port(device, ports=lambda: free)
        if found is None:
            raise NoSuchInput(
                f"the study's device ({device.description or device.port}) is not plugged in;"
                " plug it in or name another with --port"
            )
        return found
    boards = [one for one in free if one.is_likely_board]
    if len(boards) != 1:
        there = ", ".join(one.port for one in boards) or "none"
        raise NoSuchInput(
            f"--port auto needs exactly one board on the ports, found {there}; name it with --port"
        )
    return boards[0].port


def _read_device(path: Path) -> Device:
    try:
        return Device(**json.loads(path.read_text(encoding="utf-8"))["device"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadFile(path, "this must be the device file that record has written") from error


def _format(greeting: Greeting, name: str, use_time: bool) -> dict[str, Any]:
    guess = greeting.guess
    if guess.kind == "silent":
        raise NotADevice(
            f"nothing came from {name} in {greeting_seconds()} s, even when asked"
            " (is this the right port, does the sketch run, is it 115200 baud?)"
        )
    if guess.kind in ("garbled", "text"):
        raise NotADevice(f"{name}: {guess.message}")
    form = describe_format(guess)
    if form["kind"] == "plain":
        if not use_time:
            form["time_unit"] = None
        elif guess.time_unit is None:
            raise UsageError("--use-time-column: the first column does not rise like a clock")
        tell(
            f"{name}: {guess.message}; timing: {'device' if form['time_unit'] else 'host'}, loss detection: none"
        )
    return form


def greeting_seconds() -> str:
    """How long a device is given to speak."""
    return "3.5"


def busy_is_try_again(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Let a command whose port is held by another program end with "try again"."""

    def wrapped(args: argparse.Namespace) -> int:
        try:
            return run(args)
        except PortBusy as error:
            tell(f"touchrhythm: {error}")
            return EXIT_TRY_AGAIN

    return wrapped


def remember_device(path: Path, device: Device) -> None:
    """Keep which device a study uses, once; a device that is not on USB is not kept."""
    if device.vid is None or path.exists():
        return
    try:
        path.write_text(
            json.dumps({"schema_version": 1, "device": device.to_dict()}) + "\n", encoding="utf-8"
        )
    except OSError as error:
        raise TouchRhythmError(f"{path} cannot be written: {error.strerror}") from error
