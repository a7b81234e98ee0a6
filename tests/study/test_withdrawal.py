"""Is everything gone that a person left, is the rest untouched, and is it noted without the code?"""

import dataclasses
import gzip
import json
import os
import re
import zipfile

import numpy as np
import pytest

from touchrhythm.cli import main
from touchrhythm.errors import CannotWrite, NoSuchInput, TouchRhythmError
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.locks import try_lock
from touchrhythm.session import Recording, Session, Taps
from touchrhythm.study.withdrawal import find_traces, withdraw

CODE, OTHER = "QZ417", "QZ4170"  # the second begins like the first


def session(subject, number, rater="E01"):
    entities = {
        "sub": subject,
        "ses": f"{number:02d}",
        "task": "palpation",
        "run": "01",
        "recording": "force",
    }
    x = np.random.default_rng(number).normal(5, 0.1, 800)
    return Session(
        Recording(x, 80.0, ("force",), ("g",)), (Taps([1.5, 6.0], rater),), (), (), {"entities": entities}
    )


def journal(root, subject, number, examiner="E01"):
    stem = f"sub-{subject}_ses-{number:02d}_task-palpation_run-01"
    folder = root / "sourcedata" / f"sub-{subject}" / f"ses-{number:02d}" / stem
    folder.mkdir(parents=True)
    (folder / "journal.txt").write_text(json.dumps({"subject": subject, "examiner": examiner}) + "\n")
    (folder / "session.json").write_text(json.dumps({"subject": subject, "examiner": examiner}))


def results(root, subjects):
    out = root / "derivatives" / "touchrhythm"
    for number, subject in enumerate(subjects):
        (out / f"sub-{subject}").mkdir(parents=True)
        (out / f"sub-{subject}" / f"sub-{subject}_ses-01_task-palpation_run-01.html").write_text(
            f"<p>{subject}</p>"
        )
        (out / "cache" / f"{number:02d}").mkdir(parents=True)
        (out / "cache" / f"{number:02d}" / "ab.json").write_text(
            json.dumps({"row": {"subject": subject}}, indent=2)
        )
    (out / "group_sessions.tsv").write_text("subject\n" + "\n".join(subjects) + "\n")
    (out / "group.html").write_text("<p>lag 0.5 s over all sessions</p>")  # their data without their code
    (out / "group_rows.tsv.gz").write_bytes(gzip.compress("\n".join(subjects).encode()))
    with zipfile.ZipFile(out / "all.zip", "w") as packed:
        packed.writestr("rows.txt", "\n".join(subjects))
    (out / "dataset_description.json").write_text("{}")
    (out / ".bidsignore").write_text("*.html\n")


@pytest.fixture
def study(tmp_path):
    root = tmp_path / "study"
    for subject in ("S01", CODE, OTHER):
        for number in (1, 2):
            write_session(session(subject, number), root)
            journal(root, subject, number)
    results(root, ["S01", CODE, OTHER])
    (root / "sourcedata" / "device.json").write_text("{}")
    return root


