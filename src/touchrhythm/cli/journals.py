"""What does a journal say while it grows, and how does it become a recording? ``watch`` and ``recover``.

- `run_watch` : the assistant's live view
- `run_recover` : journal → recording
"""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import time
from pathlib import Path

from touchrhythm.cli.console import EXIT_OK, StopRequest, UsageError, tell
from touchrhythm.device.live_view import LiveView, text_frame
from touchrhythm.device.monitor import Monitor, Scale
from touchrhythm.device.port import Chunk
from touchrhythm.errors import NoSuchInput, TouchRhythmError
from touchrhythm.io.content import open_json
from touchrhythm.io.journal_decode import make_reader
from touchrhythm.io.journal_records import JournalTail, Mark, Received, is_being_written, wait_for_header
from touchrhythm.io.seal import seal_journal, study_of
from touchrhythm.plotting.live_window import open_window
from touchrhythm.settings import MAX_FORCE_G
from touchrhythm.words import say
from touchrhythm.words.program import command_line
from touchrhythm.words.recording import JOURNALS, RECORDING

__all__ = ["run_recover", "run_watch"]

FRAME_S = 0.25
WINDOW_FRAME_S = 0.05
DISK_BYTES_PER_MINUTE = 240_000


def run_recover(args: argparse.Namespace) -> int:
    """Seal a journal, whole or torn."""
    journal = Path(args.journal)
    if journal.is_dir():
        raise NoSuchInput(f"{journal} is a folder; name the journal.txt in it{_journals_to_seal(journal)}")
    if not journal.is_file():
        raise NoSuchInput(f"no journal at {journal}")
    study = Path(args.study_folder) if args.study_folder else study_of(journal)
    sealed = seal_journal(journal, study)
    with contextlib.suppress(OSError):  # what a killed recorder had kept aside for a full disk
        journal.with_name(f"{journal.name}.ballast").unlink(missing_ok=True)
    for path in sealed.files:
        print(path)
    for line in sealed.import_notes:
        tell(say(RECORDING, "note", text=line))
    tell(say(JOURNALS, "sealed", state=sealed.state))
    return EXIT_OK


def _journals_to_seal(folder: Path) -> str:
    """Which journals below a folder were never sealed, as the end of a sentence."""
    found = []
    for state in sorted(folder.rglob("session.json")):
        with contextlib.suppress(TouchRhythmError):
            if open_json(state).get("state") == "recording":
                found.append(command_line("recover", state.with_name("journal.txt")))
    return f"; without a recording as yet: {', '.join(found)}" if found else ""


def _journal_of(place: Path) -> Path:
    """The journal itself, or the youngest one of a study folder."""
    if not place.is_dir():
        return place
    journals = sorted(place.rglob("journal.txt"), key=lambda path: path.stat().st_mtime)
    if not journals:
        raise NoSuchInput(f"no journal.txt in the folder {place}; is the recorder running?")
    tell(say(JOURNALS, "youngest", path=journals[-1]))
    return journals[-1]


def run_watch(args: argparse.Namespace) -> int:
    """Follow a journal until it ends."""
    if not 0 <= args.target[0] < args.target[1] < math.inf:
        raise UsageError(f"--target must be the lower and the upper force in grams, got {args.target}")
    journal = _journal_of(Path(args.journal))
    tail = JournalTail(journal)
    try:
        records = wait_for_header(tail, patience=0.0 if args.once else 5.0)
        if tail.header is None:
            raise NoSuchInput(f"{journal} holds nothing yet; is the recorder running?")
        header = tail.header
        if header.get("blind"):
            tell(say(JOURNALS, "blind"))
        view = _view(header, tuple(args.target))
        feed = _Feed(tail, view)
        feed.take(records)
        if args.once:
            print(text_frame(view))
            return EXIT_OK
        with StopRequest() as stop:
            _follow(args, feed, view, stop)
    finally:
        tail.close()
    return EXIT_OK


class _Feed:
    """Hands the journal's news to the view."""

    def __init__(self, tail: JournalTail, view: LiveView) -> None:
        self.is_over = False
        self._tail, self._view = tail, view
        self._looked = time.monotonic()

    def poll(self) -> None:
        """Take what was added, and look at the disk now and then."""
        self.take(self._tail.poll())
        now = time.monotonic()
        if self._view.minutes_left is None or now - self._looked > 5.0:
            import shutil

            self._looked = now
            free = shutil.disk_usage(self._tail.path.parent).free
            self._view.minutes_left = free / DISK_BYTES_PER_MINUTE
            if self._view.silent_s > 5.0 and not is_being_written(self._tail.path):
                self.is_over = True

    def take(self, records: list[Received | Mark]) -> None:
        """Feed the monitor, follow the steps."""
        monitor = self._view.monitor
        for record in records:
            if isinstance(record, Received):
                monitor.take(Chunk(record.host_us, record.data))
                self._view.note_growth()
                continue
            facts = record.facts
            self._view.take_stage(record.event, str(facts.get("name", "")), str(facts.get("state", "")))
            if record.event in ("port lost", "port found"):
                monitor.take(Chunk(record.host_us, news=record.event.removeprefix("port ")))
            elif record.event == "tare" and facts.get("zero_counts"):
                monitor.set_zero(float(facts["zero_counts"][0]))
            elif record.event == "end":
                self.is_over = True


def _view(header: dict[str, object], target: tuple[float, ...]) -> LiveView:
    form = header.get("format")
    known = header.get("calibration")
    scale = None
    if isinstance(known, dict) and "force" in known:
        scale = Scale(known["force"]["counts_per_gram"], known["force"]["zero_counts"])
    limit = header.get("max_force_g")
    monitor = Monitor(
        lambda: make_reader(form if isinstance(form, dict) else {}),
        scale=scale,
        max_force_g=float(limit) if isinstance(limit, int | float) else MAX_FORCE_G,
    )
    return LiveView(monitor, target_g=(target[0], target[1]), signal=str(header.get("signal") or "force"))


def _follow(args: argparse.Namespace, feed: _Feed, view: LiveView, stop: StopRequest) -> None:
    window = open_window(view) if args.window else None
    if args.window and window is None:
        raise NoSuchInput("there is no screen to open a window on; watch without --window shows it as text")
    while not stop.event.is_set():
        feed.poll()
        if window is not None and window.is_closed:
            break
        if window is not None:
            window.draw_frame()
        elif sys.stdout.isatty():
            print("\x1b[H\x1b[J" + text_frame(view), flush=True)
        if feed.is_over:
            break
        stop.event.wait(FRAME_S if window is None else WINDOW_FRAME_S)
    if not sys.stdout.isatty() or window is not None:
        print(text_frame(view))
    tell(say(JOURNALS, "ended" if feed.is_over else "goes_on"))
