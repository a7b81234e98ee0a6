"""Who is recorded, who examines, who agreed to it, and what is true of a phantom that nobody in the room may know?

- `ask_people` : what the options do not say is asked for
- `codes_of` : codes, checked or handed out
- `consents_of` : who agreed to what
- `known_answers` : answers that need not be asked for afterwards
- `Phantom` : a phantom's truth: drawn, kept elsewhere, told to the plate
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from touchrhythm.cli.console import Console, UsageError, tell, usage_errors
from touchrhythm.cli.record_options import HIGHEST_EXPECTED_CPM
from touchrhythm.device.phantom_plate import Plate, open_plate
from touchrhythm.device.recorder import Recorder
from touchrhythm.device.session_protocol import TRIES, ask_number
from touchrhythm.errors import AlreadyThere, CannotWrite, TouchRhythmError
from touchrhythm.io.writing import as_json, make_folder, write_new
from touchrhythm.participants import (
    Consent,
    Kind,
    alike_codes,
    check_code,
    check_consent,
    draw_phantom,
    hash_truth,
    next_code,
    read_covers,
)
from touchrhythm.words import say
from touchrhythm.words.recording import PEOPLE, PHANTOM
from touchrhythm.words.session_protocol import QUESTIONS

__all__ = ["Phantom", "ask_people", "codes_of", "consents_of", "known_answers"]


def known_answers(args: argparse.Namespace) -> dict[str, str]:
    """Answers that the options give, by their questions."""
    answers = {}
    if args.confidence is not None:
        answers[say(QUESTIONS, "confidence_percent")] = f"{args.confidence:g}"
    if args.felt_nothing:
        answers[say(QUESTIONS, "felt")] = "no"
    return answers


def ask_people(args: argparse.Namespace, kind: Kind, console: Console, study: Path) -> None:
    """Ask for what the options do not say, and put it where they would have."""
    if kind.has_subject and not args.subject:
        new = next_code(kind.prefix, _taken(study))
        args.subject = _ask_until(
            console, say(PEOPLE, "subject"), new, lambda text: check_code(text, "subject")
        )
    if kind.has_examiner and not args.examiner:
        args.examiner = _ask_until(
            console, say(PEOPLE, "examiner"), "E01", lambda text: check_code(text, "examiner")
        )
    if kind.has_subject and args.consent is None:
        args.consent = _ask_until(console, say(PEOPLE, "subject_consent"), "", read_covers)
    if kind.has_examiner and args.examiner_consent is None:
        args.examiner_consent = _ask_until(console, say(PEOPLE, "examiner_consent"), "", read_covers)
    if kind.has_taps and args.expected_rate is None:
        question = say(PEOPLE, "expected_rate")
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
        taken = _taken(study)
        subject = check_code(given, "subject") if given else next_code(kind.prefix, taken)
        _refuse_alike(subject, taken)
        examiner = check_code(args.examiner, "examiner") if kind.has_examiner else ""
        session = args.session
        if session is not None and not (session.isalnum() and session.isascii()):
            raise ValueError(f"--session must be letters and digits such as 01, got {session!r}")
    used = [
        folder.name.removeprefix("ses-") for folder in (study / "sourcedata" / f"sub-{subject}").glob("ses-*")
    ]
    return {"subject": subject, "examiner": examiner, "session": session or next_code("", used)}


def _refuse_alike(subject: str, taken: set[str]) -> None:
    """Refuse a code that people, and the file systems of Windows and macOS, take for one that is there."""
    for same in alike_codes([subject, *sorted(taken - {subject})]):
        if subject in same and subject not in taken:
            others = ", ".join(code for code in same if code != subject)
            raise ValueError(
                f"the subject code {subject!r} would be taken for {others}, which is there: say that one, or another"
            )


def _taken(study: Path) -> set[str]:
    folders = (folder for base in (study, study / "sourcedata") for folder in base.glob("sub-*"))
    return {folder.name.removeprefix("sub-") for folder in folders}


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


# -- phantoms ---------------------------------------------------------------------------------------------


class Phantom:
    """The truth of a phantom session and the plate that shows it; empty for the other kinds.

    A context manager: at its end the plate comes to rest, and a truth that no journal refers to goes.

    Parameters
    ----------
    args : argparse.Namespace
        Options of ``record``; a virtual board is given the truth through them.
    kind : Kind
        Kind of session.
    study : Path
        Study folder, in which no truth may lie.
    band_cpm : tuple of float
        The study's band, in which most phantoms move.

    Attributes
    ----------
    facts : dict
        What the journal's first line holds of it.
    is_kept : bool
        Whether a journal refers to the truth.

    Raises
    ------
    UsageError
        If options do not go together.
    CannotWrite
        If the truth cannot be kept.
    NoSuchInput, PortBusy
        If the plate is not there.
    """

    def __init__(
        self, args: argparse.Namespace, kind: Kind, study: Path, band_cpm: tuple[float, float]
    ) -> None:
        self.facts: dict[str, Any] = {}
        self.is_kept = False
        self._plate: Plate | None = None
        self._path: Path | None = None
        _check(args, kind, study)
        if kind.name != "phantom":
            return
        if args.phantom_port:
            self._plate = open_plate(args.phantom_port)
        try:
            self._draw(args, band_cpm)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Phantom:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the plate come to rest; drop a truth of which no session came."""
        plate, self._plate = self._plate, None
        if plate is not None and not plate.close():
            tell(say(PHANTOM, "not_at_rest", port=plate.name))
        if self._path is not None and not self.is_kept:
            self._path.unlink(missing_ok=True)

    def watch(self, recorder: Recorder) -> None:
        """End the recording once the plate moves no longer as the truth says."""
        if self._plate is not None:
            self._plate.watch(lambda words: recorder.give_up(TouchRhythmError(words)))

    def _draw(self, args: argparse.Namespace, band_cpm: tuple[float, float]) -> None:
        truth = draw_phantom(band_cpm)
        self.facts["phantom_sha256"] = hash_truth(truth)
        path = Path(args.truth_file)
        _write_truth(path, {"schema_version": 1, **truth, "sha256": self.facts["phantom_sha256"]})
        self._path = path
        if args.virtual:
            args.no_rhythm = truth["rate_cpm"] is None
            args.rate = truth["rate_cpm"] or args.rate
        if self._plate is not None:
            self._plate.move(truth["rate_cpm"] or 0.0)
        elif not args.virtual:
            tell(say(PHANTOM, "set_by_hand", path=path))


def _check(args: argparse.Namespace, kind: Kind, study: Path) -> None:
    if kind.name != "phantom":
        for name in ("phantom_port", "truth_file"):
            if getattr(args, name):
                raise UsageError(
                    f"--{name.replace('_', '-')} belongs to --kind phantom, got --kind {kind.name}"
                )
        return
    if not args.truth_file:
        raise UsageError(
            "a phantom session needs --truth-file FILE outside of the study folder, for its truth"
        )
    path = Path(args.truth_file)
    if study.resolve() in path.resolve().parents:
        raise UsageError(f"--truth-file must lie outside of the study folder, got {path}")
    if args.phantom_port and args.phantom_port == args.port:
        raise UsageError(f"--port and --phantom-port are two boards, got {args.port} for both")


def _write_truth(path: Path, truth: dict[str, Any]) -> None:
    make_folder(path.parent)
    try:
        write_new(path, as_json(truth))
    except AlreadyThere:
        raise AlreadyThere(
            f"{path} is there already; each phantom session needs a truth file of its own"
        ) from None
