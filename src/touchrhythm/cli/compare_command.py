"""compare: do the rates in a table agree?

**Conventions.** stdout: the answer in words, then one tidy row per figure; with --json one object.

- `add_parsers` : adds the command
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import EXIT_OK, UsageError, ending, progress, tell

if TYPE_CHECKING:
    from touchrhythm.raters.results import RateComparison

__all__ = ["add_parsers"]

SCHEMA_VERSION = 1
EPILOG = """\
The table has one row per subject and rater, and named columns: subject, rater, [session], rate_cpm or count and
duration_s, [measured_cpm], [expected_cpm]. Rows that repeat a subject and rater need a session. Comma, semicolon or tab
between cells; with semicolon or tab, decimal commas are understood. "none" or 0 means that nothing was felt. A count
may be noted as on paper, "27/3min" or "27 in 3 min". --template prints a table to fill in."""
TEMPLATE = """\
# one row per subject and rater, and per session where there are several; lines that begin with # are passed over
# count: whole cycles, "none" where nothing was felt; duration: seconds, "3 min" or 3:00
# measured_cpm: what a sensor measured, cycles per minute; may stay empty
subject,rater,session,count,duration,measured_cpm
S01,A,1,27,3 min,9.2
S01,B,1,25,180,9.2
"""


def add_parsers(subparsers: Any) -> None:
    """Add ``compare``."""
    parser = subparsers.add_parser(
        "compare",
        help="do the rates in a table agree?",
        description="Agreement of raters with one another and with the measured rate, from a table of counts or rates.",
        epilog=ending("compare counts.csv --delta 0.5 --report page.html", more=EPILOG),
    )
    parser.add_argument("table", metavar="TABLE.csv", nargs="?", help="table of counts or rates")
    parser.add_argument("--template", action="store_true", help="print a table to fill in")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of words and rows")
    parser.add_argument("--report", metavar="PAGE.html", help="write a page with pictures")
    parser.add_argument(
        "--table-out", metavar="ROWS.tsv", help="write the rows to a file instead of printing them"
    )
    parser.add_argument(
        "--delta",
        type=float,
        metavar="CPM",
        help="difference that would not matter, set before the data: tests equivalence",
    )
    parser.add_argument(
        "--decimal-comma",
        action="store_true",
        help="rows with decimal commas, separated by semicolons, for spreadsheets in many countries",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of swaps and bootstrap (default 0)")
    parser.set_defaults(run=_compare)


def _compare(args: argparse.Namespace) -> int:
    from touchrhythm.io.rate_table import read_rate_table
    from touchrhythm.raters.compare_rates import compare_rates

    if args.template:
        print(_template(decimal_comma=args.decimal_comma), end="")
        return EXIT_OK
    if args.table is None:
        raise UsageError("compare needs a table; --template prints one to fill in")
    if args.delta is not None and not 0 < args.delta < float("inf"):
        raise UsageError(f"--delta must be above 0 cycles per minute, got {args.delta:g}")
    if args.seed < 0:
        raise UsageError(f"--seed must be 0 or more, got {args.seed}")
    table = read_rate_table(args.table)
    with progress("comparing …"):
        found = compare_rates(table, delta=args.delta, rng=args.seed)
    if args.report:
        from touchrhythm.report.comparison.page import write_comparison_report

        write_comparison_report(found, table, args.report)
    rows = _rows(found, decimal_comma=args.decimal_comma)
    if args.table_out:
        _write(rows, args.table_out)
    print(_json(found) if args.json else _words(found, args, "" if args.table_out else rows), end="")
    if args.report and args.json:
        tell(f"report: {args.report}")
    return EXIT_OK


def _template(*, decimal_comma: bool) -> str:
    if not decimal_comma:
        return TEMPLATE
    lines = TEMPLATE.splitlines(keepends=True)
    return "".join(line if line[0] == "#" else line.replace(",", ";").replace(".", ",") for line in lines)


def _words(found: RateComparison, args: argparse.Namespace, rows: str) -> str:
    from touchrhythm.report.comparison.answer import (
        comparison_answer,
        comparison_flags,
        pair_sentences,
        pair_title,
    )

    lines = list(comparison_answer(found))
    for pair in found.pairs:
        lines += [
            "",
            f"{pair_title(pair.first, pair.second)}:",
            *(f"  {sentence}" for sentence in pair_sentences(pair)),
        ]
    lines += [""] + [f"! {flag}" for flag in comparison_flags(found)]
    lines.append(f"seed {found.seed}" + (f"; report: {args.report}" if args.report else ""))
    return "\n".join(lines) + "\n" + (f"\n{rows}" if rows else "")


def _rows(found: RateComparison, *, decimal_comma: bool) -> str:
    """Tidy rows as tab-separated text, or for spreadsheets with decimal commas."""
    from touchrhythm.raters.results import COLUMNS  # loads numpy

    mark = ";" if decimal_comma else "\t"
    lines = [mark.join(COLUMNS)]
    for row in found.rows():
        cells = [_cell(getattr(row, column), decimal_comma) for column in COLUMNS]
        lines.append(mark.join(cells))
    return "\n".join(lines) + "\n"


def _cell(value: Any, decimal_comma: bool) -> str:
    if isinstance(value, float):
        text = "n/a" if value != value else f"{value:.9g}"
        return text.replace(".", ",") if decimal_comma else text
    from touchrhythm.io.writing import cell

    text = " ".join(str(value).split())
    text = cell(text) if isinstance(value, str) else text
    return f'"{text}"' if decimal_comma and ";" in text else text


def _write(rows: str, path: str) -> None:
    from pathlib import Path

    from touchrhythm.io.writing import write_over

    write_over(Path(path), rows.encode("utf-8-sig" if ";" in rows.split("\n", 1)[0] else "utf-8"))


def _json(found: RateComparison) -> str:
    import json

    from touchrhythm.report.comparison.answer import comparison_answer, comparison_flags, comparison_methods

    entry = found.to_dict()
    entry["answer"] = list(comparison_answer(found))
    entry["flags"] = list(comparison_flags(found))
    entry["methods"] = comparison_methods(found)
    whole = {"schema_version": SCHEMA_VERSION, "results": [entry]}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
