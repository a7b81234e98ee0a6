"""Can a line that the program prints be pasted where it was printed?"""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from touchrhythm.words import program
from touchrhythm.words.program import CALLED_AS, called_as, command_line, how_to_install, quoted

posix_only = pytest.mark.skipif(os.name != "posix", reason="the shell's rules of Linux and macOS")


def started(monkeypatch, argv0, told=None):
    monkeypatch.setattr(sys, "argv", [argv0])
    monkeypatch.delenv(CALLED_AS, raising=False)
    if told:
        monkeypatch.setenv(CALLED_AS, told)


def test_a_starter_tells_how_it_was_called(monkeypatch):
    started(monkeypatch, "/x/touchrhythm/__main__.py", "python3 run.py --")
    assert command_line("study", "trial") == "python3 run.py -- study trial"


def test_a_module_is_called_by_the_interpreter_in_use(monkeypatch):
    started(monkeypatch, "/x/src/touchrhythm/__main__.py")
    words = shlex.split(called_as())
    assert words[1:] == ["-m", "touchrhythm"]
    found = words[0] if os.path.isabs(words[0]) else program.shutil.which(words[0])
    assert Path(found).absolute() == Path(sys.executable).absolute()


def test_inside_another_program_the_name_is_the_package_s(monkeypatch):
    started(monkeypatch, "/usr/bin/pytest")
    assert called_as() == "touchrhythm"


@posix_only
@pytest.mark.parametrize("is_on_path", [True, False])
def test_a_script_that_the_shell_finds_needs_no_folder(monkeypatch, tmp_path, is_on_path):
    script = tmp_path / "a folder" / "touchrhythm"
    script.parent.mkdir()
    script.touch(mode=0o755)
    started(monkeypatch, str(script))
    monkeypatch.setenv("PATH", str(script.parent) if is_on_path else str(tmp_path))
    assert shlex.split(called_as()) == ["touchrhythm" if is_on_path else str(script)]


@posix_only
def test_names_are_quoted_so_that_the_shell_gives_them_back(monkeypatch):
    started(monkeypatch, "touchrhythm-in-a-test")
    for name in ("my study/a b.csv", "it's", "$HOME", "plain.csv"):
        assert shlex.split(command_line("analyze", name)) == ["touchrhythm", "analyze", name]
        assert subprocess.check_output(f"printf %s {quoted(name)}", shell=True, text=True) == name


def test_a_package_is_installed_for_the_interpreter_in_use(monkeypatch):
    said = shlex.split(how_to_install("distributed"))
    assert said[-2:] == ["install", "distributed"] and said[-4:-2] in (
        ["-m", "pip"],
        ["--python", sys.executable],
    )
    monkeypatch.setattr(program.importlib.util, "find_spec", lambda name: None)
    assert shlex.split(how_to_install("x"))[-4:] == ["--python", sys.executable, "install", "x"]
