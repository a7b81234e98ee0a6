"""How is a study handed over? As one self-contained HTML page.

**Conventions.** The same study gives the same bytes. Words come from the chapters beside this module, pictures from
`plotting`; large studies show the first rows and name the tables that hold all.

- `study_page` : the page as text
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.plotting.study_page import study_pictures
from touchrhythm.report.page import FlagLine, Picture, Table, render, under_parts
from touchrhythm.report.study.answer import rhythm_sentence, study_figures, study_headline
from touchrhythm.report.study.associations import beside_table, breathing_sentences, expectation_sentences
from touchrhythm.report.study.controls import control_sentences, phantom_table
from touchrhythm.report.study.flags import study_flags
from touchrhythm.report.study.flow import flow_table, session_table
from touchrhythm.report.study.grras import fill_grras, grras_table, open_items
from touchrhythm.report.study.methods import study_methods, study_works
from touchrhythm.report.study.plan import (
    StudyStanding,
    line_table,
    palpation_rows,
    plan_table,
    study_standing,
)
from touchrhythm.report.study.rates import (
    belonging_sentences,
    pair_table,
    pooled_details,
    pooled_sentence,
    therapist_remarks,
    therapist_table,
    together_sentences,
    two_therapists_table,
)
from touchrhythm.report.study.taps import beside_tests, follow_sentences, taps_table
from touchrhythm.report.study.whom import whom_sentences, whom_table
from touchrhythm.study.estimates import StudyEstimate, estimates_of
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.estimates import between, significant
from touchrhythm.words.numbers import counted, is_known, p_number
from touchrhythm.words.plan import FOLLOWED
from touchrhythm.words.study import ENDPOINTS
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS, PAGE

__all__ = ["study_page"]

MOST_HASHES = 400  # rows of the table
# the chapter that the primary endpoint stands in; all others are exploratory
CHAPTERS = {"limits": "rates", "icc": "therapists"}


def study_page(
    result: StudyResult,
    *,
    plan: Plan | None = None,
    grras: Mapping[int, str] | None = None,
    pages: Mapping[str, str] | None = None,
) -> str:
    """The page of a study as text.

    Parameters
    ----------
    result : StudyResult
    plan : Plan, optional
        The sealed plan whose hash the study was analysed with.
    grras : mapping, optional
        Texts of GRRAS items, from `read_grras`.
    pages : mapping, optional
        Address of each session's page by its id, relative to this page.
    """
    standing = study_standing(result, plan)
    title = say(PAGE, "title", name=result.name)
    fields: dict[str, Any] = {
        "version": result.version,
        "title": title,
        "heading": title,
        "facts": _facts(result, plan, standing),
        "figures": study_figures(result),
        "standing": standing.short,
        "sentences": study_headline(result),
        "flags": [FlagLine(severity, text) for severity, text in study_flags(result, plan)],
        "pictures": _pictures(result),
        "planned": CHAPTERS.get(result.answers.primary, "taps") if standing.is_planned else "",
        **_plan(result, plan, standing),
        "flow": {"sentence": rhythm_sentence(result), "table": flow_table(result)},
        "taps": {"sentences": follow_sentences(result), "table": taps_table(result, standing)},
        "whom": {"sentences": whom_sentences(result), "table": whom_table(result)},
        "beside_tests": beside_tests(result),
        "rates": _rates(result),
        "therapists": _therapists(result),
        "beside": {
            "sentences": (*expectation_sentences(result), *breathing_sentences(result)),
            "table": beside_table(result),
        },
        "controls": _controls(result),
        "every_figure": _every_figure(result, standing),
        "rows": session_table(result, pages or {}),
        **_checklist(result, grras or {}, plan),
        **_methods(result),
    }
    return render("study.html", fields, PAGE)


def _facts(result: StudyResult, plan: Plan | None, standing: StudyStanding) -> list[tuple[str, str]]:
    """The header block: what a lab book would ask."""
    rows = palpation_rows(result, analysed=False)
    low, high = (f"{end:g}" for end in result.settings.band_cpm)
    sessions = say(
        PAGE,
        "sessions_of",
        n=len(rows),
        subjects=counted(len({row.subject for row in rows}), "subject"),
        therapists=counted(len({rater for row in rows for rater in row.raters}), "therapist"),
    )
    return [
        (say(PAGE, "recordings"), str(len(result.rows))),
        (say(PAGE, "sessions"), sessions if rows else "0"),
        (say(PAGE, "controls"), str(len(result.rows) - len(rows))),
        (say(PAGE, "band"), say(PAGE, "band_cpm", low=low, high=high)),
        (say(PAGE, "primary"), ENDPOINTS[result.answers.primary]),
        (say(PAGE, "plan"), _plan_fact(result, plan, standing)),
    ]


def _plan_fact(result: StudyResult, plan: Plan | None, standing: StudyStanding) -> str:
    if not result.plan_sha256:
        return say(PAGE, "plan_none")
    if plan is None:
        return say(PAGE, "plan_hash", sha=f"{result.plan_sha256[:12]}…")
    n, sessions = standing.n_carrying, counted(standing.n_sessions, "session")
    if plan.title:
        return say(PAGE, "plan_titled", title=plan.title, n_carrying=n, sessions=sessions)
    return say(PAGE, "plan_untitled", n_carrying=n, sessions=sessions)


def _pictures(result: StudyResult) -> dict[str, Picture]:
    return {
        name: Picture(Markup(svg), title, text) for name, (svg, title, text) in study_pictures(result).items()
    }


def _plan(result: StudyResult, plan: Plan | None, standing: StudyStanding) -> dict[str, Any]:
    """The plan's chapter: whether it was followed, and its lines."""
    if plan is None:
        sentences = [standing.sentence]
        if result.plan_sha256:
            sentences.append(say(PAGE, "plan_by_hash"))
        return {"standing_sentences": sentences, "plan": None, "lines": None}
    counts = Counter(FOLLOWED[row.followed] for row in standing.rows)
    told = ", ".join(f"{number} {followed}" for followed, number in counts.items())
    return {
        "standing_sentences": (standing.sentence,),
        "plan": plan_table(plan, standing),
        "lines": {"summary": say(PAGE, "line_by_line", counts=told), "table": line_table(standing)},
    }


