"""Which presses and remarks stand in the columns of this table, and when?

**Conventions.** Times are seconds from the first sample, at the rows as they were recorded. A button may be a level
of two values, a mark in the rows of the presses alone, words for down and up, or a count of presses.

- `presses_of` : channels → onsets by rater
- `words_of` : columns of text → onsets and annotations
- `comments_of` : comments that a known program wrote beside rows → the same
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from touchrhythm._check import FloatArray
from touchrhythm.io.taps import is_button, presses
from touchrhythm.session import Annotation, Recording, Taps
from touchrhythm.words.columns import plain, role_of
from touchrhythm.words.tap_tables import DOWN, UP

__all__ = ["BUTTONS", "comments_of", "presses_of", "words_of"]

BUTTONS = ("button", "trigger")  # roles of which a channel with two levels holds presses
MOST_SAID = 0.5  # fraction of rows with a word; a column that says more tells a state
Marks = tuple[FloatArray | None, tuple[Annotation, ...]]


def presses_of(
    recording: Recording, data: FloatArray, time: FloatArray, button: str | int | None, rater: str
) -> tuple[tuple[Taps, ...], tuple[str, ...]]:
    """Presses on the channels of buttons, and sentences on what was unusual.

    Parameters
    ----------
    recording : Recording
        Whose channels they are.
    data : ndarray, shape (n_rows, n_channels)
        Values as recorded.
    time : ndarray, shape (n_rows,)
        Seconds from the first sample.
    button : str, int or None
        The channel that is said to be a button; None: those named so.
    rater : str
        Who pressed, where there is one button; of several each is called as its channel.

    Raises
    ------
    ValueError
        If the channel that was named is no button.
    """
    if button is not None:
        column = recording.index(button)
        try:
            onset, told = _onsets(data[:, column], time)
        except ValueError as error:
            raise ValueError(f"channel {recording.channels[column]!r} is no button: {error}") from None
        return (Taps(onset, rater),), told
    if len(recording.channels) == 1:
        return (), ()
    named = [k for k, name in enumerate(recording.channels) if role_of(name) == "button"]
    named = [k for k in named if _is_pressed(data[:, k])]
    marks = [k for k, name in enumerate(recording.channels) if name.lower() == "marker"]
    columns = named or [k for k in marks if recording.roles[k] in BUTTONS and _is_pressed(data[:, k])][:1]
    found: list[Taps] = []
    sentences = [] if columns else _may_be_buttons(recording, data)
    for k in columns:
        onset, told = _onsets(data[:, k], time)
        found.append(Taps(onset, rater if len(columns) == 1 else recording.channels[k]))
        sentences += told
    return tuple(found), tuple(sentences)


def _may_be_buttons(recording: Recording, data: FloatArray) -> list[str]:
    """A sentence for each channel of no known kind that has the two levels of a button."""
    free = [k for k, role in enumerate(recording.roles) if not role and is_button(_level(data[:, k]))]
    names = [recording.channels[k] for k in free]
    return [f"channel {name} has two levels, as a button has (if it is one: --taps {name})" for name in names]


def _is_pressed(x: FloatArray) -> bool:
    return is_button(_level(x)) or _counts_presses(x)


def _onsets(x: FloatArray, time: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    if _counts_presses(x):
        known = np.flatnonzero(np.isfinite(x))
        return time[known[1:][np.diff(x[known]) == 1]], (
            "the button counts its presses; each step up is one",
        )
    return presses(_level(x), time)


def _counts_presses(x: FloatArray) -> bool:
    """Whether a channel stands still but for steps of one up."""
    known = x[np.isfinite(x)]
    steps = np.diff(known)
    return bool(
        steps.size
        and known.max() - known.min() >= 2
        and ((steps == 0) | (steps == 1)).all()
        and np.mean(steps) < MOST_SAID
    )


def _level(x: FloatArray) -> FloatArray:
    """Level of a button; where a mark stands in the rows of presses alone, the other rows are at rest."""
    known = x[np.isfinite(x)]
    marks = 2 * known.size < x.size and known.size > 0 and known[0] != 0 and bool((known == known[0]).all())
    return np.where(np.isnan(x), 0.0, 1.0) if marks else x


def words_of(
    words: Mapping[str, list[str]], rows: np.ndarray, time: FloatArray
) -> tuple[Marks, tuple[str, ...]]:
    """Presses and remarks in columns of text that are named for them, and the names of those columns.

    Parameters
    ----------
    words : mapping of str to list of str
        By column, a word for each row of the file.
    rows : ndarray, shape (n_rows,)
        Rows of the file that are samples.
    time : ndarray, shape (n_rows,)
        Seconds of each from the first.
    """
    onsets: list[float] = []
    remarks: list[Annotation] = []
    used = []
    for name, said in words.items():
        role = role_of(name)
        texts = [" ".join(plain(said[row]).split()) for row in rows.tolist()] if role in BUTTONS else []
        found = set(texts) - {""}
        if not found:
            continue
        begins = [k for k, text in enumerate(texts) if text and (k == 0 or texts[k - 1] != text)]
        if found <= DOWN | UP and found & DOWN and found & UP:
            onsets += [float(time[k]) for k in begins if texts[k] in DOWN and k > 0]
        elif sum(map(bool, texts)) > MOST_SAID * len(texts):
            continue
        else:
            is_tap = [role == "button" or role_of(texts[k]) == "button" for k in begins]
            onsets += [float(time[k]) for k, tap in zip(begins, is_tap, strict=True) if tap]
            remarks += [
                Annotation(float(time[k]), 0.0, said[int(rows[k])])
                for k, tap in zip(begins, is_tap, strict=True)
                if not tap
            ]
        used.append(name)
    return (np.array(sorted(set(onsets))) if onsets else None, tuple(remarks)), tuple(used)


def comments_of(said: Sequence[tuple[int, str]], rows: np.ndarray, time: FloatArray) -> Marks:
    """Comments of a known program as annotations; those that say "tap" are taps."""
    if not said:
        return None, ()
    at = np.clip(np.searchsorted(rows, [row for row, _ in said]), 0, time.size - 1)
    placed = [(float(time[k]), text) for k, (_, text) in zip(at, said, strict=True)]
    taps = sorted({onset for onset, text in placed if role_of(text) == "button"})
    rest = tuple(
        Annotation(onset, 0.0, text or "comment") for onset, text in placed if role_of(text) != "button"
    )
    return np.array(taps) if taps else None, rest
