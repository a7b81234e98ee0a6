"""What is said to people: every sentence as a message with named fields, and how a number is put in one.

**Conventions.** A topic is one plain table, code → text with ``{named}`` fields, in a module of its own; a
translation is another table with the same codes and fields. Which message is said, and with which numbers, is
decided where the answer is composed; nothing is decided here.

- `say` : one message with its fields filled in
- `fields_of` : the fields that a message names
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from string import Formatter

__all__ = ["fields_of", "say"]


def say(messages: Mapping[str, str], code: str, /, **fields: object) -> str:
    """One message with its fields filled in.

    Parameters
    ----------
    messages : mapping of str to str
        The topic: text by code.
    code : str
        Which message.
    **fields
        Exactly the fields that the message names.

    Raises
    ------
    TypeError
        If the message names a field that is not given, or does not name one that is.

    >>> say({"taps": "{n} taps of {rater}."}, "taps", n=3, rater="R1")
    '3 taps of R1.'
    """
    text = messages[code]
    wanted = fields_of(text)
    if wanted != fields.keys():
        raise TypeError(
            f"message {code!r} must be given the fields {', '.join(sorted(wanted)) or '(none)'},"
            f" got {', '.join(sorted(fields)) or '(none)'}"
        )
    return text.format(**fields)


@cache
def fields_of(text: str) -> frozenset[str]:
    """The fields that a message names.

    >>> sorted(fields_of("{n} taps of {rater}."))
    ['n', 'rater']
    """
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
