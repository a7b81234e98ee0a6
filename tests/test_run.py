"""Does run.py set up once, recover from whatever stopped it, and say what is wrong?

The installing itself is faked here; `test_a_fresh_clone_…` does it for real (long, needs a network).
"""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys._base_executable  # the Python that a newcomer types: it has pip, the .venv of run.py has none


class Installs:
    """Stands in for `subprocess`: notes the commands, makes the venv's python, fails when told to."""

    CalledProcessError = subprocess.CalledProcessError

    def __init__(self, run):
        self.python, self.commands, self.called, self.failing = run.PYTHON, [], [], None
        self.environments = []

    def run(self, args, *, check, env):
        assert check and env["PIP_USER"] == "0"
        self.commands.append(args)
        if "venv" in args:
            shutil.rmtree(self.python.parents[1])
            self.python.parent.mkdir(parents=True)
            self.python.touch()
        elif self.failing:
            raise self.failing
        return subprocess.CompletedProcess(args, 0)

    list2cmdline = staticmethod(subprocess.list2cmdline)

    def call(self, args, *, env, cwd=None):
        self.called.append((args, cwd))
        self.environments.append(env)
        return 7

    def kinds(self):
        return ["venv" if "venv" in args else "pip" for args in self.commands]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run.py as a module, in a folder of its own with an odd name, nothing installed."""
    folder = tmp_path / "ein Ordner für alles"
    folder.mkdir()
    for name in ("run.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    spec = importlib.util.spec_from_file_location("run_under_test", folder / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: spec)  # this Python has pip
    module.subprocess = module.installs = Installs(module)
    return module


def test_the_first_start_makes_a_venv_and_installs(run):
    assert run.main(["demo"]) == 7
    assert run.installs.kinds() == ["venv", "pip"]
    assert run.installs.called == [([str(run.PYTHON), "-m", "touchrhythm", "demo"], None)]


def test_the_second_start_installs_nothing(run):
    run.main(["demo"])
    run.installs.commands.clear()
    assert run.main(["demo"]) == 7 and run.installs.commands == []


def test_tests_bring_their_extra_and_run_in_the_clone(run):
    assert run.main(["test", "-k", "units"]) == 7
    assert run.installs.commands[-1][-1] == f"{run.ROOT}[test]"
    assert run.installs.called == [([str(run.PYTHON), "-m", "pytest", "-n", "auto", "-k", "units"], run.ROOT)]


def test_all_tests_say_beforehand_how_long_they_take(run, capsys):
    run.main(["test"])
    assert re.search(r"about \d minutes", capsys.readouterr().err)


def test_the_quick_tests_are_a_file_that_is_there(run, capsys):
    run.main(["test", "--quick", "-x"])
    assert "half a minute" in capsys.readouterr().err
    words = run.installs.called[0][0][3:]
    assert words == ["-n", "auto", "--dist", "loadfile", "tests/test_smoke.py", "src", "-x"]
    assert (ROOT / words[4]).is_file()


@pytest.mark.parametrize(
    ("system", "typed", "said"),
    [
        ("posix", "run.py", "python3 run.py --"),
        ("posix", "/home/ann/my files/run.py", "python3 '/home/ann/my files/run.py' --"),
        ("nt", "C:\\my files\\run.py", 'py "C:\\my files\\run.py" --'),
    ],
)
def test_a_command_knows_how_it_was_called(run, monkeypatch, system, typed, said):
    monkeypatch.setattr(run.sys, "argv", [typed, "--", "analyze"])
    monkeypatch.setattr(run, "os", SimpleNamespace(name=system))
    assert run.called_as() == said
    assert run.main(["--", "analyze"]) == 7
    assert run.installs.environments[-1]["TOUCHRHYTHM_CALLED_AS"] == said


def test_what_the_tests_need_is_enough_for_the_demo(run):
    run.main(["test"])
    run.installs.commands.clear()
    run.main(["demo"])
    assert run.installs.commands == []


def test_anything_is_passed_on_behind_two_dashes(run):
    run.main(["--", "analyze", "my file.csv", "--json"])
    assert run.installs.called[0][0][2:] == ["touchrhythm", "analyze", "my file.csv", "--json"]


def test_a_script_runs_with_what_was_set_up(run):
    assert run.main(["examples/your_file.py", "my file.csv"]) == 7
    assert run.installs.called == [([str(run.PYTHON), "examples/your_file.py", "my file.csv"], None)]


def test_a_changed_pyproject_installs_again_into_the_same_venv(run):
    run.main(["demo"])
    (run.ROOT / "pyproject.toml").write_text("[project]\n")
    run.installs.commands.clear()
    run.main(["demo"])
    assert run.installs.kinds() == ["pip"]


@pytest.mark.parametrize("what", [KeyboardInterrupt(), subprocess.CalledProcessError(1, ["python", "pip"])])
def test_what_was_interrupted_is_made_anew(run, what):
    run.installs.failing = what
    if isinstance(what, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            run.main(["demo"])
    else:
        assert "could not be set up" in run.main(["demo"])
    run.installs.failing = None
    run.installs.commands.clear()
    assert run.main(["demo"]) == 7 and run.installs.kinds() == ["venv", "pip"]


def test_a_venv_whose_python_has_gone_is_made_anew(run):
    run.main(["demo"])
    run.PYTHON.unlink()
    run.installs.commands.clear()
    run.main(["demo"])
    assert run.installs.kinds() == ["venv", "pip"]


def test_pip_is_lent_to_a_venv_that_has_none(run):
    run.main(["demo"])
    venv, pip = run.installs.commands
    assert "--without-pip" in venv and pip[:5] == [sys.executable, "-m", "pip", "--python", str(run.PYTHON)]


def test_without_pip_the_venv_brings_its_own(run, monkeypatch):
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    run.main(["demo"])
    venv, pip = run.installs.commands
    assert "--without-pip" not in venv and pip[:3] == [str(run.PYTHON), "-m", "pip"]


@pytest.mark.parametrize("words", [[], ["dmeo"], ["--help"], ["analyze"]])
def test_other_words_get_the_usage(run, words, capsys):
    assert run.main(words) == 2
    assert "python3 run.py demo" in capsys.readouterr().err and run.installs.commands == []


def test_an_old_python_is_told_so(run, monkeypatch):
    monkeypatch.setattr(run.sys, "version_info", (3, 10, 12))
    assert "Python 3.11 or later" in run.main(["demo"])


def test_a_folder_that_cannot_be_written_is_told(run, monkeypatch):
    def closed(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(run.Path, "mkdir", closed)
    said = run.main(["demo"])
    assert "may you write to" in said and str(run.ROOT) in said


def fresh_clone(folder):
    """A clone of what is committed, without its history."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "-q", "--depth=1", ROOT.as_uri(), str(folder)], check=True)
    return folder


