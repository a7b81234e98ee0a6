"""What do people and programs call the columns of tables of taps, and their rows?

**Conventions.** Whole names in lower case without their unit.

- `ONSET`, `START`, `SPLIT`, `LAP_TIME`, `TAP_NAMES` : columns of times
- `RATER`, `NO_RATER` : columns of people, and what stands there for nobody
- `KINDS`, `DOWN`, `UP` : columns of kinds of event, and what says that a key went down or up
"""

from __future__ import annotations

__all__ = [
    "DOWN",
    "KINDS",
    "LAP_TIME",
    "NO_RATER",
    "ONSET",
    "RATER",
    "SIDE_COLUMNS",
    "SPLIT",
    "START",
    "TAP_NAMES",
    "UP",
]


def _names(text: str) -> tuple[str, ...]:
    """Names that stand between commas, on several lines."""
    return tuple(" ".join(name.split()) for name in text.split(","))


ONSET = _names(
    """
    onset, onsets, onset_s, onset_ms, onset time, tap time, tap times, tap_time, tap_times, press
    time, press_time, down_time, time_down, keydown_time, onset_time
    """
)
START = _names(
    """
    start, start time, begin, begin time, beginn, inizio, inicio, debut, début
    """
)
SPLIT = _names(
    """
    split, splits, split time, total, total time, total_time, overall, overall time, cumulative,
    cumulative time, cumulated, elapsed time, running total, gesamt, gesamtzeit, zwischenzeit, totaal,
    totale tijd, totaaltijd, tussentijd, temps total, temps cumulé, temps cumule, temps intermédiaire,
    tiempo total, tiempo acumulado, tiempo parcial, tempo totale, tempo parziale, intermedio
    """
)
LAP_TIME = _names(
    """
    lap time, lap times, laptime, lap_time, lap duration, rundenzeit, rondetijd, temps au tour, temps
    du tour, tiempo de vuelta, tempo giro, tempo sul giro, lap, runde, ronde, tour, vuelta, giro,
    interval, intervall, intertap, iti, ioi, inter-tap interval
    """
)
TAP_NAMES = _names(
    """
    tap, taps, press, presses, tap number, tap no, tap nr, tik, tikken, tipp, tipps, nr, no, no., nr.,
    number, n, index, #
    """
)
RATER = _names(
    """
    rater, examiner, tapper, observer, who, therapist, operator, practitioner, beoordelaar,
    onderzoeker, therapeut, therapeutin, untersucher, untersucherin, beobachter, examinateur,
    observateur, examinador, observador, esaminatore, osservatore
    """
)
NO_RATER = ("", "no focal subject", "none")
KINDS = _names(
    """
    trial_type, event, event type, event_type, type, behavior, behaviour, label, marker, action, kind,
    ereignis, gebeurtenis, evenement, événement, evento, behavior type, behaviour type, status
    """
)
DOWN = frozenset(
    _names(
        """
    1, aan, an, down, ein, gedruckt, high, ingedrukt, key down, keydown, mouse down, mousedown, neer,
    on, point, press, pressed, start, touchstart, true, unten, gedrueckt, appuye, enfonce, pulsado, presionado,
    premuto
    """
    )
)
UP = frozenset(
    _names(
        """
    0, aus, end, false, key up, keyup, los, losgelassen, low, mouse up, mouseup, oben, off, op,
    release, released, stop, touchend, uit, up, losgelassen, relache, soltado, rilasciato
    """
    )
)
SIDE_COLUMNS = _names(
    """
    comment, comments, note, notes, opmerking, bemerkung, kommentar, duration, dauer
    """
)
