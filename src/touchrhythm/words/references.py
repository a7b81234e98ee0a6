"""What is said of what makes a rhythm: a reference channel, the tapping, an alias.

- `MADE_BY` : the end of the first sentence, and sentences of their own
- `FEATURES`, `WHOSE` : what of a reference is followed, and of whom
- `TIMES` : how many times another rhythm
- `WAYS` : what of a reference was tried
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FEATURES", "MADE_BY", "TIMES", "WAYS", "WHOSE"]

TIMES: Mapping[str, str] = {
    "2": "twice",
    "3": "three times",
    "4": "four times",
    "1/3": "a third of",
    "1/4": "a quarter of",
    "3/2": "one and a half times",
    "2/3": "two thirds of",
}

WAYS: Mapping[str, str] = {
    "wave": "its wave",
    "second harmonic": "twice its rate",
    "depth": "its depth",
    "half the rate": "half its rate",
    "baseline": "its baseline",
    "height": "the height of its beats",
    "interval": "the time between its beats",
    "folded": "its wave as the beats that sample this series fold it",
}

MADE_BY: Mapping[str, str] = {
    "explained": "{rhythm}; it is that of {what}: taking that out leaves nothing that stands out ({p}).",
    "both": "{rhythm}; beside {what} there is one of its own at {own}.",
    "both_at": "{rhythm}; beside {what} at {rate} there is one of its own at {own}.",
    "what_at": "{what} at {rate}",
    "both_mean": "{said}, and {rate} is but a mean of the two.",
    "close": "{rhythm}; it cannot be told from {what} in {length}: the two are {distance} apart, and {length}"
    " keep {resolution} apart{needed}.",
    "close_beside": "{said}; beside it there is one of its own at {own}.",
    "needed": " ({length} would be enough)",
    "untold": "{rhythm}; whether it is that of {what} cannot be told: without it nothing stands out, and the"
    " rhythm goes with it no more than chance would have it.",
    "hinted": "{rhythm}; whether {what} has part in it cannot be told ({p} by itself, {adjusted} among all ways that were"
    " tried); {left}.",
    "hinted_own": "without it there is one of its own at {own}",
    "hinted_nothing": "without it nothing stands out",
    "folded": "{rhythm}; {what} is folded to just there by the beats that sample this series ({arithmetic} per minute),"
    " and the two cannot be told apart.",
    "own": "The rhythm does not go with {what} in the ways that were tried ({ways}): had {what} made {detectable} of the"
    " band's power or more in one of them, that would have shown ({channel}, coherence {coherence}, chance up to {chance}).",
    "own_one_way": "The rhythm does not go with {what} in the one way that was tried ({ways}): had {what} made {detectable}"
    " of the band's power or more in it, that would have shown ({channel}, coherence {coherence}, chance up to {chance}).",
    "part": "{rhythm}; but {what} was there for only {share} of the time, and what made the rhythm in the rest cannot be"
    " told.",
    "untried": "{rhythm}; it may be {times} the rate of {what} ({arithmetic}): whether it goes with that was not tried.",
    "alias": "{rhythm}; it lies just where {source} is folded to by sampling ({arithmetic}).",
    "may_be_alias": "{rhythm}; sampling would fold {source} to just there ({arithmetic}).",
    "multiple": "{rhythm}; it is {times} a slower one at {slower} that stands out too, and may be a harmonic of it.",
    "tapping": "{rhythm}; it is there only while somebody taps ({ratio} times the power of the margins, {p}), so that it"
    " is most simply made by the tapping.",
    "pushes": "{rhythm}; short pushes at the taps make {share} of it while somebody taps ({p}), and the margins hold no more"
    " than noise does, so that it is most simply made by the tapping.",
    "taps_follow": "{whose} follow {what} ({p})",
    "taps_not": "{whose} cannot be told from tapping that knows nothing of {what} ({p})",
    "taps_ratio": "{whose} keep step with {what}, but at another ratio than the declared ({p})",
    "taps_alone": "{said}.",
    "taps_left_ratio": "{said}; they keep step with what is left of the channel {signal} without it, but at another ratio"
    " than the declared ({p}).",
    "taps_left_follow": "{said}; they follow what is left of the channel {signal} without it ({p}).",
    "taps_left_not": "{said}; they cannot be told from tapping that knows nothing of what is left of the channel {signal}"
    " without it ({p}).",
    "beyond": "{what} explains the rhythm beyond the others.",
    "not_beyond": "{what} explains nothing of the rhythm beyond the others.",
    "jointly": "Together {what} explain it.",
}

WHOSE: Mapping[str, str] = {
    "breathing": "the breathing",
    "breathing_subject": "the subject's breathing",
    "breathing_examiner": "the examiner's breathing",
    "pulse": "the pulse",
    "pulse_subject": "the subject's pulse",
    "pulse_examiner": "the examiner's pulse",
    "other": "the channel {channel}",
}

FEATURES: Mapping[str, str] = {
    "wave": "{whose}",
    "second harmonic": "the second harmonic of {whose}",
    "harmonic_2": "the second harmonic of {whose} (twice {rate})",
    "harmonic_3": "the third harmonic of {whose} (three times {rate})",
    "depth": "the depth of {whose}",
    "half the rate": "every second cycle of {whose} (half its rate)",
    "baseline": "the baseline of {whose}",
    "height": "the height of the beats of {whose}",
    "interval": "the time between the beats of {whose}",
    "folded": "{whose}, folded by the beats that sample this series ({arithmetic} per minute)",
}
