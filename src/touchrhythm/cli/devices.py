"""Which device is there, is it fit for a study, how many counts is a gram; and where do its bytes come from?

- `run_ports` : what is plugged in
- `run_check` : is the device fit?
- `run_calibrate` : counts per gram
- `open_source` : an open source of bytes whose device has spoken: a port or a virtual board
- `calibration_of`, `read_calibration` : the calibration that holds for a device
- `remember_device`, `busy_is_try_again` : which device a study uses; a port that another program holds
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from touchrhythm.cli.console import (
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_TRY_AGAIN,
    Console,
    StopRequest,
    UsageError,
    tell,
    usage_errors,
)
from touchrhythm.device.calibration import Calibration, WeightReading, fit_calibration, scale_of
from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.port import Device, PortBusy, PortReader, find_port, list_ports, open_port
from touchrhythm.device.qualification import DeviceQualification, check_device
from touchrhythm.device.recorder import (
    ANSWER_S,
    PATIENCE_S,
    ByteSource,
    Greeting,
    MonotonicClock,
    Recorder,
    greet,
)
from touchrhythm.device.virtual import SimulatedClock, Truth, VirtualBoard, VirtualSource
from touchrhythm.errors import AlreadyThere, BadFile, NoSuchInput
from touchrhythm.io.content import open_json
from touchrhythm.io.journal import cut_session, list_pieces
from touchrhythm.io.journal_decode import Decoded, decode_journal, describe_format, make_reader
from touchrhythm.io.journal_records import (
    read_records,
)
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.io.writing import as_json, make_folder, write_new
from touchrhythm.participants import next_code
from touchrhythm.settings import MAX_FORCE_G
from touchrhythm.words import say
from touchrhythm.words.columns import roles_of, signal_by_name
from touchrhythm.words.devices import CALIBRATE, CHECK, PORTS
from touchrhythm.words.program import called_as

__all__ = [
    "Opened",
    "busy_is_try_again",
    "calibration_of",
    "open_source",
    "read_calibration",
    "remember_device",
    "run_calibrate",
    "run_check",
    "run_ports",
]

PULSE_FS = 200.0  # samples/s, as the sketch for a pulse sensor sends them
SAID = {"pulse": "a pulse", "ecg": "an ECG"}


def run_ports(args: argparse.Namespace) -> int:
    """Print the ports, likely boards first."""
    found = list_ports()
    if args.json:
        rows = [{**device.to_dict(), "likely_board": device.is_likely_board} for device in found]
        print(json.dumps({"schema_version": 1, "results": rows}, indent=1, sort_keys=True))
        return EXIT_OK
    for device in found:
        usb = (
            ""
            if device.vid is None
            else f"  {device.vid:04x}:{device.pid or 0:04x} {device.serial_number or ''}".rstrip()
        )
        mark = say(PORTS, "board") if device.is_likely_board else " " * len(PORTS["board"])
        print(f"{mark}  {device.port}  {device.description}{usb}")
    if not found:
        tell(say(PORTS, "none"))
    return EXIT_OK


@contextmanager
def _recording(opened: Opened, stop: StopRequest, folder: str) -> Iterator[Recorder]:
    """A recorder whose journal lasts as long as the command."""
    sink = JournalWriter(Path(folder) / "journal.txt", {"format": opened.format, "has_taps": True}, ballast=0)
    recorder = Recorder(opened.source, sink, clock_us=opened.clock_us, monitor=opened.monitor())
    recorder.should_stop = stop.event
    try:
        recorder.start(opened.greeting.chunks)
        yield recorder
    finally:
        recorder.stop()


def run_check(args: argparse.Namespace) -> int:
    """Record the untouched sensor and say whether it is fit."""
    if not 0 < args.seconds < math.inf:
        raise UsageError(f"--seconds must be above 0, got {args.seconds:g}")
    if args.presses < 0:
        raise UsageError(f"--presses must not be negative, got {args.presses}")
    slope = read_calibration(Path(args.calibration))["counts_per_gram"] if args.calibration else None
    opened = open_source(args)
    _refuse_calibration(args, opened)
    if opened.signal != "force":
        opened.set_stage("hand")
    elif slope is None and opened.board is not None:
        slope = opened.board.truth.counts_per_gram
    with StopRequest() as stop, TemporaryDirectory(prefix="touchrhythm-") as folder:
        tell(say(CHECK, "untouched" if opened.signal == "force" else "on_skin", seconds=args.seconds))
        if args.presses:
            tell(say(CHECK, "press", n=args.presses))
        try:
            with _recording(opened, stop, folder) as recorder:
                recorder.wait(args.seconds)
                if recorder.trouble is not None:
                    raise recorder.trouble
        finally:
            opened.source.close()
        if stop.event.is_set():
            tell(say(CHECK, "stopped_early"))
        qualification = _judge(
            Path(folder) / "journal.txt", recorder, slope, opened.signal, args.presses or None
        )
    _print_qualification(qualification, args.json)
    return EXIT_OK


def _judge(
    path: Path, recorder: Recorder, slope: float | None, signal: str, n_pressed: int | None
) -> DeviceQualification:
    journal = read_records(path)
    try:
        decoded: Decoded = decode_journal(journal, path)
        session = cut_session(journal, decoded, list_pieces(journal, decoded)[0], path)
    except BadFile as error:
        raise NoSuchInput(
            say(CHECK, "fell_silent", port=recorder.source.device.port, reason=error.message)
        ) from error
    counts = recorder.monitor.counts()
    channels = recorder.monitor.channels
    low, high = (channels[0].low, channels[0].high) if channels else (-(2.0**23), 2.0**23 - 1)
    return check_device(
        session.recording.data[:, 0],
        fs=session.recording.fs,
        samples=decoded.values[:, 0],
        counts_per_gram=slope,
        declared_fs=decoded.rate,
        n_missing=decoded.counts["missing"],
        n_dropped=counts["dropped by device"],
        n_damaged=decoded.counts["damaged"],
        timing=decoded.timing,
        sees_losses=recorder.monitor.sees_losses,
        limits=(low, high),
        presses=decoded.presses,
        n_pressed=n_pressed,
        signal=signal,
    )


def _print_qualification(qualification: DeviceQualification, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                {"schema_version": 1, "results": [qualification.to_dict()]},
                indent=1,
                sort_keys=True,
            )
        )
        return
    for finding in qualification.findings:
        print(f"{say(CHECK, finding.grade)}  {finding.name:11s} {finding.words}")
    print(qualification.verdict)


def run_calibrate(args: argparse.Namespace) -> int:
    """Put weights on, fit the line, keep it beside the recordings."""
    with usage_errors():
        if not args.study_folder.strip():
            raise ValueError("OUT must name the study folder, got nothing")
        if len(set(args.masses)) < 3 or not all(0 <= mass < math.inf for mass in args.masses):
            raise ValueError(f"--masses must be at least three different masses in grams, got {args.masses}")
        for name in ("settle", "seconds", "mass_u95_mg"):
            if not 0 <= getattr(args, name) < math.inf:
                option = f"--{name.replace('_', '-')}"
                raise ValueError(f"{option} must be a number not below 0, got {getattr(args, name):g}")
        if args.seconds == 0:
            raise ValueError("--seconds must be above 0, got 0")
    folder = Path(args.study_folder) / "sourcedata" / "calibration"
    make_folder(folder)
    opened = open_source(args)
    if opened.signal != "force":
        opened.source.close()
        raise UsageError(f"only a force has a calibration; this device measures {SAID[opened.signal]}")
    with StopRequest() as stop, TemporaryDirectory(prefix="touchrhythm-") as aside:
        console = Console(stop, asks=not (args.yes or args.virtual))
        try:
            with _recording(opened, stop, aside) as recorder:
                readings = _weigh(args, opened, recorder, console)
        finally:
            opened.source.close()
        if stop.event.is_set():
            tell(say(CALIBRATE, "stopped"))
            return EXIT_INTERRUPTED
    with usage_errors():
        line = fit_calibration(readings, mass_u95_mg=args.mass_u95_mg)
    path = _keep(folder, line, opened)
    _print_line(line, path, args.json)
    return EXIT_OK


def _weigh(
    args: argparse.Namespace, opened: Opened, recorder: Recorder, console: Console
) -> list[WeightReading]:
    going_up = sorted(args.masses)
    steps = [(mass, "up") for mass in going_up] + [(mass, "down") for mass in reversed(going_up)]
    readings: list[WeightReading] = []
    for mass, going in steps:
        if readings and readings[-1].mass_g == mass:
            console.ask(say(CALIBRATE, "stays", mass_g=mass), "")
        else:
            console.ask(say(CALIBRATE, "put_on", mass_g=mass) if mass else say(CALIBRATE, "nothing"), "")
        if opened.board is not None:
            opened.board.truth = replace(opened.board.truth, dead_weight_g=mass)
            opened.board.set_stage("dead weight")
        if not recorder.wait(args.settle):
            break
        recorder.monitor.begin_mean()
        is_whole = recorder.wait(args.seconds)
        mean = recorder.monitor.end_mean()
        if not is_whole:
            break
        if mean is not None:
            tell(say(CALIBRATE, going, mass_g=mass, counts=mean[0]))
            readings.append(WeightReading(mass, mean[0], going))
    if recorder.trouble is not None:
        raise recorder.trouble
    return readings


def _keep(folder: Path, line: Calibration, opened: Opened) -> Path:
    there = [path.stem.removeprefix("calibration-") for path in folder.glob("calibration-*.json")]
    path = folder / f"calibration-{next_code('', there)}.json"
    device = opened.source.device
    facts = {
        "schema_version": 1,
        "date": datetime.now(UTC).date().isoformat(),
        "device": device.to_dict(),
        "serial_number": device.serial_number,
        **line.to_dict(),
    }
    write_new(path, as_json(facts))
    return path


def _print_line(line: Calibration, path: Path, is_json: bool) -> None:
    if is_json:
        result = {**line.to_dict(), "file": str(path)}
        print(json.dumps({"schema_version": 1, "results": [result]}, indent=1, sort_keys=True))
        return
    print(say(CALIBRATE, "line", counts_per_gram=line.counts_per_gram, zero_counts=line.zero_counts))
    print(say(CALIBRATE, "uncertainty", u95_mg=line.u95_mg, mass_u95_mg=line.mass_u95_mg))
    residual, hysteresis = line.largest_residual_mg, line.hysteresis_mg
    if hysteresis is None:
        print(say(CALIBRATE, "residual_one_way", largest_residual_mg=residual))
    else:
        print(say(CALIBRATE, "residual", largest_residual_mg=residual, hysteresis_mg=hysteresis))
    print(path)


# -- where the bytes come from ----------------------------------------------------------------------------


class NotADevice(NoSuchInput):
    """Something is on the port, but nothing that can be recorded; or nothing at all."""


@dataclass(frozen=True)
class Opened:
    """An open source.

    Attributes
    ----------
    source : ByteSource
        Where chunks come from.
    clock_us : callable
        The clock that stamps them.
    greeting : Greeting
        What the device said.
    format : dict
        What it speaks, for the journal.
    board : VirtualBoard or None
        The board, where it is virtual.
    signal : str
        What it measures: "force", "pulse" or "ecg".
    """

    source: ByteSource
    clock_us: Callable[[], int]
    greeting: Greeting
    format: dict[str, Any]
    board: VirtualBoard | None
    signal: str = "force"

    def monitor(self, scale: Scale | None = None, max_force_g: float = MAX_FORCE_G) -> Monitor:
        """A fresh monitor for what this device speaks."""
        return Monitor(lambda: make_reader(self.format), scale=scale, max_force_g=max_force_g)

    def set_stage(self, stage: str) -> None:
        """Tell a virtual board what is on the sensor; nothing else listens."""
        if self.board is not None:
            self.board.set_stage(stage)


def open_source(
    args: argparse.Namespace,
    *,
    remembered: Path | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Opened:
    """Open what the options name, and hear the device speak.

    Parameters
    ----------
    args : argparse.Namespace
        With the options of `record_options.add_source_options`.
    remembered : Path, optional
        File in which the study's device is remembered, for ``--port auto``.
    should_stop : callable, optional
        Whether somebody wants to wait for the device no longer.

    Raises
    ------
    KeyboardInterrupt
        If it was stopped before the device was known.
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
        greeting = greet(source, clock_us=clock.us, should_stop=should_stop)
        if should_stop():
            raise KeyboardInterrupt
        form = _format(greeting, port.name, args.use_time_column)
        opened = Opened(source, clock.us, greeting, form, None)
        return replace(opened, signal=_signal_of(args.signal, opened))
    except BaseException:
        source.close()
        raise


