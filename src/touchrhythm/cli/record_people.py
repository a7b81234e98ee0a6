"""Who is recorded, who examines, and what do they say beforehand?

- `ask_people` : what the options do not say is asked for
- `codes_of` : codes, checked or handed out
- `known_answers` : answers that need not be asked for afterwards
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from touchrhythm.cli.console import UsageError, tell, usage_errors
from touchrhythm.cli.record_console import Console
from touchrhythm.cli.record_options import HIGHEST_EXPECTED_CPM
from touchrhythm.device.session_protocol import TRIES, ask_number
from touchrhythm.errors import CannotWrite
from touchrhythm.participants import Kind, check_code, next_code, read_covers

__all__ = ["ask_people", "codes_of", "known_answers"]


def known_answers(args: argparse.Namespace) -> dict[str, str]:
    """Answers that the options give, by the beginning of their questions."""
    answers = {}
    if args.confidence is not None:
        answers["How sure"] = f"{args.confidence:g}"
    if args.felt_nothing:
        answers["Did you feel"] = "no"
    return answers


def ask_people(args: argparse.Namespace, kind: Kind, console: Console, study: Path) -> None:
    """Ask for what the options do not say, and put it where they would have."""
    if kind.has_subject and not args.subject:
        new = next_code(kind.prefix, _taken(study))
        args.subject = _ask_until(
            console, "Subject's code (Enter: a new one)", new, lambda text: check_code(text, "subject")
        )
    if kind.has_examiner and not args.examiner:
        args.examiner = _ask_until(
            console, "Examiner's code", "E01", lambda text: check_code(text, "examiner")
        )
    words = "What did the {} agree to? Some of: record analyse share"
    if kind.has_subject and args.consent is None:
        args.consent = _ask_until(console, words.format("subject"), "", read_covers)
    if kind.has_examiner and args.examiner_consent is None:
        args.examiner_consent = _ask_until(console, words.format("examiner"), "", read_covers)
    if kind.has_taps and args.expected_rate is None:
        question = "Which rate does the examiner expect, in cycles per minute? (Enter: none)"
        args.expected_rate = ask_number(console, question, low=0.1, high=HIGHEST_EXPECTED_CPM)


def _ask_until(console: Console, question: str, default: str, check: Callable[[str], object]) -> str:
    """An answer that can be meant; after three others the last one, which is then refused."""
    answer = default
    for _ in range(TRIES):
        answer = console.ask(question, default)
        try:
            check(answer)
        except ValueError as error:
            tell(str(error))
        else:
            break
    return answer


def codes_of(args: argparse.Namespace, kind: Kind, study: Path) -> dict[str, str]:
    """Subject, examiner and session, checked or handed out.

    Raises
    ------
    CannotWrite
        If the study folder is a file.
    UsageError
        If a code is none.
    """
    if not args.study_folder.strip():
        raise UsageError("OUT must name the study folder, got nothing")
    if study.exists() and not study.is_dir():
        raise CannotWrite(f"{study} is there already and is no folder; OUT is the study's folder")
    with usage_errors():
        given = args.subject
        subject = check_code(given, "subject") if given else next_code(kind.prefix, _taken(study))
        examiner = check_code(args.examiner, "examiner") if kind.has_examiner else ""
        session = args.session
        if session is not None and not (session.isalnum() and session.isascii()):
            raise ValueError(f"--session must be letters and digits such as 01, got {session!r}")
    used = [one.name.removeprefix("ses-") for one in (study / "sourcedata" / f"sub-{subject}").glob("ses-*")]
    return {"subject": subject, "examiner": examiner, "session": session or next_code("", used)}


def _taken(study: Path) -> set[str]:
    folders = (one for base in (study, study / "sourcedata") for one in base.glob("sub-*"))
    return {one.name.removeprefix("sub-") for one in folders}
