"""What became of every recording of a study? How many went where, and each of them.

- `study_flow`, `flow_table` : how many sessions went where, and why
- `rhythm_source`, `said_doubts` : what makes the rhythm of a session, and what that does not rest on
- `session_table` : every recording, linked to its page where there is one
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from touchrhythm.report.page import Cell, Link, Table
from touchrhythm.report.study.plan import palpation_rows
from touchrhythm.study.answers import TAP_TESTS
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, counted, interval, is_known, p_number, p_words, percent
from touchrhythm.words.study import FLOW, SOURCES, SOURCES_DOUBT, SOURCES_WHY
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS, PAGE

__all__ = ["flow_table", "rhythm_source", "said_doubts", "session_table", "study_flow"]

MOST_SESSIONS = 400  # rows of the table
MOST_REASONS = 4

Step = tuple[str, int, str]


def study_flow(result: StudyResult) -> tuple[Step, ...]:
    """What became of the sessions: step, number, why."""
    return (*_found(result), *_palpation(result), *_tested(result))


def _found(result: StudyResult) -> list[Step]:
    rows, steps = result.rows, []
    times, gone = result.found.withdrawn
    if times:
        why = say(FLOW, "withdrawals", withdrawals=counted(times, "withdrawal"))
        steps.append((say(FLOW, "withdrawn"), gone, why))
    broken = [row for row in rows if row.state == "broken"]
    excluded = [row for row in rows if row.state == "excluded"]
    kinds = Counter(row.kind for row in rows if row.kind != "palpation")
    return [
        *steps,
        (say(FLOW, "recordings"), len(rows), ""),
        (say(FLOW, "broken"), len(broken), _reasons(broken)),
        (say(FLOW, "excluded"), len(excluded), _reasons(excluded)),
        *((say(FLOW, "control", kind=kind), kinds[kind], "") for kind in sorted(kinds)),
    ]


def _palpation(result: StudyResult) -> list[Step]:
    every, answered = palpation_rows(result, analysed=False), palpation_rows(result)
    states = Counter(row.state for row in every)
    above = say(FLOW, "counted_above")
    silent = [row for row in every if row.state == "no answer"]
    found = [row for row in answered if row.found]
    return [
        (say(FLOW, "palpation"), len(every), ""),
        (say(FLOW, "palpation_broken"), states["broken"], above),
        (say(FLOW, "palpation_excluded"), states["excluded"], above),
        (say(FLOW, "no_answer"), len(silent), _reasons(silent)),
        (say(FLOW, "analysed"), len(answered), ""),
        (say(FLOW, "rhythm"), len(found), say(FLOW, "at_level")),
        *_sources(found),
    ]


def rhythm_source(row: SessionRow) -> str:
    """What makes the rhythm of a session, as its own page says first: "made", a reference's word, or "no_reference"."""
    return "made" if row.made_by_tapping else row.reference_verdict or "no_reference"


def _sources(found: Sequence[SessionRow]) -> list[Step]:
    """Sessions with a rhythm: those whose rhythm the tapping made, those that are left, and these by what makes it."""
    if not found:
        return []
    left = [row for row in found if row.has_rhythm]
    numbers = Counter(rhythm_source(row) for row in left)
    n_told = sum(row.made_by_tapping is not None for row in found)
    told = say(FLOW, "made_told", n_told=n_told, n_tapped=sum(bool(row.taps) for row in found))
    return [
        (say(FLOW, "made"), len(found) - len(left), told),
        (say(FLOW, "left"), len(left), say(FLOW, "left_counted")),
        *((step, numbers[source], _why(source, left)) for source, step in SOURCES.items()),
    ]


def _why(source: str, left: Sequence[SessionRow]) -> str:
    doubts = said_doubts([row for row in left if rhythm_source(row) == source])
    return "; ".join([SOURCES_WHY[source], *doubts])


def said_doubts(rows: Sequence[SessionRow]) -> list[str]:
    """What the word that these sessions share does not rest on, and in how many of them."""
    numbers = {
        "untried": sum(bool(row.untried_multiple) for row in rows),
        "part": sum(row.rests_on_part for row in rows),
    }
    return [say(SOURCES_DOUBT, doubt, n=n, total=len(rows)) for doubt, n in numbers.items() if n]