def _signal_of(said: str | None, opened: Opened) -> str:
    """What the first channel holds: what the options say, else the device, else force."""
    monitor = opened.monitor()
    for chunk in opened.greeting.chunks:
        monitor.take(chunk)
    names = [channel.name for channel in monitor.channels]
    name = names[0] if names else ""
    named = signal_by_name(name, roles_of(names)[0]) if names else ""
    if said and named and said != named:
        raise UsageError(
            f"--signal {said}: the device calls its first channel {name!r} (is it the right sketch?)"
        )
    return said or named or "force"


def _open_virtual(args: argparse.Namespace) -> Opened:
    with usage_errors():
        clock = SimulatedClock(args.speed)
        if not 0 < args.rate < 40:
            raise ValueError(f"--rate must lie between 0 and 40 cycles per minute, got {args.rate:g}")
    signal = args.signal or "force"
    truth = Truth(rate_cpm=None if args.no_rhythm else args.rate, tapper=args.tapper, signal=signal)
    if signal != "force":
        truth = replace(truth, fs=PULSE_FS)
    board = VirtualBoard(truth, seed=args.seed)
    source = VirtualSource(board, clock)
    greeting = greet(source, clock_us=clock.us)
    return Opened(source, clock.us, greeting, describe_format(greeting.guess), board, signal)


