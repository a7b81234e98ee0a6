"""What does a session say? All answers about it in one `Analysis`, with what limits them.

**Conventions.** The parts keep their own units (see their modules); `to_dict` gives plain types with
stable keys. Words stand in `words`, pictures are made in `plotting`.
"""

from __future__ import annotations

import html
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from touchrhythm.analysis.drawn_traces import DrawnTraces
from touchrhythm.analysis.pulse import PulseAnswer
from touchrhythm.plain_types import to_plain
from touchrhythm.references.explained import BandSeries, Reference
from touchrhythm.rhythm.peaks import Peak
from touchrhythm.rhythm.periodicity import PeriodicityResult
from touchrhythm.rhythm.rate import RateEstimate
from touchrhythm.rhythm.timecourse import CycleCount, TimeCourse
from touchrhythm.settings import Settings
from touchrhythm.signal.artifacts import Quality
from touchrhythm.tapping.agreement import TapAgreement

__all__ = ["Analysis", "CountAgreement", "DrawnTraces", "Flag", "Reference", "Settings"]


@dataclass(frozen=True)
class Flag:
    """Something that limits the answer: a stable `code`, a `severity` (1 most serious to 3), numbers.

    Its sentence stands in `words.flags`.
    """

    code: str
    severity: int
    values: Mapping[str, Any] = field(default_factory=dict)


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
    taps_on_references : tuple of TapAgreement
        Each rater against each reference, and against what is left of the signal without it.
    references_jointly : Reference or None
        What several of them explain together, where more than one explains something.
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
    traces : DrawnTraces or None
        What the pictures show; `traces.trace` is the band-passed channel that is counted and tapped on.
    settings, seed, version
        What made this answer.
    detection_power : float
        Where no rhythm was found: how often one with half of the band's power would have been.
    about : mapping
        What a lab book would ask, as far as it is known: ``subject``, ``session``, ``examiner``, ``date``,
        ``kind``, ``device``, ``blind``, ``simulated``, and ``taps``, their number by rater, judged or not.
    pulse : PulseAnswer or None
        Beats, heart rate and series, where the channel is a pulse; `periodicity` and all after it are then about the
        series that answers, and its p-value is adjusted for the number of series tested.
    residual : BandSeries or None
        Where taps are held against what is left of the signal without its references: that, in units of the signal.
    reading : mapping
        What was understood of the file and how each thing is known, as ``inspect --json`` prints it, and the
        ``one_line`` of it; empty for a session that was no file.
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
    traces: DrawnTraces | None
    settings: Settings
    seed: int | None
    version: str
    detection_power: float = float("nan")
    about: Mapping[str, Any] = field(default_factory=dict)
    references_jointly: Reference | None = None
    taps_on_references: tuple[TapAgreement, ...] = ()
    pulse: PulseAnswer | None = None
    reading: Mapping[str, Any] = field(default_factory=dict)
    residual: BandSeries | None = None

    @property
    def peaks(self) -> tuple[Peak, ...]:
        """What stands out in 2–36 cpm, strongest first."""
        return () if self.periodicity is None else self.periodicity.peaks

    @property
    def found(self) -> bool:
        """Whether a rhythm was found in the band at the level set, that is no harmonic of a slower one."""
        return (
            self.periodicity is not None
            and self.periodicity.inside
            and self.periodicity.pvalue <= self.settings.alpha
            and self.periodicity.harmonic_of is None
        )

    def to_dict(self) -> dict[str, Any]:
        """All answers as plain types with stable keys: what ``--json`` prints.

        Numbers that do not exist are None. Traces, spectra and couplings over time are left out.
        """
        skipped = {"traces", "residual", "settings", "periodicity", "about", "pulse"}
        out = {name: to_plain(getattr(self, name)) for name in _names(self) if name not in skipped}
        for answer in (*out["references"], out["references_jointly"] or {}):
            for name in ("coupling", "series", "left", "slow", "followed"):
                answer.pop(name, None)
        out["found"] = self.found
        out["settings"] = self.settings.to_dict()
        out["pulse"] = None if self.pulse is None else self.pulse.to_dict()
        out["peaks"] = to_plain(self.peaks)
        out["periodicity"] = None
        if self.periodicity is not None:
            test = self.periodicity
            out["periodicity"] = {
                name: to_plain(getattr(test, name))
                for name in _names(test)
                if name not in ("spectrum", "peaks")
            }
        return out

    def to_frame(self) -> Any:
        """The main figures as one row of a pandas DataFrame.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        return importlib.import_module("pandas").DataFrame([self.to_row()])

    def to_row(self) -> dict[str, Any]:
        """The main figures, flat: one row of a table."""
        row: dict[str, Any] = {
            "source": self.source.get("name"),
            "channel": self.channel,
            "found": self.found,
        }
        row["reason"] = self.reason
        test, rate, count = self.periodicity, self.rate, self.cycle_count
        row["pvalue"] = None if test is None else test.pvalue
        for name in ("rate_cpm", "low_cpm", "high_cpm"):
            row[name] = None if rate is None else getattr(rate, name)
        row["cycle_count_cpm"] = None if count is None else count.rate_cpm
        row["noise_low_cpm"] = None if count is None else to_plain(count.null_cpm.low)
        row["noise_high_cpm"] = None if count is None else to_plain(count.null_cpm.high)
        for tapped in self.taps:
            for name in ("rate_cpm", "resultant", "pvalue", "lag_s"):
                row[f"taps_{tapped.rater}_{name}"] = to_plain(getattr(tapped, name))
        return row

    def __repr__(self) -> str:
        if self.periodicity is None:
            return f"Analysis({self.channel}: no answer, {self.reason})"
        head = f"p = {self.periodicity.pvalue:.3g} for a rhythm in {_band_words(self.settings)}"
        if self.rate is not None and self.found:
            tail = f"{self.rate.rate_cpm:.2f} cpm ({self.rate.low_cpm:.2f}–{self.rate.high_cpm:.2f})"
        else:
            tail = "no rate"
        return f"Analysis({self.channel}: {head}, {tail}, {len(self.taps)} raters)"

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><th scope='row' style='text-align:left'>{html.escape(str(name))}</th>"
            f"<td style='text-align:left'>{html.escape(_shown(value))}</td></tr>"
            for name, value in self.to_row().items()
            if value not in (None, "")
        )
        return f"<table><caption>{html.escape(repr(self))}</caption>{cells}</table>"


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _band_words(settings: Settings) -> str:
    return f"{settings.band_cpm[0]:g}–{settings.band_cpm[1]:g} cpm"


def _names(value: Any) -> list[str]:
    return [part.name for part in fields(value)]
