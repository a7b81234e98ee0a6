"""Does a journal still make the recording that was sealed from it? Made anew and compared.

**Conventions.** With the version that sealed it, all files are the same byte for byte, compressed ones
once unpacked. Another version may word a sidecar otherwise: then samples and events must be equal,
and the keys that differ are named.

- `rederive` : seal → `Difference`
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from touchrhythm._version import __version__
from touchrhythm.errors import TouchRhythmError
from touchrhythm.io.content import open_bytes, open_json
from touchrhythm.io.seal import seal_journal
from touchrhythm.io.sealed_hashes import Seal

__all__ = ["Difference", "rederive"]

JOURNAL = "journal.txt"


@dataclass(frozen=True)
class Difference:
    """A file that the journal makes otherwise; `is_fault` where that cannot be the other version's wording."""

    place: str
    what: str
    is_fault: bool = True


def rederive(root: Path, seal: Seal) -> list[Difference]:
    """Make the recordings of a journal anew and compare them with those that are there.

    Parameters
    ----------
    root : Path
        The study.
    seal : Seal
        Of a journal.

    Returns
    -------
    list of Difference
        Empty where all are the same.
    """
    same_version = seal.version == __version__
    with TemporaryDirectory(prefix="touchrhythm-") as folder:
        try:
            made = seal_journal(seal.journal, folder)
        except TouchRhythmError as error:
            place = seal.journal.relative_to(root).as_posix()
            return [Difference(place, f"makes no recording any more ({error})")]
        anew = {path.relative_to(folder).as_posix(): path for path in Path(folder).glob("sub-*/**/*.*")}
        places = sorted({place for place in seal.hashes if not place.endswith(JOURNAL)} | set(anew))
        del made
        return [
            difference
            for place in places
            for difference in _differences(root / place, anew.get(place), place, same_version)
        ]


def _differences(there: Path, anew: Path | None, place: str, same_version: bool) -> Iterator[Difference]:
    if anew is None:
        yield Difference(place, "is not made of the journal")
    elif not there.is_file():
        yield Difference(place, "is missing")
    elif _content(there) != _content(anew):
        if same_version or not place.endswith(".json"):
            yield Difference(place, "differs from what the journal makes")
        else:
            yield Difference(place, f"differs in {', '.join(_keys(there, anew)) or 'its layout'}", False)


def _content(path: Path) -> bytes:
    try:
        return open_bytes(path)[0]
    except TouchRhythmError:
        return b""


def _keys(there: Path, anew: Path) -> list[str]:
    """Keys of two sidecars that differ."""
    try:
        old, new = open_json(there), open_json(anew)
    except TouchRhythmError:
        return ["all of it"]
    return sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