def _tested(result: StudyResult) -> list[Step]:
    answered, least = palpation_rows(result), result.min_taps
    nothing = [row for row in answered if row.felt_nothing and not row.taps]
    few = [row for row in answered if row not in nothing and all(taps.n_taps < least for taps in row.taps)]
    made = [row for row in answered if row.made_by_tapping and row not in nothing and row not in few]
    steps = [
        (say(FLOW, "nothing_felt"), len(nothing), say(FLOW, "nothing_to_test")),
        (say(FLOW, "few_taps"), len(few), say(FLOW, "fewer_taps", n=least)),
    ]
    if made:
        steps.append((say(FLOW, "made_left_out"), len(made), say(FLOW, "not_followed")))
    if result.answers.n_beside_plan:
        with_taps = [row for row in answered if row not in nothing and row not in few and row not in made]
        n_beside = sum(row.plan_sha256 != result.plan_sha256 for row in with_taps)
        steps.append((say(FLOW, "beside_plan"), n_beside, say(FLOW, "not_in_test")))
    tested = result.answers.follow.phasors.rows
    test = say(FLOW, "primary_test" if result.answers.primary in TAP_TESTS else "tap_test")
    why = say(FLOW, "with_or_without" if is_known(result.answers.follow.pvalue) else "too_few")
    n_without = sum(not row.found for row in tested)
    return [
        *steps,
        (test, len(tested), why),
        (say(FLOW, "no_rhythm"), n_without, say(FLOW, "filtered_trace")),
    ]


def _reasons(rows: Sequence[SessionRow]) -> str:
    """Reasons with their numbers, the most frequent first."""
    counts = Counter(row.reason for row in rows)
    said = [
        say(FLOW, "reason_counted", reason=reason, n=number) if number > 1 else reason
        for reason, number in counts.most_common(MOST_REASONS)
    ]
    more = len(counts) - MOST_REASONS
    return "; ".join([*said, say(FLOW, "more_reasons", n=more)] if more > 0 else said)


def flow_table(result: StudyResult) -> Table:
    """What became of every recording, as a table."""
    rows = [(step, str(number), why) for step, number, why in study_flow(result)]
    return Table(say(CAPTIONS, "flow"), COLUMNS["flow"], rows)


# -- session by session ----------------------------------------------------------------------------------------


def session_table(result: StudyResult, pages: Mapping[str, str]) -> Table:
    """Every recording, linked to its page where there is one.

    Parameters
    ----------
    result : StudyResult
    pages : mapping of str to str
        Address of each session's page by its id.
    """
    kept = result.rows[:MOST_SESSIONS]
    more = len(result.rows) - len(kept)
    note = say(PAGE, "more_rows", n=more, tables="group_sessions.tsv, group_taps.tsv") if more else ""
    rows = [(_name(row, pages.get(row.id)), row.kind, *_session(row)) for row in kept]
    return Table(say(CAPTIONS, "rows"), COLUMNS["rows"], rows, kind="sessions rows", note=note)


def _name(row: SessionRow, page: str | None) -> Cell:
    name = re.sub("_task-[^_]+", "", row.id).replace("_", " ")  # the kind stands beside it
    return name if page is None else Link(page, name)


def _session(row: SessionRow) -> tuple[Cell, ...]:
    """Rhythm, rate, rate and consistency and p of each rater's taps, remarks."""
    if row.state != "analysed":
        return "–", "–", "–", "–", "–", say(CELLS, "state", state=row.state, reason=row.reason)
    rhythm = rate = "–"
    if is_known(row.pvalue):
        rhythm = say(CELLS, "yes" if row.found else "no", p=p_words(row.pvalue))
    if is_known(row.rate_cpm):
        between = interval(row.low_cpm, row.high_cpm, 2)
        rate = say(CELLS, "with_interval", value=f"{row.rate_cpm:.2f}", interval=between)
    remarks = [
        say(CELLS, "remark", rater=rater, why=why)
        for rater, number, why in row.too_few
        if number or not row.felt_nothing
    ]
    remarks += _source_remarks(row)
    remarks += [say(CELLS, "felt_nothing")] if row.felt_nothing else []
    return (
        rhythm,
        rate,
        tuple(say(CELLS, "taps", rater=taps.rater, rate=f"{taps.rate_cpm:.2f}") for taps in row.taps) or "–",
        tuple(
            say(CELLS, "with_interval", value=bounded(taps.resultant), interval=bounded(taps.null_high))
            for taps in row.taps
        )
        or "–",
        tuple(p_number(taps.pvalue) or "–" for taps in row.taps) or "–",
        "; ".join(remarks),
    )


def _source_remarks(row: SessionRow) -> list[str]:
    """What makes the rhythm, in a few words."""
    source = rhythm_source(row)
    if source == "no_reference":
        return []
    if source == "made":
        return [say(CELLS, "made", p=p_words(row.made_by_tapping_pvalue))]
    doubts = [say(CELLS, "untried", arithmetic=row.untried_multiple)] if row.untried_multiple else []
    doubts += (
        [say(CELLS, "there_for", share=percent(row.reference_time_fraction))] if row.rests_on_part else []
    )
    if is_known(row.own_rate_cpm) and source in ("both", "cannot be told"):
        own = interval(row.own_low_cpm, row.own_high_cpm, 1)
        own = say(CELLS, "with_interval", value=f"{row.own_rate_cpm:.1f}", interval=own)
        key = "both" if source == "both" else "beside"
        return [say(CELLS, key, channel=row.reference, own=own), *doubts]
    return [say(CELLS, source, channel=row.reference), *doubts]
