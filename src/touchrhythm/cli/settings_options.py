"""Which options become `Settings`, for every command that analyses?

**Conventions.** An option that was not given is left to `Settings`, the only home of defaults; the help names
the same figures (held equal by a test). Rates in cpm.

- `add_settings_options` : the options
- `named_references` : channels that are named as references
- `settings_of` : arguments → `Settings`, with the likely slip where a value cannot be meant
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from touchrhythm.cli.console import UsageError, usage_errors

if TYPE_CHECKING:
    from touchrhythm.settings import Settings

__all__ = ["add_settings_options", "named_references", "settings_of"]


def add_settings_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that change how a session is analysed."""
    group = parser.add_argument_group(
        "analysis", "set before the data are looked at; written into every result"
    )
    group.add_argument(
        "--band",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="band in cycles per minute (default 6 12)",
    )
    group.add_argument("--alpha", type=float, help="level at which a rhythm is called one (default 0.05)")
    group.add_argument("--channel", metavar="NAME", help="channel to analyse, by name or number from 0")
    group.add_argument(
        "--references",
        metavar="NAME,NAME",
        help="reference channels such as breathing or pulse (default: those whose names say so)",
    )
    _add_pulse_options(group)
    _add_tap_options(group)
    group.add_argument(
        "--surrogates",
        type=int,
        metavar="N",
        help="simulated recordings without a rhythm to compare with (default 999)",
    )
    group.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of all that is random (default 0)"
    )


def _add_pulse_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--signal",
        choices=("force", "pulse", "ecg"),
        help="what the channel is (default: what its name says, else what it looks like)",
    )
    group.add_argument(
        "--series",
        choices=("baseline", "height", "interval"),
        help="series of a pulse that is declared to hold the rhythm (default: all are tested, corrected for their"
        " number; a study must declare one)",
    )


def _add_tap_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--lag",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="declared lag window of the taps in seconds",
    )
    group.add_argument(
        "--polarity", choices=("peak", "trough"), help="what the taps are declared to mark; needs --lag"
    )
    group.add_argument(
        "--taps-against",
        choices=("signal", "residual"),
        help="what taps are held against: the signal (default), or what is left of it without its reference channels",
    )
    group.add_argument("--ratio", metavar="N:M", help="declared ratio of taps to cycles (default 1:1)")


def settings_of(args: argparse.Namespace) -> Settings:
    """Settings that the options ask for.

    Raises
    ------
    UsageError
        If a value cannot be meant, with the likely slip.
    """
    from touchrhythm.settings import Settings

    given: dict[str, Any] = {
        name: getattr(args, name) for name in ("alpha", "channel", "signal", "series", "taps_against")
    }
    given["n_surrogates"] = args.surrogates
    if args.band is not None:
        given["band_cpm"] = _band(*args.band)
    given["references"] = named_references(args)
    if args.ratio is not None:
        given["ratio"] = _ratio(args.ratio)
    if args.lag is not None:
        given["lag_s"] = tuple(args.lag)
    if args.polarity is not None:
        if args.lag is None:
            raise UsageError("--polarity needs --lag: what taps mark is declared together with their lag")
        given["polarity"] = {"peak": 1, "trough": -1}[args.polarity]
    if args.seed < 0:
        raise UsageError(f"--seed must be 0 or above, got {args.seed}")
    with usage_errors(args):
        return Settings(**{name: value for name, value in given.items() if value is not None})


def named_references(args: argparse.Namespace) -> tuple[str, ...] | None:
    """Channels that --references names; None where it was not given."""
    if args.references is None:
        return None
    return tuple(name.strip() for name in args.references.split(",") if name.strip())


def _band(low: float, high: float) -> tuple[float, float]:
    if low > high:
        raise UsageError(f"--band is low then high, got {low:g} {high:g} (did you mean {high:g} {low:g}?)")
    return low, high


def _ratio(text: str) -> tuple[int, int]:
    """Whole numbers n and m of ``n:m``."""
    found = re.fullmatch(r"\s*(\d+)\s*[:/]\s*(\d+)\s*", text)
    if not found:
        raise UsageError(f"--ratio must be taps to cycles as two whole numbers, such as 1:2, got {text!r}")
    return int(found[1]), int(found[2])
