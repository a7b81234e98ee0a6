"""Do the taps follow the signal over a study? The sentences and the table of the tests.

**Conventions.** Nothing is computed here. Where no common phase was found, that is what is said, and never that nobody
followed: followers whose lag differs from session to session have none.

- `follow_sentences` : the answer of the leading test, and what the sessions say one by one
- `rotation_sentences` : the answer of a `RotationResult`
- `taps_table`, `beside_tests` : all tests, and what stands below them
"""

from __future__ import annotations

from touchrhythm.report.page import Table
from touchrhythm.report.study.plan import StudyStanding
from touchrhythm.study.answers import LEFT_OUT_ROTATIONS, TAP_TESTS, FollowAnswers
from touchrhythm.study.phasors import StoufferResult
from touchrhythm.study.pooled_phase import PooledLag, Population
from touchrhythm.study.rotation import RotationResult
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.methods import ROTATION_FORMS
from touchrhythm.words.numbers import bounded, counted, fixed, is_known, p_number, p_words
from touchrhythm.words.study import FORMS_FOUND, FORMS_MISSING, TAPS
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS

__all__ = [
    "beside_tests",
    "event_of",
    "follow_sentences",
    "has_common_phase",
    "rotation_sentences",
    "taps_table",
]

MOST_THERAPISTS = 400  # rows of the table


def event_of(result: StudyResult) -> str:
    """What taps are held against: the signal's peak, or its trough where that was declared."""
    return say(TAPS, "trough" if result.settings.polarity == -1 else "peak")


def has_common_phase(result: StudyResult) -> bool:
    """Whether the leading test of taps reaches the level that was set."""
    pvalue = result.answers.follow.pvalue
    return is_known(pvalue) and pvalue <= result.settings.alpha


def follow_sentences(result: StudyResult) -> tuple[str, ...]:
    """The leading test of taps in words; where it shows nothing, also what the sessions say one by one."""
    said = _leading(result)
    n_made = result.answers.follow.n_made
    if not n_made:
        return said
    return (said[0], say(TAPS, "made", sessions=counted(n_made, "session")), *said[1:])


def _leading(result: StudyResult) -> tuple[str, ...]:
    found, alpha = result.answers.follow, result.settings.alpha
    if not is_known(found.pvalue):
        return (say(TAPS, "cannot_be_answered", why=found.reason),)
    if found.primary == "stouffer" and found.stouffer is not None:
        code = "sum_shows" if found.stouffer.pvalue <= alpha else "sum_does_not_show"
        sessions = counted(found.stouffer.n_sessions, "session")
        return (say(TAPS, code, sessions=sessions, p=p_words(found.stouffer.pvalue, has_floor=False)),)
    sentences = rotation_sentences(
        found.tests[found.primary],
        alpha=alpha,
        lag=found.lag,
        interval=found.intervals.get(found.primary),
        event=event_of(result),
    )
    if result.settings.taps_against == "residual":
        sentences = (sentences[0], say(TAPS, "residual"), *sentences[1:])
    return sentences if has_common_phase(result) else (*sentences, *_one_by_one(result))


def rotation_sentences(
    result: RotationResult,
    *,
    alpha: float = 0.05,
    lag: PooledLag | None = None,
    interval: tuple[float, float] | None = None,
    event: str = "peak",
) -> tuple[str, ...]:
    """The answer of a rotation test in one to three sentences.

    Parameters
    ----------
    result : RotationResult
        From `rotation_test`.
    alpha : float, default 0.05
        Level set before the data.
    lag : PooledLag, optional
        The common lag, said only where a common phase was found.
    interval : (float, float), optional
        Of the pooled consistency; of a length it is said only where a common phase was found.
    event : str, default "peak"
        Of the signal, after which the lag counts.

    >>> from touchrhythm.study.rotation import rotation_test
    >>> rotation_sentences(rotation_test([0.3, 0.3j, -0.3, -0.3j], rng=0, n_rotations=99))[0]
    'Over 4 sessions the taps have no common phase with the signal that chance would not give (p = 1; pooled phase consistency .00, by chance .15, up to .28).'
    """
    sessions, p = counted(result.n_sessions, "session"), p_words(result.pvalue)
    is_found = result.pvalue <= alpha
    chance = _chance(result, interval if is_found or result.form == "directional" else None)
    if not is_found:
        missing = FORMS_MISSING[result.form]
        return (
            say(TAPS, "no_common_phase", sessions=sessions, missing=missing, p=p, chance=chance),
            say(TAPS, "not_nobody", asks=ROTATION_FORMS[result.form]),
        )
    said = say(TAPS, "common_phase", sessions=sessions, what=FORMS_FOUND[result.form], p=p, chance=chance)
    return (said,) if lag is None else (said, _lag(lag, event))


