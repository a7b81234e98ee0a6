"""How is a study handed over? As one self-contained HTML page.

**Conventions.** No script, nothing loaded, no date: the same study gives the same bytes. Words come
from `study_words` and `study_flags`, pictures from `study_pictures`; large studies show the first rows
and name the tables that hold all.

- `study_page` : the page as text
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from touchrhythm.plotting.study_pictures import study_pictures
from touchrhythm.study.controls import PhantomTrial
from touchrhythm.study.estimates import EstimateRow, estimates_of
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.verdict.comparison import pair_sentences, pair_title
from touchrhythm.verdict.grras import GrrasItem, fill_grras
from touchrhythm.verdict.study import (
    control_sentence,
    palpation_rows,
    pooled_sentence,
    study_answer,
    study_figures,
    study_flow,
    study_methods,
    study_references,
)
from touchrhythm.verdict.study_flags import study_flags
from touchrhythm.wording import bounded, counted, fixed, is_known, p_number, p_words

__all__ = ["study_page"]

MOST_ROWS = 400
MOST_PAIRS = 12
SEVERITY = {1: "Serious", 2: "Limits the answer", 3: "To be known"}
STYLE = """
table.sessions td, table.sessions th { padding-right: .6rem; } th.part { font-weight: 600; padding-top: .7rem; }
td.open { color: #b34700; font-weight: 600; } td.wrap { overflow-wrap: anywhere; }
table.sessions td:nth-of-type(4), table.rows tbody th, table.rows td:nth-of-type(-n+3) { white-space: nowrap; }
"""


def study_page(
    result: StudyResult, *, grras: Mapping[int, str] | None = None, pages: Mapping[str, str] | None = None
) -> str:
    """The page of a study as text.

    Parameters
    ----------
    result : StudyResult
    grras : mapping, optional
        Texts of GRRAS items, from `read_grras`.
    pages : mapping, optional
        Address of each session's page by its id, relative to this page.
    """
    style = importlib.resources.files("touchrhythm").joinpath("report", "page.css").read_text("utf-8")
    name = escape(result.name)
    body = "\n".join(_sections(result, fill_grras(result, grras or {}), pages or {}))
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


def _sections(result: StudyResult, items: tuple[GrrasItem, ...], pages: Mapping[str, str]) -> Iterator[str]:
    pictures = study_pictures(result)

    def shown(*names: str) -> str:
        return "".join(_figure(*pictures[name]) for name in names if name in pictures)

    yield _section("answer", "The answer", _answer(result))
    yield _section("limits", "What limits the answer", _flags(result))
    yield _section("flow", "The sessions", _flow(result))
    yield _section("taps", "Taps against the signal", shown("phasors") + _tests(result))
    yield _section("lags", "Lags", shown("lags"))
    yield _section("rates", "Rates", shown("limits-rhythm") + _rates(result) + shown("limits-count", "rates"))
    yield _section("therapists", "Therapist by therapist", _pairs(result))
    yield _section("controls", "Controls", _controls(result) + shown("controls", "confidence"))
    yield _section("all", "All figures", _estimates(estimates_of(result.answers)))
    yield _section("rows", "Session by session", _sessions(result, pages))
    yield _section("grras", "Reporting checklist (GRRAS)", _grras(items))
    yield _section("methods", "Methods", _methods(result))


def _section(name: str, heading: str, body: str) -> str:
    return f'<section aria-labelledby="h-{name}">\n<h2 id="h-{name}">{heading}</h2>\n{body}\n</section>'


def _figure(svg: str, caption: str) -> str:
    return f'<figure>{svg}<figcaption aria-hidden="true">{escape(caption)}</figcaption></figure>'


def _answer(result: StudyResult) -> str:
    said = "".join(f"<p>{escape(one)}</p>" for one in study_answer(result))
    boxes = "".join(
        f'<div class="{"yes" if number == 0 and _is_shown(result) else "no"}"><dt>{escape(label)}</dt>'
        f'<dd class="value">{escape(value)}</dd><dd>{escape(between)}</dd><dd class="noise">{escape(chance)}</dd></div>'
        for number, (label, value, between, chance) in enumerate(study_figures(result))
    )
    return f'<div class="answer">{said}</div>\n<dl class="four">{boxes}</dl>'


def _is_shown(result: StudyResult) -> bool:
    pvalue = result.answers.follow.pvalue
    return is_known(pvalue) and pvalue <= result.settings.alpha


def _flags(result: StudyResult) -> str:
    items = "".join(
        f'<li class="s{severity}"><strong>{SEVERITY[severity]}:</strong> {escape(text)}</li>'
        for severity, text in study_flags(result)
    )
    return f'<ul class="flags">{items}</ul>' if items else "<p>No limitations found.</p>"


def _flow(result: StudyResult) -> str:
    cells = [(title, str(number), why) for title, number, why in study_flow(result)]
    return _table("What became of every recording", ("", "Recordings", "Why"), cells)


def _table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, raw: bool = False, kind: str = ""
) -> str:
    """A table; the first cell of each row names it. `raw` cells are HTML already."""
    top = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    body = "".join(
        f'<tr><th scope="row">{cells[0] if raw else escape(cells[0])}</th>'
        + "".join(f"<td>{one if raw else escape(one)}</td>" for one in cells[1:])
        + "</tr>"
        for cells in rows
    )
    return (
        f'<div class="table" role="region" aria-label="{escape(caption, quote=True)}" tabindex="0">'
        f"<table{f' class={kind!r}' if kind else ''}><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _tests(result: StudyResult) -> str:
    found = result.answers.follow
    rows = [
        (
            f"{form}{' (primary)' if form == found.primary else ''}",
            bounded(test.resultant),
            f"{bounded(test.resultant_null.median)}, up to {bounded(test.resultant_null.high)}",
            p_number(test.pvalue),
            str(test.n_sessions),
        )
        for form, test in sorted(found.tests.items(), key=lambda pair: pair[0] != found.primary)
    ]
    if found.stouffer is not None:
        name = f"Stouffer's sum{' (primary)' if found.primary == 'stouffer' else ''}"
        rows.append((name, f"z {found.stouffer.statistic:.2f}", "", p_number(found.stouffer.pvalue), str(found.stouffer.n_sessions)))  # fmt: skip
    rows += [
        (
            f"{one.therapist} alone",
            bounded(one.resultant),
            _chance(one.test),
            _p(one.test),
            str(one.n_sessions),
        )
        for one in found.therapists[:MOST_ROWS]
    ]
    said = _table(
        "The primary test, the same question in other ways, and each therapist alone",
        ("Test", "Consistency", "By chance", "p", "Sessions"),
        rows,
    )
    return said + "".join(f"<p>{escape(one)}</p>" for one in _beside_tests(result))


def _beside_tests(result: StudyResult) -> list[str]:
    """What stands below the tests: leaving one session out, and therapists in general."""
    found = result.answers.follow
    more = [] if not found.left_out else [
        f"Without one session in turn, p lies between {p_number(min(found.left_out))} and {p_number(max(found.left_out))}."
    ]  # fmt: skip
    if found.population is not None:
        one_for_all = found.population
        tail = (
            f" ({p_words(one_for_all.pvalue)})" if is_known(one_for_all.pvalue) else f": {one_for_all.reason}"
        )
        more.append(
            f"For therapists in general: mean following {bounded(one_for_all.following)} along the"
            f" {one_for_all.direction}{tail}."
        )
    return more


def _chance(test: object) -> str:
    null = getattr(test, "resultant_null", None)
    return "too few sessions" if null is None else f"up to {bounded(null.high)}"


def _p(test: object) -> str:
    pvalue = getattr(test, "pvalue", None)
    return "–" if pvalue is None else p_number(pvalue)


def _rates(result: StudyResult) -> str:
    said = "".join(f"<p>{escape(pooled_sentence(one))}</p>" for one in result.answers.rates.pooled)
    pairs = result.answers.rates.pairs
    if pairs is not None:
        (none, sensor), (each, both) = pairs.table
        said += _table(
            f"Two therapists at once, {counted(pairs.n_sessions, 'session')}"
            + (f", {pairs.n_unknown} of which cannot be judged" if pairs.n_unknown else ""),
            ("", "not with the sensor", "with the sensor (at least one)"),
            [("not with each other", str(none), str(sensor)), ("with each other", str(each), str(both))],
        )
    return said


def _pairs(result: StudyResult) -> str:
    comparison = result.answers.rates.comparison
    if comparison is None:
        return "<p>No two rates to compare for any single therapist.</p>"
    parts = []
    for pair in comparison.pairs[:MOST_PAIRS]:
        sentences = "".join(f"<p>{escape(one)}</p>" for one in pair_sentences(pair))
        parts.append(f"<h3>{escape(pair_title(pair))}</h3>{sentences}")
    if len(comparison.pairs) > MOST_PAIRS:
        parts.append(f"<p>And {len(comparison.pairs) - MOST_PAIRS} more pairs in group_estimates.tsv.</p>")
    return "".join(parts)


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
                f" {counted(score.false_alarms, 'false alarm')}, {counted(score.correct_rejections, 'correct rejection')}; d′ {d.estimate:.2f}"
                f" ({d.ci_low:.2f} to {d.ci_high:.2f}){', too few trials to rely on it' if score.too_few else ''}."
            )
    if found.n_sealed:
        said.append(f"The truth of {counted(found.n_sealed, 'phantom session')} is still sealed.")
    text = "".join(f"<p>{escape(one)}</p>" for one in said) or "<p>There are no control sessions.</p>"
    return text + (_phantoms(found.trials) if found.trials else "")


def _phantoms(trials: Sequence[PhantomTrial]) -> str:
    words = {True: "felt it", False: "felt nothing", None: "no answer"}
    cells = [
        (
            one.id,
            "stood still" if one.truth_cpm == 0 else fixed(one.truth_cpm, 2),
            fixed(one.measured_cpm, 2) if one.found else "none found",
            one.rater,
            words[one.felt],
            fixed(one.tapped_cpm, 2) or "–",
        )
        for one in trials[:MOST_ROWS]
    ]
    head = ("Phantom session", "True rate", "Measured rate", "Therapist", "Answer", "Rate of the taps")
    return _table(
        "What was true, what the sensor and what the therapist said (cycles per minute)", head, cells
    )


def _estimates(rows: tuple[EstimateRow, ...]) -> str:
    head = ("Figure", "Estimate", "95 % interval", "By chance (95 %)", "p", "Role", "Sessions", "Method")
    cells, part = [], ""
    for row in rows:
        title = f"{row.part}: " if row.part != part else ""
        part = row.part
        cells.append(
            (
                f"{title}{row.quantity}",
                f"{_number(row.estimate)}{f' {row.unit}' if row.unit else ''}",
                _between(row.ci_low, row.ci_high),
                _between(row.chance_low, row.chance_high),
                p_number(row.pvalue) if is_known(row.pvalue) else "",
                row.role,
                str(row.n_sessions),
                row.method,
            )
        )
    return _table("Every figure; the same rows stand in group_estimates.tsv", head, cells, kind="sessions")


def _number(value: float) -> str:
    return f"{value:.3g}" if is_known(value) else "–"


def _between(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}" if is_known(low, high) else ""


def _sessions(result: StudyResult, pages: Mapping[str, str]) -> str:
    head = (
        "Session",
        "Kind",
        "Rhythm",
        "Rate (95 %)",
        "Taps: rate",
        "Consistency (chance up to)",
        "p",
        "Remarks",
    )
    kept = result.rows[:MOST_ROWS]
    cells = [_session(row, pages.get(row.id)) for row in kept]
    more = len(result.rows) - len(kept)
    note = f"<p>And {more} more in group_sessions.tsv and group_taps.tsv.</p>" if more else ""
    caption = "Every recording; the same rows stand in group_sessions.tsv and group_taps.tsv"
    return _table(caption, head, cells, raw=True, kind="sessions rows") + note


def _session(row: SessionRow, page: str | None) -> tuple[str, ...]:
    name = escape(re.sub("_task-[^_]+", "", row.id).replace("_", " "))  # the kind stands beside it
    name = f'<a href="{escape(page, quote=True)}">{name}</a>' if page else name
    if row.state != "analysed":
        return name, row.kind, "–", "–", "–", "–", "–", escape(f"{row.state}: {row.reason}")
    rhythm = f"{'yes' if row.found else 'no'}, {p_words(row.pvalue)}" if is_known(row.pvalue) else "–"
    rate = f"{row.rate_cpm:.2f} ({row.low_cpm:.2f}–{row.high_cpm:.2f})" if is_known(row.rate_cpm) else "–"
    remarks = [f"{rater}: {why}" for rater, number, why in row.too_few if number or not row.felt_nothing]
    remarks += ["felt nothing"] if row.felt_nothing else []
    taps = [(one.rater, one) for one in row.taps]
    return (
        name,
        row.kind,
        rhythm,
        rate,
        "<br>".join(escape(f"{who} {one.rate_cpm:.2f}") for who, one in taps) or "–",
        "<br>".join(f"{bounded(one.resultant)} ({bounded(one.chance_high)})" for _, one in taps) or "–",
        "<br>".join(p_number(one.pvalue) or "–" for _, one in taps) or "–",
        escape("; ".join(remarks)),
    )


def _grras(items: tuple[GrrasItem, ...]) -> str:
    left = [str(item.number) for item in items if item.state == "open"]
    intro = (
        f"<p>Open items: {', '.join(left)}. Write them into grras.txt in the study folder (a template lies beside this"
        " page) and run the command again.</p>"
        if left
        else "<p>No item is open.</p>"
    )
    cells = [
        (
            f"{item.number}. {escape(item.section)}: {escape(item.content)}",
            escape(item.text) or ("–" if item.state != "open" else "to be written"),
            f'<span class="small">{escape(item.state)}</span>',
        )
        for item in items
    ]
    caption = "GRRAS, 15 items (Kottner et al. 2011), paraphrased"
    return intro + _table(caption, ("Item", "Text", "From"), cells, raw=True)


def _methods(result: StudyResult) -> str:
    works = "".join(f"<li>{escape(one)}</li>" for one in study_references())
    settings = [
        (name, "not set" if value is None else str(value))
        for name, value in result.settings.to_dict().items()
    ]
    made = [
        ("touchrhythm", result.version),
        ("Seed", str(result.seed)),
        ("Primary test", result.answers.follow.primary),
        ("Sealed plan, SHA-256", result.plan_sha256 or "none named: exploratory"),
    ]
    hashes = [(row.id, row.sha256 or "not read") for row in result.rows[:MOST_ROWS]]
    return (
        f'<p>{escape(study_methods(result))}</p><h3>References</h3><ul class="plain">{works}</ul>'
        f"<h3>Settings</h3>{_table('One set of settings for all sessions', ('Setting', 'Value'), settings)}"
        f"<h3>Made with</h3>{_table('What made this page', ('', ''), made)}"
        f"<details><summary>Hashes of the data</summary>{_table('SHA-256 of each recording', ('Session', 'SHA-256'), hashes)}"
        "</details>"
    )
