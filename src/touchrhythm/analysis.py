"""What does a session say? `Settings`, and `analyze`: the recipe, read aloud.

**Conventions.** `Settings` is the only home of a study's defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from touchrhythm._check import FloatArray
from touchrhythm.peaks import Peak
from touchrhythm.periodicity import PeriodicityResult
from touchrhythm.rate import RateEstimate
from touchrhythm.tapping import TapAgreement
from touchrhythm.timecourse import CycleCount, TimeCourse
from touchrhythm.validity import Quality

__all__ = ["Analysis", "CountAgreement", "Flag", "Reference", "Settings", "Traces"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that is set before a recording is analysed.

    Parameters
    ----------
    band_cpm : tuple of float, default (6.0, 12.0)
        Band (low, high) in cycles per minute.
    alpha : float, default 0.05
        Level at which a rhythm is called one.
    channel : str or int or None, default None
        Channel to analyse; None takes the first that is no reference channel or button.
    references : tuple of str or None, default None
        Reference channels (breathing, pulse); None takes those whose names say so.
    n_copies : int, default 999
        Copies without a rhythm for the test and the noise nulls.
    n_rate_copies : int, default 200
        Copies with a rhythm for the interval of the rate.
    min_duration : float, default 120.0
        Seconds; shorter segments are not used.
    short_duration : float, default 600.0
        Seconds; a shorter recording gets a warning.
    max_interpolated_gap : float, default 0.5
        Seconds; shorter gaps are interpolated, longer ones split the recording.
    edge : float, default 5.0
        Seconds at each end of a segment in which phases are not used.
    window : float, default 60.0
        Seconds of a window of the time course.
    lag_s : tuple of float or None, default None
        Lag window (low, high) in seconds, declared before the data.
    polarity : int or None, default None
        1 if taps belong to the signal's peaks, -1 to its troughs, declared before the data.
    ratio : tuple of int, default (1, 1)
        Taps to cycles (n, m), declared before the data.
    tolerance_share : float, default 1/6
        Share of the local period within which a tap hits.

    Raises
    ------
    TypeError
        On an unknown name.
    ValueError
        On a value outside its range.
    """

    band_cpm: tuple[float, float] = (6.0, 12.0)
    alpha: float = 0.05
    channel: str | int | None = None
    references: tuple[str, ...] | None = None
    n_copies: int = 999
    n_rate_copies: int = 200
    min_duration: float = 120.0
    short_duration: float = 600.0
    max_interpolated_gap: float = 0.5
    edge: float = 5.0
    window: float = 60.0
    lag_s: tuple[float, float] | None = None
    polarity: int | None = None
    ratio: tuple[int, int] = (1, 1)
    tolerance_share: float = 1 / 6


@dataclass(frozen=True)
class Flag:
    """Something that limits the answer: a stable `code`, a `severity` (1 most serious to 3), numbers.

    The words are made in `verdict`.
    """

    code: str
    severity: int
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reference:
    """What a reference channel explains of the band.

    `coherence` at `freq` (Hz) with its chance level `coherence_null`; `band_power_share_left` the
    share of the band's power left after taking out what the channel explains; `pvalue_after`
    the rhythm test on what is left.
    """

    channel: str
    kind: str
    freq: float
    coherence: float
    coherence_null: float
    band_power_share_left: float
    pvalue_after: float


@dataclass(frozen=True)
class CountAgreement:
    """A reported count beside the measured rate over the same stretch; rates and errors in cpm.

    `quantisation_cpm` is the 1.96 SD that counting whole cycles alone brings.
    """

    rater: str
    count: int
    onset: float
    duration: float
    rate_cpm: float
    quantisation_cpm: float
    measured_cpm: float
    measured_is_rhythm: bool


@dataclass(frozen=True, eq=False)
class Traces:
    """What the pictures show of the signal; nothing is computed from it.

    `time`, `low`, `high` (n_bins,): the raw channel as a min–max envelope, at most 3000 bins, NaN
    where cut. `filtered_time`, `filtered` (n_samples,): the band-passed trace at a few Hz, NaN in
    cuts. `edge_duration` is how far the filter's ringing reaches, in seconds (1 % of its peak);
    `leak_freq`, `leak_gain`: the strongest oscillation outside the band and the share of its
    amplitude that the filter lets through (NaN where there is none).
    """

    time: FloatArray
    low: FloatArray
    high: FloatArray
    filtered_time: FloatArray
    filtered: FloatArray
    edge_duration: float
    leak_freq: float
    leak_gain: float


@dataclass(frozen=True, eq=False)
class Analysis:
    """All answers about one session, with the settings and version that made them.

    Attributes
    ----------
    periodicity : PeriodicityResult or None
        None where the recording cannot answer; `reason` says why.
    rate : RateEstimate or None
        None where the test found no rhythm in the band.
    cycle_count : CycleCount or None
        Count of the filtered trace with its noise null; None only where there is no answer at all.
    time_course : TimeCourse or None
        Rate over time.
    taps, rater_pairs : tuple of TapAgreement
        Each rater against the signal; each pair of raters against one another.
    counts : tuple of CountAgreement
        Reported counts against the measured rate.
    references : tuple of Reference
        What breathing or pulse channels explain.
    quality : Quality
        What was left out of the recording, and why.
    flags : tuple of Flag
        What limits the answer, most serious first.
    reason : str
        Why there is no answer; "" where there is one.
    channel, unit, duration, fs
        The channel analysed, its unit, the recording's length in seconds and rate in Hz.
    source : mapping
        ``name`` and ``sha256`` of the input, where it was a file.
    traces : Traces or None
        What the pictures show.
    settings, seed, version
        What made this answer.
    """

    periodicity: PeriodicityResult | None
    rate: RateEstimate | None
    cycle_count: CycleCount | None
    time_course: TimeCourse | None
    taps: tuple[TapAgreement, ...]
    rater_pairs: tuple[TapAgreement, ...]
    counts: tuple[CountAgreement, ...]
    references: tuple[Reference, ...]
    quality: Quality
    flags: tuple[Flag, ...]
    reason: str
    channel: str
    unit: str
    duration: float
    fs: float
    source: Mapping[str, Any]
    traces: Traces | None
    settings: Settings
    seed: int | None
    version: str

    @property
    def peaks(self) -> tuple[Peak, ...]:
        """What stands out in 2–36 cpm, strongest first."""
        return () if self.periodicity is None else self.periodicity.peaks
