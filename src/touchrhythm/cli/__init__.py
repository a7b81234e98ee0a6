"""Commands: what to type, and which function answers.

**Conventions.** Results go to stdout, talk and progress to stderr. Every command lives in a module of
`COMMAND_MODULES` that has ``add_parsers(subparsers)`` and gives each parser ``set_defaults(run=function)``;
the function takes the parsed arguments and returns an exit code. Heavy imports stand inside the functions.

- `main` : what the shell calls; returns the exit code
- `build_parser` : the parser with all commands
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import textwrap
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from touchrhythm._version import __version__
from touchrhythm.cli.console import (
    EXIT_FAULT,
    EXIT_INTERRUPTED,
    EXIT_PIPE,
    EXIT_USAGE,
    calm_streams,
    exit_code_of,
    is_foreseen,
    one_thread,
    own_up,
    show_warning,
    tell,
    tell_failure,
)
from touchrhythm.words.program import called_as

__all__ = ["COMMAND_MODULES", "build_parser", "main"]

COMMAND_MODULES = (
    "touchrhythm.cli.analysis_commands",
    "touchrhythm.cli.inspect_command",
    "touchrhythm.cli.simulate_command",
    "touchrhythm.cli.compare_command",
    "touchrhythm.cli.recording_commands",
    "touchrhythm.cli.study_commands",
    "touchrhythm.cli.plan_command",
    "touchrhythm.cli.share_commands",
    "touchrhythm.cli.verify_command",
)

EPILOG = """\
"{program} COMMAND --help" explains a command and shows examples.

exit codes: 0 answered (also where the answer is "no rhythm" or "no answer"), 1 our own fault, 2 wrong usage,
65 a file cannot be read, 66 no such file, 73 cannot create the output, 74 input or output failed, 75 try again.

A research tool, not a medical device."""


class HelpLayout(argparse.HelpFormatter):
    """Fills paragraphs to the width of the terminal, and leaves indented ones as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip("\n").split("\n\n")
        return "\n\n".join(
            paragraph if "\n  " in paragraph else textwrap.fill(" ".join(paragraph.split()), width)
            for paragraph in paragraphs
        )


class _Parser(argparse.ArgumentParser):
    """Says what was wrong in one line, and where to read on."""

    def error(self, message: str) -> NoReturn:
        """One line on stderr, exit code 2."""
        tell(f"touchrhythm: {message} (see {self.prog} --help)")
        sys.exit(EXIT_USAGE)


class _CommandParser(_Parser):
    """Lays out its help, guesses no option, and itself refuses what it does not know, so that its own help is named."""

    def __init__(self, *, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=HelpLayout,
            allow_abbrev=False,
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """The arguments; nothing is left over."""
        found, left_over = super().parse_known_args(args, namespace)
        if left_over:
            self.error(f"unrecognized arguments: {' '.join(left_over)}")
        return found, left_over


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command of `COMMAND_MODULES`."""
    parser = _Parser(
        prog=called_as(),
        description="Is there a slow rhythm under the hand, and do taps follow it?",
        epilog=EPILOG.format(program=called_as()),
        formatter_class=HelpLayout,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"touchrhythm {__version__}")
    commands: Any = parser.add_subparsers(
        title="commands", metavar="COMMAND", dest="command", required=True, parser_class=_CommandParser
    )
    for name in COMMAND_MODULES:
        importlib.import_module(name).add_parsers(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The words after the program's name; those of the shell if left out.

    Returns
    -------
    int
        0, or a code of the list under ``touchrhythm --help``.
    """
    calm_streams()
    one_thread()
    try:
        args = build_parser().parse_args(argv)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_warning
            args.typed = list(sys.argv[1:] if argv is None else argv)
            code: int = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - what is left in the buffer goes there
        return EXIT_PIPE
    except Exception as error:
        if is_foreseen(error):
            tell_failure(error, args)
            return exit_code_of(error)
        own_up(error)
        return EXIT_FAULT
    return code
