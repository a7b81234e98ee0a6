"""Do taps follow a signal, or one another, more than chance would?"""

from __future__ import annotations

from touchrhythm.tapping.agreement import TapAgreement, tap_agreement, tap_agreement_of

__all__ = [
    "TapAgreement",
    "tap_agreement",
    "tap_agreement_of",
]
