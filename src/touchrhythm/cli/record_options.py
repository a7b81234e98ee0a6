"""What do the words that ``record`` was given come to?

Options come from the command line, else from a study file (a JSON object whose keys are the options'
names), else from their defaults.

- `with_study_file`, `read_study_file` : what was typed, else the study file's, else the default
- `consents_of` : who agreed to what
- `script_of` : options → the steps of the session
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from touchrhythm.cli.console import UsageError, usage_errors
from touchrhythm.cli.record_arguments import FROM_STUDY, STEPS, study_parser
from touchrhythm.device.session_protocol import Script
from touchrhythm.errors import BadFile, NoSuchInput
from touchrhythm.participants import KINDS, Consent, Kind, check_consent, read_covers
from touchrhythm.units import SECONDS_PER_MINUTE

__all__ = ["HIGHEST_EXPECTED_CPM", "consents_of", "read_study_file", "script_of", "with_study_file"]

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
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise NoSuchInput(f"{path} cannot be read: {str(error.strerror).lower()}") from error
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadFile(path, f"a study file must be a JSON object, got {error}") from error
    if not isinstance(given, dict):
        raise BadFile(path, f"a study file must be a JSON object, got {type(given).__name__}")
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
    if not many or any(isinstance(one, bool | dict | list) or one is None for one in many):
        raise ValueError(f"{key} must be a number, a text or a list of such, got {value!r}")
    option = f"--{key.replace('_', '-')}"
    if key in ("consent", "examiner_consent"):
        return [f"{option}={' '.join(map(str, many))}"]
    return [f"{option}={many[0]}"] if len(many) == 1 else [option, *map(str, many)]


def consents_of(args: argparse.Namespace, kind: Kind) -> dict[str, Consent]:
    """Consent of everybody who is there, checked; nobody is there with a virtual board.

    Raises
    ------
    UsageError
        If somebody who is there has not agreed to be recorded.
    """
    with usage_errors():
        consents = {
            who: Consent(who, read_covers(text))
            for who, text, is_there in (
                ("subject", args.consent, kind.has_subject),
                ("examiner", args.examiner_consent, kind.has_examiner),
            )
            if text and is_there
        }
        if not args.virtual:
            check_consent(kind, consents)
    return consents


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
    kind = KINDS[args.kind]
    minutes = args.tap_minutes if len(args.tap_minutes) == 2 else [args.tap_minutes[0]] * 2
    if len(args.tap_minutes) > 2 or not 0 < minutes[0] <= minutes[1] < math.inf:
        raise UsageError(
            f"--tap-minutes must be one length, or the shortest and the longest, got {args.tap_minutes}"
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
