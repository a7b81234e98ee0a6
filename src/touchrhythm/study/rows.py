"""What is kept of each session of a study? One small row, without traces.

**Conventions.** Rates in cpm, times in seconds, phases in radians (0 = the signal's peak, or trough
where that was declared). NaN where there is no number; in plain form None.

- `SessionRow`, `CountRow` : the rows
- `TapRow`, `ReferenceTapRow`, `PairRow` : rows of taps, by what they were held against, each a `RowOfTaps`
- `row_to_plain`, `row_from_plain` : to JSON and back, without loss
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from touchrhythm.analysis.references import MOST_OF_IT
from touchrhythm.estimates import NAN
from touchrhythm.plain_types import to_plain

__all__ = [
    "NO_PHASE",
    "STATES",
    "CountRow",
    "PairRow",
    "ReferenceTapRow",
    "RowOfTaps",
    "SessionRow",
    "TapRow",
    "row_from_plain",
    "row_to_plain",
]

NO_PHASE = 255  # code of a missing phase in `phase_bytes`; a cycle has that many steps
STATES = ("analysed", "no answer", "excluded", "broken")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOfTaps:
    """What one rater's taps give, whatever they were held against; fields as in `TapAgreement`.

    `phase` is the angle of the mean phasor, whose length is `resultant`; `asynchrony_s` the mean distance to the
    nearest cycle.
    """

    rater: str
    n_taps: int
    resultant: float
    phase: float
    pvalue: float
    reason: str
    null_high: float = NAN
    rate_cpm: float = NAN
    ratio: float = NAN
    ratio_low: float = NAN
    ratio_high: float = NAN
    asynchrony_s: float = NAN
    asynchrony_sd_s: float = NAN
    asynchrony_sd_null_low: float = NAN
    asynchrony_sd_null_high: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class TapRow(RowOfTaps):
    """One rater's taps against the signal of a session.

    `signal_cpm` is the rate of the filtered signal while there were taps.
    """

    n_dropped: int
    rate_low_cpm: float
    rate_high_cpm: float
    signal_cpm: float
    lag_s: float
    statistic: str
    press_artefact_pvalue: float
    press_artefact_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceTapRow(RowOfTaps):
    """One rater's taps against a reference channel of a session, or what is left of the signal without it.

    `kind`, `person` : what the channel is ("breathing", "pulse" or "") and whose; `series` of a pulse; `is_left`
    whether the taps were held against what is left of the signal without the channel; `other_rate_cpm` the rate of
    what they were held against, while there were taps.
    """

    channel: str
    kind: str
    person: str
    series: str
    is_left: bool
    other_rate_cpm: float = NAN


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow(RowOfTaps):
    """Two raters of one session: the taps of `rater` against the phase of those of `other`."""

    other: str
    other_rate_cpm: float = NAN


@dataclass(frozen=True, slots=True)
class CountRow:
    """A count that a rater reported, with the seconds it was taken over."""

    rater: str
    count: int
    duration: float
    rate_cpm: float


@dataclass(frozen=True, slots=True)
class SessionRow:
    """What a study keeps of one session.

    Attributes
    ----------
    id, subject, session, kind : str
        What it is called, and which kind of session it is.
    raters : tuple of str
        Who was asked to tap, also where nobody did.
    state, reason : str
        One of `STATES`, and why it is not "analysed".
    duration, usable, fs : float
        Seconds recorded and used; sampling rate in Hz.
    series, heart_rate_bpm, good_beats
        Of a pulse: the declared series, the heart rate in beats per minute, and the fraction of beats that can be used.
    found, pvalue, rate_cpm, low_cpm, high_cpm
        The rhythm test and the rate, which is NaN where no rhythm was found.
    cycle_count_cpm, noise_low_cpm, noise_high_cpm
        Count of the filtered trace beside what noise gives.
    strongest_cpm, strongest_place
        What stands out most in 2–36 cpm, and where it lies: "in", "below" or "above" the band.
    reference, reference_verdict : str
        The channel that says what makes the rhythm (several joined by " + "), and its word, as in
        `Reference.verdict`; "" where no rhythm was found or no reference was judged.
    reference_time_fraction : float
        For which fraction of the time analysed the references were there that this word rests on; of several the least.
    untried_multiple : str
        Of a rhythm of its own: the product that makes it a multiple of a breathing's rate which was not tried, such as
        "3 × 2.7 = 8.1"; "" for none.
    own_rate_cpm, own_low_cpm, own_high_cpm : float
        Rate of the rhythm that is left without it.
    made_by_tapping : bool or None
        Whether the rhythm is there only while somebody taps; None where that cannot be told.
    made_by_tapping_pvalue : float
        Of the test that tells; of several raters the one who made it, else the smallest.
    channels : tuple of str
        Names of all channels of the recording; empty where it could not be read.
    misfits : tuple of (str, str)
        Settings that it cannot follow, and their values, such as ("channel", "forse").
    flags, import_notes : tuple of str
        Codes of what limits the answer; what was unusual on reading.
    taps, on_references, too_few, pairs, counts
        The taps of each rater, against the signal and against each reference; raters whose taps were too few, as (rater, number, why); pairs of
        raters; counts.
    expected_cpm, felt_nothing, confidence
        What the rater expected before, and answered after.
    blind : bool or None
        Whether the examiner saw neither trace nor counter; None where it was not recorded.
    truth_cpm : float
        Of a phantom whose truth was unsealed; 0 where it stood still.
    tapping_s : float
        Seconds of announced tapping, else from the first tap to the last.
    breathing_cpm, examiner_breathing_cpm : float
        How fast subject and examiner breathed while there were taps, where it was recorded.
    plan_sha256, phantom_sha256 : str
        Hashes in the recording, "" where there are none.
    consent : str
        "given", or "not recorded".
    simulated : bool
        Whether the recording says of itself that nobody was touched.
    sha256, digest : str
        Hash of the data; of all files that belong to the session.
    seed : int
        Seed of this session's noise copies.
    onset, phase_bytes, phase_fs
        Taps in seconds and phase of the signal in 1/255 cycles, base64, at `phase_fs` Hz: what the
        swap of sessions needs; left empty in large studies.
    """

    id: str
    subject: str
    session: str
    kind: str
    raters: tuple[str, ...]
    state: str
    reason: str = ""
    duration: float = NAN
    usable: float = NAN
    fs: float = NAN
    channel: str = ""
    series: str = ""
    heart_rate_bpm: float = NAN
    good_beats: float = NAN
    found: bool = False
    pvalue: float = NAN
    rate_cpm: float = NAN
    low_cpm: float = NAN
    high_cpm: float = NAN
    cycle_count_cpm: float = NAN
    noise_low_cpm: float = NAN
    noise_high_cpm: float = NAN
    strongest_cpm: float = NAN
    strongest_place: str = ""
    reference: str = ""
    reference_verdict: str = ""
    reference_time_fraction: float = NAN
    untried_multiple: str = ""
    own_rate_cpm: float = NAN
    own_low_cpm: float = NAN
    own_high_cpm: float = NAN
    made_by_tapping: bool | None = None
    made_by_tapping_pvalue: float = NAN
    channels: tuple[str, ...] = ()
    misfits: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()
    import_notes: tuple[str, ...] = ()
    taps: tuple[TapRow, ...] = ()
    on_references: tuple[ReferenceTapRow, ...] = ()
    too_few: tuple[tuple[str, int, str], ...] = ()
    pairs: tuple[PairRow, ...] = ()
    counts: tuple[CountRow, ...] = ()
    expected_cpm: float = NAN
    felt_nothing: bool | None = None
    confidence: float = NAN
    blind: bool | None = None
    truth_cpm: float = NAN
    tapping_s: float = NAN
    breathing_cpm: float = NAN
    examiner_breathing_cpm: float = NAN
    plan_sha256: str = ""
    phantom_sha256: str = ""
    consent: str = "not recorded"
    simulated: bool = False
    sha256: str = ""
    digest: str = ""
    seed: int = 0
    onset: tuple[float, ...] = ()
    phase_bytes: str = ""
    phase_fs: float = NAN

    @property
    def has_rhythm(self) -> bool:
        """Whether a rhythm was found that the tapping itself did not make, as far as that can be told."""
        return self.found and not self.made_by_tapping

    @property
    def rests_on_part(self) -> bool:
        """Whether the word of the reference rests on so little of the time that the rest may hold another maker."""
        return self.reference_time_fraction < MOST_OF_IT

    @property
    def rhythm_cpm(self) -> float:
        """Rate of that rhythm; NaN where there is none."""
        return self.rate_cpm if self.has_rhythm else NAN


_PARTS: Mapping[str, type] = {
    "taps": TapRow,
    "on_references": ReferenceTapRow,
    "pairs": PairRow,
    "counts": CountRow,
}


def row_to_plain(row: Any) -> dict[str, Any]:
    """A row as plain types that JSON holds; NaN becomes None."""
    plain: dict[str, Any] = to_plain(row)
    return plain


def row_from_plain(plain: Mapping[str, Any]) -> SessionRow:
    """The row that `row_to_plain` made plain.

    >>> row = SessionRow("a", "S01", "01", "palpation", ("E01",), "analysed", rate_cpm=8.1)
    >>> again = row_from_plain(row_to_plain(row))
    >>> again.rate_cpm, again.low_cpm, again.raters
    (8.1, nan, ('E01',))
    """
    return SessionRow(**_values(SessionRow, plain))


def _values(kind: type, plain: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields(kind):
        value = plain[field.name]
        if value is None and field.type == "float":
            value = NAN
        elif field.name in _PARTS and kind is SessionRow:
            value = tuple(_PARTS[field.name](**_values(_PARTS[field.name], part)) for part in value)
        elif isinstance(value, list):
            value = tuple(tuple(part) if isinstance(part, list) else part for part in value)
        values[field.name] = value
    return values
