"""Which options does ``record`` take, and what do they come to?

Options come from the command line, else from a study file (a JSON object whose keys are the options'
names), else from their defaults. Nothing heavy is imported here: every start of the program builds these parsers.

- `add_record_parser`, `add_source_options` : the options; those that say where bytes come from
- `study_parser` : the parser of what a study file may say, which raises `ValueError`
- `with_study_file`, `read_study_file` : what was typed, else the study file's, else the default
- `script_of`, `without_weights` : options → the steps of the session; those that a pulse sensor has
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from touchrhythm.cli.console import UsageError, ending
from touchrhythm.errors import BadFile
from touchrhythm.participants import KINDS
from touchrhythm.settings import MAX_FORCE_G
from touchrhythm.words import say
from touchrhythm.words.recording import RECORDING

if TYPE_CHECKING:
    from touchrhythm.device.session_protocol import Script

__all__ = [
    "HIGHEST_EXPECTED_CPM",
    "add_record_parser",
    "add_source_options",
    "read_study_file",
    "script_of",
    "study_parser",
    "with_study_file",
    "without_weights",
]

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
HIGHEST_EXPECTED_CPM = 40.0
NEVER_NEGATIVE = (
    "warm_up_minutes",
    "tare",
    "unloaded",
    "dead_weight",
    "margin",
    "practice",
    "dead_weight_g",
    "min_free_mb",
)


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
    group.add_argument(
        "--signal",
        choices=("force", "pulse", "ecg"),
        help="what the sensor measures (default: what the device says, else force)",
    )
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
        epilog=ending(
            "record study --virtual --tap-minutes 5",
            'record study --port auto --subject S01 --examiner E01 --consent "record analyse"',
            "record study --port auto --kind null --plan plan.toml",
            "record study --virtual --signal pulse",
        ),
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
    _add_limits(group)


def _add_limits(group: argparse._ArgumentGroup) -> None:
    """What warns, stops or refuses a session."""
    group.add_argument(
        "--max-force",
        type=float,
        default=MAX_FORCE_G,
        metavar="G",
        help=f"warn above this force ({MAX_FORCE_G:g})",
    )
    group.add_argument("--abort-reason", default="", metavar="WORDS", help="stored if the session is stopped")
    group.add_argument(
        "--min-free-mb", type=float, default=100.0, metavar="MB", help="refuse with less disk (100)"
    )
    group.add_argument("--yes", action="store_true", help="ask nothing: defaults and options are the answers")


# -- what they come to ----------------------------------------------------------------------------------


def with_study_file(args: argparse.Namespace) -> argparse.Namespace:
    """The arguments in full: what was typed, else what the study file says, else the default.

    Parameters
    ----------
    args : argparse.Namespace
        Of ``record``: an option that a study file may give stands in it only where it was typed.
    """
    file = read_study_file(args.study) if args.study else {}
    return argparse.Namespace(**{**args.defaults, **file, **vars(args)})


def read_study_file(path: str | Path) -> dict[str, Any]:
    """Options from a study file.

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If it is no JSON object, has a key that is no option, or a value that the option does not take.
    """
    from touchrhythm.io.content import open_json

    try:
        given = open_json(path)
    except BadFile as error:
        raise BadFile(path, f"a study file must be a JSON object: {error.message}", error.line) from None
    options = {str(key).lstrip("-").replace("-", "_"): value for key, value in given.items()}
    options.pop("schema_version", None)
    unknown = [key for key in options if key not in FROM_STUDY]
    if unknown:
        raise BadFile(path, f"no option {unknown[0]!r} in a study file; known: {', '.join(FROM_STUDY)}")
    named = {key: value for key, value in options.items() if value is not None}
    try:
        read = study_parser().parse_args([word for item in named.items() for word in _words(*item)])
    except ValueError as error:
        raise BadFile(path, str(error)) from error
    return {key: getattr(read, key) for key in named}


def _words(key: str, value: Any) -> list[str]:
    """What would be typed for an entry of a study file."""
    if key == "blind":
        if not isinstance(value, bool):
            raise ValueError(f"blind must be true or false, got {value!r}")
        return [] if value else ["--not-blind"]
    many = value if isinstance(value, list) else [value]
    if not many or any(isinstance(entry, bool | dict | list) or entry is None for entry in many):
        raise ValueError(f"{key} must be a number, a text or a list of such, got {value!r}")
    option = f"--{key.replace('_', '-')}"
    if key in ("consent", "examiner_consent"):
        return [f"{option}={' '.join(map(str, many))}"]
    return [f"{option}={many[0]}"] if len(many) == 1 else [option, *map(str, many)]


def _check_numbers(args: argparse.Namespace) -> None:
    """Refuse numbers that cannot be meant."""
    for name, low, high, is_open in (
        *((name, 0.0, math.inf, False) for name in NEVER_NEGATIVE),
        ("max_force", 0.0, math.inf, True),
        ("count_every", 0.0, math.inf, True),
        ("expected_rate", 0.0, HIGHEST_EXPECTED_CPM, True),
        ("confidence", 0.0, 100.0, False),
    ):
        value = getattr(args, name)
        if value is None:
            continue
        option = f"--{name.replace('_', '-')}"
        if not low <= value <= high or math.isinf(value) or (is_open and value == low):
            limits = f"{'above' if is_open else 'at least'} {low:g}"
            more = "" if math.isinf(high) else f" and at most {high:g}"
            raise UsageError(f"{option} must be {limits}{more}, got {value:g}")
    if args.count_every is not None and args.taps != "count":
        raise UsageError("--count-every belongs to --taps count")


def script_of(args: argparse.Namespace) -> Script:
    """The session's steps.

    Raises
    ------
    UsageError
        If a duration cannot be meant.
    """
    from touchrhythm.device.session_protocol import Script
    from touchrhythm.units import SECONDS_PER_MINUTE  # loads numpy

    kind = KINDS[args.kind]
    minutes = args.tap_minutes if len(args.tap_minutes) == 2 else [args.tap_minutes[0]] * 2
    if len(args.tap_minutes) > 2 or not 0 < minutes[0] <= minutes[1] < math.inf:
        given = " ".join(f"{length:g}" for length in args.tap_minutes)
        raise UsageError(
            f"--tap-minutes must be one length above 0 min, or the shortest and the longest, got {given}"
        )
    _check_numbers(args)
    every = SECONDS_PER_MINUTE if args.count_every is None else args.count_every
    skip = set(STEPS) if "all" in args.skip else set(args.skip)
    if args.virtual:
        skip.add("warm-up")
    lengths = (args.warm_up_minutes, args.tare, args.unloaded, args.dead_weight)
    skip |= {name for name, length in zip(STEPS, lengths, strict=True) if length == 0}
    reason = args.skip_reason or ("simulated" if args.virtual else "no reason given")
    return Script(
        kind=kind,
        warm_up=0.0 if "warm-up" in skip else args.warm_up_minutes * SECONDS_PER_MINUTE,
        tare=0.0 if "tare" in skip else args.tare,
        unloaded=0.0 if "unloaded" in skip else args.unloaded,
        dead_weight=0.0 if "dead-weight" in skip else args.dead_weight,
        skipped=tuple((name, reason) for name in STEPS if name in skip),
        dead_weight_g=20.0 if args.virtual and args.dead_weight_g is None else args.dead_weight_g,
        practice=args.practice,
        margin=args.margin,
        tapping=(minutes[0] * SECONDS_PER_MINUTE, minutes[1] * SECONDS_PER_MINUTE),
        taps=args.taps or "device",
        count_every=every if args.taps == "count" else 0.0,
        is_blind=args.blind,
    )


def without_weights(script: Script, signal: str) -> Script:
    """The steps that are left where the sensor has neither a zero nor a weight: a pulse or an ECG."""
    if signal == "force":
        return script
    reason = say(RECORDING, "no_weights", signal=signal)
    named = dict(script.skipped) | {"tare": reason, "dead-weight": reason}
    return replace(
        script,
        tare=0.0,
        dead_weight=0.0,
        skipped=tuple((name, named[name]) for name in STEPS if name in named),
    )
