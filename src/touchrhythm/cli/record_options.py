"""What do the words that ``record`` was given come to?

Options come from the command line, else from a study file (a JSON object whose keys are the options'
names), else from their defaults.

- `read_study_file` : defaults from a study file
- `consents_of` : who agreed to what
- `script_of` : options → the steps of the session
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from touchrhythm.cli.console import UsageError, usage_errors
from touchrhythm.cli.record_arguments import FROM_STUDY, STEPS
from touchrhythm.device.codes import KINDS, Consent, Kind, check_consent, read_covers
from touchrhythm.device.guide import Script
from touchrhythm.errors import BadFile, NoSuchInput
from touchrhythm.units import SECONDS_PER_MINUTE

__all__ = ["consents_of", "read_study_file", "script_of"]


def read_study_file(path: str | Path) -> dict[str, Any]:
    """Options from a study file.

    Raises
    ------
    NoSuchInput
        If it cannot be opened.
    BadFile
        If it is no JSON object, or has a key that is no option.
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
    return options


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


def script_of(args: argparse.Namespace) -> Script:
    """The session's steps.

    Raises
    ------
    UsageError
        If a duration cannot be meant.
    """
    kind = KINDS[args.kind]
    minutes = args.tap_minutes if len(args.tap_minutes) == 2 else [args.tap_minutes[0]] * 2
    if len(args.tap_minutes) > 2 or not 0 < minutes[0] <= minutes[1]:
        raise UsageError(
            f"--tap-minutes must be one length, or the shortest and the longest, got {args.tap_minutes}"
        )
    for name in ("warm_up_minutes", "tare", "unloaded", "dead_weight", "margin", "practice"):
        if not 0 <= getattr(args, name) < float("inf"):
            raise UsageError(f"--{name.replace('_', '-')} must not be below 0, got {getattr(args, name):g}")
    every = SECONDS_PER_MINUTE if args.count_every is None else args.count_every
    if not every > 0:
        raise UsageError(f"--count-every must be above 0 s, got {every:g}")
    skip = set(STEPS) if "all" in args.skip else set(args.skip)
    if args.virtual:
        skip.add("warm-up")
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
        count_every=every if args.taps == "count" else 0.0,
        is_blind=args.blind,
    )
