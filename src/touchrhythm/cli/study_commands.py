"""The command ``study``: a folder of sessions to tables and a study page.

**Conventions.** stdout: the answer in words; progress on stderr, one line that is written over on a
terminal and at most one line in ten seconds elsewhere. 65 where a recording could not be read.

- `add_parsers` : adds the command
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import EXIT_DATA, EXIT_OK, UsageError, ending, tell, usage_errors
from touchrhythm.cli.settings_options import add_settings_options, settings_of
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.words.program import command_line, how_to_install

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from touchrhythm.planning.sealed_plan import Plan
    from touchrhythm.settings import Settings
    from touchrhythm.study.run import Progress, StudyResult

__all__ = ["add_parsers"]

JSON_SCHEMA_VERSION = 1
OPTIONS = {
    "band": "band_cpm",
    "alpha": "alpha",
    "channel": "channel",
    "references": "references",
    "signal": "signal",
    "series": "series",
    "surrogates": "n_surrogates",
    "lag": "lag_s",
    "polarity": "polarity",
    "ratio": "ratio",
    "taps_against": "taps_against",
}  # of the command line, and the settings that they set
QUIET_SECONDS = 10.0
DASK_LOGS = ("distributed", "distributed.client", "distributed.utils", "tornado", "asyncio")
EPILOG = """\
FOLDER is a BIDS dataset, or holds recordings and a small table with the columns file, subject, rater, session, kind
and, where needed, taps, fs, expected_cpm, felt_nothing, confidence (0 to 1; or confidence_percent), truth_cpm. Results go
to derivatives/touchrhythm in the study folder; a run that was stopped goes on where it was. Nothing else in the folder is changed."""


def add_parsers(subparsers: Any) -> None:
    """Add ``study``."""
    parser = subparsers.add_parser(
        "study",
        help="do the taps follow the signal over a study?",
        description="Analyse every session of a study and answer the study's questions: tables, a study page.",
        epilog=ending(
            "study trial --plan plan.toml --workers 2",
            "study sessions.csv --lag 0 1.5 --polarity peak --pages",
            more=EPILOG,
        ),
    )
    parser.add_argument(
        "folder", metavar="FOLDER", help="study folder, or the table that names its recordings"
    )
    parser.add_argument("--out", metavar="DIR", help="folder of results (default derivatives/touchrhythm)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="processes to work in (default 1: this one)")
    where.add_argument(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler to work on, such as tcp://host:8786"
    )
    parser.add_argument("--pages", action="store_true", help="write a page for each session, too")
    _add_plan_options(parser)
    parser.add_argument(
        "--truths", metavar="DIR", help="truth files of phantom sessions, once they may be known"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    add_settings_options(parser)
    parser.set_defaults(run=_study, seed=None)


def _add_plan_options(parser: argparse.ArgumentParser) -> None:
    """Add what is decided before the data, apart from the settings."""
    parser.add_argument(
        "--primary",
        choices=("undirected", "directional", "axial", "stouffer", "limits", "icc"),
        help="the one primary endpoint, set before the data (default the plan's; without one directional with --lag and"
        " --polarity, else undirected)",
    )
    parser.add_argument(
        "--plan",
        metavar="FILE",
        help="sealed plan: its settings, primary endpoint and seed hold where no option says otherwise; sessions that"
        " carry its hash count as planned",
    )
    parser.add_argument(
        "--min-taps",
        type=int,
        metavar="N",
        help=f"fewest taps of a rater in the tap tests (default the plan's, or {FEWEST_TAPS})",
    )
    parser.add_argument(
        "--delta",
        type=float,
        metavar="CPM",
        help="difference of rates that would not matter, set before the data",
    )
    parser.add_argument(
        "--limits-form",
        choices=("one-way", "single", "constant", "mixed"),
        help="form of the limits of agreement (default one-way, or single where each subject has one pair; constant:"
        " replicates of a constant value)",
    )


def _study(args: argparse.Namespace) -> int:
    from touchrhythm.io.writing import remove_leftovers
    from touchrhythm.report.study.files import page_beside, write_study
    from touchrhythm.study.find import find_sessions, unsealed_journals
    from touchrhythm.study.run import analyze_study
    from touchrhythm.study.share_codes import check_no_key_file
    from touchrhythm.study.tables import results_folder

    plan, settings = _plan_and_settings(args)
    if args.primary == "directional" and (settings.lag_s is None or settings.polarity is None):
        raise UsageError("--primary directional needs --lag and --polarity, declared before the data")
    found = find_sessions(args.folder)
    if found.is_bids and found.root is not None:
        check_no_key_file(found.root)
    out = results_folder(found, args.out)
    if out is not None:
        remove_leftovers(out, deep=True)
    planned = {} if plan is None else {name: f"{name} of the plan" for name in _not_said(args)}
    with _executor(args) as executor, usage_errors(args, planned):
        result = analyze_study(
            args.folder,
            settings,
            rng=args.seed,
            executor=executor,
            out=out,
            primary=args.primary,
            plan_sha256="" if plan is None else plan.sha256,
            min_taps=args.min_taps,
            delta_cpm=args.delta,
            limits_form=args.limits_form,
            truths=args.truths,
            progress=_ProgressLine(),
            keep=page_beside(out) if args.pages and out is not None else None,
        )
        page = write_study(result, args.out, plan=plan, pages=args.pages, executor=executor)
    print(_json(result, plan, page) if args.json else _words(result, plan, page), end="")
    for journal in unsealed_journals(found):
        tell(f"a journal was not sealed; make its recording: {command_line('recover', journal)}")
    return EXIT_DATA if any(row.state == "broken" for row in result.rows) else EXIT_OK


@contextlib.contextmanager
def _executor(args: argparse.Namespace) -> Iterator[Executor | None]:
    """Where sessions are analysed: here, in processes, or on a Dask cluster."""
    if args.workers is not None and args.workers < 1:
        raise UsageError(f"--workers must be 1 or more, got {args.workers}")
    if args.scheduler:
        with _on_dask(args.scheduler) as executor:
            yield executor
    elif args.workers is None or args.workers == 1:
        yield None
    else:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(args.workers, mp_context=multiprocessing.get_context("spawn")) as executor:
            yield executor


@contextlib.contextmanager
def _on_dask(address: str) -> Iterator[Executor]:
    from touchrhythm.errors import NoSuchInput, WorkerLost, words_of

    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError:
        raise UsageError(f"--scheduler needs Dask: {how_to_install('distributed')}") from None
    for name in DASK_LOGS:  # what these say of a lost connection is said here in words
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        client = distributed.Client(address, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise NoSuchInput(f"no Dask scheduler answers at {address} ({words_of(error)})") from None
    from touchrhythm.study.run import keep_freed_memory

    try:
        client.register_worker_callbacks(keep_freed_memory)
        with client, client.get_executor(pure=False) as executor:
            yield executor
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("distributed", "dask", "tornado"):
            raise
        gone = f"the scheduler at {address} went away ({words_of(error)}); what was done is kept, run again"
        raise WorkerLost(gone) from None


def _plan_and_settings(args: argparse.Namespace) -> tuple[Plan | None, Settings]:
    """The sealed plan, and the settings: where the command line says nothing, the plan's."""
    import dataclasses

    from touchrhythm.planning.sealed_plan import Plan, read_plan

    plan = read_plan(args.plan) if args.plan else None
    told = plan or Plan()
    for name, planned in (
        ("seed", told.seed),
        ("min_taps", told.min_taps),
        ("delta", told.delta_cpm),
        ("primary", None if plan is None else plan.primary),
    ):
        if getattr(args, name) is None:
            setattr(args, name, planned)
    given = settings_of(args)
    if plan is None:
        return None, given
    lacking = _not_said(args)
    said = [name for name in OPTIONS.values() if name not in lacking]
    return plan, dataclasses.replace(plan.settings, **{name: getattr(given, name) for name in said})


