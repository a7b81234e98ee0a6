"""What would one type? Lines that end the help of each command, and how that help is laid out.

- `EXAMPLES` : for each command the lines that are used most
- `show_examples` : puts them in front of what else ends a command's help
"""

from __future__ import annotations

import argparse
import textwrap

from touchrhythm.words.program import called_as

__all__ = ["EXAMPLES", "HelpLayout", "show_examples"]

EXAMPLES: dict[str, tuple[str, ...]] = {
    "demo": ("demo",),
    "analyze": (
        "analyze session.csv --report page.html",
        "analyze samples.txt --fs 80 --channel 0",
        "analyze session.csv --taps taps.txt --rater T1 --lag 0 1.5 --polarity peak",
        'analyze session.csv --counts "27 in 180 s from 0:30" --rater T1',
        "analyze one.csv two.csv --json",
    ),
    "convert": (
        "convert session.csv plain.csv --gaps interpolate",
        "convert session.csv study",
    ),
    "simulate": (
        "simulate session.csv --rate 8 --tapper follow",
        "simulate noise.csv --no-rhythm --duration 300",
        "simulate trial --study --null 4 --phantom 20 --seed 1",
    ),
    "compare": ("compare counts.csv --delta 0.5 --report page.html",),
    "ports": ("ports",),
    "check": (
        "check --virtual",
        "check --port auto --presses 10",
    ),
    "calibrate": ("calibrate study --port auto --masses 0 2 5 10 20 --mass-u95-mg 12",),
    "record": (
        "record study --virtual --tap-minutes 5",
        'record study --port auto --subject S01 --examiner E01 --consent "record analyse"',
        "record study --port auto --kind null --plan plan.toml",
    ),
    "watch": ("watch study/sourcedata/sub-S01/ses-01/…/journal.txt --target 4 6",),
    "recover": ("recover study/sourcedata/sub-S01/ses-01/…/journal.txt",),
    "study": (
        "study trial --plan plan.toml --workers 2",
        "study sessions.csv --lag 0 1.5 --polarity peak --pages",
    ),
    "plan": (
        "plan --sessions 8 12 16 --minutes 5 10 --followed 0.7",
        "plan --primary directional --lag 0 1.5 --polarity peak --sessions 16 --minutes 5 --seal plan.toml",
        "plan --primary limits --subjects 20 40 80",
    ),
    "share": ("share trial trial-shared --recode mapping.tsv",),
    "withdraw": ("withdraw S07 --study trial --dry-run",),
}


class HelpLayout(argparse.HelpFormatter):
    """Fills paragraphs to the width of the terminal, and leaves indented ones as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip("\n").split("\n\n")
        return "\n\n".join(
            one if "\n  " in one else textwrap.fill(" ".join(one.split()), width) for one in paragraphs
        )


def show_examples(command: str, parser: argparse.ArgumentParser) -> None:
    """End the help of a command with its examples, then with what ended it before."""
    lines = "\n".join(f"  {called_as()} {line}" for line in EXAMPLES[command])
    epilog = (parser.epilog or "").replace("{program}", called_as())
    parser.epilog = "\n\n".join(filter(None, (f"examples:\n{lines}", epilog)))
    parser.formatter_class = HelpLayout
    parser.allow_abbrev = False
