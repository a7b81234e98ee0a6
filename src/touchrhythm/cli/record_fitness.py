"""The commands ``check`` and ``calibrate``.

- `run_check` : is the device fit?
- `run_calibrate` : counts per gram
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from touchrhythm.cli.console import EXIT_INTERRUPTED, EXIT_OK, UsageError, tell, usage_errors
from touchrhythm.cli.record_console import Console, StopRequest
from touchrhythm.cli.record_session import read_calibration
from touchrhythm.cli.record_source import Opened, open_source
from touchrhythm.device.calibration import Calibration, WeightReading, fit_calibration
from touchrhythm.device.qualification import DeviceQualification, check_device
from touchrhythm.device.recorder import Recorder
from touchrhythm.errors import BadFile, CannotWrite, NoSuchInput
from touchrhythm.io.journal import cut_session, list_pieces
from touchrhythm.io.journal_decode import Decoded, decode_journal
from touchrhythm.io.journal_records import read_records
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.participants import next_code

__all__ = ["run_calibrate", "run_check"]


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
    if slope is None and opened.board is not None:
        slope = opened.board.truth.counts_per_gram
    with StopRequest() as stop, TemporaryDirectory(prefix="touchrhythm-") as folder:
        tell(f"leave the sensor untouched for {args.seconds:.0f} s")
        if args.presses:
            tell(f"press the button {args.presses} times meanwhile")
        try:
            with _recording(opened, stop, folder) as recorder:
                recorder.wait(args.seconds)
                if recorder.trouble is not None:
                    raise recorder.trouble
        finally:
            opened.source.close()
        if stop.event.is_set():
            tell("stopped early: judged by what came until then")
        qualification = _judge(Path(folder) / "journal.txt", recorder, slope, args.presses or None)
    _print_qualification(qualification, args.json)
    return EXIT_OK


def _judge(path: Path, recorder: Recorder, slope: float | None, n_pressed: int | None) -> DeviceQualification:
    journal = read_records(path)
    try:
        decoded: Decoded = decode_journal(journal, path)
        session = cut_session(journal, decoded, list_pieces(journal, decoded)[0], path)
    except BadFile as error:
        raise NoSuchInput(f"{recorder.source.device.port} fell silent: {error.message}") from error
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
    )


def _print_qualification(qualification: DeviceQualification, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps({"schema_version": 1, "results": [qualification.to_dict()]}, indent=1, sort_keys=True)
        )
        return
    marks = {"good": "ok   ", "limit": "limit", "bad": "BAD  "}
    for one in qualification.findings:
        print(f"{marks[one.grade]}  {one.name:11s} {one.words}")
    print(qualification.verdict)


def run_calibrate(args: argparse.Namespace) -> int:
    """Put weights on, fit the line, keep it beside the recordings."""
    with usage_errors():
        if not args.study_folder.strip():
            raise ValueError("OUT must name the study folder, got nothing")
        if len(set(args.masses)) < 3 or not all(0 <= one < math.inf for one in args.masses):
            raise ValueError(f"--masses must be at least three different masses in grams, got {args.masses}")
        for name in ("settle", "seconds", "mass_u95_mg"):
            if not 0 <= getattr(args, name) < math.inf:
                option = f"--{name.replace('_', '-')}"
                raise ValueError(f"{option} must be a number not below 0, got {getattr(args, name):g}")
        if args.seconds == 0:
            raise ValueError("--seconds must be above 0, got 0")
    folder = Path(args.study_folder) / "sourcedata" / "calibration"
    _make_folder(folder)
    opened = open_source(args)
    with StopRequest() as stop, TemporaryDirectory(prefix="touchrhythm-") as aside:
        console = Console(stop, asks=not (args.yes or args.virtual))
        try:
            with _recording(opened, stop, aside) as recorder:
                readings = _weigh(args, opened, recorder, console)
        finally:
            opened.source.close()
        if stop.event.is_set():
            tell("stopped; no calibration was written")
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
        put_on = f"{mass:g} g on the sensor, and nothing else" if mass else "Nothing on the sensor"
        stays = readings and readings[-1].mass_g == mass
        console.ask(f"{f'{mass:g} g stays on the sensor' if stays else put_on}; then press Enter", "")
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
            tell(f"{mass:g} g, going {going}: {mean[0]:.0f} counts")
            readings.append(WeightReading(mass, mean[0], going))
    if recorder.trouble is not None:
        raise recorder.trouble
    return readings


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(f"{folder} cannot be made: {str(error.strerror).lower()}") from error


def _keep(folder: Path, line: Calibration, opened: Opened) -> Path:
    there = [one.stem.removeprefix("calibration-") for one in folder.glob("calibration-*.json")]
    path = folder / f"calibration-{next_code('', there)}.json"
    device = opened.source.device
    facts = {
        "schema_version": 1,
        "date": datetime.now(UTC).date().isoformat(),
        "device": device.to_dict(),
        "serial_number": device.serial_number,
        **line.to_dict(),
    }
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise CannotWrite(f"{path} cannot be made: {str(error.strerror).lower()}") from error
    return path


def _print_line(line: Calibration, path: Path, as_json: bool) -> None:
    if as_json:
        result = {**line.to_dict(), "file": str(path)}
        print(json.dumps({"schema_version": 1, "results": [result]}, indent=1, sort_keys=True))
        return
    print(f"{line.counts_per_gram:.6g} counts per gram, zero at {line.zero_counts:.6g} counts")
    print(f"at 5 g: ± {line.u95_mg:.0f} mg (95 %), masses known to ± {line.mass_u95_mg:.0f} mg")
    back = "not tried" if line.hysteresis_mg is None else f"{line.hysteresis_mg:.0f} mg"
    print(f"largest residual {line.largest_residual_mg:.0f} mg, hysteresis {back}")
    print(path)
