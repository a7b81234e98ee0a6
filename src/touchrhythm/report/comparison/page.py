"""How does a comparison of rates become a page?

**Conventions.** One self-contained HTML page: answer, flags, pictures, pairs, every figure in a
table, methods. No scripts; the same comparison gives the same bytes.

- `comparison_page` : the page as text
- `write_comparison_report` : the page as a file
"""

from __future__ import annotations

import importlib.resources
from html import escape
from pathlib import Path

from touchrhythm.errors import CannotWrite
from touchrhythm.plotting.study import legend_room, plot_limits, plot_rates
from touchrhythm.plotting.svg import TOP, sheet, svg_of
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.raters.results import RateComparison, TableRow
from touchrhythm.report.comparison.answer import (
    comparison_answer,
    comparison_flags,
    comparison_methods,
    comparison_references,
    limits_caption,
    pair_sentences,
)
from touchrhythm.words.comparison import pair_title

__all__ = ["comparison_page", "write_comparison_report"]

MOST_PICTURES = 40


def comparison_page(found: RateComparison, table: RateTable) -> str:
    """The page of a comparison.

    Parameters
    ----------
    found : RateComparison
        From `compare_rates`.
    table : RateTable
        What it was made of, for the picture of all rates.
    """
    style = importlib.resources.files("touchrhythm").joinpath("report", "page.css").read_text("utf-8")
    name = Path(found.name).name
    parts = [
        f"<header><h1>Agreement of rates: {escape(name)}</h1>"
        f"<p>{found.n_rows} rows, {found.n_subjects} subjects, {len(found.raters)} raters</p></header>",
        _section("Answer", "".join(f"<p>{escape(one)}</p>" for one in comparison_answer(found)), "answer"),
        _flags(found),
        _section("Rates", _rates_figure(table)),
        _section("Pairs", _pairs(found)),
        _section("All figures", _table(found.rows())),
        _methods(found),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Agreement of rates: {escape(name)}</title><style>{style}</style></head>"
        f"<body><main>{''.join(parts)}</main>"
        f"<footer>touchrhythm {escape(found.version)}. A research tool, not a medical device.</footer></body></html>\n"
    )


def _section(title: str, body: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<section{attribute}><h2>{escape(title)}</h2>{body}</section>"


def _flags(found: RateComparison) -> str:
    flags = comparison_flags(found)
    if not flags:
        return _section("What limits the answer", "<p>No limitations found.</p>")
    items = "".join(f'<li class="s2">{escape(flag)}</li>' for flag in flags)
    return _section("What limits the answer", f'<ul class="flags">{items}</ul>')


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _rates_figure(table: RateTable) -> str:
    subjects, raters = len(set(table.subject)), len(set(table.rater))
    text = f"Every reported rate of {raters} raters by subject ({subjects}), and the measured rates where there are any."
    figure, (ax,) = sheet(2.4, top=TOP + legend_room(table))
    plot_rates(table, ax=ax)
    return _figure(svg_of(figure, name="rates", title="Rates by subject", text=text), text)


def _pairs(found: RateComparison) -> str:
    parts = []
    for number, pair in enumerate(found.pairs):
        parts.append(f"<h3>{escape(pair_title(pair.first, pair.second))}</h3>")
        parts.append("".join(f"<p>{escape(one)}</p>" for one in pair_sentences(pair)))
        if number < MOST_PICTURES and pair.limits is not None:
            figure, (ax,) = sheet(2.4)
            plot_limits(pair, ax=ax)
            text = limits_caption(pair)
            parts.append(
                _figure(
                    svg_of(
                        figure, name=f"limits{number}", title=pair_title(pair.first, pair.second), text=text
                    ),
                    text,
                )
            )
    if len(found.pairs) > MOST_PICTURES:
        parts.append(f"<p>Pictures of the first {MOST_PICTURES} pairs only.</p>")
    return "".join(parts) or "<p>No two sides to compare.</p>"


def _table(rows: tuple[TableRow, ...]) -> str:
    titles = ("figure", "estimate", "95 % interval", "unit", "method", "subjects", "raters", "sessions")
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body, part = [], ""
    for row in rows:
        if row.comparison != part:
            part = row.comparison
            body.append(f'<tr><th class="part" scope="rowgroup" colspan="8">{escape(part)}</th></tr>')
        interval = f"{row.ci_low:.3g} to {row.ci_high:.3g}" if row.ci_low == row.ci_low else ""
        cells = (row.unit, row.method, str(row.n_subjects), str(row.n_raters), str(row.n_sessions))
        body.append(
            f'<tr><th scope="row">{escape(row.quantity)}</th><td class="number">{row.estimate:.3g}</td>'
            f'<td class="number">{interval}</td>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
        )
    return (
        '<div class="table"><table><caption>Every figure with its interval and method</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _methods(found: RateComparison) -> str:
    works = "".join(f"<li>{escape(work)}</li>" for work in comparison_references())
    source = f"Table {escape(found.name)}"
    if found.sha256:
        source += f', SHA-256 <span class="code">{found.sha256}</span>'
    return _section(
        "Methods",
        f'<p>{escape(comparison_methods(found))}</p><p>{source}; seed {found.seed}.</p><ul class="plain">{works}</ul>',
    )


def write_comparison_report(found: RateComparison, table: RateTable, path: str | Path) -> None:
    """Write the page of a comparison.

    Parameters
    ----------
    found, table
        As in `comparison_page`.
    path : str or Path
        The page; one that is there is replaced, in one step.

    Raises
    ------
    CannotWrite
        If it cannot be created.
    """
    place = Path(path)
    text = comparison_page(found, table)
    aside = place.with_name(f".{place.name}.part")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        aside.replace(place)
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror or error}") from None
