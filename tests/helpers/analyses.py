"""Analyses of every kind, made by hand from simulated signals: what words and pictures are tried on."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import scipy

from touchrhythm.analysis.results import Analysis, CountAgreement, DrawnTraces, Flag, Reference, Settings
from touchrhythm.references.attribution import Attribution
from touchrhythm.references.explained import BandSeries, Coupling, Folded
from touchrhythm.references.features import WAVE
from touchrhythm.rhythm.periodicity import Peak, PeriodicityResult, Spectrum
from touchrhythm.rhythm.rate import RateEstimate
from touchrhythm.rhythm.timecourse import CycleCount, TimeCourse
from touchrhythm.session import Annotation, NullRange, read_only
from touchrhythm.signal.artifacts import Quality
from touchrhythm.signal.filtering import AnalyticTrace
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.tapping.press_rhythm import PressRhythm

NAN = float("nan")
NO_NULL = NullRange(NAN, NAN, NAN)
FS = 4.0


def _noise(n: int, rng: np.random.Generator) -> np.ndarray:
    freq = np.fft.rfftfreq(n, 1 / FS)
    spectrum = rng.standard_normal(freq.size) + 1j * rng.standard_normal(freq.size)
    spectrum[1:] /= freq[1:] ** 0.5
    spectrum[0] = 0
    x = np.fft.irfft(spectrum, n)
    return x / x.std()


def _signal(duration: float, rate_cpm: float | None, rng: np.random.Generator) -> np.ndarray:
    time = np.arange(int(duration * FS)) / FS
    x = 5.0 + 0.03 * _noise(time.size, rng) + 0.3 * np.exp(-time / 90)
    x += 0.06 * np.sin(
        2 * np.pi * 15.2 / 60 * time + 1 + 0.6 * np.cumsum(rng.standard_normal(time.size)) / FS
    )
    if rate_cpm is not None:
        x += 0.05 * np.cos(2 * np.pi * rate_cpm / 60 * time)
    return x


def traces(
    duration: float = 600.0, rate_cpm: float | None = 8.0, cuts: tuple[Annotation, ...] = (), seed: int = 1
) -> DrawnTraces:
    """Envelope and filtered trace of a simulated signal in grams."""
    x = _signal(duration, rate_cpm, np.random.default_rng(seed))
    time = np.arange(x.size) / FS
    sos = scipy.signal.butter(4, (0.1, 0.2), "bandpass", fs=FS, output="sos")
    filtered = scipy.signal.hilbert(scipy.signal.sosfiltfilt(sos, x, padlen=200))
    for cut in cuts:
        inside = (time >= cut.onset) & (time < cut.onset + cut.duration)
        x[inside] = NAN
        filtered[inside] = NAN
    bins = min(3000, x.size)
    edges = np.linspace(0, x.size, bins + 1).astype(int)[:-1]
    return DrawnTraces(
        time=read_only(time[edges]),
        low=read_only(np.minimum.reduceat(x, edges) - 0.01),
        high=read_only(np.maximum.reduceat(x, edges) + 0.01),
        trace=AnalyticTrace(filtered, FS, np.array([(0.0, duration)])),
        edge_duration=40.0,
        leak_freq=15.2 / 60,
        leak_gain=0.04,
    )


def spectrum(duration: float, rate_cpm: float | None, seed: int = 1) -> Spectrum:
    """Spectrum with background and its 95 % range."""
    x = scipy.signal.detrend(_signal(duration, rate_cpm, np.random.default_rng(seed)))
    tapers = scipy.signal.windows.dpss(x.size, 2, 3)
    freq = np.fft.rfftfreq(x.size, 1 / FS)
    density = 2 / FS * np.mean(np.abs(np.fft.rfft(tapers * x)) ** 2, axis=0)
    keep = (freq >= 0.02) & (freq <= 0.6)
    freq, density = freq[keep], density[keep]
    background = 1.1e-3 * (freq / 0.1) ** -1.0 + 0.11 / (1 + ((freq - 15.2 / 60) / 0.004) ** 2)
    low, high = background * 0.21, background * 2.4
    return Spectrum(*map(read_only, (freq, density, background, low, high)))


BREATHING = Peak(15.2 / 60, 15.1 / 60, 15.3 / 60, 0.004, 22.0, 0.06, "above", "breathing-like")
IN_BAND = Peak(8.02 / 60, 7.9 / 60, 8.1 / 60, 0.002, 9.4, 0.049, "in", "")


def periodicity(duration: float, rate_cpm: float | None, **changes: Any) -> PeriodicityResult:
    """A test result: found where there is a rate, not found where there is none."""
    is_found = rate_cpm is not None
    rate = rate_cpm or 10.4
    base = PeriodicityResult(
        pvalue=0.001 if is_found else 0.413,
        statistic=41.2 if is_found else 4.8,
        freq=rate / 60,
        freq_low=(rate - (0.1 if is_found else 1.1)) / 60,
        freq_high=(rate + (0.1 if is_found else 0.9)) / 60,
        width=0.0021,
        inside=True,
        pvalue_with_edge=0.001 if is_found else 0.41,
        at_edge=False,
        prominence_db=9.4 if is_found else 2.0,
        prominence_null_db=NullRange(1.1, 0.0, 4.2),
        band_fraction=0.61 if is_found else 0.08,
        band_fraction_null=NullRange(0.05, 0.0, 0.19),
        amplitude=0.0493 if is_found else 0.011,
        amplitude_low=0.0422 if is_found else 0.0,
        amplitude_high=0.0561 if is_found else 0.024,
        amplitude_bound=0.058 if is_found else 0.0352,
        noise_rms=0.0127,
        harmonic_of=None,
        n_surrogates=999,
        n_exceed=0 if is_found else 412,
        duration=duration,
        n_segments=1,
        skipped_s=0.0,
        spectrum=spectrum(duration, rate_cpm),
        peaks=(BREATHING, replace(IN_BAND, freq=rate / 60)) if is_found else (BREATHING,),
    )
    return replace(base, **changes)


def time_course(duration: float, rate_cpm: float | None, seed: int = 1) -> TimeCourse:
    """Rate over time: steady with a rhythm, wandering without."""
    rng = np.random.default_rng(seed)
    time = np.arange(30.0, duration - 29, 15.0)
    spread = 0.15 if rate_cpm else 0.9
    walk = scipy.signal.lfilter([spread], [1, -0.7], rng.standard_normal(time.size))
    rate = (rate_cpm or 8.7) + walk
    half = spread * (1.5 + rng.random(time.size))
    detected = (rng.random(time.size) < (0.74 if rate_cpm else 0.1)).astype(float)
    if rate_cpm:
        detected[5:9] = 0
    return TimeCourse(
        time=read_only(time),
        rate_cpm=read_only(rate),
        low_cpm=read_only(rate - half),
        high_cpm=read_only(rate + half),
        detected=read_only(detected),
        window=60.0,
        fraction=float(detected.mean()),
        fraction_null=NullRange(0.12, 0.0, 0.31),
        episodes=read_only([[60.0, 105.0], [165.0, duration - 60]] if rate_cpm else np.zeros((0, 2))),
    )


def taps(
    rater: str = "R1", *, duration: float = 600.0, follows: bool = True, seed: int = 3, **changes: Any
) -> TapAgreement:
    """Taps that follow an 8 cpm signal 0.6 s behind its peak, or run on their own."""
    rng = np.random.default_rng(seed)
    start, stop = (120.0, duration - 120) if duration > 360 else (10.0, duration - 10)
    period = 7.5
    if follows:
        onset = np.arange(np.ceil(start / period) * period, stop, period) + 0.6
        onset = onset + rng.normal(0, 0.9, onset.size)
    else:
        onset = start + np.cumsum(rng.normal(7.6, 0.9, int((stop - start) / 7.6)))
    phase = np.angle(np.exp(2j * np.pi * onset / period))
    resultant = float(abs(np.exp(1j * phase).mean()))
    asynchrony = phase / (2 * np.pi) * period
    base = TapAgreement(
        rater=rater,
        reference="signal",
        n_taps=onset.size,
        n_dropped=1,
        rate_cpm=7.96,
        rate_low_cpm=7.8,
        rate_high_cpm=8.12,
        ratio=0.993,
        ratio_low=0.97,
        ratio_high=1.02,
        ratio_declared=(1, 1),
        resultant=resultant,
        resultant_null=NullRange(0.18, 0.03, 0.31),
        v_statistic=NAN,
        v_statistic_null=NO_NULL,
        lag_s=0.62,
        lag_low_s=0.31,
        lag_high_s=0.9,
        lag_cycles=0.083,
        asynchrony_mean_s=float(asynchrony.mean()),
        asynchrony_sd_s=float(asynchrony.std()),
        asynchrony_sd_null_s=NullRange(2.1, 1.8, 2.3),
        f_measure=0.84 if follows else 0.36,
        f_null=NullRange(0.34, 0.22, 0.47),
        tolerance_fraction=1 / 6,
        pvalue=0.002 if follows else 0.383,
        statistic_name="R",
        method="linear shift",
        n_shifts=480,
        margin_s=120.0,
        press_artefact_pvalue=0.41,
        press_artefact_ratio=1.03,
        timekeeper_cv=0.09,
        motor_cv=0.05,
        phase=read_only(phase),
        asynchrony=read_only(asynchrony),
        onset=read_only(onset),
        reason="",
    )
    return replace(base, **changes)


def analysis(duration: float = 600.0, rate_cpm: float | None = 8.02, **changes: Any) -> Analysis:
    """A whole analysis: with a rhythm where there is a rate, without one where there is none."""
    cuts = changes.pop("cuts", ())
    rate = (
        None
        if rate_cpm is None
        else RateEstimate(rate_cpm, rate_cpm - 0.09, rate_cpm + 0.09, 0.95, 0.06, 0.012, duration, 200)
    )
    cut = sum(one.duration for one in cuts)
    base = Analysis(
        periodicity=periodicity(duration, rate_cpm),
        rate=rate,
        cycle_count=CycleCount(
            (rate_cpm or 8.6) * duration / 60, duration, rate_cpm or 8.6, NullRange(8.7, 7.6, 9.9)
        ),
        time_course=time_course(duration, rate_cpm),
        taps=(),
        rater_pairs=(),
        counts=(),
        references=(),
        quality=Quality(duration, duration - cut, cuts, 3, "device", ()),
        flags=(Flag("no_breathing", 2, {}),),
        reason="",
        channel="force",
        unit="g",
        duration=duration,
        fs=80.0,
        source={"name": "sub-01_task-palpation_physio.tsv.gz", "sha256": "9f86d081884c7d65" * 4},
        traces=traces(duration, rate_cpm, cuts),
        settings=Settings(),
        seed=0,
        version="0.1.0",
    )
    return replace(base, **changes)


def hinted(verdict: str, **more: object) -> Reference:
    """A breath whose wave goes with the rhythm by itself, but not among its four features."""
    found = (Attribution("", WAVE, 0.33, 0.37, 0.03), *reference("own").attributions[1:])
    return reference(verdict, attributions=found, **more)


def reference(verdict: str | None, **more: object) -> Reference:
    """What a breathing channel explains of the rhythm at 8.02."""
    shared = {"explained": ("wave",), "both": ("depth", "wave")}.get(str(verdict), ())
    own = (7.5, 7.41, 7.59) if verdict == "both" else (NAN, NAN, NAN)
    given: dict[str, object] = {
        "channel": "belt",
        "kind": "breathing",
        "person": "",
        "verdict": verdict,
        "own_rate_cpm": own[0],
        "own_low_cpm": own[1],
        "own_high_cpm": own[2],
        "rate_cpm": 8.02,
        "shared": shared,
        "band_power_fraction_left": 0.09 if verdict == "explained" else 0.6,
        "detectable_fraction": 0.31,
        "beyond_others": None,
        "freq": 8.02 / 60,
        "coherence": 0.93 if verdict in ("explained", "both") else 0.12,
        "coherence_null": 0.31,
        "pvalue_after": 0.62 if verdict == "explained" else 0.001,
        "attributions": tuple(
            Attribution("", feature, 0.03, 0.31, 0.4)
            for feature in ("wave", "second harmonic", "depth", "half the rate")
        )
        if more.get("kind", "breathing") == "breathing"
        else (),
        "slow": {"": BandSeries(np.zeros(1500), 2.5)},
    }
    return Reference(**(given | more))  # type: ignore[arg-type]


MADE = PressRhythm(14.2, 0.005, pvalue_margins=0.4, locked_fraction=0.96, push_fraction=0.1, pvalue_push=0.3)
PUSHED = PressRhythm(
    3.1, 0.09, pvalue_margins=0.2, locked_fraction=0.94, push_fraction=0.87, pvalue_push=0.005
)
DRAWN_TIME = np.arange(0.0, 600.0, 5.0)
DRAWN = {
    "followed": BandSeries(np.cos(2 * np.pi * 8.02 / 60 * np.arange(1500) / 2.5), 2.5),
    "coupling": Coupling(
        DRAWN_TIME,
        np.linspace(1.0, 0.5, DRAWN_TIME.size),
        np.full(DRAWN_TIME.size, 0.6),
        np.linspace(0.3, 0.9, DRAWN_TIME.size),
    ),
}
FOLDED = Folded(30.0, 38.0, 1, 7.6, 8.4, is_at_rhythm=True)
CLOSE = {"distance_cpm": 0.12, "resolution_cpm": 0.23}


CUTS = (
    Annotation(0.0, 12.0, "flat"),
    Annotation(204.0, 30.0, "no contact"),
    Annotation(350.5, 1.5, "jump"),
    Annotation(420.0, 22.0, "gap"),
    Annotation(442.0, 40.0, "too short"),
    Annotation(482.0, 3.0, "saturated"),
)
NOT_JUDGED = {"pvalue": NAN, "n_shifts": 0}


def _rhythms() -> dict[str, Any]:
    found = periodicity(600.0, 8.02)
    return {
        "rhythm": lambda: analysis(taps=(taps(),)),
        "rhythm_alone": analysis,
        "rhythm_weak": lambda: analysis(periodicity=replace(found, pvalue=0.013, n_exceed=12)),
        "breathing_at_8": lambda: analysis(
            taps=(taps(),),
            references=(reference("explained", **DRAWN),),
            flags=(Flag("reference_explains", 1, {"channel": "breathing", "left": 0.07}),),
        ),
        "breathing_unused": lambda: analysis(flags=(Flag("no_breathing", 2, {"unused": ("belt",)}),)),
        "breathing_unknown": lambda: analysis(flags=(Flag("no_breathing", 2, {"unknown": ("A1", "A2")}),)),
        "both": lambda: analysis(references=(reference("both", **DRAWN),)),
        "both_unknown": lambda: analysis(references=(reference("both", rate_cpm=NAN),), flags=()),
        "whom_taps_follow": lambda: analysis(
            references=(reference("explained", person="examiner"), reference("own", channel="pad", kind="")),
            taps=(taps("R1"),),
            taps_on_references=(
                taps("R1", reference="belt", pvalue=0.002),
                taps("R1", reference="without belt", pvalue=0.6),
                taps("R1", reference="pad", pvalue=0.5),
                taps("R1", reference="without pad", pvalue=0.003),
            ),
        ),
        "whom_at_another_ratio": lambda: analysis(
            references=(reference("explained"),),
            taps=(taps("R1"),),
            taps_on_references=(
                taps("R1", reference="belt", pvalue=0.004, ratio=0.8, ratio_low=0.78, ratio_high=0.82),
                taps(
                    "R1", reference="without belt", pvalue=0.008, ratio=0.86, ratio_low=0.78, ratio_high=0.94
                ),
            ),
        ),
        "other_rate": lambda: analysis(rate_cpm=9.62, taps=(taps(),)),
        "other_rate_of_one": lambda: analysis(rate_cpm=9.62, taps=(taps("R1"), taps("R2", follows=False))),
        "other_ratio": lambda: analysis(taps=(taps(ratio=0.8, ratio_low=0.78, ratio_high=0.82),)),
        "other_ratio_and_rate": lambda: analysis(
            rate_cpm=9.62, taps=(taps(ratio=0.8, ratio_low=0.78, ratio_high=0.82),)
        ),
        "whom_without_rhythm": lambda: analysis(
            rate=None,
            periodicity=periodicity(600.0, None),
            references=(reference(None, person="examiner"),),
            taps=(taps("R1", pvalue=0.4),),
            taps_on_references=(taps("R1", reference="belt", pvalue=0.002),),
        ),
        "untold": lambda: analysis(references=(reference("cannot be told", **DRAWN),)),
        "hinted": lambda: analysis(references=(hinted("cannot be told"),)),
        "hinted_own": lambda: analysis(
            references=(hinted("own", own_rate_cpm=9.5, own_low_cpm=9.4, own_high_cpm=9.6),)
        ),
        "both_mean": lambda: analysis(
            references=(reference("both", rate_cpm=7.0, own_rate_cpm=9.0, own_low_cpm=8.9, own_high_cpm=9.1),)
        ),
        "folded": lambda: analysis(references=(reference("cannot be told", folded=FOLDED),)),
        "folded_explained": lambda: analysis(
            references=(reference("explained", folded=FOLDED, shared=("folded",)),)
        ),
        "unasked": lambda: analysis(references=(reference(None, kind="", channel="A2"),), flags=()),
        "close": lambda: analysis(references=(reference("cannot be told", **CLOSE, needed_s=1500.0),)),
        "close_beside": lambda: analysis(
            references=(
                reference(
                    "cannot be told",
                    **CLOSE,
                    needed_s=1500.0,
                    own_rate_cpm=9.5,
                    own_low_cpm=9.4,
                    own_high_cpm=9.6,
                ),
            )
        ),
        "close_for_ever": lambda: analysis(
            references=(reference("cannot be told", **CLOSE, needed_s=float("inf"), person="examiner"),)
        ),
        "jointly": lambda: analysis(
            references=(
                reference("explained", beyond_others=True, person="subject"),
                reference("explained", beyond_others=False, kind="pulse", channel="ppg", shared=("height",)),
            ),
            references_jointly=reference("explained", kind="several", channel="belt + ppg"),
        ),
        "jointly_at_two_rates": lambda: analysis(
            references=(
                reference("explained", beyond_others=True, person="subject"),
                reference("both", kind="pulse", channel="ppg", shared=("height",), rate_cpm=11.2),
            ),
            references_jointly=reference("explained", kind="several", channel="belt + ppg"),
        ),
        "third_harmonic_untried": lambda: analysis(
            references=(reference("own", main_cpm=2.67),),
            flags=(
                Flag(
                    "untried_multiple", 2, {"channel": "belt", "times": "3", "arithmetic": "3 × 2.67 = 8.01"}
                ),
            ),
        ),
        "belt_fell_off": lambda: analysis(
            references=(reference("own", time_fraction=0.4),),
            flags=(Flag("reference_part", 2, {"channel": "belt", "share": 0.4}),),
        ),
        "untried_beside": lambda: analysis(references=(reference("both", main_cpm=5.0),)),
        "own_in_one_way": lambda: analysis(references=(reference("own", channel="pad", kind=""),), flags=()),
        "breathing_elsewhere": lambda: analysis(references=(reference("own", **DRAWN),), flags=()),
        "edge": lambda: analysis(
            rate_cpm=6.08,
            periodicity=periodicity(600.0, 6.08, at_edge=True),
            flags=(Flag("edge", 2, {"low": 5.9, "high": 6.3}),),
        ),
        "harmonic": lambda: analysis(
            rate=None,
            periodicity=periodicity(
                600.0,
                6.6,
                harmonic_of=3.3 / 60,
                peaks=(Peak(3.3 / 60, 3.2 / 60, 3.4 / 60, 0.001, 14.0, 0.1, "below", ""),),
            ),
            flags=(Flag("harmonic", 1, {"of": 3.3}),),
        ),
        "gaps": lambda: analysis(
            taps=(taps(),),
            cuts=CUTS,
            flags=(
                Flag("left_out", 2, {"seconds": 108.5, "kinds": {"no contact": 30.0, "gap": 22.0}}),
                Flag("timing_host", 3, {}),
                Flag("import_notes", 3, {"sentences": ("17 lines had 3 columns instead of 2",)}),
            ),
        ),
        "hour": lambda: analysis(3600.0, 8.02, taps=(taps(duration=3600.0),), flags=()),
    }


def _nothing() -> dict[str, Any]:
    return {
        "none": lambda: analysis(rate_cpm=None, flags=()),
        "none_no_peaks": lambda: analysis(rate_cpm=None, periodicity=periodicity(600.0, None, peaks=())),
        "none_taps": lambda: analysis(rate_cpm=None, taps=(taps(follows=False),)),
        "none_taps_follow": lambda: analysis(rate_cpm=None, taps=(taps(),)),
        "none_short": lambda: analysis(
            180.0,
            None,
            flags=(Flag("short", 1, {"duration": 180.0, "needed": 600.0, "detection_power": 0.62}),),
        ),
        "outside": lambda: analysis(
            rate_cpm=None,
            periodicity=periodicity(
                600.0,
                5.8,
                pvalue=1.0,
                statistic=0.0,
                n_exceed=999,
                inside=False,
                pvalue_with_edge=0.001,
                peaks=(Peak(5.8 / 60, 5.7 / 60, 5.9 / 60, 0.001, 9.0, 0.05, "below", ""), BREATHING),
            ),
            flags=(Flag("outside", 2, {"rate": 5.8}),),
        ),
        "none_at_the_edge": lambda: analysis(
            rate_cpm=None,
            periodicity=periodicity(600.0, None, pvalue=1.0, n_exceed=999, inside=False),
            flags=(),
        ),
        "no_answer": lambda: analysis(
            62.0,
            None,
            periodicity=None,
            cycle_count=None,
            time_course=None,
            quality=Quality(62.0, 0.0, (Annotation(0.0, 62.0, "too short"),), 0, "sampling rate given", ()),
            reason="the longest usable stretch lasts 62 s; a rate in 6–12 cpm needs at least 120 s",
            flags=(),
        ),
        "no_answer_no_traces": lambda: analysis(
            62.0,
            None,
            periodicity=None,
            cycle_count=None,
            time_course=None,
            traces=None,
            reason="the signal is constant (5 g throughout)",
            flags=(),
            source={},
            seed=None,
            unit="",
        ),
    }


HALF = {"ratio": 0.5, "ratio_low": 0.48, "ratio_high": 0.53}


def _tapped() -> dict[str, Any]:
    shaken = taps(press_artefact_pvalue=0.004, press_artefact_ratio=2.7)
    pair = taps("R1", reference="R2", pvalue=0.02)
    return {
        "taps_without_margins": lambda: analysis(
            taps=(taps(margin_s=10.0),), flags=(Flag("no_margins", 2, {"rater": "R1"}),)
        ),
        "taps_do_not": lambda: analysis(taps=(taps(follows=False),), flags=()),
        "taps_regular": lambda: analysis(
            taps=(
                taps(
                    resultant_null=NullRange(0.55, 0.2, 0.95), reason="both run too regularly", **NOT_JUDGED
                ),
            )
        ),
        "taps_few": lambda: analysis(
            taps=(
                taps(
                    n_taps=3,
                    reason="3 taps",
                    onset=read_only([130.0, 138.0, 145.0]),
                    phase=read_only([0.1, 0.4, -0.2]),
                    asynchrony=read_only([0.1, 0.5, -0.2]),
                    resultant_null=NO_NULL,
                    rate_low_cpm=NAN,
                    rate_high_cpm=NAN,
                    **NOT_JUDGED,
                ),
            ),
            flags=(Flag("few_taps", 1, {"rater": "R1", "n": 3}),),
        ),
        "taps_unjudged": lambda: analysis(
            taps=(taps(reason="the taps lie outside the usable stretches", **NOT_JUDGED),)
        ),
        "taps_leak": lambda: analysis(
            taps=(shaken,), flags=(Flag("leakage", 1, {"pvalue": 0.004, "rater": "R1"}),)
        ),
        "taps_directed": lambda: analysis(
            taps=(taps(v_statistic=0.66, v_statistic_null=NullRange(0.1, -0.2, 0.35), statistic_name="V"),),
            settings=Settings(lag_s=(0.0, 1.5), polarity=1),
        ),
        "two_raters": lambda: analysis(
            taps=(taps(), taps("R2", follows=False)),
            rater_pairs=(pair,),
            flags=(Flag("no_margins", 3, {"rater": "R2"}), Flag("tests", 3, {"n": 3})),
        ),
        "three_raters": lambda: analysis(
            taps=(taps(), taps("R2", follows=False, seed=5), taps("R3", follows=False, seed=6)),
            rater_pairs=(pair, replace(pair, reference="R3", pvalue=0.4)),
        ),
        "count": lambda: analysis(
            counts=(CountAgreement("R1", 27, 30.0, 180.0, 9.0, 0.27, 8.04, True),),
            flags=(Flag("counts_coarse", 3, {"rater": "R1", "quantisation": 0.27}),),
        ),
        "made_by_tapping": lambda: analysis(
            taps=(taps("R1", press_rhythm=MADE),),
            flags=(Flag("made_by_tapping", 1, {"rater": "R1", "ratio": 14.2}),),
        ),
        "made_by_pushes": lambda: analysis(
            taps=(taps("R1", press_rhythm=PUSHED),),
            flags=(Flag("made_by_tapping", 1, {"rater": "R1", "ratio": 3.1}),),
        ),
        "made_by_one_of_two": lambda: analysis(taps=(taps("R1", press_rhythm=MADE), taps("R2"))),
        "is_alias": lambda: analysis(
            flags=(
                Flag(
                    "is_alias",
                    1,
                    {"source": "mains hum of 50 Hz", "arithmetic": "|50 − 4 × 12.53| = 0.12 Hz"},
                ),
            )
        ),
        "may_be_alias": lambda: analysis(
            flags=(Flag("may_be_alias", 2, {"source": "hand tremor at 8.17 Hz", "arithmetic": "a sum"}),)
        ),
        "multiple": lambda: analysis(flags=(Flag("multiple", 2, {"of": 4.0, "times": 2}),)),
        "thrice": lambda: analysis(flags=(Flag("multiple", 2, {"of": 2.7, "times": 3}),)),
        "breath_2": lambda: analysis(
            references=(reference("explained", main_cpm=4.01, rate_cpm=8.02, shared=("second harmonic",)),)
        ),
        "breath_3": lambda: analysis(references=(reference("explained", main_cpm=2.67, rate_cpm=8.02),)),
        "taps_residual": lambda: analysis(taps=(taps(),), settings=Settings(taps_against="residual")),
        "taps_no_residual": lambda: analysis(
            taps=(taps(follows=False),), settings=Settings(taps_against="residual")
        ),
        "taps_ratio": lambda: analysis(taps=(taps(**HALF),)),
        "raters_ratio": lambda: analysis(
            taps=(taps(**HALF), taps("R2")), rater_pairs=(replace(pair, pvalue=0.004, **HALF),)
        ),
        "counts_none": lambda: analysis(
            rate_cpm=None,
            counts=tuple(
                CountAgreement("R1", n, 60.0 * i, 60.0, float(n), 0.8, 8.4 + 0.1 * i, False)
                for i, n in enumerate((9, 8, 10))
            ),
        ),
    }


KINDS: dict[str, Any] = {**_rhythms(), **_nothing(), **_tapped()}


@cache
def make(kind: str) -> Analysis:
    """An analysis of this kind, made once."""
    made: Analysis = KINDS[kind]()
    return made


ALL_FLAGS: tuple[Flag, ...] = (
    Flag("short", 2, {"duration": 300.0, "needed": 600.0}),
    Flag("left_out", 2, {"seconds": 40.0, "kinds": {"no contact": 30.0, "ends": 10.0, "no beats": 4.0}}),
    Flag("aliasing", 1, {"fs": 10.0, "sources": ("hand tremor at 10.1–10.2 Hz",)}),
    Flag("no_breathing", 2, {}),
    Flag("reference_explains", 1, {"channel": "breathing", "left": 0.07}),
    Flag("edge", 2, {"low": 5.9, "high": 6.3}),
    Flag("outside", 2, {"rate": 5.8}),
    Flag("harmonic", 1, {"of": 3.3}),
    Flag("timing_host", 2, {}),
    Flag("no_loss_detection", 3, {}),
    Flag("import_notes", 3, {"sentences": ("2 times ran backwards", "a decimal comma was read.")}),
    Flag("leakage", 1, {"pvalue": 0.004, "rater": "R1"}),
    Flag("made_by_tapping", 1, {"rater": "R1", "ratio": 14.2}),
    Flag("is_alias", 1, {"source": "mains hum of 50 Hz", "arithmetic": "|50 − 4 × 12.53| = 0.12 Hz"}),
    Flag("may_be_alias", 2, {"source": "hand tremor at 8.17 Hz", "arithmetic": "|8.17 − 1 × 8.3| = 0.13 Hz"}),
    Flag("no_residual", 2, {}),
    Flag("multiple", 2, {"of": 4.6, "times": 2}),
    Flag("nonstationary", 2, {"share": 0.3}),
    Flag("n_surrogates", 2, {"n": 99}),
    Flag("strong_neighbour", 3, {"rate": 15.6, "prominence": 41.0}),
    Flag("no_margins", 2, {"rater": "R1"}),
    Flag("ratio", 2, {"rater": "R1", "ratio": 1.98}),
    Flag("few_taps", 1, {"rater": "R1", "n": 3}),
    Flag("few_taps", 1, {"rater": "R1", "n": 1}),
    Flag("counts_coarse", 3, {"rater": "R1", "quantisation": 0.8}),
    Flag("band_changed", 3, {"band": (3.0, 9.0)}),
    Flag("plan_absent", 3, {}),
    Flag("leak", 3, {"rate": 15.2, "gain": 0.04}),
    Flag("tests", 3, {"n": 3}),
    Flag("control", 1, {"kind": "null"}),
    Flag("is_breathing", 2, {"channel": "RSP"}),
    Flag("plan_unchecked", 3, {"sha256": "9f86d081884c7d65" * 4}),
    Flag("no_breathing", 2, {"unknown": ("A1", "A2")}),
    Flag("no_breathing", 2, {"unused": ("belt",)}),
    Flag("folded_reference", 1, {"channel": "belt", "arithmetic": "38.0 − 30.0 = 8.0"}),
    Flag("reference_part", 3, {"channel": "belt", "share": 0.8}),
    Flag("untried_multiple", 2, {"channel": "belt", "times": "3/2", "arithmetic": "3/2 × 5.4 = 8.1"}),
    Flag("reference_unused", 2, {"channel": "belt"}),
    Flag("pulse_looks", 2, {"channel": "A1", "signal": "pulse"}),
    Flag("beats_like_pulse", 2, {"channel": "force", "signal": "pulse"}),
    Flag("bad_beats", 3, {"fraction": 0.04, "reasons": {"template": 12, "missed": 3}}),
    Flag("bridged", 3, {"seconds": 14.0, "longest": 8.0}),
    Flag("folded_breath", 2, {"nyquist": 24.0, "low": 36.0, "high": 42.0}),
)


ABOVE = Peak(19.0 / 60, 18.0 / 60, 20.0 / 60, 0.004, 12.0, 0.06, "above", "")
HARMONIC = replace(BREATHING, prominence_db=41.0, label="harmonic-like")
ABOUT = {
    "subject": "S01",
    "session": "01",
    "examiner": "E01",
    "date": "2026-11-27 10:00",
    "kind": "palpation",
    "device": "TR-1",
    "blind": True,
    "simulated": True,
}
READING = {
    "format": "table",
    "encoding": "UTF-8",
    "time": "times in column Zeit (s)",
    "time_how": "stated",
    "channels": [
        {"name": "Kraft", "role": "force", "why": "its name or unit"},
        {"name": "A1", "role": "", "why": "neither name nor unit says"},
    ],
    "left_out": [("packet", "counts the samples")],
}


def _control(kind: str) -> Any:
    return lambda: analysis(flags=(Flag("control", 1, {"kind": kind}), Flag("plan_absent", 3, {})))


def _worded_rhythms() -> dict[str, Any]:
    found = periodicity(600.0, 8.02)
    course = replace(time_course(600.0, 8.0), fraction_null=NO_NULL)
    bare = replace(found, noise_rms=NAN, prominence_null_db=NO_NULL, freq_low=NAN, peaks=(ABOVE,))
    return {
        "about": lambda: analysis(
            about=ABOUT, reading=READING, flags=(Flag("plan_unchecked", 3, {"sha256": "ab" * 32}),)
        ),
        "about_subject": lambda: analysis(
            about={"subject": "S01"}, taps=(taps(),), settings=Settings(n_surrogates=9999)
        ),
        "one_matches": lambda: analysis(
            periodicity=replace(found, pvalue=0.002, n_exceed=1), time_course=course
        ),
        "bare": lambda: analysis(
            periodicity=bare, cycle_count=None, time_course=replace(course, fraction=NAN), unit=""
        ),
        "no_interval": lambda: analysis(rate=None, periodicity=bare),
        "no_prominence": lambda: analysis(
            periodicity=replace(found, prominence_db=NAN, nonstationary_fraction=0.2)
        ),
        "harmonic_3": lambda: analysis(rate=None, periodicity=replace(found, harmonic_of=8.02 / 180)),
        "harmonic_4": lambda: analysis(rate=None, periodicity=replace(found, harmonic_of=8.02 / 240)),
        "other_harmonic": lambda: analysis(
            periodicity=replace(found, peaks=(HARMONIC,)),
            flags=(
                Flag("aliasing", 2, {"fs": 10.0, "sources": ("tremor",)}),
                Flag("is_breathing", 2, {"channel": "belt"}),
            ),
        ),
        "alone": lambda: analysis(flags=()),
        "many_references": lambda: analysis(
            references=tuple(reference("own", channel=f"belt {n}") for n in range(8))
        ),
        "blocks": lambda: analysis(quality=Quality(600.0, 560.0, (), 3, "sampling rate given", ("a note",))),
        "many_cuts": lambda: analysis(
            cuts=tuple(Annotation(20.0 * n, 0.1, "spike") for n in range(14)), channel="A$1", seed=None
        ),
    }


def _worded_nothing() -> dict[str, Any]:
    nothing = make("no_answer")
    short = Flag("few_taps", 2, {"rater": "R1", "n": 3})
    whole = replace(nothing, duration=600.0, quality=Quality(600.0, 0.0, (), 0, "host", ()))
    return {
        "only_strong": lambda: analysis(
            180.0, None, flags=(Flag("short", 2, {"duration": 180.0, "needed": 600.0}),)
        ),
        "tapped_once": lambda: replace(nothing, about={"taps": {"R1": 1}}),
        "tapped": lambda: replace(nothing, about={"taps": {"R1": 20, "R2": 21}}),
        "few_taps": lambda: analysis(rate_cpm=None, flags=(short,), taps=()),
        "not_long_enough_band": lambda: replace(whole, reason="band must end below half the sampling rate"),
        "nothing_in_one_piece": lambda: replace(nothing, quality=replace(nothing.quality, cuts=())),
        "counted": lambda: replace(
            nothing, counts=(CountAgreement("R1", 9, 0.0, 60.0, 9.0, 0.8, NAN, False),)
        ),
        "counted_twice": lambda: replace(
            nothing, counts=tuple(CountAgreement("R1", n, 0.0, 60.0, 9.0, 0.8, NAN, False) for n in (9, 10))
        ),
        "counts": lambda: analysis(
            counts=tuple(CountAgreement("R1", n, 0.0, 60.0, 9.0, 0.8, 8.0, True) for n in (9, 10))
        ),
        "count_alone": lambda: analysis(counts=(CountAgreement("R1", 9, 0.0, 60.0, 9.0, 0.8, NAN, True),)),
        "counts_alone": lambda: analysis(
            counts=tuple(CountAgreement("R1", n, 0.0, 60.0, 9.0, 0.8, NAN, True) for n in (9, 10))
        ),
        "count_trace": lambda: analysis(
            rate_cpm=None, counts=(CountAgreement("R1", 9, 0.0, 60.0, 9.0, 0.8, 8.4, False),)
        ),
    }


def _worded_taps() -> dict[str, Any]:
    regular = NullRange(0.5, 0.1, 0.96)
    shaken = {"press_artefact_pvalue": 0.004, "press_artefact_ratio": 2.7}
    untested = taps("R1", press_artefact_pvalue=NAN)
    unknown = {"resultant": NAN, "resultant_null": NO_NULL, "asynchrony_mean_s": NAN}
    lag = Settings(lag_s=(0.0, 1.5), polarity=-1)
    v = {"v_statistic": 0.66, "v_statistic_null": NullRange(0.1, -0.2, 0.35), "statistic_name": "V"}
    several = (
        taps("R1", n_taps=3, **NOT_JUDGED),
        taps("R2", resultant_null=regular, **NOT_JUDGED),
        taps("R3", resultant_null=regular, **(NOT_JUDGED | {"n_taps": 9})),
        taps("R4", reason="", resultant_null=NO_NULL, **NOT_JUDGED),
        taps("R5", **shaken),
        taps("R6", n_taps=1, **unknown, **NOT_JUDGED),
    )
    pairs = (
        taps("R1", reference="R2", reason="too regular", **NOT_JUDGED),
        taps("R1", reference="R3", **NOT_JUDGED),
    )
    return {
        "several": lambda: analysis(taps=several, rater_pairs=pairs),
        "few_regular": lambda: analysis(taps=(taps(n_taps=9, resultant_null=regular, **NOT_JUDGED),)),
        "untested": lambda: analysis(taps=(untested,), flags=(Flag("few_taps", 2, {"rater": "R2", "n": 3}),)),
        "apart": lambda: analysis(taps=(taps(follows=False, rate_low_cpm=5.0, rate_high_cpm=5.4),)),
        "by_phasor": lambda: analysis(taps=(taps(asynchrony_mean_s=-0.2, **(v | {"statistic_name": "R"})),)),
        "troughs": lambda: analysis(taps=(taps("R1", **v), taps("R2", **v)), settings=lag),
        "one_count_pair": lambda: analysis(taps=(taps(**unknown, n_taps=1),)),
    }


# what only the words are tried on: no picture of these is ever drawn
WORDED_ONLY: dict[str, Any] = {
    **{f"control_{kind}": _control(kind) for kind in ("null", "unloaded", "rigid", "phantom", "tap-only")},
    **_worded_rhythms(),
    **_worded_nothing(),
    **_worded_taps(),
}
