"""share and withdraw: what leaves the lab, and who leaves the study.

**Conventions.** stdout: what was written or removed; questions and progress on stderr.

- `add_parsers` : adds the commands
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import EXIT_OK, EXIT_TRY_AGAIN, UsageError, ending, tell
from touchrhythm.words.program import command_line

if TYPE_CHECKING:
    from touchrhythm.study.withdrawal import Traces

__all__ = ["add_parsers"]

SCHEMA_VERSION = 1
SHARE_EPILOG = """\
Shared are samples, taps, counts and known events, with codes and relative times. A session with a person in it is shared
only where everybody in it has agreed to "share". What was left out, and why, stands in OUT/not_shared.tsv."""
WITHDRAW_EPILOG = """\
Removed are the person's recordings, journals, results and cached rows, and every table and page over the study, which
"{program} study" makes again. The withdrawal is noted without the code. Backups and copies elsewhere (also those made
by share) are not reached. A run that was cut short is finished by running it again."""


def add_parsers(subparsers: Any) -> None:
    """Add ``share`` and ``withdraw``."""
    parser = subparsers.add_parser(
        "share",
        help="what may leave the lab",
        description="Write what may leave the lab into a new folder: a BIDS dataset that names nobody.",
        epilog=ending("share trial trial-shared --recode mapping.tsv", more=SHARE_EPILOG),
    )
    parser.add_argument("study", metavar="STUDY", help="study folder; it is only read")
    parser.add_argument("out", metavar="OUT", help="folder that is not there yet, outside of the study")
    parser.add_argument(
        "--recode",
        metavar="MAPPING.tsv",
        help="new codes for everybody; keeps the mapping here, outside of any study",
    )
    parser.add_argument(
        "--consent-elsewhere",
        action="store_true",
        help="share sessions without recorded consent: it is kept elsewhere and was looked up",
    )
    parser.add_argument(
        "--decimal-comma",
        action="store_true",
        help="also write tables with decimal commas (OUT/derivatives/tables)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    parser.set_defaults(run=_share)
    parser = subparsers.add_parser(
        "withdraw",
        help="remove a person from a study",
        description="Remove a subject or an examiner from a study, its results and its caches.",
        epilog=ending("withdraw S07 --study trial --dry-run", more=WITHDRAW_EPILOG),
    )
    parser.add_argument("code", metavar="CODE", help="code of the person, such as S01")
    parser.add_argument("--study", required=True, metavar="DIR", help="study folder")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--dry-run", action="store_true", help="list what would be removed, remove nothing")
    parser.set_defaults(run=_withdraw)


def _share(args: argparse.Namespace) -> int:
    import json

    from touchrhythm.study.share import share_study

    found = share_study(
        args.study,
        args.out,
        mapping=args.recode,
        consent_elsewhere=args.consent_elsewhere,
        decimal_comma=args.decimal_comma,
        progress=_said if sys.stderr.isatty() else None,
    )
    if args.json:
        rows = [{"what": o.what, "why": o.why, "number": o.number} for o in found.left_out]
        result = {"folder": str(found.folder), "n_sessions": found.n_sessions, "n_subjects": found.n_subjects}
        whole = {"schema_version": SCHEMA_VERSION, "results": [result | {"left_out": rows}]}
        print(json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False))
        return EXIT_OK
    print(f"{found.folder}: {found.n_sessions} recordings of {found.n_subjects} codes")
    for left in found.left_out:
        print(f"not shared: {left.number} × {left.what} ({left.why})")
    if found.mapping is not None:
        print(f"mapping of codes: {found.mapping} (keep it apart; whoever has it knows who is who)")
    return EXIT_OK


def _said(done: int, total: int) -> None:
    print(f"\r{done}/{total} recordings", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _withdraw(args: argparse.Namespace) -> int:
    from touchrhythm.study.withdrawal import find_traces, withdraw
    from touchrhythm.words.numbers import counted

    traces = find_traces(args.study, args.code)
    _list(traces)
    if args.dry_run:
        return EXIT_OK
    if not args.yes and not _agreed(args.code):
        tell("nothing was removed")
        return EXIT_TRY_AGAIN
    done = withdraw(traces)
    print(
        f"removed: {counted(done.n_files, 'file')}, {counted(done.n_recordings, 'recording')},"
        f" {counted(done.n_rows, 'row')} of tables;"
        f" noted without the code in {done.record}"
    )
    for line in done.left_to_do:
        print(f"left to you: {line}")
    if done.made_again:
        print(f"tables and pages are made again by: {command_line('study', args.study)}")
    return EXIT_OK


def _list(traces: Traces) -> None:
    for path in traces.files:
        print(f"remove\t{path.relative_to(traces.study).as_posix()}")
    for path, number in traces.rows:
        print(
            f"rewrite\t{path.relative_to(traces.study).as_posix()}\twithout {number} row{'s' if number > 1 else ''}"
        )


def _agreed(code: str) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("withdraw removes recorded data for good: type it at a terminal, or say --yes")
    tell(f"This removes recorded data for good. Type the code {code} to go on:")
    return sys.stdin.readline().strip() == code
