"""What is said of rates that are compared?

- `pair_title` : what is compared with what
"""

from __future__ import annotations

__all__ = ["pair_title"]

_SIDES = {"measured": "the measured rate", "expected": "the expected rate"}


def pair_title(first: str, second: str) -> str:
    """The pair as a heading.

    >>> pair_title("T1", "measured")
    'T1 and the measured rate'
    """
    return f"{first} and {_SIDES.get(second, second)}"
