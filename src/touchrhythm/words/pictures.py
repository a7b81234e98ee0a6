"""What do the pictures of a session show, and what is written in them?

- `PICTURES` : titles and texts beside the pictures, for those who cannot see them too
- `LABELS` : axes and legends inside them
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["LABELS", "PICTURES"]

PICTURES: Mapping[str, str] = {
    "timeline": "Parts of the recording that were used",
    "used": "{used} of {length} used",
    "nothing_used": "Nothing of {length} could be used.",
    "nothing_used_cut": "Nothing of {length} could be used; left out: {parts}.",
    "nothing_cut": "Nothing was cut out; {used}.",
    "nothing_cut_blocks": "Nothing was cut out; {used}, as many whole blocks of the test as fit.",
    "cut": "{used}; left out: {parts}.",
    "cut_one": "{label} (1 stretch, {time})",
    "cut_many": "{label} ({n} stretches, {time})",
    "signal": "Signal",
    "signal_filtered": "Signal and filtered trace",
    "channel": "Channel {channel} over {length}",
    "channel_range": "Channel {channel} over {length}, between {low} and {high}",
    "series_over": "{series} of channel {channel} over {length}, between {low} and {high}",
    "signal_alone": "{channel}.",
    "signal_and_trace": "{channel}, and below it the trace filtered to the band, for looking only: a filter makes"
    " any noise look rhythmic.{leak}{taps}",
    "leak": " The filter lets through {gain} of the amplitude of the rhythm at {rate}, outside the band.",
    "one_marked": " 1 tap of {rater} marked.",
    "marked": " {n} taps of {rater} marked.",
    "zoom": "One minute of the signal, twice",
    "zoom_text": "Signal and filtered trace over one minute where the filtered trace is of typical size, and over"
    " one minute where it is smallest or the signal is broken.",
    "zoom_text_taps": "Signal and filtered trace over one minute where the filtered trace is of typical size, and"
    " over one minute where it is smallest or the signal is broken; taps are marked.",
    "reference": "The reference that decides",
    "reference_text": "{what}, filtered to the band (dark), beside the signal filtered to it (blue), both in standard deviations;"
    " and how the signal follows it about {rate}: gain and delay in stretches of about a minute, dots open where the two hardly"
    " go together (coherence below .5). {verdict}",
    "reference_explained": "That is what the rhythm is: without it nothing stands out.",
    "reference_both": "The signal follows it, and beside it there is a rhythm of its own.",
    "reference_own": "The signal was not shown to follow it.",
    "reference_cannot be told": "Whether the rhythm is that cannot be told from this recording.",
    "spectrum": "Spectrum",
    "spectrum_text": "Spectrum from {low} to {high} cycles per minute, band {band}. {finding} {other}{bent}{pointwise}",
    "peak_rhythm": "The rhythm at {rate} stands {prominence} dB above the background beside it ({p}).",
    "peak_edge": "The rhythm at {rate} stands {prominence} dB above the background beside it, at the edge of the"
    " band.",
    "peak_harmonic": "The peak at {rate} in the band is a harmonic of a slower one.",
    "peak_outside": "The nearest peak, at {rate}, lies outside the band.",
    "peak_none": "No peak in the band stands out more than peaks do without a rhythm ({p}).",
    "nothing_else": "Nothing else stands out.",
    "elsewhere": "The strongest elsewhere is at {rate} ({side} the band).",
    "elsewhere_named": "The strongest elsewhere is at {rate} ({label}, {side} the band).",
    "above": "above",
    "below": "below",
    "bent": " The dashed line is the best fit without a rhythm in the band: it bends up where one is, so the peak"
    " stands less high above it than above the background.",
    "pointwise": " The grey band holds 95 % of the spectra without a rhythm, each frequency by itself: one in twenty"
    " leaves it by chance.",
    "rate": "Rate over time",
    "of_rhythm": "The rate of the measured rhythm in windows of {window} s",
    "of_trace": "The rate of the filtered trace, in which no rhythm was shown, in windows of {window} s",
    "runs": "{what} runs from {low} to {high} cycles per minute",
    "rate_text": "{what}.",
    "rate_share": "{what}. The rhythm stands out for {share} of the time.",
    "rate_share_beside": "{what}. A rhythm stands out for {share} of the time; in noise for {median}, up to {most}.",
    "phases": "Phases of the taps",
    "no_phases": "{rater}: {n} taps, no phases.",
    "phases_text": "{rater}: {n} taps with a phase consistency of {consistency}{chance}: {verdict}{lag}.",
    "chance": ", chance {low} to {high}",
    "verdict_follow": "more than chance",
    "verdict_unrelated": "no more than chance",
    "not_judged": "not judged",
    "on_average": "; on average {lag}",
    "circle": " The circle is one cycle of the signal; the arrow is the mean of all taps; the grey disc ends where"
    " the middle 95 % of chance ends.",
    "asynchrony": "Asynchronies and tap rate over time",
    "taps_at": "{rater} taps {rate} times per minute",
    "taps_at_between": "{rater} taps {rate} times per minute ({interval})",
    "asynchrony_text": "{taps}{off}{chance}.",
    "after_peak": ", on average {time} s after the nearest peak, standard deviation {sd} s",
    "before_peak": ", on average {time} s before the nearest peak, standard deviation {sd} s",
    "chance_sd": " (chance {median} s, from {low})",
}

LABELS: Mapping[str, str] = {
    "time": "time (min:s)",
    "nothing_used": "nothing could be used",
    "named": "{name} ({unit})",
    "band_axis": "{low}–{high} cpm",
    "ringing": "filter still ringing",
    "taps": "taps {rater}",
    "signal": "signal",
    "in_sd": "SD",
    "filtered": "filtered to the band",
    "typical": "typical minute, {start}–{stop}",
    "worst": "worst minute, {start}–{stop}",
    "gain": "gain",
    "delay_s": "delay (s)",
    "interval": "95 %",
    "stands_out": "stands out",
    "does_not": "does not",
    "measured_rate": "measured rate",
    "without_break": "without a break",
    "rate": "rate (cycles per minute)",
    "rate_cpm": "rate (cpm)",
    "band": "band {low}–{high}",
    "null": "95 % without a rhythm",
    "background": "best fit without one",
    "spectrum": "spectrum",
    "frequency": "cycles per minute",
    "density": "power density ({unit}²/Hz)",
    "units": "units",
    "in_band": "{rate}, in the band",
    "outside": "{rate}, outside the band",
    "outside_named": "{label}, {rate}, outside the band",
    "peak": "peak",
    "falling": "falling",
    "trough": "trough",
    "rising": "rising",
    "chance": "chance",
    "consistency": "{rater}: consistency {consistency}, {verdict}",
    "not_judged": "not judged",
    "after_peak": "after the peak (s)",
    "rhythm_interval": "measured rhythm, 95 %",
    "trace_interval": "filtered trace, 95 %",
    "rhythm": "measured rhythm",
    "trace": "filtered trace",
}
