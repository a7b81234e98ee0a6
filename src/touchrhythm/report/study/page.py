"""How is a study handed over? As one self-contained HTML page.

**Conventions.** No script, nothing loaded, no date: the same study gives the same bytes. Words come
from `study_words` and `study_flags`, pictures from `study_pictures`; large studies show the first rows
and name the tables that hold all.

- `study_page` : the page as text
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.plotting.study_page import study_pictures
from touchrhythm.raters.signal_detection import Calibration, Detection
from touchrhythm.report.study.answer import (
    pooled_sentence,
    study_answer,
    study_figures,
    study_flow,
    study_methods,
    study_references,
)
from touchrhythm.report.study.controls import control_sentence
from touchrhythm.report.study.flags import study_flags
from touchrhythm.report.study.grras import GrrasItem, fill_grras
from touchrhythm.report.study.plan import StudyStanding, palpation_rows, study_standing
from touchrhythm.report.study.rates import (
    breathing_sentences,
    expectation_sentences,
    pooled_details,
    together_sentences,
)
from touchrhythm.report.study.tables import (
    MOST_ROWS,
    association_table,
    checklist_section,
    estimate_table,
    pair_table,
    phantom_table,
    plan_section,
    rater_table,
    session_table,
    table_html,
)
from touchrhythm.study.answers import TAP_TESTS, FollowAnswers
from touchrhythm.study.estimates import estimates_of
from touchrhythm.study.run import StudyResult
from touchrhythm.study.secondary_tests import StoufferResult
from touchrhythm.words.numbers import bounded, counted, fixed, interval, is_known, p_number, p_words

__all__ = ["study_page"]

SEVERITY = {1: "Serious", 2: "Limits the answer", 3: "To be known"}
STYLE = """
table.sessions td, table.sessions th { padding-right: .6rem; } th.part { font-weight: 600; padding-top: .7rem; }
td.open { color: #b34700; font-weight: 600; } table.grras th[scope=row] { width: 30%; }
p.standing { font-size: 1rem; border-left: 3px solid #00558c; padding-left: .7rem; }
h2 .tag { font-size: .8rem; font-weight: 400; color: #5a5a5a; border: 1px solid #8a8a8a; border-radius: .2rem;
padding: 0 .3rem; margin-left: .4rem; vertical-align: middle; } td.wrap { overflow-wrap: anywhere; }
table.rows td:nth-of-type(4), table.rows tbody th, table.rows td:nth-of-type(-n+3) { white-space: nowrap; }
details.fold { margin: .8rem 0; } details.fold > summary { cursor: pointer; color: #005a8f; padding: .2rem 0; }
@media print { details.fold > * { display: block; } details.fold::details-content { content-visibility: visible;
display: block; height: auto; } }
"""


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
    style = importlib.resources.files("touchrhythm").joinpath("report", "page.css").read_text("utf-8")
    name = escape(result.name)
    body = "\n".join(_sections(result, plan, fill_grras(result, grras or {}, plan), pages or {}))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="touchrhythm {escape(result.version)}">\n'
        f"<title>Study {name}</title>\n<style>\n{style.strip()}{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>Study {name}</h1><p>{escape(_subtitle(result))}</p></header>\n<main>\n{body}\n</main>\n"
        f"<footer><p>touchrhythm {escape(result.version)}. Not a medical device. The methods text may be used freely"
        " (CC0).</p></footer>\n</body>\n</html>\n"
    )


def _subtitle(result: StudyResult) -> str:
    rows = palpation_rows(result, analysed=False)
    subjects, raters = {row.subject for row in rows}, {rater for row in rows for rater in row.raters}
    return (
        f"{counted(len(result.rows), 'recording')}: {counted(len(rows), 'palpation session')} of"
        f" {counted(len(subjects), 'subject')} by {counted(len(raters), 'therapist')},"
        f" {counted(len(result.rows) - len(rows), 'control')}."
    )


def _sections(
    result: StudyResult, plan: Plan | None, items: tuple[GrrasItem, ...], pages: Mapping[str, str]
) -> Iterator[str]:
    pictures = study_pictures(result)
    standing = study_standing(result, plan)
    first = {"limits": "rates", "icc": "therapists"}.get(result.answers.primary, "taps")

    def shown(*names: str) -> str:
        return "".join(_figure(*pictures[name]) for name in names if name in pictures)

    def found(name: str, heading: str, body: str) -> str:
        """Make a section of results, labelled once where nothing in it was planned."""
        is_planned = standing.is_planned and name == first
        tag = "" if is_planned else ' <span class="tag">exploratory</span>'
        return _section(name, heading + tag, body)

    yield _section("answer", "The answer", _answer(result, plan))
    yield _section("limits", "What limits the answer", _flags(result, plan))
    yield _section("plan", "The plan", plan_section(result, plan, standing))
    yield _section("flow", "The sessions", _flow(result))
    yield found("taps", "Taps against the signal", shown("phasors") + _tests(result, standing))
    yield found("lags", "Lags", shown("lags"))
    yield found("rates", "Rates", shown("limits-rhythm") + _rates(result) + shown("limits-count", "rates"))
    yield found("therapists", "Therapist by therapist", _pairs(result))
    goes = (*expectation_sentences(result), *breathing_sentences(result))
    yield found(
        "goes", "Expectation and breathing", _paragraphs(goes) + shown("beside") + association_table(result)
    )
    yield found("controls", "Controls", _controls(result) + shown("controls", "confidence"))
    yield _section("all", "All figures", estimate_table(estimates_of(result.answers), standing))
    yield _section("rows", "Session by session", session_table(result, pages))
    yield _section("grras", "Reporting checklist (GRRAS)", checklist_section(items))
    yield _section("methods", "Methods", _methods(result))


def _section(name: str, heading: str, body: str) -> str:
    return f'<section aria-labelledby="h-{name}">\n<h2 id="h-{name}">{heading}</h2>\n{body}\n</section>'


def _figure(svg: str, caption: str) -> str:
    return f'<figure>{svg}<figcaption aria-hidden="true">{escape(caption)}</figcaption></figure>'


def _answer(result: StudyResult, plan: Plan | None) -> str:
    standing, *sentences = study_answer(result, plan)
    said = f'<p class="standing">{escape(standing)}</p>'
    said += "".join(f"<p>{escape(one)}</p>" for one in sentences)
    boxes = "".join(
        f'<div class="{"yes" if number == 0 and _is_shown(result) else "no"}"><dt>{escape(label)}</dt>'
        f'<dd class="value">{escape(value)}</dd><dd>{escape(between)}</dd><dd class="noise">{escape(chance)}</dd></div>'
        for number, (label, value, between, chance) in enumerate(study_figures(result))
    )
    return f'<div class="answer">{said}</div>\n<dl class="four">{boxes}</dl>'


def _is_shown(result: StudyResult) -> bool:
    pvalue = result.answers.follow.pvalue
    return is_known(pvalue) and pvalue <= result.settings.alpha


def _flags(result: StudyResult, plan: Plan | None) -> str:
    items = "".join(
        f'<li class="s{severity}"><strong>{SEVERITY[severity]}:</strong> {escape(text)}</li>'
        for severity, text in study_flags(result, plan)
    )
    return f'<ul class="flags">{items}</ul>' if items else "<p>No limitations found.</p>"


def _flow(result: StudyResult) -> str:
    cells = [(title, str(number), why) for title, number, why in study_flow(result)]
    return table_html("What became of every recording", ("", "Recordings", "Why"), cells)


def _tests(result: StudyResult, standing: StudyStanding) -> str:
    found, primary = result.answers.follow, result.answers.primary
    mark = " (primary)" if not result.plan_sha256 else f" (primary, {standing.of('primary')})"
    rows = _forms(found, primary, mark)
    rows += [
        (
            f"{one.therapist} alone",
            bounded(one.resultant if one.test is None else one.test.resultant),
            _ends(found, f"therapist {one.therapist}"),
            _chance(one.test),
            _p(one.test),
            str(one.n_sessions),
        )
        for one in found.therapists[:MOST_ROWS]
    ]
    only = "; only the primary one was planned, the others are exploratory" if standing.is_planned else ""
    what = (
        "The primary test, the same question in other ways" if primary in TAP_TESTS else "Tests of the taps"
    )
    said = table_html(
        f"{what}, and each therapist alone{only if primary in TAP_TESTS else ''}",
        ("Test", "Consistency", "95 % interval", "By chance", "p", "Sessions"),
        rows,
    )
    return said + "".join(f"<p>{escape(one)}</p>" for one in _beside_tests(result))


def _forms(found: FollowAnswers, primary: str, mark: str) -> list[tuple[str, ...]]:
    """The tests over all sessions, the leading one first."""
    rows: list[tuple[str, ...]] = [
        (
            f"{form}{mark if form == primary else ''}",
            bounded(test.resultant),
            _ends(found, form),
            f"{bounded(test.resultant_null.median)}, up to {bounded(test.resultant_null.high)}",
            p_number(test.pvalue),
            str(test.n_sessions),
        )
        for form, test in sorted(found.tests.items(), key=lambda pair: pair[0] != found.primary)
    ]
    if found.stouffer is not None:
        name = f"Stouffer's sum{mark if primary == 'stouffer' else ''}"
        rows.append((name, f"z {fixed(found.stouffer.statistic, 2)}", "", "0 ± 1", p_number(found.stouffer.pvalue), str(found.stouffer.n_sessions)))  # fmt: skip
    if found.own is not None:
        own = found.own
        rows.append(("sessions with a phase of their own", f"{own.n_above} of {own.n_sessions}", "", f"{own.expected:.1f}", p_number(own.pvalue), str(own.n_sessions)))  # fmt: skip
    if found.everyone is not None:
        one = found.everyone
        is_sum = isinstance(one, StoufferResult)
        value = f"z {fixed(one.statistic, 2)}" if isinstance(one, StoufferResult) else bounded(one.resultant)
        rows.append(("all sessions, planned or not", value, "", "0 ± 1" if is_sum else _chance(one), p_number(one.pvalue), str(one.n_sessions)))  # fmt: skip
    return rows


def _beside_tests(result: StudyResult) -> list[str]:
    """What stands below the tests: leaving one session out, and therapists in general."""
    found = result.answers.follow
    more = []
    if found.left_out:
        least, most = p_number(min(found.left_out)), p_number(max(found.left_out))
        said = f"p lies between {least} and {most}" if least != most else f"p is {least} each time"
        more.append(f"Without one session in turn, {said} (999 rotations, of which .001 is the least).")
    if found.population is not None:
        one_for_all = found.population
        low, high, p = one_for_all.ci_low, one_for_all.ci_high, one_for_all.pvalue
        ends = f"95 % interval {bounded(low)} to {bounded(high)}, " if is_known(low, high) else ""
        n = counted(one_for_all.n_therapists, "therapist")
        tail = (
            f" ({ends}{p_words(p)}, {n}; 0 without following)" if is_known(p) else f": {one_for_all.reason}"
        )
        more.append(
            f"For therapists in general: mean following {bounded(one_for_all.following)} along the"
            f" {one_for_all.direction}{tail}."
        )
    return more


def _ends(found: FollowAnswers, name: str) -> str:
    """Bootstrap interval of a test's figure."""
    low, high = found.intervals.get(name, (float("nan"), float("nan")))
    return f"{bounded(low)} to {bounded(high)}" if is_known(low, high) else "–"


def _chance(test: object) -> str:
    null = getattr(test, "resultant_null", None)
    return "too few sessions" if null is None else f"up to {bounded(null.high)}"


def _p(test: object) -> str:
    pvalue = getattr(test, "pvalue", None)
    return "–" if pvalue is None else p_number(pvalue)


def _rates(result: StudyResult) -> str:
    said = "".join(
        _paragraphs((pooled_sentence(one), " ".join(pooled_details(one))))
        for one in result.answers.rates.pooled
    )
    pairs = result.answers.rates.pairs
    if pairs is not None:
        (none, sensor), (each, both) = pairs.table
        said += table_html(
            f"Two therapists at once, {counted(pairs.n_sessions, 'session')}"
            + (f", {pairs.n_unknown} of which cannot be judged" if pairs.n_unknown else ""),
            ("", "not with the sensor", "with the sensor (at least one)"),
            [("not with each other", str(none), str(sensor)), ("with each other", str(each), str(both))],
        )
        said += pair_table(result)
    return said


def _pairs(result: StudyResult) -> str:
    comparison = result.answers.rates.comparison
    if comparison is None:
        return "<p>No two rates to compare for any single therapist.</p>"
    return _paragraphs(together_sentences(result)) + (
        rater_table(comparison.pairs) if comparison.pairs else ""
    )


def _controls(result: StudyResult) -> str:
    found = result.answers.controls
    said = [control_sentence(one) for one in found.kinds]
    for leak in found.leakage:
        joint = f", over all {p_words(leak.joint.pvalue)}" if leak.joint is not None else ""
        said.append(
            f"Leakage of the press in {leak.kind} sessions: {leak.n_below_alpha} of"
            f" {counted(leak.n_sessions, 'session')} at the level, median ratio {leak.median_ratio:.2f}{joint}."
        )
    for who, score in (("The rhythm test", found.sensor), ("The therapists", found.rater)):
        if score is not None:
            d = score.d_prime
            said.append(
                f"{who} on phantoms: {counted(score.hits, 'hit')}, {score.misses} missed,"
                f" {counted(score.false_alarms, 'false alarm')}, {counted(score.correct_rejections, 'correct rejection')};"
                f" d′ {fixed(d.estimate, 2)} ({interval(d.ci_low, d.ci_high, 2)})"
                f"{', too few trials to rely on it' if score.too_few else ''}. {_criterion(score)}"
            )
    if found.confidence is not None:
        said.append(_confidence(found.confidence))
    if found.n_sealed:
        said.append(f"The truth of {counted(found.n_sealed, 'phantom session')} is still sealed.")
    text = _paragraphs(said) or "<p>There are no control sessions.</p>"
    return text + (phantom_table(found.trials) if found.trials else "")


def _criterion(score: Detection) -> str:
    c = score.criterion
    lean = (
        "no lean to either answer was shown"
        if c.ci_low <= 0 <= c.ci_high
        else f"it leans to {'“nothing there”' if c.estimate > 0 else '“something there”'}"
    )
    corrected = "; a share of 0 or 1 was corrected" if score.corrected else ""
    silent = f" {counted(score.n_no_answer, 'trial')} had no answer." if score.n_no_answer else ""
    return f"Guessing gives a d′ of 0. Criterion {fixed(c.estimate, 2)} ({fixed(c.ci_low, 2)} to {fixed(c.ci_high, 2)}): {lean}{corrected}.{silent}"


def _confidence(found: Calibration) -> str:
    over, told = found.overconfidence, found.discrimination
    way = "too sure" if over.ci_low > 0 else "too unsure" if over.ci_high < 0 else "neither too sure nor too unsure, as far as shown"  # fmt: skip
    text = (
        f"Confidence on phantoms ({counted(found.n, 'answer')}): mean confidence minus share right {fixed(over.estimate, 2)}"
        f" ({interval(over.ci_low, over.ci_high, 2)}), {way}"
    )
    if not is_known(told.estimate):
        return f"{text}; whether right answers were the surer ones cannot be said."
    return (
        f"{text}; a right answer was given with more confidence than a wrong one in {100 * told.estimate:.0f} %"
        f" ({100 * told.ci_low:.0f} to {100 * told.ci_high:.0f}; 50 by chance)."
    )


def _paragraphs(sentences: Iterable[str]) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in sentences if one)


def _methods(result: StudyResult) -> str:
    works = "".join(f"<li>{escape(one)}</li>" for one in study_references())
    settings = [
        (name, "not set" if value is None else str(value))
        for name, value in result.settings.to_dict().items()
    ]
    made = [
        ("touchrhythm", result.version),
        ("Seed", str(result.seed)),
        ("Primary endpoint", result.answers.primary),
        ("Sealed plan, SHA-256", result.plan_sha256 or "none named: exploratory"),
    ]
    hashes = [(row.id, row.sha256 or "not read") for row in result.rows[:MOST_ROWS]]
    return (
        f'<p>{escape(study_methods(result))}</p><h3>References</h3><ul class="plain">{works}</ul>'
        f"<h3>Settings</h3>{table_html('One set of settings for all sessions', ('Setting', 'Value'), settings)}"
        f"<h3>Made with</h3>{table_html('What made this page', ('', ''), made)}"
        f"<details><summary>Hashes of the data</summary>{table_html('SHA-256 of each recording', ('Session', 'SHA-256'), hashes)}"
        "</details>"
    )
