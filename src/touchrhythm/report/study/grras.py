"""Which items of a reporting guideline does a study page fill, and which are asked for?

GRRAS (Kottner et al. 2011) lists 15 items for studies of reliability and agreement. What the toolkit
knows it fills; what it cannot know it asks for in ``grras.txt`` in the study folder; what belongs in
the paper alone is left to its authors.

**Conventions.** ``grras.txt`` holds lines ``number: text``; lines without a number go on with the
item above, lines that start with # are comments.

- `fill_grras` : result and answers → items
- `read_grras`, `grras_template` : the small text file
- `grras_table`, `open_items` : the checklist on the page

References
----------
Kottner J et al. (2011) Guidelines for Reporting Reliability and Agreement Studies (GRRAS) were
proposed. J Clin Epidemiol 64:96–106. The items are paraphrased.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from touchrhythm.errors import BadFile
from touchrhythm.io.content import open_text
from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.report.page import Table
from touchrhythm.report.study.methods import study_methods
from touchrhythm.report.study.plan import palpation_rows
from touchrhythm.study.estimates import count_tests, estimates_of
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words import grras, say
from touchrhythm.words.numbers import counted, joined
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS, PAGE

__all__ = [
    "FILE",
    "ITEMS",
    "GrrasItem",
    "fill_grras",
    "grras_table",
    "grras_template",
    "open_items",
    "read_grras",
]

# number, section, and who fills it: the toolkit, the user who is asked, or the authors in their paper
ITEMS = (
    (1, "title", "author"),
    (2, "introduction", "toolkit"),
    (3, "introduction", "user"),
    (4, "introduction", "user"),
    (5, "introduction", "author"),
    (6, "methods", "user"),
    (7, "methods", "user"),
    (8, "methods", "toolkit"),
    (9, "methods", "toolkit"),
    (10, "methods", "toolkit"),
    (11, "results", "toolkit"),
    (12, "results", "user"),
    (13, "results", "toolkit"),
    (14, "discussion", "author"),
    (15, "auxiliary", "toolkit"),
)
FILE = "grras.txt"


@dataclass(frozen=True)
class GrrasItem:
    """One item: `state` is "toolkit" (filled by it), "given" (in grras.txt), "open", or "author" (for the paper).

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
    for number, section, who in ITEMS:
        own, toolkit = given.get(number, ""), known.get(number, "")
        text = " ".join(filter(None, (own, toolkit or parts.get(number, ""))))
        state = "author" if who == "author" else "open"
        if own:
            state = "given"
        elif toolkit:
            state = "toolkit"
        items.append(GrrasItem(number, grras.SECTIONS[section], grras.ITEMS[number], text, state))
    return tuple(items)


def _known(result: StudyResult) -> dict[int, str]:
    rows = palpation_rows(result)
    if not rows:
        return {}
    channels = ", ".join(sorted({row.channel for row in rows}))
    rates = ", ".join(f"{fs:g}" for fs in sorted({row.fs for row in rows}))
    n_together = sum(len(row.taps) > 1 for row in rows)
    estimates = estimates_of(result.answers)
    figures, n_tests = counted(len(estimates), "figure"), count_tests(estimates)
    together = say(grras.FILLED, "together", sessions=counted(n_together, "session")) if n_together else ""
    return {
        2: say(grras.FILLED, "device", channels=channels, rates=rates),
        9: together or say(grras.FILLED, "alone"),
        10: study_methods(result),
        11: _numbers(rows),
        13: say(grras.FILLED, "estimates", figures=figures, n_tests=n_tests),
        15: say(grras.FILLED, "results"),
    }


def _numbers(rows: Sequence[SessionRow]) -> str:
    """How many therapists, subjects and sessions there were."""
    per_pair = Counter((row.subject, rater) for row in rows for rater in row.raters)
    repeats = say(grras.FILLED, "no_repeats")
    if per_pair:
        repeats = say(grras.FILLED, "repeats", least=min(per_pair.values()), most=max(per_pair.values()))
    return say(
        grras.FILLED,
        "numbers",
        therapists=counted(len({rater for row in rows for rater in row.raters}), "therapist"),
        subjects=counted(len({row.subject for row in rows}), "subject"),
        sessions=counted(len(rows), "palpation session"),
        repeats=repeats,
    )


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
        parts[6] = say(grras.FILLED, "planned", numbers=joined(chosen))
    blind = [row.blind for row in rows if row.blind is not None]
    sessions, n_unknown = counted(len(rows), "palpation session"), len(rows) - len(blind)
    if blind and n_unknown:
        parts[8] = say(grras.FILLED, "blind_in_part", n=sum(blind), sessions=sessions, n_unknown=n_unknown)
    elif blind:
        parts[8] = say(grras.FILLED, "blind", n=sum(blind), sessions=sessions)
    return parts


# -- the small text file ---------------------------------------------------------------------------------------


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
                raise BadFile(path, say(grras.TEMPLATE, "no_such_item", n=len(ITEMS), number=at), line)
            found.setdefault(at, []).append(hit[2].strip())
        elif at:
            found[at].append(text.strip())
        else:
            raise BadFile(path, say(grras.TEMPLATE, "no_number"), line)
    return {number: text for number, parts in found.items() if (text := " ".join(filter(None, parts)))}


def grras_template(items: tuple[GrrasItem, ...]) -> str:
    """A file to fill in: one line for each open item, with what was given already."""
    lines = [say(grras.TEMPLATE, "head"), say(grras.TEMPLATE, "how"), ""]
    for item in items:
        mark = "# " if item.state in ("toolkit", "author") else ""
        text = item.text if item.state == "given" else ""
        lines += [f"# {item.section}: {item.content}", f"{mark}{item.number}: {text}".rstrip(), ""]
    return "\n".join(lines)


# -- on the page -----------------------------------------------------------------------------------------------


def open_items(items: tuple[GrrasItem, ...]) -> str:
    """Which items are still asked for."""
    left = [str(item.number) for item in items if item.state == "open"]
    return say(PAGE, "open_items", items=", ".join(left)) if left else say(PAGE, "no_open_items")


def grras_table(items: tuple[GrrasItem, ...]) -> Table:
    """The checklist: what each item asks for, its text, and where that comes from."""
    rows = [
        (
            say(CELLS, "item", number=item.number, section=item.section, content=item.content),
            item.text or ("–" if item.state != "open" else say(CELLS, "to_be_written")),
            grras.STATES[item.state],
        )
        for item in items
    ]
    return Table(say(CAPTIONS, "grras"), COLUMNS["grras"], rows, kind="grras")
