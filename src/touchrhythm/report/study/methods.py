"""How was a study analysed? A paragraph for a paper, free to use (CC0).

**Conventions.** Only what was done is said.

- `study_methods` : the paragraph
- `study_works` : the works that it names
"""

from __future__ import annotations

from touchrhythm.report.session.pulse import beats_methods
from touchrhythm.report.study.plan import palpation_rows
from touchrhythm.study.answers import TAP_TESTS
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.columns import signal_by_name
from touchrhythm.words.methods import LEADING_TESTS, METHODS, STUDY_WORKS
from touchrhythm.words.numbers import counted, is_known

__all__ = ["study_methods", "study_works"]


def study_methods(result: StudyResult) -> str:
    """A paragraph for a paper, free to use (CC0)."""
    return " ".join(
        (
            *_sessions(result),
            *_pulse(result)[0],
            *_taps(result),
            *_rates(result),
            *_beside(result),
            say(METHODS, "seed", seed=result.seed),
        )
    )


def study_works(result: StudyResult) -> tuple[str, ...]:
    """The works that the paragraph names, in the order of their authors."""
    return tuple(sorted((*STUDY_WORKS, *_pulse(result)[1])))


def _sessions(result: StudyResult) -> list[str]:
    settings = result.settings
    low, high = settings.band_cpm
    return [
        say(
            METHODS,
            "sessions",
            version=result.version,
            low=f"{low:g}",
            high=f"{high:g}",
            n=settings.n_surrogates,
            alpha=f"{settings.alpha:g}",
        )
    ]


def _pulse(result: StudyResult) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rows = [row for row in result.rows if row.series]
    if not rows:
        return (), ()
    is_ecg = result.settings.signal == "ecg" or all(signal_by_name(row.channel) == "ecg" for row in rows)
    return beats_methods(tuple(sorted({row.series for row in rows})), result.settings, is_ecg=is_ecg)


def _taps(result: StudyResult) -> list[str]:
    settings, found = result.settings, result.answers.follow
    test = LEADING_TESTS[found.primary]
    if found.primary in found.tests:
        test = say(METHODS, "rotations", test=test, n=found.tests[found.primary].n_rotations)
    is_primary = result.answers.primary in TAP_TESTS
    text = [say(METHODS, "primary_test" if is_primary else "leading_test", test=test)]
    told = [row for row in palpation_rows(result) if row.made_by_tapping is not None]
    if told:
        n_made = sum(row.made_by_tapping is True for row in told)
        text.append(say(METHODS, "made", n=n_made, told=counted(len(told), "session")))
    if settings.taps_against == "residual":
        text.append(say(METHODS, "residual"))
    n_whom = sum(is_known(candidate.pvalue) for candidate in result.answers.whom[1:])
    if n_whom:
        text.append(say(METHODS, "whom", n=n_whom))
    if settings.lag_s is not None:
        low, high = (f"{end:g}" for end in settings.lag_s)
        text.append(
            say(METHODS, "declared_event", low=low, high=high)
            if settings.polarity is None
            else say(
                METHODS, "declared_peak" if settings.polarity == 1 else "declared_trough", low=low, high=high
            )
        )
    if any(taps.statistic == "V" for row in found.phasors.rows for taps in row.taps):
        text.append(say(METHODS, "v_statistic"))
    if found.lag is not None:
        text.append(say(METHODS, "bootstrap", n=found.lag.n_boot))
    if found.swaps:
        text.append(say(METHODS, "session_permutation"))
    return text


def _rates(result: StudyResult) -> list[str]:
    text = [say(METHODS, "limits")]
    comparison = result.answers.rates.comparison
    if comparison is not None and comparison.loam is not None:
        text.append(say(METHODS, "loam"))
    return text


def _beside(result: StudyResult) -> list[str]:
    """Sessions of their own phase, expectation and breathing, controls, withdrawals."""
    text = []
    if result.answers.follow.own is not None:
        text.append(say(METHODS, "own_phases"))
    found = result.answers.rates.associations
    if found.n_expected or any(found.n_breathing.values()):
        text.append(say(METHODS, "beside"))
    if result.answers.controls.leakage:
        text.append(say(METHODS, "press"))
    if result.answers.controls.sensor is not None or result.answers.controls.rater is not None:
        text.append(say(METHODS, "trials"))
    times, gone = result.found.withdrawn
    if times:
        recordings, withdrawals = counted(gone, "recording"), counted(times, "withdrawal")
        text.append(say(METHODS, "withdrawn", recordings=recordings, withdrawals=withdrawals))
    return text
