"""Does what leaves the lab name nobody, and does it hold what it should?"""

import gzip
import importlib.util
import json
import platform
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from touchrhythm.cli import main
from touchrhythm.errors import BadFile, CannotWrite, NoSuchInput, TouchRhythmError
from touchrhythm.io.bids import read_bids
from touchrhythm.io.bids_write import write_session
from touchrhythm.io.opening import read_session
from touchrhythm.session import Annotation, Count, Recording, Session, Taps
from touchrhythm.study.share import share_study

VALIDATOR = Path(sysconfig.get_path("scripts")) / "bids-validator-deno"
HAS_VALIDATOR = importlib.util.find_spec("bids_validator_deno") is not None or VALIDATOR.exists()
SECRET = "Zwiebelfisch"  # stands where a careless name could stand
SERIAL = "7753431313335170A1B2"
BOTH = {who: {"given": True, "covers": ["record", "analyse", "share"]} for who in ("subject", "examiner")}


def session(subject, number, *, consent=None, rater="E07", n=1600, label="tapping", **more):
    rng = np.random.default_rng(number)
    counts = np.round(80000 + 4000 * rng.normal(5, 0.1, n))
    counts[200:260] = np.nan
    entities = {
        "sub": subject,
        "ses": f"{number:02d}",
        "task": "palpation",
        "run": "01",
        "recording": "force",
    }
    info = {
        "entities": entities,
        "timing": "device",
        "kind": "palpation",
        "calibration": {
            "force": {"counts_per_gram": 4000.0, "zero_counts": 80000.0, "serial_number": SERIAL}
        },
        "import_notes": (f"read from /home/{SECRET}/study on 2026-11-23",),
        "consent": BOTH if consent is None else consent,
        "expected_rate_cpm": 8.5,
        "plan_sha256": "ab" * 32,
        "blind": True,
        "answers": {"felt_nothing": False, "confidence": 70, "remark": SECRET},
        "operator": SECRET,
        "lost": {"missing": 2, SECRET: 1},
        **more,
    }
    return Session(
        Recording(counts, 80.0, ("force",), ("count",)),
        (Taps([2.5, 9.25, 16.0], rater),),
        (Count(2, 0.0, 15.0, rater),),
        (Annotation(0.0, 18.0, label), Annotation(1.0, 0.0, f"{SECRET} coughs")),
        info,
    )


def plant(root):
    """Files that a study folder gathers, all with the secret in them."""
    journal = root / "sourcedata" / "sub-S01" / "ses-01" / "sub-S01_ses-01_task-palpation_run-01"
    journal.mkdir(parents=True)
    (journal / "journal.txt").write_text(f'{{"started": "2026-11-23T10:00:00", "by": "{SECRET}"}}\n')
    (journal / "session.json").write_text(json.dumps({"subject": "S01", "note": SECRET, "virtual": False}))
    (root / "sourcedata" / "device.json").write_text(
        json.dumps({"serial_number": SERIAL, "port": "/dev/ttyACM0"})
    )
    results = root / "derivatives" / "touchrhythm"
    results.mkdir(parents=True)
    (results / "group.html").write_text(f"<p>{SECRET} on {platform.node()}</p>")
    (root / "sub-S01" / "ses-01" / "sub-S01_ses-01_scans.tsv").write_text(
        f"filename\tacq_time\toperator\nbeh/x\t2026-11-23T10:00:00\t{SECRET}\n"
    )
    people = (root / "participants.tsv").read_text().splitlines()
    rows = [people[0] + "\tage\tremark"] + [f"{one}\t{40 + k}\t{SECRET}" for k, one in enumerate(people[1:])]
    (root / "participants.tsv").write_text("\n".join(rows) + "\n")
    about = json.loads((root / "dataset_description.json").read_text())
    (root / "dataset_description.json").write_text(json.dumps(about | {"Authors": [SECRET]}))
    (root / "README.md").write_text(f"Study of {SECRET}\n")
    (root / "notes.md").write_text(SECRET)
    (root / "sub-S01" / "ses-01" / "beh" / f"{SECRET}.txt").write_text(SECRET)


@pytest.fixture
def study(tmp_path):
    root = tmp_path / f"study of {SECRET}"
    write_session(session("S01", 1), root)
    write_session(session("S01", 2, rater="E09"), root)
    write_session(session("S12", 1), root)
    plant(root)
    return root


def every_byte(root):
    """Names and contents of all files, compressed ones unpacked."""
    for path in sorted(root.rglob("*")):
        yield str(path.relative_to(root)).encode()
        if path.is_file():
            raw = path.read_bytes()
            yield raw
            if raw[:2] == b"\x1f\x8b":
                yield gzip.decompress(raw)


def found_in(root, words):
    return [word for word in words if any(re.search(word.encode(), one) for one in every_byte(root))]


