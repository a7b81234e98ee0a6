"""Which words do the recording commands take? Parsers only; what the words come to is elsewhere.

Nothing heavy is imported here: every start of the program builds these parsers.

- `add_source_options` : ``--port``, ``--virtual`` and what belongs to them
- `add_record_parser` : the parser of ``record``
- `study_parser` : the parser of what a study file may say, which raises `ValueError`
"""

from __future__ import annotations

import argparse
import math
from typing import Any, NoReturn

from touchrhythm.participants import KINDS

__all__ = ["FROM_STUDY", "STEPS", "add_record_parser", "add_source_options", "study_parser"]

STEPS = ("warm-up", "tare", "unloaded", "dead-weight")
FROM_STUDY = [
    "subject",
    "session",
    "examiner",
    "consent",
    "examiner_consent",
    "blind",
    "tap_minutes",
    "margin",
    "warm_up_minutes",
    "unloaded",
    "dead_weight",
    "tare",
    "dead_weight_g",
    "max_force",
    "expected_rate",
    "taps",
    "plan",
    "calibration",
    "count_every",
    "skip",
    "skip_reason",
    "practice",
]


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where bytes come from."""
    group = parser.add_argument_group("device")
    which = group.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--port",
        metavar="NAME",
        help="/dev/ttyACM0, COM3, socket://host:port, or 'auto' for the study's device or the only board there is",
    )
    which.add_argument("--virtual", action="store_true", help="a board made of nothing but Python")
    group.add_argument("--baud", type=int, default=115200, metavar="N", help="bits per second (115200)")
    group.add_argument(
        "--use-time-column",
        action="store_true",
        help="take the first column of a plain-number sketch as the device's clock",
    )
    group.add_argument(
        "--speed",
        type=float,
        default=math.inf,
        metavar="N",
        help="virtual: N times real time (as fast as it goes)",
    )
    group.add_argument(
        "--rate", type=float, default=8.0, metavar="CPM", help="virtual: rhythm under the hand (8)"
    )
    group.add_argument("--no-rhythm", action="store_true", help="virtual: no rhythm under the hand")
    group.add_argument(
        "--tapper",
        choices=("follow", "guess", "none"),
        default="follow",
        help="virtual: who presses the button",
    )
    group.add_argument(
        "--seed", type=int, default=0, metavar="N", help="virtual: seed of everything random (0)"
    )


def add_record_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add ``record`` to the commands."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "record",
        help="record a session into a study folder",
        description="Record a session: the journal is written live, the BIDS recording when it ends.",
    )
    parser.add_argument("study_folder", metavar="OUT", help="study folder; made if it is not there")
    add_source_options(parser)
    _add_who(parser)
    _add_steps(parser)
    _add_trial(parser)
    _leave_untyped_out(parser)
    return parser


def _leave_untyped_out(parser: argparse.ArgumentParser) -> None:
    """Keep out of the arguments what a study file may say and nobody typed: its default stands in `defaults`."""
    parser.set_defaults(defaults={name: parser.get_default(name) for name in FROM_STUDY})
    for action in parser._actions:
        if action.dest in FROM_STUDY:
            action.default = argparse.SUPPRESS


class _StudyParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def study_parser() -> argparse.ArgumentParser:
    """Parser of the options that a study file may give; what cannot be meant is a `ValueError`."""
    parser = _StudyParser(add_help=False, allow_abbrev=False)
    for add in (_add_who, _add_steps, _add_trial):
        add(parser)
    return parser


def _add_who(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("who and what")
    group.add_argument(
        "--kind", choices=tuple(KINDS), default="palpation", help="kind of session (palpation)"
    )
    group.add_argument("--subject", metavar="CODE", help="code such as S01; handed out if left out")
    group.add_argument("--examiner", metavar="CODE", help="code such as E01")
    group.add_argument("--session", metavar="NN", help="session number; the next one if left out")
    group.add_argument(
        "--consent", metavar="WORDS", help="what the subject agreed to: some of record, analyse, share"
    )
    group.add_argument("--examiner-consent", metavar="WORDS", help="what the examiner agreed to")
    group.add_argument(
        "--study", metavar="FILE", help='options of the study, as JSON: {"examiner": "E01", "margin": 120}'
    )
    group.add_argument(
        "--plan", metavar="FILE", help="sealed plan; its hash goes into the journal's first line"
    )
    group.add_argument(
        "--calibration", metavar="FILE", help="calibration; else the study's latest for this device"
    )
    group.add_argument(
        "--truth-file", metavar="FILE", help="phantom: where its truth is kept, outside of the study"
    )
    group.add_argument(
        "--phantom-port", metavar="NAME", help="phantom: port of the board that moves the plate"
    )


def _add_steps(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("before the trial")
    group.add_argument(
        "--warm-up-minutes", type=float, default=15.0, metavar="MIN", help="sensor warms up (15)"
    )
    group.add_argument("--tare", type=float, default=10.0, metavar="S", help="seconds for the zero (10)")
    group.add_argument("--unloaded", type=float, default=120.0, metavar="S", help="unloaded seconds (120)")
    group.add_argument(
        "--dead-weight", type=float, default=120.0, metavar="S", help="dead-weight seconds (120)"
    )
    group.add_argument("--dead-weight-g", type=float, metavar="G", help="mass of the dead weight")
    group.add_argument(
        "--skip",
        nargs="+",
        choices=(*STEPS, "all"),
        default=[],
        metavar="STEP",
        help=f"leave out: {', '.join(STEPS)}, all",
    )
    group.add_argument("--skip-reason", default="", metavar="WORDS", help="why; stored")
    group.add_argument(
        "--practice",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds in which the examiner sees the force first (0)",
    )


def _add_trial(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("trial")
    group.add_argument(
        "--margin", type=float, default=120.0, metavar="S", help="hand at rest before and after (120)"
    )
    group.add_argument(
        "--tap-minutes",
        type=float,
        nargs="+",
        default=[5.0, 8.0],
        metavar="MIN",
        help="shortest and longest tapping, drawn at random between (5 8)",
    )
    group.add_argument(
        "--taps",
        choices=("device", "keyboard", "count", "none"),
        help="the board's button (default), the keyboard, a count per interval, or none",
    )
    group.add_argument(
        "--count-every",
        type=float,
        metavar="S",
        help="with --taps count: interval (a minute); blind, up to a fifth more or less",
    )
    group.add_argument("--expected-rate", type=float, metavar="CPM", help="rate that the examiner expects")
    group.add_argument("--confidence", type=float, metavar="0-100", help="answer known beforehand")
    group.add_argument("--felt-nothing", action="store_true", help="answer known beforehand")
    group.add_argument(
        "--not-blind",
        dest="blind",
        action="store_false",
        help="let this screen tell force and time to the examiner",
    )
    group.add_argument(
        "--max-force", type=float, default=30.0, metavar="G", help="warn above this force (30)"
    )
    group.add_argument("--abort-reason", default="", metavar="WORDS", help="stored if the session is stopped")
    group.add_argument(
        "--min-free-mb", type=float, default=100.0, metavar="MB", help="refuse with less disk (100)"
    )
    group.add_argument("--yes", action="store_true", help="ask nothing: defaults and options are the answers")
