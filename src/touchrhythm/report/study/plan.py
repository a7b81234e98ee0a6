"""Was this study done as it was planned, and what on its page was planned at all?

**Conventions.** Only the one primary endpoint can be planned, and only where the sessions it rests on carry the plan's
hash and every line that makes the test was followed. Everything else is exploratory.

- `study_standing` : result and plan → `StudyStanding`
- `facts_of` : what the analysis did, as `check_followed` takes it
- `plan_table`, `line_table` : the plan, and its lines held against what was done
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm.planning.sealed_plan import UNDER_PLAN, Plan, PlanRow, StudyFacts, check_followed
from touchrhythm.report.page import Table
from touchrhythm.study.estimates import count_tests, estimates_of
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.numbers import counted, is_known, joined
from touchrhythm.words.plan import FOLLOWED, LINES, PLAN_LINES
from touchrhythm.words.study import ENDPOINTS, STANDING
from touchrhythm.words.study_page import CAPTIONS, COLUMNS, PAGE

__all__ = ["StudyStanding", "facts_of", "line_table", "palpation_rows", "plan_table", "study_standing"]

OF_THE_STUDY = (UNDER_PLAN, "n_subjects", "n_therapists", "n_sessions", "tapping_s")


@dataclass(frozen=True)
class StudyStanding:
    """Whether a study's primary endpoint was planned.

    Attributes
    ----------
    sentence : str
        Whether it was, what was not followed, and how many tests were made.
    short : str
        Whether it was, in one sentence.
    rows : tuple of PlanRow
        The plan, line by line; empty where there is none.
    n_sessions, n_carrying : int
        Palpation sessions of which it can be read, and how many of them carry the plan's hash.
    is_planned : bool
        Whether the primary endpoint counts as planned.
    """

    sentence: str
    short: str
    rows: tuple[PlanRow, ...]
    n_sessions: int
    n_carrying: int
    is_planned: bool

    @property
    def deviations(self) -> tuple[PlanRow, ...]:
        """Lines that were not followed, apart from the sessions that do not carry the hash."""
        return tuple(row for row in self.rows[1:] if row.followed is False)

    def of(self, role: str) -> str:
        """``"planned"`` or ``"exploratory"``, for a figure of this role."""
        return "planned" if role == "primary" and self.is_planned else "exploratory"


def palpation_rows(result: StudyResult, *, analysed: bool = True) -> list[SessionRow]:
    """Palpation sessions; only those with an answer by default."""
    return [
        row for row in result.rows if row.kind == "palpation" and (row.state == "analysed" or not analysed)
    ]


def facts_of(result: StudyResult) -> StudyFacts:
    """What an analysis did, in plain values."""
    rows = palpation_rows(result, analysed=False)
    found = result.answers.follow
    tapped = [row.tapping_s for row in found.phasors.rows if is_known(row.tapping_s)]
    taps = [n for *_, n in found.phasors.by_rater]
    return StudyFacts(
        primary=result.answers.primary,
        seed=result.seed,
        n_sessions=len(rows),
        n_carrying=sum(bool(result.plan_sha256) and row.plan_sha256 == result.plan_sha256 for row in rows),
        n_subjects=len({row.subject for row in rows}),
        n_therapists=len({rater for row in rows for rater in row.raters}),
        shortest_tapping_s=min(tapped) if tapped else None,
        fewest_taps=int(min(taps)) if taps else None,
        delta_cpm=result.delta_cpm,
        n_unread=sum(row.state == "broken" and not row.plan_sha256 for row in rows),
    )


def study_standing(result: StudyResult, plan: Plan | None = None) -> StudyStanding:
    """Whether the primary endpoint was planned, and the plan line by line.

    Parameters
    ----------
    result : StudyResult
    plan : Plan, optional
        The plan whose hash the result was made with.

    Raises
    ------
    ValueError
        If the plan is not the one whose hash the result was made with.
    """
    if plan is not None and plan.sha256 != result.plan_sha256:
        raise ValueError("the plan is not the one that the study was analysed with: their hashes differ")
    facts = facts_of(result)
    rows = () if plan is None else check_followed(plan, result.settings, facts)
    is_broken = any(row.followed is False and row.line not in OF_THE_STUDY for row in rows)
    is_planned = bool(rows) and facts.n_carrying > 0 and not is_broken
    n_read = facts.n_sessions - facts.n_unread
    return StudyStanding(
        sentence=_sentence(result, plan, facts, rows, is_planned),
        short=_short(result, facts, rows, is_planned),
        rows=rows,
        n_sessions=n_read,
        n_carrying=facts.n_carrying,
        is_planned=is_planned,
    )


def _short(result: StudyResult, facts: StudyFacts, rows: tuple[PlanRow, ...], is_planned: bool) -> str:
    if not result.plan_sha256:
        return say(STANDING, "short_no_plan")
    if not facts.n_carrying:
        return say(STANDING, "short_not_carried")
    if not rows:
        return say(STANDING, "short_not_compared")
    if not is_planned:
        return say(STANDING, "short_not_planned")
    endpoint, n_read = ENDPOINTS[result.answers.primary], facts.n_sessions - facts.n_unread
    if facts.n_carrying == n_read:
        return say(STANDING, "short_planned", endpoint=endpoint)
    sessions = counted(n_read, "palpation session")
    return say(STANDING, "short_in_part", n_carrying=facts.n_carrying, sessions=sessions, endpoint=endpoint)


def _sentence(
    result: StudyResult, plan: Plan | None, facts: StudyFacts, rows: tuple[PlanRow, ...], is_planned: bool
) -> str:
    tests = counted(count_tests(estimates_of(result.answers)), "further test")
    total, carrying = facts.n_sessions - facts.n_unread, facts.n_carrying
    sessions = counted(total, "palpation session")
    if not result.plan_sha256:
        n_carried = sum(bool(row.plan_sha256) for row in palpation_rows(result, analysed=False))
        if not n_carried:
            return say(STANDING, "no_plan", tests=tests)
        return say(STANDING, "no_plan_but_carried", n_carried=n_carried, sessions=sessions, tests=tests)
    if not carrying:
        return say(STANDING, "carried_by_none", plan=_called(plan), sessions=sessions, tests=tests)
    followed = _followed(result, rows, is_planned, tests)
    if carrying < total:
        return say(
            STANDING,
            "carried_by_some",
            plan=_called(plan),
            n_carrying=carrying,
            sessions=sessions,
            followed=followed,
        )
    said = _called(plan)
    return say(
        STANDING,
        "carried_by_all_read" if facts.n_unread else "carried_by_all",
        plan=said[0].upper() + said[1:],
        n=total,
        followed=followed,
    )


def _called(plan: Plan | None) -> str:
    """The plan by its title and registry, as far as they are known."""
    titled = plan is not None and plan.title
    said = say(STANDING, "plan_titled", title=plan.title) if plan and titled else say(STANDING, "plan")
    if plan is not None and plan.registry:
        return say(STANDING, "plan_registered", plan=said, registry=plan.registry)
    return said


def _followed(result: StudyResult, rows: tuple[PlanRow, ...], is_planned: bool, tests: str) -> str:
    """What became of its lines, and what is exploratory."""
    if not rows:
        return say(STANDING, "not_compared", tests=tests)
    missed = [LINES.get(row.line, row.line) for row in rows[1:] if row.followed is False]
    lines = say(STANDING, "all_followed")
    if missed:
        code = "line_missed" if len(missed) == 1 else "lines_missed"
        lines = say(STANDING, code, lines=counted(len(missed), "line"), names=joined(missed))
    if not is_planned:
        return say(STANDING, "not_planned", lines=lines, tests=tests)
    return say(STANDING, "planned", lines=lines, endpoint=ENDPOINTS[result.answers.primary], tests=tests)


# -- its tables ------------------------------------------------------------------------------------------------


def plan_table(plan: Plan, standing: StudyStanding) -> Table:
    """What the plan is called, and how many sessions carry it."""
    sessions = counted(standing.n_sessions, "palpation session")
    rows = (
        (say(PAGE, "title_line"), plan.title or say(PAGE, "no_title")),
        (say(PAGE, "registry"), plan.registry or say(PAGE, "no_registry")),
        (say(PAGE, "sha"), plan.sha256),
        (say(PAGE, "carried_by"), say(PAGE, "n_of", n=standing.n_carrying, sessions=sessions)),
    )
    return Table(say(CAPTIONS, "plan"), (), rows, kind="facts")


def line_table(standing: StudyStanding) -> Table:
    """Each line of the plan: what was planned, what was done, whether it was followed."""
    rows = [
        (row.line, PLAN_LINES.get(row.line, ""), row.planned, row.done, FOLLOWED[row.followed])
        for row in standing.rows
    ]
    return Table(say(CAPTIONS, "plan_lines"), COLUMNS["plan"], rows, kind="sessions")
