"""Which pictures does a study page hold?

**Conventions.** Each an `<svg>` element with a title and its words. Nothing is computed; large
studies are thinned evenly, which the words say.

- `study_pictures` : name → (svg, title, caption)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from touchrhythm.plotting.study import (
    LEGEND_COLUMNS,
    legend_room,
    plot_beside,
    plot_confidence,
    plot_limits,
    plot_rates,
    plot_session_phasors,
)
from touchrhythm.plotting.style import CHANCE, INK, MUTED, legend, rater_style, tidy
from touchrhythm.plotting.svg import TOP, make_room, sheet, svg_of
from touchrhythm.raters.rate_table import RateTable
from touchrhythm.raters.results import MEASURED, PairComparison
from touchrhythm.session import read_only
from touchrhythm.study.rates import PooledRates
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, counted, is_known
from touchrhythm.words.study import MEASURES, TAPS
from touchrhythm.words.study_page import AXES, PICTURES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_lags", "study_pictures"]

MOST_POINTS = 1500
MOST_SUBJECTS = 60
SPREAD = 0.08  # of the way to the next line
TRIED = ("null", "unloaded", "rigid", "tap-only", "palpation")


Drawn = tuple[str, str, str]


def study_pictures(result: StudyResult) -> dict[str, Drawn]:
    """The pictures of a study page by name: element, title, caption."""
    drawn: dict[str, Drawn] = {}
    found = result.answers.follow
    if len(found.phasors.rows):
        drawn["phasors"] = _phasors(result)
        drawn["lags"] = _lags(result)
    for pooled in result.answers.rates.pooled:
        if pooled.limits is not None:
            drawn[f"limits-{pooled.measure}"] = _limits(pooled)
    if result.answers.rates.table.line:
        drawn["rates"] = _rates(result.answers.rates.table)
    if result.answers.rates.associations.n_expected:
        drawn["beside"] = _beside(result.answers.rates.table)
    if any(is_known(row.pvalue) for row in result.rows):
        drawn["controls"] = _controls(result)
    if result.answers.controls.confidence is not None:
        figure, (ax,) = sheet(2.6)
        plot_confidence(result.answers.controls.confidence, ax=ax)
        text = say(PICTURES, "confidence_text")
        drawn["confidence"] = _svg(figure, "confidence", say(PICTURES, "confidence"), text)
    return drawn


def _svg(figure: Any, name: str, title: str, *texts: str) -> Drawn:
    text = " ".join(filter(None, texts))
    return svg_of(figure, name=name, title=title, text=text), title, text


def _thinned(n: int) -> tuple[slice, str]:
    step = -(-n // MOST_POINTS)
    return slice(None, None, step), say(PICTURES, "thinned", n=step) if step > 1 else ""


def _event(result: StudyResult) -> str:
    return say(TAPS, "trough" if result.settings.polarity == -1 else "peak")


def _phasors(result: StudyResult) -> Drawn:
    found, event = result.answers.follow, _event(result)
    shown, thinned = _thinned(len(found.phasors.rows))
    test = found.tests.get("undirected")
    figure, (ax,) = sheet(3.2)
    plot_session_phasors(found.phasors.z[shown], test, event=event, ax=ax)
    ax.set_anchor("W")  # in sight where the picture is wider than the screen
    sessions = counted(len(found.phasors.rows), "session")
    text, pooled = say(PICTURES, "phasors_text", sessions=sessions, event=event), ""
    if test is not None:
        resultant, high = bounded(test.resultant), bounded(test.resultant_null.high)
        pooled = say(PICTURES, "phasors_pooled", resultant=resultant, high=high)
    return _svg(figure, "phasors", say(PICTURES, "phasors"), text, pooled, thinned)


def _lags(result: StudyResult) -> Drawn:
    figure, (ax,) = sheet(2.2)
    plot_lags(result, ax=ax)
    text = say(PICTURES, "lags_text", event=_event(result))
    _, thinned = _thinned(len(result.answers.follow.phasors.by_rater))
    return _svg(figure, "lags", say(PICTURES, "lags"), text, thinned)


def plot_lags(result: StudyResult, *, ax: Axes, **kwargs: Any) -> Axes:
    """Draw each session's lag by therapist, larger where the session is consistent.

    Parameters
    ----------
    result : StudyResult
    ax : matplotlib Axes
        Where to draw.
    **kwargs
        To the points.

    Returns
    -------
    matplotlib Axes
    """
    found = result.answers.follow
    raters = sorted({rater for rater, *_ in found.phasors.by_rater})
    shown, _ = _thinned(len(found.phasors.by_rater))
    for number, name in enumerate(raters):
        z = np.array([z for rater, _, z, _ in found.phasors.by_rater[shown] if rater == name])
        colour, marker = rater_style(number)
        place = number + 0.5 * (np.arange(z.size) + 0.5) / max(z.size, 1) - 0.25
        style = {"color": colour, "marker": marker, "linestyle": "none", "markersize": 4.5}
        ax.plot(place, np.angle(z) / (2 * np.pi), **{**style, **kwargs})
    lag = found.lag
    if lag is not None and is_known(lag.lag_cycles_low):
        ax.axhspan(lag.lag_cycles_low, lag.lag_cycles_high, color=CHANCE, alpha=0.6, linewidth=0)
        ax.axhline(lag.lag_cycles, color=INK, linewidth=1.1)
    ax.axhline(0.0, color=MUTED, linewidth=0.6, linestyle=":")
    ax.set_ylim(-0.5, 0.5)
    tidy(ax, x=say(AXES, "therapist"), y=say(AXES, "lag_cycles"))
    every = -(-len(raters) // 20)
    ax.set_xticks(range(0, len(raters), every), raters[::every])
    return ax


def _limits(pooled: PooledRates) -> Drawn:
    shown, thinned = _thinned(len(pooled.subject))
    pair = PairComparison(
        first=say(AXES, "perceived"),
        second=MEASURED,
        limits=pooled.limits,
        percent_limits=None,
        agreement=pooled.agreement,
        slope=pooled.slope,
        swap=pooled.swap,
        equivalence=None,
        quantisation_cpm=0.0,
        subject=pooled.subject[shown],
        mean=pooled.mean[shown],
        difference=pooled.difference[shown],
        n_pairs=len(pooled.subject),
        reason="",
    )
    figure, (ax,) = sheet(2.4)
    plot_limits(pair, ax=ax)
    if pooled.measure == "count":
        first, second = say(AXES, "perceived"), say(AXES, "count")
        ax.set(
            xlabel=say(AXES, "mean_of", first=first, second=second),
            ylabel=say(AXES, "minus", first=first, second=second),
        )
    pairs = counted(len(pooled.subject), "pair")
    text = say(PICTURES, "limits_text", measure=MEASURES[pooled.measure], pairs=pairs)
    return _svg(figure, f"limits-{pooled.measure}", say(PICTURES, "limits"), text, thinned)


def _rates(table: RateTable) -> Drawn:
    subjects = list(dict.fromkeys(table.subject))
    kept = set(subjects[:MOST_SUBJECTS])
    at = [k for k, name in enumerate(table.subject) if name in kept][:MOST_POINTS]
    rows = _rows_of(table, at)
    figure, (ax,) = sheet(2.6, top=TOP + legend_room(rows))
    plot_rates(rows, ax=ax)
    return _svg(figure, "rates", say(PICTURES, "rates"), say(PICTURES, "rates_text"), _first(len(at), table))


def _first(n: int, table: RateTable) -> str:
    total = len(table.subject)
    return say(PICTURES, "first_rates", n=n, total=total) if n < total else ""


def _beside(table: RateTable) -> Drawn:
    """Draw perceived against expected and against measured rates, side by side on one scale."""
    rows = _rows_of(table, range(min(len(table.subject), MOST_POINTS)))
    figure, (left,) = sheet(2.8, top=TOP + legend_room(rows))
    x, y, width, height = left.get_position().bounds
    left.set_position((x, y, 0.42 * width, height))
    right = figure.add_axes((x + 0.56 * width, y, 0.42 * width, height), sharex=left, sharey=left)
    plot_beside(rows, rows.expected_cpm, name=say(AXES, "expected"), ax=left)
    measured = np.where(np.isfinite(rows.expected_cpm), rows.measured_cpm, np.nan)
    plot_beside(rows, measured, name=say(AXES, "measured"), ax=right)
    legend(left, columns=LEGEND_COLUMNS)
    text = say(PICTURES, "beside_text")
    return _svg(figure, "beside", say(PICTURES, "beside"), text, _first(len(rows.subject), table))


def _rows_of(table: RateTable, at: Sequence[int]) -> RateTable:
    values: dict[str, Any] = {}
    for column in dataclasses.fields(table):
        value = getattr(table, column.name)
        if isinstance(value, np.ndarray):
            values[column.name] = read_only(value[list(at)])
        elif isinstance(value, tuple) and column.name != "notes":
            values[column.name] = tuple(value[k] for k in at)
    return dataclasses.replace(table, **values)


def _controls(result: StudyResult) -> Drawn:
    """Draw p of every recording, controls beside palpation: without a rhythm they lie anywhere from 0 to 1."""
    figure, (ax,) = sheet(1.8)
    kinds = [kind for kind in TRIED if any(row.kind == kind and is_known(row.pvalue) for row in result.rows)]
    counts = []
    for number, kind in enumerate(kinds):
        p = sorted(row.pvalue for row in _answered(result.rows, kind))
        counts.append(len(p))
        shown, _ = _thinned(len(p))
        colour, marker = rater_style(0 if kind == "palpation" else 2)
        aside = number + SPREAD * (np.arange(len(p[shown])) % 7 - 3)  # many recordings share the least p
        ax.plot(p[shown], aside, color=colour, marker=marker, linestyle="none", alpha=0.7, markersize=4.5)
    ax.axvline(result.settings.alpha, color=INK, linestyle="--", linewidth=1.0, label=say(AXES, "level"))
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    labels = [say(AXES, "kind_counted", kind=kind, n=n) for kind, n in zip(kinds, counts, strict=True)]
    ax.set_yticks(range(len(kinds)), labels)
    ax.set_ylim(-0.6, len(kinds) - 0.4)
    tidy(ax, x=say(AXES, "p"), y="")
    legend(ax)
    text = say(PICTURES, "controls_text", n=f"{1 / result.settings.alpha:.0f}")
    make_room([figure])
    return _svg(figure, "controls", say(PICTURES, "controls"), text)


def _answered(rows: Sequence[SessionRow], kind: str) -> list[SessionRow]:
    return [row for row in rows if row.kind == kind and is_known(row.pvalue)]
