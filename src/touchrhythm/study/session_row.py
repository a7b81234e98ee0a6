"""What does one session of a study say? Read, analyse, keep a row: the work of one worker.

**Conventions.** `session_row` takes plain arguments and gives plain types, so that it runs in this
process, in another, or on another machine, and gives the same. It never raises for a session's sake:
what went wrong stands in the row.

- `session_row` : one session → the plain form of its `SessionRow`
- `analysis_of` : the analysis that the row is taken from
- `seed_of`, `packed` : what a worker is handed
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.analysis.named_channels import misfits
from touchrhythm.analysis.pulse import signal_of
from touchrhythm.analysis.recipe import analyze, choose_channel
from touchrhythm.analysis.references import (
    judged_reference,
    nearest_untried,
    residual_trace,
    resting_on,
    tapped_on,
)
from touchrhythm.analysis.results import Analysis, CountAgreement
from touchrhythm.errors import BadFile, NotAPulse, TouchRhythmError, words_of
from touchrhythm.estimates import NAN
from touchrhythm.io.opening import read_session
from touchrhythm.participants import KINDS
from touchrhythm.rhythm.peaks import strongest_peak
from touchrhythm.session import Session
from touchrhythm.settings import Settings
from touchrhythm.signal.filtering import phasor
from touchrhythm.study.breathing import breathing_rates
from touchrhythm.study.find import SessionRef
from touchrhythm.study.named import SERIES
from touchrhythm.study.rows import (
    NO_PHASE,
    CountRow,
    PairRow,
    ReferenceTapRow,
    SessionRow,
    TapRow,
    row_to_plain,
)
from touchrhythm.tapping.agreement import TapAgreement
from touchrhythm.units import hz_to_cpm
from touchrhythm.words.columns import REFERENCES

__all__ = ["UNDECLARED", "Packed", "analysis_of", "packed", "seed_of", "session_row"]

# one series, chosen before the data: the best of three in each session would be a different question in each
UNDECLARED = (
    "a pulse holds three series, and a study asks about one that was declared before the data: say --series height"
    " (or interval, or baseline), or series in the plan"
)
NO_REFERENCE = (
    "the taps were declared to be held against what is left of the signal without its reference channels, and the"
    " recording holds no breathing or pulse channel"
)
OWN_FAULT = "stopped by a fault of touchrhythm's own, not of the recording's ({}); please report it"
PHASE_FS = 2.0  # Hz, of the phase that is kept for the swap of sessions

Packed = tuple[Any, ...]


def seed_of(seed: int, data_sha256: str) -> int:
    """Seed of one session: the same wherever and whenever it is analysed."""
    text = hashlib.sha256(f"{seed}:{data_sha256}".encode()).digest()
    return int.from_bytes(text[:8], "big") >> 1


def packed(session: Session) -> Packed:
    """A session as what another process can be sent."""
    return (session.recording, session.taps, session.counts, session.annotations, dict(session.info))


def session_row(
    ref: SessionRef,
    settings: Settings,
    hashes: tuple[str, str],
    seed: int,
    handed: Packed | None = None,
    keep: Callable[[Analysis], None] | None = None,
) -> dict[str, Any]:
    """Analyse one session and keep its row.

    Parameters
    ----------
    ref : SessionRef
        Which session, from `find_sessions`.
    settings : Settings
        The study's settings.
    hashes : tuple of str
        Hash of the data, and of all files.
    seed : int
        Seed of this session, from `seed_of`.
    handed : Packed, optional
        The session itself where it is not in a file.
    keep : callable, optional
        Is given the whole analysis, to keep more of it than a row.

    Returns
    -------
    dict
        Plain form of a `SessionRow`; "state" says whether there is an answer.
    """
    start = _bare(ref, hashes, seed)
    try:
        session = _session_of(ref, handed)
        start = _told(start, session)
        if ref.place:  # of a BIDS dataset: what its journal says
            start = dataclasses.replace(start, plan_sha256=ref.plan_sha256)
        named = misfits(session, settings)
        start = dataclasses.replace(
            start, misfits=tuple((misfit.setting, str(misfit.value)) for misfit in named)
        )
        refusal = _refusal(start, session)
        if named and not refusal:
            return row_to_plain(dataclasses.replace(start, state="broken", reason=named[0].why))
        refusal = refusal or _undeclared(session, settings)
        if refusal:
            return row_to_plain(dataclasses.replace(start, state="excluded", reason=refusal))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            analysis = analyze(session, settings, rng=seed)
        if keep is not None:
            keep(analysis)
        return row_to_plain(_filled(start, session, analysis))
    except NotAPulse as error:
        start = dataclasses.replace(start, misfits=((SERIES, str(settings.series)),))
        return row_to_plain(dataclasses.replace(start, state="broken", reason=str(error)))
    except TouchRhythmError as error:
        why = getattr(error, "message", str(error))
        return row_to_plain(dataclasses.replace(start, state="broken", reason=str(why)))
    except (OSError, MemoryError) as error:
        return row_to_plain(dataclasses.replace(start, state="broken", reason=words_of(error)))
    except Exception as error:
        why = OWN_FAULT.format(words_of(error))
        return row_to_plain(dataclasses.replace(start, state="broken", reason=why))


def analysis_of(ref: SessionRef, settings: Settings, seed: int, handed: Packed | None = None) -> Analysis:
    """The whole analysis of a session, for its page.

    Raises
    ------
    TouchRhythmError
        If it cannot be read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return analyze(_session_of(ref, handed), settings, rng=seed)


