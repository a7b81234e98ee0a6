"""How is a number said, to the digit that it supports?

**Conventions.** Plain numbers in, text out; NaN becomes "". Rates in cpm, times in seconds. Figures
that cannot exceed 1 (p, consistency, coherence) are said without their leading zero.

- `decimals_for`, `fixed`, `minus` : digits that an interval supports, and their sign
- `interval`, `rate_words`, `rate_alone` : an estimate and what it could be
- `p_words`, `bounded`, `percent` : shares and p-values
- `amount`, `time_words`, `lag_words`, `counted`, `differs` : amounts, times, counts, differences
"""

from __future__ import annotations

import math

from touchrhythm.units import minutes_seconds

__all__ = [
    "amount",
    "amount_words",
    "bounded",
    "counted",
    "decimals_for",
    "differs",
    "fixed",
    "interval",
    "is_known",
    "joined",
    "lag_words",
    "minus",
    "p_number",
    "p_words",
    "percent",
    "rate_alone",
    "rate_words",
    "spelled",
    "time_words",
]

MOST_DECIMALS = (
    6  # with which an end is said to lie outside a band; what needs more is a rounding of the computer
)
LOWEST_SAID = 0.0001  # of a p-value without a floor


def is_known(*values: float | None) -> bool:
    """Whether all values are finite numbers."""
    return all(value is not None and math.isfinite(value) for value in values)


def decimals_for(low: float, high: float) -> int:
    """Decimals that an interval supports: its half width then spans one to about twenty last digits.

    >>> decimals_for(7.93, 8.11), decimals_for(7.6, 9.9)
    (2, 1)
    """
    half = (high - low) / 4
    if not is_known(half) or half <= 0:
        return 2
    return min(max(math.ceil(-math.log10(half)), 0), 3)


def fixed(value: float, decimals: int) -> str:
    """Value with so many decimals and a true minus sign, never a negative zero.

    >>> fixed(-0.001, 2), fixed(-1.25, 1)
    ('0.00', '−1.2')
    """
    if not is_known(value):
        return ""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else minus(text)


def minus(text: str) -> str:
    """A number with the minus sign of a text in place of the hyphen.

    >>> minus("-0.5"), minus("2e-33")
    ('−0.5', '2e-33')
    """
    return f"−{text[1:]}" if text.startswith("-") else text


def differs(value: float, decimals: int, more: str, less: str) -> str:
    """A difference in cycles per minute in words, none where it is 0 at these decimals.

    >>> differs(-0.54, 2, "more", "less"), differs(0.04, 1, "more", "less")
    ('0.54 cycles per minute less than', 'the same, 0.0 cycles per minute apart, as')
    """
    size = fixed(abs(value), decimals)
    if float(size) == 0:
        return f"the same, {size} cycles per minute apart, as"
    return f"{size} cycles per minute {more if value > 0 else less} than"


def interval(low: float, high: float, decimals: int) -> str:
    """An interval as low–high; a dash between negative ends would be misread, so "to" stands there.

    >>> interval(7.93, 8.11, 1), interval(-0.2, 0.4, 1)
    ('7.9–8.1', '−0.2 to 0.4')
    """
    if not is_known(low, high):
        return ""
    return f"{fixed(low, decimals)}{' to ' if low < 0 or high < 0 else '–'}{fixed(high, decimals)}"


def rate_words(rate: float, low: float, high: float, *, band: tuple[float, float] | None = None) -> str:
    """A rate with its interval for a sentence: one decimal, two where one would leave too little of the interval.

    Of a rate outside a `band` as many as show that it is.

    >>> rate_words(8.02, 7.93, 8.11), rate_words(8.02, 8.01, 8.04), rate_words(12.03, 11.9, 12.1, band=(6, 12))
    ('8.0 (7.9–8.1)', '8.02 (8.01–8.04)', '12.03 (11.90–12.10)')
    """
    is_known_to = is_known(low, high)
    decimals = 2 if is_known_to and high - low < 0.15 else 1
    if band is not None and not band[0] <= rate <= band[1]:
        decimals = max(decimals, outside_decimals(rate, rate, band))
    said = fixed(rate, decimals)
    return f"{said} ({interval(low, high, decimals)})" if is_known_to else said


def outside_decimals(low: float, high: float, band: tuple[float, float]) -> int:
    """Decimals, at least one, with which an interval is still seen to reach outside a band.

    >>> outside_decimals(5.8, 6.2, (6, 12)), outside_decimals(5.96, 6.2, (6, 12)), outside_decimals(5.9996, 6.2, (6, 12))
    (1, 2, 4)
    """
    shown = (
        decimals
        for decimals in range(1, MOST_DECIMALS + 1)
        if round(low, decimals) < band[0] or round(high, decimals) > band[1]
    )
    return next(shown, 3)


def rate_alone(rate: float, low: float, high: float, *, band: tuple[float, float] | None = None) -> str:
    """A rate to the digits that `rate_words` gives it, where its interval stands elsewhere.

    >>> rate_alone(8.02, 7.93, 8.11), rate_alone(8.02, 8.01, 8.04)
    ('8.0', '8.02')
    """
    return rate_words(rate, low, high, band=band).partition(" ")[0]


