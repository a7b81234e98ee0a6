"""Does any recording of a study hold what its settings name?

A name that some recordings hold and others do not is told of these, one by one. One that none of them holds is a slip
of whoever set it, and is told once.

- `refuse_unknown` : rows of a study → nothing, or what was named in vain
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from touchrhythm._check import likely_slip
from touchrhythm.study.rows import SessionRow
from touchrhythm.words.numbers import joined

__all__ = ["SERIES", "refuse_unknown"]

SERIES = "series"  # the setting that a recording without a pulse cannot follow
MOST_NAMES = 12
MUST: Mapping[str, str] = {  # what must hold, and what was found
    "channel": "channel must name a signal, got {value!r}, which is one in {none}",
    "references": "references must name channels, got {value!r}, which is one in {none}",
    SERIES: "series must be that of a pulse, got {value!r}, and there is a pulse in {none}",
}


def refuse_unknown(rows: Sequence[SessionRow]) -> None:
    """Refuse a setting that no recording of the study can follow.

    Parameters
    ----------
    rows : sequence of SessionRow
        Those that could not be read are passed over.

    Raises
    ------
    ValueError
        With what the recordings hold, and the likely slip.
    """
    read = [row for row in rows if row.channels]
    for setting, value in dict.fromkeys(misfit for row in read for misfit in row.misfits):
        # whether a channel is a pulse is not asked of an excluded recording
        asked = [row for row in read if setting != SERIES or row.state != "excluded"]
        if all((setting, value) in row.misfits for row in asked):
            raise ValueError(_sentence(setting, value, asked))


def _sentence(setting: str, value: str, rows: Sequence[SessionRow]) -> str:
    numbers = Counter(name for row in rows for name in row.channels)
    shown = [
        repr(name) if n == len(rows) else f"{name!r} (in {n})" for name, n in numbers.most_common(MOST_NAMES)
    ]
    shown += [f"{len(numbers) - MOST_NAMES} more"] if len(numbers) > MOST_NAMES else []
    none = f"none of the {len(rows)} recordings" if len(rows) > 1 else "no recording"
    must = MUST[setting].format(value=value, none=f"{none} that can be read")
    slip = " (--signal pulse says that it is one)" if setting == SERIES else likely_slip(value, list(numbers))
    return f"{must}; their channels are {joined(shown)}{slip}"
