"""Who may be recorded, and under what name? Codes that tell nothing, and consent.

**Conventions.** A code is up to 3 letters and 2 or more digits (``S01``, ``EX104``). Initials and dates of
birth are no codes. Session kinds without a subject use the apparatus's own codes (``NUL01``, ``RIG01``).
Consent is stored with each recording: for whom, what it covers.

- `KINDS`, `KIND_OF_TASK` : the kinds of session, and which one a task label stands for
- `check_code`, `next_code` : codes of people
- `check_harmless` : a code from elsewhere that is neither a path nor a formula
- `alike_codes` : codes that people would take for the same
- `Consent`, `check_consent` : who agreed to what
- `draw_phantom` : a truth for a phantom, and the salted hash that stands in the journal
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = [
    "FORMULA_SIGNS",
    "KINDS",
    "KIND_OF_TASK",
    "SEPARATORS",
    "Consent",
    "Kind",
    "alike_codes",
    "check_code",
    "check_consent",
    "check_harmless",
    "draw_phantom",
    "hash_truth",
    "is_misread",
    "next_code",
]

COVERS = ("record", "analyse", "share")
FORMULA_SIGNS = "=+-@＝＋－＠"  # a spreadsheet runs a cell that begins with one of these
SEPARATORS = "/\\⁄∕∖⧵⧸⧹╱╲／＼﹨"  # of paths, and what looks like them
LONGEST_CODE = 100
STILL, OUTSIDE = 0.2, 0.2  # fractions of phantoms that stand still, or move outside the band
LOGICAL = ("t", "f", "true", "false")
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_CODE = re.compile(r"[A-Za-z]{0,3}[0-9]{2,}")


@dataclass(frozen=True)
class Kind:
    """A kind of session.

    Attributes
    ----------
    name, task : str
        As people say it, and as the BIDS task label.
    prefix : str
        Of codes handed out for what is on the sensor.
    has_subject, has_examiner, has_taps : bool
        Who is there, and whether somebody taps.
    stage : str
        What rests on the sensor.
    """

    name: str
    task: str
    prefix: str
    has_subject: bool
    has_examiner: bool
    has_taps: bool
    stage: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("palpation", "palpation", "S", True, True, True, "hand"),
        Kind("null", "null", "NUL", False, False, False, "dead weight"),
        Kind("rigid", "rigid", "RIG", False, True, True, "rigid"),
        Kind("phantom", "phantom", "PHA", False, True, True, "hand"),
        Kind("tap-only", "taponly", "TAP", False, True, True, "unloaded"),
    )
}
KIND_OF_TASK = {kind.task: kind.name for kind in KINDS.values()} | {
    "deadweight": "null",
    "unloaded": "unloaded",
    "unfinished": "unfinished",
}


def check_code(code: str, whose: str) -> str:
    """A code of the plain pattern that tells nothing of the person.

    Raises
    ------
    ValueError
        If it is not of the pattern, or reads like a date of birth.

    >>> check_code("S01", "subject")
    'S01'
    """
    text = code.strip()
    if not _CODE.fullmatch(text):
        raise ValueError(
            f"the {whose} code must be up to 3 letters and 2 or more digits such as S01, got {code!r}"
            " (no names, no initials alone)"
        )
    digits = text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    if _is_date(digits):
        raise ValueError(
            f"the {whose} code must tell nothing of the person, got {code!r}, which reads like a date"
        )
    return text


def check_harmless(code: str, whose: str, *, may_divide: bool = False) -> str:
    """A code from a file of other people, if it is neither a path nor a formula.

    Parameters
    ----------
    code : str
        As it stands in the file.
    whose : str
        What it is of, such as "subject".
    may_divide : bool, default False
        Allow ``/``: columns of foreign tables are called "Force/N", and name no file.

    Returns
    -------
    str
        The code.

    Raises
    ------
    ValueError
        If it could be a path, a formula of a spreadsheet, or cannot be seen; says the way out.

    >>> check_harmless("Anna 2", "subject")
    'Anna 2'
    """
    bad = next((sign for sign in code if _is_bad(sign) and not (may_divide and sign == "/")), "")
    if code[:1] in FORMULA_SIGNS and code:
        wrong = f"begins with {code[0]}, which a spreadsheet takes for a formula"
    elif bad:
        wrong = f"has {bad!r} in it"
    elif ".." in code:
        wrong = "has '..' in it, as paths have"
    elif len(code) > LONGEST_CODE:
        wrong = f"has {len(code)} characters, at most {LONGEST_CODE} are a code"
    else:
        return code
    raise ValueError(f"the {whose} {code[:40]!r} {wrong}; give it a plain code such as S01 in the file")


def is_misread(text: str) -> bool:
    """Whether a spreadsheet would run a text, or R take it for true or false.

    >>> [is_misread(text) for text in ("=1", "T", "E01", "")]
    [True, True, False, False]
    """
    return bool(text) and (text[0] in FORMULA_SIGNS or text.lower() in LOGICAL)


def _is_bad(sign: str) -> bool:
    return sign in SEPARATORS or unicodedata.category(sign) in _UNSEEN


def _is_date(digits: str) -> bool:
    forms = {6: ("%d%m%y", "%m%d%y", "%y%m%d"), 8: ("%d%m%Y", "%m%d%Y", "%Y%m%d")}
    for form in forms.get(len(digits), ()):
        try:
            year = datetime.strptime(digits, form).year
        except ValueError:
            continue
        if 1900 <= year <= 2100:
            return True
    return False


LATIN = {
    "CYRILLIC": "a:A ve:B ie:E ka:K em:M en:H o:O er:P es:C te:T u:Y ha:X dze:S byelorussian-ukrainian i:I je:J",
    "GREEK": "alpha:A beta:B epsilon:E zeta:Z eta:H iota:I kappa:K mu:M nu:N omicron:O rho:P tau:T upsilon:Y chi:X",
}
LOOKS_LIKE = {
    ord(unicodedata.lookup(f"{script} small letter {name}")): letter.lower()
    for script, names in LATIN.items()
    for name, letter in re.findall(r"([a-z][a-z -]*):([A-Z])", names)
}  # letters of other alphabets, by their capitals; a keyboard that was left in the other language types them


def alike_codes(codes: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different codes that people would take for the same: they differ in case, blanks, zeros or alphabet only.

    >>> alike_codes(["01", "2", "1", "1.00", "S1", "s 01", "S10"])
    [('01', '1', '1.00'), ('S1', 's 01')]
    >>> len(alike_codes(["A1", "\N{CYRILLIC CAPITAL LETTER A}1"]))
    1
    """
    spelled: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes):
        plain = unicodedata.normalize("NFKC", code).casefold().strip().translate(LOOKS_LIKE)
        plain = re.sub(r"^sub[-_ ]?(?=\d)", "", plain)
        plain = re.sub(r"^(\d+)[.,]0*$", r"\1", plain)
        plain = re.sub(r"(?<=[^\W\d_])[-_\s]+|\s+", "", plain)
        spelled.setdefault(re.sub(r"(?<!\d)0+(?=\d)", "", plain), []).append(code)
    return [tuple(same) for same in spelled.values() if len(same) > 1]


