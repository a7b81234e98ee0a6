"""Is the page legible to everyone? Each kind of answer in a real browser, checked with axe-core."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from analyses import make
from touchrhythm.report.session.page import page_of

ROOT = Path(__file__).parents[2]
SEEN = (
    "rhythm",
    "none_short",
    "gaps",
    "breathing_at_8",
    "taps_do_not",
    "three_raters",
    "counts_none",
    "no_answer_no_traces",
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
LEAST_RULES = 20  # an axe that checked less than this did not see the page


def chromium() -> str:
    """Path of a Chromium, or skip; in CI its absence is a failure."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        _missing("no chromium on this machine")
    return str(found)


@cache
def axe_source() -> str:
    """Text of axe.min.js; skip, or fail in CI, where it is in none of its three places.

    They are the path in TOUCHRHYTHM_AXE, ./node_modules (npm package axe-core), and the Python
    package axe-core-python.
    """
    places = [ROOT / "node_modules" / "axe-core" / "axe.min.js"]
    if given := os.environ.get("TOUCHRHYTHM_AXE"):
        places.insert(0, Path(given))
    package = importlib.util.find_spec("axe_core_python")
    if package is not None and package.origin is not None:
        places.append(Path(package.origin).with_name("axe.min.js"))
    found = next((path for path in places if path.is_file()), None)
    if found is None:
        _missing("no axe-core on this machine")
    assert found is not None
    return found.read_text(encoding="utf-8")


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI must check the page in a browser")
    pytest.skip(reason)


def run_chromium(*arguments: str) -> str:
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [chromium(), *FLAGS, f"--user-data-dir={profile}", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    return done.stdout


def axe_results(kind: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """What axe says of a page: the page, axe inlined, and the results written into the page."""
    run = (
        "axe.run(document, {resultTypes: ['violations', 'incomplete', 'passes']}).then(function (r) {"
        " var out = document.createElement('pre'); out.id = 'axe-results';"
        " out.textContent = JSON.stringify({violations: r.violations, passes: r.passes, incomplete: r.incomplete});"
        " document.body.appendChild(out); });"
    )
    script = f"<script>{axe_source()}</script><script>{run}</script></body>"
    page = folder / f"{kind}.html"
    page.write_text(page_of(make(kind)).replace("</body>", script), encoding="utf-8")
    dom = run_chromium("--virtual-time-budget=20000", "--dump-dom", page.as_uri())
    found = re.search(r'<pre id="axe-results">(.*?)</pre>', dom, flags=re.DOTALL)
    assert found is not None, "axe did not finish"
    results: dict[str, list[dict[str, Any]]] = json.loads(unescape(found[1]))
    return results


def is_text_in_a_picture(result: dict[str, Any]) -> bool:
    """Contrast of text over a picture: axe cannot decide it, the last test here does."""
    nodes = result["nodes"]
    return result["id"] == "color-contrast" and all(
        node["html"].startswith(("<text", "<tspan")) for node in nodes
    )


@pytest.mark.parametrize("kind", SEEN)
def test_axe_finds_no_violation(kind: str, tmp_path: Path, record_property: pytest.RecordProperty) -> None:
    results = axe_results(kind, tmp_path)
    n_rules = len(results["violations"]) + len(results["passes"]) + len(results["incomplete"])
    record_property("axe_rules_run", n_rules)
    record_property("axe_rules_passed", len(results["passes"]))
    print(f"axe, {kind}: {n_rules} rules run, {len(results['passes'])} passed")
    said = [f"{one['id']}: {one['help']} {str(one['nodes'])[:300]}" for one in results["violations"]]
    assert not said, "\n".join(said)
    undecided = [one for one in results["incomplete"] if not is_text_in_a_picture(one)]
    assert not undecided, "\n".join(
        f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in undecided
    )
    assert n_rules >= LEAST_RULES


def test_axe_would_find_a_picture_without_words(tmp_path: Path) -> None:
    """A check that cannot fail is none: a page with its alternative texts taken away is refused."""
    page = page_of(make("rhythm"))
    broken = re.sub(r"<title id=.*?</title>|<desc id=.*?</desc>", "", page)
    assert broken != page
    run = (
        "axe.run(document, {}).then(r => { document.title = 'V:' + r.violations.map(v => v.id).join(' '); });"
    )
    text = broken.replace("</body>", f"<script>{axe_source()}</script><script>{run}</script></body>")
    path = tmp_path / "broken.html"
    path.write_text(text, encoding="utf-8")
    dom = run_chromium("--virtual-time-budget=20000", "--dump-dom", path.as_uri())
    title = re.search(r"<title>V:(.*?)</title>", dom)
    assert title is not None and "svg-img-alt" in title[1]


MEASURE = """
var sizes = [...document.querySelectorAll('figure svg text')].map(t => {
  var svg = t.closest('svg'), scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return parseFloat(getComputedStyle(t).fontSize) * scale; });
document.title = 'M:' + JSON.stringify({smallest: Math.min(...sizes), texts: sizes.length,
  page: document.documentElement.scrollWidth, window: window.innerWidth,
  frames: [...document.querySelectorAll('.frame')].map(f => f.scrollWidth - f.clientWidth)});
"""


@pytest.mark.parametrize("width", [390, 900])
def test_text_in_pictures_is_large_enough_on_a_phone_too(width: int, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    text = page_of(make("three_raters")).replace("</body>", f"<script>{MEASURE}</script></body>")
    path.write_text(text, encoding="utf-8")
    title = re.search(
        r"<title>M:(.*?)</title>", run_chromium(f"--window-size={width},2000", "--dump-dom", path.as_uri())
    )
    assert title is not None
    found = json.loads(unescape(title[1]))
    assert found["texts"] > 50 and found["smallest"] >= 12
    assert found["page"] <= found["window"], "pictures scroll inside their frames, the page does not"
    assert (max(found["frames"]) > 0) == (width == 390)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_in_pictures_stands_out_of_white_and_of_the_band() -> None:
    band = "#e5f1f8"  # the band's blue at a tenth over white
    for kind in SEEN:
        texts = re.findall(r"<text[^>]*>", page_of(make(kind)))
        colours = {found for text in texts for found in re.findall(r"fill: (#[0-9a-f]{6})", text)}
        for colour in colours | {"#000000"}:
            assert min(contrast(colour, "#ffffff"), contrast(colour, band)) >= 4.5, colour