def _port_name(name: str, remembered: Path | None, phantom: str | None) -> str:
    if name != "auto":
        return name
    free = tuple(device for device in list_ports() if device.port != phantom)
    if remembered is not None and remembered.exists():
        device = _read_device(remembered)
        found = find_port(device, ports=lambda: free)
        if found is None:
            raise NoSuchInput(
                f"the study's device ({device.description or device.port}) is not plugged in;"
                " plug it in or name another with --port"
            )
        return found
    boards = [device for device in free if device.is_likely_board]
    if len(boards) != 1:
        there = ", ".join(device.port for device in boards) or "none"
        raise NoSuchInput(
            f"--port auto needs exactly one board on the ports, found {there}; name it with --port"
        )
    return boards[0].port


def _read_device(path: Path) -> Device:
    try:
        return Device(**open_json(path)["device"])
    except (TypeError, KeyError) as error:
        raise BadFile(path, "this must be the device file that record has written") from error


def _format(greeting: Greeting, name: str, use_time: bool) -> dict[str, Any]:
    guess = greeting.guess
    if guess.kind == "silent":
        raise NotADevice(
            f"nothing came from {name} in {PATIENCE_S + ANSWER_S:g} s, even when asked"
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
        code = "timed_by_device" if form["time_unit"] else "timed_by_host"
        tell(say(PORTS, code, port=name, what=guess.message))
    return form


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
    with contextlib.suppress(AlreadyThere):  # of two recorders that begin at once, the other was first
        write_new(path, as_json({"schema_version": 1, "device": device.to_dict()}))


# -- what a count weighs ----------------------------------------------------------------------------------


def calibration_of(args: argparse.Namespace, study: Path, opened: Opened) -> dict[str, Any] | None:
    """Calibration of the force channel: named, the study's latest for this device, or the virtual board's own.

    A pulse has none.

    Raises
    ------
    UsageError
        If one is named for a pulse.
    """
    _refuse_calibration(args, opened)
    if opened.signal != "force":
        return None
    if args.calibration:
        return read_calibration(Path(args.calibration))
    if opened.board is not None:
        truth = opened.board.truth
        return {
            "counts_per_gram": truth.counts_per_gram,
            "zero_counts": truth.zero_counts,
            "from": "virtual board",
        }
    device = opened.source.device
    for path in sorted((study / "sourcedata" / "calibration").glob("calibration-*.json"), reverse=True):
        found = read_calibration(path)
        if found.get("serial_number") == device.serial_number:
            date = found.get("date", say(CALIBRATE, "unknown_date"))
            code = "known" if device.serial_number else "known_for_any"
            tell(say(CALIBRATE, code, name=path.name, date=date))
            return found
    tell(say(CALIBRATE, "unknown", program=called_as()))
    return None


def _refuse_calibration(args: argparse.Namespace, opened: Opened) -> None:
    if args.calibration and opened.signal != "force":
        opened.source.close()
        raise UsageError(f"--calibration belongs to a force; this device measures {SAID[opened.signal]}")


def read_calibration(path: Path) -> dict[str, Any]:
    """The line of a file that ``calibrate`` has written, and how good it is."""
    try:
        stored = open_json(path)
        scale_of(stored)
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise BadFile(path, f"this must be a file that calibrate has written: {error}") from error
    keep = (
        "counts_per_gram",
        "zero_counts",
        "u95_mg",
        "hysteresis_mg",
        "largest_residual_mg",
        "date",
        "serial_number",
    )
    return {name: stored[name] for name in keep if stored.get(name) is not None} | {"from": path.name}
