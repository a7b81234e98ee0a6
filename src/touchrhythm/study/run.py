"""What do many sessions say together? `analyze_study`: from a folder to rows and answers.

Finds the sessions, analyses each with a seed of its own (so that neither order nor workers matter),
keeps each row as soon as it is there (so that a stopped run goes on), passes by what is broken and
says so, and asks the study's questions of the rows.

**Conventions.** One code path: an executor of `concurrent.futures`, or none. Nothing is written but
the cache under `out`; tables and page are written by `write_study`.

- `analyze_study` : study → `StudyResult`
- `Progress` : what a progress callback is told
- `cache_key`, `read_row`, `write_row` : rows kept by the hash of all that they depend on
- `keep_freed_memory` : for a worker of a cluster, before it is handed sessions
"""

from __future__ import annotations

import concurrent.futures
import ctypes
import dataclasses
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from touchrhythm._version import __version__
from touchrhythm.analysis.results import Analysis
from touchrhythm.errors import TouchRhythmError, WorkerLost, words_of
from touchrhythm.io.content import open_json
from touchrhythm.io.writing import as_json, make_folder, write_over
from touchrhythm.raters.limits import LIMIT_FORMS
from touchrhythm.session import Session
from touchrhythm.settings import FEWEST_TAPS, Settings
from touchrhythm.study.answers import StudyAnswers, answer_study, check_primary
from touchrhythm.study.controls import read_truths, unsealed
from touchrhythm.study.find import FoundSessions, SessionRef, files_digest, find_sessions, session_digest
from touchrhythm.study.named import refuse_unknown
from touchrhythm.study.rows import SessionRow, row_from_plain, row_to_plain
from touchrhythm.study.session_row import UNDECLARED, packed, seed_of, session_row

__all__ = [
    "MOST_PERMUTED",
    "ROW_SCHEMA",
    "Progress",
    "StudyResult",
    "analyze_study",
    "cache_key",
    "keep_freed_memory",
    "read_row",
    "write_row",
]

WINDOW = 64  # sessions handed to an executor at a time
MOST_PERMUTED = 200  # sessions; above, the phases that the swap needs are not kept


@dataclass(frozen=True)
class Progress:
    """How far a study is: sessions done, in all, taken from the cache; seconds left, NaN at first."""

    done: int
    total: int
    resumed: int
    seconds_left: float
    id: str
    state: str


@dataclass(frozen=True, eq=False)
class StudyResult:
    """A study: one row per session, and the answers over all of them.

    Attributes
    ----------
    name : str
        Name of the study's folder.
    rows : tuple of SessionRow
        In the order of their ids.
    answers : StudyAnswers
        What the rows say together.
    settings, seed, version
        What made this answer.
    plan_sha256 : str
        Hash of the sealed plan that was named; "" for none: then the analysis is exploratory.
    n_resumed : int
        Rows that had been there already.
    found : FoundSessions
        Where the sessions are.
    min_taps, delta_cpm
        Fewest usable taps of a rater in the tap tests; the difference of rates that would not matter.
    kept : frozenset of str
        Ids of the sessions whose whole analysis was given to `keep`.
    """

    name: str
    rows: tuple[SessionRow, ...]
    answers: StudyAnswers
    settings: Settings
    seed: int
    version: str
    plan_sha256: str
    n_resumed: int
    found: FoundSessions
    min_taps: int = FEWEST_TAPS
    delta_cpm: float | None = None
    kept: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"StudyResult({self.name}: {len(self.rows)} sessions, seed {self.seed})"


