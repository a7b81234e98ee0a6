"""What does a study say first? Its answer in sentences, and the four figures above them.

**Conventions.** Nothing is computed here that is not in the `StudyResult`. Where no common phase was found that is
said, and never that nobody followed. A study without a sealed plan is exploratory.

- `study_answer` : the sentences of the answer
- `study_headline` : the few of them that stand above the fold
- `study_figures` : the four figures
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.report.page import KeyFigure
from touchrhythm.report.study.controls import phantom_sentences
from touchrhythm.report.study.flow import rhythm_source, said_doubts
from touchrhythm.report.study.plan import palpation_rows, study_standing
from touchrhythm.report.study.rates import icc_sentence, rate_sentences
from touchrhythm.report.study.taps import follow_sentences, has_common_phase
from touchrhythm.report.study.whom import whom_sentences
from touchrhythm.study.rows import SessionRow
from touchrhythm.study.run import StudyResult
from touchrhythm.words import fields_of, say
from touchrhythm.words.estimates import said_limits
from touchrhythm.words.numbers import bounded, counted, fixed, interval, is_known, joined, p_words, percent
from touchrhythm.words.pulse import SERIES_SHORT
from touchrhythm.words.study import KEY_FIGURES, RHYTHMS, SOURCES_DOUBT, SOURCES_IN_SHORT, TAPS

__all__ = ["rhythm_sentence", "study_answer", "study_figures", "study_headline"]

MOST_CHANNELS = 3  # named in a sentence
BESIDE_STANDING = 2  # sentences above the fold, beside the one on whether the study was planned


def study_answer(result: StudyResult, plan: Plan | None = None) -> tuple[str, ...]:
    """The answer in four to nine sentences: whether it was planned, then the primary endpoint, then the rest.

    Parameters
    ----------
    result : StudyResult
    plan : Plan, optional
        The sealed plan, whose lines are held against what was done.
    """
    return (study_standing(result, plan).sentence, *_found(result))


def study_headline(result: StudyResult) -> tuple[str, ...]:
    """What stands above the fold beside the standing: the primary endpoint, and what qualifies it."""
    return _found(result)[:BESIDE_STANDING]


def _found(result: StudyResult) -> tuple[str, ...]:
    """The primary endpoint first."""
    phantoms = phantom_sentences(result)
    if not palpation_rows(result, analysed=False):
        return (*phantoms, say(TAPS, "no_palpation"))
    taps = (*follow_sentences(result), *whom_sentences(result))
    rates, rhythms = rate_sentences(result), rhythm_sentence(result)
    if result.answers.primary == "limits":
        return (*rates, *taps, rhythms, *phantoms)
    if result.answers.primary == "icc":
        return (icc_sentence(result), *taps, rhythms, *rates, *phantoms)
    return (*taps, rhythms, *rates, *phantoms)


def rhythm_sentence(result: StudyResult) -> str:
    """In how many palpation sessions a rhythm was found, and at which rates."""
    rows = [row for row in palpation_rows(result) if is_known(row.pvalue)]
    if not rows:
        return say(RHYTHMS, "none_asked")
    low, high = (f"{end:g}" for end in result.settings.band_cpm)
    sessions = counted(len(rows), "palpation session")
    chance = f"{result.settings.alpha * len(rows):.1f}"
    found = [row for row in rows if row.has_rhythm]
    n_made = sum(row.found for row in rows) - len(found)
    band = {"low": low, "high": high, "sessions": sessions, "chance": chance}
    if not found and n_made:
        said = say(RHYTHMS, "only_made", **band, n_made=n_made)
    elif not found:
        said = say(RHYTHMS, "none_found", **band)
    else:
        rates = [row.rate_cpm for row in found]
        span = {"median": np.median(rates), "least": min(rates), "most": max(rates)}
        told: dict[str, Any] = {name: f"{rate:.1f}" for name, rate in span.items()}
        told |= band | {"n_found": len(found)}
        said = (
            say(RHYTHMS, "found_beside", **told, n_made=n_made) if n_made else say(RHYTHMS, "found", **told)
        )
    return said + _whose(found) + _of_pulse(result)


def _whose(found: Sequence[SessionRow]) -> str:
    """Of how many of the rhythms a reference says what makes them; "" where there was none in any session."""
    sources = Counter(rhythm_source(row) for row in found)
    if set(sources) <= {"no_reference"}:
        return ""
    explained = sorted({row.reference for row in found if rhythm_source(row) == "explained"})
    told = {"channels": joined(explained[:MOST_CHANNELS])}
    parts = []
    for source, text in SOURCES_IN_SHORT.items():
        if not sources[source]:
            continue
        named = {name: told[name] for name in fields_of(text) - {"n"}}
        part = say(SOURCES_IN_SHORT, source, n=sources[source], **named)
        doubts = said_doubts([row for row in found if rhythm_source(row) == source])
        parts.append(say(SOURCES_DOUBT, "beside", said=part, doubts=joined(doubts)) if doubts else part)
    return say(RHYTHMS, "whose", n_found=len(found), parts=joined(parts))


def _of_pulse(result: StudyResult) -> str:
    """Which series of the pulse the signal is, with heart rates and beats; "" where no session holds one."""
    rows = [row for row in palpation_rows(result) if row.series and is_known(row.heart_rate_bpm)]
    if not rows:
        return ""
    rates, good = [row.heart_rate_bpm for row in rows], [row.good_beats for row in rows]
    return say(
        RHYTHMS,
        "of_pulse",
        sessions=counted(len(rows), "palpation session"),
        series=joined(sorted({SERIES_SHORT[row.series] for row in rows})),
        median=f"{np.median(rates):.0f}",
        least=f"{min(rates):.0f}",
        most=f"{max(rates):.0f}",
        good=percent(float(np.median(good))),
        worst=percent(min(good)),
    )


# -- the four figures ------------------------------------------------------------------------------------------


def study_figures(result: StudyResult) -> tuple[KeyFigure, ...]:
    """Whether taps follow, sessions with a rhythm, common lag, limits of agreement."""
    return _follow_figure(result), _rhythm_figure(result), _lag_figure(result), _limits_figure(result)


def _follow_figure(result: StudyResult) -> KeyFigure:
    found = result.answers.follow
    test = found.tests.get(found.primary)
    is_sum = found.primary == "stouffer"
    value = say(KEY_FIGURES, "unknown")
    if is_known(found.pvalue):
        value = p_words(found.pvalue, has_floor=not is_sum)
    consistency = chance = ""
    if test is not None:
        resultant = bounded(test.resultant)
        chance = say(KEY_FIGURES, "chance", high=bounded(test.resultant_null.high))
        consistency = say(KEY_FIGURES, "consistency", resultant=resultant)
        if found.primary in found.intervals:
            low, high = (bounded(end) for end in found.intervals[found.primary])
            consistency = say(
                KEY_FIGURES, "consistency_with_interval", resultant=resultant, low=low, high=high
            )
    tone = "yes" if has_common_phase(result) else "no"
    return KeyFigure(say(KEY_FIGURES, "follow"), value, consistency, chance, tone)


def _rhythm_figure(result: StudyResult) -> KeyFigure:
    rows = [row for row in palpation_rows(result) if is_known(row.pvalue)]
    found = [row for row in rows if row.has_rhythm]
    value = say(KEY_FIGURES, "n_of_total", n=len(found), total=len(rows))
    noise = say(KEY_FIGURES, "noise", n=f"{result.settings.alpha * len(rows):.1f}")
    n_made = sum(row.found for row in rows) - len(found)
    explained = [row for row in found if rhythm_source(row) == "explained"]
    n_part = sum(row.rests_on_part for row in explained)
    beside = [say(KEY_FIGURES, "n_explained", n=len(explained))] if explained and not n_part else []
    beside += [say(KEY_FIGURES, "n_explained_part", n=len(explained), n_part=n_part)] if n_part else []
    beside += [say(KEY_FIGURES, "n_made", n=n_made)] if n_made else []
    return KeyFigure(say(KEY_FIGURES, "rhythm"), value, "; ".join(beside), noise, "open")


def _lag_figure(result: StudyResult) -> KeyFigure:
    lag, label = result.answers.follow.lag, say(KEY_FIGURES, "lag")
    if lag is None or not has_common_phase(result):
        return KeyFigure(label, say(KEY_FIGURES, "no_lag"), "", say(KEY_FIGURES, "needs_phase"), "open")
    if not is_known(lag.lag_low_s, lag.lag_high_s):
        return KeyFigure(label, say(KEY_FIGURES, "unknown"), "", lag.reason, "open")
    value = say(KEY_FIGURES, "seconds", seconds=fixed(lag.lag_s, 1))
    between = say(KEY_FIGURES, "seconds", seconds=interval(lag.lag_low_s, lag.lag_high_s, 1))
    return KeyFigure(label, value, between, say(KEY_FIGURES, "modulo"), "open")


def _limits_figure(result: StudyResult) -> KeyFigure:
    pooled, label = result.answers.rates.pooled[0], say(KEY_FIGURES, "limits")
    if pooled.limits is None:
        why = pooled.reason.split("; ")[0]  # the limits' own reason comes first
        return KeyFigure(label, say(KEY_FIGURES, "no_limits"), "", why, "open")
    said = said_limits(pooled.limits)
    value = say(KEY_FIGURES, "between", low=said.lower, high=said.upper)
    reach = say(KEY_FIGURES, "may_reach", low=said.lowest, high=said.highest)
    chance = ""
    if pooled.swap is not None:
        chance = say(KEY_FIGURES, "other_subjects", p=p_words(pooled.swap.pvalue))
    return KeyFigure(label, value, reach, chance, "open")
