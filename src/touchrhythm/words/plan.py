"""What is said about a plan? Its file, whether it was followed, and what a table of planning says.

**Conventions.** Each topic is a table, code → text with ``{named}`` fields. Nothing of a plan's own file but its values
is under its seal: comments may be worded anew.

- `PLAN_HEAD`, `PLAN_LINES`, `OTHER_LINE` : the file, and what its lines mean
- `FOLLOWED`, `LINES`, `DONE` : the answers about a line, and lines as people call them
- `POWER`, `WIDTHS` : what a table of planning says
- `PICTURES` : what is written in its picture
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "DONE",
    "FOLLOWED",
    "LINES",
    "OTHER_LINE",
    "PICTURES",
    "PLAN_HEAD",
    "PLAN_LINES",
    "POWER",
    "WIDTHS",
]

PLAN_HEAD = """\
# A sealed plan: decided before the data, never changed afterwards.
# The seal at the end is a hash over the values. Record every session with --plan and this file:
# its hash then stands in the first line of each journal, and only such sessions count as planned.
# Only the registry's number may be filled in later; everything else shows that it was changed.
"""

PLAN_LINES: Mapping[str, str] = {
    "registry": "Number at a registry, filled in when there is one; no part of the seal.",
    "title": "What the study is called.",
    "primary": "The one primary endpoint; everything else is secondary. undirected, directional, axial, stouffer: tests of"
    " taps over the sessions; limits, icc: of the rates.",
    "band_cpm": "Band in cycles per minute, low and high.",
    "alpha": "Level of the tests.",
    "channel": "Channel that is analysed; none: the first that is no reference.",
    "references": "Reference channels (breathing, pulse); none: those whose names say so.",
    "n_copies": "Surrogates (simulated recordings without a rhythm) of each session's tests.",
    "n_rate_copies": "Parametric bootstrap samples for the interval of the rate.",
    "min_duration": "Seconds; shorter stretches of a recording are not used.",
    "short_duration": "Seconds; recordings that are more than 2 % shorter get a warning.",
    "max_interpolated_gap": "Seconds; shorter gaps are interpolated, longer ones split a recording.",
    "edge": "Seconds at each end of a stretch in which phases are not used.",
    "window": "Seconds of a window of the time course.",
    "lag_s": "Declared lag of the taps in seconds, lowest and highest; none: not declared.",
    "polarity": "1: taps belong to the signal's peaks, -1: to its troughs, none: not declared.",
    "ratio": "Taps to cycles.",
    "signal": "What the channel holds: force, pulse or ecg; none: what its name or its looks say.",
    "series": "Series of a pulse that is tested: baseline, height or interval; none: the channel is a force.",
    "taps_against": "What taps are held against: signal, or residual (what is left of it without its reference channels).",
    "tolerance_share": "Fraction of a cycle within which a tap hits.",
    "delta_cpm": "Difference of rates that would not matter; none: no claim of equivalence.",
    "n_subjects": "Subjects.",
    "n_therapists": "Therapists.",
    "n_sessions": "Sessions in all.",
    "tapping_s": "Shortest tapping of a session in seconds.",
    "min_taps": "Sessions with fewer taps do not enter the tap tests.",
    "seed": "Seed of the analysis.",
    "exclusions": "Further rules for leaving out a session; people answer for them.",
}
OTHER_LINE = "Setting of the analysis."

FOLLOWED: Mapping[bool | None, str] = {
    True: "followed",
    False: "not followed",
    None: "to be told by the authors",
}

LINES: Mapping[str, str] = {
    "primary": "primary endpoint",
    "band_cpm": "band",
    "alpha": "level",
    "lag_s": "declared lag",
    "n_subjects": "number of subjects",
    "n_therapists": "number of therapists",
    "n_sessions": "number of sessions",
    "tapping_s": "length of the tapping",
    "min_taps": "fewest taps",
    "delta_cpm": "difference that would not matter",
    "n_copies": "number of surrogates",
}

DONE: Mapping[str, str] = {
    "under_plan": "sessions recorded under this plan",
    "all": "all {n}",
    "at_least": "at least {value}",
    "or_more": "{value} or more",
    "by_people": "to be told by the authors",
    "not_known": "not known",
}

POWER: Mapping[str, str] = {
    "reaches": "{n} sessions with {minutes} min of tapping each reach {power} power.",
    "none_reaches": "None of these designs reaches {wanted} power: more sessions or a steadier tapper is needed.",
    "in_every_session": "in every session",
    "in_some_sessions": "in {followed} of the sessions",
    "expected": "Expected: taps follow {followed}, {lag} ± {spread} s after the peak (SD between sessions), each off by"
    " {jitter} of a cycle, {missed} missed; rates {low}–{high} cpm with cycles varying by {variation}, rhythm {snr} dB over"
    " noise.",
    "test": "Test: {form} rotation test at level {alpha}, band {low}–{high} cpm; {n} simulated studies per design, seed {seed}."
    " The power is that of these expectations: if they are wrong, so is it.",
}

WIDTHS: Mapping[str, str] = {
    "icc": "ICC(A,1)",
    "limits": "a limit of agreement",
    "with_unit": "{value} {unit}",
    "reaches": "With {n} subjects the 95 % interval of {quantity} is at most {wanted} wide in 9 of 10 studies.",
    "none_reaches": "None of these numbers of subjects gives an interval of {wanted}: more are needed.",
    "expected_icc": "Expected: ICC {icc}, {n_raters} raters, {between} of the variance between raters.",
    "expected_limits": "Expected: differences with SD {between} cpm between subjects and {within} cpm within, {sessions} each.",
    "studies": "{n} simulated studies per number of subjects, seed {seed}.",
}

PICTURES: Mapping[str, str] = {
    "power_title": "Power",
    "widths_title": "Width of the interval",
    "tapping": "{minutes} min of tapping",
    "wanted": "wanted {value}",
    "level": "level {value}",
    "sessions": "sessions",
    "power": "power",
    "nine_of_ten": "9 of 10 studies stay below",
    "median": "median study",
    "subjects": "subjects",
    "width": "width of the 95 % interval",
    "width_in": "width of the 95 % interval ({unit})",
}
