"""How does a result become plain types that JSON, a cache or another process can hold?

**Conventions.** Only numbers that exist are numbers: NaN and infinity become None. Keys keep their order.

- `to_plain` : anything → dict, list, str, bool, int, float or None
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["to_plain"]


def to_plain(value: Any) -> Any:
    """Plain types: dataclasses and mappings as dicts, arrays and tuples as lists, NaN as None.

    What is none of these is told as text.

    >>> to_plain({"rate": float("nan"), "raters": ("E01", "E02")})
    {'rate': None, 'raters': ['E01', 'E02']}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(part) for part in value]
    if hasattr(value, "tolist"):  # numpy's arrays and numbers
        return to_plain(value.tolist())
    return str(value)
