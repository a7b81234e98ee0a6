"""verify: is a study still what was sealed?

**Conventions.** stdout: one line for each file that is changed, missing, or no longer what its journal
makes; what was looked at on stderr. Exit 65 if there is such a file.

- `add_parsers` : adds the command
"""

from __future__ import annotations

import argparse
from typing import Any

from touchrhythm.cli.console import EXIT_DATA, EXIT_OK, ending, tell

__all__ = ["add_parsers"]

SCHEMA_VERSION = 1
EPILOG = """\
Looked at are the files that sealing (or share) has listed with their SHA-256: journals, samples, sidecars and events.
Participants, scans, results and notes may change. Recordings that were sealed before there were hashes are counted."""


def add_parsers(subparsers: Any) -> None:
    """Add ``verify``."""
    parser = subparsers.add_parser(
        "verify",
        help="is a study still what was sealed?",
        description="Compare the files of a study or a shared dataset with the hashes that were taken when they were sealed.",
        epilog=ending("verify trial", "verify trial --rederive", more=EPILOG),
    )
    parser.add_argument("folder", metavar="FOLDER", help="study folder, or a dataset made by share")
    parser.add_argument(
        "--rederive", action="store_true", help="also make each recording anew from its journal and compare"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_verify)


def _verify(args: argparse.Namespace) -> int:
    import json
    from pathlib import Path

    from touchrhythm.errors import NoSuchInput
    from touchrhythm.io.content import check_folder
    from touchrhythm.io.rederive import rederive
    from touchrhythm.io.sealed_hashes import changes_of, find_seals

    root = Path(args.folder)
    check_folder(root)
    seals = find_seals(root)
    if not seals and not any(root.glob("sub-*/")):
        raise NoSuchInput(f"{root}: no study (sub-*/…) and nothing that was sealed")
    rows: list[dict[str, Any]] = []
    n_anew = 0
    for seal in seals:
        rows += [
            {"file": change.place, "what": change.what, "fault": True} for change in changes_of(root, seal)
        ]
        if args.rederive and seal.journal.is_file():
            n_anew += 1
            rows += [{"file": o.place, "what": o.what, "fault": o.is_fault} for o in rederive(root, seal)]
    bare = [seal.path.relative_to(root).as_posix() for seal in seals if not seal.hashes]
    n_files = sum(len(seal.hashes) for seal in seals)
    if args.json:
        told = {"folder": str(root), "n_files": n_files, "sealed_without_hashes": bare, "differences": rows}
        print(json.dumps({"schema_version": SCHEMA_VERSION, "results": [told]}, indent=2, sort_keys=True))
    else:
        for row in rows:
            print(f"{row['what']}\t{row['file']}")
    for place in bare:
        tell(f"not sealed with hashes: {place}")
    n_faults = len({row["file"] for row in rows if row["fault"]})
    _tell_compared(n_files, n_faults, n_anew if args.rederive else None, is_old=bool(bare))
    return EXIT_DATA if n_faults else EXIT_OK


def _tell_compared(n_files: int, n_faults: int, n_anew: int | None, *, is_old: bool) -> None:
    """What was compared; `n_anew` is None where no journal was to be read anew."""
    from touchrhythm.words.numbers import counted

    if n_files:
        tell(f"{n_files} sealed files looked at, {n_faults or 'none'} changed or missing")
    elif n_anew is None:
        what = "--rederive makes recordings anew from their journals" if is_old else "nothing here was sealed"
        tell(f"no hashes to compare with: {what}")
    if n_anew is not None:
        tell(f"{counted(n_anew, 'journal')} read anew, {n_faults or 'no'} files differ")
