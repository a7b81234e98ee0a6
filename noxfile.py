"""What is checked, by the names that CI uses: `nox -l` lists them, `nox -s lint` runs one.

All but `minima` run in the environment that nox itself is installed in (`.venv`, see CONTRIBUTING.md).
"""

import sys
import tomllib
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "doctests", "tests"]
nox.options.error_on_missing_interpreters = False


def run_tests(session, *more):
    """The README's command, with Python as run.py makes .venv of it: the one behind this environment."""
    python = getattr(sys, "_base_executable", sys.executable)
    words = ["-rs", "--durations=10", *session.posargs, *more]
    session.run(python, "run.py", "test", *words, external=True)


@nox.session(venv_backend="none")
def lint(session):
    """Style, and whether the formatter would change anything."""
    session.run(sys.executable, "-m", "ruff", "check", ".")
    session.run(sys.executable, "-m", "ruff", "format", "--check", ".")


@nox.session(venv_backend="none")
def types(session):
    """Types, strictly."""
    session.run(sys.executable, "-m", "mypy")


@nox.session(venv_backend="none")
def doctests(session):
    """The examples in the docstrings."""
    session.run(sys.executable, "-m", "pytest", "src", *session.posargs)


@nox.session(venv_backend="none")
def tests(session):
    """The default tests as the README runs them, warnings as errors."""
    run_tests(session)


@nox.session(venv_backend="none")
def coverage(session):
    """The default tests as the README runs them, and how much of the source they reach: no less than its floor."""
    run_tests(session, "--cov")  # last: a word behind it would be taken for what is to be measured


@nox.session(venv_backend="none")
def long(session):
    """Calibrations and whole studies, a quarter of an hour."""
    # tests of minutes: an idle worker takes over what another one has not begun
    spread = ("-n", "auto", "--dist", "worksteal")
    session.run(
        sys.executable, "-m", "pytest", *spread, "-m", "long", "-rs", "--durations=10", *session.posargs
    )


@nox.session(venv_backend="none")
def fuzz(session):
    """Damaged files of every kind for two minutes, always the same ones; `-- --seconds 3600 --seed 7` for an hour."""
    words = session.posargs or ("--seconds", "120", "--inputs", "4000", "--seed", "1")
    session.run(sys.executable, "tests/fuzz/run.py", *words)


@nox.session
def minima(session):
    """The oldest versions that pyproject.toml declares: the example, a study's page, every room once."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    oldest = [requirement.replace(">=", "==") for requirement in project["dependencies"]]
    session.install(*oldest, "pytest")
    session.install("--no-deps", "--editable", ".")
    session.run("python", "-m", "pip", "list", silent=False)
    folder = session.create_tmp()
    with session.chdir(folder):
        session.run("python", "-m", "touchrhythm", "demo")
        study = (
            "simulate trial --study --therapists 2 --subjects 3 --sessions 1 --duration 360 --fs 10 --seed 1"
        )
        session.run("python", "-m", "touchrhythm", *study.split())
        session.run("python", "-m", "touchrhythm", "study", "trial", "--surrogates", "99")
    session.run("python", "-m", "pytest", "-W", "default", "tests/test_smoke.py", *session.posargs)
