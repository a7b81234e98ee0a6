"""What is said about a plan? The words of the plan file and of the planning tables.

**Conventions.** One sentence per line of a plan; rates in cpm, times in seconds.

- `PLAN_LINES`, `plan_text` : the plan file and what its lines mean
- `value_words` : a value as people read it
- `power_sentences`, `width_sentences` : what a planning table says
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from touchrhythm.units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from touchrhythm.planning.power import PowerTable
    from touchrhythm.planning.precision import WidthTable

__all__ = ["PLAN_LINES", "plan_text", "power_sentences", "value_words", "width_sentences"]

PLAN_HEAD = """\
# A sealed plan: decided before the data, never changed afterwards.
# The seal at the end is a hash over the values. Record every session with --plan and this file:
# its hash then stands in the first line of each journal, and only such sessions count as planned.
# Only the registry's number may be filled in later; everything else shows that it was changed.
"""

PLAN_LINES: Mapping[str, str] = MappingProxyType(
    {
        "registry": "Number at a registry, filled in when there is one; no part of the seal.",
        "title": "What the study is called.",
        "primary": "The one primary endpoint; everything else is secondary. undirected, directional, axial, stouffer:"
        " tests of taps over the sessions; limits, icc: of the rates.",
        "band_cpm": "Band in cycles per minute, low and high.",
        "alpha": "Level of the tests.",
        "channel": "Channel that is analysed; none: the first that is no reference.",
        "references": "Reference channels (breathing, pulse); none: those whose names say so.",
        "n_copies": "Noise copies of each session's tests.",
        "n_rate_copies": "Copies for the interval of the rate.",
        "min_duration": "Seconds; shorter stretches of a recording are not used.",
        "short_duration": "Seconds; shorter recordings get a warning.",
        "max_interpolated_gap": "Seconds; shorter gaps are interpolated, longer ones split a recording.",
        "edge": "Seconds at each end of a stretch in which phases are not used.",
        "window": "Seconds of a window of the time course.",
        "lag_s": "Declared lag of the taps in seconds, lowest and highest; none: not declared.",
        "polarity": "1: taps belong to the signal's peaks, -1: to its troughs, none: not declared.",
        "ratio": "Taps to cycles.",
        "tolerance_share": "Share of a cycle within which a tap hits.",
        "delta_cpm": "Difference of rates that would not matter; none: no claim of equivalence.",
        "n_subjects": "Subjects.",
        "n_therapists": "Therapists.",
        "n_sessions": "Sessions in all.",
        "tapping_s": "Shortest tapping of a session in seconds.",
        "min_taps": "Sessions with fewer taps do not enter the tap tests.",
        "seed": "Seed of the analysis.",
        "exclusions": "Further rules for leaving out a session; people answer for them.",
    }
)


def plan_text(
    schema: int, registry: str, lines: Mapping[str, Any], sha256: str, hashes: Mapping[str, str]
) -> str:
    """The plan file: each line with its meaning, then the seal."""
    out = [PLAN_HEAD, f"schema_version = {schema}", "", f"# {PLAN_LINES['registry']}"]
    out += [f"registry = {_toml(registry)}", ""]
    for name, value in lines.items():
        out += [f"# {PLAN_LINES.get(name, 'Setting of the analysis.')}", f"{name} = {_toml(value)}", ""]
    out += ["[seal]", f'sha256 = "{sha256}"', "", "[seal.lines]"]
    out += [f'{name} = "{value}"' for name, value in hashes.items()]
    return "\n".join(out) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)


def value_words(value: Any) -> str:
    """A value as people read it.

    >>> value_words((6.0, 12.0)), value_words(None), value_words(0.05), value_words("axial")
    ('6 12', 'none', '0.05', 'axial')
    """
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return " ".join(value_words(one) for one in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)


def power_sentences(table: PowerTable) -> tuple[str, ...]:
    """What a table of power says."""
    who, enough = table.expected, table.enough()
    found = [
        f"{row.n_sessions} sessions with {_minutes(row.tapping_s)} of tapping each reach {row.power:.0%} power."
        for row in enough
    ] or [
        f"None of these designs reaches {table.wanted:.0%} power: more sessions or a steadier tapper is needed."
    ]
    share = "in every session" if who.followed == 1 else f"in {who.followed:.0%} of the sessions"
    return (
        *found,
        f"Expected: taps follow {share}, {who.lag_s:g} ± {who.lag_spread_s:g} s after the peak (SD between sessions),"
        f" each off by {who.jitter:.0%} of a cycle, {who.missed:.0%} missed; rates {who.rate_cpm[0]:g}–"
        f"{who.rate_cpm[1]:g} cpm with cycles varying by {who.signal_cv:.0%}, rhythm {who.snr_db:g} dB over noise.",
        f"Test: {table.form} rotation test at level {table.alpha:g}, band {table.band_cpm[0]:g}–{table.band_cpm[1]:g} cpm;"
        f" {table.rows[0].n_studies} simulated studies per design, seed {table.seed}."
        " The power is that of these expectations: if they are wrong, so is it.",
    )


def width_sentences(table: WidthTable) -> tuple[str, ...]:
    """What a table of widths says."""
    who, enough = table.expected, table.enough()
    name = "ICC(A,1)" if table.quantity == "icc" else "a limit of agreement"
    unit = f" {table.unit}" if table.unit else ""
    found: tuple[str, ...] = ()
    if table.wanted is not None and enough is not None:
        found = (
            f"With {enough.n_subjects} subjects the 95 % interval of {name} is at most {table.wanted:g}{unit} wide"
            " in 9 of 10 studies.",
        )
    elif table.wanted is not None:
        found = (
            f"None of these numbers of subjects gives an interval of {table.wanted:g}{unit}: more are needed.",
        )
    if table.quantity == "icc":
        expected = f"Expected: ICC {who.icc:g}, {who.n_raters} raters, {who.rater_fraction:.0%} of the variance between raters."
    else:
        expected = (
            f"Expected: differences with SD {who.between_cpm:g} cpm between subjects and {who.within_cpm:g} cpm within,"
            f" {who.n_sessions} session{'s' if who.n_sessions > 1 else ''} each."
        )
    return (
        *found,
        expected,
        f"{table.rows[0].n_studies} simulated studies per number of subjects, seed {table.seed}.",
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / SECONDS_PER_MINUTE:g} min"
