"""How does a comparison of rates become a page?

**Conventions.** One self-contained HTML page: four figures, answer, flags, pictures, pairs, every figure in a table,
methods. The same comparison gives the same bytes.

- `comparison_page` : the page as text
- `write_comparison_report` : the page as a file
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from touchrhythm.io.writing import write_over
from touchrhythm.plotting.study import legend_room, plot_limits, plot_rates
from touchrhythm.plotting.svg import TOP, sheet, svg_of
from touchrhythm.raters.limits import LimitsOfAgreement
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.raters.results import MEASURED, ComparisonEstimate, PairComparison, RateComparison
from touchrhythm.report.comparison.answer import (
    LEVEL,
    comparison_answer,
    comparison_flags,
    comparison_methods,
    icc_of,
    limits_caption,
    pair_sentences,
    pair_title,
)
from touchrhythm.report.page import FlagLine, KeyFigure, Picture, Table, render, under_parts
from touchrhythm.words import say
from touchrhythm.words.comparison import COLUMNS, PAGE
from touchrhythm.words.estimates import between, said_limits, significant
from touchrhythm.words.methods import COMPARISON_WORKS
from touchrhythm.words.numbers import bounded, counted, joined

__all__ = ["comparison_page", "write_comparison_report"]

ABOVE_THE_FOLD = 3  # sentences
MOST_PICTURES = 40
MOST_NAMES = 8

Limited = tuple[str, LimitsOfAgreement]  # a pair's title, and its limits


def comparison_page(found: RateComparison, table: RateTable) -> str:
    """The page of a comparison.

    Parameters
    ----------
    found : RateComparison
        From `compare_rates`.
    table : RateTable
        What it was made of, for the picture of all rates.
    """
    title = say(PAGE, "title", name=Path(found.name).name)
    _, *answer = comparison_answer(found)  # how many there are stands in the header
    fields: dict[str, Any] = {
        "version": found.version,
        "title": title,
        "heading": title,
        "facts": _facts(found),
        "figures": _figures(found),
        "sentences": answer[:ABOVE_THE_FOLD],
        "details": answer[ABOVE_THE_FOLD:],
        "flags": [FlagLine(2, flag) for flag in comparison_flags(found)],
        "rates": _rates_picture(table),
        "pairs": [_pair(number, pair) for number, pair in enumerate(found.pairs)],
        "pictures_note": say(PAGE, "first_pictures", n=MOST_PICTURES)
        if len(found.pairs) > MOST_PICTURES
        else "",
        "every_figure": Table(
            say(PAGE, "figures_caption"),
            COLUMNS["all"],
            under_parts((row.comparison, _figure(row)) for row in found.rows()),
            kind="sessions",
        ),
        "methods": (comparison_methods(found), _source(found)),
        "works": COMPARISON_WORKS,
    }
    return render("comparison.html", fields, PAGE)


def _facts(found: RateComparison) -> list[tuple[str, str]]:
    raters = str(len(found.raters))
    if len(found.raters) <= MOST_NAMES:
        raters = say(PAGE, "raters_named", n=raters, names=joined(list(found.raters)))
    facts = [
        (say(PAGE, "rows"), str(found.n_rows)),
        (say(PAGE, "subjects"), str(found.n_subjects)),
        (say(PAGE, "sessions"), str(found.n_sessions)),
        (say(PAGE, "raters"), raters),
    ]
    if found.delta is not None:
        facts.append((say(PAGE, "delta"), say(PAGE, "delta_cpm", delta=f"{found.delta:g}")))
    return facts


# -- the four figures ------------------------------------------------------------------------------------------


def _figures(found: RateComparison) -> list[KeyFigure]:
    """Agreement of the raters; bias and limits against what was measured; whether rates belong to their subjects."""
    leading = [pair for pair in found.pairs if pair.second == MEASURED] or list(found.pairs)
    limited = [
        (pair_title(pair.first, pair.second), pair.limits) for pair in leading if pair.limits is not None
    ]
    return [_icc_figure(found), _bias_figure(limited), _limits_figure(limited), _belonging_figure(leading)]


def _icc_figure(found: RateComparison) -> KeyFigure:
    icc, label = icc_of(found), say(PAGE, "icc")
    if icc is None:
        return KeyFigure(label, say(PAGE, "no_icc"), "", found.reason, "open")
    ends = say(PAGE, "between", low=bounded(icc.ci_low), high=bounded(icc.ci_high))
    tone = "yes" if icc.ci_low > 0 else "no"
    return KeyFigure(label, bounded(icc.estimate), ends, say(PAGE, "icc_zero"), tone)


def _bias_figure(limited: Sequence[Limited]) -> KeyFigure:
    """The largest mean difference among the pairs."""
    n = len(limited)
    label = say(PAGE, "largest_bias", n=n) if n > 1 else say(PAGE, "bias")
    if not limited:
        return KeyFigure(label, say(PAGE, "no_limits_of_agreement"), "", "", "open")
    title, limits = max(limited, key=lambda pair: abs(pair[1].bias.estimate))
    said = said_limits(limits)
    return KeyFigure(label, say(PAGE, "cpm", value=said.bias), said.bias_interval, title, "open")


def _limits_figure(limited: Sequence[Limited]) -> KeyFigure:
    """The widest limits of agreement among the pairs."""
    n = len(limited)
    label = say(PAGE, "widest_limits", n=n) if n > 1 else say(PAGE, "limits_of_agreement")
    if not limited:
        return KeyFigure(label, say(PAGE, "no_limits_of_agreement"), "", "", "open")
    title, limits = max(limited, key=lambda pair: pair[1].upper.estimate - pair[1].lower.estimate)
    said = said_limits(limits)
    between_limits = say(PAGE, "between", low=said.lower, high=said.upper)
    reach = say(PAGE, "may_reach", low=said.lowest, high=said.highest)
    return KeyFigure(label, between_limits, reach, title, "open")


def _belonging_figure(pairs: list[PairComparison]) -> KeyFigure:
    label = say(PAGE, "belong")
    tested = [pair.swap.pvalue for pair in pairs if pair.swap is not None]
    if not tested:
        return KeyFigure(label, say(PAGE, "not_tested"), "", "", "open")
    n_belong = sum(pvalue <= LEVEL for pvalue in tested)
    value = say(PAGE, "n_of_total", n=n_belong, total=len(tested))
    chance = say(PAGE, "chance_pairs", n=significant(LEVEL * len(tested)))
    what = say(PAGE, "with_measured" if pairs[0].second == MEASURED else "with_one_another")
    return KeyFigure(label, value, what, chance, "yes" if n_belong == len(tested) else "no")


# -- pictures and tables ---------------------------------------------------------------------------------------


def _rates_picture(table: RateTable) -> Picture:
    title = say(PAGE, "rates_title")
    raters = counted(len(set(table.rater)), "rater")
    text = say(PAGE, "rates_text", raters=raters, n_subjects=len(set(table.subject)))
    figure, (ax,) = sheet(2.4, top=TOP + legend_room(table))
    plot_rates(table, ax=ax)
    return Picture(Markup(svg_of(figure, name="rates", title=title, text=text)), title, text)


def _pair(number: int, pair: PairComparison) -> dict[str, Any]:
    """Heading, sentences and picture of a pair."""
    title, picture = pair_title(pair.first, pair.second), None
    if number < MOST_PICTURES and pair.limits is not None:
        figure, (ax,) = sheet(2.4)
        plot_limits(pair, ax=ax)
        text = limits_caption(pair)
        svg = svg_of(figure, name=f"limits{number}", title=title, text=text)
        picture = Picture(Markup(svg), title, text)
    return {"title": title, "sentences": pair_sentences(pair), "picture": picture}


def _figure(row: ComparisonEstimate) -> tuple[str, ...]:
    n = (str(row.n_subjects), str(row.n_raters), str(row.n_sessions))
    value = significant(row.estimate) or "–"
    return (row.quantity, value, between(row.ci_low, row.ci_high), row.unit, row.method, *n)


def _source(found: RateComparison) -> str:
    if found.sha256:
        return say(PAGE, "source_hash", name=found.name, sha=found.sha256, seed=found.seed)
    return say(PAGE, "source", name=found.name, seed=found.seed)


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
    write_over(Path(path), comparison_page(found, table).encode())
