"""The commands ``demo``, ``analyze`` and ``convert``: files in, answers and files out.

**Conventions.** Each function takes the parsed arguments and returns an exit code. One bad file does not stop
the rest; the exit code tells of it.

- `add_parsers` : the parsers
- `run_demo`, `run_analyze` : answers
- `run_convert` : files
"""

from __future__ import annotations

import argparse
import glob
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import (
    EXIT_DATA,
    EXIT_FAULT,
    EXIT_OK,
    EXIT_USAGE,
    UsageError,
    check_page,
    ending,
    exit_code_of,
    free_page,
    is_foreseen,
    own_up,
    progress,
    tell,
    tell_failure,
    usage_errors,
)
from touchrhythm.cli.input_options import (
    TIME_UNITS,
    add_input_options,
    add_tap_options,
    reading_progress,
    session_of,
)
from touchrhythm.cli.settings_options import add_settings_options, settings_of

if TYPE_CHECKING:
    from touchrhythm.analysis.results import Analysis

__all__ = ["add_parsers", "run_analyze", "run_convert", "run_demo"]

JSON_SCHEMA_VERSION = 1
DEMO_PAGE = "touchrhythm-demo"


def add_parsers(subparsers: Any) -> None:
    """Add the three commands."""
    demo = subparsers.add_parser(
        "demo",
        help="analyse the example session and write its report page",
        description=run_demo.__doc__,
        epilog=ending("demo"),
    )
    demo.set_defaults(run=run_demo)
    _add_analyze(subparsers)
    convert = subparsers.add_parser(
        "convert",
        help="write a recording in another form",
        description="Read a recording and write it to OUT: .csv, .tsv or .npy by its ending, a BIDS dataset if OUT"
        " is a folder (or a name without ending). Nothing is overwritten.",
        epilog=ending("convert session.csv plain.csv --gaps interpolate", "convert session.csv study"),
    )
    convert.add_argument("input", metavar="IN", help="recording to read")
    convert.add_argument("out", metavar="OUT", help="file or folder to write")
    convert.add_argument(
        "--fs", type=float, metavar="HZ", help="sampling rate, where the file holds no times"
    )
    convert.add_argument(
        "--time", metavar="NAME", help='time column by name or number from 0; "none": there is none'
    )
    convert.add_argument(
        "--time-unit", choices=TIME_UNITS, help="unit of the time column, where its name does not tell"
    )
    convert.add_argument(
        "--channel", metavar="NAME", help="sensor to read, where one column names that of each row"
    )
    convert.add_argument(
        "--decimal-comma", action="store_true", help="write 0,5 and semicolons, for spreadsheets"
    )
    convert.add_argument(
        "--gaps", choices=("n/a", "interpolate"), default="n/a", help="how gaps are written (default n/a)"
    )
    convert.set_defaults(run=run_convert)


def _add_analyze(subparsers: Any) -> None:
    analyze = subparsers.add_parser(
        "analyze",
        help="is there a rhythm, and do the taps follow it?",
        description="Is there a rhythm in the band, how fast is it, and do the taps follow it? Prints the answer.",
        epilog=ending(
            "analyze session.csv --report page.html",
            "analyze samples.txt --fs 80 --channel 0",
            "analyze session.csv --taps taps.txt --rater T1 --lag 0 1.5 --polarity peak",
            'analyze session.csv --counts "27 in 180 s from 0:30" --rater T1',
            "analyze one.csv two.csv --json",
        ),
    )
    analyze.add_argument(
        "files", nargs="+", metavar="FILE", help="recording: .tsv.gz (BIDS), .csv, .tsv, .npy, …"
    )
    analyze.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    analyze.add_argument("--report", metavar="PAGE.html", help="write a report page")
    add_input_options(analyze)
    add_tap_options(analyze)
    add_settings_options(analyze)
    analyze.set_defaults(run=run_analyze)


