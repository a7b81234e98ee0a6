"""From a folder of sessions to rows and answers: the same numbers however they are made, and none lost."""

import concurrent.futures
import dataclasses
import gzip
import hashlib
import importlib.util
import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from made_studies import phasors, session_row, study_of, tap_row
from recording import wait_for
from touchrhythm.cli import main
from touchrhythm.errors import BadFile, CannotWrite, NoSuchInput, TouchRhythmError
from touchrhythm.io import write_table
from touchrhythm.report.study import files as study_files
from touchrhythm.report.study.answer import study_answer
from touchrhythm.report.study.files import write_study
from touchrhythm.report.study.flags import study_flags
from touchrhythm.report.study.flow import study_flow
from touchrhythm.report.study.page import study_page
from touchrhythm.session import Session
from touchrhythm.settings import Settings
from touchrhythm.simulate.study import (
    StudyDesign,
    break_recording,
    simulate_study,
    write_study_sessions,
)
from touchrhythm.study.answers import answer_study, phasors_of
from touchrhythm.study.find import find_sessions, unsealed_journals
from touchrhythm.study.rotation import rotation_test
from touchrhythm.study.rows import CountRow, row_from_plain, row_to_plain
from touchrhythm.study.run import analyze_study
from touchrhythm.study.share import share_study
from touchrhythm.study.tables import write_tables

QUICK = Settings(n_surrogates=19, n_bootstrap=50)
DESIGN = StudyDesign(
    n_therapists=2,
    n_subjects=3,
    n_sessions=1,
    duration_s=260,
    margin_s=50,
    fs=10,
    n_null=1,
    n_tap_only=1,
    n_phantom=2,
    two_raters=2,
    plan_sha256="ab" * 32,
)
N = 10
VALIDATOR = Path(sysconfig.get_path("scripts")) / "bids-validator-deno"


def plain(result):
    return [row_to_plain(row) for row in result.rows]


