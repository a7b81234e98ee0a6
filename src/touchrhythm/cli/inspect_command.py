"""The command ``inspect``: what was understood of a file, before anything is computed?

- `add_parsers` : the parser
- `run_inspect` : files → what was understood, in words or as JSON
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import (
    EXIT_OK,
    ending,
    exit_code_of,
    is_foreseen,
    progress,
    tell_failure,
    without_options,
)
from touchrhythm.cli.input_options import add_input_options, add_tap_options, reading_progress, session_of
from touchrhythm.cli.settings_options import named_references
from touchrhythm.words.program import command_line

if TYPE_CHECKING:
    from touchrhythm.io.inspect import ChannelFacts, Understood
    from touchrhythm.session import Session

__all__ = ["add_parsers", "run_inspect"]

JSON_SCHEMA_VERSION = 1
WIDTH = 10


def add_parsers(subparsers: Any) -> None:
    """Add the command."""
    inspect = subparsers.add_parser(
        "inspect",
        help="what was understood of a file, before anything is computed",
        description="Says what was understood of each file and how it is known: format, times, each channel with unit,"
        " role, range and what is missing, taps and notes; and for what is not certain the option that settles it.",
        epilog=ending("inspect session.csv", "inspect samples.txt --fs 80 --json"),
    )
    inspect.add_argument("files", nargs="+", metavar="FILE", help="recordings in any form that analyze reads")
    inspect.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    inspect.add_argument("--channel", metavar="NAME", help="the signal, where more than one can be meant")
    inspect.add_argument("--references", metavar="NAME,NAME", help="channels that are references")
    add_input_options(inspect)
    add_tap_options(inspect)
    inspect.set_defaults(run=run_inspect)


def run_inspect(args: argparse.Namespace) -> int:
    """Say what was understood of each file; the exit code is that of the worst."""
    results, code = [], EXIT_OK
    for path in args.files:
        try:
            with progress(f"{path} …"), reading_progress(path) as heard:
                session = session_of(path, args, heard)
        except Exception as error:
            if not is_foreseen(error):
                raise
            tell_failure(error, args)
            code = max(code, exit_code_of(error))
            continue
        understood = session.info["understood"]
        asked = _asked(session, args, path)
        if args.json:
            results.append(
                {"file": path, **understood.to_dict(), "signal": asked[0], "commands": list(asked[1])}
            )
        else:
            print(f"# {path}", *_lines(understood, *asked), "", sep="\n", flush=True)
    if args.json:
        answer = {"schema_version": JSON_SCHEMA_VERSION, "results": results}
        print(json.dumps(answer, sort_keys=True, indent=2, allow_nan=False))
    return code


def _asked(session: Session, args: argparse.Namespace, path: str) -> tuple[str | None, tuple[str, ...]]:
    """The channel that would be analysed (None: it must be said), and the commands that decide what is open."""
    from touchrhythm.analysis.named_channels import check_named
    from touchrhythm.analysis.recipe import choose_channel
    from touchrhythm.cli.console import usage_errors
    from touchrhythm.errors import Undecided
    from touchrhythm.settings import Settings

    settings = Settings(channel=args.channel, references=named_references(args))
    name = str(session.info.get("source", ""))
    try:
        with usage_errors():
            check_named(session, settings)
            signal = session.recording.channels[choose_channel(session.recording, settings, name)]
    except Undecided as error:
        return None, tuple(
            f"{command_line('analyze', *_reading_options(args, path, option))} {option}"
            for option in error.options
        )
    return signal, ()


def _reading_options(args: argparse.Namespace, path: str, said: str) -> list[str]:
    """File and options of this command that `analyze` takes as well, without those that are said anew."""
    files = [str(file) for file in args.files]
    rest = [word for word in getattr(args, "typed", [])[1:] if word not in (*files, "--json")]
    return without_options([path, *rest], said)


def _lines(understood: Understood, signal: str | None, commands: tuple[str, ...]) -> Iterator[str]:
    """What was understood, one thing a line."""
    told = [understood.format, understood.encoding]
    told += [f"{understood.separator} between columns"] if understood.separator else []
    told += [f"decimal {understood.decimal}"] if understood.decimal else []
    yield _line("format", ", ".join(fact for fact in told if fact))
    how = f" [{understood.time_how}]" if understood.time_how else ""
    stop = understood.start + understood.duration
    length = (
        f"{understood.duration:.6g} s at {understood.fs:.6g} Hz, from {understood.start:g} to {stop:.6g} s"
    )
    yield _line("times", f"{length}; {understood.time}{how}")
    for channel in understood.channels:
        yield _line("channel", _channel(channel) + (" ← analysed" if channel.name == signal else ""))
    for name, why in understood.left_out:
        yield _line("left out", f"{name}: {why}")
    for rater, n in understood.taps:
        yield _line("taps", f"{n} by {rater}")
    if understood.annotations or understood.counts:
        yield _line("events", f"{understood.annotations} annotations, {understood.counts} counts")
    for note in understood.notes:
        yield _line("note", note)
    for command in commands:
        yield _line("decide", command)
    if "--references NAME" in understood.options:
        yield _line(
            "decide", "if one of the channels of no known kind is breathing or a pulse: --references NAME"
        )


def _channel(channel: ChannelFacts) -> str:
    role = channel.role or "no known kind"
    whose = f" of the {channel.person}" if channel.person else ""
    unit = f" in {channel.unit}" if channel.unit else ""
    why = f" [{channel.how}: {channel.why}]" if channel.how else f" [{channel.why}]"
    spread = "" if channel.low is None else f"; {channel.low:.6g} to {channel.high:.6g}"
    missing = f"; {100 * channel.fraction_missing:.3g} % missing" if channel.fraction_missing else ""
    rails = "".join(f"; {n} at the rail {value:.10g}, cut" for value, n in channel.at_rail)
    return f"{channel.name}{unit}: {role}{whose}{why}{spread}{missing}{rails}"


def _line(what: str, text: str) -> str:
    return f"  {what:<{WIDTH}} {text}"
