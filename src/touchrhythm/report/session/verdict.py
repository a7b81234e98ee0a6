"""What does an analysis say? Everything that its page and the terminal say of it, in one place.

**Conventions.** Nothing is computed here that is not in the `Analysis` already. Words follow fixed
rules: a rate wears its interval, a figure stands beside what noise gives, p is printed as
(1 + count)/(1 + surrogates), and where no rhythm was shown the trace is called "the filtered trace".

- `verdict` : everything that a page or a terminal says about an analysis
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.page import FlagLine, KeyFigure
from touchrhythm.report.session.answer import headline_and_details
from touchrhythm.report.session.estimate_table import SessionEstimate, table_rows
from touchrhythm.report.session.flags import artefact_sentences, checks_made, worded_flags
from touchrhythm.report.session.key_figures import four_figures
from touchrhythm.report.session.methods import methods_paragraph, references

__all__ = ["Verdict", "verdict"]


@dataclass(frozen=True)
class Verdict:
    """What an analysis says.

    Attributes
    ----------
    sentences, details : tuple of str
        The two or three sentences of the answer; those that stand below them.
    figures : tuple of KeyFigure
        Rhythm in the band, measured rate, perceived rate, agreement.
    flags : tuple of FlagLine
        What limits the answer, most serious first.
    checks : tuple of str
        What was looked at, and what it showed.
    artefacts : tuple of str
        What speaks for or against an artefact.
    rows : tuple of SessionEstimate
        Every estimate with interval, noise, p and method.
    methods : str
        A paragraph for a paper, free to use (CC0).
    references : tuple of str
        The works that it names.
    """

    sentences: tuple[str, ...]
    details: tuple[str, ...]
    figures: tuple[KeyFigure, ...]
    flags: tuple[FlagLine, ...]
    checks: tuple[str, ...]
    artefacts: tuple[str, ...]
    rows: tuple[SessionEstimate, ...]
    methods: str
    references: tuple[str, ...]


def verdict(analysis: Analysis) -> Verdict:
    """Everything that a page or a terminal says about an analysis.

    Raises
    ------
    ValueError
        If a flag has no words.
    """
    sentences, details = headline_and_details(analysis)
    return Verdict(
        sentences=sentences,
        details=details,
        figures=four_figures(analysis),
        flags=worded_flags(analysis),
        checks=checks_made(analysis),
        artefacts=artefact_sentences(analysis),
        rows=table_rows(analysis),
        methods=methods_paragraph(analysis),
        references=references(analysis),
    )
