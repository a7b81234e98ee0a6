"""Whom do the taps follow? The sentence and the table of all that they were held against over a study.

**Conventions.** Nothing is computed here. Without reference channels there is nothing to say.

- `whom_sentences` : which of them the taps follow, beside the signal
- `whom_rows` : all of them, a row each, as text
- `whom_table` : the same as a table
"""

from __future__ import annotations

from touchrhythm.report.page import Table
from touchrhythm.study.rotation import FEWEST_SESSIONS
from touchrhythm.study.run import StudyResult
from touchrhythm.study.whom import Candidate, candidate_words
from touchrhythm.words import fields_of, say
from touchrhythm.words.numbers import bounded, fixed, is_known, joined, p_number, p_words
from touchrhythm.words.study import WHOM, WHOM_VERDICTS
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS

__all__ = ["whom_rows", "whom_sentences", "whom_table"]


def whom_sentences(result: StudyResult) -> tuple[str, ...]:
    """Which of the references, or what is left without them, the taps follow; nothing without references."""
    others = result.answers.whom[1:]
    if not others:
        return ()
    tested = [candidate for candidate in others if candidate.verdict != "too few"]
    if not tested:
        return (say(WHOM, "too_few", needed=FEWEST_SESSIONS),)
    followed = [candidate for candidate in tested if candidate.verdict == "follow"]
    in_step = [candidate for candidate in tested if candidate.verdict == "ratio"]
    not_shown = [candidate for candidate in tested if candidate.verdict == "not shown"]
    if followed:
        other = say(WHOM, "others", what=_any_of(not_shown)) if not_shown else ""
        return (say(WHOM, "follow", followed=_each(followed), other=other),)
    if in_step:
        return (say(WHOM, "ratio", what=_each(in_step)),)
    return (say(WHOM, "none"),)


def _each(candidates: list[Candidate]) -> str:
    return joined(
        [
            say(WHOM, "candidate", what=candidate_words(candidate), p=p_words(candidate.adjusted))
            for candidate in candidates
        ]
    )


def _any_of(candidates: list[Candidate]) -> str:
    return joined([candidate_words(candidate) for candidate in candidates])


def whom_rows(result: StudyResult) -> list[tuple[str, ...]]:
    """What the taps were held against, sessions, consistency, taps per cycle, p, adjusted p, in words."""
    return [_row(candidate, result) for candidate in result.answers.whom]


def _row(candidate: Candidate, result: StudyResult) -> tuple[str, ...]:
    consistency = "–"
    if is_known(candidate.resultant):
        value, high = bounded(candidate.resultant), say(CELLS, "up_to", high=bounded(candidate.null_high))
        consistency = say(CELLS, "with_interval", value=value, interval=high)
    return (
        candidate_words(candidate, result.settings.taps_against),
        str(candidate.n_sessions),
        consistency,
        fixed(candidate.ratio, 2) or "–",
        p_number(candidate.pvalue) or "–",
        p_number(candidate.adjusted) or "–",
        _verdict(candidate, result),
    )


def _verdict(candidate: Candidate, result: StudyResult) -> str:
    told = {
        "declared": "{}:{}".format(*result.settings.ratio),
        "n": candidate.n_other_ratio,
        "total": candidate.n_sessions,
    }
    named = fields_of(WHOM_VERDICTS[candidate.verdict])
    return say(WHOM_VERDICTS, candidate.verdict, **{name: told[name] for name in named})


def whom_table(result: StudyResult) -> Table | None:
    """The same as a table; None without references."""
    if not result.answers.whom:
        return None
    return Table(say(CAPTIONS, "whom"), COLUMNS["whom"], whom_rows(result), kind="sessions")
