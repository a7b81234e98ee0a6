"""Set touchrhythm up in .venv, once, and run it: python3 run.py demo | test | -- anything."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

USAGE = """usage: python3 run.py demo              analyse the example session, write a report page
       python3 run.py test              run the tests
       python3 run.py -- analyze FILE   anything else that the touchrhythm command can do"""
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
UNFINISHED = VENV / "touchrhythm-unfinished"
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


def main(words):
    """Set up what is missing, run what was asked for, and pass on its exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036
        return "touchrhythm needs Python 3.11 or later, but this is Python " + sys.version.split()[0]
    if not words or words[0] not in ("demo", "test", "--"):
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
    module = ["pytest", *words[1:]] if testing else ["touchrhythm", *words[words[0] == "--" :]]
    return subprocess.call([str(PYTHON), "-m", *module], env=ENV, cwd=ROOT if testing else None)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
