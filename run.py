"""Set touchrhythm up in .venv, once, and run it: python3 run.py demo | test | SCRIPT.py | -- anything."""

import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path

USAGE = """usage: python3 run.py demo              analyse the example session, write a report page
       python3 run.py test              run the tests: on all cores, about 5 minutes with two of them
       python3 run.py test --quick      half a minute: a few tests that go through every room of the house
       python3 run.py SCRIPT.py         run a script of yours, or one of examples/
       python3 run.py -- analyze FILE   anything else that the touchrhythm command can do"""
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
UNFINISHED = VENV / "touchrhythm-unfinished"
EVERY_CORE = ["-n", "auto"]
SMOKE = ["--dist", "loadfile", "tests/test_smoke.py", "src"]
ENV = {**os.environ, "PYTHONUTF8": "1", "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def stamp(extra):
    """File that tells: this pyproject.toml was installed with this extra, by this Python, into this folder."""
    key = repr((sys.version, str(ROOT), extra)).encode() + (ROOT / "pyproject.toml").read_bytes()
    return VENV / ("touchrhythm-" + hashlib.sha256(key).hexdigest()[:16])


def set_up(extra):
    """Make .venv and install into it; whatever an interrupted start left behind is made anew."""
    print("Setting up touchrhythm in", VENV, "(once; up to a minute) ...", file=sys.stderr)
    begin = UNFINISHED.exists() or not PYTHON.exists()
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    venv, pip = [sys.executable, "-m", "venv", "--clear", str(VENV)], [str(PYTHON), "-m", "pip"]
    if importlib.util.find_spec("pip"):  # Debian's venv has no pip of its own: lend it ours
        venv, pip = [*venv, "--without-pip"], [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if begin:
        subprocess.run(venv, check=True, env=ENV)
        UNFINISHED.touch()
    subprocess.run([*pip, "install", "--quiet", "--editable", str(ROOT) + extra], check=True, env=ENV)
    for done in {"", extra}:
        stamp(done).touch()
    UNFINISHED.unlink()


def called_as():
    """What the user types in front of a command's name, for the lines that a command prints to be pasted."""
    if os.name == "nt":
        return "py " + subprocess.list2cmdline([sys.argv[0]]) + " --"
    return f"python3 {shlex.quote(sys.argv[0])} --"


def pytest_words(words):
    """What pytest is given for what stands behind `test`, after saying how long all of it takes."""
    if words[:1] == ["--quick"]:
        print("Running a few tests that go through every room (about half a minute) ...", file=sys.stderr)
        return [*EVERY_CORE, *SMOKE, *words[1:]]
    if not words:
        print(
            "Running all tests on all cores: about 5 minutes with two of them. In half a minute:"
            " python3 run.py test --quick",
            file=sys.stderr,
        )
    return [*EVERY_CORE, *words]


def main(words):
    """Set up what is missing, run what was asked for, and pass on its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036
        return "touchrhythm needs Python 3.11 or later, but this is Python " + sys.version.split()[0]
    is_script = bool(words) and words[0].endswith(".py")
    if not words or not (is_script or words[0] in ("demo", "test", "--")):
        print(USAGE, file=sys.stderr)
        return 2
    testing = words[0] == "test"
    extra = "[test]" if testing else ""
    try:
        if UNFINISHED.exists() or not (PYTHON.exists() and stamp(extra).exists()):
            set_up(extra)
    except OSError as error:
        return f"touchrhythm cannot be set up: {error} (may you write to {ROOT}?)"
    except subprocess.CalledProcessError as error:
        return "touchrhythm could not be set up, see above (is there a network?): " + " ".join(error.cmd)
    if testing:
        return subprocess.call([str(PYTHON), "-m", "pytest", *pytest_words(words[1:])], env=ENV, cwd=ROOT)
    env = {**ENV, "TOUCHRHYTHM_CALLED_AS": called_as()}
    run = words if is_script else ["-m", "touchrhythm", *words[words[0] == "--" :]]
    return subprocess.call([str(PYTHON), *run], env=env)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