def _bare(ref: SessionRef, hashes: tuple[str, str], seed: int) -> SessionRow:
    return SessionRow(
        id=ref.id,
        subject=ref.subject,
        session=ref.session,
        kind=ref.kind,
        raters=ref.raters,
        state="analysed",
        expected_cpm=ref.expected_cpm,
        felt_nothing=ref.felt_nothing,
        confidence=ref.confidence,
        truth_cpm=ref.truth_cpm,
        plan_sha256=ref.plan_sha256,
        sha256=hashes[0],
        digest=hashes[1],
        seed=seed,
    )


def _session_of(ref: SessionRef, handed: Packed | None) -> Session:
    if handed is not None:
        return Session(*handed)
    try:
        return _read(ref)
    except ValueError as error:
        raise BadFile(ref.path, str(error)) from None


def _read(ref: SessionRef) -> Session:
    fs = ref.fs if ref.fs == ref.fs else None
    if not ref.taps:
        return read_session(ref.path, fs=fs)
    session = read_session(ref.path, fs=fs, taps=dict(ref.taps))
    by_rater = {taps.rater: taps for taps in session.taps}
    # a study's table says who tapped: who else stands in the files is not asked
    return dataclasses.replace(
        session, taps=tuple(by_rater[rater] for rater, _ in ref.taps if rater in by_rater)
    )


def _told(row: SessionRow, session: Session) -> SessionRow:
    """The row with what the recording itself says of the session."""
    info = session.info
    told = info.get("answers")
    answers: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    kind = str(info.get("kind") or row.kind) if row.kind in KINDS else row.kind
    raters = row.raters or tuple(tapped.rater for tapped in session.taps)
    has_taps = kind in KINDS and KINDS[kind].has_taps
    nothing = answers.get("felt_nothing", row.felt_nothing)
    confidence_percent = _float(answers.get("confidence"), NAN)  # as asked: 0 to 100
    start, stop = _tapping(session)
    breathing, examiner = breathing_rates(session, (start, stop))
    return dataclasses.replace(
        row,
        kind=kind,
        tapping_s=stop - start if stop > start else NAN,
        breathing_cpm=breathing,
        examiner_breathing_cpm=examiner,
        raters=raters if has_taps else (),
        duration=session.recording.duration,
        fs=session.recording.fs,
        channels=session.recording.channels,
        expected_cpm=_float(info.get("expected_rate_cpm"), row.expected_cpm),
        felt_nothing=nothing if isinstance(nothing, bool) else None,
        confidence=row.confidence if math.isnan(confidence_percent) else confidence_percent / 100.0,
        blind=info["blind"] if isinstance(info.get("blind"), bool) else None,
        plan_sha256=str(info.get("plan_sha256") or ""),
        phantom_sha256=str(info.get("phantom_sha256") or ""),
        simulated=info.get("simulated") is True or isinstance(info.get("truth"), Mapping),
        consent="given" if isinstance(info.get("consent"), Mapping) and info["consent"] else "not recorded",
        import_notes=tuple(str(note) for note in info.get("import_notes", ())),
    )


