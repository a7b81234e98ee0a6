"""Does a short fuzzing of all readers end without a fault? `python tests/fuzz/run.py` does it for longer."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(sys.platform == "win32", reason="forks, and sets an alarm"),
]


def test_damaged_files_give_a_result_or_a_sentence():
    words = [sys.executable, str(Path(__file__).with_name("run.py")), "--seconds", "20", "--seed", "3"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "refused" in done.stdout and "result" in done.stdout
