"""How does an answer become a page? Templates, filled.

**Conventions.** The templates stand in ``templates/``; every text is escaped when it is put in, pictures alone
are not. A page holds no script, loads nothing and carries no date: the same fields give the same bytes. A field
that a template needs and is not given is an error.

``base.html`` is the skeleton of all pages: the header block, the key figures before the sentences, a list of
contents with links, the sections, the footer. ``macros.html`` holds their parts.

- `render` : a page as text
- `KeyFigure`, `Picture`, `FlagLine`, `Link`, `Table` : what the skeleton shows
- `under_parts` : rows of figures, those of each part below its name
"""

from __future__ import annotations

import importlib.resources
import re
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from touchrhythm.words import say
from touchrhythm.words.page import PAGE

if TYPE_CHECKING:
    import jinja2

__all__ = ["Cell", "FlagLine", "KeyFigure", "Link", "Picture", "Table", "render", "under_parts"]


@dataclass(frozen=True)
class KeyFigure:
    """One figure of the first row: `label`, `value`, `interval`, `noise` (what noise gives), `tone`.

    `tone` is "yes", "no" or "open": how the figure is coloured; the value says the same in words.
    """

    label: str
    value: str
    interval: str
    noise: str
    tone: str


@dataclass(frozen=True)
class Picture:
    """An ``<svg>`` element with what it is and what it shows."""

    svg: Markup
    title: str
    text: str


@dataclass(frozen=True)
class FlagLine:
    """What limits an answer: `severity` 1 (most serious) to 3, and the sentence."""

    severity: int
    text: str

    def __post_init__(self) -> None:
        if self.severity not in (1, 2, 3):
            raise ValueError(f"severity must be 1, 2 or 3, got {self.severity!r} with {self.text!r}")


@dataclass(frozen=True)
class Link:
    """A link to another page: where it leads, and what it is called."""

    href: str
    text: str


Cell = str | Link | tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table whose first cell of each row names the row; a row of one cell heads those below it.

    A cell is a text, a link, or several lines. `kind` is a class of the style sheet, `note` a sentence below.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    kind: str = ""
    note: str = ""


def under_parts(rows: Iterable[tuple[str, Sequence[Cell]]]) -> list[Sequence[Cell]]:
    """Rows of a table, those of each part below a row that names it.

    >>> under_parts([("A - B", ("bias", "0.2")), ("A - B", ("limits", "1.1"))])
    [('A − B',), ('bias', '0.2'), ('limits', '1.1')]
    """
    headed: list[Sequence[Cell]] = []
    for part, belonging in groupby(rows, key=lambda row: row[0]):
        headed.append((part.replace(" - ", " − "),))
        headed += [cells for _, cells in belonging]
    return headed


_OPTIONAL: Mapping[str, Any] = {
    "back": None,
    "facts": (),
    "source": "",
    "standing": "",
    "figures": (),
    "details": (),
}


def render(template: str, fields: Mapping[str, Any], words: Mapping[str, str] | None = None) -> str:
    """A page as text.

    Parameters
    ----------
    template : str
        Name of the template, such as "session.html".
    fields : mapping
        What the page says. The skeleton needs ``version``, ``title``, ``heading``, ``sentences``, and takes
        ``facts`` (label and value of each line of the header block), ``source`` (small, below it), ``back`` (a
        `Link` to the page above), ``standing``, ``figures`` (of `KeyFigure`) and ``details``.
    words : mapping of str to str, optional
        Headings and labels of this template, which it says with ``say(code, field=…)``, before those of `PAGE`.

    Raises
    ------
    jinja2.UndefinedError
        If the template needs a field that is not given.
    """
    messages = ChainMap(dict(words or {}), dict(PAGE))
    given = {**_OPTIONAL, **fields, "style": _style(), "contents": [], "say": partial(say, messages)}
    return _environment().get_template(template).render(given)


@cache
def _environment() -> jinja2.Environment:
    import jinja2  # a page needs it, not what the terminal says

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("touchrhythm", "report/templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do"],
    )
    environment.filters["kept"] = kept
    return environment


@cache
def _style() -> Markup:
    text = (importlib.resources.files("touchrhythm") / "report" / "page.css").read_text(encoding="utf-8")
    return Markup(text.strip())


def kept(text: str) -> Markup:
    """Text for a page: escaped, and numbers kept together with their signs, units and ranges."""
    joined = _KEEP.sub("\u00a0", str(escape(text))).replace("p = ", "p\u00a0=\u00a0")
    return Markup(_RANGE.sub(r'<span class="n">\g<0></span>', joined))


_KEEP = re.compile(r"(?<=\d) (?=%|s\b|cpm\b|dB\b|mg\b|mN\b|min\b)")
_RANGE = re.compile(r"\(?-?[\d.]+–[\d.]+\)?")
