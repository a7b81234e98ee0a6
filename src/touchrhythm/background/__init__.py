"""What does a recording look like without a rhythm? The spectrum model and copies drawn from it."""

from __future__ import annotations

from touchrhythm.background.model import Background, fit_background, simulate_copies

__all__ = [
    "Background",
    "fit_background",
    "simulate_copies",
]
