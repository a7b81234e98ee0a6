"""What does an analysis say? Results in, sentences, figures and flags out: all words stand here.

**Conventions.** Nothing is computed here that is not in the `Analysis` already. Words follow fixed
rules: a rate wears its interval, a figure stands beside what noise gives, p is printed as
(1 + count)/(1 + copies), and where no rhythm was shown the trace is called "the filtered trace".

- `verdict` : everything that a page or a terminal says about an analysis
- `summary_lines` : the block that the terminal prints
"""

from __future__ import annotations

from dataclasses import dataclass

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.alt_texts import PictureWords, picture_words
from touchrhythm.report.session.answer import headline_and_details
from touchrhythm.report.session.artefact import artefact_sentences
from touchrhythm.report.session.estimate_table import Row, row_cells, table_rows
from touchrhythm.report.session.finding import Finding, finding
from touchrhythm.report.session.flags import WordedFlag, checks_made, flag_text, worded_flags
from touchrhythm.report.session.key_figures import Figure, four_figures
from touchrhythm.report.session.methods import methods_paragraph, references
from touchrhythm.report.session.terminal import summary_lines

__all__ = [
    "Figure",
    "Finding",
    "PictureWords",
    "Row",
    "Verdict",
    "WordedFlag",
    "artefact_sentences",
    "finding",
    "flag_text",
    "picture_words",
    "row_cells",
    "summary_lines",
    "verdict",
]


@dataclass(frozen=True)
class Verdict:
    """What an analysis says.

    Attributes
    ----------
    sentences, details : tuple of str
        The two or three sentences of the answer; those that stand below them.
    figures : tuple of Figure
        Rhythm in the band, measured rate, perceived rate, agreement.
    flags : tuple of WordedFlag
        What limits the answer, most serious first.
    checks : tuple of str
        What was looked for.
    rows : tuple of Row
        Every figure with interval, noise, p and method.
    methods : str
        A paragraph for a paper, free to use (CC0).
    references : tuple of str
        The works that it names.
    """

    sentences: tuple[str, ...]
    details: tuple[str, ...]
    figures: tuple[Figure, ...]
    flags: tuple[WordedFlag, ...]
    checks: tuple[str, ...]
    rows: tuple[Row, ...]
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
        rows=table_rows(analysis),
        methods=methods_paragraph(analysis),
        references=references(analysis),
    )
