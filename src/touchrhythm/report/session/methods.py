"""How was it done, in a paragraph ready for a paper?

**Conventions.** The text may be used freely (CC0). It names only what was done to this recording.

- `methods_paragraph`, `references` : the paragraph and the works that it names
"""

from __future__ import annotations

from collections.abc import Iterator

from touchrhythm.analysis.results import Analysis
from touchrhythm.words.numbers import bounded, counted, time_words

__all__ = ["methods_paragraph", "references"]


def methods_paragraph(analysis: Analysis) -> str:
    """What was done, with the settings that were used."""
    return " ".join(_sentences(analysis))


def _sentences(analysis: Analysis) -> Iterator[str]:
    settings = analysis.settings
    low, high = settings.band_cpm
    yield (
        f"Recordings were analysed with touchrhythm {analysis.version} (band {low:g}–{high:g} cycles per minute, level"
        f" {bounded(settings.alpha)}, {_seed(analysis)})."
    )
    yield (
        f"Gaps of up to {settings.max_interpolated_gap:g} s were interpolated, longer ones and stretches without valid"
        " signal (jumps, saturation, lost contact, flat stretches) left out; the remaining segments were never joined,"
        f" and those shorter than {settings.min_duration:g} s were not used."
    )
    if analysis.periodicity is None:
        return
    yield (
        "Whether there is a rhythm in the band was tested on the multitaper spectrum (sine tapers; Riedel & Sidorenko"
        " 1995) of the decimated signal, not on band-passed data: the likelihood (debiased Whittle; Sykulski et al."
        " 2019) of a smooth background with oscillations outside the band only was compared with that of the same"
        " model with one more oscillation inside."
    )
    yield (
        f"The p-value is (1 + count)/(1 + copies) (Phipson & Smyth 2010) over"
        f" {counted(analysis.periodicity.n_surrogates, 'simulated copy', 'simulated copies')} of the recording without a"
        f" rhythm in the band{_stopped(analysis.periodicity.n_surrogates, settings.n_surrogates)}, with both models fitted anew"
        " to each, and thus allows for having searched the band."
    )
    yield from _rate_sentences(analysis)
    yield from _tap_sentences(analysis)


def _seed(analysis: Analysis) -> str:
    return "random generator given" if analysis.seed is None else f"seed {analysis.seed}"


def _stopped(made: int, wanted: int) -> str:
    """Why fewer copies were made than set."""
    return "" if made >= wanted else f" (of {wanted}: more could not have changed the answer)"


def _rate_sentences(analysis: Analysis) -> Iterator[str]:
    if analysis.rate is not None:
        yield (
            "The rate is the realised mean rate, the phase advance of the whitened signal in a narrow band"
            f" (Gaussian, standard deviation {analysis.rate.filter_width:.3g} Hz) around the peak over"
            f" {time_words(analysis.rate.duration)}; its {100 * analysis.rate.level:.0f} % interval comes from"
            f" {analysis.rate.n_surrogates} simulated copies with a rhythm."
        )
    if analysis.cycle_count is not None:
        yield (
            "Cycles of the band-passed signal (fourth-order Butterworth, zero phase) are given beside the same count in"
            " copies without a rhythm."
        )
    if analysis.references:
        names = ", ".join(reference.channel for reference in analysis.references)
        yield f"Coherence with {names} was computed at the peak, and the test repeated on what was left after taking out what is linearly explained."


def _tap_sentences(analysis: Analysis) -> Iterator[str]:
    if not analysis.taps:
        return
    settings = analysis.settings
    declared = "no lag or polarity was declared beforehand"
    if settings.lag_s is not None and settings.polarity is not None:
        side = "peak" if settings.polarity > 0 else "trough"
        declared = f"lags of {settings.lag_s[0]:g} to {settings.lag_s[1]:g} s after the signal's {side} were declared beforehand"
    yield (
        f"Taps were held against the phase of the band-passed signal, phases within {settings.edge:g} s of an end not"
        f" used ({declared}). Agreement was tested by shifting the taps as a block against the signal, with slow"
        " changes of tempo taken out (linear shift test; Harris 2020), where the record reached far enough beyond the"
        " taps, else by circular shifts and a simulated tapper; tap variability was split after Wing & Kristofferson"
        " (1973)."
    )


def references(analysis: Analysis) -> tuple[str, ...]:
    """Works that the methods paragraph names, in alphabetical order."""
    works = []
    if analysis.taps:
        works += [_HARRIS, _WING]
    if analysis.periodicity is not None:
        works += [_PHIPSON, _RIEDEL, _SYKULSKI]
    return tuple(sorted(works))


_HARRIS = "Harris KD (2020). A shift test for independence in generic time series. arXiv:2012.06862."
_PHIPSON = (
    "Phipson B, Smyth GK (2010). Permutation p-values should never be zero: calculating exact p-values when"
    " permutations are randomly drawn. Stat Appl Genet Mol Biol 9:39. doi:10.2202/1544-6115.1585."
)
_RIEDEL = (
    "Riedel KS, Sidorenko A (1995). Minimum bias multiple taper spectral estimation. IEEE Trans Signal Process"
    " 43:188–195. doi:10.1109/78.365298."
)
_SYKULSKI = (
    "Sykulski AM, Olhede SC, Guillaumin AP, Lilly JM, Early JJ (2019). The debiased Whittle likelihood. Biometrika"
    " 106:251–266. doi:10.1093/biomet/asy071."
)
_WING = (
    "Wing AM, Kristofferson AB (1973). Response delays and the timing of discrete motor responses. Percept Psychophys"
    " 14:5–12. doi:10.3758/BF03198607."
)
