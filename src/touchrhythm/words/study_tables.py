"""What stands in each column of a study's tables? The descriptions in their sidecars.

- `SESSION_COLUMNS`, `TAP_COLUMNS`, `PAIR_COLUMNS`, `COUNT_COLUMNS` : session by session
- `ESTIMATE_COLUMNS`, `PLAN_COLUMNS` : figure by figure, and the plan line by line
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "COUNT_COLUMNS",
    "ESTIMATE_COLUMNS",
    "PAIR_COLUMNS",
    "PLAN_COLUMNS",
    "SESSION_COLUMNS",
    "TAP_COLUMNS",
]

TIMING_COLUMNS: Mapping[str, str] = {
    "ratio": "Rate of the taps over that of what they were held against.",
    "ratio_low": "Lower end of its 95 % interval.",
    "ratio_high": "Upper end of its 95 % interval.",
    "asynchrony_s": "Mean distance in seconds to the nearest cycle.",
    "asynchrony_sd_s": "Its SD in seconds.",
    "asynchrony_sd_null_low": "Lower end of what that SD is by chance (95 %).",
    "asynchrony_sd_null_high": "Upper end of what that SD is by chance (95 %).",
}
SESSION_COLUMNS: Mapping[str, str] = {
    "id": "Name of the session.",
    "subject": "Code of the person or thing that was touched.",
    "session": "Session of this subject.",
    "kind": "palpation, or a control: null, unloaded, rigid, phantom, tap-only.",
    "raters": "Codes of those who were asked to tap, separated by commas.",
    "state": "analysed, no answer, excluded, or broken.",
    "reason": "Why it is not analysed.",
    "duration": "Seconds recorded.",
    "usable": "Seconds used.",
    "fs": "Samples per second.",
    "channel": "Channel that was analysed.",
    "found": "Whether a rhythm was found in the band at the level set.",
    "pvalue": "p of the rhythm test, corrected for searching the band.",
    "rate_cpm": "Measured rate in cycles per minute, where a rhythm was found.",
    "low_cpm": "Lower end of its 95 % interval.",
    "high_cpm": "Upper end of its 95 % interval.",
    "cycle_count_cpm": "Cycles of the filtered trace per minute, in every recording.",
    "noise_low_cpm": "Lower end of what noise gives for that count (95 %).",
    "noise_high_cpm": "Upper end of what noise gives for that count (95 %).",
    "strongest_cpm": "Rate of what stands out most from the background in 2-36 cycles per minute.",
    "strongest_place": "Whether it lies in, below or above the band.",
    "n_taps": "Usable taps of all raters.",
    "flags": "Codes of what limits the answer, separated by commas.",
    "expected_cpm": "Rate that the rater expected beforehand.",
    "felt_nothing": "Whether the rater said that nothing was felt.",
    "confidence": "How sure the rater was, 0 to 1.",
    "blind": "Whether the examiner saw neither trace nor counter.",
    "truth_cpm": "True rate of a phantom, once unsealed; 0 where it stood still.",
    "tapping_s": "Seconds of announced tapping, else from the first tap to the last.",
    "breathing_cpm": "Breathing rate of the subject while there were taps, in cycles per minute; n/a where not recorded.",
    "examiner_breathing_cpm": "The same of the examiner.",
    "consent": "given, or not recorded.",
    "simulated": "Whether the recording is simulated and nobody was touched.",
    "plan_sha256": "Hash of the sealed plan in the recording's first line.",
    "sha256": "Hash of the data.",
    "digest": "Hash of all files that belong to the session.",
    "seed": "Seed of this session's surrogates, as text behind an apostrophe: other programs keep 53 of its 64 bits.",
}
TAP_COLUMNS: Mapping[str, str] = {
    "id": "Name of the session.",
    "subject": "Code of the person or thing that was touched.",
    "kind": "Kind of session.",
    "rater": "Code of the rater.",
    "n_taps": "Usable taps.",
    "n_dropped": "Taps too near to an edge or in a gap.",
    "rate_cpm": "Rate of the taps in cycles per minute.",
    "rate_low_cpm": "Lower end of its 95 % interval.",
    "rate_high_cpm": "Upper end of its 95 % interval.",
    "signal_cpm": "Rate of the filtered signal while there were taps.",
    "resultant": "Phase consistency R, the length of the mean phasor.",
    "null_high": "Upper end of what taps that do not belong reach (95 %).",
    "phase": "Angle of the mean phasor in radians, 0 at the signal's peak.",
    "lag_s": "Lag of the taps in seconds, known modulo one cycle.",
    "pvalue": "p of the session's own test.",
    "statistic": "What that test is of: R, or V where lag and polarity were declared.",
    "press_artefact_pvalue": "p of the test for a press artefact.",
    "press_artefact_ratio": "Residual above about 1 Hz at taps over that at shifted times.",
    "reason": "Why there is no p.",
    **TIMING_COLUMNS,
}
PAIR_COLUMNS: Mapping[str, str] = {
    "id": "Name of the session.",
    "subject": "Code of the person or thing that was touched.",
    "kind": "Kind of session.",
    "rater": "Code of the rater whose taps were held against the other's.",
    "other": "Code of the rater whose taps make the phase, one cycle a tap.",
    "n_taps": "Usable taps of the first.",
    "rate_cpm": "Rate of the first rater's taps in cycles per minute.",
    "other_rate_cpm": "Rate of the other's while the first tapped.",
    "resultant": "Phase consistency R of the two.",
    "null_high": "Upper end of what taps that do not belong reach (95 %).",
    "phase": "Angle of the mean phasor in radians, 0 where both tap at once.",
    "pvalue": "p of the test of the two.",
    "reason": "Why there is no p.",
    **TIMING_COLUMNS,
}
COUNT_COLUMNS: Mapping[str, str] = {
    "id": "Name of the session.",
    "subject": "Code of the person or thing that was touched.",
    "kind": "Kind of session.",
    "rater": "Code of the rater.",
    "count": "Cycles that were reported.",
    "duration": "Seconds over which they were counted.",
    "rate_cpm": "Count over minutes.",
    "quantisation_cpm": "1.96 SD of the error that counting whole cycles alone brings.",
}
ESTIMATE_COLUMNS: Mapping[str, str] = {
    "part": "What the figure is about.",
    "quantity": "Name of the figure.",
    "estimate": "Its value.",
    "ci_low": "Lower end of its 95 % interval.",
    "ci_high": "Upper end of its 95 % interval.",
    "null_low": "Lower end of what chance gives (95 %).",
    "null_high": "Upper end of what chance gives (95 %).",
    "pvalue": "p, (1 + count)/(1 + n) where it comes from n surrogates, permutations or rotations.",
    "unit": "Unit of estimate and interval.",
    "role": "primary, sensitivity, secondary or control.",
    "standing": "planned (the primary endpoint of a sealed plan that was followed), or exploratory.",
    "method": "How figure and interval were made.",
    "n_subjects": "Subjects that it rests on.",
    "n_raters": "Raters.",
    "n_sessions": "Sessions.",
}
PLAN_COLUMNS: Mapping[str, str] = {
    "line": "Line of the sealed plan.",
    "planned": "What was decided before the data.",
    "done": "What was done.",
    "followed": "followed, not followed, or to be told by the authors.",
}
