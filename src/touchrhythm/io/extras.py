"""Is the library that reads this format installed?

- `load_extra` : a library that comes with an extra, or a sentence on how to install it
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from touchrhythm.errors import BadFile
from touchrhythm.words.program import how_to_install

__all__ = ["load_extra"]


def load_extra(path: str | Path, module: str, package: str) -> Any:
    """A library of an extra.

    Raises
    ------
    BadFile
        If it is not installed; the message holds the line that installs it for the interpreter in use.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        raise BadFile(
            path, f"is read by {package}, which is not installed: {how_to_install(package)}"
        ) from None