def files_of(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def every_byte(root):
    for path in root.rglob("*"):
        yield str(path.relative_to(root)).encode()
        if path.is_file():
            raw = path.read_bytes()
            yield gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
            if raw[:2] == b"PK":
                with zipfile.ZipFile(path) as packed:
                    yield from (packed.read(one) for one in packed.namelist())


def is_in(root, code):
    word = re.compile(rf"(?<![A-Za-z0-9]){code}(?![A-Za-z0-9])".encode())
    return any(word.search(one) for one in every_byte(root))


def test_a_copy_under_another_name_is_told_of(study):
    write_session(session(CODE, 9), study)
    (recording,) = (study / f"sub-{CODE}").glob("ses-09/*/*.tsv.gz")
    (study / "old").mkdir()
    (study / "old" / "first try.bin").write_bytes(recording.read_bytes())
    (study / "old" / "other.bin").write_bytes(recording.read_bytes()[::-1])
    told = [
        line for line in find_traces(study, CODE).by_hand if "same data" in line and line.startswith("old")
    ]
    assert len(told) == 1 and told[0].startswith("old/first try.bin holds the same data as sub-")


def test_a_second_name_of_a_recording_is_told_of(study, tmp_path):
    (recording,) = (study / f"sub-{CODE}").glob("ses-01/*/*.tsv.gz")
    os.link(recording, tmp_path / "kept.gz")
    (told,) = [line for line in find_traces(study, CODE).by_hand if "hard link" in line]
    assert told.startswith(f"sub-{CODE}/ses-01/")


def test_no_byte_of_them_is_left_and_the_rest_is_untouched(study):
    before = files_of(study)
    assert is_in(study, CODE)
    done = withdraw(find_traces(study, CODE))
    after = files_of(study)
    assert not is_in(study, CODE)
    for name, content in after.items():
        if name not in ("participants.tsv", "sourcedata/withdrawals.tsv"):
            assert before[name] == content
    kept = {name for name in before if ("S01" in name or OTHER in name)}
    assert kept <= set(after) and len(kept) == 2 * (2 * (4 + 2) + 1)
    assert after["participants.tsv"] == f"participant_id\nsub-S01\nsub-{OTHER}\n".encode()
    assert (done.n_recordings, done.n_rows, done.made_again) == (2, 1, True)
    assert not any(
        (study / place / f"sub-{CODE}").exists() for place in ("", "sourcedata", "derivatives/touchrhythm")
    )


def test_results_over_the_whole_study_go_too(study):
    withdraw(find_traces(study, CODE))
    left = {name for name in files_of(study) if name.startswith("derivatives")}
    assert left == {
        "derivatives/touchrhythm/dataset_description.json",
        "derivatives/touchrhythm/.bidsignore",
        "derivatives/touchrhythm/cache/00/ab.json",
        "derivatives/touchrhythm/cache/02/ab.json",
        "derivatives/touchrhythm/sub-S01/sub-S01_ses-01_task-palpation_run-01.html",
        f"derivatives/touchrhythm/sub-{OTHER}/sub-{OTHER}_ses-01_task-palpation_run-01.html",
    }


def test_the_record_says_that_something_was_withdrawn_and_not_who(study):
    done = withdraw(find_traces(study, CODE))
    head, line = done.record.read_text().splitlines()
    assert head == "date\trecordings\tfiles\trows"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\t2\t\d+\t1", line)
    withdraw(find_traces(study, OTHER))
    assert len(done.record.read_text().splitlines()) == 3
    assert sorted(one.name for one in done.record.parent.iterdir()) == [
        "device.json",
        "sub-S01",
        "withdrawals.tsv",
    ]


@pytest.mark.parametrize("stop_after", [0, 1, 5, 12, 17])
def test_a_run_that_was_cut_short_is_finished_by_running_it_again(study, monkeypatch, stop_after):
    from pathlib import Path

    traces, unlink, done = find_traces(study, CODE), Path.unlink, []

    def broken(path, missing_ok=False):
        if len(done) == stop_after:
            raise OSError(5, "Input/output error", str(path))
        done.append(path)
        unlink(path, missing_ok=missing_ok)

    assert len(traces.files) == 18  # 5 over the study, 1 row, 2 x (4 recorded, 2 of the journal)
    monkeypatch.setattr(Path, "unlink", broken)
    with pytest.raises(CannotWrite, match="run it again"):
        withdraw(traces)
    monkeypatch.undo()
    assert is_in(study, CODE)
    with pytest.raises(TouchRhythmError, match="was cut short; run it again before"):
        find_traces(study, OTHER)
    finished = withdraw(find_traces(study, CODE))
    assert not is_in(study, CODE)
    assert (finished.n_recordings, finished.n_files) == (2, len(traces.files))
    assert len(finished.record.read_text().splitlines()) == 2


@pytest.mark.parametrize("step", ["rows", "record"])
def test_a_run_that_was_cut_short_at_its_end_is_finished_too(study, monkeypatch, step):
    import touchrhythm.study.withdrawal as withdrawal

    def broken(*_):
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(withdrawal, {"rows": "without_rows", "record": "_note"}[step], broken)
    with pytest.raises(CannotWrite, match="No space left"):
        withdraw(find_traces(study, CODE))
    monkeypatch.undo()
    done = withdraw(find_traces(study, CODE))
    assert not is_in(study, CODE) and done.n_recordings == 2
    assert len(done.record.read_text().splitlines()) == 2


def test_an_examiners_sessions_go_with_them(study):
    write_session(session("S02", 1, rater="E99"), study)
    write_session(session("S01", 3, rater="E99"), study)
    journal(study, "S01", 3, examiner="E99")
    before = files_of(study)
    done = withdraw(find_traces(study, "E99"))
    assert not is_in(study, "E99") and done.n_recordings == 2
    assert b"S02" not in (study / "participants.tsv").read_bytes()  # nothing of that subject is left
    gone = {name for name in set(before) - set(files_of(study)) if not name.startswith("derivatives")}
    assert gone and all("S02" in name or "ses-03" in name for name in gone)


def test_a_code_of_digits_is_not_found_in_other_numbers(tmp_path):
    root = tmp_path / "study"
    for subject in ("01", "02"):
        write_session(session(subject, 1, rater="R01"), root)
        journal(root, subject, 1)
    results(root, ["01", "02"])
    withdraw(find_traces(root, "01"))
    left = files_of(root)
    assert not any("sub-01" in name for name in left)
    assert sum("sub-02" in name for name in left) == 4 + 2 + 1
    rows = [json.loads(one) for name, one in left.items() if "/cache/" in name]
    assert [row["row"]["subject"] for row in rows] == ["02"]


def test_a_study_with_a_table_loses_the_rows_and_the_recordings_they_name(tmp_path):
    root = tmp_path / "study"
    (root / "csv").mkdir(parents=True)
    for name in ("a", "b", "b_taps"):
        (root / "csv" / f"{name}.csv").write_text("0,1\n")
    (root / "sessions.csv").write_bytes(
        b"\xef\xbb\xbffile;subject;rater;session;kind;taps\r\ncsv/a.csv;S01;E01;1;palpation;\r\n"
        b"csv/b.csv;S02;E02;1;palpation;csv/b_taps.csv\r\ncsv/b.csv;S02;E03;1;palpation;\r\n"
    )
    withdraw(find_traces(root, "E02"))
    assert set(files_of(root)) == {"csv/a.csv", "sessions.csv", "sourcedata/withdrawals.tsv"}
    assert (root / "sessions.csv").read_bytes().endswith(b"kind;taps\r\ncsv/a.csv;S01;E01;1;palpation;\r\n")


def test_what_only_people_can_change_is_named(study):
    (study / "README.md").write_text(f"{CODE} coughed in session 2")
    (study / ".git").mkdir()
    done = withdraw(find_traces(study, CODE))
    told = " | ".join(done.left_to_do)
    assert "README.md has the code" in told and "history of versions" in told and "backups" in told


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights here")
def test_what_a_link_leads_to_is_not_deleted(study, tmp_path):
    away = tmp_path / "archive" / "big.tsv"
    away.parent.mkdir()
    away.write_text("data")
    (study / f"sub-{CODE}" / "linked.tsv").symlink_to(away)
    (study / f"sub-{CODE}" / "folder").symlink_to(away.parent)
    done = withdraw(find_traces(study, CODE))
    assert away.read_text() == "data" and not (study / f"sub-{CODE}").exists()
    assert sum("was a link" in line for line in done.left_to_do) == 2


def test_what_a_killed_run_wrote_aside_goes_and_what_a_running_one_writes_stays(study):
    (study / ".tmpab12.part").write_text(f"participant_id\nsub-{CODE}\n")
    running = study / ".tmpcd34.part"
    running.write_text("participant_id\nsub-S01\n")
    with running.open("r+b") as file:
        assert try_lock(file.fileno())
        withdraw(find_traces(study, CODE))
        assert not is_in(study, CODE)
        assert running.exists() and not (study / ".tmpab12.part").exists()


def test_looking_touches_nothing(study):
    before = files_of(study)
    find_traces(study, f"sub-{CODE}")
    assert files_of(study) == before


def test_who_is_not_there_is_told_who_is(study, tmp_path):
    with pytest.raises(NoSuchInput, match=f"nobody with the code S99 .codes are {CODE}, {OTHER}, S01"):
        find_traces(study, "S99")
    with pytest.raises(NoSuchInput, match="is no code"):
        find_traces(study, "../S01")
    with pytest.raises(NoSuchInput, match="no such folder"):
        find_traces(tmp_path / "none", "S01")


def test_a_session_that_is_being_recorded_is_not_removed(study):
    from touchrhythm.io.journal_writer import JournalWriter

    stem = f"sub-{CODE}_ses-03_task-palpation_run-01"
    writer = JournalWriter(study / "sourcedata" / f"sub-{CODE}" / "ses-03" / stem / "journal.txt", {})
    try:
        with pytest.raises(TouchRhythmError, match="is being recorded"):
            find_traces(study, CODE)
    finally:
        writer.close()
    withdraw(find_traces(study, CODE))
    assert not is_in(study, CODE)


def test_the_command_lists_asks_and_removes(study, capsys, monkeypatch):
    before = files_of(study)
    assert main(["withdraw", CODE, "--study", str(study), "--dry-run"]) == 0
    listed = capsys.readouterr().out
    assert (
        f"remove\tsourcedata/sub-{CODE}/" in listed and "rewrite\tparticipants.tsv\twithout 1 row\n" in listed
    )
    assert main(["withdraw", CODE, "--study", str(study)]) == 2  # nobody to ask
    assert "say --yes" in capsys.readouterr().err

    class Terminal:
        def __init__(self, answer):
            self.answer = answer

        def isatty(self):
            return True

        def readline(self):
            return self.answer

    monkeypatch.setattr("sys.stdin", Terminal("yes\n"))
    assert main(["withdraw", CODE, "--study", str(study)]) == 75
    assert "nothing was removed" in capsys.readouterr().err
    assert files_of(study) == before
    monkeypatch.setattr("sys.stdin", Terminal(f"{CODE}\n"))
    assert main(["withdraw", CODE, "--study", str(study)]) == 0
    assert "2 recordings, 1 row of" in capsys.readouterr().out and not is_in(study, CODE)
    assert main(["withdraw", CODE, "--study", str(study), "--yes"]) == 66


def test_what_is_left_is_still_a_study(study, tmp_path):
    from touchrhythm.study.find import find_sessions

    withdraw(find_traces(study, CODE))
    assert {ref.subject for ref in find_sessions(study).refs} == {"S01", OTHER}


def test_traces_name_each_file_once(study):
    traces = find_traces(study, CODE)
    assert len(set(traces.files)) == len(traces.files)
    assert dataclasses.is_dataclass(traces) and traces.code == CODE


def test_a_code_is_found_wherever_it_stands_in_a_large_file_and_no_longer_one_is(study):
    piece, word = 1 << 20, f" {CODE} ".encode()
    for k, at in enumerate((0, piece - 7, piece - 4, piece - 1, piece, 2 * piece - 3)):
        (study / f"found-{k}.txt").write_bytes(b"." * at + word + b"." * piece)
        (study / f"found-{k}.gz").write_bytes(gzip.compress(b"." * at + word + b"." * piece, 1))
        (study / f"other-{k}.txt").write_bytes(
            b"." * (at - 1) + word.strip().join((b"X", b"Y")) + b"." * piece
        )
    told = "\n".join(find_traces(study, CODE).by_hand)
    assert len(set(re.findall(r"found-\d\.\w+", told))) == 12
    assert "other-" not in told


def test_what_grows_without_end_is_not_unpacked_and_may_have_the_code(study, monkeypatch):
    monkeypatch.setenv("TOUCHRHYTHM_MAX_MB", "2")
    (study / "small.gz").write_bytes(gzip.compress(bytes(1_000_000)))
    (study / "grows.gz").write_bytes(gzip.compress(bytes(50_000_000)))
    told = find_traces(study, CODE).by_hand
    assert "grows.gz has the code; change it by hand" in told
    assert not any("small.gz" in line for line in told)


def test_notes_that_are_no_utf_8_and_damaged_leftovers_stop_no_withdrawal(study):
    (study / "sourcedata" / "withdrawals.tsv").write_bytes(
        b"date\trecordings\tfiles\trows\nM\xe4rz\t1\t1\t1\n"
    )
    (study / "sourcedata" / "withdrawal_pending.json").write_text(json.dumps({"code": CODE, "files": "x"}))
    assert withdraw(find_traces(study, CODE)).n_files == 0
    noted = (study / "sourcedata" / "withdrawals.tsv").read_bytes().splitlines()
    assert noted[1] == b"M\xe4rz\t1\t1\t1" and len(noted) == 3


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights here")
def test_a_link_to_a_folder_is_told_since_nobody_looked_behind_it(study, tmp_path):
    (study / "sourcedata").rename(tmp_path / "large disk")
    (study / "sourcedata").symlink_to(tmp_path / "large disk")
    told = find_traces(study, CODE).by_hand
    assert "sourcedata is a link to a folder; what it leads to was not looked through" in told
