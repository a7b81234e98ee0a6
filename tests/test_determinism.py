"""Same file, settings, version and seed: the same bytes, whatever else is different."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from touchrhythm import Settings, analyze, read_session, simulate_session
from touchrhythm.cli import main
from touchrhythm.cli.console import THREADS

COPIES = ["--surrogates", "99"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a recording of 150 s with taps."""
    place = tmp_path_factory.mktemp("original")
    words = [
        "simulate",
        str(place / "a.csv"),
        "--duration",
        "150",
        "--fs",
        "10",
        "--tapper",
        "follow",
        "--seed",
        "4",
    ]
    assert main(words) == 0
    return place


def answer(folder, **environment):
    """What a new process prints as JSON, and the page it writes."""
    words = [
        sys.executable,
        "-m",
        "touchrhythm",
        "analyze",
        "a.csv",
        "--taps",
        "a_taps.csv",
        "--json",
        *COPIES,
    ]
    page = folder / "page.html"
    known = {**os.environ, **{name: str(value) for name, value in environment.items()}}
    done = subprocess.run(
        [*words, "--report", page.name], cwd=folder, capture_output=True, env=known, check=True
    )
    return done.stdout.replace(b"\r\n", b"\n"), page.read_bytes()


@pytest.fixture(scope="module")
def reference(folder):
    return answer(folder, PYTHONHASHSEED=0, TZ="UTC", LC_ALL="C.UTF-8")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": 12345},
        {"TZ": "Pacific/Kiritimati", "SOURCE_DATE_EPOCH": 1},
        {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"},
        pytest.param({"OPENBLAS_NUM_THREADS": 1, "OMP_NUM_THREADS": 1}, marks=pytest.mark.long),
        {"OPENBLAS_NUM_THREADS": 2, "OMP_NUM_THREADS": 2},
    ],
    ids=["hash seed", "time zone", "locale", "one thread", "two threads"],
)
def test_the_answer_is_the_same_to_the_byte(folder, reference, environment):
    assert answer(folder, **environment) == reference


def test_the_answer_does_not_know_its_folder(folder, reference, tmp_path):
    other = tmp_path / "ein anderer Ordner"
    other.mkdir()
    for name in ("a.csv", "a_taps.csv"):
        shutil.copy(folder / name, other)
    assert answer(other) == reference


def analysed(name, seed):
    """For workers: the answer as text."""
    return repr(analyze(read_session(name), Settings(n_surrogates=19, n_bootstrap=50), rng=seed).to_dict())


def print_with_workers(kind, name):
    """For a process of its own, with linear algebra in one thread as the commands have it."""
    names, seeds = [name] * 4, [0, 1, 0, 1]
    if kind == "none":
        print(*map(analysed, names, seeds), sep="\n")
    elif kind == "threads":
        with ThreadPoolExecutor(2) as workers:
            print(*workers.map(analysed, names, seeds), sep="\n")
    else:
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
            print(*workers.map(analysed, names, seeds), sep="\n")


@pytest.mark.long
def test_workers_change_nothing(folder):
    answers = []
    for kind in ("none", "threads", "processes"):
        code = f"from test_determinism import print_with_workers as p; p({kind!r}, {str(folder / 'a.csv')!r})"
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        known = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": path}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=known, text=True)
        assert done.returncode == 0, done.stderr
        answers.append(done.stdout.splitlines())
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == answers[0][2] != answers[0][1] == answers[0][3]


def test_order_and_company_change_nothing(folder, capsys):
    shutil.copy(folder / "a.csv", folder / "b.csv")
    a, b = str(folder / "a.csv"), str(folder / "b.csv")
    main(["analyze", a, b, *COPIES])
    together = capsys.readouterr().out
    main(["analyze", b, *COPIES])
    alone = capsys.readouterr().out
    assert alone.strip() in together


def test_global_random_state_is_neither_used_nor_touched():
    import numpy as np

    x = simulate_session(duration_s=150, fs=10.0, rng=1)
    np.random.seed(1)
    state = np.random.get_state()[1].tolist()
    one = analyze(x, Settings(n_surrogates=19), rng=0).to_dict()
    assert np.random.get_state()[1].tolist() == state
    np.random.seed(2)
    assert repr(analyze(x, Settings(n_surrogates=19), rng=0).to_dict()) == repr(one)


def test_there_are_two_different_seeds():
    x = simulate_session(duration_s=150, fs=10.0, rng=1)
    one, two = (repr(analyze(x, Settings(n_surrogates=99), rng=seed).to_dict()) for seed in (0, 1))
    assert one != two
