"""What does the reporting checklist ask, and what is filled in? GRRAS in words.

- `ITEMS`, `SECTIONS` : what each of the 15 items asks for (paraphrased from Kottner et al. 2011), and where it stands
- `FILLED` : what the toolkit fills in
- `STATES` : where the text of an item comes from
- `TEMPLATE` : the file that is to be filled in
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FILLED", "ITEMS", "SECTIONS", "STATES", "TEMPLATE"]

SECTIONS: Mapping[str, str] = {
    "title": "title or abstract",
    "introduction": "introduction",
    "methods": "methods",
    "results": "results",
    "discussion": "discussion",
    "auxiliary": "auxiliary",
}

ITEMS: Mapping[int, str] = {
    1: "say that inter- or intrarater reliability or agreement was studied",
    2: "name the measuring device",
    3: "name the subject population",
    4: "name the rater population",
    5: "what is known, and why this study",
    6: "how the numbers of raters, subjects and replicates were chosen",
    7: "how raters and subjects were sampled",
    8: "the rating process: interval between repeats, information available, blinding",
    9: "whether ratings were independent",
    10: "statistical analysis",
    11: "actual numbers of raters, subjects and replicates",
    12: "characteristics of raters and subjects: training, experience",
    13: "estimates with their statistical uncertainty",
    14: "practical relevance",
    15: "detailed results made available",
}

FILLED: Mapping[str, str] = {
    "device": "Channel {channels} at {rates} samples per second.",
    "together": "In {sessions} two or more therapists tapped at the same time.",
    "alone": "One therapist tapped in each session; no therapist tapped beside another.",
    "numbers": "{therapists}, {subjects}, {sessions}; {repeats} sessions for each therapist and subject.",
    "repeats": "{least} to {most}",
    "no_repeats": "no",
    "estimates": "{figures} in group_estimates.tsv, {n_tests} secondary tests.",
    "results": "group_sessions.tsv, group_taps.tsv, group_pairs.tsv, group_counts.tsv and group_estimates.tsv hold every row.",
    "planned": "The sealed plan set {numbers}; how they were chosen is to be added.",
    "blind": "The examiner saw neither trace nor counter in {n} of {sessions}; intervals between repeats and what else was"
    " known are to be added.",
    "blind_in_part": "The examiner saw neither trace nor counter in {n} of {sessions}, not recorded in {n_unknown}; intervals"
    " between repeats and what else was known are to be added.",
}

STATES: Mapping[str, str] = {
    "toolkit": "filled by the toolkit",
    "given": "from grras.txt",
    "open": "open",
    "author": "for the authors",
}

TEMPLATE: Mapping[str, str] = {
    "head": "# What a study page cannot know. Save as grras.txt in the study folder and run study again.",
    "how": "# One item a line, its number first; lines without a number go on with the item above.",
    "no_such_item": "GRRAS has items 1 to {n}, got {number}",
    "no_number": "a line must begin with the number of an item, such as '3: healthy adults'",
}
