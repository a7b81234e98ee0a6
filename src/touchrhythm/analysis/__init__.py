"""One recording from data to answer: the settings, the recipe, the result."""

from __future__ import annotations

from touchrhythm.analysis.recipe import analyze
from touchrhythm.analysis.results import Analysis
from touchrhythm.settings import Settings

__all__ = [
    "Analysis",
    "Settings",
    "analyze",
]