def table_bytes(result, folder):
    return [path.read_bytes() for path in write_tables(result, folder)]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A study folder, and the truths that lie outside of it."""
    place = tmp_path_factory.mktemp("made")
    write_study_sessions(simulate_study(DESIGN, rng=1), place / "study", truths=place / "truths")
    return place


@pytest.fixture(scope="module")
def serial(made, tmp_path_factory):
    """The result of the study, and where its rows are kept."""
    out = tmp_path_factory.mktemp("kept")
    return analyze_study(made / "study", QUICK, out=out, truths=made / "truths"), out


@pytest.fixture
def study(made, tmp_path):
    """A copy that may be changed."""
    return Path(shutil.copytree(made / "study", tmp_path / "study"))


@pytest.fixture
def answered(study, serial):
    """The same study, whose rows are there already."""
    out = study / "derivatives" / "touchrhythm"
    shutil.copytree(serial[1], out)
    return lambda: analyze_study(study, QUICK, out=out)


@pytest.fixture
def kept(serial, tmp_path):
    """A copy of the rows that were kept."""
    return Path(shutil.copytree(serial[1], tmp_path / "kept"))


# -- the same numbers -----------------------------------------------------------------------------


@pytest.mark.long
def test_processes_give_the_same_bytes_as_one_process(made, serial, tmp_path):
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:
        found = analyze_study(made / "study", QUICK, executor=executor, truths=made / "truths")
    assert table_bytes(found, tmp_path / "b") == table_bytes(serial[0], tmp_path / "a")


@pytest.mark.long
def test_neither_order_nor_company_changes_a_session(made, serial):
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        some = find_sessions(made / "study").refs[3:5]
        whole = {row.id: row for row in serial[0].rows}
        for ref in reversed(some):
            alone = made / "study" / "alone.tsv"
            table = f"file\tsubject\trater\tsession\tkind\n{Path(ref.path).relative_to(made / 'study')}\t{ref.subject}\tx\t01\tpalpation\n"
            alone.write_text(table)
            try:
                (row,) = analyze_study(alone, QUICK, executor=executor).rows
            finally:
                alone.unlink()
            assert (row.pvalue, row.rate_cpm, row.seed) == tuple(
                getattr(whole[ref.id], name) for name in ("pvalue", "rate_cpm", "seed")
            )


HAS_DASK = importlib.util.find_spec("distributed") is not None


@pytest.mark.long
@pytest.mark.skipif(not HAS_DASK and not os.environ.get("CI"), reason="dask[distributed] is not installed")
@pytest.mark.filterwarnings("ignore")
def test_dask_gives_the_same_bytes_also_when_a_worker_is_killed_in_mid_run(made, serial, tmp_path):
    import distributed

    killed = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = client.run(os.getpid)

        def kill(step):
            if step.done == 2 and not killed:
                killed.append(next(iter(pids.values())))
                os.kill(killed[0], signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

        with client.get_executor(pure=False) as executor:
            found = analyze_study(
                made / "study", QUICK, executor=executor, truths=made / "truths", progress=kill
            )
    assert killed
    assert table_bytes(found, tmp_path / "b") == table_bytes(serial[0], tmp_path / "a")


@pytest.mark.long
@pytest.mark.skipif(not HAS_DASK and not os.environ.get("CI"), reason="dask[distributed] is not installed")
def test_a_scheduler_that_dies_in_mid_run_ends_in_a_sentence_and_what_was_done_stays(study, tmp_path):
    address, cache = tmp_path / "scheduler.json", study / "derivatives" / "touchrhythm" / "cache"
    program, words = [sys.executable, "-m"], ["--no-dashboard", "--scheduler-file", str(address)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    rows = lambda: len(list(cache.rglob("*.json")))  # noqa: E731
    dask = [
        subprocess.Popen([*program, "distributed.cli.dask_scheduler", "--port", "0", *words], **quiet),
        subprocess.Popen([*program, "distributed.cli.dask_worker", "--nthreads", "1", *words], **quiet),
    ]
    try:
        wait_for(lambda: address.is_file() and address.read_text().strip(), seconds=30)
        given = ["study", str(study), "--surrogates", "999"]
        place = ["--scheduler", json.loads(address.read_text())["address"]]
        run = subprocess.Popen(
            [*program, "touchrhythm", *given, *place],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: rows() >= 2, seconds=60)
        dask[0].kill()
        out, err = run.communicate(timeout=60)
    finally:
        for process in dask:
            process.kill()
            process.wait()
    assert (run.returncode, out) == (74, "")
    said = [line for line in err.splitlines() if line.startswith("touchrhythm: ")]
    assert len(said) == 1 and "lost" in said[0] and "are kept, run again to go on" in said[0]
    assert "Traceback" not in err
    assert 2 <= rows() < N


def test_a_row_survives_json_without_loss(serial):
    for row in serial[0].rows:
        again = row_from_plain(json.loads(json.dumps(row_to_plain(row), allow_nan=False)))
        assert row_to_plain(again) == row_to_plain(row)
        assert type(again.taps) is tuple


def test_the_seed_is_a_whole_number(made):
    with pytest.raises(TypeError, match="whole number"):
        analyze_study(made / "study", QUICK, rng=np.random.default_rng(1))


# -- going on where it stopped --------------------------------------------------------------------


def test_a_second_run_takes_every_row_from_before(made, serial, kept):
    again = analyze_study(made / "study", QUICK, out=kept, truths=made / "truths")
    assert again.n_resumed == N
    assert plain(again) == plain(serial[0])


@pytest.mark.parametrize("what", ["settings", "seed"])
def test_rows_of_other_settings_are_never_taken(study, serial, kept, what):
    for folder in study.glob("sub-*"):
        if folder.name != "sub-S01":
            shutil.rmtree(folder)
    settings = dataclasses.replace(QUICK, n_surrogates=20) if what == "settings" else QUICK
    again = analyze_study(study, settings, rng=int(what == "seed"), out=kept)
    assert again.n_resumed == 0
    same_seeds = {row.seed for row in again.rows} <= {row.seed for row in serial[0].rows}
    assert same_seeds == (what == "settings")


@pytest.mark.parametrize("what", ["_events.tsv", "_physio.json", "session.json"])
def test_only_the_session_whose_files_changed_is_done_again(study, kept, what):
    path = next(study.rglob(f"sub-S02*{what}"), None)
    if what == "session.json":
        path = study / "sourcedata/sub-S02/ses-01/sub-S02_ses-01_task-palpation_run-01/session.json"
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    elif what.endswith("json"):
        path.write_text(path.read_text().replace('"generic"', '"other"'))
    else:
        path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    assert analyze_study(study, QUICK, out=kept).n_resumed == N - 1


def test_a_damaged_row_is_made_again(made, serial, kept):
    one = next(kept.glob("cache/*/*.json"))
    one.write_text(one.read_text()[:100])
    again = analyze_study(made / "study", QUICK, out=kept, truths=made / "truths")
    assert again.n_resumed == N - 1
    assert plain(again) == plain(serial[0])


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a thing of POSIX")
def test_a_killed_run_loses_only_the_session_it_was_at(made, serial, tmp_path):
    command = [sys.executable, "-m", "touchrhythm", "study", str(made / "study"), "--out", str(tmp_path)]
    process = subprocess.Popen(
        [*command, "--surrogates", "19"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and len(list(tmp_path.glob("cache/*/*.json"))) < 3:
        time.sleep(0.01)
    process.kill()
    process.wait()
    there = len(list(tmp_path.glob("cache/*/*.json")))
    again = analyze_study(made / "study", Settings(n_surrogates=19), out=tmp_path)
    assert 3 <= there <= again.n_resumed <= N
    assert len(again.rows) == N


class LosesWorkers(concurrent.futures.Executor):
    """Does three sessions, then breaks as a pool does whose worker was killed."""

    def __init__(self):
        self.left = 3

    def submit(self, function, /, *arguments, **named):
        future = concurrent.futures.Future()
        if self.left > 0:
            future.set_result(function(*arguments, **named))
        else:
            future.set_exception(concurrent.futures.BrokenExecutor("killed"))
        self.left -= 1
        return future


@pytest.fixture
def two_sessions(study):
    """Two sessions of one subject; the others are taken away."""
    for folder in study.glob("sub-*"):
        if folder.name != "sub-S01":
            shutil.rmtree(folder)
    return study


@pytest.mark.long
def test_a_page_made_with_its_row_is_the_page_made_on_demand(two_sessions, monkeypatch):
    """A run with pages analyses each session once; where the rows are there, sessions are analysed for their pages."""
    out = two_sessions / "derivatives" / "touchrhythm"
    asked = []
    real = study_files.write_session_page
    monkeypatch.setattr(study_files, "write_session_page", lambda *a: asked.append(a[0].id) or real(*a))
    result = analyze_study(two_sessions, QUICK, out=out, keep=study_files.page_beside(out))
    study_files.write_study(result, pages=True)
    pages = {path: path.read_bytes() for path in out.glob("sub-*/*.html")}
    assert len(pages) == 2 and not asked
    assert sorted(result.kept) == [ref.id for ref in result.found.refs]
    again = analyze_study(two_sessions, QUICK, out=out, keep=study_files.page_beside(out))
    study_files.write_study(again, pages=True)
    assert len(asked) == 2 and not again.kept
    assert {path: path.read_bytes() for path in out.glob("sub-*/*.html")} == pages


def test_a_page_that_cannot_be_written_costs_no_row(two_sessions):
    out = two_sessions / "derivatives" / "touchrhythm"
    out.mkdir(parents=True, exist_ok=True)
    (out / "sub-S01").write_text("a file where a folder belongs")
    result = analyze_study(two_sessions, QUICK, out=out, keep=study_files.page_beside(out))
    assert all(row.state == "analysed" for row in result.rows)
    with pytest.raises(CannotWrite):
        study_files.write_study(result, pages=True)


@pytest.mark.long
def test_a_lost_worker_is_said_and_the_rows_before_are_kept(made, tmp_path):
    with pytest.raises(TouchRhythmError, match=r"a worker or its scheduler was lost .*run again to go on"):
        analyze_study(made / "study", QUICK, executor=LosesWorkers(), out=tmp_path)
    assert len(list(tmp_path.glob("cache/*/*.json"))) == 3


def test_no_more_sessions_are_in_flight_than_fit(made):
    flying, most, lock = set(), [0], threading.Lock()

    class Watched(concurrent.futures.ThreadPoolExecutor):
        def submit(self, function, /, *arguments, **named):
            future = super().submit(lambda *_: row_to_plain(session_row(1)), *arguments, **named)
            with lock:
                flying.add(future)
                most[0] = max(most[0], sum(not one.done() for one in flying))
            return future

    base = next(iter(simulate_study(dataclasses.replace(DESIGN, n_subjects=1, n_therapists=1), rng=1)))
    tiny = dataclasses.replace(base.recording, data=np.zeros(4), channels=("force",), units=("g",))
    sessions = [
        Session(dataclasses.replace(tiny, data=np.full(4, float(k))), info={"entities": {"sub": f"{k:03d}"}})
        for k in range(150)
    ]
    with Watched(2) as executor:
        assert len(analyze_study(sessions, QUICK, executor=executor).rows) == 150
    assert most[0] <= 64


# -- what is broken, refused, left out -----------------------------------------------------------------


def test_a_broken_file_is_named_and_the_others_are_answered(study, capsys):
    break_recording(next(study.rglob("sub-S03*_physio.tsv.gz")))
    assert main(["study", str(study), "--surrogates", "19"]) == 65
    said = capsys.readouterr().out
    assert "could not be read: sub-S03" in said
    found = analyze_study(study, Settings(n_surrogates=19), out=study / "derivatives/touchrhythm")
    assert found.n_resumed == N - 1
    assert [row.id[:7] for row in found.rows if row.state == "broken"] == ["sub-S03"]


def test_without_consent_to_analysis_nothing_is_analysed(made, tmp_path):
    session = next(iter(simulate_study(DESIGN, rng=1)))
    told = dict(session.info) | {"consent": {"subject": {"given": True, "covers": ["record"]}}}
    (row,) = analyze_study([dataclasses.replace(session, info=told)], QUICK).rows
    assert (row.state, row.taps) == ("excluded", ())
    assert "consent does not cover analysis" in row.reason


def test_the_same_recording_under_two_names_counts_once(made, tmp_path):
    session = next(iter(simulate_study(DESIGN, rng=1)))
    twin = dataclasses.replace(session, info=dict(session.info) | {"entities": {"sub": "S99"}})
    rows = analyze_study([session, twin], QUICK).rows
    assert [row.state for row in rows] == ["analysed", "excluded"]
    assert "same data" in rows[1].reason


@pytest.mark.parametrize(
    ("name", "is_edited"), [("sub-{} copy", False), ("sub-0 ({})", False), ("sub-{} - Kopie", True)]
)
def test_a_copied_folder_is_no_second_session(study, name, is_edited, tmp_path):
    folder = min(study.glob("sub-*"))
    for other in study.glob("sub-*"):
        if other != folder:
            shutil.rmtree(other)
    copy = study / name.format(folder.name[4:])
    shutil.copytree(folder, copy)
    if is_edited:
        for path in copy.rglob("*_physio.tsv.gz"):
            path.write_bytes(path.read_bytes() + gzip.compress(b"1.0\n"))
    rows = analyze_study(study, QUICK).rows
    once = [path for path in folder.rglob("*_physio.tsv.gz") if "breathing" not in path.name]
    assert [row.state for row in rows].count("excluded") == len(once) == len(rows) / 2
    for row in rows:
        if row.state == "excluded":
            first, _, rest = row.reason.partition(
                " has the file names of " if is_edited else " is a copy of "
            )
            assert first.startswith(copy.name) and rest.startswith(f"{folder.name}/") and "remove" in rest
    with pytest.raises(TouchRhythmError, match="recordings of the same names lie in") as error:
        share_study(study, tmp_path / "shared")
    assert copy.name in str(error.value) and f"{folder.name}/" in str(error.value)


@pytest.mark.skipif(sys.platform == "win32", reason="names of either case are the same there")
@pytest.mark.parametrize("prefix", ["SUB", "Sub"])
def test_a_subjects_folder_in_capitals_is_told_and_not_passed_over(study, prefix):
    before = find_sessions(study)
    folder = min(study.glob("sub-S*"))
    folder.rename(study / folder.name.replace("sub", prefix))
    found = find_sessions(study)
    told = [ref for ref in found.refs if ref.problem and ref.place.startswith(prefix)]
    assert [ref.place for ref in told] == [folder.name.replace("sub", prefix)]
    assert "small letters" in told[0].problem
    assert unsealed_journals(found) == unsealed_journals(before)


@pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")
def test_a_link_out_of_the_study_brings_in_none_but_what_it_names(study, tmp_path):
    before = [ref.id for ref in find_sessions(study).refs]
    shutil.copytree(min(study.glob("sub-S*")), study.parent / "beside" / "sub-S77")
    (study / "sub-LOOP").symlink_to("..")
    (study / "sub-SELF").symlink_to(min(study.glob("sub-S*")))
    assert [ref.id for ref in find_sessions(study).refs] == before
    for link in ("sub-LOOP", "sub-SELF"):
        (study / link).unlink()
    elsewhere = tmp_path / "elsewhere"
    shutil.move(min(study.glob("sub-S0*")), elsewhere)  # as onto a larger disk
    (study / "sub-S01").symlink_to(elsewhere)
    assert [ref.id for ref in find_sessions(study).refs] == before


def test_recordings_of_one_name_in_several_folders_of_a_table_are_several(tmp_path, made):
    session = next(iter(simulate_study(DESIGN, rng=1)))
    recording = session.recording
    for number, name in enumerate(("day1/a.csv", "day2/a.csv", "day2/a.tsv")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        data = recording.data[: recording.n_samples - 10 * number]
        write_table(
            dataclasses.replace(session, recording=dataclasses.replace(recording, data=data)), tmp_path / name
        )
    lines = [f"{name},S01,E01,01,palpation" for name in ("day1/a.csv", "day2/a.csv", "day2/a.tsv")]
    (tmp_path / "study.csv").write_text("\n".join(["file,subject,rater,session,kind", *lines]) + "\n")
    rows = analyze_study(tmp_path / "study.csv", QUICK).rows
    assert [row.id for row in rows] == [
        f"sub-S01_ses-01_{name}" for name in ("day1-a.csv", "day2-a.csv", "day2-a.tsv")
    ]
    assert all(row.state != "excluded" for row in rows)


def test_an_unsealed_journal_stands_in_the_flow(study):
    folder = study / "sourcedata/sub-S09/ses-01/sub-S09_ses-01_task-palpation_run-01"
    folder.mkdir(parents=True)
    (folder / "session.json").write_text(json.dumps({"state": "recording", "kind": "palpation", "files": []}))
    found = find_sessions(study)
    (ref,) = [ref for ref in found.refs if ref.subject == "S09"]
    assert "touchrhythm recover" in ref.problem
    assert unsealed_journals(found) == [folder / "journal.txt"]


def test_nothing_but_results_and_bidsignore_changes_in_the_folder(study, answered):
    before = {
        path: hashlib.sha256(path.read_bytes()).hexdigest() for path in study.rglob("*") if path.is_file()
    }
    write_study(answered())
    for path, digest in before.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    new = {path for path in study.rglob("*") if path.is_file()} - set(before)
    strangers = [path for path in new if study / "derivatives/touchrhythm" not in path.parents]
    assert strangers == [study / ".bidsignore"]
    assert not list(study.rglob("*.part"))


@pytest.mark.skipif(not VALIDATOR.exists(), reason="bids-validator-deno is not installed")
def test_the_official_validator_passes_the_study_with_its_results(study, answered):
    write_study(answered())
    (study / "grras.txt").write_text("3: adults\n")
    for folder in (study, study / "derivatives/touchrhythm"):
        done = subprocess.run([VALIDATOR, "--format", "json", folder], capture_output=True, text=True)
        issues = json.loads(done.stdout)["issues"]["issues"]
        assert [one for one in issues if one["severity"] == "error"] == []


# -- a table that says who and what ---------------------------------------------------------------------


def plain_study(folder, extra="", header="file,subject,rater,session,kind,taps"):
    folder.mkdir(exist_ok=True)
    lines = [header]
    for number, session in enumerate(simulate_study(dataclasses.replace(DESIGN, two_raters=0), rng=2)):
        if number > 3:
            break
        write_table(dataclasses.replace(session, taps=(), annotations=()), folder / f"r{number}.csv")
        onset = "\n".join(f"{one:.3f}" for one in session.taps[0].onset)
        (folder / f"r{number}_taps.csv").write_text(f"onset_s\n{onset}\n")
        lines.append(f"r{number}.csv,S0{number},E01,01,palpation,r{number}_taps.csv{extra}")
    (folder / "sessions.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_folder_of_csv_files_with_a_table_is_a_study(tmp_path):
    folder = plain_study(tmp_path / "plain", ",7.5", "file,subject,rater,session,kind,taps,expected_cpm")
    found = analyze_study(folder, QUICK)
    assert [row.state for row in found.rows] == ["analysed"] * 4
    assert {(row.raters, row.expected_cpm, len(row.taps)) for row in found.rows} == {(("E01",), 7.5, 1)}
    assert plain(analyze_study(folder / "sessions.csv", QUICK)) == plain(found)


@pytest.mark.parametrize(
    ("column", "told", "fraction"),
    [("confidence", "1", 1.0), ("confidence", ".02", 0.02), ("confidence_percent", "1", 0.01)],
)
def test_a_table_tells_the_unit_of_confidence_by_its_column(tmp_path, column, told, fraction):
    folder = plain_study(tmp_path / "plain", f",{told}", f"file,subject,rater,session,kind,taps,{column}")
    assert {row.confidence for row in analyze_study(folder, QUICK).rows} == {fraction}


@pytest.mark.parametrize(("column", "told"), [("confidence", "70"), ("confidence_percent", "101")])
def test_a_confidence_outside_of_its_unit_is_refused(tmp_path, column, told):
    folder = plain_study(tmp_path / "plain", f",{told}", f"file,subject,rater,session,kind,taps,{column}")
    with pytest.raises(BadFile, match=rf"{column} must lie between 0 and (1|100), got {told}"):
        find_sessions(folder)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("r1.csv,S01,E01,01,massage,", "kind must be one of"),
        (",S01,E01,01,null,", "needs a file and a subject"),
        ("r0.csv,S00,E01,01,palpation,x.csv", "two rows with the same rater"),
        ("r0.csv,S07,E02,01,palpation,x.csv", "different subject, session or kind"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_line(tmp_path, line, message):
    folder = tmp_path / "plain"
    folder.mkdir()
    table = folder / "sessions.csv"
    table.write_text(f"file,subject,rater,session,kind,taps\nr0.csv,S00,E01,01,palpation,\n{line}\n")
    with pytest.raises(BadFile, match=rf"line [23]: .*{message}"):
        find_sessions(folder)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("file,subject,rater", "session and kind are missing"),
        ("file,subject,rater,session", "kind is missing"),
    ],
)
def test_columns_that_a_table_lacks_are_named_in_a_sentence(tmp_path, header, told):
    (tmp_path / "sessions.csv").write_text(f"{header}\nr0.csv,S00,E01,01\n")
    with pytest.raises(BadFile, match=f"file, subject, rater, session and kind; {told}"):
        find_sessions(tmp_path / "sessions.csv")


def test_a_missing_recording_is_a_broken_session_not_the_end(tmp_path):
    folder = plain_study(tmp_path / "plain")
    (folder / "r2.csv").unlink()
    rows = analyze_study(folder, QUICK).rows
    assert [row.state for row in rows] == ["analysed", "analysed", "broken", "analysed"]


@pytest.mark.parametrize("what", ["nothing", "empty folder", "no columns", "no sessions"])
def test_what_is_no_study_is_said_in_one_line(tmp_path, what, capsys):
    place = tmp_path / "x"
    if what != "nothing":
        place.mkdir()
    if what == "no columns":
        (place / "a.csv").write_text("time,force\n0,1\n")
    if what == "no sessions":
        (place / "dataset_description.json").write_text("{}")
    assert main(["study", str(place)]) == 66
    err = capsys.readouterr().err
    assert err.startswith("touchrhythm: ")
    assert err.count("\n") == 1


def test_sessions_in_memory_must_be_sessions():
    with pytest.raises(TypeError, match="sequence of Session"):
        analyze_study([])
    with pytest.raises(TypeError, match="sequence of Session"):
        analyze_study([1, 2])


# -- answers ----------------------------------------------------------------------------------------------


def primary_pvalue(rows, seed):
    found = phasors_of(rows)
    return rotation_test(found.z, weights=found.weight, n_rotations=199, rng=seed).pvalue


def test_the_primary_test_holds_its_level_over_studies_that_nobody_followed():
    pvalues = [
        primary_pvalue([session_row(k, z) for k, z in enumerate(phasors(8, n))], n) for n in range(300)
    ]
    assert 2 <= sum(one <= 0.05 for one in pvalues) <= 29  # binomial, 1 in 10 000 on either side
    rows = [session_row(k, z) for k, z in enumerate(phasors(8, 1))]
    assert answer_study(rows, Settings()).follow.pvalue == pytest.approx(pvalues[1], abs=0.15)


def test_raters_who_follow_each_other_are_no_evidence_of_following_the_signal():
    hits = 0
    for seed in range(200):
        pairs = [(tap_row(z), tap_row(z * np.exp(0.1j), rater="E02")) for z in phasors(5, seed)]
        hits += primary_pvalue([session_row(k, taps=pair) for k, pair in enumerate(pairs)], seed) <= 0.05
    assert hits <= 22  # taken as ten independent sessions it would be about 40


def test_sessions_without_a_rhythm_stay_in_the_primary_test():
    rows = [
        session_row(k, z, found=k < 3, rate_cpm=8.0 if k < 3 else float("nan"))
        for k, z in enumerate(phasors(9, 1))
    ]
    result = study_of(rows)
    assert result.answers.follow.tests["undirected"].n_sessions == 9
    flow = {title: number for title, number, _ in study_flow(result)}
    assert flow["In the primary test"] == 9
    assert flow["… of these without a rhythm"] == 6
    among, every = result.answers.rates.pooled
    assert (among.n_sessions, every.n_sessions) == (3, 9)


def test_three_sessions_are_too_few_for_an_answer():
    result = study_of([session_row(k, z) for k, z in enumerate(phasors(3, 1, follow=0.9))])
    assert np.isnan(result.answers.follow.pvalue)
    assert "cannot be answered: a study test needs at least 4 sessions" in study_answer(result)[1]


def test_followers_whose_lag_differs_are_not_told_that_nobody_followed():
    turns = np.exp(2j * np.pi * np.arange(8) / 8)
    rows = [session_row(k, taps=(tap_row(0.6 * z, pvalue=0.001),)) for k, z in enumerate(turns)]
    result = study_of(rows)
    said = " ".join(study_answer(result))
    assert "no common phase" in said
    assert "does not say that nobody followed" in said
    assert result.answers.follow.stouffer.pvalue < 1e-6
    assert "own tests together do show that taps follow in some of them" in said
    assert "common lag" not in said


def test_simulated_recordings_are_called_so():
    rows = [session_row(k, z, simulated=k < 2) for k, z in enumerate(phasors(6, 1))]
    flags = study_flags(study_of(rows))
    assert flags[0] == (1, "Simulated, nobody was touched: 2 of 6 recordings.")
    assert not any("Simulated" in text for _, text in study_flags(study_of(rows[2:])))


def test_where_nobody_follows_the_sessions_own_tests_say_so_too():
    turns = np.exp(2j * np.pi * np.arange(8) / 8)
    rows = [session_row(k, taps=(tap_row(0.2 * z, pvalue=0.1 + 0.1 * k),)) for k, z in enumerate(turns)]
    said = " ".join(study_answer(study_of(rows)))
    assert "no common phase" in said and "own tests together show no following either" in said


@pytest.mark.parametrize("polarity", [1, -1])
def test_a_declared_lag_is_tested_at_the_event_it_was_declared_for(polarity):
    settings = Settings(lag_s=(0.2, 0.8), polarity=polarity)  # 0.5 s at 8 cpm is 0.42 rad after the event
    rows = [session_row(k, z) for k, z in enumerate(phasors(6, 3, follow=0.8))]
    result = study_of(rows, settings)
    assert result.answers.follow.primary == "directional"
    assert result.answers.follow.pvalue < 0.001
    assert ("after the trough" in " ".join(study_answer(result))) == (polarity == -1)
    against = [session_row(k, -z) for k, z in enumerate(phasors(6, 3, follow=0.8))]
    assert study_of(against, settings).answers.follow.pvalue > 0.9


def test_a_directional_test_needs_a_declaration():
    with pytest.raises(ValueError, match="declared before the data"):
        study_of([session_row(0)], primary="directional")
    with pytest.raises(ValueError, match="primary must be one of"):
        study_of([session_row(0)], primary="rayleigh")


def test_exactly_one_row_is_primary_and_the_other_tests_are_counted():
    from touchrhythm.study.estimates import count_tests, estimates_of

    rows = [session_row(k, z) for k, z in enumerate(phasors(9, 5))]
    for primary in ("undirected", "axial", "stouffer"):
        result = study_of(rows, primary=primary)
        found = estimates_of(result.answers)
        assert [row.role for row in found].count("primary") == 1
        assert found[0].role == "primary"
        assert found[0].pvalue == result.answers.follow.pvalue
        words = re.search(r"exploratory \((\d+) further tests", study_answer(result)[0])
        assert int(words[1]) == count_tests(found) > 0


def test_the_swap_stands_where_signals_were_kept_and_is_a_sensitivity(made, serial):
    follow = serial[0].answers.follow
    assert follow.swaps
    assert follow.swaps[0].resultant == pytest.approx(follow.tests["undirected"].resultant, abs=0.08)
    assert len(follow.swaps) == 2  # with other sessions of all, and with those of the same subject
    assert all(row.phase_bytes == "" and row.onset == () for row in serial[0].rows)


def test_a_phantoms_truth_counts_only_with_its_hash(made, serial, tmp_path):
    trials = serial[0].answers.controls.trials
    assert sorted(one.truth_cpm > 0 for one in trials) == [False, True]
    sealed = analyze_study(made / "study", QUICK, out=serial[1])
    assert sealed.answers.controls.trials == ()
    assert sealed.answers.controls.n_sealed == 2
    truth = json.loads(next((made / "truths").glob("*PHA01*.json")).read_text())
    (tmp_path / "lie.json").write_text(json.dumps(truth | {"rate_cpm": 9.99}))
    lied = analyze_study(made / "study", QUICK, out=serial[1], truths=tmp_path)
    assert lied.answers.controls.n_sealed == 2


def test_felt_nothing_is_an_answer_and_no_missing_data():
    rows = [session_row(k, z) for k, z in enumerate(phasors(6, 1))]
    rows += [session_row(10 + k, taps=(), felt_nothing=True) for k in range(2)]
    result = study_of(rows)
    flow = {title: number for title, number, _ in study_flow(result)}
    assert flow["… in which nothing was felt"] == 2
    assert flow["… with too few taps"] == 0
    side = next(one for one in result.answers.rates.comparison.sides if one.name == "E01")
    assert (side.n_felt_nothing, side.n_missing) == (2, 0)


def test_two_raters_at_once_stand_in_a_table_with_rates_ratio_and_asynchrony(serial, tmp_path):
    write_tables(serial[0], tmp_path)
    header, *lines = [line.split("\t") for line in (tmp_path / "group_pairs.tsv").read_text().splitlines()]
    pairs = [dict(zip(header, line, strict=True)) for line in lines]
    assert len(pairs) == sum(len(row.pairs) for row in serial[0].rows) > 0
    taps = {(row.id, one.rater): one for row in serial[0].rows for one in row.taps}
    for pair in pairs:
        ratio, low, high = (float(pair[name]) for name in ("ratio", "ratio_low", "ratio_high"))
        assert low < ratio < high
        rates = [taps[pair["id"], pair[who]].rate_cpm for who in ("rater", "other")]
        assert ratio == pytest.approx(rates[0] / rates[1], rel=0.1)
        assert float(pair["asynchrony_sd_s"]) < 0.5 * 60 / min(rates)
    assert "Taps of one therapist against those of another" in study_page(serial[0])


def test_reported_counts_stand_in_a_table_with_their_quantisation(tmp_path):
    counts = (CountRow("E01", 9, 60.0, 9.0),)
    result = study_of([session_row(k, counts=counts) for k in range(5)])
    write_tables(result, tmp_path)
    header, first, *_ = (tmp_path / "group_counts.tsv").read_text().splitlines()
    row = dict(zip(header.split("\t"), first.split("\t"), strict=True))
    assert (row["count"], row["rate_cpm"], row["rater"]) == ("9", "9", "E01")
    assert float(row["quantisation_cpm"]) == pytest.approx(0.80, abs=0.005)
    pooled = result.answers.rates.pooled[0]
    assert pooled.quantisation_cpm == pytest.approx(0.80, abs=0.005)
    assert "Counting whole cycles alone brings ±0.80" in study_page(result)


def test_phantoms_that_move_outside_of_the_band_are_neither_hit_nor_false_alarm():
    rows = [
        session_row(
            k, kind="phantom", taps=(), truth_cpm=truth, found=truth == 8.0, felt_nothing=truth == 0.0
        )
        for k, truth in enumerate([8.0, 8.0, 0.0, 0.0, 20.0])
    ]
    found = study_of(rows).answers.controls
    assert (found.sensor.hits, found.sensor.correct_rejections) == (2, 2)
    assert (
        found.sensor.hits + found.sensor.misses + found.sensor.false_alarms + found.sensor.correct_rejections
        == 4
    )
    assert found.sensor.too_few


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([session_row(50 + k, kind="null", taps=()) for k in range(3)], "apparatus may have a rhythm"),
        ([session_row(50 + k, kind="rigid", taps=()) for k in range(3)], "examiner's own breathing"),
        (
            [session_row(50 + k, taps=(tap_row(0.1, leak=0.01, ratio=2.0),)) for k in range(6)],
            "shakes the sensor",
        ),
        ([session_row(50 + k, 0.6, kind="tap-only", found=False) for k in range(6)], "slow press artefact"),
    ],
)
def test_what_could_explain_the_answer_is_a_serious_flag(rows, words):
    study = [session_row(k, z) for k, z in enumerate(phasors(6, 1, follow=0.9))]
    serious = [text for severity, text in study_flags(study_of([*study, *rows])) if severity == 1]
    assert any(words in text for text in serious)
    assert not [text for severity, text in study_flags(study_of(study)) if severity == 1]


def test_an_answer_that_rests_on_one_session_says_so():
    rows = [session_row(k, z) for k, z in enumerate(0.25 * np.exp(1j * np.array([0.0, 2.0, 4.0, 1.0, 5.5])))]
    rows.append(session_row(9, taps=(tap_row(0.9, n=900),)))
    flags = " ".join(text for _, text in study_flags(study_of(rows)))
    result = study_of(rows)
    is_shown = result.answers.follow.pvalue <= 0.05
    assert ("rests on one session" in flags) == (is_shown and max(result.answers.follow.left_out) > 0.05)


def test_without_a_sealed_plan_the_analysis_is_exploratory(made, serial):
    assert study_answer(serial[0])[0].startswith("Exploratory: no sealed plan was named")
    planned = analyze_study(made / "study", QUICK, out=serial[1], plan_sha256="ab" * 32)
    recorded = [row.id for row in planned.rows if row.plan_sha256 == planned.plan_sha256]
    assert len(recorded) == DESIGN.n_subjects * DESIGN.n_therapists
    assert "first line of every palpation session" in study_answer(planned)[0]
    late = analyze_study(made / "study", QUICK, out=serial[1], plan_sha256="cd" * 32)
    assert "first line of none of 6 palpation sessions" in study_answer(late)[0]
    hole = [session_row(k, 0.5, plan_sha256="ab" * 32) for k in range(5)] + [session_row(9, state="broken")]
    told = study_of(hole, plan_sha256="ab" * 32)
    assert "every palpation session that can be read" in study_answer(told)[0]
    assert not any("did not carry" in text for _, text in study_flags(told))
    assert ("… that cannot be read", 1, "counted above") in study_flow(told)


def test_progress_tells_how_far_and_how_long(made, serial, kept):
    steps = []
    analyze_study(made / "study", QUICK, out=kept, progress=steps.append)
    assert [one.done for one in steps] == list(range(1, N + 1))
    assert steps[-1].resumed == N
    assert steps[-1].seconds_left == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--workers", "0"],
        ["--primary", "directional"],
        ["--seed", "-1"],
        ["--workers", "2", "--scheduler", "tcp://x"],
        ["--min-taps", "4"],
        ["--delta", "0"],
        ["--limits-form", "plain"],
        ["--band", "12", "6"],
    ],
)
def test_options_that_cannot_be_meant_are_usage_errors(made, words, capsys):
    assert main(["study", str(made / "study"), *words]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_plan_or_truths_that_are_not_there_are_said(made, capsys):
    assert main(["study", str(made / "study"), "--plan", "nowhere.txt"]) == 66
    assert (
        main(["study", str(made / "study"), "--out", str(made / "o"), "--surrogates", "19", "--truths", "no"])
        == 66
    )


def test_a_key_to_who_is_who_in_the_study_folder_is_refused(study, capsys):
    (study / "sourcedata").mkdir(exist_ok=True)
    (study / "sourcedata" / "key.csv").write_text("code,name\nS01,Ada\n")
    assert main(["study", str(study), "--surrogates", "19"]) == 65
    said = capsys.readouterr()
    assert "must lie outside of the study folder" in said.err and not said.out


def test_truths_may_not_lie_in_the_study(tmp_path):
    with pytest.raises(ValueError, match="stays blind"):
        write_study_sessions(iter(()), tmp_path, truths=tmp_path / "truths")


def test_an_old_recording_without_our_keys_is_read(study, kept):
    sidecar = next(study.rglob("sub-S01*_physio.json"))
    keys = json.loads(sidecar.read_text())
    for name in ("TouchRhythmSchemaVersion", "Info", "Timing"):
        keys.pop(name)
    sidecar.write_text(json.dumps(keys))
    row = next(row for row in analyze_study(study, QUICK, out=kept).rows if row.subject == "S01")
    assert (row.state, row.kind, row.consent) == ("analysed", "palpation", "not recorded")


def test_a_folder_that_is_missing_raises_no_such_input(tmp_path):
    with pytest.raises(NoSuchInput, match="no such folder or table"):
        analyze_study(tmp_path / "nowhere")


def test_the_generator_gives_the_same_study_for_the_same_seed():
    one, two = (list(simulate_study(DESIGN, rng=3)) for _ in range(2))
    assert all(np.array_equal(a.recording.data, b.recording.data) for a, b in zip(one, two, strict=True))
