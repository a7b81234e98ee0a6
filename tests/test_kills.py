"""Does anything sealed get lost, or anything half-made stay, when a command is killed at a random moment and run again?"""

import os
import random
import shutil
import signal
import time

import pytest

from recording import WEIGHT
from touchrhythm.cli import main
from touchrhythm.io.journal_records import read_records
from touchrhythm.io.sealed_hashes import find_seals

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a fork of this process"),
]
KILLS = int(os.environ.get("TOUCHRHYTHM_KILLS", "10"))
BARE = [*WEIGHT, "--margin", "40", "--tap-minutes", "1", "--speed", "200"]


def start(*words):
    """A command in a process of its own, with nothing to import any more."""
    child = os.fork()
    if child:
        return child
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    code = 1
    try:
        code = main([str(word) for word in words])
    finally:
        os._exit(code)


def finish(*words):
    """Run a command to its end; its exit code and the seconds it took."""
    began = time.monotonic()
    _, status = os.waitpid(start(*words), 0)
    return os.waitstatus_to_exitcode(status), time.monotonic() - began


def killed(rng, longest, *words):
    """Kill a command at a random moment; whether it was still at work."""
    child = start(*words)
    time.sleep(rng.uniform(0, longest))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) != 0


def leftovers(folder):
    """What a killed run may leave, and the next must not."""
    ends = (".part", ".ballast", ".new")
    return [path for path in folder.rglob("*") if path.name.endswith(ends)]


def check_sealed(study, n_sealed=None):
    assert finish("verify", study)[0] == 0
    assert not leftovers(study.parent)
    if n_sealed is not None:
        assert len([seal for seal in find_seals(study) if seal.hashes]) == n_sealed


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    study = tmp_path_factory.mktemp("kills") / "study"
    for _ in range(3):
        assert finish("record", study, *BARE)[0] == 0
    check_sealed(study, 3)
    return study


@pytest.fixture
def study(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "study")


def test_record_keeps_what_was_recorded_and_recover_seals_it(tmp_path):
    rng = random.Random(1)
    _, longest = finish("record", tmp_path / "warm", *BARE)
    shutil.rmtree(tmp_path / "warm")
    for number in range(KILLS):
        study = tmp_path / f"s{number}" / "study"
        killed(rng, longest, "record", study, *BARE)
        for journal in study.rglob("journal.txt"):
            before = journal.read_bytes()
            try:
                received = read_records(journal).received
            except Exception:  # killed before its first line was whole
                continue
            sealed = journal.with_name("session.json").is_file() and finish("verify", study)[0] == 0
            code, _ = finish("recover", journal)
            assert code in ((0,) if len(received) > 5 and not sealed else (0, 65, 73))
            assert journal.read_bytes() == before
        assert finish("record", study, *BARE)[0] == 0
        check_sealed(study)


def test_recover_finishes_what_was_cut_short(whole, tmp_path):
    rng = random.Random(2)
    journal = min(whole.rglob("journal.txt"))
    _, longest = finish("recover", journal, tmp_path / "warm" / "study")
    for number in range(KILLS):
        study = tmp_path / f"r{number}" / "study"
        if killed(rng, longest, "recover", journal, study):
            code, _ = finish("recover", journal, study)
            assert code == 0 or (code == 73 and len([seal for seal in find_seals(study) if seal.hashes]) == 1)
        check_sealed(study, 1)
        assert min(study.rglob("journal.txt")).read_bytes() == journal.read_bytes()


def test_study_goes_on(study):
    rng = random.Random(3)
    words = ("study", study, "--surrogates", "39", "--pages")
    _, longest = finish(*words)
    for _ in range(KILLS):
        shutil.rmtree(study / "derivatives")
        killed(rng, longest, *words)
        assert finish(*words)[0] == 0
        check_sealed(study, 3)
        assert (study / "derivatives/touchrhythm/group.html").read_text("utf-8").rstrip().endswith("</html>")


def test_share_is_whole_or_not_there(study, tmp_path):
    rng = random.Random(4)
    _, longest = finish("share", study, tmp_path / "out")
    for _ in range(KILLS):
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        if killed(rng, longest, "share", study, tmp_path / "out") and not (tmp_path / "out").exists():
            assert finish("share", study, tmp_path / "out")[0] == 0
        assert finish("verify", tmp_path / "out")[0] == 0
        check_sealed(study, 3)


def test_withdraw_is_finished_by_running_it_again(whole, tmp_path):
    rng = random.Random(5)
    words = ("withdraw", "NUL01", "--yes", "--study")
    _, longest = finish(*words, shutil.copytree(whole, tmp_path / "warm" / "study"))
    for number in range(KILLS):
        study = shutil.copytree(whole, tmp_path / f"w{number}" / "study")
        killed(rng, longest, *words, study)
        assert finish(*words, study)[0] in (0, 66)
        assert not [path for path in study.rglob("*") if "NUL01" in path.name]
        check_sealed(study, 2)
