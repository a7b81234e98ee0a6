"""Was this study done as it was planned, and what on its page was planned at all?

**Conventions.** Only the one primary endpoint can be planned, and only where the sessions it rests on
carry the plan's hash and every line that makes the test was followed. Everything else is exploratory.

- `study_standing` : result and plan → `StudyStanding`
- `facts_of` : what the analysis did, as `check_followed` takes it
- `FOLLOWED_WORDS`, `LINE_WORDS` : the three answers about a line, and lines as people call them
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from touchrhythm.planning.sealed_plan import UNDER_PLAN, Plan, PlanRow, StudyFacts, check_followed
from touchrhythm.study.estimates import count_tests, estimates_of
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words.numbers import counted, is_known, joined

__all__ = ["FOLLOWED_WORDS", "LINE_WORDS", "StudyStanding", "facts_of", "palpation_rows", "study_standing"]

FOLLOWED_WORDS: Mapping[bool | None, str] = MappingProxyType(
    {True: "followed", False: "not followed", None: "to be told by the authors"}
)
ENDPOINTS = {
    "undirected": "the rotation test of the taps (any common phase)",
    "directional": "the rotation test of the taps along the declared phase",
    "axial": "the rotation test of the taps' axes",
    "stouffer": "the sum of the sessions' own tap tests",
    "limits": "the limits of agreement between perceived and measured rate",
    "icc": "the ICC of the therapists' rates",
}
LINE_WORDS: Mapping[str, str] = MappingProxyType(
    {
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
        "n_copies": "noise copies",
    }
)
OF_THE_STUDY = (UNDER_PLAN, "n_subjects", "n_therapists", "n_sessions", "tapping_s")


@dataclass(frozen=True)
class StudyStanding:
    """Whether a study's primary endpoint was planned.

    Attributes
    ----------
    sentence : str
        The page's first paragraph.
    rows : tuple of PlanRow
        The plan, line by line; empty where there is none.
    n_sessions, n_carrying : int
        Palpation sessions of which it can be read, and how many of them carry the plan's hash.
    is_planned : bool
        Whether the primary endpoint counts as planned.
    """

    sentence: str
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
    made = count_tests(estimates_of(result.answers))
    tests = f"{counted(made, 'further test')}, not corrected for their number"
    sentence = _sentence(result, plan, facts, rows, is_planned, tests)
    n_read = facts.n_sessions - facts.n_unread
    return StudyStanding(sentence, rows, n_read, facts.n_carrying, is_planned)


def _sentence(
    result: StudyResult,
    plan: Plan | None,
    facts: StudyFacts,
    rows: tuple[PlanRow, ...],
    is_planned: bool,
    tests: str,
) -> str:
    total, carrying = facts.n_sessions - facts.n_unread, facts.n_carrying
    if not result.plan_sha256:
        carried = sum(bool(row.plan_sha256) for row in palpation_rows(result, analysed=False))
        hint = f" {carried} of {counted(total, 'palpation session')} carry the hash of a plan: name its file."
        return (
            "Exploratory: no sealed plan was named, so band, level and tests may have been chosen after looking at the"
            f" data.{hint if carried else ''} All figures on this page are exploratory ({tests})."
        )
    what = "The sealed plan" + (f" “{plan.title}”" if plan is not None and plan.title else "")
    if plan is not None and plan.registry:
        what += f" (registry: {plan.registry})"
    if carrying == 0:
        return (
            f"Exploratory: {what[0].lower()}{what[1:]} stands in the first line of none of"
            f" {counted(total, 'palpation session')}, so none was recorded under it. All figures on this page are"
            f" exploratory ({tests})."
        )
    if carrying < total:
        head = (
            f"Exploratory in part: {what[0].lower()}{what[1:]} stands in the first line of {carrying} of"
            f" {counted(total, 'palpation session')}. Figures of taps and rates rest on these {carrying} alone."
        )
    else:
        read = " that can be read" if facts.n_unread else ""
        head = f"{what} stands in the first line of every palpation session{read} ({total})."
    return f"{head} {_followed(result, rows, is_planned)}{tests})."


def _followed(result: StudyResult, rows: tuple[PlanRow, ...], is_planned: bool) -> str:
    """What became of its lines; ends inside a bracket that the number of tests closes."""
    if not rows:
        return "Its lines were not compared with what was done, so all figures are exploratory ("
    missed = [row.line for row in rows[1:] if row.followed is False]
    head = (
        f"{counted(len(missed), 'line')} of it {'was' if len(missed) == 1 else 'were'} not followed"
        f" ({joined([LINE_WORDS.get(one, one) for one in missed])})."
        if missed
        else "Every line that can be checked was followed."
    )
    if not is_planned:
        return f"{head} So the test is not the planned one, and all figures are exploratory ("
    return f"{head} The planned endpoint: {ENDPOINTS[result.answers.primary]}; everything else on this page is exploratory ("
