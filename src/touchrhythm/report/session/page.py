"""How is an analysis handed over? As one self-contained HTML page.

**Conventions.** The page holds no script, loads nothing, carries no date: the same analysis gives the
same bytes. All words come from `verdict`, all pictures from `plotting`.

- `write_report` : to a file, replaced whole or not at all
- `page_of` : as text
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from touchrhythm.analysis.results import Analysis
from touchrhythm.errors import CannotWrite
from touchrhythm.io.writing import write_over
from touchrhythm.plotting.session_page import pictures_of
from touchrhythm.report.session.verdict import (
    Figure,
    PictureWords,
    Row,
    Verdict,
    WordedFlag,
    artefact_sentences,
    finding,
    picture_words,
    row_cells,
    verdict,
)
from touchrhythm.session import Annotation
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import minutes_seconds
from touchrhythm.words.numbers import bounded, is_known, p_words, percent, time_words

__all__ = ["page_of", "write_report"]

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="touchrhythm $version">
<title>$title</title>
<style>
$style
</style>
</head>
<body>
<header>
<h1>$heading</h1>
<p>$subtitle</p>
</header>
<main>
$main
</main>
<footer><p>touchrhythm $version. Not a medical device. The methods text may be used freely (CC0).</p></footer>
</body>
</html>
""")


def write_report(analysis: Analysis, path: str | Path) -> Path:
    """Write an analysis as one HTML page; a page that is there already is replaced.

    Parameters
    ----------
    analysis : Analysis
    path : str or Path
        Where to; its folder must exist.

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
    text = page_of(analysis)
    if target.is_dir():
        raise CannotWrite(
            f"{target} is a folder; a report needs a file name, such as {target / 'report.html'}"
        )
    write_over(target, text.encode())
    return target


def page_of(analysis: Analysis) -> str:
    """The page as text.

    Parameters
    ----------
    analysis : Analysis

    Returns
    -------
    str
    """
    said, words = verdict(analysis), picture_words(analysis)
    pictures = pictures_of(analysis, {name: (one.title, one.text) for name, one in words.items()})
    name = _source(analysis) or "session without a file"
    style = (importlib.resources.files("touchrhythm") / "report" / "page.css").read_text(encoding="utf-8")
    return _PAGE.substitute(
        version=escape(analysis.version),
        title=escape(f"{_TITLES[finding(analysis)]} – {name}"),
        style=style.strip(),
        heading=escape(name),
        subtitle=_text(_subtitle(analysis)),
        main="\n".join(_sections(analysis, said, words, pictures)),
    )


_TITLES = {
    "rhythm": "A rhythm in the band",
    "edge": "A rhythm at the edge of the band",
    "harmonic": "A harmonic in the band",
    "outside": "No rhythm in the band",
    "none": "No rhythm in the band",
    "no answer": "No answer",
}


def _source(analysis: Analysis) -> str:
    """Name of the input without its folders, which are nobody's business."""
    given = str(analysis.source.get("name") or analysis.source.get("source") or "")
    return given.replace("\\", "/").rsplit("/", 1)[-1]


def _subtitle(analysis: Analysis) -> str:
    low, high = analysis.settings.band_cpm
    unit = f" ({analysis.unit})" if analysis.unit else ""
    return (
        f"Channel {analysis.channel}{unit}, {minutes_seconds(analysis.duration)} min at {analysis.fs:g} samples per"
        f" second, looked at in the band {low:g}–{high:g} cycles per minute (cpm)."
    )


def _sections(
    analysis: Analysis, said: Verdict, words: dict[str, PictureWords], pictures: dict[str, str]
) -> Iterator[str]:
    def shown(*names: str) -> str:
        return "".join(_figure(pictures[name], words[name].text) for name in names if name in pictures)

    yield _section("answer", "The answer", _answer(said))
    yield _section("limits", "What limits the answer", _flags(analysis, said))
    yield _section("recording", "The recording", _recording(analysis) + shown("timeline"))
    if "signal" in pictures:
        yield _section("signal", "The signal", shown("signal", "zoom"))
    if "spectrum" in pictures:
        yield _section("spectrum", "The spectrum", shown("spectrum"))
    if "rate" in pictures:
        yield _section("rate", "The rate over time", shown("rate"))
    if "phases" in pictures:
        whom = _who_with_whom(analysis) if len(analysis.taps) > 1 else ""
        yield _section("taps", "The taps", shown("phases", "asynchrony") + whom)
    yield _section("artefact", "Is it an artefact?", _list(artefact_sentences(analysis)))
    if said.rows:
        yield _section("figures", "All figures", _tables(said.rows))
    yield _section("methods", "Methods", _methods(analysis, said))


