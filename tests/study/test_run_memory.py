"""A worker of a cluster keeps the memory that it has freed."""

import os
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
import numpy as np
if sys.argv[1] == "kept":
    from touchrhythm.study.run import keep_freed_memory
    keep_freed_memory()
np.ones(500_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    np.ones(500_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(kind: str) -> int:
    """Page faults of a process, started as Dask starts its workers, that makes 50 arrays of 4 MB."""
    known = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, kind], env=known, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(
    sys.platform != "linux"
    or not hasattr(os, "confstr")
    or "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""),
    reason="it is glibc whose memory is tuned",
)
def test_arrays_are_not_fetched_from_the_system_anew() -> None:
    assert faults("kept") < 0.2 * faults("as dask has it")


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_elsewhere_nothing_is_done(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from touchrhythm.study import run

    monkeypatch.setattr(run.sys, "platform", platform)
    monkeypatch.setattr(run.ctypes, "CDLL", lambda name: pytest.fail("no C library is loaded here"))
    run.keep_freed_memory()