def run_demo(args: argparse.Namespace) -> int:
    """Analyse the example session and write its report page into this folder."""
    from touchrhythm.analysis.recipe import analyze
    from touchrhythm.io.opening import read_session
    from touchrhythm.report.session.page import write_report
    from touchrhythm.report.session.terminal import summary_lines

    path = _example()
    tell(f"The example session: {path}")
    with progress("analysing …"):
        analysis = analyze(read_session(path), rng=0)
    print(*summary_lines(analysis), sep="\n", flush=True)
    page = free_page(Path(), DEMO_PAGE)
    write_report(analysis, page)
    print(f"\nReport page: {page.resolve()}")
    return EXIT_OK


def run_analyze(args: argparse.Namespace) -> int:
    """Answer each file in turn; the exit code tells whether any could not be read."""
    files = list(_expanded(args.files))
    for option in ("report", "taps"):
        if getattr(args, option) and len(files) > 1:
            raise UsageError(
                f"--{option} goes with one file, got {len(files)} files; give them one at a time"
            )
    page = check_page(args.report) if args.report else None
    settings_of(args)
    results: list[dict[str, Any]] = []
    codes = set()
    for number, path in enumerate(files, start=1):
        try:
            with progress(f"{number}/{len(files)} {path} …"):
                analysis = _analysis_of(path, args)
            _hand_out(analysis, path, page, results, args.json, heading=len(files) > 1)
            codes.add(EXIT_OK)
        except (UsageError, BrokenPipeError):
            raise
        except Exception as error:
            codes.add(_failed(error, args, path))
    if args.json:
        _print_json(results)
    return _joint_code(codes)


def run_convert(args: argparse.Namespace) -> int:
    """Write a recording in another form."""
    from touchrhythm.io import convert

    with usage_errors(args):
        files = convert(
            args.input,
            args.out,
            fs=args.fs,
            time=args.time,
            time_unit=args.time_unit,
            sensor=args.channel,
            decimal_comma=args.decimal_comma,
            gaps=args.gaps,
        )
    print(*files, sep="\n")
    return EXIT_OK


def _example() -> Path:
    """The example session: in the clone's ``recordings``, or the copy inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parents[1] / "recordings" / "example", package / "example"):
        found = sorted(folder.rglob("*_physio.tsv.gz"))
        if found:
            return found[0]
    raise FileNotFoundError("the example session is missing from this installation")


def _expanded(words: list[str]) -> Iterator[str]:
    """File names; patterns that the shell did not resolve are resolved here (Windows)."""
    for word in words:
        matches = [] if Path(word).exists() else sorted(glob.glob(word))
        yield from matches or [word]


def _analysis_of(path: str, args: argparse.Namespace) -> Analysis:
    from touchrhythm.analysis.named_channels import check_named
    from touchrhythm.analysis.recipe import analyze

    with reading_progress(path) as heard:
        session = session_of(path, args, heard)
    settings = settings_of(args)
    with usage_errors():
        check_named(session, settings)
    return analyze(session, settings, rng=args.seed)


def _hand_out(
    analysis: Analysis,
    path: str,
    page: Path | None,
    results: list[dict[str, Any]],
    as_json: bool,
    heading: bool,
) -> None:
    if page is not None:
        from touchrhythm.report.session.page import write_report

        write_report(analysis, page)
    if as_json:
        results.append({"file": path, **analysis.to_dict()})
        return
    from touchrhythm.report.session.terminal import summary_lines

    lines = summary_lines(analysis, None if page is None else str(page))
    read = [str(analysis.reading["one_line"])] if "one_line" in analysis.reading else []
    lines = [*lines[:-1], *read, lines[-1]]
    print(*([f"# {path}"] if heading else []), *lines, *([""] if heading else []), sep="\n", flush=True)


def _print_json(results: list[dict[str, Any]]) -> None:
    answer = {"schema_version": JSON_SCHEMA_VERSION, "results": results}
    print(json.dumps(answer, sort_keys=True, indent=2, allow_nan=False))


def _failed(error: Exception, args: argparse.Namespace, path: str) -> int:
    if not is_foreseen(error):
        own_up(error)
        return EXIT_FAULT
    tell_failure(error, args, path)
    return exit_code_of(error)


def _joint_code(codes: set[int]) -> int:
    """Our own fault first, then bad data, then the rest by size."""
    for code in (EXIT_FAULT, EXIT_USAGE, EXIT_DATA):
        if code in codes:
            return code
    return max(codes)