def rows_of(root):
    lines = (root / "not_shared.tsv").read_text("utf-8").splitlines()
    return [dict(zip(lines[0].split("\t"), line.split("\t"), strict=True)) for line in lines[1:]]


def test_nothing_that_identifies_stands_in_any_byte(study, tmp_path):
    out = tmp_path / "shared"
    share_study(study, out)
    planted = [
        SECRET,
        SERIAL,
        "2026-",
        "/home",
        "ttyACM",
        re.escape(str(tmp_path)),
        re.escape(platform.node()),
    ]
    assert found_in(study, planted[:-2]) == planted[:-2]  # the search finds what is there
    assert found_in(out, planted) == []


def test_with_new_codes_no_old_one_is_left_and_the_mapping_tells_both(study, tmp_path):
    out, mapping = tmp_path / "shared", tmp_path / "keys" / "mapping.tsv"
    for number in range(1, 9):
        write_session(session(f"QX{number:02d}", 11, rater="EX61"), study)
    share_study(study, out, mapping=mapping)
    assert found_in(out, ["QX", "EX6", "E09", "S12", "ses-11"]) == []
    rows = [line.split("\t") for line in mapping.read_text().splitlines()[1:]]
    subjects = {old: new for kind, old, new in rows if kind == "subject"}
    raters = {old: new for kind, old, new in rows if kind == "rater"}
    assert sorted(subjects) == sorted(["S01", "S12", *(f"QX{k:02d}" for k in range(1, 9))])
    assert sorted(subjects.values()) == [f"S{k:02d}" for k in range(1, 11)] and len(raters) == 3
    old = read_session(
        study / "sub-QX03/ses-11/beh/sub-QX03_ses-11_task-palpation_run-01_recording-force_physio.tsv.gz"
    )
    (path,) = (out / f"sub-{subjects['QX03']}").rglob("*_physio.tsv.gz")
    new = read_session(path)
    np.testing.assert_array_equal(new.recording.data, old.recording.data)
    assert new.taps[0].rater == raters["EX61"]
    assert mapping.stat().st_mode & 0o077 == 0
    people = (out / "participants.tsv").read_text().splitlines()[1:]
    assert people == sorted(people)  # the order of the rows is that of the new codes


def test_what_is_shared_reads_as_it_did(study, tmp_path):
    out = tmp_path / "shared"
    found = share_study(study, out)
    assert (found.n_sessions, found.n_subjects) == (3, 2)
    for path in sorted(study.glob("sub-*/**/*_physio.tsv.gz")):
        old, new = read_bids(path), read_bids(out / path.relative_to(study))
        np.testing.assert_array_equal(new.recording.data, old.recording.data)
        assert new.recording.units == old.recording.units == ("g",)
        assert [one.onset.tolist() for one in new.taps] == [one.onset.tolist() for one in old.taps]
        assert [one.rater for one in new.taps] == [one.rater for one in old.taps]
        assert new.counts == old.counts
        assert [one.label for one in new.annotations] == ["tapping", "event1"]
        for name in ("consent", "expected_rate_cpm", "plan_sha256", "kind", "blind"):
            assert new.info[name] == old.info[name]
        assert new.info["answers"] == {"felt_nothing": False, "confidence": 70}
        assert new.info["lost"] == {"missing": 2}


@pytest.mark.skipif(not HAS_VALIDATOR, reason="bids-validator-deno is not installed")
@pytest.mark.parametrize("how", [{}, {"decimal_comma": True}])
def test_the_official_validator_finds_no_error(study, tmp_path, how):
    out = tmp_path / "shared"
    share_study(study, out, mapping=tmp_path / "m.tsv", **how)
    ran = subprocess.run([VALIDATOR, out, "--format", "json"], capture_output=True, text=True)
    issues = json.loads(ran.stdout)["issues"]["issues"]
    assert [one for one in issues if one["severity"] == "error"] == [] and ran.returncode == 0


def test_what_was_left_out_is_listed_with_the_reason(study, tmp_path):
    out = tmp_path / "shared"
    found = share_study(study, out)
    listed = {(row["what"], row["why"]): int(row["number"]) for row in rows_of(out)}
    assert listed == {(one.what, one.why): one.number for one in found.left_out}
    by_what = {what: number for (what, _), number in listed.items()}
    assert by_what == {
        "journals and device files": 3,
        "results": 1,
        "scans file": 1,
        "column of participants.tsv": 2,
        "description": 2,
        "other file": 2,
        "label of an event": 1,
        "reading notes": 3,
    }


def without(who):
    return {
        one: {"given": True, "covers": ["record", "analyse"]} if one == who else BOTH[one] for one in BOTH
    }


