"""How is an analysis handed over? As one self-contained HTML page.

**Conventions.** All words come from `verdict` and `words.session_page`, all pictures from `plotting`, the page
itself from ``templates/session.html``.

- `write_report` : to a file, replaced whole or not at all
- `page_of` : as text
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from touchrhythm.analysis.results import Analysis
from touchrhythm.errors import CannotWrite
from touchrhythm.io.writing import write_over
from touchrhythm.plotting.session_page import pictures_of
from touchrhythm.report.page import Link, Picture, Table, render, under_parts
from touchrhythm.report.session.estimate_table import SessionEstimate, row_cells
from touchrhythm.report.session.finding import control, finding
from touchrhythm.report.session.pictures import picture_words
from touchrhythm.report.session.pulse import pulse_section, series_name
from touchrhythm.report.session.verdict import verdict
from touchrhythm.session import Annotation
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import minutes_seconds
from touchrhythm.words import say
from touchrhythm.words.flags import CUTS
from touchrhythm.words.numbers import bounded, fixed, is_known, p_words, percent, time_words
from touchrhythm.words.session_page import SESSION_PAGE

__all__ = ["page_of", "write_report"]

MOST_CUTS = 12

_said = partial(say, SESSION_PAGE)

Facts = list[tuple[str, str]]


def write_report(analysis: Analysis, path: str | Path, *, study_page: str | None = None) -> Path:
    """Write an analysis as one HTML page; a page that is there already is replaced.

    Parameters
    ----------
    analysis : Analysis
    path : str or Path
        Where to; its folder must exist.
    study_page : str, optional
        Address of the study's page, relative to this one.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    CannotWrite
        If the page cannot be written there.
    """
    target = Path(path)
    if target.is_dir():
        raise CannotWrite(
            f"{target} is a folder; a report needs a file name, such as {target / 'report.html'}"
        )
    write_over(target, page_of(analysis, study_page=study_page).encode())
    return target


def page_of(analysis: Analysis, *, study_page: str | None = None) -> str:
    """The page as text.

    Parameters
    ----------
    analysis : Analysis
    study_page : str, optional
        Address of the study's page, relative to this one.

    Returns
    -------
    str
    """
    said = verdict(analysis)
    name = _source(analysis) or _said("no_file")
    content = {
        "version": analysis.version,
        "title": _said("title", what=_said(f"title_{finding(analysis)}"), name=name),
        "heading": _heading(analysis),
        "facts": _labbook(analysis),
        "source": name,
        "back": None if study_page is None else Link(study_page, _said("back")),
        "has_answer": analysis.periodicity is not None,
        "verdict": said,
        "sentences": said.sentences,
        "details": said.details,
        "figures": said.figures,
        "recording": _recording(analysis),
        "pictures": _pictures(analysis),
        "pulse": pulse_section(analysis),
        "raters": _who_with_whom(analysis) if len(analysis.taps) > 1 else None,
        "estimates": _estimates(said.rows),
        "settings": _settings(analysis),
        "input": _input(analysis),
    }
    return render("session.html", content, SESSION_PAGE)


def _source(analysis: Analysis) -> str:
    """Name of the input without its folders, which are nobody's business."""
    given = str(analysis.source.get("name") or analysis.source.get("source") or "")
    return given.replace("\\", "/").rsplit("/", 1)[-1]


def _heading(analysis: Analysis) -> str:
    subject, session = analysis.about.get("subject"), analysis.about.get("session")
    if control(analysis):
        return _said("heading_control")
    if subject and session:
        return _said("heading_session", subject=subject, session=session)
    return _said("heading", subject=subject) if subject else _said("heading_plain")


def _labbook(analysis: Analysis) -> Facts:
    """What a lab book would ask, as far as it is known."""
    about = analysis.about
    known = [(name, about.get(name)) for name in ("subject", "session", "examiner", "date", "kind", "device")]
    status = _said("status_no answer" if analysis.periodicity is None else "status_answered")
    if about.get("blind") is True:
        status = _said("status_blind", status=status)
    if about.get("simulated") is True:
        status = _said("status_simulated", status=status)
    low, high = (f"{end:g}" for end in analysis.settings.band_cpm)
    channel, pulse = _said("channel", channel=analysis.channel, low=low, high=high), analysis.pulse
    if pulse is not None and pulse.answering:
        series = series_name(pulse.answering, pulse.signal)
        channel = _said("series_of", series=series, channel=analysis.channel, low=low, high=high)
    elif analysis.unit:
        channel = _said("channel_unit", channel=analysis.channel, unit=analysis.unit, low=low, high=high)
    return [
        *((_said(name), str(value)) for name, value in known if value),
        (_said("length"), _said("minutes", length=minutes_seconds(analysis.duration))),
        (_said("status"), status),
        (_said("looked_at"), channel),
    ]


