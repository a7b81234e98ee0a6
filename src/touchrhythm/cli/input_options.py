"""Which options tell how a recording is to be read?

- `add_input_options`, `add_tap_options` : the options
- `session_of` : a file and the options → `Session`
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from touchrhythm.cli.console import usage_errors

if TYPE_CHECKING:
    from touchrhythm.session import Count, Session

__all__ = ["add_input_options", "add_tap_options", "session_of"]

TIME_UNITS = ("s", "ms", "us", "min", "h", "d")


def add_input_options(parser: argparse.ArgumentParser) -> None:
    """Add what a file may not tell about its samples."""
    group = parser.add_argument_group("reading")
    group.add_argument("--fs", type=float, metavar="HZ", help="sampling rate, where the file holds no times")
    group.add_argument(
        "--time", metavar="NAME", help='time column by name or number from 0; "none": there is none'
    )
    group.add_argument(
        "--time-unit", choices=TIME_UNITS, help="unit of the time column, where its name does not tell"
    )


def add_tap_options(parser: argparse.ArgumentParser) -> None:
    """Add taps and counts that are not in the recording itself."""
    group = parser.add_argument_group("taps and counts")
    group.add_argument("--taps", metavar="FILE", help="file of tap times, or the name of a button's channel")
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


def session_of(path: str, args: argparse.Namespace) -> Session:
    """The session in a file, read as the options say.

    Raises
    ------
    UsageError
        If an option does not fit the file.
    NoSuchInput, BadFile
        As `read_session`.
    """
    from touchrhythm.io import read_session

    with usage_errors():
        return read_session(
            path,
            fs=args.fs,
            time=args.time,
            time_unit=args.time_unit,
            taps=args.taps,
            counts=_counts(args.counts, args.rater) or None,
            rater=args.rater,
        )


def _counts(words: list[str], rater: str) -> tuple[Count, ...]:
    from touchrhythm.io import parse_count, read_counts

    counts: list[Count] = []
    for one in words:
        counts += read_counts(one, rater=rater) if Path(one).is_file() else [parse_count(one, rater=rater)]
    return tuple(counts)
