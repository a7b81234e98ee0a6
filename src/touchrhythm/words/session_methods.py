"""How was a session analysed, in the words of a paper?

**Conventions.** The field's terms: surrogates, likelihood-ratio statistic, parametric bootstrap. Free to use (CC0).

- `METHODS` : sentences of the paragraph
- `WORKS` : the works that they name
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["METHODS", "WORKS"]

METHODS: Mapping[str, str] = {
    "head": "Recordings were analysed with touchrhythm {version} (band {low}–{high} cycles per minute, level {alpha},"
    " {seed}).",
    "seed": "seed {seed}",
    "generator": "random generator given",
    "gaps": "Gaps of up to {gap} s were interpolated, longer ones and stretches without valid signal (jumps,"
    " saturation, lost contact, flat stretches) left out; the remaining segments were never joined, and those shorter"
    " than {shortest} s were not used.",
    "test": "Whether there is a rhythm in the band was tested on the multitaper spectrum (sine tapers; Riedel &"
    " Sidorenko 1995) of the decimated signal, not on band-passed data: the likelihood-ratio statistic compares the"
    " likelihood (debiased Whittle; Sykulski et al. 2019) of a smooth background with oscillations outside the band"
    " only with that of the same model with one more oscillation inside.",
    "pvalue": "The p-value is (1 + count)/(1 + surrogates) (Phipson & Smyth 2010) over {n} surrogates of the recording"
    " without a rhythm in the band (parametric bootstrap), with both models fitted anew to each, and thus allows for"
    " having searched the band.",
    "pvalue_stopped": "The p-value is (1 + count)/(1 + surrogates) (Phipson & Smyth 2010) over {n} surrogates of the"
    " recording without a rhythm in the band (parametric bootstrap; of {wanted}: more could not have changed the"
    " answer), with both models fitted anew to each, and thus allows for having searched the band.",
    "rate": "The rate is the realised mean rate, the phase advance of the whitened signal in a narrow band (Gaussian,"
    " standard deviation {width} Hz) around the peak over {duration}; its {level} % interval comes from {n} parametric"
    " bootstrap samples with a rhythm.",
    "count": "Cycles of the band-passed signal (fourth-order Butterworth, zero phase) are given beside the same count"
    " in surrogates without a rhythm.",
    "references": "References ({channels}): the band-limited signal was regressed on each reference and on what can be"
    " computed from it (of breathing its depth, second harmonic and half rate; of a pulse its baseline, height and"
    " interval), and the explained fraction held against parametric surrogates of the reference (Holm over what is"
    " computed). What goes with it was taken out with slowly changing gain and delay and one step of the gain, and the"
    " test repeated on what was left, each surrogate treated the same way.",
    "taps": "Taps were held against the phase of the band-passed signal, phases within {edge} s of an end not used"
    " ({declared}). Agreement was tested by shifting the taps as a block against the signal, with slow changes of"
    " tempo taken out (linear shift test; Harris 2020), where the record reached far enough beyond the taps, else by"
    " circular shifts and a simulated tapper; tap variability was split after Wing & Kristofferson (1973).",
    "residual": "The signal that taps were held against is what was left when all references had been taken out, as declared"
    " beforehand.",
    "not_declared": "no lag or polarity was declared beforehand",
    "declared_peak": "lags of {low} to {high} s after the signal's peak were declared beforehand",
    "declared_trough": "lags of {low} to {high} s after the signal's trough were declared beforehand",
}

WORKS: Mapping[str, str] = {
    "harris": "Harris KD (2020). A shift test for independence in generic time series. arXiv:2012.06862.",
    "phipson": "Phipson B, Smyth GK (2010). Permutation p-values should never be zero: calculating exact p-values when"
    " permutations are randomly drawn. Stat Appl Genet Mol Biol 9:39. doi:10.2202/1544-6115.1585.",
    "riedel": "Riedel KS, Sidorenko A (1995). Minimum bias multiple taper spectral estimation. IEEE Trans Signal"
    " Process 43:188–195. doi:10.1109/78.365298.",
    "sykulski": "Sykulski AM, Olhede SC, Guillaumin AP, Lilly JM, Early JJ (2019). The debiased Whittle likelihood."
    " Biometrika 106:251–266. doi:10.1093/biomet/asy071.",
    "wing": "Wing AM, Kristofferson AB (1973). Response delays and the timing of discrete motor responses. Percept"
    " Psychophys 14:5–12. doi:10.3758/BF03198607.",
}
