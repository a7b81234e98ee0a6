"""What does a study leave behind? Tables, the study page, session pages on demand.

**Conventions.** Everything goes into one folder, ``derivatives/touchrhythm/`` of the study unless
another is named; files there are replaced in one step, nothing else is touched but ``.bidsignore``.

- `write_study` : result → files
- `page_beside` : pages written while their sessions are analysed
- `write_session_page` : one session's page, the work of one worker
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
from collections.abc import Callable
from pathlib import Path

from touchrhythm.analysis.results import Analysis
from touchrhythm.errors import TouchRhythmError, WorkerLost, words_of
from touchrhythm.io.writing import file_name, inside, make_folder, write_over
from touchrhythm.planning.sealed_plan import Plan
from touchrhythm.report.session.page import page_of
from touchrhythm.report.study.answer import study_answer
from touchrhythm.report.study.grras import FILE, fill_grras, grras_template, read_grras
from touchrhythm.report.study.methods import study_methods, study_works
from touchrhythm.report.study.page import study_page
from touchrhythm.report.study.plan import study_standing
from touchrhythm.settings import Settings
from touchrhythm.study.find import SessionRef
from touchrhythm.study.run import StudyResult
from touchrhythm.study.session_row import Packed, analysis_of, packed
from touchrhythm.study.tables import results_folder, write_dataset_files, write_tables
from touchrhythm.words.plan import FOLLOWED

__all__ = ["page_beside", "write_session_page", "write_study"]

WINDOW = 16
PAGE = "group.html"
BACK = f"../{PAGE}"  # from a session's page, which lies in the folder of its subject


def write_study(
    result: StudyResult,
    out: str | Path | None = None,
    *,
    plan: Plan | None = None,
    pages: bool = False,
    executor: concurrent.futures.Executor | None = None,
) -> Path:
    """Write tables, methods, checklist template and study page, and on demand a page per session.

    Parameters
    ----------
    result : StudyResult
    out : str or Path, optional
        Folder of results; ``derivatives/touchrhythm`` of the study by default.
    plan : Plan, optional
        The sealed plan whose hash the study was analysed with: its lines are held against what was done.
    pages : bool, default False
        Whether to write a page for each session that was analysed.
    executor : concurrent.futures.Executor, optional
        Where session pages are made; in this process by default.

    Returns
    -------
    Path
        The study page, ``group.html``.

    Raises
    ------
    ValueError
        If the study came in memory and `out` does not say where to write, or `plan` is another one.
    CannotWrite, BadFile
        If a file cannot be written, or ``grras.txt`` cannot be used.
    """
    folder = results_folder(result.found, out)
    if folder is None:
        raise ValueError("a study in memory has no folder; say where to write with out=")
    root = result.found.root
    given = {} if root is None else read_grras(root / FILE)
    write_dataset_files(result, folder)
    standing = study_standing(result, plan)
    lines = [
        {
            "line": row.line,
            "planned": row.planned,
            "done": row.done,
            "followed": FOLLOWED[row.followed],
        }
        for row in standing.rows
    ]
    write_tables(result, folder, plan=lines, planned=("primary",) if standing.is_planned else ())
    links = _pages(result, folder, executor) if pages else _there(result, folder)
    text = (
        "\n".join((*study_answer(result, plan), "", study_methods(result), "", *study_works(result))) + "\n"
    )
    write_over(folder / "methods.txt", text.encode())
    write_over(folder / "grras_template.txt", grras_template(fill_grras(result, given, plan)).encode())
    page = folder / PAGE
    write_over(page, study_page(result, plan=plan, grras=given, pages=links).encode())
    return page


def _page_name(ref: SessionRef) -> str:
    subject = ref.subject or "unknown"
    return f"{file_name(f'sub-{subject}')}/{file_name(ref.id)}.html"


def _inside(folder: Path, name: str) -> Path:
    return inside(folder, *name.split("/"))


def _there(result: StudyResult, folder: Path) -> dict[str, str]:
    """Pages that an earlier run has left."""
    names = {ref.id: _page_name(ref) for ref in result.found.refs}
    return {key: name for key, name in names.items() if (folder / name).is_file()}


def _pages(result: StudyResult, folder: Path, executor: concurrent.futures.Executor | None) -> dict[str, str]:
    links: dict[str, str] = {}
    pending: set[concurrent.futures.Future[str]] = set()
    for number, (ref, row) in enumerate(zip(result.found.refs, result.rows, strict=True)):
        if row.state not in ("analysed", "no answer"):
            continue
        if ref.id in result.kept and (folder / _page_name(ref)).is_file():
            links[ref.id] = _page_name(ref)  # written while its row was made
            continue
        handed = packed(result.found.sessions[number]) if result.found.sessions else None
        links[ref.id] = _page_name(ref)
        task = (ref, result.settings, row.seed, str(_inside(folder, links[ref.id])), handed)
        if executor is None:
            write_session_page(*task)
            continue
        pending.add(executor.submit(write_session_page, *task))
        if len(pending) >= WINDOW:
            done, pending = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            _look_at(done)
    _look_at(pending)
    return links


def _look_at(pages: set[concurrent.futures.Future[str]]) -> None:
    for page in pages:
        try:
            page.result()
        except (concurrent.futures.BrokenExecutor, concurrent.futures.CancelledError) as error:
            raise WorkerLost(f"a worker was lost ({words_of(error)}); run again to go on") from None


def page_beside(folder: str | Path) -> Callable[[SessionRef], Callable[[Analysis], None]]:
    """What `analyze_study` is given as `keep`, so that a page costs no second analysis.

    Parameters
    ----------
    folder : str or Path
        Folder of results. A page that cannot be written is left to `write_study`, which says why.
    """
    return lambda ref: functools.partial(_keep_page, str(_inside(Path(folder), _page_name(ref))))


def _keep_page(target: str, analysis: Analysis) -> None:
    path = Path(target)
    with contextlib.suppress(OSError, ValueError, TouchRhythmError):
        path.unlink(missing_ok=True)  # never an older page beside a newer row
        make_folder(path.parent)
        write_over(path, page_of(analysis, study_page=BACK).encode())


def write_session_page(
    ref: SessionRef, settings: Settings, seed: int, target: str, handed: Packed | None = None
) -> str:
    """Analyse one session again, with the seed of its row, and write its page.

    Raises
    ------
    TouchRhythmError
        If it cannot be read any more, or the page cannot be written.
    """
    path = Path(target)
    make_folder(path.parent)
    try:
        analysis = analysis_of(ref, settings, seed, handed)
        write_over(path, page_of(analysis, study_page=BACK).encode())
    except ValueError as error:
        raise TouchRhythmError(f"{ref.id}: {error}") from None
    return target
