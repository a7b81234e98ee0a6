"""What is said of taps and counts: against the signal, and rater against rater.

- `TAPS` : sentences of the answer
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["TAPS"]

TAPS: Mapping[str, str] = {
    "the_taps": "The taps",
    "taps_of": "The taps of {rater}",
    "measured_rhythm": "measured rhythm",
    "filtered_trace": "filtered trace",
    "residual": "rest of the signal without its reference channels",
    "unrelated_residual": "{whose} cannot be told from tapping that knows nothing of what is left of the signal without its"
    " reference channels ({p}).",
    "follow": "{whose} follow the {trace} ({p}), on average {lag}{doubt}.",
    "ratio": "{whose} run at {rate} per minute and the {trace} at {signal} meanwhile, {ratio} of them to a cycle where {declared}"
    " was declared: so they are not said to follow it, although they keep a place on its wave more than chance would ({p}).",
    "ratio_rhythm": "{whose} keep step with the measured rhythm ({p}) at another number to a cycle than was declared: they run at"
    " {rate} per minute and it at {signal} meanwhile, {ratio} of them to a cycle where {declared} was declared. So they are not"
    " said to follow it.",
    "other": "{whose} run at {rate} and not at the rate of the rhythm, {rhythm}: they are not said to follow it, although they"
    " keep step with the signal filtered to the band ({p}), which holds more than this rhythm.",
    "rater_other": "{rater} taps at {rate}, not at the rate of the rhythm, {rhythm}, but in step with the filtered trace ({p})",
    "rater_ratio": "{rater} taps {ratio} times per cycle where {declared} was declared, in step ({p}) but not following",
    "made": "{whose} are not said to follow it: a rhythm that the tapping makes is followed by that tapping always.",
    "rater_made": "{rater} cannot be judged (the rhythm is there only while {rater} taps)",
    "doubt_noise": ", although that trace cannot be told from noise",
    "doubt_margins": "; but without margins it cannot be told whether the tapping itself makes that rhythm",
    "doubt_button": "; but pressing the button shakes the sensor, which alone could do this",
    "unrelated": "{whose} cannot be told from tapping that knows nothing of the signal ({p}).",
    "unrelated_equal": "{whose} cannot be told from tapping that knows nothing of the signal ({p}), although both"
    " run at about {rate} per minute: an equal rate is not agreement.",
    "few": "There are too few taps to judge whether they follow the signal ({n}; at least {needed} are needed).",
    "few_regular": "Whether the taps follow the signal cannot be judged: there are only {n}, and so few may keep"
    " one place on the wave by chance.",
    "regular": "Whether the taps follow the signal cannot be judged: both run so regularly that one recording"
    " cannot show whether one follows the other; several recordings can.",
    "unjudged": "Whether the taps follow the signal cannot be judged: {reason}.",
    "no_test": "no test was possible",
    "raters": "Of {n} raters, {parts}.",
    "raters_unrelated": "{raters} cannot be told from tapping that knows nothing of the signal",
    "rater_p": "{rater} ({p})",
    "rater_follows": "{rater} follows the {trace} ({p}; {lag})",
    "rater_follows_shaken": "{rater} follows the {trace} ({p}; {lag}, but pressing shakes the sensor)",
    "rater_few": "{rater} has too few taps to judge ({n})",
    "rater_few_regular": "{rater} cannot be judged (only {n} taps)",
    "rater_regular": "{rater} cannot be judged (both run too regularly)",
    "rater_unjudged": "{rater} cannot be judged ({reason})",
    "chance_R": "Unrelated tapping of this regularity reaches a phase consistency between {low} and {high} in 95 %"
    " of cases; here it is {value}.",
    "chance_V": "Unrelated tapping of this regularity reaches a mean cosine at the declared lags between {low} and"
    " {high} in 95 % of cases; here it is {value}.",
    "chances_R": "Phase consistency, and between what unrelated tapping of the same regularity lies in 95 % of"
    " cases: {each}.",
    "chances_V": "Mean cosine at the declared lags, and between what unrelated tapping of the same regularity lies"
    " in 95 % of cases: {each}.",
    "chance_each": "{rater} {value} ({low} to {high})",
    "by_chance": "Of {n} tests of unrelated tapping, one or more falls below {alpha} by chance in up to {share} of"
    " sessions.",
    "pair_follow": "{one} and {other} tap in step with one another ({p}).",
    "pair_ratio": "{one} and {other} tap in step ({p}), but not one to one.",
    "pair_unrelated": "{one} and {other} cannot be told from raters who tap without regard to one another ({p}).",
    "pair_unjudged": "Whether {one} and {other} tap in step cannot be judged.",
    "pair_unjudged_why": "Whether {one} and {other} tap in step cannot be judged: {reason}.",
    "count_rhythm": "{rater} counted {n} in {time}, {rate} cycles per minute; the measured rhythm ran at {measured}:"
    " they differ by {gap}. Counting whole cycles can be wrong by up to {coarse} by itself.",
    "count_trace": "{rater} counted {n} in {time}, {rate} cycles per minute; the filtered trace, where no rhythm was"
    " shown, ran at {measured}: they differ by {gap}. Counting whole cycles can be wrong by up to {coarse} by itself.",
    "count_alone": "{rater} counted {n} in {time}, {rate} cycles per minute; there is no measured rate beside it."
    " Counting whole cycles can be wrong by up to {coarse} by itself.",
    "counts_rhythm": "{n} counts were reported ({raters}), {rates} cycles per minute beside {measured} measured over"
    " the same stretches. Counting whole cycles can be wrong by up to {coarse} by itself.",
    "counts_trace": "{n} counts were reported ({raters}), {rates} cycles per minute beside {measured} in the filtered"
    " trace, where no rhythm was shown, over the same stretches. Counting whole cycles can be wrong by up to {coarse}"
    " by itself.",
    "counts_alone": "{n} counts were reported ({raters}), {rates} cycles per minute; there is no measured rate beside"
    " them. Counting whole cycles can be wrong by up to {coarse} by itself.",
}