def _chance(result: RotationResult, interval: tuple[float, float] | None) -> str:
    resultant, median = bounded(result.resultant), bounded(result.resultant_null.median)
    high = bounded(result.resultant_null.high)
    if interval is None:
        return say(TAPS, "chance", resultant=resultant, median=median, high=high)
    low, end = (bounded(value) for value in interval)
    return say(TAPS, "chance_with_interval", resultant=resultant, low=low, end=end, median=median, high=high)


def _lag(lag: PooledLag, event: str) -> str:
    if not is_known(lag.lag_low_s):
        return say(TAPS, "no_lag", why=lag.reason)
    return say(
        TAPS,
        "lag",
        lag=f"{abs(lag.lag_s):.1f}",
        side=_side(lag.lag_s),
        event=event,
        ends=_ends(lag.lag_low_s, lag.lag_high_s),
        consistency=bounded(lag.consistency),
        low=bounded(lag.consistency_low),
        high=bounded(lag.consistency_high),
        chance=bounded(lag.consistency_null.high),
    )


def _side(lag_s: float) -> str:
    return say(TAPS, "before" if lag_s < 0 else "after")


def _ends(low: float, high: float) -> str:
    """Ends of a lag's interval; where it reaches over the peak each says on which side it lies.

    >>> _ends(0.5, 0.7), _ends(-3.0, -1.2), _ends(-0.2, 0.4)
    ('0.5 to 0.7', '3.0 to 1.2', '0.2 before to 0.4 after')
    """
    code = "lag_ends_one_side" if (low < 0) == (high < 0) else "lag_ends_both_sides"
    return say(TAPS, code, low=f"{abs(low):.1f}", high=f"{abs(high):.1f}")


def _one_by_one(result: StudyResult) -> tuple[str, ...]:
    """What the sessions say one by one, where they have no phase in common."""
    found, alpha = result.answers.follow, result.settings.alpha
    is_declared = any(taps.statistic == "V" for row in found.phasors.rows for taps in row.taps)
    sentences = []
    if found.stouffer is not None:
        pvalue = found.stouffer.pvalue
        p = p_words(pvalue, has_floor=False)
        if pvalue <= alpha:
            sentences.append(say(TAPS, "own_tests_show_declared" if is_declared else "own_tests_show", p=p))
        else:
            code = "own_tests_do_not_show_declared" if is_declared else "own_tests_do_not_show"
            sentences.append(say(TAPS, code, p=p))
    if found.own is not None:
        own = found.own
        sentences.append(
            say(
                TAPS,
                "own_phase_shown" if own.pvalue <= alpha else "own_phase",
                n_above=own.n_above,
                sessions=counted(own.n_sessions, "session"),
                expected=f"{own.expected:.1f}",
                p=p_words(own.pvalue, has_floor=False),
            )
        )
    return tuple(sentences)


# -- the table of the tests ------------------------------------------------------------------------------------


def taps_table(result: StudyResult, standing: StudyStanding) -> Table:
    """The tests over all sessions, the leading one first, and each therapist alone."""
    found, primary = result.answers.follow, result.answers.primary
    rows = [*_forms(result, standing), *_sums(result, standing), *_therapists(found)]
    if primary not in TAP_TESTS:
        caption = say(CAPTIONS, "tests_secondary")
    else:
        caption = say(CAPTIONS, "tests_planned" if standing.is_planned else "tests")
    return Table(caption, COLUMNS["tests"], rows, kind="sessions")


def _marked(name: str, form: str, result: StudyResult, standing: StudyStanding) -> str:
    if form != result.answers.primary:
        return name
    if not result.plan_sha256:
        return say(CELLS, "primary", form=name)
    return say(CELLS, "primary_standing", form=name, standing=standing.of("primary"))


def _forms(result: StudyResult, standing: StudyStanding) -> list[tuple[str, ...]]:
    found = result.answers.follow
    return [
        (
            _marked(CELLS[form], form, result, standing),
            bounded(test.resultant),
            _interval(found, form),
            say(
                CELLS,
                "median_up_to",
                median=bounded(test.resultant_null.median),
                high=bounded(test.resultant_null.high),
            ),
            p_number(test.pvalue),
            str(test.n_sessions),
        )
        for form, test in sorted(found.tests.items(), key=lambda pair: pair[0] != found.primary)
    ]


