"""How was this program called? So that a line it prints can be pasted where it was printed.

**Conventions.** Commands are spelt for the shell of this system, with what needs quotes quoted.

- `called_as` : what stands before a command's name
- `command_line` : a whole line to paste
- `quoted` : one word as it is typed
- `how_to_install` : a line that installs a package for the interpreter in use
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["CALLED_AS", "called_as", "command_line", "how_to_install", "quoted"]

CALLED_AS = "TOUCHRHYTHM_CALLED_AS"  # set by a starter such as run.py, which alone knows how it was called


def quoted(word: str | Path) -> str:
    """A word, such as a path, as it is typed on this system, whatever is in its name."""
    return subprocess.list2cmdline([str(word)]) if os.name == "nt" else shlex.quote(str(word))


def called_as() -> str:
    """What was typed before the command's name: ``touchrhythm``, ``python3 -m touchrhythm``, ….

    A name that the shell would not find is given with its folder; inside another program it is ``touchrhythm``.
    """
    told = os.environ.get(CALLED_AS)
    if told:
        return told
    called = Path(sys.argv[0] if sys.argv else "")
    if called.name == "__main__.py" and called.parent.name == "touchrhythm":
        return f"{_on_path(sys.executable)} -m touchrhythm"
    if called.stem == "touchrhythm":
        return _on_path(str(called))
    return "touchrhythm"


def command_line(*words: str | Path) -> str:
    """A line that calls this program again as it was called.

    >>> command_line("analyze", "my file.csv").endswith('analyze ' + quoted("my file.csv"))
    True
    """
    return " ".join([called_as(), *(quoted(word) for word in words)])


def how_to_install(package: str) -> str:
    """A line that installs a package for the interpreter in use, also where its environment has no pip."""
    if importlib.util.find_spec("pip") is None:
        return f"python3 -m pip --python {quoted(sys.executable)} install {quoted(package)}"
    return f"{_on_path(sys.executable)} -m pip install {quoted(package)}"


def _on_path(program: str) -> str:
    """A program's bare name where the shell finds this very file by it, else its whole path."""
    path = Path(program)
    for name in dict.fromkeys((path.stem if os.name == "nt" else path.name, "python3", "python")):
        found = shutil.which(name)
        if found is not None and Path(found).absolute() == path.absolute():
            return quoted(name)
    return quoted(program)
