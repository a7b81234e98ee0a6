"""What do all pages say around their answers?

- `PAGE` : headings and labels of the common skeleton
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PAGE"]

PAGE: Mapping[str, str] = {
    "answer": "The answer",
    "contents": "On this page",
    "limits": "What limits the answer",
    "no_limits": "No limitations found.",
    "severity_1": "Serious",
    "severity_2": "Caution",
    "severity_3": "Note",
    "table_region": "Table: {caption}",
    "picture_region": "Picture: {title}",
    "footer": "touchrhythm {version}. Not a medical device. The methods text may be used freely (CC0).",
}
