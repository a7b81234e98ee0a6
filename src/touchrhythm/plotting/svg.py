"""How does a picture get onto a page? Figures as small SVG that is the same on every run.

**Conventions.** Text stays text. No date, no random names: the same figure gives the same bytes.
Names inside one SVG start with the picture's name, so that several share a page.

- `sheet` : a figure with axes under each other, aligned over all pictures of a page
- `make_room` : wider margins on the left and right, where a label would be cut
- `unhurried_collector` : drawing without searches for garbage
- `svg_of` : a figure as an `<svg>` element with its title and description
"""

from __future__ import annotations

import gc
import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import escape
from io import StringIO

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from touchrhythm.plotting.style import WIDTH

__all__ = ["make_room", "sheet", "svg_of", "unhurried_collector"]

LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 0.7, 0.3, 0.3, 0.45, 0.78  # inches
EDGE = 0.04  # inches left free beyond the labels
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


@contextmanager
def unhurried_collector() -> Iterator[None]:
    """No search for cyclic garbage while figures are drawn: it takes a quarter of the time and finds none yet."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def make_room(figures: Iterable[Figure]) -> None:
    """Move both ends of all axes of sheets inwards, by the same amount, until no label of an axis is cut."""
    axes = [ax for figure in figures for ax in figure.axes if _is_of_sheet(ax)]
    if not axes:
        return
    needs = [_overhang(ax) for ax in axes]
    left = LEFT + max(0.0, *(before for before, _ in needs))
    right = RIGHT + max(0.0, *(after for _, after in needs))
    for ax in axes:
        place = ax.get_position()
        ax.set_position((left / WIDTH, place.y0, (WIDTH - left - right) / WIDTH, place.height))


def _is_of_sheet(ax: Axes) -> bool:
    return math.isclose(ax.get_position().x0 * WIDTH, LEFT)


def _overhang(ax: Axes) -> tuple[float, float]:
    """Inches by which the labels of the axes reach beyond the figure, on the left and on the right."""
    boxes = [box for axis in (ax.xaxis, ax.yaxis) if (box := axis.get_tightbbox()) is not None]
    dpi = _dpi_of(ax)
    left, right = min(box.x0 for box in boxes) / dpi, max(box.x1 for box in boxes) / dpi
    return EDGE - left, right + EDGE - WIDTH


def _dpi_of(ax: Axes) -> float:
    """Dots per inch of the figure that holds the axes; it has no figures inside, so its own one is the only one."""
    figure = ax.figure
    assert figure is not None
    return float(figure.dpi)


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
