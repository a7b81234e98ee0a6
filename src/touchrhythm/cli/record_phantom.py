"""A phantom's truth: drawn, kept elsewhere, told to the plate, and to nobody in the room.

- `Phantom` : what ``record`` needs of a phantom while a session lasts
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import TracebackType
from typing import Any

from touchrhythm.cli.console import UsageError, tell
from touchrhythm.device.phantom_plate import Plate, open_plate
from touchrhythm.device.recorder import Recorder
from touchrhythm.errors import CannotWrite, TouchRhythmError
from touchrhythm.participants import Kind, draw_phantom, hash_truth

__all__ = ["Phantom"]


class Phantom:
    """The truth of a phantom session and the plate that shows it; empty for the other kinds.

    A context manager: at its end the plate comes to rest, and a truth that no journal refers to goes.

    Parameters
    ----------
    args : argparse.Namespace
        Options of ``record``; a virtual board is given the truth through them.
    kind : Kind
        Kind of session.
    study : Path
        Study folder, in which no truth may lie.

    Attributes
    ----------
    facts : dict
        What the journal's first line holds of it.
    is_kept : bool
        Whether a journal refers to the truth.

    Raises
    ------
    UsageError
        If options do not go together.
    CannotWrite
        If the truth cannot be kept.
    NoSuchInput, PortBusy
        If the plate is not there.
    """

    def __init__(self, args: argparse.Namespace, kind: Kind, study: Path) -> None:
        self.facts: dict[str, Any] = {}
        self.is_kept = False
        self._plate: Plate | None = None
        self._path: Path | None = None
        _check(args, kind, study)
        if kind.name != "phantom":
            return
        if args.phantom_port:
            self._plate = open_plate(args.phantom_port)
        try:
            self._draw(args)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Phantom:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the plate come to rest; drop a truth of which no session came."""
        plate, self._plate = self._plate, None
        if plate is not None and not plate.close():
            tell(f"note: the phantom's plate on {plate.name} did not confirm that it rests; unplug it")
        if self._path is not None and not self.is_kept:
            self._path.unlink(missing_ok=True)

    def watch(self, recorder: Recorder) -> None:
        """End the recording once the plate moves no longer as the truth says."""
        if self._plate is not None:
            self._plate.watch(lambda words: recorder.give_up(TouchRhythmError(words)))

    def _draw(self, args: argparse.Namespace) -> None:
        truth = draw_phantom()
        self.facts["phantom_sha256"] = hash_truth(truth)
        path = Path(args.truth_file)
        _write_truth(path, {"schema_version": 1, **truth, "sha256": self.facts["phantom_sha256"]})
        self._path = path
        if args.virtual:
            args.no_rhythm = truth["rate_cpm"] is None
            args.rate = truth["rate_cpm"] or args.rate
        if self._plate is not None:
            self._plate.move(truth["rate_cpm"] or 0.0)
        elif not args.virtual:
            tell(f"no --phantom-port: somebody who leaves the room must set the plate as {path} says")


def _check(args: argparse.Namespace, kind: Kind, study: Path) -> None:
    if kind.name != "phantom":
        for name in ("phantom_port", "truth_file"):
            if getattr(args, name):
                raise UsageError(
                    f"--{name.replace('_', '-')} belongs to --kind phantom, got --kind {kind.name}"
                )
        return
    if not args.truth_file:
        raise UsageError(
            "a phantom session needs --truth-file FILE outside of the study folder, for its truth"
        )
    path = Path(args.truth_file)
    if study.resolve() in path.resolve().parents:
        raise UsageError(f"--truth-file must lie outside of the study folder, got {path}")
    if args.phantom_port and args.phantom_port == args.port:
        raise UsageError(f"--port and --phantom-port are two boards, got {args.port} for both")


def _write_truth(path: Path, truth: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(json.dumps(truth, sort_keys=True) + "\n")
    except FileExistsError as error:
        raise CannotWrite(
            f"{path} is there already; each phantom session needs a truth file of its own"
        ) from error
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {str(error.strerror).lower()}") from error