def bounded(value: float, decimals: int = 2) -> str:
    """A figure that cannot exceed 1, without its leading zero.

    >>> bounded(0.62), bounded(1.0), bounded(-0.305)
    ('.62', '1.00', '−.30')
    """
    text = fixed(value, decimals)
    return text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text


def p_number(pvalue: float, *, has_floor: bool = True) -> str:
    """A p-value as (1 + count)/(1 + surrogates) gives it: never rounded to 0, never "smaller than".

    A p-value of a formula has no such floor (`has_floor` False); where it lies below .0001, that is all that is said,
    so that it cannot be read as better evidence than a permutation can give.

    >>> p_number(0.001), p_number(0.0125), p_number(0.413), p_number(0.05), p_number(0.0001)
    ('.001', '.013', '.41', '.05', '.0001')
    >>> p_number(1.7e-33, has_floor=False)
    'below .0001'
    """
    if not is_known(pvalue):
        return ""
    if not has_floor and pvalue < LOWEST_SAID:
        return f"below {p_number(LOWEST_SAID)}"
    if pvalue >= 1:
        return "1"
    decimals = 2 if pvalue >= 0.2 else 3
    if pvalue < 0.001:
        decimals = math.ceil(-math.log10(pvalue) - 1e-9)
    if pvalue < 0.995:
        pvalue += 1e-9
    text = f"{min(pvalue, 1 - 0.1**decimals):.{decimals}f}".removeprefix("0")
    return text[:3] + text[3:].rstrip("0")


def p_words(pvalue: float, *, has_floor: bool = True) -> str:
    """A p-value for a sentence; `has_floor` as in `p_number`.

    >>> p_words(0.001), p_words(2e-35, has_floor=False)
    ('p = .001', 'p below .0001')
    """
    if not is_known(pvalue):
        return "p not given"
    said = p_number(pvalue, has_floor=has_floor)
    return f"p {said}" if said.startswith("below") else f"p = {said}"


def percent(share: float) -> str:
    """A share as percent; never a rounded 0 or 100 for what is neither.

    >>> percent(0.741), percent(0.004), percent(0.0), percent(0.998)
    ('74 %', '0.4 %', '0 %', '99.8 %')
    """
    if not is_known(share):
        return ""
    value = 100 * share
    return f"{value:.0f} %" if value in (0.0, 100.0) or 1 <= value <= 99 else f"{value:.1f} %"


def amount(value: float, unit: str) -> str:
    """An amount of signal, two digits, grams below a half in mg.

    >>> amount(0.0352, "g"), amount(1.26, "mN"), amount(420.0, "counts"), amount(3.0, "")
    ('35 mg', '1.3 mN', '420 counts', '3.0 units of the signal')
    """
    if not is_known(value):
        return ""
    if unit == "g" and abs(value) < 0.5:
        value, unit = 1000 * value, "mg"
    if value == 0:
        return f"0 {unit or 'units of the signal'}"
    decimals = min(max(1 - math.floor(math.log10(abs(value))), 0), 4)
    return f"{value:.{decimals}f} {unit or 'units of the signal'}"


def amount_words(value: float, low: float, high: float, unit: str) -> str:
    """An amount with its interval.

    >>> amount_words(0.0493, 0.0422, 0.0561, "g")
    '49 mg (42–56)'
    """
    ends = [amount(end, unit) for end in (low, high)]
    said, suffix = amount(value, unit), amount(value, unit).partition(" ")[2]
    if all(end.endswith(f" {suffix}") for end in ends):
        ends = [end.removesuffix(f" {suffix}") for end in ends]
    return f"{said} ({'–'.join(ends)})"


def time_words(seconds: float) -> str:
    """A length of time: seconds below two minutes, then minutes.

    >>> time_words(40), time_words(0.25), time_words(180), time_words(615)
    ('40 s', '0.2 s', '3 minutes', '10:15 min')
    """
    if seconds < 120:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s".replace(".0 s", " s")
    text = minutes_seconds(seconds)
    return f"{text.removesuffix(':00')} minutes" if text.endswith(":00") else f"{text} min"


def lag_words(lag_s: float) -> str:
    """Where taps lie relative to the signal's peak.

    >>> lag_words(0.62), lag_words(-0.31), lag_words(0.02)
    ('0.6 s after its peak', '0.3 s before its peak', 'at its peak')
    """
    if round(abs(lag_s), 1) == 0:
        return "at its peak"
    return f"{abs(lag_s):.1f} s {'after' if lag_s > 0 else 'before'} its peak"


def counted(number: float, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "tap"), counted(3, "tap")
    ('1 tap', '3 taps')
    """
    return f"{number:g} {one if number == 1 else many or one + 's'}"


def joined(words: list[str]) -> str:
    """Words as a list for reading.

    >>> joined(["gaps", "jumps", "noise"])
    'gaps, jumps and noise'
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def spelled(text: str) -> str:
    """Text with its first "cpm" spelled out.

    >>> spelled("a rate in 6–12 cpm")
    'a rate in 6–12 cycles per minute (cpm)'
    """
    return text if "cycles per minute" in text else text.replace("cpm", "cycles per minute (cpm)", 1)