def analyze_study(
    source: str | Path | Sequence[Session],
    settings: Settings | None = None,
    *,
    rng: int = 0,
    executor: concurrent.futures.Executor | None = None,
    out: str | Path | None = None,
    primary: str | None = None,
    plan_sha256: str = "",
    min_taps: int = FEWEST_TAPS,
    delta_cpm: float | None = None,
    limits_form: str | None = None,
    truths: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    keep: Callable[[SessionRef], Callable[[Analysis], None]] | None = None,
) -> StudyResult:
    """Analyse every session of a study and answer the study's questions.

    Parameters
    ----------
    source : str, Path or sequence of Session
        Folder, table, or sessions; see `find_sessions`.
    settings : Settings, optional
        One set of settings for all sessions; `Settings()` by default.
    rng : int, default 0
        Seed of the study. Each session gets its own from it and the hash of its data.
    executor : concurrent.futures.Executor, optional
        Where sessions are analysed; in this process by default. The numbers are the same.
    out : str or Path, optional
        Folder of results, in which rows are kept; none are kept by default.
    primary : {"undirected", "directional", "axial", "stouffer", "limits", "icc"}, optional
        The one primary endpoint, set before the data; "directional" where lag and polarity are
        declared, else "undirected".
    plan_sha256 : str, default ""
        Hash of the sealed plan. Where sessions carry it, taps and rates rest on these alone.
    min_taps : int, default 5
        Fewer usable taps of a rater do not enter the tap tests.
    delta_cpm : float, optional
        Difference of rates in cpm that would not matter, set before the data.
    limits_form : str, optional
        Form of the limits of agreement, see `LIMIT_FORMS`; by default as the data ask for.
    truths : str or Path, optional
        Folder with the truth files of phantom sessions, once they may be known.
    progress : callable, optional
        Told after each session.
    keep : callable, optional
        Gives for a session what its worker hands the whole analysis to, such as the writer of its
        page; not asked for rows that were there already.

    Returns
    -------
    StudyResult

    Raises
    ------
    NoSuchInput, BadFile
        If there is no study, or its table cannot be used.
    TypeError, ValueError
        If a session is a pulse and no series was declared, the settings name a channel that no recording has, the seed is
        no whole number, `primary` is not known or not declared, or one of `min_taps`, `delta_cpm` and `limits_form` is
        outside its range.
    TouchRhythmError
        If a worker was lost; rows that were there are kept.
    """
    if isinstance(rng, bool) or not isinstance(rng, int | np.integer) or rng < 0:
        raise TypeError(f"rng must be a whole number from 0, the study's seed, got {rng!r}")
    settings = Settings() if settings is None else settings
    primary = check_primary(primary, settings)
    if settings.signal in ("pulse", "ecg") and settings.series is None:
        raise ValueError(UNDECLARED)
    _check_declared(min_taps, delta_cpm, limits_form)
    known = read_truths(truths)
    found = find_sessions(source)
    cache = None if out is None else Path(out)
    run = _StudyRun(found, settings, int(rng), cache, progress, keep)
    rows = unsealed(run.rows(executor), known)
    refuse_unknown(rows)
    if any(row.reason == UNDECLARED for row in rows):
        raise ValueError(UNDECLARED)
    answers = answer_study(
        rows,
        settings,
        primary=primary,
        rng=int(rng),
        plan_sha256=plan_sha256,
        min_taps=min_taps,
        delta_cpm=delta_cpm,
        limits_form=limits_form,
    )
    kept = tuple(dataclasses.replace(row, phase_bytes="", onset=()) for row in rows)
    return StudyResult(
        found.name,
        kept,
        answers,
        settings,
        int(rng),
        __version__,
        plan_sha256,
        run.resumed,
        found,
        min_taps,
        delta_cpm,
        frozenset(run.kept),
    )


def _check_declared(min_taps: int, delta_cpm: float | None, limits_form: str | None) -> None:
    if isinstance(min_taps, bool) or not isinstance(min_taps, int) or min_taps < FEWEST_TAPS:
        raise ValueError(f"min_taps must be a whole number of at least {FEWEST_TAPS}, got {min_taps!r}")
    if delta_cpm is not None and not 0 < delta_cpm < float("inf"):
        raise ValueError(f"delta_cpm must be above 0 cycles per minute, got {delta_cpm:g}")
    if limits_form is not None and limits_form not in LIMIT_FORMS:
        raise ValueError(f"limits_form must be one of {', '.join(LIMIT_FORMS)}, got {limits_form!r}")