def _not_said(args: argparse.Namespace) -> list[str]:
    """Settings of which the command line says nothing."""
    return [name for option, name in OPTIONS.items() if getattr(args, option) is None]


class _ProgressLine:
    """Progress as one line: written over on a terminal, seldom elsewhere; what went wrong stays."""

    def __init__(self) -> None:
        self._said = time.monotonic()
        self._width = 0

    def __call__(self, step: Progress) -> None:
        from touchrhythm.units import minutes_seconds

        left = f", {minutes_seconds(step.seconds_left)} min left" if step.seconds_left > 0 else ""
        text = f"{step.done}/{step.total} sessions{left}"
        if step.resumed:
            text += f" ({step.resumed} from before)"
        if not sys.stderr.isatty():
            if time.monotonic() - self._said > QUIET_SECONDS:
                self._said = time.monotonic()
                tell(text)
            return
        end = "\n" if step.done == step.total else ""
        print("\r" + text.ljust(self._width), end=end, file=sys.stderr, flush=True)
        self._width = len(text)


def _words(result: StudyResult, plan: Plan | None, page: Path) -> str:
    from touchrhythm.report.study.answer import study_answer
    from touchrhythm.report.study.flags import study_flags
    from touchrhythm.report.study.flow import study_flow
    from touchrhythm.report.study.whom import whom_rows
    from touchrhythm.words import say
    from touchrhythm.words.study_page import COLUMNS, PAGE

    lines = [*study_answer(result, plan), ""]
    rows = whom_rows(result)
    if rows:
        lines.append(say(PAGE, "h_whom"))
        lines += [*_aligned([COLUMNS["whom"], *rows]), ""]
    for title, number, why in study_flow(result):
        lines.append(f"  {title:<34}{number:>6}" + (f"   {why}" if why and number else ""))
    lines += ["", *(f"! {text}" for severity, text in study_flags(result, plan) if severity < 3), ""]
    for row in [row for row in result.rows if row.state == "broken"][:10]:
        lines.append(f"could not be read: {row.id}: {row.reason}")
    lines.append(f"seed {result.seed}; {result.n_resumed} of {len(result.rows)} from before; page: {page}")
    return "\n".join(lines) + "\n"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of a table, columns under one another."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]


