"""Which words do the commands around a sensor take: ports, check, calibrate, record, watch, recover?

**Conventions.** Parsers only: every start of the program builds them, so what a command needs is imported when it
runs. Results on stdout, talk on stderr, exit codes as in `console`.

- `add_parsers` : adds them all
"""

from __future__ import annotations

import argparse
from typing import Any

from touchrhythm.cli.console import ending
from touchrhythm.cli.record_options import add_record_parser, add_source_options

__all__ = ["add_parsers"]


def add_parsers(subparsers: Any) -> None:
    """Add the commands to a parser; what they need is imported when one runs."""
    _add_ports(subparsers)
    _add_check(subparsers)
    _add_calibrate(subparsers)
    _add_record(subparsers)
    _add_watch(subparsers)
    _add_recover(subparsers)


def _add_ports(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "ports",
        help="list serial ports, and which look like a board",
        description="List the serial ports of this computer, likely boards first and marked, by the names that --port takes.",
        epilog=ending("ports"),
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run_ports)


def _add_check(subparsers: Any) -> None:

    parser = subparsers.add_parser(
        "check",
        help="is this device fit for a study?",
        description="Record the sensor, a force untouched, a pulse on the skin, and judge it: fit, fit with limits, or not fit.",
        epilog=ending("check --virtual", "check --port auto --presses 10"),
    )
    add_source_options(parser)
    parser.add_argument(
        "--seconds", type=float, default=150.0, metavar="S", help="how long (150; 120 for the rhythm)"
    )
    parser.add_argument("--calibration", metavar="FILE", help="so that noise and drift are judged in mg")
    parser.add_argument(
        "--presses", type=int, default=0, metavar="N", help="press the button N times while it runs"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run_check)


def _add_calibrate(subparsers: Any) -> None:

    parser = subparsers.add_parser(
        "calibrate",
        help="how many counts is a gram?",
        description="Put known weights on the sensor, up and down; the line is kept beside the recordings.",
        epilog=ending("calibrate study --port auto --masses 0 2 5 10 20 --mass-u95-mg 12"),
    )
    parser.add_argument("study_folder", metavar="OUT", help="study folder; made if it is not there")
    add_source_options(parser)
    parser.add_argument(
        "--masses",
        type=float,
        nargs="+",
        default=[0.0, 2.0, 5.0, 10.0, 20.0],
        metavar="G",
        help="in grams, going up",
    )
    parser.add_argument(
        "--mass-u95-mg",
        type=float,
        default=100.0,
        metavar="MG",
        help="how well each mass is known: coins 100, weighed coins 12, M1 weights 3 (100)",
    )
    parser.add_argument("--settle", type=float, default=3.0, metavar="S", help="wait before reading (3)")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="mean of how long (10)")
    parser.add_argument("--yes", action="store_true", help="do not wait for Enter between weights")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run_calibrate)


def _add_record(subparsers: Any) -> None:

    add_record_parser(subparsers).set_defaults(run=_run_record)


def _add_watch(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "watch",
        help="the assistant's live view of a growing journal",
        description="Follow a journal while it is recorded. For the assistant; never for a blinded examiner.",
        epilog=ending("watch study/sourcedata/sub-S01/ses-01/…/journal.txt --target 4 6"),
    )
    parser.add_argument(
        "journal", metavar="JOURNAL", help="journal.txt of a session being recorded, or its study folder"
    )
    parser.add_argument("--window", action="store_true", help="draw in a window instead of the terminal")
    parser.add_argument(
        "--target", type=float, nargs=2, default=[4.0, 6.0], metavar="G", help="zone of force (4 6)"
    )
    parser.add_argument("--once", action="store_true", help="one look, then end")
    parser.set_defaults(run=_run_watch)


def _add_recover(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "recover",
        help="make the recording of a journal, whole or torn",
        description="Write the BIDS recording of a journal whose recorder was cut short. The journal stays as it is.",
        epilog=ending("recover study/sourcedata/sub-S01/ses-01/…/journal.txt"),
    )
    parser.add_argument("journal", metavar="JOURNAL", help="journal.txt")
    parser.add_argument(
        "study_folder", metavar="OUT", nargs="?", help="study folder; else the one it lies in"
    )
    parser.set_defaults(run=_run_recover)


def _run_ports(args: argparse.Namespace) -> int:
    from touchrhythm.cli.devices import run_ports

    return run_ports(args)


def _run_check(args: argparse.Namespace) -> int:
    from touchrhythm.cli.devices import busy_is_try_again, run_check

    return busy_is_try_again(run_check)(args)


def _run_calibrate(args: argparse.Namespace) -> int:
    from touchrhythm.cli.devices import busy_is_try_again, run_calibrate

    return busy_is_try_again(run_calibrate)(args)


def _run_record(args: argparse.Namespace) -> int:
    from touchrhythm.cli.devices import busy_is_try_again
    from touchrhythm.cli.record import run_record

    return busy_is_try_again(run_record)(args)


def _run_watch(args: argparse.Namespace) -> int:
    from touchrhythm.cli.journals import run_watch

    return run_watch(args)


def _run_recover(args: argparse.Namespace) -> int:
    from touchrhythm.cli.journals import run_recover

    return run_recover(args)
