"""What does the terminal call the estimates of a session?

- `TERMINAL` : names and cells of the block of figures
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["TERMINAL"]

TERMINAL: Mapping[str, str] = {
    "rhythm": "rhythm in {low}–{high} cpm",
    "prominence": "prominence {prominence} dB",
    "prominence_beside": "prominence {prominence} dB (noise {median}, up to {most})",
    "no_peak": "no peak inside the band",
    "count": "count of {rater}",
    "cpm": "{rate} cpm",
    "by_counting": "±{coarse} by counting",
    "beside_rhythm": "(rhythm: {rate})",
    "beside_trace": "(filtered trace: {rate})",
    "elsewhere": "strongest elsewhere",
    "in_brackets": "({what})",
    "filtered_noise": "(filtered noise: {median}, {interval})",
    "measured": "measured rate",
    "trace_only": "filtered trace only",
    "not_a_rate": "count, not a rate",
    "heart_rate": "heart rate",
    "bpm": "{rate} per min",
    "good_beats": "(good beats: {good})",
    "tap_rate": "tap rate",
    "tap_rate_of": "tap rate {rater}",
    "consistency": "phase consistency",
    "consistency_of": "phase consistency {rater}",
    "chance": "chance {median}, up to {most}",
    "seed": "seed {seed}",
    "generator": "seed: a generator was given",
    "report": "{seed}; report: {report}",
}
