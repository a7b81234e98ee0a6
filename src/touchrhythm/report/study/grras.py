"""Which items of a reporting guideline does a study page fill, and which are asked for?

GRRAS (Kottner et al. 2011) lists 15 items for studies of reliability and agreement. What the toolkit
knows it fills; what it cannot know it asks for in ``grras.txt`` in the study folder; what belongs in
the paper alone is left to its authors.

**Conventions.** ``grras.txt`` holds lines ``number: text``; lines without a number go on with the
item above, lines that start with # are comments.

- `fill_grras` : result and answers → items
- `read_grras`, `grras_template` : the small text file

References
----------
Kottner J et al. (2011) Guidelines for Reporting Reliability and Agreement Studies (GRRAS) were
proposed. J Clin Epidemiol 64:96–106. The items are paraphrased.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from touchrhythm.errors import BadFile
from touchrhythm.io.content import open_text
from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.report.study.answer import study_methods
from touchrhythm.report.study.plan import palpation_rows
from touchrhythm.study.estimates import count_tests, estimates_of
from touchrhythm.study.run import StudyResult
from touchrhythm.words.numbers import counted, joined

__all__ = ["ITEMS", "GrrasItem", "fill_grras", "grras_template", "read_grras"]

ITEMS = (
    (1, "title or abstract", "say that inter- or intrarater reliability or agreement was studied", "author"),
    (2, "introduction", "name the measuring device", "auto"),
    (3, "introduction", "name the subject population", "ask"),
    (4, "introduction", "name the rater population", "ask"),
    (5, "introduction", "what is known, and why this study", "author"),
    (6, "methods", "how the numbers of raters, subjects and replicates were chosen", "ask"),
    (7, "methods", "how raters and subjects were sampled", "ask"),
    (8, "methods", "the rating process: interval between repeats, information available, blinding", "auto"),
    (9, "methods", "whether ratings were independent", "auto"),
    (10, "methods", "statistical analysis", "auto"),
    (11, "results", "actual numbers of raters, subjects and replicates", "auto"),
    (12, "results", "characteristics of raters and subjects: training, experience", "ask"),
    (13, "results", "estimates with their statistical uncertainty", "auto"),
    (14, "discussion", "practical relevance", "author"),
    (15, "auxiliary", "detailed results made available", "auto"),
)
FILE = "grras.txt"


@dataclass(frozen=True)
class GrrasItem:
    """One item: `state` is "filled by the toolkit", "from grras.txt", "open" or "for the authors".

    An open item may hold a `text` that is only a part of what it asks for.
    """

    number: int
    section: str
    content: str
    text: str
    state: str


def fill_grras(
    result: StudyResult, given: Mapping[int, str], plan: Plan | None = None
) -> tuple[GrrasItem, ...]:
    """All 15 items; what was given goes before what the toolkit fills.

    Parameters
    ----------
    result : StudyResult
    given : mapping
        Texts by item number, from `read_grras`.
    plan : Plan, optional
        The sealed plan, which holds the numbers that were chosen.
    """
    known, parts = _known(result), _parts(result, plan)
    items = []
    for number, section, content, who in ITEMS:
        own, toolkit = given.get(number, ""), known.get(number, "")
        text = " ".join(filter(None, (own, toolkit or parts.get(number, ""))))
        state = "for the authors" if who == "author" else "open"
        if own:
            state = "from grras.txt"
        elif toolkit:
            state = "filled by the toolkit"
        items.append(GrrasItem(number, section, content, text, state))
    return tuple(items)


def _known(result: StudyResult) -> dict[int, str]:
    rows = palpation_rows(result)
    subjects = {row.subject for row in rows}
    raters = {rater for row in rows for rater in row.raters}
    per_pair: dict[tuple[str, str], int] = {}
    for row in rows:
        for rater in row.raters:
            per_pair[row.subject, rater] = per_pair.get((row.subject, rater), 0) + 1
    repeats = f"{min(per_pair.values())} to {max(per_pair.values())}" if per_pair else "no"
    rates = sorted({row.fs for row in rows})
    channels = sorted({row.channel for row in rows})
    shared = sum(len(row.taps) > 1 for row in rows)
    estimates = estimates_of(result.answers)
    known = {
        2: f"Channel {', '.join(channels)} at {', '.join(f'{fs:g}' for fs in rates)} samples per second."
        if rows
        else "",
        9: (
            f"In {counted(shared, 'session')} two or more therapists tapped at the same time."
            if shared
            else "One therapist tapped in each session; no therapist tapped beside another."
        ),
        10: study_methods(result),
        11: (
            f"{counted(len(raters), 'therapist')}, {counted(len(subjects), 'subject')},"
            f" {counted(len(rows), 'palpation session')}; {repeats} sessions for each therapist and subject."
        ),
        13: f"{counted(len(estimates), 'figure')} in group_estimates.tsv, {count_tests(estimates)} secondary tests.",
        15: "group_sessions.tsv, group_taps.tsv, group_pairs.tsv, group_counts.tsv and group_estimates.tsv hold every row.",
    }
    return {number: text for number, text in known.items() if text and rows}


def _parts(result: StudyResult, plan: Plan | None) -> dict[int, str]:
    """What the toolkit knows of items that it cannot fill alone."""
    rows, parts = palpation_rows(result), {}
    chosen = [
        counted(number, what)
        for number, what in (
            (plan and plan.n_therapists, "therapist"),
            (plan and plan.n_subjects, "subject"),
            (plan and plan.n_sessions, "session"),
        )
        if number
    ]
    if chosen:
        parts[6] = f"The sealed plan set {joined(chosen)}; how they were chosen is to be added."
    told = [row.blind for row in rows if row.blind is not None]
    if told:
        unknown = f", not recorded in {len(rows) - len(told)}" if len(told) < len(rows) else ""
        parts[8] = (
            f"The examiner saw neither trace nor counter in {sum(told)} of {counted(len(rows), 'palpation session')}"
            f"{unknown}; intervals between repeats and what else was known are to be added."
        )
    return parts


def read_grras(path: Path) -> dict[int, str]:
    """Texts by item number; nothing where there is no such file.

    Raises
    ------
    BadFile
        If a line names an item that does not exist.
    """
    if not path.is_file():
        return {}
    found: dict[int, list[str]] = {}
    at = 0
    for line, text in enumerate(open_text(path).data.decode().split("\n"), start=1):
        if text.lstrip().startswith("#") or not text.strip():
            continue
        hit = re.match(r"\s*(\d+)\s*[:.]\s*(.*)", text)
        if hit:
            at = int(hit[1])
            if not 1 <= at <= len(ITEMS):
                raise BadFile(path, f"GRRAS has items 1 to {len(ITEMS)}, got {at}", line)
            found.setdefault(at, []).append(hit[2].strip())
        elif at:
            found[at].append(text.strip())
        else:
            raise BadFile(
                path, "a line must begin with the number of an item, such as '3: healthy adults'", line
            )
    return {number: text for number, parts in found.items() if (text := " ".join(filter(None, parts)))}


def grras_template(items: tuple[GrrasItem, ...]) -> str:
    """A file to fill in: one line for each open item, with what was given already."""
    lines = [
        "# What a study page cannot know. Save as grras.txt in the study folder and run study again.",
        "# One item a line, its number first; lines without a number go on with the item above.",
        "",
    ]
    for item in items:
        lines += [f"# {item.section}: {item.content}"]
        lines += [f"{'# ' if item.state in ('filled by the toolkit', 'for the authors') else ''}{item.number}: "
                  f"{item.text if item.state == 'from grras.txt' else ''}".rstrip(), ""]  # fmt: skip
    return "\n".join(lines)
