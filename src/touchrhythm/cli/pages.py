"""Where may a report page go?

**Conventions.** Paths in; a page of ours may be replaced by a newer one, nothing else is ever overwritten.

- `check_page` : refuse what cannot be written, before the work is done
- `free_page` : a name in a folder under which a page may be written
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from touchrhythm.errors import CannotWrite

__all__ = ["check_page", "free_page"]

OURS = b"touchrhythm"
HEAD = 4096  # bytes in which a page of ours names its maker


def check_page(path: str | Path) -> Path:
    """The path of a page that may be written.

    Raises
    ------
    CannotWrite
        If it is a folder, its folder is missing or closed to us, or there is a file that is no report of ours.
    """
    page = Path(path)
    if page.is_dir():
        raise CannotWrite(f"{page}: is a folder, a report needs a file name such as {page / 'report.html'}")
    if not page.parent.is_dir():
        raise CannotWrite(f"{page}: there is no folder {page.parent}")
    if not os.access(page.parent, os.W_OK):
        raise CannotWrite(f"{page}: no permission to write into {page.parent.resolve()}")
    if page.suffix.lower() not in (".html", ".htm"):
        raise CannotWrite(f"{page}: a report is a web page, its name must end in .html")
    if page.exists() and not _is_ours(page):
        raise CannotWrite(f"{page}: is there already and is no report of touchrhythm, it is left alone")
    return page


def free_page(folder: Path, stem: str) -> Path:
    """First of ``stem.html``, ``stem-2.html``, … that is free or a page of ours."""
    names = itertools.chain([f"{stem}.html"], (f"{stem}-{number}.html" for number in itertools.count(2)))
    return check_page(next(folder / name for name in names if _may_be_written(folder / name)))


def _may_be_written(page: Path) -> bool:
    return not page.exists() or _is_ours(page)


def _is_ours(page: Path) -> bool:
    if not page.is_file():
        return False
    with page.open("rb") as file:
        return OURS in file.read(HEAD)
