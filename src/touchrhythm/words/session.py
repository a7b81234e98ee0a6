"""What is said of a session: the answer in sentences, and its four figures.

**Conventions.** Plain words, for a clinician; ``{p}`` is "p = .001", rates in cycles per minute.

- `RHYTHM` : is there a rhythm, how fast, how strong, what else
- `CONTROLS` : what a control holds
- `KEY` : the four figures
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CONTROLS", "KEY", "RHYTHM"]

RHYTHM: Mapping[str, str] = {
    "control": "Nobody was touched: this is a control with {what}.",
    "no_answer": "No answer: {reason}.",
    "nothing_given": "No rate and no p-value are given: from such a recording the filter alone would make them up.",
    "do_length": "What to do: record again, with the hand at rest for {advised} or more; at least {needed} without"
    " a break are needed.",
    "do_sensor": "What to do: see that the sensor is connected and that the right channel is analysed (on the"
    " command line --channel), then record again.",
    "do_settings": "What to do: choose a band that this sampling rate can show, or record at a higher rate.",
    "where": "{rate} cycles per minute ({interval})",
    "where_alone": "{rate} cycles per minute",
    "found_none": "There is a rhythm at {where}, which none of {n} simulated recordings without a rhythm matches"
    " ({p}).",
    "found_one": "There is a rhythm at {where}, which 1 of {n} simulated recordings without a rhythm matches ({p}).",
    "found_some": "There is a rhythm at {where}, which {k} of {n} simulated recordings without a rhythm match"
    " ({p}).",
    "edge": "The rhythm at {where} lies at the edge of the band ({p}): its interval reaches outside {band}.",
    "harmonic_2": "The peak at {where} is twice {slower} ({p}): it is most simply the second harmonic of that"
    " slower rhythm, and no rhythm of its own.",
    "harmonic_3": "The peak at {where} is three times {slower} ({p}): it is most simply the third harmonic of that"
    " slower rhythm, and no rhythm of its own.",
    "harmonic_n": "The peak at {where} is {times} times {slower} ({p}): it is most simply a harmonic of that slower"
    " rhythm, and no rhythm of its own.",
    "outside": "No rhythm was found between {low} and {high} cycles per minute: the nearest one, at {where}, lies"
    " just outside the band ({p}).",
    "none": "No rhythm can be told from noise between {low} and {high} cycles per minute ({p}).",
    "stands_out": "The rhythm stands out for {share} of the time.",
    "stands_out_beside": "The rhythm stands out for {share} of the time (noise: {median}, up to {most}).",
    "amplitude": "Its amplitude is {amplitude}.",
    "amplitude_beside": "Its amplitude is {amplitude}, beside noise of {rms} (root mean square) in the band.",
    "only_strong": "With {length} only a strong rhythm would have been found.",
    "how_many": "With {length}, a rhythm with half of the band's power would have been found in about {n} of 100"
    " recordings like this one; a weaker one may be missed.",
    "looks_like": "Recordings like this one without any rhythm, filtered the same way, look like {rate}; the count"
    " of the filtered trace is {count}.",
    "how_small": "A rhythm of more than {amplitude} (95 % bound) would have shown.",
    "nothing_else": "Nothing else stands out between {low} and {high} cycles per minute.",
    "elsewhere": "The strongest rhythm elsewhere is at {rate}, {side} the band{like}.",
    "strongest": "The strongest rhythm is at {rate}, {side} the band{like}.",
    "above": "above",
    "below": "below",
    "breathing-like": "; this is where breathing usually lies",
    "harmonic-like": "; it is most simply a harmonic of a slower one",
    "cpm_apart": "{rate} cycles per minute",
    "breathing_unused": "Breathing has a channel ({channels}), but it carries no signal that this one could be held against:"
    " a slow breath cannot be told from any other rhythm here.",
    "breathing_unknown": "None of the channels {channels} is known to be breathing; if one is, say --references NAME.",
    "no_breathing": "Breathing was not recorded, so a slow breath cannot be told from any other rhythm here.",
}

CONTROLS: Mapping[str, str] = {
    "null": "a dead weight on the sensor, so whatever is found is the apparatus",
    "unloaded": "nothing on the sensor, so whatever is found is the apparatus",
    "rigid": "the hand on a rigid object, so whatever is found is the examiner (breathing, pulse, sway) or the"
    " apparatus",
    "phantom": "the hand on a phantom, so whatever is found is its motion, the examiner or the apparatus",
    "tap-only": "taps but no hand on the sensor, so whatever is found is the tapping or the apparatus",
}

KEY: Mapping[str, str] = {
    "rhythm": "Rhythm in {low}–{high} cpm?",
    "answer_rhythm": "yes",
    "answer_edge": "at the edge",
    "answer_harmonic": "a harmonic",
    "answer_outside": "no",
    "answer_none": "no",
    "answer_no answer": "no answer",
    "as_reference": "yes, as in a reference channel",
    "p": "{p}",
    "p_no_peak": "{p}; no peak inside the band",
    "p_prominence": "{p}; {prominence} dB over the background",
    "noise_db": "noise: {median} dB, up to {most}",
    "measured": "Measured rate",
    "cpm": "{rate} cpm",
    "interval": "{interval} (95 %)",
    "filtered_noise": "filtered noise: {median} ({interval})",
    "none": "none",
    "none_shown": "none shown",
    "trace": "count of the filtered trace: {rate} cpm",
    "perceived": "Perceived rate",
    "steady": "steady tapping needs no signal",
    "interval_taps": "{interval} (95 %), {taps}",
    "one_tap": "1 tap",
    "taps": "{n} taps",
    "one_count": "1 count, ±{coarse} by counting",
    "counts": "{n} counts, ±{coarse} by counting",
    "not_assessed": "not assessed",
    "not_held": "{taps}, no usable signal to hold them against",
    "not_known": "not known",
    "few_usable": "too few taps could be used",
    "not_recorded": "not recorded",
    "nobody": "no taps, no counts",
    "no_taps": "no taps",
    "no_signal": "no usable signal",
    "agreement": "Agreement",
    "follow_of": "{n} of {all} follow",
    "apart": "{gap} cpm apart",
    "beside_rate": "count beside the measured rate",
    "beside_trace": "count beside the filtered trace",
    "not_agreement": "an equal rate is not agreement",
    "tap_follow": "taps follow",
    "tap_made": "made by tapping",
    "tap_other": "another rate",
    "tap_ratio": "another ratio",
    "tap_unrelated": "none shown",
    "tap_regular": "cannot be judged",
    "tap_few": "too few taps",
    "tap_unjudged": "cannot be judged",
    "consistency": "consistency {consistency}",
    "chance": "chance: {median}, up to {most}",
    "chance_most": "chance: consistency up to {most}",
}