def _rates(result: StudyResult) -> dict[str, Any]:
    """All therapists against the measured rate, then against the cycle count; who tapped beside whom."""
    rates = result.answers.rates
    chapters = [
        (
            f"limits-{pooled.measure}",
            (pooled_sentence(pooled), *belonging_sentences(pooled)),
            pooled_details(pooled),
        )
        for pooled in rates.pooled
    ]
    tables = [] if rates.pairs is None else [two_therapists_table(rates.pairs), pair_table(result)]
    return {"measures": chapters, "tables": tables}


def _therapists(result: StudyResult) -> dict[str, Any]:
    comparison = result.answers.rates.comparison
    pairs = () if comparison is None else comparison.pairs
    return {
        "sentences": together_sentences(result),
        "table": therapist_table(pairs) if pairs else None,
        "remarks": therapist_remarks(pairs),
    }


def _controls(result: StudyResult) -> dict[str, Any]:
    trials = result.answers.controls.trials
    return {
        "sentences": control_sentences(result),
        "table": phantom_table(trials) if trials else None,
    }


def _every_figure(result: StudyResult, standing: StudyStanding) -> dict[str, Any]:
    """Every figure of the study, one row each, under the part it belongs to."""
    estimates = estimates_of(result.answers)
    rows = under_parts((estimate.part, _figure(estimate)) for estimate in estimates)
    caption = say(CAPTIONS, "all_planned" if standing.is_planned else "all_exploratory")
    table = Table(caption, COLUMNS["all"], rows, kind="sessions")
    return {"summary": say(PAGE, "every_figure", rows=counted(len(estimates), "row")), "table": table}


def _figure(row: StudyEstimate) -> tuple[str, ...]:
    value = significant(row.estimate) or "–"
    return (
        row.quantity,
        say(CELLS, "unit", value=value, unit=row.unit) if row.unit else value,
        between(row.ci_low, row.ci_high),
        between(row.null.low, row.null.high),
        p_number(row.pvalue, has_floor=row.has_floor) if is_known(row.pvalue) else "",
        row.role,
        str(row.n_sessions),
        row.method,
    )


def _checklist(result: StudyResult, given: Mapping[int, str], plan: Plan | None) -> dict[str, Any]:
    items = fill_grras(result, given, plan)
    return {"checklist": {"sentence": open_items(items), "table": grras_table(items)}}


def _methods(result: StudyResult) -> dict[str, Any]:
    settings = [
        (name, say(PAGE, "not_set") if value is None else str(value))
        for name, value in result.settings.to_dict().items()
    ]
    made = [
        ("touchrhythm", result.version),
        (say(PAGE, "seed"), str(result.seed)),
        (say(PAGE, "primary"), result.answers.primary),
        (say(PAGE, "plan_sha"), result.plan_sha256 or say(PAGE, "plan_sha_none")),
    ]
    hashes = [(row.id, row.sha256 or say(PAGE, "not_read")) for row in result.rows[:MOST_HASHES]]
    return {
        "methods": study_methods(result),
        "works": study_works(result),
        "settings": Table(say(CAPTIONS, "settings"), COLUMNS["settings"], settings, kind="facts"),
        "made": Table(say(CAPTIONS, "made_with"), (), made, kind="facts"),
        "hashes": Table(say(CAPTIONS, "hashes"), COLUMNS["hashes"], hashes, kind="facts"),
    }