@pytest.mark.parametrize(
    ("consent", "why"),
    [
        (without("subject"), "the subject's consent does not cover sharing"),
        (without("examiner"), "the examiner's consent does not cover sharing"),
        ({"subject": {"given": False, "covers": []}}, "the subject's consent does not cover sharing"),
        ({"subject": BOTH["subject"]}, "no consent of the examiner is recorded"),
        ({}, "no consent of the subject and the examiner is recorded"),
        ({"subject": "yes", "examiner": "yes"}, "the subject's consent does not cover sharing"),
    ],
)
def test_only_what_consent_allows_is_shared(study, tmp_path, consent, why):
    write_session(session("S33", 1, consent=consent), study)
    share_study(study, tmp_path / "shared")
    assert found_in(tmp_path / "shared", ["S33"]) == []
    assert {"what": "session", "why": why, "number": "1"} in rows_of(tmp_path / "shared")


def test_consent_kept_elsewhere_opens_only_what_says_nothing(study, tmp_path):
    write_session(session("S33", 1, consent={}), study)
    write_session(session("S34", 1, consent=without("subject")), study)
    share_study(study, tmp_path / "shared", consent_elsewhere=True)
    assert found_in(tmp_path / "shared", ["S33", "S34"]) == ["S33"]


def test_a_recording_without_people_needs_no_consent(study, tmp_path):
    dead = session("NUL01", 1, consent={}, kind="null")
    write_session(Session(dead.recording, (), (), (), dead.info), study)
    found = share_study(study, tmp_path / "shared", mapping=tmp_path / "m.tsv")
    assert found.n_sessions == 4 and (tmp_path / "shared" / "sub-NUL01").is_dir()


def test_a_recording_from_a_virtual_board_needs_no_consent(tmp_path, capsys):
    words = ["--virtual", "--skip", "all", "--tap-minutes", "0.2", "--margin", "3", "--examiner", "E01"]
    assert main(["record", str(tmp_path / "study"), *words]) == 0
    assert main(["share", str(tmp_path / "study"), str(tmp_path / "out")]) == 0
    assert ": 1 recordings of 1 codes" in capsys.readouterr().out
    (path,) = (tmp_path / "out").rglob("*_physio.tsv.gz")
    assert read_bids(path).info["simulated"] is True


def test_nothing_is_shared_where_nobody_agreed(tmp_path):
    write_session(session("S01", 1, consent={}), tmp_path / "study")
    with pytest.raises(TouchRhythmError, match="no session may be shared"):
        share_study(tmp_path / "study", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("subject", "rater"), [("Anna", "E01"), ("S01", "Anna B"), ("AB230465", "E01")])
def test_names_and_dates_are_no_codes(tmp_path, subject, rater):
    root = tmp_path / "study"
    write_session(session(subject, 1, rater=rater), root)
    with pytest.raises(TouchRhythmError, match="only codes such as S01 are shared"):
        share_study(root, tmp_path / "out")
    share_study(root, tmp_path / "out", mapping=tmp_path / "mapping.tsv")
    assert found_in(tmp_path / "out", ["Anna", "AB2304"]) == []


def test_a_session_numbered_by_its_date_is_refused(tmp_path):
    one = session("S01", 1)
    one.info["entities"]["ses"] = "20261123"
    write_session(one, tmp_path / "study")
    with pytest.raises(TouchRhythmError, match="session '20261123'"):
        share_study(tmp_path / "study", tmp_path / "out")
    share_study(tmp_path / "study", tmp_path / "out", mapping=tmp_path / "m.tsv")
    assert found_in(tmp_path / "out", ["20261123"]) == []


def test_absolute_start_times_become_relative(study, tmp_path):
    for name, start in (("force", 1795428000.25), ("breathing", 1795428001.5)):
        base = "sub-S12/ses-01/beh/sub-S12_ses-01_task-palpation_run-01_recording-"
        side, data = study / f"{base}{name}_physio.json", study / f"{base}{name}_physio.tsv.gz"
        if name == "breathing":
            shutil.copy(study / f"{base}force_physio.tsv.gz", data)
        keys = json.loads((study / f"{base}force_physio.json").read_text())
        side.write_text(json.dumps(keys | {"StartTime": start}))
    (events,) = (study / "sub-S12").rglob("*_events.tsv")  # onsets count from the zero of StartTime
    head, *rows = events.read_text().splitlines()
    moved = [
        f"{float(onset) + 1795428000.25!r}\t{rest}" for onset, rest in (row.split("\t", 1) for row in rows)
    ]
    events.write_text("\n".join((head, *moved)) + "\n")
    share_study(study, tmp_path / "out")
    assert found_in(tmp_path / "out", ["1795428"]) == []
    starts = {
        path.name.split("recording-")[1]: json.loads(path.read_text())["StartTime"]
        for path in (tmp_path / "out" / "sub-S12").rglob("*_physio.json")
    }
    assert starts == {"force_physio.json": 0.0, "breathing_physio.json": 1.25}


