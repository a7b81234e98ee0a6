"""What is said of a pulse: its heart rate, its series, what limits them, and the words of its pictures.

**Conventions.** Plain words, for a clinician; heart rates in beats per minute, rates in cycles per minute.

- `PULSE` : sentences, the section of the page, its pictures
- `SERIES_NAMES`, `SERIES_SHORT` : how a series is called at the beginning of a sentence, and inside one
- `SERIES_NAMES_ECG`, `SERIES_SHORT_ECG` : those of an ECG that are called otherwise
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PULSE", "SERIES_NAMES", "SERIES_NAMES_ECG", "SERIES_SHORT", "SERIES_SHORT_ECG"]

SERIES_NAMES: Mapping[str, str] = {
    "baseline": "The baseline under the pulse",
    "height": "The height of the pulse",
    "interval": "The interval between the beats",
    "heart rate": "The heart rate",
}
SERIES_SHORT: Mapping[str, str] = {
    "baseline": "the baseline",
    "height": "the height",
    "interval": "the interval",
    "heart rate": "the heart rate",
}

SERIES_NAMES_ECG: Mapping[str, str] = {
    "baseline": "The baseline of the ECG",
    "height": "The height of the R waves",
}
SERIES_SHORT_ECG: Mapping[str, str] = {"height": "the height of the R waves"}

PULSE: Mapping[str, str] = {
    "found_none": "{series} rises and falls at {where}, which none of {n} simulated recordings without a rhythm"
    " matches ({p}{adjusted}).",
    "found_one": "{series} rises and falls at {where}, which 1 of {n} simulated recordings without a rhythm matches"
    " ({p}{adjusted}).",
    "found_some": "{series} rises and falls at {where}, which {k} of {n} simulated recordings without a rhythm match"
    " ({p}{adjusted}).",
    "adjusted": ", adjusted for {n} series",
    "none": "No rhythm can be told from noise between {low} and {high} cycles per minute in {series} of {whose}"
    " ({p}{adjusted}).",
    "heart": "The heart beats {rate} times per minute ({between} for 95 % of the beats); {good} of the beats can be"
    " used.",
    "irregular": "It is out of step: its rate is that of all beats seen, also of those that cannot be used; the slow series speak"
    " of the beats in step alone.",
    "bigeminal": "Every second beat comes early (bigeminy): its rate is that of all beats seen, also of those that cannot be used;"
    " the slow series speak of the beats in step alone.",
    "heart_alone": "{good} of the beats can be used.",
    "also": "Of the other series, {names} {hold} the same rhythm.",
    "leaks": "Of the other series, {names} {hold} the same rhythm too, by no more than {series} alone puts there where the"
    " sensor is AC-coupled.",
    "declared_leaks": "{series} shows no more of the rhythm than {names}, which {hold} it too, may put there where the sensor"
    " is AC-coupled.",
    "whose_pulse": "the pulse",
    "whose_ecg": "the ECG",
    "at_most": "at most {most} (95 % bound)",
    "between": "{size} ({low}–{high})",
    "not_found": "none found",
    "terminal_series": "{series}",
    "terminal_answers": "{series} (answers)",
    "terminal_adjusted": "adjusted {p}",
    "terminal_found": "{rate} cpm, by {size}",
    "terminal_none": "no rhythm found; {size}",
    "holds": "holds",
    "hold": "hold",
    "control_none": "No beats of a heart can be read from it, as it should be.",
    "do_pulse": "What to do: warm the skin, press lightly and evenly, keep the hand at rest, and look at the wave"
    " before recording (touchrhythm check).",
    "do_as_it_is": "What to do: analyse the channel as what it is (--signal {signal}), or choose the one that was meant"
    " (--channel).",
    "do_faster": "What to do: record the pulse faster, at 100 samples per second or more; a wave so slow holds no beats that"
    " could be timed.",
    "methods": "Beats were found as the rises of the wave between 0.5 and 6 Hz that reach 45 % of the height of the beats"
    " around, and timed where the smoothed upstroke passes half of its height. Beats of another shape (correlation with"
    " the median beat below .8) or height, at a rail or on a flat stretch, and beats that came early or were extra"
    " (Lipponen & Tarvainen 2019) were left out. What was tested of the beats ({series}) was brought to 4 Hz by monotone"
    " interpolation (Fritsch & Carlson 1980), across at most {gap} s without good beats; {adjusted}.",
    "methods_ecg": "Beats were found as bursts of energy between 8 and 20 Hz (Pan & Tompkins 1985) and timed at the crest"
    " of the R wave. Beats of another shape (correlation with the median beat below .66) or height, and beats that came"
    " early or were extra (Lipponen & Tarvainen 2019) were left out. What was tested of the beats ({series}) was brought to 4 Hz by"
    " monotone interpolation (Fritsch & Carlson 1980), across at most {gap} s without good beats; {adjusted}.",
    "methods_declared": "the series was declared beforehand",
    "methods_holm": "p-values were adjusted for the number of series (Holm 1979)",
    "work_fritsch": "Fritsch FN, Carlson RE (1980). Monotone piecewise cubic interpolation. SIAM J Numer Anal 17:238–246."
    " doi:10.1137/0717021.",
    "work_holm": "Holm S (1979). A simple sequentially rejective multiple test procedure. Scand J Stat 6:65–70.",
    "work_lipponen": "Lipponen JA, Tarvainen MP (2019). A robust algorithm for heart rate variability time series artefact"
    " correction using novel beat classification. J Med Eng Technol 43:173–181. doi:10.1080/03091902.2019.1640306.",
    "work_pan": "Pan J, Tompkins WJ (1985). A real-time QRS detection algorithm. IEEE Trans Biomed Eng 32:230–236."
    " doi:10.1109/TBME.1985.325532.",
    "section": "The pulse",
    "beats": "Beats of one minute",
    "beats_text": "One minute of the wave with its beats: {good} that can be used{bad}.",
    "beats_bad": ", {n} that cannot (crosses): {reasons}",
    "series": "Series of the pulse",
    "series_text": "Baseline, height and interval of the beats over the whole recording, each with its part between"
    " {low} and {high} cycles per minute laid over it.",
    "spectra": "Spectra of the series",
    "spectra_text": "Spectrum of each series with the best fit without a rhythm (dashed) and 95 % of the spectra without"
    " one (grey): {parts}.",
    "part_found": "{series} holds a rhythm at {rate}",
    "part_none": "{series} holds none that can be told from noise",
    "table": "The series of the pulse, each tested by itself",
    "column_series": "Series",
    "column_p": "p of its own test",
    "column_adjusted": "p adjusted",
    "column_rate": "Rate (cpm)",
    "column_modulation": "Modulation (95 %)",
    "answers": "{series} (answers)",
    "fact_rate": "Heart rate",
    "fact_rate_value": "{rate} beats per minute ({between} for 95 % of the beats)",
    "fact_beats": "Beats",
    "fact_beats_value": "{n}, of which {good} can be used",
    "fact_bad": "Not used",
    "fact_gaps": "Without a signal",
    "fact_gaps_value": "{seconds} s, in which no beats are counted",
    "fact_kind": "Taken for",
    "kind_pulse": "a pulse wave",
    "kind_ecg": "an ECG",
    "by_name": "{kind}, by its name",
    "by_settings": "{kind}, as was said",
    "by_looks": "{kind}, by its looks",
    "turned": "{taken}; it points downwards and was turned upright",
    "axis_wave": "wave",
    "axis_baseline": "baseline",
    "axis_height": "height (%)",
    "axis_interval": "interval (ms)",
    "good": "beats",
    "bad": "not used",
}
