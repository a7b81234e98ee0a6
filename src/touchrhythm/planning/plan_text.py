"""What stands in the file of a sealed plan? Each line with its meaning, then the seal.

- `plan_text` : the file
- `value_words` : a value as people read it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from touchrhythm.words.plan import OTHER_LINE, PLAN_HEAD, PLAN_LINES

__all__ = ["plan_text", "value_words"]


def plan_text(
    schema: int, registry: str, lines: Mapping[str, Any], sha256: str, hashes: Mapping[str, str]
) -> str:
    """The plan file: each line with its meaning, then the seal."""
    out = [PLAN_HEAD, f"schema_version = {schema}", "", f"# {PLAN_LINES['registry']}"]
    out += [f"registry = {_toml(registry)}", ""]
    for name, value in lines.items():
        out += [f"# {PLAN_LINES.get(name, OTHER_LINE)}", f"{name} = {_toml(value)}", ""]
    out += ["[seal]", f'sha256 = "{sha256}"', "", "[seal.lines]"]
    out += [f'{name} = "{line_hash}"' for name, line_hash in hashes.items()]
    return "\n".join(out) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else repr(value)


def value_words(value: Any) -> str:
    """A value as people read it.

    >>> value_words((6.0, 12.0)), value_words(None), value_words(0.05), value_words("axial")
    ('6 12', 'none', '0.05', 'axial')
    """
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return " ".join(value_words(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