def test_a_broken_recording_is_left_out_and_the_rest_is_shared(study, tmp_path):
    (path,) = (study / "sub-S12").rglob("*_physio.tsv.gz")
    path.write_bytes(path.read_bytes()[:200])
    found = share_study(study, tmp_path / "out")
    assert found.n_sessions == 2
    assert ("session", "cannot be read") in {(one.what, one.why) for one in found.left_out}


def test_the_study_is_only_read(study, tmp_path):
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    share_study(study, tmp_path / "out", mapping=tmp_path / "m.tsv")
    assert {path: path.read_bytes() for path in study.rglob("*") if path.is_file()} == before


def test_nothing_is_overwritten(study, tmp_path):
    out = tmp_path / "out"
    share_study(study, out)
    before = sorted(every_byte(out))
    with pytest.raises(CannotWrite, match="nothing was overwritten"):
        share_study(study, out)
    assert sorted(every_byte(out)) == before


def test_a_run_that_breaks_leaves_nothing_half_done(study, tmp_path, monkeypatch):
    import touchrhythm.study.share as sharing

    written = []

    def broken(*args, **how):
        written.append(args)
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        return write_session(*args, **how)

    monkeypatch.setattr(sharing, "write_session", broken)
    with pytest.raises(CannotWrite, match="No space left"):
        share_study(study, tmp_path / "out", mapping=tmp_path / "m.tsv")
    assert sorted(one.name for one in tmp_path.iterdir()) == [study.name]


@pytest.mark.parametrize("place", ["inside", "same", "above"])
def test_out_must_lie_outside_of_the_study(study, place):
    out = {"inside": study / "shared", "same": study, "above": study.parent}[place]
    with pytest.raises(CannotWrite, match="must lie outside of the study folder"):
        share_study(study, out)


@pytest.mark.parametrize("place", ["study/m.tsv", "study/sourcedata/m.tsv", "out/m.tsv", "other/code/m.tsv"])
def test_the_mapping_never_lies_with_data(study, tmp_path, place):
    other = tmp_path / "other"
    (other / "sub-01").mkdir(parents=True)
    head, _, rest = place.partition("/")
    mapping = {"study": study, "out": tmp_path / "out", "other": other}[head] / rest
    with pytest.raises(CannotWrite, match="must lie outside"):
        share_study(study, tmp_path / "out", mapping=mapping)
    assert not mapping.exists() and not (tmp_path / "out").exists()


def test_a_mapping_is_never_overwritten(study, tmp_path):
    (tmp_path / "m.tsv").write_text("mine")
    with pytest.raises(CannotWrite, match="nothing was overwritten"):
        share_study(study, tmp_path / "out", mapping=tmp_path / "m.tsv")
    assert (tmp_path / "m.tsv").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("key.xlsx", "PK", "looks like a key"),
        ("code/subject_mapping.tsv", "a\tb\n", "looks like a key"),
        ("sourcedata/list.csv", "code;Name;Telefon\nS01;Anna;1\n", "a column 'name'"),
        ("sourcedata/people.tsv", "participant_id\tdate of birth\n", "a column 'date of birth'"),
    ],
)
def test_a_key_file_inside_a_study_is_refused(study, tmp_path, name, text, said):
    (study / name).parent.mkdir(exist_ok=True)
    (study / name).write_text(text)
    with pytest.raises(BadFile, match=said):
        share_study(study, tmp_path / "out")


def test_tables_with_decimal_commas_are_there_on_request(study, tmp_path):
    share_study(study, tmp_path / "out", decimal_comma=True)
    tables = sorted((tmp_path / "out" / "derivatives" / "tables").iterdir())
    assert len(tables) == 3
    first = tables[0].read_text("utf-8-sig").splitlines()
    assert first[0] == "time (s);force (g)" and re.fullmatch(r"0,0125;\d,\d+", first[2])


def test_what_is_no_study_is_told(tmp_path, capsys):
    with pytest.raises(NoSuchInput, match="there is no such folder"):
        share_study(tmp_path / "none", tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(NoSuchInput, match="is a file, a folder is needed"):
        share_study(tmp_path / "file", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    assert main(["share", str(tmp_path / "empty"), str(tmp_path / "out")]) == 66
    assert "no BIDS dataset" in capsys.readouterr().err


def test_the_command_says_what_was_not_shared(study, tmp_path, capsys):
    assert main(["share", str(study), str(tmp_path / "out"), "--recode", str(tmp_path / "m.tsv")]) == 0
    out = capsys.readouterr().out
    assert "not shared: 3 × journals and device files (hold dates, ports and serial numbers)" in out
    assert main(["share", str(study), str(tmp_path / "two"), "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert result["n_sessions"] == 3 and len(result["left_out"]) == 8
