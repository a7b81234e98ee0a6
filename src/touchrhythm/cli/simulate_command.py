"""The command ``simulate``: a session of known truth, or a whole study of them.

**Conventions.** stdout: the files that were written; the truth of a session in words on stderr. Nothing is
overwritten. The truth of a study lies outside of its folder.

- `add_parsers` : adds the command
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import EXIT_OK, UsageError, ending, tell, usage_errors

if TYPE_CHECKING:
    from touchrhythm.session import Session
    from touchrhythm.simulate.study import StudyDesign

__all__ = ["add_parsers"]

DESIGN_SCHEMA = 1
SESSION_DEFAULTS: dict[str, Any] = {"rate": 8.0, "snr_db": 3.0, "tapper": "none"}
# option, default with --study, field of the design, type, metavar, meaning
STUDY_OPTIONS: tuple[tuple[str, Any, str, type, str, str], ...] = (
    ("therapists", 4, "n_therapists", int, "N", "therapists"),
    ("subjects", 10, "n_subjects", int, "N", "subjects"),
    ("sessions", 2, "n_sessions", int, "N", "sessions of each therapist with each subject"),
    ("followed", 0.7, "followed", float, "SHARE", "share of sessions with a rhythm in which taps follow it"),
    ("with-rhythm", 1.0, "with_rhythm", float, "SHARE", "share of sessions that hold a rhythm"),
    ("rate-spread", 1.0, "rate_spread_cpm", float, "CPM", "SD of the rate between subjects"),
    ("follower-lag", 0.5, "lag_s", float, "S", "seconds from the peak to a follower's tap"),
    ("lag-spread", 0.3, "lag_spread_s", float, "S", "SD of that lag from session to session"),
    ("jitter", 0.15, "tap_jitter", float, "SHARE", "SD of each tap's own error, share of a cycle"),
    ("signal-cv", 0.07, "cv", float, "SHARE", "coefficient of variation of the cycles"),
    ("margin", 120.0, "margin_s", float, "S", "seconds recorded before and after the tapping"),
    ("press", 0.0, "press_g", float, "GRAMS", "how much each tap shakes the sensor"),
    ("two-raters", 0, "two_raters", int, "N", "sessions in which a second therapist taps too"),
    ("null", 0, "n_null", int, "N", "sessions with a dead weight"),
    ("rigid", 0, "n_rigid", int, "N", "sessions with the hand on a rigid object"),
    ("tap-only", 0, "n_tap_only", int, "N", "sessions with taps but without touch"),
    ("phantom", 0, "n_phantom", int, "N", "phantom sessions; every other one moves, in random order"),
    ("hits", 0.85, "hit_rate", float, "SHARE", "share of moving phantoms that are felt"),
    ("false-alarms", 0.25, "false_alarm_rate", float, "SHARE", "share of still phantoms that are felt"),
    ("broken", 0, "n_broken", int, "N", "recordings that are cut off in their middle"),
)
# option, field of the model, type, metavar, meaning
PULSE_OPTIONS: tuple[tuple[str, str, type, str, str], ...] = (
    ("heart-rate", "heart_rate_bpm", float, "BPM", "beats per minute (default 70)"),
    (
        "height",
        "height",
        float,
        "SHARE",
        "by how much the rhythm moves the height (default 0.2, if nothing is said)",
    ),
    ("interval", "interval", float, "SHARE", "by how much it moves the interval between the beats"),
    ("baseline", "baseline", float, "SHARE", "by how much it moves the baseline, in beat heights"),
    ("coupling", "coupling_hz", float, "HZ", "corner of the sensor's high-pass; 0: none (default 0.5)"),
    ("bad", "bad_fraction", float, "SHARE", "share of beats that are spoilt"),
)
MOVED = ("height", "interval", "baseline")
EPILOG = """\
With --study OUT is a new folder: a BIDS dataset that tells nobody what is true. The truth of each session (truth.tsv), the
sealed truths of the phantoms and the design lie in another folder, for "{program} study OUT --truths DIR"."""


def add_parsers(subparsers: Any) -> None:
    """Add ``simulate``."""
    parser = subparsers.add_parser(
        "simulate",
        help="write a session, or a whole study, of known truth",
        description="Write a session of known truth to OUT, in the forms of convert; with --study a whole study.",
        epilog=ending(
            "simulate session.csv --rate 8 --tapper follow",
            "simulate noise.csv --no-rhythm --duration 300",
            "simulate pulse.csv --signal pulse --interval 0.05 --bad 0.03",
            "simulate trial --study --null 4 --phantom 20 --seed 1",
            more=EPILOG,
        ),
    )
    parser.add_argument("out", metavar="OUT", help="file or folder to write")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--rate", type=float, metavar="CPM", help="rate of the rhythm (default 8; mean of a study 8.5)"
    )
    kind.add_argument("--no-rhythm", action="store_true", help="background only")
    parser.add_argument("--duration", type=float, default=600.0, metavar="S", help="seconds (default 600)")
    parser.add_argument(
        "--snr-db",
        type=float,
        metavar="DB",
        help="rhythm over background in the band (default 3; in a study 6)",
    )
    parser.add_argument("--fs", type=float, default=80.0, metavar="HZ", help="sampling rate (default 80)")
    parser.add_argument(
        "--breathing",
        type=float,
        metavar="CPM",
        help="add breathing at this rate, and a channel that records it",
    )
    parser.add_argument("--tapper", choices=("follow", "guess", "none"), help="who taps (default none)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed (default 0)")
    _pulse_options(parser)
    _study_options(parser)
    parser.set_defaults(run=_simulate)


def _pulse_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a pulse")
    group.add_argument(
        "--signal",
        choices=("force", "pulse", "ecg"),
        default="force",
        help="what is simulated (default force)",
    )
    for option, _, kind, metavar, text in PULSE_OPTIONS:
        group.add_argument(f"--{option}", type=kind, metavar=metavar, help=text)


def _study_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a whole study")
    group.add_argument("--study", action="store_true", help="write a study instead of one session")
    for option, default, _, kind, metavar, text in STUDY_OPTIONS:
        group.add_argument(f"--{option}", type=kind, metavar=metavar, help=f"{text} ({default:g})")
    group.add_argument(
        "--plan", metavar="PLAN.toml", help="sealed plan whose hash every palpation session carries"
    )
    group.add_argument(
        "--truths", metavar="DIR", help="new folder for what is true (default OUT-truths, beside OUT)"
    )


def _simulate(args: argparse.Namespace) -> int:
    if args.seed < 0:
        raise UsageError(f"--seed must be 0 or above, got {args.seed}")
    return _whole_study(args) if args.study else _one_session(args)


# -- one session --------------------------------------------------------------------------------------------


def _one_session(args: argparse.Namespace) -> int:
    from touchrhythm.simulate.session import simulate_session

    for option in [*(row[0] for row in STUDY_OPTIONS), "plan", "truths"]:
        if _given(args, option) is not None:
            raise UsageError(f"--{option} is for a whole study: say --study, too")
    if args.signal != "force":
        return _one_pulse(args)
    for option, *_ in PULSE_OPTIONS:
        if _given(args, option) is not None:
            raise UsageError(f"--{option} is for a pulse: say --signal pulse, too")
    given = {name: getattr(args, name) for name in SESSION_DEFAULTS if getattr(args, name) is not None}
    given = SESSION_DEFAULTS | given
    with usage_errors(args):
        session = simulate_session(
            duration_s=args.duration,
            rate_cpm=None if args.no_rhythm else given["rate"],
            snr_db=given["snr_db"],
            fs=args.fs,
            breathing_cpm=args.breathing,
            references=args.breathing is not None,
            tapper=None if given["tapper"] == "none" else given["tapper"],
            rng=args.seed,
        )
        files = _write_session(session, Path(args.out))
    _tell_truth(session, files, args.seed)
    return EXIT_OK


def _one_pulse(args: argparse.Namespace) -> int:
    from touchrhythm.simulate.pulse import PulseModel, simulate_pulse_session

    if args.tapper == "guess":
        raise UsageError("--tapper guess is for a force; with --signal pulse it is follow or none")
    given = {field: _given(args, option) for option, field, *_ in PULSE_OPTIONS}
    given |= {"snr_db": args.snr_db, "breathing_cpm": args.breathing}
    given = {name: value for name, value in given.items() if value is not None}
    if given.get("coupling_hz") == 0:
        given["coupling_hz"] = None
    if args.signal == "ecg":
        given["kind"] = "ecg"
    if not args.no_rhythm:
        given["rate_cpm"] = SESSION_DEFAULTS["rate"] if args.rate is None else args.rate
        if not any(name in given for name in MOVED):
            given["height"] = 0.2
    with usage_errors(args, {field: f"--{option}" for option, field, *_ in PULSE_OPTIONS}):
        tapper = None if args.tapper in (None, "none") else args.tapper
        session = simulate_pulse_session(
            PulseModel(**given), duration_s=args.duration, fs=args.fs, tapper=tapper, rng=args.seed
        )
        files = _write_session(session, Path(args.out))
    _tell_truth(session, files, args.seed)
    return EXIT_OK


def _tell_truth(session: Session, files: list[Path], seed: int) -> None:
    print(*files, sep="\n")
    realised = session.info["truth"]["realised_rate_cpm"]
    truth = "no rhythm" if realised is None else f"a rhythm at {realised:.3f} cycles per minute (realised)"
    tell(f"seed {seed}: {truth}")


def _given(args: argparse.Namespace, option: str) -> Any:
    return getattr(args, option.replace("-", "_"))


def _write_session(session: Session, out: Path) -> list[Path]:
    """The recording, its taps and its truth: a table with files beside it, or a BIDS dataset."""
    from touchrhythm.io.bids_write import write_session
    from touchrhythm.io.table_write import write_table, write_taps
    from touchrhythm.io.writing import make_folder, refuse_existing, write_new

    suffix = Path(out.name.removesuffix(".gz")).suffix
    stem = out.name.removesuffix(".gz").removesuffix(suffix)
    place = out.parent if suffix else out / "sourcedata"
    truth, taps = place / f"{stem}_truth.json", out.with_name(f"{stem}_taps.csv")
    refuse_existing(truth)
    if suffix and session.taps:
        refuse_existing(taps)
    files = [write_table(session, out) if suffix else write_session(session, out)]
    if suffix and session.taps:
        files.append(write_taps(session, taps))
    make_folder(place)
    write_new(truth, (json.dumps(session.info["truth"], indent=1, sort_keys=True) + "\n").encode())
    return [*files, truth]


# -- a whole study ------------------------------------------------------------------------------------------


def _whole_study(args: argparse.Namespace) -> int:
    from touchrhythm.simulate.study import simulate_study, write_study_sessions

    for option, is_given in (
        ("no-rhythm", args.no_rhythm),
        ("breathing", args.breathing is not None),
        ("tapper", args.tapper is not None),
    ):
        if is_given:
            raise UsageError(f"--{option} is for a single session, not for --study")
    if args.signal != "force" or any(_given(args, option) is not None for option, *_ in PULSE_OPTIONS):
        raise UsageError("--signal pulse and what goes with it are for a single session, not for --study")
    out = Path(args.out)
    named = out if out.name else out.resolve()  # "." has its name elsewhere
    truths = Path(args.truths) if args.truths else named.parent / f"{named.name}-truths"
    with usage_errors(args, {field: f"--{option}" for option, _, field, *_ in STUDY_OPTIONS}):
        design = _design(args)
        sessions = simulate_study(design, rng=args.seed)
        first = next(sessions)  # what cannot be simulated is said before anything is written
        _refuse_full(out)
        _refuse_full(truths)
        write_study_sessions(
            _counted(itertools.chain([first], sessions), design.n_recordings), out, truths=truths
        )
    _write_design(truths / "design.json", design, args.seed)
    print(out, truths, sep="\n")
    tell(
        f"seed {args.seed}: {design.n_palpation} palpation sessions,"
        f" {design.n_recordings - design.n_palpation} controls, {design.n_broken} recordings broken"
    )
    return EXIT_OK


def _design(args: argparse.Namespace) -> StudyDesign:
    from touchrhythm.planning.sealed_plan import read_plan
    from touchrhythm.simulate.study import StudyDesign

    given: dict[str, Any] = {
        field: default if _given(args, option) is None else _given(args, option)
        for option, default, field, *_ in STUDY_OPTIONS
    }
    for name, value in (("rate_cpm", args.rate), ("snr_db", args.snr_db)):
        given |= {} if value is None else {name: value}
    if args.plan:
        given["plan_sha256"] = read_plan(args.plan).sha256
    return StudyDesign(duration_s=args.duration, fs=args.fs, **given)


def _refuse_full(folder: Path) -> None:
    """A study starts in an empty folder: two studies in one would be taken for one."""
    from touchrhythm.errors import CannotWrite

    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists():
        raise CannotWrite(f"{folder}: is there already; nothing was overwritten, name a new folder")


def _counted(sessions: Iterable[Session], total: int) -> Iterator[Session]:
    """The sessions, with a line on a terminal that tells how far."""
    for number, session in enumerate(sessions, start=1):
        if sys.stderr.isatty():
            end = "\n" if number == total else ""
            print(f"\r{number}/{total} sessions", end=end, file=sys.stderr, flush=True)
        yield session


def _write_design(path: Path, design: StudyDesign, seed: int) -> None:
    import dataclasses

    from touchrhythm._version import __version__
    from touchrhythm.io.writing import as_json, write_new

    made = {"schema_version": DESIGN_SCHEMA, "seed": seed, "version": __version__}
    write_new(path, as_json(made | {"design": dataclasses.asdict(design)}))
