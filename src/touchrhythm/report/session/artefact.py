"""Could it be an artefact? What was looked at, and what it showed.

**Conventions.** One sentence per question, also where the question could not be asked.

- `artefact_sentences`
"""

from __future__ import annotations

from collections.abc import Iterator

from touchrhythm.analysis.results import Analysis
from touchrhythm.report.session.finding import explains, flag_values, is_apparatus_alone
from touchrhythm.report.session.flags import flag_text
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm
from touchrhythm.words.numbers import bounded, fixed, is_known, p_words, percent

__all__ = ["artefact_sentences"]


def artefact_sentences(analysis: Analysis) -> tuple[str, ...]:
    """What speaks for or against an artefact."""
    return tuple(_sentences(analysis))


def _sentences(analysis: Analysis) -> Iterator[str]:
    yield from (_pressing(taps, analysis.settings.alpha) for taps in analysis.taps)
    aliasing = [flag_text(flag, analysis) for flag in analysis.flags if flag.code == "aliasing"]
    yield from aliasing or [
        f"At {analysis.fs:g} samples per second, no warning about faster rhythms (pulse, tremor) folded into the band was raised."
    ]
    traces = analysis.traces
    if traces is not None and is_known(traces.leak_freq, traces.leak_gain):
        yield (
            f"The band filter lets through {percent(traces.leak_gain)} of the amplitude of the strongest rhythm outside"
            f" the band ({fixed(hz_to_cpm(traces.leak_freq), 1)} cpm); the test of a rhythm does not use filtered data."
        )
    for one in analysis.references:
        verdict = (
            "explains the rhythm" if explains(one, analysis.settings.alpha) else "does not explain all of it"
        )
        yield (
            f"{one.channel.capitalize()} ({one.kind}): coherence {bounded(one.coherence)} at"
            f" {fixed(hz_to_cpm(one.freq), 1)} cpm (chance up to {bounded(one.coherence_null)}),"
            f" {percent(one.band_power_fraction_left)} of the band's power left without it: {verdict}."
        )
    alone = is_apparatus_alone(analysis)
    known = alone or flag_values(analysis, "is_breathing") is not None
    if not analysis.references and not known:
        yield "No breathing or pulse channel was recorded: breathing, pulse and blood-pressure waves cannot be ruled out."
    if alone:
        yield "Nobody was touched: this recording shows what the apparatus does by itself."
        return
    yield "The apparatus itself can be ruled out only by a recording of the same sensor on a dead weight."


def _pressing(taps: TapAgreement, alpha: float) -> str:
    if not is_known(taps.press_artefact_pvalue):
        return f"Whether the sensor is shaken when {taps.rater} presses could not be tested."
    shaken = "is shaken" if taps.press_artefact_pvalue <= alpha else "shows no spectral of being shaken"
    return (
        f"The sensor {shaken} when {taps.rater} presses (fast movement {fixed(taps.press_artefact_ratio, 2)} times that at shifted"
        f" times, {p_words(taps.press_artefact_pvalue)})."
    )
