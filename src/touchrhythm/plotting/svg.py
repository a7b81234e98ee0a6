"""How does a picture get onto a page? Figures as small SVG that is the same on every run.

**Conventions.** Text stays text. No date, no random names: the same figure gives the same bytes.
Names inside one SVG start with the picture's name, so that several share a page.

- `sheet` : a figure with axes under each other, aligned over all pictures of a page
- `svg_of` : a figure as an `<svg>` element with its title and description
"""

from __future__ import annotations

import re
from html import escape
from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from touchrhythm.plotting.style import WIDTH

__all__ = ["sheet", "svg_of"]

LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 0.7, 0.3, 0.3, 0.45, 0.78  # inches
FONTS = "'DejaVu Sans', Verdana, Arial, sans-serif"


def sheet(*heights: float, top: float = TOP) -> tuple[Figure, list[Axes]]:
    """A figure with axes of these heights (inches) under each other, all of the same left and right."""
    total = top + sum(heights) + BETWEEN * (len(heights) - 1) + BOTTOM
    figure = Figure(figsize=(WIDTH, total))
    axes, above = [], total - top
    for height in heights:
        above -= height
        rect = (LEFT / WIDTH, above / total, (WIDTH - LEFT - RIGHT) / WIDTH, height / total)
        axes.append(figure.add_axes(rect))
        above -= BETWEEN
    return figure, axes


def svg_of(figure: Figure, *, name: str, title: str, text: str) -> str:
    """A figure as one `<svg>` element.

    Parameters
    ----------
    figure : matplotlib Figure
    name : str
        Prefix of all names inside, different for each picture of a page.
    title, text : str
        What the picture is, and what it shows.
    """
    buffer = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "touchrhythm", "hatch.linewidth": 0.6}):
        figure.set_canvas(FigureCanvasSVG(figure))
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    body = buffer.getvalue()
    body = body[body.index("<svg") :]
    head, body = body.split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', head)
    assert box is not None
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{box[1]}"'
        f' role="img" aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(text)}</desc>'
    )
    return opening + _smaller(_own_names(body, name)).strip()


def _own_names(body: str, name: str) -> str:
    """Names that nothing refers to are left out; the others start with the picture's name."""
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', body))
    body = re.sub(
        r' id="([^"]*)"', lambda found: f' id="{name}-{found[1]}"' if found[1] in used else "", body
    )
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", body)


def _smaller(body: str) -> str:
    """Coordinates to a hundredth of a point, one list of fonts, no blank space between elements."""
    body = re.sub(r'(?<=\bd=")[^"]*', lambda found: _NUMBER.sub(_rounded, found[0]).replace("\n", ""), body)
    body = re.sub(r"(font: (?:\w+ )?[\d.]+px|font-family:) [^;\"]*", rf"\1 {FONTS}", body)
    body = re.sub(r' transform="rotate\(-?0 [^"]*"', "", body)
    return re.sub(r">\s+<", "><", body)


_NUMBER = re.compile(r"-?\d+\.\d{3,}")


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}".rstrip("0").rstrip(".")
