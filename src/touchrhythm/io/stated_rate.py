"""Which sampling rate do the words above a table state? A number without its unit states none.

- `stated_rates` : lines → rates in Hz with the words that state them
- `check_rate_of_file` : refuses what no sensor has
- `number_of` : a number as people write it, with a decimal comma or point
"""

from __future__ import annotations

import re
from pathlib import Path

from touchrhythm.errors import BadFile
from touchrhythm.units import clock_to_seconds

__all__ = ["check_rate_of_file", "number_of", "stated_rates"]

SLOWEST, FASTEST = 1e-4, 1e7  # Hz that any sensor has

NUMBER = (
    r"((?<!\d)[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?)"  # never begun within a long one: that takes square time
)
PER_SECOND = {
    "hz": 1.0,
    "khz": 1e3,
    "s/s": 1.0,
    "ks/s": 1e3,
    "sps": 1.0,
    "ksps": 1e3,
    "samples/s": 1.0,
    "samples/sec": 1.0,
    "samples/second": 1.0,
    "samples per second": 1.0,
    "1/s": 1.0,
    "fps": 1.0,
}
SECONDS = {
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "seconds": 1.0,
    "ms": 1e-3,
    "msec": 1e-3,
    "millisecond": 1e-3,
    "milliseconds": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "usec": 1e-6,
    "min": clock_to_seconds("1:0"),
}
FREQUENCY_UNIT = "(" + "|".join(sorted(map(re.escape, PER_SECOND), key=len, reverse=True)) + r")(?![\w/])"
TIME_UNIT = "(" + "|".join(sorted(SECONDS, key=len, reverse=True)) + r")(?!\w)"
# how the six languages call it; the unit may stand before the number, in brackets, or after it
RATE_WORDS = (
    r"(?:\bfs\b|\b(?:sampl\w*|acquisition|update|output|data|recording|logging)[ _.-]*(?:rate|freq\w*)|\bsr\b"
    r"|abtast(?:rate|frequenz)|messfrequenz|(?:bemonsterings|sample|meet)frequentie"
    r"|messrate|fr[ée]quence d.[ée]chantillonnage|cadence d.[ée]chantillonnage|(?:frecuencia|tasa|velocidad) de muestreo"
    r"|(?:frequenza|tasso|velocit[aà]) di campionamento)"
)
STEP_WORDS = (  # an interval or period alone may be any; LabChart's line begins with it
    r"(?:\b(?:sampl\w*|logging|acquisition)[ _.-]*(?:interval|period|time)\b|^interval=|abtastintervall|abtastperiode|messintervall|(?:bemonsterings|sample|meet)interval|pas d.[ée]chantillonnage"
    r"|intervalle d.[ée]chantillonnage|intervalo de muestreo|intervallo di campionamento|p[ée]riode d.[ée]chantillonnage)"
)
BETWEEN = r"[^\w\n,;|]{0,6}(?:[,;|][ \t]*)?"
# words beside a rate that say that the file holds another one
THINNED = re.compile(
    r"(?:down|re|sub)[ -]?sampl|decimat|averag|reduced|gemittelt|reduziert|r[ée]duit|promedi|mediat|gemiddeld",
    re.IGNORECASE,
)
# what stands before the corner of a filter
FILTER = re.compile(
    r"(?:filt(?:er|re|ro)|cut-?off|(?:high|low|band)[ -]?pass|notch|(?:hoch|tief)pass|passe-|passa-|pasa-)\w*[^,;|.]{0,12}$",
    re.IGNORECASE,
)
FREQUENCY = re.compile(NUMBER + r"\s*(k?hz)\b", re.IGNORECASE)
FORMS: tuple[tuple[re.Pattern[str], bool, dict[str, float]], ...] = (
    (re.compile(RATE_WORDS + BETWEEN + NUMBER + r"\s*" + FREQUENCY_UNIT, re.IGNORECASE), False, PER_SECOND),
    (
        re.compile(
            RATE_WORDS + r"[ _]*[\[(]?\s*" + FREQUENCY_UNIT + r"[\])]?[\s:=,;\t\"]*" + NUMBER, re.IGNORECASE
        ),
        False,
        PER_SECOND,
    ),
    (re.compile(STEP_WORDS + BETWEEN + NUMBER + r"\s*" + TIME_UNIT, re.IGNORECASE), True, SECONDS),
    (
        re.compile(STEP_WORDS + r"[ _]*[\[(]\s*" + TIME_UNIT + r"[\])][\s:=,;\t\"]*" + NUMBER, re.IGNORECASE),
        True,
        SECONDS,
    ),
    (re.compile(NUMBER + r"\s*" + TIME_UNIT + r"\s*(?:/|per)\s*sample", re.IGNORECASE), True, SECONDS),
    (re.compile(NUMBER + r"\s*(samples?\s*(?:/|per)\s*(?:s|sec|second)\b)", re.IGNORECASE), False, {}),
)


def check_rate_of_file(path: Path, fs: float, words: str) -> float:
    """A sampling rate in Hz as the file states it in `words`, if any sensor has such a rate.

    Raises
    ------
    BadFile
        If it is not a number from `SLOWEST` to `FASTEST`.
    """
    if not SLOWEST <= fs <= FASTEST:
        raise BadFile(path, f"{words} must be {SLOWEST:g} to {FASTEST:g} Hz, got {fs:g}")
    return fs


def stated_rates(lines: list[str]) -> tuple[tuple[float, str], ...]:
    """Sampling rates in Hz that lines state, each with the words that state it; equal ones once.

    >>> stated_rates(["sampling rate: 12,5 Hz", "filter fs .5 Hz", "50 msec/sample", "Abtastrate [kHz]: 1"])
    ((12.5, 'sampling rate: 12,5 Hz'), (20.0, '50 msec/sample'), (1000.0, 'Abtastrate [kHz]: 1'))
    """
    found: list[tuple[float, str]] = []
    for line in lines:
        for rate in _rates_of(line):
            if all(abs(rate / earlier - 1) > 1e-6 for earlier, _ in found):
                found.append(rate_and_words(rate, line))
    return tuple(found)


def rate_and_words(rate: float, line: str) -> tuple[float, str]:
    """A rate and the line that states it, without marks of a comment."""
    return float(f"{rate:.9g}"), line.strip(' #%/\t\r;,"')[:80]


def number_of(text: str) -> float | None:
    """Number of a text; None where its mark may set thousands apart as well as decimals (1,000, 1.000)."""
    if re.fullmatch(r"[+-]?\d{1,3},\d{3}|[+-]?(?:[1-9]|1\d|20)\.\d00", text):
        return None
    return float(text.replace(",", "."))


def _rates_of(line: str) -> list[float]:
    """The rate that a line states; all of its frequencies where it says that the samples were thinned out."""
    rate = _rate_of(line)
    if rate is None or not THINNED.search(line):
        return [] if rate is None else [rate]
    said = [(number_of(hit[1]), PER_SECOND[hit[2].lower()]) for hit in FREQUENCY.finditer(line)]
    return [rate, *(number * scale for number, scale in said if number)]


def _rate_of(line: str) -> float | None:
    for pattern, is_step, scales in FORMS:
        hit = pattern.search(line)
        if hit is None or FILTER.search(line[: hit.start()]):
            continue
        number, unit = (hit[1], hit[2]) if re.match(r"[+-]?\d", hit[1]) else (hit[2], hit[1])
        value = number_of(number)
        if value is None or value <= 0:
            continue
        scaled = value * scales.get(unit.lower(), 1.0)
        return 1 / scaled if is_step else scaled
    return None
