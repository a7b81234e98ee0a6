"""Which options tell how a recording is to be read?

- `add_input_options`, `add_tap_options` : the options
- `session_of` : a file and the options → `Session`
- `reading_progress` : how far a large file is read, on a terminal
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from touchrhythm.cli.console import UsageError, usage_errors

if TYPE_CHECKING:
    from touchrhythm.session import Count, Session

__all__ = ["TIME_UNITS", "add_input_options", "add_tap_options", "reading_progress", "session_of"]

TIME_UNITS = ("s", "ms", "us", "ns", "min", "h", "d")
LARGE = 1 << 24  # bytes from which it is worth saying how far a file is read


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """Add what a file may not tell about its samples."""
    group = parser.add_argument_group("reading")
    group.add_argument("--fs", type=float, metavar="HZ", help="sampling rate, where the file holds no times")
    group.add_argument(
        "--time",
        metavar="NAME",
        help='time column by name or number from 0; "none": there is none; "intervals": each value is one between heart beats',
    )
    group.add_argument(
        "--time-unit", choices=TIME_UNITS, help="unit of the time column, where its name does not tell"
    )
    group.add_argument(
        "--reference-file",
        metavar="FILE",
        help="second file, whose channels are put beside those of the first",
    )
    group.add_argument(
        "--reference-offset",
        type=float,
        metavar="S",
        help="second of the recording at which the second file begins (negative: before it)",
    )


def add_tap_options(parser: argparse.ArgumentParser) -> None:
    """Add taps and counts that are not in the recording itself."""
    group = parser.add_argument_group("taps and counts")
    group.add_argument("--taps", metavar="FILE", help="file of tap times, or the name of a button's channel")
    group.add_argument("--tap-column", metavar="NAME", help="column of that file that holds the onsets")
    group.add_argument(
        "--tap-offset",
        type=float,
        metavar="S",
        help="second of the recording at which the stopwatch was started",
    )
    group.add_argument(
        "--tap-clock",
        action="store_true",
        help="the taps are clock times; --start-time, or the recording's own clock",
    )
    group.add_argument(
        "--start-time", metavar="H:M:S", help="clock time of the first sample, for --tap-clock"
    )
    group.add_argument(
        "--counts",
        metavar="WORDS",
        action="append",
        default=[],
        help='a reported count, "27 in 180 s from 0:30", or a file of them; may be repeated',
    )
    group.add_argument(
        "--rater", default="rater", metavar="CODE", help="who tapped, where nothing else tells"
    )


def session_of(
    path: str, args: argparse.Namespace, progress: Callable[[float], None] | None = None
) -> Session:
    """The session in a file, read as the options say.

    Raises
    ------
    UsageError
        If an option does not fit the file.
    NoSuchInput, BadFile
        As `read_session`.
    Undecided
        If the file can be read in more than one way.
    """
    from touchrhythm.io.opening import TapClock, read_session

    if args.reference_offset is not None and args.reference_file is None:
        raise UsageError("--reference-offset goes with --reference-file")
    if args.taps is None and (args.tap_column or args.tap_offset is not None or args.tap_clock):
        raise UsageError("--tap-column, --tap-offset and --tap-clock go with --taps")
    with usage_errors(args):
        session = read_session(
            path,
            fs=args.fs,
            time=args.time,
            time_unit=args.time_unit,
            taps=args.taps,
            tap_clock=TapClock(args.tap_column, args.tap_offset or 0.0, args.tap_clock, args.start_time),
            counts=_counts(args.counts, args.rater) or None,
            rater=args.rater,
            sensor=args.channel,
            progress=progress,
        )
    with usage_errors(args):
        return session if args.reference_file is None else _with_reference(session, args)


def _with_reference(session: Session, args: argparse.Namespace) -> Session:
    from touchrhythm.errors import Undecided
    from touchrhythm.io.joining import with_reference
    from touchrhythm.io.opening import read_session

    reference = read_session(args.reference_file)
    if args.reference_offset is None:
        raise Undecided(
            args.reference_file, "when did it begin, in seconds of the recording", ("--reference-offset S",)
        )
    return with_reference(session, reference, args.reference_offset)


@contextmanager
def reading_progress(path: str) -> Iterator[Callable[[float], None] | None]:
    """A function that shows on a terminal how far a large file is read; None elsewhere."""
    file = Path(path)
    if not sys.stderr.isatty() or not file.is_file() or file.stat().st_size < LARGE:
        yield None
        return
    width = len(path) + 16

    def show(fraction: float) -> None:
        print(f"\r{path} … {100 * fraction:3.0f} % read", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r" + " " * width + "\r", end="", file=sys.stderr, flush=True)


def _counts(words: list[str], rater: str) -> tuple[Count, ...]:
    from touchrhythm.io import parse_count, read_counts
    from touchrhythm.io.content import refuse_irregular

    counts: list[Count] = []
    for word in words:
        refuse_irregular(Path(word))
        counts += read_counts(word, rater=rater) if Path(word).is_file() else [parse_count(word, rater=rater)]
    return tuple(counts)
