"""What is said of rates that are compared? The answer, each pair, what limits it, and the page.

**Conventions.** Each topic is a table, code → text with ``{named}`` fields.

- `ANSWER`, `PAIR` : the raters together, and each pair
- `FLAGS` : what limits the answer
- `SIDES` : what a side is called
- `PAGE`, `COLUMNS` : what stands on the page around the sentences
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ANSWER", "COLUMNS", "FLAGS", "PAGE", "PAIR", "SIDES"]

SIDES: Mapping[str, str] = {
    "measured": "the measured rate",
    "expected": "the expected rate",
    "expected_beforehand": "the rate expected beforehand",
    "pair": "{first} and {second}",
}

ANSWER: Mapping[str, str] = {
    "scope": "{rows}: {subjects}, {raters}.",
    "scope_repeated": "{rows}: {subjects}, {raters}, {sessions}.",
    "icc": "Among the {n} raters, ICC(A,1), absolute agreement of single raters, is {icc}.",
    "icc_repeated": "Among the {n} raters, ICC(A,1), absolute agreement of single raters, on each subject's mean over sessions,"
    " is {icc}.",
    "icc_interval": "{icc} ({interval})",
    "icc_between": "{icc}: between {least} and {most} % of the spread of the rates lies between subjects",
    "icc_not_shown": "{icc}: which does not rule out that no spread lies between subjects (at most {most} %)",
    "untested": "For none of the {n} raters could it be tested whether the reported rates lie closer to {other} within a"
    " subject.",
    "untested_pairs": "For none of the {n} pairs of raters could it be tested whether rates lie closer to one another within a"
    " subject.",
    "none": "For none of the {n} raters was it shown that the reported rates lie closer to {other} within a subject than"
    " between subjects (p above {level} when rates are given to other subjects; {tests}, not corrected for their number); two who"
    " name a favourite rate, and feel nothing, agree like this.",
    "none_pairs": "For none of the {n} pairs of raters was it shown that rates lie closer to one another within a subject than"
    " between subjects (p above {level} when rates are given to other subjects; {tests}, not corrected for their number); two who"
    " name a favourite rate, and feel nothing, agree like this.",
    "some": "{shown} of {n} raters{names}: the reported rates lie closer to {other} within a subject than between subjects (p"
    " up to {level} when rates are given to other subjects; {tests}, not corrected for their number).",
    "some_pairs": "{shown} of {n} pairs of raters{names}: rates lie closer to one another within a subject than between"
    " subjects (p up to {level} when rates are given to other subjects; {tests}, not corrected for their number).",
    "every": "All {n} raters{names}: the reported rates lie closer to {other} within a subject than between subjects (p up to"
    " {level} when rates are given to other subjects; {tests}, not corrected for their number).",
    "every_pair": "All {n} pairs of raters{names}: rates lie closer to one another within a subject than between subjects (p up"
    " to {level} when rates are given to other subjects; {tests}, not corrected for their number).",
    "names": " ({names})",
    "with": "{first} with {second}",
    "repeats": "{rater}: between sessions of one subject the rate varies by {sd} cycles per minute ({interval}, SD); a change"
    " below {change} cannot be told from that.",
}

PAIR: Mapping[str, str] = {
    "limits": "{first} reports on average {differs} {other} (difference {bias}, 95 % interval {bias_interval}); 95 % of single"
    " differences lie between {lower} and {upper}, limits that may reach {lowest} and {highest} ({subjects}, {pairs}).",
    "more": "more",
    "less": "less",
    "measured": "was measured",
    "expected": "was expected beforehand",
    "other": "{rater} does",
    "belong": "The rates belong to their subjects ({apart} apart, {chance} ({low}–{high}) when they are given to other"
    " subjects; {p}).",
    "belonging_not_shown": "It was not shown that the rates belong to their subjects ({apart} apart, {chance} ({low}–{high})"
    " when they are given to other subjects; {p}): two who name a favourite rate, and feel nothing, agree like this.",
    "concordance": "Concordance {estimate} ({interval}); 1 is full agreement, 0 none beyond chance.",
    "grows": "The difference grows with the rate, by {slope} per cycle per minute ({interval}), or {spreads} simply spreads"
    " more.",
    "falls": "The difference falls with the rate, by {slope} per cycle per minute ({interval}), or {spreads} simply spreads"
    " more.",
    "grows_percent": "The difference grows with the rate, by {slope} per cycle per minute ({interval}), or {spreads} simply"
    " spreads more; on the percent scale the limits are {lower} and {upper} %.",
    "falls_percent": "The difference falls with the rate, by {slope} per cycle per minute ({interval}), or {spreads} simply"
    " spreads more; on the percent scale the limits are {lower} and {upper} %.",
    "equivalent": "Single reports are equivalent within ±{delta}: both limits with their intervals lie inside.",
    "equivalent_means": "Single reports are not shown to be equivalent within ±{delta}; only their means are.",
    "not_equivalent": "Neither single reports nor their means are shown to be equivalent within ±{delta}.",
    "counting": "Counting whole cycles alone brings ±{cpm} into a difference (1.96 SD).",
    "note": "Note: {why}.",
}

FLAGS: Mapping[str, str] = {
    "copied": "{pair} are equal in every one of {pairs}: separate reports rarely are (was a column copied?).",
    "few_subjects": "Too few subjects for limits of agreement in {n} of {comparisons} (fewer than {fewest}): the limits' own"
    " intervals are about as wide as what they bound.",
    "wide_limits": "The limits of agreement are imprecise in {n} of {comparisons}, with {subjects} and more: a limit's own"
    " interval spans up to {percent} of the way between the limits.",
    "measured": "The measured rates are taken as the table has them. Whether each was told from noise is not in a table:"
    " filtered noise has a rate too, and one that is nearly always the same.",
    "felt_nothing": '"Felt nothing" is an answer, and has no rate: {raters}. These rows are not in the figures on rates.',
    "missing": "Rates missing: {raters}.",
    "few_raters": "With {n} raters, little can be said of raters in general: intervals of absolute agreement and of limits with"
    " the mean are wide, or hold for these raters only.",
    "together": "Raters together: {why}.",
    "side_count": "{side} {n}",
    "sentence": "{note}.",
}

PAGE: Mapping[str, str] = {
    "title": "Agreement of rates: {name}",
    "h_rates": "Rates",
    "h_pairs": "Pairs",
    "h_all": "All figures",
    "h_methods": "Methods",
    "references": "References",
    "rows": "Rows",
    "subjects": "Subjects",
    "raters": "Raters",
    "raters_named": "{n}: {names}",
    "sessions": "Sessions",
    "delta": "Difference that would not matter",
    "delta_cpm": "{delta} cycles per minute, set beforehand",
    "icc": "Raters together, ICC(A,1)",
    "icc_zero": "0: rates that know nothing of the subject",
    "no_icc": "cannot be given",
    "bias": "Mean difference",
    "cpm": "{value} cpm",
    "limits_of_agreement": "Limits of agreement",
    "no_limits_of_agreement": "cannot be given",
    "largest_bias": "Mean difference, largest of {n}",
    "widest_limits": "Limits of agreement, widest of {n}",
    "belong": "Rates belong to their subjects",
    "not_tested": "not tested",
    "n_of_total": "{n} of {total}",
    "with_measured": "raters with the measured rate",
    "with_one_another": "pairs of raters",
    "chance_pairs": "chance gives {n}",
    "may_reach": "may reach {low} and {high} cpm",
    "between": "{low} to {high}",
    "no_sides": "No two sides to compare.",
    "first_pictures": "Pictures of the first {n} pairs only.",
    "figures_caption": "Every figure with its interval and method",
    "rates_title": "Rates by subject",
    "rates_text": "Every reported rate of {raters} by subject ({n_subjects}), and the measured rates where there are any.",
    "limits_text": "Differences of {pair} against the mean of both, in cycles per minute: bias {bias}, limits of agreement"
    " {lower} and {upper}, {pairs} of {subjects}.",
    "differences_text": "Differences of {pair} against their mean, {pairs}.",
    "source": "Table {name}; seed {seed}.",
    "source_hash": "Table {name}, SHA-256 {sha}; seed {seed}.",
}

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "all": ("Figure", "Estimate", "95 % interval", "Unit", "Method", "Subjects", "Raters", "Sessions"),
}
