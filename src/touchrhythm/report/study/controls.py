"""Could something else explain a study's answer? What its controls say.

**Conventions.** Nothing is computed here. What was found stands beside what chance or guessing gives.

- `control_sentence` : the sessions of a control kind
- `phantom_sentences` : sensor and therapists on phantoms, in short
- `control_sentences` : everything about the controls
- `phantom_table` : phantom by phantom
"""

from __future__ import annotations

from collections.abc import Sequence

from touchrhythm.raters.signal_detection import ConfidenceCalibration, Detection
from touchrhythm.report.page import Table
from touchrhythm.study.controls import Control, MadeByTapping, PhantomTrial, PressArtefacts
from touchrhythm.study.run import StudyResult
from touchrhythm.words import say
from touchrhythm.words.numbers import counted, fixed, interval, is_known, joined, p_words
from touchrhythm.words.study import CONTROL_PLACES, CONTROLS
from touchrhythm.words.study_page import CAPTIONS, CELLS, COLUMNS

__all__ = ["control_sentence", "control_sentences", "phantom_sentences", "phantom_table"]

MOST_RATES = 8  # named in a sentence
MOST_TRIALS = 400  # rows of the table


def control_sentence(control: Control) -> str:
    """What the sessions of a control kind say."""
    place = CONTROL_PLACES[control.kind]
    if not control.n_answered:
        return say(CONTROLS, "not_asked", place=place, sessions=counted(control.n_sessions, "session"))
    sessions = counted(control.n_answered, "session")
    expected, p = f"{control.expected:.2f}", p_words(control.pvalue, has_floor=False)
    if not control.n_found:
        return say(CONTROLS, "none_found", place=place, sessions=sessions, expected=expected, p=p)
    rates = joined([f"{rate:.1f}" for rate in control.rates_cpm[:MOST_RATES]])
    return say(
        CONTROLS,
        "found",
        place=place,
        n_found=control.n_found,
        sessions=sessions,
        rates=rates,
        expected=expected,
        p=p,
    )


def phantom_sentences(result: StudyResult) -> tuple[str, ...]:
    """What is known of the phantom sessions: whether sensor and therapists told moving from still."""
    found = result.answers.controls
    sentences = []
    if found.sensor is not None:
        sentences.append(_told(found.sensor, is_sensor=True))
    if found.rater is not None:
        sentences.append(_told(found.rater, is_sensor=False))
    if found.n_sealed:
        sessions = counted(found.n_sealed, "phantom session")
        sentences.append(say(CONTROLS, "truth_unknown", sessions=sessions))
    return tuple(sentences)


def _told(score: Detection, *, is_sensor: bool) -> str:
    told = "sensor_told" if is_sensor else "therapists_told"
    not_shown = "sensor_not_shown" if is_sensor else "therapists_not_shown"
    said = say(
        CONTROLS,
        told if score.d_prime.ci_low > 0 else not_shown,
        hits=score.hits,
        moved=score.hits + score.misses,
        alarms=score.false_alarms,
        still=score.false_alarms + score.correct_rejections,
        d=fixed(score.d_prime.estimate, 1),
        interval=interval(score.d_prime.ci_low, score.d_prime.ci_high, 1),
    )
    return f"{said} {say(CONTROLS, 'too_few_trials')}" if score.too_few else said


def control_sentences(result: StudyResult) -> tuple[str, ...]:
    """Every kind of control, press artefacts, signal-detection trials, confidence."""
    found = result.answers.controls
    sentences = [control_sentence(control) for control in found.kinds]
    sentences += [_press(artefacts) for artefacts in found.leakage]
    sentences += [_made(made) for made in found.made]
    if found.sensor is not None:
        said = _told(found.sensor, is_sensor=True)
        sentences.append(f"{said} {_lean(found.sensor)}")
    if found.rater is not None:
        said = _told(found.rater, is_sensor=False)
        sentences.append(f"{said} {_lean(found.rater)}")
    if found.confidence is not None:
        sentences.append(_confidence(found.confidence))
    if found.n_sealed:
        sessions = counted(found.n_sealed, "phantom session")
        sentences.append(say(CONTROLS, "truth_unknown", sessions=sessions))
    return tuple(sentences) or (say(CONTROLS, "none"),)


