"""What is set before a recording is analysed? `Settings`, the only home of a study's defaults.

**Conventions.** Rates in cpm, times in seconds, forces in grams.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from touchrhythm.units import hz_to_cpm

SIGNALS = ("force", "pulse", "ecg")
SERIES = ("baseline", "height", "interval")
TAPS_AGAINST = ("signal", "residual")

__all__ = ["BAND_CPM", "FEWEST_TAPS", "MAX_FORCE_G", "Settings"]

BAND_CPM: tuple[float, float] = (6.0, 12.0)  # of a study that sets none
FEWEST_TAPS = 5  # usable taps from which on anything is said of them
MAX_FORCE_G = 30.0  # above which an examiner is told to press less, where nothing else is asked for


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
        Reference channels, of any kind; None takes those whose names say that they are breathing or a pulse, beside a
        pulse those that breathe and the pulses of other people.
    signal : str or None, default None
        What the channel is: "force", "pulse" (a pulse wave) or "ecg"; None: what its name or its file says, else what
        it looks like.
    series : str or None, default None
        Series of a pulse that is declared to hold the rhythm: "baseline", "height" or "interval"; None tests all that
        exist and corrects for their number (Holm).
    taps_against : str, default "signal"
        What taps are held against: the "signal", or its "residual", what is left of it without its reference channels.
    n_surrogates : int, default 999
        Copies without a rhythm for the test and the noise nulls.
    n_bootstrap : int, default 200
        Copies with a rhythm for the interval of the rate.
    min_duration : float, default 120.0
        Seconds; shorter segments are not used.
    short_duration : float, default 600.0
        Seconds; a recording that is more than 2 % shorter gets a warning.
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
    tolerance_fraction : float, default 1/6
        Share of the local period within which a tap hits.

    Raises
    ------
    TypeError
        On an unknown name.
    ValueError
        On a value outside its range.
    """

    band_cpm: tuple[float, float] = BAND_CPM
    alpha: float = 0.05
    channel: str | int | None = None
    references: tuple[str, ...] | None = None
    signal: str | None = None
    series: str | None = None
    taps_against: str = "signal"
    n_surrogates: int = 999
    n_bootstrap: int = 200
    min_duration: float = 120.0
    short_duration: float = 600.0
    max_interpolated_gap: float = 0.5
    edge: float = 5.0
    window: float = 60.0
    lag_s: tuple[float, float] | None = None
    polarity: int | None = None
    ratio: tuple[int, int] = (1, 1)
    tolerance_fraction: float = 1 / 6

    def __post_init__(self) -> None:
        from touchrhythm._check import check_fraction  # loads numpy, and a help text needs the band only

        object.__setattr__(self, "band_cpm", _band(self.band_cpm))
        check_fraction(self.alpha, "alpha")
        check_fraction(self.tolerance_fraction, "tolerance_fraction")
        for name, lowest in (("n_surrogates", 19), ("n_bootstrap", 50)):
            value = getattr(self, name)
            if isinstance(value, bool) or int(value) != value or value < lowest:
                raise ValueError(f"{name} must be a whole number of at least {lowest}, got {value!r}")
        for name in ("min_duration", "short_duration", "max_interpolated_gap", "edge", "window"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be 0 s or more, got {getattr(self, name)!r}")
        if self.min_duration < 120:
            raise ValueError(f"min_duration must be at least 120 s, got {self.min_duration:g} s")
        if not 30 <= self.window <= self.min_duration:
            raise ValueError(
                f"window must lie between 30 s and min_duration ({self.min_duration:g} s), got {self.window:g} s"
            )
        if not 2 * self.edge < self.min_duration:
            raise ValueError(
                f"edge must be less than half of min_duration ({self.min_duration:g} s), got {self.edge:g} s: nothing of"
                " the shortest segment would be left"
            )
        for name, known in (("signal", SIGNALS), ("series", SERIES)):
            value = getattr(self, name)
            if value is not None and value not in known:
                raise ValueError(f"{name} must be one of {known} or None, got {value!r}")
        if self.taps_against not in TAPS_AGAINST:
            raise ValueError(f"taps_against must be one of {TAPS_AGAINST}, got {self.taps_against!r}")
        if self.series is not None and self.signal == "force":
            raise ValueError(f"series {self.series!r} belongs to a pulse, but signal is 'force'")
        if self.polarity not in (None, 1, -1):
            raise ValueError(f"polarity must be 1 (peaks), -1 (troughs) or None, got {self.polarity!r}")
        object.__setattr__(self, "lag_s", _lag(self.lag_s))
        object.__setattr__(self, "ratio", _ratio(self.ratio))
        if self.references is not None:
            object.__setattr__(self, "references", tuple(str(name) for name in self.references))

    def to_dict(self) -> dict[str, Any]:
        """All settings as plain types."""
        plain = asdict(self)
        return {
            setting.name: list(plain[setting.name])
            if isinstance(plain[setting.name], tuple)
            else plain[setting.name]
            for setting in fields(self)
        }


def _pair(value: Any, name: str) -> tuple[float, float]:
    try:
        low, high = (float(edge) for edge in value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be two numbers (low, high), got {value!r}") from None
    return low, high


def _band(value: Any) -> tuple[float, float]:
    low, high = _pair(value, "band_cpm")
    if not low < high:
        raise ValueError(f"band_cpm must be (low, high) with low below high, got ({low:g}, {high:g})")
    if not low > 0:
        raise ValueError(f"band_cpm must start above 0, got {low:g}")
    if high < 1:
        raise ValueError(
            f"band_cpm must be in cycles per minute, got ({low:g}, {high:g}):"
            f" did you mean {hz_to_cpm(low):g} {hz_to_cpm(high):g}?"
        )
    return low, high


def _lag(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    low, high = _pair(value, "lag_s")
    if not low <= high:
        raise ValueError(f"lag_s must be (low, high) with low not above high, got ({low:g}, {high:g})")
    return low, high


def _ratio(value: Any) -> tuple[int, int]:
    try:
        n, m = (int(part) for part in value)
    except (TypeError, ValueError):
        raise ValueError(f"ratio must be two whole numbers (taps, cycles), got {value!r}") from None
    if n < 1 or m < 1:
        raise ValueError(f"ratio must be two whole numbers above 0, got {value!r}")
    return n, m
