"""Is what changed after sealing told, by name, and nothing else?"""

import json
import shutil
from pathlib import Path

import pytest

from recording import WEIGHT
from touchrhythm.cli import main

BARE = [*WEIGHT, "--margin", "2", "--tap-minutes", "0.2", "--speed", "60"]


def run(capsys, *words):
    code = main([str(word) for word in words])
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    study = tmp_path_factory.mktemp("verify") / "study"
    for _ in range(2):
        assert main(["record", str(study), *BARE]) == 0
    return study


@pytest.fixture
def study(sealed, tmp_path):
    return shutil.copytree(sealed, tmp_path / "study")


def test_what_was_sealed_is_still_that_and_its_journal_makes_it_anew(study, capsys):
    (study / "participants.tsv").write_text("participant_id\tage\nsub-NUL01\t5\n")
    (study / "notes.txt").write_text("changes legitimately")
    for words in ((), ("--rederive",)):
        code, out, err = run(capsys, "verify", study, *words)
        assert (code, out) == (0, "")
        assert "10 sealed files looked at, none changed or missing" in err


@pytest.mark.parametrize("pattern", ["*_physio.tsv.gz", "*_physio.json", "*_events.tsv", "journal.txt"])
@pytest.mark.parametrize("how", ["changed", "missing"])
def test_each_file_that_changed_or_is_gone_is_named(study, capsys, pattern, how):
    path = next(path for path in sorted(study.rglob(pattern)))
    path.write_bytes(path.read_bytes() + b"\n") if how == "changed" else path.unlink()
    code, out, _ = run(capsys, "verify", study)
    assert (code, out) == (65, f"{how}\t{path.relative_to(study).as_posix()}\n")
    code, out, _ = run(capsys, "verify", study, "--json")
    (told,) = json.loads(out)["results"]
    assert [row["what"] for row in told["differences"]] == [how]


def test_analyze_and_study_say_so_and_go_on(study, capsys):
    path = next(iter(sorted(study.rglob("*_events.tsv"))))
    path.write_text(path.read_text().replace("hand on", "hand"))
    recording = next(iter(sorted(study.rglob("*_physio.tsv.gz"))))
    code, out, _ = run(capsys, "analyze", recording)
    assert code == 0 and f"{path.name} was changed after it was sealed" in out
    code, out, _ = run(capsys, "study", study)
    assert code == 0 and "1 recording changed since being sealed: sub-NUL01" in out
    assert (
        "1 recording changed since being sealed" in (study / "derivatives/touchrhythm/group.html").read_text()
    )


def test_recordings_sealed_before_there_were_hashes_are_no_fault(study, capsys):
    for path in study.rglob("session.json"):
        state = json.loads(path.read_text())
        del state["sha256"], state["software"]
        path.write_text(json.dumps(state))
    code, out, err = run(capsys, "verify", study)
    assert (code, out) == (0, "") and err.count("not sealed with hashes") == 2


@pytest.mark.parametrize(
    "name",
    [
        "example",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("no-rhythm", "null-weight", "pulled-cable")
        ),
        *(pytest.param(name, marks=pytest.mark.long) for name in ("slow-breathing", "pulse")),
    ],
)
def test_the_recordings_here_are_what_was_sealed_and_their_journals_make_them_anew(capsys, name):
    code, out, err = run(capsys, "verify", Path(__file__).parents[2] / "recordings" / name, "--rederive")
    assert (code, out) == (0, "")
    assert "5 sealed files looked at, none changed or missing" in err
    assert "1 journal read anew, no files differ" in err


def test_where_nothing_was_sealed_nothing_is_said_to_be_unchanged(study, capsys):
    shutil.rmtree(study / "sourcedata")
    code, out, err = run(capsys, "verify", study)
    assert (code, out, err.strip()) == (0, "", "no hashes to compare with: nothing here was sealed")


def test_another_version_may_word_a_sidecar_otherwise_but_not_the_samples(study, capsys):
    state = next(iter(sorted(study.rglob("session.json"))))
    state.write_text(state.read_text().replace('"software": "', '"software": "0.0.'))
    sidecar = next(iter(sorted(study.rglob("*_physio.json"))))
    sidecar.write_text(sidecar.read_text().replace("Force under the hand", "Force"))
    _, out, _ = run(capsys, "verify", study, "--rederive")
    assert f"differs in force\t{sidecar.relative_to(study).as_posix()}" in out


def test_share_lists_what_it_writes_and_withdraw_renews_the_list(study, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(capsys, "share", study, out)[0] == 0
    code, _, err = run(capsys, "verify", out)
    assert code == 0 and "8 sealed files looked at" in err
    code, said, _ = run(capsys, "withdraw", "NUL01", "--study", out, "--yes")
    assert code == 0 and "files_sha256.json" not in said
    code, _, err = run(capsys, "verify", out)
    assert code == 0 and "4 sealed files looked at, none changed or missing" in err


def test_what_is_no_study_is_told(tmp_path, capsys):
    assert run(capsys, "verify", tmp_path)[0] == 66
    assert run(capsys, "verify", tmp_path / "none")[0] == 66
