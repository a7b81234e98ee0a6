"""Do perceived rates go with what was expected, or with how somebody breathed?

**Conventions.** Nothing is computed here. Every figure stands with its numbers and what chance gives; what was not
recorded is said to be so.

- `expectation_sentences`, `breathing_sentences` : what perceived rates go with
- `beside_table` : all of it side by side
"""

from __future__ import annotations

from touchrhythm.report.page import Table
from touchrhythm.study.association import Association
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.numbers import bounded, counted, is_known, p_number, p_words
from touchrhythm.words.study import BESIDE
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS

__all__ = ["beside_table", "breathing_sentences", "expectation_sentences"]

LEVEL = 0.05
PERSONS = ("subject", "examiner")


def expectation_sentences(result: StudyResult) -> tuple[str, ...]:
    """Did they find what they expected? Expected and measured rate side by side."""
    found = result.answers.rates.associations
    if not found.n_expected:
        return (say(BESIDE, "not_expected"),)
    if found.expected is None:
        rates = counted(found.n_expected, "rate")
        return (say(BESIDE, "expectation_unknown", why="; ".join(found.reasons), rates=rates),)
    expected = say(BESIDE, "expected", goes=_goes(found.expected, say(BESIDE, "what_was_expected")))
    if found.measured is None:
        return expected, say(BESIDE, "too_few_measured")
    measured = say(BESIDE, "measured", goes=_goes(found.measured, say(BESIDE, "what_was_measured")))
    if found.expected.pvalue > LEVEL:
        return expected, measured
    return (
        expected,
        measured,
        say(BESIDE, "found_both" if found.measured.pvalue <= LEVEL else "found_expected_only"),
    )


def breathing_sentences(result: StudyResult) -> tuple[str, ...]:
    """Do perceived rates follow how subject or examiner breathed, its half or its double?"""
    found = result.answers.rates.associations
    sentences = []
    for who in PERSONS:
        n = found.n_breathing.get(who, 0)
        associations = found.breathing.get(who, ())
        if not n:
            sentences.append(say(BESIDE, "no_breathing", who=who))
        elif not associations:
            why, rates = "; ".join(found.reasons), counted(n, "rate")
            sentences.append(say(BESIDE, "breathing_unknown", who=who, why=why, rates=rates))
        else:
            goes = _goes(associations[0], say(BESIDE, "what_was_breathed"))
            sentences.append(say(BESIDE, "breathing", who=who, goes=goes))
            sentences.append(say(BESIDE, "multiples", who=who))
    return tuple(sentences)


def _goes(found: Association, what: str) -> str:
    return say(
        BESIDE,
        "goes" if found.pvalue <= LEVEL else "goes_not",
        what=what,
        correlation=bounded(found.correlation),
        chance=bounded(found.null.high),
        p=p_words(found.pvalue),
        rates=counted(found.n_sessions, "rate"),
        subjects=counted(found.n_subjects, "subject"),
        therapists=counted(found.n_raters, "therapist"),
    )


def beside_table(result: StudyResult) -> Table | None:
    """What perceived rates go with, side by side; None where nothing was recorded."""
    associations = result.answers.rates.associations.all
    if not associations:
        return None
    return Table(
        say(CAPTIONS, "beside"),
        COLUMNS["beside"],
        [_row(association) for association in associations],
        kind="sessions",
    )


def _row(found: Association) -> tuple[str, ...]:
    null, apart = found.null, found.distance_null
    if found.other.startswith(("half", "double")):  # the same correlation as with the rate itself
        correlation: tuple[str, ...] = (say(CELLS, "as_above"), "", "", "")
    else:
        correlation = (
            bounded(found.correlation),
            _between(bounded(found.ci_low), bounded(found.ci_high)) if is_known(found.ci_low) else "–",
            _between(bounded(null.low), bounded(null.high)),
            p_number(found.pvalue),
        )
    distance = ("", "")
    if is_known(found.distance_cpm):
        distance = (f"{found.distance_cpm:.2f}", _between(f"{apart.low:.2f}", f"{apart.high:.2f}"))
    n = (str(found.n_sessions), str(found.n_subjects), str(found.n_raters))
    return (found.other, *correlation, *distance, *n)


def _between(low: str, high: str) -> str:
    return say(CELLS, "between", low=low, high=high)