def next_code(prefix: str, taken: Iterable[str]) -> str:
    """The first code of a prefix that is not taken.

    >>> next_code("S", ["S01", "S02", "E01"])
    'S03'
    """
    numbers = [int(code[len(prefix) :]) for code in taken if re.fullmatch(re.escape(prefix) + r"\d+", code)]
    return f"{prefix}{max(numbers, default=0) + 1:02d}"


@dataclass(frozen=True)
class Consent:
    """What a person agreed to: "record", "analyse", "share"; empty for no consent."""

    who: str
    covers: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain form, as stored."""
        return {"given": bool(self.covers), "covers": list(self.covers)}


def read_covers(text: str) -> tuple[str, ...]:
    """What consent covers, from words as people type them.

    Raises
    ------
    ValueError
        If a word is not one of those known.

    >>> read_covers("record, share")
    ('record', 'share')
    """
    words = [word for word in re.split(r"[\s,+]+", text.strip().lower()) if word]
    words = ["analyse" if word == "analyze" else word for word in words]
    unknown = [word for word in words if word not in COVERS]
    if unknown:
        raise ValueError(f"consent must cover some of {', '.join(COVERS)}, got {unknown[0]!r}")
    return tuple(cover for cover in COVERS if cover in words)


def check_consent(kind: Kind, consents: Mapping[str, Consent]) -> None:
    """Refuse to record a person who has not agreed to be recorded.

    Parameters
    ----------
    kind : Kind
        The kind of session.
    consents : mapping
        Under "subject" and "examiner": who agreed to what.

    Raises
    ------
    ValueError
        If somebody who is there has not agreed.
    """
    for who, is_there in (("subject", kind.has_subject), ("examiner", kind.has_examiner)):
        if is_there and "record" not in getattr(consents.get(who), "covers", ()):
            flag = "--consent" if who == "subject" else "--examiner-consent"
            raise ValueError(
                f"a {kind.name} session has a person in it: the {who}'s consent to be recorded is needed"
                f" (say what it covers, such as {flag} 'record analyse')"
            )


def draw_phantom(band_cpm: tuple[float, float]) -> dict[str, Any]:
    """A truth for a phantom that nobody has seen: in the study's band, out of it, or still.

    Returns
    -------
    dict
        ``rate_cpm`` (None for a plate that stands still) and a random ``salt``.
    """
    random = secrets.SystemRandom()
    low, high = band_cpm
    draw = random.random()
    rate: float | None = round(random.uniform(low, high), 2)
    if draw < STILL:
        rate = None
    elif draw < STILL + OUTSIDE:
        outside = (random.uniform(low / 2, 0.9 * low), random.uniform(1.1 * high, 2 * high))
        rate = round(random.choice(outside), 2)
    return {"rate_cpm": rate, "salt": secrets.token_hex(16)}


def hash_truth(truth: Mapping[str, Any]) -> str:
    """Salted hash of a phantom's truth, which may be shown before the truth is.

    >>> hash_truth({"rate_cpm": 8.0, "salt": "00"})[:12]
    '106bedc3ff62'
    """
    return hashlib.sha256(f"{truth['salt']}:{truth['rate_cpm']}".encode()).hexdigest()