def _section(name: str, heading: str, body: str) -> str:
    return f'<section aria-labelledby="h-{name}">\n<h2 id="h-{name}">{heading}</h2>\n{body}\n</section>'


def _answer(said: Verdict) -> str:
    sentences = "".join(f"<p>{_text(sentence)}</p>" for sentence in said.sentences)
    details = f'<ul class="details">{_items(said.details)}</ul>' if said.details else ""
    boxes = "".join(_box(figure) for figure in said.figures)
    return f'<div class="answer">{sentences}</div>\n<dl class="four">{boxes}</dl>\n{details}'


def _box(figure: Figure) -> str:
    rest = f"<dd>{_text(figure.interval)}</dd>" if figure.interval else ""
    noise = f'<dd class="noise">{_text(figure.noise)}</dd>' if figure.noise else ""
    return (
        f'<div class="{figure.tone}"><dt>{_text(figure.label)}</dt>'
        f'<dd class="value">{_text(figure.value)}</dd>{rest}{noise}</div>'
    )


def _flags(analysis: Analysis, said: Verdict) -> str:
    if finding(analysis) == "no answer" and not said.flags:
        return "<p>There is no answer that could be limited: see above.</p>"
    if not said.flags:
        return f"<p>No limitations found by the checks below.</p>{_list(said.checks)}"
    return f'<ul class="flags">{"".join(_flag(flag) for flag in said.flags)}</ul>'


def _flag(flag: WordedFlag) -> str:
    return f'<li class="s{flag.severity}"><strong>{flag.severity_word.capitalize()}:</strong> {_text(flag.text)}</li>'


def _recording(analysis: Analysis) -> str:
    quality = analysis.quality
    facts = [
        ("Length", f"{minutes_seconds(quality.duration)} min"),
        ("Sampling rate", f"{analysis.fs:g} per second, timed by: {quality.timing}"),
        ("Used", f"{minutes_seconds(quality.usable)} min ({percent(quality.usable / quality.duration)})"),
        ("Interpolated", f"{quality.n_interpolated} samples in short gaps"),
        *(("On reading", sentence) for sentence in quality.import_notes),
    ]
    cuts = [(f"Left out: {cut.label}", _stretch(cut)) for cut in quality.cuts]
    if len(cuts) > MOST_CUTS:
        cuts = [*cuts[:MOST_CUTS], ("Left out", f"and {len(cuts) - MOST_CUTS} more stretches")]
    return _facts("Facts of the recording", [*facts, *cuts])


MOST_CUTS = 12


def _stretch(cut: Annotation) -> str:
    start, stop = minutes_seconds(cut.onset), minutes_seconds(cut.onset + cut.duration)
    when = f"at {start}" if start == stop else f"{start} to {stop}"
    return f"{when} ({time_words(cut.duration)})"


def _facts(caption: str, facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td>{_text(value)}</td></tr>' for name, value in facts
    )
    return f'<table class="facts"><caption>{caption}</caption><tbody>{rows}</tbody></table>'