class _WorkerLost(Exception):
    """An executor could not give a result."""


class _StudyRun:
    """One pass over the sessions; keeps count."""

    def __init__(
        self,
        found: FoundSessions,
        settings: Settings,
        seed: int,
        cache: Path | None,
        progress: Callable[[Progress], None] | None,
        keep: Callable[[SessionRef], Callable[[Analysis], None]] | None,
    ) -> None:
        self._found, self._settings, self._seed = found, settings, seed
        self._cache, self._progress, self._keep_more = cache, progress, keep
        self.kept: list[str] = []
        self._began, self._fresh = time.monotonic(), 0
        self._done: dict[int, SessionRow] = {}
        self._keeps_phases = len(found.refs) <= MOST_PERMUTED
        self.resumed = 0

    def rows(self, executor: concurrent.futures.Executor | None) -> tuple[SessionRow, ...]:
        """Rows of all sessions, in order."""
        if executor is None:
            for number, key, arguments in self._wanting():
                self._keep(number, key, session_row(*arguments))
        else:
            self._on(executor)
        return tuple(self._done[number] for number in range(len(self._found.refs)))

    def _on(self, executor: concurrent.futures.Executor) -> None:
        pending: dict[concurrent.futures.Future[dict[str, Any]], tuple[int, str]] = {}
        try:
            for number, key, arguments in self._wanting():
                pending[self._submitted(executor, arguments)] = (number, key)
                while len(pending) >= WINDOW:
                    self._collect(pending)
            while pending:
                self._collect(pending)
        except _WorkerLost as error:
            for future in [task for task in pending if task.done() and not task.cancelled()]:
                if future.exception() is None:
                    self._keep(*pending[future], future.result())
            raise WorkerLost(
                f"a worker or its scheduler was lost ({error}) after {len(self._done)} of {len(self._found.refs)} sessions;"
                " those that were done are kept, run again to go on (with fewer workers, if memory ran out)"
            ) from None
        finally:
            for future in pending:
                future.cancel()

    @staticmethod
    def _submitted(
        executor: concurrent.futures.Executor, arguments: tuple[Any, ...]
    ) -> concurrent.futures.Future[dict[str, Any]]:
        try:
            return executor.submit(session_row, *arguments)
        except Exception as error:  # the executor's own: it takes no more
            raise _WorkerLost(words_of(error)) from None

    def _collect(self, pending: dict[Any, tuple[int, str]]) -> None:
        """Wait until a session is done, and keep it."""
        try:
            done, _ = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
        except Exception as error:  # the executor's own, such as a connection that is closed
            raise _WorkerLost(words_of(error)) from None
        for future in done:
            number, key = pending.pop(future)
            try:
                plain = future.result()
            except Exception as error:  # a session's own trouble stands in its row: this is the worker's
                raise _WorkerLost(words_of(error)) from None
            self._keep(number, key, plain)

    def _wanting(self) -> Iterator[tuple[int, str, tuple[Any, ...]]]:
        """Sessions that are still to be analysed, with what the worker is handed."""
        seen: dict[str, SessionRef] = {}
        for number, ref in enumerate(self._found.refs):
            handed = packed(self._found.sessions[number]) if self._found.sessions else None
            try:
                hashes = self._hashes(number, ref)
                problem = ref.problem
            except TouchRhythmError as error:
                hashes, problem = ("", ""), str(error)
            why = problem or _copy_of(ref, hashes[0], seen)
            if why:
                self._take(number, _without(ref, hashes, "broken" if problem else "excluded", why))
                continue
            key = cache_key(hashes[1], self._settings, self._seed)
            stored = None if self._cache is None else _stored(self._cache, key)
            if stored is not None:
                self.resumed += 1
                self._take(number, stored)
                continue
            more = None if self._keep_more is None else self._keep_more(ref)
            self.kept += [] if more is None else [ref.id]
            yield number, key, (ref, self._settings, hashes, seed_of(self._seed, hashes[0]), handed, more)

    def _hashes(self, number: int, ref: SessionRef) -> tuple[str, str]:
        if self._found.sessions:
            return session_digest(ref, self._found.sessions[number])
        return files_digest(ref, self._found.root)

    def _keep(self, number: int, key: str, plain: Mapping[str, Any]) -> None:
        if self._cache is not None and plain["state"] != "broken":
            write_row(self._cache, key, dict(plain))
        self._fresh += 1
        self._take(number, row_from_plain(plain))

    def _take(self, number: int, row: SessionRow) -> None:
        if not self._keeps_phases:
            row = dataclasses.replace(row, phase_bytes="", onset=())
        self._done[number] = row
        if self._progress is not None:
            total, done = len(self._found.refs), len(self._done)
            pace = (time.monotonic() - self._began) / self._fresh if self._fresh else float("nan")
            left = 0.0 if done == total else pace * (total - done)
            self._progress(Progress(done, total, self.resumed, left, row.id, row.state))