def _json(result: StudyResult, plan: Plan | None, page: Path) -> str:
    import json

    from touchrhythm.plain_types import to_plain
    from touchrhythm.report.study.answer import study_answer
    from touchrhythm.report.study.flags import study_flags
    from touchrhythm.report.study.flow import study_flow
    from touchrhythm.report.study.methods import study_methods
    from touchrhythm.report.study.plan import study_standing
    from touchrhythm.study.estimates import estimates_of
    from touchrhythm.study.rows import row_to_plain
    from touchrhythm.study.whom import candidate_words

    standing = study_standing(result, plan)
    entry = {
        "study": result.name,
        "answer": list(study_answer(result, plan)),
        "flow": [{"step": title, "n": number, "why": why} for title, number, why in study_flow(result)],
        "flags": [{"severity": severity, "text": text} for severity, text in study_flags(result, plan)],
        "estimates": [
            to_plain(row.cells()) | {"standing": standing.of(row.role)}
            for row in estimates_of(result.answers)
        ],
        "sessions": [row_to_plain(row) for row in result.rows],
        "whom": [
            {"what": candidate_words(candidate, result.settings.taps_against)} | to_plain(candidate)
            for candidate in result.answers.whom
        ],
        "methods": study_methods(result),
        "settings": result.settings.to_dict(),
        "primary": result.answers.primary,
        "plan_sha256": result.plan_sha256 or None,
        "plan": None if plan is None else _plan_entry(result, plan),
        "seed": result.seed,
        "version": result.version,
        "page": str(page),
    }
    whole = {"schema_version": JSON_SCHEMA_VERSION, "results": [entry]}
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _plan_entry(result: StudyResult, plan: Plan) -> dict[str, Any]:
    """The plan and whether it was followed, line by line."""
    from touchrhythm.report.study.plan import study_standing
    from touchrhythm.words.plan import FOLLOWED

    standing = study_standing(result, plan)
    return {
        "title": plan.title,
        "registry": plan.registry or None,
        "sha256": plan.sha256,
        "n_sessions": standing.n_sessions,
        "n_carrying": standing.n_carrying,
        "primary_is_planned": standing.is_planned,
        "lines": [
            {
                "line": row.line,
                "planned": row.planned,
                "done": row.done,
                "followed": FOLLOWED[row.followed],
            }
            for row in standing.rows
        ],
    }
