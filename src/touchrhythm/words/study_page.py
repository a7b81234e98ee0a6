"""What stands on a study page around its sentences? Headings, columns, captions, pictures.

- `PAGE` : headings, labels and notes of the page
- `COLUMNS` : heads of its tables
- `CAPTIONS` : what its tables hold
- `CELLS` : what stands in a cell
- `PICTURES`, `AXES` : what its pictures are and show, and what is written in them
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["AXES", "CAPTIONS", "CELLS", "COLUMNS", "PAGE", "PICTURES"]

PAGE: Mapping[str, str] = {
    "title": "Study {name}",
    "h_plan": "The plan",
    "h_flow": "The sessions",
    "h_taps": "Taps against the signal",
    "h_lags": "Lags",
    "h_rates": "Rates",
    "h_therapists": "Therapist by therapist",
    "h_beside": "Expectation and breathing",
    "h_controls": "Controls",
    "h_all": "All figures",
    "h_rows": "Session by session",
    "h_grras": "Reporting checklist (GRRAS)",
    "h_methods": "Methods",
    "references": "References",
    "settings": "Settings",
    "made_with": "Made with",
    "exploratory": "exploratory",
    "recordings": "Recordings",
    "sessions": "Palpation sessions",
    "sessions_of": "{n} of {subjects} by {therapists}",
    "controls": "Controls",
    "band": "Band",
    "band_cpm": "{low}–{high} cycles per minute (cpm)",
    "primary": "Primary endpoint",
    "plan": "Sealed plan",
    "plan_none": "none named",
    "plan_hash": "named by its hash, {sha}",
    "plan_titled": "“{title}”, {n_carrying} of {sessions} recorded under it",
    "plan_untitled": "{n_carrying} of {sessions} recorded under it",
    "plan_missing": "No sealed plan was named.",
    "plan_by_hash": "The sealed plan is named only by its hash; give the plan's file to compare its lines.",
    "title_line": "Title",
    "no_title": "none",
    "registry": "Registry",
    "no_registry": "no number given",
    "sha": "SHA-256",
    "carried_by": "Carried by",
    "n_of": "{n} of {sessions}",
    "line_by_line": "Line by line: {counts}",
    "every_figure": "Every figure: {rows}",
    "hashes": "Hashes of the data",
    "not_read": "not read",
    "not_set": "not set",
    "seed": "Seed",
    "plan_sha": "Sealed plan, SHA-256",
    "plan_sha_none": "none named: exploratory",
    "open_items": "Open items: {items}. Write them into grras.txt in the study folder (a template lies beside this page) and"
    " run the command again.",
    "no_open_items": "No item is open.",
    "more_rows": "And {n} more in {tables}.",
    "remark": "{pairs}: {remark}",
    "all_pairs": "All pairs",
}

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "plan": ("Line", "Meaning", "Planned", "Done", "Followed?"),
    "flow": ("Step", "Recordings", "Why"),
    "tests": ("Test", "Consistency", "95 % interval", "By chance", "p", "Sessions"),
    "therapists": (
        "Pair",
        "Difference (95 %)",
        "Limits (may reach)",
        "Apart",
        "Apart by chance (95 %)",
        "p",
        "Concordance (95 %)",
        "Subjects",
        "Pairs",
    ),
    "beside": (
        "Perceived rate and",
        "Correlation",
        "95 % interval",
        "By chance",
        "p",
        "Apart (cpm)",
        "By chance",
        "Rates",
        "Subjects",
        "Therapists",
    ),
    "two_therapists": ("", "not with the sensor", "with the sensor (at least one)"),
    "pairs": (
        "Session and therapists",
        "Consistency (chance up to)",
        "p",
        "Rates (cpm)",
        "Ratio (95 %)",
        "Apart (s) ± SD",
        "SD by chance",
    ),
    "phantoms": ("Phantom session", "True rate", "Measured rate", "Therapist", "Answer", "Rate of the taps"),
    "all": ("Figure", "Estimate", "95 % interval", "By chance (95 %)", "p", "Role", "Sessions", "Method"),
    "rows": (
        "Session",
        "Kind",
        "Rhythm",
        "Rate (95 %)",
        "Taps: rate",
        "Consistency (chance up to)",
        "p",
        "Remarks",
    ),
    "grras": ("Item", "Text", "From"),
    "settings": ("Setting", "Value"),
    "hashes": ("Session", "SHA-256"),
}

CAPTIONS: Mapping[str, str] = {
    "plan": "The sealed plan",
    "plan_lines": "Line by line; the same rows stand in group_plan.tsv",
    "flow": "What became of every recording",
    "tests": "The primary test, the same question in other ways, and each therapist alone",
    "tests_planned": "The primary test, the same question in other ways, and each therapist alone; only the primary one was"
    " planned, the others are exploratory",
    "tests_secondary": "Tests of the taps, and each therapist alone",
    "therapists": "Cycles per minute, first minus second; apart: root mean square difference, which comes out larger when"
    " rates are given to other subjects if they belong to their subjects (by chance). Pairs of a small p agree by more than a"
    " favourite rate",
    "beside": "Correlation within therapists, and root mean square difference, over means by subject and therapist; by chance:"
    " with rates given to other subjects (95 %)",
    "two_therapists": "Two therapists at once, {sessions}",
    "two_therapists_unknown": "Two therapists at once, {sessions}, {n_unknown} of which cannot be judged",
    "pairs": "Taps of one therapist against those of another; all in group_pairs.tsv",
    "phantoms": "What was true, what the sensor and what the therapist said (cycles per minute)",
    "all_planned": "Every figure (only the primary endpoint was planned, all else is exploratory); the same rows stand in"
    " group_estimates.tsv",
    "all_exploratory": "Every figure (all are exploratory); the same rows stand in group_estimates.tsv",
    "rows": "Every recording; the same rows stand in group_sessions.tsv and group_taps.tsv",
    "grras": "GRRAS, 15 items (Kottner et al. 2011), paraphrased",
    "settings": "One set of settings for all sessions",
    "made_with": "What made this page",
    "hashes": "SHA-256 of each recording",
}

CELLS: Mapping[str, str] = {
    "primary": "{form} (primary)",
    "primary_standing": "{form} (primary, {standing})",
    "alone": "{therapist} alone",
    "sum": "Stouffer's sum",
    "own_phase": "sessions with a phase of their own",
    "everyone": "all sessions, planned or not",
    "session_permutation": "session permutation, {scope}",
    "n_of": "{n} of {total}",
    "z": "z {z}",
    "z_chance": "0 ± 1",
    "up_to": "up to {high}",
    "median_up_to": "{median}, up to {high}",
    "too_few_sessions": "too few sessions",
    "between": "{low} to {high}",
    "with_interval": "{value} ({interval})",
    "two": "{first} and {second}",
    "two_reaching": "{first} and {second} ({lowest} and {highest})",
    "as_above": "as above",
    "not_with_each_other": "not with each other",
    "with_each_other": "with each other",
    "pair": "{session}: {rater} and {other}",
    "plus_minus": "{value} ± {sd}",
    "stood_still": "stood still",
    "none_found": "none found",
    "felt": "felt it",
    "felt_nothing": "felt nothing",
    "no_answer": "no answer",
    "item": "{number}. {section}: {content}",
    "to_be_written": "to be written",
    "yes": "yes, {p}",
    "no": "no, {p}",
    "taps": "{rater} {rate}",
    "state": "{state}: {reason}",
    "remark": "{rater}: {why}",
    "unit": "{value} {unit}",
    "part": "{part}: {quantity}",
}

PICTURES: Mapping[str, str] = {
    "phasors": "Phase of the taps, session by session",
    "phasors_text": "Mean phasor of each of {sessions}: up is the signal's {event}, clockwise is later, the rim is full"
    " consistency.",
    "phasors_pooled": "The arrow is all of them together ({resultant}); the grey disc is as far as it comes by chance in 95 %"
    " ({high}).",
    "lags": "Lags, session by session",
    "lags_text": "Lag of each session by therapist, in cycles after the signal's {event}; half a cycle early is half a cycle"
    " late. The band is the common lag with its 95 % interval, where there is one.",
    "limits": "Limits of agreement",
    "limits_text": "Perceived rate minus {measure}, against the mean of both, in cycles per minute, with bias, limits of"
    " agreement and the interval of each; {pairs}.",
    "rates": "Rates by subject and therapist",
    "rates_text": "Rates of the taps by subject and therapist, and the measured rates where a rhythm was found.",
    "beside": "Perceived beside expected and measured rates",
    "beside_text": "Perceived rate against the rate expected beforehand (left), and in the same sessions against the measured"
    " rate where a rhythm was found (right); on the dashed line both are equal.",
    "controls": "Controls beside palpation",
    "controls_text": "p of the rhythm test of every recording by kind of session, with their number, moved apart a little"
    " where they would cover each other; the dashed line is the level. Without a rhythm one in {n} lies to its left.",
    "confidence": "Confidence",
    "confidence_text": "Fraction of right answers on phantoms against the confidence stated, with 95 % intervals.",
    "thinned": "Every {n}th point is shown.",
    "first_rates": "The first {n} of {total} rates are shown.",
}

AXES: Mapping[str, str] = {
    "bias": "bias {value}",
    "limit": "limit {value}",
    "mean_of": "mean of {first} and {second} (cycles per minute)",
    "minus": "{first} − {second}",
    "perceived": "perceived",
    "count": "cycle count",
    "measured": "measured",
    "measured_rate": "the measured rate",
    "expected": "expected",
    "subject": "subject",
    "cpm": "cycles per minute",
    "rate_cpm": "{name} (cycles per minute)",
    "perceived_rate": "perceived rate",
    "pooled": "pooled",
    "pooled_chance": "chance, pooled",
    "session": "session",
    "therapist": "therapist",
    "lag_cycles": "lag (cycles)",
    "as_sure_as_right": "as sure as right",
    "confidence": "stated confidence",
    "fraction_right": "fraction right",
    "level": "level set",
    "p": "p of the rhythm test",
    "kind_counted": "{kind}, {n}",
}
