"""What do the controls of a study say, in words?

**Conventions.** Nothing is computed here. What was found stands beside what chance or guessing gives.

- `control_sentence` : the sessions of a control kind
- `phantom_sentences` : sensor and therapists on phantoms
"""

from __future__ import annotations

from touchrhythm.study.controls import Control
from touchrhythm.study.run import StudyResult
from touchrhythm.words.numbers import counted, fixed, interval, joined, p_words

__all__ = ["control_sentence", "phantom_sentences"]


def control_sentence(one: Control) -> str:
    """What the sessions of a control kind say."""
    what = {
        "null": "On the dead weight",
        "unloaded": "With nothing on the sensor",
        "rigid": "With the hand on a rigid object",
        "tap-only": "With taps but no touch",
    }[one.kind]
    if not one.n_answered:
        return f"{what}: {counted(one.n_sessions, 'session')}, none of which can be asked for a rhythm (too short, or broken)."
    rates = (
        f" (at {joined([f'{rate:.1f}' for rate in one.rates_cpm[:8]])} cycles per minute)"
        if one.n_found
        else ""
    )
    return (
        f"{what} a rhythm was found in {one.n_found} of {counted(one.n_answered, 'session')}{rates}; chance gives"
        f" {one.expected:.2f} ({p_words(one.pvalue)})."
    )


def phantom_sentences(result: StudyResult) -> tuple[str, ...]:
    """What is known of the phantom sessions: whether sensor and therapists told moving from still."""
    found = result.answers.controls
    said = []
    for who, score in (("the rhythm test", found.sensor), ("the therapists", found.rater)):
        if score is None:
            continue
        d, moved = score.d_prime, score.hits + score.misses
        still = score.false_alarms + score.correct_rejections
        verb = "found" if who == "the rhythm test" else "felt"
        tail = "; too few trials to rely on it" if score.too_few else ""
        told = "told moving from still" if d.ci_low > 0 else "were not shown to tell moving from still"
        if verb == "found":
            told = told.replace("were", "was")
        said.append(
            f"On phantoms {who} {told}: {verb} {score.hits} of {moved} that moved, and {score.false_alarms} of {still}"
            f" that stood still (d′ {fixed(d.estimate, 1)}, {interval(d.ci_low, d.ci_high, 1)}; 0 is guessing{tail})."
        )
    if found.n_sealed:
        name = counted(found.n_sealed, "phantom session")
        said.append(
            f"What was true of {name} is not known here: name the folder of truths, once it may be known."
        )
    return tuple(said)