def _who_with_whom(analysis: Analysis) -> str:
    """Consistency and p of each rater with the signal and with each other rater."""
    columns = ("signal", *sorted({pair.reference for pair in analysis.rater_pairs}))
    scores = {(one.rater, one.reference): one for one in (*analysis.taps, *analysis.rater_pairs)}
    head = "".join(
        f'<th scope="col">with {"the " * (name == "signal")}{_text(name)}</th>' for name in columns
    )
    body = ""
    for taps in analysis.taps:
        cells = "".join(f"<td>{_text(_score(scores.get((taps.rater, name))))}</td>" for name in columns)
        body += f'<tr><th scope="row">{_text(taps.rater)}</th>{cells}</tr>'
    caption = "Who agrees with whom: consistency, where the middle 95 % of chance ends, and p"
    return (
        f'<table><caption>{caption}</caption><thead><tr><th scope="col">Rater</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _score(taps: TapAgreement | None) -> str:
    if taps is None or not is_known(taps.resultant):
        return "–"
    chance = (
        f" (chance up to {bounded(taps.resultant_null.high)})" if is_known(taps.resultant_null.high) else ""
    )
    return f"{bounded(taps.resultant)}{chance}, {p_words(taps.pvalue)}"


def _figure(svg: str, caption: str) -> str:
    """A picture with its words for the eye; for the ear the same words are the name of the picture."""
    return f'<figure>{svg}<figcaption aria-hidden="true">{_text(caption)}</figcaption></figure>'


_COLUMNS = ("Figure", "Estimate", "95 % interval", "What noise gives (95 %)", "p", "Method")


def _tables(rows: tuple[Row, ...]) -> str:
    """One table for each part, all with the same columns."""
    intro = '<p class="intro">Every figure with its interval, what noise or unrelated taps give (median and 95\u00a0% range), and p.</p>'
    return intro + "".join(
        _table(part[:1].upper() + part[1:], list(group))
        for part, group in groupby(rows, key=lambda row: row.part)
    )


def _table(part: str, rows: list[Row]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    body = "".join(map(_table_row, rows))
    return (
        f'<div class="table" role="region" aria-label="Table: {_attribute(part)}" tabindex="0">'
        f'<table class="figures"><caption>{_text(part)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _table_row(row: Row) -> str:
    name, estimate, between, noise, pvalue, method = row_cells(row)
    numbers = "".join(
        f'<td class="number">{_text(cell) or "–"}</td>' for cell in (estimate, between, noise, pvalue)
    )
    return f'<tr><th scope="row">{_text(name)}</th>{numbers}<td>{_text(method)}</td></tr>'


def _methods(analysis: Analysis, said: Verdict) -> str:
    parts = [f"<p>{_text(said.methods)}</p>"]
    if said.references:
        parts.append(f"<h3>References</h3>{_list(said.references)}")
    parts.append(f"<h3>Settings</h3>{_facts('Everything set before the analysis', _settings(analysis))}")
    parts.append(f"<h3>Input</h3>{_facts('What was analysed, and with what', _input(analysis))}")
    if said.flags:
        parts.append(f"<h3>Checks made</h3>{_list(said.checks)}")
    return "".join(parts)


def _settings(analysis: Analysis) -> list[tuple[str, str]]:
    return [(one.name, _plain(getattr(analysis.settings, one.name))) for one in fields(analysis.settings)]


def _plain(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, tuple):
        return ", ".join(_plain(one) for one in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _input(analysis: Analysis) -> list[tuple[str, str]]:
    return [
        ("File", _source(analysis) or "none: the session was handed over in memory"),
        ("SHA-256", str(analysis.source.get("sha256") or "not known")),
        ("Channel", f"{analysis.channel}{f' in {analysis.unit}' if analysis.unit else ''}"),
        ("Seed", "a generator was given" if analysis.seed is None else str(analysis.seed)),
        ("touchrhythm", analysis.version),
    ]


def _list(sentences: Iterable[str]) -> str:
    return f'<ul class="plain">{_items(sentences)}</ul>'


def _items(sentences: Iterable[str]) -> str:
    return "".join(f"<li>{_text(sentence)}</li>" for sentence in sentences)


def _attribute(text: str) -> str:
    return escape(text, quote=True)


def _text(text: str) -> str:
    """Text for the page: escaped, and numbers kept together with their signs, units and ranges."""
    kept = _KEEP.sub("\u00a0", escape(text)).replace("p = ", "p\u00a0=\u00a0")
    return _RANGE.sub(r'<span class="n">\g<0></span>', kept)


_KEEP = re.compile(r"(?<=\d) (?=%|s\b|cpm\b|dB\b|mg\b|mN\b|min\b)")
_RANGE = re.compile(r"\(?-?[\d.]+–[\d.]+\)?")
