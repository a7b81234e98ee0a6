"""How was it done, in a paragraph ready for a paper?

**Conventions.** The text may be used freely (CC0). It names only what was done to this recording.

- `methods_paragraph`, `references` : the paragraph and the works that it names
"""

from __future__ import annotations

from collections.abc import Iterator

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.pulse import methods_words
from touchrhythm.settings import Settings
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, time_words
from touchrhythm.words.session_methods import METHODS, WORKS

__all__ = ["methods_paragraph", "references"]


def methods_paragraph(analysis: Analysis) -> str:
    """What was done, with the settings that were used."""
    return " ".join(_sentences(analysis))


def _sentences(analysis: Analysis) -> Iterator[str]:
    settings, test = analysis.settings, analysis.periodicity
    low, high = (f"{end:g}" for end in settings.band_cpm)
    seed = (
        say(METHODS, "generator") if analysis.seed is None else say(METHODS, "seed", seed=str(analysis.seed))
    )
    alpha = bounded(settings.alpha)
    yield say(METHODS, "head", version=analysis.version, low=low, high=high, alpha=alpha, seed=seed)
    yield from methods_words(analysis)[0]
    if (
        test is not None or analysis.traces is not None or analysis.quality.cuts
    ):  # else nothing was looked for
        gap, shortest = f"{settings.max_interpolated_gap:g}", f"{settings.min_duration:g}"
        yield say(METHODS, "gaps", gap=gap, shortest=shortest)
    if test is None:
        return
    yield say(METHODS, "test")
    if test.n_surrogates >= settings.n_surrogates:
        yield say(METHODS, "pvalue", n=test.n_surrogates)
    else:
        yield say(METHODS, "pvalue_stopped", n=test.n_surrogates, wanted=settings.n_surrogates)
    yield from _rate_sentences(analysis)
    if analysis.taps:
        yield say(METHODS, "taps", edge=f"{settings.edge:g}", declared=_declared(settings))
        if settings.taps_against == "residual":
            yield say(METHODS, "residual")


def _rate_sentences(analysis: Analysis) -> Iterator[str]:
    rate = analysis.rate
    if rate is not None:
        yield say(
            METHODS,
            "rate",
            width=f"{rate.filter_width:.3g}",
            duration=time_words(rate.duration),
            level=f"{100 * rate.level:.0f}",
            n=rate.n_surrogates,
        )
    if analysis.cycle_count is not None:
        yield say(METHODS, "count")
    if analysis.references:
        channels = ", ".join(reference.channel for reference in analysis.references)
        yield say(METHODS, "references", channels=channels)


def _declared(settings: Settings) -> str:
    if settings.lag_s is None or settings.polarity is None:
        return say(METHODS, "not_declared")
    low, high = (f"{lag:g}" for lag in settings.lag_s)
    code = "declared_peak" if settings.polarity > 0 else "declared_trough"
    return say(METHODS, code, low=low, high=high)


def references(analysis: Analysis) -> tuple[str, ...]:
    """Works that the methods paragraph names, in alphabetical order."""
    tapped = ("harris", "wing") if analysis.taps else ()
    tested = ("phipson", "riedel", "sykulski") if analysis.periodicity is not None else ()
    works = [say(WORKS, name) for name in (*tapped, *tested)]
    return tuple(sorted([*works, *methods_words(analysis)[1]]))
