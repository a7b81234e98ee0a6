"""What does a study's rotation test say, in words?

**Conventions.** Nothing is computed here. Where no common phase was found, that is what is said, and
never that nobody followed: followers whose lag differs from session to session have none.

- `rotation_sentences` : the answer of a `RotationResult`
"""

from __future__ import annotations

import math

from touchrhythm.study.pooled_phase import PooledLag
from touchrhythm.study.rotation import ROTATION_FORMS, RotationResult
from touchrhythm.words.numbers import bounded, counted, p_words

__all__ = ["rotation_sentences"]


def rotation_sentences(
    result: RotationResult,
    *,
    alpha: float = 0.05,
    lag: PooledLag | None = None,
    interval: tuple[float, float] | None = None,
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

    >>> from touchrhythm.study.rotation import rotation_test
    >>> rotation_sentences(rotation_test([0.3, 0.3j, -0.3, -0.3j], rng=0, n_rotations=99))[0]
    'Over 4 sessions the taps have no common phase with the signal that chance would not give (p = 1; pooled phase consistency .00, by chance .15, up to .28).'
    """
    sessions = counted(result.n_sessions, "session")
    ends = ""
    if interval is not None and (result.form == "directional" or result.pvalue <= alpha):
        ends = f" ({bounded(interval[0])} to {bounded(interval[1])})"
    chance = (
        f"pooled phase consistency {bounded(result.resultant)}{ends}, by chance {bounded(result.resultant_null.median)},"
        f" up to {bounded(result.resultant_null.high)}"
    )
    what = {
        "undirected": "a common phase",
        "directional": "the phase declared beforehand",
        "axial": "a common axis (either polarity)",
    }[result.form]
    if result.pvalue <= alpha:
        said = [
            f"Over {sessions} the taps follow the signal: they keep {what} with it ({p_words(result.pvalue)}; {chance})."
        ]
        if lag is not None:
            said.append(_lag(lag))
        return tuple(said)
    missing = {
        "undirected": "no common phase",
        "directional": "no sign of the declared phase in common",
        "axial": "no common axis",
    }[result.form]
    return (
        f"Over {sessions} the taps have {missing} with the signal that chance would not give"
        f" ({p_words(result.pvalue)}; {chance}).",
        "That does not say that nobody followed: taps whose lag differs from session to session, or that follow in"
        f" few sessions, show no common phase. The test asks for {ROTATION_FORMS[result.form]}.",
    )


def _lag(lag: PooledLag) -> str:
    if not math.isfinite(lag.lag_low_s):
        return f"How late they come cannot be said: {lag.reason}."
    return (
        f"On average they come {abs(lag.lag_s):.1f} s {_side(lag.lag_s)} the peak ({_ends(lag.lag_low_s, lag.lag_high_s)},"
        f" known modulo one cycle); the sessions' phases agree to {bounded(lag.consistency)}"
        f" ({bounded(lag.consistency_low)}–{bounded(lag.consistency_high)}; chance up to"
        f" {bounded(lag.consistency_null.high)})."
    )


def _side(lag_s: float) -> str:
    return "before" if lag_s < 0 else "after"


def _ends(low: float, high: float) -> str:
    """Ends of a lag's interval; where it reaches over the peak each says on which side it lies.

    >>> _ends(0.5, 0.7), _ends(-3.0, -1.2), _ends(-0.2, 0.4)
    ('0.5 to 0.7', '3.0 to 1.2', '0.2 before to 0.4 after')
    """
    if (low < 0) == (high < 0):
        return f"{abs(low):.1f} to {abs(high):.1f}"
    return f"{abs(low):.1f} {_side(low)} to {abs(high):.1f} {_side(high)}"