def _pictures(analysis: Analysis) -> dict[str, Picture]:
    words = picture_words(analysis)
    drawn = pictures_of(analysis, {name: (words_of.title, words_of.text) for name, words_of in words.items()})
    return {name: Picture(Markup(svg), words[name].title, words[name].text) for name, svg in drawn.items()}


def _recording(analysis: Analysis) -> Facts:
    quality = analysis.quality
    used = _said(
        "used_part",
        usable=minutes_seconds(quality.usable),
        part=percent(quality.usable / quality.duration),
    )
    interpolated = _said("samples", n=quality.n_interpolated)
    if analysis.pulse is not None:
        interpolated = _said("bridged", seconds=fixed(analysis.pulse.bridged_s, 0))
    facts = [
        (_said("length"), _said("minutes", length=minutes_seconds(quality.duration))),
        (_said("sampling"), _said("sampled", fs=f"{analysis.fs:g}", timing=quality.timing)),
        (_said("used"), used),
        (_said("interpolated"), interpolated),
        *_read(analysis.reading),
        *((_said("on_reading"), sentence) for sentence in quality.import_notes),
    ]
    cuts = [(_said("left_out", label=CUTS.get(cut.label, cut.label)), _stretch(cut)) for cut in quality.cuts]
    if len(cuts) > MOST_CUTS:
        more = _said("more_stretches", n=len(cuts) - MOST_CUTS)
        cuts = [*cuts[:MOST_CUTS], (_said("left_out_more"), more)]
    return [*facts, *cuts]


def _read(reading: Mapping[str, Any]) -> Facts:
    """What was understood of the file, and how it is known; nothing where it was none."""
    if not reading:
        return []
    known = {name: str(reading[name]) for name in ("format", "encoding", "time")}
    facts = [(_said("read_as"), _said("read_format", **known, how=str(reading["time_how"])))]
    for channel in reading["channels"]:
        role, why = str(channel["role"]), str(channel["why"])
        what = _said("read_role", role=role, why=why) if role else _said("read_unknown", why=why)
        facts.append((_said("read_channel", name=channel["name"]), what))
    return [*facts, *((_said("read_left_out", name=name), why) for name, why in reading["left_out"])]


def _stretch(cut: Annotation) -> str:
    start, stop = minutes_seconds(cut.onset), minutes_seconds(cut.onset + cut.duration)
    if start == stop:
        return _said("moment", start=start, time=time_words(cut.duration))
    return _said("stretch", start=start, stop=stop, time=time_words(cut.duration))


def _who_with_whom(analysis: Analysis) -> tuple[list[str], list[list[str]]]:
    """Consistency and p of each rater with the signal and with each other rater: head and rows."""
    columns = ("signal", *sorted({pair.reference for pair in analysis.rater_pairs}))
    scores = {(taps.rater, taps.reference): taps for taps in (*analysis.taps, *analysis.rater_pairs)}
    head = [_said("with_signal"), *(_said("with_rater", rater=name) for name in columns[1:])]
    rows = [
        [taps.rater, *(_score(scores.get((taps.rater, name))) for name in columns)] for taps in analysis.taps
    ]
    return [_said("rater"), *head], rows


def _score(taps: TapAgreement | None) -> str:
    if taps is None or not is_known(taps.resultant):
        return _said("nothing")
    consistency, most, p = bounded(taps.resultant), taps.resultant_null.high, p_words(taps.pvalue)
    if is_known(most):
        return _said("score_chance", consistency=consistency, most=bounded(most), p=p)
    return _said("score", consistency=consistency, p=p)


def _estimates(rows: tuple[SessionEstimate, ...]) -> Table:
    columns = ("name", "estimate", "interval", "noise", "p", "method")
    cells = (
        (row.part[:1].upper() + row.part[1:], [cell or _said("nothing") for cell in row_cells(row)])
        for row in rows
    )
    head = [_said(f"column_{column}") for column in columns]
    return Table(_said("estimates"), head, under_parts(cells), kind="figures")


def _settings(analysis: Analysis) -> Facts:
    return [
        (field.name, _plain(getattr(analysis.settings, field.name))) for field in fields(analysis.settings)
    ]


def _plain(value: Any) -> str:
    if value is None:
        return _said("not_set")
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _input(analysis: Analysis) -> Facts:
    channel = analysis.channel
    if analysis.unit and analysis.pulse is None:
        channel = _said("channel_in", channel=channel, unit=analysis.unit)
    return [
        (_said("file"), _source(analysis) or _said("in_memory")),
        (_said("sha256"), str(analysis.source.get("sha256") or _said("not_known"))),
        (_said("channel_row"), channel),
        (_said("seed"), _said("generator") if analysis.seed is None else str(analysis.seed)),
        (_said("version"), analysis.version),
    ]
