"""What does a table of planning say? How many sessions, subjects and minutes are enough.

- `power_sentences` : of a table of power
- `width_sentences` : of a table of widths
"""

from __future__ import annotations

from touchrhythm.planning.power import PowerTable
from touchrhythm.planning.precision import WidthTable
from touchrhythm.units import SECONDS_PER_MINUTE
from touchrhythm.words import say
from touchrhythm.words.numbers import counted
from touchrhythm.words.plan import POWER, WIDTHS

__all__ = ["power_sentences", "width_sentences"]


def power_sentences(table: PowerTable) -> tuple[str, ...]:
    """Which designs reach the power that is wanted, what was expected, and the test."""
    found = [
        say(
            POWER,
            "reaches",
            n=design.n_sessions,
            minutes=f"{design.tapping_s / SECONDS_PER_MINUTE:g}",
            power=f"{design.power:.0%}",
        )
        for design in table.enough()
    ] or [say(POWER, "none_reaches", wanted=f"{table.wanted:.0%}")]
    low, high = table.band_cpm
    test = say(
        POWER,
        "test",
        form=table.form,
        alpha=f"{table.alpha:g}",
        low=f"{low:g}",
        high=f"{high:g}",
        n=table.rows[0].n_studies,
        seed=table.seed,
    )
    return (*found, _expected_power(table), test)


def _expected_power(table: PowerTable) -> str:
    expected = table.expected
    low, high = expected.rate_cpm
    followed = (
        say(POWER, "in_every_session")
        if expected.followed == 1
        else say(POWER, "in_some_sessions", followed=f"{expected.followed:.0%}")
    )
    return say(
        POWER,
        "expected",
        followed=followed,
        lag=f"{expected.lag_s:g}",
        spread=f"{expected.lag_spread_s:g}",
        jitter=f"{expected.jitter:.0%}",
        missed=f"{expected.missed:.0%}",
        low=f"{low:g}",
        high=f"{high:g}",
        variation=f"{expected.signal_cv:.0%}",
        snr=f"{expected.snr_db:g}",
    )


def width_sentences(table: WidthTable) -> tuple[str, ...]:
    """How many subjects make the interval as narrow as is wanted, and what was expected."""
    studies = say(WIDTHS, "studies", n=table.rows[0].n_studies, seed=table.seed)
    return (*_enough_subjects(table), _expected_widths(table), studies)


def _enough_subjects(table: WidthTable) -> tuple[str, ...]:
    if table.wanted is None:
        return ()
    wanted = f"{table.wanted:g}"
    if table.unit:
        wanted = say(WIDTHS, "with_unit", value=wanted, unit=table.unit)
    enough = table.enough()
    if enough is None:
        return (say(WIDTHS, "none_reaches", wanted=wanted),)
    quantity = say(WIDTHS, "icc" if table.quantity == "icc" else "limits")
    return (say(WIDTHS, "reaches", n=enough.n_subjects, quantity=quantity, wanted=wanted),)


def _expected_widths(table: WidthTable) -> str:
    expected = table.expected
    if table.quantity == "icc":
        return say(
            WIDTHS,
            "expected_icc",
            icc=f"{expected.icc:g}",
            n_raters=expected.n_raters,
            between=f"{expected.rater_fraction:.0%}",
        )
    return say(
        WIDTHS,
        "expected_limits",
        between=f"{expected.between_cpm:g}",
        within=f"{expected.within_cpm:g}",
        sessions=counted(expected.n_sessions, "session"),
    )