def start(folder, *words, **options):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [PYTHON, str(folder / "run.py"), *words],
        capture_output=True,
        text=True,
        env=environment,
        **options,
    )


@pytest.mark.long
def test_a_fresh_clone_answers_though_the_first_start_was_killed(tmp_path):
    clone = fresh_clone(tmp_path / "Übung eins" / "touchrhythm")
    first = subprocess.Popen([PYTHON, str(clone / "run.py"), "demo"], cwd=tmp_path, start_new_session=True)
    time.sleep(6)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    second = start(clone, "demo", cwd=tmp_path)
    assert second.returncode == 0, second.stderr
    assert "There is a rhythm" in second.stdout
    assert (tmp_path / "touchrhythm-demo.html").is_file()
    third = start(clone, "--", "--version", cwd=tmp_path, input="")
    assert third.returncode == 0 and "Setting up" not in third.stderr


@pytest.mark.long
def test_the_wheel_brings_the_example_with_it(tmp_path):
    clone = fresh_clone(tmp_path / "clone")
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [PYTHON, "-m", "pip", "--python", str(python), "install", "-q", str(clone)]
    subprocess.run(pip, check=True)
    shutil.rmtree(clone)
    done = subprocess.run(
        [str(python), "-m", "touchrhythm", "demo"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "site-packages" in done.stderr and "There is a rhythm" in done.stdout
