"""What limits an answer, and what was looked at: the sentences of flags, checks and artefacts.

**Conventions.** One sentence per code of `analysis.flags`; rates and bands in cpm.

- `FLAGS` : by the code of the flag
- `CUTS` : what was left out, by the label of the cut
- `CHECKS` : what was looked at in this recording, and what it showed
- `ARTEFACT` : what speaks for or against an artefact
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ARTEFACT", "CHECKS", "CUTS", "FLAGS"]

FLAGS: Mapping[str, str] = {
    "made_by_tapping": "The rhythm is there only while {rater} taps, with {ratio} times the power of the margins, which have no"
    " more than noise has; pressing or leaning at each tap makes such a rhythm, and the taps then follow it.",
    "is_alias": "The rhythm lies where {source} is folded to by sampling ({arithmetic}): by its rate it cannot be told from"
    " that, unless the sensor takes it out before sampling.",
    "may_be_alias": "Sampling would fold {source} to just this rate ({arithmetic}): only a filter before sampling rules it out.",
    "multiple": "The rhythm lies at {times} times a slower one at {of} cpm that stands out too, and may be a harmonic of it.",
    "aliasing": "At {fs} samples/s, faster rhythms would appear inside the band unless the sensor takes them out before"
    " sampling: {sources}.",
    "bad_beats": "{fraction} of the beats cannot be used ({reasons}).",
    "bridged": "The series that answers was led across {seconds} s without good beats, never more than {longest} s at a time.",
    "folded_breath": "The heart samples this series: what is faster than {nyquist} per minute, half of its rate, is"
    " folded, and a breath of {folded} per minute would show in the band.",
    "folded_reference": "The beats of the heart, which sample this series, fold the channel {channel} to where the rhythm"
    " lies ({arithmetic} per minute).",
    "pulse_looks": "Nobody said what the channel {channel} holds: by its looks it was taken for {called} (--signal"
    " {signal} says so, --signal force the contrary).",
    "beats_like_pulse": "The channel {channel} was analysed as a force, and may be {called} by its looks (--signal {signal} finds its"
    " beats and tests what they carry).",
    "band_changed": "The band was set to {band} cpm instead of {usual_band}: the answer holds only if it was"
    " chosen before the data were seen.",
    "control": "A control session ({kind}): its answer says nothing about a person.",
    "counts_coarse": "The count of {rater} is coarse: counting whole cycles can be wrong by ±{quantisation} cpm by"
    " itself.",
    "edge": "The interval of the rhythm ({interval} cpm) reaches outside the band {set_band} cpm.",
    "no_residual": "The taps were to be held against what is left of the signal without its reference channels, but no such"
    " channel could be taken out: they were not judged.",
    "few_taps": "Only {n} taps of {rater} could be used: too few to judge agreement.",
    "few_taps_one": "Only 1 tap of {rater} could be used: too few to judge agreement.",
    "harmonic": "The peak in the band is probably a harmonic of a slower rhythm at {of} cpm.",
    "import_notes": "On reading the file: {sentences}.",
    "is_breathing": "The channel analysed, {channel}, is breathing by its name: a rhythm in it is the breath.",
    "leak": "The filter lets through {gain} of the amplitude of the rhythm at {rate} cpm, outside the band: the"
    " filtered trace shows some of it.",
    "leakage": "The sensor is shaken when {rater} presses ({pvalue}): agreement of these taps with the signal may"
    " come from the button itself.",
    "left_out": "{seconds} s of {total} s ({part}) left out: {kinds}.",
    "n_surrogates": "Only {n} simulated recordings without a rhythm: p moves in steps of {step}, none smaller is"
    " possible.",
    "no_breathing": "Breathing was not recorded, so a slow breath cannot be told from any other rhythm here.",
    "no_breathing_unused": "Breathing has a channel ({unused}), but it carries no signal that this one could be held against:"
    " a slow breath cannot be told from any other rhythm here.",
    "no_breathing_unknown": "None of the channels {unknown} is known to be breathing; if one is, say --references"
    " NAME. Until then a slow breath cannot be told from any other rhythm here.",
    "no_loss_detection": "The sketch printed numbers without checksum or counter: samples that were lost or garbled"
    " on the way may not have been noticed.",
    "no_margins": "Too little signal before and after the taps of {rater} (2 min on either side is advised): a"
    " weaker test of agreement was used, and whether the tapping itself makes a rhythm cannot be told.",
    "nonstationary": "The noise changes over time ({share} of the recording differs from the rest): the test"
    " allows for slow changes of its power, not of its colour.",
    "outside": "The nearest rhythm, at {rate} cpm, lies outside the band {set_band} cpm.",
    "plan_absent": "No plan was sealed before the data: band, level and test may have been chosen after looking.",
    "plan_unchecked": "The recording carries the hash of a plan sealed before it ({sha256}…); whether this"
    " analysis follows that plan was not checked.",
    "ratio": "{rater} taps {ratio} times per cycle, where {declared} was set beforehand; other ratios are not"
    " tested, as one of several fits by chance too often.",
    "reference_explains": "The channel {channel} shares the rhythm (without it {left} of the band's power is left): what was"
    " measured under the hand may be just that.",
    "reference_part": "The channel {channel} was there for {share} of the time analysed (missing or stuck at one value for the"
    " rest): what is said of it rests on that time alone.",
    "untried_multiple": "The rhythm lies at {many} the rate of the channel {channel} ({arithmetic}), and whether it goes with"
    " that was not tried: it may be no rhythm of its own.",
    "reference_unused": "The reference channel {channel} could not be held against the signal: it never varies, or not where"
    " the signal can be used.",
    "short": "Short: {duration} min of usable signal, where {needed} or more is advised; a weak rhythm may be"
    " missed and the rate is less certain.",
    "strong_neighbour": "The rhythm at {rate} cpm stands {prominence} dB above the background: beside one so"
    " strong, the test takes 7 to 8 of 100 recordings without a rhythm for one with, not 5.",
    "tests": "{n} tests of agreement made; the more there are, the sooner one falls below the level by chance.",
    "timing_host": "Samples were timed by the computer on arrival, not by the device: rates and lags are less"
    " certain.",
}

CUTS: Mapping[str, str] = {
    "gap": "no data",
    "jump": "jumps",
    "spike": "spikes",
    "no contact": "lost contact",
    "flat": "flat stretches",
    "saturated": "saturation",
    "no beats": "stretches without good beats",
    "too short": "stretches too short to be used",
    "kind_and_time": "{kind} ({time})",
    "more_names": "{names} and {n} more",
}

CHECKS: Mapping[str, str] = {
    "length": "Length: {usable} min usable; {needed} or more is advised.",
    "length_refused": "Length and signal: {reason}.",
    "cuts": "Gaps, jumps, saturation, lost contact and flat stretches: {seconds} s left out ({kinds}).",
    "cuts_none": "Gaps, jumps, saturation, lost contact and flat stretches: none.",
    "cuts_not_run": "Gaps, jumps, saturation, lost contact and flat stretches: not looked for, as the signal holds"
    " nothing that varies.",
    "timing": "How the samples were timed: {timing}.",
    "timing_sampling_rate": "How the samples were timed: only a sampling rate was given, so lost samples would not"
    " be noticed.",
    "no_answer": "Not made, as there is no answer that they could limit: checks of the edges of the band, harmonics,"
    " strong rhythms beside the band, changes of the noise, and breathing and other reference channels.",
    "aliasing": "Faster rhythms (pulse, tremor, mains) folded into the band by slow sampling: possible, see above.",
    "aliasing_none": "Faster rhythms (pulse, tremor, mains) folded into the band by slow sampling: none of the usual ones"
    " at {fs} samples per second.",
    "edge": "The edges of {set_band} cpm: the rhythm reaches over one.",
    "edge_outside": "The edges of {set_band} cpm: the nearest rhythm lies outside.",
    "edge_none": "The edges of {set_band} cpm: no rhythm at or just outside one.",
    "harmonic": "Harmonics of slower rhythms: the peak in the band is one.",
    "harmonic_none": "Harmonics of slower rhythms: the rhythm in the band is none.",
    "harmonic_not_run": "Harmonics of slower rhythms: not asked, as no rhythm was found in the band.",
    "neighbour": "Rhythms beside the band so strong that they disturb the test: one, {prominence} dB above the"
    " background.",
    "neighbour_weak": "Rhythms beside the band so strong that they disturb the test: none, the strongest is"
    " {prominence} dB above the background.",
    "neighbour_none": "Rhythms beside the band so strong that they disturb the test: none stands out at all.",
    "noise": "Changes of the noise over time: {share} of the recording differs from the rest.",
    "noise_steady": "Changes of the noise over time: none that were found.",
    "surrogates": "Number of simulated recordings without a rhythm: {n}.",
    "references": "Breathing and other reference channels: compared with {channels}.",
    "references_none": "Breathing and other reference channels: none was recorded that could be compared.",
    "references_alone": "Breathing and other reference channels: not needed, nobody was there.",
    "references_itself": "Breathing and other reference channels: the channel analysed is breathing itself.",
    "plan_absent": "A plan made before the data: none was sealed.",
    "plan_unchecked": "A plan made before the data: the recording carries the hash of one; whether it was followed"
    " was not checked.",
    "press": "Whether pressing the button shakes the sensor: {rater}, {pvalue}.",
    "press_not_run": "Whether pressing the button shakes the sensor: could not be tested for {rater}.",
    "counts": "How coarse the reported counts are: ±{quantisation} cpm at the most.",
}

ARTEFACT: Mapping[str, str] = {
    "press": "The sensor {shaken} when {rater} presses (fast movement {ratio} times that at shifted times,"
    " {pvalue}).",
    "is_shaken": "is shaken",
    "is_not_shaken": "shows no sign of being shaken",
    "press_not_run": "Whether the sensor is shaken when {rater} presses could not be tested.",
    "aliasing_none": "At {fs} samples per second, none of the usual faster rhythms (pulse, tremor, mains) would be folded"
    " into the band.",
    "leak": "The band filter lets through {gain} of the amplitude of the strongest rhythm outside the band"
    " ({rate} cpm); the test of a rhythm does not use filtered data.",
    "reference": "The channel {channel} ({kind}): {verdict}; coherence {coherence} at {rate} cpm (chance up to {chance}), {left} of"
    " the band's power left without it.",
    "reference_unasked": "The channel {channel} ({kind}): coherence {coherence} at {rate} cpm (chance up to {chance}); no rhythm"
    " was found that it could explain.",
    "kind_unknown": "of unknown kind",
    "explained": "explains the rhythm",
    "both": "explains part, and a rhythm of its own is left",
    "own": "does not go with the rhythm",
    "cannot be told": "cannot be told from the rhythm, or told to make it",
    "no_breathing": "No breathing channel was recorded: breathing cannot be ruled out.",
    "no_reference": "No breathing or pulse channel was recorded: breathing, pulse and blood-pressure waves cannot"
    " be ruled out.",
    "alone": "Nobody was touched: this recording shows what the apparatus does by itself.",
    "apparatus": "The apparatus itself can be ruled out only by a recording of the same sensor on a dead weight.",
}
