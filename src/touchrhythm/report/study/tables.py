"""Which tables does a study page hold? The plan, every figure, every session, phantoms, the checklist.

**Conventions.** Each an HTML element; large studies show the first rows and name the table that
holds all.

- `table_html`, `folded` : a table with a caption; what opens on a click
- `plan_section`, `rater_table`, `association_table`, `estimate_table`, `session_table`, `phantom_table`,
  `checklist_section`
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.raters.results import PairComparison
from touchrhythm.report.comparison.answer import pair_remarks
from touchrhythm.report.study.grras import GrrasItem
from touchrhythm.report.study.plan import FOLLOWED_WORDS, StudyStanding
from touchrhythm.study.controls import PhantomTrial
from touchrhythm.study.estimates import EstimateRow
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words.comparison import pair_title
from touchrhythm.words.numbers import (
    bounded,
    counted,
    decimals_for,
    fixed,
    interval,
    is_known,
    joined,
    minus,
    p_number,
    p_words,
)
from touchrhythm.words.plan import PLAN_LINES

__all__ = [
    "MOST_ROWS",
    "association_table",
    "checklist_section",
    "estimate_table",
    "folded",
    "pair_table",
    "phantom_table",
    "plan_section",
    "rater_table",
    "session_table",
    "table_html",
]

MOST_ROWS = 400


def table_html(
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


def folded(summary: str, body: str) -> str:
    """A part that opens on a click, and by itself in print."""
    return f'<details class="fold"><summary>{escape(summary)}</summary>{body}</details>'


def plan_section(result: StudyResult, plan: Plan | None, standing: StudyStanding) -> str:
    """Each line of the plan: what was planned, what was done, whether it was followed."""
    if plan is None:
        hint = (
            "named only by its hash; give the plan's file to compare its lines" if result.plan_sha256 else ""
        )
        return f"<p>{'The sealed plan is ' + hint if hint else 'No sealed plan was named'}.</p>"
    named = [
        ("Title", plan.title or "none"),
        ("Registry", plan.registry or "no number given"),
        ("SHA-256", plan.sha256),
        ("Carried by", f"{standing.n_carrying} of {counted(standing.n_sessions, 'palpation session')}"),
    ]
    rows = [
        (
            escape(row.line),
            f'<span class="small">{escape(PLAN_LINES.get(row.line, ""))}</span>',
            escape(row.planned),
            escape(row.done),
            f"{'<strong>' if row.followed is False else ''}{FOLLOWED_WORDS[row.followed]}"
            f"{'</strong>' if row.followed is False else ''}",
        )
        for row in standing.rows
    ]
    head = ("Line", "Meaning", "Planned", "Done", "Followed?")
    count = Counter(FOLLOWED_WORDS[row.followed] for row in standing.rows)
    summary = "Line by line: " + ", ".join(f"{number} {words}" for words, number in count.items())
    lines = table_html("Line by line; the same rows stand in group_plan.tsv", head, rows, raw=True)
    return f"{table_html('The sealed plan', ('', ''), named)}{folded(summary, lines)}"


def rater_table(pairs: Sequence[PairComparison]) -> str:
    """Each therapist against what was measured, against the others, and against what was expected."""
    head = ("Pair", "Difference (95 %)", "Limits (may reach)", "Apart", "Apart when swapped (95 %)", "p", "Concordance (95 %)", "Subjects", "Pairs")  # fmt: skip
    cells = []
    for pair in pairs[:MOST_ROWS]:
        limits, swap, same = pair.limits, pair.swap, pair.agreement
        digits = 2 if limits is None else decimals_for(limits.bias.ci_low, limits.bias.ci_high)
        cells.append(
            (
                pair_title(pair.first, pair.second),
                "–" if limits is None else f"{fixed(limits.bias.estimate, digits)} ({interval(limits.bias.ci_low, limits.bias.ci_high, digits)})",
                "–" if limits is None else (
                    f"{fixed(limits.lower.estimate, 1)} and {fixed(limits.upper.estimate, 1)}"
                    f" ({fixed(limits.lower.ci_low, 1)} and {fixed(limits.upper.ci_high, 1)})"
                ),
                "–" if swap is None else f"{swap.distance:.2f}",
                "–" if swap is None else f"{swap.null.median:.2f} ({swap.null.low:.2f}–{swap.null.high:.2f})",
                "–" if swap is None else p_number(swap.pvalue),
                "–" if same is None else f"{bounded(same.estimate)} ({bounded(same.ci_low)} to {bounded(same.ci_high)})",
                str(len(set(pair.subject))),
                str(pair.n_pairs if limits is None else limits.n_pairs),
            )
        )  # fmt: skip
    caption = (
        "Cycles per minute, first minus second; apart: root mean square difference, which comes out larger when rates are"
        " given to other subjects if they belong to their subjects. Pairs of a small p agree by more than a favourite rate"
    )
    said: dict[str, list[str]] = {}
    for pair in pairs[:MOST_ROWS]:
        for remark in pair_remarks(pair):
            said.setdefault(remark, []).append(pair_title(pair.first, pair.second))
    notes = "".join(
        f"<li>{escape(joined(names) if len(names) < len(pairs) else 'All pairs')}: {escape(remark)}</li>"
        for remark, names in said.items()
    )
    more = len(pairs) - len(cells)
    tail = f"<p>And {more} more pairs in group_estimates.tsv.</p>" if more > 0 else ""
    return (
        table_html(caption, head, cells, kind="sessions")
        + (f'<ul class="plain">{notes}</ul>' if notes else "")
        + tail
    )


def association_table(result: StudyResult) -> str:
    """What perceived rates go with, side by side; nothing where nothing was recorded."""
    found = result.answers.rates.associations
    each = [one for one in (found.expected, found.measured) if one is not None] + list(found.held)
    each += [one for lines in found.breathing.values() for one in lines]
    if not each:
        return ""
    head = ("Perceived rate and", "Correlation", "95 % interval", "By chance", "p", "Apart (cpm)", "By chance", "Rates", "Subjects", "Therapists")  # fmt: skip
    cells = []
    for one in each:
        null, apart = one.null, one.distance_null
        is_same = one.other.startswith(("half", "double"))
        goes = ("as above", "", "", "") if is_same else (
            bounded(one.correlation),
            f"{bounded(one.ci_low)} to {bounded(one.ci_high)}" if is_known(one.ci_low) else "–",
            f"{bounded(null.low)} to {bounded(null.high)}",
            p_number(one.pvalue),
        )  # fmt: skip
        far = ("", "") if not is_known(one.distance_cpm) else (f"{one.distance_cpm:.2f}", f"{apart.low:.2f} to {apart.high:.2f}")  # fmt: skip
        n = (str(one.n_sessions), str(one.n_subjects), str(one.n_raters))
        cells.append((one.other, *goes, *far, *n))
    caption = (
        "Correlation within therapists, and root mean square difference, over means by subject and therapist; by chance:"
        " with subjects swapped (95 %)"
    )
    return table_html(caption, head, cells)


def estimate_table(rows: tuple[EstimateRow, ...], standing: StudyStanding) -> str:
    """Every figure of the study, one row each."""
    head = ("Figure", "Estimate", "95 % interval", "By chance (95 %)", "p", "Role", "Sessions", "Method")
    cells, part = [], ""
    for row in rows:
        title = f"{row.part.replace(' - ', ' − ')}: " if row.part != part else ""
        part = row.part
        cells.append(
            (
                f"{title}{row.quantity}",
                f"{_number(row.estimate)}{f' {row.unit}' if row.unit else ''}",
                _between(row.ci_low, row.ci_high),
                _between(row.null_low, row.null_high),
                p_number(row.pvalue) if is_known(row.pvalue) else "",
                row.role,
                str(row.n_sessions),
                row.method,
            )
        )
    what = "only the primary endpoint was planned, all else is" if standing.is_planned else "all are"
    caption = f"Every figure ({what} exploratory); the same rows stand in group_estimates.tsv"
    return folded(f"Every figure: {len(rows)} rows", table_html(caption, head, cells, kind="sessions"))


def _number(value: float) -> str:
    return minus(f"{value:.3g}") if is_known(value) else "–"


def _between(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}" if is_known(low, high) else ""


def session_table(result: StudyResult, pages: Mapping[str, str]) -> str:
    """Every recording, linked to its page where there is one."""
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
    return table_html(caption, head, cells, raw=True, kind="sessions rows") + note


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
        "<br>".join(f"{bounded(one.resultant)} ({bounded(one.null_high)})" for _, one in taps) or "–",
        "<br>".join(p_number(one.pvalue) or "–" for _, one in taps) or "–",
        escape("; ".join(remarks)),
    )


def pair_table(result: StudyResult) -> str:
    """Therapists who tapped in one session: phase, ratio of rates, distance to the other's nearest tap."""
    lines = [(row, one) for row in result.rows for one in row.pairs]
    cells = [
        (
            f"{row.id.replace('_', ' ')}: {one.rater} and {one.other}",
            f"{bounded(one.resultant)} ({bounded(one.null_high)})",
            p_number(one.pvalue) or "–",
            f"{one.rate_cpm:.2f} and {one.other_rate_cpm:.2f}" if is_known(one.other_rate_cpm) else "–",
            f"{one.ratio:.2f} ({one.ratio_low:.2f}–{one.ratio_high:.2f})" if is_known(one.ratio) else "–",
            f"{fixed(one.asynchrony_s, 2)} ± {one.asynchrony_sd_s:.2f}" if is_known(one.asynchrony_s) else "–",
            f"{one.asynchrony_sd_null_low:.2f}–{one.asynchrony_sd_null_high:.2f}" if is_known(one.asynchrony_sd_null_low) else "–",
        )
        for row, one in lines[:MOST_ROWS]
    ]  # fmt: skip
    head = ("Session and therapists", "Consistency (chance up to)", "p", "Rates (cpm)", "Ratio (95 %)", "Apart (s) ± SD", "SD by chance")  # fmt: skip
    return table_html("Taps of one therapist against those of another; all in group_pairs.tsv", head, cells)


def phantom_table(trials: Sequence[PhantomTrial]) -> str:
    """What was true of each phantom, what the sensor and what the therapist said."""
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
    return table_html(
        "What was true, what the sensor and what the therapist said (cycles per minute)", head, cells
    )


def checklist_section(items: tuple[GrrasItem, ...]) -> str:
    """The reporting checklist with its open items named first."""
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
    return intro + table_html(caption, ("Item", "Text", "From"), cells, raw=True, kind="grras")