def _sums(result: StudyResult, standing: StudyStanding) -> list[tuple[str, ...]]:
    """The same question in other ways: the sessions' own tests, all sessions, signals of other sessions."""
    found = result.answers.follow
    rows: list[tuple[str, ...]] = []
    if found.stouffer is not None:
        rows.append(_sum_row(_marked(say(CELLS, "sum"), "stouffer", result, standing), found.stouffer))
    if found.own is not None:
        own = found.own
        n_above = say(CELLS, "n_of", n=own.n_above, total=own.n_sessions)
        p = p_number(own.pvalue, has_floor=False)
        rows.append((say(CELLS, "own_phase"), n_above, "–", f"{own.expected:.1f}", p, str(own.n_sessions)))
    for name, test in (
        (say(CELLS, "everyone"), found.everyone),
        (say(CELLS, "with_made", n=found.n_made), found.with_made),
    ):
        if isinstance(test, StoufferResult):
            rows.append(_sum_row(name, test))
        elif test is not None:
            rows.append(_resultant_row(name, test, "–"))
    for swap in found.swaps:
        high = say(CELLS, "up_to", high=bounded(swap.resultant_null.high))
        name = CELLS[swap.scope]
        rows.append((name, bounded(swap.resultant), "–", high, p_number(swap.pvalue), str(swap.n_sessions)))
    return rows


def _sum_row(name: str, test: StoufferResult) -> tuple[str, ...]:
    z = say(CELLS, "z", z=fixed(test.statistic, 2))
    return (
        name,
        z,
        "–",
        say(CELLS, "z_chance"),
        p_number(test.pvalue, has_floor=False),
        str(test.n_sessions),
    )


def _resultant_row(name: str, test: RotationResult, interval: str) -> tuple[str, ...]:
    high = say(CELLS, "up_to", high=bounded(test.resultant_null.high))
    return name, bounded(test.resultant), interval, high, p_number(test.pvalue), str(test.n_sessions)


def _therapists(found: FollowAnswers) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for row in found.therapists[:MOST_THERAPISTS]:
        name = say(CELLS, "alone", therapist=row.therapist)
        if row.test is None:
            few = say(CELLS, "too_few_sessions")
            rows.append((name, bounded(row.resultant), "–", few, "–", str(row.n_sessions)))
        else:
            rows.append(_resultant_row(name, row.test, _interval(found, f"therapist {row.therapist}")))
    return rows


def _interval(found: FollowAnswers, name: str) -> str:
    """Bootstrap interval of a test's figure."""
    low, high = found.intervals.get(name, (float("nan"), float("nan")))
    return say(CELLS, "between", low=bounded(low), high=bounded(high)) if is_known(low, high) else "–"


def beside_tests(result: StudyResult) -> tuple[str, ...]:
    """What stands below the tests: leaving one session out, and therapists in general."""
    found = result.answers.follow
    sentences = []
    if found.left_out:
        least, most = p_number(min(found.left_out)), p_number(max(found.left_out))
        floor = p_number(1 / (1 + LEFT_OUT_ROTATIONS))
        if least == most:
            said = say(TAPS, "left_out_equal", least=least, n=LEFT_OUT_ROTATIONS, floor=floor)
        else:
            said = say(TAPS, "left_out", least=least, most=most, n=LEFT_OUT_ROTATIONS, floor=floor)
        sentences.append(said)
    if found.population is not None:
        sentences.append(_in_general(found.population))
    return tuple(sentences)


def _in_general(found: Population) -> str:
    following = bounded(found.following)
    if not is_known(found.pvalue):
        return say(
            TAPS,
            "in_general_untested",
            following=following,
            direction=found.direction,
            why=found.reason,
        )
    p = p_words(found.pvalue, has_floor=False)
    therapists = counted(found.n_therapists, "therapist")
    if not is_known(found.ci_low, found.ci_high):
        return say(
            TAPS,
            "in_general_no_interval",
            following=following,
            direction=found.direction,
            p=p,
            therapists=therapists,
        )
    return say(
        TAPS,
        "in_general",
        following=following,
        direction=found.direction,
        low=bounded(found.ci_low),
        high=bounded(found.ci_high),
        p=p,
        therapists=therapists,
    )
