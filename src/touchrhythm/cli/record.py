"""The command ``record``: from a study folder and a port to a sealed session.

Joins what does not know each other: source and recorder (device), journal and seal (io), and the people
at the keyboard.

- `run_record` : the command
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from touchrhythm._version import __version__
from touchrhythm.cli.console import (
    EXIT_INTERRUPTED,
    EXIT_IO,
    EXIT_OK,
    Console,
    StopRequest,
    UsageError,
    is_foreseen,
    tell,
)
from touchrhythm.cli.devices import Opened, calibration_of, open_source, remember_device
from touchrhythm.cli.record_options import script_of, with_study_file, without_weights
from touchrhythm.cli.record_people import Phantom, ask_people, codes_of, consents_of, known_answers
from touchrhythm.device.keyboard_taps import HeldKeys, KeyListener, measure_key_latency
from touchrhythm.device.live_view import LiveView, text_frame
from touchrhythm.device.monitor import Scale
from touchrhythm.device.port import Chunk
from touchrhythm.device.recorder import Recorder
from touchrhythm.device.session_protocol import Script, run_session
from touchrhythm.errors import TouchRhythmError, words_of
from touchrhythm.io.bids_write import check_participants
from touchrhythm.io.journal import entities_of
from touchrhythm.io.journal_records import Journal
from touchrhythm.io.journal_writer import JournalWriter
from touchrhythm.io.seal import journal_folder, remove_ballasts, seal_journal, write_state
from touchrhythm.participants import KINDS, Kind
from touchrhythm.planning.sealed_plan import read_plan
from touchrhythm.settings import BAND_CPM
from touchrhythm.words import say
from touchrhythm.words.program import command_line
from touchrhythm.words.recording import RECORDING

__all__ = ["run_record"]

BYTES_PER_SECOND = 4000.0
MINUTES_OF_A_DAY = 1440
NEWS = ("lost", "silent", "slept", "found")  # that are told at once


def run_record(args: argparse.Namespace) -> int:
    """Record one session; 0 also where it was stopped by hand."""
    args = with_study_file(args)
    with StopRequest() as stop:
        is_asking = not (args.yes or args.virtual) and _is_terminal()
        console = Console(stop, asks=is_asking, answers=known_answers(args))
        kind = KINDS[args.kind]
        script = script_of(args)
        study = Path(args.study_folder)
        ask_people(args, kind, console, study)
        if stop.event.is_set():
            return _not_begun()
        consents = consents_of(args, kind)
        codes = codes_of(args, kind, study)
        check_participants(study)  # which sealing adds a row to
        plan = read_plan(args.plan) if args.plan else None
        planned = {} if plan is None else {"plan_sha256": plan.sha256}
        with Phantom(args, kind, study, BAND_CPM if plan is None else plan.band_cpm) as phantom:
            try:
                remembered = study / "sourcedata" / "device.json"
                opened = open_source(args, remembered=remembered, should_stop=stop.event.is_set)
            except KeyboardInterrupt:
                return _not_begun()
            try:
                calibration = calibration_of(args, study, opened)
                taps = _tap_source(args, kind, opened)
                header = _header(args, kind, codes, opened, calibration, taps)
                header["consent"] = {who: consent.to_dict() for who, consent in consents.items()}
                header |= planned | phantom.facts
                if stop.event.is_set():
                    return _not_begun()
                return _record(args, header, script, opened, stop, console, phantom)
            finally:
                opened.source.close()


def _record(
    args: argparse.Namespace,
    header: dict[str, Any],
    script: Script,
    opened: Opened,
    stop: StopRequest,
    console: Console,
    phantom: Phantom,
) -> int:
    study = Path(args.study_folder)
    folder = journal_folder(study, entities_of(Journal(header)))
    remove_ballasts(study)
    sync = os.fsync if opened.board is None else _no_sync
    sink = JournalWriter(folder / "journal.txt", header, min_free=round(args.min_free_mb * 1e6), sync=sync)
    phantom.is_kept = True
    write_state(folder, Journal(header), "recording")
    with contextlib.suppress(TouchRhythmError):
        remember_device(study / "sourcedata" / "device.json", opened.source.device)
    recorder = Recorder(
        opened.source, sink, clock_us=opened.clock_us, monitor=opened.monitor(_scale(header), args.max_force)
    )
    recorder.should_stop = stop.event
    if KINDS[header["kind"]].stage != "dead weight":  # which may weigh what it likes
        recorder.monitor.on_force = _force_warning(recorder)
    recorder.on_news = _tell_news
    left = recorder.minutes_left(BYTES_PER_SECOND)
    _tell_begin(header, left, sink.path, console)
    reason = "stopped by a fault"
    try:
        recorder.start(opened.greeting.chunks)
        phantom.watch(recorder)
        is_whole = run_session(
            recorder,
            replace(without_weights(script, header["signal"]), taps=header["taps"]),
            console,
            set_stage=opened.set_stage,
            rng=random.Random(args.seed) if args.virtual else None,
            show=_show(recorder, header["signal"], force_only=header["blind"]),
            listen=_key_listener(recorder, header["taps"]),
        )
        reason = "complete" if is_whole else _why(recorder, args, console, stop)
    except Exception:
        tell(say(RECORDING, "fault", command=command_line("recover", sink.path)))
        raise
    finally:
        phantom.close()
        recorder.stop(reason)
    return _seal(sink.path, study, recorder, reason)


def _tell_begin(header: dict[str, Any], minutes_left: float, journal: Path, console: Console) -> None:
    names = [name for name in ("subject", "examiner", "session") if header[name]]
    who = ", ".join(say(RECORDING, name, code=header[name]) for name in names)
    if minutes_left > MINUTES_OF_A_DAY:
        tell(say(RECORDING, "begins_with_much_room", who=who, journal=journal))
    else:
        tell(say(RECORDING, "begins", who=who, minutes=minutes_left, journal=journal))
    if console.asks:
        tell(say(RECORDING, "assistant", command=command_line("watch", journal)))


def _not_begun() -> int:
    tell(say(RECORDING, "not_begun"))
    return EXIT_INTERRUPTED


def _no_sync(descriptor: int) -> None:
    """A simulated second may last a millisecond: syncing at each would be all that is done."""


def _seal(journal: Path, study: Path, recorder: Recorder, reason: str) -> int:
    try:
        sealed = seal_journal(journal, study)
    except Exception as error:
        tell(say(RECORDING, "not_sealed", reason=words_of(error)))
        tell(say(RECORDING, "try_again", command=command_line("recover", journal)))
        if not is_foreseen(error):
            raise
        return EXIT_IO
    for path in sealed.files:
        print(path)
    for line in sealed.import_notes:
        tell(say(RECORDING, "note", text=line))
    if recorder.trouble is not None:
        tell(say(RECORDING, "trouble", reason=recorder.trouble))
        return EXIT_IO
    if reason == "complete" and sealed.files:
        tell(say(RECORDING, "next", command=command_line("analyze", sealed.files[0])))
    return EXIT_OK


def _why(recorder: Recorder, args: argparse.Namespace, console: Console, stop: StopRequest) -> str:
    if recorder.trouble is not None:
        recorder.mark("abort", {"reason": str(recorder.trouble)})
        return str(recorder.trouble)
    stop.event.clear()
    stopped_us = recorder.clock_us()
    reason = args.abort_reason or console.ask(say(RECORDING, "why_stopped"), "")
    recorder.mark("abort", {"reason": reason or "no reason given"}, at_us=stopped_us)
    return "stopped by the operator"


def _force_warning(recorder: Recorder) -> Callable[[float], None]:
    def warn(force: float) -> None:
        tell(say(RECORDING, "too_much_force", force_g=force))
        recorder.mark("warning", {"what": "force above maximum", "force_g": round(force, 2)})

    return warn


def _tell_news(chunk: Chunk) -> None:
    if chunk.news in NEWS:
        tell(say(RECORDING, chunk.news))


def _show(recorder: Recorder, signal: str, *, force_only: bool) -> Callable[[float], None]:
    def show(seconds: float) -> None:
        view = LiveView(recorder.monitor, signal=signal)
        end = recorder.clock_us() + round(seconds * 1e6)
        while recorder.clock_us() < end and recorder.wait(0.25):
            view.note_growth()
            if _is_terminal():
                tell("\x1b[2J\x1b[H" + text_frame(view, force_only=force_only))
        if _is_terminal():
            tell("\x1b[2J\x1b[H")

    return show


def _key_listener(recorder: Recorder, taps: str) -> Callable[[], contextlib.AbstractContextManager[Any]]:
    keys = HeldKeys()

    def keep(presses: list[int]) -> None:
        for at_us in presses:
            recorder.mark("tap", {"source": "keyboard"}, at_us=at_us)

    def on_key(character: str) -> None:
        if character.isprintable() or character in "\r\n":
            keep(keys.press(recorder.clock_us()))

    @contextmanager
    def listen() -> Iterator[None]:
        try:
            with KeyListener(on_key):
                yield
        finally:
            keep(keys.settle())

    return listen if taps == "keyboard" else contextlib.nullcontext


def _has_keyboard() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _is_terminal() -> bool:
    return _has_keyboard() and sys.stderr.isatty()


def _scale(header: dict[str, Any]) -> Scale | None:
    known = header.get("calibration")
    if not known:
        return None
    line = known["force"]
    return Scale(line["counts_per_gram"], line["zero_counts"])


def _tap_source(args: argparse.Namespace, kind: Kind, opened: Opened) -> str:
    if not kind.has_taps:
        return "none"
    has_button = opened.format["kind"] == "framed"
    taps: str = args.taps or ("device" if has_button else "keyboard")
    if taps == "device" and not has_button:
        raise UsageError(
            "--taps device: a sketch that prints plain numbers has no button; --taps keyboard has"
        )
    if taps == "keyboard" and not _has_keyboard():
        if args.taps:
            raise UsageError("--taps keyboard needs a terminal to be typed at")
        tell(say(RECORDING, "no_taps"))
        return "none"
    if taps == "keyboard":
        latency = measure_key_latency()
        if latency is None:
            tell(say(RECORDING, "keyboard_unmeasured"))
        else:
            tell(say(RECORDING, "keyboard", latency_ms=latency))
    return taps


def _header(
    args: argparse.Namespace,
    kind: Kind,
    codes: dict[str, str],
    opened: Opened,
    calibration: dict[str, Any] | None,
    taps: str,
) -> dict[str, Any]:
    return {
        "software": f"touchrhythm {__version__}",
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "guided": True,
        "kind": kind.name,
        "task": kind.task,
        **codes,
        "run": "01",
        "format": opened.format,
        "signal": opened.signal,
        "virtual": bool(args.virtual),
        "calibration": {"force": calibration} if calibration else None,
        "taps": taps,
        "has_taps": kind.has_taps and taps in ("device", "keyboard"),
        "blind": args.blind,
        "max_force_g": args.max_force,
        "expected_rate_cpm": args.expected_rate,
    }