def _tapping(session: Session) -> tuple[float, float]:
    """Start and stop of the tapping in seconds: as announced, else first and last tap; 0, 0 for neither."""
    for annotation in session.annotations:
        if annotation.label == "tapping" and annotation.duration > 0:
            return annotation.onset, annotation.onset + annotation.duration
    onset = [
        edge for tapped in session.taps if tapped.onset.size for edge in (tapped.onset[0], tapped.onset[-1])
    ]
    return (float(min(onset)), float(max(onset))) if onset else (0.0, 0.0)


def _float(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else otherwise


def _refusal(row: SessionRow, session: Session) -> str:
    """Why a session that can be read is not analysed; "" where it is."""
    consent = session.info.get("consent")
    for who, given in consent.items() if isinstance(consent, Mapping) else ():
        covers = given.get("covers", ()) if isinstance(given, Mapping) else ()
        if "analyse" not in covers:
            return f"the {who}'s consent does not cover analysis"
    if row.kind == "unfinished":
        return "the session ended before the hand was put on"
    return ""


def _undeclared(session: Session, settings: Settings) -> str:
    """Why a pulse is not analysed in a study; "" where its series was declared, or it is a force."""
    kept = [role for role in session.recording.roles if role in REFERENCES]
    if settings.taps_against == "residual" and settings.references is None and not kept:
        return NO_REFERENCE
    if settings.series is not None:
        return ""
    column = choose_channel(session.recording, settings, str(session.info.get("source", "this recording")))
    signal, _ = signal_of(session.recording, column, settings)
    return "" if signal == "force" else UNDECLARED


def _filled(row: SessionRow, session: Session, analysis: Analysis) -> SessionRow:
    test, rate, count = analysis.periodicity, analysis.rate, analysis.cycle_count
    strongest = strongest_peak(analysis.peaks)
    row = dataclasses.replace(
        row,
        state="no answer" if analysis.reason else "analysed",
        reason=analysis.reason,
        usable=float(analysis.quality.usable),
        channel=analysis.channel,
        found=analysis.found,
        pvalue=NAN if test is None else float(test.pvalue),
        flags=tuple(flag.code for flag in analysis.flags),
        too_few=tuple(_refused_taps(analysis)),
        taps=tuple(_tap_row(tapped) for tapped in analysis.taps),
        on_references=tuple(_on_references(analysis)),
        pairs=tuple(_pair_row(pair) for pair in analysis.rater_pairs),
        counts=tuple(_count_row(count) for count in analysis.counts),
        **_beats(analysis),
        **_what_makes_it(analysis),
    )
    if analysis.found and rate is not None:
        row = dataclasses.replace(row, rate_cpm=rate.rate_cpm, low_cpm=rate.low_cpm, high_cpm=rate.high_cpm)
    if count is not None:
        row = dataclasses.replace(
            row,
            cycle_count_cpm=count.rate_cpm,
            noise_low_cpm=count.null_cpm.low,
            noise_high_cpm=count.null_cpm.high,
        )
    if strongest is not None:
        row = dataclasses.replace(
            row, strongest_cpm=float(hz_to_cpm(strongest.freq)), strongest_place=strongest.place
        )
    if row.kind == "palpation" and analysis.taps:
        row = dataclasses.replace(row, **_permutable(analysis))
    return row


def _beats(analysis: Analysis) -> dict[str, Any]:
    """Of a pulse: the series that answers, and its beats."""
    if analysis.pulse is None:
        return {}
    beats = analysis.pulse.beats
    return {
        "series": analysis.pulse.answering,
        "heart_rate_bpm": analysis.pulse.rate_bpm,
        "good_beats": 1 - beats.bad_fraction,
    }


def _what_makes_it(analysis: Analysis) -> dict[str, Any]:
    """What a reference, and what the tapping, says of where the rhythm comes from."""
    told: dict[str, Any] = {}
    reference = judged_reference(analysis) if analysis.found else None
    if reference is not None and reference.verdict is not None:
        untried = nearest_untried(analysis)
        told = {
            "reference": reference.channel,
            "reference_verdict": reference.verdict,
            "reference_time_fraction": min(float(held.time_fraction) for held in resting_on(analysis)),
            "untried_multiple": "" if untried is None else untried.arithmetic,
            "own_rate_cpm": float(reference.own_rate_cpm),
            "own_low_cpm": float(reference.own_low_cpm),
            "own_high_cpm": float(reference.own_high_cpm),
        }
    presses = [tapped.press_rhythm for tapped in analysis.taps if tapped.press_rhythm.is_known]
    if presses:
        press = min(presses, key=lambda press: (not press.is_made, press.pvalue))
        pvalue = press.pvalue_push if press.is_pushed else press.pvalue
        told |= {"made_by_tapping": press.is_made, "made_by_tapping_pvalue": float(pvalue)}
    return told


def _refused_taps(analysis: Analysis) -> list[tuple[str, int, str]]:
    return [
        (str(flag.values["rater"]), int(flag.values["n"]), str(flag.values["why"]))
        for flag in analysis.flags
        if flag.code == "few_taps"
    ]


def _count_row(count: CountAgreement) -> CountRow:
    return CountRow(count.rater, count.count, count.duration, count.rate_cpm)


def _tap_row(taps: TapAgreement) -> TapRow:
    return TapRow(
        n_dropped=int(taps.n_dropped),
        rate_low_cpm=float(taps.rate_low_cpm),
        rate_high_cpm=float(taps.rate_high_cpm),
        signal_cpm=_other_rate(taps),
        lag_s=float(taps.lag_s),
        statistic=taps.statistic_name,
        press_artefact_pvalue=float(taps.press_artefact_pvalue),
        press_artefact_ratio=float(taps.press_artefact_ratio),
        **_of_taps(taps),
    )


def _pair_row(pair: TapAgreement) -> PairRow:
    return PairRow(other=pair.reference, other_rate_cpm=_other_rate(pair), **_of_taps(pair))


def _on_references(analysis: Analysis) -> Iterator[ReferenceTapRow]:
    for reference in analysis.references:
        for held in tapped_on(reference):
            for taps in analysis.taps_on_references:
                if taps.reference != held.name:
                    continue
                yield ReferenceTapRow(
                    channel=reference.channel,
                    kind=reference.kind,
                    person=reference.person,
                    series=held.series,
                    is_left=held.is_left,
                    other_rate_cpm=_other_rate(taps),
                    **_of_taps(taps),
                )


def _of_taps(taps: TapAgreement) -> dict[str, Any]:
    """What taps give whatever they were held against: the fields of `RowOfTaps`."""
    return {
        "rater": taps.rater,
        "n_taps": int(taps.n_taps),
        "resultant": float(taps.resultant),
        "phase": _mean_phase(taps.phase),
        "pvalue": float(taps.pvalue),
        "reason": taps.reason,
        "null_high": float(taps.resultant_null.high),
        "rate_cpm": float(taps.rate_cpm),
        "ratio": float(taps.ratio),
        "ratio_low": float(taps.ratio_low),
        "ratio_high": float(taps.ratio_high),
        "asynchrony_s": float(taps.asynchrony_mean_s),
        "asynchrony_sd_s": float(taps.asynchrony_sd_s),
        "asynchrony_sd_null_low": float(taps.asynchrony_sd_null_s.low),
        "asynchrony_sd_null_high": float(taps.asynchrony_sd_null_s.high),
    }


def _other_rate(taps: TapAgreement) -> float:
    """Rate of what the taps were held against, while there were taps."""
    return float(taps.rate_cpm / taps.ratio) if taps.ratio > 0 else NAN


def _mean_phase(phase: FloatArray) -> float:
    return float(np.angle(np.exp(1j * phase).mean()))


def _permutable(analysis: Analysis) -> dict[str, Any]:
    """Taps, and the phase of the signal as one byte each half second."""
    if analysis.traces is None or analysis.periodicity is None:
        return {}
    trace = analysis.traces.trace
    if analysis.residual is not None:
        trace = residual_trace(analysis.residual, analysis.settings)
    unit = phasor(trace, edge=analysis.settings.edge)
    every = max(1, round(trace.fs / PHASE_FS))
    turn = np.angle(unit[::every]) / (2 * np.pi)
    code = np.where(np.isfinite(turn), np.round((turn % 1.0) * NO_PHASE) % NO_PHASE, NO_PHASE)
    onset = np.unique(np.concatenate([tapped.onset for tapped in analysis.taps]))
    return {
        "onset": tuple(round(float(time), 3) for time in onset),
        "phase_bytes": base64.b64encode(code.astype(np.uint8).tobytes()).decode(),
        "phase_fs": trace.fs / every,
    }