def _stored(cache: Path, key: str) -> SessionRow | None:
    plain = read_row(cache, key)
    try:
        return None if plain is None else row_from_plain(plain)
    except (KeyError, TypeError):
        return None  # a damaged row is made again


def _copy_of(ref: SessionRef, digest: str, seen: dict[str, SessionRef]) -> str:
    """Of which session seen before this one is a copy, in words; "" for none."""
    same, named = seen.setdefault(digest, ref), seen.setdefault(ref.id, ref)
    if same is not ref and same.id != ref.id:
        return f"holds the same data as {same.id}"
    if same is not ref:
        return f"{ref.place or ref.path} is a copy of {same.place or same.path}: only the latter is counted, remove the former"
    if named is not ref:
        return (
            f"{ref.place or ref.path} has the file names of {named.place or named.path} and other data: only the latter is"
            " counted, rename or remove the former"
        )
    return ""


def _without(ref: SessionRef, hashes: tuple[str, str], state: str, why: str) -> SessionRow:
    plain = row_to_plain(SessionRow(ref.id, ref.subject, ref.session, ref.kind, ref.raters, state, why))
    told = {"sha256": hashes[0], "digest": hashes[1], "plan_sha256": ref.plan_sha256}
    return row_from_plain(plain | told)


ROW_SCHEMA = 7


def cache_key(digest: str, settings: Settings, seed: int) -> str:
    """Name of a row: the hash of its session's files, settings, seed and version.

    >>> cache_key("ab", Settings(), 0) == cache_key("ab", Settings(alpha=0.01), 0)
    False
    """
    told = [ROW_SCHEMA, __version__, digest, settings.to_dict(), seed]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def read_row(folder: Path, key: str) -> dict[str, Any] | None:
    """A row in plain form; None where there is none, or it is damaged."""
    try:
        stored = open_json(_place(folder, key))
    except TouchRhythmError:
        return None
    if stored.get("schema_version") != ROW_SCHEMA or stored.get("key") != key:
        return None
    row = stored.get("row")
    return row if isinstance(row, dict) else None


def write_row(folder: Path, key: str, row: dict[str, Any]) -> None:
    """Keep a row.

    Raises
    ------
    CannotWrite
        If it cannot be written.
    """
    place = _place(folder, key)
    make_folder(place.parent)
    write_over(place, as_json({"schema_version": ROW_SCHEMA, "key": key, "row": row}))


def _place(folder: Path, key: str) -> Path:
    return folder / "cache" / key[:2] / f"{key}.json"


TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # numbers of glibc's malloc.h
KEPT_BYTES = 64 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let the C library of this process keep up to 64 MB of freed memory for the next array.

    Dask starts its workers with ``MALLOC_TRIM_THRESHOLD_=65536``, so that each array of an analysis is fetched
    from the system anew: page faults then take as much time as the analysis. Does nothing but on Linux with glibc.
    """
    if sys.platform != "linux":
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(TRIM_THRESHOLD, KEPT_BYTES)
        set_option(MMAP_THRESHOLD, KEPT_BYTES // 2)
