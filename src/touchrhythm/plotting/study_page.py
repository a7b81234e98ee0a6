"""Which pictures does a study page hold?

**Conventions.** Each an `<svg>` element with a title and its words. Nothing is computed; large
studies are thinned evenly, which the words say.

- `study_pictures` : name → (svg, caption)
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
from touchrhythm.study.rates import MEASURES, PooledRates
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words.numbers import bounded, counted, is_known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_lags", "study_pictures"]

MOST_POINTS = 1500
MOST_SUBJECTS = 60
SPREAD = 0.08  # of the way to the next line
TRIED = ("null", "unloaded", "rigid", "tap-only", "palpation")


def study_pictures(result: StudyResult) -> dict[str, tuple[str, str]]:
    """The pictures of a study page, by name."""
    drawn: dict[str, tuple[str, str]] = {}
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
        text = "Share of right answers on phantoms against the confidence stated, with 95 % intervals."
        drawn["confidence"] = _svg(figure, "confidence", "Confidence", text)
    return drawn


def _svg(figure: Any, name: str, title: str, text: str) -> tuple[str, str]:
    return svg_of(figure, name=name, title=title, text=text), text


def _thinned(n: int) -> tuple[slice, str]:
    step = -(-n // MOST_POINTS)
    return slice(None, None, step), f" Every {step}th point is shown." if step > 1 else ""


def _phasors(result: StudyResult) -> tuple[str, str]:
    found = result.answers.follow
    some, note = _thinned(len(found.phasors.rows))
    test = found.tests.get("undirected")
    figure, (ax,) = sheet(3.2)
    plot_session_phasors(found.phasors.z[some], test, ax=ax)
    event = "trough" if result.settings.polarity == -1 else "peak"
    for label in ax.texts:
        label.set_text(label.get_text().replace("peak", event))
    text = (
        f"Mean phasor of each of {counted(len(found.phasors.rows), 'session')}: up is the signal's {event}, clockwise"
        " is later, the rim is full consistency."
    )
    if test is not None:
        text += (
            f" The arrow is all of them together ({bounded(test.resultant)}); the grey disc is as far as it comes by"
            f" chance in 95 % ({bounded(test.resultant_null.high)})."
        )
    return _svg(figure, "phasors", "Phase of the taps, session by session", text + note)


def _lags(result: StudyResult) -> tuple[str, str]:
    figure, (ax,) = sheet(2.2)
    plot_lags(result, ax=ax)
    text = (
        "Lag of each session by therapist, in cycles after the signal's event; half a cycle early is half a cycle late."
        " The band is the common lag with its 95 % interval, where there is one."
    )
    _, note = _thinned(len(result.answers.follow.phasors.by_rater))
    return _svg(figure, "lags", "Lags, session by session", text + note)


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
    raters = sorted({one[0] for one in found.phasors.by_rater})
    some, _ = _thinned(len(found.phasors.by_rater))
    for number, name in enumerate(raters):
        z = np.array([one[2] for one in found.phasors.by_rater[some] if one[0] == name])
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
    tidy(ax, x="therapist", y="lag (cycles)")
    every = -(-len(raters) // 20)
    ax.set_xticks(range(0, len(raters), every), raters[::every])
    return ax


def _limits(pooled: PooledRates) -> tuple[str, str]:
    some, note = _thinned(len(pooled.subject))
    pair = PairComparison(
        first="perceived",
        second=MEASURED,
        limits=pooled.limits,
        percent_limits=None,
        agreement=pooled.agreement,
        slope=pooled.slope,
        swap=pooled.swap,
        equivalence=None,
        quantisation_cpm=0.0,
        subject=pooled.subject[some],
        mean=pooled.mean[some],
        difference=pooled.difference[some],
        n_pairs=len(pooled.subject),
        reason="",
    )
    figure, (ax,) = sheet(2.4)
    plot_limits(pair, ax=ax)
    if pooled.measure == "count":
        ax.set(
            xlabel="mean of perceived rate and cycle count (cycles per minute)", ylabel="perceived − count"
        )
    text = (
        f"Perceived rate minus {MEASURES[pooled.measure]}, against the mean of both, in cycles per minute, with bias,"
        f" limits of agreement and the interval of each; {counted(len(pooled.subject), 'pair')}."
    )
    return _svg(figure, f"limits-{pooled.measure}", "Limits of agreement", text + note)


def _rates(table: RateTable) -> tuple[str, str]:
    subjects = list(dict.fromkeys(table.subject))
    kept = set(subjects[:MOST_SUBJECTS])
    at = [k for k, name in enumerate(table.subject) if name in kept][:MOST_POINTS]
    rows = _rows_of(table, at)
    figure, (ax,) = sheet(2.6, top=TOP + legend_room(rows))
    plot_rates(rows, ax=ax)
    text = "Rates of the taps by subject and therapist, and the measured rates where a rhythm was found."
    if len(at) < len(table.subject):
        text += f" The first {len(at)} of {len(table.subject)} rates are shown."
    return _svg(figure, "rates", "Rates by subject and therapist", text)


def _beside(table: RateTable) -> tuple[str, str]:
    """Draw perceived against expected and against measured rates, side by side on one scale."""
    rows = _rows_of(table, range(min(len(table.subject), MOST_POINTS)))
    figure, (left,) = sheet(2.8, top=TOP + legend_room(rows))
    x, y, width, height = left.get_position().bounds
    left.set_position((x, y, 0.42 * width, height))
    right = figure.add_axes((x + 0.56 * width, y, 0.42 * width, height), sharex=left, sharey=left)
    plot_beside(rows, rows.expected_cpm, name="expected", ax=left)
    measured = np.where(np.isfinite(rows.expected_cpm), rows.measured_cpm, np.nan)
    plot_beside(rows, measured, name="measured", ax=right)
    legend(left, columns=LEGEND_COLUMNS)
    text = (
        "Perceived rate against the rate expected beforehand (left), and in the same sessions against the measured rate"
        " where a rhythm was found (right); on the dashed line both are equal."
    )
    if len(rows.subject) < len(table.subject):
        text += f" The first {len(rows.subject)} of {len(table.subject)} rates are shown."
    return _svg(figure, "beside", "Perceived beside expected and measured rates", text)


def _rows_of(table: RateTable, at: Sequence[int]) -> RateTable:
    values: dict[str, Any] = {}
    for one in dataclasses.fields(table):
        value = getattr(table, one.name)
        if isinstance(value, np.ndarray):
            values[one.name] = read_only(value[list(at)])
        elif isinstance(value, tuple) and one.name != "notes":
            values[one.name] = tuple(value[k] for k in at)
    return dataclasses.replace(table, **values)


def _controls(result: StudyResult) -> tuple[str, str]:
    """Draw p of every recording, controls beside palpation: without a rhythm they lie anywhere from 0 to 1."""
    figure, (ax,) = sheet(1.8)
    kinds = [kind for kind in TRIED if any(row.kind == kind and is_known(row.pvalue) for row in result.rows)]
    counts = []
    for number, kind in enumerate(kinds):
        p = sorted(row.pvalue for row in _answered(result.rows, kind))
        counts.append(len(p))
        some, _ = _thinned(len(p))
        colour, marker = rater_style(0 if kind == "palpation" else 2)
        aside = number + SPREAD * (np.arange(len(p[some])) % 7 - 3)  # many recordings share the least p
        ax.plot(p[some], aside, color=colour, marker=marker, linestyle="none", alpha=0.7, markersize=4.5)
    ax.axvline(result.settings.alpha, color=INK, linestyle="--", linewidth=1.0, label="level set")
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_yticks(range(len(kinds)), [f"{kind}, {n}" for kind, n in zip(kinds, counts, strict=True)])
    ax.set_ylim(-0.6, len(kinds) - 0.4)
    tidy(ax, x="p of the rhythm test", y="")
    legend(ax)
    text = (
        "p of the rhythm test of every recording by kind of session, with their number, moved apart a little where they"
        " would cover each other; the dashed line is the level. Without a rhythm one"
        f" in {1 / result.settings.alpha:.0f} lies to its left."
    )
    make_room([figure])
    return _svg(figure, "controls", "Controls beside palpation", text)


def _answered(rows: Sequence[SessionRow], kind: str) -> list[SessionRow]:
    return [row for row in rows if row.kind == kind and is_known(row.pvalue)]
