"""plan: how many sessions, how long, how many subjects; and the plan sealed before the data.

**Conventions.** stdout: a table and what it says; with --json one object. Minutes and cpm, as people plan.

- `add_parsers` : adds the command
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import EXIT_OK, UsageError, ending, progress, tell, usage_errors
from touchrhythm.cli.settings_options import add_settings_options, settings_of
from touchrhythm.settings import FEWEST_TAPS
from touchrhythm.words.program import command_line

if TYPE_CHECKING:
    from touchrhythm.planning.power import PowerTable
    from touchrhythm.planning.precision import WidthTable
    from touchrhythm.planning.sealed_plan import Plan
    from touchrhythm.settings import Settings

__all__ = ["add_parsers"]

SCHEMA_VERSION = 1
PRIMARY = ("undirected", "directional", "axial", "stouffer", "limits", "icc")
SESSIONS, MINUTES, SUBJECTS = [5, 8, 12, 20], [5.0, 10.0], [10, 20, 40, 80]
EPILOG = """\
With --primary limits or icc the widths of intervals are given instead of power. With --seal the design is one: one
number for --sessions and one for --minutes. A sealed plan is never overwritten, and any change of it is noticed; give
it to record (--plan), so that its hash stands in each journal, and to study (--plan)."""

# parameters of the planning whose options have another name
CALLED_OTHERWISE = {
    "lag_s": "--follower-lag",
    "tapping_s": "--minutes",
    "n_raters": "--therapists",
    "rater_fraction": "--rater-share",
    "between_cpm": "--between-sd",
    "within_cpm": "--within-sd",
    "exclusions": "--exclude",
}


def add_parsers(subparsers: Any) -> None:
    """Add ``plan``."""
    parser = subparsers.add_parser(
        "plan",
        help="how many sessions, how long? and seal the plan",
        description="Power of the study test, or widths of intervals, by simulation; and the plan, sealed before the data.",
        epilog=ending(
            "plan --sessions 8 12 16 --minutes 5 10 --followed 0.7",
            "plan --primary directional --lag 0 1.5 --polarity peak --sessions 16 --minutes 5 --seal plan.toml",
            "plan --primary limits --subjects 20 40 80",
            more=EPILOG,
        ),
    )
    parser.add_argument("--primary", choices=PRIMARY, help="the one primary endpoint (undirected)")
    parser.add_argument(
        "--sessions",
        type=int,
        nargs="+",
        metavar="N",
        help="sessions in all (5 8 12 20), or per subject for limits (1)",
    )
    parser.add_argument("--minutes", type=float, nargs="+", metavar="MIN", help="tapping of a session (5 10)")
    parser.add_argument("--subjects", type=int, nargs="+", metavar="N", help="subjects (10 20 40 80)")
    parser.add_argument("--therapists", type=int, metavar="N", help="therapists, or raters (2 for icc)")
    parser.add_argument("--power", type=float, default=0.8, metavar="SHARE", help="power wanted (0.8)")
    parser.add_argument("--width", type=float, metavar="W", help="width of the interval that is wanted")
    parser.add_argument(
        "--studies", type=int, metavar="N", help="simulated studies per design (2000; 400 for widths)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of words")
    parser.add_argument("--picture", metavar="FILE.svg", help="draw the table (.svg or .png)")
    _expected_options(parser)
    add_settings_options(parser)
    _sealing_options(parser)
    parser.set_defaults(run=_plan)


def _expected_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is expected of taps and signals")
    for name, default, text in (
        ("jitter", 0.3, "SD of each tap's own error, share of a cycle"),
        ("missed", 0.1, "share of cycles without a tap"),
        ("follower-lag", 0.5, "seconds from peak to tap"),
        ("lag-spread", 0.5, "SD of that lag from session to session, seconds"),
        ("followed", 1.0, "share of sessions in which the rhythm is followed"),
        ("signal-cv", 0.1, "coefficient of variation of the cycles"),
        ("tapper-cv", 0.1, "that of one who does not follow"),
        ("snr-db", 3.0, "rhythm over noise inside the band, dB"),
        ("margin", 120.0, "seconds recorded before and after the tapping"),
    ):
        group.add_argument(
            f"--{name}", type=float, default=default, metavar="X", help=f"{text} ({default:g})"
        )
    group.add_argument(
        "--rate",
        type=float,
        nargs=2,
        default=(6.7, 9.5),
        metavar=("LOW", "HIGH"),
        help="mean rates of sessions, cpm (6.7 9.5)",
    )
    group = parser.add_argument_group("what is expected of rates (limits, icc)")
    for name, default, text in (
        ("icc", 0.2, "intraclass correlation"),
        ("rater-share", 0.0, "share of the variance between raters"),
        ("between-sd", 0.8, "SD of differences between subjects, cpm"),
        ("within-sd", 0.6, "SD of differences within a subject, cpm"),
    ):
        group.add_argument(
            f"--{name}", type=float, default=default, metavar="X", help=f"{text} ({default:g})"
        )


def _sealing_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sealing")
    group.add_argument(
        "--seal", metavar="PLAN.toml", help="write the sealed plan; the file must not be there yet"
    )
    group.add_argument("--title", default="", help="what the study is called, without names of people")
    group.add_argument("--delta", type=float, metavar="CPM", help="difference of rates that would not matter")
    group.add_argument(
        "--min-taps",
        type=int,
        default=FEWEST_TAPS,
        metavar="N",
        help=f"sessions with fewer taps do not enter ({FEWEST_TAPS})",
    )
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="RULE",
        help="a further rule for leaving out; repeatable",
    )
    group.add_argument(
        "--registry", default="", metavar="NUMBER", help="a registry's number; may be filled in later"
    )


def _plan(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    primary = args.primary or "undirected"
    if not args.seal:
        _refuse_unsealed(args)
    if args.picture and not args.picture.lower().endswith((".svg", ".png")):
        raise UsageError(f"--picture must end in .svg or .png, got {args.picture}")
    if primary == "directional" and (settings.lag_s is None or settings.polarity is None):
        raise UsageError("--primary directional needs --lag and --polarity, declared before the data")
    wanted = "--width" if primary in ("limits", "icc") else "--power"
    with usage_errors(args, CALLED_OTHERWISE | {"wanted": wanted}):
        plan = _plan_of(args, settings, primary) if args.seal else None
        if plan is not None:
            _refuse_taken(args.seal)
        with progress("simulating studies …"):
            table = _table(args, settings, primary)
    if args.picture and table is not None:
        _draw(table, args.picture)
    if plan is not None:
        from touchrhythm.planning.sealed_plan import seal_plan

        plan = seal_plan(args.seal, plan)
    print(_json(table, plan) if args.json else _words(table, plan, args), end="")
    if args.json and args.seal:
        tell(f"sealed: {args.seal}")
    return EXIT_OK


def _refuse_unsealed(args: argparse.Namespace) -> None:
    for name in ("title", "exclude", "registry", "delta"):
        if getattr(args, name):
            raise UsageError(f"--{name} is written into a sealed plan: say where with --seal PLAN.toml")


def _refuse_taken(path: str) -> None:
    from pathlib import Path

    from touchrhythm.io.writing import refuse_existing

    refuse_existing(Path(path))


def _plan_of(args: argparse.Namespace, settings: Settings, primary: str) -> Plan:
    from touchrhythm.planning.sealed_plan import Plan
    from touchrhythm.units import SECONDS_PER_MINUTE

    minutes = _one(args.minutes, "--minutes")
    return Plan(
        settings=settings,
        primary=primary,
        delta_cpm=args.delta,
        n_subjects=_one(args.subjects, "--subjects"),
        n_therapists=args.therapists,
        n_sessions=_one(args.sessions, "--sessions", needed=primary not in ("limits", "icc")),
        tapping_s=None if minutes is None else minutes * SECONDS_PER_MINUTE,
        min_taps=args.min_taps,
        seed=args.seed,
        exclusions=tuple(args.exclude),
        title=args.title,
        registry=args.registry,
    )


def _one(values: list[Any] | None, option: str, *, needed: bool = False) -> Any:
    """The one value of a sealed design."""
    if values is None and not needed:
        return None
    if values is None or len(values) != 1:
        told = "none" if values is None else " ".join(f"{value:g}" for value in values)
        raise UsageError(f"{option} must be one number in a plan that is sealed, got {told}")
    return values[0]


def _table(args: argparse.Namespace, settings: Settings, primary: str) -> PowerTable | WidthTable | None:
    if primary == "stouffer":
        tell("no power is predicted for the sum of the sessions' p-values: it needs each session's own test")
        return None
    return _widths(args, primary) if primary in ("limits", "icc") else _power(args, settings, primary)


def _power(args: argparse.Namespace, settings: Settings, form: str) -> PowerTable:
    from touchrhythm.planning.power import Expected, plan_power
    from touchrhythm.units import SECONDS_PER_MINUTE

    if settings.ratio != (1, 1):
        raise UsageError("power is predicted for one tap a cycle only (--ratio 1:1)")
    expected = Expected(
        jitter=args.jitter,
        missed=args.missed,
        lag_s=args.follower_lag,
        lag_spread_s=args.lag_spread,
        followed=args.followed,
        rate_cpm=tuple(args.rate),
        signal_cv=args.signal_cv,
        tapper_cv=args.tapper_cv,
        snr_db=args.snr_db,
        margin_s=args.margin,
    )
    return plan_power(
        expected,
        n_sessions=args.sessions or SESSIONS,
        tapping_s=[minutes * SECONDS_PER_MINUTE for minutes in args.minutes or MINUTES],
        form=form,
        alpha=settings.alpha,
        wanted=args.power,
        declared_lag_s=None if settings.lag_s is None else sum(settings.lag_s) / 2,
        band_cpm=settings.band_cpm,
        n_studies=2000 if args.studies is None else args.studies,
        rng=args.seed,
    )


def _widths(args: argparse.Namespace, quantity: str) -> WidthTable:
    from touchrhythm.planning.precision import Ratings, plan_width

    subjects = args.subjects or SUBJECTS
    sessions = _one(args.sessions, "--sessions") if args.sessions else None
    if quantity == "limits" and sessions and args.seal:
        sessions = -(-sessions // subjects[0])  # a plan counts sessions in all
    expected = Ratings(
        icc=args.icc,
        rater_fraction=args.rater_share,
        n_raters=2 if args.therapists is None else args.therapists,
        between_cpm=args.between_sd,
        within_cpm=args.within_sd,
        n_sessions=sessions or 1,
    )
    studies = 400 if args.studies is None else args.studies
    return plan_width(
        quantity, expected, n_subjects=subjects, wanted=args.width, n_studies=studies, rng=args.seed
    )


def _draw(table: PowerTable | WidthTable, path: str) -> None:
    from pathlib import Path

    from touchrhythm.io.writing import write_over
    from touchrhythm.planning.power import PowerTable
    from touchrhythm.plotting.planning import plot_power, plot_widths
    from touchrhythm.plotting.svg import sheet, svg_of
    from touchrhythm.report.planning import power_sentences, width_sentences
    from touchrhythm.words import say
    from touchrhythm.words.plan import PICTURES

    suffix = Path(path).suffix.lower()
    figure, (ax,) = sheet(2.6)
    if isinstance(table, PowerTable):
        plot_power(table, ax=ax)
        title, text = say(PICTURES, "power_title"), " ".join(power_sentences(table))
    else:
        plot_widths(table, ax=ax)
        title, text = say(PICTURES, "widths_title"), " ".join(width_sentences(table))
    if suffix == ".svg":
        write_over(Path(path), svg_of(figure, name="plan", title=title, text=text).encode())
        return
    from io import BytesIO

    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    write_over(Path(path), buffer.getvalue())


def _words(table: PowerTable | WidthTable | None, plan: Plan | None, args: argparse.Namespace) -> str:
    from touchrhythm.planning.power import PowerTable
    from touchrhythm.report.planning import power_sentences, width_sentences
    from touchrhythm.units import SECONDS_PER_MINUTE

    lines = []
    if isinstance(table, PowerTable):
        lines = ["sessions\tminutes\tpower\tlow\thigh"]
        lines += [
            f"{row.n_sessions}\t{row.tapping_s / SECONDS_PER_MINUTE:g}\t{row.power:.3f}\t{row.low:.3f}\t{row.high:.3f}"
            for row in table.rows
        ]
        lines += ["", *power_sentences(table)]
    elif table is not None:
        lines = ["subjects\twidth\twidth_9_of_10"]
        lines += [f"{row.n_subjects}\t{row.width:.3f}\t{row.width_90:.3f}" for row in table.rows]
        lines += ["", *width_sentences(table)]
    if args.picture and table is not None:
        lines.append(f"picture: {args.picture}")
    if plan is not None:
        lines += [
            f"sealed: {args.seal}",
            f"SHA-256 {plan.sha256}",
            f"next: {command_line('record', 'OUT', '--plan', args.seal)} …",
        ]
    return "\n".join(lines).lstrip("\n") + "\n"


def _json(table: PowerTable | WidthTable | None, plan: Plan | None) -> str:
    import json
    import math

    def finite(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: finite(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [finite(part) for part in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    found = [] if table is None else [finite(table.to_dict())]
    whole: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "results": found}
    if plan is not None:
        whole["plan_sha256"] = plan.sha256
    return json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
