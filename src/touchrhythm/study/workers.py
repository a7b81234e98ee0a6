"""What should a worker of a cluster know before it is handed sessions?

- `keep_freed_memory` : call once in each worker
"""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_freed_memory"]

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # numbers of glibc's malloc.h
KEPT_BYTES = 64 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let the C library of this process keep up to 64 MB of freed memory for the next array.

    Dask starts its workers with ``MALLOC_TRIM_THRESHOLD_=65536``, so that each array of an analysis is fetched
    from the system anew: page faults then take as much time as the analysis. Does nothing but on Linux with glibc.
    """
    if sys.platform != "linux":
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(TRIM_THRESHOLD, KEPT_BYTES)
        set_option(MMAP_THRESHOLD, KEPT_BYTES // 2)