def _press(found: PressArtefacts) -> str:
    sessions, ratio = counted(found.n_sessions, "session"), f"{found.median_ratio:.2f}"
    if found.joint is None:
        return say(
            CONTROLS, "press", kind=found.kind, n_below=found.n_below_alpha, sessions=sessions, ratio=ratio
        )
    p = p_words(found.joint.pvalue, has_floor=False)
    return say(
        CONTROLS,
        "press_joint",
        kind=found.kind,
        n_below=found.n_below_alpha,
        sessions=sessions,
        ratio=ratio,
        p=p,
    )


def _made(found: MadeByTapping) -> str:
    if not found.n_told:
        sessions = counted(found.n_sessions, "session")
        return say(CONTROLS, "made_untold", kind=found.kind, sessions=sessions)
    n_untold = found.n_sessions - found.n_told
    more = {"n_untold": n_untold} if n_untold else {}
    return say(
        CONTROLS,
        "made_some" if n_untold else "made",
        kind=found.kind,
        n_made=found.n_made,
        sessions=counted(found.n_told, "session"),
        expected=f"{found.expected:.1f}",
        p=p_words(found.pvalue, has_floor=False),
        **more,
    )


def _lean(score: Detection) -> str:
    """To which answer it leans, and what was done to score it."""
    said = [_criterion(score)]
    said += [say(CONTROLS, "corrected")] if score.corrected else []
    if score.n_no_answer:
        said.append(say(CONTROLS, "no_answer", trials=counted(score.n_no_answer, "trial")))
    return " ".join(said)


def _criterion(score: Detection) -> str:
    c = score.criterion
    lean = "lean_nothing" if c.estimate > 0 else "lean_something"
    return say(
        CONTROLS,
        "no_lean" if c.ci_low <= 0 <= c.ci_high else lean,
        c=fixed(c.estimate, 2),
        interval=interval(c.ci_low, c.ci_high, 2),
    )


def _confidence(found: ConfidenceCalibration) -> str:
    over, surer = found.overconfidence, found.discrimination
    code = "too_sure" if over.ci_low > 0 else "too_unsure" if over.ci_high < 0 else "neither_sure"
    said = say(
        CONTROLS,
        "confidence",
        answers=counted(found.n, "answer"),
        over=fixed(over.estimate, 2),
        interval=interval(over.ci_low, over.ci_high, 2),
        way=say(CONTROLS, code),
    )
    if not is_known(surer.estimate):
        return f"{said} {say(CONTROLS, 'surer_unknown')}"
    percent, low, high = (f"{100 * value:.0f}" for value in (surer.estimate, surer.ci_low, surer.ci_high))
    return f"{said} {say(CONTROLS, 'surer', percent=percent, low=low, high=high)}"


def phantom_table(trials: Sequence[PhantomTrial]) -> Table:
    """What was true of each phantom, what the sensor and what the therapist said."""
    answers = {
        True: say(CELLS, "felt"),
        False: say(CELLS, "felt_nothing"),
        None: say(CELLS, "no_answer"),
    }
    rows = [
        (
            trial.id,
            say(CELLS, "stood_still") if trial.truth_cpm == 0 else fixed(trial.truth_cpm, 2),
            fixed(trial.measured_cpm, 2) if trial.found else say(CELLS, "none_found"),
            trial.rater,
            answers[trial.felt],
            fixed(trial.tapped_cpm, 2) or "–",
        )
        for trial in trials[:MOST_TRIALS]
    ]
    return Table(say(CAPTIONS, "phantoms"), COLUMNS["phantoms"], rows)
